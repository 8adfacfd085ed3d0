//! Waybills: one number out of a carrier's pool for each order, with the carrier's sort code.
//!
//! Numbers are allocated here and never by a workstation, so that none has to be invented offline.
//! Sort code, hub and lane are the carrier's own table by district; without an entry for a district
//! the order waits, because a parcel without a sort code goes nowhere. A pool that runs low is told to
//! carrier and operator while there is still time to fill it.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::messages;
use crate::numbers::CheckDigit;
use crate::rows::{by, json, name_of, named, values};
use crate::{goods, orders, says};
use axum::http::StatusCode;
use bondhouse_domain::customs::{self, Document, Filing};
use bondhouse_domain::ids::{ItemId, OrderKey, OwnerId, WaybillKey};
use bondhouse_domain::message::Message;
use bondhouse_domain::quantity::{Money, Weight};
use bondhouse_domain::time::{Instant, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a carrier's sorting sends a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    /// Beginning of the administrative division, 0 to 6 digits; empty is everywhere else.
    #[serde(default)]
    pub(crate) district: String,
    /// Three-segment sort code (三段码).
    pub(crate) sort_code: String,
    /// Hub (集散中心).
    pub(crate) hub: String,
    /// Where the released parcel waits in the warehouse (集货道口).
    pub(crate) lane: String,
}

/// How a carrier's numbers are checked, and when it is warned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberRule {
    pub(crate) check_digit: CheckDigit,
    /// Free numbers at which it is time to bring more.
    pub(crate) warn_at: u32,
}

impl Default for NumberRule {
    fn default() -> Self {
        Self {
            check_digit: CheckDigit::None,
            warn_at: 100,
        }
    }
}

/// The rule of a carrier, as it was told last.
pub(crate) fn number_rule(view: &View<'_>, carrier: &str) -> Result<NumberRule> {
    let told = view.rows.one(
        "SELECT check_digit, warn_at FROM number_rules WHERE warehouse = ?1 AND carrier = ?2",
        values![view.warehouse.as_str(), carrier],
        |row| {
            Ok(NumberRule {
                check_digit: named(row.text(0)?)?,
                warn_at: row.count32(1)?,
            })
        },
    )?;
    Ok(told.unwrap_or_default())
}

/// Tells how a carrier's numbers are checked from now on; those in the pool stay.
pub(crate) fn set_number_rule(act: &Act<'_>, carrier: &str, rule: NumberRule) -> Result<()> {
    act.rows.put(
        "INSERT INTO number_rules (warehouse, carrier, check_digit, warn_at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (warehouse, carrier) DO UPDATE SET check_digit = excluded.check_digit, warn_at = excluded.warn_at",
        values![act.warehouse.as_str(), carrier, name_of(&rule.check_digit)?, rule.warn_at],
    )?;
    Ok(())
}

/// A carrier's pool as carrier and operator see it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct PoolStanding {
    carrier: String,
    pub(crate) left: i64,
    warn_at: u32,
    /// Whether it is time to bring more.
    low: bool,
    check_digit: CheckDigit,
    /// Numbers that went out in the last 24 hours: what the rest is to be measured by.
    used_in_a_day: i64,
}

/// How a carrier's pool stands.
pub(crate) fn pool(view: &View<'_>, carrier: &str) -> Result<PoolStanding> {
    let rule = number_rule(view, carrier)?;
    let left = numbers_left(view, carrier)?;
    let since = view.now.plus(Span::minutes(-24 * 60));
    Ok(PoolStanding {
        carrier: carrier.to_owned(),
        left,
        warn_at: rule.warn_at,
        low: left <= i64::from(rule.warn_at),
        check_digit: rule.check_digit,
        used_in_a_day: view.rows.number(
            "SELECT count(*) FROM waybills WHERE warehouse = ?1 AND carrier = ?2 AND made_at > ?3",
            values![view.warehouse.as_str(), carrier, since],
        )?,
    })
}

/// Every carrier's pool.
pub(crate) fn pools(view: &View<'_>) -> Result<Vec<PoolStanding>> {
    let carriers = view.rows.all(
        "SELECT code FROM partners WHERE warehouse = ?1 AND kind = 'carrier' AND active = 1 ORDER BY code",
        values![view.warehouse.as_str()],
        |row| row.text(0),
    )?;
    carriers.iter().map(|carrier| pool(view, carrier)).collect()
}

