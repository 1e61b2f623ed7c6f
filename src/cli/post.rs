//! Mail about simulated orders: what the function does on the table's stream, on this machine.
//!
//! The place up to which the stream has been told of is kept beside the store; what was told before is not told again, wherever the place is.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failure;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::dynamodb::local::PLACE;
use crate::adapters::dynamodb::tail::Tail;
use crate::adapters::mail::folder::Outbox;
use crate::adapters::mail::{Letter, Mailroom, Writer};
use crate::adapters::system;
use crate::config::Config;
use crate::domain::ids::BillingAgreementId;
use crate::domain::message::Channel;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::domain::wallet::Email;
use crate::entry::notify::Notify;
use crate::ports::{Agreed, Buyers, NoDevices, PaymentsError};
use crate::simulated::LocalPay;
use crate::simulator::amazon_pay::books::Books;
use crate::telemetry::chain;

/// Who the local Amazon Pay's buyers are.
#[derive(Debug)]
struct LocalBuyers(Arc<Books>);

impl Buyers for LocalBuyers {
    async fn email(&self, agreement: &BillingAgreementId) -> Result<Option<Email>, PaymentsError> {
        LocalPay { books: &self.0, now: Time::from_unix(0) }.email(agreement).await
    }

    async fn wallet(&self, agreement: &BillingAgreementId) -> Result<Option<Agreed>, PaymentsError> {
        LocalPay { books: &self.0, now: Time::from_unix(0) }.wallet(agreement).await
    }
}

/// Where the post goes its round.
#[derive(Clone, Copy)]
pub struct Round<'r> {
    pub config: &'r Config,
    pub store: &'r DynamoStore,
    /// The local store's.
    pub endpoint: &'r str,
    /// The folder that it is kept in.
    pub dir: &'r Path,
}

/// The function, and the stream that it is fed from.
pub struct Post {
    notify: Notify<DynamoStore, LocalBuyers, Mailroom<Outbox>, NoDevices>,
    tail: Tail,
    place: PathBuf,
}

impl Post {
    /// `None` for a shop that writes no mail, or is not simulated.
    ///
    /// # Errors
    /// When a language has no words.
    pub fn open(round: &Round<'_>, books: Arc<Books>, folder: Option<PathBuf>) -> Result<Option<Self>, Failure> {
        let Round { config, store, endpoint, dir } = round;
        let Some(boxes) = config.mail.clone().filter(|_| config.shop.world == World::Simulated) else { return Ok(None) };
        let notify = Notify {
            store: (*store).clone(),
            buyers: LocalBuyers(books),
            mail: Mailroom { writer: Writer::new(&config.shop, boxes)?, carrier: Outbox::new(folder) },
            devices: NoDevices,
            world: config.shop.world,
            run: system::run_id(),
        };
        Ok(Some(Self { notify, tail: Tail::new(endpoint, &config.table)?, place: dir.join(PLACE) }))
    }

    /// Tells of everything that has been stored since the last time; a line for each mail. A post that is in trouble keeps nobody from
    /// talking, and tries again the next time.
    pub async fn deliver(&self, now: Time) -> Vec<String> {
        if let Err(error) = self.catch_up(now).await {
            tracing::warn!(error = chain(error.as_ref()), "mail is held up");
        }
        self.notify.mail.carrier.take().iter().map(line).collect()
    }

    async fn catch_up(&self, now: Time) -> Result<(), Failure> {
        loop {
            let place = fs::read_to_string(&self.place).ok().filter(|place| !place.is_empty());
            // A store that was begun anew has a stream that does not know the place.
            let event = match self.tail.after(place.as_deref()).await {
                Err(_) if place.is_some() => self.tail.after(None).await?,
                event => event?,
            };
            let report = self.notify.tell(&event, || now, now.plus(Time::MINUTE)).await?;
            let last = event["Records"].as_array().and_then(|records| records.last());
            let last = last.and_then(|record| record["dynamodb"]["SequenceNumber"].as_str());
            let (Some(last), true) = (last, report.again.is_empty()) else { return Ok(()) };
            fs::write(&self.place, last)?;
        }
    }
}

/// One mail in a line.
fn line(letter: &Letter) -> String {
    let to = match letter.channel {
        Channel::Buyer | Channel::Device => "to the buyer",
        Channel::Office => "to the orders department",
    };
    format!("{to}: {}", letter.subject)
}

/// Tells of what a command has stored, and names it.
///
/// # Errors
/// When a language has no words, or the output cannot be written.
pub async fn deliver(round: &Round<'_>, books: Arc<Books>, folder: Option<PathBuf>, out: &mut impl Write) -> Result<(), Failure> {
    let Some(post) = Post::open(round, books, folder)? else { return Ok(()) };
    for line in post.deliver(system::now()).await {
        writeln!(out, "Mail {line}")?;
    }
    Ok(())
}
