//! What the authority tells every workstation: the feed, one warehouse's facts in commit order.
//!
//! Positions have no gaps (I11) and entries are chained like the journal. A workstation applies a
//! page and moves its cursor in one transaction; from the feed alone it can rebuild its whole view
//! of the warehouse. No entry carries personal data: a consignee travels only with a lease.
//!
//! An entry that came from a workstation names its event in `origin`, so that the same movement is
//! not applied twice by the one that made it.

use crate::facts::Unreadable;
use crate::ids::{
    BondedNoteNo, CaseId, DeviceId, FeedPos, GatePassNo, Incarnation, ItemId, LocationId, NoticeNo,
    OrderKey, OwnerId, Seq, WarehouseId, WaybillKey,
};
use crate::journal::Hash;
use crate::ledger::{LedgerItem, LedgerMove, Units};
use crate::offline::OfflinePolicy;
use crate::orders::{CaseCode, HoldBy, State};
use crate::quantity::{Quantity, Weight};
use crate::scanner::serial::Serial;
use crate::scanner::waybill::WaybillFormat;
use crate::stock::{Goods, StockMove};
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// One entry of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The warehouse.
    pub warehouse: WarehouseId,
    /// Gapless, in commit order.
    pub pos: FeedPos,
    /// What kind of news the body is.
    pub kind: String,
    /// Version of the body's shape.
    pub v: u16,
    /// When the authority committed it.
    pub at: Instant,
    /// The event it came from, if a workstation caused it.
    pub origin: Option<Origin>,
    /// The news as UTF-8 JSON, exactly as first written.
    pub body: String,
    /// Hash of the entry before.
    pub prev_hash: Hash,
    /// Hash over everything above.
    pub hash: Hash,
}

/// The journal event that an entry came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The workstation.
    pub device: DeviceId,
    /// The life of its store.
    pub incarnation: Incarnation,
    /// The event.
    pub seq: Seq,
}

impl Entry {
    /// Seals news as the entry after `prev_hash`.
    ///
    /// # Errors
    /// When the news cannot be written as JSON.
    pub fn seal(
        warehouse: &WarehouseId,
        pos: FeedPos,
        at: Instant,
        origin: Option<Origin>,
        news: &News,
        prev_hash: Hash,
    ) -> Result<Self, serde_json::Error> {
        let (kind, v) = news.kind();
        let mut entry = Self {
            warehouse: warehouse.clone(),
            pos,
            kind: kind.to_owned(),
            v,
            at,
            origin,
            body: news.body()?,
            prev_hash,
            hash: Hash::GENESIS,
        };
        entry.hash = entry.computed_hash();
        Ok(entry)
    }

    /// The hash its fields have now.
    pub fn computed_hash(&self) -> Hash {
        let origin = self.origin.as_ref().map_or_else(Vec::new, |o| {
            [
                o.device.as_str().as_bytes(),
                b"\0",
                &o.incarnation.0.to_be_bytes(),
                &o.seq.0.to_be_bytes(),
            ]
            .concat()
        });
        Hash::of_fields(
            b"bondhouse feed 1",
            &[
                self.warehouse.as_str().as_bytes(),
                &self.pos.0.to_be_bytes(),
                self.kind.as_bytes(),
                &self.v.to_be_bytes(),
                &self.at.as_millis().to_be_bytes(),
                &origin,
                self.body.as_bytes(),
                self.prev_hash.as_bytes(),
            ],
        )
    }
}

