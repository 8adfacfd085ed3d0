//! The lots of an order at the bench: which of the reserved goods a scanned piece is.
//!
//! The lease reserved exact lots, and what is packed must be them (I13 for the customs lot; for the
//! commercial lot what the recall asks for one day). A scan that carries a lot or date must agree with
//! a reserved one. A scan without is taken at the document's word where one lot is left to be packed
//! and no other lies within reach; else it is asked about. Who then says another lot is told which one
//! was reserved.

use super::{KnownItem, Line, Release};
use crate::ids::ItemId;
use crate::quantity::Quantity;
use crate::stock::Goods;
use crate::task::ItemRead;
use crate::task::which::{Candidate, Which};
use chrono::NaiveDate;
use std::collections::BTreeMap;

impl Release {
    /// The order's lines with what was reserved for them; they stand in one order.
    fn reserved(&self) -> impl Iterator<Item = (&Line, &Goods)> {
        let goods = self.right.lines.iter().map(|leased| &leased.goods);
        self.lines.iter().zip(goods)
    }

    /// Whether the order has the item a scan names.
    pub(super) fn wants(&self, read: &ItemRead) -> bool {
        let of_it = |line: &Line| line.item == read.item && line.owner == read.owner;
        self.lines.iter().any(of_it)
    }

    /// The reserved lots and dates that a scan may mean: those still wanted, else those complete.
    /// One alone is the document's word, and needs none of the clerk's.
    pub(super) fn lots_of(&self, read: &ItemRead) -> Vec<Candidate> {
        let fitting = |open_only: bool| {
            let candidates = self
                .reserved()
                .filter(|(line, goods)| {
                    agrees(goods, read) && (!open_only || line.open().is_positive())
                })
                .map(|(line, goods)| Candidate {
                    goods: goods.clone(),
                    name: line.name.clone(),
                    owner_name: self.owner_name.clone(),
                    qty: line.open(),
                });
            Which::distinct(candidates)
        };
        let open = fitting(true);
        if open.is_empty() {
            return fitting(false).into_iter().take(1).collect();
        }
        let beside = self
            .beside
            .iter()
            .filter(|one| read.lot.is_none() && agrees(&one.goods, read));
        Which::distinct(open.into_iter().chain(beside.cloned()))
    }

    /// The line of these goods, or of such as look the same: of several the first still open.
    pub(super) fn line_of(&self, goods: &Goods) -> Option<usize> {
        let alike = |of: &Goods| {
            (&of.owner, &of.item, &of.lot, of.expiry)
                == (&goods.owner, &goods.item, &goods.lot, goods.expiry)
        };
        let find = |open_only: bool| {
            self.reserved()
                .position(|(line, of)| alike(of) && (!open_only || line.open().is_positive()))
        };
        find(true).or_else(|| find(false))
    }

    /// The lots reserved of an item, as people read them.
    pub(super) fn reserved_of(&self, read: &ItemRead) -> String {
        let mut lots: Vec<String> = self
            .reserved()
            .filter(|(line, _)| line.item == read.item && line.owner == read.owner)
            .map(|(_, goods)| shown(goods))
            .collect();
        lots.dedup();
        lots.join(", ")
    }
}

/// Whether reserved goods may be what a scan names: what both know of lot and expiry agrees.
fn agrees(goods: &Goods, read: &ItemRead) -> bool {
    let lot = goods.lot.as_ref().zip(read.lot.as_ref());
    let expiry = goods.expiry.zip(read.expiry);
    goods.owner == read.owner
        && goods.item == read.item
        && lot.is_none_or(|(reserved, read)| reserved == read)
        && expiry.is_none_or(|(reserved, read)| reserved == read)
}

/// The lot and date a scan carries, as people read them.
pub(super) fn told_lot(read: &ItemRead) -> String {
    shown_lot(read.lot.as_deref(), read.expiry)
}

/// The lot and date of goods, as people read them.
pub(super) fn shown(goods: &Goods) -> String {
    shown_lot(goods.lot.as_deref(), goods.expiry)
}

/// What lies within reach of the pieces of an order.
pub(super) fn beside(items: &BTreeMap<ItemId, KnownItem>, owner_name: &str) -> Vec<Candidate> {
    let within_reach = items.values().flat_map(|item| {
        item.beside.iter().map(|goods| Candidate {
            goods: goods.clone(),
            name: item.name.clone(),
            owner_name: owner_name.to_owned(),
            qty: Quantity::ZERO,
        })
    });
    within_reach.collect()
}

fn shown_lot(lot: Option<&str>, expiry: Option<NaiveDate>) -> String {
    let parts = lot.map(str::to_owned).into_iter();
    let parts: Vec<String> = parts.chain(expiry.map(|date| date.to_string())).collect();
    parts.join(" · ")
}
