//! The shop in this process, for the simulated world to talk to.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::dialog::{Scene, Stage};
use super::{Failure, local_store, orders, store_at};
use crate::adapters::alexa::speech::SpeechError;
use crate::adapters::alexa::verify::ApplicationId;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::dynamodb::local::Local;
use crate::config::Config;
use crate::domain::ids::Locale;
use crate::domain::payment::{CaptureMode, Timing};
use crate::domain::time::Time;
use crate::entry::skill::Skill;
use crate::simulator::amazon_pay::books::{self, Books};
use crate::simulator::model::Model;
use crate::simulator::world;
use crate::telemetry;

/// Makes a skill for every conversation.
pub struct Shop {
    pub config: Config,
    /// Where orders are kept.
    pub dir: PathBuf,
    pub fresh: bool,
    /// Whether the shop is the one of the project here, whose model is in `skill-package/`.
    pub own: bool,
}

/// The dot-commands of a conversation that play the merchant.
pub const ASIDES: [(&str, &str); 4] = [
    (".orders", "the orders so far"),
    (".orders stuck", "those that somebody has to do something about"),
    (".order NUMBER", "one order with its payment and history; the end of its number will do"),
    (
        ".shop note|capture|authorization [VALUE]",
        "another value in shop.toml from now on, without one as it was; Amazon's sandbox obeys a SandboxSimulation in the note",
    ),
];

/// The skill as it runs on Lambda, and its merchant.
pub struct Counter {
    config: Config,
    application: ApplicationId,
    skill: Mutex<Arc<Skill<DynamoStore>>>,
}

impl Counter {
    /// Opens the shop.
    ///
    /// # Errors
    /// When a language has no words.
    pub fn open(config: Config, application: ApplicationId, store: DynamoStore) -> Result<Self, SpeechError> {
        let skill = Skill::new(config.clone(), application.clone(), store)?;
        Ok(Self { config, application, skill: Mutex::new(Arc::new(skill)) })
    }

    fn skill(&self) -> Arc<Skill<DynamoStore>> {
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
            ("capture", "") => config.shop.capture = shop.capture,
            ("capture", "immediate") => config.shop.capture = CaptureMode::Immediate,
            ("capture", "on-ship") => config.shop.capture = CaptureMode::OnShip,
            ("authorization", "") => config.shop.timing = shop.timing,
            ("authorization", "synchronous") => config.shop.timing = Timing::Synchronous,
            ("authorization", "asynchronous") => config.shop.timing = Timing::Asynchronous,
            _ => {
                let usage = ".shop note TEXT, .shop capture immediate|on-ship or .shop authorization synchronous|asynchronous";
                return Err(format!("write {usage}"));
            }
        }
        if let Some(problem) = config.pay.check().first() {
            return Err(problem.to_string());
        }
        let skill = Skill::new(config, self.application.clone(), before.store.clone()).map_err(|error| telemetry::chain(&error))?;
        *self.skill.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(skill);
        Ok(if value.is_empty() { format!("{key} is as it was.") } else { format!("{key} is {value} from now on.") })
    }
}

impl world::Skill for Counter {
    async fn invoke(&self, envelope: Value) -> Result<Value, world::SkillError> {
        self.skill().answer(envelope).await.map_err(|refusal| world::SkillError::Failed(Box::new(refusal)))
    }

    async fn aside(&self, command: &str, now: Time) -> Option<String> {
        if let Some(change) = command.strip_prefix(".shop ") {
            let (key, value) = change.trim().split_once(' ').unwrap_or((change.trim(), ""));
            return Some(self.change(key, value.trim()).unwrap_or_else(|wrong| wrong));
        }
        orders::aside(command, &self.skill().store, now).await
    }
}

/// The counter, and the store behind it.
pub struct Here {
    counter: Counter,
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
        }
        Ok(books)
    }

    async fn skill(&self, scene: &Scene) -> Result<Here, Failure> {
        let table = &self.config.table;
        let (local, store) = match scene.replay {
            // A replay begins with nothing and leaves nothing.
            Some(_) => {
                let local = Local::in_memory().await?;
                let store = store_at(&local, table).await?;
                (local, store)
            }
            None => local_store(&self.dir, table, self.fresh).await?,
        };
        let application = ApplicationId::parse(&scene.skill_id)?;
        Ok(Here { counter: Counter::open(self.config.clone(), application, store)?, _local: local })
    }
}

impl world::Skill for Here {
    async fn invoke(&self, envelope: Value) -> Result<Value, world::SkillError> {
        self.counter.invoke(envelope).await
    }

    async fn aside(&self, command: &str, now: Time) -> Option<String> {
        self.counter.aside(command, now).await
    }
}
