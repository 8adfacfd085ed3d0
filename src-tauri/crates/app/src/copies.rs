//! Copies of the database while people work: one every quarter of an hour in which something changed.
//!
//! A copy is written under another name, opened and checked, and only then called a copy; so whatever
//! bears the name was sound when it was made. The rule for old ones: the eight newest stay, which are at
//! least two hours of work, and of each of the seven latest days its last. Only a file that opens as
//! this life of this workstation is counted and only such a one is removed: whatever else lies in the
//! folder is somebody's, and stands in for no copy.
//!
//! How far a copy reaches is read from the copy, so a restart forgets nothing and a store in which
//! nothing happened is not copied again. It will not stop a parcel: a copy that cannot be made is an
//! error in the log, what was begun of it is removed, and the doctor says that none is there.

use crate::App;
use bondhouse_domain::time::{Instant, Zone};
use bondhouse_store::{Reach, Store, StoreError, reach};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How often a copy is made of what has changed, in milliseconds since the machine was started.
const EVERY_MS: u64 = 15 * 60 * 1_000;
/// How many of the newest stay.
const NEWEST: usize = 8;
/// Of how many days the last one stays.
const DAYS: usize = 7;

/// When the running workstation last looked whether a copy is due.
#[derive(Debug, Default)]
pub struct Copies {
    looked_ms: Option<u64>,
}

/// What came of a look.
#[derive(Debug)]
pub enum Looked {
    /// The quarter of an hour is not over, or there is no workstation yet.
    NotDue,
    /// The newest copy holds everything.
    Unchanged,
    /// A checked copy was made.
    Made(PathBuf),
    /// None could be made.
    Failed(StoreError),
}

/// A copy that opens as this workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Copy {
    path: PathBuf,
    /// When it was made, by the workstation's estimate.
    made: Instant,
    reach: Reach,
}

impl Copies {
    /// Copies the database when a quarter of an hour has passed and something has changed.
    /// `boot_ms` is the machine's time since it was started, suspend included.
    pub fn look(&mut self, app: &App, boot_ms: u64) -> Looked {
        let Some(store) = app.store.get() else {
            return Looked::NotDue;
        };
        let since = *self.looked_ms.get_or_insert(boot_ms);
        if boot_ms.saturating_sub(since) < EVERY_MS {
            return Looked::NotDue;
        }
        self.looked_ms = Some(boot_ms);
        match copy(store, &folder(&app.config.data), app.estimate().now) {
            Ok(Some(made)) => Looked::Made(made),
            Ok(None) => Looked::Unchanged,
            Err(error) => {
                tracing::error!(%error, "no copy of the database");
                Looked::Failed(error)
            }
        }
    }
}

/// Where a workstation keeps the copies it makes by itself.
pub fn folder(data: &Path) -> PathBuf {
    data.join("backups")
}

/// Makes a copy, unless the newest one holds everything, and lets old ones go by the rule.
fn copy(store: &Store, folder: &Path, now: Instant) -> Result<Option<PathBuf>, StoreError> {
    let ours = store.read(|view| view.reach())?;
    if there(folder, &ours)
        .first()
        .is_some_and(|newest| newest.reach == ours)
    {
        return Ok(None);
    }
    let target = folder.join(format!("station-{}.db", now.as_millis()));
    store.backup_to(&target)?;
    let all = there(folder, &ours);
    for old in surplus(&all, store.zone()) {
        if let Err(error) = std::fs::remove_file(&old.path) {
            tracing::warn!(%error, copy = %old.path.display(), "an old copy could not be removed");
        }
    }
    Ok(Some(target))
}

/// Every file that bears the name of a copy, and when it says that it was made.
pub(crate) fn named(folder: &Path) -> Vec<(PathBuf, Instant)> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| {
            let path = file.path();
            let name = path.file_name()?.to_str()?;
            let made = name.strip_prefix("station-")?.strip_suffix(".db")?;
            let made = Instant::from_millis(made.parse().ok()?);
            Some((path, made))
        })
        .collect()
}

/// The copies of one life of one workstation, those that reach furthest first.
fn there(folder: &Path, ours: &Reach) -> Vec<Copy> {
    let mut copies: Vec<Copy> = named(folder)
        .into_iter()
        .filter_map(|(path, made)| {
            let reach = reach(&path)
                .ok()
                .filter(|reach| reach.series == ours.series)?;
            Some(Copy { path, made, reach })
        })
        .collect();
    copies.sort_by_key(|copy| std::cmp::Reverse((copy.reach.head, copy.reach.cursor, copy.made)));
    copies
}

/// The copies that the rule lets go, given the newest first.
fn surplus(copies: &[Copy], zone: Zone) -> Vec<&Copy> {
    let mut days = BTreeSet::new();
    copies
        .iter()
        .enumerate()
        .filter(|(nth, copy)| {
            let last_of_its_day = days.len() < DAYS && days.insert(zone.date_at(copy.made));
            *nth >= NEWEST && !last_of_its_day
        })
        .map(|(_, copy)| copy)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bondhouse_domain::ids::{DeviceId, FeedPos, Incarnation, Seq, WarehouseId};
    use bondhouse_domain::journal::Series;

    const HOUR: i64 = 3_600_000;

    fn copy_at(hours_ago: i64) -> Copy {
        Copy {
            path: PathBuf::from(format!("{hours_ago}")),
            // Noon in Shanghai, so that a few hours stay within the day.
            made: Instant::from_millis(20_000 * 24 * HOUR + 4 * HOUR - hours_ago * HOUR),
            reach: Reach {
                series: Series {
                    warehouse: WarehouseId::new("NB01"),
                    device: DeviceId::new("P-07"),
                    incarnation: Incarnation(1),
                },
                head: Seq(0),
                cursor: FeedPos(0),
            },
        }
    }

    fn kept(hours_ago: &[i64]) -> Vec<i64> {
        let copies: Vec<Copy> = hours_ago.iter().copied().map(copy_at).collect();
        let gone = surplus(&copies, Zone::SHANGHAI);
        let stays = copies.iter().filter(|copy| !gone.contains(copy));
        stays
            .map(|copy| copy.path.to_str().unwrap().parse().unwrap())
            .collect()
    }

    #[test]
    fn the_eight_newest_stay_and_of_seven_days_the_last() {
        // Ten on the day itself, two on each of ten days before.
        let mut made: Vec<i64> = (0..10).collect();
        for day in 1..=10 {
            made.extend([day * 24, day * 24 + 2]);
        }
        let last_of_days: Vec<i64> = (1..=6).map(|day| day * 24).collect();
        assert_eq!(kept(&made), [(0..8).collect(), last_of_days].concat());
        assert_eq!(kept(&[0, 1, 2]), [0, 1, 2]);
    }

    #[test]
    fn the_rule_applied_to_what_it_left_changes_nothing() {
        let made: Vec<i64> = (0..200).collect();
        let once = kept(&made);
        assert_eq!(kept(&once), once);
    }
}
