//! What can happen next in the small warehouse.
//!
//! Around the rule of the order's life stand the fewest words of the protocol in which two parcels of
//! one order could come about: a journal's events, what a call says it does not hold, answers that grant
//! and call back. Each act is one transaction of one machine, or one thing that befalls it.
//!
//! Two acts need no call: the authority takes events, and it grants, at any time. That is more than can
//! happen, and it stands for all that can: calls in any number, lost, doubled, late, cut off by a crash on
//! either side between any two transactions.

use crate::life::{HIGHEST_FENCE, Holder, Life, Turn};
use crate::world::{BOTH, Call, Device, Fact, Told, World};
use stateright::{Model, Property};

/// What is wrong with the protocol, to see that the model would notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nothing,
    /// A call that was long on its way is believed that it does not hold what it had not heard of.
    BelievesLateCalls,
    /// Time frees an order.
    FreesByTime,
    /// A new life speaks for the one whose disk was lost.
    IgnoresLives,
    /// What is asked to be cancelled is answered cancelled.
    CancelsAtOnce,
    /// A word under an earlier fence is taken for one under the current.
    TakesEarlierFences,
}

/// The model: a protocol and the rule's answers.
pub(crate) struct Warehouse {
    pub(crate) wrong: Wrong,
    pub(crate) life: Life,
}

/// One act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// A workstation calls; whatever it waited for is given up. Of its earlier calls one stays on the way:
    /// the last, or with `keeps` the one before that.
    Call {
        device: usize,
        keeps: bool,
    },
    /// The authority takes in a workstation's next event: by which of its calls, early, late or doubled,
    /// whole or killed behind this very event, makes no difference to either.
    Take {
        device: usize,
    },
    /// An order is granted, to whoever; the holder hears of it by an answer, if ever.
    Grant {
        device: usize,
        order: usize,
    },
    /// The call is answered; a copy of it may still be on the way.
    Answer {
        device: usize,
        copied: bool,
    },
    /// An earlier call arrives: it is believed what it does not hold, and nobody hears the answer.
    Late {
        device: usize,
    },
    /// The answer arrives.
    Hear {
        device: usize,
    },
    Pack {
        device: usize,
        order: usize,
    },
    LoseDisk {
        device: usize,
    },
    /// A lease runs out, and its holder has not been heard.
    Silent {
        order: usize,
    },
    /// A supervisor looks, and sees what is there.
    Look {
        order: usize,
    },
    Cancel {
        order: usize,
    },
}

