//! The authority in memory, asked as every authority is.

use super::{Authority, Taken};
use crate::dice::Dice;
use crate::sim::books::Copy;
use crate::sim::history::History;
use crate::sim::ruling::{Looked, Luck, Ruling};
use crate::sim::station::Stop;
use crate::sim::wire::{Call, Said};
use bondhouse_domain::clearance::Status;
use bondhouse_domain::ids::{DeviceId, FeedPos, Incarnation, OrderKey, PersonId, Seq};
use bondhouse_domain::journal::{Event, Series};
use bondhouse_domain::leases::AuthorityKeys;
use bondhouse_domain::orders::{Holding, Order, State};
use bondhouse_domain::stock::Balances;
use bondhouse_domain::time::Instant;
use bondhouse_protocol::versions::OURS;
use bondhouse_store::Snapshot;
use std::rc::Rc;

impl Ruling for Authority {
    fn keys(&self) -> AuthorityKeys {
        [(super::KEY_ID.to_owned(), self.key.verifying_key())].into()
    }

    fn enrol(&mut self, history: &mut History, device: &DeviceId) -> Result<Incarnation, Stop> {
        Ok(self.take_in(history, device))
    }

    fn answer(
        &mut self,
        history: &mut History,
        call: &Call,
        luck: &mut Luck<'_>,
    ) -> Result<Option<Said>, Stop> {
        let befalls = if luck.calm { 100 } else { luck.dice.below(100) };
        if call.proto.agree(OURS).is_none() {
            return Ok(Some(Said::TooOld));
        }
        let (acked, need_from, complete) = match self.take(history, call) {
            Taken::Repeated => return Ok(None),
            Taken::Stopped => return Ok(Some(Said::Stopped)),
            Taken::In {
                acked,
                need_from,
                complete,
            } => (acked, need_from, complete),
        };
        if befalls == 0 {
            // Killed after its first transaction.
            return Ok(None);
        }
        let grants = self.rights(history, call, complete);
        if befalls < 4 {
            // Committed, and the answer is lost.
            return Ok(None);
        }
        let (page, resnapshot) = self.page(history, call, acked, grants);
        Ok(Some(Said::Done {
            server_time: history.now,
            epoch: self.epoch,
            page: Box::new(page),
            need_from,
            resnapshot,
            agrees: None,
        }))
    }

    fn journal_after(&self, series: &Series, seq: Seq) -> Result<Vec<Event>, Stop> {
        let life = (series.device.clone(), series.incarnation);
        let skip = usize::try_from(seq.0).unwrap_or(usize::MAX);
        let journal = self.stations.get(&life).map(|known| &known.journal);
        let events = journal.into_iter().flatten().skip(skip);
        Ok(events.map(|event| Event::clone(event)).collect())
    }

    fn picture(&self, _: &Series) -> Result<Option<Snapshot>, Stop> {
        Ok(None)
    }

    fn hand_in(&mut self, history: &mut History, events: Vec<Event>) -> Result<(), Stop> {
        self.keep(history, &events);
        Ok(())
    }

    fn round(&mut self, history: &mut History) -> Result<(), Stop> {
        self.time_passed(history);
        Ok(())
    }

    fn receive(&mut self, history: &mut History, key: &OrderKey, kind: u64) -> Result<(), Stop> {
        self.ordered(history, key, kind);
        Ok(())
    }

    fn receipt(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        status: &Status,
        at: Instant,
    ) -> Result<(), Stop> {
        self.customs_said(history, key, status.clone(), at);
        Ok(())
    }

    fn cancel(&mut self, history: &mut History, key: &OrderKey) -> Result<(), Stop> {
        self.asked_to_cancel(history, key);
        Ok(())
    }

    fn hold(&mut self, history: &mut History, key: &OrderKey, held: bool) -> Result<(), Stop> {
        self.held(history, key, held);
        Ok(())
    }

    fn goods_in(&mut self, history: &mut History, kind: u64, count: i64) -> Result<(), Stop> {
        self.goods_came(history, kind, count);
        Ok(())
    }

    fn customs_seen(&mut self, history: &mut History) -> Result<(), Stop> {
        self.customs_answered(history);
        Ok(())
    }

    fn looked(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        by: &PersonId,
        seen: Looked,
    ) -> Result<(), Stop> {
        self.somebody_looked(history, key, by, seen);
        Ok(())
    }

    fn scanned(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        by: &Holding,
        _: Seq,
    ) -> Result<(), Stop> {
        self.label_scanned(history, key, by.clone());
        Ok(())
    }

    fn load(&mut self, history: &mut History, key: &OrderKey) -> Result<bool, Stop> {
        Ok(self.put_on(history, key))
    }

    fn depart(&mut self, history: &mut History, key: &OrderKey) -> Result<Vec<OrderKey>, Stop> {
        let left = self.leaves(history, key);
        Ok(left.then(|| key.clone()).into_iter().collect())
    }

    fn pulled_back(&mut self, history: &mut History, key: &OrderKey) -> Result<bool, Stop> {
        Ok(self.taken_back(history, key))
    }

    fn orders_where(&self, which: &dyn Fn(&Order) -> bool) -> Vec<OrderKey> {
        let orders = self.orders.values().filter(|record| which(&record.life));
        orders.map(|record| record.life.key.clone()).collect()
    }

    fn state_of(&self, key: &OrderKey) -> Option<&State> {
        Some(&self.orders.get(key)?.life.state)
    }

    fn ran_out(&self, key: &OrderKey, now: Instant) -> Result<bool, Stop> {
        let Some(State::InDoubt(holding)) = self.state_of(key) else {
            return Ok(false);
        };
        let leased = self.leases.get(&(key.clone(), holding.fence));
        Ok(leased.is_some_and(|leased| leased.lease.work_until.plus(super::SILENT_MARGIN) <= now))
    }

    fn stock(&self) -> Result<Balances, Stop> {
        Ok(self.stock.clone())
    }

    fn feed_head(&self) -> FeedPos {
        self.head().0
    }

    fn back_up(&self) -> Result<Copy, Stop> {
        Ok(Rc::new(self.clone()))
    }

    fn restore(&mut self, history: &mut History, backup: &Copy) -> Result<(), Stop> {
        let backup = backup.downcast_ref::<Self>();
        *self = backup.ok_or("a backup of another kind")?.clone();
        self.restored(history);
        Ok(())
    }

    fn recovering(&self) -> bool {
        self.recovery.is_some()
    }

    fn cut_power(&mut self, _: &mut History, _: &mut Dice) -> Result<(), Stop> {
        // Whatever it has committed is there: what memory cannot lose is asked of the other body.
        Ok(())
    }
}
