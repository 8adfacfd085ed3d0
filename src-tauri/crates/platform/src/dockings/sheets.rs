//! Orders from a spreadsheet: what a shop without a system of its own sends.
//!
//! A workbook is taken whole or not at all: while one cell is wrong, every wrong cell is named and nothing
//! is kept, so that nobody has to find out which half arrived. Then its orders go the way of all others
//! ([`shop`](super::shop)), each an act of its own; the workbook itself is kept as evidence.

use super::Kind;
use super::shop;
use super::signature::Signed;
use crate::authority::Authority;
use crate::error::{Error, Result};
use crate::messages::{self, Direction};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bondhouse_customs::upload::{CellError, SheetLimits, Upload, Uploaded, read_workbook};
use bondhouse_domain::customs::MessageKind;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Whether to try only.
#[derive(Deserialize)]
pub(crate) struct Manner {
    #[serde(default)]
    dry_run: bool,
}

/// What reading a workbook came to.
#[derive(Serialize)]
struct Tried {
    sheet: String,
    /// Numbers of the orders that could be taken.
    orders: Vec<String>,
    errors: Vec<CellError>,
    /// Headings nothing is made of.
    passed_over: Vec<String>,
}

/// `POST /v1/shop/orders.xlsx?dry_run=true`: 200 with what would come of it; without, 422 while a cell is wrong.
pub(crate) async fn orders(
    State(authority): State<Arc<Authority>>,
    Query(manner): Query<Manner>,
    call: Signed,
) -> Result<Response> {
    call.partner.require(Kind::Shop)?;
    let Upload {
        sheet,
        documents,
        errors,
        passed_over,
    } = read_workbook(&call.body, SheetLimits::default())
        .map_err(|refusal| Error::refused(StatusCode::UNPROCESSABLE_ENTITY, refusal))?;
    let orders = match documents {
        Uploaded::Orders(orders) => orders,
        Uploaded::Lists(_) => return Err(messages::wrong_kind(MessageKind::Ceb621)),
    };
    if manner.dry_run || !errors.is_empty() {
        let status = match manner.dry_run {
            true => StatusCode::OK,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let orders = orders.into_iter().map(|order| order.order_no).collect();
        let tried = Tried {
            sheet,
            orders,
            errors,
            passed_over,
        };
        return Ok((status, Json(tried)).into_response());
    }
    let (partner, workbook) = (call.partner.id.clone(), call.body.clone());
    authority
        .act(&call.partner.warehouse, move |act| {
            messages::keep(act, Direction::In, &partner, "XLSX", &workbook).map(drop)
        })
        .await?;
    let answers = shop::take_each(&authority, &call.partner, orders).await?;
    Ok(answers.into_response())
}
