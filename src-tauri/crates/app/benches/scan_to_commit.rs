//! From the last byte of a scan at the serial line to the answer that follows its durable commit,
//! against a bare durable SQLite insert of the same size: five paired runs, medians.
//!
//! Not a criterion bench: what counts is the tail a clerk feels, so every scan is timed by itself.
//! Writes its row to `out/bench.d/scan.json`, where `make bench` finds it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and prints its result"
)]

#[path = "../../store/tests/world/mod.rs"]
mod world;

use bondhouse_app::{App, AppEvent, Config};
use bondhouse_domain::feed::{News, Notice, NoticeLine};
use bondhouse_domain::ids::{BondedNoteNo, NoticeNo, RequestId};
use bondhouse_domain::ledger::Account;
use bondhouse_domain::task::Outcome;
use bondhouse_domain::time::Instant as Moment;
use bondhouse_testkit::virtual_scanner::VirtualScanner;
use serde_json::json;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use world::World;

const RUNS: usize = 5;
const SCANS: usize = 400;
const WARM_UP: usize = 40;

fn main() {
    let (mut scanner, app, events, world) = workstation();
    let mut serial = 0usize;
    let mut scan_p99 = Vec::new();
    let mut bare_p99 = Vec::new();
    for _ in 0..RUNS {
        scan_p99.push(p99((0..WARM_UP + SCANS).map(|_| {
            serial += 1;
            one_scan(&mut scanner, &events, serial)
        })));
        bare_p99.push(bare(&world));
    }
    app.close();
    let ratio = median(
        scan_p99
            .iter()
            .zip(&bare_p99)
            .map(|(scan, bare)| scan / bare)
            .collect(),
    );
    let (scan, bare) = (median(scan_p99), median(bare_p99));
    println!(
        "scan to committed event: p99 {scan:.3} ms, bare durable insert p99 {bare:.3} ms, ratio {ratio:.2}"
    );
    let row = json!([{
        "name": "scan bytes in to committed event, p99 (median of 5 paired runs)",
        "value": scan, "unit": "ms", "peer": "bare durable SQLite insert, p99", "peer_value": bare,
        "ratio": ratio, "goal": 3, "met": ratio <= 3.0,
    }]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../out/bench.d");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("scan.json"), row.to_string()).unwrap();
}

/// An open workstation that counts a notice of ten thousand tins, its scanner on a pseudo-terminal.
fn workstation() -> (VirtualScanner, Arc<App>, Receiver<AppEvent>, World) {
    let mut world = World::with_notice();
    world.hear(vec![
        world::book(Account::Abroad, Account::PreIn, 10_000),
        world::book(Account::PreIn, Account::Arrived, 10_000),
        News::Receivable(Notice {
            notice: NoticeNo::new("N-2"),
            owner: world::milk().owner,
            bonded_note: BondedNoteNo::new("QD310526I000048128"),
            vehicle: "浙B12345".into(),
            gate_passed_at: Moment::from_millis(5),
            lines: vec![NoticeLine {
                line: 1,
                goods: world::milk(),
                expected: world::qty(10_000),
            }],
        }),
    ]);
    drop(world.store.take());
    let data = world.folder.path().to_owned();
    let (signing, fields) = (vec![5; 32], vec![3; 32]);
    std::fs::write(
        data.join("station.key"),
        json!({"signing": signing, "fields": fields}).to_string(),
    )
    .unwrap();
    let mut scanner = VirtualScanner::plug_in().unwrap();
    let (tell, events) = channel();
    let tell = Mutex::new(tell);
    let app = App::open(
        Config {
            data,
            assets: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets"),
            platform_url: "http://127.0.0.1:1".into(),
            scanners: vec![scanner.path().to_owned()],
            practice: false,
        },
        move |event| drop(tell.lock().unwrap().send(event)),
    )
    .unwrap();
    let call = |name: &str, req| {
        app.call(name, RequestId(uuid::Uuid::now_v7()), req)
            .unwrap()
    };
    call(
        "people.first_supervisor",
        json!({"name": "周敏", "pin": "271828"}),
    );
    call("people.sign_in", json!({"name": "周敏", "pin": "271828"}));
    call("room.open", json!({"room": "intake"}));
    while call("station.status", json!({}))["scanners"][0]["connected"] != true {
        std::thread::sleep(Duration::from_millis(20));
    }
    scanner.scan("N-2").unwrap();
    answered(&events);
    (scanner, app, events, world)
}

fn one_scan(scanner: &mut VirtualScanner, events: &Receiver<AppEvent>, serial: usize) -> f64 {
    let begun = Instant::now();
    scanner
        .scan(&format!("]C1010942190188127621S{serial}"))
        .unwrap();
    let outcome = answered(events);
    assert_eq!(outcome, Outcome::Accepted);
    millis(begun.elapsed())
}

fn answered(events: &Receiver<AppEvent>) -> Outcome {
    loop {
        if let AppEvent::Answered(view) = events.recv_timeout(Duration::from_secs(20)).unwrap() {
            return view.last.unwrap().answer.outcome;
        }
    }
}

/// The same number of rows of the size of a journal event, each its own durable transaction.
fn bare(world: &World) -> f64 {
    let conn = rusqlite::Connection::open(world.folder.path().join("bare.db")).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    )
    .unwrap();
    let body = vec![b'x'; 1_400];
    p99((0..WARM_UP + SCANS).map(|_| {
        let begun = Instant::now();
        conn.execute("INSERT INTO events (body) VALUES (?1)", [&body])
            .unwrap();
        millis(begun.elapsed())
    }))
}

fn p99(times: impl Iterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.skip(WARM_UP).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn millis(elapsed: Duration) -> f64 {
    elapsed.as_secs_f64() * 1_000.0
}
