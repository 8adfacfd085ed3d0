//! One call to the platform and its answer: what is pushed, and what the answer does to the store.
//!
//! A round is self-contained and may be repeated; what it brings lands in one local transaction. It does
//! not decide when it is time for the next one ([`super`]).

use super::link::exchange;
use crate::address::Address;
use crate::clock;
use crate::error::AppError;
use crate::keys::random;
use crate::station::hex;
use crate::{App, recovery, refuse};
use bondhouse_domain::ids::{PersonId, RequestId, Seq};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::leases::{Lease, Right};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::personal::Personal;
use bondhouse_domain::sync::says;
use bondhouse_protocol::wire::{
    Act, Cursor, Digest, Held, Outcome, Position, Push, SyncRequest, SyncResponse,
};
use bondhouse_protocol::{page, versions};
use bondhouse_store::{Acked, Consignee, Contact, Grant, Page, Revoke, Store, StoreError, Verdict};
use std::sync::PoisonError;
use std::time::{Duration, Instant as Stopwatch};

/// Views are compared this often; also after each time without contact.
const COMPARE_EVERY: Duration = Duration::from_secs(600);
/// So soon again when the authority had moved on before it could compare.
const COMPARE_AGAIN: Duration = Duration::from_secs(60);
/// Orders a workstation would like to hold at any time.
const WANTED: u32 = 300;

pub(super) struct Round {
    pub(super) answers: Vec<(RequestId, Option<Refusal>)>,
    pub(super) again: bool,
}

/// One call and its answer, applied.
pub(super) fn once(app: &App, acts: Vec<Act>) -> Result<Round, AppError> {
    let _one_at_a_time = app
        .link
        .round
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (request, address) = compose(app, acts)?;
    let begun = clock::boot_ms();
    let response = match exchange(app, &address, &request) {
        Ok(response) => response,
        Err(error) => {
            let now = app.estimate().now;
            let why = match &error {
                AppError::Refused(Refusal(said)) | AppError::Failed { said, .. } => said.clone(),
            };
            if app.link.note_lost(now, why) {
                app.store()?.note_contact(Contact::Lost { at: now })?;
                app.touched([bondhouse_store::Room::Sync]);
            }
            return Err(error);
        }
    };
    if response.nonce != request.nonce {
        return Err(AppError::failed(
            says::bad_answer().0,
            "the answer is to another call",
        ));
    }
    let round_trip = clock::boot_ms().saturating_sub(begun);
    apply(app, &request, response, round_trip)
}

fn compose(app: &App, acts: Vec<Act>) -> Result<(SyncRequest, Address), AppError> {
    let machine = clock::read_machine();
    let nonce = hex(&random::<16>()?);
    let (push_from, compare) = {
        let state = app.link.state();
        let due = state.compare_at.is_none_or(|at| Stopwatch::now() >= at);
        (state.push_from, due)
    };
    let (request, address) = app.store()?.read(|view| {
        let station = view.station()?;
        let head = view.head()?;
        let from = push_from.unwrap_or(Seq(view.acked_seq()?.0.saturating_add(1)));
        let before = Seq(from.0.saturating_sub(1));
        let prev_hash = view
            .event(before)?
            .map_or(Hash::GENESIS, |event| event.hash);
        let events = page::first(view.events_after(before)?);
        let (pos, hash) = view.cursor()?;
        let held: Vec<Held> = view
            .held()?
            .into_iter()
            .map(|(order, fence)| Held { order, fence })
            .collect();
        let holds = u32::try_from(held.len()).unwrap_or(u32::MAX);
        let quiet = compare && events.is_empty() && acts.is_empty() && pos.0 > 0;
        let digest = if quiet && view.is_level()? {
            Some(Digest {
                pos,
                tables: view.digest()?,
            })
        } else {
            None
        };
        Ok((
            SyncRequest {
                proto: versions::OURS,
                app: env!("CARGO_PKG_VERSION").into(),
                series: station.series,
                authority_epoch: station.authority_epoch,
                nonce,
                boot_ms: machine.boot_ms,
                wall: machine.wall,
                push: Push {
                    from_seq: from,
                    prev_hash,
                    events,
                    head: Position {
                        seq: head.seq,
                        hash: head.hash,
                    },
                },
                cursor: Cursor { pos, hash },
                held,
                want_orders: WANTED.saturating_sub(holds),
                acts,
                digest,
            },
            station.platform_url,
        ))
    })?;
    Ok((request, Address::read(&address)?))
}

