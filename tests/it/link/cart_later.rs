//! What comes of a purchase on a page once the page is closed: at the speaker, by a notification, and at the order desk.

use serde_json::json;
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::fingerprint;
use voicetill::adapters::mail::{Mailroom, Writer};
use voicetill::app::{Desk, Heard, Teller};
use voicetill::domain::cart::Cart;
use voicetill::domain::ids::{AmazonId, BillingAgreementId, CheckoutId, Locale, OrderId, WriteId};
use voicetill::domain::message::Change;
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::notice::Notice;
use voicetill::domain::order::{Command, Goods, Order, Rail, Refund, RefundStanding, Report, Standing, State, Status, apply};
use voicetill::domain::payment::{Attempt, CaptureMode, Names, Timing};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::domain::wallet::{SavedWallet, WalletState};
use voicetill::ports::{NoDevices, Payments, Saved, Wallets};
use voicetill::simulated::{LocalPay, request};
use voicetill::simulator::amazon_pay::Effect;
use voicetill::simulator::amazon_pay::account::{Intent, Kind, Terms};
use voicetill::simulator::amazon_pay::books::Books;

use super::cart::invariant_charged_once;
use super::spoken::Speaker;
use super::{Town, now};
use crate::alexa::{Device, config};
use crate::stand_in::NOW;
use crate::telling::Letters;

const ORDER: &str = "PS0123456789ABCDEF1NK5T4700";

#[tokio::test]
async fn a_cart_goes_from_the_speaker_to_the_phone_and_the_news_of_it_back() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let mut speaker = Speaker::of(&town, &tokens);
    speaker.turn(Device::launch).await;
    speaker.turn(|device| device.buy("2", "bouquets of roses")).await;
    let bye = speaker.turn(|device| device.intent("AMAZON.StopIntent", &[])).await;
    assert!(bye.contains("Goodbye"), "{bye}");

    let (browser, page) = town.at_cart("ada").await;
    assert!(page.body.contains("2 × bouquets of roses") && page.body.contains("$59.61"), "{}", page.body);
    let done = browser.get(&town.agrees(&page, "ada", "1111").await).await;
    assert!(done.body.contains("Your payment went through"), "{}", done.body);

    speaker.device.clock().advance(600);
    let told = speaker.turn(Device::launch).await;
    assert!(told.contains("went through") && !told.contains("You still have"), "{told}");
    // The wallet that has come with the purchase pays for the next one.
    let asked = speaker.turn(|device| device.buy("1", "tulips")).await;
    assert!(asked.contains("Shall I place the order?"), "{asked}");
    let told = speaker.turn(Device::yes).await;
    assert!(told.contains("Thank you"), "{told}");
    let charges = town.lies().await["charges"].as_array().unwrap().clone();
    assert_eq!(charges.len(), 2);
    assert_eq!(charges[0]["permission"], charges[1]["permission"]);
}

#[tokio::test]
async fn the_next_conversation_finds_out_what_the_page_could_not_say() {
    for broken in ["before", "after"] {
        let town = Town::start().await;
        let tokens = town.linked().await;
        let left = town.leave("ada", "roses", 2).await;
        let (browser, page) = town.at_cart("ada").await;
        let way = town.agrees(&page, "ada", "1111").await;
        town.cut_off(broken).await;
        assert!(browser.get(&way).await.body.contains("do not order again"));
        let mut speaker = Speaker::of(&town, &tokens);
        speaker.device.clock().advance(600);
        let told = speaker.turn(Device::launch).await;
        assert!(told.contains("went through"), "{broken}: {told}");
        invariant_charged_once(&town.order(&left).await, &town.charges().await);
        assert!(browser.get(&way).await.body.contains("Your payment went through"));
        invariant_charged_once(&town.order(&left).await, &town.charges().await);
    }
}

