//! Whose messages are gone by. A merchant cannot know Amazon's topic beforehand, so the first that asks to be confirmed is held until a
//! person trusts it; from then on only trusted ones are confirmed.

use crate::domain::ids::TopicArn;
use crate::ports::{Topic, Trust};

/// More than Amazon Pay has for a merchant. Anybody can ask, and what is held is kept.
pub const HELD_MAX: usize = 5;

/// What to do with a question to confirm a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Confirm,
    /// Keep it for a person.
    Hold,
    /// Another topic is trusted already, or too many are held.
    Refuse,
}

/// How a topic stands; `None` when it is not known.
#[must_use]
pub fn standing<'t>(known: &'t [Topic], arn: &TopicArn) -> Option<&'t Trust> {
    known.iter().find(|topic| topic.arn == *arn).map(|topic| &topic.trust)
}

/// What to do when a topic asks.
#[must_use]
pub fn subscription(known: &[Topic], arn: &TopicArn) -> Asked {
    match standing(known, arn) {
        Some(Trust::Trusted) => Asked::Confirm,
        // The token may be a newer one.
        Some(Trust::Held { .. }) => Asked::Hold,
        None if known.iter().any(|topic| topic.trust == Trust::Trusted) || known.len() >= HELD_MAX => Asked::Refuse,
        None => Asked::Hold,
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::domain::time::Time;

    fn topic(name: &str, trust: Trust) -> Topic {
        let arn = TopicArn::parse(&format!("arn:aws:sns:eu-west-1:291180941288:{name}")).unwrap();
        Topic { arn, trust, since: Time::from_unix(0) }
    }

    fn held() -> Trust {
        Trust::Held { subscribe_url: "https://sns.eu-west-1.amazonaws.com/".to_owned() }
    }

    #[test]
    fn the_first_is_held_and_once_one_is_trusted_no_other_is() {
        let (ours, other) = (topic("OURS", held()), topic("OTHER", held()));
        assert_eq!(subscription(&[], &ours.arn), Asked::Hold);
        assert_eq!(subscription(from_ref(&ours), &ours.arn), Asked::Hold);
        assert_eq!(subscription(from_ref(&ours), &other.arn), Asked::Hold);
        let trusted = [topic("OURS", Trust::Trusted), other.clone()];
        assert_eq!(subscription(&trusted, &ours.arn), Asked::Confirm);
        assert_eq!(subscription(&trusted, &other.arn), Asked::Hold);
        assert_eq!(subscription(&trusted, &topic("THIRD", held()).arn), Asked::Refuse);
        assert_eq!(standing(&trusted, &topic("THIRD", held()).arn), None);
    }

    #[test]
    fn nobody_can_fill_the_table_with_questions() {
        let many: Vec<_> = (0..HELD_MAX).map(|number| topic(&format!("T{number}"), held())).collect();
        assert_eq!(subscription(&many, &topic("MORE", held()).arn), Asked::Refuse);
        assert_eq!(subscription(&many, &many[0].arn), Asked::Hold);
    }
}
