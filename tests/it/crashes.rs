//! A program may die at any moment. Whatever it was doing: after a restart and `orders reconcile` the books of the shop and those of Amazon
//! Pay agree. Where it dies, what else goes wrong, and who works on the order at the same time, is drawn from a seed.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, DeskError};
use voicetill::domain::dialog::{Amend, LeftCart, Opening};
use voicetill::domain::ids::{BillingAgreementId, BuyerId, OrderId, WriteId};
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::{Capture, Command, Effect as Owed, Hold, Order, Paid, Parcel, Refund, RefundStanding, State};
use voicetill::domain::payment::{Attempt, CaptureMode, Names};
use voicetill::domain::time::Time;
use voicetill::domain::wallet::SavedWallet;
use voicetill::entry::skill::Skill;
use voicetill::faults::chance::{Chance, Shared};
use voicetill::faults::memory::Memory;
use voicetill::ports::{Addressees, Answered, Consent, Payments, PaymentsError, Saved, Store, StoreError, Wallets, Written};
use voicetill::simulated::LocalPay;
use voicetill::simulator::amazon_pay::{Effect, End, Lies};

use crate::alexa::{Bank, Device, config, valid};
use crate::shop::skill;

/// What a program can die of, and how it is told apart from others in the count.
#[derive(Debug, Default)]
struct Fate {
    /// How many more moments it lives; `None` for ever.
    left: Option<u32>,
    /// One call of Amazon Pay is to come to nothing, or its answer to be lost.
    loses: Option<Loss>,
    /// The answer to one write is to be lost on its way, so that the client writes once more.
    unheard: bool,
    /// Two desks take turns by chance: how long either is held up at each moment.
    pace: Option<fastrand::Rng>,
    /// Where programs have died so far.
    deaths: BTreeMap<String, u32>,
}

#[derive(Clone, Copy, Debug)]
enum Loss {
    Call,
    Answer,
}

/// Stands between a program and what it calls.
#[derive(Clone, Debug, Default)]
struct Knife {
    fate: Arc<Mutex<Fate>>,
    fell: Arc<Notify>,
}

impl Knife {
    /// A moment at which the program may die.
    async fn moment(&self, name: &str, side: &str) {
        let dies = {
            let mut fate = self.fate.lock().unwrap();
            let dies = fate.left == Some(0);
            fate.left = fate.left.map(|left| left.saturating_sub(1));
            if dies {
                *fate.deaths.entry(format!("{side} {name}")).or_default() += 1;
            }
            dies
        };
        if dies {
            self.fell.notify_one();
            pending::<()>().await;
        }
        self.held_up().await;
    }

    async fn held_up(&self) {
        let pause = self.fate.lock().unwrap().pace.as_mut().map(|rng| Duration::from_millis(rng.u64(0..4)));
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }

    async fn around<T>(&self, name: &str, call: impl Future<Output = T>) -> T {
        self.moment(name, "before").await;
        let done = call.await;
        self.moment(name, "after").await;
        done
    }

    /// A call of Amazon Pay, which may get lost without the program dying of it.
    async fn paid<F>(&self, name: &str, call: F) -> Result<Answered, PaymentsError>
    where
        F: Future<Output = Result<Answered, PaymentsError>>,
    {
        let loss = self.fate.lock().unwrap().loses.take();
        match loss {
            Some(Loss::Call) => self.around(name, async { Err(PaymentsError::NotDone { request: None, source: "lost".into() }) }).await,
            Some(Loss::Answer) => {
                let unheard = async { call.await.and(Err(PaymentsError::Unknown { request: None, source: "lost".into() })) };
                self.around(name, unheard).await
            }
            None => self.around(name, call).await,
        }
    }

