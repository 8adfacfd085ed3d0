//! The sync loop: pushes the journal's tail, pulls the feed, takes rights, asks for online acts.
//!
//! Every round is self-contained and may be repeated; what a round brings lands in one local
//! transaction. Nothing the platform says is believed before its signature held. Between rounds a call
//! that says nothing waits at the platform until there is news. Without network the loop waits and
//! tries again; the floor does not notice, except where it must ask.

mod pages;

pub(crate) use pages::{Rehearsal, SyncAnswer, now, rehearse, view};

use crate::address::Address;
use crate::clock;
use crate::error::AppError;
use crate::keys::{Keys, random};
use crate::station::{Network, hex};
use crate::{App, recovery, refuse};
use bondhouse_domain::ids::{PersonId, RequestId, Seq};
use bondhouse_domain::journal::{Hash, Series};
use bondhouse_domain::leases::AuthorityKeys;
use bondhouse_domain::message::{Message, Refusal};
use bondhouse_domain::station::says as station_says;
use bondhouse_domain::sync::says;
use bondhouse_domain::time::Instant;
use bondhouse_protocol::envelope::{
    self, CONTENT_TYPE, NONCE_HEADER, SIGNATURE_HEADER, SIGNER_HEADER,
};
use bondhouse_protocol::wire::{
    Act, Ask, Cursor, EnrolRequest, Enrolled, Held, Outcome, Position, Push, SyncRequest,
    SyncResponse,
};
use bondhouse_protocol::{page, versions};
use bondhouse_store::{
    Acked, Clock, Consignee, Contact, Grant, Page, Revoke, Store, StoreError, Verdict,
};
use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Stopwatch};

/// How long the loop rests when there is nothing to do: the poke wakes it sooner.
const REST: Duration = Duration::from_secs(15);
/// How long it rests while the platform does not answer, or cannot poke.
const RETRY: Duration = Duration::from_millis(900);
/// How long a poke may be waited for: longer than the platform lets it wait.
const POKE_PATIENCE: Duration = Duration::from_secs(40);
/// Views are compared this often; also after each time without contact.
const COMPARE_EVERY: Duration = Duration::from_secs(600);
/// So soon again when the authority had moved on before it could compare.
const COMPARE_AGAIN: Duration = Duration::from_secs(60);
/// Commits that follow each other this closely travel together.
const COALESCE: Duration = Duration::from_millis(150);
/// How long a call may take before the network counts as gone.
const PATIENCE: Duration = Duration::from_secs(8);
/// What is past its time is let go this often.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// The time is noted this often (sync protocol, 2.8).
const MARK_EVERY: Duration = Duration::from_secs(60);
/// Orders a workstation would like to hold at any time.
const WANTED: u32 = 300;

/// The link to the platform.
pub(crate) struct Link {
    /// Made for the address it was first needed for; another address gets another.
    client: Mutex<Option<(Address, Client)>>,
    /// One round at a time.
    round: Mutex<()>,
    state: Mutex<LinkState>,
    bell: Condvar,
}

