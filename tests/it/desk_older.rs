//! An account that is served by the older API: the same desk, the same stories, and what that API's answers mean for the money.

use voicetill::adapters::amazon_pay::api::place::{Environment, Region};
use voicetill::adapters::amazon_pay::mws::client::Client;
use voicetill::adapters::amazon_pay::mws::key::{AccessKey, Merchant, SecretKey};
use voicetill::adapters::amazon_pay::mws::payments::Account;
use voicetill::adapters::amazon_pay::mws::place::Place;
use voicetill::domain::ids::{AmazonId, OrderId, SellerId};
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::{Capture, Hindrance, Hold, Note, Outcome, Paid, Refund, RefundStanding, Report, State};
use voicetill::domain::payment::{Attempt, CaptureMode, Decline, Names, Timing};
use voicetill::domain::time::Time;
use voicetill::ports::{Answered, Payments, PaymentsError};
use voicetill::sandbox::{MwsKey, Settings};

use crate::desk_sandbox::Counter;
use crate::stand_in::{NOW, Reply, StandIn};

const ACCESS_KEY: &str = "AKIDEXAMPLE";

/// A counter whose account has only the older keys.
async fn counter() -> Counter {
    let mut counter = Counter::open(|settings| Settings { mws: Some(MwsKey::new(ACCESS_KEY.to_owned(), "hidden/key+")), ..settings }).await;
    let endpoint = format!("http://{}", counter.amazon.address);
    counter.env.retain(|(name, _)| !name.starts_with("VOICETILL_PAY"));
    counter.env.extend([("VOICETILL_MWS_ACCESS_KEY", ACCESS_KEY.to_owned()), ("VOICETILL_MWS_ENDPOINT", endpoint)]);
    secret(&mut counter, "hidden/key+\n");
    counter
}