/// Says once that a pool runs low: when the number that was just taken left it so.
fn warn_if_low(act: &Act<'_>, carrier: &str) -> Result<()> {
    let warn_at = i64::from(number_rule(act, carrier)?.warn_at);
    // No more are counted than it takes to know: a full pool holds a hundred thousand.
    let left = act.rows.number(
        "SELECT count(*) FROM (SELECT 1 FROM waybill_numbers WHERE warehouse = ?1 AND carrier = ?2 AND used = 0 LIMIT ?3) AS free",
        values![act.warehouse.as_str(), carrier, warn_at.saturating_add(1)],
    )?;
    if left == warn_at || left == 0 {
        tracing::warn!(carrier, left, "a carrier's waybill numbers run low");
    }
    Ok(())
}

/// Adds numbers to a carrier's pool; known ones stay as they are. Answers how many were new.
pub(crate) fn add_numbers(act: &Act<'_>, carrier: &str, numbers: &[String]) -> Result<usize> {
    let mut added = 0usize;
    for number in numbers {
        added = added.saturating_add(act.rows.change(
            "INSERT INTO waybill_numbers (warehouse, carrier, waybill_no, used) VALUES (?1, ?2, ?3, 0) ON CONFLICT DO NOTHING",
            values![act.warehouse.as_str(), carrier, number],
        )?);
    }
    Ok(added)
}

/// Puts a carrier's sort codes in place, district by district.
pub(crate) fn set_routes(act: &Act<'_>, carrier: &str, routes: &[Route]) -> Result<()> {
    for route in routes {
        act.rows.put(
            "INSERT INTO routes (warehouse, carrier, district, sort_code, hub, lane) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (warehouse, carrier, district) DO UPDATE \
             SET sort_code = excluded.sort_code, hub = excluded.hub, lane = excluded.lane",
            values![act.warehouse.as_str(), carrier, &route.district, &route.sort_code, &route.hub, &route.lane],
        )?;
    }
    Ok(())
}

/// How many numbers a carrier has left.
pub(crate) fn numbers_left(view: &View<'_>, carrier: &str) -> Result<i64> {
    view.rows.number(
        "SELECT count(*) FROM waybill_numbers WHERE warehouse = ?1 AND carrier = ?2 AND used = 0",
        values![view.warehouse.as_str(), carrier],
    )
}

/// Makes an order's waybill and hands it to customs, or says what is missing for it.
pub(crate) fn make(
    act: &Act<'_>,
    order: &customs::Order,
) -> Result<std::result::Result<WaybillKey, Message>> {
    let (gross, info) = match load(act, order)? {
        Ok(load) => load,
        Err(why) => return Ok(Err(why)),
    };
    let Some((carrier, name, number, route)) = free_number(act, &order.consignee_district)? else {
        return Ok(Err(says::no_waybill_number(&order.consignee_district).0));
    };
    let key = WaybillKey {
        carrier,
        waybill_no: number,
    };
    let waybill = customs::Waybill {
        filing: filing(act, "1")?,
        logistics_code: key.carrier.clone(),
        logistics_name: name,
        logistics_no: key.waybill_no.clone(),
        order_no: order.order_no.clone(),
        freight: order.freight,
        insured_fee: Money::ZERO,
        currency: "142".to_owned(),
        weight: gross,
        pack_no: 1,
        goods_info: info,
        consignee: order.consignee.clone(),
        consignee_address: order.consignee_address.clone(),
        consignee_telephone: order.consignee_telephone.clone(),
        ..customs::Waybill::default()
    };
    act.rows.change_one(
        "UPDATE waybill_numbers SET used = 1 WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3 AND used = 0",
        values![act.warehouse.as_str(), &key.carrier, &key.waybill_no],
    )?;
    warn_if_low(act, &key.carrier)?;
    let raw = messages::send(act, &Document::Waybill(waybill.clone()), &key.waybill_no)?;
    let order_key = order.key();
    act.rows.change_one(
        "INSERT INTO waybills (warehouse, carrier, waybill_no, n, platform, order_no, route, document, raw, made_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        values![
            act.warehouse.as_str(),
            &key.carrier,
            &key.waybill_no,
            act.next(&format!("waybills {}", key.carrier))?,
            &order_key.platform,
            &order_key.order_no,
            json(&route)?,
            act.keys.seal_json(&place(act, &key), &waybill)?,
            raw,
            act.now,
        ],
    )?;
    act.rows.change_one(
        "UPDATE orders SET carrier = ?4, waybill_no = ?5 WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![act.warehouse.as_str(), &order_key.platform, &order_key.order_no, &key.carrier, &key.waybill_no],
    )?;
    Ok(Ok(key))
}

