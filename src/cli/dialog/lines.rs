//! Where lines come from and go to: a terminal with history and completion, or anything that is piped in.

use std::io::{BufRead, Write};

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::show;
use crate::cli::stage::ASIDES;
use crate::simulator::amazon_pay::{BUYERS, Outcome};
use crate::simulator::world::HELP;

/// The prompt of `ask dialog`.
pub const PROMPT: &str = "User  > ";

/// The terminal, or what stands for it.
pub struct Console<'a> {
    pub input: Input<'a>,
    /// What the conversation is written to. It gets colours; a stream of `anstream` takes them away where they do not belong.
    pub out: &'a mut dyn Write,
    /// What is said about the conversation.
    pub err: &'a mut dyn Write,
}

/// Where the buyer's words come from.
pub enum Input<'a> {
    /// A person at a terminal.
    Terminal,
    /// Piped lines.
    Lines(&'a mut dyn BufRead),
}

/// Reads one line at a time.
pub enum Reader<'a> {
    Terminal(Box<Editor<DotCommands, DefaultHistory>>),
    Lines(&'a mut dyn BufRead),
}

impl<'a> Reader<'a> {
    /// Begins to read.
    pub fn open(input: &'a mut Input<'_>) -> std::io::Result<Self> {
        match input {
            Input::Lines(lines) => Ok(Self::Lines(*lines)),
            Input::Terminal => {
                let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
                let mut editor = Editor::with_config(config).map_err(std::io::Error::other)?;
                editor.set_helper(Some(DotCommands));
                Ok(Self::Terminal(Box::new(editor)))
            }
        }
    }

    /// Whether a person types.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// The next line; `None` at the end of the input, on Ctrl-C and on Ctrl-D.
    pub fn next(&mut self) -> std::io::Result<Option<String>> {
        match self {
            Self::Lines(lines) => {
                let mut line = String::new();
                Ok((lines.read_line(&mut line)? > 0).then(|| line.trim().to_owned()))
            }
            Self::Terminal(editor) => match editor.readline(PROMPT) {
                Ok(line) => Ok(Some(line.trim().to_owned())),
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
                Err(error) => Err(std::io::Error::other(error)),
            },
        }
    }
}

/// Completes dot-commands and their words.
pub struct DotCommands;

/// The commands of the tool, which the world does not know.
pub const OWN: [(&str, &str); 2] = [
    (".record FILE [--append-quit]", "writes the conversation so far to a replay file"),
    (".quit", "ends the conversation, as Ctrl-C and Ctrl-D do"),
];

/// What can stand where, for a line that begins with a dot.
fn candidates(line: &str) -> Vec<&'static str> {
    let mut words = line.split_whitespace();
    let command = words.next().unwrap_or_default();
    if !line.contains(' ') {
        let usages = HELP.iter().chain(&OWN).chain(&ASIDES);
        let mut names: Vec<_> = usages.filter_map(|(usage, _)| usage.split_whitespace().next()).collect();
        names.dedup();
        return names;
    }
    match command {
        ".buyer" => BUYERS.iter().map(|buyer| buyer.name).collect(),
        ".outcome" => Outcome::names().chain(["list", "clear", "setup", "charge", "always"]).collect(),
        ".permission" => vec!["grant", "deny", "missing"],
        ".agreement" => vec!["open", "suspended", "closed", "canceled", "draft"],
        ".answers" => vec!["deliver", "twice", "drop", "hold", "again"],
        ".clock" => vec!["+10m", "+24h", "+7d", "now"],
        ".orders" => vec!["stuck"],
        ".shop" => vec!["note", "capture", "authorization", "immediate", "on-ship", "synchronous", "asynchronous"],
        ".record" => vec!["--append-quit"],
        _ => Vec::new(),
    }
}

/// Where the word under completion begins, and what could stand there.
pub fn complete(line: &str) -> (usize, Vec<&'static str>) {
    let start = line.rfind(' ').map_or(0, |at| at + 1);
    let begun = &line[start..];
    if !line.starts_with('.') {
        return (start, Vec::new());
    }
    (start, candidates(line).into_iter().filter(|word| word.starts_with(begun)).collect())
}

impl Completer for DotCommands {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, words) = complete(&line[..at]);
        Ok((start, words.into_iter().map(|word| Pair { display: word.to_owned(), replacement: format!("{word} ") }).collect()))
    }
}

impl Highlighter for DotCommands {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _default: bool) -> std::borrow::Cow<'b, str> {
        show::label(prompt).into()
    }
}

impl Hinter for DotCommands {
    type Hint = String;
}

impl Validator for DotCommands {}
impl Helper for DotCommands {}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn dot_commands_and_their_words_are_completed() {
        assert_eq!(complete(".perm").1, [".permission"]);
        assert_eq!(complete(".permission d"), (12, vec!["deny"]));
        assert!(complete(".outcome decl").1.contains(&"declined-hard"));
        assert!(complete(".outcome Invalid").1.contains(&"InvalidSellerId"));
        assert!(complete("buy ro").1.is_empty());
    }
}
