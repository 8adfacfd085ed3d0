//! What a code may mean when it means several things: lots, pieces and carriers at a real workstation.

use crate::station::{Station, TIN, done, own_code, said};
use crate::world::{World, milk, qty};
use bondhouse_domain::feed::{Carrier, News, Notice, NoticeLine, SerialNews};
use bondhouse_domain::ids::{BondedNoteNo, NoticeNo, WaybillKey};
use bondhouse_domain::leases::{Lease, Right, SignedLease};
use bondhouse_domain::ledger::Account;
use bondhouse_domain::orders::State;
use bondhouse_domain::scanner::serial::Serial;
use bondhouse_domain::scanner::waybill::WaybillFormat;
use bondhouse_domain::stock::{Bucket, Goods, Place, StockMove};
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Command, Outcome};
use bondhouse_domain::time::Instant;
use bondhouse_store::{Grant, Page};
use serde_json::json;

const PIECE: &str = "]C1010942190188127621";

/// The same milk of a later lot.
fn later() -> Goods {
    Goods {
        lot: Some("L27B".into()),
        expiry: "2029-01-31".parse().ok(),
        ..milk()
    }
}

/// A notice of ten tins of each lot.
fn two_lots() -> World {
    let mut world = World::with_notice();
    let line = |line, goods| NoticeLine {
        line,
        goods,
        expected: qty(10),
    };
    world.hear(vec![
        crate::world::book(Account::Abroad, Account::PreIn, 20),
        crate::world::book(Account::PreIn, Account::Arrived, 20),
        News::Receivable(Notice {
            notice: NoticeNo::new("N-2"),
            owner: milk().owner,
            bonded_note: BondedNoteNo::new("QD310526I000048128"),
            vehicle: "浙B54321".into(),
            gate_passed_at: Instant::from_millis(6),
            lines: vec![line(1, milk()), line(2, later())],
        }),
    ]);
    world
}

fn counts(view: &RoomView) -> Vec<String> {
    view.rows.iter().map(|row| row.done.to_string()).collect()
}

#[test]
fn a_scan_without_its_lot_asks_which_where_two_lots_are_due_and_hands_stay_on_the_scanner() {
    let station = Station::begin(two_lots());
    station.tell_all_scans_apart();
    station.go_to("intake");
    station.scan("intake", "N-2");

    let asked = station.scan("intake", TIN);
    assert_eq!(said(&asked), (Outcome::Accepted, "task.which"));
    assert_eq!(asked.prompt.say.code, "task.which");
    let told: Vec<&str> = asked.choices.iter().map(|c| c.detail.as_str()).collect();
    assert!(
        told[0].contains("L26A") && told[0].contains("2028-03-31"),
        "{told:?}"
    );
    assert!(told[1].contains("L27B"), "{told:?}");
    assert_eq!(counts(&asked), ["0", "0"]);
    // No key counts anything while it is open; OK, which closes notices, asks once more.
    let again = station.press("intake", Command::Ok);
    assert_eq!(said(&again), (Outcome::Duplicate, "task.which"));
    let there_is_no_third = station.digit("intake", 3);
    assert_eq!(said(&there_is_no_third), (Outcome::Duplicate, "task.which"));
    let second = station.digit("intake", 2);
    assert_eq!(said(&second), (Outcome::Accepted, "intake.counted"));
    assert_eq!(counts(&second), ["0", "1"]);
    assert!(second.choices.is_empty());

    // The lot stands in a barcode of its own on the same label.
    station.scan("intake", TIN);
    let first = station.scan("intake", "]C110L26A");
    assert_eq!(said(&first).1, "intake.counted");
    assert_eq!(counts(&first), ["1", "1"]);
    // What was announced for the scan holds for its answer.
    station.scan_many("intake", 3, TIN);
    assert_eq!(counts(&station.digit("intake", 1)), ["4", "1"]);
    // A label that names its lot is no question, and another lot is not of this notice.
    let named = station.scan("intake", "]C1010942190188127610L27B");
    assert_eq!(counts(&named), ["4", "2"]);
    let strange = station.scan("intake", "]C1010942190188127610L99");
    assert_eq!(said(&strange), (Outcome::Wrong, "intake.not_in_notice"));
    station.press("intake", Command::Ok);

    station.scan("intake", TIN);
    let withdrawn = station.press("intake", Command::Undo);
    assert_eq!(said(&withdrawn).1, "task.which_withdrawn");
    assert_eq!(done(&withdrawn), "6");
    let undone = station.press("intake", Command::Undo);
    assert_eq!(
        (said(&undone).1, counts(&undone)),
        ("task.undone", vec!["4".into(), "1".into()])
    );
    // A lot alone, with no question open, counts nothing.
    let alone = station.scan("intake", "]C110L26A");
    assert_eq!(said(&alone), (Outcome::Wrong, "intake.not_goods"));
    station.press("intake", Command::Ok);

    station.go_to("stock");
    assert_eq!(said(&station.scan("stock", TIN)).1, "task.which");
    let taken = station.scan("stock", "]C110L27B");
    assert_eq!(said(&taken), (Outcome::Accepted, "stock.picked_up"));
    assert_eq!(taken.last.unwrap().answer.message.param("qty"), Some("1"));
    assert_eq!(
        said(&station.scan("stock", &own_code("A-01-02"))).1,
        "stock.put"
    );
}

