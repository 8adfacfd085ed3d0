//! What customs objects to in a declaration list, by rules written for this file alone.
//!
//! Deliberately not the platform's: coarser in some places (cents, not tolerances), finer in others
//! (price levels from its own ledger), so that each is tried against somebody else's judgement.
//! Codes are those seen in real receipts.

use super::book::{Book, Key};
use super::papers::Papers;
use bondhouse_domain::customs::{DeclarationList, Order, Payment};
use bondhouse_domain::quantity::Money;
use std::collections::BTreeMap;

/// A person's year, in units of 1e-5 yuan.
const YEAR: i64 = 26_000 * 100_000;

/// Why a list is refused: customs' code and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Objection {
    pub(super) code: &'static str,
    pub(super) words: String,
}

impl Objection {
    /// Code 1300: an official said so.
    pub(super) fn by_hand(words: &str) -> Self {
        objection("1300", format!("人工退单：{words}"))
    }
}

fn objection(code: &'static str, words: impl Into<String>) -> Objection {
    Objection {
        code,
        words: words.into(),
    }
}

/// Which of the three papers customs does not have yet, in its own words.
pub(super) fn missing(papers: &Papers, list: &DeclarationList) -> Option<&'static str> {
    let order = (list.ebp_code.clone(), list.order_no.clone());
    let waybill = (list.logistics_code.clone(), list.logistics_no.clone());
    if !papers.orders.contains_key(&order) {
        Some("订单信息不存在")
    } else if !papers.payments.contains_key(&order) {
        Some("支付单信息不存在")
    } else if !papers.waybills.contains_key(&waybill) {
        Some("运单信息不存在")
    } else {
        None
    }
}

/// The first thing wrong with a list, if anything is: customs names one and stops.
pub(super) fn object(
    papers: &Papers,
    book: &Book,
    spent: &BTreeMap<String, i64>,
    list: &DeclarationList,
) -> Option<Objection> {
    let key = (list.ebp_code.clone(), list.order_no.clone());
    let order = papers.orders.get(&key)?;
    let payment = papers.payments.get(&key)?;
    people(order, payment, list)
        .or_else(|| money(order, payment, spent))
        .or_else(|| lines(order, list))
        .or_else(|| parcel(papers, list))
        .or_else(|| ledger(book, list))
}

fn people(order: &Order, payment: &Payment, list: &DeclarationList) -> Option<Objection> {
    if order.buyer_id_number != payment.payer_id_number || order.buyer_name != payment.payer_name {
        return Some(objection(
            "1327",
            "订单购买人与支付单支付人名字或身份证号码不一致",
        ));
    }
    if list.buyer_id_number != order.buyer_id_number || list.buyer_name != order.buyer_name {
        return Some(objection("13127", "清单订购人与订单订购人不一致"));
    }
    None
}

fn money(order: &Order, payment: &Payment, spent: &BTreeMap<String, i64>) -> Option<Objection> {
    if !order.pay_code.is_empty() && order.pay_code != payment.pay_code {
        return Some(objection("13035", "订单支付企业与支付单支付企业不一致"));
    }
    // Customs reckons in whole cents.
    let cents = |money: Money| money.units() / 1_000;
    if cents(order.actual_paid) != cents(payment.amount_paid) {
        return Some(Objection::by_hand("支付金额与订单实际支付金额不一致"));
    }
    let value = order
        .goods_value
        .units()
        .saturating_add(order.freight.units());
    let year = spent
        .get(order.buyer_id_number.reveal())
        .copied()
        .unwrap_or(0);
    if year.saturating_add(value) > YEAR {
        let total = Money::from_units(year.saturating_add(value));
        return Some(objection(
            "1313",
            format!("超过年度限值,totalPrice:{total},limitPrice:26000"),
        ));
    }
    None
}

