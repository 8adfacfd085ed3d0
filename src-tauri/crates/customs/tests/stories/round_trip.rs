//! What is written is read back, whatever people are called; and forms real senders use are one value.

use bondhouse_customs::{
    Exchange, Message, Package, Reading, Transfer, mask, objections, read, write,
};
use bondhouse_domain::customs::{
    Approval, BondedNote, BondedNoteLine, BondedNoteReceipt, BondedNoteState, Cancellation,
    DeclarationLine, DeclarationList, Document, Extra, Filing, GatePass, GatePassBill,
    GatePassReceipt, GatePassState, LedgerBooking, LedgerItem, LocalReceipt, LocalResult,
    MessageKind, Order, OrderLine, Payment, Receipt, Reconciliation, ReconciliationLine, Refund,
    RefundLine, ReleasedParcel, StockNote, TaxBill, TaxBillLine, Waybill,
};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::quantity::{Money, Quantity, Weight};
use bondhouse_domain::time::{Instant, Zone};
use proptest::prelude::*;

/// Text as a person might type it: anything XML allows, trimmed as readers trim.
fn text() -> impl Strategy<Value = String> {
    "[\\PC\\n\\r]{1,24}"
        .prop_map(|s| s.trim_matches([' ', '\t', '\n', '\r']).to_owned())
        .prop_filter("empty", |s| !s.is_empty())
}

fn person() -> impl Strategy<Value = Personal> {
    text().prop_map(Personal::new)
}

fn money() -> impl Strategy<Value = Money> {
    any::<i64>().prop_map(Money::from_units)
}

fn instant() -> impl Strategy<Value = Option<Instant>> {
    prop::option::of((0_i64..4_000_000_000_000).prop_map(Instant::from_millis))
}

fn filing() -> impl Strategy<Value = Filing> {
    (text(), instant()).prop_map(|(guid, app_time)| Filing {
        guid,
        app_type: "1".into(),
        app_time,
        app_status: "2".into(),
    })
}

prop_compose! {
    fn extra()(name in "[a-zA-Z_][a-zA-Z0-9_]{3,9}", value in person(), child in "[a-z]{3,5}", after in prop_oneof![Just(""), Just("orderNo")]) -> Extra {
        Extra {
            within: "OrderHead".into(),
            after: after.into(),
            name: format!("x{name}"),
            text: value,
            children: vec![Extra { name: child, ..Extra::default() }],
            ..Extra::default()
        }
    }
}

prop_compose! {
    fn order()(filing in filing(), order_no in text(), ebp_code in text(), goods_value in money(), actual_paid in money(),
        buyer_name in person(), consignee_address in person(), note in text(), item in text(), qty in any::<i64>(),
        total_price in money(), mut extra in prop::collection::vec(extra(), 0..3)) -> Order {
        // They are read in the order they stand in.
        extra.sort_by(|a, b| a.after.cmp(&b.after));
        Order {
            filing, order_no, ebp_code, goods_value, actual_paid, buyer_name, consignee_address, note,
            lines: vec![OrderLine { gnum: 1, item_name: item, qty: Quantity::from_units(qty), total_price, ..OrderLine::default() }],
            extra,
            ..Order::default()
        }
    }
}

fn through(message: &Message) -> Message {
    let written = write(message, Zone::SHANGHAI).unwrap();
    let near = read(&written, Reading::default())
        .unwrap_or_else(|fault| panic!("{fault:?}\n{}", String::from_utf8_lossy(&written)));
    let far = read(&the_long_way(&written), Reading::default()).unwrap();
    assert!(near.documents().eq(far.documents()));
    let doubts = |message: &Message| -> Vec<String> {
        let all = message.records.iter().flat_map(|r| &r.doubts);
        all.map(|doubt| doubt.message.code.to_string()).collect()
    };
    assert_eq!(doubts(&near), doubts(&far));
    near
}

/// The same message with a space in every tag, which sends each element through the general parser.
fn the_long_way(xml: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(xml).unwrap();
    let mut pieces = text.split('<');
    let mut out = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (tag, rest) = piece.split_once('>').unwrap();
        let ends = |mark: &str| tag.ends_with(mark).then(|| mark.to_owned());
        let end = ends("/").or_else(|| ends("?")).unwrap_or_default();
        let tag = tag.trim_end_matches(end.as_str());
        out.push_str(&format!("<{tag} {end}>{rest}"));
    }
    out.into_bytes()
}

