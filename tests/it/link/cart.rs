//! The cart that was left at the speaker, finished on a phone: every way to the charge, and everything that keeps from it.

use std::time::Duration;

use serde_json::{Value, json};
use voicetill::adapters::amazon_pay::api::client::Client;
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::amazon_pay::api::place::{Environment, Place, Region};
use voicetill::adapters::amazon_pay::api::wire::requests::CompleteCheckoutSession;
use voicetill::adapters::amazon_pay::api::wire::{ObjectId, Price};
use voicetill::adapters::fingerprint;
use voicetill::app::Desk;
use voicetill::domain::cart::{Cart, Line};
use voicetill::domain::dialog::{LeftCart, Opening};
use voicetill::domain::ids::{AmazonId, BuyerId, OrderId, OrderPrefix, Sku, WriteId};
use voicetill::domain::order::{Actor, Event, Order, Standing, State};
use voicetill::domain::payment::{Decline, Timing};
use voicetill::domain::time::Time;
use voicetill::domain::wallet::WalletState;
use voicetill::ports::{Store, Wallets, Written};
use voicetill::simulator::amazon_pay::buyer_id;

use super::browser::{Browser, Page};
use super::{AHEAD, Town, now, signer};
use crate::stand_in::NOW;

fn buyer(name: &str) -> BuyerId {
    fingerprint::linked_buyer(&AmazonId::parse(&buyer_id(name)).unwrap()).unwrap()
}

impl Town {
    /// What the speaker keeps when somebody leaves in the middle of an order.
    pub async fn leave(&self, name: &str, sku: &str, quantity: u32) -> OrderId {
        let (buyer, write) = (buyer(name), fingerprint::mark(&format!("left {sku} {quantity} {}", now().unix())));
        let known = self.opening(name).await.left.map(|left| left.order);
        let order = known.unwrap_or_else(|| OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, now(), &write));
        let cart = Cart::of([Line { sku: Sku::parse(sku).unwrap(), quantity }]);
        let left = LeftCart { order: order.clone(), cart, at: now() };
        self.store.keep(&buyer, &left, &write).await.unwrap();
        order
    }

    async fn opening(&self, name: &str) -> Opening {
        self.store.opening(&buyer(name)).await.unwrap()
    }

    pub async fn order(&self, id: &OrderId) -> Order {
        self.store.order(id).await.unwrap().unwrap()
    }

    /// Signs a buyer in on the page of the cart, and shows it.
    pub async fn at_cart<'t>(&'t self, name: &str) -> (Browser<'t>, Page) {
        let browser = self.browser();
        let page = browser.get("/cart").await;
        assert!(page.body.contains("finish the order that you began with Alexa"), "{}", page.body);
        let way = self.at_amazon(&page, "sign-in", &[("answer", "agree"), ("buyer", name)]).await;
        assert_eq!(browser.get(&way).await.location(), "/cart");
        let page = browser.get("/cart").await;
        (browser, page)
    }

    /// Somebody who is not signed in chooses at Amazon, and comes back to the total: by which way, and to what form.
    async fn at_total(&self, browser: &Browser<'_>) -> (String, Form) {
        let page = browser.get("/cart").await;
        let way = self.at_amazon(&page, "express", &[("answer", "agree"), ("buyer", "ada"), ("card", "1111")]).await;
        let form = Form::on(&browser.get(&way).await);
        (way, form)
    }

    /// Presses the button at the end of the checkout and agrees; where Amazon sends the browser.
    pub async fn agrees(&self, page: &Page, name: &str, card: &str) -> String {
        self.at_amazon(page, "check-out", &[("answer", "agree"), ("buyer", name), ("card", card)]).await
    }

    /// Everything that lies at Amazon.
    pub async fn lies(&self) -> Value {
        self.state().await["account"].take()
    }

    async fn state(&self) -> Value {
        self.http.get(format!("{}/_voicetill/state", self.amazon)).send().await.unwrap().json().await.unwrap()
    }

    /// How many of the bends no call has met yet.
    async fn planned(&self) -> u64 {
        self.state().await["planned"].as_u64().unwrap()
    }

    async fn forget(&self) {
        self.http.delete(format!("{}/_voicetill/next", self.amazon)).send().await.unwrap().error_for_status().unwrap();
    }

    /// The states of all charges.
    pub async fn charges(&self) -> Vec<Value> {
        self.lies().await["charges"].as_array().unwrap().iter().map(|charge| charge["state"].clone()).collect()
    }

    pub fn client(&self) -> Client {
        let place = Place::amazon(Region::NorthAmerica, Environment::Sandbox, signer().id()).unwrap().instead_at(&self.amazon).unwrap();
        Client::new(signer(), place).with_clock(|| Time::from_unix(NOW))
    }

    /// What the function that looks after open payments makes of an order, so much later.
    pub async fn reconciled(&self, id: &OrderId, after: i64) -> Order {
        let payments = Account::new(self.client());
        let now = now().plus(after);
        let mark = move |text: &str| fingerprint::mark(&format!("{text} {}", now.unix()));
        Desk { store: &self.store, payments: &payments, now, mark: &mark }.reconcile(id).await.unwrap()
    }

    /// Cuts off every try to complete the next checkout, and the look that follows; not the one that comes before.
    pub async fn cut_off(&self, broken: &str) {
        self.bend(3, &json!({ "broken": broken })).await;
        self.control("next", &json!({ "operation": "Get Checkout Session", "delayMs": 0 })).await;
        for _ in 0..3 {
            self.control("next", &json!({ "operation": "Get Checkout Session", "broken": "before" })).await;
        }
    }

    /// What the next completions of checkouts meet.
    pub async fn bend(&self, times: usize, how: &Value) {
        let mut wish = json!({ "operation": "Complete Checkout Session" });
        wish.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        for _ in 0..times {
            self.control("next", &wish).await;
        }
    }
}

