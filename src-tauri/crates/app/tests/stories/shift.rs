//! A whole shift with a scanner in one hand: what a clerk does from the badge to the gate, as bytes
//! on a serial line, at a desk of the real platform. Only the PIN is typed, because a PIN is never
//! scanned.

#![cfg(unix)]

use crate::site::{Desk, Site};
use bondhouse_app::AppEvent;
use bondhouse_domain::ids::LocationId;
use bondhouse_domain::scanner::own::{BadgeCode, OwnCode};
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Command, Outcome};
use bondhouse_testkit::virtual_scanner::VirtualScanner;
use serde_json::{Value, json};

/// The tins of the site's merchant.
const TIN: &str = "]E09421902960055";
const PIN: &str = "271828";

/// A desk with one scanner on a cable, and nobody at it.
struct Bench {
    site: Site,
    desk: Desk,
    scanner: VirtualScanner,
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

fn done(view: &RoomView) -> String {
    view.prompt.tally.unwrap().done.to_string()
}

impl Bench {
    /// Twenty tins to be counted, one cleared order, and two clerks with badges.
    fn set_up() -> Self {
        let site = Site::open();
        site.clear(&["B1"]);
        site.announce("RK002", 20);
        let desk = site.desk();
        let scanner = VirtualScanner::plug_in().unwrap();
        desk.call(
            "scanner.bind",
            json!({
                "name": "左枪", "bench": null, "port": {"path": scanner.path()},
                "line": {"baud": 9600, "data_bits": "eight", "parity": "none", "hardware_flow": false},
                "speaks": {"is": "scanner", "how": {"ends": "cr", "idle_ms": 80, "aim": false, "no_read": null}},
            }),
        );
        for (name, of) in [("陈立", 1), ("林夏", 2)] {
            let code = OwnCode::Badge(badge(of)).text().unwrap();
            desk.call(
                "people.add",
                json!({"name": name, "pin": PIN, "role": "clerk", "badge": code}),
            );
        }
        desk.level();
        desk.sign_out();
        let bench = Self {
            site,
            desk,
            scanner,
        };
        bench.until("the scanner", |status| {
            status["scanners"][0]["connected"] == true
        });
        bench
    }

    fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) {
        self.site.until(what, || {
            holds(&self.desk.call("station.status", json!({}))).then_some(())
        });
    }

