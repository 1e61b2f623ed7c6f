//! The older interface's drafts and order references, and what it does not let through.

use serde_json::json;
use voicetill::domain::time::Time;
use voicetill::sandbox::Settings;

use super::older::{PATH, ask_at, within};
use super::{Amazon, settings, text};

const LIVE: &str = "/OffAmazonPayments/2013-01-01";

async fn ask(amazon: &Amazon, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    ask_at(PATH, amazon, "a secret", action, parameters).await
}

/// Status and code, or state.
fn answer(answered: &(u16, String)) -> (u16, &str) {
    let (status, xml) = answered;
    let name = if *status == 200 { "State" } else { "Code" };
    (*status, if xml.contains(&format!("<{name}>")) { within(xml, name) } else { "" })
}

/// A draft as a page with widgets begins it.
async fn draft(amazon: &Amazon, consent: bool) -> String {
    text(&amazon.control("agreement", json!({ "sellerId": "A1SELLER", "consent": consent })).await["amazonBillingAgreementId"]).to_owned()
}

/// An agreement that is confirmed.
async fn open(amazon: &Amazon) -> String {
    let id = draft(amazon, true).await;
    assert_eq!(ask(amazon, "ConfirmBillingAgreement", &[("AmazonBillingAgreementId", &id)]).await.0, 200);
    id
}

/// An order reference of 100 dollars.
async fn order(amazon: &Amazon, agreement: &str, confirmed: bool) -> String {
    let confirmed = if confirmed { "true" } else { "false" };
    let created = ask(
        amazon,
        "CreateOrderReferenceForId",
        &[
            ("Id", agreement),
            ("IdType", "BillingAgreement"),
            ("ConfirmNow", confirmed),
            ("OrderReferenceAttributes.OrderTotal.Amount", "100.00"),
            ("OrderReferenceAttributes.OrderTotal.CurrencyCode", "USD"),
        ],
    )
    .await;
    assert_eq!(created.0, 200, "{}", created.1);
    within(&created.1, "AmazonOrderReferenceId").to_owned()
}

async fn authorize(amazon: &Amazon, order: &str, reference: &str, amount: &str, note: &str) -> (u16, String) {
    let parameters = [
        ("AmazonOrderReferenceId", order),
        ("AuthorizationReferenceId", reference),
        ("AuthorizationAmount.Amount", amount),
        ("AuthorizationAmount.CurrencyCode", "USD"),
        ("SellerAuthorizationNote", note),
        ("TransactionTimeout", "0"),
    ];
    ask(amazon, "Authorize", &parameters).await
}

