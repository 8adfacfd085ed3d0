//! The folders themselves: whole files only, durable before anything rests on them.
//!
//! ```text
//! Ready    ours: written and synced, not yet offered
//! OutBox   the client takes files from here …
//! SentBox  … and puts them here when customs' exchange took them
//! FailBox  … or here when it did not
//! InBox    the client puts customs' answers here …
//! ReadBox  … and we put them here once they are taken in
//! FailBox  … or here, as Failed_NAME, when they are not believed
//! ```
//! A file is renamed into a folder that somebody else reads, never written there.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A single-window client's folders.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
}

const READY: &str = "Ready";
const OUT_BOX: &str = "OutBox";
const SENT_BOX: &str = "SentBox";
const FAIL_BOX: &str = "FailBox";
const IN_BOX: &str = "InBox";
const READ_BOX: &str = "ReadBox";

/// Where a file that was offered is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// Not taken yet.
    Waiting,
    /// The client sent it.
    Sent,
    /// The client could not send it.
    Failed,
    /// Being sent, or cleared away by the client: not ours to know.
    Away,
}

impl Folder {
    /// Makes what is missing of the folders.
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        for name in [READY, OUT_BOX, SENT_BOX, FAIL_BOX, IN_BOX, READ_BOX] {
            fs::create_dir_all(root.join(name))?;
        }
        Ok(Self { root })
    }

    fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.root.join(folder).join(name)
    }

    fn sync(&self, folder: &str) -> io::Result<()> {
        // A folder opens as a file only where folders are files; elsewhere the system keeps renames in order.
        if cfg!(unix) {
            File::open(self.root.join(folder))?.sync_all()?;
        }
        Ok(())
    }

    /// Makes files ready. One of an earlier life that was never offered is written over.
    pub(super) fn make_ready(&self, files: &[(String, Vec<u8>)]) -> io::Result<()> {
        for (name, bytes) in files {
            let mut file = Self::created(&self.path(READY, name))?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        self.sync(READY)
    }

    /// A new file that its owner and their group read and nobody else: customs needs to be told who buys.
    fn created(path: &Path) -> io::Result<File> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
        options.open(path)
    }

    /// Names of the files made ready and not moved yet.
    pub(super) fn ready(&self) -> io::Result<Vec<String>> {
        names(&self.root.join(READY))
    }

    /// Offers ready files to the client.
    pub(super) fn offer(&self, names: &[String]) -> io::Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            fs::rename(self.path(READY, name), self.path(OUT_BOX, name))?;
        }
        self.sync(OUT_BOX)?;
        self.sync(READY)
    }

    /// Where the client has put a file that was offered.
    pub(super) fn whereabouts(&self, name: &str) -> Whereabouts {
        let is_in = |folder| self.path(folder, name).exists();
        if is_in(OUT_BOX) || is_in(READY) {
            Whereabouts::Waiting
        } else if is_in(SENT_BOX) {
            Whereabouts::Sent
        } else if is_in(FAIL_BOX) {
            Whereabouts::Failed
        } else {
            Whereabouts::Away
        }
    }

    /// Forgets that the client failed with a file, so that it can be offered again.
    pub(super) fn clear_failed(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(FAIL_BOX, name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.sync(FAIL_BOX),
        }
    }

    /// Names of the files the client brought, oldest name first.
    pub(super) fn brought(&self) -> io::Result<Vec<String>> {
        names(&self.root.join(IN_BOX))
    }

    /// A brought file, as far as `most` bytes and one more; `None` when the client took it back.
    pub(super) fn read(&self, name: &str, most: usize) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path(IN_BOX, name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Puts a brought file aside; nothing is lost when that is undone by a crash.
    pub(super) fn put_aside(&self, name: &str) -> io::Result<()> {
        fs::rename(self.path(IN_BOX, name), self.path(READ_BOX, name))
    }

    /// Puts a brought file that is not believed where somebody will look, under a name that no file of
    /// ours can have: what lies there under a name of ours is one the client failed with.
    pub(super) fn refuse(&self, name: &str) -> io::Result<()> {
        let set_aside = self.path(FAIL_BOX, &format!("Failed_{name}"));
        fs::rename(self.path(IN_BOX, name), set_aside)
    }
}

/// Names of the plain files of a folder, sorted; what is hidden or still being written is left out.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let unfinished = name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".part");
        if !unfinished && entry.file_type()?.is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
