//! Payment steps: from a directive to Amazon Pay and back into the skill, by whichever way the tester chose.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::command::Answers;
use super::{Event, Place, Post, Skill, World};
use crate::simulator::alexa::{ErrorType, Reason, SendRequest, Session};
use crate::simulator::amazon_pay::{Buyer, Delivery, Party, Step};
use crate::telemetry::chain;

/// An answer of Amazon Pay on its way.
#[derive(Clone, Debug)]
pub(super) struct Held {
    place: Place,
    name: String,
    token: String,
    fields: Value,
}

impl<S: Skill> World<S> {
    /// Carries out a directive. The requests that tell the skill of it are returned, the first being the next to send.
    pub(super) fn pay(&mut self, place: &Place, send: &SendRequest, cause: &str, session: Session, events: &mut Vec<Event>) -> Vec<Post> {
        let step = match send.name.as_str() {
            "Setup" => Step::Setup,
            "Charge" => Step::Charge,
            other => {
                let what = format!("nothing carries out Connections.SendRequest with the name {other:?}");
                events.push(Event::Fault(format!("{what} (alexa-amazon-pay.md section 2)")));
                let request = self.alexa.exception(ErrorType::InvalidResponse, &what, cause);
                return vec![Post::Silent { request, session: None }];
            }
        };
        let effect = self.plans.next_effect(step);
        let Some(buyer) = Buyer::named(place.buyer) else { return Vec::new() };
        let party = Party { buyer, permission: self.permission(place.buyer) };
        let carried_out = self.books.with(|pay| pay.carry_out(step, &send.payload, party, self.alexa.clock.now(), effect));
        let answer = match carried_out {
            Ok(answer) => answer,
            Err(error) => {
                events.push(Event::Fault(chain(&error)));
                return Vec::new();
            }
        };
        events.push(Event::Payment { name: send.name.clone(), summary: answer.summary });
        let held = Held { place: place.clone(), name: send.name.clone(), token: send.token.clone(), fields: answer.fields };
        let delivery = match (answer.delivery, self.answers) {
            (Delivery::Once, Answers::Twice) => Delivery::Twice,
            (Delivery::Once, Answers::Drop) => Delivery::Lost,
            (Delivery::Once, Answers::Hold) => Delivery::Late,
            (delivery, _) => delivery,
        };
        let message = "An exception occurred while the directive was carried out.";
        match delivery {
            Delivery::Once => vec![self.answer(held)],
            Delivery::Twice => {
                events.push(Event::Note("The answer arrives twice.".to_owned()));
                vec![self.answer(held.clone()), self.answer(held)]
            }
            Delivery::Unheard => {
                let Post::Spoken { request, session } = self.answer(held) else { return Vec::new() };
                vec![Post::Unheard { request, session }]
            }
            Delivery::Late => {
                events.push(Event::Note("The answer is held back; .answers deliver brings it.".to_owned()));
                self.held.push(held);
                Vec::new()
            }
            Delivery::Lost | Delivery::NeverArrived => {
                events.push(Event::Note("No answer arrives.".to_owned()));
                Vec::new()
            }
            Delivery::Exception | Delivery::ExceptionAfter => {
                events.push(Event::Note("System.ExceptionEncountered arrives instead of the answer.".to_owned()));
                vec![Post::Silent { request: self.alexa.exception(ErrorType::InternalServiceError, message, cause), session: None }]
            }
            Delivery::SessionError => {
                events.push(Event::Note("SessionEndedRequest with an error arrives instead of the answer.".to_owned()));
                let request = self.alexa.session_ended(Reason::Error, Some((ErrorType::InternalServiceError, message)));
                vec![Post::Silent { request, session: Some(Session { new: false, ..session }) }]
            }
        }
    }

    /// Brings every answer that was held back.
    pub(super) async fn deliver_held(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            events.push(Event::Note("No answer is held back; answers arrive as usual.".to_owned()));
        }
        for held in held {
            self.deliver(held, &mut events).await;
        }
        events
    }

    /// Brings the last answer once more.
    pub(super) async fn deliver_again(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        match self.last_answer.clone() {
            Some(held) => self.deliver(held, &mut events).await,
            None => events.push(Event::Note("No answer has arrived yet.".to_owned())),
        }
        events
    }

    async fn deliver(&mut self, held: Held, events: &mut Vec<Event>) {
        events.push(Event::Note(format!("The answer to {} arrives.", held.name)));
        let place = held.place.clone();
        if self.sessions.remove(&place).is_some() {
            events.push(Event::Note("It displaces the open session.".to_owned()));
        }
        let post = self.answer(held);
        self.play(place, VecDeque::from([post]), events).await;
    }

    /// `Connections.Response` in a new session without attributes (fixture `connections-response-buy-new-session.json`).
    fn answer(&mut self, held: Held) -> Post {
        let mut fields = json!({ "name": held.name, "token": held.token });
        if let (Some(fields), Some(answer)) = (fields.as_object_mut(), held.fields.as_object()) {
            fields.extend(answer.clone());
        }
        self.last_answer = Some(held);
        let session = self.alexa.new_session();
        Post::Spoken { request: self.alexa.request("Connections.Response", fields), session }
    }
}