/// The form that buys, as a page shows it.
struct Form {
    action: String,
    proof: String,
    checkout: String,
}

impl Form {
    fn on(page: &Page) -> Self {
        let [action, proof, checkout] =
            ["method=\"post\" action=\"", "name=\"form\" value=\"", "name=\"checkout\" value=\""].map(|before| page.attribute(before));
        Self { action, proof, checkout }
    }

    fn fields(&self) -> [(&'static str, &str); 2] {
        [("form", &self.proof), ("checkout", &self.checkout)]
    }
}

pub fn invariant_charged_once(order: &Order, charges: &[Value]) {
    assert!(matches!(order.state, State::Paid(_)), "{:?}", order.state);
    assert_eq!(charges, [json!("Captured")]);
}

#[tokio::test]
async fn a_signed_in_buyer_agrees_at_amazon_and_is_charged_once_however_often_the_page_is_loaded() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let before = town.wallet(&tokens).await;
    let left = town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    for shown in ["2 × bouquets of roses", "$49.98", "$5.99", "$3.64", "$59.61", "Ada Example", "1 Example Street"] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    let way = town.agrees(&page, "ada", "1111").await;
    assert!(!way.contains("Ada") && !way.contains(left.as_str()), "{way}");
    let done = browser.get(&way).await;
    assert!(done.status == 200 && done.body.contains("Your payment went through") && done.body.contains("$59.61"), "{}", done.body);
    let order = town.order(&left).await;
    invariant_charged_once(&order, &town.charges().await);
    assert_eq!(order.state.payments()[0].captured.to_string(), "59.61 USD");
    assert_eq!(order.address.as_ref().unwrap().city.as_deref(), Some("Seattle"));
    // The consent that has come with it is the order's and the buyer's from now on, and Alexa stays linked.
    let after = town.wallet(&tokens).await;
    assert_eq!(
        (order.agreement.as_ref(), after.generation, after.state),
        (Some(&after.permission), before.generation, WalletState::Chargeable)
    );
    assert_ne!(after.permission, before.permission);

    for _ in 0..2 {
        let again = browser.get(&way).await;
        assert!(again.status == 200 && again.body.contains("Your payment went through"), "{}", again.body);
    }
    assert_eq!(town.order(&left).await.version(), order.version());
    invariant_charged_once(&town.order(&left).await, &town.charges().await);
    assert!(browser.get("/cart").await.body.contains("no cart waiting"), "it is spent");
    assert!(browser.get("/payment").await.body.contains("Everything is in order"), "and the buyer is signed in");
    // Whoever finds the page open later sees the same, and is signed in by nothing but Amazon.
    browser.cookies.borrow_mut().remove("visit");
    assert!(browser.get(&way).await.body.contains("Your payment went through"));
    assert!(browser.get("/payment").await.body.contains("Sign in with Amazon to see"));
}

