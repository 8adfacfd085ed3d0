//! Names of things: newtypes, so that a device is never mistaken for a warehouse.
//!
//! Facts are named by `(device, incarnation, seq)`; things made by people or systems by a UUIDv7
//! passed in from outside; things customs or carriers name keep their natural keys. Nothing here
//! makes an id: randomness and the clock belong to the caller.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(String);

        impl $name {
            /// Takes the name as it is written on paper or sent by its owner.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_ids! {
    /// A bonded warehouse (仓库). Stands in every key.
    WarehouseId,
    /// An enrolled workstation (工作站).
    DeviceId,
    /// A person who signs in (人员); never a national id number.
    PersonId,
    /// A merchant who owns goods (货主 / 商家), by customs registration code.
    OwnerId,
    /// A merchant's item (料号), unique within its owner.
    ItemId,
    /// A ledger of customs (账册), 12 characters.
    LedgerNo,
    /// A place in the building (库位), or one of the named zones of [`crate::stock::Place`].
    LocationId,
    /// A licence plate (SSCC or own code) of a pallet, tote or carton (托盘 / 周转箱).
    LicencePlate,
    /// An inbound notice (入库通知).
    NoticeNo,
    /// A bonded note (核注清单), `QD` + 16.
    BondedNoteNo,
    /// A gate pass (核放单).
    GatePassNo,
    /// A declaration list as customs numbers it (清单编号).
    DeclarationNo,
    /// A grant of rights by the authority.
    GrantId,
    /// A case in the supervisor's inbox: over, short, damaged, or a sync exception.
    CaseId,
}

/// How many times this workstation's store has been created; given by the authority.
///
/// A reinstalled or restored workstation is a new incarnation, so that no right of the lost one
/// can be exercised twice.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Incarnation(pub u32);

/// Position of an event in the journal of one `(device, incarnation)`: 1, 2, 3 … without a gap.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS,
)]
#[serde(transparent)]
pub struct Seq(#[ts(type = "number")] pub u64);

/// Position in a warehouse's feed: gapless, in commit order, allocated under the warehouse lock.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ts_rs::TS,
)]
#[serde(transparent)]
pub struct FeedPos(#[ts(type = "number")] pub u64);

/// The fencing token of an order: grows at each grant and at each supervisor resolution.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ts_rs::TS,
)]
#[serde(transparent)]
pub struct Fence(pub u32);

/// A request of a person or program, made once and repeated as often as needed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS,
)]
#[serde(transparent)]
pub struct RequestId(#[ts(type = "string")] pub uuid::Uuid);

/// An order's natural key: numbers are unique only within the platform that gave them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
pub struct OrderKey {
    /// The e-commerce platform (电商平台), by customs registration code (`ebpCode`).
    pub platform: String,
    /// The order's number there (`orderNo`).
    pub order_no: String,
}

impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.platform, self.order_no)
    }
}

/// A waybill's natural key: numbers are unique only within the carrier that gave them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
pub struct WaybillKey {
    /// The carrier (物流企业), by customs registration code (`logisticsCode`).
    pub carrier: String,
    /// The waybill's number there (`logisticsNo`).
    pub waybill_no: String,
}

impl fmt::Display for WaybillKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.carrier, self.waybill_no)
    }
}
