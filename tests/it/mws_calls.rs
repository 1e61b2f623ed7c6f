//! The client of the older API against a stand-in that checks every signature by the documented rule, in code of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use ring::hmac;
use voicetill::adapters::amazon_pay::api::place::{Environment, Region};
use voicetill::adapters::amazon_pay::api::wire::ObjectId;
use voicetill::adapters::amazon_pay::call::Answer;
use voicetill::adapters::amazon_pay::call::failure::Outcome;
use voicetill::adapters::amazon_pay::call::line::TRIES;
use voicetill::adapters::amazon_pay::lwa::AccessToken;
use voicetill::adapters::amazon_pay::mws::answers::Authorization;
use voicetill::adapters::amazon_pay::mws::client::{CallError, Cause, Client};
use voicetill::adapters::amazon_pay::mws::errors::ErrorCode;
use voicetill::adapters::amazon_pay::mws::key::{AccessKey, AuthToken, Merchant, SecretKey};
use voicetill::adapters::amazon_pay::mws::orders::{
    Authorize, Challenge, ConfirmOrderReference, CreateOrderReferenceForId, GetOrderReferenceDetails, OrderTerms, SetOrderReferenceDetails,
};
use voicetill::adapters::amazon_pay::mws::place::Place;
use voicetill::adapters::amazon_pay::mws::requests::{
    AgreementType, AuthorizationTerms, AuthorizeOnBillingAgreement, CancelOrderReference, CaptureHeld, CloseAuthorization,
    CloseBillingAgreement, CloseOrderReference, ConfirmBillingAgreement, Consent, GetAuthorizationDetails, GetBillingAgreementDetails,
    GetCaptureDetails, GetMerchantNotificationConfiguration, GetRefundDetails, GetServiceStatus, OrderAttributes, RefundCaptured,
    ReturnPages, SetBillingAgreementDetails, ValidateBillingAgreement,
};
use voicetill::adapters::amazon_pay::mws::sheet::Request;
use voicetill::domain::ids::{AttemptId, SellerId};
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::Outcome as Became;
use voicetill::domain::time::Time;
use voicetill::telemetry::chain;

use crate::stand_in::{Asked, NOW, Reply, StandIn};

const WITHIN: Duration = Duration::from_secs(8);
const SECRET: &str = "TEST_SECRET_KEY";

fn sample(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/amazon-pay/mws/answers/{name}.xml"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn ok(name: &str) -> Reply {
    Reply::Text(200, sample(name))
}

fn refuse(status: u16, code: &str) -> Reply {
    Reply::Text(
        status,
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>so</Message></Error><RequestId>R-9</RequestId></ErrorResponse>"),
    )
}

fn throttled() -> Reply {
    Reply::Text(503, sample("java-Throttled"))
}

/// The form's fields, decoded.
fn fields(asked: &Asked) -> BTreeMap<String, String> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    asked.body.split('&').map(|pair| pair.split_once('=').unwrap()).map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// Section 2, from the request as it came.
fn judge(asked: &Asked) -> Result<(), String> {
    let (line, kind) = (asked.line.as_str(), asked.header("content-type"));
    if line != "POST /OffAmazonPayments_Sandbox/2013-01-01" || kind != "application/x-www-form-urlencoded; charset=utf-8" {
        return Err(format!("{line} {kind}"));
    }
    let unsigned: Vec<_> = asked.body.split('&').filter(|pair| !pair.starts_with("Signature=")).collect();
    if !unsigned.is_sorted() {
        return Err("not in order".to_owned());
    }
    let message = format!("POST\n{}\n/OffAmazonPayments_Sandbox/2013-01-01\n{}", asked.header("host"), unsigned.join("&"));
    let signature = STANDARD.decode(&fields(asked)["Signature"]).map_err(|error| error.to_string())?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&key, message.as_bytes(), &signature).map_err(|_| format!("the signature is not under {message}"))
}

fn merchant() -> Merchant {
    Merchant {
        seller: SellerId::parse("TEST_MERCHANT_ID").unwrap(),
        access_key: AccessKey::parse("TEST_ACCESS_KEY").unwrap(),
        secret_key: SecretKey::parse(SECRET).unwrap(),
        auth_token: None,
    }
}

