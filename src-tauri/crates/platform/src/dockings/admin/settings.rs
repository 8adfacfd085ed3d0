//! The operator's calls about the warehouse's settings, which a file gave at the first start.

use crate::authority::Authority;
use crate::config::Settings;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::{Error, Result};
use crate::messages::{self, Direction};
use crate::rows::{json as written, values};
use crate::says;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The settings in force, under the names the file has for them.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct InForce(#[schemars(with = "BTreeMap<String, Value>")] Settings);

/// `GET /v1/admin/settings`
pub(crate) async fn settings(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<InForce>> {
    authority
        .read(authority.home(), |view| view.settings().map(InForce))
        .await
        .map(Json)
}

/// `POST /v1/admin/settings`: what is named changes from the next call on, at every node; the rest stays.
/// What was sent is kept, as what partners send is.
pub(crate) async fn change_settings(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<InForce>> {
    let changes: Map<String, Value> = json(&body)?;
    let home = authority.home().clone();
    authority
        .act(&home, move |act| {
            let mut settings = act.settings.clone();
            for (name, value) in &changes {
                let refused =
                    || Error::refused(StatusCode::UNPROCESSABLE_ENTITY, says::incomplete(name));
                settings = settings.with(name, value).ok_or_else(refused)?;
            }
            messages::keep(act, Direction::In, "operator", "settings", &body)?;
            act.rows.change_one(
                "UPDATE warehouses SET settings = ?2 WHERE warehouse = ?1",
                values![act.warehouse.as_str(), written(&settings)?],
            )?;
            // What waits may wait for something that is otherwise from the next act on.
            act.next("conditions")?;
            Ok(InForce(settings))
        })
        .await
        .map(Json)
}
