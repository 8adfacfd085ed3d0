//! Beginning from the authority's picture instead of from its whole feed.
//!
//! A new store has no time for a year of feed; one whose feed is too old, of another history or whose
//! tables differ begins anew. The picture is news like the feed's: the last word on every subject, and
//! one movement for every balance, which counts as brought forward. Own events the authority had judged
//! by then are in it; the others lie over it as always. What stood in the feed before is set aside, and
//! a rebuild begins from the newest picture. Movements before it are asked of the platform.

use crate::Store;
use crate::columns::{Nat, Word};
use crate::error::StoreError;
use crate::fold::{Booking, Fold, Source};
use crate::journal::fact_of;
use crate::rebuild;
use crate::stock::plate_of;
use crate::view::View;
use bondhouse_domain::facts::Unreadable;
use bondhouse_domain::feed::{Moved, News};
use bondhouse_domain::ids::{FeedPos, Seq};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::stock::{Place, changes};
use bondhouse_domain::time::Instant;
use rusqlite::params;

/// The authority's picture at one position of its feed.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Where it was taken.
    pub cursor: (FeedPos, Hash),
    /// The last of our own events that is in it, with its hash; 0 for none.
    pub judged: (Seq, Hash),
    /// When it was taken, by the authority's clock.
    pub taken_at: Instant,
    /// What it says, in the order it was said.
    pub told: Vec<Told>,
}

/// One piece of news in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its kind.
    pub kind: String,
    /// Its version.
    pub v: u16,
    /// When it was said.
    pub at: Instant,
    /// As first written.
    pub body: String,
}

impl Told {
    /// What it says.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when this version does not know the kind: an update is needed.
    fn news(&self) -> Result<News, StoreError> {
        News::read(&self.kind, self.v, &self.body).map_err(|why| {
            let why = match why {
                Unreadable::UnknownKind => "of unknown kind",
                Unreadable::Malformed => "malformed",
            };
            StoreError::Unreadable(format!("snapshot: {} v{} is {why}", self.kind, self.v))
        })
    }
}

/// Where the kept feed begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base {
    n: u64,
    pub(crate) pos: FeedPos,
    pub(crate) hash: Hash,
    /// Own events up to here are in the picture.
    pub(crate) judged: Seq,
    /// Own events up to here were there when it was taken in.
    pub(crate) after: Seq,
    pub(crate) taken_at: Instant,
}

impl Store {
    /// Begins anew from a picture: all projections are made again from it and our own journal.
    ///
    /// # Errors
    /// [`StoreError::Behind`] when it holds events of ours that we do not have: take them back first;
    /// [`StoreError::Fork`] when it holds another journal; [`StoreError::Unreadable`] when the program
    /// must be updated. Then nothing is changed.
    pub fn take_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.put(move |view| {
            view.fits(snapshot.judged)?;
            let n = view.base()?.map_or(1, |base| base.n.saturating_add(1));
            view.set_feed_aside(n, snapshot.judged.0)?;
            view.keep_snapshot(n, &snapshot)?;
            rebuild::clear(view)?;
            rebuild::refold(*view)?;
            view.run(
                "UPDATE sync_state SET stopped = '' WHERE warehouse_id = ?1",
                [view.w()],
            )?;
            Ok(())
        })
    }
}

