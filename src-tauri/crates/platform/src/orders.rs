//! Orders at the authority: their rows, and the one way their life goes on.
//!
//! [`change`] runs `domain::orders::step`, writes the row, tells the feed and sees to the effects, so
//! that no room can move an order past the rules. [`advance`] takes an order as far as documents,
//! books and customs let it, and writes down what it waits for.

use crate::authority::{Act, View};
use crate::dockings::Partner;
use crate::error::{Error, Result};
use crate::rows::{Row, json, values};
use crate::sync::{self, recovery};
use crate::{
    books, cases, changes, clearance, comparison, goods, inspection, leases, lists, payments, says,
    statistics, waybills,
};
use axum::http::StatusCode;
use bondhouse_domain::comparison::{Finding, Severity};
use bondhouse_domain::customs;
use bondhouse_domain::facts::Moves;
use bondhouse_domain::feed::{News, OrderNews};
use bondhouse_domain::ids::{BondedNoteNo, ItemId, OrderKey, OwnerId, WaybillKey};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::leases::LeasedLine;
use bondhouse_domain::message::Message;
use bondhouse_domain::orders::{
    Change, Effect, Order, State, says as life_says, step, step_unheard,
};
use bondhouse_domain::quantity::{Money, Quantity};
use bondhouse_domain::stock::{Bucket, Place, RECEIVING, STAGING, StockMove};
use bondhouse_domain::time::Instant;
use chrono::Datelike;

/// An order's row, without the document that names people.
pub(crate) struct Record {
    pub(crate) life: Order,
    pub(crate) owner: OwnerId,
    pub(crate) shop: String,
    pub(crate) pieces: Quantity,
    pub(crate) received_at: Instant,
    pub(crate) waybill: Option<WaybillKey>,
    pub(crate) cop_no: Option<String>,
    pub(crate) declaration_no: Option<String>,
    pub(crate) findings: Vec<Message>,
    pub(crate) differences: Vec<Finding>,
    pub(crate) corrections_due: bool,
    pub(crate) parcel: Option<Vec<LeasedLine>>,
    /// The tax its shop withheld from its buyer.
    pub(crate) withheld: Money,
}

/// What became of a document that may have been sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Taken in.
    New,
    /// The same was sent before; nothing changed.
    Known,
    /// Took the place of the earlier one.
    Changed,
}

const COLUMNS: &str = "life, owner, shop, pieces, received_at, carrier, waybill_no, cop_no, declaration_no, findings, corrections_due, parcel, differences, tax_total";

fn record(row: &Row<'_>) -> Result<Record> {
    let waybill = match (row.maybe_text(5)?, row.maybe_text(6)?) {
        (Some(carrier), Some(waybill_no)) => Some(WaybillKey {
            carrier,
            waybill_no,
        }),
        _ => None,
    };
    Ok(Record {
        life: row.json(0)?,
        owner: OwnerId::new(row.text(1)?),
        shop: row.text(2)?,
        pieces: Quantity::from_units(row.int(3)?),
        received_at: row.instant(4)?,
        waybill,
        cop_no: row.maybe_text(7)?,
        declaration_no: row.maybe_text(8)?,
        findings: row.json(9)?,
        corrections_due: row.flag(10)?,
        parcel: row
            .maybe_text(11)?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        differences: row.json(12)?,
        withheld: Money::from_units(row.int(13)?),
    })
}

/// An order's row.
pub(crate) fn find(view: &View<'_>, key: &OrderKey) -> Result<Option<Record>> {
    view.rows.one(
        &format!(
            "SELECT {COLUMNS} FROM orders WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3"
        ),
        values![view.warehouse.as_str(), &key.platform, &key.order_no],
        record,
    )
}

/// An order's row, or the refusal that says nobody knows it.
pub(crate) fn get(view: &View<'_>, key: &OrderKey) -> Result<Record> {
    find(view, key)?.ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, life_says::unknown(key)))
}

