//! The order (订单, CEB311): what a buyer bought, sent by the shop's platform.

use super::{Extra, Filing};
use crate::ids::OrderKey;
use crate::personal::Personal;
use crate::quantity::{Money, Quantity};
use serde::{Deserialize, Serialize};

/// An order as the e-commerce platform declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// The declaration head.
    #[serde(flatten)]
    pub filing: Filing,
    /// `I`, import.
    pub order_type: String,
    /// The order's number, unique on its platform (订单编号).
    pub order_no: String,
    /// E-commerce platform (电商平台), registration code.
    pub ebp_code: String,
    /// E-commerce platform, name.
    pub ebp_name: String,
    /// Merchant (电商企业), registration code.
    pub ebc_code: String,
    /// Merchant, name.
    pub ebc_name: String,
    /// Price of the goods including non-cash discounts (商品价格).
    pub goods_value: Money,
    /// Freight and charges, not part of the goods' price (运杂费).
    pub freight: Money,
    /// Non-cash discount: points, coupons (非现金抵扣).
    pub discount: Money,
    /// Tax the platform withholds (代扣税款).
    pub tax_total: Money,
    /// What was really paid: goods + freight + tax − discount (`acturalPaid` on the wire).
    pub actual_paid: Money,
    /// Currency, 142.
    pub currency: String,
    /// The buyer's account on the platform (订购人注册号).
    #[serde(with = "crate::personal::clear")]
    pub buyer_reg_no: Personal,
    /// The buyer's real name (订购人).
    #[serde(with = "crate::personal::clear")]
    pub buyer_name: Personal,
    /// The buyer's telephone number; older senders leave it out.
    #[serde(with = "crate::personal::clear")]
    pub buyer_telephone: Personal,
    /// 1 resident identity card.
    pub buyer_id_type: String,
    /// The buyer's identity number. Never leaves the platform.
    #[serde(with = "crate::personal::clear")]
    pub buyer_id_number: Personal,
    /// Payment firm (支付企业), code; often not given.
    pub pay_code: String,
    /// Payment firm, name.
    pub pay_name: String,
    /// Number of the payment (支付流水号).
    pub pay_transaction_id: String,
    /// Batch of the goods, free text.
    pub batch_numbers: String,
    /// Who receives the parcel (收货人); need not be the buyer.
    #[serde(with = "crate::personal::clear")]
    pub consignee: Personal,
    /// The consignee's telephone number.
    #[serde(with = "crate::personal::clear")]
    pub consignee_telephone: Personal,
    /// Where the parcel goes.
    #[serde(with = "crate::personal::clear")]
    pub consignee_address: Personal,
    /// Administrative division, 6 digits.
    pub consignee_district: String,
    /// Note.
    pub note: String,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderLine {
    /// Line number, paired with the declaration list's.
    pub gnum: u32,
    /// The merchant's item (企业商品货号).
    pub item_no: String,
    /// Name of the item.
    pub item_name: String,
    /// Model and specification; newer senders only.
    pub gmodel: String,
    /// Description.
    pub item_describe: String,
    /// Bar code, `无` when there is none.
    pub bar_code: String,
    /// Unit, customs code.
    pub unit: String,
    /// How many.
    pub qty: Quantity,
    /// Price of one; 0 for a gift.
    pub price: Option<Money>,
    /// Price of all.
    pub total_price: Money,
    /// Currency, 142.
    pub currency: String,
    /// Country of origin.
    pub country: String,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

impl Order {
    /// The order's natural key.
    pub fn key(&self) -> OrderKey {
        OrderKey {
            platform: self.ebp_code.clone(),
            order_no: self.order_no.clone(),
        }
    }
}
