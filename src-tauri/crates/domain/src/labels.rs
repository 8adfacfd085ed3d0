//! What stands on a waybill label (面单): facts, never places, sizes or typefaces.
//!
//! Paper is the one copy of a parcel's data that leaves the building and is read by strangers, so a
//! label takes the consignee already masked and [`WaybillLabel::fault`] checks that it is. The sort
//! code and the waybill number come from the carrier and are printed as they came: they follow no
//! pattern worth checking, and computing one here would send a parcel to the wrong city.
//!
//! Where each fact stands is the template's business (`assets/labels`), how it becomes dots the
//! crate `paper`'s. A template names facts by [`FIELDS`].

use crate::ids::{DeclarationNo, DeviceId};
use crate::personal::{Personal, PersonalKind};
use crate::quantity::{Quantity, Weight};
use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Everything one waybill label says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaybillLabel {
    /// The carrier's name as people know it.
    pub carrier: String,
    /// The carrier's number for this parcel, as the carrier gave it (`logisticsNo`).
    pub waybill_no: String,
    /// The carrier's three-part sort code (三段码); the largest text on the paper.
    pub sort_code: String,
    /// The hub at which the parcel is unbagged (集包地).
    pub hub: String,
    /// Who receives the parcel, masked.
    pub consignee: Consignee,
    /// Who sent it: the warehouse or the merchant's shop.
    pub sender: Sender,
    /// What is inside, one line an item.
    pub goods: Vec<GoodsLine>,
    /// Weight of the packed parcel in kilograms, when it was weighed.
    pub weight: Option<Weight>,
    /// The order's number at its e-commerce platform.
    pub order_no: String,
    /// The declaration list under which customs let the parcel go.
    pub declaration_no: DeclarationNo,
    /// The day customs let it go.
    pub cleared_on: NaiveDate,
    /// Content of the QR code: release token and waybill number, no personal data.
    pub qr: String,
    /// The workstation that printed it.
    pub station: DeviceId,
    /// When it was printed, civil time of the warehouse.
    pub printed_at: NaiveDateTime,
    /// 0 for the original, n for the n-th copy: two labels for one parcel must never look alike.
    pub copy: u16,
}

/// Who receives a parcel, as strangers may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consignee {
    /// Name with its given part as `*`.
    pub name: String,
    /// How the courier reaches them.
    pub phone: Phone,
    /// Address without unit or room.
    pub address: String,
}

impl Consignee {
    /// Hides of a person's data what strangers must not read.
    pub fn masking(name: &Personal, phone: &Personal, address: &Personal) -> Self {
        Self {
            name: name.masked(PersonalKind::Name),
            phone: Phone::Masked(phone.masked(PersonalKind::Phone)),
            address: address.masked(PersonalKind::Address),
        }
    }
}

/// A telephone number that may stand on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phone {
    /// The consignee's own number with digits hidden as `*`.
    Masked(String),
    /// A number the platform lends for this parcel only; it hides the real one, so it is printed whole.
    Virtual(String),
}

impl Phone {
    fn as_str(&self) -> &str {
        let (Self::Masked(text) | Self::Virtual(text)) = self;
        text
    }
}

/// Who sends a parcel. A business, so nothing is masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Sender {
    /// Name of the warehouse or shop.
    pub name: String,
    /// Its telephone.
    pub phone: String,
    /// Its address, to which undelivered parcels return.
    pub address: String,
}

/// One item in the parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoodsLine {
    /// Name as declared.
    pub name: String,
    /// How many, in `unit`.
    pub quantity: Quantity,
    /// The declared unit in words.
    pub unit: String,
}

/// The names by which a template asks for facts, in reading order.
pub const FIELDS: &[&str] = &[
    "carrier",
    "waybill_no",
    "waybill_no_spaced",
    "sort_code",
    "hub",
    "consignee_name",
    "consignee_phone",
    "consignee_address",
    "sender_name",
    "sender_phone",
    "sender_address",
    "goods_lines",
    "goods_pieces",
    "weight",
    "order_no",
    "declaration_no",
    "cleared_on",
    "qr",
    "station",
    "printed_at",
    "copy",
];

