//! Dot-commands: how a tester moves the world between two things that the buyer says.

use crate::simulator::alexa::Permission;
use crate::simulator::amazon_pay::{BUYERS, Buyer, ERROR_CODES, OUTCOMES, Outcome, Status, Step};

/// What a dot-command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Buyer(Option<BuyerName>),
    Outcome(Plan),
    Permission(Permission),
    Agreement(Status),
    Clock(Move),
    Answers(Answers),
    Silence,
    End,
    Device(String),
    ResetSkill,
    Link,
    Unlink,
    Code {
        digits: Option<String>,
        always: bool,
    },
    Money,
    /// None of the world's.
    Other(String),
}

/// A buyer's name, which is known to exist.
pub type BuyerName = &'static str;

/// What `.outcome` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    List,
    Show,
    Clear,
    Next { outcome: Outcome, step: Option<Step>, always: bool },
}

/// How the clock is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Show,
    Ahead(i64),
    Now,
}

/// How answers of Amazon Pay reach the skill from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    #[default]
    Deliver,
    Twice,
    Drop,
    Hold,
    /// Not a way of delivery: the last answer comes once more, now.
    Again,
}

/// A dot-command that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CommandError(String);

impl CommandError {
    /// There is no such command.
    pub(super) fn unknown(line: &str) -> Self {
        Self(format!("there is no command {}: .help lists them", line.split_whitespace().next().unwrap_or(line)))
    }
}

/// Every dot-command of the world with what it does.
pub const HELP: [(&str, &str); 16] = [
    (".buyer [NAME]", "who stands at the device; without a name, lists the buyers"),
    (".outcome NAME [setup|charge] [always]", "what becomes of the next payment step, or of every one"),
    (".outcome list", "every outcome by name; .outcome alone shows what is planned, .outcome clear forgets it"),
    (".permission grant|deny|missing", "the buyer's consent to Amazon Pay"),
    (".agreement open|suspended|closed|canceled", "what the buyer or Amazon does to the billing agreement"),
    (".clock +90s|+10m|+24h|+2d", "moves the clock ahead; .clock now undoes it, .clock alone shows it"),
    (".answers deliver|twice|drop|hold", "how payment answers arrive from now on; deliver also brings those held back"),
    (".answers again", "the last payment answer arrives once more"),
    (".silence", "the buyer says nothing: first the reprompt, then the end of the session"),
    (".end", "the buyer ends the session without a word (\"Alexa, exit\")"),
    (".device NAME", "another device of the same household, with a session of its own"),
    (".reset-skill", "the buyer disables and enables the skill: a new user id"),
    (".link", "the buyer links the account and sets up a saved wallet; .unlink undoes it in the Alexa app"),
    (".code DIGITS|off [always]", "the linked buyer sets or removes the voice code on the payment page"),
    (".money", "what was authorized and captured so far, all simulated"),
    (".help", "this list"),
];

fn wrong<T>(message: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError(message.into()))
}

