//! The merchant's docking: read-only, its own orders, stock and clearance.

use super::signature::Signed;
use super::{Kind, Partner};
use crate::authority::Authority;
use crate::dockings::asked::Query;
use crate::enquiry::{self, Found, Lying, Scope};
use crate::error::{Error, Result};
use crate::guarantees;
use crate::progress::Progress;
use crate::remittances::{self, Statement};
use crate::says;
use crate::statistics::{self, By, Statistics};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::ids::OwnerId;
use chrono::NaiveDate;
use serde::Deserialize;
use std::sync::Arc;

fn scope(partner: &Partner) -> Result<Scope> {
    partner.require(Kind::Merchant)?;
    // No owner at all would read as every one.
    match partner.code.is_empty() {
        false => Ok(Scope::Owner(partner.code.clone())),
        true => Err(Error::refused(StatusCode::FORBIDDEN, says::wrong_docking())),
    }
}

/// Which orders to list.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    pub(crate) state: Option<String>,
    #[serde(default)]
    pub(crate) since: i64,
    #[serde(default)]
    pub(crate) limit: Option<u32>,
}

/// `GET /v1/merchant/orders?state=&since=&limit=`
pub(crate) async fn orders(
    State(authority): State<Arc<Authority>>,
    Query(wanted): Query<Wanted>,
    call: Signed,
) -> Result<Json<Vec<Progress>>> {
    let scope = scope(&call.partner)?;
    let most = wanted.limit.unwrap_or(100).clamp(1, 500);
    authority
        .read(&call.partner.warehouse, move |view| {
            enquiry::list(view, &scope, wanted.state.as_deref(), wanted.since, most)
        })
        .await
        .map(Json)
}

/// The number in question.
#[derive(Deserialize)]
pub(crate) struct Number {
    pub(crate) number: String,
}

/// `GET /v1/merchant/enquiry?number=`
pub(crate) async fn enquire(
    State(authority): State<Arc<Authority>>,
    Query(asked): Query<Number>,
    call: Signed,
) -> Result<Json<Found>> {
    let scope = scope(&call.partner)?;
    authority
        .read(&call.partner.warehouse, move |view| {
            enquiry::by_number(view, &scope, &asked.number)
        })
        .await
        .map(Json)
}

/// `GET /v1/merchant/stock`
pub(crate) async fn stock(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Json<Vec<Lying>>> {
    let scope = scope(&call.partner)?;
    authority
        .read(&call.partner.warehouse, move |view| {
            enquiry::stock(view, &scope)
        })
        .await
        .map(Json)
}

/// A period, and what it is laid out by.
#[derive(Deserialize)]
pub(crate) struct Period {
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
    pub(crate) by: By,
}

impl Period {
    /// The period, unless it is none or longer than a reader can want at once.
    pub(crate) fn checked(self) -> Result<Self> {
        period(self.from, self.to).map(|_| self)
    }
}

/// A period that is one, and not longer than a reader can want at once.
pub(crate) fn period(from: NaiveDate, to: NaiveDate) -> Result<(NaiveDate, NaiveDate)> {
    const LONGEST_DAYS: i64 = 400;
    if (0..=LONGEST_DAYS).contains(&to.signed_duration_since(from).num_days()) {
        return Ok((from, to));
    }
    Err(Error::refused(
        StatusCode::UNPROCESSABLE_ENTITY,
        says::incomplete("from, to"),
    ))
}

/// `GET /v1/merchant/guarantee`: none, or the merchant's own.
pub(crate) async fn guarantee(
    State(authority): State<Arc<Authority>>,
    call: Signed,
) -> Result<Json<Vec<guarantees::Standing>>> {
    call.partner.require(Kind::Merchant)?;
    let owner = call.partner.code.clone();
    authority
        .read(&call.partner.warehouse, move |view| {
            guarantees::list(view, &owner)
        })
        .await
        .map(Json)
}

/// The days of a statement.
#[derive(Deserialize)]
pub(crate) struct Days {
    from: NaiveDate,
    to: NaiveDate,
}

/// `GET /v1/merchant/settlement?from=&to=`
pub(crate) async fn settlement(
    State(authority): State<Arc<Authority>>,
    Query(days): Query<Days>,
    call: Signed,
) -> Result<Json<Statement>> {
    call.partner.require(Kind::Merchant)?;
    let (from, to) = period(days.from, days.to)?;
    let owner = OwnerId::new(&call.partner.code);
    authority
        .read(&call.partner.warehouse, move |view| {
            remittances::statement(view, &owner, from, to)
        })
        .await
        .map(Json)
}

/// `GET /v1/merchant/statistics?from=&to=&by=`
pub(crate) async fn statistics(
    State(authority): State<Arc<Authority>>,
    Query(period): Query<Period>,
    call: Signed,
) -> Result<Json<Statistics>> {
    let (scope, period) = (scope(&call.partner)?, period.checked()?);
    authority
        .read(&call.partner.warehouse, move |view| {
            statistics::of_period(view, &scope, period.from, period.to, period.by)
        })
        .await
        .map(Json)
}
