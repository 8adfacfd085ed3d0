//! Inbound notices: the `k`-th truck of the town.
//!
//! Each merchant sends a truck in turn with five of its items; four rounds bring all twenty, then it
//! begins again. Whole cases, so that a clerk can count by scanning case codes.

use super::World;
use crate::dice::Dice;
use bondhouse_domain::ids::{ItemId, OwnerId};
use bondhouse_domain::quantity::{Quantity, Weight};
use chrono::{Days, NaiveDate};
use serde::Serialize;

/// How many items a truck brings.
pub(super) const ITEMS_A_TRUCK: usize = 5;
/// How many rounds bring everything a merchant sells.
pub(super) const ROUNDS: u64 = 4;
/// At least so many pieces of each.
const PIECES: u32 = 120;
/// After so many orders every merchant sends another truck.
const ORDERS_A_ROUND: u64 = 300;
/// The trucks leave before the goods are sold.
const AHEAD: u64 = 60;

/// A notice as the forwarder announces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The forwarder's number.
    pub notice: String,
    /// The merchant whose goods come.
    pub owner: OwnerId,
    /// Plate of the truck.
    pub vehicle: String,
    /// What it weighs empty.
    pub vehicle_weight: Option<Weight>,
    /// The goods.
    pub lines: Vec<NoticeLine>,
}

/// One line of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeLine {
    /// Its number.
    pub line: u32,
    /// The item.
    pub item: ItemId,
    /// How many, declared unit.
    pub qty: Quantity,
    /// Commercial lot.
    pub lot: String,
    /// Expiry.
    pub expiry: NaiveDate,
}

impl World {
    /// The `k`-th notice of the town, from 0.
    pub fn notice(&self, k: u64) -> Notice {
        let merchants = super::items::MERCHANTS;
        let merchant = usize::try_from(k % 3).unwrap_or(0);
        let round = usize::try_from((k / 3) % ROUNDS).unwrap_or(0);
        let mut dice = Dice::of(self.seed, "notice", k);
        let goods = self
            .items_of(merchant)
            .skip(round * ITEMS_A_TRUCK)
            .take(ITEMS_A_TRUCK)
            .zip(1..);
        let lines = goods
            .filter_map(|(item, line)| {
                let case = item.case.as_ref().map_or(1, |(_, pieces)| *pieces).max(1);
                let pieces = PIECES.div_ceil(case) * case;
                // Made some weeks ago, so that what expires first differs from line to line.
                let keeps = u64::from(item.keeps_days) - dice.between(20, 120);
                Some(NoticeLine {
                    line,
                    item: item.told.item.clone(),
                    qty: Quantity::whole(pieces.into())?,
                    lot: format!(
                        "{}{:02}{:02}",
                        lot_prefix(item.told.item.as_str()),
                        k % 100,
                        dice.between(1, 99)
                    ),
                    expiry: self.founded.checked_add_days(Days::new(keeps))?,
                })
            })
            .collect();
        let vehicle = self.truck(k);
        Notice {
            notice: self.notice_no(k),
            owner: OwnerId::new(merchants.get(merchant).map_or("", |(code, _)| *code)),
            vehicle_weight: self.empty_weight(&vehicle),
            vehicle,
            lines,
        }
    }

    /// The number of the `k`-th notice.
    pub fn notice_no(&self, k: u64) -> String {
        format!("YF{:04}{:05}", self.seed % 10_000, k + 1)
    }

    /// How many notices must be under way for so many orders.
    pub fn notices_due(&self, orders: u64) -> u64 {
        3 + 3 * ((orders + AHEAD) / ORDERS_A_ROUND)
    }

    /// The notices for so many orders.
    pub fn notices_for(&self, orders: u64) -> impl Iterator<Item = Notice> {
        (0..self.notices_due(orders)).map(|k| self.notice(k))
    }

    /// How many of a merchant's items order `n` may draw on: those whose truck left before.
    pub(super) fn on_sale(n: u64) -> usize {
        let rounds = (1 + n / ORDERS_A_ROUND).min(ROUNDS);
        usize::try_from(rounds).unwrap_or(1) * ITEMS_A_TRUCK
    }
}

/// The letters of an item's number: `BA-MF3-900` gives `MF`.
fn lot_prefix(item: &str) -> String {
    let middle = item.split('-').nth(1).unwrap_or(item);
    middle.chars().filter(char::is_ascii_alphabetic).collect()
}