impl View<'_> {
    /// Where the kept feed begins; nothing while that is its very beginning.
    pub(crate) fn base(&self) -> Result<Option<Base>, StoreError> {
        self.find(
            "SELECT n, pos, hash, judged_seq, after_seq, taken_at FROM snapshots
             WHERE warehouse_id = ?1 ORDER BY n DESC LIMIT 1",
            [self.w()],
            |row| {
                Ok(Base {
                    n: row.get::<_, Nat>(0)?.0,
                    pos: FeedPos(row.get::<_, Nat>(1)?.0),
                    hash: Hash::from_bytes(row.get(2)?),
                    judged: Seq(row.get::<_, Nat>(3)?.0),
                    after: Seq(row.get::<_, Nat>(4)?.0),
                    taken_at: Instant::from_millis(row.get(5)?),
                })
            },
        )
    }

    /// The movements that stand for the balances of the newest picture.
    pub(crate) fn base_moves(&self, base: &Base) -> Result<Vec<Moved>, StoreError> {
        let told = self.told(base)?;
        told.iter()
            .filter_map(|told| match told.news() {
                Ok(News::Moved(moved)) => Some(Ok(moved)),
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            })
            .collect()
    }

    /// The journal must hold what the picture holds of it.
    fn fits(&self, (judged, hash): (Seq, Hash)) -> Result<(), StoreError> {
        if judged == Seq(0) {
            return Ok(());
        }
        if judged > self.head()?.seq {
            return Err(StoreError::Behind(judged));
        }
        if self.event(judged)?.is_none_or(|event| event.hash != hash) {
            return Err(StoreError::Fork(judged));
        }
        Ok(())
    }

    fn set_feed_aside(&self, n: u64, judged: Seq) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO feed_set_aside (warehouse_id, n, pos, kind, v, at, origin_device, origin_incarnation,
                                         origin_seq, body, prev_hash, hash, after_seq)
             SELECT warehouse_id, ?2, pos, kind, v, at, origin_device, origin_incarnation, origin_seq, body,
                    prev_hash, hash, after_seq FROM feed WHERE warehouse_id = ?1",
            params![self.w(), Nat(n)],
        )?;
        self.run("DELETE FROM feed WHERE warehouse_id = ?1", [self.w()])?;
        // What the authority has forgotten it does not hold, whatever it once signed.
        self.run(
            "INSERT INTO receipts_set_aside (warehouse_id, n, seq, hash, pos, signature, received_at)
             SELECT warehouse_id, ?2, seq, hash, pos, signature, received_at FROM receipts
             WHERE warehouse_id = ?1 AND seq > ?3",
            params![self.w(), Nat(n), Nat(judged.0)],
        )?;
        self.run(
            "DELETE FROM receipts WHERE warehouse_id = ?1 AND seq > ?2",
            params![self.w(), Nat(judged.0)],
        )?;
        self.run("DELETE FROM withdrawn WHERE warehouse_id = ?1", [self.w()])?;
        Ok(())
    }

    fn keep_snapshot(&self, n: u64, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO snapshots (warehouse_id, n, pos, hash, judged_seq, after_seq, taken_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                self.w(),
                Nat(n),
                Nat(snapshot.cursor.0.0),
                snapshot.cursor.1.as_bytes().as_slice(),
                Nat(snapshot.judged.0.0),
                Nat(self.head()?.seq.0),
                snapshot.taken_at.as_millis(),
            ],
        )?;
        for (line, told) in (0u32..).zip(&snapshot.told) {
            self.run(
                "INSERT INTO snapshot_news (warehouse_id, n, line, kind, v, at, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    self.w(),
                    Nat(n),
                    line,
                    told.kind,
                    told.v,
                    told.at.as_millis(),
                    told.body.as_bytes(),
                ],
            )?;
        }
        Ok(())
    }

    fn told(&self, base: &Base) -> Result<Vec<Told>, StoreError> {
        self.list(
            "SELECT kind, v, at, body FROM snapshot_news WHERE warehouse_id = ?1 AND n = ?2 ORDER BY line",
            params![self.w(), Nat(base.n)],
            |row| {
                let body = String::from_utf8(row.get(3)?).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(
                        3,
                        rusqlite::types::Type::Blob,
                        Box::new(error),
                    )
                })?;
                Ok(Told {
                    kind: row.get(0)?,
                    v: row.get(1)?,
                    at: Instant::from_millis(row.get(2)?),
                    body,
                })
            },
        )
    }
}

