//! Books in memory: the same rules as the store's, on values.
//!
//! A commit replaces the state; what is not synced yet keeps the state before it, to fall back to when
//! the power fails. Only mutants leave anything unsynced.

use super::books::{Books, Copy, NotApplied, Packing, Recorded, When};
use super::mutant::Mutant;
use crate::dice::Dice;
use bondhouse_domain::facts::{Fact, LeaseDropped, ReleaseStarted, Released, ScanEvidence};
use bondhouse_domain::feed::News;
use bondhouse_domain::ids::{FeedPos, Fence, GrantId, OrderKey, PersonId, RequestId, Seq};
use bondhouse_domain::journal::{Draft, Event, Hash, Head, Series};
use bondhouse_domain::leases::{AuthorityKeys, VerifiedLease};
use bondhouse_domain::stock::Balances;
use bondhouse_protocol::wire::{Digest, Position, Push};
use bondhouse_store::{Clock, Page, Snapshot};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Commits that may be unsynced at a time.
const UNSYNCED: u32 = 6;

pub(super) struct Memory {
    series: Series,
    keys: Rc<AuthorityKeys>,
    mutant: Option<Mutant>,
    state: State,
    /// What is on the disk, when it is less than what was committed, and how many commits less.
    synced: Option<(Box<State>, u32)>,
    /// The disk has no room: nothing can be committed.
    full: bool,
    /// The program is newer than the authority's.
    newer: bool,
}

/// By how much the versions of a newer program's events are higher.
const NEWER: u16 = 100;

/// What an own event says, also where only this program can read it.
fn read(event: &Event) -> Option<Fact> {
    Fact::read(&event.kind, event.v % NEWER, &event.body).ok()
}

#[derive(Clone)]
struct State {
    journal: Vec<Rc<Event>>,
    head: Head,
    acked: Seq,
    cursor: (FeedPos, Hash),
    epoch: u32,
    view: Balances,
    leases: BTreeMap<GrantId, Lease>,
    clock: Option<Clock>,
}

#[derive(Clone)]
struct Lease {
    lease: Rc<VerifiedLease>,
    ended: bool,
}

impl Memory {
    pub(super) fn new(series: Series, keys: Rc<AuthorityKeys>, mutant: Option<Mutant>) -> Self {
        Self {
            series,
            keys,
            mutant,
            synced: None,
            full: false,
            newer: false,
            state: State {
                journal: Vec::new(),
                head: Head::EMPTY,
                acked: Seq(0),
                cursor: (FeedPos(0), Hash::GENESIS),
                epoch: 1,
                view: Balances::default(),
                leases: BTreeMap::new(),
                clock: None,
            },
        }
    }

    /// A commit begins: the mutant that does not sync keeps what the disk has.
    fn begin(&mut self) {
        if self.mutant != Some(Mutant::SynchronousNormal) {
            return;
        }
        match &mut self.synced {
            Some((_, behind)) if *behind < UNSYNCED => *behind += 1,
            // A checkpoint, now and then, syncs everything.
            Some(_) => self.synced = None,
            None => self.synced = Some((Box::new(self.state.clone()), 1)),
        }
    }

    fn record(&mut self, fact: &Fact, when: When, request: u128) -> Result<Recorded, String> {
        let (kind, v) = fact.kind();
        let newer = self.newer && matches!(fact, Fact::Released(_));
        let draft = Draft {
            kind: kind.to_owned(),
            v: if newer { v + NEWER } else { v },
            request: RequestId(uuid::Uuid::from_u128(request)),
            actor: PersonId::new("zhou-min"),
            occurred_at: when.now,
            wall: when.wall,
            body: fact.body().map_err(|error| error.to_string())?,
        };
        let state = &mut self.state;
        state.clock = state
            .clock
            .take()
            .map(|clock| clock.raised(when.now, when.wall));
        let event = state.head.append(&self.series, draft);
        state.head = event.head();
        state.journal.push(Rc::new(event));
        Ok(Recorded {
            seq: state.head.seq,
            hash: state.head.hash,
        })
    }

    /// Whether a page continues what is here: looked at before anything is changed.
    fn fits(&self, page: &Page) -> Result<(), NotApplied> {
        if let Some(acked) = page.acked.as_ref().filter(|acked| acked.seq > Seq(0)) {
            if acked.seq > self.state.head.seq {
                return Err(NotApplied::Behind);
            }
            let at = usize::try_from(acked.seq.0.saturating_sub(1)).unwrap_or(usize::MAX);
            let ours = self.state.journal.get(at);
            if ours.is_none_or(|ours| ours.hash != acked.hash) {
                return Err(NotApplied::Forked);
            }
        }
        let (mut pos, mut hash) = self.state.cursor;
        for entry in page
            .entries
            .iter()
            .filter(|entry| entry.pos > self.state.cursor.0)
        {
            let follows = entry.pos.0 == pos.0.saturating_add(1)
                && entry.prev_hash == hash
                && entry.hash == entry.computed_hash();
            if !follows {
                return Err(NotApplied::OtherFeed);
            }
            (pos, hash) = (entry.pos, entry.hash);
        }
        Ok(())
    }

