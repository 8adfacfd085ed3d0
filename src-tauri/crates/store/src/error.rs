//! Why the store could not do what was asked: a refusal, a disk, or a book that would not add up.
//!
//! A [`Refusal`] is the rules speaking and goes to the person as it is. Everything else is a stop:
//! the movement, event or entry at fault is named, so that nobody has to search for it.

use bondhouse_disk::DiskError;
use bondhouse_domain::ids::{FeedPos, RequestId, Seq};
use bondhouse_domain::journal::Break;
use bondhouse_domain::ledger::{LedgerBreak, LedgerMove};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::stock::{StockBreak, StockMove};

/// Why nothing was stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The rules say no; the message says why and what next.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The disk or SQLite could not do it.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// No workstation has been enrolled in this database yet.
    #[error("no workstation is enrolled here")]
    NotEnrolled,
    /// The database belongs to a workstation already.
    #[error("a workstation is enrolled here already")]
    EnrolledAlready,
    /// One request id was used for two different operations.
    #[error("request {0:?} was made for {1}")]
    RequestReused(RequestId, String),
    /// A physical movement that the balances cannot bear.
    #[error("stock cannot move: {cause}")]
    Stock {
        /// The movement.
        movement: Box<StockMove>,
        /// Why not.
        cause: StockBreak,
    },
    /// A movement of customs' book that its balances cannot bear.
    #[error("the ledger cannot move: {cause}")]
    Ledger {
        /// The movement.
        movement: Box<LedgerMove>,
        /// Why not.
        cause: LedgerBreak,
    },
    /// Something a fact speaks of is not there, for instance a job that was never started.
    #[error("event {seq:?} ({kind}) does not fit what went before")]
    Unfitting {
        /// Where the event stands, or would stand.
        seq: Seq,
        /// Its kind.
        kind: String,
    },
    /// The journal's chain is broken: evidence of damage or of a second tail.
    #[error("the journal is broken: {0}")]
    Journal(#[from] Break),
    /// The authority acknowledged an event that is not ours at this position.
    #[error("the authority holds another event {0:?}")]
    Fork(Seq),
    /// The authority holds events of ours that we do not have: this store is an old copy, and must
    /// take its own journal back before it writes.
    #[error("the authority holds our event {0:?}, we do not")]
    Behind(Seq),
    /// The feed does not continue what we have, or an entry was altered.
    #[error("the feed is broken at {0:?}")]
    Feed(FeedPos),
    /// A stored value cannot be read; the text says which.
    #[error("unreadable {0}")]
    Unreadable(String),
    /// A sealed field was sealed with another key, moved or altered.
    #[error("a sealed {0} cannot be opened")]
    Sealed(&'static str),
    /// The system gave no random bytes.
    #[error("no randomness")]
    NoRandomness,
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Disk(error.into())
    }
}
