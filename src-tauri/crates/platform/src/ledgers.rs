//! Lines of the ledgers: opened when goods are announced, numbered by customs, chosen when goods are declared.
//!
//! What a line is called and which one serves is `domain::ledger::lines`. Stock and book carry our name
//! of a line, which never changes; customs' number is bound to it by the booking receipt (INV211). A
//! line that master data names by customs' number needs no row until customs says something of it.
//!
//! It will not change a balance: a booking receipt tells what customs did, our book moves by what we know.

mod bookings;

pub(crate) use bookings::receive;

use crate::authority::{Act, View};
use crate::books;
use crate::error::{Error, Result};
use crate::goods::{self, Item};
use crate::rows::{Row, json, name_of, named, values};
use bondhouse_domain::ids::{ItemId, LedgerNo, OwnerId};
use bondhouse_domain::ledger::lines::{Booking, Line, Terms, Unserved, choose};
use bondhouse_domain::ledger::reconciliation::{Told, says};
use bondhouse_domain::ledger::{Account, LedgerItem};
use bondhouse_domain::message::{Message, Refusal};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::time::Instant;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How a ledger books, as the operator says it.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ledger {
    pub(crate) ledger: LedgerNo,
    pub(crate) booking: Booking,
}

/// Every ledger something was said of.
pub(crate) fn all(view: &View<'_>) -> Result<Vec<Ledger>> {
    view.rows.all(
        "SELECT ledger, booking FROM ledgers WHERE warehouse = ?1 ORDER BY ledger",
        values![view.warehouse.as_str()],
        |row| {
            Ok(Ledger {
                ledger: LedgerNo::new(row.text(0)?),
                booking: named(row.text(1)?)?,
            })
        },
    )
}

/// Sets how a ledger books; only while nothing was ever booked in it.
pub(crate) fn set(act: &Act<'_>, wanted: &Ledger) -> Result<bool> {
    if booking(act, &wanted.ledger)? == wanted.booking {
        return Ok(false);
    }
    let moved = act.rows.number(
        "SELECT count(*) FROM ledger_moves WHERE warehouse = ?1 AND ledger = ?2",
        values![act.warehouse.as_str(), wanted.ledger.as_str()],
    )?;
    let opened = act.rows.number(
        "SELECT count(*) FROM ledger_lines WHERE warehouse = ?1 AND ledger = ?2",
        values![act.warehouse.as_str(), wanted.ledger.as_str()],
    )?;
    if moved > 0 || opened > 0 {
        return Err(says::booking_stands(&wanted.ledger).into());
    }
    act.rows.change_one(
        "INSERT INTO ledgers (warehouse, ledger, booking) VALUES (?1, ?2, ?3) \
         ON CONFLICT (warehouse, ledger) DO UPDATE SET booking = excluded.booking",
        values![
            act.warehouse.as_str(),
            wanted.ledger.as_str(),
            name_of(&wanted.booking)?
        ],
    )?;
    Ok(true)
}

/// How a ledger books.
pub(crate) fn booking(view: &View<'_>, ledger: &LedgerNo) -> Result<Booking> {
    let said = view.rows.one(
        "SELECT booking FROM ledgers WHERE warehouse = ?1 AND ledger = ?2",
        values![view.warehouse.as_str(), ledger.as_str()],
        |row| named(row.text(0)?),
    )?;
    Ok(said.unwrap_or_default())
}

/// A line's row.
pub(crate) struct Opened {
    pub(crate) item: LedgerItem,
    pub(crate) owner: OwnerId,
    pub(crate) goods: ItemId,
    in_date: Option<NaiveDate>,
    pub(crate) terms: Terms,
    /// What customs last said it holds.
    pub(crate) told: Told,
    /// Where the feed stood then.
    pub(crate) told_pos: u64,
    pub(crate) told_at: Option<Instant>,
    /// Where it describes other goods than we.
    pub(crate) differs: Vec<Message>,
}

const COLUMNS: &str =
    "ledger, item_no, owner, item, in_date, terms, told, told_pos, told_at, number, differs";

fn opened(row: &Row<'_>) -> Result<Opened> {
    let in_date = row.maybe_text(4)?;
    Ok(Opened {
        item: LedgerItem {
            ledger: LedgerNo::new(row.text(0)?),
            item_no: row.text(1)?,
        },
        owner: OwnerId::new(row.text(2)?),
        goods: ItemId::new(row.text(3)?),
        in_date: in_date.and_then(|day| day.parse().ok()),
        terms: Terms {
            number: row.maybe_text(9)?,
            ..row.json(5)?
        },
        told: row.json(6)?,
        told_pos: row.count(7)?,
        told_at: row.maybe_instant(8)?,
        differs: row.json(10)?,
    })
}

