//! What a database promises to those who write in it, told as stories.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use bondhouse_disk::{
    Check, Database, DiskError, Migration, Options, Schema, schema_text, set_aside,
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;
use tempfile::TempDir;

const STEPS: &[Migration] = &[
    Migration {
        name: "202601010900-journal",
        sql: "CREATE TABLE journal (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;",
    },
    Migration {
        name: "202602010900-stock",
        sql: "CREATE TABLE stock (
                  item TEXT NOT NULL PRIMARY KEY,
                  quantity INTEGER NOT NULL CHECK (quantity >= 0)
              ) STRICT;
              INSERT INTO stock VALUES ('tea', 3);",
    },
    Migration {
        name: "202603010900-journal",
        sql: "ALTER TABLE journal ADD COLUMN actor TEXT NOT NULL DEFAULT '';",
    },
];
const SCHEMA: Schema = Schema {
    application_id: 7,
    migrations: STEPS,
};

fn at(folder: &TempDir) -> PathBuf {
    folder.path().join("bench.db")
}

fn open(path: &Path) -> Database {
    Database::open(path, &SCHEMA, Options::default()).unwrap()
}

fn append(db: &Database, seq: i64) -> Result<(), DiskError> {
    db.write(move |tx| {
        tx.execute("INSERT INTO journal (seq, body) VALUES (?1, 'scan')", [seq])?;
        Ok(())
    })
}

fn rows(db: &Database) -> i64 {
    db.read::<_, DiskError>(|conn| {
        Ok(conn.query_row("SELECT count(*) FROM journal", [], |row| row.get(0))?)
    })
    .unwrap()
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let folder = TempDir::new().unwrap();
    let db = open(&at(&folder));
    append(&db, 1).unwrap();
    drop(db);
    assert_eq!(rows(&open(&at(&folder))), 1);
}

#[test]
fn a_second_instance_is_refused_until_the_first_has_gone() {
    let folder = TempDir::new().unwrap();
    let first = open(&at(&folder));
    let second = Database::open(&at(&folder), &SCHEMA, Options::default());
    assert!(matches!(second, Err(DiskError::InUse)));
    drop(first);
    open(&at(&folder));
}

/// A fork copies every lock of its parent until the child is executed.
#[test]
fn a_lock_that_a_child_being_started_holds_for_a_moment_is_waited_for() {
    let folder = TempDir::new().unwrap();
    drop(open(&at(&folder)));
    let lock = std::fs::File::open(folder.path().join("bench.db.lock")).unwrap();
    lock.lock().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            drop(lock);
        });
        drop(open(&at(&folder)));
    });
}

/// Holds the writer busy until told otherwise, so that what is queued meanwhile shares one commit.
fn while_the_writer_is_busy<T>(db: &Arc<Database>, queue_up: impl FnOnce() -> T) -> T {
    let (entered, wait) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let busy = std::thread::spawn({
        let (db, entered, wait) = (Arc::clone(db), Arc::clone(&entered), Arc::clone(&wait));
        move || {
            db.write::<_, DiskError>(move |_| {
                entered.wait();
                wait.wait();
                Ok(())
            })
        }
    });
    entered.wait();
    let queued = queue_up();
    wait.wait();
    drop(busy.join().unwrap()); // it wrote nothing, and shares the fate of its batch
    queued
}

type Work<T> = Box<dyn FnOnce(&rusqlite::Transaction<'_>) -> Result<T, DiskError> + Send>;

/// Queues writes in a known order without waiting for their answers.
fn queue<T: Send + 'static>(
    db: &Arc<Database>,
    works: Vec<Work<T>>,
) -> Vec<mpsc::Receiver<Result<T, DiskError>>> {
    use std::future::Future;
    use std::task::{Context, Waker};
    works
        .into_iter()
        .map(|work| {
            let (reply, answer) = mpsc::channel();
            let db = Arc::clone(db);
            let mut write = Box::pin(async move { db.write_async(work).await });
            // The first poll puts the write in the queue; a thread then waits for its answer.
            assert!(
                write
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .unwrap();
                reply.send(runtime.block_on(write)).unwrap();
            });
            answer
        })
        .collect()
}

