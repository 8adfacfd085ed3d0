//! A copy that is known to open, taken while people work.
//!
//! The copy is one read of one moment (SQLite's backup interface; WAL lets the writer go on), turned
//! into a single file without a write-ahead log, checked, synced, and only then given its name. An
//! unverified backup is a hope.

use crate::connection::{self, Check};
use crate::{DiskError, files};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;

/// Copies what `source` sees now to `target`.
pub(crate) fn backup(source: &Connection, target: &Path) -> Result<(), DiskError> {
    let part = files::beside(target, ".part");
    let made = copy_to(source, &part).and_then(|()| files::put_in_place(&part, target));
    if made.is_err() {
        // On a full disk what was begun would only take the room the database needs.
        let _ = std::fs::remove_file(&part);
    }
    made
}

fn copy_to(source: &Connection, part: &Path) -> Result<(), DiskError> {
    // What an earlier try left behind, killed in the middle, is no page of this one.
    match std::fs::remove_file(part) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    files::prepare(part)?;
    let mut copy = Connection::open(part)?;
    copy.busy_timeout(std::time::Duration::from_secs(5))?;
    match Backup::new(source, &mut copy)?.step(-1)? {
        StepResult::Done => {}
        _ => return Err(DiskError::Busy),
    }
    copy.query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(()))?;
    drop(copy);
    // A new connection: what is checked is the file, not the cache that wrote it.
    connection::check(&Connection::open(part)?, Check::Quick)
}
