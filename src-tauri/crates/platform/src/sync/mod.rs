//! `POST /v1/sync`: one self-contained, repeatable call that does everything between two commits.
//!
//! In this order: the pushed tail is taken in and judged; online acts are answered, each a transaction
//! of its own; leases are handed back, prolonged and granted; the feed's next page is read. A call
//! whose answer is lost is simply made again under a fresh nonce.
//!
//! Without online acts all of it is one act: a workstation calls every few seconds, and a commit is what
//! costs most.

mod acts;
mod forgotten;
mod journal;
mod judge;
mod lost;
mod pull;
mod push;
pub(crate) mod recovery;
mod signers;
mod snapshot;

pub(crate) use forgotten::{follow as follow_forgotten, waits as is_forgotten};
pub(crate) use journal::events as journal_events;
pub(crate) use judge::again as judge_again;
#[cfg(feature = "sim")]
pub(crate) use lost::{found, keep as keep_evidence};
pub(crate) use pull::{after as feed_after, base as feed_base};
pub(crate) use signers::{Signer, Signers, signer_of};
pub(crate) use snapshot::{Pictures, forget, keep, keep_all, part as snapshot_part};

use crate::authority::{Act, Authority, View};
use crate::dockings::signature::use_nonce;
use crate::error::{Error, Result};
use crate::leases::{self, Leased};
use crate::{cases, offline, says, workstations};
use axum::http::StatusCode;
use bondhouse_domain::ids::{DeviceId, FeedPos, Incarnation, Seq};
use bondhouse_domain::journal::{Hash, Head, Series};
use bondhouse_domain::orders::CaseCode;
use bondhouse_protocol::page;
use bondhouse_protocol::versions::OURS;
use bondhouse_protocol::wire::{
    Acked, ActAnswer, Grant, JournalPage, Position, SyncRequest, SyncResponse,
};
use ed25519_dalek::VerifyingKey;
use pull::Standing;
use std::sync::Arc;

