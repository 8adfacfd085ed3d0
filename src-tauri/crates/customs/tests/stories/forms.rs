//! Messages as this house writes them, and forms of which no genuine sample stands beside the tests.
//!
//! `forms/*.xml` are made up, people and firms included. The ones written here are goldens: what the
//! writer produces must equal the file, byte for byte, so that a change of form is seen in review.

use bondhouse_customs::{Message, Package, Reading, Transfer, read, write};
use bondhouse_domain::customs::{
    BondedNote, BondedNoteLine, DeclarationLine, DeclarationList, Document, Filing, MessageKind,
    Party, Receipt, ReleasedParcel,
};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::time::Zone;
use chrono::NaiveDate;

pub(crate) fn documents(xml: &str) -> (Message, Vec<Document>) {
    let message = read(xml.as_bytes(), Reading::default()).unwrap();
    let documents = message.documents().cloned().collect();
    (message, documents)
}

fn is_golden(message: &Message, golden: &str) {
    let written = String::from_utf8(write(message, Zone::SHANGHAI).unwrap()).unwrap();
    assert_eq!(written, golden, "\n{written}");
    let (_, again) = documents(golden);
    assert!(again.iter().eq(message.documents()));
}

#[test]
fn a_declaration_list_goes_out_like_this() {
    let list = DeclarationList {
        filing: Filing {
            guid: "4CDE1CFD-EDED-46B1-946C-B8022E42FC94".into(),
            app_type: "1".into(),
            app_time: Zone::SHANGHAI.read_customs("20261122091400"),
            app_status: "2".into(),
        },
        order_no: "O20261122000001".into(),
        ebp_code: "3301W60001".into(),
        ebp_name: "某电商平台有限公司".into(),
        ebc_code: "3301W60002".into(),
        ebc_name: "甲 & 乙 <商贸>".into(),
        logistics_no: "W20261122000001".into(),
        logistics_code: "3301980001".into(),
        logistics_name: "某物流有限公司".into(),
        cop_no: "C20261122000001".into(),
        assure_code: "3301W60001".into(),
        ems_no: "T2924W000088".into(),
        ie_flag: "I".into(),
        decl_time: NaiveDate::from_ymd_opt(2026, 11, 22),
        customs_code: "2924".into(),
        port_code: "2924".into(),
        buyer_id_type: "1".into(),
        buyer_id_number: Personal::new("11010519491231002X"),
        buyer_name: Personal::new("甲子"),
        buyer_telephone: Personal::new("19900000001"),
        consignee_address: Personal::new("测试省测试市测试路1号"),
        agent_code: "330766K00Q".into(),
        agent_name: "某供应链管理有限公司".into(),
        area_code: "330766K00W".into(),
        area_name: "某保税仓储有限公司".into(),
        trade_mode: "1210".into(),
        traf_mode: "W".into(),
        country: "142".into(),
        freight: "10".parse().unwrap(),
        currency: "142".into(),
        pack_no: 1,
        gross_weight: "2.3".parse().unwrap(),
        net_weight: "1.8".parse().unwrap(),
        lines: vec![DeclarationLine {
            gnum: 1,
            item_record_no: "36".into(),
            item_no: "MILK900".into(),
            gcode: "1901101000".into(),
            gname: "奶粉".into(),
            gmodel: "3段900克/罐".into(),
            country: "609".into(),
            currency: "142".into(),
            qty: "2".parse().unwrap(),
            unit: "122".into(),
            qty1: Some("1.8".parse().unwrap()),
            unit1: "035".into(),
            price: Some("150".parse().unwrap()),
            total_price: "300".parse().unwrap(),
            ..DeclarationLine::default()
        }],
        ..DeclarationList::default()
    };
    let message = Message {
        transfer: Some(Transfer {
            cop_code: "330766K00Q".into(),
            cop_name: "某供应链管理有限公司".into(),
            dxp_mode: "DXP".into(),
            dxp_id: "DXPENT0000000000".into(),
            ..Transfer::default()
        }),
        ..Message::of([Document::DeclarationList(list)])
    };
    is_golden(&message, include_str!("forms/ceb621.xml"));
}

#[test]
fn a_receipt_comes_back_like_this() {
    let receipt = Receipt {
        message: MessageKind::Ceb622,
        guid: "E2A6C0A7-3B0B-4E8C-9B53-57C7F6A7C001".into(),
        customs_code: "2924".into(),
        ebp_code: "3301W60001".into(),
        ebc_code: "3301W60002".into(),
        agent_code: "330766K00Q".into(),
        cop_no: "C20261122000001".into(),
        pre_no: "B20261122000000001".into(),
        invt_no: "29242026I000000001".into(),
        return_status: "800".into(),
        return_time: Zone::SHANGHAI.read_customs("20261122093000123"),
        return_info: "[Code:2600;Desc:放行]".into(),
        ..Receipt::default()
    };
    is_golden(
        &Message::of([Document::Receipt(receipt)]),
        include_str!("forms/ceb622.xml"),
    );
}

