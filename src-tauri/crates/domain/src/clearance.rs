//! Clearance: does the receipt log prove that customs let this parcel go?
//!
//! A declaration list's clearance is a *fold* of its receipts, never a stored opinion. Receipts
//! come late, doubled and out of order, so they are put in the order of customs' own clock
//! (`returnTime`); at equal times the more restrictive one stands. "Logic check passed" (120) is
//! not a release; only 800 and 899 are. A lower or older receipt never takes a release back, but
//! 700, a 100 after 800, and an approved cancellation (624 = 399) always stop a parcel that has not
//! left, and 500–600 later than the release hold it.
//!
//! [`Cleared`] is the proof. It has no public constructor: it can be obtained from a receipt log
//! here, at the authority, or from a verified lease ([`crate::leases`]) at a workstation.

pub mod reasons;

use crate::ids::OrderKey;
use crate::journal::Hash;
use crate::message::Refusal;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// What a receipt's `returnStatus` says (CEB622, 624, 626), as GACC numbers it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 1: stored at the electronic port.
    Stored,
    /// 2: being declared; may say that order, payment or waybill is still missing.
    Declaring,
    /// 3: sent to customs.
    Sent,
    /// 4: could not be sent.
    SendFailed,
    /// 100: rejected; correct and declare again.
    Rejected,
    /// 120: accepted into customs, logic check passed. Not a release.
    Accepted,
    /// 300: waiting for a human.
    ManualReview,
    /// 399: approved (for a cancellation or return: granted).
    Approved,
    /// 400: waiting for the goods to arrive.
    AwaitingArrival,
    /// 500: physical inspection.
    Inspection,
    /// 501, 502, 503, 599: detained.
    Detained(u16),
    /// 600: suspended.
    Suspended,
    /// 700: to be returned abroad; never to the buyer.
    ReturnAbroad,
    /// 800: released.
    Released,
    /// 899: closed out: released and final.
    Closed,
    /// Below zero: a processing exception.
    Exception(String),
    /// A number no table knows: kept as it came, shown, without effect.
    Unknown(String),
}

impl Status {
    /// Reads `returnStatus`; never fails, because an unknown number must be kept and shown.
    pub fn read(text: &str) -> Self {
        match text.trim() {
            "1" => Self::Stored,
            "2" => Self::Declaring,
            "3" => Self::Sent,
            "4" => Self::SendFailed,
            "100" => Self::Rejected,
            "120" => Self::Accepted,
            "300" => Self::ManualReview,
            "399" => Self::Approved,
            "400" => Self::AwaitingArrival,
            "500" => Self::Inspection,
            "501" => Self::Detained(501),
            "502" => Self::Detained(502),
            "503" => Self::Detained(503),
            "599" => Self::Detained(599),
            "600" => Self::Suspended,
            "700" => Self::ReturnAbroad,
            "800" => Self::Released,
            "899" => Self::Closed,
            other if other.starts_with('-') => Self::Exception(other.to_owned()),
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// The number as customs writes it.
    pub fn code(&self) -> String {
        match self {
            Self::Stored => "1".into(),
            Self::Declaring => "2".into(),
            Self::Sent => "3".into(),
            Self::SendFailed => "4".into(),
            Self::Rejected => "100".into(),
            Self::Accepted => "120".into(),
            Self::ManualReview => "300".into(),
            Self::Approved => "399".into(),
            Self::AwaitingArrival => "400".into(),
            Self::Inspection => "500".into(),
            Self::Detained(n) => n.to_string(),
            Self::Suspended => "600".into(),
            Self::ReturnAbroad => "700".into(),
            Self::Released => "800".into(),
            Self::Closed => "899".into(),
            Self::Exception(raw) | Self::Unknown(raw) => raw.clone(),
        }
    }

    /// At equal times the receipt with the higher rank is applied last, so it stands.
    const fn restrictiveness(&self) -> u8 {
        match self {
            Self::Unknown(_) | Self::Stored | Self::Declaring | Self::Sent | Self::SendFailed => 0,
            Self::Accepted => 1,
            Self::AwaitingArrival | Self::ManualReview => 2,
            Self::Approved | Self::Released | Self::Closed => 3,
            Self::Suspended | Self::Inspection | Self::Detained(_) => 4,
            Self::Rejected | Self::Exception(_) => 5,
            Self::ReturnAbroad => 6,
        }
    }
}

/// Which declaration a receipt answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// The declaration list itself (CEB622).
    List,
    /// A request to cancel it (CEB624).
    Cancellation,
    /// A request to return goods (CEB626); does not touch the clearance of the list.
    Return,
}

/// One line of the append-only receipt log of a declaration list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct LoggedReceipt {
    /// Place in the log: 1, 2, 3 … in order of arrival.
    #[ts(type = "number")]
    pub position: u64,
    /// What it answers.
    pub answers: Answers,
    /// What it says.
    pub status: Status,
    /// Customs' own time; without one a receipt can restrict but never release.
    pub returned_at: Option<Instant>,
    /// Customs' own number of the list, when the receipt named one.
    pub declaration_no: Option<String>,
    /// Hash of the raw message it was read from.
    pub raw_hash: Hash,
}

