//! Waybill labels, looked at by the tools others would use.

use crate::common::{
    FONTS, Paper, assets, label, made_up_labels, runs_in_row, sample_labels, scanned, template,
    template_json, words,
};
use bondhouse_domain::labels::{Phone, WaybillLabel};
use bondhouse_paper::{
    Fonts, Head, PaperError, Template, TemplateError, render_waybill, render_waybills,
};

fn printed(label: &WaybillLabel) -> Paper {
    Paper::new(&render_waybill(&FONTS, &template(), label).unwrap())
}

/// The code and parameters of a refusal, `code name=value …`.
fn refused(label: &WaybillLabel) -> String {
    match render_waybill(&FONTS, &template(), label) {
        Err(PaperError::Refused(refusal)) => {
            let params = refusal
                .0
                .params
                .iter()
                .filter(|(name, _)| *name != "waybill_no");
            params.fold(refusal.0.code.to_string(), |text, (name, value)| {
                format!("{text} {name}={value}")
            })
        }
        other => panic!("not refused: {:?}", other.map(|pdf| pdf.len())),
    }
}

#[test]
fn every_label_scans_on_the_dots_of_a_203_dpi_head() {
    let mut labels = made_up_labels();
    labels.extend(sample_labels(20));
    let paper = Paper::new(&render_waybills(&FONTS, &template(), &labels).unwrap());
    // 203 is what a driver asks poppler for, 203.2 what the head really has.
    for dpi in ["203", "203.2"] {
        let pages = paper.dots(dpi);
        assert_eq!(pages.len(), labels.len());
        for (page, label) in pages.iter().zip(&labels) {
            let mut wanted = vec![label.waybill_no.clone(), label.qr.clone()];
            wanted.sort();
            assert_eq!(scanned(page), wanted, "at {dpi} dpi");
        }
    }
}

#[test]
fn every_bar_is_a_whole_number_of_dots() {
    for (head, dpi, dots, row_mm) in [
        (Head::Dpi203, "203.2", 3, 53.0_f64),
        (Head::Dpi300, "300", 4, 53.0),
    ] {
        let template = template().for_head(head);
        let paper = Paper::new(&render_waybill(&FONTS, &template, &label()).unwrap());
        let row = (row_mm / 25.4 * dpi.parse::<f64>().unwrap()) as usize;
        let runs = runs_in_row(&paper.dots(dpi)[0], row);
        let (left, bars, right) = (runs[0], &runs[1..runs.len() - 1], runs[runs.len() - 1]);
        assert_eq!(
            bars.iter().sum::<usize>(),
            145 * dots,
            "YT and 13 digits take 145 modules"
        );
        assert!(bars.iter().all(|run| run % dots == 0), "{bars:?}");
        assert!(
            left >= 10 * dots && right >= 10 * dots,
            "quiet zones: {left} and {right} dots"
        );
    }
}

#[test]
fn the_text_of_a_label_can_be_searched_and_reads_in_order() {
    insta::assert_snapshot!("label", printed(&label()).text());
}

#[test]
fn a_crowded_label_says_everything_smaller_and_counts_the_goods_it_has_no_room_for() {
    insta::assert_snapshot!("crowded", printed(&made_up_labels()[2]).text());
}

#[test]
fn the_same_template_speaks_english() {
    let template = Template::read(&template_json(), words("en")).unwrap();
    insta::assert_snapshot!(
        "english",
        Paper::new(&render_waybill(&FONTS, &template, &label()).unwrap()).text()
    );
}

#[test]
fn fonts_are_embedded_cut_down_and_mapped_to_unicode() {
    let pdf = render_waybill(&FONTS, &template(), &label()).unwrap();
    assert!(pdf.len() < 40_000, "{} bytes for one label", pdf.len());
    let listing = Paper::new(&pdf).fonts();
    let fonts: Vec<&str> = listing.lines().skip(2).collect();
    assert_eq!(fonts.len(), 2, "regular and bold:\n{listing}");
    assert!(
        fonts.iter().all(|font| font.contains("yes yes yes")),
        "{listing}"
    );
}

#[test]
fn a_label_says_nothing_about_itself_to_spoolers_and_logs() {
    let info = printed(&label()).info();
    for name in [
        "Title",
        "Author",
        "Subject",
        "Keywords",
        "Creator",
        "Producer",
        "CreationDate",
    ] {
        assert!(!info.contains(&format!("{name}:")), "{info}");
    }
    assert!(
        info.contains("Custom Metadata: no") && info.contains("Metadata Stream: no"),
        "{info}"
    );
}

#[test]
fn the_same_label_is_the_same_bytes() {
    let print = || render_waybill(&FONTS, &template(), &label()).unwrap();
    assert_eq!(print(), print());
}

