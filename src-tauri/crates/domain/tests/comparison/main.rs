//! One parcel's four papers agree; then one thing after another is spoiled, and the X-ray names it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod rows;

use bondhouse_domain::comparison::{
    BookedItem, Finding, Fixer, Known, Papers, Severity, compare, may_be_declared,
};
use bondhouse_domain::customs::{
    DeclarationLine, DeclarationList, Order, OrderLine, Payment, Waybill,
};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::quantity::{Money, Quantity, Weight};
use bondhouse_domain::tax::RetailLaw;
use chrono::NaiveDate;
use proptest::prelude::*;

/// The papers of a buyer who does not exist, for two tins of milk powder.
#[derive(Clone)]
struct Parcel {
    order: Order,
    payment: Payment,
    waybill: Waybill,
    list: DeclarationList,
    known: Known,
    /// A paper that has not come.
    missing: &'static str,
}

fn yuan(text: &str) -> Money {
    text.parse().unwrap()
}

fn parcel() -> Parcel {
    let name = || Personal::new("甲子");
    let id = || Personal::new("11010519491231002X");
    let phone = || Personal::new("19900000001");
    let address = || Personal::new("测试省测试市测试路1号2单元301室");
    let order = Order {
        order_no: "O1".into(),
        ebp_code: "3301W60001".into(),
        ebc_code: "3301W60002".into(),
        goods_value: "300".parse().unwrap(),
        freight: "10".parse().unwrap(),
        tax_total: "28.21".parse().unwrap(),
        actual_paid: "338.21".parse().unwrap(),
        currency: "142".into(),
        buyer_name: name(),
        buyer_id_type: "1".into(),
        buyer_id_number: id(),
        consignee: Personal::new("乙丑"),
        consignee_telephone: phone(),
        consignee_address: address(),
        lines: vec![OrderLine {
            gnum: 1,
            item_no: "MILK900".into(),
            item_name: "奶粉".into(),
            unit: "122".into(),
            qty: "2".parse().unwrap(),
            price: Some("150".parse().unwrap()),
            total_price: "300".parse().unwrap(),
            country: "609".into(),
            ..OrderLine::default()
        }],
        ..Order::default()
    };
    let payment = Payment {
        pay_code: "312226T001".into(),
        pay_transaction_id: "T1".into(),
        order_no: "O1".into(),
        ebp_code: "3301W60001".into(),
        payer_name: name(),
        payer_id_number: id(),
        amount_paid: "338.21".parse().unwrap(),
        currency: "142".into(),
        ..Payment::default()
    };
    let waybill = Waybill {
        logistics_code: "3301980001".into(),
        logistics_no: "W1".into(),
        freight: "10".parse().unwrap(),
        weight: "2.25".parse().unwrap(),
        consignee: Personal::new("乙丑"),
        consignee_telephone: phone(),
        consignee_address: address(),
        ..Waybill::default()
    };
    let list = DeclarationList {
        order_no: "O1".into(),
        ebp_code: "3301W60001".into(),
        ebc_code: "3301W60002".into(),
        logistics_code: "3301980001".into(),
        logistics_no: "W1".into(),
        ems_no: "T2924W000088".into(),
        area_code: "330766K00W".into(),
        area_name: "某保税仓".into(),
        trade_mode: "1210".into(),
        buyer_name: name(),
        buyer_id_type: "1".into(),
        buyer_id_number: id(),
        consignee_address: address(),
        freight: "10".parse().unwrap(),
        currency: "142".into(),
        pack_no: 1,
        gross_weight: "2.3".parse().unwrap(),
        net_weight: "1.8".parse().unwrap(),
        lines: vec![DeclarationLine {
            gnum: 1,
            item_record_no: "36".into(),
            item_no: "MILK900".into(),
            item_name: "奶粉".into(),
            unit: "122".into(),
            qty: "2".parse().unwrap(),
            price: Some("150".parse().unwrap()),
            total_price: "300".parse().unwrap(),
            country: "609".into(),
            ..DeclarationLine::default()
        }],
        ..DeclarationList::default()
    };
    let known = Known {
        ledger: Some(vec![BookedItem {
            ledger_no: "T2924W000088".into(),
            item_record_no: "36".into(),
            item_no: "MILK900".into(),
            unit: "122".into(),
            available: "10".parse().unwrap(),
        }]),
        spent_this_year: Some("1000".parse().unwrap()),
        guarantee_left: Some("100000".parse().unwrap()),
        tax: Some("28.21".parse().unwrap()),
        identity_verified: Some(true),
    };
    Parcel {
        order,
        payment,
        waybill,
        list,
        known,
        missing: "",
    }
}

fn law() -> RetailLaw {
    let laws = RetailLaw::shipped();
    RetailLaw::in_force(&laws, NaiveDate::from_ymd_opt(2026, 11, 22).unwrap())
        .unwrap()
        .clone()
}

