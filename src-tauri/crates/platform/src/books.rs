//! The two books on disk: physical stock and customs' ledger, moved together in one commit.
//!
//! The rules are `domain::stock` and `domain::ledger`; this writes what they allow. A set of
//! movements is applied whole or not at all, each kept as a row and announced in the feed, so that
//! every balance is the sum of its movements and a drift can be named.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::inspection;
use crate::rows::{json, name_of, named, values};
use bondhouse_domain::facts::Moves;
use bondhouse_domain::feed::{Moved, News, Origin};
use bondhouse_domain::ids::{LedgerNo, LicencePlate, LocationId};
use bondhouse_domain::ledger::{Account, Book, LedgerBreak, LedgerItem, LedgerMove, Units};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Bucket, Goods, Place, Spot, StockBreak, StockMove, changes};
use std::collections::{BTreeMap, BTreeSet};

/// Why a set of movements is impossible; nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unmovable {
    #[error("stock: {0}")]
    Stock(#[from] StockBreak),
    #[error("ledger: {0}")]
    Ledger(#[from] LedgerBreak),
}

/// Moves both books and announces it, or says why the books forbid it.
pub(crate) fn try_move(
    act: &Act<'_>,
    moves: Moves,
    cause: &str,
    origin: Option<&Origin>,
) -> Result<std::result::Result<(), Unmovable>> {
    if moves == Moves::default() {
        return Ok(Ok(()));
    }
    let ledger = match plan_ledger(act, &moves.ledger)? {
        Ok(book) => book,
        Err(error) => return Ok(Err(error.into())),
    };
    let stock = match plan_stock(act, &moves.stock)? {
        Ok(balances) => balances,
        Err(error) => return Ok(Err(error.into())),
    };
    write_ledger(act, &moves.ledger, &ledger)?;
    write_stock(act, stock)?;
    let freed: Vec<StockMove> = moves
        .stock
        .iter()
        .filter(|movement| becomes_free(movement))
        .cloned()
        .collect();
    let moved = Moved {
        stock: moves.stock,
        ledger: moves.ledger,
        cause: cause.to_owned(),
    };
    record(act, &moved)?;
    act.publish(&News::Moved(moved), origin)?;
    // What became free may lie under a hold: it is blocked in the same commit.
    for movement in &freed {
        inspection::hold_back(act, movement)?;
    }
    Ok(Ok(()))
}

const fn becomes_free(movement: &StockMove) -> bool {
    matches!(
        movement.to,
        Place::Inside {
            bucket: Bucket::Available,
            ..
        }
    )
}

/// Moves both books where the rules already guarantee that they can move.
pub(crate) fn must_move(act: &Act<'_>, moves: Moves, cause: &str) -> Result<()> {
    try_move(act, moves, cause, None)?.map_err(|why| Error::broken(format!("{cause}: {why}")))
}

/// What one account of an item holds.
pub(crate) fn balance(view: &View<'_>, item: &LedgerItem, account: Account) -> Result<Units> {
    Ok(view
        .rows
        .one(
            "SELECT declared, legal1, legal2 FROM ledger WHERE warehouse = ?1 AND ledger = ?2 AND item_no = ?3 AND account = ?4",
            values![view.warehouse.as_str(), item.ledger.as_str(), &item.item_no, name_of(&account)?],
            |row| {
                Ok(Units {
                    declared: Quantity::from_units(row.int(0)?),
                    legal1: Quantity::from_units(row.int(1)?),
                    legal2: Quantity::from_units(row.int(2)?),
                })
            },
        )?
        .unwrap_or_default())
}

/// Every balance of customs' book that was ever moved, in key order.
pub(crate) fn ledger_balances(view: &View<'_>) -> Result<Vec<(LedgerItem, Account, Units)>> {
    view.rows.all(
        "SELECT ledger, item_no, account, declared, legal1, legal2 FROM ledger WHERE warehouse = ?1 ORDER BY ledger, item_no, account",
        values![view.warehouse.as_str()],
        |row| {
            let item = LedgerItem { ledger: LedgerNo::new(row.text(0)?), item_no: row.text(1)? };
            let units = Units {
                declared: Quantity::from_units(row.int(3)?),
                legal1: Quantity::from_units(row.int(4)?),
                legal2: Quantity::from_units(row.int(5)?),
            };
            Ok((item, named(row.text(2)?)?, units))
        },
    )
}

/// Every physical balance, in no particular order.
pub(crate) fn stock_balances(view: &View<'_>) -> Result<Vec<(Goods, Spot, Bucket, Quantity)>> {
    view.rows.all(
        "SELECT goods, location, plate, bucket, qty FROM stock WHERE warehouse = ?1",
        values![view.warehouse.as_str()],
        |row| {
            let plate = row.text(2)?;
            let spot = Spot {
                location: LocationId::new(row.text(1)?),
                plate: (!plate.is_empty()).then(|| LicencePlate::new(plate)),
            };
            Ok((
                row.json(0)?,
                spot,
                named(row.text(3)?)?,
                Quantity::from_units(row.int(4)?),
            ))
        },
    )
}

fn plan_ledger(
    act: &Act<'_>,
    moves: &[LedgerMove],
) -> Result<std::result::Result<Book, LedgerBreak>> {
    let mut book = Book::default();
    for (item, account) in touched(moves) {
        book.load(item.clone(), account, balance(act, item, account)?);
    }
    for movement in moves {
        if let Err(error) = book.apply(movement) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(book))
}

fn touched(moves: &[LedgerMove]) -> BTreeSet<(&LedgerItem, Account)> {
    moves
        .iter()
        .flat_map(|m| [(&m.item, m.from), (&m.item, m.to)])
        .collect()
}

fn write_ledger(act: &Act<'_>, moves: &[LedgerMove], book: &Book) -> Result<()> {
    for (item, account) in touched(moves) {
        let units = book.balance(item, account);
        act.rows.put(
            "INSERT INTO ledger (warehouse, ledger, item_no, account, declared, legal1, legal2) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (warehouse, ledger, item_no, account) DO UPDATE \
             SET declared = excluded.declared, legal1 = excluded.legal1, legal2 = excluded.legal2",
            values![
                act.warehouse.as_str(),
                item.ledger.as_str(),
                &item.item_no,
                name_of(&account)?,
                units.declared.units(),
                units.legal1.units(),
                units.legal2.units(),
            ],
        )?;
    }
    Ok(())
}

/// Where a balance stands, as its row's key.
type StockKey = (Goods, Spot, Bucket);

fn plan_stock(
    act: &Act<'_>,
    moves: &[StockMove],
) -> Result<std::result::Result<BTreeMap<StockKey, Quantity>, StockBreak>> {
    let mut balances: BTreeMap<StockKey, Quantity> = BTreeMap::new();
    for movement in moves {
        let ends = match changes(movement) {
            Ok(ends) => ends,
            Err(error) => return Ok(Err(error)),
        };
        for (spot, bucket, change) in ends {
            let key = (movement.goods.clone(), spot, bucket);
            let have = match balances.get(&key) {
                Some(have) => *have,
                None => stock_at(act, &key)?,
            };
            match have.plus(change) {
                Some(after) if !after.is_negative() => balances.insert(key, after),
                Some(_) => {
                    return Ok(Err(StockBreak::Short {
                        have,
                        want: movement.qty,
                    }));
                }
                None => return Ok(Err(StockBreak::TooLarge)),
            };
        }
    }
    Ok(Ok(balances))
}

fn stock_at(act: &Act<'_>, (goods, spot, bucket): &StockKey) -> Result<Quantity> {
    let qty = act.rows.number(
        "SELECT qty FROM stock WHERE warehouse = ?1 AND goods = ?2 AND location = ?3 AND plate = ?4 AND bucket = ?5",
        values![act.warehouse.as_str(), json(goods)?, spot.location.as_str(), plate(spot), name_of(bucket)?],
    )?;
    Ok(Quantity::from_units(qty))
}

fn write_stock(act: &Act<'_>, balances: BTreeMap<StockKey, Quantity>) -> Result<()> {
    for ((goods, spot, bucket), qty) in balances {
        if qty == Quantity::ZERO {
            act.rows.put(
                "DELETE FROM stock WHERE warehouse = ?1 AND goods = ?2 AND location = ?3 AND plate = ?4 AND bucket = ?5",
                values![act.warehouse.as_str(), json(&goods)?, spot.location.as_str(), plate(&spot), name_of(&bucket)?],
            )?;
            continue;
        }
        act.rows.put(
            include_str!("books_put_stock.sql"),
            values![
                act.warehouse.as_str(),
                goods.owner.as_str(),
                goods.item.as_str(),
                goods.customs.ledger.as_str(),
                &goods.customs.item_no,
                json(&goods)?,
                goods
                    .expiry
                    .map_or_else(|| "9999-12-31".to_owned(), |d| d.to_string()),
                goods
                    .customs
                    .in_date
                    .map_or_else(String::new, |d| d.to_string()),
                spot.location.as_str(),
                plate(&spot),
                name_of(&bucket)?,
                qty.units(),
            ],
        )?;
    }
    Ok(())
}

fn plate(spot: &Spot) -> &str {
    spot.plate.as_ref().map_or("", |plate| plate.as_str())
}

/// Keeps the movements as rows, at the position their news is about to take.
fn record(act: &Act<'_>, moved: &Moved) -> Result<()> {
    let pos = act.next_pos()?;
    for (n, m) in moved.stock.iter().enumerate() {
        act.rows.put(
            "INSERT INTO stock_moves (warehouse, pos, n, owner, item, goods, origin, target, qty, cause, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            values![
                act.warehouse.as_str(),
                pos.0,
                n,
                m.goods.owner.as_str(),
                m.goods.item.as_str(),
                json(&m.goods)?,
                json(&m.from)?,
                json(&m.to)?,
                m.qty.units(),
                &moved.cause,
                act.now,
            ],
        )?;
    }
    for (n, m) in moved.ledger.iter().enumerate() {
        act.rows.put(
            "INSERT INTO ledger_moves (warehouse, pos, n, ledger, item_no, origin, target, declared, legal1, legal2, document, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            values![
                act.warehouse.as_str(),
                pos.0,
                n,
                m.item.ledger.as_str(),
                &m.item.item_no,
                name_of(&m.from)?,
                name_of(&m.to)?,
                m.units.declared.units(),
                m.units.legal1.units(),
                m.units.legal2.units(),
                &m.document,
                act.now,
            ],
        )?;
    }
    Ok(())
}
