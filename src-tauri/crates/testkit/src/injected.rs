//! A program whose system calls fail, or kill it, at the call a test names: `strace` does it to the
//! program as it is shipped, which knows nothing of it.
//!
//! What a kill leaves behind is what the system has in its cache: this proves the order in which a
//! program answers and syncs. What a power cut leaves behind is `simulated_disk`'s business.
//!
//! `when` counts the calls of each thread for itself; a database is written by one thread.

use std::path::Path;
use std::process::{Command, Stdio};

/// What SQLite writes and syncs with under Linux.
pub const WRITES: &str = "pwrite64";
/// See [`WRITES`].
pub const SYNCS: &str = "fdatasync,fsync";

/// What is done to a program.
#[derive(Debug, Clone)]
pub struct Injection(String);

impl Injection {
    /// It is killed as it makes its `nth` sync. 1 is the first.
    pub fn killed_at_sync(nth: usize) -> Self {
        Self::killed_at(SYNCS, nth)
    }

    /// It is killed as it makes the `nth` of these calls.
    pub fn killed_at(calls: &str, nth: usize) -> Self {
        Self(format!("{calls}:signal=KILL:when={nth}"))
    }

    /// Its calls `first..=last` fail with this error of the system, such as `ENOSPC`.
    pub fn failing(calls: &str, error: &str, first: usize, last: usize) -> Self {
        Self(format!("{calls}:error={error}:when={first}..{last}"))
    }

    /// All its calls fail.
    pub fn always_failing(calls: &str, error: &str) -> Self {
        Self(format!("{calls}:error={error}"))
    }

    /// `program`, to which this will be done: with calls on `files` only, when any are named. The
    /// process that is started is the program itself, not its tracer.
    pub fn command(&self, program: &Path, files: &[&Path]) -> Command {
        let mut strace = Command::new("strace");
        let calls = self.0.split(':').next().unwrap_or_default();
        strace.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e"]);
        strace.arg(format!("trace={calls}"));
        strace.args(["-e", &format!("inject={}", self.0)]);
        for file in files {
            strace.arg("-P").arg(file);
        }
        strace.arg(program);
        strace
    }

    /// Whether this machine can do it; what is missing is for the caller to print.
    ///
    /// # Panics
    /// Under CI, where `make setup` has installed `strace` and nothing may be skipped.
    pub fn is_possible() -> bool {
        let possible = Command::new("strace")
            .args(["-qq", "-o", "/dev/null", "true"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        assert!(
            possible || std::env::var_os("CI").is_none(),
            "no strace under CI"
        );
        possible
    }
}
