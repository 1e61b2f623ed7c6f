//! What the orders department reads. No address and no name of a buyer: those are looked up at the desk.

use super::view::View;
use super::{MONEY, Writer, placed, rows, when};
use crate::adapters::words::{Filling, Words};
use crate::domain::message::{LooseChargeback, News};
use crate::domain::money::Money;
use crate::domain::order::{Attention, Event, Order, Warning};
use crate::domain::shop::World;

impl Writer {
    pub(super) fn office(&self, words: &Words, order: &Order, news: News) -> View {
        let none = Filling::new();
        let kind = kind(news);
        let amount = amount(news).map(|amount| words.money(MONEY, amount)).unwrap_or_default();
        let filling = vec![("order", order.id.to_string()), ("amount", amount)];
        let what = words.say(kind, &none);
        let mut facts =
            vec![("fact-order", order.id.to_string()), ("fact-placed", placed(order)), ("fact-status", order.state.name().to_owned())];
        if let News::Declined(decline) | News::RestDeclined(decline) | News::NotRenewed(decline) = news {
            facts.push(("fact-why", format!("{decline:?}")));
        }
        let mut facts: Vec<_> = facts.into_iter().map(|(name, fact)| (words.say(name, &none), fact)).collect();
        if news == News::Disputed {
            facts.extend(evidence(words, order));
        }
        View {
            subject: self.subject(words, &what, order.id.as_str()),
            heading: what,
            texts: vec![words.say(&format!("{kind}-do"), &filling)],
            rows: rows(words, order),
            facts,
            ending: vec![words.say("office-show", &filling)],
            ..self.blank(words)
        }
    }

    pub(super) fn loose_chargeback(&self, words: &Words, chargeback: &LooseChargeback) -> View {
        let none = Filling::new();
        let what = words.say("loose-chargeback", &none);
        let named = [
            ("fact-chargeback", Some(chargeback.id.to_string())),
            ("fact-agreement", chargeback.consent.as_ref().map(ToString::to_string)),
            ("fact-why", chargeback.said.as_ref().map(ToString::to_string)),
        ];
        View {
            subject: self.subject(words, &what, chargeback.id.as_str()),
            heading: what,
            texts: vec![words.say("loose-chargeback-do", &none)],
            facts: named.into_iter().filter_map(|(name, fact)| Some((words.say(name, &none), fact?))).collect(),
            ..self.blank(words)
        }
    }

    fn subject(&self, words: &Words, what: &str, about: &str) -> String {
        let mark = match self.world {
            World::Live => String::new(),
            World::Sandbox => words.say("office-mark-sandbox", &Filling::new()),
            World::Simulated => words.say("office-mark-simulated", &Filling::new()),
        };
        words.say("office-subject", &vec![("what", what.to_owned()), ("order", about.to_owned()), ("mark", mark)])
    }
}

const fn kind(news: News) -> &'static str {
    match news {
        News::Queued => "queued",
        News::Held => "held",
        News::Paid => "paid",
        News::Declined(_) => "declined",
        News::Captured(_) => "captured",
        News::GoingBack(_) => "going-back",
        News::RestHeld(_) => "rest-held",
        News::RestDeclined(_) => "rest-declined",
        News::RestOver => "rest-over",
        News::Renewed(_) => "renewed",
        News::NotRenewed(_) => "not-renewed-office",
        News::Shipped => "shipped",
        News::Refunded(_) => "refunded",
        News::RefundFailed(_) => "refund-failed",
        News::Cancelled => "cancelled",
        News::Expired => "expired",
        News::Disputed => "disputed",
        News::NeedsAttention(Attention::OutcomeUnknown) => "attention-outcome-unknown",
        News::NeedsAttention(Attention::AmountDiffers) => "attention-amount-differs",
        News::NeedsAttention(Attention::UnexpectedCharge) => "attention-unexpected-charge",
        News::NeedsAttention(Attention::ClosedUnexpectedly) => "attention-closed",
        News::NeedsAttention(Attention::CaptureFailed) => "attention-capture-failed",
        News::Warned(Warning::HeldAWeek) => "warned-week",
        News::Warned(Warning::HoldEnds) => "warned-hold",
        News::Warned(Warning::ConsentEnds) => "warned-consent",
        News::Warned(Warning::Stuck) => "warned-stuck",
    }
}

const fn amount(news: News) -> Option<Money> {
    match news {
        News::Captured(amount)
        | News::GoingBack(amount)
        | News::RestHeld(amount)
        | News::Renewed(amount)
        | News::Refunded(amount)
        | News::RefundFailed(amount) => Some(amount),
        News::Queued
        | News::Held
        | News::Paid
        | News::Declined(_)
        | News::RestDeclined(_)
        | News::RestOver
        | News::NotRenewed(_)
        | News::Shipped
        | News::Cancelled
        | News::Expired
        | News::Disputed
        | News::NeedsAttention(_)
        | News::Warned(_) => None,
    }
}

/// What a bank wants to see: who agreed to what and when, what was taken and given back, and that it was sent.
fn evidence(words: &Words, order: &Order) -> Vec<(String, String)> {
    let blank = Filling::new();
    let mut facts = Vec::new();
    if let Some(agreement) = &order.agreement {
        facts.push((words.say("fact-agreement", &blank), agreement.to_string()));
    }
    for paid in order.state.payments() {
        let names = [&paid.names.capture, &paid.names.authorization].into_iter().flatten().next();
        let name = names.map_or_else(|| paid.attempt.id(&order.id).to_string(), ToString::to_string);
        let given = words.money(MONEY, paid.refunded());
        facts.push((words.say("fact-charge", &blank), format!("{name}: {} − {given}", words.money(MONEY, paid.captured))));
    }
    let told = |event: Event| {
        matches!(event, Event::SaidYes | Event::ChargeAnswered | Event::Notified | Event::Shipped | Event::RefundAnswered | Event::Disputed)
    };
    for entry in order.history.iter().filter(|entry| told(entry.what)) {
        let note = entry.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        let at = words.say("fact-note", &vec![("when", when(entry.at))]);
        facts.push((at, format!("{}: {}{note}", entry.who.words(), entry.what.words())));
    }
    facts
}