/// Facts without which a parcel cannot be sorted, delivered or shown to customs.
const REQUIRED: &[&str] = &[
    "waybill_no",
    "sort_code",
    "consignee_name",
    "consignee_phone",
    "consignee_address",
    "declaration_no",
    "qr",
];

/// Digits that must be hidden in a phone number: the least any carrier's practice hides.
const LEAST_HIDDEN_DIGITS: usize = 4;

/// Why a label may not be printed; each names one of [`FIELDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A fact is missing.
    Missing(&'static str),
    /// A personal fact is in clear.
    NotMasked(&'static str),
}

impl WaybillLabel {
    /// The fact a template asks for, as text; `None` for a name outside [`FIELDS`].
    ///
    /// What is absent (no weight, an original's `copy`) is the empty text.
    pub fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(match name {
            "carrier" => (&self.carrier).into(),
            "waybill_no" => (&self.waybill_no).into(),
            "waybill_no_spaced" => in_groups_of_four(&self.waybill_no).into(),
            "sort_code" => (&self.sort_code).into(),
            "hub" => (&self.hub).into(),
            "consignee_name" => (&self.consignee.name).into(),
            "consignee_phone" => self.consignee.phone.as_str().into(),
            "consignee_address" => (&self.consignee.address).into(),
            "sender_name" => (&self.sender.name).into(),
            "sender_phone" => (&self.sender.phone).into(),
            "sender_address" => (&self.sender.address).into(),
            "goods_lines" => self.goods.len().to_string().into(),
            "goods_pieces" => Quantity::sum(self.goods.iter().map(|line| line.quantity))
                .map_or_else(String::new, |sum| sum.to_string())
                .into(),
            "weight" => self
                .weight
                .map_or_else(String::new, |w| w.to_string())
                .into(),
            "order_no" => (&self.order_no).into(),
            "declaration_no" => self.declaration_no.as_str().into(),
            "cleared_on" => self.cleared_on.to_string().into(),
            "qr" => (&self.qr).into(),
            "station" => self.station.as_str().into(),
            "printed_at" => self.printed_at.format("%Y-%m-%d %H:%M").to_string().into(),
            "copy" if self.copy == 0 => "".into(),
            "copy" => self.copy.to_string().into(),
            _ => return None,
        })
    }

    /// The first reason why this may not be printed, if there is one.
    pub fn fault(&self) -> Option<Fault> {
        let missing = REQUIRED
            .iter()
            .find(|name| self.field(name).is_none_or(|text| text.trim().is_empty()));
        if let Some(name) = missing {
            return Some(Fault::Missing(name));
        }
        if !self.consignee.name.contains('*') {
            return Some(Fault::NotMasked("consignee_name"));
        }
        match &self.consignee.phone {
            Phone::Masked(text) if !is_masked(text) => Some(Fault::NotMasked("consignee_phone")),
            Phone::Masked(_) | Phone::Virtual(_) => None,
        }
    }
}

/// A number hidden whole is masked however short it is.
fn is_masked(phone: &str) -> bool {
    phone.matches('*').count() >= LEAST_HIDDEN_DIGITS
        || !phone.contains(|c: char| c.is_ascii_digit())
}