impl Parcel {
    fn x_ray(&self) -> Vec<Finding> {
        self.by(&law())
    }

    fn by(&self, law: &RetailLaw) -> Vec<Finding> {
        let papers = Papers {
            order: (self.missing != "order").then_some(&self.order),
            payment: (self.missing != "payment").then_some(&self.payment),
            waybill: (self.missing != "waybill").then_some(&self.waybill),
            list: Some(&self.list),
        };
        compare(papers, &self.known, law)
    }

    fn booked(&mut self) -> &mut BookedItem {
        &mut self.known.ledger.as_mut().unwrap()[0]
    }
}

fn codes(found: &[Finding]) -> Vec<&str> {
    found
        .iter()
        .map(|f| f.message.code.trim_start_matches("comparison."))
        .collect()
}

#[test]
fn papers_that_agree_have_nothing_to_answer_for() {
    assert_eq!(codes(&parcel().x_ray()), [""; 0]);
}

#[test]
fn each_thing_spoiled_is_named_with_who_must_fix_it_and_what_customs_would_say() {
    type Case = (
        fn(&mut Parcel),
        &'static [&'static str],
        Fixer,
        Option<&'static str>,
    );
    let cases: &[Case] = &[
        (
            |p| p.payment.payer_name = Personal::new("丙寅"),
            &["payer_name"],
            Fixer::Platform,
            Some("1327"),
        ),
        (
            |p| p.payment.payer_id_number = Personal::new("110105194912310021"),
            &["payer_id"],
            Fixer::Platform,
            Some("1327"),
        ),
        (
            |p| p.list.buyer_name = Personal::new("丙寅"),
            &["buyer_name"],
            Fixer::Declarant,
            Some("13127"),
        ),
        (
            |p| p.payment.amount_paid = "338.18".parse().unwrap(),
            &["amount_paid"],
            Fixer::Platform,
            None,
        ),
        (
            |p| p.order.pay_code = "440316T004".into(),
            &["payment_firm"],
            Fixer::Platform,
            Some("13035"),
        ),
        (
            |p| p.payment.order_no = "O2".into(),
            &["order_no"],
            Fixer::PaymentFirm,
            None,
        ),
        (
            |p| p.list.ebc_code = "3301W60009".into(),
            &["merchant"],
            Fixer::Declarant,
            None,
        ),
        (
            |p| p.list.lines[0].country = "601".into(),
            &["line_differs"],
            Fixer::Declarant,
            Some("1322"),
        ),
        (
            |p| p.list.lines[0].gnum = 2,
            &["line_missing", "line_extra"],
            Fixer::Declarant,
            Some("1322"),
        ),
        (
            |p| p.list.lines[0].unit2 = "035".into(),
            &["legal_quantity"],
            Fixer::Declarant,
            None,
        ),
        (
            |p| p.list.ems_no = String::new(),
            &["bonded_field", "ledger_item"],
            Fixer::Declarant,
            None,
        ),
        (
            |p| p.booked().unit = "011".into(),
            &["ledger_unit"],
            Fixer::Declarant,
            None,
        ),
        (
            |p| p.booked().available = "1".parse().unwrap(),
            &["ledger_short"],
            Fixer::Warehouse,
            None,
        ),
        (
            |p| p.waybill.logistics_no = "W2".into(),
            &["waybill_no"],
            Fixer::Declarant,
            None,
        ),
        (
            |p| p.waybill.consignee = Personal::new("甲子"),
            &["consignee"],
            Fixer::Carrier,
            None,
        ),
        (
            |p| p.list.freight = "0".parse().unwrap(),
            &["freight"],
            Fixer::Declarant,
            None,
        ),
        (
            |p| p.list.net_weight = "2.4".parse().unwrap(),
            &["weights"],
            Fixer::Declarant,
            None,
        ),
        (
            |p| p.waybill.weight = "3".parse().unwrap(),
            &["weighed"],
            Fixer::Carrier,
            None,
        ),
        (|p| p.list.pack_no = 2, &["pieces"], Fixer::Declarant, None),
        (
            |p| p.known.spent_this_year = Some("25691".parse().unwrap()),
            &["annual_limit"],
            Fixer::Buyer,
            Some("1313"),
        ),
        (
            |p| p.known.guarantee_left = Some("28.20".parse().unwrap()),
            &["guarantee"],
            Fixer::Guarantor,
            Some("1311"),
        ),
        (
            |p| p.known.identity_verified = Some(false),
            &["identity"],
            Fixer::Buyer,
            None,
        ),
        (
            |p| p.payment.currency = "502".into(),
            &["currency"],
            Fixer::PaymentFirm,
            None,
        ),
    ];
    for (spoil, expected, fixer, code) in cases {
        let mut parcel = parcel();
        spoil(&mut parcel);
        let found = parcel.x_ray();
        assert_eq!(codes(&found), *expected);
        assert_eq!(
            (found[0].fixer, found[0].customs_code.as_deref()),
            (*fixer, *code),
            "{expected:?}"
        );
    }
}