fn find(view: &View<'_>, item: &LedgerItem) -> Result<Option<Opened>> {
    view.rows.one(
        &format!("SELECT {COLUMNS} FROM ledger_lines WHERE warehouse = ?1 AND ledger = ?2 AND item_no = ?3"),
        values![view.warehouse.as_str(), item.ledger.as_str(), &item.item_no],
        opened,
    )
}

/// Every line of a ledger that has a row.
pub(crate) fn lines(view: &View<'_>, ledger: &LedgerNo) -> Result<Vec<Opened>> {
    view.rows.all(
        &format!("SELECT {COLUMNS} FROM ledger_lines WHERE warehouse = ?1 AND ledger = ?2 ORDER BY item_no"),
        values![view.warehouse.as_str(), ledger.as_str()],
        opened,
    )
}

/// Lines of a ledger that customs told of and nobody here opened.
pub(crate) fn foreign(view: &View<'_>, ledger: &LedgerNo) -> Result<Vec<String>> {
    view.rows.all(
        "SELECT number FROM foreign_lines WHERE warehouse = ?1 AND ledger = ?2 ORDER BY number",
        values![view.warehouse.as_str(), ledger.as_str()],
        |row| row.text(0),
    )
}

/// Customs' number of a line; nothing while it has none.
pub(crate) fn number(view: &View<'_>, item: &LedgerItem) -> Result<Option<String>> {
    Ok(match find(view, item)? {
        Some(line) => line.terms.number,
        None => Some(item.item_no.clone()),
    })
}

/// The line that carries customs' number.
pub(crate) fn by_number(view: &View<'_>, ledger: &LedgerNo, number: &str) -> Result<LedgerItem> {
    let ours = view.rows.one(
        "SELECT item_no FROM ledger_lines WHERE warehouse = ?1 AND ledger = ?2 AND number = ?3",
        values![view.warehouse.as_str(), ledger.as_str(), number],
        |row| row.text(0),
    )?;
    Ok(LedgerItem {
        ledger: ledger.clone(),
        item_no: ours.unwrap_or_else(|| number.to_owned()),
    })
}

/// What lies on a line: by its row, or by the master data that names it.
pub(crate) fn goods_on(view: &View<'_>, item: &LedgerItem) -> Result<Item> {
    if let Some(line) = find(view, item)? {
        return goods::required(view, &line.owner, line.goods.as_str());
    }
    let named: Vec<Item> = view.rows.all(
        "SELECT body FROM items WHERE warehouse = ?1 ORDER BY owner, item",
        values![view.warehouse.as_str()],
        |row| row.json(0),
    )?;
    named
        .into_iter()
        .find(|known| known.told.ledger == *item)
        .ok_or_else(|| Error::broken(format!("no item is booked as {}", item.item_no)))
}

/// The line on which goods of an inbound note's line are booked.
pub(crate) fn of_note_line(
    view: &View<'_>,
    goods: &Item,
    note: &str,
    line: u32,
) -> Result<LedgerItem> {
    let ledger = goods.told.ledger.ledger.clone();
    let item_no =
        booking(view, &ledger)?.line_no(&goods.told.ledger.item_no, &goods.told.item, note, line);
    Ok(LedgerItem { ledger, item_no })
}

/// Opens the line for goods that are announced under a note, unless it is there.
pub(crate) fn open(act: &Act<'_>, goods: &Item, note: &str, line: u32) -> Result<LedgerItem> {
    let item = of_note_line(act, goods, note, line)?;
    if item != goods.told.ledger {
        insert(act, &item, goods, (note, line), None)?;
    }
    Ok(item)
}

fn insert(
    act: &Act<'_>,
    item: &LedgerItem,
    goods: &Item,
    (note, line): (&str, u32),
    number: Option<&str>,
) -> Result<()> {
    act.rows.put(
        "INSERT INTO ledger_lines (warehouse, ledger, item_no, owner, item, note, note_line, in_date, number, terms, told, told_pos, told_at, differs) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, ?8, ?9, ?10, 0, NULL, '[]') ON CONFLICT DO NOTHING",
        values![
            act.warehouse.as_str(), item.ledger.as_str(), &item.item_no, goods.told.owner.as_str(), goods.told.item.as_str(), note,
            line, number, json(&Terms::default())?, json(&Told::default())?,
        ],
    )?;
    Ok(())
}

/// The goods of a note passed the gate on this day: what choosing the oldest line goes by.
pub(crate) fn came_in(act: &Act<'_>, note: &str, day: NaiveDate) -> Result<()> {
    act.rows.put(
        "UPDATE ledger_lines SET in_date = coalesce(in_date, ?3) WHERE warehouse = ?1 AND note = ?2",
        values![act.warehouse.as_str(), note, day.to_string()],
    )?;
    Ok(())
}

