//! Replays: recorded conversations, played again in a fixed world, and their transcripts compared with the expected ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::lines::Console;
use super::record::SkillIo;
use super::{DialogArgs, DialogError, Stage, replay_scene, world};
use crate::simulator::ids::Ids;
use crate::simulator::world::{Event, Skill, World, transcript};

/// Any number would do; it must only stay the same.
const SEED: u64 = 1;

/// How many lines of a difference are shown.
const DIFFERENCE_LINES: usize = 6;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    AsExpected,
    /// A transcript is not the expected one.
    Different,
}

impl Verdict {
    /// The exit code of the program.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::AsExpected => 0,
            Self::Different => 1,
        }
    }
}

/// A replay file of the ASK CLI with two fields more, which it does not mind.
#[derive(Debug, Deserialize)]
pub struct ReplayFile {
    #[serde(rename = "skillId")]
    pub skill_id: String,
    pub locale: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "userInput")]
    user_input: Vec<String>,
    /// What the conversation shows.
    #[serde(default)]
    purpose: String,
    /// Dot-commands by the place of the input before which they are carried out; the number of inputs stands for the end.
    #[serde(default)]
    world: BTreeMap<String, Vec<String>>,
}

/// Plays every file, and says of each whether it went as expected.
pub async fn all<T: Stage>(args: &DialogArgs, stage: &T, io: &mut SkillIo, console: &mut Console<'_>) -> Result<Verdict, DialogError> {
    let mut verdict = Verdict::AsExpected;
    for path in &args.replay {
        let file = read(path)?;
        let scene = replay_scene(path, &file);
        // A skill behind an address keeps what it knows of a household, so there each replay brings a new one.
        let household = if args.endpoint.is_some() { Ids::random().uuid() } else { "replay".to_owned() };
        let mut world = world(stage, &scene, Ids::seeded(SEED), household).await?;
        let events = play(&mut world, &file, path, io).await?;
        let title = if file.purpose.is_empty() { String::new() } else { format!("# {}\n\n", file.purpose) };
        let text = title + &transcript(&events);
        write!(console.out, "{text}").map_err(DialogError::Console)?;
        if compare(path, &text, args.bless, console)? == Verdict::Different {
            verdict = Verdict::Different;
        }
    }
    Ok(verdict)
}

fn read(path: &Path) -> Result<ReplayFile, DialogError> {
    let wrong = |rule: String| DialogError::Replay { path: path.to_owned(), rule };
    let text = std::fs::read_to_string(path).map_err(|source| DialogError::Read { path: path.to_owned(), source })?;
    let file: ReplayFile =
        serde_json::from_str(&text).map_err(|error| wrong(format!("a replay file has skillId, locale, type and userInput: {error}")))?;
    if file.skill_id.trim().is_empty() || file.locale.trim().is_empty() {
        return Err(wrong("skillId and locale must not be empty".to_owned()));
    }
    if file.kind != "text" {
        return Err(wrong(format!("type {:?} cannot be replayed: use \"text\"", file.kind)));
    }
    if file.user_input.iter().any(|input| input.trim().is_empty()) {
        return Err(wrong("userInput must not contain an empty text".to_owned()));
    }
    if let Some(input) = file.user_input.iter().map(|input| input.trim()).find(|input| input.starts_with('.') && *input != ".quit") {
        return Err(wrong(format!("userInput has the command {input:?}: put dot-commands under world")));
    }
    let places = file.user_input.len();
    if let Some(key) = file.world.keys().find(|key| key.parse::<usize>().map_or(true, |at| at > places)) {
        return Err(wrong(format!("world has the key {key:?}: use the place of an input, 0 to {places}")));
    }
    Ok(file)
}

async fn play<S: Skill>(world: &mut World<S>, file: &ReplayFile, path: &Path, io: &mut SkillIo) -> Result<Vec<Event>, DialogError> {
    let mut events = Vec::new();
    for at in 0..=file.user_input.len() {
        let mut turn = Vec::new();
        for command in file.world.get(&at.to_string()).into_iter().flatten() {
            let wrong = |error| DialogError::Replay { path: path.to_owned(), rule: format!("world {at}, {command:?}: {error}") };
            let new_session = !world.session_open();
            let moved = world.command(command).await.map_err(wrong)?;
            io.turn(command, new_session, &moved, world.take_exchanges());
            turn.extend(moved);
        }
        let said = file.user_input.get(at).map(|input| input.trim());
        if let Some(input) = said.filter(|input| *input != ".quit") {
            let new_session = !world.session_open();
            let told = world.say(input).await;
            io.turn(input, new_session, &told, world.take_exchanges());
            turn.extend(told);
        }
        events.extend(turn);
        if said == Some(".quit") {
            break;
        }
    }
    Ok(events)
}

fn compare(path: &Path, text: &str, bless: bool, console: &mut Console<'_>) -> Result<Verdict, DialogError> {
    let expected_path = path.with_extension("txt");
    let shown = expected_path.display();
    let mut say = |what: String| writeln!(console.err, "{what}").map_err(DialogError::Console);
    if bless {
        std::fs::write(&expected_path, text).map_err(|source| DialogError::Write { path: expected_path.clone(), source })?;
        say(format!("{shown} written"))?;
        return Ok(Verdict::AsExpected);
    }
    let expected = match std::fs::read_to_string(&expected_path) {
        Ok(expected) => expected.replace("\r\n", "\n"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            say(format!("{}: nothing to compare with; --bless writes {shown}", path.display()))?;
            return Ok(Verdict::AsExpected);
        }
        Err(source) => return Err(DialogError::Read { path: expected_path, source }),
    };
    if expected == text {
        say(format!("{}: as expected", path.display()))?;
        return Ok(Verdict::AsExpected);
    }
    say(format!("{}: not as expected in {shown}\n{}", path.display(), difference(&expected, text)))?;
    Ok(Verdict::Different)
}

/// The first place where two texts part, with what stands there in each.
fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = expected.iter().zip(&found).take_while(|(expected, found)| expected == found).count();
    let mut lines = vec![format!("  line {}:", same + 1)];
    if let Some(before) = same.checked_sub(1).and_then(|at| expected.get(at)) {
        lines.push(format!("    {before}"));
    }
    // From the other end, so that a changed line does not show everything after it.
    let left = (&expected[same..], &found[same..]);
    let tail = left.0.iter().rev().zip(left.1.iter().rev()).take_while(|(expected, found)| expected == found).count();
    for (sign, part) in [('-', left.0), ('+', left.1)] {
        let part = &part[..part.len() - tail];
        lines.extend(part.iter().take(DIFFERENCE_LINES).map(|line| format!("  {sign} {line}")));
        if part.len() > DIFFERENCE_LINES {
            lines.push(format!("  {sign} … {} lines more", part.len() - DIFFERENCE_LINES));
        }
    }
    lines.join("\n")
}

/// The replay files of a folder, in the order of their names.
///
/// # Errors
/// [`DialogError::Read`] when the folder cannot be read.
pub fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, DialogError> {
    let wrong = |source| DialogError::Read { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let mut files: Vec<PathBuf> =
        entries.into_iter().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    Ok(files)
}