#[test]
fn an_outbound_bonded_note_goes_out_like_this() {
    let firm = || Party {
        code: "330766K00W".into(),
        credit_code: String::new(),
        name: "某保税仓储有限公司".into(),
    };
    let note = BondedNote {
        ledger_no: "T2924W000088".into(),
        own_no: "HZ20261122001".into(),
        operator: firm(),
        receiver: firm(),
        declarant: firm(),
        inputter: firm(),
        note_type: "8".into(),
        direction: "E".into(),
        goods_kind: "I".into(),
        supervision_mode: "1210".into(),
        transport_mode: "9".into(),
        port_code: "2924".into(),
        customs_code: "2924".into(),
        country: "142".into(),
        entry_flag: "2".into(),
        declaration_type: "1".into(),
        input_date: NaiveDate::from_ymd_opt(2026, 11, 22),
        lines: vec![BondedNoteLine {
            ledger_item_no: "36".into(),
            line_no: 1,
            item_no: "MILK900".into(),
            hs_code: "1901101000".into(),
            name: "奶粉".into(),
            model: "3段900克/罐".into(),
            unit: "122".into(),
            legal_unit: "035".into(),
            origin: "609".into(),
            price: Some("150".parse().unwrap()),
            total: Some("300".parse().unwrap()),
            currency: "142".into(),
            legal_qty: Some("1.8".parse().unwrap()),
            qty: "2".parse().unwrap(),
            levy_mode: "3".into(),
            destination: "142".into(),
            change_mark: "3".into(),
            ..BondedNoteLine::default()
        }],
        parcels: vec![ReleasedParcel {
            invt_no: "29242026I000000001".into(),
            ..ReleasedParcel::default()
        }],
        operator_registration: "330766K00W".into(),
        system_id: "Z8".into(),
        ..BondedNote::default()
    };
    let message = Message {
        package: Some(Package {
            version: "1.0".into(),
            message_id: "HZ20261122001".into(),
            file_name: "HZ20261122001.zip".into(),
            message_type: "INV101".into(),
            sender_id: "DXPENT0000000000".into(),
            receiver_id: "DXPEDCSAS0000001".into(),
            ..Package::default()
        }),
        declare_flag: "1".into(),
        ..Message::of([Document::BondedNote(note)])
    };
    is_golden(&message, include_str!("forms/inv101-outbound.xml"));
}

#[test]
fn a_two_step_pass_names_its_parts_differently() {
    let (message, documents) = documents(include_str!("forms/sas253.xml"));
    assert_eq!(message.kind, MessageKind::Sas253);
    let [Document::GatePassReceipt(receipt)] = documents.as_slice() else {
        panic!("{documents:?}")
    };
    let state = receipt.state.as_ref().unwrap();
    assert_eq!(
        (
            receipt.pass_no(),
            state.state.as_str(),
            state.gate_id.as_str()
        ),
        ("Z3105I261122T00000000001", "2", "G1")
    );
    assert_eq!(receipt.entries[0].entry_no, "310520261000000001");
    let doubts = message.records[0].doubts.iter();
    let doubts: Vec<&str> = doubts.map(|d| d.message.code.as_ref()).collect();
    assert_eq!(doubts, ["customs.doubt.unverified"]);
}

#[test]
fn a_local_window_tells_its_reasons() {
    let (message, documents) = documents(include_str!("forms/jkf.xml"));
    assert_eq!(message.kind, MessageKind::Jkf);
    let [Document::LocalReceipt(receipt)] = documents.as_slice() else {
        panic!("{documents:?}")
    };
    assert_eq!(
        (receipt.business_no.as_str(), receipt.chk_mark.as_str()),
        ("O20261122000001", "2")
    );
    assert_eq!(receipt.results[0].result_info, "22001:支付企业未备案");
}

#[test]
fn unverified_layouts_are_read_in_any_order_and_say_so() {
    for (xml, kind) in [
        (include_str!("forms/bws101.xml"), MessageKind::Bws101),
        (include_str!("forms/sas101.xml"), MessageKind::Sas101),
        (include_str!("forms/sas111.xml"), MessageKind::Sas111),
        (include_str!("forms/ems121.xml"), MessageKind::Ems121),
    ] {
        let (message, found) = documents(xml);
        assert_eq!((message.kind, found.len()), (kind, 1));
        let doubts: Vec<&str> = message.records[0]
            .doubts
            .iter()
            .map(|d| d.message.code.as_ref())
            .collect();
        assert_eq!(
            doubts,
            ["customs.doubt.unverified", "customs.doubt.unknown"],
            "{kind}"
        );
        let again = write(&message, Zone::SHANGHAI).unwrap();
        assert_eq!(
            documents(std::str::from_utf8(&again).unwrap()).1,
            found,
            "{kind}"
        );
    }
}