fn apply(
    app: &App,
    request: &SyncRequest,
    response: SyncResponse,
    round_trip: u64,
) -> Result<Round, AppError> {
    let store = app.store()?;
    if let Some(address) = response.moved_to {
        // Signed by the authority we know; the next call finds out whether it answers there.
        tracing::warn!(address, "the authority has moved");
        store.set_platform_url(Address::read(&address)?.to_string())?;
        return Ok(Round {
            answers: Vec::new(),
            again: true,
        });
    }
    let (ours, theirs) = (request.authority_epoch, response.authority_epoch);
    if theirs < ours {
        return refuse(says::old_authority());
    }
    let follows = !response.resnapshot;
    let clock = clock::heard(
        &app.link.clock(),
        response.server_time,
        round_trip,
        &clock::read_machine(),
    );
    app.link.set_clock(clock.clone());
    store.set_clock(clock)?;
    {
        let mut state = app.link.state();
        state.push_from = response.need_from;
        state.recovering = response.recovering;
        if request.digest.is_some() {
            let next = match response.digest_ok {
                Some(_) => COMPARE_EVERY,
                None => COMPARE_AGAIN,
            };
            state.compare_at = Some(Stopwatch::now() + next);
        }
    }
    let pushed_all = request
        .push
        .events
        .last()
        .map_or(request.push.head.seq, |event| event.seq)
        >= request.push.head.seq;
    // A new store has no time for a long feed; one that cannot follow it has no choice.
    let anew = response.resnapshot || (request.cursor.pos.0 == 0 && response.more);
    let anew = anew && pushed_all && response.need_from.is_none();
    let again = response.more
        || !pushed_all
        || response.need_from.is_some()
        || !response.revokes.is_empty();
    let answers = response
        .answers
        .iter()
        .map(|answer| (answer.id, answer.refusal.clone()))
        .collect();
    let station = PersonId::new("station");
    let page = page_of(response)?;
    let request_to_disk = app.request("sync.page", app.fresh_id(), &station);
    let applied = match store.apply_page(request_to_disk, page) {
        Ok(applied) => applied,
        Err(StoreError::Behind(_)) => {
            recovery::take_back(app)?;
            return Ok(Round {
                answers,
                again: true,
            });
        }
        Err(StoreError::Fork(_)) => return refuse(says::forked()),
        Err(error) => return Err(error.into()),
    };
    if anew {
        recovery::begin_anew(app)?;
        believe(store, ours, theirs)?;
        app.link.note_reached(app.estimate().now);
        return Ok(Round {
            answers,
            again: true,
        });
    }
    if follows {
        believe(store, ours, theirs)?;
    }
    for refusal in &applied.refused {
        tracing::warn!(code = %refusal, "a grant was not taken in");
    }
    if let Some(stopped) = &applied.stopped {
        tracing::warn!(?stopped, "the feed is not followed beyond this entry");
    }
    let came_back = app.link.note_reached(app.estimate().now);
    // Only what people see: an empty round changes nothing on their pages.
    let quiet = applied.touched.len() <= 1 && !came_back && request.push.events.is_empty();
    if !quiet {
        app.touched(applied.touched);
    }
    Ok(Round {
        answers,
        again: again && applied.stopped.is_none(),
    })
}

/// The authority was moved or restored: its next life is believed, an earlier one never again. Only once
/// this store follows its feed: a call under an epoch with the cursor of another feed means a loss.
fn believe(store: &Store, ours: u32, theirs: u32) -> Result<(), AppError> {
    if theirs > ours {
        let keys = store.read(|view| view.authority_keys())?;
        store.set_authority(theirs, keys)?;
    }
    Ok(())
}

/// The answer as the store takes it in; a consignee that does not fit its lease is not believed.
fn page_of(response: SyncResponse) -> Result<Page, AppError> {
    let mut grants = Vec::new();
    for grant in response.grants {
        let consignee = match grant.consignee {
            Some(consignee) => {
                let promised = serde_json::from_str::<Lease>(&grant.lease.bytes)
                    .ok()
                    .and_then(|lease| match lease.right {
                        Right::Order(right) => Some(right.consignee_commitment),
                        _ => None,
                    });
                if promised != Some(consignee.commitment()) {
                    return Err(AppError::failed(
                        says::bad_answer().0,
                        "a consignee does not fit its lease",
                    ));
                }
                Some(Consignee {
                    name: consignee.name,
                    phone: consignee.phone,
                    address: consignee.address,
                    salt: Personal::new(consignee.salt),
                })
            }
            None => None,
        };
        grants.push(Grant {
            lease: grant.lease,
            consignee,
        });
    }
    Ok(Page {
        entries: response.feed,
        grants,
        revokes: response
            .revokes
            .into_iter()
            .map(|r| Revoke {
                order: r.order,
                fence: r.fence,
            })
            .collect(),
        acked: Some(Acked {
            seq: response.acked.position.seq,
            hash: response.acked.position.hash,
            pos: response.acked.pos,
            signature: response.acked.receipt,
        }),
        verdicts: response
            .verdicts
            .into_iter()
            .map(|verdict| match verdict.outcome {
                Outcome::Applied => Verdict::Applied(verdict.seq),
                Outcome::AppliedWithException { code } => Verdict::Exception(verdict.seq, code),
                Outcome::Parked => Verdict::Parked(verdict.seq),
            })
            .collect(),
        contact: Contact::Reached {
            at: response.server_time,
            customs_fresh_at: response.customs_fresh_at,
        },
    })
}
