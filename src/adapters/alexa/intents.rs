//! The intents of the interaction model, and what they mean to the shop.

use super::wire::{Intent as Spoke, Slot};
use crate::domain::catalog::Spoken;
use crate::domain::dialog::{Intent, Quantity};
use crate::domain::wallet::Digits;

/// The slot types of the model.
pub const PRODUCT: &str = "product";
pub const QUANTITY: &str = "quantity";
pub const CODE: &str = "code";

/// One intent of the model.
#[derive(Clone, Copy, Debug)]
pub struct Modelled {
    pub name: &'static str,
    pub slots: &'static [&'static str],
    means: fn(&Spoke) -> Intent,
}

const fn modelled(name: &'static str, slots: &'static [&'static str], means: fn(&Spoke) -> Intent) -> Modelled {
    Modelled { name, slots, means }
}

/// Every intent of the model, with its slots. A test compares this list with the interaction models.
pub const MODELLED: &[Modelled] = &[
    modelled("BrowseIntent", &[], |_| Intent::Browse),
    modelled("DescribeIntent", &[PRODUCT], |spoke| Intent::Describe { product: product(spoke) }),
    modelled("BuyIntent", &[PRODUCT, QUANTITY], |spoke| Intent::Buy { product: product(spoke), quantity: quantity(spoke) }),
    modelled("BuyOneIntent", &[PRODUCT], |spoke| Intent::Buy { product: product(spoke), quantity: Quantity::Said(1) }),
    modelled("ChangeIntent", &[PRODUCT, QUANTITY], |spoke| Intent::Change { product: product(spoke), quantity: quantity(spoke) }),
    modelled("RemoveIntent", &[PRODUCT], |spoke| Intent::Remove { product: product(spoke) }),
    modelled("ProductIntent", &[PRODUCT], |spoke| Intent::Product { product: product(spoke) }),
    modelled("QuantityIntent", &[QUANTITY], number),
    modelled("EmptyCartIntent", &[], |_| Intent::EmptyCart),
    modelled("ReadCartIntent", &[], |_| Intent::ReadCart),
    modelled("CheckOutIntent", &[], |_| Intent::CheckOut),
    modelled("OrderStatusIntent", &[], |_| Intent::OrderStatus),
    modelled("CancelOrderIntent", &[], |_| Intent::CancelOrder),
    modelled("RefundOrderIntent", &[], |_| Intent::Refund),
    modelled("ContactIntent", &[], |_| Intent::Contact),
    modelled("SetUpPaymentIntent", &[], |_| Intent::SetUpPayment),
    modelled("VoiceCodeIntent", &[CODE], |spoke| Intent::Code { digits: digits(spoke) }),
    modelled("AMAZON.YesIntent", &[], |_| Intent::Yes),
    modelled("AMAZON.NoIntent", &[], |_| Intent::No),
    modelled("AMAZON.RepeatIntent", &[], |_| Intent::Repeat),
    modelled("AMAZON.HelpIntent", &[], |_| Intent::Help),
    modelled("AMAZON.StopIntent", &[], |_| Intent::Stop),
    modelled("AMAZON.CancelIntent", &[], |_| Intent::NeverMind),
    modelled("AMAZON.FallbackIntent", &[], |_| Intent::Unclear),
    modelled("AMAZON.NavigateHomeIntent", &[], |_| Intent::Home),
];

/// What the buyer wants.
///
/// The model lets Alexa confirm nothing on its own, so a denied intent means that a different model is deployed. It is taken as not
/// understood: "no" was said to Alexa's question, and as an answer to the shop's own it could empty the cart.
#[must_use]
pub fn intent(spoke: &Spoke) -> Intent {
    if spoke.denied {
        return Intent::Unclear;
    }
    MODELLED.iter().find(|modelled| modelled.name == spoke.name).map_or(Intent::Unclear, |modelled| (modelled.means)(spoke))
}

fn product(spoke: &Spoke) -> Option<Spoken> {
    let slot = spoke.slots.get(PRODUCT)?;
    let Slot { value, ids } = slot;
    match value.as_deref() {
        // Alexa's way to say that it heard something and knows no word for it.
        None | Some("?") if ids.is_empty() => None,
        value => Some(Spoken { text: value.unwrap_or_default().to_owned(), resolved: ids.clone() }),
    }
}

/// Four digits, which Alexa may keep apart.
fn digits(spoke: &Spoke) -> Option<Digits> {
    Digits::parse(&said_of(spoke, CODE)?.split([' ', '-']).collect::<String>())
}

fn said_of<'s>(spoke: &'s Spoke, slot: &str) -> Option<&'s str> {
    spoke.slots.get(slot)?.value.as_deref()
}

/// Only a number. One that begins with a zero is none: whoever says four digits like that means a code.
fn number(spoke: &Spoke) -> Intent {
    match said_of(spoke, QUANTITY).filter(|said| said.starts_with('0')).and_then(Digits::parse) {
        Some(digits) => Intent::Code { digits: Some(digits) },
        None => Intent::Number { quantity: quantity(spoke) },
    }
}

