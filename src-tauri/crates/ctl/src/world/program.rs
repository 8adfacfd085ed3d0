//! A program of the house as a child process: what it says, where it logs, how it ends.
//!
//! It says things as JSON lines on standard output; its standard error goes into a log file. Whoever
//! drops it ends it: no day may leave a platform running behind it.

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a program may take to end when asked to.
const ENDING: Duration = Duration::from_secs(20);
/// How often an ending program is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A running program.
pub(super) struct Program {
    name: String,
    child: Child,
    lines: Receiver<Value>,
    log: PathBuf,
}

impl Program {
    pub(super) fn start(path: &Path, arguments: &[&OsStr], log: &Path) -> anyhow::Result<Self> {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        let mut child = Command::new(path)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {}", path.display()))?;
        let out = child.stdout.take().context("no standard output")?;
        let (said, lines) = channel();
        // Ends with the program, or when nobody listens any more.
        std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || {
                let words = BufReader::new(out).lines().map_while(Result::ok);
                for value in words.filter_map(|line| serde_json::from_str(&line).ok()) {
                    if said.send(value).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            name,
            child,
            lines,
            log: log.to_owned(),
        })
    }

    /// Waits for a line that has this field; earlier lines without it are passed over.
    pub(super) fn says(&mut self, field: &str, patience: Duration) -> anyhow::Result<Value> {
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.get(field).is_some() => return Ok(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    bail!(
                        "{} did not say \"{field}\" within {} s; see {}",
                        self.name,
                        patience.as_secs(),
                        self.log.display()
                    )
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // Its end may be noticed a moment after its last word.
                    let _ = self.child.wait();
                    self.check()?;
                    bail!("{} ended without a word", self.name)
                }
            }
        }
    }

    /// Complains when it has ended.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}): {}", self.name, last_words(&self.log)),
        }
    }

    /// Asks it to end and waits; what does not end is killed and complained about.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        self.ask_to_end();
        let end = Instant::now() + ENDING;
        while Instant::now() < end {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!(
                    "{} ended badly ({status}): {}",
                    self.name,
                    last_words(&self.log)
                ),
                None => std::thread::sleep(LOOK),
            }
        }
        self.child.kill()?;
        self.child.wait()?;
        bail!("{} did not end within {} s", self.name, ENDING.as_secs())
    }

    /// Ends it without a warning.
    pub(super) fn kill(mut self) -> anyhow::Result<()> {
        self.check()?;
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn ask_to_end(&self) {
        if let Ok(id) = i32::try_from(self.child.id()) {
            // Gone already is as good as asked.
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The last line of a log, which is where a program says why it ends.
fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    match text.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => line.to_owned(),
        None => format!("see {}", log.display()),
    }
}
