//! Ten thousand notifications about a hundred orders while people talk to the shop, in virtual time: repeated, in any order, half of them
//! before the shop has heard Amazon's own answer. In the end the books say the same, and everybody has been told everything once.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, Heard, Teller};
use voicetill::domain::ids::AmazonId;
use voicetill::domain::notice::{Notice, Reference};
use voicetill::domain::order::{Event, Order, State, Status};
use voicetill::domain::payment::{CaptureMode, Timing};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::entry::skill::Skill;
use voicetill::faults::chance::{Chance, Shared};
use voicetill::faults::memory::Memory;
use voicetill::simulated::LocalPay;
use voicetill::simulator::amazon_pay::account::ChargeState;
use voicetill::simulator::amazon_pay::books::Books;
use voicetill::simulator::amazon_pay::{BUYERS, Outcome, Party, Step};
use voicetill::simulator::clock::REPLAY_START;
use voicetill::simulator::ids::hash;

use super::post::Post;
use crate::alexa::{Device, config};
use crate::shop::skill;

const BUYERS_COUNT: u64 = 100;
const NOTICES: usize = 10_000;
const MESSENGERS: u64 = 20;

const OUTCOMES: [&str; 8] =
    ["paid", "pending", "pending-declined", "declined-soft", "rejected", "silence", "expired-unused", "processing-failure"];

struct Storm {
    skill: Skill<Memory>,
    store: Memory,
    books: Books,
    began: Instant,
    /// References whose answers the shop has had.
    answered: std::sync::Mutex<Vec<String>>,
    early: AtomicUsize,
    heard: AtomicUsize,
    post: Post,
}

impl Storm {
    fn now(&self) -> Time {
        REPLAY_START.plus(i64::try_from(self.began.elapsed().as_secs()).unwrap())
    }

    /// One turn of a device whose clock has been set.
    async fn turn(&self, device: &mut Device, make: impl FnOnce(&mut Device) -> serde_json::Value) -> voicetill::simulator::alexa::Reply {
        device.clock().advance(self.now().since(device.clock().now()));
        let envelope = make(device);
        let response = self.skill.answer(envelope).await.unwrap();
        device.hear(&response)
    }

    /// Amazon Pay carries out what was sent; its answer comes after a while, or never.
    async fn carry_out(&self, device: &mut Device, reply: &voicetill::simulator::alexa::Reply, outcome: &str, late: Duration) {
        let send = reply.send.clone().unwrap_or_else(|| panic!("nothing was sent: {reply:?}"));
        let step = if send.name == "Setup" { Step::Setup } else { Step::Charge };
        let party = Party { buyer: BUYERS[0], permission: device.caller.permission };
        let effect = Outcome::named(outcome).unwrap().effect;
        let now = self.now();
        let answer = self.books.with(|pay| pay.carry_out(step, &send.payload, party, now, effect)).unwrap();
        sleep(late).await;
        if outcome != "silence" {
            self.turn(device, |device| device.answer(&send.name, &send.token, answer.fields)).await;
        }
        if let Some(reference) = crate::alexa::attempt(reply) {
            self.answered.lock().unwrap().push(reference);
        }
    }

    async fn buyer(self: Rc<Self>, number: u64) {
        let draw = |what: u64, below: u64| hash(what, &format!("buyer {number}")) % below;
        let mut device = Device::new(&format!("household {number}"));
        sleep(Duration::from_millis(draw(1, 10_000))).await;
        self.turn(&mut device, Device::launch).await;
        self.turn(&mut device, |device| device.buy("2", "roses")).await;
        let sent = self.turn(&mut device, |device| device.intent("CheckOutIntent", &[])).await;
        self.carry_out(&mut device, &sent, "paid", Duration::from_millis(draw(2, 3_000))).await;
        let sent = self.turn(&mut device, Device::yes).await;
        let outcome = OUTCOMES[usize::try_from(number).unwrap() % OUTCOMES.len()];
        // The answer takes its time, so that notifications overtake it.
        self.carry_out(&mut device, &sent, outcome, Duration::from_millis(50_000 + draw(3, 60_000))).await;
        // And the buyer goes on talking: asks how the order is doing, and what else there is.
        for visit in 0..5 {
            sleep(Duration::from_millis(draw(4 + visit, 20_000))).await;
            self.turn(&mut device, Device::launch).await;
            self.turn(&mut device, |device| device.intent("OrderStatusIntent", &[])).await;
        }
    }

    async fn messenger(self: Rc<Self>, number: u64) {
        for sent in 0..NOTICES / usize::try_from(MESSENGERS).unwrap() {
            let draw = |what: u64, below: u64| hash(what, &format!("messenger {number} {sent}")) % below;
            sleep(Duration::from_millis(draw(1, 480))).await;
            let (id, reference) = loop {
                let picked = self.books.with(|pay| {
                    let charges = &pay.account.charges;
                    let at = draw(2, u64::try_from(charges.len()).unwrap().max(1));
                    let charge = charges.get(usize::try_from(at).unwrap())?;
                    Some((AmazonId::parse(&charge.id).unwrap(), charge.directive.as_ref()?.reference.clone()))
                });
                match picked.unwrap() {
                    Some(picked) => break picked,
                    None => sleep(Duration::from_secs(1)).await,
                }
            };
            let early = !self.answered.lock().unwrap().contains(&reference);
            // In either of Amazon's forms, the older one with our id in it.
            let ours = Reference::parse(&reference).filter(|_| draw(3, 2) == 0);
            let heard = self.hear(&Notice::Charge { id, ours }, &format!("{number} {sent}")).await;
            assert!(matches!(heard, Heard::News(_) | Heard::Known(_)), "{heard:?}");
            self.heard.fetch_add(1, Ordering::Relaxed);
            self.early.fetch_add(usize::from(early), Ordering::Relaxed);
        }
    }

