//! Copies of the database.

use crate::authority::Authority;
use crate::dockings::signature::Admin;
use crate::error::{Error, Result};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;

/// Where the copy is, inside the data folder.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Copied {
    file: String,
}

/// `POST /v1/admin/backups`: a verified copy beside the database, made while it works. Keys are not in it.
pub(crate) async fn back_up(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<(StatusCode, Json<Copied>)> {
    let file = format!("backup-{}.db", authority.now().as_millis());
    let (copying, name) = (Arc::clone(&authority), file.clone());
    tokio::task::spawn_blocking(move || copying.database().back_up(&name))
        .await
        .map_err(|_| Error::broken("a backup panicked"))??;
    Ok((StatusCode::CREATED, Json(Copied { file })))
}
