//! The workstations' docking: enrolment by code, then signed sync calls.

use super::shop::json;
use crate::authority::Authority;
use crate::error::{Error, Result};
use crate::{says, sync, workstations};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bondhouse_domain::ids::{DeviceId, Incarnation};
use bondhouse_protocol::envelope::{
    self, CONTENT_TYPE, EnvelopeError, SIGNATURE_HEADER, SIGNER_HEADER,
};
use bondhouse_protocol::wire::{Enrolled, SyncRequest};
use std::sync::Arc;

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
    let key = sync::key_of(&authority, &signer).await?;
    let request: SyncRequest =
        envelope::open(&body, signature, &key).map_err(|error| match error {
            EnvelopeError::Signature => bad_signature(),
            EnvelopeError::TooLarge => Error::refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                says::too_large(envelope::MOST_PACKED),
            ),
            EnvelopeError::Unreadable => {
                Error::refused(StatusCode::UNPROCESSABLE_ENTITY, says::bad_json(0, 0))
            }
        })?;
    let answer = sync::answer(&authority, signer, request).await?;
    let sealed = envelope::seal(&answer, authority.keys.signing())
        .map_err(|error| Error::broken(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), CONTENT_TYPE.to_owned()),
        (SIGNER_HEADER, authority.keys.key_id().to_owned()),
        (SIGNATURE_HEADER, sealed.signature),
    ];
    Ok((headers, sealed.body).into_response())
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
