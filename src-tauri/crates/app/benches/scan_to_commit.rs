//! From the last byte of a scan at the serial line to the answer that follows its durable commit,
//! against a bare durable SQLite insert of the same size: five paired runs, medians.
//!
//! Once with scans as fast as they are answered, then at 20 and 50 scans a second with a year of a
//! warehouse, 1,000,000 movements, in the store already. A scan that had to wait for the one before
//! is timed from when it was due. Not a criterion bench: what counts is the tail a clerk feels, so
//! every scan is timed by itself and the whole histogram is printed. Writes its rows to
//! `out/bench.d/scan.json`, where `make bench` finds them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and prints its result"
)]

#[path = "../../store/tests/stories/world/mod.rs"]
mod world;

use bondhouse_app::{App, AppEvent, Config};
use bondhouse_domain::feed::{News, Notice, NoticeLine};
use bondhouse_domain::ids::{BondedNoteNo, NoticeNo, RequestId};
use bondhouse_domain::ledger::Account;
use bondhouse_domain::task::Outcome;
use bondhouse_domain::time::Instant as Moment;
use bondhouse_testkit::virtual_scanner::VirtualScanner;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use world::World;

const RUNS: usize = 5;
const SCANS: usize = 400;
const WARM_UP: usize = 40;

/// Scans a run at a steady pace, and how many of them warm up.
const PACED: usize = 300;
const PACED_WARM_UP: usize = 20;
/// What the store holds before the paced runs.
const MOVEMENTS: u32 = 1_000_000;

fn main() {
    let mut rows = vec![as_fast_as_answered()];
    rows.extend(at_a_pace(&[20, 50]));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../out/bench.d");
    std::fs::create_dir_all(&folder).unwrap();
    let rows = Value::Array(rows);
    std::fs::write(folder.join("scan.json"), rows.to_string()).unwrap();
}

fn as_fast_as_answered() -> Value {
    let mut bench = Bench::open(0);
    let mut pairs = Vec::new();
    for _ in 0..RUNS {
        let scans = (0..WARM_UP + SCANS).map(|_| bench.scan()).collect();
        let mut bare = Bare::open(&bench.world);
        let inserts = (0..WARM_UP + SCANS).map(|_| bare.insert()).collect();
        pairs.push((Times::of(scans, WARM_UP), Times::of(inserts, WARM_UP)));
    }
    bench.app.close();
    row(
        "scan bytes in to committed event, p99 (median of 5 paired runs)",
        &pairs,
    )
}

fn at_a_pace(rates: &[u32]) -> Vec<Value> {
    let mut bench = Bench::open(MOVEMENTS);
    let mut bare = Bare::open(&bench.world);
    let paced = |rate: u32, one: &mut dyn FnMut() -> f64| {
        let period = Duration::from_secs(1) / rate;
        let begun = Instant::now();
        let times = (0..PACED_WARM_UP + PACED).map(|n| {
            let due = begun + period * u32::try_from(n).unwrap();
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let late = millis(Instant::now().saturating_duration_since(due));
            // Waking up takes a moment of its own; only a scan still being answered is waiting.
            one() + if late > 1.0 { late } else { 0.0 }
        });
        Times::of(times.collect(), PACED_WARM_UP)
    };
    let mut rows = Vec::new();
    for rate in rates {
        let mut pairs = Vec::new();
        for _ in 0..RUNS {
            let scans = paced(*rate, &mut || bench.scan());
            pairs.push((scans, paced(*rate, &mut || bare.insert())));
        }
        rows.push(row(
            &format!("scan to committed event at {rate}/s over {MOVEMENTS} movements, p99 (median of 5 paired runs)"),
            &pairs,
        ));
    }
    bench.app.close();
    rows
}

/// The times of one run, sorted, without those that warmed up.
struct Times(Vec<f64>);