macro_rules! news {
    ($($(#[$doc:meta])* $name:ident($body:ty) = $kind:literal v $v:literal;)+) => {
        /// News of any kind this version knows.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum News {
            $($(#[$doc])* $name($body),)+
        }

        impl News {
            /// Kind and version.
            pub const fn kind(&self) -> (&'static str, u16) {
                match self { $(Self::$name(_) => ($kind, $v),)+ }
            }

            /// The body as it is written, once.
            ///
            /// # Errors
            /// When a value cannot be written as JSON.
            pub fn body(&self) -> Result<String, serde_json::Error> {
                match self { $(Self::$name(body) => serde_json::to_string(body),)+ }
            }

            /// Reads a body back.
            ///
            /// # Errors
            /// [`Unreadable`]: a workstation that meets an unknown kind stops pulling there.
            pub fn read(kind: &str, v: u16, body: &str) -> Result<Self, Unreadable> {
                match (kind, v) {
                    $(($kind, $v) => serde_json::from_str(body).map(Self::$name).map_err(|_| Unreadable::Malformed),)+
                    _ => Err(Unreadable::UnknownKind),
                }
            }
        }
    };
}

news! {
    /// A merchant.
    Merchant(Merchant) = "owners.listed" v 1;
    /// An item of a merchant.
    Item(Item) = "items.listed" v 1;
    /// A storage location.
    Location(Location) = "locations.listed" v 1;
    /// A carrier, with how its waybills look when they are scanned.
    Carrier(Carrier) = "carriers.listed" v 1;
    /// A piece with a serial number was counted in or packed.
    Serial(SerialNews) = "serials.seen" v 1;
    /// A notice whose goods passed the inbound gate and may be counted.
    Receivable(Notice) = "intake.receivable" v 1;
    /// A notice was counted to its end.
    NoticeClosed(NoticeEnd) = "intake.closed" v 1;
    /// An order is new or has changed.
    Order(OrderNews) = "orders.changed" v 1;
    /// The books moved.
    Moved(Moved) = "books.moved" v 1;
    /// A gate pass was approved, or its parcels changed.
    Pass(Pass) = "gate.pass" v 1;
    /// A case was opened or closed.
    Case(CaseNews) = "cases.changed" v 1;
    /// What workstations may do without contact, from a day on.
    Offline(OfflinePolicy) = "offline.decided" v 1;
}

impl News {
    /// What the news is about, where a later word about the same replaces an earlier one; nothing for
    /// movements, which add up instead. The last word on every subject, with the balances, is the
    /// whole picture: a snapshot.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::Merchant(merchant) => Some(merchant.owner.to_string()),
            Self::Item(item) => Some(format!("{}/{}", item.owner, item.item)),
            Self::Location(location) => Some(location.location.to_string()),
            Self::Carrier(carrier) => Some(carrier.carrier.clone()),
            Self::Serial(seen) => Some(seen.serial.to_string()),
            Self::Receivable(notice) => Some(notice.notice.to_string()),
            Self::NoticeClosed(end) => Some(end.notice.to_string()),
            Self::Order(order) => Some(order.order.to_string()),
            Self::Moved(_) => None,
            Self::Pass(pass) => Some(pass.pass.to_string()),
            Self::Case(case) => Some(case.case.to_string()),
            Self::Offline(policy) => Some(policy.version.to_string()),
        }
    }
}

/// `owners.listed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// Customs registration code.
    pub owner: OwnerId,
    /// The name people say.
    pub name: String,
}

/// `items.listed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The merchant.
    pub owner: OwnerId,
    /// The merchant's item (料号).
    pub item: ItemId,
    /// Chinese name.
    pub name: String,
    /// Barcodes with what each counts for: a case GTIN counts as its content.
    pub barcodes: Vec<ItemBarcode>,
    /// HS code, 10 digits.
    pub hs_code: String,
    /// The ledger line it is booked under.
    pub ledger: LedgerItem,
    /// Country of origin, customs' 3 digits.
    pub origin: String,
    /// Declared unit, customs' 3 digits.
    pub unit: String,
    /// What one declared unit is in the declared and legal units.
    pub per_unit: Units,
    /// Gross weight of one declared unit.
    pub gross_weight: Weight,
    /// Whether lot and expiry must be recorded at intake.
    pub tracks_lot: bool,
}

