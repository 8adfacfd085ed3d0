//! What the authority of a warehouse can be asked, in two bodies: in memory ([`super::authority`]) and
//! the platform's own rooms over its own tables on a simulated disk ([`super::platform`]).
//!
//! Whatever is asked of one can be asked of the other, and both tell the history what became of it.

use super::books::Copy;
use super::history::History;
use super::station::Stop;
use super::wire::{Call, Said};
use crate::dice::Dice;
use bondhouse_domain::clearance::Status;
use bondhouse_domain::ids::{DeviceId, FeedPos, Incarnation, OrderKey, PersonId, Seq};
use bondhouse_domain::journal::{Event, Series};
use bondhouse_domain::leases::AuthorityKeys;
use bondhouse_domain::orders::{Holding, Order, State};
use bondhouse_domain::stock::Balances;
use bondhouse_domain::time::Instant;
use bondhouse_store::Snapshot;

/// The single writer of truth, and the machine it runs on.
pub(super) trait Ruling {
    /// The keys by which its signatures are known.
    fn keys(&self) -> AuthorityKeys;
    /// Takes in a new workstation, or a known one that starts anew.
    fn enrol(&mut self, history: &mut History, device: &DeviceId) -> Result<Incarnation, Stop>;
    /// Answers a call; nothing when its machine died on the way, or the call was answered before.
    fn answer(
        &mut self,
        history: &mut History,
        call: &Call,
        luck: &mut Luck<'_>,
    ) -> Result<Option<Said>, Stop>;
    /// A workstation's own journal as it is held here.
    fn journal_after(&self, series: &Series, seq: Seq) -> Result<Vec<Event>, Stop>;
    /// A picture to begin anew from; nothing where the feed is kept from its first entry.
    fn picture(&self, series: &Series) -> Result<Option<Snapshot>, Stop>;
    /// Events of a life that may not call any more, handed in by people: kept as evidence.
    fn hand_in(&mut self, history: &mut History, events: Vec<Event>) -> Result<(), Stop>;
    /// What time alone does.
    fn round(&mut self, history: &mut History) -> Result<(), Stop>;

    /// A shop's order, paid and with its waybill; its list goes to customs.
    fn receive(&mut self, history: &mut History, key: &OrderKey, kind: u64) -> Result<(), Stop>;
    /// A receipt of customs arrives: late, doubled or out of order like any other message.
    fn receipt(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        status: &Status,
        at: Instant,
    ) -> Result<(), Stop>;
    /// A shop wants an order cancelled.
    fn cancel(&mut self, history: &mut History, key: &OrderKey) -> Result<(), Stop>;
    /// A merchant holds an order back, or lets it go.
    fn hold(&mut self, history: &mut History, key: &OrderKey, held: bool) -> Result<(), Stop>;
    /// Goods come in from abroad and are put on the shelf.
    fn goods_in(&mut self, history: &mut History, kind: u64, count: i64) -> Result<(), Stop>;
    /// Customs' link answered.
    fn customs_seen(&mut self, history: &mut History) -> Result<(), Stop>;

    /// A human has looked for a parcel in doubt.
    fn looked(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        by: &PersonId,
        seen: Looked,
    ) -> Result<(), Stop>;
    /// A label was scanned where its parcel stands: its holder's word, whatever became of the disk.
    fn scanned(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        by: &Holding,
        seq: Seq,
    ) -> Result<(), Stop>;
    /// A parcel is scanned onto a vehicle, or the answer is no.
    fn load(&mut self, history: &mut History, key: &OrderKey) -> Result<bool, Stop>;
    /// The vehicle with this order is about to leave; the orders that left with it.
    fn depart(&mut self, history: &mut History, key: &OrderKey) -> Result<Vec<OrderKey>, Stop>;
    /// A parcel to be cancelled was scanned back from staging.
    fn pulled_back(&mut self, history: &mut History, key: &OrderKey) -> Result<bool, Stop>;

    /// Orders in states, as their lives were last told.
    fn orders_where(&self, which: &dyn Fn(&Order) -> bool) -> Vec<OrderKey>;
    /// Where an order is.
    fn state_of(&self, key: &OrderKey) -> Option<&State>;
    /// Whether the lease that an order in doubt was given under ran out, with its margin.
    fn ran_out(&self, key: &OrderKey, now: Instant) -> Result<bool, Stop>;
    /// What lies where.
    fn stock(&self) -> Result<Balances, Stop>;
    /// The head of the feed.
    fn feed_head(&self) -> FeedPos;

    /// A copy of everything, as a backup has it.
    fn back_up(&self) -> Result<Copy, Stop>;
    /// The machine is lost; the backup takes its place and is told that it is one.
    fn restore(&mut self, history: &mut History, backup: &Copy) -> Result<(), Stop>;
    /// Whether journals are being taken back.
    fn recovering(&self) -> bool;
    /// The power of its machine fails and comes back.
    fn cut_power(&mut self, history: &mut History, dice: &mut Dice) -> Result<(), Stop>;
}

/// What a human said, and what was there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looked {
    pub(super) packed: bool,
    pub(super) truly: bool,
}

/// What befalls the authority's machine while it answers.
pub(super) struct Luck<'a> {
    pub(super) dice: &'a mut Dice,
    /// Nothing breaks any more.
    pub(super) calm: bool,
}
