//! Payments, as the institutions sent them: the shop's word is never taken for one.
//!
//! An institution pushes late, twice, in the wrong unit, and takes back what it said: each of its
//! statements is kept once under its own number, and what stands of a payment is what it said last.
//! An order may name several payments; the one that fits it is its payment, the others are owed back.
//!
//! | the institution | here |
//! |---|---|
//! | pushes the same again | `known`, nothing changes |
//! | pushes other content under a number | refused, unless marked as a change (`appType` 2) |
//! | pushes in fen what is due in yuan, in parts of a fen, in another currency | refused, and told why |
//! | takes a payment back (`appType` 3, a closed trade) | it stands no more; a parcel not gone is held |
//! | changes it behind the order's list (`appType` 2) | what no longer agrees with its papers is held |
//! | gives part of it back | what is left must pay the order; more than was paid is refused |

use crate::authority::{Act, View};
use crate::comparison;
use crate::dockings::Partner;
use crate::error::{Error, Result};
use crate::orders::{self, Taken};
use crate::rows::{by, values};
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::comparison::Paper;
use bondhouse_domain::customs;
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::journal::Hash;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::orders::{Change, HoldBy, State};
use bondhouse_domain::quantity::Money;
use bondhouse_domain::time::Instant;
use serde::Serialize;
use std::collections::BTreeMap;

/// Yuan, customs' code; payments are declared in nothing else.
const YUAN: &str = "142";
/// A fen in units of 1e-5 yuan.
const FEN: i64 = 1_000;

/// Takes in a payment, once per institution and transaction.
///
/// # Errors
/// A refusal when it is another institution's, incomplete, in another unit or currency than yuan, or
/// differs from what was sent before.
pub(crate) fn receive(
    act: &Act<'_>,
    payer: &Partner,
    payment: &customs::Payment,
    raw: u64,
) -> Result<Taken> {
    require_own(payer, &payment.pay_code)?;
    if payment.filing.app_type == "3" {
        return close(act, payer, &payment.pay_transaction_id, raw);
    }
    require_usable(act, payment)?;
    let content = content(payment)?;
    let content_hash = act.keys.mac(CONTENT, &[&content]);
    if is_closed(act, &payer.code, &payment.pay_transaction_id)? {
        return Err(says::payment_closed(&payment.pay_transaction_id).into());
    }
    let before = match earlier(act, &payer.code, &payment.pay_transaction_id)? {
        Some(hash) if act.keys.macs(CONTENT, &[&content]).contains(&hash) => {
            return Ok(Taken::Known);
        }
        Some(_) if payment.filing.app_type != "2" => {
            return Err(says::differs(&payment.pay_transaction_id).into());
        }
        Some(_) => Some(document(act, &payer.code, &payment.pay_transaction_id)?),
        None => None,
    };
    act.rows.change_one(
        "INSERT INTO payments (warehouse, pay_code, transaction_id, platform, order_no, document, content_hash, raw, received_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT (warehouse, pay_code, transaction_id) DO UPDATE SET platform = excluded.platform, \
         order_no = excluded.order_no, document = excluded.document, content_hash = excluded.content_hash, raw = excluded.raw",
        values![
            act.warehouse.as_str(),
            &payment.pay_code,
            &payment.pay_transaction_id,
            &payment.ebp_code,
            &payment.order_no,
            act.keys.seal_json(&place(act, &payment.pay_code, &payment.pay_transaction_id), payment)?,
            content_hash,
            raw,
            act.now,
        ],
    )?;
    let Some(before) = before else {
        return Ok(Taken::New);
    };
    let (paid_before, pays) = (order_of(&before), order_of(payment));
    stop_unpaid(act, &pays)?;
    if paid_before != pays {
        stop_unpaid(act, &paid_before)?;
        orders::advance(act, &paid_before)?;
    }
    Ok(Taken::Changed)
}

fn require_own(payer: &Partner, pay_code: &str) -> Result<()> {
    if pay_code == payer.code {
        return Ok(());
    }
    Err(Error::refused(
        StatusCode::FORBIDDEN,
        says::not_yours(pay_code),
    ))
}

