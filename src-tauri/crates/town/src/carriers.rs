//! Carriers: they give out waybill numbers, take the parcels away and have them signed for.

use crate::config::Pace;
use crate::dice::Dice;
use crate::letters::{Letter, Settles, What};
use crate::line::{Body, Key, Line};
use crate::world::{CARRIERS, Firm, routes, waybill_format, waybill_no};
use bondhouse_domain::customs::{Document, Filing, WaybillStatus};
use bondhouse_domain::time::Instant;
use serde::Deserialize;
use serde_json::json;

/// A pool holds at least so many numbers after a visit.
const POOL: i64 = 1_000;

/// A vehicle that the platform says has left the dock.
#[derive(Debug, Deserialize)]
pub(crate) struct Pickup {
    pub(crate) pass: String,
    /// Waybill numbers of this carrier on it.
    pub(crate) waybills: Vec<String>,
}

/// Fills a carrier's pool up; answers how many numbers it has given out in all.
///
/// # Errors
/// When the platform does not take them.
pub(crate) fn fill_pool(
    line: &Line,
    key: &Key,
    carrier: Firm,
    seed: u64,
    given: u64,
) -> anyhow::Result<u64> {
    #[derive(Deserialize)]
    struct PoolNow {
        left: i64,
    }
    let target = "/v1/carrier/number-pools";
    let routes = routes(carrier.id);
    let now: PoolNow = line
        .post(
            key,
            target,
            Body::json(&json!({ "numbers": [], "routes": routes, "formats": [waybill_format(carrier.id)] }))?,
        )?
        .read()?;
    let missing = u64::try_from(POOL.saturating_sub(now.left)).unwrap_or(0);
    if missing == 0 {
        return Ok(given);
    }
    let numbers: Vec<String> = (given..given + missing)
        .map(|n| waybill_no(carrier.id, seed, n))
        .collect();
    line.post(key, target, Body::json(&json!({ "numbers": numbers }))?)?
        .read::<PoolNow>()?;
    Ok(given + missing)
}

/// The name under which a parcel is remembered until it is signed for.
pub(crate) fn parcel(carrier: Firm, waybill: &str) -> String {
    format!("{}/{waybill}", carrier.id)
}

/// When a parcel that left the zone will be signed for.
pub(crate) fn delivery_time(pace: Pace, seed: u64, waybill: &str, left_at: Instant) -> Instant {
    let mut dice = Dice::of(seed, waybill, 0);
    pace.later(left_at, dice.between(60_000, 600_000))
}

/// The carrier reports a parcel signed for (CEB513).
pub(crate) fn signed_for(seed: u64, parcel: &str, at: Instant) -> Option<Letter> {
    let (id, waybill) = parcel.split_once('/')?;
    let carrier = CARRIERS.into_iter().find(|carrier| carrier.id == id)?;
    let at = Instant::from_millis(at.as_millis() / 1_000 * 1_000);
    let status = WaybillStatus {
        filing: Filing {
            guid: Dice::of(seed, parcel, 1).guid(),
            app_type: "1".to_owned(),
            app_time: Some(at),
            app_status: "2".to_owned(),
        },
        logistics_code: carrier.code.to_owned(),
        logistics_name: carrier.name.to_owned(),
        logistics_no: waybill.to_owned(),
        logistics_status: "S".to_owned(),
        logistics_time: Some(at),
        ..WaybillStatus::default()
    };
    Some(Letter {
        due: at,
        from: carrier.id,
        to: "/v1/carrier/statuses".to_owned(),
        what: What::Xml(Box::new(Document::WaybillStatus(status))),
        name: format!("signed for {parcel}"),
        settles: Settles::Delivery(parcel.to_owned()),
        tries: 0,
    })
}
