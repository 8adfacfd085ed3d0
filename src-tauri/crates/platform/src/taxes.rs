//! Tax: our own reckoning when a list is declared, and customs' bills, which alone are binding.
//!
//! Bills (CEB816) and what becomes of them (CEB818) come late, doubled and in any order; every word is
//! kept, and the latest by customs' time counts. Where customs came to another amount than we, or than
//! the shop withheld from its buyer, the difference is shown to whoever may see the order.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::messages::{self, Kept};
use crate::rows::{by, json, values};
use crate::{goods, guarantees, laws, orders, returns};
use axum::http::StatusCode;
use bondhouse_domain::customs::{
    DeclarationList, MessageKind, Order, TaxBill, TaxBillLine, TaxBillStatus,
};
use bondhouse_domain::ids::{ItemId, OwnerId};
use bondhouse_domain::quantity::Money;
use bondhouse_domain::tax::bills::{self, VOID, word};
use bondhouse_domain::tax::{Assessment, RetailLaw, Taxable, TaxedLine, assess};
use bondhouse_domain::time::{Instant, Zone};
use serde::Serialize;
use std::collections::BTreeMap;

/// A bill as its order shows it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "TaxBillDue")]
pub(crate) struct Due {
    tax_no: String,
    customs_tax: Money,
    value_added_tax: Money,
    consumption_tax: Money,
    /// 1 generated, 2 summarised, 3 void.
    status: String,
    /// The firm's summary bill it stands in.
    duty_no: String,
    /// When that was paid.
    paid_at: Option<Instant>,
}

/// What a list costs in tax, and by whose word.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Taxed {
    /// What the shop withheld from its buyer (`taxTotal`).
    withheld: Money,
    /// Ours until customs bills, then customs', with every difference; nothing while neither is known.
    due: Option<bills::Due>,
    /// What is due above what was withheld; below nothing when the shop took too much.
    to_pay: Option<Money>,
}

/// Reckons the tax of an order; nothing when the rates of some of its goods are not known, or it may not
/// pass at all, which the comparison says itself.
pub(crate) fn estimate(
    view: &View<'_>,
    order: &Order,
    insurance: Money,
    spent_this_year: Money,
    law: &RetailLaw,
) -> Result<Option<Assessment>> {
    let owner = OwnerId::new(&order.ebc_code);
    let mut lines = Vec::new();
    for line in &order.lines {
        let item = goods::item(view, &owner, &ItemId::new(&line.item_no))?;
        let Some((rates, item)) = item.and_then(|item| Some((item.rates?, item))) else {
            return Ok(None);
        };
        lines.push(TaxedLine {
            gnum: line.gnum,
            qty: line.qty,
            total_price: line.total_price,
            rates,
            cosmetic: item.cosmetic,
        });
    }
    let goods = Taxable {
        lines,
        freight: order.freight,
        insurance,
        spent_this_year,
    };
    Ok(assess(&goods, law).ok())
}

/// Takes in a bill (CEB816); a later one under the same number takes its place.
pub(crate) fn receive(act: &Act<'_>, bill: &TaxBill, kept: Kept) -> Result<()> {
    if !is_ours(act, &bill.invt_no)? {
        messages::unmatched(act, kept, MessageKind::Ceb816, &bill.invt_no)?;
    }
    let taken = act.rows.change(
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
    if taken > 0 {
        act.rows.put(
            "DELETE FROM tax_bill_lines WHERE warehouse = ?1 AND tax_no = ?2",
            values![act.warehouse.as_str(), &bill.tax_no],
        )?;
        for line in &bill.lines {
            act.rows.put(
                "INSERT INTO tax_bill_lines (warehouse, tax_no, gnum, customs_tax, value_added_tax, consumption_tax) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                values![
                    act.warehouse.as_str(), &bill.tax_no, line.gnum, line.customs_tax.units(), line.value_added_tax.units(),
                    line.consumption_tax.units(),
                ],
            )?;
        }
    }
    let said = Said {
        tax_no: &bill.tax_no,
        at: bill.return_time,
        status: &bill.status,
        duty_no: &bill.ent_duty_no,
    };
    hear(act, &said)?;
    billed(act, &bill.invt_no)
}

