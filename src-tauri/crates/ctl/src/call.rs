//! A workstation without its window: one call through the command table, a backup, a rebuild.

use crate::station::{At, refused};
use crate::{Setting, out};
use anyhow::{Context, bail};
use bondhouse_app::commands::{Least, TABLE};
use bondhouse_app::upkeep;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl call`
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// Name of the command, such as `stock.report`
    name: Option<String>,
    /// Its request; `{}` when there is nothing to say
    #[arg(value_name = "JSON")]
    request: Option<String>,
    #[command(flatten)]
    at: At,
}

impl Call {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let Some(name) = self.name else {
            return list();
        };
        let request = match self.request {
            Some(text) => serde_json::from_str(&text).context("the request is no JSON")?,
            None => json!({}),
        };
        let station = self.at.open(setting)?;
        let answer = station.call::<Value>(&name, request);
        station.close();
        out::json(&answer?, true)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Everything that can be called, in the order of the table.
fn list() -> anyhow::Result<ExitCode> {
    for command in TABLE {
        let least = match command.least {
            Least::Anyone => "anyone",
            Least::Role(role) => role.name(),
        };
        out::line(&format!(
            "{:<24} {least:<11} {}",
            command.name,
            command.doc.trim()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `bondctl backup`
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Folder of the workstation
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_DATA")]
    data: PathBuf,
    /// The copy; an earlier one is replaced once the new one is sound
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

impl Backup {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        upkeep::back_up(&self.data, &self.to).map_err(|error| refused(setting, error))?;
        out::line(&self.to.display().to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// `bondctl rebuild`
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Folder of the workstation; it must not be running
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_DATA")]
    data: PathBuf,
}

impl Rebuild {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let rebuilt = upkeep::rebuild(&self.data).map_err(|error| refused(setting, error))?;
        for table in &rebuilt.differs {
            let (missing, extra) = (table.missing.len(), table.extra.len());
            out::line(&format!(
                "{}: {missing} rows were wrong, {extra} are right now",
                table.table
            ))?;
        }
        out::line(&format!(
            "rebuilt from {} events and {} entries; {} tables differed",
            rebuilt.events.0,
            rebuilt.entries.0,
            rebuilt.differs.len()
        ))?;
        if !rebuilt.differs.is_empty() {
            bail!(
                "what a table holds must follow from journal and feed alone: this is a defect, report it"
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
