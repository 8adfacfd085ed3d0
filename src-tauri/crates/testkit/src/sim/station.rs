//! A machine at a bench: its books, its clocks, and the order in which it does things.
//!
//! Every act is a row of effects, and the machine can die between any two: a commit and its green, a
//! page and what follows from it. What is on the disk is its books' business.

use super::books::{Books, NotApplied, Packing, Recorded, When};
use super::goods;
use super::history::History;
use super::mutant::Mutant;
use super::wire::{Answer, Call, Said};
use crate::dice::Dice;
use bondhouse_domain::clearance::Cleared;
use bondhouse_domain::clock::{self, Machine};
use bondhouse_domain::ids::{Fence, OrderKey, Seq};
use bondhouse_domain::invariants::seen::Seen;
use bondhouse_domain::leases::{Holder, VerifiedLease};
use bondhouse_domain::ledger::LedgerItem;
use bondhouse_domain::orders::Holding;
use bondhouse_domain::time::{Instant, Span};
use bondhouse_protocol::versions::{OURS, Range};
use bondhouse_store::{Revoke, Snapshot};
use std::collections::BTreeSet;
use std::rc::Rc;

/// How long a call may take before it is made again.
const PATIENCE: Span = Span::minutes(1);

/// Whether a machine may go on as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// In use.
    Working,
    /// Its life is over: the authority will not hear it, or its disk is gone. It must be enrolled anew.
    Over,
    /// Taken away.
    Removed,
}

pub(super) struct Station {
    /// What people call the machine; two machines may hold copies of one disk.
    pub(super) name: String,
    pub(super) books: Box<dyn Books>,
    pub(super) standing: Standing,
    /// The program runs.
    pub(super) up: bool,
    pub(super) online: bool,
    mutant: Option<Mutant>,
    boot: u32,
    booted_at: Instant,
    /// How far the wall clock is from the truth.
    wall_off: Span,
    /// Its disk has no room: what the clock says cannot be noted, as while it is off.
    pub(super) full: bool,
    waits_for: Option<(u64, Instant)>,
    /// The epoch of the answer that asked it to begin anew: believed once it has.
    told_epoch: u32,
    /// Protocol numbers its program speaks.
    speaks: Range,
    /// How long it slept since it was started, and since when it does.
    slept: Span,
    asleep_since: Option<Instant>,
    push_from: Option<Seq>,
    /// The last event a clerk has finished.
    pub(super) finished: Seq,
    /// Leases said to be dropped that are not: only of a mutant.
    promised: Vec<Revoke>,
}

/// A run that cannot go on: a word of the books that the simulator did not foresee.
pub(super) type Stop = String;

impl Station {
    pub(super) fn new(
        name: String,
        books: Box<dyn Books>,
        mutant: Option<Mutant>,
        history: &History,
    ) -> Self {
        Self {
            name,
            books,
            standing: Standing::Working,
            up: true,
            online: true,
            mutant,
            boot: 1,
            booted_at: history.now,
            wall_off: Span::millis(0),
            full: false,
            waits_for: None,
            told_epoch: 1,
            speaks: OURS,
            slept: Span::millis(0),
            asleep_since: None,
            push_from: None,
            finished: Seq(0),
            promised: Vec::new(),
        }
    }

