//! The migration matrix of a schema: from every version there has been, with data in it, to the newest,
//! killed at every sync on the way.
//!
//! An old database is made as it once was: by the first steps alone. Its rows are what that version
//! would have kept of a database that was really worked with: every table and column it knew.
//! Whatever the kill hits, the file must stand at one whole version, with its rows, and the next start
//! must finish. Shared by the schemas' own tests; the child is each test binary itself.

#![allow(unreachable_pub, reason = "a module of test binaries, not a library")]

use bondhouse_disk::{Database, Migration, Options, Schema, schema_text};
use bondhouse_testkit::injected::Injection;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// The name of the ignored test that calls [`child`] in each test binary.
pub const CHILD: &str = "the_newest_program";
const FILE: &str = "old.db";

/// A schema, and a database of its newest version that people have worked with.
pub struct Matrix {
    pub schema: Schema,
    pub worked_with: PathBuf,
}

/// What was killed, for the report.
#[derive(Debug, Default)]
pub struct Proved {
    pub versions: usize,
    pub rows: usize,
    pub kills: usize,
}

/// Tables of a version, each with its columns.
type Columns = BTreeMap<String, Vec<String>>;
/// Rows of those tables as text, in order.
type Rows = BTreeMap<String, Vec<String>>;

/// What the child does: it starts as the newest program would.
pub fn child(schema: &Schema) {
    let Ok(folder) = std::env::var("FOLDER") else {
        return;
    };
    drop(open(&Path::new(&folder).join(FILE), schema));
}

fn open(path: &Path, schema: &Schema) -> Database {
    Database::open(path, schema, Options::default()).unwrap()
}

impl Matrix {
    /// Every version but the newest, on two threads.
    pub fn prove(&self) -> Proved {
        let versions: Vec<usize> = (1..self.schema.migrations.len()).collect();
        let fresh: Vec<String> = (0..=self.schema.migrations.len())
            .map(|taken| self.fresh(taken))
            .collect();
        let mut proved = Proved::default();
        std::thread::scope(|scope| {
            let halves = [0, 1].map(|half| {
                let (mine, fresh) = (versions.iter().skip(half).step_by(2), &fresh);
                scope.spawn(move || mine.map(|taken| self.from(*taken, fresh)).collect())
            });
            for half in halves {
                let all: Vec<Proved> = half.join().unwrap();
                for one in all {
                    proved.versions += 1;
                    proved.rows = proved.rows.max(one.rows);
                    proved.kills += one.kills;
                }
            }
        });
        proved
    }

    fn at(&self, taken: usize) -> Schema {
        let migrations: &'static [Migration] = &self.schema.migrations[..taken];
        Schema {
            migrations,
            ..self.schema
        }
    }

    /// The schema of a version as it is when nothing was there before.
    fn fresh(&self, taken: usize) -> String {
        let folder = TempDir::new().unwrap();
        let db = open(&folder.path().join(FILE), &self.at(taken));
        db.read(schema_text).unwrap()
    }

    /// From one version to the newest, killed at the first sync, the second, … until nothing is left.
    fn from(&self, taken: usize, fresh: &[String]) -> Proved {
        let old = TempDir::new().unwrap();
        let columns = self.make_old(taken, &old.path().join(FILE));
        let before = rows(&old.path().join(FILE), &columns);
        let mut kills = 0;
        loop {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join(FILE);
            std::fs::copy(old.path().join(FILE), &path).unwrap();
            let finished = start(folder.path(), kills + 1);
            let stands = version(&path);
            assert!(
                (taken..=self.schema.migrations.len()).contains(&stands),
                "from {taken}, killed at sync {}: version {stands}",
                kills + 1
            );
            let what = format!("from {taken}, killed at sync {}, at {stands}", kills + 1);
            // Nothing of a step that is not written down, and everything of those that are.
            let db = open(&path, &self.at(stands));
            assert_eq!(db.read(schema_text).unwrap(), fresh[stands], "{what}");
            drop(db);
            assert_eq!(rows(&path, &columns), before, "{what}");
            let db = open(&path, &self.schema);
            assert_eq!(&db.read(schema_text).unwrap(), fresh.last().unwrap());
            db.check(bondhouse_disk::Check::Full).unwrap();
            drop(db);
            assert_eq!(rows(&path, &columns), before, "{what}, then finished");
            let copy = format!("{FILE}.before-{}", self.schema.migrations[taken].name);
            let copy = folder.path().join(copy);
            assert_eq!(rows(&copy, &columns), before, "{what}: the way back");
            if finished {
                break;
            }
            kills += 1;
        }
        // A copy, the folder it is in, and every step: fewer syncs would be no migration.
        assert!(kills >= self.schema.migrations.len() - taken, "{kills}");
        Proved {
            versions: 1,
            rows: before.values().map(Vec::len).sum(),
            kills,
        }
    }

