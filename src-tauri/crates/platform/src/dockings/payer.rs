//! The payment institution's docking: its own payments, pushed by itself, as CEB411 or in its own words.

use super::shop::json;
use super::signature::Signed;
use super::{Answer, Answers, Kind, Partner, documents};
use crate::authority::{Act, Authority};
use crate::error::Result;
use crate::institutions::{self, Trade};
use crate::messages::{self, Direction};
use crate::orders::{self, Taken};
use crate::payments;
use crate::remittances::{self, Remittance};
use axum::body::Bytes;
use axum::extract::State;
use bondhouse_domain::customs::{self, Document};
use serde_json::Value;
use std::sync::Arc;

/// `POST /v1/payer/payments`: CEB411 as XML, or payments as JSON. Each payment is an act of its own.
pub(crate) async fn send(State(authority): State<Arc<Authority>>, call: Signed) -> Result<Answers> {
    call.partner.require(Kind::Payer)?;
    let payments = documents::read(&authority, &call, |document| match document {
        Document::Payment(payment) => Ok(payment),
        other => Err(other.kind()),
    })
    .await?;
    let alone = payments.len() == 1;
    let mut results = Vec::new();
    for payment in payments {
        let number = payment
            .as_ref()
            .map_or_else(|_| String::new(), |p| p.pay_transaction_id.clone());
        let (partner, sent, as_sent) = (
            call.partner.clone(),
            call.body.clone(),
            call.is_xml && alone,
        );
        let taken = match payment {
            Ok(payment) => {
                authority
                    .act(&call.partner.warehouse, move |act| {
                        take(act, &partner, &payment, &sent, as_sent)
                    })
                    .await
            }
            Err(refusal) => Err(refusal),
        };
        results.push(Answer::of(&number, taken)?);
    }
    Ok(Answers { results })
}

/// `POST /v1/payer/trades`: notices of trades as this institution sends them. Each is an act of its own.
pub(crate) async fn trades(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Answers> {
    call.partner.require(Kind::Payer)?;
    let notices = match json(&call.body)? {
        Value::Array(many) => many,
        one => vec![one],
    };
    let mut results = Vec::new();
    let zone = authority
        .read(&call.partner.warehouse, |view| view.settings())
        .await?
        .zone;
    for notice in notices {
        let read = institutions::of(&call.partner.code).and_then(|words| words.read(&notice, zone));
        let (number, taken) = match read {
            Err(refusal) => (String::new(), Err(refusal)),
            Ok(trade) => {
                let (number, partner) = (trade.transaction().to_owned(), call.partner.clone());
                let taken = authority
                    .act(&call.partner.warehouse, move |act| {
                        take_trade(act, &partner, &trade, &notice)
                    })
                    .await;
                (number, taken)
            }
        };
        results.push(Answer::of(&number, taken)?);
    }
    Ok(Answers { results })
}

/// `POST /v1/payer/remittances`: what the institution passed on to a merchant.
pub(crate) async fn remit(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Answers> {
    call.partner.require(Kind::Payer)?;
    let sent: Remittance = json(&call.body)?;
    let number = sent.number.clone();
    let taken = authority
        .act(&call.partner.warehouse.clone(), move |act| {
            let kept = messages::keep(
                act,
                Direction::In,
                &call.partner.id,
                "remittance",
                &call.body,
            )?;
            remittances::receive(act, &call.partner, &sent, kept.raw)
        })
        .await;
    Ok(Answers {
        results: vec![Answer::of(&number, taken)?],
    })
}

/// Takes in what a notice comes to; the notice itself is kept as it was sent.
fn take_trade(act: &Act<'_>, payer: &Partner, trade: &Trade, notice: &Value) -> Result<Taken> {
    let sent = Bytes::from(serde_json::to_vec(notice)?);
    if let Trade::Paid(payment) = trade {
        return take(act, payer, payment, &sent, false);
    }
    let kept = messages::keep(act, Direction::In, &payer.id, "trade", &sent)?;
    match trade {
        Trade::Paid(_) | Trade::Nothing { .. } => Ok(Taken::Known),
        Trade::Closed { transaction } => payments::close(act, payer, transaction, kept.raw),
        Trade::Back {
            transaction,
            refund_no,
            amount,
        } => payments::refund(act, payer, transaction, (refund_no, *amount), kept.raw),
    }
}

pub(crate) fn take(
    act: &Act<'_>,
    payer: &Partner,
    payment: &customs::Payment,
    sent: &Bytes,
    as_sent: bool,
) -> Result<Taken> {
    let kept = messages::keep(act, Direction::In, &payer.id, "CEB411", sent)?;
    let taken = payments::receive(act, payer, payment, kept.raw)?;
    if taken != Taken::Known {
        if payer.forwards {
            let document = Document::Payment(payment.clone());
            messages::hand_on(
                act,
                &document,
                as_sent.then_some(sent),
                &payment.pay_transaction_id,
            )?;
        }
        orders::advance(act, &payments::order_of(payment))?;
    }
    Ok(taken)
}