/// Reads a dot-command.
///
/// # Errors
/// [`CommandError`] with how to write it, when a command of the world is written wrongly.
pub fn parse(line: &str) -> Result<Command, CommandError> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let command = match (name, rest.as_slice()) {
        (".help", []) => Command::Help,
        (".buyer", []) => Command::Buyer(None),
        (".buyer", [name]) => match Buyer::named(&name.to_lowercase()) {
            Some(buyer) => Command::Buyer(Some(buyer.name)),
            None => return wrong(format!("there is no buyer {name}: choose one of {}", BUYERS.map(|buyer| buyer.name).join(", "))),
        },
        (".outcome", words) => Command::Outcome(plan(words)?),
        (".permission", ["grant"]) => Command::Permission(Permission::Granted),
        (".permission", ["deny"]) => Command::Permission(Permission::Denied),
        (".permission", ["missing"]) => Command::Permission(Permission::Missing),
        (".agreement", [status]) => match Status::named(status) {
            Some(status) => Command::Agreement(status),
            None => return wrong("write .agreement open, suspended, closed, canceled or draft"),
        },
        (".clock", []) => Command::Clock(Move::Show),
        (".clock", ["now"]) => Command::Clock(Move::Now),
        (".clock", [ahead]) => Command::Clock(Move::Ahead(duration(ahead)?)),
        (".answers", ["deliver"]) => Command::Answers(Answers::Deliver),
        (".answers", ["twice"]) => Command::Answers(Answers::Twice),
        (".answers", ["drop"]) => Command::Answers(Answers::Drop),
        (".answers", ["hold"]) => Command::Answers(Answers::Hold),
        (".answers", ["again"]) => Command::Answers(Answers::Again),
        (".silence", []) => Command::Silence,
        (".end", []) => Command::End,
        (".device", [name]) => Command::Device((*name).to_owned()),
        (".reset-skill", []) => Command::ResetSkill,
        (".link", []) => Command::Link,
        (".unlink", []) => Command::Unlink,
        (".code", ["off"]) => Command::Code { digits: None, always: false },
        (".code", [digits, rest @ ..]) if rest.is_empty() || *rest == ["always"] => {
            if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return wrong("a voice code has four digits: write .code 0192");
            }
            Command::Code { digits: Some((*digits).to_owned()), always: !rest.is_empty() }
        }
        (".money", []) => Command::Money,
        _ => match HELP.iter().find(|(usage, _)| usage.split_whitespace().next() == Some(name)) {
            Some((usage, _)) => return wrong(format!("write {usage}")),
            None => Command::Other(line.to_owned()),
        },
    };
    Ok(command)
}

fn plan(words: &[&str]) -> Result<Plan, CommandError> {
    let (name, rest) = match words {
        [] => return Ok(Plan::Show),
        ["list"] => return Ok(Plan::List),
        ["clear"] => return Ok(Plan::Clear),
        [name, rest @ ..] => (name, rest),
    };
    let Some(outcome) = Outcome::named(name) else {
        return wrong(format!("there is no outcome {name}: .outcome list shows all"));
    };
    let (mut step, mut always) = (None, false);
    for word in rest {
        match *word {
            "setup" => step = Some(Step::Setup),
            "charge" => step = Some(Step::Charge),
            "always" => always = true,
            _ => return wrong("write .outcome NAME [setup|charge] [always]"),
        }
    }
    if let (Some(only), Some(asked)) = (outcome.step, step)
        && only != asked
    {
        return wrong(format!("{} happens at {} only", outcome.name, only.name()));
    }
    Ok(Plan::Next { outcome, step: outcome.step.or(step), always })
}

/// The list of every outcome, for people.
#[must_use]
pub fn outcomes() -> String {
    let mut list: Vec<String> = OUTCOMES.iter().map(|outcome| format!("{:<20} {}", outcome.name, outcome.about)).collect();
    let codes: Vec<&str> = ERROR_CODES.iter().map(|error| error.code).collect();
    list.push(format!("and every documented error by its code: {}", codes.join(", ")));
    list.join("\n")
}

fn duration(text: &str) -> Result<i64, CommandError> {
    let seconds = || {
        let text = text.strip_prefix('+')?;
        let unit = match text.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        // A century is further than any rule of payments looks.
        text[..text.len() - 1].parse::<u32>().ok().map(i64::from)?.checked_mul(unit).filter(|seconds| *seconds <= 3_155_760_000)
    };
    seconds().map_or_else(|| wrong("write .clock +90s, +10m, +24h, +2d or now"), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_or_explained() {
        assert_eq!(parse(".clock +10m"), Ok(Command::Clock(Move::Ahead(600))));
        assert_eq!(parse(".clock now"), Ok(Command::Clock(Move::Now)));
        assert_eq!(parse(".buyer Ben"), Ok(Command::Buyer(Some("ben"))));
        assert_eq!(parse(".orders"), Ok(Command::Other(".orders".to_owned())));
        let Ok(Command::Outcome(Plan::Next { outcome, step, always })) = parse(".outcome silence charge always") else { panic!() };
        assert_eq!((outcome.name, step, always), ("silence", Some(Step::Charge), true));
        for line in [
            ".clock 10",
            ".clock +10",
            ".clock +é",
            ".clock +",
            ".clock +99999999999d",
            ".buyer nobody",
            ".outcome nothing",
            ".outcome paid twice",
            ".outcome declined-hard setup",
            ".permission",
            ".answers",
            ".device",
            ".agreement fine",
            ".silence now",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
