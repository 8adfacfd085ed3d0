//! The bench card, read back by a stranger's decoder.

use crate::common::{FONTS, Paper, assets, scanned};
use bondhouse_domain::scanner::card::{BenchCard, bench_card};
use bondhouse_paper::{PaperError, render_bench_card};
use std::collections::BTreeMap;

fn card() -> BenchCard {
    let text = std::fs::read_to_string(assets().join("messages/zh.json")).unwrap();
    let catalogue: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
    let rooms = ["intake", "stock", "release", "gate"];
    bench_card(&rooms, |key| catalogue.get(key).cloned()).unwrap()
}

#[test]
fn every_code_of_a_bench_card_scans_and_its_words_stand_above_it() {
    let card = card();
    let paper = Paper::new(&render_bench_card(&FONTS, &card).unwrap());
    let mut wanted: Vec<String> = card
        .groups
        .iter()
        .flatten()
        .map(|c| c.code.clone())
        .collect();
    wanted.sort();
    for dpi in ["300", "600"] {
        let mut read: Vec<String> = paper
            .dots(dpi)
            .iter()
            .flat_map(|page| scanned(page))
            .collect();
        read.sort();
        assert_eq!(read, wanted, "at {dpi} dpi");
    }
    let text = paper.text();
    for said in ["工位卡", "撤销上一扫", "叫主管", "收货"] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
}

#[test]
fn a_card_with_a_character_no_face_has_is_refused() {
    let mut card = card();
    card.groups[0][0].words = "\u{10ffff}".into();
    let refused = render_bench_card(&FONTS, &card);
    assert!(matches!(refused, Err(PaperError::Refused(_))));
}
