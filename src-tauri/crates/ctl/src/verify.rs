//! `bondctl verify`: finds out what a file is, checks every invariant that applies, names what differs.
//!
//! A database says itself whose it is (SQLite's `application_id`). A workstation's is checked here,
//! a platform's by the platform program, which alone knows its tables.

use crate::station::refused;
use crate::{Setting, out};
use anyhow::{Context, bail};
use bondhouse_app::upkeep;
use clap::Args;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// `bondctl verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A database, or the data folder it stands in
    path: PathBuf,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Nothing could be verified.
const UNREADABLE: u8 = 2;

impl Verify {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        match self.check(setting) {
            Ok(code) => Ok(code),
            Err(error) => {
                if self.json {
                    out::json(
                        &json!({ "path": self.path, "error": format!("{error:#}") }),
                        false,
                    )?;
                }
                // Kept apart from "an invariant does not hold", so not by the common way out.
                use std::io::Write;
                let _ = writeln!(std::io::stderr().lock(), "bondctl: {error:#}");
                Ok(ExitCode::from(UNREADABLE))
            }
        }
    }

    fn check(&self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let database = database_in(&self.path)?;
        match kind_of(&database)? {
            Kind::Workstation => self.workstation(setting, &database),
            Kind::Platform => self.platform(&database),
        }
    }

    fn workstation(&self, setting: &Setting, database: &Path) -> anyhow::Result<ExitCode> {
        let findings = upkeep::verify(database).map_err(|error| refused(setting, error))?;
        let holds = findings.iter().all(upkeep::Finding::holds);
        if self.json {
            let answer = json!({ "path": database, "kind": "workstation", "holds": holds, "findings": findings });
            out::json(&answer, false)?;
        } else {
            for finding in &findings {
                let mark = if finding.holds() { "holds " } else { "BROKEN" };
                out::line(&format!(
                    "{mark} {:<10} {}",
                    finding.invariant, finding.says
                ))?;
                for difference in &finding.differences {
                    out::line(&format!("       {difference}"))?;
                }
            }
        }
        Ok(ExitCode::from(u8::from(!holds)))
    }

    fn platform(&self, database: &Path) -> anyhow::Result<ExitCode> {
        let data = database.parent().context("a database without a folder")?;
        let Examined { checked, wrong } = examine_platform(data)?;
        let holds = wrong.is_empty();
        if self.json {
            let answer = json!({ "path": database, "kind": "platform", "holds": holds, "checked": checked, "wrong": wrong });
            out::json(&answer, false)?;
        } else {
            for line in checked
                .iter()
                .map(|line| format!("checked {line}"))
                .chain(wrong.iter().map(|line| format!("BROKEN  {line}")))
            {
                out::line(&line)?;
            }
        }
        Ok(ExitCode::from(u8::from(!holds)))
    }
}

/// What the platform's own doctor found.
pub(crate) struct Examined {
    /// How many of what were checked.
    pub(crate) checked: Vec<String>,
    /// What does not hold.
    pub(crate) wrong: Vec<String>,
}

/// Has the platform program, which alone knows its tables, examine a data folder; it must not be running.
pub(crate) fn examine_platform(data: &Path) -> anyhow::Result<Examined> {
    let program = sibling("bondhouse-platform")?;
    let output = Command::new(&program)
        .arg("--data")
        .arg(data)
        .arg("doctor")
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let (wrong, checked): (Vec<&str>, Vec<&str>) =
        said.lines().partition(|line| line.starts_with("WRONG "));
    if checked.is_empty() || output.status.success() != wrong.is_empty() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!(
            "the platform cannot be examined: {}",
            error.lines().last().unwrap_or_default()
        );
    }
    let owned = |lines: Vec<&str>| {
        lines
            .into_iter()
            .map(|line| line.trim_start_matches("WRONG ").to_owned())
            .collect()
    };
    Ok(Examined {
        checked: owned(checked),
        wrong: owned(wrong),
    })
}

/// What a database is.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Workstation,
    Platform,
}

/// A folder stands for the database in it.
fn database_in(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    ["station.db", "platform.db"]
        .iter()
        .map(|name| path.join(name))
        .find(|database| database.is_file())
        .with_context(|| format!("no database in {}", path.display()))
}

/// Reads SQLite's header: 16 bytes of name, and at byte 68 whose database it is.
fn kind_of(database: &Path) -> anyhow::Result<Kind> {
    let mut head = [0u8; 72];
    std::fs::File::open(database)
        .and_then(|mut file| file.read_exact(&mut head))
        .with_context(|| format!("cannot read {}", database.display()))?;
    if !head.starts_with(b"SQLite format 3\0") {
        bail!("{} is no database", database.display());
    }
    match head.last_chunk::<4>() {
        Some(b"BHws") => Ok(Kind::Workstation),
        Some(b"BHpl") => Ok(Kind::Platform),
        _ => bail!("{} is a database of another program", database.display()),
    }
}

/// A program of the house, which stands beside this one.
pub(crate) fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    let found = own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    match found.is_file() {
        true => Ok(found),
        false => bail!(
            "{} is missing: build it first (make build)",
            found.display()
        ),
    }
}
