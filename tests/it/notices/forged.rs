//! Forged and bent messages: each is refused for its own reason, and none makes us fetch from where SNS is not.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{ExtendedKeyUsagePurpose, KeyPair};
use serde_json::{Value, json};
use voicetill::adapters::sns::{
    AddressError, BODY_MAX, CertificateError, Envelope, EnvelopeError, Forged, Roots, SignatureError, SubscribeUrl, Verifier,
};
use voicetill::domain::ids::TopicArn;
use voicetill::domain::time::Time;

use super::mint::{Hash, Mint, Shelf, URL, at, authority, confirmation, envelope, leaf, params, rsa_key, sign, verify};
use super::vectors;
use crate::stand_in::NOW;

/// A message without one of its fields, or with another value in it.
fn bent(of: Value, field: &str, value: Value) -> Value {
    let mut bent = of;
    if value.is_null() {
        bent.as_object_mut().unwrap().remove(field);
    } else {
        bent[field] = value;
    }
    bent
}

#[tokio::test]
async fn an_honest_message_passes_in_both_versions_and_its_certificate_is_fetched_once() {
    let mint = Mint::new();
    let verifier = Verifier::new(Shelf::of(mint.file()), mint.roots());
    for version in ["1", "2"] {
        let message = sign(bent(envelope("a message"), "SignatureVersion", version.into()), None);
        assert_eq!(verify(&verifier, &message).await.unwrap().message, "a message");
    }
    let with_subject = sign(bent(envelope("a message"), "Subject", " with blanks ".into()), None);
    verify(&verifier, &with_subject).await.unwrap();
    verify(&verifier, &sign(confirmation(), None)).await.unwrap();
    let mut lambdas = sign(envelope("x"), None);
    lambdas["SigningCertUrl"] = lambdas["SigningCertURL"].take();
    verify(&verifier, &lambdas).await.unwrap();
    assert_eq!(verifier.fetch().count(), 1);
}

#[test]
fn what_is_no_envelope_is_refused_by_what_it_lacks() {
    let whole = || sign(envelope("a message"), None);
    let asked = || sign(confirmation(), None);
    let cases = [
        (bent(whole(), "Type", Value::Null), EnvelopeError::Missing("Type")),
        (bent(whole(), "Type", 1.into()), EnvelopeError::NotAText("Type")),
        (bent(whole(), "Type", "Notify\u{1}".into()), EnvelopeError::UnknownKind("Notify_".to_owned())),
        (bent(whole(), "Message", Value::Null), EnvelopeError::Missing("Message")),
        (bent(whole(), "Message", json!({ "ObjectType": "CHARGE" })), EnvelopeError::NotAText("Message")),
        (bent(whole(), "MessageId", Value::Null), EnvelopeError::Missing("MessageId")),
        (bent(whole(), "TopicArn", Value::Null), EnvelopeError::Missing("TopicArn")),
        (bent(whole(), "TopicArn", "arn:aws:sqs:eu-west-1:291180941288:A".into()), EnvelopeError::NotATopic),
        (bent(whole(), "Timestamp", Value::Null), EnvelopeError::Missing("Timestamp")),
        (bent(whole(), "Subject", 5.into()), EnvelopeError::NotAText("Subject")),
        (bent(whole(), "SignatureVersion", Value::Null), EnvelopeError::Missing("SignatureVersion")),
        (bent(whole(), "SignatureVersion", 2.into()), EnvelopeError::NotAText("SignatureVersion")),
        (bent(whole(), "SignatureVersion", "3".into()), EnvelopeError::UnknownVersion("3".to_owned())),
        (bent(whole(), "Signature", Value::Null), EnvelopeError::Missing("Signature")),
        (bent(whole(), "Signature", "not base 64!".into()), EnvelopeError::NotBase64),
        (bent(whole(), "SigningCertURL", Value::Null), EnvelopeError::Missing("SigningCertURL")),
        (bent(asked(), "Token", Value::Null), EnvelopeError::Missing("Token")),
        (bent(asked(), "SubscribeURL", Value::Null), EnvelopeError::Missing("SubscribeURL")),
    ];
    for (body, why) in cases {
        assert_eq!(Envelope::parse(body.to_string().as_bytes(), |_| None), Err(why), "{body}");
    }
    let body = whole().to_string();
    for name in ["x-amz-sns-message-type", "x-amz-sns-message-id", "x-amz-sns-topic-arn"] {
        let header = |asked: &str| (asked == name).then_some("other");
        assert_eq!(Envelope::parse(body.as_bytes(), header), Err(EnvelopeError::HeaderDiffers(name)));
    }
    let long = vec![b' '; BODY_MAX + 1];
    for (body, why) in [
        (&long[..], EnvelopeError::TooLong(BODY_MAX + 1)),
        (b"\xff\xfe", EnvelopeError::NotText),
        (b"", EnvelopeError::NotJson),
        (b"[]", EnvelopeError::NotJson),
        (&body.as_bytes()[..body.len() - 1], EnvelopeError::NotJson),
    ] {
        assert_eq!(Envelope::parse(body, |_| None), Err(why));
    }
}

