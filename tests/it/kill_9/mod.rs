//! Programs are killed with SIGKILL while they work: the desk, the function, and Amazon Pay's server. After a restart and `orders reconcile`
//! the books of the shop and those of Amazon Pay agree. The same in one process, 10,000 times, is `crashes.rs`; here the processes, their
//! connections and their files are real, and what is known of them afterwards is what `orders show --json` and the sandbox tell.

mod function;
mod gate;
mod machine;
pub mod processes;

use std::collections::BTreeSet;

use serde_json::Value;
use voicetill::domain::ids::OrderId;
use voicetill::domain::time::Time;
use voicetill::simulator::alexa::Reply;
use voicetill::simulator::amazon_pay::{Effect, End};

use self::function::Function;
use self::gate::Fate;
use self::machine::Machine;
use crate::alexa::{Bank, Device, attempt, order, valid};
use crate::shop::{first_read_back, say_yes};

/// A purchase by voice, and what the merchant makes of it.
async fn merchant(machine: &mut Machine) {
    let (mut device, mut bank) = machine.buyer();
    first_read_back(&mut machine.shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut machine.shop, &mut device).await;
    let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    machine.shop.turn("Charge answer", &mut device, envelope).await;
    let id = order(&sent);
    let (mut state, mut refunds) = ("Authorized".to_owned(), 0);
    for _ in 0..3 {
        let amount = format!("{}.{:02}", machine.rng.u32(1..30), machine.rng.u32(0..100));
        let (wish, all) = match (state.as_str(), machine.rng.u32(0..4)) {
            ("Authorized", 0) => ("cancel", true),
            ("Authorized", part) => ("capture", part == 1),
            // More than what is left is refused.
            ("Paid", _) => ("refund", false),
            _ => break,
        };
        refunds += usize::from(wish == "refund");
        let part: &[_] = if all { &[] } else { &["--amount", &amount] };
        let fate = machine.fate(wish);
        machine.desk(&[&[wish, id.as_str(), "--yes", "--json"], part].concat(), fate).await;
        machine.reconcile().await;
        let order = machine.compare(&id).await;
        assert!(order["refunds"].as_array().unwrap().len() <= refunds, "more refunds than wishes: {order:#}");
        order["state"].as_str().unwrap().clone_into(&mut state);
    }
}

/// The skill's function as it runs on Lambda, which dies and is started again.
struct Lambda<'m> {
    machine: &'m mut Machine,
    function: Function,
    /// How many turns it could have died in.
    mortal: u32,
}

impl Lambda<'_> {
    /// One turn that may kill the function, in which case Alexa may ask once more.
    async fn turn(&mut self, envelope: &Value) -> Option<Value> {
        // A turn is one write, around which it dies, or before its response has left.
        self.machine.gate.decree(Some(Fate::Caller { moments: self.mortal % 4 }));
        self.mortal += 1;
        let response = self.function.invoke(envelope).await;
        self.machine.gate.decree(None);
        if response.is_some() {
            return response;
        }
        self.function = Function::start(self.machine.folder.path(), &self.machine.gate).await;
        if self.machine.rng.bool() { self.function.invoke(envelope).await } else { None }
    }

    async fn heard(&mut self, device: &mut Device, envelope: Value) -> Reply {
        let response = self.function.invoke(&envelope).await.unwrap();
        device.hear(&response)
    }

    /// A purchase in which the function dies between the yes and the confirmation.
    async fn purchase(&mut self) -> OrderId {
        let (mut device, mut bank) = self.machine.buyer();
        let envelope = device.launch();
        self.heard(&mut device, envelope).await;
        let envelope = device.buy("2", "roses");
        self.heard(&mut device, envelope).await;
        let envelope = device.intent("CheckOutIntent", &[]);
        let sent = self.heard(&mut device, envelope).await;
        let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
        self.heard(&mut device, envelope).await;
        let yes = device.yes();
        if let Some(response) = self.turn(&yes).await {
            self.carried_out(&mut device, &mut bank, &response).await;
        }
        // The buyer comes back, or never does.
        if self.machine.rng.bool() {
            device.clock().advance(2 * Time::MINUTE);
            let launch = device.launch();
            if let Some(response) = self.turn(&launch).await
                && attempt(&valid(&response)).is_some()
            {
                self.carried_out(&mut device, &mut bank, &response).await;
            }
        }
        let asked: BTreeSet<_> = bank.charges.iter().collect();
        assert!(asked.len() <= 1, "charged under two ids: {asked:?}");
        order(&sent)
    }

    /// A Charge on its way to Amazon Pay and back; either may be as far as it gets.
    async fn carried_out(&mut self, device: &mut Device, bank: &mut Bank, response: &Value) {
        if self.machine.rng.u32(0..8) == 0 {
            return;
        }
        let end = [End::AsAsked, End::AsAsked, End::Declined { reason: "AmazonRejected", soft: false }][self.machine.rng.usize(0..3)];
        let answer = bank.carry_out(device, &valid(response), Effect::Authorization(end));
        if self.machine.rng.u32(0..4) > 0 {
            self.turn(&answer).await;
        }
    }
}

/// Of the desk and of Amazon Pay's server, and of the function.
const KILLED: [u32; 2] = [38, 12];

#[tokio::test]
async fn the_books_agree_after_each_of_fifty_kill_9() {
    let mut machine = Machine::new(9).await;
    let killed = |machine: &Machine| machine.gate.deaths().values().sum::<u32>();
    while killed(&machine) < KILLED[0] {
        merchant(&mut machine).await;
    }
    let before = killed(&machine);
    let function = Function::start(machine.folder.path(), &machine.gate).await;
    let mut lambda = Lambda { machine: &mut machine, function, mortal: 0 };
    let mut ordered = Vec::new();
    while killed(lambda.machine) < before + KILLED[1] {
        ordered.push(lambda.purchase().await);
    }
    drop(lambda);
    machine.reconcile().await;
    for id in &ordered {
        machine.compare(id).await;
    }
    let deaths = machine.gate.deaths();
    println!("{deaths:?}");
    // None of the moments that matter was left out.
    let around = ["write", "capture", "refund", "Amazon Pay's work"].map(|name| ["before", "after"].map(|side| format!("{side} {name}")));
    for name in around.as_flattened().iter().map(String::as_str).chain(["before response", "during Amazon Pay's work"]) {
        assert!(deaths.contains_key(name), "nothing died {name}: {deaths:?}");
    }
}
