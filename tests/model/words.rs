//! Steps in words, for who reads how a rule came to be broken.

use std::fmt;

use crate::steps::{A_DAY, Ask, Coming, Read, Step};

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reply = |lost: bool| if lost { "; the reply is lost" } else { "" };
        match *self {
            Self::Asks { device, what, lost } => {
                let device = ["one device", "the other device"][device];
                match what {
                    Ask::Opens => write!(f, "{device} begins a session")?,
                    Ask::Agrees => write!(f, "{device} says yes")?,
                    Ask::Again(0) => write!(f, "the newest wish of {device} is delivered once more")?,
                    Ask::Again(_) => write!(f, "the newest answer for {device} is delivered once more")?,
                    Ask::Fails => write!(f, "Alexa ends the session of {device} with an error")?,
                }
                f.write_str(reply(lost))
            }
            Self::GoesOn { lost, .. } => write!(f, "a turn that has read goes on{}", reply(lost)),
            Self::Crashes { .. } => write!(f, "a turn that has read crashes"),
            Self::Comes { what, stays, .. } => {
                match what {
                    Coming::Setup { open: true } => write!(f, "Setup comes to Amazon Pay: an open agreement")?,
                    Coming::Setup { open: false } => write!(f, "Setup comes to Amazon Pay: a suspended agreement")?,
                    Coming::Charge(choice) => write!(f, "a Charge comes to Amazon Pay: {choice:?}")?,
                    Coming::Answer { read: Read::Whole, lost } => write!(f, "the answer comes back{}", reply(lost))?,
                    Coming::Answer { read: Read::Unnamed, .. } => write!(f, "the answer comes back without the attempt's id")?,
                    Coming::Answer { read: Read::Nothing, .. } => write!(f, "the answer comes back, unreadable")?,
                    Coming::Notice => write!(f, "the late notification comes in")?,
                    Coming::Never => write!(f, "a message is lost")?,
                    Coming::Excepted => write!(f, "Alexa reports the directive as failed")?,
                }
                f.write_str(if stays { "; it will come once more" } else { "" })
            }
            Self::Develops { number, truth } => write!(f, "Amazon Pay makes attempt {number} {truth:?}"),
            Self::Notifies { number, late: false } => write!(f, "Amazon Pay notifies of attempt {number}"),
            Self::Notifies { number, late: true } => write!(f, "Amazon Pay notifies of attempt {number}; it will come late"),
            Self::Wishes(wish) => write!(f, "the merchant wishes {wish:?}"),
            Self::Performs { well, lost } => {
                let end = if well { "with success" } else { "and is declined" };
                write!(f, "the server does what is owed, {end}{}", if lost { "; the answer is lost" } else { "" })
            }
            Self::Begins => write!(f, "the server begins to hold anew what is given back"),
            Self::Disputes => write!(f, "the bank takes the money back"),
            Self::Waits(A_DAY) => write!(f, "a day passes"),
            Self::Waits(_) => write!(f, "five minutes pass"),
        }
    }
}
