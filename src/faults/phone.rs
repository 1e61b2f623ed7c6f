//! A buyer with a phone, who finishes there what was begun at the speaker: the shop's page, Amazon's page, and the way back. What the
//! page shows and does is the shop's own; only its HTTP and its browser are not played.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::bank::Visitor;
use super::chance::Fault;
use super::pages::{Pledge, not_charged};
use super::town::{INTERFERENCES_MAX, Person, Shop, Town, address_of, now};
use crate::adapters::fingerprint;
use crate::adapters::link::offer;
use crate::app::finish::{NotAgreed, agreed, destination};
use crate::app::link::{self, Now};
use crate::app::{Finished, Till};
use crate::domain::dialog::{self, Look, Moment, NotFinished, To, Waiting};
use crate::domain::ids::{BuyerId, CheckoutId, WriteId};
use crate::domain::place::Address;
use crate::ports::{Checkouts, Store, Terms};
use crate::simulated;
use crate::simulator::amazon_pay::BUYERS;

/// So many of a thousand times somebody goes to the page instead of leaving the phone alone.
const VISITS_PERMILLE: u32 = 400;

/// So many of these choose address and payment at Amazon first, because they are not signed in.
const EXPRESS_PERMILLE: u32 = 400;

/// How long a browser waits for a page.
const BROWSER_WAITS: Duration = Duration::from_mins(1);

/// How often a total that has changed is shown again, and how often a page that does not come is loaded again.
const TRIES_MAX: u32 = 3;

/// What a browser remembers of a purchase that its buyer was sent to Amazon with.
#[derive(Clone, Debug)]
struct Offer {
    checkout: CheckoutId,
    shown: String,
    chosen: bool,
}

/// How a page that was loaded came out.
enum Loaded {
    /// The order as it stands.
    Told,
    /// Nothing was charged: the browser begins anew.
    Not(&'static str),
    /// There is no page, or one that knows nothing.
    Failed,
}

impl Town {
    /// Takes the phone out now and then.
    pub(super) async fn phone_of(self: Rc<Self>, person: Rc<Person>) {
        for _ in 0..INTERFERENCES_MAX {
            let (pause, goes) = {
                let mut chance = self.chance.draw();
                (chance.lull(), chance.happens(VISITS_PERMILLE))
            };
            sleep(pause).await;
            if !goes {
                continue;
            }
            let pages = if self.chance.draw().strikes(Fault::PageOpenTwice) { 2 } else { 1 };
            for _ in 0..pages {
                self.visits.set(self.visits.get() + 1);
                let (town, person) = (self.clone(), person.clone());
                spawn_local(async move {
                    town.visit_cart(&person).await;
                    town.visits.set(town.visits.get() - 1);
                });
            }
        }
    }

    async fn visit_cart(self: &Rc<Self>, person: &Person) {
        let Some(buyer) = person.account.borrow().clone() else { return };
        let express = self.chance.draw().happens(EXPRESS_PERMILLE);
        let begun = if express { self.express(person, &buyer).await } else { self.check_out(person, &buyer).await };
        let Some((offer, waiting)) = begun else { return };
        let Some(agreed) = self.agrees(&offer.checkout).await else { return self.count("given up at Amazon") };
        if agreed {
            self.note(&person.household, &format!("agrees to {} on {}", waiting.order(), offer.checkout));
            let said = |quantity: u32| if quantity == 1 { "one".to_owned() } else { quantity.to_string() };
            let Waiting { price: Ok(quote), address, .. } = *waiting else { return };
            let words = quote.lines.iter().map(|line| format!("{} {}", said(line.quantity), line.name)).collect::<Vec<_>>().join(", ");
            // Whoever has signed in there.
            let Some(buyer) = self.amazon.checkout(&offer.checkout).and_then(|checkout| checkout.buyer) else { return };
            let pledge = Pledge { buyer, total: quote.total, words, address };
            self.auditor.borrow_mut().pages.agreed(offer.checkout.clone(), pledge);
        }
        if self.chance.draw().strikes(Fault::PageLeft) {
            return self.count("never came back");
        }
        self.come_back(person, &offer).await;
    }

    /// Whoever is signed in sees the total, and goes to Amazon to agree to it.
    async fn check_out(&self, person: &Person, buyer: &BuyerId) -> Option<(Offer, Box<Waiting>)> {
        let waiting = self.sees(buyer, To::Kept).await?;
        let shown = offer::shown(&waiting).ok()?;
        self.hesitates().await;
        let terms = Terms::of(&waiting, String::new())?;
        let visitor = self.visitor(person, buyer, waiting.address.as_ref());
        let checkout = self.amazon.begin(visitor, Some(&terms))?;
        Some((Offer { checkout, shown, chosen: false }, waiting))
    }

