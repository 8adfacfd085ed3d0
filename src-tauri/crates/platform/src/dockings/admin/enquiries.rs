//! One box for any number, one person's orders, and statistics, over the whole warehouse.

use crate::authority::Authority;
use crate::dockings::asked::Query;
use crate::dockings::merchant::{Number, Period};
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::enquiry::{self, Found, Scope};
use crate::error::Result;
use crate::progress::Progress;
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

/// Whose orders to find.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    #[serde(default = "resident")]
    id_type: String,
    id_number: String,
}

fn resident() -> String {
    "1".to_owned()
}

/// `POST /v1/admin/enquiry`: the orders of one person. A body, so that the number stands in no log.
pub(crate) async fn enquire_person(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Vec<Progress>>> {
    let person: Person = json(&body)?;
    authority
        .read(authority.home(), move |view| {
            enquiry::by_person(view, &Scope::Everything, &person.id_type, &person.id_number)
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
