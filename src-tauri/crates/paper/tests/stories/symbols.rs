//! Bar and QR codes against another encoder's sizes and another program's eyes.

use crate::common::{sample, scanned};
use bondhouse_paper::{Symbol, code128, gs1_128, qr};
use std::collections::BTreeSet;
use std::path::Path;

/// Draws a symbol three dots to the module as a plain PBM.
fn draw(symbol: &Symbol, path: &Path) {
    const DOTS: u32 = 3;
    let dark: BTreeSet<(u32, u32)> = symbol
        .runs
        .iter()
        .flat_map(|run| (run.column..run.column + run.length).map(|column| (run.row, column)))
        .collect();
    let (width, height) = (
        symbol.columns + 2 * symbol.quiet,
        if symbol.rows == 1 {
            20
        } else {
            symbol.rows + 8
        },
    );
    let mut picture = format!("P1\n{} {}\n", width * DOTS, height * DOTS);
    for y in 0..height * DOTS {
        for x in 0..width * DOTS {
            let column = (x / DOTS).checked_sub(symbol.quiet);
            let row = if symbol.rows == 1 {
                Some(0)
            } else {
                (y / DOTS).checked_sub(symbol.quiet)
            };
            let is_dark = column
                .zip(row)
                .is_some_and(|(column, row)| dark.contains(&(row, column)));
            picture.push(if is_dark { '1' } else { '0' });
        }
        picture.push('\n');
    }
    std::fs::write(path, picture).unwrap();
}

fn read_back(symbol: &Symbol) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("symbol.pbm");
    draw(symbol, &path);
    scanned(&path).join("\n")
}

/// `(01)04908348074812(10)L287` as an element string: the groups here of variable length end in GS.
fn element_string(bracketed: &str) -> String {
    let groups: Vec<(&str, &str)> = bracketed
        .split('(')
        .skip(1)
        .map(|group| group.split_once(')').unwrap())
        .collect();
    let last = groups.len() - 1;
    groups
        .iter()
        .enumerate()
        .map(|(i, (ai, value))| {
            let separator = if i < last && matches!(*ai, "10" | "21" | "37") {
                "\u{1d}"
            } else {
                ""
            };
            format!("{ai}{value}{separator}")
        })
        .collect()
}

#[test]
fn no_symbol_is_larger_than_what_others_print() {
    let Some(lines) = sample("symbols/symbols.jsonl") else {
        return;
    };
    let mut compared = 0;
    for line in lines.lines() {
        let sample: serde_json::Value = serde_json::from_str(line).unwrap();
        let input = sample["input"].as_str().unwrap();
        let (own, theirs) = match sample["sym"].as_str().unwrap() {
            "code128" => (code128(input).unwrap().columns, &sample["modules"]),
            "gs1-128" => (
                gs1_128(&element_string(input)).unwrap().columns,
                &sample["modules"],
            ),
            "qr" => (qr(input).unwrap().columns, &sample["side"]),
            other => panic!("{other}"),
        };
        assert!(
            u64::from(own) <= theirs.as_u64().unwrap(),
            "{input}: {own} > {theirs}"
        );
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn a_stranger_reads_what_was_written() {
    let texts = [
        "YT4752711325367",
        "SF1324891352401",
        "LOC-A26-070",
        "BH1LA-01-023",
        "a28Z1333-x",
        "0",
        "00",
        "1234567",
        "AB12cd34567890EF",
        "~ !#$%&'()*+,-./:;<=>?@[]^_`{|}",
    ];
    for text in texts {
        assert_eq!(read_back(&code128(text).unwrap()), text);
    }
    let every_printable: String = (' '..='~').collect();
    assert_eq!(
        read_back(&code128(&every_printable).unwrap()),
        every_printable
    );
    assert_eq!(
        read_back(&code128("AB\tcd\u{1f}EF").unwrap()),
        "AB\tcd\u{1f}EF",
        "controls need set A"
    );
}

#[test]
fn a_stranger_reads_gs1_with_its_separators() {
    let gs1 = gs1_128("0104908348074812\u{1d}10L287\u{1d}21S882500").unwrap();
    let read = read_back(&gs1);
    assert_eq!(
        read.replace('\u{1d}', ""),
        "010490834807481210L28721S882500"
    );
    assert!(
        read.contains("10L287\u{1d}21"),
        "FNC1 arrives as GS: {read:?}"
    );
}

#[test]
fn a_stranger_reads_chinese_in_a_qr_code() {
    let text = "收件 浙江省杭州市 12";
    assert_eq!(read_back(&qr(text).unwrap()), text);
}
