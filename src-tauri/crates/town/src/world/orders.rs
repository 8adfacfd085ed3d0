//! Orders and their payments: the `n`-th of a town.
//!
//! A shop reckons its tax by its own short rule (whole cents), not by the platform's: what it charges
//! may differ from what others work out by a cent, as in life.

use super::World;
use super::items::{Item, MERCHANTS, TaxClass};
use super::people::{self, Buyer};
use super::places::{Firm, MARKETPLACE, OWN_SHOP, PAYERS};
use crate::dice::Dice;
use bondhouse_domain::customs::{Order, OrderLine, Payment};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::quantity::{Money, Quantity};
use bondhouse_domain::time::Instant;

/// Yuan, customs' code.
const YUAN: &str = "142";
const US_DOLLAR: &str = "502";
/// Freight is free from here, in cents.
const FREE_FROM: i64 = 19_900;
const FREIGHT: i64 = 1_000;

/// What went wrong at the payment institution, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// Nothing.
    None,
    /// Someone else's card was used.
    OtherPayer,
    /// The amount is off.
    OtherAmount,
    /// Fen are sent for yuan.
    InFen,
    /// Another currency is named.
    OtherCurrency,
}

/// An order and who is behind it.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The shop that sends it.
    pub shop: Firm,
    /// The institution that pays it.
    pub payer: Firm,
    /// The order, without head: that is written when it is sent.
    pub order: Order,
}

impl World {
    /// The number of the `n`-th order, from 0.
    pub fn order_no(&self, n: u64) -> String {
        format!("HT{:04}{:08}", self.seed % 10_000, n + 1)
    }

    /// Which order of ours a number names.
    pub(crate) fn order_number_of(&self, order_no: &str) -> Option<u64> {
        let n = order_no.get(6..)?.parse::<u64>().ok()?.checked_sub(1)?;
        (self.order_no(n) == order_no).then_some(n)
    }

    /// The `n`-th order of the town.
    pub fn order(&self, n: u64) -> Placed {
        let mut dice = Dice::of(self.seed, "order", n);
        let merchant = usize::try_from(dice.between(0, 2)).unwrap_or(0);
        let (ebc_code, ebc_name) = MERCHANTS.get(merchant).copied().unwrap_or_default();
        let shop = if merchant == 0 && dice.happens(500) {
            OWN_SHOP
        } else {
            MARKETPLACE
        };
        let payer = dice.pick(&PAYERS).copied().unwrap_or(PAYERS[0]);
        let buyer = people::buyer(self.seed, &mut dice);
        let lines = self.lines(merchant, n, &mut dice);
        let goods: i64 = lines.iter().map(|line| cents(line.total_price)).sum();
        let luxury = lines.iter().any(|line| self.is_luxury(&line.item_no));
        let freight = if goods >= FREE_FROM { 0 } else { FREIGHT };
        let tax = tax(goods + freight, luxury);
        let discount = if dice.happens(100) {
            100 * i64::try_from(dice.between(5, 20)).unwrap_or(5)
        } else {
            0
        };
        let (consignee, consignee_telephone) = receiver(self.seed, &buyer, &mut dice);
        let order = Order {
            order_type: "I".to_owned(),
            order_no: self.order_no(n),
            ebp_code: shop.code.to_owned(),
            ebp_name: shop.name.to_owned(),
            ebc_code: ebc_code.to_owned(),
            ebc_name: ebc_name.to_owned(),
            goods_value: money(goods),
            freight: money(freight),
            discount: money(discount),
            tax_total: money(tax),
            actual_paid: money(goods + freight + tax - discount),
            currency: YUAN.to_owned(),
            buyer_reg_no: buyer.account,
            buyer_name: buyer.name,
            buyer_telephone: buyer.phone,
            buyer_id_type: "1".to_owned(),
            buyer_id_number: buyer.id_number,
            pay_code: payer.code.to_owned(),
            pay_name: payer.name.to_owned(),
            pay_transaction_id: format!("{}{:04}{:010}", payer.code, self.seed % 10_000, n + 1),
            consignee,
            consignee_telephone,
            consignee_address: buyer.address,
            consignee_district: buyer.district.to_owned(),
            lines,
            ..Order::default()
        };
        Placed { shop, payer, order }
    }

    /// The same order once its shop has asked the buyer again, after the `times`-th refusal.
    pub(crate) fn corrected(&self, n: u64, times: u32) -> Placed {
        let mut placed = self.order(n);
        let address = placed.order.consignee_address.reveal();
        let checked = format!("{address}（已核实{times}）");
        placed.order.consignee_address = Personal::new(checked);
        placed
    }

