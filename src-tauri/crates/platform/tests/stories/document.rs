//! The served OpenAPI document is true: its calls exist, its examples are read, nonsense never breaks it.

use crate::support::{Key, Reply, World};
use bondhouse_domain::customs::{Document, MessageKind};
use bondhouse_protocol::wire::Ask;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

struct Call {
    method: String,
    path: String,
    by: String,
    example: Option<Value>,
}

fn calls(document: &Value) -> Vec<Call> {
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let name = schema.as_str().map(|text| text.rsplit('/').next().unwrap());
            let by = operation["security"][0]
                .as_object()
                .map_or("anyone", |scheme| scheme.keys().next().unwrap());
            calls.push(Call {
                method: method.to_uppercase(),
                path: path.clone(),
                by: by.to_owned(),
                example: name
                    .map(|name| document["components"]["schemas"][name]["examples"][0].clone()),
            });
        }
    }
    calls
}

/// The key whose docking a path belongs to.
fn key<'a>(world: &'a World, merchant: &'a Key, path: &str) -> &'a Key {
    match path.split('/').nth(2).unwrap() {
        "shop" => &world.shop,
        "payer" => &world.payer,
        "carrier" => &world.carrier,
        "forwarder" => &world.forwarder,
        "customs" => &world.customs,
        "inspection" => &world.inspection,
        _ => merchant,
    }
}

async fn make(
    world: &World,
    merchant: &Key,
    call: &Call,
    path: &str,
    body: &[u8],
    kind: &str,
) -> Reply {
    match call.by.as_str() {
        "partner" => {
            world
                .call(
                    key(world, merchant, &call.path),
                    &call.method,
                    path,
                    kind,
                    body,
                )
                .await
        }
        _ => {
            let request = world
                .http
                .request(call.method.parse().unwrap(), world.platform.url() + path)
                .bearer_auth(world.platform.admin_key())
                .body(body.to_vec());
            crate::support::reply(request).await
        }
    }
}

async fn world() -> (World, Key, Vec<Call>) {
    let world = World::open().await;
    let merchant = world.partner("merchant", crate::support::OWNER).await;
    let document = crate::support::reply(world.http.get(world.platform.url() + "/openapi.json"))
        .await
        .ok();
    assert_eq!(document["openapi"], "3.1.0");
    let calls = calls(&document);
    assert!(calls.len() > 40);
    (world, merchant, calls)
}

#[tokio::test]
async fn the_router_takes_what_the_document_lists_and_nothing_beside_it() {
    let (world, _, calls) = world().await;
    let listed: BTreeSet<(&str, &str)> = calls
        .iter()
        .map(|call| (call.method.as_str(), call.path.as_str()))
        .collect();
    assert_eq!(listed.len(), calls.len(), "a call is listed twice");
    let paths: BTreeSet<&str> = calls.iter().map(|call| call.path.as_str()).collect();
    for path in paths {
        let target = world.platform.url() + &path.replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let mut request = world.http.request(method.parse().unwrap(), &target);
            // The operator's door asks who calls before it asks what for.
            if path.starts_with("/v1/admin/") {
                request = request.bearer_auth(world.platform.admin_key());
            }
            let status = crate::support::reply(request).await.status;
            let is_listed = listed.contains(&(method, path));
            assert_eq!(status != 405, is_listed, "{method} {path}: {status}");
        }
    }
    // There is one list of routes, and the document is made of it: no file routes beside it.
    let mut routed = Vec::new();
    sources(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut routed,
    );
    assert_eq!(routed, ["server.rs"]);
}

/// Source files that route.
fn sources(folder: &Path, routed: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, routed);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            if text.contains(".route(") || text.contains(".nest(") || text.contains(".merge(") {
                routed.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
}

#[tokio::test]
async fn every_call_says_what_it_asks_and_what_it_answers() {
    let world = World::open().await;
    let document = crate::support::reply(world.http.get(world.platform.url() + "/openapi.json"))
        .await
        .ok();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let named: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let in_path: BTreeSet<&str> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(named, in_path, "{method} {path}");
            assert!(!operation["summary"].as_str().unwrap().is_empty());
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.keys().any(|status| status.starts_with('2')),
                "{method} {path}"
            );
            assert!(responses.contains_key("default"), "{method} {path}");
            // Whoever must prove himself may be told that he has not.
            let open = operation["security"] == json!([]);
            assert_eq!(responses.contains_key("401"), !open, "{method} {path}");
            // Every body that is JSON has a schema, and every schema an example.
            let content = &operation["requestBody"]["content"]["application/json"];
            if let Some(reference) = content["schema"]["$ref"].as_str() {
                let name = reference.rsplit('/').next().unwrap();
                let schema = &document["components"]["schemas"][name];
                assert!(!schema["examples"][0].is_null(), "{name} has no example");
            }
        }
    }
}

