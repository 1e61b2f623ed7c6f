//! What a purchase costs when the buyer, the shop or the table has grown.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use voicetill::adapters::dynamodb::keys;
use voicetill::adapters::fingerprint;
use voicetill::config::{EMBEDDED_CATALOG, EMBEDDED_SHOP};
use voicetill::domain::ids::{OrderId, OrderPrefix};
use voicetill::domain::time::Time;
use voicetill::ports::Store;

use crate::build;
use crate::buyer::{Buyer, own, store};
use crate::lambda::Function;
use crate::report::Row;
use crate::rounds::{Place, exact};
use crate::store::{CROWDED, Count, TABLE};

/// Long before the purchases that are measured.
const EARLIER: i64 = 1_700_000_000;
/// Orders that a buyer has from before.
const HISTORIES: [i64; 3] = [10, 100, 1_000];
/// What one request may write at most.
const BATCH: u32 = 25;

/// What repeat purchases came to.
struct Cost {
    own: Duration,
    count: Count,
    peak_kb: u64,
}

/// Against a small shop and a new buyer, the same in the larger one.
struct Compared {
    time: Row,
    calls: Row,
    memory: Row,
}

impl Compared {
    fn new(what: &str) -> Self {
        Self {
            time: Row::timed(format!("{what}: own time of a repeat purchase, of that without"), "×", Some(1.2), None),
            calls: Row::counted(format!("{what}: calls and units, of those without"), "×", Some(1.0), None),
            memory: Row::timed(format!("{what}: more peak memory"), "KB", Some(2048.0), None),
        }
    }

    fn add(&mut self, small: &Cost, large: &Cost) {
        self.time.samples.push(large.own.as_secs_f64() / small.own.as_secs_f64());
        let all = |count: &Count| count.units + f64::from(count.reads + count.writes);
        self.calls.samples.push(all(&large.count) / all(&small.count));
        self.memory.samples.push(exact(large.peak_kb) - exact(small.peak_kb));
    }

    fn into_rows(self) -> [Row; 3] {
        [self.time, self.calls, self.memory]
    }
}

/// Buyers with earlier orders; `others` more buyers in a table of their own.
pub fn rows(place: &Place, rounds: u32, others: u32, failures: &mut Vec<String>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut compared = HISTORIES.map(|orders| Compared::new(&format!("{orders} earlier orders")));
    for round in 0..rounds {
        eprint!("\rgrowth, round {} of {rounds} ", round + 1);
        let mut sides = vec![Side::new(place, place.start_skill(), &format!("growth {round}"))];
        for orders in HISTORIES {
            let side = Side::new(place, place.start_skill(), &format!("growth {round}, {orders}"));
            side.remember(place, orders);
            sides.push(side);
        }
        add(&mut compared, &by_turns(place, sides, failures));
    }
    rows.extend(compared.into_iter().flat_map(Compared::into_rows));
    if others > 0 {
        fill_with_others(place, others);
        let mut compared = [Compared::new(&format!("{others} other buyers"))];
        for round in 0..rounds {
            eprint!("\rother buyers, round {} of {rounds} ", round + 1);
            let sides = [place.start_skill(), place.start_among_others()];
            let sides = sides.map(|function| Side::new(place, function, &format!("others {round}")));
            add(&mut compared, &by_turns(place, sides.into(), failures));
        }
        rows.extend(compared.into_iter().flat_map(Compared::into_rows));
    }
    eprintln!();
    rows
}

/// A function and its buyer.
struct Side<'t> {
    function: Function,
    buyer: Buyer<'t>,
    times: Vec<Duration>,
    count: Count,
}

impl<'t> Side<'t> {
    fn new(place: &'t Place, mut function: Function, household: &str) -> Self {
        let mut buyer = Buyer::new(household, &place.table);
        buyer.first_purchase(&mut function);
        Self { function, buyer, times: Vec::new(), count: Count::default() }
    }

    /// Gives the buyer so many paid orders from before.
    fn remember(&self, place: &Place, earlier: i64) {
        let user = fingerprint::buyer(&self.buyer.device.caller.user_id).unwrap();
        place.table.run(async {
            let store = &place.table.direct;
            let paid = store.opening(&user).await.unwrap().orders.swap_remove(0);
            for number in 0..earlier {
                let mut order = paid.clone();
                let write = fingerprint::write(&format!("{user}, {number}")).unwrap();
                let time = Time::from_unix(EARLIER + number * Time::DAY);
                order.id = OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &user, time, &write);
                store.create(&order).await.unwrap();
            }
        });
    }

    fn buy_again(&mut self) {
        let turns = self.buyer.repeat_purchase(&mut self.function);
        self.times.push(own(&turns));
        self.count += store(&turns);
    }
}

