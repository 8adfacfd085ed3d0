//! What a workstation keeps on its disk, in two bodies: in memory, and in the real store on a
//! simulated disk. Whatever is asked of one can be asked of the other.

use bondhouse_domain::ids::{FeedPos, Fence, OrderKey, Seq};
use bondhouse_domain::invariants::Breach;
use bondhouse_domain::journal::{Event, Hash, Series};
use bondhouse_domain::leases::VerifiedLease;
use bondhouse_domain::stock::Balances;
use bondhouse_domain::time::Instant;
use bondhouse_protocol::wire::{Digest, Push};
use bondhouse_store::{Clock, Page, Snapshot};

use crate::dice::Dice;
use std::rc::Rc;

/// Why a page was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotApplied {
    /// The authority holds events of this journal that are not here: an older copy.
    Behind,
    /// The authority holds another event at this place: a second tail.
    Forked,
    /// The feed does not continue what is here.
    OtherFeed,
    /// The disk is full; nothing was changed.
    Full,
    /// Something the simulator did not foresee; it stops the run.
    Failed(String),
}

/// An event of a journal, as a clerk is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) seq: Seq,
    pub(super) hash: Hash,
}

/// What was released last, for finishing a parcel after a crash.
#[derive(Debug, Clone)]
pub(super) struct Packing {
    pub(super) lease: Rc<VerifiedLease>,
    pub(super) event: Recorded,
}

/// When a machine does something, as far as it knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    /// Its estimate of the authority's clock.
    pub(super) now: Instant,
    /// Its wall clock.
    pub(super) wall: Instant,
}

/// A copy of a disk.
pub(super) type Copy = Rc<dyn std::any::Any>;

/// A workstation's disk and what is written on it.
pub(super) trait Books {
    fn series(&self) -> Series;
    /// Releases the order of a lease in one commit.
    ///
    /// Nothing is recorded when the books have no room for it now.
    fn release(
        &mut self,
        lease: &VerifiedLease,
        when: When,
        request: u128,
    ) -> Result<Option<Recorded>, String>;
    /// Leases neither used up nor given back.
    fn leases(&self) -> Result<Vec<Rc<VerifiedLease>>, String>;
    fn head(&self) -> Result<Recorded, String>;
    fn cursor(&self) -> Result<(FeedPos, Hash), String>;
    fn held(&self) -> Result<Vec<(OrderKey, Fence)>, String>;
    /// The journal's tail from a position, or from what is not acknowledged.
    fn tail(&self, from: Option<Seq>) -> Result<Push, String>;
    fn unsent(&self) -> Result<u64, String>;
    /// Which life of the authority it believes.
    fn epoch(&self) -> u32;
    /// Believes a later life of the authority.
    fn believe(&mut self, epoch: u32) -> Result<(), String>;
    /// Applies a page in one commit.
    fn apply(&mut self, page: Page, when: When, request: u128) -> Result<(), NotApplied>;
    /// Saves the cursor alone, which no honest workstation does; whether these books can.
    fn save_cursor(&mut self, pos: FeedPos, hash: Hash) -> bool;
    /// Takes back events of its own journal.
    fn take_back(&mut self, events: Vec<Event>) -> Result<(), NotApplied>;
    /// Throws the view away and begins anew: from a picture, or from the feed's first entry.
    fn begin_anew(&mut self, picture: Option<Snapshot>) -> Result<(), NotApplied>;
    /// What it believes, table by table, where these books keep every table.
    fn digest(&self) -> Result<Option<Digest>, String>;
    fn clock(&self) -> Result<Option<Clock>, String>;
    fn set_clock(&mut self, clock: Clock) -> Result<(), String>;
    /// Notes the time, as the program does every minute.
    fn mark(&mut self, when: When) -> Result<(), String>;
    /// Every event.
    fn journal(&self) -> Result<Vec<Event>, String>;
    /// Releases after a position, whose parcels may not be finished.
    fn released_after(&self, seq: Seq) -> Result<Vec<Packing>, String>;
    /// What lies where by the authority's word alone, once nothing of its own is pending.
    fn view(&self) -> Result<Balances, String>;
    /// The process dies: what was written is there.
    fn kill(&mut self) -> Result<(), String>;
    /// The power fails: what was not synced may be gone.
    fn cut_power(&mut self, dice: &mut Dice) -> Result<(), String>;
    /// The program is one whose events an older authority cannot read, or the right one again.
    fn write_newer(&mut self, newer: bool);
    /// Something else fills the disk, or makes room again.
    fn fill(&mut self, full: bool);
    fn copy(&self) -> Result<Copy, String>;
    /// Somebody puts a copy of the disk in.
    fn put_in(&mut self, copy: &Copy) -> Result<(), String>;
    /// The invariants the store checks by itself.
    fn verify(&self) -> Result<(), String>;
}

/// The digest of a view: equal digests, equal balances.
pub(super) fn digest(balances: &Balances) -> Hash {
    let rows: Vec<String> = balances
        .iter()
        .map(|(goods, spot, bucket, qty)| {
            format!("{}|{}|{bucket:?}|{qty}", goods.item, spot.location)
        })
        .collect();
    let fields: Vec<&[u8]> = rows.iter().map(String::as_bytes).collect();
    Hash::of_fields(b"bondhouse simulated view", &fields)
}

/// A run that could not be carried on, told like a breach.
pub(super) fn failed(step: u64, says: String) -> Breach {
    Breach {
        invariant: "run",
        order: None,
        step,
        says,
    }
}
