//! Returns: listed, and the goods of one looked at.

use crate::authority::Authority;
use crate::dockings::asked::{Path, Query};
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::Result;
use crate::returns::{self, Returned};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// Which returns to list.
#[derive(Deserialize)]
pub(crate) struct WantedReturns {
    #[serde(default)]
    state: Option<String>,
}

/// `GET /v1/admin/returns?state=`: oldest first.
pub(crate) async fn list_returns(
    State(authority): State<Arc<Authority>>,
    Query(wanted): Query<WantedReturns>,
    _: Admin,
) -> Result<Json<Vec<Returned>>> {
    authority
        .read(authority.home(), move |view| {
            returns::list(view, wanted.state.as_deref())
        })
        .await
        .map(Json)
}

/// What the checker found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arrival {
    condition: returns::Condition,
}

/// `POST /v1/admin/returns/{return_no}/arrived`
pub(crate) async fn return_arrived(
    State(authority): State<Arc<Authority>>,
    Path(return_no): Path<String>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Returned>> {
    let arrival: Arrival = json(&body)?;
    let home = authority.home().clone();
    authority
        .act(&home, move |act| {
            returns::arrive(act, &return_no, arrival.condition)
        })
        .await
        .map(Json)
}