/// The orders of these keys, in the order in which they arrived.
pub(crate) fn several(view: &View<'_>, keys: &[OrderKey]) -> Result<Vec<Record>> {
    view.rows.among(
        &format!(
            "SELECT {COLUMNS} FROM orders WHERE warehouse = ?1 AND (platform, order_no) IN ({{keys}}) \
             ORDER BY received_at, platform, order_no"
        ),
        view.warehouse.as_str(),
        &named(keys),
        record,
    )
}

/// Orders as [`crate::rows::Rows::among`] looks for them.
pub(crate) fn named<'a>(keys: impl IntoIterator<Item = &'a OrderKey>) -> Vec<[&'a str; 2]> {
    let parts = |key: &'a OrderKey| [key.platform.as_str(), key.order_no.as_str()];
    keys.into_iter().map(parts).collect()
}

/// The order that a row's first two columns name.
pub(crate) fn key(row: &Row<'_>) -> Result<OrderKey> {
    Ok(OrderKey {
        platform: row.text(0)?,
        order_no: row.text(1)?,
    })
}

/// Orders in order of arrival, from a moment on; of one owner or state, where they are named.
pub(crate) fn list(
    view: &View<'_>,
    owner: &str,
    state: &str,
    since: i64,
    most: u32,
) -> Result<Vec<Record>> {
    view.rows.all(
        &format!(
            "SELECT {COLUMNS} FROM orders WHERE warehouse = ?1 AND (?2 = '' OR owner = ?2) AND received_at >= ?3 \
             AND (?4 = '' OR state = ?4) ORDER BY received_at, platform, order_no LIMIT ?5"
        ),
        values![view.warehouse.as_str(), owner, since, state, most],
        record,
    )
}

/// The order on a waybill.
pub(crate) fn by_waybill(view: &View<'_>, waybill: &WaybillKey) -> Result<Record> {
    view.rows
        .one(
            &format!("SELECT {COLUMNS} FROM orders WHERE warehouse = ?1 AND carrier = ?2 AND waybill_no = ?3"),
            values![view.warehouse.as_str(), &waybill.carrier, &waybill.waybill_no],
            record,
        )?
        .ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, says::unknown_waybill(&waybill.waybill_no)))
}

/// Keys of the orders in a state, oldest first.
pub(crate) fn in_state(view: &View<'_>, state: &str, most: u32) -> Result<Vec<OrderKey>> {
    view.rows.all(
        "SELECT platform, order_no FROM orders WHERE warehouse = ?1 AND state = ?2 ORDER BY received_at, platform, order_no LIMIT ?3",
        values![view.warehouse.as_str(), state, most],
        |row| Ok(OrderKey { platform: row.text(0)?, order_no: row.text(1)? }),
    )
}

/// The order as the shop declared it. Names people.
pub(crate) fn document(view: &View<'_>, key: &OrderKey) -> Result<customs::Order> {
    let sealed = view
        .rows
        .one(
            "SELECT document FROM orders WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
            values![view.warehouse.as_str(), &key.platform, &key.order_no],
            |row| row.bytes(0),
        )?
        .ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, life_says::unknown(key)))?;
    view.keys.unseal_json(&place(view, key), &sealed)
}

pub(crate) fn place(view: &View<'_>, key: &OrderKey) -> String {
    format!("{}|orders|document|{key}", view.warehouse)
}

