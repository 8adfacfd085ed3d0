//! What a durable write costs: SQLite alone, through the writer thread, and shared by many writers.
//!
//! `alone` is the floor, set by the drive's sync; `one writer` adds two thread switches and a savepoint;
//! `16 writers` shows what group commit gives back. Run with `cargo bench -p bondhouse-disk`.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench stops at the first surprise"
)]

use bondhouse_disk::{Database, DiskError, Migration, Options, Schema};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rusqlite::{Connection, TransactionBehavior};
use std::time::{Duration, Instant};

const TABLE: &str = "CREATE TABLE journal (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT";
const INSERT: &str = "INSERT INTO journal (body) VALUES (zeroblob(400))";
const SCHEMA: Schema = Schema {
    application_id: 1,
    migrations: &[Migration {
        name: "202601010900-journal",
        sql: TABLE,
    }],
};
const WRITERS: u64 = 16;

fn insert(tx: &rusqlite::Transaction<'_>) -> Result<(), DiskError> {
    tx.prepare_cached(INSERT)?.execute([])?;
    Ok(())
}

fn durable_write(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("durable write");
    group
        .throughput(Throughput::Elements(1))
        .measurement_time(Duration::from_secs(5));

    let mut conn = Connection::open(folder.path().join("alone.db")).unwrap();
    conn.query_row("PRAGMA journal_mode=WAL", [], |_| Ok(()))
        .unwrap();
    conn.execute_batch("PRAGMA synchronous=FULL").unwrap();
    conn.execute_batch(TABLE).unwrap();
    group.bench_function("alone", |bencher| {
        bencher.iter(|| {
            let tx = conn
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .unwrap();
            insert(&tx).unwrap();
            tx.commit().unwrap();
        });
    });

    let db = Database::open(&folder.path().join("disk.db"), &SCHEMA, Options::default()).unwrap();
    group.bench_function("one writer", |bencher| {
        bencher.iter(|| db.write(insert).unwrap())
    });

    group.bench_function("16 writers", |bencher| {
        bencher.iter_custom(|writes| {
            let start = Instant::now();
            std::thread::scope(|scope| {
                for writer in 0..WRITERS {
                    let share = (writes + writer) / WRITERS; // the shares add up to `writes`
                    let db = &db;
                    scope.spawn(move || (0..share).for_each(|_| db.write(insert).unwrap()));
                }
            });
            start.elapsed()
        });
    });
    group.finish();
}

criterion_group!(benches, durable_write);
criterion_main!(benches);
