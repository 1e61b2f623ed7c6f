//! The pages as markup: templates of `pages/`, compiled in. What is put into them is escaped.

use askama::Template;

use super::words::Language;

/// A button of Amazon's, as the script is to draw it.
#[derive(Clone, Debug)]
pub struct ButtonView {
    /// The id of the element that it is drawn into.
    pub place: &'static str,
    /// What the script is called with, as JSON.
    pub settings: String,
}

/// Where linking begins.
#[derive(Template)]
#[template(path = "link.html")]
pub struct Link<'a> {
    pub w: &'a Language,
    pub note: Option<&'static str>,
    pub set_up: &'a ButtonView,
    pub sign_in: Option<&'a ButtonView>,
    /// Where a buyer goes who does not want to.
    pub decline: &'a str,
    /// Amazon's button script.
    pub script: &'a str,
}

/// "My payment" for somebody who is not signed in.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn<'a> {
    pub w: &'a Language,
    pub note: Option<&'static str>,
    pub sign_in: &'a ButtonView,
    pub script: &'a str,
}

/// "My payment".
#[derive(Template)]
#[template(path = "payment.html")]
pub struct Payment<'a> {
    pub w: &'a Language,
    pub note: Option<&'static str>,
    pub standing: &'static str,
    pub change: Option<&'a ButtonView>,
    pub change_title: &'static str,
    /// Only with a wallet is there anything to ask a code for.
    pub code: Option<CodeView>,
    pub can_close: bool,
    /// Proof that a form is ours.
    pub form: &'a str,
    pub script: &'a str,
}

/// How the voice code stands.
#[derive(Clone, Copy, Debug)]
pub struct CodeView {
    pub standing: &'static str,
    pub is_set: bool,
    pub always: bool,
}

/// Something has not worked.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message<'a> {
    pub w: &'a Language,
    pub text: &'static str,
    pub retry: Option<&'a str>,
}
