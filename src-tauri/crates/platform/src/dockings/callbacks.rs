//! Call-backs: where a shop wants to be told, and what its operator can do when it does not answer.
//!
//! An address is called from inside the warehouse's network, so it must be one of the open net over TLS,
//! or this very machine for trying things out; a name that only begins like this machine's is neither.

use super::Kind;
use super::shop::json;
use super::signature::{Admin, Signed};
use crate::authority::Authority;
use crate::changes;
use crate::dockings::asked::{Path, Query};
use crate::error::{Error, Result};
use crate::says;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;

/// Where to call back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallBack {
    url: String,
}

/// `PUT /v1/shop/callback`: an `https://` address (`http://` on this machine only); empty ends it.
pub(crate) async fn call_back(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<StatusCode> {
    call.partner.require(Kind::Shop)?;
    let wanted: CallBack = json(&call.body)?;
    if !(wanted.url.is_empty() || may_be_called(&wanted.url)) {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete("url"),
        ));
    }
    let id = call.partner.id.clone();
    authority
        .act(&call.partner.warehouse, move |act| {
            changes::set_callback(act, &id, &wanted.url)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn may_be_called(text: &str) -> bool {
    const LONGEST: usize = 500;
    let Ok(url) = text.parse::<reqwest::Url>() else {
        return false;
    };
    let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let safe = url.scheme() == "https" || (url.scheme() == "http" && here);
    safe && text.len() <= LONGEST && url.username().is_empty() && url.password().is_none()
}

/// How many to show.
#[derive(Deserialize)]
pub(crate) struct Most {
    #[serde(default)]
    limit: Option<u32>,
}

/// `GET /v1/admin/callbacks/{key}?limit=`: what a shop was not told yet, oldest first.
pub(crate) async fn untold(
    State(authority): State<Arc<Authority>>,
    Path(key): Path<String>,
    Query(most): Query<Most>,
    _: Admin,
) -> Result<Json<Vec<changes::Kept>>> {
    let most = most.limit.unwrap_or(100).clamp(1, 500);
    authority
        .read(authority.home(), move |view| {
            changes::untold(view, &key, most)
        })
        .await
        .map(Json)
}

/// From which change on a shop is to be told again; without one, from the first it was not told.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    #[serde(default)]
    from: Option<u64>,
}

/// `POST /v1/admin/callbacks/{key}/again`: 202, told at the next round.
pub(crate) async fn again(
    State(authority): State<Arc<Authority>>,
    Path(key): Path<String>,
    _: Admin,
    body: Bytes,
) -> Result<StatusCode> {
    let again: Again = if body.is_empty() {
        Again::default()
    } else {
        json(&body)?
    };
    let home = authority.home().clone();
    authority
        .act(&home, move |act| changes::again(act, &key, again.from))
        .await?;
    Ok(StatusCode::ACCEPTED)
}
