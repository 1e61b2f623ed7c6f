//! The order desk: from a voice purchase to its captures, refunds and parcels, and what Amazon Pay is asked on the way.

use std::io::Cursor;

use serde_json::{Value, json};
use voicetill::adapters::amazon_pay::api::client::Client;
use voicetill::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::amazon_pay::api::place::{Environment, Place, Region};
use voicetill::adapters::amazon_pay::api::sign::Signer;
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, DeskError};
use voicetill::cli::orders::{
    self, CancelArgs, CaptureArgs, CloseArgs, ExportArgs, Format, Office, OrdersCommand, OrdersError, PartArgs, PayArgs, ReconcileArgs,
    RefundArgs, ShipArgs, ShowArgs, Talk,
};
use voicetill::domain::dialog::Amend;
use voicetill::domain::ids::{AmazonId, OrderId};
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::{
    Actor, Capture, Command, Entry, Event, Hold, Note, Outcome, Paid, Refund, RefundStanding, Report, State, Status,
};
use voicetill::domain::payment::{Attempt, CaptureMode, Names, Timing};
use voicetill::domain::time::Time;
use voicetill::ports::{Payments, PaymentsError, Store};
use voicetill::simulator::amazon_pay::Effect;

use crate::alexa::{Bank, Device, config, order};
use crate::shop::{Shop, first_read_back, repeat_read_back, say_yes, skill};
use crate::stand_in::{KEY_ID, NOW, PRIVATE_KEY, Reply, StandIn, charge};

/// A voice purchase in a shop that captures when the goods leave.
pub async fn authorized() -> (Shop, Device, Bank, OrderId) {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let mut config = config();
    config.shop.capture = CaptureMode::OnShip;
    shop.skill = skill(config, shop.skill.store.clone());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut shop, &mut device).await;
    let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    shop.turn("Charge answer", &mut device, envelope).await;
    let id = order(&sent);
    assert_eq!(shop.order(&id).await.state.status(), Some(Status::Authorized));
    (shop, device, bank, id)
}

/// Runs a command; `typed` is what a person answers, if one is there.
async fn typed(
    shop: &Shop,
    device: &Device,
    bank: &Bank,
    command: OrdersCommand,
    typed: Option<&str>,
) -> (Result<(), OrdersError>, String) {
    let (mut out, mut asked, pay) = (Vec::new(), Vec::new(), PayArgs::default());
    let office =
        Office { store: &shop.skill.store, books: &bank.books, pay: &pay, region: Region::NorthAmerica, now: device.clock().now() };
    let mut answers = Cursor::new(typed.unwrap_or_default());
    let person = typed.is_some();
    let mut talk = Talk { out: &mut out, person: None };
    if person {
        talk.person = Some((&mut answers, &mut asked));
    }
    let done = orders::run(&command, &office, &mut talk).await;
    (done, String::from_utf8(asked).unwrap() + &String::from_utf8(out).unwrap())
}

pub async fn run(shop: &Shop, device: &Device, bank: &Bank, command: OrdersCommand) -> Result<String, OrdersError> {
    let (done, told) = typed(shop, device, bank, command, None).await;
    done.map(|()| told)
}

fn capture(id: &OrderId, amount: Option<&str>) -> OrdersCommand {
    OrdersCommand::Capture(CaptureArgs {
        order: id.to_string(),
        part: PartArgs { amount: amount.map(str::to_owned), reauthorize: false },
        yes: true,
        json: false,
    })
}

fn refund(id: &OrderId, amount: &str, yes: bool) -> OrdersCommand {
    OrdersCommand::Refund(RefundArgs {
        order: id.to_string(),
        amount: Some(amount.to_owned()),
        all: false,
        goodwill: false,
        yes,
        json: false,
    })
}

fn ship(id: &OrderId) -> OrdersCommand {
    let (carrier, tracking) = (Some("ups".to_owned()), Some("1Z999AA10123456784".to_owned()));
    OrdersCommand::Ship(ShipArgs { order: id.to_string(), carrier, tracking, part: PartArgs::default(), yes: true, json: false })
}

