//! `bondhouse-town`: the simulated outside world as a program.

use anyhow::Context;
use bondhouse_domain::ids::LedgerNo;
use bondhouse_town::{Config, Faults, Temper, Town, system_now};
use clap::Parser;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The outside world of a bonded warehouse, simulated over the platform's public interface: shops,
/// payment institutions, customs, quarantine, carriers and a freight forwarder.
///
/// Prints one JSON line when the warehouse is seeded, then lives until SIGTERM. With --once it ends by
/// itself when everything begun is done, and prints what was done as a second line.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where the platform listens.
    #[arg(
        long,
        env = "BONDHOUSE_PLATFORM",
        default_value = "http://127.0.0.1:7700"
    )]
    platform: String,
    /// File with the platform's admin key (DATA/admin.key there).
    #[arg(long, env = "BONDHOUSE_ADMIN_KEY")]
    admin_key: PathBuf,
    /// What everything is drawn from: the same seed gives the same goods, people, orders and decisions.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Orders placed at once at the beginning.
    #[arg(long, default_value_t = 0)]
    orders: u64,
    /// Orders placed in the course of a day after that; 0 for none.
    #[arg(long, default_value_t = 200)]
    per_day: u64,
    /// Everything is cleared and every message comes once.
    #[arg(long)]
    calm: bool,
    /// How many times faster than natural the town lives.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    speed: u32,
    /// End when everything begun is done.
    #[arg(long)]
    once: bool,
    /// Folder of the town's memory: keys, and what is still owed. Started again with it, the town goes on.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The ledger goods are booked in.
    #[arg(long, default_value = "T3105W000076")]
    ledger: String,
    /// How many payments in a thousand are pushed wrong first.
    #[arg(long)]
    wrong_payments: Option<u32>,
    /// How many are changed while their list is with customs, and changed back.
    #[arg(long)]
    second_thoughts: Option<u32>,
    /// How many orders are cancelled.
    #[arg(long)]
    cancellations: Option<u32>,
    /// How many orders come back in part.
    #[arg(long)]
    returns: Option<u32>,
    /// How many trucks quarantine draws samples of.
    #[arg(long)]
    samplings: Option<u32>,
    /// How many of those are condemned.
    #[arg(long)]
    condemned: Option<u32>,
    /// How many faultless lists customs refuses.
    #[arg(long)]
    refusals: Option<u32>,
    /// How many faulty ones it passes.
    #[arg(long)]
    overlooks: Option<u32>,
    /// How many messages in a thousand come late.
    #[arg(long)]
    late: Option<u32>,
    /// How many come twice.
    #[arg(long)]
    doubled: Option<u32>,
    /// How many are lost at first.
    #[arg(long)]
    lost: Option<u32>,
    /// How many releases are taken back and given again.
    #[arg(long)]
    contradictory: Option<u32>,
}

impl Arguments {
    fn config(&self) -> anyhow::Result<Config> {
        let admin_key = read_when_there(&self.admin_key)?;
        let usual = if self.calm {
            Faults::NONE
        } else {
            Faults::USUAL
        };
        let temper = if self.calm {
            Temper::CALM
        } else {
            Temper::USUAL
        };
        Ok(Config {
            platform: self.platform.clone(),
            admin_key,
            seed: self.seed,
            orders: self.orders,
            orders_a_day: self.per_day,
            speed: self.speed,
            temper: Temper {
                refusals: self.refusals.unwrap_or(temper.refusals),
                overlooks: self.overlooks.unwrap_or(temper.overlooks),
                wrong_payments: self.wrong_payments.unwrap_or(temper.wrong_payments),
                second_thoughts: self.second_thoughts.unwrap_or(temper.second_thoughts),
                cancellations: self.cancellations.unwrap_or(temper.cancellations),
                returns: self.returns.unwrap_or(temper.returns),
                samplings: self.samplings.unwrap_or(temper.samplings),
                condemned: self.condemned.unwrap_or(temper.condemned),
                ..temper
            },
            faults: Faults {
                late: self.late.unwrap_or(usual.late),
                doubled: self.doubled.unwrap_or(usual.doubled),
                lost: self.lost.unwrap_or(usual.lost),
                contradictory: self.contradictory.unwrap_or(usual.contradictory),
            },
            data: self.data.clone(),
            ledger: LedgerNo::new(&self.ledger),
            clock: Arc::new(system_now),
        })
    }
}

/// Reads the admin key; a platform that is started at the same moment writes it a little later.
fn read_when_there(file: &Path) -> anyhow::Result<String> {
    for _ in 0..200 {
        if file.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the admin key from {}", file.display()))
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let town = Town::start(arguments.config()?)?;
    let world = town.world();
    say(&json!({
        "seeded": true,
        "seed": world.seed(),
        "merchants": world.merchants().len(),
        "items": world.items().len(),
        "locations": world.locations().len(),
        "notices": world.notices_for(arguments.orders.saturating_sub(1)).map(|notice| notice.notice).collect::<Vec<_>>(),
        "orders": (0..arguments.orders).map(|n| world.order_no(n)).collect::<Vec<_>>(),
    }))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        tokio::select! {
            stopped = asked_to_stop() => stopped,
            () = ended(&town, arguments.once) => Ok(()),
        }
    })?;
    let tally = town.tally();
    town.stop()?;
    if arguments.once {
        say(&json!({ "done": tally }))?;
    }
    Ok(())
}

/// A line for whoever started us; nothing else is ever written there.
fn say(line: &serde_json::Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}

/// Waits until the town failed, or for a town that lives once: until it was quiet for a while.
async fn ended(town: &Town, once: bool) {
    // Long enough for the platform's own rounds to have brought up what they bring up.
    const QUIET: u32 = 60;
    let mut quiet = 0;
    while !town.has_ended() && (!once || quiet < QUIET) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        quiet = if town.is_quiet() { quiet + 1 } else { 0 };
    }
}

/// Waits for SIGTERM or SIGINT (Ctrl-C where there are no signals).
async fn asked_to_stop() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut term, mut int) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
