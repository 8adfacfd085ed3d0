//! What can go wrong at the disk, told apart by code and never by text.
//!
//! The variants are the differences that change what a person does next: free some space, close the
//! other window, restore a backup, update the program. The whole cause stays attached as `source`.
//! The sentences stand in the message catalogue (`domain::station::says`), not here.
//!
//! Errors are `Clone`, because one failed commit is the answer to every write that shared it.

use rusqlite::ErrorCode;
use std::sync::Arc;

/// A cause that several writers may be told at once.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why the disk could not do what was asked. Unless a variant says otherwise, nothing was stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DiskError {
    /// Another instance of the program has this database open.
    #[error("the database is in use by another instance")]
    InUse,
    /// The database lies on a network drive, whose locks and syncs cannot be relied on.
    #[error("the database is on a network drive")]
    NetworkDrive,
    /// The linked SQLite is older than 3.51.3 and may corrupt a database in WAL mode.
    #[error("SQLite {0} is too old")]
    OldSqlite(&'static str),
    /// No space left on the disk.
    #[error("the disk is full")]
    Full,
    /// The file or its folder may not be written, or a reader tried to write.
    #[error("the database is read-only")]
    ReadOnly,
    /// The file is damaged or is no database; the text is SQLite's first finding.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The file is a sound database, but of another program (its `application_id` differs).
    #[error("the file is a database of another program")]
    Foreign,
    /// A later version of the program has migrated this database; the text is the first unknown step.
    #[error("the database is newer than the program: {0}")]
    Newer(String),
    /// An earlier version of the program has it open; the text is the first step it lacks.
    #[error("the database is older than the program: it lacks {0}")]
    Older(String),
    /// A migration that this database has already taken has since been altered or moved.
    #[error("migration {0} was changed after it landed")]
    MigrationChanged(String),
    /// A migration failed; the database is as it was before that migration.
    #[error("migration {name} failed")]
    Migration {
        /// The migration's name.
        name: String,
        /// Why it failed.
        source: Arc<rusqlite::Error>,
    },
    /// Another program (a backup tool, a virus scanner) held the database for five seconds.
    #[error("the database is locked by another program")]
    Busy,
    /// The operating system failed to read, write or sync.
    #[error("the disk failed")]
    Io(#[source] Cause),
    /// Another write of the same batch ended the transaction they shared. Try again.
    #[error("the shared transaction was rolled back")]
    RolledBack,
    /// The write's own code panicked; its changes were rolled back alone.
    #[error("a write panicked")]
    Panicked,
    /// A write was asked for from inside a write, which would wait for itself.
    #[error("a write inside a write")]
    Nested,
    /// The database is being closed.
    #[error("the database is closed")]
    Closed,
    /// SQLite refused the statement: a constraint, a type, a programming error.
    #[error("SQLite refused the statement")]
    Sql(#[source] Arc<rusqlite::Error>),
}

impl From<rusqlite::Error> for DiskError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt(error.to_string())
            }
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Io(Arc::new(error)),
            _ => Self::Sql(Arc::new(error)),
        }
    }
}

impl From<std::io::Error> for DiskError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                Self::ReadOnly
            }
            _ => Self::Io(Arc::new(error)),
        }
    }
}