/// Takes in what became of a bill (CEB818), though the bill itself may still be on its way.
pub(crate) fn receive_status(act: &Act<'_>, status: &TaxBillStatus, kept: Kept) -> Result<()> {
    let known = act.rows.number(
        "SELECT count(*) FROM tax_bills WHERE warehouse = ?1 AND tax_no = ?2",
        values![act.warehouse.as_str(), &status.tax_no],
    )?;
    if known == 0 && !is_ours(act, &status.invt_no)? {
        return messages::unmatched(act, kept, MessageKind::Ceb818, &status.tax_no);
    }
    let said = Said {
        tax_no: &status.tax_no,
        at: status.return_time,
        status: &status.status,
        duty_no: &status.ent_duty_no,
    };
    hear(act, &said)?;
    billed(act, &status.invt_no)
}

fn is_ours(view: &View<'_>, declaration_no: &str) -> Result<bool> {
    let known = view.rows.number(
        "SELECT count(*) FROM declarations WHERE warehouse = ?1 AND declaration_no = ?2",
        values![view.warehouse.as_str(), declaration_no],
    )?;
    Ok(known > 0)
}

/// One word of customs about a bill.
struct Said<'a> {
    tax_no: &'a str,
    at: Option<Instant>,
    status: &'a str,
    duty_no: &'a str,
}

/// Keeps a word, and lets the latest of all stand.
fn hear(act: &Act<'_>, said: &Said<'_>) -> Result<()> {
    act.rows.put(
        "INSERT INTO tax_bill_words (warehouse, tax_no, said_at, status, duty_no) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        values![
            act.warehouse.as_str(), said.tax_no, said.at.unwrap_or(Instant::from_millis(0)), said.status, said.duty_no,
        ],
    )?;
    let words = act.rows.all(
        "SELECT said_at, status, duty_no FROM tax_bill_words WHERE warehouse = ?1 AND tax_no = ?2 ORDER BY said_at, status",
        values![act.warehouse.as_str(), said.tax_no],
        |row| Ok((row.instant(0)?, row.text(1)?, row.text(2)?)),
    )?;
    let latest = words
        .iter()
        .max_by_key(|(at, status, _)| word(Some(*at), status));
    let duty_no = words.iter().rev().map(|(_, _, duty_no)| duty_no);
    let duty_no = duty_no.into_iter().find(|duty_no| !duty_no.is_empty());
    if let Some((_, status, _)) = latest {
        act.rows.put(
            "UPDATE tax_bills SET status = ?3, duty_no = ?4 WHERE warehouse = ?1 AND tax_no = ?2",
            values![
                act.warehouse.as_str(),
                said.tax_no,
                status,
                duty_no.map_or("", String::as_str)
            ],
        )?;
    }
    Ok(())
}

/// What a list draws follows its bills: what is open of them, or nothing once all are paid.
pub(crate) fn billed(act: &Act<'_>, declaration_no: &str) -> Result<()> {
    let bills = of_list(act, declaration_no)?;
    if bills.is_empty() {
        return Ok(());
    }
    let owed: Vec<&Due> = bills.iter().filter(|bill| bill.status != VOID).collect();
    let open = owed.iter().filter(|bill| bill.paid_at.is_none());
    let sum = Money::sum(
        open.flat_map(|bill| [bill.customs_tax, bill.value_added_tax, bill.consumption_tax]),
    )
    .ok_or_else(|| Error::broken("a tax too large to count"))?;
    let all_paid = !owed.is_empty() && owed.iter().all(|bill| bill.paid_at.is_some());
    let lists = act.rows.all(
        "SELECT cop_no FROM declarations WHERE warehouse = ?1 AND declaration_no = ?2",
        values![act.warehouse.as_str(), declaration_no],
        |row| row.text(0),
    )?;
    let mut freed = false;
    for cop_no in lists {
        returns::reckon_again(act, &cop_no)?;
        // A bill that was written before the goods came back still counts what came back.
        let back = not_levied(act, &cop_no, declaration_no)?;
        freed |= guarantees::change(act, &cop_no, |draw| {
            let draw = draw.billed(sum).returned(Money::ZERO, back)?;
            Some(if all_paid { draw.paid() } else { draw })
        })?;
    }
    if freed {
        orders::conditions_changed(act)?;
    }
    Ok(())
}

