//! The tools as people run them: a program, its answer and its exit code.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run came to.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn bondctl(arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bondctl"))
        .args(["--lang", "en"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A tool that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ran = child.wait_with_output().unwrap();
    Ran {
        code: ran.status.code().unwrap(),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
}

fn order() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/order.xml")
}

#[test]
fn a_scanned_line_is_parsed_and_one_with_a_wrong_check_digit_is_not() {
    let asked =
        |gtin: &str| json!({ "id": 7, "input": format!("]d201{gtin}1728123110L1") }).to_string();
    let both = format!("{}\n{}\n", asked("09421901881870"), asked("09421901881871"));
    let ran = bondctl(&["scan", "parse"], &both);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["id"], &lines[0]["ok"]),
        (&json!(7), &json!(true))
    );
    assert_eq!(lines[1]["ok"], false);
    assert!(!lines[1]["errors"].as_array().unwrap().is_empty());
}

#[test]
fn a_line_that_is_no_question_ends_the_run_with_its_number() {
    let ran = bondctl(&["scan", "mean"], "{\"input\":\"A\"}\nnonsense\n");
    assert_eq!((ran.code, ran.out.lines().count()), (1, 1));
    assert!(ran.err.contains("line 2"), "{}", ran.err);
}

#[test]
fn a_shelf_label_means_its_shelf() {
    let code = bondhouse_domain::scanner::own::OwnCode::Location(
        bondhouse_domain::ids::LocationId::new("A-01-1"),
    );
    let ran = bondctl(
        &["scan", "mean"],
        &json!({ "input": code.text().unwrap() }).to_string(),
    );
    let meant = json_of(&ran);
    assert_eq!(
        (&meant["is"], &meant["location"]),
        (&json!("location"), &json!("A-01-1"))
    );
}

#[test]
fn a_message_is_read_with_its_people_masked() {
    let ran = bondctl(&["customs", "read", order().to_str().unwrap()], "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let read = json_of(&ran);
    assert_eq!(read["kind"], "CEB311");
    let document = &read["records"][0]["document"];
    assert_eq!(
        (&document["document"], &document["order_no"]),
        (&json!("order"), &json!("BH0000000001"))
    );
    assert!(
        !ran.out.contains("甲子丑") && !ran.out.contains("99000019900101001X"),
        "{}",
        ran.out
    );
}

#[test]
fn what_was_read_is_written_back_and_reads_the_same() {
    let read = bondctl(
        &["customs", "read", "--reveal", order().to_str().unwrap()],
        "",
    );
    let written = bondctl(&["customs", "write"], &read.out);
    assert_eq!(written.code, 0, "{}", written.err);
    let again = bondctl(&["customs", "read", "--reveal", "-"], &written.out);
    let document = |ran: &Ran| json_of(ran)["records"][0]["document"].clone();
    assert_eq!(document(&again), document(&read));
}

#[test]
fn half_a_message_is_refused_with_a_reason_in_the_language_asked_for() {
    let whole = std::fs::read_to_string(order()).unwrap();
    let half: String = whole.chars().take(900).collect();
    let ran = bondctl(&["customs", "read", "-"], &half);
    assert_eq!(ran.code, 1);
    let refused = json_of(&ran)["refused"].clone();
    assert_eq!(refused["code"], "customs.truncated");
    let said = refused["says"].as_str().unwrap();
    assert!(said.is_ascii() && !said.contains('{'), "{said}");
}

#[test]
fn an_order_alone_misses_its_other_papers() {
    let ran = bondctl(
        &[
            "customs",
            "compare",
            "--order",
            order().to_str().unwrap(),
            "--json",
        ],
        "",
    );
    assert_eq!(ran.code, 1, "{}", ran.err);
    let answer = json_of(&ran);
    assert_eq!(answer["may_be_declared"], false);
    assert!(!answer["findings"].as_array().unwrap().is_empty());
}

#[test]
fn tax_within_the_limits_is_seventy_percent_of_vat() {
    let goods = json!({ "lines": [{ "gnum": 1, "qty": "2", "total_price": "200", "rates": { "vat": "0.13" } }] });
    let ran = bondctl(
        &["customs", "tax", "--on", "2026-11-22"],
        &goods.to_string(),
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(json_of(&ran)["total"], "18.2");
}

#[test]
fn too_much_for_one_order_is_refused() {
    let goods = json!({ "lines": [
        { "gnum": 1, "qty": "1", "total_price": "3000", "rates": {} },
        { "gnum": 2, "qty": "1", "total_price": "2001", "rates": {} },
    ] });
    let ran = bondctl(
        &["customs", "tax", "--on", "2026-11-22"],
        &goods.to_string(),
    );
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("5000"), "{}", ran.err);
}

#[test]
fn the_table_can_be_listed_and_wrong_usage_is_told_apart() {
    let ran = bondctl(&["call"], "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.lines().any(|line| line.starts_with("task.input ")),
        "{}",
        ran.out
    );
    assert_eq!(bondctl(&["customs", "read"], "").code, 2);
}

#[test]
fn what_is_no_database_cannot_be_verified() {
    let ran = bondctl(&["verify", order().to_str().unwrap()], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is no database"), "{}", ran.err);
}

#[test]
fn a_call_to_a_folder_without_a_workstation_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let ran = bondctl(
        &[
            "call",
            "stock.report",
            "--data",
            folder.path().to_str().unwrap(),
        ],
        "",
    );
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("[people.sign_in_first]"), "{}", ran.err);
    let copy = folder.path().join("copy.db");
    let ran = bondctl(
        &[
            "backup",
            "--data",
            folder.path().to_str().unwrap(),
            "--to",
            copy.to_str().unwrap(),
        ],
        "",
    );
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("[station.not_enrolled]") && !copy.exists(),
        "{}",
        ran.err
    );
}

#[cfg(feature = "sim")]
#[test]
fn a_virtual_scanner_is_a_port_that_scans_arrive_at() {
    use std::io::{BufRead, BufReader, Read};
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("scanner");
    let mut child = Command::new(env!("CARGO_BIN_EXE_bondctl"))
        .args(["scan", "pty", "--link", link.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut port = String::new();
    out.read_line(&mut port).unwrap();
    assert_eq!(port.trim(), link.to_str().unwrap());
    let mut reader = std::fs::File::open(&link).unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"]E09421901881870\n").unwrap();
    let mut scan = [0u8; 17];
    reader.read_exact(&mut scan).unwrap();
    assert_eq!(&scan, b"]E09421901881870\r");
    drop(input);
    assert!(child.wait().unwrap().success());
    assert!(!link.exists(), "an unplugged scanner leaves no port behind");
}
