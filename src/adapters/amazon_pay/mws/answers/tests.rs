use super::*;
use crate::adapters::amazon_pay::api::testing::text;
use crate::adapters::amazon_pay::mws::xml;
use crate::adapters::amazon_pay::person::Person;
use crate::domain::money::Currency;
use crate::domain::order::Closed;
use crate::domain::payment::Decline;

/// The answer in a published sample.
fn published<T: Read>(name: &str, action: &str) -> T {
    let text = text(&format!("mws/answers/{name}.xml"));
    let document = xml::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let root = Element::root(&document);
    assert_eq!(root.name(), format!("{action}Response"));
    T::read(root.child(&format!("{action}Result")).unwrap_or(root)).unwrap_or_else(|| panic!("{name}"))
}

fn read<T: Read>(text: &str) -> Option<T> {
    T::read(Element::root(&xml::parse(text.as_bytes()).unwrap()))
}

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

fn names(order: Option<&str>, authorization: &str, capture: Option<&str>) -> Names {
    let named = |text: &str| AmazonId::parse(text).unwrap();
    Names { order_reference: order.map(named), authorization: Some(named(authorization)), capture: capture.map(named), consent: None }
}

#[test]
fn published_authorizations_have_taken_the_money() {
    let answer: Authorization = published("java-AuthorizeOnBillingAgreementResponse", "AuthorizeOnBillingAgreement");
    assert_eq!((&answer.id, answer.reference.as_deref()), (&id("S01-7347515-9699585-A012416"), Some("8233239-775229")));
    assert_eq!((answer.order.as_ref(), answer.captured), (Some(&id("S01-7347515-9699585")), Some(dollars(0))));
    let named = names(Some("S01-7347515-9699585"), "S01-7347515-9699585-A012416", Some("S01-7347515-9699585-C012416"));
    assert_eq!(answer.outcome, Outcome::Captured { amount: Some(dollars(100)), names: named });
    assert_eq!(answer.expires, Some(Time::from_unix(1_449_077_998)));

    let named = || names(None, "S01-9821095-1837200-A041953", Some("S01-9821095-1837200-C041953"));
    let at_once: Authorization = published("dotnet-AuthorizeResponse", "Authorize");
    assert_eq!((at_once.captured, at_once.outcome), (Some(dollars(0)), Outcome::Captured { amount: Some(dollars(100)), names: named() }));
    let later: Authorization = published("java-GetAuthorizationDetailsResponse", "GetAuthorizationDetails");
    assert_eq!((later.captured, later.outcome), (Some(dollars(100)), Outcome::Captured { amount: Some(dollars(100)), names: named() }));
    assert_eq!(later.captures, [id("S01-9821095-1837200-C041953")]);
}

