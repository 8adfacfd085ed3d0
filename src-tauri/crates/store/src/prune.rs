//! What is not kept for ever, and when it goes.
//!
//! Journal and feed stay whole. Buyers' data goes a week after the parcel left or the lease was
//! dropped; answers to requests after a month, when nobody repeats them any more; ended leases after
//! three months; movements after 13 months, when their sum is brought forward so that balances stay
//! the sum of movements. Turnover by day is kept.

use crate::Store;
use crate::error::StoreError;
use crate::view::View;
use bondhouse_domain::time::{Instant, Span};
use chrono::Months;
use rusqlite::params;

/// The feed is in order of time, so what is old lies before the first entry that is not: no index by
/// time is needed, which every scan would have to write.
macro_rules! first_kept {
    ($movements:literal) => {
        concat!(
            "SELECT coalesce((SELECT position FROM ",
            $movements,
            " WHERE warehouse_id = ?1 AND source = 'feed'
                AND at >= (SELECT kept_from FROM sync_state WHERE warehouse_id = ?1)
              ORDER BY position LIMIT 1), 9223372036854775807)"
        )
    };
}

const DAY: i64 = 24 * 60;
const CONSIGNEES: Span = Span::minutes(7 * DAY);
const ANSWERS: Span = Span::minutes(30 * DAY);
const LEASES: Span = Span::minutes(90 * DAY);
const MOVEMENTS: Months = Months::new(13);

/// How many rows went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Buyers erased.
    pub consignees: usize,
    /// Answers to requests.
    pub answers: usize,
    /// Ended leases.
    pub leases: usize,
    /// Movements brought forward, of both books.
    pub movements: usize,
}

impl Store {
    /// Lets go of what is past its time; once a day.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn prune(&self, now: Instant) -> Result<Pruned, StoreError> {
        self.put(move |view| {
            let before = |kept: Span| now.as_millis().saturating_sub(kept.as_millis());
            Ok(Pruned {
                consignees: view.run(
                    include_str!("prune/consignees.sql"),
                    params![view.w(), before(CONSIGNEES)],
                )?,
                answers: view.prune_answers(before(ANSWERS))?,
                leases: view.run(
                    "DELETE FROM leases WHERE warehouse_id = ?1 AND ended = 1 AND work_until < ?2",
                    params![view.w(), before(LEASES)],
                )?,
                movements: view.prune_movements(now)?,
            })
        })
    }
}

impl View<'_> {
    /// Answers lie in the order in which they were given: all before the first that is still kept.
    fn prune_answers(&self, before: i64) -> Result<usize, StoreError> {
        self.run(
            "DELETE FROM requests WHERE warehouse_id = ?1 AND rowid < coalesce(
                 (SELECT rowid FROM requests WHERE answered_at >= ?2 ORDER BY rowid LIMIT 1),
                 (SELECT max(rowid) + 1 FROM requests))",
            params![self.w(), before],
        )
    }

    fn prune_movements(&self, now: Instant) -> Result<usize, StoreError> {
        let zone = self.fixed.zone;
        let first_kept = zone
            .date_at(now)
            .checked_sub_months(MOVEMENTS)
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .and_then(|midnight| zone.instant(midnight));
        let Some(first_kept) = first_kept else {
            return Ok(0);
        };
        self.run(
            "UPDATE sync_state SET kept_from = max(kept_from, ?2) WHERE warehouse_id = ?1",
            params![self.w(), first_kept.as_millis()],
        )?;
        self.bring_forward()
    }

    /// Replaces movements from before the kept ones by their sum; also at the end of a rebuild.
    pub(crate) fn bring_forward(&self) -> Result<usize, StoreError> {
        let mut gone = 0usize;
        for (first_kept, sum, delete) in [
            (
                first_kept!("stock_movements"),
                include_str!("prune/stock_forward.sql"),
                "DELETE FROM stock_movements WHERE warehouse_id = ?1 AND source = 'feed' AND position < ?2",
            ),
            (
                first_kept!("ledger_movements"),
                include_str!("prune/ledger_forward.sql"),
                "DELETE FROM ledger_movements WHERE warehouse_id = ?1 AND source = 'feed' AND position < ?2",
            ),
        ] {
            let kept: i64 = self.one(first_kept, [self.w()], |row| row.get(0))?;
            self.run(sum, params![self.w(), kept])?;
            gone = gone.saturating_add(self.run(delete, params![self.w(), kept])?);
        }
        Ok(gone)
    }
}
