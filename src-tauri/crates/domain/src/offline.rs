//! What a workstation may do while the authority does not answer, as its warehouse decided.
//!
//! A policy is dated and never changed: a new one is a new version, told ahead of its day. It reaches
//! every workstation with the feed. The right to release is more than a way of working: how long it
//! lasts, and whether it may be used without contact at all, stands in each signed lease
//! ([`leases`](crate::leases)), so a table that someone edited gives nobody more of it.
//!
//! What the authority alone does (loading, deciding, enrolling) no policy can give away, and what was
//! done by mistake may always be taken back.

use crate::facts::Fact;
use crate::message::Refusal;
use crate::task::{Then, Turn};
use crate::time::{Instant, Span};
use serde::{Deserialize, Serialize};

/// A workstation is in contact for this long after the authority answered it; it calls several times
/// in that span. Told at once that a call failed, it is not.
pub const CONTACT_LASTS: Span = Span::minutes(1);

/// Beyond a day nobody answers for a hold that was not heard (sync protocol, 2.3).
pub const LONGEST_MINUTES: u32 = 24 * 60;

/// Something a workstation does, as far as it matters whether the authority answers.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OfflineAct {
    /// Release orders it holds leases on.
    Release,
    /// Count goods in.
    Intake,
    /// Put goods away.
    PutAway,
    /// Print a label again.
    Reprint,
    /// Load a vehicle and let it go.
    Gate,
    /// Decide a case.
    Decide,
    /// Make a computer a workstation.
    Enrol,
}

impl OfflineAct {
    /// All of them, in the order goods go through the house.
    pub const ALL: [Self; 7] = [
        Self::Release,
        Self::Intake,
        Self::PutAway,
        Self::Reprint,
        Self::Gate,
        Self::Decide,
        Self::Enrol,
    ];

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Intake => "intake",
            Self::PutAway => "put_away",
            Self::Reprint => "reprint",
            Self::Gate => "gate",
            Self::Decide => "decide",
            Self::Enrol => "enrol",
        }
    }

    /// What is said to whoever tries it without contact where that is not allowed.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Release => says::release(),
            Self::Intake => says::intake(),
            Self::PutAway => says::put_away(),
            Self::Reprint => says::reprint(),
            Self::Gate => crate::gate::says::offline(),
            Self::Decide | Self::Enrol => crate::cases::says::offline(),
        }
    }
}

/// What one warehouse allows, from one day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[schemars(rename = "DecidedOfflinePolicy")]
pub struct OfflinePolicy {
    /// 1, 2, 3 …; 0 is the one of a warehouse that never decided.
    pub version: u32,
    /// From when on it holds.
    pub valid_from: Instant,
    /// Releasing.
    pub release: OfflineRelease,
    /// Goods may be counted in.
    pub intake: bool,
    /// Goods may be put away.
    pub put_away: bool,
    /// Labels may be printed again.
    pub reprint: bool,
}

/// What one warehouse allows of releasing; leases are signed accordingly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
pub struct OfflineRelease {
    /// For how long after the last contact, in minutes; 0 is never, a day at most.
    pub minutes: u32,
    /// How many orders one workstation may hold.
    pub orders: u32,
    /// Goods released in contact only: HS codes or their first digits.
    pub online_only: Vec<String>,
}

impl OfflinePolicy {
    /// What holds where nobody decided (sync protocol, 2.3).
    pub const fn undecided() -> Self {
        Self {
            version: 0,
            valid_from: Instant::from_millis(0),
            release: OfflineRelease {
                minutes: 240,
                orders: 300,
                online_only: Vec::new(),
            },
            intake: true,
            put_away: true,
            reprint: true,
        }
    }

    /// Whether something may be done without contact.
    pub const fn allows(&self, act: OfflineAct) -> bool {
        match act {
            OfflineAct::Release => self.release.minutes > 0,
            OfflineAct::Intake => self.intake,
            OfflineAct::PutAway => self.put_away,
            OfflineAct::Reprint => self.reprint,
            OfflineAct::Gate | OfflineAct::Decide | OfflineAct::Enrol => false,
        }
    }

    /// What of a turn may not be done without contact, if anything.
    pub fn forbids(&self, turn: &Turn) -> Option<OfflineAct> {
        acts_of(turn).into_iter().find(|act| !self.allows(*act))
    }
}

impl OfflineRelease {
    /// Whether goods of these HS codes may be released in contact only.
    pub fn needs_contact<'a>(&self, mut hs_codes: impl Iterator<Item = &'a str>) -> bool {
        self.minutes == 0
            || hs_codes.any(|code| {
                self.online_only
                    .iter()
                    .any(|prefix| code.starts_with(prefix.as_str()))
            })
    }

    /// How long a lease lasts. One that needs contact lasts as long as others: it is contact that ends
    /// its use, and calling an order in doubt after a short silence would help nobody.
    pub fn work_span(&self) -> Span {
        let minutes = match self.minutes {
            0 => OfflinePolicy::undecided().release.minutes,
            some => some.min(LONGEST_MINUTES),
        };
        Span::minutes(minutes.into())
    }
}

