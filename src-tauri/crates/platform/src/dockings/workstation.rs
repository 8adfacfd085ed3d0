//! The workstations' docking: enrolment by code, then signed calls.
//!
//! Everything of weight goes through `sync`. Beside it a workstation may read back its own journal,
//! fetch the picture to begin from, and wait to be poked.

use super::shop::json;
use super::signature::use_nonce;
use crate::authority::Authority;
use crate::dockings::asked::{Path, Query};
use crate::error::{Error, Result};
use crate::sync::Signer;
use crate::{cases, says, sync, workstations};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bondhouse_domain::ids::{CaseId, DeviceId, FeedPos, Incarnation, Seq};
use bondhouse_domain::journal::Series;
use bondhouse_protocol::envelope::{
    self, CONTENT_TYPE, EnvelopeError, NONCE_HEADER, SIGNATURE_HEADER, SIGNER_HEADER,
};
use bondhouse_protocol::wire::{Enrolled, SyncRequest};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// `POST /v1/enrol`: not signed, the code is the proof.
pub(crate) async fn enrol(
    State(authority): State<Arc<Authority>>,
    body: Bytes,
) -> Result<Json<Enrolled>> {
    let request = json(&body)?;
    let home = authority.home().clone();
    authority
        .act(&home, move |act| workstations::enrol(act, &request))
        .await
        .map(Json)
}

/// `POST /v1/sync`
pub(crate) async fn sync(
    State(authority): State<Arc<Authority>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let signer = signer(&headers).ok_or_else(bad_signature)?;
    let signature = text(&headers, SIGNATURE_HEADER).ok_or_else(bad_signature)?;
    let open = |signer: &Signer| envelope::open::<SyncRequest>(&body, signature, &signer.key);
    let remembered = authority.signers.remembered(&signer.0, signer.1);
    let (signer, request) = match remembered.map(|signer| (open(&signer), signer)) {
        Some((Ok(request), signer)) => (signer, request),
        Some((Err(error), _)) if !matches!(error, EnvelopeError::Signature) => {
            return Err(unopened(error));
        }
        // Not seen here before, or the database was put back and knows another key.
        Some(_) | None => {
            let signer = sync::signer_of(&authority, signer).await?;
            let request = open(&signer).map_err(unopened)?;
            (signer, request)
        }
    };
    let answer = sync::answer(&authority, signer, request).await?;
    sealed(&authority, &answer)
}

fn unopened(error: EnvelopeError) -> Error {
    match error {
        EnvelopeError::Signature => bad_signature(),
        EnvelopeError::TooLarge => Error::refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            says::too_large(envelope::MOST_PACKED),
        ),
        EnvelopeError::Unreadable => {
            Error::refused(StatusCode::UNPROCESSABLE_ENTITY, says::bad_json(0, 0))
        }
    }
}

/// A call without a body, signed by a workstation in use.
struct Caller {
    signer: (DeviceId, Incarnation),
    nonce: String,
}

impl Caller {
    async fn of(authority: &Arc<Authority>, headers: &HeaderMap, uri: &Uri) -> Result<Self> {
        let signer = signer(headers).ok_or_else(bad_signature)?;
        let signature = text(headers, SIGNATURE_HEADER).ok_or_else(bad_signature)?;
        let nonce = text(headers, NONCE_HEADER).ok_or_else(bad_signature)?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let key = sync::key_to_read(authority, &signer).await?;
        envelope::check_call(target, nonce, signature, &key).map_err(|_| bad_signature())?;
        Ok(Self {
            nonce: nonce.to_owned(),
            signer,
        })
    }

    /// Spends the nonce: what is answered next is answered once.
    async fn once(&self, authority: &Arc<Authority>) -> Result<()> {
        let home = authority.home().clone();
        let (signer, nonce) = (
            format!("{}/{}", self.signer.0, self.signer.1.0),
            self.nonce.clone(),
        );
        authority
            .act(&home, move |act| use_nonce(act, &signer, &nonce))
            .await
    }
}

