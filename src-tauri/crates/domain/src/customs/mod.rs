//! The documents that pass between shop, payer, carrier, warehouse and customs, as values.
//!
//! Two families. The *unified version* (CEB, 统一版) carries order, payment, waybill, declaration
//! list and their receipts; the *bonded* family (INV, SAS, 金关二期) carries bonded notes and gate
//! passes. CEB fields keep customs' own names in snake case, because everyone who docks knows them;
//! the bonded family's are abbreviated beyond recognition and get the plain noun, with customs' name
//! in their description. Codecs, element names, order and lengths stand in the crate `customs`.
//!
//! Conventions: a text that was not given is empty; codes stay text, because a code unknown to a
//! table must survive; money, weight and quantity are exact; every person's field is
//! [`Personal`](crate::personal::Personal). What the standard does not name is kept in `extra` and written back.
//!
//! Not here: what a receipt means (`clearance`), whether three documents agree (`comparison`).

mod arrival;
mod bonded_note;
mod declaration;
mod gate_pass;
mod order;
mod payment;
mod receipt;
pub mod says;
mod tax_bill;
mod warehouse;
mod waybill;

pub use arrival::{ArrivalLine, ArrivalList};
pub use bonded_note::{
    Approval, BondedNote, BondedNoteLine, BondedNoteReceipt, BondedNoteState, BondedNoteStateLine,
    CommonResponse, EntryCreated, LedgerBooking, LedgerItem, Params, ReleasedParcel,
};
pub use declaration::{Cancellation, DeclarationLine, DeclarationList, Refund, RefundLine};
pub use gate_pass::{
    EntryOnPass, GatePass, GatePassBill, GatePassLine, GatePassReceipt, GatePassState, PassWord,
    Weighbridge,
};
pub use order::{Order, OrderLine};
pub use payment::Payment;
pub use receipt::{LocalReceipt, LocalResult, Receipt};
pub use tax_bill::{TaxBill, TaxBillLine, TaxBillStatus};
pub use warehouse::{
    LedgerFiling, LedgerFilingItem, Reconciliation, ReconciliationLine, StockDeclaration,
    StockDeclarationLine, StockNote, StockNoteLine,
};
pub use waybill::{Waybill, WaybillStatus};

use crate::personal::Personal;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What every request to customs begins with (申报头).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Filing {
    /// The sender's own unique number of this record, 36 characters.
    pub guid: String,
    /// 1 new, 2 change, 3 delete.
    pub app_type: String,
    /// When it was sent (`yyyyMMddHHmmss`).
    pub app_time: Option<Instant>,
    /// 1 draft, 2 declare.
    pub app_status: String,
}

/// A firm as the bonded family names it: registration code, unified social credit code, name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Party {
    /// Customs registration code (海关编码), 10 characters.
    pub code: String,
    /// Unified social credit code (社会信用代码), 18 characters.
    pub credit_code: String,
    /// Name of the firm.
    pub name: String,
}