#[tokio::test]
async fn who_is_not_signed_in_chooses_at_amazon_and_sees_the_total_before_it_is_charged() {
    let town = Town::start().await;
    let left = town.leave("ada", "roses", 2).await;
    let browser = town.browser();
    let page = browser.get("/cart").await;
    assert!(!page.body.contains("roses"), "nobody has said who they are");
    let way = town.at_amazon(&page, "express", &[("answer", "agree"), ("buyer", "ada"), ("card", "1111")]).await;
    let review = browser.get(&way).await;
    assert!(review.body.contains("$59.61") && review.body.contains("1 Example Street"), "{}", review.body);
    assert!(town.charges().await.is_empty() && town.opening("ada").await.orders.is_empty());
    // A look at another page of ours, and back.
    browser.get("/payment").await;
    let review = browser.get(&way).await;

    let form = [("form", review.attribute("name=\"form\" value=\"")), ("checkout", review.attribute("name=\"checkout\" value=\""))];
    let buy = review.attribute("method=\"post\" action=\"");
    let sent = browser.post(&buy, &form).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert!(sent.location().starts_with(&format!("{}/checkout?", town.amazon)), "{}", sent.location());
    let processed = town.http.get(sent.location()).send().await.unwrap();
    let back = processed.headers()["location"].to_str().unwrap().to_owned();
    assert!(town.charges().await.is_empty(), "nothing is charged before the order is stored");
    let done = browser.get(&back).await;
    assert!(done.body.contains("Your payment went through"), "{}", done.body);
    let order = town.order(&left).await;
    invariant_charged_once(&order, &town.charges().await);
    // Going back in the browser leads to what was bought, and buys nothing.
    for back in [browser.get(&way).await, browser.post(&buy, &form).await] {
        assert_eq!(back.status, 302, "{}", back.body);
        assert!(browser.get(back.location()).await.body.contains("Your payment went through"));
    }
    invariant_charged_once(&town.order(&left).await, &town.charges().await);
    let wallet = town.store.wallet(&buyer("ada")).await.unwrap().unwrap();
    assert_eq!(order.agreement, Some(wallet.permission));
    assert!(browser.get("/payment").await.body.contains("Everything is in order"));
    // Amazon knows by whom it was called what, so that its notifications find the order.
    let named = town.lies().await["charges"][0]["told"]["merchantMetadata"]["merchantReferenceId"].clone();
    assert_eq!(named, left.as_str());
}

#[tokio::test]
async fn a_form_that_shows_something_else_buys_nothing() {
    let town = Town::start().await;
    town.leave("ada", "roses", 2).await;
    let browser = town.browser();
    let (_, Form { action: buy, proof, checkout }) = town.at_total(&browser).await;
    for form in ["", "00"] {
        let answer = browser.post(&buy, &[("form", form), ("checkout", checkout.as_str())]).await;
        assert!(answer.status == 200 && answer.body.contains("Buy now") && answer.body.contains("has changed"), "{}", answer.body);
    }
    assert_eq!(town.browser().post(&buy, &[("form", proof.as_str()), ("checkout", checkout.as_str())]).await.status, 400);
    // At the speaker somebody takes tulips instead; the old form does not buy them.
    AHEAD.set(5);
    town.leave("ada", "tulips", 2).await;
    let answer = browser.post(&buy, &[("form", proof.as_str()), ("checkout", checkout.as_str())]).await;
    assert!(answer.body.contains("has changed") && answer.body.contains("tulips"), "{}", answer.body);
    // The new one does.
    let form = [("form", answer.attribute("name=\"form\" value=\"")), ("checkout", checkout)];
    assert_eq!(browser.post(&buy, &form).await.status, 303);
    assert!(town.charges().await.is_empty());
}

#[tokio::test]
async fn a_form_that_could_not_be_sent_on_leads_back_to_the_total() {
    let town = Town::start().await;
    town.leave("ada", "roses", 2).await;
    let browser = town.browser();
    let (way, form) = town.at_total(&browser).await;
    for _ in 0..3 {
        town.control("next", &json!({ "operation": "Update Checkout Session", "reasonCode": "InternalServerError" })).await;
    }
    let answer = browser.post(&form.action, &form.fields()).await;
    assert_eq!(answer.status, 503);
    let back = answer.attribute("<p><a href=\"");
    assert!(way.ends_with(&back), "{back} is not where {way} was");
    assert!(browser.get(&back).await.body.contains("Buy now"));
}

