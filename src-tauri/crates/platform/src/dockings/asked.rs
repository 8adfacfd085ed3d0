//! What a call asks for in its address, read so that what cannot be read is refused in our own words.
//!
//! The framework's own extractors answer a bad query in plain English text. A partner's program that reads
//! JSON would stumble over the refusal instead of over its mistake.

use crate::error::{Error, Result};
use crate::says;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub(crate) T);

/// The parts of the path that have names.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(asked)| Self(asked))
            .map_err(|_| unreadable())
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(named)| Self(named))
            .map_err(|_| unreadable())
    }
}

/// What it was is not repeated: an address may hold a number that names a person.
fn unreadable() -> Error {
    Error::refused(StatusCode::BAD_REQUEST, says::bad_address())
}
