//! What the platform does in a second, and how long its callers wait.
//!
//! Everything goes over HTTP and through the real protocol, on SQLite and on a PostgreSQL server of the
//! bench's own with its default, durable settings (`tests/tools/postgres.sh`; without a server the bench
//! stops and says so). Callers and platform share the machine, so what they need comes off the result.
//! Rows go to `out/bench.d/platform-*.json`.
//!
//! `cargo bench -p bondhouse-platform --bench platform -- [sync|nodes|pipeline|calls]…`

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and prints its result"
)]

mod calls;
mod nodes;
mod pipeline;
#[path = "../../tests/stories/support/mod.rs"]
mod support;
mod sync;

use bondhouse_platform::{Clock, Config};
use serde_json::{Value, json};
use std::path::Path;
use support::World;

/// Which way a figure is good.
#[derive(Clone, Copy)]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Nobody promised anything: it is told so that a change is seen.
    Told,
}

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|name| name == part);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if wanted("sync") {
        write("sync", runtime.block_on(sync::measure()));
    }
    if wanted("nodes") {
        write("nodes", runtime.block_on(nodes::measure()));
    }
    if wanted("pipeline") {
        write("pipeline", runtime.block_on(pipeline::measure()));
    }
    if wanted("calls") {
        write("calls", runtime.block_on(calls::measure()));
    }
}

fn write(part: &str, rows: Vec<Value>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../out/bench.d");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("platform-{part}.json"));
    std::fs::write(file, Value::Array(rows).to_string()).unwrap();
}

fn row(name: &str, value: f64, unit: &str, goal: Goal) -> Value {
    let (goal, met) = match goal {
        Goal::AtLeast(goal) => (Some(goal), value >= goal),
        Goal::AtMost(goal) => (Some(goal), value <= goal),
        Goal::Told => (None, true),
    };
    let word = match (goal, met) {
        (None, _) => "told  ",
        (Some(_), true) => "met   ",
        (Some(_), false) => "MISSED",
    };
    let wanted = goal.map_or_else(String::new, |goal| format!(" (goal {goal})"));
    println!("{word} {name}: {value:.1} {unit}{wanted}");
    let value = (value * 100.0).round() / 100.0;
    json!({ "name": name, "value": value, "unit": unit, "peer": null, "peer_value": null, "ratio": null, "goal": goal, "met": met })
}

/// The time that 99 of a hundred did not need longer than, in the unit of the times.
fn p99(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * 99 / 100).min(times.len() - 1)]
}

/// A warehouse with so many tins on the shelf, numbers for as many parcels, and nobody told to slow down.
async fn warehouse(
    tins: u32,
    adjust: impl FnOnce(&mut Config),
) -> (World, support::station::Station) {
    let world = World::open_with(|config| {
        config.clock = Clock::system();
        config.settings.policy.calls_per_second = 1_000_000;
        config.settings.policy.calls_at_once = 1_000_000;
        adjust(config);
    })
    .await;
    let more = json!({ "range": { "prefix": "ZZ", "first": 1, "count": tins, "digits": 9 } });
    world
        .post(&world.carrier, "/v1/carrier/number-pools", &more)
        .await
        .ok();
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, i64::from(tins)).await;
    (world, bench)
}
