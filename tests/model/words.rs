//! Steps in words, for who reads how a rule came to be broken.

use std::fmt;

use crate::steps::{A_DAY, Read, Step};

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = |number: &usize| if *number == 0 { "the first device" } else { "the second device" };
        let reply = |lost: &bool| if *lost { "; the reply is lost" } else { "" };
        let twice = |stays: &bool| if *stays { ", and will come once more" } else { "" };
        match self {
            Self::Opens { device: number, lost } => write!(f, "{} begins a session{}", device(number), reply(lost)),
            Self::Agrees { device: number, lost } => write!(f, "{} says yes{}", device(number), reply(lost)),
            Self::ComesAgain { device: number, lost } => {
                write!(f, "the newest request of {} is delivered once more{}", device(number), reply(lost))
            }
            Self::Fails { device: number } => write!(f, "Alexa ends the session of {} with an error", device(number)),
            Self::GoesOn { lost, .. } => write!(f, "a turn that has read goes on{}", reply(lost)),
            Self::Crashes { .. } => write!(f, "a turn that has read crashes"),
            Self::SetsUp { open, stays, .. } => {
                let status = if *open { "an open" } else { "a suspended" };
                write!(f, "Setup comes to Amazon Pay{} and is answered with {status} agreement", twice(stays))
            }
            Self::Charges { choice, stays, .. } => {
                write!(f, "a Charge comes to Amazon Pay{}: {choice:?}", twice(stays))
            }
            Self::Answers { read, stays, lost, .. } => {
                let read = match read {
                    Read::Whole => "",
                    Read::Unnamed => ", without the attempt's id",
                    Read::Nothing => ", unreadable",
                };
                write!(f, "the answer comes back{read}{}{}", twice(stays), reply(lost))
            }
            Self::Tells { stays, .. } => write!(f, "the late notification comes in{}", twice(stays)),
            Self::Vanishes { .. } => write!(f, "a message is lost"),
            Self::Excepts { stays, .. } => {
                write!(f, "Alexa reports the directive as failed{}", if *stays { ", although it is on its way" } else { "" })
            }
            Self::Develops { number, truth } => write!(f, "Amazon Pay makes attempt {number} {truth:?}"),
            Self::Notifies { number, late } => {
                write!(f, "Amazon Pay notifies of attempt {number}{}", if *late { "; it will come late" } else { "" })
            }
            Self::Wishes(wish) => write!(f, "the merchant wishes {wish:?}"),
            Self::Performs { well, lost } => write!(
                f,
                "the server does what is owed, {}{}",
                if *well { "with success" } else { "and is declined" },
                if *lost { "; the answer is lost" } else { "" }
            ),
            Self::Disputes => write!(f, "the bank takes the money back"),
            Self::Waits(seconds) if *seconds == A_DAY => write!(f, "a day passes"),
            Self::Waits(_) => write!(f, "five minutes pass"),
        }
    }
}
