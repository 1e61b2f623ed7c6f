//! What happened in a run, for the person who has to find out why a promise was broken.

use std::collections::VecDeque;

use tokio::time::Instant;

/// More lines than this are of no use to anybody.
const LINES_MAX: usize = 600;

/// The last lines of a run.
#[derive(Debug)]
pub struct Trace {
    began: Instant,
    lines: VecDeque<String>,
}

impl Trace {
    /// An empty trace that counts time from now.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now(), lines: VecDeque::new() }
    }

    /// Something happens: who or what, and what.
    pub fn note(&mut self, who: &str, what: &str) {
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        let at = self.began.elapsed().as_millis();
        let (seconds, millis) = (at / 1_000, at % 1_000);
        let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        self.lines.push_back(format!("{days}d {hours:02}:{minutes:02}:{seconds:02}.{millis:03}  {who:<18} {what}"));
    }

    /// All of it.
    #[must_use]
    pub fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}
