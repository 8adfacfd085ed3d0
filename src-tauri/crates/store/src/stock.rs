//! Physical stock on disk: balances that only ever move, and every movement that moved them.
//!
//! A balance is read, changed by the rules of [`bondhouse_domain::stock`] and written back in one
//! transaction; what would go below nothing is refused with the movement named. The CHECK in the
//! schema is the second lock on the same door.

use crate::columns::{Maybe, Nat, Word};
use crate::error::StoreError;
use crate::fold::{Booking, Fold};
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::ids::{ItemId, LedgerNo, LicencePlate, LocationId, OwnerId};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{
    Bucket, CustomsLot, Goods, Place, RECEIVING, Spot, StockBreak, StockMove, changes,
};
use bondhouse_domain::time::Instant;
use rusqlite::{Row, params};
use serde::Serialize;

/// A quantity of goods that lies somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct Lying {
    /// The goods.
    pub goods: Goods,
    /// Where.
    pub spot: Spot,
    /// What it may be used for.
    pub bucket: Bucket,
    /// How much, declared unit.
    pub qty: Quantity,
}

/// A movement as it was booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct StockMovement {
    /// When.
    pub at: Instant,
    /// `journal` for our own events, `feed` for the authority's entries.
    pub source: String,
    /// The event's seq or the entry's pos.
    #[ts(type = "number")]
    pub position: u64,
    /// What moved.
    pub movement: StockMove,
}

/// The nine columns of goods `g`, in the order [`goods_in`] reads them.
macro_rules! goods_columns {
    () => {
        "g.owner_id, g.item_id, g.ledger, g.item_no, g.document_line, g.in_date, g.origin, g.lot, g.expiry"
    };
}
pub(crate) use goods_columns;

/// Reads goods from the first nine columns of a row.
pub(crate) fn goods_in(row: &Row<'_>) -> rusqlite::Result<Goods> {
    Ok(Goods {
        owner: OwnerId::new(row.get::<_, String>(0)?),
        item: ItemId::new(row.get::<_, String>(1)?),
        customs: CustomsLot {
            ledger: LedgerNo::new(row.get::<_, String>(2)?),
            item_no: row.get(3)?,
            document_line: row.get::<_, Maybe<String>>(4)?.0,
            in_date: row.get::<_, Maybe<_>>(5)?.0,
            origin: row.get(6)?,
        },
        lot: row.get::<_, Maybe<String>>(7)?.0,
        expiry: row.get::<_, Maybe<_>>(8)?.0,
    })
}

fn lying_in(row: &Row<'_>) -> rusqlite::Result<Lying> {
    Ok(Lying {
        goods: goods_in(row)?,
        spot: spot_of(row.get(9)?, row.get(10)?),
        bucket: row.get::<_, Word<_>>(11)?.0,
        qty: Quantity::from_units(row.get(12)?),
    })
}

fn spot_of(location: String, plate: Maybe<String>) -> Spot {
    Spot {
        location: LocationId::new(location),
        plate: plate.0.map(LicencePlate::new),
    }
}

pub(crate) fn plate_of(spot: &Spot) -> Maybe<&str> {
    Maybe(spot.plate.as_ref().map(LicencePlate::as_str))
}

/// A place as the columns `place, location, plate, bucket` hold it.
fn place_columns(place: &Place) -> (&'static str, &str, Maybe<&str>, Option<Bucket>) {
    match place {
        Place::Inbound => ("inbound", "", Maybe(None), None),
        Place::Outbound => ("outbound", "", Maybe(None), None),
        Place::Destroyed => ("destroyed", "", Maybe(None), None),
        Place::Difference => ("difference", "", Maybe(None), None),
        Place::Inside { spot, bucket } => (
            "inside",
            spot.location.as_str(),
            plate_of(spot),
            Some(*bucket),
        ),
    }
}