/// Tax of completed returns of a list that its open bills do not know of yet.
fn not_levied(view: &View<'_>, cop_no: &str, declaration_no: &str) -> Result<Money> {
    let units = view.rows.number(
        "SELECT coalesce(sum(refund), 0) FROM returns WHERE warehouse = ?1 AND cop_no = ?2 AND state = 'completed' \
         AND completed_at >= (SELECT coalesce(max(returned_at), 0) FROM tax_bills WHERE warehouse = ?1 AND declaration_no = ?3 AND status <> '3')",
        values![view.warehouse.as_str(), cop_no, declaration_no],
    )?;
    Ok(Money::from_units(units))
}

/// The firm's summary bill was paid: every bill in it frees its merchant's guarantee.
///
/// # Errors
/// A refusal when nobody knows the bill.
pub(crate) fn settle(act: &Act<'_>, duty_no: &str) -> Result<usize> {
    let lists = act.rows.all(
        "SELECT DISTINCT declaration_no FROM tax_bills WHERE warehouse = ?1 AND duty_no = ?2 ORDER BY declaration_no",
        values![act.warehouse.as_str(), duty_no],
        |row| row.text(0),
    )?;
    if duty_no.is_empty() || lists.is_empty() {
        return Err(Error::refused(
            StatusCode::NOT_FOUND,
            crate::says::unknown_duty(duty_no),
        ));
    }
    let paid = act.rows.change(
        "UPDATE tax_bills SET paid_at = ?3 WHERE warehouse = ?1 AND duty_no = ?2 AND paid_at IS NULL",
        values![act.warehouse.as_str(), duty_no, act.now],
    )?;
    for declaration_no in lists {
        billed(act, &declaration_no)?;
    }
    Ok(paid)
}

/// What customs levied on one line of a list, of every kind together. A bill that names no lines is
/// shared over them by price, and what rounding leaves over is not given back.
pub(crate) fn of_line(
    view: &View<'_>,
    list: &DeclarationList,
    declaration_no: &str,
    gnum: u32,
) -> Result<Money> {
    let mut levied = Money::ZERO;
    for bill in counting(of_list(view, declaration_no)?) {
        let lines = view.rows.all(
            "SELECT gnum, customs_tax + value_added_tax + consumption_tax FROM tax_bill_lines WHERE warehouse = ?1 AND tax_no = ?2",
            values![view.warehouse.as_str(), &bill.tax_no],
            |row| Ok((row.count32(0)?, Money::from_units(row.int(1)?))),
        )?;
        let of_bill = if lines.is_empty() {
            bill.whole().map(|whole| by_price(list, whole, gnum))
        } else {
            let of = lines.iter().filter(|(line, _)| *line == gnum);
            Money::sum(of.map(|(_, tax)| *tax))
        };
        levied = of_bill
            .and_then(|of_bill| levied.plus(of_bill))
            .ok_or_else(|| Error::broken("a tax too large to count"))?;
    }
    Ok(levied)
}

/// The bills that say what is given back: those that stand, or once none does the last there was, which
/// customs voided because the goods came back. One that was written anew never counts beside the new one.
fn counting(mut bills: Vec<Due>) -> Vec<Due> {
    if bills.iter().any(|bill| bill.status != VOID) {
        bills.retain(|bill| bill.status != VOID);
        return bills;
    }
    bills.pop().into_iter().collect()
}

/// The share of one line in a sum, by its price among all, cut to the fen.
fn by_price(list: &DeclarationList, whole: Money, gnum: u32) -> Money {
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
    Money::from_decimal(share.trunc_with_scale(2)).unwrap_or_default()
}

impl Due {
    /// All of it together.
    fn whole(&self) -> Option<Money> {
        Money::sum([self.customs_tax, self.value_added_tax, self.consumption_tax])
    }
}

/// The bills of a list.
pub(crate) fn of_list(view: &View<'_>, declaration_no: &str) -> Result<Vec<Due>> {
    let found = of_lists(view, &[[declaration_no]])?;
    Ok(found.into_values().next().unwrap_or_default())
}

