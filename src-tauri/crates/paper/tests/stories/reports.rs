//! Reports and certificates on A4.

use crate::common::{FONTS, Paper};
use bondhouse_domain::reports::{Align, Column, Report, Table, Verdict};
use bondhouse_paper::{PaperError, render_report};

fn column(head: &str, width_mm: u16, align: Align) -> Column {
    Column {
        head: head.into(),
        width_mm,
        align,
    }
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

fn stock_report(rows: usize) -> Report {
    Report {
        title: "库存报表".into(),
        subtitle: row(&[
            "示范保税仓 NB01　账册 T3105W000123",
            "截至 2026-11-22 15:30　数据位置 48213",
        ]),
        tables: vec![Table {
            columns: vec![
                column("料号", 34, Align::Left),
                column("品名", 60, Align::Left),
                column("批次", 26, Align::Left),
                column("可用", 18, Align::Right),
                column("占用", 18, Align::Right),
                column("冻结", 18, Align::Right),
            ],
            rows: (1..=rows)
                .map(|n| {
                    let item = format!("9421901881{n:03}");
                    row(&[
                        &item,
                        "新西兰麦卢卡蜂蜜500克家庭装（含礼盒与勺子）",
                        "L28A1",
                        "1,204",
                        "38",
                        "—",
                    ])
                })
                .collect(),
            totals: row(&["合计", "", "", "144,480", "4,560", "—"]),
            ..Table::default()
        }],
        footer: "示范保税仓　报表由工作站 A1 出具".into(),
        page_of: "第 {page} 页，共 {pages} 页".into(),
        ..Report::default()
    }
}

fn certificate() -> Report {
    let columns = || {
        vec![
            column("账册项号", 22, Align::Left),
            column("品名", 64, Align::Left),
            column("账面", 24, Align::Right),
            column("实物", 24, Align::Right),
            column("差异", 20, Align::Right),
        ]
    };
    Report {
        title: "账实一致证明".into(),
        subtitle: row(&[
            "示范保税仓 NB01　账册 T3105W000123",
            "2026-11-22 15:30　数据位置 48213",
        ]),
        verdict: Some(Verdict {
            says: "账册与实物一致，差异为零；未结案件 1 件，列于后。".into(),
            holds: true,
        }),
        tables: vec![
            Table {
                heading: "一、账册与实物".into(),
                columns: columns(),
                rows: vec![
                    row(&["1", "新西兰蜂蜜500克", "1,242", "1,242", "—"]),
                    row(&["2", "澳洲成人奶粉1千克", "860", "860", "—"]),
                ],
                totals: row(&["", "合计", "2,102", "2,102", "—"]),
                when_empty: String::new(),
            },
            Table {
                heading: "二、未结案件".into(),
                columns: vec![
                    column("案件", 30, Align::Left),
                    column("内容", 100, Align::Left),
                    column("数量", 20, Align::Right),
                ],
                rows: vec![row(&["C-000017", "收货短少，待货主确认", "2"])],
                ..Table::default()
            },
            Table {
                heading: "三、盘点差异".into(),
                columns: columns(),
                when_empty: "没有。".into(),
                ..Table::default()
            },
        ],
        signatures: row(&["主管", "复核", "日期"]),
        footer: "证明由工作站 A1 出具，可用 bondctl verify 复核".into(),
        page_of: "第 {page} 页，共 {pages} 页".into(),
    }
}

fn text(report: &Report) -> String {
    Paper::new(&render_report(&FONTS, report).unwrap()).text()
}

#[test]
fn a_certificate_reads_as_it_will_be_filed() {
    insta::assert_snapshot!("certificate", text(&certificate()));
}

#[test]
fn column_heads_and_page_numbers_stand_on_every_page() {
    let text = text(&stock_report(120));
    let pages: Vec<&str> = text
        .split("--- next page ---")
        .filter(|page| !page.trim().is_empty())
        .collect();
    assert!(pages.len() > 2, "{}", pages.len());
    for (number, page) in (1..).zip(&pages) {
        assert!(page.contains("料号") && page.contains("可用"), "{page}");
        assert!(
            page.contains(&format!("第 {number} 页，共 {} 页", pages.len())),
            "{page}"
        );
    }
    let items: Vec<&str> = text
        .lines()
        .filter(|line| line.trim_start().starts_with("9421901881"))
        .collect();
    assert_eq!(items.len(), 120, "no row is lost at a page break");
    assert!(pages.last().unwrap().contains("144,480"));
}

#[test]
fn wide_tables_lie_sideways_and_wider_ones_are_refused() {
    let mut report = stock_report(3);
    report.tables[0].columns[1].width_mm = 120;
    let paper = Paper::new(&render_report(&FONTS, &report).unwrap());
    assert!(
        paper.info().contains("841.89 x 595.276"),
        "{}",
        paper.info()
    );
    report.tables[0].columns[1].width_mm = 200;
    assert!(
        matches!(render_report(&FONTS, &report), Err(PaperError::Refused(r)) if r.0.code == "reports.too_wide")
    );
}

#[test]
fn a_row_that_does_not_match_its_heads_is_refused() {
    let mut report = stock_report(3);
    report.tables[0].rows[1].pop();
    let refusal = render_report(&FONTS, &report).unwrap_err();
    let PaperError::Refused(refusal) = refusal else {
        panic!("{refusal}")
    };
    assert_eq!(
        (refusal.0.code.as_ref(), refusal.0.param("row")),
        ("reports.ragged", Some("2"))
    );
}

#[test]
fn a_character_no_font_has_is_refused() {
    let mut report = stock_report(1);
    report.tables[0].rows[0][1] = "\u{2B740}".into();
    let refusal = render_report(&FONTS, &report).unwrap_err();
    let PaperError::Refused(refusal) = refusal else {
        panic!("{refusal}")
    };
    assert_eq!(refusal.0.param("code_point"), Some("U+2B740"));
}
