//! Amazon Pay's own truth about each attempt, and what it says of it.

use voicetill::domain::ids::AmazonId;
use voicetill::domain::money::Money;
use voicetill::domain::order::{Capture, Closed, Effect, Hindrance, Outcome, Report};
use voicetill::domain::payment::{CaptureMode, Decline, Names, Timing};

/// The terms that the shop charges on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    pub capture: CaptureMode,
    pub timing: Timing,
}

/// What has become of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    NotArrived,
    Pending,
    /// Money is held for the shop.
    Held,
    Taken(Taken),
    Declined(Final),
    Closed(End),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Taken {
    AsAsked,
    /// A cent less.
    Other,
}

/// Whether a declined attempt may be followed by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Final {
    Soft,
    Hard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    Expired,
    GivenBack,
    ByAmazon,
}

/// What Amazon does with a charge that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The attempt is new, and this becomes of it.
    Becomes(Truth),
    /// An error before anything was tried.
    Refuses { because: Hindrance },
    /// An error that leaves it open.
    Fails,
    /// The attempt is known, and the answer is what has become of it.
    Repeats,
}

/// What an answer says of the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum News {
    Is(Truth),
    Refused { because: Hindrance },
    Unreadable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Try {
    pub truth: Truth,
    /// Amazon has said that it did not try this attempt, when it was first asked.
    pub refused: bool,
    /// Money was held or taken at some time.
    pub held: bool,
    /// Money moved although Amazon had said that it would not.
    pub broke_its_word: bool,
}

static UNTRIED: Try = Try { truth: Truth::NotArrived, refused: false, held: false, broke_its_word: false };

/// Amazon Pay, as far as one order goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Amazon {
    /// By number, from 1.
    tries: Vec<Try>,
    /// Attempt, number of the refund, amount: each pair of numbers once, however often it is asked for.
    refunds: Vec<(u8, u8, i64)>,
}

impl Amazon {
    pub fn new(attempts: u8) -> Self {
        Self { tries: vec![UNTRIED; usize::from(attempts)], refunds: Vec::new() }
    }

    pub fn get(&self, number: u8) -> &Try {
        // What is beyond the bounds has not arrived.
        self.tries.get(usize::from(number) - 1).unwrap_or(&UNTRIED)
    }

    pub fn numbers(&self) -> impl Iterator<Item = u8> + use<> {
        1..=u8::try_from(self.tries.len()).unwrap()
    }

    /// Whether the attempt is over without money, as far as Amazon has told.
    pub fn failed(&self, number: u8) -> bool {
        let attempt = self.get(number);
        attempt.refused || matches!(attempt.truth, Truth::Declined(_) | Truth::Closed(_))
    }

    /// Whether Amazon has ever told so.
    pub fn said_no(&self, number: u8) -> bool {
        self.failed(number) || self.get(number).broke_its_word
    }

    /// What Amazon has in hand of an attempt: held, or taken and not given back.
    pub fn keeps(&self, number: u8, asked: Money) -> bool {
        match self.get(number).truth {
            Truth::Held => true,
            Truth::Taken(taken) => self.refunded(number) < amount(taken, asked).minor(),
            Truth::NotArrived | Truth::Pending | Truth::Declined(_) | Truth::Closed(_) => false,
        }
    }

    pub fn refunded(&self, number: u8) -> i64 {
        self.refunds.iter().filter(|(attempt, ..)| *attempt == number).map(|(.., minor)| minor).sum()
    }

    pub fn broke_its_word(&self) -> bool {
        self.tries.iter().any(|attempt| attempt.broke_its_word)
    }

    /// What may happen to a charge of this number when it arrives, and whether that is a fault.
    pub fn choices(&self, number: u8, terms: Terms) -> Vec<(Choice, bool)> {
        let attempt = self.get(number);
        if attempt.truth != Truth::NotArrived {
            return vec![(Choice::Repeats, false), (Choice::Refuses { because: Hindrance::Request }, true)];
        }
        let becomes = |truth, fault| (Choice::Becomes(truth), fault);
        // Once it has said no, only a fault makes it change its mind.
        let fault = attempt.refused;
        let mut choices = vec![
            (Choice::Refuses { because: Hindrance::Request }, false),
            (Choice::Refuses { because: Hindrance::PaymentMethod }, false),
            (Choice::Refuses { because: Hindrance::Agreement }, false),
            (Choice::Fails, true),
        ];
        if terms.timing == Timing::Asynchronous {
            choices.push(becomes(Truth::Pending, fault));
        } else {
            choices.extend(outcomes(terms).into_iter().map(|(truth, odd)| becomes(truth, odd || fault)));
            if terms.capture == CaptureMode::Immediate {
                choices.push(becomes(Truth::Held, fault));
            }
        }
        choices
    }

    /// A charge arrives. `again` when the shop asks once more for what it may have asked before.
    pub fn arrives(&mut self, number: u8, again: bool, choice: Choice) -> News {
        let attempt = &mut self.tries[usize::from(number) - 1];
        match choice {
            Choice::Becomes(truth) => {
                attempt.become_(truth);
                News::Is(truth)
            }
            Choice::Refuses { because } => {
                if !again {
                    attempt.refused = true;
                    attempt.broke_its_word |= attempt.may_move();
                }
                News::Refused { because }
            }
            Choice::Fails => News::Unreadable,
            Choice::Repeats => News::Is(attempt.truth),
        }
    }

