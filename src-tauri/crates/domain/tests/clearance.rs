//! Every status and code of the spec, one by one: what it does to a list, and what it asks of whom.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use bondhouse_domain::clearance::reasons::{Course, reason};
use bondhouse_domain::clearance::{
    Answers, Cleared, CustomsHold, LoggedReceipt, Standing, Status, Stop, standing,
};
use bondhouse_domain::comparison::Fixer;
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::journal::Hash;
use bondhouse_domain::time::Instant;
use proptest::prelude::*;

fn said(answers: Answers, status: &str, at: i64) -> LoggedReceipt {
    LoggedReceipt {
        position: 0,
        answers,
        status: Status::read(status),
        returned_at: Some(Instant::from_millis(at)),
        declaration_no: Some("31052026I156997919".into()),
        raw_hash: Hash::of_fields(b"test", &[status.as_bytes(), &at.to_be_bytes()]),
    }
}

fn list(status: &str, at: i64) -> LoggedReceipt {
    said(Answers::List, status, at)
}

fn released_at(at: i64) -> Standing {
    Standing::Released {
        at: Instant::from_millis(at),
        closed: false,
    }
}

const fn held(by: CustomsHold) -> Standing {
    Standing::Held { by }
}

const fn waiting(accepted: bool) -> Standing {
    Standing::Waiting { accepted }
}

/// Every status: as the first word on a list, and as the next after its release.
fn statuses() -> Vec<(&'static str, Standing, Standing)> {
    use CustomsHold::{Detained, Inspection, Suspended};
    let stopped = |by| Standing::Stopped { by };
    vec![
        ("1", waiting(false), released_at(1)),
        ("2", waiting(false), released_at(1)),
        ("3", waiting(false), released_at(1)),
        ("4", waiting(false), released_at(1)),
        (
            "100",
            Standing::Rejected,
            stopped(Stop::RejectedAfterRelease),
        ),
        ("120", waiting(true), released_at(1)),
        ("300", waiting(false), released_at(1)),
        ("399", waiting(false), released_at(1)),
        ("400", waiting(false), released_at(1)),
        ("500", held(Inspection), held(Inspection)),
        ("501", held(Detained(501)), held(Detained(501))),
        ("502", held(Detained(502)), held(Detained(502))),
        ("503", held(Detained(503)), held(Detained(503))),
        ("599", held(Detained(599)), held(Detained(599))),
        ("600", held(Suspended), held(Suspended)),
        (
            "700",
            stopped(Stop::ReturnAbroad),
            stopped(Stop::ReturnAbroad),
        ),
        ("800", released_at(2), released_at(1)),
        (
            "899",
            Standing::Released {
                at: Instant::from_millis(2),
                closed: true,
            },
            Standing::Released {
                at: Instant::from_millis(1),
                closed: true,
            },
        ),
        ("-621001", Standing::Rejected, released_at(1)),
        ("18", waiting(false), released_at(1)),
        ("3070", waiting(false), released_at(1)),
    ]
}

#[test]
fn every_status_has_one_effect_first_and_one_after_a_release() {
    for (code, first, after) in statuses() {
        assert_eq!(standing(&[list(code, 2)]), first, "{code} first");
        assert_eq!(
            standing(&[list("800", 1), list(code, 2)]),
            after,
            "{code} after a release"
        );
        assert_eq!(
            standing(&[list(code, 2), list("800", 1)]),
            after,
            "{code}, though the release came later"
        );
        assert_eq!(
            Status::read(code).code(),
            code,
            "the number is kept as customs wrote it"
        );
    }
}

#[test]
fn a_cancellation_stops_only_when_granted_and_a_return_touches_nothing() {
    for (code, ..) in statuses() {
        let cancelled = standing(&[list("800", 1), said(Answers::Cancellation, code, 2)]);
        let granted = code == "399";
        let expected = if granted {
            Standing::Stopped {
                by: Stop::Cancelled,
            }
        } else {
            released_at(1)
        };
        assert_eq!(cancelled, expected, "624 = {code}");
        let returned = standing(&[list("800", 1), said(Answers::Return, code, 2)]);
        assert_eq!(returned, released_at(1), "626 = {code}");
    }
}

