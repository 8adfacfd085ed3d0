//! What can be witnessed: a history is one of these a line, as JSON.
//!
//! Lines of the floor (packed, looked, left, green) are the truth, which no computer of the product
//! knows; lines of the authority and of the workstations are what those believed and said. The
//! checker holds the second to the first.

use crate::feed::Entry;
use crate::ids::{DeviceId, FeedPos, Fence, Incarnation, OrderKey, PersonId, Seq};
use crate::journal::{Event, Hash, Series};
use crate::ledger::LedgerItem;
use crate::orders::{CaseCode, ClearanceChange, Holding, Order};
use crate::time::{Instant, Span};
use serde::{Deserialize, Serialize};

/// One line of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Which step of the simulation, from 1.
    pub step: u64,
    /// The true time, which no clock in the history is bound to show.
    pub at: Instant,
    /// What was seen.
    #[serde(flatten)]
    pub seen: Seen,
}

/// The warehouse's policy, as far as invariants speak of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// How old customs' last contact may be when a parcel is loaded.
    pub customs_fresh_for: Span,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            customs_fresh_for: Span::minutes(15),
        }
    }
}

/// How the authority judged an event; facts are never rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Judged {
    /// As it is.
    Applied,
    /// And a supervisor must look.
    AppliedWithException {
        /// Which of the closed list.
        code: CaseCode,
    },
    /// Of a kind this authority does not know.
    Parked,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Seen {
    /// The history begins.
    Begun {
        /// The warehouse's policy.
        rules: Rules,
    },

    /// Truth: a parcel was packed and labelled at a bench.
    Packed {
        /// The computer that stood there.
        machine: String,
        /// The order.
        order: OrderKey,
        /// The lease it was done under.
        by: Holding,
        /// Ledger items of what was put in.
        picked: Vec<LedgerItem>,
    },
    /// Truth: a human looked for a parcel.
    Looked {
        /// The order.
        order: OrderKey,
        /// Who looked.
        by: PersonId,
        /// What they said they saw.
        packed: bool,
        /// What was there.
        truly: bool,
    },
    /// Truth: a parcel's label was scanned where it stands, and speaks for who packed it.
    Scanned {
        /// The order.
        order: OrderKey,
        /// The lease it was packed under.
        by: Holding,
    },
    /// Truth: a parcel left through the gate.
    Left {
        /// The order.
        order: OrderKey,
    },
    /// Truth: a clerk saw green.
    Green {
        /// The computer that showed it.
        machine: String,
        /// The event it was shown for.
        device: DeviceId,
        /// Which life of the device's store.
        incarnation: Incarnation,
        /// Where the event stands.
        seq: Seq,
        /// Its hash.
        hash: Hash,
    },
    /// A computer started, with this journal on its disk.
    Started {
        /// The computer.
        machine: String,
        /// Whose disk it is.
        device: DeviceId,
        /// Which life of the device's store.
        incarnation: Incarnation,
        /// How far the journal goes.
        seq: Seq,
        /// Somebody put an older copy of the disk in.
        older_copy: bool,
    },
    /// A computer's disk is no more.
    Gone {
        /// The computer.
        machine: String,
    },

    /// Customs' word on an order reached the authority.
    Customs {
        /// The order.
        order: OrderKey,
        /// What it comes to.
        standing: ClearanceChange,
    },
    /// Customs' link was seen to work.
    CustomsFresh,
    /// The authority signed a lease, or prolonged one.
    Granted {
        /// The order.
        order: OrderKey,
        /// For whom, under which fence.
        by: Holding,
        /// When it ends.
        work_until: Instant,
        /// Ledger items of the goods reserved.
        reserved: Vec<LedgerItem>,
        /// Ledger items the declaration names, line by line.
        declared: Vec<LedgerItem>,
    },
    /// An order at the authority after it changed.
    Order {
        /// As it is now.
        order: Order,
    },
    /// A workstation told, its journal complete, what it holds.
    Spoke {
        /// The device.
        device: DeviceId,
        /// The life of its store.
        incarnation: Incarnation,
        /// Everything it holds.
        holds: Vec<(OrderKey, Fence)>,
    },
    /// The authority took an event into a journal.
    Taken {
        /// The event.
        event: Box<Event>,
    },
    /// The authority judged an event that it took.
    Judged {
        /// The device.
        device: DeviceId,
        /// The life of its store.
        incarnation: Incarnation,
        /// The event.
        seq: Seq,
        /// What became of it.
        judged: Judged,
    },
    /// The authority kept an event of a second tail as evidence.
    Aside {
        /// The event.
        event: Box<Event>,
    },
    /// The authority published an entry.
    Fed {
        /// The entry.
        entry: Box<Entry>,
    },
    /// Whoever asked for a cancellation was told that it is done.
    Answered {
        /// The order.
        order: OrderKey,
    },
    /// The authority let a parcel onto a vehicle.
    Loaded {
        /// The order.
        order: OrderKey,
    },
    /// The authority came back from a backup.
    Restored {
        /// Its feed's head.
        pos: FeedPos,
        /// How far it knows each journal.
        heads: Vec<(Series, Seq)>,
        /// Its orders.
        orders: Vec<Order>,
    },
    /// The authority began to take journals back because of a call that knew more of its feed.
    TakesBack {
        /// It had forgotten something since it last took them back.
        forgot: bool,
    },
    /// How the authority works after faults ended, everybody was heard and time passed.
    Calm {
        /// It still takes journals back.
        recovering: bool,
    },

    /// A workstation learned that the authority holds its journal up to here.
    Safe {
        /// The computer.
        machine: String,
        /// The device.
        device: DeviceId,
        /// The life of its store.
        incarnation: Incarnation,
        /// The last event that is safe.
        seq: Seq,
        /// Its hash.
        hash: Hash,
    },
    /// A workstation's cursor in the feed moved.
    Cursor {
        /// The computer.
        machine: String,
        /// To where.
        pos: FeedPos,
        /// It began anew: a new store, a snapshot, an older copy.
        anew: bool,
    },
    /// Two views were compared at one position.
    Agrees {
        /// The computer.
        machine: String,
        /// The position.
        pos: FeedPos,
        /// Its digest.
        here: Hash,
        /// The authority's.
        there: Hash,
    },
    /// A workstation after the network was good for long enough.
    Level {
        /// The computer.
        machine: String,
        /// Events the authority does not have.
        unsent: u64,
    },
}
