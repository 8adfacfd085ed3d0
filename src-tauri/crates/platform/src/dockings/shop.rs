//! The shop's docking: orders in, cancellations, and how far its orders are.

use super::carrier::After;
use super::signature::Signed;
use super::{Answer, Answers, Kind, Partner, documents};
use crate::authority::{Authority, View};
use crate::dockings::asked::{Path, Query};
use crate::error::{Error, Result};
use crate::messages::{self, Direction};
use crate::orders::{self, Record, Taken};
use crate::progress::Progress;
use crate::returns::{self, Returned, Wanted};
use crate::{changes, says};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::customs::{self, Document};
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::orders::{Change, State as Life};
use serde::Serialize;
use std::sync::Arc;

/// `POST /v1/shop/orders`: CEB311 as XML, or orders as JSON. Each order is an act of its own.
pub(crate) async fn send(State(authority): State<Arc<Authority>>, call: Signed) -> Result<Answers> {
    call.partner.require(Kind::Shop)?;
    let orders = documents::read(&authority, &call, |document| match document {
        Document::Order(order) => Ok(order),
        other => Err(other.kind()),
    })
    .await?;
    let alone = orders.len() == 1;
    let mut results = Vec::new();
    for order in orders {
        let (number, partner) = (order_number(&order), call.partner.clone());
        let (sent, is_xml) = (call.body.clone(), call.is_xml);
        let taken = match order {
            Ok(order) => {
                authority
                    .act(&call.partner.warehouse, move |act| {
                        take(act, &partner, &order, &sent, is_xml && alone)
                    })
                    .await
            }
            Err(refusal) => Err(refusal),
        };
        results.push(Answer::of(&number, taken)?);
    }
    Ok(Answers { results })
}

fn order_number(order: &Result<customs::Order>) -> String {
    order
        .as_ref()
        .map_or_else(|_| String::new(), |order| order.order_no.clone())
}

/// Reads a JSON body, or refuses it with line and column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::bad_json(error.line(), error.column()),
        )
    })
}

pub(crate) fn take(
    act: &crate::authority::Act<'_>,
    shop: &Partner,
    order: &customs::Order,
    sent: &Bytes,
    as_sent: bool,
) -> Result<Taken> {
    let kept = messages::keep(act, Direction::In, &shop.id, "CEB311", sent)?;
    let taken = orders::receive(act, shop, order, kept.raw)?;
    if taken != Taken::Known {
        if shop.forwards {
            messages::hand_on(
                act,
                &Document::Order(order.clone()),
                as_sent.then_some(sent),
                &order.order_no,
            )?;
        }
        orders::advance(act, &order.key())?;
    }
    Ok(taken)
}

/// An order of this shop; another's is as unknown as none.
fn own(view: &View<'_>, shop: &Partner, key: &OrderKey) -> Result<Record> {
    let foreign = || {
        Error::refused(
            StatusCode::NOT_FOUND,
            bondhouse_domain::orders::says::unknown(key),
        )
    };
    if key.platform != shop.code {
        return Err(foreign());
    }
    orders::get(view, key)
}

/// `GET /v1/shop/orders/{platform}/{order_no}`
pub(crate) async fn progress(
    State(authority): State<Arc<Authority>>,
    Path((platform, order_no)): Path<(String, String)>,
    call: Signed,
) -> Result<Json<Progress>> {
    call.partner.require(Kind::Shop)?;
    let shop = call.partner.clone();
    let key = OrderKey { platform, order_no };
    authority
        .read(&call.partner.warehouse, move |view| {
            Progress::of(view, own(view, &shop, &key)?)
        })
        .await
        .map(Json)
}

/// What was answered to a wish to cancel; always true, never hopeful (I10).
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Cancelling {
    /// `cancelled`, `pending` or `left`.
    answer: &'static str,
    #[serde(flatten)]
    progress: Progress,
}

/// `POST /v1/shop/orders/{platform}/{order_no}/cancel`: 200 when it is cancelled for good, else 202.
pub(crate) async fn cancel(
    State(authority): State<Arc<Authority>>,
    Path((platform, order_no)): Path<(String, String)>,
    call: Signed,
) -> Result<(StatusCode, Json<Cancelling>)> {
    call.partner.require(Kind::Shop)?;
    let shop = call.partner.clone();
    let key = OrderKey { platform, order_no };
    let cancelling = authority
        .act(&call.partner.warehouse, move |act| {
            own(act, &shop, &key)?;
            orders::change(act, &key, Change::RequestCancel)?;
            let order = orders::get(act, &key)?;
            let answer = match order.life.state {
                Life::Cancelled => "cancelled",
                Life::GatedOut | Life::Delivered | Life::Returning | Life::Returned => "left",
                _ => "pending",
            };
            Ok(Cancelling {
                answer,
                progress: Progress::of(act, order)?,
            })
        })
        .await?;
    let status = if cancelling.answer == "cancelled" {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, Json(cancelling)))
}

/// `POST /v1/shop/orders/{platform}/{order_no}/returns`: applied for, or what became of it before.
pub(crate) async fn return_goods(
    State(authority): State<Arc<Authority>>,
    Path((platform, order_no)): Path<(String, String)>,
    call: Signed,
) -> Result<(StatusCode, Json<Returned>)> {
    call.partner.require(Kind::Shop)?;
    let wanted: Wanted = json(&call.body)?;
    let shop = call.partner.clone();
    let key = OrderKey { platform, order_no };
    let returned = authority
        .act(&call.partner.warehouse, move |act| {
            own(act, &shop, &key)?;
            let kept = messages::keep(act, Direction::In, &shop.id, "return", &call.body)?;
            tracing::debug!(raw = kept.raw, "a return was asked for");
            returns::apply(act, &shop, &key, &wanted)
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(returned)))
}

/// `GET /v1/shop/returns/{number}`: how far one of this shop's returns is.
pub(crate) async fn returned(
    State(authority): State<Arc<Authority>>,
    Path(number): Path<String>,
    call: Signed,
) -> Result<Json<Returned>> {
    call.partner.require(Kind::Shop)?;
    let id = call.partner.id.clone();
    authority
        .read(&call.partner.warehouse, move |view| {
            returns::by_number(view, &id, &number)?.ok_or_else(|| returns::unknown(&number))
        })
        .await
        .map(Json)
}

/// `GET /v1/shop/changes?after=N&limit=M`: what happened to this shop's orders, numbered without gaps.
pub(crate) async fn changes(
    State(authority): State<Arc<Authority>>,
    Query(after): Query<After>,
    call: Signed,
) -> Result<Json<Vec<changes::Kept>>> {
    call.partner.require(Kind::Shop)?;
    let id = call.partner.id.clone();
    authority
        .read(&call.partner.warehouse, move |view| {
            changes::after(view, &id, after.after, after.most())
        })
        .await
        .map(Json)
}
