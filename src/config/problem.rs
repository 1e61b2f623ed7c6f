//! What is wrong with a configuration, told so that it can be put right without reading code.

use std::fmt;

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `shop.toml`, `catalog.toml` or `environment`.
    pub file: String,
    /// From 1; `None` where something is missing altogether.
    pub line: Option<usize>,
    /// Where in the file, as `amazon_pay.seller_id` or `product[2].price`; empty for the file as a whole.
    pub key: String,
    pub wrong: String,
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.wrong, self.remedy)
    }
}

/// Every problem of a configuration, in the order of the files; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<Problem>);

impl ConfigError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

/// One problem per line.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// The known word that somebody most likely meant.
pub(super) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(&candidate.to_lowercase(), &word.to_lowercase());
    let best = known.into_iter().map(|candidate| (distance(candidate), candidate)).min_by_key(|(distance, _)| *distance);
    best.filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1)).map(|(_, candidate)| candidate)
}
