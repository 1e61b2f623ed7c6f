//! What must hold in every world, and what must be possible in some.

use stateright::Property;
use voicetill::app::Request;
use voicetill::domain::dialog::{Question, Reply, Say};
use voicetill::domain::order::{
    Attention, Capture, Command, Effect, Event, Order, Paid, RefundStanding, Report, Standing, State, Status, apply, decide,
};
use voicetill::domain::payment::Attempt;
use voicetill::domain::time::Time;

use crate::amazon::{Truth, amount};
use crate::till::Till;
use crate::turn::Call;
use crate::world::{Mail, World, Wrong};

pub fn properties() -> Vec<Property<Till>> {
    fn wrong(world: &World, wrong: Wrong) -> bool {
        world.wrong == Some(wrong)
    }
    vec![
        Property::always("at most one payment is kept", |_, world: &World| kept(world) <= 1 || world.amazon.broke_its_word()),
        Property::always("a new attempt is sent only after the last has failed", |_, world: &World| !wrong(world, Wrong::SentWhileOpen)),
        Property::always("what is sent is stored", |_, world: &World| !wrong(world, Wrong::SentUnstored)),
        Property::always("a request writes once", |_, world: &World| !wrong(world, Wrong::WrittenTwice)),
        Property::always("a yes is to the version that was read back", |_, world: &World| !wrong(world, Wrong::AgreedToAnother)),
        Property::always("the buyer is told the truth", |_, world: &World| !wrong(world, Wrong::ToldUntruth)),
        Property::always("the order claims no more than Amazon did", |_, world: &World| claims_hold(world, world.state())),
        Property::always("refunds stay within the capture", |_, world: &World| refunds_fit(world)),
        Property::always("the order knows its newest attempt", |_, world: &World| newest_is_known(world)),
        Property::always("what is open is looked at again", |_, world: &World| open_is_due(world)),
        Property::always("when all is told, books and bank agree", |_, world: &World| comes_to_rest(world)),
        Property::sometimes("paid", |_, world: &World| matches!(world.state(), State::Paid(paid) if paid.attempt.number == 1)),
        Property::sometimes(
            "paid by the second attempt",
            |_, world: &World| matches!(world.state(), State::Paid(paid) if paid.attempt.number == 2),
        ),
        Property::sometimes("two devices at the read-back of one version", |_, world: &World| two_at_the_read_back(world)),
        Property::sometimes("an unknown outcome comes to light", |_, world: &World| unknown_comes_to_light(world)),
        Property::sometimes(
            "declined for good",
            |_, world: &World| matches!(world.state(), State::Declined { attempt, decline } if !decline.may_follow(attempt.number)),
        ),
        Property::sometimes(
            "cancelled with the hold given back",
            |_, world: &World| matches!(world.state(), State::Cancelled { last: Some(last) } if world.amazon.get(last.number).held),
        ),
        Property::sometimes("cancelled with the money given back", |_, world: &World| {
            world.cancelled && world.state().status() == Some(Status::Refunded)
        }),
        Property::sometimes("captured on shipment", |_, world: &World| matches!(world.state(), State::Capturing(_))),
        Property::sometimes("renewed", |_, world: &World| {
            matches!(world.state(), State::Authorized(hold) if hold.attempt.number == 2) && world.amazon.get(1).held
        }),
        Property::sometimes("not renewed", |_, world: &World| {
            matches!(world.state(), State::Declined { attempt, .. } if attempt.number == 2) && world.amazon.get(1).held
        }),
        Property::sometimes("expired", |_, world: &World| matches!(world.state(), State::Expired(_))),
        Property::sometimes("disputed", |_, world: &World| matches!(world.state(), State::Disputed(_))),
        Property::sometimes("refunded in part", |_, world: &World| world.state().status() == Some(Status::PartiallyRefunded)),
        Property::sometimes("a person must find out", |_, world: &World| needs(world, Attention::OutcomeUnknown)),
        Property::sometimes("a person must settle another amount", |_, world: &World| needs(world, Attention::AmountDiffers)),
        Property::sometimes("a person must settle an unexpected charge", |_, world: &World| needs(world, Attention::UnexpectedCharge)),
        Property::sometimes("a person must see why it was closed", |_, world: &World| needs(world, Attention::ClosedUnexpectedly)),
    ]
}

/// How many attempts hold or have taken money that was not given back.
fn kept(world: &World) -> usize {
    let arrived = |number: &u8| world.amazon.get(*number).truth != Truth::NotArrived;
    world.amazon.numbers().filter(arrived).filter(|number| world.amazon.keeps(*number, world.asked())).count()
}

