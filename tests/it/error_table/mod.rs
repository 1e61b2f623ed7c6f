//! Everything that Amazon Pay can answer, with both ends of it: what the merchant sees, and what the buyer hears. It is produced by the
//! sandbox and committed as a page, so that a change of any of these words is a change that somebody has read.

mod counter;
mod page;

use serde_json::json;
use voicetill::adapters::amazon_pay::api::Seen;
use voicetill::adapters::amazon_pay::api::client::TRIES;
use voicetill::adapters::amazon_pay::api::errors::{Outcome, Refusal};
use voicetill::adapters::system;
use voicetill::domain::time::Time;
use voicetill::sandbox::PublicKey;
use voicetill::simulator::amazon_pay::account::REASON_CODES;
use voicetill::simulator::amazon_pay::{ERROR_CODES, Effect, OUTCOMES, Step};

use self::counter::{Access, Counter, Ends, Wish};
use self::page::{Cell, Page, Table};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/amazon-pay-errors.md");

fn refusal(status: u16, code: &str) -> Refusal {
    let body = json!({ "reasonCode": code, "message": "" }).to_string();
    Refusal::read(status, body.as_bytes(), Seen::default())
}

/// What the client makes of a refused Create Charge, which no rail of this version calls.
fn client(refusal: &Refusal) -> String {
    let outcome = match refusal.outcome() {
        Outcome::Declined(decline) => format!("declined: {decline:?}"),
        Outcome::NotDone => "not done".to_owned(),
        Outcome::Unknown => "unknown".to_owned(),
    };
    if refusal.retryable() { format!("{outcome}; tried again") } else { outcome }
}

/// The refusals of section 8, each as the answer to each call of the desk.
async fn refusals(counter: &mut Counter) -> Table {
    let mut table = Table::new("Amazon Pay's answer", ["capture", "cancel", "refund", "charge, to the client"]);
    // Deliveries only.
    for (code, status) in REASON_CODES.into_iter().filter(|(code, _)| *code != "InvalidInputFormat") {
        let refusal = refusal(status, code);
        let mut ends = [Ends::default(), Ends::default(), Ends::default()];
        for (wish, ends) in Wish::ALL.into_iter().zip(&mut ends) {
            let order = counter.order(wish).await;
            for _ in 0..if refusal.retryable() { TRIES } else { 1 } {
                counter.usual.control("next", json!({ "operation": wish.operation(), "reasonCode": code })).await;
            }
            *ends = counter.wish(wish, order, &counter.access(&counter.usual)).await;
            ends.said = ends.said.take().map(|(exit, said)| (exit, said.replace(&format!("{status} {code}"), "STATUS CODE")));
        }
        let cells = Wish::ALL.into_iter().zip(ends).map(|(wish, ends)| Cell::Ends(wish.title(), ends));
        table.row(format!("{status} `{code}`"), cells.chain([Cell::Text(client(&refusal))]).collect());
    }
    table
}