#[derive(Default)]
struct LinkState {
    stop: bool,
    rung: bool,
    online: bool,
    since: Option<Instant>,
    clock: Option<Clock>,
    /// The authority asked for an earlier event: it was restored from a backup.
    push_from: Option<Seq>,
    last_error: Option<Message>,
    /// What the last look at the whole database found.
    damage: Option<Message>,
    /// When views are to be compared next; nothing for at the next quiet round.
    compare_at: Option<Stopwatch>,
    /// The platform is calling us when there is news.
    poked: bool,
    /// The authority was restored and takes journals back.
    recovering: bool,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self {
            client: Mutex::new(None),
            round: Mutex::new(()),
            state: Mutex::new(LinkState::default()),
            bell: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, LinkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clock(&self) -> Clock {
        self.state()
            .clock
            .clone()
            .unwrap_or_else(clock::never_heard)
    }

    pub(crate) fn set_clock(&self, clock: Clock) {
        self.state().clock = Some(clock);
    }

    pub(crate) fn network(&self) -> Network {
        let state = self.state();
        Network {
            online: state.online,
            since: state.since,
        }
    }

    /// Something was committed: the next round need not wait.
    pub(crate) fn wake(&self) {
        self.state().rung = true;
        self.bell.notify_all();
    }

    /// Keeps what a look at the whole database found, until the next one finds nothing.
    pub(crate) fn note_damage(&self, damage: Option<Message>) {
        self.state().damage = damage;
    }

    pub(crate) fn stop(&self) {
        self.state().stop = true;
        self.bell.notify_all();
    }

    /// Waits for the bell, at most `rest`; whether to go on.
    fn wait(&self, rest: Duration) -> bool {
        let state = self.state();
        let (mut state, _) = self
            .bell
            .wait_timeout_while(state, rest, |state| !state.rung && !state.stop)
            .unwrap_or_else(PoisonError::into_inner);
        state.rung = false;
        !state.stop
    }

    fn client(&self, address: &Address) -> Result<Client, AppError> {
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = kept.as_ref().filter(|(of, _)| of == address) {
            return Ok(client.clone());
        }
        let client = address.client(PATIENCE)?;
        *kept = Some((address.clone(), client.clone()));
        Ok(client)
    }

    /// Introduces this computer to a platform; the answer and the round trip in milliseconds.
    pub(crate) fn enrol(
        &self,
        address: &Address,
        request: &EnrolRequest,
    ) -> Result<(Enrolled, u64), AppError> {
        let begun = clock::boot_ms();
        let response = self
            .client(address)?
            .post(format!("{}/v1/enrol", address.url))
            .json(request)
            .send()
            .map_err(|error| address.failed(&error))?;
        if !response.status().is_success() {
            return refuse(said_by(response).unwrap_or_else(station_says::bad_code));
        }
        let enrolled = response
            .json()
            .map_err(|error| AppError::failed(says::bad_answer().0, error))?;
        Ok((enrolled, clock::boot_ms().saturating_sub(begun)))
    }

    fn note_reached(&self, at: Instant) -> bool {
        let mut state = self.state();
        let changed = !state.online;
        if changed {
            state.since = Some(at);
        }
        state.online = true;
        state.last_error = None;
        changed
    }

    fn note_lost(&self, at: Instant, why: Message) -> bool {
        let mut state = self.state();
        let changed = state.online || state.since.is_none();
        if changed {
            state.since = Some(at);
        }
        state.online = false;
        state.last_error = Some(why);
        state.compare_at = None;
        changed
    }

    /// How long to rest: until poked, unless nobody pokes.
    fn rest(&self) -> Duration {
        let state = self.state();
        if state.online && state.poked {
            REST
        } else {
            RETRY
        }
    }
}

/// The catalogued refusal in an error answer of the platform, if it is one.
fn said_by(response: Response) -> Option<Refusal> {
    let bytes = response.bytes().ok()?;
    serde_json::from_slice::<Message>(&bytes).ok().map(Refusal)
}

/// Starts the loop.
pub(crate) fn start(app: &Arc<App>) {
    if app.store.get().is_some()
        && let Err(error) = clock::begin(app)
    {
        tracing::error!(?error, "the clock could not be carried on");
    }
    listen(app);
    let weak = Arc::downgrade(app);
    app.beside("sync", move || {
        let mut pruned: Option<Stopwatch> = None;
        let mut copies = crate::copies::Copies::default();
        let mut marked = Stopwatch::now();
        loop {
            let Some(app) = weak.upgrade() else { return };
            if pruned.is_none_or(|at| at.elapsed() > PRUNE_EVERY) {
                // At the start it was read anyway; from then on once a day, page by page.
                if pruned.is_some() {
                    crate::upkeep::examine(&app);
                }
                prune(&app);
                pruned = Some(Stopwatch::now());
            }
            copies.look(&app, clock::boot_ms());
            if marked.elapsed() > MARK_EVERY {
                mark_time(&app);
                marked = Stopwatch::now();
            }
            if app.store.get().is_some()
                && let Err(error) = drain(&app)
            {
                tracing::debug!(?error, "sync round failed");
            }
            if !app.link.wait(app.link.rest()) {
                return;
            }
            std::thread::sleep(COALESCE);
        }
    });
}

/// Waits at the platform for news, again and again, and wakes the loop when there is some.
///
/// Not joined at the end: it writes nothing, and its call may wait for longer than anybody else would.
fn listen(app: &Arc<App>) {
    let weak = Arc::downgrade(app);
    let waiting = std::thread::Builder::new()
        .name("poke".into())
        .spawn(move || {
            let mut before = None;
            loop {
                let Some(app) = weak.upgrade() else { return };
                if app.link.state().stop {
                    return;
                }
                let ready = app.link.network().online && app.store.get().is_some();
                let call = if ready { poke(&app).ok() } else { None };
                app.link.state().poked = call.is_some();
                drop(app);
                let Some((call, cursor)) = call else {
                    std::thread::sleep(RETRY);
                    continue;
                };
                // Poked about what we cannot follow: as often as without being poked, not more.
                if before == Some(cursor) {
                    std::thread::sleep(RETRY);
                }
                let status = call.send().map(|response| response.status());
                let Some(app) = weak.upgrade() else { return };
                before = match status {
                    Ok(StatusCode::NO_CONTENT) => None,
                    Ok(_) | Err(_) => Some(cursor),
                };
                app.link.state().poked = status.is_ok_and(|status| status.is_success());
                if before.is_some() {
                    app.link.wake();
                    drop(app);
                    std::thread::sleep(COALESCE);
                }
            }
        });
    if let Err(error) = waiting {
        tracing::error!(%error, "no thread to be poked on");
    }
}

/// The call that waits, and the position it waits at.
fn poke(app: &App) -> Result<(RequestBuilder, u64), AppError> {
    let cursor = app.store()?.read(|view| view.cursor())?.0.0;
    let target = format!("/v1/poke?after={cursor}");
    let call = app
        .link
        .signed_get(&app.keys, &Identity::of(app)?, &target)?;
    Ok((call.timeout(POKE_PATIENCE), cursor))
}

/// Notes the time, so that a wall clock set back cannot stretch a lease over a reboot.
fn mark_time(app: &App) {
    if let Some(store) = app.store.get()
        && let Err(error) = store.mark_time(app.estimate().now, clock::read_machine().wall)
    {
        tracing::warn!(%error, "the time could not be noted");
    }
}

/// Lets go of what is past its time: consignees of parcels long gone, old answers and movements.
fn prune(app: &App) {
    if let Some(store) = app.store.get()
        && let Err(error) = store.prune(app.estimate().now)
    {
        tracing::warn!(%error, "what is past its time could not be let go");
    }
}

/// Rounds until nothing is left to push or pull.
pub(crate) fn drain(app: &App) -> Result<(), AppError> {
    while round(app, Vec::new())?.again {}
    Ok(())
}

/// Asks the authority for one online act: its refusal, or nothing when it was done.
pub(crate) fn act(
    app: &App,
    id: RequestId,
    actor: &PersonId,
    ask: Ask,
) -> Result<Option<Refusal>, AppError> {
    let act = Act {
        id,
        actor: actor.clone(),
        ask,
    };
    let done = match round(app, vec![act]) {
        Ok(done) => done,
        Err(_) if !app.link.network().online => {
            return refuse(bondhouse_domain::gate::says::offline());
        }
        Err(error) => return Err(error),
    };
    app.link.wake();
    match done
        .answers
        .into_iter()
        .find(|(answered, _)| *answered == id)
    {
        Some((_, refusal)) => Ok(refusal),
        None => refuse(bondhouse_domain::gate::says::offline()),
    }
}

struct Round {
    answers: Vec<(RequestId, Option<Refusal>)>,
    again: bool,
}

/// One call and its answer, applied.
fn round(app: &App, acts: Vec<Act>) -> Result<Round, AppError> {
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
            Some(recovery::digest(view)?)
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

fn exchange(app: &App, address: &Address, request: &SyncRequest) -> Result<SyncResponse, AppError> {
    let sealed = envelope::seal(request, &app.keys.signing())
        .map_err(|error| AppError::failed(says::bad_answer().0, error))?;
    let response = app
        .link
        .client(address)?
        .post(format!("{}/v1/sync", address.url))
        .header("content-type", CONTENT_TYPE)
        .header(
            SIGNER_HEADER,
            format!("{}/{}", request.series.device, request.series.incarnation.0),
        )
        .header(SIGNATURE_HEADER, sealed.signature)
        .body(sealed.body)
        .send()
        .map_err(|error| address.failed(&error))?;
    let keys = app.store()?.read(|view| view.authority_keys())?;
    opened(response, &address.url, &keys)
}

/// Who calls where, and whom it believes.
pub(crate) struct Identity {
    pub(crate) address: Address,
    pub(crate) series: Series,
    pub(crate) believes: AuthorityKeys,
}

impl Identity {
    fn of(app: &App) -> Result<Self, AppError> {
        let station = app.store()?.read(|view| view.station())?;
        Ok(Self {
            address: Address::read(&station.platform_url)?,
            series: station.series,
            believes: station.authority_keys,
        })
    }
}

/// Reads from the authority what concerns this workstation alone.
pub(crate) fn fetch<T: DeserializeOwned>(app: &App, target: &str) -> Result<T, AppError> {
    app.link.fetch(&app.keys, &Identity::of(app)?, target)
}

impl Link {
    /// Reads from an authority what concerns the caller alone.
    pub(crate) fn fetch<T: DeserializeOwned>(
        &self,
        keys: &Keys,
        me: &Identity,
        target: &str,
    ) -> Result<T, AppError> {
        match self.signed_get(keys, me, target)?.send() {
            Ok(response) => opened(response, &me.address.url, &me.believes),
            Err(error) => refuse(me.address.failed(&error)),
        }
    }

    /// A call without a body, signed.
    fn signed_get(
        &self,
        keys: &Keys,
        me: &Identity,
        target: &str,
    ) -> Result<RequestBuilder, AppError> {
        let nonce = hex(&random::<16>()?);
        let signature = envelope::sign_call(target, &nonce, &keys.signing());
        Ok(self
            .client(&me.address)?
            .get(format!("{}{target}", me.address.url))
            .header(
                SIGNER_HEADER,
                format!("{}/{}", me.series.device, me.series.incarnation.0),
            )
            .header(NONCE_HEADER, nonce)
            .header(SIGNATURE_HEADER, signature))
    }
}

/// An answer of the authority, if its signature holds.
fn opened<T: DeserializeOwned>(
    response: Response,
    url: &str,
    keys: &AuthorityKeys,
) -> Result<T, AppError> {
    let status = response.status();
    if !status.is_success() {
        return refuse(said_by(response).unwrap_or_else(|| says::refused(status.as_u16())));
    }
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
            .unwrap_or_default()
    };
    let (signer, signature) = (header(SIGNER_HEADER), header(SIGNATURE_HEADER));
    let body = response
        .bytes()
        .map_err(|_| AppError::Refused(station_says::unreachable(url)))?;
    let key = keys
        .get(&signer)
        .ok_or_else(|| AppError::failed(says::bad_answer().0, "unknown signer"))?;
    envelope::open(&body, &signature, key)
        .map_err(|error| AppError::failed(says::bad_answer().0, error))
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
                let promised =
                    serde_json::from_str::<bondhouse_domain::leases::Lease>(&grant.lease.bytes)
                        .ok()
                        .and_then(|lease| match lease.right {
                            bondhouse_domain::leases::Right::Order(right) => {
                                Some(right.consignee_commitment)
                            }
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
                    salt: bondhouse_domain::personal::Personal::new(consignee.salt),
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
