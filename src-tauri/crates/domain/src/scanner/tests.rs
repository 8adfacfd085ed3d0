//! What codes mean, and what must never be taken for something else.

use super::own::{BadgeCode, OwnCode};
use super::token::{ReleaseToken, TokenKey};
use super::*;
use crate::ids::{Incarnation, OrderKey, Seq, WarehouseId};
use chrono::NaiveDate;
use proptest::prelude::*;

fn mean(raw: &str) -> Meaning {
    Scan::new(raw).mean()
}

#[test]
fn a_carton_label_names_its_item_lot_and_expiry() {
    let Meaning::Item { gtin, elements } =
        mean("]C1010690123456789217280100\u{1d}10LOT-7\u{1d}30144")
    else {
        panic!("no item")
    };
    assert_eq!(gtin.printed(), "6901234567892");
    assert_eq!(elements.lot(), Some("LOT-7"));
    assert_eq!(elements.count(), Some(144));
    let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    assert_eq!(elements.expiry(today), NaiveDate::from_ymd_opt(2028, 1, 31));
}

#[test]
fn retail_bars_are_the_same_item_as_the_carton_that_names_it() {
    let (Meaning::Item { gtin: one, .. }, Meaning::Item { gtin: other, .. }) =
        (mean("]E06901234567892"), mean("]C10106901234567892"))
    else {
        panic!("no items")
    };
    assert_eq!(one, other);
}

#[test]
fn a_pallet_is_known_by_its_sscc() {
    let Meaning::LicencePlate { plate, .. } = mean("]C100106141411234567897") else {
        panic!("no plate")
    };
    assert_eq!(plate.as_str(), "106141411234567897");
}

#[test]
fn a_waybill_number_is_left_to_the_room_even_if_its_digits_would_make_an_item() {
    let Meaning::Plain(plain) = mean("]C06901234567892") else {
        panic!("guessed")
    };
    assert_eq!(plain.text, "6901234567892");
    assert!(plain.gtin.is_some());
    assert!(plain.elements.is_none());
    let Meaning::Plain(plain) = mean("YT9705232792820") else {
        panic!("guessed")
    };
    assert_eq!((plain.text.as_str(), plain.gtin), ("YT9705232792820", None));
}

#[test]
fn gs1_data_from_a_scanner_that_hides_its_symbol_is_shown_as_ambiguous() {
    let Meaning::Plain(plain) = mean("0106901234567892") else {
        panic!("guessed")
    };
    assert_eq!(
        plain.elements.and_then(|elements| elements.gtin()),
        Gtin::new("6901234567892")
    );
    assert!(matches!(
        mean("\u{1d}0106901234567892"),
        Meaning::Item { .. }
    ));
}

#[test]
fn what_only_resembles_an_identifier_is_part_of_the_data_and_a_changed_one_is_shown() {
    for raw in [
        "]]C1",
        "]",
        "]C",
        "]\u{1d}1X",
        "]1CX",
        "\0]C10106901234567892",
    ] {
        let Meaning::Plain(plain) = mean(raw) else {
            panic!("{raw:?}")
        };
        assert_eq!(plain.text, raw);
    }
    let Meaning::Plain(plain) = mean("]c10106901234567892") else {
        panic!("guessed")
    };
    assert!(plain.elements.is_some(), "its other reading is shown");
}

#[test]
fn a_damaged_gs1_code_is_refused_with_the_place() {
    let refused = |raw: &str| match mean(raw) {
        Meaning::Refused(refusal) => refusal.0.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("]C10106901234567893"), "scanner.check_digit");
    assert_eq!(refused("]C1010690123456789217281301"), "scanner.bad_date");
    assert_eq!(
        refused("]C101069012345678920206901234567892\u{1d}372"),
        "scanner.contradiction"
    );
    assert_eq!(refused("]C1(01)06901234567892"), "scanner.bad_gs1");
}

#[test]
fn the_wide_bars_of_a_corrugated_carton_name_its_item() {
    assert!(matches!(mean("]I116901234567899"), Meaning::Item { .. }));
    assert!(matches!(mean("]I112345"), Meaning::Plain(_)));
}

#[test]
fn brackets_and_web_addresses_say_themselves_that_they_are_gs1() {
    let lot = |raw: &str| match mean(raw) {
        Meaning::Item { elements, .. } => elements.lot().map(str::to_owned),
        other => panic!("{raw}: {other:?}"),
    };
    assert_eq!(lot("(01)06901234567892(10)A1").as_deref(), Some("A1"));
    assert_eq!(
        lot("https://id.gs1.org/01/06901234567892/10/A1").as_deref(),
        Some("A1")
    );
    assert_eq!(lot("HTTPS://ID.GS1.ORG/01/06901234567892"), None);
    for plain in [
        "(01)06901234567893",
        "(01)06901234567892(02)06901234567892",
        "https://shop.example/item/7",
    ] {
        assert!(matches!(mean(plain), Meaning::Plain(_)), "{plain}");
    }
}

#[test]
fn brackets_inside_the_bars_are_shown_as_what_they_may_be_and_not_booked() {
    let Meaning::Plain(plain) = mean("]C0(01)06901234567892(10)A1") else {
        panic!("guessed")
    };
    assert_eq!(
        plain.elements.map(|elements| elements.to_bracketed()),
        Some("(01)06901234567892(10)A1".into())
    );
}

