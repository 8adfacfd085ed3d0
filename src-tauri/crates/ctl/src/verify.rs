//! `bondctl verify`: finds out what a file is, checks every invariant that applies, names what differs.
//!
//! A database says itself whose it is (SQLite's `application_id`). A workstation's is checked here,
//! a platform's by the platform program, which alone knows its tables. JSON lines are an exported
//! journal (`bondctl journal export`) or a history of the simulator (`bondctl sim --print-history`):
//! both go to the checker in `domain::invariants`, which the simulator uses too.

use crate::station::refused;
use crate::{Setting, out};
use anyhow::{Context, bail};
use bondhouse_app::upkeep;
use bondhouse_domain::invariants::journals::Journals;
use bondhouse_domain::invariants::seen::Line;
use bondhouse_domain::invariants::{Breach, Checker};
use bondhouse_domain::journal::Event;
use clap::Args;
use serde_json::json;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// `bondctl verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A database, the data folder it stands in, an exported journal, or a history of the simulator
    path: PathBuf,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Nothing could be verified.
const UNREADABLE: u8 = 2;
/// No line of evidence is longer; what is, is something else.
const LONGEST_LINE: u64 = 4 << 20;

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
            Kind::Journal => self.lines(&database, "journal", journals),
            Kind::History => self.lines(&database, "history", history),
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

    /// Evidence in JSON lines: one breach at most, since what follows a broken rule proves nothing.
    fn lines(
        &self,
        path: &Path,
        kind: &str,
        check: fn(&mut dyn Iterator<Item = anyhow::Result<String>>) -> anyhow::Result<Checked>,
    ) -> anyhow::Result<ExitCode> {
        let file =
            std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut lines = std::io::BufReader::new(file)
            .lines()
            .map(|line| line.context("a line cannot be read"));
        let Checked { read, breach } = check(&mut lines)?;
        let holds = breach.is_none();
        if self.json {
            let answer = json!({ "path": path, "kind": kind, "holds": holds, "read": read, "breach": breach });
            out::json(&answer, false)?;
        } else {
            out::line(&format!("checked {read}"))?;
            if let Some(breach) = &breach {
                out::line(&format!("BROKEN  {breach}"))?;
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

/// What became of evidence in lines.
struct Checked {
    /// How much was read.
    read: String,
    breach: Option<Breach>,
}

type Lines<'a> = &'a mut dyn Iterator<Item = anyhow::Result<String>>;

fn parsed<T: serde::de::DeserializeOwned>(number: usize, line: &str) -> anyhow::Result<T> {
    serde_json::from_str(line).with_context(|| format!("line {number} is not what the others are"))
}

fn journals(lines: Lines<'_>) -> anyhow::Result<Checked> {
    let (mut journals, mut breach) = (Journals::default(), None);
    for (number, line) in (1..).zip(lines) {
        breach = journals.see(&parsed::<Event>(number, &line?)?).err();
        if breach.is_some() {
            break;
        }
    }
    let (events, series, unread) = journals.counted();
    let read = format!("{events} events of {series} journals, {unread} of a kind unknown here");
    Ok(Checked { read, breach })
}

fn history(lines: Lines<'_>) -> anyhow::Result<Checked> {
    let (mut checker, mut count) = (Checker::default(), 0_usize);
    for (number, line) in (1..).zip(lines) {
        count = number;
        if let Err(breach) = checker.see(&parsed::<Line>(number, &line?)?) {
            let (read, breach) = (format!("{number} lines"), Some(breach));
            return Ok(Checked { read, breach });
        }
    }
    Ok(Checked {
        read: format!("{count} lines"),
        breach: checker.finish().err(),
    })
}

/// What the platform's own doctor found.
pub(crate) struct Examined {
    /// How many of what were checked.
    pub(crate) checked: Vec<String>,
    /// What does not hold.
    pub(crate) wrong: Vec<String>,
}

/// Has the platform program, which alone knows its tables, examine a data folder, be it in use or not.
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

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Workstation,
    Platform,
    Journal,
    History,
}

/// A folder stands for the database in it.
pub(crate) fn database_in(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    ["station.db", "platform.db"]
        .iter()
        .map(|name| path.join(name))
        .find(|database| database.is_file())
        .with_context(|| format!("no database in {}", path.display()))
}

/// Reads SQLite's header, 16 bytes of name and at byte 68 whose database it is; or the first line.
fn kind_of(path: &Path) -> anyhow::Result<Kind> {
    let unreadable = || format!("cannot read {}", path.display());
    let mut file = std::fs::File::open(path).with_context(unreadable)?;
    let mut head = Vec::new();
    file.by_ref()
        .take(72)
        .read_to_end(&mut head)
        .with_context(unreadable)?;
    if head.starts_with(b"SQLite format 3\0") {
        return match head.last_chunk::<4>() {
            Some(b"BHws") => Ok(Kind::Workstation),
            Some(b"BHpl") => Ok(Kind::Platform),
            _ => bail!("{} is a database of another program", path.display()),
        };
    }
    if head.starts_with(b"{") {
        let mut first = String::new();
        let rest = std::io::BufReader::new(head.chain(file));
        rest.take(LONGEST_LINE)
            .read_line(&mut first)
            .with_context(unreadable)?;
        let keys: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&first).with_context(unreadable)?;
        if keys.contains_key("prev_hash") {
            return Ok(Kind::Journal);
        }
        if keys.contains_key("step") {
            return Ok(Kind::History);
        }
    }
    bail!(
        "{} is neither a database nor evidence in lines",
        path.display()
    )
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