/// An element the standard does not name, kept so that writing gives back what was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Extra {
    /// The wrapper it stood in (`OrderHead`), empty for the record itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub within: String,
    /// The known element it followed, empty when it came first.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// Its namespace where that is not the message's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its local name.
    pub name: String,
    /// Its attributes, without namespace declarations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(String, String)>,
    /// Its text; whose it is cannot be known, so it is treated as personal.
    #[serde(
        with = "crate::personal::clear",
        skip_serializing_if = "Personal::is_empty"
    )]
    #[schemars(with = "String")]
    pub text: Personal,
    /// Its child elements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Extra>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// Which message of the two families (报文类型).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ts_rs::TS)]
        pub enum MessageKind {
            $($(#[$doc])* #[serde(rename = $text)] $name),+
        }

        impl MessageKind {
            /// Every kind, in the order of the standard.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name customs uses, for instance `CEB621`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

kinds! {
    /// Order (订单).
    Ceb311 = "CEB311",
    /// Receipt for an order (订单回执).
    Ceb312 = "CEB312",
    /// Payment (支付单).
    Ceb411 = "CEB411",
    /// Receipt for a payment (支付单回执).
    Ceb412 = "CEB412",
    /// Waybill (运单).
    Ceb511 = "CEB511",
    /// Receipt for a waybill (运单回执).
    Ceb512 = "CEB512",
    /// Status of a waybill (运单状态).
    Ceb513 = "CEB513",
    /// Receipt for a waybill's status (运单状态回执).
    Ceb514 = "CEB514",
    /// Declaration list (清单).
    Ceb621 = "CEB621",
    /// Receipt for a declaration list (清单回执).
    #[default]
    Ceb622 = "CEB622",
    /// Application to cancel a list (撤销申请单).
    Ceb623 = "CEB623",
    /// Receipt for a cancellation (撤销申请单回执).
    Ceb624 = "CEB624",
    /// Application to return goods (退货申请单).
    Ceb625 = "CEB625",
    /// Receipt for a return (退货申请单回执).
    Ceb626 = "CEB626",
    /// Arrival list (入库明细单).
    Ceb711 = "CEB711",
    /// Receipt for an arrival list (入库明细单回执).
    Ceb712 = "CEB712",
    /// Electronic tax bill (电子税单).
    Ceb816 = "CEB816",
    /// Status of a tax bill (电子税单状态).
    Ceb818 = "CEB818",
    /// Format-check error (报文校验回执).
    Ceb900 = "CEB900",
    /// Bonded note (核注清单).
    Inv101 = "INV101",
    /// Approval of a bonded note (核注清单审核回执).
    Inv201 = "INV201",
    /// A customs entry was generated (生成报关单回执).
    Inv202 = "INV202",
    /// The ledger was booked (记账回执).
    Inv211 = "INV211",
    /// First, technical answer to a bonded message (处理回执).
    CommonResponse = "COMMON_RESPONSE",
    /// Business declaration form (业务申报表).
    Sas101 = "SAS101",
    /// Stock in/out note (出入库单).
    Sas111 = "SAS111",
    /// Gate pass (核放单).
    Sas121 = "SAS121",
    /// Approval of a gate pass (核放单审核回执).
    Sas221 = "SAS221",
    /// The vehicle passed the gate (过卡回执).
    Sas223 = "SAS223",
    /// Inspection handling (查验处置回执).
    Sas224 = "SAS224",
    /// Approval of a two-step gate pass (两步申报核放单审核回执).
    Sas251 = "SAS251",
    /// A two-step gate pass passed the gate (两步申报核放单过卡回执).
    Sas253 = "SAS253",
    /// Logistics ledger (物流账册).
    Bws101 = "BWS101",
    /// Reconciliation (报核).
    Ems121 = "EMS121",
    /// Receipt of a local single window (地方单一窗口回执), Hangzhou and Jinyi.
    Jkf = "JKF",
    /// Release list of a shop's own platform (平台放行清单).
    PlatformRelease = "PLATFORM_RELEASE",
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One business node of a message: what a shop, carrier, warehouse or customs said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "document", rename_all = "snake_case")]
pub enum Document {
    /// CEB311.
    Order(Order),
    /// CEB411.
    Payment(Payment),
    /// CEB511.
    Waybill(Waybill),
    /// CEB513.
    WaybillStatus(WaybillStatus),
    /// CEB621.
    DeclarationList(DeclarationList),
    /// CEB623.
    Cancellation(Cancellation),
    /// CEB625.
    Refund(Refund),
    /// CEB711.
    ArrivalList(ArrivalList),
    /// CEB312, 412, 512, 514, 622, 624, 626, 712, 900.
    Receipt(Receipt),
    /// CEB816.
    TaxBill(TaxBill),
    /// CEB818.
    TaxBillStatus(TaxBillStatus),
    /// INV101.
    BondedNote(BondedNote),
    /// INV201.
    BondedNoteReceipt(BondedNoteReceipt),
    /// INV202.
    EntryCreated(EntryCreated),
    /// INV211.
    LedgerBooking(LedgerBooking),
    /// CommonResponeMessage.
    CommonResponse(CommonResponse),
    /// SAS101.
    StockDeclaration(StockDeclaration),
    /// SAS111.
    StockNote(StockNote),
    /// SAS121.
    GatePass(GatePass),
    /// SAS221, 223, 224, 251, 253.
    GatePassReceipt(GatePassReceipt),
    /// BWS101.
    LedgerFiling(LedgerFiling),
    /// EMS121.
    Reconciliation(Reconciliation),
    /// jkfResult.
    LocalReceipt(LocalReceipt),
}

impl Document {
    /// Which message carries this document.
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Order(_) => MessageKind::Ceb311,
            Self::Payment(_) => MessageKind::Ceb411,
            Self::Waybill(_) => MessageKind::Ceb511,
            Self::WaybillStatus(_) => MessageKind::Ceb513,
            Self::DeclarationList(_) => MessageKind::Ceb621,
            Self::Cancellation(_) => MessageKind::Ceb623,
            Self::Refund(_) => MessageKind::Ceb625,
            Self::ArrivalList(_) => MessageKind::Ceb711,
            Self::Receipt(receipt) => receipt.message,
            Self::TaxBill(_) => MessageKind::Ceb816,
            Self::TaxBillStatus(_) => MessageKind::Ceb818,
            Self::BondedNote(_) => MessageKind::Inv101,
            Self::BondedNoteReceipt(_) => MessageKind::Inv201,
            Self::EntryCreated(_) => MessageKind::Inv202,
            Self::LedgerBooking(_) => MessageKind::Inv211,
            Self::CommonResponse(_) => MessageKind::CommonResponse,
            Self::StockDeclaration(_) => MessageKind::Sas101,
            Self::StockNote(_) => MessageKind::Sas111,
            Self::GatePass(_) => MessageKind::Sas121,
            Self::GatePassReceipt(receipt) => receipt.message,
            Self::LedgerFiling(_) => MessageKind::Bws101,
            Self::Reconciliation(_) => MessageKind::Ems121,
            Self::LocalReceipt(_) => MessageKind::Jkf,
        }
    }
}
