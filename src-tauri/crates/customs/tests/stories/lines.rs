//! Messages go through the command line's JSON lines and come out whole, refused or masked.

use bondhouse_customs::lines::{Privacy, Verdict, read_lines, tax_line, write_lines};
use bondhouse_customs::papers::{Compared, PaperChest};
use bondhouse_customs::{Message, Reading, Transfer, read, write};
use bondhouse_domain::comparison::Known;
use bondhouse_domain::customs::{Document, Order, OrderLine, Payment, Receipt};
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
    let summary = read_lines(bytes, Reading::default(), privacy, None, &mut |line| {
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
    let sender = Transfer {
        cop_code: "3301W60001".into(),
        ..Transfer::default()
    };
    let written = write_lines(&text, Some(sender), Zone::SHANGHAI).unwrap();
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
    assert_eq!((lines.len(), verdict.exit_code()), (1, 1));
    assert_eq!(lines[0]["error"]["code"], "customs.truncated");
    assert_eq!(
        lines[0]["error"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["code", "column", "field", "line", "params"]
    );
}

#[test]
fn a_line_that_is_no_document_is_named() {
    let refused = write_lines(
        "{\"document\":\"order\"}\n{\"document\":\"poem\"}\n",
        None,
        Zone::SHANGHAI,
    )
    .unwrap_err();
    assert_eq!(
        (refused.0.code.as_ref(), refused.0.param("line")),
        ("customs.bad_json", Some("2"))
    );
    assert!(write_lines("\n", None, Zone::SHANGHAI).is_err());
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
    let codes = |parcel: &Compared| -> Vec<String> {
        parcel
            .findings
            .iter()
            .map(|f| f.message.code.to_string())
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

#[test]
fn a_masked_or_refused_line_is_never_written() {
    let (lines, _) = lines_of(&xml([Document::Order(order("O1"))]), Privacy::Masked);
    let refused = write_lines(&lines[0].to_string(), None, Zone::SHANGHAI).unwrap_err();
    assert_eq!(refused.0.code, "customs.unwritable_line");
    let (lines, _) = lines_of(b"<broken", Privacy::Clear);
    let refused = write_lines(&lines[0].to_string(), None, Zone::SHANGHAI).unwrap_err();
    assert_eq!(refused.0.param("line"), Some("1"));
}

#[test]
fn papers_of_two_platforms_with_one_number_are_kept_apart() {
    let mut chest = PaperChest::default();
    let other = Order {
        ebp_code: "3301W60009".into(),
        ..order("O1")
    };
    let paid = |platform: &str, amount: &str| {
        Document::Payment(Payment {
            order_no: "O1".into(),
            ebp_code: platform.into(),
            pay_code: platform.into(),
            amount_paid: amount.parse().unwrap(),
            ..Payment::default()
        })
    };
    chest.add(Message::of([
        Document::Order(order("O1")),
        Document::Order(other),
    ]));
    chest.add(Message::of([
        paid("3301W60009", "300"),
        paid("3301W60001", "1"),
    ]));
    let mut found = Vec::new();
    chest.compare(&Known::default(), &RetailLaw::shipped()[0], &mut |parcel| {
        found.push(parcel)
    });
    let wrong_sum = |parcel: &Compared| {
        parcel
            .findings
            .iter()
            .any(|f| f.message.code == "comparison.amount_paid")
    };
    assert_eq!(
        found.iter().map(wrong_sum).collect::<Vec<_>>(),
        [true, false]
    );
}

#[test]
fn a_receipt_says_what_its_code_asks_of_whom() {
    let receipt = |status: &str, info: &str| {
        let receipt = Receipt {
            cop_no: "C1".into(),
            return_status: status.into(),
            return_info: info.into(),
            ..Receipt::default()
        };
        let (lines, _) = lines_of(&xml([Document::Receipt(receipt)]), Privacy::Masked);
        lines[0]["means"].clone()
    };
    let refused = receipt("100", "[Code:1327;Desc:订购人与支付人不一致]");
    assert_eq!(
        (&refused["code"], &refused["fixer"]),
        (&"clearance.reason.payer_differs".into(), &"platform".into())
    );
    assert_eq!(receipt("-621031", "")["course"], "correct");
    assert!(receipt("120", "[Code:4711;Desc:?]").is_null());
}
