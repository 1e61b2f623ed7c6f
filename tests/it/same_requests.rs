//! Our requests beside those of Amazon's own client for Node.js, for the same inputs, part by part. What that client sends is recorded by
//! `.ci/node_sdk/capture.js`, and `.ci/run` records it again, so that nothing here needs Node.js.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use voicetill::adapters::amazon_pay::api::button::Button;
use voicetill::adapters::amazon_pay::api::buyers::BuyerToken;
use voicetill::adapters::amazon_pay::api::client::Client;
use voicetill::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use voicetill::adapters::amazon_pay::api::place::{Environment, Place, Region};
use voicetill::adapters::amazon_pay::api::sign::Signer;
use voicetill::adapters::amazon_pay::api::wire::requests::{
    CancelCharge, CaptureCharge, Channel, ChargeInitiator, ChargePermissionType, CloseChargePermission, CompleteCheckoutSession,
    CreateCharge, CreateCheckoutSession, CreateRefund, MerchantMetadata, PaymentDetails, PaymentIntent, PaymentMethodOnFileMetadata,
    UpdateChargePermission, UpdateCheckoutSession, WebCheckoutDetails,
};
use voicetill::adapters::amazon_pay::api::wire::trackers::{CarrierCode, CreateDeliveryTracker, DeliveryDetail, Shipped};
use voicetill::adapters::amazon_pay::api::wire::{ObjectId, Price};
use voicetill::domain::ids::AttemptId;
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::time::Time;

use crate::stand_in::{Asked, KEY_ID, NOW, PRIVATE_KEY, Reply, StandIn, canonical, hash, is_signed};

const RECORDED: &str = include_str!("../fixtures/amazon-pay/node-sdk/requests.json");
const WITHIN: Duration = Duration::from_secs(30);

/// The date in our requests, and what stands for it in a comparison.
const DATE: [&str; 2] = ["20261122T020000Z", "(date as 20261122T020000Z)"];

/// Everything in which we differ: the part, theirs, ours, and why. A part that is not there is empty.
const DIFFERENCES: [(&str, &str, &str, &str); 6] = [
    (
        "header x-amz-pay-date",
        "(date as 2026-11-22T02:00:00Z)",
        DATE[1],
        "both are in production use; Amazon's pages and other clients write ours",
    ),
    ("canonical header x-amz-pay-date", "(date as 2026-11-22T02:00:00Z)", DATE[1], "the same"),
    ("signed header user-agent", "signed", "", "what a proxy may change is not signed, as in Amazon's client for PHP"),
    ("canonical header user-agent", "(user agent)", "", "the same"),
    ("header accept-encoding", "gzip, compress, deflate, br", "", "answers are short, and ours does not unpack them"),
    ("header connection", "keep-alive", "", "what HTTP/1.1 means anyway"),
];

type Parts = BTreeMap<String, String>;

/// The parts of a request: those on the wire, and those that were signed.
fn parts(method: &str, path: &str, query: &str, headers: &BTreeMap<String, String>, body: &str, canonical: &str) -> Parts {
    let authorization = &headers["authorization"];
    let (algorithm, fields) = authorization.split_once(' ').unwrap();
    let field = |name: &str| fields.split(", ").find_map(|field| field.strip_prefix(name)).unwrap();
    let mut parts: Parts = [
        ("method", method),
        ("path", path),
        ("query", query),
        ("body", body),
        ("algorithm", algorithm),
        ("public key id", field("PublicKeyId=")),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    parts.extend(field("SignedHeaders=").split(';').map(|name| (format!("signed header {name}"), "signed".to_owned())));
    let sent = headers.iter().filter(|(name, _)| *name != "authorization");
    parts.extend(sent.map(|(name, value)| (format!("header {name}"), value.clone())));
    // The canonical request: method, path, query, headers, an empty line, their names, the hash of the body.
    let lines: Vec<&str> = canonical.split('\n').collect();
    let [method, path, query, block @ .., empty, names, body_hash] = &lines[..] else { panic!("{canonical}") };
    assert_eq!((*empty, *names, *body_hash), ("", field("SignedHeaders="), hash(body).as_str()), "{canonical}");
    for (name, value) in [("method", method), ("path", path), ("query", query)] {
        parts.insert(format!("canonical {name}"), (*value).to_owned());
    }
    for line in block {
        let (name, value) = line.split_once(':').unwrap();
        parts.insert(format!("canonical header {name}"), value.to_owned());
    }
    parts
}

fn theirs(recorded: &Value) -> Parts {
    let text = |name: &str| recorded[name].as_str().unwrap();
    let headers = serde_json::from_value(recorded["headers"].clone()).unwrap();
    parts(text("method"), text("path"), text("query"), &headers, text("body"), text("canonicalRequest"))
}

fn ours(asked: &Asked) -> Parts {
    let (method, path) = asked.line.split_once(' ').unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (head, signature) = asked.header("authorization").split_once(", Signature=").unwrap();
    let canonical = canonical(asked, head.split_once("SignedHeaders=").unwrap().1);
    // What stands in the comparison is what was signed.
    assert!(is_signed(&format!("AMZN-PAY-RSASSA-PSS-V2\n{}", hash(&canonical)), signature), "{canonical}");
    let named = |text: &str| {
        let text = text.replace(asked.header("host"), "(host)").replace(DATE[0], DATE[1]);
        text.replace(asked.header("user-agent"), "(user agent)")
    };
    let mut headers: BTreeMap<_, _> = asked.headers.iter().map(|(name, value)| (name.clone(), named(value))).collect();
    headers.insert("authorization".to_owned(), format!("{head}, Signature=(signature)"));
    parts(method, path, query, &headers, &asked.body, &named(&canonical))
}

/// Prints both, and fails on a difference that is not among those above; which of those were met.
fn compare(name: &str, theirs: &Parts, ours: &Parts) -> BTreeSet<&'static str> {
    let (mut met, mut wrong) = (BTreeSet::new(), Vec::new());
    println!("{name}");
    for part in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
        let [theirs, ours] = [theirs, ours].map(|parts| parts.get(part).map_or("", String::as_str));
        if theirs == ours {
            println!("  {part}: {theirs}");
            continue;
        }
        println!("  {part}: {theirs:?}, ours {ours:?}");
        match DIFFERENCES.iter().find(|(known, their, our, _)| (part.as_str(), theirs, ours) == (*known, *their, *our)) {
            Some((known, ..)) => _ = met.insert(*known),
            None => wrong.push(format!("{part}: {theirs:?}, ours {ours:?}")),
        }
    }
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    met
}

