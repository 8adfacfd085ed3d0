//! One hash over both books: equal hashes, equal balances.
//!
//! Workstation and authority each take it over what they believe lies where at one feed position. It
//! does not depend on the order of rows or on how they are stored.

use bondhouse_domain::journal::Hash;
use bondhouse_domain::ledger::{Account, LedgerItem, Units};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Bucket, Goods, Spot};

/// The digest of stock and ledger balances; balances of nothing do not count.
///
/// # Errors
/// When a key cannot be written as JSON.
pub fn digest(
    stock: impl IntoIterator<Item = (Goods, Spot, Bucket, Quantity)>,
    ledger: impl IntoIterator<Item = (LedgerItem, Account, Units)>,
) -> Result<Hash, serde_json::Error> {
    let mut lines = Vec::new();
    for (goods, spot, bucket, qty) in stock {
        if qty != Quantity::ZERO {
            lines.push(serde_json::to_string(&("stock", goods, spot, bucket, qty))?);
        }
    }
    for (item, account, units) in ledger {
        if units != Units::default() {
            lines.push(serde_json::to_string(&("ledger", item, account, units))?);
        }
    }
    lines.sort_unstable();
    let fields: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    Ok(Hash::of_fields(b"bondhouse digest 1", &fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bondhouse_domain::ids::LedgerNo;

    fn line(account: Account, count: i64) -> (LedgerItem, Account, Units) {
        let item = LedgerItem {
            ledger: LedgerNo::new("T3105W000076"),
            item_no: "20".into(),
        };
        let declared = Quantity::whole(count).unwrap();
        (
            item,
            account,
            Units {
                declared,
                ..Units::default()
            },
        )
    }

    #[test]
    fn the_order_of_rows_does_not_matter_but_every_unit_does() {
        let (a, b) = (line(Account::Booked, 5), line(Account::PreOut, 1));
        let whole = digest([], [a.clone(), b.clone()]).unwrap();
        assert_eq!(digest([], [b.clone(), a.clone()]).unwrap(), whole);
        assert_eq!(
            digest([], [a.clone(), b, line(Account::Left, 0)]).unwrap(),
            whole
        );
        assert_ne!(digest([], [a, line(Account::PreOut, 2)]).unwrap(), whole);
    }
}
