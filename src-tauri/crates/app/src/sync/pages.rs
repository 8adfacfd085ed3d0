//! What the sync room shows: how far journal and feed have come, what could leave without network,
//! and a rehearsal of the network failing now.
//!
//! Read from this workstation alone, so that it answers offline too. It decides nothing.

use super::drain;
use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::offline::{OfflineLine, OfflineView};
use crate::{App, offline};
use bondhouse_domain::ids::Seq;
use bondhouse_domain::message::Message;
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::time::{Instant, Span};
use bondhouse_store::{Stopped, StoreError};
use serde::Serialize;

/// The sync page.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct SyncAnswer {
    /// The platform answered the last call.
    pub online: bool,
    /// Since when that is so.
    pub since: Option<Instant>,
    /// Why it does not, if it does not.
    pub last_error: Option<Message>,
    /// What is wrong with the database, when a look at all of it found something.
    pub damage: Option<Message>,
    /// The journal's last event.
    pub head: Seq,
    /// The last one the authority holds.
    pub acked: Seq,
    /// When the oldest event that it does not hold happened.
    pub oldest_unsent_at: Option<Instant>,
    /// How far the feed was applied.
    #[ts(type = "number")]
    pub feed_pos: u64,
    /// Why it is not followed any further, if it is not.
    pub stopped: Option<Stopped>,
    /// Leases held, soonest to run out first.
    pub leases: Vec<LeaseLine>,
    /// Orders that can leave now without network, and why the others cannot.
    pub can_leave: bondhouse_store::CanLeave,
    /// What may be done without contact.
    pub offline: OfflineView,
    /// Own events that a supervisor must look at.
    pub exceptions: Vec<ExceptionLine>,
}

/// A lease on the sync page.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct LeaseLine {
    /// The order's number.
    pub order_no: String,
    /// Its waybill.
    pub waybill_no: String,
    /// Until when it may be released without contact.
    pub work_until: Instant,
}

/// An own event that was not simply applied.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct ExceptionLine {
    /// The event.
    pub seq: Seq,
    /// Which of the closed list; nothing when the authority could not read it yet.
    pub code: Option<CaseCode>,
}

pub(crate) fn view(app: &App, _: &Asker, _: Nothing) -> Result<SyncAnswer, AppError> {
    let (online, since, last_error, damage) = {
        let state = app.link.state();
        let said = (state.last_error.clone(), state.damage.clone());
        (state.online, state.since, said.0, said.1)
    };
    let now = app.estimate().now;
    let answer = app.store()?.read(|view| {
        let sync = view.sync()?;
        let leases = view.leases_held()?;
        Ok::<_, StoreError>(SyncAnswer {
            online,
            since,
            last_error,
            damage,
            head: sync.head,
            acked: sync.acked,
            oldest_unsent_at: sync.oldest_unsent_at,
            feed_pos: sync.cursor.0,
            stopped: sync.stopped,
            leases: leases
                .iter()
                .filter_map(|lease| {
                    let right = lease.order()?;
                    Some(LeaseLine {
                        order_no: right.order.order_no.clone(),
                        waybill_no: right.waybill.waybill_no.clone(),
                        work_until: lease.lease().work_until,
                    })
                })
                .collect(),
            can_leave: view.can_leave(now)?,
            offline: offline::view(view, now)?,
            exceptions: view
                .exceptions()?
                .into_iter()
                .map(|(seq, code)| ExceptionLine { seq, code })
                .collect(),
        })
    })?;
    Ok(answer)
}

pub(crate) fn now(app: &App, asker: &Asker, nothing: Nothing) -> Result<SyncAnswer, AppError> {
    // A failed round shows on the page itself: online or not, since when, why.
    if let Err(error) = drain(app) {
        tracing::debug!(?error, "sync on request failed");
    }
    view(app, asker, nothing)
}

/// What would happen if the network failed now.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct Rehearsal {
    /// Orders that could leave the bench at once, and why the others could not.
    pub now: bondhouse_store::CanLeave,
    /// How many could still be released later on, as their leases run out.
    pub later: Vec<Later>,
    /// When the last lease runs out.
    pub last_until: Option<Instant>,
    /// Own events that would be on this machine alone.
    #[ts(type = "number")]
    pub unsent: u64,
    /// What goes on without the authority's word, and what stops.
    pub acts: Vec<OfflineLine>,
}

/// How many orders could still be released after some hours.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct Later {
    /// Hours from now.
    pub hours: u32,
    /// Orders.
    #[ts(type = "number")]
    pub can: u64,
}

/// Hours after which the promise is told again.
const HOURS: [u32; 4] = [1, 2, 4, 8];

/// Computed from what is here alone: leases, holds as far as heard, and the estimate of time.
pub(crate) fn rehearse(app: &App, _: &Asker, _: Nothing) -> Result<Rehearsal, AppError> {
    let now = app.estimate().now;
    let answer = app.store()?.read(|view| {
        let leases = view.leases_held()?;
        let later = HOURS
            .into_iter()
            .map(|hours| {
                let then = now.plus(Span::minutes(i64::from(hours).saturating_mul(60)));
                let can = view.can_leave(then)?.can;
                Ok(Later { hours, can })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok::<_, StoreError>(Rehearsal {
            now: view.can_leave(now)?,
            later,
            last_until: leases.iter().map(|lease| lease.lease().work_until).max(),
            unsent: view.sync()?.unsent(),
            acts: offline::view(view, now)?.acts,
        })
    })?;
    Ok(answer)
}
