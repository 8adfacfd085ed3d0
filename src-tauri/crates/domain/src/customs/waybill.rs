//! The waybill (运单, CEB511) and its later status (CEB513), sent by the carrier.

use super::{Extra, Filing};
use crate::ids::WaybillKey;
use crate::personal::Personal;
use crate::quantity::{Money, Weight};
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// A waybill as the carrier declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Waybill {
    /// The declaration head.
    #[serde(flatten)]
    pub filing: Filing,
    /// Carrier (物流企业), code.
    pub logistics_code: String,
    /// Carrier, name.
    pub logistics_name: String,
    /// Waybill number, unique within the carrier for six months (运单编号).
    pub logistics_no: String,
    /// Master bill of lading, direct purchase only.
    pub bill_no: String,
    /// The order carried; only in the newer layout.
    pub order_no: String,
    /// Freight (运费).
    pub freight: Money,
    /// Insurance (保价费).
    pub insured_fee: Money,
    /// Currency, 142.
    pub currency: String,
    /// Gross weight in kilograms.
    pub weight: Weight,
    /// Number of pieces.
    pub pack_no: u32,
    /// What is in the parcel.
    pub goods_info: String,
    /// Who receives the parcel (收货人).
    #[serde(with = "crate::personal::clear")]
    pub consignee: Personal,
    /// Where the parcel goes.
    #[serde(with = "crate::personal::clear")]
    pub consignee_address: Personal,
    /// The consignee's telephone number.
    #[serde(with = "crate::personal::clear")]
    pub consignee_telephone: Personal,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

impl Waybill {
    /// The waybill's natural key.
    pub fn key(&self) -> WaybillKey {
        WaybillKey {
            carrier: self.logistics_code.clone(),
            waybill_no: self.logistics_no.clone(),
        }
    }
}

/// What became of a parcel on its way (运单状态).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WaybillStatus {
    /// The declaration head.
    #[serde(flatten)]
    pub filing: Filing,
    /// Carrier (物流企业), code.
    pub logistics_code: String,
    /// Carrier, name.
    pub logistics_name: String,
    /// Waybill number.
    pub logistics_no: String,
    /// `S` signed for; others (`R`) are kept as sent.
    pub logistics_status: String,
    /// When that happened.
    pub logistics_time: Option<Instant>,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
