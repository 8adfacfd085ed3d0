//! What a workstation records: the bodies of journal events, and what each one moves.
//!
//! A fact is written once, as JSON, under its kind and version, and never changes shape: a new
//! shape is a new version. Each kind states which book it moves. What moves both books carries
//! both movements in one fact, so that no commit can move one without the other.

use crate::ids::{
    BondedNoteNo, CaseId, Fence, GatePassNo, GrantId, NoticeNo, OrderKey, Seq, WaybillKey,
};
use crate::leases::LeasedLine;
use crate::ledger::LedgerMove;
use crate::orders::CaseCode;
use crate::quantity::{Quantity, Weight};
use crate::stock::{Bucket, Place, STAGING, StockMove};
use serde::{Deserialize, Serialize};

/// How a code reached us: evidence kept with every accepted scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct ScanEvidence {
    /// The frame as it arrived, without terminator, as `scanner::text_of` writes bytes.
    pub raw: String,
    /// AIM symbology identifier, for instance `]C1`, if the scanner sent one.
    pub symbology: Option<String>,
    /// `serial:<name>`, `wedge` or `typed`.
    pub from: String,
}

/// What is moved in which book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    /// Physical movements.
    pub stock: Vec<StockMove>,
    /// Movements of customs' book.
    pub ledger: Vec<LedgerMove>,
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident($body:ty) = $kind:literal v $v:literal;)+) => {
        /// A fact of any kind this version knows.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Fact {
            $($(#[$doc])* $name($body),)+
        }

        impl Fact {
            /// Kind and version, as the journal's columns hold them.
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
            /// [`Unreadable`]: an unknown kind is parked, never dropped.
            pub fn read(kind: &str, v: u16, body: &str) -> Result<Self, Unreadable> {
                match (kind, v) {
                    $(($kind, $v) => serde_json::from_str(body).map(Self::$name).map_err(|_| Unreadable::Malformed),)+
                    _ => Err(Unreadable::UnknownKind),
                }
            }
        }
    };
}

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by a newer version.
    #[error("unknown kind or version")]
    UnknownKind,
    /// Not the shape its kind and version promise.
    #[error("malformed body")]
    Malformed,
}

facts! {
    /// Goods were counted in; moves both books.
    Counted(Counted) = "intake.counted" v 1;
    /// A notice was counted to its end.
    NoticeClosed(NoticeClosed) = "intake.closed" v 1;
    /// Goods were moved from one spot to another; moves stock.
    PutAway(PutAway) = "stock.put_away" v 1;
    /// A workstation began an order.
    ReleaseStarted(ReleaseStarted) = "release.started" v 1;
    /// A piece was verified at the bench.
    Picked(Picked) = "release.picked" v 1;
    /// The parcel was released at the bench; moves stock.
    Released(Released) = "release.released" v 1;
    /// The order was set aside for later at the same workstation.
    ReleaseParked(ReleaseParked) = "release.parked" v 1;
    /// The lease was given back unreleased: the holder's own word.
    LeaseDropped(LeaseDropped) = "release.dropped" v 1;
    /// A label went to a printer.
    LabelPrinted(LabelPrinted) = "labels.printed" v 1;
    /// A parcel was scanned onto a vehicle with the authority's permission.
    Loaded(Loaded) = "gate.loaded" v 1;
    /// An earlier fact was taken back; moves what it moved, the other way.
    Undone(Undone) = "task.undone" v 1;
    /// A supervisor was called, or something needs one.
    CaseRaised(CaseRaised) = "cases.raised" v 1;
    /// Someone signed in or out at this workstation.
    Signed(Signed) = "people.signed" v 1;
    /// A packed parcel whose release was lost with the disk it was recorded on.
    ParcelFound(ParcelFound) = "release.found" v 1;
    /// An event of an earlier life of this store that the authority does not have.
    Reported(Reported) = "journal.reported" v 1;
}

/// `intake.counted`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The notice counted against.
    pub notice: NoticeNo,
    /// Its line.
    pub line: u32,
    /// How many, declared unit.
    pub qty: Quantity,
    /// Good, damaged, or more than declared.
    pub condition: Condition,
    /// The physical movement.
    pub stock: StockMove,
    /// The ledger movement that belongs to it.
    pub ledger: LedgerMove,
    /// The scan.
    pub scan: ScanEvidence,
}

/// In what condition goods were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// As declared.
    Good,
    /// Damaged; set apart.
    Damaged,
    /// More than declared; set apart until customs decides.
    Over,
}

/// `intake.closed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeClosed {
    /// The notice.
    pub notice: NoticeNo,
    /// What differs, line by line; each becomes a case.
    pub differences: Vec<Difference>,
}

/// One difference between notice and count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Difference {
    /// The notice's line.
    pub line: u32,
    /// Declared.
    pub expected: Quantity,
    /// Counted as good.
    pub counted: Quantity,
    /// Counted as damaged.
    pub damaged: Quantity,
    /// Counted beyond the declared.
    pub over: Quantity,
}

/// `stock.put_away`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAway {
    /// The physical movement, both ends inside, same bucket.
    pub stock: StockMove,
    /// The scan of the target location.
    pub scan: ScanEvidence,
}

/// `release.started`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseStarted {
    /// The order.
    pub order: OrderKey,
    /// The grant it is done under.
    pub grant: GrantId,
    /// Its fence.
    pub fence: Fence,
    /// The scan that chose it.
    pub scan: ScanEvidence,
}

