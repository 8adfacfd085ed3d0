//! The power fails after any step of a worked shift: whatever the drive then holds opens, adds up, and
//! has every event and every entry that the store had answered for.
//!
//! A real shift on the real store over a simulated disk: counts, releases, pages of the feed, rights
//! that end, a restart. For each step the disk saw one state is built in which the drive may be found.
//! The same test is shown to notice `synchronous=NORMAL`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it saw"
)]

#[path = "stories/world/mod.rs"]
mod world;
use crate::world::{World, counted, first_news, keys, leased, picked, put_away, released, started};
use bondhouse_disk::{Durability, Options};
use bondhouse_domain::facts::Condition;
use bondhouse_store::Store;
use bondhouse_testkit::simulated_disk::{Dice, SimulatedDisk, Tape};
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

/// A tape longer than this is folded before an image is made of it.
const FOLD: usize = 200;

/// What the store had answered for when the disk had done so many steps.
struct Answered {
    steps: usize,
    head: u64,
    feed: u64,
}

fn options(disk: &SimulatedDisk, durability: Durability) -> Options {
    Options {
        durability,
        readers: 1,
        vfs: Some(disk.vfs()),
        ..Options::default()
    }
}

/// How far journal and feed reach.
fn reaches(store: &Store) -> (u64, u64) {
    let reached = store.read(|view| Ok((view.head()?.seq.0, view.cursor()?.0.0)));
    reached.unwrap()
}

struct Shift {
    world: World,
    disk: SimulatedDisk,
    answers: Vec<Answered>,
}

impl Shift {
    fn did(&mut self) {
        let (head, feed) = reaches(self.world.store());
        self.answers.push(Answered {
            steps: self.disk.steps(),
            head,
            feed,
        });
    }

    fn restart(&mut self, durability: Durability) {
        drop(self.world.store.take());
        let path = self.world.path();
        let store = Store::open_with(&path, keys(), options(&self.disk, durability));
        self.world.store = Some(store.unwrap());
    }

    fn work(&mut self, durability: Durability) {
        self.world.hear(first_news());
        self.did();
        for part in 0..2 {
            for round in 0..11 {
                self.world
                    .record(vec![counted(5, Condition::Good)])
                    .unwrap();
                self.did();
                if round % 2 == 0 {
                    self.world.record(vec![put_away(4)]).unwrap();
                    self.did();
                }
            }
            self.world.push(7);
            self.did();
            for n in 0..4 {
                let no = format!("B{part}{n}");
                self.world.hear(vec![
                    leased(&no, 1),
                    crate::world::moved(
                        bondhouse_domain::stock::Bucket::Available,
                        bondhouse_domain::stock::Bucket::Reserved,
                        1,
                    ),
                ]);
                let grants = vec![crate::world::grant(&no, 1, i64::MAX)];
                let page = bondhouse_store::Page {
                    grants,
                    ..self.world.page(vec![])
                };
                self.world.apply(page).unwrap();
                self.did();
                self.world.record(vec![started(&no, 1)]).unwrap();
                self.did();
                if n == 3 {
                    self.world.revoke(&no, 1);
                } else {
                    self.world
                        .record(vec![picked(&no), released(&no, 1)])
                        .unwrap();
                }
                self.did();
            }
            self.world.push(50);
            self.did();
            self.restart(durability);
        }
    }
}

/// A shift on a disk of its own.
fn a_shift(durability: Durability) -> (Tape, Vec<Answered>, std::path::PathBuf) {
    // The world makes its store on whatever disk there is.
    static UNDER: LazyLock<SimulatedDisk> = LazyLock::new(SimulatedDisk::under_everything);
    let disk = UNDER.clone();
    disk.replace(Default::default());
    let mut shift = Shift {
        world: World::new(),
        disk,
        answers: vec![],
    };
    shift.restart(durability);
    shift.did();
    shift.work(durability);
    shift.world.assert_sound();
    drop(shift.world.store.take());
    (shift.disk.tape(), shift.answers, shift.world.path())
}

#[derive(Debug, Default)]
struct Found {
    images: usize,
    unsound: usize,
    lost: usize,
}

/// Every `stride`-th step from `first`, on a disk and in a folder of this thread's own.
fn cut(
    tape: &Tape,
    answers: &[Answered],
    path: &Path,
    (first, stride): (usize, usize),
    images: usize,
) -> Found {
    let (disk, folder) = (SimulatedDisk::new(), TempDir::new().unwrap());
    let here = folder.path().join("station.db");
    let (there, named) = (path.to_str().unwrap(), here.to_str().unwrap());
    let mut found = Found::default();
    let begun = answers.first().map_or(0, |answered| answered.steps);
    let (mut tape, mut gone, whole) = (tape.clone(), 0, tape.len());
    for steps in (begun + first..=whole).step_by(stride) {
        if steps - gone > FOLD {
            gone += tape.fold(steps - gone - FOLD / 2);
        }
        let before = answers.iter().rev().find(|answer| answer.steps <= steps);
        for image in 0..images {
            let seed = (steps * images + image) as u64;
            let image = tape.image(steps - gone, &mut Dice::new(seed)).into_iter();
            disk.replace(
                image
                    .map(|(file, bytes)| (file.replacen(there, named, 1), bytes))
                    .collect(),
            );
            found.images += 1;
            let opened = Store::open_with(&here, keys(), options(&disk, Durability::PowerCut));
            let looked = opened.and_then(|store| {
                let sound = store.verify()?.iter().all(bondhouse_store::Finding::holds);
                Ok((sound, reaches(&store)))
            });
            match looked {
                Ok((true, (head, feed))) => {
                    let kept = before.is_none_or(|b| head >= b.head && feed >= b.feed);
                    found.lost += usize::from(!kept);
                }
                Ok((false, _)) => found.unsound += 1,
                Err(error) => {
                    println!("after {steps} steps, seed {seed}: {error:?}");
                    found.unsound += 1;
                }
            }
        }
    }
    found
}

/// On two threads.
fn cut_the_power_everywhere(durability: Durability, stride: usize, images: usize) -> Found {
    let (tape, answers, path) = a_shift(durability);
    let halves = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let (tape, answers, path) = (&tape, &answers, &path);
            scope.spawn(move || cut(tape, answers, path, (half * stride, 2 * stride), images))
        });
        halves.map(|half| half.join().unwrap())
    });
    let found = halves.into_iter().fold(Found::default(), |sum, one| Found {
        images: sum.images + one.images,
        unsound: sum.unsound + one.unsound,
        lost: sum.lost + one.lost,
    });
    println!("{durability:?}: {} steps, {found:?}", tape.len());
    found
}

#[test]
fn no_answered_event_is_lost_no_image_is_unsound_and_unsynced_commits_would_be_noticed() {
    let long = std::env::var("BONDHOUSE_LONG").is_ok();
    let found = cut_the_power_everywhere(Durability::PowerCut, 1, if long { 12 } else { 1 });
    assert!(found.images >= 2_000, "{found:?}");
    assert_eq!((found.unsound, found.lost), (0, 0));

    let found = cut_the_power_everywhere(Durability::ProcessCrash, 5, 1);
    assert_eq!(found.unsound, 0, "NORMAL loses, it does not damage");
    assert!(found.lost > found.images / 20, "{found:?}");
}
