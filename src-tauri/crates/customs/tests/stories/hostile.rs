//! Messages made to break a reader: each is refused with a reason and a place, none is believed,
//! and none takes the reader down.

use bondhouse_customs::{Fault, Limits, Place, Reading, read, write};
use bondhouse_domain::customs::Document;
use bondhouse_domain::time::Zone;
use proptest::prelude::*;

/// A receipt whose status and head can be spoiled.
fn receipt(prolog: &str, status: &str) -> String {
    format!(
        "{prolog}<CEB622Message xmlns=\"http://www.chinaport.gov.cn/ceb\" guid=\"G\" version=\"1.0\">\n\
         <InventoryReturn><guid>G</guid><customsCode>2924</customsCode><ebpCode>P</ebpCode><ebcCode>C</ebcCode>\
         <agentCode>A</agentCode><copNo>N1</copNo><preNo/><invtNo/><returnStatus>{status}</returnStatus>\
         <returnTime>20261122091400</returnTime><returnInfo/></InventoryReturn></CEB622Message>"
    )
}

fn refused(text: &str) -> Fault {
    read(text.as_bytes(), Reading::default()).expect_err("it was believed")
}

fn status(text: &str) -> String {
    let message = read(text.as_bytes(), Reading::default()).unwrap();
    match &message.records[0].result {
        Ok(Document::Receipt(receipt)) => receipt.return_status.clone(),
        other => panic!("no receipt: {other:?}"),
    }
}

fn record_code(text: &str) -> String {
    let message = read(text.as_bytes(), Reading::default()).unwrap();
    message.records[0]
        .result
        .as_ref()
        .expect_err("it was believed")
        .code()
        .to_owned()
}

#[test]
fn a_plain_receipt_is_read_so_that_the_others_fail_for_their_own_reason() {
    assert_eq!(status(&receipt("", "800")), "800");
}

#[test]
fn document_types_and_entities_are_refused() {
    let bomb = "<!DOCTYPE b [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    assert_eq!(refused(&receipt(bomb, "&b;")).code(), "customs.dtd");
    assert_eq!(
        refused(&receipt(
            "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">",
            "800"
        ))
        .code(),
        "customs.dtd"
    );
    assert_eq!(
        refused(&receipt("", "8<!DOCTYPE x>00")).code(),
        "customs.dtd"
    );
    assert_eq!(refused(&receipt("", "&release;")).code(), "customs.entity");
    assert_eq!(
        refused(&receipt("", "800").replace("guid=\"G\"", "guid=\"&release;\"")).code(),
        "customs.entity"
    );
    assert_eq!(status(&receipt("", "&#56;0&#x30;")), "800");
}

#[test]
fn every_excess_has_its_limit() {
    let deep = format!("{}{}", "<a>".repeat(200), "</a>".repeat(200));
    assert_eq!(
        refused(&receipt("", "800").replace("<preNo/>", &deep)).code(),
        "customs.too_deep"
    );
    let wide: String = (0..65).map(|n| format!(" a{n}=\"\"")).collect();
    assert_eq!(
        refused(&receipt("", "800").replace("<preNo/>", &format!("<x{wide}/>"))).code(),
        "customs.too_many_attributes"
    );
    let many = "<x/>".repeat(60_000);
    assert_eq!(
        refused(&receipt("", "800").replace("<preNo/>", &many)).code(),
        "customs.too_many_items"
    );
    let large = " ".repeat(Limits::default().bytes);
    assert_eq!(refused(&receipt("", &large)).code(), "customs.too_large");
}

#[test]
fn a_second_value_for_the_same_element_is_not_chosen_from() {
    let twice = receipt("", "800").replace("<copNo>", "<returnStatus>100</returnStatus><copNo>");
    assert_eq!(record_code(&twice), "customs.repeated");
    assert_eq!(record_code(&receipt("", "<x>800</x>")), "customs.nested");
    assert_eq!(
        record_code(&receipt("", "80&#1;0")),
        "customs.bad_character"
    );
    assert_eq!(record_code(&receipt("", "")), "customs.missing");
}