    /// What Amazon may make of an attempt by itself, and whether that is a fault.
    pub fn developments(&self, number: u8, terms: Terms) -> Vec<(Truth, bool)> {
        match (self.get(number).truth, terms.capture) {
            (Truth::Pending, _) => outcomes(terms),
            (Truth::Held, CaptureMode::Immediate) => vec![(Truth::Taken(Taken::AsAsked), false), (Truth::Closed(End::Expired), false)],
            (Truth::Held, CaptureMode::OnShip) => vec![(Truth::Closed(End::Expired), false), (Truth::Closed(End::ByAmazon), true)],
            (Truth::Declined(_), _) => vec![(Truth::Taken(Taken::AsAsked), true)],
            (Truth::NotArrived | Truth::Taken(_) | Truth::Closed(_), _) => Vec::new(),
        }
    }

    pub fn develops(&mut self, number: u8, truth: Truth) {
        self.tries[usize::from(number) - 1].become_(truth);
    }

    /// Carries out what the shop owes by its server, and says what came of it. Not `well`: declined.
    pub fn performs(&mut self, effect: &Effect, asked: Money, well: bool) -> Report {
        match effect {
            Effect::Capture(Capture { hold, .. }) => {
                let open = self.get(hold.attempt.number).truth == Truth::Held;
                let truth = if well { Truth::Taken(Taken::AsAsked) } else { Truth::Declined(Final::Hard) };
                self.moves(hold.attempt.number, open.then_some(truth), asked)
            }
            Effect::Void(hold) => {
                let open = self.get(hold.attempt.number).truth == Truth::Held;
                self.moves(hold.attempt.number, open.then_some(Truth::Closed(End::GivenBack)), asked)
            }
            Effect::Refund { paid, refund } => {
                let known = self.refunds.iter().any(|(attempt, number, _)| (*attempt, *number) == (paid.attempt.number, refund.number));
                if well && !known {
                    self.refunds.push((paid.attempt.number, refund.number, refund.amount.minor()));
                }
                if well || known { Report::RefundDone { number: refund.number } } else { Report::RefundFailed { number: refund.number } }
            }
            Effect::HoldRest(attempt) => {
                let fresh = self.get(attempt.number).truth == Truth::NotArrived;
                let truth = if well { Truth::Held } else { Truth::Declined(Final::Hard) };
                self.moves(attempt.number, fresh.then_some(truth), asked)
            }
            Effect::Setup | Effect::Charge(_) | Effect::Track(_) => unreachable!("directives leave with replies, and nobody ships"),
        }
    }

    fn moves(&mut self, number: u8, truth: Option<Truth>, asked: Money) -> Report {
        if let Some(truth) = truth {
            self.develops(number, truth);
        }
        self.report(number, asked)
    }

    /// What a notification says of an attempt.
    pub fn report(&self, number: u8, asked: Money) -> Report {
        Report::Charge { attempt: Some(number), outcome: News::Is(self.get(number).truth).outcome(number, asked) }
    }
}

impl Try {
    fn become_(&mut self, truth: Truth) {
        let over = self.refused || matches!(self.truth, Truth::Declined(_));
        self.truth = truth;
        self.broke_its_word |= over && self.may_move();
        self.held |= matches!(truth, Truth::Held | Truth::Taken(_));
    }

    fn may_move(self) -> bool {
        matches!(self.truth, Truth::Pending | Truth::Held | Truth::Taken(_))
    }
}

/// How a charge ends, or comes to rest, and whether that is a fault.
fn outcomes(terms: Terms) -> Vec<(Truth, bool)> {
    let mut outcomes = vec![(Truth::Declined(Final::Soft), false), (Truth::Declined(Final::Hard), false)];
    match terms.capture {
        CaptureMode::Immediate => {
            outcomes.extend([(Truth::Taken(Taken::AsAsked), false), (Truth::Taken(Taken::Other), true)]);
        }
        CaptureMode::OnShip => outcomes.push((Truth::Held, false)),
    }
    outcomes
}

pub fn amount(taken: Taken, asked: Money) -> Money {
    match taken {
        Taken::AsAsked => asked,
        Taken::Other => Money::new(asked.minor() - 1, asked.currency()),
    }
}

impl News {
    /// The news as the shop reads it.
    pub fn outcome(self, number: u8, asked: Money) -> Outcome {
        let names = Names { authorization: Some(AmazonId::parse(&format!("A{number}")).unwrap()), ..Names::default() };
        match self {
            Self::Is(Truth::NotArrived) => unreachable!("nothing is said of what has not arrived"),
            Self::Is(Truth::Pending) => Outcome::Pending { names },
            Self::Is(Truth::Held) => Outcome::Authorized { amount: Some(asked), names },
            Self::Is(Truth::Taken(taken)) => Outcome::Captured { amount: Some(amount(taken, asked)), names },
            Self::Is(Truth::Declined(Final::Soft)) => Outcome::Declined { decline: Decline::InvalidPaymentMethodSoft },
            Self::Is(Truth::Declined(Final::Hard)) => Outcome::Declined { decline: Decline::AmazonRejected },
            Self::Is(Truth::Closed(End::Expired)) => Outcome::Closed { why: Closed::ExpiredUnused, names },
            Self::Is(Truth::Closed(End::GivenBack)) => Outcome::Closed { why: Closed::SellerClosed, names },
            Self::Is(Truth::Closed(End::ByAmazon)) => Outcome::Closed { why: Closed::Otherwise, names },
            Self::Refused { because } => Outcome::NotTried { because },
            Self::Unreadable => Outcome::Unclear,
        }
    }
}