fn place_in(row: &Row<'_>, at: usize) -> rusqlite::Result<Place> {
    let name: String = row.get(at)?;
    Ok(match name.as_str() {
        "inbound" => Place::Inbound,
        "outbound" => Place::Outbound,
        "destroyed" => Place::Destroyed,
        "difference" => Place::Difference,
        _ => Place::Inside {
            spot: spot_of(row.get(at + 1)?, row.get(at + 2)?),
            bucket: row.get::<_, Word<_>>(at + 3)?.0,
        },
    })
}

/// `''` outside the zone, the bucket's name inside.
fn bucket_column(bucket: Option<Bucket>) -> Result<String, StoreError> {
    let name = bucket.map(serde_json::to_value).transpose();
    match name {
        Ok(None) => Ok(String::new()),
        Ok(Some(serde_json::Value::String(name))) => Ok(name),
        _ => Err(StoreError::Unreadable("bucket".to_owned())),
    }
}

impl Fold<'_> {
    /// Changes the balances at both ends of a movement, or changes nothing.
    pub(crate) fn shift_stock(
        &mut self,
        movement: &StockMove,
        booking: Booking,
    ) -> Result<(), StoreError> {
        let impossible = |cause| StoreError::Stock {
            movement: Box::new(movement.clone()),
            cause,
        };
        let goods = self.goods_id(&movement.goods)?;
        for (spot, bucket, change) in changes(movement).map_err(impossible)? {
            let have = self.lies(goods, &spot, bucket)?;
            let left = have
                .plus(change)
                .ok_or_else(|| impossible(StockBreak::TooLarge))?;
            if left.is_negative() {
                return Err(impossible(StockBreak::Short {
                    have,
                    want: movement.qty,
                }));
            }
            self.set_balance(goods, &spot, bucket, left)?;
            if booking.own {
                self.receive(goods, &spot, bucket, change)?;
            }
        }
        self.touch(Room::Stock);
        Ok(())
    }

    fn set_balance(
        &self,
        goods: i64,
        spot: &Spot,
        bucket: Bucket,
        qty: Quantity,
    ) -> Result<(), StoreError> {
        let (location, plate) = (spot.location.as_str(), plate_of(spot));
        if qty == Quantity::ZERO {
            self.run(
                "DELETE FROM stock WHERE warehouse_id = ?1 AND goods_id = ?2 AND location_id = ?3 AND plate = ?4
                 AND bucket = ?5",
                params![self.w(), goods, location, plate, Word(bucket)],
            )?;
        } else {
            self.run(
                "INSERT INTO stock (warehouse_id, goods_id, location_id, plate, bucket, qty)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (warehouse_id, goods_id, location_id, plate, bucket) DO UPDATE SET qty = excluded.qty",
                params![self.w(), goods, location, plate, Word(bucket), qty.units()],
            )?;
        }
        Ok(())
    }

    /// Keeps what this workstation itself counted into RECEIVING.
    pub(crate) fn receive(
        &self,
        goods: i64,
        spot: &Spot,
        bucket: Bucket,
        change: Quantity,
    ) -> Result<(), StoreError> {
        if spot.location.as_str() != RECEIVING {
            return Ok(());
        }
        let left = self
            .counted_here(goods, spot, bucket)?
            .plus(change)
            .ok_or_else(|| StoreError::Unreadable("receiving: too large".to_owned()))?;
        if left == Quantity::ZERO {
            self.run(
                "DELETE FROM receiving WHERE warehouse_id = ?1 AND goods_id = ?2 AND plate = ?3 AND bucket = ?4",
                params![self.w(), goods, plate_of(spot), Word(bucket)],
            )?;
        } else {
            self.run(
                "INSERT INTO receiving (warehouse_id, goods_id, plate, bucket, qty) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (warehouse_id, goods_id, plate, bucket) DO UPDATE SET qty = excluded.qty",
                params![self.w(), goods, plate_of(spot), Word(bucket), left.units()],
            )?;
        }
        Ok(())
    }

    /// Refuses to have taken out of RECEIVING what was not counted in here.
    pub(crate) fn require_counted_here(&self, movement: &StockMove) -> Result<(), StoreError> {
        let Place::Inside { spot, bucket } = &movement.from else {
            return Ok(());
        };
        let left = self.counted_here(self.goods_id(&movement.goods)?, spot, *bucket)?;
        if spot.location.as_str() != RECEIVING || !left.is_negative() {
            return Ok(());
        }
        let have = left.plus(movement.qty).unwrap_or_default();
        Err(StoreError::Stock {
            movement: Box::new(movement.clone()),
            cause: StockBreak::Short {
                have,
                want: movement.qty,
            },
        })
    }

    /// Keeps a movement and counts it into its day.
    pub(crate) fn book_stock(
        &self,
        booking: Booking,
        line: u32,
        movement: &StockMove,
    ) -> Result<(), StoreError> {
        let goods = self.goods_id(&movement.goods)?;
        let (from, from_location, from_plate, from_bucket) = place_columns(&movement.from);
        let (to, to_location, to_plate, to_bucket) = place_columns(&movement.to);
        let (from_bucket, to_bucket) = (bucket_column(from_bucket)?, bucket_column(to_bucket)?);
        let (name, position) = booking.source.columns();
        self.run(
            include_str!("stock/book_movement.sql"),
            params![
                self.w(),
                name,
                Nat(position),
                line,
                booking.at.as_millis(),
                goods,
                from,
                from_location,
                from_plate,
                from_bucket,
                to,
                to_location,
                to_plate,
                to_bucket,
                movement.qty.units(),
            ],
        )?;
        let day = self.fixed.zone.date_at(booking.at).to_string();
        self.run(
            include_str!("stock/book_daily.sql"),
            params![
                self.w(),
                day,
                goods,
                from,
                from_bucket,
                to,
                to_bucket,
                movement.qty.units()
            ],
        )?;
        Ok(())
    }

    /// Takes a movement out of its day.
    pub(crate) fn unbook_daily(
        &self,
        booking: Booking,
        movement: &StockMove,
    ) -> Result<(), StoreError> {
        let goods = self.goods_id(&movement.goods)?;
        let (from, _, _, from_bucket) = place_columns(&movement.from);
        let (to, _, _, to_bucket) = place_columns(&movement.to);
        let (from_bucket, to_bucket) = (bucket_column(from_bucket)?, bucket_column(to_bucket)?);
        let day = self.fixed.zone.date_at(booking.at).to_string();
        let qty = movement.qty.units();
        let last = self.run(
            include_str!("stock/unbook_last_of_day.sql"),
            params![self.w(), day, goods, from, from_bucket, to, to_bucket],
        )?;
        if last == 0 {
            self.run(
                include_str!("stock/unbook_daily.sql"),
                params![self.w(), day, goods, from, from_bucket, to, to_bucket, qty],
            )?;
        }
        Ok(())
    }

    /// The number of these goods in the dictionary, given when they are first met.
    pub(crate) fn goods_id(&self, goods: &Goods) -> Result<i64, StoreError> {
        let key = params![
            self.w(),
            goods.owner.as_str(),
            goods.item.as_str(),
            goods.customs.ledger.as_str(),
            goods.customs.item_no,
            Maybe(goods.customs.document_line.as_deref()),
            Maybe(goods.customs.in_date),
            goods.customs.origin,
            Maybe(goods.lot.as_deref()),
            Maybe(goods.expiry),
        ];
        let known = self.find(include_str!("stock/find_goods.sql"), key, |row| row.get(0))?;
        match known {
            Some(id) => Ok(id),
            None => self.one(include_str!("stock/add_goods.sql"), key, |row| row.get(0)),
        }
    }
}

