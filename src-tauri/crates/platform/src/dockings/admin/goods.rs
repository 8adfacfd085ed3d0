//! Master data, listed all or none, and what lies in the warehouse.

use super::{Listed, list};
use crate::authority::Authority;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::enquiry::{self, Lying, Scope};
use crate::error::Result;
use crate::goods::{self, Item};
use crate::inspection;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use bondhouse_domain::feed::{Location, Merchant};
use std::sync::Arc;

/// `POST /v1/admin/merchants`
pub(crate) async fn list_merchants(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(&authority, json::<Vec<Merchant>>(&body)?, goods::list_owner).await
}

/// `POST /v1/admin/items`
pub(crate) async fn list_items(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(&authority, json::<Vec<Item>>(&body)?, |act, item| {
        goods::list_item(act, &item)
    })
    .await
}

/// `POST /v1/admin/locations`
pub(crate) async fn list_locations(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(
        &authority,
        json::<Vec<Location>>(&body)?,
        goods::list_location,
    )
    .await
}

/// `GET /v1/admin/stock`
pub(crate) async fn stock(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<Lying>>> {
    authority
        .read(authority.home(), |view| {
            enquiry::stock(view, &Scope::Everything)
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/holds`: what nobody may use until inspection and quarantine says so.
pub(crate) async fn list_holds(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<inspection::Held>>> {
    authority
        .read(authority.home(), inspection::holds)
        .await
        .map(Json)
}
