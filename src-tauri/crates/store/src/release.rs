//! Jobs at the bench: what became here of each grant.
//!
//! No row means held and untouched. A job is released or dropped once; after that nothing moves it.

use crate::columns::{Nat, Word};
use crate::error::StoreError;
use crate::fold::Fold;
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::facts::{LeaseDropped, Picked, ReleaseParked, ReleaseStarted, Released};
use bondhouse_domain::ids::{Fence, GrantId, OrderKey, Seq};
use bondhouse_domain::journal::Event;
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::time::Instant;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// At the bench.
    Started,
    /// Set aside for later.
    Parked,
    /// Packed and released.
    Released,
    /// Given back unreleased, or revoked.
    Dropped,
}

/// One grant's job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct Job {
    /// The grant.
    pub grant: GrantId,
    /// Its fence.
    pub fence: Fence,
    /// The order.
    pub order: OrderKey,
    /// Where it stands.
    pub state: JobState,
    /// Why it was dropped: `revoked`, `expired` or `returned`; else empty.
    pub why: String,
    /// The event that put it there.
    pub changed_seq: Seq,
    /// When.
    pub changed_at: Instant,
    /// Pieces verified, by line.
    pub picked: BTreeMap<u32, Quantity>,
}

/// How many orders can leave without network now, and why the others cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ts_rs::TS)]
pub struct CanLeave {
    /// Leased here, in time, not held: may be released now.
    #[ts(type = "number")]
    pub can: u64,
    /// Of these, at the bench.
    #[ts(type = "number")]
    pub at_bench: u64,
    /// Of these, set aside.
    #[ts(type = "number")]
    pub parked: u64,
    /// The lease ran out: too long without contact.
    #[ts(type = "number")]
    pub ran_out: u64,
    /// Held by customs, the merchant or a supervisor, as far as heard.
    #[ts(type = "number")]
    pub held: u64,
    /// To be cancelled, as far as heard.
    #[ts(type = "number")]
    pub to_be_cancelled: u64,
    /// Leased here, but goods that this warehouse releases in contact only.
    #[ts(type = "number")]
    pub needs_contact: u64,
    /// Cleared, but leased to nobody yet.
    #[ts(type = "number")]
    pub not_leased: u64,
    /// Leased to another workstation.
    #[ts(type = "number")]
    pub elsewhere: u64,
}

impl Fold<'_> {
    /// Begins or resumes a job. What was verified under the same grant stays verified, however often the
    /// order was set aside: its pieces lie beside it.
    pub(crate) fn start_job(
        &mut self,
        event: &Event,
        started: &ReleaseStarted,
    ) -> Result<(), StoreError> {
        let job = self.job_of_grant(&started.grant)?;
        if job.is_some_and(|job| job.is_over()) {
            return Err(unfitting(event));
        }
        self.set_job(
            event,
            &started.order,
            &started.grant,
            started.fence,
            JobState::Started,
            "",
        )
    }

    /// Adds a verified piece to the job at the bench, or with `sign` -1 takes it back.
    pub(crate) fn pick(
        &mut self,
        event: &Event,
        picked: &Picked,
        sign: i64,
    ) -> Result<(), StoreError> {
        let job = self.open_job(event, &picked.order)?;
        self.touch(Room::Release);
        let key = params![self.w(), job.grant.as_str(), picked.gnum];
        self.run(
            "INSERT INTO release_picks (warehouse_id, grant_id, gnum, qty) VALUES (?1, ?2, ?3, 0) ON CONFLICT DO NOTHING",
            key,
        )?;
        self.run(
            "UPDATE release_picks SET qty = qty + ?4 WHERE warehouse_id = ?1 AND grant_id = ?2 AND gnum = ?3",
            params![self.w(), job.grant.as_str(), picked.gnum, picked.qty.units().saturating_mul(sign)],
        )?;
        self.pack_piece(picked, &job.grant, sign > 0)
    }

    pub(crate) fn release_job(
        &mut self,
        event: &Event,
        released: &Released,
    ) -> Result<(), StoreError> {
        let job = self
            .job_of_grant(&released.grant)?
            .filter(|job| job.state == JobState::Started);
        if job.is_none_or(|job| job.order != released.order || job.fence != released.fence) {
            return Err(unfitting(event));
        }
        self.set_job(
            event,
            &released.order,
            &released.grant,
            released.fence,
            JobState::Released,
            "",
        )
    }

    pub(crate) fn park_job(
        &mut self,
        event: &Event,
        parked: &ReleaseParked,
    ) -> Result<(), StoreError> {
        let job = self.open_job(event, &parked.order)?;
        self.set_job(
            event,
            &parked.order,
            &job.grant,
            job.fence,
            JobState::Parked,
            "",
        )
    }

    pub(crate) fn drop_job(
        &mut self,
        event: &Event,
        dropped: &LeaseDropped,
    ) -> Result<(), StoreError> {
        if self
            .job_of_grant(&dropped.grant)?
            .is_some_and(|job| job.is_over())
        {
            return Err(unfitting(event));
        }
        self.set_job(
            event,
            &dropped.order,
            &dropped.grant,
            dropped.fence,
            JobState::Dropped,
            &dropped.why,
        )
    }

    fn set_job(
        &mut self,
        event: &Event,
        order: &OrderKey,
        grant: &GrantId,
        fence: Fence,
        state: JobState,
        why: &str,
    ) -> Result<(), StoreError> {
        self.touch(Room::Release);
        self.run(
            "INSERT INTO release_jobs (warehouse_id, grant_id, fence, platform, order_no, state, why, changed_seq,
                                       changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (warehouse_id, grant_id) DO UPDATE SET
                 state = excluded.state, why = excluded.why, changed_seq = excluded.changed_seq,
                 changed_at = excluded.changed_at",
            params![
                self.w(),
                grant.as_str(),
                fence.0,
                order.platform,
                order.order_no,
                Word(state),
                why,
                Nat(event.seq.0),
                event.occurred_at.as_millis(),
            ],
        )?;
        if matches!(state, JobState::Released | JobState::Dropped) {
            self.run(
                "UPDATE leases SET ended = 1 WHERE warehouse_id = ?1 AND grant_id = ?2",
                [self.w(), grant.as_str()],
            )?;
        }
        Ok(())
    }

    fn open_job(&self, event: &Event, order: &OrderKey) -> Result<Job, StoreError> {
        self.job(order)?
            .filter(|job| !job.is_over())
            .ok_or_else(|| unfitting(event))
    }
}

