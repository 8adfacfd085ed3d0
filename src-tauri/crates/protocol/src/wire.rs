//! What is said in a call and its answer.
//!
//! Events and feed entries travel as they are stored; their bodies are strings inside this JSON,
//! so that no step between the two disks ever writes them anew.

use crate::versions::Range;
use bondhouse_domain::cases::Resolution;
use bondhouse_domain::digest::Tables;
use bondhouse_domain::feed::Entry;
use bondhouse_domain::ids::{
    CaseId, DeviceId, FeedPos, Fence, GatePassNo, Incarnation, OrderKey, PersonId, RequestId, Seq,
    WarehouseId, WaybillKey,
};
use bondhouse_domain::journal::{Event, Hash, Series};
use bondhouse_domain::leases::SignedLease;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::personal::{Personal, clear};
use bondhouse_domain::time::Instant;
use serde::{Deserialize, Serialize};

/// A workstation's call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// Protocol numbers this workstation speaks.
    pub proto: Range,
    /// Its program version, for the share of old clients.
    pub app: String,
    /// Whose journal this is.
    pub series: Series,
    /// The authority it believes in.
    pub authority_epoch: u32,
    /// Fresh for every call; the answer repeats it.
    pub nonce: String,
    /// Milliseconds since this machine booted, suspend included.
    pub boot_ms: u64,
    /// Its wall clock, as evidence.
    pub wall: Instant,
    /// Everything up to its head that the authority has not acknowledged, or a first page of it.
    pub push: Push,
    /// How far its feed has been applied.
    pub cursor: Cursor,
    /// What it holds leases on.
    pub held: Vec<Held>,
    /// How many more orders it would like to hold.
    pub want_orders: u32,
    /// Online acts it asks permission for, in order.
    pub acts: Vec<Act>,
    /// Its view's digest at a position, to be compared.
    pub digest: Option<Digest>,
}

/// A tail of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// Position of the first event; head + 1 when there is none.
    pub from_seq: Seq,
    /// Hash of the event before the first.
    pub prev_hash: Hash,
    /// The events, without a gap.
    pub events: Vec<Event>,
    /// The journal's head on disk, which may be beyond the page.
    pub head: Position,
}

/// A position with the hash that stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The position.
    pub seq: Seq,
    /// The hash of the event there.
    pub hash: Hash,
}

/// How far a feed was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// The last position applied.
    pub pos: FeedPos,
    /// The hash of the entry there.
    pub hash: Hash,
}

/// A lease the workstation still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The order.
    pub order: OrderKey,
    /// The fence of its grant.
    pub fence: Fence,
}

/// A digest over the view's tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The feed position it holds at.
    pub pos: FeedPos,
    /// Rows and their sum, by table.
    pub tables: Tables,
}

/// An online act: done by the authority or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Repeating it yields the earlier answer.
    pub id: RequestId,
    /// Who asks.
    pub actor: PersonId,
    /// What is asked.
    pub ask: Ask,
}

/// What may be asked online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Ask {
    /// Bundle what is released and apply for a gate pass for this vehicle.
    RequestPass {
        /// The vehicle's licence number.
        vehicle: String,
    },
    /// Put a parcel on the vehicle of an approved pass.
    Load {
        /// The pass.
        pass: GatePassNo,
        /// The parcel.
        waybill: WaybillKey,
    },
    /// Take it off again.
    Unload {
        /// The pass.
        pass: GatePassNo,
        /// The parcel.
        waybill: WaybillKey,
    },
    /// Decide a case.
    DecideCase {
        /// The case.
        case: CaseId,
        /// How.
        resolution: Resolution,
        /// What was found, in the decider's words.
        note: String,
        /// Who looked with the one who decides, where four eyes are needed.
        second: Option<PersonId>,
    },
    /// Let the vehicle go to the gate; holds and cancellations are checked once more.
    Depart {
        /// The pass.
        pass: GatePassNo,
    },
}

/// The authority's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncResponse {
    /// The protocol number spoken.
    pub proto: u16,
    /// The call's nonce.
    pub nonce: String,
    /// The authority's clock.
    pub server_time: Instant,
    /// Which authority this is.
    pub authority_epoch: u32,
    /// How far the journal is safe with the authority.
    pub acked: Acked,
    /// Set when the push left a gap: start here.
    pub need_from: Option<Seq>,
    /// How each new event was judged.
    pub verdicts: Vec<Verdict>,
    /// The feed after the call's cursor, or a first page of it.
    pub feed: Vec<Entry>,
    /// More feed is waiting: call again at once.
    pub more: bool,
    /// New or prolonged rights.
    pub grants: Vec<Grant>,
    /// Rights to drop, durably, before the next call.
    pub revokes: Vec<Revoke>,
    /// Answers to the acts, in order.
    pub answers: Vec<ActAnswer>,
    /// Whether the digest agreed; nothing when none was compared.
    pub digest_ok: Option<bool>,
    /// The cursor is too old or from another history: fetch a snapshot.
    pub resnapshot: bool,
    /// When customs' link was last known to be fresh.
    pub customs_fresh_at: Option<Instant>,
    /// The authority was restored and takes journals back: it grants nothing and does no acts.
    #[serde(default)]
    pub recovering: bool,
    /// The authority has moved: call there from now on. Nothing of the call was taken in.
    #[serde(default)]
    pub moved_to: Option<String>,
}

