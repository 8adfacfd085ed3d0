//! One moment of the small warehouse, in a few dozen bytes, and which moments are the same.
//!
//! Kept is what may still matter; what cannot is not told apart:
//!
//! * events the authority has taken are a count, those it has not are the events themselves, as far as
//!   their fence is still the current one;
//! * a call is how many of those it carries, and for which orders its silence would be believed; one that
//!   was given up and would be believed nothing is none;
//! * an answer is what it would change where it goes;
//! * an order that was released or cancelled has no fence any more;
//! * that a lease ran out matters while somebody holds it or will;
//! * workstations and orders are alike: of the four ways to number them the least stands for all.

use crate::life::Life;

/// Orders, and as many workstations.
pub(crate) const BOTH: [usize; 2] = [0, 1];
/// Events of one life's journal.
pub(crate) const LONGEST_JOURNAL: u8 = 4;

/// Everything there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct World {
    /// Numbers of [`Life`].
    pub(crate) orders: [u8; 2],
    /// How often each was packed; the world ends with the second time.
    pub(crate) packed: [u8; 2],
    /// Fences of each order whose time is over, as bits.
    pub(crate) ran_out: [u8; 2],
    pub(crate) devices: [Device; 2],
    pub(crate) packed_after_cancelled: bool,
}

/// A workstation, its wires included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Device {
    pub(crate) life: u8,
    /// The fence of the lease it holds on each order; 0 is none.
    pub(crate) leases: [u8; 2],
    /// Whether it has read the feed beyond the grant that stands.
    pub(crate) told: [bool; 2],
    /// How many events the authority has.
    pub(crate) known: u8,
    /// The others, the oldest first; [`Fact::NONE`] after the last.
    pub(crate) tail: [Fact; LONGEST_JOURNAL as usize],
    /// The call whose answer it waits for, on its way to the authority.
    pub(crate) call: Option<Call>,
    /// An earlier call or a copy of one, on its way still, again and again; nobody waits for its answer.
    pub(crate) late: Option<Call>,
    /// The answer it waits for, on its way back.
    pub(crate) answer: [Told; 2],
}

/// An event: what became of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Fact {
    pub(crate) order: u8,
    /// 0 where there is no event.
    pub(crate) fence: u8,
    pub(crate) packed: bool,
}

impl Fact {
    pub(crate) const NONE: Self = Self {
        order: 0,
        fence: 0,
        packed: false,
    };
    /// An event under a fence that is not the current one any more: it is a number in the journal.
    pub(crate) const OVER: Self = Self {
        order: 0,
        fence: u8::MAX,
        packed: false,
    };
}

/// A call on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Call {
    /// How many events it carries that the authority does not have.
    pub(crate) events: u8,
    /// Of which orders its not holding them is believed, should they be called back from this caller.
    pub(crate) without: [bool; 2],
}

/// What an answer says of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Told {
    /// The feed in it goes beyond the grant that stands.
    pub(crate) of_grant: bool,
    /// What is held is to be dropped.
    pub(crate) drop: bool,
    /// The fence of a lease to be held; 0 is none.
    pub(crate) take: u8,
}

impl Told {
    pub(crate) const NOTHING: Self = Self {
        of_grant: false,
        drop: false,
        take: 0,
    };
}

impl Device {
    pub(crate) const fn new(life: u8) -> Self {
        Self {
            life,
            leases: [0; 2],
            told: [false; 2],
            known: 0,
            tail: [Fact::NONE; LONGEST_JOURNAL as usize],
            call: None,
            late: None,
            answer: [Told::NOTHING; 2],
        }
    }

    pub(crate) fn unsent(&self) -> u8 {
        let events = self.tail.iter().take_while(|fact| fact.fence != 0);
        events.fold(0, |count, _| count + 1)
    }

    pub(crate) fn may_write(&self) -> bool {
        self.known + self.unsent() < LONGEST_JOURNAL
    }

    pub(crate) fn write(&mut self, fact: Fact) {
        self.tail[usize::from(self.unsent())] = fact;
    }

    /// The authority has the oldest event now. A call that ends before it comes to nothing.
    pub(crate) fn take(&mut self) -> Fact {
        let fact = std::mem::replace(&mut self.tail[0], Fact::NONE);
        self.tail.rotate_left(1);
        self.known += 1;
        for call in [&mut self.call, &mut self.late] {
            *call = call.and_then(|call| {
                let events = call.events.checked_sub(1)?;
                Some(Call { events, ..call })
            });
        }
        fact
    }

    /// Of events of an order only those under its current fence can still do anything.
    pub(crate) fn forget_over(&mut self, order: usize, current: u8) {
        let tail = self.tail.iter_mut().take_while(|fact| fact.fence != 0);
        for fact in tail.filter(|fact| usize::from(fact.order) == order) {
            if fact.fence != current {
                *fact = Fact::OVER;
            }
        }
    }

    pub(crate) fn has_ended(&self, order: usize, fence: u8) -> bool {
        let mut tail = self.tail.iter();
        tail.any(|fact| usize::from(fact.order) == order && fact.fence == fence)
    }

    fn other_orders(mut self) -> Self {
        self.leases.swap(0, 1);
        self.told.swap(0, 1);
        self.answer.swap(0, 1);
        let named = |fact: &&mut Fact| **fact != Fact::NONE && **fact != Fact::OVER;
        for fact in self.tail.iter_mut().filter(named) {
            fact.order = 1 - fact.order;
        }
        for call in [&mut self.call, &mut self.late].into_iter().flatten() {
            call.without.swap(0, 1);
        }
        self
    }
}

impl World {
    pub(crate) const fn new() -> Self {
        Self {
            orders: [Life::CLEARED; 2],
            packed: [0; 2],
            ran_out: [0; 2],
            devices: [Device::new(1); 2],
            packed_after_cancelled: false,
        }
    }

    /// The least of the four equal worlds: workstations changed about, orders changed about, both.
    pub(crate) fn representative(self, life: &Life) -> Self {
        let other_orders = self.orders_changed_about();
        self.devices_changed_about(life)
            .min(other_orders.devices_changed_about(life))
            .min(other_orders)
            .min(self)
    }

    fn orders_changed_about(mut self) -> Self {
        self.orders.swap(0, 1);
        self.packed.swap(0, 1);
        self.ran_out.swap(0, 1);
        self.devices = self.devices.map(Device::other_orders);
        self
    }

    fn devices_changed_about(mut self, life: &Life) -> Self {
        self.devices.swap(0, 1);
        self.orders = self.orders.map(|state| life.mirrored(state));
        self
    }
}