fn unfitting(event: &Event) -> StoreError {
    StoreError::Unfitting {
        seq: event.seq,
        kind: event.kind.clone(),
    }
}

impl Job {
    /// Released or dropped: nothing more happens under this grant.
    pub const fn is_over(&self) -> bool {
        matches!(self.state, JobState::Released | JobState::Dropped)
    }
}

macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT grant_id, fence, platform, order_no, state, why, changed_seq, changed_at
             FROM release_jobs WHERE warehouse_id = ?1 ",
            $rest
        )
    };
}

impl View<'_> {
    /// The newest job of an order, if one was begun or its lease was dropped.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn job(&self, order: &OrderKey) -> Result<Option<Job>, StoreError> {
        self.find(
            select_jobs!("AND platform = ?2 AND order_no = ?3 ORDER BY fence DESC LIMIT 1"),
            [self.w(), &order.platform, &order.order_no],
            job_in,
        )?
        .map(|job| self.with_picks(job))
        .transpose()
    }

    /// Jobs in one state, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn jobs_in(&self, state: JobState, most: u32) -> Result<Vec<Job>, StoreError> {
        self.list(
            select_jobs!("AND state = ?2 ORDER BY changed_seq DESC LIMIT ?3"),
            params![self.w(), Word(state), most],
            job_in,
        )?
        .into_iter()
        .map(|job| self.with_picks(job))
        .collect()
    }

    /// How many orders can leave now, and why the others cannot.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn can_leave(&self, now_est: Instant) -> Result<CanLeave, StoreError> {
        let series = self.series();
        self.one(
            include_str!("release/can_leave.sql"),
            params![
                self.w(),
                now_est.as_millis(),
                series.device.as_str(),
                series.incarnation.0
            ],
            |row| {
                let count = |at| row.get::<_, Nat>(at).map(|nat| nat.0);
                Ok(CanLeave {
                    can: count(0)?,
                    at_bench: count(1)?,
                    parked: count(2)?,
                    ran_out: count(3)?,
                    held: count(4)?,
                    to_be_cancelled: count(5)?,
                    needs_contact: count(6)?,
                    not_leased: count(7)?,
                    elsewhere: count(8)?,
                })
            },
        )
    }

    fn job_of_grant(&self, grant: &GrantId) -> Result<Option<Job>, StoreError> {
        self.find(
            select_jobs!("AND grant_id = ?2"),
            [self.w(), grant.as_str()],
            job_in,
        )
    }

    fn with_picks(&self, job: Job) -> Result<Job, StoreError> {
        let picked = self.list(
            "SELECT gnum, qty FROM release_picks WHERE warehouse_id = ?1 AND grant_id = ?2",
            [self.w(), job.grant.as_str()],
            |row| Ok((row.get(0)?, Quantity::from_units(row.get(1)?))),
        )?;
        Ok(Job {
            picked: picked.into_iter().collect(),
            ..job
        })
    }
}

fn job_in(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        grant: GrantId::new(row.get::<_, String>(0)?),
        fence: Fence(row.get(1)?),
        order: OrderKey {
            platform: row.get(2)?,
            order_no: row.get(3)?,
        },
        state: row.get::<_, Word<_>>(4)?.0,
        why: row.get(5)?,
        changed_seq: Seq(row.get::<_, Nat>(6)?.0),
        changed_at: Instant::from_millis(row.get(7)?),
        picked: BTreeMap::new(),
    })
}
