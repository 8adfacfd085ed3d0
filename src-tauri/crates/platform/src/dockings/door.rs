//! The door that every partner's and operator's call goes through: known, counted once, and written down.
//!
//! * An `Idempotency-Key` makes a call repeatable: the same call again gets the first answer, whatever
//!   has happened since. It is remembered for a week, beside the documents' natural keys, which hold
//!   for ever: where a crash lost the answer, those keep the repetition from doing anything twice.
//! * Every partner's call is audited with its body's hash and the answer's status, and of the operator's
//!   each that may change something or shows a kept message, which names people. What was only looked at
//!   is remembered for half a year, which is as long as the Cybersecurity Law (art. 21) asks of network
//!   logs; what may have changed something, for ever.
//!
//! It will not write down bodies or answers in the clear: both may name people. Nor what a look asked
//! for behind the question mark, where people are looked for.

use super::signature::{Admin, Signed};
use crate::authority::{Act, Authority, View};
use crate::error::{Error, Result};
use crate::free_text;
use crate::messages;
use crate::rows::values;
use crate::says;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bondhouse_domain::ids::WarehouseId;
use bondhouse_domain::journal::Hash;
use bondhouse_domain::time::{Instant, Span};
use serde::Serialize;
use std::sync::Arc;

/// How long an answer is remembered.
const REMEMBERED: Span = Span::minutes(7 * 24 * 60);
/// How long a call that only looked stands in the audit.
const LOOKED: Span = Span::minutes(184 * 24 * 60);
/// The largest answer that is remembered; larger ones are worked out again.
const MOST_ANSWER: usize = 1 << 20;

/// A call as the audit has it.
struct Call {
    warehouse: WarehouseId,
    who: String,
    method: String,
    target: String,
    body_hash: Hash,
    /// Only for partners that sent one.
    key: Option<String>,
}

impl Call {
    fn fingerprint(&self) -> Hash {
        Hash::of_fields(
            b"bondhouse idempotent call 1",
            &[
                self.method.as_bytes(),
                self.target.as_bytes(),
                self.body_hash.as_bytes(),
            ],
        )
    }
}

