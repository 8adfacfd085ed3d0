//! How one connection to SQLite is set up, and whether the file is sound.
//!
//! The settings are those of a ledger, not of a cache: a commit that returned survives a power cut
//! (`synchronous=FULL`), a file is never trusted more than our own SQL (`trusted_schema` off,
//! defensive on), and `"text"` is never a string (DQS off). The reasons for each are in
//! docs/decisions; the proof that FULL is needed is `tests/power_cut.rs`.

use crate::DiskError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// The first release without the WAL-reset bug (two connections writing and checkpointing could
/// corrupt the database; sqlite.org/wal.html).
const OLDEST_SAFE_SQLITE: i32 = 3_051_003;

/// How long a lock of another program, or a checkpoint under way, is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Longer than the gap between two scans of the fastest clerk, shorter than a walk to the next bin.
const PAUSE: Duration = Duration::from_millis(200);

/// What a returned commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Power cuts and crashes: every commit is synced before it returns.
    #[default]
    PowerCut,
    /// Crashes of the process only (`synchronous=NORMAL`). Not for the product: it exists so that
    /// `tests/power_cut.rs` can show that it would notice, and benches what FULL costs.
    ProcessCrash,
}

/// How a database is opened. The default is right for the workstation and the platform.
#[derive(Debug, Clone)]
pub struct Options {
    /// Reading connections at most; they are opened when first needed. At least 1.
    pub readers: usize,
    /// What a returned commit survives.
    pub durability: Durability,
    /// Files up to this many bytes are checked at start (about 1.5 ms per MiB, measured); larger
    /// ones would hold up the window, so their owner checks them later in the background.
    pub check_up_to: u64,
    /// How long nobody must have written before the log is moved into the file by itself.
    pub pause: Duration,
    /// A registered SQLite VFS in place of the system's, for tests that simulate the disk.
    pub vfs: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            durability: Durability::PowerCut,
            check_up_to: 128 << 20,
            pause: PAUSE,
            vfs: None,
        }
    }
}

/// Who will use a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one connection that writes.
    Writer,
    /// Connections of the read pool: `query_only`.
    Reader,
    /// Looks at a database that another process may have open, and cannot write.
    Onlooker,
}

/// Refuses an SQLite that can corrupt what we store.
pub(crate) fn require_safe_sqlite() -> Result<(), DiskError> {
    if rusqlite::version_number() < OLDEST_SAFE_SQLITE {
        return Err(DiskError::OldSqlite(rusqlite::version()));
    }
    Ok(())
}

/// Opens and sets up one connection.
pub(crate) fn open(path: &Path, options: &Options, role: Role) -> Result<Connection, DiskError> {
    // No URI: a path is never read as a set of options. No mutex: one thread at a time by ownership.
    let may = match role {
        Role::Writer => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Role::Reader => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Role::Onlooker => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let flags = may | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = match options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    conn.busy_timeout(PATIENCE)?;
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
        // A plan never depends on a bound value: otherwise each `LIMIT ?` is prepared anew at each use.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    ] {
        conn.set_db_config(config, on)?;
    }
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "cache_size", -16 * 1024)?; // KiB
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.set_prepared_statement_cache_capacity(256);
    match role {
        Role::Reader | Role::Onlooker => conn.pragma_update(None, "query_only", true)?,
        Role::Writer => {
            let mode: String = conn.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))?;
            if mode != "wal" {
                return Err(DiskError::ReadOnly); // SQLite keeps the old mode when it cannot make a -wal
            }
            let synchronous = match options.durability {
                Durability::PowerCut => "FULL",
                Durability::ProcessCrash => "NORMAL",
            };
            conn.pragma_update(None, "synchronous", synchronous)?;
            conn.pragma_update(None, "fullfsync", true)?; // macOS: through the drive's cache
            conn.pragma_update(None, "checkpoint_fullfsync", true)?;
            // Pages, about 64 MiB: the bound under load that never pauses. The writer does it sooner,
            // in its first quiet moment, so that no scan waits for it.
            conn.pragma_update(None, "wal_autocheckpoint", 16_000)?;
            conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
        }
    }
    Ok(conn)
}

/// How thoroughly to look for damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Pages and rows (`quick_check`): about 0.1 s per million rows.
    Quick,
    /// Also every index against its table (`integrity_check`): ten times longer, for the night.
    Full,
}

/// Looks for damage; the first finding is the error.
///
/// # Errors
/// [`DiskError::Corrupt`] with the first finding.
pub fn check(conn: &Connection, check: Check) -> Result<(), DiskError> {
    let pragma = match check {
        Check::Quick => "PRAGMA quick_check(1)",
        Check::Full => "PRAGMA integrity_check(1)",
    };
    let finding: String = conn.query_row(pragma, [], |row| row.get(0))?;
    if finding == "ok" {
        Ok(())
    } else {
        Err(DiskError::Corrupt(finding))
    }
}
