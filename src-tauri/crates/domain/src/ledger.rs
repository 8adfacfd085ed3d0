//! Customs' book: how much of each ledger item stands in which state of its passage.
//!
//! Like stock, the ledger only ever *moves* between named places, so it is zero-sum by form. The
//! places are the states that INV201, SAS223 and CEB622 receipts move a line through:
//!
//! ```text
//! Abroad --INV201 pre-debit--> PreIn --SAS223 in--> Arrived --counted--> Booked
//! Booked --CEB621 built--> PreOut --refused or cancelled--> Booked
//! PreOut --INV201 out, once per bonded note--> Debited --SAS223 out--> Left
//! ```
//!
//! [`lines`] says on which line goods are booked and from which a list takes them, in both kinds of
//! ledger; [`reconciliation`] lays book, shelves and customs' own figures side by side.
//!
//! Zero drift: what physically lies in the zone equals Booked + `PreOut` + Debited + Undeclared,
//! item by item (warehouse rules, section 2, last rule). Everything else is an incident with a name.

pub mod lines;
pub mod reconciliation;

use crate::ids::LedgerNo;
use crate::quantity::Quantity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of a ledger: the account that customs keeps.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
pub struct LedgerItem {
    /// The ledger (账册).
    pub ledger: LedgerNo,
    /// The item number (备案序号).
    pub item_no: String,
}

/// A state that goods pass through in customs' book.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Outside the country, or not yet in this book.
    Abroad,
    /// Pre-debited inbound (预核扣, `prevdIncQty`).
    PreIn,
    /// Through the inbound gate, not yet counted.
    Arrived,
    /// Counted and free (实增 less 实减 less 预减).
    Booked,
    /// Claimed by a declaration list (`prevdRedcQty`).
    PreOut,
    /// Debited by an outbound bonded note, not yet through the gate (`actlRedcQty`).
    Debited,
    /// Left the zone.
    Left,
    /// Physically here beyond what was declared: an open case until customs decides.
    Undeclared,
    /// Lost and confirmed so, with a document.
    Lost,
    /// Destroyed under supervision.
    Destroyed,
}

impl Account {
    /// All of them, in the order goods go through customs' book.
    pub const ALL: [Self; 10] = [
        Self::Abroad,
        Self::PreIn,
        Self::Arrived,
        Self::Booked,
        Self::PreOut,
        Self::Debited,
        Self::Left,
        Self::Undeclared,
        Self::Lost,
        Self::Destroyed,
    ];

    /// Whether goods in this state lie in the building and have been counted.
    pub const fn is_physical(self) -> bool {
        matches!(
            self,
            Self::Booked | Self::PreOut | Self::Debited | Self::Undeclared
        )
    }
}

/// A ledger quantity in all the units customs asks for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
pub struct Units {
    /// In the declared unit (申报单位).
    pub declared: Quantity,
    /// In legal unit 1 (法定单位).
    pub legal1: Quantity,
    /// In legal unit 2, or nothing where the HS code has none.
    pub legal2: Quantity,
}

impl Units {
    /// Exact sum, or `None` when it does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            declared: self.declared.plus(other.declared)?,
            legal1: self.legal1.plus(other.legal1)?,
            legal2: self.legal2.plus(other.legal2)?,
        })
    }

    /// The same in the other direction.
    pub fn negated(self) -> Option<Self> {
        Some(Self {
            declared: self.declared.negated()?,
            legal1: self.legal1.negated()?,
            legal2: self.legal2.negated()?,
        })
    }

    /// These units of one declared unit, taken `qty` times; `None` when more than five decimals
    /// would be needed or it does not fit.
    pub fn times(self, qty: Quantity) -> Option<Self> {
        let part = |one: Quantity| {
            let product = one.to_decimal().checked_mul(qty.to_decimal())?;
            Quantity::from_decimal(product).ok()
        };
        Some(Self {
            declared: part(self.declared)?,
            legal1: part(self.legal1)?,
            legal2: part(self.legal2)?,
        })
    }

    /// Whether any part is below nothing.
    pub const fn is_negative(self) -> bool {
        self.declared.is_negative() || self.legal1.is_negative() || self.legal2.is_negative()
    }
}

/// A quantity of one ledger item going from one account to another, and the paper that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct LedgerMove {
    /// The ledger line.
    pub item: LedgerItem,
    /// The state it leaves.
    pub from: Account,
    /// The state it enters.
    pub to: Account,
    /// How much; the declared quantity is more than nothing.
    pub units: Units,
    /// The document that moves it: a bonded note, gate pass, list or notice number.
    pub document: String,
}

