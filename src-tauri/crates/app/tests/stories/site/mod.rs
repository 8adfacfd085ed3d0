//! A warehouse with a real platform, its partners, and desks that are real workstations.

#![allow(dead_code, reason = "each story uses its own part")]
#![allow(unreachable_pub, reason = "a module of test binaries, not a library")]

pub mod certified;
pub mod floor;

use crate::support::World;
use crate::support::station::Station;
use bondhouse_app::{App, AppEvent, Config};
use bondhouse_domain::ids::RequestId;
use bondhouse_domain::journal::Series;
use bondhouse_domain::scanner::own::OwnCode;
use bondhouse_domain::scanner::token::{ReleaseToken, TokenKey};
use bondhouse_domain::time::Span;
use bondhouse_platform::{Config as PlatformConfig, Platform, Tls};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long a story waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(40);

pub struct Site {
    rt: Runtime,
    world: World,
    /// The workstation that counted the goods in.
    intake: RefCell<Option<Station>>,
    folders: Vec<TempDir>,
    data: PathBuf,
    tls: Option<Tls>,
}

/// A desk: a data folder, and the workstation that is open on it.
pub struct Desk {
    data: TempDir,
    app: RefCell<Option<Arc<App>>>,
    /// What its window would be told.
    events: RefCell<Option<Receiver<AppEvent>>>,
}

impl Site {
    pub fn open() -> Self {
        let rt = Runtime::new().unwrap();
        let folder = TempDir::new().unwrap();
        let data = folder.path().to_owned();
        let at = data.clone();
        let world = rt.block_on(World::open_with(move |config| config.data = at));
        Self {
            rt,
            world,
            intake: RefCell::new(None),
            folders: vec![folder],
            data,
            tls: None,
        }
    }

    /// A box in the warehouse whose certificate this authority signed.
    pub fn open_behind(signer: &certified::Authority) -> Self {
        let mut site = Self::open();
        site.take_over(signer);
        site
    }

    /// Whoever answers at the platform's address from now on shows a fresh certificate of this signer.
    pub fn take_over(&mut self, signer: &certified::Authority) {
        let address = self.address();
        self.stop();
        let folder = TempDir::new().unwrap();
        self.tls = Some(signer.certify(folder.path()));
        self.folders.push(folder);
        self.world.http = signer.client();
        let config = self.config(address);
        self.world.platform = self.rt.block_on(Platform::start(config)).unwrap();
    }

    pub fn url(&self) -> String {
        self.world.platform.url()
    }

    /// Goods on the shelf, once, and these orders of one tin each released by customs.
    pub fn clear(&self, orders: &[&str]) {
        if self.intake.borrow().is_none() {
            let station = self.rt.block_on(async {
                let mut station = self.world.station(99).await;
                self.world.stock_up(&mut station, 40).await;
                station
            });
            *self.intake.borrow_mut() = Some(station);
        }
        for order in orders {
            // A desk that is online may hold it the next moment.
            self.rt.block_on(async {
                self.world.buy(order, 1).await;
                let list = self.world.list_declared().await;
                self.world.receipt(&list, "800", 0).await;
            });
        }
    }

    pub fn buy(&self, order: &str) {
        self.rt.block_on(self.world.buy(order, 1));
    }

    pub fn state(&self, order: &str) -> String {
        self.rt.block_on(self.world.state(order))
    }

    pub fn pass(&self, time: Span) {
        self.rt.block_on(self.world.pass(time));
    }

