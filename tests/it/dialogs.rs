//! Every conversation in `dialogs/` is replayed to its transcript, and a rule that is broken on purpose is noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use voicetill::adapters::alexa::verify::ApplicationId;
use voicetill::adapters::dynamodb::local::Local;
use voicetill::cli::dialog::{Bank, Console, DialogArgs, Input, SIMULATED_SKILL_ID, Scene, Stage, Verdict, in_folder, run};
use voicetill::cli::stage::{ASIDES, Counter};
use voicetill::domain::time::Time;
use voicetill::simulator::amazon_pay::books::Books;
use voicetill::simulator::amazon_pay::{Buyer, Outcome};
use voicetill::simulator::model::Model;
use voicetill::simulator::world::{self, HELP, SkillError};

use crate::alexa::config;
use crate::meter::{self, Count, Meter};
use crate::shop::Delivered;

type Failure = Box<dyn Error + Send + Sync>;

/// What passed between Alexa and the skill in one conversation.
type Seen = Vec<(Value, Value, Count)>;

/// How a request is bent before the skill gets it.
type Bend = fn(&mut Value);

/// A skill over a store in memory for every conversation, and what passed in each.
struct Theatre {
    bend: Bend,
    delivered: Delivered,
    seen: Mutex<BTreeMap<String, Arc<Mutex<Seen>>>>,
}

struct Actor {
    counter: Counter,
    bend: Bend,
    delivered: Delivered,
    meter: Meter,
    seen: Arc<Mutex<Seen>>,
    _engine: Local,
}

impl Stage for Theatre {
    type Skill = Actor;

    fn model(&self, locale: &str) -> Result<Model, Failure> {
        let file = root().join("skill-package/interactionModels/custom").join(format!("{locale}.json"));
        Ok(Model::parse(&std::fs::read_to_string(file)?)?)
    }

    fn books(&self, _: &Scene) -> Result<Books, Failure> {
        Ok(Books::in_memory())
    }

    async fn skill(&self, scene: &Scene, bank: &Bank) -> Result<Actor, Failure> {
        let (engine, store, meter) = meter::store().await;
        let counter = Counter::open(config(), ApplicationId::parse(&scene.skill_id)?, store, bank, None)?;
        let name = scene.replay.as_deref().and_then(Path::file_stem).unwrap_or_default().to_string_lossy().into_owned();
        let seen = self.seen.lock().unwrap().entry(name).or_default().clone();
        Ok(Actor { counter, bend: self.bend, delivered: self.delivered, meter, seen, _engine: engine })
    }
}

impl world::Skill for Actor {
    async fn invoke(&self, mut envelope: Value) -> Result<Value, SkillError> {
        (self.bend)(&mut envelope);
        self.meter.take();
        let once = || self.counter.invoke(envelope.clone());
        let (answered, again) = match self.delivered {
            Delivered::Once => (once().await?, None),
            Delivered::TwiceInARow => (once().await?, Some(once().await?)),
            Delivered::TwiceAtOnce => {
                let (first, second) = tokio::join!(once(), once());
                (first?, Some(second?))
            }
        };
        assert!(again.is_none_or(|again| again == answered), "{:?} is answered differently: {envelope:#}", self.delivered);
        self.seen.lock().unwrap().push((envelope, answered.clone(), self.meter.take()));
        Ok(answered)
    }

    async fn link(&self, buyer: Buyer, now: Time) -> Result<String, String> {
        world::Skill::link(&self.counter, buyer, now).await
    }

    async fn set_code(&self, buyer: Buyer, code: Option<&str>, always: bool, now: Time) -> Result<(), String> {
        world::Skill::set_code(&self.counter, buyer, code, always, now).await
    }

