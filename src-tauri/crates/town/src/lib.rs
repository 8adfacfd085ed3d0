//! The simulated outside world: shops, payment institutions, customs, quarantine, carriers and a freight
//! forwarder.
//!
//! The town talks to the logistics platform over its public HTTP interface and in no other way. It
//! shares with it the form of the documents (`bondhouse_customs`, the document values of
//! `bondhouse_domain`), and none of its judgement: comparison, tax and clearance are decided here
//! by rules written for this crate alone, so that each side is tried against somebody else's.
//!
//! | file | what it is |
//! |---|---|
//! | `world` | who there is and what the `n`-th order or notice says: a function of the seed |
//! | `dice` | chance, drawn from seed and name |
//! | `trade`, `carriers`, `customs` | the actors: what they know and what they write |
//! | `quarantine` | inspection and quarantine: sampling, result, release or destruction |
//! | `receiver` | a shop's own server, which the platform calls back |
//! | `letters` | the post between them and the platform, and what goes wrong on it |
//! | `line` | signed HTTP |
//! | `seeding` | the first hour: everyone registers, goods and places are listed |
//! | `town`, `memory` | the day: who acts when, and what survives a restart |
//!
//! It will not: call anything of the platform's but its interface, keep a rule in common with it, or
//! use real people's data.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "a test stops at the first surprise"
    )
)]

mod carriers;
mod config;
mod customs;
mod dice;
mod letters;
mod line;
mod memory;
mod quarantine;
mod receiver;
mod seeding;
mod town;
mod trade;
pub mod world;

pub use config::{Clock, Config, Faults, Temper, system_now};
pub use dice::Dice;
pub use town::Tally;
pub use world::World;

use anyhow::Context;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use town::Running;

/// Between two turns: short enough for a demo, long enough to leave the platform its machine.
const TURN: Duration = Duration::from_millis(50);

/// A town that lives in a thread of its own.
pub struct Town {
    world: World,
    state: Arc<Shared>,
    thread: JoinHandle<anyhow::Result<()>>,
}

/// What the thread and its owner share.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    quiet: AtomicBool,
    tally: Mutex<Tally>,
}

impl Town {
    /// Seeds the warehouse and begins the day. When this returns, everyone is registered and
    /// everything is listed; notices and orders follow.
    ///
    /// # Errors
    /// When the platform does not answer, refuses the admin key, or knows the firms already.
    pub fn start(config: Config) -> anyhow::Result<Self> {
        // The HTTP library blocks, which it must not do on the caller's runtime: all of it is in the thread.
        let (ready, opened) = std::sync::mpsc::channel();
        let state = Arc::new(Shared::default());
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("town".to_owned())
            .spawn(move || {
                let mut running = match Running::open(config) {
                    Ok(running) => running,
                    Err(error) => {
                        ready.send(Err(error)).ok();
                        return Ok(());
                    }
                };
                ready.send(Ok(running.world().clone())).ok();
                while !shared.stop.load(Ordering::SeqCst) {
                    running.turn()?;
                    shared.quiet.store(running.is_quiet(), Ordering::SeqCst);
                    if let Ok(mut tally) = shared.tally.lock() {
                        *tally = running.tally;
                    }
                    std::thread::sleep(TURN);
                }
                Ok(())
            })?;
        let world = opened
            .recv()
            .context("the town's thread ended before it began")??;
        Ok(Self {
            world,
            state,
            thread,
        })
    }

    /// Who there is and what they send.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// What was done so far.
    pub fn tally(&self) -> Tally {
        self.state
            .tally
            .lock()
            .map(|tally| *tally)
            .unwrap_or_default()
    }

    /// Whether nothing is on its way at this moment.
    pub fn is_quiet(&self) -> bool {
        self.state.quiet.load(Ordering::SeqCst)
    }

    /// Whether the day has ended by itself, which only a failure does.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends the day; what is unfinished stays in memory for the next start.
    ///
    /// # Errors
    /// What ended the day before, if something did.
    pub fn stop(self) -> anyhow::Result<()> {
        self.state.stop.store(true, Ordering::SeqCst);
        self.thread
            .join()
            .map_err(|_| anyhow::anyhow!("the town's thread failed"))?
    }
}
