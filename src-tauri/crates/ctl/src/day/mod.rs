//! `bondctl day`: a whole day of a bonded warehouse, without a window, in less than a minute.
//!
//! Platform and town are started as they are; a workstation is opened and a [`clerk`] works the day
//! through the same command table as the window: enrols, receives, puts away, releases, loses the
//! platform and goes on, loads the vehicle. Wrong scans are tried on the way and must change
//! nothing. It is the smoke test of everything, and what a newcomer reads to see how a day goes:
//!
//! | file | what of the day |
//! |---|---|
//! | `shift` | who works, in which order; first run and sign-in |
//! | `intake`, `put_away`, `release`, `gate` | the four floor rooms |
//! | `offline` | the platform is killed and comes back |
//! | `refusals` | what must not be possible |
//! | `papers` | what is left on the desk in the evening |

mod account;
mod clerk;
mod gate;
mod intake;
mod offline;
mod papers;
mod put_away;
mod refusals;
mod release;
mod shift;

use crate::station::{Station, refused};
use crate::verify::examine_platform;
use crate::world::{Town, World};
use crate::{Setting, out};
use account::Account;
use anyhow::{Context, bail, ensure};
use bondhouse_app::upkeep;
use clap::Args;
use clerk::Clerk;
use shift::Shift;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Says that a folder was made by an earlier day and may be made anew.
const MARK: &str = "made-by-bondctl-day";
/// How many times faster than natural the town lives: a day in moments.
const SPEED: u32 = 1_000;

/// `bondctl day`
#[derive(Debug, Args)]
pub(crate) struct Day {
    /// Folder for labels, reports and everything the day needs
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// What the town draws everything from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many orders are placed
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(4..=300))]
    orders: u32,
}

impl Day {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        match self.work(setting) {
            Ok(summary) => {
                out::line(&summary)?;
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                out::line(&format!("day: failed: {error:#}"))?;
                Ok(ExitCode::FAILURE)
            }
        }
    }

    fn work(&self, setting: &Setting) -> anyhow::Result<String> {
        let account = Account::begin();
        let folder = fresh_folder(&self.out)?;
        let mut world = World::start(&folder, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        account.step(&format!("the platform listens at {}", world.url()))?;
        let seeded = world.start_town(Town {
            seed: self.seed,
            orders: self.orders,
            per_day: 0,
            calm: true,
            speed: SPEED,
        })?;
        let (notices, orders) = (seeded.notices.len(), seeded.orders.len());
        account.step(&format!(
            "the town has moved in: {notices} notices and {orders} orders are on their way"
        ))?;

        let station = folder.join("station");
        let opened = Station::open(setting, station.clone(), world.url())?;
        let mut shift = Shift::new(Clerk::new(opened), world, account);
        shift.first_run()?;
        shift.receive(notices)?;
        let half = orders.div_ceil(2);
        shift.release_until(half)?;
        shift.go_on_alone(orders)?;
        shift.release_until(orders)?;
        shift.hand_over()?;

        let drift = papers::print(&shift, setting, &self.out)?;
        let labels = papers::collect_labels(&station.join("labels"), &self.out.join("labels"))?;
        ensure!(labels == orders, "{labels} labels for {orders} orders");
        let place = self.out.display();
        shift.account.step(&format!(
            "{labels} labels, stock report and certificate are in {place}"
        ))?;
        self.end(setting, shift, &station, drift)
    }

    /// Everything ends in good order, and the workstation's database keeps its promises.
    fn end(
        &self,
        setting: &Setting,
        shift: Shift<'_>,
        station: &Path,
        drift: usize,
    ) -> anyhow::Result<String> {
        shift.nothing_is_open()?;
        let unsent = shift.sync()?.unsent();
        ensure!(unsent == 0, "{unsent} events were not sent");
        let (notices, released, left) = (shift.notices, shift.released.len(), shift.left);
        ensure!(
            released == left,
            "{released} orders were released, {left} left the zone"
        );
        let platform = shift.world.platform_data();
        let account = shift.leave()?;
        let database = station.join("station.db");
        let findings = upkeep::verify(&database).map_err(|error| refused(setting, error))?;
        if let Some(finding) = findings.iter().find(|finding| !finding.holds()) {
            bail!(
                "{} ({}): {}",
                finding.says,
                finding.invariant,
                finding.differences.join("; ")
            );
        }
        account.step(&format!(
            "{} invariants of the workstation's database hold",
            findings.len()
        ))?;
        let examined = examine_platform(&platform)?;
        if let Some(wrong) = examined.wrong.first() {
            bail!("the platform's database does not hold: {wrong}");
        }
        account.step(&format!(
            "the platform's database holds: {}",
            examined.checked.join(", ")
        ))?;
        Ok(format!(
            "day: {released} orders released, {left} left the zone, {notices} notices received, \
             {drift} drift, {unsent} unsent — ok"
        ))
    }
}

/// The folder of the day's own programs, without what an earlier day left in it.
fn fresh_folder(out: &Path) -> anyhow::Result<PathBuf> {
    let folder = out.join("day");
    if folder.exists() {
        ensure!(
            folder.join(MARK).exists(),
            "{} was not made by an earlier day: name another folder with --out",
            folder.display()
        );
        for label in papers::labels_in(&out.join("labels")).unwrap_or_default() {
            std::fs::remove_file(label)?;
        }
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    std::fs::write(folder.join(MARK), "The next day clears this folder.\n")?;
    Ok(folder)
}
