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
fn a_line_that_is_no_question_is_answered_as_such_and_takes_none_of_its_neighbours_along() {
    let hostile = [
        "{\"input\":\"A\"}",
        "nonsense",
        "{\"id\":3,\"input\":\"\\ud800\"}",
        "{\"id\":4}",
        "[[[[",
        "{\"id\":6,\"input\":\"]C1\\u0000\"}",
    ];
    for tool in ["parse", "mean", "link", "check", "replay"] {
        let ran = bondctl(&["scan", tool], &(hostile.join("\n") + "\n"));
        let ids: Vec<Value> = ran
            .out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone())
            .collect();
        assert_eq!(ran.code, 1, "{tool}: {}", ran.err);
        assert!(ran.err.contains("line 2:"), "{tool}: {}", ran.err);
        let none = Value::Null;
        assert_eq!(
            ids,
            [
                none.clone(),
                none.clone(),
                json!(3),
                json!(4),
                none,
                json!(6)
            ],
            "{tool}"
        );
    }
}

#[test]
fn carriers_say_how_their_waybills_look_and_two_alike_are_shown_as_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("carriers.json");
    let carriers = json!([
        { "carrier": "330298T001", "name": "捷达速运", "formats": ["YT####", "{\"w\":\"<YT####>\",*"] },
        { "carrier": "330298T002", "name": "海燕快递", "formats": ["YT0###"] },
    ]);
    std::fs::write(&file, carriers.to_string()).unwrap();
    let asked = [
        "YT1234",
        "YT0123",
        "{\"w\":\"YT5678\",\"o\":\"B1\"}",
        "ZZ1234",
    ];
    let lines: Vec<String> = asked
        .iter()
        .map(|input| json!({ "input": input }).to_string())
        .collect();
    let ran = bondctl(
        &["scan", "mean", "--carriers", file.to_str().unwrap()],
        &lines.join("\n"),
    );
    let told: Vec<(bool, String)> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|said| {
            let waybills = said["waybills"].as_array().unwrap();
            let numbers = waybills.iter().map(|w| w["waybill_no"].as_str().unwrap());
            (
                said["ambiguous"] == true,
                numbers.collect::<Vec<_>>().join(" "),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (false, "YT1234".to_owned()),
            (true, "YT0123 YT0123".to_owned()),
            (false, "YT5678".to_owned()),
            (false, String::new()),
        ]
    );
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
    assert_eq!(
        (&read["message"], &read["document"], &read["order_no"]),
        (&json!("CEB311"), &json!("order"), &json!("BH0000000001"))
    );
    assert!(read["file"].as_str().unwrap().ends_with(".xml"));
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
    let document = |ran: &Ran| {
        let mut line = json_of(ran);
        let fields = line.as_object_mut().unwrap();
        // Where it stood is another matter.
        for key in ["file", "record", "warnings"] {
            fields.remove(key);
        }
        line
    };
    assert_eq!(document(&again), document(&read));
}

#[test]
fn half_a_message_is_refused_with_a_reason_in_the_language_asked_for() {
    let whole = std::fs::read_to_string(order()).unwrap();
    let half: String = whole.chars().take(900).collect();
    let ran = bondctl(&["customs", "read", "-"], &half);
    assert_eq!(ran.code, 1);
    let refused = json_of(&ran)["error"].clone();
    assert_eq!(refused["code"], "customs.truncated");
    let said = refused["says"].as_str().unwrap();
    assert!(said.is_ascii() && !said.contains('{'), "{said}");
    assert_eq!(bondctl(&["customs", "read", "/no/such/file"], "").code, 2);
}

#[test]
fn an_unsigned_message_is_not_believed_where_a_signature_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("certificate.pem");
    std::fs::write(&certificate, "none").unwrap();
    let order = order();
    let arguments = [
        "customs",
        "read",
        "--certificate",
        certificate.to_str().unwrap(),
        order.to_str().unwrap(),
    ];
    let ran = bondctl(&arguments, "");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("no usable certificate"), "{}", ran.err);
}

