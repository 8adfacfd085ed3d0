//! Every version of a platform's database so far, with a worked morning in it, becomes the newest one
//! whatever happens on the way: on a file and on PostgreSQL.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it saw"
)]

#[path = "../../disk/tests/matrix/mod.rs"]
mod matrix;
#[path = "stories/support/mod.rs"]
mod support;

use crate::support::engine::{self, Server};
use crate::support::{SHOP, World};
use bondhouse_platform::{Config, SCHEMA, Storage};
use bondhouse_protocol::wire::Ask;
use bondhouse_testkit::injected::Injection;
use data_encoding::HEXLOWER;
use matrix::Matrix;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// One order is packed and bundled, one leased, one cleared, one cancelled, one waits for its payment.
async fn worked() -> (TempDir, PathBuf) {
    let data = TempDir::new().unwrap();
    let folder = data.path().to_owned();
    let world = World::open_with(|config| {
        config.storage = Storage::Embedded;
        config.data = folder;
    })
    .await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 20).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 1, vec![]).await;
    let lease = bench.leases[0].clone();
    bench.release(&lease);
    bench.sync(&world, 0, vec![]).await;
    let vehicle = "浙B99999".to_owned();
    bench.ask(&world, Ask::RequestPass { vehicle }).await;
    world.approve_note("1", "QD310526E000000009").await;
    world.cleared("B2", 1).await;
    bench.sync(&world, 1, vec![]).await;
    world.cleared("B3", 1).await;
    world.buy("B4", 1).await;
    let path = format!("/v1/shop/orders/{SHOP}/B4/cancel");
    world.post(&world.shop, &path, &Value::Null).await;
    let order = world.order("B5", 1);
    world
        .post(&world.shop, "/v1/shop/orders", &order)
        .await
        .ok();
    world.platform.stop().await.unwrap();
    let database = data.path().join("platform.db");
    let findings = bondhouse_platform::examine(&Config::at(data.path())).unwrap();
    assert_eq!(findings.wrong, Vec::<String>::new());
    (data, database)
}

#[test]
#[ignore = "the test below starts it in a process of its own"]
fn the_newest_program() {
    matrix::child(&SCHEMA);
}

#[tokio::test]
async fn every_version_so_far_becomes_the_newest_killed_at_any_sync_on_the_way() {
    if !matrix::possible() {
        return;
    }
    let (_data, worked_with) = worked().await;
    let matrix = Matrix {
        schema: SCHEMA,
        worked_with,
    };
    let proved = tokio::task::spawn_blocking(move || matrix.prove())
        .await
        .unwrap();
    println!("{proved:?}");
    assert_eq!(proved.versions, SCHEMA.migrations.len() - 1);
    assert!(proved.rows > 100, "{proved:?}");
}

/// A schema on the server as the first steps made it, with the rows that version would have kept.
struct Old {
    url: String,
    /// Tables with the columns that are compared.
    tables: BTreeMap<String, Vec<String>>,
}

impl Old {
    /// In the server's words; that these are the right ones shows when the newest is compared with a
    /// database that never was old.
    async fn make(server: &str, taken: usize, worked_with: &Path) -> Self {
        let url = engine::fresh(server).await;
        let file = rusqlite::Connection::open(worked_with).unwrap();
        let mut statements = vec![
            "CREATE TABLE schema_migrations (name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, sha TEXT NOT NULL)".to_owned(),
            format!("INSERT INTO schema_migrations VALUES ('', 'application {:#x}')", SCHEMA.application_id),
        ];
        let then = rusqlite::Connection::open_in_memory().unwrap();
        for step in &SCHEMA.migrations[..taken] {
            then.execute_batch(step.sql).unwrap();
            let words = step.sql.replace(") STRICT;", ");");
            let words = words.replace("INTEGER", "BIGINT").replace("BLOB", "BYTEA");
            statements.push(words.replace("TEXT", "TEXT COLLATE \"C\""));
            let sha = HEXLOWER.encode(&Sha256::digest(step.sql));
            let name = step.name;
            statements.push(format!(
                "INSERT INTO schema_migrations VALUES ('{name}', '{sha}')"
            ));
        }
        let (then, now) = (tables(&then), tables(&file));
        let mut compared = BTreeMap::new();
        for (table, known) in then {
            let known: Vec<String> = known
                .into_iter()
                .filter(|column| now.get(&table).is_some_and(|now| now.contains(column)))
                .collect();
            let quoted = known.iter().map(|column| {
                let blob = format!("'''\\x' || hex({column}) || ''''");
                format!("iif(typeof({column}) = 'blob', {blob}, quote({column}))")
            });
            let quoted: Vec<String> = quoted.collect();
            let select = format!("SELECT {} FROM {table}", quoted.join(" || ', ' || "));
            if let Ok(mut select) = file.prepare(&select) {
                let lines = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
                for line in lines {
                    let line = line.unwrap();
                    let columns = known.join(", ");
                    statements.push(format!("INSERT INTO {table} ({columns}) VALUES ({line})"));
                }
                compared.insert(table, known);
            }
        }
        // Rows come table by table, not in the order in which they were made.
        statements.insert(0, "SET session_replication_role = replica".to_owned());
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        engine::tamper(&config(Path::new(""), &url), &statements).await;
        Self {
            url,
            tables: compared,
        }
    }

    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let mut rows = BTreeMap::new();
        for (table, columns) in &self.tables {
            let list = columns.join(", ");
            let ask = format!("SELECT t::text FROM (SELECT {list} FROM {table}) AS t ORDER BY 1");
            rows.insert(table.clone(), engine::ask(&self.url, &ask).await);
        }
        rows
    }

    async fn taken(&self) -> usize {
        let names = "SELECT name FROM schema_migrations WHERE name <> ''";
        engine::ask(&self.url, names).await.len()
    }

    async fn columns(&self) -> Vec<String> {
        let columns = "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
             FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1";
        engine::ask(&self.url, columns).await
    }
}

