//! Leases at the authority: granted, prolonged, revoked, and never freed by time.
//!
//! Granting reserves the exact goods of the ledger item the declaration names, in the same act that
//! fences the order. A lease ends by its holder's word ([`hand_back`], or the release itself) or by a
//! human who looked; when its holder falls silent the order is in doubt and its goods with it.

use crate::authority::{Act, View};
use crate::error::Result;
use crate::orders::{self, Record};
use crate::rows::{Row, json, values};
use crate::{books, clearance, keys, offline, says, waybills, workstations};
use bondhouse_domain::clearance::Cleared;
use bondhouse_domain::facts::Moves;
use bondhouse_domain::ids::{
    DeviceId, Fence, GrantId, Incarnation, LicencePlate, LocationId, OrderKey,
};
use bondhouse_domain::leases::{Lease, LeasedLine, OrderRight, Right, SignedLease};
use bondhouse_domain::ledger::LedgerItem;
use bondhouse_domain::offline::OfflinePolicy;
use bondhouse_domain::orders::{Change, HoldBy, Holding, State};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Bucket, Place, Spot, StockMove};
use bondhouse_domain::time::{Instant, Span};
use bondhouse_protocol::wire::{Consignee, Grant, Held, Revoke};

/// A lease's row.
pub(crate) struct Leased {
    pub(crate) lease: Lease,
    pub(crate) order: OrderKey,
    pub(crate) fence: Fence,
    pub(crate) state: String,
    pub(crate) revoke_why: Option<String>,
    signed: SignedLease,
    salt: String,
}

impl Leased {
    /// What was reserved for it.
    pub(crate) fn lines(&self) -> &[LeasedLine] {
        match &self.lease.right {
            Right::Order(right) => &right.lines,
            Right::Bin { .. }
            | Right::HandlingUnit { .. }
            | Right::CountTask { .. }
            | Right::NumberRange { .. } => &[],
        }
    }

    /// Who holds it.
    pub(crate) fn holding(&self) -> Holding {
        Holding {
            device: self.lease.device.clone(),
            incarnation: self.lease.incarnation,
            fence: self.fence,
        }
    }

    /// Where its goods are set aside now.
    pub(crate) fn bucket(&self) -> Bucket {
        if self.state == "in_doubt" {
            Bucket::InDoubt
        } else {
            Bucket::Reserved
        }
    }
}

const COLUMNS: &str = "lease, platform, order_no, fence, state, revoke_why, signed, salt";

fn leased(row: &Row<'_>) -> Result<Leased> {
    Ok(Leased {
        lease: row.json(0)?,
        order: OrderKey {
            platform: row.text(1)?,
            order_no: row.text(2)?,
        },
        fence: Fence(row.count32(3)?),
        state: row.text(4)?,
        revoke_why: row.maybe_text(5)?,
        signed: row.json(6)?,
        salt: row.text(7)?,
    })
}

/// The lease of an order under a fence.
pub(crate) fn find(view: &View<'_>, order: &OrderKey, fence: Fence) -> Result<Option<Leased>> {
    view.rows.one(
        &format!("SELECT {COLUMNS} FROM leases WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3 AND fence = ?4"),
        values![view.warehouse.as_str(), &order.platform, &order.order_no, fence.0],
        leased,
    )
}

/// What a workstation may still use, or has not given back.
pub(crate) fn of_device(
    view: &View<'_>,
    device: &DeviceId,
    incarnation: Incarnation,
) -> Result<Vec<Leased>> {
    view.rows.all(
        &format!(
            "SELECT {COLUMNS} FROM leases WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 \
             AND state IN ('open', 'in_doubt') ORDER BY issued_at, platform, order_no"
        ),
        values![view.warehouse.as_str(), device.as_str(), incarnation.0],
        leased,
    )
}

