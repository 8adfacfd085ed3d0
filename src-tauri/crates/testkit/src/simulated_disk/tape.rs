//! Everything that was done to a disk, and what a drive may hold of it when the power fails.

use super::content::Content;
use crate::dice::Dice;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The files of a disk by path.
pub type Files = BTreeMap<String, Content>;

/// Something a program did to the disk. Tapes are copied, so what they hold is shared.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Write {
        path: Arc<str>,
        offset: usize,
        data: Arc<[u8]>,
    },
    Truncate {
        path: Arc<str>,
        size: usize,
    },
    Sync {
        path: Arc<str>,
    },
    Delete {
        path: Arc<str>,
    },
    /// A sync that was not carried out.
    Nothing,
}

impl Step {
    fn path(&self) -> Option<&Arc<str>> {
        match self {
            Self::Write { path, .. }
            | Self::Truncate { path, .. }
            | Self::Sync { path }
            | Self::Delete { path } => Some(path),
            Self::Nothing => None,
        }
    }
}

/// Everything done to a disk, in order.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    /// What was on the disk, durably, before the first step.
    base: Files,
    steps: Vec<Step>,
}

impl Tape {
    /// How many steps there are; the power can fail after 0, 1, … of them.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// The same on a drive, or under a setting, that never synced the files whose name ends so.
    pub fn without_syncs_of(mut self, ending: &str) -> Self {
        let synced = |step: &Step| matches!(step, Step::Sync { path } if path.ends_with(ending));
        self.steps.iter_mut().for_each(|step| {
            if synced(step) {
                // Answers are remembered by the number of steps, so none may vanish.
                *step = Step::Nothing;
            }
        });
        self
    }

    /// Forgets how the first `steps` came about: what they synced becomes the beginning, what they did
    /// not sync stays. Answers by how many steps the tape is shorter, so that images of a long tape
    /// need not begin at its beginning each time.
    pub fn fold(&mut self, steps: usize) -> usize {
        let rest = self.steps.split_off(steps.min(self.steps.len()));
        let before = self.steps.len();
        self.shorten();
        let gone = before - self.steps.len();
        self.steps.extend(rest);
        gone
    }

    /// A tape that begins with what these files hold.
    pub(super) fn from(base: Files) -> Self {
        Self {
            base,
            steps: Vec::new(),
        }
    }

    /// Something more was done.
    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// A file was synced and now holds this: how it came to that is forgotten.
    pub(super) fn settle(&mut self, path: &Arc<str>, holds: &Content) {
        let mut pending = std::mem::take(&mut self.steps);
        self.sync_deletions(path, &mut pending);
        pending.retain(|step| step.path() != Some(path));
        self.steps = pending;
        match self.base.get_mut(path.as_ref()) {
            Some(file) => file.clone_from(holds),
            None => drop(self.base.insert(path.to_string(), holds.clone())),
        }
    }

    /// With the first sync of a new file its folder is synced, and deletions with it, as in [`Self::image`].
    fn sync_deletions(&mut self, synced: &Arc<str>, pending: &mut Vec<Step>) {
        let anew = |step: &Step| matches!(step, Step::Delete { path } if path == synced);
        if self.base.contains_key(synced.as_ref()) && !pending.iter().any(anew) {
            return;
        }
        for step in pending.extract_if(.., |step| matches!(step, Step::Delete { .. })) {
            if let Step::Delete { path } = step {
                self.base.remove(path.as_ref());
            }
        }
    }

    /// Lays what is synced into the base and keeps the rest.
    fn shorten(&mut self) {
        let mut pending: Vec<Step> = Vec::new();
        for step in std::mem::take(&mut self.steps) {
            match &step {
                Step::Sync { path } => {
                    self.sync_deletions(path, &mut pending);
                    let file = self.base.entry(path.to_string()).or_default();
                    for earlier in pending.extract_if(.., |earlier| earlier.path() == Some(path)) {
                        apply(file, &earlier);
                    }
                }
                Step::Delete { path } => {
                    pending.retain(|earlier| earlier.path() != Some(path));
                    pending.push(step);
                }
                Step::Write { .. } | Step::Truncate { .. } => pending.push(step),
                Step::Nothing => {}
            }
        }
        self.steps = pending;
    }

    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// One of the states in which the disk may be found when the power failed after `steps` steps.
    pub fn image(&self, steps: usize, dice: &mut Dice) -> Files {
        let mut files = self.base.clone();
        let mut unsynced: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
        let mut deleted = Files::new(); // a deletion, too, may not have reached the disk
        for step in self.steps.iter().take(steps) {
            match step {
                Step::Write { path, .. } | Step::Truncate { path, .. } => {
                    unsynced.entry(path).or_default().push(step);
                }
                Step::Sync { path } => {
                    if !files.contains_key(path.as_ref()) {
                        // The first sync of a new file: SQLite's own VFS then syncs the folder too.
                        deleted.clear();
                    }
                    let file = files.entry(path.to_string()).or_default();
                    for step in unsynced.remove(path.as_ref()).unwrap_or_default() {
                        apply(file, step);
                    }
                }
                Step::Delete { path } => {
                    unsynced.remove(path.as_ref());
                    deleted.extend(files.remove_entry(path.as_ref()));
                }
                Step::Nothing => {}
            }
        }
        for (path, steps) in unsynced {
            for step in steps {
                match dice.below(10) {
                    0..4 => {}
                    4 => tear(files.entry(path.to_owned()).or_default(), step, dice),
                    _ => apply(files.entry(path.to_owned()).or_default(), step),
                }
            }
        }
        for (path, bytes) in deleted {
            if dice.below(3) == 0 {
                files.entry(path).or_insert(bytes);
            }
        }
        files
    }
}

impl fmt::Display for Tape {
    /// One line a step, for reading beside a disk that was found wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in (1..).zip(&self.steps) {
            match step {
                Step::Write { path, offset, data } => {
                    writeln!(f, "{number} write {} at {offset} {path}", data.len())?
                }
                Step::Truncate { path, size } => writeln!(f, "{number} truncate to {size} {path}")?,
                Step::Sync { path } => writeln!(f, "{number} sync {path}")?,
                Step::Delete { path } => writeln!(f, "{number} delete {path}")?,
                Step::Nothing => writeln!(f, "{number} no sync")?,
            }
        }
        Ok(())
    }
}

/// What a drive writes at once; anything longer can be torn.
const SECTOR: usize = 512;

/// Does one step to a file.
fn apply(file: &mut Content, step: &Step) {
    match step {
        Step::Truncate { size, .. } => file.truncate(*size),
        Step::Write { offset, data, .. } => file.write_at(*offset, data),
        Step::Sync { .. } | Step::Delete { .. } | Step::Nothing => {}
    }
}

/// Does one step to a file; of a write only some of the sectors reached the disk.
fn tear(file: &mut Content, step: &Step, dice: &mut Dice) {
    let Step::Write { offset, data, .. } = step else {
        return apply(file, step);
    };
    for (number, sector) in data.chunks(SECTOR).enumerate() {
        if dice.below(2) == 0 {
            file.write_at(offset + number * SECTOR, sector);
        }
    }
}