    async fn aside(&self, command: &str, now: Time) -> Option<String> {
        self.counter.aside(command, now).await
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<PathBuf> {
    in_folder(&root().join("dialogs")).unwrap()
}

struct Replayed {
    verdict: Verdict,
    text: String,
    remarks: String,
    seen: BTreeMap<String, Seen>,
}

async fn replay(files: Vec<PathBuf>, bend: Bend) -> Replayed {
    replay_delivered(files, bend, Delivered::Once).await
}

async fn replay_delivered(files: Vec<PathBuf>, bend: Bend, delivered: Delivered) -> Replayed {
    let theatre = Theatre { bend, delivered, seen: Mutex::default() };
    let args = DialogArgs {
        replay: files,
        bless: false,
        save_skill_io: None,
        locale: "en-US".to_owned(),
        skill_id: SIMULATED_SKILL_ID.to_owned(),
        fresh: false,
        endpoint: None,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut nothing = &b""[..];
    let mut console = Console { input: Input::Lines(&mut nothing), out: &mut out, err: &mut err };
    let verdict = run(&args, &theatre, &mut console).await.unwrap();
    let seen = theatre.seen.into_inner().unwrap().into_iter();
    let seen = seen.map(|(name, seen)| (name, std::mem::take(&mut *seen.lock().unwrap()))).collect();
    Replayed { verdict, text: String::from_utf8(out).unwrap(), remarks: String::from_utf8(err).unwrap(), seen }
}

/// The references under which Amazon Pay says that it took money, by order.
fn captured(seen: &Seen) -> BTreeMap<String, BTreeSet<String>> {
    let mut taken = BTreeMap::<String, BTreeSet<String>>::new();
    for (request, ..) in seen {
        let details = &request["request"]["payload"]["authorizationDetails"];
        let amount = details["capturedAmount"]["amount"].as_str().unwrap_or("0");
        let Some(reference) = details["authorizationReferenceId"].as_str() else { continue };
        if amount.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
            let (order, _) = reference.rsplit_once('a').unwrap();
            taken.entry(order.to_owned()).or_default().insert(reference.to_owned());
        }
    }
    taken
}

#[tokio::test]
async fn every_conversation_replays_to_its_transcript_within_the_budget_and_charges_no_order_twice() {
    let files = files();
    for file in &files {
        assert!(file.with_extension("txt").exists(), "{} has no transcript", file.display());
    }
    let Replayed { verdict, remarks, seen, .. } = replay(files.clone(), |_| ()).await;
    assert_eq!(verdict, Verdict::AsExpected, "{remarks}");
    assert_eq!(remarks.matches("as expected").count(), files.len(), "{remarks}");

    let mut orders = 0;
    for (name, seen) in &seen {
        for (order, references) in captured(seen) {
            assert_eq!(references.len(), 1, "{name}: {order} was taken under {references:?}");
            orders += 1;
        }
        for (request, _, count) in seen {
            // A wrong guess costs a second write instead of the read. Where our server charges, the outcome is written, too.
            let linked = request["context"]["System"]["user"]["accessToken"].is_string();
            // The right code after a wrong one ends the row of misses, which is a write of its own.
            let code = request["request"]["intent"]["name"] == "VoiceCodeIntent";
            // Nobody waits for the answer to an event: what one user has left is brought to another, cart and opt-in.
            let event = request["request"]["type"].as_str().is_some_and(|kind| kind.starts_with("AlexaSkillEvent."));
            let (reads_max, calls_max) = match (event, code, linked) {
                (true, ..) => (2, 4),
                (false, true, _) => (1, 4),
                (false, false, true) => (1, 3),
                (false, false, false) => (1, 2),
            };
            assert!(count.reads <= reads_max && count.reads + count.writes <= calls_max, "{name}: {count:?} for {request:#}");
        }
    }
    assert!(orders > 10, "{orders} orders were paid");
}

#[tokio::test]
async fn a_conversation_whose_every_request_comes_twice_goes_the_same_way() {
    let linked = |file: &PathBuf| std::fs::read_to_string(file).unwrap().contains(".link");
    for delivered in [Delivered::TwiceInARow, Delivered::TwiceAtOnce] {
        // At once, our server makes two calls under one id, and the local Amazon Pay tells of both: see `wallets`.
        let files = files().into_iter().filter(|file| delivered != Delivered::TwiceAtOnce || !linked(file)).collect();
        let Replayed { verdict, remarks, .. } = replay_delivered(files, |_| (), delivered).await;
        assert_eq!(verdict, Verdict::AsExpected, "{delivered:?}: {remarks}");
    }
}

#[test]
fn every_conversation_has_a_purpose_of_its_own() {
    let files = files();
    assert!(files.len() >= 25, "{} conversations", files.len());
    let mut purposes = BTreeMap::new();
    for file in files {
        let replay: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let purpose = replay["purpose"].as_str().unwrap_or_default().trim().to_owned();
        assert!(!purpose.is_empty(), "{} has no purpose", file.display());
        assert!(replay["userInput"].as_array().is_some_and(|input| !input.is_empty()), "{} says nothing", file.display());
        if let Some(other) = purposes.insert(purpose, file.clone()) {
            panic!("{} and {} have the same purpose", file.display(), other.display());
        }
    }
}

/// The dot-commands of every conversation, word by word.
fn commands() -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for file in files() {
        let replay: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let moved = replay["world"].as_object().into_iter().flat_map(|world| world.values()).flat_map(|lines| lines.as_array().unwrap());
        commands.extend(moved.map(|line| line.as_str().unwrap().split_whitespace().map(str::to_owned).collect()));
    }
    commands
}

#[test]
fn every_outcome_and_every_dot_command_is_played_in_some_conversation() {
    let commands = commands();
    let begins = |words: &[&str]| {
        commands.iter().any(|command: &Vec<String>| command.iter().zip(words).filter(|(a, b)| a == b).count() == words.len())
    };
    let missing: Vec<_> = Outcome::names().filter(|name| !begins(&[".outcome", name])).collect();
    assert!(missing.is_empty(), "no conversation shows {missing:?}");
    for (usage, _) in HELP.iter().chain(&ASIDES) {
        let words: Vec<_> = usage.split_whitespace().collect();
        // Of what is written in small letters every choice; moments of the clock are examples.
        let choices = words.get(1).filter(|word| word.starts_with(|letter: char| letter.is_ascii_lowercase()));
        match choices {
            Some(choices) => {
                for choice in choices.split('|') {
                    assert!(begins(&[words[0], choice]), "no conversation plays {} {choice}", words[0]);
                }
            }
            None => assert!(begins(&words[..1]), "no conversation plays {usage}"),
        }
    }
}

#[test]
fn every_transcript_belongs_to_a_conversation() {
    for entry in std::fs::read_dir(root().join("dialogs")).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.extension().is_some_and(|end| end == "json" || end == "txt"), "{}", path.display());
        assert!(path.with_extension("json").exists(), "{} has no conversation", path.display());
    }
}

