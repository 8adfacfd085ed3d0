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

mod content;
mod tape;

pub use crate::dice::Dice;
pub use content::Content;
pub use tape::{Files, Tape};

use rusqlite as _; // links the SQLite that the VFS is registered with
use sqlite_plugin::flags::{AccessFlags, CreateMode, LockLevel, OpenMode, OpenOpts, ShmLockMode};
use sqlite_plugin::vars;
use sqlite_plugin::vfs::{RegisterOpts, Vfs, VfsHandle, VfsResult, register_static};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tape::Step;

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
    /// Of what was done only what a power cut can take is kept.
    forgets: bool,
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
    bytes: Content,
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
        state.tape = Tape::from(files.clone());
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

    /// From now on what is synced is forgotten as soon as it is: for long runs that only ask what a power
    /// cut would leave at this moment.
    pub fn forget_the_past(&self) {
        self.state().forgets = true;
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
        self.files
            .get_mut(handle.path.as_ref())
            .ok_or(vars::SQLITE_IOERR)
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
    path: Arc<str>,
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
            path: path.into(),
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
        state.tape.push(Step::Delete { path: path.into() });
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
        state.tape.push(Step::Truncate {
            path: Arc::clone(&handle.path),
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
        state.file(handle)?.bytes.write_at(offset, data);
        state.tape.push(Step::Write {
            path: Arc::clone(&handle.path),
            offset,
            data: data.into(),
        });
        Ok(data.len())
    }

    fn read(&self, handle: &mut Handle, offset: usize, data: &mut [u8]) -> VfsResult<usize> {
        let mut state = self.state();
        Ok(state.file(handle)?.bytes.read_at(offset, data))
    }

    fn sync(&self, handle: &mut Handle) -> VfsResult<()> {
        let mut state = self.state();
        if state.dead {
            return Ok(());
        }
        state.strike(false, vars::SQLITE_IOERR_FSYNC)?;
        let State {
            files,
            tape,
            forgets,
            ..
        } = &mut *state;
        match files.get(handle.path.as_ref()) {
            Some(file) if *forgets => tape.settle(&handle.path, &file.bytes),
            _ => tape.push(Step::Sync {
                path: Arc::clone(&handle.path),
            }),
        }
        Ok(())
    }

    fn lock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        let mut state = self.state();
        if state.dead && level > LockLevel::Shared {
            // Nor does what the last to leave would move and delete: it is not even tried.
            return Err(vars::SQLITE_BUSY);
        }
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
