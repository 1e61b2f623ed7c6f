//! As much of HTTP/1.1 as a benchmark needs: messages with a length, one after the other on a connection.

use std::io::{self, BufRead, Read, Write};

/// A request or a response.
pub struct Message {
    /// The first line.
    pub start: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    pub fn response(status: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self { start: format!("HTTP/1.1 {status}"), headers: headers.iter().map(owned).collect(), body }
    }

    /// The next message; `None` when the other side has closed between two of them.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(start) = line(from)? else { return Ok(None) };
        let mut message = Self { start, headers: Vec::new(), body: Vec::new() };
        loop {
            let header = line(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
            message.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        // Nothing that takes part here sends in chunks.
        assert!(message.header("transfer-encoding").is_none(), "{:?}", message.headers);
        let length = message.header("content-length").map_or(Ok(0), str::parse).map_err(|_| io::ErrorKind::InvalidData)?;
        message.body.resize(length, 0);
        from.read_exact(&mut message.body)?;
        Ok(Some(message))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The whole message as it goes over the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.start);
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "content-length") {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.extend(["content-length: ", &self.body.len().to_string(), "\r\n\r\n"]);
        let mut bytes = text.into_bytes();
        bytes.extend(&self.body);
        bytes
    }

    pub fn send(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&self.to_bytes())?;
        to.flush()
    }
}

fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if from.take(64 * 1024).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end().to_owned()))
}
