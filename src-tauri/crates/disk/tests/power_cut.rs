//! The power fails after any step of a day's work: what was answered is there, what is there is whole.
//!
//! Three writers work through a real [`Database`] on a simulated disk, with readers, checkpoints and a
//! restart in between. Then, for every step the disk saw, several states are built in which the drive
//! may be found (unsynced writes there, missing or torn), each is opened the way the program opens it,
//! and the books are checked. The same test is shown to notice `synchronous=NORMAL`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and reports what it saw"
)]

mod books;

use bondhouse_disk::{Check, Database, DiskError, Durability, Options};
use bondhouse_testkit::simulated_disk::{Dice, Fault, Files, SimulatedDisk, Tape};
use books::{SCHEMA, post, read_books};
use std::path::Path;
use std::sync::Mutex;
use tempfile::TempDir;

const WRITERS: usize = 3;

/// The lock file stands on the real disk, the database on the simulated one.
fn open(
    folder: &TempDir,
    disk: &SimulatedDisk,
    durability: Durability,
) -> Result<Database, DiskError> {
    let options = Options {
        durability,
        vfs: Some(disk.vfs()),
        ..Options::default()
    };
    Database::open(&folder.path().join("books.db"), &SCHEMA, options)
}

/// An answer a writer got: after how many steps of the disk, and for which row.
#[derive(Debug)]
struct Answered {
    steps: usize,
    row: i64,
}

fn work(db: &Database, disk: &SimulatedDisk, rounds: usize, answers: &Mutex<Vec<Answered>>) {
    // Small logs, so that many checkpoints happen in the middle of commits.
    db.write::<_, DiskError>(|tx| Ok(tx.pragma_update(None, "wal_autocheckpoint", 20)?))
        .unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || {
                for round in 0..rounds {
                    let row = post(db, 100 + 211 * writer + 37 * round).unwrap();
                    answers.lock().unwrap().push(Answered {
                        steps: disk.steps(),
                        row,
                    });
                    if round % 7 == writer {
                        read_books(db).unwrap();
                    }
                    if round % 11 == 5 && writer == 0 {
                        let _ = db.checkpoint(); // busy when a reader is in the way: also fine
                    }
                }
            });
        }
    });
}

/// A morning, a restart and an afternoon.
fn a_day(folder: &TempDir, durability: Durability) -> (Tape, Vec<Answered>) {
    let (disk, answers) = (SimulatedDisk::new(), Mutex::default());
    for _ in 0..2 {
        let db = open(folder, &disk, durability).unwrap();
        work(&db, &disk, 16, &answers);
    }
    (disk.tape(), answers.into_inner().unwrap())
}

#[derive(Debug, Default)]
struct Found {
    images: usize,
    unsound: usize,
    lost: usize,
}

fn cut_the_power_everywhere(durability: Durability, images_per_step: usize) -> Found {
    let (folder, found_disk) = (TempDir::new().unwrap(), SimulatedDisk::new());
    let (tape, answers) = a_day(&folder, durability);
    let mut found = Found::default();
    for steps in 0..=tape.len() {
        let last_answered = answers
            .iter()
            .filter(|a| a.steps <= steps)
            .map(|a| a.row)
            .max()
            .unwrap_or(0);
        for image in 0..images_per_step {
            let seed = (steps * images_per_step + image) as u64;
            let files = tape.image(steps, &mut Dice::new(seed));
            found_disk.replace(files.clone());
            found.images += 1;
            let books = open(&folder, &found_disk, Durability::PowerCut).and_then(|db| {
                db.check(Check::Full)?;
                read_books(&db)
            });
            match books {
                Ok(books) if !books.balance() => found.unsound += 1,
                Ok(books) if books.rows < last_answered => found.lost += 1,
                Ok(_) => {}
                Err(error) => {
                    println!("after {steps} steps, image {image}: {error:?}");
                    found.unsound += 1;
                }
            }
            if durability == Durability::PowerCut && found.unsound + found.lost > 0 {
                panic!(
                    "{found:?} after {steps} steps; the disk is kept in {}",
                    keep(&files, &tape, &answers).display()
                );
            }
        }
    }
    println!("{durability:?}: {} steps, {found:?}", tape.len());
    found
}

/// Writers race, so a finding cannot be repeated by seed: the files themselves are the evidence.
fn keep(files: &Files, tape: &Tape, answers: &[Answered]) -> std::path::PathBuf {
    let folder = TempDir::new().unwrap().keep();
    std::fs::write(folder.join("steps"), tape.to_string()).unwrap();
    std::fs::write(folder.join("answers"), format!("{answers:?}")).unwrap();
    for (path, bytes) in files {
        std::fs::write(
            folder.join(Path::new(path).file_name().unwrap()),
            bytes.to_vec(),
        )
        .unwrap();
    }
    folder
}

#[test]
fn no_answered_write_is_lost_and_no_image_is_unsound() {
    let found = cut_the_power_everywhere(Durability::PowerCut, 8);
    assert!(found.images >= 2_000, "{found:?}");
    assert_eq!((found.unsound, found.lost), (0, 0));
}

#[test]
fn the_same_test_notices_when_commits_are_not_synced() {
    let found = cut_the_power_everywhere(Durability::ProcessCrash, 2);
    assert_eq!(
        found.unsound, 0,
        "NORMAL loses commits but does not damage: {found:?}"
    );
    assert!(found.lost > found.images / 20, "{found:?}");
}

/// One fault at every write, truncation and sync in turn, until the work ends without meeting it.
fn fail_everywhere(fault: Fault) -> usize {
    for step in 0.. {
        let (folder, disk) = (TempDir::new().unwrap(), SimulatedDisk::new());
        let db = open(&folder, &disk, Durability::PowerCut).unwrap();
        db.write::<_, DiskError>(|tx| Ok(tx.pragma_update(None, "wal_autocheckpoint", 8)?))
            .unwrap();
        post(&db, 100).unwrap();
        disk.fail_at(step, fault);
        let mut answered = 1;
        for size in [200, 5_000, 300] {
            match post(&db, size) {
                Ok(_) => answered += 1,
                Err(error) => assert!(
                    matches!(
                        (fault, &error),
                        (Fault::Full, DiskError::Full) | (Fault::Io, DiskError::Io(_))
                    ),
                    "step {step}: {error:?}"
                ),
            }
        }
        let _ = db.checkpoint(); // may meet the fault
        let struck = disk.mend();
        let row =
            post(&db, 100).unwrap_or_else(|error| panic!("step {step}: no recovery: {error:?}"));
        assert_eq!(
            row,
            answered + 1,
            "step {step}: an unanswered write was stored"
        );
        drop(db);
        let books = read_books(&open(&folder, &disk, Durability::PowerCut).unwrap()).unwrap();
        assert!(
            books.balance() && books.rows == row,
            "step {step}: {books:?}"
        );
        if !struck {
            return step;
        }
    }
    unreachable!("the work has an end")
}

#[test]
fn a_disk_that_fills_up_at_any_step_refuses_honestly_and_recovers() {
    assert!(fail_everywhere(Fault::Full) > 10);
}

#[test]
fn a_disk_error_at_any_step_is_reported_and_the_next_write_works() {
    assert!(fail_everywhere(Fault::Io) > 20);
}
