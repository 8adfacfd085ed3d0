//! Orders as the authority keeps them, against the words and looks that may move them.

use super::seen::{Judged, Line, Rules, Seen};
use super::{Life, Wrong};
use crate::facts::Fact;
use crate::ids::{Fence, OrderKey};
use crate::journal::Event;
use crate::orders::{ClearanceChange, Holding, Order, State};
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Orders {
    orders: BTreeMap<OrderKey, Order>,
    customs: BTreeMap<OrderKey, ClearanceChange>,
    customs_seen: Option<Instant>,
    /// When each grant ends.
    grants: BTreeMap<(OrderKey, Holding), Instant>,
    /// Holders that said they released.
    released: BTreeSet<(OrderKey, Holding)>,
    /// Parcels whose labels were scanned where they stand, with the life that packed them. A label names no
    /// fence: after a look that erred, the same life may hold the order again under a later one.
    standing: BTreeSet<(OrderKey, Life)>,
    /// Holders that gave the lease back, by an event or by a call that the authority acted on.
    freed: BTreeSet<(OrderKey, Holding)>,
    /// The release that is being judged, and when it was done.
    accepting: Option<((OrderKey, Holding), Instant)>,
    /// What the last caller held.
    spoke: Option<Spoke>,
    /// What a human last said of an order in doubt: packed, or not.
    looked: BTreeMap<OrderKey, bool>,
}

#[derive(Debug)]
struct Spoke {
    step: u64,
    life: Life,
    holds: Vec<(OrderKey, Fence)>,
}

impl Orders {
    pub(super) fn see(&mut self, line: &Line, rules: &Rules) -> Result<(), Wrong> {
        match &line.seen {
            Seen::Customs { order, standing } => {
                self.customs.insert(order.clone(), *standing);
            }
            Seen::CustomsFresh => self.customs_seen = Some(line.at),
            Seen::Granted {
                order,
                by,
                work_until,
                ..
            } => {
                if self.customs.get(order) != Some(&ClearanceChange::Released) {
                    return Err(wrong("I2", order, "granted without customs' release"));
                }
                self.grants.insert((order.clone(), by.clone()), *work_until);
            }
            Seen::Order { order } => {
                let before = self.orders.insert(order.key.clone(), order.clone());
                if let Some(before) = before {
                    self.moved_on(&before, order, line.step)?;
                }
            }
            Seen::Spoke {
                device,
                incarnation,
                holds,
            } => {
                self.spoke = Some(Spoke {
                    step: line.step,
                    life: (device.clone(), *incarnation),
                    holds: holds.clone(),
                });
            }
            Seen::Taken { event } => self.take(event),
            Seen::Judged { judged, .. } => self.judged(*judged)?,
            Seen::Scanned { order, by } => {
                self.released.insert((order.clone(), by.clone()));
                let life = (by.device.clone(), by.incarnation);
                self.standing.insert((order.clone(), life));
            }
            Seen::Looked { order, packed, .. } => {
                self.looked.insert(order.clone(), *packed);
            }
            Seen::Loaded { order } | Seen::Left { order } => self.leave(order, line, rules)?,
            Seen::Restored { orders, .. } => {
                // Of a grant that is forgotten nobody knows the end: its holder proved it by the lease.
                for ((order, by), until) in &mut self.grants {
                    let known = orders.iter().find(|known| &known.key == order);
                    let holds = known.is_some_and(|known| {
                        matches!(&known.state, State::Leased(holder) | State::InDoubt(holder) if holder == by)
                    });
                    let forgotten = known.is_none_or(|known| known.fence < by.fence);
                    if holds || forgotten {
                        // As far as it remembers, the grant goes on, or never was; its end is told again, or
                        // never was heard of a twin.
                        self.freed.remove(&(order.clone(), by.clone()));
                    }
                    if !holds {
                        *until = Instant::from_millis(i64::MAX);
                    }
                }
                self.orders = orders
                    .iter()
                    .map(|order| (order.key.clone(), order.clone()))
                    .collect();
            }
            _ => {}
        }
        Ok(())
    }

    /// The holder's word is remembered before anyone acts on it.
    fn take(&mut self, event: &Event) {
        self.accepting = None;
        let holding = |fence: Fence| Holding {
            device: event.series.device.clone(),
            incarnation: event.series.incarnation,
            fence,
        };
        match Fact::read(&event.kind, event.v, &event.body) {
            Ok(Fact::Released(released)) => {
                let key = (released.order, holding(released.fence));
                self.released.insert(key.clone());
                self.accepting = Some((key, event.occurred_at));
            }
            Ok(Fact::LeaseDropped(dropped)) => {
                self.freed.insert((dropped.order, holding(dropped.fence)));
            }
            _ => {}
        }
    }

