//! A whole shift with a scanner in one hand: what a clerk does from the badge to the gate, as bytes
//! on a serial line. Only the PIN is typed, because a PIN is never scanned.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "../../store/tests/world/mod.rs"]
mod world;

mod authority;

use bondhouse_app::{App, AppEvent, Config};
use bondhouse_domain::feed::{Location, News, Pass, PassParcel};
use bondhouse_domain::ids::{BondedNoteNo, GatePassNo, LocationId, RequestId};
use bondhouse_domain::scanner::own::{BadgeCode, OwnCode};
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Command, Outcome};
use bondhouse_testkit::virtual_scanner::VirtualScanner;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use world::{World, order, waybill};

const TIN: &str = "]E09421901881276";
const CASE: &str = "]C10119421901881273";
const PIN: &str = "271828";

/// A bench with one scanner on a cable, and nobody at it.
struct Bench {
    app: Arc<App>,
    events: Receiver<AppEvent>,
    scanner: VirtualScanner,
    world: World,
}

fn own(code: OwnCode) -> String {
    format!("]C0{}", code.text().unwrap())
}

fn badge(of: u8) -> BadgeCode {
    BadgeCode([of; 16])
}

fn said(view: &RoomView) -> (Outcome, &str) {
    let last = view.last.as_ref().expect("an answer");
    (last.answer.outcome, &last.answer.message.code)
}

impl Bench {
    fn set_up(mut world: World) -> Self {
        let (signing, fields) = (vec![5; 32], vec![3; 32]);
        std::fs::write(
            world.folder.path().join("station.key"),
            json!({"signing": signing, "fields": fields}).to_string(),
        )
        .unwrap();
        let station = SigningKey::from_bytes(&[5; 32]).verifying_key();
        let url = authority::listen(world::authority(), station);
        drop(world.store.take());
        rusqlite::Connection::open(world.path())
            .unwrap()
            .execute("UPDATE station SET platform_url = ?1", [&url])
            .unwrap();
        let scanner = VirtualScanner::plug_in().unwrap();
        let (tell, events) = channel();
        let tell = Mutex::new(tell);
        let app = App::open(
            Config {
                data: world.folder.path().to_owned(),
                assets: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets"),
                platform_url: url,
                scanners: vec![scanner.path().to_owned()],
                practice: false,
            },
            move |event| drop(tell.lock().unwrap().send(event)),
        )
        .unwrap();
        let bench = Self {
            app,
            events,
            scanner,
            world,
        };
        // The evening before: a supervisor made the people of tomorrow.
        let first = json!({"name": "周敏", "pin": PIN});
        bench.call("people.first_supervisor", first.clone());
        bench.call("people.sign_in", first);
        for (name, of) in [("陈立", 1), ("林夏", 2)] {
            let code = OwnCode::Badge(badge(of)).text().unwrap();
            let role = "clerk";
            bench.call(
                "people.add",
                json!({"name": name, "pin": PIN, "role": role, "badge": code}),
            );
        }
        bench.call("people.sign_out", json!({}));
        bench.until(|status| status["scanners"][0]["connected"] == true);
        bench
    }

    fn call(&self, name: &str, req: Value) -> Value {
        let id = RequestId(uuid::Uuid::now_v7());
        self.app
            .call(name, id, req)
            .unwrap_or_else(|e| panic!("{name}: {e:?}"))
    }

    fn until(&self, holds: impl Fn(&Value) -> bool) {
        for _ in 0..1_000 {
            if holds(&self.call("station.status", json!({}))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the station did not come to it");
    }

    fn event<T>(&self, wanted: impl Fn(AppEvent) -> Option<T>) -> T {
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(20));
            if let Some(found) = wanted(event.expect("an event")) {
                return found;
            }
        }
    }

    /// Pulls the trigger; the answer of the room.
    fn scan(&mut self, code: &str) -> RoomView {
        self.scanner.scan(code).unwrap();
        self.event(|event| match event {
            AppEvent::Answered(view) => Some(*view),
            _ => None,
        })
    }