fn signer(id: &str) -> Signer {
    Signer::new(PublicKeyId::parse(id).unwrap(), PrivateKey::from_pem(PRIVATE_KEY).unwrap())
}

fn client(stand_in: &StandIn, id: &str, region: Region, environment: Environment) -> Client {
    let place = Place::amazon(region, environment, &PublicKeyId::parse(id).unwrap()).unwrap();
    Client::new(signer(id), place.instead_at(&stand_in.address).unwrap()).with_clock(|| Time::from_unix(NOW))
}

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

fn price(minor: i64, currency: Currency) -> Price {
    Price(Money::new(minor, currency))
}

fn pages(review: Option<&str>) -> WebCheckoutDetails {
    WebCheckoutDetails {
        checkout_review_return_url: review.map(str::to_owned),
        checkout_result_return_url: Some("https://shop.example/done".to_owned()),
        checkout_cancel_url: None,
        checkout_mode: None,
    }
}

fn words() -> MerchantMetadata {
    let text = |text: &str| Some(text.to_owned());
    MerchantMetadata {
        merchant_reference_id: text("PS-1"),
        merchant_store_name: text("Blumen & Töpfe"),
        note_to_buyer: text("薔薇 \"2\""),
        custom_information: text("a/b\\c"),
    }
}

fn begun() -> CreateCheckoutSession {
    CreateCheckoutSession {
        store_id: "amzn1.application-oa2-client.0".to_owned(),
        web_checkout_details: pages(Some("https://shop.example/look?a=1&b=2")),
        charge_permission_type: ChargePermissionType::PaymentMethodOnFile,
        payment_method_on_file_metadata: Some(PaymentMethodOnFileMetadata { setup_only: false }),
        charge_permission_id: None,
        payment_details: Some(PaymentDetails {
            payment_intent: PaymentIntent::AuthorizeWithCapture,
            can_handle_pending_authorization: false,
            charge_amount: Some(price(4_998, Currency::Usd)),
            soft_descriptor: Some("Petal".to_owned()),
        }),
        merchant_metadata: Some(words()),
        address_details: None,
    }
}

fn changed() -> UpdateCheckoutSession {
    let details = PaymentDetails {
        payment_intent: PaymentIntent::Authorize,
        can_handle_pending_authorization: true,
        charge_amount: Some(price(5_000, Currency::Usd)),
        soft_descriptor: None,
    };
    UpdateCheckoutSession { web_checkout_details: Some(pages(None)), payment_details: Some(details), merchant_metadata: Some(words()) }
}

fn charged(wallet: ObjectId) -> CreateCharge {
    CreateCharge {
        charge_permission_id: wallet,
        charge_amount: price(1_400, Currency::Usd),
        capture_now: true,
        soft_descriptor: Some("Petal".to_owned()),
        can_handle_pending_authorization: false,
        merchant_metadata: Some(words()),
        platform_id: Some("A1PLATFORM".to_owned()),
        charge_initiator: Some(ChargeInitiator::Citu),
        channel: Some(Channel::Alexa),
    }
}