/// Orders that a life of a workstation was ever given and that have not been packed yet.
pub(crate) fn open_orders(
    view: &View<'_>,
    device: &DeviceId,
    incarnation: Incarnation,
) -> Result<Vec<OrderKey>> {
    view.rows.all(
        "SELECT DISTINCT o.platform, o.order_no FROM orders AS o \
         JOIN leases AS l ON l.warehouse = o.warehouse AND l.platform = o.platform AND l.order_no = o.order_no \
         WHERE o.warehouse = ?1 AND l.device = ?2 AND l.incarnation = ?3 \
         AND o.state IN ('received', 'compared', 'declared', 'cleared', 'leased', 'in_doubt') \
         ORDER BY o.platform, o.order_no",
        values![view.warehouse.as_str(), device.as_str(), incarnation.0],
        |row| Ok(OrderKey { platform: row.text(0)?, order_no: row.text(1)? }),
    )
}

/// What is set aside for the orders that workstations hold.
pub(crate) fn reserved(view: &View<'_>) -> Result<Vec<(OrderKey, Vec<LeasedLine>)>> {
    let open = view.rows.all(
        &format!("SELECT {COLUMNS} FROM leases WHERE warehouse = ?1 AND state IN ('open', 'in_doubt') ORDER BY issued_at, platform, order_no"),
        values![view.warehouse.as_str()],
        leased,
    )?;
    Ok(open
        .into_iter()
        .map(|leased| (leased.order.clone(), leased.lines().to_vec()))
        .collect())
}

/// Sets the state of a lease's row.
pub(crate) fn set_state(act: &Act<'_>, leased: &Leased, state: &str) -> Result<()> {
    act.rows.change_one(
        "UPDATE leases SET state = ?3 WHERE warehouse = ?1 AND grant_id = ?2",
        values![act.warehouse.as_str(), leased.lease.grant.as_str(), state],
    )
}

/// Grants up to `want` orders to a workstation that holds so many, oldest first, as far as stock and
/// policy allow.
pub(crate) fn grant(
    act: &Act<'_>,
    policy: &OfflinePolicy,
    (device, incarnation): (&DeviceId, Incarnation),
    held: usize,
    want: u32,
) -> Result<Vec<Grant>> {
    let room = policy
        .release
        .orders
        .saturating_sub(u32::try_from(held).unwrap_or(u32::MAX))
        .min(want);
    let mut grants = Vec::new();
    if room == 0 {
        return Ok(grants);
    }
    // More candidates than wanted, because some wait for stock.
    for key in orders::in_state(act, "cleared", room.saturating_add(200))? {
        if grants.len() >= usize::try_from(room).unwrap_or(usize::MAX) {
            break;
        }
        grants.extend(grant_one(act, policy, &key, device, incarnation)?);
    }
    Ok(grants)
}

fn grant_one(
    act: &Act<'_>,
    policy: &OfflinePolicy,
    key: &OrderKey,
    device: &DeviceId,
    incarnation: Incarnation,
) -> Result<Option<Grant>> {
    let order = orders::get(act, key)?;
    let (Some(cop_no), Some(waybill), true) =
        (&order.cop_no, &order.waybill, order.life.is_grantable())
    else {
        return Ok(None);
    };
    // The proof is taken from the log anew: the order's state alone grants nothing.
    let Ok(cleared) = Cleared::from_receipts(key, &clearance::log(act, cop_no)?) else {
        return Ok(None);
    };
    let Some(lines) = reserve(act, &order, cop_no)? else {
        if order.findings.is_empty() {
            orders::set_findings(act, key, &[says::no_stock(key).0])?;
        }
        return Ok(None);
    };
    let document = waybills::document(act, waybill)?;
    let route = waybills::route_of(act, waybill)?;
    let consignee = Consignee {
        name: document.consignee,
        phone: document.consignee_telephone,
        address: document.consignee_address,
        salt: keys::new_secret()?,
    };
    orders::change(
        act,
        key,
        Change::Grant {
            device: device.clone(),
            incarnation,
        },
    )?;
    books::must_move(
        act,
        between(&lines, Bucket::Available, Bucket::Reserved),
        &key.to_string(),
    )?;
    if !order.findings.is_empty() {
        orders::set_findings(act, key, &[])?;
    }
    let State::Leased(holding) = orders::get(act, key)?.life.state else {
        return Err(crate::error::Error::broken("a granted order is not leased"));
    };
    let lease = Lease {
        grant: GrantId::new(
            uuid::Builder::from_random_bytes(keys::random()?)
                .into_uuid()
                .to_string(),
        ),
        warehouse: act.warehouse.clone(),
        authority_epoch: act.epoch,
        device: device.clone(),
        incarnation,
        fence: holding.fence,
        issued_pos: act.feed_head()?.0,
        issued_at: act.now,
        work_until: act.now.plus(policy.release.work_span()),
        needs_contact: offline::needs_contact(act, policy, &order)?,
        policy: policy.version,
        right: Right::Order(Box::new(OrderRight {
            order: key.clone(),
            waybill: waybill.clone(),
            carrier_name: document.logistics_name.clone(),
            sender: act.settings.sender.clone(),
            sort_code: route.sort_code,
            hub: route.hub,
            lane: route.lane,
            lines,
            gross_weight: document.weight,
            clearance: cleared.facts().clone(),
            consignee_commitment: consignee.commitment(),
        })),
    };
    let signed = SignedLease::sign(&lease, act.keys.key_id(), act.keys.signing())?;
    act.rows.change_one(
        include_str!("leases_insert.sql"),
        values![
            act.warehouse.as_str(),
            lease.grant.as_str(),
            &key.platform,
            &key.order_no,
            device.as_str(),
            incarnation.0,
            lease.fence.0,
            json(&lease)?,
            json(&signed)?,
            &consignee.salt,
            lease.work_until,
            lease.issued_at,
        ],
    )?;
    Ok(Some(Grant {
        lease: signed,
        consignee: Some(consignee),
    }))
}

