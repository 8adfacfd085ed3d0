//! Engine parity: SQLite, two nodes over PostgreSQL and a small model are asked the same, and answer alike.
//!
//! Shop, payer, customs, a supervisor and a bench that pushes, is granted, packs, gives back and falls
//! silent act one after another and in bursts; a burst is where an engine that does not take the
//! warehouse's row first gives one feed position twice. That fault, planted, must be found.

mod model;

use crate::support::engine::{self, Node, Server};
use crate::support::station::{Station, order_of};
use crate::support::{MILK, OWNER, SHOP, World};
use bondhouse_domain::customs::Document;
use bondhouse_domain::facts::{Fact, LeaseDropped};
use bondhouse_domain::ids::{PersonId, RequestId};
use bondhouse_domain::leases::Lease;
use bondhouse_domain::time::Span;
use bondhouse_platform::{Clock, Storage};
use bondhouse_protocol::wire::{Act, Ask, SyncRequest, SyncResponse};
use model::{Model, ORDERS, Step};
use proptest::test_runner::Config as Cases;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tokio::runtime::Runtime;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// One engine: a platform, whoever else serves its database, and a bench that is granted its orders.
struct Engine {
    world: World,
    second: Option<bondhouse_platform::Platform>,
    calls: usize,
    bench: Station,
    /// Our own numbers of the lists that are with customs.
    lists: BTreeMap<String, String>,
    last_call: Option<SyncRequest>,
}

