//! A seeded simulator of one warehouse: machines, benches, parcels, people, and everything that breaks.
//!
//! One seed is one history, on every machine, for ever. In virtual time, shops order, customs releases
//! and takes back, clerks pack, a supervisor looks (and errs), vehicles leave; meanwhile calls are
//! lost, doubled and late, processes die between any two effects, power fails, disks are lost, put back
//! and copied, clocks are set wrong. What the rules decide is the product's own `domain` and
//! `protocol`; workstations keep their books in memory or, with [`Plan::real`], in the product's own
//! store on a disk whose unsynced bytes a power cut takes.
//!
//! Every line of the history is checked as it is written (`domain::invariants`). At the end all faults
//! stop, everybody is heard, and views are compared: what is promised for quiet times must hold then.
//!
//! It simulates the protocol, not the rooms: one line an order, no customs documents, no second book.
//! The authority is the order of the platform's acts over the same rules, not the platform's tables;
//! those are tested by the engine parity and kill suites.

mod authority;
mod books;
mod day;
mod fault;
mod goods;
mod history;
mod memory;
mod mutant;
mod quiet;
mod real;
mod station;
mod wire;

pub use mutant::Mutant;

use bondhouse_domain::invariants::Breach;
use bondhouse_domain::invariants::seen::Line;
use std::fmt;

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Which history.
    pub seed: u64,
    /// How many steps before everything calms down.
    pub steps: u64,
    /// Which wrong protocol, if any.
    pub mutant: Option<Mutant>,
    /// Books in the real store instead of in memory.
    pub real: bool,
    /// Keep the lines of the history.
    pub keep: bool,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The first invariant that broke; nothing in a good run.
    pub breach: Option<Breach>,
    /// What happened how often: a run in which nothing happens proves nothing.
    pub counts: Counts,
    /// The lines, if they were kept.
    pub history: Vec<Line>,
    /// Steps done; fewer than planned when something broke.
    pub steps: u64,
}

/// How much a run saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Parcels packed.
    pub packed: u64,
    /// Parcels that left.
    pub left: u64,
    /// Answers that were applied.
    pub answered: u64,
    /// Calls and answers lost, doubled or late.
    pub disturbed: u64,
    /// Processes that died or power that failed.
    pub died: u64,
    /// Disks lost, put back or copied.
    pub disks: u64,
    /// Looks of a supervisor, wrong ones included.
    pub looks: u64,
    /// Cancellations asked for.
    pub cancels: u64,
    /// Authorities restored from a backup.
    pub restores: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} packed, {} left, {} answers, {} disturbed, {} deaths, {} disks, {} looks, {} cancellations, {} restores",
            self.packed,
            self.left,
            self.answered,
            self.disturbed,
            self.died,
            self.disks,
            self.looks,
            self.cancels,
            self.restores
        )
    }
}

impl Counts {
    /// The sum of two runs.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            packed: self.packed + other.packed,
            left: self.left + other.left,
            answered: self.answered + other.answered,
            disturbed: self.disturbed + other.disturbed,
            died: self.died + other.died,
            disks: self.disks + other.disks,
            looks: self.looks + other.looks,
            cancels: self.cancels + other.cancels,
            restores: self.restores + other.restores,
        }
    }
}

/// Runs one history to its end, or to the first breach.
pub fn run(plan: &Plan) -> Outcome {
    day::Day::begin(plan).map_or_else(
        |why| Outcome {
            breach: Some(books::failed(0, why)),
            counts: Counts::default(),
            history: Vec::new(),
            steps: 0,
        },
        day::Day::run,
    )
}
