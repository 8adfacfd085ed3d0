//! What the clinic says of scanners that are set wrong, each in its own way.

use super::*;
use proptest::prelude::*;

const WELL_SET: &[&str] = &[
    "]C1010690123456789210aB-12\u{1d}17281231\r\n",
    "]C0BHTEST aZ-09$%+./\r\n",
    "]Q1BHTEST 2D 仓\r\n",
];

fn chunks(scans: &[&str]) -> Vec<Chunk> {
    scans
        .iter()
        .zip((0u64..).step_by(2_000))
        .map(|(scan, at_ms)| Chunk {
            at_ms,
            bytes: scan.as_bytes().to_vec(),
        })
        .collect()
}

fn crlf() -> ScannerProfile {
    ScannerProfile {
        ends: Ending::CrLf,
        ..ScannerProfile::default()
    }
}

fn finding(chunks: &[Chunk], profile: &ScannerProfile, check: Check) -> (Finding, String) {
    let verdicts = examine(chunks, profile);
    let verdict = verdicts.iter().find(|one| one.check == check).unwrap();
    (verdict.finding, verdict.said.to_string())
}

/// What is said of one scan, when the station expects CR LF.
fn said(scan: &str, check: Check) -> String {
    finding(&chunks(&[scan]), &crlf(), check).1
}

#[test]
fn a_scanner_that_is_set_well_is_found_so_in_every_check() {
    let verdicts = examine(&chunks(WELL_SET), &crlf());
    for verdict in &verdicts {
        assert_eq!(verdict.finding, Finding::Good, "{verdict:?}");
    }
    assert_eq!(verdicts.len(), 8);
}

#[test]
fn before_anything_was_scanned_every_check_is_open_and_a_strangers_code_opens_none() {
    for scans in [&[][..], &["6901234567892\r"][..]] {
        let verdicts = examine(&chunks(scans), &crlf());
        assert!(verdicts.iter().all(|one| one.finding == Finding::Open));
    }
}

#[test]
fn a_separator_that_is_swallowed_or_made_visible_is_named() {
    assert_eq!(
        said("]C1010690123456789210aB-1217281231\r\n", Check::Gs),
        "clinic.gs_lost"
    );
    let chunks = chunks(&["]C1010690123456789210aB-12|17281231\r\n"]);
    let verdict = examine(&chunks, &crlf()).remove(0);
    assert_eq!(
        (verdict.said.to_string().as_str(), verdict.said.param("by")),
        ("clinic.gs_replaced", Some("|"))
    );
    assert_eq!(said("]C10106901234567892\r\n", Check::Gs), "clinic.garbled");
}

#[test]
fn identifiers_letters_and_characters_are_told_apart() {
    assert_eq!(
        said("BHTEST aZ-09$%+./\r\n", Check::Aim),
        "clinic.aim_missing"
    );
    assert_eq!(
        said("]C0010690123456789210aB-12\u{1d}17281231\r\n", Check::Aim),
        "clinic.aim_other"
    );
    assert_eq!(
        said("]C0bhtest Az-09$%+./\r\n", Check::Letters),
        "clinic.case_changed"
    );
    assert_eq!(
        said("]C0BHTEST aZ/09$%+.-\r\n", Check::Letters),
        "clinic.garbled"
    );
    let gbk = Chunk {
        at_ms: 0,
        bytes: b"]Q1BHTEST 2D \xb2\xd6\r\n".to_vec(),
    };
    assert_eq!(
        finding(&[gbk], &crlf(), Check::Charset).1,
        "clinic.gbk_sent"
    );
}