/// Whether the authority answered lately and has not failed to since.
pub fn in_contact(
    answered_at: Option<Instant>,
    lost_since: Option<Instant>,
    now_est: Instant,
) -> bool {
    lost_since.is_none()
        && answered_at.is_some_and(|at| now_est.since(at).as_millis() <= CONTACT_LASTS.as_millis())
}

/// What a turn does. Starting and releasing are not asked here: the lease itself says whether they may be.
fn acts_of(turn: &Turn) -> Vec<OfflineAct> {
    let again = matches!(turn.then, Some(Then::Print { copy, .. }) if copy > 0);
    turn.facts
        .iter()
        .filter_map(act_of)
        .chain(again.then_some(OfflineAct::Reprint))
        .collect()
}

const fn act_of(fact: &Fact) -> Option<OfflineAct> {
    match fact {
        Fact::Counted(_) | Fact::NoticeClosed(_) => Some(OfflineAct::Intake),
        Fact::PutAway(_) => Some(OfflineAct::PutAway),
        Fact::Loaded(_) => Some(OfflineAct::Gate),
        Fact::ReleaseStarted(_)
        | Fact::Picked(_)
        | Fact::Released(_)
        | Fact::ReleaseParked(_)
        | Fact::LeaseDropped(_)
        | Fact::LabelPrinted(_)
        | Fact::Undone(_)
        | Fact::CaseRaised(_)
        | Fact::Signed(_)
        | Fact::ParcelFound(_)
        | Fact::Reported(_) => None,
    }
}

/// What is refused without contact.
pub mod says {
    crate::messages! {
        yes {}
        no {
            /// These goods, or any here, are released in contact only.
            release() = "offline.release";
            /// This warehouse counts nothing in without contact.
            intake() = "offline.intake";
            /// This warehouse puts nothing away without contact.
            put_away() = "offline.put_away";
            /// This warehouse prints no label again without contact.
            reprint() = "offline.reprint";
            /// Not a number of minutes up to a day.
            bad_minutes(minutes) = "offline.bad_minutes";
            /// Not the first digits of an HS code.
            bad_hs_code(code) = "offline.bad_hs_code";
            /// A policy cannot begin before now.
            in_the_past() = "offline.in_the_past";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrderKey;
    use crate::task::{Outcome, says as task_says};

    fn at(ms: i64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn contact_ends_when_a_call_fails_or_a_minute_after_the_last_answer() {
        assert!(!in_contact(None, None, at(1)));
        assert!(in_contact(Some(at(0)), None, at(60_000)));
        assert!(!in_contact(Some(at(0)), None, at(60_001)));
        assert!(!in_contact(Some(at(0)), Some(at(5)), at(6)));
        // A clock that cannot be believed counts as the end of time.
        assert!(!in_contact(Some(at(0)), None, at(i64::MAX)));
    }

    #[test]
    fn goods_are_released_in_contact_only_by_the_first_digits_of_their_hs_code() {
        let mut release = OfflinePolicy::undecided().release;
        assert!(!release.needs_contact(["1901101000"].into_iter()));
        release.online_only = vec!["1901".into(), "3304990029".into()];
        assert!(release.needs_contact(["2106909090", "1901101000"].into_iter()));
        assert!(!release.needs_contact(["3304990039"].into_iter()));
        release.minutes = 0;
        assert!(release.needs_contact(std::iter::empty()));
        assert_eq!(release.work_span(), Span::minutes(240));
        release.minutes = 100_000;
        assert_eq!(release.work_span(), Span::minutes(24 * 60));
    }

    #[test]
    fn only_a_copy_of_a_label_is_printed_again() {
        let policy = OfflinePolicy {
            reprint: false,
            ..OfflinePolicy::undecided()
        };
        let print = |copy| Turn {
            then: Some(Then::Print {
                order: OrderKey {
                    platform: "P".into(),
                    order_no: "B1".into(),
                },
                copy,
            }),
            ..Turn::says(Outcome::Accepted, task_says::acknowledged())
        };
        assert_eq!(policy.forbids(&print(0)), None);
        assert_eq!(policy.forbids(&print(1)), Some(OfflineAct::Reprint));
    }

    #[test]
    fn no_policy_gives_away_what_the_authority_alone_does() {
        let policy = OfflinePolicy::undecided();
        let stays = [OfflineAct::Gate, OfflineAct::Decide, OfflineAct::Enrol];
        for act in OfflineAct::ALL {
            assert_eq!(policy.allows(act), !stays.contains(&act), "{}", act.name());
        }
    }
}