/// Goods for every line of an order's list, first expiring first, then first in; `None` when short.
fn reserve(act: &Act<'_>, order: &Record, cop_no: &str) -> Result<Option<Vec<LeasedLine>>> {
    let mut taken: Vec<LeasedLine> = Vec::new();
    for line in clearance::lines(act, cop_no)? {
        let spots = act.rows.all(
            include_str!("leases_reservable.sql"),
            values![
                act.warehouse.as_str(),
                order.owner.as_str(),
                line.item.as_str(),
                line.line.ledger.as_str(),
                &line.line.item_no,
                act.settings.zone.date_at(act.now).to_string(),
            ],
            |row| {
                let plate = row.text(2)?;
                let spot = Spot {
                    location: LocationId::new(row.text(1)?),
                    plate: (!plate.is_empty()).then(|| LicencePlate::new(plate)),
                };
                Ok((row.json(0)?, spot, Quantity::from_units(row.int(3)?)))
            },
        )?;
        let mut wanted = line.qty;
        for (goods, spot, there) in spots {
            let promised = taken
                .iter()
                .filter(|l| l.goods == goods && l.spot == spot)
                .map(|l| l.qty);
            let free = Quantity::sum(promised)
                .and_then(|p| there.minus(p))
                .unwrap_or(Quantity::ZERO);
            let qty = free.min(wanted);
            if qty.is_positive() {
                taken.push(LeasedLine {
                    gnum: line.gnum,
                    goods,
                    spot,
                    qty,
                });
                wanted = wanted.minus(qty).unwrap_or(Quantity::ZERO);
            }
            if wanted == Quantity::ZERO {
                break;
            }
        }
        if wanted.is_positive() {
            return Ok(None);
        }
    }
    Ok(Some(taken))
}

/// A declared line, as far as reserving needs it.
pub(crate) struct Wanted {
    pub(crate) gnum: u32,
    pub(crate) item: bondhouse_domain::ids::ItemId,
    /// The ledger line, by our name of it.
    pub(crate) line: LedgerItem,
    pub(crate) qty: Quantity,
}

/// The lines moved from one bucket to another where they stand.
pub(crate) fn between(lines: &[LeasedLine], from: Bucket, to: Bucket) -> Moves {
    let inside = |line: &LeasedLine, bucket| Place::Inside {
        spot: line.spot.clone(),
        bucket,
    };
    let stock = lines.iter().map(|line| StockMove {
        goods: line.goods.clone(),
        from: inside(line, from),
        to: inside(line, to),
        qty: line.qty,
    });
    Moves {
        stock: stock.collect(),
        ledger: Vec::new(),
    }
}

