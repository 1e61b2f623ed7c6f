//! The collected envelopes: strings to sign, signatures, addresses.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use voicetill::adapters::amazon_pay::call::failure::Unread;
use voicetill::adapters::amazon_pay::notice::{self, NoticeError};
use voicetill::adapters::sns::{CertificateUrl, Envelope, Forged, Kind, Roots, SignatureError, SubscribeUrl, Verified, Verifier};
use voicetill::domain::ids::{AmazonId, OrderId, TopicArn};
use voicetill::domain::notice::{Chargeback, Notice, Reference};
use voicetill::domain::order::Note;
use voicetill::domain::time::Time;

use super::mint::Shelf;

/// Within the time of the synthetic certificate.
const IN_2026: i64 = 1_795_000_000;

pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/amazon-pay/notices").join(name)
}

pub fn text(name: &str) -> String {
    fs::read_to_string(folder(name)).unwrap()
}

fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

pub fn envelope(name: &str) -> Envelope {
    Envelope::parse(text(name).as_bytes(), |_| None).unwrap()
}

async fn verified(name: &str, roots: &str, now: i64) -> Result<Verified, Forged> {
    let envelope = envelope(name);
    let shelf = Shelf { files: [(envelope.certificate.clone(), text("sns/synthetic-signing-cert.pem"))].into(), ..Shelf::default() };
    Verifier::new(shelf, Roots::from_pem(roots).unwrap()).verify(envelope, Time::from_unix(now)).await
}

#[tokio::test]
async fn the_signed_samples_are_what_their_index_says() {
    let (expected, root) = (json("sns/synthetic-expected.json"), text("sns/synthetic-signing-cert.pem"));
    let cases = expected["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let name = format!("sns/{}", case["file"].as_str().unwrap());
        assert_eq!(envelope(&name).string_to_sign(), case["string_to_sign"].as_str().unwrap(), "{name}");
        let verified = verified(&name, &root, IN_2026).await;
        if case["valid_signature"] == true {
            verified.unwrap();
        } else {
            assert!(matches!(verified, Err(Forged::Signature(SignatureError::Wrong))), "{name}: {verified:?}");
        }
    }
    for (now, why) in [(1_600_000_000, "not valid yet"), (2_400_000_000, "expired")] {
        let refused = verified("sns/synthetic-v2-charge.json", &root, now).await.unwrap_err();
        assert!(format!("{refused:?}").contains(if why == "expired" { "Expired" } else { "NotYetValid" }), "{refused:?}");
    }
}

#[test]
fn the_string_to_sign_of_a_real_message_is_rebuilt() {
    let real = text("sns/dotnet-AuthorizeNotification.string-to-sign.txt");
    assert_eq!(envelope("mws-ipn/dotnet-AuthorizeNotification.json").string_to_sign(), real);
}

#[test]
fn addresses_of_certificates_are_taken_and_refused_as_collected() {
    for case in json("sns/cert-urls.json")["cases"].as_array().unwrap() {
        let url = case["url"].as_str().unwrap();
        // What no source decides, the port, is refused here.
        assert_eq!(CertificateUrl::parse(url).is_ok(), case["accept"] == true, "{url}");
    }
}

#[test]
fn the_collected_confirmation_can_be_confirmed() {
    let envelope = envelope("sns/synthetic-subscription-confirmation.json");
    assert_eq!(envelope.kind, Kind::SubscriptionConfirmation);
    let confirmation = envelope.confirmation.as_ref().unwrap();
    SubscribeUrl::parse(&confirmation.subscribe_url, &envelope.topic, Some(&confirmation.token)).unwrap();
    let other = TopicArn::parse("arn:aws:sns:eu-west-1:291180941288:ANOTHER").unwrap();
    SubscribeUrl::parse(&confirmation.subscribe_url, &other, Some(&confirmation.token)).unwrap_err();
}

fn message(name: &str) -> String {
    envelope(name).message
}

fn charge(id: &str) -> Notice {
    Notice::Charge { id: AmazonId::parse(id).unwrap(), ours: None }
}

