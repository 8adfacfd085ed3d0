//! What is plugged into a workstation: binding, examining, weighing; the real command table over
//! pseudo-terminals.

#![cfg(unix)]

use crate::station::{Station, TIN, until};
use crate::world::World;
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Command, Outcome};
use bondhouse_testkit::virtual_scanner::VirtualScanner;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const GS1: &str = "]C1010690123456789210aB-12\u{1d}17281231";
const LETTERS: &str = "]C0BHTEST aZ-09$%+./";

/// Until the port of a bound peripheral stands as wanted.
fn wait_until(station: &Station, name: &str, connected: bool) {
    until(name, || {
        let list = station.call("scanner.list", json!({})).unwrap();
        let bound = list["bound"].as_array().unwrap();
        bound.iter().any(|one| {
            one["peripheral"]["name"] == name
                && one["path"].is_string() == connected
                && one["lost"].is_object() != connected
        })
    });
}

fn gun(name: &str, path: &Path) -> Value {
    json!({
        "name": name, "bench": null, "port": {"path": path},
        "line": {"baud": 9600, "data_bits": "eight", "parity": "none", "hardware_flow": false},
        "speaks": {"is": "scanner", "how": {"ends": "silence", "idle_ms": 80, "aim": false, "no_read": null}},
    })
}

fn with(mut setting: Value, pointer: &str, value: Value) -> Value {
    *setting.pointer_mut(pointer).unwrap() = value;
    setting
}

fn said(view: &RoomView) -> (Outcome, String) {
    let last = view.last.as_ref().expect("an answer");
    (last.answer.outcome, last.answer.message.code.to_string())
}

fn accepted(code: &str) -> (Outcome, String) {
    (Outcome::Accepted, code.into())
}

fn wrong(code: &str) -> (Outcome, String) {
    (Outcome::Wrong, code.into())
}

#[test]
fn a_scanner_bound_on_the_page_works_at_once_and_is_there_again_after_a_restart() {
    let station = Station::begin(World::with_notice());
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("by-id-left");
    let mut left = VirtualScanner::plug_in_as(&link).unwrap();
    station.call("scanner.bind", gun("左枪", &link)).unwrap();
    wait_until(&station, "左枪", true);
    station.go_to("intake");
    left.scan("N-1").unwrap();
    assert_eq!(said(&station.next_answer()).0, Outcome::Accepted);

    // Pulled, and plugged in again: another terminal under the same stable name.
    drop(left);
    wait_until(&station, "左枪", false);
    let holds_the_old_number = VirtualScanner::plug_in().unwrap();
    let mut left = VirtualScanner::plug_in_as(&link).unwrap();
    wait_until(&station, "左枪", true);
    left.scan(TIN).unwrap();
    assert_eq!(said(&station.next_answer()), accepted("intake.counted"));
    drop(holds_the_old_number);

    let station = station.restart(vec![]);
    station.sign_in();
    wait_until(&station, "左枪", true);
    station.go_to("intake");
    left.scan("]C1010942190188127621S2").unwrap();
    assert_eq!(said(&station.next_answer()), accepted("intake.counted"));
    assert_eq!(station.evidence()[0]["from"], "serial:左枪");
    station.app.close();
}

#[test]
fn names_and_ports_are_bound_once_and_what_cannot_be_is_refused_by_field() {
    let station = Station::begin(World::with_notice());
    let (left, right) = (
        VirtualScanner::plug_in().unwrap(),
        VirtualScanner::plug_in().unwrap(),
    );
    station
        .call("scanner.bind", gun("左枪", left.path()))
        .unwrap();
    assert_eq!(
        station.refused("scanner.bind", gun("左枪", right.path())),
        "scanner.name_taken"
    );
    assert_eq!(
        station.refused("scanner.bind", gun("右枪", left.path())),
        "scanner.port_taken"
    );
    let no_bench = with(gun("右枪", right.path()), "/bench", json!("kitchen"));
    let refused = station.call("scanner.bind", no_bench).unwrap_err().said;
    assert_eq!(refused.param("field"), Some("bench"));
    let too_fast = with(gun("右枪", right.path()), "/line/baud", json!(1_000_000));
    let refused = station.call("scanner.bind", too_fast).unwrap_err().said;
    assert_eq!(refused.param("field"), Some("baud"));
    assert_eq!(
        station.refused("scanner.change", gun("右枪", right.path())),
        "scanner.not_bound"
    );
    station
        .call("scanner.unbind", json!({"name": "左枪"}))
        .unwrap();
    assert_eq!(
        station.refused("scanner.unbind", json!({"name": "左枪"})),
        "scanner.not_bound"
    );
    station.app.close();
}