    /// Pulls the trigger; the answer of the room.
    fn scan(&mut self, code: &str) -> RoomView {
        self.scanner.scan(code).unwrap();
        self.desk.event(|event| match event {
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
        self.until("the badge", |status| {
            status["at_door"]["name"] == name && status["person"].is_null()
        });
        self.desk
            .call("people.sign_in", json!({"name": name, "pin": PIN}));
    }

    fn shelf(&mut self) -> RoomView {
        self.scan(&own(OwnCode::Location(LocationId::new("A-01-01"))))
    }

    /// How many events of a kind the desk recorded.
    fn recorded(&self, kind: &str) -> i64 {
        self.desk.query(&format!(
            "SELECT count(*) FROM journal WHERE kind = '{kind}'"
        ))
    }
}

#[test]
fn a_whole_shift_is_worked_from_badge_to_gate_with_a_scanner_alone() {
    let mut bench = Bench::set_up();
    bench.come("陈立", 1);

    let intake = bench.go_to("intake");
    let accepted: Vec<&str> = intake.prompt.accepts.iter().map(|c| c.name()).collect();
    assert_eq!(accepted, ["supervisor", "next"]);
    assert_eq!(said(&bench.command(Command::Next)).0, Outcome::Accepted);
    bench.quantity(&[1, 2]);
    let counted = bench.scan(TIN);
    assert_eq!(said(&counted), (Outcome::Accepted, "intake.counted"));
    assert_eq!(done(&counted), "12");
    let back = bench.command(Command::Undo);
    assert_eq!(said(&back), (Outcome::Accepted, "task.undone"));
    assert_eq!(done(&back), "0");
    bench.quantity(&[1, 7]);
    bench.scan(TIN);
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

    // The order is granted as soon as desk and platform have spoken.
    bench.site.until("the order", || {
        let held: i64 = bench
            .desk
            .query("SELECT count(*) FROM leases WHERE ended = 0");
        (held == 1).then_some(())
    });
    let waybill = bench.site.waybill("B1");
    bench.go_to("release");
    assert_eq!(
        said(&bench.command(Command::Next)),
        (Outcome::Accepted, "release.started")
    );
    assert_eq!(said(&bench.command(Command::Park)).1, "release.parked");
    bench.scan(&waybill);
    // Two lots lie on the shelf: the digit says which the piece is, the reserved one first.
    assert_eq!(said(&bench.scan(TIN)), (Outcome::Accepted, "task.which"));
    assert_eq!(
        said(&bench.scan(&own(OwnCode::Digit(1)))),
        (Outcome::Accepted, "release.all_verified")
    );
    assert_eq!(
        said(&bench.command(Command::Reprint)).1,
        "release.printing_again"
    );
    let packed = bench.scan(&waybill);
    assert_eq!(said(&packed), (Outcome::Complete, "release.put_on_lane"));

    // The afternoon's clerk takes the gun over in the middle of a room.
    bench.come("林夏", 2);
    let room = bench.desk.event(|event| match event {
        AppEvent::Opened(room) => Some(room),
        _ => None,
    });
    assert_eq!(room, "release");
    let status = bench.desk.call("station.status", json!({}));
    assert_eq!(status["person"]["name"], "林夏");

    bench.site.until("the parcel in staging", || {
        (bench.site.state("B1") == "released").then_some(())
    });
    let pass = bench.site.order_a_vehicle();
    bench.site.until("the pass", || {
        let told: i64 = bench
            .desk
            .query("SELECT count(*) FROM passes WHERE state = 'approved'");
        (told == 1).then_some(())
    });
    bench.go_to("gate");
    assert_eq!(said(&bench.scan(&pass)).0, Outcome::Accepted);
    let loaded = bench.scan(&waybill);
    assert_eq!(said(&loaded), (Outcome::Accepted, "gate.loaded"));
    assert_eq!(bench.site.state("B1"), "loaded");
    assert_eq!(
        said(&bench.command(Command::Ok)),
        (Outcome::Complete, "gate.departed")
    );
    // The weighbridge reads something else than the pass says: nothing is loaded under it again.
    bench.site.turn_back(&pass);
    bench.site.until("the vehicle that came back", || {
        let told: i64 = bench
            .desk
            .query("SELECT count(*) FROM passes WHERE state = 'refused'");
        (told == 1).then_some(())
    });
    assert_eq!(
        said(&bench.scan(&pass)),
        (Outcome::Wrong, "gate.pass_refused")
    );

    assert_eq!(bench.recorded("task.undone"), 1);
    let reasons: i64 = bench.desk.query(
        "SELECT count(*) FROM journal WHERE kind = 'task.undone' AND CAST(body AS TEXT) LIKE '%\"reason\":\"undo\"%'",
    );
    assert_eq!(reasons, 1);
}

#[test]
fn a_badge_in_a_room_changes_the_clerk_or_says_what_to_do_and_leaves_no_bits_behind() {
    let mut bench = Bench::set_up();
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
    let theirs = bench.scan("RK002");
    assert_eq!(done(&theirs), "4");
    bench.come("陈立", 1);
    let log = bench.desk.call("scanner.evidence", json!({})).to_string();
    let bits = OwnCode::Badge(badge(2)).text().unwrap();
    assert!(log.contains("BH1B…") && !log.contains(&bits), "{log}");

    bench
        .scanner
        .scan(&own(OwnCode::Command(Command::Lock)))
        .unwrap();
    bench.until("the lock", |status| {
        status["person"].is_null() && status["at_door"].is_null()
    });
}

#[test]
fn a_room_or_command_that_does_not_exist_here_is_refused_by_name() {
    let mut bench = Bench::set_up();
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
    assert_eq!(wrong.prompt.accepts, [Command::Supervisor, Command::Ok]);
}
