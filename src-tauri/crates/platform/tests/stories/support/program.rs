//! The platform as the program that is shipped, over a folder of its own; perhaps with faults injected.

#![allow(dead_code, reason = "each story uses its own part")]

use crate::support::World;
use bondhouse_platform::{Config, Findings};
use bondhouse_testkit::injected::Injection;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Any free port of this machine.
const ANY: &str = "127.0.0.1:0";

/// Where the program is: Cargo says so to the platform's own tests; for others it stands beside.
fn program() -> PathBuf {
    if let Some(known) = option_env!("CARGO_BIN_EXE_bondhouse-platform") {
        return known.into();
    }
    let own = std::env::current_exe().unwrap();
    let beside = own.parent().and_then(Path::parent).unwrap();
    let program = beside.join("bondhouse-platform");
    assert!(program.exists(), "build it first: make build");
    program
}

/// A platform process.
pub(crate) struct Program {
    pub(crate) url: String,
    child: Child,
}

/// A program that did not live to say where it listens.
#[derive(Debug)]
pub(crate) struct NeverListened {
    /// Whether it ended by itself and not by a signal.
    pub(crate) by_itself: bool,
    /// Its last words.
    pub(crate) said: String,
}

impl Program {
    /// Starts it on a data folder.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_at(data, ANY).unwrap()
    }

    /// Starts it where it listened before.
    pub(crate) fn start_at(data: &Path, listen: &str) -> Result<Self, NeverListened> {
        Self::begin(data, listen, Command::new(program()))
    }

    /// Starts it with a fault, of calls on `files` only when any are named.
    pub(crate) fn start_with(
        data: &Path,
        fault: &Injection,
        files: &[&Path],
    ) -> Result<Self, NeverListened> {
        Self::begin(data, ANY, fault.command(&program(), files))
    }

    fn begin(data: &Path, listen: &str, mut command: Command) -> Result<Self, NeverListened> {
        let mut child = command
            .arg("--data")
            .arg(data)
            .args(["--listen", listen])
            .env("RUST_LOG", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let mut words = child.stderr.take().unwrap();
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            let mut said = String::new();
            words.read_to_string(&mut said).unwrap();
            let by_itself = child.wait().unwrap().code().is_some();
            return Err(NeverListened { by_itself, said });
        };
        // What it says later is nobody's to read, and must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut words, &mut std::io::sink()));
        let url = format!("http://{}", said["listening"].as_str().unwrap());
        Ok(Self { url, child })
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.unwrap().success() && self.is_gone());
    }

    /// Whether it was ended by what was injected; its last connection breaks a moment before it is gone.
    pub(crate) fn is_gone(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for Program {
    /// Without a warning, as a power cut would.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    /// A copy of what this platform keeps, for a program to begin from.
    pub(crate) async fn copy(&self) -> TempDir {
        let made = self
            .admin("POST", "/v1/admin/backups", &Value::Null)
            .await
            .ok();
        let copy = TempDir::new().unwrap();
        let here = &self.config.data;
        for key in ["authority.key", "data.key", "admin.key"] {
            std::fs::copy(here.join(key), copy.path().join(key)).unwrap();
        }
        let made = here.join(made["file"].as_str().unwrap());
        std::fs::copy(made, copy.path().join("platform.db")).unwrap();
        copy
    }
}

/// What the doctor finds in a folder that nobody serves.
pub(crate) fn examine(data: &Path) -> Findings {
    bondhouse_platform::examine(&Config::at(data)).unwrap()
}
