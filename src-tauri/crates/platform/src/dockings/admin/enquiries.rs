//! One box for any number, a person's too, and statistics, over the whole warehouse.

use crate::authority::Authority;
use crate::dockings::asked::Query;
use crate::dockings::merchant::{Number, Period};
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::enquiry::{self, Found, Scope};
use crate::error::Result;
use crate::statistics::{self, Statistics};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// `GET /v1/admin/enquiry?number=`: one box for any number.
pub(crate) async fn enquire(
    State(authority): State<Arc<Authority>>,
    Query(asked): Query<Number>,
    _: Admin,
) -> Result<Json<Found>> {
    authority
        .read(authority.home(), move |view| {
            enquiry::by_number(view, &Scope::Everything, &asked.number)
        })
        .await
        .map(Json)
}

/// What stands in the box.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    number: String,
    /// Of which kind it is, should it be a person's.
    #[serde(default = "resident")]
    id_type: String,
}

fn resident() -> String {
    "1".to_owned()
}

/// `POST /v1/admin/enquiry`: the same box for any number and a person's as well. A body, so that such a
/// number stands in no log.
pub(crate) async fn enquire_anything(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Found>> {
    let asked: Asked = json(&body)?;
    authority
        .read(authority.home(), move |view| {
            enquiry::by_anything(view, &Scope::Everything, &asked.number, &asked.id_type)
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/statistics?from=&to=&by=day|merchant|chapter|district`
pub(crate) async fn statistics(
    State(authority): State<Arc<Authority>>,
    Query(period): Query<Period>,
    _: Admin,
) -> Result<Json<Statistics>> {
    let period = period.checked()?;
    authority
        .read(authority.home(), move |view| {
            statistics::of_period(view, &Scope::Everything, period.from, period.to, period.by)
        })
        .await
        .map(Json)
}
