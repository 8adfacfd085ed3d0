//! The program is killed: at any moment, and at every single sync it makes.
//!
//! Each test starts this test binary again as a child that plays one act (`ACT`), and kills it. A kill
//! keeps what the system already has in its cache, so this proves our own order of things (answer after
//! commit, name after sync, one transaction per migration); power cuts are `power_cut.rs`.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says when it was skipped"
)]

mod books;

use bondhouse_disk::{Database, DiskError, Migration, Options, Schema, schema_text};
use books::{SCHEMA, post, read_books};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const NEXT_SCHEMA: Schema = Schema {
    application_id: SCHEMA.application_id,
    migrations: &[
        SCHEMA.migrations[0],
        Migration {
            name: "202603010900-journal",
            sql: "CREATE TABLE journal_new (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, actor TEXT) STRICT;
                  INSERT INTO journal_new SELECT seq, body, NULL FROM journal;
                  DROP TABLE journal;
                  ALTER TABLE journal_new RENAME TO journal;",
        },
        Migration { name: "202603020900-journal", sql: "CREATE INDEX journal_actor ON journal (actor);" },
    ],
};

fn open(folder: &Path, schema: &Schema) -> Database {
    Database::open(&folder.join("books.db"), schema, Options::default()).unwrap()
}

/// Not a test: what the child does, in the folder and act its environment names.
#[test]
#[ignore = "the tests below start it in a process of its own"]
fn the_child() {
    let (Ok(act), Ok(folder)) = (std::env::var("ACT"), std::env::var("FOLDER")) else {
        return;
    };
    let folder = Path::new(&folder);
    match act.as_str() {
        "first start" => drop(open(folder, &SCHEMA)),
        "migration" => drop(open(folder, &NEXT_SCHEMA)),
        "backup" => open(folder, &SCHEMA)
            .backup_to(&folder.join("copy.db"))
            .unwrap(),
        "a few writes" => write_and_note(&open(folder, &SCHEMA), folder, 12),
        "many writers" => {
            let db = open(folder, &SCHEMA);
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| write_and_note(&db, folder, usize::MAX));
                }
            });
        }
        other => panic!("no such act: {other}"),
    }
}

/// Notes each answer outside of the database: one small append, which a kill cannot tear.
fn write_and_note(db: &Database, folder: &Path, rows: usize) {
    let mut notes = OpenOptions::new()
        .append(true)
        .create(true)
        .open(folder.join("answered"))
        .unwrap();
    db.write::<_, DiskError>(|tx| Ok(tx.pragma_update(None, "wal_autocheckpoint", 6)?))
        .unwrap();
    for round in 0..rows {
        let row = post(db, 300 + round % 5 * 900).unwrap();
        notes.write_all(format!("{row}\n").as_bytes()).unwrap();
    }
}

fn last_answered(folder: &Path) -> i64 {
    let notes = std::fs::read_to_string(folder.join("answered")).unwrap_or_default();
    notes
        .lines()
        .map(|line| line.parse::<i64>().unwrap())
        .max()
        .unwrap_or(0)
}

