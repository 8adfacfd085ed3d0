//! PostgreSQL: the same schema, and several nodes that are one authority.
//!
//! These stories need the server whatever engine the others run on, so they start one of their own.

use crate::support::World;
use crate::support::engine::{self, Node, Server};
use bondhouse_domain::facts::{CaseRaised, Fact};
use bondhouse_domain::ids::CaseId;
use bondhouse_domain::orders::CaseCode;
use bondhouse_platform::{Clock, SCHEMA, Storage};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_keys() {
    let server = Server::start();
    let url = engine::fresh(&server.address).await;
    let world = World::open_with(|config| config.storage = Storage::Postgres(url.clone())).await;
    world.platform.stop().await.unwrap();
    let columns = "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(collation_name, '') \
         FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'schema_migrations'";
    let keys = "SELECT c.conrelid::regclass::text || ' ' || a.attname || ' ' || array_position(c.conkey, a.attnum) \
         FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) \
         WHERE c.contype = 'p' AND c.connamespace = current_schema()::regnamespace AND c.conrelid::regclass::text <> 'schema_migrations'";
    let indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey'";

    let file = rusqlite::Connection::open_in_memory().unwrap();
    for step in SCHEMA.migrations {
        file.execute_batch(step.sql).unwrap();
    }
    let ours = |sql: &str| -> BTreeSet<String> {
        let mut statement = file.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let theirs = async |sql: &str| -> BTreeSet<String> {
        engine::ask(&url, sql).await.into_iter().collect()
    };
    let of_tables =
        "FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table'";
    assert_eq!(
        theirs(columns).await,
        ours(&format!(
            "SELECT t.name || '.' || c.name || ' ' || CASE c.type WHEN 'TEXT' THEN 'text' WHEN 'BLOB' THEN 'bytea' ELSE 'bigint' END \
             || ' ' || iif(c.\"notnull\", 'NO', 'YES') || ' ' || iif(c.type = 'TEXT', 'C', '') {of_tables}"
        ))
    );
    assert_eq!(
        theirs(keys).await,
        ours(&format!(
            "SELECT t.name || ' ' || c.name || ' ' || c.pk {of_tables} AND c.pk > 0"
        ))
    );
    assert_eq!(
        theirs(indexes).await,
        ours("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    );
}

#[tokio::test]
async fn a_call_that_one_node_answered_is_a_repetition_at_every_other() {
    let server = Server::start();
    let url = engine::fresh(&server.address).await;
    let world = World::open_with(|config| {
        config.storage = Storage::Postgres(url.clone());
        config.clock = Clock::system();
    })
    .await;
    let mut bench = world.station(7).await;
    let other = Node::start(&world.config);
    let captured = bench.request(0, vec![]);
    bench.send(&world, &captured).await.unwrap();
    assert_eq!(
        bench
            .send_to(&world, &other.url, &captured)
            .await
            .unwrap_err(),
        (409, "platform.replayed".into())
    );
}

/// The nodes in turn, beginning with one of them, for as long as anyone would try.
fn in_turn(nodes: &[String], first: usize) -> impl Iterator<Item = String> {
    let tries = (first..first + 60).map(|n| nodes[n % nodes.len()].clone());
    tries.collect::<Vec<_>>().into_iter()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_one_killed_under_load_lose_nothing_and_double_nothing() {
    const SHOPPERS: usize = 6;
    const ORDERS: usize = 25;
    const EVENTS: usize = 60;
    let server = Server::start();
    let url = engine::fresh(&server.address).await;
    let world = World::open_with(|config| {
        config.storage = Storage::Postgres(url.clone());
        config.clock = Clock::system();
    })
    .await;
    let more = json!({ "range": { "prefix": "ZZ", "first": 1, "count": 400, "digits": 9 } });
    world
        .post(&world.carrier, "/v1/carrier/number-pools", &more)
        .await
        .ok();
    let mut bench = world.station(7).await;

    let (mut doomed, other) = (Node::start(&world.config), Node::start(&world.config));
    let nodes: Arc<[String]> = [world.platform.url(), doomed.url.clone(), other.url.clone()].into();
    let (world, answered) = (Arc::new(world), Arc::new(AtomicUsize::new(0)));
    let mut load = tokio::task::JoinSet::new();
    for shopper in 0..SHOPPERS {
        let (world, nodes, answered) = (
            Arc::clone(&world),
            Arc::clone(&nodes),
            Arc::clone(&answered),
        );
        load.spawn(async move {
            for n in 0..ORDERS {
                let number = format!("B{shopper}-{n}");
                let calls = [
                    (&world.shop, "/v1/shop/orders", world.order(&number, 1)),
                    (
                        &world.payer,
                        "/v1/payer/payments",
                        world.payment(&number, 1),
                    ),
                ];
                for (key, path, body) in calls {
                    // An act whose node died may have been done: then it is known, not done again.
                    let mut status = None;
                    for node in in_turn(&nodes, shopper + n) {
                        status = world.post_at(&node, key, path, &body).await;
                        if status.is_some_and(|status| status < 500) {
                            break;
                        }
                    }
                    assert!(
                        status.is_some_and(|status| status < 300),
                        "{number}: {status:?}"
                    );
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
    }
    {
        let (world, nodes, answered) = (
            Arc::clone(&world),
            Arc::clone(&nodes),
            Arc::clone(&answered),
        );
        load.spawn(async move {
            for n in 0..EVENTS {
                bench.record(Fact::CaseRaised(CaseRaised {
                    case: CaseId::new(format!("case-{n}")),
                    code: CaseCode::SupervisorCalled,
                    room: "release".into(),
                    about: format!("bench {n}"),
                }));
                let mut answer = None;
                for node in in_turn(&nodes, n) {
                    let request = bench.request(0, vec![]);
                    answer = bench.send_to(&world, &node, &request).await.ok();
                    if answer.is_some() {
                        break;
                    }
                }
                bench.apply(&answer.unwrap());
                answered.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    while answered.load(Ordering::SeqCst) < SHOPPERS * ORDERS {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    doomed.kill();
    while let Some(done) = load.join_next().await {
        done.unwrap();
    }
    drop(other);
    let world = Arc::into_inner(world).unwrap();
    let config = world.config.clone();
    world.platform.stop().await.unwrap();

    let findings = engine::examine(&config).await;
    assert_eq!(findings.wrong, Vec::<String>::new());
    let count = async |sql: &str| engine::ask(&url, sql).await[0].parse::<usize>().unwrap();
    let orders = SHOPPERS * ORDERS;
    assert_eq!(count("SELECT count(*) FROM orders").await, orders);
    assert_eq!(count("SELECT count(*) FROM payments").await, orders);
    assert_eq!(
        count("SELECT count(DISTINCT waybill_no) FROM waybills").await,
        orders
    );
    assert_eq!(count("SELECT count(*) FROM waybills").await, orders);
    assert_eq!(count("SELECT count(*) FROM journal").await, EVENTS);
    assert_eq!(count("SELECT max(seq) FROM journal").await, EVENTS);
    assert_eq!(
        count(
            "SELECT count(*) FROM cases WHERE code = 'SUPERVISOR_CALLED' OR about LIKE 'bench %'"
        )
        .await,
        EVENTS
    );
    // Gapless: as many entries as the last position says, which is what the warehouse's row says.
    let entries = count("SELECT count(*) FROM feed").await;
    assert_eq!(count("SELECT max(pos) FROM feed").await, entries);
    assert_eq!(count("SELECT feed_pos FROM warehouses").await, entries);
    let (changes, last) = (
        count("SELECT count(*) FROM changes").await,
        count("SELECT max(n) FROM changes").await,
    );
    assert_eq!(changes, last);
}

#[tokio::test]
async fn two_warehouses_share_a_database_and_no_partner_key() {
    let server = Server::start();
    let url = engine::fresh(&server.address).await;
    let world = World::open_with(|config| config.storage = Storage::Postgres(url)).await;
    let mut config = world.config.clone();
    config.settings.warehouse = bondhouse_domain::ids::WarehouseId::new("NB02");
    let second = bondhouse_platform::Platform::start(config).await.unwrap();
    let asked = json!({ "kind": "shop", "code": crate::support::SHOP, "name": "示例商城" });
    let made = world
        .http
        .post(second.url() + "/v1/admin/partners")
        .bearer_auth(second.admin_key())
        .body(asked.to_string());
    let made = crate::support::reply(made).await.ok();
    assert_ne!(made["key"], world.shop.id);
    // Each knows its own warehouse's orders only.
    let order = world.order("B1", 1);
    assert_eq!(
        world
            .post_at(
                &world.platform.url(),
                &world.shop,
                "/v1/shop/orders",
                &order
            )
            .await,
        Some(200)
    );
    let seen = world
        .http
        .get(second.url() + "/v1/admin/orders")
        .bearer_auth(second.admin_key());
    assert_eq!(crate::support::reply(seen).await.ok(), json!([]));
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_call_back_is_sent_by_one_node_only() {
    use axum::routing::post;
    let server = Server::start();
    let url = engine::fresh(&server.address).await;
    let world = World::open_with(|config| {
        config.storage = Storage::Postgres(url);
        config.clock = Clock::system();
    })
    .await;
    let heard: Arc<std::sync::Mutex<Vec<u64>>> = Arc::default();
    let shop = {
        let heard = Arc::clone(&heard);
        axum::Router::new().route(
            "/",
            post(async move |body: String| {
                let page: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
                heard
                    .lock()
                    .unwrap()
                    .extend(page.iter().map(|change| change["n"].as_u64().unwrap()));
            }),
        )
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, shop).await });
    let asked = json!({ "url": format!("http://{address}/") });
    world
        .call(
            &world.shop,
            "PUT",
            "/v1/shop/callback",
            "application/json",
            asked.to_string().as_bytes(),
        )
        .await
        .ok();
    let nodes = [
        Node::start(&world.config),
        Node::start(&world.config),
        Node::start(&world.config),
    ];
    for n in 0..30 {
        let node = &nodes[n % nodes.len()].url;
        let order = world.order(&format!("B{n}"), 1);
        assert!(
            world
                .post_at(node, &world.shop, "/v1/shop/orders", &order)
                .await
                .unwrap()
                < 300
        );
    }
    while heard.lock().unwrap().len() < 30 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard, (1..=30).collect::<Vec<_>>());
}

/// Made-up people who pass through a whole day: their numbers stand nowhere in the clear.
#[tokio::test]
async fn personal_data_is_nowhere_in_the_clear_on_the_server() {
    let server = Server::start();
    let url = engine::fresh(&server.address).await;
    let storage = Storage::Postgres(url.clone());
    let world = World::open_with(|config| config.storage = storage).await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 1, vec![]).await;
    world.platform.stop().await.unwrap();
    let tables =
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()";
    let mut looked_at = 0;
    for table in engine::ask(&url, tables).await {
        for row in engine::ask(
            &url,
            &format!("SELECT row_to_json(t)::text FROM {table} AS t"),
        )
        .await
        {
            looked_at += 1;
            for secret in [
                "110101199001010010",
                "甲子",
                "乙丑",
                "13800000001",
                "13800000002",
                "测试路1号",
            ] {
                // Bytes are shown in hexadecimal, and would hide it otherwise.
                let hidden = data_encoding::HEXLOWER.encode(secret.as_bytes());
                assert!(
                    !row.contains(secret) && !row.contains(&hidden),
                    "{secret} in {table}"
                );
            }
        }
    }
    assert!(looked_at > 100, "{looked_at} rows only");
}