fn client_of(merchant: Merchant, stand_in: &StandIn) -> Client {
    let place = Place::amazon(Region::Europe, Environment::Sandbox).instead_at(&stand_in.address).unwrap();
    Client::new(merchant, place).with_clock(|| Time::from_unix(NOW))
}

fn client(stand_in: &StandIn) -> Client {
    client_of(merchant(), stand_in)
}

async fn stand_in(replies: impl IntoIterator<Item = Reply>) -> StandIn {
    StandIn::judging(judge, replies).await
}

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

fn key() -> AttemptId {
    AttemptId::parse("PS0123456789ABCDEF1NFV1A0ZZa1").unwrap()
}

fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::Eur)
}

#[expect(clippy::unnecessary_wraps, reason = "every field that holds a text may be without one")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn terms() -> AuthorizationTerms {
    AuthorizationTerms { key: key(), amount: euros(1_250), capture_now: true, timeout_min: 0, soft_descriptor: None, note: None }
}

fn charge() -> AuthorizeOnBillingAgreement {
    AuthorizeOnBillingAgreement {
        agreement: id("C02-1234567-1234567"),
        terms: terms(),
        inherit_shipping_address: None,
        seller_note: None,
        platform: None,
        attributes: OrderAttributes::default(),
    }
}

const CHARGED: &str = "java-AuthorizeOnBillingAgreementResponse";

async fn charged_by(stand_in: &StandIn, within: Duration) -> Result<Answer<Authorization>, CallError> {
    client(stand_in).call(&charge(), within).await
}

