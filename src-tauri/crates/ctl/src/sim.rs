//! `bondctl sim`: a seeded warehouse in which everything breaks, checked against the invariants.
//!
//! One seed is one history. Without a seed the tool runs a few that never change and then goes on from
//! one nobody has seen, which it prints: whatever it finds can be found again.

use crate::out;
use anyhow::{Context, bail};
use bondhouse_testkit::sim::{Counts, Mutant, Plan, run};
use clap::Args;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Seeds that every run without a seed begins with.
const FIXED: std::ops::RangeInclusive<u64> = 1..=8;

/// `bondctl sim`
#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// Which history; without it, fixed ones and then a new one
    #[arg(long)]
    seed: Option<u64>,
    /// Steps of each history before everything calms down
    #[arg(long, default_value_t = 3_000)]
    steps: u64,
    /// Go on with further seeds for so many seconds
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Plant a wrong protocol, which must be found
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
    /// Name the wrong protocols that can be planted
    #[arg(long)]
    list_mutants: bool,
    /// Print the history, one JSON line for each thing seen; `bondctl verify` reads it
    #[arg(long)]
    print_history: bool,
    /// Keep the workstations' books in the real store, on a disk whose power fails
    #[arg(long)]
    real: bool,
}

impl Sim {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if self.list_mutants {
            for mutant in Mutant::ALL {
                out::line(&format!("{:<26} {}", mutant.name(), mutant.wrong()))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let mutant = self
            .mutant
            .as_deref()
            .map(|name| Mutant::named(name).with_context(|| format!("no mutant is called {name}")))
            .transpose()?;
        let new = u64::try_from(uuid::Uuid::now_v7().as_u128() & 0xFFFF_FFFF).unwrap_or(0);
        let fixed: Vec<u64> = match self.seed {
            Some(seed) => vec![seed],
            None => FIXED.chain([new]).collect(),
        };
        let next = fixed.last().map_or(1, |last| last.saturating_add(1));
        if self.print_history && self.seed.is_none() {
            bail!("a history is printed for one seed: name it with --seed");
        }
        let (begun, lasts) = (Instant::now(), self.seconds.map(Duration::from_secs));
        let (mut total, mut steps, mut runs) = (Counts::default(), 0_u64, 0_u64);
        for seed in fixed.iter().copied().chain(next..) {
            let more = lasts.is_some_and(|lasts| begun.elapsed() < lasts);
            if runs >= u64::try_from(fixed.len()).unwrap_or(0) && !more {
                break;
            }
            // Real stores are slower: among many histories, every eighth has them.
            let real = self.real || lasts.is_some() && runs % 8 == 7;
            let outcome = run(&Plan {
                seed,
                steps: self.steps,
                mutant,
                real,
                keep: self.print_history,
            });
            for line in &outcome.history {
                out::json(line, false)?;
            }
            (total, steps, runs) = (total.plus(outcome.counts), steps + outcome.steps, runs + 1);
            let books = if real { "real stores" } else { "in memory" };
            if let Some(breach) = outcome.breach {
                out::aside(&format!("seed {seed}, {books}: {breach}"));
                return Ok(ExitCode::from(1));
            }
            if lasts.is_none() {
                out::aside(&format!("seed {seed}, {books}: {}", outcome.counts));
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        out::aside(&format!(
            "{runs} histories, {steps} steps, {seconds:.1} s; new from seed {new}; {total}"
        ));
        Ok(ExitCode::SUCCESS)
    }
}
