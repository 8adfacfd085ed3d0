//! The order's life, exhaustively: every interleaving of a small warehouse, none left out.
//!
//! Two workstations, two orders, as many calls as anybody likes to make, calls and answers that are
//! lost, doubled and late, one crash, one lost disk, one cancellation, fences up to 3, journals up to 4
//! events. What decides is the transition function of production (`domain::orders::step`); around it
//! stand the fewest words of the protocol in which two parcels of one order could come about. The
//! simulator goes far and at random; this goes everywhere and not far.
//!
//! Of each workstation the network holds two calls at a time, the newest and one that its sender has
//! given up; which of two given up is lost is tried both ways. Situations that differ only in what can
//! never matter again, or in which workstation and which order is called the first, are one situation.
//!
//! Not here: hashes, stock, customs, clocks that err (a lease that ran out cannot be used).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and reports what it saw"
)]

use bondhouse_domain::ids::{DeviceId, FeedPos, Fence, Incarnation, OrderKey};
use bondhouse_domain::orders::{Change, ClearanceChange, Holding, Order, State, step};
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::collections::BTreeSet;

const ORDERS: usize = 2;
const DEVICES: usize = 2;
const HIGHEST_FENCE: u32 = 3;
const LONGEST_JOURNAL: usize = 4;

/// The protocol, and what is wrong with it, to see that the model would notice.
struct Warehouse {
    believes_late_calls: bool,
}

/// A lease: which order, under which fence.
type Lease = (usize, u32);

