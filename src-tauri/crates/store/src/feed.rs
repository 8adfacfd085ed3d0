//! Pages of the authority's feed, applied whole: entries, cursor, acknowledgements and rights land
//! in one transaction.
//!
//! Entries that cannot be applied stop the feed *there*, with everything before them applied and
//! the reason kept: an unknown kind waits for an update, a movement the balances cannot bear waits
//! for a human. Revocations are taken even then. A lease is dropped by a fact in our own journal,
//! durable before anyone hears of it (sync protocol, 2.4).

use crate::Store;
use crate::columns::Nat;
use crate::error::StoreError;
use crate::leases::Consignee;
use crate::sync::Contact;
use crate::tx::{Request, Room, Tx};
use crate::view::View;
use bondhouse_domain::digest::Tables;
use bondhouse_domain::facts::{Fact, LeaseDropped, Unreadable};
use bondhouse_domain::feed::{Entry, News, Origin};
use bondhouse_domain::ids::{DeviceId, FeedPos, Fence, GrantId, Incarnation, OrderKey, Seq};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::leases::SignedLease;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::time::Instant;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the authority answered to one call.
#[derive(Debug, Clone)]
pub struct Page {
    /// The feed after our cursor; entries we have already are recognised and skipped.
    pub entries: Vec<Entry>,
    /// New or prolonged rights.
    pub grants: Vec<Grant>,
    /// Rights that end.
    pub revokes: Vec<Revoke>,
    /// How far the authority holds our journal.
    pub acked: Option<Acked>,
    /// How it judged our events.
    pub verdicts: Vec<Verdict>,
    /// When it answered.
    pub contact: Contact,
}

/// A right, and for an order whom the parcel goes to.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The signed lease.
    pub lease: SignedLease,
    /// The consignee; nothing when it came with an earlier lease. The caller has compared it with
    /// the commitment in the lease.
    pub consignee: Option<Consignee>,
}

/// A right that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// The order.
    pub order: OrderKey,
    /// This fence and every earlier one is void.
    pub fence: Fence,
}

/// The authority holds our journal up to here, and signed that it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// The last event it holds; 0 for none.
    pub seq: Seq,
    /// The hash of that event.
    pub hash: Hash,
    /// The feed position at which it was taken in.
    pub pos: FeedPos,
    /// Its signature over series and position.
    pub signature: String,
}

/// What became of one of our events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Taken in as it is.
    Applied(Seq),
    /// Taken in, and a supervisor must look.
    Exception(Seq, CaseCode),
    /// Kept until the authority understands its kind.
    Parked(Seq),
}

/// Why the feed is not followed beyond a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stopped {
    /// News of a kind this version does not know: the program must be updated.
    UpdateNeeded {
        /// The entry.
        pos: FeedPos,
        /// Its kind.
        kind: String,
        /// Its version.
        v: u16,
    },
    /// News that is not in the shape its kind promises.
    Malformed {
        /// The entry.
        pos: FeedPos,
        /// Its kind.
        kind: String,
    },
    /// The authority knows events of ours that we do not have: this store is an old copy.
    JournalBehind {
        /// The entry.
        pos: FeedPos,
        /// Our event it came from.
        seq: Seq,
    },
    /// A movement that our balances cannot bear: ours and the authority's have drifted apart.
    Drift {
        /// The entry.
        pos: FeedPos,
        /// What cannot be, in English for the record.
        what: String,
    },
}

/// What a page did.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The last entry applied now or earlier.
    pub cursor: (FeedPos, Hash),
    /// Why the rest was not applied.
    pub stopped: Option<Stopped>,
    /// Orders whose lease was dropped because it was revoked.
    pub dropped: Vec<OrderKey>,
    /// Grants that were not taken in, and why.
    pub refused: Vec<Refusal>,
    /// Rooms whose tables changed.
    pub touched: BTreeSet<Room>,
}

impl Store {
    /// Applies a page in one transaction. Applying it again changes nothing.
    ///
    /// `request` names who the dropping of revoked leases is recorded for; its id is not remembered.
    ///
    /// # Errors
    /// [`StoreError::Feed`] when an entry was altered, is missing, or contradicts one we have;
    /// [`StoreError::Fork`] when the authority acknowledges an event that is not ours.
    pub fn apply_page(&self, request: Request, page: Page) -> Result<Applied, StoreError> {
        let fixed = Arc::clone(&self.fixed);
        self.db.write(move |conn: &rusqlite::Transaction<'_>| {
            let mut tx = Tx::begin(conn, &fixed, request)?;
            tx.note(page.contact)?;
            if let Some(acked) = &page.acked {
                tx.take_ack(acked, tx.now())?;
            }
            for verdict in &page.verdicts {
                tx.take_verdict(verdict)?;
            }
            let stopped = tx.take_entries(&page.entries)?;
            tx.withdraw_unbooked()?;
            tx.fold.settle()?;
            if !page.entries.is_empty() {
                tx.note_stopped(stopped.as_ref())?;
            }
            let refused = tx.take_grants(&page.grants)?;
            let dropped = tx.take_revokes(&page.revokes)?;
            tx.raise_high_water(tx.now(), tx.wall())?;
            tx.fold.touch(Room::Sync);
            Ok(Applied {
                cursor: tx.cursor()?,
                stopped,
                dropped,
                refused,
                touched: tx.fold.touched,
            })
        })
    }
}