    async fn hear(&self, notice: &Notice, run: &str) -> Heard {
        let mark = |text: &str| fingerprint::mark(&format!("{run} {text}"));
        loop {
            let pay = LocalPay { books: &self.books, now: self.now() };
            let desk = Desk { store: &self.store, payments: &pay, now: self.now(), mark: &mark };
            // What has to come again comes again.
            match desk.hear(notice, World::Simulated).await {
                Ok(heard) => return heard,
                Err(_) => sleep(Duration::from_secs(1)).await,
            }
        }
    }
}

/// Two runs of the function that tells, each of which sees every change, until nothing is left to tell.
async fn telling(storm: &Storm, run: &str, over: impl Fn() -> bool) {
    let (mut seen, mut owed) = (0, Vec::new());
    loop {
        let fresh = storm.store.changes_after(seen);
        seen += fresh.len();
        owed.extend(fresh);
        let mark = |text: &str| fingerprint::mark(&format!("{run} {text}"));
        let mut again = Vec::new();
        for change in owed {
            let post = &storm.post;
            let teller =
                Teller { store: post, buyers: post, mail: post, devices: post, world: World::Simulated, now: storm.now(), mark: &mark };
            if !teller.tell(&change).await.untold.is_empty() {
                again.push(change);
            }
        }
        owed = again;
        if over() && owed.is_empty() && storm.store.changes_after(seen).is_empty() {
            return;
        }
        sleep(Duration::from_millis(250)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_notifications_about_a_hundred_orders_leave_the_books_of_amazon_pay() {
    let chance = Shared::new(Chance::calm());
    let memory = Memory::new(chance).streaming();
    let mut config = config();
    (config.shop.timing, config.shop.capture) = (Timing::Asynchronous, CaptureMode::Immediate);
    let storm = Rc::new(Storm {
        skill: skill(config, memory.clone()),
        store: memory,
        books: Books::in_memory(),
        began: Instant::now(),
        answered: std::sync::Mutex::default(),
        early: AtomicUsize::new(0),
        heard: AtomicUsize::new(0),
        post: Post::default(),
    });
    let all = LocalSet::new();
    let calm = Rc::new(Cell::new(false));
    for run in ["first", "second"] {
        let (storm, calm) = (Rc::clone(&storm), Rc::clone(&calm));
        all.spawn_local(async move { telling(&storm, run, || calm.get()).await });
    }
    let mut tasks: Vec<_> = (0..BUYERS_COUNT).map(|number| all.spawn_local(Rc::clone(&storm).buyer(number))).collect();
    tasks.extend((0..MESSENGERS).map(|number| all.spawn_local(Rc::clone(&storm).messenger(number))));
    all.run_until(async {
        for task in tasks {
            task.await.unwrap();
        }
    })
    .await;
    // Whatever was sent too early to say how it ended is told of once more.
    sleep(Duration::from_mins(1)).await;
    for charge in storm.books.with(|pay| pay.account.charges.clone()).unwrap() {
        storm.hear(&Notice::Charge { id: AmazonId::parse(&charge.id).unwrap(), ours: None }, "last").await;
    }
    calm.set(true);
    all.await;
    let (early, heard) = (storm.early.load(Ordering::Relaxed), storm.heard.load(Ordering::Relaxed));
    assert_eq!(heard, NOTICES);
    assert!(early * 2 >= NOTICES, "{early} of {heard} came before the answer");

    let orders = storm.store.orders();
    assert_eq!(orders.len(), usize::try_from(BUYERS_COUNT).unwrap());
    let now = storm.now();
    let charges = storm.books.with(|pay| pay.account.charges.clone()).unwrap();
    assert_eq!(charges.len(), orders.len(), "nobody is charged twice");
    for order in &orders {
        let charge =
            charges.iter().find(|held| held.directive.as_ref().unwrap().reference == order.id.attempt(1).as_str()).unwrap().at(now);
        agree(order, &charge.state);
        // Each fact has changed the order once: as many changes as there are states to go through, however often it was told.
        let told =
            order.history.iter().filter(|entry| matches!(entry.what, Event::Notified | Event::ChargeAnswered | Event::TimePassed)).count();
        assert!((1..=3).contains(&told), "{told} changes of {}: {:?}", order.id, order.history);
    }
    storm.post.audit(&storm.store.changes_after(0), &orders);
}

/// What Amazon Pay says, the order says.
fn agree(order: &Order, charge: &ChargeState) {
    let status = order.state.status();
    let fits = match charge {
        ChargeState::Captured => matches!(&order.state, State::Paid(paid) if paid.refunds.is_empty()),
        ChargeState::Declined(_) => status == Some(Status::Declined),
        ChargeState::Canceled(_) => status == Some(Status::Expired),
        _ => false,
    };
    assert!(fits, "{charge:?} against {:?}", order.state);
}
