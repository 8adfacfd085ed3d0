//! What was recorded on a disk that is gone: parcels found by their labels, tails found on old disks.

use crate::authority::Act;
use crate::error::Result;
use crate::rows::{json, values};
use crate::{books, gate, leases, orders, workstations};
use bondhouse_domain::facts::ParcelFound;
use bondhouse_domain::feed::Origin;
use bondhouse_domain::journal::Event;
use bondhouse_domain::orders::{CaseCode, Change, State};
use bondhouse_domain::scanner::{Meaning, Scan};

/// A packed parcel was scanned whose release may never have come: the label's token is the release.
pub(crate) fn found(act: &Act<'_>, event: &Event, found: &ParcelFound) -> Result<Option<CaseCode>> {
    let Meaning::ReleaseToken(token) = Scan::new(found.scan.raw.as_str()).mean() else {
        return Ok(Some(CaseCode::UnknownBarcode));
    };
    let claims = token.claims().clone();
    let Some(known) = workstations::find(act, &claims.device, claims.incarnation)? else {
        return Ok(Some(CaseCode::UnknownBarcode));
    };
    let key = workstations::token_key(act, &claims.device, claims.incarnation)?;
    let Ok(token) = token.verify(&key) else {
        return Ok(Some(CaseCode::UnknownBarcode));
    };
    if token.warehouse != act.warehouse || token.order != found.order {
        return Ok(Some(CaseCode::UnknownBarcode));
    }
    // The journal reaches so far: its own word about the parcel is here.
    if known.head.seq >= token.seq {
        return Ok(None);
    }
    let Some(order) = orders::find(act, &token.order)? else {
        return Ok(Some(CaseCode::ParkedUnknownKind));
    };
    let holding = match &order.life.state {
        State::Leased(holding) | State::InDoubt(holding)
            if holding.device == token.device && holding.incarnation == token.incarnation =>
        {
            holding.clone()
        }
        // Scanned before, or a human found it packed.
        State::Released
        | State::Bundled { .. }
        | State::Loaded { .. }
        | State::GatedOut
        | State::Delivered => return Ok(None),
        _ => return Ok(Some(CaseCode::DoubleRelease)),
    };
    let Some(leased) = leases::find(act, &token.order, holding.fence)? else {
        return Ok(Some(CaseCode::DoubleRelease));
    };
    orders::change(act, &token.order, Change::ReleasedBy(holding))?;
    orders::set_parcel(act, &token.order, leased.lines())?;
    let from = leased.bucket();
    leases::set_state(act, &leased, "released")?;
    let origin = Origin {
        device: event.series.device.clone(),
        incarnation: event.series.incarnation,
        seq: event.seq,
    };
    let moves = leases::to_staging(leased.lines(), from);
    let moved = books::try_move(act, moves, &token.order.to_string(), Some(&origin))?;
    gate::bundle_if_due(act)?;
    Ok(moved.is_err().then_some(CaseCode::StockCountDiff))
}

/// Keeps an event that was reported as evidence beside its journal; whether it is new here.
pub(crate) fn keep(act: &Act<'_>, event: &Event) -> Result<bool> {
    let series = &event.series;
    // The tail that made the fork known is here already, unjudged: `received_at` 0 marks the judged.
    let judged = act.rows.number(
        "SELECT count(*) FROM forks WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq = ?4 \
         AND hash = ?5 AND received_at = 0",
        values![series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, event.seq.0, event.hash],
    )?;
    if judged > 0 {
        return Ok(false);
    }
    act.rows.put(
        "INSERT INTO forks (warehouse, device, incarnation, seq, hash, event, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) \
         ON CONFLICT (warehouse, device, incarnation, seq, hash) DO UPDATE SET received_at = 0",
        values![
            series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, event.seq.0, event.hash, json(event)?,
        ],
    )?;
    Ok(true)
}
