//! Bundles for the gate, and another pass where one was refused.

use crate::authority::Authority;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::Result;
use crate::{gate, notes};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The vehicle of a bundle.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBundle {
    vehicle: String,
}

/// A bundle's own number.
#[derive(Serialize)]
pub(crate) struct Bundled {
    own_no: String,
}

/// `POST /v1/admin/bundles`: what is released goes into one note, and a pass is applied for.
pub(crate) async fn bundle(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<(StatusCode, Json<Bundled>)> {
    let wanted: NewBundle = json(&body)?;
    let home = authority.home().clone();
    let own_no = authority
        .act(&home, move |act| notes::bundle(act, &wanted.vehicle))
        .await?;
    Ok((StatusCode::CREATED, Json(Bundled { own_no })))
}

/// `POST /v1/admin/passes/{own_no}/again`: for this vehicle, after customs refused a pass.
pub(crate) async fn pass_again(
    State(authority): State<Arc<Authority>>,
    Path(own_no): Path<String>,
    _: Admin,
    body: Bytes,
) -> Result<StatusCode> {
    let wanted: NewBundle = json(&body)?;
    let home = authority.home().clone();
    authority
        .act(&home, move |act| gate::again(act, &own_no, &wanted.vehicle))
        .await?;
    Ok(StatusCode::ACCEPTED)
}
