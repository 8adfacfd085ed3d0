//! What passed between customs and us: receipts that answer nothing, files handed over, kept messages.

use crate::authority::{Authority, View};
use crate::dockings::asked::{Path, Query};
use crate::dockings::signature::Admin;
use crate::error::Result;
use crate::rows::values;
use crate::{gateway, messages};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::time::Instant;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A receipt that answers nothing we know.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Unmatched {
    raw: u64,
    kind: String,
    key: String,
    at: Instant,
}

/// `GET /v1/admin/unmatched`
pub(crate) async fn unmatched(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<Unmatched>>> {
    authority
        .read(authority.home(), list_unmatched)
        .await
        .map(Json)
}

fn list_unmatched(view: &View<'_>) -> Result<Vec<Unmatched>> {
    view.rows.all(
        "SELECT raw, kind, key, at FROM unmatched WHERE warehouse = ?1 ORDER BY raw DESC LIMIT 500",
        values![view.warehouse.as_str()],
        |row| {
            Ok(Unmatched {
                raw: row.count(0)?,
                kind: row.text(1)?,
                key: row.text(2)?,
                at: row.instant(3)?,
            })
        },
    )
}

/// Which files to list.
#[derive(Deserialize)]
pub(crate) struct WantedFiles {
    #[serde(default)]
    state: Option<String>,
}

/// `GET /v1/admin/handovers?state=offered|sent|failed`: newest first.
pub(crate) async fn handovers(
    State(authority): State<Arc<Authority>>,
    Query(wanted): Query<WantedFiles>,
    _: Admin,
) -> Result<Json<Vec<gateway::Handover>>> {
    authority
        .read(authority.home(), move |view| {
            gateway::handovers(view, wanted.state.as_deref())
        })
        .await
        .map(Json)
}

/// `POST /v1/admin/handovers/{n}/again`: whoever mended what it failed on says so.
pub(crate) async fn hand_over_again(
    State(authority): State<Arc<Authority>>,
    Path(n): Path<u64>,
    _: Admin,
) -> Result<StatusCode> {
    let home = authority.home().clone();
    authority
        .act(&home, move |act| gateway::again(act, n))
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /v1/admin/messages/{raw}`: a kept message, unmodified. It may name people; the reading is logged.
pub(crate) async fn message(
    State(authority): State<Arc<Authority>>,
    Path(raw): Path<u64>,
    _: Admin,
) -> Result<Vec<u8>> {
    tracing::info!(raw, "a kept message was read by the operator");
    authority
        .read(authority.home(), move |view| messages::bytes(view, raw))
        .await
}
