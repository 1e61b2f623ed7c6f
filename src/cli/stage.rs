//! The shop in this process, for the simulated world to talk to.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::dialog::{Bank, Scene, Stage};
use super::link::{self, tokens};
use super::post::{Post, Round};
use super::{Failure, local_store, orders, store_at};
use crate::adapters::alexa::verify::ApplicationId;
use crate::adapters::amazon_pay::answers;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::dynamodb::local::Local;
use crate::adapters::fingerprint;
use crate::adapters::link::code;
use crate::adapters::link::secrets::Secrets;
use crate::adapters::link::token::{self, Linked};
use crate::config::Config;
use crate::domain::ids::{AmazonId, BillingAgreementId, BuyerId, Locale};
use crate::domain::order::Rail;
use crate::domain::payment::{CaptureMode, Timing};
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::domain::wallet::{Digits, Email, SavedWallet, WalletState};
use crate::entry::late::Late;
use crate::entry::skill::{Keys, Skill};
use crate::ports::{Saved, Wallets};
use crate::simulated::LocalTill;
use crate::simulator::amazon_pay::books::{self, Books};
use crate::simulator::amazon_pay::{Buyer, buyer_id};
use crate::simulator::model::Model;
use crate::simulator::world;
use crate::telemetry;

/// Makes a skill for every conversation.
pub struct Shop {
    pub config: Config,
    /// Where orders are kept.
    pub dir: PathBuf,
    pub fresh: bool,
    /// Where mail is written, if anywhere.
    pub mail_dir: Option<PathBuf>,
    /// Whether the shop is the one of the project here, whose model is in `skill-package/`.
    pub own: bool,
}

/// The dot-commands of a conversation that play the merchant.
pub const ASIDES: [(&str, &str); 4] = [
    (".orders", "the orders so far"),
    (".orders stuck", "those that somebody has to do something about"),
    (".order NUMBER", "one order with its payment and history; the end of its number will do"),
    (
        ".shop note|rails|capture|authorization [VALUE]",
        "another value in shop.toml from now on, without one as it was; Amazon's sandbox obeys a SandboxSimulation in the note",
    ),
];

/// The skill as it runs on Lambda, and its merchant.
pub struct Counter {
    config: Config,
    application: ApplicationId,
    bank: Bank,
    secrets: Secrets,
    /// Where `voicetill link` keeps what Alexa remembers; a replay has nothing to do with that.
    alexa: Option<PathBuf>,
    skill: Mutex<Arc<Served>>,
}

type Served = Skill<DynamoStore, LocalTill>;

impl Counter {
    /// Opens the shop. In a folder it takes the secrets of `voicetill link`, so that whoever links there is linked here.
    ///
    /// # Errors
    /// When a language has no words, or the secrets cannot be had.
    pub fn open(
        mut config: Config,
        application: ApplicationId,
        store: DynamoStore,
        bank: &Bank,
        dir: Option<&Path>,
    ) -> Result<Self, Failure> {
        let simulated = config.shop.world == World::Simulated;
        if simulated {
            config.shop.payment_page.get_or_insert_with(|| link::HERE.to_owned());
        }
        let alexa = dir.filter(|_| simulated).map(Path::to_owned);
        let secrets = match &alexa {
            Some(dir) => link::secrets(&dir.join(link::SECRETS), config.shop.world)?,
            None => Secrets::generate()?,
        };
        let skill = served(config.clone(), application.clone(), store, bank, &secrets)?;
        Ok(Self { config, application, bank: bank.clone(), secrets, alexa, skill: Mutex::new(Arc::new(skill)) })
    }

