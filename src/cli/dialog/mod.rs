//! `voicetill dialog`: a conversation with the shop in the terminal, after `ask dialog` of the ASK CLI, whose prompts, commands and
//! replay files it shares. The simulated world does the work; this reads lines, writes lines and compares transcripts.
//!
//! It decides nothing about the shop and talks to no real service except, if told so, to a skill behind an address.

mod http;
mod interactive;
mod lines;
mod record;
mod replay;
mod show;

pub use http::HttpSkill;
pub use lines::{Console, Input};
pub use replay::{Verdict, in_folder};

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use crate::adapters::system;
use crate::simulator::amazon_pay::books::Books;
use crate::simulator::clock::{Clock, REPLAY_START};
use crate::simulator::ids::Ids;
use crate::simulator::model::Model;
use crate::simulator::world::{Plans, Setting, Skill, SkillError, World};

/// The skill id when nothing else is asked for: no real skill has it.
pub const SIMULATED_SKILL_ID: &str = "amzn1.ask.skill.00000000-0000-0000-0000-000000000000";

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Talks with the skill in the terminal: Alexa, Amazon Pay and the store are local, and no real money moves.
#[derive(Clone, Debug, clap::Args)]
pub struct DialogArgs {
    /// Plays a recorded conversation and compares it with the .txt file of the same name; may be given several times
    #[arg(short, long, value_name = "FILE", num_args = 1..)]
    pub replay: Vec<PathBuf>,
    /// Writes the transcripts that --replay compares with, instead of comparing
    #[arg(long, requires = "replay")]
    pub bless: bool,
    /// Writes every request to the skill and every response to a JSON file
    #[arg(long, value_name = "FILE")]
    pub save_skill_io: Option<PathBuf>,
    /// The language of the device; a replayed file brings its own
    #[arg(short, long, default_value = "en-US", env = "ASK_DEFAULT_DEVICE_LOCALE")]
    pub locale: String,
    /// The skill id in requests; a replayed file brings its own
    #[arg(short, long, default_value = SIMULATED_SKILL_ID)]
    pub skill_id: String,
    /// Begins with an empty store
    #[arg(long)]
    pub fresh: bool,
    /// Talks to a skill behind an address instead of the one in this process, such as
    /// `http://localhost:9000/2015-03-31/functions/skill/invocations` while `cargo lambda watch` runs
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
}

/// What a conversation is played in; the skill of this process shares its clock.
#[derive(Clone, Debug)]
pub struct Scene {
    pub clock: Clock,
    pub locale: String,
    pub skill_id: String,
    /// The replayed file; `None` in a conversation with a person. Each replay needs a store of its own.
    pub replay: Option<PathBuf>,
}

/// The local Amazon Pay, and what the tester has planned for it.
#[derive(Clone, Debug)]
pub struct Bank {
    pub books: Arc<Books>,
    pub plans: Plans,
}

/// Sets the scene: gives the interaction model and the skill.
pub trait Stage {
    /// The skill it sets up.
    type Skill: Skill;

    /// The interaction model of a locale.
    ///
    /// # Errors
    /// Why there is none.
    fn model(&self, locale: &str) -> Result<Model, Cause>;

    /// The books of the local Amazon Pay that this scene plays with. Those of a replay are empty, and gone with it.
    ///
    /// # Errors
    /// Why there are none.
    fn books(&self, scene: &Scene) -> Result<Books, Cause>;

    /// A skill for one conversation; where it charges by itself, at this bank.
    fn skill(&self, scene: &Scene, bank: &Bank) -> impl Future<Output = Result<Self::Skill, Cause>>;
}

/// Why a conversation could not be held.
#[derive(Debug, thiserror::Error)]
pub enum DialogError {
    #[error("there is no usable interaction model for {locale}: run `voicetill model`")]
    Model {
        locale: String,
        #[source]
        source: Cause,
    },
    #[error("the local Amazon Pay could not be set up")]
    Books(#[source] Cause),
    #[error("the skill could not be set up")]
    Skill(#[source] Cause),
    #[error("--endpoint {url} cannot be used")]
    Endpoint {
        url: String,
        #[source]
        source: SkillError,
    },
    #[error("{} cannot be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} cannot be written", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: {rule}", path.display())]
    Replay { path: PathBuf, rule: String },
    #[error("the terminal cannot be read or written")]
    Console(#[source] std::io::Error),
}

/// Holds the conversation, or replays the recorded ones.
///
/// # Errors
/// [`DialogError`] when a file, the model, the skill or the terminal fails. What the skill does wrong is part of the conversation.
pub async fn run<T: Stage>(args: &DialogArgs, stage: &T, console: &mut Console<'_>) -> Result<Verdict, DialogError> {
    match &args.endpoint {
        None => play(args, stage, console).await,
        Some(url) => {
            let remote =
                Remote { skill: HttpSkill::new(url).map_err(|source| DialogError::Endpoint { url: url.clone(), source })?, models: stage };
            play(args, &remote, console).await
        }
    }
}

async fn play<T: Stage>(args: &DialogArgs, stage: &T, console: &mut Console<'_>) -> Result<Verdict, DialogError> {
    let mut record = record::SkillIo::new(args.save_skill_io.clone());
    let verdict = if args.replay.is_empty() {
        let scene =
            Scene { clock: Clock::following(system::now), locale: args.locale.clone(), skill_id: args.skill_id.clone(), replay: None };
        // Requests differ from run to run; the buyers stay the same, so that a cart left behind is found again.
        let mut world = world(stage, &scene, Ids::random(), "at home".to_owned()).await?;
        interactive::converse(&mut world, &scene, &mut record, console).await.map(|()| Verdict::AsExpected)
    } else {
        replay::all(args, stage, &mut record, console).await
    };
    // What was said so far is worth keeping even when the conversation failed.
    record.save()?;
    verdict
}

/// The scene of one replay: everything in it is fixed.
fn replay_scene(path: &std::path::Path, file: &replay::ReplayFile) -> Scene {
    Scene {
        clock: Clock::standing(REPLAY_START),
        locale: file.locale.clone(),
        skill_id: file.skill_id.clone(),
        replay: Some(path.to_owned()),
    }
}

async fn world<T: Stage>(stage: &T, scene: &Scene, ids: Ids, household: String) -> Result<World<T::Skill>, DialogError> {
    let model = stage.model(&scene.locale).map_err(|source| DialogError::Model { locale: scene.locale.clone(), source })?;
    let books = Arc::new(stage.books(scene).map_err(DialogError::Books)?);
    let bank = Bank { books, plans: Plans::default() };
    let skill = stage.skill(scene, &bank).await.map_err(DialogError::Skill)?;
    let Bank { books, plans } = bank;
    let Scene { clock, locale, skill_id, replay: _ } = scene.clone();
    Ok(World::new(Setting { model, locale, skill_id, clock, ids, household, books, plans }, skill))
}

/// The skill behind an address, with the models of the stage in this process.
struct Remote<'a, T> {
    skill: HttpSkill,
    models: &'a T,
}

impl<T: Stage> Stage for Remote<'_, T> {
    type Skill = HttpSkill;

    fn model(&self, locale: &str) -> Result<Model, Cause> {
        self.models.model(locale)
    }

    fn books(&self, scene: &Scene) -> Result<Books, Cause> {
        self.models.books(scene)
    }

    async fn skill(&self, _: &Scene, _: &Bank) -> Result<HttpSkill, Cause> {
        Ok(self.skill.clone())
    }
}

#[cfg(test)]
mod tests;
