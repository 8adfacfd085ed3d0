//! The spec's table of what must agree (section 5), row by row, each with what spoils it.

use super::{Parcel, codes, parcel, yuan};
use bondhouse_domain::comparison::{Ruling, Severity, may_be_declared, unknown_rule};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::quantity::{Quantity, Weight};
use bondhouse_domain::tax::RetailLaw;
use chrono::NaiveDate;

/// The spec's row, what must agree, what is spoiled here, and the code that says so.
type SpoiledRow = (u8, &'static str, fn(&mut Parcel), &'static str);

/// The table of the spec, section 5, row by row.
const ROWS: &[SpoiledRow] = &[
    (
        1,
        "order there before the list",
        |p| p.missing = "order",
        "paper_missing",
    ),
    (
        1,
        "payment there before the list",
        |p| p.missing = "payment",
        "paper_missing",
    ),
    (
        1,
        "waybill there before the list",
        |p| p.missing = "waybill",
        "paper_missing",
    ),
    (
        2,
        "311.orderNo = 411.orderNo",
        |p| p.payment.order_no = "O2".into(),
        "order_no",
    ),
    (
        2,
        "311.orderNo = 621.orderNo",
        |p| p.list.order_no = "O2".into(),
        "order_no",
    ),
    (
        2,
        "311.orderNo = 511.orderNo, newer layout",
        |p| p.waybill.order_no = "O2".into(),
        "order_no",
    ),
    (
        3,
        "311.ebpCode = 411.ebpCode",
        |p| p.payment.ebp_code = "X".into(),
        "platform",
    ),
    (
        3,
        "311.ebpCode = 621.ebpCode",
        |p| p.list.ebp_code = "X".into(),
        "platform",
    ),
    (
        4,
        "311.ebcCode = 621.ebcCode",
        |p| p.list.ebc_code = "X".into(),
        "merchant",
    ),
    (
        5,
        "buyerName = payerName",
        |p| p.payment.payer_name = Personal::new("丙寅"),
        "payer_name",
    ),
    (
        5,
        "buyerIdNumber = payerIdNumber",
        |p| p.payment.payer_id_number = Personal::new("1"),
        "payer_id",
    ),
    (
        5,
        "311 buyer = 621 buyer, name",
        |p| p.list.buyer_name = Personal::new("丙寅"),
        "buyer_name",
    ),
    (
        5,
        "311 buyer = 621 buyer, number",
        |p| p.list.buyer_id_number = Personal::new("1"),
        "buyer_id",
    ),
    (
        6,
        "acturalPaid = amountPaid",
        |p| p.payment.amount_paid = yuan("338.18"),
        "amount_paid",
    ),
    (
        6,
        "payCode, when given",
        |p| p.order.pay_code = "440316T004".into(),
        "payment_firm",
    ),
    (
        6,
        "payTransactionId, when given",
        |p| p.order.pay_transaction_id = "T2".into(),
        "payment_no",
    ),
    (
        7,
        "acturalPaid = goods + freight + tax - discount",
        |p| p.order.discount = yuan("1"),
        "paid_sum",
    ),
    (
        7,
        "sum of lines = goodsValue",
        |p| p.order.goods_value = yuan("299"),
        "goods_sum",
    ),
    (
        7,
        "price x qty = totalPrice, order",
        |p| p.order.lines[0].price = Some(yuan("149")),
        "line_total",
    ),
    (
        7,
        "price x qty = totalPrice, list",
        |p| p.list.lines[0].price = Some(yuan("149")),
        "line_total",
    ),
    (
        7,
        "one currency",
        |p| p.order.currency = "502".into(),
        "currency",
    ),
    (
        7,
        "tax withheld is tax due",
        |p| p.known.tax = Some(yuan("30")),
        "tax_total",
    ),
    (
        8,
        "every order line is on the list",
        |p| p.list.lines.clear(),
        "line_missing",
    ),
    (
        8,
        "no line beside the order's",
        |p| p.order.lines.clear(),
        "line_extra",
    ),
    (
        8,
        "pairs 1:1 by gnum",
        |p| p.list.lines.push(p.list.lines[0].clone()),
        "line_twice",
    ),
    (
        8,
        "itemNo",
        |p| p.list.lines[0].item_no = "OTHER".into(),
        "line_differs",
    ),
    (
        8,
        "name",
        |p| p.list.lines[0].item_name = "蜂蜜".into(),
        "line_differs",
    ),
    (
        8,
        "qty",
        |p| p.list.lines[0].qty = "3".parse().unwrap(),
        "line_differs",
    ),
    (
        8,
        "unit",
        |p| p.list.lines[0].unit = "011".into(),
        "line_differs",
    ),
    (
        8,
        "price",
        |p| p.list.lines[0].price = Some(yuan("151")),
        "line_differs",
    ),
    (
        8,
        "total",
        |p| p.list.lines[0].total_price = yuan("301"),
        "line_differs",
    ),
    (
        8,
        "origin",
        |p| p.list.lines[0].country = "601".into(),
        "line_differs",
    ),
    (
        8,
        "second legal unit with its quantity",
        |p| p.list.lines[0].unit2 = "035".into(),
        "legal_quantity",
    ),
    (
        9,
        "621.logisticsNo = 511's",
        |p| p.list.logistics_no = "W2".into(),
        "waybill_no",
    ),
    (
        9,
        "621.logisticsCode = 511's",
        |p| p.list.logistics_code = "X".into(),
        "carrier",
    ),
    (
        9,
        "511.consignee = 311's",
        |p| p.waybill.consignee = Personal::new("丁卯"),
        "consignee",
    ),
    (
        9,
        "511 phone = 311's",
        |p| p.waybill.consignee_telephone = Personal::new("1"),
        "consignee_phone",
    ),
    (
        9,
        "511 address = 311's",
        |p| p.waybill.consignee_address = Personal::new("别处"),
        "address",
    ),
    (
        9,
        "621 address = 311's",
        |p| p.list.consignee_address = Personal::new("别处"),
        "address",
    ),
    (
        9,
        "621.freight is the carrier's",
        |p| p.list.freight = yuan("9"),
        "freight",
    ),
    (
        9,
        "621.insuredFee is the carrier's",
        |p| p.list.insured_fee = yuan("1"),
        "insurance",
    ),
    (
        9,
        "net within gross, both above nothing",
        |p| p.list.net_weight = Weight::ZERO,
        "weights",
    ),
    (
        9,
        "gross as the carrier weighed it",
        |p| p.waybill.weight = "3".parse().unwrap(),
        "weighed",
    ),
    (9, "one piece", |p| p.list.pack_no = 2, "pieces"),
    (
        10,
        "bonded fields are filled",
        |p| p.list.area_code = String::new(),
        "bonded_field",
    ),
    (
        10,
        "emsNo exists",
        |p| p.list.ems_no = "T0000W000000".into(),
        "ledger_no",
    ),
    (
        10,
        "itemRecordNo exists",
        |p| p.list.lines[0].item_record_no = "37".into(),
        "ledger_item",
    ),
    (
        10,
        "the item is the merchant's goods",
        |p| p.booked().item_no = "OTHER".into(),
        "ledger_goods",
    ),
    (
        10,
        "unit = ledger unit",
        |p| p.booked().unit = "011".into(),
        "ledger_unit",
    ),
    (
        10,
        "qty within what is available",
        |p| p.booked().available = Quantity::ZERO,
        "ledger_short",
    ),
    (
        11,
        "identity verified",
        |p| p.known.identity_verified = Some(false),
        "identity",
    ),
    (
        11,
        "the number can be one",
        |p| p.order.buyer_id_number = Personal::new("110105194912310021"),
        "id_number",
    ),
    (
        12,
        "limit of a transaction",
        |p| p.order.goods_value = yuan("6000"),
        "transaction_limit",
    ),
    (
        12,
        "limit of the year",
        |p| p.known.spent_this_year = Some(yuan("25691")),
        "annual_limit",
    ),
    (
        12,
        "guarantee suffices",
        |p| p.known.guarantee_left = Some(yuan("28.20")),
        "guarantee",
    ),
];