    pub fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        self.rt
            .block_on(async { self.world.admin(method, path, body).await.ok() })
    }

    /// The same for what may be refused: its code.
    pub fn try_admin(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let reply = self.rt.block_on(self.world.admin(method, path, body));
        match reply.status {
            200..300 => Ok(reply.body),
            _ => Err(reply.code().to_owned()),
        }
    }

    pub fn cases(&self) -> Vec<Value> {
        let cases = self.admin("GET", "/v1/admin/cases", &Value::Null);
        cases.as_array().unwrap().clone()
    }

    /// The platform's clock.
    pub fn now(&self) -> i64 {
        self.world.clock.now().as_millis()
    }

    /// Decides what may be done without contact.
    pub fn decide(&self, policy: &Value) {
        let made = self.admin("POST", "/v1/admin/offline-policy", policy);
        assert!(made["version"].as_u64().is_some(), "{made}");
    }

    /// The code with which such a decision is refused.
    pub fn refused_decision(&self, policy: &Value) -> String {
        let path = "/v1/admin/offline-policy";
        let reply = self.rt.block_on(self.world.admin("POST", path, policy));
        reply.code().to_owned()
    }

    pub fn code(&self, body: &Value) -> String {
        self.rt.block_on(self.world.code(body))
    }

    pub fn feed_pos(&self) -> u64 {
        self.rt.block_on(async {
            let health = crate::support::reply(self.world.http.get(self.url() + "/health")).await;
            health.ok()["feed_pos"].as_u64().unwrap()
        })
    }

    /// How much lies at a location, in whole pieces, by the platform's database.
    pub fn lying(&self, location: &str) -> i64 {
        self.query(&format!(
            "SELECT coalesce(sum(qty), 0) FROM stock WHERE location = '{location}'"
        ))
    }

    pub fn epoch(&self) -> i64 {
        self.query("SELECT epoch FROM warehouses")
    }

    pub fn journal_head(&self, series: &Series) -> i64 {
        self.query(&format!(
            "SELECT head_seq FROM incarnations WHERE device = '{}' AND incarnation = {}",
            series.device, series.incarnation.0
        ))
    }

    pub fn query(&self, sql: &str) -> i64 {
        let db = rusqlite::Connection::open_with_flags(
            self.data.join("platform.db"),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        )
        .unwrap();
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// A new desk, enrolled, with a supervisor who may sign in.
    pub fn desk(&self) -> Desk {
        self.desk_at(&self.url())
    }

    pub fn address(&self) -> SocketAddr {
        self.world.platform.address()
    }

    /// A computer that is no workstation yet.
    pub fn bare_desk(&self) -> Desk {
        let desk = Desk {
            data: TempDir::new().unwrap(),
            app: RefCell::new(None),
            events: RefCell::new(None),
        };
        desk.start();
        desk
    }

    /// A desk that calls the platform at this address.
    pub fn desk_at(&self, url: &str) -> Desk {
        let desk = self.bare_desk();
        let code = self.code(&Value::Null);
        desk.call(
            "station.enrol",
            json!({ "code": code, "station_name": "打包台", "platform_url": url }),
        );
        desk.call(
            "people.first_supervisor",
            json!({ "name": "周敏", "pin": "271828" }),
        );
        desk.sign_in();
        desk
    }

    pub fn until<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        until(what, look)
    }

    /// A bench packs this order without network and its disk is lost: what is left is the label's token.
    ///
    /// Before any desk is enrolled: a desk calls on its own and could be granted the order first.
    pub fn lose_a_bench_after_packing(&self, order: &str) -> String {
        self.clear(&[]);
        self.rt.block_on(async {
            let code = self.world.code(&Value::Null).await;
            let enrolled: bondhouse_protocol::wire::Enrolled =
                serde_json::from_value(self.world.enrol(&code, 55).await.ok()).unwrap();
            let key = data_encoding::HEXLOWER
                .decode(enrolled.token_key.as_bytes())
                .unwrap();
            let mut bench = Station::of(enrolled, 55);
            self.world.cleared(order, 1).await;
            bench.sync(&self.world, 1, vec![]).await;
            let lease = bench.leases[0].clone();
            let key_of_order = crate::support::station::order_of(&lease).order.clone();
            bench.release(&lease);
            let token = ReleaseToken {
                warehouse: bench.series.warehouse.clone(),
                order: key_of_order,
                device: bench.series.device.clone(),
                incarnation: bench.series.incarnation,
                seq: bench.journal.last().unwrap().seq,
            };
            // Nothing of it was sent; the disk is gone, and the bench starts anew.
            let again = json!({ "device": bench.series.device });
            let code = self.world.code(&again).await;
            self.world.enrol(&code, 56).await.ok();
            let signed = token.sign(&TokenKey(key.try_into().unwrap())).unwrap();
            OwnCode::ReleaseToken(signed).text().unwrap()
        })
    }

    /// Deletes nothing: what stands in the platform's cases, decided ones too.
    pub fn decided(&self, code: &str) -> i64 {
        self.query(&format!(
            "SELECT count(*) FROM cases WHERE code = '{code}' AND open = 0"
        ))
    }

    /// A copy of everything the platform keeps, as its operator would take it.
    pub fn back_up(&self) -> TempDir {
        let made = self.admin("POST", "/v1/admin/backups", &Value::Null);
        let made = self.data.join(made["file"].as_str().unwrap());
        let copy = TempDir::new().unwrap();
        for key in ["authority.key", "data.key", "admin.key"] {
            std::fs::copy(self.data.join(key), copy.path().join(key)).unwrap();
        }
        std::fs::copy(made, copy.path().join("platform.db")).unwrap();
        copy
    }

    /// The platform's machine is lost; another takes its place and its address, from the backup.
    pub fn restore(&mut self, backup: &TempDir) {
        self.restore_after(backup, |_| ());
    }

    /// The same by the book: the operator wakes the copy before it is started.
    pub fn restore_and_wake(&mut self, backup: &TempDir) {
        self.restore_after(backup, |data| {
            bondhouse_platform::restored(&PlatformConfig::at(data)).unwrap();
        });
    }

    fn restore_after(&mut self, backup: &TempDir, prepare: impl FnOnce(&Path)) {
        let address = self.world.platform.address();
        self.stop();
        let folder = TempDir::new().unwrap();
        copy(backup.path(), folder.path());
        prepare(folder.path());
        self.start(folder, address);
    }

    /// The authority moves to another machine and address; answers where it was.
    pub fn move_away(&mut self) -> PathBuf {
        let address = self.world.platform.address();
        self.stop();
        let folder = TempDir::new().unwrap();
        let elsewhere = free_address();
        let old = self.data.clone();
        let (from, to) = (PlatformConfig::at(&old), PlatformConfig::at(folder.path()));
        bondhouse_platform::move_out(&from, folder.path(), &format!("http://{elsewhere}")).unwrap();
        bondhouse_platform::move_in(&to).unwrap();
        // The old one still answers, and says where to.
        let told = self.world.clock.clone();
        let config = PlatformConfig {
            listen: address,
            clock: told,
            ..PlatformConfig::at(&old)
        };
        let old_platform = self.rt.block_on(Platform::start(config)).unwrap();
        std::mem::forget(old_platform);
        self.start(folder, elsewhere);
        old
    }

    /// The old authority's note that it moved is taken away, and a desk is pointed at it.
    pub fn revive(&self, old: PathBuf, desk: &Desk) {
        let db = rusqlite::Connection::open(old.join("platform.db")).unwrap();
        let address: String = db
            .query_row("SELECT moved_to FROM warehouses", [], |row| row.get(0))
            .unwrap();
        assert_eq!(address, self.url());
        db.execute("UPDATE warehouses SET moved_to = NULL", [])
            .unwrap();
        drop(db);
        let copy_of_old = TempDir::new().unwrap();
        copy(&old, copy_of_old.path());
        let config = PlatformConfig {
            clock: self.world.clock.clone(),
            ..PlatformConfig::at(copy_of_old.path())
        };
        let platform = self.rt.block_on(Platform::start(config)).unwrap();
        let url = platform.url();
        std::mem::forget((platform, copy_of_old));
        desk.closed(|data| {
            let db = rusqlite::Connection::open(data.join("station.db")).unwrap();
            db.execute("UPDATE station SET platform_url = ?1", [url])
                .unwrap();
        });
    }

    /// Everything the platform's doctor knows to check holds.
    pub fn verify(&mut self) {
        let address = self.world.platform.address();
        self.stop();
        let findings = bondhouse_platform::examine(&PlatformConfig::at(&self.data)).unwrap();
        assert!(findings.wrong.is_empty(), "{:?}", findings.wrong);
        let config = self.config(address);
        self.world.platform = self.rt.block_on(Platform::start(config)).unwrap();
    }

    fn config(&self, listen: SocketAddr) -> PlatformConfig {
        PlatformConfig {
            listen,
            clock: self.world.clock.clone(),
            tls: self.tls.clone(),
            ..PlatformConfig::at(&self.data)
        }
    }

    /// The platform is gone for good, as far as anybody here hears.
    pub fn close(&mut self) {
        self.stop();
    }

    /// Stops the platform; a stand-in on another port keeps the world's place until the next start.
    fn stop(&mut self) {
        let folder = TempDir::new().unwrap();
        let stand_in = self
            .rt
            .block_on(Platform::start(PlatformConfig::at(folder.path())))
            .unwrap();
        let platform = std::mem::replace(&mut self.world.platform, stand_in);
        self.rt.block_on(platform.stop()).unwrap();
        self.folders.push(folder);
    }

    fn start(&mut self, folder: TempDir, listen: SocketAddr) {
        self.data = folder.path().to_owned();
        self.folders.push(folder);
        let config = self.config(listen);
        self.world.platform = self.rt.block_on(Platform::start(config)).unwrap();
    }
}

