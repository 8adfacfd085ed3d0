//! The payment institution's docking: its own payments, pushed by itself.

use super::shop::{OneOrMany, json};
use super::signature::Signed;
use super::{Answer, Answers, Kind, Partner};
use crate::authority::{Act, Authority};
use crate::error::Result;
use crate::messages::{self, Direction};
use crate::orders::{self, Taken};
use crate::payments;
use crate::remittances::{self, Remittance};
use axum::body::Bytes;
use axum::extract::State;
use bondhouse_domain::customs::{self, Document};
use bondhouse_domain::ids::OrderKey;
use std::sync::Arc;

/// `POST /v1/payer/payments`: CEB411 as XML, or payments as JSON. Each payment is an act of its own.
pub(crate) async fn send(State(authority): State<Arc<Authority>>, call: Signed) -> Result<Answers> {
    call.partner.require(Kind::Payer)?;
    let payments = read(&authority, &call).await?;
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

async fn read(authority: &Arc<Authority>, call: &Signed) -> Result<Vec<Result<customs::Payment>>> {
    if !call.is_xml {
        let payments: OneOrMany<customs::Payment> = json(&call.body)?;
        return Ok(payments.into_vec().into_iter().map(Ok).collect());
    }
    let settings = authority
        .read(&call.partner.warehouse, |view| view.settings())
        .await?;
    let message = messages::read(&call.body, &settings)?;
    let payments = message
        .records
        .into_iter()
        .map(|record| match record.result {
            Ok(Document::Payment(payment)) => Ok(payment),
            Ok(other) => Err(messages::wrong_kind(other.kind())),
            Err(fault) => Err(fault.refusal.into()),
        });
    Ok(payments.collect())
}

fn take(
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
        orders::advance(
            act,
            &OrderKey {
                platform: payment.ebp_code.clone(),
                order_no: payment.order_no.clone(),
            },
        )?;
    }
    Ok(taken)
}
