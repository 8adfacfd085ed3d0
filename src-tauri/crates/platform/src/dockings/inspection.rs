//! The docking of inspection and quarantine: applications out, orders in (docs/integrators/inspection.md).

use super::carrier::After;
use super::shop::json;
use super::signature::Signed;
use super::{Answer, Answers, Kind};
use crate::authority::Authority;
use crate::dockings::asked::{Path, Query};
use crate::error::Result;
use crate::inspection::{self, Application, Held, Ordered, Standing};
use crate::messages::{self, Direction};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

/// `GET /v1/inspection/applications?after=N&limit=M`: oldest first; fetching again yields the same.
pub(crate) async fn applications(
    State(authority): State<Arc<Authority>>,
    Query(after): Query<After>,
    call: Signed,
) -> Result<Json<Vec<Application>>> {
    call.partner.require(Kind::Inspection)?;
    authority
        .read(&call.partner.warehouse, move |view| {
            inspection::applications(view, after.after, after.most())
        })
        .await
        .map(Json)
}

/// `GET /v1/inspection/applications/{application}`
pub(crate) async fn standing(
    State(authority): State<Arc<Authority>>,
    Path(application): Path<String>,
    call: Signed,
) -> Result<Json<Standing>> {
    call.partner.require(Kind::Inspection)?;
    authority
        .read(&call.partner.warehouse, move |view| {
            inspection::standing(view, &application)?
                .ok_or_else(|| inspection::unknown(&application))
        })
        .await
        .map(Json)
}

/// `POST /v1/inspection/orders`: sampling, result, release or destruction.
pub(crate) async fn order(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Answers> {
    call.partner.require(Kind::Inspection)?;
    let ordered: Ordered = json(&call.body)?;
    let number = ordered.number.clone();
    let taken = authority
        .act(&call.partner.warehouse.clone(), move |act| {
            let kept = messages::keep(
                act,
                Direction::In,
                &call.partner.id,
                "inspection",
                &call.body,
            )?;
            inspection::receive(act, &ordered, kept.raw)
        })
        .await;
    Ok(Answers {
        results: vec![Answer::of(&number, taken)?],
    })
}

/// `GET /v1/inspection/holds`: every open hold, and how much lies blocked for it.
pub(crate) async fn holds(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Json<Vec<Held>>> {
    call.partner.require(Kind::Inspection)?;
    authority
        .read(&call.partner.warehouse, inspection::holds)
        .await
        .map(Json)
}
