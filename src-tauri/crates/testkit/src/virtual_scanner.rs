//! A scanner (or scale) made of a pseudo-terminal: what the product opens is a real serial device.
//!
//! The pty's other end is held here. Dropping it is pulling the cable: the reader's next read
//! fails and bytes still on the way are lost, as with the real thing. Plugging in again gives
//! another path; a link stands for the stable names under `/dev/serial/by-id`.
//!
//! Parity and speed cannot be tried: a pty is always eight bits at any baud.

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A plugged-in virtual device; drop it to unplug.
#[derive(Debug)]
pub struct VirtualScanner {
    cable: PtyMaster,
    path: PathBuf,
    link: Option<PathBuf>,
    /// What follows each scan.
    pub terminator: Vec<u8>,
}

impl VirtualScanner {
    /// Plugs a scanner in; it sends CR after each scan.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal left.
    pub fn plug_in() -> io::Result<Self> {
        let cable = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&cable)?;
        unlockpt(&cable)?;
        // Before anyone opens it, a terminal would echo and turn CR into LF.
        let mut modes = tcgetattr(&cable)?;
        cfmakeraw(&mut modes);
        tcsetattr(&cable, SetArg::TCSANOW, &modes)?;
        let path = PathBuf::from(ptsname_r(&cable)?);
        Ok(Self {
            cable,
            path,
            link: None,
            terminator: b"\r".to_vec(),
        })
    }

    /// Plugs a scanner in under a stable name of ours.
    ///
    /// # Errors
    /// As [`plug_in`](Self::plug_in), or when the link cannot be made.
    pub fn plug_in_as(link: &Path) -> io::Result<Self> {
        let mut scanner = Self::plug_in()?;
        std::os::unix::fs::symlink(&scanner.path, link)?;
        scanner.link = Some(link.to_owned());
        Ok(scanner)
    }

    /// What the product must open: the link if there is one.
    pub fn path(&self) -> &Path {
        self.link.as_deref().unwrap_or(&self.path)
    }

    /// Scans a code.
    ///
    /// # Errors
    /// When the cable does not take the bytes. It waits while the reader's buffer is full.
    pub fn scan(&mut self, code: &str) -> io::Result<()> {
        let frame = [code.as_bytes(), &self.terminator].concat();
        self.send(&frame)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// As [`scan`](Self::scan).
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.cable.write_all(bytes)
    }

    /// What the product sent since last asked, without waiting.
    ///
    /// # Errors
    /// When the cable is broken.
    pub fn heard(&mut self) -> io::Result<Vec<u8>> {
        let flags = OFlag::from_bits_truncate(fcntl(&self.cable, FcntlArg::F_GETFL)?);
        fcntl(&self.cable, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        let mut buffer = [0u8; 256];
        let heard = self.cable.read(&mut buffer);
        fcntl(&self.cable, FcntlArg::F_SETFL(flags))?;
        match heard {
            Ok(count) => Ok(buffer.get(..count).unwrap_or_default().to_vec()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Vec::new()),
            // Nobody has the other end open.
            Err(error) if error.raw_os_error() == Some(nix::libc::EIO) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for VirtualScanner {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            // Already gone is as good as removed.
            let _ = std::fs::remove_file(link);
        }
    }
}
