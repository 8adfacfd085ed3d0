//! The line to the platform: one client, what is known of the network, signed calls and checked answers.
//!
//! Nothing the platform says is believed before its signature held. It calls when it is told to; when
//! that is, the loop decides ([`super`]), and what an answer does to the store, the round.

use super::{REST, RETRY};
use crate::address::Address;
use crate::clock;
use crate::error::AppError;
use crate::keys::{Keys, random};
use crate::station::{Network, hex};
use crate::{App, refuse};
use bondhouse_domain::ids::Seq;
use bondhouse_domain::journal::Series;
use bondhouse_domain::leases::AuthorityKeys;
use bondhouse_domain::message::{Message, Refusal};
use bondhouse_domain::station::says as station_says;
use bondhouse_domain::sync::says;
use bondhouse_domain::time::Instant;
use bondhouse_protocol::envelope::{
    self, CONTENT_TYPE, NONCE_HEADER, SIGNATURE_HEADER, SIGNER_HEADER,
};
use bondhouse_protocol::wire::{EnrolRequest, Enrolled, SyncRequest, SyncResponse};
use bondhouse_store::Clock;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Stopwatch};

/// How long a call may take before the network counts as gone.
const PATIENCE: Duration = Duration::from_secs(8);

/// The link to the platform.
pub(crate) struct Link {
    /// Made for the address it was first needed for; another address gets another.
    client: Mutex<Option<(Address, Client)>>,
    /// One round at a time.
    pub(super) round: Mutex<()>,
    state: Mutex<LinkState>,
    bell: Condvar,
}

#[derive(Default)]
pub(super) struct LinkState {
    pub(super) stop: bool,
    pub(super) rung: bool,
    pub(super) online: bool,
    pub(super) since: Option<Instant>,
    pub(super) clock: Option<Clock>,
    /// The authority asked for an earlier event: it was restored from a backup.
    pub(super) push_from: Option<Seq>,
    pub(super) last_error: Option<Message>,
    /// What the last look at the whole database found.
    pub(super) damage: Option<Message>,
    /// When views are to be compared next; nothing for at the next quiet round.
    pub(super) compare_at: Option<Stopwatch>,
    /// The platform is calling us when there is news.
    pub(super) poked: bool,
    /// The authority was restored and takes journals back.
    pub(super) recovering: bool,
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

    pub(super) fn state(&self) -> MutexGuard<'_, LinkState> {
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
    pub(super) fn wait(&self, rest: Duration) -> bool {
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

    pub(super) fn note_reached(&self, at: Instant) -> bool {
        let mut state = self.state();
        let changed = !state.online;
        if changed {
            state.since = Some(at);
        }
        state.online = true;
        state.last_error = None;
        changed
    }

    pub(super) fn note_lost(&self, at: Instant, why: Message) -> bool {
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
    pub(super) fn rest(&self) -> Duration {
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
/// Pushes and asks, and answers what the authority signed.
pub(super) fn exchange(
    app: &App,
    address: &Address,
    request: &SyncRequest,
) -> Result<SyncResponse, AppError> {
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
    pub(super) fn of(app: &App) -> Result<Self, AppError> {
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
    pub(super) fn signed_get(
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