#[test]
fn what_stands_in_another_namespace_is_not_customs_word() {
    let forged = receipt("", "100").replace(
        "<copNo>",
        "<returnStatus xmlns=\"urn:other\">800</returnStatus><copNo>",
    );
    assert_eq!(status(&forged), "100");
    let prefixed = forged
        .replace("<returnStatus xmlns=", "<c:returnStatus xmlns:c=")
        .replace("800</returnStatus>", "800</c:returnStatus>");
    assert_eq!(status(&prefixed), "100");
    // A prefix bound anew to customs' own namespace is customs' word again.
    let rebound = receipt("", "800")
        .replace(
            "<returnStatus>",
            "<r:returnStatus xmlns:r=\"http://www.chinaport.gov.cn/ceb\">",
        )
        .replace("</returnStatus>", "</r:returnStatus>");
    assert_eq!(status(&rebound), "800");
    assert_eq!(
        refused(&receipt("", "800").replace("www.chinaport.gov.cn/ceb", "example.com")).code(),
        "customs.wrong_namespace"
    );
    assert_eq!(refused("<html/>").code(), "customs.unknown_message");
    assert_eq!(refused("").code(), "customs.truncated");
    assert_eq!(
        refused("<CEB622Message xmlns=\"http://www.chinaport.gov.cn/ceb\"/>").code(),
        "customs.nothing_inside"
    );
}

#[test]
fn around_the_documents_another_namespace_has_no_say_either() {
    let pass = "<Signature><Object Id=\"String\"><Package><EnvelopInfo><message_id>M1</message_id></EnvelopInfo>\
        <DataInfo><BussinessData><PassPortMessage><PassportHead><PassportTypecd>3</PassportTypecd><IoTypecd>E</IoTypecd>\
        <EtpsPreentNo>N1</EtpsPreentNo></PassportHead></PassPortMessage><DelcareFlag>1</DelcareFlag></BussinessData></DataInfo>\
        </Package></Object></Signature>";
    let forged = pass
        .replace(
            "<EnvelopInfo>",
            "<EnvelopInfo xmlns=\"urn:other\"><message_id>M2</message_id></EnvelopInfo><EnvelopInfo>",
        )
        .replace(
            "<DelcareFlag>",
            "<DelcareFlag xmlns=\"urn:other\">0</DelcareFlag><DelcareFlag>",
        );
    let message = read(forged.as_bytes(), Reading::default()).unwrap();
    assert_eq!(
        (
            message.package.as_ref().unwrap().message_id.as_str(),
            message.declare_flag.as_str(),
            message.extra.len()
        ),
        ("M1", "1", 2)
    );
    let data = |text: &str| data_encoding_base64(receipt("", text).as_bytes());
    let envelope = format!(
        "<DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\"><TransInfo/><Data>{}</Data>\
         <x:Data xmlns:x=\"urn:other\">{}</x:Data></DxpMsg>",
        data("100"),
        data("800")
    );
    assert_eq!(status(&envelope), "100");
}

#[test]
fn a_fault_names_line_column_and_field() {
    let text = receipt("", "800").replace("20261122091400", "Mon Aug 06 10:26:43 CST 2018");
    let message = read(text.as_bytes(), Reading::default()).unwrap();
    let fault = message.records[0].result.as_ref().unwrap_err();
    assert_eq!(
        (fault.code(), fault.field(), fault.record),
        ("customs.bad_time", Some("returnTime"), Some(1))
    );
    let line = text.lines().nth(1).unwrap();
    let column = line.chars().count()
        - line.split_once("<returnTime>").unwrap().1.chars().count()
        - "<returnTime>".len()
        + 1;
    assert_eq!(
        fault.place,
        Place {
            line: 2,
            column: u32::try_from(column).unwrap()
        }
    );
}

#[test]
fn the_place_of_an_element_is_where_its_tag_begins() {
    for second in [
        "<preNo/>",
        "<preNo />",
        "<preNo></preNo>",
        "<preNo a=\"1\"/>",
    ] {
        let text = receipt("", "800").replace("<invtNo/>", &format!("\n \n  {second}"));
        let message = read(text.as_bytes(), Reading::default()).unwrap();
        let fault = message.records[0].result.as_ref().unwrap_err();
        assert_eq!(
            (fault.code(), fault.place),
            ("customs.repeated", Place { line: 4, column: 3 }),
            "{second}"
        );
    }
}

