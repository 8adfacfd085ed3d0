//! What is one tenant's, no other sees or changes: tried at every call of the served OpenAPI document.

use crate::support::station::order_of;
use crate::support::{Key, MILK, OWNER, SHOP, World};
use bondhouse_domain::customs::Document;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Filled with numbers that belong to the first of each kind.
async fn lived_in() -> (World, Vec<String>) {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("OWN-B1", 2).await;
    let waybill = world.progress("OWN-B1").await["waybill_no"]
        .as_str()
        .unwrap()
        .to_owned();
    let secrets = ["OWN-B1", "TOWN-B1", "RK001", OWNER, MILK].map(str::to_owned);
    let secrets = secrets.into_iter().chain([list, waybill]).collect();
    (world, secrets)
}

/// Everything the first of each kind can read of itself, to be compared afterwards.
async fn pictures(world: &World, own: &Key) -> BTreeMap<&'static str, Value> {
    let mut all = BTreeMap::new();
    for (name, key, path) in [
        (
            "order",
            &world.shop,
            format!("/v1/shop/orders/{SHOP}/OWN-B1"),
        ),
        (
            "changes",
            &world.shop,
            "/v1/shop/changes?limit=500".to_owned(),
        ),
        (
            "notice",
            &world.forwarder,
            "/v1/forwarder/notices/RK001".to_owned(),
        ),
        (
            "waybills",
            &world.carrier,
            "/v1/carrier/waybills".to_owned(),
        ),
        ("stock", own, "/v1/merchant/stock".to_owned()),
        ("orders", own, "/v1/merchant/orders".to_owned()),
    ] {
        all.insert(name, world.get(key, &path).await.ok());
    }
    all
}