impl LoggedReceipt {
    /// Where it stands among the others: by customs' clock, then the more restrictive last, then by
    /// the status itself, so that the order of arrival never decides anything.
    ///
    /// A hold that customs did not date counts as the newest: better a parcel too many held.
    pub(crate) fn place(&self) -> (bool, Option<Instant>, u8, &Status) {
        let rank = self.status.restrictiveness();
        let undated_hold =
            self.returned_at.is_none() && rank >= Status::Suspended.restrictiveness();
        (undated_hold, self.returned_at, rank, &self.status)
    }
}

/// Why a parcel is held though it may be released later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomsHold {
    /// 500: to be inspected; must be findable within minutes.
    Inspection,
    /// 501–599: detained, with customs' number.
    Detained(u16),
    /// 600: suspended.
    Suspended,
}

/// Why a list will never be released again.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// 700: goods go back abroad.
    ReturnAbroad,
    /// 100 after 800: customs took the release back.
    RejectedAfterRelease,
    /// 624 = 399: the list is cancelled.
    Cancelled,
}

/// Where a declaration list stands, derived from its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
#[schemars(rename = "ClearanceStanding")]
pub enum Standing {
    /// Nothing decisive yet, or only "on its way".
    Waiting {
        /// 120 or later was seen: customs has it.
        accepted: bool,
    },
    /// Refused (100 or an exception); it may be corrected and declared again.
    Rejected,
    /// Held; a later 800 or 899 ends it.
    Held {
        /// Why.
        by: CustomsHold,
    },
    /// Released.
    Released {
        /// Customs' time of the release in force.
        at: Instant,
        /// 899 was seen: nothing more is expected.
        closed: bool,
    },
    /// Stopped for good, whatever comes later.
    Stopped {
        /// Why.
        by: Stop,
    },
}

/// The clearance of a list: a pure fold of its log. Order of arrival never matters.
pub fn standing(log: &[LoggedReceipt]) -> Standing {
    if let Some(by) = final_stop(log) {
        return Standing::Stopped { by };
    }
    let mut ordered: Vec<&LoggedReceipt> =
        log.iter().filter(|r| r.answers == Answers::List).collect();
    ordered.sort_by(|a, b| a.place().cmp(&b.place()));
    ordered
        .into_iter()
        .fold(Standing::Waiting { accepted: false }, step)
}

/// Stops that no later receipt lifts.
fn final_stop(log: &[LoggedReceipt]) -> Option<Stop> {
    let any = |answers, status: &Status| {
        log.iter()
            .any(|r| r.answers == answers && &r.status == status)
    };
    if any(Answers::Cancellation, &Status::Approved) {
        return Some(Stop::Cancelled);
    }
    if any(Answers::List, &Status::ReturnAbroad) {
        return Some(Stop::ReturnAbroad);
    }
    // The earliest release: a rejection at or after it takes it back for good.
    let released = log
        .iter()
        .filter(|r| {
            r.answers == Answers::List && matches!(r.status, Status::Released | Status::Closed)
        })
        .filter_map(|r| r.returned_at)
        .min()?;
    log.iter()
        .any(|r| {
            r.answers == Answers::List
                && r.status == Status::Rejected
                && r.returned_at.is_none_or(|at| at >= released)
        })
        .then_some(Stop::RejectedAfterRelease)
}