    /// Lets a program run until it is done, or dies after so many moments.
    async fn run<T>(&self, left: Option<u32>, loses: Option<Loss>, program: impl Future<Output = T>) -> Option<T> {
        {
            let mut fate = self.fate.lock().unwrap();
            (fate.left, fate.loses) = (left, loses);
        }
        let done = tokio::select! {
            biased;
            done = program => Some(done),
            () = self.fell.notified() => None,
        };
        let mut fate = self.fate.lock().unwrap();
        (fate.left, fate.loses, fate.unheard, fate.pace) = (None, None, false, None);
        done
    }
}

#[derive(Clone, Debug)]
struct CutStore(Memory, Knife);

impl Addressees for CutStore {}

impl Store for CutStore {
    async fn opening(&self, buyer: &BuyerId) -> Result<Opening, StoreError> {
        self.1.around("opening", self.0.opening(buyer)).await
    }

    async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        self.1.around("read", self.0.order(id)).await
    }

    async fn create(&self, order: &Order) -> Result<Written, StoreError> {
        self.1.around("write", self.0.create(order)).await
    }

    async fn amend(&self, amend: &Amend) -> Result<Written, StoreError> {
        let written = self.1.around("write", self.0.amend(amend)).await?;
        let unheard = std::mem::take(&mut self.1.fate.lock().unwrap().unheard);
        if unheard {
            // By then somebody else may have gone on from it, to the end.
            tokio::time::sleep(Duration::from_millis(60)).await;
            return self.1.around("write", self.0.amend(amend)).await;
        }
        Ok(written)
    }

    async fn keep(&self, buyer: &BuyerId, cart: &LeftCart, write: &WriteId) -> Result<(), StoreError> {
        self.1.around("write", self.0.keep(buyer, cart, write)).await
    }
}

impl Wallets for CutStore {
    async fn wallet(&self, buyer: &BuyerId) -> Result<Option<SavedWallet>, StoreError> {
        self.1.around("read", self.0.wallet(buyer)).await
    }

    async fn save_wallet(&self, buyer: &BuyerId, wallet: &SavedWallet, expected: Option<&WriteId>) -> Result<Saved, StoreError> {
        self.1.around("write", self.0.save_wallet(buyer, wallet, expected)).await
    }
}

struct CutPay<'b>(LocalPay<'b>, Knife);

impl Payments for CutPay<'_> {
    async fn look(&self, order: &Order, names: &Names) -> Result<Answered, PaymentsError> {
        self.1.paid("look", self.0.look(order, names)).await
    }

    async fn consent(&self, agreement: &BillingAgreementId) -> Result<Consent, PaymentsError> {
        self.0.consent(agreement).await
    }

    async fn charge_again(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        self.1.paid("charge", self.0.charge_again(order, attempt)).await
    }

    async fn hold_rest(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        self.1.paid("hold", self.0.hold_rest(order, attempt)).await
    }

    async fn capture(&self, order: &OrderId, capture: &Capture) -> Result<Answered, PaymentsError> {
        self.1.paid("capture", self.0.capture(order, capture)).await
    }

    async fn void(&self, order: &OrderId, hold: &Hold) -> Result<Answered, PaymentsError> {
        self.1.paid("void", self.0.void(order, hold)).await
    }

    async fn refund(&self, order: &OrderId, paid: &Paid, refund: &Refund) -> Result<Answered, PaymentsError> {
        self.1.paid("refund", self.0.refund(order, paid, refund)).await
    }

    async fn refunded(&self, order: &OrderId, paid: &Paid) -> Result<Option<Money>, PaymentsError> {
        self.0.refunded(order, paid).await
    }

    async fn close(&self, agreement: &BillingAgreementId) -> Result<Answered, PaymentsError> {
        self.1.paid("close", self.0.close(agreement)).await
    }

    async fn track(&self, order: &Order, parcel: &Parcel) -> Result<Answered, PaymentsError> {
        self.1.paid("track", self.0.track(order, parcel)).await
    }
}

/// The shops of all runs: opening one takes longer than a run.
struct Town {
    memory: Memory,
    knife: Knife,
    shops: [Skill<CutStore>; 2],
}

