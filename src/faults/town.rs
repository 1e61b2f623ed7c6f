//! The world of one run: buyers at their devices, Alexa, Amazon Pay, the shop as it is deployed, and the auditor. Time is virtual: it
//! jumps to the next thing that happens, so that days are milliseconds, and what comes first is decided by the seed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use super::auditor::{Auditor, Invariant, View, Violation, broken};
use super::bank::Bank;
use super::buyer::CODE;
use super::chance::{Fault, Shared};
use super::ground::Ground;
use super::post::Agreement;
use super::teller::Teller;
use super::trace::Trace;
use crate::adapters::amazon_pay::answers;
use crate::adapters::fingerprint;
use crate::adapters::link::code;
use crate::adapters::link::key::{CodeKey, LinkKey, WeakSecret};
use crate::adapters::link::token::{self, Linked};
use crate::domain::ids::{AmazonId, BillingAgreementId, BuyerId};
use crate::domain::money::Money;
use crate::domain::order::{Order, Rail};
use crate::domain::place::Address;
use crate::domain::time::Time;
use crate::domain::wallet::{Digits, SavedWallet, WalletState};
use crate::entry::skill::{Keys, Skill};
use crate::ports::{Saved, Wallets};
use crate::simulator::alexa::{Alexa, Caller, Permission, Session};
use crate::simulator::amazon_pay::{BUYERS, Buyer, Status};
use crate::simulator::clock::{Clock, REPLAY_START};
use crate::simulator::ids::{Ids, letters};
use crate::telemetry::chain;

/// Long enough for every answer that is on its way to arrive.
const LAST_ANSWERS: Duration = Duration::from_hours(7 * 24);

/// How often each of those who interfere may do so in a run.
pub const INTERFERENCES_MAX: u32 = 60;

/// So many of a thousand link their accounts.
const LINKED_PERMILLE: u32 = 400;

/// So many of a thousand of those set a voice code, and so many of these want it always.
const CODED_PERMILLE: u32 = 500;

/// What the tokens of a run are signed with.
pub(super) fn keys() -> Result<Keys, WeakSecret> {
    let secret = "the runs move no money at all, so anybody may know this";
    Ok(Keys { links: LinkKey::new(secret, None)?, codes: CodeKey::new(secret)? })
}

