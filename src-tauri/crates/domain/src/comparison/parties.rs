//! Are the papers there, do they speak of one order, and is the buyer the payer?

use super::{Finding, Fixer, Known, Paper, Papers, Side, same_text, says};
use crate::personal::{Personal, PersonalKind};

pub(super) fn check(papers: Papers<'_>, known: &Known, found: &mut Vec<Finding>) {
    presence(papers, found);
    numbers(papers, found);
    people(papers, known, found);
}

fn presence(papers: Papers<'_>, found: &mut Vec<Finding>) {
    let wanted = [
        (
            papers.order.is_none(),
            Paper::Order,
            "CEB311",
            Fixer::Platform,
        ),
        (
            papers.payment.is_none(),
            Paper::Payment,
            "CEB411",
            Fixer::PaymentFirm,
        ),
        (
            papers.waybill.is_none(),
            Paper::Waybill,
            "CEB511",
            Fixer::Carrier,
        ),
    ];
    for (missing, paper, message, fixer) in wanted {
        if missing {
            let left = Side::of(Paper::List, message, "");
            let right = Side::of(paper, message, "");
            // Customs waits: the list stays at status 2 until the paper comes.
            found.push(
                Finding::new(left, right, fixer, |_, _| says::paper_missing(message)).earns("2"),
            );
        }
    }
}

fn numbers(papers: Papers<'_>, found: &mut Vec<Finding>) {
    // The order's word counts; while it has not come, the list's.
    let (paper, order_no, platform) = match (papers.order, papers.list) {
        (Some(order), _) => (Paper::Order, &order.order_no, &order.ebp_code),
        (None, Some(list)) => (Paper::List, &list.order_no, &list.ebp_code),
        (None, None) => return,
    };
    let mut against =
        |field: &str, left: &str, other: Paper, right: &str, fixer: Fixer, say: Say| {
            if left.trim() != right.trim() {
                let sides = (Side::of(paper, field, left), Side::of(other, field, right));
                found.push(Finding::new(sides.0, sides.1, fixer, say));
            }
        };
    if let Some(payment) = papers.payment {
        against(
            "orderNo",
            order_no,
            Paper::Payment,
            &payment.order_no,
            Fixer::PaymentFirm,
            |l, r| says::order_no(l, r),
        );
        against(
            "ebpCode",
            platform,
            Paper::Payment,
            &payment.ebp_code,
            Fixer::PaymentFirm,
            |l, r| says::platform(l, r),
        );
    }
    if let (Some(order), Some(list)) = (papers.order, papers.list) {
        against(
            "orderNo",
            order_no,
            Paper::List,
            &list.order_no,
            Fixer::Declarant,
            |l, r| says::order_no(l, r),
        );
        against(
            "ebpCode",
            platform,
            Paper::List,
            &list.ebp_code,
            Fixer::Declarant,
            |l, r| says::platform(l, r),
        );
        against(
            "ebcCode",
            &order.ebc_code,
            Paper::List,
            &list.ebc_code,
            Fixer::Declarant,
            |l, r| says::merchant(l, r),
        );
    }
    // The older waybill carries no order number.
    if let Some(waybill) = papers
        .waybill
        .filter(|waybill| !waybill.order_no.is_empty())
    {
        against(
            "orderNo",
            order_no,
            Paper::Waybill,
            &waybill.order_no,
            Fixer::Carrier,
            |l, r| says::order_no(l, r),
        );
    }
}

type Say = fn(&str, &str) -> crate::message::Refusal;

/// A value about a person on one paper: paper, element, value.
type Held<'a> = (Paper, &'a str, &'a Personal);

