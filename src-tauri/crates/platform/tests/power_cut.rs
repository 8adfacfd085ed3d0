//! The power of the platform's machine fails after any step its disk saw of a worked day: whatever the
//! drive then holds starts, passes the doctor, and has everything that was acknowledged.
//!
//! The real platform works over HTTP with its database on a simulated disk, through a restart and the
//! checkpoints that come with it. States in which the drive may be found are built evenly along the day,
//! 4,000 of them in the long form. The same test is shown to notice commits that were never synced.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it saw"
)]

#[path = "stories/support/mod.rs"]
mod support;
use crate::support::station::Station;
use crate::support::{SHOP, World};
use bondhouse_domain::facts::{Fact, Signed};
use bondhouse_platform::{Config, Platform, Storage};
use bondhouse_protocol::wire::Ask;
use bondhouse_testkit::simulated_disk::{Dice, SimulatedDisk, Tape};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A tape longer than this is folded before an image is made of it.
const FOLD: usize = 200;

/// What had been acknowledged when the disk had done so many steps.
#[derive(Debug, Clone, Copy)]
struct Acknowledged {
    steps: usize,
    entries: usize,
    events: usize,
}

/// A day at a platform, noted act by act.
struct Day {
    world: World,
    bench: Station,
    disk: SimulatedDisk,
    noted: Vec<Acknowledged>,
}

impl Day {
    /// Everything asked so far has been answered.
    async fn noted(&mut self) {
        let health =
            crate::support::reply(self.world.http.get(self.world.platform.url() + "/health"));
        let entries = health.await.ok()["feed_pos"].as_u64().unwrap();
        self.noted.push(Acknowledged {
            steps: self.disk.steps(),
            entries: usize::try_from(entries).unwrap(),
            events: usize::try_from(self.bench.acked).unwrap(),
        });
    }

    async fn work(&mut self, round: u32) {
        for n in 0..3 {
            let order = format!("B{round}{n}");
            self.world.buy(&order, 1).await;
            self.noted().await;
            let list = self.world.list_declared().await;
            self.world.receipt(&list, "2", 1).await;
            self.noted().await;
            self.world.receipt(&list, "800", 2).await;
            self.noted().await;
            if n == 2 {
                let path = format!("/v1/shop/orders/{SHOP}/{order}/cancel");
                let wish = self.world.post(&self.world.shop, &path, &Value::Null);
                wish.await.ok();
                self.noted().await;
                continue;
            }
            self.bench.sync(&self.world, 1, vec![]).await;
            self.noted().await;
            let lease = self.bench.leases[0].clone();
            self.bench.release(&lease);
            self.bench.record(Fact::Signed(Signed { signed_in: true }));
            self.bench.sync(&self.world, 0, vec![]).await;
            self.noted().await;
        }
        let vehicle = format!("浙B9999{round}");
        let asked = self.bench.ask(&self.world, Ask::RequestPass { vehicle });
        assert_eq!(asked.await, None);
        self.noted().await;
        let note = format!("QD310526E00000000{round}");
        self.world.approve_note("1", &note).await;
        self.noted().await;
    }

    /// The platform is stopped in order, which folds its log into the file, and started again.
    async fn restart(&mut self) {
        let config = self.world.config.clone();
        let stand_in = TempDir::new().unwrap();
        let stand_in = Platform::start(Config::at(stand_in.path())).await.unwrap();
        let platform = std::mem::replace(&mut self.world.platform, stand_in);
        platform.stop().await.unwrap();
        let platform = Platform::start(config).await.unwrap();
        let stand_in = std::mem::replace(&mut self.world.platform, platform);
        stand_in.stop().await.unwrap();
    }
}

#[derive(Debug, Default)]
struct Found {
    images: usize,
    unsound: usize,
    lost: usize,
}

/// What a cut looks at: a tape, and what had been acknowledged along it.
struct Evidence<'a> {
    tape: &'a Tape,
    noted: &'a [Acknowledged],
    disk: &'a SimulatedDisk,
    /// Where the platform worked.
    data: &'a Path,
}

