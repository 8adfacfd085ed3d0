//! `bondctl journal export`: a workstation's journal as JSON, one event a line, for whoever checks it.
//!
//! The lines are the rows as they were written, bodies and hashes included, so that a chain can be
//! verified far from the machine (`bondctl verify`). No key is needed: a journal holds no personal data.

use crate::station::refused;
use crate::{Setting, out};
use bondhouse_app::upkeep;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl journal`
#[derive(Debug, Subcommand)]
pub(crate) enum Journal {
    /// Print a workstation's journal, one JSON line an event
    Export(Export),
}

/// `bondctl journal export`
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A workstation's database; it may be running
    path: PathBuf,
}

impl Journal {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let Self::Export(Export { path }) = self;
        let database = crate::verify::database_in(&path)?;
        for event in upkeep::journal(&database).map_err(|error| refused(setting, error))? {
            out::json(&event, false)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
