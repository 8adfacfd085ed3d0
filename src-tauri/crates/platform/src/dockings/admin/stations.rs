//! Enrolment codes for workstations.

use crate::authority::Authority;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::Result;
use crate::workstations;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::ids::DeviceId;
use bondhouse_domain::time::Instant;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who the code is for.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCode {
    #[serde(default)]
    device: Option<DeviceId>,
}

/// A one-time enrolment code.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "EnrolmentCode")]
pub(crate) struct NewCodeAnswer {
    code: String,
    expires_at: Instant,
}

/// `POST /v1/admin/enrolments`
pub(crate) async fn new_code(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<(StatusCode, Json<NewCodeAnswer>)> {
    let wanted = if body.is_empty() {
        NewCode::default()
    } else {
        json(&body)?
    };
    let home = authority.home().clone();
    let code = authority
        .act(&home, move |act| {
            workstations::new_code(act, wanted.device.as_ref())
        })
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(NewCodeAnswer {
            code: code.text,
            expires_at: code.expires_at,
        }),
    ))
}
