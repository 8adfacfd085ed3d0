//! HTTP: the routes, the limits, and the rounds that nobody calls for.

use crate::authority::{Act, Authority};
use crate::connections::Patience;
use crate::dockings::signature::forget_nonces;
use crate::dockings::{
    admin, callbacks, carrier, customs, door, forwarder, inspection, merchant, payer, sheets, shop,
    workstation,
};
use crate::openapi::{self, Body, By, Call, answers};
use crate::{changes, leases, metrics, orders, returns, sync};
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
/// How often silent holders and waiting orders are looked at.
const ROUND: Duration = Duration::from_secs(5);
/// How often the feed is looked at for what other nodes told.
const LISTEN: Duration = Duration::from_millis(200);
/// How often shops are told what is new.
const TELL: Duration = Duration::from_secs(1);

/// Every call in one list: it yields the routes and the OpenAPI document, so that neither lacks what
/// the other has.
macro_rules! calls {
    ($($method:ident $path:literal => $handler:path, $by:ident, $body:ident, [$($query:literal),*], $says:literal;)+) => {
        /// What the OpenAPI document says about each call.
        pub(crate) const CALLS: &[Call] = &[$(Call {
            method: stringify!($method), path: $path, by: By::$by, body: Body::$body, query: &[$($query),*], says: $says,
            answers: |schemas| answers::of(&$handler, schemas),
        }),+];

        fn routes() -> Router<Arc<Authority>> {
            Router::new()$(.route($path, $method($handler)))+
        }
    };
}