fn survives(document: Document) {
    let message = Message::of([document.clone()]);
    let again = through(&message);
    let read: Vec<&Document> = again.documents().collect();
    assert_eq!(read, [&document], "{:?}", again.records);
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(
        serde_json::from_str::<Document>(&json).unwrap(),
        document,
        "{json}"
    );
}

proptest! {
    #[test]
    fn any_order_survives(order in order()) {
        survives(Document::Order(order));
    }

    #[test]
    fn any_payment_survives(filing in filing(), pay in text(), no in text(), name in person(), amount in money(), at in instant()) {
        survives(Document::Payment(Payment {
            filing, pay_code: pay.clone(), pay_transaction_id: pay, order_no: no, payer_name: name, amount_paid: amount, pay_time: at,
            ..Payment::default()
        }));
    }

    #[test]
    fn any_waybill_survives(filing in filing(), no in text(), who in person(), where_to in person(), weight in any::<i64>()) {
        survives(Document::Waybill(Waybill {
            filing, logistics_code: no.clone(), logistics_no: no, consignee: who, consignee_address: where_to,
            weight: Weight::from_units(weight), pack_no: 1, ..Waybill::default()
        }));
    }

    #[test]
    fn any_list_survives(filing in filing(), no in text(), code in text(), who in person(), units in any::<i64>(), second in prop::option::of(any::<i64>())) {
        survives(Document::DeclarationList(DeclarationList {
            filing, order_no: no.clone(), ebp_code: code, logistics_no: no, buyer_id_number: who, freight: Money::from_units(units),
            lines: vec![DeclarationLine {
                gnum: 7, qty: Quantity::from_units(units), qty2: second.map(Quantity::from_units), total_price: Money::from_units(units),
                ..DeclarationLine::default()
            }],
            ..DeclarationList::default()
        }));
    }

    #[test]
    fn any_receipt_survives(status in text(), info in text(), at in instant(), no in text()) {
        for message in [MessageKind::Ceb622, MessageKind::Ceb624, MessageKind::Ceb626] {
            survives(Document::Receipt(Receipt {
                message, return_status: status.clone(), return_info: info.clone(), return_time: at, invt_no: no.clone(), ..Receipt::default()
            }));
        }
    }

    #[test]
    fn any_bonded_note_survives(ledger in text(), own in text(), goods in text(), units in any::<i64>(), parcel in text()) {
        survives(Document::BondedNote(BondedNote {
            ledger_no: ledger, own_no: own, direction: "E".into(), note_type: "8".into(),
            lines: vec![BondedNoteLine { line_no: 1, name: goods, qty: Quantity::from_units(units), ..BondedNoteLine::default() }],
            parcels: vec![ReleasedParcel { invt_no: parcel, ..ReleasedParcel::default() }],
            operator_registration: "6104W6003C".into(),
            ..BondedNote::default()
        }));
    }
}

fn amount(text: &str) -> Money {
    text.parse().unwrap()
}

