//! Files that a conversation leaves behind: what passed between Alexa and the skill, and what was said, to be said again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{DialogError, Scene};
use crate::simulator::world::{Event, Exchange};

/// `--save-skill-io`: the file of the ASK CLI, with the fields that it has for a simulation.
pub struct SkillIo {
    path: Option<PathBuf>,
    invocations: Vec<Value>,
}

impl SkillIo {
    /// Collects what passes, if it is to be written at all.
    pub const fn new(path: Option<PathBuf>) -> Self {
        Self { path, invocations: Vec::new() }
    }

    /// Takes one turn.
    pub fn turn(&mut self, utterance: &str, new_session: bool, events: &[Event], exchanges: Vec<Exchange>) {
        if self.path.is_none() || exchanges.is_empty() {
            return;
        }
        let spoken = events.iter().filter_map(|event| {
            let Event::Says(text) = event else { return None };
            Some(json!({ "type": "Speech", "content": { "caption": text } }))
        });
        let calls = exchanges.into_iter().map(|Exchange { request, response }| {
            json!({ "invocationRequest": { "body": request }, "invocationResponse": { "body": response } })
        });
        self.invocations.push(json!({
            "request": { "utterance": utterance, "newSession": new_session },
            "response": { "body": { "status": "SUCCESSFUL", "result": {
                "alexaExecutionInfo": { "alexaResponses": spoken.collect::<Value>() },
                "skillExecutionInfo": { "invocations": calls.collect::<Value>() },
            } } },
        }));
    }

    /// Writes the file.
    pub fn save(&self) -> Result<(), DialogError> {
        let Some(path) = &self.path else { return Ok(()) };
        write(path, &json!({ "invocations": self.invocations }))
    }
}

/// What was said, for `.record`.
#[derive(Default)]
pub struct Recording {
    said: Vec<String>,
    world: BTreeMap<usize, Vec<String>>,
}

impl Recording {
    /// The buyer said this.
    pub fn said(&mut self, utterance: &str) {
        self.said.push(utterance.to_owned());
    }

    /// The tester moved the world before the next thing that the buyer says.
    pub fn moved(&mut self, command: &str) {
        self.world.entry(self.said.len()).or_default().push(command.to_owned());
    }

    /// Carries out `.record FILE [--append-quit]` and says what was done, or how to write it.
    pub fn command(&self, words: &[&str], scene: &Scene) -> Result<String, String> {
        let (path, append_quit) = match words {
            [path] => (path, false),
            [path, "--append-quit"] => (path, true),
            _ => return Err("Please use the format: \".record <fileName>\" or \".record <fileName> --append-quit\"".to_owned()),
        };
        let mut said = self.said.clone();
        if append_quit {
            said.push(".quit".to_owned());
        }
        let mut file = json!({ "skillId": scene.skill_id, "locale": scene.locale, "type": "text", "userInput": said });
        if !self.world.is_empty() {
            file["world"] = self.world.iter().map(|(at, commands)| (at.to_string(), json!(commands))).collect();
        }
        match write(&PathBuf::from(path), &file) {
            Ok(()) if append_quit => Ok(format!("Created replay file at {path} (appended \".quit\" to list of utterances).")),
            Ok(()) => Ok(format!("Created replay file at {path}")),
            Err(error) => Err(crate::telemetry::chain(&error)),
        }
    }
}

fn write(path: &PathBuf, value: &Value) -> Result<(), DialogError> {
    // Written by field name as the ASK CLI does, two blanks deep, with a last line that ends.
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    std::fs::write(path, text + "\n").map_err(|source| DialogError::Write { path: path.clone(), source })
}
