//! Getting level with the authority again when the usual round is not enough.
//!
//! An old copy of this store (a restored backup, a rolled-back disk) takes its own journal back. A store
//! whose feed is too old, of another history or whose tables differ begins anew from the authority's
//! picture. Either may be repeated at any time. Not here: a store that wrote while it was an old copy;
//! that is a fork, and needs a new life and a supervisor.

use crate::App;
use crate::error::AppError;
use crate::sync::fetch;
use bondhouse_domain::sync::says;
use bondhouse_protocol::wire::{JournalPage, SnapshotPart};
use bondhouse_store::{Room, Snapshot, StoreError, Told};

/// Takes back what the authority holds of our journal and this store, an old copy, does not.
pub(crate) fn take_back(app: &App) -> Result<(), AppError> {
    let store = app.store()?;
    let series = store.series().clone();
    loop {
        let head = store.read(|view| view.head())?;
        let page: JournalPage = fetch(
            app,
            &format!(
                "/v1/journal/{}?incarnation={}&from={}",
                series.device,
                series.incarnation.0,
                head.seq.0.saturating_add(1)
            ),
        )?;
        if page.events.is_empty() {
            return Ok(());
        }
        let taken = store.take_back(page.events)?;
        tracing::warn!(seq = taken.seq.0, "own journal taken back");
    }
}

/// Begins anew from the authority's picture.
pub(crate) fn begin_anew(app: &App) -> Result<(), AppError> {
    let store = app.store()?;
    let first: SnapshotPart = fetch(app, "/v1/snapshot?part=0")?;
    let mut told = first.told;
    for part in 1..first.parts {
        let next: SnapshotPart = fetch(
            app,
            &format!("/v1/snapshot?pos={}&part={part}", first.at.pos.0),
        )?;
        if next.at != first.at {
            return Err(AppError::failed(
                says::bad_answer().0,
                "two parts of different pictures",
            ));
        }
        told.extend(next.told);
    }
    let snapshot = Snapshot {
        cursor: (first.at.pos, first.at.hash),
        judged: (first.judged.seq, first.judged.hash),
        taken_at: first.taken_at,
        told: told
            .into_iter()
            .map(|told| Told {
                kind: told.kind,
                v: told.v,
                at: told.at,
                body: told.body,
            })
            .collect(),
    };
    match store.take_snapshot(snapshot.clone()) {
        Err(StoreError::Behind(_)) => {
            take_back(app)?;
            store.take_snapshot(snapshot)?;
        }
        other => other?,
    }
    tracing::warn!(pos = first.at.pos.0, "began anew from a snapshot");
    app.touched([
        Room::Intake,
        Room::Stock,
        Room::Orders,
        Room::Release,
        Room::Gate,
        Room::Ledger,
        Room::Cases,
        Room::Sync,
    ]);
    Ok(())
}
