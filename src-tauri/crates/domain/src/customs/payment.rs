//! The payment (支付单, CEB411): who paid how much for which order, sent by the payment firm.

use super::{Extra, Filing};
use crate::personal::Personal;
use crate::quantity::Money;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// A payment as the payment firm declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Payment {
    /// The declaration head.
    #[serde(flatten)]
    pub filing: Filing,
    /// Payment firm (支付企业), code.
    pub pay_code: String,
    /// Payment firm, name.
    pub pay_name: String,
    /// The firm's own number of the payment (支付流水号).
    pub pay_transaction_id: String,
    /// The order that was paid.
    pub order_no: String,
    /// E-commerce platform (电商平台), registration code.
    pub ebp_code: String,
    /// E-commerce platform, name.
    pub ebp_name: String,
    /// 1 resident identity card.
    pub payer_id_type: String,
    /// The payer's identity number.
    #[serde(with = "crate::personal::clear")]
    pub payer_id_number: Personal,
    /// The payer's real name; must be the buyer's.
    #[serde(with = "crate::personal::clear")]
    pub payer_name: Personal,
    /// The payer's telephone number.
    #[serde(with = "crate::personal::clear")]
    pub telephone: Personal,
    /// What was paid; must equal the order's `actual_paid`.
    pub amount_paid: Money,
    /// Currency, 142.
    pub currency: String,
    /// When it was paid.
    pub pay_time: Option<Instant>,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
