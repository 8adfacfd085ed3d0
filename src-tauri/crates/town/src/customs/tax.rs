//! Tax bills: what is due on a released list (CEB816), and that it is void when the list is cancelled (CEB818).
//!
//! Customs reckons line by line in whole cents, half up, and takes a cosmetic for luxury by its price a
//! gram. Where that differs from what a shop withheld, this is what counts.

use super::{Customs, Desk};
use crate::dice::Dice;
use bondhouse_domain::customs::{
    DeclarationLine, DeclarationList, Document, TaxBill, TaxBillLine, TaxBillStatus,
};
use bondhouse_domain::quantity::Money;

/// Seven tenths of 13 %, in thousandths.
const VAT: i128 = 91;
/// Seven tenths of 15 %, in thousandths.
const CONSUMPTION: i128 = 105;
/// A price contains its consumption tax: what is left of one, in thousandths.
const WITHOUT_CONSUMPTION: i128 = 850;
/// Units of 1e-5 yuan in a cent.
const CENT: i128 = 1_000;

impl Customs {
    /// Sends the bill of a list, so many natural milliseconds after its document.
    pub(super) fn bill(
        &self,
        list: &DeclarationList,
        invt_no: &str,
        after: u64,
        desk: &mut Desk<'_>,
    ) {
        let at = desk.after(after);
        let lines = tax(list);
        let sum = |part: fn(&TaxBillLine) -> Money| {
            Money::sum(lines.iter().map(part)).unwrap_or_default()
        };
        let bill = TaxBill {
            guid: self.dice("tax bill", desk).guid(),
            return_time: Some(at),
            invt_no: invt_no.to_owned(),
            tax_no: tax_no(invt_no),
            customs_tax: sum(|line| line.customs_tax),
            value_added_tax: sum(|line| line.value_added_tax),
            consumption_tax: sum(|line| line.consumption_tax),
            status: "1".to_owned(),
            assure_code: list.assure_code.clone(),
            ebc_code: list.ebc_code.clone(),
            logistics_code: list.logistics_code.clone(),
            agent_code: list.agent_code.clone(),
            customs_code: list.customs_code.clone(),
            order_no: list.order_no.clone(),
            logistics_no: list.logistics_no.clone(),
            lines,
            ..TaxBill::default()
        };
        desk.answer(at, "CEB816", Document::TaxBill(bill));
    }

    /// Voids the bill of a list.
    pub(super) fn void_bill(
        &self,
        list: &DeclarationList,
        invt_no: &str,
        after: u64,
        desk: &mut Desk<'_>,
    ) {
        let at = desk.after(after);
        let status = TaxBillStatus {
            guid: Dice::of(self.seed, "void", desk.serial()).guid(),
            return_time: Some(at),
            invt_no: invt_no.to_owned(),
            tax_no: tax_no(invt_no),
            status: "3".to_owned(),
            assure_code: list.assure_code.clone(),
            ..TaxBillStatus::default()
        };
        desk.answer(at, "CEB818", Document::TaxBillStatus(status));
    }
}

fn tax_no(invt_no: &str) -> String {
    format!("{invt_no}_1")
}

/// The tax of each line; freight is shared by value, and the last line takes what is left of it.
fn tax(list: &DeclarationList) -> Vec<TaxBillLine> {
    let goods: i128 = list
        .lines
        .iter()
        .map(|line| i128::from(line.total_price.units()))
        .sum();
    let freight = i128::from(list.freight.units()) + i128::from(list.insured_fee.units());
    let mut left = freight;
    let mut lines = Vec::new();
    for (line, place) in list.lines.iter().zip(1..) {
        let value = i128::from(line.total_price.units());
        let share = (freight * value).checked_div(goods).unwrap_or(0) / CENT * CENT;
        let share = if place == list.lines.len() {
            left
        } else {
            share
        };
        left -= share;
        let dutiable = value + share;
        let (of, consumption) = if is_luxury(line) {
            (WITHOUT_CONSUMPTION, CONSUMPTION)
        } else {
            (1_000, 0)
        };
        lines.push(TaxBillLine {
            gnum: line.gnum,
            gcode: line.gcode.clone(),
            tax_price: money(dutiable),
            value_added_tax: money(cents(dutiable * VAT, of)),
            consumption_tax: money(cents(dutiable * consumption, of)),
            ..TaxBillLine::default()
        });
    }
    lines
}

/// `units` divided by `of`, in whole cents, half up.
fn cents(units: i128, of: i128) -> i128 {
    (units + of * CENT / 2) / (of * CENT) * CENT
}

fn money(units: i128) -> Money {
    Money::from_units(i64::try_from(units).unwrap_or(i64::MAX))
}

/// A cosmetic of heading 3304 at ten yuan a gram or more.
fn is_luxury(line: &DeclarationLine) -> bool {
    let Some(kilograms) = line
        .qty1
        .filter(|qty| line.unit1 == "035" && qty.is_positive())
    else {
        return false;
    };
    // Both are in units of 1e-5, so that ten a gram is ten thousand a kilogram.
    let dear = i128::from(line.total_price.units()) >= 10_000 * i128::from(kilograms.units());
    line.gcode.starts_with("3304") && dear
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(gcode: &str, price: &str, kilograms: &str, freight: &str) -> DeclarationList {
        let line = DeclarationLine {
            gnum: 1,
            gcode: gcode.to_owned(),
            total_price: price.parse().unwrap(),
            qty1: Some(kilograms.parse().unwrap()),
            unit1: "035".to_owned(),
            ..DeclarationLine::default()
        };
        DeclarationList {
            freight: freight.parse().unwrap(),
            lines: vec![line],
            ..DeclarationList::default()
        }
    }

    /// The examples of the message reference, section 6.
    #[test]
    fn milk_powder_and_a_dear_cream_are_taxed_as_the_reference_works_it_out() {
        let milk = tax(&list("1901101000", "300", "0.9", "10"));
        assert_eq!(milk[0].value_added_tax.to_string(), "28.21");
        assert_eq!(milk[0].consumption_tax, Money::ZERO);
        let cream = tax(&list("3304990029", "425", "0.02", "0"));
        assert_eq!(cream[0].value_added_tax.to_string(), "45.5");
        assert_eq!(cream[0].consumption_tax.to_string(), "52.5");
    }
}