/// A notice that names neither lot nor expiry of its twenty tins.
fn an_unannounced_lot() -> World {
    let mut world = World::with_notice();
    let goods = Goods {
        lot: None,
        expiry: None,
        ..milk()
    };
    world.hear(vec![
        crate::world::book(Account::Abroad, Account::PreIn, 20),
        crate::world::book(Account::PreIn, Account::Arrived, 20),
        News::Receivable(Notice {
            notice: NoticeNo::new("N-3"),
            owner: milk().owner,
            bonded_note: BondedNoteNo::new("QD310526I000048129"),
            vehicle: "浙B67890".into(),
            gate_passed_at: Instant::from_millis(6),
            lines: vec![NoticeLine {
                line: 1,
                goods,
                expected: qty(20),
            }],
        }),
    ]);
    world
}

#[test]
fn a_lot_that_neither_code_nor_notice_names_is_asked_for_and_stands_in_the_books() {
    let station = Station::begin(an_unannounced_lot());
    station.tell_all_scans_apart();
    station.go_to("intake");
    station.scan("intake", "N-3");
    let asked = station.scan_many("intake", 12, TIN);
    assert_eq!(said(&asked), (Outcome::Accepted, "intake.scan_lot"));
    assert_eq!(asked.prompt.say.code, "intake.scan_lot");
    assert!(!asked.prompt.accepts.contains(&Command::Ok));
    assert_eq!(counts(&asked), ["0"]);
    let not_closed = station.press("intake", Command::Ok);
    assert_eq!(said(&not_closed), (Outcome::Duplicate, "intake.scan_lot"));
    // What is no lot, or no date, is refused; the question stays, and the twelve with it.
    let no_lot = station.scan("intake", "批号 7");
    assert_eq!(said(&no_lot), (Outcome::Wrong, "intake.not_a_lot"));
    station.press("intake", Command::Ok);
    assert_eq!(
        said(&station.scan("intake", "L26C")).1,
        "intake.scan_expiry"
    );
    let no_date = station.scan("intake", "31.03.2028");
    assert_eq!(said(&no_date), (Outcome::Wrong, "intake.not_a_date"));
    station.press("intake", Command::Ok);
    let counted = station.scan("intake", "2028-03");
    assert_eq!(said(&counted), (Outcome::Accepted, "intake.counted"));
    assert_eq!(counts(&counted), ["12"]);

    // The next carton may be another: the lot said before is offered by its number, never assumed.
    let asked = station.scan("intake", TIN);
    assert_eq!(said(&asked).1, "intake.scan_lot");
    let told: Vec<&str> = asked.choices.iter().map(|c| c.detail.as_str()).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("L26C · 2028-03-31"), "{told:?}");
    assert_eq!(counts(&station.digit("intake", 1)), ["13"]);
    // A barcode of its own names it too, and OK says that the pack shows no date.
    station.scan("intake", TIN);
    let by_label = station.scan("intake", "]C110L26D");
    assert_eq!(said(&by_label).1, "intake.scan_expiry");
    assert_eq!(counts(&station.press("intake", Command::Ok)), ["14"]);
    // A code that names both asks nothing.
    let named = station.scan("intake", "]C101094219018812761729013110L27B");
    assert_eq!(said(&named).1, "intake.counted");
    // Another piece takes the place of one that was not told; UNDO withdraws the question alone.
    station.scan_many("intake", 2, TIN);
    let instead = station.scan("intake", TIN);
    assert_eq!(said(&instead).1, "intake.scan_lot");
    assert_eq!(counts(&station.digit("intake", 2)), ["17"]);
    station.scan("intake", TIN);
    let withdrawn = station.press("intake", Command::Undo);
    assert_eq!(said(&withdrawn).1, "task.which_withdrawn");
    let undone = station.press("intake", Command::Undo);
    assert_eq!(
        (said(&undone).1, counts(&undone)),
        ("task.undone", vec!["15".into()])
    );

    // Every answer is kept as evidence, beside the fact that holds the piece's own scan.
    let raws: Vec<String> = station
        .evidence()
        .iter()
        .filter_map(|line| line["shown"].as_str().map(str::to_owned))
        .collect();
    for raw in ["批号 7", "L26C", "2028-03", "]C110L26D"] {
        assert!(raws.iter().any(|kept| kept == raw), "{raw} in {raws:?}");
    }
    let report = station.call("stock.report", serde_json::json!({})).unwrap();
    let mut lots: Vec<(String, String, String)> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let goods = &row["lying"]["goods"];
            let text = |value: &serde_json::Value| value.as_str().unwrap_or("–").to_owned();
            (
                text(&goods["lot"]),
                text(&goods["expiry"]),
                text(&row["lying"]["qty"]),
            )
        })
        .collect();
    lots.sort();
    let expected = [
        ("L26C", "2028-03-31", "13"),
        ("L26D", "–", "1"),
        ("L27B", "2029-01-31", "1"),
    ];
    let lots: Vec<(&str, &str, &str)> = lots
        .iter()
        .map(|(lot, expiry, qty)| (lot.as_str(), expiry.as_str(), qty.as_str()))
        .collect();
    assert_eq!(lots, expected);
    let mut world = station.close();
    world.restart();
    world.assert_sound();
}