calls! {
    get "/health" => health, Anyone, None, [], "How the platform is";
    get "/metrics" => metrics::show, Anyone, None, [], "Counters for Prometheus";
    get "/openapi.json" => openapi::show, Anyone, None, [], "This document";
    post "/v1/shop/orders" => shop::send, Partner, Orders, [], "Send or change orders (CEB311)";
    post "/v1/shop/orders.xlsx" => sheets::orders, Partner, Workbook, ["dry_run"], "Send orders as a spreadsheet, or only try it";
    post "/v1/shop/lists.xlsx" => sheets::lists, Partner, Workbook, ["dry_run"], "Send declaration lists as a spreadsheet, or only try it";
    get "/v1/shop/orders/{platform}/{order_no}" => shop::progress, Partner, None, [], "How far an order is";
    post "/v1/shop/orders/{platform}/{order_no}/cancel" => shop::cancel, Partner, None, [], "Ask for a cancellation";
    post "/v1/shop/orders/{platform}/{order_no}/returns" => shop::return_goods, Partner, Return, [], "Apply for a return (CEB625)";
    get "/v1/shop/returns/{number}" => shop::returned, Partner, None, [], "How far a return is";
    get "/v1/shop/changes" => shop::changes, Partner, None, ["after", "limit"], "What happened to this shop's orders";
    put "/v1/shop/callback" => callbacks::call_back, Partner, CallBack, [], "Where changes are pushed to";
    post "/v1/payer/payments" => payer::send, Partner, Payments, [], "Send payments (CEB411)";
    post "/v1/payer/trades" => payer::trades, Partner, Trades, [], "Send notices of trades in the institution's own words";
    post "/v1/payer/remittances" => payer::remit, Partner, Remittance, [], "Say what was passed on to a merchant";
    post "/v1/carrier/number-pools" => carrier::fill, Partner, Pool, [], "Add waybill numbers and sort codes";
    get "/v1/carrier/number-pools" => carrier::pool, Partner, None, [], "How many waybill numbers are left";
    get "/v1/carrier/waybills" => carrier::fetch, Partner, None, ["after", "limit"], "Fetch waybills (CEB511)";
    get "/v1/carrier/waybills/{waybill_no}" => carrier::parcel, Partner, None, [], "Find a parcel and what was said of it";
    get "/v1/carrier/pickups" => carrier::pickups, Partner, None, [], "What to pick up";
    post "/v1/carrier/statuses" => carrier::status, Partner, Statuses, [], "Say what became of parcels (CEB513)";
    post "/v1/forwarder/notices" => forwarder::announce, Partner, Notice, [], "Announce goods";
    get "/v1/forwarder/notices/{notice}" => forwarder::standing, Partner, None, [], "Where a notice stands";
    post "/v1/forwarder/notices/{notice}/milestones" => forwarder::milestone, Partner, Milestone, [], "Say how far goods are";
    get "/v1/inspection/applications" => inspection::applications, Partner, None, ["after", "limit"], "Fetch applications for inspection";
    get "/v1/inspection/applications/{application}" => inspection::standing, Partner, None, [], "Where an application stands";
    post "/v1/inspection/orders" => inspection::order, Partner, InspectionOrder, [], "Order sampling, release or destruction; give a result";
    get "/v1/inspection/holds" => inspection::holds, Partner, None, [], "Open holds on goods";
    get "/v1/customs/outbox" => customs::outbox, Partner, None, ["after", "limit"], "Fetch what is declared";
    post "/v1/customs/inbox" => customs::inbox, Partner, Xml, [], "Deliver a receipt";
    get "/v1/merchant/orders" => merchant::orders, Partner, None, ["state", "since", "limit"], "A merchant's orders";
    get "/v1/merchant/enquiry" => merchant::enquire, Partner, None, ["number"], "Find a merchant's order by any number";
    get "/v1/merchant/stock" => merchant::stock, Partner, None, [], "A merchant's stock";
    get "/v1/merchant/statistics" => merchant::statistics, Partner, None, ["from", "to", "by"], "A merchant's statistics";
    get "/v1/merchant/guarantee" => merchant::guarantee, Partner, None, [], "How far a merchant's tax is covered";
    get "/v1/merchant/settlement" => merchant::settlement, Partner, None, ["from", "to"], "A merchant's settlement statement";
    post "/v1/admin/partners" => admin::add_partner, Operator, Partner, [], "Take in a partner; its secret is shown once";
    delete "/v1/admin/partners/{key}" => admin::stop_partner, Operator, None, [], "Stop a partner's key";
    post "/v1/admin/merchants" => admin::list_merchants, Operator, Merchants, [], "List merchants";
    post "/v1/admin/items" => admin::list_items, Operator, Items, [], "List items";
    post "/v1/admin/locations" => admin::list_locations, Operator, Locations, [], "List locations";
    get "/v1/admin/ledgers" => admin::ledgers, Operator, None, [], "How each ledger books";
    post "/v1/admin/ledgers" => admin::list_ledgers, Operator, Ledgers, [], "Say how ledgers book, before anything is in them";
    get "/v1/admin/laws" => admin::laws, Operator, None, [], "The law by the day it holds from";
    post "/v1/admin/laws" => admin::enter_laws, Operator, Laws, [], "Enter what is to hold from a day on";
    post "/v1/admin/enrolments" => admin::new_code, Operator, Enrolment, [], "Make an enrolment code";
    get "/v1/admin/orders" => admin::list_orders, Operator, None, ["state", "since", "limit"], "List orders";
    get "/v1/admin/orders/{platform}/{order_no}" => admin::order, Operator, None, [], "How far an order is";
    post "/v1/admin/orders/{platform}/{order_no}" => admin::decide, Operator, Decision, [], "Decide about an order";
    get "/v1/admin/orders/{platform}/{order_no}/comparison" => admin::compare, Operator, None, ["on"], "An order's papers judged by the law of a day";
    get "/v1/admin/enquiry" => admin::enquire, Operator, None, ["number"], "Find anything by its number";
    post "/v1/admin/enquiry" => admin::enquire_anything, Operator, Enquiry, [], "Find anything by its number, or a person's orders by hers";
    get "/v1/admin/statistics" => admin::statistics, Operator, None, ["from", "to", "by"], "Statistics";
    get "/v1/admin/stock" => admin::stock, Operator, None, [], "Stock by item and use";
    get "/v1/admin/ledger" => admin::ledger, Operator, None, [], "Customs' book";
    get "/v1/admin/reconciliation" => admin::reconciliation, Operator, None, ["ledger", "from", "to", "as"], "Book, shelves and customs' figures (EMS121), not sent";
    post "/v1/admin/reconciliation" => admin::send_reconciliation, Operator, Reconciliation, [], "Send a reconciliation to customs (EMS121)";
    get "/v1/admin/guarantees" => admin::guarantees, Operator, None, [], "How far each merchant's tax is covered";
    post "/v1/admin/guarantees" => admin::set_guarantees, Operator, Guarantees, [], "Set how far merchants' tax is covered";
    post "/v1/admin/duties/{duty_no}/paid" => admin::duty_paid, Operator, None, [], "A summary tax bill was paid";
    get "/v1/admin/vehicles" => admin::show_vehicles, Operator, None, [], "What vehicles weigh without goods";
    post "/v1/admin/vehicles" => admin::list_vehicles, Operator, Vehicles, [], "List what vehicles weigh without goods";
    post "/v1/admin/bundles" => admin::bundle, Operator, Bundle, [], "Bundle released parcels for a vehicle";
    get "/v1/admin/passes" => admin::passes, Operator, None, ["state"], "How gate passes stand, and what the weighbridge read";
    post "/v1/admin/passes/{own_no}/again" => admin::pass_again, Operator, Bundle, [], "Apply for another pass after one was refused";
    get "/v1/admin/cases" => admin::open_cases, Operator, None, [], "Open cases";
    post "/v1/admin/cases/{case}/close" => admin::close_case, Operator, Resolution, [], "Close a case";
    get "/v1/admin/unmatched" => admin::unmatched, Operator, None, [], "Receipts that answer nothing known";
    get "/v1/admin/audit" => admin::audit, Operator, None, ["who", "after", "limit"], "Who called, and for what";
    get "/v1/admin/settlement" => admin::settlement, Operator, None, ["owner", "from", "to"], "A merchant's settlement statement";
    post "/v1/admin/settlement-terms" => admin::settlement_terms, Operator, SettlementTerms, [], "The currency each merchant is paid in";
    post "/v1/admin/exchange-rates" => admin::exchange_rates, Operator, ExchangeRates, [], "List exchange rates";
    get "/v1/admin/holds" => admin::list_holds, Operator, None, [], "Open holds on goods";
    get "/v1/admin/returns" => admin::list_returns, Operator, None, ["state"], "List returns";
    post "/v1/admin/returns/{return_no}/arrived" => admin::return_arrived, Operator, Arrival, [], "The goods of a return are back";
    get "/v1/admin/handovers" => admin::handovers, Operator, None, ["state"], "What the single-window client made of our files";
    post "/v1/admin/handovers/{n}/again" => admin::hand_over_again, Operator, None, [], "Hand a failed file over again";
    get "/v1/admin/messages/{raw}" => admin::message, Operator, None, [], "A kept message, unmodified";
    get "/v1/admin/number-pools" => carrier::pools, Operator, None, [], "How many waybill numbers each carrier has left";
    get "/v1/admin/callbacks/{key}" => callbacks::untold, Operator, None, ["limit"], "What a shop was not told yet";
    post "/v1/admin/callbacks/{key}/again" => callbacks::again, Operator, Again, [], "Tell a shop again";
    get "/v1/admin/callbacks" => admin::callbacks, Operator, None, [], "How far shops were told";
    get "/v1/admin/settings" => admin::settings, Operator, None, [], "The warehouse's settings";
    post "/v1/admin/settings" => admin::change_settings, Operator, Settings, [], "Change some of the warehouse's settings";
    get "/v1/admin/offline-policy" => admin::offline_policies, Operator, None, [], "What workstations may do without contact";
    post "/v1/admin/offline-policy" => admin::decide_offline, Operator, OfflinePolicy, [], "Decide what workstations may do without contact";
    get "/v1/admin/checkpoint" => admin::checkpoint, Operator, None, ["day"], "What the feed had come to when a day ended, signed";
    get "/v1/admin/recovery" => admin::recovery, Operator, None, [], "How far a restored authority has come";
    post "/v1/admin/recovery" => admin::go_on, Operator, GoOn, [], "Go on without workstations that will never call again";
    post "/v1/admin/backups" => admin::back_up, Operator, None, [], "Copy the database while it works";
    post "/v1/enrol" => workstation::enrol, Anyone, Enrol, [], "Enrol a workstation with a code";
    post "/v1/sync" => workstation::sync, Workstation, Sealed, [], "A workstation's sync call";
    get "/v1/cases/{case}" => workstation::case_file, Workstation, None, [], "An open case with its evidence";
    get "/v1/poke" => workstation::poke, Workstation, None, ["after"], "Wait until the feed has more";
    get "/v1/snapshot" => workstation::snapshot, Workstation, None, ["pos", "part"], "The picture to begin from, in parts";
    get "/v1/journal/{device}" => workstation::journal, Workstation, None, ["incarnation", "from"], "A workstation's own journal";
}

