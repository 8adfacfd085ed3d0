//! HTTP: the routes, the limits, and the rounds that nobody calls for.

use crate::authority::Authority;
use crate::dockings::{admin, carrier, customs, forwarder, merchant, payer, shop, workstation};
use crate::{changes, leases, metrics, orders};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tower_http::timeout::TimeoutLayer;

/// At most this many bytes in a body.
pub(crate) const MOST_BODY: usize = 4 << 20;
/// A request that takes longer is ended: no act takes so long, a slow sender does.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);
/// How often silent holders and waiting orders are looked at.
const ROUND: Duration = Duration::from_secs(5);
/// How often shops are told what is new.
const TELL: Duration = Duration::from_secs(1);

/// Every route.
pub(crate) fn router(authority: Arc<Authority>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics::show))
        .route("/v1/shop/orders", post(shop::send))
        .route("/v1/shop/orders/{platform}/{order_no}", get(shop::progress))
        .route("/v1/shop/orders/{platform}/{order_no}/cancel", post(shop::cancel))
        .route("/v1/shop/changes", get(shop::changes))
        .route("/v1/shop/callback", put(shop::call_back))
        .route("/v1/payer/payments", post(payer::send))
        .route("/v1/carrier/number-pools", post(carrier::fill))
        .route("/v1/carrier/waybills", get(carrier::fetch))
        .route("/v1/carrier/statuses", post(carrier::status))
        .route("/v1/carrier/pickups", get(carrier::pickups))
        .route("/v1/forwarder/notices", post(forwarder::announce))
        .route("/v1/forwarder/notices/{notice}", get(forwarder::standing))
        .route("/v1/forwarder/notices/{notice}/milestones", post(forwarder::milestone))
        .route("/v1/customs/outbox", get(customs::outbox))
        .route("/v1/customs/inbox", post(customs::inbox))
        .route("/v1/merchant/orders", get(merchant::orders))
        .route("/v1/merchant/enquiry", get(merchant::enquire))
        .route("/v1/merchant/stock", get(merchant::stock))
        .route("/v1/merchant/statistics", get(merchant::statistics))
        .route("/v1/admin/partners", post(admin::add_partner))
        .route("/v1/admin/partners/{key}", delete(admin::stop_partner))
        .route("/v1/admin/merchants", post(admin::list_merchants))
        .route("/v1/admin/items", post(admin::list_items))
        .route("/v1/admin/locations", post(admin::list_locations))
        .route("/v1/admin/enrolments", post(admin::new_code))
        .route("/v1/admin/orders/{platform}/{order_no}", get(admin::order).post(admin::decide))
        .route("/v1/admin/orders", get(admin::list_orders))
        .route("/v1/admin/enquiry", get(admin::enquire).post(admin::enquire_person))
        .route("/v1/admin/statistics", get(admin::statistics))
        .route("/v1/admin/stock", get(admin::stock))
        .route("/v1/admin/callbacks", get(admin::callbacks))
        .route("/v1/admin/bundles", post(admin::bundle))
        .route("/v1/admin/ledger", get(admin::ledger))
        .route("/v1/admin/cases", get(admin::open_cases))
        .route("/v1/admin/cases/{case}/close", post(admin::close_case))
        .route("/v1/admin/unmatched", get(admin::unmatched))
        .route("/v1/admin/messages/{raw}", get(admin::message))
        .route("/v1/enrol", post(workstation::enrol))
        .route("/v1/sync", post(workstation::sync))
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LONGEST_REQUEST))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&authority), metrics::count))
        .with_state(authority)
}

/// How the platform is.
#[derive(Serialize)]
struct Health {
    ok: bool,
    version: &'static str,
    warehouse: String,
    feed_pos: u64,
    customs_seen_at: Option<i64>,
}

async fn health(State(authority): State<Arc<Authority>>) -> crate::error::Result<Json<Health>> {
    let (head, seen) = authority.read(authority.home(), |view| Ok((view.feed_head()?, view.customs_seen_at()?))).await?;
    Ok(Json(Health {
        ok: true,
        version: env!("CARGO_PKG_VERSION"),
        warehouse: authority.home().to_string(),
        feed_pos: head.0.0,
        customs_seen_at: seen.map(|at| at.as_millis()),
    }))
}

/// Tells shops what is new, again and again. A shop that hangs keeps nobody waiting but other shops.
pub(crate) async fn tell(authority: Arc<Authority>, http: reqwest::Client) {
    let mut tick = tokio::time::interval(TELL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = changes::tell(&authority, &http).await {
            tracing::error!(?error, "call-backs failed; the next round tries again");
        }
    }
}

/// Looks at what time alone changes, again and again.
pub(crate) async fn rounds(authority: Arc<Authority>) {
    let mut tick = tokio::time::interval(ROUND);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let home = authority.home().clone();
        let done = authority
            .act(&home, |act| {
                leases::expire(act)?;
                orders::advance_waiting(act)
            })
            .await;
        if let Err(error) = done {
            tracing::error!(?error, "a round failed; the next one tries again");
        }
    }
}
