//! What a town must not forget when it is stopped: keys, what was sent, and what is still owed.
//!
//! A small JSON file, written whole and renamed into place. Everything else is made anew from the
//! seed and from the platform's outbox. Holds secrets of simulated firms and nobody's data.

use crate::line::Key;
use anyhow::Context;
use bondhouse_domain::time::Instant;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The memory of a town.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// What everything was drawn from; another seed is another town.
    pub(crate) seed: u64,
    /// The day of the first start.
    pub(crate) founded: NaiveDate,
    /// Keys by firm.
    pub(crate) keys: BTreeMap<String, Key>,
    /// How many orders were placed.
    pub(crate) orders: u64,
    /// Placed orders of which a paper is not yet at the platform.
    pub(crate) open: BTreeMap<u64, Open>,
    /// How many notices were written.
    pub(crate) notices: u64,
    /// Notices that are not yet at the platform.
    pub(crate) open_notices: BTreeSet<u64>,
    /// How many waybill numbers each carrier gave out.
    pub(crate) numbers: BTreeMap<String, u64>,
    /// Every message of customs' outbox up to here is answered.
    pub(crate) answered: u64,
    /// When vehicles went out, by pass.
    pub(crate) gone: BTreeMap<String, Instant>,
    /// Parcels not yet signed for: carrier and waybill number, and when they will be.
    pub(crate) deliveries: BTreeMap<String, Instant>,
    /// Whether the institutions have sent their records of the first orders.
    #[serde(default)]
    pub(crate) remitted: bool,
}

/// An order with something still to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) placed_at: Instant,
    pub(crate) order: bool,
    pub(crate) payment: bool,
}

impl Memory {
    /// A new town's.
    pub(crate) fn new(seed: u64, founded: NaiveDate) -> Self {
        Self {
            seed,
            founded,
            keys: BTreeMap::new(),
            orders: 0,
            open: BTreeMap::new(),
            notices: 0,
            open_notices: BTreeSet::new(),
            numbers: BTreeMap::new(),
            answered: 0,
            gone: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            remitted: false,
        }
    }

    fn file(folder: &Path) -> PathBuf {
        folder.join("town.json")
    }

    /// The memory kept in a folder, if there is one of this seed.
    ///
    /// # Errors
    /// When it cannot be read, or belongs to another seed.
    pub(crate) fn load(folder: &Path, seed: u64) -> anyhow::Result<Option<Self>> {
        let file = Self::file(folder);
        if !file.exists() {
            return Ok(None);
        }
        let bytes =
            std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let memory: Self = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is no town's memory", file.display()))?;
        anyhow::ensure!(
            memory.seed == seed,
            "{} remembers the town of seed {}",
            file.display(),
            memory.seed
        );
        Ok(Some(memory))
    }

    /// Keeps it in a folder.
    pub(crate) fn save(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let (file, fresh) = (Self::file(folder), folder.join("town.json.new"));
        let bytes = serde_json::to_vec_pretty(self)?;
        write_private(&fresh, &bytes)
            .with_context(|| format!("cannot write {}", fresh.display()))?;
        std::fs::rename(&fresh, &file).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// Writes a file that only its owner reads: it holds secrets.
fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(bytes)
}
