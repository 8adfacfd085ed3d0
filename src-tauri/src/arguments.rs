//! What the program is told when it is started: arguments, or environment variables of the same name.

use bondhouse_app::Config;
use clap::Parser;
use std::path::PathBuf;
use tauri::Runtime;
use tauri::path::PathResolver;

/// Where a platform on the same machine listens; only a proposal on the first-run page.
const NEAREST_PLATFORM: &str = "http://127.0.0.1:7700";

/// The workstation of a bonded warehouse.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// Folder of this workstation: its database, keys and printed labels
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_DATA")]
    data: Option<PathBuf>,
    /// Platform to propose when this computer is enrolled
    #[arg(long, value_name = "URL", env = "BONDHOUSE_PLATFORM", default_value = NEAREST_PLATFORM)]
    platform: String,
    /// Serial port of a scanner that no USB identity names; may be repeated
    #[arg(
        long,
        value_name = "PATH",
        env = "BONDHOUSE_SCANNER",
        value_delimiter = ','
    )]
    scanner: Vec<PathBuf>,
    /// For practice: the window gets a scanner of its own. Never where goods are real
    #[arg(long)]
    practice: bool,
    /// Folder of messages, label templates and fonts
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_ASSETS")]
    assets: Option<PathBuf>,
}

impl Arguments {
    /// The workstation these arguments describe; what is not said is where this system keeps such things.
    pub(crate) fn config<R: Runtime>(self, paths: &PathResolver<R>) -> tauri::Result<Config> {
        let data = match self.data {
            Some(data) => data,
            // A program under development never opens the stock record of a real shift.
            None if cfg!(debug_assertions) => paths.app_local_data_dir()?.join("development"),
            None => paths.app_local_data_dir()?.join("station"),
        };
        let assets = match self.assets {
            Some(assets) => assets,
            None if cfg!(debug_assertions) => {
                PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets")
            }
            None => paths.resource_dir()?.join("assets"),
        };
        Ok(Config {
            data,
            assets,
            platform_url: self.platform,
            scanners: self.scanner,
            practice: self.practice,
        })
    }
}