/// Why a ledger movement is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerBreak {
    /// Nothing, or less than nothing, moves.
    #[error("a movement needs a positive quantity")]
    NotPositive,
    /// The account holds less than is to be taken.
    #[error("{account:?} of item {item_no} holds {have}, {want} wanted")]
    Short {
        /// The account that is short.
        account: Account,
        /// The ledger item number.
        item_no: String,
        /// What it holds, declared unit.
        have: Quantity,
        /// What was to be taken, declared unit.
        want: Quantity,
    },
    /// The number does not fit.
    #[error("quantity too large")]
    TooLarge,
}

/// The book of one warehouse: a balance per item and account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book(BTreeMap<(LedgerItem, Account), Units>);

impl Book {
    /// Puts a stored balance in place; for loading only.
    pub fn load(&mut self, item: LedgerItem, account: Account, units: Units) {
        self.0.insert((item, account), units);
    }

    /// What one account holds.
    pub fn balance(&self, item: &LedgerItem, account: Account) -> Units {
        self.0
            .get(&(item.clone(), account))
            .copied()
            .unwrap_or_default()
    }

    /// Applies a movement, or changes nothing. `Abroad` may go below nothing: it is the world.
    ///
    /// # Errors
    /// [`LedgerBreak`] when an account would fall below nothing.
    pub fn apply(&mut self, movement: &LedgerMove) -> Result<(), LedgerBreak> {
        let LedgerMove {
            item,
            from,
            to,
            units,
            ..
        } = movement;
        if !units.declared.is_positive() || units.is_negative() {
            return Err(LedgerBreak::NotPositive);
        }
        let held = self.balance(item, *from);
        let left = units
            .negated()
            .and_then(|u| held.plus(u))
            .ok_or(LedgerBreak::TooLarge)?;
        if left.is_negative() && *from != Account::Abroad {
            return Err(LedgerBreak::Short {
                account: *from,
                item_no: item.item_no.clone(),
                have: held.declared,
                want: units.declared,
            });
        }
        let gained = self
            .balance(item, *to)
            .plus(*units)
            .ok_or(LedgerBreak::TooLarge)?;
        if from != to {
            self.0.insert((item.clone(), *from), left);
            self.0.insert((item.clone(), *to), gained);
        }
        Ok(())
    }

    /// What must lie in the building under this item, by the book, in the declared unit.
    pub fn expected_on_hand(&self, item: &LedgerItem) -> Option<Quantity> {
        Quantity::sum(
            self.0
                .iter()
                .filter(|((i, account), _)| i == item && account.is_physical())
                .map(|(_, units)| units.declared),
        )
    }

    /// Every item the book knows, in order.
    pub fn items(&self) -> Vec<&LedgerItem> {
        let mut items: Vec<_> = self.0.keys().map(|(item, _)| item).collect();
        items.dedup();
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ACCOUNTS: [Account; 7] = [
        Account::Abroad,
        Account::PreIn,
        Account::Arrived,
        Account::Booked,
        Account::PreOut,
        Account::Debited,
        Account::Left,
    ];

    fn tins(count: i64) -> Units {
        Units {
            declared: Quantity::whole(count).unwrap(),
            legal1: Quantity::from_units(count * 90_000),
            legal2: Quantity::ZERO,
        }
    }

    fn milk() -> LedgerItem {
        LedgerItem {
            ledger: LedgerNo::new("T3105W000076"),
            item_no: "20".into(),
        }
    }

    proptest! {
        #[test]
        fn whatever_moves_the_sum_stays_nothing_and_only_abroad_goes_below(
            moves in proptest::collection::vec((0usize..7, 0usize..7, 1i64..50), 0..60)
        ) {
            let mut book = Book::default();
            for (from, to, count) in moves {
                let _ = book.apply(&LedgerMove {
                    item: milk(), from: ACCOUNTS[from], to: ACCOUNTS[to], units: tins(count),
                    document: "QD310526I000048127".into(),
                });
                let all: Vec<Units> = ACCOUNTS.iter().map(|a| book.balance(&milk(), *a)).collect();
                prop_assert_eq!(all.iter().map(|u| u.declared.units()).sum::<i64>(), 0);
                prop_assert_eq!(all.iter().map(|u| u.legal1.units()).sum::<i64>(), 0);
                prop_assert!(ACCOUNTS.iter().all(|a| *a == Account::Abroad || !book.balance(&milk(), *a).is_negative()));
            }
        }
    }

    #[test]
    fn a_list_cannot_claim_what_is_not_booked() {
        let mut book = Book::default();
        let step = |from, to, count| LedgerMove {
            item: milk(),
            from,
            to,
            units: tins(count),
            document: "d".into(),
        };
        book.apply(&step(Account::Abroad, Account::PreIn, 120))
            .unwrap();
        book.apply(&step(Account::PreIn, Account::Arrived, 120))
            .unwrap();
        assert!(matches!(
            book.apply(&step(Account::Booked, Account::PreOut, 1)),
            Err(LedgerBreak::Short {
                account: Account::Booked,
                ..
            })
        ));
    }
}