/// `YT4752711325367` as `YT47 5271 1325 367`: how people read a long number to each other.
fn in_groups_of_four(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_mul(2));
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// What the labels room may say. `field` is a fact's name in the language of the paper.
pub mod says {
    crate::messages! {
        yes {}
        no {
            /// No typeface at hand has this character; a blank on a waybill is a misdelivery.
            missing_glyph(waybill_no, field, code_point) = "labels.missing_glyph";
            /// The text does not fit its box even at the smallest size that can be read.
            too_long(waybill_no, field) = "labels.too_long";
            /// Code 128 holds ASCII only, and this text is something else.
            not_encodable(waybill_no, field) = "labels.not_encodable";
            /// The symbol is larger than its box at the smallest module that scans.
            symbol_too_large(waybill_no, field) = "labels.symbol_too_large";
            /// A fact without which the parcel cannot travel is missing.
            missing(waybill_no, field) = "labels.missing";
            /// A personal fact is in clear.
            not_masked(waybill_no, field) = "labels.not_masked";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label() -> WaybillLabel {
        WaybillLabel {
            carrier: "示范速递".into(),
            waybill_no: "YT4752711325367".into(),
            sort_code: "029-E25-91".into(),
            hub: "西安转运中心".into(),
            consignee: Consignee {
                name: "马**".into(),
                phone: Phone::Masked("159******14".into()),
                address: "陕西省西安市雁塔区珞喻路247号乙座***".into(),
            },
            sender: Sender {
                name: "某某跨境保税仓".into(),
                phone: "400-000-0000".into(),
                address: "浙江省宁波市北仑区保税东区示范路1号".into(),
            },
            goods: vec![GoodsLine {
                name: "新西兰蜂蜜500克".into(),
                quantity: Quantity::whole(3).unwrap(),
                unit: "罐".into(),
            }],
            weight: Some("3.6".parse().unwrap()),
            order_no: "B2C202621977480445".into(),
            declaration_no: DeclarationNo::new("31052026I022104216"),
            cleared_on: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
            qr: "BH1R-EXAMPLE".into(),
            station: DeviceId::new("A1"),
            printed_at: NaiveDate::from_ymd_opt(2026, 11, 22)
                .unwrap()
                .and_hms_opt(15, 30, 0)
                .unwrap(),
            copy: 0,
        }
    }

    #[test]
    fn every_field_a_template_may_name_has_a_text() {
        let label = label();
        assert_eq!(label.fault(), None);
        for name in FIELDS {
            assert!(label.field(name).is_some(), "{name}");
        }
        assert_eq!(label.field("price"), None);
        assert_eq!(
            label.field("waybill_no_spaced").unwrap(),
            "YT47 5271 1325 367"
        );
        assert_eq!(label.field("weight").unwrap(), "3.6");
        assert_eq!(
            label.field("copy").unwrap(),
            "",
            "an original bears no copy mark"
        );
    }

    #[test]
    fn a_phone_number_in_clear_never_reaches_paper() {
        let mut label = label();
        label.consignee.phone = Phone::Masked("15900002214".into());
        assert_eq!(label.fault(), Some(Fault::NotMasked("consignee_phone")));
        label.consignee.phone = Phone::Masked("159****2214".into());
        assert_eq!(label.fault(), None);
        label.consignee.phone = Phone::Masked("***".into());
        assert_eq!(label.fault(), None, "a short number hidden whole");
        label.consignee.phone = Phone::Virtual("17000000000-1234".into());
        assert_eq!(
            label.fault(),
            None,
            "a lent number hides the real one already"
        );
        label.consignee.name = "马示范".into();
        assert_eq!(label.fault(), Some(Fault::NotMasked("consignee_name")));
    }

    #[test]
    fn a_consignee_is_masked_on_the_way_to_paper() {
        let mut label = label();
        label.consignee = Consignee::masking(
            &Personal::new("马示范"),
            &Personal::new("15900002214"),
            &Personal::new("陕西省西安市雁塔区珞喻路247号乙座1203室"),
        );
        assert_eq!(label.fault(), None);
        let printed = |name| label.field(name).unwrap();
        assert_eq!(printed("consignee_name"), "马*");
        assert_eq!(printed("consignee_phone"), "159******14");
        assert_eq!(
            printed("consignee_address"),
            "陕西省西安市雁塔区珞喻路247号***"
        );
    }

    #[test]
    fn a_parcel_without_a_sort_code_gets_no_label() {
        let mut label = label();
        label.sort_code = " ".into();
        assert_eq!(label.fault(), Some(Fault::Missing("sort_code")));
    }
}
