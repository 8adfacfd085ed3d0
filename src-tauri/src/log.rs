//! The log: one JSON object a line, so that nothing a scanner reads can forge a line.
//!
//! It lies beside the database, holds no personal data, and is set aside once when it has grown to 8 MB.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::Mutex;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

const LARGEST: u64 = 8 * 1024 * 1024;

/// Starts logging into `folder`, or to the terminal when it cannot be written.
pub(crate) fn start(folder: &Path) {
    let filter = EnvFilter::builder()
        .with_env_var("BONDHOUSE_LOG")
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    let log = tracing_subscriber::fmt().with_env_filter(filter).json();
    // A second subscriber is refused only in tests, where the first serves as well.
    let _ = match open(folder) {
        Ok(file) => log.with_writer(Mutex::new(file)).try_init(),
        Err(_) => log.with_writer(std::io::stderr).try_init(),
    };
}

fn open(folder: &Path) -> std::io::Result<File> {
    fs::create_dir_all(folder)?;
    let path = folder.join("bondhouse.log");
    if fs::metadata(&path).is_ok_and(|file| file.len() > LARGEST) {
        fs::rename(&path, folder.join("bondhouse.1.log"))?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}
