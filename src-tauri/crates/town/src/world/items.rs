//! The merchants and their items: read from `goods.tsv`, a table anyone can check line by line.
//!
//! Names, GTINs, HS codes and legal units are plausible and made up; they do not depend on the seed,
//! because goods are what people recognise from one day to the next.

use bondhouse_domain::feed::{self, ItemBarcode, Merchant};
use bondhouse_domain::ids::{ItemId, LedgerNo, OwnerId};
use bondhouse_domain::ledger::{LedgerItem, Units};
use bondhouse_domain::quantity::{Money, Quantity, Weight};
use serde::Serialize;

const GOODS: &str = include_str!("goods.tsv");

/// Merchants: registration code and name, in the order the table counts them.
pub(crate) const MERCHANTS: &[(&str, &str)] = &[
    ("3302960A01", "北岸乳品"),
    ("3302960A02", "蓝湾保健"),
    ("3302960A03", "花野个护"),
];

/// How the shops of the town tax an item, by their own book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaxClass {
    /// 13 % VAT at 70 %.
    General,
    /// Cosmetics at or above 10 yuan a gram or millilitre: 15 % consumption tax comes in.
    Luxury,
}

/// An item as the operator lists it at the platform.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// What workstations are told.
    #[serde(flatten)]
    pub told: feed::Item,
    /// Model and specification.
    pub model: String,
    /// First legal unit, customs' 3 digits.
    pub legal_unit1: String,
    /// Second legal unit, or empty.
    pub legal_unit2: String,
    /// Net weight of one declared unit.
    pub net_weight: Weight,
    /// Price of one in the shops, and on inbound notes, in yuan.
    pub price: Money,
    /// The GTIN-13 under its bars.
    #[serde(skip)]
    pub gtin: String,
    /// The GTIN-14 of a case, and how many pieces it holds.
    #[serde(skip)]
    pub case: Option<(String, u32)>,
    /// How many days it keeps.
    #[serde(skip)]
    pub keeps_days: u32,
    #[serde(skip)]
    pub(crate) tax: TaxClass,
}

/// Merchants as the operator lists them.
pub(crate) fn merchants() -> Vec<Merchant> {
    MERCHANTS
        .iter()
        .map(|(code, name)| Merchant {
            owner: OwnerId::new(*code),
            name: (*name).to_owned(),
        })
        .collect()
}

/// Every item, in the order of the table, booked in a ledger.
pub(crate) fn all(ledger: &LedgerNo) -> Vec<Item> {
    // A damaged line is left out rather than guessed at; a test counts that none is.
    GOODS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| item(line, ledger))
        .collect()
}

fn item(line: &str, ledger: &LedgerNo) -> Option<Item> {
    let mut cells = line.split('\t');
    let mut next = || cells.next();
    let (code, _) = MERCHANTS.get(next()?.parse::<usize>().ok()?)?;
    let (number, name, model, gtin, hs_code, unit) =
        (next()?, next()?, next()?, next()?, next()?, next()?);
    let (legal_unit1, legal1, legal_unit2, legal2) = (next()?, next()?, next()?, next()?);
    let (gross, net, price, tax) = (next()?, next()?, next()?, next()?);
    let keeps_days = next()?.parse().ok()?;
    let pieces: u32 = next()?.parse().ok()?;
    let (item_no, origin) = (next()?, next()?);
    let one = Quantity::whole(1)?;
    let case = format!("1{}", gtin.get(..12)?);
    let case = format!("{case}{}", check_digit(&case)?);
    let barcode = |code: String, holds| ItemBarcode { code, holds };
    Some(Item {
        told: feed::Item {
            owner: OwnerId::new(*code),
            item: ItemId::new(number),
            name: name.to_owned(),
            barcodes: vec![
                barcode(format!("0{gtin}"), one),
                barcode(case.clone(), Quantity::whole(pieces.into())?),
            ],
            hs_code: hs_code.to_owned(),
            ledger: LedgerItem {
                ledger: ledger.clone(),
                item_no: item_no.to_owned(),
            },
            origin: origin.to_owned(),
            unit: unit.to_owned(),
            per_unit: Units {
                declared: one,
                legal1: legal1.parse().ok()?,
                legal2: legal2.parse().ok()?,
            },
            gross_weight: gross.parse().ok()?,
            tracks_lot: true,
        },
        model: model.to_owned(),
        legal_unit1: legal_unit1.to_owned(),
        legal_unit2: legal_unit2.to_owned(),
        net_weight: net.parse().ok()?,
        price: price.parse().ok()?,
        gtin: gtin.to_owned(),
        case: Some((case, pieces)),
        keeps_days,
        tax: if tax == "luxury" {
            TaxClass::Luxury
        } else {
            TaxClass::General
        },
    })
}

/// GS1's check digit for the digits before it.
pub(crate) fn check_digit(digits: &str) -> Option<u32> {
    let mut sum = 0u32;
    for (digit, weight) in digits.chars().rev().zip([3, 1].into_iter().cycle()) {
        sum = sum.checked_add(digit.to_digit(10)?.checked_mul(weight)?)?;
    }
    Some((10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_line_of_the_table_is_an_item_with_right_check_digits() {
        let items = all(&LedgerNo::new("T3105W000076"));
        assert_eq!(items.len(), 60);
        for item in &items {
            let digits = item.gtin.get(..12).unwrap();
            assert_eq!(
                item.gtin,
                format!("{digits}{}", check_digit(digits).unwrap())
            );
            assert!(
                item.net_weight <= item.told.gross_weight,
                "{}",
                item.told.item
            );
            assert_eq!(
                item.legal_unit2.is_empty(),
                item.told.per_unit.legal2 == Quantity::ZERO
            );
        }
        let codes: BTreeSet<&String> = items
            .iter()
            .flat_map(|item| &item.told.barcodes)
            .map(|barcode| &barcode.code)
            .collect();
        assert_eq!(codes.len(), 120, "two items share a barcode");
        let lines: BTreeSet<&String> = items.iter().map(|i| &i.told.ledger.item_no).collect();
        assert_eq!(lines.len(), 60, "two items share a ledger line");
    }
}
