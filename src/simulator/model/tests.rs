use super::*;

const SMALL: &str = r#"{"interactionModel":{"languageModel":{"invocationName":"petal and stem","intents":[
  {"name":"AMAZON.FallbackIntent","samples":[]},{"name":"AMAZON.YesIntent","samples":["go ahead"]},
  {"name":"AMAZON.NoIntent"},{"name":"AMAZON.StopIntent"},{"name":"AMAZON.RepeatIntent"},{"name":"AMAZON.CancelIntent"},
  {"name":"BuyIntent","slots":[{"name":"product","type":"PRODUCT"},{"name":"quantity","type":"AMAZON.NUMBER"}],
   "samples":["buy {quantity} {product}","{quantity} {product}"]},
  {"name":"BuyOneIntent","slots":[{"name":"product","type":"PRODUCT"}],"samples":["buy {product}","i want {product}","i want to buy {product}"]},
  {"name":"ProductIntent","slots":[{"name":"product","type":"PRODUCT"}],"samples":["{product}"]},
  {"name":"PriceIntent","slots":[{"name":"product","type":"PRODUCT"}],"samples":["what is {product}'s price"]},
  {"name":"QuantityIntent","slots":[{"name":"quantity","type":"AMAZON.NUMBER"}],"samples":["{quantity}","i want {quantity}"]},
  {"name":"CodeIntent","slots":[{"name":"code","type":"AMAZON.FOUR_DIGIT_NUMBER"}],"samples":["my code is {code}"]},
  {"name":"ReadCartIntent","samples":["what is in my cart","read my cart"]}],
  "types":[{"name":"PRODUCT","values":[
   {"id":"rose","name":{"value":"red roses","synonyms":["roses","bouquet of roses","bouquets of roses"]}},
   {"id":"tulip","name":{"value":"tulips","synonyms":["spring flowers"]}},
   {"id":"lily","name":{"value":"lilies","synonyms":["spring flowers"]}}]}]},
  "dialog":{"intents":[{"name":"BuyIntent"}]}}}"#;

fn model() -> Model {
    Model::parse(SMALL).unwrap()
}

/// An intent with its filled slots, as `Intent slot=value(id)`.
fn told(heard: &Heard) -> String {
    let mut told = heard.intent.clone();
    for slot in &heard.slots {
        let Some(value) = &slot.value else { continue };
        let ids = match &slot.resolution {
            None => String::new(),
            Some(Resolution::NoMatch) => "(?)".to_owned(),
            Some(Resolution::Match(all)) => format!("({})", all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join("|")),
        };
        told = format!("{told} {}={value}{ids}", slot.name);
    }
    told
}

#[test]
fn utterances_become_the_intents_that_a_customer_means() {
    let model = model();
    for (said, meant) in [
        ("Buy two bouquets of roses, please!", "BuyIntent product=bouquets of roses(rose) quantity=2"),
        ("buy the red roses", "BuyOneIntent product=the red roses(rose)"),
        ("i want to buy tulips", "BuyOneIntent product=tulips(tulip)"),
        ("i want to buy unicorns", "BuyOneIntent product=unicorns(?)"),
        ("buy two purple unicorns", "BuyIntent product=purple unicorns(?) quantity=2"),
        ("spring flowers", "ProductIntent product=spring flowers(tulip|lily)"),
        ("unicorns", "AMAZON.FallbackIntent"),
        ("two unicorns", "AMAZON.FallbackIntent"),
        ("twenty five", "QuantityIntent quantity=25"),
        ("I want 3", "QuantityIntent quantity=3"),
        ("my code is one two three four", "CodeIntent code=1234"),
        ("what is tulips's price", "PriceIntent product=tulips(tulip)"),
        ("um what is in my cart", "ReadCartIntent"),
        ("yeah", "AMAZON.YesIntent"),
        ("go ahead", "AMAZON.YesIntent"),
        ("no thanks", "AMAZON.NoIntent"),
        ("never mind", "AMAZON.CancelIntent"),
        ("quit", "AMAZON.StopIntent"),
        ("say that again", "AMAZON.RepeatIntent"),
        ("", "AMAZON.FallbackIntent"),
    ] {
        assert_eq!(model.understand(said).as_ref().map(told).as_deref(), Some(meant), "{said}");
    }
    assert!(model.has_dialog("BuyIntent") && !model.has_dialog("ReadCartIntent"));
    assert_eq!(model.intents().count(), 13);
}

