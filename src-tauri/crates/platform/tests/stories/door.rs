//! The door: keys that make calls repeatable, partners that sign with a key of their own, and the audit.

use crate::support::{Key, MILK, OWNER, Reply, SHOP, World, reply};
use bondhouse_customs::Message;
use bondhouse_domain::customs::{Document, MessageKind, Receipt};
use bondhouse_domain::time::{Span, Zone};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ORDERS: &str = "/v1/shop/orders";

/// A signed POST; whoever signs is passed in.
fn signed(
    world: &World,
    key: &str,
    nonce: &str,
    path: &str,
    body: &str,
    sign: impl Fn(&str) -> String,
) -> reqwest::RequestBuilder {
    signed_as(world, "POST", key, nonce, path, body, sign)
}

fn signed_as(
    world: &World,
    method: &str,
    key: &str,
    nonce: &str,
    path: &str,
    body: &str,
    sign: impl Fn(&str) -> String,
) -> reqwest::RequestBuilder {
    let time = world.clock.now().as_millis().to_string();
    let digest = HEXLOWER.encode(&Sha256::digest(body.as_bytes()));
    let text = format!("bondhouse request 1\n{method}\n{path}\n{time}\n{nonce}\n{digest}");
    world
        .http
        .request(method.parse().unwrap(), world.platform.url() + path)
        .header("bondhouse-key", key)
        .header("bondhouse-time", time)
        .header("bondhouse-nonce", nonce)
        .header("bondhouse-signature", sign(&text))
        .body(body.to_owned())
}

fn by_secret(key: &Key) -> impl Fn(&str) -> String + '_ {
    |text| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        HEXLOWER.encode(&mac.finalize().into_bytes())
    }
}

#[tokio::test]
async fn the_same_call_under_the_same_key_gets_the_first_answer_and_another_call_none() {
    let world = World::open().await;
    let body = world.order("B1", 1).to_string();
    let mut answers = Vec::new();
    for nonce in ["nonce-one-1", "nonce-two-2"] {
        let call = signed(
            &world,
            &world.shop.id,
            nonce,
            ORDERS,
            &body,
            by_secret(&world.shop),
        );
        let response = call
            .header("idempotency-key", "order-B1")
            .send()
            .await
            .unwrap();
        let replayed = response.headers().contains_key("idempotent-replayed");
        answers.push((
            replayed,
            response.status().as_u16(),
            response.text().await.unwrap(),
        ));
    }
    assert_eq!((answers[0].0, answers[1].0), (false, true));
    assert_eq!((answers[0].1, &answers[0].2), (answers[1].1, &answers[1].2));
    assert!(
        answers[0].2.contains("\"new\""),
        "not 'known': {}",
        answers[0].2
    );
    let other = world.order("B2", 1).to_string();
    let call = signed(
        &world,
        &world.shop.id,
        "nonce-three-3",
        ORDERS,
        &other,
        by_secret(&world.shop),
    );
    let refused = reply(call.header("idempotency-key", "order-B1")).await;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "platform.key_reused")
    );
    // A key is its partner's: another's is another key.
    let rival = world.partner("shop", "3301960R01").await;
    let call = signed(
        &world,
        &rival.id,
        "nonce-four-4",
        ORDERS,
        &body,
        by_secret(&rival),
    );
    let foreign = reply(call.header("idempotency-key", "order-B1")).await;
    assert_eq!(
        foreign.body["results"][0]["refusal"]["code"],
        "platform.not_yours"
    );
}