    /// Another version of the program is put on the machine: one that the authority understands, or not.
    pub(super) fn install(&mut self, understood: bool) {
        self.speaks = if understood {
            OURS
        } else {
            Range {
                min: 0,
                max: OURS.min.saturating_sub(1),
            }
        };
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(super) fn works(&self) -> bool {
        self.up && self.standing == Standing::Working
    }

    /// What the machine's own clocks show.
    fn machine(&self, history: &History) -> Machine {
        let slept = if self.is(Mutant::SleepingClock) {
            self.slept.as_millis()
        } else {
            // The clock that leases are measured by runs on while the machine sleeps.
            0
        };
        let since_boot = history.now.since(self.booted_at).as_millis() - slept;
        Machine {
            boot_id: format!("{}-{}", self.name, self.boot),
            boot_ms: u64::try_from(since_boot).unwrap_or(0),
            wall: history.now.plus(self.wall_off),
        }
    }

    fn now_est(&self, history: &History) -> Result<clock::Estimate, Stop> {
        let heard = self.books.clock()?.unwrap_or_else(clock::never_heard);
        Ok(clock::estimate(&heard, &self.machine(history)))
    }

    /// The wall clock is set anew; the program notes the time every minute, so before and after it.
    pub(super) fn set_wall(&mut self, history: &History, off: Span) -> Result<(), Stop> {
        let before = self.now_est(history)?.now;
        self.books.mark(self.when(history, before))?;
        self.wall_off = off;
        let now = self.now_est(history)?.now;
        self.books.mark(self.when(history, now))
    }

    fn when(&self, history: &History, now: Instant) -> When {
        When {
            now,
            wall: history.now.plus(self.wall_off),
        }
    }

    /// A clerk takes the next order and packs it; the machine may die on the way.
    pub(super) fn pack(
        &mut self,
        history: &mut History,
        dice: &mut Dice,
        dies: bool,
    ) -> Result<(), Stop> {
        let estimate = self.now_est(history)?;
        let series = self.books.series();
        let holder = Holder {
            device: series.device,
            incarnation: series.incarnation,
            now_est: estimate.now,
            in_contact: false,
        };
        let leases = self.books.leases()?;
        let usable: Vec<Rc<VerifiedLease>> = leases
            .into_iter()
            // A clock that cannot be believed counts every lease as run out.
            .filter(|lease| !estimate.suspect && Cleared::from_lease(lease, &holder).is_ok())
            .collect();
        let Some(lease) = dice.pick(&usable).map(Rc::clone) else {
            return Ok(());
        };
        let request = (u128::from(history.step) << 32) | u128::from(dice.below(1 << 30));
        let when = self.when(history, estimate.now);
        if self.is(Mutant::AckBeforeFsync) {
            return self.pack_before_commit(history, &lease, when, request, dies);
        }
        let Some(event) = self.books.release(&lease, when, request)? else {
            return Ok(());
        };
        if !dies {
            self.finish(history, &Packing { lease, event });
        }
        Ok(())
    }

    /// The mutant: green, label and all, and then the commit, if the machine lives to make it.
    fn pack_before_commit(
        &mut self,
        history: &mut History,
        lease: &Rc<VerifiedLease>,
        when: When,
        request: u128,
        dies: bool,
    ) -> Result<(), Stop> {
        let before = self.books.copy()?;
        let Some(event) = self.books.release(lease, when, request)? else {
            return Ok(());
        };
        let packing = Packing {
            lease: Rc::clone(lease),
            event,
        };
        self.finish(history, &packing);
        if dies {
            self.books.put_in(&before)?;
        }
        Ok(())
    }

    /// Green, the label, the parcel: what the clerk does once the commit has returned.
    fn finish(&mut self, history: &mut History, packing: &Packing) {
        let Packing { lease, event } = packing;
        let Some(right) = lease.order() else { return };
        let terms = lease.lease();
        let by = Holding {
            device: terms.device.clone(),
            incarnation: terms.incarnation,
            fence: terms.fence,
        };
        history.say(Seen::Green {
            machine: self.name.clone(),
            device: by.device.clone(),
            incarnation: by.incarnation,
            seq: event.seq,
            hash: event.hash,
        });
        let picked = right.lines.iter().map(|line| LedgerItem {
            ledger: line.goods.customs.ledger.clone(),
            item_no: line.goods.customs.item_no.clone(),
        });
        history.say(Seen::Packed {
            machine: self.name.clone(),
            order: right.order.clone(),
            by,
            picked: picked.collect(),
        });
        self.finished = self.finished.max(event.seq);
    }

    /// Makes a call, unless one is under way; the answer to an earlier one will not be believed.
    pub(super) fn call(
        &mut self,
        history: &History,
        number: usize,
        nonce: u64,
        want: usize,
    ) -> Result<Option<Call>, Stop> {
        if self
            .waits_for
            .is_some_and(|(_, since)| history.now.since(since) < PATIENCE)
        {
            return Ok(None);
        }
        self.waits_for = Some((nonce, history.now));
        let promised: BTreeSet<(OrderKey, Fence)> = self
            .promised
            .iter()
            .map(|revoke| (revoke.order.clone(), revoke.fence))
            .collect();
        let held = self.books.held()?;
        Ok(Some(Call {
            machine: number,
            nonce,
            proto: self.speaks,
            series: self.books.series(),
            epoch: self.books.epoch(),
            push: self.books.tail(self.push_from)?,
            cursor: self.books.cursor()?,
            held: held
                .into_iter()
                .filter(|held| !promised.contains(held))
                .collect(),
            want,
            digest: None,
        }))
    }

    /// Takes in an answer; the machine may die on the way. What it must ask for next is answered.
    pub(super) fn hear(
        &mut self,
        history: &mut History,
        answer: Answer,
        dies: bool,
    ) -> Result<Next, Stop> {
        let called_at = match self.waits_for {
            Some((nonce, since)) if nonce == answer.nonce => since,
            _ => return Ok(Next::Nothing),
        };
        let (server_time, epoch, mut page, need_from, resnapshot) = match answer.said {
            Said::Done {
                server_time,
                epoch,
                page,
                need_from,
                resnapshot,
                agrees: _,
            } => (server_time, epoch, page, need_from, resnapshot),
            Said::TooOld => {
                // It goes on with what it holds until somebody updates it.
                self.waits_for = None;
                return Ok(Next::Nothing);
            }
            Said::Stopped => {
                self.waits_for = None;
                self.standing = Standing::Over;
                return Ok(Next::Nothing);
            }
        };
        let before = self.books.clock()?.unwrap_or_else(clock::never_heard);
        let round_trip = u64::try_from(history.now.since(called_at).as_millis()).unwrap_or(0);
        let heard = clock::heard(&before, server_time, round_trip, &self.machine(history));
        self.books.set_clock(heard)?;
        self.told_epoch = epoch;
        if self.is(Mutant::EpochBeforeFeed) {
            self.believe()?;
        }
        self.push_from = need_from;
        if self.is(Mutant::RevokeAckBeforeDrop) {
            // It keeps in mind that it must drop them, says that it has, and drops them some calls later.
            self.promised.append(&mut page.revokes);
            if answer.nonce.is_multiple_of(4) {
                std::mem::swap(&mut self.promised, &mut page.revokes);
            }
        }
        if self.is(Mutant::CursorOutsideTransaction)
            && let Some(last) = page.entries.last()
            && dies
        {
            self.books.save_cursor(last.pos, last.hash);
            return Ok(Next::Nothing);
        }
        let acked = page.acked.as_ref().map(|acked| (acked.seq, acked.hash));
        let when = self.when(history, self.now_est(history)?.now);
        let request = (u128::from(history.step) << 32) | 1;
        let applied = self.books.apply(*page, when, request);
        if dies {
            return Ok(Next::Nothing);
        }
        self.waits_for = None;
        match applied {
            Ok(()) => {}
            Err(NotApplied::Behind) => return Ok(Next::OwnJournal),
            Err(NotApplied::Forked | NotApplied::OtherFeed) => {
                self.standing = Standing::Over;
                return Ok(Next::Nothing);
            }
            Err(NotApplied::Full) => return Ok(Next::Nothing),
            Err(NotApplied::Failed(why)) => return Err(why),
        }
        if let Some((seq, hash)) = acked.filter(|(seq, _)| *seq > Seq(0)) {
            let series = self.books.series();
            history.say(Seen::Safe {
                machine: self.name.clone(),
                device: series.device,
                incarnation: series.incarnation,
                seq,
                hash,
            });
        }
        if resnapshot {
            return Ok(Next::Picture);
        }
        self.believe()?;
        history.say(Seen::Cursor {
            machine: self.name.clone(),
            pos: self.books.cursor()?.0,
            anew: false,
        });
        Ok(Next::Nothing)
    }

    /// Its feed is not the authority's any more: it begins anew from a picture.
    pub(super) fn begin_anew(
        &mut self,
        history: &mut History,
        picture: Option<Snapshot>,
    ) -> Result<Next, Stop> {
        match self.books.begin_anew(picture) {
            Ok(()) => {}
            Err(NotApplied::Full) => return Ok(Next::Nothing),
            Err(NotApplied::Behind) => return Ok(Next::OwnJournal),
            Err(NotApplied::Forked | NotApplied::OtherFeed) => {
                self.standing = Standing::Over;
                return Ok(Next::Nothing);
            }
            Err(NotApplied::Failed(why)) => return Err(why),
        }
        history.say(Seen::Cursor {
            machine: self.name.clone(),
            pos: self.books.cursor()?.0,
            anew: true,
        });
        self.believe()?;
        Ok(Next::Nothing)
    }

    /// It follows the feed of this life of the authority now, so it may speak to it as such.
    fn believe(&mut self) -> Result<(), Stop> {
        if self.told_epoch == self.books.epoch() {
            return Ok(());
        }
        self.books.believe(self.told_epoch)
    }

    /// The process dies and is started again; a parcel that was committed and not finished is finished.
    pub(super) fn restart(&mut self, history: &mut History) -> Result<(), Stop> {
        self.books.kill()?;
        self.come_up(history, false)
    }

    /// The power fails and comes back.
    pub(super) fn cut_power(&mut self, history: &mut History, dice: &mut Dice) -> Result<(), Stop> {
        self.books.cut_power(dice)?;
        self.reboot(history)?;
        self.come_up(history, false)
    }

    /// Goes to sleep, or wakes.
    pub(super) fn sleep(&mut self, history: &History, asleep: bool) {
        if let Some(since) = self.asleep_since.take() {
            let slept = history.now.since(since).as_millis();
            self.slept = Span::millis(self.slept.as_millis().saturating_add(slept));
        }
        self.asleep_since = asleep.then_some(history.now);
        self.up = !asleep;
    }

    /// Another boot: its clock begins anew, and the program asks how long it was off.
    pub(super) fn reboot(&mut self, history: &History) -> Result<(), Stop> {
        self.slept = Span::millis(0);
        self.asleep_since = None;
        self.boot = self.boot.saturating_add(1);
        self.booted_at = history.now;
        if let Some(noted) = self.books.clock()? {
            let begun = clock::begun(noted, &self.machine(history));
            self.books.set_clock(begun)?;
        }
        Ok(())
    }

    /// Somebody put an older copy of the disk in, or a copy of another machine's.
    pub(super) fn put_in(
        &mut self,
        history: &mut History,
        copy: &super::books::Copy,
        finished: Seq,
    ) -> Result<(), Stop> {
        self.books.put_in(copy)?;
        self.finished = finished;
        self.reboot(history)?;
        self.come_up(history, true)
    }

    fn come_up(&mut self, history: &mut History, older_copy: bool) -> Result<(), Stop> {
        self.up = true;
        self.asleep_since = None;
        self.waits_for = None;
        self.promised = Vec::new();
        let (head, series) = (self.books.head()?, self.books.series());
        history.say(Seen::Started {
            machine: self.name.clone(),
            device: series.device,
            incarnation: series.incarnation,
            seq: head.seq,
            older_copy,
        });
        history.say(Seen::Cursor {
            machine: self.name.clone(),
            pos: self.books.cursor()?.0,
            anew: older_copy,
        });
        for packing in self.books.released_after(self.finished)? {
            self.finish(history, &packing);
        }
        Ok(())
    }

    /// The journal of this machine came back from the authority.
    pub(super) fn take_back(
        &mut self,
        events: Vec<bondhouse_domain::journal::Event>,
    ) -> Result<(), Stop> {
        let last = events.last().map(|event| event.seq);
        match self.books.take_back(events) {
            Ok(()) => {
                // Those parcels were finished before the copy was put in.
                self.finished = self.finished.max(last.unwrap_or(Seq(0)));
                Ok(())
            }
            Err(NotApplied::Failed(why)) => Err(why),
            Err(NotApplied::Full) => Ok(()),
            Err(NotApplied::Behind | NotApplied::Forked | NotApplied::OtherFeed) => {
                self.standing = Standing::Over;
                Ok(())
            }
        }
    }

    /// Shown at the end: how far behind it is, and whether it sees what the authority sees.
    pub(super) fn head(&self) -> Result<Recorded, Stop> {
        self.books.head()
    }

    pub(super) fn device(&self) -> bondhouse_domain::ids::DeviceId {
        let series = self.books.series();
        debug_assert!(series.warehouse == goods::warehouse(), "a stranger's disk");
        series.device
    }
}

/// What a machine needs before it can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Nothing,
    /// Its own journal, which is longer at the authority.
    OwnJournal,
    /// A picture to begin anew from.
    Picture,
}
