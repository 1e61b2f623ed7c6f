//! Carries out dot-commands.

use std::collections::VecDeque;

use serde_json::json;

use super::command::{self, Answers, Command, CommandError, Move, Plan};
use super::{Event, HELP, Linked, Post, Skill, World};
use crate::simulator::alexa::Permission;
use crate::simulator::amazon_pay::{BUYERS, Buyer};
use crate::simulator::clock::iso;
use crate::telemetry::chain;

impl<S: Skill> World<S> {
    /// Carries out a dot-command.
    ///
    /// # Errors
    /// [`CommandError`] when the command is unknown or written wrongly; nothing has changed then.
    pub async fn command(&mut self, line: &str) -> Result<Vec<Event>, CommandError> {
        let line = line.trim();
        let mut events = vec![Event::Command(line.to_owned())];
        match command::parse(line)? {
            Command::Silence => events.extend(self.silence().await),
            Command::End => events.extend(self.end().await),
            Command::Answers(Answers::Again) => events.extend(self.deliver_again().await),
            Command::Answers(Answers::Deliver) => {
                self.answers = Answers::Deliver;
                events.extend(self.deliver_held().await);
            }
            Command::ResetSkill => events.extend(self.reset_skill().await),
            Command::Link => self.link(&mut events).await,
            Command::Unlink => {
                let was = self
                    .links
                    .remove(self.buyer.name)
                    .map_or("had not linked the account", |_| "has unlinked the account in the Alexa app");
                events.push(Event::Note(format!("{} {was}.", self.buyer.name)));
            }
            Command::Code { digits, always } => {
                let set = self.skill.set_code(self.buyer, digits.as_deref(), always, self.alexa.clock.now()).await;
                let name = self.buyer.name;
                events.push(Event::Note(match (set, digits) {
                    (Ok(()), Some(_)) => format!("{name} has set a voice code on the payment page."),
                    (Ok(()), None) => format!("{name} has no voice code any more."),
                    (Err(why), _) => why,
                }));
            }
            Command::Other(line) => match self.skill.aside(&line, self.alexa.clock.now()).await {
                Some(told) => events.push(Event::Note(told)),
                None => return Err(CommandError::unknown(&line)),
            },
            plain @ (Command::Help
            | Command::Buyer(_)
            | Command::Outcome(_)
            | Command::Permission(_)
            | Command::Agreement(_)
            | Command::Clock(_)
            | Command::Answers(Answers::Twice | Answers::Drop | Answers::Hold)
            | Command::Device(_)
            | Command::Money) => events.push(Event::Note(self.at_once(plain))),
        }
        Ok(events)
    }

    /// What needs no request to the skill.
    fn at_once(&mut self, command: Command) -> String {
        match command {
            Command::Buyer(None) => BUYERS.map(|buyer| format!("{}{:<8} {}", self.mark(buyer.name), buyer.name, buyer.about)).join("\n"),
            Command::Buyer(Some(name)) => {
                if let Some(buyer) = Buyer::named(name) {
                    self.buyer = buyer;
                }
                format!("{} speaks now, who {}.", self.buyer.name, self.buyer.about)
            }
            Command::Outcome(plan) => self.plan(&plan),
            Command::Permission(permission) => {
                self.permissions.insert(self.buyer.name, permission);
                let state = match permission {
                    Permission::Granted => "is granted",
                    Permission::Denied => "is denied",
                    Permission::Missing => "was never asked for",
                };
                format!("Amazon Pay {state} for {}.", self.buyer.name)
            }
            Command::Agreement(status) => match self.books.with(|pay| pay.set_agreements(self.buyer.name, status)) {
                Ok(0) => format!("{} has no billing agreement yet.", self.buyer.name),
                Ok(_) => format!("The billing agreement of {} is {} now.", self.buyer.name, status.code()),
                Err(error) => chain(&error),
            },
            Command::Clock(moved) => {
                match moved {
                    Move::Ahead(seconds) => self.alexa.clock.advance(seconds),
                    Move::Now => self.alexa.clock.reset(),
                    Move::Show => {}
                }
                format!("It is {}.", iso(self.alexa.clock.now()))
            }
            Command::Answers(answers) => {
                self.answers = answers;
                match answers {
                    Answers::Deliver | Answers::Again => "Payment answers arrive.",
                    Answers::Twice => "Every payment answer arrives twice from now on.",
                    Answers::Drop => "Every payment answer gets lost from now on.",
                    Answers::Hold => "Every payment answer is held back from now on.",
                }
                .to_owned()
            }
            Command::Device(name) => {
                self.device = name;
                let state = if self.session_open() { "the skill listens" } else { "the skill is not open" };
                format!("The device is {}; {state} there.", self.device)
            }
            Command::Money => self.money(),
            Command::Help
            | Command::Silence
            | Command::End
            | Command::ResetSkill
            | Command::Link
            | Command::Unlink
            | Command::Code { .. }
            | Command::Other(_) => HELP.map(|(usage, about)| format!("{usage:<42} {about}")).join("\n"),
        }
    }