#[tokio::test]
async fn nothing_is_fetched_from_an_address_that_is_not_of_sns() {
    let mint = Mint::new();
    let host = "sns.eu-west-1.amazonaws.com";
    for (url, why) in [
        ("SimpleNotificationService.pem".to_owned(), AddressError::NotAUrl),
        (format!("http://{host}/x.pem"), AddressError::NotHttps),
        (format!("file://{host}/x.pem"), AddressError::NotHttps),
        (format!("https://{host}@evil.example/x.pem"), AddressError::Credentials),
        (format!("https://me:pass@{host}/x.pem"), AddressError::Credentials),
        (format!("https://{host}:8443/x.pem"), AddressError::Port),
        ("https://evil.example/x.pem".to_owned(), AddressError::Host("evil.example".to_owned())),
        (format!("https://{host}.evil.example/x.pem"), AddressError::Host(format!("{host}.evil.example"))),
        ("https://sns.us.amazonaws.com/x.pem".to_owned(), AddressError::Host("sns.us.amazonaws.com".to_owned())),
        ("https://s3.a.sns.eu-west-1.amazonaws.com/x.pem".to_owned(), AddressError::Host("s3.a.sns.eu-west-1.amazonaws.com".to_owned())),
        ("https://sns.a.s3.amazonaws.com/x.pem".to_owned(), AddressError::Host("sns.a.s3.amazonaws.com".to_owned())),
        ("https://169.254.169.254/x.pem".to_owned(), AddressError::Host("169.254.169.254".to_owned())),
        (format!("https://{host}/x.crt"), AddressError::NotPem),
        (format!("https://{host}/?x.pem"), AddressError::Query),
        (format!("https://{host}/x.pem#y"), AddressError::Query),
        (format!("https://{host}:443/x.pem"), AddressError::Spelling),
        (format!("https://{host}/a/../x.pem"), AddressError::Spelling),
        (format!("https:\\\\{host}\\x.pem"), AddressError::Spelling),
        ("https://SNS.eu-west-1.amazonaws.com/x.pem".to_owned(), AddressError::Spelling),
    ] {
        let verifier = Verifier::new(Shelf::of(mint.file()), mint.roots());
        let refused = verify(&verifier, &sign(bent(envelope("x"), "SigningCertURL", url.clone().into()), None)).await.unwrap_err();
        assert!(matches!(&refused, Forged::Address(found) if *found == why) && !refused.retryable(), "{url}: {refused:?}");
        assert_eq!(verifier.fetch().count(), 0, "{url}");
    }
}

