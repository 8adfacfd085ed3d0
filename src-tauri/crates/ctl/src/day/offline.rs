//! The platform is gone, and comes back: what is leased goes on, nothing is lost and nothing doubled.

use super::account::{PATIENCE, Seen, await_that};
use super::shift::{Lease, Shift};
use anyhow::ensure;
use serde_json::Value;

impl Shift<'_> {
    /// Kills the platform, releases half of what is left without it, starts it again.
    pub(super) fn go_on_alone(&mut self, orders: usize) -> anyhow::Result<()> {
        let left = orders - self.released.len();
        let what = "leases to go on with while the platform is away";
        let leases = await_that(what, PATIENCE, || {
            self.world.check()?;
            let sync = self.sync()?;
            Ok(match sync.leases.len() >= left && sync.unsent() == 0 {
                true => Seen::There(sync.leases),
                false => Seen::NotYet(format!(
                    "{} leases of {left}, {} unsent",
                    sync.leases.len(),
                    sync.unsent()
                )),
            })
        })?;
        self.world.kill_platform()?;
        await_that("the workstation to notice", PATIENCE, || {
            Ok(match self.sync()?.online {
                true => Seen::NotYet("still online".to_owned()),
                false => Seen::There(()),
            })
        })?;
        self.account.step("the platform is killed")?;
        self.refuse_to_load_offline()?;
        // The other half is left for afterwards: the restarted platform must work, not only answer.
        let alone: Vec<Lease> = leases.into_iter().take(left.div_ceil(2)).collect();
        for lease in &alone {
            self.release(&lease.waybill_no)?;
        }
        let sync = self.sync()?;
        ensure!(
            !sync.online && sync.unsent() > 0,
            "released offline, but nothing waits to be sent"
        );
        let (count, unsent) = (alone.len(), sync.unsent());
        self.account.step(&format!(
            "{count} orders are released without it; {unsent} events wait"
        ))?;
        self.come_back(&alone)
    }

    /// The platform is started again and has every event once.
    fn come_back(&mut self, alone: &[Lease]) -> anyhow::Result<()> {
        self.world.start_platform()?;
        await_that("the journal to drain", PATIENCE, || {
            self.world.check()?;
            let sync = self.sync()?;
            Ok(match sync.online && sync.unsent() == 0 {
                true => Seen::There(()),
                false => Seen::NotYet(format!("online: {}, {} unsent", sync.online, sync.unsent())),
            })
        })?;
        let operator = self.world.operator()?;
        for lease in alone {
            let order = self.find(&lease.order_no)?.order;
            let path = format!("/v1/admin/orders/{}/{}", order.platform, order.order_no);
            let there: Value = operator.get(&path)?;
            let state = there
                .get("state")
                .and_then(Value::as_str)
                .unwrap_or_default();
            ensure!(state == "released", "{order} is {state} at the platform");
        }
        self.nothing_is_open()?;
        self.account
            .step("the platform is back and has every event, once")
    }
}