fn tables(db: &rusqlite::Connection) -> BTreeMap<String, Vec<String>> {
    let sql = "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
               WHERE t.type = 'table' AND t.name <> 'schema_migrations'";
    let mut tables = BTreeMap::<String, Vec<String>>::new();
    let mut statement = db.prepare(sql).unwrap();
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    for pair in pairs.unwrap() {
        let (table, column): (String, String) = pair.unwrap();
        tables.entry(table).or_default().push(column);
    }
    tables
}

fn config(data: &Path, url: &str) -> Config {
    Config {
        storage: Storage::Postgres(url.to_owned()),
        ..Config::at(data)
    }
}

/// Starts the program on a server's schema; whether it lived to listen.
fn starts(data: &Path, url: &str, killed_at: Option<usize>) -> bool {
    let platform = Path::new(env!("CARGO_BIN_EXE_bondhouse-platform"));
    let mut command = match killed_at {
        None => Command::new(platform),
        // What it says to the server, word by word.
        Some(nth) => Injection::killed_at("sendto,writev", nth).command(platform, &[]),
    };
    let mut child = command
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("BONDHOUSE_DATABASE", url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let _ = child.kill();
    child.wait().unwrap();
    line.contains("listening")
}

/// All steps are one transaction on the server: a node killed at any word it says leaves the old
/// version whole, and the next node finishes.
#[tokio::test]
async fn on_postgresql_every_version_so_far_becomes_the_newest_killed_at_any_word_on_the_way() {
    if !matrix::possible() {
        return;
    }
    let server = Server::start();
    let (data, worked_with) = worked().await;
    let newest = SCHEMA.migrations.len();
    let fresh = Old {
        url: engine::fresh(&server.address).await,
        tables: BTreeMap::new(),
    };
    assert!(starts(data.path(), &fresh.url, None));
    let whole = std::env::var("BONDHOUSE_LONG").is_ok();
    let (mut kills, mut versions) = (0, 0);
    for taken in 1..newest {
        let old = Old::make(&server.address, taken, &worked_with).await;
        let before = old.rows().await;
        assert!(before.values().map(Vec::len).sum::<usize>() > 0);
        // In the short form every version meets some kills, each at other words.
        let (mut nth, step) = if whole { (1, 1) } else { (3 + taken * 2, 17) };
        while !starts(data.path(), &old.url, Some(nth)) {
            kills += 1;
            let stands = old.taken().await;
            assert!(stands == taken || stands == newest, "{taken}: {stands}");
            assert_eq!(old.rows().await, before, "from {taken}, word {nth}");
            if stands == newest {
                break;
            }
            nth += step;
        }
        assert!(starts(data.path(), &old.url, None));
        assert_eq!(old.taken().await, newest);
        assert_eq!(old.columns().await, fresh.columns().await);
        assert_eq!(old.rows().await, before);
        versions += 1;
    }
    println!("{versions} versions, {kills} kills");
    assert!(versions == newest - 1 && kills >= versions, "{kills}");
}
