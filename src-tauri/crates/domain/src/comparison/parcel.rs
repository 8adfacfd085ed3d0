//! Is the parcel declared the parcel the carrier holds?

use super::{Finding, Fixer, Paper, Papers, Side, Tolerances, near, same_text, says};
use crate::customs::{DeclarationList, Order, Waybill};
use crate::personal::PersonalKind;
use crate::quantity::Weight;

pub(super) fn check(papers: Papers<'_>, tolerances: &Tolerances, found: &mut Vec<Finding>) {
    if let (Some(order), Some(waybill)) = (papers.order, papers.waybill) {
        consignee(order, waybill, found);
    }
    if let (Some(order), Some(list)) = (papers.order, papers.list)
        && !same_text(
            order.consignee_address.reveal(),
            list.consignee_address.reveal(),
        )
    {
        let left = Side::person(
            Paper::Order,
            "consigneeAddress",
            &order.consignee_address,
            PersonalKind::Address,
        );
        let right = Side::person(
            Paper::List,
            "consigneeAddress",
            &list.consignee_address,
            PersonalKind::Address,
        );
        found.push(
            Finding::new(left, right, Fixer::Declarant, |l, r| says::address(l, r)).doubtful(),
        );
    }
    if let Some(list) = papers.list {
        weights(list, found);
        if list.pack_no != tolerances.pieces {
            let sides = (
                Side::of(Paper::Law, "packNo", tolerances.pieces),
                Side::of(Paper::List, "packNo", list.pack_no),
            );
            found.push(
                Finding::new(sides.0, sides.1, Fixer::Declarant, |l, r| {
                    says::pieces(l, r)
                })
                .doubtful(),
            );
        }
        if let Some(waybill) = papers.waybill {
            carried(waybill, list, tolerances, found);
        }
    }
}

fn consignee(order: &Order, waybill: &Waybill, found: &mut Vec<Finding>) {
    if !same_text(order.consignee.reveal(), waybill.consignee.reveal()) {
        let left = Side::person(
            Paper::Order,
            "consignee",
            &order.consignee,
            PersonalKind::Name,
        );
        let right = Side::person(
            Paper::Waybill,
            "consignee",
            &waybill.consignee,
            PersonalKind::Name,
        );
        found.push(Finding::new(left, right, Fixer::Carrier, |l, r| {
            says::consignee(l, r)
        }));
    }
    if !same_text(
        order.consignee_telephone.reveal(),
        waybill.consignee_telephone.reveal(),
    ) {
        let left = Side::person(
            Paper::Order,
            "consigneeTelephone",
            &order.consignee_telephone,
            PersonalKind::Phone,
        );
        let right = Side::person(
            Paper::Waybill,
            "consigneeTelephone",
            &waybill.consignee_telephone,
            PersonalKind::Phone,
        );
        found.push(Finding::new(left, right, Fixer::Carrier, |l, r| {
            says::consignee_phone(l, r)
        }));
    }
    if !same_text(
        order.consignee_address.reveal(),
        waybill.consignee_address.reveal(),
    ) {
        let left = Side::person(
            Paper::Order,
            "consigneeAddress",
            &order.consignee_address,
            PersonalKind::Address,
        );
        let right = Side::person(
            Paper::Waybill,
            "consigneeAddress",
            &waybill.consignee_address,
            PersonalKind::Address,
        );
        found.push(Finding::new(left, right, Fixer::Carrier, |l, r| {
            says::address(l, r)
        }));
    }
}

fn carried(
    waybill: &Waybill,
    list: &DeclarationList,
    tolerances: &Tolerances,
    found: &mut Vec<Finding>,
) {
    if waybill.logistics_no != list.logistics_no {
        let sides = (
            Side::of(Paper::Waybill, "logisticsNo", &waybill.logistics_no),
            Side::of(Paper::List, "logisticsNo", &list.logistics_no),
        );
        found.push(Finding::new(sides.0, sides.1, Fixer::Declarant, |l, r| {
            says::waybill_no(l, r)
        }));
    }
    if waybill.logistics_code != list.logistics_code {
        let left = Side::of(Paper::Waybill, "logisticsCode", &waybill.logistics_code);
        let right = Side::of(Paper::List, "logisticsCode", &list.logistics_code);
        found.push(Finding::new(left, right, Fixer::Declarant, |l, r| {
            says::carrier(l, r)
        }));
    }
    let tolerance = tolerances.amount_tolerance;
    if !near(waybill.freight, list.freight, tolerance) {
        let sides = (
            Side::of(Paper::Waybill, "freight", waybill.freight),
            Side::of(Paper::List, "freight", list.freight),
        );
        found.push(
            Finding::new(sides.0, sides.1, Fixer::Declarant, |l, r| {
                says::freight(l, r)
            })
            .within(tolerance),
        );
    }
    if !near(waybill.insured_fee, list.insured_fee, tolerance) {
        let left = Side::of(Paper::Waybill, "insuredFee", waybill.insured_fee);
        let right = Side::of(Paper::List, "insuredFee", list.insured_fee);
        found.push(
            Finding::new(left, right, Fixer::Declarant, |l, r| says::insurance(l, r))
                .within(tolerance),
        );
    }
    let allowed = allowed_difference(list.gross_weight, tolerances);
    let difference = waybill
        .weight
        .minus(list.gross_weight)
        .map_or(u64::MAX, |d| d.units().unsigned_abs());
    if difference > allowed.units().unsigned_abs() {
        let sides = (
            Side::of(Paper::Waybill, "weight", waybill.weight),
            Side::of(Paper::List, "grossWeight", list.gross_weight),
        );
        found.push(
            Finding::new(sides.0, sides.1, Fixer::Carrier, |l, r| says::weighed(l, r))
                .within(allowed)
                .doubtful(),
        );
    }
}

/// The fixed tolerance or the share of the gross weight, whichever is more.
fn allowed_difference(gross: Weight, tolerances: &Tolerances) -> Weight {
    let share = gross
        .to_decimal()
        .checked_mul(tolerances.weight_share.to_decimal())
        .and_then(|share| Weight::from_decimal(share.round_dp(5)).ok())
        .unwrap_or_default();
    share.max(tolerances.weight_tolerance)
}

fn weights(list: &DeclarationList, found: &mut Vec<Finding>) {
    if !list.net_weight.is_positive() || list.net_weight > list.gross_weight {
        let sides = (
            Side::of(Paper::List, "grossWeight", list.gross_weight),
            Side::of(Paper::List, "netWeight", list.net_weight),
        );
        found.push(Finding::new(sides.0, sides.1, Fixer::Declarant, |l, r| {
            says::weights(l, r)
        }));
    }
}