#[tokio::test]
async fn a_certificate_that_must_not_sign_is_refused() {
    let mint = Mint::new();
    let pem = |certificate: &rcgen::Certificate| format!("{}{}", certificate.pem(), mint.between.pem());
    let certified = |params: &rcgen::CertificateParams| pem(&mint.certify(params, &rsa_key()));
    let mut early = leaf();
    early.not_before = at(NOW + 60);
    let mut late = leaf();
    late.not_after = at(NOW - 60);
    let mut clients = leaf();
    clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let mut ca = authority("sns.amazonaws.com");
    ca.subject_alt_names = leaf().subject_alt_names;
    let foreign = Mint::below("Another Root");
    let foreign_chain = format!("{}{}", foreign.file(), foreign.root.pem());
    // Another authority of the same name: this chain is made of two halves.
    let halves = format!("{}{}", foreign.certify(&leaf(), &rsa_key()).pem(), mint.between.pem());
    let unrelated = format!(
        "{}{}",
        mint.certify(&leaf(), &rsa_key()).pem(),
        params(&[], "Nobody").self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    );
    let garbled = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    let is = |wanted: fn(&CertificateError) -> bool| wanted;
    for (case, file, why) in [
        ("no PEM", "hello".to_owned(), is(|why| *why == CertificateError::NotPem)),
        ("too many", mint.between.pem().repeat(7), is(|why| *why == CertificateError::TooMany)),
        ("garbled", garbled.to_owned(), is(|why| matches!(why, CertificateError::Malformed(_)))),
        ("another name", certified(&params(&["sns.example"], "sns.amazonaws.com")), is(|why| *why == CertificateError::OtherName)),
        ("not yet", certified(&early), is(|why| *why == CertificateError::NotYetValid)),
        ("expired", certified(&late), is(|why| *why == CertificateError::Expired)),
        ("for clients", certified(&clients), is(|why| *why == CertificateError::OtherPurpose)),
        ("an authority", certified(&ca), is(|why| *why == CertificateError::OtherPurpose)),
        ("self-signed", leaf().self_signed(&rsa_key()).unwrap().pem(), is(|why| *why == CertificateError::SelfSigned)),
        ("a foreign root", foreign_chain, is(|why| *why == CertificateError::ForeignRoot)),
        ("two halves", halves, is(|why| matches!(why, CertificateError::BrokenChain(_)))),
        ("not its maker", unrelated, is(|why| matches!(why, CertificateError::BrokenChain(_)))),
    ] {
        let verifier = Verifier::new(Shelf::of(file), mint.roots());
        let refused = verify(&verifier, &sign(envelope("x"), None)).await.unwrap_err();
        assert!(matches!(&refused, Forged::Certificate(found) if why(found)) && !refused.retryable(), "{case}: {refused:?}");
    }
}

#[tokio::test]
async fn a_missing_authority_is_no_reason_to_refuse_but_what_is_there_has_to_hold() {
    let mint = Mint::new();
    let message = sign(envelope("x"), None);
    let alone = mint.certify(&leaf(), &rsa_key()).pem();
    // Alone, as SNS serves it; and below an authority whose own maker is not known.
    let roots = Roots::from_pem(&Mint::below("Another Root").root.pem()).unwrap();
    for file in [alone, mint.file()] {
        verify(&Verifier::new(Shelf::of(file), roots.clone()), &message).await.unwrap();
    }
    let mut late = leaf();
    late.not_after = at(NOW - 60);
    let late = mint.certify(&late, &rsa_key()).pem();
    let refused = verify(&Verifier::new(Shelf::of(late), roots), &message).await.unwrap_err();
    assert!(matches!(refused, Forged::Certificate(CertificateError::Expired)), "{refused:?}");
}

#[tokio::test]
async fn a_certificate_that_is_kept_is_not_kept_beyond_its_time() {
    let mint = Mint::new();
    let verifier = Verifier::new(Shelf::of(mint.file()), mint.roots());
    let envelope = || Envelope::parse(sign(envelope("x"), None).to_string().as_bytes(), |_| None).unwrap();
    verifier.verify(envelope(), Time::from_unix(NOW)).await.unwrap();
    let refused = verifier.verify(envelope(), Time::from_unix(NOW + 200 * Time::DAY)).await.unwrap_err();
    assert!(matches!(refused, Forged::Certificate(CertificateError::Expired)), "{refused:?}");
    assert_eq!(verifier.fetch().count(), 1);
}