/// Prolongs what the holder still holds and sends again what it never got, of these leases of its own.
///
/// A lease is signed anew only once a quarter of its time is gone, so that a call every few seconds
/// does not cost a signature for each of hundreds of orders; or when the policy in force is another one
/// than it was signed by.
pub(crate) fn renew(
    act: &Act<'_>,
    policy: &OfflinePolicy,
    leases: &mut [Leased],
    held: &[Held],
) -> Result<Vec<Grant>> {
    let span = policy.release.work_span();
    let fresh_enough = Span::millis(span.as_millis().saturating_mul(3) / 4);
    let mut grants = Vec::new();
    for leased in leases {
        if leased.revoke_why.is_some() || leased.state != "open" {
            continue;
        }
        let has_it = held
            .iter()
            .any(|h| h.order == leased.order && h.fence == leased.fence);
        if leased.lease.policy != policy.version {
            let order = orders::get(act, &leased.order)?;
            leased.lease.needs_contact = offline::needs_contact(act, policy, &order)?;
            leased.lease.policy = policy.version;
            prolong(act, leased, act.now.plus(span))?;
        } else if leased.lease.work_until.since(act.now) < fresh_enough {
            prolong(act, leased, act.now.plus(span))?;
        } else if has_it {
            continue;
        }
        let consignee = if has_it {
            None
        } else {
            Some(consignee(act, leased)?)
        };
        grants.push(Grant {
            lease: leased.signed.clone(),
            consignee,
        });
    }
    Ok(grants)
}

fn prolong(act: &Act<'_>, leased: &mut Leased, until: Instant) -> Result<()> {
    leased.lease.work_until = until;
    leased.lease.issued_pos = act.feed_head()?.0;
    leased.signed = SignedLease::sign(&leased.lease, act.keys.key_id(), act.keys.signing())?;
    act.rows.change_one(
        "UPDATE leases SET lease = ?3, signed = ?4, work_until = ?5 WHERE warehouse = ?1 AND grant_id = ?2",
        values![act.warehouse.as_str(), leased.lease.grant.as_str(), json(&leased.lease)?, json(&leased.signed)?, until],
    )
}

fn consignee(view: &View<'_>, leased: &Leased) -> Result<Consignee> {
    let Right::Order(right) = &leased.lease.right else {
        return Err(crate::error::Error::broken("only an order has a consignee"));
    };
    let document = waybills::document(view, &right.waybill)?;
    Ok(Consignee {
        name: document.consignee,
        phone: document.consignee_telephone,
        address: document.consignee_address,
        salt: leased.salt.clone(),
    })
}

/// Marks a lease to be given back; the holder learns it at its next contact.
pub(crate) fn revoke(act: &Act<'_>, key: &OrderKey, holding: &Holding) -> Result<()> {
    let order = orders::get(act, key)?;
    let why = if order.life.cancel_requested.is_some() {
        "cancelled"
    } else {
        match order.life.holds.keys().next() {
            Some(HoldBy::Merchant) => "held_by_merchant",
            Some(HoldBy::Supervisor) => "held_by_supervisor",
            Some(HoldBy::Customs | HoldBy::Quarantine) | None => "held_by_customs",
        }
    };
    act.rows.put(
        "UPDATE leases SET revoke_why = coalesce(revoke_why, ?5) WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3 AND fence = ?4",
        values![act.warehouse.as_str(), &key.platform, &key.order_no, holding.fence.0, why],
    )?;
    Ok(())
}

/// What the holder of these leases must give back: what was revoked, what ran out while it was silent,
/// and what it believes to hold and we do not know of, because we were restored or a human has decided
/// meanwhile.
pub(crate) fn revokes(leases: &[Leased], held: &[Held]) -> Vec<Revoke> {
    let called_back = leases.iter().filter_map(|leased| {
        let ran_out = (leased.state == "in_doubt").then(|| "ran_out".to_owned());
        Some(Revoke {
            order: leased.order.clone(),
            fence: leased.fence,
            why: leased.revoke_why.clone().or(ran_out)?,
        })
    });
    let is_known = |held: &Held| {
        leases
            .iter()
            .any(|leased| leased.order == held.order && leased.fence == held.fence)
    };
    let unknown = held
        .iter()
        .filter(|held| !is_known(held))
        .map(|held| Revoke {
            order: held.order.clone(),
            fence: held.fence,
            why: "not_known".to_owned(),
        });
    called_back.chain(unknown).collect()
}