fn require_usable(act: &Act<'_>, payment: &customs::Payment) -> Result<()> {
    let needed = [
        ("payTransactionId", payment.pay_transaction_id.is_empty()),
        ("orderNo", payment.order_no.is_empty()),
        ("ebpCode", payment.ebp_code.is_empty()),
        ("payerName", payment.payer_name.is_empty()),
        ("payerIdNumber", payment.payer_id_number.is_empty()),
        ("amountPaid", !payment.amount_paid.is_positive()),
    ];
    if let Some((field, _)) = needed.iter().find(|(_, missing)| *missing) {
        return Err(unusable(says::incomplete(field)));
    }
    if payment.currency != YUAN {
        return Err(unusable(says::payment_currency(
            &payment.pay_transaction_id,
            &payment.currency,
        )));
    }
    if payment.amount_paid.units() % FEN != 0 {
        return Err(unusable(says::payment_fraction(
            &payment.pay_transaction_id,
            payment.amount_paid,
        )));
    }
    let key = order_of(payment);
    // Before its order is known an amount cannot be judged; the comparison of papers judges it then.
    if orders::find(act, &key)?.is_some() {
        let due = orders::document(act, &key)?.actual_paid;
        if due.units().checked_mul(100) == Some(payment.amount_paid.units()) {
            return Err(unusable(says::payment_in_fen(
                &payment.pay_transaction_id,
                payment.amount_paid,
                due,
            )));
        }
    }
    Ok(())
}

/// The order a payment names.
pub(crate) fn order_of(payment: &customs::Payment) -> OrderKey {
    OrderKey {
        platform: payment.ebp_code.clone(),
        order_no: payment.order_no.clone(),
    }
}

fn unusable(refusal: Refusal) -> Error {
    Error::refused(StatusCode::UNPROCESSABLE_ENTITY, refusal)
}

/// What was pushed before under a number.
fn earlier(view: &View<'_>, code: &str, transaction: &str) -> Result<Option<Hash>> {
    view.rows.one(
        "SELECT content_hash FROM payments WHERE warehouse = ?1 AND pay_code = ?2 AND transaction_id = ?3",
        values![view.warehouse.as_str(), code, transaction],
        |row| row.hash(0),
    )
}

fn is_closed(view: &View<'_>, code: &str, transaction: &str) -> Result<bool> {
    let closed = view.rows.number(
        "SELECT count(*) FROM closed_trades WHERE warehouse = ?1 AND pay_code = ?2 AND transaction_id = ?3",
        values![view.warehouse.as_str(), code, transaction],
    )?;
    Ok(closed == 1)
}

/// The institution closes a trade: nothing was paid under it, or all of it went back to the buyer. It
/// may say so before it says that somebody paid; what comes late then stands no more.
pub(crate) fn close(act: &Act<'_>, payer: &Partner, transaction: &str, raw: u64) -> Result<Taken> {
    if transaction.is_empty() {
        return Err(unusable(says::incomplete("payTransactionId")));
    }
    let closed = act.rows.change(
        "INSERT INTO closed_trades (warehouse, pay_code, transaction_id, raw, closed_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        values![act.warehouse.as_str(), &payer.code, transaction, raw, act.now],
    )?;
    if closed == 0 {
        return Ok(Taken::Known);
    }
    if earlier(act, &payer.code, transaction)?.is_none() {
        return Ok(Taken::New);
    }
    let key = order_of(&document(act, &payer.code, transaction)?);
    stop_unpaid(act, &key)?;
    orders::advance(act, &key)?;
    Ok(Taken::Changed)
}

/// Nobody pushed this payment.
fn unknown(transaction: &str) -> Error {
    Error::refused(StatusCode::NOT_FOUND, says::unknown_payment(transaction))
}

/// Takes in that an institution gave part of a payment back, once per number of the refund.
///
/// # Errors
/// A refusal when it never pushed the payment, says something else than before, or gives back more
/// than is left of it.
pub(crate) fn refund(
    act: &Act<'_>,
    payer: &Partner,
    transaction: &str,
    (refund_no, amount): (&str, Money),
    raw: u64,
) -> Result<Taken> {
    if refund_no.trim().is_empty() || !amount.is_positive() {
        return Err(unusable(says::incomplete("refund")));
    }
    let known = act.rows.one(
        "SELECT amount FROM payment_refunds WHERE warehouse = ?1 AND pay_code = ?2 AND transaction_id = ?3 AND refund_no = ?4",
        values![act.warehouse.as_str(), &payer.code, transaction, refund_no],
        |row| row.int(0),
    )?;
    match known {
        Some(same) if same == amount.units() => return Ok(Taken::Known),
        Some(_) => return Err(says::differs(refund_no).into()),
        None => {}
    }
    if is_closed(act, &payer.code, transaction)? {
        return Err(says::payment_closed(transaction).into());
    }
    earlier(act, &payer.code, transaction)?.ok_or_else(|| unknown(transaction))?;
    let payment = document(act, &payer.code, transaction)?;
    let left = left_of(act, &payment)?;
    if amount > left {
        return Err(says::refund_too_much(transaction, left).into());
    }
    act.rows.change_one(
        "INSERT INTO payment_refunds (warehouse, pay_code, transaction_id, refund_no, amount, raw, received_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        values![
            act.warehouse.as_str(), &payer.code, transaction, refund_no, amount.units(), raw, act.now,
        ],
    )?;
    if amount == left {
        return close(act, payer, transaction, raw);
    }
    orders::advance(act, &order_of(&payment))?;
    Ok(Taken::New)
}

