//! The door: keys that make calls repeatable, partners that sign with a key of their own, and the audit.

use crate::support::{Key, SHOP, World};
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
    let time = world.clock.now().as_millis().to_string();
    let digest = HEXLOWER.encode(&Sha256::digest(body.as_bytes()));
    let text = format!("bondhouse request 1\nPOST\n{path}\n{time}\n{nonce}\n{digest}");
    world
        .http
        .post(world.platform.url() + path)
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
    let refused = crate::support::reply(call.header("idempotency-key", "order-B1")).await;
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
    let foreign = crate::support::reply(call.header("idempotency-key", "order-B1")).await;
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
    let taken = crate::support::reply(signed(
        &world,
        &own.id,
        "nonce-one-1",
        ORDERS,
        &body,
        by_key,
    ))
    .await;
    assert_eq!(taken.ok()["results"][0]["taken"], "new");
    let guessed = crate::support::reply(signed(
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
    assert_eq!(
        crate::support::reply(changed).await.code(),
        "platform.bad_signature"
    );
    // Its own limits: a large body, and the fourth call of a second.
    let large = json!({ "url": format!("https://{}", "x".repeat(2000)) }).to_string();
    let large = crate::support::reply(signed(
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
            crate::support::reply(signed(&world, &own.id, &nonce, ORDERS, "{}", by_key))
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

#[tokio::test]
async fn every_call_that_could_change_something_is_audited_and_names_nobody() {
    let world = World::open().await;
    let before = world
        .admin("GET", "/v1/admin/audit?limit=500", &Value::Null)
        .await
        .ok();
    let last = before.as_array().unwrap().last().unwrap()["n"]
        .as_u64()
        .unwrap();
    world.buy("B1", 1).await;
    world.get(&world.shop, "/v1/shop/changes").await.ok();
    let cancel = format!("/v1/shop/orders/{SHOP}/NOTHING/cancel");
    assert_eq!(
        world.post(&world.shop, &cancel, &Value::Null).await.status,
        404
    );
    let hold = json!({ "is": "hold", "by": "merchant" });
    world
        .admin("POST", &format!("/v1/admin/orders/{SHOP}/B1"), &hold)
        .await
        .ok();
    let page = format!("/v1/admin/audit?after={last}");
    let audit = world.admin("GET", &page, &Value::Null).await.ok();
    let told: Vec<(String, String, i64)> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            let text = |field: &str| call[field].as_str().unwrap().to_owned();
            (
                text("who"),
                text("target"),
                call["status"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (world.shop.id.clone(), ORDERS.to_owned(), 200),
            (world.payer.id.clone(), "/v1/payer/payments".to_owned(), 200),
            (world.shop.id.clone(), cancel, 404),
            (
                "operator".to_owned(),
                format!("/v1/admin/orders/{SHOP}/B1"),
                200
            ),
        ]
    );
    assert_eq!(audit[0]["body_hash"].as_str().unwrap().len(), 64);
    let own = format!("/v1/admin/audit?after={last}&who={}", world.payer.id);
    assert_eq!(
        world
            .admin("GET", &own, &Value::Null)
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