impl Evidence<'_> {
    /// So many images, evenly along the tape, by two threads.
    fn cut(&self, images: usize) -> Found {
        let found = std::thread::scope(|scope| {
            let halves = [0, 1].map(|half| scope.spawn(move || self.half(half, images)));
            halves.map(|half| half.join().unwrap())
        });
        let found = found.iter().fold(Found::default(), |sum, one| Found {
            images: sum.images + one.images,
            unsound: sum.unsound + one.unsound,
            lost: sum.lost + one.lost,
        });
        println!("{} steps, {found:?}", self.tape.len());
        found
    }

    /// In a folder of its own, with the same keys.
    fn half(&self, half: usize, images: usize) -> Found {
        let folder = TempDir::new().unwrap();
        for key in ["authority.key", "data.key", "admin.key"] {
            std::fs::copy(self.data.join(key), folder.path().join(key)).unwrap();
        }
        let (there, here) = (self.data.to_str().unwrap(), folder.path().to_str().unwrap());
        let config = Config::at(folder.path());
        let mut found = Found::default();
        let (mut tape, mut gone) = (self.tape.clone(), 0);
        let (begun, end) = (self.noted[0].steps, self.tape.len());
        for image in (half..images).step_by(2) {
            let steps = begun + (end - begun) * image / (images - 1);
            if steps - gone > FOLD {
                gone += tape.fold(steps - gone - FOLD / 2);
            }
            let mut before = self.noted.iter().rev();
            let before = before.find(|noted| noted.steps <= steps).unwrap();
            let files = tape
                .image(steps - gone, &mut Dice::new(image as u64))
                .into_iter();
            let ours = files.filter(|(path, _)| path.starts_with(there));
            let ours = ours.map(|(path, bytes)| (path.replacen(there, here, 1), bytes));
            self.disk.place(here, ours.collect());
            found.images += 1;
            match bondhouse_platform::examine(&config) {
                Ok(findings) if findings.wrong.is_empty() => {
                    let counted = |what: &str| {
                        let found = findings.checked.iter().find(|(name, _)| *name == what);
                        found.map_or(0, |(_, count)| *count)
                    };
                    let kept = counted("feed entries") >= before.entries
                        && counted("journal events") >= before.events;
                    found.lost += usize::from(!kept);
                }
                Ok(findings) => {
                    println!("after {steps} steps, image {image}: {:?}", findings.wrong);
                    found.unsound += 1;
                }
                Err(error) => {
                    println!("after {steps} steps, image {image}: {error:?}");
                    found.unsound += 1;
                }
            }
        }
        found
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_act_is_lost_no_image_is_unsound_and_unsynced_commits_would_be_noticed() {
    let disk = SimulatedDisk::under_everything();
    let world = World::open_with(|config| config.storage = Storage::Embedded).await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 40).await;
    let mut day = Day {
        world,
        bench,
        disk,
        noted: vec![],
    };
    day.noted().await;
    for round in 1..=3 {
        day.work(round).await;
        day.restart().await;
    }
    let Day {
        world, disk, noted, ..
    } = day;
    world.platform.stop().await.unwrap();
    let tape = disk.tape();
    let data = &world.config.data;
    let cut = |tape: &Tape, images: usize| {
        let evidence = Evidence {
            tape,
            noted: &noted,
            disk: &disk,
            data,
        };
        tokio::task::block_in_place(|| evidence.cut(images))
    };

    // The doctor looks at everything, some 50 ms of one core an image in a development build.
    let long = std::env::var("BONDHOUSE_LONG").is_ok();
    let images = if long { 4_000 } else { 1_000 };
    let found = cut(&tape, images);
    assert_eq!(found.images, images, "{found:?}");
    assert_eq!((found.unsound, found.lost), (0, 0));

    // As `synchronous=NORMAL` would leave it, or a drive that lies: commits are written, never synced.
    let found = cut(&tape.without_syncs_of("platform.db-wal"), 40);
    assert!(found.lost > found.images / 20, "{found:?}");
}