/// The holder's word that it has not released and will not: the goods are free again.
pub(crate) fn hand_back(act: &Act<'_>, leased: &Leased) -> Result<()> {
    books::must_move(
        act,
        between(leased.lines(), leased.bucket(), Bucket::Available),
        &leased.order.to_string(),
    )?;
    set_state(act, leased, "returned")?;
    orders::change(act, &leased.order, Change::HandedBack(leased.holding()))?;
    Ok(())
}

/// Gives up on holders that were silent past the end of their leases: in doubt, never free.
pub(crate) fn expire(act: &Act<'_>) -> Result<usize> {
    let margin = act.settings.policy.silent_margin();
    let before = Instant::from_millis(act.now.as_millis().saturating_sub(margin.as_millis()));
    let late = act.rows.all(
        &format!("SELECT {COLUMNS} FROM leases WHERE warehouse = ?1 AND state = 'open' AND work_until <= ?2 ORDER BY work_until, lease LIMIT 500"),
        values![act.warehouse.as_str(), before],
        leased,
    )?;
    for leased in &late {
        books::must_move(
            act,
            between(leased.lines(), Bucket::Reserved, Bucket::InDoubt),
            &leased.order.to_string(),
        )?;
        set_state(act, leased, "in_doubt")?;
        orders::change(act, &leased.order, Change::HolderSilent)?;
    }
    Ok(late.len())
}

/// A human looked at the bench of a silent holder: the parcel is packed, or it is not.
pub(crate) fn looked(act: &Act<'_>, key: &OrderKey, packed: bool) -> Result<()> {
    let order = orders::get(act, key)?;
    let State::InDoubt(holding) = &order.life.state else {
        return Err(says_not_in_doubt(&order).into());
    };
    let leased = find(act, key, holding.fence)?
        .ok_or_else(|| crate::error::Error::broken("an order in doubt has no lease"))?;
    if !packed {
        require_over(act, key, &leased)?;
    }
    orders::change(act, key, Change::Looked { packed })?;
    if packed {
        books::must_move(
            act,
            to_staging(leased.lines(), Bucket::InDoubt),
            &key.to_string(),
        )?;
        orders::set_parcel(act, key, leased.lines())?;
    } else {
        books::must_move(
            act,
            between(leased.lines(), Bucket::InDoubt, Bucket::Available),
            &key.to_string(),
        )?;
    }
    set_state(act, &leased, "resolved")
}

/// A stopped workstation, or the copy of its disk that stopped it, cannot be told so while it is out of
/// contact: what lies unpacked may still be packed there until its lease has run out, by any clock.
fn require_over(view: &View<'_>, key: &OrderKey, leased: &Leased) -> Result<()> {
    let (device, incarnation) = (&leased.lease.device, leased.lease.incarnation);
    let stopped = workstations::find(view, device, incarnation)?;
    let until = leased
        .lease
        .work_until
        .plus(view.settings()?.policy.silent_margin());
    if stopped.is_some_and(|known| known.state == "quarantined") && view.now < until {
        return Err(says::may_still_work(key, device, until.to_rfc3339()).into());
    }
    Ok(())
}

fn says_not_in_doubt(order: &Record) -> bondhouse_domain::message::Refusal {
    bondhouse_domain::orders::says::not_from_here(&order.life.key, order.life.state.name())
}

/// The lines moved from where they were reserved to staging.
pub(crate) fn to_staging(lines: &[LeasedLine], from: Bucket) -> Moves {
    let stock = lines.iter().map(|line| StockMove {
        goods: line.goods.clone(),
        from: Place::Inside {
            spot: line.spot.clone(),
            bucket: from,
        },
        to: Place::inside(bondhouse_domain::stock::STAGING, Bucket::Staging),
        qty: line.qty,
    });
    Moves {
        stock: stock.collect(),
        ledger: Vec::new(),
    }
}