#[tokio::test]
async fn every_answer_has_a_schema_of_its_own() {
    let world = World::open().await;
    let document = crate::support::reply(world.http.get(world.platform.url() + "/openapi.json"))
        .await
        .ok();
    let mut without = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let content = operation["responses"]["2XX"]["content"].as_object();
            let told = content.is_some_and(|content| {
                let mut kinds = content.values();
                kinds.all(|kind| kind["schema"].as_object().is_some_and(|s| !s.is_empty()))
            });
            if !told {
                without.push(format!("{method} {path}"));
            }
        }
    }
    // What is only done, and the document itself, whose form is OpenAPI's.
    without.sort();
    assert_eq!(
        without,
        [
            "delete /v1/admin/partners/{key}",
            "get /openapi.json",
            "get /v1/poke",
            "post /v1/admin/callbacks/{key}/again",
            "post /v1/admin/cases/{case}/close",
            "post /v1/admin/handovers/{n}/again",
            "post /v1/admin/passes/{own_no}/again",
            "post /v1/admin/recovery",
            "post /v1/forwarder/notices/{notice}/milestones",
            "put /v1/shop/callback",
        ]
    );
}

/// A day on which everything that can be asked for has happened.
async fn lived_in() -> (World, Key) {
    let world = World::open().await;
    let merchant = world.partner("merchant", crate::support::OWNER).await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 20).await;
    let list = world.cleared("B1", 2).await;
    crate::support::gate::gone(&world, &mut bench, "B1").await;
    world.bill(&list, 1, "36.40", &[(1, "36.40")]).await;
    let back =
        json!({ "number": "RT1", "lines": [{ "gnum": 1, "qty": "1" }], "reason": "七天无理由" });
    let returns = format!("/v1/shop/orders/{}/B1/returns", crate::support::SHOP);
    world.post(&world.shop, &returns, &back).await.ok();
    // One that customs holds, one that waits for its payment, and one that nobody may declare.
    world.buy("B2", 1).await;
    let second = world.list_declared().await;
    world.receipt(&second, "500", 1).await;
    for order in ["B3", "B4"] {
        let sent = world.order(order, 1);
        world.post(&world.shop, "/v1/shop/orders", &sent).await.ok();
    }
    let hold = json!({ "is": "hold", "by": "merchant" });
    let held = format!("/v1/admin/orders/{}/B4", crate::support::SHOP);
    world.admin("POST", &held, &hold).await.ok();
    world.receipt("NOBODY0001", "800", 0).await;
    // A pass that customs would not have, which is somebody's to look at.
    let third = world.cleared("B5", 1).await;
    assert!(!third.is_empty());
    crate::support::gate::packed(&world, &mut bench, "B5").await;
    let vehicle = "浙B77777".to_owned();
    assert_eq!(bench.ask(&world, Ask::RequestPass { vehicle }).await, None);
    world.approve_note("1", "QD310526E000000010").await;
    let applied = world.fetch().await;
    let Some(Document::GatePass(pass)) = applied.first() else {
        panic!("{applied:?}")
    };
    world
        .about_pass(MessageKind::Sas221, "", &pass.own_no, "6")
        .await;
    let departed = json!({ "what": "departed", "at": 1_795_312_800_000_i64, "place": "Auckland" });
    world
        .post(
            &world.forwarder,
            "/v1/forwarder/notices/RK001/milestones",
            &departed,
        )
        .await
        .ok();
    let listens = json!({ "url": "http://127.0.0.1:9/" });
    let listens = listens.to_string();
    let kind = "application/json";
    world
        .call(
            &world.shop,
            "PUT",
            "/v1/shop/callback",
            kind,
            listens.as_bytes(),
        )
        .await
        .ok();
    for (path, rows) in [
        (
            "guarantees",
            json!([{ "owner": crate::support::OWNER, "amount": "100000" }]),
        ),
        (
            "vehicles",
            json!([{ "vehicle": "浙B00001", "weight": "8000", "frame_weight": "50" }]),
        ),
        (
            "ledgers",
            json!([{ "ledger": "L9013B19A008", "booking": "non_cumulative" }]),
        ),
    ] {
        let path = format!("/v1/admin/{path}");
        world.admin("POST", &path, &rows).await.ok();
    }
    let remitted = json!({ "number": "HK1", "owner": crate::support::OWNER, "from": "2026-11-22", "to": "2026-11-22",
        "fee": "1", "total": "437.21", "lines": [{ "transaction": "TB1", "kind": "payment", "amount": "438.21" }],
        "currency": "142", "yuan_per_hundred": "100", "remitted": "437.21" });
    world
        .post(&world.payer, "/v1/payer/remittances", &remitted)
        .await
        .ok();
    let sampling = json!({ "number": "CY1", "what": "sampling", "goods": [{ "owner": crate::support::OWNER, "item": crate::support::MILK }] });
    world
        .post(&world.inspection, "/v1/inspection/orders", &sampling)
        .await
        .ok();
    (world, merchant)
}

