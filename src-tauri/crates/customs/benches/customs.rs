//! CEB621 read and written, against lxml doing the same field extraction in the same run; and how many
//! parcels a second the X-ray compares.
//!
//! Five paired runs, medians of the ratios: what else the machine does hits both sides of a pair. A
//! message is one real sends make: fifty lists of two lines. Writes `out/bench.d/customs.json`, where
//! `make bench` finds it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and prints its result"
)]

use bondhouse_customs::{Message, Reading, Transfer, read, write};
use bondhouse_domain::comparison::{BookedItem, Known, Papers, compare};
use bondhouse_domain::customs::{
    DeclarationLine, DeclarationList, Document, Filing, Order, OrderLine, Payment, Waybill,
};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::tax::RetailLaw;
use bondhouse_domain::time::{Instant as Moment, Zone};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const LISTS: u32 = 50;
const RUNS: usize = 5;
const SECONDS: f64 = 2.0;
/// At least five times as fast as what people use instead.
const GOAL: f64 = 5.0;

/// A list as large as real ones, for a buyer who does not exist.
fn list(number: u32) -> DeclarationList {
    let line = |gnum: u32| DeclarationLine {
        gnum,
        item_record_no: "36".into(),
        item_no: "AD9421902960055".into(),
        item_name: "奶粉白金系列3段900g".into(),
        gcode: "1901101000".into(),
        gname: "奶粉白金系列3段900g".into(),
        gmodel: "3段900克/罐".into(),
        bar_code: "无".into(),
        country: "609".into(),
        currency: "142".into(),
        qty: "2".parse().unwrap(),
        unit: "122".into(),
        qty1: Some("1.8".parse().unwrap()),
        unit1: "035".into(),
        price: Some("154.56".parse().unwrap()),
        total_price: "309.12".parse().unwrap(),
        ..DeclarationLine::default()
    };
    DeclarationList {
        filing: Filing {
            guid: "4CDE1CFD-EDED-46B1-946C-B8022E42FC94".into(),
            app_type: "1".into(),
            app_time: Some(Moment::from_millis(1_795_310_040_000)),
            app_status: "2".into(),
        },
        order_no: format!("ORDER{number:012}"),
        ebp_code: "3301W60001".into(),
        ebp_name: "某电商平台有限公司".into(),
        ebc_code: "3301W60002".into(),
        ebc_name: "某电商企业有限公司".into(),
        logistics_no: format!("W{number:012}"),
        logistics_code: "3301980001".into(),
        logistics_name: "某物流有限公司".into(),
        cop_no: format!("C{number:012}"),
        assure_code: "3301W60001".into(),
        ems_no: "T2924W000088".into(),
        decl_time: NaiveDate::from_ymd_opt(2026, 11, 22),
        ie_flag: "I".into(),
        customs_code: "3105".into(),
        port_code: "3105".into(),
        buyer_id_type: "1".into(),
        buyer_id_number: Personal::new("11010519491231002X"),
        buyer_name: Personal::new("甲子"),
        buyer_telephone: Personal::new("19900000001"),
        consignee_address: Personal::new("测试省测试市测试区测试路1号2单元301室"),
        agent_code: "330766K00Q".into(),
        agent_name: "某供应链管理有限公司".into(),
        area_code: "330766K00W".into(),
        area_name: "某保税仓储有限公司".into(),
        trade_mode: "1210".into(),
        traf_mode: "W".into(),
        country: "142".into(),
        currency: "142".into(),
        pack_no: 1,
        gross_weight: "4.1".parse().unwrap(),
        net_weight: "3.6".parse().unwrap(),
        lines: vec![line(1), line(2)],
        ..DeclarationList::default()
    }
}

/// The other papers of a list, agreeing with it.
fn papers(list: &DeclarationList) -> (Order, Payment, Waybill, Known) {
    let order = Order {
        order_no: list.order_no.clone(),
        ebp_code: list.ebp_code.clone(),
        ebc_code: list.ebc_code.clone(),
        goods_value: "618.24".parse().unwrap(),
        tax_total: "56.26".parse().unwrap(),
        actual_paid: "674.5".parse().unwrap(),
        currency: "142".into(),
        buyer_id_type: "1".into(),
        buyer_name: list.buyer_name.clone(),
        buyer_id_number: list.buyer_id_number.clone(),
        consignee: Personal::new("乙丑"),
        consignee_telephone: list.buyer_telephone.clone(),
        consignee_address: list.consignee_address.clone(),
        lines: list.lines.iter().map(ordered).collect(),
        ..Order::default()
    };
    let payment = Payment {
        order_no: list.order_no.clone(),
        ebp_code: list.ebp_code.clone(),
        pay_code: "312226T001".into(),
        payer_name: list.buyer_name.clone(),
        payer_id_number: list.buyer_id_number.clone(),
        amount_paid: order.actual_paid,
        currency: "142".into(),
        ..Payment::default()
    };
    let waybill = Waybill {
        logistics_no: list.logistics_no.clone(),
        logistics_code: list.logistics_code.clone(),
        weight: list.gross_weight,
        consignee: Personal::new("乙丑"),
        consignee_telephone: list.buyer_telephone.clone(),
        consignee_address: list.consignee_address.clone(),
        ..Waybill::default()
    };
    let known = Known {
        ledger: Some(vec![BookedItem {
            ledger_no: list.ems_no.clone(),
            item_record_no: "36".into(),
            item_no: "AD9421902960055".into(),
            unit: "122".into(),
            available: "100".parse().unwrap(),
        }]),
        spent_this_year: Some("1000".parse().unwrap()),
        guarantee_left: Some("100000".parse().unwrap()),
        tax: Some("56.26".parse().unwrap()),
        identity_verified: Some(true),
    };
    (order, payment, waybill, known)
}

