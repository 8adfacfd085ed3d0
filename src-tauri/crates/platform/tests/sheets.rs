//! A shop without a system of its own sends a spreadsheet.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use rust_xlsxwriter::Workbook;
use support::{MILK, OWNER, Reply, SHOP, World};

const HEADINGS: [&str; 20] = [
    "订单编号",
    "电商平台代码",
    "电商平台名称",
    "电商企业代码",
    "电商企业名称",
    "订购人注册号",
    "订购人姓名",
    "订购人身份证号码",
    "订购人电话",
    "收货人姓名",
    "收货人电话",
    "收件地址",
    "运杂费",
    "代扣税款",
    "企业商品名称",
    "企业商品货号",
    "商品规格型号",
    "数量",
    "计量单位",
    "总价",
];

/// Orders of two tins, one a row; a wrong one lacks its quantity.
fn workbook(orders: &[(&str, bool)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0..).zip(HEADINGS) {
        sheet.write_string(0, column, heading).unwrap();
    }
    for (row, (order_no, whole)) in (1..).zip(orders) {
        let qty = if *whole { "2" } else { "two" };
        let cells = [
            order_no,
            SHOP,
            "示例商城",
            OWNER,
            "示例母婴",
            "buyer-1",
            "甲子",
            "110101199001010010",
            "13800000001",
            "乙丑",
            "13800000002",
            "广东省深圳市南山区测试路1号",
            "10",
            "37.31",
            "婴儿配方奶粉3段900g",
            MILK,
            "900克/罐",
            qty,
            "罐",
            "400",
        ];
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

async fn send(world: &World, path: &str, bytes: &[u8]) -> Reply {
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    world.call(&world.shop, "POST", path, kind, bytes).await
}

#[tokio::test]
async fn a_sheet_is_tried_corrected_and_then_taken_whole() {
    let world = World::open().await;
    let tried = send(
        &world,
        "/v1/shop/orders.xlsx?dry_run=true",
        &workbook(&[("X1", true), ("X2", false)]),
    )
    .await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!(tried.body["orders"][0], "X1");
    let wrong = &tried.body["errors"][0];
    assert_eq!(
        (&wrong["cell"], &wrong["heading"], &wrong["said"]["code"]),
        (&"R3".into(), &"数量".into(), &"customs.sheet.number".into())
    );

    let refused = send(
        &world,
        "/v1/shop/orders.xlsx",
        &workbook(&[("X1", true), ("X2", false)]),
    )
    .await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        world
            .get(&world.shop, &format!("/v1/shop/orders/{SHOP}/X1"))
            .await
            .status,
        404,
        "nothing is half taken"
    );

    let good = workbook(&[("X1", true), ("X2", true)]);
    let taken = send(&world, "/v1/shop/orders.xlsx", &good).await.ok();
    assert_eq!(
        (
            &taken["results"][0]["taken"],
            &taken["results"][1]["number"]
        ),
        (&"new".into(), &"X2".into())
    );
    assert_eq!(world.state("X2").await, "received");
    let again = send(&world, "/v1/shop/orders.xlsx", &good).await.ok();
    assert_eq!(again["results"][0]["taken"], "known");
}

#[tokio::test]
async fn what_is_no_workbook_or_anothers_order_is_refused() {
    let world = World::open().await;
    let refused = send(&world, "/v1/shop/orders.xlsx", b"PK not a workbook").await;
    assert_eq!(
        (refused.status, refused.code()),
        (422, "customs.sheet.unreadable")
    );
    let stranger = world
        .call(
            &world.payer,
            "POST",
            "/v1/shop/orders.xlsx",
            "application/zip",
            b"",
        )
        .await;
    assert_eq!(stranger.status, 403);
}
