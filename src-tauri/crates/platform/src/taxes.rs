//! Customs' tax bills: what is due on a list, as customs says it; our own estimate is only that.

use crate::authority::{Act, View};
use crate::error::Result;
use crate::messages::{self, Kept};
use crate::rows::values;
use bondhouse_domain::customs::{MessageKind, TaxBill, TaxBillStatus};
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
    Ok(())
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
