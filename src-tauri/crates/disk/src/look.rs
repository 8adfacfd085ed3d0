//! Looking into a database that somebody else has open, without being able to change it.
//!
//! Several programs may read one SQLite file while one of ours writes it: the instance lock keeps out
//! second writers, not readers. Everything is read in one transaction, so what is seen is one moment,
//! however much is committed meanwhile. While the look lasts the write-ahead log cannot be emptied.

use crate::connection::{self, Options, Role};
use crate::{DiskError, Schema, migrations};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Runs `work` on one moment of a database in a file, whether or not it is in use.
///
/// # Errors
/// What `work` returns; [`DiskError::Foreign`] when it is not ours; [`DiskError::Newer`] and
/// [`DiskError::Older`] when it is not of this program's version.
pub fn look<T, E: From<DiskError>>(
    path: &Path,
    schema: &Schema,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    connection::require_safe_sqlite()?;
    let mut conn = connection::open(path, &Options::default(), Role::Onlooker)?;
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Deferred)
        .map_err(DiskError::from)?;
    migrations::require_current(&tx, schema)?;
    work(&tx)
}