impl Town {
    fn new() -> Self {
        let (memory, knife) = (Memory::new(Shared::new(Chance::calm())), Knife::default());
        let shops = [CaptureMode::OnShip, CaptureMode::Immediate].map(|capture| {
            let mut config = config();
            config.shop.capture = capture;
            skill(config, CutStore(memory.clone(), knife.clone()))
        });
        Self { memory, knife, shops }
    }

    /// A purchase and what the merchant makes of it, with deaths all along; in the end the books are compared.
    async fn run(&self, seed: u64) {
        self.memory.clear();
        let mut life = Life {
            town: self,
            rng: fastrand::Rng::with_seed(seed),
            device: Device::new("ada"),
            bank: Bank::default(),
            runs: 0,
            refunds_asked: 0,
            seed,
        };
        let Some(id) = life.purchase().await else { return };
        life.device.clock().advance(11 * Time::MINUTE);
        life.reconcile(&id).await;
        life.compare(&id);
        for _ in 0..life.rng.u32(1..=3) {
            life.merchant(&id).await;
            life.reconcile(&id).await;
            life.compare(&id);
        }
    }
}

struct Life<'t> {
    town: &'t Town,
    rng: fastrand::Rng,
    device: Device,
    bank: Bank,
    /// How many programs there were.
    runs: u32,
    /// How many refunds were asked for, be it by cancelling what turns out to be taken.
    refunds_asked: usize,
    seed: u64,
}

/// Who works at the order beside the merchant.
#[derive(Clone, Debug)]
enum Beside {
    Nobody,
    Merchant(Command),
    Round,
}

