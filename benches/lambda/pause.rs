//! Lambda freezes a function between invocations, and its connection dies meanwhile: the next turn must not notice.

use std::time::Duration;

use crate::buyer::{Buyer, own, store};
use crate::report::Row;
use crate::rounds::{Place, exact};
use crate::store::Break;

pub fn rows(place: &Place, failures: &mut Vec<String>) -> Vec<Row> {
    let mut failed = Row::counted("failed turns after a pause that killed the connection", "", Some(0.0), None);
    let mut times = Vec::new();
    for (how, what) in [(Break::Closed, "closed"), (Break::Silent, "gone without a word")] {
        let mut function = place.start_skill();
        let mut buyer = Buyer::new(&format!("pause, {what}"), &place.table);
        buyer.first_purchase(&mut function);
        function.freeze(true);
        place.table.break_connections(how);
        std::thread::sleep(Duration::from_millis(200));
        function.freeze(false);
        let turns = buyer.repeat_purchase(&mut function);
        failed.samples.push(exact(buyer.failures.len()));
        failures.append(&mut buyer.failures);
        let mut row = Row::timed(format!("own time of the purchase after it, connection {what}"), "ms", None, None);
        row.samples.push(own(&turns).as_secs_f64() * 1e3);
        let mut opened = Row::counted(format!("connections opened anew, connection {what}"), "", Some(1.0), None);
        opened.samples.push(store(&turns).connections.into());
        times.extend([row, opened]);
    }
    times.insert(0, failed);
    times
}