impl Item {
    /// The barcode on a single piece, as it is printed under its bars: what a clerk compares, or types
    /// when the bars are damaged.
    pub fn piece_barcode(&self) -> Option<String> {
        let smallest = self.barcodes.iter().min_by_key(|barcode| barcode.holds)?;
        let code = smallest.code.as_str();
        Some(
            code.strip_prefix('0')
                .filter(|_| code.len() == 14)
                .unwrap_or(code)
                .to_owned(),
        )
    }
}

/// A barcode of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemBarcode {
    /// GTIN in 14 digits, or the merchant's own code.
    pub code: String,
    /// How many declared units one scan of it stands for.
    pub holds: Quantity,
}

/// `locations.listed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The location, as in its own code `BH1L…`.
    pub location: LocationId,
    /// `shelf`, `receiving`, `staging`, `quarantine` or `vehicle`.
    pub kind: String,
}

/// `carriers.listed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Customs registration code (`logisticsCode`).
    pub carrier: String,
    /// The name people say.
    pub name: String,
    /// How its waybills look when they are scanned; none says nothing about a text.
    pub formats: Vec<WaybillFormat>,
}

/// `serials.seen`: where a piece was last scanned by its serial number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SerialNews {
    /// Which piece.
    pub serial: Serial,
    /// The notice it was counted in with; none when it came in without its serial number being read.
    pub notice: Option<NoticeNo>,
    /// The order it was packed for, if it was.
    pub order: Option<OrderKey>,
}

/// `intake.receivable`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The notice.
    pub notice: NoticeNo,
    /// The merchant.
    pub owner: OwnerId,
    /// The inbound bonded note.
    pub bonded_note: BondedNoteNo,
    /// The vehicle that brought it.
    pub vehicle: String,
    /// When the inbound gate passage was confirmed (SAS223).
    pub gate_passed_at: Instant,
    /// What was declared.
    pub lines: Vec<NoticeLine>,
}

/// One line of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeLine {
    /// Its number.
    pub line: u32,
    /// The goods as announced; lot and expiry as far as known.
    pub goods: Goods,
    /// How many were declared, declared unit.
    pub expected: Quantity,
}

/// `intake.closed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeEnd {
    /// The notice.
    pub notice: NoticeNo,
}

/// `orders.changed`: the order as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderNews {
    /// The order.
    pub order: OrderKey,
    /// The merchant.
    pub owner: OwnerId,
    /// Where it is.
    pub state: State,
    /// Who holds it back.
    pub holds: Vec<HoldBy>,
    /// Whether a cancellation was asked for.
    pub cancel_requested: bool,
    /// Its waybill, once one was made.
    pub waybill: Option<WaybillKey>,
    /// Customs' number of its list, once known.
    pub declaration_no: Option<String>,
    /// How many pieces it has.
    pub pieces: Quantity,
}

/// `books.moved`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Physical movements.
    pub stock: Vec<StockMove>,
    /// Movements of customs' book.
    pub ledger: Vec<LedgerMove>,
    /// Why: an order, notice, note, pass or case.
    pub cause: String,
}

/// `gate.pass`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// The gate pass.
    pub pass: GatePassNo,
    /// The bonded note that lists its parcels.
    pub note: BondedNoteNo,
    /// The vehicle.
    pub vehicle: String,
    /// `approved`, `departed`, `passed` or `void`.
    pub state: String,
    /// The parcels it may carry.
    pub parcels: Vec<PassParcel>,
}

/// A parcel that a pass may carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassParcel {
    /// The order.
    pub order: OrderKey,
    /// Its waybill, as scanned at the gate.
    pub waybill: WaybillKey,
    /// Whether it is on the vehicle.
    pub loaded: bool,
}

/// `cases.changed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseNews {
    /// The case.
    pub case: CaseId,
    /// Which of the closed list.
    pub code: CaseCode,
    /// What it is about.
    pub about: String,
    /// Still to be decided.
    pub open: bool,
}