/// Lets a call in; workstations and the open pages have doors of their own.
pub(crate) async fn door(
    State(authority): State<Arc<Authority>>,
    request: Request,
    next: Next,
) -> Response {
    match through(&authority, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn through(authority: &Arc<Authority>, request: Request, next: Next) -> Result<Response> {
    let path = request.uri().path();
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let of_operator = path.starts_with("/v1/admin/");
    let of_partner =
        !of_operator && path.starts_with("/v1/") && request.headers().contains_key("bondhouse-key");
    let names_people = path.starts_with("/v1/admin/messages/");
    if !(of_partner || of_operator && (changes || names_people)) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let body = read_body(body).await?;
    let target = match parts.uri.path_and_query() {
        Some(whole) if changes => whole.as_str(),
        _ => parts.uri.path(),
    };
    let (method, target) = (parts.method.to_string(), target.to_owned());
    let mut call = Call {
        warehouse: authority.home().clone(),
        who: "operator".to_owned(),
        method,
        target,
        body_hash: messages::hash_of(&body),
        key: None,
    };
    if of_operator {
        Admin::from_request_parts(&mut parts, authority).await?;
        // An operator's question may be little more than an identity number, which could be guessed
        // from a plain hash.
        call.body_hash = authority.keys.newest().mac("audited body", &[&body]);
    } else {
        let proven = Request::from_parts(parts.clone(), Body::from(body.clone()));
        let signed = Signed::from_request(proven, authority).await?;
        call.warehouse = signed.partner.warehouse.clone();
        call.who.clone_from(&signed.partner.id);
        call.key = match changes {
            true => idempotency_key(&parts.headers)?,
            // A look may always be had again, and is then of the day.
            false => None,
        };
        parts.extensions.insert(signed);
    }
    if let Some(answer) = remembered(authority, &call).await? {
        return Ok(answer);
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    remember(authority, call, response).await
}

async fn read_body(body: Body) -> Result<Bytes> {
    to_bytes(body, crate::server::MOST_BODY)
        .await
        .map_err(|_| too_large(crate::server::MOST_BODY))
}

/// The body is larger than it may be.
pub(super) fn too_large(limit: usize) -> Error {
    Error::refused(StatusCode::PAYLOAD_TOO_LARGE, says::too_large(limit))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(sent) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = sent
        .to_str()
        .ok()
        .filter(|key| (1..=100).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    match key {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete("Idempotency-Key"),
        )),
    }
}

pub(crate) fn place(who: &str, key: &str) -> String {
    format!("idempotent|answer|{who}|{key}")
}

async fn remembered(authority: &Arc<Authority>, call: &Call) -> Result<Option<Response>> {
    let Some(key) = call.key.clone() else {
        return Ok(None);
    };
    let (who, fingerprint) = (call.who.clone(), call.fingerprint());
    let found = authority
        .read(&call.warehouse, move |view| {
            let row = view.rows.one(
                "SELECT call, status, kind, answer FROM idempotent WHERE partner = ?1 AND key = ?2",
                values![&who, &key],
                |row| Ok((row.hash(0)?, row.int(1)?, row.text(2)?, row.bytes(3)?)),
            )?;
            row.map(|(call, status, kind, sealed)| {
                let answer = view.keys.unseal(&place(&who, &key), &sealed)?;
                Ok((call, status, kind, answer))
            })
            .transpose()
        })
        .await?;
    let Some((earlier, status, kind, answer)) = found else {
        return Ok(None);
    };
    if earlier != fingerprint {
        return Err(says::key_reused().into());
    }
    let status = u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or_else(|| Error::broken("an answer without a status"))?;
    let mut response = (status, answer).into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    Ok(Some(response))
}

/// Writes the call down, and its answer where it is to be repeatable. Our own failures are not
/// answers: the same call again may do better.
async fn remember(authority: &Arc<Authority>, call: Call, response: Response) -> Result<Response> {
    let (parts, body) = response.into_parts();
    let status = parts.status;
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Error::broken("an answer broke off"))?;
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let repeatable = !status.is_server_error()
        && status != StatusCode::TOO_MANY_REQUESTS
        && body.len() <= MOST_ANSWER;
    let answer = repeatable.then(|| body.clone());
    let warehouse = call.warehouse.clone();
    authority
        .act(&warehouse, move |act| {
            write_down(act, &call.who, &call.method, &call.target, call.body_hash, status)?;
            let (Some(key), Some(answer)) = (&call.key, answer) else {
                return Ok(());
            };
            let forgotten = Instant::from_millis(act.now.as_millis().saturating_sub(REMEMBERED.as_millis()));
            act.rows.put("DELETE FROM idempotent WHERE at < ?1", values![forgotten])?;
            act.rows.put(
                "INSERT INTO idempotent (partner, key, call, status, kind, answer, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                values![
                    &call.who, key, call.fingerprint(), status.as_u16(), kind, act.keys.seal(&place(&call.who, key), &answer)?, act.now,
                ],
            )?;
            Ok(())
        })
        .await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Forgets the looks of long ago.
pub(crate) fn forget(act: &Act<'_>) -> Result<()> {
    let forgotten = Instant::from_millis(act.now.as_millis().saturating_sub(LOOKED.as_millis()));
    act.rows.put(
        "DELETE FROM audit WHERE method IN ('GET', 'HEAD') AND at < ?1",
        values![forgotten],
    )?;
    Ok(())
}

/// Adds a line to the audit. An address in which somebody took a person's number for an order's has it
/// masked.
pub(crate) fn write_down(
    act: &Act<'_>,
    who: &str,
    method: &str,
    target: &str,
    body_hash: Hash,
    status: StatusCode,
) -> Result<()> {
    act.rows.change_one(
        "INSERT INTO audit (warehouse, n, at, who, method, target, body_hash, status) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        values![
            act.warehouse.as_str(), act.next("audit")?, act.now, who, method, free_text::masked(target), body_hash, status.as_u16(),
        ],
    )
}

/// One call as the audit lists it.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Audited {
    n: u64,
    at: Instant,
    who: String,
    method: String,
    target: String,
    body_hash: Hash,
    status: i64,
}

/// Calls after a position, oldest first, of one caller or of all.
pub(crate) fn audited(
    view: &View<'_>,
    who: Option<&str>,
    after: u64,
    most: u32,
) -> Result<Vec<Audited>> {
    view.rows.all(
        "SELECT n, at, who, method, target, body_hash, status FROM audit WHERE warehouse = ?1 AND n > ?2 AND who LIKE ?3 ORDER BY n LIMIT ?4",
        values![view.warehouse.as_str(), after, who.unwrap_or("%"), most],
        |row| {
            Ok(Audited {
                n: row.count(0)?,
                at: row.instant(1)?,
                who: row.text(2)?,
                method: row.text(3)?,
                target: row.text(4)?,
                body_hash: row.hash(5)?,
                status: row.int(6)?,
            })
        },
    )
}
