//! Lenient reading of other people's JSON: what is missing, null, blank or of another type is absent.

use serde_json::Value;

/// The text at a place, without blanks around it.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The first `max` characters of a text.
pub(super) fn clipped(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

/// A whole number, written as a number or as digits.
pub(super) fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| text(value)?.parse().ok())
}

/// A truth value, written as one or as its word.
pub(super) fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| text(value)?.to_ascii_lowercase().parse().ok())
}

/// The first `max` characters of a text, for a log: what is not ASCII or cannot be printed is `_`.
#[cfg(feature = "pay")]
pub(super) fn printable(text: &str, max: usize) -> String {
    text.chars().take(max).map(|letter| if letter.is_ascii_graphic() || letter == ' ' { letter } else { '_' }).collect()
}
