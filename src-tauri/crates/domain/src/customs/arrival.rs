//! The arrival list (入库明细单, CEB711): parcels that reached a supervised site; direct purchase mostly.

use super::{Extra, Filing};
use serde::{Deserialize, Serialize};

/// What arrived on one means of transport.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArrivalList {
    /// The declaration head.
    #[serde(flatten)]
    pub filing: Filing,
    /// Customs office.
    pub customs_code: String,
    /// The operator's own number.
    pub cop_no: String,
    /// The port's number.
    pub pre_no: String,
    /// Customs' number (入库单编号).
    pub rkd_no: String,
    /// Operator of the supervised site, code.
    pub operator_code: String,
    /// Operator of the supervised site, name.
    pub operator_name: String,
    /// `I`, import.
    pub ie_flag: String,
    /// Mode of transport.
    pub traf_mode: String,
    /// Means of transport.
    pub traf_no: String,
    /// Voyage.
    pub voyage_no: String,
    /// Bill of lading.
    pub bill_no: String,
    /// Carrier, code.
    pub logistics_code: String,
    /// Carrier, name.
    pub logistics_name: String,
    /// Where it was unloaded.
    pub unload_location: String,
    /// Note.
    pub note: String,
    /// The parcels.
    pub lines: Vec<ArrivalLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// One parcel that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArrivalLine {
    /// Line number.
    pub gnum: u32,
    /// Waybill number.
    pub logistics_no: String,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
