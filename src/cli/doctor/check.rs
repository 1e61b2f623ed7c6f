//! One thing that was looked at, and how it is told.

use std::io::{self, Write};

use serde::Serialize;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Ok,
    Warning,
    Failed,
}

impl Health {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What was looked at and found. What is not ok has a remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    #[serde(rename = "check")]
    pub name: &'static str,
    pub health: Health,
    pub found: String,
    pub remedy: Option<String>,
}

impl Check {
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, health: Health::Ok, found: found.into(), remedy: None }
    }

    pub fn warning(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, health: Health::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub fn failed(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, health: Health::Failed, found: found.into(), remedy: Some(remedy.into()) }
    }
}

fn count(checks: &[Check], health: Health) -> usize {
    checks.iter().filter(|check| check.health == health).count()
}

/// For people.
pub fn tell(checks: &[Check], out: &mut dyn Write) -> io::Result<()> {
    for check in checks {
        writeln!(out, "{:<8} {}: {}", check.health.as_str(), check.name, check.found)?;
        if let Some(remedy) = &check.remedy {
            writeln!(out, "         → {remedy}")?;
        }
    }
    let [ok, warnings, failed] = [Health::Ok, Health::Warning, Health::Failed].map(|health| count(checks, health));
    writeln!(out, "{} checks: {ok} ok, {warnings} with a warning, {failed} failed", checks.len())
}

/// For programs.
pub fn json(checks: &[Check], out: &mut dyn Write) -> io::Result<()> {
    let [ok, warnings, failed] = [Health::Ok, Health::Warning, Health::Failed].map(|health| count(checks, health));
    let report = serde_json::json!({ "checks": checks, "ok": ok, "warnings": warnings, "failed": failed });
    writeln!(out, "{report:#}")
}