#[tokio::test]
async fn another_tenants_key_reads_and_changes_nothing_at_any_call() {
    let (world, secrets) = lived_in().await;
    let own = world.partner("merchant", OWNER).await;
    let document = crate::support::reply(world.http.get(world.platform.url() + "/openapi.json"))
        .await
        .ok();
    let mut rivals = BTreeMap::new();
    for (kind, code) in [
        ("shop", "3301960R01"),
        ("payer", "330126T901"),
        ("carrier", "3301980C01"),
        ("forwarder", "FWD99"),
        ("merchant", "3301160R01"),
    ] {
        rivals.insert(kind, world.partner(kind, code).await);
    }
    let before = pictures(&world, &own).await;
    let mut tried = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["security"][0]["partner"].is_null() {
                continue;
            }
            let docking = path.split('/').nth(2).unwrap();
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let example = schema.as_str().map(|text| {
                let name = text.rsplit('/').next().unwrap();
                document["components"]["schemas"][name]["examples"][0].clone()
            });
            // The examples are made to be the first tenants'; so are the numbers in the path.
            let target = path
                .replace("{platform}", SHOP)
                .replace("{order_no}", "OWN-B1")
                .replace("{notice}", "RK001")
                .replace("{number}", "OWN-B1")
                .replace("{waybill_no}", &secrets[6])
                .replace("{application}", "NB01Q261122000001");
            let query =
                "?number=OWN-B1&from=2026-11-22&to=2026-11-22&by=merchant&after=0&limit=500";
            let target = if method == "get" {
                target + query
            } else {
                target
            };
            let body = example.as_ref().map(with_own_order).unwrap_or_default();
            for (kind, key) in &rivals {
                let reply = world
                    .call(
                        key,
                        &method.to_uppercase(),
                        &target,
                        "application/json",
                        body.as_bytes(),
                    )
                    .await;
                tried += 1;
                assert!(
                    reply.status < 500,
                    "{kind} {method} {target}: {}",
                    reply.body
                );
                if *kind != docking {
                    assert_eq!(
                        reply.status, 403,
                        "{kind} {method} {target}: {}",
                        reply.body
                    );
                }
                let told = reply.body.to_string();
                let leak = secrets.iter().find(|secret| {
                    told.contains(secret.as_str()) && !echoes(&reply.body, secret, &target, &body)
                });
                assert_eq!(leak, None, "{kind} {method} {target}: {told}");
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(
        pictures(&world, &own).await,
        before,
        "something of the first tenants' was changed"
    );
}

/// An example, about the first shop's order where it names one.
fn with_own_order(example: &Value) -> String {
    let mut example = example.clone();
    let documents = match &mut example {
        Value::Array(many) => many.iter_mut().collect(),
        one => vec![one],
    };
    for document in documents {
        if document.get("order_no").is_some() {
            document["order_no"] = json!("OWN-B1");
        }
    }
    example.to_string()
}

/// A refusal may name what the caller itself sent; an answer with content may not.
fn echoes(told: &Value, secret: &str, target: &str, body: &str) -> bool {
    let sent = target.contains(secret) || body.contains(secret);
    let refusal = !told["code"].is_null() || !told["results"].is_null();
    // A statement or statistic names its own reader's period and owner, never a foreign number.
    sent && refusal
}

#[tokio::test]
async fn a_merchants_code_is_a_name_and_never_a_pattern() {
    let (world, secrets) = lived_in().await;
    // Codes that would fit every merchant's, or the first one's, if they were compared as patterns.
    for code in ["%", "330216%", "33021_0A01", "__________"] {
        let rival = world.partner("merchant", code).await;
        for path in [
            "/v1/merchant/orders",
            "/v1/merchant/stock",
            "/v1/merchant/enquiry?number=OWN-B1",
            "/v1/merchant/statistics?from=2026-11-22&to=2026-11-22&by=merchant",
            "/v1/merchant/settlement?from=2026-11-22&to=2026-11-22",
        ] {
            let seen = world.get(&rival, path).await.ok().to_string();
            let leak = secrets.iter().find(|secret| seen.contains(secret.as_str()));
            assert_eq!(leak, None, "{code} at {path}: {seen}");
        }
    }
}

#[tokio::test]
async fn a_merchants_key_only_reads_its_orders_stock_clearance_and_charges() {
    let (world, _) = lived_in().await;
    let own = world.partner("merchant", OWNER).await;
    let document = crate::support::reply(world.http.get(world.platform.url() + "/openapi.json"))
        .await
        .ok();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            if path.starts_with("/v1/merchant/") {
                assert_eq!(method, "get", "{path} changes something");
            }
        }
    }
    let order = world.get(&own, "/v1/merchant/orders").await.ok()[0].clone();
    assert_eq!(
        (
            &order["state"],
            &order["customs"]["is"],
            &order["paid"][0]["state"]
        ),
        (&json!("cleared"), &json!("released"), &json!("pays"))
    );
    let stock = world.get(&own, "/v1/merchant/stock").await.ok();
    assert_eq!(stock[0]["qty"], "10");
    let charges = "/v1/merchant/settlement?from=2026-11-22&to=2026-11-22";
    let charges = world.get(&own, charges).await.ok();
    assert_eq!(charges["totals"]["payments"], "438.21");
    // Nobody is named to the merchant but by his numbers.
    let seen = order.to_string() + &charges.to_string();
    for name in [
        "110101199001010010",
        "甲子",
        "乙丑",
        "13800000001",
        "测试路1号",
    ] {
        assert!(!seen.contains(name), "{name}");
    }
}

#[tokio::test]
async fn goods_of_one_merchant_are_never_reserved_for_anothers_order() {
    const OTHER: &str = "3302160B02";
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    // Another merchant lists the same item, on the same line of the ledger, and has none of it here.
    let merchant = json!([{ "owner": OTHER, "name": "测试贸易" }]);
    let item = world.master_data(&json!({ "owner": OTHER }));
    for (path, rows) in [("/v1/admin/merchants", merchant), ("/v1/admin/items", item)] {
        world.admin("POST", path, &rows).await.ok();
    }
    let mut order = world.order("B1", 1);
    (order["ebc_code"], order["ebc_name"]) = (json!(OTHER), json!("测试贸易"));
    world
        .post(&world.shop, "/v1/shop/orders", &order)
        .await
        .ok();
    world
        .post(&world.payer, "/v1/payer/payments", &world.payment("B1", 1))
        .await
        .ok();
    world.buy("B2", 1).await;
    for document in world.fetch().await {
        if let Document::DeclarationList(list) = document {
            world.receipt(&list.cop_no, "800", 0).await;
        }
    }
    bench.sync(&world, 5, vec![]).await;
    let leased = bench
        .leases
        .iter()
        .map(|lease| &order_of(lease).order.order_no);
    assert_eq!(leased.collect::<Vec<_>>(), ["B2"]);
}
