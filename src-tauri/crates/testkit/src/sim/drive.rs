//! The drive of one machine: a folder for what is no database (keys, the lock), and a simulated disk.
//!
//! Files are spoken of by name, without the folder, so that what was copied from one machine can be put
//! into another.

use super::station::Stop;
use crate::dice::Dice;
use crate::simulated_disk::{Fault, Files, SimulatedDisk};
use bondhouse_disk::{Durability, Options};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Acts until the next pause, in which the log is moved into the file. A step of a history may last
/// twenty seconds, so in truth there is one after nearly each act; with some acts in the log a power cut
/// finds more to take.
const ACTS_TO_A_PAUSE: u32 = 16;

pub(super) struct Drive {
    folder: TempDir,
    disk: SimulatedDisk,
    pub(super) durability: Durability,
    acts: u32,
}

impl Drive {
    /// An empty one.
    pub(super) fn new(disk: SimulatedDisk, durability: Durability) -> Result<Self, Stop> {
        disk.replace(Files::new());
        Ok(Self {
            folder: TempDir::new().map_err(|error| error.to_string())?,
            disk,
            durability,
            acts: 0,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How a database on it is opened.
    pub(super) fn options(&self) -> Options {
        Options {
            readers: 1,
            durability: self.durability,
            // Time is simulated: how fast this process runs must not decide what is in the log.
            pause: Duration::MAX,
            vfs: Some(self.disk.vfs()),
            ..Options::default()
        }
    }

    /// Something was written; answers whether there is a pause now.
    pub(super) fn wrote(&mut self) -> bool {
        self.acts = self.acts.wrapping_add(1);
        self.acts.is_multiple_of(ACTS_TO_A_PAUSE)
    }

    /// What the operating system has.
    pub(super) fn files(&self) -> Files {
        self.by_name(self.disk.files())
    }

    /// What may be found on it if the power fails now.
    pub(super) fn found_after_power_cut(&self, dice: &mut Dice) -> Files {
        self.by_name(self.disk.found_after_power_cut(dice))
    }

    /// Puts files on it, as if they had been found there at power-on.
    pub(super) fn lay(&self, files: &Files) {
        let folder = self.folder().to_string_lossy().into_owned();
        let placed = files.iter();
        self.disk.replace(
            placed
                .map(|(name, bytes)| (format!("{folder}{name}"), bytes.clone()))
                .collect(),
        );
    }

    /// The process dies: `close` lets go of its database, which tidies nothing up any more.
    pub(super) fn killed(&self, close: impl FnOnce()) {
        self.disk.killed(close);
    }

    /// The `step`-th write from now fails.
    pub(super) fn fail_at(&self, step: usize, fault: Fault) {
        self.disk.fail_at(step, fault);
    }

    /// Ends a fault; tells whether it had struck.
    pub(super) fn mend(&self) -> bool {
        self.disk.mend()
    }

    /// Without the shared memory, which no drive holds.
    fn by_name(&self, files: Files) -> Files {
        let folder = self.folder().to_string_lossy().into_owned();
        files
            .into_iter()
            .filter_map(|(path, bytes)| Some((path.strip_prefix(&folder)?.to_owned(), bytes)))
            .filter(|(name, _)| !name.ends_with("-shm"))
            .collect()
    }
}