/// One order of one tin of each lot.
fn an_order_of_two_lots() -> World {
    let mut world = World::with_leases(&["B1"]);
    let into = StockMove {
        goods: later(),
        from: Place::Inbound,
        to: crate::world::shelf(Bucket::Reserved),
        qty: qty(1),
    };
    let signed = crate::world::lease("B5", 1, i64::MAX / 2);
    let mut lease: Lease = serde_json::from_str(&signed.bytes).unwrap();
    if let Right::Order(right) = &mut lease.right {
        let mut second = right.lines[0].clone();
        second.goods = later();
        second.gnum = 2;
        right.lines.push(second);
    }
    let lease = SignedLease::sign(&lease, "k1", &crate::world::authority()).unwrap();
    world.hear(vec![
        crate::world::leased("B5", 1),
        crate::world::moved(Bucket::Available, Bucket::Reserved, 1),
        News::Moved(bondhouse_domain::feed::Moved {
            stock: vec![into],
            ledger: vec![],
            cause: "opening".into(),
        }),
    ]);
    let grants = vec![Grant {
        lease,
        ..crate::world::grant("B5", 1, i64::MAX / 2)
    }];
    let page = Page {
        grants,
        ..world.page(vec![])
    };
    world.apply(page).unwrap();
    world
}

#[test]
fn where_two_lots_lie_on_a_shelf_each_piece_says_which_it_is_and_the_reserved_alone_is_packed() {
    let station = Station::begin(an_order_of_two_lots());
    station.tell_all_scans_apart();
    station.go_to("release");
    // One lot is reserved: another is not packed for it.
    station.scan("release", "YTB1");
    let other = station.scan("release", "]C1010942190188127610L27B");
    assert_eq!(said(&other), (Outcome::Wrong, "release.other_lot"));
    let lock = other.prompt.locked_by.unwrap();
    assert_eq!(lock.param("reserved"), Some("L26A · 2028-03-31"));
    station.press("release", Command::Ok);
    assert_eq!(said(&station.scan("release", TIN)).1, "task.which");
    assert_eq!(said(&station.digit("release", 1)).1, "release.all_verified");
    assert_eq!(said(&station.scan("release", "YTB1")).0, Outcome::Complete);

    station.scan("release", "YTB5");
    let asked = station.scan("release", TIN);
    assert_eq!((said(&asked).1, asked.choices.len()), ("task.which", 2));
    let verified = station.digit("release", 2);
    assert_eq!(said(&verified), (Outcome::Accepted, "release.verified"));
    assert_eq!(counts(&verified), ["0", "1"]);
    // One is left of the order, and still two within reach.
    assert_eq!(said(&station.scan("release", TIN)).1, "task.which");
    assert_eq!(said(&station.digit("release", 1)).1, "release.all_verified");
}