fn lines(order: &Order, list: &DeclarationList) -> Option<Objection> {
    let differs = || objection("1322", "订单商品与清单商品信息不一致");
    if order.lines.len() != list.lines.len() {
        return Some(differs());
    }
    for ordered in &order.lines {
        let same = list.lines.iter().filter(|line| line.gnum == ordered.gnum);
        let mut count = 0;
        for line in same {
            count += 1;
            if line.item_no != ordered.item_no
                || line.qty != ordered.qty
                || line.total_price != ordered.total_price
            {
                return Some(differs());
            }
        }
        if count != 1 {
            return Some(differs());
        }
    }
    None
}

fn parcel(papers: &Papers, list: &DeclarationList) -> Option<Objection> {
    let key = (list.logistics_code.clone(), list.logistics_no.clone());
    let waybill = papers.waybills.get(&key)?;
    if !list.net_weight.is_positive() || list.net_weight > list.gross_weight {
        return Some(Objection::by_hand("净重应大于零且不大于毛重"));
    }
    if waybill.consignee_address != list.consignee_address {
        return Some(Objection::by_hand("收件地址与运单不一致"));
    }
    None
}

fn ledger(book: &Book, list: &DeclarationList) -> Option<Objection> {
    let mut wanted: BTreeMap<Key, i64> = BTreeMap::new();
    for line in &list.lines {
        let key = (list.ems_no.clone(), line.item_record_no.clone());
        let unknown = || objection("-621001", format!("第{}项商品未在账册备案", line.gnum));
        let Some(booked) = book.line(&key) else {
            return Some(unknown());
        };
        if booked.hs_code != line.gcode || booked.unit != line.unit {
            return Some(unknown());
        }
        let sum = wanted.entry(key).or_default();
        *sum = sum.saturating_add(line.qty.units());
        if *sum > booked.available().units() {
            return Some(objection(
                "-621001",
                format!("第{}项商品账册余量不足", line.gnum),
            ));
        }
    }
    None
}

