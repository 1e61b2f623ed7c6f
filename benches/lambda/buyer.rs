//! A buyer who makes purchases: envelopes into a function, and what each of its turns cost.

use std::time::Duration;

use serde_json::Value;
use voicetill::simulator::alexa::Reply;
use voicetill::simulator::amazon_pay::Effect;

use crate::alexa::{Bank, Device, claims_paid, speech};
use crate::lambda::Function;
use crate::store::{Count, Table};

/// One turn: what it was and what it cost.
pub struct Turn {
    pub what: &'static str,
    pub envelope: Value,
    /// Without the time that the store worked.
    pub own: Duration,
    pub cpu: Duration,
    /// What the same envelope cost the empty function beside it, right before or after.
    pub echo: Option<Cost>,
    pub store: Count,
    pub answer_bytes: usize,
    /// Metric lines apart.
    pub log_bytes: usize,
}

impl Turn {
    pub const fn cost(&self) -> Cost {
        Cost { own: self.own, cpu: self.cpu }
    }
}

/// What one turn of a function cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub own: Duration,
    pub cpu: Duration,
}

/// A device, the buyer's account at Amazon Pay, and what has gone wrong.
pub struct Buyer<'t> {
    pub device: Device,
    bank: Bank,
    table: &'t Table,
    beside: Option<&'t mut Function>,
    turns: Vec<Turn>,
    pub failures: Vec<String>,
}

impl<'t> Buyer<'t> {
    pub fn new(household: &str, table: &'t Table) -> Self {
        let (device, bank) = (Device::new(household), Bank::default());
        Self { device, bank, table, beside: None, turns: Vec::new(), failures: Vec::new() }
    }

    /// Every envelope also goes to the empty function, so that both are measured on the same machine, down to what its caches hold: the
    /// buyer, the proxy and the table work between any two turns of either. They take turns in going first.
    pub fn beside(mut self, echo: &'t mut Function) -> Self {
        self.beside = Some(echo);
        self
    }

    /// Six turns: launch, buy, check out, Amazon's answer to Setup, yes, Amazon's answer to Charge.
    pub fn first_purchase(&mut self, function: &mut Function) -> Vec<Turn> {
        let envelope = self.device.launch();
        self.turn("launch", envelope, function);
        let envelope = self.device.buy("2", "roses");
        self.turn("buy", envelope, function);
        let envelope = self.device.yes();
        let sent = self.turn("check out: Setup leaves", envelope, function);
        let envelope = self.bank.carry_out(&mut self.device, &sent, Effect::Ordinary);
        self.turn("Setup answer: read-back", envelope, function);
        self.pay(function)
    }

    /// Four turns: launch, buy, yes, Amazon's answer to Charge.
    pub fn repeat_purchase(&mut self, function: &mut Function) -> Vec<Turn> {
        let envelope = self.device.launch();
        self.turn("launch", envelope, function);
        let envelope = self.device.buy("2", "roses");
        self.turn("buy: read-back", envelope, function);
        self.pay(function)
    }

    fn pay(&mut self, function: &mut Function) -> Vec<Turn> {
        let envelope = self.device.yes();
        let sent = self.turn("yes: Charge leaves", envelope, function);
        let envelope = self.bank.carry_out(&mut self.device, &sent, Effect::Ordinary);
        let heard = self.turn("Charge answer", envelope, function);
        if !claims_paid(speech(&heard)) {
            self.failures.push(format!("a purchase ended unpaid: {}", speech(&heard)));
        }
        std::mem::take(&mut self.turns)
    }

    fn turn(&mut self, what: &'static str, envelope: Value, function: &mut Function) -> Reply {
        let echo_first = self.turns.len().is_multiple_of(2);
        let before = if echo_first { self.echo(&envelope) } else { None };
        self.table.take();
        let turn = function.turn(&envelope);
        let store = self.table.take();
        let echo = before.or_else(|| self.echo(&envelope));
        let answer = String::from_utf8_lossy(&turn.body).into_owned();
        if turn.failed || turn.log.contains("\"level\":\"ERROR\"") {
            self.failures.push(format!("{what}: {answer}\n{}", turn.log));
        }
        self.turns.push(Turn {
            what,
            envelope,
            own: turn.wall.saturating_sub(store.busy),
            cpu: turn.cpu,
            echo,
            store,
            answer_bytes: turn.body.len(),
            log_bytes: turn.log.split_inclusive('\n').filter(|line| !line.contains("\"_aws\"")).map(str::len).sum(),
        });
        // An answer that no buyer could use ends the run: there is nothing left to measure.
        self.device.hear(&serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{what}: {error}: {answer}")))
    }

    fn echo(&mut self, envelope: &Value) -> Option<Cost> {
        let turn = self.beside.as_mut()?.turn(envelope);
        Some(Cost { own: turn.wall, cpu: turn.cpu })
    }
}

pub fn own(turns: &[Turn]) -> Duration {
    turns.iter().map(|turn| turn.own).sum()
}

pub fn store(turns: &[Turn]) -> Count {
    let mut sum = Count::default();
    for turn in turns {
        sum += turn.store;
    }
    sum
}