/// Takes in an order, once per natural key.
///
/// # Errors
/// A refusal when it is another shop's, incomplete, of an unknown merchant, or differs from what was
/// sent under the same number without being marked as a change.
pub(crate) fn receive(
    act: &Act<'_>,
    shop: &Partner,
    order: &customs::Order,
    raw: u64,
) -> Result<Taken> {
    let key = order.key();
    require_complete(act, shop, order)?;
    let pieces = Quantity::sum(order.lines.iter().map(|line| line.qty))
        .ok_or_else(|| says::incomplete("qty"))?;
    // The year's limit counts what tax is due on: goods and freight.
    let dutiable = order
        .goods_value
        .plus(order.freight)
        .ok_or_else(|| says::incomplete("goodsValue"))?;
    let content = content(order)?;
    let content_hash = act.keys.mac(CONTENT, &[&content]);
    let earlier = act.rows.one(
        "SELECT content_hash FROM orders WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![act.warehouse.as_str(), &key.platform, &key.order_no],
        |row| row.hash(0),
    )?;
    let sealed = act.keys.seal_json(&place(act, &key), order)?;
    let buyer = buyer_hash(act, order);
    match earlier {
        Some(hash) if act.keys.macs(CONTENT, &[&content]).contains(&hash) => {
            return Ok(Taken::Known);
        }
        Some(_) => {
            let record = get(act, &key)?;
            if order.filing.app_type != "2" {
                return Err(says::differs(&key).into());
            }
            if !matches!(record.life.state, State::Received | State::Compared) {
                return Err(says::too_late_to_change(&key, record.life.state.name()).into());
            }
            act.rows.change_one(
                "UPDATE orders SET owner = ?4, document = ?5, content_hash = ?6, buyer_hash = ?7, pieces = ?8, raw = ?9, dutiable = ?10, \
                 findings = '[]', corrections_due = 0 WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
                values![
                    act.warehouse.as_str(), &key.platform, &key.order_no, &order.ebc_code, sealed, content_hash, buyer,
                    pieces.units(), raw, dutiable.units(),
                ],
            )?;
            describe(act, order)?;
            lists::forget(act, &key)?;
            waybills::correct(act, &key)?;
            return Ok(Taken::Changed);
        }
        None => {}
    }
    let life = Order::received(key.clone());
    act.rows.change_one(
        include_str!("orders_insert.sql"),
        values![
            act.warehouse.as_str(),
            &key.platform,
            &key.order_no,
            &order.ebc_code,
            &shop.id,
            json(&life)?,
            life.state.name(),
            sealed,
            content_hash,
            buyer,
            pieces.units(),
            dutiable.units(),
            raw,
            act.now,
        ],
    )?;
    describe(act, order)?;
    publish(act, &get(act, &key)?)?;
    Ok(Taken::New)
}

fn require_complete(act: &Act<'_>, shop: &Partner, order: &customs::Order) -> Result<()> {
    if order.ebp_code != shop.code {
        return Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::not_yours(&order.ebp_code),
        ));
    }
    let needed = [
        ("orderNo", order.order_no.is_empty()),
        ("ebcCode", order.ebc_code.is_empty()),
        ("buyerName", order.buyer_name.is_empty()),
        ("buyerIdNumber", order.buyer_id_number.is_empty()),
        ("consignee", order.consignee.is_empty()),
        ("consigneeAddress", order.consignee_address.is_empty()),
        ("consigneeTelephone", order.consignee_telephone.is_empty()),
        ("OrderList", order.lines.is_empty()),
        (
            "qty",
            order.lines.iter().any(|line| !line.qty.is_positive()),
        ),
    ];
    if let Some((field, _)) = needed.iter().find(|(_, missing)| *missing) {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete(field),
        ));
    }
    let owner = OwnerId::new(&order.ebc_code);
    if !goods::is_owner(act, &owner)? {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::unknown_owner(owner),
        ));
    }
    Ok(())
}

/// The purpose of the keyed hash over an order's content.
pub(crate) const CONTENT: &str = "order content";
const IDENTITY: &str = "identity number";

/// What an order says apart from when and under which mark it was sent.
pub(crate) fn content(order: &customs::Order) -> Result<Vec<u8>> {
    let content = customs::Order {
        filing: customs::Filing::default(),
        ..order.clone()
    };
    Ok(serde_json::to_vec(&content)?)
}

/// Equal for the same buyer, telling nobody who it is: what an order is stored with.
pub(crate) fn buyer_hash(view: &View<'_>, order: &customs::Order) -> Hash {
    let number = id_number(order.buyer_id_number.reveal());
    let fields = [order.buyer_id_type.trim().as_bytes(), number.as_bytes()];
    view.keys.mac(IDENTITY, &fields)
}