#[tokio::test]
async fn a_carrier_that_is_mistyped_leaves_everything_as_it_was() {
    let (shop, device, bank, id) = authorized().await;
    let before = shop.order(&id).await;
    let OrdersCommand::Ship(args) = ship(&id) else { panic!() };
    let typo = OrdersCommand::Ship(ShipArgs { carrier: Some("UPPS".to_owned()), ..args });
    let no = run(&shop, &device, &bank, typo).await.unwrap_err();
    assert!(no.to_string().contains("nothing was done") && no.to_string().contains("the nearest is"), "{no}");
    assert_eq!(shop.order(&id).await, before);
}

fn events(order: &voicetill::domain::order::Order) -> Vec<(Actor, Event)> {
    order.history.iter().map(|entry| (entry.who, entry.what)).collect()
}

#[tokio::test]
async fn shipping_captures_and_refunds_stay_within_what_was_taken() {
    let (shop, device, bank, id) = authorized().await;
    let told = run(&shop, &device, &bank, ship(&id)).await.unwrap();
    assert!(told.contains("80.38 USD is captured") && told.contains("Processed (simulated)"), "{told}");
    let told = run(&shop, &device, &bank, refund(&id, "20.00", true)).await.unwrap();
    assert!(told.contains("20.00 USD is refunded") && told.contains("PartiallyRefunded"), "{told}");
    let refused = run(&shop, &device, &bank, refund(&id, "60.39", true)).await.unwrap_err();
    assert!(refused.is_no());
    let refused = refused.to_string();
    for part in ["refunds stay within what was taken", "80.38 USD was taken, 20.00 USD is given back", "Up to 60.38 USD can be refunded"] {
        assert!(refused.contains(part), "{refused}");
    }
    let lies = bank.books.with(|pay| pay.lies(id.attempt(1).as_str(), device.clock().now())).unwrap().unwrap();
    assert_eq!((lies.taken.minor(), lies.refunded.minor()), (8_038, 2_000));
    let order = shop.order(&id).await;
    let (merchant, amazon) = (Actor::Merchant, Actor::Amazon);
    let story = [
        (merchant, Event::AskedToCapture),
        (amazon, Event::ChargeAnswered),
        (merchant, Event::Shipped),
        (amazon, Event::Accepted),
        (merchant, Event::AskedToRefund),
        (amazon, Event::RefundAnswered),
    ];
    assert_eq!(events(&order)[order.history.len() - 6..], story);
    let sums: Vec<_> = order.history.iter().filter(|entry| entry.who == merchant).filter_map(|entry| entry.note.clone()).collect();
    assert_eq!(sums.iter().map(Note::as_str).collect::<Vec<_>>(), ["c1 80.38 USD", "UPS 1Z999AA10123456784", "r1 20.00 USD"]);
    let shown = OrdersCommand::Show(ShowArgs { order: id.to_string(), live: true, json: true });
    let shown: Value = serde_json::from_str(&run(&shop, &device, &bank, shown).await.unwrap()).unwrap();
    assert_eq!((&shown["status"], &shown["live"]), (&json!("PartiallyRefunded"), &json!("captured 80.38 USD")));
}

#[tokio::test]
async fn money_moves_only_once_somebody_has_said_yes() {
    let (shop, device, bank, id) = authorized().await;
    let ask = OrdersCommand::Capture(CaptureArgs {
        order: id.to_string(),
        part: PartArgs { amount: Some("20.00".to_owned()), reauthorize: false },
        yes: false,
        json: false,
    });
    let before = shop.order(&id).await;
    assert!(matches!(run(&shop, &device, &bank, ask.clone()).await, Err(OrdersError::NobodyToAsk)));
    for answer in ["", "n\n", "what?\n"] {
        let (refused, asked) = typed(&shop, &device, &bank, ask.clone(), Some(answer)).await;
        assert!(matches!(refused, Err(OrdersError::NotConfirmed)), "{asked}");
        assert_eq!(asked, format!("Capture 20.00 USD, giving up 60.38 USD, of order {id} (simulated)? [y/N] "));
    }
    assert_eq!(shop.order(&id).await, before);
    typed(&shop, &device, &bank, ask, Some("y\n")).await.0.unwrap();
    let State::Paid(paid) = shop.order(&id).await.state else { panic!("not paid") };
    assert_eq!(paid.captured, Money::new(2_000, Currency::Usd));
}