#[test]
fn every_other_message_survives_too() {
    let at = Some(Instant::from_millis(1_795_310_040_123));
    let approval = Approval {
        business_id: "QD1".into(),
        result: "1".into(),
        at,
        note: "ok".into(),
        ..Approval::default()
    };
    let head = Cancellation {
        invt_no: "L1".into(),
        reason: "买家退款".into(),
        buyer_name: Personal::new("甲子"),
        ..Cancellation::default()
    };
    let documents = [
        Document::Cancellation(head.clone()),
        Document::Refund(Refund {
            head,
            lines: vec![RefundLine {
                gnum: 1,
                qty: Quantity::from_units(100_000),
                ..RefundLine::default()
            }],
        }),
        Document::TaxBill(TaxBill {
            invt_no: "L1".into(),
            tax_no: "L1_0".into(),
            value_added_tax: amount("54.65"),
            lines: vec![TaxBillLine {
                gnum: 1,
                tax_price: amount("600.6"),
                ..TaxBillLine::default()
            }],
            ..TaxBill::default()
        }),
        Document::BondedNoteReceipt(BondedNoteReceipt {
            approval: approval.clone(),
            check_note: "报文入库成功".into(),
            state: Some(BondedNoteState {
                note_no: "QD1".into(),
                debited_at: at,
                ..BondedNoteState::default()
            }),
            ..BondedNoteReceipt::default()
        }),
        Document::LedgerBooking(LedgerBooking {
            items: vec![LedgerItem {
                ledger_item_no: "2255".into(),
                actual_in: None,
                in_date: at,
                ..LedgerItem::default()
            }],
            ..LedgerBooking::default()
        }),
        Document::GatePass(GatePass {
            pass_type: "3".into(),
            direction: "E".into(),
            own_no: "HF1".into(),
            applicant: Personal::new("甲子"),
            bills: vec![GatePassBill {
                kind: "1".into(),
                no: "QD1".into(),
                ..GatePassBill::default()
            }],
            ..GatePass::default()
        }),
        Document::StockNote(StockNote {
            note_no: "X1".into(),
            ..StockNote::default()
        }),
        Document::Reconciliation(Reconciliation {
            ledger_no: "T1".into(),
            lines: vec![ReconciliationLine {
                difference_qty: Some(Quantity::from_units(-100_000)),
                ..ReconciliationLine::default()
            }],
            ..Reconciliation::default()
        }),
        Document::LocalReceipt(LocalReceipt {
            business_no: "B1".into(),
            chk_mark: "2".into(),
            results: vec![LocalResult {
                result_info: "22001:支付企业未备案".into(),
                ..LocalResult::default()
            }],
            ..LocalReceipt::default()
        }),
    ];
    documents.into_iter().for_each(survives);
    for message in [
        MessageKind::Sas221,
        MessageKind::Sas223,
        MessageKind::Sas224,
        MessageKind::Sas251,
        MessageKind::Sas253,
    ] {
        survives(Document::GatePassReceipt(GatePassReceipt {
            message,
            approval: approval.clone(),
            state: Some(GatePassState {
                pass_no: "Z1".into(),
                weight_error: Some(Weight::from_units(-31_298_700)),
                ..GatePassState::default()
            }),
            ..GatePassReceipt::default()
        }));
    }
}

#[test]
fn sender_envelope_and_unknown_elements_survive() {
    let order = Order {
        order_no: "O1".into(),
        ebp_code: "P1".into(),
        ..Order::default()
    };
    let message = Message {
        guid: "4CDE1CFD-EDED-46B1-946C-B8022E42FC94".into(),
        transfer: Some(Transfer {
            cop_code: "3301W60001".into(),
            cop_name: "某电商 & 伙伴".into(),
            ..Transfer::default()
        }),
        exchange: Some(Exchange {
            cop_msg_id: "M1".into(),
            receivers: vec!["R1".into(), "R2".into()],
            file_name: "f.xml".into(),
            ..Exchange::default()
        }),
        extra: vec![Extra {
            name: "ExtendMessage".into(),
            children: vec![Extra {
                name: "name".into(),
                ..Extra::default()
            }],
            ..Extra::default()
        }],
        ..Message::of([Document::Order(order)])
    };
    let again = through(&message);
    assert_eq!(again.guid, message.guid);
    assert_eq!(again.transfer, message.transfer);
    assert_eq!(again.exchange, message.exchange);
    assert_eq!(again.extra, message.extra);

    let note = BondedNote {
        ledger_no: "T2924W000088".into(),
        own_no: "N1".into(),
        direction: "E".into(),
        ..BondedNote::default()
    };
    let message = Message {
        package: Some(Package {
            version: "1.0".into(),
            message_type: "INV101".into(),
            message_id: "N1".into(),
            ..Package::default()
        }),
        declare_flag: "1".into(),
        ..Message::of([Document::BondedNote(note)])
    };
    let again = through(&message);
    assert_eq!(
        (again.package, again.declare_flag),
        (message.package, message.declare_flag)
    );
}

