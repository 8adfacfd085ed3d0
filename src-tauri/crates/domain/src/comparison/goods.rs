//! Are the goods declared the goods ordered, and does the ledger hold them?

use super::{Finding, Fixer, Known, Paper, Papers, Side, Tolerances, near, same_text, says};
use crate::customs::{DeclarationLine, DeclarationList, Order, OrderLine};
use crate::quantity::{Money, Quantity};
use std::collections::BTreeMap;

pub(super) fn check(
    papers: Papers<'_>,
    known: &Known,
    tolerances: &Tolerances,
    found: &mut Vec<Finding>,
) {
    let Some(list) = papers.list else { return };
    if let Some(order) = papers.order {
        pair(order, list, tolerances.amount_tolerance, found);
    }
    for line in &list.lines {
        if line.qty2.is_some() == line.unit2.is_empty() {
            let left = Side::of(Paper::List, "unit2", &line.unit2);
            let right = Side::of(
                Paper::List,
                "qty2",
                line.qty2.map(|qty| qty.to_string()).unwrap_or_default(),
            );
            let gnum = line.gnum;
            found.push(
                Finding::new(left, right, Fixer::Declarant, |_, _| {
                    says::legal_quantity(gnum)
                })
                .on_line(gnum),
            );
        }
    }
    if tolerances.bonded_modes.contains(&list.trade_mode) {
        bonded(list, known, found);
    }
}

fn pair(order: &Order, list: &DeclarationList, tolerance: Money, found: &mut Vec<Finding>) {
    let mut declared: BTreeMap<u32, &DeclarationLine> = BTreeMap::new();
    for line in &list.lines {
        let gnum = line.gnum;
        if declared.insert(gnum, line).is_some() {
            let sides = (
                Side::of(Paper::List, "gnum", gnum),
                Side::of(Paper::List, "gnum", gnum),
            );
            let twice = Finding::new(sides.0, sides.1, Fixer::Declarant, |_, _| {
                says::line_twice(gnum)
            });
            found.push(twice.on_line(gnum).earns("-621031"));
        }
    }
    for line in &order.lines {
        match declared.remove(&line.gnum) {
            Some(declared) => values(line, declared, tolerance, found),
            None => {
                let gnum = line.gnum;
                let sides = (
                    Side::of(Paper::Order, "gnum", gnum),
                    Side::of(Paper::List, "gnum", ""),
                );
                let missing = Finding::new(sides.0, sides.1, Fixer::Declarant, |_, _| {
                    says::line_missing(gnum)
                });
                found.push(missing.on_line(gnum).earns("1322"));
            }
        }
    }
    for gnum in declared.into_keys() {
        let sides = (
            Side::of(Paper::Order, "gnum", ""),
            Side::of(Paper::List, "gnum", gnum),
        );
        let extra = Finding::new(sides.0, sides.1, Fixer::Declarant, |_, _| {
            says::line_extra(gnum)
        });
        found.push(extra.on_line(gnum).earns("1322"));
    }
}

/// Every value of a paired line. What a sender may leave out is compared only when both gave it.
fn values(
    ordered: &OrderLine,
    declared: &DeclarationLine,
    tolerance: Money,
    found: &mut Vec<Finding>,
) {
    let gnum = ordered.gnum;
    let mut differ = |field: &str, left: String, right: String, within: Option<Money>| {
        let sides = (
            Side::of(Paper::Order, field, left),
            Side::of(Paper::List, field, right),
        );
        let finding = Finding::new(sides.0, sides.1, Fixer::Declarant, |l, r| {
            says::line_differs(gnum, field, l, r)
        });
        let tolerance = within.map(|tolerance| tolerance.to_string());
        found.push(
            Finding {
                tolerance,
                ..finding
            }
            .on_line(gnum)
            .earns("1322"),
        );
    };
    let texts = [
        ("itemNo", &ordered.item_no, &declared.item_no),
        ("itemName", &ordered.item_name, &declared.item_name),
        ("unit", &ordered.unit, &declared.unit),
        ("country", &ordered.country, &declared.country),
    ];
    for (field, left, right) in texts {
        if !left.is_empty() && !right.is_empty() && !same_text(left, right) {
            differ(field, left.clone(), right.clone(), None);
        }
    }
    if ordered.qty != declared.qty {
        differ(
            "qty",
            ordered.qty.to_string(),
            declared.qty.to_string(),
            None,
        );
    }
    if let (Some(left), Some(right)) = (ordered.price, declared.price)
        && !near(left, right, tolerance)
    {
        differ(
            "price",
            left.to_string(),
            right.to_string(),
            Some(tolerance),
        );
    }
    if !near(ordered.total_price, declared.total_price, tolerance) {
        differ(
            "totalPrice",
            ordered.total_price.to_string(),
            declared.total_price.to_string(),
            Some(tolerance),
        );
    }
}