#[tokio::test]
async fn a_cart_that_has_changed_meanwhile_is_shown_again_and_not_charged() {
    let town = Town::start().await;
    town.linked().await;
    town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "1111").await;
    AHEAD.set(5);
    town.leave("ada", "roses", 3).await;
    let answer = browser.get(&way).await;
    assert_eq!((answer.status, answer.location()), (302, "/cart?note=changed"));
    assert!(browser.get("/cart?note=changed").await.body.contains("so nothing was charged"));
    assert_eq!(browser.get(&way).await.status, 400, "going back does not buy what was refused");
    assert!(town.charges().await.is_empty() && town.opening("ada").await.orders.is_empty());
}

#[tokio::test]
async fn nothing_is_charged_while_the_outcome_of_another_charge_is_outstanding() {
    let town = Town::start().await;
    town.linked().await;
    let left = town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "1111").await;
    // At the speaker another order was charged, and nobody knows what has come of it.
    let other = OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer("ada"), now().plus(-60), &WriteId::of_bits(99));
    let mut open = paid_elsewhere(&town, &other).await;
    open.state = charging(&open);
    assert!(matches!(town.store.create(&open).await.unwrap(), Written::Done(_)));
    let answer = browser.get(&way).await;
    assert_eq!(answer.location(), "/cart?note=wait");
    assert!(browser.get("/cart").await.body.contains("not settled yet"));
    assert_eq!(browser.get(&way).await.status, 400);
    assert!(town.charges().await.is_empty() && town.store.order(&left).await.unwrap().is_none());
}

/// An order of the same goods, as the speaker would have placed it.
async fn paid_elsewhere(town: &Town, id: &OrderId) -> Order {
    let scratch = Town::start().await;
    scratch.linked().await;
    let placed = scratch.leave("ada", "roses", 2).await;
    let (browser, page) = scratch.at_cart("ada").await;
    browser.get(&scratch.agrees(&page, "ada", "1111").await).await;
    let order = scratch.order(&placed).await;
    assert_eq!(order.id.buyer(), town.opening("ada").await.left.unwrap().order.buyer());
    Order { id: id.clone(), ..order }
}

fn charging(order: &Order) -> State {
    let attempt = order.state.attempt().unwrap();
    let attempt = voicetill::domain::payment::Attempt { checkout: None, ..attempt.clone() };
    State::Charging { attempt, standing: Standing::Unknown { since: now() }, cancel: false }
}

#[tokio::test]
async fn a_declined_payment_and_a_change_of_mind_store_nothing() {
    let town = Town::start().await;
    town.linked().await;
    town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let declined = browser.get(&town.agrees(&page, "ada", "3434").await).await;
    assert_eq!(declined.location(), "/cart?note=over");
    let page = browser.get(declined.location()).await;
    assert!(page.body.contains("has not taken the payment") && page.body.contains("$59.61"), "{}", page.body);
    let turned_back = town.at_amazon(&page, "check-out", &[("answer", "cancel"), ("buyer", "ada")]).await;
    let answer = browser.get(&turned_back).await;
    assert_eq!(answer.location(), "/cart?note=cancelled");
    assert!(browser.get(answer.location()).await.body.contains("Nothing was bought"));
    assert!(town.charges().await.is_empty() && town.opening("ada").await.orders.is_empty());
}

#[tokio::test]
async fn a_purchase_that_somebody_else_has_begun_is_not_finished_here() {
    let town = Town::start().await;
    town.linked().await;
    town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "1111").await;
    assert_eq!(town.browser().get(&way).await.status, 400, "another browser");
    let (other, other_page) = town.at_cart("ada").await;
    let others = town.agrees(&other_page, "ada", "1111").await;
    let (_, session) = others.split_once('?').unwrap();
    let (own, _) = way.split_once('?').unwrap();
    let answer = browser.get(&format!("{own}?{session}")).await;
    assert!(answer.status == 400 && answer.body.contains("does not belong to this page"), "{}", answer.body);
    assert_eq!(browser.get(own).await.status, 400);
    // A wallet that is only set up is no purchase, and a purchase is completed by nothing but its own page.
    let (_, id) = session.split_once('=').unwrap();
    let set_up = own.replace("/cart/done/", "/return/");
    assert_eq!(browser.get(&format!("{set_up}?amazonCheckoutSessionId={id}")).await.status, 400);
    drop(other);

    // At Amazon, ben signs in for what ada has begun.
    let (browser, page) = town.at_cart("ada").await;
    let answer = browser.get(&town.agrees(&page, "ben", "1111").await).await;
    assert!(answer.status == 403 && answer.body.contains("another account"), "{}", answer.body);
    assert!(town.charges().await.is_empty() && town.opening("ada").await.orders.is_empty());
}