impl Times {
    fn of(mut times: Vec<f64>, warm_up: usize) -> Self {
        times.drain(..warm_up);
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    fn percentile(&self, percent: usize) -> f64 {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }
}

fn row(name: &str, pairs: &[(Times, Times)]) -> Value {
    let p99 = |pick: fn(&(Times, Times)) -> &Times| {
        median(pairs.iter().map(|pair| pick(pair).percentile(99)).collect())
    };
    let (scan, bare) = (p99(|pair| &pair.0), p99(|pair| &pair.1));
    let ratios = pairs
        .iter()
        .map(|(scan, bare)| scan.percentile(99) / bare.percentile(99));
    let ratio = median(ratios.collect());
    println!("{name}: {scan:.3} ms, bare durable insert {bare:.3} ms, ratio {ratio:.2}");
    histogram(pairs);
    json!({
        "name": name, "value": scan, "unit": "ms", "peer": "bare durable SQLite insert, p99",
        "peer_value": bare, "ratio": ratio, "goal": 3, "met": ratio <= 3.0,
    })
}

/// How many scans and how many bare inserts of all runs took how long.
fn histogram(pairs: &[(Times, Times)]) {
    let edges = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, f64::INFINITY];
    let mut from = 0.0;
    for to in edges {
        let within = |times: &Times| times.0.iter().filter(|t| (from..to).contains(*t)).count();
        let scans: usize = pairs.iter().map(|(scans, _)| within(scans)).sum();
        let inserts: usize = pairs.iter().map(|(_, inserts)| within(inserts)).sum();
        if scans + inserts > 0 {
            println!("  {from:>5} to {to:>5} ms: {scans:>5} scans, {inserts:>5} bare inserts");
        }
        from = to;
    }
}

/// A workstation with a scanner on its cable.
struct Bench {
    scanner: VirtualScanner,
    app: Arc<App>,
    events: Receiver<AppEvent>,
    world: World,
    serial: usize,
}

impl Bench {
    fn open(movements: u32) -> Self {
        let (scanner, app, events, world) = workstation(movements);
        Self {
            scanner,
            app,
            events,
            world,
            serial: 0,
        }
    }

    fn scan(&mut self) -> f64 {
        self.serial += 1;
        one_scan(&mut self.scanner, &self.events, self.serial)
    }
}

/// An open workstation that counts a notice of ten thousand tins, its scanner on a pseudo-terminal.
/// `movements` of earlier days lie in its store.
fn workstation(movements: u32) -> (VirtualScanner, Arc<App>, Receiver<AppEvent>, World) {
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
    if movements > 0 {
        fill(&world, movements);
    }
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

/// A year's movements of two thousand kinds of goods, put in at once through the store's own tables.
fn fill(world: &World, movements: u32) {
    let begun = Instant::now();
    let conn = rusqlite::Connection::open(world.path()).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    conn.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         INSERT INTO goods (warehouse_id, owner_id, item_id, ledger, item_no, document_line, in_date, origin, lot, expiry)
         SELECT 'NB01', '3302960B07', 'OLD-' || i, 'T3105W000076', '20', '', '2026-01-05', '609', 'L' || i, ''
         FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {movements})
         INSERT INTO stock_movements (warehouse_id, source, position, line, at, goods_id, from_place, from_location,
             from_plate, from_bucket, to_place, to_location, to_plate, to_bucket, qty)
         SELECT 'NB01', 'feed', 1000000 + i, 1, {now} - 30000 * ({movements} - i),
             (SELECT min(goods_id) FROM goods WHERE item_id LIKE 'OLD-%') + i % 2000,
             'inbound', '', '', '', 'inside', 'RECEIVING', '', 'available', 100000
         FROM n;
         COMMIT;
         PRAGMA wal_checkpoint(TRUNCATE);",
    ))
    .unwrap();
    let held: u32 = conn
        .query_row("SELECT count(*) FROM stock_movements", [], |row| row.get(0))
        .unwrap();
    assert!(held >= movements);
    println!(
        "{held} movements put in within {:.1} s",
        begun.elapsed().as_secs_f64()
    );
}

/// Rows of the size of a journal event, each its own durable transaction.
struct Bare(rusqlite::Connection);

impl Bare {
    fn open(world: &World) -> Self {
        let conn = rusqlite::Connection::open(world.folder.path().join("bare.db")).unwrap();
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
        )
        .unwrap();
        Self(conn)
    }

    fn insert(&mut self) -> f64 {
        let begun = Instant::now();
        self.0
            .execute(
                "INSERT INTO events (body) VALUES (?1)",
                [&[b'x'; 1_400][..]],
            )
            .unwrap();
        millis(begun.elapsed())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn millis(elapsed: Duration) -> f64 {
    elapsed.as_secs_f64() * 1_000.0
}
