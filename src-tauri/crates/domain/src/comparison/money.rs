//! Do the sums hold, was that paid, and does the law let the amount pass?

use super::{Finding, Fixer, Known, Paper, Papers, Side, near, says};
use crate::customs::{DeclarationList, Order};
use crate::quantity::{Money, Quantity};
use crate::tax::RetailLaw;

pub(super) fn check(papers: Papers<'_>, known: &Known, law: &RetailLaw, found: &mut Vec<Finding>) {
    let tolerance = law.comparison.amount_tolerance;
    if let Some(order) = papers.order {
        sums(order, tolerance, found);
        paid(order, papers, tolerance, found);
        limits(order, papers.list, known, law, found);
        if let Some(due) = known
            .tax
            .filter(|due| !near(*due, order.tax_total, tolerance))
        {
            let sides = (
                Side::of(Paper::Law, "tax", due),
                Side::of(Paper::Order, "taxTotal", order.tax_total),
            );
            found.push(
                Finding::new(sides.0, sides.1, Fixer::Platform, |l, r| {
                    says::tax_total(l, r)
                })
                .within(tolerance)
                .doubtful(),
            );
        }
    }
    if let Some(list) = papers.list {
        for line in &list.lines {
            if let Some(price) = line.price {
                line_total(
                    Paper::List,
                    line.gnum,
                    line.qty,
                    price,
                    line.total_price,
                    (tolerance, Fixer::Declarant),
                    found,
                );
            }
        }
    }
    currency(papers, &law.comparison.currency, found);
}

fn sums(order: &Order, tolerance: Money, found: &mut Vec<Finding>) {
    let due = Money::sum([order.goods_value, order.freight, order.tax_total])
        .and_then(|sum| sum.minus(order.discount));
    if due.is_none_or(|due| !near(due, order.actual_paid, tolerance)) {
        let left = Side::of(
            Paper::Order,
            "goodsValue+freight+taxTotal-discount",
            due.map(|d| d.to_string()).unwrap_or_default(),
        );
        let right = Side::of(Paper::Order, "acturalPaid", order.actual_paid);
        found.push(
            Finding::new(left, right, Fixer::Platform, |l, r| says::paid_sum(l, r))
                .within(tolerance),
        );
    }
    let lines = Money::sum(order.lines.iter().map(|line| line.total_price));
    if lines.is_none_or(|lines| !near(lines, order.goods_value, tolerance)) {
        let left = Side::of(
            Paper::Order,
            "OrderList/totalPrice",
            lines.map(|sum| sum.to_string()).unwrap_or_default(),
        );
        let right = Side::of(Paper::Order, "goodsValue", order.goods_value);
        found.push(
            Finding::new(left, right, Fixer::Platform, |l, r| says::goods_sum(l, r))
                .within(tolerance),
        );
    }
    for line in &order.lines {
        if let Some(price) = line.price {
            line_total(
                Paper::Order,
                line.gnum,
                line.qty,
                price,
                line.total_price,
                (tolerance, Fixer::Platform),
                found,
            );
        }
    }
}

fn line_total(
    paper: Paper,
    gnum: u32,
    qty: Quantity,
    price: Money,
    total: Money,
    (tolerance, fixer): (Money, Fixer),
    found: &mut Vec<Finding>,
) {
    let product = price
        .to_decimal()
        .checked_mul(qty.to_decimal())
        .map(|product| product.normalize());
    let holds = product
        .and_then(|product| product.checked_sub(total.to_decimal()))
        .is_some_and(|difference| difference.abs() <= tolerance.to_decimal());
    if !holds {
        let left = Side::of(
            paper,
            "price*qty",
            product.map(|p| p.to_string()).unwrap_or_default(),
        );
        let right = Side::of(paper, "totalPrice", total);
        let say = |l: &str, r: &str| says::line_total(gnum, l, r);
        found.push(
            Finding::new(left, right, fixer, say)
                .on_line(gnum)
                .within(tolerance),
        );
    }
}