/// What is wrong with sending this charge now.
pub fn wrong_to_send(world: &World, sent: &Order) -> Option<Wrong> {
    let stored = world.order.as_deref();
    // A pending charge owes nothing, and is asked after all the same.
    let State::Charging { attempt, cancel: false, .. } = &sent.state else {
        return Some(Wrong::SentUnstored);
    };
    let (Some(version), Some(stored)) = (sent.version(), stored) else {
        return Some(Wrong::SentUnstored);
    };
    if !stored.knows(version) || stored.attempt_sent_by(version) != Some(attempt.number) {
        return Some(Wrong::SentUnstored);
    }
    let open = (1..attempt.number).any(|earlier| !world.amazon.said_no(earlier));
    open.then_some(Wrong::SentWhileOpen)
}

/// What is wrong with holding anew now.
pub fn wrong_to_hold(world: &World, attempt: &Attempt) -> Option<Wrong> {
    let open = (1..attempt.number).any(|earlier| !world.amazon.said_no(earlier));
    open.then_some(Wrong::SentWhileOpen)
}

/// Whether a yes charges the order in another version than its session has heard of.
pub fn yes_to_another_version(request: &Request, call: &Call) -> bool {
    let (Request::Input { session, .. }, Call::Amend(amend)) = (request, call) else { return false };
    let heard_of = session.order.as_ref().and_then(|begun| begun.version.as_ref());
    amend.entry.what == Event::SaidYes && heard_of != Some(&amend.version)
}

/// Whether a reply claims nothing of the money that Amazon does not know.
pub fn told_the_truth(world: &World, reply: &Reply) -> bool {
    reply.says.iter().all(|say| match say {
        Say::Ordered { order } | Say::OrderIs { order } | Say::Earlier { order } => claims_hold(world, &order.state),
        Say::AlreadyOrdered { status: Some(status) } => match status {
            Status::Processed | Status::PartiallyRefunded | Status::Refunded | Status::Disputed => some(world, taken),
            Status::Authorized => world.amazon.numbers().any(|number| world.amazon.get(number).held),
            Status::Queued | Status::Declined | Status::Cancelled | Status::Expired | Status::NeedsAttention => true,
        },
        Say::Declined(_) => world.state().attempt().is_some_and(|attempt| world.amazon.said_no(attempt.number)),
        _ => true,
    })
}

fn some(world: &World, is: impl Fn(Truth) -> bool) -> bool {
    world.amazon.numbers().any(|number| is(world.amazon.get(number).truth))
}

fn taken(truth: Truth) -> bool {
    matches!(truth, Truth::Taken(_))
}

fn claims_hold(world: &World, state: &State) -> bool {
    match state {
        State::Paid(paid) | State::Disputed(paid) => {
            let truth = world.amazon.get(paid.attempt.number).truth;
            matches!(truth, Truth::Taken(taken) if paid.captured == amount(taken, paid.attempt.amount))
        }
        State::Authorized(hold) | State::Capturing(Capture { hold, .. }) | State::Voiding(hold) => {
            world.amazon.get(hold.attempt.number).held
        }
        State::NeedsAttention { was, .. } => claims_hold(world, was),
        // In these worlds nobody takes a part.
        State::InParts(parts) => parts.is_renewal() && claims_hold(world, &parts.rest),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Declined { .. }
        | State::Cancelled { .. }
        | State::Expired(_) => true,
    }
}

fn refunds_fit(world: &World) -> bool {
    let given = |paid: &Paid| -> i64 {
        let counted = paid.refunds.iter().filter(|refund| refund.standing != RefundStanding::Failed);
        counted.map(|refund| refund.amount.minor()).sum()
    };
    let in_the_books = match world.state() {
        State::Paid(paid) | State::Disputed(paid) => given(paid) <= paid.captured.minor(),
        _ => true,
    };
    let at_the_bank = world.amazon.numbers().all(|number| match world.amazon.get(number).truth {
        Truth::Taken(taken) => world.amazon.refunded(number) <= amount(taken, world.asked()).minor(),
        Truth::NotArrived | Truth::Pending | Truth::Held | Truth::Declined(_) | Truth::Closed(_) => world.amazon.refunded(number) == 0,
    });
    in_the_books && at_the_bank
}

fn newest_is_known(world: &World) -> bool {
    let known = world.state().attempt().map_or(0, |attempt| attempt.number);
    let on_its_way = world.mail.iter().filter_map(|mail| if let Mail::Charge { number, .. } = mail { Some(*number) } else { None });
    let arrived = world.amazon.numbers().filter(|number| world.amazon.get(*number).truth != Truth::NotArrived);
    on_its_way.chain(arrived).all(|number| number <= known)
}