#[test]
fn an_order_alone_misses_its_other_papers() {
    let order = order();
    let arguments = [
        "customs",
        "compare",
        "--date",
        "2026-11-22",
        "--order",
        order.to_str().unwrap(),
    ];
    let ran = bondctl(&[&arguments[..], &["--json"]].concat(), "");
    assert_eq!(ran.code, 1, "{}", ran.err);
    let answer = json_of(&ran);
    assert_eq!(answer["may_be_declared"], false);
    let first = &answer["findings"][0];
    assert_eq!(
        (&first["customs_code"], &first["fixer"]),
        (&json!("2"), &json!("payment_firm"))
    );
    assert!(
        first["says"].as_str().unwrap().contains("CEB411"),
        "{first}"
    );
    let shown = bondctl(&arguments, "");
    assert!(
        shown.out.contains("do not declare") && shown.out.contains("customs code 2"),
        "{}",
        shown.out
    );
    assert!(
        !shown.out.contains('{') && !shown.out.contains("comparison."),
        "{}",
        shown.out
    );
    assert_eq!(bondctl(&["customs", "compare"], "").code, 2);
}

#[test]
fn tax_within_the_limits_is_seventy_percent_of_vat() {
    let goods = json!({ "lines": [{ "gnum": 1, "qty": "2", "total_price": "200", "rates": { "vat": "0.13" } }] }).to_string();
    let ran = bondctl(
        &["customs", "tax", "--date", "2026-11-22", "--json"],
        &goods,
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    let answer = json_of(&ran);
    assert_eq!(
        (&answer["estimate"]["total"], &answer["due"]["by"]),
        (&json!("18.2"), &json!("estimate"))
    );
    let shown = bondctl(&["customs", "tax", "--date", "2026-11-22"], &goods);
    assert!(
        shown.out.contains("18.2") && !shown.out.contains("tax."),
        "{}",
        shown.out
    );
}

#[test]
fn customs_bill_takes_over_and_its_difference_is_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let bill = folder.path().join("bill.xml");
    std::fs::write(&bill, r#"<CEB816Message xmlns="http://www.chinaport.gov.cn/ceb" guid="G" version="1.0"><Tax><TaxHeadRd>
        <guid>G</guid><returnTime>20261122091400</returnTime><invtNo>31052026I000000001</invtNo><taxNo>31052026I000000001_1</taxNo>
        <customsTax>0</customsTax><valueAddedTax>19.2</valueAddedTax><consumptionTax>0</consumptionTax><status>1</status>
        </TaxHeadRd></Tax></CEB816Message>"#).unwrap();
    let account = folder.path().join("account.json");
    std::fs::write(&account, r#"[{"what":"declared","list":"L1","merchant":"M","buyer":"H","on":"2026-03-01","value":"1000","tax":"91"}]"#).unwrap();
    let goods = json!({ "lines": [{ "gnum": 1, "qty": "2", "total_price": "200", "rates": { "vat": "0.13" } }] }).to_string();
    let ran = bondctl(
        &[
            "customs",
            "tax",
            "--date",
            "2026-11-22",
            "--bill",
            bill.to_str().unwrap(),
            "--account",
            account.to_str().unwrap(),
            "--buyer",
            "H",
            "--merchant",
            "M",
            "--guarantee",
            "100",
        ],
        &goods,
    );
    assert_eq!(ran.code, 1, "{}", ran.err);
    for said in [
        "Customs billed 19.2",
        "estimated 18.2, customs 19.2",
        "24800 left of the buyer's year",
        "9 left of the guarantee",
    ] {
        assert!(ran.out.contains(said), "{said} is not in {}", ran.out);
    }
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
fn a_file_that_is_no_workbook_is_refused_in_words() {
    let ran = bondctl(
        &["customs", "upload", "--dry-run", order().to_str().unwrap()],
        "",
    );
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("cannot be opened"), "{}", ran.err);
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
    assert!(ran.err.contains("neither a database nor"), "{}", ran.err);
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