#[tokio::test]
async fn a_charge_is_signed_sent_and_read_with_amazons_request_id() {
    let stand_in = stand_in([ok(CHARGED)]).await;
    let answer = charged_by(&stand_in, WITHIN).await.unwrap();
    assert!(matches!(answer.value.outcome, Became::Captured { .. }));
    assert_eq!(answer.seen.request_id.as_deref(), Some("a2f5467a-0e2a-4735-8b52-6f2f23fc9546"));
    assert_eq!(answer.seen.date, Some(Time::from_unix(NOW)));
    let [asked] = &stand_in.asked()[..] else { panic!("once") };
    let mut sent = fields(asked);
    assert!(sent.remove("Signature").is_some());
    let expected = [
        ("AWSAccessKeyId", "TEST_ACCESS_KEY"),
        ("Action", "AuthorizeOnBillingAgreement"),
        ("AmazonBillingAgreementId", "C02-1234567-1234567"),
        ("AuthorizationAmount.Amount", "12.50"),
        ("AuthorizationAmount.CurrencyCode", "EUR"),
        ("AuthorizationReferenceId", key().as_str()),
        ("CaptureNow", "true"),
        ("SellerId", "TEST_MERCHANT_ID"),
        ("SignatureMethod", "HmacSHA256"),
        ("SignatureVersion", "2"),
        ("Timestamp", "2026-11-22T02:00:00Z"),
        ("TransactionTimeout", "0"),
        ("Version", "2013-01-01"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sent, BTreeMap::from(expected));
}

/// A client whose every call is refused, to see what it sends.
struct Wire {
    stand_in: StandIn,
    client: Client,
}

impl Wire {
    async fn new() -> Self {
        let stand_in = stand_in([refuse(400, "InvalidParameterValue")]).await;
        Self { client: client(&stand_in), stand_in }
    }

    /// The parameters that a request adds to those that every call has, as `Action Name=value…`.
    async fn sent<Q: Request>(&self, request: &Q) -> String {
        let failed = self.client.call(request, WITHIN).await.map(|_| ()).unwrap_err();
        assert!(matches!(&failed.cause, Cause::Refused(refusal) if refusal.status == 400), "{}", chain(&failed));
        let mut all = fields(self.stand_in.asked().last().unwrap());
        for common in ["AWSAccessKeyId", "SellerId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp", "Version"] {
            assert!(all.remove(common).is_some(), "{common}");
        }
        let action = all.remove("Action").unwrap();
        all.into_iter().fold(action, |line, (name, value)| line + " " + &name + "=" + &value)
    }
}

#[tokio::test]
async fn agreements_go_over_the_wire_as_the_reference_has_them() {
    let wire = Wire::new().await;
    let agreement = || id("C02-1-1");
    let token = || AccessToken::parse("Atza|x").unwrap();
    let look = GetBillingAgreementDetails { agreement: agreement(), consent: Some(Consent::AddressConsentToken(token())) };
    assert_eq!(wire.sent(&look).await, "GetBillingAgreementDetails AddressConsentToken=Atza|x AmazonBillingAgreementId=C02-1-1");
    let look = GetBillingAgreementDetails { consent: Some(Consent::AccessToken(token())), ..look };
    assert_eq!(wire.sent(&look).await, "GetBillingAgreementDetails AccessToken=Atza|x AmazonBillingAgreementId=C02-1-1");
    let set = SetBillingAgreementDetails {
        agreement: agreement(),
        platform: text("A2K7"),
        note: text("n"),
        reference: text("r"),
        store_name: text("Café & Söhne"),
        custom_information: text("c"),
        kind: Some(AgreementType::MerchantInitiatedTransaction { subscription: Some(euros(999)) }),
    };
    assert_eq!(
        wire.sent(&set).await,
        "SetBillingAgreementDetails AmazonBillingAgreementId=C02-1-1 \
         BillingAgreementAttributes.BillingAgreementType=MerchantInitiatedTransaction \
         BillingAgreementAttributes.PlatformId=A2K7 \
         BillingAgreementAttributes.SellerBillingAgreementAttributes.CustomInformation=c \
         BillingAgreementAttributes.SellerBillingAgreementAttributes.SellerBillingAgreementId=r \
         BillingAgreementAttributes.SellerBillingAgreementAttributes.StoreName=Café & Söhne \
         BillingAgreementAttributes.SellerNote=n \
         BillingAgreementAttributes.SubscriptionAmount.Amount=9.99 \
         BillingAgreementAttributes.SubscriptionAmount.CurrencyCode=EUR"
    );
    let pages = ReturnPages { success: "https://shop.example/yes".to_owned(), failure: "https://shop.example/no".to_owned() };
    let confirm = ConfirmBillingAgreement { agreement: agreement(), pages: Some(pages) };
    assert_eq!(
        wire.sent(&confirm).await,
        "ConfirmBillingAgreement AmazonBillingAgreementId=C02-1-1 FailureUrl=https://shop.example/no SuccessUrl=https://shop.example/yes"
    );
    assert_eq!(
        wire.sent(&ValidateBillingAgreement { agreement: agreement() }).await,
        "ValidateBillingAgreement AmazonBillingAgreementId=C02-1-1"
    );
    let close = CloseBillingAgreement { id: agreement(), reason: text("over") };
    assert_eq!(wire.sent(&close).await, "CloseBillingAgreement AmazonBillingAgreementId=C02-1-1 ClosureReason=over");
    assert_eq!(wire.sent(&GetServiceStatus).await, "GetServiceStatus");
    assert_eq!(wire.sent(&GetMerchantNotificationConfiguration).await, "GetMerchantNotificationConfiguration");
}

#[tokio::test]
async fn money_goes_over_the_wire_as_the_reference_has_it() {
    let wire = Wire::new().await;
    let note = r#"{"SandboxSimulation":{"State":"Declined","ReasonCode":"AmazonRejected"}}"#;
    let full = AuthorizeOnBillingAgreement {
        terms: AuthorizationTerms { capture_now: false, soft_descriptor: text("ROSES"), note: text(note), ..terms() },
        inherit_shipping_address: Some(false),
        seller_note: text("s"),
        platform: text("p"),
        attributes: OrderAttributes { order_id: text("o"), store_name: text("Petal"), custom_information: text("c") },
        ..charge()
    };
    assert_eq!(
        wire.sent(&full).await,
        format!(
            "AuthorizeOnBillingAgreement AmazonBillingAgreementId=C02-1234567-1234567 AuthorizationAmount.Amount=12.50 \
             AuthorizationAmount.CurrencyCode=EUR AuthorizationReferenceId={} CaptureNow=false InheritShippingAddress=false PlatformId=p \
             SellerAuthorizationNote={note} SellerNote=s SellerOrderAttributes.CustomInformation=c SellerOrderAttributes.SellerOrderId=o \
             SellerOrderAttributes.StoreName=Petal SoftDescriptor=ROSES TransactionTimeout=0",
            key()
        )
    );
    let id = || id("S02-1-1-A1");
    assert_eq!(wire.sent(&GetAuthorizationDetails(id())).await, "GetAuthorizationDetails AmazonAuthorizationId=S02-1-1-A1");
    let close = CloseAuthorization { id: id(), reason: None };
    assert_eq!(wire.sent(&close).await, "CloseAuthorization AmazonAuthorizationId=S02-1-1-A1");
    let amount = Money::new(300, Currency::Jpy);
    let capture = CaptureHeld { authorization: id(), key: key(), amount, soft_descriptor: text("d"), note: text("n") };
    assert_eq!(
        wire.sent(&capture).await,
        format!(
            "Capture AmazonAuthorizationId=S02-1-1-A1 CaptureAmount.Amount=300 CaptureAmount.CurrencyCode=JPY CaptureReferenceId={} \
             SellerCaptureNote=n SoftDescriptor=d",
            key()
        )
    );
    assert_eq!(wire.sent(&GetCaptureDetails(id())).await, "GetCaptureDetails AmazonCaptureId=S02-1-1-A1");
    let refund = RefundCaptured { capture: id(), key: key(), amount, soft_descriptor: text("d"), note: text("n") };
    assert_eq!(
        wire.sent(&refund).await,
        format!(
            "Refund AmazonCaptureId=S02-1-1-A1 RefundAmount.Amount=300 RefundAmount.CurrencyCode=JPY RefundReferenceId={} \
             SellerRefundNote=n SoftDescriptor=d",
            key()
        )
    );
    assert_eq!(wire.sent(&GetRefundDetails(id())).await, "GetRefundDetails AmazonRefundId=S02-1-1-A1");
}

#[tokio::test]
async fn orders_go_over_the_wire_as_the_reference_has_them() {
    let wire = Wire::new().await;
    let order = || id("S02-1-1");
    let attributes = OrderAttributes { order_id: text("o"), store_name: None, custom_information: None };
    let terms_of_order = || OrderTerms { platform: None, note: text("n"), attributes: attributes.clone() };
    let create = CreateOrderReferenceForId {
        agreement: id("C02-1-1"),
        inherit_shipping_address: Some(true),
        confirm_now: false,
        total: Some(euros(5)),
        terms: terms_of_order(),
    };
    let total = "OrderReferenceAttributes.OrderTotal.Amount=0.05 OrderReferenceAttributes.OrderTotal.CurrencyCode=EUR";
    let said = "OrderReferenceAttributes.SellerNote=n OrderReferenceAttributes.SellerOrderAttributes.SellerOrderId=o";
    assert_eq!(
        wire.sent(&create).await,
        format!("CreateOrderReferenceForId ConfirmNow=false Id=C02-1-1 IdType=BillingAgreement InheritShippingAddress=true {total} {said}")
    );
    let look = GetOrderReferenceDetails { order: order(), consent: None };
    assert_eq!(wire.sent(&look).await, "GetOrderReferenceDetails AmazonOrderReferenceId=S02-1-1");
    let set =
        SetOrderReferenceDetails { order: order(), total: euros(5), terms: terms_of_order(), request_payment_authorization: Some(true) };
    assert_eq!(
        wire.sent(&set).await,
        format!(
            "SetOrderReferenceDetails AmazonOrderReferenceId=S02-1-1 {total} \
             OrderReferenceAttributes.RequestPaymentAuthorization=true {said}"
        )
    );
    let pages = ReturnPages { success: "https://shop.example/yes".to_owned(), failure: "https://shop.example/no".to_owned() };
    let challenge = Challenge { pages, amount: Some(euros(5)), expect_immediate_authorization: Some(true) };
    assert_eq!(
        wire.sent(&ConfirmOrderReference { order: order(), challenge: Some(challenge) }).await,
        "ConfirmOrderReference AmazonOrderReferenceId=S02-1-1 AuthorizationAmount.Amount=0.05 AuthorizationAmount.CurrencyCode=EUR \
         ExpectImmediateAuthorization=true FailureUrl=https://shop.example/no SuccessUrl=https://shop.example/yes"
    );
    let cancel = CancelOrderReference { id: order(), reason: text("over") };
    assert_eq!(wire.sent(&cancel).await, "CancelOrderReference AmazonOrderReferenceId=S02-1-1 CancelationReason=over");
    let close = CloseOrderReference { id: order(), reason: text("over") };
    assert_eq!(wire.sent(&close).await, "CloseOrderReference AmazonOrderReferenceId=S02-1-1 ClosureReason=over");
    let authorize = wire.sent(&Authorize { order: order(), terms: terms() }).await;
    assert!(authorize.starts_with("Authorize AmazonOrderReferenceId=S02-1-1 AuthorizationAmount.Amount=12.50 "), "{authorize}");
}

#[tokio::test]
async fn a_provider_shows_its_leave() {
    let stand_in = stand_in([ok(CHARGED)]).await;
    let merchant = Merchant { auth_token: Some(AuthToken::parse("amzn.mws.token").unwrap()), ..merchant() };
    client_of(merchant, &stand_in).call(&charge(), WITHIN).await.unwrap();
    assert_eq!(fields(&stand_in.asked()[0])["MWSAuthToken"], "amzn.mws.token");
}

#[tokio::test]
async fn a_buyers_token_and_a_providers_leave_are_in_no_error() {
    let look = GetBillingAgreementDetails {
        agreement: id("C02-1-1"),
        consent: Some(Consent::AccessToken(AccessToken::parse("Atza|buyers-secret").unwrap())),
    };
    // As a refusal that repeats what it was asked.
    let repeated = "expected AccessToken=Atza%7Cbuyers-secret&amp;MWSAuthToken=providers-secret";
    let repeats = format!("<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>{repeated}</Message></Error></ErrorResponse>");
    for reply in [Reply::Text(403, repeats), Reply::HangUp, Reply::Text(200, "<a/>".to_owned())] {
        let stand_in = stand_in([reply]).await;
        let merchant = Merchant { auth_token: Some(AuthToken::parse("providers-secret").unwrap()), ..merchant() };
        let failed = client_of(merchant, &stand_in).call(&look, WITHIN).await.unwrap_err();
        let told = format!("{} {failed:?} {look:?}", chain(&failed));
        assert!(!told.contains("secret"), "{told}");
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_under_the_same_reference() {
    for first in [refuse(500, "InternalServerError"), throttled(), Reply::HangUp, Reply::Half] {
        let stand_in = stand_in([first, ok(CHARGED)]).await;
        charged_by(&stand_in, WITHIN).await.unwrap();
        let asked = stand_in.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(fields(&asked[0])["AuthorizationReferenceId"], fields(&asked[1])["AuthorizationReferenceId"]);
    }
}

#[tokio::test]
async fn tries_are_bounded_and_pauses_are_those_that_amazon_advises() {
    let stand_in = stand_in([refuse(500, "InternalServerError")]).await;
    let began = Instant::now();
    let failed = charged_by(&stand_in, WITHIN).await.unwrap_err();
    assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (TRIES, Outcome::Unknown, true));
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn throttling_waits_for_the_bucket_to_fill_or_gives_up() {
    let stand_in_ = stand_in([throttled(), ok(CHARGED)]).await;
    let began = Instant::now();
    charged_by(&stand_in_, WITHIN).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(2), "the sandbox lets one in every two seconds: {:?}", began.elapsed());

    let stand_in_ = stand_in([throttled()]).await;
    let failed = charged_by(&stand_in_, Duration::from_millis(1_900)).await.unwrap_err();
    assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (1, Outcome::NotDone, true));
    assert_eq!(failed.seen().unwrap().request_id.as_deref(), Some("d702fd8e-206f-4da4-95e0-1e7422474077"));
}

#[tokio::test]
async fn a_new_order_is_not_made_twice() {
    let request = CreateOrderReferenceForId {
        agreement: id("C02-1-1"),
        inherit_shipping_address: None,
        confirm_now: true,
        total: Some(euros(5)),
        terms: OrderTerms::default(),
    };
    for reply in [Reply::HangUp, Reply::Half, refuse(500, "InternalServerError")] {
        let stand_in = stand_in([reply]).await;
        let failed = client(&stand_in).call(&request, WITHIN).await.unwrap_err();
        assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (1, Outcome::Unknown, false));
    }
    let order = sample("java-GetOrderReferenceDetailsResponse").replace("GetOrderReferenceDetails", "CreateOrderReferenceForId");
    let stand_in = stand_in([throttled(), Reply::Text(200, order)]).await;
    assert!(client(&stand_in).call(&request, WITHIN).await.is_ok(), "throttled is not done, so it may be asked again");
}