impl Tx<'_> {
    fn take_entries(&mut self, entries: &[Entry]) -> Result<Option<Stopped>, StoreError> {
        let (mut pos, mut hash) = self.cursor()?;
        let begins = self.feed_begins()?.0;
        for entry in entries {
            let broken = || StoreError::Feed(entry.pos);
            if entry.warehouse != self.series().warehouse || entry.hash != entry.computed_hash() {
                return Err(broken());
            }
            if entry.pos <= pos {
                if entry.pos > begins
                    && self
                        .entry(entry.pos)?
                        .is_none_or(|known| known.hash != entry.hash)
                {
                    return Err(broken());
                }
                continue;
            }
            if entry.pos.0 != pos.0.saturating_add(1) || entry.prev_hash != hash {
                return Err(broken());
            }
            if let Some(stopped) = self.take_entry(entry)? {
                return Ok(Some(stopped));
            }
            (pos, hash) = (entry.pos, entry.hash);
        }
        Ok(None)
    }

    /// Applies one entry, or leaves no trace of it and says why.
    fn take_entry(&mut self, entry: &Entry) -> Result<Option<Stopped>, StoreError> {
        let (pos, kind) = (entry.pos, || entry.kind.clone());
        let news = match News::read(&entry.kind, entry.v, &entry.body) {
            Ok(news) => news,
            Err(Unreadable::UnknownKind) => {
                return Ok(Some(Stopped::UpdateNeeded {
                    pos,
                    kind: kind(),
                    v: entry.v,
                }));
            }
            Err(Unreadable::Malformed) => {
                return Ok(Some(Stopped::Malformed { pos, kind: kind() }));
            }
        };
        let after = self.head()?.seq;
        if let Some(seq) = self.own_seq(entry).filter(|seq| *seq > after) {
            return Ok(Some(Stopped::JournalBehind { pos, seq }));
        }
        let lifted = self.fold.lifted;
        self.conn.execute_batch("SAVEPOINT entry")?;
        match self.fold.news(entry, &news) {
            Ok(()) => {
                self.keep_entry(entry, after)?;
                self.conn.execute_batch("RELEASE entry")?;
                Ok(None)
            }
            Err(error @ (StoreError::Stock { .. } | StoreError::Ledger { .. })) => {
                self.conn
                    .execute_batch("ROLLBACK TO entry; RELEASE entry")?;
                self.fold.lifted = lifted;
                Ok(Some(Stopped::Drift {
                    pos,
                    what: error.to_string(),
                }))
            }
            Err(error) => Err(error),
        }
    }

    fn take_grants(&mut self, grants: &[Grant]) -> Result<Vec<Refusal>, StoreError> {
        let mut refused = Vec::new();
        for grant in grants {
            match self.take_lease(&grant.lease)? {
                Ok(lease) => {
                    if let (Some(right), Some(consignee)) = (lease.order(), &grant.consignee) {
                        self.keep_consignee(&right.order, consignee)?;
                    }
                    self.fold.touch(Room::Release);
                }
                Err(refusal) => refused.push(refusal),
            }
        }
        Ok(refused)
    }

    fn take_revokes(&mut self, revokes: &[Revoke]) -> Result<Vec<OrderKey>, StoreError> {
        let mut dropped = Vec::new();
        for revoke in revokes {
            let grants = self.list(
                "SELECT grant_id, fence FROM leases
                 WHERE warehouse_id = ?1 AND platform = ?2 AND order_no = ?3 AND fence <= ?4 AND ended = 0",
                params![self.w(), revoke.order.platform, revoke.order.order_no, revoke.fence.0],
                |row| Ok((GrantId::new(row.get::<_, String>(0)?), Fence(row.get(1)?))),
            )?;
            for (grant, fence) in grants {
                let order = revoke.order.clone();
                self.record(&Fact::LeaseDropped(LeaseDropped {
                    order,
                    grant,
                    fence,
                    why: "revoked".into(),
                }))?;
                dropped.push(revoke.order.clone());
            }
        }
        Ok(dropped)
    }

    fn keep_entry(&self, entry: &Entry, after: Seq) -> Result<(), StoreError> {
        let origin = entry.origin.as_ref();
        self.run(
            "INSERT INTO feed (warehouse_id, pos, kind, v, at, origin_device, origin_incarnation, origin_seq, body,
                               prev_hash, hash, after_seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                self.w(),
                Nat(entry.pos.0),
                entry.kind,
                entry.v,
                entry.at.as_millis(),
                origin.map_or("", |o| o.device.as_str()),
                origin.map_or(0, |o| o.incarnation.0),
                Nat(origin.map_or(0, |o| o.seq.0)),
                entry.body.as_bytes(),
                entry.prev_hash.as_bytes().as_slice(),
                entry.hash.as_bytes().as_slice(),
                Nat(after.0),
            ],
        )?;
        Ok(())
    }
}