#[tokio::test]
async fn what_is_refused_names_the_rule_and_changes_nothing() {
    let (shop, device, bank, id) = authorized().await;
    let cancel = || OrdersCommand::Cancel(CancelArgs { order: id.to_string(), yes: true, json: false });
    let close = || OrdersCommand::Close(CloseArgs { order: id.to_string(), yes: true, json: false });
    for (command, rule) in [
        (capture(&id, Some("80.39")), "80.38 USD is authorized"),
        (refund(&id, "1.00", true), "nothing has been captured"),
        (close(), "money of this order is still to move"),
    ] {
        let refused = run(&shop, &device, &bank, command).await.unwrap_err();
        assert!(refused.is_no() && refused.to_string().contains(rule), "{refused}");
    }
    assert_eq!(shop.order(&id).await.state.status(), Some(Status::Authorized));
    run(&shop, &device, &bank, cancel()).await.unwrap();
    assert_eq!(shop.order(&id).await.state.status(), Some(Status::Cancelled));
    let refused = run(&shop, &device, &bank, ship(&id)).await.unwrap_err();
    assert!(refused.to_string().contains("the order is over"), "{refused}");
    // The buyer's consent can go now, and Amazon Pay charges it no more.
    run(&shop, &device, &bank, close()).await.unwrap();
    assert_eq!(events(&shop.order(&id).await).last(), Some(&(Actor::Amazon, Event::CloseAnswered)));
}

#[tokio::test]
async fn a_matter_is_put_aside_with_a_reason() {
    let (shop, device, bank, id) = authorized().await;
    bank.books.with(|pay| pay.capture_part(id.attempt(1).as_str(), Money::new(1_000, Currency::Usd), device.clock().now())).unwrap();
    let reconcile = |accept: Option<&str>| {
        OrdersCommand::Reconcile(ReconcileArgs {
            orders: vec![id.to_string()],
            accept: accept.map(str::to_owned),
            charge: None,
            yes: true,
            json: false,
        })
    };
    // Somebody has captured a part at Amazon itself, which nobody here has asked for.
    run(&shop, &device, &bank, reconcile(None)).await.unwrap();
    assert_eq!(shop.order(&id).await.state.status(), Some(Status::NeedsAttention));
    run(&shop, &device, &bank, reconcile(Some("agreed with the buyer"))).await.unwrap();
    let order = shop.order(&id).await;
    assert_eq!(order.state.status(), Some(Status::Processed));
    let last = order.history.last().unwrap();
    assert_eq!((last.what, last.note.as_ref().unwrap().as_str()), (Event::PutAside, "agreed with the buyer"));
    assert!(run(&shop, &device, &bank, reconcile(Some("again"))).await.unwrap_err().is_no());
}

#[tokio::test]
async fn an_export_has_amounts_and_ids_and_nobodys_name() {
    let (shop, device, bank, id) = authorized().await;
    run(&shop, &device, &bank, capture(&id, Some("40.00"))).await.unwrap();
    let export = OrdersCommand::Export(ExportArgs { format: Format::Csv, ..ExportArgs::default() });
    let csv = run(&shop, &device, &bank, export).await.unwrap();
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let names = rows.headers().unwrap().clone();
    let row = rows.records().next().unwrap().unwrap();
    let value = |name: &str| &row[names.iter().position(|known| known == name).unwrap()];
    assert_eq!((value("order"), value("status"), value("currency")), (id.as_str(), "Processed", "USD"));
    assert_eq!((value("total"), value("captured"), value("refunded")), ("80.38", "40.00", "0.00"));
    assert!(!csv.contains("Ada") && !csv.contains("Seattle"), "{csv}");
}

