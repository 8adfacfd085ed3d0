//! SQLite without nouns: open, migrate, one writer with group commit, readers, backup.
//!
//! This is the only crate that decides how bytes reach the disk, and it promises one thing: **what
//! [`Database::write`] has answered is still there after a power cut.** Three tests hold it to that:
//! `tests/power_cut.rs` (images of a simulated disk), `tests/killed.rs` (processes killed at every
//! sync) and `tests/stories.rs`.
//!
//! It knows no table but its own `schema_migrations`. What is written, and whether it may be, is the
//! business of `store` and `platform`, which pass in closures and their [`Schema`].
//!
//! Rules for writes: keep them short, since one runs at a time; no deferred foreign keys, since their
//! failure would be the whole batch's; no `BEGIN` or `COMMIT`, since the transaction is shared.

#![forbid(unsafe_code)]

mod backup;
mod connection;
mod error;
mod files;
mod look;
mod migrations;
mod readers;
mod writer;

pub use connection::{Check, Durability, Options, check};
pub use error::{Cause, DiskError};
pub use files::set_aside;
pub use look::look;
pub use migrations::{Migration, Schema, schema_text};

use rusqlite::{Connection, Transaction};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// An open database: share it by reference or `Arc`. Dropping it finishes what is queued.
pub struct Database {
    path: PathBuf,
    // Order matters: connections close before the lock is freed.
    writer: writer::Writer,
    readers: readers::Readers,
    _lock: files::AppLock,
}

/// How much is there and how much was written since opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Size of the database file.
    pub bytes: u64,
    /// Size of the write-ahead log beside it; large and not shrinking means a reader never ends.
    pub wal_bytes: u64,
    /// Writes answered, refusals included.
    pub writes: u64,
    /// Commits, each one sync; fewer than `writes` when writers shared them.
    pub commits: u64,
}

impl Database {
    /// Opens, checks and migrates a database, creating it when there is none.
    ///
    /// # Errors
    /// [`DiskError::InUse`] when another instance has it; [`DiskError::Corrupt`], after which
    /// [`set_aside`] makes room for a new one; [`DiskError::Newer`] and [`DiskError::MigrationChanged`]
    /// when it does not fit this program; [`DiskError::Foreign`] when it is not ours.
    pub fn open(path: &Path, schema: &Schema, options: Options) -> Result<Self, DiskError> {
        connection::require_safe_sqlite()?;
        files::prepare(path)?;
        let lock = files::AppLock::take(path)?;
        let mut conn = connection::open(path, &options, connection::Role::Writer)?;
        if size(path)? <= options.check_up_to {
            connection::check(&conn, Check::Quick)?;
        }
        migrations::migrate(&mut conn, path, schema)?;
        Ok(Self {
            writer: writer::Writer::start(conn, options.pause)?,
            readers: readers::Readers::new(path, options),
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Runs `work` in a transaction and returns its answer once the commit is durable.
    ///
    /// An `Err` from `work` rolls back its changes alone. Blocks; from async code use
    /// [`Self::write_async`].
    ///
    /// # Errors
    /// What `work` refuses, or a [`DiskError`], after which nothing of it is stored.
    pub fn write<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DiskError> + Send + 'static,
    {
        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        self.writer
            .submit(work, move |result| drop(reply.send(result)))?;
        answer.recv().map_err(|_| DiskError::Closed)?
    }

    /// [`Self::write`] for async code: the same queue, without a thread per waiting request.
    ///
    /// Dropping the future does not take the write back.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_async<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DiskError> + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.writer
            .submit(work, move |result| drop(reply.send(result)))?;
        answer.await.map_err(|_| DiskError::Closed)?
    }

    /// Runs `work` on a connection that cannot write and sees one moment throughout.
    ///
    /// Waits while all readers are lent; from async code call it in `spawn_blocking`.
    ///
    /// # Errors
    /// What `work` returns, or a [`DiskError`].
    pub fn read<T, E: From<DiskError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.readers.read(work)
    }

    /// Writes a verified copy to `target`, replacing an earlier one only once the new one is sound.
    ///
    /// # Errors
    /// [`DiskError::Full`], or [`DiskError::Corrupt`] when the copy does not pass its check.
    pub fn backup_to(&self, target: &Path) -> Result<(), DiskError> {
        self.readers
            .with_connection(|conn| backup::backup(conn, target))
    }

    /// Looks for damage; takes as long as [`Check`] says, and writes go on meanwhile.
    ///
    /// # Errors
    /// [`DiskError::Corrupt`] with the first finding.
    pub fn check(&self, check: Check) -> Result<(), DiskError> {
        self.readers.read(|conn| connection::check(conn, check))
    }

    /// Moves the write-ahead log into the database file and empties it: before copying the file by
    /// other means, or when the day ends. Otherwise the writer does it in its pauses.
    ///
    /// # Errors
    /// [`DiskError::Busy`] when a long read is in the way.
    pub fn checkpoint(&self) -> Result<(), DiskError> {
        let end = Instant::now() + connection::PATIENCE;
        self.readers.with_connection(|conn| {
            loop {
                let busy: bool =
                    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
                match busy {
                    false => return Ok(()),
                    true if Instant::now() >= end => return Err(DiskError::Busy),
                    // SQLite waits for readers, but not for the writer's own checkpoint in a pause.
                    true => std::thread::sleep(Duration::from_millis(5)),
                }
            }
        })
    }

    /// Sizes and counts, for the health page.
    ///
    /// # Errors
    /// [`DiskError::Io`] when the file is gone.
    pub fn stats(&self) -> Result<Stats, DiskError> {
        Ok(Stats {
            bytes: size(&self.path)?,
            wal_bytes: size(&files::beside(&self.path, "-wal"))?,
            writes: self.writer.counters.writes.load(Ordering::Relaxed),
            commits: self.writer.counters.commits.load(Ordering::Relaxed),
        })
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Bytes of a file; 0 when it does not exist (yet).
fn size(path: &Path) -> Result<u64, DiskError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}
