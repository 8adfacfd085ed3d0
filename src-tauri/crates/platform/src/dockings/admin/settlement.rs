//! Settlement with merchants: statements, and the currency and rates they are paid by.

use super::{Listed, list};
use crate::authority::Authority;
use crate::dockings::asked::Query;
use crate::dockings::merchant;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::Result;
use crate::remittances::{self, Statement};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use bondhouse_domain::ids::OwnerId;
use chrono::NaiveDate;
use serde::Deserialize;
use std::sync::Arc;

/// A period of one merchant.
#[derive(Deserialize)]
pub(crate) struct Settled {
    owner: OwnerId,
    from: NaiveDate,
    to: NaiveDate,
}

/// `GET /v1/admin/settlement?owner=&from=&to=`
pub(crate) async fn settlement(
    State(authority): State<Arc<Authority>>,
    Query(asked): Query<Settled>,
    _: Admin,
) -> Result<Json<Statement>> {
    let (from, to) = merchant::period(asked.from, asked.to)?;
    authority
        .read(authority.home(), move |view| {
            remittances::statement(view, &asked.owner, from, to)
        })
        .await
        .map(Json)
}

/// `POST /v1/admin/settlement-terms`: the currency each merchant is paid in.
pub(crate) async fn settlement_terms(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(
        &authority,
        json::<Vec<remittances::Terms>>(&body)?,
        |act, terms| remittances::set_terms(act, &terms),
    )
    .await
}

/// `POST /v1/admin/exchange-rates`
pub(crate) async fn exchange_rates(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(
        &authority,
        json::<Vec<remittances::ExchangeRate>>(&body)?,
        |act, rate| remittances::set_rate(act, &rate),
    )
    .await
}