/// Makes the call of that name. Nothing that the stand-in answers is one; what is sent is what counts.
async fn call(name: &str, client: &Client) {
    let session = id("11111111-2222-3333-4444-555555555555");
    let (wallet, charge) = (id("C01-1111111-1111111"), id("S01-1111111-1111111-C000001"));
    let key = AttemptId::parse("PS0123456789ABCDEF1NFV1A0ZZa1").unwrap();
    let petal = Some("Petal".to_owned());
    match name {
        "Create Checkout Session" => _ = client.create_checkout_session(&begun(), &key, WITHIN).await,
        "Get Checkout Session" => _ = client.checkout_session(&session, WITHIN).await,
        "Update Checkout Session" => _ = client.update_checkout_session(&session, &changed(), WITHIN).await,
        "Complete Checkout Session" => {
            let body = CompleteCheckoutSession { charge_amount: Some(price(5_000, Currency::Usd)) };
            _ = client.complete_checkout_session(&session, &body, &key, WITHIN).await;
        }
        "Complete Checkout Session, a wallet only" => {
            _ = client.complete_checkout_session(&session, &CompleteCheckoutSession::default(), &key, WITHIN).await;
        }
        "Get Charge Permission" => _ = client.charge_permission(&wallet, WITHIN).await,
        "Update Charge Permission" => {
            _ = client.update_charge_permission(&wallet, &UpdateChargePermission { merchant_metadata: words() }, WITHIN).await;
        }
        "Close Charge Permission" => {
            let body = CloseChargePermission { closure_reason: "No longer required".to_owned(), cancel_pending_charges: false };
            _ = client.close_charge_permission(&wallet, &body, WITHIN).await;
        }
        "Create Charge" => _ = client.create_charge(&charged(wallet), &key, WITHIN).await,
        "Get Charge" => _ = client.charge(&charge, WITHIN).await,
        "Capture Charge" => {
            let body = CaptureCharge { capture_amount: price(1_400, Currency::Jpy), soft_descriptor: petal };
            _ = client.capture_charge(&charge, &body, &key, WITHIN).await;
        }
        "Cancel Charge" => {
            let body = CancelCharge { cancellation_reason: "The order was cancelled".to_owned() };
            _ = client.cancel_charge(&charge, &body, WITHIN).await;
        }
        "Create Refund" => {
            let body = CreateRefund { charge_id: charge, refund_amount: price(1_000, Currency::Eur), soft_descriptor: petal };
            _ = client.create_refund(&body, &key, WITHIN).await;
        }
        "Get Refund" => _ = client.refund(&id("S01-1111111-1111111-R000001"), WITHIN).await,
        "Get Buyer" => _ = client.buyer(&BuyerToken::parse("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345").unwrap(), WITHIN).await,
        "Create Delivery Tracker" => {
            let detail =
                DeliveryDetail { tracking_number: "1Z999AA10123456784".to_owned(), carrier_code: CarrierCode::parse("UPS").unwrap() };
            let body = CreateDeliveryTracker { shipped: Shipped::ChargePermissionId(wallet), delivery_details: vec![detail] };
            _ = client.create_delivery_tracker(&body, &key, WITHIN).await;
        }
        other => panic!("what does our client send for {other}?"),
    }
}

async fn sent(name: &str, key_id: &str, region: Region, environment: Environment) -> Parts {
    let stand_in = StandIn::start([Reply::Json(200, Value::Null)]).await;
    call(name, &client(&stand_in, key_id, region, environment)).await;
    let [asked] = &stand_in.asked()[..] else { panic!("{name} is one request") };
    ours(asked)
}

#[tokio::test]
async fn every_request_is_that_of_amazons_own_client_but_for_what_is_known() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let mut met = BTreeSet::new();
    let calls = recorded["calls"].as_object().unwrap();
    assert_eq!(calls.len(), 16, "our client has fifteen calls, and one in two forms");
    for (name, recorded) in calls {
        let ours = sent(name, KEY_ID, Region::NorthAmerica, Environment::Sandbox).await;
        met.append(&mut compare(name, &theirs(recorded), &ours));
    }
    for (name, key_id, region, environment) in [
        ("na, by the key", KEY_ID, Region::NorthAmerica, Environment::Sandbox),
        ("eu, by the key", "LIVE-AFTESTTESTTESTTESTTESTTE", Region::Europe, Environment::Live),
        ("jp, sandbox", "AFTESTTESTTESTTESTTESTTE", Region::Japan, Environment::Sandbox),
        ("eu, live", "AFTESTTESTTESTTESTTESTTE", Region::Europe, Environment::Live),
    ] {
        let ours = sent("Get Charge", key_id, region, environment).await;
        compare(name, &theirs(&recorded["places"][name]), &ours);
    }
    for (part, _, _, why) in DIFFERENCES {
        assert!(met.contains(part), "{part} differs no more ({why})");
    }
}

#[test]
fn a_button_signs_what_amazons_own_client_signs() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let payload = CreateCheckoutSession {
        store_id: "amzn1.application-oa2-client.0".to_owned(),
        web_checkout_details: WebCheckoutDetails {
            checkout_result_return_url: Some("https://shop.example/Töpfe".to_owned()),
            ..WebCheckoutDetails::default()
        },
        ..CreateCheckoutSession::default()
    };
    let button = Button::new(&payload, &signer(KEY_ID)).unwrap();
    assert_eq!(button.payload, recorded["button"]["payload"]);
    assert!(is_signed(recorded["button"]["stringToSign"].as_str().unwrap(), &button.signature));
}