/// Sends an order's waybill again as a change, after the shop corrected consignee or goods.
pub(crate) fn correct(act: &Act<'_>, order: &OrderKey) -> Result<()> {
    let Some(key) = orders::get(act, order)?.waybill else {
        return Ok(());
    };
    let order = orders::document(act, order)?;
    let Ok((gross, goods_info)) = load(act, &order)? else {
        return Ok(());
    };
    let waybill = customs::Waybill {
        filing: filing(act, "2")?,
        freight: order.freight,
        weight: gross,
        goods_info,
        consignee: order.consignee,
        consignee_address: order.consignee_address,
        consignee_telephone: order.consignee_telephone,
        ..document(act, &key)?
    };
    let raw = messages::send(act, &Document::Waybill(waybill.clone()), &key.waybill_no)?;
    act.rows.change_one(
        "UPDATE waybills SET document = ?4, raw = ?5 WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3",
        values![act.warehouse.as_str(), &key.carrier, &key.waybill_no, act.keys.seal_json(&place(act, &key), &waybill)?, raw],
    )
}

/// Gross weight of an order's goods, and what they are in a few words.
fn load(
    view: &View<'_>,
    order: &customs::Order,
) -> Result<std::result::Result<(Weight, String), Message>> {
    let owner = OwnerId::new(&order.ebc_code);
    let mut gross = Weight::ZERO;
    for line in &order.lines {
        let Some(item) = goods::item(view, &owner, &ItemId::new(&line.item_no))? else {
            return Ok(Err(says::unknown_item(&line.item_no, &owner).0));
        };
        match item.gross(line.qty).and_then(|weight| gross.plus(weight)) {
            Some(sum) => gross = sum,
            None => return Ok(Err(says::bad_item(&line.item_no).0)),
        }
    }
    let info = order
        .lines
        .first()
        .map(|line| line.item_name.chars().take(100).collect())
        .unwrap_or_default();
    Ok(Ok((gross, info)))
}

fn free_number(act: &Act<'_>, district: &str) -> Result<Option<(String, String, String, Route)>> {
    let carriers = act.rows.all(
        "SELECT code, name FROM partners WHERE warehouse = ?1 AND kind = 'carrier' AND active = 1 ORDER BY created_at, code",
        values![act.warehouse.as_str()],
        |row| Ok((row.text(0)?, row.text(1)?)),
    )?;
    for (carrier, name) in carriers {
        let number = act.rows.one(
            "SELECT waybill_no FROM waybill_numbers WHERE warehouse = ?1 AND carrier = ?2 AND used = 0 ORDER BY waybill_no LIMIT 1",
            values![act.warehouse.as_str(), &carrier],
            |row| row.text(0),
        )?;
        if let (Some(number), Some(route)) = (number, route(act, &carrier, district)?) {
            return Ok(Some((carrier, name, number, route)));
        }
    }
    Ok(None)
}

/// The carrier's most exact entry for a district.
fn route(view: &View<'_>, carrier: &str, district: &str) -> Result<Option<Route>> {
    view.rows.one(
        "SELECT district, sort_code, hub, lane FROM routes WHERE warehouse = ?1 AND carrier = ?2 AND ?3 LIKE district || '%' \
         ORDER BY length(district) DESC LIMIT 1",
        values![view.warehouse.as_str(), carrier, district],
        |row| {
            Ok(Route {
                district: row.text(0)?,
                sort_code: row.text(1)?,
                hub: row.text(2)?,
                lane: row.text(3)?,
            })
        },
    )
}