#[test]
fn a_periodical_is_the_item_of_its_first_thirteen_digits() {
    let gtin = |raw: &str| match mean(raw) {
        Meaning::Item { gtin, .. } => Some(gtin.printed().to_owned()),
        _ => None,
    };
    assert_eq!(gtin("]E3690123456789212").as_deref(), Some("6901234567892"));
    assert_eq!(
        gtin("]E3690123456789212345").as_deref(),
        Some("6901234567892")
    );
    assert_eq!(gtin("]E3690123456789312"), None);
    assert_eq!(gtin("]E36901234567892"), None);
}

#[test]
fn a_scan_is_shown_with_every_byte_that_has_no_picture() {
    assert_eq!(shown(&text_of(b"]C110A\x1d\x0021\xe9")), "]C110A␝␀21<E9>");
}

#[test]
fn own_codes_are_printed_as_documented() {
    let text = |code: OwnCode| code.text().unwrap();
    let golden = [
        text(OwnCode::Location(LocationId::new("A-01-03-2"))),
        text(OwnCode::Command(Command::Ok)),
        text(OwnCode::Command(Command::Next)),
        text(OwnCode::Digit(7)),
        text(OwnCode::Room("intake".into())),
        text(OwnCode::Station(DeviceId::new("WS-01"))),
        text(OwnCode::Badge(BadgeCode([7; 16]))),
    ];
    assert_eq!(
        golden,
        [
            "BH1LA-01-03-23",
            "BH1COKL",
            "BH1CNEXTW",
            "BH1CN7E",
            "BH1CGO-INTAKEI",
            "BH1SWS-01O",
            "BH1BA4DQOBYHA4DQOBYHA4DQOBYHA4H"
        ]
    );
}

#[test]
fn a_location_with_a_character_bars_of_ours_cannot_hold_is_not_printed() {
    assert_eq!(OwnCode::Location(LocationId::new("a-01")).text(), None);
    assert_eq!(OwnCode::Location(LocationId::new("")).text(), None);
}

fn token() -> ReleaseToken {
    ReleaseToken {
        warehouse: WarehouseId::new("NB01"),
        order: OrderKey {
            platform: "3301960AB1".into(),
            order_no: "TM20261122000417".into(),
        },
        device: DeviceId::new("WS-01"),
        incarnation: Incarnation(3),
        seq: Seq(48_211),
    }
}

#[test]
fn a_release_token_proves_itself_only_under_the_key_of_its_workstation() {
    let text = OwnCode::ReleaseToken(token().sign(&TokenKey([9; 32])).unwrap())
        .text()
        .unwrap();
    assert!(text.len() < 125, "{} characters: {text}", text.len());
    let scanned = || match mean(&text) {
        Meaning::ReleaseToken(token) => token,
        other => panic!("{other:?}"),
    };
    assert_eq!(scanned().claims(), &token());
    assert_eq!(scanned().verify(&TokenKey([9; 32])), Ok(token()));
    assert_eq!(
        scanned()
            .verify(&TokenKey([8; 32]))
            .unwrap_err()
            .to_string(),
        "scanner.token_false"
    );
}

proptest! {
    #[test]
    fn the_evidence_of_a_scan_gives_its_bytes_back(bytes in prop::collection::vec(any::<u8>(), 0..60), text in ".{0,20}") {
        prop_assert_eq!(bytes_of(&text_of(&bytes)), bytes);
        prop_assert_eq!(bytes_of(&text_of(text.as_bytes())), text.as_bytes());
    }

    #[test]
    fn a_room_comes_back_as_printed(noun in "[a-z]{1,16}") {
        let text = OwnCode::Room(noun.clone()).text().unwrap();
        prop_assert_eq!(mean(&text), Meaning::Room(noun));
    }

    #[test]
    fn a_location_comes_back_as_printed(name in "[0-9A-Z-]{1,24}") {
        let text = OwnCode::Location(LocationId::new(name.clone())).text().unwrap();
        prop_assert_eq!(mean(&text), Meaning::Location(LocationId::new(name)));
    }

    #[test]
    fn one_wrong_character_or_two_swapped_never_pass(name in "[0-9A-Z-]{1,24}", at in 4usize..28, other in "[0-9A-Z-]") {
        let text = OwnCode::Location(LocationId::new(name)).text().unwrap();
        let at = at.min(text.len() - 1);
        let mut wrong = text.clone();
        wrong.replace_range(at..=at, &other);
        if wrong != text {
            prop_assert!(matches!(mean(&wrong), Meaning::Refused(_)));
        }
        let mut swapped = text.clone().into_bytes();
        swapped.swap(at - 1, at);
        let swapped = String::from_utf8(swapped).unwrap();
        if swapped != text {
            prop_assert!(!matches!(mean(&swapped), Meaning::Location(_)), "{}", swapped);
        }
    }

    #[test]
    fn no_bytes_whatever_bring_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..80), prefix in "(\\]C1|\\]E0|\\]Q1|\\]e0|BH1[A-Z]|\u{1d})?") {
        let mut raw = prefix.into_bytes();
        raw.extend(bytes);
        let _ = Scan::of_bytes(&raw).mean();
    }
}
