//! Guarantees, summary tax bills, and the law they are reckoned by.

use super::{Listed, list};
use crate::authority::Authority;
use crate::dockings::asked::Path;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::Result;
use crate::guarantees::{self, Guarantee, Standing};
use crate::{laws, taxes};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use bondhouse_domain::tax::RetailLaw;
use serde::Serialize;
use std::sync::Arc;

/// `GET /v1/admin/guarantees`
pub(crate) async fn guarantees(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<Standing>>> {
    authority
        .read(authority.home(), |view| guarantees::list(view, "%"))
        .await
        .map(Json)
}

/// `POST /v1/admin/guarantees`
pub(crate) async fn set_guarantees(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(
        &authority,
        json::<Vec<Guarantee>>(&body)?,
        |act, guarantee| guarantees::set(act, &guarantee),
    )
    .await
}

/// How many bills a payment settled.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Settled {
    bills: usize,
}

/// `POST /v1/admin/duties/{duty_no}/paid`: the firm's summary bill was paid. Said again it changes nothing.
pub(crate) async fn duty_paid(
    State(authority): State<Arc<Authority>>,
    Path(duty_no): Path<String>,
    _: Admin,
) -> Result<Json<Settled>> {
    let home = authority.home().clone();
    let bills = authority
        .act(&home, move |act| taxes::settle(act, &duty_no))
        .await?;
    Ok(Json(Settled { bills }))
}

/// `GET /v1/admin/laws`: oldest first.
pub(crate) async fn laws(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<RetailLaw>>> {
    authority.read(authority.home(), laws::all).await.map(Json)
}

/// `POST /v1/admin/laws`
pub(crate) async fn enter_laws(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(&authority, json::<Vec<RetailLaw>>(&body)?, |act, law| {
        laws::enter(act, &law)
    })
    .await
}