#[tokio::test]
async fn a_draft_is_set_confirmed_and_then_frozen() {
    let amazon = Amazon::start().await;
    let token = text(&amazon.state().await["buyers"][0]["accessToken"]).to_owned();
    let without = draft(&amazon, false).await;
    let id = ("AmazonBillingAgreementId", without.as_str());
    let get = |more: Vec<(&'static str, String)>| {
        let (amazon, id) = (&amazon, id);
        async move {
            let more: Vec<_> = [id].into_iter().chain(more.iter().map(|(name, value)| (*name, value.as_str()))).collect();
            ask(amazon, "GetBillingAgreementDetails", &more).await
        }
    };
    let (_, xml) = get(vec![]).await;
    assert_eq!((within(&xml, "State"), within(&xml, "ConstraintID"), within(&xml, "City")), ("Draft", "BuyerConsentNotSet", "Seattle"));
    assert!(!xml.contains("Ada") && !xml.contains("AddressLine1"), "hidden until it is confirmed: {xml}");
    assert_eq!(within(&get(vec![("AccessToken", token.clone())]).await.1, "AddressLine1"), "1 Example Street");
    let both = get(vec![("AccessToken", token.clone()), ("AddressConsentToken", token)]).await;
    assert_eq!(answer(&both), (400, "AmbiguousToken"));
    assert_eq!(answer(&get(vec![("AddressConsentToken", "Atza|other".to_owned())]).await), (404, "InvalidAddressConsentToken"));
    assert_eq!(answer(&ask(&amazon, "ConfirmBillingAgreement", &[id]).await), (400, "BillingAgreementConstraintsExist"));

    let with = draft(&amazon, true).await;
    let id = ("AmazonBillingAgreementId", with.as_str());
    let name = ("BillingAgreementAttributes.SellerBillingAgreementAttributes.StoreName", "Petal");
    let (_, xml) = ask(&amazon, "SetBillingAgreementDetails", &[id, name]).await;
    assert_eq!((within(&xml, "State"), within(&xml, "StoreName")), ("Draft", "Petal"));
    let page = ("SuccessUrl", "https://shop.example/done");
    assert_eq!(answer(&ask(&amazon, "ConfirmBillingAgreement", &[id, page]).await), (400, "InvalidParameterValue"), "one page of two");
    let kind = ("BillingAgreementAttributes.BillingAgreementType", "Whenever");
    assert_eq!(answer(&ask(&amazon, "SetBillingAgreementDetails", &[id, kind]).await), (400, "InvalidParameterValue"));
    assert_eq!(ask(&amazon, "ConfirmBillingAgreement", &[id]).await.0, 200);
    let (_, xml) = ask(&amazon, "GetBillingAgreementDetails", &[id]).await;
    assert_eq!((within(&xml, "State"), within(&xml, "AddressLine1")), ("Open", "1 Example Street"));
    assert_eq!(answer(&ask(&amazon, "SetBillingAgreementDetails", &[id, name]).await), (405, "BillingAgreementNotModifiable"));
    // Who does not confirm within three hours begins anew.
    amazon.ahead(3 * 60 * Time::MINUTE).await;
    let stale = get(vec![]).await.1;
    assert_eq!((within(&stale, "State"), within(&stale, "ReasonCode")), ("Canceled", "Stale"));
}

