//! What partners ask and are told: enquiry, statistics, changes, call-backs; each within its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bondhouse_domain::customs::{Document, TaxBill};
use bondhouse_domain::time::Span;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use support::customs::list_no;
use support::{OWNER, SHOP, World};

#[tokio::test]
async fn one_box_finds_an_order_by_any_of_its_numbers() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 2).await;
    let waybill = world.progress("B1").await["waybill_no"]
        .as_str()
        .unwrap()
        .to_owned();
    for number in ["B1", "TB1", &waybill, &list, &list_no(&list)] {
        let found = world
            .admin(
                "GET",
                &format!("/v1/admin/enquiry?number={number}"),
                &Value::Null,
            )
            .await
            .ok();
        assert_eq!(found["orders"][0]["order_no"], "B1", "by {number}");
    }
    let notice = world
        .admin("GET", "/v1/admin/enquiry?number=RK001", &Value::Null)
        .await
        .ok();
    assert_eq!(
        notice["papers"][0],
        json!({ "kind": "notice", "number": "RK001", "customs_no": null, "state": "closed" })
    );
    let person = world
        .admin(
            "POST",
            "/v1/admin/enquiry",
            &json!({ "id_number": "110101199001010010" }),
        )
        .await
        .ok();
    assert_eq!(person[0]["order_no"], "B1");
    let stranger = world
        .admin(
            "POST",
            "/v1/admin/enquiry",
            &json!({ "id_number": "110101199001010029" }),
        )
        .await
        .ok();
    assert_eq!(stranger, json!([]));
}

#[tokio::test]
async fn a_merchant_sees_its_own_and_nothing_else() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 2).await;
    let own = world.partner("merchant", OWNER).await;
    let rival = world.partner("merchant", "3301160R01").await;
    let day = "from=2026-11-22&to=2026-11-22&by=chapter";
    let orders = world.get(&own, "/v1/merchant/orders").await.ok();
    assert_eq!(orders[0]["order_no"], "B1");
    let stock = world.get(&own, "/v1/merchant/stock").await.ok();
    assert_eq!(
        (&stock[0]["bucket"], &stock[0]["qty"]),
        (&json!("available"), &json!("10"))
    );
    let statistics = world
        .get(&own, &format!("/v1/merchant/statistics?{day}"))
        .await
        .ok();
    assert_eq!(
        (
            &statistics["lines"][0]["key"],
            &statistics["lines"][0]["goods_value"]
        ),
        (&json!("19"), &json!("400"))
    );
    for path in [
        "/v1/merchant/orders".into(),
        "/v1/merchant/stock".into(),
        "/v1/merchant/enquiry?number=B1".into(),
        format!("/v1/merchant/statistics?{day}"),
    ] {
        let seen = world.get(&rival, &path).await.ok();
        assert!(
            !seen.to_string().contains("B1") && !seen.to_string().contains(OWNER),
            "{path}: {seen}"
        );
        assert_eq!(world.get(&world.shop, &path).await.status, 403);
    }
}

#[tokio::test]
async fn statistics_count_what_came_was_released_and_refused() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 2).await;
    let list = world.list_declared().await;
    world.pass(Span::minutes(2)).await;
    world.receipt(&list, "800", 0).await;
    world.buy("B2", 1).await;
    let refused = world.list_declared().await;
    world.receipt(&refused, "100", 0).await;
    let asked = "/v1/admin/statistics?from=2026-11-22&to=2026-11-22&by=day";
    let statistics = world.admin("GET", asked, &Value::Null).await.ok();
    let line = &statistics["lines"][0];
    assert_eq!(
        (&line["key"], &line["orders"], &line["cleared"]),
        (&json!("2026-11-22"), &json!(2), &json!(1))
    );
    assert_eq!(
        (&line["pieces"], &line["goods_value"], &line["release_ms"]),
        (&json!("3"), &json!("600"), &json!(120_000))
    );
    assert_eq!(statistics["refusals"][0]["status"], "100");
    let endless = world
        .admin(
            "GET",
            "/v1/admin/statistics?from=2020-01-01&to=2026-11-22&by=day",
            &Value::Null,
        )
        .await;
    assert_eq!(endless.status, 422);
}

#[tokio::test]
async fn customs_tax_bill_stands_beside_the_order() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 2).await;
    world
        .deliver(Document::TaxBill(TaxBill {
            guid: "TAX-1".into(),
            invt_no: list_no(&list),
            tax_no: format!("{}_01", list_no(&list)),
            value_added_tax: "36.40".parse().unwrap(),
            status: "1".into(),
            return_time: Some(world.clock.now()),
            ..TaxBill::default()
        }))
        .await;
    assert_eq!(
        world.progress("B1").await["taxes"][0]["value_added_tax"],
        "36.4"
    );
}

