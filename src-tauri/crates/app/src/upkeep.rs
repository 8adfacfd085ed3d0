//! Looking after a workstation's database: verify, copy, rebuild, examine, restore; renewal beside it.
//!
//! For `bondctl` and for nights; nobody signs in. Copying, rebuilding and restoring take the instance
//! lock, so they refuse while the program runs instead of racing it. While it runs it copies itself
//! ([`copies`](crate::copies)).

use crate::error::AppError;
use crate::keys::Keys;
use crate::{App, copies, refuse};
use bondhouse_domain::journal::Event;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::station::says;
use bondhouse_store::{
    Check, DiskError, Room, Store, StoreError, reach, salvage, set_aside, whose,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub use crate::copies::{Copies, Looked as CopyLooked, folder as backups};
pub use crate::renewal::{Renewed, mend, renew};
pub use bondhouse_store::{Finding, Rebuilt};

/// Puts a copy in the place of the database, which is set aside. At the next contact the workstation
/// takes back from the authority what it did since the copy was made.
///
/// # Errors
/// A refusal when the copy is unsound or another workstation's; [`AppError::Failed`] when the program
/// is running or the disk fails.
pub fn restore(data: &Path, copy: &Path) -> Result<Option<PathBuf>, AppError> {
    let keys = Keys::open(data)?;
    let findings = bondhouse_store::verify(copy)?;
    if !findings.iter().all(Finding::holds) {
        return refuse(says::copy_unsound());
    }
    let theirs = whose(copy)?;
    let database = crate::station::database(data);
    let other = whose(&database).is_ok_and(|ours| ours != theirs);
    // Another workstation's copy is sealed with another key, whatever the database here still says.
    if other || salvage(copy, keys.fields()).is_err() {
        return refuse(says::other_station(&theirs.device));
    }
    let aside = match database.exists() {
        true => Some(set_aside(&database).map_err(|error| AppError::disk(&error))?),
        false => None,
    };
    let failed = |error: std::io::Error| AppError::failed(says::storage("io").0, error);
    let part = database.with_extension("part");
    std::fs::copy(copy, &part).map_err(failed)?;
    std::fs::File::open(&part)
        .and_then(|file| file.sync_all())
        .map_err(failed)?;
    std::fs::rename(&part, &database).map_err(failed)?;
    std::fs::File::open(data)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)?;
    // Opened once, so that whoever restored it knows that it opens.
    drop(open(data)?);
    Ok(aside)
}

/// Within which a copy must have been made.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads every page, row and index of the running workstation's database, as it does once a day; what
/// is wrong stands on the sync page until a later look finds nothing. Work goes on: `mend` needs a pause.
pub fn examine(app: &App) {
    let Some(store) = app.store.get() else { return };
    let damage = store.check(Check::Full).err().map(|error| {
        tracing::error!(%error, "the database is damaged");
        if matches!(error, StoreError::Disk(DiskError::Corrupt { .. })) {
            return says::damaged().0;
        }
        match AppError::from(error) {
            AppError::Refused(Refusal(said)) | AppError::Failed { said, .. } => said,
        }
    });
    app.link.note_damage(damage);
    app.touched([Room::Sync]);
}

/// One thing the doctor looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// What, in English for the record.
    pub what: &'static str,
    /// What is wrong with it; nothing when it is well.
    pub wrong: Option<String>,
}

/// Examines a workstation that may be running: file, invariants, copies, keys.
///
/// # Errors
/// [`AppError`] when there is no workstation.
pub fn doctor(data: &Path) -> Result<Vec<Looked>, AppError> {
    let database = crate::station::database(data);
    if !database.exists() {
        return Err(says::not_enrolled().into());
    }
    let mut looked = Vec::new();
    match bondhouse_store::verify(&database) {
        Ok(findings) => looked.extend(findings.into_iter().map(|finding| Looked {
            what: finding.says,
            wrong: (!finding.holds()).then(|| finding.differences.join("; ")),
        })),
        Err(error) => looked.push(Looked {
            what: "the database can be read",
            wrong: Some(error.to_string()),
        }),
    }
    looked.extend(copies_of(data, &database));
    looked.push(Looked {
        what: "nobody else can read the keys",
        wrong: open_to_others(&data.join("station.key")),
    });
    Ok(looked)
}

/// Every file that bears the name of a copy, opened and examined: an unsound one is named, and counts
/// for none. One of an earlier life, or of another workstation, is nobody's business here. How old one
/// is says the file's date: its name is by the platform's clock, which may be far from the machine's.
fn copies_of(data: &Path, database: &Path) -> [Looked; 2] {
    let folder = backups(data);
    let ours = reach(database).map(|ours| ours.series);
    let mut unsound = Vec::new();
    let mut newest = None;
    for (path, _) in copies::named(&folder) {
        let whole = |path: &Path| {
            bondhouse_store::verify(path).is_ok_and(|findings| findings.iter().all(Finding::holds))
        };
        match (reach(&path), &ours) {
            (Ok(copy), Ok(ours)) if copy.series != *ours => {}
            (Ok(_), _) if whole(&path) => newest = newest.max(written(&path)),
            (Ok(_) | Err(_), _) => unsound.push(path.display().to_string()),
        }
    }
    // A date in the future is a clock set back, not a copy that is missing.
    let of_today = newest.is_some_and(|at| at.elapsed().map_or(true, |age| age <= DAY));
    [
        Looked {
            what: "there is a sound copy of the last day",
            wrong: (!of_today).then(|| format!("none in {}", folder.display())),
        },
        Looked {
            what: "every copy is sound",
            wrong: (!unsound.is_empty()).then(|| unsound.join("; ")),
        },
    ]
}

fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
}

fn open_to_others(key: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::metadata(key) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 == 0 => None,
        Ok(metadata) => Some(format!("mode {:o}", metadata.permissions().mode() & 0o777)),
        Err(error) => Some(error.to_string()),
    }
}

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
pub fn journal(database: &Path) -> Result<Vec<Event>, AppError> {
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
