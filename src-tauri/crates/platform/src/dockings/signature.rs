//! Request signing: HMAC-SHA256 or Ed25519 over everything that matters, each nonce once.
//!
//! ```text
//! bondhouse-key:       the key id
//! bondhouse-time:      milliseconds since 1970 UTC, within five minutes of ours
//! bondhouse-nonce:     8 to 64 letters, digits or '-', never used twice
//! bondhouse-signature: hex of HMAC-SHA256(secret,
//!                        "bondhouse request 1\n" METHOD "\n" path-and-query "\n" time "\n" nonce "\n" hex(SHA-256(body)))
//! ```
//! A partner that was registered with a public key signs the same text with Ed25519 (128 hexadecimal digits).
//! The secret is the text as given, not the bytes its hexadecimal digits stand for. Whatever is wrong,
//! the caller hears the same refusal.

use super::Partner;
use super::door::too_large;
use crate::authority::{Act, Authority};
use crate::error::{Error, Result};
use crate::keys;
use crate::rows::values;
use crate::says;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bondhouse_domain::time::{Instant, Span};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How far a caller's clock may be from ours.
const CLOCKS_DIFFER: Span = Span::minutes(5);

/// A call whose signature was checked.
#[derive(Clone)]
pub(crate) struct Signed {
    /// Who calls.
    pub(crate) partner: Partner,
    /// Whether the body is XML by its content type.
    pub(crate) is_xml: bool,
    /// The body.
    pub(crate) body: Bytes,
}

impl FromRequest<Arc<Authority>> for Signed {
    type Rejection = Error;

    async fn from_request(mut request: Request, authority: &Arc<Authority>) -> Result<Self> {
        // The door has checked it already; its nonce is spent.
        if let Some(signed) = request.extensions_mut().remove::<Self>() {
            return Ok(signed);
        }
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(request, authority)
            .await
            .map_err(|_| too_large(crate::server::MOST_BODY))?;
        let claim = Claim::read(&parts).ok_or_else(unsigned)?;
        let now = authority.now();
        if now.since(claim.at).as_millis().abs() > CLOCKS_DIFFER.as_millis() {
            return Err(unsigned());
        }
        let key = claim.key.clone();
        let ((partner, secret), policy) = authority
            .read(authority.home(), move |view| {
                let found = super::find(view, &key)?.ok_or_else(unsigned)?;
                let policy = view.settings_of(&found.0.warehouse)?.policy;
                Ok((found, policy))
            })
            .await?;
        let proven = match &partner.public_key {
            Some(key) => claim.is_signed_by(key, &parts, &body),
            None => claim.is_signed_with(&secret, &parts, &body),
        };
        if !proven {
            return Err(unsigned());
        }
        if let Some(limit) = partner.most_body.filter(|limit| body.len() > *limit) {
            return Err(too_large(limit));
        }
        let warehouse = partner.warehouse.clone();
        if !authority.limits.take(
            &claim.key,
            partner.calls_per_second.unwrap_or(policy.calls_per_second),
            partner.calls_per_second.unwrap_or(policy.calls_at_once),
            now,
        ) {
            return Err(Error::refused(
                StatusCode::TOO_MANY_REQUESTS,
                says::too_often(),
            ));
        }
        authority
            .act(&warehouse, move |act| {
                use_nonce(act, &claim.key, &claim.nonce)
            })
            .await?;
        Ok(Self {
            partner,
            is_xml: is_xml(&parts.headers),
            body,
        })
    }
}

fn unsigned() -> Error {
    Error::refused(StatusCode::UNAUTHORIZED, says::bad_signature())
}

fn is_xml(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.contains("xml"))
}

/// What the headers claim, not yet believed.
struct Claim {
    key: String,
    time: String,
    at: Instant,
    nonce: String,
    signature: String,
}

impl Claim {
    fn read(parts: &Parts) -> Option<Self> {
        let header = |name: &str| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
        let (time, nonce) = (header("bondhouse-time")?, header("bondhouse-nonce")?);
        let well_formed = (8..=64).contains(&nonce.len())
            && nonce
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        Some(Self {
            key: header("bondhouse-key")?,
            at: Instant::from_millis(time.parse().ok()?),
            time,
            nonce: well_formed.then_some(nonce)?,
            signature: header("bondhouse-signature")?,
        })
    }

    /// Ed25519 over the same text.
    fn is_signed_by(&self, key: &VerifyingKey, parts: &Parts, body: &[u8]) -> bool {
        let text = text(
            parts.method.as_str(),
            target(parts),
            &self.time,
            &self.nonce,
            body,
        );
        HEXLOWER_PERMISSIVE
            .decode(self.signature.as_bytes())
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .is_some_and(|signature| key.verify_strict(text.as_bytes(), &signature).is_ok())
    }

    fn is_signed_with(&self, secret: &[u8], parts: &Parts, body: &[u8]) -> bool {
        let ours = sign(
            secret,
            parts.method.as_str(),
            target(parts),
            &self.time,
            &self.nonce,
            body,
        );
        // Both sides through the keyed hash once more, so that comparing tells nothing by its time.
        let again = |tag: &[u8]| keys::mac(secret, &[b"compare", tag]);
        again(ours.as_bytes()) == again(self.signature.as_bytes())
    }
}

/// The signature of a call, hexadecimal; the same rule for calls to us and for call-backs from us.
pub(crate) fn sign(
    secret: &[u8],
    method: &str,
    target: &str,
    time: &str,
    nonce: &str,
    body: &[u8],
) -> String {
    let text = text(method, target, time, nonce, body);
    HEXLOWER.encode(&keys::mac(secret, &[text.as_bytes()]))
}

/// What is signed.
fn text(method: &str, target: &str, time: &str, nonce: &str, body: &[u8]) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(body));
    format!("bondhouse request 1\n{method}\n{target}\n{time}\n{nonce}\n{digest}")
}

fn target(parts: &Parts) -> &str {
    parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str())
}

/// Spends a nonce.
pub(crate) fn use_nonce(act: &Act<'_>, signer: &str, nonce: &str) -> Result<()> {
    act.rows.change_one_or(
        Error::refused(StatusCode::CONFLICT, says::replayed()),
        "INSERT INTO nonces (signer, nonce, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        values![signer, nonce, act.now],
    )
}

/// Forgets the nonces of calls whose time stamps would not be believed any more.
pub(crate) fn forget_nonces(act: &Act<'_>) -> Result<()> {
    // A device's clock may be wrong by any amount, so its nonces are kept longer than its leases last.
    let forgotten = Instant::from_millis(
        act.now
            .as_millis()
            .saturating_sub(Span::minutes(48 * 60).as_millis()),
    );
    act.rows
        .put("DELETE FROM nonces WHERE at < ?1", values![forgotten])?;
    Ok(())
}

/// The operator, by the admin key as a bearer token.
pub(crate) struct Admin;

impl FromRequestParts<Arc<Authority>> for Admin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, authority: &Arc<Authority>) -> Result<Self> {
        let sent = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Bearer "));
        match sent {
            Some(key) if authority.keys.is_admin(key.trim()) => Ok(Self),
            _ => Err(Error::refused(
                StatusCode::UNAUTHORIZED,
                says::bad_signature(),
            )),
        }
    }
}
