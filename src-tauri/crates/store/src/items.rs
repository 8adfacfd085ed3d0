//! Merchants, their items and barcodes, and the building's locations, as the feed lists them.

use crate::error::StoreError;
use crate::fold::Fold;
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::feed::{Item, ItemBarcode, Location, Merchant};
use bondhouse_domain::ids::{ItemId, LedgerNo, LocationId, OwnerId};
use bondhouse_domain::ledger::LedgerItem;
use bondhouse_domain::quantity::{Quantity, Weight};
use rusqlite::{Row, params};
use std::collections::BTreeMap;

impl Fold<'_> {
    pub(crate) fn list_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError> {
        self.touch(Room::Stock);
        self.run(
            "INSERT INTO merchants (warehouse_id, owner_id, name) VALUES (?1, ?2, ?3)
             ON CONFLICT (warehouse_id, owner_id) DO UPDATE SET name = excluded.name",
            params![self.w(), merchant.owner.as_str(), merchant.name],
        )?;
        Ok(())
    }

    pub(crate) fn list_item(&mut self, item: &Item) -> Result<(), StoreError> {
        self.touch(Room::Stock);
        let (owner, id) = (item.owner.as_str(), item.item.as_str());
        self.run(
            include_str!("items/list_item.sql"),
            params![
                self.w(),
                owner,
                id,
                item.name,
                item.hs_code,
                item.ledger.ledger.as_str(),
                item.ledger.item_no,
                item.origin,
                item.unit,
                item.per_unit.declared.units(),
                item.per_unit.legal1.units(),
                item.per_unit.legal2.units(),
                item.gross_weight.units(),
                item.tracks_lot,
            ],
        )?;
        self.run(
            "DELETE FROM item_barcodes WHERE warehouse_id = ?1 AND owner_id = ?2 AND item_id = ?3",
            [self.w(), owner, id],
        )?;
        for barcode in &item.barcodes {
            self.run(
                "INSERT INTO item_barcodes (warehouse_id, code, owner_id, item_id, holds) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET holds = excluded.holds",
                params![self.w(), barcode.code, owner, id, barcode.holds.units()],
            )?;
        }
        Ok(())
    }

    pub(crate) fn list_location(&mut self, location: &Location) -> Result<(), StoreError> {
        self.touch(Room::Stock);
        self.run(
            "INSERT INTO locations (warehouse_id, location_id, kind) VALUES (?1, ?2, ?3)
             ON CONFLICT (warehouse_id, location_id) DO UPDATE SET kind = excluded.kind",
            params![self.w(), location.location.as_str(), location.kind],
        )?;
        Ok(())
    }
}

macro_rules! select_items {
    ($rest:literal) => {
        concat!(
            "SELECT i.owner_id, i.item_id, i.name, i.hs_code, i.ledger, i.item_no, i.origin, i.unit,
                    i.per_declared, i.per_legal1, i.per_legal2, i.gross_weight, i.tracks_lot
             FROM items i ",
            $rest
        )
    };
}

impl View<'_> {
    /// Every item a barcode stands for; several owners may use one.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn items_by_barcode(&self, code: &str) -> Result<Vec<Item>, StoreError> {
        let items = self.list(
            select_items!(
                "JOIN item_barcodes b USING (warehouse_id, owner_id, item_id)
                 WHERE b.warehouse_id = ?1 AND b.code = ?2 ORDER BY b.owner_id, b.item_id"
            ),
            [self.w(), code],
            item_in,
        )?;
        items
            .into_iter()
            .map(|item| self.with_barcodes(item))
            .collect()
    }

    /// One item of one merchant.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn item(&self, owner: &OwnerId, item: &ItemId) -> Result<Option<Item>, StoreError> {
        self.find(
            select_items!("WHERE i.warehouse_id = ?1 AND i.owner_id = ?2 AND i.item_id = ?3"),
            [self.w(), owner.as_str(), item.as_str()],
            item_in,
        )?
        .map(|item| self.with_barcodes(item))
        .transpose()
    }

    /// All items of a merchant.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn items_of(&self, owner: &OwnerId) -> Result<Vec<Item>, StoreError> {
        let items = self.list(
            select_items!("WHERE i.warehouse_id = ?1 AND i.owner_id = ?2 ORDER BY i.item_id"),
            [self.w(), owner.as_str()],
            item_in,
        )?;
        items
            .into_iter()
            .map(|item| self.with_barcodes(item))
            .collect()
    }

    /// Every merchant.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn merchants(&self) -> Result<Vec<Merchant>, StoreError> {
        self.list(
            "SELECT owner_id, name FROM merchants WHERE warehouse_id = ?1 ORDER BY owner_id",
            [self.w()],
            |row| {
                Ok(Merchant {
                    owner: OwnerId::new(row.get::<_, String>(0)?),
                    name: row.get(1)?,
                })
            },
        )
    }

    /// Merchants' names by their numbers.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn merchant_names(&self) -> Result<BTreeMap<OwnerId, String>, StoreError> {
        let all = self.merchants()?.into_iter();
        Ok(all
            .map(|merchant| (merchant.owner, merchant.name))
            .collect())
    }

    /// One merchant.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn merchant(&self, owner: &OwnerId) -> Result<Option<Merchant>, StoreError> {
        let name = self.find(
            "SELECT name FROM merchants WHERE warehouse_id = ?1 AND owner_id = ?2",
            [self.w(), owner.as_str()],
            |row| row.get(0),
        )?;
        Ok(name.map(|name| Merchant {
            owner: owner.clone(),
            name,
        }))
    }

    /// One location.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn location(&self, location: &LocationId) -> Result<Option<Location>, StoreError> {
        let kind = self.find(
            "SELECT kind FROM locations WHERE warehouse_id = ?1 AND location_id = ?2",
            [self.w(), location.as_str()],
            |row| row.get(0),
        )?;
        Ok(kind.map(|kind| Location {
            location: location.clone(),
            kind,
        }))
    }

    /// Every location.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn locations(&self) -> Result<Vec<Location>, StoreError> {
        self.list(
            "SELECT location_id, kind FROM locations WHERE warehouse_id = ?1 ORDER BY location_id",
            [self.w()],
            |row| {
                Ok(Location {
                    location: LocationId::new(row.get::<_, String>(0)?),
                    kind: row.get(1)?,
                })
            },
        )
    }

    fn with_barcodes(&self, item: Item) -> Result<Item, StoreError> {
        let barcodes = self.list(
            "SELECT code, holds FROM item_barcodes
             WHERE warehouse_id = ?1 AND owner_id = ?2 AND item_id = ?3 ORDER BY code",
            [self.w(), item.owner.as_str(), item.item.as_str()],
            |row| {
                Ok(ItemBarcode {
                    code: row.get(0)?,
                    holds: Quantity::from_units(row.get(1)?),
                })
            },
        )?;
        Ok(Item { barcodes, ..item })
    }
}

fn item_in(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        owner: OwnerId::new(row.get::<_, String>(0)?),
        item: ItemId::new(row.get::<_, String>(1)?),
        name: row.get(2)?,
        barcodes: Vec::new(),
        hs_code: row.get(3)?,
        ledger: LedgerItem {
            ledger: LedgerNo::new(row.get::<_, String>(4)?),
            item_no: row.get(5)?,
        },
        origin: row.get(6)?,
        unit: row.get(7)?,
        per_unit: crate::ledger::units_in(row, 8)?,
        gross_weight: Weight::from_units(row.get(11)?),
        tracks_lot: row.get(12)?,
    })
}
