//! The files around a database: its lock, its folder, its retirement.
//!
//! A database is three files (`x.db`, `x.db-wal`, `x.db-shm`) that only make sense together, plus a
//! lock file of our own: SQLite lets two processes share a database, but two instances of one
//! workstation would hand out the same journal numbers. Nothing here ever deletes a database.

use crate::DiskError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `path` with `suffix` appended to its file name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The folder a file stands in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// How long a child may take from fork to execution.
const START_OF_A_CHILD: Duration = Duration::from_millis(200);
const STEP: Duration = Duration::from_millis(5);

/// Held for as long as this process has the database open; the system frees it if we are killed.
#[derive(Debug)]
pub(crate) struct AppLock {
    _file: File,
}

impl AppLock {
    /// Locks `x.db.lock` or refuses. The empty file stays: removing it would race.
    ///
    /// A program this process is just starting (a printer's, a browser) holds a copy of every lock from
    /// its fork until it is executed: a lock let go meanwhile is waited for, a moment long.
    pub(crate) fn take(database: &Path) -> Result<Self, DiskError> {
        let file = private(
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false),
        )
        .open(beside(database, ".lock"))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if waited < START_OF_A_CHILD => {
                    std::thread::sleep(STEP);
                    waited += STEP;
                }
                Err(TryLockError::WouldBlock) => return Err(DiskError::InUse),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }
}

/// Makes the folder, refuses network drives, and creates the file readable by its owner alone
/// (SQLite gives `-wal` and `-shm` the same rights).
pub(crate) fn prepare(database: &Path) -> Result<(), DiskError> {
    let folder = folder(database);
    std::fs::create_dir_all(folder)?;
    if is_network_drive(folder)? {
        return Err(DiskError::NetworkDrive);
    }
    private(OpenOptions::new().append(true).create(true)).open(database)?;
    Ok(())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options // Windows: the folder of the user's profile carries the access list.
}

#[cfg(target_os = "linux")]
fn is_network_drive(folder: &Path) -> Result<bool, DiskError> {
    /// `f_type` of NFS, SMB, CIFS and SMB2, from linux/magic.h.
    const REMOTE: [u64; 4] = [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42];
    let kind = rustix::fs::statfs(folder)
        .map_err(std::io::Error::from)?
        .f_type;
    // Where f_type is 32 bits wide the magic numbers arrive sign-extended.
    Ok(REMOTE.contains(&(kind as u64 & 0xFFFF_FFFF)))
}

#[cfg(not(target_os = "linux"))]
fn is_network_drive(folder: &Path) -> Result<bool, DiskError> {
    use std::path::{Component, Prefix};
    // Canonical paths name the server even when the share is mapped to a drive letter.
    Ok(match folder.canonicalize()?.components().next() {
        Some(Component::Prefix(prefix)) => {
            matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
        }
        _ => false,
    })
}

/// Puts a finished file under its final name so that a power cut leaves the old or the new one whole.
pub(crate) fn put_in_place(finished: &Path, target: &Path) -> Result<(), DiskError> {
    File::options()
        .read(true)
        .write(true)
        .open(finished)?
        .sync_all()?;
    std::fs::rename(finished, target)?;
    sync_folder(target)
}

/// Makes renames in the folder of `path` durable (Windows does so by itself).
fn sync_folder(path: &Path) -> Result<(), DiskError> {
    if cfg!(unix) {
        File::open(folder(path))?.sync_all()?;
    }
    Ok(())
}

/// Moves a damaged database with its `-wal` and `-shm` out of the way and returns its new path,
/// `x.db.set-aside-1` (or -2, …). It is never deleted: unsent journal rows may still be read from it.
///
/// # Errors
/// [`DiskError::InUse`] while a [`crate::Database`] has it open.
pub fn set_aside(database: &Path) -> Result<PathBuf, DiskError> {
    let _lock = AppLock::take(database)?;
    let mut number = 1_u32;
    let target = loop {
        let target = beside(database, &format!(".set-aside-{number}"));
        if !target.try_exists()? {
            break target;
        }
        number = number.saturating_add(1);
    };
    // The database goes last. Were it first and the power failed, the next start would make a new
    // one, and SQLite deletes the orphaned -wal of an empty database.
    for suffix in ["-wal", "-shm", ""] {
        let part = beside(database, suffix);
        if part.try_exists()? {
            std::fs::rename(&part, beside(&target, suffix))?;
        }
    }
    sync_folder(&target)?;
    tracing::warn!(set_aside = %target.display(), "database set aside");
    Ok(target)
}
