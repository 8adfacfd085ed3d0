//! Callers that lie, repeat, shout or snoop: refused without effect.

use crate::support::{Key, OWNER, SHOP, World};
use bondhouse_domain::time::{Instant, Span};
use bondhouse_platform::Patience;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn whatever_is_wrong_with_a_signature_the_answer_is_the_same() {
    let world = World::open().await;
    let body = world.order("B1", 1).to_string();
    let path = "/v1/shop/orders";
    let at = world.clock.now();
    let stranger = Key {
        id: "shop-99".into(),
        ..world.shop.clone()
    };
    let guessed = Key {
        secret: "guess".into(),
        ..world.shop.clone()
    };
    let late = Instant::from_millis(at.as_millis() - Span::minutes(6).as_millis());
    for (key, at, nonce) in [
        (&stranger, at, "nonce-a0000001"),
        (&guessed, at, "nonce-a0000002"),
        (&world.shop, late, "nonce-a0000003"),
        (&world.shop, at, "short"),
    ] {
        let reply = world
            .call_with(
                key,
                "POST",
                path,
                "application/json",
                body.as_bytes(),
                nonce,
                at,
            )
            .await;
        assert_eq!(
            (reply.status, reply.code()),
            (401, "platform.bad_signature")
        );
    }
    let unsigned =
        crate::support::reply(world.http.post(world.platform.url() + path).body(body)).await;
    assert_eq!(
        (unsigned.status, unsigned.code()),
        (401, "platform.bad_signature")
    );
    assert_eq!(
        world
            .get(&world.shop, &format!("/v1/shop/orders/{SHOP}/B1"))
            .await
            .status,
        404,
        "nothing was taken"
    );
}

#[tokio::test]
async fn a_captured_call_cannot_be_made_again() {
    let world = World::open().await;
    let body = world.order("B1", 1).to_string();
    let at = world.clock.now();
    for (expected, code) in [(200, ""), (409, "platform.replayed")] {
        let reply = world
            .call_with(
                &world.shop,
                "POST",
                "/v1/shop/orders",
                "application/json",
                body.as_bytes(),
                "nonce-captured",
                at,
            )
            .await;
        assert_eq!((reply.status, reply.code()), (expected, code));
    }
    // Honestly repeated under a fresh nonce it is known and changes nothing.
    let again = world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 1))
        .await
        .ok();
    assert_eq!(again["results"][0]["taken"], "known");
    let other = world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 2))
        .await;
    assert_eq!(other.status, 422);
    assert_eq!(
        other.body["results"][0]["refusal"]["code"],
        "platform.differs"
    );
}

#[tokio::test]
async fn nobody_reaches_what_is_another_tenants() {
    let world = World::open().await;
    world.buy("B1", 1).await;
    let rival = world.partner("shop", "3301960Z99").await;
    for path in [
        format!("/v1/shop/orders/{SHOP}/B1"),
        "/v1/shop/orders/3301960Z99/B1".into(),
    ] {
        let seen = world.get(&rival, &path).await;
        assert_eq!((seen.status, seen.code()), (404, "orders.unknown"));
        let cancelled = world
            .post(&rival, &format!("{path}/cancel"), &Value::Null)
            .await;
        assert_eq!(cancelled.status, 404);
    }
    let forged = world
        .post(&rival, "/v1/shop/orders", &world.order("B2", 1))
        .await;
    assert_eq!(
        forged.body["results"][0]["refusal"]["code"],
        "platform.not_yours"
    );
    let other_payer = world.partner("payer", "440316T004").await;
    let forged = world
        .post(&other_payer, "/v1/payer/payments", &world.payment("B1", 1))
        .await;
    assert_eq!(
        forged.body["results"][0]["refusal"]["code"],
        "platform.not_yours"
    );
    // Each key opens its own docking only.
    for path in ["/v1/carrier/waybills", "/v1/customs/outbox"] {
        assert_eq!(
            world.get(&world.shop, path).await.code(),
            "platform.wrong_docking"
        );
    }
    let foreign_notice = world.partner("forwarder", "FWD02").await;
    let notice = serde_json::json!({ "notice": "RK9", "owner": OWNER, "vehicle": "浙B1", "lines": [
        { "line": 1, "item": crate::support::MILK, "qty": "1" }] });
    world
        .post(&world.forwarder, "/v1/forwarder/notices", &notice)
        .await
        .ok();
    assert_eq!(
        world
            .get(&foreign_notice, "/v1/forwarder/notices/RK9")
            .await
            .status,
        404
    );
    let admin = crate::support::reply(
        world
            .http
            .get(world.platform.url() + "/v1/admin/ledger")
            .bearer_auth("00"),
    )
    .await;
    assert_eq!(admin.status, 401);
    // A stopped key stops at once.
    let stopped = world
        .admin(
            "DELETE",
            &format!("/v1/admin/partners/{}", rival.id),
            &Value::Null,
        )
        .await;
    assert_eq!(stopped.status, 204);
    assert_eq!(
        world
            .get(&rival, &format!("/v1/shop/orders/{SHOP}/B1"))
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_body_of_a_hundred_megabytes_is_not_read() {
    let world = World::open().await;
    let huge = vec![b' '; 100 << 20];
    let sent = world
        .http
        .post(world.platform.url() + "/v1/shop/orders")
        .header("content-type", "application/xml")
        .body(huge)
        .send()
        .await;
    // Either the refusal arrives, or the connection was closed while we were still shouting.
    if let Ok(response) = sent {
        assert_eq!(response.status().as_u16(), 413);
    }
    let health = crate::support::reply(world.http.get(world.platform.url() + "/health"))
        .await
        .ok();
    assert_eq!(health["ok"], true);
}

#[tokio::test]
async fn hostile_and_broken_xml_is_refused_with_line_and_column() {
    let world = World::open().await;
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]>
        <ceb:CEB311Message xmlns:ceb="http://www.chinaport.gov.cn/ceb"><ceb:Order>&y;</ceb:Order></ceb:CEB311Message>"#;
    let cases = [
        (bomb.to_owned(), "customs.dtd"),
        (
            "<ceb:CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"><ceb:Order>"
                .to_owned(),
            "customs.truncated",
        ),
        ("<a/>".to_owned(), "customs.unknown_message"),
    ];
    for (xml, code) in cases {
        let reply = world
            .post_xml(&world.shop, "/v1/shop/orders", xml.as_bytes())
            .await;
        assert_eq!((reply.status, reply.code()), (422, code));
        let reply = world
            .post_xml(&world.customs, "/v1/customs/inbox", xml.as_bytes())
            .await;
        assert_eq!((reply.status, reply.code()), (422, code));
    }
    let json = world
        .call(
            &world.shop,
            "POST",
            "/v1/shop/orders",
            "application/json",
            b"{\"order_no\": 7",
        )
        .await;
    assert_eq!((json.status, json.code()), (422, "platform.bad_json"));
}

#[tokio::test]
async fn one_bad_order_never_spoils_its_neighbours() {
    let world = World::open().await;
    let mut stranger = world.order("B2", 1);
    stranger["ebc_code"] = "nobody".into();
    let sent = world
        .post(
            &world.shop,
            "/v1/shop/orders",
            &Value::Array(vec![world.order("B1", 1), stranger, world.order("B3", 1)]),
        )
        .await;
    assert_eq!(sent.status, 207);
    let taken: Vec<&str> = sent.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["taken"].as_str().unwrap())
        .collect();
    assert_eq!(taken, ["new", "refused", "new"]);
}

