//! Rows of results: what is asked for, what was measured, with its spread.

use std::fs;
use std::path::Path;

use comfy_table::{Cell, CellAlignment, LineStyle, Table, TableStyle};
use serde_json::{Value, json};

/// One thing that was measured, several times.
pub struct Row {
    pub what: String,
    pub unit: &'static str,
    pub must: Option<f64>,
    pub goal: Option<f64>,
    pub samples: Vec<f64>,
    /// Whether a value above the bar fails the run; times never do.
    pub counted: bool,
}

impl Row {
    /// A time, or a ratio of times: its median is judged.
    pub fn timed(what: impl Into<String>, unit: &'static str, must: Option<f64>, goal: Option<f64>) -> Self {
        Self { what: what.into(), unit, must, goal, samples: Vec::new(), counted: false }
    }

    /// A count: its greatest value is judged.
    pub fn counted(what: impl Into<String>, unit: &'static str, must: Option<f64>, goal: Option<f64>) -> Self {
        Self { counted: true, ..Self::timed(what, unit, must, goal) }
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    /// Least, median, greatest.
    pub fn spread(&self) -> Option<[f64; 3]> {
        let sorted = self.sorted();
        Some([*sorted.first()?, sorted[sorted.len() / 2], *sorted.last()?])
    }

    fn judged(&self) -> Option<f64> {
        self.spread().map(|[_, median, most]| if self.counted { most } else { median })
    }

    pub fn missed(&self) -> bool {
        self.judged().zip(self.must).is_some_and(|(value, must)| value > must)
    }

    fn verdict(&self) -> &'static str {
        match (self.judged(), self.must, self.goal) {
            (None, ..) => "not measured",
            (_, None, None) => "",
            (Some(value), _, Some(goal)) if value <= goal => "goal",
            (Some(value), Some(must), _) if value <= must => "must",
            (Some(value), None, _) if value.is_finite() => "",
            _ => "MISSED",
        }
    }

    fn cells(&self) -> [String; 7] {
        let shown = |value: Option<f64>| value.map_or_else(String::new, |value| number(value, self.unit));
        let [least, median, most] = self.spread().map_or([None; 3], |spread| spread.map(Some));
        [self.what.clone(), shown(self.must), shown(self.goal), shown(least), shown(median), shown(most), self.verdict().to_owned()]
    }
}

const HEAD: [&str; 7] = ["", "must ≤", "goal ≤", "min", "median", "max", "reached"];

fn number(value: f64, unit: &str) -> String {
    let text = match unit {
        "" | "B" | "KB" => format!("{value:.0}"),
        "units" => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    match unit {
        "" | "units" => text,
        "×" => format!("{text} ×"),
        unit => format!("{text} {unit}"),
    }
}

/// A table for the terminal.
pub fn terminal(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'))).set_header(HEAD);
    for row in rows {
        let align = |(at, text)| Cell::new(text).set_alignment(if at == 0 { CellAlignment::Left } else { CellAlignment::Right });
        table.add_row(row.cells().into_iter().enumerate().map(align));
    }
    table
}

/// The same for a document.
pub fn markdown(title: &str, rows: &[Row]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("{title}\n\n{}|---|--:|--:|--:|--:|--:|---|\n", line(&HEAD.map(str::to_owned)));
    text.extend(rows.iter().map(|row| line(&row.cells())));
    text
}

pub fn as_json(machine: &str, rows: &[&Row]) -> Value {
    let rows = rows.iter().map(|row| {
        json!({
            "what": row.what, "unit": row.unit, "must": row.must, "goal": row.goal, "samples": row.samples,
            "spread": row.spread(), "reached": row.verdict(),
        })
    });
    json!({ "machine": machine, "rows": rows.collect::<Vec<_>>() })
}

/// Puts a text between the two marks of a section of a document.
pub fn replace_section(file: &Path, section: &str, text: &str) -> Result<(), String> {
    let said = |error: std::io::Error| format!("{}: {error}", file.display());
    let document = fs::read_to_string(file).map_err(said)?;
    let (begin, end) = (format!("<!-- {section} -->\n"), format!("<!-- end of {section} -->"));
    let parts = document.split_once(&begin).and_then(|(head, rest)| Some((head, rest.split_once(&end)?.1)));
    let (head, tail) = parts.ok_or_else(|| format!("{} has no section {section}", file.display()))?;
    fs::write(file, format!("{head}{begin}{text}{end}{tail}")).map_err(said)
}
