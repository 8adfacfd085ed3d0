//! Reconciliation (报核, EMS121): a ledger's book, what lies in the zone, and what customs says it booked.
//!
//! Three witnesses of one item. The book is counted from its movements: what was there when the period
//! began, what came in, went out, was lost or destroyed. The shelves are counted by the warehouse.
//! Customs' own figures come with its booking receipts (INV211) and are laid beside ours *as of that
//! receipt*, because both go on moving. What differs is named; nothing is adjusted here: customs
//! decides what becomes of a difference, and a correction is a movement with a document.

use super::Account;
use crate::message::Refusal;
use crate::quantity::Quantity;
use serde::{Deserialize, Serialize};

/// How one item turned over in a period, declared unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Turnover {
    /// In the zone when the period began.
    pub opening: Quantity,
    /// Came in and was counted.
    pub came: Quantity,
    /// Went out through the gate.
    pub went: Quantity,
    /// Lost, confirmed with a document.
    pub lost: Quantity,
    /// Destroyed under supervision.
    pub destroyed: Quantity,
}

impl Turnover {
    /// Counts a movement, of before the period or within it; `None` when the numbers do not fit.
    pub fn count(&mut self, from: Account, to: Account, qty: Quantity, before: bool) -> Option<()> {
        let signed = match (from.is_physical(), to.is_physical()) {
            (false, true) => qty,
            (true, false) => qty.negated()?,
            (true, true) | (false, false) => return Some(()),
        };
        if before {
            self.opening = self.opening.plus(signed)?;
            return Some(());
        }
        // Taken back within the period: less came, less went.
        let (part, amount) = match (from, to) {
            (_, Account::Lost) => (&mut self.lost, qty),
            (_, Account::Destroyed) => (&mut self.destroyed, qty),
            (_, Account::Left) => (&mut self.went, qty),
            (_, _) => (&mut self.came, signed),
        };
        *part = part.plus(amount)?;
        Some(())
    }

    /// What must remain.
    pub fn expected(&self) -> Option<Quantity> {
        self.opening
            .plus(self.came)?
            .minus(self.went)?
            .minus(self.lost)?
            .minus(self.destroyed)
    }
}

/// The four figures customs keeps of a line.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[schemars(inline)]
pub struct Figures<Q> {
    /// Real in (`actlIncQty`).
    pub actual_in: Q,
    /// Real out (`actlRedcQty`).
    pub actual_out: Q,
    /// Pre-in (`prevdIncQty`).
    pub pre_in: Q,
    /// Pre-out (`prevdRedcQty`).
    pub pre_out: Q,
}

/// What customs told; a balance it left out says nothing.
pub type Told = Figures<Option<Quantity>>;