/// The bills of several lists, by customs' number of the list.
pub(crate) fn of_lists(
    view: &View<'_>,
    declarations: &[[&str; 1]],
) -> Result<BTreeMap<String, Vec<Due>>> {
    let found = view.rows.among(
        "SELECT declaration_no, tax_no, customs_tax, value_added_tax, consumption_tax, status, duty_no, paid_at \
         FROM tax_bills WHERE warehouse = ?1 AND declaration_no IN ({keys}) ORDER BY tax_no",
        view.warehouse.as_str(),
        declarations,
        |row| {
            let due = Due {
                tax_no: row.text(1)?,
                customs_tax: Money::from_units(row.int(2)?),
                value_added_tax: Money::from_units(row.int(3)?),
                consumption_tax: Money::from_units(row.int(4)?),
                status: row.text(5)?,
                duty_no: row.text(6)?,
                paid_at: row.maybe_instant(7)?,
            };
            Ok((row.text(0)?, due))
        },
    )?;
    Ok(by(found))
}

/// Keeps our own reckoning beside the list that was declared by it.
pub(crate) fn keep(act: &Act<'_>, cop_no: &str, assessment: &Assessment) -> Result<()> {
    act.rows.change_one(
        "UPDATE declarations SET assessment = ?3 WHERE warehouse = ?1 AND cop_no = ?2",
        values![act.warehouse.as_str(), cop_no, json(assessment)?],
    )
}

/// What the tax of several lists is now, and by whose word.
pub(crate) struct Reckoned {
    zone: Zone,
    laws: Vec<RetailLaw>,
    /// Our own reckoning with the moment it was declared by, by our number of the list.
    estimates: BTreeMap<String, (Assessment, Instant)>,
    /// What customs levied line by line, by bill.
    lines: BTreeMap<String, Vec<TaxBillLine>>,
}

impl Reckoned {
    /// Looks up what the lists of our numbers, and these bills, were reckoned by.
    pub(crate) fn of<'a>(
        view: &View<'_>,
        lists: &[[&str; 1]],
        bills: impl Iterator<Item = &'a Due>,
    ) -> Result<Self> {
        let declared = view.rows.among(
            "SELECT cop_no, declared_at, assessment FROM declarations \
             WHERE warehouse = ?1 AND cop_no IN ({keys}) AND assessment IS NOT NULL",
            view.warehouse.as_str(),
            lists,
            |row| Ok((row.text(0)?, (row.json(2)?, row.instant(1)?))),
        )?;
        let bills: Vec<_> = bills.map(|bill| [bill.tax_no.as_str()]).collect();
        let lines = view.rows.among(
            "SELECT tax_no, gnum, customs_tax, value_added_tax, consumption_tax FROM tax_bill_lines \
             WHERE warehouse = ?1 AND tax_no IN ({keys}) ORDER BY gnum",
            view.warehouse.as_str(),
            &bills,
            |row| {
                let line = TaxBillLine {
                    gnum: row.count32(1)?,
                    customs_tax: Money::from_units(row.int(2)?),
                    value_added_tax: Money::from_units(row.int(3)?),
                    consumption_tax: Money::from_units(row.int(4)?),
                    ..TaxBillLine::default()
                };
                Ok((row.text(0)?, line))
            },
        )?;
        Ok(Self {
            zone: view.settings()?.zone,
            laws: laws::all(view)?,
            estimates: declared.into_iter().collect(),
            lines: by(lines),
        })
    }

    /// The tax of one order, whose list has these bills.
    pub(crate) fn taxed(&self, order: &orders::Record, bills: &[Due]) -> Result<Taxed> {
        let said: Vec<TaxBill> = bills.iter().map(|bill| self.document(bill)).collect();
        let estimate = order.cop_no.as_ref().and_then(|no| self.estimates.get(no));
        let due = match estimate {
            Some((estimate, declared_at)) => {
                let day = self.zone.date_at(*declared_at);
                let law = laws::of_day(&self.laws, day)?;
                let tolerance = law.comparison.amount_tolerance;
                Some(bills::due(estimate, &said, &[], tolerance)?)
            }
            None if said.is_empty() => None,
            None => Some(bills::billed(&said, &[])?),
        };
        Ok(Taxed {
            withheld: order.withheld,
            to_pay: due.as_ref().and_then(|due| due.total.minus(order.withheld)),
            due,
        })
    }

    /// A bill with its lines, as it counts now.
    fn document(&self, due: &Due) -> TaxBill {
        TaxBill {
            tax_no: due.tax_no.clone(),
            customs_tax: due.customs_tax,
            value_added_tax: due.value_added_tax,
            consumption_tax: due.consumption_tax,
            status: due.status.clone(),
            lines: self.lines.get(&due.tax_no).cloned().unwrap_or_default(),
            ..TaxBill::default()
        }
    }
}
