//! Our movements over the authority's: the balances are what the feed says, and laid over that what
//! we did and it has not judged yet.
//!
//! A workstation that was offline hears of entries that were committed before its own events were
//! known: an order it has long packed was moved to "in doubt" and back. In the order of arrival that
//! would need goods that are gone. So the feed is applied to the authority's own picture: our pending
//! movements are lifted off, latest first, the entries applied, and what is still pending laid down
//! again. What then finds no room is held back, not forced: the authority's judgement will say.
//!
//! A judgement replaces our movement by the authority's, which mostly is the same one; only the book
//! row changes its source. An event that was judged without moving any book is withdrawn.
//! The outcome depends on the feed and the pending events alone, never on how pages were cut.

use crate::columns::Nat;
use crate::error::StoreError;
use crate::fold::{Booking, Fold, Source};
use crate::journal::fact_of;
use crate::tx::Tx;
use crate::view::View;
use bondhouse_domain::facts::Moves;
use bondhouse_domain::feed::{Entry, Moved};
use bondhouse_domain::ids::{FeedPos, Seq};
use bondhouse_domain::journal::Event;
use rusqlite::params;

/// An own event whose movements the authority refused to book, and when we learned so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Withdrawn {
    pub(crate) seq: Seq,
    pub(crate) after_pos: FeedPos,
    pub(crate) after_seq: Seq,
}

impl Fold<'_> {
    /// Books what a fact of our own moves until it is judged, or holds it back for want of room.
    pub(crate) fn move_own(&mut self, event: &Event, moves: &Moves) -> Result<(), StoreError> {
        self.settle()?;
        if moves.stock.is_empty() && moves.ledger.is_empty() {
            return Ok(());
        }
        let applied = self.lay(event, moves)?.is_ok();
        self.run(
            "INSERT INTO pending (warehouse_id, seq, applied) VALUES (?1, ?2, ?3)",
            params![self.w(), Nat(event.seq.0), applied],
        )?;
        Ok(())
    }

    /// Refuses a fact that is being recorded when there is no room for it: a clerk is there to be
    /// told. Only what this workstation counted in can be put away here.
    pub(crate) fn require_room(&mut self, event: &Event, moves: &Moves) -> Result<(), StoreError> {
        if self.is_held_back(event.seq)? {
            self.lay(event, moves)??;
        }
        moves
            .stock
            .iter()
            .try_for_each(|movement| self.require_counted_here(movement))
    }

    /// Books what the authority says has moved.
    pub(crate) fn move_told(&mut self, entry: &Entry, moved: &Moved) -> Result<(), StoreError> {
        let moves = Moves {
            stock: moved.stock.clone(),
            ledger: moved.ledger.clone(),
        };
        let own = self.own_seq(entry);
        let booking = Booking {
            source: Source::Feed(entry.pos),
            at: entry.at,
            own: own.is_some(),
        };
        let judged = own
            .map(|seq| Ok::<_, StoreError>(self.is_pending(seq)?.then_some(seq)))
            .transpose()?
            .flatten();
        if let Some(seq) = judged {
            if !self.lifted && self.first_applied()? == Some(seq) {
                let (event, ours) = self.moves_of(seq)?;
                if ours == moves {
                    self.unbook(Booking::own(&event), &ours)?;
                    self.keep_book(booking, &moves)?;
                    return self.forget(seq);
                }
            }
            self.lift()?;
            self.forget(seq)?;
        } else if !self.lifted && self.touches_pending(&moves)? {
            self.lift()?;
        }
        self.book(booking, &moves)
    }

    /// Stops counting an own event whose movements the authority did not book.
    pub(crate) fn withdraw(&mut self, seq: Seq) -> Result<(), StoreError> {
        self.lift()?;
        self.forget(seq)
    }

    /// Takes our pending movements off, the latest first.
    fn lift(&mut self) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.lifted, true) {
            return Ok(());
        }
        for (seq, applied) in self.pending()?.into_iter().rev() {
            if applied {
                let (event, moves) = self.moves_of(seq)?;
                self.take_back(Booking::own(&event), &moves)?;
            }
        }
        Ok(())
    }

    /// Lays our pending movements down again, in their order, as far as there is room for them.
    pub(crate) fn settle(&mut self) -> Result<(), StoreError> {
        if !std::mem::replace(&mut self.lifted, false) {
            return Ok(());
        }
        for (seq, before) in self.pending()? {
            let (event, moves) = self.moves_of(seq)?;
            let applied = self.lay(&event, &moves)?.is_ok();
            if applied != before {
                self.run(
                    "UPDATE pending SET applied = ?3 WHERE warehouse_id = ?1 AND seq = ?2",
                    params![self.w(), Nat(seq.0), applied],
                )?;
            }
        }
        Ok(())
    }

    /// Lays one event's movements down, or leaves no trace of them and says why.
    fn lay(&mut self, event: &Event, moves: &Moves) -> Result<Result<(), StoreError>, StoreError> {
        self.run("SAVEPOINT pending", [])?;
        let laid = match self.book(Booking::own(event), moves) {
            Ok(()) => Ok(()),
            Err(cause @ (StoreError::Stock { .. } | StoreError::Ledger { .. })) => {
                self.run("ROLLBACK TO pending", [])?;
                Err(cause)
            }
            Err(error) => return Err(error),
        };
        self.run("RELEASE pending", [])?;
        Ok(laid)
    }

    fn forget(&self, seq: Seq) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM pending WHERE warehouse_id = ?1 AND seq = ?2",
            params![self.w(), Nat(seq.0)],
        )?;
        Ok(())
    }

    /// Whether an entry moves goods or ledger items that pending events move, or that those held back
    /// wait for. What has nothing in common can be applied in either order.
    fn touches_pending(&self, moves: &Moves) -> Result<bool, StoreError> {
        if self.one(
            "SELECT EXISTS (SELECT 1 FROM pending WHERE warehouse_id = ?1 AND applied = 0)",
            [self.w()],
            |row| row.get(0),
        )? {
            return Ok(true);
        }
        // `+` keeps SQLite to the few rows of our own journal, away from all of an item's history.
        for movement in &moves.stock {
            let goods = self.goods_id(&movement.goods)?;
            if self.one(
                "SELECT EXISTS (SELECT 1 FROM stock_movements
                                WHERE warehouse_id = ?1 AND source = 'journal' AND +goods_id = ?2)",
                params![self.w(), goods],
                |row| row.get(0),
            )? {
                return Ok(true);
            }
        }
        for movement in &moves.ledger {
            if self.one(
                "SELECT EXISTS (SELECT 1 FROM ledger_movements
                                WHERE warehouse_id = ?1 AND source = 'journal' AND +ledger = ?2 AND +item_no = ?3)",
                [self.w(), movement.item.ledger.as_str(), &movement.item.item_no],
                |row| row.get(0),
            )? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Tx<'_> {
    /// Withdraws own events that the authority took in, up to where we have heard everything it said
    /// about them, without moving its books.
    pub(crate) fn withdraw_unbooked(&mut self) -> Result<(), StoreError> {
        let (cursor, head) = (self.cursor()?.0, self.head()?.seq);
        let judged = self.find(
            "SELECT seq FROM receipts WHERE warehouse_id = ?1 AND pos <= ?2 ORDER BY seq DESC LIMIT 1",
            params![self.w(), Nat(cursor.0)],
            |row| row.get::<_, Nat>(0),
        )?;
        let Some(judged) = judged else {
            return Ok(());
        };
        for (seq, _) in self
            .pending()?
            .into_iter()
            .filter(|(seq, _)| seq.0 <= judged.0)
        {
            self.run(
                "INSERT INTO withdrawn (warehouse_id, seq, after_pos, after_seq) VALUES (?1, ?2, ?3, ?4)",
                params![self.w(), Nat(seq.0), Nat(cursor.0), Nat(head.0)],
            )?;
            self.fold.withdraw(seq)?;
        }
        Ok(())
    }
}

