//! How fast bytes become frames and scans become meanings, in a loop on one core: medians of five.
//!
//! No peer is timed: what people use instead is a split at a separator, which reads no GS1. The goals
//! say what a bench can ask for: a thousand scanners at once would not be noticed. Writes its rows to
//! `out/bench.d/scanning.json`, where `make bench` finds them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and prints its result"
)]

use bondhouse_domain::framing::{Frame, Framer, FramingConfig};
use bondhouse_domain::gs1::pairs::Required;
use bondhouse_domain::gs1::symbol::{self, Carried};
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

const RUNS: usize = 5;
const PARSES: u32 = 200_000;
/// Item, expiry, lot, serial number: a carton's label.
const LABEL: &str = "]C1010690123456789217280131\u{1d}10LOT-2026-07\u{1d}21S0000417";
const LINE_MB: usize = 16;

fn main() {
    // The table of identifiers is read once per process; a clerk waits for it at start, not per scan.
    assert_eq!(elements(LABEL), 4);
    let parses = median(|| {
        let begun = Instant::now();
        for _ in 0..PARSES {
            assert_eq!(elements(black_box(LABEL)), 4);
        }
        f64::from(PARSES) / begun.elapsed().as_secs_f64()
    });
    let line: Vec<u8> = format!("{LABEL}\r\n").into_bytes();
    let scans = LINE_MB * 1_000_000 / line.len();
    let bytes = line.repeat(scans);
    let framed = median(|| {
        let mut framer = Framer::new(FramingConfig::default());
        let begun = Instant::now();
        let mut frames = 0;
        for piece in bytes.chunks(64) {
            let whole = |frame: &Frame| matches!(frame, Frame::Scan { .. });
            frames += framer
                .push(0, black_box(piece))
                .iter()
                .filter(|f| whole(f))
                .count();
        }
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!(frames, scans);
        bytes.len() as f64 / 1e6 / seconds
    });
    let rows = Value::Array(vec![
        row(
            "GS1 element strings read, 4 elements each",
            parses,
            "per s",
            200_000.0,
        ),
        row("serial bytes framed, in pieces of 64", framed, "MB/s", 50.0),
    ]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../out/bench.d");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("scanning.json"), rows.to_string()).unwrap();
}

fn elements(raw: &str) -> usize {
    match symbol::read(raw, Required::Here) {
        Ok(Carried::Elements(elements)) => elements.elements().len(),
        other => panic!("{other:?}"),
    }
}

fn median(mut run: impl FnMut() -> f64) -> f64 {
    let mut values: Vec<f64> = (0..RUNS).map(|_| run()).collect();
    values.sort_by(f64::total_cmp);
    values[RUNS / 2]
}

/// More is better: the goal is what must be reached.
fn row(name: &str, value: f64, unit: &str, goal: f64) -> Value {
    println!("{name}: {value:.0} {unit} (goal {goal})");
    json!({
        "name": name, "value": value, "unit": unit, "peer": null, "peer_value": null, "ratio": null,
        "goal": goal, "met": value >= goal,
    })
}
