//! Whether two views of one warehouse agree, table by table: how many rows, and the sum of their hashes.
//!
//! Workstation and authority each add up what they believe at one feed position. A sum depends neither
//! on the order of rows nor on how they are stored, and a table that differs is named. Compared is what
//! parcels leave by: both books, orders, open cases. Not compared: what a workstation keeps for itself.

use crate::feed::{CaseNews, OrderNews};
use crate::journal::Hash;
use crate::ledger::{Account, LedgerItem, Units};
use crate::quantity::Quantity;
use crate::stock::{Bucket, Goods, Spot};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableDigest {
    /// How many rows.
    pub rows: u64,
    /// The sum of their hashes, as 256-bit numbers that wrap.
    pub sum: Hash,
}

/// Every table that is compared.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tables(BTreeMap<String, TableDigest>);

impl Tables {
    /// Adds a physical balance; nothing lying somewhere does not count.
    ///
    /// # Errors
    /// When a key cannot be written as JSON.
    pub fn stock(
        &mut self,
        goods: &Goods,
        spot: &Spot,
        bucket: Bucket,
        qty: Quantity,
    ) -> Result<(), serde_json::Error> {
        if qty == Quantity::ZERO {
            return Ok(());
        }
        self.add("stock", &(goods, spot, bucket, qty))
    }

    /// Adds a balance of customs' book; an empty account does not count.
    ///
    /// # Errors
    /// When a key cannot be written as JSON.
    pub fn ledger(
        &mut self,
        item: &LedgerItem,
        account: Account,
        units: Units,
    ) -> Result<(), serde_json::Error> {
        if units == Units::default() {
            return Ok(());
        }
        self.add("ledger", &(item, account, units))
    }

    /// Adds an order as it is now.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn order(&mut self, order: &OrderNews) -> Result<(), serde_json::Error> {
        self.add("orders", order)
    }

    /// Adds a case; decided ones do not count.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn case(&mut self, case: &CaseNews) -> Result<(), serde_json::Error> {
        if !case.open {
            return Ok(());
        }
        self.add("cases", case)
    }

    /// The tables in which the two differ, by name.
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        names
            .into_iter()
            .filter(|name| self.0.get(*name) != other.0.get(*name))
            .cloned()
            .collect()
    }

    fn add(&mut self, table: &str, row: &impl Serialize) -> Result<(), serde_json::Error> {
        let row = serde_json::to_vec(row)?;
        let hash = Hash::of_fields(b"bondhouse row 1", &[table.as_bytes(), &row]);
        let digest = self.0.entry(table.to_owned()).or_default();
        digest.rows = digest.rows.saturating_add(1);
        digest.sum = plus(&digest.sum, &hash);
        Ok(())
    }
}

/// The sum of two hashes as big-endian numbers, without what does not fit.
fn plus(a: &Hash, b: &Hash) -> Hash {
    let mut sum = [0u8; 32];
    let mut carry = 0u16;
    for ((into, a), b) in sum.iter_mut().zip(a.as_bytes()).zip(b.as_bytes()).rev() {
        let digit = u16::from(*a) + u16::from(*b) + carry;
        let [high, low] = digit.to_be_bytes();
        (*into, carry) = (low, u16::from(high));
    }
    Hash::from_bytes(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LedgerNo;
    use proptest::prelude::*;

    fn tables(lines: &[(Account, i64)]) -> Tables {
        let mut tables = Tables::default();
        for (account, count) in lines {
            let item = LedgerItem {
                ledger: LedgerNo::new("T3105W000076"),
                item_no: "20".into(),
            };
            let declared = Quantity::whole(*count).unwrap();
            tables
                .ledger(
                    &item,
                    *account,
                    Units {
                        declared,
                        ..Units::default()
                    },
                )
                .unwrap();
        }
        tables
    }

    #[test]
    fn the_order_of_rows_does_not_matter_but_every_unit_does() {
        let (a, b) = ((Account::Booked, 5), (Account::PreOut, 1));
        let whole = tables(&[a, b]);
        assert_eq!(tables(&[b, a]), whole);
        assert_eq!(tables(&[a, b, (Account::Left, 0)]), whole);
        assert_eq!(
            tables(&[a, (Account::PreOut, 2)]).differing(&whole),
            ["ledger"]
        );
        assert_eq!(Tables::default().differing(&whole), ["ledger"]);
        assert!(whole.differing(&whole.clone()).is_empty());
    }

    proptest! {
        #[test]
        fn sums_carry_like_numbers(a: u128, b: u128) {
            let wide = |n: u128| {
                let mut bytes = [0; 32];
                bytes[16..].copy_from_slice(&n.to_be_bytes());
                Hash::from_bytes(bytes)
            };
            let (low, overflow) = a.overflowing_add(b);
            let mut expected = *wide(low).as_bytes();
            expected[15] = u8::from(overflow);
            prop_assert_eq!(*plus(&wide(a), &wide(b)).as_bytes(), expected);
        }
    }
}