/// Whether a price is so far below the level at which the goods came in that someone must look.
pub(super) fn looks_cheap(book: &Book, list: &DeclarationList) -> bool {
    list.lines.iter().any(|line| {
        let key = (list.ems_no.clone(), line.item_record_no.clone());
        let level = book.line(&key).and_then(|booked| booked.price);
        match (line.price, level) {
            // Below two fifths.
            (Some(price), Some(level)) => {
                price.units().saturating_mul(5) < level.units().saturating_mul(2)
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Slip, World};
    use bondhouse_domain::customs::{BondedNoteLine, DeclarationLine, Waybill};
    use bondhouse_domain::ids::LedgerNo;
    use bondhouse_domain::personal::Personal;
    use bondhouse_domain::quantity::{Quantity, Weight};
    use bondhouse_domain::time::Instant;

    const LEDGER: &str = "T3105W000076";

    /// Everything customs looks at for one order, in agreement.
    struct Desk {
        papers: Papers,
        book: Book,
        spent: BTreeMap<String, i64>,
        list: DeclarationList,
    }

    impl Desk {
        fn in_order() -> Self {
            let founded = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
            let world = World::new(7, founded, &LedgerNo::new(LEDGER));
            let order = world.order(0).order;
            let payment = world.payment(0, Instant::from_millis(0), Slip::None);
            let kilogram = Weight::whole(1).unwrap();
            let mut list = DeclarationList {
                order_no: order.order_no.clone(),
                ebp_code: order.ebp_code.clone(),
                logistics_code: "C".into(),
                logistics_no: "W1".into(),
                ems_no: LEDGER.into(),
                buyer_id_number: order.buyer_id_number.clone(),
                buyer_name: order.buyer_name.clone(),
                consignee_address: order.consignee_address.clone(),
                gross_weight: kilogram,
                net_weight: kilogram,
                ..DeclarationList::default()
            };
            let mut book = Book::default();
            for line in &order.lines {
                let item = world
                    .items()
                    .iter()
                    .find(|item| item.told.item.as_str() == line.item_no)
                    .unwrap();
                let came = BondedNoteLine {
                    ledger_item_no: item.told.ledger.item_no.clone(),
                    hs_code: item.told.hs_code.clone(),
                    unit: item.told.unit.clone(),
                    price: Some(item.price),
                    qty: line.qty,
                    ..BondedNoteLine::default()
                };
                book.bring_in(LEDGER, &came);
                list.lines.push(DeclarationLine {
                    gnum: line.gnum,
                    item_record_no: came.ledger_item_no,
                    item_no: line.item_no.clone(),
                    gcode: came.hs_code,
                    unit: came.unit,
                    qty: line.qty,
                    price: line.price,
                    total_price: line.total_price,
                    ..DeclarationLine::default()
                });
            }
            let waybill = Waybill {
                consignee_address: order.consignee_address.clone(),
                ..Waybill::default()
            };
            let key = (order.ebp_code.clone(), order.order_no.clone());
            let mut papers = Papers::default();
            papers.waybills.insert(("C".into(), "W1".into()), waybill);
            papers.payments.insert(key.clone(), payment);
            papers.orders.insert(key, order);
            Self {
                papers,
                book,
                spent: BTreeMap::new(),
                list,
            }
        }

        fn objection(&self) -> Option<&'static str> {
            let found = object(&self.papers, &self.book, &self.spent, &self.list);
            found.map(|objection| objection.code)
        }

        fn order(&mut self) -> &mut Order {
            self.papers.orders.values_mut().next().unwrap()
        }

        fn payment(&mut self) -> &mut Payment {
            self.papers.payments.values_mut().next().unwrap()
        }
    }

    #[test]
    fn papers_that_agree_are_passed_and_each_difference_earns_its_code() {
        type Spoil = fn(&mut Desk);
        let cases: &[(Option<&str>, Spoil)] = &[
            (None, |_| {}),
            (Some("1327"), |desk| {
                desk.payment().payer_name = Personal::new("别人")
            }),
            (Some("13127"), |desk| {
                desk.list.buyer_name = Personal::new("别人")
            }),
            (Some("13035"), |desk| {
                desk.payment().pay_code = "别家".into()
            }),
            (Some("1300"), |desk| {
                desk.payment().amount_paid = Money::ZERO
            }),
            (Some("1313"), |desk| {
                let buyer = desk.order().buyer_id_number.reveal().to_owned();
                desk.spent.insert(buyer, YEAR);
            }),
            (Some("1322"), |desk| desk.list.lines.clear()),
            (Some("1322"), |desk| {
                desk.list.lines[0].qty = Quantity::whole(99).unwrap()
            }),
            (Some("1300"), |desk| {
                desk.list.gross_weight = Weight::from_units(1)
            }),
            (Some("1300"), |desk| {
                desk.list.consignee_address = Personal::new("别处")
            }),
            (Some("-621001"), |desk| {
                desk.list.lines[0].item_record_no = "1".into()
            }),
            (Some("-621001"), |desk| {
                desk.list.lines[0].unit = "999".into()
            }),
            (Some("-621001"), |desk| desk.book = Book::default()),
        ];
        for (n, (code, spoil)) in cases.iter().enumerate() {
            let mut desk = Desk::in_order();
            spoil(&mut desk);
            assert_eq!(desk.objection(), *code, "case {n}");
        }
    }

    #[test]
    fn a_price_far_below_the_level_it_came_in_at_is_looked_at() {
        let mut desk = Desk::in_order();
        assert!(!looks_cheap(&desk.book, &desk.list));
        desk.list.lines[0].price = Some(Money::whole(1).unwrap());
        assert!(looks_cheap(&desk.book, &desk.list));
    }

    #[test]
    fn a_missing_paper_is_named() {
        let mut desk = Desk::in_order();
        assert_eq!(missing(&desk.papers, &desk.list), None);
        desk.papers.payments.clear();
        assert_eq!(missing(&desk.papers, &desk.list), Some("支付单信息不存在"));
    }
}
