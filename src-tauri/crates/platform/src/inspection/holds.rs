//! Holds on goods: carried to where the goods are, and there until a document lifts them.
//!
//! What lies free on a shelf is blocked at once, and the feed tells every workstation. What is being
//! put away is blocked when it reaches its shelf, because `RECEIVING` is never granted from and a
//! movement under way must not fail. What a workstation holds for an order is called back; the order
//! itself stays free and may be granted from another lot. A parcel that contains held goods is held.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::rows::{json, values};
use crate::{books, goods, leases, orders};
use bondhouse_domain::facts::Moves;
use bondhouse_domain::ids::{ItemId, LicencePlate, LocationId, OrderKey, OwnerId};
use bondhouse_domain::leases::LeasedLine;
use bondhouse_domain::ledger::{Account, LedgerItem, LedgerMove};
use bondhouse_domain::orders::{Change, HoldBy, State};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Bucket, Goods, Place, RECEIVING, Spot, StockMove};
use bondhouse_domain::time::Instant;
use serde::Serialize;

/// Goods that a document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    /// The application it is about; empty when the goods were named directly.
    pub(super) subject: String,
    pub(super) owner: OwnerId,
    pub(super) item: ItemId,
    /// Empty for every lot.
    pub(super) lot: String,
}

impl Hold {
    fn covers(&self, goods: &Goods) -> bool {
        let lot = goods.lot.as_deref().unwrap_or_default();
        self.owner == goods.owner
            && self.item == goods.item
            && (self.lot.is_empty() || self.lot == lot)
    }
}

/// Open holds on an item, oldest first.
fn open(view: &View<'_>, owner: &OwnerId, item: &ItemId) -> Result<Vec<(String, Hold)>> {
    view.rows.all(
        "SELECT hold, subject, lot FROM goods_holds WHERE warehouse = ?1 AND owner = ?2 AND item = ?3 AND open = 1 ORDER BY set_at, hold",
        values![view.warehouse.as_str(), owner.as_str(), item.as_str()],
        |row| {
            let hold = Hold {
                subject: row.text(1)?,
                owner: owner.clone(),
                item: item.clone(),
                lot: row.text(2)?,
            };
            Ok((row.text(0)?, hold))
        },
    )
}

/// The hold under which goods may not be used, if there is one.
fn over(view: &View<'_>, goods: &Goods) -> Result<Option<String>> {
    let holds = open(view, &goods.owner, &goods.item)?;
    Ok(holds
        .into_iter()
        .find(|(_, hold)| hold.covers(goods))
        .map(|(name, _)| name))
}