/// The hashes under which a buyer's orders are found, whichever data key they were stored with.
pub(crate) fn buyer_hashes(view: &View<'_>, order: &customs::Order) -> Result<[Hash; 2]> {
    person_hashes(view, &order.buyer_id_type, order.buyer_id_number.reveal())
}

/// The keyed hashes of an identity document.
pub(crate) fn person_hashes(view: &View<'_>, id_type: &str, number: &str) -> Result<[Hash; 2]> {
    let number = id_number(number);
    let fields = [id_type.trim().as_bytes(), number.as_bytes()];
    Ok(view.secrets()?.macs(IDENTITY, &fields))
}

fn id_number(sent: &str) -> String {
    sent.trim().to_uppercase()
}

/// Keeps beside the sealed document what statistics ask, of the order and of its lines.
fn describe(act: &Act<'_>, order: &customs::Order) -> Result<()> {
    let key = order.key();
    act.rows.change_one(
        "UPDATE orders SET goods_value = ?4, tax_total = ?5, district = ?6 \
         WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![
            act.warehouse.as_str(),
            &key.platform,
            &key.order_no,
            order.goods_value.units(),
            order.tax_total.units(),
            &order.consignee_district,
        ],
    )?;
    act.rows.put(
        "DELETE FROM order_lines WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![act.warehouse.as_str(), &key.platform, &key.order_no],
    )?;
    let owner = OwnerId::new(&order.ebc_code);
    let prices: Vec<i64> = order.lines.iter().map(|l| l.total_price.units()).collect();
    let worth = statistics::shares(order.goods_value.units(), &prices);
    let withheld = statistics::shares(order.tax_total.units(), &prices);
    for (n, (line, (worth, withheld))) in order
        .lines
        .iter()
        .zip(worth.into_iter().zip(withheld))
        .enumerate()
    {
        let item = goods::item(act, &owner, &ItemId::new(&line.item_no))?;
        act.rows.change_one(
            "INSERT INTO order_lines (warehouse, platform, order_no, line, gnum, owner, item, chapter, pieces, goods_value, tax) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            values![
                act.warehouse.as_str(), &key.platform, &key.order_no, n, line.gnum, owner.as_str(), &line.item_no,
                item.map(|item| item.chapter()).unwrap_or_default(), line.qty.units(), worth, withheld,
            ],
        )?;
    }
    Ok(())
}

/// Applies a change to an order: row, feed and effects together.
///
/// # Errors
/// The rules' refusal; nothing is changed then.
pub(crate) fn change(act: &Act<'_>, key: &OrderKey, change: Change) -> Result<Vec<Effect>> {
    let before = get(act, key)?;
    let at = act.next_pos()?;
    let stepped = if recovery::state(act)?.is_some() {
        step_unheard(&before.life, change, at)?
    } else {
        let stepped = step(&before.life, change.clone(), at)?;
        let ends = stepped.effects.contains(&Effect::Cancelled);
        // Somebody packed it under a grant that was forgotten: it is not answered cancelled.
        match ends && sync::is_forgotten(act, key)? {
            true => step_unheard(&before.life, change, at)?,
            false => stepped,
        }
    };
    let moved_on = stepped.order != before.life;
    let was = before.life.clone();
    if moved_on {
        let state = &stepped.order.state;
        act.rows.change_one(
            "UPDATE orders SET life = ?4, state = ?5, \
             declared_at = CASE WHEN ?5 = 'declared' THEN ?6 ELSE declared_at END, \
             cleared_at = CASE WHEN ?5 = 'cleared' THEN coalesce(cleared_at, ?6) ELSE cleared_at END, \
             released_at = CASE WHEN ?5 = 'released' THEN coalesce(released_at, ?6) ELSE released_at END, \
             left_at = CASE WHEN ?5 = 'gated_out' THEN coalesce(left_at, ?6) ELSE left_at END, \
             cancelled_at = CASE WHEN ?5 = 'cancelled' THEN coalesce(cancelled_at, ?6) ELSE cancelled_at END \
             WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
            values![act.warehouse.as_str(), &key.platform, &key.order_no, json(&stepped.order)?, state.name(), act.now],
        )?;
        let after = Record {
            life: stepped.order.clone(),
            ..before
        };
        publish(act, &after)?;
    }
    for effect in &stepped.effects {
        see_to(act, key, effect)?;
    }
    if was.state == State::Declared && stepped.order.state == State::Cleared {
        sync::follow_forgotten(act, key)?;
    }
    if moved_on && stepped.order.cancel_requested.is_some() {
        clearance::withdraw(act, key)?;
    }
    // Whoever lifts the last hold need not know what came in meanwhile.
    if !was.is_free() && stepped.order.is_free() && is_open(&stepped.order) {
        advance(act, key)?;
    }
    Ok(stepped.effects)
}