/// What goes wrong otherwise.
async fn troubles(counter: &mut Counter) -> Table {
    let mut table = Table::new("What is the matter", ["capture", "cancel", "refund"]);
    let another_key = || {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/amazon-pay/signing/unit-test-public-key.pem");
        PublicKey::from_pem(&std::fs::read_to_string(file).unwrap()).unwrap()
    };
    for trouble in [
        "the capture takes its time (simulated)",
        "Amazon rejects the capture (simulated)",
        "the authorization is 8 days old",
        "the authorization is 31 days old",
        "somebody has cancelled the charge in Seller Central",
        "the buyer has ended the consent",
        "the connection breaks before the call arrives, once",
        "the connection breaks before the answer arrives, once",
        "the connection breaks before the answer arrives, every time",
        "nothing answers at the address",
        "the key is another one",
        "this machine's clock is an hour wrong",
        "the key id is for live orders",
        "there is no key",
    ] {
        let mut row = Vec::new();
        for wish in Wish::ALL {
            let order = counter.order(wish).await;
            let mut amazon = counter.amazon(|_| ()).await;
            let mut access = counter.access(&amazon);
            let next = |what: serde_json::Value| {
                let mut plan = json!({ "operation": wish.operation() });
                plan.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
                plan
            };
            match trouble {
                "the capture takes its time (simulated)" | "Amazon rejects the capture (simulated)" if wish != Wish::Capture => {
                    row.push(Cell::Text(String::new()));
                    continue;
                }
                "the capture takes its time (simulated)" => {
                    _ = amazon.control("next", next(json!({ "simulationCode": "CaptureInitiated" }))).await;
                }
                "Amazon rejects the capture (simulated)" => {
                    _ = amazon.control("next", next(json!({ "simulationCode": "AmazonRejected" }))).await;
                }
                "the authorization is 8 days old" | "the authorization is 31 days old" => {
                    let days = if trouble.contains("31") { 31 } else { 8 };
                    row.push(Cell::Ends(wish.title(), counter.late(wish, order, days * Time::DAY).await));
                    continue;
                }
                "somebody has cancelled the charge in Seller Central" if wish == Wish::Refund => {
                    row.push(Cell::Text(String::new()));
                    continue;
                }
                "somebody has cancelled the charge in Seller Central" => {
                    let canceled = counter.books().with(|pay| {
                        let charge = pay.account.charges[0].id.clone();
                        pay.account.cancel_charge(&charge, system::now())
                    });
                    canceled.unwrap().unwrap();
                }
                "the buyer has ended the consent" => {
                    let permission = amazon.state().await["account"]["permissions"][0]["id"].clone();
                    amazon
                        .control("permission", json!({ "chargePermissionId": permission, "state": "Closed", "reason": "BuyerClosed" }))
                        .await;
                }
                "the connection breaks before the call arrives, once" => {
                    _ = amazon.control("next", next(json!({ "broken": "before" }))).await;
                }
                "the connection breaks before the answer arrives, once" => {
                    _ = amazon.control("next", next(json!({ "broken": "after" }))).await;
                }
                "the connection breaks before the answer arrives, every time" => {
                    for _ in 0..3 {
                        amazon.control("next", next(json!({ "broken": "after" }))).await;
                    }
                }
                "nothing answers at the address" => access.pay.pay_endpoint = Some("http://127.0.0.1:9".to_owned()),
                "the key is another one" => {
                    amazon = counter.amazon(|settings| settings.key = another_key()).await;
                    access = counter.access(&amazon);
                }
                "this machine's clock is an hour wrong" => {
                    amazon = counter.amazon(|settings| settings.wall = || system::now().plus(60 * Time::MINUTE)).await;
                    access = counter.access(&amazon);
                }
                "the key id is for live orders" => access.pay.key_id = Some("LIVE-AFTESTTESTTESTTESTTESTTE".to_owned()),
                "there is no key" => access = Access { pay: voicetill::cli::orders::PayArgs::default() },
                other => panic!("what is {other}?"),
            }
            row.push(Cell::Ends(wish.title(), counter.wish(wish, order, &access).await));
        }
        table.row(trouble.to_owned(), row);
    }
    table
}

/// The errors and declines of the directives.
async fn directives(counter: &mut Counter) -> Table {
    let mut table = Table::new("Amazon Pay's answer to the directive", ["Setup", "Charge"]);
    let declines = OUTCOMES.into_iter().filter(|outcome| matches!(outcome.effect, Effect::Authorization(_) | Effect::Agreement(_)));
    let declines = declines.map(|outcome| (format!("{}: {}", outcome.name, outcome.about), outcome.step, outcome.effect));
    let errors = ERROR_CODES.into_iter().map(|error| (format!("{} `{}`", error.status, error.code), error.step, Effect::Error(error.code)));
    for (name, step, effect) in errors.chain(declines) {
        let set_up = if step == Some(Step::Charge) { Cell::Text(String::new()) } else { Cell::Ends("Setup", counter.set_up(effect).await) };
        let charge = if step == Some(Step::Setup) { Cell::Text(String::new()) } else { Cell::Ends("Charge", counter.charge(effect).await) };
        table.row(name, vec![set_up, charge]);
    }
    table
}

async fn page() -> String {
    let mut counter = Counter::open().await;
    let mut page = Page::default();
    page.section("Refusals of API v2, by reason code", refusals(&mut counter).await);
    page.section("Other trouble at the desk", troubles(&mut counter).await);
    page.section("Errors and declines of the directives", directives(&mut counter).await);
    page.text()
}

async fn compare() {
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    let mut now = page().await;
    // On a machine that has far too much to do, a store or a connection may be too slow for once, which is answered in other words.
    for _ in 0..2 {
        if now == committed {
            return;
        }
        now = page().await;
    }
    if let Some((line, (now, committed))) = now.lines().zip(committed.lines()).enumerate().find(|(_, (now, committed))| now != committed) {
        panic!("line {} of docs/amazon-pay-errors.md is\n{committed}\nand now it would be\n{now}\n{HOW}", line + 1);
    }
    assert_eq!(now, committed, "{HOW}");
}

const HOW: &str = "Write it anew with `cargo test --test it error_table::bless -- --ignored`, and read what has changed.";

/// Played by `.ci/run`.
#[tokio::test]
#[ignore = "takes more than a minute"]
async fn both_ends_of_every_single_answer_are_as_the_page_has_them() {
    compare().await;
}

/// Writes the page, for somebody to read.
#[tokio::test]
#[ignore = "writes docs/amazon-pay-errors.md"]
async fn bless() {
    std::fs::write(FILE, page().await).unwrap();
}
