//! How far journal and feed have come, and what the authority made of our events.

use crate::Store;
use crate::columns::{Json, Nat, Word};
use crate::error::StoreError;
use crate::feed::{Acked, Stopped, Verdict};
use crate::view::View;
use bondhouse_domain::ids::{FeedPos, Seq};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::time::Instant;
use rusqlite::params;

/// What an attempt to reach the authority came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// It answered.
    Reached {
        /// When, by its clock.
        at: Instant,
        /// When customs' link was last known to be fresh, if it said so.
        customs_fresh_at: Option<Instant>,
    },
    /// It did not, as first noticed at this moment.
    Lost {
        /// When.
        at: Instant,
    },
}

/// Everything the sync page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncView {
    /// The journal's last event.
    pub head: Seq,
    /// The last event the authority has acknowledged.
    pub acked: Seq,
    /// When the oldest event that is not acknowledged happened.
    pub oldest_unsent_at: Option<Instant>,
    /// How far the feed was applied.
    pub cursor: FeedPos,
    /// The last answer of the authority; nothing before the first.
    pub last_contact_at: Option<Instant>,
    /// Since when it does not answer; nothing while it does.
    pub offline_since: Option<Instant>,
    /// When customs' link was last known to be fresh.
    pub customs_fresh_at: Option<Instant>,
    /// Why the feed is not followed any further, if it is not.
    pub stopped: Option<Stopped>,
    /// Own events that a supervisor must look at, or that the authority could not read yet.
    pub exceptions: u64,
    /// When the first lease that is held runs out.
    pub first_lease_until: Option<Instant>,
}

impl SyncView {
    /// How many events the authority does not have.
    pub const fn unsent(&self) -> u64 {
        self.head.0.saturating_sub(self.acked.0)
    }
}