impl Life<'_> {
    fn death(&mut self, moments: u32) -> Option<u32> {
        (self.rng.u32(0..3) > 0).then(|| self.rng.u32(0..moments))
    }

    fn loss(&mut self) -> Option<Loss> {
        [None, None, Some(Loss::Call), Some(Loss::Answer)][self.rng.usize(0..4)]
    }

    /// A request to the skill, whose response the buyer hears unless the program dies.
    async fn turn(&mut self, shop: usize, envelope: &Value, death: Option<u32>) -> Option<Value> {
        let skill = &self.town.shops[shop];
        self.town.knife.run(death, None, skill.answer(envelope.clone())).await.map(|response| response.unwrap())
    }

    async fn heard(&mut self, shop: usize, envelope: Value) -> voicetill::simulator::alexa::Reply {
        let response = self.turn(shop, &envelope, None).await.unwrap();
        self.device.hear(&response)
    }

    /// Up to a charge that was sent or not, answered or not; `None` where nothing came of it.
    async fn purchase(&mut self) -> Option<OrderId> {
        let shop = self.rng.usize(0..2);
        let envelope = self.device.launch();
        self.heard(shop, envelope).await;
        let envelope = self.device.buy("2", "roses");
        self.heard(shop, envelope).await;
        let envelope = self.device.intent("CheckOutIntent", &[]);
        let sent = self.heard(shop, envelope).await;
        let envelope = self.bank.carry_out(&mut self.device, &sent, Effect::Ordinary);
        self.heard(shop, envelope).await;
        // The yes: stored, and then sent.
        let (yes, death) = (self.device.yes(), self.death(4));
        let mut response = self.turn(shop, &yes, death).await;
        if response.is_none() && self.rng.bool() {
            // Alexa asks once more.
            response = self.turn(shop, &yes, None).await;
        }
        let ordered = self.town.memory.orders().pop()?;
        let Some(sent) = response.map(|response| valid(&response)).filter(|_| self.rng.u32(0..8) > 0) else { return Some(ordered.id) };
        let effect = [End::AsAsked, End::AsAsked, End::AsAsked, End::Pending { declined: self.rng.bool() }][self.rng.usize(0..4)];
        let answer = self.bank.carry_out(&mut self.device, &sent, Effect::Authorization(effect));
        if self.rng.u32(0..4) > 0 {
            let death = self.death(4);
            self.turn(shop, &answer, death).await;
        }
        Some(ordered.id)
    }

    fn wish(&mut self) -> Command {
        let part = Money::new(i64::from(self.rng.u32(1..4_000)), Currency::Usd);
        let wish = match self.rng.u32(0..12) {
            0 => Command::Capture { amount: None },
            1..=3 => Command::Capture { amount: Some(part) },
            4..=5 => Command::Cancel,
            6 => Command::PutAside,
            7..=8 => Command::HoldRest,
            _ => Command::Refund { amount: part },
        };
        // What is held is mostly taken, and whoever has taken a part mostly wants the rest, too.
        let there = |is: fn(&Order) -> bool| self.town.memory.orders().iter().any(is);
        let held = there(|order| matches!(&order.state, State::Authorized(_)));
        let in_part = there(|order| matches!(&order.state, State::Paid(paid) if paid.captured.minor() < paid.attempt.amount.minor()));
        let wish = match (held, in_part, self.rng.u32(0..4)) {
            (true, _, 0) => Command::Capture { amount: Some(part) },
            (true, _, 1) => Command::Cancel,
            (_, true, 0..3) => Command::HoldRest,
            _ => wish,
        };
        // What is taken already is not cancelled.
        let taken = self.town.memory.orders().iter().any(|order| !order.state.payments().is_empty());
        self.refunds_asked += usize::from(matches!(wish, Command::Refund { .. }) || (wish == Command::Cancel && !taken));
        wish
    }

    fn beside(&mut self) -> Beside {
        match self.rng.u32(0..5) {
            0 => Beside::Merchant(self.wish()),
            1 | 2 => Beside::Round,
            _ => Beside::Nobody,
        }
    }

    /// Something that the merchant asks for in a program that may die of it, and sometimes somebody else at the same time.
    async fn merchant(&mut self, id: &OrderId) {
        let (wish, other) = (self.wish(), self.beside());
        let moments = if matches!(other, Beside::Nobody) { 9 } else { 30 };
        let (death, loss) = (self.death(moments), self.loss());
        let later = Duration::from_millis(self.rng.u64(0..24));
        {
            let mut fate = self.town.knife.fate.lock().unwrap();
            fate.unheard = self.rng.bool();
            fate.pace = Some(self.rng.fork()).filter(|_| !matches!(other, Beside::Nobody));
        }
        self.program(death, loss, async |desk: &Desk<'_, CutStore, CutPay<'_>>| {
            let mark = |text: &str| fingerprint::mark(&format!("somebody else {text}"));
            let beside = Desk { store: desk.store, payments: desk.payments, now: desk.now, mark: &mark };
            let (done, _) = tokio::join!(as_told(desk, id, &wish), async {
                tokio::time::sleep(later).await;
                match &other {
                    Beside::Nobody => Ok(()),
                    Beside::Merchant(other) => as_told(&beside, id, other).await.map(|_| ()),
                    Beside::Round => beside.reconcile(id).await.map(|_| ()),
                }
            });
            done
        })
        .await;
    }

    /// Restarted, until one of the programs comes to its end.
    async fn reconcile(&mut self, id: &OrderId) {
        for last in [false, false, true] {
            let (death, loss) = if last { (None, None) } else { (self.death(7), self.loss()) };
            if last {
                // What had left when its program died has arrived by now.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let ended = self.program(death, loss, async |desk: &Desk<'_, CutStore, CutPay<'_>>| desk.reconcile(id).await).await;
            assert!(!last || matches!(ended, Some(Ok(_))), "seed {}: {ended:?}", self.seed);
        }
    }

    async fn program<T>(
        &mut self,
        death: Option<u32>,
        loss: Option<Loss>,
        work: impl AsyncFnOnce(&Desk<'_, CutStore, CutPay<'_>>) -> Result<T, DeskError>,
    ) -> Option<Result<T, DeskError>> {
        self.runs += 1;
        let (run, seed) = (self.runs, self.seed);
        let mark = move |text: &str| fingerprint::mark(&format!("{seed} {run} {text}"));
        let now = self.device.clock().now();
        let payments = CutPay(LocalPay { books: &self.bank.books, now }, self.town.knife.clone());
        let store = &self.town.shops[0].store;
        let desk = Desk { store, payments: &payments, now, mark: &mark };
        self.town.knife.run(death, loss, work(&desk)).await
    }

    /// What the shop says of the money, against what lies at Amazon Pay.
    fn compare(&self, id: &OrderId) {
        let order = self.town.memory.orders().into_iter().find(|order| order.id == *id).unwrap();
        let now = self.device.clock().now();
        let lies = self.bank.books.with(|pay| pay.references().iter().filter_map(|name| pay.lies(name, now)).collect::<Vec<_>>()).unwrap();
        let why = || format!("seed {}: {order:#?}\n{lies:?}", self.seed);
        assert!(matches!(order.state.owed(), None | Some(Owed::Setup | Owed::Charge(_))), "still owed: {}", why());
        let there = |of: fn(&Lies) -> i64| lies.iter().map(of).sum::<i64>();
        let holds = |lies: &Lies| !lies.captured && matches!(lies.end, End::AsAsked | End::Authorized);
        let taken = there(|lies| if lies.captured { lies.taken.minor() } else { 0 });
        let held = lies.iter().filter(|lies| holds(lies)).map(|lies| lies.amount.minor()).sum::<i64>();
        let given = there(|lies| lies.refunded.minor());
        let payments = order.state.payments();
        let says_taken = payments.iter().map(|paid| paid.captured.minor()).sum();
        let says_given = payments.iter().map(|paid| paid.refunded().minor()).sum();
        let newest = if let State::InParts(parts) = &order.state { &parts.rest } else { &order.state };
        let says_held = if let State::Authorized(hold) = newest { hold.attempt.amount.minor() } else { 0 };
        assert_eq!((says_taken, says_given, says_held), (taken, given, held), "the books differ: {}", why());
        assert!(given <= taken, "more was given back than taken: {}", why());
        let agreed = order.total().map_or(0, Money::minor);
        assert!(taken + held <= agreed, "more is charged than was agreed to: {}", why());
        let done = |paid: &&Paid| paid.refunds.iter().filter(|refund| refund.standing == RefundStanding::Done).count();
        let refunds: usize = payments.iter().map(done).sum();
        assert!(refunds <= self.refunds_asked, "more refunds than wishes: {}", why());
    }
}

