//! `POST /v1/sync`: one self-contained, repeatable call that does everything between two commits.
//!
//! In this order: the pushed tail is taken in and judged; online acts are answered, each a transaction
//! of its own; leases are handed back, prolonged and granted; the feed's next page is read. A call
//! whose answer is lost is simply made again under a fresh nonce.

mod acts;
mod judge;
mod pull;
mod push;

pub(crate) use pull::after as feed_after;

use crate::authority::Authority;
use crate::dockings::signature::use_nonce;
use crate::error::{Error, Result};
use crate::{cases, leases, says, workstations};
use axum::http::StatusCode;
use bondhouse_domain::ids::{DeviceId, Incarnation};
use bondhouse_domain::orders::CaseCode;
use bondhouse_protocol::versions::OURS;
use bondhouse_protocol::wire::{ActAnswer, Grant, SyncRequest, SyncResponse};
use std::sync::Arc;

/// Answers a call whose signature was checked against this signer's key.
pub(crate) async fn answer(
    authority: &Arc<Authority>,
    signer: (DeviceId, Incarnation),
    request: SyncRequest,
) -> Result<SyncResponse> {
    let home = authority.home().clone();
    let foreign = request.series.warehouse != home
        || (&request.series.device, request.series.incarnation) != (&signer.0, signer.1);
    if foreign {
        return Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::not_yours(&request.series.device),
        ));
    }
    let proto = request.proto.agree(OURS).ok_or_else(|| {
        Error::refused(
            StatusCode::UPGRADE_REQUIRED,
            says::no_common_protocol(request.app.clone()),
        )
    })?;
    let request = Arc::new(request);

    let taken = {
        let request = Arc::clone(&request);
        authority
            .act(&home, move |act| {
                use_nonce(
                    act,
                    &format!("{}/{}", request.series.device, request.series.incarnation.0),
                    &request.nonce,
                )?;
                push::take(act, &request)
            })
            .await?
    };
    let taken = match taken {
        push::Taken::In(taken) => taken,
        // The evidence is committed; only then is the workstation told.
        push::Taken::Forked => return Err(says::forked(&request.series.device).into()),
        push::Taken::Damaged => {
            return Err(Error::refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                says::damaged(&request.series.device),
            ));
        }
    };

    let mut answers = Vec::new();
    for ask in request.acts.clone() {
        answers.push(acts::answer(authority, &home, ask).await?);
    }
    let granted = {
        let (request, complete) = (Arc::clone(&request), taken.complete);
        authority
            .act(&home, move |act| rights(act, &request, complete))
            .await?
    };
    let pulled = {
        let request = Arc::clone(&request);
        authority
            .read(&home, move |view| pull::page(view, &request))
            .await?
    };
    if pulled.digest_ok == Some(false) {
        let device = request.series.device.to_string();
        authority
            .act(&home, move |act| {
                cases::open(act, CaseCode::DigestMismatch, &device)
            })
            .await?;
    }
    Ok(respond(
        authority, &request, proto, taken, answers, granted, pulled,
    ))
}

fn respond(
    authority: &Authority,
    request: &SyncRequest,
    proto: u16,
    taken: push::TakenIn,
    answers: Vec<ActAnswer>,
    grants: Vec<Grant>,
    pulled: pull::Pulled,
) -> SyncResponse {
    SyncResponse {
        proto,
        nonce: request.nonce.clone(),
        server_time: authority.now(),
        authority_epoch: pulled.epoch,
        acked: taken.acked,
        need_from: taken.need_from,
        verdicts: taken.verdicts,
        feed: pulled.feed,
        more: pulled.more,
        grants,
        revokes: pulled.revokes,
        answers,
        digest_ok: pulled.digest_ok,
        resnapshot: pulled.resnapshot,
        customs_fresh_at: pulled.customs_fresh_at,
    }
}

/// Rights after a push: what was called back and is gone returns, the rest is prolonged, new is granted.
fn rights(
    act: &crate::authority::Act<'_>,
    request: &SyncRequest,
    complete: bool,
) -> Result<Vec<Grant>> {
    let (device, incarnation) = (&request.series.device, request.series.incarnation);
    // The whole journal is here and the workstation does not hold it: it was never released and, since
    // a workstation believes only the answer to its latest call, never will be under this fence.
    for leased in leases::of_device(act, device, incarnation)? {
        let called_back = leased.revoke_why.is_some() || leased.state == "in_doubt";
        let has_it = request
            .held
            .iter()
            .any(|held| held.order == leased.order && held.fence == leased.fence);
        if complete && called_back && !has_it {
            leases::hand_back(act, &leased)?;
        }
    }
    if !complete {
        return Ok(Vec::new());
    }
    let mut grants = leases::renew(act, device, incarnation, &request.held)?;
    grants.extend(leases::grant(
        act,
        device,
        incarnation,
        request.want_orders,
    )?);
    Ok(grants)
}

/// The key that a signer's calls must be signed with.
pub(crate) async fn key_of(
    authority: &Arc<Authority>,
    signer: &(DeviceId, Incarnation),
) -> Result<ed25519_dalek::VerifyingKey> {
    let (device, incarnation) = signer.clone();
    let known = authority
        .read(authority.home(), move |view| {
            workstations::find(view, &device, incarnation)
        })
        .await?;
    match known {
        Some(known) if known.state == "active" => Ok(known.key),
        Some(known) => Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::station_stopped(&signer.0, known.state),
        )),
        None => Err(Error::refused(
            StatusCode::UNAUTHORIZED,
            says::bad_signature(),
        )),
    }
}