    fn command(&mut self, command: Command) -> RoomView {
        self.scan(&own(OwnCode::Command(command)))
    }

    /// QTY, the digits, OK: how a bench card counts.
    fn quantity(&mut self, digits: &[u8]) -> RoomView {
        self.command(Command::Quantity);
        for digit in digits {
            self.scan(&own(OwnCode::Digit(*digit)));
        }
        self.command(Command::Ok)
    }

    fn go_to(&mut self, room: &str) -> RoomView {
        let view = self.scan(&own(OwnCode::Room(room.into())));
        assert_eq!(
            (view.room.as_str(), said(&view).1),
            (room, "task.room_opened")
        );
        view
    }

    /// A badge, and the PIN by hand.
    fn come(&mut self, name: &str, of: u8) {
        self.scanner.scan(&own(OwnCode::Badge(badge(of)))).unwrap();
        self.until(|status| status["at_door"]["name"] == name && status["person"].is_null());
        self.call("people.sign_in", json!({"name": name, "pin": PIN}));
    }

    fn shelf(&mut self) -> RoomView {
        self.scan(&own(OwnCode::Location(LocationId::new("A-01-02"))))
    }

    /// Ends the shift; the bodies of the journal's events of a kind.
    fn journal(self, kind: &str) -> Vec<Value> {
        self.app.close();
        drop(self.app);
        let conn = rusqlite::Connection::open(self.world.path()).unwrap();
        let mut statement = conn
            .prepare("SELECT body FROM journal WHERE kind = ?1 ORDER BY seq")
            .unwrap();
        let bodies = statement
            .query_map([kind], |row| row.get::<_, Vec<u8>>(0))
            .unwrap();
        bodies
            .map(|body| serde_json::from_slice(&body.unwrap()).unwrap())
            .collect()
    }
}

/// Twenty tins still to be counted, one order to pack, and a vehicle that waits for it.
fn a_days_work() -> World {
    let mut world = World::with_leases(&["B1"]);
    world.hear(vec![
        News::Location(Location {
            location: LocationId::new("QUARANTINE"),
            kind: "quarantine".into(),
        }),
        News::Pass(Pass {
            pass: GatePassNo::new("P-1"),
            note: BondedNoteNo::new("QD310526E000048127"),
            vehicle: "浙B12345".into(),
            state: "approved".into(),
            parcels: vec![PassParcel {
                order: order("B1"),
                waybill: waybill("B1"),
                loaded: false,
            }],
        }),
    ]);
    world
}