/// Says this much at once, then a byte at a time for as long as anybody listens; answers what it heard.
async fn drip(address: SocketAddr, beginning: &str) -> String {
    let (mut reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
    let beginning = beginning.as_bytes().to_vec();
    let dripping = tokio::spawn(async move {
        let mut alive = writing.write_all(&beginning).await.is_ok();
        while alive {
            tokio::time::sleep(Duration::from_millis(20)).await;
            alive = beginning.is_empty() || writing.write_all(b"x").await.is_ok();
        }
    });
    let mut heard = Vec::new();
    // A connection that is reset has ended as well.
    let _ = reading.read_to_end(&mut heard).await;
    dripping.abort();
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test]
async fn whoever_drips_is_shut_out_and_everyone_else_is_served() {
    const PLACES: usize = 8;
    let world = World::open_with(|config| {
        config.patience = Patience {
            head: Duration::from_millis(500),
            request: Duration::from_secs(4),
            connections: PLACES,
        };
    })
    .await;
    let address = world.platform.address();
    let body = "POST /v1/shop/orders HTTP/1.1\r\nhost: x\r\nbondhouse-key: x\r\ncontent-length: 4000\r\n\r\n{";
    let beginnings = [
        // Says nothing, half a head, half of the other HTTP's first words, and a body without end.
        "",
        "GET /health HTTP/1.1\r\nhost: x\r\nx-drip: ",
        "PRI * HTTP/2.",
        body,
    ];
    // Twice as many as there are places.
    let mut dripping = tokio::task::JoinSet::new();
    for n in 0..PLACES * 2 {
        let beginning = beginnings[n % beginnings.len()];
        dripping.spawn(async move { (beginning, drip(address, beginning).await) });
    }
    // Nobody's connection is kept, so each call needs a place among them.
    let stranger = reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    let mut served = 0;
    while !dripping.is_empty() {
        let health = stranger.get(world.platform.url() + "/health").send().await;
        assert_eq!(health.unwrap().status().as_u16(), 200);
        served += 1;
        while let Some(done) = dripping.try_join_next() {
            let (beginning, heard) = done.unwrap();
            if beginning == body {
                assert!(heard.starts_with("HTTP/1.1 408"), "{heard}");
            } else {
                assert!(!heard.contains("200"), "{heard}");
            }
        }
    }
    assert!(served > 1);
    // Nor does one keep the platform from stopping.
    let last = tokio::spawn(drip(address, body));
    while !last.is_finished() {
        let metrics = crate::support::reply(stranger.get(world.platform.url() + "/metrics")).await;
        if metrics.body.to_string().contains("connections_open 2") {
            break;
        }
    }
    world.platform.stop().await.unwrap();
    last.await.unwrap();
}
