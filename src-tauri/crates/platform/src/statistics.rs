//! Statistics: what came in, what it was worth, how long customs took, and why it refused.

use crate::authority::View;
use crate::enquiry::Scope;
use crate::error::{Error, Result};
use crate::rows::{Row, values};
use bondhouse_domain::quantity::{Money, Quantity};
use bondhouse_domain::time::{Instant, Span};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a statistic is laid out by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// Civil day of the warehouse on which the order came.
    Day,
    /// Merchant.
    Merchant,
    /// HS chapter of the dearest line.
    Chapter,
    /// First four digits of the consignee's division: the city.
    District,
}

/// One line of a statistic.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Line {
    key: String,
    orders: u64,
    pieces: Quantity,
    goods_value: Money,
    /// As the shops withheld it.
    tax: Money,
    /// As customs levied it so far, void bills left out.
    tax_levied: Money,
    cleared: u64,
    cancelled: u64,
    /// From declaration to release, on average over what was released.
    release_ms: Option<u64>,
    /// Why customs did not release some of them at first, or at all.
    refusals: Vec<Reason>,
}

/// How often customs gave a reason for not releasing.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Reason {
    status: String,
    /// Customs' code inside its text, empty when it gave none.
    code: String,
    times: u64,
}

/// Both for a period; the reasons once more over all lines.
#[derive(Debug, Serialize)]
pub(crate) struct Statistics {
    lines: Vec<Line>,
    refusals: Vec<Reason>,
}

/// Statistics of the orders that came from one civil day to another, both included.
pub(crate) fn of_period(
    view: &View<'_>,
    scope: &Scope,
    from: NaiveDate,
    to: NaiveDate,
    by: By,
) -> Result<Statistics> {
    let zone = view.settings()?.zone;
    let start = |day: NaiveDate| {
        zone.instant(day.and_time(NaiveTime::MIN))
            .unwrap_or(Instant::from_millis(0))
    };
    let (since, until) = (start(from), start(to).plus(Span::minutes(24 * 60)));
    let key_of = |row: &Row<'_>| {
        Ok::<_, Error>(match by {
            By::Day => zone.date_at(row.instant(0)?).to_string(),
            By::Merchant => row.text(1)?,
            By::Chapter => row.text(2)?,
            By::District => row.text(3)?.chars().take(4).collect(),
        })
    };
    let orders = values![view.warehouse.as_str(), since, until, scope.owner()];
    let mut lines: BTreeMap<String, (Line, i64)> = BTreeMap::new();
    let rows = view
        .rows
        .all(include_str!("statistics_orders.sql"), orders, |row| {
            let key = key_of(row)?;
            let released = row.maybe_int(8)?;
            let one = Line {
                key: key.clone(),
                orders: 1,
                pieces: Quantity::from_units(row.int(4)?),
                goods_value: Money::from_units(row.int(5)?),
                tax: Money::from_units(row.int(6)?),
                tax_levied: Money::from_units(row.int(9)?),
                cleared: u64::from(released.is_some()),
                cancelled: u64::from(row.text(7)? == "cancelled"),
                ..Line::default()
            };
            Ok((key, one, released.unwrap_or(0)))
        })?;
    for (key, one, took) in rows {
        let (line, sum) = lines.entry(key.clone()).or_insert_with(|| {
            (
                Line {
                    key,
                    ..Line::default()
                },
                0,
            )
        });
        line.add(&one);
        *sum = sum.saturating_add(took);
    }
    let mut refused = Reasons::new();
    let refusals = view
        .rows
        .all(include_str!("statistics_refusals.sql"), orders, |row| {
            Ok((key_of(row)?, row.text(4)?, row.text(5)?))
        })?;
    for (key, status, info) in refusals {
        let reason = (key, status, code_in(&info).to_owned());
        let times = refused.entry(reason).or_default();
        *times = times.saturating_add(1);
    }
    let lines = lines.into_values().map(|(line, sum)| Line {
        release_ms: u64::try_from(sum)
            .ok()
            .and_then(|sum| sum.checked_div(line.cleared)),
        refusals: reasons(refused.iter().filter(|((key, _, _), _)| *key == line.key)),
        ..line
    });
    Ok(Statistics {
        lines: lines.collect(),
        refusals: reasons(refused.iter()),
    })
}

/// How often each reason was given: by line, status and code.
type Reasons = BTreeMap<(String, String, String), u64>;

/// Customs' code inside its text; empty when it gave none.
fn code_in(info: &str) -> &str {
    info.split_once("[Code:")
        .and_then(|(_, rest)| rest.split_once([';', ']']))
        .map_or("", |(code, _)| code.trim())
}

/// Reasons added up over whatever lines they are of.
fn reasons<'a>(of: impl Iterator<Item = (&'a (String, String, String), &'a u64)>) -> Vec<Reason> {
    let mut sums: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for ((_, status, code), times) in of {
        let sum = sums.entry((status, code)).or_default();
        *sum = sum.saturating_add(*times);
    }
    sums.into_iter()
        .map(|((status, code), times)| Reason {
            status: status.to_owned(),
            code: code.to_owned(),
            times,
        })
        .collect()
}

impl Line {
    fn add(&mut self, one: &Self) {
        self.orders = self.orders.saturating_add(one.orders);
        self.pieces = self.pieces.plus(one.pieces).unwrap_or(self.pieces);
        self.goods_value = self
            .goods_value
            .plus(one.goods_value)
            .unwrap_or(self.goods_value);
        self.tax = self.tax.plus(one.tax).unwrap_or(self.tax);
        self.tax_levied = self
            .tax_levied
            .plus(one.tax_levied)
            .unwrap_or(self.tax_levied);
        self.cleared = self.cleared.saturating_add(one.cleared);
        self.cancelled = self.cancelled.saturating_add(one.cancelled);
    }
}