#[test]
fn an_order_set_aside_half_verified_is_a_short_pick_once_and_goes_on_when_the_piece_is_found() {
    let station = Station::begin(an_order_of_two_lots());
    station.tell_all_scans_apart();
    station.go_to("release");
    let open = || station.call("cases.list", json!({})).unwrap();
    // Nothing was taken yet: it only waits.
    station.scan("release", "YTB5");
    station.press("release", Command::Park);
    assert_eq!(open(), json!([]));
    station.scan("release", "YTB5");
    station.scan("release", TIN);
    assert_eq!(said(&station.digit("release", 2)).1, "release.verified");
    for _ in 0..2 {
        station.press("release", Command::Park);
        station.scan("release", "YTB5");
    }
    let cases = open();
    assert_eq!(cases.as_array().unwrap().len(), 1, "{cases}");
    assert_eq!(cases[0]["code"], "SHORT_PICK");
    let about = cases[0]["about"].as_str().unwrap();
    assert!(about.ends_with("B5"), "{about}");
    assert_eq!(said(&station.scan("release", TIN)).1, "task.which");
    assert_eq!(said(&station.digit("release", 1)).1, "release.all_verified");
}

#[test]
fn a_piece_is_asked_for_its_lot_where_another_lies_on_the_shelf_it_was_taken_from() {
    let mut world = World::with_leases(&["B1"]);
    let beside = StockMove {
        goods: later(),
        from: Place::Inbound,
        to: crate::world::shelf(Bucket::Available),
        qty: qty(5),
    };
    world.hear(vec![News::Moved(bondhouse_domain::feed::Moved {
        stock: vec![beside],
        ledger: vec![],
        cause: "opening".into(),
    })]);
    let station = Station::begin(world);
    station.tell_all_scans_apart();
    station.go_to("release");
    station.scan("release", "YTB1");
    let asked = station.scan("release", TIN);
    assert_eq!((said(&asked).1, asked.choices.len()), ("task.which", 2));
    let other = station.scan("release", "]C110L27B");
    assert_eq!(said(&other), (Outcome::Wrong, "release.other_lot"));
    let lock = other.prompt.locked_by.unwrap();
    assert_eq!(lock.param("lot"), Some("L27B · 2029-01-31"));
    assert_eq!(lock.param("reserved"), Some("L26A · 2028-03-31"));
    station.press("release", Command::Ok);
    station.scan("release", TIN);
    let packed = station.scan("release", "]C110L26A");
    assert_eq!(said(&packed).1, "release.all_verified");
}

#[test]
fn a_serial_number_is_one_piece_however_long_ago_and_wherever_it_was_counted() {
    let mut world = World::with_leases(&["B1", "B2"]);
    // Another bench counted S9 in, and packed S8.
    let piece = |number: &str| Serial {
        gtin: "09421901881276".into(),
        number: number.into(),
    };
    world.hear(vec![
        crate::world::order_news("B8", State::Released),
        News::Serial(SerialNews {
            serial: piece("S9"),
            notice: Some(NoticeNo::new("N-7")),
            order: None,
        }),
        News::Serial(SerialNews {
            serial: piece("S8"),
            notice: None,
            order: Some(crate::world::order("B8")),
        }),
    ]);
    let station = Station::begin(world);
    station.tell_all_scans_apart();
    station.go_to("intake");
    station.scan("intake", "N-1");
    let refused = |room: &str, number: &str| {
        let view = station.scan(room, &format!("{PIECE}{number}"));
        assert_eq!(
            said(&view),
            (Outcome::Wrong, "task.duplicate_serial"),
            "{number}"
        );
        station.press(room, Command::Ok);
        let counted = view.prompt.locked_by.unwrap();
        counted.param("counted").unwrap().to_owned()
    };
    let first = station.scan("intake", &format!("{PIECE}S1"));
    assert_eq!(said(&first), (Outcome::Accepted, "intake.counted"));
    assert_eq!(refused("intake", "S1"), "N-1");
    assert_eq!(refused("intake", "S9"), "N-7");
    assert_eq!(refused("intake", "S8"), "B8");
    // A number is one piece: five of it there are not.
    let five = station.scan_many("intake", 5, &format!("{PIECE}S2"));
    assert_eq!(said(&five), (Outcome::Wrong, "task.one_piece"));
    station.press("intake", Command::Ok);
    assert_eq!(done(&station.go_to("intake")), "101");
    // What was taken back may be counted.
    station.press("intake", Command::Undo);
    let anew = station.scan("intake", &format!("{PIECE}S1"));
    assert_eq!(said(&anew).1, "intake.counted");

    station.go_to("release");
    station.scan("release", "YTB1");
    assert_eq!(refused("release", "S8"), "B8");
    let packed = station.scan("release", &format!("{PIECE}S1"));
    assert_eq!(said(&packed).1, "release.all_verified");
    station.scan("release", "YTB1");
    station.scan("release", "YTB2");
    assert_eq!(refused("release", "S1"), "B1");
    station.go_to("intake");
    assert_eq!(refused("intake", "S1"), "B1");
    // After a restart and a rebuild of every projection it stands as it stood.
    let mut world = station.close();
    world.restart();
    world.assert_sound();
}

