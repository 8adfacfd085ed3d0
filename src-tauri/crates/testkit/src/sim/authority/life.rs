//! What outsiders and people do to orders: shops, customs, the supervisor, the gate.

use super::{Authority, LeaseState, Record, moves_between};
use crate::sim::goods;
use crate::sim::history::History;
use crate::sim::mutant::Mutant;
use crate::sim::ruling::{Looked, Ruling};
use bondhouse_domain::clearance::{Answers, LoggedReceipt, Status, standing};
use bondhouse_domain::ids::{BondedNoteNo, GatePassNo, OrderKey, PersonId};
use bondhouse_domain::invariants::seen::{Rules, Seen};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::orders::{Change, ClearanceChange, HoldBy, Holding, Order, State};
use bondhouse_domain::stock::{Bucket, Place, STAGING};
use bondhouse_domain::time::Instant;

impl Authority {
    /// A shop sends an order; payment and waybill agree, and the list goes to customs.
    pub(super) fn ordered(&mut self, history: &mut History, key: &OrderKey, kind: u64) {
        if self.orders.contains_key(key) {
            return;
        }
        let record = Record {
            life: Order::received(key.clone()),
            receipts: Vec::new(),
            kind,
        };
        self.orders.insert(key.clone(), record);
        for change in [Change::Compared, Change::Declared] {
            // A fresh order takes both.
            let _ = self.change(history, key, change);
        }
    }

    /// Goods come in from abroad and are put on the shelf.
    pub(super) fn goods_came(&mut self, history: &mut History, kind: u64, count: i64) {
        let moved = goods::pieces(kind, count, Place::Inbound, goods::shelf(Bucket::Available));
        self.move_goods(history, vec![moved], "N-1", None);
    }

    /// Customs' link answered.
    pub(super) fn customs_answered(&mut self, history: &mut History) {
        self.customs_seen = history.now;
        history.say(Seen::CustomsFresh);
    }

    /// A receipt of customs arrives: late, doubled or out of order like any other message.
    pub(super) fn customs_said(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        status: Status,
        returned_at: Instant,
    ) {
        let Some(record) = self.orders.get_mut(key) else {
            return;
        };
        let cancelled = matches!(record.life.state, State::Cancelled);
        let position = u64::try_from(record.receipts.len())
            .unwrap_or(0)
            .saturating_add(1);
        record.receipts.push(LoggedReceipt {
            position,
            answers: Answers::List,
            status,
            returned_at: Some(returned_at),
            declaration_no: Some(super::declaration_no(key)),
            raw_hash: Hash::GENESIS,
        });
        let now = ClearanceChange::from(&standing(&record.receipts));
        history.say(Seen::Customs {
            order: key.clone(),
            standing: now,
        });
        if !cancelled {
            // Customs' word is never refused.
            let _ = self.change(history, key, Change::Clearance(now));
        }
    }

    /// A shop wants an order cancelled.
    pub(super) fn asked_to_cancel(&mut self, history: &mut History, key: &OrderKey) {
        let wish = Change::RequestCancel;
        let _ = self.change(history, key, wish);
        let held = matches!(self.state_of(key), Some(State::Leased(_)));
        if self.is(Mutant::CancelAtOnce) && held {
            history.say(Seen::Answered { order: key.clone() });
        }
    }

    /// Somebody holds an order back, or lets it go.
    pub(super) fn held(&mut self, history: &mut History, key: &OrderKey, held: bool) {
        let wish = if held {
            Change::Hold(HoldBy::Merchant)
        } else {
            Change::Lift(HoldBy::Merchant)
        };
        let _ = self.change(history, key, wish);
    }

    /// A human has looked for a parcel in doubt.
    pub(super) fn somebody_looked(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        by: &PersonId,
        Looked { packed, truly }: Looked,
    ) {
        history.say(Seen::Looked {
            order: key.clone(),
            by: by.clone(),
            packed,
            truly,
        });
        self.resolve(history, key, packed);
    }

