//! Declaration lists: filed, compared once all papers are there, and answered step by step.

use super::book::Claims;
use super::rules::{self, Objection};
use super::{Accepted, Customs, Desk, News, OrderKey, Refusal};
use crate::dice::Dice;
use bondhouse_domain::customs::{
    Cancellation, DeclarationList, Document, MessageKind, Receipt, Refund,
};
use bondhouse_domain::time::Instant;
use std::collections::BTreeMap;

/// Where a list stands with customs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// A paper is missing.
    Waiting,
    /// Decided, or on the way to it.
    Accepted,
    /// Refused or cancelled.
    Closed,
    /// Its parcel is bundled in a booked note.
    Left,
}

/// A filed list.
#[derive(Debug)]
struct Filed {
    list: DeclarationList,
    stand: Stand,
    numbers: Numbers,
    /// When it will have been released, as far as that is decided.
    released: Option<Instant>,
}

/// The numbers customs gave it.
#[derive(Debug, Clone)]
struct Numbers {
    pre_no: String,
    invt_no: String,
}

/// The files of lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    by_cop_no: BTreeMap<String, Filed>,
    /// The newest list of an order.
    of_order: BTreeMap<OrderKey, String>,
    of_invt_no: BTreeMap<String, String>,
    refusals: BTreeMap<OrderKey, u32>,
    /// What a person bought this year, by identity number, in units of 1e-5 yuan.
    spent: BTreeMap<String, i64>,
}

impl Lists {
    /// Orders whose list waits for a waybill.
    pub(super) fn waiting_for_waybill(&self, waybill: &(String, String)) -> Vec<OrderKey> {
        let waiting = self.by_cop_no.values().filter(|filed| {
            filed.stand == Stand::Waiting
                && (&filed.list.logistics_code, &filed.list.logistics_no)
                    == (&waybill.0, &waybill.1)
        });
        waiting.map(|filed| order_key(&filed.list)).collect()
    }

    /// Whether a parcel was released by an instant and not stopped since.
    pub(super) fn is_released(&self, invt_no: &str, at: Instant) -> bool {
        let filed = self
            .of_invt_no
            .get(invt_no)
            .and_then(|cop_no| self.by_cop_no.get(cop_no));
        filed.is_some_and(|filed| {
            filed.stand == Stand::Accepted && filed.released.is_some_and(|since| since <= at)
        })
    }

    /// Its parcel is on its way out, or was sent back.
    pub(super) fn set_left(&mut self, invt_no: &str) {
        let cop_no = self.of_invt_no.get(invt_no).cloned();
        if let Some(filed) = cop_no.and_then(|cop_no| self.by_cop_no.get_mut(&cop_no)) {
            filed.stand = Stand::Left;
        }
    }
}

fn order_key(list: &DeclarationList) -> OrderKey {
    (list.ebp_code.clone(), list.order_no.clone())
}

fn claims(list: &DeclarationList) -> Claims {
    let lines = list.lines.iter();
    lines
        .map(|line| ((list.ems_no.clone(), line.item_record_no.clone()), line.qty))
        .collect()
}

fn value(list: &DeclarationList) -> i64 {
    let goods = list.lines.iter().fold(0i64, |sum, line| {
        sum.saturating_add(line.total_price.units())
    });
    goods.saturating_add(list.freight.units())
}

impl Customs {
    /// A list's name: its order's, and how often that was refused before.
    pub(super) fn name_of_list(&self, list: &DeclarationList) -> String {
        let times = self
            .lists
            .refusals
            .get(&order_key(list))
            .copied()
            .unwrap_or(0);
        format!("{} {times}", list.order_no)
    }

    pub(super) fn take_list(&mut self, list: DeclarationList, desk: &mut Desk<'_>) {
        let day = desk.zone.civil(desk.at);
        let numbers = Numbers {
            pre_no: format!("B{}{:09}", day.format("%Y%m%d"), desk.serial()),
            invt_no: format!(
                "{}{}I{:09}",
                list.customs_code,
                day.format("%Y"),
                desk.serial()
            ),
        };
        // Customs' own number of the list comes only with the second answer.
        let early = Numbers {
            invt_no: String::new(),
            ..numbers.clone()
        };
        let earlier = self.lists.by_cop_no.get(&list.cop_no);
        if earlier.is_some_and(|filed| filed.stand != Stand::Closed) {
            self.say(&list, &early, (500, "-621041", "清单重复申报"), desk);
            return;
        }
        let words = rules::missing(&self.papers, &list).unwrap_or("电子口岸申报中");
        self.say(&list, &early, (300, "2", words), desk);
        let (key, cop_no) = (order_key(&list), list.cop_no.clone());
        self.lists.of_order.insert(key.clone(), cop_no.clone());
        self.lists
            .of_invt_no
            .insert(numbers.invt_no.clone(), cop_no.clone());
        let filed = Filed {
            list,
            stand: Stand::Waiting,
            numbers,
            released: None,
        };
        self.lists.by_cop_no.insert(cop_no, filed);
        self.look_again(&key, desk);
    }