#[test]
fn one_bad_record_does_not_take_its_neighbours_along() {
    let one = receipt("", "800");
    let record = one
        .split_once("<InventoryReturn>")
        .unwrap()
        .1
        .split_once("</CEB622")
        .unwrap()
        .0;
    let bad = format!(
        "<InventoryReturn>{}",
        record.replace("20261122091400", "yesterday")
    );
    let three = one.replace(
        "</CEB622",
        &format!("{bad}<InventoryReturn>{record}</CEB622"),
    );
    let message = read(three.as_bytes(), Reading::default()).unwrap();
    let good: Vec<bool> = message
        .records
        .iter()
        .map(|record| record.result.is_ok())
        .collect();
    assert_eq!(good, [true, false, true]);
}

#[test]
fn an_exchange_envelope_is_opened_once() {
    let inner = data_encoding_base64(receipt("", "800").as_bytes());
    let enclose = |data: &str| {
        format!(
            "<DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\"><TransInfo><CopMsgId>1</CopMsgId><SenderId>S</SenderId>\
             <ReceiverIds><ReceiverId>R</ReceiverId></ReceiverIds><CreatTime>2026-11-22T09:14:00.000+08:00</CreatTime>\
             <MsgType>CEB622Message</MsgType></TransInfo><Data>{data}</Data></DxpMsg>"
        )
    };
    let once = enclose(&inner);
    let message = read(once.as_bytes(), Reading::default()).unwrap();
    assert_eq!(message.exchange.as_ref().unwrap().receivers, ["R"]);
    assert_eq!(message.documents().count(), 1);
    assert_eq!(
        refused(&enclose(&data_encoding_base64(once.as_bytes()))).code(),
        "customs.envelope"
    );
    assert_eq!(refused(&enclose("%%%")).code(), "customs.envelope");
}

fn data_encoding_base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn doubts_are_bounded() {
    let many = "<x/>".repeat(1_000);
    let message = read(
        receipt("", "800").replace("<preNo/>", &many).as_bytes(),
        Reading::default(),
    )
    .unwrap();
    let doubts = &message.records[0].doubts;
    assert!(doubts.len() <= 51, "{}", doubts.len());
    assert_eq!(doubts.last().unwrap().message.code, "customs.doubt.more");
}

proptest! {
    #[test]
    fn a_message_cut_anywhere_is_refused(cut in 1_usize..400) {
        let whole = receipt("", "800");
        let cut = cut.min(whole.len() - 1);
        prop_assert!(read(&whole.as_bytes()[..whole.len() - cut], Reading::default()).is_err());
    }

    #[test]
    fn no_bytes_take_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, Reading::default());
    }

    #[test]
    fn no_change_of_a_message_takes_the_reader_down(at in 0_usize..500, with in "[<>&;/\"'a-c0-9 \\]\\[!?-]{0,12}", len in 0_usize..20) {
        let mut text = receipt("<?xml version=\"1.0\" encoding=\"gb2312\"?>", "800");
        let at = at.min(text.len());
        let end = (at + len).min(text.len());
        text.replace_range(at..end, &with);
        let _ = read(text.as_bytes(), Reading::default());
    }
}

