//! Merchants' spreadsheets: the real templates, and what people do to them.

use crate::headings::HEADINGS;
use bondhouse_customs::upload::{SheetLimits, Upload, Uploaded, read_workbook};
use bondhouse_domain::customs::{DeclarationList, Order};
use rust_xlsxwriter::Workbook;
use std::path::Path;

const ROW: [&str; 20] = [
    "O1",
    "3301W60001",
    "某平台",
    "3301W60002",
    "某企业",
    "R1",
    "甲子",
    "11010519491231002X",
    "19900000001",
    "乙丑",
    "19900000002",
    "测试省测试市测试路1号",
    "10",
    "28.21",
    "奶粉",
    "MILK900",
    "900克/罐",
    "2",
    "罐",
    "300",
];

/// A workbook of the headings and rows given; what parses as a number in `numbers` becomes one.
fn workbook(rows: &[Vec<&str>], numbers: &[&str]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("订单").unwrap();
    for (column, heading) in (0..).zip(HEADINGS) {
        sheet.write_string(0, column, heading).unwrap();
    }
    for (row, cells) in (1..).zip(rows) {
        for ((column, heading), cell) in (0..).zip(HEADINGS).zip(cells) {
            if numbers.contains(&heading) {
                sheet
                    .write_number(row, column, cell.parse::<f64>().unwrap())
                    .unwrap();
            } else {
                sheet.write_string(row, column, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

fn with(changes: &[(&str, &'static str)]) -> Vec<&'static str> {
    let mut row = ROW.to_vec();
    for (heading, value) in changes {
        row[HEADINGS.iter().position(|h| h == heading).unwrap()] = value;
    }
    row
}

fn read(bytes: &[u8]) -> Upload {
    read_workbook(bytes, SheetLimits::default()).unwrap()
}

fn orders(upload: &Upload) -> &[Order] {
    match &upload.documents {
        Uploaded::Orders(orders) => orders,
        Uploaded::Lists(lists) => panic!("{lists:?}"),
    }
}

fn errors(upload: &Upload) -> Vec<(String, String)> {
    let all = upload.errors.iter();
    all.map(|e| (e.cell.clone(), e.said.code.to_string()))
        .collect()
}

#[test]
fn rows_of_one_number_are_one_order_and_its_sums_are_reckoned() {
    let second = with(&[
        ("企业商品货号", "HONEY250"),
        ("总价", "49.9"),
        ("数量", "3"),
        ("计量单位", "142"),
    ]);
    let upload = read(&workbook(&[ROW.to_vec(), second], &["总价", "运杂费"]));
    assert_eq!(errors(&upload), []);
    let [order] = orders(&upload) else {
        panic!("{upload:?}")
    };
    assert_eq!(
        (order.goods_value.to_string(), order.actual_paid.to_string()),
        ("349.9".into(), "388.11".into())
    );
    let units: Vec<(u32, &str, String)> = order
        .lines
        .iter()
        .map(|l| (l.gnum, l.unit.as_str(), l.price.unwrap().to_string()))
        .collect();
    assert_eq!(
        units,
        [(1, "122", "150".into()), (2, "142", "16.63333".into())]
    );
}

#[test]
fn every_wrong_cell_is_named_and_the_other_orders_are_taken() {
    let wrong = with(&[
        ("订单编号", "O2"),
        ("订购人姓名", ""),
        ("数量", "two"),
        ("计量单位", "heap"),
        ("总价", "1.000001"),
    ]);
    let upload = read(&workbook(&[wrong, ROW.to_vec()], &[]));
    let expected = [
        ("G2", "customs.sheet.empty"),
        ("R2", "customs.sheet.number"),
        ("S2", "customs.sheet.code"),
        ("T2", "customs.sheet.too_fine"),
    ];
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(c, e)| ((*c).into(), (*e).into()))
        .collect();
    assert_eq!(errors(&upload), expected);
    assert_eq!(
        (
            upload.errors[0].sheet.as_str(),
            upload.errors[0].heading.as_str()
        ),
        ("订单", "订购人姓名")
    );
    assert_eq!(
        orders(&upload)
            .iter()
            .map(|o| o.order_no.as_str())
            .collect::<Vec<_>>(),
        ["O1"]
    );
    let shown = serde_json::to_string(&upload.errors).unwrap();
    assert!(
        !shown.contains("甲子") && !shown.contains("heap"),
        "{shown}"
    );
}

#[test]
fn one_order_that_says_two_things_is_not_taken() {
    let other = with(&[("收件地址", "别的路9号")]);
    let upload = read(&workbook(&[ROW.to_vec(), other], &[]));
    assert_eq!(
        errors(&upload),
        [("L3".to_owned(), "customs.sheet.differs".to_owned())]
    );
    assert_eq!(upload.errors[0].said.param("row"), Some("2"));
    assert!(orders(&upload).is_empty());
}

#[test]
fn numbers_that_are_names_keep_their_zeros_or_are_sent_back() {
    let unit = with(&[("计量单位", "11"), ("订购人电话", "19900000001")]);
    let upload = read(&workbook(&[unit], &["计量单位", "订购人电话"]));
    assert_eq!(
        (
            orders(&upload)[0].lines[0].unit.as_str(),
            errors(&upload).len()
        ),
        ("011", 0)
    );
    let long = with(&[("订购人身份证号码", "110105194912310021")]);
    let upload = read(&workbook(&[long], &["订购人身份证号码"]));
    assert_eq!(
        errors(&upload),
        [("H2".to_owned(), "customs.sheet.as_text".to_owned())]
    );
}

#[test]
fn what_is_no_template_or_no_workbook_is_refused() {
    let refused = |bytes: &[u8]| {
        read_workbook(bytes, SheetLimits::default())
            .unwrap_err()
            .0
            .code
            .to_string()
    };
    assert_eq!(
        refused(b"PK\x03\x04 not a workbook"),
        "customs.sheet.unreadable"
    );
    let mut book = Workbook::new();
    book.add_worksheet().write_string(0, 0, "name").unwrap();
    assert_eq!(
        refused(&book.save_to_buffer().unwrap()),
        "customs.sheet.unknown"
    );
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "订单编号").unwrap();
    sheet.write_string(0, 1, "企业商品货号").unwrap();
    assert_eq!(
        refused(&book.save_to_buffer().unwrap()),
        "customs.sheet.headings"
    );
}

#[test]
fn a_workbook_that_unpacks_to_more_than_it_may_is_refused() {
    let rows: Vec<Vec<&str>> = (0..2_000).map(|_| ROW.to_vec()).collect();
    let bytes = workbook(&rows, &[]);
    let code = |limits| {
        read_workbook(&bytes, limits)
            .unwrap_err()
            .0
            .code
            .to_string()
    };
    let most = SheetLimits::default();
    assert_eq!(
        code(SheetLimits {
            bytes: 1_000,
            ..most
        }),
        "customs.too_large"
    );
    assert_eq!(
        code(SheetLimits {
            unpacked: 100_000,
            ..most
        }),
        "customs.too_large"
    );
    assert_eq!(
        code(SheetLimits {
            cells: 30_000,
            ..most
        }),
        "customs.sheet.too_many_cells"
    );
    // A cell far out costs nothing: cells are taken one by one.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(1_048_575, 16_383, "far out").unwrap();
    let far = book.save_to_buffer().unwrap();
    assert_eq!(
        read_workbook(&far, most).unwrap_err().0.code,
        "customs.sheet.unknown"
    );
}

#[test]
fn the_real_templates_are_read_with_their_example_rows() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/samples/customs/xlsx");
    if !folder.exists() {
        eprintln!("skipped: no samples");
        return;
    }
    let upload = read(&std::fs::read(folder.join("bonded-order-import-template.xlsx")).unwrap());
    assert_eq!(errors(&upload), []);
    let orders = orders(&upload);
    assert_eq!(orders.len(), 3);
    assert_eq!(
        (
            orders[0].order_no.as_str(),
            orders[0].lines[0].unit.as_str()
        ),
        ("order20190530001", "011")
    );
    // 100.21 + 20 + 40 - 30
    assert_eq!(orders[0].actual_paid.to_string(), "130.21");
    assert_eq!(upload.passed_over.len(), 5, "{:?}", upload.passed_over);

    let upload =
        read(&std::fs::read(folder.join("bonded-inventory-import-template.xlsx")).unwrap());
    assert_eq!(errors(&upload), []);
    let Uploaded::Lists(lists) = &upload.documents else {
        panic!("{upload:?}")
    };
    let told = |list: &DeclarationList| {
        (
            list.customs_code.clone(),
            list.lines[0].gcode.clone(),
            list.lines[0].unit1.clone(),
        )
    };
    assert_eq!(
        told(&lists[0]),
        ("9007".into(), "0101210010".into(), "130".into())
    );
    assert_eq!(lists.len(), 3);
}
