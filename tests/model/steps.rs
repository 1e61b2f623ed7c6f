//! What may happen next.

use voicetill::domain::time::Time;

use crate::amazon::{Choice, News, Truth};
use crate::world::{Mail, START, World};

pub const MINUTES: i64 = 5 * Time::MINUTE;
pub const A_DAY: i64 = Time::DAY;

/// How far a model goes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Attempts to charge; with none, what is explored is Setup.
    pub attempts: u8,
    /// Faults of any kind in one history.
    pub faults: u8,
    /// Wishes of the merchant, and disputes.
    pub wishes: u8,
    /// Sessions that the devices begin, besides the first.
    pub sessions: u8,
    /// Messages on their way at once.
    pub mail: usize,
    /// Turns that have read and not yet written at once, before one more is carried out as a whole.
    pub turns: usize,
    /// What else may happen before such a turn goes on.
    pub patience: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A device sends a request. `lost`: its reply gets lost.
    Asks {
        device: usize,
        what: Ask,
        lost: bool,
    },
    /// A turn that has read goes on to write.
    GoesOn {
        turn: usize,
        lost: bool,
    },
    /// It ends there.
    Crashes {
        turn: usize,
    },
    /// Something becomes of a message. `stays`: and it will come once more.
    Comes {
        mail: usize,
        what: Coming,
        stays: bool,
    },
    /// Amazon makes up its mind.
    Develops {
        number: u8,
        truth: Truth,
    },
    /// A notification comes at once, or `late`.
    Notifies {
        number: u8,
        late: bool,
    },
    Wishes(Wish),
    /// The shop's server does what is owed; it may lose the answer.
    Performs {
        well: bool,
        lost: bool,
    },
    /// What was given back is to be held anew: the server stores the attempt.
    Begins,
    Disputes,
    Waits(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// It begins a session and goes on, where it can, to the read-back.
    Opens,
    /// It says yes to what it was asked.
    Agrees,
    /// Its newest wish (0), or the newest answer to it (1), is delivered once more.
    Again(usize),
    /// Alexa could not use the response that its session got.
    Fails,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    Setup {
        open: bool,
    },
    Charge(Choice),
    Answer {
        read: Read,
        lost: bool,
    },
    Notice,
    /// It gets lost.
    Never,
    /// Alexa says that it could not use the response with this directive, which `stays` all the same or does not.
    Excepted,
}

/// How much of an answer can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Whole,
    /// It does not name its attempt.
    Unnamed,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Cancel,
    Capture,
    /// What is held is to be held anew, as the shop does by itself.
    Renew,
    RefundAll,
    RefundCent,
}

/// Every step that a world may take. Some of them turn out to lead nowhere.
pub fn possible(world: &World) -> Vec<Step> {
    let mut steps = Vec::new();
    for turn in 0..world.turns.len() {
        steps.extend(either(world.faults > 0).map(|lost| Step::GoesOn { turn, lost }));
        steps.extend((world.faults > 0).then_some(Step::Crashes { turn }));
    }
    if world.turns.iter().any(|turn| turn.patience == 0) {
        return steps;
    }
    requests(world, &mut steps);
    for mail in 0..world.mail.len() {
        // Which of two equal messages comes first does not matter.
        if mail == 0 || world.mail[mail] != world.mail[mail - 1] {
            deliveries(world, mail, &mut steps);
        }
    }
    elsewhere(world, &mut steps);
    steps
}

/// No, and yes where there may be a fault.
fn either(fault: bool) -> impl Iterator<Item = bool> {
    [false, true].into_iter().filter(move |faulty| fault || !faulty)
}

fn requests(world: &World, steps: &mut Vec<Step>) {
    for (device, has) in world.devices.iter().enumerate() {
        let mut asks = |what, lost: bool| steps.extend(either(lost).map(|lost| Step::Asks { device, what, lost }));
        if has.session.is_some() {
            asks(Ask::Agrees, world.faults > 0);
        } else if world.sessions > 0 {
            asks(Ask::Opens, world.faults > 0);
        }
        for (which, _) in has.last.iter().enumerate().filter(|(_, last)| world.faults > 0 && last.is_some()) {
            asks(Ask::Again(which), world.faults > 1);
        }
        if world.faults > 0 && has.session.is_some() {
            asks(Ask::Fails, false);
        }
    }
}

fn deliveries(world: &World, mail: usize, steps: &mut Vec<Step>) {
    let message = &world.mail[mail];
    for stays in either(world.faults > 0) {
        let fault = world.faults > u8::from(stays);
        let mut comes = |what| steps.push(Step::Comes { mail, what, stays });
        match message {
            Mail::Setup { .. } => [true, false].map(|open| Coming::Setup { open }).into_iter().for_each(&mut comes),
            Mail::Charge { number, .. } => {
                let choices = world.amazon.choices(*number, world.terms).into_iter().filter(|(_, odd)| fault || !odd);
                choices.for_each(|(choice, _)| comes(Coming::Charge(choice)));
            }
            Mail::SetupAnswer { .. } => either(fault).for_each(|lost| comes(Coming::Answer { read: Read::Whole, lost })),
            Mail::ChargeAnswer { news, .. } => {
                either(fault).for_each(|lost| comes(Coming::Answer { read: Read::Whole, lost }));
                if fault && matches!(news, News::Is(_)) {
                    comes(Coming::Answer { read: Read::Unnamed, lost: false });
                }
                if fault && *news != News::Unreadable {
                    comes(Coming::Answer { read: Read::Nothing, lost: false });
                }
            }
            Mail::Notice { .. } => comes(Coming::Notice),
        }
        if world.faults > 0 && matches!(message, Mail::Setup { .. } | Mail::Charge { .. }) {
            comes(Coming::Excepted);
        }
    }
    if world.faults > 0 {
        steps.push(Step::Comes { mail, what: Coming::Never, stays: false });
    }
}

/// What Amazon, the merchant, the shop's server and the clock do.
fn elsewhere(world: &World, steps: &mut Vec<Step>) {
    let fault = world.faults > 0;
    for number in world.amazon.numbers() {
        let developments = world.amazon.developments(number, world.terms).into_iter().filter(|(_, odd)| fault || !odd);
        steps.extend(developments.map(|(truth, _)| Step::Develops { number, truth }));
        if world.amazon.get(number).truth != Truth::NotArrived {
            steps.extend(either(fault).map(|late| Step::Notifies { number, late }));
        }
    }
    if world.wishes > 0 {
        steps.extend([Wish::Cancel, Wish::Capture, Wish::Renew, Wish::RefundAll, Wish::RefundCent].map(Step::Wishes));
        steps.push(Step::Disputes);
    }
    let state = world.state();
    if state.owed().is_some() && !state.is_cart() && !state.is_unsettled() {
        steps.extend(either(fault).flat_map(|lost| [true, false].map(|well| Step::Performs { well, lost })));
    }
    steps.extend(state.awaits_new_hold().then_some(Step::Begins));
    if state.is_unsettled() {
        let passed = world.now.since(START);
        steps.extend((passed == 0).then_some(Step::Waits(MINUTES)));
        steps.extend((passed == MINUTES).then_some(Step::Waits(A_DAY)));
    }
}
