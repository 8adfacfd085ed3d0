//! Customs' gateway: it fetches what we declare and delivers what it decides.
//!
//! A delivered message is kept first and judged in the same act; one that answers nothing we know is
//! kept and shown, never refused, because customs does not send twice.

use super::Kind;
use super::carrier::After;
use super::signature::Signed;
use crate::authority::{Act, Authority};
use crate::error::{Error, Result};
use crate::messages::{self, Direction, Kept};
use crate::{clearance, gate, notes, says, taxes};
use axum::Json;
use axum::extract::{Query, State};
use bondhouse_domain::customs::{Document, MessageKind, Receipt};
use bondhouse_domain::time::Instant;
use serde::Serialize;
use std::sync::Arc;

/// A message for customs.
#[derive(Serialize)]
pub(crate) struct ForCustoms {
    n: u64,
    kind: String,
    file_name: String,
    at: Instant,
    xml: String,
}

/// `GET /v1/customs/outbox?after=N&limit=M`: oldest first; fetching again yields the same.
pub(crate) async fn outbox(
    State(authority): State<Arc<Authority>>,
    Query(after): Query<After>,
    call: Signed,
) -> Result<Json<Vec<ForCustoms>>> {
    call.partner.require(Kind::Customs)?;
    if authority.gateway.is_some() {
        return Err(says::through_folders().into());
    }
    authority
        .act(&call.partner.warehouse, |act| act.customs_seen())
        .await?;
    let outgoing = authority
        .read(&call.partner.warehouse, move |view| {
            messages::outgoing(view, after.after, after.most())
        })
        .await?;
    let all = outgoing.into_iter().map(|out| {
        let xml =
            String::from_utf8(out.xml).map_err(|_| Error::broken("a message that is no text"))?;
        Ok(ForCustoms {
            n: out.n,
            kind: out.kind,
            file_name: out.file_name,
            at: out.at,
            xml,
        })
    });
    all.collect::<Result<_>>().map(Json)
}

/// What became of a delivered message.
#[derive(Serialize)]
pub(crate) struct Delivered {
    /// Its number here.
    pub(crate) raw: u64,
    /// How many documents it held.
    documents: usize,
}

/// `POST /v1/customs/inbox`: one message of either family.
pub(crate) async fn inbox(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Json<Delivered>> {
    call.partner.require(Kind::Customs)?;
    let warehouse = call.partner.warehouse.clone();
    let delivered = authority
        .act(&warehouse, move |act| {
            receive(act, &call.partner.id, &call.body)
        })
        .await?;
    Ok(Json(delivered))
}

/// Takes in one message of customs, whichever way it came.
pub(crate) fn receive(act: &Act<'_>, from: &str, bytes: &[u8]) -> Result<Delivered> {
    act.customs_seen()?;
    let message = messages::read(bytes, &act.settings)?;
    let kept = messages::keep(act, Direction::In, from, message.kind.as_str(), bytes)?;
    let mut documents = 0usize;
    for record in message.records {
        match record.result {
            Ok(document) => take(act, &document, kept)?,
            // One bad document never spoils its neighbours; the whole message is kept as evidence.
            Err(fault) => messages::unmatched(act, kept, message.kind, fault.code())?,
        }
        documents = documents.saturating_add(1);
    }
    Ok(Delivered {
        raw: kept.raw,
        documents,
    })
}

fn take(act: &Act<'_>, document: &Document, kept: Kept) -> Result<()> {
    match document {
        Document::Receipt(receipt) => take_receipt(act, receipt, kept),
        Document::BondedNoteReceipt(receipt) => notes::receive(act, receipt, kept),
        Document::GatePassReceipt(receipt) => gate::receive(act, receipt, kept),
        Document::CommonResponse(response) => notes::receive_common(act, response, kept),
        Document::TaxBill(bill) => taxes::receive(act, bill, kept),
        Document::TaxBillStatus(status) => taxes::receive_status(act, status, kept),
        // Kept as evidence; nothing here waits for them.
        Document::EntryCreated(_) | Document::LedgerBooking(_) => Ok(()),
        other => messages::unmatched(act, kept, other.kind(), ""),
    }
}

fn take_receipt(act: &Act<'_>, receipt: &Receipt, kept: Kept) -> Result<()> {
    match receipt.message {
        MessageKind::Ceb622 | MessageKind::Ceb624 | MessageKind::Ceb626 => {
            clearance::receive(act, receipt, kept)
        }
        MessageKind::Ceb312 => clearance::receive_about(
            act,
            receipt,
            &format!("{}/{}", receipt.ebp_code, receipt.order_no),
            kept,
        ),
        MessageKind::Ceb412 => clearance::receive_about(
            act,
            receipt,
            &format!("{}/{}", receipt.pay_code, receipt.pay_transaction_id),
            kept,
        ),
        MessageKind::Ceb512 | MessageKind::Ceb514 => clearance::receive_about(
            act,
            receipt,
            &format!("{}/{}", receipt.logistics_code, receipt.logistics_no),
            kept,
        ),
        other => messages::unmatched(act, kept, other, &receipt.ori_cop_msg_id),
    }
}