macro_rules! select_feed {
    ($rest:literal) => {
        concat!(
            "SELECT pos, kind, v, at, origin_device, origin_incarnation, origin_seq, body, prev_hash, hash, after_seq
             FROM feed WHERE warehouse_id = ?1 ",
            $rest
        )
    };
}

impl View<'_> {
    /// The last entry applied: position and hash.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn cursor(&self) -> Result<(FeedPos, Hash), StoreError> {
        let last = self.find(
            "SELECT pos, hash FROM feed WHERE warehouse_id = ?1 ORDER BY pos DESC LIMIT 1",
            [self.w()],
            |row| {
                Ok((
                    FeedPos(row.get::<_, Nat>(0)?.0),
                    Hash::from_bytes(row.get(1)?),
                ))
            },
        )?;
        match last {
            Some(last) => Ok(last),
            None => self.feed_begins(),
        }
    }

    /// What this store believes at its cursor, added up table by table for the authority to compare.
    ///
    /// # Errors
    /// [`StoreError::Disk`], or [`StoreError::Unreadable`] for a row that cannot be written as JSON.
    pub fn digest(&self) -> Result<Tables, StoreError> {
        let unwritable = |_| StoreError::Unreadable("a row to be compared".to_owned());
        let mut tables = Tables::default();
        for lying in self.all_stock()? {
            tables
                .stock(&lying.goods, &lying.spot, lying.bucket, lying.qty)
                .map_err(unwritable)?;
        }
        for line in self.ledger()? {
            tables
                .ledger(&line.item, line.account, line.units)
                .map_err(unwritable)?;
        }
        for order in self.all_orders()? {
            tables.order(&order.news).map_err(unwritable)?;
        }
        for (case, _) in self.open_cases()? {
            tables.case(&case).map_err(unwritable)?;
        }
        Ok(tables)
    }

    /// The position and hash before the first entry that is kept.
    pub(crate) fn feed_begins(&self) -> Result<(FeedPos, Hash), StoreError> {
        let base = self.base()?;
        Ok(base.map_or((FeedPos(0), Hash::GENESIS), |base| (base.pos, base.hash)))
    }

    /// When the authority committed the last entry applied: how fresh our picture is.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn picture_as_of(&self) -> Result<Option<Instant>, StoreError> {
        let last = self.find(
            "SELECT at FROM feed WHERE warehouse_id = ?1 ORDER BY pos DESC LIMIT 1",
            [self.w()],
            |row| Ok(Instant::from_millis(row.get(0)?)),
        )?;
        match last {
            Some(at) => Ok(Some(at)),
            None => Ok(self.base()?.map(|base| base.taken_at)),
        }
    }

    fn entry(&self, pos: FeedPos) -> Result<Option<Entry>, StoreError> {
        self.find(
            select_feed!("AND pos = ?2"),
            params![self.w(), Nat(pos.0)],
            |row| Ok(self.entry_in(row)?.0),
        )
    }

    /// The next entries after a position, each with the head of our journal when it was applied.
    pub(crate) fn entries_after(&self, pos: FeedPos) -> Result<Vec<(Entry, Seq)>, StoreError> {
        self.list(
            select_feed!("AND pos > ?2 ORDER BY pos LIMIT 500"),
            params![self.w(), Nat(pos.0)],
            |row| self.entry_in(row),
        )
    }

    /// Walks the whole feed and returns its last position and hash.
    ///
    /// # Errors
    /// [`StoreError::Feed`] at the first entry that does not continue the one before.
    pub fn check_feed(&self) -> Result<(FeedPos, Hash), StoreError> {
        let (mut pos, mut hash) = self.feed_begins()?;
        loop {
            let page = self.entries_after(pos)?;
            if page.is_empty() {
                return Ok((pos, hash));
            }
            for (entry, _) in page {
                let follows = entry.pos.0 == pos.0.saturating_add(1) && entry.prev_hash == hash;
                if !follows || entry.hash != entry.computed_hash() {
                    return Err(StoreError::Feed(entry.pos));
                }
                (pos, hash) = (entry.pos, entry.hash);
            }
        }
    }

    fn entry_in(&self, row: &Row<'_>) -> rusqlite::Result<(Entry, Seq)> {
        let device: String = row.get(4)?;
        let origin = Origin {
            incarnation: Incarnation(row.get(5)?),
            seq: Seq(row.get::<_, Nat>(6)?.0),
            device: DeviceId::new(device.as_str()),
        };
        let body = String::from_utf8(row.get(7)?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                7,
                rusqlite::types::Type::Blob,
                Box::new(error),
            )
        })?;
        let entry = Entry {
            warehouse: self.series().warehouse.clone(),
            pos: FeedPos(row.get::<_, Nat>(0)?.0),
            kind: row.get(1)?,
            v: row.get(2)?,
            at: Instant::from_millis(row.get(3)?),
            origin: (!device.is_empty()).then_some(origin),
            body,
            prev_hash: Hash::from_bytes(row.get(8)?),
            hash: Hash::from_bytes(row.get(9)?),
        };
        Ok((entry, Seq(row.get::<_, Nat>(10)?.0)))
    }
}