/// Whether customs has nothing of it: it may still be compared and declared.
const fn is_open(life: &Order) -> bool {
    matches!(life.state, State::Received | State::Compared)
}

/// Every workstation was heard: what waited for that is cancelled now, as far as nobody holds it and
/// customs has let it go.
pub(crate) fn settle_cancellations(act: &Act<'_>) -> Result<()> {
    let waiting = act.rows.all(
        "SELECT platform, order_no, state, cop_no FROM orders WHERE warehouse = ?1 AND state IN ('received', 'compared', 'declared', 'cleared') \
         AND life LIKE '%\"cancel_requested\":%' AND life NOT LIKE '%\"cancel_requested\":null%' ORDER BY platform, order_no",
        values![act.warehouse.as_str()],
        |row| {
            let key = OrderKey { platform: row.text(0)?, order_no: row.text(1)? };
            Ok((key, row.text(2)?, row.maybe_text(3)?))
        },
    )?;
    for (key, state, cop_no) in waiting {
        match cop_no.filter(|_| state == "declared") {
            Some(cop_no) => clearance::judge(act, &cop_no, "")?,
            None => drop(change(act, &key, Change::RequestCancel)?),
        }
    }
    Ok(())
}

/// Does what follows from a change, as far as it is not in the order itself: what must be pulled from
/// staging or taken off a vehicle stands in the feed as a released order that is held or to be cancelled.
fn see_to(act: &Act<'_>, key: &OrderKey, effect: &Effect) -> Result<()> {
    match effect {
        Effect::Revoke(holding) => leases::revoke(act, key, holding),
        Effect::Case(code) => cases::open(act, *code, &key.to_string()),
        Effect::OpenReturn => note(act, key, &says::return_due(key)),
        Effect::StopVehicle(pass) => note(act, key, &says::vehicle_stopped(key, pass)),
        Effect::PullFromStaging | Effect::Cancelled => Ok(()),
    }
}

/// Adds a message to what is said beside an order.
pub(crate) fn note(act: &Act<'_>, key: &OrderKey, message: &Message) -> Result<()> {
    let mut findings = get(act, key)?.findings;
    if !findings.contains(message) {
        findings.push(message.clone());
        set_findings(act, key, &findings)?;
    }
    Ok(())
}

/// Writes down what an order waits for.
pub(crate) fn set_findings(act: &Act<'_>, key: &OrderKey, findings: &[Message]) -> Result<()> {
    act.rows.change_one(
        "UPDATE orders SET findings = ?4 WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![
            act.warehouse.as_str(),
            &key.platform,
            &key.order_no,
            json(&findings)?
        ],
    )
}

