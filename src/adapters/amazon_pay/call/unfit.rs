//! What is found wrong with a request before it is sent.

/// What a buyer's bank prints.
pub const SOFT_DESCRIPTOR_MAX: usize = 16;
/// Of texts for which no collected page gives a length; this is the least that one of their kind has.
pub const TEXT_MAX: usize = 255;

/// A value that Amazon Pay would not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct Unfit {
    /// As the protocol names it.
    pub field: &'static str,
    pub problem: Problem,
}

/// What is wrong with a value, and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("is missing")]
    Missing,
    #[error("has more than {max} characters: shorten it")]
    TooLong { max: usize },
    #[error("holds a character that cannot be printed")]
    Unprintable,
    #[error("must be more than nothing and no more than one charge may be")]
    Amount,
    #[error("must be more than nothing")]
    Nothing,
    #[error("is no https address")]
    NoAddress,
    #[error("goes only with an immediate capture")]
    WithoutCapture,
    #[error("goes only with a saved wallet")]
    WithoutWallet,
    #[error("must not charge when a wallet is only set up")]
    SetupOnly,
    #[error("goes only with the mode that processes the order at once")]
    WithoutMode,
}

/// What is found on the way through a request.
#[derive(Debug, Default)]
pub struct Problems(Vec<Unfit>);

impl Problems {
    /// Notes a problem unless all is well.
    pub fn require(&mut self, field: &'static str, fine: bool, problem: Problem) {
        if !fine {
            self.0.push(Unfit { field, problem });
        }
    }

    /// A text, if there is one, says something and can be sent.
    pub fn text(&mut self, field: &'static str, text: Option<&String>, max: usize) {
        let Some(text) = text else { return };
        self.require(field, !text.trim().is_empty(), Problem::Missing);
        self.require(field, text.chars().count() <= max, Problem::TooLong { max });
        self.require(field, !text.chars().any(char::is_control), Problem::Unprintable);
    }

    /// A page, if there is one, is reached safely: over https, or without leaving this machine.
    pub fn address(&mut self, field: &'static str, address: Option<&String>) {
        let Some(address) = address else { return };
        let local = |url: &reqwest::Url| url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
        let fine = reqwest::Url::parse(address).is_ok_and(|url| url.scheme() == "https" && url.has_host() || local(&url));
        self.require(field, fine, Problem::NoAddress);
    }

    #[must_use]
    pub fn into_list(self) -> Vec<Unfit> {
        self.0
    }
}
