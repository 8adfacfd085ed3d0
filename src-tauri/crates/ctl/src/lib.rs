//! `bondctl`: what the window does, without a window, and the tools around it.
//!
//! Every act of a person goes through the same command table as the window's, so whatever holds here
//! holds there. The rest is reading and writing: customs messages, scans, evidence of a database.
//!
//! | file | commands |
//! |---|---|
//! | [`call`] | `call`, `backup`, `rebuild` |
//! | [`recovery`] | `doctor`, `restore`, `mend`, `renew` |
//! | [`reports`] | `report` |
//! | [`enrolment`] | `enrolment` |
//! | [`customs`] | `customs read`, `write`, `compare`, `tax`, `upload` |
//! | [`scan`] | `scan parse`, `mean`, `link`, `check`, `replay`, `card`, `pty`, `send` |
//! | [`verify`], [`journal`] | `verify`, `journal export` |
//! | `sim` | a seeded warehouse in which everything breaks (feature `sim`) |
//! | `day`, `demo` | a whole day by itself; a warehouse to look at (feature `sim`) |
//!
//! Exit codes: 0 done, 1 refused or a step failed, 2 wrong usage or nothing to work on.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a test stops at the first surprise"
    )
)]

mod call;
mod catalogue;
mod customs;
#[cfg(feature = "sim")]
mod day;
#[cfg(feature = "sim")]
mod demo;
mod enrolment;
mod journal;
mod out;
mod recovery;
mod reports;
mod scan;
#[cfg(feature = "sim")]
mod sim;
mod station;
mod verify;
#[cfg(feature = "sim")]
mod world;

use anyhow::Context;
use catalogue::{Catalogue, Language};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The same commands as the window's, without a window, and tools.
#[derive(Debug, Parser)]
#[command(
    name = "bondctl",
    version,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// Language of what is said: zh or en; otherwise the system's
    #[arg(long, global = true, value_enum, env = "BONDHOUSE_LANGUAGE")]
    lang: Option<Language>,
    /// Folder of messages, label templates, fonts and law
    #[arg(long, global = true, value_name = "DIR", env = "BONDHOUSE_ASSETS")]
    assets: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Call a command of the table by name and print its answer as JSON; without a name, list them
    Call(call::Call),
    /// Write a checked copy of a workstation's database; the workstation must not be running
    Backup(call::Backup),
    /// Make a workstation's tables anew from journal and feed, and name those that differed
    Rebuild(call::Rebuild),
    /// Examine a workstation: file, invariants, copies, keys; exit 0 when all is well, 1 when something is not
    Doctor(recovery::Doctor),
    /// Put a checked copy in the place of a workstation's database
    Restore(recovery::Restore),
    /// Make a damaged database anew with the same journal; the rest comes from the platform
    Mend(recovery::Mend),
    /// Begin a new life of a workstation that was lost, copied or damaged, by a supervisor's code
    Renew(recovery::Renew),
    /// Print the stock report or the zero-drift certificate
    Report(reports::Print),
    /// Ask a platform for a one-time code that makes a computer a workstation
    Enrolment(enrolment::Enrolment),
    /// Read, write and compare customs messages; assess tax; try a spreadsheet
    #[command(subcommand)]
    Customs(customs::Customs),
    /// Read barcodes: one JSON line in, one JSON line out
    #[command(subcommand)]
    Scan(scan::Scan),
    /// Take evidence out of a workstation
    #[command(subcommand)]
    Journal(journal::Journal),
    /// Check every invariant of a database, an exported journal or a simulator's history: exit 0 when all hold, 1 when one does not, 2 when it cannot be read
    Verify(verify::Verify),
    /// Work a whole day by itself: platform and town are started, goods received, orders released, the vehicle leaves
    #[cfg(feature = "sim")]
    Day(day::Day),
    /// Simulate a warehouse in which everything breaks, and check its invariants: exit 1 where one does
    #[cfg(feature = "sim")]
    Sim(sim::Sim),
    /// Start a warehouse to look at: platform, town and the window; ends with the window or Ctrl+C
    #[cfg(feature = "sim")]
    Demo(demo::Demo),
}

/// What every command may need.
struct Setting {
    assets: PathBuf,
    catalogue: Catalogue,
}

/// Runs what the arguments ask for.
///
/// # Errors
/// What stopped it, in the language asked for where it is a refusal.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let assets = arguments.assets.unwrap_or_else(default_assets);
    let language = arguments.lang.unwrap_or_else(Language::of_the_system);
    let catalogue = Catalogue::read(&assets, language)
        .with_context(|| format!("no messages under {}", assets.display()))?;
    let setting = Setting { assets, catalogue };
    match arguments.command {
        Command::Call(call) => call.run(&setting),
        Command::Backup(backup) => backup.run(&setting),
        Command::Rebuild(rebuild) => rebuild.run(&setting),
        Command::Doctor(doctor) => doctor.run(&setting),
        Command::Restore(restore) => restore.run(&setting),
        Command::Mend(mend) => mend.run(&setting),
        Command::Renew(renew) => renew.run(&setting),
        Command::Report(report) => report.run(&setting),
        Command::Enrolment(enrolment) => enrolment.run(&setting),
        Command::Customs(customs) => customs.run(&setting),
        Command::Scan(scan) => scan.run(&setting),
        Command::Journal(journal) => journal.run(&setting),
        Command::Verify(verify) => verify.run(&setting),
        #[cfg(feature = "sim")]
        Command::Sim(sim) => sim.run(),
        #[cfg(feature = "sim")]
        Command::Day(day) => day.run(&setting),
        #[cfg(feature = "sim")]
        Command::Demo(demo) => demo.run(),
    }
}

/// In development the repository's, in a package those beside the program.
fn default_assets() -> PathBuf {
    if cfg!(debug_assertions) {
        return PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../assets");
    }
    let beside = std::env::current_exe().ok();
    let beside = beside.as_deref().and_then(|program| program.parent());
    beside.map_or_else(|| PathBuf::from("assets"), |folder| folder.join("assets"))
}