impl Engine {
    async fn open(storage: Storage) -> Self {
        let world = World::open_with(|config| config.storage = storage.clone()).await;
        let mut bench = world.station(7).await;
        world.stock_up(&mut bench, 20).await;
        let second = match storage {
            Storage::Embedded => None,
            Storage::Postgres(_) => {
                let config = world.config.clone();
                Some(bondhouse_platform::Platform::start(config).await.unwrap())
            }
        };
        Self {
            world,
            second,
            calls: 0,
            bench,
            lists: BTreeMap::new(),
            last_call: None,
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
        match step {
            Step::Order(n) => {
                let order = self.world.order(&format!("B{n}"), 1);
                self.post("/v1/shop/orders", &order).await
            }
            Step::Pay(n) => {
                let payment = self.world.payment(&format!("B{n}"), 1);
                self.post("/v1/payer/payments", &payment).await
            }
            Step::Cancel(n) => {
                let path = format!("/v1/shop/orders/{SHOP}/B{n}/cancel");
                self.post(&path, &Value::Null).await
            }
            Step::Clear(n) => self.clear(*n).await,
            Step::Hold(n) => self.decide(*n, "hold").await,
            Step::Lift(n) => self.decide(*n, "lift").await,
            Step::PullBack(n) => self.decide(*n, "pulled_back").await,
            Step::Look(n, packed) => {
                self.let_go(*n);
                let found = if *packed { "packed" } else { "unpacked" };
                self.decide(*n, found).await
            }
            Step::Grant => self.call(ORDERS.into(), vec![]).await,
            Step::Pack(n) => {
                let lease = self.lease(*n);
                self.bench.release(&lease);
                self.call(0, vec![]).await
            }
            Step::GiveBack(n) => {
                let lease = self.let_go(*n);
                self.bench.record(Fact::LeaseDropped(LeaseDropped {
                    order: order_of(&lease).order.clone(),
                    grant: lease.grant.clone(),
                    fence: lease.fence,
                    why: "given_back".into(),
                }));
                self.call(0, vec![]).await
            }
            Step::Silence => {
                self.world.pass(Span::minutes(251)).await;
                Value::Null
            }
            Step::Bundle => {
                let vehicle = "浙B99999".into();
                self.ask(Ask::RequestPass { vehicle }).await
            }
            Step::Replay => {
                let (node, last) = (self.node(), self.last_call.clone().unwrap());
                let said = self.bench.send_to(&self.world, &node, &last).await;
                json!(said.map(|_| ()).unwrap_err())
            }
            Step::PushAgain => {
                self.bench.acked = 0;
                self.call(0, vec![]).await
            }
            Step::Burst(size) => {
                let nodes = [self.node(), self.node()];
                let admin = self.world.platform.admin_key();
                json!(list_items(&self.world.http, admin, &nodes, burst, *size).await)
            }
        }
    }

    /// The status of a partner's call at the next node.
    async fn post(&mut self, path: &str, body: &Value) -> Value {
        let node = self.node();
        let key = match path.starts_with("/v1/payer") {
            true => &self.world.payer,
            false => &self.world.shop,
        };
        let status = self.world.post_at(&node, key, path, body).await;
        json!(status.expect("a platform in this process answers"))
    }

    /// Customs releases an order's list.
    async fn clear(&mut self, order: u8) -> Value {
        for document in self.world.fetch().await {
            if let Document::DeclarationList(list) = document {
                self.lists.insert(list.order_no, list.cop_no);
            }
        }
        let list = &self.lists[&format!("B{order}")];
        self.world.receipt(list, "800", 0).await;
        Value::Null
    }

    async fn decide(&self, order: u8, what: &str) -> Value {
        let decision = match what {
            "hold" | "lift" => json!({ "is": what, "by": "supervisor" }),
            "packed" | "unpacked" => json!({ "is": "looked", "packed": what == "packed" }),
            other => json!({ "is": other }),
        };
        let path = format!("/v1/admin/orders/{SHOP}/B{order}");
        let said = self.world.admin("POST", &path, &decision).await;
        json!([said.status, said.code(), said.body["state"]])
    }

    /// The newest lease of an order at the bench.
    fn lease(&self, order: u8) -> Lease {
        let wanted = format!("B{order}");
        let held = self.bench.leases.iter();
        held.filter(|lease| order_of(lease).order.order_no == wanted)
            .max_by_key(|lease| lease.fence)
            .unwrap_or_else(|| panic!("{wanted} was granted"))
            .clone()
    }

    /// The bench no longer has it.
    fn let_go(&mut self, order: u8) -> Lease {
        let lease = self.lease(order);
        let gone = order_of(&lease).order.clone();
        let held = &mut self.bench.leases;
        held.retain(|held| order_of(held).order != gone);
        lease
    }

    async fn ask(&mut self, ask: Ask) -> Value {
        let id = RequestId(uuid::Uuid::from_u128(0xB000 + self.calls as u128));
        let actor = PersonId::new("zhou-min");
        self.call(0, vec![Act { id, actor, ask }]).await
    }

    /// A call of the bench at the next node; what it was told.
    async fn call(&mut self, want: u32, acts: Vec<Act>) -> Value {
        let node = self.node();
        let request = self.bench.request(want, acts);
        let answer = self.bench.send_to(&self.world, &node, &request).await;
        self.last_call = Some(request);
        let answer = answer.unwrap();
        self.bench.apply(&answer);
        assert!(!answer.more, "a short morning is one page");
        told(&answer)
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

/// An answer without signatures, chains and moments: these differ from authority to authority.
fn told(answer: &SyncResponse) -> Value {
    let feed = answer.feed.iter().map(|entry| (entry.pos, &entry.kind));
    let grants = answer.grants.iter().map(|grant| grant.consignee.is_some());
    json!({
        "acked": answer.acked.position.seq,
        "need_from": answer.need_from,
        "verdicts": answer.verdicts,
        "feed": feed.collect::<Vec<_>>(),
        "grants": grants.collect::<Vec<_>>(),
        "revokes": answer.revokes,
        "answers": answer.answers.iter().map(|a| &a.refusal).collect::<Vec<_>>(),
        "resnapshot": answer.resnapshot,
    })
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
            let held = |engine: &Engine| -> Vec<_> {
                let held = engine.bench.leases.iter();
                held.map(|lease| (order_of(lease).order.order_no.clone(), lease.fence))
                    .collect()
            };
            assert_eq!(held(&this.sqlite), held(&this.postgres));
            for order in 0..ORDERS {
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
    #![proptest_config(Cases {
        cases: if std::env::var("BONDHOUSE_LONG").is_ok() { 60 } else { 5 },
        max_shrink_iters: 30,
        failure_persistence: None,
        ..Cases::default()
    })]

    #[test]
    fn both_engines_answer_like_the_model(sequential 15..45 => Engines);
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
