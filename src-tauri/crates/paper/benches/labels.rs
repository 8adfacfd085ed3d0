//! How long a packer waits for a label: one when everything is warm, and a batch before a wave.
//!
//! Goals: a warm label within 8 ms, 1,000 labels a second in a batch. `cargo bench -p bondhouse-paper`.

#![allow(
    clippy::expect_used,
    reason = "a bench without fonts has nothing to measure"
)]

use bondhouse_domain::ids::{DeclarationNo, DeviceId};
use bondhouse_domain::labels::{Consignee, GoodsLine, Phone, Sender, WaybillLabel};
use bondhouse_domain::quantity::Quantity;
use bondhouse_paper::{Fonts, Template, code128, qr, render_waybill, render_waybills};
use chrono::NaiveDate;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;

const BATCH: u32 = 1_000;

fn labels(c: &mut Criterion) {
    let (fonts, template) = setup().expect("run `make setup` first: fonts are missing");
    let one = label(1).expect("the made-up label is well formed");
    let batch: Vec<WaybillLabel> = (1..=BATCH).filter_map(label).collect();

    c.bench_function("one warm label", |b| {
        b.iter(|| render_waybill(&fonts, &template, black_box(&one)))
    });
    c.bench_function("code 128 of a waybill number", |b| {
        b.iter(|| code128(black_box("YT4752711325367")))
    });
    c.bench_function("qr of a release token", |b| {
        b.iter(|| qr(black_box(&one.qr)))
    });

    let mut group = c.benchmark_group("batch");
    group
        .throughput(Throughput::Elements(u64::from(BATCH)))
        .sample_size(10);
    group.bench_function("1000 labels in one document", |b| {
        b.iter(|| render_waybills(&fonts, &template, black_box(&batch)));
    });
    group.finish();
}

fn setup() -> Result<(Fonts, Template), Box<dyn Error>> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets");
    let words: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(
        &fs::read_to_string(assets.join("messages/src/labels.json"))?,
    )?;
    let template = fs::read_to_string(assets.join("labels/waybill-100x150.json"))?;
    let template = Template::read(&template, |key| words.get(key)?.get("zh").cloned())?;
    Ok((Fonts::load(&assets.join("fonts"))?, template))
}

/// Cities and goods vary, so that a batch needs some hundred different characters, as a real one does.
fn label(n: u32) -> Option<WaybillLabel> {
    const CITIES: [(&str, &str); 5] = [
        ("陕西省西安市雁塔区珞喻路", "西安转运中心"),
        ("广东省深圳市南山区中央大街", "深圳转运中心"),
        ("福建省厦门市思明区湖滨南路", "厦门转运中心"),
        ("四川省成都市武侯区科技园南路", "成都转运中心"),
        ("黑龙江省哈尔滨市道里区友谊路", "哈尔滨转运中心"),
    ];
    const GOODS: [&str; 4] = [
        "新西兰蜂蜜500克",
        "澳洲成人奶粉1千克",
        "法国葡萄籽胶囊60粒",
        "意大利特级初榨橄榄油750毫升",
    ];
    let (street, hub) = CITIES.into_iter().cycle().nth(n as usize % 5)?;
    let day = NaiveDate::from_ymd_opt(2026, 11, 22)?;
    let goods = GOODS
        .into_iter()
        .cycle()
        .skip(n as usize % 4)
        .take(1 + n as usize % 3);
    Some(WaybillLabel {
        carrier: "示范速递".into(),
        waybill_no: format!("YT47527{n:08}"),
        sort_code: format!("029-E{:02}-{:02}", n % 97, n % 89),
        hub: hub.into(),
        consignee: Consignee {
            name: "马**".into(),
            phone: Phone::Masked(format!("159******{:02}", n % 100)),
            address: format!("{street}{n}号乙座***"),
        },
        sender: Sender {
            name: "某某跨境保税仓".into(),
            phone: "400-000-0000".into(),
            address: "浙江省宁波市北仑区保税东区示范路1号".into(),
        },
        goods: goods
            .filter_map(|name| {
                Some(GoodsLine {
                    name: name.into(),
                    quantity: Quantity::whole(1)?,
                    unit: "件".into(),
                })
            })
            .collect(),
        weight: "3.6".parse().ok(),
        order_no: format!("B2C2026{n:011}"),
        declaration_no: DeclarationNo::new(format!("31052026I{n:09}")),
        cleared_on: day,
        qr: format!("BH1R0AEBAGBAFAYDQOCIKBMGA2DQPCAIREEYUCULB{n:08}WKZ5T6XQ4H7 YT47527{n:08}"),
        station: DeviceId::new("A1"),
        printed_at: day.and_hms_opt(15, 30, 0)?,
        copy: 0,
    })
}

criterion_group!(benches, labels);
criterion_main!(benches);
