//! The pre-check before a list is declared: what is known here, laid before `domain::comparison`.
//!
//! The checks and the law are the domain's; this gathers the papers, the ledger, what is left of the
//! merchant's guarantee, the tax by our own reckoning and what the same person bought this year (by
//! keyed hash, never by number). What stops is what the order waits for; what is only doubtful is shown
//! beside it. The law is that of a day: [`again`] judges an order by the law of any other.

use crate::authority::View;
use crate::books;
use crate::clearance::{self, Claim};
use crate::error::Result;
use crate::laws;
use crate::ledgers;
use crate::orders::{self, Record};
use crate::{guarantees, payments, taxes, waybills};
use bondhouse_domain::comparison::{BookedItem, Finding, Known, Paper, Papers, Severity, compare};
use bondhouse_domain::customs::{DeclarationList, Order, Payment, Waybill};
use bondhouse_domain::ids::{LedgerNo, OrderKey};
use bondhouse_domain::ledger::Account;
use bondhouse_domain::quantity::Money;
use bondhouse_domain::tax::{Assessment, RetailLaw};
use bondhouse_domain::time::Zone;
use chrono::NaiveDate;
use serde::Serialize;

/// What the comparison came to.
pub(crate) struct Compared {
    /// Every difference.
    pub(crate) findings: Vec<Finding>,
    /// The tax of the order by our reckoning, where it can be reckoned.
    pub(crate) tax: Option<Assessment>,
}

/// Every difference between an order's papers, as far as they are there, by the law of a day.
pub(crate) fn differences(
    view: &View<'_>,
    (zone, on): (Zone, NaiveDate),
    order: &Order,
    payment: Option<&Payment>,
    waybill: Option<&Waybill>,
    list: Option<(&DeclarationList, &[Claim])>,
) -> Result<Compared> {
    let law = laws::in_force(view, on)?;
    let ledger = list.map(|(list, claims)| booked(view, list, claims));
    let papers = Papers {
        order: Some(order),
        payment,
        waybill,
        list: list.map(|(list, _)| list),
    };
    judge(view, zone, &law, on, papers, order, ledger.transpose()?)
}

fn judge(
    view: &View<'_>,
    zone: Zone,
    law: &RetailLaw,
    on: NaiveDate,
    papers: Papers<'_>,
    order: &Order,
    ledger: Option<Vec<BookedItem>>,
) -> Result<Compared> {
    let spent = guarantees::spent(view, order, zone, on)?;
    let insurance = papers.waybill.map_or(Money::ZERO, |way| way.insured_fee);
    let tax = taxes::estimate(view, order, insurance, spent, law)?;
    let known = Known {
        ledger,
        spent_this_year: Some(spent),
        guarantee_left: guarantees::left(view, &order.ebc_code, &order.key())?,
        tax: tax.as_ref().map(|tax| tax.total),
        ..Known::default()
    };
    Ok(Compared {
        findings: compare(papers, &known, law),
        tax,
    })
}

/// Whether a finding says that the ledger has too little, which time mends.
pub(crate) fn is_short(finding: &Finding) -> bool {
    [&finding.left, &finding.right]
        .iter()
        .any(|side| side.paper == Paper::Ledger && side.field == "available")
}

/// The ledger lines that a list names, with what is free of each.
fn booked(view: &View<'_>, list: &DeclarationList, claims: &[Claim]) -> Result<Vec<BookedItem>> {
    let ledger = LedgerNo::new(&list.ems_no);
    let mut items = Vec::new();
    for line in &list.lines {
        let item = ledgers::by_number(view, &ledger, &line.item_record_no)?;
        if claims.iter().all(|claim| claim.item != item) {
            continue;
        }
        items.push(BookedItem {
            ledger_no: list.ems_no.clone(),
            item_record_no: line.item_record_no.clone(),
            item_no: line.item_no.clone(),
            unit: line.unit.clone(),
            available: books::balance(view, &item, Account::Booked)?.declared,
        });
    }
    Ok(items)
}

/// An order's papers judged by the law of a day.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Judged {
    on: NaiveDate,
    /// From when on that law held, and where it is written.
    since: NaiveDate,
    basis: String,
    findings: Vec<Finding>,
    tax: Option<Assessment>,
}

impl Judged {
    /// Whether a difference that stops has to do with this paper.
    pub(crate) fn stops_for(&self, paper: Paper) -> bool {
        self.findings.iter().any(|finding| {
            finding.severity == Severity::Stops
                && [&finding.left, &finding.right]
                    .iter()
                    .any(|side| side.paper == paper)
        })
    }
}

/// Judges an order's papers again: by the law of a day, or of the day it was declared, or of today.
///
/// What the ledger holds is not judged once the list has claimed it.
pub(crate) fn again(view: &View<'_>, key: &OrderKey, on: Option<NaiveDate>) -> Result<Judged> {
    let record: Record = orders::get(view, key)?;
    let (zone, order) = (view.settings()?.zone, orders::document(view, key)?);
    let declared = match &record.cop_no {
        Some(cop_no) => Some((
            clearance::document(view, cop_no)?,
            clearance::declared_at(view, cop_no)?,
        )),
        None => None,
    };
    let own_day = declared.as_ref().map_or(view.now, |(_, at)| *at);
    let on = on.unwrap_or_else(|| zone.date_at(own_day));
    let payment = payments::of_order(view, key)?;
    let waybill = record
        .waybill
        .as_ref()
        .map(|key| waybills::document(view, key))
        .transpose()?;
    let law = laws::in_force(view, on)?;
    let papers = Papers {
        order: Some(&order),
        payment: payment.as_ref(),
        waybill: waybill.as_ref(),
        list: declared.as_ref().map(|(list, _)| list),
    };
    let Compared { findings, tax } = judge(view, zone, &law, on, papers, &order, None)?;
    Ok(Judged {
        on,
        since: law.since,
        basis: law.basis,
        findings,
        tax,
    })
}
