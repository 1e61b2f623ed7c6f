//! Log lines: JSON for `CloudWatch`, plain text for people. What is logged is decided where it is logged; nothing personal ever is.

#[cfg(feature = "lambda")]
use tracing::level_filters::LevelFilter;
#[cfg(feature = "lambda")]
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt};

/// One JSON object a line, with `level` at the top, which the alarms look for. Lambda adds the time.
#[cfg(feature = "lambda")]
pub fn json(level: &str) {
    let lines = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .without_time()
        .with_ansi(false);
    registry().with(lines).with(filter(level)).init();
}

/// The level for everything. Only our own trace is ever shown: the runtime's holds whole requests.
#[cfg(feature = "lambda")]
fn filter(level: &str) -> Targets {
    match level.parse().unwrap_or(LevelFilter::INFO) {
        LevelFilter::TRACE => Targets::new().with_default(LevelFilter::DEBUG).with_target("voicetill", LevelFilter::TRACE),
        level => Targets::new().with_default(level),
    }
}

/// Lines on standard error. The embedded engine logs every failed condition as a warning; here those are part of the day's work.
#[cfg(feature = "lambda")]
pub fn plain(level: &str) {
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).without_time();
    registry().with(lines).with(Targets::new().with_default(level).with_target("dynoxide", LevelFilter::OFF)).init();
}

/// An error and all its causes in one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // `#[error(transparent)]` repeats its cause.
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line
}
