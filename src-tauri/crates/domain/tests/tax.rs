//! What is due once customs has spoken, and what lists draw on guarantee and year.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use bondhouse_domain::customs::{TaxBill, TaxBillLine, TaxBillStatus};
use bondhouse_domain::quantity::Money;
use bondhouse_domain::tax::account::{Account, Entry};
use bondhouse_domain::tax::bills::{Due, Kind, Word, due};
use bondhouse_domain::tax::{Assessment, Content, RetailLaw, Taxable, assess};
use bondhouse_domain::time::Instant;
use chrono::NaiveDate;
use proptest::prelude::*;

fn yuan(text: &str) -> Money {
    text.parse().unwrap()
}

fn day(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 11, 22).unwrap()
}

/// Two tins and a jar: VAT 28.21 + 4.54.
fn estimate() -> Assessment {
    let goods: Taxable = serde_json::from_str(
        r#"{"lines":[{"gnum":1,"qty":"2","total_price":"310","rates":{"vat":"0.13"}},
                     {"gnum":2,"qty":"1","total_price":"49.9","rates":{"vat":"0.13"}}]}"#,
    )
    .unwrap();
    assess(
        &goods,
        RetailLaw::in_force(&RetailLaw::shipped(), day(2026)).unwrap(),
    )
    .unwrap()
}

fn bill(no: &str, vat: &str, status: &str, at: i64) -> TaxBill {
    TaxBill {
        tax_no: no.into(),
        value_added_tax: yuan(vat),
        status: status.into(),
        return_time: Some(Instant::from_millis(at)),
        ..TaxBill::default()
    }
}

fn word(no: &str, status: &str, at: i64) -> TaxBillStatus {
    TaxBillStatus {
        tax_no: no.into(),
        status: status.into(),
        return_time: Some(Instant::from_millis(at)),
        ..TaxBillStatus::default()
    }
}

fn told(bills: &[TaxBill], statuses: &[TaxBillStatus]) -> Due {
    due(&estimate(), bills, statuses, yuan("0.02")).unwrap()
}

#[test]
fn until_customs_speaks_the_estimate_counts() {
    let due = told(&[], &[]);
    assert_eq!(
        (due.by, due.total, due.differences.len()),
        (Word::Estimate, yuan("32.75"), 0)
    );
}

#[test]
fn customs_bill_takes_over_and_differences_are_shown_by_kind_and_line() {
    let mut billed = bill("I1_1", "33.75", "1", 1);
    billed.lines = vec![TaxBillLine {
        gnum: 2,
        value_added_tax: yuan("5.54"),
        ..TaxBillLine::default()
    }];
    let due = told(&[billed], &[]);
    assert_eq!(
        (due.by, due.total, due.bills),
        (Word::Customs, yuan("33.75"), vec!["I1_1".to_owned()])
    );
    let shown: Vec<_> = due
        .differences
        .iter()
        .map(|d| (d.kind, d.line, d.estimated, d.billed))
        .collect();
    assert_eq!(
        shown,
        [
            (Kind::Vat, None, yuan("32.75"), yuan("33.75")),
            (Kind::Vat, Some(2), yuan("4.5409"), yuan("5.54")),
        ]
    );
    // A fen cut off is no difference.
    assert_eq!(told(&[bill("I1_1", "32.74", "1", 1)], &[]).differences, []);
}

#[test]
fn a_void_bill_owes_nothing_whichever_came_first() {
    let voided = told(
        &[bill("I1_1", "32.75", "1", 1)],
        &[word("I1_1", "2", 2), word("I1_1", "3", 3)],
    );
    assert_eq!(
        (voided.by, voided.total, voided.differences.len()),
        (Word::Customs, Money::ZERO, 0)
    );
    let late = told(&[bill("I1_1", "32.75", "1", 5)], &[word("I1_1", "3", 3)]);
    assert_eq!(late.total, yuan("32.75"), "billed anew after it was void");
    let replaced = told(
        &[
            bill("I1_1", "30", "1", 1),
            bill("I1_1", "31", "1", 2),
            bill("I1_2", "1", "1", 1),
        ],
        &[],
    );
    assert_eq!(replaced.total, yuan("32"));
}