impl Fold<'_> {
    /// Puts the newest picture into empty projections, and our own events as far as they are in it.
    pub(crate) fn lay_base(&mut self, base: &Base) -> Result<(), StoreError> {
        for told in self.told(base)? {
            match told.news()? {
                News::Merchant(merchant) => self.list_merchant(&merchant)?,
                News::Item(item) => self.list_item(&item)?,
                News::Location(location) => self.list_location(&location)?,
                News::Carrier(carrier) => self.list_carrier(&carrier)?,
                News::Serial(seen) => self.list_serial(&seen)?,
                News::Receivable(notice) => self.list_notice(&notice)?,
                News::NoticeClosed(end) => self.end_notice(&end.notice, told.at)?,
                News::Order(order) => self.list_order(&order, base.pos)?,
                News::Moved(moved) => self.bring(base, &moved)?,
                News::Pass(pass) => self.list_pass(&pass)?,
                News::Case(case) => self.list_case(&case, told.at)?,
                News::Offline(policy) => self.list_offline(&policy)?,
            }
        }
        for event in self.events_between(Seq(0), base.judged)? {
            self.settled(&event, &fact_of(&event)?)?;
        }
        Ok(())
    }

    /// Balances that are as they are: their movements lie before what is kept here.
    fn bring(&mut self, base: &Base, moved: &Moved) -> Result<(), StoreError> {
        let booking = Booking {
            source: Source::Feed(base.pos),
            at: base.taken_at,
            own: false,
        };
        for movement in &moved.stock {
            self.shift_stock(movement, booking)?;
            if let Place::Inside { spot, bucket } = &movement.to {
                self.run(
                    "INSERT INTO stock_brought_forward (warehouse_id, goods_id, location_id, plate, bucket, qty)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        self.w(),
                        self.goods_id(&movement.goods)?,
                        spot.location.as_str(),
                        plate_of(spot),
                        Word(bucket),
                        movement.qty.units(),
                    ],
                )?;
            }
        }
        for movement in &moved.ledger {
            self.shift_ledger(movement)?;
            for (account, sign) in [(movement.from, -1), (movement.to, 1)] {
                let part = |units: bondhouse_domain::quantity::Quantity| units.units() * sign;
                self.run(
                    "INSERT INTO ledger_brought_forward (warehouse_id, ledger, item_no, account, declared, legal1, legal2)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT (warehouse_id, ledger, item_no, account) DO UPDATE SET
                         declared = declared + excluded.declared, legal1 = legal1 + excluded.legal1,
                         legal2 = legal2 + excluded.legal2",
                    params![
                        self.w(),
                        movement.item.ledger.as_str(),
                        movement.item.item_no,
                        Word(account),
                        part(movement.units.declared),
                        part(movement.units.legal1),
                        part(movement.units.legal2),
                    ],
                )?;
            }
        }
        Ok(())
    }

    /// An own event whose movements are in the picture: only the list of what was counted here and is
    /// still to be put away follows it, unless the authority did not book it.
    pub(crate) fn receive_settled(
        &self,
        event: &bondhouse_domain::journal::Event,
        moves: &bondhouse_domain::facts::Moves,
    ) -> Result<(), StoreError> {
        let refused = self.one(
            "SELECT EXISTS (SELECT 1 FROM verdicts WHERE warehouse_id = ?1 AND seq = ?2)",
            params![self.w(), Nat(event.seq.0)],
            |row| row.get::<_, bool>(0),
        )?;
        if refused {
            return Ok(());
        }
        for movement in &moves.stock {
            let goods = self.goods_id(&movement.goods)?;
            let ends = changes(movement).map_err(|cause| StoreError::Stock {
                movement: Box::new(movement.clone()),
                cause,
            })?;
            for (spot, bucket, change) in ends {
                self.receive(goods, &spot, bucket, change)?;
            }
        }
        Ok(())
    }
}
