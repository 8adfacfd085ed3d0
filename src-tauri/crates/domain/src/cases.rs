//! What may be decided about a case, and who must look with the one who decides.
//!
//! The list is closed (sync protocol, section 2.7): a code allows these resolutions and no others, and
//! each does one thing, which is said before it is chosen. Deciding is the authority's act; a
//! workstation only asks. Nothing here decides by itself.

use crate::orders::CaseCode;
use serde::{Deserialize, Serialize};

/// How a case is decided.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS,
)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Looked at, and it may stand as it is: the case is closed, nothing else happens.
    Accept,
    /// The parcel stays: a supervisor's hold keeps it off every vehicle.
    HoldParcel,
    /// The parcel of a silent holder was found packed and labelled: it counts as released.
    FoundPacked,
    /// It was found unpacked: its goods are free, the order may be granted again.
    FoundUnpacked,
    /// The event is judged again, now that more is known.
    JudgeAgain,
}

impl Resolution {
    /// Its name in messages and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::HoldParcel => "hold_parcel",
            Self::FoundPacked => "found_packed",
            Self::FoundUnpacked => "found_unpacked",
            Self::JudgeAgain => "judge_again",
        }
    }
}

impl CaseCode {
    /// What may be decided about it, the usual first.
    pub const fn resolutions(self) -> &'static [Resolution] {
        match self {
            Self::InDoubt => &[
                Resolution::FoundPacked,
                Resolution::FoundUnpacked,
                Resolution::Accept,
            ],
            Self::ReleasedAfterRevokeSent | Self::DoubleRelease => {
                &[Resolution::HoldParcel, Resolution::Accept]
            }
            Self::ReleasedAfterWorkUntil | Self::LotMismatch | Self::WeightDiffers => {
                &[Resolution::Accept, Resolution::HoldParcel]
            }
            Self::ParkedUnknownKind | Self::StockCountDiff => {
                &[Resolution::JudgeAgain, Resolution::Accept]
            }
            Self::ClockSuspect
            | Self::ShortPick
            | Self::OverReceipt
            | Self::ShortReceipt
            | Self::Damaged
            | Self::UnknownBarcode
            | Self::SupervisorCalled
            | Self::JournalFork
            | Self::DigestMismatch
            | Self::DuplicateSerial => &[Resolution::Accept],
        }
    }

    /// Whether a second person must have looked: what is decided here cannot be taken back.
    pub const fn needs_four_eyes(self) -> bool {
        match self {
            Self::InDoubt | Self::JournalFork | Self::DoubleRelease | Self::StockCountDiff => true,
            Self::ReleasedAfterRevokeSent
            | Self::ReleasedAfterWorkUntil
            | Self::ClockSuspect
            | Self::ShortPick
            | Self::OverReceipt
            | Self::ShortReceipt
            | Self::Damaged
            | Self::UnknownBarcode
            | Self::SupervisorCalled
            | Self::LotMismatch
            | Self::DigestMismatch
            | Self::ParkedUnknownKind
            | Self::DuplicateSerial
            | Self::WeightDiffers => false,
        }
    }
}

/// What is said about cases.
pub mod says {
    crate::messages! {
        yes {
            /// The release on the token was handed in.
            parcel_found(order) = "cases.parcel_found";
        }
        no {
            /// This code does not allow this resolution.
            not_allowed(resolution) = "cases.not_allowed";
            /// A second person must have looked.
            second_needed() = "cases.second_needed";
            /// The second person is the first.
            same_person() = "cases.same_person";
            /// The order is still in doubt: somebody must look at the bench.
            look_first(order) = "cases.look_first";
            /// Judged again, it is as before.
            still_so(code) = "cases.still_so";
            /// The case is about no order that could be held.
            no_order() = "cases.no_order";
            /// The platform does not answer, and only it decides.
            offline() = "cases.offline";
            /// The code is no release token.
            no_token() = "cases.no_token";
        }
    }
}