fn paid(order: &Order, papers: Papers<'_>, tolerance: Money, found: &mut Vec<Finding>) {
    let Some(payment) = papers.payment else {
        return;
    };
    if !near(order.actual_paid, payment.amount_paid, tolerance) {
        let sides = (
            Side::of(Paper::Order, "acturalPaid", order.actual_paid),
            Side::of(Paper::Payment, "amountPaid", payment.amount_paid),
        );
        found.push(
            Finding::new(sides.0, sides.1, Fixer::Platform, |l, r| {
                says::amount_paid(l, r)
            })
            .within(tolerance),
        );
    }
    // Orders often leave the payment firm out; what they give must agree.
    if !order.pay_code.is_empty() && order.pay_code != payment.pay_code {
        let sides = (
            Side::of(Paper::Payment, "payCode", &payment.pay_code),
            Side::of(Paper::Order, "payCode", &order.pay_code),
        );
        found.push(
            Finding::new(sides.0, sides.1, Fixer::Platform, |l, r| {
                says::payment_firm(l, r)
            })
            .earns("13035"),
        );
    }
    if !order.pay_transaction_id.is_empty()
        && order.pay_transaction_id != payment.pay_transaction_id
    {
        let left = Side::of(
            Paper::Payment,
            "payTransactionId",
            &payment.pay_transaction_id,
        );
        let right = Side::of(Paper::Order, "payTransactionId", &order.pay_transaction_id);
        found.push(Finding::new(left, right, Fixer::Platform, |l, r| {
            says::payment_no(l, r)
        }));
    }
}

fn currency(papers: Papers<'_>, only: &str, found: &mut Vec<Finding>) {
    let given = [
        (
            Paper::Order,
            papers.order.map(|order| &order.currency),
            Fixer::Platform,
        ),
        (
            Paper::Payment,
            papers.payment.map(|payment| &payment.currency),
            Fixer::PaymentFirm,
        ),
        (
            Paper::List,
            papers.list.map(|list| &list.currency),
            Fixer::Declarant,
        ),
    ];
    for (paper, currency, fixer) in given {
        if let Some(currency) = currency.filter(|currency| *currency != only) {
            let sides = (
                Side::of(Paper::Law, "currency", only),
                Side::of(paper, "currency", currency),
            );
            found.push(Finding::new(sides.0, sides.1, fixer, |l, r| {
                says::currency(l, r)
            }));
        }
    }
}

fn limits(
    order: &Order,
    list: Option<&DeclarationList>,
    known: &Known,
    law: &RetailLaw,
    found: &mut Vec<Finding>,
) {
    let insurance = list.map_or(Money::ZERO, |list| list.insured_fee);
    let Some(value) = Money::sum([order.goods_value, order.freight, insurance]) else {
        return;
    };
    let single = matches!(order.lines.as_slice(), [only] if only.qty.as_whole() == Some(1));
    if value > law.per_transaction && !single {
        let sides = (
            Side::of(Paper::Law, "per_transaction", law.per_transaction),
            Side::of(Paper::Order, "goodsValue+freight", value),
        );
        found.push(Finding::new(sides.0, sides.1, Fixer::Platform, |l, r| {
            says::transaction_limit(l, r)
        }));
    }
    if let Some(spent) = known.spent_this_year
        && spent.plus(value).is_none_or(|year| year > law.per_year)
    {
        let left = Side::of(
            Paper::Law,
            "per_year",
            law.per_year.minus(spent).unwrap_or_default(),
        );
        let right = Side::of(Paper::Order, "goodsValue+freight", value);
        found.push(
            Finding::new(left, right, Fixer::Buyer, |l, r| says::annual_limit(l, r)).earns("1313"),
        );
    }
    let tax = known.tax.unwrap_or(order.tax_total);
    if let Some(left) = known.guarantee_left.filter(|left| *left < tax) {
        let sides = (
            Side::of(Paper::Law, "guarantee", left),
            Side::of(Paper::Order, "taxTotal", tax),
        );
        found.push(
            Finding::new(sides.0, sides.1, Fixer::Guarantor, |l, r| {
                says::guarantee(l, r)
            })
            .earns("1311"),
        );
    }
}