#[tokio::test]
async fn a_signature_holds_for_one_text_in_one_version() {
    let mint = Mint::new();
    let whole = || sign(envelope("a message"), None);
    let one = |hash| sign(bent(envelope("a message"), "SignatureVersion", "1".into()), Some(hash));
    let strangers = vectors::envelope("mws-ipn/dotnet-AuthorizeNotification.json");
    let other_topic = "arn:aws:sns:eu-west-1:291180941288:ANOTHER";
    let mut as_confirmation = bent(confirmation(), "Signature", whole()["Signature"].clone());
    as_confirmation["Message"] = "a message".into();
    for (case, body, why) in [
        ("message", bent(whole(), "Message", "another".into()), SignatureError::Wrong),
        ("a blank more", bent(whole(), "Message", "a message ".into()), SignatureError::Wrong),
        ("id", bent(whole(), "MessageId", "other".into()), SignatureError::Wrong),
        ("topic", bent(whole(), "TopicArn", other_topic.into()), SignatureError::Wrong),
        ("time", bent(whole(), "Timestamp", "2027-01-01T00:00:00.000Z".into()), SignatureError::Wrong),
        ("a subject more", bent(whole(), "Subject", "hello".into()), SignatureError::Wrong),
        ("kind", as_confirmation, SignatureError::Wrong),
        ("token", bent(sign(confirmation(), None), "Token", "other".into()), SignatureError::Wrong),
        ("address", bent(sign(confirmation(), None), "SubscribeURL", URL.into()), SignatureError::Wrong),
        ("says 2, is 1", sign(envelope("a message"), Some(Hash::Sha1)), SignatureError::Wrong),
        ("says 1, is 2", one(Hash::Sha256), SignatureError::Wrong),
        ("2 passed off as 1", bent(whole(), "SignatureVersion", "1".into()), SignatureError::Wrong),
        ("1 passed off as 2", bent(one(Hash::Sha1), "SignatureVersion", "2".into()), SignatureError::Wrong),
        ("another key", bent(whole(), "Signature", BASE64_STANDARD.encode(strangers.signature()).into()), SignatureError::Wrong),
        ("empty", bent(whole(), "Signature", "".into()), SignatureError::TooShort),
        ("of a short key", bent(whole(), "Signature", BASE64_STANDARD.encode([1; 128]).into()), SignatureError::TooShort),
    ] {
        let verifier = Verifier::new(Shelf::of(mint.file()), mint.roots());
        let refused = verify(&verifier, &body).await.unwrap_err();
        assert!(matches!(&refused, Forged::Signature(found) if *found == why) && !refused.retryable(), "{case}: {refused:?}");
    }
    let elliptic = format!("{}{}", mint.certify(&leaf(), &KeyPair::generate().unwrap()).pem(), mint.between.pem());
    let refused = verify(&Verifier::new(Shelf::of(elliptic), mint.roots()), &whole()).await.unwrap_err();
    assert!(matches!(refused, Forged::Signature(SignatureError::NotRsa)), "{refused:?}");
}

#[tokio::test]
async fn an_sns_that_does_not_serve_is_no_forgery_but_a_missing_file_is_final() {
    let mint = Mint::new();
    for (status, again) in [(503, true), (429, true), (403, false), (404, false)] {
        let verifier = Verifier::new(Shelf { down: Some(status), ..Shelf::of(mint.file()) }, mint.roots());
        let refused = verify(&verifier, &sign(envelope("x"), None)).await.unwrap_err();
        assert!(matches!(refused, Forged::Unfetched(_)), "{refused:?}");
        assert_eq!(refused.retryable(), again, "{status}");
    }
}

#[test]
fn a_subscription_is_confirmed_at_its_own_address_only() {
    let topic = TopicArn::parse(super::mint::TOPIC).unwrap();
    let (host, about) = ("https://sns.eu-west-1.amazonaws.com/", format!("TopicArn={topic}"));
    let good = format!("{host}?Action=ConfirmSubscription&{about}&Token=t");
    assert_eq!(SubscribeUrl::parse(&good, &topic, Some("t")).unwrap().as_str(), good);
    for (url, why) in [
        (format!("{host}?Action=Publish&{about}&Token=t"), AddressError::OtherAction),
        (format!("{host}?Action=ConfirmSubscription&Action=Publish&{about}&Token=t"), AddressError::OtherAction),
        (format!("{host}x?Action=ConfirmSubscription&{about}&Token=t"), AddressError::OtherAction),
        (format!("{host}?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:291180941288:B&Token=t"), AddressError::OtherTopic),
        (good.replace("eu-west-1.amazonaws", "us-east-1.amazonaws"), AddressError::OtherTopic),
        (format!("{host}?Action=ConfirmSubscription&{about}&Token=u"), AddressError::OtherToken),
        (format!("{host}?Action=ConfirmSubscription&{about}"), AddressError::OtherToken),
        (good.replace("https", "http"), AddressError::NotHttps),
        (good.replace(".amazonaws.com", ".evil.example"), AddressError::Host("sns.eu-west-1.evil.example".to_owned())),
    ] {
        assert_eq!(SubscribeUrl::parse(&url, &topic, Some("t")), Err(why), "{url}");
    }
}
