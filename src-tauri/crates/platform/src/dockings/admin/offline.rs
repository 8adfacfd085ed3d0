//! The operator's calls about what workstations may do without contact.

use super::super::shop::json;
use super::super::signature::Admin;
use crate::authority::Authority;
use crate::error::Result;
use crate::offline::{self, Decided, Policies};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::offline::OfflinePolicy;
use std::sync::Arc;

/// `GET /v1/admin/offline-policy`: what holds now, and everything decided so far.
pub(crate) async fn offline_policies(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Policies>> {
    authority
        .read(authority.home(), offline::policies)
        .await
        .map(Json)
}

/// `POST /v1/admin/offline-policy`: a new version, from now or a later moment on.
pub(crate) async fn decide_offline(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<(StatusCode, Json<OfflinePolicy>)> {
    let decided: Decided = json(&body)?;
    let home = authority.home().clone();
    let policy = authority
        .act(&home, move |act| offline::decide(act, decided))
        .await?;
    Ok((StatusCode::CREATED, Json(policy)))
}