/// Everybody buys again, one after the other, so that all meet the same machine; another one goes first each time.
fn by_turns(place: &Place, mut sides: Vec<Side<'_>>, failures: &mut Vec<String>) -> Vec<Cost> {
    for side in &mut sides {
        // The first one warms it up.
        side.buyer.repeat_purchase(&mut side.function);
    }
    for purchase in 0..place.warm_purchases {
        let everybody = sides.len();
        for at in 0..everybody {
            sides[(at + usize::try_from(purchase).unwrap()) % everybody].buy_again();
        }
    }
    let cost = |mut side: Side<'_>| {
        failures.append(&mut side.buyer.failures);
        side.times.sort();
        Cost { own: side.times[side.times.len() / 2], count: side.count, peak_kb: side.function.peak_kb() }
    };
    sides.into_iter().map(cost).collect()
}

/// The first is what the others are compared with.
fn add(compared: &mut [Compared], costs: &[Cost]) {
    let (small, large) = costs.split_first().unwrap();
    for (compared, large) in compared.iter_mut().zip(large) {
        compared.add(small, large);
    }
}

/// Puts a finished order of everybody else into the second table.
fn fill_with_others(place: &Place, others: u32) {
    let table = &place.table;
    let mut buyer = Buyer::new("pattern", table);
    buyer.first_purchase(&mut place.start_skill());
    let user = fingerprint::buyer(&buyer.device.caller.user_id).unwrap();
    table.run(async {
        let client = &table.client;
        let id = table.direct.opening(&user).await.unwrap().orders.swap_remove(0).id;
        let found = client.get_item().table_name(TABLE).set_key(Some(keys::order(&id).into())).send().await.unwrap();
        let pattern = found.item.unwrap();
        for batch in 0..others.div_ceil(BATCH) {
            let requests = (batch * BATCH..others.min((batch + 1) * BATCH)).map(|number| {
                let buyer = fingerprint::buyer(&format!("other {number}")).unwrap();
                let mut item = pattern.clone();
                item.insert(keys::PARTITION.to_owned(), keys::partition(&buyer));
                let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            });
            client.batch_write_item().request_items(CROWDED, requests.collect()).send().await.unwrap();
        }
    });
}

/// Functions with ten, a thousand and ten thousand products, each built as it would be deployed.
pub fn build_catalogues(place: &Place) -> [PathBuf; 3] {
    let functions = CATALOGUES.map(|products| build_with(place, products));
    // What is left in the target folder is the shop's own again.
    build(&["--bin", "skill"], "skill", &[]);
    functions
}

/// What a larger catalogue costs.
pub fn catalogues(place: &Place, functions: &[PathBuf; 3], rounds: u32, failures: &mut Vec<String>) -> Vec<Row> {
    let larger = &CATALOGUES[1..];
    let against = |products: &usize| format!("{products} products: start, of that with {}", CATALOGUES[0]);
    let mut start: Vec<_> = larger.iter().map(|products| Row::timed(against(products), "×", Some(1.2), None)).collect();
    let mut compared: Vec<_> = larger.iter().map(|products| Compared::new(&format!("{products} products"))).collect();
    for round in 0..rounds {
        eprint!("\rcatalogues, round {} of {rounds} ", round + 1);
        let started = functions.each_ref().map(|binary| place.start_binary(binary));
        let took = started.each_ref().map(|function| function.start);
        for (row, larger) in start.iter_mut().zip(&took[1..]) {
            row.samples.push(larger.as_secs_f64() / took[0].as_secs_f64());
        }
        let sides = started.map(|function| {
            let household = format!("catalogue {}, {round}", function.pid());
            Side::new(place, function, &household)
        });
        add(&mut compared, &by_turns(place, sides.into(), failures));
    }
    eprintln!();
    start.into_iter().zip(compared).flat_map(|(start, compared)| [start].into_iter().chain(compared.into_rows())).collect()
}

/// Products in the shop; the first is what the others are compared with.
const CATALOGUES: [usize; 3] = [10, 1_000, 10_000];

/// The function for a shop with so many products; those of the example come first.
fn build_with(place: &Place, products: usize) -> PathBuf {
    let folder = place.folder.join(format!("shop-{products}"));
    let own = EMBEDDED_CATALOG.split("[[product]]").skip(1).take(products).map(|product| format!("[[product]]{product}"));
    let more = (0..products).map(|number| {
        let words = format!("one = \"article {number}\"\nmany = \"articles {number}\"\nsynonyms = [\"thing {number}\"]\n");
        format!("[[product]]\nsku = \"p{number}\"\nprice = \"1.00\"\n[product.en-US]\n{words}description = \"A thing.\"\n")
    });
    let catalog: String = own.chain(more).take(products).collect();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("shop.toml"), EMBEDDED_SHOP).unwrap();
    fs::write(folder.join("catalog.toml"), catalog).unwrap();
    let built = build(&["--bin", "skill"], "skill", &[("VOICETILL_EMBED_SHOP", &folder)]);
    let kept = folder.join("skill");
    fs::copy(built, &kept).unwrap();
    kept
}