    /// A database of an old version with the rows it would have kept.
    fn make_old(&self, taken: usize, path: &Path) -> Columns {
        drop(open(path, &self.at(taken)));
        let db = Connection::open(path).unwrap();
        db.pragma_update(None, "foreign_keys", false).unwrap();
        db.execute("ATTACH ?1 AS now", [self.worked_with.to_str().unwrap()])
            .unwrap();
        let (then, now) = (columns(&db, "main"), columns(&db, "now"));
        let mut both = Columns::new();
        for (table, known) in then {
            let Some(still) = now.get(&table) else {
                continue;
            };
            let named: Vec<String> = known.into_iter().filter(|c| still.contains(c)).collect();
            let list = named.join(", ");
            db.execute_batch(&format!(
                "INSERT OR IGNORE INTO main.{table} ({list}) SELECT {list} FROM now.{table}"
            ))
            .unwrap_or_else(|error| panic!("{table}: {error}"));
            both.insert(table, named);
        }
        db.execute_batch("DETACH now").unwrap();
        let mut dangling = db.prepare("PRAGMA foreign_key_check").unwrap();
        assert!(!dangling.exists([]).unwrap(), "version {taken}");
        drop(dangling);
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        both
    }
}

fn columns(db: &Connection, of: &str) -> Columns {
    let sql = format!(
        "SELECT t.name, c.name FROM {of}.sqlite_schema AS t, pragma_table_info(t.name, '{of}') AS c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'schema_migrations'"
    );
    let mut columns = Columns::new();
    let mut statement = db.prepare(&sql).unwrap();
    let named = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    for pair in named.unwrap() {
        let (table, column): (String, String) = pair.unwrap();
        columns.entry(table).or_default().push(column);
    }
    columns
}

fn rows(path: &Path, columns: &Columns) -> Rows {
    let db = Connection::open(path).unwrap();
    let mut rows = Rows::new();
    for (table, columns) in columns {
        let quoted: Vec<String> = columns.iter().map(|c| format!("quote({c})")).collect();
        let line = quoted.join(" || ' ' || ");
        let mut statement = db
            .prepare(&format!("SELECT {line} FROM {table} ORDER BY 1"))
            .unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        rows.insert(table.clone(), found.map(Result::unwrap).collect());
    }
    rows
}

/// The steps a database has written down; the header must agree.
fn version(path: &Path) -> usize {
    let db = Connection::open(path).unwrap();
    let count = |sql: &str| -> u32 { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    let taken = count("SELECT count(*) FROM schema_migrations");
    assert_eq!(taken, count("PRAGMA user_version"));
    taken as usize
}

/// Starts the newest program, killed at its n-th sync; whether it ended by itself.
fn start(folder: &Path, nth: usize) -> bool {
    let own = std::env::current_exe().unwrap();
    let ended = Injection::killed_at_sync(nth)
        .command(&own, &[])
        .args([CHILD, "--exact", "--ignored", "--test-threads=1"])
        .env("FOLDER", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(
        ended.success() || std::os::unix::process::ExitStatusExt::signal(&ended) == Some(9),
        "{ended}"
    );
    ended.success()
}

/// Whether this machine can kill at syncs; says so when not.
pub fn possible() -> bool {
    let possible = Injection::is_possible();
    if !possible {
        println!("skipped: no strace");
    }
    possible
}