pub fn account(stand_in: &StandIn) -> Account {
    let id = PublicKeyId::parse(KEY_ID).unwrap();
    let place = Place::amazon(Region::NorthAmerica, Environment::Sandbox, &id).unwrap().instead_at(&stand_in.address).unwrap();
    Account::new(Client::new(Signer::new(id, PrivateKey::from_pem(PRIVATE_KEY).unwrap()), place).with_clock(|| Time::from_unix(NOW)))
}

fn an_order() -> OrderId {
    OrderId::parse("PS0123456789ABCDEF1NFV1A0ZZ").unwrap()
}

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

fn held() -> Hold {
    let attempt = Attempt { number: 1, amount: dollars(5_961), capture: CaptureMode::OnShip, timing: Timing::Synchronous, checkout: None };
    let names = Names { authorization: Some(AmazonId::parse("S01-9821095-1837200-A041953").unwrap()), ..Names::default() };
    Hold { attempt, names, since: Time::from_unix(NOW), refused: 0 }
}

fn refunded(state: &str) -> Reply {
    Reply::Json(201, json!({ "refundId": "S01-9821095-1837200-R000001", "statusDetails": { "state": state } }))
}

fn took(report: Option<Report>) -> Option<Money> {
    match report? {
        Report::Charge { attempt: Some(1), outcome: Outcome::Captured { amount, .. } } => amount,
        other => panic!("{other:?}"),
    }
}

fn is_pending(report: Option<&Report>) -> bool {
    matches!(report, Some(Report::Charge { attempt: Some(1), outcome: Outcome::Pending { .. } }))
}

#[tokio::test]
async fn a_capture_goes_by_the_charge_of_the_older_rail_under_the_orders_own_key() {
    let part = Capture { hold: held(), amount: dollars(2_000) };
    let stand_in = StandIn::start([charge("Captured")]).await;
    let answer = account(&stand_in).capture(&an_order(), &part).await.unwrap();
    assert_eq!((took(answer.report), answer.request.unwrap().as_str()), (Some(dollars(2_000)), "R-200"));
    let [asked] = &stand_in.asked()[..] else { panic!("once") };
    assert_eq!(asked.line, "POST /v2/charges/S01-9821095-1837200-C041953/capture");
    assert_eq!(asked.header("x-amz-pay-idempotency-key"), format!("{}c1", an_order()));
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body, json!({ "captureAmount": { "amount": "20.00", "currencyCode": "USD" } }));
}

#[tokio::test]
async fn a_refusal_that_leaves_it_open_is_followed_by_a_look_and_never_by_another_key() {
    let all = Capture { hold: held(), amount: dollars(5_961) };
    // It has been captured before, by a call whose answer was lost.
    let stand_in = StandIn::start([Reply::refuse(422, "InvalidChargeStatus"), charge("Captured")]).await;
    assert_eq!(took(account(&stand_in).capture(&an_order(), &all).await.unwrap().report), Some(dollars(2_000)));
    assert_eq!(stand_in.asked()[1].line, "GET /v2/charges/S01-9821095-1837200-C041953");
    // It has not, as far as anybody can see.
    let stand_in = StandIn::start([Reply::refuse(422, "InvalidChargeStatus"), charge("Authorized")]).await;
    assert!(matches!(account(&stand_in).capture(&an_order(), &all).await, Err(PaymentsError::Unknown { .. })));
    // It was declined, and the hold stands.
    let stand_in = StandIn::start([Reply::refuse(422, "AmazonRejected"), charge("Authorized")]).await;
    assert_eq!(account(&stand_in).capture(&an_order(), &all).await.unwrap().report, Some(Report::CaptureRefused { number: 1 }));
    // It was declined, and whether the hold stands cannot be seen.
    for look in [Reply::refuse(403, "InvalidAuthentication"), charge("AuthorizationInitiated"), charge("SomethingNew")] {
        let stand_in = StandIn::start([Reply::refuse(422, "AmazonRejected"), look]).await;
        assert!(matches!(account(&stand_in).capture(&an_order(), &all).await, Err(PaymentsError::Unknown { .. })));
    }
    // It is under way all the same.
    let stand_in = StandIn::start([Reply::refuse(422, "AmazonRejected"), charge("CaptureInitiated")]).await;
    assert!(is_pending(account(&stand_in).capture(&an_order(), &all).await.unwrap().report.as_ref()));
    // Who is not let in learns nothing about earlier calls.
    let stand_in = StandIn::start([Reply::refuse(403, "InvalidAuthentication")]).await;
    assert!(matches!(account(&stand_in).capture(&an_order(), &all).await, Err(PaymentsError::NotDone { .. })));
    assert_eq!(stand_in.asked().len(), 1);
}