#[test]
fn a_scanner_given_at_the_start_gets_its_own_settings_by_being_bound() {
    let mut given = VirtualScanner::plug_in().unwrap();
    let station = Station::begin_with(World::with_notice(), vec![given.path().to_owned()], false);
    wait_until(&station, "S1", true);
    let stx = with(
        gun("固定", given.path()),
        "/speaks/how/ends",
        json!("stx_etx"),
    );
    let list = station.call("scanner.bind", stx).unwrap();
    assert_eq!(list["bound"].as_array().unwrap().len(), 1);
    wait_until(&station, "固定", true);
    station.go_to("intake");
    given.send(b"noise\x02N-1\x03").unwrap();
    assert_eq!(said(&station.next_answer()).0, Outcome::Accepted);

    station
        .call("scanner.unbind", json!({"name": "固定"}))
        .unwrap();
    wait_until(&station, "S1", true);
    station.app.close();
}

#[test]
fn two_scanners_feed_one_task_in_order_and_each_scan_knows_its_scanner() {
    let station = Station::begin(World::with_notice());
    let (mut left, mut right) = (
        VirtualScanner::plug_in().unwrap(),
        VirtualScanner::plug_in().unwrap(),
    );
    for (name, scanner) in [("左枪", &left), ("右枪", &right)] {
        station
            .call("scanner.bind", gun(name, scanner.path()))
            .unwrap();
        wait_until(&station, name, true);
    }
    station.go_to("intake");
    left.scan("N-1").unwrap();
    station.next_answer();
    for n in 1..=10 {
        let scanner = if n % 2 == 0 { &mut left } else { &mut right };
        scanner.scan(&format!("]C1010942190188127621S{n}")).unwrap();
        let view = station.next_answer();
        assert_eq!(said(&view), accepted("intake.counted"));
        let name = if n % 2 == 0 { "左枪" } else { "右枪" };
        assert_eq!(view.log[0].input, format!("serial:{name}"));
        assert_eq!(view.prompt.tally.unwrap().done.to_string(), n.to_string());
    }
    station.app.close();
}

#[test]
fn a_scan_from_another_benchs_scanner_and_one_without_its_identifier_count_nothing() {
    let station = Station::begin(World::with_notice());
    let mut scanner = VirtualScanner::plug_in().unwrap();
    let gate = with(gun("大门", scanner.path()), "/bench", json!("gate"));
    station.call("scanner.bind", gate).unwrap();
    wait_until(&station, "大门", true);
    station.go_to("intake");
    scanner.scan("N-1").unwrap();
    assert_eq!(said(&station.next_answer()), wrong("scanner.other_bench"));
    station.press("intake", Command::Ok);

    let strict = with(gun("大门", scanner.path()), "/speaks/how/aim", json!(true));
    station.call("scanner.change", strict).unwrap();
    wait_until(&station, "大门", true);
    scanner.scan("9421901881276").unwrap();
    assert_eq!(said(&station.next_answer()), wrong("scanner.no_aim"));
    station.press("intake", Command::Ok);
    scanner.scan("]C0N-1").unwrap();
    assert_eq!(said(&station.next_answer()).0, Outcome::Accepted);
    let refused: Vec<Value> = station
        .evidence()
        .into_iter()
        .filter(|line| line["outcome"] == "wrong")
        .map(|line| line["shown"].clone())
        .collect();
    assert_eq!(refused, ["9421901881276", "N-1"]);
    station.app.close();
}