/// A person who does what the desk says: the command is given once more if, and only if, it says so.
async fn as_told(desk: &Desk<'_, CutStore, CutPay<'_>>, id: &OrderId, wish: &Command) -> Result<Order, DeskError> {
    match desk.wish(id, wish).await {
        Err(DeskError::Again { .. }) => desk.wish(id, wish).await,
        done => done,
    }
}

fn runs(seeds: std::ops::Range<u64>) -> BTreeMap<String, u32> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let town = Town::new();
    runtime.block_on(async {
        for seed in seeds {
            town.run(seed).await;
        }
    });
    let fate = town.knife.fate.lock().unwrap();
    fate.deaths.clone()
}

#[test]
fn the_books_agree_after_every_crash() {
    let deaths = runs(0..600);
    // None of the moments that matter was left out.
    for moment in ["write", "capture", "hold", "void", "refund", "look"] {
        for side in ["before", "after"] {
            let name = format!("{side} {moment}");
            assert!(deaths.get(&name).is_some_and(|deaths| *deaths > 0), "{name} in {deaths:?}");
        }
    }
}

/// Played with `cargo test --test it ten_thousand -- --ignored`.
#[test]
#[ignore = "takes more than a minute"]
fn the_books_agree_after_each_of_ten_thousand_runs_with_crashes() {
    println!("{:?}", runs(0..10_000));
}
