//! Parameters of a request, from a query or a form.

use std::collections::BTreeMap;

/// What was sent. An empty value counts as not sent, and a name that came twice is remembered as wrong (RFC 6749, 3.1 and 3.2).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, Option<String>>);

/// A parameter that came more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated;

impl Params {
    /// Reads `application/x-www-form-urlencoded` text.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut all = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text).filter(|(_, value)| !value.is_empty()) {
            all.entry(name.into_owned()).and_modify(|before| *before = None).or_insert_with(|| Some(value.into_owned()));
        }
        Self(all)
    }

    /// The parameter, if it was sent.
    ///
    /// # Errors
    /// [`Repeated`].
    pub fn get(&self, name: &str) -> Result<Option<&str>, Repeated> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Some(value)) => Ok(Some(value)),
            Some(None) => Err(Repeated),
        }
    }

    /// The parameter, if it was sent exactly once.
    #[must_use]
    pub fn once(&self, name: &str) -> Option<&str> {
        self.get(name).ok().flatten()
    }

    /// Whether any parameter came more than once.
    #[must_use]
    pub fn any_repeated(&self) -> bool {
        self.0.values().any(Option::is_none)
    }
}

/// Codes and secrets come this way, so values are not shown.
impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_is_none_and_a_repeated_one_is_wrong() {
        let params = Params::parse(b"a=1&b=&c=x%20y%2Bz+&a=1");
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Err(Repeated), Ok(None), Ok(Some("x y+z "))));
        assert!(params.any_repeated() && params.once("a").is_none());
        assert_eq!(format!("{params:?}"), r#"{"a", "c"}"#);
    }
}
