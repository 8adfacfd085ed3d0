//! Statistics: what came in, what it was worth, how long customs took, and why it refused.
//!
//! Every cut is of the same orders, and `all` says them once; by chapter an order with goods of two
//! chapters counts under both, with what it has of each ([`chapters`]).

mod chapters;

pub(crate) use chapters::shares;

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
    /// HS chapter of the lines.
    Chapter,
    /// First four digits of the consignee's division: the city.
    District,
}

/// One line of a statistic.
#[derive(Debug, Default, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "StatisticsLine")]
pub(crate) struct Line {
    /// What the cut is by; empty over all.
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
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub(crate) struct Reason {
    status: String,
    /// Customs' code inside its text, empty when it gave none.
    code: String,
    times: u64,
}

/// Both for a period; the orders and the reasons once more over all lines, each counted once.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Statistics {
    lines: Vec<Line>,
    all: Line,
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
    let orders = values![view.warehouse.as_str(), since, until, scope.owner()];
    let parts = match by {
        By::Chapter => chapters::of_orders(view, orders)?,
        By::Day | By::Merchant | By::District => BTreeMap::new(),
    };
    // The lines that an order counts under.
    let keys_of = |row: &Row<'_>, order: &chapters::Key| {
        Ok::<_, Error>(match by {
            By::Day => vec![zone.date_at(row.instant(0)?).to_string()],
            By::Merchant => vec![row.text(1)?],
            By::District => vec![row.text(2)?.chars().take(4).collect()],
            By::Chapter => parts
                .get(order)
                .map(|parts| parts.keys().cloned().collect())
                .unwrap_or_default(),
        })
    };
    let rows = view
        .rows
        .all(include_str!("statistics/orders.sql"), orders, |row| {
            let order = (row.text(9)?, row.text(10)?);
            let released = row.maybe_int(7)?;
            let one = Line {
                orders: 1,
                pieces: Quantity::from_units(row.int(3)?),
                goods_value: Money::from_units(row.int(4)?),
                tax: Money::from_units(row.int(5)?),
                tax_levied: Money::from_units(row.int(8)?),
                cleared: u64::from(released.is_some()),
                cancelled: u64::from(row.text(6)? == "cancelled"),
                ..Line::default()
            };
            Ok((keys_of(row, &order)?, order, one, released.unwrap_or(0)))
        })?;
    let mut lines: BTreeMap<String, (Line, i64)> = BTreeMap::new();
    let mut all = (Line::default(), 0_i64);
    for (keys, order, one, took) in rows {
        all.0.add(&one);
        all.1 = all.1.saturating_add(took);
        for key in keys {
            let part = parts.get(&order).and_then(|parts| parts.get(&key));
            let (line, sum) = lines.entry(key).or_default();
            line.add(&part.map_or_else(|| one.clone(), |part| one.of(part)));
            *sum = sum.saturating_add(took);
        }
    }
    let (mut refused, mut refused_at_all) = (Reasons::new(), Reasons::new());
    let refusals = view
        .rows
        .all(include_str!("statistics/refusals.sql"), orders, |row| {
            let order = (row.text(5)?, row.text(6)?);
            Ok((keys_of(row, &order)?, row.text(3)?, row.text(4)?))
        })?;
    for (keys, status, info) in refusals {
        let code = code_in(&info);
        let count = |counts: &mut Reasons, key: String| {
            let times = counts
                .entry((key, status.clone(), code.to_owned()))
                .or_default();
            *times = times.saturating_add(1);
        };
        count(&mut refused_at_all, String::new());
        for key in keys {
            count(&mut refused, key);
        }
    }
    let lines = lines.into_iter().map(|(key, (line, sum))| Line {
        release_ms: average(sum, line.cleared),
        refusals: reasons(refused.iter().filter(|((of, _, _), _)| *of == key)),
        key,
        ..line
    });
    let refusals = reasons(refused_at_all.iter());
    Ok(Statistics {
        lines: lines.collect(),
        all: Line {
            release_ms: average(all.1, all.0.cleared),
            refusals: refusals.clone(),
            ..all.0
        },
        refusals,
    })
}

fn average(sum: i64, of: u64) -> Option<u64> {
    u64::try_from(sum).ok().and_then(|sum| sum.checked_div(of))
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
    /// An order as far as one chapter has part in it.
    fn of(&self, part: &chapters::Part) -> Self {
        Self {
            pieces: part.pieces,
            goods_value: part.goods_value,
            tax: part.tax,
            tax_levied: part.tax_levied,
            ..self.clone()
        }
    }

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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use crate::authority::SCHEMA;
    use rusqlite::{Connection, params};

    #[test]
    fn a_days_statistic_reads_that_days_orders_and_what_belongs_to_them() {
        let connection = Connection::open_in_memory().unwrap();
        for step in SCHEMA.migrations {
            connection.execute_batch(step.sql).unwrap();
        }
        crate::planner::tell(&connection).unwrap();
        for sql in [
            include_str!("statistics/orders.sql"),
            include_str!("statistics/lines.sql"),
            include_str!("statistics/bills.sql"),
            include_str!("statistics/refusals.sql"),
        ] {
            let mut plan = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let steps = plan
                .query_map(params!["W1", 0, 1, ""], |row| row.get::<_, String>(3))
                .unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            assert!(
                steps
                    .iter()
                    .any(|step| step.contains("orders_by_time (warehouse=? AND received_at>")),
                "{steps:?}"
            );
            let whole_table = |step: &&String| step.starts_with("SCAN");
            let read = steps
                .iter()
                .find(|step| whole_table(step) || step.contains("AUTOMATIC"));
            assert_eq!(read, None, "{steps:?}");
        }
    }
}