#[tokio::test]
async fn an_order_reference_is_set_confirmed_authorized_and_closed() {
    let amazon = Amazon::start().await;
    let draft = draft(&amazon, true).await;
    let create = |id: String, more: Vec<(&'static str, &'static str)>| {
        let amazon = &amazon;
        async move {
            let all: Vec<_> = [("Id", id.as_str()), ("IdType", "BillingAgreement")].into_iter().chain(more).collect();
            ask(amazon, "CreateOrderReferenceForId", &all).await
        }
    };
    assert_eq!(answer(&create(draft, vec![]).await), (400, "InvalidBillingAgreementStatus"), "it is a draft");
    let agreement = open(&amazon).await;
    let now = create(agreement.clone(), vec![("ConfirmNow", "true")]).await;
    assert_eq!(answer(&now), (400, "ConstraintsExist"), "no amount");
    let created = create(agreement.clone(), vec![]).await;
    assert_eq!((answer(&created), within(&created.1, "ConstraintID")), ((200, "Draft"), "AmountNotSet"));
    assert!(!created.1.contains("AddressLine1"), "{}", created.1);
    assert_eq!(answer(&create(agreement.clone(), vec![]).await), (400, "OrderReferenceCountExceeded"));
    let id = within(&created.1, "AmazonOrderReferenceId").to_owned();
    assert!(id.starts_with("S01-") && id.len() == 19, "{id}");
    let order = ("AmazonOrderReferenceId", id.as_str());
    let total = ("OrderReferenceAttributes.OrderTotal.Amount", "100.00");
    let set = |currency: &'static str, note: &'static str| {
        let amazon = &amazon;
        let all = [
            order,
            total,
            ("OrderReferenceAttributes.OrderTotal.CurrencyCode", currency),
            ("OrderReferenceAttributes.SellerNote", note),
            ("OrderReferenceAttributes.SellerOrderAttributes.SellerOrderId", "PS-1"),
        ];
        async move { ask(amazon, "SetOrderReferenceDetails", &all).await }
    };
    assert_eq!(answer(&ask(&amazon, "SetOrderReferenceDetails", &[order]).await), (400, "InvalidParameterValue"), "no amount");
    assert_eq!(answer(&set("EUR", "").await), (400, "CurrencyMismatch"));
    let refused = set("USD", r#"{"SandboxSimulation":{"Constraint":"PaymentMethodNotAllowed"}}"#).await;
    assert_eq!((answer(&refused), within(&refused.1, "ConstraintID")), ((200, "Draft"), "PaymentMethodNotAllowed"));
    assert_eq!(answer(&ask(&amazon, "ConfirmOrderReference", &[order]).await), (400, "ConstraintsExist"));
    assert_eq!(answer(&authorize(&amazon, &id, "a0", "1.00", "").await), (400, "InvalidOrderReferenceStatus"));
    assert_eq!(answer(&set("USD", "thank you").await), (200, "Draft"));
    assert_eq!(ask(&amazon, "ConfirmOrderReference", &[order]).await.0, 200);
    assert_eq!(answer(&set("USD", "too late").await), (400, "OrderReferenceNotModifiable"));

    let first = authorize(&amazon, &id, "a1", "60.00", "").await;
    let authorization = within(&first.1, "AmazonAuthorizationId").to_owned();
    assert!(authorization.starts_with(&format!("{id}-A")), "{authorization}");
    assert_eq!(within(&authorize(&amazon, &id, "a1", "60.00", "").await.1, "AmazonAuthorizationId"), authorization);
    assert_eq!(answer(&authorize(&amazon, &id, "a1", "61.00", "").await), (400, "DuplicateRequest"));
    // 15 % more than the total, and no more.
    assert_eq!(answer(&authorize(&amazon, &id, "a2", "55.01", "").await), (400, "TransactionAmountExceeded"));
    assert_eq!(answer(&authorize(&amazon, &id, "a3", "55.00", "").await), (200, "Open"));
    let capture = [
        ("AmazonAuthorizationId", authorization.as_str()),
        ("CaptureReferenceId", "c1"),
        ("CaptureAmount.Amount", "60.00"),
        ("CaptureAmount.CurrencyCode", "USD"),
    ];
    assert_eq!(answer(&ask(&amazon, "Capture", &capture).await), (200, "Completed"));
    assert_eq!(answer(&ask(&amazon, "CancelOrderReference", &[order]).await), (400, "InvalidCancelAttempt"));
    let captured = authorization.replace("-A", "-C");
    for number in 1..=11 {
        let reference = format!("r{number}");
        let refund = [
            ("AmazonCaptureId", captured.as_str()),
            ("RefundReferenceId", &reference),
            ("RefundAmount.Amount", "1.00"),
            ("RefundAmount.CurrencyCode", "USD"),
        ];
        let refunded = ask(&amazon, "Refund", &refund).await;
        assert_eq!(answer(&refunded), if number > 10 { (405, "CaptureNotRefundable") } else { (200, "Pending") }, "{number}");
    }
    let (_, xml) = ask(&amazon, "GetOrderReferenceDetails", &[order]).await;
    assert_eq!((within(&xml, "State"), within(&xml, "SellerOrderId"), within(&xml, "Id")), ("Open", "PS-1", agreement.as_str()));
    assert_eq!((xml.matches("<member>").count(), within(&xml, "AddressLine1")), (2, "1 Example Street"));
    assert_eq!(ask(&amazon, "CloseOrderReference", &[order]).await.0, 200);
    assert_eq!(answer(&ask(&amazon, "CloseOrderReference", &[order]).await), (400, "InvalidOrderReferenceStatus"));
    assert_eq!(answer(&authorize(&amazon, &id, "a4", "0.01", "").await), (400, "InvalidOrderReferenceStatus"));
    assert_eq!(within(&authorize(&amazon, &id, "a1", "60.00", "").await.1, "AmazonAuthorizationId"), authorization, "the first answer");
}

#[tokio::test]
async fn an_order_reference_that_is_canceled_gives_back_and_a_decline_tells_on_it() {
    let amazon = Amazon::start().await;
    let agreement = open(&amazon).await;
    let id = order(&amazon, &agreement, true).await;
    let held = authorize(&amazon, &id, "a1", "60.00", "").await;
    let authorization = [("AmazonAuthorizationId", within(&held.1, "AmazonAuthorizationId"))];
    assert_eq!(ask(&amazon, "CancelOrderReference", &[("AmazonOrderReferenceId", &id)]).await.0, 200);
    let (_, xml) = ask(&amazon, "GetAuthorizationDetails", &authorization).await;
    assert_eq!((within(&xml, "State"), within(&xml, "ReasonCode")), ("Closed", "OrderReferenceCanceled"));
    for (reference, reason, state) in [
        ("a2", "TransactionTimedOut", ("Open", "")),
        ("a3", "AmazonRejected", ("Closed", "AmazonClosed")),
        // The agreement is suspended with it, so this comes last.
        ("a4", "InvalidPaymentMethod", ("Suspended", "InvalidPaymentMethod")),
    ] {
        let id = order(&amazon, &agreement, true).await;
        let note = json!({ "SandboxSimulation": { "State": "Declined", "ReasonCode": reason } }).to_string();
        assert_eq!(answer(&authorize(&amazon, &id, reference, "1.00", &note).await), (200, "Declined"));
        let (_, xml) = ask(&amazon, "GetOrderReferenceDetails", &[("AmazonOrderReferenceId", &id)]).await;
        let why = if xml.contains("<ReasonCode>") { within(&xml, "ReasonCode") } else { "" };
        assert_eq!((within(&xml, "State"), why), state, "{reason}");
    }
    let stale = order(&amazon, &open(&amazon).await, false).await;
    amazon.ahead(3 * 60 * Time::MINUTE).await;
    let (_, xml) = ask(&amazon, "GetOrderReferenceDetails", &[("AmazonOrderReferenceId", &stale)]).await;
    assert_eq!((within(&xml, "State"), within(&xml, "ReasonCode")), ("Canceled", "Stale"));
}

#[tokio::test]
async fn one_section_sees_nothing_of_the_other() {
    let amazon = Amazon::start().await;
    let agreement = open(&amazon).await;
    let id = order(&amazon, &agreement, true).await;
    let held = authorize(&amazon, &id, "a1", "60.00", "").await;
    let authorization = within(&held.1, "AmazonAuthorizationId").to_owned();
    for (action, name, value, expected) in [
        ("GetBillingAgreementDetails", "AmazonBillingAgreementId", &agreement, "InvalidParameterValue"),
        ("GetOrderReferenceDetails", "AmazonOrderReferenceId", &id, "InvalidOrderReferenceId"),
        ("GetAuthorizationDetails", "AmazonAuthorizationId", &authorization, "InvalidTransactionId"),
        ("CloseAuthorization", "AmazonAuthorizationId", &authorization, "InvalidTransactionId"),
    ] {
        assert_eq!(ask(&amazon, action, &[(name, value)]).await.0, 200, "{action}");
        let other = ask_at(LIVE, &amazon, "a secret", action, &[(name, value)]).await;
        assert_eq!(answer(&other), (400, expected), "{action}");
    }
}

#[tokio::test]
async fn calls_of_the_older_interface_are_counted_by_action() {
    let amazon = Amazon::with(Settings { throttled: true, ..settings() }).await;
    let capture = || async { ask(&amazon, "Capture", &[("CaptureReferenceId", "c1")]).await };
    assert_eq!([capture().await.0, capture().await.0], [400, 400]);
    assert_eq!(answer(&capture().await), (503, "RequestThrottled"));
    assert_eq!(ask(&amazon, "GetServiceStatus", &[]).await.0, 200, "another bucket");
    amazon.ahead(2).await;
    assert_eq!([capture().await.0, capture().await.0], [400, 503], "one in two seconds");
}
