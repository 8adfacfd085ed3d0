//! Booking receipts (INV211): how a warehouse learns customs' number of a line, and what customs holds of it.
//!
//! A line is found by its number, by the note that opened it, or by its item; what is found by none is
//! kept as a line nobody here opened, and shown in every reconciliation.

use super::{by_number, find, goods_on, insert};
use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::messages::{self, Kept};
use crate::orders;
use crate::rows::{json, values};
use bondhouse_domain::customs::{self, LedgerBooking, MessageKind};
use bondhouse_domain::ids::LedgerNo;
use bondhouse_domain::ledger::LedgerItem;
use bondhouse_domain::ledger::lines::Terms;
use bondhouse_domain::ledger::reconciliation::{Told, says};
use bondhouse_domain::message::Message;

/// Takes in a booking receipt (INV211): numbers the lines of a note, and keeps what customs says of each.
pub(crate) fn receive(act: &Act<'_>, booking: &LedgerBooking, kept: Kept) -> Result<()> {
    let mut unknown = false;
    for told in &booking.items {
        unknown |= !bind(act, booking, told, kept)?;
    }
    if unknown {
        messages::unmatched(act, kept, MessageKind::Inv211, &booking.state.note_no)?;
    }
    orders::conditions_changed(act)
}

/// Binds what customs says of one line to ours; `false` when we have none such.
fn bind(
    act: &Act<'_>,
    booking: &LedgerBooking,
    told: &customs::LedgerItem,
    kept: Kept,
) -> Result<bool> {
    let ledger_no = [&told.ledger_no, &booking.state.ledger_no];
    let ledger = LedgerNo::new(
        ledger_no
            .into_iter()
            .find(|no| !no.is_empty())
            .map_or("", |no| no),
    );
    let number = told.ledger_item_no.trim();
    if number.is_empty() {
        return Ok(false);
    }
    let Some(item) = line_of(act, booking, told, &ledger)? else {
        act.rows.put(
            "INSERT INTO foreign_lines (warehouse, ledger, number, raw, told_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            values![act.warehouse.as_str(), ledger.as_str(), number, kept.raw, act.now],
        )?;
        return Ok(false);
    };
    let terms = Terms {
        number: None,
        execution: told.execution_mark.trim().to_owned(),
        limit: told.limit_date.map(|at| act.settings.zone.date_at(at)),
    };
    let figures = Told {
        actual_in: told.actual_in,
        actual_out: told.actual_out,
        pre_in: told.pre_in,
        pre_out: told.pre_out,
    };
    // Balances may be left out: then what was told before still stands.
    let (figures, pos, at) = if figures.is_empty() {
        (None, None, None)
    } else {
        (
            Some(json(&figures)?),
            Some(act.feed_head()?.0.0),
            Some(act.now),
        )
    };
    let bound = act.rows.change(
        "UPDATE ledger_lines SET number = coalesce(number, ?4), terms = ?5, told = coalesce(?6, told), \
         told_pos = coalesce(?7, told_pos), told_at = coalesce(?8, told_at), differs = ?9 \
         WHERE warehouse = ?1 AND ledger = ?2 AND item_no = ?3 AND coalesce(number, ?4) = ?4",
        values![
            act.warehouse.as_str(), item.ledger.as_str(), &item.item_no, number, json(&terms)?, figures, pos, at,
            json(&described_otherwise(act, &item, told)?)?,
        ],
    )?;
    Ok(bound == 1)
}

/// Where customs describes other goods on a line than we; what it left out says nothing.
fn described_otherwise(
    view: &View<'_>,
    item: &LedgerItem,
    told: &customs::LedgerItem,
) -> Result<Vec<Message>> {
    let ours = goods_on(view, item)?.told;
    let rows = [
        ("gdsMtno", ours.item.as_str(), &told.item_no),
        ("gdecd", ours.hs_code.as_str(), &told.hs_code),
        ("dclUnitcd", ours.unit.as_str(), &told.unit),
        ("natcd", ours.origin.as_str(), &told.origin),
    ];
    let other = rows
        .into_iter()
        .filter(|(_, ours, told)| !told.is_empty() && told.trim() != *ours);
    Ok(other
        .map(|(field, ours, told)| says::line_differs(&item.item_no, field, ours, told).0)
        .collect())
}

/// Our line that a told one is: by its number, by the note that opened it, or by its item.
fn line_of(
    act: &Act<'_>,
    booking: &LedgerBooking,
    told: &customs::LedgerItem,
    ledger: &LedgerNo,
) -> Result<Option<LedgerItem>> {
    let by_number = by_number(act, ledger, told.ledger_item_no.trim())?;
    if find(act, &by_number)?.is_some() {
        return Ok(Some(by_number));
    }
    let note_no = [&told.note_no, &booking.state.note_no]
        .into_iter()
        .find(|no| !no.is_empty());
    let line: u32 = told.note_line_no.trim().parse().unwrap_or(0);
    let by_note = act.rows.one(
        "SELECT l.item_no FROM ledger_lines AS l \
         JOIN bonded_notes AS n ON n.warehouse = l.warehouse AND n.own_no = l.note \
         WHERE l.warehouse = ?1 AND l.ledger = ?2 AND n.note_no = ?3 AND l.note_line = ?4 AND l.number IS NULL",
        values![
            act.warehouse.as_str(), ledger.as_str(), note_no.map_or("", |no| no.as_str()), line,
        ],
        |row| row.text(0),
    )?;
    if let Some(item_no) = by_note {
        return Ok(Some(LedgerItem {
            ledger: ledger.clone(),
            item_no,
        }));
    }
    // A cumulative line that waits for its number is called by its item.
    let by_item = LedgerItem {
        ledger: ledger.clone(),
        item_no: told.item_no.clone(),
    };
    if find(act, &by_item)?.is_some_and(|line| line.terms.number.is_none()) {
        return Ok(Some(by_item));
    }
    // Named by customs' number in master data: it gets its row now.
    match goods_on(act, &by_number) {
        Ok(goods) => {
            insert(act, &by_number, &goods, ("", 0), Some(&by_number.item_no))?;
            Ok(Some(by_number))
        }
        Err(Error::Broken(_)) => Ok(None),
        Err(other) => Err(other),
    }
}
