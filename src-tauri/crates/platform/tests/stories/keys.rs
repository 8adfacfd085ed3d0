//! Data keys are replaced while the warehouse works, and a platform knows which secrets are its own.

use crate::support::World;
use crate::support::engine::{self, Node, Server};
use bondhouse_platform::{Config, Platform, Rotation, Storage, drop_old_keys, rotate_keys};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// Runs what blocks on a thread that may.
async fn blocking<T: Send + 'static>(
    config: &Config,
    work: fn(&Config) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let config = config.clone();
    tokio::task::spawn_blocking(move || work(&config))
        .await
        .unwrap()
}

/// Rotates to the end; answers the key in force and how many values changed keys.
async fn rotate(config: &Config) -> (u32, usize) {
    loop {
        match blocking(config, rotate_keys).await.unwrap() {
            Rotation::Made { file } => assert!(file.exists()),
            Rotation::Sealed {
                version, values, ..
            } => return (version, values.values().sum()),
        }
    }
}

/// Every column that holds bytes.
const BYTE_COLUMNS: &str = "SELECT t.name || ' ' || c.name FROM sqlite_schema AS t \
     JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table' AND c.type = 'BLOB'";

/// How many values anywhere begin with these bytes.
async fn beginning_with(config: &Config, bytes: &[u8]) -> usize {
    let schema = rusqlite::Connection::open_in_memory().unwrap();
    for step in bondhouse_platform::SCHEMA.migrations {
        schema.execute_batch(step.sql).unwrap();
    }
    let mut columns = schema.prepare(BYTE_COLUMNS).unwrap();
    let columns = columns
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let columns: Vec<String> = columns.map(Result::unwrap).collect();
    let hex = HEXLOWER.encode(bytes);
    let mut found = 0;
    for column in columns {
        let (table, column) = column.split_once(' ').unwrap();
        found += match &config.storage {
            Storage::Postgres(url) => {
                let like = format!(
                    "SELECT count(*) FROM {table} WHERE encode({column}, 'hex') LIKE '{hex}%'"
                );
                engine::ask(url, &like).await[0].parse::<i64>().unwrap()
            }
            Storage::Embedded => {
                let file = rusqlite::Connection::open(config.data.join("platform.db")).unwrap();
                let like = format!(
                    "SELECT count(*) FROM {table} WHERE lower(hex({column})) LIKE '{hex}%'"
                );
                file.query_row(&like, [], |row| row.get::<_, i64>(0))
                    .unwrap()
            }
        };
    }
    usize::try_from(found).unwrap()
}

async fn of_the_buyer(world: &World) -> usize {
    let person = json!({ "number": "110101199001010010" });
    let found = world.admin("POST", "/v1/admin/enquiry", &person).await;
    found.ok()["orders"].as_array().unwrap().len()
}

async fn sent_again(world: &World, order_no: &str) -> Value {
    let sent = world
        .post(&world.shop, "/v1/shop/orders", &world.order(order_no, 1))
        .await;
    sent.ok()["results"][0]["taken"].clone()
}

#[tokio::test]
async fn a_new_key_seals_everything_and_what_the_old_one_sealed_is_gone() {
    let mut world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 1, vec![]).await;
    let body = json!({ "url": "http://127.0.0.1:9/" }).to_string();
    let call = world.signed(
        &world.platform.url(),
        &world.shop,
        "PUT",
        "/v1/shop/callback",
        "application/json",
        body.as_bytes(),
        "nonce-kept-answer",
        world.clock.now(),
    );
    crate::support::reply(call.header("idempotency-key", "once"))
        .await
        .ok();
    let config = world.config.clone();
    world.platform.stop().await.unwrap();

    let first = [2, 0, 0, 0, 1];
    let sealed = beginning_with(&config, &first).await;
    assert!(sealed > 10, "{sealed}");
    assert_eq!(rotate(&config).await, (2, sealed));
    assert_eq!(beginning_with(&config, &first).await, 0);
    assert_eq!(beginning_with(&config, &[2, 0, 0, 0, 2]).await, sealed);
    let dropped = blocking(&config, drop_old_keys).await.unwrap();
    assert_eq!(dropped, [config.data.join("data.key")]);
    assert!(!config.data.join("data.key").exists());

    let findings = engine::examine(&config).await;
    assert_eq!(findings.wrong, Vec::<String>::new());
    world.platform = Platform::start(config.clone()).await.unwrap();
    assert_eq!(of_the_buyer(&world).await, 1);
    assert_eq!(sent_again(&world, "B1").await, "known");
    let lease = bench.leases[0].clone();
    bench.release(&lease);
    bench.sync(&world, 0, vec![]).await;
    assert_eq!(world.state("B1").await, "released");
}

