//! An authority that was restored from a backup: it has forgotten, and its workstations have not.

use super::{Authority, Life, StationState, moves_between};
use crate::sim::goods;
use crate::sim::history::History;
use crate::sim::mutant::Mutant;
use crate::sim::ruling::Ruling;
use crate::sim::wire::Call;
use bondhouse_domain::clearance::standing;
use bondhouse_domain::facts::Released;
use bondhouse_domain::feed::Origin;
use bondhouse_domain::ids::Seq;
use bondhouse_domain::invariants::seen::Seen;
use bondhouse_domain::journal::Series;
use bondhouse_domain::orders::{CaseCode, Change, HoldBy, Holding, State};
use bondhouse_domain::stock::{Bucket, Place, STAGING};
use std::collections::BTreeSet;

impl Authority {
    /// This copy of an authority takes the place of the one that was lost.
    pub(super) fn restored(&mut self, history: &mut History) {
        self.take_back();
        let heads = self.stations.iter().map(|(life, known)| {
            let series = Series {
                warehouse: goods::warehouse(),
                device: life.0.clone(),
                incarnation: life.1,
            };
            (series, known.head.seq)
        });
        history.say(Seen::Restored {
            pos: self.head().0,
            heads: heads.collect::<Vec<(Series, Seq)>>(),
            orders: self
                .orders
                .values()
                .map(|record| record.life.clone())
                .collect(),
        });
    }

    fn take_back(&mut self) {
        self.recovery = Some(BTreeSet::new());
        self.epoch = self.epoch.saturating_add(1);
    }

    /// Notices a call that knows more of the feed. Nobody is restored here without being told, so nothing
    /// was forgotten when one does.
    pub(super) fn notice(&mut self, history: &mut History, call: &Call) {
        if self.recovery.is_none() && call.epoch == self.epoch && !self.follows(call) {
            self.take_back();
            history.say(Seen::TakesBack { forgot: false });
        }
    }

    /// Whether the caller's view is of this feed.
    fn follows(&self, call: &Call) -> bool {
        let (pos, hash) = call.cursor;
        self.hash_at(pos) == Some(hash)
    }

    /// Notes that a workstation was heard to the end and holds nothing unknown; goes on after the last.
    pub(super) fn heard(&mut self, history: &mut History, call: &Call, complete: bool) {
        let life: Life = (call.series.device.clone(), call.series.incarnation);
        let known = self.leases_of(&life, |_| true);
        let unknown = call.held.iter().any(|held| !known.contains(held));
        // A call made before the restore was known says nothing about what its caller holds now.
        let late = call.epoch != self.epoch;
        // Whoever follows the feed that was lost would look like another loss afterwards.
        let follows = self.follows(call) || self.is(Mutant::EpochBeforeFeed);
        let current = !late && follows || self.is(Mutant::HearLateCalls);
        if !complete || unknown || !current {
            return;
        }
        let Some(heard) = &mut self.recovery else {
            return;
        };
        heard.insert(life);
        let all = self
            .stations
            .iter()
            .filter(|(_, known)| known.state == StationState::Active)
            .all(|(life, _)| heard.contains(life));
        if all {
            // A release that cannot be read, under a grant that was forgotten, names no order to wait for.
            if self.stations.values().any(|known| known.parked) {
                for key in self.orders_where(&|order| order.state == State::Cleared) {
                    let _ = self.change(history, &key, Change::Hold(HoldBy::Supervisor));
                }
            }
            self.recovery = None;
            self.settle_cancellations(history);
        }
    }

    /// Every workstation was heard: what waited for that is cancelled now, as far as nobody holds it and
    /// customs has let it go.
    fn settle_cancellations(&mut self, history: &mut History) {
        let waiting = self.orders_where(&|order| {
            order.cancel_requested.is_some()
                && matches!(
                    order.state,
                    State::Received | State::Compared | State::Declared | State::Cleared
                )
        });
        for key in waiting {
            let Some(record) = self.orders.get(&key) else {
                continue;
            };
            let again = match record.life.state {
                State::Declared => Change::Clearance((&standing(&record.receipts)).into()),
                _ => Change::RequestCancel,
            };
            // Neither is ever refused.
            let _ = self.change(history, &key, again);
        }
    }

    /// A release whose grant we forgot: the grant is made again from the holder's word, then the release.
    pub(super) fn follow(
        &mut self,
        history: &mut History,
        origin: &Origin,
        released: &Released,
    ) -> Option<CaseCode> {
        let by = Holding {
            device: origin.device.clone(),
            incarnation: origin.incarnation,
            fence: released.fence,
        };
        let key = &released.order;
        // A later fence than the one it remembers was given: whoever it remembers as holder had ended.
        if let Some(State::Leased(holding) | State::InDoubt(holding)) = self.state_of(key)
            && holding.fence < released.fence
        {
            let at = (key.clone(), holding.fence);
            self.hand_back(history, &at);
        }
        // Grants that came and went before are made and given back again, up to the one of the release.
        // What was held or to be cancelled since does not unmake them.
        while let Some(life) = self.orders.get(key).map(|record| &record.life)
            && life.state == State::Cleared
            && life.fence < released.fence
        {
            let wish = Change::GrantAgain {
                device: by.device.clone(),
                incarnation: by.incarnation,
            };
            self.change(history, key, wish).ok()?;
            if let Some(State::Leased(holding)) = self.state_of(key).cloned()
                && holding.fence < released.fence
            {
                let _ = self.change(history, key, Change::HandedBack(holding));
            }
        }
        if self.state_of(key) != Some(&State::Leased(by.clone())) {
            return Some(CaseCode::ReleasedAfterRevokeSent);
        }
        self.change(history, key, Change::ReleasedBy(by)).ok()?;
        let staging = Place::inside(STAGING, Bucket::Staging);
        let moves = moves_between(&released.lines, Bucket::Available, staging);
        self.move_goods(history, moves, "released", Some(origin.clone()));
        None
    }
}
