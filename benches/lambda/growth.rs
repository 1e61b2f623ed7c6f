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
use crate::store::{Count, TABLE};

/// Long before the purchases that are measured.
const EARLIER: i64 = 1_700_000_000;
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

/// Buyers with earlier orders; `others` more buyers in the table.
pub fn rows(place: &Place, rounds: u32, others: u32, failures: &mut Vec<String>) -> Vec<Row> {
    let mut rows = Vec::new();
    let histories = [10, 100, 1_000];
    let mut compared = histories.map(|orders| Compared::new(&format!("{orders} earlier orders")));
    for round in 0..rounds {
        eprint!("\rgrowth, round {} of {rounds} ", round + 1);
        let small = purchases(place, place.start_skill(), &format!("growth {round}"), 0, failures);
        for (orders, compared) in histories.into_iter().zip(&mut compared) {
            let large = purchases(place, place.start_skill(), &format!("growth {round}, {orders}"), orders, failures);
            compared.add(&small, &large);
        }
    }
    rows.extend(compared.into_iter().flat_map(Compared::into_rows));
    if others > 0 {
        let alone: Vec<_> =
            (0..rounds).map(|round| purchases(place, place.start_skill(), &format!("alone {round}"), 0, failures)).collect();
        fill_with_others(place, others);
        let mut compared = Compared::new(&format!("{others} other buyers"));
        for (round, alone) in alone.iter().enumerate() {
            compared.add(alone, &purchases(place, place.start_skill(), &format!("among others {round}"), 0, failures));
        }
        rows.extend(compared.into_rows());
    }
    eprintln!();
    rows
}

/// Repeat purchases of a buyer with so many paid orders from before.
fn purchases(place: &Place, mut function: Function, household: &str, earlier: i64, failures: &mut Vec<String>) -> Cost {
    let mut buyer = Buyer::new(household, &place.table);
    buyer.first_purchase(&mut function);
    let user = fingerprint::buyer(&buyer.device.caller.user_id).unwrap();
    place.table.run(async {
        let store = &place.table.direct;
        let paid = store.opening(&user).await.unwrap().orders.swap_remove(0);
        for number in 0..earlier {
            let mut order = paid.clone();
            let write = fingerprint::write(&format!("{household}, {number}")).unwrap();
            order.id = OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &user, Time::from_unix(EARLIER + number * Time::DAY), &write);
            store.create(&order).await.unwrap();
        }
    });
    // The first ones warm it up.
    buyer.repeat_purchase(&mut function);
    let (mut time, mut count) = (Vec::new(), Count::default());
    for _ in 0..place.warm_purchases {
        let turns = buyer.repeat_purchase(&mut function);
        time.push(own(&turns));
        count += store(&turns);
    }
    failures.append(&mut buyer.failures);
    time.sort();
    Cost { own: time[time.len() / 2], count, peak_kb: function.peak_kb() }
}

/// Puts a finished order of everybody else into the table.
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
            client.batch_write_item().request_items(TABLE, requests.collect()).send().await.unwrap();
        }
    });
}

/// What a larger catalogue costs: functions with ten, a thousand and ten thousand products, each built as it would be deployed.
pub fn catalogues(place: &Place, rounds: u32, failures: &mut Vec<String>) -> Vec<Row> {
    let functions = CATALOGUES.map(|products| (products, build_with(place, products)));
    let mut start = functions
        .each_ref()
        .map(|(products, _)| Row::timed(format!("{products} products: start, of that with {}", CATALOGUES[0]), "×", Some(1.2), None));
    let mut compared = functions.each_ref().map(|(products, _)| Compared::new(&format!("{products} products")));
    for round in 0..rounds {
        eprint!("\rcatalogues, round {} of {rounds} ", round + 1);
        let costs = functions.each_ref().map(|(products, binary)| {
            let function = place.start_binary(binary);
            let took = function.start;
            (took, purchases(place, function, &format!("catalogue {products}, {round}"), 0, failures))
        });
        let (least, small) = &costs[0];
        for (at, (took, cost)) in costs.iter().enumerate() {
            start[at].samples.push(took.as_secs_f64() / least.as_secs_f64());
            compared[at].add(small, cost);
        }
    }
    eprintln!();
    // The first is what the others are compared with.
    start.into_iter().zip(compared).skip(1).flat_map(|(start, compared)| [start].into_iter().chain(compared.into_rows())).collect()
}

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