/// Puts a secret key into its file.
fn secret(counter: &mut Counter, text: &str) {
    let file = counter.folder().join("mws-secret");
    std::fs::write(&file, text).unwrap();
    counter.env.push(("VOICETILL_MWS_SECRET_KEY_FILE", file.display().to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_shipped_refunded_and_told_of_through_the_older_api() {
    let counter = counter().await;
    let shipped = counter.desk("ship", &["--carrier", "UPS", "--tracking", "1Z1", "--yes"]).await;
    shipped.ends_with(0, &["80.38 USD is captured. The order is shipped.", "takes no delivery notices", "Processed (sandbox)"]);
    counter.desk("refund", &["--amount", "20.00", "--yes"]).await.ends_with(0, &["accepted the refund of 20.00 USD"]);
    counter.amazon.ahead(30).await;
    counter.desk("reconcile", &[]).await.ends_with(0, &["PartiallyRefunded (sandbox)"]);
    let shown = counter.desk("show", &["--live"]).await;
    shown.ends_with(0, &["c1 80.38 USD", "r1 20.00 USD", "Amazon Pay now: captured 80.38 USD", "UPS 1Z1"]);
    counter.desk("close", &["--yes"]).await.ends_with(0, &["is ended"]);
    for told in [shipped, shown] {
        assert!(!format!("{told:?}").contains("hidden"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_is_taken_the_rest_held_anew_and_given_back_through_the_older_api() {
    let counter = counter().await;
    let told = counter.desk("capture", &["--amount", "20.00", "--reauthorize", "--yes"]).await;
    told.ends_with(0, &["20.00 USD is captured. 60.38 USD is held anew, for the rest.", "Authorized (sandbox)"]);
    counter.desk("cancel", &["--yes"]).await.ends_with(0, &["What was held of it is given back; what was taken stays"]);
    let state = counter.state().await;
    assert_eq!(state.payments().iter().map(|paid| paid.captured.minor()).collect::<Vec<_>>(), [2_000]);
    counter.desk("reconcile", &[]).await.ends_with(0, &["Processed (sandbox), no news"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_older_keys_are_looked_at_and_what_is_wrong_with_them_is_told() {
    let mut counter = counter().await;
    counter
        .tool(&["doctor", "--online"])
        .await
        .ends_with(1, &["older API's keys: the access key AKIDEXAMPLE", "accepts the keys for sandbox"]);
    secret(&mut counter, "another");
    let parts = ["the signature is not accepted", "the secret key does not belong to the access key AKIDEXAMPLE"];
    counter.desk("capture", &["--yes"]).await.ends_with(2, &parts);
    counter.tool(&["doctor", "--online"]).await.ends_with(1, &parts);
    counter.env.retain(|(name, _)| *name != "VOICETILL_MWS_SECRET_KEY_FILE");
    let parts = ["no secret key", "VOICETILL_MWS_SECRET_KEY_FILE"];
    counter.desk("capture", &["--yes"]).await.ends_with(2, &parts);
    counter.tool(&["doctor"]).await.ends_with(1, &parts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_current_api_comes_first_unless_the_other_is_named() {
    let mut counter = counter().await;
    // Nobody listens there.
    counter.env.push(("VOICETILL_PAY_ENDPOINT", "http://127.0.0.1:9".to_owned()));
    let key = counter.folder().join("pay.pem").display().to_string();
    counter.env.extend([("VOICETILL_PAY_KEY_FILE", key), ("VOICETILL_PAY_KEY_ID", crate::stand_in::KEY_ID.to_owned())]);
    counter.desk("capture", &["--yes"]).await.ends_with(2, &["127.0.0.1:9 cannot be reached"]);
    // What was asked for under one API is owed, and done by the other.
    counter.desk("reconcile", &["--pay-api", "mws"]).await.ends_with(0, &["Processed (sandbox), was Authorized"]);
    assert!(matches!(counter.state().await, State::Paid(_)));
}

fn account(stand_in: &StandIn) -> Account {
    let merchant = Merchant {
        seller: SellerId::parse("A1SELLER").unwrap(),
        access_key: AccessKey::parse(ACCESS_KEY).unwrap(),
        secret_key: SecretKey::parse("hidden").unwrap(),
        auth_token: None,
    };
    let place = Place::amazon(Region::NorthAmerica, Environment::Sandbox).instead_at(&stand_in.address).unwrap();
    Account::new(Client::new(merchant, place).with_clock(|| Time::from_unix(NOW)))
}

async fn stand_in(replies: impl IntoIterator<Item = Reply>) -> StandIn {
    StandIn::judging(|_| Ok(()), replies).await
}

fn xml(action: &str, result: &str) -> Reply {
    let metadata = "<ResponseMetadata><RequestId>R-1</RequestId></ResponseMetadata>";
    Reply::Text(200, format!("<{action}Response><{action}Result>{result}</{action}Result>{metadata}</{action}Response>"))
}

fn refuse(status: u16, code: &str) -> Reply {
    Reply::Text(status, format!("<ErrorResponse><Error><Code>{code}</Code></Error><RequestId>R-9</RequestId></ErrorResponse>"))
}

fn authorization(state: &str, reason: &str, capture: &str) -> Reply {
    let reason = if reason.is_empty() { String::new() } else { format!("<ReasonCode>{reason}</ReasonCode>") };
    let list = if capture.is_empty() { String::new() } else { format!("<IdList><member>{capture}</member></IdList>") };
    let amount = "<AuthorizationAmount><Amount>59.61</Amount><CurrencyCode>USD</CurrencyCode></AuthorizationAmount>";
    let details = format!(
        "<AuthorizationDetails><AmazonAuthorizationId>S01-9821095-1837200-A041953</AmazonAuthorizationId>{amount}{list}\
         <AuthorizationStatus><State>{state}</State>{reason}</AuthorizationStatus></AuthorizationDetails>"
    );
    xml("GetAuthorizationDetails", &details)
}

const CAPTURE: &str = "S01-9821095-1837200-C041953";

fn captured(action: &str, state: &str) -> Reply {
    let amount = "<CaptureAmount><Amount>20.00</Amount><CurrencyCode>USD</CurrencyCode></CaptureAmount>";
    let reason = if state == "Declined" { "<ReasonCode>AmazonRejected</ReasonCode>" } else { "" };
    let status = format!("<CaptureStatus><State>{state}</State>{reason}</CaptureStatus>");
    xml(action, &format!("<CaptureDetails><AmazonCaptureId>{CAPTURE}</AmazonCaptureId>{amount}{status}</CaptureDetails>"))
}

fn an_order() -> OrderId {
    OrderId::parse("PS0123456789ABCDEF1NFV1A0ZZ").unwrap()
}

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

fn held_as(id: &str) -> Hold {
    let attempt = Attempt { number: 1, amount: dollars(5_961), capture: CaptureMode::OnShip, timing: Timing::Synchronous, checkout: None };
    let names = Names { authorization: Some(AmazonId::parse(id).unwrap()), ..Names::default() };
    Hold { attempt, names, since: Time::from_unix(NOW), refused: 0 }
}

/// What comes of a capture of 20.00 that is answered like this.
async fn capture(replies: impl IntoIterator<Item = Reply>) -> Result<Answered, PaymentsError> {
    let stand_in = stand_in(replies).await;
    // API v2 has named it.
    let part = Capture { hold: held_as(CAPTURE), amount: dollars(2_000) };
    let answer = account(&stand_in).capture(&an_order(), &part).await;
    assert!(stand_in.asked()[0].body.contains("AmazonAuthorizationId=S01-9821095-1837200-A041953"), "{:?}", stand_in.asked());
    assert!(stand_in.asked()[0].body.contains(&format!("CaptureReferenceId={}c1", an_order())));
    answer
}

fn outcome(answer: Result<Answered, PaymentsError>) -> Outcome {
    match answer.unwrap().report {
        Some(Report::Charge { attempt: Some(1), outcome }) => outcome,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_capture_is_what_the_capture_itself_says() {
    let closed = || authorization("Closed", "MaxCapturesProcessed", CAPTURE);
    let done = capture([captured("Capture", "Completed"), closed(), captured("GetCaptureDetails", "Completed")]).await;
    let Outcome::Captured { amount, names } = outcome(done) else { panic!("not captured") };
    assert_eq!((amount, names.capture.unwrap().as_str()), (Some(dollars(2_000)), CAPTURE));
    // Late ones take their time, although the authorization is closed already.
    let pending = capture([captured("Capture", "Pending"), closed(), captured("GetCaptureDetails", "Pending")]).await;
    assert!(matches!(outcome(pending), Outcome::Pending { .. }));
    // It was done before, by a call whose answer was lost.
    let before = capture([refuse(405, "InvalidAuthorizationStatus"), closed(), captured("GetCaptureDetails", "Completed")]).await;
    assert!(matches!(outcome(before), Outcome::Captured { .. }));
    let expired = capture([refuse(405, "InvalidAuthorizationStatus"), authorization("Closed", "ExpiredUnused", "")]).await;
    assert!(matches!(outcome(expired), Outcome::Closed { .. }));
}

#[tokio::test]
async fn a_capture_that_is_turned_down_leaves_a_hold_only_where_the_authorization_says_so() {
    let declined = || captured("Capture", "Declined");
    let refused = capture([declined(), authorization("Open", "", "")]).await.unwrap();
    assert_eq!(refused.report, Some(Report::CaptureRefused { number: 1 }));
    assert_eq!(refused.request.as_ref().map(Note::as_str), Some("R-1 AmazonRejected"));
    let gone = capture([declined(), authorization("Closed", "AmazonClosed", "")]).await;
    assert!(matches!(outcome(gone), Outcome::Closed { .. }));
    assert!(capture([declined(), refuse(401, "UnauthorizedAccess")]).await.is_err(), "whether the hold stands is not known");
    let too_much = capture([refuse(400, "TransactionAmountExceeded"), authorization("Open", "", "")]).await.unwrap();
    assert_eq!(too_much.report, Some(Report::CaptureRefused { number: 1 }));
    // Doubt stays doubt, and who is not let in learns nothing.
    let open = capture([refuse(400, "DuplicateRequest"), authorization("Open", "", "")]).await;
    assert!(matches!(open, Err(PaymentsError::Unknown { .. })), "{open:?}");
    let out = capture([refuse(403, "UnauthorizedAccess")]).await;
    assert!(matches!(out, Err(PaymentsError::NotDone { .. })), "{out:?}");
}

#[tokio::test]
async fn a_hold_is_given_back_when_the_authorization_says_so() {
    let void = async |replies: Vec<Reply>| account(&stand_in(replies).await).void(&an_order(), &held_as(CAPTURE)).await;
    let done = || xml("CloseAuthorization", "");
    assert!(matches!(outcome(void(vec![done(), authorization("Closed", "SellerClosed", "")]).await), Outcome::Closed { .. }));
    assert_eq!(void(vec![done(), refuse(403, "UnauthorizedAccess")]).await.unwrap().report, None, "the next look tells");
    let still = void(vec![refuse(405, "InvalidAuthorizationStatus"), authorization("Open", "", "")]).await;
    assert!(matches!(still, Err(PaymentsError::Unknown { .. })), "{still:?}");
}

#[tokio::test]
async fn a_refund_is_done_when_amazon_says_so() {
    let refunded = |action: &str, state: &str| {
        let status = format!("<RefundStatus><State>{state}</State></RefundStatus>");
        xml(action, &format!("<RefundDetails><AmazonRefundId>S01-9821095-1837200-R000001</AmazonRefundId>{status}</RefundDetails>"))
    };
    let hold = held_as("S01-9821095-1837200-A041953");
    let refund = Refund { number: 2, amount: dollars(1_000), standing: RefundStanding::Open };
    let paid = Paid {
        attempt: hold.attempt,
        names: hold.names,
        captured: dollars(5_961),
        refunds: vec![refund.clone()],
        captures: 1,
        parcels: Vec::new(),
    };
    let closed = || authorization("Closed", "MaxCapturesProcessed", CAPTURE);
    let (made, look) = ("Refund", "GetRefundDetails");
    for (replies, report) in [
        (vec![closed(), refunded(made, "Pending"), refunded(look, "Pending")], None),
        (vec![closed(), refunded(made, "Pending"), refunded(look, "Completed")], Some(Report::RefundDone { number: 2 })),
        (vec![closed(), refunded(made, "Pending"), refunded(look, "Declined")], Some(Report::RefundFailed { number: 2 })),
        (vec![closed(), refuse(400, "TransactionAmountExceeded")], Some(Report::RefundFailed { number: 2 })),
    ] {
        let stand_in = stand_in(replies).await;
        assert_eq!(account(&stand_in).refund(&an_order(), &paid, &refund).await.unwrap().report, report);
        let asked = &stand_in.asked()[1].body;
        assert!(asked.contains(&format!("AmazonCaptureId={CAPTURE}")) && asked.contains(&format!("RefundReferenceId={}r2", an_order())));
    }
    for reply in [refuse(405, "CaptureNotRefundable"), refuse(403, "UnauthorizedAccess"), Reply::Text(501, "<html>".to_owned())] {
        let stand_in = stand_in([closed(), reply]).await;
        assert!(account(&stand_in).refund(&an_order(), &paid, &refund).await.is_err(), "it is open");
    }
    // Without the name of a capture there is nothing to refund.
    let none = stand_in([authorization("Open", "", "")]).await;
    assert!(matches!(account(&none).refund(&an_order(), &paid, &refund).await, Err(PaymentsError::Nameless(_))));
}

#[tokio::test]
async fn a_decline_comes_as_an_authorization_that_is_declined() {
    let (name, hold) = ("AuthorizeOnBillingAgreement", held_as(CAPTURE));
    let declined = "<AuthorizationDetails><AmazonAuthorizationId>S01-1-A1</AmazonAuthorizationId><AuthorizationStatus><State>Declined</State>\
                    <ReasonCode>InvalidPaymentMethod</ReasonCode></AuthorizationStatus></AuthorizationDetails>";
    let counter = crate::desk::authorized().await;
    let mut order = counter.0.order(&counter.3).await;
    order.state = State::Authorized(hold.clone());
    let attempt = Attempt { number: 2, ..hold.attempt };
    let hold_rest =
        async |reply: Reply| account(&stand_in([reply, refuse(403, "UnauthorizedAccess")]).await).hold_rest(&order, &attempt).await;
    let report = hold_rest(xml(name, declined)).await.unwrap().report;
    let expected = Outcome::Declined { decline: Decline::InvalidPaymentMethodHard };
    assert_eq!(report, Some(Report::Charge { attempt: Some(2), outcome: expected }));
    for (code, why) in [("InvalidBillingAgreementStatus", Hindrance::Agreement), ("PeriodicAmountExceeded", Hindrance::Request)] {
        let down = hold_rest(refuse(400, code)).await;
        assert!(matches!(down, Err(PaymentsError::TurnedDown { because, .. }) if because == why), "{down:?}");
    }
    assert!(matches!(hold_rest(refuse(500, "InternalServerError")).await, Err(PaymentsError::Unknown { .. })));
}
