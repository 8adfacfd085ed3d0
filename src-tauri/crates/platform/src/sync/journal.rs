//! Journals as they were pushed: read back by the doctor, by their own workstations and for evidence.

use crate::authority::View;
use crate::error::{Error, Result};
use crate::rows::{Row, json, values};
use bondhouse_domain::ids::{PersonId, RequestId, Seq};
use bondhouse_domain::journal::{Event, Series};
use bondhouse_domain::time::Instant;
use bondhouse_protocol::wire::Outcome;

/// Events of one journal from a position on, in order.
pub(crate) fn events(
    view: &View<'_>,
    series: &Series,
    from: Seq,
    most: usize,
) -> Result<Vec<Event>> {
    view.rows.all(
        "SELECT seq, kind, v, request, actor, occurred_at, wall, body, prev_hash, hash FROM journal \
         WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq >= ?4 ORDER BY seq LIMIT ?5",
        values![
            series.warehouse.as_str(),
            series.device.as_str(),
            series.incarnation.0,
            from.0,
            most,
        ],
        |row| event(series, row),
    )
}

/// Whether a journal holds events that this version cannot judge.
pub(super) fn has_parked(view: &View<'_>, series: &Series) -> Result<bool> {
    let parked = view.rows.number(
        "SELECT count(*) FROM journal WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND outcome = ?4",
        values![
            series.warehouse.as_str(),
            series.device.as_str(),
            series.incarnation.0,
            json(&Outcome::Parked)?,
        ],
    )?;
    Ok(parked > 0)
}

/// Whether events came in since then that this version cannot judge, but for those of orders to come.
pub(super) fn has_unread(view: &View<'_>, since: Instant) -> Result<bool> {
    let unread = view.rows.number(
        "SELECT count(*) FROM journal AS j WHERE j.warehouse = ?1 AND j.outcome = ?2 AND j.received_at >= ?3 \
         AND NOT EXISTS (SELECT 1 FROM forgotten_releases AS f WHERE f.warehouse = j.warehouse AND f.device = j.device \
         AND f.incarnation = j.incarnation AND f.seq = j.seq)",
        values![view.warehouse.as_str(), json(&Outcome::Parked)?, since],
    )?;
    Ok(unread > 0)
}

fn event(series: &Series, row: &Row<'_>) -> Result<Event> {
    let request = uuid::Uuid::from_slice(&row.bytes(3)?)
        .map_err(|_| Error::broken("a stored request id is none"))?;
    Ok(Event {
        series: series.clone(),
        seq: Seq(row.count(0)?),
        kind: row.text(1)?,
        v: u16::try_from(row.int(2)?).map_err(|_| Error::broken("a version beyond 16 bits"))?,
        request: RequestId(request),
        actor: PersonId::new(row.text(4)?),
        occurred_at: row.instant(5)?,
        wall: row.instant(6)?,
        body: row.text(7)?,
        prev_hash: row.hash(8)?,
        hash: row.hash(9)?,
    })
}