/// Two carriers whose numbers look alike; each has an order with the same number.
fn two_carriers() -> World {
    let mut world = World::with_leases(&["B1"]);
    let carrier = |code: &str, name: &str, formats: &[&str]| {
        let formats = formats.iter().map(|text| WaybillFormat::new(text).unwrap());
        News::Carrier(Carrier {
            carrier: code.into(),
            name: name.into(),
            formats: formats.collect(),
        })
    };
    let other = WaybillKey {
        carrier: "330298T002".into(),
        ..crate::world::waybill("B1")
    };
    let mut theirs = crate::world::order_news("B7", State::Cleared);
    if let News::Order(news) = &mut theirs {
        news.waybill = Some(other);
    }
    world.hear(vec![
        carrier("330298T001", "捷达速运", &["YT@#", r#"{"w":"<YT@#>",*"#]),
        carrier("330298T002", "海燕快递", &["YT@#", "HY####"]),
        theirs,
        crate::world::order_news("B6", State::Cleared),
    ]);
    world
}

#[test]
fn a_number_of_two_carriers_is_shown_as_such_and_decided_by_the_document_at_hand() {
    let station = Station::begin(two_carriers());
    station.go_to("release");
    let both = station.scan("release", "YTB1");
    assert_eq!(said(&both), (Outcome::Wrong, "scanner.ambiguous_waybill"));
    let lock = both.prompt.locked_by.unwrap();
    assert_eq!(lock.param("carriers"), Some("捷达速运, 海燕快递"));
    station.press("release", Command::Ok);

    // Looks like both carriers', and the warehouse knows one such parcel: nothing is guessed.
    let known = station.scan("release", "YTB6");
    assert_eq!(said(&known).1, "leases.none_held");
    station.press("release", Command::Ok);
    // Looks like one carrier's, or like two; no order here has it.
    let strange = station.scan("release", "HY1234");
    assert_eq!(said(&strange), (Outcome::Wrong, "scanner.unknown_waybill"));
    assert_eq!(
        strange.prompt.locked_by.unwrap().param("carrier"),
        Some("海燕快递")
    );
    station.press("release", Command::Ok);
    assert_eq!(
        said(&station.scan("release", "YTZ9")).1,
        "scanner.ambiguous_waybill"
    );
    station.press("release", Command::Ok);

    // The carrier prints its number inside a QR code too.
    let begun = station.scan("release", r#"{"w":"YTB1","o":"B1"}"#);
    assert_eq!(said(&begun), (Outcome::Accepted, "release.started"));
    assert_eq!(
        said(&station.scan("release", TIN)).1,
        "release.all_verified"
    );
    // Now a document is at hand.
    let stuck = station.scan("release", "YTB1");
    assert_eq!(said(&stuck), (Outcome::Complete, "release.put_on_lane"));
}

#[test]
fn without_a_word_from_its_carrier_a_number_is_known_by_its_order_alone() {
    let station = Station::begin(World::with_leases(&["B1"]));
    station.go_to("release");
    assert_eq!(
        said(&station.scan("release", "YTZ9")).1,
        "release.unknown_order"
    );
    station.press("release", Command::Ok);
    assert_eq!(said(&station.scan("release", "YTB1")).1, "release.started");
}