proptest! {
    #[test]
    fn bills_in_any_order_and_doubled_come_to_the_same(
        said in proptest::collection::vec((0_usize..3, 1_i64..90_000, 0_usize..3, 0_i64..5), 0..8), turn in 0_usize..8,
    ) {
        let mut bills: Vec<TaxBill> = said.iter().map(|(no, vat, status, at)| TaxBill {
            value_added_tax: Money::from_units(*vat),
            ..bill(["A", "B", "C"][*no], "0", ["1", "2", "3"][*status], *at * 100 + *vat)
        }).collect();
        let first = told(&bills, &[]);
        bills.extend(bills.clone());
        let turn = turn % bills.len().max(1);
        bills.rotate_left(turn);
        let again = told(&bills, &[]);
        prop_assert_eq!((again.by, again.total, again.bills), (first.by, first.total, first.bills));
    }
}

#[test]
fn a_cosmetic_bears_consumption_tax_by_its_own_price() {
    let tax = |price: &str| {
        let goods = format!(
            r#"{{"lines":[{{"gnum":1,"qty":"2","total_price":"{price}","rates":{{"vat":"0.13"}},
                "cosmetic":{{"grams_or_millilitres":"20"}}}}]}}"#
        );
        let goods: Taxable = serde_json::from_str(&goods).unwrap();
        assert_eq!(
            goods.lines[0].cosmetic,
            Some(Content::GramsOrMillilitres("20".parse().unwrap()))
        );
        assess(
            &goods,
            RetailLaw::in_force(&RetailLaw::shipped(), day(2026)).unwrap(),
        )
        .unwrap()
    };
    // 200 for 20 g reaches ten a gram; a fen less in all does not.
    assert_eq!(tax("400").consumption, yuan("49.41"));
    assert_eq!(tax("399.98").consumption, Money::ZERO);
}

fn declared(list: &str, buyer: &str, year: i32, value: &str, tax: &str) -> Entry {
    Entry::Declared {
        list: list.into(),
        merchant: "3301W60002".into(),
        buyer: buyer.into(),
        on: day(year),
        value: yuan(value),
        tax: yuan(tax),
    }
}

#[test]
fn lists_draw_on_guarantee_and_year_and_give_back_what_was_undone() {
    let mut entries = vec![
        declared("L1", "hash-a", 2026, "310", "28.21"),
        declared("L2", "hash-a", 2026, "200", "18.20"),
        declared("L3", "hash-b", 2025, "100", "9.10"),
        declared("L1", "hash-a", 2026, "310", "28.21"),
    ];
    let left = |entries: &[Entry]| {
        Account::of(entries)
            .guarantee_left("3301W60002", yuan("100"))
            .unwrap()
    };
    let spent = |entries: &[Entry]| Account::of(entries).spent("hash-a", day(2026)).unwrap();
    assert_eq!(
        (left(&entries), spent(&entries)),
        (yuan("44.49"), yuan("510"))
    );
    entries.push(Entry::Billed {
        list: "L1".into(),
        tax: yuan("30"),
    });
    assert_eq!(left(&entries), yuan("42.70"));
    // A return that was accepted restores both; paying frees the guarantee alone.
    entries.push(Entry::Undone { list: "L2".into() });
    assert_eq!(
        (left(&entries), spent(&entries)),
        (yuan("60.90"), yuan("310"))
    );
    entries.push(Entry::Paid { list: "L1".into() });
    assert_eq!(
        (left(&entries), spent(&entries)),
        (yuan("90.90"), yuan("310"))
    );
    // A bill about a list that was undone comes too late to draw.
    entries.push(Entry::Billed {
        list: "L2".into(),
        tax: yuan("18.20"),
    });
    entries.push(Entry::Returned {
        list: "L1".into(),
        value: yuan("100"),
        tax: yuan("9.10"),
    });
    assert_eq!(
        (left(&entries), spent(&entries)),
        (yuan("90.90"), yuan("210"))
    );
    assert_eq!(
        Account::of(&entries).spent("hash-b", day(2026)),
        Some(Money::ZERO)
    );
    assert_eq!(
        Account::of(&entries).guarantee_left("another", yuan("7")),
        Some(yuan("7"))
    );
}
