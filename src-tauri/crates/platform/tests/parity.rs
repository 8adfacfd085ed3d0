//! Engine parity: SQLite, two nodes over PostgreSQL and a small model are asked the same, and answer alike.
//!
//! Acts come one after another and in bursts; a burst is where an engine that does not take the
//! warehouse's row first gives one feed position twice. That fault, planted, must be found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use bondhouse_platform::{Clock, Config, Storage};
use proptest::prelude::*;
use proptest::test_runner::Config as Cases;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use support::engine::{self, Node, Server};
use support::{MILK, OWNER, SHOP, World};
use tokio::runtime::Runtime;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// What someone does.
#[derive(Debug, Clone)]
enum Step {
    Order(u8),
    Pay(u8),
    Cancel(u8),
    /// So many items listed at once, at every node.
    Burst(u8),
}

/// What is known of an order in the model.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    ordered: bool,
    paid: bool,
    cancelled: bool,
}

#[derive(Debug, Clone, Default)]
struct Model {
    orders: BTreeMap<u8, Known>,
}

impl Model {
    /// The state that an order must be in, `None` where there is none.
    fn state(&self, order: u8) -> Option<&'static str> {
        let known = self.orders.get(&order).filter(|known| known.ordered)?;
        Some(match (known.cancelled, known.paid) {
            (true, _) => "cancelled",
            (false, true) => "compared", // nothing is in the ledger, so it goes no further
            (false, false) => "received",
        })
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        prop_oneof![
            4 => (0..5_u8).prop_map(Step::Order),
            3 => (0..5_u8).prop_map(Step::Pay),
            1 => (0..5_u8).prop_map(Step::Cancel),
            1 => (2..12_u8).prop_map(Step::Burst),
        ]
        .boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match step {
            Step::Order(n) => state.orders.entry(*n).or_default().ordered = true,
            Step::Pay(n) => state.orders.entry(*n).or_default().paid = true,
            Step::Cancel(n) => {
                if let Some(known) = state.orders.get_mut(n).filter(|known| known.ordered) {
                    known.cancelled = true;
                }
            }
            Step::Burst(_) => {}
        }
        state
    }
}

/// One engine: a platform and whoever else serves its database.
struct Engine {
    world: World,
    second: Option<bondhouse_platform::Platform>,
    calls: usize,
}

impl Engine {
    async fn open(storage: Storage) -> Self {
        let world = World::open_with(|config| config.storage = storage.clone()).await;
        let second = match storage {
            Storage::Embedded => None,
            Storage::Postgres(_) => {
                let config = Config {
                    ..world.config.clone()
                };
                Some(bondhouse_platform::Platform::start(config).await.unwrap())
            }
        };
        Self {
            world,
            second,
            calls: 0,
        }
    }

    /// The nodes in turn.
    fn node(&mut self) -> String {
        self.calls += 1;
        match &self.second {
            Some(second) if self.calls.is_multiple_of(2) => second.url(),
            _ => self.world.platform.url(),
        }
    }

    /// What is answered, as far as it does not name a trace or moment.
    async fn step(&mut self, step: &Step, burst: usize) -> Value {
        let node = self.node();
        let world = &self.world;
        let number = |n: &u8| format!("B{n}");
        let status = match step {
            Step::Order(n) => {
                let order = world.order(&number(n), 1);
                world
                    .post_at(&node, &world.shop, "/v1/shop/orders", &order)
                    .await
            }
            Step::Pay(n) => {
                let payment = world.payment(&number(n), 1);
                world
                    .post_at(&node, &world.payer, "/v1/payer/payments", &payment)
                    .await
            }
            Step::Cancel(n) => {
                let path = format!("/v1/shop/orders/{SHOP}/{}/cancel", number(n));
                world.post_at(&node, &world.shop, &path, &Value::Null).await
            }
            Step::Burst(size) => {
                let nodes = [self.node(), self.node()];
                let world = &self.world;
                let answers = list_items(
                    &world.http,
                    world.platform.admin_key(),
                    &nodes,
                    burst,
                    *size,
                )
                .await;
                return json!(answers);
            }
        };
        json!(status.expect("a platform in this process answers"))
    }

    async fn state(&self, order: u8) -> Option<String> {
        let path = format!("/v1/shop/orders/{SHOP}/B{order}");
        let found = self.world.get(&self.world.shop, &path).await;
        found.body["state"].as_str().map(str::to_owned)
    }