fn step(now: Standing, receipt: &LoggedReceipt) -> Standing {
    let released = matches!(now, Standing::Released { .. });
    match &receipt.status {
        Status::Released | Status::Closed => match (receipt.returned_at, now) {
            (Some(_), Standing::Released { at, closed }) => Standing::Released {
                at,
                closed: closed || receipt.status == Status::Closed,
            },
            (Some(at), _) => Standing::Released {
                at,
                closed: receipt.status == Status::Closed,
            },
            // A release that customs did not date proves nothing.
            (None, now) => now,
        },
        Status::Inspection => Standing::Held {
            by: CustomsHold::Inspection,
        },
        Status::Detained(n) => Standing::Held {
            by: CustomsHold::Detained(*n),
        },
        Status::Suspended => Standing::Held {
            by: CustomsHold::Suspended,
        },
        Status::Rejected | Status::Exception(_) if !released => Standing::Rejected,
        Status::Accepted if matches!(now, Standing::Waiting { .. } | Standing::Rejected) => {
            Standing::Waiting { accepted: true }
        }
        Status::Stored
        | Status::Declaring
        | Status::Sent
        | Status::SendFailed
        | Status::Rejected
        | Status::Accepted
        | Status::ManualReview
        | Status::Approved
        | Status::AwaitingArrival
        | Status::ReturnAbroad
        | Status::Exception(_)
        | Status::Unknown(_) => now,
    }
}

/// The proof that customs released a parcel. Whoever holds one may release the parcel at the bench.
///
/// Cannot be made by hand, copied or read from a file: releasing takes it by value.
#[derive(Debug, PartialEq, Eq)]
pub struct Cleared {
    order: OrderKey,
    facts: ClearanceFacts,
}

/// What a clearance rests on; travels inside a lease, under the authority's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct ClearanceFacts {
    /// Customs' number of the declaration list (`invtNo`).
    pub declaration_no: String,
    /// Customs' time of the release in force.
    pub released_at: Instant,
    /// Hash over the receipt log at the moment of judgement.
    pub log_hash: Hash,
}

impl Cleared {
    /// Judges a receipt log, at the authority.
    ///
    /// # Errors
    /// The refusal that says why customs' receipts do not prove a release.
    pub fn from_receipts(order: &OrderKey, log: &[LoggedReceipt]) -> Result<Self, Refusal> {
        match standing(log) {
            Standing::Released { at, .. } => {
                let declaration_no = log
                    .iter()
                    .filter(|r| r.answers == Answers::List)
                    .find_map(|r| r.declaration_no.clone())
                    .ok_or_else(|| says::no_declaration_number(order))?;
                Ok(Self {
                    order: order.clone(),
                    facts: ClearanceFacts {
                        declaration_no,
                        released_at: at,
                        log_hash: log_hash(log),
                    },
                })
            }
            Standing::Waiting { .. } => Err(says::not_released_yet(order)),
            Standing::Rejected => Err(says::rejected(order)),
            Standing::Held { by } => Err(says::held(
                order,
                match by {
                    CustomsHold::Inspection => 500,
                    CustomsHold::Detained(n) => n,
                    CustomsHold::Suspended => 600,
                },
            )),
            Standing::Stopped {
                by: Stop::Cancelled,
            } => Err(says::list_cancelled(order)),
            Standing::Stopped {
                by: Stop::ReturnAbroad,
            } => Err(says::return_abroad(order)),
            Standing::Stopped {
                by: Stop::RejectedAfterRelease,
            } => Err(says::release_taken_back(order)),
        }
    }

    /// Only a verified lease may vouch for facts judged elsewhere.
    pub(crate) fn vouched(order: OrderKey, facts: ClearanceFacts) -> Self {
        Self { order, facts }
    }

    /// The order that is cleared.
    pub fn order(&self) -> &OrderKey {
        &self.order
    }

    /// What the proof rests on.
    pub fn facts(&self) -> &ClearanceFacts {
        &self.facts
    }
}

/// Hash over a receipt log, so that a lease names exactly what was judged.
pub fn log_hash(log: &[LoggedReceipt]) -> Hash {
    let lines: Vec<Vec<u8>> = log
        .iter()
        .map(|r| {
            let at = r
                .returned_at
                .map_or(i64::MIN, Instant::as_millis)
                .to_be_bytes();
            [&r.raw_hash.as_bytes()[..], &at, r.status.code().as_bytes()].concat()
        })
        .collect();
    let fields: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    Hash::of_fields(b"bondhouse receipts 1", &fields)
}

