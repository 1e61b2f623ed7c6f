//! How the desk talks: what it writes, and the question before money moves.

use std::io::{self, BufRead, Write};

use super::OrdersError;

/// Both ends of a conversation with whoever called the desk.
pub struct Talk<'t> {
    pub out: &'t mut (dyn Write + Send),
    /// Who answers questions, and where they are asked; `None` where nobody is there.
    pub person: Option<(&'t mut dyn BufRead, &'t mut dyn Write)>,
}

impl<'t> Talk<'t> {
    /// A desk that nobody answers.
    pub fn to(out: &'t mut (dyn Write + Send)) -> Self {
        Self { out, person: None }
    }

    /// Makes sure. `yes` is the answer that a script gives beforehand.
    pub(super) fn sure(&mut self, yes: bool, question: &str) -> Result<(), OrdersError> {
        if yes {
            return Ok(());
        }
        let Some((answers, asks)) = &mut self.person else { return Err(OrdersError::NobodyToAsk) };
        write!(asks, "{question} [y/N] ")?;
        asks.flush()?;
        let mut answer = String::new();
        answers.read_line(&mut answer)?;
        if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) { Ok(()) } else { Err(OrdersError::NotConfirmed) }
    }

    /// Writes a document for programs.
    pub(super) fn json(&mut self, document: &impl serde::Serialize) -> Result<(), OrdersError> {
        serde_json::to_writer_pretty(&mut self.out, document).map_err(io::Error::from)?;
        Ok(writeln!(self.out)?)
    }
}
