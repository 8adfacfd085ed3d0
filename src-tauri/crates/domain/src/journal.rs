//! The journal: every fact a workstation records, in order, chained, exactly as first written.
//!
//! One append-only series per `(device, incarnation)` is at once the audit trail, the outbox and
//! the source of recovery. The chain makes a missing, altered or forked event visible: the hash of
//! an event covers all its fields, length-prefixed, and the hash before it. The body is UTF-8 JSON
//! and never serialised again, so a hash made by an old version verifies for ever.
//!
//! What the bodies mean stands in [`crate::facts`]; nothing here reads them.

use crate::ids::{DeviceId, Incarnation, PersonId, RequestId, Seq, WarehouseId};
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Separates these hashes from every other use of SHA-256.
const DOMAIN: &[u8] = b"bondhouse journal 1";

/// A SHA-256 digest, in JSON as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ts_rs::TS)]
#[ts(type = "string")]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first event of a series.
    pub const GENESIS: Self = Self([0; 32]);

    /// From its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 over length-prefixed fields: no two different lists of fields share a hash input.
    pub fn of_fields(domain: &[u8], fields: &[&[u8]]) -> Self {
        let mut sha = Sha256::new();
        for field in std::iter::once(&domain).chain(fields) {
            sha.update((field.len() as u64).to_be_bytes());
            sha.update(field);
        }
        Self(sha.finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl schemars::JsonSchema for Hash {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let bytes = data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .map_err(serde::de::Error::custom)?;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| serde::de::Error::custom("a hash has 32 bytes"))
    }
}

/// Whose series an event belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Series {
    /// The warehouse the workstation serves.
    pub warehouse: WarehouseId,
    /// The workstation.
    pub device: DeviceId,
    /// Which life of its store.
    pub incarnation: Incarnation,
}

/// One event: the row of the journal, and what travels to the authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The series it belongs to.
    #[serde(flatten)]
    pub series: Series,
    /// Its place in the series: 1, 2, 3 …
    pub seq: Seq,
    /// What kind of fact the body is, for instance `release.released`.
    pub kind: String,
    /// Version of the body's shape within its kind.
    pub v: u16,
    /// The request that caused it: a repetition gets the earlier answer.
    pub request: RequestId,
    /// Who did it.
    pub actor: PersonId,
    /// When, by the workstation's estimate of the authority's clock; strictly increasing in a series.
    pub occurred_at: Instant,
    /// What the workstation's wall clock said, kept as evidence only.
    pub wall: Instant,
    /// The fact as UTF-8 JSON, exactly as first written.
    pub body: String,
    /// Hash of the event before, or [`Hash::GENESIS`].
    pub prev_hash: Hash,
    /// Hash over everything above.
    pub hash: Hash,
}

/// What an event says apart from where it stands: the input of [`Head::append`].
#[derive(Debug, Clone)]
pub struct Draft {
    /// What kind of fact the body is.
    pub kind: String,
    /// Version of the body's shape within its kind.
    pub v: u16,
    /// The request that caused it.
    pub request: RequestId,
    /// Who did it.
    pub actor: PersonId,
    /// Estimated time at the authority.
    pub occurred_at: Instant,
    /// The wall clock, as evidence.
    pub wall: Instant,
    /// The fact as UTF-8 JSON.
    pub body: String,
}

/// How far a series has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The last event's position; 0 for an empty series.
    pub seq: Seq,
    /// The last event's hash.
    pub hash: Hash,
    /// The last event's time, which the next one must exceed.
    pub occurred_at: Instant,
}

/// Where and how a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// An event of another device, incarnation or warehouse.
    #[error("event {0:?} belongs to another series")]
    Foreign(Seq),
    /// A position is missing or repeated.
    #[error("expected position {expected:?}, found {found:?}")]
    Gap {
        /// The position that should come next.
        expected: Seq,
        /// The position found.
        found: Seq,
    },
    /// The event does not continue the one before: two tails grew from one head.
    #[error("event {0:?} continues another event: the series has forked")]
    Fork(Seq),
    /// The event's content does not match its hash.
    #[error("event {0:?} was altered")]
    Altered(Seq),
    /// Time does not increase.
    #[error("event {0:?} is not later than the one before")]
    Time(Seq),
}

impl Head {
    /// The head of an empty series.
    pub const EMPTY: Self = Self {
        seq: Seq(0),
        hash: Hash::GENESIS,
        occurred_at: Instant::from_millis(i64::MIN),
    };