/// Everything that listens.
pub(crate) fn router(authority: Arc<Authority>, patience: Patience) -> Router {
    routes()
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&authority),
            door::door,
        ))
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            patience.request,
        ))
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&authority),
            metrics::count,
        ))
        .with_state(authority)
}

/// How the platform is.
#[derive(Serialize, schemars::JsonSchema)]
struct Health {
    ok: bool,
    version: &'static str,
    warehouse: String,
    feed_pos: u64,
    customs_seen_at: Option<i64>,
}

async fn health(State(authority): State<Arc<Authority>>) -> crate::error::Result<Json<Health>> {
    let (head, seen) = authority
        .read(authority.home(), |view| {
            // A node without the key in force can serve nobody.
            view.secrets()?;
            Ok((view.feed_head()?, view.customs_seen_at()?))
        })
        .await?;
    Ok(Json(Health {
        ok: true,
        version: env!("CARGO_PKG_VERSION"),
        warehouse: authority.home().to_string(),
        feed_pos: head.0.0,
        customs_seen_at: seen.map(|at| at.as_millis()),
    }))
}

/// Listens for what other nodes commit, by asking how far the feed is: everything that waits for news
/// waits for the bell, whichever node rang it.
pub(crate) async fn listen(authority: Arc<Authority>) {
    let mut tick = tokio::time::interval(LISTEN);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let head = authority.read(authority.home(), |view| Ok(view.feed_head()?.0));
        match head.await {
            Ok(head) => drop(authority.bell.send_if_modified(|rung| {
                let later = head.0 > *rung;
                *rung = head.0.max(*rung);
                later
            })),
            Err(error) => tracing::warn!(?error, "the feed cannot be read; asked again"),
        }
    }
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

/// What time alone changes: silent holders, late returns, a new day for orders that wait.
pub(crate) fn round(act: &Act<'_>) -> crate::error::Result<()> {
    leases::expire(act)?;
    returns::expire(act)?;
    sync::forget(act)?;
    forget_nonces(act)?;
    door::forget(act)?;
    orders::new_day(act)?;
    orders::advance_waiting(act)
}

/// Looks at what time alone changes, again and again.
pub(crate) async fn rounds(authority: Arc<Authority>) {
    let mut tick = tokio::time::interval(ROUND);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let home = authority.home().clone();
        let done = authority.act(&home, round).await;
        if let Err(error) = done {
            tracing::error!(?error, "a round failed; the next one tries again");
        }
    }
}
