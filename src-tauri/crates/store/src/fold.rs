//! What a fact or a piece of news does to the tables: the only code that writes projections.
//!
//! Used live and for rebuilding, in the same order, so the two cannot differ. A fact of our own is
//! folded when it is recorded; when it comes back in the feed the authority's word takes its place
//! ([`crate::pending`]).

use crate::columns::Nat;
use crate::error::StoreError;
use crate::journal::fact_of;
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::facts::{Fact, Moves, Undone};
use bondhouse_domain::feed::{Entry, News};
use bondhouse_domain::ids::{FeedPos, Seq};
use bondhouse_domain::journal::Event;
use bondhouse_domain::time::Instant;
use rusqlite::params;
use std::collections::BTreeSet;
use std::ops::Deref;

/// A view that may write projections.
pub(crate) struct Fold<'a> {
    pub(crate) view: View<'a>,
    pub(crate) touched: BTreeSet<Room>,
    /// Our pending movements are off; see [`crate::pending`].
    pub(crate) lifted: bool,
}

impl<'a> Deref for Fold<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

/// Under what a movement is booked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booking {
    pub(crate) source: Source,
    pub(crate) at: Instant,
    /// It came from an event of ours, told by our journal or by the feed.
    pub(crate) own: bool,
}

impl Booking {
    pub(crate) fn own(event: &Event) -> Self {
        Self {
            source: Source::Journal(event.seq),
            at: event.occurred_at,
            own: true,
        }
    }
}

/// Which event or entry a movement came from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    Journal(Seq),
    Feed(FeedPos),
}

impl Source {
    /// As the columns `source` and `position` hold it.
    pub(crate) const fn columns(self) -> (&'static str, u64) {
        match self {
            Self::Journal(seq) => ("journal", seq.0),
            Self::Feed(pos) => ("feed", pos.0),
        }
    }
}

impl<'a> Fold<'a> {
    pub(crate) fn over(view: View<'a>) -> Self {
        Self {
            view,
            touched: BTreeSet::new(),
            lifted: false,
        }
    }

    pub(crate) fn touch(&mut self, room: Room) {
        self.touched.insert(room);
    }

    /// Does to the tables what a fact of our own says.
    pub(crate) fn fact(&mut self, event: &Event, fact: &Fact) -> Result<(), StoreError> {
        self.move_own(event, &fact.moves())?;
        self.follow(event, fact)
    }

    /// The same for a fact whose movements are settled: they are in the picture this store began from.
    pub(crate) fn settled(&mut self, event: &Event, fact: &Fact) -> Result<(), StoreError> {
        self.receive_settled(event, &fact.moves())?;
        self.follow(event, fact)
    }

    fn follow(&mut self, event: &Event, fact: &Fact) -> Result<(), StoreError> {
        self.touch(Room::Sync);
        match fact {
            Fact::Counted(counted) => {
                self.count(counted, 1)?;
                self.count_piece(counted, true)
            }
            Fact::NoticeClosed(closed) => self.end_notice(&closed.notice, event.occurred_at),
            Fact::PutAway(_) | Fact::Signed(_) | Fact::ParcelFound(_) | Fact::Reported(_) => Ok(()),
            Fact::ReleaseStarted(started) => self.start_job(event, started),
            Fact::Picked(picked) => self.pick(event, picked, 1),
            Fact::Released(released) => {
                self.release_job(event, released)?;
                self.queue_label(event, released)
            }
            Fact::ReleaseParked(parked) => self.park_job(event, parked),
            Fact::LeaseDropped(dropped) => self.drop_job(event, dropped),
            Fact::LabelPrinted(printed) => self.label_printed(event, printed),
            Fact::Loaded(loaded) => self.load(event, loaded),
            Fact::Undone(undone) => self.undo(event, undone),
            Fact::CaseRaised(raised) => self.raise_case(event, raised),
        }
    }

