//! The pages as markup: templates of `pages/`, compiled in. What is put into them is escaped.

use askama::Template;

use super::words::Language;
use crate::domain::money::Money;

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

/// The cart that was left at the speaker.
#[derive(Template)]
#[template(path = "cart.html")]
pub struct Cart<'a> {
    pub w: &'a Language,
    pub note: Option<&'static str>,
    /// What is said first.
    pub lead: &'static str,
    pub goods: Option<Goods>,
    /// The end of the checkout: nothing is left to be asked.
    pub check_out: Option<&'a ButtonView>,
    pub express: Option<&'a ButtonView>,
    pub sign_in: Option<&'a ButtonView>,
    /// Where the total is agreed to here, and not at Amazon.
    pub buy: Option<Buy<'a>>,
    pub script: &'a str,
}

/// The form that buys.
#[derive(Clone, Copy, Debug)]
pub struct Buy<'a> {
    pub action: &'a str,
    /// Proof that the form is ours, and shows what is bought.
    pub form: &'a str,
    /// What Amazon calls the purchase.
    pub checkout: &'a str,
}

/// What has become of the order.
#[derive(Template)]
#[template(path = "done.html")]
pub struct Done<'a> {
    pub w: &'a Language,
    pub title: &'static str,
    pub text: &'static str,
    pub goods: Goods,
    pub number: &'a str,
    /// Where the buyer can go on.
    pub again: bool,
}

/// What is bought, what it costs, and where it goes.
#[derive(Clone, Debug)]
pub struct Goods {
    /// Quantity and name; what it costs, where that is known.
    pub lines: Vec<(u32, String, Option<Money>)>,
    pub sums: Option<Sums>,
    pub address: Option<Vec<String>>,
}

/// What it costs.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    pub items: Money,
    /// None where nothing is delivered.
    pub shipping: Option<Money>,
    pub tax: Money,
    pub total: Money,
}

/// Something has not worked.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message<'a> {
    pub w: &'a Language,
    pub text: &'static str,
    pub retry: Option<&'a str>,
}
