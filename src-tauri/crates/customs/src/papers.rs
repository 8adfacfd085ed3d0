//! The papers of many parcels, sorted to their parcels and compared (`bondctl customs compare`).
//!
//! Papers come in messages of many records and in any order. They belong together by order number,
//! within one platform where two use the same number. Four papers alone are one parcel whatever their
//! numbers say: that the numbers differ is then a finding, not a reason to call papers missing.

use crate::envelope::Message;
use crate::lines::Verdict;
use bondhouse_domain::comparison::{Finding, Known, Papers, compare, may_be_declared};
use bondhouse_domain::customs::{DeclarationList, Document, Order, Payment, Waybill};
use bondhouse_domain::tax::RetailLaw;
use serde::Serialize;
use std::collections::BTreeSet;

/// Papers collected from messages.
#[derive(Debug, Default)]
pub struct PaperChest {
    orders: Vec<Order>,
    payments: Vec<Payment>,
    waybills: Vec<Waybill>,
    lists: Vec<DeclarationList>,
}

/// What comparing one parcel came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Its platform.
    pub platform: String,
    /// Its order.
    pub order_no: String,
    /// Whether nothing found stops it.
    pub may_be_declared: bool,
    /// Every difference.
    pub findings: Vec<Finding>,
}

impl PaperChest {
    /// Adds the papers of a message; other documents are passed over. A later paper of the same number
    /// takes the place of an earlier one, as it does at customs.
    pub fn add(&mut self, message: Message) {
        for document in message.into_documents() {
            match document {
                Document::Order(order) => {
                    self.orders.retain(|known| known.key() != order.key());
                    self.orders.push(order);
                }
                Document::Payment(payment) => {
                    let key = |p: &Payment| {
                        (
                            p.pay_code.clone(),
                            p.pay_transaction_id.clone(),
                            p.order_no.clone(),
                        )
                    };
                    self.payments.retain(|known| key(known) != key(&payment));
                    self.payments.push(payment);
                }
                Document::Waybill(waybill) => {
                    self.waybills.retain(|known| known.key() != waybill.key());
                    self.waybills.push(waybill);
                }
                Document::DeclarationList(list) => {
                    self.lists
                        .retain(|known| known.order_key() != list.order_key());
                    self.lists.push(list);
                }
                _ => {}
            }
        }
    }

    /// Whether every kind of paper is there at most once.
    fn is_one_parcel(&self) -> bool {
        let most = [
            self.orders.len(),
            self.payments.len(),
            self.waybills.len(),
            self.lists.len(),
        ];
        most.into_iter().all(|count| count <= 1)
    }

    /// Compares parcel by parcel and hands out what each came to.
    pub fn compare(
        &self,
        known: &Known,
        law: &RetailLaw,
        emit: &mut impl FnMut(Compared),
    ) -> Verdict {
        let orders = self
            .orders
            .iter()
            .map(|o| (o.ebp_code.as_str(), o.order_no.as_str()));
        let lists = self
            .lists
            .iter()
            .map(|l| (l.ebp_code.as_str(), l.order_no.as_str()));
        let mut parcels: BTreeSet<(&str, &str)> = orders.chain(lists).collect();
        if self.is_one_parcel() {
            // The order names it, else the list.
            let named = self
                .orders
                .first()
                .map(|o| (o.ebp_code.as_str(), o.order_no.as_str()));
            parcels.retain(|parcel| named.is_none_or(|named| *parcel == named));
        }
        if parcels.is_empty() {
            return Verdict::Unusable;
        }
        let mut verdict = Verdict::Clean;
        for (platform, order_no) in parcels {
            let findings = compare(self.papers(platform, order_no), known, law);
            if !findings.is_empty() {
                verdict = Verdict::Found;
            }
            emit(Compared {
                platform: platform.to_owned(),
                order_no: order_no.to_owned(),
                may_be_declared: may_be_declared(&findings),
                findings,
            });
        }
        verdict
    }

    fn papers(&self, platform: &str, order_no: &str) -> Papers<'_> {
        if self.is_one_parcel() {
            return Papers {
                order: self.orders.first(),
                payment: self.payments.first(),
                waybill: self.waybills.first(),
                list: self.lists.first(),
            };
        }
        let list = theirs(&self.lists, platform, order_no, |l| {
            (&l.ebp_code, &l.order_no)
        });
        // Newer waybills name their order; to the older the list leads.
        let named = self
            .waybills
            .iter()
            .find(|w| !w.order_no.is_empty() && w.order_no == order_no);
        let led =
            || list.and_then(|list| self.waybills.iter().find(|w| w.key() == list.waybill_key()));
        Papers {
            order: theirs(&self.orders, platform, order_no, |o| {
                (&o.ebp_code, &o.order_no)
            }),
            payment: theirs(&self.payments, platform, order_no, |p| {
                (&p.ebp_code, &p.order_no)
            }),
            waybill: named.or_else(led),
            list,
        }
    }
}

/// The paper of an order: that of its own platform, else the only one that gives the number.
fn theirs<'a, T>(
    papers: &'a [T],
    platform: &str,
    order_no: &str,
    key: impl Fn(&T) -> (&String, &String),
) -> Option<&'a T> {
    let mut of_number = papers.iter().filter(|paper| key(paper).1 == order_no);
    let own = of_number.clone().find(|paper| key(paper).0 == platform);
    own.or_else(|| match (of_number.next(), of_number.next()) {
        (only, None) => only,
        _ => None,
    })
}