/// An order whose payment was taken back, or changed until it agrees with the other papers no more, must
/// not leave: what waits goes on waiting for a payment, what was declared is held until a person has
/// decided, whatever customs makes of it.
fn stop_unpaid(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    let Some(order) = orders::find(act, key)? else {
        return Ok(());
    };
    match order.life.state {
        State::Declared
        | State::Cleared
        | State::Leased(_)
        | State::InDoubt(_)
        | State::Released
        | State::Bundled { .. }
        | State::Loaded { .. } => {
            let why = match of_order(act, key)? {
                None => says::payment_withdrawn(key),
                Some(_) if comparison::again(act, key, None)?.stops_for(Paper::Payment) => {
                    says::payment_changed(key)
                }
                Some(_) => return Ok(()),
            };
            orders::change(act, key, Change::Hold(HoldBy::Supervisor))?;
            orders::note(act, key, &why)
        }
        // Before that the comparison misses the payment; after that there is nothing left to stop.
        State::Received
        | State::Compared
        | State::GatedOut
        | State::Delivered
        | State::Returning
        | State::Returned
        | State::Cancelled => Ok(()),
    }
}

/// What of a payment was not given back.
fn left_of(view: &View<'_>, payment: &customs::Payment) -> Result<Money> {
    let back = Money::from_units(view.rows.number(
        "SELECT coalesce(sum(amount), 0) FROM payment_refunds WHERE warehouse = ?1 AND pay_code = ?2 AND transaction_id = ?3",
        values![view.warehouse.as_str(), &payment.pay_code, &payment.pay_transaction_id],
    )?);
    Ok(payment.amount_paid.minus(back).unwrap_or_default())
}

/// What is left of a payment, by its institution and number.
pub(crate) fn left(view: &View<'_>, code: &str, transaction: &str) -> Result<Money> {
    left_of(view, &document(view, code, transaction)?)
}

/// Institution, number and what was left at a moment, of every payment of an order that stood then.
pub(crate) fn left_at(
    view: &View<'_>,
    key: &OrderKey,
    at: Instant,
) -> Result<Vec<((String, String), Money)>> {
    let found = view.rows.all(
        "SELECT p.pay_code, p.transaction_id, (SELECT coalesce(sum(f.amount), 0) FROM payment_refunds AS f \
         WHERE f.warehouse = p.warehouse AND f.pay_code = p.pay_code AND f.transaction_id = p.transaction_id AND f.received_at < ?4) \
         FROM payments AS p WHERE p.warehouse = ?1 AND p.platform = ?2 AND p.order_no = ?3 AND NOT EXISTS (SELECT 1 FROM closed_trades AS c \
         WHERE c.warehouse = p.warehouse AND c.pay_code = p.pay_code AND c.transaction_id = p.transaction_id AND c.closed_at < ?4) \
         ORDER BY p.received_at, p.pay_code, p.transaction_id",
        values![view.warehouse.as_str(), &key.platform, &key.order_no, at],
        |row| Ok(((row.text(0)?, row.text(1)?), Money::from_units(row.int(2)?))),
    )?;
    found
        .into_iter()
        .map(|(named, back)| {
            let paid = document(view, &named.0, &named.1)?.amount_paid;
            Ok((named, paid.minus(back).unwrap_or_default()))
        })
        .collect()
}

/// Payments that name an order and stand, the one that fits it first. Each says what is left of it.
/// Names people.
pub(crate) fn standing(view: &View<'_>, key: &OrderKey) -> Result<Vec<customs::Payment>> {
    let found = view.rows.all(
        "SELECT pay_code, transaction_id, document FROM payments AS p WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3 \
         AND NOT EXISTS (SELECT 1 FROM closed_trades AS c WHERE c.warehouse = p.warehouse AND c.pay_code = p.pay_code \
         AND c.transaction_id = p.transaction_id) ORDER BY received_at DESC, transaction_id DESC",
        values![view.warehouse.as_str(), &key.platform, &key.order_no],
        |row| Ok((row.text(0)?, row.text(1)?, row.bytes(2)?)),
    )?;
    let several = found.len() > 1;
    let mut payments = Vec::new();
    for (code, id, sealed) in found {
        let payment: customs::Payment = view.keys.unseal_json(&place(view, &code, &id), &sealed)?;
        let amount_paid = left_of(view, &payment)?;
        payments.push(customs::Payment {
            amount_paid,
            ..payment
        });
    }
    if several && orders::find(view, key)?.is_some() {
        let order = orders::document(view, key)?;
        // Stable: of those that fit equally the newest stays first.
        payments.sort_by_key(|payment| {
            let named = order.pay_transaction_id == payment.pay_transaction_id;
            (payment.amount_paid != order.actual_paid, !named)
        });
    }
    Ok(payments)
}

