//! Every field of every message, and an unknown element behind each of its elements, comes through
//! writing and reading. Values are filled by what their types take, so that a field of a document that no
//! table names is found here.

use crate::forms::documents;
use bondhouse_customs::{Exchange, Message, Package, Pocket, Reading, Transfer, read, write};
use bondhouse_domain::customs::{Document, MessageKind};
use bondhouse_domain::time::Zone;
use serde_json::{Value, json};

/// What a document of a kind is called, and what a receipt of that kind carries beside its tail.
fn form(kind: MessageKind) -> (&'static str, &'static [&'static str]) {
    use MessageKind::*;
    match kind {
        Ceb311 => ("order", &[]),
        Ceb312 => ("receipt", &["ebp_code", "ebc_code", "order_no"]),
        Ceb411 => ("payment", &[]),
        Ceb412 => ("receipt", &["pay_code", "pay_transaction_id"]),
        Ceb511 => ("waybill", &[]),
        Ceb512 => ("receipt", &["logistics_code", "logistics_no"]),
        Ceb513 => ("waybill_status", &[]),
        Ceb514 => (
            "receipt",
            &["logistics_code", "logistics_no", "logistics_status"],
        ),
        Ceb621 => ("declaration_list", &[]),
        Ceb622 | Ceb624 | Ceb626 => (
            "receipt",
            &[
                "customs_code",
                "ebp_code",
                "ebc_code",
                "agent_code",
                "cop_no",
                "pre_no",
                "invt_no",
            ],
        ),
        Ceb623 => ("cancellation", &[]),
        Ceb625 => ("refund", &[]),
        Ceb711 => ("arrival_list", &[]),
        Ceb712 => (
            "receipt",
            &[
                "customs_code",
                "operator_code",
                "cop_no",
                "pre_no",
                "rkd_no",
            ],
        ),
        Ceb816 => ("tax_bill", &[]),
        Ceb818 => ("tax_bill_status", &[]),
        Ceb900 => (
            "receipt",
            &["ori_cop_msg_id", "ori_message_type", "ori_biz_message"],
        ),
        Inv101 => ("bonded_note", &[]),
        Inv201 => ("bonded_note_receipt", &[]),
        Inv202 => ("entry_created", &[]),
        Inv211 => ("ledger_booking", &[]),
        CommonResponse => ("common_response", &[]),
        Sas101 => ("stock_declaration", &[]),
        Sas111 => ("stock_note", &[]),
        Sas121 => ("gate_pass", &[]),
        Sas221 | Sas223 | Sas224 | Sas251 | Sas253 => ("gate_pass_receipt", &[]),
        Bws101 => ("ledger_filing", &[]),
        Ems121 => ("reconciliation", &[]),
        Jkf => ("local_receipt", &[]),
        PlatformRelease => ("receipt", &["order_no", "invt_no"]),
    }
}

/// What a kind does not carry of the shape it shares with others.
fn is_foreign(kind: MessageKind, field: &str) -> bool {
    use MessageKind::{PlatformRelease, Sas221, Sas223, Sas224};
    let tail = ["return_status", "return_info", "guid", "return_time"];
    let tail = match kind {
        PlatformRelease => &tail[..2],
        _ => &tail[..],
    };
    match form(kind) {
        ("receipt", keys) => {
            let said = ["document", "message"];
            !keys.contains(&field) && !tail.contains(&field) && !said.contains(&field)
        }
        ("gate_pass_receipt", _) => field == "entries" && matches!(kind, Sas221 | Sas223 | Sas224),
        _ => false,
    }
}

/// The document as its own type has it, with every field there is.
fn typed(value: &Value) -> Option<Value> {
    let document: Document = serde_json::from_value(value.clone()).ok()?;
    serde_json::to_value(document).ok()
}

/// Every place in a value, outermost first.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), out)),
        Value::Array(items) => (0..)
            .zip(items)
            .for_each(|(n, inner): (usize, _)| places(inner, &format!("{at}/{n}"), out)),
        _ => {}
    }
}