/// The same payment as four senders write it.
#[test]
fn prefix_encoding_cdata_and_white_space_make_no_difference() {
    let plain = r#"<?xml version="1.0" encoding="UTF-8"?><ceb:CEB411Message xmlns:ceb="http://www.chinaport.gov.cn/ceb" guid="G" version="1.0"><ceb:Payment><ceb:PaymentHead><ceb:payCode>312226T001</ceb:payCode><ceb:payTransactionId>T1</ceb:payTransactionId><ceb:orderNo>O1</ceb:orderNo><ceb:payerName>甲子&amp;乙丑</ceb:payerName><ceb:amountPaid>338.21</ceb:amountPaid><ceb:payTime>20261122091400</ceb:payTime></ceb:PaymentHead></ceb:Payment></ceb:CEB411Message>"#;
    let expected: Vec<Document> = read(plain.as_bytes(), Reading::default())
        .unwrap()
        .into_documents()
        .collect();
    assert_eq!(expected.len(), 1);

    let default_namespace = plain.replace("xmlns:ceb", "xmlns").replace("ceb:", "");
    let other_prefix = plain.replace("xmlns:ceb", "xmlns:c").replace("ceb:", "c:");
    let cdata = plain.replace("甲子&amp;乙丑", "<![CDATA[甲子&乙丑]]>");
    let spaced = plain
        .replace("<ceb:orderNo>O1", "<ceb:orderNo>\r\n  O1\r\n")
        .replace("338.21", "338.21000");
    let with_bom = format!("\u{FEFF}{plain}");
    let no_declaration = plain.split_once("?>").unwrap().1.to_owned();
    let seventeen = plain.replace("20261122091400", "20261122091400000");
    let commented = plain.replace("338.21", "338<!-- yuan -->.21");
    for (form, text) in [
        ("default namespace", default_namespace),
        ("other prefix", other_prefix),
        ("cdata", cdata),
        ("spaced", spaced),
        ("bom", with_bom),
        ("no declaration", no_declaration),
        ("17 digits", seventeen),
        ("comment", commented),
    ] {
        let read: Vec<Document> = read(text.as_bytes(), Reading::default())
            .unwrap_or_else(|f| panic!("{form}: {f:?}"))
            .into_documents()
            .collect();
        assert_eq!(read, expected, "{form}");
    }
    let declared = plain.replace("UTF-8", "gb2312");
    let (gb, _, _) = encoding_rs::GB18030.encode(&declared);
    let read: Vec<Document> = read(&gb, Reading::default())
        .unwrap()
        .into_documents()
        .collect();
    assert_eq!(read, expected, "gb bytes");
}

#[test]
fn masking_leaves_no_person_behind() {
    let mut document = Document::Order(Order {
        order_no: "O1".into(),
        buyer_name: Personal::new("甲子"),
        buyer_telephone: Personal::new("19900000001"),
        buyer_id_number: Personal::new("110101198102020031"),
        consignee_address: Personal::new("测试省测试市测试路1号2单元301室"),
        extra: vec![Extra {
            name: "secret".into(),
            text: Personal::new("甲子"),
            ..Extra::default()
        }],
        ..Order::default()
    });
    mask(&mut document);
    let Document::Order(order) = &document else {
        panic!()
    };
    assert_eq!(order.buyer_name.reveal(), "甲*");
    assert_eq!(order.buyer_telephone.reveal(), "199******01");
    assert_eq!(order.buyer_id_number.reveal(), "*****************1");
    assert_eq!(order.consignee_address.reveal(), "测试省测试市测试路1号***");
    assert!(order.extra.is_empty());
    assert_eq!(order.order_no, "O1");
}

#[test]
fn a_sender_hears_every_objection_before_it_sends() {
    let message = Message::of([Document::Order(Order {
        order_no: "甲".repeat(61),
        ..Order::default()
    })]);
    let objections = objections(&message, Zone::SHANGHAI);
    let said = |code: &str, field: &str| {
        objections
            .iter()
            .any(|o| o.code == code && o.param("field") == Some(field))
    };
    assert!(said("customs.doubt.too_long", "orderNo"));
    assert!(said("customs.doubt.missing", "buyerName"));
    assert!(!said("customs.doubt.missing", "payCode"));
}

#[test]
fn control_characters_and_mixed_kinds_are_never_written() {
    let order = |no: &str| {
        Document::Order(Order {
            order_no: no.into(),
            ..Order::default()
        })
    };
    let refused = write(&Message::of([order("O\u{1}")]), Zone::SHANGHAI).unwrap_err();
    assert_eq!(
        (refused.0.code.as_ref(), refused.0.param("field")),
        ("customs.cannot_write", Some("orderNo"))
    );
    let mixed = Message::of([order("O1"), Document::Payment(Payment::default())]);
    assert_eq!(
        write(&mixed, Zone::SHANGHAI).unwrap_err().0.code,
        "customs.mixed_documents"
    );
}
