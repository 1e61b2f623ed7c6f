//! One fault of the store at every call of a purchase, at the speaker or on a page, and a store that is down for good. Time is virtual, so
//! how much later the buyer hears the answer is exact.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;
use voicetill::adapters::aws::ATTEMPT_MAX;
use voicetill::adapters::fingerprint;
use voicetill::adapters::link::offer;
use voicetill::app::{Finished, Till, TurnError};
use voicetill::domain::cart::{Cart, Line};
use voicetill::domain::dialog::{Agreed, LeftCart, Look, Moment, To, look};
use voicetill::domain::ids::{BuyerId, CheckoutId, OrderId, Sku};
use voicetill::domain::order::{Order, Outcome, Report, State};
use voicetill::domain::payment::{Attempt, CheckoutStanding, Names};
use voicetill::domain::place::Address;
use voicetill::domain::time::Time;
use voicetill::entry::skill::Skill;
use voicetill::faults::chance::{Chance, Fault, STORE, Shared};
use voicetill::faults::ground::{Ground, Kind};
use voicetill::ports::{Answered, Charges, PaymentsError, Store};
use voicetill::simulator::alexa::Reply;
use voicetill::simulator::amazon_pay::Effect;

use crate::alexa::{Bank, Device, claims_paid, config, speech, valid};
use crate::shop::skill;

/// A skill over a store on which one thing goes wrong.
struct Shop {
    skill: Skill<Ground>,
    chance: Shared,
    /// How long each turn took.
    took: Vec<Duration>,
}

impl Shop {
    async fn open(kind: Kind) -> Self {
        let chance = Shared::new(Chance::calm());
        let ground = Ground::new(kind, chance.clone());
        ground.clear().await.unwrap();
        Self { skill: skill(config(), ground), chance, took: Vec::new() }
    }

    async fn turn(&mut self, device: &mut Device, envelope: serde_json::Value) -> Reply {
        let began = Instant::now();
        let response = self.skill.answer(envelope).await.expect("an invocation never fails");
        self.took.push(began.elapsed());
        valid(&response);
        device.hear(&response)
    }

    /// A purchase from the launch on; it ends early when the shop apologises. What was said last.
    async fn purchase(&mut self, device: &mut Device, bank: &mut Bank) -> String {
        let mut said = String::new();
        for step in 0..8 {
            let envelope = match step {
                0 => device.launch(),
                1 => device.buy("2", "roses"),
                _ if said.ends_with("Would you like to check out?") => device.intent("CheckOutIntent", &[]),
                _ if said.ends_with("Shall I place the order?") => device.yes(),
                _ => break,
            };
            let mut heard = self.turn(device, envelope).await;
            if heard.send.is_some() {
                let envelope = bank.carry_out(device, &heard, Effect::Ordinary);
                heard = self.turn(device, envelope).await;
            }
            speech(&heard).clone_into(&mut said);
            if said.is_empty() || step > 0 && heard.ends {
                break;
            }
        }
        said
    }

    /// The same with a fault at these calls.
    async fn purchase_with(&mut self, fault: Fault, calls: Range<u64>, device: &mut Device, bank: &mut Bank) -> String {
        self.took.clear();
        self.chance.reset(Chance::only(fault, calls));
        self.purchase(device, bank).await
    }
}