fn people(papers: Papers<'_>, known: &Known, found: &mut Vec<Finding>) {
    let mut differ = |left: Held<'_>,
                      right: Held<'_>,
                      kind: PersonalKind,
                      fixer: Fixer,
                      code: &str,
                      say: Say| {
        let same = match kind {
            PersonalKind::IdNumber => left
                .2
                .reveal()
                .trim()
                .eq_ignore_ascii_case(right.2.reveal().trim()),
            _ => same_text(left.2.reveal(), right.2.reveal()),
        };
        if !same {
            let sides = (
                Side::person(left.0, left.1, left.2, kind),
                Side::person(right.0, right.1, right.2, kind),
            );
            found.push(Finding::new(sides.0, sides.1, fixer, say).earns(code));
        }
    };
    let buyer = match (papers.order, papers.list) {
        (Some(order), _) => Some((Paper::Order, &order.buyer_name, &order.buyer_id_number)),
        (None, Some(list)) => Some((Paper::List, &list.buyer_name, &list.buyer_id_number)),
        (None, None) => None,
    };
    if let (Some((paper, name, id)), Some(payment)) = (buyer, papers.payment) {
        let (payer, payer_id) = (
            (Paper::Payment, "payerName", &payment.payer_name),
            (Paper::Payment, "payerIdNumber", &payment.payer_id_number),
        );
        differ(
            (paper, "buyerName", name),
            payer,
            PersonalKind::Name,
            Fixer::Platform,
            "1327",
            |l, r| says::payer_name(l, r),
        );
        differ(
            (paper, "buyerIdNumber", id),
            payer_id,
            PersonalKind::IdNumber,
            Fixer::Platform,
            "1327",
            |l, r| says::payer_id(l, r),
        );
    }
    if let (Some(order), Some(list)) = (papers.order, papers.list) {
        let (name, id) = (
            (Paper::Order, "buyerName", &order.buyer_name),
            (Paper::Order, "buyerIdNumber", &order.buyer_id_number),
        );
        differ(
            name,
            (Paper::List, "buyerName", &list.buyer_name),
            PersonalKind::Name,
            Fixer::Declarant,
            "13127",
            |l, r| says::buyer_name(l, r),
        );
        differ(
            id,
            (Paper::List, "buyerIdNumber", &list.buyer_id_number),
            PersonalKind::IdNumber,
            Fixer::Declarant,
            "13127",
            |l, r| says::buyer_id(l, r),
        );
    }
    if let Some((paper, _, id)) = buyer {
        let id_type = papers
            .order
            .map(|order| &order.buyer_id_type)
            .or(papers.list.map(|list| &list.buyer_id_type));
        if id_type.is_some_and(|kind| kind == "1") && !is_resident_id(id.reveal()) {
            let right = Side::person(paper, "buyerIdNumber", id, PersonalKind::IdNumber);
            let left = Side::of(Paper::Law, "GB 11643", "");
            found.push(
                Finding::new(left, right, Fixer::Buyer, |l, r| says::id_number(l, r)).doubtful(),
            );
        }
        if known.identity_verified == Some(false) {
            let right = Side::person(paper, "buyerIdNumber", id, PersonalKind::IdNumber);
            let left = Side::of(Paper::Law, "identity", "");
            found.push(Finding::new(left, right, Fixer::Buyer, |l, r| {
                says::identity(l, r)
            }));
        }
    }
}

/// Whether 18 characters end in the check character of GB 11643 (ISO 7064, MOD 11-2).
fn is_resident_id(number: &str) -> bool {
    let digits: Vec<u32> = number
        .trim()
        .chars()
        .map(|c| {
            if matches!(c, 'x' | 'X') {
                10
            } else {
                c.to_digit(10).unwrap_or(99)
            }
        })
        .collect();
    let Some((check, body)) = digits.split_last() else {
        return false;
    };
    if body.len() != 17 || body.iter().any(|digit| *digit > 9) || *check > 10 {
        return false;
    }
    // Weights are powers of two from the right; the sum with the check character leaves 1.
    let sum = digits
        .iter()
        .rev()
        .fold((0, 1), |(sum, weight), digit| {
            (sum + digit * weight, weight * 2 % 11)
        })
        .0;
    sum % 11 == 1
}

#[cfg(test)]
mod tests {
    use super::is_resident_id;

    #[test]
    fn a_mistyped_identity_number_is_found() {
        assert!(is_resident_id("11010519491231002X"));
        assert!(is_resident_id("11010519491231002x"));
        assert!(!is_resident_id("110105194912310021"));
        assert!(!is_resident_id("1101051949123100"));
        assert!(!is_resident_id(""));
    }
}
