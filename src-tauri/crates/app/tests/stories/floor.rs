//! What a clerk lives through at a workstation: the real store, the real command table, no window.

use crate::station::{CASE, Station, TIN, done, own_code, said};
use crate::world::World;
use bondhouse_app::{App, Config};
use bondhouse_domain::facts::{Condition, Fact};
use bondhouse_domain::feed::{Location, News};
use bondhouse_domain::ids::{LocationId, OwnerId, RequestId};
use bondhouse_domain::stock::Bucket;
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Command, Outcome};
use bondhouse_store::Page;
use bondhouse_testkit::virtual_scanner::VirtualScanner;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

const SHELF: &str = "A-01-02";

/// A day's shift at a workstation that has a hold bin.
fn shift(mut world: World) -> Station {
    world.hear(vec![News::Location(Location {
        location: LocationId::new("QUARANTINE"),
        kind: "quarantine".into(),
    })]);
    Station::begin(world)
}

#[test]
fn goods_are_counted_cases_by_their_content_and_never_beyond_the_notice() {
    let shift = shift(World::with_notice());
    let room = shift.go_to("intake");
    assert_eq!(room.choices[0].code, "N-1");
    shift.scan("intake", "N-1");

    let counted = shift.scan("intake", CASE);
    assert_eq!(
        (said(&counted), done(&counted).as_str()),
        ((Outcome::Accepted, "intake.counted"), "6")
    );
    let again = shift.scan("intake", CASE);
    assert_eq!(
        (said(&again), done(&again).as_str()),
        ((Outcome::Duplicate, "task.scanned_twice"), "6")
    );

    let too_many = shift.scan_many("intake", 200, TIN);
    assert_eq!(
        said(&too_many),
        (Outcome::Wrong, "intake.more_than_declared")
    );
    let stuck = shift.scan("intake", TIN);
    assert_eq!(said(&stuck), (Outcome::Wrong, "task.acknowledge_first"));
    // Help may be called meanwhile; the error stays until it is acknowledged.
    let called = shift.press("intake", Command::Supervisor);
    assert_eq!(said(&called), (Outcome::Accepted, "task.supervisor_called"));
    let lock = called.prompt.locked_by.unwrap();
    assert_eq!(lock.code, "intake.more_than_declared");
    shift.press("intake", Command::Ok);
    assert_eq!(done(&shift.scan("intake", TIN)), "7");

    let unknown = shift.scan("intake", "no such thing");
    assert_eq!(said(&unknown), (Outcome::Wrong, "task.unknown_code"));
    shift.press("intake", Command::Ok);
    let undone = shift.press("intake", Command::Undo);
    assert_eq!(
        (said(&undone), done(&undone).as_str()),
        ((Outcome::Accepted, "task.undone"), "6")
    );
    assert_eq!(shift.on_hand(), "6");
}

