//! Tables for people.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use crate::domain::quote::Quote;

pub(super) fn table() -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

pub(super) fn quote_table(quote: &Quote) -> Table {
    let mut lines = table();
    lines.set_header(["Quantity", "Item", "Each", "Amount"]);
    for line in &quote.lines {
        let amount = line.amount().map_or_else(|_| "–".to_owned(), |amount| amount.to_string());
        lines.add_row([line.quantity.to_string(), line.name.clone(), line.unit.to_string(), amount]);
    }
    for (name, sum) in [("Items", quote.items), ("Shipping", quote.shipping), ("Tax", quote.tax), ("Total", quote.total)] {
        lines.add_row(["", name, "", &sum.to_string()]);
    }
    for index in [0, 2, 3] {
        if let Some(column) = lines.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    lines
}