/// The payment of an order, if one stands. Names people.
pub(crate) fn of_order(view: &View<'_>, key: &OrderKey) -> Result<Option<customs::Payment>> {
    Ok(standing(view, key)?.into_iter().next())
}

/// How one payment of an order stands, as its shop and merchant see it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Paid {
    pay_code: String,
    transaction: String,
    amount: Money,
    /// `pays` the order, is `surplus` beside another, or was `closed`.
    state: &'static str,
    at: Instant,
}

/// Every payment that names one of these orders, by order and oldest first, with what is left of it.
pub(crate) fn of_orders(
    view: &View<'_>,
    keys: &[[&str; 2]],
) -> Result<BTreeMap<OrderKey, Vec<Paid>>> {
    let found = view.rows.among(
        "SELECT platform, order_no, pay_code, transaction_id, received_at, document, \
         (SELECT coalesce(sum(f.amount), 0) FROM payment_refunds AS f \
         WHERE f.warehouse = p.warehouse AND f.pay_code = p.pay_code AND f.transaction_id = p.transaction_id), \
         (SELECT count(*) FROM closed_trades AS c \
         WHERE c.warehouse = p.warehouse AND c.pay_code = p.pay_code AND c.transaction_id = p.transaction_id) \
         FROM payments AS p WHERE warehouse = ?1 AND (platform, order_no) IN ({keys}) \
         ORDER BY received_at, pay_code, transaction_id",
        view.warehouse.as_str(),
        keys,
        |row| {
            let (pay_code, transaction) = (row.text(2)?, row.text(3)?);
            let place = place(view, &pay_code, &transaction);
            let payment: customs::Payment = view.keys.unseal_json(&place, &row.bytes(5)?)?;
            let back = Money::from_units(row.int(6)?);
            let paid = Paid {
                pay_code,
                transaction,
                amount: payment.amount_paid.minus(back).unwrap_or_default(),
                state: if row.flag(7)? { "closed" } else { "pays" },
                at: row.instant(4)?,
            };
            Ok((orders::key(row)?, paid))
        },
    )?;
    let mut found = by(found);
    for (key, paid) in &mut found {
        let stands = paid.iter_mut().filter(|one| one.state == "pays");
        let mut stands: Vec<&mut Paid> = stands.collect();
        if stands.len() < 2 {
            continue;
        }
        let pays = of_order(view, key)?;
        for one in &mut stands {
            let this = |of: &customs::Payment| {
                of.pay_code == one.pay_code && of.pay_transaction_id == one.transaction
            };
            if !pays.as_ref().is_some_and(this) {
                one.state = "surplus";
            }
        }
    }
    Ok(found)
}

/// What an institution says was paid under one of its numbers.
pub(crate) fn amount(view: &View<'_>, code: &str, transaction: &str) -> Result<Money> {
    Ok(document(view, code, transaction)?.amount_paid)
}

/// A payment as its institution sent it. Names people.
pub(crate) fn document(view: &View<'_>, code: &str, transaction: &str) -> Result<customs::Payment> {
    let sealed = view
        .rows
        .one(
            "SELECT document FROM payments WHERE warehouse = ?1 AND pay_code = ?2 AND transaction_id = ?3",
            values![view.warehouse.as_str(), code, transaction],
            |row| row.bytes(0),
        )?
        .ok_or_else(|| Error::broken("a payment vanished"))?;
    view.keys
        .unseal_json(&place(view, code, transaction), &sealed)
}

/// What a payment's content is hashed for.
pub(crate) const CONTENT: &str = "payment content";

/// What of a payment must be the same for it to be the same: all but the head of its message.
pub(crate) fn content(payment: &customs::Payment) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&customs::Payment {
        filing: customs::Filing::default(),
        ..payment.clone()
    })?)
}

/// Where a payment is sealed for.
pub(crate) fn place(view: &View<'_>, code: &str, transaction: &str) -> String {
    format!("{}|payments|document|{code}/{transaction}", view.warehouse)
}
