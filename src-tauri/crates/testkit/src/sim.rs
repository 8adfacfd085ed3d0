//! A seeded simulator of one warehouse: machines, benches, parcels, people, and everything that breaks.
//!
//! One seed is one history, on every machine, for ever. In virtual time, shops order, customs releases
//! and takes back, clerks pack, a supervisor looks (and errs), vehicles leave; meanwhile calls are
//! lost, doubled and late, processes die between any two effects, power fails, disks are lost, put back
//! and copied, clocks are set wrong. It runs on two levels:
//!
//! * **in memory**, fast: the rules of `domain` and `protocol`, with the order of the platform's and
//!   the store's acts around them ([`authority`], [`memory`]);
//! * **as it ships**, with [`Plan::real`]: the platform's own rooms over its own database
//!   ([`platform`]) and the workstations' own stores ([`real`]), each on a disk of its own whose
//!   unsynced bytes a power cut takes.
//!
//! | fault | where | in memory | as it ships |
//! |---|---|---|---|
//! | call or answer lost, doubled, late, out of order | `day::deliver` | yes | yes |
//! | reply lost after the commit | `Ruling::answer` | yes | yes |
//! | authority killed between two transactions of a call | `Ruling::answer` | after the first | at any write, inside a transaction too |
//! | authority's power cut, its disk full | `Ruling::answer`, `Fault::AuthorityPowerCut` | nothing is unsynced there | yes |
//! | authority restored from a backup | `Fault::BackUp`, `Fault::Restore` | yes | yes, woken as the operator wakes it |
//! | the picture a workstation begins anew from is cut off | `day::follow` | yes | yes |
//! | partition | `Fault::Partition` | yes | yes |
//! | workstation killed between commit and green, page and answer | `day::pack`, `day::hear`, `Fault::Kill` | yes | yes |
//! | power cut | `Fault::PowerCut` | yes | yes, of the files |
//! | disk lost, new incarnation | `Fault::LoseDisk`, `Fault::EnrolAnew` | yes | yes |
//! | disk rolled back to an old copy | `Fault::CopyDisk`, `Fault::OlderCopy` | yes | yes, of the files |
//! | clone of a disk in two machines | `Fault::CloneDisk` | yes | yes, of the files |
//! | disk full | `Fault::DiskFull` | yes | yes |
//! | wall clock set wrong | `Fault::ClockJump` | yes | yes |
//! | suspend | `Fault::Suspend` | yes | yes |
//! | another boot id | `Fault::OtherBoot` | yes | yes |
//! | old or new program, no common protocol | `Fault::OtherVersion` | yes | yes |
//! | program newer than the authority's: releases it cannot read | `Fault::NewerEvents` | yes | told by a story: `platform/tests/stories/workstations.rs` |
//! | supervisor who errs | `day::supervisor` | yes | yes |
//! | customs' receipts late and out of order | `day::outsiders` | yes | yes |
//!
//! Every line of the history is checked as it is written (`domain::invariants`). At the end all faults
//! stop, everybody is heard, and views are compared: what is promised for quiet times must hold then.
//!
//! It simulates the protocol, not the rooms: one line an order, and goods that come in without notice.

mod authority;
mod books;
mod day;
mod drive;
mod fault;
mod goods;
mod history;
mod memory;
mod mutant;
mod platform;
mod quiet;
mod real;
mod ruling;
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

/// The fewest steps, as far as they were looked for, after which a history that broke still breaks.
///
/// A history of fewer steps is the beginning of the longer one and then calms down; what it breaks by
/// then is seen sooner. At most so many runs as the number of steps has binary digits.
pub fn shorten(plan: &Plan, broke_at: u64) -> (Plan, Outcome) {
    let quietly = |steps| Plan {
        steps,
        keep: false,
        ..*plan
    };
    // What broke while the run calmed down broke after its last step.
    let mut shortest = quietly(plan.steps.min(broke_at));
    let mut outcome = run(&shortest);
    if outcome.breach.is_none() {
        shortest = quietly(plan.steps);
        outcome = run(&shortest);
    }
    let mut holds = 0;
    while shortest.steps > holds + 1 {
        let shorter = quietly(holds + (shortest.steps - holds) / 2);
        let tried = run(&shorter);
        if tried.breach.is_some() {
            (shortest, outcome) = (shorter, tried);
        } else {
            holds = shorter.steps;
        }
    }
    (shortest, outcome)
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