#[test]
fn writes_that_queue_up_share_one_commit_and_a_refused_one_rolls_back_alone() {
    let folder = TempDir::new().unwrap();
    let db = Arc::new(open(&at(&folder)));
    let before = db.stats().unwrap();
    let answers = while_the_writer_is_busy(&db, || {
        queue(
            &db,
            vec![
                Box::new(|tx| {
                    Ok(tx.execute("INSERT INTO journal (seq, body) VALUES (1, 'a')", [])?)
                }),
                Box::new(|tx| {
                    tx.execute("INSERT INTO journal (seq, body) VALUES (2, 'b')", [])?;
                    Ok(tx.execute("UPDATE stock SET quantity = quantity - 4", [])?) // only 3 there
                }),
                Box::new(|tx| {
                    tx.execute("INSERT INTO journal (seq, body) VALUES (3, 'c')", [])?;
                    panic!("a mistake in one room")
                }),
                Box::new(|tx| {
                    Ok(tx.execute("INSERT INTO journal (seq, body) VALUES (4, 'd')", [])?)
                }),
            ],
        )
    });
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.recv().unwrap())
        .collect();
    assert!(answers[0].is_ok() && answers[3].is_ok());
    assert!(matches!(answers[1], Err(DiskError::Sql(_))));
    assert!(matches!(answers[2], Err(DiskError::Panicked)));
    let kept: String = db
        .read::<_, DiskError>(|conn| {
            Ok(
                conn.query_row("SELECT group_concat(seq) FROM journal", [], |row| {
                    row.get(0)
                })?,
            )
        })
        .unwrap();
    assert_eq!(kept, "1,4");
    let after = db.stats().unwrap();
    assert_eq!(
        (after.writes - before.writes, after.commits - before.commits),
        (5, 1)
    );
}

#[test]
fn when_the_disk_fills_up_nobody_in_the_batch_is_told_yes_and_the_next_write_works() {
    let folder = TempDir::new().unwrap();
    let db = Arc::new(open(&at(&folder)));
    append(&db, 1).unwrap();
    db.write::<_, DiskError>(|tx| {
        let pages: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        tx.query_row(
            &format!("PRAGMA max_page_count = {}", pages + 2),
            [],
            |_| Ok(()),
        )?;
        Ok(())
    })
    .unwrap();
    let answers = while_the_writer_is_busy(&db, || {
        queue(
            &db,
            vec![
                Box::new(|tx| {
                    Ok(tx.execute("INSERT INTO journal (seq, body) VALUES (2, 'small')", [])?)
                }),
                Box::new(|tx| {
                    Ok(tx.execute(
                        "INSERT INTO journal (seq, body) VALUES (3, hex(zeroblob(100000)))",
                        [],
                    )?)
                }),
            ],
        )
    });
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.recv().unwrap())
        .collect();
    assert!(matches!(answers[1], Err(DiskError::Full)), "{answers:?}");
    assert!(
        matches!(answers[0], Err(DiskError::RolledBack)),
        "{answers:?}"
    );
    assert_eq!(rows(&db), 1);
    append(&db, 9).unwrap();
    db.check(Check::Full).unwrap();
}

#[test]
fn a_write_inside_a_write_is_refused_instead_of_waiting_for_itself() {
    let folder = TempDir::new().unwrap();
    let db = Arc::new(open(&at(&folder)));
    let inner = Arc::clone(&db);
    let answer = db.write(move |_| append(&inner, 1));
    assert!(matches!(answer, Err(DiskError::Nested)));
    assert_eq!(rows(&db), 0);
}

#[test]
fn a_reader_cannot_write_and_sees_one_moment_throughout() {
    let folder = TempDir::new().unwrap();
    let db = open(&at(&folder));
    append(&db, 1).unwrap();
    let refused = db.read::<_, DiskError>(|conn| Ok(conn.execute("DELETE FROM journal", [])?));
    assert!(matches!(refused, Err(DiskError::ReadOnly)));
    let counts = db
        .read::<_, DiskError>(|conn| {
            let count = || {
                conn.query_row("SELECT count(*) FROM journal", [], |row| {
                    row.get::<_, i64>(0)
                })
            };
            let first = count()?;
            append(&db, 2)?;
            Ok((first, count()?))
        })
        .unwrap();
    assert_eq!(counts, (1, 1));
    assert_eq!(rows(&db), 2);
}

