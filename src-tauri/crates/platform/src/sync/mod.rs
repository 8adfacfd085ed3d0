//! `POST /v1/sync`: one self-contained, repeatable call that does everything between two commits.
//!
//! In this order: the pushed tail is taken in and judged; online acts are answered, each a transaction
//! of its own; leases are handed back, prolonged and granted; the feed's next page is read. A call
//! whose answer is lost is simply made again under a fresh nonce.

mod acts;
mod journal;
mod judge;
mod lost;
mod pull;
mod push;
pub(crate) mod recovery;
mod snapshot;

pub(crate) use journal::events as journal_events;
pub(crate) use judge::again as judge_again;
#[cfg(feature = "sim")]
pub(crate) use lost::{found, keep as keep_evidence};
pub(crate) use pull::{after as feed_after, base as feed_base};
pub(crate) use snapshot::{Pictures, forget, keep, keep_all, part as snapshot_part};

use crate::authority::{Authority, View};
use crate::dockings::signature::use_nonce;
use crate::error::{Error, Result};
use crate::rows::values;
use crate::{cases, leases, offline, says, workstations};
use axum::http::StatusCode;
use bondhouse_domain::ids::{DeviceId, FeedPos, Incarnation, Seq};
use bondhouse_domain::journal::{Hash, Series};
use bondhouse_domain::orders::CaseCode;
use bondhouse_protocol::page;
use bondhouse_protocol::versions::OURS;
use bondhouse_protocol::wire::{
    Acked, ActAnswer, Grant, JournalPage, Position, SyncRequest, SyncResponse,
};
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

    let begun = {
        let request = Arc::clone(&request);
        authority
            .act(&home, move |act| {
                use_nonce(
                    act,
                    &format!("{}/{}", request.series.device, request.series.incarnation.0),
                    &request.nonce,
                )?;
                if let Some(address) = moved_to(act)? {
                    return Ok(Begun::Moved(address, act.epoch));
                }
                recovery::notice(act, &request)?;
                Ok(Begun::Taken(push::take(act, &request)?))
            })
            .await?
    };
    let taken = match begun {
        Begun::Moved(address, epoch) => {
            return Ok(elsewhere(authority, &request, proto, address, epoch));
        }
        Begun::Taken(taken) => taken,
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
        if authority
            .read(&home, |view| Ok(recovery::state(view)?.is_some()))
            .await?
        {
            answers.push(ActAnswer {
                id: ask.id,
                refusal: Some(says::recovering()),
            });
            continue;
        }
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
    if let Some(tables) = pulled
        .differing
        .as_ref()
        .filter(|tables| !tables.is_empty())
    {
        let about = format!("{} {}", request.series.device, tables.join(" "));
        authority
            .act(&home, move |act| {
                cases::open(act, CaseCode::DigestMismatch, &about)
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
        digest_ok: pulled.differing.map(|tables| tables.is_empty()),
        resnapshot: pulled.resnapshot,
        customs_fresh_at: pulled.customs_fresh_at,
        recovering: pulled.recovering,
        moved_to: None,
    }
}

/// What the first act of a call came to.
enum Begun {
    Taken(push::Taken),
    /// The authority answers elsewhere, and this is the epoch it had here.
    Moved(String, u32),
}

fn moved_to(view: &View<'_>) -> Result<Option<String>> {
    Ok(view
        .rows
        .one(
            "SELECT moved_to FROM warehouses WHERE warehouse = ?1",
            values![view.warehouse.as_str()],
            |row| row.maybe_text(0),
        )?
        .flatten())
}

/// The whole answer of an authority that has moved: where to.
fn elsewhere(
    authority: &Authority,
    request: &SyncRequest,
    proto: u16,
    address: String,
    epoch: u32,
) -> SyncResponse {
    SyncResponse {
        proto,
        nonce: request.nonce.clone(),
        server_time: authority.now(),
        authority_epoch: epoch,
        acked: Acked {
            position: Position {
                seq: Seq(0),
                hash: Hash::GENESIS,
            },
            pos: FeedPos(0),
            receipt: String::new(),
        },
        need_from: None,
        verdicts: Vec::new(),
        feed: Vec::new(),
        more: false,
        grants: Vec::new(),
        revokes: Vec::new(),
        answers: Vec::new(),
        digest_ok: None,
        resnapshot: false,
        customs_fresh_at: None,
        recovering: false,
        moved_to: Some(address),
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
    // A call that was under way when the lease was granted knows nothing of it, however late it comes:
    // only one that has seen the feed up to the grant may say that it is not held.
    for leased in leases::of_device(act, device, incarnation)? {
        let called_back = leased.revoke_why.is_some() || leased.state == "in_doubt";
        let has_it = request
            .held
            .iter()
            .any(|held| held.order == leased.order && held.fence == leased.fence);
        let knows_of_it = request.cursor.pos >= leased.lease.issued_pos;
        if complete && called_back && knows_of_it && !has_it {
            leases::hand_back(act, &leased)?;
        }
    }
    // The call that ends a recovery is granted nothing either: what shops asked for meanwhile, and this
    // authority forgot, must have a chance to be asked again first (found by the simulator, I10).
    let recovering = recovery::state(act)?.is_some();
    recovery::heard(act, request, complete)?;
    if !complete || recovering {
        return Ok(Vec::new());
    }
    let policy = offline::in_force(act)?;
    let mut grants = leases::renew(act, &policy, device, incarnation, &request.held)?;
    grants.extend(leases::grant(
        act,
        &policy,
        device,
        incarnation,
        request.want_orders,
    )?);
    Ok(grants)
}

/// A page of a journal as it is held here.
pub(crate) fn journal_page(view: &View<'_>, series: &Series, from: Seq) -> Result<JournalPage> {
    let known = workstations::find(view, &series.device, series.incarnation)?.ok_or_else(|| {
        Error::refused(StatusCode::NOT_FOUND, says::unknown_station(&series.device))
    })?;
    Ok(JournalPage {
        events: page::first(journal::events(view, series, from, page::MOST)?),
        head: Position {
            seq: known.head.seq,
            hash: known.head.hash,
        },
    })
}

/// The key of a signer that may read: a stopped life of a store may still learn what is held of it.
pub(crate) async fn key_to_read(
    authority: &Arc<Authority>,
    signer: &(DeviceId, Incarnation),
) -> Result<ed25519_dalek::VerifyingKey> {
    let (device, incarnation) = signer.clone();
    authority
        .read(authority.home(), move |view| {
            workstations::find(view, &device, incarnation)
        })
        .await?
        .filter(|known| known.state != "revoked")
        .map(|known| known.key)
        .ok_or_else(|| Error::refused(StatusCode::UNAUTHORIZED, says::bad_signature()))
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