#[test]
fn what_stands_around_the_data_is_compared_with_what_the_station_expects() {
    let bare = "]C0BHTEST aZ-09$%+./";
    assert_eq!(said(bare, Check::Suffix), "clinic.suffix_due");
    let silence = ScannerProfile::default();
    assert_eq!(
        finding(&chunks(&[bare]), &silence, Check::Suffix).1,
        "clinic.suffix_none"
    );
    assert_eq!(
        said(&format!("{bare}\t"), Check::Suffix),
        "clinic.suffix_other"
    );
    assert_eq!(
        said(&format!("{bare}\r"), Check::Suffix),
        "clinic.suffix_sent"
    );
    assert_eq!(
        said(&format!("B1{bare}\r"), Check::Prefix),
        "clinic.prefix_sent"
    );

    let framed = format!("\u{2}{bare}\u{3}\r\n");
    assert_eq!(said(&framed, Check::Prefix), "clinic.prefix_sent");
    let stx = ScannerProfile {
        ends: Ending::StxEtx,
        ..ScannerProfile::default()
    };
    for check in [Check::Prefix, Check::Suffix, Check::Letters] {
        assert_eq!(
            finding(&chunks(&[&framed]), &stx, check).0,
            Finding::Good,
            "{check:?}"
        );
    }
}

#[test]
fn a_scanner_that_stutters_would_have_its_scans_torn() {
    let piece = |at_ms, text: &str| Chunk {
        at_ms,
        bytes: text.as_bytes().to_vec(),
    };
    let stutters = [piece(0, "]C0BHTEST aZ"), piece(200, "-09$%+./\r\n")];
    assert_eq!(finding(&stutters, &crlf(), Check::Speed).1, "clinic.pauses");
    // The ending late and alone: the framing has long what it needs.
    let late = [piece(0, "]C0BHTEST aZ-09$%+./\r"), piece(200, "\n")];
    assert_eq!(finding(&late, &crlf(), Check::Speed).0, Finding::Good);
    assert_eq!(finding(&late, &crlf(), Check::Suffix).0, Finding::Good);
}

#[test]
fn one_pull_that_arrives_twice_is_found_with_and_without_an_ending() {
    let scan = "]C0BHTEST aZ-09$%+./";
    let at = |at_ms, text: &str| Chunk {
        at_ms,
        bytes: text.as_bytes().to_vec(),
    };
    let code = |chunks: &[Chunk]| finding(chunks, &crlf(), Check::Repeats).1;
    let ended = format!("{scan}\r\n");
    assert_eq!(code(&[at(0, &ended), at(120, &ended)]), "clinic.sent_twice");
    assert_eq!(code(&[at(0, scan), at(120, scan)]), "clinic.sent_twice");
    assert_eq!(code(&[at(0, &ended), at(3_000, &ended)]), "clinic.once");
}

#[test]
fn a_scanner_that_was_put_right_shows_it_with_the_next_scan() {
    let lost = "]C1010690123456789210aB-1217281231\r\n";
    let right = WELL_SET[0];
    assert_eq!(
        finding(&chunks(&[lost, right]), &crlf(), Check::Gs).0,
        Finding::Good
    );
}

#[test]
fn a_byte_is_called_by_its_name() {
    let names: Vec<String> = [0, 0x1d, 0x20, 0x41, 0x7f, 0xb2].map(byte_name).into();
    assert_eq!(names, ["NUL", "GS", "SP", "A", "DEL", "B2"]);
}

proptest! {
    #[test]
    fn nothing_a_scanner_sends_brings_the_clinic_down_and_no_byte_is_lost(
        pieces in prop::collection::vec((0u64..2_000, prop::collection::vec(1u8.., 1..40)), 0..20),
    ) {
        let mut at_ms = 0;
        let chunks: Vec<Chunk> = pieces
            .into_iter()
            .map(|(pause, bytes)| {
                at_ms += pause;
                Chunk { at_ms, bytes }
            })
            .collect();
        let sent: usize = chunks.iter().map(|chunk| chunk.bytes.len()).sum();
        let shown: usize = arrivals(&chunks).iter().map(|arrival| arrival.bytes.len()).sum();
        prop_assert_eq!(shown, sent);
        prop_assert_eq!(examine(&chunks, &ScannerProfile::default()).len(), 8);
    }
}
