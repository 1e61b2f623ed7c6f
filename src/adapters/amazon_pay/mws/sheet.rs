//! A request on its way into parameters. Everything that Amazon would refuse is found before it is sent.

use super::action::Action;
use super::answers::Read;
use super::sign::Parameters;
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::call::unfit::{Problem, Problems, Unfit};
use crate::domain::money::Money;

/// What can be asked.
pub trait Request: Sync {
    /// What is answered.
    type Answer: Read;

    const ACTION: Action;

    /// Writes everything beside the parameters that all calls have.
    fn write(&self, sheet: &mut Sheet);
}

/// Parameters, and what is wrong with them. What is not there is not sent.
#[derive(Debug, Default)]
pub struct Sheet {
    parameters: Parameters,
    problems: Problems,
}

impl Sheet {
    /// What this request comes to.
    ///
    /// # Errors
    /// All that Amazon would refuse.
    pub fn of(request: &impl Request) -> Result<Parameters, Vec<Unfit>> {
        let mut sheet = Self::default();
        request.write(&mut sheet);
        let problems = sheet.problems.into_list();
        if problems.is_empty() { Ok(sheet.parameters) } else { Err(problems) }
    }

    /// A value that is right by its type.
    pub fn put(&mut self, name: &str, value: &str) {
        self.parameters.insert(name.to_owned(), value.to_owned());
    }

    pub fn id(&mut self, name: &str, id: &ObjectId) {
        self.put(name, id.as_str());
    }

    pub fn flag(&mut self, name: &str, flag: Option<bool>) {
        if let Some(flag) = flag {
            self.put(name, if flag { "true" } else { "false" });
        }
    }

    pub fn text(&mut self, name: &'static str, text: Option<&String>, max: usize) {
        self.problems.text(name, text, max);
        if let Some(text) = text {
            self.put(name, text);
        }
    }

    /// A page.
    pub fn address(&mut self, name: &'static str, address: Option<&String>) {
        self.problems.address(name, address);
        if let Some(address) = address {
            self.put(name, address);
        }
    }

    /// An amount. How much is too much depends on the agreement, so that is left to Amazon.
    pub fn money(&mut self, name: &'static str, money: Option<Money>) {
        if let Some(money) = money {
            self.problems.require(name, money.minor() > 0, Problem::Nothing);
            self.put(&format!("{name}.Amount"), &money.decimal());
            self.put(&format!("{name}.CurrencyCode"), money.currency().code());
        }
    }
}