    /// Whoever is not chooses at Amazon first, sees the total then, and goes to Amazon once more.
    async fn express(&self, person: &Person, buyer: &BuyerId) -> Option<(Offer, Box<Waiting>)> {
        let address = {
            let own = || person.address();
            let elsewhere = BUYERS.iter().find(|buyer| buyer.name == "chloe").and_then(|chloe| address_of(*chloe));
            match self.chance.draw().below(20) {
                0 => None,
                1 => elsewhere,
                _ => own(),
            }
        };
        let checkout = self.amazon.begin(self.visitor(person, buyer, address.as_ref()), None)?;
        self.hesitates().await;
        let mut seen = None;
        for _ in 0..TRIES_MAX {
            let come = self.shop().charges.checkout(&checkout).await.ok()?;
            let waiting = self.sees(come.buyer.as_ref()?, destination(&come, true)).await?;
            let shown = offer::shown(&waiting).ok()?;
            // The form goes for nothing but what it was shown with.
            if seen.as_ref() != Some(&shown) {
                seen = Some(shown);
                self.hesitates().await;
                continue;
            }
            let terms = Terms::of(&waiting, String::new())?;
            self.shop().charges.put_terms(&checkout, &terms).await.ok()?;
            return Some((Offer { checkout, shown, chosen: true }, waiting));
        }
        None
    }

    /// What the page shows: a cart that has a price, or nothing to go on with.
    async fn sees(&self, buyer: &BuyerId, to: To<'_>) -> Option<Box<Waiting>> {
        let shop = self.shop();
        let opening = shop.store.opening(buyer).await.ok()?;
        let mark = offer::looking(buyer);
        match dialog::look(&moment(shop, buyer, &mark), &opening, to) {
            Look::Cart(waiting) if waiting.price.is_ok() => {
                self.count("shown");
                Some(waiting)
            }
            Look::Cart(_) => {
                self.count("without a price");
                None
            }
            Look::Wait => {
                self.count("told to wait");
                None
            }
            Look::Nothing => None,
        }
    }

    /// On Amazon's page, where something else may happen, or nothing for hours. Whether the buyer has agreed; `None` for one who is not
    /// sent back.
    async fn agrees(&self, checkout: &CheckoutId) -> Option<bool> {
        let (pause, card) = {
            let mut chance = self.chance.draw();
            let late = chance.strikes(Fault::PageLate);
            let pause = if late { chance.millis(3_600_000..=30 * 3_600_000) } else { chance.millis(2_000..=300_000) };
            let unwilling = chance.strikes(Fault::AmazonUnwilling);
            let card = match chance.below(10) {
                // The buyer turns back, or Amazon lets nothing more be chosen.
                0..5 if unwilling => Some("3064"),
                _ if unwilling => Some("3434"),
                // Amazon decides later, where it may: in the end yes, or no.
                0..4 => Some("0701"),
                4 => Some("4354"),
                _ => None,
            };
            (pause, card)
        };
        sleep(pause).await;
        self.amazon.agree(checkout, card)
    }

    /// From Amazon's page to the shop's, which charges; once, twice, and once more where nothing comes back.
    async fn come_back(self: &Rc<Self>, person: &Person, offer: &Offer) {
        let (at_once, later) = {
            let mut chance = self.chance.draw();
            let twice = chance.strikes(Fault::PageTwice);
            let at_once = twice && chance.happens(500);
            (at_once, (twice && !at_once).then(|| chance.lull()))
        };
        let mut loaded = if at_once {
            let (first, second) = tokio::join!(self.load(person, offer), self.load(person, offer));
            if matches!(first, Loaded::Failed) { second } else { first }
        } else {
            self.load(person, offer).await
        };
        for _ in 0..TRIES_MAX {
            if !matches!(loaded, Loaded::Failed) || self.is_over() || self.chance.draw().happens(300) {
                break;
            }
            self.hesitates().await;
            loaded = self.load(person, offer).await;
        }
        if let Some(after) = later {
            sleep(after).await;
            self.load(person, offer).await;
        }
        match loaded {
            Loaded::Told => {}
            Loaded::Not(why) => self.count(why),
            Loaded::Failed => self.count("without an answer"),
        }
    }

