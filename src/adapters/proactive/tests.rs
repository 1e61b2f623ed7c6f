//! What leaves for Alexa. How its answers are taken is tried over a real connection, in `tests/it/telling`.

use super::*;
use crate::domain::ids::{OrderId, WriteId};
use crate::domain::message::{Channel, Subject};

const NOW: Time = Time::from_unix(1_795_000_000);

fn proactive(region: Region, world: World) -> Proactive {
    let credentials = Credentials { client_id: "amzn1.application-oa2-client.x".to_owned(), client_secret: "hush".to_owned() };
    Proactive::new(credentials, region, world, "Petal and Stem", &[Locale::parse("en-US").unwrap()], || NOW)
}

#[test]
fn an_event_is_as_the_page_says() {
    let order = OrderId::parse("PS0123456789ABCDEF1NK5T4700").unwrap();
    let id = MessageId { subject: Subject::Order(order), write: WriteId::of_bits(7), channel: Channel::Device };
    let listener = Listener::parse("amzn1.ask.account.X").unwrap();
    let event = proactive(Region::NorthAmerica, World::Live).event(&id, Ring::OrderShipped, &listener);
    let wanted = json!({
        "timestamp": "2026-11-18T11:06:40Z",
        "referenceId": "PS0123456789ABCDEF1NK5T4700~0000000000000007",
        "expiryTime": "2026-11-19T10:06:40Z",
        "event": {
            "name": "AMAZON.OrderStatus.Updated",
            "payload": {
                "state": { "status": "ORDER_SHIPPED" },
                "order": { "seller": { "name": "localizedattribute:sellerName" } },
            },
        },
        "localizedAttributes": [{ "locale": "en-US", "sellerName": "Petal and Stem" }],
        "relevantAudience": { "type": "Unicast", "payload": { "user": "amzn1.ask.account.X" } },
    });
    assert_eq!(event, wanted);
    let reference = event["referenceId"].as_str().unwrap();
    assert!(reference.len() <= 100 && reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'~'));
}

#[test]
fn every_region_has_its_host_and_only_the_live_world_is_live() {
    let place = |region, world| {
        let proactive = proactive(region, world);
        proactive.alexa.url(proactive.path)
    };
    assert_eq!(place(Region::NorthAmerica, World::Live), "https://api.amazonalexa.com/v1/proactiveEvents");
    assert_eq!(place(Region::Europe, World::Sandbox), "https://api.eu.amazonalexa.com/v1/proactiveEvents/stages/development");
    assert_eq!(place(Region::Japan, World::Sandbox), "https://api.fe.amazonalexa.com/v1/proactiveEvents/stages/development");
}

#[test]
fn a_token_is_kept_until_shortly_before_it_ends_and_shown_to_nobody() {
    let token = Token::read(&json!({ "access_token": "Atc|x", "expires_in": 3_600 }), NOW).unwrap();
    let kept = Kept::default();
    kept.put(Some(token.clone()));
    assert_eq!(kept.get(NOW.plus(3_539)), Some(token.clone()));
    assert_eq!(kept.get(NOW.plus(3_540)), None);
    assert_eq!(format!("{token:?} {:?}", proactive(Region::Japan, World::Live).credentials), "Token([redacted]) Credentials([redacted])");
    for wrong in [json!({}), json!({ "access_token": "a b", "expires_in": 5 }), json!({ "access_token": "x", "expires_in": 0 })] {
        assert!(matches!(Token::read(&wrong, NOW), Err(Trouble::NoToken)), "{wrong}");
    }
}
