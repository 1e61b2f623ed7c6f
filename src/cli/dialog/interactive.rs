//! The conversation with a person, or with whatever is piped in.

use std::io::Write;

use super::lines::{Console, OWN, PROMPT, Reader};
use super::record::{Recording, SkillIo};
use super::{DialogError, Scene, show};
use crate::cli::stage::ASIDES;
use crate::simulator::world::{Event, HELP, Skill, World};

/// Talks until the input ends.
pub async fn converse<S: Skill>(
    world: &mut World<S>,
    scene: &Scene,
    io: &mut SkillIo,
    console: &mut Console<'_>,
) -> Result<(), DialogError> {
    let Console { input, out, err: _ } = console;
    let mut reader = Reader::open(input).map_err(DialogError::Console)?;
    let typed = reader.is_terminal();
    let mut recording = Recording::default();
    if typed {
        header(*out).map_err(DialogError::Console)?;
    }
    while let Some(line) = reader.next().map_err(DialogError::Console)? {
        if line.is_empty() {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if words == [".quit"] {
            break;
        }
        let new_session = !world.session_open();
        let mut events = match words.as_slice() {
            [".record", rest @ ..] => vec![match recording.command(rest, scene) {
                Ok(done) => Event::Note(done),
                Err(wrong) => Event::Fault(wrong),
            }],
            [".help"] => vec![Event::Command(line.clone()), Event::Note(help())],
            [command, ..] if command.starts_with('.') => match world.command(&line).await {
                Ok(events) => {
                    recording.moved(&line);
                    events
                }
                Err(wrong) => vec![Event::Command(line.clone()), Event::Fault(wrong.to_string())],
            },
            _ => {
                recording.said(&line);
                world.say(&line).await
            }
        };
        events.extend(world.mail().await);
        for event in &events {
            show::event(*out, event, typed).map_err(DialogError::Console)?;
        }
        out.flush().map_err(DialogError::Console)?;
        io.turn(&line, new_session, &events, world.take_exchanges());
    }
    if typed { writeln!(out, "Goodbye!").map_err(DialogError::Console) } else { Ok(()) }
}

fn header(out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "Alexa, Amazon Pay and the store are simulated here; no real money moves.")?;
    writeln!(out, "Type what the buyer says, as at \"{}\". \".help\" lists what else can happen, \".quit\" ends.", PROMPT.trim_end())
}

fn help() -> String {
    let lines: Vec<String> = OWN.iter().chain(&HELP).chain(&ASIDES).map(|(usage, about)| format!("{usage:<42} {about}")).collect();
    lines.join("\n")
}