#[test]
fn an_examined_scanner_counts_nothing_and_is_shown_byte_by_byte_what_it_does() {
    let station = Station::begin(World::with_notice());
    let mut scanner = VirtualScanner::plug_in().unwrap();
    let crlf = with(
        gun("左枪", scanner.path()),
        "/speaks/how/ends",
        json!("cr_lf"),
    );
    station.call("scanner.bind", crlf).unwrap();
    wait_until(&station, "左枪", true);
    let begun = station
        .call("scanner.examine", json!({"name": "左枪"}))
        .unwrap();
    assert_eq!(begun["symbols"].as_array().unwrap().len(), 3);
    assert!(begun["symbols"][0]["columns"].as_u64().unwrap() > 100);

    let verdict = |check: &str| {
        let examination = station.call("scanner.examination", json!({})).unwrap();
        let verdicts = examination["verdicts"].as_array().unwrap().clone();
        let found = verdicts
            .into_iter()
            .find(|one| one["check"] == check)
            .unwrap();
        let code = found["said"]["code"].as_str().unwrap().to_owned();
        (found["finding"].as_str().unwrap().to_owned(), code)
    };
    assert_eq!(verdict("gs").0, "open");
    // As it left the factory: no suffix, no identifier, the separator swallowed.
    scanner.send(b"010690123456789210aB-1217281231").unwrap();
    until("the first scan", || verdict("gs").0 == "bad");
    assert_eq!(verdict("gs").1, "clinic.gs_lost");
    assert_eq!(verdict("aim").1, "clinic.aim_missing");
    assert_eq!(verdict("suffix").1, "clinic.suffix_due");
    // Put right by its manual.
    std::thread::sleep(Duration::from_millis(800));
    scanner.terminator = b"\r\n".to_vec();
    scanner.scan(GS1).unwrap();
    until("the second scan", || verdict("gs").0 == "good");
    scanner.scan(LETTERS).unwrap();
    until("the third scan", || verdict("letters").0 == "good");
    for check in ["aim", "prefix", "suffix", "speed"] {
        assert_eq!(verdict(check).0, "good", "{check}");
    }
    let examination = station.call("scanner.examination", json!({})).unwrap();
    let bytes = examination["arrivals"][1]["bytes"].as_array().unwrap();
    let named: Vec<&str> = bytes.iter().map(|b| b["name"].as_str().unwrap()).collect();
    assert_eq!(named[named.len() - 2..], ["CR", "LF"]);
    assert!(named.contains(&"GS"));

    // A room that is opened is stronger than a forgotten examination.
    station.go_to("intake");
    scanner.scan("N-1").unwrap();
    assert_eq!(said(&station.next_answer()).0, Outcome::Accepted);
    station.call("scanner.end_examination", json!({})).unwrap();
    assert_eq!(
        station.call("scanner.examination", json!({})).unwrap(),
        Value::Null
    );
    station.app.close();
}

#[test]
fn every_scan_is_kept_with_its_bytes_whether_it_counted_chose_or_was_refused() {
    let station = Station::begin(World::with_notice());
    let mut scanner = VirtualScanner::plug_in().unwrap();
    station
        .call("scanner.bind", gun("左枪", scanner.path()))
        .unwrap();
    wait_until(&station, "左枪", true);
    station.go_to("intake");
    for bytes in [
        b"N-1\r".as_slice(),
        b"]C1010942190188127610L26A\x1d21S1\r",
        b"]C0\xb2\xd6\r",
    ] {
        scanner.send(bytes).unwrap();
        station.next_answer();
    }
    let mut lines: Vec<(String, String, String)> = station
        .evidence()
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("outcome"), text("shown"), text("hex"))
        })
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            ("accepted", "N-1", "4E 2D 31"),
            (
                "accepted",
                "]C1010942190188127610L26A␝21S1",
                "5D 43 31 30 31 30 39 34 32 31 39 30 31 38 38 31 32 37 36 31 30 4C 32 36 41 1D 32 31 53 31"
            ),
            ("wrong", "]C0<B2><D6>", "5D 43 30 B2 D6"),
        ]
        .map(|(outcome, shown, hex)| (outcome.into(), shown.into(), hex.into()))
    );
    station.app.close();
}

