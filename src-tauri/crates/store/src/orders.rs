//! Orders as the authority last told them; where each physically is here stands in `release`.

use crate::columns::{Json, Maybe, Nat};
use crate::error::StoreError;
use crate::fold::Fold;
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::feed::OrderNews;
use bondhouse_domain::ids::{FeedPos, OrderKey, OwnerId, WaybillKey};
use bondhouse_domain::orders::State;
use bondhouse_domain::quantity::Quantity;
use rusqlite::{Row, params};
use std::collections::BTreeMap;

/// An order, and at which feed position that was the word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    /// The order as last told.
    pub news: OrderNews,
    /// Where in the feed.
    pub pos: FeedPos,
}

/// The state's name alone, as serde tags it.
const fn name_of(state: &State) -> &'static str {
    match state {
        State::Received => "received",
        State::Compared => "compared",
        State::Declared => "declared",
        State::Cleared => "cleared",
        State::Leased(_) => "leased",
        State::InDoubt(_) => "in_doubt",
        State::Released => "released",
        State::Bundled { .. } => "bundled",
        State::Loaded { .. } => "loaded",
        State::GatedOut => "gated_out",
        State::Delivered => "delivered",
        State::Returning => "returning",
        State::Returned => "returned",
        State::Cancelled => "cancelled",
    }
}

impl Fold<'_> {
    pub(crate) fn list_order(&mut self, order: &OrderNews, pos: FeedPos) -> Result<(), StoreError> {
        self.touch(Room::Orders);
        let waybill = order.waybill.as_ref();
        self.run(
            include_str!("orders/list_order.sql"),
            params![
                self.w(),
                order.order.platform,
                order.order.order_no,
                order.owner.as_str(),
                name_of(&order.state),
                Json(&order.state),
                Json(&order.holds),
                order.cancel_requested,
                Maybe(waybill.map(|w| w.carrier.as_str())),
                Maybe(waybill.map(|w| w.waybill_no.as_str())),
                Maybe(order.declaration_no.as_deref()),
                order.pieces.units(),
                Nat(pos.0),
            ],
        )?;
        Ok(())
    }
}

macro_rules! select_orders {
    ($rest:literal) => {
        concat!(
            "SELECT platform, order_no, owner_id, state_json, holds, cancel_requested, carrier, waybill_no,
                    declaration_no, pieces, pos
             FROM orders WHERE warehouse_id = ?1 ",
            $rest
        )
    };
}

impl View<'_> {
    /// One order by its key.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn order(&self, order: &OrderKey) -> Result<Option<OrderView>, StoreError> {
        self.find(
            select_orders!("AND platform = ?2 AND order_no = ?3"),
            [self.w(), &order.platform, &order.order_no],
            order_in,
        )
    }

    /// Orders with this number; platforms number for themselves, so there may be several.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn orders_by_number(&self, order_no: &str) -> Result<Vec<OrderView>, StoreError> {
        self.list(
            select_orders!("AND order_no = ?2 ORDER BY platform"),
            [self.w(), order_no],
            order_in,
        )
    }

    /// Orders whose waybill has this number; carriers number for themselves.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn orders_by_waybill(&self, waybill_no: &str) -> Result<Vec<OrderView>, StoreError> {
        if waybill_no.is_empty() {
            return Ok(Vec::new());
        }
        self.list(
            select_orders!("AND waybill_no = ?2 ORDER BY carrier"),
            [self.w(), waybill_no],
            order_in,
        )
    }

    /// The newest orders in a state, by the name serde gives it (`cleared`, `leased`, …).
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn orders_in(&self, state: &str, most: u32) -> Result<Vec<OrderView>, StoreError> {
        self.list(
            select_orders!("AND state = ?2 ORDER BY pos DESC LIMIT ?3"),
            params![self.w(), state, most],
            order_in,
        )
    }

    /// Every order there is here, for comparing with the authority.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn all_orders(&self) -> Result<Vec<OrderView>, StoreError> {
        self.list(select_orders!(""), [self.w()], order_in)
    }

    /// How many orders are in each state on their way out; those that left are not counted, because
    /// there is no end to them.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn orders_by_state(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let counts = self.list(
            "SELECT state, count(*) FROM orders WHERE warehouse_id = ?1
             AND state IN ('received', 'compared', 'declared', 'cleared', 'leased', 'in_doubt', 'released', 'bundled',
                           'loaded', 'returning')
             GROUP BY state",
            [self.w()],
            |row| Ok((row.get(0)?, row.get::<_, Nat>(1)?.0)),
        )?;
        Ok(counts.into_iter().collect())
    }
}

fn order_in(row: &Row<'_>) -> rusqlite::Result<OrderView> {
    let carrier = row.get::<_, Maybe<String>>(6)?.0;
    let waybill_no = row.get::<_, Maybe<String>>(7)?.0;
    Ok(OrderView {
        news: OrderNews {
            order: OrderKey {
                platform: row.get(0)?,
                order_no: row.get(1)?,
            },
            owner: OwnerId::new(row.get::<_, String>(2)?),
            state: row.get::<_, Json<State>>(3)?.0,
            holds: row.get::<_, Json<_>>(4)?.0,
            cancel_requested: row.get(5)?,
            waybill: carrier
                .zip(waybill_no)
                .map(|(carrier, waybill_no)| WaybillKey {
                    carrier,
                    waybill_no,
                }),
            declaration_no: row.get::<_, Maybe<String>>(8)?.0,
            pieces: Quantity::from_units(row.get(9)?),
        },
        pos: FeedPos(row.get::<_, Nat>(10)?.0),
    })
}