    /// I2, for what was accepted without exception.
    fn judged(&mut self, judged: Judged) -> Result<(), Wrong> {
        let Some((key, at)) = self.accepting.take().filter(|_| judged == Judged::Applied) else {
            return Ok(());
        };
        let says = match self.grants.get(&key) {
            None => "a release without a grant was accepted",
            Some(until) if at > *until => "a release after the end of the lease was accepted",
            Some(_) if self.freed.contains(&key) => {
                "a release after the lease was given back was accepted"
            }
            Some(_) => return Ok(()),
        };
        Err(wrong("I2", &key.0, says))
    }

    /// Whether a parcel that this life packed was scanned where it stands.
    fn stands(&self, order: &OrderKey, by: &Holding) -> bool {
        let life = (by.device.clone(), by.incarnation);
        self.standing.contains(&(order.clone(), life))
    }

    /// I12: granted only from Cleared; left only by the holder's word or a human's.
    fn moved_on(&mut self, before: &Order, now: &Order, step: u64) -> Result<(), Wrong> {
        if before.state == now.state {
            return Ok(());
        }
        if let State::Leased(by) = &now.state {
            self.looked.remove(&now.key);
            // A restored authority forgot fences and gives them again: what ended under one then is
            // another grant's word.
            self.freed.remove(&(now.key.clone(), by.clone()));
            if before.state != State::Cleared {
                return Err(wrong("I12", &now.key, "granted while it was not cleared"));
            }
            // A grant that a restored authority makes again was made before anything stopped the order.
            if !before.is_free() && !self.was_granted(&now.key, by.fence) {
                return Err(wrong(
                    "I12",
                    &now.key,
                    "granted while it was held or to be cancelled",
                ));
            }
            if by.fence <= before.fence {
                return Err(wrong("I12", &now.key, "granted under an old fence"));
            }
        }
        let (State::Leased(by) | State::InDoubt(by)) = &before.state else {
            return Ok(());
        };
        let key = (now.key.clone(), by.clone());
        let looked = self.looked.get(&now.key).copied();
        let was_in_doubt = matches!(before.state, State::InDoubt(_));
        let (told, says) = match &now.state {
            State::InDoubt(still) if still == by => return Ok(()),
            State::Released => (
                self.released.contains(&key)
                    || was_in_doubt && looked == Some(true)
                    || self.stands(&now.key, by),
                "released without its holder's word or a look",
            ),
            _ => (
                self.freed.contains(&key)
                    || was_in_doubt && looked == Some(false)
                    || self.does_not_hold(&now.key, by, step)
                    // A later grant that a restored authority forgot: this one had ended before it.
                    || self.was_granted(&now.key, Fence(by.fence.0.saturating_add(1))),
                "taken from its holder without the holder's word or a look",
            ),
        };
        self.looked.remove(&now.key);
        if told && now.state != State::Released {
            self.freed.insert(key);
        }
        if told {
            Ok(())
        } else {
            Err(wrong("I12", &now.key, says))
        }
    }

    /// Whether this order was granted before, under this fence or a later one.
    fn was_granted(&self, order: &OrderKey, fence: Fence) -> bool {
        let mut grants = self.grants.keys();
        grants.any(|(key, by)| key == order && by.fence >= fence)
    }

    /// The call that is being answered came from the holder's own life, and does not name the lease.
    fn does_not_hold(&self, order: &OrderKey, by: &Holding, step: u64) -> bool {
        self.spoke.as_ref().is_some_and(|spoke| {
            spoke.step == step
                && (&spoke.life.0, spoke.life.1) == (&by.device, by.incarnation)
                && !spoke.holds.contains(&(order.clone(), by.fence))
        })
    }

    /// I3, at the vehicle and again at the gate.
    fn leave(&self, key: &OrderKey, line: &Line, rules: &Rules) -> Result<(), Wrong> {
        let order = self.orders.get(key);
        if order.is_none_or(|order| !order.is_free()) {
            return Err(wrong(
                "I3",
                key,
                "on its way out while held or to be cancelled",
            ));
        }
        if self.customs.get(key) != Some(&ClearanceChange::Released) {
            return Err(wrong("I3", key, "on its way out without customs' release"));
        }
        let fresh = self
            .customs_seen
            .is_some_and(|seen| line.at.since(seen) <= rules.customs_fresh_for);
        if matches!(line.seen, Seen::Loaded { .. }) && !fresh {
            return Err(wrong("I3", key, "loaded while customs' link was stale"));
        }
        Ok(())
    }

    /// L2: nothing is in doubt once everybody was heard and humans had time to look.
    pub(super) fn finish(&self) -> Result<(), Wrong> {
        match self
            .orders
            .values()
            .find(|order| matches!(order.state, State::InDoubt(_)))
        {
            Some(order) => Err(wrong(
                "L2",
                &order.key,
                "still in doubt after everybody was heard",
            )),
            None => Ok(()),
        }
    }
}

fn wrong(invariant: &'static str, order: &OrderKey, says: &str) -> Wrong {
    (invariant, Some(order.clone()), says.to_owned())
}
