//! The declaration list (清单, CEB621) and the applications that undo it (623 cancel, 625 return).

use super::{Extra, Filing};
use crate::ids::{OrderKey, WaybillKey};
use crate::personal::Personal;
use crate::quantity::{Money, Quantity, Weight};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The declaration of one parcel to customs, built from order and waybill.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeclarationList {
    /// The declaration head.
    #[serde(flatten)]
    pub filing: Filing,
    /// The order declared.
    pub order_no: String,
    /// E-commerce platform (电商平台), registration code.
    pub ebp_code: String,
    /// E-commerce platform, name.
    pub ebp_name: String,
    /// Merchant (电商企业), registration code.
    pub ebc_code: String,
    /// Merchant, name.
    pub ebc_name: String,
    /// Waybill number (运单编号).
    pub logistics_no: String,
    /// Carrier, code.
    pub logistics_code: String,
    /// Carrier, name.
    pub logistics_name: String,
    /// The declarant's own number (企业内部编号), unique: receipts are matched by it.
    pub cop_no: String,
    /// The port's number (预录入编号), from receipts.
    pub pre_no: String,
    /// Who guarantees the tax (担保企业编号).
    pub assure_code: String,
    /// The warehouse's ledger (账册编号).
    pub ems_no: String,
    /// Customs' number (清单编号), from receipts.
    pub invt_no: String,
    /// `I`, import.
    pub ie_flag: String,
    /// Date of declaration.
    pub decl_time: Option<NaiveDate>,
    /// Customs office of declaration (申报海关).
    pub customs_code: String,
    /// Customs office of the port (口岸海关).
    pub port_code: String,
    /// Date of import.
    pub ie_date: Option<NaiveDate>,
    /// 1 resident identity card.
    pub buyer_id_type: String,
    /// The buyer's identity number.
    #[serde(with = "crate::personal::clear")]
    pub buyer_id_number: Personal,
    /// The buyer's real name (订购人).
    #[serde(with = "crate::personal::clear")]
    pub buyer_name: Personal,
    /// The buyer's telephone number.
    #[serde(with = "crate::personal::clear")]
    pub buyer_telephone: Personal,
    /// Where the parcel goes.
    #[serde(with = "crate::personal::clear")]
    pub consignee_address: Personal,
    /// Declarant (申报企业), code.
    pub agent_code: String,
    /// Declarant, name.
    pub agent_name: String,
    /// Firm in the zone: the bonded warehouse (区内企业), code.
    pub area_code: String,
    /// Firm in the zone, name.
    pub area_name: String,
    /// 1210 bonded, 9610 direct purchase, 1239.
    pub trade_mode: String,
    /// Mode of transport (运输方式).
    pub traf_mode: String,
    /// Means of transport, direct purchase only.
    pub traf_no: String,
    /// Voyage, direct purchase only.
    pub voyage_no: String,
    /// Bill of lading.
    pub bill_no: String,
    /// Supervised site (监管场所).
    pub loct_no: String,
    /// Licence (许可证).
    pub license_no: String,
    /// Country of departure, 142 from a bonded warehouse.
    pub country: String,
    /// Freight the carrier really charged.
    pub freight: Money,
    /// Insurance the carrier really charged.
    pub insured_fee: Money,
    /// Currency, 142.
    pub currency: String,
    /// Kind of packing.
    pub wrap_type: String,
    /// Pieces, 1 a parcel.
    pub pack_no: u32,
    /// Gross weight in kilograms.
    pub gross_weight: Weight,
    /// Net weight in kilograms; at most the gross weight.
    pub net_weight: Weight,
    /// Note.
    pub note: String,
    /// The goods.
    pub lines: Vec<DeclarationLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

impl DeclarationList {
    /// Natural key of the order declared.
    pub fn order_key(&self) -> OrderKey {
        OrderKey {
            platform: self.ebp_code.clone(),
            order_no: self.order_no.clone(),
        }
    }

    /// Natural key of the waybill declared.
    pub fn waybill_key(&self) -> WaybillKey {
        WaybillKey {
            carrier: self.logistics_code.clone(),
            waybill_no: self.logistics_no.clone(),
        }
    }
}

/// One line of a declaration list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeclarationLine {
    /// Line number, paired with the order's.
    pub gnum: u32,
    /// Item number in the ledger (账册备案序号).
    pub item_record_no: String,
    /// The merchant's item (料号 / 企业商品货号).
    pub item_no: String,
    /// The merchant's name of it.
    pub item_name: String,
    /// HS code, 10 digits (商品编码).
    pub gcode: String,
    /// Name as declared (商品名称).
    pub gname: String,
    /// Model and specification (规格型号).
    pub gmodel: String,
    /// Bar code, `无` when there is none.
    pub bar_code: String,
    /// Country of origin (原产国).
    pub country: String,
    /// Country of trade.
    pub trade_country: String,
    /// Currency, 142.
    pub currency: String,
    /// Declared quantity.
    pub qty: Quantity,
    /// Declared unit.
    pub unit: String,
    /// First legal quantity (法定数量).
    pub qty1: Option<Quantity>,
    /// First legal unit.
    pub unit1: String,
    /// Second legal quantity, where the HS code has one.
    pub qty2: Option<Quantity>,
    /// Second legal unit.
    pub unit2: String,
    /// Price of one.
    pub price: Option<Money>,
    /// Price of all.
    pub total_price: Money,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// An application to cancel a declaration list (撤销申请单, CEB623).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cancellation {
    /// The declaration head.
    #[serde(flatten)]
    pub filing: Filing,
    /// Customs office.
    pub customs_code: String,
    /// The order.
    pub order_no: String,
    /// E-commerce platform, code.
    pub ebp_code: String,
    /// E-commerce platform, name.
    pub ebp_name: String,
    /// Merchant, code.
    pub ebc_code: String,
    /// Merchant, name.
    pub ebc_name: String,
    /// Waybill number.
    pub logistics_no: String,
    /// Carrier, code.
    pub logistics_code: String,
    /// Carrier, name.
    pub logistics_name: String,
    /// The declarant's own number of this application.
    pub cop_no: String,
    /// The port's number.
    pub pre_no: String,
    /// The list to cancel (清单编号).
    pub invt_no: String,
    /// 1 resident identity card.
    pub buyer_id_type: String,
    /// The buyer's identity number.
    #[serde(with = "crate::personal::clear")]
    pub buyer_id_number: Personal,
    /// The buyer's name.
    #[serde(with = "crate::personal::clear")]
    pub buyer_name: Personal,
    /// The buyer's telephone number.
    #[serde(with = "crate::personal::clear")]
    pub buyer_telephone: Personal,
    /// Declarant, code.
    pub agent_code: String,
    /// Declarant, name.
    pub agent_name: String,
    /// Why.
    pub reason: String,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// An application to return goods of a released list (退货申请单, CEB625).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Refund {
    /// The same head as a cancellation's.
    #[serde(flatten)]
    pub head: Cancellation,
    /// What comes back.
    pub lines: Vec<RefundLine>,
}

/// One line of a return.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RefundLine {
    /// The line of the original list.
    pub gnum: u32,
    /// HS code.
    pub gcode: String,
    /// Name as declared.
    pub gname: String,
    /// How many come back.
    pub qty: Quantity,
    /// Declared unit.
    pub unit: String,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
