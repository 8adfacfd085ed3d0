//! Guarantees and quotas: what lists with customs draw on a merchant's guarantee and a buyer's year.
//!
//! A list draws from the moment it is declared: our estimate of its tax, or what the shop withheld
//! where the rates are not known; customs' own figure once the bill comes; nothing once it is refused,
//! cancelled or void. Paying the summary bill frees the guarantee, a return that is completed frees its
//! share of both. The rules are `domain::tax::account`; this keeps one row a list, and beside each
//! merchant the sum of them, which the doctor adds up again.
//!
//! Buyers are known by the keyed hash that their orders carry; nothing here sees a number.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::orders;
use crate::rows::{name_of, named, values};
use crate::{goods, says};
use bondhouse_domain::customs::Order;
use bondhouse_domain::ids::{OrderKey, OwnerId};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::quantity::Money;
use bondhouse_domain::tax::account::{Draw, Stage};
use bondhouse_domain::time::{Instant, Zone};
use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

/// A guarantee as the operator sets it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guarantee {
    owner: OwnerId,
    /// In yuan; nothing is said when the merchant's tax is not limited here.
    amount: Option<Money>,
}

/// A guarantee as it stands.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "GuaranteeStanding")]
pub(crate) struct Standing {
    owner: String,
    amount: Option<Money>,
    /// By lists that are neither undone nor paid.
    drawn: Money,
    /// Below nothing when customs billed more than it covers.
    left: Option<Money>,
}

fn too_large() -> Error {
    Error::broken("a guarantee too large to count")
}

/// Sets how far a merchant's tax is covered.
pub(crate) fn set(act: &Act<'_>, guarantee: &Guarantee) -> Result<bool> {
    if !goods::is_owner(act, &guarantee.owner)? {
        return Err(says::unknown_owner(&guarantee.owner).into());
    }
    if guarantee.amount.is_some_and(Money::is_negative) {
        return Err(says::incomplete("amount").into());
    }
    let changed = act.rows.change(
        "INSERT INTO guarantees (warehouse, owner, amount, drawn) VALUES (?1, ?2, ?3, 0) \
         ON CONFLICT (warehouse, owner) DO UPDATE SET amount = excluded.amount \
         WHERE coalesce(guarantees.amount, -1) <> coalesce(excluded.amount, -1)",
        values![
            act.warehouse.as_str(),
            guarantee.owner.as_str(),
            guarantee.amount.map(Money::units)
        ],
    )?;
    Ok(changed == 1)
}

/// Every guarantee, or one merchant's (`%` is all).
pub(crate) fn list(view: &View<'_>, owner: &str) -> Result<Vec<Standing>> {
    view.rows.all(
        "SELECT owner, amount, drawn FROM guarantees WHERE warehouse = ?1 AND owner LIKE ?2 ORDER BY owner",
        values![view.warehouse.as_str(), owner],
        |row| {
            let amount = row.maybe_int(1)?.map(Money::from_units);
            let drawn = Money::from_units(row.int(2)?);
            Ok(Standing {
                owner: row.text(0)?,
                amount,
                drawn,
                left: amount
                    .map(|amount| amount.minus(drawn).ok_or_else(too_large))
                    .transpose()?,
            })
        },
    )
}

/// What is left of a merchant's guarantee before an order draws on it; nothing when it has none.
pub(crate) fn left(view: &View<'_>, owner: &str, order: &OrderKey) -> Result<Option<Money>> {
    let row = view.rows.one(
        "SELECT amount, drawn FROM guarantees WHERE warehouse = ?1 AND owner = ?2",
        values![view.warehouse.as_str(), owner],
        |row| Ok((row.maybe_int(0)?, row.int(1)?)),
    )?;
    let Some((Some(amount), drawn)) = row else {
        return Ok(None);
    };
    // Compared again after it was declared, it does not stand in its own way.
    let own = view.rows.number(
        "SELECT coalesce(sum(tax), 0) FROM list_draws WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3 AND stage = 'open'",
        values![view.warehouse.as_str(), &order.platform, &order.order_no],
    )?;
    let [amount, drawn, own] = [amount, drawn, own].map(Money::from_units);
    let left = amount.minus(drawn).and_then(|left| left.plus(own));
    left.map(Some).ok_or_else(too_large)
}

/// What the buyer's other lists of a day's calendar year came to, less what came back.
pub(crate) fn spent(view: &View<'_>, order: &Order, zone: Zone, on: NaiveDate) -> Result<Money> {
    let (since, until) = year(zone, on.year());
    let [buyer, or_buyer]: [Hash; 2] = orders::buyer_hashes(view, order)?;
    let units = view.rows.number(
        "SELECT coalesce(sum(d.value), 0) FROM orders AS o \
         JOIN list_draws AS d ON d.warehouse = o.warehouse AND d.platform = o.platform AND d.order_no = o.order_no \
         WHERE o.warehouse = ?1 AND o.buyer_hash IN (?2, ?3) AND d.declared_at >= ?4 AND d.declared_at < ?5 \
         AND d.stage <> 'undone' AND NOT (o.platform = ?6 AND o.order_no = ?7)",
        values![
            view.warehouse.as_str(), buyer, or_buyer, since, until, &order.ebp_code, &order.order_no,
        ],
    )?;
    Ok(Money::from_units(units))
}