/// How far a journal is safe, with the authority's signature over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acked {
    /// The last event the authority holds.
    pub position: Position,
    /// The feed position at which it was taken in.
    pub pos: FeedPos,
    /// Signature over series and position: proof of delivery.
    pub receipt: String,
}

/// How an event was judged; facts are never rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The event.
    pub seq: Seq,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// Taken in as it is.
    Applied,
    /// Taken in, and a supervisor must look.
    AppliedWithException {
        /// Which of the closed list.
        code: bondhouse_domain::orders::CaseCode,
    },
    /// Kept until this authority understands its kind.
    Parked,
}

/// A right, and beside it what must not be inside its signed bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The signed lease; for the same grant a later `work_until` prolongs it.
    pub lease: SignedLease,
    /// Whom the parcel goes to, for orders; absent when it was sent before.
    pub consignee: Option<Consignee>,
}

/// Whom a parcel goes to: personal data, never in lease bytes, feed or journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consignee {
    /// Name.
    #[serde(with = "clear")]
    pub name: Personal,
    /// Telephone.
    #[serde(with = "clear")]
    pub phone: Personal,
    /// Address.
    #[serde(with = "clear")]
    pub address: Personal,
    /// Salt of the commitment in the lease, hexadecimal.
    pub salt: String,
}

impl Consignee {
    /// What the lease carries in place of the data.
    pub fn commitment(&self) -> Hash {
        Hash::of_fields(
            b"bondhouse consignee 1",
            &[
                self.salt.as_bytes(),
                self.name.reveal().as_bytes(),
                self.phone.reveal().as_bytes(),
                self.address.reveal().as_bytes(),
            ],
        )
    }
}

/// A right that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoke {
    /// The order.
    pub order: OrderKey,
    /// The fence that is no longer valid.
    pub fence: Fence,
    /// `held_by_customs`, `held_by_merchant`, `held_by_supervisor` or `cancelled`.
    pub why: String,
}

/// The answer to an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActAnswer {
    /// The act.
    pub id: RequestId,
    /// Why not; nothing when it was done.
    pub refusal: Option<Refusal>,
}

/// A part of a snapshot (`GET /v1/snapshot?pos=P&part=N`): the picture at one feed position, from which
/// a workstation goes on with the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPart {
    /// The authority whose picture it is.
    pub authority_epoch: u32,
    /// Where in the feed it was taken; the same in all parts.
    pub at: Cursor,
    /// How far the asker's own journal had been judged there; the same in all parts.
    pub judged: Position,
    /// When it was taken, by the authority's clock.
    pub taken_at: Instant,
    /// How many parts there are; the first is 0.
    pub parts: u32,
    /// The last word on every subject, and one movement for every balance.
    pub told: Vec<Told>,
}

/// News as the feed told it, without its place there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its kind.
    pub kind: String,
    /// Its version.
    pub v: u16,
    /// When it was committed.
    pub at: Instant,
    /// The news as UTF-8 JSON, exactly as first written.
    pub body: String,
}

/// A case with its evidence (`GET /v1/cases/{case}`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFile {
    /// The case.
    pub case: CaseId,
    /// Which of the closed list.
    pub code: bondhouse_domain::orders::CaseCode,
    /// What it is about.
    pub about: String,
    /// When it was opened.
    pub opened_at: Instant,
    /// What is known about it, oldest first; no personal data.
    pub evidence: Vec<Evidence>,
}

/// One thing that is known about a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When it happened, or was said.
    pub at: Instant,
    /// The kind of event or news.
    pub kind: String,
    /// Who: a person at a workstation, a workstation, or the authority.
    pub by: String,
    /// Where it stands: `P-07/1/17` in a journal, `#120` in the feed.
    pub stands: String,
    /// The event or news as first written.
    pub body: String,
}

/// A page of a workstation's own journal as the authority holds it
/// (`GET /v1/journal/{device}?incarnation=I&from=S`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPage {
    /// The events from the position asked for on, without a gap; none when that is beyond the head.
    pub events: Vec<Event>,
    /// The last event the authority holds.
    pub head: Position,
}

/// A new workstation introduces itself (`POST /v1/enrol`, not signed: the code is the proof).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The supervisor's one-time code.
    pub code: String,
    /// The name on the workstation's sign.
    pub station: String,
    /// Its Ed25519 public key, hexadecimal.
    pub public_key: String,
}

/// What a workstation needs to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Enrolled {
    /// The warehouse it serves.
    pub warehouse: WarehouseId,
    /// The warehouse's name, for people.
    pub warehouse_name: String,
    /// Its name.
    pub device: DeviceId,
    /// The life of its store.
    pub incarnation: Incarnation,
    /// Which authority.
    pub authority_epoch: u32,
    /// The authority's public keys by key id, hexadecimal.
    pub authority_keys: std::collections::BTreeMap<String, String>,
    /// Key of this incarnation's release tokens, hexadecimal.
    pub token_key: String,
    /// The authority's clock.
    pub server_time: Instant,
}
