//! What Lambda makes of a request to a function URL, and of the answer (payload format 2.0).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

/// A posted body with its headers, whose names Lambda has put in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    headers: Map<String, Value>,
    pub body: Vec<u8>,
}

/// A request that nothing is posted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPosted {
    #[error("the method is not POST")]
    Method,
    #[error("the body is said to be in base 64, and is not")]
    NotBase64,
}

impl Posted {
    /// Reads an event.
    ///
    /// # Errors
    /// [`NotPosted`].
    pub fn read(mut event: Value) -> Result<Self, NotPosted> {
        if event["requestContext"]["http"]["method"] != "POST" {
            return Err(NotPosted::Method);
        }
        let headers = if let Value::Object(headers) = event["headers"].take() { headers } else { Map::new() };
        let text = if let Value::String(text) = event["body"].take() { text } else { String::new() };
        let body = if event["isBase64Encoded"] == true {
            BASE64_STANDARD.decode(text).map_err(|_| NotPosted::NotBase64)?
        } else {
            text.into_bytes()
        };
        Ok(Self { headers, body })
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.as_str()
    }
}

/// An answer in plain text.
#[must_use]
pub fn respond(status: u16, text: &str) -> Value {
    json!({ "statusCode": status, "headers": { "content-type": "text/plain; charset=utf-8" }, "body": text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posted_body_is_read_plain_and_in_base_64() {
        let event = |body: &str, encoded: bool| {
            json!({
                "version": "2.0", "rawPath": "/", "headers": { "x-amz-sns-message-type": "Notification", "odd": 1 },
                "requestContext": { "http": { "method": "POST" } }, "body": body, "isBase64Encoded": encoded,
            })
        };
        let plain = Posted::read(event("{}", false)).unwrap();
        assert_eq!(
            (plain.body.as_slice(), plain.header("x-amz-sns-message-type"), plain.header("odd")),
            (&b"{}"[..], Some("Notification"), None)
        );
        assert_eq!(Posted::read(event("e30=", true)).unwrap().body, b"{}");
        assert_eq!(Posted::read(event("{}", true)), Err(NotPosted::NotBase64));
        let mut get = event("", false);
        get["requestContext"]["http"]["method"] = "GET".into();
        for other in [get, json!({}), json!(null), json!([])] {
            assert_eq!(Posted::read(other), Err(NotPosted::Method));
        }
    }
}