    fn take_entries(&mut self, page: &Page) -> Result<(), NotApplied> {
        for entry in &page.entries {
            if entry.pos <= self.state.cursor.0 {
                continue;
            }
            if let Ok(News::Moved(moved)) = News::read(&entry.kind, entry.v, &entry.body)
                && !moved
                    .stock
                    .iter()
                    .all(|movement| self.state.view.apply(movement).is_ok())
            {
                // Drift: the feed is not followed beyond what the balances can bear.
                return Ok(());
            }
            self.state.cursor = (entry.pos, entry.hash);
        }
        Ok(())
    }

    /// Ends the leases that an event says have ended.
    fn end_by(state: &mut State, event: &Event) {
        let Some(
            Fact::Released(Released { grant, .. }) | Fact::LeaseDropped(LeaseDropped { grant, .. }),
        ) = read(event)
        else {
            return;
        };
        if let Some(lease) = state.leases.get_mut(&grant) {
            lease.ended = true;
        }
    }
}

impl Books for Memory {
    fn series(&self) -> Series {
        self.series.clone()
    }

    fn release(
        &mut self,
        lease: &VerifiedLease,
        when: When,
        request: u128,
    ) -> Result<Option<Recorded>, String> {
        let Some(right) = lease.order() else {
            return Err("not an order".into());
        };
        let terms = lease.lease();
        if self.full {
            return Ok(None);
        }
        self.begin();
        let started = Fact::ReleaseStarted(ReleaseStarted {
            order: right.order.clone(),
            grant: terms.grant.clone(),
            fence: terms.fence,
            scan: scan(),
        });
        self.record(&started, when, request)?;
        let recorded = self.record(&released(lease)?, when, request)?;
        if let Some(held) = self.state.leases.get_mut(&terms.grant) {
            held.ended = true;
        }
        Ok(Some(recorded))
    }

    fn leases(&self) -> Result<Vec<Rc<VerifiedLease>>, String> {
        let held = self.state.leases.values().filter(|held| !held.ended);
        Ok(held.map(|held| Rc::clone(&held.lease)).collect())
    }

    fn head(&self) -> Result<Recorded, String> {
        Ok(Recorded {
            seq: self.state.head.seq,
            hash: self.state.head.hash,
        })
    }

    fn cursor(&self) -> Result<(FeedPos, Hash), String> {
        Ok(self.state.cursor)
    }

    fn held(&self) -> Result<Vec<(OrderKey, Fence)>, String> {
        let held = self.state.leases.values().filter(|held| !held.ended);
        Ok(held
            .filter_map(|held| Some((held.lease.order()?.order.clone(), held.lease.lease().fence)))
            .collect())
    }

    fn tail(&self, from: Option<Seq>) -> Result<Push, String> {
        let state = &self.state;
        let from = from.unwrap_or(Seq(state.acked.0.saturating_add(1)));
        let skip = usize::try_from(from.0.saturating_sub(1)).unwrap_or(usize::MAX);
        let prev_hash = skip
            .checked_sub(1)
            .and_then(|at| state.journal.get(at))
            .map_or(Hash::GENESIS, |event| event.hash);
        Ok(Push {
            from_seq: from,
            prev_hash,
            events: state
                .journal
                .iter()
                .skip(skip)
                .take(40)
                .map(|event| Event::clone(event))
                .collect(),
            head: Position {
                seq: state.head.seq,
                hash: state.head.hash,
            },
        })
    }

    fn unsent(&self) -> Result<u64, String> {
        Ok(self.state.head.seq.0.saturating_sub(self.state.acked.0))
    }

    fn epoch(&self) -> u32 {
        self.state.epoch
    }

    fn believe(&mut self, epoch: u32) -> Result<(), String> {
        if !self.full {
            self.begin();
            self.state.epoch = epoch;
        }
        Ok(())
    }

    fn apply(&mut self, page: Page, when: When, request: u128) -> Result<(), NotApplied> {
        if self.full {
            return Err(NotApplied::Full);
        }
        self.fits(&page)?;
        self.begin();
        self.try_apply(&page, when, request)
    }

    fn save_cursor(&mut self, pos: FeedPos, hash: Hash) -> bool {
        self.state.cursor = (pos, hash);
        true
    }

    fn take_back(&mut self, events: Vec<Event>) -> Result<(), NotApplied> {
        if self.full {
            return Err(NotApplied::Full);
        }
        for event in events {
            let state = &mut self.state;
            if event.seq <= state.head.seq {
                continue;
            }
            state.head = state
                .head
                .follow(&self.series, &event)
                .map_err(|_| NotApplied::Forked)?;
            Self::end_by(state, &event);
            state.journal.push(Rc::new(event));
        }
        Ok(())
    }

    fn begin_anew(&mut self, _: Option<Snapshot>) -> Result<(), NotApplied> {
        if self.full {
            return Err(NotApplied::Full);
        }
        self.state.cursor = (FeedPos(0), Hash::GENESIS);
        self.state.view = Balances::default();
        Ok(())
    }

