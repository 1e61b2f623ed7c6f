//! A mail as markup and as plain text: the templates of `pages/mail/`, compiled in. What is put into markup is escaped.

use askama::Template;

/// Everything that a mail shows.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub locale: String,
    pub shop: String,
    /// Which money moves, where none does.
    pub world: Option<String>,
    pub subject: String,
    pub heading: String,
    pub texts: Vec<String>,
    /// What was bought, and what it costs.
    pub rows: Vec<(String, String)>,
    pub facts: Vec<(String, String)>,
    pub ending: Vec<String>,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Markup<'v> {
    v: &'v View,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Plain<'v> {
    v: &'v View,
}

impl View {
    /// # Errors
    /// Never in practice: text is written to memory.
    pub fn html(&self) -> askama::Result<String> {
        Markup { v: self }.render()
    }

    /// # Errors
    /// Never in practice: text is written to memory.
    pub fn text(&self) -> askama::Result<String> {
        Plain { v: self }.render()
    }
}
