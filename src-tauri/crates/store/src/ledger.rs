//! Customs' book on disk: the projection of what the platform keeps.
//!
//! The platform owns and writes the ledger; here its movements are replayed, with those of our own
//! counts before the platform has seen them. The rules are [`bondhouse_domain::ledger::Book`]'s.

use crate::columns::{Nat, Word};
use crate::error::StoreError;
use crate::fold::{Booking, Fold};
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::ids::LedgerNo;
use bondhouse_domain::ledger::{Account, Book, LedgerItem, LedgerMove, Units};
use bondhouse_domain::quantity::Quantity;
use rusqlite::{Row, params};
use serde::Serialize;

/// What one account of one item holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct LedgerLine {
    /// The ledger line.
    pub item: LedgerItem,
    /// The account.
    pub account: Account,
    /// What it holds.
    pub units: Units,
}

/// Reads units from three columns.
pub(crate) fn units_in(row: &Row<'_>, at: usize) -> rusqlite::Result<Units> {
    Ok(Units {
        declared: Quantity::from_units(row.get(at)?),
        legal1: Quantity::from_units(row.get(at + 1)?),
        legal2: Quantity::from_units(row.get(at + 2)?),
    })
}

impl Fold<'_> {
    /// Changes the balances of both accounts, or changes nothing.
    pub(crate) fn shift_ledger(&mut self, movement: &LedgerMove) -> Result<(), StoreError> {
        let mut book = Book::default();
        for account in [movement.from, movement.to] {
            book.load(
                movement.item.clone(),
                account,
                self.account(&movement.item, account)?,
            );
        }
        book.apply(movement).map_err(|cause| StoreError::Ledger {
            movement: Box::new(movement.clone()),
            cause,
        })?;
        for account in [movement.from, movement.to] {
            self.set_account(
                &movement.item,
                account,
                book.balance(&movement.item, account),
            )?;
        }
        self.touch(Room::Ledger);
        Ok(())
    }

    /// Keeps a movement.
    pub(crate) fn book_ledger(
        &self,
        booking: Booking,
        line: u32,
        movement: &LedgerMove,
    ) -> Result<(), StoreError> {
        let (name, position) = booking.source.columns();
        let LedgerMove {
            item,
            from,
            to,
            units,
            document,
        } = movement;
        self.run(
            include_str!("ledger/book_movement.sql"),
            params![
                self.w(),
                name,
                Nat(position),
                line,
                booking.at.as_millis(),
                item.ledger.as_str(),
                item.item_no,
                Word(from),
                Word(to),
                units.declared.units(),
                units.legal1.units(),
                units.legal2.units(),
                document,
            ],
        )?;
        Ok(())
    }

    fn set_account(
        &self,
        item: &LedgerItem,
        account: Account,
        units: Units,
    ) -> Result<(), StoreError> {
        if units == Units::default() {
            self.run(
                "DELETE FROM ledger WHERE warehouse_id = ?1 AND ledger = ?2 AND item_no = ?3 AND account = ?4",
                params![self.w(), item.ledger.as_str(), item.item_no, Word(account)],
            )?;
            return Ok(());
        }
        self.run(
            include_str!("ledger/set_account.sql"),
            params![
                self.w(),
                item.ledger.as_str(),
                item.item_no,
                Word(account),
                units.declared.units(),
                units.legal1.units(),
                units.legal2.units(),
            ],
        )?;
        Ok(())
    }
}

impl View<'_> {
    fn account(&self, item: &LedgerItem, account: Account) -> Result<Units, StoreError> {
        let units = self.find(
            "SELECT declared, legal1, legal2 FROM ledger
             WHERE warehouse_id = ?1 AND ledger = ?2 AND item_no = ?3 AND account = ?4",
            params![self.w(), item.ledger.as_str(), item.item_no, Word(account)],
            |row| units_in(row, 0),
        )?;
        Ok(units.unwrap_or_default())
    }

    /// Every balance of customs' book that is not nothing, by item and account.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn ledger(&self) -> Result<Vec<LedgerLine>, StoreError> {
        let mut lines = self.list(
            "SELECT ledger, item_no, account, declared, legal1, legal2 FROM ledger WHERE warehouse_id = ?1",
            [self.w()],
            |row| {
                Ok(LedgerLine {
                    item: LedgerItem { ledger: LedgerNo::new(row.get::<_, String>(0)?), item_no: row.get(1)? },
                    account: row.get::<_, Word<_>>(2)?.0,
                    units: units_in(row, 3)?,
                })
            },
        )?;
        lines.sort_by(|a, b| (&a.item, a.account).cmp(&(&b.item, b.account)));
        Ok(lines)
    }
}
