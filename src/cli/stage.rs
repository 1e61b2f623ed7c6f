//! The shop in this process, for the simulated world to talk to.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::dialog::{Scene, Stage};
use super::{Failure, local_store, orders, store_at};
use crate::adapters::alexa::verify::ApplicationId;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::dynamodb::local::Local;
use crate::config::Config;
use crate::domain::ids::Locale;
use crate::domain::time::Time;
use crate::entry::skill::Skill;
use crate::simulator::model::Model;
use crate::simulator::world;

/// Makes a skill for every conversation.
pub struct Shop {
    pub config: Config,
    /// Where orders are kept.
    pub dir: PathBuf,
    pub fresh: bool,
    /// Whether the shop is the one of the project here, whose model is in `skill-package/`.
    pub own: bool,
}

/// The skill as it runs on Lambda, over a store on this machine.
pub struct Here {
    skill: Skill<DynamoStore>,
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
        Ok(Here { skill: Skill::new(self.config.clone(), application, store)?, _local: local })
    }
}

impl world::Skill for Here {
    async fn invoke(&self, envelope: Value) -> Result<Value, world::SkillError> {
        self.skill.answer(envelope).await.map_err(|refusal| world::SkillError::Failed(Box::new(refusal)))
    }

    /// `.orders` and `.order NUMBER` show what `voicetill orders` shows.
    async fn aside(&self, command: &str, now: Time) -> Option<String> {
        orders::aside(command, &self.skill.store, now).await
    }
}