#[test]
fn a_refused_list_that_is_corrected_and_declared_again_can_be_released() {
    let mut log = vec![list("120", 1), list("100", 2)];
    assert_eq!(standing(&log), Standing::Rejected);
    log.push(list("120", 3));
    assert_eq!(standing(&log), waiting(true));
    log.push(list("800", 4));
    assert_eq!(standing(&log), released_at(4));
    let order = OrderKey {
        platform: "3105960A01".into(),
        order_no: "B1".into(),
    };
    assert_eq!(
        Cleared::from_receipts(&order, &log).unwrap().order(),
        &order
    );
}

#[test]
fn an_inspection_that_is_over_lets_go_and_one_that_finds_something_does_not() {
    let inspected = [list("800", 1), list("500", 2)];
    for (code, lets_go) in [
        ("800", true),
        ("899", true),
        ("501", false),
        ("700", false),
        ("120", false),
    ] {
        let mut log = inspected.to_vec();
        log.push(list(code, 3));
        let order = OrderKey {
            platform: "P".into(),
            order_no: "O".into(),
        };
        assert_eq!(
            Cleared::from_receipts(&order, &log).is_ok(),
            lets_go,
            "{code}"
        );
    }
}

/// Below a release: none of these may take one back, whenever it comes.
const LOWER: [&str; 11] = [
    "1", "2", "3", "4", "120", "300", "399", "400", "-621041", "18", "3070",
];

proptest! {
    #[test]
    fn nothing_lower_ever_takes_a_release_back(
        noise in proptest::collection::vec((0_usize..LOWER.len(), 0_i64..9, any::<bool>()), 0..14), at in 0_i64..9, turn in 0_usize..14,
    ) {
        let mut log: Vec<_> = noise.iter().map(|(code, at, dated)| {
            let receipt = list(LOWER[*code], *at);
            if *dated { receipt } else { LoggedReceipt { returned_at: None, ..receipt } }
        }).collect();
        log.push(list("800", at));
        let turn = turn % log.len();
        log.rotate_left(turn);
        prop_assert_eq!(standing(&log), released_at(at));
    }

    #[test]
    fn a_grant_to_cancel_is_final_whatever_comes_before_or_after(
        noise in proptest::collection::vec((0_usize..21, 0_i64..9), 0..14), at in 0_i64..9, turn in 0_usize..15,
    ) {
        let codes = statuses();
        let mut log: Vec<_> = noise.iter().map(|(code, at)| list(codes[*code].0, *at)).collect();
        log.push(said(Answers::Cancellation, "399", at));
        let turn = turn % log.len();
        log.rotate_left(turn);
        prop_assert_eq!(standing(&log), Standing::Stopped { by: Stop::Cancelled });
    }
}

#[test]
fn every_code_of_the_spec_says_what_to_do_and_who() {
    use Course::{Again, Correct, Done, Wait};
    use Fixer::{Buyer, Declarant, Guarantor, PaymentFirm, Platform};
    for (code, course, fixer) in [
        ("1800", Wait, None),
        ("2600", Done, None),
        ("2300", Done, None),
        ("1200", Wait, None),
        ("1300", Correct, Some(Declarant)),
        ("1301", Again, Some(Declarant)),
        ("1311", Again, Some(Guarantor)),
        ("1313", Correct, Some(Buyer)),
        ("1322", Correct, Some(Declarant)),
        ("1327", Correct, Some(Platform)),
        ("13035", Correct, Some(Platform)),
        ("13127", Correct, Some(Declarant)),
        ("1371", Correct, Some(Platform)),
        ("22001", Correct, Some(PaymentFirm)),
        ("-301020", Again, Some(Platform)),
        ("-621001", Correct, Some(Declarant)),
        ("-621031", Correct, Some(Declarant)),
        ("-621041", Wait, Some(Declarant)),
        ("-621042", Correct, Some(Declarant)),
        ("-621043", Wait, Some(Declarant)),
        ("-621049", Again, Some(Declarant)),
        ("-621053", Correct, Some(Declarant)),
        ("-621057", Correct, Some(Declarant)),
        ("-621055", Correct, Some(Declarant)),
        ("-621999", Correct, Some(Declarant)),
        ("-451", Again, Some(Declarant)),
    ] {
        let meant = reason(code).unwrap_or_else(|| panic!("{code} is unknown"));
        assert_eq!((meant.course, meant.fixer), (course, fixer), "{code}");
    }
    assert_eq!(reason("4711"), None, "an unknown code is shown as it came");
}
