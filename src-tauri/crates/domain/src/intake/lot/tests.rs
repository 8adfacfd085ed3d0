//! Questions about lots, asked of the task itself: what is said, what is booked, what waits meanwhile.

use super::*;
use crate::facts::{Fact, ScanEvidence};
use crate::feed::{Item, Notice, NoticeLine};
use crate::ids::{BondedNoteNo, ItemId, LedgerNo, NoticeNo, OwnerId, Seq};
use crate::ledger::{LedgerItem, Units};
use crate::quantity::{Quantity, Weight};
use crate::stock::CustomsLot;
use crate::time::{Instant, Span};
use std::collections::BTreeMap;

#[test]
fn a_date_is_read_as_packs_print_it_and_nothing_else_is_guessed() {
    let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let read = |text| date(text, today).map_or_else(|| "none".into(), |d| d.to_string());
    for (text, meant) in [
        ("2028-03-31", "2028-03-31"),
        ("2028.03.31", "2028-03-31"),
        ("20280331", "2028-03-31"),
        ("280331", "2028-03-31"),
        ("280200", "2028-02-29"),
        ("2028-02", "2028-02-29"),
        ("2028/12", "2028-12-31"),
        ("31.03.2028", "none"),
        ("202802", "none"),
        ("2028-02-30", "none"),
        ("3月2028", "none"),
        ("", "none"),
    ] {
        assert_eq!(read(text), meant, "{text}");
    }
}

#[test]
fn a_lot_is_what_a_gs1_label_could_carry() {
    for text in ["L26A", "240901", "a/B-12", "12345678901234567890"] {
        assert!(is_lot(text), "{text}");
    }
    for text in [
        "",
        "123456789012345678901",
        "批号7",
        "L26 A",
        "L26\u{1d}17280331",
    ] {
        assert!(!is_lot(text), "{text}");
    }
}

/// A notice of twenty tins that names neither lot nor expiry.
fn begun(tracks_lot: bool) -> Intake {
    let goods = Goods {
        owner: OwnerId::new("3302960B07"),
        item: ItemId::new("MILK-900"),
        customs: CustomsLot {
            ledger: LedgerNo::new("T3105W000076"),
            item_no: "20".into(),
            document_line: None,
            in_date: None,
            origin: "609".into(),
        },
        lot: None,
        expiry: None,
    };
    let one = Quantity::whole(1).unwrap();
    let item = Item {
        owner: goods.owner.clone(),
        item: goods.item.clone(),
        name: "婴幼儿配方奶粉".into(),
        barcodes: Vec::new(),
        hs_code: "1901101000".into(),
        ledger: LedgerItem {
            ledger: goods.customs.ledger.clone(),
            item_no: "20".into(),
        },
        origin: "609".into(),
        unit: "122".into(),
        per_unit: Units {
            declared: one,
            legal1: one,
            legal2: Quantity::ZERO,
        },
        gross_weight: Weight::from_units(110_000),
        tracks_lot,
    };
    let notice = Notice {
        notice: NoticeNo::new("N-3"),
        owner: goods.owner.clone(),
        bonded_note: BondedNoteNo::new("QD310526I000048129"),
        vehicle: "浙B67890".into(),
        gate_passed_at: Instant::from_millis(6),
        lines: vec![NoticeLine {
            line: 1,
            goods,
            expected: Quantity::whole(20).unwrap(),
        }],
    };
    let items = [(item.item.clone(), item)].into();
    Intake::open(notice, "测试乳业".into(), &items, &BTreeMap::new())
}

fn hear(task: &mut Intake, heard: &Heard) -> Turn {
    let moment = Moment {
        now: Instant::from_millis(1_764_000_000_000),
        next_seq: Seq(7),
        repeat_window: Span::millis(0),
    };
    task.take(heard, &moment)
}

fn reading(raw: &str, from: &str, means: Means) -> Heard {
    Heard::Scan(Reading {
        evidence: ScanEvidence {
            raw: raw.into(),
            symbology: None,
            from: from.into(),
        },
        means,
    })
}

fn tin(lot: Option<&str>) -> Heard {
    let read = ItemRead {
        owner: OwnerId::new("3302960B07"),
        item: ItemId::new("MILK-900"),
        name: "婴幼儿配方奶粉".into(),
        holds: Quantity::whole(1).unwrap(),
        lot: lot.map(str::to_owned),
        expiry: None,
        piece: None,
    };
    reading("]E09421901881276", "serial:S1", Means::Items(vec![read]))
}

fn typed(text: &str) -> Heard {
    reading(text, "typed", Means::Nothing)
}

fn code(turn: &Turn) -> (Outcome, &str) {
    (turn.outcome, &turn.message.code)
}

