//! Orders: how far they are, and what a human decides about one.

use crate::authority::{Act, Authority};
use crate::comparison::{self, Judged};
use crate::dockings::asked::{Path, Query};
use crate::dockings::merchant::Wanted;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::enquiry::{self, Scope};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::{clearance, leases, orders, says};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::orders::{Change, HoldBy};
use chrono::NaiveDate;
use serde::Deserialize;
use std::sync::Arc;

/// A decision about one order.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Decision {
    /// Hold it back.
    Hold { by: HoldBy },
    /// Let it go; customs' own hold is lifted by customs alone.
    Lift { by: HoldBy },
    /// Someone looked at the bench of a silent holder.
    Looked { packed: bool },
    /// A parcel to be cancelled was scanned back from staging.
    PulledBack,
    /// Ask customs again to cancel a list it would not cancel.
    WithdrawAgain,
    /// Declare again what customs refused, unchanged but for what was corrected elsewhere.
    DeclareAgain,
}

/// `POST /v1/admin/orders/{platform}/{order_no}`
pub(crate) async fn decide(
    State(authority): State<Arc<Authority>>,
    Path((platform, order_no)): Path<(String, String)>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Progress>> {
    let decision: Decision = json(&body)?;
    let key = OrderKey { platform, order_no };
    let home = authority.home().clone();
    authority
        .act(&home, move |act| {
            carry_out(act, &key, decision)?;
            Progress::of(act, orders::get(act, &key)?)
        })
        .await
        .map(Json)
}

fn carry_out(act: &Act<'_>, key: &OrderKey, decision: Decision) -> Result<()> {
    match decision {
        Decision::Hold {
            by: HoldBy::Customs,
        }
        | Decision::Lift {
            by: HoldBy::Customs,
        } => Err(Error::refused(StatusCode::FORBIDDEN, says::only_customs())),
        Decision::Hold {
            by: HoldBy::Quarantine,
        }
        | Decision::Lift {
            by: HoldBy::Quarantine,
        } => Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::only_quarantine(),
        )),
        Decision::Hold { by } => orders::change(act, key, Change::Hold(by)).map(drop),
        Decision::Lift { by } => orders::change(act, key, Change::Lift(by)).map(drop),
        Decision::Looked { packed } => leases::looked(act, key, packed),
        Decision::PulledBack => orders::pull_back(act, key),
        Decision::WithdrawAgain => clearance::withdraw_again(act, key),
        Decision::DeclareAgain => orders::correct(act, key),
    }
}

/// `GET /v1/admin/orders/{platform}/{order_no}`
pub(crate) async fn order(
    State(authority): State<Arc<Authority>>,
    Path((platform, order_no)): Path<(String, String)>,
    _: Admin,
) -> Result<Json<Progress>> {
    let key = OrderKey { platform, order_no };
    authority
        .read(authority.home(), move |view| {
            Progress::of(view, orders::get(view, &key)?)
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/orders?state=&since=&limit=`
pub(crate) async fn list_orders(
    State(authority): State<Arc<Authority>>,
    Query(wanted): Query<Wanted>,
    _: Admin,
) -> Result<Json<Vec<Progress>>> {
    let most = wanted.limit.unwrap_or(100).clamp(1, 500);
    authority
        .read(authority.home(), move |view| {
            enquiry::list(
                view,
                &Scope::Everything,
                wanted.state.as_deref(),
                wanted.since,
                most,
            )
        })
        .await
        .map(Json)
}

/// By the law of which day.
#[derive(Deserialize)]
pub(crate) struct On {
    #[serde(default)]
    on: Option<NaiveDate>,
}

/// `GET /v1/admin/orders/{platform}/{order_no}/comparison?on=`: its papers judged again, by the law of
/// that day; of the day it was declared, or of today, when none is named.
pub(crate) async fn compare(
    State(authority): State<Arc<Authority>>,
    Path((platform, order_no)): Path<(String, String)>,
    Query(wanted): Query<On>,
    _: Admin,
) -> Result<Json<Judged>> {
    let key = OrderKey { platform, order_no };
    authority
        .read(authority.home(), move |view| {
            comparison::again(view, &key, wanted.on)
        })
        .await
        .map(Json)
}