#[test]
fn a_database_in_use_is_looked_into_by_others_who_see_one_moment_and_cannot_write() {
    let folder = TempDir::new().unwrap();
    let db = open(&at(&folder));
    append(&db, 1).unwrap();
    let count = |conn: &rusqlite::Connection| -> i64 {
        conn.query_row("SELECT count(*) FROM journal", [], |row| row.get(0))
            .unwrap()
    };
    let refused = bondhouse_disk::look(&at(&folder), &SCHEMA, |conn| {
        assert_eq!(count(conn), 1);
        append(&db, 2)?;
        assert_eq!(count(conn), 1, "one moment throughout");
        Ok::<_, DiskError>(conn.execute("DELETE FROM journal", []).is_err())
    });
    assert!(refused.unwrap());
    assert_eq!(rows(&db), 2);
    let of = |schema: &Schema| {
        bondhouse_disk::look(&at(&folder), schema, |_| Ok::<_, DiskError>(())).unwrap_err()
    };
    let foreign = of(&Schema {
        application_id: 8,
        ..SCHEMA
    });
    assert!(matches!(foreign, DiskError::Foreign));
    let newer = of(&Schema {
        migrations: &STEPS[..2],
        ..SCHEMA
    });
    assert!(matches!(newer, DiskError::Newer(name) if name == STEPS[2].name));
}

#[test]
fn readers_take_turns_when_there_are_more_of_them_than_connections() {
    let folder = TempDir::new().unwrap();
    let db = Database::open(
        &at(&folder),
        &SCHEMA,
        Options {
            readers: 2,
            ..Options::default()
        },
    )
    .unwrap();
    append(&db, 1).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(rows(&db), 1));
        }
    });
}

#[test]
fn an_upgraded_database_equals_a_fresh_one_and_leaves_a_copy_of_the_old() {
    let folder = TempDir::new().unwrap();
    let fresh = open(&folder.path().join("fresh.db"))
        .read(schema_text)
        .unwrap();
    for taken in 1..STEPS.len() {
        let path = folder.path().join(format!("from-{taken}.db"));
        let old = Schema {
            migrations: &STEPS[..taken],
            ..SCHEMA
        };
        let db = Database::open(&path, &old, Options::default()).unwrap();
        db.write::<_, DiskError>(|tx| {
            Ok(tx.execute("INSERT INTO journal (seq, body) VALUES (1, 'kept')", [])?)
        })
        .unwrap();
        drop(db);

        let upgraded = open(&path);
        assert_eq!(upgraded.read(schema_text).unwrap(), fresh);
        assert_eq!(rows(&upgraded), 1);

        let copy = path.with_file_name(format!("from-{taken}.db.before-{}", STEPS[taken].name));
        let copy = Database::open(&copy, &old, Options::default()).unwrap();
        assert_eq!(rows(&copy), 1);
    }
}

#[test]
fn a_migration_that_was_edited_after_it_landed_is_refused() {
    const EDITED: &[Migration] = &[
        Migration {
            name: STEPS[0].name,
            sql: "CREATE TABLE journal (seq INTEGER PRIMARY KEY) STRICT;",
        },
        STEPS[1],
        STEPS[2],
    ];
    let folder = TempDir::new().unwrap();
    drop(open(&at(&folder)));
    let edited = Database::open(
        &at(&folder),
        &Schema {
            migrations: EDITED,
            ..SCHEMA
        },
        Options::default(),
    );
    assert!(matches!(edited, Err(DiskError::MigrationChanged(name)) if name == STEPS[0].name));
}

#[test]
fn windows_line_ends_do_not_count_as_an_edit() {
    const UNIX: &[Migration] = &[Migration {
        name: "202601010900-a",
        sql: "CREATE TABLE a (\nx) ;",
    }];
    const WINDOWS: &[Migration] = &[Migration {
        name: "202601010900-a",
        sql: "CREATE TABLE a (\r\nx) ;",
    }];
    let folder = TempDir::new().unwrap();
    for migrations in [UNIX, WINDOWS] {
        Database::open(
            &at(&folder),
            &Schema {
                application_id: 1,
                migrations,
            },
            Options::default(),
        )
        .unwrap();
    }
}

