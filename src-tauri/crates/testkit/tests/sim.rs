//! The simulator holds for the product's rules, and finds every planted mutant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and reports what it saw"
)]

use bondhouse_testkit::sim::{Counts, Mutant, Outcome, Plan, run, shorten};
use std::time::{Duration, Instant};

const STEPS: u64 = 3_000;
/// Steps of a history with the authority as it ships and the workstations' real stores.
const REAL_STEPS: u64 = 800;
/// A mutant must be found within so many histories, and each within so long: the promise of
/// `docs/rooms/simulator.md`, far above what it takes even on a loaded machine.
const WITHIN: u64 = 8;
const PATIENCE: Duration = Duration::from_secs(20);

fn plan(seed: u64, mutant: Option<Mutant>, real: bool) -> Plan {
    Plan {
        seed,
        steps: if real { REAL_STEPS } else { STEPS },
        mutant,
        real,
        keep: false,
    }
}

fn a_run(seed: u64, mutant: Option<Mutant>, real: bool) -> Outcome {
    run(&plan(seed, mutant, real))
}

/// The first history in which a mutant is found, and by what.
fn caught(mutant: Mutant, real: bool) -> Result<String, String> {
    for seed in 1..=WITHIN {
        let begun = Instant::now();
        let Some(breach) = a_run(seed, Some(mutant), real).breach else {
            continue;
        };
        let took = begun.elapsed();
        if !mutant.caught_by().contains(&breach.invariant) {
            return Err(format!("{mutant}: seed {seed}: by accident: {breach}"));
        }
        if took > PATIENCE {
            return Err(format!("{mutant}: seed {seed} took {took:?}"));
        }
        return Ok(format!("{mutant}: seed {seed}: {breach}"));
    }
    Err(format!("{mutant}: not caught"))
}

#[test]
fn the_rules_hold_through_everything_that_breaks() {
    let mut seen = Counts::default();
    for seed in 1..=8 {
        let outcome = a_run(seed, None, false);
        println!("seed {seed}: {}", outcome.counts);
        assert_eq!(outcome.breach, None, "seed {seed}");
        seen = seen.plus(outcome.counts);
    }
    // A run in which nothing happens proves nothing.
    let least = [
        seen.packed,
        seen.left,
        seen.disturbed,
        seen.died,
        seen.disks,
        seen.looks,
        seen.cancels,
        seen.restores,
    ];
    assert!(least.iter().all(|count| *count > 5), "{seen}");
}

#[test]
fn they_hold_in_the_platform_and_the_stores_that_ship() {
    let mut seen = Counts::default();
    // In the last two the authority is lost and restored.
    for seed in [1, 2, 21, 53] {
        let outcome = a_run(seed, None, true);
        println!("seed {seed}: {}", outcome.counts);
        assert_eq!(outcome.breach, None, "seed {seed}");
        seen = seen.plus(outcome.counts);
    }
    let least = [seen.packed, seen.left, seen.died, seen.looks, seen.restores];
    assert!(least.iter().all(|count| *count > 0), "{seen}");
}

#[test]
fn every_mutant_is_caught_by_the_invariant_that_means_it() {
    let mut escaped = Vec::new();
    for mutant in Mutant::ALL {
        match caught(*mutant, false) {
            Ok(how) => println!("{how}"),
            Err(why) => escaped.push(why),
        }
    }
    assert!(escaped.is_empty(), "{escaped:#?}");
}

#[test]
fn what_workstations_and_disks_do_wrong_is_caught_over_the_real_stores_too() {
    let theirs = [Mutant::SynchronousNormal, Mutant::AckBeforeFsync];
    for mutant in theirs {
        println!("{}", caught(mutant, true).expect("it was not caught"));
    }
}

#[test]
fn the_same_seed_tells_the_same_history() {
    for real in [false, true] {
        let plan = Plan {
            steps: 300,
            keep: true,
            ..plan(11, None, real)
        };
        assert!(run(&plan).history.len() > 300);
        assert_eq!(run(&plan).history, run(&plan).history, "real: {real}");
    }
}

#[test]
fn a_history_that_broke_is_told_again_in_fewer_steps() {
    let plan = plan(2, Some(Mutant::FeedGap), false);
    let broke_at = run(&plan).breach.expect("it was not caught").step;
    let (shortest, outcome) = shorten(&plan, broke_at);
    println!("{broke_at} steps became {}", shortest.steps);
    assert!(shortest.steps <= broke_at);
    let again = run(&shortest).breach;
    assert!(again.is_some());
    assert_eq!(again, outcome.breach);
}