fn bonded(list: &DeclarationList, known: &Known, found: &mut Vec<Finding>) {
    let mut empty = |field: &'static str, value: &str, line: Option<u32>| {
        if value.is_empty() {
            let sides = (
                Side::of(Paper::Law, field, ""),
                Side::of(Paper::List, field, ""),
            );
            let finding = Finding::new(sides.0, sides.1, Fixer::Declarant, |_, _| {
                says::bonded_field(field)
            });
            found.push(Finding { line, ..finding });
        }
    };
    empty("emsNo", &list.ems_no, None);
    empty("areaCode", &list.area_code, None);
    empty("areaName", &list.area_name, None);
    for line in &list.lines {
        empty("itemRecordNo", &line.item_record_no, Some(line.gnum));
        empty("itemNo", &line.item_no, Some(line.gnum));
    }
    if let Some(ledger) = &known.ledger {
        book(list, ledger, found);
    }
}

fn book(list: &DeclarationList, ledger: &[super::BookedItem], found: &mut Vec<Finding>) {
    let is_known = ledger.iter().any(|item| item.ledger_no == list.ems_no);
    // That no ledger is named at all was told already.
    if !ledger.is_empty() && !list.ems_no.is_empty() && !is_known {
        let mut known: Vec<&str> = ledger.iter().map(|item| item.ledger_no.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let sides = (
            Side::of(Paper::Ledger, "emsNo", known.join(" ")),
            Side::of(Paper::List, "emsNo", &list.ems_no),
        );
        found.push(Finding::new(sides.0, sides.1, Fixer::Declarant, |l, r| {
            says::ledger_no(l, r)
        }));
        return;
    }
    let mut taken: BTreeMap<&str, Quantity> = BTreeMap::new();
    for line in list
        .lines
        .iter()
        .filter(|line| !line.item_record_no.is_empty())
    {
        let gnum = line.gnum;
        let booked = ledger.iter().find(|item| {
            item.ledger_no == list.ems_no && item.item_record_no == line.item_record_no
        });
        let Some(booked) = booked else {
            let sides = (
                Side::of(Paper::Ledger, "itemRecordNo", ""),
                Side::of(Paper::List, "itemRecordNo", &line.item_record_no),
            );
            let unknown = Finding::new(sides.0, sides.1, Fixer::Declarant, |_, r| {
                says::ledger_item(gnum, r)
            });
            found.push(unknown.on_line(gnum));
            continue;
        };
        if booked.unit != line.unit {
            let sides = (
                Side::of(Paper::Ledger, "unit", &booked.unit),
                Side::of(Paper::List, "unit", &line.unit),
            );
            found.push(
                Finding::new(sides.0, sides.1, Fixer::Declarant, |l, r| {
                    says::ledger_unit(gnum, l, r)
                })
                .on_line(gnum),
            );
        }
        if !line.item_no.is_empty() && booked.item_no != line.item_no {
            let sides = (
                Side::of(Paper::Ledger, "itemNo", &booked.item_no),
                Side::of(Paper::List, "itemNo", &line.item_no),
            );
            found.push(
                Finding::new(sides.0, sides.1, Fixer::Declarant, |l, r| {
                    says::ledger_goods(gnum, l, r)
                })
                .on_line(gnum),
            );
        }
        // Several lines may draw on one ledger item: what counts is what they take together.
        let before = taken
            .get(line.item_record_no.as_str())
            .copied()
            .unwrap_or_default();
        let together = before
            .plus(line.qty)
            .unwrap_or(Quantity::from_units(i64::MAX));
        taken.insert(&line.item_record_no, together);
        if together > booked.available {
            let sides = (
                Side::of(Paper::Ledger, "available", booked.available),
                Side::of(Paper::List, "qty", together),
            );
            found.push(
                Finding::new(sides.0, sides.1, Fixer::Warehouse, |l, r| {
                    says::ledger_short(gnum, l, r)
                })
                .on_line(gnum),
            );
        }
    }
}