/// What real senders do to a message: what was changed, how, and the doubt it earns.
#[test]
fn what_real_senders_do_is_read_and_told() {
    type Edit = (&'static str, fn(String) -> Vec<u8>, Option<&'static str>);
    let gb = |text: String| encoding_rs::GB18030.encode(&text).0.into_owned();
    let edits: &[Edit] = &[
        (
            "a byte order mark",
            |t| [b"\xEF\xBB\xBF", t.as_bytes()].concat(),
            None,
        ),
        (
            "a byte order mark and a declaration",
            |t| format!("\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n{t}").into_bytes(),
            None,
        ),
        (
            "a gb2312 label over UTF-8",
            |t| format!("<?xml version=\"1.0\" encoding=\"gb2312\"?>{t}").into_bytes(),
            Some("customs.doubt.encoding"),
        ),
        (
            "CDATA",
            |t| t.replace(">800<", "><![CDATA[800]]><").into_bytes(),
            None,
        ),
        (
            "values on lines of their own",
            |t| t.replace(">800<", ">\n\t800\r\n<").into_bytes(),
            None,
        ),
        (
            "seventeen digits",
            |t| {
                t.replace("20261122091400", "20261122091400123")
                    .into_bytes()
            },
            None,
        ),
        (
            "no time at all",
            |t| t.replace("20261122091400", "").into_bytes(),
            Some("customs.doubt.missing"),
        ),
        (
            "a guid that is too long and a version with a letter",
            |t| {
                t.replace("<guid>G", &format!("<guid>{}", "G".repeat(40)))
                    .replace("\"1.0\"", "\"v1.0\"")
                    .into_bytes()
            },
            None,
        ),
        (
            "stray text",
            |t| t.replace("<preNo/>", "oops<preNo/>").into_bytes(),
            Some("customs.doubt.stray_text"),
        ),
        (
            "an element nobody knows",
            |t| t.replace("<preNo/>", "<brandNew>1</brandNew>").into_bytes(),
            Some("customs.doubt.unknown"),
        ),
        (
            "a prefix nobody bound",
            |t| t.replace("<preNo/>", "<x:preNo>1</x:preNo>").into_bytes(),
            Some("customs.doubt.unknown"),
        ),
        (
            "another order",
            |t| {
                t.replace("<copNo>N1</copNo>", "")
                    .replace("<returnInfo/>", "<returnInfo/><copNo>N1</copNo>")
                    .into_bytes()
            },
            None,
        ),
    ];
    let plain = receipt("", "800").replace(
        "<returnInfo/>",
        "<returnInfo>[Code:2600;Desc:放行]</returnInfo>",
    );
    let labelled = format!("<?xml version=\"1.0\" encoding=\"gb2312\"?>{plain}");
    assert_eq!(
        believed(&gb(labelled), "real GB bytes"),
        Vec::<String>::new()
    );
    for (what, edit, doubt) in edits {
        let text = plain.clone().replace(
            "<returnInfo>[Code:2600;Desc:放行]</returnInfo>",
            "<returnInfo/>",
        );
        let doubts = believed(
            &edit(text.replace("<returnInfo/>", "<returnInfo/><!-- 放行 -->")),
            what,
        );
        match doubt {
            Some(doubt) => assert!(doubts.iter().any(|d| d == doubt), "{what}: {doubts:?}"),
            None => assert!(
                doubts
                    .iter()
                    .all(|d| d == "customs.doubt.too_long" || d == "customs.doubt.length"),
                "{what}: {doubts:?}"
            ),
        }
    }
}

/// Reads a message that must still say 800, survives being written, and answers its doubts.
fn believed(bytes: &[u8], what: &str) -> Vec<String> {
    let message =
        read(bytes, Reading::default()).unwrap_or_else(|fault| panic!("{what}: {fault:?}"));
    let Ok(Document::Receipt(receipt)) = &message.records[0].result else {
        panic!("{what}: {:?}", message.records[0])
    };
    assert_eq!(
        (receipt.return_status.as_str(), receipt.cop_no.as_str()),
        ("800", "N1"),
        "{what}"
    );
    let written = write(&message, Zone::SHANGHAI).unwrap();
    let again = read(&written, Reading::default()).unwrap();
    assert!(
        again.documents().eq(message.documents()),
        "{what}: {}",
        String::from_utf8_lossy(&written)
    );
    let around = message.doubts.iter().chain(&message.records[0].doubts);
    around.map(|doubt| doubt.message.code.to_string()).collect()
}