/// A first purchase and then a repeat purchase, each with the same fault at one of its calls.
async fn with_one_fault(kind: Kind, fault: Fault, call: u64) {
    let (mut shop, mut device, mut bank) = (Shop::open(kind).await, Device::new("ada"), Bank::default());
    for purchase in 1..=2 {
        let said = shop.purchase_with(fault, call..call + 1, &mut device, &mut bank).await;
        assert!(claims_paid(&said), "{fault:?} at call {call} of purchase {purchase} through {kind:?}: {said}");
        assert_eq!(bank.captured(&device).len(), purchase);
        assert_eq!(bank.charges.len(), purchase, "{:?}", bank.charges);
        let hangs = matches!(fault, Fault::StoreHangsBefore | Fault::StoreHangsAfter | Fault::StoreLate);
        // A call takes up to 12 ms even where nothing goes wrong.
        let later = Duration::from_millis(if hangs { 1_500 } else { 300 } + 24);
        assert!(shop.took.iter().all(|took| *took <= later), "{fault:?} at call {call} through {kind:?}: {:?}", shop.took);
        let (longest, calls) = (shop.took.iter().max().unwrap(), shop.chance.draw().calls());
        assert!(!hangs || call >= calls - 1 || *longest >= ATTEMPT_MAX, "{fault:?} at call {call} was not felt: {:?}", shop.took);
        device.clock().advance(3_600);
    }
    let paid = |order: &Order| matches!(order.state, State::Paid(_));
    assert_eq!(shop.skill.store.orders().await.unwrap().iter().filter(|order| paid(order)).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_fault_of_the_store_costs_no_purchase() {
    for kind in [Kind::Memory, Kind::Engine] {
        for fault in STORE.into_iter().filter(|fault| *fault != Fault::StoreDown) {
            for call in 0..5 {
                with_one_fault(kind, fault, call).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_apologised_for_within_four_seconds() {
    let down = [
        Fault::StoreThrottled,
        Fault::StoreFailsBefore,
        Fault::StoreFailsAfter,
        Fault::StoreGoneBefore,
        Fault::StoreGoneAfter,
        Fault::StoreHangsBefore,
        Fault::StoreHangsAfter,
    ];
    for kind in [Kind::Memory, Kind::Engine] {
        for fault in down {
            for first in 0..5 {
                let (mut shop, mut device, mut bank) = (Shop::open(kind).await, Device::new("ada"), Bank::default());
                let said = shop.purchase_with(fault, first..u64::MAX, &mut device, &mut bank).await;
                assert!(!said.is_empty() && !claims_paid(&said), "{fault:?} from call {first} on: {said}");
                assert!(shop.took.iter().all(|took| *took <= Duration::from_secs(4)), "{fault:?} from call {first} on: {:?}", shop.took);
                assert!(bank.charges.len() <= 1);
            }
        }
    }
}

/// Amazon Pay, which completes any checkout, and looks whether that was stored before.
struct Witness(Ground);

impl Charges for Witness {
    async fn charge(&self, _: &Order, attempt: &Attempt, _: Duration) -> Result<Answered, PaymentsError> {
        let checkout = attempt.checkout.as_ref().expect("on a page a checkout charges");
        let stored = self.0.orders().await.unwrap();
        assert!(stored.iter().any(|order| order.is_charged_by(checkout)), "{checkout} is completed, and no order knows of it");
        let outcome = Outcome::Captured { amount: Some(attempt.amount), names: Names::default() };
        Ok(Answered { report: Some(Report::Charge { attempt: Some(attempt.number), outcome }), request: None })
    }
}

/// A cart that was left at the speaker is finished on a page, while this goes wrong at these calls.
async fn finished_with(kind: Kind, fault: Fault, calls: Range<u64>) -> Result<Finished, TurnError> {
    let chance = Shared::new(Chance::calm());
    let ground = Ground::new(kind, chance.clone());
    ground.clear().await.unwrap();
    let (shop, now) = (config().shop, Time::from_unix(1_793_613_600));
    let buyer = BuyerId::parse("0123456789ABCDEF").unwrap();
    let left = fingerprint::mark("left");
    let order = OrderId::begin(&shop.order_prefix, &buyer, now, &left);
    let cart = Cart::of([Line { sku: Sku::parse("roses").unwrap(), quantity: 2 }]);
    ground.keep(&buyer, &LeftCart { order: order.clone(), cart, at: now }, &left).await.unwrap();

    let checkout = CheckoutId::parse("a-checkout").unwrap();
    let write = offer::mark(&checkout, &order);
    let moment = Moment { shop: &shop, buyer: &buyer, locale: &shop.locales[0], now, write: &write, consent: false, link: None };
    let address: Address = crate::wallets::address();
    let to = To::Chosen(Some(&address));
    let Look::Cart(waiting) = look(&moment, &ground.opening(&buyer).await.unwrap(), to) else { panic!("there is a cart") };
    let total = waiting.price.unwrap().total;
    let agreed = Agreed { checkout: &checkout, order: &order, total, standing: CheckoutStanding::Open, to };
    let witness = Witness(ground.clone());
    let till = Till { store: &ground, charges: &witness, codes: None, mark: fingerprint::mark };
    chance.reset(Chance::only(fault, calls));
    till.finish(&moment, &agreed, |_| true).await
}

#[tokio::test(start_paused = true)]
async fn a_page_completes_no_checkout_that_is_not_stored_whatever_the_store_does() {
    for kind in [Kind::Memory, Kind::Engine] {
        for fault in STORE.into_iter().filter(|fault| *fault != Fault::StoreDown) {
            for call in 0..4 {
                let once = finished_with(kind, fault, call..call + 1).await;
                let paid = matches!(&once, Ok(Finished::Order { order, .. }) if matches!(order.state, State::Paid(_)));
                assert!(paid, "{fault:?} at call {call} through {kind:?}: {once:?}");
                let down = finished_with(kind, fault, call..u64::MAX).await;
                // The cart is read, the try is stored, and then what has come of it.
                assert_eq!(down.is_ok(), call >= 3, "{fault:?} from call {call} on: {down:?}");
            }
        }
    }
}