/// A document with a value of its own in every field.
fn filled(kind: MessageKind) -> Document {
    let (name, _) = form(kind);
    let mut value = typed(&json!({ "document": name, "message": kind })).unwrap();
    let mut tried = std::collections::BTreeSet::new();
    loop {
        let mut all = Vec::new();
        places(&value, "", &mut all);
        let untried = all
            .into_iter()
            .find(|at| !is_foreign(kind, at.trim_start_matches('/')) && tried.insert(at.clone()));
        let Some(at) = untried else { break };
        let n = tried.len();
        let text = json!(format!("值{n}<&>"));
        let amount = json!(format!("{n}.12345"));
        let candidates = match value.pointer(&at).unwrap() {
            Value::String(given) if given.is_empty() => vec![text],
            Value::String(given) if given == "0" => vec![amount],
            Value::Number(_) => vec![json!(n)],
            Value::Array(items) if items.is_empty() => vec![json!([{}, {}]), json!([text])],
            Value::Null => vec![
                amount,
                json!("2026-11-22"),
                json!(1_795_310_040_000_i64 + n as i64),
                json!({}),
            ],
            _ => continue,
        };
        let taken = candidates.into_iter().find_map(|candidate| {
            let mut changed = value.clone();
            *changed.pointer_mut(&at).unwrap() = candidate;
            let changed = typed(&changed)?;
            (changed.pointer(&at) != value.pointer(&at)).then_some(changed)
        });
        value = taken.unwrap_or_else(|| panic!("{kind}: {at} takes nothing of {n}"));
    }
    serde_json::from_value(value).unwrap()
}

/// The same message with an unknown element behind every element and every opening tag.
fn strewn(xml: &str) -> String {
    let unknown = "<brandNew a=\"1\">x<inner xmlns=\"urn:other\">y</inner></brandNew>\n";
    let mut out = String::new();
    for line in xml.lines() {
        out.push_str(line);
        out.push('\n');
        let is_outside = line.starts_with("<?") || line.starts_with("</");
        // Whoever only repeats what stands in the root is not looked into.
        if !is_outside && !line.contains("head>") && !line.contains("RESULT") {
            out.push_str(unknown);
        }
    }
    out
}

fn whole(message: &Message) -> impl PartialEq + std::fmt::Debug {
    let documents: Vec<Document> = message.documents().cloned().collect();
    let (frame, kind, ..) = bondhouse_customs::Frame::off(message.clone());
    (kind, documents, frame)
}

#[test]
fn every_field_of_every_message_survives_and_so_does_what_is_unknown_anywhere_in_it() {
    for kind in MessageKind::ALL {
        let document = filled(*kind);
        let message = Message::of([document.clone(), document.clone()]);
        let message = match kind {
            MessageKind::CommonResponse => Message::of([document.clone()]),
            _ => message,
        };
        let xml = String::from_utf8(write(&message, Zone::SHANGHAI).unwrap()).unwrap();
        let (again, found) = documents(&xml);
        assert!(found.iter().eq(message.documents()), "{kind}\n{xml}");
        assert_eq!(again.kind, *kind);

        let strewn = strewn(&xml);
        let (kept, found) = documents(&strewn);
        assert_eq!(found.len(), message.records.len(), "{kind}\n{strewn}");
        assert_ne!(found, message.documents().cloned().collect::<Vec<_>>());
        let written = String::from_utf8(write(&kept, Zone::SHANGHAI).unwrap()).unwrap();
        let (again, _) = documents(&written);
        assert_eq!(whole(&again), whole(&kept), "{kind}\n{written}");
        let count = |xml: &str| xml.matches("<brandNew").count();
        assert_eq!(count(&written), count(&strewn), "{kind}\n{written}");
    }
}

#[test]
fn what_stands_around_the_documents_survives_with_what_is_unknown_in_it() {
    let around = |message: Message| Message {
        exchange: Some(Exchange {
            cop_msg_id: "M1".into(),
            sender_id: "DXPENT0000000001".into(),
            receivers: vec!["R1".into(), "R2".into()],
            msg_type: "CEB311Message".into(),
            file_name: "f.xml".into(),
            ..Exchange::default()
        }),
        ..message
    };
    let unified = around(Message {
        transfer: Some(Transfer {
            cop_code: "3301W60001".into(),
            ..Transfer::default()
        }),
        ..Message::of([filled(MessageKind::Ceb311)])
    });
    let bonded = around(Message {
        package: Some(Package {
            version: "1.0".into(),
            message_type: "SAS121".into(),
            ..Package::default()
        }),
        pocket: Some(Pocket {
            pocket_id: "P1".into(),
            ..Pocket::default()
        }),
        declare_flag: "1".into(),
        ..Message::of([filled(MessageKind::Sas121)])
    });
    for message in [unified, bonded] {
        let xml = String::from_utf8(write(&message, Zone::SHANGHAI).unwrap()).unwrap();
        let kept = read(strewn(&xml).as_bytes(), Reading::default()).unwrap();
        let (sent, came) = (message.exchange.unwrap(), kept.exchange.clone().unwrap());
        assert_eq!(
            (&came.receivers, &came.file_name),
            (&sent.receivers, &sent.file_name)
        );
        let written = write(&kept, Zone::SHANGHAI).unwrap();
        let again = read(&written, Reading::default()).unwrap();
        assert_eq!(whole(&again), whole(&kept));
    }
}