fn quantity(spoke: &Spoke) -> Quantity {
    let Some(said) = said_of(spoke, QUANTITY) else { return Quantity::Unsaid };
    if said.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that no number holds are a very large number, which the cart's limit turns down with the right words.
        Quantity::Said(said.parse().unwrap_or(u32::MAX))
    } else {
        Quantity::Unclear
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn spoke(name: &str, slots: &[(&str, Value)]) -> Spoke {
        let slots = slots.iter().map(|(name, slot)| ((*name).to_owned(), Slot::read(slot))).collect();
        Spoke { name: name.to_owned(), slots, denied: false }
    }

    fn many(value: &str) -> Quantity {
        let Intent::Number { quantity } = intent(&spoke("QuantityIntent", &[(QUANTITY, json!({ "value": value }))])) else { panic!() };
        quantity
    }

    #[test]
    fn a_code_is_four_digits_or_nothing() {
        let code = |value: &str| intent(&spoke("VoiceCodeIntent", &[(CODE, json!({ "value": value }))]));
        for said in ["0192", "0 1 9 2", "01-92"] {
            assert_eq!(code(said), Intent::Code { digits: Digits::parse("0192") }, "{said}");
        }
        let number = |value: &str| intent(&spoke("QuantityIntent", &[(QUANTITY, json!({ "value": value }))]));
        assert_eq!(number("0192"), code("0192"), "no number begins with a zero");
        assert_eq!(number("1920"), Intent::Number { quantity: Quantity::Said(1_920) });
        for unclear in ["?", "", "192", "01923", "０１９２", "one"] {
            assert_eq!(code(unclear), Intent::Code { digits: None }, "{unclear}");
        }
    }

    fn authority(kind: &str, code: &str, ids: &[&str]) -> Value {
        let values: Vec<_> = ids.iter().map(|id| json!({ "value": { "name": id, "id": id } })).collect();
        json!({ "authority": format!("amzn1.er-authority.echo-sdk.{kind}"), "status": { "code": code }, "values": values })
    }

    #[test]
    fn every_modelled_intent_means_something_of_its_own() {
        for modelled in MODELLED {
            let meant = intent(&spoke(modelled.name, &[]));
            assert_eq!(meant == Intent::Unclear, modelled.name == "AMAZON.FallbackIntent", "{}", modelled.name);
            let same_name = MODELLED.iter().filter(|other| other.name == modelled.name);
            assert_eq!(same_name.count(), 1, "{}", modelled.name);
        }
        assert_eq!(intent(&spoke("SomebodyElsesIntent", &[])), Intent::Unclear);
    }

    #[test]
    fn a_denied_intent_is_never_carried_out() {
        for modelled in MODELLED {
            let denied = Spoke { denied: true, ..spoke(modelled.name, &[]) };
            assert_eq!(intent(&denied), Intent::Unclear, "{}", modelled.name);
        }
    }

    #[test]
    fn quantities_are_numbers_or_unclear() {
        assert_eq!(many("3"), Quantity::Said(3));
        assert_eq!(many("0"), Quantity::Said(0));
        assert_eq!(many("007"), Quantity::Said(7));
        assert_eq!(many("4294967296"), Quantity::Said(u32::MAX));
        assert_eq!(many(&"9".repeat(150)), Quantity::Said(u32::MAX));
        for unclear in ["?", "-1", "+1", "1.5", "three", "3 4", "３"] {
            assert_eq!(many(unclear), Quantity::Unclear, "{unclear}");
        }
        for unsaid in ["", " "] {
            assert_eq!(many(unsaid), Quantity::Unsaid, "{unsaid:?}");
        }
        assert_eq!(intent(&spoke("BuyOneIntent", &[])), Intent::Buy { product: None, quantity: Quantity::Said(1) });
        assert_eq!(intent(&spoke("BuyIntent", &[])), Intent::Buy { product: None, quantity: Quantity::Unsaid });
    }

    #[test]
    fn a_product_keeps_its_words_and_every_match_best_first() {
        let slot = json!({
            "name": "product",
            "value": "roses",
            "resolutions": { "resolutionsPerAuthority": [
                authority("static", "ER_SUCCESS_NO_MATCH", &["never"]),
                authority("dynamic", "ER_SUCCESS_MATCH", &["roses", "white-roses"]),
                authority("static", "ER_SUCCESS_MATCH", &["roses", "rose-oil"]),
                authority("static", "ER_ERROR_TIMEOUT", &["never"]),
            ] },
        });
        let resolved = ["roses", "white-roses", "rose-oil"].map(str::to_owned).to_vec();
        let product = Some(Spoken { text: "roses".to_owned(), resolved });
        assert_eq!(intent(&spoke("ProductIntent", &[(PRODUCT, slot)])), Intent::Product { product });
    }

    #[test]
    fn several_values_in_one_slot_are_all_kept() {
        let sample = include_str!("../../../tests/fixtures/alexa/fragment-slot-multivalue.json");
        let slots: Value = serde_json::from_str(sample).unwrap();
        let Intent::Product { product: Some(product) } = intent(&spoke("ProductIntent", &[(PRODUCT, slots["toppings"].clone())])) else {
            panic!()
        };
        assert_eq!(product.text, "olives sausage ham");
        assert_eq!(product.resolved, ["OLIVES_BLACK", "OLIVES_GREEN", "SAUSAGE"]);
        let several = json!({ "slotValue": { "type": "List", "values": [{ "value": "2" }, { "value": "3" }] } });
        assert_eq!(intent(&spoke("QuantityIntent", &[(QUANTITY, several)])), Intent::Number { quantity: Quantity::Unclear });
        let single = json!({ "value": "old", "slotValue": { "type": "Simple", "value": "2" } });
        assert_eq!(intent(&spoke("QuantityIntent", &[(QUANTITY, single)])), Intent::Number { quantity: Quantity::Said(2) });
    }

    #[test]
    fn a_slot_without_a_word_is_no_product() {
        for slot in [json!(null), json!({}), json!({ "name": "product" }), json!({ "value": "?" }), json!({ "value": 7 }), json!("roses")] {
            assert_eq!(intent(&spoke("RemoveIntent", &[(PRODUCT, slot.clone())])), Intent::Remove { product: None }, "{slot}");
        }
    }
}
