//! Messages go through the command line's JSON lines and come out whole, refused or masked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use bondhouse_customs::lines::{PaperChest, Privacy, Verdict, read_lines, tax_line, write_lines};
use bondhouse_customs::{Message, Reading, Transfer, read, write};
use bondhouse_domain::comparison::Known;
use bondhouse_domain::customs::{Document, Order, OrderLine, Payment};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::tax::RetailLaw;
use bondhouse_domain::time::Zone;
use chrono::NaiveDate;
use serde_json::Value;

fn order(no: &str) -> Order {
    Order {
        order_no: no.into(),
        ebp_code: "3301W60001".into(),
        goods_value: "300".parse().unwrap(),
        actual_paid: "300".parse().unwrap(),
        currency: "142".into(),
        buyer_name: Personal::new("甲子"),
        lines: vec![OrderLine {
            gnum: 1,
            qty: "2".parse().unwrap(),
            total_price: "300".parse().unwrap(),
            ..OrderLine::default()
        }],
        ..Order::default()
    }
}

fn xml(documents: impl IntoIterator<Item = Document>) -> Vec<u8> {
    write(&Message::of(documents), Zone::SHANGHAI).unwrap()
}

fn lines_of(bytes: &[u8], privacy: Privacy) -> (Vec<Value>, Verdict) {
    let mut lines = Vec::new();
    let summary = read_lines(bytes, Reading::default(), privacy, &mut |line| {
        lines.push(line)
    });
    (lines, summary.verdict)
}

#[test]
fn what_is_read_in_clear_can_be_written_back() {
    let bytes = xml([Document::Order(order("O1")), Document::Order(order("O2"))]);
    let (lines, verdict) = lines_of(&bytes, Privacy::Clear);
    assert_eq!((lines.len(), verdict.exit_code()), (2, 0));
    assert_eq!(lines[1]["order_no"], "O2");
    assert_eq!(lines[1]["goods_value"], "300");
    assert_eq!(lines[1]["record"]["number"], 2);

    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let frame = Message {
        transfer: Some(Transfer {
            cop_code: "3301W60001".into(),
            ..Transfer::default()
        }),
        ..Message::default()
    };
    let written = write_lines(&text, frame, Zone::SHANGHAI).unwrap();
    let again = read(&written.bytes, Reading::default()).unwrap();
    assert!(
        again
            .documents()
            .eq(read(&bytes, Reading::default()).unwrap().documents())
    );
    assert_eq!(again.transfer.unwrap().cop_code, "3301W60001");
    assert!(
        written
            .objections
            .iter()
            .any(|o| o.param("field") == Some("buyerIdNumber"))
    );
}

#[test]
fn by_default_no_person_is_shown() {
    let (lines, _) = lines_of(&xml([Document::Order(order("O1"))]), Privacy::default());
    assert_eq!(lines[0]["buyer_name"], "甲*");
    assert!(!lines[0].to_string().contains("甲子"));
}

#[test]
fn a_refused_document_carries_its_error_and_the_others_are_told() {
    let text = String::from_utf8(xml([
        Document::Order(order("O1")),
        Document::Order(order("O2")),
    ]))
    .unwrap();
    let spoiled = text.replacen("<ceb:goodsValue>300<", "<ceb:goodsValue>many<", 1);
    let (lines, verdict) = lines_of(spoiled.as_bytes(), Privacy::Masked);
    assert_eq!(verdict.exit_code(), 1);
    assert_eq!(lines[0]["error"]["code"], "customs.bad_number");
    assert_eq!(lines[0]["error"]["field"], "goodsValue");
    assert!(lines[0]["error"]["line"].as_u64().unwrap() > 1);
    assert_eq!(lines[1]["order_no"], "O2");
    assert!(
        lines[1]["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|w| w["code"] == "customs.doubt.missing")
    );

    let (lines, verdict) = lines_of(b"<broken", Privacy::Masked);
    assert_eq!((lines.len(), verdict.exit_code()), (1, 2));
    assert_eq!(lines[0]["error"]["code"], "customs.truncated");
}

#[test]
fn a_line_that_is_no_document_is_named() {
    let refused = write_lines(
        "{\"document\":\"order\"}\n{\"document\":\"poem\"}\n",
        Message::default(),
        Zone::SHANGHAI,
    )
    .unwrap_err();
    assert_eq!(
        (refused.0.code.as_ref(), refused.0.param("line")),
        ("customs.bad_json", Some("2"))
    );
    assert!(write_lines("\n", Message::default(), Zone::SHANGHAI).is_err());
}

#[test]
fn papers_from_several_messages_are_compared_parcel_by_parcel() {
    let mut chest = PaperChest::default();
    let payment = |no: &str, amount: &str| {
        Document::Payment(Payment {
            order_no: no.into(),
            ebp_code: "3301W60001".into(),
            pay_code: "312226T001".into(),
            pay_transaction_id: no.into(),
            payer_name: Personal::new("甲子"),
            amount_paid: amount.parse().unwrap(),
            currency: "142".into(),
            ..Payment::default()
        })
    };
    chest.add(
        read(
            &xml([payment("O1", "300"), payment("O2", "299")]),
            Reading::default(),
        )
        .unwrap(),
    );
    chest.add(
        read(
            &xml([Document::Order(order("O1")), Document::Order(order("O2"))]),
            Reading::default(),
        )
        .unwrap(),
    );
    let law = &RetailLaw::shipped()[0];
    let mut lines = Vec::new();
    let verdict = chest.compare(&Known::default(), law, &mut |line| lines.push(line));
    assert_eq!(verdict, Verdict::Found);
    let codes = |line: &Value| -> Vec<String> {
        line["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["message"]["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(codes(&lines[0]), ["comparison.paper_missing"]);
    assert_eq!(
        codes(&lines[1]),
        ["comparison.paper_missing", "comparison.amount_paid"]
    );
    assert_eq!(
        PaperChest::default().compare(&Known::default(), law, &mut |_| ()),
        Verdict::Unusable
    );
}

#[test]
fn tax_is_assessed_from_json_by_the_law_of_the_day() {
    let laws = RetailLaw::shipped();
    let goods = r#"{"lines":[{"gnum":1,"qty":"1","total_price":"300","rates":{"vat":"0.13"}}],"freight":"10"}"#;
    let day = |y| NaiveDate::from_ymd_opt(y, 6, 1).unwrap();
    assert_eq!(
        tax_line(goods, day(2026), &laws).unwrap()["assessment"]["total"],
        "28.21"
    );
    assert_eq!(
        tax_line(goods, day(2010), &laws).unwrap_err().0.code,
        "tax.no_law"
    );
    assert_eq!(
        tax_line("{", day(2026), &laws).unwrap_err().0.code,
        "customs.bad_json"
    );
}