#[test]
fn a_short_notice_closes_only_after_its_differences_were_shown() {
    let shift = shift(World::with_notice());
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    shift.scan_many("intake", 117, TIN);
    shift.press("intake", Command::Damaged);
    let damaged = shift.scan_many("intake", 2, TIN);
    assert_eq!(
        said(&damaged),
        (Outcome::Accepted, "intake.counted_damaged")
    );

    assert_eq!(
        said(&shift.press("intake", Command::Ok)),
        (Outcome::Duplicate, "intake.differs")
    );
    let closed = shift.press("intake", Command::Ok);
    assert_eq!(said(&closed), (Outcome::Complete, "intake.closed"));
    assert!(closed.choices.is_empty());

    let certificate = shift.call("ledger.certificate", json!({})).unwrap();
    assert_eq!(certificate["holds"], true);
    let cases: Vec<&str> = certificate["open_cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["code"].as_str().unwrap())
        .collect();
    assert_eq!(cases, ["SHORT_RECEIPT", "DAMAGED"]);
}

#[test]
fn a_restart_in_the_middle_of_a_count_goes_on_at_the_same_prompt() {
    let shift = shift(World::with_notice());
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    let before = shift.scan_many("intake", 40, TIN);

    let shift = shift.restart(vec![]);
    assert_eq!(
        shift.call("stock.report", json!({})).unwrap_err().said.code,
        "people.sign_in_first"
    );
    shift.sign_in();
    let after = shift.go_to("intake");
    assert_eq!((after.prompt, after.rows), (before.prompt, before.rows));
}

#[test]
fn a_request_that_is_repeated_counts_once() {
    let shift = shift(World::with_notice());
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    let id = RequestId(uuid::Uuid::now_v7());
    let req = json!({"room": "intake", "input": {"by": "scan", "raw": TIN, "from": "typed"}});
    shift.app.call("task.input", id, req.clone()).unwrap();
    let again = shift.app.call("task.input", id, req).unwrap();
    assert_eq!(again["last"]["answer"]["message"]["code"], "intake.counted");
    assert_eq!(shift.on_hand(), "1");
}

#[test]
fn what_was_received_is_put_away_in_two_scans_and_only_on_shelves() {
    let mut world = World::with_notice();
    world
        .record(vec![crate::world::counted(
            100,
            bondhouse_domain::facts::Condition::Good,
        )])
        .unwrap();
    let shift = shift(world);
    assert_eq!(shift.go_to("stock").prompt.say.code, "stock.scan_goods");

    assert_eq!(
        said(&shift.scan("stock", TIN)),
        (Outcome::Accepted, "stock.picked_up")
    );
    assert_eq!(
        said(&shift.scan("stock", &own_code("QUARANTINE"))),
        (Outcome::Wrong, "stock.not_a_shelf")
    );
    shift.press("stock", Command::Ok);
    let put = shift.scan("stock", &own_code(SHELF));
    assert_eq!(
        (said(&put), put.prompt.say.code.as_ref()),
        ((Outcome::Accepted, "stock.put"), "stock.all_put")
    );
}

#[test]
fn an_order_is_verified_released_labelled_and_done_only_when_its_label_was_scanned() {
    let shift = shift(World::with_leases(&["B1", "B2"]));
    assert_eq!(shift.go_to("release").choices.len(), 2);
    shift.scan("release", "YTB1");

    assert_eq!(
        said(&shift.scan("release", &own_code(SHELF))),
        (Outcome::Wrong, "release.not_goods")
    );
    shift.press("release", Command::Ok);
    let verified = shift.scan("release", TIN);
    assert_eq!(said(&verified), (Outcome::Accepted, "release.all_verified"));
    assert!(shift.data.join("labels/YTB1.pdf").exists());

    assert_eq!(
        said(&shift.scan("release", "YTB2")),
        (Outcome::Wrong, "release.other_label")
    );
    shift.press("release", Command::Ok);
    shift.press("release", Command::Reprint);
    assert!(shift.data.join("labels/YTB1-1.pdf").exists());
    assert_eq!(
        said(&shift.scan("release", "YTB1")),
        (Outcome::Complete, "release.put_on_lane")
    );

    let again = shift.scan("release", "YTB1");
    assert_eq!(said(&again).0, Outcome::Wrong);
    assert_eq!(shift.go_to("release").choices.len(), 1);
}

#[test]
fn an_order_taken_back_stops_the_bench_until_the_parcel_is_in_the_hold_bin() {
    let shift = shift(World::with_leases(&["B1"]));
    shift.go_to("release");
    shift.scan("release", "YTB1");
    let mut world = shift.close();

    // The authority takes the order back while the parcel is open on the bench.
    world.restart();
    world.revoke("B1", 1);
    drop(world.store.take());

    let shift = Station::open(world, vec![], false);
    shift.sign_in();
    shift.go_to("release");
    assert_eq!(
        said(&shift.scan("release", TIN)),
        (Outcome::CustomsStop, "leases.revoked")
    );
    shift.press("release", Command::Ok);
    assert_eq!(said(&shift.scan("release", TIN)).0, Outcome::CustomsStop);
    let aside = shift.scan("release", &own_code("QUARANTINE"));
    assert_eq!(said(&aside), (Outcome::Accepted, "release.in_hold_bin"));
    assert!(!shift.data.join("labels/YTB1.pdf").exists());
}

#[test]
fn a_lease_that_ran_out_opens_nothing_and_says_until_when_it_held() {
    let mut world = World::with_leases(&["B1"]);
    world.hear(vec![
        crate::world::leased("B9", 1),
        crate::world::moved(Bucket::Available, Bucket::Reserved, 1),
    ]);
    let long_ago = 2_000_000;
    let grants = vec![crate::world::grant("B9", 1, long_ago)];
    world
        .apply(Page {
            grants,
            ..world.page(vec![])
        })
        .unwrap();
    let shift = shift(world);

    assert_eq!(shift.go_to("release").choices.len(), 1);
    let refused = shift.scan("release", "YTB9");
    assert_eq!(said(&refused), (Outcome::Wrong, "leases.ran_out"));
    assert_eq!(
        refused.prompt.locked_by.unwrap().param("work_until"),
        Some("1970-01-01T00:33:20.000Z")
    );
    assert!(!shift.data.join("labels/YTB9.pdf").exists());
}

#[test]
fn bytes_at_one_end_of_a_line_are_accepted_scans_at_the_other() {
    let shift = shift(World::with_notice());
    let mut scanner = VirtualScanner::plug_in().unwrap();
    let shift = shift.restart(vec![scanner.path().to_owned()]);
    shift.sign_in();
    shift.go_to("intake");
    shift.wait_until_scanner_is(true);
    scanner.scan("N-1").unwrap();
    assert_eq!(said(&shift.next_answer()).0, Outcome::Accepted);
    for count in 1..=5 {
        // Serial numbers differ, as on real goods: none is an echo of the one before.
        scanner
            .scan(&format!("]C1010942190188127621S{count}"))
            .unwrap();
        let view = shift.next_answer();
        assert_eq!(
            (said(&view), done(&view)),
            ((Outcome::Accepted, "intake.counted"), count.to_string())
        );
    }
    drop(scanner);
    shift.wait_until_scanner_is(false);
    assert_eq!(shift.on_hand(), "5");
}

#[test]
fn a_scan_that_nobody_looks_at_counts_nothing_and_is_told_to_the_window() {
    let shift = shift(World::with_notice());
    let mut scanner = VirtualScanner::plug_in().unwrap();
    let shift = shift.restart(vec![scanner.path().to_owned()]);
    shift.wait_until_scanner_is(true);
    scanner.scan("BH1BANYBODY").unwrap();
    assert_eq!(shift.next_unclaimed(), "BH1BANYBODY");

    shift.sign_in();
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    shift.call("room.leave", json!({"room": "gate"})).unwrap();
    scanner.scan(TIN).unwrap();
    assert_eq!(done(&shift.next_answer()), "1");
    shift.call("room.leave", json!({"room": "intake"})).unwrap();
    scanner.scan(TIN).unwrap();
    assert_eq!(shift.next_unclaimed(), TIN);

    shift.go_to("intake");
    shift.call("people.sign_out", json!({})).unwrap();
    scanner.scan(TIN).unwrap();
    assert_eq!(shift.next_unclaimed(), TIN);
    shift.sign_in();
    assert_eq!(done(&shift.go_to("intake")), "1");
}

#[test]
fn a_second_instance_on_the_same_database_is_told_so() {
    let shift = shift(World::with_notice());
    let second = App::open(
        Config {
            data: shift.data.clone(),
            assets: PathBuf::new(),
            platform_url: String::new(),
            scanners: vec![],
            practice: false,
        },
        |_| {},
    );
    let Err(bondhouse_app::AppError::Failed { said, .. }) = second else {
        panic!("two instances")
    };
    assert_eq!(said.code, "station.in_use");
}

#[test]
fn wrong_pins_lock_and_nothing_is_open_to_nobody() {
    let shift = shift(World::with_notice());
    shift.call("people.sign_out", json!({})).unwrap();
    let code = |pin: &str| {
        shift
            .call("people.sign_in", json!({"name": "周敏", "pin": pin}))
            .unwrap_err()
            .said
            .code
    };
    for _ in 0..4 {
        assert_eq!(code("000000"), "people.wrong_pin");
    }
    assert_eq!(code("000000"), "people.locked");
    assert_eq!(code("271828"), "people.locked");
    assert_eq!(
        shift
            .call("room.open", json!({"room": "release"}))
            .unwrap_err()
            .said
            .code,
        "people.sign_in_first"
    );
    let bad = shift
        .call("room.open", json!({"room": "release", "more": 1}))
        .unwrap_err();
    assert!(bad.refusal);
}

#[test]
fn a_key_is_written_plainly_and_a_quantity_travels_with_it() {
    let shift = shift(World::with_notice());
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    let give = |input: Value| {
        let req = json!({"room": "intake", "input": input});
        shift.call("task.input", req)
    };
    give(json!({"by": "command", "command": "quantity", "n": 3})).unwrap();
    assert_eq!(done(&shift.scan("intake", TIN)), "3");
    give(json!({"by": "command", "command": "undo"})).unwrap();
    assert_eq!(shift.on_hand(), "0");
    let bad = give(json!({"by": "command", "command": "ok", "n": 3})).unwrap_err();
    assert_eq!(bad.said.code, "station.bad_request");
}

#[test]
fn an_empty_room_lists_only_what_does_something_there() {
    let shift = shift(World::with_notice());
    let listed = |view: &RoomView| -> Vec<&str> {
        view.prompt
            .accepts
            .iter()
            .map(|command| command.name())
            .collect()
    };
    assert_eq!(listed(&shift.go_to("intake")), ["supervisor", "next"]);
    assert_eq!(listed(&shift.go_to("stock")), ["supervisor"]);
    assert_eq!(listed(&shift.go_to("release")), ["supervisor"]);
    assert_eq!(listed(&shift.go_to("gate")), ["park", "supervisor"]);
    let called = shift.press("gate", Command::Supervisor);
    assert_eq!(said(&called), (Outcome::Accepted, "task.supervisor_called"));
    let certificate = shift.call("ledger.certificate", json!({})).unwrap();
    let case = &certificate["open_cases"][0];
    assert_eq!(case["code"], "SUPERVISOR_CALLED");
    assert_eq!(
        said(&shift.press("intake", Command::Next)).0,
        Outcome::Accepted
    );
}

#[test]
fn a_case_and_a_pallet_count_as_what_they_hold_in_intake_and_at_the_bench() {
    let shift = shift(World::with_leases(&["B1"]));
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    assert_eq!(done(&shift.scan("intake", CASE)), "106");
    let tins = "]C1001061414112345678970209421901881276\u{1d}373";
    assert_eq!(done(&shift.scan("intake", tins)), "109");
    let cases = "]C1001061414112345678970219421901881273371";
    assert_eq!(done(&shift.scan("intake", cases)), "115");

    shift.go_to("release");
    shift.scan("release", "YTB1");
    let too_many = shift.scan("release", CASE);
    assert_eq!(
        said(&too_many),
        (Outcome::Wrong, "release.more_than_ordered")
    );
    assert_eq!(too_many.prompt.locked_by.unwrap().param("qty"), Some("6"));
}

/// Another merchant's tins under the same barcode, counted in beside ours.
fn two_merchants_one_barcode() -> World {
    let mut world = World::with_notice();
    let other = OwnerId::new("3302960C09");
    let mut news = crate::world::first_news();
    for told in &mut news {
        match told {
            News::Merchant(merchant) => {
                merchant.owner = other.clone();
                merchant.name = "测试贸易".into();
            }
            News::Item(item) => item.owner = other.clone(),
            _ => {}
        }
    }
    news.retain(|told| matches!(told, News::Merchant(_) | News::Item(_)));
    world.hear(news);
    let mut theirs = crate::world::counted(5, Condition::Good);
    if let Fact::Counted(counted) = &mut theirs {
        counted.stock.goods.owner = other;
    }
    world
        .record(vec![crate::world::counted(7, Condition::Good), theirs])
        .unwrap();
    world
}

#[test]
fn a_code_that_two_merchants_share_is_decided_by_the_notice_and_asked_for_at_put_away() {
    let shift = shift(two_merchants_one_barcode());
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    let counted = shift.scan("intake", TIN);
    assert_eq!(said(&counted), (Outcome::Accepted, "intake.counted"));
    assert_eq!(counted.job.unwrap().title, "测试乳业");

    shift.go_to("stock");
    let asked = shift.scan("stock", TIN);
    assert_eq!(said(&asked), (Outcome::Accepted, "task.which"));
    let titles: Vec<&str> = asked.choices.iter().map(|c| c.title.as_str()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    let at = titles
        .iter()
        .position(|title| *title == "测试贸易")
        .unwrap();
    let taken = shift.scan("stock", &asked.choices[at].code);
    assert_eq!(said(&taken), (Outcome::Accepted, "stock.picked_up"));
    assert_eq!(taken.last.unwrap().answer.message.param("qty"), Some("5"));
    assert!(taken.choices.is_empty());
    assert_eq!(
        said(&shift.scan("stock", &own_code(SHELF))).0,
        Outcome::Accepted
    );
}

#[test]
fn gs1_data_whose_symbol_was_not_told_is_shown_with_its_other_reading() {
    let shift = shift(World::with_notice());
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    let shown = shift.scan("intake", "0109421901881276");
    assert_eq!(said(&shown), (Outcome::Wrong, "scanner.ambiguous"));
    let lock = shown.prompt.locked_by.unwrap();
    assert_eq!(lock.param("meant"), Some("(01)09421901881276"));
    shift.press("intake", Command::Ok);
    // Written in brackets it says itself what it is, also when it is typed.
    assert_eq!(
        done(&shift.scan("intake", "(01)09421901881276(10)L26A")),
        "1"
    );
    // The merchant's own number of the item is known too.
    assert_eq!(done(&shift.scan("intake", "MILK-900")), "2");
}

#[test]
fn a_repeated_scan_is_marked_and_answered_within_the_window_the_station_sets() {
    let shift = shift(World::with_notice());
    let window = shift.call("scanner.repeat_window", json!({})).unwrap();
    assert_eq!(window, json!({"ms": 350}));
    shift
        .call("scanner.set_repeat_window", json!({"ms": 5_000}))
        .unwrap();
    shift.go_to("intake");
    shift.scan("intake", "N-1");
    shift.scan("intake", TIN);
    std::thread::sleep(Duration::from_millis(400));
    let again = shift.scan("intake", TIN);
    assert_eq!(said(&again), (Outcome::Duplicate, "task.scanned_twice"));
    let log = shift.call("scanner.evidence", json!({})).unwrap();
    let marked = |line: &&Value| line["outcome"] == "duplicate" && line["shown"] == TIN;
    assert_eq!(log.as_array().unwrap().iter().filter(marked).count(), 1);
    // What was taken back may be scanned again at once.
    shift.press("intake", Command::Undo);
    assert_eq!(done(&shift.scan("intake", TIN)), "1");

    shift
        .call("scanner.set_repeat_window", json!({"ms": 0}))
        .unwrap();
    assert_eq!(done(&shift.scan("intake", TIN)), "2");
    let refused = shift.call("scanner.set_repeat_window", json!({"ms": 5_001}));
    assert_eq!(refused.unwrap_err().said.code, "station.bad_request");
}

#[test]
fn a_bench_card_is_printed_with_every_command_digit_and_room() {
    let shift = shift(World::with_notice());
    let card = shift.call("scanner.bench_card", json!({})).unwrap();
    let pdf = std::fs::read(card["file"].as_str().unwrap()).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    let codes: Vec<&str> = card["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes.len(), 24);
    for word in [
        "BH1COK",
        "BH1CUNDO",
        "BH1CQTY",
        "BH1CN0",
        "BH1CDMG",
        "BH1CGO-GATE",
    ] {
        assert!(codes.iter().any(|code| code.starts_with(word)), "{word}");
    }
}
