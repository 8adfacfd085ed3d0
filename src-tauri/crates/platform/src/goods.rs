//! Merchants, items and locations: the master data, and what one unit of an item amounts to.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::rows::{json, values};
use bondhouse_domain::feed::{self, News};
use bondhouse_domain::ids::{ItemId, OwnerId};
use bondhouse_domain::ledger::Units;
use bondhouse_domain::quantity::{Quantity, Weight};
use bondhouse_domain::tax::{Content, Rates};
use serde::{Deserialize, Serialize};

/// An item with what only declarations need beside what workstations are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// What workstations are told.
    #[serde(flatten)]
    pub(crate) told: feed::Item,
    /// Model and specification (规格型号).
    #[serde(default)]
    pub(crate) model: String,
    /// First legal unit, customs' 3 digits.
    pub(crate) legal_unit1: String,
    /// Second legal unit, empty where the HS code has none.
    #[serde(default)]
    pub(crate) legal_unit2: String,
    /// Net weight of one declared unit; the gross weight when not given.
    #[serde(default)]
    pub(crate) net_weight: Option<Weight>,
    /// Price of one declared unit on inbound notes, in yuan.
    #[serde(default)]
    pub(crate) price: Option<bondhouse_domain::quantity::Money>,
    /// Rates of its tariff code; without them its tax is not reckoned here.
    #[serde(default)]
    pub(crate) rates: Option<Rates>,
    /// What one piece contains, of a cosmetic: its price then decides the consumption tax.
    #[serde(default)]
    pub(crate) cosmetic: Option<Content>,
}

impl Item {
    /// What so many declared units are in every unit of the ledger.
    pub(crate) fn units(&self, qty: Quantity) -> Option<Units> {
        self.told.per_unit.times(qty)
    }

    /// The chapter of its tariff code.
    pub(crate) fn chapter(&self) -> String {
        self.told.hs_code.chars().take(2).collect()
    }

    /// Gross weight of so many.
    pub(crate) fn gross(&self, qty: Quantity) -> Option<Weight> {
        weight(self.told.gross_weight, qty)
    }

    /// Net weight of so many.
    pub(crate) fn net(&self, qty: Quantity) -> Option<Weight> {
        weight(self.net_weight.unwrap_or(self.told.gross_weight), qty)
    }
}

/// So many times the weight of one, exactly; `None` when a sixth decimal would be needed.
fn weight(one: Weight, qty: Quantity) -> Option<Weight> {
    Weight::from_decimal(one.to_decimal().checked_mul(qty.to_decimal())?).ok()
}

/// An item by its merchant and number.
pub(crate) fn item(view: &View<'_>, owner: &OwnerId, item: &ItemId) -> Result<Option<Item>> {
    view.rows.one(
        "SELECT body FROM items WHERE warehouse = ?1 AND owner = ?2 AND item = ?3",
        values![view.warehouse.as_str(), owner.as_str(), item.as_str()],
        |row| row.json(0),
    )
}

/// Whether a merchant is known here.
pub(crate) fn is_owner(view: &View<'_>, owner: &OwnerId) -> Result<bool> {
    let found = view.rows.number(
        "SELECT count(*) FROM owners WHERE warehouse = ?1 AND owner = ?2",
        values![view.warehouse.as_str(), owner.as_str()],
    )?;
    Ok(found == 1)
}

/// Lists a merchant, or changes its name. Tells the feed only what is new.
pub(crate) fn list_owner(act: &Act<'_>, merchant: feed::Merchant) -> Result<bool> {
    let changed = act.rows.change(
        "INSERT INTO owners (warehouse, owner, name) VALUES (?1, ?2, ?3) \
         ON CONFLICT (warehouse, owner) DO UPDATE SET name = excluded.name WHERE owners.name <> excluded.name",
        values![act.warehouse.as_str(), merchant.owner.as_str(), &merchant.name],
    )?;
    publish_if(act, changed, News::Merchant(merchant))
}

/// Lists an item, or changes what is known of it.
///
/// # Errors
/// A refusal when its merchant is unknown or one unit of it is nothing.
pub(crate) fn list_item(act: &Act<'_>, item: &Item) -> Result<bool> {
    let told = &item.told;
    if !is_owner(act, &told.owner)? {
        return Err(crate::says::unknown_owner(&told.owner).into());
    }
    if !told.per_unit.declared.is_positive()
        || told.per_unit.is_negative()
        || told.gross_weight.is_negative()
    {
        return Err(crate::says::bad_item(&told.item).into());
    }
    let changed = act.rows.change(
        "INSERT INTO items (warehouse, owner, item, body) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (warehouse, owner, item) DO UPDATE SET body = excluded.body WHERE items.body <> excluded.body",
        values![act.warehouse.as_str(), told.owner.as_str(), told.item.as_str(), json(item)?],
    )?;
    if changed > 0 {
        // Orders that named it before it was listed count under its chapter from now.
        act.rows.put(
            "UPDATE order_lines SET chapter = ?4 WHERE warehouse = ?1 AND owner = ?2 AND item = ?3 AND chapter = ''",
            values![act.warehouse.as_str(), told.owner.as_str(), told.item.as_str(), item.chapter()],
        )?;
    }
    publish_if(act, changed, News::Item(told.clone()))
}

/// Lists a location.
pub(crate) fn list_location(act: &Act<'_>, location: feed::Location) -> Result<bool> {
    const KINDS: &[&str] = &["shelf", "receiving", "staging", "quarantine", "vehicle"];
    if !KINDS.contains(&location.kind.as_str()) {
        return Err(crate::says::bad_location(&location.location).into());
    }
    let changed = act.rows.change(
        "INSERT INTO locations (warehouse, location, kind) VALUES (?1, ?2, ?3) \
         ON CONFLICT (warehouse, location) DO UPDATE SET kind = excluded.kind WHERE locations.kind <> excluded.kind",
        values![act.warehouse.as_str(), location.location.as_str(), &location.kind],
    )?;
    publish_if(act, changed, News::Location(location))
}

fn publish_if(act: &Act<'_>, changed: usize, news: News) -> Result<bool> {
    if changed == 0 {
        return Ok(false);
    }
    act.publish(&news, None)?;
    Ok(true)
}

/// An item that an order or notice names, or the refusal that says it is unknown.
pub(crate) fn required(view: &View<'_>, owner: &OwnerId, number: &str) -> Result<Item> {
    item(view, owner, &ItemId::new(number))?.ok_or_else(|| {
        Error::refused(
            axum::http::StatusCode::UNPROCESSABLE_ENTITY,
            crate::says::unknown_item(number, owner),
        )
    })
}
