//! A disk in memory that remembers every write and every sync, to cut its power at any of them.
//!
//! SQLite runs on it through an ordinary VFS, so what is tested is the real library and the real
//! `disk::Database`. After a run, [`Tape::image`] tells what a drive could have held had the power
//! failed after any step: synced writes are there, later ones are there, missing or torn at 512
//! bytes, each for itself. The disk can also fail: [`SimulatedDisk::fail_at`].
//!
//! It assumes an honest drive (a sync that returned is durable) and a file system that does not mix
//! up files. Files are told apart by path; renames are not simulated, since SQLite makes none.
//! Shared memory lives outside the power-cut model, as on a real machine: it is gone.

pub use crate::dice::Dice;
use rusqlite as _; // links the SQLite that the VFS is registered with
use sqlite_plugin::flags::{AccessFlags, CreateMode, LockLevel, OpenMode, OpenOpts, ShmLockMode};
use sqlite_plugin::vars;
use sqlite_plugin::vfs::{RegisterOpts, Vfs, VfsHandle, VfsResult, register_static};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files of a disk by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Something a program did to the disk.
#[derive(Debug, Clone)]
enum Step {
    Write {
        path: String,
        offset: usize,
        data: Vec<u8>,
    },
    Truncate {
        path: String,
        size: usize,
    },
    Sync {
        path: String,
    },
    Delete {
        path: String,
    },
    /// A sync that was not carried out.
    Nothing,
}