#[test]
fn a_whole_shift_is_worked_from_badge_to_gate_with_a_scanner_alone() {
    let mut bench = Bench::set_up(a_days_work());
    bench.come("陈立", 1);

    let intake = bench.go_to("intake");
    let accepted: Vec<&str> = intake.prompt.accepts.iter().map(|c| c.name()).collect();
    assert_eq!(accepted, ["supervisor", "next"]);
    assert_eq!(said(&bench.command(Command::Next)).0, Outcome::Accepted);
    bench.quantity(&[1, 2]);
    let counted = bench.scan(TIN);
    assert_eq!(said(&counted), (Outcome::Accepted, "intake.counted"));
    assert_eq!(counted.prompt.tally.unwrap().done.to_string(), "112");
    bench.scan(CASE);
    let back = bench.command(Command::Undo);
    assert_eq!(said(&back), (Outcome::Accepted, "task.undone"));
    assert_eq!(back.prompt.tally.unwrap().done.to_string(), "112");
    bench.scan(CASE);
    bench.command(Command::Damaged);
    let damaged = bench.scan(TIN);
    assert_eq!(
        said(&damaged),
        (Outcome::Accepted, "intake.counted_damaged")
    );
    assert_eq!(
        said(&bench.command(Command::Supervisor)).1,
        "task.supervisor_called"
    );
    assert_eq!(said(&bench.command(Command::Ok)).1, "intake.differs");
    assert_eq!(
        said(&bench.command(Command::Ok)),
        (Outcome::Complete, "intake.closed")
    );

    bench.go_to("stock");
    assert_eq!(
        said(&bench.scan(TIN)),
        (Outcome::Accepted, "stock.picked_up")
    );
    assert_eq!(said(&bench.shelf()), (Outcome::Accepted, "stock.put"));
    assert_eq!(said(&bench.command(Command::Ok)).0, Outcome::Complete);

    bench.go_to("release");
    assert_eq!(
        said(&bench.command(Command::Next)),
        (Outcome::Accepted, "release.started")
    );
    assert_eq!(said(&bench.command(Command::Park)).1, "release.parked");
    bench.scan("YTB1");
    assert_eq!(
        said(&bench.scan(TIN)),
        (Outcome::Accepted, "release.all_verified")
    );
    assert_eq!(
        said(&bench.command(Command::Reprint)).1,
        "release.printing_again"
    );
    let done = bench.scan("YTB1");
    assert_eq!(said(&done), (Outcome::Complete, "release.put_on_lane"));

    // The afternoon's clerk takes the gun over in the middle of a room.
    bench.come("林夏", 2);
    let room = bench.event(|event| match event {
        AppEvent::Opened(room) => Some(room),
        _ => None,
    });
    assert_eq!(room, "release");
    let status = bench.call("station.status", json!({}));
    assert_eq!(status["person"]["name"], "林夏");

    bench.go_to("gate");
    assert_eq!(said(&bench.scan("P-1")).0, Outcome::Accepted);
    let loaded = bench.scan("YTB1");
    assert_eq!(said(&loaded), (Outcome::Accepted, "gate.loaded"));
    assert_eq!(
        said(&bench.command(Command::Ok)),
        (Outcome::Complete, "gate.departed")
    );

    let undone = bench.journal("task.undone");
    assert_eq!((undone.len(), &undone[0]["reason"]), (1, &json!("undo")));
}

#[test]
fn a_badge_in_a_room_changes_the_clerk_or_says_what_to_do_and_leaves_no_bits_behind() {
    let mut bench = Bench::set_up(a_days_work());
    bench.come("陈立", 1);
    bench.go_to("intake");
    let again = bench.scan(&own(OwnCode::Badge(badge(1))));
    assert_eq!(said(&again), (Outcome::Duplicate, "people.here_already"));
    let strange = bench.scan(&own(OwnCode::Badge(badge(9))));
    assert_eq!(said(&strange), (Outcome::Wrong, "people.unknown_badge"));
    bench.command(Command::Next);
    bench.quantity(&[4]);
    bench.scan(TIN);

    bench.come("林夏", 2);
    let theirs = bench.scan("N-1");
    assert_eq!(theirs.prompt.tally.unwrap().done.to_string(), "104");
    bench.come("陈立", 1);
    let log = bench.call("scanner.evidence", json!({})).to_string();
    let bits = OwnCode::Badge(badge(2)).text().unwrap();
    assert!(log.contains("BH1B…") && !log.contains(&bits), "{log}");

    bench
        .scanner
        .scan(&own(OwnCode::Command(Command::Lock)))
        .unwrap();
    bench.until(|status| status["person"].is_null() && status["at_door"].is_null());
}

#[test]
fn a_room_or_command_that_does_not_exist_here_is_refused_by_name() {
    let mut bench = Bench::set_up(a_days_work());
    bench.come("陈立", 1);
    bench.go_to("stock");
    let nowhere = bench.scan(&own(OwnCode::Room("cellar".into())));
    assert_eq!(said(&nowhere), (Outcome::Wrong, "scanner.own_code_unknown"));
    assert_eq!(nowhere.room, "stock");
    let nothing = bench.command(Command::Next);
    assert_eq!(said(&nothing), (Outcome::Duplicate, "task.nothing_next"));
    bench.go_to("gate");
    let wrong = bench.command(Command::Reprint);
    assert_eq!(said(&wrong), (Outcome::Wrong, "task.not_now"));
    assert_eq!(wrong.prompt.accepts, [Command::Ok]);
}