fn child(mut command: Command, act: &str, folder: &Path) -> Command {
    command
        .args([
            "the_child",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("ACT", act)
        .env("FOLDER", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn assert_nothing_answered_is_lost(folder: &Path) {
    let books = read_books(&open(folder, &SCHEMA)).unwrap();
    let answered = last_answered(folder);
    assert!(
        books.balance() && books.rows >= answered,
        "{books:?}, answered up to {answered}"
    );
}

#[test]
fn killed_at_any_moment_no_answered_write_is_lost() {
    let folder = TempDir::new().unwrap();
    for round in 1..=15 {
        let before = last_answered(folder.path());
        let command = Command::new(std::env::current_exe().unwrap());
        let mut writers = child(command, "many writers", folder.path())
            .spawn()
            .unwrap();
        while last_answered(folder.path()) < before + round * 3 {
            assert!(
                writers.try_wait().unwrap().is_none(),
                "the writers stopped by themselves"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        writers.kill().unwrap(); // SIGKILL
        writers.wait().unwrap();
        assert_nothing_answered_is_lost(folder.path());
    }
}

/// Plays an act in a fresh folder again and again, killed at its first, second, … sync, until it ends
/// unharmed; returns how often it was killed. `when` counts for each thread, so an act must do what
/// it is about in one thread.
fn kill_at_every_sync(
    act: &str,
    arrange: impl Fn(&Path),
    inspect: impl Fn(&Path),
) -> Option<usize> {
    if Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        println!("skipped: no strace");
        return None;
    }
    for number in 1..200 {
        let folder = TempDir::new().unwrap();
        arrange(folder.path());
        let ended = act_killed_at(number, act, folder.path());
        inspect(folder.path());
        if ended.success() {
            return Some(number - 1);
        }
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&ended),
            Some(9),
            "{act}, sync {number}: {ended}"
        );
    }
    panic!("{act}: more syncs than it can need")
}

fn act_killed_at(number: usize, act: &str, folder: &Path) -> ExitStatus {
    let mut strace = Command::new("strace");
    strace
        .args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=fdatasync,fsync",
            "-e",
        ])
        .arg(format!("inject=fdatasync,fsync:signal=KILL:when={number}"))
        .arg(std::env::current_exe().unwrap());
    child(strace, act, folder).status().unwrap()
}

#[test]
fn killed_at_any_sync_of_its_writes_no_answered_write_is_lost() {
    let killed = kill_at_every_sync(
        "a few writes",
        |folder| drop(open(folder, &SCHEMA)),
        assert_nothing_answered_is_lost,
    );
    // Twelve commits, and the syncs of several checkpoints.
    assert!(killed.is_none_or(|killed| killed > 16), "{killed:?}");
}

#[test]
fn killed_at_any_sync_of_its_first_start_the_next_start_succeeds() {
    let killed = kill_at_every_sync(
        "first start",
        |_| {},
        |folder| assert!(read_books(&open(folder, &SCHEMA)).unwrap().balance()),
    );
    assert!(killed.is_none_or(|killed| killed >= 3), "{killed:?}");
}

#[test]
fn killed_at_any_sync_of_a_migration_the_next_start_completes_it() {
    let fresh = {
        let folder = TempDir::new().unwrap();
        open(folder.path(), &NEXT_SCHEMA).read(schema_text).unwrap()
    };
    let killed = kill_at_every_sync(
        "migration",
        |folder| {
            let db = open(folder, &SCHEMA);
            for _ in 0..5 {
                post(&db, 2_000).unwrap();
            }
        },
        |folder| {
            let db = open(folder, &NEXT_SCHEMA);
            assert_eq!(db.read(schema_text).unwrap(), fresh);
            let books = read_books(&db).unwrap();
            assert!(books.balance() && books.rows == 5, "{books:?}");
        },
    );
    assert!(killed.is_none_or(|killed| killed >= 4), "{killed:?}");
}

#[test]
fn killed_at_any_sync_of_a_backup_there_is_still_a_sound_one() {
    let killed = kill_at_every_sync(
        "backup",
        |folder| {
            let db = open(folder, &SCHEMA);
            post(&db, 100).unwrap();
            db.backup_to(&folder.join("copy.db")).unwrap();
            post(&db, 100).unwrap();
        },
        |folder| {
            let restored = folder.join("restored");
            std::fs::create_dir(&restored).unwrap();
            std::fs::copy(folder.join("copy.db"), restored.join("books.db")).unwrap();
            let books = read_books(&open(&restored, &SCHEMA)).unwrap();
            assert!(books.balance() && [1, 2].contains(&books.rows), "{books:?}");
            assert_eq!(read_books(&open(folder, &SCHEMA)).unwrap().rows, 2);
        },
    );
    assert!(killed.is_none_or(|killed| killed >= 3), "{killed:?}");
}
