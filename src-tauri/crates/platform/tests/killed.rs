//! The platform's own program killed at every sync, its disk failing, full, read-only or held by
//! somebody else: what it has acknowledged is still there, nothing is there twice, its doctor finds
//! nothing.
//!
//! Each round begins from a copy of the same evening. Whatever was done to the program, the morning is
//! then worked again from its beginning by callers who repeat what they do not know the end of; it must
//! end in exactly the feed and the states of a morning in which nothing happened.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it saw"
)]

#[path = "stories/support/mod.rs"]
mod support;
use crate::support::program::{Program, examine};
use crate::support::station::Station;
use crate::support::{SHOP, World};
use bondhouse_domain::facts::{Fact, Signed};
use bondhouse_domain::ids::{PersonId, RequestId};
use bondhouse_platform::{Clock, Storage};
use bondhouse_protocol::wire::{Act, Ask};
use bondhouse_testkit::injected::{Injection, SYNCS, WRITES};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

/// Two orders are cleared and lie on the shelf; nobody has been granted them yet.
struct Evening {
    world: World,
    bench: Station,
    copy: TempDir,
}

/// Why a caller has no good answer.
#[derive(Debug)]
enum Unanswered {
    /// The connection broke.
    Gone,
    /// The program says no.
    Refused(u16, String),
}

/// Who works that morning, and what they were told.
struct Morning<'a> {
    world: &'a World,
    bench: Station,
    answered: Vec<&'static str>,
}

impl Evening {
    async fn come() -> Self {
        let world = World::open_with(|config| {
            // Whatever engine the other stories run on, this one is about a file.
            config.storage = Storage::Embedded;
            config.clock = Clock::system();
        })
        .await;
        let mut bench = world.station(7).await;
        world.stock_up(&mut bench, 20).await;
        world.cleared("B1", 1).await;
        world.cleared("B2", 1).await;
        let copy = world.copy().await;
        Self { world, bench, copy }
    }

    fn folder(&self) -> TempDir {
        let folder = TempDir::new().unwrap();
        for entry in std::fs::read_dir(self.copy.path()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        folder
    }

    fn morning(&self) -> Morning<'_> {
        Morning {
            world: &self.world,
            bench: self.bench.clone(),
            answered: vec![],
        }
    }

    /// Worked undisturbed: what everything else is measured by.
    async fn undisturbed(&self) -> Outcome {
        let folder = self.folder();
        let program = Program::start(folder.path());
        self.morning().work(&program.url).await.unwrap();
        drop(program);
        Outcome::of(folder.path())
    }
}

impl Morning<'_> {
    /// Stops at the first call that is not answered well. May be begun again at any time.
    async fn work(&mut self, url: &str) -> Result<(), Unanswered> {
        for order in ["B7", "B8"] {
            let papers = self.world.order(order, 1);
            self.post(url, order, "ordered", "/v1/shop/orders", &papers)
                .await?;
            let payment = self.world.payment(order, 1);
            self.post(url, order, "paid", "/v1/payer/payments", &payment)
                .await?;
        }
        let path = format!("/v1/shop/orders/{SHOP}/B8/cancel");
        self.post(url, "B8", "cancelled", &path, &Value::Null)
            .await?;
        self.sync(url, 2, vec![]).await?;
        while let Some(lease) = self.bench.leases.first().cloned() {
            self.bench.release(&lease);
            self.sync(url, 0, vec![]).await?;
        }
        while self.bench.journal.len() < 8 {
            self.bench.record(Fact::Signed(Signed { signed_in: true }));
            self.sync(url, 0, vec![]).await?;
        }
        let pass = Act {
            id: RequestId(uuid::Uuid::from_u128(77)),
            actor: PersonId::new("zhou-min"),
            ask: Ask::RequestPass {
                vehicle: "浙B99999".into(),
            },
        };
        self.sync(url, 0, vec![pass]).await
    }

    async fn post(
        &mut self,
        url: &str,
        order: &'static str,
        what: &str,
        path: &str,
        body: &Value,
    ) -> Result<(), Unanswered> {
        let key = match what {
            "paid" => &self.world.payer,
            _ => &self.world.shop,
        };
        match self.world.post_at(url, key, path, body).await {
            None => Err(Unanswered::Gone),
            Some(status) if status < 300 => {
                if what == "ordered" {
                    self.answered.push(order);
                }
                Ok(())
            }
            Some(status) => Err(Unanswered::Refused(status, String::new())),
        }
    }

    async fn sync(&mut self, url: &str, want: u32, acts: Vec<Act>) -> Result<(), Unanswered> {
        let mut request = self.bench.request(want, acts);
        loop {
            request.nonce = uuid::Uuid::now_v7().to_string();
            let answer = self.bench.send_to(self.world, url, &request).await;
            let answer = answer.map_err(|(status, code)| match status {
                0 => Unanswered::Gone,
                _ => Unanswered::Refused(status, code),
            })?;
            self.bench.apply(&answer);
            if !answer.more {
                return Ok(());
            }
            request = self.bench.request(0, vec![]);
        }
    }

    /// What was acknowledged before is there, and the rest of the morning can be worked.
    async fn go_on(&mut self, data: &Path) {
        let known = self.bench.acked;
        let ordered = Outcome::of(data).orders;
        for order in &self.answered {
            assert!(ordered.contains_key(*order), "{order} was acknowledged");
        }
        let program = Program::start(data);
        let mut anew = self.bench.request(0, vec![]);
        anew.nonce = uuid::Uuid::now_v7().to_string();
        let heard = self.bench.send_to(self.world, &program.url, &anew).await;
        let heard = heard.unwrap();
        assert_eq!(
            heard.need_from, None,
            "events up to {known} were acknowledged"
        );
        self.bench.apply(&heard);
        self.work(&program.url).await.unwrap();
    }
}

