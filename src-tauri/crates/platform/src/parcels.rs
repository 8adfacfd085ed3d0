//! What a packed parcel weighed, and whether its papers explain it.
//!
//! The bench refuses a weight that its rule does not allow, but a bench can be wrong: its rule may be an
//! old one, its scale another's. So the authority keeps the weight with the parcel and judges it anew by
//! the rule in force on the day it was packed, against the gross weight that waybill and list declare
//! and the net weight of what is inside. A parcel that weighs something else is packed all the same:
//! the difference is a case, and holding the parcel is the supervisor's. Papers are not changed here:
//! what customs released stays what was declared.

use crate::authority::{Act, View};
use crate::error::Result;
use crate::leases::Leased;
use crate::rows::values;
use crate::{cases, goods, orders};
use bondhouse_domain::facts::Released;
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::leases::Right;
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::quantity::Weight;
use bondhouse_domain::release::weighing::WeightRule;
use bondhouse_domain::time::Instant;
use serde::Serialize;
use std::collections::BTreeMap;

/// A parcel's weight beside its papers'.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct ParcelWeight {
    /// On the scale, gross.
    weighed: Weight,
    /// In the papers, gross.
    declared: Weight,
    /// More than the rule of that day explains.
    differs: bool,
    /// When the parcel was released.
    at: Instant,
}

/// Keeps the weight of a parcel that was released at `at`; a difference becomes a case about `event`.
pub(crate) fn weighed(
    act: &Act<'_>,
    event: &str,
    at: Instant,
    released: &Released,
    leased: &Leased,
) -> Result<Option<CaseCode>> {
    let (Some(weighed), Right::Order(right)) = (released.gross_weight, &leased.lease.right) else {
        return Ok(None);
    };
    let declared = right.gross_weight;
    let rules = WeightRule::shipped();
    let rule = WeightRule::in_force(&rules, act.settings.zone.date_at(at));
    let differs = rule.is_some_and(|rule| rule.judge(declared, weighed).is_err())
        || net(act, released)?.is_some_and(|net| weighed < net);
    act.rows.put(
        "INSERT INTO parcel_weights (warehouse, platform, order_no, weighed, declared, differs, basis, at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (warehouse, platform, order_no) DO UPDATE \
         SET weighed = excluded.weighed, declared = excluded.declared, differs = excluded.differs, \
             basis = excluded.basis, at = excluded.at",
        values![
            act.warehouse.as_str(),
            &released.order.platform,
            &released.order.order_no,
            weighed.units(),
            declared.units(),
            i64::from(differs),
            rule.map_or("", |rule| &rule.basis),
            at,
        ],
    )?;
    if !differs {
        return Ok(None);
    }
    cases::open(act, CaseCode::WeightDiffers, event)?;
    Ok(Some(CaseCode::WeightDiffers))
}

/// Net weight of what is inside; none when an item is no longer listed or it does not add up.
fn net(view: &View<'_>, released: &Released) -> Result<Option<Weight>> {
    let mut sum = Weight::ZERO;
    for line in &released.lines {
        let item = goods::item(view, &line.goods.owner, &line.goods.item)?;
        match item
            .and_then(|item| item.net(line.qty))
            .and_then(|net| sum.plus(net))
        {
            Some(more) => sum = more,
            None => return Ok(None),
        }
    }
    Ok(Some(sum))
}

/// The weights kept with the parcels of orders, as far as they were weighed.
pub(crate) fn weights(
    view: &View<'_>,
    keys: &[[&str; 2]],
) -> Result<BTreeMap<OrderKey, ParcelWeight>> {
    let found = view.rows.among(
        "SELECT platform, order_no, weighed, declared, differs, at FROM parcel_weights \
         WHERE warehouse = ?1 AND (platform, order_no) IN ({keys})",
        view.warehouse.as_str(),
        keys,
        |row| {
            let weight = ParcelWeight {
                weighed: Weight::from_units(row.int(2)?),
                declared: Weight::from_units(row.int(3)?),
                differs: row.flag(4)?,
                at: row.instant(5)?,
            };
            Ok((orders::key(row)?, weight))
        },
    )?;
    Ok(found.into_iter().collect())
}