impl View<'_> {
    /// Everything the sync page shows.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn sync(&self) -> Result<SyncView, StoreError> {
        let acked = self.acked_seq()?;
        let instant = |ms: i64| (ms > 0).then(|| Instant::from_millis(ms));
        let (last_contact_at, offline_since, customs_fresh_at, stopped) = self.one(
            "SELECT last_contact_at, offline_since, customs_fresh_at, stopped FROM sync_state WHERE warehouse_id = ?1",
            [self.w()],
            |row| {
                let stopped: String = row.get(3)?;
                let stopped = if stopped.is_empty() { None } else { Some(row.get::<_, Json<_>>(3)?.0) };
                Ok((instant(row.get(0)?), instant(row.get(1)?), instant(row.get(2)?), stopped))
            },
        )?;
        let exceptions = self.one(
            "SELECT count(*) FROM verdicts WHERE warehouse_id = ?1",
            [self.w()],
            |row| row.get::<_, Nat>(0),
        )?;
        let first_lease_until = self.one(
            "SELECT min(work_until) FROM leases WHERE warehouse_id = ?1 AND ended = 0",
            [self.w()],
            |row| Ok(row.get::<_, Option<i64>>(0)?.map(Instant::from_millis)),
        )?;
        Ok(SyncView {
            head: self.head()?.seq,
            acked,
            oldest_unsent_at: self
                .event(Seq(acked.0.saturating_add(1)))?
                .map(|event| event.occurred_at),
            cursor: self.cursor()?.0,
            last_contact_at,
            offline_since,
            customs_fresh_at,
            stopped,
            exceptions: exceptions.0,
            first_lease_until,
        })
    }

    /// Whether the authority has judged all we did and we have heard it: only then are the two comparable.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn is_level(&self) -> Result<bool, StoreError> {
        Ok(self.pending()?.is_empty() && self.acked_seq()? == self.head()?.seq)
    }

    /// The last own event the authority has acknowledged.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn acked_seq(&self) -> Result<Seq, StoreError> {
        let seq = self.one(
            "SELECT coalesce(max(seq), 0) FROM receipts WHERE warehouse_id = ?1",
            [self.w()],
            |row| row.get::<_, Nat>(0),
        )?;
        Ok(Seq(seq.0))
    }

    /// The authority's signed word for its last acknowledgement: proof of delivery.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn last_receipt(&self) -> Result<Option<Acked>, StoreError> {
        self.find(
            "SELECT seq, hash, pos, signature FROM receipts WHERE warehouse_id = ?1 ORDER BY seq DESC LIMIT 1",
            [self.w()],
            |row| {
                Ok(Acked {
                    seq: Seq(row.get::<_, Nat>(0)?.0),
                    hash: Hash::from_bytes(row.get(1)?),
                    pos: FeedPos(row.get::<_, Nat>(2)?.0),
                    signature: row.get(3)?,
                })
            },
        )
    }

    /// Own events that were not simply applied: an exception's code, or nothing when parked.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn exceptions(&self) -> Result<Vec<(Seq, Option<CaseCode>)>, StoreError> {
        self.list(
            "SELECT seq, code FROM verdicts WHERE warehouse_id = ?1 ORDER BY seq",
            [self.w()],
            |row| {
                let parked = row.get_ref(1)?.as_str()?.is_empty();
                let code = if parked {
                    None
                } else {
                    Some(row.get::<_, Word<CaseCode>>(1)?.0)
                };
                Ok((Seq(row.get::<_, Nat>(0)?.0), code))
            },
        )
    }

    /// Believes that the authority holds our journal up to here, if it is our journal.
    pub(crate) fn take_ack(&self, acked: &Acked, now: Instant) -> Result<(), StoreError> {
        if acked.seq == Seq(0) {
            return Ok(());
        }
        if acked.seq > self.head()?.seq {
            return Err(StoreError::Behind(acked.seq));
        }
        let ours = self.event(acked.seq)?;
        if ours.is_none_or(|event| event.hash != acked.hash) {
            return Err(StoreError::Fork(acked.seq));
        }
        self.run(
            "INSERT INTO receipts (warehouse_id, seq, hash, pos, signature, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            params![
                self.w(),
                Nat(acked.seq.0),
                acked.hash.as_bytes().as_slice(),
                Nat(acked.pos.0),
                acked.signature,
                now.as_millis(),
            ],
        )?;
        Ok(())
    }

    pub(crate) fn take_verdict(&self, verdict: &Verdict) -> Result<(), StoreError> {
        let (seq, outcome, code) = match verdict {
            Verdict::Applied(seq) => {
                // A parked event may be understood later.
                self.run(
                    "DELETE FROM verdicts WHERE warehouse_id = ?1 AND seq = ?2",
                    params![self.w(), Nat(seq.0)],
                )?;
                return Ok(());
            }
            Verdict::Exception(seq, code) => (seq, "applied_with_exception", Some(Word(code))),
            Verdict::Parked(seq) => (seq, "parked", None),
        };
        self.run(
            "INSERT INTO verdicts (warehouse_id, seq, outcome, code) VALUES (?1, ?2, ?3, coalesce(?4, ''))
             ON CONFLICT (warehouse_id, seq) DO UPDATE SET outcome = excluded.outcome, code = excluded.code",
            params![self.w(), Nat(seq.0), outcome, code],
        )?;
        Ok(())
    }

    pub(crate) fn note(&self, contact: Contact) -> Result<(), StoreError> {
        match contact {
            Contact::Reached { at, customs_fresh_at } => self.run(
                "UPDATE sync_state SET last_contact_at = ?2, offline_since = 0,
                                       customs_fresh_at = coalesce(?3, customs_fresh_at)
                 WHERE warehouse_id = ?1",
                params![self.w(), at.as_millis(), customs_fresh_at.map(Instant::as_millis)],
            )?,
            Contact::Lost { at } => self.run(
                "UPDATE sync_state SET offline_since = ?2 WHERE warehouse_id = ?1 AND offline_since = 0",
                params![self.w(), at.as_millis()],
            )?,
        };
        Ok(())
    }

    pub(crate) fn note_stopped(&self, stopped: Option<&Stopped>) -> Result<(), StoreError> {
        self.run(
            "UPDATE sync_state SET stopped = coalesce(?2, '') WHERE warehouse_id = ?1",
            params![self.w(), stopped.map(Json)],
        )?;
        Ok(())
    }
}

impl Store {
    /// Notes that the authority does not answer (or, without a page, that it does).
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn note_contact(&self, contact: Contact) -> Result<(), StoreError> {
        self.put(move |view| view.note(contact))
    }
}
