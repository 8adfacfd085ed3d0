//! The simulator holds for the product's rules, and finds every planted mutant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and reports what it saw"
)]

use bondhouse_testkit::sim::{Counts, Mutant, Outcome, Plan, run};

const STEPS: u64 = 3_000;

fn a_run(seed: u64, mutant: Option<Mutant>, real: bool) -> Outcome {
    run(&Plan {
        seed,
        steps: if real { 600 } else { STEPS },
        mutant,
        real,
        keep: false,
    })
}

/// Eight histories in which a mutant must be found; where it takes rare luck, later ones.
fn seeds(mutant: Mutant) -> std::ops::Range<u64> {
    match mutant {
        Mutant::BelieveLateCalls => 33..41,
        _ => 1..9,
    }
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
    ];
    assert!(least.iter().all(|count| *count > 20), "{seen}");
}

#[test]
fn they_hold_in_the_real_store_on_a_disk_whose_power_fails() {
    for seed in 1..=2 {
        let outcome = a_run(seed, None, true);
        println!("seed {seed}: {}", outcome.counts);
        assert_eq!(outcome.breach, None, "seed {seed}");
    }
}

#[test]
fn every_mutant_is_caught() {
    let mut escaped = Vec::new();
    for mutant in Mutant::ALL {
        let caught = seeds(*mutant).find_map(|seed| {
            let outcome = a_run(seed, Some(*mutant), false);
            outcome.breach.map(|breach| (seed, breach))
        });
        match caught {
            Some((seed, breach)) => println!("{mutant}: seed {seed}: {breach}"),
            None => escaped.push(mutant.name()),
        }
    }
    assert!(escaped.is_empty(), "not caught: {escaped:?}");
}

#[test]
fn commits_that_are_not_synced_are_missed_in_the_real_store() {
    let caught = (1..=8).find_map(|seed| {
        let outcome = a_run(seed, Some(Mutant::SynchronousNormal), true);
        outcome.breach.map(|breach| (seed, breach))
    });
    let (seed, breach) = caught.expect("synchronous=NORMAL lost nothing");
    println!("synchronous-normal in the store: seed {seed}: {breach}");
}

#[test]
fn the_same_seed_tells_the_same_history() {
    let plan = Plan {
        seed: 11,
        steps: 500,
        mutant: None,
        real: false,
        keep: true,
    };
    assert!(run(&plan).history.len() > 500);
    assert_eq!(run(&plan).history, run(&plan).history);
}
