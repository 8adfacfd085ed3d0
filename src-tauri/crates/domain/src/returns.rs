//! Returns: goods that come back into the zone after they had left it, and the tax that is not levied then.
//!
//! Two facts make a return: customs grants the application (CEB626), and the goods are back at the
//! place they left from. Each has its time limit, counted in civil days from the release of the list.
//! How the tax of a line is shared over its pieces is nowhere published: here each return takes its
//! share, rounded half up to the fen, and the last one takes what is left, so that the parts never
//! come to more than the whole.
//!
//! Not here: whether goods are fit to be sold again, and the tax bill itself, which customs voids.

use crate::clearance::{Answers, LoggedReceipt, Status};
use crate::quantity::{Money, Quantity};
use chrono::{Days, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// What the law says of returns from a date on. The catalogue of such entries is `assets/law/returns.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLaw {
    /// First day in force.
    pub since: NaiveDate,
    /// Where it is written.
    pub basis: String,
    /// Days after the release within which a return may be applied for.
    pub apply_within_days: u64,
    /// Days after the release within which the goods must be back.
    pub arrive_within_days: u64,
}

impl ReturnLaw {
    /// The entries that come with the product.
    pub fn shipped() -> Vec<Self> {
        // The file is part of the build and a test reads it.
        serde_json::from_str(include_str!("../../../../assets/law/returns.json"))
            .unwrap_or_default()
    }

    /// The law in force on a day: the latest entry that began by then.
    pub fn in_force(laws: &[Self], on: NaiveDate) -> Option<&Self> {
        laws.iter()
            .filter(|law| law.since <= on)
            .max_by_key(|law| law.since)
    }

    /// The last day on which a return of goods released on a day may be applied for.
    pub fn apply_by(&self, released: NaiveDate) -> NaiveDate {
        later(released, self.apply_within_days)
    }

    /// The last day on which they may be back.
    pub fn arrive_by(&self, released: NaiveDate) -> NaiveDate {
        later(released, self.arrive_within_days)
    }
}

fn later(day: NaiveDate, by: u64) -> NaiveDate {
    day.checked_add_days(Days::new(by)).unwrap_or(day)
}

/// What customs made of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// Nothing decisive yet.
    Waiting,
    /// The goods may come back.
    Yes,
    /// They may not.
    No,
}

/// The answer to an application: the newest decisive receipt of its log stands, whatever came first here.
pub fn granted(log: &[LoggedReceipt]) -> Granted {
    let mut answers: Vec<&LoggedReceipt> = log
        .iter()
        .filter(|receipt| receipt.answers == Answers::Return)
        .collect();
    answers.sort_by(|a, b| a.place().cmp(&b.place()));
    answers
        .into_iter()
        .fold(Granted::Waiting, |now, receipt| match receipt.status {
            Status::Approved | Status::Released | Status::Closed => Granted::Yes,
            Status::Rejected | Status::Exception(_) => Granted::No,
            _ => now,
        })
}

/// What of a line's tax is not levied when some of it comes back.
///
/// `declared` is the line's whole quantity, `before` what came back of it earlier with `refunded`.
/// `None` when more comes back than was declared, or a number does not fit.
pub fn refund(
    tax: Money,
    declared: Quantity,
    before: Quantity,
    refunded: Money,
    now: Quantity,
) -> Option<Money> {
    let left = declared.minus(before)?.minus(now)?;
    if left.is_negative() || !now.is_positive() {
        return None;
    }
    if left == Quantity::ZERO {
        return tax.minus(refunded);
    }
    let share = tax
        .to_decimal()
        .checked_mul(now.to_decimal())?
        .checked_div(declared.to_decimal())?;
    let share = Money::from_decimal(fen(share)).ok()?;
    // Halves that were rounded up must not add up to more than the tax.
    Some(share.min(tax.minus(refunded)?))
}

fn fen(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Hash;
    use crate::time::Instant;
    use proptest::prelude::*;

    #[test]
    fn the_shipped_law_is_read_and_counts_days_from_the_release() {
        let laws = ReturnLaw::shipped();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let law = ReturnLaw::in_force(&laws, day("2026-11-22")).unwrap();
        assert_eq!(law.apply_by(day("2026-11-22")), day("2026-12-22"));
        assert_eq!(law.arrive_by(day("2026-11-22")), day("2027-01-06"));
        assert_eq!(ReturnLaw::in_force(&laws, day("2020-01-01")), None);
    }

    #[test]
    fn the_newest_word_of_customs_stands_in_whichever_order_it_comes() {
        let said = |position, status: &str, at| LoggedReceipt {
            position,
            answers: Answers::Return,
            status: Status::read(status),
            returned_at: Some(Instant::from_millis(at)),
            declaration_no: None,
            raw_hash: Hash::GENESIS,
        };
        assert_eq!(granted(&[said(1, "2", 1)]), Granted::Waiting);
        assert_eq!(
            granted(&[said(1, "399", 9), said(2, "300", 5)]),
            Granted::Yes
        );
        assert_eq!(
            granted(&[said(1, "399", 9), said(2, "100", 5)]),
            Granted::Yes
        );
        assert_eq!(
            granted(&[said(1, "100", 9), said(2, "399", 5)]),
            Granted::No
        );
    }

    proptest! {
        #[test]
        fn the_parts_are_never_more_than_the_tax_and_the_last_completes_it(
            tax in 0i64..100_000_000, parts in proptest::collection::vec(1i64..7, 1..9),
        ) {
            let tax = Money::from_units(tax);
            let declared = Quantity::whole(parts.iter().sum()).unwrap();
            let (mut before, mut sum) = (Quantity::ZERO, Money::ZERO);
            for part in parts {
                let now = Quantity::whole(part).unwrap();
                let share = refund(tax, declared, before, sum, now).unwrap();
                prop_assert!(!share.is_negative());
                before = before.plus(now).unwrap();
                sum = sum.plus(share).unwrap();
                prop_assert!(sum <= tax);
            }
            prop_assert_eq!(sum, tax);
            prop_assert_eq!(refund(tax, declared, before, sum, Quantity::whole(1).unwrap()), None);
        }
    }
}