#[test]
fn a_database_of_a_later_version_is_refused_and_named() {
    let folder = TempDir::new().unwrap();
    drop(open(&at(&folder)));
    let older = Schema {
        migrations: &STEPS[..2],
        ..SCHEMA
    };
    let refused = Database::open(&at(&folder), &older, Options::default());
    assert!(matches!(refused, Err(DiskError::Newer(name)) if name == STEPS[2].name));
}

#[test]
fn a_failing_migration_leaves_the_database_as_it_was() {
    const BROKEN: &[Migration] = &[
        STEPS[0],
        STEPS[1],
        STEPS[2],
        Migration {
            name: "202604010900-broken",
            sql: "CREATE TABLE half (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);",
        },
    ];
    let folder = TempDir::new().unwrap();
    let before = open(&at(&folder)).read(schema_text).unwrap();
    let broken = Database::open(
        &at(&folder),
        &Schema {
            migrations: BROKEN,
            ..SCHEMA
        },
        Options::default(),
    );
    assert!(
        matches!(broken, Err(DiskError::Migration { name, .. }) if name == "202604010900-broken")
    );
    assert_eq!(open(&at(&folder)).read(schema_text).unwrap(), before);
}

#[test]
fn a_database_of_another_program_is_refused_untouched() {
    let folder = TempDir::new().unwrap();
    drop(open(&at(&folder)));
    let other = Schema {
        application_id: 8,
        ..SCHEMA
    };
    assert!(matches!(
        Database::open(&at(&folder), &other, Options::default()),
        Err(DiskError::Foreign)
    ));
}

#[test]
fn a_backup_opens_by_itself_and_replaces_the_last_one() {
    let folder = TempDir::new().unwrap();
    let db = open(&at(&folder));
    let copy = folder.path().join("copies").join("bench.db");
    for seq in 1..=2 {
        append(&db, seq).unwrap();
        db.backup_to(&copy).unwrap();
    }
    let mut files: Vec<_> = std::fs::read_dir(copy.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["bench.db"]);
    append(&db, 3).unwrap();
    assert_eq!(rows(&open(&copy)), 2);
}

#[test]
fn a_checkpoint_empties_the_log_so_that_the_file_alone_is_the_database() {
    let folder = TempDir::new().unwrap();
    let db = open(&at(&folder));
    append(&db, 1).unwrap();
    assert!(db.stats().unwrap().wal_bytes > 0);
    db.checkpoint().unwrap();
    assert_eq!(db.stats().unwrap().wal_bytes, 0);
    let alone = folder.path().join("alone.db");
    std::fs::copy(at(&folder), &alone).unwrap();
    let count: i64 = Connection::open(&alone)
        .unwrap()
        .query_row("SELECT count(*) FROM journal", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_damaged_database_is_noticed_at_start_and_set_aside_with_its_log_never_deleted() {
    let folder = TempDir::new().unwrap();
    let path = at(&folder);
    let db = open(&path);
    for seq in 1..200 {
        append(&db, seq).unwrap();
    }
    drop(db);
    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[4096..].fill(0xA5);
    std::fs::write(&path, &bytes).unwrap();
    let damaged = Database::open(&path, &SCHEMA, Options::default());
    assert!(matches!(damaged, Err(DiskError::Corrupt(_))));

    std::fs::write(path.with_file_name("bench.db-wal"), b"unsent rows").unwrap();
    let aside = set_aside(&path).unwrap();
    assert_eq!(std::fs::read(&aside).unwrap().len(), length);
    assert_eq!(
        std::fs::read(aside.with_file_name("bench.db.set-aside-1-wal")).unwrap(),
        b"unsent rows"
    );
    assert_eq!(rows(&open(&path)), 0);
    assert!(matches!(set_aside(&path), Ok(second) if second != aside));
}

#[test]
fn a_database_in_use_is_not_set_aside() {
    let folder = TempDir::new().unwrap();
    let _db = open(&at(&folder));
    assert!(matches!(set_aside(&at(&folder)), Err(DiskError::InUse)));
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let db = open(&at(&folder));
    append(&db, 1).unwrap();
    for name in ["bench.db", "bench.db-wal", "bench.db.lock"] {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