    /// Seals a draft as the next event. Time is pushed forward where needed to stay increasing.
    pub fn append(&self, series: &Series, draft: Draft) -> Event {
        let after_last = Instant::from_millis(self.occurred_at.as_millis().saturating_add(1));
        let mut event = Event {
            series: series.clone(),
            seq: Seq(self.seq.0.saturating_add(1)),
            kind: draft.kind,
            v: draft.v,
            request: draft.request,
            actor: draft.actor,
            occurred_at: draft.occurred_at.max(after_last),
            wall: draft.wall,
            body: draft.body,
            prev_hash: self.hash,
            hash: Hash::GENESIS,
        };
        event.hash = event.computed_hash();
        event
    }

    /// Checks that an event continues this head, and moves on to it.
    ///
    /// # Errors
    /// The [`Break`], which the reader must treat as evidence: nothing is to be dropped.
    pub fn follow(&self, series: &Series, event: &Event) -> Result<Self, Break> {
        let expected = Seq(self.seq.0.saturating_add(1));
        if &event.series != series {
            return Err(Break::Foreign(event.seq));
        }
        if event.seq != expected {
            return Err(Break::Gap {
                expected,
                found: event.seq,
            });
        }
        if event.prev_hash != self.hash {
            return Err(Break::Fork(event.seq));
        }
        if event.hash != event.computed_hash() {
            return Err(Break::Altered(event.seq));
        }
        if event.occurred_at <= self.occurred_at {
            return Err(Break::Time(event.seq));
        }
        Ok(event.head())
    }
}

impl Event {
    /// The head of its series when this is the last event.
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash,
            occurred_at: self.occurred_at,
        }
    }

    /// The hash its fields have now; equal to `hash` unless altered.
    pub fn computed_hash(&self) -> Hash {
        Hash::of_fields(
            DOMAIN,
            &[
                self.series.warehouse.as_str().as_bytes(),
                self.series.device.as_str().as_bytes(),
                &self.series.incarnation.0.to_be_bytes(),
                &self.seq.0.to_be_bytes(),
                self.kind.as_bytes(),
                &self.v.to_be_bytes(),
                self.request.0.as_bytes(),
                self.actor.as_str().as_bytes(),
                &self.occurred_at.as_millis().to_be_bytes(),
                &self.wall.as_millis().to_be_bytes(),
                self.body.as_bytes(),
                self.prev_hash.as_bytes(),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn series() -> Series {
        Series {
            warehouse: WarehouseId::new("NB01"),
            device: DeviceId::new("P-07"),
            incarnation: Incarnation(1),
        }
    }

    fn draft(body: &str, at: i64) -> Draft {
        Draft {
            kind: "intake.counted".into(),
            v: 1,
            request: RequestId(uuid::Uuid::from_u128(7)),
            actor: PersonId::new("zhou-min"),
            occurred_at: Instant::from_millis(at),
            wall: Instant::from_millis(at),
            body: body.into(),
        }
    }

    proptest! {
        #[test]
        fn every_altered_byte_of_a_body_is_noticed(body in "[a-z]{1,20}", at in 0usize..20) {
            let mut event = Head::EMPTY.append(&series(), draft(&body, 5));
            let at = at % body.len();
            event.body.replace_range(at..=at, "#");
            prop_assert_eq!(Head::EMPTY.follow(&series(), &event), Err(Break::Altered(Seq(1))));
        }
    }

    #[test]
    fn a_clock_set_back_never_turns_the_journal_back() {
        let first = Head::EMPTY.append(&series(), draft("{}", 1_000));
        let second = first.head().append(&series(), draft("{}", 10));
        assert!(second.occurred_at > first.occurred_at);
        assert!(first.head().follow(&series(), &second).is_ok());
    }

    #[test]
    fn two_tails_from_one_head_are_a_fork_and_a_hole_is_a_gap() {
        let first = Head::EMPTY.append(&series(), draft("{}", 1));
        let other = Head::EMPTY.append(&series(), draft("{\"other\":1}", 1));
        let after_other = other.head().append(&series(), draft("{}", 2));
        assert_eq!(
            first.head().follow(&series(), &after_other),
            Err(Break::Fork(Seq(2)))
        );
        assert!(matches!(
            Head::EMPTY.follow(&series(), &after_other),
            Err(Break::Gap { found: Seq(2), .. })
        ));
    }
}
