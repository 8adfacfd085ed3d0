//! The operator's calls about an authority that was restored from a backup.
//!
//! What recovery is stands in `sync::recovery`; here it is only shown and told who is left out.

use super::super::shop::json;
use super::super::signature::Admin;
use crate::authority::Authority;
use crate::error::Result;
use crate::sync::recovery;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::ids::DeviceId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How far a restored authority has come.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Recovering {
    /// Nothing when it works as always.
    recovery: Option<recovery::Recovery>,
    /// Workstations in use that were not heard to the end.
    silent: Vec<DeviceId>,
}

/// `GET /v1/admin/recovery`
pub(crate) async fn recovery(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Recovering>> {
    let recovering = authority
        .read(authority.home(), |view| {
            let recovery = recovery::state(view)?;
            let silent = match &recovery {
                Some(recovery) => recovery::silent(view, recovery)?,
                None => Vec::new(),
            };
            let silent = silent.into_iter().map(|(device, _)| device).collect();
            Ok(Recovering { recovery, silent })
        })
        .await?;
    Ok(Json(recovering))
}

/// Who is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoOn {
    without: Vec<DeviceId>,
}

/// `POST /v1/admin/recovery`
pub(crate) async fn go_on(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<StatusCode> {
    let wanted: GoOn = json(&body)?;
    let home = authority.home().clone();
    authority
        .act(&home, move |act| recovery::go_on(act, &wanted.without))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
