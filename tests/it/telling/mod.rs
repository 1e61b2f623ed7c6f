//! Telling of stored changes: the function over a real stream, its claims, and its ways out.

mod claims;
mod devices;
mod failures;
mod redrive;
mod stream;
mod terminal;

use std::collections::VecDeque;
use std::sync::Mutex;

use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::mail::{Carrier, Letter, Mailroom, Writer};
use voicetill::domain::ids::BillingAgreementId;
use voicetill::domain::message::{Listener, MessageId, Ring};
use voicetill::domain::shop::World;
use voicetill::domain::wallet::Email;
use voicetill::entry::notify::Notify;
use voicetill::ports::{Buyers, Devices, PaymentsError, SendError};

use crate::alexa::config;

/// A post office that keeps what it gets, unless it has been told to fail.
#[derive(Debug, Default)]
pub struct Letters {
    pub sent: Mutex<Vec<Letter>>,
    /// What is to become of the next ones.
    pub failing: Mutex<VecDeque<SendError>>,
}

impl Carrier for Letters {
    async fn carry(&self, letter: &Letter) -> Result<(), SendError> {
        if let Some(error) = self.failing.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.sent.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

impl Letters {
    /// Who was written to, and about what, since this was last asked.
    pub fn take(&self) -> Vec<(String, String)> {
        let letters = std::mem::take(&mut *self.sent.lock().unwrap());
        letters.into_iter().map(|letter| (letter.to.as_str().to_owned(), letter.subject)).collect()
    }
}

/// Amazon Pay knows the buyer, or nobody.
#[derive(Debug)]
pub struct Known(pub Option<&'static str>);

impl Buyers for Known {
    async fn email(&self, _: &BillingAgreementId) -> Result<Option<Email>, PaymentsError> {
        Ok(self.0.and_then(Email::parse))
    }
}

/// Devices that keep what they were told.
#[derive(Debug, Default)]
pub struct Rung(pub Mutex<Vec<(MessageId, Ring)>>);

impl Devices for Rung {
    fn are_reached(&self) -> bool {
        true
    }

    async fn ring(&self, id: &MessageId, ring: Ring, _: &Listener) -> Result<(), SendError> {
        self.0.lock().unwrap().push((id.clone(), ring));
        Ok(())
    }
}

pub type Function = Notify<DynamoStore, Known, Mailroom<Letters>, Rung>;

/// The function, as one run of it.
pub fn function(store: &DynamoStore, run: &str) -> Function {
    let config = config();
    Notify {
        store: store.clone(),
        buyers: Known(Some("ada@example.com")),
        mail: Mailroom { writer: Writer::new(&config.shop, config.mail.unwrap()).unwrap(), carrier: Letters::default() },
        devices: Rung::default(),
        world: World::Simulated,
        run: run.to_owned(),
    }
}
