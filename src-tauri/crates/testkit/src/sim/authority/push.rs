//! A call, transaction by transaction: the pushed tail is taken in and judged, rights follow, the
//! feed's next page is read.

use super::{Authority, LeaseState, Life, StationState, moves_between};
use crate::sim::goods;
use crate::sim::history::History;
use crate::sim::mutant::Mutant;
use crate::sim::ruling::Ruling;
use crate::sim::wire::Call;
use bondhouse_domain::facts::{Fact, LeaseDropped, Released, Unreadable};
use bondhouse_domain::feed::{Entry, Origin};
use bondhouse_domain::ids::{Fence, OrderKey, Seq};
use bondhouse_domain::invariants::seen::{Judged, Seen};
use bondhouse_domain::journal::{Event, Hash, Head};
use bondhouse_domain::orders::{CaseCode, Change, Effect, HoldBy, Holding, State};
use bondhouse_domain::stock::{Bucket, Place, STAGING};
use bondhouse_protocol::push::{Plan, plan};
use bondhouse_store::{Acked, Contact, Grant, Page, Verdict};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What a push came to.
pub(super) enum Taken {
    In {
        acked: (Seq, Hash),
        need_from: Option<Seq>,
        complete: bool,
    },
    /// A second tail, or a life that is over: its caller may not go on.
    Stopped,
    /// A repetition of a call that was answered.
    Repeated,
}

impl Authority {
    /// The first transaction of a call.
    pub(super) fn take(&mut self, history: &mut History, call: &Call) -> Taken {
        let life = (call.series.device.clone(), call.series.incarnation);
        let Some(known) = self.stations.get_mut(&life) else {
            return Taken::Stopped;
        };
        if known.state != StationState::Active {
            return Taken::Stopped;
        }
        if !known.nonces.insert(call.nonce) {
            return Taken::Repeated;
        }
        let mut head = known.head;
        self.notice(history, call);
        let mut need_from = None;
        match self.plan(&life, &head, call) {
            Plan::Append(fresh) => {
                for event in fresh {
                    if self.is(Mutant::BlockedQueue) && self.needs_a_look(event) {
                        need_from = Some(event.seq);
                        break;
                    }
                    self.append(history, &life, event);
                    head = event.head();
                }
            }
            Plan::NeedFrom(seq) => need_from = Some(seq),
            Plan::Fork(at) => {
                let tail = call.push.events.iter().filter(|event| event.seq >= at);
                for event in tail {
                    history.say(Seen::Aside {
                        event: Box::new(event.clone()),
                    });
                }
                self.stop(history, &life, StationState::Quarantined);
                // Either copy may have packed what the other gave back.
                let ever: BTreeSet<OrderKey> = self
                    .leases
                    .values()
                    .filter(|leased| {
                        (&leased.lease.device, leased.lease.incarnation) == (&life.0, life.1)
                    })
                    .map(|leased| leased.order.clone())
                    .collect();
                for order in ever {
                    self.withhold(history, &order, &life);
                }
                return Taken::Stopped;
            }
            Plan::Damaged(_) => return Taken::Stopped,
        }
        let complete = need_from.is_none()
            && call.push.head.seq == head.seq
            && call.push.head.hash == head.hash;
        Taken::In {
            acked: self.acked(call, &head),
            need_from,
            complete: complete
                || self.is(Mutant::SkipHashCompare) && call.push.head.seq == head.seq,
        }
    }

