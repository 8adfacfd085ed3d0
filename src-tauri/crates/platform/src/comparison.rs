//! The pre-check before a list is declared: what is known here, laid before `domain::comparison`.
//!
//! The checks and the law are the domain's; this gathers the papers, the ledger and what the same
//! person bought this year (by keyed hash, never by number). What stops is what the order waits for;
//! what is only doubtful is shown beside it.

use crate::authority::Act;
use crate::books;
use crate::clearance::Claim;
use crate::error::{Error, Result};
use crate::orders;
use crate::returns;
use crate::rows::values;
use bondhouse_domain::comparison::{BookedItem, Finding, Known, Paper, Papers, compare};
use bondhouse_domain::customs::{DeclarationList, Order, Payment, Waybill};
use bondhouse_domain::ledger::Account;
use bondhouse_domain::quantity::Money;
use bondhouse_domain::tax::RetailLaw;
use bondhouse_domain::time::Instant;
use chrono::{Datelike, NaiveDate};

/// Every difference between an order's papers, as far as they are there.
pub(crate) fn differences(
    act: &Act<'_>,
    order: &Order,
    payment: Option<&Payment>,
    waybill: Option<&Waybill>,
    list: Option<(&DeclarationList, &[Claim])>,
) -> Result<Vec<Finding>> {
    let today = act.settings.zone.date_at(act.now);
    let laws = RetailLaw::shipped();
    let law =
        RetailLaw::in_force(&laws, today).ok_or_else(|| Error::broken("no law is in force"))?;
    let known = Known {
        ledger: list
            .map(|(list, claims)| booked(act, list, claims))
            .transpose()?,
        spent_this_year: Some(spent(act, order, today)?),
        ..Known::default()
    };
    let papers = Papers {
        order: Some(order),
        payment,
        waybill,
        list: list.map(|(list, _)| list),
    };
    Ok(compare(papers, &known, law))
}

/// Whether a finding says that the ledger has too little, which time mends.
pub(crate) fn is_short(finding: &Finding) -> bool {
    [&finding.left, &finding.right]
        .iter()
        .any(|side| side.paper == Paper::Ledger && side.field == "available")
}

/// The ledger lines that a list names, with what is free of each.
fn booked(act: &Act<'_>, list: &DeclarationList, claims: &[Claim]) -> Result<Vec<BookedItem>> {
    let mut items = Vec::new();
    for line in &list.lines {
        let Some(claim) = claims
            .iter()
            .find(|claim| claim.item.item_no == line.item_record_no)
        else {
            continue;
        };
        items.push(BookedItem {
            ledger_no: claim.item.ledger.to_string(),
            item_record_no: claim.item.item_no.clone(),
            item_no: line.item_no.clone(),
            unit: line.unit.clone(),
            available: books::balance(act, &claim.item, Account::Booked)?.declared,
        });
    }
    Ok(items)
}

/// What the buyer's other orders of this year came to, as far as they are with customs or beyond.
fn spent(act: &Act<'_>, order: &Order, today: NaiveDate) -> Result<Money> {
    let new_year =
        NaiveDate::from_ymd_opt(today.year(), 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0));
    let since = new_year
        .and_then(|civil| act.settings.zone.instant(civil))
        .unwrap_or(Instant::from_millis(0));
    let units = act.rows.number(
        "SELECT sum(dutiable) FROM orders WHERE warehouse = ?1 AND buyer_hash = ?2 AND received_at >= ?3 \
         AND state NOT IN ('received', 'compared', 'cancelled', 'returned') AND NOT (platform = ?4 AND order_no = ?5)",
        values![act.warehouse.as_str(), orders::buyer_hash(act, order), since, &order.ebp_code, &order.order_no],
    )?;
    let back = returns::given_back(act, orders::buyer_hash(act, order), since)?;
    Money::from_units(units)
        .minus(back)
        .ok_or_else(|| Error::broken("a year too large to count"))
}