/// Gives a bundled parcel customs' number of its note, which was not known when it was bundled.
///
/// The state stays the same; only the note's name in it becomes the one on customs' papers.
pub(crate) fn rename_note(act: &Act<'_>, key: &OrderKey, note: &BondedNoteNo) -> Result<()> {
    let before = get(act, key)?.life;
    let State::Bundled { .. } = before.state else {
        return Ok(());
    };
    let life = Order {
        state: State::Bundled { note: note.clone() },
        ..before
    };
    act.rows.change_one(
        "UPDATE orders SET life = ?4 WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![
            act.warehouse.as_str(),
            &key.platform,
            &key.order_no,
            json(&life)?
        ],
    )?;
    publish(act, &get(act, key)?)
}

/// Remembers what is in a packed parcel.
pub(crate) fn set_parcel(act: &Act<'_>, key: &OrderKey, lines: &[LeasedLine]) -> Result<()> {
    act.rows.change_one(
        "UPDATE orders SET parcel = ?4 WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![
            act.warehouse.as_str(),
            &key.platform,
            &key.order_no,
            json(&lines)?
        ],
    )?;
    inspection::check_parcel(act, key, lines)
}

/// Tells the feed how an order is now.
pub(crate) fn publish(act: &Act<'_>, record: &Record) -> Result<()> {
    let news = OrderNews {
        order: record.life.key.clone(),
        owner: record.owner.clone(),
        state: record.life.state.clone(),
        holds: record.life.holds.keys().copied().collect(),
        cancel_requested: record.life.cancel_requested.is_some(),
        waybill: record.waybill.clone(),
        declaration_no: record.declaration_no.clone(),
        pieces: record.pieces,
    };
    act.publish(&News::Order(news), None)?;
    changes::record(act, record)
}

/// Takes an order as far as it can go now: waybill, comparison, declaration.
///
/// An order that customs refused waits for its shop's correction; it is never declared again unchanged.
/// One that is held waits for whoever holds it, and goes on from [`change`] when the last hold is lifted.
pub(crate) fn advance(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    let Some(mut order) = find(act, key)? else {
        return Ok(());
    };
    let wanted = order.life.cancel_requested.is_none();
    if !is_open(&order.life) || order.corrections_due || !wanted {
        return set_waiting(act, key, &order.findings, &order.differences);
    }
    if !order.life.is_free() {
        // Nothing of it goes out meanwhile, and what it waited for before may have come.
        let holds = order.life.holds.keys();
        let held: Vec<Message> = holds.map(|by| says::held_back(key, by.name()).0).collect();
        return set_waiting(act, key, &held, &order.differences);
    }
    let document = document(act, key)?;
    let mut findings = Vec::new();
    if order.waybill.is_none() {
        match waybills::make(act, &document)? {
            Ok(waybill) => order.waybill = Some(waybill),
            Err(why) => findings.push(why),
        }
    }
    let payment = payments::of_order(act, key)?;
    let waybill = order
        .waybill
        .as_ref()
        .map(|key| waybills::document(act, key))
        .transpose()?;
    let built = match &waybill {
        Some(waybill) => clearance::build(act, &document, waybill)?
            .map_err(|why| findings.push(why))
            .ok(),
        None => None,
    };
    let list = built
        .as_ref()
        .map(|(list, claims)| (list, claims.as_slice()));
    let day = (act.settings.zone, act.settings.zone.date_at(act.now));
    let comparison::Compared {
        findings: differences,
        tax,
    } = comparison::differences(
        act,
        day,
        &document,
        payment.as_ref(),
        waybill.as_ref(),
        list,
    )?;
    let stops = differences
        .iter()
        .filter(|finding| finding.severity == Severity::Stops);
    // Too little in the ledger is the warehouse's to wait for, not a difference between the papers.
    let (stock, papers): (Vec<&Finding>, Vec<&Finding>) =
        stops.partition(|finding| comparison::is_short(finding));
    findings.extend(papers.iter().map(|finding| finding.message.clone()));
    if findings.is_empty() && order.life.state == State::Received {
        change(act, key, Change::Compared)?;
    }
    findings.extend(stock.iter().map(|finding| finding.message.clone()));
    if let (Some((list, claims)), true) = (&built, findings.is_empty()) {
        findings.extend(clearance::declare(act, list, claims, tax.as_ref())?.err());
    }
    set_waiting(act, key, &findings, &differences)
}

