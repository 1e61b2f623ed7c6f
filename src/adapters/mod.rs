//! The outside world's formats, and the conversions to and from the domain.
