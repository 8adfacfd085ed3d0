//! An authority that was restored from a backup: it has forgotten, and its workstations have not.
//!
//! It learns so from the operator who restored it, or from the first call that knows more of the feed
//! than it does. From then on it grants nothing, does no acts and answers nothing cancelled, and takes
//! journals back. Parcels that were released under grants it forgot are released here too, rights it
//! forgot are dropped by their holders. It is the next epoch from the moment it notices: a call that
//! carries it was made after the restore was known, so one that was still on its way from before cannot
//! pass for what its caller holds now. Once every workstation has been heard so, to the end of its
//! journal and following this feed and no longer the one that was lost, it goes on. A workstation that will never call again is left out by name; then every cleared
//! order waits for a supervisor, because that workstation may have packed it.

use super::{journal, pull};
use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::rows::{json, values};
use crate::{books, gate, leases, orders, says, workstations};
use axum::http::StatusCode;
use bondhouse_domain::facts::Released;
use bondhouse_domain::feed::Origin;
use bondhouse_domain::ids::{DeviceId, Incarnation};
use bondhouse_domain::orders::{CaseCode, Change, HoldBy, Holding, State};
use bondhouse_domain::stock::Bucket;
use bondhouse_domain::time::Instant;
use bondhouse_protocol::wire::{Revoke, SyncRequest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How far a restored authority has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub(crate) struct Recovery {
    /// When it was noticed.
    pub(crate) since: Instant,
    /// `restored` by the operator, or the workstation that knew more.
    pub(crate) because: String,
    /// Workstations heard to the end of their journals, as `device/incarnation`.
    pub(crate) heard: BTreeSet<String>,
    /// Workstations that called and are not known here, likewise: enrolled after the backup.
    #[serde(default)]
    pub(crate) knocked: BTreeSet<String>,
}

/// Names of callers that are remembered without knowing who they are.
const MOST_KNOCKED: usize = 32;

/// Nothing while the authority works as always.
pub(crate) fn state(view: &View<'_>) -> Result<Option<Recovery>> {
    let state = view.rows.one(
        "SELECT recovery FROM warehouses WHERE warehouse = ?1",
        values![view.warehouse.as_str()],
        |row| row.maybe_text(0),
    )?;
    Ok(state
        .flatten()
        .map(|text| serde_json::from_str(&text))
        .transpose()?)
}

fn set(act: &View<'_>, recovery: Option<&Recovery>) -> Result<()> {
    act.rows.change_one(
        "UPDATE warehouses SET recovery = ?2 WHERE warehouse = ?1",
        values![act.warehouse.as_str(), recovery.map(json).transpose()?],
    )
}

/// Begins to take journals back after a restore that the operator knows of.
pub(crate) fn wake(view: &View<'_>) -> Result<()> {
    enter(view, "restored")
}

/// Begins to take journals back, unless that is going on.
fn enter(act: &View<'_>, because: &str) -> Result<()> {
    if state(act)?.is_some() {
        return Ok(());
    }
    tracing::warn!(
        because,
        "this authority has forgotten: it takes journals back"
    );
    set(
        act,
        Some(&Recovery {
            since: act.now,
            because: because.to_owned(),
            heard: BTreeSet::new(),
            knocked: BTreeSet::new(),
        }),
    )?;
    act.rows.change_one(
        "UPDATE warehouses SET epoch = epoch + 1 WHERE warehouse = ?1",
        values![act.warehouse.as_str()],
    )
}

/// A workstation knows a later epoch than ours: an authority that moved away is superseded; one that was
/// restored from before an earlier restore goes past it, and hears everyone again.
fn overtake(act: &Act<'_>, theirs: u32) -> Result<()> {
    let Some(mut recovery) = state(act)? else {
        return Err(Error::refused(StatusCode::CONFLICT, says::superseded()));
    };
    recovery.heard.clear();
    set(act, Some(&recovery))?;
    act.rows.change_one(
        "UPDATE warehouses SET epoch = ?2 WHERE warehouse = ?1",
        values![act.warehouse.as_str(), theirs.saturating_add(1)],
    )
}

/// Notices a call that knows more of our feed than we do; answers whether journals are taken back now.
pub(super) fn notice(act: &Act<'_>, request: &SyncRequest) -> Result<bool> {
    if request.authority_epoch > act.epoch {
        overtake(act, request.authority_epoch)?;
        return Ok(true);
    }
    if request.authority_epoch < act.epoch
        || follows(act, request)?
        || request.cursor.pos < pull::base(act)?.0
    {
        return Ok(act.found.recovering);
    }
    enter(act, request.series.device.as_str())?;
    Ok(true)
}

/// Whether the caller's view is of this feed.
fn follows(act: &Act<'_>, request: &SyncRequest) -> Result<bool> {
    Ok(pull::hash_at(act, request.cursor.pos)? == Some(request.cursor.hash))
}

/// Notes that a workstation was heard to the end and holds nothing unknown; goes on after the last.
pub(super) fn heard(
    act: &Act<'_>,
    request: &SyncRequest,
    complete: bool,
    revokes: &[Revoke],
) -> Result<()> {
    let Some(mut recovery) = state(act)? else {
        return Ok(());
    };
    // A call made before the restore was known says nothing about what its caller holds now.
    if request.authority_epoch != act.epoch {
        return Ok(());
    }
    // One that follows the feed that was lost would look like another loss as soon as this goes on.
    if !follows(act, request)? {
        return Ok(());
    }
    let (device, incarnation) = (&request.series.device, request.series.incarnation);
    if !complete || revokes.iter().any(|revoke| revoke.why == "not_known") {
        return Ok(());
    }
    recovery.heard.insert(name(device, incarnation));
    set(act, Some(&recovery))?;
    if silent(act, &recovery)?.is_empty() {
        resume(act, &recovery)?;
    }
    Ok(())
}

/// Goes on without the workstations named, which will never call again.
pub(crate) fn go_on(act: &Act<'_>, without: &[DeviceId]) -> Result<()> {
    let Some(recovery) = state(act)? else {
        return Err(Error::refused(StatusCode::CONFLICT, says::not_recovering()));
    };
    let silent = silent(act, &recovery)?;
    let missing: Vec<&str> = silent
        .iter()
        .filter(|(device, _)| !without.contains(device))
        .map(|(device, _)| device.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(Error::refused(
            StatusCode::CONFLICT,
            says::stations_silent(missing.join(", ")),
        ));
    }
    for (device, incarnation) in &silent {
        if workstations::find(act, device, *incarnation)?.is_none() {
            // What it packed meanwhile is a supervisor's to find, as for all that is cleared now.
            continue;
        }
        workstations::set_state(act, device, *incarnation, "quarantined")?;
        workstations::put_in_doubt(act, device, *incarnation)?;
    }
    if !silent.is_empty() {
        hold_cleared(act)?;
    }
    resume(act, &recovery)
}

/// Somebody may have packed any of them.
fn hold_cleared(act: &Act<'_>) -> Result<()> {
    for key in orders::in_state(act, "cleared", u32::MAX)? {
        orders::change(act, &key, Change::Hold(HoldBy::Supervisor))?;
    }
    Ok(())
}

fn resume(act: &Act<'_>, recovery: &Recovery) -> Result<()> {
    // A release that this version cannot read, under a grant it forgot, names no order to wait for.
    if journal::has_unread(act, recovery.since)? {
        hold_cleared(act)?;
    }
    set(act, None)?;
    tracing::warn!(epoch = act.epoch, "journals are back: going on");
    orders::settle_cancellations(act)
}

/// Workstations in use that were not yet heard to the end.
pub(crate) fn silent(view: &View<'_>, recovery: &Recovery) -> Result<Vec<(DeviceId, Incarnation)>> {
    let active = view.rows.all(
        "SELECT device, incarnation FROM incarnations WHERE warehouse = ?1 AND state = 'active' ORDER BY device, incarnation",
        values![view.warehouse.as_str()],
        |row| Ok((DeviceId::new(row.text(0)?), Incarnation(row.count32(1)?))),
    )?;
    let mut silent: Vec<(DeviceId, Incarnation)> = active
        .into_iter()
        .filter(|(device, incarnation)| !recovery.heard.contains(&name(device, *incarnation)))
        .collect();
    for (device, incarnation) in recovery.knocked.iter().filter_map(|text| life(text)) {
        let newest = workstations::newest(view, &device)?;
        // Enrolled anew it is waited for like all others, and reports what it did.
        if newest.is_none_or(|newest| newest <= incarnation.0) {
            silent.push((device, incarnation));
        }
    }
    Ok(silent)
}

/// Somebody called who is not known here, and may have been enrolled after the backup: journals are taken
/// back until he is enrolled anew, or left out by name. Nobody can prove who he is; so his name is all
/// that is believed, and only while journals are taken back.
pub(super) fn knocked(act: &Act<'_>, device: &DeviceId, incarnation: Incarnation) -> Result<()> {
    let Some(mut recovery) = state(act)? else {
        return Ok(());
    };
    if recovery.knocked.len() < MOST_KNOCKED && recovery.knocked.insert(name(device, incarnation)) {
        tracing::warn!(%device, "a workstation called that is not known here");
        set(act, Some(&recovery))?;
    }
    Ok(())
}

fn life(name: &str) -> Option<(DeviceId, Incarnation)> {
    let (device, incarnation) = name.rsplit_once('/')?;
    Some((
        DeviceId::new(device),
        Incarnation(incarnation.parse().ok()?),
    ))
}

fn name(device: &DeviceId, incarnation: Incarnation) -> String {
    format!("{device}/{}", incarnation.0)
}

/// What becomes of a release under a grant that was forgotten.
pub(super) enum Forgotten {
    /// The order went the same way again.
    Followed,
    /// The order, or its clearance, was forgotten too: to be judged once it is known again.
    NotYet,
    /// It does not fit; the case says how.
    Case(CaseCode),
}

/// A release whose grant we forgot: the grant is made again from the holder's word, then the release.
pub(super) fn follow(act: &Act<'_>, origin: &Origin, released: &Released) -> Result<Forgotten> {
    let by = Holding {
        device: origin.device.clone(),
        incarnation: origin.incarnation,
        fence: released.fence,
    };
    let Some(mut order) = orders::find(act, &released.order)? else {
        return Ok(Forgotten::NotYet);
    };
    if matches!(
        order.life.state,
        State::Received | State::Compared | State::Declared
    ) {
        return Ok(Forgotten::NotYet);
    }
    // A later fence than the one we remember was given: whoever we remember as holder had ended before.
    if let State::Leased(holding) | State::InDoubt(holding) = order.life.state.clone()
        && holding.fence < released.fence
    {
        match leases::find(act, &released.order, holding.fence)? {
            Some(leased) => leases::hand_back(act, &leased)?,
            None => drop(orders::change(
                act,
                &released.order,
                Change::HandedBack(holding),
            )?),
        }
        order = orders::get(act, &released.order)?;
    }
    // Grants that came and went before are made and given back again, up to the one of the release.
    // What was held or to be cancelled since does not unmake them.
    while order.life.state == State::Cleared && order.life.fence < released.fence {
        let (device, incarnation) = (by.device.clone(), by.incarnation);
        orders::change(
            act,
            &released.order,
            Change::GrantAgain {
                device,
                incarnation,
            },
        )?;
        order = orders::get(act, &released.order)?;
        if let State::Leased(holding) = order.life.state.clone()
            && holding.fence < released.fence
        {
            orders::change(act, &released.order, Change::HandedBack(holding))?;
            order = orders::get(act, &released.order)?;
        }
    }
    if order.life.state != State::Leased(by.clone()) {
        return Ok(Forgotten::Case(CaseCode::ReleasedAfterRevokeSent));
    }
    orders::change(act, &released.order, Change::ReleasedBy(by))?;
    orders::set_parcel(act, &released.order, &released.lines)?;
    let moves = leases::to_staging(&released.lines, Bucket::Available);
    let moved = books::try_move(act, moves, &released.order.to_string(), Some(origin))?;
    gate::bundle_if_due(act)?;
    Ok(match moved {
        Ok(()) => Forgotten::Followed,
        Err(why) => {
            tracing::warn!(%why, "a release under a forgotten grant finds no goods");
            Forgotten::Case(CaseCode::StockCountDiff)
        }
    })
}