thread_local! {
    /// When the run on this thread began.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What the clocks of a run show.
pub(super) fn now() -> Time {
    let seconds = BEGAN.get().map_or(0, |began| began.elapsed().as_secs());
    REPLAY_START.plus(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The shop as it is deployed.
pub type Shop = Skill<Ground, Teller>;

/// Everything that is in a run.
pub struct Town {
    /// The shop in every form in which it may be deployed.
    pub shops: Rc<[Shop]>,
    pub deployed: Cell<usize>,
    pub ground: Ground,
    pub chance: Shared,
    pub alexa: RefCell<Alexa>,
    pub amazon: Bank,
    pub auditor: RefCell<Auditor>,
    pub people: Vec<Rc<Person>>,
    pub devices: Vec<Rc<Device>>,
    /// Deliveries and payment steps that have not come to their end.
    pub under_way: Cell<u32>,
    /// Visits to the page of the cart that are not over.
    pub visits: Cell<u32>,
    pub steps: Cell<u64>,
    /// The orders as they were seen last, and when.
    seen: RefCell<Option<(u64, Rc<[Order]>)>>,
    /// Held while they are read: of two who read at once, the one who began first could be done last, with what is no longer true.
    reading: Mutex<()>,
    trace: RefCell<Trace>,
    violation: RefCell<Option<Violation>>,
}

/// Somebody with an Amazon account.
pub struct Person {
    pub household: String,
    pub buyer: Buyer,
    pub permission: Cell<Permission>,
    /// Who she is to Alexa; another one each time she enables the skill.
    user_id: RefCell<String>,
    /// Who she is to Amazon Pay, and the token of her link, once the account is linked.
    link: RefCell<Option<(BuyerId, String)>>,
    /// The former, from the first link on: Amazon forgets nobody.
    pub account: RefCell<Option<BuyerId>>,
    enablements: Cell<u32>,
}

/// A device in somebody's home.
pub struct Device {
    pub person: Rc<Person>,
    pub name: &'static str,
    pub open: RefCell<Option<OpenSession>>,
    /// What was said last, and how often something was said.
    pub last: RefCell<String>,
    pub spoken: Cell<u32>,
}

/// A session in which the skill listens.
#[derive(Clone, Debug)]
pub struct OpenSession {
    pub session: Session,
    /// What was heard last in it, and the total, where that was a read-back.
    pub heard: String,
    pub read_back: Option<Money>,
    /// What was agreed to, where the shop only waits for the voice code.
    pub agreed: Option<Agreement>,
}

impl Person {
    fn new(household: String, buyer: Buyer) -> Self {
        let (permission, user_id, enablements) = (Cell::new(Permission::Granted), RefCell::default(), Cell::new(0));
        let (link, account) = (RefCell::default(), RefCell::default());
        let person = Self { household, buyer, permission, user_id, link, account, enablements };
        person.enable_the_skill();
        person
    }

    fn enable_the_skill(&self) {
        self.enablements.set(self.enablements.get() + 1);
        let name = format!("{} {}", self.household, self.enablements.get());
        self.user_id.replace(format!("amzn1.ask.account.{}", letters(&name, 207)));
        // Alexa forgets the tokens of a skill that is disabled.
        self.link.take();
    }

    /// The person as Alexa names her.
    pub fn caller(&self, device: &str) -> Caller {
        Caller {
            user_id: self.user_id.borrow().clone(),
            device_id: device.to_owned(),
            permission: self.permission.get(),
            access_token: self.link.borrow().as_ref().map(|(_, token)| token.clone()),
        }
    }

    /// Where she lives.
    pub fn address(&self) -> Option<Address> {
        address_of(self.buyer)
    }

    /// The person as the shop knows her.
    pub fn id(&self) -> Option<BuyerId> {
        if let Some((linked, _)) = &*self.link.borrow() {
            return Some(linked.clone());
        }
        fingerprint::buyer(&self.user_id.borrow()).ok()
    }
}

/// Where a buyer lives, as Amazon tells it.
pub(super) fn address_of(buyer: Buyer) -> Option<Address> {
    buyer.destination().and_then(|destination| answers::address(&destination))
}

impl Device {
    /// For traces.
    pub fn label(&self) -> String {
        format!("{} {}", self.person.household, self.name)
    }
}

/// How a run came out.
#[derive(Debug)]
pub struct Ended {
    pub violation: Option<Violation>,
    pub steps: u64,
    pub looks: u64,
    /// How many orders there were at the end, by state.
    pub orders: BTreeMap<&'static str, u64>,
    /// Those of them that saved wallets were to pay.
    pub of_wallets: BTreeMap<&'static str, u64>,
    /// The voice codes that were said, and what came of them.
    pub codes: BTreeMap<&'static str, u64>,
    /// Those of the orders whose last try was a purchase on a page.
    pub of_pages: BTreeMap<&'static str, u64>,
    /// What has happened on pages.
    pub pages: BTreeMap<&'static str, u64>,
    pub trace: Vec<String>,
}

impl Town {
    /// A town of one to three people with one or two devices each.
    pub fn new(shops: Rc<[Shop]>, ground: Ground, Teller { bank: amazon, chance, .. }: Teller, skill_id: &str) -> Rc<Self> {
        BEGAN.set(Some(Instant::now()));
        let (mut people, mut devices) = (Vec::new(), Vec::new());
        let count = 1 + usize::try_from(chance.draw().below(3)).unwrap_or(0);
        for at in 0..count {
            // The third home may be one that the shop does not deliver to, or have no address at all.
            let buyer = BUYERS[if at < 2 { 0 } else { *chance.draw().pick(&[0, 0, 0, 1, 2]) }];
            let person = Rc::new(Person::new(format!("home {at}"), buyer));
            let two = chance.draw().happens(500);
            for name in ["kitchen", "bedroom"].into_iter().take(if two { 2 } else { 1 }) {
                let (open, last, spoken) = (RefCell::default(), RefCell::default(), Cell::new(0));
                devices.push(Rc::new(Device { person: person.clone(), name, open, last, spoken }));
            }
            people.push(person);
        }
        let deployed = Cell::new(usize::try_from(chance.draw().below(u32::try_from(shops.len()).unwrap_or(1))).unwrap_or(0));
        let alexa = Alexa { skill_id: skill_id.to_owned(), locale: "en-US".to_owned(), clock: Clock::following(now), ids: Ids::seeded(1) };
        Rc::new(Self {
            shops,
            deployed,
            ground,
            chance,
            alexa: RefCell::new(alexa),
            amazon,
            auditor: RefCell::default(),
            people,
            devices,
            under_way: Cell::new(0),
            visits: Cell::new(0),
            steps: Cell::new(0),
            seen: RefCell::default(),
            reading: Mutex::default(),
            trace: RefCell::default(),
            violation: RefCell::new(None),
        })
    }

    /// Somebody goes to the link page, agrees to a wallet, and comes back with a token.
    async fn link(&self, person: &Person) {
        let world = self.shops[self.deployed.get()].shop.world;
        let permission = self.amazon.save_wallet(&person.household, true);
        let name = AmazonId::parse(&format!("amzn1.account.{}", letters(&person.household, 20)));
        let (Ok(name), Ok(permission), Ok(Keys { links: key, codes })) = (name, BillingAgreementId::parse(&permission), keys()) else {
            return;
        };
        let Ok(buyer) = fingerprint::linked_buyer(&name) else { return };
        let number = self.steps.get();
        let (coded, always_ask) = {
            let mut chance = self.chance.draw();
            (chance.happens(CODED_PERMILLE), chance.happens(CODED_PERMILLE))
        };
        let Some(digits) = Digits::parse(CODE) else { return };
        let Ok(code) = coded.then(|| code::keep(&codes, &buyer, digits)).transpose() else { return };
        let always_ask = always_ask && coded;
        // The page tries until it has stored the wallet.
        loop {
            let Ok(known) = self.ground.wallet(&buyer).await else { continue };
            let wallet = SavedWallet {
                world,
                permission: permission.clone(),
                state: WalletState::Chargeable,
                earlier: known.clone().map_or_else(Vec::new, |known| known.replaced_by(&permission)),
                address: person.address(),
                email: None,
                generation: known.as_ref().map_or(1, |known| known.generation),
                code: code.clone(),
                always_ask,
                at: now(),
                version: fingerprint::mark(&format!("{buyer} {number} {:?}", Instant::now())),
            };
            let expected = known.as_ref().map(|known| &known.version);
            if let Ok(Saved::Done) = self.ground.save_wallet(&buyer, &wallet, expected).await {
                self.auditor.borrow_mut().codes.set(&buyer, coded.then_some(always_ask), self.now());
                let linked = Linked { buyer: buyer.clone(), generation: wallet.generation };
                let token = token::issue(&key, &linked, now().plus(30 * Time::DAY));
                person.account.replace(Some(buyer.clone()));
                person.link.replace(Some((buyer, token)));
                return self.note(person.buyer.name, "links the account");
            }
        }
    }

    /// Lives through the run: first in all weathers, then without a fault, until everybody has been back.
    pub async fn live(self: Rc<Self>) -> Ended {
        for person in &self.people {
            if self.chance.draw().happens(LINKED_PERMILLE) {
                self.link(person).await;
            }
        }
        let lives: Vec<_> = self.devices.iter().map(|device| spawn_local(self.clone().days_of(device.clone()))).collect();
        let mut others = vec![
            spawn_local(self.clone().events()),
            spawn_local(self.clone().merchant()),
            spawn_local(self.clone().messenger()),
            spawn_local(self.clone().rounds()),
        ];
        others.extend(self.people.iter().map(|person| spawn_local(self.clone().phone_of(person.clone()))));
        for life in lives {
            if let Err(error) = life.await
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
        others.iter().for_each(tokio::task::JoinHandle::abort);
        self.chance.draw().calm_down();
        self.note("town", "from here on nothing goes wrong");
        let patience = Instant::now() + LAST_ANSWERS;
        while self.under_way.get() > 0 && Instant::now() < patience && !self.is_over() {
            sleep(Duration::from_mins(1)).await;
        }
        // News is told for a day, and somebody may be at Amazon's page for longer than that.
        self.everybody_looks_in().await;
        while self.under_way.get() + self.visits.get() > 0 && Instant::now() < patience && !self.is_over() {
            sleep(Duration::from_mins(1)).await;
        }
        self.last_visits().await;
        self.close().await;
        let (mut orders, mut of_wallets, mut of_pages) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for order in self.orders().await.iter().flat_map(|all| all.iter()) {
            *orders.entry(order.state.name()).or_default() += 1;
            if order.rail == Rail::SavedWallet {
                *of_wallets.entry(order.state.name()).or_default() += 1;
            }
            if order.state.attempt().is_some_and(|attempt| attempt.checkout.is_some()) {
                *of_pages.entry(order.state.name()).or_default() += 1;
            }
        }
        Ended {
            violation: self.violation.take(),
            steps: self.steps.get(),
            looks: self.auditor.borrow().looks(),
            orders,
            of_wallets,
            codes: self.auditor.borrow().codes.counts(),
            of_pages,
            pages: self.auditor.borrow().pages.counts(),
            trace: self.trace.take().into_lines(),
        }
    }

    /// Everybody comes back until no order is in doubt that can be settled.
    async fn last_visits(self: &Rc<Self>) {
        for person in &self.people {
            person.permission.set(Permission::Granted);
        }
        self.amazon_mends();
        for gap in [2 * 60, 26 * 3_600, 3 * 60] {
            sleep(Duration::from_secs(gap)).await;
            self.everybody_looks_in().await;
            self.round().await;
        }
    }

    /// Everybody visits every world that there was.
    async fn everybody_looks_in(self: &Rc<Self>) {
        for shop in 0..self.shops.len() {
            // One form of the shop for each world is enough.
            if self.shops.iter().position(|other| other.shop.world == self.shops[shop].shop.world) != Some(shop) {
                continue;
            }
            self.deployed.set(shop);
            for person in &self.people {
                if self.is_over() {
                    return;
                }
                let device = self.devices.iter().find(|device| Rc::ptr_eq(&device.person, person));
                if let Some(device) = device {
                    self.look_in(device).await;
                }
            }
            self.work_off().await;
        }
    }

    async fn close(&self) {
        if self.is_over() {
            return;
        }
        let open = match self.ground.found_open().await {
            Ok(open) => open,
            Err(error) => return self.fail(broken(Invariant::Found, chain(&error))),
        };
        let Some(orders) = self.orders().await else { return };
        let buyers: Vec<_> = self.people.iter().filter_map(|person| person.id()).collect();
        let moved: Vec<_> = self.amazon.with(|pay| pay.moved(now()).collect());
        let view = View { now: now(), orders: &orders, moved: &moved };
        let closed = self.auditor.borrow().close(view, open.as_ref(), &buyers);
        self.fail(closed);
    }

    /// What Amazon, buyers and the merchant do now and then.
    async fn events(self: Rc<Self>) {
        for _ in 0..INTERFERENCES_MAX {
            let pause = self.chance.draw().lull();
            sleep(pause).await;
            if self.chance.draw().strikes(Fault::AgreementChanged) {
                let status = *self.chance.draw().pick(&[Status::Suspended, Status::Closed, Status::Canceled, Status::Open, Status::Open]);
                let person = self.chance.draw().pick(&self.people).clone();
                self.set_agreements(&person, status);
                self.note(person.buyer.name, &format!("the agreement is {}", status.code()));
            }
            if self.chance.draw().strikes(Fault::PermissionWithdrawn) {
                let person = self.chance.draw().pick(&self.people).clone();
                person.permission.set(Permission::Denied);
                self.note(person.buyer.name, "takes back the permission");
                let pause = self.chance.draw().lull();
                sleep(pause).await;
                person.permission.set(Permission::Granted);
            }
            if self.chance.draw().strikes(Fault::SkillReset) {
                let person = self.chance.draw().pick(&self.people).clone();
                person.enable_the_skill();
                self.devices.iter().filter(|device| Rc::ptr_eq(&device.person, &person)).for_each(|device| drop(device.open.take()));
                self.note(person.buyer.name, "disables the skill and enables it again");
                if self.chance.draw().happens(LINKED_PERMILLE) {
                    self.link(&person).await;
                }
            }
            if self.chance.draw().strikes(Fault::ShopChanged) {
                let next = self.chance.draw().below(u32::try_from(self.shops.len()).unwrap_or(1));
                self.deployed.set(usize::try_from(next).unwrap_or(0));
                let shop = &self.shops[self.deployed.get()].shop;
                let shop = format!("{:?}, {:?}, {}", shop.capture, shop.timing, shop.world.as_str());
                self.note("merchant", &format!("deploys the shop anew: {shop}"));
            }
        }
    }

    fn amazon_mends(&self) {
        for person in &self.people {
            self.set_agreements(person, Status::Open);
        }
    }

    /// Directives name their buyers, and pages sign them in.
    fn set_agreements(&self, person: &Person, status: Status) {
        self.amazon.with(|pay| [person.buyer.name, &person.household].map(|name| pay.set_agreements(name, status)));
    }

    /// A number that stays the same while nothing but the request under way can change what is answered; `None` when something can.
    pub fn disturbances(&self) -> Option<u64> {
        let chance = self.chance.draw();
        let late = chance.struck().contains_key(&Fault::StoreLate);
        (self.under_way.get() == 1 && !late && !chance.is_down()).then(|| chance.struck().values().sum::<u64>() + self.steps.get())
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        self.alexa.borrow().clock.now()
    }

    /// Whether a promise is broken, so that nothing else matters.
    pub fn is_over(&self) -> bool {
        self.violation.borrow().is_some()
    }

    /// Writes down what happens.
    pub fn note(&self, who: &str, what: &str) {
        self.trace.borrow_mut().note(who, what);
    }

    /// Keeps the first broken promise.
    pub fn fail(&self, result: Result<(), Violation>) {
        let Err(violation) = result else { return };
        self.note("auditor", &violation.to_string());
        if let Some((_, orders)) = &*self.seen.borrow() {
            orders.iter().for_each(|order| self.note(order.id.as_str(), &format!("{:?}", order.state)));
        }
        self.violation.borrow_mut().get_or_insert(violation);
    }

    /// Every order as it is stored; `None` when one cannot be read, which breaks a promise.
    pub async fn orders(&self) -> Option<Rc<[Order]>> {
        let _one_at_a_time = self.reading.lock().await;
        let version = self.ground.version();
        if let Some((known, orders)) = &*self.seen.borrow()
            && *known == version
        {
            return Some(orders.clone());
        }
        match self.ground.orders().await {
            Ok(orders) => {
                let orders: Rc<[Order]> = orders.into();
                self.seen.replace(Some((version, orders.clone())));
                Some(orders)
            }
            Err(error) => {
                self.fail(broken(Invariant::NotLost, chain(&error)));
                None
            }
        }
    }

    /// The auditor looks at everything.
    pub async fn look(&self, also: impl FnOnce(&mut Auditor, View) -> Result<(), Violation>) {
        self.steps.set(self.steps.get() + 1);
        if self.is_over() {
            return;
        }
        let Some(orders) = self.orders().await else { return };
        let moved: Vec<_> = self.amazon.with(|pay| pay.moved(now()).collect());
        let view = View { now: now(), orders: &orders, moved: &moved };
        let looked = {
            let mut auditor = self.auditor.borrow_mut();
            auditor.look(view).and_then(|()| also(&mut auditor, view))
        };
        self.fail(looked);
    }
}