impl Model for Warehouse {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::new()]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        let facts = world.orders.map(|state| self.life.of(state));
        let one_disk = world.devices.iter().all(|device| device.life == 1);
        for (device, at) in world.devices.iter().enumerate() {
            acts.push(Act::Call {
                device,
                keeps: false,
            });
            if at.call.is_some() && at.late.is_some() {
                acts.push(Act::Call {
                    device,
                    keeps: true,
                });
            }
            if at.unsent() > 0 {
                acts.push(Act::Take { device });
            }
            if at.call.is_some_and(|call| call.events == 0) {
                acts.push(Act::Answer {
                    device,
                    copied: false,
                });
                acts.push(Act::Answer {
                    device,
                    copied: true,
                });
            }
            if at.late.is_some_and(|call| call.events == 0) {
                acts.push(Act::Late { device });
            }
            if at.answer != [Told::NOTHING; 2] {
                acts.push(Act::Hear { device });
            }
            for order in BOTH {
                let fence = at.leases[order];
                if fence != 0 && world.ran_out[order] & 1 << fence == 0 && at.may_write() {
                    acts.push(Act::Pack { device, order });
                }
                if facts[order].grantable {
                    acts.push(Act::Grant { device, order });
                }
            }
            if one_disk {
                acts.push(Act::LoseDisk { device });
            }
        }
        for order in BOTH {
            if facts[order].leased {
                acts.push(Act::Silent { order });
            }
            if facts[order].in_doubt {
                acts.push(Act::Look { order });
            }
            let mut both = facts.iter();
            if both.all(|facts| !facts.cancelled && !facts.to_be_cancelled) {
                acts.push(Act::Cancel { order });
            }
        }
    }

    fn next_state(&self, before: &World, act: Act) -> Option<World> {
        let mut world = *before;
        match act {
            Act::Call { device, keeps } => {
                let call = self.call(&world, device);
                let at = &mut world.devices[device];
                let given_up = at.call.replace(call);
                if !keeps && given_up.is_some() {
                    at.late = given_up;
                }
                at.answer = [Told::NOTHING; 2];
            }
            Act::Take { device } => self.take(&mut world, device),
            Act::Grant { device, order } => self.grant(&mut world, device, order),
            Act::Answer { device, copied } => {
                let call = world.devices[device].call.take()?;
                self.believe(&mut world, device, &call);
                let answer = BOTH.map(|order| self.told(&world, device, order));
                let at = &mut world.devices[device];
                at.answer = answer;
                if copied {
                    at.late = Some(call);
                }
            }
            Act::Late { device } => {
                let call = world.devices[device].late?;
                self.believe(&mut world, device, &call);
            }
            Act::Hear { device } => hear(&mut world.devices[device]),
            Act::Pack { device, order } => self.pack(&mut world, device, order),
            Act::LoseDisk { device } => {
                // Enrolled anew at once: nothing the lost life had on its way is taken any more, and what
                // arrived between could as well have arrived before.
                world.devices[device] = Device::new(2);
                for order in BOTH {
                    let by = self.life.of(world.orders[order]).holder;
                    if by.is_some_and(|by| usize::from(by.device) == device) {
                        self.fall_silent(&mut world, order);
                    }
                }
            }
            Act::Silent { order } => {
                let by = self.life.of(world.orders[order]).holder?;
                self.fall_silent(&mut world, order);
                if self.wrong == Wrong::FreesByTime {
                    self.turn(&mut world, order, Turn::HandedBack(by));
                }
            }
            Act::Look { order } => {
                let packed = world.packed[order] > 0;
                self.turn(&mut world, order, Turn::Looked { packed });
            }
            Act::Cancel { order } => self.turn(&mut world, order, Turn::Cancel),
        }
        self.tidy(&mut world);
        let world = world.representative(&self.life);
        (&world != before).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("I1: no order is packed twice", |_, world: &World| {
                world.packed.iter().all(|times| *times <= 1)
            }),
            Property::always(
                "I10: nothing is packed after it was answered cancelled",
                |_, world: &World| !world.packed_after_cancelled,
            ),
            Property::always(
                "what the authority calls released is packed",
                |model: &Self, world: &World| {
                    BOTH.into_iter().all(|order| {
                        !model.life.of(world.orders[order]).released || world.packed[order] > 0
                    })
                },
            ),
            Property::sometimes("both orders are released", |model: &Self, world: &World| {
                let mut orders = world.orders.iter();
                orders.all(|state| model.life.of(*state).released)
            }),
            Property::sometimes(
                "an order is granted for the last time the model goes",
                |model: &Self, world: &World| {
                    let holders = world.orders.map(|state| model.life.of(state).holder);
                    let mut fences = holders.into_iter().flatten().map(|by| by.fence);
                    fences.any(|fence| fence == HIGHEST_FENCE)
                },
            ),
            Property::sometimes("a journal is full", |_, world: &World| {
                world.devices.iter().any(|device| !device.may_write())
            }),
            Property::sometimes(
                "a leased order is cancelled in the end",
                |model: &Self, world: &World| {
                    let facts = world.orders.map(|state| model.life.of(state));
                    facts.iter().any(|facts| facts.cancelled && facts.fence > 0)
                },
            ),
        ]
    }
}

impl Warehouse {
    fn turn(&self, world: &mut World, order: usize, turn: Turn) {
        world.orders[order] = self.life.step(world.orders[order], turn);
    }

    /// The lease of an order that the authority takes to be this workstation's.
    fn theirs(&self, world: &World, device: usize, order: usize) -> Option<Holder> {
        let by = self.life.of(world.orders[order]).holder?;
        let same_life = by.life == world.devices[device].life || self.wrong == Wrong::IgnoresLives;
        (usize::from(by.device) == device && same_life).then_some(by)
    }

    fn called_back(&self, world: &World, order: usize) -> bool {
        let facts = self.life.of(world.orders[order]);
        facts.in_doubt || facts.to_be_cancelled
    }

    fn fall_silent(&self, world: &mut World, order: usize) {
        if let Some(by) = self.life.of(world.orders[order]).holder {
            world.ran_out[order] |= 1 << by.fence;
        }
        self.turn(world, order, Turn::Silent);
    }

    fn pack(&self, world: &mut World, device: usize, order: usize) {
        let at = &mut world.devices[device];
        let fence = std::mem::take(&mut at.leases[order]);
        at.write(Fact {
            order: u8::from(order == 1),
            fence,
            packed: true,
        });
        world.packed[order] += 1;
        let facts = self.life.of(world.orders[order]);
        let at_once = self.wrong == Wrong::CancelsAtOnce && facts.to_be_cancelled;
        world.packed_after_cancelled |= facts.cancelled || at_once;
    }

