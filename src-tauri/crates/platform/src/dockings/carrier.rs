//! The carrier's docking: numbers and sort codes in, waybills out, what became of them.
//!
//! Not here: who carries an order; that is the first registered carrier that has a number and a sort code.

use super::shop::json;
use super::signature::{Admin, Signed};
use super::{Answer, Answers, Kind, documents};
use crate::authority::{Act, Authority, View};
use crate::dockings::asked::{Path, Query};
use crate::error::{Error, Result};
use crate::messages::{self, Direction};
use crate::numbers::CheckDigit;
use crate::orders::Taken;
use crate::rows::values;
use crate::waybills::{self, NumberRule, PoolStanding, Route, Told};
use crate::{carriers, orders, says};
use axum::Json;
use axum::extract::State;
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
    /// How its waybills look when they are scanned, from now on.
    #[serde(default)]
    formats: Option<Vec<String>>,
    /// By which rule the numbers are checked from now on.
    #[serde(default)]
    check_digit: Option<CheckDigit>,
    /// At how many free numbers the carrier is warned from now on.
    #[serde(default)]
    warn_at: Option<u32>,
}

/// `prefix` followed by `first`, `first + 1` …, padded to `digits`, the check digit and `suffix`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    prefix: String,
    first: u64,
    count: u32,
    digits: usize,
    #[serde(default)]
    suffix: String,
}

/// What stands in the pool after a call.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct PoolNow {
    added: usize,
    #[serde(flatten)]
    pool: PoolStanding,
}

/// `POST /v1/carrier/number-pools`
pub(crate) async fn fill(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Json<PoolNow>> {
    call.partner.require(Kind::Carrier)?;
    let pool: Pool = json(&call.body)?;
    let carrier = call.partner.code.clone();
    let now = authority
        .act(&call.partner.warehouse, move |act| {
            let known = waybills::number_rule(act, &carrier)?;
            let rule = NumberRule {
                check_digit: pool.check_digit.unwrap_or(known.check_digit),
                warn_at: pool.warn_at.unwrap_or(known.warn_at),
            };
            let numbers = pool.all(rule.check_digit)?;
            waybills::set_number_rule(act, &carrier, rule)?;
            waybills::set_routes(act, &carrier, &pool.routes)?;
            if let Some(formats) = &pool.formats {
                carriers::set_formats(act, &carrier, formats)?;
            }
            let added = waybills::add_numbers(act, &carrier, &numbers)?;
            orders::conditions_changed(act)?;
            Ok(PoolNow {
                added,
                pool: waybills::pool(act, &carrier)?,
            })
        })
        .await?;
    Ok(Json(now))
}

/// `GET /v1/carrier/number-pools`: how many numbers are left, and whether it is time to bring more.
pub(crate) async fn pool(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Json<PoolStanding>> {
    call.partner.require(Kind::Carrier)?;
    let carrier = call.partner.code.clone();
    authority
        .read(&call.partner.warehouse, move |view| {
            waybills::pool(view, &carrier)
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/number-pools`: every carrier's.
pub(crate) async fn pools(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<PoolStanding>>> {
    authority
        .read(authority.home(), waybills::pools)
        .await
        .map(Json)
}

impl Pool {
    /// Every number, in order, each one by the rule.
    fn all(&self, rule: CheckDigit) -> Result<Vec<String>> {
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
            let made = all.map(|n| rule.number(&range.prefix, n, range.digits, &range.suffix));
            let made: Option<Vec<String>> = made.collect();
            numbers.extend(made.ok_or_else(|| {
                Error::refused(StatusCode::UNPROCESSABLE_ENTITY, says::incomplete("range"))
            })?);
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
        if let Some(wrong) = numbers.iter().find(|number| !rule.fits(number)) {
            return Err(Error::refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                says::bad_check_digit(wrong),
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
#[derive(Serialize, schemars::JsonSchema)]
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

/// `POST /v1/carrier/statuses`: CEB513 as XML, or the same as JSON, for instance signed for (`S`). Each
/// parcel is an act of its own: what is said of a stranger's spoils nobody else's.
pub(crate) async fn status(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Answers> {
    call.partner.require(Kind::Carrier)?;
    let statuses = documents::read(&authority, &call, |document| match document {
        Document::WaybillStatus(status) => Ok(status),
        other => Err(other.kind()),
    })
    .await?;
    let warehouse = call.partner.warehouse.clone();
    let (id, sent) = (call.partner.id.clone(), call.body.clone());
    authority
        .act(&warehouse, move |act| {
            messages::keep(act, Direction::In, &id, "CEB513", &sent).map(drop)
        })
        .await?;
    let mut results = Vec::new();
    for status in statuses {
        let (number, taken) = match status {
            Ok(status) => {
                let (number, carrier) = (status.logistics_no.clone(), call.partner.code.clone());
                let taken = authority
                    .act(&warehouse, move |act| told(act, &carrier, &status))
                    .await;
                (number, taken)
            }
            Err(refusal) => (String::new(), Err(refusal)),
        };
        results.push(Answer::of(&number, taken)?);
    }
    Ok(Answers { results })
}

fn told(act: &Act<'_>, carrier: &str, status: &WaybillStatus) -> Result<Taken> {
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
    let at = status.logistics_time.unwrap_or(act.now);
    waybills::tell(act, &key, &status.logistics_status, at)?;
    if status.logistics_status == "S" && order.life.state == Life::GatedOut {
        orders::change(act, &order.life.key, Change::Deliver)?;
    }
    Ok(Taken::New)
}

/// A parcel as its carrier finds it again.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Parcel {
    waybill_no: String,
    #[serde(flatten)]
    route: Route,
    /// Whether it has left the dock: `waiting`, `on_vehicle`, `left`, `delivered`, `back` or `cancelled`.
    place: &'static str,
    status: Option<String>,
    told: Vec<Told>,
}

/// `GET /v1/carrier/waybills/{waybill_no}`
pub(crate) async fn parcel(
    State(authority): State<Arc<Authority>>,
    Path(waybill_no): Path<String>,
    call: Signed,
) -> Result<Json<Parcel>> {
    call.partner.require(Kind::Carrier)?;
    let key = WaybillKey {
        carrier: call.partner.code.clone(),
        waybill_no,
    };
    authority
        .read(&call.partner.warehouse, move |view| find(view, &key))
        .await
        .map(Json)
}

fn find(view: &View<'_>, key: &WaybillKey) -> Result<Parcel> {
    let order = orders::by_waybill(view, key)?;
    let status = view.rows.one(
        "SELECT status FROM waybills WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3",
        values![view.warehouse.as_str(), &key.carrier, &key.waybill_no],
        |row| row.maybe_text(0),
    )?;
    Ok(Parcel {
        waybill_no: key.waybill_no.clone(),
        route: waybills::route_of(view, key)?,
        place: match order.life.state {
            Life::Received
            | Life::Compared
            | Life::Declared
            | Life::Cleared
            | Life::Leased(_)
            | Life::InDoubt(_)
            | Life::Released
            | Life::Bundled { .. } => "waiting",
            Life::Loaded { .. } => "on_vehicle",
            Life::GatedOut => "left",
            Life::Delivered => "delivered",
            Life::Returning | Life::Returned => "back",
            Life::Cancelled => "cancelled",
        },
        status: status.flatten(),
        told: waybills::told(view, key)?,
    })
}

/// A vehicle that left the dock with parcels of this carrier that are not signed for yet.
#[derive(Serialize, schemars::JsonSchema)]
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
