//! The order's life, exhaustively: every interleaving of a small warehouse, none left out.
//!
//! Two workstations, two orders, calls and answers that are lost, doubled and late, one crash, one lost
//! disk, one cancellation, fences up to 3, journals up to 4 events. What decides is the transition
//! function of production (`domain::orders::step`); around it stand the fewest words of the protocol in
//! which two parcels of one order could come about. The simulator goes far and at random; this goes
//! everywhere and not far.
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
use stateright::{Checker, Model, Property};
use std::collections::BTreeSet;

const ORDERS: usize = 2;
const DEVICES: usize = 2;
const HIGHEST_FENCE: u32 = 3;
const LONGEST_JOURNAL: usize = 4;

/// How far to go.
struct Warehouse {
    /// Calls of both workstations together.
    calls: u8,
    /// What is wrong with the protocol, to see that the model would notice.
    believes_late_calls: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    orders: Vec<Order>,
    /// Feed position of the last grant of each order, and of the last grant at all.
    granted_at: Vec<u8>,
    pos: u8,
    devices: Vec<Device>,
    on_the_way: BTreeSet<Message>,
    /// How far the authority knows each journal.
    heads: Vec<usize>,
    incarnations: Vec<u32>,
    /// Leases that time has ended, wherever they are.
    ran_out: BTreeSet<(usize, u32)>,
    packed: Vec<u8>,
    packed_after_cancelled: bool,
    crashes: u8,
    losses: u8,
    cancels: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Device {
    leases: BTreeSet<(usize, u32)>,
    journal: Vec<Fact>,
    calls: u8,
    waits_for: Option<u8>,
    cursor: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fact {
    Released(usize, u32),
    Dropped(usize, u32),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Message {
    Call {
        device: usize,
        incarnation: u32,
        number: u8,
        journal: Vec<Fact>,
        held: BTreeSet<(usize, u32)>,
        cursor: u8,
    },
    Answer {
        device: usize,
        number: u8,
        grants: BTreeSet<(usize, u32)>,
        revokes: BTreeSet<(usize, u32)>,
        cursor: u8,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Act {
    Call(usize),
    /// Arrives; it may arrive again.
    Deliver(Message),
    Pack(usize, (usize, u32)),
    Silent(usize),
    Look(usize),
    Crash(usize),
    LoseDisk(usize),
    Cancel(usize),
}

fn name(device: usize) -> DeviceId {
    DeviceId::new(format!("P-{device}"))
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
        if let Ok(stepped) = step(
            &self.orders[order],
            change,
            FeedPos(u64::from(self.pos) + 1),
        ) {
            self.orders[order] = stepped.order;
        }
    }

    fn calls(&self) -> u8 {
        self.devices.iter().map(|device| device.calls).sum()
    }

    fn holder(&self, order: usize) -> Option<&Holding> {
        match &self.orders[order].state {
            State::Leased(by) | State::InDoubt(by) => Some(by),
            _ => None,
        }
    }

    /// What can never matter again is forgotten, so that equal situations are one state.
    fn tidy(&mut self) {
        let devices = &self.devices;
        let incarnations = &self.incarnations;
        self.on_the_way.retain(|message| match message {
            Message::Call {
                device,
                incarnation,
                ..
            } => incarnations[*device] == *incarnation,
            Message::Answer { device, number, .. } => devices[*device].waits_for == Some(*number),
        });
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
            granted_at: vec![0; ORDERS],
            pos: 0,
            devices: vec![
                Device {
                    leases: BTreeSet::new(),
                    journal: Vec::new(),
                    calls: 0,
                    waits_for: None,
                    cursor: 0,
                };
                DEVICES
            ],
            on_the_way: BTreeSet::new(),
            heads: vec![0; DEVICES],
            incarnations: vec![1; DEVICES],
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
            if world.calls() < self.calls {
                acts.push(Act::Call(device));
            }
            if at.journal.len() < LONGEST_JOURNAL {
                let usable = at.leases.difference(&world.ran_out);
                acts.extend(usable.map(|lease| Act::Pack(device, *lease)));
            }
            if world.crashes > 0 && at.waits_for.is_some() {
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
            Act::Call(device) => self.call(&mut world, device),
            Act::Deliver(message) => match message.clone() {
                Message::Call {
                    device,
                    incarnation,
                    number,
                    journal,
                    held,
                    cursor,
                } => {
                    // Answered once; a doubled call is refused by its nonce.
                    world.on_the_way.remove(&message);
                    let call = (number, journal, held, cursor);
                    self.answer(&mut world, device, incarnation, &call)?;
                }
                Message::Answer {
                    device,
                    grants,
                    revokes,
                    cursor,
                    ..
                } => {
                    hear(&mut world, device, grants, &revokes, cursor);
                }
            },
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
                world.devices[device].waits_for = None;
            }
            Act::LoseDisk(device) => lose_disk(&mut world, device),
            Act::Cancel(order) => {
                world.cancels -= 1;
                world.change(order, Change::RequestCancel);
            }
        }
        world.tidy();
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

impl Warehouse {
    fn call(&self, world: &mut World, device: usize) {
        let at = &mut world.devices[device];
        at.calls += 1;
        at.waits_for = Some(at.calls);
        world.on_the_way.insert(Message::Call {
            device,
            incarnation: world.incarnations[device],
            number: at.calls,
            journal: at.journal.clone(),
            held: at.leases.clone(),
            cursor: at.cursor,
        });
    }

    fn answer(
        &self,
        world: &mut World,
        device: usize,
        incarnation: u32,
        (number, journal, held, cursor): &(u8, Vec<Fact>, BTreeSet<(usize, u32)>, u8),
    ) -> Option<()> {
        for fact in journal.iter().skip(world.heads[device]) {
            match *fact {
                Fact::Released(order, fence) => {
                    world.change(
                        order,
                        Change::ReleasedBy(holding(device, incarnation, fence)),
                    );
                }
                Fact::Dropped(order, fence) => {
                    world.change(
                        order,
                        Change::HandedBack(holding(device, incarnation, fence)),
                    );
                }
            }
        }
        let complete = journal.len() >= world.heads[device];
        world.heads[device] = world.heads[device].max(journal.len());
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
                && (self.believes_late_calls || *cursor >= world.granted_at[order])
            {
                world.change(
                    order,
                    Change::HandedBack(holding(device, incarnation, fence)),
                );
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
            world.pos += 1;
            world.granted_at[order] = world.pos;
        }
        let mine: BTreeSet<(usize, u32)> = (0..ORDERS)
            .filter_map(|order| Some((order, theirs(world, order)?)))
            .collect();
        let back = mine.iter().filter(|(order, _)| called_back(world, *order));
        let unknown = held.difference(&mine);
        let revokes: BTreeSet<(usize, u32)> = back.chain(unknown).copied().collect();
        world.on_the_way.insert(Message::Answer {
            device,
            number: *number,
            grants: mine.difference(&revokes).copied().collect(),
            revokes,
            cursor: world.pos,
        });
        Some(())
    }
}

/// One local transaction: what is revoked is dropped by a fact, what is granted is held.
fn hear(
    world: &mut World,
    device: usize,
    grants: BTreeSet<(usize, u32)>,
    revokes: &BTreeSet<(usize, u32)>,
    cursor: u8,
) {
    let at = &mut world.devices[device];
    for lease in revokes {
        if at.journal.len() < LONGEST_JOURNAL && at.leases.remove(lease) {
            at.journal.push(Fact::Dropped(lease.0, lease.1));
        }
    }
    let ended: BTreeSet<(usize, u32)> = at
        .journal
        .iter()
        .map(|fact| match *fact {
            Fact::Released(order, fence) | Fact::Dropped(order, fence) => (order, fence),
        })
        .collect();
    at.leases.extend(grants.difference(&ended));
    at.cursor = cursor;
    at.waits_for = None;
}

/// The disk is gone; the machine is enrolled anew, and what the lost life held is in doubt.
fn lose_disk(world: &mut World, device: usize) {
    world.losses -= 1;
    world.incarnations[device] += 1;
    world.heads[device] = 0;
    let calls = world.devices[device].calls;
    world.devices[device] = Device {
        leases: BTreeSet::new(),
        journal: Vec::new(),
        calls,
        waits_for: None,
        cursor: 0,
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

fn explore(calls: u8) {
    let begun = std::time::Instant::now();
    let warehouse = Warehouse {
        calls,
        believes_late_calls: false,
    };
    let checker = warehouse.checker().threads(2).spawn_dfs().join();
    println!(
        "{} states ({} transitions taken) with {calls} calls, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        begun.elapsed().as_secs_f64()
    );
    checker.assert_properties();
}

#[test]
fn no_interleaving_packs_an_order_twice_or_after_its_cancellation() {
    // A fourth call multiplies the states beyond what five minutes hold.
    explore(3);
}

#[test]
fn the_model_notices_a_protocol_that_believes_late_calls() {
    let warehouse = Warehouse {
        calls: 3,
        believes_late_calls: true,
    };
    let checker = warehouse.checker().threads(2).spawn_bfs().join();
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
