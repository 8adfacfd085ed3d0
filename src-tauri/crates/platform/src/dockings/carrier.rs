//! The carrier's docking: numbers and sort codes in, waybills out, what became of them.

use super::Kind;
use super::shop::json;
use super::signature::Signed;
use crate::authority::{Act, Authority, View};
use crate::error::{Error, Result};
use crate::messages::{self, Direction};
use crate::rows::values;
use crate::waybills::{self, Route};
use crate::{orders, says};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use bondhouse_domain::customs::{Document, WaybillStatus};
use bondhouse_domain::ids::WaybillKey;
use bondhouse_domain::orders::{Change, State as Life};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Numbers a carrier gives out: a list, a range, or both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pool {
    #[serde(default)]
    numbers: Vec<String>,
    #[serde(default)]
    range: Option<Range>,
    #[serde(default)]
    routes: Vec<Route>,
}

/// `prefix` followed by `first`, `first + 1` …, padded to `digits`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    prefix: String,
    first: u64,
    count: u32,
    digits: usize,
}

/// What stands in the pool after a call.
#[derive(Serialize)]
pub(crate) struct PoolNow {
    added: usize,
    left: i64,
}

/// `POST /v1/carrier/number-pools`
pub(crate) async fn fill(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Json<PoolNow>> {
    call.partner.require(Kind::Carrier)?;
    let pool: Pool = json(&call.body)?;
    let numbers = pool.all()?;
    let carrier = call.partner.code.clone();
    let now = authority
        .act(&call.partner.warehouse, move |act| {
            waybills::set_routes(act, &carrier, &pool.routes)?;
            let added = waybills::add_numbers(act, &carrier, &numbers)?;
            orders::conditions_changed(act)?;
            Ok(PoolNow {
                added,
                left: waybills::numbers_left(act, &carrier)?,
            })
        })
        .await?;
    Ok(Json(now))
}

impl Pool {
    /// Every number, in order.
    fn all(&self) -> Result<Vec<String>> {
        const MOST: u32 = 100_000;
        let mut numbers = self.numbers.clone();
        if let Some(range) = &self.range {
            if range.count > MOST || range.digits > 30 {
                return Err(Error::refused(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    says::incomplete("range"),
                ));
            }
            let all = (range.first..).take(usize::try_from(range.count).unwrap_or(0));
            numbers
                .extend(all.map(|n| format!("{}{n:0width$}", range.prefix, width = range.digits)));
        }
        let well_formed = |n: &String| {
            !n.is_empty()
                && n.len() <= 60
                && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if numbers.len() > usize::try_from(MOST).unwrap_or(0) || !numbers.iter().all(well_formed) {
            return Err(Error::refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                says::incomplete("numbers"),
            ));
        }
        Ok(numbers)
    }
}

/// Where a list is to go on.
#[derive(Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    pub(crate) after: u64,
    #[serde(default)]
    pub(crate) limit: Option<u32>,
}

impl After {
    /// How many to answer with: what was asked, within bounds.
    pub(crate) fn most(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, 500)
    }
}

/// One waybill as its carrier fetches it.
#[derive(Serialize)]
pub(crate) struct Fetched {
    n: u64,
    waybill_no: String,
    sort_code: String,
    status: Option<String>,
    /// The CEB511 as XML; it names the consignee, who is the carrier's business.
    xml: String,
}

/// `GET /v1/carrier/waybills?after=`
pub(crate) async fn fetch(
    State(authority): State<Arc<Authority>>,
    Query(after): Query<After>,
    call: Signed,
) -> Result<Json<Vec<Fetched>>> {
    call.partner.require(Kind::Carrier)?;
    let carrier = call.partner.code.clone();
    authority
        .read(&call.partner.warehouse, move |view| {
            list(view, &carrier, &after)
        })
        .await
        .map(Json)
}

fn list(view: &View<'_>, carrier: &str, after: &After) -> Result<Vec<Fetched>> {
    let rows = view.rows.all(
        "SELECT n, waybill_no, route, status, raw FROM waybills WHERE warehouse = ?1 AND carrier = ?2 AND n > ?3 ORDER BY n LIMIT ?4",
        values![view.warehouse.as_str(), carrier, after.after, after.most()],
        |row| Ok((row.count(0)?, row.text(1)?, row.json::<Route>(2)?, row.maybe_text(3)?, row.count(4)?)),
    )?;
    rows.into_iter()
        .map(|(n, waybill_no, route, status, raw)| {
            let xml = String::from_utf8(messages::bytes(view, raw)?)
                .map_err(|_| Error::broken("a waybill that is no text"))?;
            Ok(Fetched {
                n,
                waybill_no,
                sort_code: route.sort_code,
                status,
                xml,
            })
        })
        .collect()
}

/// `POST /v1/carrier/statuses`: CEB513 as XML, for instance signed for (`S`).
pub(crate) async fn status(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<StatusCode> {
    call.partner.require(Kind::Carrier)?;
    authority
        .act(&call.partner.warehouse.clone(), move |act| {
            let message = messages::read(&call.body, &act.settings)?;
            messages::keep(act, Direction::In, &call.partner.id, "CEB513", &call.body)?;
            for record in message.records {
                match record.result {
                    Ok(Document::WaybillStatus(status)) => {
                        delivered(act, &call.partner.code, &status)?
                    }
                    Ok(other) => return Err(messages::wrong_kind(other.kind())),
                    Err(fault) => return Err(fault.refusal.into()),
                }
            }
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}

fn delivered(act: &Act<'_>, carrier: &str, status: &WaybillStatus) -> Result<()> {
    if status.logistics_code != carrier {
        return Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::not_yours(&status.logistics_code),
        ));
    }
    let key = WaybillKey {
        carrier: carrier.to_owned(),
        waybill_no: status.logistics_no.clone(),
    };
    let order = orders::by_waybill(act, &key)?;
    act.rows.change_one(
        "UPDATE waybills SET status = ?4 WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3",
        values![
            act.warehouse.as_str(),
            carrier,
            &key.waybill_no,
            &status.logistics_status
        ],
    )?;
    if status.logistics_status == "S" && order.life.state == Life::GatedOut {
        orders::change(act, &order.life.key, Change::Deliver)?;
    }
    Ok(())
}

/// A vehicle that left the dock with parcels of this carrier that are not signed for yet.
#[derive(Serialize)]
pub(crate) struct Pickup {
    pass: String,
    vehicle: String,
    waybills: Vec<String>,
}

/// `GET /v1/carrier/pickups`: the manifest of each vehicle under way, so that its driver may go to the gate.
pub(crate) async fn pickups(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Json<Vec<Pickup>>> {
    call.partner.require(Kind::Carrier)?;
    let carrier = call.partner.code.clone();
    authority
        .read(&call.partner.warehouse, move |view| {
            under_way(view, &carrier)
        })
        .await
        .map(Json)
}

fn under_way(view: &View<'_>, carrier: &str) -> Result<Vec<Pickup>> {
    let loaded = view.rows.all(
        include_str!("carrier_pickups.sql"),
        values![view.warehouse.as_str(), carrier],
        |row| Ok((row.text(0)?, row.text(1)?, row.text(2)?)),
    )?;
    let mut all: Vec<Pickup> = Vec::new();
    for (pass, vehicle, waybill) in loaded {
        match all.last_mut().filter(|pickup| pickup.pass == pass) {
            Some(pickup) => pickup.waybills.push(waybill),
            None => all.push(Pickup {
                pass,
                vehicle,
                waybills: vec![waybill],
            }),
        }
    }
    Ok(all)
}
