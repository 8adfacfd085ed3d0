//! The electronic tax bill (电子税单, CEB816) and its later status (CEB818): what customs says is due.
//!
//! This is the authoritative amount; [`crate::tax`] only estimates it.

use super::Extra;
use crate::quantity::Money;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// The tax of one declaration list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxBill {
    /// Number of this message.
    pub guid: String,
    /// When customs wrote it.
    pub return_time: Option<Instant>,
    /// The declaration list taxed.
    pub invt_no: String,
    /// Number of the bill, list number and a serial.
    pub tax_no: String,
    /// Tariff (关税).
    pub customs_tax: Money,
    /// Value added tax (增值税).
    pub value_added_tax: Money,
    /// Consumption tax (消费税).
    pub consumption_tax: Money,
    /// 1 generated, 2 summarised, 3 void.
    pub status: String,
    /// Number of the firm's summary bill.
    pub ent_duty_no: String,
    /// Note.
    pub note: String,
    /// Who guaranteed it.
    pub assure_code: String,
    /// Merchant, code.
    pub ebc_code: String,
    /// Carrier, code.
    pub logistics_code: String,
    /// Declarant, code.
    pub agent_code: String,
    /// Customs office.
    pub customs_code: String,
    /// The order.
    pub order_no: String,
    /// Waybill number.
    pub logistics_no: String,
    /// Tax line by line.
    pub lines: Vec<TaxBillLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// The tax of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxBillLine {
    /// Line of the declaration list.
    pub gnum: u32,
    /// HS code.
    pub gcode: String,
    /// Dutiable value (完税价格).
    pub tax_price: Money,
    /// Tariff.
    pub customs_tax: Money,
    /// Value added tax.
    pub value_added_tax: Money,
    /// Consumption tax.
    pub consumption_tax: Money,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// What became of a tax bill.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxBillStatus {
    /// Number of this message.
    pub guid: String,
    /// When customs wrote it.
    pub return_time: Option<Instant>,
    /// The declaration list taxed.
    pub invt_no: String,
    /// Number of the bill.
    pub tax_no: String,
    /// 1 generated, 2 summarised, 3 void.
    pub status: String,
    /// Number of the firm's summary bill.
    pub ent_duty_no: String,
    /// Who guaranteed it.
    pub assure_code: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