impl Told {
    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Figures<Quantity> {
    /// Counts a movement of our book the way customs counts it; `None` when the numbers do not fit.
    ///
    /// Through the gate is real in, whether counted or not; debited is real out, whether through the
    /// gate or not. Goods beyond what was declared are in nobody's figures.
    pub fn count(&mut self, from: Account, to: Account, qty: Quantity) -> Option<()> {
        let less = qty.negated()?;
        for (account, change) in [(from, less), (to, qty)] {
            match account {
                Account::PreIn => self.pre_in = self.pre_in.plus(change)?,
                Account::PreOut => self.pre_out = self.pre_out.plus(change)?,
                Account::Abroad
                | Account::Arrived
                | Account::Booked
                | Account::Debited
                | Account::Left
                | Account::Undeclared
                | Account::Lost
                | Account::Destroyed => {}
            }
        }
        let held = |account| {
            matches!(
                account,
                Account::Arrived | Account::Booked | Account::PreOut
            )
        };
        let gone = |account| {
            matches!(
                account,
                Account::Debited | Account::Left | Account::Lost | Account::Destroyed
            )
        };
        match (held(from), held(to)) {
            // What left and is booked in again is an arrival; a debit taken back is none.
            (false, true) if from == Account::Debited => {
                self.actual_out = self.actual_out.plus(less)?;
            }
            (false, true) => self.actual_in = self.actual_in.plus(qty)?,
            (true, false) if gone(to) => self.actual_out = self.actual_out.plus(qty)?,
            (true, false) => self.actual_in = self.actual_in.plus(less)?,
            (true, true) | (false, false) => {}
        }
        Some(())
    }
}

/// Every figure in which customs and our book differ.
pub fn differences(item_no: &str, ours: &Figures<Quantity>, told: &Told) -> Vec<Refusal> {
    let rows = [
        ("actlIncQty", ours.actual_in, told.actual_in),
        ("actlRedcQty", ours.actual_out, told.actual_out),
        ("prevdIncQty", ours.pre_in, told.pre_in),
        ("prevdRedcQty", ours.pre_out, told.pre_out),
    ];
    rows.into_iter()
        .filter_map(|(figure, ours, told)| {
            let told = told.filter(|told| *told != ours)?;
            Some(says::figure_differs(item_no, figure, ours, told))
        })
        .collect()
}

/// What lies in the zone other than the book expects, if it does.
pub fn drift(item_no: &str, expected: Quantity, actual: Quantity) -> Option<Refusal> {
    (expected != actual).then(|| says::stock_differs(item_no, expected, actual))
}

/// What a reconciliation may say.
pub mod says {
    crate::messages! {
        yes {}
        no {
            /// Customs booked another quantity than we.
            figure_differs(item, figure, ours, customs) = "ledger.figure_differs";
            /// Something else lies in the zone than the book says.
            stock_differs(item, expected, actual) = "ledger.stock_differs";
            /// Customs has a line that we never opened.
            line_unknown(number) = "ledger.line_unknown";
            /// Customs booked another item, unit or tariff code on the line than we.
            line_differs(item, field, ours, customs) = "ledger.line_differs";
            /// Customs has not numbered the line yet: nothing can be declared from it.
            unnumbered(item) = "ledger.unnumbered";
            /// Customs suspended the line.
            suspended(item, mark) = "ledger.suspended";
            /// The goods on the line were to be gone by now.
            overdue(item, limit) = "ledger.overdue";
            /// No single line of the ledger holds so much.
            no_line_holds(item, wanted, free) = "ledger.no_line_holds";
            /// How a ledger books cannot change while anything is booked in it.
            booking_stands(ledger) = "ledger.booking_stands";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tins(count: i64) -> Quantity {
        Quantity::whole(count).unwrap()
    }

    fn counted(moves: &[(Account, Account, i64)]) -> Figures<Quantity> {
        let mut figures = Figures::default();
        for (from, to, qty) in moves {
            figures.count(*from, *to, tins(*qty)).unwrap();
        }
        figures
    }

    #[test]
    fn figures_go_the_way_the_rules_of_the_zone_say() {
        use Account::{Abroad, Arrived, Booked, Debited, Left, PreIn, PreOut};
        let figures = |pre_in, actual_in, pre_out, actual_out| Figures {
            actual_in: tins(actual_in),
            actual_out: tins(actual_out),
            pre_in: tins(pre_in),
            pre_out: tins(pre_out),
        };
        let mut story = vec![(Abroad, PreIn, 120)];
        assert_eq!(counted(&story), figures(120, 0, 0, 0));
        story.push((PreIn, Arrived, 120));
        assert_eq!(counted(&story), figures(0, 120, 0, 0));
        story.extend([(Arrived, Booked, 120), (Booked, PreOut, 5)]);
        assert_eq!(counted(&story), figures(0, 120, 5, 0));
        story.push((PreOut, Debited, 5));
        assert_eq!(counted(&story), figures(0, 120, 0, 5));
        // One parcel was not on the vehicle; the rest is through the gate; one tin comes back.
        story.extend([(Debited, PreOut, 1), (Debited, Left, 4), (Left, Booked, 1)]);
        assert_eq!(counted(&story), figures(0, 121, 1, 4));
    }

    #[test]
    fn every_figure_that_differs_is_named_and_what_customs_left_out_is_not_compared() {
        let ours = counted(&[
            (Account::Abroad, Account::PreIn, 10),
            (Account::PreIn, Account::Arrived, 10),
        ]);
        let told = Told {
            actual_in: Some(tins(9)),
            pre_out: Some(Quantity::ZERO),
            ..Told::default()
        };
        let named = differences("36", &ours, &told);
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].0.code, "ledger.figure_differs");
        assert_eq!(
            (named[0].0.param("figure"), named[0].0.param("customs")),
            (Some("actlIncQty"), Some("9"))
        );
        assert!(Told::default().is_empty() && !told.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_expected_is_what_the_physical_accounts_hold_wherever_the_period_begins(
            moves in proptest::collection::vec((0usize..10, 0usize..10, 1i64..50), 0..40), begins in 0usize..40
        ) {
            let (mut turnover, mut held, mut customs) = (Turnover::default(), 0i64, Figures::default());
            let mut left = [0i64; 10];
            for (n, (from, to, qty)) in moves.into_iter().enumerate() {
                let (a, b) = (Account::ALL[from], Account::ALL[to]);
                turnover.count(a, b, tins(qty), n < begins).unwrap();
                customs.count(a, b, tins(qty)).unwrap();
                held += qty * (i64::from(b.is_physical()) - i64::from(a.is_physical()));
                left[from] -= qty;
                left[to] += qty;
            }
            prop_assert_eq!(turnover.expected(), Some(tins(held)));
            // Real in less real out is what stands arrived, booked or claimed.
            let stands = left[2] + left[3] + left[4];
            prop_assert_eq!(customs.actual_in.minus(customs.actual_out), Some(tins(stands)));
            prop_assert_eq!((customs.pre_in, customs.pre_out), (tins(left[1]), tins(left[4])));
        }
    }
}
