//! Rounds: in each, the skill and the empty function start afresh and play the same purchases, so that both meet the same machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::buyer::{Buyer, Turn, own, store};
use crate::lambda::Function;
use crate::report::Row;
use crate::slow::Slow;
use crate::store::Table;

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

/// One process of one kind in one round.
struct Measured {
    start: Duration,
    /// Of the six turns after the start.
    fresh: Duration,
    fresh_cpu: Duration,
    warm_first: Duration,
    warm_repeat: Duration,
    turn_cpu: Duration,
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
    /// Own time and CPU of the skill's turns with one call, in this round.
    one_call: Vec<(Duration, Duration)>,
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
                "echo: start",
                "skill: start",
                "echo: six warm turns",
                "skill: warm first purchase, own",
                "echo: CPU per turn",
                "skill: CPU per turn",
                "echo: CPU of start and six turns",
                "skill: CPU of start and six turns",
            ]
            .map(milliseconds)
            .into(),
            one_call: Vec::new(),
            turns: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// The mean of the turns with one call.
    fn with_one_call(&self) -> (Duration, Duration) {
        mean(&self.one_call)
    }

    /// One round; who goes first alternates.
    pub fn play(&mut self, place: &Place, round: u32) {
        let household = format!("round {round}");
        let (skill, echo, envelopes) = if round.is_multiple_of(2) {
            let (skill, envelopes) = self.skill(place, &household);
            (skill, echo(place, &envelopes), envelopes)
        } else {
            let envelopes = envelopes(place, &household);
            let echo = echo(place, &envelopes);
            (self.skill(place, &household).0, echo, envelopes)
        };
        let put = |row: &mut Row, skill: Duration, echo: Duration| row.samples.push(skill.as_secs_f64() / echo.as_secs_f64());
        put(&mut self.start, skill.start, echo.start);
        put(&mut self.fresh, skill.start + skill.fresh, echo.start + echo.fresh);
        put(&mut self.fresh_cpu, skill.fresh_cpu, echo.fresh_cpu);
        put(&mut self.first, skill.warm_first, echo.warm_first);
        put(&mut self.repeat, skill.warm_repeat, echo.warm_repeat);
        put(&mut self.turn_cpu, skill.turn_cpu, echo.turn_cpu);
        let (turn, cpu) = (echo.warm_first / 6, echo.turn_cpu);
        let (call, floor) = (one_call(place, &place.call, &envelopes[0]), one_call(place, &place.floor, &envelopes[0]));
        let ours = self.with_one_call();
        let pairs = [(call.0, turn), (call.1, cpu), (floor.0, turn), (floor.1, cpu), (ours.0, floor.0), (ours.1, floor.1)];
        for (row, (time, of)) in self.least.iter_mut().zip(pairs) {
            put(row, time, of);
        }
        let absolute =
            [echo.start, skill.start, echo.warm_first, skill.warm_first, echo.turn_cpu, skill.turn_cpu, echo.fresh_cpu, skill.fresh_cpu];
        self.absolute.iter_mut().zip(absolute).for_each(|(row, time)| row.samples.push(time.as_secs_f64() * 1e3));
        self.slowly(place, &household);
    }

    fn skill(&mut self, place: &Place, household: &str) -> (Measured, Vec<Value>) {
        place.table.take();
        let mut function = place.start_skill();
        let mut connections = place.table.take().connections;
        let mut buyer = Buyer::new(household, &place.table);
        let fresh = buyer.first_purchase(&mut function);
        let fresh_cpu = function.cpu();
        self.count(&fresh, 0);
        connections += store(&fresh).connections;
        let (mut warm_first, mut warm_repeat) = (Vec::new(), Vec::new());
        for number in 0..place.warm_purchases {
            let mut buyer = Buyer::new(&format!("{household}, {number}"), &place.table);
            for (turns, all, at) in
                [(buyer.first_purchase(&mut function), &mut warm_first, 0), (buyer.repeat_purchase(&mut function), &mut warm_repeat, 2)]
            {
                self.count(&turns, at);
                connections += store(&turns).connections;
                self.by_turn(&turns);
                all.push(turns);
            }
            self.failures.append(&mut buyer.failures);
        }
        self.failures.append(&mut buyer.failures);
        self.connections.samples.push(connections.into());
        self.memory.samples.push(exact(function.peak_kb()));
        let turns = warm_first.iter().chain(&warm_repeat).flatten();
        self.one_call = turns.clone().filter(|turn| turn.store.reads + turn.store.writes == 1).map(|turn| (turn.own, turn.cpu)).collect();
        let turn_cpu = turns.clone().map(|turn| turn.cpu).sum::<Duration>() / u32::try_from(turns.count()).unwrap();
        let mean = |all: &[Vec<Turn>]| all.iter().map(|turns| own(turns)).sum::<Duration>() / place.warm_purchases;
        let measured = Measured {
            start: function.start,
            fresh: own(&fresh),
            fresh_cpu,
            warm_first: mean(&warm_first),
            warm_repeat: mean(&warm_repeat),
            turn_cpu,
        };
        (measured, fresh.into_iter().map(|turn| turn.envelope).collect())
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

/// Own time and CPU of a turn of the empty function with one call; the first ones warm it up.
fn one_call(place: &Place, binary: &Path, envelope: &Value) -> (Duration, Duration) {
    let mut function = place.start_binary(binary);
    let turns: Vec<_> = (0..place.warm_purchases * 10 + WARMING)
        .map(|_| {
            place.table.take();
            let turn = function.turn(envelope);
            assert!(!turn.failed, "the function with one call failed: {}", turn.log);
            (turn.wall.saturating_sub(place.table.take().busy), turn.cpu)
        })
        .collect();
    mean(turns.split_at(usize::try_from(WARMING).unwrap()).1)
}

const WARMING: u32 = 3;

fn mean(all: &[(Duration, Duration)]) -> (Duration, Duration) {
    let count = u32::try_from(all.len()).unwrap();
    (all.iter().map(|(own, _)| *own).sum::<Duration>() / count, all.iter().map(|(_, cpu)| *cpu).sum::<Duration>() / count)
}

fn echo(place: &Place, envelopes: &[Value]) -> Measured {
    let mut function = place.start_echo();
    let mut play = |count: usize| -> (Duration, Duration) {
        envelopes.iter().take(count).fold((Duration::ZERO, Duration::ZERO), |(wall, cpu), envelope| {
            let turn = function.turn(envelope);
            (wall + turn.wall, cpu + turn.cpu)
        })
    };
    let (fresh, cpu) = play(6);
    let warm: Vec<_> = (0..place.warm_purchases).map(|_| (play(6), play(4))).collect();
    let mean = |sum: Duration| sum / place.warm_purchases;
    Measured {
        fresh,
        warm_first: mean(warm.iter().map(|((wall, _), _)| *wall).sum()),
        warm_repeat: mean(warm.iter().map(|(_, (wall, _))| *wall).sum()),
        turn_cpu: mean(warm.iter().map(|((_, first), (_, repeat))| *first + *repeat).sum::<Duration>() / 10),
        start: function.start,
        fresh_cpu: function.start_cpu + cpu,
    }
}

/// A count as a sample. What is counted here stays far below the numbers that a float cannot hold.
pub fn exact(count: impl TryInto<u32, Error: std::fmt::Debug>) -> f64 {
    f64::from(count.try_into().unwrap())
}