#[test]
fn what_became_of_the_money_is_told_in_the_machines_words() {
    let outcome = |inside: &str| {
        let text = format!(
            "<R><AuthorizationDetails><AuthorizationAmount><Amount>1.00</Amount><CurrencyCode>USD</CurrencyCode></AuthorizationAmount>\
             {inside}<AmazonAuthorizationId>S01-1-A1</AmazonAuthorizationId></AuthorizationDetails></R>"
        );
        read::<Authorization>(&text).unwrap().outcome
    };
    let state = |state: &str, reason: &str| {
        format!("<AuthorizationStatus><ReasonCode>{reason}</ReasonCode><State>{state}</State></AuthorizationStatus>")
    };
    let named = || names(None, "S01-1-A1", None);
    assert_eq!(outcome(&state("Open", "None")), Outcome::Authorized { amount: Some(dollars(100)), names: named() });
    assert_eq!(outcome(&state("Pending", "")), Outcome::Pending { names: named() });
    let soft = state("Declined", "InvalidPaymentMethod") + "<SoftDecline>true</SoftDecline>";
    for (inside, decline) in [
        (soft, Decline::InvalidPaymentMethodSoft),
        (state("Declined", "InvalidPaymentMethod"), Decline::InvalidPaymentMethodHard),
        (state("Declined", "AmazonRejected"), Decline::AmazonRejected),
        (state("Declined", "TransactionTimedOut"), Decline::TransactionTimedOut),
    ] {
        assert_eq!(outcome(&inside), Outcome::Declined { decline });
    }
    assert_eq!(outcome(&state("Closed", "ExpiredUnused")), Outcome::Closed { why: Closed::ExpiredUnused, names: named() });
    // Nobody can tell whether money moved.
    let captured = |amount: &str| format!("<CapturedAmount>{amount}</CapturedAmount>");
    let some = "<Amount>1</Amount><CurrencyCode>USD</CurrencyCode>";
    let none = "<Amount>0</Amount><CurrencyCode>USD</CurrencyCode>";
    for unclear in [
        String::new(),
        state("", ""),
        state("Thinking", ""),
        state("Open", "StopShipmentAtypicalAuth"),
        state("Declined", "SomethingNew"),
        state("Closed", "ExpiredUnused") + &captured(some),
        state("Closed", "MaxCapturesProcessed") + &captured(none),
        state("Closed", "MaxCapturesProcessed") + &captured("<Amount>much</Amount>"),
        state("Open", "") + &captured("<Amount>1</Amount><CurrencyCode>SEK</CurrencyCode>"),
    ] {
        assert_eq!(outcome(&unclear), Outcome::Unclear, "{unclear}");
    }
}

#[test]
fn published_captures_and_refunds_are_read() {
    let now: Capture = published("java-CaptureResponse", "Capture");
    assert_eq!((now.id, now.reference.as_deref()), (id("S01-9821095-1837200-C053432"), Some("testcsal")));
    let later: Capture = published("java-GetCaptureDetailsResponse", "GetCaptureDetails");
    assert_eq!(
        (later.state, later.reason, later.amount, later.refunded),
        (CaptureState::Completed, None, Some(dollars(100)), Some(dollars(0)))
    );
    let now: Refund = published("java-RefundResponse", "Refund");
    assert_eq!((now.state, now.amount, now.reference.as_deref()), (RefundState::Pending, Some(dollars(50)), Some("testRefundId1354077")));
    let later: Refund = published("java-GetRefundDetails", "GetRefundDetails");
    assert_eq!((later.id, later.state, later.reason), (id("S01-5695290-1354077-R072290"), RefundState::Completed, None));
}

#[test]
fn published_agreements_and_orders_are_read_and_people_not_shown() {
    let got: BillingAgreement = published("java-GetBillingAgreementDetailsResponse", "GetBillingAgreementDetails");
    assert_eq!((&got.id, &got.state, got.consent), (&id("C01-3925266-2250830"), &AgreementState::Draft, Some(false)));
    assert_eq!((got.constraints.as_slice(), got.balance), (&["BuyerConsentNotSet".to_owned()][..], Some(dollars(50_000))));
    assert_eq!((got.buyer.name.as_deref(), got.environment.as_deref()), (Some("Test Buyer"), Some("Sandbox")));
    assert_eq!(got.period_ends, Some(Time::from_unix(1_448_928_000)));
    let address = got.destination.as_ref().unwrap();
    assert_eq!((address.lines.as_slice(), address.city.as_deref()), (&["999 Canada Place 140".to_owned()][..], Some("Vancouver")));
    let shown = format!("{got:?}");
    assert!(!["Test Buyer", "buyer@", "Canada", "99999", "V6C"].iter().any(|personal| shown.contains(personal)), "{shown}");

    let set: BillingAgreement = published("java-SetBillingAgreementDetailsResponse", "SetBillingAgreementDetails");
    assert_eq!((set.destination.unwrap().postal_code.as_deref(), set.buyer), (Some("V6C 3B5"), Person::default()));
    let valid: Validation = published("java-ValidateBillingAgreementResponse", "ValidateBillingAgreement");
    assert_eq!((valid.works, valid.failure, valid.state), (true, None, AgreementState::Open));

    let order: OrderReference = published("java-GetOrderReferenceDetailsResponse", "GetOrderReferenceDetails");
    assert_eq!((&order.id, &order.state, order.total), (&id("P01-1234567-1234567"), &OrderState::Draft, None));
    assert_eq!(order.destination.as_ref().unwrap().region.as_deref(), Some("宋 俊华 市区-徐汇区 广东省"));
    assert!(!order.challenge_required && !format!("{order:?}").contains("äöü"));
}

