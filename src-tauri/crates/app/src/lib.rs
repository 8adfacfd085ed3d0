//! What people can do at a workstation.
//!
//! [`commands`] is the one door in: a table with a line per command. The window reaches it through
//! one Tauri command, `bondctl call` and the tests directly; scans reach the open task through
//! [`floor`], never through a page. One file per room; beside them what the station itself does:
//! [`clock`], keys, enrolment, sign-in, the sync loop.
//!
//! Not here: rules (domain), tables (store), bytes of labels (paper), ports (devices), windows.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a test stops at the first surprise"
    )
)]

mod address;
mod cases;
mod clinic;
pub mod clock;
pub mod commands;
mod copies;
mod error;
mod evidence;
mod floor;
mod gate;
mod intake;
mod items;
mod keys;
mod labels;
mod meaning;
mod offline;
mod orders;
mod people;
mod peripherals;
mod practice;
mod recovery;
mod release;
mod renewal;
mod reports;
mod rooms;
mod scanner;
mod schema;
mod station;
mod stock;
mod sync;
pub mod upkeep;
mod weighing;

pub use error::{AppError, WireError};

pub use rooms::FLOOR_ROOMS;
pub use schema::typescript;

use bondhouse_domain::ids::RequestId;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::task::view::RoomView;
use bondhouse_store::{Room, Store};
use floor::Floor;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

/// Where a workstation keeps things and what is plugged into it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its data folder: database, keys, printed labels, backups.
    pub data: PathBuf,
    /// The `assets` folder: catalogue, label templates, fonts.
    pub assets: PathBuf,
    /// Where the platform answers, as a proposal on the first-run page.
    pub platform_url: String,
    /// Paths of serial scanners that no USB identity names (adapters, pseudo-terminals).
    pub scanners: Vec<PathBuf>,
    /// Started for practice: the window has a scanner of its own. Never in a station that works.
    pub practice: bool,
}

/// What the app tells whoever draws it.
#[derive(Debug, Clone)]
pub enum AppEvent {
    /// Tables of these rooms changed: whoever shows them fetches again.
    Changed(Vec<String>),
    /// A scan was answered; what it changed is durable.
    Answered(Box<RoomView>),
    /// A scan was read while no room was open: it counted nothing.
    Unclaimed(String),
    /// A room was opened by its code, or for who came by badge: whoever draws goes there.
    Opened(String),
}

/// An open workstation.
pub struct App {
    config: Config,
    keys: keys::Keys,
    store: OnceLock<Store>,
    events: Box<dyn Fn(AppEvent) + Send + Sync>,
    floor: Mutex<Floor>,
    door: floor::entrance::Door,
    session: Mutex<Option<people::Session>>,
    link: sync::Link,
    paper: labels::Printer,
    peripherals: peripherals::Peripherals,
    clinic: clinic::Clinic,
    weighing: weighing::Weighing,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl App {
    /// Opens the workstation in a data folder; before enrolment there is no database yet.
    ///
    /// # Errors
    /// [`AppError::Failed`] with a plain message when another instance runs, the disk is full or
    /// damaged, or the database is newer than this program.
    pub fn open(
        config: Config,
        events: impl Fn(AppEvent) + Send + Sync + 'static,
    ) -> Result<Arc<Self>, AppError> {
        let keys = keys::Keys::open(&config.data)?;
        let store = OnceLock::new();
        if let Some(open) = station::open_store(&config, &keys)? {
            // A fresh cell: nothing can be in it.
            let _ = store.set(open);
        }
        let app = Arc::new(Self {
            paper: labels::Printer::new(&config),
            link: sync::Link::new(),
            config,
            keys,
            store,
            events: Box::new(events),
            floor: Mutex::new(Floor::default()),
            door: floor::entrance::Door::default(),
            session: Mutex::new(None),
            peripherals: peripherals::Peripherals::default(),
            clinic: clinic::Clinic::default(),
            weighing: weighing::Weighing::default(),
            threads: Mutex::new(Vec::new()),
        });
        scanner::start(&app);
        weighing::start(&app);
        sync::start(&app);
        labels::resume(&app);
        Ok(app)
    }

    /// Answers a call by name: the door for windows, `bondctl` and tests.
    ///
    /// Blocks until the answer is durable. A repeated `id` gets the earlier answer.
    ///
    /// # Errors
    /// A refusal of the rules, or a failure under a trace id.
    pub fn call(&self, name: &str, id: RequestId, req: Value) -> Result<Value, WireError> {
        commands::dispatch(self, name, id, req)
            .map_err(|error| WireError::of(error, name, id.0.to_string()))
    }

    /// Stops readers and sync, and waits until nothing is being written any more.
    ///
    /// When the last reference is dropped after this, the database is closed and free for others.
    pub fn close(&self) {
        self.peripherals.stop();
        self.weighing.stop();
        self.link.stop();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a background thread ended in a panic");
            }
        }
    }

    /// Runs `work` beside the rest until it ends by itself; [`close`](Self::close) waits for it.
    pub(crate) fn beside(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        match std::thread::Builder::new().name(name.into()).spawn(work) {
            Ok(thread) => self
                .threads
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(thread),
            Err(error) => tracing::error!(%error, name, "no thread"),
        }
    }

    /// The database, once the station is enrolled.
    pub(crate) fn store(&self) -> Result<&Store, AppError> {
        self.store
            .get()
            .ok_or_else(|| bondhouse_domain::station::says::not_enrolled().into())
    }

    pub(crate) fn floor(&self) -> MutexGuard<'_, Floor> {
        // A panic while answering leaves the last durable state in place: it is the one to go on from.
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn session(&self) -> MutexGuard<'_, Option<people::Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, event: AppEvent) {
        (self.events)(event);
    }

    pub(crate) fn touched(&self, rooms: impl IntoIterator<Item = Room>) {
        let names: Vec<String> = rooms
            .into_iter()
            .map(|room| rooms::noun(room).to_owned())
            .collect();
        if !names.is_empty() {
            self.tell(AppEvent::Changed(names));
        }
    }
}

/// A refusal as the error a call ends in.
pub(crate) fn refuse<T>(refusal: Refusal) -> Result<T, AppError> {
    Err(AppError::Refused(refusal))
}