    fn digest(&self) -> Result<Option<Digest>, String> {
        Ok(None)
    }

    fn clock(&self) -> Result<Option<Clock>, String> {
        Ok(self.state.clock.clone())
    }

    fn set_clock(&mut self, clock: Clock) -> Result<(), String> {
        if !self.full {
            self.state.clock = Some(clock);
        }
        Ok(())
    }

    fn mark(&mut self, when: When) -> Result<(), String> {
        if self.full {
            return Ok(());
        }
        let clock = self.state.clock.take();
        self.state.clock = clock.map(|clock| clock.raised(when.now, when.wall));
        Ok(())
    }

    fn journal(&self) -> Result<Vec<Event>, String> {
        Ok(self
            .state
            .journal
            .iter()
            .map(|event| Event::clone(event))
            .collect())
    }

    fn released_after(&self, seq: Seq) -> Result<Vec<Packing>, String> {
        let skip = usize::try_from(seq.0).unwrap_or(usize::MAX);
        let events = self.state.journal.iter().skip(skip);
        Ok(events
            .filter_map(|event| match read(event) {
                Some(Fact::Released(released)) => Some(Packing {
                    lease: Rc::clone(&self.state.leases.get(&released.grant)?.lease),
                    event: Recorded {
                        seq: event.seq,
                        hash: event.hash,
                    },
                }),
                _ => None,
            })
            .collect())
    }

    fn view(&self) -> Result<Balances, String> {
        Ok(self.state.view.clone())
    }

    fn kill(&mut self) -> Result<(), String> {
        self.full = false;
        Ok(())
    }

    fn cut_power(&mut self, _: &mut Dice) -> Result<(), String> {
        self.full = false;
        if let Some((synced, _)) = self.synced.take() {
            self.state = *synced;
        }
        Ok(())
    }

    fn write_newer(&mut self, newer: bool) {
        self.newer = newer;
    }

    fn fill(&mut self, full: bool) {
        self.full = full;
    }

    fn copy(&self) -> Result<Copy, String> {
        Ok(Rc::new((self.series.clone(), self.state.clone())))
    }

    fn put_in(&mut self, copy: &Copy) -> Result<(), String> {
        let (series, state) = copy
            .downcast_ref::<(Series, State)>()
            .ok_or("a copy of another kind")?;
        self.series = series.clone();
        self.state = state.clone();
        self.synced = None;
        self.full = false;
        Ok(())
    }

    fn verify(&self) -> Result<(), String> {
        Ok(())
    }
}

impl Memory {
    fn try_apply(&mut self, page: &Page, when: When, request: u128) -> Result<(), NotApplied> {
        if let Some(acked) = &page.acked {
            self.state.acked = self.state.acked.max(acked.seq);
        }
        self.take_entries(page)?;
        for grant in &page.grants {
            let Ok(lease) = grant.lease.verify(&self.keys) else {
                return Err(NotApplied::Failed(
                    "a lease with a foreign signature".into(),
                ));
            };
            let terms = lease.lease();
            if terms.device != self.series.device || terms.incarnation != self.series.incarnation {
                continue;
            }
            let grant = terms.grant.clone();
            let ended = self.state.leases.get(&grant).is_some_and(|held| held.ended);
            let lease = Rc::new(lease);
            self.state.leases.insert(grant, Lease { lease, ended });
        }
        for revoke in &page.revokes {
            let open: Vec<(GrantId, Fence)> = self
                .state
                .leases
                .iter()
                .filter(|(_, held)| {
                    !held.ended
                        && held.lease.lease().fence <= revoke.fence
                        && held
                            .lease
                            .order()
                            .is_some_and(|right| right.order == revoke.order)
                })
                .map(|(grant, held)| (grant.clone(), held.lease.lease().fence))
                .collect();
            for (grant, fence) in open {
                let dropped = Fact::LeaseDropped(LeaseDropped {
                    order: revoke.order.clone(),
                    grant: grant.clone(),
                    fence,
                    why: "revoked".into(),
                });
                self.record(&dropped, when, request)
                    .map_err(NotApplied::Failed)?;
                if let Some(held) = self.state.leases.get_mut(&grant) {
                    held.ended = true;
                }
            }
        }
        Ok(())
    }
}

pub(super) fn scan() -> ScanEvidence {
    ScanEvidence {
        raw: "09421901881270".into(),
        symbology: Some("]E0".into()),
        from: "serial:bench".into(),
    }
}

/// The bench act under a lease.
pub(super) fn released(lease: &VerifiedLease) -> Result<Fact, String> {
    let right = lease.order().ok_or("not an order")?;
    Ok(Fact::Released(Released {
        order: right.order.clone(),
        grant: lease.lease().grant.clone(),
        fence: lease.lease().fence,
        waybill: right.waybill.clone(),
        declaration_no: right.clearance.declaration_no.clone(),
        lines: right.lines.clone(),
        gross_weight: None,
    }))
}