#[test]
fn what_has_nothing_to_tell_is_done() {
    for (name, action) in [
        ("dotnet-CancelOrderReference", "CancelOrderReference"),
        ("dotnet-ConfirmOrderReference", "ConfirmOrderReference"),
        ("java-CancelOrderReferenceResponse", "CancelOrderReference"),
        ("java-CloseAuthorizationResponse", "CloseAuthorization"),
        ("java-CloseBillingAgreementResponse", "CloseBillingAgreement"),
        ("java-ConfirmBillingAgreementResponse", "ConfirmBillingAgreement"),
    ] {
        assert_eq!(published::<Done>(name, action), Done, "{name}");
    }
}

#[test]
fn the_service_tells_how_it_is_and_where_notifications_go() {
    let status: ServiceStatus = published("java-GetServiceStatusResponseGreen", "GetServiceStatus");
    assert_eq!((status.status.as_str(), status.at), ("GREEN", Some(Time::from_unix(1_480_215_450))));
    let Subscriptions(all) = published("dotnet-GetMerchantNotificationConfiguration", "GetMerchantNotificationConfiguration");
    assert_eq!(all.iter().map(|one| one.url.as_str()).collect::<Vec<_>>(), ["https://www.xyz.com", "https://www.abc.com"]);
    assert_eq!(all[1].events, ["ORDER_REFERENCE", "PAYMENT_AUTHORIZE"]);
}

#[test]
fn an_order_that_needs_a_browser_says_so_and_names_its_agreement() {
    let text = "<R><OrderReferenceDetails><PaymentAuthenticationStatus><State>REQUIRED</State></PaymentAuthenticationStatus>\
                <ParentDetails><Id>B02-1-1</Id><Type>BillingAgreement</Type></ParentDetails>\
                <OrderReferenceStatus><State>Suspended</State><ReasonCode>InvalidPaymentMethod</ReasonCode></OrderReferenceStatus>\
                <AmazonOrderReferenceId>P02-1-1</AmazonOrderReferenceId></OrderReferenceDetails></R>";
    let order = read::<OrderReference>(text).unwrap();
    assert_eq!((order.challenge_required, order.agreement), (true, Some(id("B02-1-1"))));
    assert_eq!((order.state, order.reason), (OrderState::Suspended, Some(OrderReason::InvalidPaymentMethod)));
}

#[test]
fn without_its_id_it_is_no_answer() {
    for inside in ["", "<AmazonCaptureId/>", "<AmazonCaptureId>../x</AmazonCaptureId>", "<AmazonCaptureId>a b</AmazonCaptureId>"] {
        assert_eq!(read::<Capture>(&format!("<R><CaptureDetails>{inside}</CaptureDetails></R>")), None, "{inside}");
    }
    assert_eq!(read::<Capture>("<R><AmazonCaptureId>S01-1-C1</AmazonCaptureId></R>"), None);
    assert_eq!(read::<Authorization>("<R/>"), None);
    assert_eq!(read::<BillingAgreement>("<R/>"), None);
    assert_eq!(read::<Validation>("<R/>"), None);
}

#[test]
fn an_answer_that_breaks_off_anywhere_is_no_answer() {
    let whole = text("mws/answers/java-AuthorizeOnBillingAgreementResponse.xml");
    let end = whole.trim_end().len();
    for length in 0..end {
        assert!(xml::parse(&whole.as_bytes()[..length]).is_err(), "{length}");
    }
    assert!(xml::parse(&whole.as_bytes()[..end]).is_ok());
}