impl View<'_> {
    /// Own events the authority has not judged yet, in order, each with whether there is room for it.
    pub(crate) fn pending(&self) -> Result<Vec<(Seq, bool)>, StoreError> {
        self.list(
            "SELECT seq, applied FROM pending WHERE warehouse_id = ?1 ORDER BY seq",
            [self.w()],
            |row| Ok((Seq(row.get::<_, Nat>(0)?.0), row.get(1)?)),
        )
    }

    /// Own events the authority took in without moving its books, in the order we learned of it.
    pub(crate) fn withdrawn(&self) -> Result<Vec<Withdrawn>, StoreError> {
        self.list(
            "SELECT seq, after_pos, after_seq FROM withdrawn WHERE warehouse_id = ?1 ORDER BY after_pos, after_seq, seq",
            [self.w()],
            |row| {
                Ok(Withdrawn {
                    seq: Seq(row.get::<_, Nat>(0)?.0),
                    after_pos: FeedPos(row.get::<_, Nat>(1)?.0),
                    after_seq: Seq(row.get::<_, Nat>(2)?.0),
                })
            },
        )
    }

    /// Which event of this life of the store an entry came from, if it did.
    pub(crate) fn own_seq(&self, entry: &Entry) -> Option<Seq> {
        let series = self.series();
        let origin = entry.origin.as_ref()?;
        (origin.device == series.device && origin.incarnation == series.incarnation)
            .then_some(origin.seq)
    }

    fn is_pending(&self, seq: Seq) -> Result<bool, StoreError> {
        self.one(
            "SELECT EXISTS (SELECT 1 FROM pending WHERE warehouse_id = ?1 AND seq = ?2)",
            params![self.w(), Nat(seq.0)],
            |row| row.get(0),
        )
    }

    fn is_held_back(&self, seq: Seq) -> Result<bool, StoreError> {
        self.one(
            "SELECT EXISTS (SELECT 1 FROM pending WHERE warehouse_id = ?1 AND seq = ?2 AND applied = 0)",
            params![self.w(), Nat(seq.0)],
            |row| row.get(0),
        )
    }

    /// The first pending event, when it is laid down.
    fn first_applied(&self) -> Result<Option<Seq>, StoreError> {
        let first = self.find(
            "SELECT seq, applied FROM pending WHERE warehouse_id = ?1 ORDER BY seq LIMIT 1",
            [self.w()],
            |row| Ok((Seq(row.get::<_, Nat>(0)?.0), row.get(1)?)),
        )?;
        Ok(first.and_then(|(seq, applied)| if applied { Some(seq) } else { None }))
    }

    fn moves_of(&self, seq: Seq) -> Result<(Event, Moves), StoreError> {
        let event = self
            .event(seq)?
            .ok_or_else(|| StoreError::Unreadable(format!("event {}: not there", seq.0)))?;
        let moves = fact_of(&event)?.moves();
        Ok((event, moves))
    }
}