#[tokio::test]
async fn a_capture_that_takes_its_time_is_learned_of_when_it_is_done() {
    let all = Capture { hold: held(), amount: dollars(5_961) };
    // The key brings the first answer for ever.
    let stand_in = StandIn::start([charge("CaptureInitiated"), charge("Captured")]).await;
    assert_eq!(took(account(&stand_in).capture(&an_order(), &all).await.unwrap().report), Some(dollars(2_000)));
    assert_eq!(stand_in.asked()[1].line, "GET /v2/charges/S01-9821095-1837200-C041953");
    let stand_in = StandIn::start([charge("CaptureInitiated"), charge("Declined")]).await;
    let declined = account(&stand_in).capture(&an_order(), &all).await.unwrap().report;
    assert!(matches!(declined, Some(Report::Charge { outcome: Outcome::Declined { .. }, .. })), "{declined:?}");
    for look in [charge("CaptureInitiated"), Reply::refuse(403, "InvalidAuthentication")] {
        let stand_in = StandIn::start([charge("CaptureInitiated"), look]).await;
        assert!(is_pending(account(&stand_in).capture(&an_order(), &all).await.unwrap().report.as_ref()));
    }
}

#[tokio::test]
async fn a_hold_counts_as_given_back_only_once_the_charge_is_over() {
    let refusals =
        [(422, "InvalidChargePermissionStatus"), (422, "InvalidChargeStatus"), (500, "ProcessingFailure"), (422, "AmazonRejected")];
    for (status, code) in refusals {
        let looks = [charge("Authorized"), charge("CaptureInitiated"), charge("SomethingNew"), Reply::refuse(403, "InvalidAuthentication")];
        for look in looks {
            let stand_in = StandIn::start([Reply::refuse(status, code), look.clone()]).await;
            let answer = account(&stand_in).void(&an_order(), &held()).await;
            assert!(answer.is_err(), "{code}, {look:?}: {answer:?}");
        }
        let stand_in = StandIn::start([Reply::refuse(status, code), charge("Captured")]).await;
        assert_eq!(took(account(&stand_in).void(&an_order(), &held()).await.unwrap().report), Some(dollars(2_000)));
        let stand_in = StandIn::start([Reply::refuse(status, code), charge("Canceled")]).await;
        let closed = account(&stand_in).void(&an_order(), &held()).await.unwrap().report;
        assert!(matches!(closed, Some(Report::Charge { outcome: Outcome::Closed { .. }, .. })), "{closed:?}");
    }
}

#[tokio::test]
async fn an_order_is_not_cancelled_by_a_refusal_to_give_its_hold_back() {
    let (shop, device, _, id) = authorized().await;
    let refusal = Reply::refuse(422, "InvalidChargePermissionStatus");
    let stand_in = StandIn::start([refusal.clone(), charge("Authorized"), refusal, charge("Canceled")]).await;
    let payments = account(&stand_in);
    let mark = |text: &str| fingerprint::mark(text);
    let desk = Desk { store: &shop.skill.store, payments: &payments, now: device.clock().now(), mark: &mark };
    let owed = desk.wish(&id, &Command::Cancel).await;
    assert!(matches!(owed, Err(DeskError::Owed { .. })), "{owed:?}");
    assert!(matches!(shop.order(&id).await.state, State::Voiding(_)));
    assert!(matches!(desk.reconcile(&id).await.unwrap().state, State::Cancelled { .. }));
}