    /// Stops it and answers how much of what the doctor counted.
    async fn close(self) -> Vec<(&'static str, usize)> {
        let config = self.world.config.clone();
        if let Some(second) = self.second {
            second.stop().await.unwrap();
        }
        self.world.platform.stop().await.unwrap();
        let findings = engine::examine(&config).await;
        assert_eq!(findings.wrong, Vec::<String>::new());
        findings.checked
    }
}

/// Lists items that nobody listed before, all at once; answers the statuses.
async fn list_items(
    http: &reqwest::Client,
    admin: &str,
    nodes: &[String],
    burst: usize,
    size: u8,
) -> Vec<u16> {
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..size {
        let item = json!([{
            "owner": OWNER, "item": format!("{MILK}-{burst}-{n}"), "name": "婴儿配方奶粉", "barcodes": [],
            "hs_code": "1901101000", "ledger": { "ledger": "T3105W000076", "item_no": format!("{burst}{n:03}") },
            "origin": "609", "unit": "122", "per_unit": { "declared": "1", "legal1": "0.9", "legal2": "0" },
            "gross_weight": "1.17", "tracks_lot": true, "model": "900克/罐", "legal_unit1": "035",
            "net_weight": "0.9", "price": "154.56"
        }]);
        let node = &nodes[usize::from(n) % nodes.len()];
        let call = http
            .post(format!("{node}/v1/admin/items"))
            .bearer_auth(admin)
            .body(item.to_string());
        calls.spawn(async move { call.send().await.unwrap().status().as_u16() });
    }
    calls.join_all().await
}

struct Engines {
    runtime: Runtime,
    sqlite: Engine,
    postgres: Engine,
    bursts: usize,
}

impl StateMachineTest for Engines {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        let runtime = Runtime::new().unwrap();
        let (sqlite, postgres) = runtime.block_on(async {
            let url = engine::fresh(&SERVER.address).await;
            (
                Engine::open(Storage::Embedded).await,
                Engine::open(Storage::Postgres(url)).await,
            )
        });
        Self {
            runtime,
            sqlite,
            postgres,
            bursts: 0,
        }
    }

    fn apply(mut this: Self, _: &Model, step: Step) -> Self {
        this.bursts += 1;
        let Self {
            runtime,
            sqlite,
            postgres,
            bursts,
        } = &mut this;
        let (ours, theirs) = runtime.block_on(async {
            (
                sqlite.step(&step, *bursts).await,
                postgres.step(&step, *bursts).await,
            )
        });
        assert_eq!(ours, theirs, "{step:?}");
        if let Step::Burst(size) = step {
            assert_eq!(ours, json!(vec![200; size.into()]));
        }
        this
    }

    fn check_invariants(this: &Self, model: &Model) {
        this.runtime.block_on(async {
            for order in 0..5 {
                let expected = model.state(order).map(str::to_owned);
                assert_eq!(
                    this.sqlite.state(order).await,
                    expected,
                    "SQLite, order {order}"
                );
                assert_eq!(
                    this.postgres.state(order).await,
                    expected,
                    "PostgreSQL, order {order}"
                );
            }
        });
    }

    fn teardown(this: Self, _: Model) {
        let Self {
            runtime,
            sqlite,
            postgres,
            ..
        } = this;
        let (ours, theirs) =
            runtime.block_on(async { (sqlite.close().await, postgres.close().await) });
        assert_eq!(
            ours, theirs,
            "as many feed entries, orders, messages in both"
        );
    }
}

prop_state_machine! {
    #![proptest_config(Cases { cases: 4, max_shrink_iters: 20, failure_persistence: None, ..Cases::default() })]

    #[test]
    fn both_engines_answer_like_the_model(sequential 5..20 => Engines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_position_taken_without_the_lock_is_found() {
    let url = engine::fresh(&SERVER.address).await;
    let world = World::open_with(|config| {
        config.storage = Storage::Postgres(url);
        config.clock = Clock::system();
    })
    .await;
    let admin = world.platform.admin_key();
    let bursts = async |mutant: Option<&str>, from: usize| -> Vec<u16> {
        let nodes = [
            Node::start_with(&world.config, mutant),
            Node::start_with(&world.config, mutant),
        ];
        let urls = nodes.each_ref().map(|node| node.url.clone());
        let mut answers = Vec::new();
        for burst in from..from + 6 {
            answers.extend(list_items(&world.http, admin, &urls, burst, 40).await);
        }
        answers
    };
    let sound = bursts(None, 0).await;
    assert!(sound.iter().all(|status| *status == 200), "{sound:?}");
    let faulty = bursts(Some("pos-without-lock"), 100).await;
    assert!(faulty.contains(&500), "the planted fault was not found");
}
