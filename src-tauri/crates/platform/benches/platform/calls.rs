//! How long each call of the API takes while it is made a hundred times a second, over a warehouse with
//! some hundred orders. A call that had to wait for its turn is timed from when it was due.

use super::pipeline::papers;
use super::{Goal, p99, row, warehouse};
use crate::support::{OWNER, SHOP, World};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ORDERS: u32 = 300;
const A_SECOND: u32 = 100;
const CALLS: u32 = 300;

/// Who makes a call.
#[derive(Clone, Copy)]
enum By {
    Shop,
    Payer,
    Carrier,
    Merchant,
    Operator,
}

type Target = fn(u32) -> String;

/// One of each kind of call; those that bring something bring it anew each time.
const CALLED: &[(&str, By, Target)] = &[
    ("an order's progress", By::Shop, |n| {
        format!("/v1/shop/orders/{SHOP}/P{}", n % ORDERS)
    }),
    ("what happened to a shop's orders", By::Shop, |n| {
        format!("/v1/shop/changes?after={}&limit=100", n * 2)
    }),
    ("a page of waybills", By::Carrier, |n| {
        format!("/v1/carrier/waybills?after={}&limit=20", n % ORDERS)
    }),
    ("a merchant's stock", By::Merchant, |_| {
        "/v1/merchant/stock".into()
    }),
    ("one box for any number", By::Operator, |n| {
        format!("/v1/admin/enquiry?number=P{}", n % ORDERS)
    }),
    ("a page of orders", By::Operator, |_| {
        "/v1/admin/orders?limit=50".into()
    }),
    ("statistics of a month by day", By::Operator, |_| {
        "/v1/admin/statistics?from=2026-11-01&to=2026-11-30&by=day".into()
    }),
    ("customs' book", By::Operator, |_| "/v1/admin/ledger".into()),
    ("metrics", By::Operator, |_| "/metrics".into()),
];

pub(super) async fn measure() -> Vec<Value> {
    let (world, _) = warehouse(ORDERS + 1_000, |_| {}).await;
    let world = Arc::new(world);
    for n in 0..ORDERS {
        let (order, payment) = papers(&world, n);
        world
            .post(&world.shop, "/v1/shop/orders", &order)
            .await
            .ok();
        world
            .post(&world.payer, "/v1/payer/payments", &payment)
            .await
            .ok();
    }
    let merchant = world.partner("merchant", OWNER).await;
    let mut rows = Vec::new();
    let mut measured = |name: &str, times: Vec<f64>| {
        rows.push(row(
            &format!("{name} at 100/s, p99"),
            p99(times),
            "ms",
            Goal::Told,
        ));
    };
    for (name, by) in [("an order sent", By::Shop), ("a payment sent", By::Payer)] {
        let times = at_pace(&world, &merchant, by, move |world, n| {
            let (order, payment) = papers(world, ORDERS + n);
            match by {
                By::Shop => ("/v1/shop/orders".into(), order),
                _ => ("/v1/payer/payments".into(), payment),
            }
        });
        measured(name, times.await);
    }
    for (name, by, target) in CALLED {
        let target = *target;
        let times = at_pace(&world, &merchant, *by, move |_, n| (target(n), json!(null)));
        measured(name, times.await);
    }
    rows
}

async fn at_pace(
    world: &Arc<World>,
    merchant: &crate::support::Key,
    by: By,
    make: impl Fn(&World, u32) -> (String, Value) + Copy + Send + 'static,
) -> Vec<f64> {
    let mut calls = tokio::task::JoinSet::new();
    let begun = Instant::now();
    for n in 0..CALLS {
        let due = begun + Duration::from_secs(1) / A_SECOND * n;
        tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
        let (world, merchant) = (Arc::clone(world), merchant.clone());
        calls.spawn(async move {
            let (target, body) = make(&world, n);
            let key = match by {
                By::Shop => Some(&world.shop),
                By::Payer => Some(&world.payer),
                By::Carrier => Some(&world.carrier),
                By::Merchant => Some(&merchant),
                By::Operator => None,
            };
            let reply = match (key, body.is_null()) {
                (Some(key), true) => world.get(key, &target).await,
                (Some(key), false) => world.post(key, &target, &body).await,
                (None, _) => world.admin("GET", &target, &Value::Null).await,
            };
            reply.ok();
            due.elapsed().as_secs_f64() * 1_000.0
        });
    }
    calls.join_all().await
}
