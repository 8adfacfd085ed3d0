//! Barcodes as JSON lines: what a reader sent, what it means, and a reader that nobody holds.
//!
//! The answers are `domain`'s own, line by line, so that its verdicts can be compared with another
//! reader's. Each line gets one line, whatever it holds: one that is no question is answered as such,
//! told by its number, and makes the run end in failure.

use crate::{Setting, out};
use anyhow::{Context, anyhow};
use bondhouse_app::FLOOR_ROOMS;
use bondhouse_domain::feed::Carrier;
use bondhouse_domain::framing::replay::{ReplayError, replay};
use bondhouse_domain::gs1::lines;
use bondhouse_domain::gs1::pairs::Required;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::scanner::card::bench_card;
use bondhouse_paper::{Fonts, PaperError, render_bench_card};
use clap::Subcommand;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `bondctl scan`
#[derive(Debug, Subcommand)]
pub(crate) enum Scan {
    /// {"id","input"}: the elements of a GS1 symbol, or what is wrong with it
    Parse {
        /// A lot or date may stand alone: its item may come with another barcode
        #[arg(long)]
        lenient: bool,
    },
    /// {"id","input"}: what a task would take the scan for
    Mean {
        /// Carriers as JSON, [{"carrier","name","formats":["YT#############"]}]: how their waybills look
        #[arg(long, value_name = "FILE")]
        carriers: Option<PathBuf>,
    },
    /// {"id","input","stem"?}: a GS1 Digital Link to its elements, or elements to their link
    Link,
    /// {"id","input","linter"?}: a check digit, or one named component check
    Check,
    /// {"id","chunks":[{"wait_ms","hex"}]}: the frames a recorded reader sent
    Replay,
    /// Print the bench card: every command, digit and room as a barcode
    Card {
        /// Where the PDF goes
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Plug in a virtual scanner: prints its port, then scans each line of standard input
    #[cfg(feature = "sim")]
    Pty {
        /// A stable name for the port, as /dev/serial/by-id gives real ones
        #[arg(long, value_name = "PATH")]
        link: Option<PathBuf>,
    },
    /// Write scans to a port or pipe, each ended by CR
    #[cfg(feature = "sim")]
    Send {
        /// Where to write
        path: PathBuf,
        /// The codes
        #[arg(required = true)]
        codes: Vec<String>,
    },
}

impl Scan {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        match self {
            Self::Parse { lenient } => {
                let required = if lenient {
                    Required::Later
                } else {
                    Required::Here
                };
                answer(|line| Ok(lines::parse(line, required)?))
            }
            Self::Mean { carriers } => {
                let carriers = carriers.as_deref().map_or(Ok(Vec::new()), listed)?;
                answer(|line| Ok(lines::mean(line, &carriers)?))
            }
            Self::Link => answer(|line| Ok(lines::link(line)?)),
            Self::Check => answer(|line| Ok(lines::check(line)?)),
            Self::Replay => answer(replay),
            Self::Card { out } => card(setting, &out),
            #[cfg(feature = "sim")]
            Self::Pty { link } => virtual_scanner::plug_in(link.as_deref()),
            #[cfg(feature = "sim")]
            Self::Send { path, codes } => virtual_scanner::send(&path, &codes),
        }
    }
}

fn card(setting: &Setting, file: &Path) -> anyhow::Result<ExitCode> {
    let card = bench_card(FLOOR_ROOMS, |key| Some(setting.catalogue.text(key, &[])))
        .map_err(|key| anyhow!("no text for {key}"))?;
    let fonts = Fonts::load(&setting.assets.join("fonts")).context("no fonts: run make setup")?;
    let pdf = render_bench_card(&fonts, &card).map_err(|error| match error {
        PaperError::Refused(Refusal(said)) => anyhow!(setting.catalogue.in_full(&said)),
        other => anyhow::Error::new(other),
    })?;
    std::fs::write(file, pdf).with_context(|| format!("cannot write {}", file.display()))?;
    out::line(&file.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn listed(file: &Path) -> anyhow::Result<Vec<Carrier>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} lists no carriers", file.display()))
}

fn answer(one: impl Fn(&str) -> Result<String, ReplayError>) -> anyhow::Result<ExitCode> {
    let mut all = ExitCode::SUCCESS;
    for (number, line) in (1..).zip(std::io::stdin().lock().split(b'\n')) {
        let line = line.context("standard input cannot be read")?;
        // What is no text is no question either, and must not take its neighbours along.
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        match one(&line) {
            Ok(answer) => out::line(&answer)?,
            Err(error) => {
                out::line(&lines::not_a_question(&line, error.column()))?;
                out::aside(&format!("line {number}: {error}"));
                all = ExitCode::FAILURE;
            }
        }
    }
    Ok(all)
}

#[cfg(feature = "sim")]
mod virtual_scanner {
    //! A scanner for those who have none at hand: a pseudo-terminal, and what is scanned with it.

    use crate::out;
    use anyhow::Context;
    use bondhouse_testkit::virtual_scanner::VirtualScanner;
    use std::fs::OpenOptions;
    use std::io::{Read, Write};
    use std::path::Path;
    use std::process::ExitCode;

    pub(super) fn plug_in(link: Option<&Path>) -> anyhow::Result<ExitCode> {
        let mut scanner = match link {
            Some(link) => VirtualScanner::plug_in_as(link),
            None => VirtualScanner::plug_in(),
        }
        .context("no virtual scanner could be plugged in")?;
        out::line(&scanner.path().display().to_string())?;
        let mut code = Vec::new();
        for byte in std::io::stdin().lock().bytes() {
            match byte.context("standard input failed")? {
                // Either ends a scan, so that a pipe may be fed by `scan send` or by hand.
                b'\r' | b'\n' => {
                    if !code.is_empty() {
                        code.extend_from_slice(&scanner.terminator.clone());
                        scanner
                            .send(&code)
                            .context("the cable does not take the scan")?;
                        code.clear();
                    }
                }
                byte => code.push(byte),
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    pub(super) fn send(path: &Path, codes: &[String]) -> anyhow::Result<ExitCode> {
        let mut port = OpenOptions::new()
            .write(true)
            .open(path)
            .with_context(|| format!("cannot write to {}", path.display()))?;
        for code in codes {
            port.write_all(format!("{code}\r").as_bytes())
                .with_context(|| format!("{} does not take the scan", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