#[test]
fn every_row_of_the_specs_table_is_checked_and_every_finding_belongs_to_a_row() {
    for (row, what, spoil, code) in ROWS {
        let mut parcel = parcel();
        spoil(&mut parcel);
        let found = parcel.x_ray();
        let finding = found
            .iter()
            .find(|f| f.message.code.ends_with(&format!(".{code}")));
        let finding = finding.unwrap_or_else(|| panic!("row {row}, {what}: {:?}", codes(&found)));
        // Both sides are shown, and they are of the papers in question.
        assert!(
            !finding.left.field.is_empty() && !finding.right.field.is_empty(),
            "row {row}, {what}"
        );
    }
    let rows: std::collections::BTreeSet<u8> = ROWS.iter().map(|(row, ..)| *row).collect();
    assert!(rows.into_iter().eq(1..=12));
    for said in bondhouse_domain::message::all().filter(|m| m.code.starts_with("comparison.")) {
        let name = said.code.trim_start_matches("comparison.");
        assert!(
            ROWS.iter().any(|(.., code)| *code == name),
            "{name} belongs to no row"
        );
    }
}

#[test]
fn the_same_papers_are_judged_by_the_law_of_any_day() {
    let laws = RetailLaw::shipped();
    let mut parcel = parcel();
    parcel.order.goods_value = yuan("2500");
    parcel.known.spent_this_year = Some(yuan("18000"));
    let on = |year| {
        let day = NaiveDate::from_ymd_opt(year, 6, 1).unwrap();
        let found = parcel.by(RetailLaw::in_force(&laws, day).unwrap());
        let limits = codes(&found)
            .into_iter()
            .filter(|code| code.ends_with("limit"));
        limits.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(on(2018), ["transaction_limit", "annual_limit"]);
    assert_eq!(on(2026), [""; 0]);
}

#[test]
fn a_rule_holds_as_far_as_the_law_of_the_day_lets_it() {
    let mut parcel = parcel();
    parcel.waybill.consignee = Personal::new("丁卯");
    parcel.list.pack_no = 2;
    let law = super::law();
    let weighed = |rules: &[(&str, Ruling)]| {
        let mut law = law.clone();
        let named = rules
            .iter()
            .map(|(name, ruling)| ((*name).to_owned(), *ruling));
        law.comparison.rules = named.collect();
        let found = parcel.by(&law);
        let shown: Vec<String> = found
            .iter()
            .map(|f| format!("{} {:?}", f.message.code, f.severity))
            .collect();
        (shown.join(", "), may_be_declared(&found))
    };
    assert_eq!(
        weighed(&[]),
        (
            "comparison.consignee Stops, comparison.pieces Doubtful".into(),
            false
        )
    );
    assert_eq!(
        weighed(&[("consignee", Ruling::Doubtful), ("pieces", Ruling::Off)]),
        ("comparison.consignee Doubtful".into(), true)
    );
    assert_eq!(
        weighed(&[("consignee", Ruling::Off), ("pieces", Ruling::Stops)]),
        ("comparison.pieces Stops".into(), false)
    );
    let mut misspelt = law.comparison;
    assert_eq!(unknown_rule(&misspelt), None);
    misspelt.rules.insert("consigne".into(), Ruling::Off);
    assert_eq!(unknown_rule(&misspelt), Some("consigne"));
}

#[test]
fn a_difference_that_a_tolerance_would_have_let_pass_names_it_and_an_exact_one_names_none() {
    for (spoil, tolerance) in [
        (
            (|p| p.list.lines[0].total_price = yuan("301")) as fn(&mut Parcel),
            Some("0.02"),
        ),
        (|p| p.list.lines[0].price = Some(yuan("151")), Some("0.02")),
        (|p| p.list.lines[0].unit = "011".into(), None),
        (|p| p.list.freight = yuan("9"), Some("0.02")),
        (|p| p.waybill.weight = "3".parse().unwrap(), Some("0.23")),
        (|p| p.payment.amount_paid = yuan("1"), Some("0.02")),
    ] {
        let mut parcel = parcel();
        spoil(&mut parcel);
        let found = parcel.x_ray();
        let told: Vec<_> = found.iter().map(|f| f.tolerance.as_deref()).collect();
        assert!(told.contains(&tolerance), "{:?}", found);
    }
}

#[test]
fn while_the_order_has_not_come_the_others_are_held_against_the_list() {
    let mut parcel = parcel();
    parcel.missing = "order";
    parcel.payment.order_no = "O2".into();
    parcel.payment.ebp_code = "X".into();
    parcel.waybill.order_no = "O3".into();
    let found = parcel.x_ray();
    assert_eq!(
        codes(&found),
        ["paper_missing", "order_no", "platform", "order_no"]
    );
    assert!(found.iter().all(|f| f.severity == Severity::Stops));
    assert_eq!(
        (found[1].left.value.as_str(), found[1].right.value.as_str()),
        ("O1", "O2")
    );
}
