//! What a tester wants the next call to meet: a documented refusal, a simulation, a delay, or a connection that breaks.

use std::time::Duration;

use serde::Deserialize;

use super::operation::Operation;
use crate::simulator::amazon_pay::account::Refusal;

/// What happens to one call.
#[derive(Clone, Debug)]
pub struct Forced {
    /// The only operation that it waits for; any, if none is named.
    operation: Option<Operation>,
    pub effect: Effect,
}

/// How a call is bent.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Refused; nothing is carried out.
    Refused(Refusal),
    /// Carried out as if the request had this simulation code, which a client may have no way to send.
    Simulated(String),
    /// Carried out after a while.
    Delayed(Duration),
    /// The connection breaks before anything is carried out.
    BrokenBefore,
    /// It is carried out, and the connection breaks before the answer is there.
    BrokenAfter,
}

/// What is posted to `/_voicetill/next`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wish {
    operation: Option<String>,
    reason_code: Option<String>,
    simulation_code: Option<String>,
    delay_ms: Option<u64>,
    broken: Option<Broken>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Broken {
    Before,
    After,
}

impl TryFrom<Wish> for Forced {
    type Error = &'static str;

    fn try_from(wish: Wish) -> Result<Self, &'static str> {
        let operation = match wish.operation {
            None => None,
            Some(name) => {
                let found = Operation::ALL.into_iter().find(|operation| operation.name().eq_ignore_ascii_case(&name));
                Some(found.ok_or("operation must be a name such as Create Charge")?)
            }
        };
        let effect = match (wish.reason_code, wish.simulation_code, wish.delay_ms, wish.broken) {
            (Some(code), None, None, None) => Effect::Refused(Refusal::named(&code).ok_or("reasonCode is none of those documented")?),
            (None, Some(code), None, None) => Effect::Simulated(code),
            (None, None, Some(delay_ms), None) => Effect::Delayed(Duration::from_millis(delay_ms)),
            (None, None, None, Some(Broken::Before)) => Effect::BrokenBefore,
            (None, None, None, Some(Broken::After)) => Effect::BrokenAfter,
            _ => return Err("say one of reasonCode, simulationCode, delayMs and broken (before or after)"),
        };
        Ok(Self { operation, effect })
    }
}

/// Takes what was planned for a call to this operation, the first plan first.
pub fn take(planned: &mut Vec<Forced>, operation: Operation) -> Option<Effect> {
    let at = planned.iter().position(|forced| forced.operation.is_none_or(|only| only == operation))?;
    Some(planned.remove(at).effect)
}