    /// Judges the newest list of an order, if it waits and everything is there now.
    pub(super) fn look_again(&mut self, key: &OrderKey, desk: &mut Desk<'_>) {
        let newest = self
            .lists
            .of_order
            .get(key)
            .and_then(|cop_no| self.lists.by_cop_no.get(cop_no));
        let Some(filed) = newest else { return };
        if filed.stand != Stand::Waiting || rules::missing(&self.papers, &filed.list).is_some() {
            return;
        }
        let (list, numbers) = (filed.list.clone(), filed.numbers.clone());
        let desk = &mut desk.with(self.name_of_list(&list));
        self.say(&list, &numbers, (900, "3", "发送海关成功"), desk);
        let mut dice = self.dice("list", desk);
        let objection = rules::object(&self.papers, &self.book, &self.lists.spent, &list)
            .filter(|_| !dice.happens(self.temper.overlooks))
            .or_else(|| {
                dice.happens(self.temper.refusals)
                    .then(|| Objection::by_hand("收件地址不详"))
            });
        match objection {
            Some(objection) => self.refuse(&list, &numbers, &objection, 1_800, desk),
            None => self.accept(&list, &numbers, &mut dice, desk),
        }
    }

    fn accept(
        &mut self,
        list: &DeclarationList,
        numbers: &Numbers,
        dice: &mut Dice,
        desk: &mut Desk<'_>,
    ) {
        self.book.speak_for(&claims(list));
        let spent = self
            .lists
            .spent
            .entry(list.buyer_id_number.reveal().to_owned())
            .or_default();
        *spent = spent.saturating_add(value(list));
        self.set(&list.cop_no, |filed| filed.stand = Stand::Accepted);
        let refused = self.lists.refusals.get(&order_key(list));
        desk.said.news.push(News::Accepted(Accepted {
            order_no: list.order_no.clone(),
            times: refused.copied().unwrap_or(0),
            at: desk.at,
        }));
        self.say(
            list,
            numbers,
            (1_800, "120", "[Code:1800;Desc:逻辑校验通过]"),
            desk,
        );
        let mut at = 1_800 + dice.between(1_500, 5_000);
        let cheap = rules::looks_cheap(&self.book, list);
        if cheap || dice.happens(self.temper.reviews) {
            self.say(
                list,
                numbers,
                (at, "300", "[Code:1200;Desc:等待人工审核]"),
                desk,
            );
            at += dice.between(20_000, 60_000);
            if dice.happens(self.temper.refused_by_hand) {
                let words = if cheap {
                    "价格明显偏低"
                } else {
                    "订购人信息存疑"
                };
                return self.refuse(list, numbers, &Objection::by_hand(words), at, desk);
            }
        }
        if dice.happens(self.temper.inspections) {
            self.say(list, numbers, (at, "500", "查验"), desk);
            at += dice.between(60_000, 180_000);
        }
        let released = "[Code:2600;Desc:放行]";
        self.say(list, numbers, (at, "800", released), desk);
        self.set(&list.cop_no, |filed| filed.released = Some(desk.after(at)));
        self.bill(list, &numbers.invt_no, at + 1_000, desk);
        desk.said.news.push(News::Released);
        if dice.happens(self.faults.contradictory) {
            self.say(
                list,
                numbers,
                (at + 5_000, "600", "挂起：收件地址待核实"),
                desk,
            );
            at += 5_000 + dice.between(20_000, 60_000);
            self.say(list, numbers, (at, "800", released), desk);
        }
    }

    fn refuse(
        &mut self,
        list: &DeclarationList,
        numbers: &Numbers,
        why: &Objection,
        after: u64,
        desk: &mut Desk<'_>,
    ) {
        // Below zero it is the port that speaks, and its number is the status itself.
        if why.code.starts_with('-') {
            self.say(list, numbers, (after, why.code, &why.words), desk);
        } else {
            let words = format!("[Code:{};Desc:{}]", why.code, why.words);
            self.say(list, numbers, (after, "100", &words), desk);
        }
        let times = self.lists.refusals.entry(order_key(list)).or_default();
        *times += 1;
        desk.said.news.push(News::Refused(Refusal {
            n: desk.n,
            order_no: list.order_no.clone(),
            times: *times,
            at: desk.after(after),
        }));
        self.close(&list.cop_no);
    }

