//! Vehicles, bundles for the gate, how passes stand, and another pass where one was refused.

use super::{Listed, list};
use crate::authority::Authority;
use crate::dockings::asked::{Path, Query};
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::Result;
use crate::vehicles::{self, Vehicle};
use crate::{gate, notes};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
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
#[derive(Serialize, schemars::JsonSchema)]
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

/// `POST /v1/admin/vehicles`: what vehicles weigh without goods.
pub(crate) async fn list_vehicles(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(&authority, json::<Vec<Vehicle>>(&body)?, |act, vehicle| {
        vehicles::list(act, &vehicle)
    })
    .await
}

/// `GET /v1/admin/vehicles`
pub(crate) async fn show_vehicles(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<Vehicle>>> {
    authority
        .read(authority.home(), vehicles::all)
        .await
        .map(Json)
}

/// Which passes.
#[derive(Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    state: Option<String>,
}

/// `GET /v1/admin/passes?state=`
pub(crate) async fn passes(
    State(authority): State<Arc<Authority>>,
    Query(which): Query<Which>,
    _: Admin,
) -> Result<Json<Vec<gate::Listed>>> {
    authority
        .read(authority.home(), move |view| {
            gate::list(view, which.state.as_deref())
        })
        .await
        .map(Json)
}
