//! What each HS chapter has in an order: pieces, value, tax withheld and tax levied.
//!
//! Goods of several chapters travel in one order, and some amounts are said for the order as a whole: the
//! goods' value after rounding, what the shop withheld, a bill without lines. Those are shared by price,
//! a bill by its own lines; each share is exact to the last unit, so that chapters add up to what every
//! other cut of the same orders says. Only orders do not: one with two chapters counts under both.

use crate::authority::View;
use crate::error::{Error, Result};
use crate::rows::Value;
use bondhouse_domain::quantity::{Money, Quantity};
use std::collections::BTreeMap;

/// What of an order is of one chapter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) pieces: Quantity,
    pub(super) goods_value: Money,
    pub(super) tax: Money,
    pub(super) tax_levied: Money,
}

/// Platform and number of an order.
pub(super) type Key = (String, String);

/// An order by chapter.
pub(super) type Parts = BTreeMap<String, Part>;

struct Line {
    gnum: u32,
    chapter: String,
    price: i64,
}

/// The parts of every order that `orders` names: warehouse, from, until, owner.
pub(super) fn of_orders(view: &View<'_>, orders: &[Value]) -> Result<BTreeMap<Key, Parts>> {
    let mut parts: BTreeMap<Key, Parts> = BTreeMap::new();
    let mut lines: BTreeMap<Key, Vec<Line>> = BTreeMap::new();
    let read = view.rows.all(include_str!("lines.sql"), orders, |row| {
        let part = Part {
            pieces: Quantity::from_units(row.int(4)?),
            goods_value: Money::from_units(row.int(5)?),
            tax: Money::from_units(row.int(6)?),
            tax_levied: Money::ZERO,
        };
        let line = Line {
            gnum: row.count32(2)?,
            chapter: row.text(3)?,
            price: row.int(5)?,
        };
        Ok(((row.text(0)?, row.text(1)?), line, part))
    })?;
    for (key, line, part) in read {
        let chapters = parts.entry(key.clone()).or_default();
        let known = chapters.entry(line.chapter.clone()).or_default();
        *known = known.plus(&part).ok_or_else(too_large)?;
        lines.entry(key).or_default().push(line);
    }
    for (key, bill) in bills(view, orders)? {
        let (Some(chapters), Some(lines)) = (parts.get_mut(&key), lines.get(&key)) else {
            continue;
        };
        let of_line = |gnum: u32| bill.lines.get(&gnum).copied().unwrap_or(0);
        let mut weights: Vec<i64> = lines.iter().map(|line| of_line(line.gnum)).collect();
        if weights.iter().all(|weight| *weight == 0) {
            weights = lines.iter().map(|line| line.price).collect();
        }
        for (line, share) in lines.iter().zip(shares(bill.whole, &weights)) {
            let part = Part {
                tax_levied: Money::from_units(share),
                ..Part::default()
            };
            let known = chapters.entry(line.chapter.clone()).or_default();
            *known = known.plus(&part).ok_or_else(too_large)?;
        }
    }
    Ok(parts)
}

/// A bill: all of it, and what customs levied on each line it names.
#[derive(Default)]
struct Bill {
    whole: i64,
    lines: BTreeMap<u32, i64>,
}

fn bills(view: &View<'_>, orders: &[Value]) -> Result<Vec<(Key, Bill)>> {
    let mut bills: BTreeMap<(Key, String), Bill> = BTreeMap::new();
    let read = view.rows.all(include_str!("bills.sql"), orders, |row| {
        let bill = ((row.text(0)?, row.text(1)?), row.text(2)?);
        Ok((bill, row.int(3)?, row.maybe_int(4)?, row.maybe_int(5)?))
    })?;
    for (bill, whole, gnum, tax) in read {
        let bill = bills.entry(bill).or_default();
        bill.whole = whole;
        if let (Some(Ok(gnum)), Some(tax)) = (gnum.map(u32::try_from), tax) {
            bill.lines.insert(gnum, tax);
        }
    }
    Ok(bills
        .into_iter()
        .map(|((key, _), bill)| (key, bill))
        .collect())
}

impl Part {
    fn plus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            pieces: self.pieces.plus(other.pieces)?,
            goods_value: self.goods_value.plus(other.goods_value)?,
            tax: self.tax.plus(other.tax)?,
            tax_levied: self.tax_levied.plus(other.tax_levied)?,
        })
    }
}

fn too_large() -> Error {
    Error::broken("an order too large to count")
}

/// Shares a sum by weights, exactly: what rounding leaves over falls to the lines where it is due. By no
/// weight at all the first line has everything; a negative one counts as none.
pub(crate) fn shares(sum: i64, weights: &[i64]) -> Vec<i64> {
    let weights: Vec<i128> = weights.iter().map(|w| i128::from(*w).max(0)).collect();
    let all: i128 = weights.iter().sum();
    let (mut so_far, mut given) = (0_i128, 0_i128);
    let share = |weight: &i128| {
        so_far += weight;
        // Up to here so much is due of the whole; the line gets what was not given yet.
        let due = match all {
            0 => i128::from(sum),
            all => i128::from(sum) * so_far / all,
        };
        let share = due - given;
        given = due;
        i64::try_from(share).unwrap_or(0)
    };
    weights.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::shares;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_add_up_and_none_is_a_unit_off(
            sum in 0_i64..1 << 50, weights in proptest::collection::vec(0_i64..1 << 50, 1..12),
        ) {
            let shared = shares(sum, &weights);
            prop_assert_eq!(shared.iter().sum::<i64>(), sum);
            let all: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            for (share, weight) in shared.iter().zip(&weights).filter(|_| all > 0) {
                let exact = i128::from(sum) * i128::from(*weight);
                prop_assert!((i128::from(*share) * all - exact).abs() <= all, "{share} of {sum}");
            }
        }
    }

    #[test]
    fn what_weighs_nothing_gets_nothing_unless_nothing_weighs_anything() {
        assert_eq!(shares(100, &[0, 3, 0, 1]), [0, 75, 0, 25]);
        assert_eq!(shares(7, &[0, 0]), [7, 0]);
        assert_eq!(shares(10, &[1, 1, 1]), [3, 3, 4]);
        assert_eq!(shares(5, &[-1, 5]), [0, 5]);
    }
}
