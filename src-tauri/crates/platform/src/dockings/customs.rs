//! Customs' gateway: it fetches what we declare and delivers what it decides.
//!
//! A delivered message is kept first and judged in the same act; one that answers nothing we know is
//! kept and shown, never refused, because customs does not send twice. One whose signature is not to be
//! believed, where one is asked for, is kept as evidence and refused: somebody else wrote it.

use super::Kind;
use super::carrier::After;
use super::signature::Signed;
use crate::authority::{Act, Authority};
use crate::dockings::asked::Query;
use crate::error::{Error, Result};
use crate::gateway::{self, Trust};
use crate::messages::{self, Direction, Kept};
use crate::{clearance, free_text, gate, ledgers, notes, says, taxes};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::customs::{Document, MessageKind, Receipt};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::time::Instant;
use serde::Serialize;
use std::sync::Arc;

/// A message for customs.
#[derive(Serialize, schemars::JsonSchema)]
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
#[derive(Serialize, schemars::JsonSchema)]
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
    let (warehouse, trust) = (call.partner.warehouse.clone(), authority.trust.clone());
    let delivered = authority
        .act(&warehouse, move |act| {
            receive(act, trust.as_deref(), &call.partner.id, &call.body)
        })
        .await?;
    delivered
        .map(Json)
        .map_err(|doubt| Error::refused(StatusCode::UNPROCESSABLE_ENTITY, doubt))
}

/// A delivered message, or why it is not believed; either way it is kept.
pub(crate) type Arrival = std::result::Result<Delivered, Refusal>;

/// Takes in one message of customs, whichever way it came.
///
/// # Errors
/// A refusal when it cannot be read; nothing is kept then.
pub(crate) fn receive(
    act: &Act<'_>,
    trust: Option<&Trust>,
    from: &str,
    bytes: &[u8],
) -> Result<Arrival> {
    let (message, doubt) = gateway::read(trust, bytes, &act.settings)?;
    let kept = messages::keep(act, Direction::In, from, message.kind.as_str(), bytes)?;
    if let Some(doubt) = doubt {
        messages::untrusted(act, kept, &doubt)?;
        return Ok(Err(doubt));
    }
    act.customs_seen()?;
    let mut documents = 0usize;
    for record in message.records {
        match record.result {
            Ok(document) => take(act, &document, kept)?,
            // One bad document never spoils its neighbours; the whole message is kept as evidence.
            Err(fault) => messages::unmatched(act, kept, message.kind, fault.code())?,
        }
        documents = documents.saturating_add(1);
    }
    Ok(Ok(Delivered {
        raw: kept.raw,
        documents,
    }))
}

fn take(act: &Act<'_>, document: &Document, kept: Kept) -> Result<()> {
    match document {
        Document::Receipt(receipt) => take_receipt(act, receipt, kept),
        Document::BondedNoteReceipt(receipt) => notes::receive(act, receipt, kept),
        Document::GatePassReceipt(receipt) => gate::receive(act, receipt, kept),
        Document::CommonResponse(response) => notes::receive_common(act, response, kept),
        Document::TaxBill(bill) => taxes::receive(act, bill, kept),
        Document::TaxBillStatus(status) => taxes::receive_status(act, status, kept),
        Document::LedgerBooking(booking) => ledgers::receive(act, booking, kept),
        // Kept as evidence; nothing here waits for them.
        Document::EntryCreated(_) => Ok(()),
        other => messages::unmatched(act, kept, other.kind(), ""),
    }
}

fn take_receipt(act: &Act<'_>, receipt: &Receipt, kept: Kept) -> Result<()> {
    let receipt = &Receipt {
        return_info: free_text::masked(&receipt.return_info),
        ..receipt.clone()
    };
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