    /// The buyer follows the `LinkAccount` card to the page, and agrees there.
    async fn link(&mut self, events: &mut Vec<Event>) {
        let token = match self.skill.link(self.buyer, self.alexa.clock.now()).await {
            Ok(token) => token,
            Err(why) => return events.push(Event::Note(why)),
        };
        self.take_link(token, events).await;
    }

    /// What the buyer has done in a browser meanwhile.
    pub(super) async fn look_for_link(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let Some(Linked { access_token, news }) = self.skill.linked(self.buyer).await else { return events };
        if self.browsed.insert(self.buyer.name, access_token.clone()).as_ref() != Some(&access_token) {
            if news {
                self.take_link(access_token, &mut events).await;
            } else {
                self.links.insert(self.buyer.name, access_token);
            }
        }
        events
    }

    async fn take_link(&mut self, token: String, events: &mut Vec<Event>) {
        self.links.insert(self.buyer.name, token.clone());
        events.push(Event::Note(format!("{} has linked the account and agreed to pay with Amazon Pay.", self.buyer.name)));
        // Fixture `skill-event-account-linked-timeStamp.json`.
        let request = self.alexa.request("AlexaSkillEvent.SkillAccountLinked", json!({ "body": { "accessToken": token } }));
        self.play(self.place(), VecDeque::from([Post::Silent { request, session: None }]), events).await;
    }

    fn mark(&self, buyer: &str) -> char {
        if self.buyer.name == buyer { '*' } else { ' ' }
    }

    fn plan(&self, plan: &Plan) -> String {
        match *plan {
            Plan::List => return command::outcomes(),
            Plan::Clear => self.plans.clear(),
            Plan::Show => {}
            Plan::Next { outcome, step, always } => self.plans.add(outcome, step, always),
        }
        self.plans.told()
    }

    fn money(&self) -> String {
        let moved = match self.moved() {
            Ok(moved) => moved,
            Err(error) => return chain(&error),
        };
        let lines: Vec<String> = moved
            .iter()
            .map(|moved| {
                let what = if moved.captured { "captured" } else { "authorized" };
                format!("simulated: {} {} {what}, reference {}", moved.amount.currency(), moved.amount.decimal(), moved.reference)
            })
            .collect();
        if lines.is_empty() { "No money was authorized or captured.".to_owned() } else { lines.join("\n") }
    }

    /// Disabling tells the skill (fixture `skill-event-disabled.json`); enabling gives the buyer a new user id. Consent has to be given
    /// anew in life; here it stays as it is, so that one command does one thing.
    async fn reset_skill(&mut self) -> Vec<Event> {
        let place = self.place();
        let mut events = Vec::new();
        self.sessions.retain(|open, _| open.buyer != place.buyer);
        // Alexa forgets the tokens of a skill that is disabled.
        self.links.remove(place.buyer);
        for kind in ["AlexaSkillEvent.SkillDisabled", "AlexaSkillEvent.SkillEnabled"] {
            let at = iso(self.alexa.clock.now());
            let request = self.alexa.request(kind, json!({ "eventCreationTime": at, "eventPublishingTime": at }));
            self.play(place.clone(), VecDeque::from([Post::Silent { request, session: None }]), &mut events).await;
            if kind.ends_with("Disabled") {
                *self.enablements.entry(place.buyer).or_default() += 1;
            }
        }
        events.push(Event::Note(format!("{} disabled the skill and enabled it again: Alexa uses a new user id.", place.buyer)));
        events
    }
}