#[tokio::test]
async fn a_hold_is_given_back_and_a_charge_without_a_name_cannot_be_asked_for() {
    let stand_in = StandIn::start([Reply::Json(
        200,
        json!({ "chargeId": "S01-9821095-1837200-C041953", "statusDetails": { "state": "Canceled", "reasonCode": "MerchantCanceled" } }),
    )])
    .await;
    let account = account(&stand_in);
    let closed = account.void(&an_order(), &held()).await.unwrap().report;
    assert!(matches!(closed, Some(Report::Charge { outcome: Outcome::Closed { .. }, .. })), "{closed:?}");
    assert_eq!(stand_in.asked()[0].line, "DELETE /v2/charges/S01-9821095-1837200-C041953/cancel");
    let nameless = Hold { names: Names::default(), ..held() };
    let error = account.void(&an_order(), &nameless).await.unwrap_err().to_string();
    assert!(error.contains(an_order().attempt(1).as_str()) && error.contains("Seller Central"), "{error}");
    assert_eq!(stand_in.asked().len(), 1);
}

#[tokio::test]
async fn a_refund_is_followed_to_where_it_stands_now() {
    let refund = |number| Refund { number, amount: dollars(1_000), standing: RefundStanding::Open };
    let hold = held();
    let paid = Paid {
        attempt: hold.attempt,
        names: hold.names,
        captured: dollars(5_961),
        refunds: vec![refund(2)],
        captures: 0,
        parcels: Vec::new(),
    };
    for (replies, report) in [
        (vec![refunded("RefundInitiated"), refunded("Refunded")], Some(Report::RefundDone { number: 2 })),
        (vec![refunded("RefundInitiated"), refunded("Declined")], Some(Report::RefundFailed { number: 2 })),
        (vec![refunded("RefundInitiated"), refunded("RefundInitiated")], None),
        (vec![refunded("RefundInitiated"), Reply::refuse(403, "InvalidAuthentication")], None),
        (vec![Reply::refuse(400, "TransactionAmountExceeded")], Some(Report::RefundFailed { number: 2 })),
    ] {
        let stand_in = StandIn::start(replies).await;
        assert_eq!(account(&stand_in).refund(&an_order(), &paid, &refund(2)).await.unwrap().report, report);
        let asked = stand_in.asked();
        assert_eq!(
            (asked[0].line.as_str(), asked[0].header("x-amz-pay-idempotency-key")),
            ("POST /v2/refunds", &*format!("{}r2", an_order()))
        );
    }
}

#[tokio::test]
async fn a_refund_without_a_clear_answer_stays_open() {
    let hold = held();
    let refund = Refund { number: 1, amount: dollars(1_000), standing: RefundStanding::Open };
    let paid = Paid {
        attempt: hold.attempt,
        names: hold.names,
        captured: dollars(5_961),
        refunds: vec![refund.clone()],
        captures: 0,
        parcels: Vec::new(),
    };
    for reply in
        [Reply::refuse(422, "InvalidChargeStatus"), Reply::refuse(400, "DuplicateIdempotencyKey"), Reply::Text(501, "<html>".to_owned())]
    {
        let stand_in = StandIn::start([reply]).await;
        let answer = account(&stand_in).refund(&an_order(), &paid, &refund).await;
        assert!(matches!(answer, Err(PaymentsError::Unknown { .. })), "{answer:?}");
    }
    let stand_in = StandIn::start([Reply::refuse(401, "UnauthorizedAccess")]).await;
    assert!(matches!(account(&stand_in).refund(&an_order(), &paid, &refund).await, Err(PaymentsError::NotDone { .. })));
}