/// Answers a call whose signature was checked against its signer's key.
pub(crate) async fn answer(
    authority: &Arc<Authority>,
    signer: Signer,
    request: SyncRequest,
) -> Result<SyncResponse> {
    let home = authority.home().clone();
    let foreign = request.series.warehouse != home
        || (&request.series.device, request.series.incarnation)
            != (&signer.device, signer.incarnation);
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

    // One commit answers most calls. Acts have commits of their own, and a whole view is not compared
    // while others wait to write.
    let at_once = request.acts.is_empty() && request.digest.is_none();
    let begun = match first_act(authority, &request, signer.key, at_once).await {
        // A right that cannot be given must not keep facts out: they come in by themselves then.
        Err(Error::Refused { .. } | Error::Broken(_)) if at_once => {
            first_act(authority, &request, signer.key, false).await?
        }
        begun => begun?,
    };
    let taken = match begun {
        Begun::Moved(address, epoch) => {
            return Ok(elsewhere(authority, &request, proto, address, epoch));
        }
        Begun::Answered(taken, grants, pulled) => {
            return Ok(respond(
                authority,
                &request,
                proto,
                taken,
                Vec::new(),
                grants,
                pulled,
            ));
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
            .act(
                &home,
                move |act| Ok(rights(act, &request, complete)?.grants),
            )
            .await?
    };
    let pulled = {
        let request = Arc::clone(&request);
        authority
            .read(&home, move |view| {
                let series = &request.series;
                let leases = leases::of_device(view, &series.device, series.incarnation)?;
                pull::page(view, &request, &leases, Standing::of(view)?)
            })
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

async fn first_act(
    authority: &Authority,
    request: &Arc<SyncRequest>,
    key: VerifyingKey,
    at_once: bool,
) -> Result<Begun> {
    let request = Arc::clone(request);
    authority
        .act(authority.home(), move |act| {
            begin(act, &request, &key, at_once)
        })
        .await
}

/// The first act of a call: the pushed tail, and all the rest of its answer too where that is wanted
/// `at_once` and nothing stands against it.
fn begin(act: &Act<'_>, request: &SyncRequest, key: &VerifyingKey, at_once: bool) -> Result<Begun> {
    let series = &request.series;
    let known = signers::in_use(act, &series.device, series.incarnation, key)?;
    use_nonce(
        act,
        &format!("{}/{}", series.device, series.incarnation.0),
        &request.nonce,
    )?;
    if let Some(address) = &act.found.moved_to {
        return Ok(Begun::Moved(address.clone(), act.epoch));
    }
    let recovering = recovery::notice(act, request)?;
    Ok(match push::take(act, request, known.head)? {
        // Whoever takes journals back looks at epoch and rights once this much is durable.
        push::Taken::In(taken) if at_once && !recovering => {
            let Rights { grants, leases } = rights(act, request, taken.complete)?;
            let standing = Standing {
                epoch: act.epoch,
                customs_fresh_at: act.found.customs_seen_at,
                recovering,
            };
            let pulled = pull::page(act, request, &leases, standing)?;
            Begun::Answered(taken, grants, pulled)
        }
        taken => Begun::Taken(taken),
    })
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
    /// Everything: this is the answer.
    Answered(push::TakenIn, Vec<Grant>, pull::Pulled),
    Taken(push::Taken),
    /// The authority answers elsewhere, and this is the epoch it had here.
    Moved(String, u32),
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

/// What a workstation may use after a push.
struct Rights {
    grants: Vec<Grant>,
    /// Its leases but for the new ones.
    leases: Vec<Leased>,
}

/// Rights after a push: what was called back and is gone returns, the rest is prolonged, new is granted.
fn rights(act: &Act<'_>, request: &SyncRequest, complete: bool) -> Result<Rights> {
    let (device, incarnation) = (&request.series.device, request.series.incarnation);
    // The whole journal is here and the workstation does not hold it: it was never released and, since
    // a workstation believes only the answer to its latest call, never will be under this fence.
    // A call that was under way when the lease was granted knows nothing of it, however late it comes:
    // only one that has seen the feed up to the grant may say that it is not held.
    let mut leases = Vec::new();
    for leased in leases::of_device(act, device, incarnation)? {
        let called_back = leased.revoke_why.is_some() || leased.state == "in_doubt";
        let has_it = request
            .held
            .iter()
            .any(|held| held.order == leased.order && held.fence == leased.fence);
        let knows_of_it = request.cursor.pos >= leased.lease.issued_pos;
        let said = complete && called_back && knows_of_it && !has_it;
        // What this version cannot read may be the parcel's release.
        if said && !journal::has_parked(act, &request.series)? {
            leases::hand_back(act, &leased)?;
        } else {
            leases.push(leased);
        }
    }
    // The call that ends a recovery is granted nothing either: what shops asked for meanwhile, and this
    // authority forgot, must have a chance to be asked again first (found by the simulator, I10).
    if act.found.recovering {
        let revokes = leases::revokes(&leases, &request.held);
        recovery::heard(act, request, complete, &revokes)?;
    }
    let mut grants = Vec::new();
    let wants = !leases.is_empty() || request.want_orders > 0;
    if complete && wants && !act.found.recovering {
        let policy = offline::in_force(act)?;
        grants = leases::renew(act, &policy, &mut leases, &request.held)?;
        grants.extend(leases::grant(
            act,
            &policy,
            (device, incarnation),
            leases.len(),
            request.want_orders,
        )?);
    }
    Ok(Rights { grants, leases })
}

/// A page of a journal as it is held here; of a life that a restored authority forgot, nothing is.
pub(crate) fn journal_page(view: &View<'_>, series: &Series, from: Seq) -> Result<JournalPage> {
    let known = workstations::find(view, &series.device, series.incarnation)?;
    let head = known.map_or(Head::EMPTY, |known| known.head);
    Ok(JournalPage {
        events: page::first(journal::events(view, series, from, page::MOST)?),
        head: Position {
            seq: head.seq,
            hash: head.hash,
        },
    })
}

/// The key of a signer that may read: a stopped life of a store may still learn what is held of it.
pub(crate) async fn key_to_read(
    authority: &Arc<Authority>,
    signer: &(DeviceId, Incarnation),
) -> Result<VerifyingKey> {
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
