//! A shop without a system of its own sends a spreadsheet.

use crate::headings::HEADINGS;
use crate::support::{CARRIER, MILK, OWNER, Reply, SHOP, World};
use bondhouse_domain::customs::Document;
use calamine::{Reader, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;
use serde_json::json;

/// A sheet of headings and rows.
pub(crate) fn sheet_of(headings: &[&str], rows: &[Vec<&str>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(std::iter::once(headings).chain(rows.iter().map(Vec::as_slice))) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// Orders of two tins, one a row; a wrong one lacks its quantity.
fn workbook(orders: &[(&str, bool)]) -> Vec<u8> {
    let rows = orders.iter().map(|(order_no, whole)| {
        let qty = if *whole { "2" } else { "two" };
        vec![
            *order_no,
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
        ]
    });
    sheet_of(&HEADINGS, &rows.collect::<Vec<_>>())
}

/// What a list of an order of two tins says, by heading of the real template.
fn list_cell<'a>(heading: &str, order_no: &'a str, waybill: &'a str) -> &'a str {
    match heading {
        "订单编号" => order_no,
        "电商平台代码" => SHOP,
        "电商平台名称" => "示例商城",
        "物流运单编号" => waybill,
        "物流企业代码" => CARRIER,
        "物流企业名称" => "示例carrier",
        "进境关别" | "申报地海关代码" => "3105",
        "毛重" => "2.34",
        "净重" => "1.8",
        "订购人证件号码" => "110101199001010010",
        "订购人姓名" => "甲子",
        "订购人电话" => "13800000001",
        "收件地址" => "广东省深圳市南山区测试路1号",
        "运输方式代码" => "W",
        "运费" => "10",
        "账册备案料号" => MILK,
        "商品编码" => "1901101000",
        "商品名称" => "婴儿配方奶粉3段900g",
        "商品规格型号" => "3段900克/罐，代理归类",
        "数量" => "2",
        "计量单位" => "罐",
        "法定数量" => "1.8",
        "法定单位" => "千克",
        "总价" => "400",
        "原产国代码" => "609",
        _ => "",
    }
}

const LIST_HEADINGS: [&str; 25] = [
    "订单编号",
    "电商平台代码",
    "电商平台名称",
    "物流运单编号",
    "物流企业代码",
    "物流企业名称",
    "进境关别",
    "申报地海关代码",
    "毛重",
    "净重",
    "订购人证件号码",
    "订购人姓名",
    "订购人电话",
    "收件地址",
    "运输方式代码",
    "运费",
    "账册备案料号",
    "商品编码",
    "商品名称",
    "商品规格型号",
    "数量",
    "计量单位",
    "法定数量",
    "法定单位",
    "总价",
];

/// A list of an order of two tins by these headings, with one cell changed.
fn list_sheet(headings: &[String], numbers: (&str, &str), changed: (&str, &str)) -> Vec<u8> {
    let cells = headings.iter().map(|heading| match heading {
        changed_one if changed_one == changed.0 => changed.1,
        other => list_cell(other, numbers.0, numbers.1),
    });
    let named: Vec<&str> = headings.iter().map(String::as_str).collect();
    sheet_of(&named, &[cells.collect()])
}

/// The headings of the real template, where the samples are; else those that lists cannot do without.
#[allow(clippy::print_stderr, reason = "a skip is printed")]
fn template() -> Vec<String> {
    let at = "../../../../shared/samples/customs/xlsx/bonded-inventory-import-template.xlsx";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(at);
    if !path.exists() {
        eprintln!("skipped: no samples");
        return LIST_HEADINGS
            .iter()
            .chain(["原产国代码"].iter())
            .map(|h| (*h).to_owned())
            .collect();
    }
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let first = range.rows().next().unwrap();
    first.iter().map(|cell| cell.to_string()).collect()
}

/// A warehouse with goods, and an order whose payment is still to come.
async fn waiting() -> (World, String) {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 2))
        .await
        .ok();
    let waybill = world.progress("B1").await["waybill_no"]
        .as_str()
        .unwrap()
        .to_owned();
    (world, waybill)
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

#[tokio::test]
async fn a_list_by_the_real_template_is_tried_with_all_its_differences_and_nothing_is_kept() {
    let (world, waybill) = waiting().await;
    let headings = template();
    let path = "/v1/shop/lists.xlsx?dry_run=true";
    let numbers = ("B1", waybill.as_str());
    let tried = send(&world, path, &list_sheet(&headings, numbers, ("", "")))
        .await
        .ok();
    assert_eq!(tried["errors"], json!([]));
    assert_eq!(
        (
            &tried["would"][0]["number"],
            &tried["would"][0]["taken"],
            &tried["would"][0]["state"]
        ),
        (&json!("B1"), &json!("new"), &json!("received"))
    );
    let waits = |tried: &serde_json::Value| -> Vec<String> {
        let all = tried["would"][0]["waits_for"].as_array().unwrap().iter();
        all.map(|one| one["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        waits(&tried),
        ["comparison.paper_missing"],
        "only the payment"
    );
    // A cell that cannot be is named by cell and heading; what can be but differs, by both papers.
    let wrong = list_sheet(&headings, numbers, ("数量", "two"));
    let tried = send(&world, path, &wrong).await.ok();
    assert_eq!(
        (
            &tried["errors"][0]["heading"],
            &tried["errors"][0]["said"]["code"]
        ),
        (&json!("数量"), &json!("customs.sheet.number"))
    );
    assert_eq!(
        send(&world, "/v1/shop/lists.xlsx", &wrong).await.status,
        422
    );
    let other = list_sheet(&headings, numbers, ("总价", "390"));
    let tried = send(&world, path, &other).await.ok();
    assert!(
        waits(&tried).contains(&"comparison.line_differs".to_owned()),
        "{tried}"
    );
    let other = list_sheet(&headings, numbers, ("法定数量", "2"));
    let tried = send(&world, path, &other).await.ok();
    assert!(
        waits(&tried).contains(&"platform.list_units".to_owned()),
        "{tried}"
    );
    // Trying has left no trace: paid, the order is declared as we would have built it.
    world
        .post(&world.payer, "/v1/payer/payments", &world.payment("B1", 2))
        .await
        .ok();
    assert_eq!(declared_model(&world).await, "3段900克/罐");
}

/// The model on the one list that was declared.
async fn declared_model(world: &World) -> String {
    let documents = world.fetch().await;
    let lists: Vec<_> = documents
        .into_iter()
        .filter_map(|document| match document {
            Document::DeclarationList(list) => Some(list),
            _ => None,
        })
        .collect();
    assert_eq!(lists.len(), 1);
    lists[0].lines[0].gmodel.clone()
}

#[tokio::test]
async fn a_prepared_list_is_declared_as_it_says_and_goes_with_a_change_of_its_order() {
    let (world, waybill) = waiting().await;
    let headings = template();
    let book = list_sheet(&headings, ("B1", &waybill), ("", ""));
    let taken = send(&world, "/v1/shop/lists.xlsx", &book).await.ok();
    assert_eq!(taken["results"][0]["taken"], "new");
    let again = send(&world, "/v1/shop/lists.xlsx", &book).await.ok();
    assert_eq!(again["results"][0]["taken"], "known");
    // Another shop's order is unknown, also by a sheet.
    let stranger = world.partner("shop", "3301960R01").await;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let refused = world
        .call(&stranger, "POST", "/v1/shop/lists.xlsx", kind, &book)
        .await;
    assert_eq!(
        refused.body["results"][0]["refusal"]["code"],
        "platform.not_yours"
    );
    world
        .post(&world.payer, "/v1/payer/payments", &world.payment("B1", 2))
        .await
        .ok();
    assert_eq!(declared_model(&world).await, "3段900克/罐，代理归类");
    assert_eq!(world.booked("pre_out").await, "2");
    let late = send(&world, "/v1/shop/lists.xlsx", &book).await;
    assert_eq!(
        late.body["results"][0]["refusal"]["code"],
        "platform.too_late_to_change"
    );

    // A changed order takes its list with it.
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B2", 2))
        .await
        .ok();
    let waybill = world.progress("B2").await["waybill_no"]
        .as_str()
        .unwrap()
        .to_owned();
    let book = list_sheet(&headings, ("B2", &waybill), ("", ""));
    send(&world, "/v1/shop/lists.xlsx", &book).await.ok();
    let mut changed = world.order("B2", 2);
    changed["app_type"] = json!("2");
    changed["consignee_address"] = json!("广东省深圳市南山区测试路2号");
    world
        .post(&world.shop, "/v1/shop/orders", &changed)
        .await
        .ok();
    world
        .post(&world.payer, "/v1/payer/payments", &world.payment("B2", 2))
        .await
        .ok();
    assert_eq!(declared_model(&world).await, "3段900克/罐");
    // Orders and lists have a door each.
    let wrong_door = send(&world, "/v1/shop/orders.xlsx", &book).await;
    assert_eq!(
        (wrong_door.status, wrong_door.code()),
        (422, "platform.wrong_kind")
    );
}
