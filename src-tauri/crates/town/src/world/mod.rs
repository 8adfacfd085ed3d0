//! The world a seed makes: who there is, what they own, and what the `n`-th order or notice says.
//!
//! Everything is a function of seed and number, never of how the day went, so that a day can be
//! replayed, a restarted town goes on with the same next order, and a test knows the order numbers
//! before any is sent. Only dates (expiry) hang on the day the town was founded.

mod items;
mod notices;
mod orders;
mod people;
mod places;
mod vehicles;

pub use items::Item;
pub use notices::{Notice, NoticeLine};
pub use places::{
    CARRIERS, CUSTOMS, FORWARDER, Firm, INSPECTION, MARKETPLACE, OWN_SHOP, PAYERS, firms,
};

pub use orders::Placed;
pub use vehicles::VANS;

pub(crate) use orders::Slip;
pub(crate) use places::{routes, waybill_format, waybill_no};

use bondhouse_domain::feed::{Location, Merchant};
use bondhouse_domain::ids::{LedgerNo, OwnerId};
use bondhouse_domain::quantity::Money;
use bondhouse_domain::scanner::own::OwnCode;
use chrono::NaiveDate;

/// A town's world.
#[derive(Debug, Clone)]
pub struct World {
    seed: u64,
    founded: NaiveDate,
    items: Vec<Item>,
}

impl World {
    /// The world of a seed, founded on a day, with its goods booked in a ledger.
    pub fn new(seed: u64, founded: NaiveDate, ledger: &LedgerNo) -> Self {
        Self {
            seed,
            founded,
            items: items::all(ledger),
        }
    }

    /// What everything is drawn from.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The day of its founding.
    pub const fn founded(&self) -> NaiveDate {
        self.founded
    }

    /// What each merchant is paid in, and yuan for a hundred of it: dollars of New Zealand and Australia, yen.
    pub fn currencies(&self) -> Vec<(OwnerId, &'static str, Money)> {
        let paid_in = [("609", 42_250_000), ("601", 47_000_000), ("116", 470_000)];
        self.merchants()
            .into_iter()
            .zip(paid_in)
            .map(|(merchant, (currency, rate))| (merchant.owner, currency, Money::from_units(rate)))
            .collect()
    }

    /// The merchants.
    pub fn merchants(&self) -> Vec<Merchant> {
        items::merchants()
    }

    /// Every item, with its GTINs.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The items of one merchant, in the order they sell.
    fn items_of(&self, merchant: usize) -> impl Iterator<Item = &Item> {
        let owner = items::MERCHANTS.get(merchant).map(|(code, _)| *code);
        self.items
            .iter()
            .filter(move |item| Some(item.told.owner.as_str()) == owner)
    }

    /// The places of the building.
    pub fn locations(&self) -> Vec<Location> {
        places::locations()
    }

    /// The text to print as Code 128 on each shelf and zone: `BH1L…`.
    pub fn location_codes(&self) -> Vec<String> {
        self.locations()
            .into_iter()
            .filter_map(|place| OwnCode::Location(place.location).text())
            .collect()
    }
}

/// What tests and the demo may rely on.
#[cfg(test)]
mod tests {
    use super::*;

    fn world(seed: u64) -> World {
        let founded = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        World::new(seed, founded, &LedgerNo::new("T3105W000076"))
    }

    #[test]
    fn the_same_seed_gives_the_same_orders_and_another_seed_others() {
        let orders = |seed| {
            (0..50)
                .map(|n| world(seed).order(n).order)
                .collect::<Vec<_>>()
        };
        assert_eq!(orders(7), orders(7));
        assert_ne!(orders(7), orders(8));
        let world = world(7);
        assert!((0..50).all(|n| world.order_number_of(&world.order_no(n)) == Some(n)));
    }

    #[test]
    fn every_order_adds_up_and_stays_below_the_limit_of_one_transaction() {
        let world = world(3);
        for n in 0..500 {
            let order = world.order(n).order;
            let goods = order
                .lines
                .iter()
                .map(|line| line.total_price.units())
                .sum::<i64>();
            assert_eq!(goods, order.goods_value.units(), "{n}");
            let due =
                goods + order.freight.units() + order.tax_total.units() - order.discount.units();
            assert_eq!(due, order.actual_paid.units(), "{n}");
            assert!(goods + order.freight.units() < 5_000 * 100_000, "{n}");
            assert!(order.discount.units() < goods, "{n}");
        }
    }

    #[test]
    fn what_the_first_notices_bring_covers_what_the_first_orders_take() {
        let world = world(11);
        let mut stock = std::collections::BTreeMap::new();
        for notice in world.notices_for(300) {
            for line in notice.lines {
                *stock.entry((notice.owner.clone(), line.item)).or_insert(0) += line.qty.units();
            }
        }
        for n in 0..300 {
            let order = world.order(n).order;
            for line in order.lines {
                let key = (
                    bondhouse_domain::ids::OwnerId::new(&order.ebc_code),
                    bondhouse_domain::ids::ItemId::new(line.item_no),
                );
                let left = stock.entry(key.clone()).or_insert(0);
                *left -= line.qty.units();
                assert!(*left >= 0, "order {n} takes more {key:?} than comes in");
            }
        }
    }

    #[test]
    fn shelves_have_codes_and_are_forty() {
        let world = world(1);
        let shelves = world
            .locations()
            .iter()
            .filter(|l| l.kind == "shelf")
            .count();
        assert_eq!(shelves, 40);
        assert_eq!(world.location_codes().len(), 43);
    }
}
