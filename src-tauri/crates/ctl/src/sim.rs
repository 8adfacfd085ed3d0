//! `bondctl sim`: a seeded warehouse in which everything breaks, checked against the invariants.
//!
//! One seed is one history. Without a seed the tool runs a few that never change and then goes on from
//! one nobody has seen, which it prints: whatever it finds can be found again.

use crate::out;
use anyhow::bail;
use bondhouse_testkit::sim::{Counts, Mutant, Plan, run, shorten};
use clap::Args;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Seeds that every run without a seed begins with: in memory, and in the real stores.
const FIXED: std::ops::RangeInclusive<u64> = 1..=8;
const FIXED_REAL: std::ops::RangeInclusive<u64> = 1..=2;
/// Among new histories, every so many-th has the real stores, which are slower.
const REAL_EVERY: u64 = 8;

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
    /// The authority as it ships and workstations' real stores, on disks whose power fails
    #[arg(long)]
    real: bool,
}

impl Sim {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if self.list_mutants {
            out::line(list().trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        let mutant = match &self.mutant {
            Some(name) => match Mutant::named(name) {
                Some(mutant) => Some(mutant),
                None => bail!(
                    "no mutant is called {name}; there are:\n{}",
                    list().trim_end()
                ),
            },
            None => None,
        };
        if self.print_history && self.seed.is_none() {
            bail!("a history is printed for one seed: name it with --seed");
        }
        let plan = |seed, real| Plan {
            seed,
            steps: self.steps,
            mutant,
            real,
            keep: self.print_history,
        };
        let new = u64::try_from(uuid::Uuid::now_v7().as_u128() & 0xFFFF_FFFF).unwrap_or(0);
        let fixed: Vec<Plan> = match self.seed {
            Some(seed) => vec![plan(seed, self.real)],
            None if self.real => FIXED_REAL.map(|seed| plan(seed, true)).collect(),
            None => FIXED
                .map(|seed| plan(seed, false))
                .chain(FIXED_REAL.map(|seed| plan(seed, true)))
                .collect(),
        };
        let (first, named) = (
            self.seed.map_or(new, |seed| seed.saturating_add(1)),
            self.seed,
        );
        let fresh = (first..).map(|seed| plan(seed, self.real || seed.is_multiple_of(REAL_EVERY)));
        // A seed that was named is run alone, unless there is time for more.
        let must = fixed.len() + usize::from(named.is_none());
        let (begun, lasts) = (Instant::now(), self.seconds.map(Duration::from_secs));
        let (mut total, mut steps, mut runs) = (Counts::default(), 0_u64, 0_u64);
        for (number, plan) in fixed.into_iter().chain(fresh).enumerate() {
            if number >= must && lasts.is_none_or(|lasts| begun.elapsed() >= lasts) {
                break;
            }
            let outcome = run(&plan);
            for line in &outcome.history {
                out::json(line, false)?;
            }
            (total, steps, runs) = (total.plus(outcome.counts), steps + outcome.steps, runs + 1);
            let (seed, kind) = (plan.seed, kind(&plan));
            if let Some(breach) = outcome.breach {
                out::aside(&format!("seed {seed}, {kind}: {breach}"));
                return self.found(&plan, breach.step);
            }
            if lasts.is_none() {
                out::aside(&format!("seed {seed}, {kind}: {}", outcome.counts));
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        out::aside(&format!(
            "{runs} histories, {steps} steps, {seconds:.1} s; new from seed {first}; {total}"
        ));
        Ok(ExitCode::SUCCESS)
    }

    /// Says how to see it again, in as few steps as will do.
    fn found(&self, plan: &Plan, broke_at: u64) -> anyhow::Result<ExitCode> {
        if !self.print_history {
            let (shortest, outcome) = shorten(plan, broke_at);
            if let Some(breach) = outcome.breach {
                out::aside(&format!("in {} steps: {breach}", shortest.steps));
            }
            let planted = plan
                .mutant
                .map_or_else(String::new, |mutant| format!(" --mutant {mutant}"));
            let real = if plan.real { " --real" } else { "" };
            out::aside(&format!(
                "again: bondctl sim --seed {} --steps {}{real}{planted} --print-history",
                plan.seed, shortest.steps
            ));
        }
        Ok(ExitCode::from(1))
    }
}

fn kind(plan: &Plan) -> &'static str {
    if plan.real {
        "real stores"
    } else {
        "in memory"
    }
}

/// The wrong protocols by name, and which invariants mean them.
fn list() -> String {
    let lines = Mutant::ALL.iter().map(|mutant| {
        let by = mutant.caught_by().join(", ");
        format!("{:<26} {} ({by})\n", mutant.name(), mutant.wrong())
    });
    lines.collect()
}