    fn skill(&self) -> Arc<Served> {
        Arc::clone(&self.skill.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A line of `shop.toml` is changed, and the shop opened again with it.
    fn change(&self, key: &str, value: &str) -> Result<String, String> {
        let before = self.skill();
        let Config { shop, pay, .. } = &self.config;
        let mut config = Config { shop: before.shop.clone(), pay: before.pay.clone(), ..self.config.clone() };
        match (key, value) {
            ("note", "") => config.pay.seller_authorization_note.clone_from(&pay.seller_authorization_note),
            ("note", text) => config.pay.seller_authorization_note = Some(text.to_owned()),
            ("rails", "") => config.shop.rails.clone_from(&shop.rails),
            ("rails", "saved-wallet") => config.shop.rails = vec![Rail::SavedWallet],
            ("rails", "directive") => config.shop.rails = vec![Rail::Directive],
            ("capture", "") => config.shop.capture = shop.capture,
            ("capture", "immediate") => config.shop.capture = CaptureMode::Immediate,
            ("capture", "on-ship") => config.shop.capture = CaptureMode::OnShip,
            ("authorization", "") => config.shop.timing = shop.timing,
            ("authorization", "synchronous") => config.shop.timing = Timing::Synchronous,
            ("authorization", "asynchronous") => config.shop.timing = Timing::Asynchronous,
            _ => {
                let usage = ".shop note TEXT, .shop rails saved-wallet|directive, .shop capture immediate|on-ship or .shop authorization synchronous|asynchronous";
                return Err(format!("write {usage}"));
            }
        }
        if let Some(problem) = config.pay.check().first() {
            return Err(problem.to_string());
        }
        let skill = served(config, self.application.clone(), before.store.clone(), &self.bank, &self.secrets);
        let skill = skill.map_err(|error| telemetry::chain(error.as_ref()))?;
        *self.skill.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(skill);
        Ok(if value.is_empty() { format!("{key} is as it was.") } else { format!("{key} is {value} from now on.") })
    }
}

/// A skill that charges at this bank.
fn served(config: Config, application: ApplicationId, store: DynamoStore, bank: &Bank, secrets: &Secrets) -> Result<Served, Failure> {
    let Bank { books, plans } = bank.clone();
    let till = LocalTill { books, plans, seller: config.pay.seller_id.to_string(), last: Mutex::default() };
    Ok(Skill::new(config, application, store)?.with_wallets(till, Some(Late::Here(Keys::of(secrets)?))))
}

impl Counter {
    /// What the link page does: sets up a wallet at Amazon Pay, unless the buyer has one that can be charged, and keeps it.
    async fn link(&self, buyer: Buyer, now: Time) -> Result<String, Failure> {
        let skill = self.skill();
        let (seller, currency) = (skill.pay.seller_id.to_string(), skill.pay.ledger_currency);
        let (world, sandbox) = (skill.shop.world, skill.pay.sandbox);
        let linked = whom(buyer)?;
        let known = skill.store.wallet(&linked).await?;
        let permission = self.bank.books.with(|pay| pay.save_wallet(buyer.name, &seller, currency, sandbox, now))?;
        let generation = known.as_ref().map_or(1, |wallet| wallet.generation);
        let id = BillingAgreementId::parse(&permission)?;
        let wallet = SavedWallet {
            world,
            earlier: known.clone().map_or_else(Vec::new, |known| known.replaced_by(&id)),
            permission: id,
            state: WalletState::Chargeable,
            address: buyer.destination().map(|destination| answers::address(&destination)).unwrap_or_default(),
            email: Email::parse(&buyer.email()),
            generation,
            code: known.as_ref().and_then(|wallet| wallet.code.clone()),
            always_ask: known.as_ref().is_some_and(|wallet| wallet.always_ask),
            at: now,
            version: fingerprint::mark(&format!("{linked} {permission} {}", now.unix())),
        };
        skill.store.save_wallet(&linked, &wallet, known.as_ref().map(|wallet| &wallet.version)).await?;
        self.token(&Linked { buyer: linked, generation })
    }

    /// What Alexa sends for a buyer. Real ones are renewed; this one lasts.
    fn token(&self, linked: &Linked) -> Result<String, Failure> {
        Ok(token::issue(&self.secrets.link_key()?, linked, Time::from_unix(i64::MAX)))
    }

    /// What `voicetill link` has written down of a buyer.
    fn browsed(&self, buyer: Buyer) -> Result<Option<world::Linked>, Failure> {
        let Some(dir) = &self.alexa else { return Ok(None) };
        let Some((linked, news)) = tokens::linked(dir, &self.secrets.link_key()?, &whom(buyer)?)? else { return Ok(None) };
        Ok(Some(world::Linked { access_token: self.token(&linked)?, news }))
    }
}

impl Counter {
    /// What the payment page does with a voice code.
    async fn set_code(&self, buyer: Buyer, digits: Option<&str>, always: bool, now: Time) -> Result<(), Failure> {
        let (skill, linked) = (self.skill(), whom(buyer)?);
        let Some(known) = skill.store.wallet(&linked).await? else {
            return Err(format!("{} has not linked the account: write .link first", buyer.name).into());
        };
        let key = self.secrets.code_key()?;
        let digits = digits.map(|digits| Digits::parse(digits).ok_or("a voice code has four digits")).transpose()?;
        let code = digits.map(|digits| code::keep(&key, &linked, digits)).transpose()?;
        let version = fingerprint::mark(&format!("{linked} code {} {}", known.version, now.unix()));
        let expected = known.version.clone();
        let wallet = SavedWallet { code, always_ask: always, version, ..known };
        match skill.store.save_wallet(&linked, &wallet, Some(&expected)).await? {
            Saved::Done => Ok(()),
            Saved::Overtaken(_) => Err("the wallet has changed meanwhile: try again".into()),
        }
    }
}

/// Whom Amazon Pay knows: the same on every page.
fn whom(buyer: Buyer) -> Result<BuyerId, Failure> {
    Ok(fingerprint::linked_buyer(&AmazonId::parse(&buyer_id(buyer.name))?)?)
}

impl world::Skill for Counter {
    async fn invoke(&self, envelope: Value) -> Result<Value, world::SkillError> {
        self.skill().answer(envelope).await.map_err(|refusal| world::SkillError::Failed(Box::new(refusal)))
    }

    async fn link(&self, buyer: Buyer, now: Time) -> Result<String, String> {
        Self::link(self, buyer, now).await.map_err(|error| telemetry::chain(error.as_ref()))
    }

    async fn linked(&self, buyer: Buyer) -> Option<world::Linked> {
        self.browsed(buyer).unwrap_or_else(|error| {
            tracing::warn!(error = telemetry::chain(error.as_ref()), "what Alexa remembers cannot be read");
            None
        })
    }

    async fn set_code(&self, buyer: Buyer, code: Option<&str>, always: bool, now: Time) -> Result<(), String> {
        Self::set_code(self, buyer, code, always, now).await.map_err(|error| telemetry::chain(error.as_ref()))
    }

    async fn aside(&self, command: &str, now: Time) -> Option<String> {
        if let Some(change) = command.strip_prefix(".shop ") {
            let (key, value) = change.trim().split_once(' ').unwrap_or((change.trim(), ""));
            return Some(self.change(key, value.trim()).unwrap_or_else(|wrong| wrong));
        }
        orders::aside(command, &self.skill().store, now).await
    }
}

/// The counter, the store behind it, and the post.
pub struct Here {
    counter: Counter,
    /// A replay sends no mail.
    post: Option<Post>,
    /// Keeps the store running.
    _local: Local,
}

impl Stage for Shop {
    type Skill = Here;

    /// The model that would be published, read from its file, so that a wrong one shows here. For a shop from elsewhere it is made afresh.
    fn model(&self, locale: &str) -> Result<Model, Failure> {
        let file = Path::new("skill-package/interactionModels/custom").join(format!("{locale}.json"));
        let text = if self.own && file.exists() {
            std::fs::read_to_string(&file)?
        } else {
            super::model::generate(&self.config, &Locale::parse(locale)?)?.to_string()
        };
        Ok(Model::parse(&text)?)
    }

    fn books(&self, scene: &Scene) -> Result<Books, Failure> {
        if scene.replay.is_some() {
            return Ok(Books::in_memory());
        }
        let books = Books::at(self.dir.join(books::FILE));
        if self.fresh {
            books.clear()?;
            tokens::clear(&self.dir)?;
        }
        Ok(books)
    }

    async fn skill(&self, scene: &Scene, bank: &Bank) -> Result<Here, Failure> {
        let table = &self.config.table;
        let (local, store, post) = if scene.replay.is_some() {
            // A replay begins with nothing and leaves nothing.
            let local = Local::in_memory().await?;
            let store = store_at(&local, table).await?;
            (local, store, None)
        } else {
            let (local, store) = local_store(&self.dir, table, self.fresh).await?;
            let round = Round { config: &self.config, store: &store, endpoint: local.endpoint(), dir: &self.dir };
            let post = Post::open(&round, Arc::clone(&bank.books), self.mail_dir.clone())?;
            (local, store, post)
        };
        let application = ApplicationId::parse(&scene.skill_id)?;
        let dir = scene.replay.is_none().then_some(self.dir.as_path());
        Ok(Here { counter: Counter::open(self.config.clone(), application, store, bank, dir)?, post, _local: local })
    }
}

impl world::Skill for Here {
    async fn invoke(&self, envelope: Value) -> Result<Value, world::SkillError> {
        self.counter.invoke(envelope).await
    }

    async fn link(&self, buyer: Buyer, now: Time) -> Result<String, String> {
        world::Skill::link(&self.counter, buyer, now).await
    }

    async fn linked(&self, buyer: Buyer) -> Option<world::Linked> {
        world::Skill::linked(&self.counter, buyer).await
    }

    async fn set_code(&self, buyer: Buyer, code: Option<&str>, always: bool, now: Time) -> Result<(), String> {
        world::Skill::set_code(&self.counter, buyer, code, always, now).await
    }

    async fn aside(&self, command: &str, now: Time) -> Option<String> {
        self.counter.aside(command, now).await
    }

    async fn mail(&self, now: Time) -> Vec<String> {
        match &self.post {
            Some(post) => post.deliver(now).await,
            None => Vec::new(),
        }
    }
}
