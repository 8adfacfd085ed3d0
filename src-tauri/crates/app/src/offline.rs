//! What may be done here without contact, as the warehouse decided: shown before it is needed.
//!
//! Read from this store alone. What a policy means is `domain::offline`'s; it is obeyed where scans are
//! answered (`rooms`) and, for releases, by the signed leases.

use bondhouse_domain::offline::OfflineAct;
use bondhouse_domain::time::Instant;
use bondhouse_store::{StoreError, View};
use serde::Serialize;

/// The policy in force, for people.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct OfflineView {
    /// 0 when the warehouse never decided.
    pub version: u32,
    /// From when on it holds.
    pub valid_from: Instant,
    /// When the next one begins, if one was told ahead.
    pub next_from: Option<Instant>,
    /// Goods released in contact only: HS codes or their first digits.
    pub online_only: Vec<String>,
    /// What goes on without contact, and what stops.
    pub acts: Vec<OfflineLine>,
}

/// An act, and whether it goes on.
#[derive(Debug, Clone, Copy, Serialize, ts_rs::TS)]
pub(crate) struct OfflineLine {
    /// What is done.
    pub act: OfflineAct,
    /// It needs no word of the authority.
    pub goes_on: bool,
}

pub(crate) fn view(view: &View<'_>, now: Instant) -> Result<OfflineView, StoreError> {
    let policy = view.offline_policy(now)?;
    Ok(OfflineView {
        acts: OfflineAct::ALL
            .into_iter()
            .map(|act| OfflineLine {
                act,
                goes_on: policy.allows(act),
            })
            .collect(),
        version: policy.version,
        valid_from: policy.valid_from,
        next_from: view.next_offline_policy(now)?.map(|next| next.valid_from),
        online_only: policy.release.online_only,
    })
}
