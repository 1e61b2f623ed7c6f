//! Rounds: in each, the skill and the empty function start afresh and play the same purchases, so that both meet the same machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::buyer::{Buyer, Cost, Turn, own, store};
use crate::lambda::Function;
use crate::report::Row;
use crate::slow::Slow;
use crate::store::{CROWDED, Table};

/// What is measured, and where.
pub struct Place {
    pub skill: PathBuf,
    pub echo: PathBuf,
    /// The empty function with one call of the store, by the SDK as it comes.
    pub call: PathBuf,
    /// The same by hand, with nothing that could be left out.
    pub floor: PathBuf,
    pub folder: PathBuf,
    pub table: Table,
    pub variables: Vec<(String, String)>,
    pub slow: Option<Slow>,
    pub warm_purchases: u32,
    /// The command that the skill is run by, such as a profiler.
    pub under: Vec<String>,
}

/// A fresh process of one kind in one round.
struct Fresh {
    function: Function,
    start: Duration,
    /// Of the six turns after the start.
    own: Duration,
    cpu: Duration,
    /// What they were about.
    envelopes: Vec<Value>,
}

pub struct Rounds {
    start: Row,
    fresh: Row,
    fresh_cpu: Row,
    slow: Row,
    first: Row,
    repeat: Row,
    turn_cpu: Row,
    /// Own time and CPU of the empty function with one call, by the SDK and by hand, and of a turn of the skill with one.
    least: [Row; 6],
    calls: Vec<Row>,
    connections: Row,
    memory: Row,
    answer: Row,
    log: Row,
    absolute: Vec<Row>,
    /// Own time of warm turns, by what they are.
    turns: Vec<Row>,
    pub failures: Vec<String>,
}

impl Place {
    pub fn start_skill(&self) -> Function {
        self.start_binary(&self.skill)
    }

    /// A skill that was built in another way.
    pub fn start_binary(&self, binary: &Path) -> Function {
        Function::start(binary, &self.folder, &self.variables, &self.under)
    }

    /// The skill at the table that many other buyers use.
    pub fn start_among_others(&self) -> Function {
        let mut variables = self.variables.clone();
        variables.push(("VOICETILL_TABLE".to_owned(), CROWDED.to_owned()));
        Function::start(&self.skill, &self.folder, &variables, &self.under)
    }

    fn start_echo(&self) -> Function {
        Function::start(&self.echo, &self.folder, &[], &[])
    }
}