#[tokio::test]
async fn a_charge_that_a_person_has_found_is_taken_in_under_its_name() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let mut config = config();
    config.shop.capture = CaptureMode::OnShip;
    shop.skill = skill(config, shop.skill.store.clone());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let id = order(&say_yes(&mut shop, &mut device).await);
    let found = |cents: &str| {
        let amount = json!({ "amount": cents, "currencyCode": "USD" });
        Reply::Json(
            200,
            json!({ "chargeId": "S01-9821095-1837200-C041953", "chargeAmount": amount, "statusDetails": { "state": "Authorized" } }),
        )
    };
    let stand_in = StandIn::start([found("19.99"), found("80.38")]).await;
    let payments = account(&stand_in);
    let mark = |text: &str| fingerprint::mark(text);
    let desk = Desk { store: &shop.skill.store, payments: &payments, now: device.clock().now(), mark: &mark };
    // A server has nothing to ask for it by, and another order's charge is not taken for it.
    assert!(matches!(desk.reconcile(&id).await, Err(DeskError::Unseen { source: PaymentsError::Nameless(_), .. })));
    let authorization = AmazonId::parse("S01-9821095-1837200-A041953").unwrap();
    assert!(matches!(desk.reconcile_with(&id, &authorization).await, Err(DeskError::OtherCharge(_))));
    assert!(shop.order(&id).await.state.is_unsettled());
    let order = desk.reconcile_with(&id, &authorization).await.unwrap();
    let State::Authorized(hold) = &order.state else { panic!("{order:?}") };
    assert_eq!(hold.names.authorization, Some(authorization));
    let last = order.history.last().unwrap();
    assert_eq!((last.what, last.note.as_ref().map(Note::as_str)), (Event::LookedUp, Some("R-200")));
    // From now on the order knows what to ask for.
    assert!(stand_in.asked().iter().all(|asked| asked.line == "GET /v2/charges/S01-9821095-1837200-C041953"));
}

#[tokio::test]
async fn what_was_interrupted_is_found_and_done_without_being_named() {
    let (shop, device, bank, id) = authorized().await;
    let stand_in = StandIn::start([Reply::refuse(401, "UnauthorizedAccess")]).await;
    let payments = account(&stand_in);
    let mark = |text: &str| fingerprint::mark(text);
    let desk = Desk { store: &shop.skill.store, payments: &payments, now: device.clock().now(), mark: &mark };
    // Twice the same trouble is one entry.
    for _ in 0..2 {
        let owed = desk.wish(&id, &Command::Capture { amount: None }).await;
        assert!(matches!(owed, Err(DeskError::Owed { asked: "the capture", .. })), "{owed:?}");
    }
    let order = shop.order(&id).await;
    assert_eq!(events(&order)[4..], [(Actor::Merchant, Event::AskedToCapture), (Actor::Amazon, Event::NotAnswered)]);
    assert_eq!(order.history.last().unwrap().note.as_ref().map(Note::as_str), Some("R-401"));
    let told = run(&shop, &device, &bank, OrdersCommand::Reconcile(ReconcileArgs::default())).await.unwrap();
    assert!(told.contains(&format!("Order {id}: Processed (simulated), was Authorized")), "{told}");
    let told = run(&shop, &device, &bank, OrdersCommand::Reconcile(ReconcileArgs::default())).await.unwrap();
    assert_eq!(told, "All money is at rest.\n");
}

#[tokio::test]
async fn consent_that_another_order_still_needs_is_not_ended() {
    let (mut shop, mut device, mut bank, first) = authorized().await;
    run(&shop, &device, &bank, capture(&first, None)).await.unwrap();
    repeat_read_back(&mut shop, &mut device).await;
    let sent = say_yes(&mut shop, &mut device).await;
    let second = order(&sent);
    assert_eq!(shop.order(&first).await.agreement, shop.order(&second).await.agreement);
    let close = || OrdersCommand::Close(CloseArgs { order: first.to_string(), yes: true, json: false });
    let before = shop.order(&first).await;
    for answered in [false, true] {
        // The charge is under way, and then it is held.
        if answered {
            let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
            shop.turn("Charge answer", &mut device, envelope).await;
        }
        let refused = run(&shop, &device, &bank, close()).await.unwrap_err();
        assert!(refused.is_no() && refused.to_string().contains(second.as_str()), "{refused}");
        assert_eq!(shop.order(&first).await, before);
    }
    let cancel = OrdersCommand::Cancel(CancelArgs { order: second.to_string(), yes: true, json: false });
    run(&shop, &device, &bank, cancel).await.unwrap();
    run(&shop, &device, &bank, close()).await.unwrap();
}

