//! Rights: granted, prolonged, called back, and never freed by time.

use super::{
    Authority, KEY_ID, LeaseState, Leased, Life, MOST_LEASES, SILENT_MARGIN, WORK_SPAN,
    moves_between,
};
use crate::sim::goods;
use crate::sim::history::History;
use crate::sim::mutant::Mutant;
use crate::sim::ruling::Ruling;
use crate::sim::wire::Call;
use bondhouse_domain::clearance::Cleared;
use bondhouse_domain::ids::{Fence, GrantId, OrderKey};
use bondhouse_domain::invariants::seen::Seen;
use bondhouse_domain::journal::Hash;
use bondhouse_domain::leases::{Lease, LeasedLine, OrderRight, Right, SignedLease};
use bondhouse_domain::ledger::LedgerItem;
use bondhouse_domain::orders::{Change, State};
use bondhouse_domain::quantity::{Quantity, Weight};
use bondhouse_domain::stock::{Bucket, StockMove};
use bondhouse_domain::time::Span;
use bondhouse_store::{Grant, Revoke};

impl Authority {
    /// Rights after a push: what was called back and is gone returns, the rest is prolonged, new is granted.
    pub(super) fn rights(
        &mut self,
        history: &mut History,
        call: &Call,
        complete: bool,
    ) -> Vec<Grant> {
        let life = (call.series.device.clone(), call.series.incarnation);
        if complete {
            history.say(Seen::Spoke {
                device: life.0.clone(),
                incarnation: life.1,
                holds: call.held.clone(),
            });
            let called_back =
                |leased: &Leased| leased.called_back || leased.state == LeaseState::InDoubt;
            // What cannot be read here may be the parcel's release.
            let parked = self.stations.get(&life).is_some_and(|known| known.parked);
            let believed = !parked || self.is(Mutant::SilenceOverParked);
            for key in self.leases_of(&life, called_back) {
                if believed && !call.held.contains(&key) && self.was_told(&key, call) {
                    self.hand_back(history, &key);
                }
            }
        }
        // The call that ends the recovery is granted nothing: outsiders speak again first.
        let was_recovering = self.recovery.is_some();
        self.heard(history, call, complete);
        if !complete || was_recovering {
            return Vec::new();
        }
        let mut grants = self.renew(history, &life, call);
        grants.extend(self.grant(history, &life, call.want));
        grants
    }

    /// Whether the caller had heard of a grant when it made this call.
    ///
    /// A call that was long on its way may have been made before; that it does not hold the lease then
    /// means nothing. Whoever has read the feed beyond the grant was also given the lease.
    fn was_told(&self, key: &(OrderKey, Fence), call: &Call) -> bool {
        if self.is(Mutant::BelieveLateCalls) {
            return true;
        }
        self.leases
            .get(key)
            .is_some_and(|leased| call.cursor.0 >= leased.lease.issued_pos)
    }

    pub(super) fn hand_back(&mut self, history: &mut History, key: &(OrderKey, Fence)) {
        let Some(leased) = self.leases.get_mut(key) else {
            return;
        };
        let from = match leased.state {
            LeaseState::InDoubt => Bucket::InDoubt,
            LeaseState::Open => Bucket::Reserved,
            LeaseState::Over => return,
        };
        leased.state = LeaseState::Over;
        let (lines, holding) = (leased.lines.clone(), leased.holding());
        let back = moves_between(&lines, from, goods::shelf(Bucket::Available));
        self.move_goods(history, back, "handed back", None);
        // Of no effect when another holds it by now.
        let _ = self.change(history, &key.0, Change::HandedBack(holding));
    }

    fn renew(&mut self, history: &mut History, life: &Life, call: &Call) -> Vec<Grant> {
        let fresh_enough = Span::millis(WORK_SPAN.as_millis() / 2);
        let mut grants = Vec::new();
        for key in self.leases_of(life, |leased| {
            leased.state == LeaseState::Open && !leased.called_back
        }) {
            let has_it = call.held.contains(&key);
            let (until, pos) = (history.now.plus(WORK_SPAN), self.head().0);
            let signing = std::rc::Rc::clone(&self.key);
            let Some(leased) = self.leases.get_mut(&key) else {
                continue;
            };
            if leased.lease.work_until.since(history.now) < fresh_enough {
                leased.lease.work_until = until;
                leased.lease.issued_pos = pos;
                if let Ok(signed) = SignedLease::sign(&leased.lease, KEY_ID, &signing) {
                    leased.signed = signed;
                }
                history.say(granted(leased));
            } else if has_it {
                continue;
            }
            grants.push(Grant {
                lease: leased.signed.clone(),
                consignee: None,
            });
        }
        grants
    }

    fn grant(&mut self, history: &mut History, life: &Life, want: usize) -> Vec<Grant> {
        let held = self.leases_of(life, |_| true).len();
        let room = MOST_LEASES.saturating_sub(held).min(want);
        let mut grants = Vec::new();
        for key in self.orders_where(&|order| order.is_grantable()) {
            if grants.len() >= room {
                break;
            }
            grants.extend(self.grant_one(history, &key, life));
        }
        grants
    }