impl Rounds {
    pub fn new() -> Self {
        let times = |what, must, goal| Row::timed(what, "×", Some(must), Some(goal));
        let count = |what, must, goal| Row::counted(what, "", Some(must), Some(goal));
        let milliseconds = |what| Row::timed(what, "ms", None, None);
        Self {
            start: times("start to first poll, of echo's", 6.0, 4.0),
            fresh: times("first purchase of a fresh process: start and own time, of echo's", 7.0, 4.0),
            fresh_cpu: times("its CPU, of echo's", 7.0, 4.0),
            slow: Row::timed("the same at 1/14 of a core after start", "ms", Some(40.0), Some(20.0)),
            first: times("warm own time: first purchase, of echo's six turns", 6.5, 4.0),
            repeat: times("warm own time: repeat purchase, of echo's four turns", 4.5, 3.0),
            turn_cpu: times("CPU per turn, of echo's", 5.0, 3.0),
            least: [
                "an empty function with one read by the SDK: own time of a warm turn, of echo's",
                "its CPU, of echo's",
                "an empty function with one signed request by hand: own time of a warm turn, of echo's",
                "its CPU, of echo's",
                "a turn of the skill with one call: own time, of that last function's",
                "its CPU, of that function's",
            ]
            .map(|what| Row::timed(what, "×", None, None)),
            calls: vec![
                count("store writes: first purchase", 5.0, 4.0),
                count("store reads: first purchase", 3.0, 1.0),
                count("store writes: repeat purchase", 3.0, 2.0),
                count("store reads: repeat purchase", 2.0, 1.0),
                count("store calls: any turn", 2.0, 1.0),
                // One per call, two more for the index of unfinished payments.
                Row::counted("capacity units beyond one per call: first purchase", "units", Some(2.0), None),
                Row::counted("capacity units beyond one per call: repeat purchase", "units", Some(2.0), None),
            ],
            connections: Row::counted("store connections per process", "", Some(1.0), None),
            memory: Row::counted("peak memory", "KB", Some(12.0 * 1024.0), Some(8.0 * 1024.0)),
            answer: Row::counted("answer, the largest", "B", Some(2048.0), Some(1024.0)),
            log: Row::counted("log of a successful turn, the longest", "B", Some(250.0), None),
            absolute: [
                "echo: six warm turns",
                "skill: warm first purchase, own",
                "echo: CPU per turn",
                "skill: CPU per turn",
                "echo: start",
                "skill: start",
                "echo: CPU of start and six turns",
                "skill: CPU of start and six turns",
            ]
            .map(milliseconds)
            .into(),
            turns: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// One round; who starts first alternates.
    pub fn play(&mut self, place: &Place, round: u32) {
        let household = format!("round {round}");
        let (mut skill, mut echo) = if round.is_multiple_of(2) {
            let skill = self.fresh_skill(place, &household);
            let echo = fresh_echo(place, &skill.envelopes);
            (skill, echo)
        } else {
            let echo = fresh_echo(place, &envelopes(place, &household));
            (self.fresh_skill(place, &household), echo)
        };
        put(&mut self.start, skill.start, echo.start);
        put(&mut self.fresh, skill.start + skill.own, echo.start + echo.own);
        put(&mut self.fresh_cpu, skill.cpu, echo.cpu);
        let fresh = [(4, echo.start), (5, skill.start), (6, echo.cpu), (7, skill.cpu)];
        self.times(fresh);
        let ours = self.warm(place, &household, &mut skill.function, &mut echo.function);
        self.memory.samples.push(exact(skill.function.peak_kb()));
        drop(skill);
        let call = one_call(place, &place.call, &echo.envelopes[0], &mut echo.function);
        let floor = one_call(place, &place.floor, &echo.envelopes[0], &mut echo.function);
        let pairs = [call, floor, (ours, floor.0)].map(|(one, other)| [(one.own, other.own), (one.cpu, other.cpu)]);
        for (row, (one, other)) in self.least.iter_mut().zip(pairs.into_iter().flatten()) {
            put(row, one, other);
        }
        self.slowly(place, &household);
    }

    fn fresh_skill(&mut self, place: &Place, household: &str) -> Fresh {
        place.table.take();
        let mut function = place.start_skill();
        let at_start = place.table.take().connections;
        let mut buyer = Buyer::new(household, &place.table);
        let turns = buyer.first_purchase(&mut function);
        let cpu = function.cpu();
        self.failures.append(&mut buyer.failures);
        self.count(&turns, 0);
        self.connections.samples.push((at_start + store(&turns).connections).into());
        Fresh { start: function.start, own: own(&turns), cpu, function, envelopes: turns.into_iter().map(|turn| turn.envelope).collect() }
    }

    /// Warm purchases, with the empty function beside them; gives the mean cost of the skill's turns with one call.
    fn warm(&mut self, place: &Place, household: &str, skill: &mut Function, echo: &mut Function) -> Cost {
        let (mut first, mut repeat) = (Vec::new(), Vec::new());
        for number in 0..place.warm_purchases {
            let mut buyer = Buyer::new(&format!("{household}, {number}"), &place.table).beside(echo);
            for (all, at) in [(&mut first, 0), (&mut repeat, 2)] {
                let turns = if at == 0 { buyer.first_purchase(skill) } else { buyer.repeat_purchase(skill) };
                self.count(&turns, at);
                self.by_turn(&turns);
                if let Some(known) = self.connections.samples.last_mut() {
                    *known += f64::from(store(&turns).connections);
                }
                all.extend(turns);
            }
            self.failures.append(&mut buyer.failures);
        }
        let beside = |turns: &[Turn]| sum(turns.iter().filter_map(|turn| turn.echo));
        let ours = |turns: &[Turn]| sum(turns.iter().map(Turn::cost));
        put(&mut self.first, ours(&first).own, beside(&first).own);
        put(&mut self.repeat, ours(&repeat).own, beside(&repeat).own);
        let purchases = place.warm_purchases;
        let warm = [(0, beside(&first).own / purchases), (1, ours(&first).own / purchases)];
        let all: Vec<_> = first.into_iter().chain(repeat).collect();
        put(&mut self.turn_cpu, ours(&all).cpu, beside(&all).cpu);
        let turns = purchases * 10;
        let cpu = [(2, beside(&all).cpu / turns), (3, ours(&all).cpu / turns)];
        self.times(warm.into_iter().chain(cpu));
        mean(all.iter().filter(|turn| turn.store.reads + turn.store.writes == 1).map(Turn::cost))
    }

    /// Counts of one purchase; `at` is where its rows begin.
    fn count(&mut self, turns: &[Turn], at: usize) {
        let sum = store(turns);
        self.calls[at].samples.push(sum.writes.into());
        self.calls[at + 1].samples.push(sum.reads.into());
        self.calls[5 + at / 2].samples.push(sum.units - f64::from(sum.reads + sum.writes));
        for turn in turns {
            self.calls[4].samples.push((turn.store.reads + turn.store.writes).into());
            self.answer.samples.push(exact(turn.answer_bytes));
            self.log.samples.push(exact(turn.log_bytes));
        }
    }

    /// The times behind the ratios, each in its row.
    fn times(&mut self, times: impl IntoIterator<Item = (usize, Duration)>) {
        for (row, time) in times {
            self.absolute[row].samples.push(milliseconds(time));
        }
    }

    fn by_turn(&mut self, turns: &[Turn]) {
        let purchase = if turns.len() == 6 { "first" } else { "repeat" };
        for turn in turns {
            let what = format!("{purchase} purchase, warm: {}", turn.what);
            let at = self.turns.iter().position(|row| row.what == what).unwrap_or_else(|| {
                self.turns.push(Row::timed(what, "ms", None, None));
                self.turns.len() - 1
            });
            self.turns[at].samples.push(turn.own.as_secs_f64() * 1e3);
        }
    }

    /// A fresh process that has one fourteenth of a core once it has started.
    fn slowly(&mut self, place: &Place, household: &str) {
        let Some(slow) = &place.slow else { return };
        let mut function = place.start_skill();
        slow.take(function.pid());
        let mut buyer = Buyer::new(&format!("{household}, slowly"), &place.table);
        let turns = buyer.first_purchase(&mut function);
        self.failures.append(&mut buyer.failures);
        self.slow.samples.push((function.start + own(&turns)).as_secs_f64() * 1e3);
    }

    /// Everything with a bar, then the times behind it.
    pub fn into_rows(self) -> (Vec<Row>, Vec<Row>) {
        let mut rows = vec![self.start, self.fresh, self.fresh_cpu, self.slow, self.first, self.repeat, self.turn_cpu];
        rows.extend(self.least);
        rows.extend(self.calls);
        rows.extend([self.connections, self.memory, self.answer, self.log]);
        (rows, self.absolute.into_iter().chain(self.turns).collect())
    }
}

/// The six envelopes of a first purchase, from a process that nobody measures.
fn envelopes(place: &Place, household: &str) -> Vec<Value> {
    let mut buyer = Buyer::new(&format!("{household}, recorded"), &place.table);
    buyer.first_purchase(&mut place.start_skill()).into_iter().map(|turn| turn.envelope).collect()
}

/// The cost of a turn of the empty function with one call, and of echo beside it; the first ones warm it up.
fn one_call(place: &Place, binary: &Path, envelope: &Value, echo: &mut Function) -> (Cost, Cost) {
    let mut function = place.start_binary(binary);
    let turns = (0..place.warm_purchases * 10 + WARMING).map(|_| {
        place.table.take();
        let turn = function.turn(envelope);
        assert!(!turn.failed, "the function with one call failed: {}", turn.log);
        let ours = Cost { own: turn.wall.saturating_sub(place.table.take().busy), cpu: turn.cpu };
        let beside = echo.turn(envelope);
        (ours, Cost { own: beside.wall, cpu: beside.cpu })
    });
    let (ours, beside): (Vec<_>, Vec<_>) = turns.skip(usize::try_from(WARMING).unwrap()).unzip();
    (mean(ours), mean(beside))
}

const WARMING: u32 = 3;

fn fresh_echo(place: &Place, envelopes: &[Value]) -> Fresh {
    let mut function = place.start_echo();
    let turns = sum(envelopes.iter().map(|envelope| {
        let turn = function.turn(envelope);
        Cost { own: turn.wall, cpu: turn.cpu }
    }));
    let cpu = function.start_cpu + turns.cpu;
    Fresh { start: function.start, own: turns.own, cpu, function, envelopes: envelopes.to_vec() }
}

fn sum(costs: impl IntoIterator<Item = Cost>) -> Cost {
    costs.into_iter().fold(Cost::default(), |sum, cost| Cost { own: sum.own + cost.own, cpu: sum.cpu + cost.cpu })
}

fn mean(costs: impl IntoIterator<Item = Cost>) -> Cost {
    let costs: Vec<_> = costs.into_iter().collect();
    let (count, sum) = (u32::try_from(costs.len()).unwrap(), sum(costs));
    Cost { own: sum.own / count, cpu: sum.cpu / count }
}

/// A ratio as a sample.
fn put(row: &mut Row, one: Duration, other: Duration) {
    row.samples.push(one.as_secs_f64() / other.as_secs_f64());
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A count as a sample. What is counted here stays far below the numbers that a float cannot hold.
pub fn exact(count: impl TryInto<u32, Error: std::fmt::Debug>) -> f64 {
    f64::from(count.try_into().unwrap())
}
