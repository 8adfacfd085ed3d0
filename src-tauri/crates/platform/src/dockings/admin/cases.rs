//! Open cases, and the word that closes one.

use crate::authority::Authority;
use crate::cases;
use crate::dockings::asked::Path;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::Result;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;

/// `GET /v1/admin/cases`: what is open.
pub(crate) async fn open_cases(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<cases::Opened>>> {
    authority
        .read(authority.home(), cases::opened)
        .await
        .map(Json)
}

/// What closes a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolution {
    resolution: String,
}

/// `POST /v1/admin/cases/{case}/close`
pub(crate) async fn close_case(
    State(authority): State<Arc<Authority>>,
    Path(case): Path<String>,
    _: Admin,
    body: Bytes,
) -> Result<StatusCode> {
    let closing: Resolution = json(&body)?;
    let home = authority.home().clone();
    authority
        .act(&home, move |act| {
            cases::close(act, &case, &closing.resolution)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
