//! Percent-encoding as Amazon's signatures have it: RFC 3986, capital hexadecimal letters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &VALUE.remove(b'/');

/// A name or a value.
#[must_use]
pub fn value(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}

/// A path, whose slashes stay.
#[must_use]
pub fn path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}
