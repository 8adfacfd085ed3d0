//! What a step of the simulator costs: in memory, and with the platform and the stores as they ship.
//!
//! Fixed seeds on one core, faults and checker included; a run's quiet end is in it, as everywhere.
//! Writes `out/bench.d/simulator.json`, where `make bench` finds it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and prints its result"
)]

use bondhouse_testkit::sim::{Plan, run};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// 20,000 steps a second in memory, 2,000 with everything real.
const GOALS_US: [f64; 2] = [50.0, 500.0];

/// Microseconds a step, over these seeds.
fn a_step(seeds: std::ops::RangeInclusive<u64>, steps: u64, real: bool) -> f64 {
    let (begun, mut done) = (Instant::now(), 0_u32);
    for seed in seeds {
        let outcome = run(&Plan {
            seed,
            steps,
            mutant: None,
            real,
            keep: false,
        });
        assert_eq!(outcome.breach, None, "seed {seed}");
        done += u32::try_from(outcome.steps).unwrap();
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(done)
}

fn row(name: &str, value: f64, goal: f64) -> Value {
    println!("{name}: {value:.1} µs ({:.0} a second)", 1e6 / value);
    json!({ "name": name, "value": value, "unit": "µs", "peer": null, "peer_value": null, "ratio": null,
            "goal": goal, "met": value <= goal })
}

/// The goals are those of one core: the threads of a history take turns, and on two cores each turn wakes the
/// other one. Whether it ran there.
fn ran_on_one_core() -> bool {
    const THERE: &str = "BONDHOUSE_BENCH_ON_ONE_CORE";
    if std::env::var_os(THERE).is_some() {
        return false;
    }
    let mut there = Command::new("taskset");
    there.args(["--cpu-list", "0"]);
    there.arg(std::env::current_exe().unwrap());
    let ran = there.env(THERE, "yes").status();
    if ran.is_err() {
        println!("taskset is not installed: measured on every core");
    }
    ran.is_ok_and(|status| status.success())
}

fn main() {
    if ran_on_one_core() {
        return;
    }
    let [memory, real] = GOALS_US;
    let rows = [
        row(
            "simulator: a step in memory",
            a_step(1..=16, 3_000, false),
            memory,
        ),
        row(
            "simulator: a step as it ships",
            a_step(1..=8, 1_500, true),
            real,
        ),
    ];
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../out/bench.d");
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("simulator.json"), json!(rows).to_string()).unwrap();
}
