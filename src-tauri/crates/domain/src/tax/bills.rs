//! What is due on a list once customs has spoken: its bills (CEB816) take over from our estimate.
//!
//! Bills and their statuses (CEB818) come late, doubled and out of order; what counts is the latest
//! word on each bill number by customs' own time. A void bill (3) owes nothing, which is how the tax of an
//! accepted return is cancelled. Where customs came to another amount, the difference is shown by kind and
//! by line: no rounding rule is published, so it is the only way to learn it.

use super::{Assessment, sum};
use crate::customs::{TaxBill, TaxBillStatus};
use crate::message::Refusal;
use crate::quantity::Money;
use crate::time::Instant;
use serde::Serialize;
use std::collections::BTreeMap;

/// Whose amount counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TaxWord")]
pub enum Word {
    /// Ours: no bill has come.
    Estimate,
    /// Customs'.
    Customs,
}

/// A kind of tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TaxKind")]
pub enum Kind {
    /// Tariff.
    Tariff,
    /// Consumption tax.
    Consumption,
    /// Value added tax.
    Vat,
}

/// Where customs came to another amount than we.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "TaxDifference")]
pub struct Difference {
    /// Which tax.
    pub kind: Kind,
    /// On which line; `None` on the whole list.
    pub line: Option<u32>,
    /// Ours.
    pub estimated: Money,
    /// Customs'.
    pub billed: Money,
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "TaxDue")]
pub struct Due {
    /// Whose amounts these are.
    pub by: Word,
    /// Tariff.
    pub tariff: Money,
    /// Consumption tax.
    pub consumption: Money,
    /// VAT.
    pub vat: Money,
    /// All three.
    pub total: Money,
    /// Numbers of the bills that count; a void one does not.
    pub bills: Vec<String>,
    /// Differences beyond the tolerance.
    pub differences: Vec<Difference>,
}

/// What is due on one list, from the estimate and all that customs said of it.
///
/// # Errors
/// A [`Refusal`] when the amounts do not fit.
pub fn due(
    estimate: &Assessment,
    bills: &[TaxBill],
    statuses: &[TaxBillStatus],
    tolerance: Money,
) -> Result<Due, Refusal> {
    if bills.is_empty() {
        return Ok(Due {
            by: Word::Estimate,
            tariff: estimate.tariff,
            consumption: estimate.consumption,
            vat: estimate.vat,
            total: estimate.total,
            bills: Vec::new(),
            differences: Vec::new(),
        });
    }
    let standing = standing(bills, statuses);
    let due = billed(bills, statuses)?;
    let mut differences = Vec::new();
    let mut compare = |line, estimated: [Money; 3], billed: [Money; 3]| {
        let kinds = [Kind::Tariff, Kind::Consumption, Kind::Vat];
        for ((kind, estimated), billed) in kinds.into_iter().zip(estimated).zip(billed) {
            let near = estimated
                .minus(billed)
                .is_some_and(|d| d.units().unsigned_abs() <= tolerance.units().unsigned_abs());
            if !near {
                differences.push(Difference {
                    kind,
                    line,
                    estimated,
                    billed,
                });
            }
        }
    };
    // Nothing is compared with a tax that was cancelled.
    if !standing.is_empty() {
        compare(
            None,
            [estimate.tariff, estimate.consumption, estimate.vat],
            [due.tariff, due.consumption, due.vat],
        );
    }
    for line in &estimate.lines {
        let billed = standing
            .iter()
            .flat_map(|bill| &bill.lines)
            .filter(|l| l.gnum == line.gnum);
        let billed: Vec<[Money; 3]> = billed
            .map(|l| [l.customs_tax, l.consumption_tax, l.value_added_tax])
            .collect();
        if let [billed] = billed.as_slice() {
            compare(
                Some(line.gnum),
                [line.tariff, line.consumption, line.vat],
                *billed,
            );
        }
    }
    Ok(Due { differences, ..due })
}

/// What customs says is due on one list, where nobody estimated it.
///
/// # Errors
/// A [`Refusal`] when the amounts do not fit.
pub fn billed(bills: &[TaxBill], statuses: &[TaxBillStatus]) -> Result<Due, Refusal> {
    let standing = standing(bills, statuses);
    let of = |amount: fn(&TaxBill) -> Money| sum(standing.iter().map(|bill| amount(bill)));
    let (tariff, consumption, vat) = (
        of(|b| b.customs_tax)?,
        of(|b| b.consumption_tax)?,
        of(|b| b.value_added_tax)?,
    );
    Ok(Due {
        by: Word::Customs,
        tariff,
        consumption,
        vat,
        total: sum([tariff, consumption, vat])?,
        bills: standing.iter().map(|bill| bill.tax_no.clone()).collect(),
        differences: Vec::new(),
    })
}

/// The latest bill of each number, without those whose latest word is that they are void.
fn standing<'a>(bills: &'a [TaxBill], statuses: &[TaxBillStatus]) -> Vec<&'a TaxBill> {
    let mut latest: BTreeMap<&str, &TaxBill> = BTreeMap::new();
    for bill in bills {
        let known = latest.entry(&bill.tax_no).or_insert(bill);
        if word(bill.return_time, &bill.status) > word(known.return_time, &known.status) {
            *known = bill;
        }
    }
    let said = |bill: &TaxBill| {
        let later = statuses.iter().filter(|s| s.tax_no == bill.tax_no);
        later
            .map(|s| word(s.return_time, &s.status))
            .chain([word(bill.return_time, &bill.status)])
            .max()
    };
    latest
        .into_values()
        .filter(|bill| said(bill).is_none_or(|(_, void)| !void))
        .collect()
}

/// Which of two words about one bill counts: the later; at equal times void stands, for better a tax too
/// little asked of a buyer than one cancelled asked again.
pub fn word(at: Option<Instant>, status: &str) -> (Option<Instant>, bool) {
    (at, status == VOID)
}

/// Status of a bill that owes nothing any more.
pub const VOID: &str = "3";
