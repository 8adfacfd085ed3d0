//! The workstation's database: journal, projections and the one gate that writes them.
//!
//! [`Store::write`] is the only way in: one transaction in which the journal's event and every table
//! it changes land together or not at all. A room says *what happened* ([`Tx::record`]); what that
//! does to the tables is decided here, by the same `fold` that rebuilds them, so that live and
//! rebuilt tables cannot differ. Reading is [`Store::read`], one moment at a time.
//!
//! One file per room. Each holds what its facts and news do to its tables, and its reads; what
//! several rooms share is `tx` (the gate), `feed` (the authority's pages) and `fold`.
//!
//! Not here: rules of what may happen (`domain`), how bytes reach the disk (`disk`), the network.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a test stops at the first surprise"
    )
)]

mod carriers;
mod cases;
mod columns;
mod error;
mod feed;
mod fold;
mod gate;
mod intake;
mod items;
mod journal;
mod labels;
mod leases;
mod ledger;
mod offline;
mod orders;
mod pending;
mod people;
mod peripherals;
mod prune;
mod rebuild;
mod release;
mod reports;
mod salvage;
mod scanner;
mod schema;
mod sealed;
mod serials;
mod snapshot;
mod station;
mod stock;
mod sync;
mod tasks;
#[cfg(test)]
mod tests;
mod tx;
mod verify;
mod view;

// The stories' world speaks of this crate by its name; inside, that name must be given.
#[cfg(test)]
extern crate self as bondhouse_store;
#[cfg(test)]
#[path = "../tests/stories/world/mod.rs"]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]
mod world;

pub use bondhouse_disk::{Check, DiskError, Stats, set_aside};
pub use error::StoreError;
pub use feed::{Acked, Applied, Grant, Page, Revoke, Stopped, Verdict};
pub use intake::NoticeView;
pub use labels::{Label, LabelState};
pub use leases::Consignee;
pub use ledger::LedgerLine;
pub use orders::OrderView;
pub use people::Person;
pub use prune::Pruned;
pub use rebuild::{Rebuilt, TableDiffers};
pub use release::{CanLeave, Job, JobState};
pub use reports::{AsOf, Certificate, CertificateLine, StockReport, StockRow, Totals};
pub use salvage::{Salvaged, salvage, whose};
pub use scanner::{CountedScan, HeardScan, LoggedScan};
pub use schema::SCHEMA;
pub use sealed::FieldKeys;
pub use snapshot::{Snapshot, Told};
pub use station::{Clock, Language, Station};
pub use stock::{Lying, StockMovement};
pub use sync::{Contact, SyncView};
pub use tx::{Done, Request, Room, Tx};
pub use verify::{Finding, Reach, journal as journal_in, reach, verify};
pub use view::View;

use bondhouse_disk::{Database, Options};
use bondhouse_domain::journal::Series;
use bondhouse_domain::time::Zone;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

/// An open workstation database. Share it in an `Arc`.
pub struct Store {
    db: Database,
    fixed: Arc<Fixed>,
}

/// What stays the same for as long as a store is open.
pub(crate) struct Fixed {
    pub(crate) series: Series,
    pub(crate) zone: Zone,
    pub(crate) keys: FieldKeys,
}

impl Store {
    /// Makes the store of a newly enrolled workstation.
    ///
    /// `token_key` is the key of this incarnation's release tokens, as the authority gave it.
    ///
    /// # Errors
    /// [`StoreError::EnrolledAlready`] when the file holds a workstation; [`StoreError::Disk`].
    pub fn create(
        path: &Path,
        keys: FieldKeys,
        station: Station,
        token_key: &[u8],
    ) -> Result<Self, StoreError> {
        Self::create_with(path, keys, station, token_key, Options::default())
    }

    /// The same with other settings of the disk, for tests that simulate one.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_with(
        path: &Path,
        keys: FieldKeys,
        station: Station,
        token_key: &[u8],
        options: Options,
    ) -> Result<Self, StoreError> {
        let db = Database::open(path, &schema::SCHEMA, options)?;
        let fixed = Arc::new(Fixed {
            series: station.series.clone(),
            zone: station.zone,
            keys,
        });
        let (within, token_key) = (Arc::clone(&fixed), token_key.to_vec());
        db.write(move |conn| station::enrol(conn, &within, &station, &token_key))?;
        Ok(Self { db, fixed })
    }

    /// Opens the store of a workstation that was enrolled before.
    ///
    /// # Errors
    /// [`StoreError::NotEnrolled`] when the file is new; [`StoreError::Disk`].
    pub fn open(path: &Path, keys: FieldKeys) -> Result<Self, StoreError> {
        Self::open_with(path, keys, Options::default())
    }

    /// The same with other settings of the disk, for tests that simulate one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(path: &Path, keys: FieldKeys, options: Options) -> Result<Self, StoreError> {
        let db = Database::open(path, &schema::SCHEMA, options)?;
        let (series, zone) = db.read(station::who)?;
        Ok(Self {
            db,
            fixed: Arc::new(Fixed { series, zone, keys }),
        })
    }

    /// The zone in which the warehouse's days begin.
    pub fn zone(&self) -> Zone {
        self.fixed.zone
    }

    /// Whose journal this is.
    pub fn series(&self) -> &Series {
        &self.fixed.series
    }

    /// Reads one moment; nothing can be written meanwhile by `work`.
    ///
    /// # Errors
    /// What `work` returns, or [`StoreError::Disk`].
    pub fn read<T>(
        &self,
        work: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.db.read(|conn| {
            work(&View {
                conn,
                fixed: &self.fixed,
            })
        })
    }

    /// Writes what is no fact of the journal: evidence, contacts, prints that were seen.
    pub(crate) fn put<T: Send + 'static>(
        &self,
        work: impl FnOnce(&View<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let fixed = Arc::clone(&self.fixed);
        self.db.write(move |conn: &rusqlite::Transaction<'_>| {
            let conn: &Connection = conn;
            work(&View {
                conn,
                fixed: &fixed,
            })
        })
    }

    /// Writes a checked copy of the database beside the work.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn backup_to(&self, target: &Path) -> Result<(), StoreError> {
        Ok(self.db.backup_to(target)?)
    }

    /// Moves what was committed from the log into the file, as otherwise happens in pauses by itself: for
    /// simulators, whose time is not the machine's.
    ///
    /// # Errors
    /// [`StoreError::Disk`]; then it stays in the log, where it is safe.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        Ok(self.db.checkpoint()?)
    }

    /// Looks for damage in the file.
    ///
    /// # Errors
    /// [`StoreError::Disk`] with the first finding.
    pub fn check(&self, check: Check) -> Result<(), StoreError> {
        Ok(self.db.check(check)?)
    }

    /// Sizes and counts, for the health page.
    ///
    /// # Errors
    /// [`StoreError::Disk`] when the file is gone.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        Ok(self.db.stats()?)
    }
}