impl View<'_> {
    fn counted_here(
        &self,
        goods: i64,
        spot: &Spot,
        bucket: Bucket,
    ) -> Result<Quantity, StoreError> {
        let qty = self.find(
            "SELECT qty FROM receiving WHERE warehouse_id = ?1 AND goods_id = ?2 AND plate = ?3 AND bucket = ?4",
            params![self.w(), goods, plate_of(spot), Word(bucket)],
            |row| row.get(0),
        )?;
        Ok(qty.map_or(Quantity::ZERO, Quantity::from_units))
    }

    fn lies(&self, goods: i64, spot: &Spot, bucket: Bucket) -> Result<Quantity, StoreError> {
        let qty = self.find(
            "SELECT qty FROM stock WHERE warehouse_id = ?1 AND goods_id = ?2 AND location_id = ?3 AND plate = ?4
             AND bucket = ?5",
            params![self.w(), goods, spot.location.as_str(), plate_of(spot), Word(bucket)],
            |row| row.get(0),
        )?;
        Ok(qty.map_or(Quantity::ZERO, Quantity::from_units))
    }

    /// What this workstation counted into RECEIVING and has not yet put away.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn receiving_here(&self) -> Result<Vec<Lying>, StoreError> {
        self.list(
            concat!(
                "SELECT ",
                goods_columns!(),
                ", 'RECEIVING', r.plate, r.bucket, r.qty
                 FROM receiving r JOIN goods g USING (warehouse_id, goods_id)
                 WHERE r.warehouse_id = ?1 AND r.qty > 0 ORDER BY goods_id, r.plate, r.bucket"
            ),
            [self.w()],
            lying_in,
        )
    }

    /// What lies at a location.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn lying_at(&self, location: &LocationId) -> Result<Vec<Lying>, StoreError> {
        self.list(
            concat!(
                "SELECT ", goods_columns!(), ", s.location_id, s.plate, s.bucket, s.qty
                 FROM stock s JOIN goods g USING (warehouse_id, goods_id)
                 WHERE s.warehouse_id = ?1 AND s.location_id = ?2 ORDER BY goods_id, s.plate, s.bucket"
            ),
            [self.w(), location.as_str()],
            lying_in,
        )
    }

    /// Where an item lies.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn lying_of(&self, owner: &OwnerId, item: &ItemId) -> Result<Vec<Lying>, StoreError> {
        self.list(
            concat!(
                "SELECT ",
                goods_columns!(),
                ", s.location_id, s.plate, s.bucket, s.qty
                 FROM goods g CROSS JOIN stock s USING (warehouse_id, goods_id)
                 WHERE g.warehouse_id = ?1 AND g.owner_id = ?2 AND g.item_id = ?3
                 ORDER BY s.location_id, s.plate, goods_id, s.bucket"
            ),
            [self.w(), owner.as_str(), item.as_str()],
            lying_in,
        )
    }

    /// All that lies in the zone.
    /// Everything that lies anywhere.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn all_stock(&self) -> Result<Vec<Lying>, StoreError> {
        self.list(
            concat!(
                "SELECT ",
                goods_columns!(),
                ", s.location_id, s.plate, s.bucket, s.qty
                 FROM stock s JOIN goods g USING (warehouse_id, goods_id) WHERE s.warehouse_id = ?1
                 ORDER BY g.owner_id, g.item_id, s.location_id, s.plate, goods_id, s.bucket"
            ),
            [self.w()],
            lying_in,
        )
    }

    /// The latest movements of an item, newest first.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn movements_of(
        &self,
        owner: &OwnerId,
        item: &ItemId,
        most: u32,
    ) -> Result<Vec<StockMovement>, StoreError> {
        self.list(
            include_str!("stock/movements_of_item.sql"),
            params![self.w(), owner.as_str(), item.as_str(), most],
            |row| {
                Ok(StockMovement {
                    movement: StockMove {
                        goods: goods_in(row)?,
                        from: place_in(row, 9)?,
                        to: place_in(row, 13)?,
                        qty: Quantity::from_units(row.get(17)?),
                    },
                    at: Instant::from_millis(row.get(18)?),
                    source: row.get(19)?,
                    position: row.get::<_, Nat>(20)?.0,
                })
            },
        )
    }
}
