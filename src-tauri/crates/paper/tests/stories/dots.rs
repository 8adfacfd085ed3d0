//! The dots a label printer burns: they scan, they are what the PDF shows, and they arrive whole.

use crate::common::{
    FONTS, Paper, dot_rows, label, made_up_labels, runs_in_row, sample_labels, scanned, template,
};
use bondhouse_domain::labels::WaybillLabel;
use bondhouse_paper::{Bitmap, Head, rasterise_waybill, render_waybill};
use std::fs;

fn burnt(label: &WaybillLabel, head: Head) -> Bitmap {
    rasterise_waybill(&FONTS, &template().for_head(head), label).unwrap()
}

#[test]
fn what_is_burnt_scans() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.pbm");
    let mut labels = made_up_labels();
    labels.extend(sample_labels(4));
    for label in labels {
        for head in [Head::Dpi203, Head::Dpi300] {
            fs::write(&path, burnt(&label, head).pbm()).unwrap();
            let mut wanted = vec![label.waybill_no.clone(), label.qr.clone()];
            wanted.sort();
            assert_eq!(scanned(&path), wanted, "{head:?}");
        }
    }
}

#[test]
fn every_bar_is_three_dots_or_a_multiple() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.pbm");
    fs::write(&path, burnt(&label(), Head::Dpi203).pbm()).unwrap();
    let runs = runs_in_row(&path, 53 * 8);
    let bars = &runs[1..runs.len() - 1];
    assert_eq!(bars.iter().sum::<usize>(), 145 * 3);
    assert!(bars.iter().all(|run| run % 3 == 0), "{bars:?}");
}

#[test]
fn the_dots_are_what_the_pdf_shows() {
    let dots = burnt(&label(), Head::Dpi203);
    let paper = Paper::new(&render_waybill(&FONTS, &template(), &label()).unwrap());
    let (_, shown) = dot_rows(&paper.dots("203.2")[0]);
    let (mut black, mut differing) = (0, 0);
    // Poppler rounds the paper up by a dot at the right and at the foot.
    for (burnt, shown) in dots.rows().zip(&shown) {
        for (a, b) in burnt.iter().zip(shown) {
            black += b.count_ones();
            differing += (a ^ b).count_ones();
        }
    }
    // Two renderers round the edges of letters differently, by less than a dot.
    assert!(
        differing * 5 < black,
        "{differing} of {black} black dots differ"
    );
    // Bars they must not: the rows from 45.5 to 61 mm hold nothing else.
    let bars = 364..488;
    for (burnt, shown) in dots.rows().zip(&shown).skip(bars.start).take(bars.len()) {
        assert_eq!(burnt, &shown[..100]);
    }
}

#[test]
fn zpl_carries_every_dot() {
    let dots = burnt(&label(), Head::Dpi203);
    let zpl = String::from_utf8(dots.zpl()).unwrap();
    assert!(
        zpl.starts_with("^XA^PW800^LL1200^LH0,0^FO0,0^GFA,120000,120000,100,"),
        "{:.80}",
        zpl
    );
    assert!(zpl.ends_with("^FS^PQ1^XZ\n"));
    assert!(zpl.len() < 60_000, "{} bytes", zpl.len());
    assert_eq!(
        unsqueezed(
            zpl.split(',')
                .skip(6)
                .collect::<Vec<_>>()
                .join(",")
                .as_str(),
            100
        ),
        dots.rows().collect::<Vec<_>>()
    );
}

/// What a printer makes of `^GFA` data, read after Zebra's manual and not after our writer.
fn unsqueezed(data: &str, row_bytes: usize) -> Vec<Vec<u8>> {
    let mut rows: Vec<Vec<u8>> = Vec::new();
    let (mut digits, mut repeat) = (String::new(), 0);
    for c in data.chars().take_while(|c| *c != '^') {
        match c {
            'G'..='Y' => repeat += c as usize - 'F' as usize,
            'g'..='z' => repeat += (c as usize - 'f' as usize) * 20,
            ',' => digits.push_str(&"0".repeat(row_bytes * 2 - digits.len())),
            '!' => digits.push_str(&"F".repeat(row_bytes * 2 - digits.len())),
            ':' => rows.push(rows.last().unwrap().clone()),
            digit => digits.push_str(&digit.to_string().repeat(std::mem::take(&mut repeat).max(1))),
        }
        if digits.len() == row_bytes * 2 {
            let byte =
                |i: usize| u8::from_str_radix(digits.get(i * 2..i * 2 + 2).unwrap(), 16).unwrap();
            rows.push((0..row_bytes).map(byte).collect());
            digits.clear();
        }
    }
    assert!(digits.is_empty());
    rows
}

#[test]
fn tspl_carries_every_dot_with_black_as_zero() {
    let dots = burnt(&label(), Head::Dpi203);
    let tspl = dots.tspl(2);
    let head =
        b"SIZE 100 mm,150 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nCLS\r\nBITMAP 0,0,100,1200,0,";
    let data = tspl
        .strip_prefix(head.as_slice())
        .unwrap()
        .strip_suffix(b"\r\nPRINT 1,1\r\n")
        .unwrap();
    assert!(
        data.iter()
            .zip(dots.rows().flatten())
            .all(|(sent, dot)| *sent == !dot)
    );
    assert_eq!(data.len(), 120_000);
}
