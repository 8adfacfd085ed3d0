//! Customs' tax bills: what is due on a list, as customs says it; our own estimate is only that.

use crate::authority::{Act, View};
use crate::error::Result;
use crate::messages::{self, Kept};
use crate::rows::values;
use bondhouse_domain::customs::{DeclarationList, MessageKind, TaxBill, TaxBillStatus};
use bondhouse_domain::quantity::Money;
use serde::Serialize;

/// A bill as its order shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Due {
    tax_no: String,
    customs_tax: Money,
    value_added_tax: Money,
    consumption_tax: Money,
    /// 1 generated, 2 summarised, 3 void.
    status: String,
}

/// Takes in a bill (CEB816); a later one under the same number takes its place.
pub(crate) fn receive(act: &Act<'_>, bill: &TaxBill, kept: Kept) -> Result<()> {
    let known = act.rows.number(
        "SELECT count(*) FROM declarations WHERE warehouse = ?1 AND declaration_no = ?2",
        values![act.warehouse.as_str(), &bill.invt_no],
    )?;
    if known == 0 {
        messages::unmatched(act, kept, MessageKind::Ceb816, &bill.invt_no)?;
    }
    act.rows.change(
        include_str!("taxes_put.sql"),
        values![
            act.warehouse.as_str(),
            &bill.tax_no,
            &bill.invt_no,
            bill.customs_tax.units(),
            bill.value_added_tax.units(),
            bill.consumption_tax.units(),
            &bill.status,
            bill.return_time,
            kept.raw,
        ],
    )?;
    for line in &bill.lines {
        act.rows.change(
            "INSERT INTO tax_bill_lines (warehouse, tax_no, gnum, customs_tax, value_added_tax, consumption_tax) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (warehouse, tax_no, gnum) DO UPDATE SET customs_tax = excluded.customs_tax, \
             value_added_tax = excluded.value_added_tax, consumption_tax = excluded.consumption_tax",
            values![
                act.warehouse.as_str(), &bill.tax_no, line.gnum, line.customs_tax.units(), line.value_added_tax.units(),
                line.consumption_tax.units(),
            ],
        )?;
    }
    Ok(())
}

/// What customs levied on one line of a list, of every kind together. A bill that names no lines is
/// shared over them by price, and what rounding leaves over is not given back.
pub(crate) fn of_line(
    view: &View<'_>,
    list: &DeclarationList,
    declaration_no: &str,
    gnum: u32,
) -> Result<Money> {
    let named = view.rows.one(
        "SELECT l.customs_tax + l.value_added_tax + l.consumption_tax FROM tax_bill_lines AS l \
         JOIN tax_bills AS b ON b.warehouse = l.warehouse AND b.tax_no = l.tax_no \
         WHERE l.warehouse = ?1 AND b.declaration_no = ?2 AND l.gnum = ?3 ORDER BY b.tax_no DESC LIMIT 1",
        values![view.warehouse.as_str(), declaration_no, gnum],
        |row| row.int(0),
    )?;
    if let Some(units) = named {
        return Ok(Money::from_units(units));
    }
    let whole = Money::from_units(view.rows.number(
        "SELECT coalesce(sum(customs_tax + value_added_tax + consumption_tax), 0) FROM tax_bills WHERE warehouse = ?1 AND declaration_no = ?2",
        values![view.warehouse.as_str(), declaration_no],
    )?);
    let price = |wanted: &dyn Fn(u32) -> bool| {
        let of = list.lines.iter().filter(|line| wanted(line.gnum));
        Money::sum(of.map(|line| line.total_price)).unwrap_or_default()
    };
    let (line, all) = (price(&|other| other == gnum), price(&|_| true));
    let share = whole
        .to_decimal()
        .checked_mul(line.to_decimal())
        .and_then(|product| product.checked_div(all.to_decimal()))
        .unwrap_or_default();
    Ok(Money::from_decimal(share.trunc_with_scale(2)).unwrap_or_default())
}

/// Takes in what became of a bill (CEB818).
pub(crate) fn receive_status(act: &Act<'_>, status: &TaxBillStatus, kept: Kept) -> Result<()> {
    let changed = act.rows.change(
        "UPDATE tax_bills SET status = ?3 WHERE warehouse = ?1 AND tax_no = ?2 AND coalesce(returned_at, 0) <= coalesce(?4, returned_at, 0)",
        values![act.warehouse.as_str(), &status.tax_no, &status.status, status.return_time],
    )?;
    if changed == 0 {
        messages::unmatched(act, kept, MessageKind::Ceb818, &status.tax_no)?;
    }
    Ok(())
}

/// The bills of a list.
pub(crate) fn of_list(view: &View<'_>, declaration_no: &str) -> Result<Vec<Due>> {
    view.rows.all(
        "SELECT tax_no, customs_tax, value_added_tax, consumption_tax, status FROM tax_bills \
         WHERE warehouse = ?1 AND declaration_no = ?2 ORDER BY tax_no",
        values![view.warehouse.as_str(), declaration_no],
        |row| {
            Ok(Due {
                tax_no: row.text(0)?,
                customs_tax: Money::from_units(row.int(1)?),
                value_added_tax: Money::from_units(row.int(2)?),
                consumption_tax: Money::from_units(row.int(3)?),
                status: row.text(4)?,
            })
        },
    )
}