/// A scale's side of its cable, on continuous output, until dropped.
struct Pan {
    grams: Arc<Mutex<(u32, bool)>>,
    stop: Arc<Mutex<bool>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Pan {
    fn plug_in(mut cable: VirtualScanner) -> Self {
        let grams = Arc::new(Mutex::new((0, false)));
        let stop = Arc::new(Mutex::new(false));
        let (shown, stopped) = (Arc::clone(&grams), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !*stopped.lock().unwrap() {
                let (grams, moving) = *shown.lock().unwrap();
                let status = if moving { 0x38 } else { 0x30 };
                let frame = [
                    &[2, 0x2d, status, 0x20][..],
                    format!("{grams:06}000000\r").as_bytes(),
                ]
                .concat();
                cable.send(&frame).unwrap();
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self {
            grams,
            stop,
            thread: Some(thread),
        }
    }

    fn shows(&self, grams: u32, moving: bool) {
        *self.grams.lock().unwrap() = (grams, moving);
    }
}

impl Drop for Pan {
    fn drop(&mut self) {
        *self.stop.lock().unwrap() = true;
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn typed(station: &Station, raw: &str) -> RoomView {
    station.scan("release", raw)
}

#[test]
fn a_parcel_is_released_with_its_weight_once_it_lies_still_and_fits_its_papers() {
    let station = Station::begin(World::with_leases(&["B1"]));
    let cable = VirtualScanner::plug_in().unwrap();
    let scale = json!({
        "name": "秤", "bench": "release", "port": {"path": cable.path()},
        "line": {"baud": 9600, "data_bits": "eight", "parity": "none", "hardware_flow": false},
        "speaks": {"is": "scale", "how": {"toledo_continuous": {"checksum": false}}},
    });
    station.call("scanner.bind", scale).unwrap();
    wait_until(&station, "秤", true);
    let pan = Pan::plug_in(cable);
    station.go_to("release");
    typed(&station, "YTB1");
    let packed = typed(&station, TIN);
    assert_eq!(said(&packed), accepted("release.put_on_scale"));
    assert_eq!(packed.prompt.say.code, "release.weigh");
    let label = station.world.folder.path().join("labels/YTB1.pdf");
    assert!(!label.exists());
    assert_eq!(said(&typed(&station, "YTB1")), wrong("release.weigh_first"));
    station.press("release", Command::Ok);

    // The made-up order declares nothing at all, and 0.2 kg may differ.
    pan.shows(900, true);
    std::thread::sleep(Duration::from_millis(100));
    pan.shows(900, false);
    let differs = station.next_answer();
    assert_eq!(said(&differs), wrong("release.weight_differs"));
    assert_eq!(differs.log[0].raw.as_deref(), Some("0.9 kg"));
    assert!(!label.exists());
    pan.shows(0, false);
    station.press("release", Command::Ok);
    station.press("release", Command::Park);
    pan.shows(180, false);
    let released = station.next_answer();
    assert_eq!(said(&released), accepted("release.all_verified"));
    assert!(label.exists());

    let mut world = station.close();
    world.restart();
    let body = world
        .store()
        .read(|view| {
            let events = view.events_after(bondhouse_domain::ids::Seq(0))?;
            let released = events.into_iter().find(|e| e.kind == "release.released");
            Ok(released.unwrap().body)
        })
        .unwrap();
    let released: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(released["gross_weight"], "0.18");
}

#[test]
fn an_order_set_aside_on_the_scale_goes_on_there_and_a_scale_that_is_gone_says_so() {
    let station = Station::begin(World::with_leases(&["B1"]));
    let cable = VirtualScanner::plug_in().unwrap();
    let scale = json!({
        "name": "秤", "bench": null, "port": {"path": cable.path()},
        "line": {"baud": 9600, "data_bits": "eight", "parity": "none", "hardware_flow": false},
        "speaks": {"is": "scale", "how": "sics_on_demand"},
    });
    station.call("scanner.bind", scale).unwrap();
    wait_until(&station, "秤", true);
    station.go_to("release");
    typed(&station, "YTB1");
    typed(&station, TIN);
    station.press("release", Command::Back);
    let again = typed(&station, "YTB1");
    assert_eq!(again.prompt.say.code, "release.weigh");
    drop(cable);
    assert_eq!(said(&station.next_answer()), wrong("scanner.port_missing"));
    station.press("release", Command::Ok);

    // Without a scale the order can be released all the same: set aside, opened again, one piece scanned.
    station
        .call("scanner.unbind", json!({"name": "秤"}))
        .unwrap();
    station.press("release", Command::Back);
    typed(&station, "YTB1");
    assert_eq!(
        said(&typed(&station, TIN)),
        accepted("release.all_verified")
    );
    station.app.close();
}

#[test]
fn the_scanner_on_the_screen_goes_through_the_same_queue_and_only_in_practice() {
    let station = Station::begin(World::with_notice());
    station.go_to("intake");
    for (name, req) in [
        ("scanner.practise", json!({"raw": "N-1"})),
        ("scanner.codes", json!({"room": "intake"})),
    ] {
        assert_eq!(station.refused(name, req), "scanner.no_practice");
    }
    station.app.close();
    drop(station);

    let station = Station::begin_with(World::with_notice(), vec![], true);
    assert_eq!(
        station.call("station.status", json!({})).unwrap()["practice"],
        true
    );
    station.go_to("intake");
    let codes = station
        .call("scanner.codes", json!({"room": "intake"}))
        .unwrap();
    assert_eq!(
        (&codes[0]["is"], &codes[0]["raw"]),
        (&json!("job"), &json!("N-1"))
    );
    station
        .call("scanner.practise", json!({"raw": "N-1"}))
        .unwrap();
    assert_eq!(said(&station.next_answer()).0, Outcome::Accepted);
    let codes = station
        .call("scanner.codes", json!({"room": "intake"}))
        .unwrap();
    let goods = codes
        .as_array()
        .unwrap()
        .iter()
        .find(|code| code["is"] == "goods")
        .unwrap();
    station
        .call("scanner.practise", json!({"raw": goods["raw"]}))
        .unwrap();
    assert_eq!(said(&station.next_answer()), accepted("intake.counted"));
    assert_eq!(station.evidence()[0]["from"], "practice");
    station.app.close();
}
