//! The simulator holds for the product's rules, and finds every planted mutant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and reports what it saw"
)]

use bondhouse_testkit::sim::{Mutant, Outcome, Plan, run};

const SEEDS: u64 = 8;
const STEPS: u64 = 3_000;

fn a_run(seed: u64, mutant: Option<Mutant>, real: bool) -> Outcome {
    run(&Plan {
        seed,
        steps: STEPS,
        mutant,
        real,
        keep: false,
    })
}

#[test]
fn the_rules_hold_through_everything_that_breaks() {
    for seed in 1..=SEEDS {
        let outcome = a_run(seed, None, false);
        println!("seed {seed}: {}", outcome.counts);
        assert_eq!(outcome.breach, None, "seed {seed}: {}", outcome.counts);
    }
}

#[test]
fn every_mutant_is_caught() {
    let mut escaped = Vec::new();
    for mutant in Mutant::ALL {
        let caught = (1..=SEEDS).find_map(|seed| {
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