#[test]
fn everything_wrong_is_told_at_once() {
    let mut parcel = parcel();
    parcel.payment.payer_name = Personal::new("丙寅");
    parcel.order.actual_paid = "300".parse().unwrap();
    parcel.list.lines[0].qty = "3".parse().unwrap();
    parcel.waybill.logistics_code = "3301980002".into();
    let found = parcel.x_ray();
    assert_eq!(
        codes(&found),
        [
            "payer_name",
            "paid_sum",
            "amount_paid",
            "line_total",
            "line_differs",
            "carrier"
        ]
    );
    assert!(!may_be_declared(&found));
}

#[test]
fn no_finding_shows_a_person_in_clear() {
    let mut parcel = parcel();
    parcel.payment.payer_name = Personal::new("丙寅卯");
    parcel.payment.payer_id_number = Personal::new("110105194912310021");
    parcel.waybill.consignee = Personal::new("辛酉");
    parcel.waybill.consignee_telephone = Personal::new("19911111111");
    parcel.waybill.consignee_address = Personal::new("别的路9号8单元707室");
    let shown = serde_json::to_string(&parcel.x_ray()).unwrap();
    for secret in [
        "甲子",
        "寅卯",
        "11010519491231002",
        "辛酉",
        "乙丑",
        "19911111111",
        "19900000001",
        "2单元",
        "707室",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("丙*") && shown.contains("199******11"));
}

#[test]
fn a_cent_cut_off_instead_of_rounded_is_no_difference() {
    let mut parcel = parcel();
    parcel.order.tax_total = "28.20".parse().unwrap();
    assert_eq!(codes(&parcel.x_ray()), [""; 0]);
    parcel.order.tax_total = "28.18".parse().unwrap();
    let found = parcel.x_ray();
    assert_eq!(codes(&found), ["paid_sum", "tax_total"]);
    assert_eq!(found[0].tolerance.as_deref(), Some("0.02"));
}

#[test]
fn missing_papers_are_asked_for_and_the_rest_is_still_compared() {
    let mut parcel = parcel();
    parcel.list.buyer_name = Personal::new("丙寅");
    let papers = Papers {
        order: Some(&parcel.order),
        list: Some(&parcel.list),
        ..Papers::default()
    };
    let found = compare(papers, &parcel.known, &law());
    assert_eq!(
        codes(&found),
        ["paper_missing", "paper_missing", "buyer_name"]
    );
}

#[test]
fn lines_that_draw_on_one_ledger_item_are_weighed_together() {
    let mut parcel = parcel();
    parcel.booked().available = "3".parse().unwrap();
    let mut second = parcel.list.lines[0].clone();
    second.gnum = 2;
    parcel.list.lines.push(second);
    let found = parcel.x_ray();
    let short = found
        .iter()
        .find(|f| f.message.code == "comparison.ledger_short")
        .unwrap();
    assert_eq!((short.line, short.right.value.as_str()), (Some(2), "4"));
}

#[test]
fn one_dear_item_may_pass_where_two_may_not() {
    let mut parcel = parcel();
    parcel.order.goods_value = "6000".parse().unwrap();
    parcel.order.lines[0].qty = Quantity::whole(1).unwrap();
    let limited = |p: &Parcel| codes(&p.x_ray()).contains(&"transaction_limit");
    assert!(!limited(&parcel));
    parcel.order.lines[0].qty = Quantity::whole(2).unwrap();
    assert!(limited(&parcel));
}

#[test]
fn a_mistyped_identity_number_is_doubtful_not_final() {
    let mut parcel = parcel();
    let mistyped = Personal::new("110105194912310021");
    parcel.order.buyer_id_number = mistyped.clone();
    parcel.payment.payer_id_number = mistyped.clone();
    parcel.list.buyer_id_number = mistyped;
    let found = parcel.x_ray();
    assert_eq!(codes(&found), ["id_number"]);
    assert_eq!(found[0].severity, Severity::Doubtful);
    assert!(may_be_declared(&found));
}

proptest! {
    #[test]
    fn no_figures_take_the_comparison_down(
        goods in any::<i64>(), paid in any::<i64>(), qty in any::<i64>(), price in any::<i64>(), weight in any::<i64>(),
    ) {
        let mut parcel = parcel();
        parcel.order.goods_value = Money::from_units(goods);
        parcel.order.actual_paid = Money::from_units(paid);
        parcel.order.lines[0].qty = Quantity::from_units(qty);
        parcel.order.lines[0].price = Some(Money::from_units(price));
        parcel.list.gross_weight = Weight::from_units(weight);
        let found = parcel.x_ray();
        prop_assert_eq!(may_be_declared(&found), found.iter().all(|f| f.severity == Severity::Doubtful));
    }
}