/// Charges without the yes: a no to the read-back counts as one.
fn no_means_yes(envelope: &mut Value) {
    let placing = envelope["session"]["attributes"]["ask"]["place"].is_array();
    if placing && envelope["request"]["intent"]["name"] == "AMAZON.NoIntent" {
        envelope["request"]["intent"]["name"] = json!("AMAZON.YesIntent");
    }
}

/// Everything is asked under the same request id, so that writes of different turns pass for repeats of each other.
fn one_request_id(envelope: &mut Value) {
    envelope["request"]["requestId"] = json!("amzn1.echo-api.request.same");
}

/// An answer counts as captured, whatever it says.
fn always_captured(envelope: &mut Value) {
    if let Some(details) = envelope.pointer_mut("/request/payload/authorizationDetails") {
        details["authorizationStatus"] = json!({ "state": "Closed", "reasonCode": "MaxCapturesProcessed" });
        details["capturedAmount"] = details["authorizationAmount"].clone();
        details["softDecline"] = json!("false");
    }
}

#[tokio::test]
async fn a_rule_that_is_broken_on_purpose_is_noticed() {
    let broken: [(Bend, &str, &str); 3] = [
        (no_means_yes, "14-yes-to-what", "Pay   > Charge, simulated"),
        (one_request_id, "01-first-purchase", ""),
        (always_captured, "06-declined-soft", "Thank you! Your payment of"),
    ];
    for (bend, name, sign) in broken {
        let file = root().join("dialogs").join(format!("{name}.json"));
        assert_eq!(replay(vec![file.clone()], |_| ()).await.verdict, Verdict::AsExpected, "{name}");
        let Replayed { verdict, text, remarks, .. } = replay(vec![file], bend).await;
        assert_eq!(verdict, Verdict::Different, "{name}: {text}");
        assert!(remarks.contains("not as expected") && text.contains(sign), "{name}: {remarks}{text}");
    }
}
