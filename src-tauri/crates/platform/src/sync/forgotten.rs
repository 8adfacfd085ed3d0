//! Releases of orders that a restored authority does not know yet, or does not know as cleared.
//!
//! A parcel stands there that nobody else may pack. Its order comes again, from the shop and from
//! customs, perhaps long after all journals are back; so its release is kept, and followed in the act
//! that clears the order, before anybody could be granted it.

use super::judge;
use super::recovery::{self, Forgotten};
use crate::authority::Act;
use crate::cases;
use crate::error::Result;
use crate::rows::{json, values};
use bondhouse_domain::facts::{Fact, Released};
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::journal::Event;
use bondhouse_domain::orders::CaseCode;
use bondhouse_protocol::wire::Outcome;

/// Keeps a release until its order is cleared.
pub(super) fn keep(act: &Act<'_>, event: &Event, released: &Released) -> Result<()> {
    act.rows.put(
            "INSERT INTO forgotten_releases (warehouse, platform, order_no, device, incarnation, seq, event) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            values![
                act.warehouse.as_str(),
                &released.order.platform,
                &released.order.order_no,
                event.series.device.as_str(),
                event.series.incarnation.0,
                event.seq.0,
                json(event)?,
            ],
        )
}

/// Whether a parcel of this order stands there that is not followed yet.
pub(crate) fn waits(act: &Act<'_>, key: &OrderKey) -> Result<bool> {
    let kept = act.rows.number(
        "SELECT count(*) FROM forgotten_releases WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![act.warehouse.as_str(), &key.platform, &key.order_no],
    )?;
    Ok(kept > 0)
}

/// The order was cleared: whatever was packed of it under a grant that was forgotten is released.
pub(crate) fn follow(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    let kept: Vec<Event> = act.rows.all(
        "SELECT event FROM forgotten_releases WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3 \
         ORDER BY incarnation, device, seq",
        values![act.warehouse.as_str(), &key.platform, &key.order_no],
        |row| row.json(0),
    )?;
    for event in kept {
        let Ok(Fact::Released(released)) = Fact::read(&event.kind, event.v, &event.body) else {
            continue;
        };
        let code = match recovery::follow(act, &judge::origin(&event), &released)? {
            Forgotten::NotYet => continue,
            Forgotten::Followed => None,
            Forgotten::Case(code) => Some(code),
        };
        judged(act, &event, code)?;
    }
    Ok(())
}

fn judged(act: &Act<'_>, event: &Event, code: Option<CaseCode>) -> Result<()> {
    let series = &event.series;
    act.rows.put(
        "DELETE FROM forgotten_releases WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq = ?4",
        values![act.warehouse.as_str(), series.device.as_str(), series.incarnation.0, event.seq.0],
    )?;
    let outcome = match code {
        Some(code) => Outcome::AppliedWithException { code },
        None => Outcome::Applied,
    };
    // The event of a life that reported an earlier one stands under another name: then nothing is here.
    act.rows.put(
        "UPDATE journal SET outcome = ?5 WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq = ?4",
        values![
            act.warehouse.as_str(), series.device.as_str(), series.incarnation.0, event.seq.0, json(&outcome)?,
        ],
    )?;
    let about = judge::name(event);
    cases::close_about(act, CaseCode::ParkedUnknownKind, &about)?;
    match code {
        Some(code) => cases::open(act, code, &about),
        None => Ok(()),
    }
}