    /// Loads the page once.
    async fn load(self: &Rc<Self>, person: &Person, offer: &Offer) -> Loaded {
        self.under_way.set(self.under_way.get() + 1);
        let (crash, unheard) = {
            let mut chance = self.chance.draw();
            (chance.strikes(Fault::Crash).then(|| chance.millis(0..=2_000)), chance.strikes(Fault::ResponseLost))
        };
        let loaded = timeout(crash.unwrap_or(BROWSER_WAITS), Box::pin(self.done(offer))).await.unwrap_or(Loaded::Failed);
        let what = match &loaded {
            Loaded::Told => "told",
            Loaded::Not(why) => why,
            Loaded::Failed => "no page",
        };
        self.note(&person.household, &format!("comes back with {}: {what}", offer.checkout));
        self.look(|_, _| Ok(())).await;
        self.under_way.set(self.under_way.get() - 1);
        if unheard { Loaded::Failed } else { loaded }
    }

    /// What the page does.
    async fn done(&self, offer: &Offer) -> Loaded {
        let shop = self.shop();
        let Ok(checkout) = shop.charges.checkout(&offer.checkout).await else { return Loaded::Failed };
        let agreed = match agreed(&checkout, offer.chosen) {
            Ok(agreed) => agreed,
            Err(NotAgreed::Nothing) => return Loaded::Failed,
            Err(NotAgreed::OtherBuyer) => return self.free(offer, "of another buyer").await,
        };
        let (buyer, mark) = (agreed.order.buyer(), offer::mark(&checkout.id, agreed.order));
        self.auditor.borrow_mut().came_back(&checkout.id, &mark, self.now());
        let moment = moment(shop, &buyer, &mark);
        let till = Till { store: &shop.store, charges: &shop.charges, codes: None, mark: fingerprint::mark };
        let shown = |waiting: &Waiting| offer::shown(waiting).is_ok_and(|seen| seen == offer.shown);
        match till.finish(&moment, &agreed, shown).await {
            Ok(Finished::Order { order, .. }) => {
                let lies = order.state.attempt().and_then(|attempt| {
                    self.amazon.with(|pay| {
                        let reference = simulated::checkout::reference(pay, &order.id, attempt);
                        pay.lies(&reference, now())
                    })
                });
                self.look(|auditor, view| auditor.page_told(&order, &checkout.id, lies.as_ref(), view)).await;
                let kept =
                    Now { world: moment.shop.world, at: now(), write: fingerprint::mark(&format!("kept {mark} {:?}", self.steps.get())) };
                // The purchase is what it is without it.
                drop(link::keep(&shop.store, &shop.charges, &order, &kept).await);
                Loaded::Told
            }
            Ok(Finished::Not(NotFinished::MustWait)) => self.free(offer, "had to wait").await,
            Ok(Finished::Not(NotFinished::Changed)) => self.free(offer, "not as shown").await,
            Ok(Finished::Not(NotFinished::Over)) => self.free(offer, "over").await,
            Ok(Finished::Not(NotFinished::Lost)) | Err(_) => Loaded::Failed,
        }
    }

    /// The page says that nothing was charged.
    async fn free(&self, offer: &Offer, why: &'static str) -> Loaded {
        self.look(|_, view| not_charged(&offer.checkout, view)).await;
        Loaded::Not(why)
    }

    /// Who signs in at Amazon.
    fn visitor(&self, person: &Person, buyer: &BuyerId, address: Option<&Address>) -> Visitor {
        let own = || Visitor { name: person.household.clone(), buyer: buyer.clone(), address: address.cloned() };
        if !self.chance.draw().strikes(Fault::OtherBuyer) {
            return own();
        }
        let mut others = self.people.iter().filter(|other| other.household != person.household);
        let other = others.find_map(|other| Some((other.household.clone(), other.account.borrow().clone()?)));
        other.map_or_else(own, |(name, buyer)| Visitor { name, buyer, address: address.cloned() })
    }

    /// The shop as it is deployed now.
    fn shop(&self) -> &Shop {
        &self.shops[self.deployed.get()]
    }

    async fn hesitates(&self) {
        let pause = self.chance.draw().millis(500..=60_000);
        sleep(pause).await;
    }

    fn count(&self, what: &'static str) {
        self.auditor.borrow_mut().pages.count(what);
    }
}

fn moment<'m>(shop: &'m Shop, buyer: &'m BuyerId, write: &'m WriteId) -> Moment<'m> {
    Moment { shop: &shop.shop, buyer, locale: &shop.shop.locales[0], now: now(), write, consent: false, link: None }
}
