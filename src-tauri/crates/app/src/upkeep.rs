//! Looking after a workstation's database without opening the workstation: verify, copy, rebuild.
//!
//! For `bondctl` and for nights; nobody signs in, nothing is sent. Copying and rebuilding take the
//! instance lock, so they refuse while the program runs instead of racing it.

use crate::error::AppError;
use crate::keys::Keys;
use bondhouse_domain::station::says;
use bondhouse_store::Store;
use std::path::Path;

pub use bondhouse_store::{Finding, Rebuilt};

/// Checks every invariant that a workstation's database must keep; it may be in use.
///
/// # Errors
/// [`AppError::Failed`] when the file is no workstation's database or cannot be read.
pub fn verify(database: &Path) -> Result<Vec<Finding>, AppError> {
    Ok(bondhouse_store::verify(database)?)
}

/// Every event of a workstation's journal, for export; it may be in use.
///
/// # Errors
/// As [`verify`].
pub fn journal(database: &Path) -> Result<Vec<bondhouse_domain::journal::Event>, AppError> {
    Ok(bondhouse_store::journal_in(database)?)
}

/// Writes a checked copy of the database in a data folder.
///
/// The keys beside it are not copied: a copy alone opens no personal field and signs nothing.
///
/// # Errors
/// [`AppError`] when there is no workstation, it is running, or the disk fails.
pub fn back_up(data: &Path, target: &Path) -> Result<(), AppError> {
    Ok(open(data)?.backup_to(target)?)
}

/// Makes every projection anew from journal and feed, and says which tables differed.
///
/// # Errors
/// [`AppError`] when there is no workstation, it is running, or an event no longer fits.
pub fn rebuild(data: &Path) -> Result<Rebuilt, AppError> {
    Ok(open(data)?.rebuild()?)
}

/// Opens what is there; never makes a workstation where there was none.
fn open(data: &Path) -> Result<Store, AppError> {
    let database = crate::station::database(data);
    if !database.exists() {
        return Err(says::not_enrolled().into());
    }
    let keys = Keys::open(data)?;
    Ok(Store::open(&database, keys.fields())?)
}