fn sealed(authority: &Authority, answer: &impl Serialize) -> Result<Response> {
    let sealed = envelope::seal(answer, authority.keys.signing())
        .map_err(|error| Error::broken(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), CONTENT_TYPE.to_owned()),
        (SIGNER_HEADER, authority.keys.key_id().to_owned()),
        (SIGNATURE_HEADER, sealed.signature),
    ];
    Ok((headers, sealed.body).into_response())
}

/// Which part of which picture.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    pos: Option<u64>,
    #[serde(default)]
    part: u32,
}

/// `GET /v1/snapshot?pos=P&part=N`
pub(crate) async fn snapshot(
    State(authority): State<Arc<Authority>>,
    headers: HeaderMap,
    uri: Uri,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let caller = Caller::of(&authority, &headers, &uri).await?;
    caller.once(&authority).await?;
    let pos = wanted.pos.map(FeedPos);
    let part = sync::snapshot_part(&authority, &caller.signer, pos, wanted.part).await?;
    sealed(&authority, &part)
}

/// From where in which life of the store.
#[derive(Deserialize)]
pub(crate) struct From {
    incarnation: u32,
    from: u64,
}

/// `GET /v1/journal/{device}?incarnation=I&from=S`: a workstation reads its own journal, of any life.
pub(crate) async fn journal(
    State(authority): State<Arc<Authority>>,
    Path(device): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    Query(from): Query<From>,
) -> Result<Response> {
    let caller = Caller::of(&authority, &headers, &uri).await?;
    if caller.signer.0.as_str() != device {
        return Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::not_yours(&device),
        ));
    }
    caller.once(&authority).await?;
    let home = authority.home().clone();
    let page = authority
        .read(&home, move |view| {
            let series = Series {
                warehouse: view.warehouse.clone(),
                device: caller.signer.0,
                incarnation: Incarnation(from.incarnation),
            };
            sync::journal_page(view, &series, Seq(from.from))
        })
        .await?;
    sealed(&authority, &page)
}

/// `GET /v1/cases/{case}`
pub(crate) async fn case_file(
    State(authority): State<Arc<Authority>>,
    Path(case): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response> {
    let caller = Caller::of(&authority, &headers, &uri).await?;
    caller.once(&authority).await?;
    let file = authority
        .read(authority.home(), move |view| {
            cases::file(view, &CaseId::new(case))
        })
        .await?;
    sealed(&authority, &file)
}

/// After which position.
#[derive(Deserialize)]
pub(crate) struct After {
    after: u64,
}

/// How long a poke is waited for; a little less than proxies allow an idle answer.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// `GET /v1/poke?after=P`: answers once the feed has more, or after a while; a hint without data, so
/// that a lost or repeated one does no harm.
pub(crate) async fn poke(
    State(authority): State<Arc<Authority>>,
    headers: HeaderMap,
    uri: Uri,
    Query(After { after }): Query<After>,
) -> Result<StatusCode> {
    let mut bell = authority.bell.subscribe();
    Caller::of(&authority, &headers, &uri).await?;
    let head = authority
        .read(authority.home(), |view| Ok(view.feed_head()?.0))
        .await?;
    if head.0 != after {
        return Ok(StatusCode::OK);
    }
    let rung = tokio::time::timeout(LONGEST_WAIT, bell.changed()).await;
    Ok(match rung {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::NO_CONTENT,
    })
}

fn bad_signature() -> Error {
    Error::refused(StatusCode::UNAUTHORIZED, says::bad_signature())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `device/incarnation`
fn signer(headers: &HeaderMap) -> Option<(DeviceId, Incarnation)> {
    let (device, incarnation) = text(headers, SIGNER_HEADER)?.split_once('/')?;
    Some((
        DeviceId::new(device),
        Incarnation(incarnation.parse().ok()?),
    ))
}
