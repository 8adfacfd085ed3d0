//! `bondctl day`: a whole day of a bonded warehouse, without a window, in a few seconds.
//!
//! Platform and town are started as they are; a workstation is opened and a [`clerk`] works the day
//! through the same command table as the window: enrols, receives, puts away, releases, loses the
//! platform and goes on, loads the vehicle. Wrong scans are tried on the way and must change
//! nothing. It is the smoke test of everything, and what a newcomer reads to see how a day goes.

mod account;
mod clerk;
mod gate;
mod intake;
mod papers;
mod put_away;
mod refusals;
mod release;

use crate::call::refused;
use crate::world::{Town, World};
use crate::{Setting, out};
use account::{Account, Seen, await_that};
use anyhow::{Context, bail, ensure};
use bondhouse_app::{App, Config, upkeep};
use clap::Args;
use clerk::{Clerk, Item};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How long the world may take for anything that is awaited of it.
const PATIENCE: Duration = Duration::from_secs(120);
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
        account.step(&format!("platform listens at {}", world.url()))?;
        world.start_town(Town {
            seed: self.seed,
            orders: self.orders,
            calm: true,
            speed: SPEED,
        })?;
        account.step("town has moved in: firms, goods and shelves are listed")?;

        let station = folder.join("station");
        let app = App::open(
            Config {
                data: station.clone(),
                assets: setting.assets.clone(),
                platform_url: world.url(),
                scanners: Vec::new(),
            },
            |_| {},
        )
        .map_err(|error| refused(setting, error))?;
        let clerk = Clerk::new(app, &setting.catalogue);
        let mut shift = Shift {
            clerk,
            world,
            account,
            items: Vec::new(),
            tally: Tally::default(),
        };
        shift.first_run()?;
        shift.work(self.orders)?;
        let certificate = papers::write(&shift, setting, &self.out)?;
        let labels = papers::collect_labels(&station.join("labels"), &self.out.join("labels"))?;
        ensure!(
            labels == self.orders,
            "{labels} labels for {} orders",
            self.orders
        );
        shift.account.step(&format!(
            "{labels} labels, stock report and certificate are in {}",
            self.out.display()
        ))?;
        shift.end(setting, &station, certificate)
    }
}

/// What was done.
#[derive(Debug, Default)]
struct Tally {
    notices: u32,
    released: Vec<String>,
    left: u32,
}

/// A shift at work.
struct Shift<'a> {
    clerk: Clerk<'a>,
    world: World,
    account: Account,
    items: Vec<Item>,
    tally: Tally,
}

/// The part of `sync.view` that the day looks at.
#[derive(Debug, Deserialize)]
struct Sync {
    online: bool,
    head: u64,
    acked: u64,
    leases: Vec<Lease>,
    exceptions: Vec<Value>,
    stopped: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Lease {
    order_no: String,
    waybill_no: String,
}

/// An order as `orders.find` shows it.
#[derive(Debug, Deserialize)]
struct Found {
    order: bondhouse_domain::ids::OrderKey,
    state: bondhouse_domain::orders::State,
}

impl Shift<'_> {
    /// A new computer becomes a workstation, and its first supervisor signs in.
    fn first_run(&mut self) -> anyhow::Result<()> {
        let code = self.world.operator()?.code(None)?;
        let enrol = |code: &str, url: String| json!({ "code": code, "station_name": "PC-01", "platform_url": url });
        let wrong = self
            .clerk
            .try_call("station.enrol", enrol("AAAA-AAAA", self.world.url()));
        ensure!(
            wrong.is_err_and(|error| error.refusal),
            "a wrong enrolment code was not refused"
        );
        let status: Value = self
            .clerk
            .call("station.enrol", enrol(&code, self.world.url()))?;
        let (station, warehouse) = (status["station"].clone(), status["warehouse"].clone());
        self.account.step(&format!(
            "enrolled as {} of {}",
            text(&station),
            text(&warehouse)
        ))?;

        // Made for this folder, which is deleted when the next day begins.
        let person = json!({ "name": "甲一", "pin": "271828" });
        let _: Value = self.clerk.call("people.first_supervisor", person.clone())?;
        let weak = self
            .clerk
            .try_call("people.sign_in", json!({ "name": "甲一", "pin": "161803" }));
        ensure!(
            weak.is_err_and(|error| error.refusal),
            "a wrong PIN was not refused"
        );
        let _: Value = self.clerk.call("people.sign_in", person)?;
        self.account.step("the first supervisor is signed in")
    }

    /// Receives, puts away and releases until every order is out of the house.
    fn work(&mut self, orders: u32) -> anyhow::Result<()> {
        let half = orders.div_ceil(2);
        self.release_until(half)?;
        self.account
            .step(&format!("{half} orders released online"))?;
        self.go_on_alone(orders)?;
        self.release_until(orders)?;
        self.account
            .step(&format!("{orders} orders released in all"))?;
        self.hand_over()
    }

    /// Does whatever work there is until so many orders are released.
    fn release_until(&mut self, orders: u32) -> anyhow::Result<()> {
        while self.released() < orders {
            let what = format!(
                "a notice to receive or an order to release ({} of {orders} released)",
                self.released()
            );
            let leases = await_that(&what, PATIENCE, || {
                self.world.check()?;
                let sync = self.sync()?;
                let waiting = self.clerk.open(clerk::Room::Intake)?.choices.len();
                Ok(match sync.leases.is_empty() && waiting == 0 {
                    true => Seen::NotYet(format!("no lease at event {} of the journal", sync.head)),
                    false => Seen::There(sync.leases),
                })
            })?;
            self.items = self.clerk.items()?;
            if self.receive_all()? {
                self.put_away()?;
                self.sync()?;
                continue;
            }
            let most = orders.saturating_sub(self.released());
            for lease in leases.into_iter().take(usize::try_from(most)?) {
                self.release(&lease.waybill_no)?;
            }
        }
        Ok(())
    }