/// What a platform's database holds in the end, as far as it does not name a moment.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Order numbers and their states.
    orders: BTreeMap<String, String>,
    /// How often the feed told what.
    told: BTreeMap<String, i64>,
    /// Events of each journal.
    events: BTreeMap<String, i64>,
    /// Leases by state.
    leases: BTreeMap<String, i64>,
    /// What lies where.
    stock: BTreeMap<String, i64>,
}

impl Outcome {
    /// Read behind the platform's back; it must not be running.
    fn of(data: &Path) -> Self {
        let findings = examine(data);
        assert_eq!(findings.wrong, Vec::<String>::new());
        let db = rusqlite::Connection::open(data.join("platform.db")).unwrap();
        let counted = |sql: &str| -> BTreeMap<String, i64> {
            let mut statement = db.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.unwrap().map(Result::unwrap).collect()
        };
        let mut states = db.prepare("SELECT order_no, state FROM orders").unwrap();
        let states = states.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        Self {
            orders: states.unwrap().map(Result::unwrap).collect(),
            told: counted("SELECT kind, count(*) FROM feed GROUP BY kind"),
            events: counted("SELECT device, count(*) FROM journal GROUP BY device"),
            leases: counted("SELECT state, count(*) FROM leases GROUP BY state"),
            stock: counted(
                "SELECT location || ' ' || bucket, sum(qty) FROM stock GROUP BY location, bucket",
            ),
        }
    }
}

/// One story at a time: a child that another one starts holds a copy of every lock for a moment, and a
/// database that was just closed would still be in use.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

fn possible() -> bool {
    let possible = Injection::is_possible();
    if !possible {
        println!("skipped: no strace");
    }
    possible
}

#[tokio::test]
async fn killed_at_any_sync_of_a_morning_the_platform_keeps_what_it_acknowledged_and_once() {
    let _alone = alone().await;
    if !possible() {
        return;
    }
    let evening = Evening::come().await;
    let whole = evening.undisturbed().await;
    let mut killed = 0;
    loop {
        let folder = evening.folder();
        let mut morning = evening.morning();
        let fault = Injection::killed_at_sync(killed + 1);
        let ended = match Program::start_with(folder.path(), &fault, &[]) {
            Err(_) => true,
            Ok(mut program) => {
                let worked = morning.work(&program.url).await;
                worked.is_err() && program.is_gone()
            }
        };
        morning.go_on(folder.path()).await;
        assert_eq!(Outcome::of(folder.path()), whole, "killed at sync {killed}");
        if !ended {
            break;
        }
        killed += 1;
        assert!(killed < 500, "it must come to an end");
    }
    println!("killed at {killed} syncs");
    assert!(killed >= 12, "{killed}");
}

#[tokio::test]
async fn killed_at_any_sync_of_its_first_start_the_next_start_succeeds() {
    let _alone = alone().await;
    if !possible() {
        return;
    }
    let mut killed = 0;
    loop {
        let folder = TempDir::new().unwrap();
        let fault = Injection::killed_at_sync(killed + 1);
        let started = Program::start_with(folder.path(), &fault, &[]).is_ok();
        drop(Program::start(folder.path()));
        assert_eq!(examine(folder.path()).wrong, Vec::<String>::new());
        if started {
            break;
        }
        killed += 1;
    }
    println!("killed at {killed} syncs of the first start");
    assert!(
        killed >= bondhouse_platform::SCHEMA.migrations.len(),
        "{killed}"
    );
}

