//! How events look on a terminal.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::simulator::alexa::Card;
use crate::simulator::world::{Event, shown};

const LABEL: Style = AnsiColor::Yellow.on_default().bold();
const PAYMENT: Style = AnsiColor::Cyan.on_default();
const FAULT: Style = AnsiColor::Red.on_default();
const ASIDE: Style = Style::new().dimmed();

/// A label such as `User  > ` in the colour of `ask dialog`.
pub fn label(text: &str) -> String {
    format!("{LABEL}{text}{LABEL:#}")
}

/// Writes one event. What a person typed is written only when it was piped in and so is not on the screen.
pub fn event(out: &mut dyn Write, event: &Event, typed: bool) -> std::io::Result<()> {
    let style = match event {
        Event::Said(_) | Event::Command(_) if typed => return Ok(()),
        Event::Card(card @ Card::Text { .. }) => return boxed(out, &shown(card)),
        Event::Said(_) | Event::Command(_) | Event::Says(_) => Style::new(),
        Event::Payment { .. } => PAYMENT,
        Event::Fault(_) => FAULT,
        Event::Launched | Event::Heard(_) | Event::Card(_) | Event::Mail(_) | Event::SessionEnded { .. } | Event::Note(_) => ASIDE,
    };
    let (who, what) = event.line();
    // A piped command stands behind the prompt at which it would have been typed.
    let mut who = if who == "World" { "User" } else { who };
    for line in what.lines() {
        writeln!(out, "{} {style}{line}{style:#}", label(&format!("{who:<5} >")))?;
        who = "";
    }
    Ok(())
}

/// Draws a card as a box.
fn boxed(out: &mut dyn Write, text: &str) -> std::io::Result<()> {
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    let edge = "─".repeat(width + 2);
    let who = label("Card  >");
    let blank = label("      >");
    writeln!(out, "{who} ┌{edge}┐")?;
    for line in text.lines() {
        let pad = " ".repeat(width - line.chars().count().min(width));
        writeln!(out, "{blank} │ {line}{pad} │")?;
    }
    writeln!(out, "{blank} └{edge}┘")
}
