//! Physical stock: what lies where, and for whom it may be used.
//!
//! Every movement takes a quantity of one kind of [`Goods`] from one [`Place`] to another, so the
//! sum over all places never changes (invariant I4). On hand is the sum of five buckets, each at
//! least nothing (I5). A balance is never set, only moved; what would go below nothing is refused.

use crate::ids::{ItemId, LedgerNo, LicencePlate, LocationId, OwnerId};
use crate::quantity::Quantity;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub mod put_away;

/// What customs knows the goods by: where they stand in the ledger and how they came in.
///
/// In a cumulative ledger only `ledger` and `item_no` tell lots apart; in a non-cumulative one the
/// document line does (GACC ledgers, `appendTypecd`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
pub struct CustomsLot {
    /// The ledger (账册).
    pub ledger: LedgerNo,
    /// Its item number (备案序号).
    pub item_no: String,
    /// Bonded note and line that brought the goods in, where the ledger is not cumulative.
    pub document_line: Option<String>,
    /// The day they were booked in, as a civil date of the warehouse.
    #[ts(type = "string | null")]
    pub in_date: Option<NaiveDate>,
    /// Country of origin, customs' 3 digits.
    pub origin: String,
}

/// One kind of goods: owner, item, customs lot, commercial lot and expiry together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
pub struct Goods {
    /// The merchant who owns them.
    pub owner: OwnerId,
    /// The merchant's item (料号).
    pub item: ItemId,
    /// What customs knows them by.
    pub customs: CustomsLot,
    /// Commercial lot (批号), if the item has one.
    pub lot: Option<String>,
    /// Expiry date; an expiry has no hours.
    #[ts(type = "string | null")]
    pub expiry: Option<NaiveDate>,
}

/// What a quantity on hand may be used for. The five add up to on hand.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS,
)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Free to be reserved.
    Available,
    /// Promised to an order under an open grant.
    Reserved,
    /// Promised to a workstation that fell silent.
    InDoubt,
    /// Packed and released, waiting for the gate.
    Staging,
    /// Held, damaged, uncounted or over: nobody may use it.
    Blocked,
}

/// A spot inside the zone: a location and, where goods stand on one, a licence plate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
pub struct Spot {
    /// The location.
    pub location: LocationId,
    /// The pallet, tote or carton.
    pub plate: Option<LicencePlate>,
}

impl Spot {
    /// A bare location without a licence plate.
    pub fn at(location: &str) -> Self {
        Self {
            location: LocationId::new(location),
            plate: None,
        }
    }
}

/// Location where goods are counted in.
pub const RECEIVING: &str = "RECEIVING";
/// Location where released parcels wait for the gate.
pub const STAGING: &str = "STAGING";
/// Location of goods nobody may use: damaged, over, held.
pub const QUARANTINE: &str = "QUARANTINE";

/// One end of a movement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Place {
    /// Beyond the inbound gate.
    Inbound,
    /// Beyond the outbound gate.
    Outbound,
    /// Destroyed under customs supervision.
    Destroyed,
    /// Where a confirmed count difference comes from or goes to.
    Difference,
    /// Within the zone.
    Inside {
        /// The spot.
        spot: Spot,
        /// The use it is set aside for.
        bucket: Bucket,
    },
}

impl Place {
    /// Inside the zone, at a bare location.
    pub fn inside(location: &str, bucket: Bucket) -> Self {
        Self::Inside {
            spot: Spot::at(location),
            bucket,
        }
    }
}

/// A quantity of goods going from one place to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct StockMove {
    /// What moves.
    pub goods: Goods,
    /// Where it leaves.
    pub from: Place,
    /// Where it arrives.
    pub to: Place,
    /// How much, in the declared unit; more than nothing.
    pub qty: Quantity,
}

/// Why a movement is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockBreak {
    /// Nothing, or less than nothing, moves.
    #[error("a movement needs a positive quantity")]
    NotPositive,
    /// Less lies there than is to be taken.
    #[error("{have} there, {want} wanted")]
    Short {
        /// What lies there.
        have: Quantity,
        /// What was to be taken.
        want: Quantity,
    },
    /// The number does not fit.
    #[error("quantity too large")]
    TooLarge,
}

/// The two ends of a movement as signed changes of balances: what a store writes, row by row.
///
/// Ends outside the zone yield no row; that is how the sum inside equals what came in less what
/// went out. Goods that stay where they are change nothing.
pub fn changes(movement: &StockMove) -> Result<Vec<(Spot, Bucket, Quantity)>, StockBreak> {
    if !movement.qty.is_positive() {
        return Err(StockBreak::NotPositive);
    }
    if movement.from == movement.to {
        return Ok(Vec::new());
    }
    let taken = movement.qty.negated().ok_or(StockBreak::TooLarge)?;
    let ends = [(&movement.from, taken), (&movement.to, movement.qty)];
    Ok(ends
        .into_iter()
        .filter_map(|(place, qty)| match place {
            Place::Inside { spot, bucket } => Some((spot.clone(), *bucket, qty)),
            Place::Inbound | Place::Outbound | Place::Destroyed | Place::Difference => None,
        })
        .collect())
}

/// All balances of a warehouse, for the checker, the simulator and tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balances(BTreeMap<(Goods, Spot, Bucket), Quantity>);

impl Balances {
    /// Applies a movement, or changes nothing.
    ///
    /// # Errors
    /// [`StockBreak`] when a balance would fall below nothing.
    pub fn apply(&mut self, movement: &StockMove) -> Result<(), StockBreak> {
        let mut next = Vec::new();
        for (spot, bucket, change) in changes(movement)? {
            let key = (movement.goods.clone(), spot, bucket);
            let have = self.0.get(&key).copied().unwrap_or(Quantity::ZERO);
            let after = have.plus(change).ok_or(StockBreak::TooLarge)?;
            if after.is_negative() {
                return Err(StockBreak::Short {
                    have,
                    want: movement.qty,
                });
            }
            next.push((key, after));
        }
        self.0.extend(next);
        self.0.retain(|_, qty| *qty != Quantity::ZERO);
        Ok(())
    }

    /// What lies in the zone under one ledger item, all buckets together.
    pub fn on_hand(&self, ledger: &LedgerNo, item_no: &str) -> Option<Quantity> {
        Quantity::sum(
            self.0
                .iter()
                .filter(|((goods, _, _), _)| {
                    &goods.customs.ledger == ledger && goods.customs.item_no == item_no
                })
                .map(|(_, qty)| *qty),
        )
    }

    /// Every balance that is not nothing.
    pub fn iter(&self) -> impl Iterator<Item = (&Goods, &Spot, Bucket, Quantity)> {
        self.0
            .iter()
            .map(|((goods, spot, bucket), qty)| (goods, spot, *bucket, *qty))
    }
}