fn ordered(line: &DeclarationLine) -> OrderLine {
    OrderLine {
        gnum: line.gnum,
        item_no: line.item_no.clone(),
        item_name: line.item_name.clone(),
        unit: line.unit.clone(),
        qty: line.qty,
        price: line.price,
        total_price: line.total_price,
        country: line.country.clone(),
        ..OrderLine::default()
    }
}

/// How often a second the work is done.
fn rate(mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut done = 0.0;
    loop {
        work();
        done += 1.0;
        let spent = begun.elapsed().as_secs_f64();
        if spent >= SECONDS {
            return done / spent;
        }
    }
}

/// The peer's rates of reading and writing the same file; the system's Python, which has lxml from apt.
fn peer(file: &Path) -> (f64, f64) {
    let script = root().join("benches/peers/ceb621.py");
    let python = Path::new("/usr/bin/python3");
    let python = if python.exists() {
        python
    } else {
        Path::new("python3")
    };
    let ran = Command::new(python)
        .args([&script, file])
        .arg(SECONDS.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let rates: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(rates["lists"], LISTS, "the peer read something else");
    (
        rates["read"].as_f64().unwrap(),
        rates["write"].as_f64().unwrap(),
    )
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn against(name: &str, ours: Vec<f64>, theirs: Vec<f64>) -> Value {
    let ratio = median(ours.iter().zip(&theirs).map(|(o, t)| o / t).collect());
    let (value, peer) = (median(ours), median(theirs));
    println!("{name}: {value:.0} messages/s, lxml {peer:.0} messages/s, ratio {ratio:.1}");
    json!({
        "name": format!("{name} (median of {RUNS} paired runs)"), "value": value, "unit": "messages/s",
        "peer": "Python with lxml, same fields", "peer_value": peer, "ratio": ratio,
        "goal": GOAL, "met": ratio >= GOAL,
    })
}

fn main() {
    let message = Message {
        transfer: Some(Transfer {
            cop_code: "330766K00Q".into(),
            cop_name: "某供应链管理有限公司".into(),
            dxp_mode: "DXP".into(),
            dxp_id: "DXPENT0000000001".into(),
            ..Transfer::default()
        }),
        ..Message::of((0..LISTS).map(list).map(Document::DeclarationList))
    };
    let bytes = write(&message, Zone::SHANGHAI).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ceb621.xml");
    std::fs::write(&file, &bytes).unwrap();
    if let Ok(only) = std::env::var("ONLY") {
        // For a profiler: one kind of work, no peer.
        let work = || match only.as_str() {
            "write" => drop(write(black_box(&message), Zone::SHANGHAI).unwrap()),
            _ => drop(read(black_box(&bytes), Reading::default()).unwrap()),
        };
        println!("{only}: {:.0} messages/s", rate(work));
        return;
    }

    let (mut ours, mut theirs) = ((vec![], vec![]), (vec![], vec![]));
    for _ in 0..RUNS {
        ours.0.push(rate(|| {
            drop(read(black_box(&bytes), Reading::default()).unwrap())
        }));
        ours.1.push(rate(|| {
            drop(write(black_box(&message), Zone::SHANGHAI).unwrap())
        }));
        let (read, write) = peer(&file);
        theirs.0.push(read);
        theirs.1.push(write);
    }
    let rows = [
        against("CEB621 of 50 lists read", ours.0, theirs.0),
        against("CEB621 of 50 lists written", ours.1, theirs.1),
        x_ray(),
    ];
    let folder = root().join("out/bench.d");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("customs.json"),
        Value::from(rows.to_vec()).to_string(),
    )
    .unwrap();
}

fn x_ray() -> Value {
    let list = list(1);
    let (order, payment, waybill, known) = papers(&list);
    let laws = RetailLaw::shipped();
    let law = RetailLaw::in_force(&laws, NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()).unwrap();
    let papers = Papers {
        order: Some(&order),
        payment: Some(&payment),
        waybill: Some(&waybill),
        list: Some(&list),
    };
    assert_eq!(compare(papers, &known, law), [], "papers that agree");
    let value = rate(|| drop(compare(black_box(papers), &known, law)));
    println!("X-ray of one parcel of two lines: {value:.0} comparisons/s");
    json!({
        "name": "X-ray of one parcel of two lines", "value": value, "unit": "comparisons/s",
        "peer": null, "peer_value": null, "ratio": null, "goal": 10_000, "met": value >= 10_000.0,
    })
}