    fn grant_one(&mut self, history: &mut History, key: &OrderKey, life: &Life) -> Option<Grant> {
        let record = self.orders.get(key)?;
        let kind = record.kind;
        let cleared = Cleared::from_receipts(key, &record.receipts).ok()?;
        let mut reserve = goods::piece(
            kind,
            goods::shelf(Bucket::Available),
            goods::shelf(Bucket::Reserved),
        );
        if !self.lies_there(&reserve) {
            if self.is(Mutant::WrongLot) {
                reserve.goods = goods::goods((kind + 1) % goods::KINDS);
            }
            if !self.lies_there(&reserve) && !self.is(Mutant::BooksNotAsked) {
                return None;
            }
        }
        let wish = Change::Grant {
            device: life.0.clone(),
            incarnation: life.1,
        };
        self.change(history, key, wish).ok()?;
        let lines = vec![line(&reserve)];
        self.move_goods(history, vec![reserve], "grant", None);
        let Some(State::Leased(holding)) = self.state_of(key).cloned() else {
            return None;
        };
        self.grants = self.grants.saturating_add(1);
        let lease = Lease {
            grant: GrantId::new(format!("g-{}-{}-{}", self.epoch, self.grants, key.order_no)),
            warehouse: goods::warehouse(),
            authority_epoch: self.epoch,
            device: life.0.clone(),
            incarnation: life.1,
            fence: holding.fence,
            issued_pos: self.head().0,
            issued_at: history.now,
            work_until: history.now.plus(WORK_SPAN),
            needs_contact: false,
            policy: 0,
            right: Right::Order(Box::new(OrderRight {
                order: key.clone(),
                waybill: goods::waybill(key),
                carrier_name: "测试速递".into(),
                sender: goods::sender(),
                sort_code: "755-F15-83".into(),
                hub: "深圳转运中心".into(),
                lane: "B-12".into(),
                lines: lines.clone(),
                gross_weight: Weight::ZERO,
                clearance: cleared.facts().clone(),
                consignee_commitment: Hash::GENESIS,
            })),
        };
        let signed = SignedLease::sign(&lease, KEY_ID, &self.key).ok()?;
        let leased = Leased {
            lease,
            signed: signed.clone(),
            order: key.clone(),
            fence: holding.fence,
            lines,
            declared: goods::ledger_item(kind),
            state: LeaseState::Open,
            called_back: false,
            in_doubt_since: history.now,
        };
        history.say(granted(&leased));
        self.leases.insert((key.clone(), holding.fence), leased);
        Some(Grant {
            lease: signed,
            consignee: None,
        })
    }

    fn lies_there(&self, reserve: &StockMove) -> bool {
        self.stock.iter().any(|(goods, _, bucket, qty)| {
            bucket == Bucket::Available && goods == &reserve.goods && qty >= reserve.qty
        })
    }

    /// What the caller must give back, and what it believes to hold and we do not know of.
    pub(super) fn revokes(&self, call: &Call) -> Vec<Revoke> {
        let life = (call.series.device.clone(), call.series.incarnation);
        let ours = self.leases_of(&life, |_| true);
        let called_back = self.leases_of(&life, |leased| {
            leased.called_back || leased.state == LeaseState::InDoubt
        });
        let unknown = call
            .held
            .iter()
            .filter(|held| !ours.contains(held))
            .cloned();
        called_back
            .into_iter()
            .chain(unknown)
            .map(|(order, fence)| Revoke { order, fence })
            .collect()
    }

    /// What time alone does: holders that fell silent are given up on, nothing is freed.
    pub(super) fn time_passed(&mut self, history: &mut History) {
        let now = history.now;
        if now < self.look_again && !self.is(Mutant::RegrantWithoutLook) {
            return;
        }
        let (mut late, mut next) = (Vec::new(), now.plus(WORK_SPAN));
        for (key, leased) in &self.leases {
            let until = leased.lease.work_until.plus(SILENT_MARGIN);
            if leased.state == LeaseState::Open && until <= now {
                late.push(key.clone());
            } else if leased.state == LeaseState::Open {
                next = next.min(until);
            }
        }
        // A lease granted or prolonged from now on ends later than that.
        self.look_again = next;
        for key in late {
            if self.is(Mutant::RegrantOnTimeout) {
                self.hand_back(history, &key);
            } else {
                self.put_in_doubt(history, &key);
            }
        }
        if self.is(Mutant::RegrantWithoutLook) {
            let old: Vec<_> = self
                .leases
                .values()
                .filter(|leased| {
                    leased.state == LeaseState::InDoubt
                        && now.since(leased.in_doubt_since) > Span::minutes(5)
                })
                .map(|leased| leased.order.clone())
                .collect();
            for order in old {
                self.resolve(history, &order, false);
            }
        }
    }

    pub(super) fn put_in_doubt(&mut self, history: &mut History, key: &(OrderKey, Fence)) {
        let Some(leased) = self.leases.get_mut(key) else {
            return;
        };
        leased.state = LeaseState::InDoubt;
        leased.in_doubt_since = history.now;
        let doubt = moves_between(
            &leased.lines,
            Bucket::Reserved,
            goods::shelf(Bucket::InDoubt),
        );
        self.move_goods(history, doubt, "in doubt", None);
        let _ = self.change(history, &key.0, Change::HolderSilent);
    }
}

fn line(reserved: &StockMove) -> LeasedLine {
    LeasedLine {
        gnum: 1,
        goods: reserved.goods.clone(),
        spot: goods::spot(),
        qty: Quantity::whole(1).unwrap_or(Quantity::ZERO),
    }
}

fn granted(leased: &Leased) -> Seen {
    let reserved: Vec<LedgerItem> = leased
        .lines
        .iter()
        .map(|line| LedgerItem {
            ledger: line.goods.customs.ledger.clone(),
            item_no: line.goods.customs.item_no.clone(),
        })
        .collect();
    Seen::Granted {
        order: leased.order.clone(),
        by: leased.holding(),
        work_until: leased.lease.work_until,
        declared: vec![leased.declared.clone()],
        reserved,
    }
}