#[test]
fn a_phone_number_in_clear_is_refused_before_it_is_drawn() {
    let mut label = label();
    label.consignee.phone = Phone::Masked("15900002214".into());
    assert_eq!(refused(&label), "labels.not_masked field=收件电话");
}

#[test]
fn a_character_no_font_has_is_refused_by_its_code_point() {
    let mut label = label();
    label.consignee.name = "\u{2B740}*".into();
    assert_eq!(
        refused(&label),
        "labels.missing_glyph code_point=U+2B740 field=收件人"
    );
}

#[test]
fn a_rare_name_is_printed_from_the_whole_font() {
    let mut label = label();
    label.consignee.name = "龑*".into();
    let paper = printed(&label);
    assert!(paper.text().contains("龑*"), "{}", paper.text());
    assert!(paper.fonts().contains("BOLDFW+"), "{}", paper.fonts());
}

#[test]
fn a_second_font_stands_in_for_what_the_first_lacks() {
    let bytes = |name: &str| std::fs::read(assets().join("fonts").join(name)).unwrap();
    let latin = latin_only(&bytes("NotoSansSC-Regular.ttf"));
    let poor = Fonts::from_bytes(&latin, &latin).unwrap();
    assert!(matches!(
        render_waybill(&poor, &template(), &label()),
        Err(PaperError::Refused(_))
    ));

    let helped = poor.with_substitute(&bytes("NotoSansSC-Bold.ttf")).unwrap();
    let paper = Paper::new(&render_waybill(&helped, &template(), &label()).unwrap());
    let text = paper.text();
    for part in ["西安转运中心", "159******14", "新西兰蜂蜜500克"] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
}

/// The same face with printable ASCII only.
fn latin_only(font: &[u8]) -> Vec<u8> {
    let face = printpdf::ParsedFont::from_bytes(font, 0, &mut Vec::new()).unwrap();
    let glyphs = (' '..='~')
        .map(|c| {
            (
                face.lookup_glyph_index(u32::from(c)).unwrap(),
                c.to_string(),
            )
        })
        .collect();
    printpdf::subset_font(&face, &glyphs).unwrap().bytes
}

#[test]
fn what_does_not_fit_is_refused_not_cut() {
    let mut long_address = label();
    long_address.consignee.address = "示范路".repeat(100) + "***";
    assert_eq!(refused(&long_address), "labels.too_long field=收件地址");

    let mut long_number = label();
    long_number.waybill_no = "ABCDEFGHIJ".repeat(4);
    assert_eq!(
        refused(&long_number),
        "labels.symbol_too_large field=运单号"
    );

    let mut chinese_number = label();
    chinese_number.waybill_no = "圆通1".into();
    assert_eq!(
        refused(&chinese_number),
        "labels.not_encodable field=运单号"
    );

    let mut no_sort_code = label();
    no_sort_code.sort_code = String::new();
    assert_eq!(refused(&no_sort_code), "labels.missing field=三段码");
}

#[test]
fn a_copy_never_looks_like_the_original() {
    let mut copy = label();
    assert!(!printed(&copy).text().contains("补打"));
    copy.copy = 3;
    assert!(printed(&copy).text().contains("补打 3"));
}

#[test]
fn a_template_is_refused_in_words_its_author_can_act_on() {
    let read = |from: &str, to: &str| {
        let json = template_json();
        assert!(json.contains(from), "{from}");
        Template::read(&json.replacen(from, to, 1), words("zh")).unwrap_err()
    };
    assert!(matches!(
        read("{sort_code}", "{sort}"),
        TemplateError::NoSuchField { item: 5, ref name, .. } if name == "sort"
    ));
    assert_eq!(
        read("labels.paper.hub", "labels.paper.hud").to_string(),
        "label template, item 7: the catalogue has no text \"labels.paper.hud\""
    );
    assert_eq!(
        read("[3, 12.5, 94, 19.5]", "[3, 12.5, 98, 19.5]").to_string(),
        "label template, item 5: its box reaches beyond the paper of 100 x 150 mm"
    );
    assert_eq!(
        read("[3, 12.5, 94, 19.5]", "[3, 12.6, 94, 19.5]").to_string(),
        "label template, item 5: its box is not on the grid of 0.125 mm (one dot at 203 dpi)"
    );
    assert_eq!(
        read("[3, 12.5, 94, 19.5]", "[3, 12.5, 94, 22]").to_string(),
        "label template, items 5 and 6 overlap"
    );
    assert!(matches!(
        read("\"inverse\"", "\"reverse\""),
        TemplateError::Shape(_)
    ));
}