#[tokio::test]
async fn a_page_that_is_loaded_twice_at_once_charges_once() {
    let town = Town::start().await;
    town.linked().await;
    let left = town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "1111").await;
    let (one, other) = tokio::join!(browser.get(&way), browser.get(&way));
    for page in [one, other] {
        assert!(page.body.contains("Your payment went through") || page.body.contains("cannot say yet"), "{}", page.body);
    }
    let last = browser.get(&way).await;
    assert!(last.body.contains("Your payment went through"), "{}", last.body);
    invariant_charged_once(&town.order(&left).await, &town.charges().await);
}

#[tokio::test]
async fn two_pages_of_one_cart_buy_it_once() {
    let town = Town::start().await;
    town.linked().await;
    let left = town.leave("ada", "roses", 2).await;
    let ((one, first), (other, second)) = (town.at_cart("ada").await, town.at_cart("ada").await);
    let ways = (town.agrees(&first, "ada", "1111").await, town.agrees(&second, "ada", "1111").await);
    let (one, other) = tokio::join!(one.get(&ways.0), other.get(&ways.1));
    let bought = [&one, &other].iter().filter(|page| page.status == 200).count();
    assert_eq!(bought, 1, "{} {}", one.body, other.body);
    invariant_charged_once(&town.order(&left).await, &town.charges().await);
}

#[tokio::test]
async fn a_lost_answer_is_told_as_doubt_and_looked_up_once_whether_it_was_charged_or_not() {
    for broken in ["before", "after"] {
        let town = Town::start().await;
        town.linked().await;
        let left = town.leave("ada", "roses", 2).await;
        let (browser, page) = town.at_cart("ada").await;
        let way = town.agrees(&page, "ada", "1111").await;
        town.cut_off(broken).await;
        let doubt = browser.get(&way).await;
        assert!(doubt.status == 200 && doubt.body.contains("do not order again"), "{broken}: {}", doubt.body);
        let order = town.order(&left).await;
        assert!(matches!(order.state, State::Charging { standing: Standing::Unknown { .. }, .. }), "{broken}: {:?}", order.state);
        assert_eq!(order.history.last().map(|entry| (entry.who, entry.what)), Some((Actor::Amazon, Event::ChargeAnswered)));
        assert!(browser.get("/cart").await.body.contains("not settled yet"), "{broken}");
        let order = town.reconciled(&left, Time::HOUR).await;
        invariant_charged_once(&order, &town.charges().await);
        assert!(order.agreement.is_some(), "{broken}");
        let told = browser.get(&way).await;
        assert!(told.body.contains("Your payment went through"), "{broken}: {}", told.body);
        invariant_charged_once(&town.order(&left).await, &town.charges().await);
    }
}

/// The first try of the call is on its way to Amazon; the second is refused for what the first has made of the session, or will.
#[tokio::test]
async fn a_refusal_that_follows_a_try_without_an_answer_settles_nothing() {
    let town = Town::start().await;
    town.linked().await;
    let left = town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "1111").await;
    town.bend(1, &json!({ "broken": "before" })).await;
    town.bend(1, &json!({ "reasonCode": "InvalidCheckoutSessionStatus" })).await;
    let doubt = browser.get(&way).await;
    assert!(doubt.status == 200 && doubt.body.contains("do not order again"), "{}", doubt.body);
    let order = town.order(&left).await;
    assert!(matches!(order.state, State::Charging { standing: Standing::Unknown { .. }, .. }), "{:?}", order.state);
    let order = town.reconciled(&left, Time::HOUR).await;
    invariant_charged_once(&order, &town.charges().await);
}