/// The moments at which a calendar year of the warehouse begins and ends.
fn year(zone: Zone, year: i32) -> (Instant, Instant) {
    let first = |year| {
        NaiveDate::from_ymd_opt(year, 1, 1)
            .and_then(|day| zone.instant(day.and_time(NaiveTime::MIN)))
    };
    let since = first(year).unwrap_or(Instant::from_millis(0));
    let until = first(year.saturating_add(1)).unwrap_or(Instant::from_millis(i64::MAX));
    (since, until)
}

/// A list was declared: it draws from now.
pub(crate) fn declared(
    act: &Act<'_>,
    cop_no: &str,
    key: &OrderKey,
    owner: &str,
    draw: Draw,
) -> Result<()> {
    act.rows.change_one(
        "INSERT INTO list_draws (warehouse, cop_no, platform, order_no, owner, declared_at, value, tax, stage) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        values![
            act.warehouse.as_str(), cop_no, &key.platform, &key.order_no, owner, act.now, draw.value.units(), draw.tax.units(),
            name_of(&draw.stage)?,
        ],
    )?;
    add(act, owner, draw.on_guarantee())
}

/// What a list draws became something else; a list that never drew is none of ours.
///
/// Answers whether less is drawn on anything, so that orders which wait may be tried again.
pub(crate) fn change(
    act: &Act<'_>,
    cop_no: &str,
    next: impl FnOnce(Draw) -> Option<Draw>,
) -> Result<bool> {
    let found = act.rows.one(
        "SELECT owner, value, tax, stage FROM list_draws WHERE warehouse = ?1 AND cop_no = ?2",
        values![act.warehouse.as_str(), cop_no],
        |row| {
            let draw = Draw {
                value: Money::from_units(row.int(1)?),
                tax: Money::from_units(row.int(2)?),
                stage: named::<Stage>(row.text(3)?)?,
            };
            Ok((row.text(0)?, draw))
        },
    )?;
    let Some((owner, before)) = found else {
        return Ok(false);
    };
    let after = next(before).ok_or_else(too_large)?;
    if after == before {
        return Ok(false);
    }
    act.rows.change_one(
        "UPDATE list_draws SET value = ?3, tax = ?4, stage = ?5 WHERE warehouse = ?1 AND cop_no = ?2",
        values![
            act.warehouse.as_str(),
            cop_no,
            after.value.units(),
            after.tax.units(),
            name_of(&after.stage)?
        ],
    )?;
    let more = after.on_guarantee().minus(before.on_guarantee());
    add(act, &owner, more.ok_or_else(too_large)?)?;
    Ok(after.on_guarantee() < before.on_guarantee() || after.on_year() < before.on_year())
}

fn add(act: &Act<'_>, owner: &str, more: Money) -> Result<()> {
    act.rows.change_one(
        "INSERT INTO guarantees (warehouse, owner, amount, drawn) VALUES (?1, ?2, NULL, ?3) \
         ON CONFLICT (warehouse, owner) DO UPDATE SET drawn = guarantees.drawn + excluded.drawn",
        values![act.warehouse.as_str(), owner, more.units()],
    )
}

/// Merchants whose sum is not what their lists draw, for the doctor: `(owner, kept, added up)`.
pub(crate) fn wrong(view: &View<'_>) -> Result<Vec<(String, Money, Money)>> {
    view.rows.all(
        "SELECT g.owner, g.drawn, coalesce((SELECT sum(d.tax) FROM list_draws AS d \
         WHERE d.warehouse = g.warehouse AND d.owner = g.owner AND d.stage = 'open'), 0) AS added \
         FROM guarantees AS g WHERE g.warehouse = ?1 AND g.drawn <> coalesce((SELECT sum(d.tax) FROM list_draws AS d \
         WHERE d.warehouse = g.warehouse AND d.owner = g.owner AND d.stage = 'open'), 0) ORDER BY g.owner",
        values![view.warehouse.as_str()],
        |row| Ok((row.text(0)?, Money::from_units(row.int(1)?), Money::from_units(row.int(2)?))),
    )
}

/// How many lists draw or drew, for the doctor.
pub(crate) fn count(view: &View<'_>) -> Result<usize> {
    let count = view.rows.number(
        "SELECT count(*) FROM list_draws WHERE warehouse = ?1",
        values![view.warehouse.as_str()],
    )?;
    usize::try_from(count).map_err(|_| Error::broken("a count below nothing"))
}
