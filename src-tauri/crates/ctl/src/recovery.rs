//! When a workstation's disk fails it: examine, restore a copy, mend, begin a new life.
//!
//! Every one of these sets the old database aside; none deletes it.

use crate::station::refused;
use crate::{Setting, out};
use bondhouse_app::upkeep::{self, Renewed};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Folder of the workstation; it may be running
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_DATA")]
    data: PathBuf,
}

impl Doctor {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let looked = upkeep::doctor(&self.data).map_err(|error| refused(setting, error))?;
        for one in &looked {
            match &one.wrong {
                None => out::line(&format!("well   {}", one.what))?,
                Some(wrong) => out::line(&format!("WRONG  {}: {wrong}", one.what))?,
            }
        }
        let ill = looked.iter().any(|one| one.wrong.is_some());
        Ok(ExitCode::from(u8::from(ill)))
    }
}

/// `bondctl restore`
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Folder of the workstation; it must not be running
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_DATA")]
    data: PathBuf,
    /// The copy; it is checked first and stays where it is
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

impl Restore {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let aside =
            upkeep::restore(&self.data, &self.from).map_err(|error| refused(setting, error))?;
        if let Some(aside) = aside {
            out::line(&format!(
                "the database before stands in {}",
                aside.display()
            ))?;
        }
        out::line("restored: at the next contact the workstation takes back what it did since")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// `bondctl mend`
#[derive(Debug, Args)]
pub(crate) struct Mend {
    /// Folder of the workstation; it must not be running
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_DATA")]
    data: PathBuf,
}

impl Mend {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let mended = upkeep::mend(&self.data).map_err(|error| refused(setting, error))?;
        said(&mended)
    }
}

/// `bondctl renew`
#[derive(Debug, Args)]
pub(crate) struct Renew {
    /// Folder of the workstation; it must not be running
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_DATA")]
    data: PathBuf,
    /// A supervisor's one-time code for this workstation
    #[arg(long)]
    code: String,
    /// Where the platform answers, when the old database cannot say
    #[arg(long, value_name = "URL")]
    platform: Option<String>,
}

impl Renew {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let renewed = upkeep::renew(&self.data, &self.code, self.platform.as_deref())
            .map_err(|error| refused(setting, error))?;
        said(&renewed)
    }
}

fn said(renewed: &Renewed) -> anyhow::Result<ExitCode> {
    if let Some(aside) = &renewed.set_aside {
        out::line(&format!(
            "the database before stands in {}",
            aside.display()
        ))?;
    }
    out::line(&format!(
        "{} events kept, {} to be reported to the authority",
        renewed.kept, renewed.reported
    ))?;
    Ok(ExitCode::SUCCESS)
}