impl Step {
    fn path(&self) -> Option<&String> {
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

    /// Lays what is synced into the base and keeps the rest.
    fn shorten(&mut self) {
        let mut pending: Vec<Step> = Vec::new();
        for step in std::mem::take(&mut self.steps) {
            match &step {
                Step::Sync { path } => {
                    let file = self.base.entry(path.clone()).or_default();
                    pending.retain(|earlier| {
                        let here = earlier.path() == Some(path);
                        if here {
                            apply(file, earlier, |_| true);
                        }
                        !here
                    });
                }
                Step::Delete { path } => {
                    pending.retain(|earlier| earlier.path() != Some(path));
                    self.base.remove(path);
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
                    if !files.contains_key(path) {
                        // The first sync of a new file: SQLite's own VFS then syncs the folder too.
                        deleted.clear();
                    }
                    let file = files.entry(path.clone()).or_default();
                    for step in unsynced.remove(path.as_str()).unwrap_or_default() {
                        apply(file, step, |_| true);
                    }
                }
                Step::Delete { path } => {
                    unsynced.remove(path.as_str());
                    deleted.extend(files.remove(path).map(|bytes| (path.clone(), bytes)));
                }
                Step::Nothing => {}
            }
        }
        for (path, steps) in unsynced {
            for step in steps {
                match dice.below(10) {
                    0..4 => {}
                    4 => apply(files.entry(path.to_owned()).or_default(), step, |_| {
                        dice.below(2) == 0
                    }),
                    _ => apply(files.entry(path.to_owned()).or_default(), step, |_| true),
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

/// Does one step to a file; of a write only the sectors that `reached` the disk.
fn apply(file: &mut Vec<u8>, step: &Step, mut reached: impl FnMut(usize) -> bool) {
    match step {
        Step::Truncate { size, .. } => file.truncate(*size),
        Step::Write { offset, data, .. } => {
            for (number, sector) in data.chunks(SECTOR).enumerate() {
                if reached(number) {
                    write_at(file, offset + number * SECTOR, sector);
                }
            }
        }
        Step::Sync { .. } | Step::Delete { .. } | Step::Nothing => {}
    }
}

fn write_at(file: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    if let Some(place) = file.get_mut(offset..end) {
        place.copy_from_slice(data);
    }
}

/// How a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No space left.
    Full,
    /// Writing or syncing fails.
    Io,
}

/// A disk that SQLite can use under [`SimulatedDisk::vfs`].
#[derive(Clone)]
pub struct SimulatedDisk {
    vfs: &'static str,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, File>,
    tape: Tape,
    handles: u64,
    fault: Option<Planned>,
    /// Shared memory that no database uses now. It is leaked, so it is used again.
    spare: Vec<Region>,
    /// The process is dead: whatever it still does reaches nothing.
    dead: bool,
}

struct Planned {
    fault: Fault,
    /// Writes, truncations and syncs until then.
    steps_left: usize,
    struck: bool,
}

/// SQLite's wal-index wants aligned memory that several threads may touch: atomics are that.
type Region = &'static [AtomicU64];

#[derive(Default)]
struct File {
    bytes: Vec<u8>,
    locks: BTreeMap<u64, LockLevel>,
    shared_memory: Vec<Region>,
    mapped_by: Vec<u64>,
    /// `(slot, handle)`: whether that handle holds the slot exclusively.
    slots: BTreeMap<(u32, u64), bool>,
}

impl File {
    /// Shared memory that nobody maps any more, as new.
    fn forget_shared_memory(&mut self) -> Vec<Region> {
        let regions = std::mem::take(&mut self.shared_memory);
        let words = regions.iter().copied().flatten();
        words.for_each(|word| word.store(0, Ordering::Relaxed));
        regions
    }
}

impl SimulatedDisk {
    /// Registers an empty disk with SQLite for the life of the process.
    ///
    /// # Panics
    /// When SQLite refuses the registration.
    pub fn new() -> Self {
        Self::registered(false)
    }

    /// The same, and every database this process opens from now on lies on it: for programs that do
    /// not let their disk be chosen.
    ///
    /// # Panics
    /// When SQLite refuses the registration.
    pub fn under_everything() -> Self {
        Self::registered(true)
    }

    fn registered(make_default: bool) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let vfs = format!("simulated-disk-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let disk = Self {
            vfs: Box::leak(vfs.clone().into_boxed_str()),
            state: Arc::default(),
        };
        let registered = CString::new(vfs).is_ok_and(|name| {
            register_static(name, disk.clone(), RegisterOpts { make_default }).is_ok()
        });
        assert!(registered, "SQLite refused the simulated disk");
        disk
    }

    /// The name under which SQLite knows this disk.
    pub fn vfs(&self) -> &'static str {
        self.vfs
    }

    /// How many steps were done so far.
    pub fn steps(&self) -> usize {
        self.state().tape.len()
    }

    /// What was done so far.
    pub fn tape(&self) -> Tape {
        self.state().tape.clone()
    }

    /// Replaces everything on the disk, as if it had been found so at power-on.
    pub fn replace(&self, files: Files) {
        let mut state = self.state();
        state.tape = Tape {
            base: files.clone(),
            steps: Vec::new(),
        };
        state.fault = None;
        state.files = files
            .into_iter()
            .map(|(path, bytes)| {
                (
                    path,
                    File {
                        bytes,
                        ..File::default()
                    },
                )
            })
            .collect();
    }

    /// Replaces what lies in one folder, for threads that look at images beside each other. What was
    /// done to the disk so far is forgotten.
    pub fn place(&self, folder: &str, files: Files) {
        let mut state = self.state();
        state.tape = Tape::default();
        state.files.retain(|path, _| !path.starts_with(folder));
        state.files.extend(files.into_iter().map(|(path, bytes)| {
            let file = File {
                bytes,
                ..File::default()
            };
            (path, file)
        }));
    }

    /// Everything as the operating system has it: what a process that dies leaves behind.
    pub fn files(&self) -> Files {
        let state = self.state();
        let files = state.files.iter();
        files
            .map(|(path, file)| (path.clone(), file.bytes.clone()))
            .collect()
    }

    /// The process that uses this disk is killed: `close` lets go of its databases, and what that would
    /// write or tidy up does not happen. Its files stay as they are, the unsynced bytes unsynced.
    pub fn killed(&self, close: impl FnOnce()) {
        self.state().dead = true;
        close();
        let mut state = self.state();
        let State { files, spare, .. } = &mut *state;
        for file in files.values_mut() {
            file.locks.clear();
            file.slots.clear();
            file.mapped_by.clear();
            spare.extend(file.forget_shared_memory());
        }
        state.fault = None;
        state.dead = false;
    }

    /// One of the states in which the disk may be found if the power fails now.
    pub fn found_after_power_cut(&self, dice: &mut Dice) -> Files {
        let state = self.state();
        state.tape.image(state.tape.len(), dice)
    }

    /// The tape's synced part becomes its beginning, so that a long run does not keep every write.
    pub fn shorten_tape(&self) {
        self.state().tape.shorten();
    }

    /// The `step`-th write, truncation or sync from now (0 is the next) fails. An [`Fault::Io`] passes;
    /// a full disk stays full until [`Self::mend`].
    pub fn fail_at(&self, step: usize, fault: Fault) {
        self.state().fault = Some(Planned {
            fault,
            steps_left: step,
            struck: false,
        });
    }

    /// Ends a fault; tells whether it had struck.
    pub fn mend(&self) -> bool {
        self.state()
            .fault
            .take()
            .is_some_and(|planned| planned.struck)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SimulatedDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn file(&mut self, handle: &Handle) -> VfsResult<&mut File> {
        self.files.get_mut(&handle.path).ok_or(vars::SQLITE_IOERR)
    }

    /// Fails this step if it is its turn. Only what makes a file longer needs space.
    fn strike(&mut self, growing: bool, io_code: i32) -> VfsResult<()> {
        let Some(planned) = self.fault.as_mut() else {
            return Ok(());
        };
        if let Some(left) = planned.steps_left.checked_sub(1) {
            planned.steps_left = left;
            return Ok(());
        }
        let code = match planned.fault {
            Fault::Full if growing => vars::SQLITE_FULL,
            Fault::Io if !planned.struck => io_code,
            Fault::Full | Fault::Io => return Ok(()),
        };
        planned.struck = true;
        Err(code)
    }
}

/// One open file of one connection.
pub struct Handle {
    id: u64,
    path: String,
}

impl VfsHandle for Handle {
    fn readonly(&self) -> bool {
        false
    }

    fn in_memory(&self) -> bool {
        false
    }
}

impl Vfs for SimulatedDisk {
    type Handle = Handle;

    fn open(&self, path: Option<&str>, opts: OpenOpts) -> VfsResult<Handle> {
        let path = path.ok_or(vars::SQLITE_CANTOPEN)?.to_owned(); // temporary files belong in memory
        let mut state = self.state();
        match opts.mode() {
            OpenMode::ReadWrite {
                create: CreateMode::Create | CreateMode::MustCreate,
            } => {
                state.files.entry(path.clone()).or_default();
            }
            OpenMode::ReadWrite {
                create: CreateMode::None,
            }
            | OpenMode::ReadOnly => {
                if !state.files.contains_key(&path) {
                    return Err(vars::SQLITE_CANTOPEN);
                }
            }
        }
        state.handles += 1;
        Ok(Handle {
            id: state.handles,
            path,
        })
    }

    fn delete(&self, path: &str) -> VfsResult<()> {
        let mut state = self.state();
        if state.dead {
            return Ok(());
        }
        state
            .files
            .remove(path)
            .ok_or(vars::SQLITE_IOERR_DELETE_NOENT)?;
        state.tape.steps.push(Step::Delete {
            path: path.to_owned(),
        });
        Ok(())
    }

    fn access(&self, path: &str, _: AccessFlags) -> VfsResult<bool> {
        Ok(self.state().files.contains_key(path))
    }

    fn file_size(&self, handle: &mut Handle) -> VfsResult<usize> {
        Ok(self.state().file(handle)?.bytes.len())
    }

    fn truncate(&self, handle: &mut Handle, size: usize) -> VfsResult<()> {
        let mut state = self.state();
        if state.dead {
            return Ok(());
        }
        state.strike(false, vars::SQLITE_IOERR_TRUNCATE)?;
        state.file(handle)?.bytes.truncate(size);
        state.tape.steps.push(Step::Truncate {
            path: handle.path.clone(),
            size,
        });
        Ok(())
    }

    fn write(&self, handle: &mut Handle, offset: usize, data: &[u8]) -> VfsResult<usize> {
        let mut state = self.state();
        if state.dead {
            return Ok(data.len());
        }
        let size = state.file(handle)?.bytes.len();
        state.strike(offset + data.len() > size, vars::SQLITE_IOERR_WRITE)?;
        write_at(&mut state.file(handle)?.bytes, offset, data);
        state.tape.steps.push(Step::Write {
            path: handle.path.clone(),
            offset,
            data: data.to_vec(),
        });
        Ok(data.len())
    }

    fn read(&self, handle: &mut Handle, offset: usize, data: &mut [u8]) -> VfsResult<usize> {
        let mut state = self.state();
        let there = state.file(handle)?.bytes.get(offset..).unwrap_or_default();
        let length = there.len().min(data.len());
        if let (Some(to), Some(from)) = (data.get_mut(..length), there.get(..length)) {
            to.copy_from_slice(from);
        }
        Ok(length)
    }

    fn sync(&self, handle: &mut Handle) -> VfsResult<()> {
        let mut state = self.state();
        if state.dead {
            return Ok(());
        }
        state.strike(false, vars::SQLITE_IOERR_FSYNC)?;
        state.tape.steps.push(Step::Sync {
            path: handle.path.clone(),
        });
        Ok(())
    }

    fn lock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        let mut state = self.state();
        let locks = &mut state.file(handle)?.locks;
        let others = locks
            .iter()
            .filter(|(id, _)| **id != handle.id)
            .map(|(_, held)| *held)
            .max();
        let others = others.unwrap_or(LockLevel::Unlocked);
        let allowed = match level {
            LockLevel::Unlocked => true,
            LockLevel::Shared => others < LockLevel::Pending,
            LockLevel::Reserved => others < LockLevel::Reserved,
            LockLevel::Pending | LockLevel::Exclusive => {
                if others == LockLevel::Shared {
                    locks.insert(handle.id, LockLevel::Pending); // lets the readers leave, lets no more in
                }
                others == LockLevel::Unlocked
            }
        };
        if !allowed {
            return Err(vars::SQLITE_BUSY);
        }
        locks.insert(handle.id, level);
        Ok(())
    }

    fn unlock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        self.state().file(handle)?.locks.insert(handle.id, level);
        Ok(())
    }

    fn check_reserved_lock(&self, handle: &mut Handle) -> VfsResult<bool> {
        Ok(self
            .state()
            .file(handle)?
            .locks
            .values()
            .any(|held| *held >= LockLevel::Reserved))
    }

    fn close(&self, handle: Handle) -> VfsResult<()> {
        if let Ok(file) = self.state().file(&handle) {
            file.locks.remove(&handle.id);
        }
        Ok(())
    }

    fn sector_size(&self, _: &mut Handle) -> VfsResult<i32> {
        Ok(4096) // as SQLite assumes of every drive under Linux and Windows
    }

    fn device_characteristics(&self, _: &mut Handle) -> VfsResult<i32> {
        Ok(vars::SQLITE_IOCAP_POWERSAFE_OVERWRITE) // likewise; sectors next to a torn one survive
    }

    fn shm_map(
        &self,
        handle: &mut Handle,
        region: usize,
        size: usize,
        extend: bool,
    ) -> VfsResult<Option<NonNull<u8>>> {
        let mut state = self.state();
        while extend && state.file(handle)?.shared_memory.len() <= region {
            let fresh = state.spare.pop().unwrap_or_else(|| {
                Box::leak(
                    (0..size.div_ceil(8))
                        .map(|_| AtomicU64::new(0))
                        .collect::<Box<[_]>>(),
                )
            });
            state.file(handle)?.shared_memory.push(fresh);
        }
        let file = state.file(handle)?;
        if !file.mapped_by.contains(&handle.id) {
            file.mapped_by.push(handle.id);
        }
        Ok(file
            .shared_memory
            .get(region)
            .map(|memory| NonNull::from(*memory).cast()))
    }

    fn shm_lock(
        &self,
        handle: &mut Handle,
        offset: u32,
        count: u32,
        mode: ShmLockMode,
    ) -> VfsResult<()> {
        let mut state = self.state();
        let slots = &mut state.file(handle)?.slots;
        let wanted = offset..offset + count;
        let exclusive = match mode {
            ShmLockMode::LockShared => false,
            ShmLockMode::LockExclusive => true,
            ShmLockMode::UnlockShared | ShmLockMode::UnlockExclusive => {
                slots.retain(|(slot, id), _| *id != handle.id || !wanted.contains(slot));
                return Ok(());
            }
        };
        let taken = slots.iter().any(|((slot, id), held)| {
            *id != handle.id && wanted.contains(slot) && (exclusive || *held)
        });
        if taken {
            return Err(vars::SQLITE_BUSY);
        }
        slots.extend(wanted.map(|slot| ((slot, handle.id), exclusive)));
        Ok(())
    }

    fn shm_barrier(&self, _: &mut Handle) {
        fence(Ordering::SeqCst);
    }

    fn shm_unmap(&self, handle: &mut Handle, _delete: bool) -> VfsResult<()> {
        let mut state = self.state();
        let file = state.file(handle)?;
        file.mapped_by.retain(|id| *id != handle.id);
        file.slots.retain(|(_, id), _| *id != handle.id);
        if file.mapped_by.is_empty() {
            let regions = file.forget_shared_memory();
            state.spare.extend(regions);
        }
        Ok(())
    }
}