#[test]
fn the_same_record_twice_and_a_status_nobody_knows_are_handed_on_as_they_came() {
    let one = receipt("", "18");
    let (_, record) = one.split_once("<InventoryReturn>").unwrap();
    let (record, _) = record.split_once("</CEB622").unwrap();
    let twice = one.replace("</CEB622", &format!("<InventoryReturn>{record}</CEB622"));
    let message = read(twice.as_bytes(), Reading::default()).unwrap();
    let read: Vec<&Document> = message.documents().collect();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0], read[1]);
    assert_eq!(status(&one), "18");
    assert_eq!(status(&receipt("", "3070")), "3070");
    let doubts: Vec<_> = message.records[0]
        .doubts
        .iter()
        .map(|d| (d.message.code.as_ref(), d.message.param("status")))
        .collect();
    assert_eq!(doubts, [("customs.doubt.status", Some("18"))]);
}

/// What real shops do to an order, which has a head where a receipt has none.
#[test]
fn a_doubled_head_a_missing_time_and_numbers_in_every_form_are_read() {
    let order = |head: &str, numbers: [&str; 4]| {
        let [goods, freight, tax, qty] = numbers;
        format!(
            "<ceb:CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" guid=\"G\" version=\"1.0\"><ceb:Order>{head}\
             <ceb:orderNo>O1</ceb:orderNo><ceb:ebpCode>P1</ceb:ebpCode><ceb:goodsValue>{goods}</ceb:goodsValue>\
             <ceb:freight>{freight}</ceb:freight><ceb:taxTotal>{tax}</ceb:taxTotal><ceb:acturalPaid>1</ceb:acturalPaid>{}\
             <ceb:OrderList><ceb:gnum>1</ceb:gnum><ceb:qty>{qty}</ceb:qty><ceb:totalPrice>1.5</ceb:totalPrice></ceb:OrderList>\
             </ceb:Order></ceb:CEB311Message>",
            head.replace('<', "</"),
        )
    };
    let once = "<ceb:OrderHead>";
    let told = |text: &str| {
        let message = read(text.as_bytes(), Reading::default()).unwrap();
        let Ok(Document::Order(order)) = &message.records[0].result else {
            panic!("{:?}", message.records[0])
        };
        let doubts = message.records[0].doubts.iter();
        let doubts: Vec<_> = doubts
            .map(|d| {
                (
                    d.message.code.to_string(),
                    d.message.param("field").map(str::to_owned),
                )
            })
            .collect();
        (order.clone(), doubts)
    };
    let has = |doubts: &[(String, Option<String>)], code: &str, field: &str| {
        doubts
            .iter()
            .any(|(said, about)| said == code && about.as_deref() == Some(field))
    };
    let plain = order(once, ["1", "0", "0", "1"]);
    let (as_sent, doubts) = told(&plain);
    assert!(
        has(&doubts, "customs.doubt.missing", "appTime"),
        "{doubts:?}"
    );
    assert!(!has(&doubts, "customs.doubt.wrapper", "OrderHead"));
    let (doubled, doubts) = told(&order(&once.repeat(2), ["1", "0", "0", "1"]));
    assert_eq!(doubled, as_sent);
    assert!(
        has(&doubts, "customs.doubt.wrapper", "OrderHead"),
        "{doubts:?}"
    );
    let numbers = ["1.2", "0.12", "12.345", "1.23450"];
    let (decimals, _) = told(&order(once, numbers));
    assert_eq!(
        (
            decimals.goods_value.to_string(),
            decimals.freight.to_string(),
            decimals.tax_total.to_string(),
            decimals.lines[0].qty.to_string()
        ),
        (
            "1.2".into(),
            "0.12".into(),
            "12.345".into(),
            "1.2345".into()
        )
    );
    let (empty, doubts) = told(&order(once, ["12.34567", "", "", "1"]));
    assert_eq!(
        (empty.goods_value.to_string(), empty.freight.to_string()),
        ("12.34567".into(), "0".into())
    );
    assert!(has(&doubts, "customs.doubt.zero", "freight"), "{doubts:?}");
    assert_eq!(
        refused(&plain.replace("</ceb:Order>", "</ceb:Ordre>")).code(),
        "customs.not_well_formed"
    );
    assert_eq!(
        record_code(&order(once, ["1.234567", "0", "0", "1"])),
        "customs.too_fine"
    );
}