/// A shop's own server: answers 500 as often as it is told to, and keeps what it accepted.
#[derive(Clone, Default)]
struct ShopServer {
    failures: Arc<Mutex<u32>>,
    heard: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
}

async fn hear(State(shop): State<ShopServer>, headers: HeaderMap, body: String) -> StatusCode {
    let mut failures = shop.failures.lock().unwrap();
    if *failures > 0 {
        *failures -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    shop.heard
        .lock()
        .unwrap()
        .push((headers, serde_json::from_str(&body).unwrap()));
    StatusCode::OK
}

#[tokio::test]
async fn a_shop_is_called_back_once_for_each_change_however_often_it_fails() {
    let world = World::open().await;
    let shop = ShopServer::default();
    *shop.failures.lock().unwrap() = 2;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new()
        .route("/hook", post(hear))
        .with_state(shop.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let wanted = json!({ "url": format!("http://{address}/hook") });
    world
        .call(
            &world.shop,
            "PUT",
            "/v1/shop/callback",
            "application/json",
            wanted.to_string().as_bytes(),
        )
        .await
        .ok();

    world.buy("B1", 1).await;
    for _ in 0..4 {
        world.pass(Span::minutes(1)).await;
    }
    let heard = shop.heard.lock().unwrap().clone();
    let states: Vec<Value> = heard
        .iter()
        .flat_map(|(_, page)| page.as_array().unwrap().clone())
        .map(|change| change["state"].clone())
        .collect();
    assert_eq!(states, ["received", "compared"], "each once, in order");
    assert_eq!(heard[0].0["bondhouse-key"], world.shop.id);
    assert_eq!(heard[0].0["bondhouse-signature"].len(), 64);
    // What was pushed is what can be fetched.
    let fetched = world
        .get(&world.shop, "/v1/shop/changes?after=1")
        .await
        .ok();
    assert_eq!(
        (
            &fetched[0]["n"],
            &fetched[0]["state"],
            &fetched[0]["platform"]
        ),
        (&json!(2), &json!("compared"), &json!(SHOP))
    );
    let told = world
        .admin("GET", "/v1/admin/callbacks", &Value::Null)
        .await
        .ok();
    assert_eq!(
        (&told[0]["told"], &told[0]["waiting"], &told[0]["stopped"]),
        (&json!(2), &json!(0), &json!(false))
    );
}

#[tokio::test]
async fn an_address_that_is_not_safe_to_call_is_refused() {
    let world = World::open().await;
    for url in [
        "http://shop.example/hook",
        "ftp://shop.example",
        "file:///etc/passwd",
    ] {
        let body = json!({ "url": url }).to_string();
        let reply = world
            .call(
                &world.shop,
                "PUT",
                "/v1/shop/callback",
                "application/json",
                body.as_bytes(),
            )
            .await;
        assert_eq!(reply.status, 422, "{url}");
    }
}

#[tokio::test]
async fn who_calls_too_often_waits_and_others_do_not() {
    let world = World::open_with(|config| {
        config.settings.policy.calls_per_second = 1;
        config.settings.policy.calls_at_once = 3;
    })
    .await;
    let mut refused = 0;
    for _ in 0..5 {
        let reply = world.get(&world.shop, "/v1/shop/changes").await;
        refused += u32::from(reply.status == 429);
    }
    assert_eq!(refused, 2);
    assert_eq!(
        world
            .get(&world.carrier, "/v1/carrier/waybills")
            .await
            .status,
        200
    );
    world.clock.forward(Span::millis(1_000));
    assert_eq!(world.get(&world.shop, "/v1/shop/changes").await.status, 200);
}

#[tokio::test]
async fn metrics_count_calls_and_name_nobody() {
    let world = World::open().await;
    world.buy("B1", 1).await;
    let reply = support::reply(world.http.get(world.platform.url() + "/metrics")).await;
    let text = reply.body.as_str().unwrap().to_owned();
    assert!(
        text.contains("bondhouse_orders{warehouse=\"NB01\",state=\"compared\"} 1"),
        "{text}"
    );
    assert!(
        text.contains("route=\"POST /v1/shop/orders\",status=\"200\""),
        "{text}"
    );
    assert!(!text.contains("B1\"") && !text.contains("1101011990"));
}