/// What a turn booked: how many, of which lot and date.
fn booked(turn: &Turn) -> Option<(Quantity, Option<String>, Option<NaiveDate>)> {
    turn.facts.iter().find_map(|fact| match fact {
        Fact::Counted(counted) => {
            let goods = &counted.stock.goods;
            Some((counted.qty, goods.lot.clone(), goods.expiry))
        }
        _ => None,
    })
}

#[test]
fn a_tracked_lot_is_asked_for_until_it_is_said_and_what_was_announced_waits_with_the_scan() {
    let mut task = begun(true);
    hear(&mut task, &Heard::Number(12));
    let asked = hear(&mut task, &tin(None));
    assert_eq!(code(&asked), (Outcome::Accepted, "intake.scan_lot"));
    assert_eq!(booked(&asked), None);
    assert!(!task.prompt().accepts.contains(&Command::Ok));
    let ok = hear(&mut task, &Heard::Command(Command::Ok));
    assert_eq!(code(&ok), (Outcome::Duplicate, "intake.scan_lot"));
    // A refused answer locks the bench, and forgets neither the question nor the twelve.
    let unfit = hear(&mut task, &typed("批号 7"));
    assert_eq!(code(&unfit), (Outcome::Wrong, "intake.not_a_lot"));
    hear(&mut task, &Heard::Command(Command::Ok));
    assert_eq!(task.prompt().say.code, "intake.scan_lot");
    assert_eq!(
        code(&hear(&mut task, &typed("L26C"))).1,
        "intake.scan_expiry"
    );
    let counted = hear(&mut task, &typed("2028-03"));
    let date = NaiveDate::from_ymd_opt(2028, 3, 31);
    let twelve = Quantity::whole(12).unwrap();
    assert_eq!(booked(&counted), Some((twelve, Some("L26C".into()), date)));

    // The lot said before is offered by its number, and never assumed.
    assert_eq!(booked(&hear(&mut task, &tin(None))), None);
    assert_eq!(task.choices().len(), 1);
    let one = Quantity::whole(1).unwrap();
    let chosen = hear(&mut task, &Heard::Digit(1));
    assert_eq!(booked(&chosen), Some((one, Some("L26C".into()), date)));
    // What was taken back goes back as it was booked.
    let undone = hear(&mut task, &Heard::Command(Command::Undo));
    assert_eq!(code(&undone), (Outcome::Accepted, "task.undone"));
    assert!(undone.facts.iter().any(|fact| matches!(
        fact,
        Fact::Undone(undone) if undone.stock.iter().all(|moved| moved.goods.expiry == date)
    )));
}

#[test]
fn a_code_that_names_its_lot_is_asked_for_the_date_alone_and_offered_no_other_lot() {
    let mut task = begun(true);
    hear(&mut task, &tin(None));
    hear(&mut task, &typed("L26C"));
    hear(&mut task, &Heard::Command(Command::Ok));
    let asked = hear(&mut task, &tin(Some("L26D")));
    assert_eq!(code(&asked).1, "intake.scan_expiry");
    assert!(task.choices().is_empty());
    let counted = hear(&mut task, &Heard::Command(Command::Ok));
    assert_eq!(booked(&counted).unwrap().1.as_deref(), Some("L26D"));
}

#[test]
fn another_piece_takes_over_what_was_announced_and_a_withdrawn_question_drops_it() {
    let mut task = begun(true);
    hear(&mut task, &Heard::Number(3));
    hear(&mut task, &tin(None));
    hear(&mut task, &tin(None));
    hear(&mut task, &typed("L26C"));
    let counted = hear(&mut task, &Heard::Command(Command::Ok));
    assert_eq!(booked(&counted).unwrap().0, Quantity::whole(3).unwrap());
    hear(&mut task, &Heard::Number(5));
    hear(&mut task, &tin(None));
    let withdrawn = hear(&mut task, &Heard::Command(Command::Undo));
    assert_eq!(code(&withdrawn).1, "task.which_withdrawn");
    hear(&mut task, &tin(None));
    let counted = hear(&mut task, &Heard::Digit(1));
    assert_eq!(booked(&counted).unwrap().0, Quantity::whole(1).unwrap());
}

#[test]
fn bare_text_is_a_lot_when_typed_but_an_items_number_from_a_scanner_is_not() {
    let mut task = begun(true);
    hear(&mut task, &tin(None));
    let bars = reading("9421901881276", "serial:S1", Means::Nothing);
    assert_eq!(
        code(&hear(&mut task, &bars)),
        (Outcome::Wrong, "task.unknown_code")
    );
    hear(&mut task, &Heard::Command(Command::Ok));
    let scanned = reading("L26E", "serial:S1", Means::Nothing);
    assert_eq!(code(&hear(&mut task, &scanned)).1, "intake.scan_expiry");
}

#[test]
fn what_tracks_no_lot_is_counted_as_it_is() {
    let mut task = begun(false);
    let counted = hear(&mut task, &tin(None));
    assert_eq!(
        booked(&counted),
        Some((Quantity::whole(1).unwrap(), None, None))
    );
}
