//! One request, carried out by the shop's own shell one store call at a time, so that anything may happen between two calls.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use voicetill::adapters::fingerprint;
use voicetill::app::{Request, Till, apology};
use voicetill::domain::dialog::{Amend, LeftCart, Moment, Opening, Reply};
use voicetill::domain::ids::{BuyerId, OrderId, WriteId};
use voicetill::domain::order::Order;
use voicetill::domain::time::Time;
use voicetill::domain::wallet::SavedWallet;
use voicetill::ports::{NoCharges, Saved, Store, StoreError, Wallets, Written};

/// A request that is being carried out: everything that it has decided follows from what it has heard of the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Who hears the reply; nobody hears that to a message of Alexa's own.
    pub device: Option<usize>,
    pub at: Time,
    /// The mark of its write.
    pub mark: WriteId,
    pub request: Arc<Request>,
    pub heard: Vec<Heard>,
    /// How many other steps may still be taken before it goes on.
    pub patience: u8,
}

/// A store call that a turn waits for.
pub enum Call {
    Opening,
    Order,
    Create(Box<Order>),
    Amend(Box<Amend>),
    Keep,
}

/// What the store has answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Opening(Opening),
    Order(Option<Box<Order>>),
    Written(Written),
    Kept,
}

pub enum Progress {
    Wants(Call),
    Replies(Box<Reply>),
}

impl Turn {
    pub fn new(device: Option<usize>, at: Time, mark: WriteId, request: Request) -> Self {
        Self { device, at, mark, request: Arc::new(request), heard: Vec::new(), patience: 0 }
    }

    /// How far the turn comes with what it has heard.
    pub fn progress(&self, moment: &Moment) -> Progress {
        let script = Script { heard: Mutex::new(self.heard.clone().into()), wants: Mutex::new(None) };
        let till = Till { store: &script, charges: &NoCharges, codes: None, mark: fingerprint::mark };
        let mut turn = pin!(till.take(moment, Request::clone(&self.request)));
        match turn.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reply) => Progress::Replies(Box::new(reply.unwrap_or_else(|error| apology(&self.request, &error)))),
            Poll::Pending => Progress::Wants(script.wants.lock().unwrap().take().expect("a turn waits for nothing but the store")),
        }
    }
}

/// The store as a turn sees it: the answers so far, and then a call that takes as long as the model likes.
struct Script {
    heard: Mutex<VecDeque<Heard>>,
    wants: Mutex<Option<Call>>,
}

impl Script {
    async fn call(&self, call: Call) -> Heard {
        let heard = self.heard.lock().unwrap().pop_front();
        if let Some(heard) = heard {
            return heard;
        }
        *self.wants.lock().unwrap() = Some(call);
        pending().await
    }

    async fn write(&self, call: Call) -> Result<Written, StoreError> {
        match self.call(call).await {
            Heard::Written(written) => Ok(written),
            heard => panic!("a write was answered with {heard:?}"),
        }
    }
}

impl Store for Script {
    async fn opening(&self, _: &BuyerId) -> Result<Opening, StoreError> {
        match self.call(Call::Opening).await {
            Heard::Opening(opening) => Ok(opening),
            heard => panic!("an opening was answered with {heard:?}"),
        }
    }

    async fn order(&self, _: &OrderId) -> Result<Option<Order>, StoreError> {
        match self.call(Call::Order).await {
            Heard::Order(order) => Ok(order.map(|order| *order)),
            heard => panic!("a read was answered with {heard:?}"),
        }
    }

    async fn create(&self, order: &Order) -> Result<Written, StoreError> {
        self.write(Call::Create(Box::new(order.clone()))).await
    }

    async fn amend(&self, amend: &Amend) -> Result<Written, StoreError> {
        self.write(Call::Amend(Box::new(amend.clone()))).await
    }

    async fn keep(&self, _: &BuyerId, _: &LeftCart, _: &WriteId) -> Result<(), StoreError> {
        self.call(Call::Keep).await;
        Ok(())
    }
}

impl Wallets for Script {
    async fn wallet(&self, _: &BuyerId) -> Result<Option<SavedWallet>, StoreError> {
        Ok(None)
    }

    async fn save_wallet(&self, _: &BuyerId, _: &SavedWallet, _: Option<&WriteId>) -> Result<Saved, StoreError> {
        panic!("nobody is linked here")
    }
}

/// The store itself, of one order: conditional writes that recognise themselves, as `tests/it/store_contract.rs` holds the real one to.
pub fn carry_out(stored: &mut Option<Arc<Order>>, call: Call) -> Heard {
    let found = |order: &Order, mark: Option<&WriteId>| {
        let order = Box::new(order.clone());
        if order.version() == mark { Written::Before(order) } else { Written::Overtaken(order) }
    };
    match call {
        Call::Opening => {
            let orders = stored.iter().map(|order| Order::clone(order)).collect();
            Heard::Opening(Opening { orders, ..Opening::default() })
        }
        Call::Order => Heard::Order(stored.as_deref().cloned().map(Box::new)),
        Call::Keep => Heard::Kept,
        Call::Create(order) => Heard::Written(if let Some(there) = stored {
            found(there, order.version())
        } else {
            *stored = Some(Arc::new(Order::clone(&order)));
            Written::Done(order)
        }),
        Call::Amend(amend) => Heard::Written(match stored {
            None => Written::Missing,
            Some(there) if there.version() == Some(&amend.version) && amend.guess.as_ref().is_none_or(|guess| *guess == there.state) => {
                let order = Arc::make_mut(there);
                amend_order(order, *amend);
                Written::Done(Box::new(order.clone()))
            }
            Some(there) => found(there, Some(&amend.entry.write)),
        }),
    }
}

fn amend_order(order: &mut Order, amend: Amend) {
    order.state = amend.state;
    order.history.push(amend.entry);
    order.goods = amend.goods.unwrap_or_else(|| order.goods.clone());
    order.agreement = amend.agreement.or_else(|| order.agreement.clone());
    order.address = amend.address.unwrap_or_else(|| order.address.clone());
}
