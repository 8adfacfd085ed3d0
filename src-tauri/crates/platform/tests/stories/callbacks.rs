//! Call-backs: whatever a shop's server does, the shop hears every change of its orders, in order.

use crate::support::{SHOP, World};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bondhouse_domain::time::Span;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a shop's server takes a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// It answers 200.
    Fine,
    /// It answers 500 and keeps nothing.
    Broken,
    /// It keeps the page and answers when nobody waits any more.
    Late,
    /// It sends whoever calls elsewhere.
    Moved,
}

/// A shop's own server: in each mood once, then in the last for good; keeps what it heard.
#[derive(Clone)]
struct ShopServer {
    moods: Arc<Mutex<Vec<Mood>>>,
    heard: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
}

async fn hear(State(shop): State<ShopServer>, headers: HeaderMap, body: String) -> StatusCode {
    let mood = {
        let mut moods = shop.moods.lock().unwrap();
        match moods.len() {
            1 => moods[0],
            _ => moods.remove(0),
        }
    };
    match mood {
        Mood::Broken => return StatusCode::INTERNAL_SERVER_ERROR,
        Mood::Moved => return StatusCode::TEMPORARY_REDIRECT,
        Mood::Fine | Mood::Late => {}
    }
    let page = serde_json::from_str(&body).unwrap();
    shop.heard.lock().unwrap().push((headers, page));
    if mood == Mood::Late {
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    StatusCode::OK
}

impl ShopServer {
    /// Listens, and has the first shop of a world called back there.
    async fn open(world: &World, moods: &[Mood]) -> Self {
        let shop = Self {
            moods: Arc::new(Mutex::new(moods.to_vec())),
            heard: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = axum::Router::new()
            .route("/hook", post(hear))
            .with_state(shop.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let url = format!("http://{address}/hook");
        assert_eq!(call_back_at(world, &url).await, 204);
        shop
    }

    fn set(&self, moods: &[Mood]) {
        *self.moods.lock().unwrap() = moods.to_vec();
    }

    /// Every change that was heard, by number, with how often; and whether pages only ever went on.
    fn changes(&self) -> BTreeMap<u64, (String, usize)> {
        let mut changes = BTreeMap::new();
        for (_, page) in self.heard.lock().unwrap().iter() {
            for change in page.as_array().unwrap() {
                let state = change["state"].as_str().unwrap().to_owned();
                let heard = changes
                    .entry(change["n"].as_u64().unwrap())
                    .or_insert((state.clone(), 0));
                assert_eq!(
                    heard.0, state,
                    "a change that says something else the second time"
                );
                heard.1 += 1;
            }
        }
        changes
    }
}

async fn call_back_at(world: &World, url: &str) -> u16 {
    let body = json!({ "url": url }).to_string();
    let (kind, path) = ("application/json", "/v1/shop/callback");
    let reply = world.call(&world.shop, "PUT", path, kind, body.as_bytes());
    reply.await.status
}

/// How far the shop was told, as the operator sees it.
async fn told(world: &World) -> Value {
    let all = world
        .admin("GET", "/v1/admin/callbacks", &Value::Null)
        .await;
    all.ok()[0].clone()
}

fn again(world: &World) -> String {
    format!("/v1/admin/callbacks/{}/again", world.shop.id)
}

#[tokio::test]
async fn a_shop_that_fails_is_called_back_once_for_each_change_in_order() {
    let world = World::open().await;
    let shop = ShopServer::open(&world, &[Mood::Broken, Mood::Moved, Mood::Fine]).await;
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
    let told = told(&world).await;
    assert_eq!(
        (&told["told"], &told["waiting"], &told["stopped"]),
        (&json!(2), &json!(0), &json!(false))
    );
    assert_eq!(
        (&told["last_answer"], &told["failing_since"]),
        (&json!("200"), &Value::Null)
    );
}

#[tokio::test]
async fn a_shop_that_hears_but_answers_too_late_hears_it_again_and_misses_nothing() {
    let world = World::open_with(|config| config.settings.policy.callback_patience_ms = 400).await;
    let shop = ShopServer::open(&world, &[Mood::Late, Mood::Late, Mood::Fine]).await;
    world.buy("B1", 1).await;
    world.platform.round().await.unwrap();
    let told_then = told(&world).await;
    assert_eq!(
        (&told_then["last_answer"], &told_then["waiting"]),
        (&json!("timeout"), &json!(2))
    );
    assert_eq!(told_then["failing_since"], world.clock.now().as_millis());
    for _ in 0..20 {
        world.pass(Span::minutes(3)).await;
    }
    let changes = shop.changes();
    assert_eq!(changes.keys().copied().collect::<Vec<_>>(), [1, 2]);
    assert!(changes[&1].1 > 1, "what was not answered is told again");
    assert_eq!(told(&world).await["waiting"], 0);
}

#[tokio::test]
async fn tries_back_off_to_two_hours_and_after_a_day_the_dead_letters_wait_for_somebody() {
    let world = World::open().await;
    let shop = ShopServer::open(&world, &[Mood::Broken]).await;
    world.buy("B1", 1).await;
    let began = world.clock.now();
    let mut waits = Vec::new();
    for _ in 0..100 {
        world.platform.round().await.unwrap();
        let now = told(&world).await;
        if now["stopped"] == true {
            break;
        }
        let next = now["next_try_at"].as_i64().unwrap() - world.clock.now().as_millis();
        waits.push(next);
        world.clock.forward(Span::millis(next));
    }
    // Doubling from two seconds, at most an eighth more, never above two hours and an eighth.
    assert_eq!(waits.len(), 14);
    for (tries, wait) in (1..).zip(&waits) {
        let doubled = (1_000_i64 << tries).min(7_200_000);
        assert!(
            (doubled..=doubled + doubled / 8).contains(wait),
            "{tries}: {wait}"
        );
    }
    assert!(waits.iter().any(|wait| wait % 1_000 != 0), "no jitter");
    let day = world.clock.now().since(began).as_millis();
    assert!(day > 4 * 3_600_000, "{day}");
    // Visible, and not tried any more by itself.
    let dead = told(&world).await;
    assert_eq!(
        (&dead["stopped"], &dead["last_answer"], &dead["waiting"]),
        (&json!(true), &json!("500"), &json!(2))
    );
    assert_eq!(dead["failing_since"], began.as_millis());
    let letters = format!("/v1/admin/callbacks/{}", world.shop.id);
    let letters = world.admin("GET", &letters, &Value::Null).await.ok();
    assert_eq!(
        (&letters[0]["n"], &letters[1]["state"]),
        (&json!(1), &json!("compared"))
    );
    shop.set(&[Mood::Fine]);
    world.pass(Span::minutes(24 * 60)).await;
    assert_eq!(shop.changes().len(), 0);

    // The operator has it told, and later told again from the second change on.
    let resumed = world.admin("POST", &again(&world), &Value::Null).await;
    assert_eq!(resumed.status, 202);
    world.platform.round().await.unwrap();
    assert_eq!(told(&world).await["waiting"], 0);
    assert_eq!(shop.changes()[&2].1, 1);
    world
        .admin("POST", &again(&world), &json!({ "from": 2 }))
        .await;
    world.platform.round().await.unwrap();
    let changes = shop.changes();
    assert_eq!((changes[&1].1, changes[&2].1), (1, 2));
    // Never forward: what was not told is not skipped.
    world
        .admin("POST", &again(&world), &json!({ "from": 99 }))
        .await;
    world.buy("B2", 1).await;
    world.platform.round().await.unwrap();
    assert_eq!(shop.changes().len(), 4);
    let nobody = "/v1/admin/callbacks/shop-99/again";
    let refused = world.admin("POST", nobody, &Value::Null).await;
    assert_eq!(
        (refused.status, refused.code()),
        (404, "platform.no_callback")
    );
}

#[tokio::test]
async fn an_address_that_is_not_safe_to_call_is_refused() {
    let world = World::open().await;
    for url in [
        "http://shop.example/hook",
        "ftp://shop.example",
        "file:///etc/passwd",
        // Names that only begin like this machine's.
        "http://127.0.0.1.shop.example/hook",
        "http://localhost.shop.example/hook",
        "http://localhost@shop.example/hook",
        "https://user:word@shop.example/hook",
        "https://",
        "hook",
    ] {
        assert_eq!(call_back_at(&world, url).await, 422, "{url}");
    }
    for url in ["https://shop.example/hook?of=us", "http://[::1]:9/hook", ""] {
        assert_eq!(call_back_at(&world, url).await, 204, "{url}");
    }
}
