//! Where a platform keeps what it knows: a file of its own, or a database that several nodes share.
//!
//! The file is the default and the faster of the two; a server is for when one machine is outgrown.
//! What an act or a read is does not depend on it: both are closures over [`Rows`], and both engines
//! promise the same of them (docs/decisions tells why this is not a set of rooms for each).

use crate::authority::SCHEMA;
use crate::config::{Config, Storage};
use crate::error::{Error, Result};
use crate::keys::Of;
use crate::postgres::Server;
use crate::rows::{Rows, values};
use crate::{planner, says};
use bondhouse_disk::{Check, DiskError, Options};
use bondhouse_domain::ids::WarehouseId;
use std::path::Path;

/// An open database.
pub(crate) enum Database {
    Embedded(bondhouse_disk::Database),
    Shared(Server),
}

/// Why a platform does not start, by its catalogued code; the disk's own words stay the cause.
fn not_opened(folder: &Path, error: DiskError) -> anyhow::Error {
    let refusal = match &error {
        DiskError::InUse => says::in_use(),
        DiskError::Full => says::disk_full(),
        DiskError::Busy => says::busy(),
        DiskError::ReadOnly => says::read_only(),
        DiskError::Newer(step) => says::newer_database(step),
        other => says::not_opened(other),
    };
    let place = format!("cannot open {}", folder.join("platform.db").display());
    anyhow::Error::new(error).context(place).context(refusal)
}

/// How much is there and how much this node has written.
pub(crate) struct Stats {
    pub(crate) bytes: u64,
    pub(crate) wal_bytes: u64,
    pub(crate) writes: u64,
    pub(crate) commits: u64,
}

impl Database {
    /// Opens and migrates it. Blocks: not for a thread that runs async code.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Self> {
        Ok(match &config.storage {
            Storage::Embedded => {
                let path = config.data.join("platform.db");
                let file = bondhouse_disk::Database::open(&path, &SCHEMA, Options::default())
                    .map_err(|error| not_opened(&config.data, error))?;
                file.write(|tx| planner::tell(tx))
                    .map_err(|error| anyhow::anyhow!("cannot prepare the database: {error:?}"))?;
                Self::Embedded(file)
            }
            Storage::Postgres(url) => Self::Shared(Server::open(url, &SCHEMA)?),
        })
    }

    /// Runs `work` on one moment of it, whether or not a platform is running, with what damage was found
    /// in the file. One that is running is looked at as it is; any other is migrated first. Blocks.
    pub(crate) fn look<T>(
        config: &Config,
        work: impl FnOnce(Rows<'_>, Option<Error>) -> Result<T>,
    ) -> anyhow::Result<T> {
        let looked = match Self::open(config) {
            Ok(database) => {
                let damage = database.check().err();
                database.read(|rows| work(rows, damage))
            }
            Err(error) if matches!(error.downcast_ref(), Some(DiskError::InUse)) => {
                let file = config.data.join("platform.db");
                bondhouse_disk::look(&file, &SCHEMA, |connection| {
                    let damage = bondhouse_disk::check(connection, Check::Full).err();
                    work(Rows::Sqlite(connection), damage.map(Error::from))
                })
            }
            Err(error) => return Err(error),
        };
        looked.map_err(|error| anyhow::anyhow!("cannot look into the database: {error:?}"))
    }

    /// Runs `work` in a transaction of a warehouse; its answer comes once the commit is durable.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        warehouse: &WarehouseId,
        work: impl FnOnce(Rows<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Embedded(file) => file.write_async(move |tx| work(Rows::Sqlite(tx))).await,
            Self::Shared(server) => server
                .write(warehouse, work)
                .await
                .map_err(|_| Error::Away("the write was not begun".to_owned()))?,
        }
    }

    /// Whether there is something that was sealed and signed already. Blocks.
    pub(crate) fn whose_keys(&self) -> anyhow::Result<Of> {
        let warehouses = self
            .read(|rows| rows.number("SELECT count(*) FROM warehouses", &[]))
            .map_err(|error| anyhow::anyhow!("cannot read the database: {error:?}"))?;
        Ok(if warehouses == 0 {
            Of::NewDatabase
        } else {
            Of::Database
        })
    }

    /// [`Self::write`] of no warehouse in particular, before anything serves. Blocks.
    pub(crate) fn write_here<T: Send + 'static>(
        &self,
        work: impl FnOnce(Rows<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Embedded(file) => file.write(move |tx| work(Rows::Sqlite(tx))),
            Self::Shared(server) => server
                .write(&WarehouseId::new(""), work)
                .blocking_recv()
                .map_err(|_| Error::Away("the write was not begun".to_owned()))?,
        }
    }

    /// Runs `work` at one moment, without writing. Blocks.
    pub(crate) fn read<T>(&self, work: impl FnOnce(Rows<'_>) -> Result<T>) -> Result<T> {
        match self {
            Self::Embedded(file) => file.read(|connection| work(Rows::Sqlite(connection))),
            Self::Shared(server) => server.read(work),
        }
    }

    /// Writes a verified copy of this name beside the file; a server is copied by its own tools. Blocks.
    pub(crate) fn back_up(&self, name: &str) -> Result<()> {
        match self {
            Self::Embedded(file) => self.copy_to(&file.path().with_file_name(name)),
            Self::Shared(_) => Err(says::backup_elsewhere().into()),
        }
    }

    /// Writes a verified copy of the file; a server is copied by its own tools. Blocks.
    pub(crate) fn copy_to(&self, target: &Path) -> Result<()> {
        match self {
            Self::Embedded(file) => Ok(file.backup_to(target)?),
            Self::Shared(_) => Err(says::backup_elsewhere().into()),
        }
    }

    /// Looks for damage in the file; a server looks after its own. Blocks.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Embedded(file) => Ok(file.check(Check::Full)?),
            Self::Shared(_) => Ok(()),
        }
    }

    /// Before the program ends: the log is folded into the file.
    pub(crate) fn settle(&self) -> Result<()> {
        match self {
            Self::Embedded(file) => Ok(file.checkpoint()?),
            Self::Shared(_) => Ok(()),
        }
    }

    /// Sizes and counts, for the metrics. Blocks.
    pub(crate) fn stats(&self) -> Result<Stats> {
        match self {
            Self::Embedded(file) => {
                let stats = file.stats()?;
                Ok(Stats {
                    bytes: stats.bytes,
                    wal_bytes: stats.wal_bytes,
                    writes: stats.writes,
                    commits: stats.commits,
                })
            }
            Self::Shared(server) => {
                let bytes = server.read(|rows| {
                    rows.number("SELECT pg_database_size(current_database())", values![])
                })?;
                let (writes, commits) = server.written();
                Ok(Stats {
                    bytes: u64::try_from(bytes).unwrap_or(0),
                    wal_bytes: 0,
                    writes,
                    commits,
                })
            }
        }
    }
}