/// A line chosen for an order's line: ours, and customs' number of it.
pub(crate) struct Chosen {
    pub(crate) item: LedgerItem,
    pub(crate) number: String,
}

/// Chooses the ledger line for so many of some goods; `taken` is what earlier lines of the same list take.
pub(crate) fn serve(
    view: &View<'_>,
    goods: &Item,
    qty: Quantity,
    taken: &[(LedgerItem, Quantity)],
) -> Result<std::result::Result<Chosen, Refusal>> {
    let today = view.settings()?.zone.date_at(view.now);
    let ledger = &goods.told.ledger.ledger;
    if booking(view, ledger)? == Booking::Cumulative {
        return cumulative(view, goods, today);
    }
    let rows = view.rows.all(
        &format!("SELECT {COLUMNS} FROM ledger_lines WHERE warehouse = ?1 AND ledger = ?2 AND owner = ?3 AND item = ?4 ORDER BY item_no"),
        values![view.warehouse.as_str(), ledger.as_str(), goods.told.owner.as_str(), goods.told.item.as_str()],
        opened,
    )?;
    let mut lines = Vec::new();
    for row in &rows {
        let earlier = taken.iter().filter(|(item, _)| *item == row.item);
        let earlier = Quantity::sum(earlier.map(|(_, qty)| *qty)).unwrap_or(Quantity::ZERO);
        lines.push(Line {
            item: row.item.clone(),
            in_date: row.in_date,
            free: free(view, &row.item, today)?
                .minus(earlier)
                .unwrap_or(Quantity::ZERO),
            stop: row.terms.stop(today),
        });
    }
    let item = match choose(&lines, &[qty]).into_iter().next() {
        Some(Ok(item)) => item,
        Some(Err(why)) => return Ok(Err(refusal(goods, qty, why))),
        None => return Ok(Err(refusal(goods, qty, Unserved::Short(Quantity::ZERO)))),
    };
    let number = rows
        .into_iter()
        .find(|row| row.item == item)
        .and_then(|row| row.terms.number);
    Ok(match number {
        Some(number) => Ok(Chosen { item, number }),
        None => Err(says::unnumbered(&item.item_no)),
    })
}

/// One line an item: stopped, or the one. Whether it holds enough, the comparison says with both figures.
fn cumulative(
    view: &View<'_>,
    goods: &Item,
    today: NaiveDate,
) -> Result<std::result::Result<Chosen, Refusal>> {
    let item = of_note_line(view, goods, "", 0)?;
    let terms = match find(view, &item)? {
        Some(row) => row.terms,
        None => Terms {
            number: Some(goods.told.ledger.item_no.clone()).filter(|no| !no.is_empty()),
            ..Terms::default()
        },
    };
    if let Some(stop) = terms.stop(today) {
        return Ok(Err(stopped(&item, stop)));
    }
    Ok(match terms.number {
        Some(number) => Ok(Chosen { item, number }),
        None => Err(says::unnumbered(&item.item_no)),
    })
}

fn refusal(goods: &Item, qty: Quantity, why: Unserved) -> Refusal {
    match why {
        Unserved::Short(most) => says::no_line_holds(&goods.told.item, qty, most),
        Unserved::Stopped(item, stop) => stopped(&item, stop),
    }
}

fn stopped(item: &LedgerItem, stop: bondhouse_domain::ledger::lines::Stop) -> Refusal {
    use bondhouse_domain::ledger::lines::Stop;
    match stop {
        Stop::Unnumbered => says::unnumbered(&item.item_no),
        Stop::Suspended(mark) => says::suspended(&item.item_no, mark),
        Stop::Overdue(limit) => says::overdue(&item.item_no, limit),
    }
}

/// What may still be declared from a line: free in the book, and not more than is fit on the shelves for
/// what no list has claimed yet.
fn free(view: &View<'_>, item: &LedgerItem, today: NaiveDate) -> Result<Quantity> {
    let held = |account| Ok::<_, Error>(books::balance(view, item, account)?.declared);
    let booked = held(Account::Booked)?;
    let claimed = held(Account::PreOut)?.plus(held(Account::Debited)?);
    let fit = Quantity::from_units(view.rows.number(
        "SELECT coalesce(sum(qty), 0) FROM stock WHERE warehouse = ?1 AND ledger = ?2 AND item_no = ?3 \
         AND bucket <> 'blocked' AND expiry > ?4",
        values![view.warehouse.as_str(), item.ledger.as_str(), &item.item_no, today.to_string()],
    )?);
    let fit = claimed
        .and_then(|claimed| fit.minus(claimed))
        .unwrap_or(Quantity::ZERO);
    Ok(booked.min(fit).max(Quantity::ZERO))
}
