//! How fast a message of fifty declaration lists is read and written.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a measurement stops at the first surprise"
)]

use bondhouse_customs::{Message, Reading, read, write};
use bondhouse_domain::customs::{DeclarationLine, DeclarationList, Document, Filing};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::time::{Instant, Zone};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// A list as large as real ones, for a buyer who does not exist.
fn list(number: u32) -> Document {
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
    Document::DeclarationList(DeclarationList {
        filing: Filing {
            guid: "4CDE1CFD-EDED-46B1-946C-B8022E42FC94".into(),
            app_type: "1".into(),
            app_time: Some(Instant::from_millis(1_795_310_040_000)),
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
        ie_flag: "I".into(),
        customs_code: "2924".into(),
        port_code: "2924".into(),
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
    })
}

fn reading(c: &mut Criterion) {
    let message = Message::of((0..50).map(list));
    let bytes = write(&message, Zone::SHANGHAI).unwrap();
    let mut group = c.benchmark_group("ceb621");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("read_50", |b| {
        b.iter(|| read(black_box(&bytes), Reading::default()).unwrap())
    });
    group.bench_function("write_50", |b| {
        b.iter(|| write(black_box(&message), Zone::SHANGHAI).unwrap())
    });
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