/// States that are not final are due; and so is an order whose money Amazon has in hand while the order does not know it.
fn open_is_due(world: &World) -> bool {
    let state = world.state();
    let open = match state {
        State::Charging { .. } | State::Authorized(_) | State::Capturing(_) | State::Voiding(_) | State::NeedsAttention { .. } => true,
        State::InParts(_) => true,
        State::Paid(paid) | State::Disputed(paid) => paid.refunds.iter().any(|refund| refund.standing == RefundStanding::Open),
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } | State::Cancelled { .. } | State::Expired(_) => false,
    };
    let unseen = world.amazon.numbers().any(|number| {
        let in_hand = matches!(world.amazon.get(number).truth, Truth::Pending | Truth::Held | Truth::Taken(_));
        in_hand && !matches!(state, State::Paid(_) | State::Disputed(_))
    });
    !(open || unseen && !world.amazon.broke_its_word()) || state.due(world.now).is_some()
}

fn needs(world: &World, reason: Attention) -> bool {
    matches!(world.state(), State::NeedsAttention { reason: needed, .. } if *needed == reason)
}

fn two_at_the_read_back(world: &World) -> bool {
    let at = |device: usize| {
        let session = world.devices[device].session.as_ref()?;
        let placing = matches!(session.question, Some(Question::PlaceOrder { .. }));
        session.order.as_ref().filter(|_| placing)?.version.clone()
    };
    at(0).is_some() && at(0) == at(1)
}

fn unknown_comes_to_light(world: &World) -> bool {
    let State::Charging { attempt, standing: Standing::Unknown { .. }, .. } = world.state() else { return false };
    taken(world.amazon.get(attempt.number).truth) && {
        let report = world.amazon.report(attempt.number, attempt.amount);
        matches!(apply(world.state(), &report, world.now), State::Paid(_))
    }
}

/// Faults end, Amazon decides, tells of every attempt, and carries out what is owed; what never reached it is given up after a day.
/// Then nothing is open, or a person knows of it, and the order says what Amazon has.
fn comes_to_rest(world: &World) -> bool {
    let Some(order) = &world.order else { return true };
    let (mut state, mut amazon) = (order.state.clone(), world.amazon.clone());
    let later = world.now.plus(2 * Time::DAY);
    for _ in 0..8 {
        let before = state.clone();
        for number in amazon.numbers() {
            if amazon.get(number).truth == Truth::Pending {
                let end =
                    amazon.developments(number, world.terms).into_iter().find(|(truth, _)| matches!(truth, Truth::Held | Truth::Taken(_)));
                amazon.develops(number, end.expect("a pending charge can succeed").0);
            }
            if amazon.get(number).truth == Truth::Held && world.terms.capture == voicetill::domain::payment::CaptureMode::Immediate {
                amazon.develops(number, Truth::Taken(crate::amazon::Taken::AsAsked));
            }
            if amazon.get(number).truth != Truth::NotArrived {
                state = apply(&state, &amazon.report(number, world.asked()), later);
            }
        }
        match state.owed() {
            Some(effect @ (Effect::Capture(_) | Effect::Void(_) | Effect::Refund { .. } | Effect::HoldRest(_))) => {
                let report = amazon.performs(&effect, world.asked(), true);
                state = apply(&state, &report, later);
            }
            None if state.awaits_new_hold() => {
                let begun = decide(&state, &Command::HoldRest).expect("nothing stands in its way");
                if !amazon.numbers().any(|number| begun.attempt().is_some_and(|attempt| attempt.number == number)) {
                    // Out of bounds, with nothing held.
                    return amazon.numbers().all(|number| !amazon.keeps(number, world.asked()));
                }
                state = begun;
            }
            Some(Effect::Setup | Effect::Charge(_) | Effect::Track(_)) | None => {}
        }
        if state == before {
            state = apply(&state, &Report::Silence { since: world.now }, later);
        }
        if state == before {
            break;
        }
    }
    let rests = !matches!(state, State::Charging { .. } | State::Capturing(_) | State::Voiding(_) | State::InParts(_));
    let keeping: Vec<_> =
        amazon.numbers().filter(|number| amazon.get(*number).truth != Truth::NotArrived && amazon.keeps(*number, world.asked())).collect();
    let agrees = match (&state, keeping.as_slice()) {
        (State::NeedsAttention { reason: Attention::UnexpectedCharge, .. }, _) => true,
        (State::NeedsAttention { .. }, [] | [_]) => true,
        (State::Paid(_) | State::Disputed(_), []) => true,
        (State::Paid(paid) | State::Disputed(paid), [number]) => {
            paid.attempt.number == *number && (!world.cancelled || state.due(later).is_some())
        }
        (State::Authorized(hold), [number]) => hold.attempt.number == *number && !world.cancelled,
        (State::Draft | State::SettingUp | State::Ready | State::Declined { .. } | State::Cancelled { .. } | State::Expired(_), []) => true,
        _ => false,
    };
    rests && agrees
}
