//! Every genuine message at hand is read: accepted or refused, and what is accepted survives being
//! written and read again.

use bondhouse_customs::{Frame, Message, Reading, read, write};
use bondhouse_domain::customs::{Document, MessageKind, PassWord};
use bondhouse_domain::time::Zone;
use std::fs;
use std::path::{Path, PathBuf};

fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/samples/customs");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no samples");
    None
}

fn xml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["ceb", "sas", "platform", "local"]
        .iter()
        .flat_map(|sub| {
            fs::read_dir(folder.join(sub))
                .into_iter()
                .flatten()
                .flatten()
        })
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "xml"))
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn read_sample(folder: &Path, sample: &str) -> Message {
    let bytes = fs::read(folder.join(sample)).unwrap();
    read(&bytes, Reading::default()).unwrap_or_else(|fault| panic!("{sample}: {fault:?}"))
}

/// What is refused, and why: everything else must be read whole.
const REFUSED: &[(&str, &str)] = &[
    (
        "malformed-ceb513-closed-as-511.xml",
        "customs.not_well_formed",
    ),
    ("suning-inventory-movement.xml", "customs.unknown_message"),
    ("xian-manifest-DISQ.xml", "customs.unknown_message"),
];

/// Messages of which single documents are refused.
const RECORDS_REFUSED: &[(&str, &str)] = &[("sent-ceb411-20180813.xml", "customs.bad_time")];

#[test]
fn every_sample_is_accepted_or_refused_with_a_reason() {
    let Some(folder) = samples() else { return };
    let mut read_so_far = 0;
    for file in xml_files(&folder) {
        let sample = name(&file);
        let bytes = fs::read(&file).unwrap();
        let expected = REFUSED
            .iter()
            .find(|(refused, _)| *refused == sample)
            .map(|(_, code)| *code);
        match read(&bytes, Reading::default()) {
            Err(fault) => assert_eq!(Some(fault.code()), expected, "{sample}: {fault:?}"),
            Ok(message) => {
                assert_eq!(expected, None, "{sample} was read");
                read_so_far += 1;
                let expected = RECORDS_REFUSED
                    .iter()
                    .find(|(refused, _)| *refused == sample)
                    .map(|(_, code)| *code);
                for record in &message.records {
                    let code = record.result.as_ref().err().map(|fault| fault.code());
                    assert_eq!(code, expected, "{sample}: {record:?}");
                }
            }
        }
    }
    assert!(read_so_far >= 50, "only {read_so_far} samples were read");
}

#[test]
fn what_was_read_survives_being_written_and_read_again() {
    let Some(folder) = samples() else { return };
    for file in xml_files(&folder) {
        let Ok(message) = read(&fs::read(&file).unwrap(), Reading::default()) else {
            continue;
        };
        let written = write(&message, Zone::SHANGHAI).unwrap();
        let again = read(&written, Reading::default());
        if message.documents().next().is_none() {
            assert!(again.is_err(), "{}: nothing was left to write", name(&file));
            continue;
        }
        let again = again.unwrap_or_else(|fault| {
            panic!(
                "{}: {fault:?}\n{}",
                name(&file),
                String::from_utf8_lossy(&written)
            )
        });
        assert!(
            again.documents().eq(message.documents()),
            "{}\n{}",
            name(&file),
            String::from_utf8_lossy(&written)
        );
        let around = |message: &Message| Frame::off(message.clone()).0;
        assert_eq!(around(&again), around(&message), "{}", name(&file));
        assert_eq!(
            write(&again, Zone::SHANGHAI).unwrap(),
            written,
            "{}",
            name(&file)
        );
    }
}

#[test]
fn the_values_of_a_bonded_list_are_the_ones_on_paper() {
    let Some(folder) = samples() else { return };
    let message = read_sample(&folder, "ceb/ceb621-1210-inventory.xml");
    assert_eq!(message.kind, MessageKind::Ceb621);
    assert_eq!(message.transfer.as_ref().unwrap().cop_code, "610496054V");
    let Some(Document::DeclarationList(list)) = message.documents().next() else {
        panic!("no list")
    };
    assert_eq!(list.ems_no, "L9013B19A008");
    assert_eq!(list.gross_weight.to_string(), "15.8");
    assert_eq!(list.lines.len(), 2);
    assert_eq!(list.lines[0].item_record_no, "20");
    assert_eq!(list.lines[0].qty1.unwrap().to_string(), "7.68");
    assert_eq!(list.lines[1].unit2, "007");
    assert_eq!(
        list.filing.app_time.unwrap().to_rfc3339(),
        "2019-04-11T08:34:15.000Z"
    );
}

#[test]
fn a_release_and_a_refusal_keep_their_raw_status_and_text() {
    let Some(folder) = samples() else { return };
    for (sample, status, code) in [
        ("ceb/ceb622-800-2600.xml", "800", "2600"),
        ("ceb/ceb622-100-1327.xml", "100", "1327"),
    ] {
        let message = read_sample(&folder, sample);
        let Some(Document::Receipt(receipt)) = message.documents().next() else {
            panic!("no receipt")
        };
        assert_eq!(
            (receipt.return_status.as_str(), receipt.info_code()),
            (status, Some(code))
        );
        assert_eq!(receipt.message, MessageKind::Ceb622);
        assert!(receipt.return_time.is_some());
    }
}

#[test]
fn a_doubled_wrapper_and_a_missing_time_are_doubts_not_refusals() {
    let Some(folder) = samples() else { return };
    let message = read_sample(&folder, "ceb/hist-ceb311-20180719a.xml");
    let Some(Document::Order(order)) = message.documents().next() else {
        panic!("no order")
    };
    assert_eq!(order.lines.len(), 9);
    let codes: Vec<&str> = message.records[0]
        .doubts
        .iter()
        .map(|d| d.message.code.as_ref())
        .collect();
    assert!(codes.contains(&"customs.doubt.wrapper"), "{codes:?}");
    assert!(codes.contains(&"customs.doubt.missing"), "{codes:?}");
}

#[test]
fn the_weighbridge_and_the_gate_are_read_from_a_gate_receipt() {
    let Some(folder) = samples() else { return };
    let message = read_sample(&folder, "sas/sas223-weight-error.xml");
    let Some(Document::GatePassReceipt(receipt)) = message.documents().next() else {
        panic!("no receipt")
    };
    assert_eq!(receipt.message, MessageKind::Sas223);
    assert_eq!(receipt.pass_no(), "Z2924E200611000000000099");
    assert_eq!(
        receipt.related_numbers().collect::<Vec<_>>(),
        ["QD292420E000005132"]
    );
    // Customs let it pass, 313 kg heavier than declared; its figure is declared less weighed.
    assert_eq!(receipt.word(), PassWord::Passed);
    let state = receipt.state.as_ref().unwrap();
    let seen = state.weighbridge().unwrap();
    assert_eq!(seen.error.to_string(), "-312.987");
    assert_eq!(seen.declared.minus(seen.weighed), Some(seen.error));
}

#[test]
fn an_inspection_of_a_vehicle_is_one_whatever_else_it_says() {
    let Some(folder) = samples() else { return };
    let message = read_sample(&folder, "sas/sas224-2024-inspection.xml");
    let Some(Document::GatePassReceipt(receipt)) = message.documents().next() else {
        panic!("no receipt")
    };
    // It says 3, which in an approval would be a refusal, of a pass that stands.
    assert_eq!(receipt.approval.result, "3");
    assert_eq!(receipt.word(), PassWord::Examined);
}
