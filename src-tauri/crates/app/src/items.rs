//! Master data as it may be looked up: items with their barcodes, locations with their own codes.
//!
//! Whoever has no goods in hand (a supervisor at a desk, `bondctl day`, the printer of shelf labels)
//! finds here what a scanner would read. Changing master data is the platform's.

use crate::App;
use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use bondhouse_domain::ids::{ItemId, LocationId, OwnerId};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::scanner::own::OwnCode;
use serde::Serialize;

/// An item of a merchant.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct ItemLine {
    /// The merchant.
    pub owner: OwnerId,
    /// The merchant's item (料号).
    pub item: ItemId,
    /// Its name.
    pub name: String,
    /// Its barcodes, the piece before the case.
    pub barcodes: Vec<Barcode>,
}

/// A barcode of an item.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct Barcode {
    /// GTIN in 14 digits, or the merchant's own code.
    pub code: String,
    /// How many declared units one scan of it stands for.
    pub holds: Quantity,
}

/// A location of this warehouse.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct LocationLine {
    /// The location.
    pub location: LocationId,
    /// `shelf`, `receiving`, `staging`, `quarantine` or `vehicle`.
    pub kind: String,
    /// The own code on its label; none when its name has characters outside the alphabet.
    pub code: Option<String>,
}

/// Every item, by merchant and name.
pub(crate) fn items(app: &App, _: &Asker, _: Nothing) -> Result<Vec<ItemLine>, AppError> {
    let items = app.store()?.read(|view| {
        let mut items = Vec::new();
        for merchant in view.merchants()? {
            items.extend(view.items_of(&merchant.owner)?);
        }
        Ok(items)
    })?;
    let mut lines: Vec<ItemLine> = items
        .into_iter()
        .map(|item| {
            let mut barcodes: Vec<Barcode> = item
                .barcodes
                .into_iter()
                .map(|b| Barcode {
                    code: b.code,
                    holds: b.holds,
                })
                .collect();
            barcodes.sort_by_key(|barcode| barcode.holds);
            ItemLine {
                owner: item.owner,
                item: item.item,
                name: item.name,
                barcodes,
            }
        })
        .collect();
    lines.sort_by(|a, b| (&a.owner, &a.name).cmp(&(&b.owner, &b.name)));
    Ok(lines)
}

/// Every location, with the code on its label.
pub(crate) fn locations(app: &App, _: &Asker, _: Nothing) -> Result<Vec<LocationLine>, AppError> {
    let locations = app.store()?.read(|view| view.locations())?;
    Ok(locations
        .into_iter()
        .map(|found| LocationLine {
            code: OwnCode::Location(found.location.clone()).text(),
            location: found.location,
            kind: found.kind,
        })
        .collect())
}
