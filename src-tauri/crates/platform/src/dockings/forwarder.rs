//! The forwarder's docking: inbound notices and how far the goods are.

use super::shop::json;
use super::signature::Signed;
use super::{Answer, Answers, Kind};
use crate::authority::Authority;
use crate::dockings::asked::Path;
use crate::error::{Error, Result};
use crate::intake::{self, Announced, Milestone};
use crate::messages::{self, Direction};
use crate::says;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;

/// `POST /v1/forwarder/notices`
pub(crate) async fn announce(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Answers> {
    call.partner.require(Kind::Forwarder)?;
    let notice: Announced = json(&call.body)?;
    let number = notice.notice.clone();
    let taken = authority
        .act(&call.partner.warehouse.clone(), move |act| {
            let kept = messages::keep(act, Direction::In, &call.partner.id, "notice", &call.body)?;
            intake::receive(act, &call.partner, &notice, kept.raw)
        })
        .await;
    Ok(Answers {
        results: vec![Answer::of(&number, taken)?],
    })
}

/// Where a notice stands.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "NoticeStanding")]
pub(crate) struct Standing {
    notice: String,
    state: String,
    milestones: Vec<Milestone>,
}

/// `GET /v1/forwarder/notices/{notice}`
pub(crate) async fn standing(
    State(authority): State<Arc<Authority>>,
    Path(notice): Path<String>,
    call: Signed,
) -> Result<Json<Standing>> {
    call.partner.require(Kind::Forwarder)?;
    let id = call.partner.id.clone();
    let found = authority
        .read(&call.partner.warehouse, move |view| {
            let found = intake::find(view, &notice)?.filter(|(_, _, forwarder)| *forwarder == id);
            let (_, state, _) = found.ok_or_else(|| unknown(&notice))?;
            Ok(Standing {
                milestones: intake::milestones(view, &notice)?,
                notice,
                state,
            })
        })
        .await?;
    Ok(Json(found))
}

fn unknown(notice: &str) -> Error {
    Error::refused(StatusCode::NOT_FOUND, says::unknown_notice(notice))
}

/// `POST /v1/forwarder/notices/{notice}/milestones`
pub(crate) async fn milestone(
    State(authority): State<Arc<Authority>>,
    Path(notice): Path<String>,
    call: Signed,
) -> Result<StatusCode> {
    call.partner.require(Kind::Forwarder)?;
    let milestone: Milestone = json(&call.body)?;
    authority
        .act(&call.partner.warehouse.clone(), move |act| {
            let own = intake::find(act, &notice)?
                .is_some_and(|(_, _, forwarder)| forwarder == call.partner.id);
            if !own {
                return Err(unknown(&notice));
            }
            intake::pass(act, &notice, &milestone)?;
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}