    fn call(&self, world: &World, device: usize) -> Call {
        let at = &world.devices[device];
        let late_believed = self.wrong == Wrong::BelievesLateCalls;
        Call {
            events: at.unsent(),
            without: BOTH.map(|order| match self.theirs(world, device, order) {
                Some(by) => at.leases[order] != by.fence && (at.told[order] || late_believed),
                // Should it be granted before the call arrives: the call had not heard of it.
                None => late_believed,
            }),
        }
    }

    fn take(&self, world: &mut World, device: usize) {
        let at = &mut world.devices[device];
        let fact = at.take();
        let order = usize::from(fact.order);
        let mut by = Holder {
            device: u8::from(device == 1),
            life: at.life,
            fence: fact.fence,
        };
        if fact == Fact::OVER {
            return;
        }
        if self.wrong == Wrong::TakesEarlierFences
            && let Some(current) = self.theirs(world, device, order)
            && current.fence >= by.fence
        {
            by = current;
        }
        let turn = if fact.packed {
            Turn::ReleasedBy(by)
        } else {
            Turn::HandedBack(by)
        };
        self.turn(world, order, turn);
    }

    /// A whole journal that names a lease neither as held nor as ended: it was never used and never will be.
    fn believe(&self, world: &mut World, device: usize, call: &Call) {
        for order in BOTH {
            if call.without[order]
                && self.called_back(world, order)
                && let Some(by) = self.theirs(world, device, order)
            {
                self.turn(world, order, Turn::HandedBack(by));
            }
        }
    }

    fn grant(&self, world: &mut World, device: usize, order: usize) {
        let life = world.devices[device].life;
        let device = u8::from(device == 1);
        self.turn(world, order, Turn::Grant { device, life });
        // Whatever is on its way was written before this grant.
        for at in &mut world.devices {
            at.told[order] = false;
            at.answer[order].of_grant = false;
            for call in [&mut at.call, &mut at.late].into_iter().flatten() {
                call.without[order] = self.wrong == Wrong::BelievesLateCalls;
            }
        }
    }

    /// What the answer to the call just taken says of an order.
    fn told(&self, world: &World, device: usize, order: usize) -> Told {
        let at = &world.devices[device];
        let held = at.leases[order];
        let theirs = self.theirs(world, device, order).map_or(0, |by| by.fence);
        let back = theirs == 0 || self.called_back(world, order);
        Told {
            of_grant: theirs != 0,
            drop: held != 0 && (back || held != theirs),
            // What it ended after it had called it does not take again.
            take: if back || held == theirs || at.has_ended(order, theirs) {
                0
            } else {
                theirs
            },
        }
    }

    /// Forgets what can never matter again, so that equal situations are one state.
    fn tidy(&self, world: &mut World) {
        let believes_late = self.wrong == Wrong::BelievesLateCalls;
        for order in BOTH {
            world.orders[order] = self.life.at_rest(world.orders[order]);
            let current = self.life.of(world.orders[order]).holder;
            let fence = current.map_or(0, |by| by.fence);
            let kept = world.devices.iter().fold(1 << fence, |kept, device| {
                kept | 1 << device.leases[order] | 1 << device.answer[order].take
            });
            world.ran_out[order] &= kept;
            for at in BOTH {
                let theirs = self.theirs(world, at, order);
                let device = &mut world.devices[at];
                device.answer[order].drop &= device.leases[order] != 0;
                if theirs.is_none() {
                    device.told[order] = false;
                    device.answer[order].of_grant = false;
                }
                device.answer[order].of_grant &= !device.told[order];
                for call in [&mut device.call, &mut device.late].into_iter().flatten() {
                    call.without[order] &= theirs.is_some() || believes_late;
                }
                if self.wrong != Wrong::TakesEarlierFences {
                    device.forget_over(order, theirs.map_or(0, |by| by.fence));
                }
            }
        }
        for device in &mut world.devices {
            // Events and grants come and go without it; this is all a late call could still do.
            device.late = device.late.filter(|call| call.without != [false; 2]);
        }
    }
}

/// One local transaction: what is revoked is dropped by a fact, what is granted is held.
fn hear(device: &mut Device) {
    for (order, said) in std::mem::replace(&mut device.answer, [Told::NOTHING; 2])
        .into_iter()
        .enumerate()
    {
        device.told[order] |= said.of_grant;
        if said.drop && !device.may_write() {
            // A full journal is this model's, not the product's: it can do nothing with the lease.
            continue;
        }
        if said.drop {
            let fence = std::mem::take(&mut device.leases[order]);
            device.write(Fact {
                order: u8::from(order == 1),
                fence,
                packed: false,
            });
        }
        if said.take != 0 {
            device.leases[order] = said.take;
        }
    }
}