/// The disk fails for some calls and is well again: the program says so with a code and goes on by
/// itself; whoever repeats what was refused ends where an undisturbed morning ends.
#[tokio::test]
async fn a_disk_that_fills_up_or_fails_for_a_while_is_said_and_survived() {
    let _alone = alone().await;
    if !possible() {
        return;
    }
    let evening = Evening::come().await;
    let whole = evening.undisturbed().await;
    let mut refusals = BTreeMap::new();
    let faults = [
        (WRITES, "ENOSPC", 1..60),
        (WRITES, "EIO", 2..60),
        (SYNCS, "EIO", 1..16),
        (SYNCS, "ENOSPC", 2..16),
    ];
    for (calls, error, whens) in faults {
        for first in whens.step_by(if calls == WRITES { 7 } else { 3 }) {
            let folder = evening.folder();
            let mut morning = evening.morning();
            let fault = Injection::failing(calls, error, first, first + 1);
            match Program::start_with(folder.path(), &fault, &[]) {
                Err(never) => assert!(never.by_itself, "{never:?}"),
                Ok(program) => {
                    for tried in 0.. {
                        assert!(tried < 10, "{error} at {first}: it does not recover");
                        match morning.work(&program.url).await {
                            Ok(()) => break,
                            Err(Unanswered::Gone) => panic!("{error} at {first}: it went away"),
                            Err(Unanswered::Refused(status, code)) => {
                                *refusals.entry((error, status, code)).or_insert(0) += 1;
                            }
                        }
                    }
                }
            }
            morning.go_on(folder.path()).await;
            assert_eq!(Outcome::of(folder.path()), whole, "{calls} {error} {first}");
        }
    }
    println!("refusals: {refusals:?}");
    for (error, status, code) in refusals.keys() {
        let said = match *error {
            "ENOSPC" => [(507, "platform.disk_full"), (500, "platform.failed")],
            _ => [(500, "platform.failed"), (500, "platform.failed")],
        };
        let fits = |(s, c): &(u16, &str)| s == status && (code.is_empty() || code.as_str() == *c);
        assert!(said.iter().any(fits), "{error}: {status} {code}");
    }
    assert!(refusals.values().sum::<i32>() > 8, "{refusals:?}");
}

#[tokio::test]
async fn on_a_disk_that_became_read_only_the_platform_does_not_start_and_says_why() {
    let _alone = alone().await;
    if !possible() {
        return;
    }
    let evening = Evening::come().await;
    let folder = evening.folder();
    let before = Outcome::of(folder.path());
    let file = folder.path().join("platform.db");
    let fault = Injection::always_failing("openat", "EROFS");
    let never = Program::start_with(folder.path(), &fault, &[&file]).err();
    let never = never.expect("it cannot serve what it cannot write");
    assert!(
        never.by_itself && never.said.contains("platform.read_only"),
        "{never:?}"
    );
    assert_eq!(Outcome::of(folder.path()), before);
}

#[tokio::test]
async fn while_a_backup_tool_holds_the_database_calls_are_told_to_come_back_and_nothing_is_lost() {
    let _alone = alone().await;
    let evening = Evening::come().await;
    let whole = evening.undisturbed().await;
    let folder = evening.folder();
    let mut morning = evening.morning();
    let program = Program::start(folder.path());
    let tool = rusqlite::Connection::open(folder.path().join("platform.db")).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut bench = morning.bench.clone();
    bench.record(Fact::Signed(Signed { signed_in: true }));
    let request = bench.request(0, vec![]);
    let said = bench.send_to(&evening.world, &program.url, &request).await;
    let said = said.unwrap_err();
    assert_eq!(said, (503, "platform.busy".into()));
    tool.execute_batch("ROLLBACK").unwrap();
    drop(tool);
    morning.work(&program.url).await.unwrap();
    drop(program);
    assert_eq!(Outcome::of(folder.path()), whole);
}

#[tokio::test]
async fn a_database_of_a_newer_platform_is_refused_by_name_and_left_as_it_is() {
    let _alone = alone().await;
    let folder = TempDir::new().unwrap();
    drop(Program::start(folder.path()));
    let db = rusqlite::Connection::open(folder.path().join("platform.db")).unwrap();
    let step = "INSERT INTO schema_migrations (name, sha, at) VALUES ('299901010000-later', '', 0)";
    db.execute(step, []).unwrap();
    drop(db);
    let never = Program::start_at(folder.path(), "127.0.0.1:0")
        .err()
        .unwrap();
    assert!(never.by_itself, "{never:?}");
    assert!(never.said.contains("platform.newer_database"), "{never:?}");
    assert!(never.said.contains("299901010000-later"), "{never:?}");
}