    /// The platform is gone: leased orders are released all the same, nothing is loaded. Then it is
    /// back, and has everything once.
    fn go_on_alone(&mut self, orders: u32) -> anyhow::Result<()> {
        let left = usize::try_from(orders.saturating_sub(self.released()))?;
        let leases = await_that(
            "leases to go on with while the platform is away",
            PATIENCE,
            || {
                self.world.check()?;
                let sync = self.sync()?;
                Ok(match sync.leases.len() >= left && sync.head == sync.acked {
                    true => Seen::There(sync.leases),
                    false => Seen::NotYet(format!(
                        "{} leases of {left}, event {} of {} sent",
                        sync.leases.len(),
                        sync.acked,
                        sync.head
                    )),
                })
            },
        )?;
        self.world.kill_platform()?;
        await_that("the workstation to notice", PATIENCE, || {
            let sync = self.sync()?;
            Ok(match sync.online {
                true => Seen::NotYet("still online".to_owned()),
                false => Seen::There(()),
            })
        })?;
        self.account.step("the platform is gone (killed)")?;
        self.refuse_to_load_offline()?;
        // Some orders are left for afterwards, so that the restarted platform is seen to work too.
        let alone: Vec<Lease> = leases.into_iter().take(left.div_ceil(2)).collect();
        for lease in &alone {
            self.release(&lease.waybill_no)?;
        }
        let offline = self.sync()?;
        let unsent = offline.head.saturating_sub(offline.acked);
        ensure!(
            !offline.online && unsent > 0,
            "released offline, but nothing waits to be sent"
        );
        self.account.step(&format!(
            "{} orders released without the platform, {unsent} events wait",
            alone.len()
        ))?;

        self.world.start_platform()?;
        await_that("the journal to drain", PATIENCE, || {
            self.world.check()?;
            let sync = self.sync()?;
            Ok(match sync.online && sync.head == sync.acked {
                true => Seen::There(()),
                false => Seen::NotYet(format!("event {} of {} sent", sync.acked, sync.head)),
            })
        })?;
        let operator = self.world.operator()?;
        for lease in &alone {
            let order = self.find(&lease.order_no)?.order;
            let path = format!("/v1/admin/orders/{}/{}", order.platform, order.order_no);
            let there: Value = operator.get(&path)?;
            ensure!(
                there["state"] == "released",
                "{order} is {} at the authority",
                there["state"]
            );
        }
        self.nothing_is_open()?;
        self.account
            .step("the platform is back: every event arrived once")
    }

    /// Neither side has found anything to complain about.
    fn nothing_is_open(&self) -> anyhow::Result<()> {
        let sync = self.sync()?;
        ensure!(
            sync.exceptions.is_empty(),
            "events with an exception: {}",
            json!(sync.exceptions)
        );
        ensure!(
            sync.stopped.is_none(),
            "the feed is not followed: {}",
            json!(sync.stopped)
        );
        let cases: Vec<Value> = self.world.operator()?.get("/v1/admin/cases")?;
        ensure!(cases.is_empty(), "open cases: {}", json!(cases));
        Ok(())
    }

    /// Talks to the platform now and says how far it got.
    fn sync(&self) -> anyhow::Result<Sync> {
        self.clerk.call("sync.now", json!({}))
    }

    fn find(&self, number: &str) -> anyhow::Result<Found> {
        let mut found: Vec<Found> = self
            .clerk
            .call("orders.find", json!({ "number": number }))?;
        match (found.pop(), found.is_empty()) {
            (Some(order), true) => Ok(order),
            _ => bail!("{number} does not name one order"),
        }
    }

    fn released(&self) -> u32 {
        u32::try_from(self.tally.released.len()).unwrap_or(u32::MAX)
    }

    /// Leaves, lets everything end, and holds the database against its invariants once more.
    fn end(
        self,
        setting: &Setting,
        station: &Path,
        certificate: papers::Written,
    ) -> anyhow::Result<String> {
        self.nothing_is_open()?;
        let unsent = self
            .sync()
            .map(|sync| sync.head.saturating_sub(sync.acked))?;
        let Tally {
            notices,
            released,
            left,
        } = self.tally;
        self.clerk.leave();
        self.world.stop()?;
        let findings =
            upkeep::verify(&station.join("station.db")).map_err(|error| refused(setting, error))?;
        for finding in findings.iter().filter(|finding| !finding.holds()) {
            bail!(
                "{} ({}): {}",
                finding.says,
                finding.invariant,
                finding.differences.join("; ")
            );
        }
        self.account.step(&format!(
            "{} invariants of the workstation's database hold",
            findings.len()
        ))?;
        ensure!(unsent == 0, "{unsent} events were not sent");
        let released = released.len();
        ensure!(
            usize::try_from(left)? == released,
            "{released} orders were released, {left} left the zone"
        );
        Ok(format!(
            "day: {released} orders released, {left} left the zone, {notices} notices received, {} drift, {unsent} unsent — ok",
            certificate.drift
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
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    std::fs::write(folder.join(MARK), "The next day clears this folder.\n")?;
    Ok(folder)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