#[test]
fn the_skill_is_called_by_name_or_not_at_all() {
    let model = model();
    for said in
        ["open petal and stem", "Alexa, open Petal and Stem.", "start petal and stem", "ask petal and stem", "talk to petal and stem"]
    {
        assert_eq!(model.hear(said, false), Hearing::Launch, "{said}");
        assert_eq!(model.hear(said, true), Hearing::Launch, "{said}");
    }
    for (said, meant) in [
        ("alexa ask petal and stem to buy roses", "BuyOneIntent product=roses(rose)"),
        ("ask petal and stem for two tulips", "BuyIntent product=tulips(tulip) quantity=2"),
        ("ask petal and stem what is in my cart", "ReadCartIntent"),
        ("open petal and stem and buy roses", "BuyOneIntent product=roses(rose)"),
        ("buy roses from petal and stem", "BuyOneIntent product=roses(rose)"),
    ] {
        let Hearing::OneShot(heard) = model.hear(said, false) else { panic!("{said}") };
        assert_eq!(told(&heard), meant);
    }
    assert_eq!(model.hear("buy roses", false), Hearing::NotForTheSkill);
    assert!(matches!(model.hear("buy roses", true), Hearing::Intent(_)));
}

#[test]
fn wrong_models_are_refused_with_the_reason() {
    type Refused = fn(&ModelError) -> bool;
    let wrong: &[(&str, &str, Refused)] = &[
        ("\"invocationName\":\"petal and stem\"", "\"invocationName\":\"Petal and Stem\"", |e| {
            matches!(e, ModelError::InvocationName { .. })
        }),
        ("\"invocationName\":\"petal and stem\"", "\"invocationName\":\"open petals\"", |e| matches!(e, ModelError::InvocationName { .. })),
        ("\"invocationName\":\"petal and stem\"", "\"invocationName\":\"petal 2\"", |e| matches!(e, ModelError::InvocationName { .. })),
        ("\"type\":\"PRODUCT\"", "\"type\":\"FLOWER\"", |e| matches!(e, ModelError::UnknownSlotType { .. })),
        ("{quantity} {product}\"]", "{amount} {product}\"]", |e| matches!(e, ModelError::MissingSlot { .. })),
        ("AMAZON.NoIntent", "AMAZON.YesIntent", |e| matches!(e, ModelError::DuplicateIntent { .. })),
        ("AMAZON.NoIntent", "AMAZON.NopeIntent", |e| matches!(e, ModelError::UnknownBuiltIn { .. })),
        ("ReadCartIntent", "ReadCart2", |e| matches!(e, ModelError::IntentName { .. })),
        ("read my cart", "read my cart!", |e| matches!(e, ModelError::Sample { .. })),
        ("read my cart", "read my {cart", |e| matches!(e, ModelError::Sample { .. })),
        ("read my cart", "", |e| matches!(e, ModelError::Sample { .. })),
        ("buy {quantity} {product}", "buy {product} {product}", |e| matches!(e, ModelError::Sample { .. })),
        ("\"id\":\"lily\"", "\"id\":\"tulip\"", |e| matches!(e, ModelError::DuplicateValue { .. })),
        ("\"intents\":[", "\"intentz\":[", |e| matches!(e, ModelError::Json(_))),
    ];
    for (right, other, refused) in wrong {
        let json = SMALL.replacen(right, other, 1);
        assert_ne!(json, SMALL, "{right}");
        let error = Model::parse(&json).expect_err(other);
        assert!(refused(&error), "{other}: {error:?}");
    }
}

#[test]
fn nothing_is_heard_where_the_model_has_no_fallback() {
    let model = Model::parse(&SMALL.replace(r#"{"name":"AMAZON.FallbackIntent","samples":[]},"#, "")).unwrap();
    assert_eq!(model.hear("gibberish", true), Hearing::Nothing);
}