    /// Files a list as over. What it had claimed in the book is free again.
    fn close(&mut self, cop_no: &str) {
        let Some(filed) = self.lists.by_cop_no.get_mut(cop_no) else {
            return;
        };
        if filed.stand == Stand::Accepted {
            self.book.free(&claims(&filed.list));
            let spent = self
                .lists
                .spent
                .entry(filed.list.buyer_id_number.reveal().to_owned())
                .or_default();
            *spent = spent.saturating_sub(value(&filed.list));
        }
        filed.stand = Stand::Closed;
    }

    fn set(&mut self, cop_no: &str, change: impl FnOnce(&mut Filed)) {
        if let Some(filed) = self.lists.by_cop_no.get_mut(cop_no) {
            change(filed);
        }
    }

    /// Answers a list: so many natural milliseconds after its document, with a status and words.
    fn say(
        &self,
        list: &DeclarationList,
        numbers: &Numbers,
        (after, status, words): (u64, &str, &str),
        desk: &mut Desk<'_>,
    ) {
        let at = desk.after(after);
        let receipt = Receipt {
            message: MessageKind::Ceb622,
            guid: self.dice(&format!("{status} {after}"), desk).guid(),
            customs_code: list.customs_code.clone(),
            ebp_code: list.ebp_code.clone(),
            ebc_code: list.ebc_code.clone(),
            agent_code: list.agent_code.clone(),
            cop_no: list.cop_no.clone(),
            pre_no: numbers.pre_no.clone(),
            invt_no: numbers.invt_no.clone(),
            return_status: status.to_owned(),
            return_time: Some(at),
            return_info: words.to_owned(),
            ..Receipt::default()
        };
        desk.answer(at, &format!("CEB622 {status}"), Document::Receipt(receipt));
    }

    pub(super) fn take_cancellation(&mut self, application: &Cancellation, desk: &mut Desk<'_>) {
        let cop_no = self.lists.of_invt_no.get(&application.invt_no).cloned();
        let stand = cop_no
            .as_ref()
            .and_then(|cop_no| self.lists.by_cop_no.get(cop_no))
            .map(|filed| filed.stand);
        self.say_of(
            MessageKind::Ceb624,
            application,
            (300, "2", "电子口岸申报中"),
            desk,
        );
        self.say_of(
            MessageKind::Ceb624,
            application,
            (900, "120", "[Code:1800;Desc:逻辑校验通过]"),
            desk,
        );
        match (stand, cop_no) {
            (Some(Stand::Waiting | Stand::Accepted), Some(cop_no)) => {
                self.say_of(
                    MessageKind::Ceb624,
                    application,
                    (4_000, "399", "[Code:2300;Desc:撤单申请审核通过]"),
                    desk,
                );
                if let Some(filed) = self
                    .lists
                    .by_cop_no
                    .get(&cop_no)
                    .filter(|filed| filed.released.is_some())
                {
                    self.void_bill(&filed.list, &filed.numbers.invt_no, 5_000, desk);
                }
                self.close(&cop_no);
            }
            _ => self.say_of(
                MessageKind::Ceb624,
                application,
                (
                    4_000,
                    "100",
                    "[Code:1300;Desc:人工退单：清单状态不允许撤销]",
                ),
                desk,
            ),
        }
    }

    pub(super) fn take_refund(&mut self, refund: &Refund, desk: &mut Desk<'_>) {
        let known = self.lists.of_invt_no.contains_key(&refund.head.invt_no);
        self.say_of(
            MessageKind::Ceb626,
            &refund.head,
            (300, "2", "电子口岸申报中"),
            desk,
        );
        let end = if known {
            (6_000, "399", "[Code:2300;Desc:退货申请审核通过]")
        } else {
            (6_000, "100", "[Code:1300;Desc:人工退单：清单不存在]")
        };
        self.say_of(MessageKind::Ceb626, &refund.head, end, desk);
    }

    /// Answers an application about a list.
    fn say_of(
        &self,
        message: MessageKind,
        head: &Cancellation,
        (after, status, words): (u64, &str, &str),
        desk: &mut Desk<'_>,
    ) {
        let at = desk.after(after);
        let receipt = Receipt {
            message,
            guid: self.dice(&format!("{status} {after}"), desk).guid(),
            customs_code: head.customs_code.clone(),
            ebp_code: head.ebp_code.clone(),
            ebc_code: head.ebc_code.clone(),
            agent_code: head.agent_code.clone(),
            cop_no: head.cop_no.clone(),
            pre_no: head.pre_no.clone(),
            invt_no: head.invt_no.clone(),
            return_status: status.to_owned(),
            return_time: Some(at),
            return_info: words.to_owned(),
            ..Receipt::default()
        };
        desk.answer(
            at,
            &format!("{message} {status}"),
            Document::Receipt(receipt),
        );
    }
}