/// What clearance may say.
pub mod says {
    crate::messages! {
        yes {
            /// Customs released it.
            released(status) = "clearance.released";
        }
        no {
            /// No release has arrived.
            not_released_yet(order) = "clearance.not_released_yet";
            /// Customs refused the list.
            rejected(order) = "clearance.rejected";
            /// Customs holds the parcel.
            held(order, status) = "clearance.held";
            /// The list was cancelled.
            list_cancelled(order) = "clearance.list_cancelled";
            /// The goods must go back abroad.
            return_abroad(order) = "clearance.return_abroad";
            /// Customs rejected after having released.
            release_taken_back(order) = "clearance.release_taken_back";
            /// Customs released but never named its list number.
            no_declaration_number(order) = "clearance.no_declaration_number";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn receipt(status: &str, at: i64) -> LoggedReceipt {
        LoggedReceipt {
            position: 0,
            answers: Answers::List,
            status: Status::read(status),
            returned_at: Some(Instant::from_millis(at)),
            declaration_no: Some("31052026I156997919".into()),
            raw_hash: Hash::of_fields(b"test", &[status.as_bytes(), &at.to_be_bytes()]),
        }
    }

    fn cancelled(at: i64) -> LoggedReceipt {
        LoggedReceipt {
            answers: Answers::Cancellation,
            ..receipt("399", at)
        }
    }

    fn is_released(log: &[LoggedReceipt]) -> bool {
        matches!(standing(log), Standing::Released { .. })
    }

    const CODES: [&str; 17] = [
        "1", "2", "3", "4", "100", "120", "300", "399", "400", "500", "501", "600", "700", "800",
        "899", "-621001", "18",
    ];

    proptest! {
        #[test]
        fn order_of_arrival_and_repetition_never_matter(
            picks in proptest::collection::vec((0usize..17, 0i64..6), 0..12), turn in 0usize..12
        ) {
            let mut log: Vec<_> = picks.iter().map(|(c, at)| receipt(CODES[*c], *at)).collect();
            let first = standing(&log);
            log.extend(log.clone());
            let n = log.len().max(1);
            log.rotate_left(turn % n);
            prop_assert_eq!(standing(&log), first);
        }

        #[test]
        fn a_stop_is_never_lifted(picks in proptest::collection::vec((0usize..17, 0i64..6), 0..12)) {
            let mut log: Vec<_> = picks.iter().map(|(c, at)| receipt(CODES[*c], *at)).collect();
            log.push(cancelled(3));
            let stopped = matches!(standing(&log), Standing::Stopped { .. });
            prop_assert!(stopped);
        }

        #[test]
        fn a_hold_later_than_the_release_is_never_missed(hold in 0usize..3, noise in proptest::collection::vec((0usize..9, 0i64..6), 0..8)) {
            let mut log: Vec<_> = noise.iter().map(|(c, at)| receipt(CODES[*c], *at)).collect();
            log.push(receipt("800", 7));
            log.push(receipt(["500", "501", "600"][hold], 8));
            prop_assert!(!is_released(&log));
        }
    }

    #[test]
    fn logic_check_passed_is_not_a_release() {
        assert_eq!(
            standing(&[receipt("120", 1)]),
            Standing::Waiting { accepted: true }
        );
    }

    #[test]
    fn inspection_ends_with_a_later_release() {
        assert!(is_released(&[
            receipt("800", 1),
            receipt("500", 2),
            receipt("800", 3)
        ]));
        assert!(!is_released(&[receipt("800", 1), receipt("500", 1)]));
    }

    #[test]
    fn a_late_lower_receipt_does_not_take_the_release_back() {
        assert!(is_released(&[
            receipt("800", 5),
            receipt("120", 9),
            receipt("300", 9)
        ]));
    }

    #[test]
    fn a_rejection_before_the_release_is_history_after_it_is_a_stop() {
        assert!(is_released(&[receipt("100", 1), receipt("800", 2)]));
        assert_eq!(
            standing(&[receipt("800", 2), receipt("100", 2)]),
            Standing::Stopped {
                by: Stop::RejectedAfterRelease
            }
        );
    }

    #[test]
    fn two_holds_of_one_moment_read_the_same_whichever_came_first() {
        let (a, b) = (receipt("500", 4), receipt("501", 4));
        assert_eq!(standing(&[a.clone(), b.clone()]), standing(&[b, a]));
    }

    #[test]
    fn a_hold_without_a_date_holds() {
        let undated = LoggedReceipt {
            returned_at: None,
            ..receipt("500", 0)
        };
        assert!(!is_released(&[undated, receipt("800", 5)]));
    }

    #[test]
    fn a_release_without_a_date_proves_nothing() {
        let undated = LoggedReceipt {
            returned_at: None,
            ..receipt("800", 0)
        };
        let order = OrderKey {
            platform: "3105960A01".into(),
            order_no: "B1".into(),
        };
        assert_eq!(
            Cleared::from_receipts(&order, &[undated]),
            Err(says::not_released_yet(&order))
        );
    }
}