#[tokio::test]
async fn a_partner_with_a_key_of_its_own_signs_with_it_and_its_secret_opens_nothing() {
    let world = World::open().await;
    let key = SigningKey::from_bytes(&[42; 32]);
    let wanted = json!({
        "kind": "shop", "code": "3301960R01", "name": "示例自营店", "most_body": 2000, "calls_per_second": 3,
        "public_key": HEXLOWER.encode(key.verifying_key().as_bytes()),
    });
    let made = world
        .admin("POST", "/v1/admin/partners", &wanted)
        .await
        .ok();
    let own = Key {
        id: made["key"].as_str().unwrap().into(),
        secret: made["secret"].as_str().unwrap().into(),
    };
    let mut order = world.order("B1", 1);
    order["ebp_code"] = "3301960R01".into();
    let body = order.to_string();
    let by_key = |text: &str| HEXLOWER.encode(&key.sign(text.as_bytes()).to_bytes());
    let taken = reply(signed(
        &world,
        &own.id,
        "nonce-one-1",
        ORDERS,
        &body,
        by_key,
    ))
    .await;
    assert_eq!(taken.ok()["results"][0]["taken"], "new");
    let guessed = reply(signed(
        &world,
        &own.id,
        "nonce-two-2",
        ORDERS,
        &body,
        by_secret(&own),
    ))
    .await;
    assert_eq!(guessed.code(), "platform.bad_signature");
    let changed = signed(&world, &own.id, "nonce-three-3", ORDERS, &body, |_| {
        by_key("another text")
    });
    assert_eq!(reply(changed).await.code(), "platform.bad_signature");
    // Its own limits: a large body, and the fourth call of a second.
    let large = json!({ "url": format!("https://{}", "x".repeat(2000)) }).to_string();
    let large = reply(signed(
        &world,
        &own.id,
        "nonce-four-4",
        ORDERS,
        &large,
        by_key,
    ))
    .await;
    assert_eq!((large.status, large.code()), (413, "platform.too_large"));
    let mut statuses = Vec::new();
    for n in 0..4 {
        let nonce = format!("nonce-more-{n}");
        statuses.push(
            reply(signed(&world, &own.id, &nonce, ORDERS, "{}", by_key))
                .await
                .status,
        );
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    let weak = json!({ "kind": "shop", "code": "X", "name": "X", "public_key": "00".repeat(32) });
    assert_eq!(
        world
            .admin("POST", "/v1/admin/partners", &weak)
            .await
            .status,
        422
    );
}

/// What the audit has after a position: who, for what, with which answer.
async fn audited(world: &World, after: u64) -> Vec<(String, String, i64)> {
    let page = format!("/v1/admin/audit?after={after}&limit=500");
    let audit = world.admin("GET", &page, &Value::Null).await.ok();
    let calls = audit.as_array().unwrap().iter();
    calls
        .map(|call| {
            assert_eq!(call["body_hash"].as_str().unwrap().len(), 64);
            let text = |field: &str| call[field].as_str().unwrap().to_owned();
            (
                text("who"),
                format!("{} {}", text("method"), text("target")),
                call["status"].as_i64().unwrap(),
            )
        })
        .collect()
}

/// How many lines the audit has.
async fn audit_length(world: &World) -> u64 {
    let all = world
        .admin("GET", "/v1/admin/audit?limit=500", &Value::Null)
        .await
        .ok();
    all.as_array().unwrap().last().unwrap()["n"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn who_called_for_what_is_audited_and_nobody_is_named() {
    let world = World::open().await;
    let before = audit_length(&world).await;
    world.buy("B1", 1).await;
    let own = "/v1/shop/changes?after=0";
    world.get(&world.shop, own).await.ok();
    let cancel = format!("/v1/shop/orders/{SHOP}/NOTHING/cancel");
    assert_eq!(
        world.post(&world.shop, &cancel, &Value::Null).await.status,
        404
    );
    let merchant = world.partner("merchant", OWNER).await;
    let person = "/v1/merchant/enquiry?number=13800000001";
    world.get(&merchant, person).await.ok();
    let hold = json!({ "is": "hold", "by": "merchant" });
    world
        .admin("POST", &format!("/v1/admin/orders/{SHOP}/B1"), &hold)
        .await
        .ok();
    // What shows no message of anybody the operator may look at as it likes.
    world
        .admin("GET", "/v1/admin/stock", &Value::Null)
        .await
        .ok();
    world
        .admin("GET", "/v1/admin/messages/1", &Value::Null)
        .await
        .ok();
    let call = |who: &str, what: &str, status: i64| (who.to_owned(), what.to_owned(), status);
    let cancelled = format!("POST {cancel}");
    let held = format!("POST /v1/admin/orders/{SHOP}/B1");
    assert_eq!(
        audited(&world, before).await,
        [
            call(&world.shop.id, "POST /v1/shop/orders", 200),
            call(&world.payer.id, "POST /v1/payer/payments", 200),
            call(&world.shop.id, "GET /v1/shop/changes", 200),
            call(&world.shop.id, &cancelled, 404),
            call("operator", "POST /v1/admin/partners", 201),
            call(&merchant.id, "GET /v1/merchant/enquiry", 200),
            call("operator", &held, 200),
            call("operator", "GET /v1/admin/messages/1", 200),
        ]
    );
    let own = format!("/v1/admin/audit?after={before}&who={}", world.payer.id);
    let own = world.admin("GET", &own, &Value::Null).await.ok();
    assert_eq!(own.as_array().unwrap().len(), 1);
    // A look is forgotten after half a year, what may have changed something never.
    world.clock.forward(Span::minutes(183 * 24 * 60));
    world.platform.round().await.unwrap();
    assert_eq!(audited(&world, before).await.len(), 8);
    world.clock.forward(Span::minutes(2 * 24 * 60));
    world.platform.round().await.unwrap();
    let kept = audited(&world, before).await;
    assert_eq!(kept.len(), 5, "{kept:?}");
    assert!(kept.iter().all(|(_, what, _)| what.starts_with("POST ")));
}

/// One good call of each docking: kind, code of who docks, method, path and body.
fn dockings(
    world: &World,
) -> Vec<(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    String,
)> {
    let mut order = world.order("D1", 1);
    order["ebp_code"] = "3301960D01".into();
    let mut payment = world.payment("D1", 1);
    payment["pay_code"] = "440316T004".into();
    let notice = json!({ "notice": "RK-D", "owner": OWNER, "vehicle": "浙B00009", "lines": [{ "line": 1, "item": MILK, "qty": "1" }] });
    let receipt = Receipt {
        message: MessageKind::Ceb622,
        guid: "R-D".into(),
        cop_no: "NOBODY".into(),
        return_status: "800".into(),
        ..Receipt::default()
    };
    let receipt = Message::of([Document::Receipt(receipt)]);
    let receipt = bondhouse_customs::write(&receipt, Zone::SHANGHAI).unwrap();
    let sampling = json!({ "number": "CY-D", "what": "sampling", "goods": [{ "owner": OWNER, "item": MILK }] });
    let pool = json!({ "numbers": ["DD0001"] });
    vec![
        ("shop", "3301960D01", "POST", ORDERS, order.to_string()),
        (
            "payer",
            "440316T004",
            "POST",
            "/v1/payer/payments",
            payment.to_string(),
        ),
        (
            "carrier",
            "330298D001",
            "POST",
            "/v1/carrier/number-pools",
            pool.to_string(),
        ),
        (
            "forwarder",
            "FWD-D",
            "POST",
            "/v1/forwarder/notices",
            notice.to_string(),
        ),
        (
            "customs",
            "3105D",
            "POST",
            "/v1/customs/inbox",
            String::from_utf8(receipt).unwrap(),
        ),
        (
            "inspection",
            "3105CIQD",
            "POST",
            "/v1/inspection/orders",
            sampling.to_string(),
        ),
        (
            "merchant",
            OWNER,
            "GET",
            "/v1/merchant/stock",
            String::new(),
        ),
    ]
}

/// A partner as it was taken in, with what is said of it besides.
async fn docked(world: &World, kind: &str, code: &str, besides: &Value) -> Key {
    let mut wanted = json!({ "kind": kind, "code": code, "name": kind });
    for (name, value) in besides.as_object().into_iter().flatten() {
        wanted[name] = value.clone();
    }
    let made = world.admin("POST", "/v1/admin/partners", &wanted).await;
    let made = made.ok();
    Key {
        id: made["key"].as_str().unwrap().into(),
        secret: made["secret"].as_str().unwrap().into(),
    }
}

#[tokio::test]
async fn every_docking_has_its_own_key_signature_repetition_rate_size_and_audit() {
    let world = World::open().await;
    let own_key = SigningKey::from_bytes(&[43; 32]);
    let public = HEXLOWER.encode(own_key.verifying_key().as_bytes());
    let by_key = |text: &str| HEXLOWER.encode(&own_key.sign(text.as_bytes()).to_bytes());
    let mut nonces = 0_u32;
    let mut nonce = || {
        nonces += 1;
        format!("docking-{nonces:06}")
    };
    let all = dockings(&world);
    for (n, (kind, code, method, path, body)) in all.iter().enumerate() {
        let own = docked(&world, kind, code, &json!({ "most_body": 4_000 })).await;
        let neighbour_kind = all[(n + 1) % all.len()].0;
        let neighbour = docked(&world, neighbour_kind, &format!("N-{kind}"), &Value::Null).await;
        let before = audit_length(&world).await;
        let call = |key: &str, nonce: &str, body: &str, secret: &Key| {
            signed_as(&world, method, key, nonce, path, body, by_secret(secret))
        };
        // Its own key, and nobody else's: without a signature, with another's secret, at another's door.
        let bare = world
            .http
            .request(method.parse().unwrap(), world.platform.url() + path);
        assert_eq!(reply(bare).await.code(), "platform.bad_signature", "{kind}");
        let forged = reply(call(&own.id, &nonce(), body, &neighbour)).await;
        assert_eq!(
            (forged.status, forged.code()),
            (401, "platform.bad_signature"),
            "{kind}"
        );
        let lost = reply(call(&neighbour.id, &nonce(), body, &neighbour)).await;
        assert_eq!(
            (lost.status, lost.code()),
            (403, "platform.wrong_docking"),
            "{kind}"
        );
        // Its own repetitions: the same call under the same key is made once.
        let mut told: Vec<(bool, Reply)> = Vec::new();
        for _ in 0..2 {
            let sent = call(&own.id, &nonce(), body, &own).header("idempotency-key", "the-one");
            let response = sent.send().await.unwrap();
            let again = response.headers().contains_key("idempotent-replayed");
            let status = response.status().as_u16();
            let body = response.json().await.unwrap();
            told.push((again, Reply { status, body }));
        }
        assert_eq!(told[0].1.status, 200, "{kind}: {}", told[0].1.body);
        assert_eq!(told[1].1.body, told[0].1.body, "{kind}");
        let changes = *method != "GET";
        assert_eq!((told[0].0, told[1].0), (false, changes), "{kind}");
        let captured = nonce();
        reply(call(&own.id, &captured, body, &own)).await;
        let replayed = reply(call(&own.id, &captured, body, &own)).await;
        assert_eq!(
            (replayed.status, replayed.code()),
            (409, "platform.replayed"),
            "{kind}"
        );
        // Its own limits of size and rate.
        let large = reply(call(&own.id, &nonce(), &" ".repeat(4_001), &own)).await;
        assert_eq!(
            (large.status, large.code()),
            (413, "platform.too_large"),
            "{kind}"
        );
        let slow = json!({ "calls_per_second": 1 });
        let slow = docked(&world, kind, &format!("S-{kind}"), &slow).await;
        reply(call(&slow.id, &nonce(), body, &slow)).await;
        let hasty = reply(call(&slow.id, &nonce(), body, &slow)).await;
        assert_eq!(
            (hasty.status, hasty.code()),
            (429, "platform.too_often"),
            "{kind}"
        );
        // Its own signature, where it has a key pair.
        let signs = docked(
            &world,
            kind,
            &format!("K-{kind}"),
            &json!({ "public_key": public }),
        )
        .await;
        let proven = signed_as(&world, method, &signs.id, &nonce(), path, body, by_key);
        let proven = reply(proven).await;
        assert!(
            ![401, 403].contains(&proven.status),
            "{kind}: {}",
            proven.body
        );
        let guessed = reply(call(&signs.id, &nonce(), body, &signs)).await;
        assert_eq!(guessed.code(), "platform.bad_signature", "{kind}");
        // Its own lines in the audit, and none for what somebody else sent in its name.
        let audit = audited(&world, before).await;
        let of = |key: &Key| -> Vec<(String, i64)> {
            let calls = audit.iter().filter(|(who, ..)| *who == key.id);
            calls
                .map(|(_, what, status)| (what.clone(), *status))
                .collect()
        };
        let what = format!("{method} {path}");
        // The repetition was answered from what is remembered; the captured call once, the large one never.
        let own_calls = if changes { 2 } else { 3 };
        assert_eq!(of(&own), vec![(what.clone(), 200); own_calls], "{kind}");
        assert_eq!(of(&neighbour), [(what, 403)], "{kind}");
        assert_eq!(of(&signs).len(), 1, "{kind}");
    }
}
