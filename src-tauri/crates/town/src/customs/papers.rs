//! Orders, payments and waybills: filed, acknowledged, and given to the lists that wait for them.

use super::{Customs, Desk, OrderKey};
use bondhouse_domain::customs::{Document, MessageKind, Order, Payment, Receipt, Waybill};
use std::collections::BTreeMap;

/// What every acknowledgement says.
const TAKEN: &str = "[Code:1800;Desc:逻辑校验通过]";

/// The files.
#[derive(Debug, Default)]
pub(super) struct Papers {
    pub(super) orders: BTreeMap<OrderKey, Order>,
    pub(super) payments: BTreeMap<OrderKey, Payment>,
    pub(super) waybills: BTreeMap<(String, String), Waybill>,
}

impl Customs {
    pub(super) fn take_order(&mut self, order: Order, desk: &mut Desk<'_>) {
        let key = (order.ebp_code.clone(), order.order_no.clone());
        let receipt = Receipt {
            message: MessageKind::Ceb312,
            ebp_code: order.ebp_code.clone(),
            ebc_code: order.ebc_code.clone(),
            order_no: order.order_no.clone(),
            ..Receipt::default()
        };
        self.acknowledge(receipt, desk);
        self.papers.orders.insert(key.clone(), order);
        self.look_again(&key, desk);
    }

    pub(super) fn take_payment(&mut self, payment: Payment, desk: &mut Desk<'_>) {
        let key = (payment.ebp_code.clone(), payment.order_no.clone());
        let receipt = Receipt {
            message: MessageKind::Ceb412,
            pay_code: payment.pay_code.clone(),
            pay_transaction_id: payment.pay_transaction_id.clone(),
            ..Receipt::default()
        };
        self.acknowledge(receipt, desk);
        self.papers.payments.insert(key.clone(), payment);
        self.look_again(&key, desk);
    }

    pub(super) fn take_waybill(&mut self, waybill: Waybill, desk: &mut Desk<'_>) {
        let receipt = Receipt {
            message: MessageKind::Ceb512,
            logistics_code: waybill.logistics_code.clone(),
            logistics_no: waybill.logistics_no.clone(),
            ..Receipt::default()
        };
        self.acknowledge(receipt, desk);
        let key = (waybill.logistics_code.clone(), waybill.logistics_no.clone());
        self.papers.waybills.insert(key.clone(), waybill);
        for order in self.lists.waiting_for_waybill(&key) {
            self.look_again(&order, desk);
        }
    }

    fn acknowledge(&self, receipt: Receipt, desk: &mut Desk<'_>) {
        let at = desk.after(800);
        let receipt = Receipt {
            guid: self.dice(receipt.message.as_str(), desk).guid(),
            return_status: "120".to_owned(),
            return_time: Some(at),
            return_info: TAKEN.to_owned(),
            ..receipt
        };
        let name = receipt.message.as_str();
        desk.answer(at, name, Document::Receipt(receipt));
    }
}