/// `release.picked`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picked {
    /// The order.
    pub order: OrderKey,
    /// Its line.
    pub gnum: u32,
    /// How many, declared unit.
    pub qty: Quantity,
    /// The scan.
    pub scan: ScanEvidence,
}

/// `release.released`: the bench act. From here the parcel is packed and labelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The order.
    pub order: OrderKey,
    /// The grant it was done under.
    pub grant: GrantId,
    /// Its fence.
    pub fence: Fence,
    /// The waybill on the parcel.
    pub waybill: WaybillKey,
    /// Customs' number of the list that cleared it.
    pub declaration_no: String,
    /// What is inside, as reserved and verified.
    pub lines: Vec<LeasedLine>,
    /// Weighed gross weight, if the bench has a scale.
    pub gross_weight: Option<Weight>,
}

/// `release.parked`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseParked {
    /// The order.
    pub order: OrderKey,
}

/// `release.dropped`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseDropped {
    /// The order.
    pub order: OrderKey,
    /// The grant that ends.
    pub grant: GrantId,
    /// Its fence.
    pub fence: Fence,
    /// `revoked`, `expired` or `returned`.
    pub why: String,
}

/// `labels.printed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelPrinted {
    /// The order.
    pub order: OrderKey,
    /// Its waybill.
    pub waybill: WaybillKey,
    /// 0 for the first print, then 1, 2 … marked COPY.
    pub copy: u32,
}

/// `gate.loaded`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// The gate pass.
    pub pass: GatePassNo,
    /// The bonded note that lists the parcel.
    pub note: BondedNoteNo,
    /// The order.
    pub order: OrderKey,
    /// The waybill scanned.
    pub waybill: WaybillKey,
    /// The scan.
    pub scan: ScanEvidence,
}

/// `task.undone`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The event taken back, of the same series.
    pub seq: Seq,
    /// The kind of that event.
    pub kind: String,
    /// The stock movements that take it back.
    pub stock: Vec<StockMove>,
    /// The ledger movements that take it back.
    pub ledger: Vec<LedgerMove>,
    /// Why.
    pub reason: String,
}

/// `cases.raised`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRaised {
    /// The case's own name.
    pub case: CaseId,
    /// Which of the closed list.
    pub code: CaseCode,
    /// The room it was raised in.
    pub room: String,
    /// What it is about: an order, notice, code or location.
    pub about: String,
}

/// `people.signed`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// In, or out.
    pub signed_in: bool,
}

/// `release.found`: the token on the label is the proof; only the authority can check it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelFound {
    /// The order the token claims to be of.
    pub order: OrderKey,
    /// The scan of the label's release token.
    pub scan: ScanEvidence,
}

/// `journal.reported`: it describes a physical act, so it is never dropped, whatever became of its disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The event as it was first written, with its own series, place and hash.
    pub event: Box<crate::journal::Event>,
}

impl Fact {
    /// The scan that became this fact, if one did.
    pub fn scan(&self) -> Option<&ScanEvidence> {
        match self {
            Self::Counted(fact) => Some(&fact.scan),
            Self::PutAway(fact) => Some(&fact.scan),
            Self::ReleaseStarted(fact) => Some(&fact.scan),
            Self::Picked(fact) => Some(&fact.scan),
            Self::Loaded(fact) => Some(&fact.scan),
            Self::ParcelFound(fact) => Some(&fact.scan),
            Self::NoticeClosed(_)
            | Self::Released(_)
            | Self::ReleaseParked(_)
            | Self::LeaseDropped(_)
            | Self::LabelPrinted(_)
            | Self::Undone(_)
            | Self::CaseRaised(_)
            | Self::Signed(_)
            | Self::Reported(_) => None,
        }
    }

    /// What this fact moves in which book.
    pub fn moves(&self) -> Moves {
        match self {
            Self::Counted(counted) => Moves {
                stock: vec![counted.stock.clone()],
                ledger: vec![counted.ledger.clone()],
            },
            Self::PutAway(put) => Moves {
                stock: vec![put.stock.clone()],
                ledger: vec![],
            },
            Self::Released(released) => Moves {
                stock: released.stock(),
                ledger: vec![],
            },
            Self::Undone(undone) => Moves {
                stock: undone.stock.clone(),
                ledger: undone.ledger.clone(),
            },
            Self::NoticeClosed(_)
            | Self::ReleaseStarted(_)
            | Self::Picked(_)
            | Self::ReleaseParked(_)
            | Self::LeaseDropped(_)
            | Self::LabelPrinted(_)
            | Self::Loaded(_)
            | Self::CaseRaised(_)
            | Self::Signed(_)
            // What these report is moved by the authority, or not at all.
            | Self::ParcelFound(_)
            | Self::Reported(_) => Moves::default(),
        }
    }
}

impl Released {
    /// From the reserved spots into staging.
    fn stock(&self) -> Vec<StockMove> {
        self.lines
            .iter()
            .map(|line| StockMove {
                goods: line.goods.clone(),
                from: Place::Inside {
                    spot: line.spot.clone(),
                    bucket: Bucket::Reserved,
                },
                to: Place::inside(STAGING, Bucket::Staging),
                qty: line.qty,
            })
            .collect()
    }
}

impl Moves {
    /// The movements that take these back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            stock: self
                .stock
                .iter()
                .rev()
                .map(|m| StockMove {
                    from: m.to.clone(),
                    to: m.from.clone(),
                    ..m.clone()
                })
                .collect(),
            ledger: self
                .ledger
                .iter()
                .rev()
                .map(|m| LedgerMove {
                    from: m.to,
                    to: m.from,
                    ..m.clone()
                })
                .collect(),
        }
    }
}
