//! What a buyer takes from the shop's words in en-US. The auditor goes by what is said aloud, as the buyer does.

use crate::domain::money::{Currency, Money};

/// Every sum of money in a sentence.
#[must_use]
pub fn sums(speech: &str) -> Vec<Money> {
    let sums = speech.split('$').skip(1).filter_map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        Money::parse(rest[..end].trim_end_matches('.'), Currency::Usd).ok()
    });
    sums.collect()
}

/// The total, where this is a read-back whose yes charges.
#[must_use]
pub fn read_back(speech: &str) -> Option<Money> {
    if !speech.ends_with("Shall I place the order?") {
        return None;
    }
    let (_, total) = speech.rsplit_once("The total is ")?;
    sums(total).first().copied()
}

/// Whether the shop waits for a voice code.
#[must_use]
pub fn asks_for_code(speech: &str) -> bool {
    speech.ends_with("please say your four-digit voice code.")
}

/// Whether somebody who hears this takes an order for placed and paid, or sure to be.
#[must_use]
pub fn claims_paid(speech: &str) -> bool {
    let mut speech = speech.to_lowercase();
    for doubt in ["whether the payment went through", "doesn't say that it went through"] {
        speech = speech.replace(doubt, "");
    }
    ["went through", "is complete", "placed and paid", "is placed.", "there is a payment for that order already"]
        .iter()
        .any(|claim| speech.contains(claim))
}

/// Whether the shop could do nothing at all.
#[must_use]
pub fn apologises(speech: &str) -> bool {
    speech.starts_with("Sorry, I can't do that just now.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_back_names_its_total() {
        let total = read_back("The items come to $49.98. The total is $53.23, including shipping and tax. Shall I place the order?");
        assert_eq!(total, Some(Money::new(5_323, Currency::Usd)));
        assert_eq!(read_back("The total is $53.23. Would you like to check out?"), None);
    }

    #[test]
    fn a_code_is_asked_for_at_the_end() {
        assert!(asks_for_code("To place the order for $149.94, please say your four-digit voice code."));
        assert!(!asks_for_code("Your voice code is locked after three wrong tries."));
    }

    #[test]
    fn an_apology_is_known() {
        assert!(apologises("Sorry, I can't do that just now. Please come back to Petal and Stem in a few minutes."));
        assert!(!apologises("Sorry, the payment didn't go through."));
    }

    #[test]
    fn doubt_is_no_claim() {
        assert!(claims_paid("Your payment of $5.00 went through."));
        assert!(!claims_paid("I can't say whether the payment went through."));
        assert!(!claims_paid("Sorry, the payment didn't go through."));
    }
}