    /// Does to the tables what an entry of the feed says.
    pub(crate) fn news(&mut self, entry: &Entry, news: &News) -> Result<(), StoreError> {
        match news {
            News::Merchant(merchant) => self.list_merchant(merchant),
            News::Item(item) => self.list_item(item),
            News::Location(location) => self.list_location(location),
            News::Carrier(carrier) => self.list_carrier(carrier),
            News::Serial(seen) => self.list_serial(seen),
            News::Receivable(notice) => self.list_notice(notice),
            News::NoticeClosed(end) => self.end_notice(&end.notice, entry.at),
            News::Order(order) => self.list_order(order, entry.pos),
            News::Moved(moved) => self.move_told(entry, moved),
            News::Pass(pass) => self.list_pass(pass),
            News::Case(case) => self.list_case(case, entry.at),
            News::Offline(policy) => self.list_offline(policy),
        }
    }

    /// Changes the balances and keeps the movements.
    pub(crate) fn book(&mut self, booking: Booking, moves: &Moves) -> Result<(), StoreError> {
        for movement in &moves.stock {
            self.shift_stock(movement, booking)?;
        }
        for movement in &moves.ledger {
            self.shift_ledger(movement)?;
        }
        self.keep_book(booking, moves)
    }

    /// Undoes [`Self::book`] without a trace: the movements were never the authority's.
    pub(crate) fn take_back(&mut self, booking: Booking, moves: &Moves) -> Result<(), StoreError> {
        self.unbook(booking, moves)?;
        let back = moves.reversed();
        for movement in &back.stock {
            self.shift_stock(movement, booking)?;
        }
        for movement in &back.ledger {
            self.shift_ledger(movement)?;
        }
        Ok(())
    }

    /// Keeps movements whose balances are as they should be.
    pub(crate) fn keep_book(&mut self, booking: Booking, moves: &Moves) -> Result<(), StoreError> {
        for (line, movement) in (0u32..).zip(&moves.stock) {
            self.book_stock(booking, line, movement)?;
        }
        for (line, movement) in (0u32..).zip(&moves.ledger) {
            self.book_ledger(booking, line, movement)?;
        }
        Ok(())
    }

    /// Forgets movements without changing balances.
    pub(crate) fn unbook(&mut self, booking: Booking, moves: &Moves) -> Result<(), StoreError> {
        for movement in &moves.stock {
            self.unbook_daily(booking, movement)?;
        }
        let (source, position) = booking.source.columns();
        for table in ["stock_movements", "ledger_movements"] {
            self.run(
                &format!(
                    "DELETE FROM {table} WHERE warehouse_id = ?1 AND source = ?2 AND position = ?3"
                ),
                params![self.w(), source, Nat(position)],
            )?;
        }
        Ok(())
    }

    /// Takes an earlier fact out of its room's tables; its movements are reversed by its own.
    ///
    /// An undo must say exactly the opposite of what it takes back: the journal would otherwise hold
    /// a movement of one book without the other.
    fn undo(&mut self, event: &Event, undone: &Undone) -> Result<(), StoreError> {
        let unfitting = || StoreError::Unfitting {
            seq: event.seq,
            kind: event.kind.clone(),
        };
        let original = self.event(undone.seq)?.ok_or_else(unfitting)?;
        let fact = fact_of(&original)?;
        let back = fact.moves().reversed();
        if original.kind != undone.kind
            || back.stock != undone.stock
            || back.ledger != undone.ledger
        {
            return Err(unfitting());
        }
        let first = self.run(
            "INSERT INTO undone (warehouse_id, seq, by_seq) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![self.w(), Nat(undone.seq.0), Nat(event.seq.0)],
        )?;
        if first == 0 {
            return Err(unfitting());
        }
        match &fact {
            Fact::Counted(counted) => {
                self.count(counted, -1)?;
                self.count_piece(counted, false)
            }
            Fact::Picked(picked) => self.pick(event, picked, -1),
            Fact::PutAway(_) => Ok(()),
            // What left the bench or the workstation is corrected by a new fact, never taken back.
            Fact::NoticeClosed(_)
            | Fact::ReleaseStarted(_)
            | Fact::Released(_)
            | Fact::ReleaseParked(_)
            | Fact::LeaseDropped(_)
            | Fact::LabelPrinted(_)
            | Fact::Loaded(_)
            | Fact::Undone(_)
            | Fact::CaseRaised(_)
            | Fact::Signed(_)
            | Fact::ParcelFound(_)
            | Fact::Reported(_) => Err(unfitting()),
        }
    }
}
