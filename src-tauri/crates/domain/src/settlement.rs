//! Settlement: what is due to a merchant for a period, laid line by line beside what its payment
//! institution says it remitted.
//!
//! Both sides name the same transactions, so matching is by transaction and kind and never by amount
//! or date: two payments of one price must not cancel each other's mistake out. Every line of either
//! side ends up in exactly one matched line; what does not agree is a difference with a name.
//!
//! Not here: who pays whom in the end, and tax law. Foreign amounts are for reading; yuan decide.

use crate::message::Message;
use crate::quantity::Money;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a line is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A buyer paid; the institution passes it on.
    Payment,
    /// A buyer gets money back.
    Refund,
}

/// What two lines must share to be about the same thing.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct LineKey {
    /// The institution's number of the payment.
    pub transaction: String,
    /// Which way the money went.
    pub kind: LineKind,
}

/// A line on both sides, and what is wrong between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Matched {
    /// What it is about.
    #[serde(flatten)]
    pub key: LineKey,
    /// In yuan, as our documents have it.
    pub ours: Option<Money>,
    /// In yuan, as the institution has it.
    pub theirs: Option<Money>,
    /// What does not agree.
    pub difference: Option<Message>,
}

/// Lays both sides beside each other, in the order of the keys. A transaction that the institution
/// names twice is added up and pointed out, because it may have remitted it twice.
pub fn reconcile(
    ours: impl IntoIterator<Item = (LineKey, Money)>,
    theirs: impl IntoIterator<Item = (LineKey, Money)>,
) -> Vec<Matched> {
    let mut lines: BTreeMap<LineKey, (Option<Money>, Option<Money>, u32)> = BTreeMap::new();
    for (key, amount) in ours {
        let line = lines.entry(key).or_default();
        line.0 = add(line.0, amount);
    }
    for (key, amount) in theirs {
        let line = lines.entry(key).or_default();
        line.1 = add(line.1, amount);
        line.2 = line.2.saturating_add(1);
    }
    lines
        .into_iter()
        .map(|(key, (ours, theirs, times))| Matched {
            difference: difference(&key, ours, theirs, times),
            key,
            ours,
            theirs,
        })
        .collect()
}

/// What does not fit counts as the largest amount there is: it differs from everything real.
fn add(sum: Option<Money>, amount: Money) -> Option<Money> {
    let sum = sum.unwrap_or_default();
    Some(
        sum.plus(amount)
            .unwrap_or_else(|| Money::from_units(i64::MAX)),
    )
}

fn difference(
    key: &LineKey,
    ours: Option<Money>,
    theirs: Option<Money>,
    times: u32,
) -> Option<Message> {
    let of = &key.transaction;
    match (ours, theirs) {
        (Some(ours), None) => Some(says::not_remitted(of, ours)),
        (None, Some(theirs)) => Some(says::not_ours(of, theirs)),
        (Some(ours), Some(theirs)) if times > 1 => Some(says::twice(of, ours, theirs)),
        (Some(ours), Some(theirs)) if ours != theirs => {
            Some(says::amount_differs(of, ours, theirs))
        }
        _ => None,
    }
}

/// Yuan in another currency, at so many yuan for a hundred of it, rounded half up to two decimals:
/// the form in which central parity rates are published. `None` for a rate of nothing.
pub fn in_currency(yuan: Money, yuan_per_hundred: Money) -> Option<Money> {
    if !yuan_per_hundred.is_positive() {
        return None;
    }
    let amount = yuan
        .to_decimal()
        .checked_mul(Decimal::ONE_HUNDRED)?
        .checked_div(yuan_per_hundred.to_decimal())?
        .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    Money::from_decimal(amount).ok()
}

/// What a settlement may say.
pub mod says {
    crate::messages! {
        yes {
            /// The institution has not remitted a payment, or not returned a refund.
            not_remitted(transaction, ours) = "settlement.not_remitted";
            /// The institution names what our documents do not know.
            not_ours(transaction, theirs) = "settlement.not_ours";
            /// Amounts differ.
            amount_differs(transaction, ours, theirs) = "settlement.amount_differs";
            /// Named more than once.
            twice(transaction, ours, theirs) = "settlement.twice";
            /// A record's total is not what its lines come to.
            total_differs(number, stated, reckoned) = "settlement.total_differs";
            /// The shop withheld another tax than customs levied.
            tax_differs(order, withheld, levied) = "settlement.tax_differs";
        }
        no {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(transaction: &str, kind: LineKind) -> LineKey {
        LineKey {
            transaction: transaction.to_owned(),
            kind,
        }
    }

    fn yuan(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn every_way_two_sides_can_disagree_has_a_name() {
        let pay = |transaction| key(transaction, LineKind::Payment);
        let ours = [
            (pay("A"), yuan("10")),
            (pay("B"), yuan("20")),
            (pay("C"), yuan("30")),
            (pay("D"), yuan("40")),
        ];
        let theirs = [
            (pay("A"), yuan("10")),
            (pay("B"), yuan("20.01")),
            (pay("D"), yuan("40")),
            (pay("D"), yuan("40")),
            (pay("E"), yuan("50")),
            (key("A", LineKind::Refund), yuan("10")),
        ];
        let found: Vec<_> = reconcile(ours, theirs)
            .into_iter()
            .map(|line| line.difference.map(|message| message.code.to_string()))
            .collect();
        let named = |code: &str| Some(format!("settlement.{code}"));
        assert_eq!(
            found,
            [
                None,
                named("not_ours"),
                named("amount_differs"),
                named("not_remitted"),
                named("twice"),
                named("not_ours")
            ]
        );
    }

    #[test]
    fn a_hundred_yen_have_a_rate_and_nothing_has_none() {
        assert_eq!(in_currency(yuan("100"), yuan("4.7")), Some(yuan("2127.66")));
        assert_eq!(
            in_currency(yuan("338.21"), yuan("422.5")),
            Some(yuan("80.05"))
        );
        assert_eq!(in_currency(yuan("1"), Money::ZERO), None);
    }

    proptest! {
        #[test]
        fn without_differences_both_sides_come_to_the_same(
            ours in proptest::collection::vec((0u8..6, 1i64..1000), 0..12), theirs in proptest::collection::vec((0u8..6, 1i64..1000), 0..12),
        ) {
            let side = |lines: &[(u8, i64)]| {
                lines
                    .iter()
                    .map(|(n, units)| (key(&n.to_string(), LineKind::Payment), Money::from_units(*units)))
                    .collect::<Vec<_>>()
            };
            let matched = reconcile(side(&ours), side(&theirs));
            let sum = |lines: &[(u8, i64)]| lines.iter().map(|(_, units)| units).sum::<i64>();
            let all = |of: fn(&Matched) -> Option<Money>| matched.iter().filter_map(of).map(Money::units).sum::<i64>();
            prop_assert_eq!(all(|line| line.ours), sum(&ours));
            prop_assert_eq!(all(|line| line.theirs), sum(&theirs));
            if matched.iter().all(|line| line.difference.is_none()) {
                prop_assert_eq!(sum(&ours), sum(&theirs));
            }
        }
    }
}
