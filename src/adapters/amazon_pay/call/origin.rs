//! Scheme and host of a service.

/// Scheme and host, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// A text that is no place to call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no address to call: write https://HOST, or http://127.0.0.1:PORT for a program on this machine")]
pub struct AddressError(pub String);

impl Origin {
    /// A host that speaks HTTPS.
    #[must_use]
    pub fn of(host: &str) -> Self {
        Self(format!("https://{host}"))
    }

    /// Another place. What is sent travels in the clear without TLS, so that is for this machine only.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(address.to_owned());
        let url = reqwest::Url::parse(address).map_err(|_| wrong())?;
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let plain = url.path() == "/" && url.query().is_none() && url.username().is_empty() && url.password().is_none();
        if !plain || !(url.scheme() == "https" || url.scheme() == "http" && loopback) {
            return Err(wrong());
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// Host and port, as the request names them.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.split_once("://").map_or(&self.0, |(_, host)| host)
    }

    /// Whether it is a program on this machine that speaks without TLS.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// The whole address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_origin_and_without_tls_on_this_machine() {
        let here = Origin::parse("http://127.0.0.1:8080").unwrap();
        assert_eq!((here.host(), here.is_plain(), here.url("/x").as_str()), ("127.0.0.1:8080", true, "http://127.0.0.1:8080/x"));
        assert_eq!(Origin::parse("https://pay.example/"), Ok(Origin::of("pay.example")));
        for wrong in ["", "pay.example", "http://pay.example", "https://pay.example/v2", "https://me:pass@pay.example", "ftp://127.0.0.1"] {
            assert_eq!(Origin::parse(wrong), Err(AddressError(wrong.to_owned())));
        }
    }
}