#[tokio::test]
async fn everything_that_can_be_asked_for_is_answered_as_the_document_says() {
    let (world, merchant) = lived_in().await;
    let document = crate::support::reply(world.http.get(world.platform.url() + "/openapi.json"))
        .await
        .ok();
    let applications = world
        .get(&world.inspection, "/v1/inspection/applications")
        .await;
    let application = applications.ok()[0]["application"].take();
    let filled = [
        ("{platform}", crate::support::SHOP),
        ("{order_no}", "B1"),
        ("{number}", "RT1"),
        ("{waybill_no}", "YT1433281291145"),
        ("{notice}", "RK001"),
        ("{application}", application.as_str().unwrap()),
        ("{raw}", "1"),
        ("{key}", &world.shop.id),
    ];
    let day = "from=2026-11-22&to=2026-11-22";
    let asked = format!(
        "?{day}&by=chapter&number=B1&owner={}&ledger={}&after=0",
        crate::support::OWNER,
        crate::support::LEDGER
    );
    let (mut answered, mut empty) = (0, Vec::new());
    for call in calls(&document) {
        if call.method != "GET" || call.by == "workstation" {
            continue;
        }
        let path = filled
            .iter()
            .fold(call.path.clone(), |path, (name, value)| {
                path.replace(name, value)
            });
        let asked = match call.path.as_str() {
            // Which day's law is of no account, and an unknown question is one refused.
            "/health" | "/metrics" | "/openapi.json" => "",
            _ => &asked,
        };
        let reply = make(
            &world,
            &merchant,
            &call,
            &(path.clone() + asked),
            b"",
            "application/json",
        )
        .await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        answered += 1;
        if reply.body == json!([]) {
            empty.push(call.path);
        }
    }
    assert!(answered > 40, "{answered}");
    // An empty list says nothing of its entries.
    assert_eq!(empty, ["/v1/admin/handovers"], "there is no folder here");
}

#[tokio::test]
async fn every_example_is_read_and_every_call_exists() {
    let (world, merchant, calls) = world().await;
    for call in &calls {
        let path = call
            .path
            .replace("{platform}", crate::support::SHOP)
            .replace("{raw}", "1")
            .replace("{key}", &world.shop.id)
            .replace(['{', '}'], "");
        let body = call
            .example
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let reply = make(
            &world,
            &merchant,
            call,
            &path,
            body.as_bytes(),
            "application/json",
        )
        .await;
        assert!(
            reply.status < 500,
            "{} {path}: {} {}",
            call.method,
            reply.status,
            reply.body
        );
        assert_ne!(reply.status, 405, "{} {path}", call.method);
        if reply.status == 404 {
            assert!(
                !reply.code().is_empty(),
                "{} {path} has no route",
                call.method
            );
        }
        if call.example.is_some() {
            assert_ne!(reply.code(), "platform.bad_json", "{} {path}", call.method);
        }
    }
}

#[tokio::test]
async fn nonsense_is_refused_and_never_an_accident_of_ours() {
    let (world, merchant, calls) = world().await;
    let numbers = json!({ "qty": 1.5, "lines": [[]], "range": { "prefix": "", "first": u64::MAX, "count": u32::MAX, "digits": 1e9 } });
    let bodies: [Vec<u8>; 8] = [
        vec![],
        vec![0xff, 0xfe, 0x00],
        b"null".to_vec(),
        b"[]".to_vec(),
        b"[[[[[[[[[[".to_vec(),
        numbers.to_string().into_bytes(),
        "{\"is\":\"💥\",\"url\":\"\\u0000\",\"code\":\"\",\"name\":\"\",\"kind\":\"shop\"}".into(),
        format!("[{}]", "{\"owner\":\"x\"},".repeat(500)).into_bytes(),
    ];
    let queries = [
        "",
        "?after=-1&limit=x",
        "?number=%00&state=%25&since=9223372036854775807",
        "?from=0000-00-00&to=9999-12-31&by=day",
    ];
    for call in &calls {
        let odd = ["%00", "..%2f..", "%F0%9F%92%A5", "9223372036854775808"];
        for (n, body) in bodies.iter().enumerate() {
            let filled = call
                .path
                .replace("{platform}", odd[n % 4])
                .replace("{order_no}", odd[(n + 1) % 4]);
            let filled = ["{notice}", "{key}", "{case}", "{raw}", "{waybill_no}"]
                .iter()
                .fold(filled, |path, name| path.replace(name, odd[n % 4]));
            let path = filled + queries[n % 4];
            for kind in ["application/json", "application/xml"] {
                let reply = make(&world, &merchant, call, &path, body, kind).await;
                assert!(
                    reply.status < 500,
                    "{} {path} {kind} body {n}: {} {}",
                    call.method,
                    reply.status,
                    reply.body
                );
            }
        }
    }
}