#[tokio::test]
async fn in_the_simulated_world_a_checkout_is_completed_looked_at_and_refunded_by_its_own_name() {
    let (books, at) = (Books::in_memory(), Time::from_unix(NOW));
    let total = Money::new(5_961, Currency::Usd);
    let body = json!({ "chargePermissionType": "PaymentMethodOnFile", "merchantMetadata": { "merchantReferenceId": ORDER } });
    let terms = Terms {
        kind: Kind::PaymentMethodOnFile,
        setup_only: false,
        intent: Some(Intent::AuthorizeWithCapture),
        can_handle_pending: false,
        amount: Some(total),
        total: None,
        extend_expiration: false,
        has_result_url: true,
    };
    books.with(|pay| pay.account.create_session("a-session".to_owned(), true, body, terms, Currency::Usd, at)).unwrap();
    let checkout = CheckoutId::parse("a-session").ok();
    let attempt = Attempt { number: 1, amount: total, capture: CaptureMode::Immediate, timing: Timing::Synchronous, checkout };
    let order = Order {
        id: OrderId::parse(ORDER).unwrap(),
        rail: Rail::SavedWallet,
        world: World::Simulated,
        locale: Locale::parse("en-US").unwrap(),
        goods: Goods::Cart(Cart::of([])),
        agreement: None,
        address: None,
        state: State::Charging { attempt: attempt.clone(), standing: Standing::Unknown { since: at }, cancel: false },
        history: Vec::new(),
    };
    let pay = LocalPay { books: &books, now: at };
    let none = Names::default();
    assert_eq!(pay.look(&order, &none).await.unwrap().report, None, "it is open");
    assert_eq!(pay.charge_again(&order, &attempt).await.unwrap().report, None, "nobody has agreed to it");
    books.with(|pay| pay.account.visit("a-session", "ada", None, at).map(|_| ())).unwrap().unwrap();
    for _ in 0..2 {
        let Some(report) = pay.charge_again(&order, &attempt).await.unwrap().report else { panic!("it is completed") };
        assert_eq!(pay.look(&order, &none).await.unwrap().report.as_ref(), Some(&report));
        let State::Paid(paid) = apply(&order.state, &report, at) else { panic!("{report:?}") };
        assert!(paid.names.consent.is_some());
        let refund = Refund { number: 1, amount: total, standing: RefundStanding::Open };
        assert_eq!(pay.refund(&order.id, &paid, &refund).await.unwrap().report, Some(Report::RefundDone { number: 1 }));
        assert_eq!(pay.refunded(&order.id, &paid).await.unwrap(), Some(total));
    }
    let lies = books.with(|pay| (pay.account.charges.len(), pay.account.refunds.len())).unwrap();
    assert_eq!(lies, (1, 1));
    let moved: Vec<_> = books.with(|pay| pay.moved(at).collect()).unwrap();
    assert_eq!(moved.len(), 1);
    assert_eq!((moved[0].session.as_deref(), moved[0].order.as_deref(), moved[0].refunded), (Some("a-session"), Some(ORDER), total));

    // The wallet that it has brought names no seller, and is charged once all the same, whoever asks.
    let agreement = books.with(|pay| pay.account.permissions[0].id.clone()).unwrap();
    let attempt = Attempt { number: 2, checkout: None, ..attempt };
    let state = State::Charging { attempt: attempt.clone(), standing: Standing::Unknown { since: at }, cancel: false };
    let spoken = Order { agreement: Some(BillingAgreementId::parse(&agreement).unwrap()), state, ..order };
    let request = request("A1EXAMPLESELLER", &spoken, &attempt);
    books.with(|pay| pay.authorize(&request, None, at, Effect::Ordinary).map(|_| ())).unwrap().unwrap();
    assert!(pay.charge_again(&spoken, &attempt).await.unwrap().report.is_some());
    assert_eq!(books.with(|pay| pay.account.charges.len()).unwrap(), 2);
}