#[tokio::test]
async fn a_refusal_tells_what_it_says_of_the_money() {
    for (status, code, outcome) in [
        (403, "InvalidAccountStatus", Outcome::NotDone),
        (400, "DuplicateRequest", Outcome::Unknown),
        (405, "InvalidAuthorizationStatus", Outcome::Unknown),
    ] {
        let stand_in = stand_in([refuse(status, code)]).await;
        let failed = charged_by(&stand_in, WITHIN).await.unwrap_err();
        assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (1, outcome, false), "{code}");
        assert!(chain(&failed).ends_with(&format!("Amazon Pay answered {status} {code} (request R-9): so")), "{}", chain(&failed));
    }
    let stand_in = stand_in([Reply::HangUp, refuse(403, "InvalidAccountStatus")]).await;
    let failed = charged_by(&stand_in, WITHIN).await.unwrap_err();
    assert!(matches!(&failed.cause, Cause::Refused(refusal) if refusal.code == ErrorCode::InvalidAccountStatus));
    assert_eq!(failed.outcome(), Outcome::Unknown, "the first try may have charged");
}

#[tokio::test]
async fn an_answer_that_is_none_leaves_it_unknown_and_says_why() {
    let whole = sample(CHARGED);
    let bomb = format!("<!DOCTYPE a [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>{}", whole.split_once("?>").unwrap().1);
    for (answer, why) in [
        (String::from(" "), "no whole XML"),
        ("<html>welcome to the hotel</html>".to_owned(), "another call"),
        (sample("java-CaptureResponse"), "another call"),
        (whole[..whole.len() / 2].to_owned(), "no whole XML"),
        (whole.replace("AmazonAuthorizationId", "Id"), "without its id"),
        (bomb, "entities of its own"),
        (whole.replace("<IdList>", &("<IdList>".to_owned() + &"<member/>".repeat(3_000))), "more parts"),
        (whole.replace("testing", &"x".repeat(600 * 1024)), "more than 512 KiB"),
        (format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000)), "more parts"),
    ] {
        let stand_in = stand_in([Reply::Text(200, answer)]).await;
        let failed = charged_by(&stand_in, WITHIN).await.unwrap_err();
        assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (1, Outcome::Unknown, false), "{why}");
        assert!(chain(&failed).contains(why), "{why}: {}", chain(&failed));
    }
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent() {
    let stand_in = stand_in([ok(CHARGED)]).await;
    let wrong = AuthorizationTerms { amount: euros(0), soft_descriptor: text("seventeen letters"), ..terms() };
    let failed = client(&stand_in).call(&AuthorizeOnBillingAgreement { terms: wrong, ..charge() }, WITHIN).await.unwrap_err();
    assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (0, Outcome::NotDone, false));
    let told = chain(&failed);
    assert!(
        told.ends_with("AuthorizationAmount must be more than nothing; SoftDescriptor has more than 16 characters: shorten it"),
        "{told}"
    );
    assert!(stand_in.asked().is_empty());
}

#[tokio::test]
async fn a_signature_under_another_key_is_refused_and_no_key_is_shown() {
    let stand_in = stand_in([ok(CHARGED)]).await;
    let other = Merchant { secret_key: SecretKey::parse("ANOTHER_SECRET").unwrap(), ..merchant() };
    let client = client_of(other, &stand_in);
    let failed = client.call(&charge(), WITHIN).await.unwrap_err();
    let Cause::Refused(refusal) = &failed.cause else { panic!("{}", chain(&failed)) };
    assert_eq!((refusal.status, failed.retryable()), (403, false));
    let shown = format!("{client:?} {failed:?}");
    assert!(!shown.contains("ANOTHER_SECRET") && shown.contains("[redacted]"), "{shown}");
}