    fn lines(&self, merchant: usize, n: u64, dice: &mut Dice) -> Vec<OrderLine> {
        let mut shelf: Vec<&Item> = self.items_of(merchant).take(Self::on_sale(n)).collect();
        let wanted = [1, 1, 1, 2, 2, 3];
        let mut lines = Vec::new();
        for gnum in 1..=dice.pick(&wanted).copied().unwrap_or(1) {
            let Some(item) = dice.pick(&shelf).copied() else {
                break;
            };
            shelf.retain(|other| other.told.item != item.told.item);
            let luxury = item.tax == TaxClass::Luxury;
            let pieces = if luxury {
                1
            } else {
                i64::try_from(dice.between(1, 3)).unwrap_or(1)
            };
            // What is taxed differently is ordered alone: the shops of the town send it apart.
            if luxury && gnum > 1 {
                continue;
            }
            lines.push(line(gnum, item, pieces));
            if luxury {
                break;
            }
        }
        for (line, gnum) in lines.iter_mut().zip(1..) {
            line.gnum = gnum;
        }
        lines
    }

    fn is_luxury(&self, item_no: &str) -> bool {
        let item = self
            .items
            .iter()
            .find(|item| item.told.item.as_str() == item_no);
        item.is_some_and(|item| item.tax == TaxClass::Luxury)
    }

    /// The payment of the `n`-th order as its institution sees it.
    pub(crate) fn payment(&self, n: u64, paid_at: Instant, slip: Slip) -> Payment {
        let Placed { payer, order, .. } = self.order(n);
        let (payer_name, payer_id_number) = if slip == Slip::OtherPayer {
            let other = people::person(self.seed, 10_000 + n % 100);
            (other.name, other.id_number)
        } else {
            (order.buyer_name, order.buyer_id_number)
        };
        let due = cents(order.actual_paid);
        let paid = match slip {
            Slip::OtherAmount => due + 100,
            Slip::InFen => due * 100,
            Slip::None | Slip::OtherPayer | Slip::OtherCurrency => due,
        };
        let currency = match slip {
            Slip::OtherCurrency => US_DOLLAR,
            Slip::None | Slip::OtherPayer | Slip::OtherAmount | Slip::InFen => YUAN,
        };
        Payment {
            pay_code: payer.code.to_owned(),
            pay_name: payer.name.to_owned(),
            pay_transaction_id: order.pay_transaction_id,
            order_no: order.order_no,
            ebp_code: order.ebp_code,
            ebp_name: order.ebp_name,
            payer_id_type: order.buyer_id_type,
            payer_id_number,
            payer_name,
            telephone: order.buyer_telephone,
            amount_paid: money(paid),
            currency: currency.to_owned(),
            // Customs' own form of time knows no milliseconds.
            pay_time: Some(Instant::from_millis(paid_at.as_millis() / 1_000 * 1_000)),
            ..Payment::default()
        }
    }
}

/// Most send it to themselves, some to somebody else.
fn receiver(seed: u64, buyer: &Buyer, dice: &mut Dice) -> (Personal, Personal) {
    if dice.happens(850) {
        return (buyer.name.clone(), buyer.phone.clone());
    }
    let other = people::buyer(seed, dice);
    (other.name, other.phone)
}

fn line(gnum: u32, item: &Item, pieces: i64) -> OrderLine {
    OrderLine {
        gnum,
        item_no: item.told.item.to_string(),
        item_name: item.told.name.clone(),
        gmodel: item.model.clone(),
        bar_code: item.gtin.clone(),
        unit: item.told.unit.clone(),
        qty: Quantity::whole(pieces).unwrap_or_default(),
        price: Some(item.price),
        total_price: money(cents(item.price) * pieces),
        currency: YUAN.to_owned(),
        country: item.told.origin.clone(),
        ..OrderLine::default()
    }
}

/// Tax in cents on a dutiable value in cents: 9.1 %, or 0.7 × (15 % + 13 %) ÷ 85 % for luxury.
fn tax(value: i64, luxury: bool) -> i64 {
    let (share, of) = if luxury { (196, 850) } else { (91, 1_000) };
    (value * share + of / 2) / of
}

/// A thousand units of 1e-5 yuan are a cent.
const fn money(cents: i64) -> Money {
    Money::from_units(cents * 1_000)
}

const fn cents(money: Money) -> i64 {
    money.units() / 1_000
}