/// Writes down what an order waits for, and under which conditions it was tried.
fn set_waiting(
    act: &Act<'_>,
    key: &OrderKey,
    findings: &[Message],
    differences: &[Finding],
) -> Result<()> {
    act.rows.change_one(
        "UPDATE orders SET findings = ?4, differences = ?5, tried_pos = ?6 WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![
            act.warehouse.as_str(), &key.platform, &key.order_no, json(&findings)?, json(&differences)?, conditions(act)?,
        ],
    )
}

/// What an order counts towards its buyer's year, and the tax its shop withheld.
pub(crate) fn worth(view: &View<'_>, key: &OrderKey) -> Result<(Money, Money)> {
    let worth = view.rows.one(
        "SELECT dutiable, tax_total FROM orders WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![view.warehouse.as_str(), &key.platform, &key.order_no],
        |row| Ok((Money::from_units(row.int(0)?), Money::from_units(row.int(1)?))),
    )?;
    worth.ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, life_says::unknown(key)))
}

/// A new day may bring another law, and a new year new quotas: what waits is tried again.
pub(crate) fn new_day(act: &Act<'_>) -> Result<()> {
    let today = i64::from(act.settings.zone.date_at(act.now).num_days_from_ce());
    let begins = act.rows.change(
        "INSERT INTO counters (warehouse, name, last) VALUES (?1, 'day', ?2) \
         ON CONFLICT (warehouse, name) DO UPDATE SET last = excluded.last WHERE counters.last <> excluded.last",
        values![act.warehouse.as_str(), today],
    )?;
    if begins == 1 {
        act.next("conditions")?;
    }
    Ok(())
}

/// Something that orders may be waiting for has changed: the ledger, the master data, a number pool.
pub(crate) fn conditions_changed(act: &Act<'_>) -> Result<()> {
    act.next("conditions")?;
    advance_waiting(act)
}

fn conditions(view: &View<'_>) -> Result<i64> {
    view.rows.number(
        "SELECT last FROM counters WHERE warehouse = ?1 AND name = 'conditions'",
        values![view.warehouse.as_str()],
    )
}

/// Tries waiting orders that were not tried since conditions changed, oldest first.
pub(crate) fn advance_waiting(act: &Act<'_>) -> Result<()> {
    // A bound, so that one change never holds the writer for long; the next round takes the rest.
    const MOST: u32 = 100;
    let waiting = act.rows.all(
        "SELECT platform, order_no FROM orders WHERE warehouse = ?1 AND state IN ('received', 'compared') \
         AND corrections_due = 0 AND tried_pos < ?2 ORDER BY received_at, platform, order_no LIMIT ?3",
        values![act.warehouse.as_str(), conditions(act)?, MOST],
        |row| Ok(OrderKey { platform: row.text(0)?, order_no: row.text(1)? }),
    )?;
    for key in waiting {
        advance(act, &key)?;
    }
    Ok(())
}

/// A parcel to be cancelled was scanned back from staging: its goods are to be put away again.
pub(crate) fn pull_back(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    let parcel = get(act, key)?.parcel.unwrap_or_default();
    change(act, key, Change::PulledBack)?;
    let stock = parcel.into_iter().map(|line| StockMove {
        goods: line.goods,
        from: Place::inside(STAGING, Bucket::Staging),
        to: Place::inside(RECEIVING, Bucket::Available),
        qty: line.qty,
    });
    books::must_move(
        act,
        Moves {
            stock: stock.collect(),
            ledger: Vec::new(),
        },
        &key.to_string(),
    )
}

/// Whoever had to correct a refused order says it is done: it is compared and declared again.
pub(crate) fn correct(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    get(act, key)?;
    act.rows.change_one(
        "UPDATE orders SET corrections_due = 0, findings = '[]' WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![act.warehouse.as_str(), &key.platform, &key.order_no],
    )?;
    advance(act, key)
}
