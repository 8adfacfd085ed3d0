//! The pre-check of order, payment and waybill before a list is declared.
//!
//! All differences at once, each a message; what customs itself compares is customs' to say.

use crate::says;
use bondhouse_domain::customs::{Order, Payment, Waybill};
use bondhouse_domain::message::Message;

/// Everything that keeps the three documents from agreeing; empty when they do.
pub(crate) fn differences(order: &Order, payment: Option<&Payment>, waybill: Option<&Waybill>) -> Vec<Message> {
    let mut found = Vec::new();
    let paid = [order.freight, order.tax_total]
        .into_iter()
        .try_fold(order.goods_value, |sum, part| sum.plus(part))
        .and_then(|sum| sum.minus(order.discount));
    if paid != Some(order.actual_paid) {
        found.push(says::amounts_differ("acturalPaid").0);
    }
    match payment {
        None => found.push(says::no_payment(order.key()).0),
        Some(payment) => {
            let same_person = payment.payer_name == order.buyer_name && payment.payer_id_number == order.buyer_id_number;
            if !same_person {
                found.push(says::buyer_is_not_payer(order.key()).0);
            }
            if payment.amount_paid != order.actual_paid {
                found.push(says::amounts_differ("amountPaid").0);
            }
        }
    }
    if let Some(waybill) = waybill {
        let same_consignee = waybill.consignee == order.consignee
            && waybill.consignee_address == order.consignee_address
            && waybill.consignee_telephone == order.consignee_telephone;
        if !same_consignee {
            found.push(says::consignee_differs(order.key()).0);
        }
    }
    found
}