/// The route printed on a waybill.
pub(crate) fn route_of(view: &View<'_>, key: &WaybillKey) -> Result<Route> {
    view.rows
        .one(
            "SELECT route FROM waybills WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3",
            values![view.warehouse.as_str(), &key.carrier, &key.waybill_no],
            |row| row.json(0),
        )?
        .ok_or_else(|| {
            Error::refused(
                StatusCode::NOT_FOUND,
                says::unknown_waybill(&key.waybill_no),
            )
        })
}

/// Whether the carrier has said that a parcel was signed for.
pub(crate) fn is_signed_for(view: &View<'_>, key: &WaybillKey) -> Result<bool> {
    let signed = view.rows.number(
        "SELECT count(*) FROM waybills WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3 AND status = 'S'",
        values![view.warehouse.as_str(), &key.carrier, &key.waybill_no],
    )?;
    Ok(signed == 1)
}

/// Something a carrier said about a parcel.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "TrackingWord")]
pub(crate) struct Told {
    status: String,
    at: Instant,
}

/// Writes down what a carrier says about a parcel. What counts is its newest word by the carrier's own
/// time; once a parcel was signed for, nothing that comes late takes that back.
pub(crate) fn tell(act: &Act<'_>, key: &WaybillKey, status: &str, at: Instant) -> Result<()> {
    act.rows.put(
        "INSERT INTO waybill_events (warehouse, carrier, waybill_no, status, at, told_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        values![act.warehouse.as_str(), &key.carrier, &key.waybill_no, status, at, act.now],
    )?;
    act.rows.change_one(
        "UPDATE waybills SET status = (SELECT e.status FROM waybill_events AS e WHERE e.warehouse = ?1 AND e.carrier = ?2 \
         AND e.waybill_no = ?3 ORDER BY CASE WHEN e.status = 'S' THEN 0 ELSE 1 END, e.at DESC, e.told_at DESC, e.status LIMIT 1) \
         WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3",
        values![act.warehouse.as_str(), &key.carrier, &key.waybill_no],
    )
}

/// Everything a carrier said about a parcel, in the order in which it happened.
pub(crate) fn told(view: &View<'_>, key: &WaybillKey) -> Result<Vec<Told>> {
    Ok(told_of(view, [key])?.remove(key).unwrap_or_default())
}

/// [`told`] of several parcels, by waybill.
pub(crate) fn told_of<'a>(
    view: &View<'_>,
    keys: impl IntoIterator<Item = &'a WaybillKey>,
) -> Result<BTreeMap<WaybillKey, Vec<Told>>> {
    let parts = |key: &'a WaybillKey| [key.carrier.as_str(), key.waybill_no.as_str()];
    let keys: Vec<_> = keys.into_iter().map(parts).collect();
    let found = view.rows.among(
        "SELECT carrier, waybill_no, status, at FROM waybill_events \
         WHERE warehouse = ?1 AND (carrier, waybill_no) IN ({keys}) ORDER BY at, told_at, status",
        view.warehouse.as_str(),
        &keys,
        |row| {
            let (carrier, waybill_no) = (row.text(0)?, row.text(1)?);
            let key = WaybillKey {
                carrier,
                waybill_no,
            };
            Ok((
                key,
                Told {
                    status: row.text(2)?,
                    at: row.instant(3)?,
                },
            ))
        },
    )?;
    Ok(by(found))
}

/// The waybill as declared. Names people.
pub(crate) fn document(view: &View<'_>, key: &WaybillKey) -> Result<customs::Waybill> {
    let sealed = view
        .rows
        .one(
            "SELECT document FROM waybills WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3",
            values![view.warehouse.as_str(), &key.carrier, &key.waybill_no],
            |row| row.bytes(0),
        )?
        .ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, says::unknown_waybill(&key.waybill_no)))?;
    view.keys.unseal_json(&place(view, key), &sealed)
}

pub(crate) fn place(view: &View<'_>, key: &WaybillKey) -> String {
    format!("{}|waybills|document|{key}", view.warehouse)
}

/// The head of a request of our own: `app_type` 1 new, 2 change.
pub(crate) fn filing(act: &Act<'_>, app_type: &str) -> Result<Filing> {
    Ok(Filing {
        guid: messages::guid()?,
        app_type: app_type.to_owned(),
        app_time: Some(act.now),
        app_status: "2".to_owned(),
    })
}