#[tokio::test]
async fn a_notification_settles_what_the_page_could_not_and_the_desk_can_give_the_money_back() {
    let town = Town::start().await;
    town.linked().await;
    let left = town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "1111").await;
    town.cut_off("after").await;
    browser.get(&way).await;
    let order = town.order(&left).await;
    assert!(matches!(order.state, State::Charging { standing: Standing::Unknown { .. }, .. }), "{:?}", order.state);
    assert_eq!(order.agreement, None);

    let (payments, at) = (Account::new(town.client()), Time::from_unix(NOW + 60));
    let mark = |text: &str| fingerprint::mark(text);
    let desk = Desk { store: &town.store, payments: &payments, now: at, mark: &mark };
    let charge = town.lies().await["charges"][0].clone();
    let notice = Notice::Charge { id: AmazonId::parse(charge["id"].as_str().unwrap()).unwrap(), ours: None };
    assert!(matches!(desk.hear(&notice, World::Sandbox).await.unwrap(), Heard::News(_)));
    let order = town.order(&left).await;
    invariant_charged_once(&order, &town.charges().await);
    assert_eq!(order.agreement.unwrap().as_str(), charge["permission"].as_str().unwrap(), "who is to be written to is known");
    assert!(matches!(desk.hear(&notice, World::Sandbox).await.unwrap(), Heard::Known(_)));
    assert!(browser.get(&way).await.body.contains("Your payment went through"));

    let refunded = desk.wish(&left, &Command::Refund { amount: order.state.payments()[0].captured }).await.unwrap();
    assert!(matches!(refunded.state.status(), Some(Status::Processed | Status::Refunded)), "{:?}", refunded.state);
    assert_eq!(town.lies().await["refunds"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_wallet_of_a_purchase_is_kept_whoever_finds_out_that_it_was_paid_and_never_over_a_newer_one() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let set_up = town.wallet(&tokens).await;
    let left = town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "1111").await;
    town.cut_off("after").await;
    browser.get(&way).await;
    let before = town.order(&left).await;
    assert_eq!(before.brought(), None, "the page is closed before anything is known");
    let after = town.reconciled(&left, Time::HOUR).await;
    let brought = after.brought().unwrap().clone();
    assert!(brought != set_up.permission && town.wallet(&tokens).await.permission == set_up.permission);

    // What the table's stream shows of it.
    let change = Change { before: Some(before), after };
    town.told_of(&change, "first").await;
    let kept = town.wallet(&tokens).await;
    assert_eq!((&kept.permission, kept.generation, kept.state), (&brought, set_up.generation, WalletState::Chargeable));
    assert!(kept.address.is_some() && kept.code == set_up.code);
    town.told_of(&change, "once more").await;
    assert_eq!(town.wallet(&tokens).await.version, kept.version, "it is kept once");

    // Since then the buyer has chosen another one.
    let newer = SavedWallet { permission: set_up.permission, at: now().plus(60), version: WriteId::of_bits(77), ..kept.clone() };
    let buyer = left.buyer();
    assert_eq!(town.store.save_wallet(&buyer, &newer, Some(&kept.version)).await.unwrap(), Saved::Done);
    town.told_of(&change, "late").await;
    assert_eq!(town.wallet(&tokens).await, newer);
}

impl Town {
    /// The function on the table's stream sees a change.
    async fn told_of(&self, change: &Change, run: &'static str) {
        let (config, account) = (config(), Account::new(self.client()));
        let mail = Mailroom { writer: Writer::new(&config.shop, config.mail.unwrap()).unwrap(), carrier: Letters::default() };
        let mark = move |text: &str| fingerprint::mark(&format!("{run} {text}"));
        let (store, world) = (&self.store, World::Sandbox);
        let teller = Teller { store, buyers: &account, mail: &mail, devices: &NoDevices, world, now: now(), mark: &mark };
        let telling = teller.tell(change).await;
        assert!(telling.untold.is_empty(), "{:?}", telling.untold);
    }
}