impl Desk {
    fn start(&self) {
        let config = Config {
            data: self.data.path().to_owned(),
            assets: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets"),
            platform_url: "http://127.0.0.1:1".into(),
            scanners: vec![],
            practice: false,
        };
        let (tell, events) = channel();
        let tell = Mutex::new(tell);
        let told = move |event| drop(tell.lock().unwrap().send(event));
        *self.app.borrow_mut() = Some(App::open(config, told).unwrap());
        *self.events.borrow_mut() = Some(events);
    }

    pub fn app(&self) -> Arc<App> {
        Arc::clone(self.app.borrow().as_ref().unwrap())
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Something happens to the data folder while the program is not running.
    pub fn closed<T>(&self, act: impl FnOnce(&Path) -> T) -> T {
        self.shut();
        let answer = act(self.data.path());
        self.start();
        answer
    }

    /// The program is started again.
    pub fn reopen(&self) {
        self.start();
    }

    /// The program ends.
    pub fn shut(&self) {
        let app = self.app.borrow_mut().take().unwrap();
        app.close();
        drop(app);
        // The thread that waits to be poked lets go a moment later.
        until("the lock", || {
            let lock = std::fs::File::options()
                .write(true)
                .open(self.data.path().join("station.db.lock"))
                .unwrap();
            lock.try_lock().ok()
        });
        for log in ["station.db-wal", "station.db-shm"] {
            let _ = std::fs::remove_file(self.data.path().join(log));
        }
    }

    pub fn call(&self, name: &str, request: Value) -> Value {
        self.try_call(name, request)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn try_call(&self, name: &str, request: Value) -> Result<Value, String> {
        self.app()
            .call(name, RequestId(uuid::Uuid::now_v7()), request)
            .map_err(|error| error.said.to_string())
    }

    pub fn sign_in(&self) {
        self.call("people.sign_in", json!({ "name": "周敏", "pin": "271828" }));
    }

    pub fn sign_out(&self) {
        self.call("people.sign_out", json!({}));
    }

    /// Waits until the authority has everything and this desk has heard everything.
    pub fn level(&self) {
        if self.call("station.status", json!({}))["person"].is_null() {
            self.sign_in();
        }
        until("level", || {
            let now = self.call("sync.now", json!({}));
            let level = now["online"] == true && now["head"] == now["acked"];
            (level && now["stopped"].is_null()).then_some(())
        });
    }

    /// What may be done here without contact.
    pub fn offline(&self) -> Value {
        self.call_signed_in("sync.view")["offline"].clone()
    }

    /// Whether an act goes on without contact, as a page says it.
    pub fn goes_on(&self, page: &str, act: &str) -> Option<bool> {
        let answer = self.call_signed_in(page);
        let acts = [&answer["acts"], &answer["offline"]["acts"]];
        let acts = acts.into_iter().find_map(Value::as_array).unwrap();
        let line = acts.iter().find(|line| line["act"] == act);
        line.and_then(|line| line["goes_on"].as_bool())
    }

    /// How many orders can leave without network, and why the others cannot.
    pub fn can_leave(&self) -> Value {
        self.call_signed_in("sync.view")["can_leave"].clone()
    }

    pub fn enter(&self, room: &str) {
        self.call("room.open", json!({ "room": room }));
    }

    fn give(&self, room: &str, input: &Value) -> String {
        self.enter(room);
        let view = self.call("task.input", json!({ "room": room, "input": input }));
        let code = &view["last"]["answer"]["message"]["code"];
        code.as_str().unwrap().to_owned()
    }

    /// Scans in a room; the code of what is said.
    pub fn scan(&self, room: &str, raw: &str) -> String {
        self.give(room, &json!({ "by": "scan", "raw": raw, "from": "typed" }))
    }

    /// Counts two at once: a second equal scan in a moment would be taken for one.
    pub fn count_more(&self, raw: &str) -> String {
        self.give(
            "intake",
            &json!({ "by": "command", "command": "quantity", "n": 2 }),
        );
        self.scan("intake", raw)
    }

    /// Talks to the platform now, however that goes.
    pub fn ask_now(&self) {
        let _ = self.try_call("sync.now", json!({}));
    }

    /// The code of what the sync is refused with.
    pub fn until_refused(&self) -> String {
        until("a refusal", || {
            let view = self.call_signed_in("sync.now");
            view["last_error"]["code"].as_str().map(str::to_owned)
        })
    }

    fn call_signed_in(&self, name: &str) -> Value {
        if self.call("station.status", json!({}))["person"].is_null() {
            self.sign_in();
        }
        self.call(name, json!({}))
    }

    pub fn head(&self) -> i64 {
        self.query("SELECT coalesce(max(seq), 0) FROM journal")
    }

    /// Another person who may sign in here.
    pub fn hire(&self, name: &str, role: &str) {
        self.call(
            "people.add",
            json!({ "name": name, "pin": "314159", "role": role, "badge": null }),
        );
    }

    pub fn feed_pos(&self) -> u64 {
        self.call_signed_in("sync.view")["feed_pos"]
            .as_u64()
            .unwrap()
    }

    pub fn leases(&self) -> Vec<String> {
        let view = self.call_signed_in("sync.view");
        let leases = view["leases"].as_array().unwrap();
        leases
            .iter()
            .map(|lease| lease["order_no"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn platform_url(&self) -> String {
        let status = self.call("station.status", json!({}));
        status["platform_url"].as_str().unwrap().to_owned()
    }

    pub fn lying(&self, location: &str) -> i64 {
        self.query(&format!(
            "SELECT coalesce(sum(qty), 0) FROM stock WHERE location_id = '{location}'"
        ))
    }

    pub fn series(&self) -> Series {
        let db = self.database();
        db.query_row(
            "SELECT warehouse_id, device_id, incarnation FROM station",
            [],
            |row| {
                Ok(Series {
                    warehouse: bondhouse_domain::ids::WarehouseId::new(row.get::<_, String>(0)?),
                    device: bondhouse_domain::ids::DeviceId::new(row.get::<_, String>(1)?),
                    incarnation: bondhouse_domain::ids::Incarnation(row.get(2)?),
                })
            },
        )
        .unwrap()
    }

    pub fn is_sound(&self) -> bool {
        let findings = bondhouse_app::upkeep::verify(&self.data.path().join("station.db")).unwrap();
        findings.iter().all(bondhouse_app::upkeep::Finding::holds)
    }

    pub fn query<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.database()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open_with_flags(
            self.data.path().join("station.db"),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        )
        .unwrap()
    }
}

/// Waits for a condition, not for a time.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}