#[tokio::test]
async fn a_rotation_that_was_stopped_half_way_goes_on_and_meanwhile_both_keys_serve() {
    let mut world = World::open().await;
    world.buy("B1", 1).await;
    world.buy("B2", 1).await;
    let config = world.config.clone();
    world.platform.stop().await.unwrap();
    engine::tamper(
        &config,
        &["CREATE TABLE before AS SELECT document, content_hash, buyer_hash FROM orders WHERE order_no = 'B1'"],
    )
    .await;
    assert_eq!(rotate(&config).await.0, 2);
    // As it is when the run ends before it comes to this order.
    engine::tamper(
        &config,
        &[
            "UPDATE orders SET document = (SELECT document FROM before), content_hash = (SELECT content_hash FROM before), \
             buyer_hash = (SELECT buyer_hash FROM before) WHERE order_no = 'B1'",
            "DROP TABLE before",
        ],
    )
    .await;
    let early = blocking(&config, drop_old_keys).await.unwrap_err();
    assert!(early.to_string().contains("finish"), "{early}");

    world.platform = Platform::start(config.clone()).await.unwrap();
    assert_eq!(of_the_buyer(&world).await, 2);
    for order_no in ["B1", "B2"] {
        assert_eq!(sent_again(&world, order_no).await, "known");
    }
    let changed = world.order("B1", 2);
    let refused = world.post(&world.shop, "/v1/shop/orders", &changed).await;
    assert_eq!(
        refused.body["results"][0]["refusal"]["code"],
        "platform.differs"
    );
    world.platform.stop().await.unwrap();

    assert_eq!(rotate(&config).await.0, 2, "goes on, with no third key");
    assert_eq!(beginning_with(&config, &[2, 0, 0, 0, 1]).await, 0);
    assert_eq!(rotate(&config).await.0, 3, "and another time anew");
    blocking(&config, drop_old_keys).await.unwrap();
    assert_eq!(engine::examine(&config).await.wrong, Vec::<String>::new());
}

#[tokio::test]
async fn nodes_that_work_change_keys_between_two_acts_and_one_without_the_key_serves_nobody() {
    let server = Server::start();
    let url = engine::fresh(&server.address).await;
    let world = World::open_with(|config| {
        config.storage = Storage::Postgres(url);
        config.clock = bondhouse_platform::Clock::system();
    })
    .await;
    let elsewhere = tempfile::tempdir().unwrap();
    for file in ["data.key", "authority.key", "admin.key"] {
        std::fs::copy(world.config.data.join(file), elsewhere.path().join(file)).unwrap();
    }
    let far = Node::start(&Config {
        data: elsewhere.path().to_owned(),
        ..world.config.clone()
    });
    let buy = async |node: &str, order_no: &str| {
        let order = world.order(order_no, 1);
        world
            .post_at(node, &world.shop, "/v1/shop/orders", &order)
            .await
            .unwrap()
    };
    assert_eq!(buy(&far.url, "B1").await, 200);
    let made = blocking(&world.config, rotate_keys).await.unwrap();
    let Rotation::Made { file } = made else {
        panic!("{made:?} before the other node has the key");
    };
    assert_eq!(
        buy(&far.url, "B2").await,
        200,
        "the old key is still in force"
    );
    assert!(matches!(
        blocking(&world.config, rotate_keys).await.unwrap(),
        Rotation::Sealed { version: 2, .. }
    ));
    assert_eq!(buy(&world.platform.url(), "B3").await, 200);
    assert_eq!(buy(&far.url, "B4").await, 503, "it lacks the key");
    let health = world.http.get(format!("{}/health", far.url)).send().await;
    assert_eq!(health.unwrap().status().as_u16(), 503);
    std::fs::copy(&file, elsewhere.path().join("data.2.key")).unwrap();
    assert_eq!(buy(&far.url, "B4").await, 200, "and needs no restart");
    assert_eq!(of_the_buyer(&world).await, 4);
    blocking(&world.config, drop_old_keys).await.unwrap();
    assert_eq!(buy(&world.platform.url(), "B5").await, 200);
    drop(far);
    assert_eq!(beginning_with(&world.config, &[2, 0, 0, 0, 1]).await, 0);
}

#[tokio::test]
async fn a_platform_refuses_secrets_that_are_not_its_own() {
    let world = World::open().await;
    world.buy("B1", 1).await;
    let config = world.config.clone();
    world.platform.stop().await.unwrap();
    for file in ["data.key", "authority.key"] {
        let path = config.data.join(file);
        let own = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let refused = Platform::start(config.clone()).await.err().unwrap();
        let said = format!("{refused:#}");
        assert!(said.contains(file) && said.contains("missing"), "{said}");
        assert!(
            !path.exists(),
            "none is made beside a database that has one"
        );
        std::fs::write(&path, format!("{}\n", "ab".repeat(32))).unwrap();
        let refused = Platform::start(config.clone()).await.err().unwrap();
        let said = format!("{refused:#}");
        assert!(said.contains("put the copy"), "{said}");
        std::fs::write(&path, own).unwrap();
    }
    Platform::start(config).await.unwrap().stop().await.unwrap();
}