#[tokio::test]
async fn an_open_refund_of_a_disputed_order_is_settled_by_what_has_gone_back() {
    let (shop, device, bank, id) = authorized().await;
    run(&shop, &device, &bank, capture(&id, None)).await.unwrap();
    // The refund is asked for, its answer is lost, and then the bank takes the money back.
    let lost = StandIn::start([Reply::Text(501, "<html>".to_owned())]).await;
    let mark = |text: &str| fingerprint::mark(text);
    let payments = account(&lost);
    let desk = Desk { store: &shop.skill.store, payments: &payments, now: device.clock().now(), mark: &mark };
    desk.wish(&id, &Command::Refund { amount: dollars(2_000) }).await.unwrap_err();
    let before = shop.order(&id).await;
    let State::Paid(paid) = &before.state else { panic!("{before:?}") };
    let state = State::Disputed(paid.clone());
    let entry = Entry { what: Event::Disputed, to: state.name(), write: mark("the bank"), ..before.history.last().unwrap().clone() };
    let amend = Amend::new(id.clone(), before.version().unwrap().clone(), state, entry);
    shop.skill.store.amend(&amend).await.unwrap();

    let gone_back = |amount: &str| {
        let price = |amount: &str| json!({ "amount": amount, "currencyCode": "USD" });
        Reply::Json(200, json!({ "chargeId": "S01-1-C1", "refundedAmount": price(amount), "statusDetails": { "state": "Captured" } }))
    };
    for (gone, standing) in [("0.00", RefundStanding::Open), ("19.99", RefundStanding::Open), ("20.00", RefundStanding::Done)] {
        let stand_in = StandIn::start([gone_back(gone)]).await;
        let (payments, mark) = (account(&stand_in), |text: &str| fingerprint::mark(&format!("{gone} {text}")));
        let desk = Desk { store: &shop.skill.store, payments: &payments, now: device.clock().now(), mark: &mark };
        let order = desk.reconcile(&id).await.unwrap();
        let State::Disputed(paid) = &order.state else { panic!("{order:?}") };
        assert_eq!(paid.refunds[0].standing, standing, "{gone}");
        assert!(stand_in.asked().iter().all(|asked| asked.line.starts_with("GET ")), "nobody asks for it once more");
    }
}

#[tokio::test]
async fn a_hold_whose_name_a_person_has_found_keeps_it() {
    let (shop, device, _, id) = authorized().await;
    let before = shop.order(&id).await;
    let State::Authorized(hold) = &before.state else { panic!("{before:?}") };
    // The answer that told of the hold had no names.
    let state = State::Authorized(Hold { names: Names::default(), ..hold.clone() });
    let mark = |text: &str| fingerprint::mark(text);
    let entry = Entry { write: mark("nameless"), ..before.history.last().unwrap().clone() };
    shop.skill.store.amend(&Amend::new(id.clone(), before.version().unwrap().clone(), state, entry)).await.unwrap();
    let amount = json!({ "amount": "80.38", "currencyCode": "USD" });
    let found = json!({ "chargeId": "S01-9821095-1837200-C041953", "chargeAmount": amount, "statusDetails": { "state": "Authorized" } });
    let stand_in = StandIn::start([Reply::Json(200, found)]).await;
    let payments = account(&stand_in);
    let desk = Desk { store: &shop.skill.store, payments: &payments, now: device.clock().now(), mark: &mark };
    assert!(matches!(desk.wish(&id, &Command::Capture { amount: None }).await, Err(DeskError::Owed { .. })));
    let authorization = AmazonId::parse("S01-9821095-1837200-A041953").unwrap();
    let order = desk.reconcile_with(&id, &authorization).await;
    let order = order.unwrap_or_else(|error| if let DeskError::Owed { order, .. } = error { *order } else { panic!("{error:?}") });
    assert_eq!(order.state.names().unwrap().authorization, Some(authorization));
    assert!(stand_in.asked().iter().any(|asked| asked.line.ends_with("/capture")), "what is owed can be asked for now");
}
