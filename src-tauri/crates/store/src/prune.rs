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
                answers: view.run(
                    "DELETE FROM requests WHERE warehouse_id = ?1 AND answered_at < ?2",
                    params![view.w(), before(ANSWERS)],
                )?,
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
        for (sum, delete) in [
            (
                include_str!("prune/stock_forward.sql"),
                "DELETE FROM stock_movements WHERE warehouse_id = ?1 AND source = 'feed'
                 AND at < (SELECT kept_from FROM sync_state WHERE warehouse_id = ?1)",
            ),
            (
                include_str!("prune/ledger_forward.sql"),
                "DELETE FROM ledger_movements WHERE warehouse_id = ?1 AND source = 'feed'
                 AND at < (SELECT kept_from FROM sync_state WHERE warehouse_id = ?1)",
            ),
        ] {
            self.run(sum, [self.w()])?;
            gone = gone.saturating_add(self.run(delete, [self.w()])?);
        }
        Ok(gone)
    }
}