    /// A label was scanned where its parcel stands: its holder's word, whatever became of the disk.
    pub(super) fn label_scanned(&mut self, history: &mut History, key: &OrderKey, by: Holding) {
        let at = (key.clone(), by.fence);
        let Some(leased) = self
            .leases
            .get_mut(&at)
            .filter(|leased| leased.holding() == by)
        else {
            return;
        };
        let from = match leased.state {
            LeaseState::Open => Bucket::Reserved,
            LeaseState::InDoubt => Bucket::InDoubt,
            LeaseState::Over => return,
        };
        leased.state = LeaseState::Over;
        let lines = leased.lines.clone();
        history.say(Seen::Scanned {
            order: key.clone(),
            by: by.clone(),
        });
        let _ = self.change(history, key, Change::ReleasedBy(by));
        let staging = Place::inside(STAGING, Bucket::Staging);
        self.move_goods(
            history,
            moves_between(&lines, from, staging),
            "scanned",
            None,
        );
    }

    /// What a look decides.
    pub(super) fn resolve(&mut self, history: &mut History, key: &OrderKey, packed: bool) {
        let Some(State::InDoubt(holding)) = self.state_of(key).cloned() else {
            return;
        };
        let at = (key.clone(), holding.fence);
        let Some(lines) = self.leases.get(&at).map(|leased| leased.lines.clone()) else {
            return;
        };
        if self
            .change(history, key, Change::Looked { packed })
            .is_err()
        {
            return;
        }
        let to = if packed {
            Place::inside(STAGING, Bucket::Staging)
        } else {
            goods::shelf(Bucket::Available)
        };
        self.move_goods(
            history,
            moves_between(&lines, Bucket::InDoubt, to),
            "looked",
            None,
        );
        if let Some(leased) = self.leases.get_mut(&at) {
            leased.state = LeaseState::Over;
        }
    }

    /// Lets a parcel onto a vehicle, or says no.
    pub(super) fn put_on(&mut self, history: &mut History, key: &OrderKey) -> bool {
        let fresh = history.now.since(self.customs_seen) <= Rules::default().customs_fresh_for;
        let fresh = fresh || self.is(Mutant::StaleCustoms);
        if !fresh || self.recovery.is_some() || !self.released_by_customs(key) {
            return false;
        }
        let note = BondedNoteNo::new("QD310526E000000001");
        if matches!(self.state_of(key), Some(State::Released))
            && self.change(history, key, Change::Bundle(note)).is_err()
        {
            return false;
        }
        let pass = GatePassNo::new("Z3105E261122000000000001");
        let loaded = self.change(history, key, Change::Load(pass)).is_ok();
        if loaded {
            history.say(Seen::Loaded { order: key.clone() });
        }
        loaded
    }

    /// The vehicle is about to leave: whatever was stopped meanwhile is taken off, the rest goes.
    pub(super) fn leaves(&mut self, history: &mut History, key: &OrderKey) -> bool {
        let free = self
            .orders
            .get(key)
            .is_some_and(|record| record.life.is_free());
        if !free || self.recovery.is_some() || !self.released_by_customs(key) {
            let _ = self.change(history, key, Change::Unload);
            return false;
        }
        let kind = self.orders.get(key).map_or(0, |record| record.kind);
        history.say(Seen::Left { order: key.clone() });
        if self.change(history, key, Change::GateOut).is_ok() {
            let out = goods::piece(
                kind,
                Place::inside(STAGING, Bucket::Staging),
                Place::Outbound,
            );
            self.move_goods(history, vec![out], "gate", None);
        }
        true
    }

    fn released_by_customs(&self, key: &OrderKey) -> bool {
        self.orders.get(key).is_some_and(|record| {
            ClearanceChange::from(&standing(&record.receipts)) == ClearanceChange::Released
        })
    }

    /// A parcel to be cancelled was scanned back from staging.
    pub(super) fn taken_back(&mut self, history: &mut History, key: &OrderKey) -> bool {
        let kind = self.orders.get(key).map_or(0, |record| record.kind);
        let back = self.change(history, key, Change::PulledBack).is_ok();
        if back {
            let staging = Place::inside(STAGING, Bucket::Staging);
            let shelf = goods::shelf(Bucket::Available);
            self.move_goods(
                history,
                vec![goods::piece(kind, staging, shelf)],
                "pulled back",
                None,
            );
        }
        back
    }
}