/// What was read of the feed: of each order, whether the grant that stands is in it.
type Cursor = [bool; ORDERS];

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct World {
    orders: Vec<Order>,
    devices: Vec<Device>,
    on_the_way: BTreeSet<Message>,
    /// Leases that time has ended, as far as anybody holds them.
    ran_out: BTreeSet<Lease>,
    packed: Vec<u8>,
    packed_after_cancelled: bool,
    crashes: u8,
    losses: u8,
    cancels: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Device {
    incarnation: u32,
    leases: BTreeSet<Lease>,
    journal: Vec<Fact>,
    /// How far the authority knows the journal.
    head: usize,
    waits: bool,
    cursor: Cursor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fact {
    /// The authority has it: what it said was done.
    Known,
    Released(usize, u32),
    Dropped(usize, u32),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Message {
    Call {
        device: usize,
        /// Its sender waits for the answer.
        newest: bool,
        journal: Vec<Fact>,
        held: BTreeSet<Lease>,
        cursor: Cursor,
    },
    /// To the newest call: another would not be believed.
    Answer {
        device: usize,
        grants: BTreeSet<Lease>,
        revokes: BTreeSet<Lease>,
        cursor: Cursor,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Act {
    /// A new call; of two that were given up, whether the older one is lost.
    Call(usize, bool),
    Deliver(Message),
    Pack(usize, Lease),
    Silent(usize),
    Look(usize),
    Crash(usize),
    LoseDisk(usize),
    Cancel(usize),
}

fn name(device: usize) -> DeviceId {
    DeviceId::new(["P-0", "P-1"][device])
}

fn holding(device: usize, incarnation: u32, fence: u32) -> Holding {
    Holding {
        device: name(device),
        incarnation: Incarnation(incarnation),
        fence: Fence(fence),
    }
}

impl World {
    fn change(&mut self, order: usize, change: Change) {
        // Where in the feed a flag was set never decides anything here.
        if let Ok(stepped) = step(&self.orders[order], change, FeedPos(1)) {
            self.orders[order] = stepped.order;
        }
    }

    fn holder(&self, order: usize) -> Option<&Holding> {
        match &self.orders[order].state {
            State::Leased(by) | State::InDoubt(by) => Some(by),
            _ => None,
        }
    }

    /// The call that its sender waits for is given up; which of two is kept is the caller's choice.
    fn give_up(&mut self, of: usize, lose_older: bool) {
        self.devices[of].waits = false;
        let (mine, others): (BTreeSet<_>, BTreeSet<_>) = std::mem::take(&mut self.on_the_way)
            .into_iter()
            .partition(|message| match message {
                Message::Call { device, .. } | Message::Answer { device, .. } => *device == of,
            });
        self.on_the_way = others;
        let (mut older, mut newer) = (None, None);
        for message in mine {
            match message {
                Message::Call {
                    device,
                    newest,
                    journal,
                    held,
                    cursor,
                } => {
                    let call = Message::Call {
                        device,
                        newest: false,
                        journal,
                        held,
                        cursor,
                    };
                    if newest {
                        newer = Some(call);
                    } else {
                        older = Some(call);
                    }
                }
                // Nobody will believe it.
                Message::Answer { .. } => {}
            }
        }
        let kept = if lose_older {
            newer.or(older)
        } else {
            older.or(newer)
        };
        self.on_the_way.extend(kept);
    }

    /// A new grant of an order: nobody has read of it yet.
    fn granted(&mut self, order: usize) {
        for device in &mut self.devices {
            device.cursor[order] = false;
        }
        self.on_the_way = std::mem::take(&mut self.on_the_way)
            .into_iter()
            .map(|mut message| {
                match &mut message {
                    Message::Call { cursor, .. } | Message::Answer { cursor, .. } => {
                        cursor[order] = false;
                    }
                }
                message
            })
            .collect();
    }

    /// What can never matter again is forgotten, so that equal situations are one state.
    fn tidy(&mut self) {
        let heads: Vec<usize> = self.devices.iter().map(|device| device.head).collect();
        for device in &mut self.devices {
            let head = device.head;
            device.journal[..head].fill(Fact::Known);
        }
        self.on_the_way = std::mem::take(&mut self.on_the_way)
            .into_iter()
            .map(|mut message| {
                if let Message::Call {
                    device, journal, ..
                } = &mut message
                {
                    let known = journal.len().min(heads[*device]);
                    journal[..known].fill(Fact::Known);
                }
                message
            })
            .collect();
        let held: BTreeSet<Lease> = self
            .devices
            .iter()
            .flat_map(|device| device.leases.iter().copied())
            .chain(self.on_the_way.iter().flat_map(|message| match message {
                Message::Answer { grants, .. } => grants.iter().copied().collect::<Vec<_>>(),
                Message::Call { .. } => Vec::new(),
            }))
            .collect();
        self.ran_out.retain(|lease| held.contains(lease));
    }

    /// The same situation with workstations and orders called the other way round.
    fn called(&self, swap_devices: bool, swap_orders: bool) -> Self {
        let device = |number: usize| if swap_devices { 1 - number } else { number };
        let order = |number: usize| if swap_orders { 1 - number } else { number };
        let lease = |(of, fence): Lease| (order(of), fence);
        let leases = |all: &BTreeSet<Lease>| all.iter().map(|one| lease(*one)).collect();
        let cursor = |read: Cursor| [read[order(0)], read[order(1)]];
        let journal = |facts: &[Fact]| {
            let called = facts.iter().map(|fact| match *fact {
                Fact::Known => Fact::Known,
                Fact::Released(of, fence) => Fact::Released(order(of), fence),
                Fact::Dropped(of, fence) => Fact::Dropped(order(of), fence),
            });
            called.collect()
        };
        let holder = |by: &Holding| Holding {
            device: name(device(usize::from(by.device == name(1)))),
            ..by.clone()
        };
        let of = |number: usize| {
            let life = &self.orders[order(number)];
            Order {
                key: self.orders[number].key.clone(),
                state: match &life.state {
                    State::Leased(by) => State::Leased(holder(by)),
                    State::InDoubt(by) => State::InDoubt(holder(by)),
                    other => other.clone(),
                },
                ..life.clone()
            }
        };
        let at = |number: usize| {
            let device = &self.devices[device(number)];
            Device {
                leases: leases(&device.leases),
                journal: journal(&device.journal),
                cursor: cursor(device.cursor),
                ..device.clone()
            }
        };
        Self {
            orders: vec![of(0), of(1)],
            devices: vec![at(0), at(1)],
            on_the_way: self
                .on_the_way
                .iter()
                .map(|message| match message {
                    Message::Call {
                        device: by,
                        newest,
                        journal: facts,
                        held,
                        cursor: read,
                    } => Message::Call {
                        device: device(*by),
                        newest: *newest,
                        journal: journal(facts),
                        held: leases(held),
                        cursor: cursor(*read),
                    },
                    Message::Answer {
                        device: to,
                        grants,
                        revokes,
                        cursor: read,
                    } => Message::Answer {
                        device: device(*to),
                        grants: leases(grants),
                        revokes: leases(revokes),
                        cursor: cursor(*read),
                    },
                })
                .collect(),
            ran_out: leases(&self.ran_out),
            packed: vec![self.packed[order(0)], self.packed[order(1)]],
            ..self.clone()
        }
    }

    /// One of the situations that differ in names alone, always the same one.
    fn canonical(self) -> Self {
        let others = [(false, true), (true, false), (true, true)]
            .map(|(devices, orders)| self.called(devices, orders));
        others.into_iter().fold(self, Ord::min)
    }
}

impl Model for Warehouse {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        let cleared = |number: usize| {
            let key = OrderKey {
                platform: "3105960A01".into(),
                order_no: format!("B{number}"),
            };
            [
                Change::Compared,
                Change::Declared,
                Change::Clearance(ClearanceChange::Released),
            ]
            .into_iter()
            .fold(Order::received(key), |order, change| {
                step(&order, change, FeedPos(1)).unwrap().order
            })
        };
        vec![World {
            orders: (0..ORDERS).map(cleared).collect(),
            devices: vec![
                Device {
                    incarnation: 1,
                    leases: BTreeSet::new(),
                    journal: Vec::new(),
                    head: 0,
                    waits: false,
                    cursor: [true; ORDERS],
                };
                DEVICES
            ],
            on_the_way: BTreeSet::new(),
            ran_out: BTreeSet::new(),
            packed: vec![0; ORDERS],
            packed_after_cancelled: false,
            crashes: 1,
            losses: 1,
            cancels: 1,
        }]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        for (device, at) in world.devices.iter().enumerate() {
            acts.extend([Act::Call(device, true), Act::Call(device, false)]);
            if at.journal.len() < LONGEST_JOURNAL {
                let usable = at.leases.difference(&world.ran_out);
                acts.extend(usable.map(|lease| Act::Pack(device, *lease)));
            }
            if world.crashes > 0 && at.waits {
                acts.push(Act::Crash(device));
            }
            if world.losses > 0 {
                acts.push(Act::LoseDisk(device));
            }
        }
        acts.extend(world.on_the_way.iter().cloned().map(Act::Deliver));
        for order in 0..ORDERS {
            match world.orders[order].state {
                State::Leased(_) => acts.push(Act::Silent(order)),
                State::InDoubt(_) => acts.push(Act::Look(order)),
                _ => {}
            }
            if world.cancels > 0 {
                acts.push(Act::Cancel(order));
            }
        }
    }

    fn next_state(&self, before: &World, act: Act) -> Option<World> {
        let mut world = before.clone();
        match act {
            Act::Call(device, lose_older) => call(&mut world, device, lose_older),
            Act::Deliver(message) => {
                // Answered once; a doubled call is refused by its nonce.
                world.on_the_way.remove(&message);
                match message {
                    Message::Call {
                        device,
                        newest,
                        journal,
                        held,
                        cursor,
                    } => self.answer(&mut world, device, newest, (&journal, &held, cursor)),
                    Message::Answer {
                        device,
                        grants,
                        revokes,
                        cursor,
                    } => hear(&mut world, device, &grants, &revokes, cursor),
                }
            }
            Act::Pack(device, (order, fence)) => {
                let at = &mut world.devices[device];
                at.leases.remove(&(order, fence));
                at.journal.push(Fact::Released(order, fence));
                world.packed[order] += 1;
                world.packed_after_cancelled |= world.orders[order].state == State::Cancelled;
            }
            Act::Silent(order) => {
                let fence = world.holder(order)?.fence.0;
                world.ran_out.insert((order, fence));
                world.change(order, Change::HolderSilent);
            }
            Act::Look(order) => {
                let packed = world.packed[order] > 0;
                world.change(order, Change::Looked { packed });
            }
            Act::Crash(device) => {
                world.crashes -= 1;
                world.give_up(device, true);
            }
            Act::LoseDisk(device) => lose_disk(&mut world, device),
            Act::Cancel(order) => {
                world.cancels -= 1;
                world.change(order, Change::RequestCancel);
            }
        }
        world.tidy();
        let world = world.canonical();
        (&world != before).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("I1: no order is packed twice", |_, world: &World| {
                world.packed.iter().all(|times| *times <= 1)
            }),
            Property::always(
                "I10: nothing is packed after it was cancelled",
                |_, world: &World| !world.packed_after_cancelled,
            ),
            Property::always(
                "what the authority calls released is packed",
                |_, world: &World| {
                    (0..ORDERS).all(|order| {
                        world.orders[order].state != State::Released || world.packed[order] == 1
                    })
                },
            ),
            Property::sometimes("both orders are released", |_, world: &World| {
                world
                    .orders
                    .iter()
                    .all(|order| order.state == State::Released)
            }),
            Property::sometimes("an order is granted a second time", |_, world: &World| {
                world.orders.iter().any(|order| order.fence.0 > 1)
            }),
            Property::sometimes(
                "a leased order is cancelled in the end",
                |_, world: &World| {
                    world
                        .orders
                        .iter()
                        .any(|order| order.state == State::Cancelled && order.fence.0 > 0)
                },
            ),
        ]
    }
}

fn call(world: &mut World, device: usize, lose_older: bool) {
    world.give_up(device, lose_older);
    let at = &mut world.devices[device];
    at.waits = true;
    let call = Message::Call {
        device,
        newest: true,
        journal: at.journal.clone(),
        held: at.leases.clone(),
        cursor: at.cursor,
    };
    world.on_the_way.insert(call);
}

impl Warehouse {
    fn answer(
        &self,
        world: &mut World,
        device: usize,
        newest: bool,
        (journal, held, cursor): (&[Fact], &BTreeSet<Lease>, Cursor),
    ) {
        let head = world.devices[device].head;
        let incarnation = world.devices[device].incarnation;
        for fact in journal.iter().skip(head) {
            let (order, change) = match *fact {
                Fact::Known => continue,
                Fact::Released(order, fence) => {
                    let by = holding(device, incarnation, fence);
                    (order, Change::ReleasedBy(by))
                }
                Fact::Dropped(order, fence) => {
                    let by = holding(device, incarnation, fence);
                    (order, Change::HandedBack(by))
                }
            };
            world.change(order, change);
        }
        let complete = journal.len() >= head;
        world.devices[device].head = head.max(journal.len());
        let theirs = |world: &World, order: usize| {
            let by = world.holder(order)?;
            let ours = by.device == name(device) && by.incarnation.0 == incarnation;
            ours.then_some(by.fence.0)
        };
        let called_back = |world: &World, order: usize| {
            !world.orders[order].is_free() || matches!(world.orders[order].state, State::InDoubt(_))
        };
        for order in 0..ORDERS {
            if let Some(fence) = theirs(world, order)
                && complete
                && called_back(world, order)
                && !held.contains(&(order, fence))
                && (self.believes_late_calls || cursor[order])
            {
                let by = holding(device, incarnation, fence);
                world.change(order, Change::HandedBack(by));
            }
        }
        let free = (0..ORDERS).find(|order| {
            world.orders[*order].is_grantable() && world.orders[*order].fence.0 < HIGHEST_FENCE
        });
        if let Some(order) = free.filter(|_| complete) {
            let wish = Change::Grant {
                device: name(device),
                incarnation: Incarnation(incarnation),
            };
            world.change(order, wish);
            world.granted(order);
        }
        if !newest {
            return;
        }
        let mine: BTreeSet<Lease> = (0..ORDERS)
            .filter_map(|order| Some((order, theirs(world, order)?)))
            .collect();
        let back = mine.iter().filter(|(order, _)| called_back(world, *order));
        let unknown = held.difference(&mine);
        let revokes: BTreeSet<Lease> = back.chain(unknown).copied().collect();
        world.on_the_way.insert(Message::Answer {
            device,
            grants: mine.difference(&revokes).copied().collect(),
            revokes,
            cursor: [true; ORDERS],
        });
    }
}

/// One local transaction: what is revoked is dropped by a fact, what is granted is held.
fn hear(
    world: &mut World,
    device: usize,
    grants: &BTreeSet<Lease>,
    revokes: &BTreeSet<Lease>,
    cursor: Cursor,
) {
    let at = &mut world.devices[device];
    for lease in revokes {
        if at.journal.len() < LONGEST_JOURNAL && at.leases.remove(lease) {
            at.journal.push(Fact::Dropped(lease.0, lease.1));
        }
    }
    let ended: BTreeSet<Lease> = at
        .journal
        .iter()
        .filter_map(|fact| match *fact {
            // What the authority knows to have ended it does not grant.
            Fact::Known => None,
            Fact::Released(order, fence) | Fact::Dropped(order, fence) => Some((order, fence)),
        })
        .collect();
    at.leases.extend(grants.difference(&ended));
    at.cursor = cursor;
    at.waits = false;
}

/// The disk is gone; the machine is enrolled anew, and what the lost life held is in doubt.
fn lose_disk(world: &mut World, device: usize) {
    world.losses -= 1;
    world.on_the_way.retain(|message| match message {
        Message::Call { device: by, .. } | Message::Answer { device: by, .. } => *by != device,
    });
    world.devices[device] = Device {
        incarnation: world.devices[device].incarnation + 1,
        leases: BTreeSet::new(),
        journal: Vec::new(),
        head: 0,
        waits: false,
        cursor: [false; ORDERS],
    };
    for order in 0..ORDERS {
        if world
            .holder(order)
            .is_some_and(|by| by.device == name(device))
        {
            world.change(order, Change::HolderSilent);
        }
    }
}

#[test]
fn no_interleaving_packs_an_order_twice_or_after_its_cancellation() {
    let begun = std::time::Instant::now();
    let warehouse = Warehouse {
        believes_late_calls: false,
    };
    let checker = warehouse.checker().threads(2).spawn_dfs().join();
    println!(
        "{} states, every one of them ({} transitions taken), {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        begun.elapsed().as_secs_f64()
    );
    checker.assert_properties();
}

#[test]
fn the_model_notices_a_protocol_that_believes_late_calls() {
    let warehouse = Warehouse {
        believes_late_calls: true,
    };
    let checker = warehouse
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let found = checker.discovery("I1: no order is packed twice").is_some()
        || checker
            .discovery("I10: nothing is packed after it was cancelled")
            .is_some();
    assert!(
        found,
        "a late call freed nothing in {} states",
        checker.unique_state_count()
    );
}
