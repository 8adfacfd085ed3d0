//! A shift: one clerk, one workstation, the world around it, and what was done so far.

use super::account::{Account, PATIENCE, Seen, await_that};
use super::clerk::{Clerk, Item, Room};
use crate::world::World;
use anyhow::{bail, ensure};
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::orders::State;
use serde::Deserialize;
use serde_json::{Value, json};

/// A shift at work.
pub(super) struct Shift<'a> {
    pub(super) clerk: Clerk<'a>,
    pub(super) world: World,
    pub(super) account: Account,
    /// What the goods of the warehouse are called and what stands on them.
    pub(super) items: Vec<Item>,
    /// Notices that were received.
    pub(super) notices: usize,
    /// Waybills of released orders.
    pub(super) released: Vec<String>,
    /// How many orders left the zone.
    pub(super) left: usize,
}

/// The part of `sync.view` that a day looks at.
#[derive(Debug, Deserialize)]
pub(super) struct Sync {
    pub(super) online: bool,
    head: u64,
    acked: u64,
    pub(super) leases: Vec<Lease>,
    exceptions: Vec<Value>,
    stopped: Option<Value>,
}

/// The right to release one order.
#[derive(Debug, Deserialize)]
pub(super) struct Lease {
    pub(super) order_no: String,
    pub(super) waybill_no: String,
}

impl Sync {
    /// Events that the platform does not have.
    pub(super) fn unsent(&self) -> u64 {
        self.head.saturating_sub(self.acked)
    }
}

/// An order as `orders.find` shows it.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub(super) order: OrderKey,
    pub(super) state: State,
}

impl<'a> Shift<'a> {
    pub(super) fn new(clerk: Clerk<'a>, world: World, account: Account) -> Self {
        Self {
            clerk,
            world,
            account,
            items: Vec::new(),
            notices: 0,
            released: Vec::new(),
            left: 0,
        }
    }

    /// A new computer becomes a workstation, and its first supervisor signs in.
    pub(super) fn first_run(&mut self) -> anyhow::Result<()> {
        let url = self.world.url();
        let enrol =
            |code: &str| json!({ "code": code, "station_name": "PC-01", "platform_url": url });
        self.clerk
            .station()
            .must_refuse("station.enrol", enrol("AAAA-AAAA"))?;
        let code = self.world.operator()?.code(None)?;
        let status: Value = self.clerk.station().call("station.enrol", enrol(&code))?;
        let named = |field: &str| {
            status
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        self.account.step(&format!(
            "enrolled as {} of {}",
            named("station"),
            named("warehouse")
        ))?;
        // A made-up person in a folder that the next day clears.
        let person = |pin: &str| json!({ "name": "甲一", "pin": pin });
        let _: Value = self
            .clerk
            .station()
            .call("people.first_supervisor", person("271828"))?;
        self.clerk
            .station()
            .must_refuse("people.sign_in", person("161803"))?;
        let _: Value = self
            .clerk
            .station()
            .call("people.sign_in", person("271828"))?;
        self.account
            .step("the first supervisor is signed in; a wrong code and a wrong PIN were refused")
    }

    /// Receives so many notices as they come, and puts away what they brought.
    pub(super) fn receive(&mut self, notices: usize) -> anyhow::Result<()> {
        while self.notices < notices {
            let what = format!(
                "a notice to receive, {} of {notices} received",
                self.notices
            );
            let notice = await_that(&what, PATIENCE, || {
                self.world.check()?;
                let sync = self.sync()?;
                let choice = self.clerk.open(Room::Intake)?.choices.into_iter().next();
                Ok(match choice {
                    Some(choice) => Seen::There(choice.code),
                    None => Seen::NotYet(format!("none; online: {}", sync.online)),
                })
            })?;
            self.items = self.clerk.items()?;
            self.receive_notice(&notice)?;
            self.put_away()?;
        }
        Ok(())
    }

    /// Releases orders as they are cleared and leased, until so many are.
    pub(super) fn release_until(&mut self, orders: usize) -> anyhow::Result<()> {
        while self.released.len() < orders {
            let what = format!(
                "a leased order, {} of {orders} released",
                self.released.len()
            );
            let leases = await_that(&what, PATIENCE, || {
                self.world.check()?;
                let sync = self.sync()?;
                Ok(match sync.leases.is_empty() {
                    true => Seen::NotYet(format!(
                        "none; online: {}, {} unsent",
                        sync.online,
                        sync.unsent()
                    )),
                    false => Seen::There(sync.leases),
                })
            })?;
            for lease in leases.into_iter().take(orders - self.released.len()) {
                self.release(&lease.waybill_no)?;
            }
        }
        self.account.step(&format!("{orders} orders are released"))
    }

    /// Neither side has found anything to complain about.
    pub(super) fn nothing_is_open(&self) -> anyhow::Result<()> {
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
    pub(super) fn sync(&self) -> anyhow::Result<Sync> {
        self.clerk.station().call("sync.now", json!({}))
    }

    /// The one order that a number names.
    pub(super) fn find(&self, number: &str) -> anyhow::Result<Found> {
        let mut found: Vec<Found> = self
            .clerk
            .station()
            .call("orders.find", json!({ "number": number }))?;
        match (found.pop(), found.is_empty()) {
            (Some(order), true) => Ok(order),
            _ => bail!("{number} does not name one order"),
        }
    }

    /// Ends the shift: the workstation is closed, then the world stops.
    pub(super) fn leave(self) -> anyhow::Result<Account> {
        self.clerk.leave();
        self.world.stop()?;
        Ok(self.account)
    }
}