#[tokio::test]
async fn what_was_stored_by_a_function_that_died_is_found_out_by_the_session() {
    for standing in ["open", "completed", "expired"] {
        let town = Town::start().await;
        town.linked().await;
        let left = town.leave("ada", "roses", 2).await;
        let (browser, page) = town.at_cart("ada").await;
        let way = town.agrees(&page, "ada", "1111").await;
        // The function is cut off in the middle of the call: the attempt is stored, and its outcome is not.
        town.bend(1, &json!({ "delayMs": 600_000 })).await;
        let cookies = browser.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let dying = tokio::spawn(town.http.get(&way).header("cookie", cookies).send());
        while town.planned().await > 0 && !dying.is_finished() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        dying.abort();
        // On a machine that stood still meanwhile, it has given up before it called.
        town.forget().await;
        let stored = town.order(&left).await;
        let attempt = stored.state.attempt().unwrap().clone();
        let checkout = attempt.checkout.clone().unwrap();
        assert!(way.ends_with(checkout.as_str()), "{standing}");
        match standing {
            // The call has got through all the same.
            "completed" => {
                let body = CompleteCheckoutSession { charge_amount: Some(Price(attempt.amount)) };
                let (id, key) = (ObjectId::parse(checkout.as_str()).unwrap(), attempt.id(&left));
                town.client().complete_checkout_session(&id, &body, &key, Duration::from_secs(30)).await.unwrap();
            }
            "expired" => town.control("clock", &json!({ "seconds": Time::DAY })).await,
            _ => {}
        }
        let order = town.reconciled(&left, 2 * Time::HOUR).await;
        if standing == "expired" {
            assert!(matches!(order.state, State::Declined { decline: Decline::NotTried, .. }), "{:?}", order.state);
            assert!(town.charges().await.is_empty());
        } else {
            invariant_charged_once(&order, &town.charges().await);
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_later_is_told_as_pending() {
    let town = Town::selling(|shop| shop.timing = Timing::Asynchronous).await;
    town.linked().await;
    let left = town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "0701").await;
    let pending = browser.get(&way).await;
    assert!(pending.body.contains("still looking at your payment") && !pending.body.contains("went through"), "{}", pending.body);
    let order = town.order(&left).await;
    assert!(matches!(order.state, State::Charging { standing: Standing::Pending(_), .. }), "{:?}", order.state);
    town.control("clock", &json!({ "seconds": 60 })).await;
    let order = town.reconciled(&left, Time::HOUR).await;
    invariant_charged_once(&order, &town.charges().await);
    assert!(browser.get(&way).await.body.contains("Your payment went through"));
}

#[tokio::test]
async fn a_decline_after_it_was_stored_is_told_and_the_cart_can_be_paid_in_another_way() {
    let town = Town::start().await;
    town.linked().await;
    let left = town.leave("ada", "roses", 2).await;
    let (browser, page) = town.at_cart("ada").await;
    let way = town.agrees(&page, "ada", "1111").await;
    town.bend(1, &json!({ "simulationCode": "Declined" })).await;
    let declined = browser.get(&way).await;
    assert!(declined.body.contains("nothing was charged") && declined.body.contains("href=\"/cart\""), "{}", declined.body);
    assert!(matches!(town.order(&left).await.state, State::Declined { .. }));
    assert!(browser.get(&way).await.body.contains("nothing was charged"), "the same checkout is not tried again");

    AHEAD.set(10);
    let page = browser.get("/cart").await;
    let done = browser.get(&town.agrees(&page, "ada", "1111").await).await;
    assert!(done.body.contains("Your payment went through"), "{}", done.body);
    let opening = town.opening("ada").await;
    assert_eq!(opening.orders.iter().filter(|order| matches!(order.state, State::Paid(_))).count(), 1);
    assert_eq!(town.charges().await, [json!("Captured")]);
    assert!(browser.get("/cart").await.body.contains("no cart waiting"));
}

#[tokio::test]
async fn who_has_no_cart_or_lives_elsewhere_is_told_so() {
    let town = Town::start().await;
    let (browser, page) = town.at_cart("ben").await;
    assert!(page.body.contains("no cart waiting") && page.body.contains("href=\"/payment\""), "{}", page.body);
    town.leave("ben", "roses", 1).await;
    let page = browser.get("/cart").await;
    assert!(page.body.contains("do not know yet where") && page.body.contains("bouquet of roses"), "{}", page.body);
    assert!(!page.body.contains("id=\"check-out\"") && page.body.contains("id=\"express\""));
    town.leave("finn", "roses", 1).await;
    let way = town.at_amazon(&page, "express", &[("answer", "agree"), ("buyer", "finn"), ("card", "1111")]).await;
    let review = browser.get(&way).await;
    assert!(review.body.contains("do not deliver to this address") && !review.body.contains("Buy now"), "{}", review.body);
}
