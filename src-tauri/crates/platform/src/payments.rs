//! Payments, as the institutions sent them: the shop's word is never taken for one.

use crate::authority::{Act, View};
use crate::dockings::Partner;
use crate::error::{Error, Result};
use crate::orders::Taken;
use crate::rows::values;
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::customs;
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::quantity::Money;

/// Takes in a payment, once per institution and transaction.
///
/// # Errors
/// A refusal when it is another institution's, incomplete, or differs from what was sent before.
pub(crate) fn receive(
    act: &Act<'_>,
    payer: &Partner,
    payment: &customs::Payment,
    raw: u64,
) -> Result<Taken> {
    if payment.pay_code != payer.code {
        return Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::not_yours(&payment.pay_code),
        ));
    }
    let needed = [
        ("payTransactionId", payment.pay_transaction_id.is_empty()),
        ("orderNo", payment.order_no.is_empty()),
        ("ebpCode", payment.ebp_code.is_empty()),
        ("payerName", payment.payer_name.is_empty()),
        ("payerIdNumber", payment.payer_id_number.is_empty()),
    ];
    if let Some((field, _)) = needed.iter().find(|(_, missing)| *missing) {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete(field),
        ));
    }
    let content = customs::Payment {
        filing: customs::Filing::default(),
        ..payment.clone()
    };
    let content_hash = act
        .keys
        .mac("payment content", &[&serde_json::to_vec(&content)?]);
    let earlier = act.rows.one(
        "SELECT content_hash FROM payments WHERE warehouse = ?1 AND pay_code = ?2 AND transaction_id = ?3",
        values![act.warehouse.as_str(), &payment.pay_code, &payment.pay_transaction_id],
        |row| row.hash(0),
    )?;
    let changes = match earlier {
        Some(hash) if hash == content_hash => return Ok(Taken::Known),
        Some(_) if payment.filing.app_type != "2" => {
            return Err(says::differs(&payment.pay_transaction_id).into());
        }
        Some(_) => true,
        None => false,
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
    Ok(if changes { Taken::Changed } else { Taken::New })
}

/// The newest payment that names an order. Names people.
pub(crate) fn of_order(view: &View<'_>, key: &OrderKey) -> Result<Option<customs::Payment>> {
    let found = view.rows.one(
        "SELECT pay_code, transaction_id, document FROM payments WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3 \
         ORDER BY received_at DESC, transaction_id DESC LIMIT 1",
        values![view.warehouse.as_str(), &key.platform, &key.order_no],
        |row| Ok((row.text(0)?, row.text(1)?, row.bytes(2)?)),
    )?;
    found
        .map(|(code, id, sealed)| view.keys.unseal_json(&place(view, &code, &id), &sealed))
        .transpose()
}

/// What an institution says was paid under one of its numbers.
pub(crate) fn amount(view: &View<'_>, code: &str, transaction: &str) -> Result<Money> {
    let sealed = view
        .rows
        .one(
            "SELECT document FROM payments WHERE warehouse = ?1 AND pay_code = ?2 AND transaction_id = ?3",
            values![view.warehouse.as_str(), code, transaction],
            |row| row.bytes(0),
        )?
        .ok_or_else(|| Error::broken("a payment vanished"))?;
    let payment: customs::Payment = view
        .keys
        .unseal_json(&place(view, code, transaction), &sealed)?;
    Ok(payment.amount_paid)
}

fn place(view: &View<'_>, code: &str, transaction: &str) -> String {
    format!("{}|payments|document|{code}/{transaction}", view.warehouse)
}
