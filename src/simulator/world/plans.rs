//! What is to become of the next payment steps, as the tester has asked. Shared with whoever carries them out: Amazon Pay behind the
//! directives, or the one that the shop's own server calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::simulator::amazon_pay::{Effect, Outcome, Step};

/// An outcome that was asked for.
#[derive(Clone, Debug)]
struct Planned {
    outcome: Outcome,
    step: Option<Step>,
    always: bool,
}

/// The outcomes that were asked for, and what the shop's own server has asked for; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Plans(Arc<Mutex<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    planned: Vec<Planned>,
    /// Payments since the world last looked, each in a line.
    paid: Vec<String>,
}

impl Plans {
    pub(super) fn clear(&self) {
        self.shared().planned.clear();
    }

    /// Asks for an outcome: of the next step, or of every one.
    pub(super) fn add(&self, outcome: Outcome, step: Option<Step>, always: bool) {
        let planned = &mut self.shared().planned;
        if always {
            // The last rule for a step is the one that counts.
            planned.retain(|planned| !planned.always || planned.step != step);
        }
        planned.push(Planned { outcome, step, always });
    }

    /// What is to become of a step: the first outcome planned for it, one that holds for every step coming last.
    #[must_use]
    pub fn next_effect(&self, step: Step) -> Effect {
        let planned = &mut self.shared().planned;
        let fits = |planned: &Planned| planned.step.is_none_or(|only| only == step);
        let next = planned.iter().position(|planned| !planned.always && fits(planned));
        match next {
            Some(at) => planned.remove(at).outcome.effect,
            None => planned.iter().rfind(|planned| fits(planned)).map_or(Effect::Ordinary, |planned| planned.outcome.effect),
        }
    }

    /// For the tester.
    pub(super) fn told(&self) -> String {
        let planned = &self.shared().planned;
        if planned.is_empty() {
            return "Payment steps go well.".to_owned();
        }
        let told = |planned: &Planned| {
            let step = planned.step.map_or("payment step", |step| step.name());
            let which = if planned.always { "every" } else { "next" };
            format!("{which} {step}: {} ({})", planned.outcome.name, planned.outcome.about)
        };
        planned.iter().map(told).collect::<Vec<_>>().join("\n")
    }

    /// Somebody has been asked to pay by another way than a directive.
    pub fn note(&self, summary: String) {
        self.shared().paid.push(summary);
    }

    pub(super) fn take_paid(&self) -> Vec<String> {
        std::mem::take(&mut self.shared().paid)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