    fn plan<'a>(&self, life: &Life, head: &Head, call: &'a Call) -> Plan<'a> {
        if self.is(Mutant::SkipHashCompare) {
            if call.push.from_seq.0 > head.seq.0.saturating_add(1) {
                return Plan::NeedFrom(Seq(head.seq.0.saturating_add(1)));
            }
            let known = call
                .push
                .events
                .iter()
                .take_while(|event| event.seq <= head.seq)
                .count();
            return Plan::Append(call.push.events.get(known..).unwrap_or_default());
        }
        let journal = self.stations.get(life).map(|known| &known.journal);
        let known_hash = |seq: Seq| {
            let at = usize::try_from(seq.0.checked_sub(1)?).ok()?;
            Some(journal?.get(at)?.hash)
        };
        plan(&call.series, head, known_hash, &call.push)
    }

    fn acked(&self, call: &Call, head: &Head) -> (Seq, Hash) {
        let theirs = call.push.events.iter().find(|event| event.seq == head.seq);
        match theirs {
            Some(event) if self.is(Mutant::SkipHashCompare) => (head.seq, event.hash),
            _ => (head.seq, head.hash),
        }
    }

    fn append(&mut self, history: &mut History, life: &Life, event: &Event) {
        if self.is(Mutant::RejectFacts) && self.needs_a_look(event) {
            if let Some(known) = self.stations.get_mut(life) {
                known.head = event.head();
            }
            return;
        }
        history.say(Seen::Taken {
            event: Box::new(event.clone()),
        });
        let judged = self.judge(history, event);
        history.say(Seen::Judged {
            device: life.0.clone(),
            incarnation: life.1,
            seq: event.seq,
            judged,
        });
        if let Some(known) = self.stations.get_mut(life) {
            known.head = event.head();
            known.journal.push(Rc::new(event.clone()));
            known.parked |= judged == Judged::Parked;
        }
    }

    /// Of mutants only: whether an event will not fit what is believed here.
    fn needs_a_look(&self, event: &Event) -> bool {
        let Ok(Fact::Released(released)) = Fact::read(&event.kind, event.v, &event.body) else {
            return false;
        };
        let leased = self.leases.get(&(released.order, released.fence));
        leased.is_none_or(|leased| leased.state == LeaseState::Over)
    }

    fn judge(&mut self, history: &mut History, event: &Event) -> Judged {
        let exception = match Fact::read(&event.kind, event.v, &event.body) {
            Ok(Fact::Released(released)) => self.released(history, event, &released),
            Ok(Fact::LeaseDropped(dropped)) => self.dropped(history, event, &dropped),
            Ok(_) => None,
            Err(Unreadable::UnknownKind | Unreadable::Malformed) => return Judged::Parked,
        };
        exception.map_or(Judged::Applied, |code| Judged::AppliedWithException {
            code,
        })
    }

    /// The bench act. The order follows it whatever the books say; goods move only once.
    fn released(
        &mut self,
        history: &mut History,
        event: &Event,
        released: &Released,
    ) -> Option<CaseCode> {
        let origin = Origin {
            device: event.series.device.clone(),
            incarnation: event.series.incarnation,
            seq: event.seq,
        };
        let mut by = Holding {
            device: event.series.device.clone(),
            incarnation: event.series.incarnation,
            fence: released.fence,
        };
        let at = self.fenced(&released.order, &mut by);
        let Some(leased) = self.leases.get(&at) else {
            if self.recovery.is_some() {
                return self.follow(history, &origin, released);
            }
            return Some(CaseCode::ReleasedAfterRevokeSent);
        };
        if leased.holding() != by {
            return Some(CaseCode::DoubleRelease);
        }
        let (state, lines, until) = (leased.state, leased.lines.clone(), leased.lease.work_until);
        let changed = self.change(history, &released.order, Change::ReleasedBy(by));
        let code = changed
            .into_iter()
            .flatten()
            .find_map(|effect| match effect {
                Effect::Case(code) => Some(code),
                _ => None,
            });
        if state == LeaseState::Over {
            return code.or(Some(CaseCode::DoubleRelease));
        }
        if let Some(leased) = self.leases.get_mut(&at) {
            leased.state = LeaseState::Over;
        }
        if state == LeaseState::InDoubt {
            let back = moves_between(&lines, Bucket::InDoubt, goods::shelf(Bucket::Reserved));
            self.move_goods(history, back, "heard of", None);
        }
        let staging = Place::inside(STAGING, Bucket::Staging);
        let packed = moves_between(&lines, Bucket::Reserved, staging);
        self.move_goods(history, packed, "released", Some(origin));
        let late = event.occurred_at >= until;
        code.or(late.then_some(CaseCode::ReleasedAfterWorkUntil))
    }

    /// The holder's word that it gives the order back unreleased.
    fn dropped(
        &mut self,
        history: &mut History,
        event: &Event,
        dropped: &LeaseDropped,
    ) -> Option<CaseCode> {
        let mut by = Holding {
            device: event.series.device.clone(),
            incarnation: event.series.incarnation,
            fence: dropped.fence,
        };
        let at = self.fenced(&dropped.order, &mut by);
        if self
            .leases
            .get(&at)
            .is_none_or(|leased| leased.holding() != by)
        {
            if self.recovery.is_none() {
                return Some(CaseCode::InDoubt);
            }
            // Nothing is refused there: the fence is past, or it was forgotten.
            let _ = self.change(history, &dropped.order, Change::FenceHeardOf(dropped.fence));
            return None;
        }
        self.hand_back(history, &at);
        None
    }

    /// Under which fence somebody speaks; the mutant takes any earlier one for the current.
    fn fenced(&self, order: &OrderKey, by: &mut Holding) -> (OrderKey, Fence) {
        if self.is(Mutant::FenceGe)
            && let Some(State::Leased(current) | State::InDoubt(current)) = self.state_of(order)
            && current.fence >= by.fence
        {
            *by = current.clone();
        }
        (order.clone(), by.fence)
    }

    /// The feed's next page with everything else that is only read.
    pub(super) fn page(
        &self,
        history: &History,
        call: &Call,
        acked: (Seq, Hash),
        grants: Vec<Grant>,
    ) -> (Page, bool) {
        let (pos, hash) = call.cursor;
        let resnapshot = self.hash_at(pos) != Some(hash);
        let skip = usize::try_from(pos.0).unwrap_or(usize::MAX);
        let entries: Vec<Entry> = if resnapshot {
            Vec::new()
        } else {
            let rest = self.feed.iter().skip(skip).take(60);
            rest.map(|entry| Entry::clone(entry)).collect()
        };
        let page = Page {
            entries,
            grants,
            revokes: self.revokes(call),
            acked: Some(Acked {
                seq: acked.0,
                hash: acked.1,
                pos: self.head().0,
                signature: String::new(),
            }),
            verdicts: call
                .push
                .events
                .iter()
                .filter(|event| event.seq <= acked.0)
                .map(|event| Verdict::Applied(event.seq))
                .collect(),
            contact: Contact::Reached {
                at: history.now,
                customs_fresh_at: None,
            },
        };
        (page, resnapshot)
    }

    /// Events of a life that may not call any more, handed in by people: kept as evidence.
    pub(super) fn keep(&mut self, history: &mut History, events: &[Event]) {
        for event in events {
            let life = (event.series.device.clone(), event.series.incarnation);
            let at = usize::try_from(event.seq.0.saturating_sub(1)).unwrap_or(usize::MAX);
            let known = self
                .stations
                .get(&life)
                .and_then(|known| known.journal.get(at));
            if known.is_none_or(|known| known.hash != event.hash) {
                history.say(Seen::Aside {
                    event: Box::new(event.clone()),
                });
                if let Ok(Fact::Released(released)) = Fact::read(&event.kind, event.v, &event.body)
                {
                    self.withhold(history, &released.order, &life);
                }
            }
        }
    }

    /// Nobody else gets an order that this life may have packed, before a supervisor has looked.
    fn withhold(&mut self, history: &mut History, order: &OrderKey, life: &Life) {
        let open = self
            .orders
            .get(order)
            .is_some_and(|record| record.life.is_open_to_others(&life.0, life.1));
        if open {
            let _ = self.change(history, order, Change::Hold(HoldBy::Supervisor));
        }
    }
}