/// Sets a hold and carries it to wherever the goods are.
pub(super) fn set(act: &Act<'_>, number: &str, hold: &Hold) -> Result<()> {
    let name = format!("{number}|{}|{}", hold.item, hold.lot);
    act.rows.put(
        "INSERT INTO goods_holds (warehouse, hold, number, subject, owner, item, lot, open, set_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8) ON CONFLICT DO NOTHING",
        values![
            act.warehouse.as_str(), name, number, &hold.subject, hold.owner.as_str(), hold.item.as_str(), &hold.lot, act.now,
        ],
    )?;
    for (goods, spot, qty) in lying(act, hold, Bucket::Available)? {
        block(act, &goods, &spot, qty)?;
    }
    for key in orders_with(act, hold)? {
        let order = orders::get(act, &key)?;
        match &order.life.state {
            State::Leased(holding) | State::InDoubt(holding) => {
                leases::revoke(act, &key, holding)?;
            }
            State::Released | State::Bundled { .. } | State::Loaded { .. } => {
                orders::change(act, &key, Change::Hold(HoldBy::Quarantine))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Blocks goods that have just become free, when a hold lies over them.
pub(crate) fn hold_back(act: &Act<'_>, movement: &StockMove) -> Result<()> {
    let Place::Inside {
        spot,
        bucket: Bucket::Available,
    } = &movement.to
    else {
        return Ok(());
    };
    block(act, &movement.goods, spot, movement.qty)
}

/// Blocks free goods for the oldest hold over them; nothing when there is none.
fn block(act: &Act<'_>, goods: &Goods, spot: &Spot, qty: Quantity) -> Result<()> {
    if spot.location.as_str() == RECEIVING {
        return Ok(());
    }
    let Some(hold) = over(act, goods)? else {
        return Ok(());
    };
    act.rows.put(
        "INSERT INTO held_goods (warehouse, hold, goods, qty) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (warehouse, hold, goods) DO UPDATE SET qty = held_goods.qty + excluded.qty",
        values![act.warehouse.as_str(), &hold, json(goods)?, qty.units()],
    )?;
    let inside = |bucket| Place::Inside {
        spot: spot.clone(),
        bucket,
    };
    let stock = StockMove {
        goods: goods.clone(),
        from: inside(Bucket::Available),
        to: inside(Bucket::Blocked),
        qty,
    };
    let moves = Moves {
        stock: vec![stock],
        ledger: Vec::new(),
    };
    books::must_move(act, moves, &hold)
}

/// Lifts every hold of this subject over these goods; what another hold still covers stays blocked.
pub(super) fn lift(act: &Act<'_>, number: &str, hold: &Hold) -> Result<()> {
    let lifted: Vec<String> = open(act, &hold.owner, &hold.item)?
        .into_iter()
        .filter(|(_, of)| of.subject == hold.subject && of.lot == hold.lot)
        .map(|(name, _)| name)
        .collect();
    for name in &lifted {
        act.rows.change_one(
            "UPDATE goods_holds SET open = 0 WHERE warehouse = ?1 AND hold = ?2",
            values![act.warehouse.as_str(), name],
        )?;
    }
    for name in &lifted {
        for (goods, held) in held(act, name)? {
            take(act, name, &goods, held, |spot, qty| {
                let place = |bucket| Place::Inside {
                    spot: spot.clone(),
                    bucket,
                };
                let stock = StockMove {
                    goods: goods.clone(),
                    from: place(Bucket::Blocked),
                    to: place(Bucket::Available),
                    qty,
                };
                // Where another hold covers them, the books block them again under that one.
                let moves = Moves {
                    stock: vec![stock],
                    ledger: Vec::new(),
                };
                books::must_move(act, moves, number)
            })?;
        }
    }
    for key in orders_with(act, hold)? {
        let order = orders::get(act, &key)?;
        let parcel = order.parcel.unwrap_or_default();
        if order.life.holds.contains_key(&HoldBy::Quarantine) && covering(act, &parcel)?.is_none() {
            orders::change(act, &key, Change::Lift(HoldBy::Quarantine))?;
        }
    }
    Ok(())
}

/// Takes held goods out of both books: so many of them, or all that lie blocked for the subject.
pub(super) fn destroy(
    act: &Act<'_>,
    number: &str,
    hold: &Hold,
    at_most: Option<Quantity>,
) -> Result<()> {
    let names = open(act, &hold.owner, &hold.item)?;
    let mut left = at_most;
    for (name, _) in names.into_iter().filter(|(_, of)| of.lot == hold.lot) {
        for (goods, lying) in held(act, &name)? {
            let some = left.map_or(lying, |left| left.min(lying));
            if !some.is_positive() {
                continue;
            }
            let item = goods::required(act, &goods.owner, goods.item.as_str())?;
            take(act, &name, &goods, some, |spot, qty| {
                let units = item
                    .units(qty)
                    .ok_or_else(|| Error::broken("goods too many to destroy"))?;
                let stock = StockMove {
                    goods: goods.clone(),
                    from: Place::Inside {
                        spot: spot.clone(),
                        bucket: Bucket::Blocked,
                    },
                    to: Place::Destroyed,
                    qty,
                };
                let ledger = LedgerMove {
                    item: LedgerItem {
                        ledger: goods.customs.ledger.clone(),
                        item_no: goods.customs.item_no.clone(),
                    },
                    from: Account::Booked,
                    to: Account::Destroyed,
                    units,
                    document: number.to_owned(),
                };
                let moves = Moves {
                    stock: vec![stock],
                    ledger: vec![ledger],
                };
                books::must_move(act, moves, number)
            })?;
            left = left.and_then(|left| left.minus(some));
        }
    }
    Ok(())
}

/// What lies blocked for a hold.
fn held(view: &View<'_>, hold: &str) -> Result<Vec<(Goods, Quantity)>> {
    view.rows.all(
        "SELECT goods, qty FROM held_goods WHERE warehouse = ?1 AND hold = ?2 AND qty > 0 ORDER BY goods",
        values![view.warehouse.as_str(), hold],
        |row| Ok((row.json(0)?, Quantity::from_units(row.int(1)?))),
    )
}

/// Moves so many of a hold's blocked goods, spot by spot, and forgets them as held.
fn take(
    act: &Act<'_>,
    hold: &str,
    goods: &Goods,
    qty: Quantity,
    mut go: impl FnMut(&Spot, Quantity) -> Result<()>,
) -> Result<()> {
    act.rows.change_one(
        "UPDATE held_goods SET qty = qty - ?4 WHERE warehouse = ?1 AND hold = ?2 AND goods = ?3",
        values![act.warehouse.as_str(), hold, json(goods)?, qty.units()],
    )?;
    let exactly = |lying: &Goods| lying == goods;
    let mut left = qty;
    for (_, spot, here) in spots(act, &goods.owner, &goods.item, Bucket::Blocked, exactly)? {
        let some = left.min(here);
        if some.is_positive() {
            go(&spot, some)?;
            left = left.minus(some).unwrap_or_default();
        }
    }
    Ok(())
}

fn lying(view: &View<'_>, hold: &Hold, bucket: Bucket) -> Result<Vec<(Goods, Spot, Quantity)>> {
    spots(view, &hold.owner, &hold.item, bucket, |goods| {
        hold.covers(goods)
    })
}

/// Where goods lie. Quarantine comes last: what was damaged before lies there under no hold.
fn spots(
    view: &View<'_>,
    owner: &OwnerId,
    item: &ItemId,
    bucket: Bucket,
    wanted: impl Fn(&Goods) -> bool,
) -> Result<Vec<(Goods, Spot, Quantity)>> {
    let all = view.rows.all(
        "SELECT goods, location, plate, qty FROM stock WHERE warehouse = ?1 AND owner = ?2 AND item = ?3 AND bucket = ?4 \
         ORDER BY CASE WHEN location = 'QUARANTINE' THEN 1 ELSE 0 END, location, plate, goods",
        values![view.warehouse.as_str(), owner.as_str(), item.as_str(), crate::rows::name_of(&bucket)?],
        |row| {
            let plate = row.text(2)?;
            let spot = Spot {
                location: LocationId::new(row.text(1)?),
                plate: (!plate.is_empty()).then(|| LicencePlate::new(plate)),
            };
            Ok((row.json::<Goods>(0)?, spot, Quantity::from_units(row.int(3)?)))
        },
    )?;
    Ok(all
        .into_iter()
        .filter(|(goods, _, _)| wanted(goods))
        .collect())
}

/// Orders that hold such goods: granted to a workstation, or packed and not yet gone.
fn orders_with(view: &View<'_>, hold: &Hold) -> Result<Vec<OrderKey>> {
    let with = |lines: &[LeasedLine]| lines.iter().any(|line| hold.covers(&line.goods));
    let packed = view.rows.all(
        "SELECT platform, order_no, parcel FROM orders WHERE warehouse = ?1 AND state IN ('released', 'bundled', 'loaded') \
         AND owner = ?2 ORDER BY platform, order_no",
        values![view.warehouse.as_str(), hold.owner.as_str()],
        |row| {
            let key = OrderKey { platform: row.text(0)?, order_no: row.text(1)? };
            let lines: Option<Vec<LeasedLine>> = row.maybe_text(2)?.map(|text| serde_json::from_str(&text)).transpose()?;
            Ok((key, lines.unwrap_or_default()))
        },
    )?;
    let mut keys: Vec<OrderKey> = packed
        .into_iter()
        .filter(|(_, lines)| with(lines))
        .map(|(key, _)| key)
        .collect();
    for (key, lines) in leases::reserved(view)? {
        if with(&lines) {
            keys.push(key);
        }
    }
    Ok(keys)
}

fn covering(view: &View<'_>, lines: &[LeasedLine]) -> Result<Option<String>> {
    for line in lines {
        if let Some(hold) = over(view, &line.goods)? {
            return Ok(Some(hold));
        }
    }
    Ok(None)
}

/// Holds a parcel that was packed of goods which are held by now.
pub(crate) fn check_parcel(act: &Act<'_>, key: &OrderKey, lines: &[LeasedLine]) -> Result<()> {
    if covering(act, lines)?.is_some() {
        orders::change(act, key, Change::Hold(HoldBy::Quarantine))?;
    }
    Ok(())
}

/// An open hold as it is listed.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Held {
    number: String,
    application: String,
    owner: String,
    item: String,
    lot: String,
    set_at: Instant,
    /// How much lies blocked for it now.
    blocked: Quantity,
}

/// Every open hold, oldest first.
pub(crate) fn list(view: &View<'_>) -> Result<Vec<Held>> {
    view.rows.all(
        "SELECT h.number, h.subject, h.owner, h.item, h.lot, h.set_at, \
         (SELECT coalesce(sum(g.qty), 0) FROM held_goods AS g WHERE g.warehouse = h.warehouse AND g.hold = h.hold) \
         FROM goods_holds AS h WHERE h.warehouse = ?1 AND h.open = 1 ORDER BY h.set_at, h.hold LIMIT 500",
        values![view.warehouse.as_str()],
        |row| {
            Ok(Held {
                number: row.text(0)?,
                application: row.text(1)?,
                owner: row.text(2)?,
                item: row.text(3)?,
                lot: row.text(4)?,
                set_at: row.instant(5)?,
                blocked: Quantity::from_units(row.int(6)?),
            })
        },
    )
}