#[test]
fn every_collected_message_says_which_object_it_is_about() {
    let id = |text: &str| AmazonId::parse(text).unwrap();
    for (name, notice) in [
        ("v2-ipn/charge-state-change.json", charge("S02-7331650-8246451-C000001")),
        ("v2-ipn/oxid-charge-message.json", charge("S02-6865442-5879427-C004671")),
        ("v2-ipn/refund-state-change.json", Notice::Refund { id: id("S02-7331650-8246451-R000001"), ours: None }),
    ] {
        assert_eq!(notice::read(&text(name)), Ok(notice), "{name}");
    }
    let said = Note::parse("RECEIVED Generic Service Chargeback 100.0 USD").ok();
    let chargeback = Chargeback { id: id("C9KORZRXQ655G"), consent: Some(id("P01-7128087-7259534")), ours: None, said };
    for (name, notice) in [
        ("dotnet-AuthorizeNotification", charge("S01-7922233-4167005-A092060")),
        ("java-AuthorizeNotification", Notice::Sample),
        ("java-BadNotification", Notice::Sample),
        ("java-BillingAgreementNotification", Notice::Consent { id: id("C01-4249881-9140092") }),
        ("java-CaptureNotification", Notice::Sample),
        ("java-ChargebackNotification_Service", Notice::Chargeback(chargeback)),
        ("java-OrderReferenceNotification", Notice::Sample),
        ("java-ProviderCreditNotification", Notice::Other("ProviderCredit".to_owned())),
        ("java-RefundNotification", Notice::Sample),
    ] {
        assert_eq!(notice::read(&message(&format!("mws-ipn/{name}.json"))), Ok(notice), "{name}");
    }
}

#[test]
fn the_older_samples_are_read_when_they_do_not_call_themselves_samples() {
    let id = AmazonId::parse("P01-0000000-0000000-000000").unwrap();
    for (name, notice) in [
        ("java-AuthorizeNotification", Notice::Charge { id: id.clone(), ours: None }),
        ("java-BadNotification", Notice::Other("BlahBlah".to_owned())),
        ("java-CaptureNotification", Notice::Charge { id: id.clone(), ours: None }),
        ("java-OrderReferenceNotification", Notice::Consent { id: id.clone() }),
        ("java-RefundNotification", Notice::Refund { id: id.clone(), ours: None }),
    ] {
        let message = message(&format!("mws-ipn/{name}.json")).replace("\"IsSample\":true", "\"IsSample\":false");
        assert_eq!(notice::read(&message), Ok(notice), "{name}");
    }
    let order = OrderId::parse("PS0123456789ABCDEF1NK5T4700").unwrap();
    let ours = message("mws-ipn/dotnet-AuthorizeNotification.json").replace("5d5f01d72e0c3", order.attempt(2).as_str());
    let Ok(Notice::Charge { ours: Some(ours), .. }) = notice::read(&ours) else { panic!() };
    assert_eq!(ours, Reference { order, attempt: Some(2) });
}

#[test]
fn what_cannot_be_read_is_told_and_what_is_not_known_is_kept() {
    let v2 = |kind: &str, id: &str| format!(r#"{{"ObjectType":"{kind}","ObjectId":"{id}","NotificationType":"STATE_CHANGE"}}"#);
    assert_eq!(notice::read(&v2("ch arge", "S02-1")), Ok(charge("S02-1")));
    assert_eq!(notice::read(r#"{"objectType":"CHARGE","objectId":"S02-1"}"#), Ok(charge("S02-1")));
    assert_eq!(notice::read(&v2("DELIVERY\\u0007", "")), Ok(Notice::Other("DELIVERY_".to_owned())));
    let v1 = |data: &str| serde_json::json!({ "NotificationType": "Payment Capture", "NotificationData": data }).to_string();
    let bomb = "<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>";
    for (message, why) in [
        ("", NoticeError::NotJson),
        ("[]", NoticeError::NotJson),
        ("{}", NoticeError::Missing("ObjectType")),
        (&v2("CHARGE", ""), NoticeError::Missing("ObjectId")),
        (&v2("REFUND", "with blank"), NoticeError::Missing("ObjectId")),
        (r#"{"NotificationData":"<a/>"}"#, NoticeError::Missing("NotificationType")),
        (&v1(""), NoticeError::Missing("NotificationData")),
        (&v1("<a"), NoticeError::Xml(Unread::NotXml)),
        (&v1(bomb), NoticeError::Xml(Unread::Entities)),
        (&v1("<a/>"), NoticeError::Missing("CaptureDetails")),
        (&v1("<a><CaptureDetails/></a>"), NoticeError::Missing("AmazonCaptureId")),
    ] {
        assert_eq!(notice::read(message), Err(why), "{message}");
    }
}
