//! The order's life as numbers: every state an order of this model can be in, and what becomes of it.
//!
//! Nothing is decided here. The production rule (`domain::orders::step`) is asked once about each state
//! and each change, before the search begins; the search then looks its answers up, a thousand times
//! faster than the rule could copy names.

use bondhouse_domain::ids::{DeviceId, FeedPos, Fence, Incarnation, OrderKey};
use bondhouse_domain::orders::{Change, ClearanceChange, Holding, Order, State, step};

/// Fences of grants: a fourth grant of one order is not made.
pub(crate) const HIGHEST_FENCE: u8 = 3;
/// Lives of a workstation: the first, and the one after its disk was lost.
const LIVES: u8 = 2;

/// Who holds a lease, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) device: u8,
    pub(crate) life: u8,
    pub(crate) fence: u8,
}

/// What may happen to an order here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Grant { device: u8, life: u8 },
    HandedBack(Holder),
    ReleasedBy(Holder),
    Silent,
    Looked { packed: bool },
    Cancel,
}

const TURNS: usize = 32;

impl Turn {
    fn number(self) -> usize {
        let life = |device: u8, life: u8| usize::from(device * LIVES + life - 1);
        let holder = |by: Holder| life(by.device, by.life) * 3 + usize::from(by.fence - 1);
        match self {
            Self::Grant { device, life: of } => life(device, of),
            Self::HandedBack(by) => 4 + holder(by),
            Self::ReleasedBy(by) => 16 + holder(by),
            Self::Silent => 28,
            Self::Looked { packed } => 29 + usize::from(packed),
            Self::Cancel => 31,
        }
    }

    fn all() -> Vec<Self> {
        let lives = || (0..2).flat_map(|device| (1..=LIVES).map(move |life| (device, life)));
        let holders = || {
            lives().flat_map(|(device, life)| {
                (1..=HIGHEST_FENCE).map(move |fence| Holder {
                    device,
                    life,
                    fence,
                })
            })
        };
        let looks = [true, false].map(|packed| Self::Looked { packed });
        lives()
            .map(|(device, life)| Self::Grant { device, life })
            .chain(holders().map(Self::HandedBack))
            .chain(holders().map(Self::ReleasedBy))
            .chain([Self::Silent, Self::Cancel])
            .chain(looks)
            .collect()
    }

    fn change(self) -> Change {
        match self {
            Self::Grant { device, life } => Change::Grant {
                device: name(device),
                incarnation: Incarnation(u32::from(life)),
            },
            Self::HandedBack(by) => Change::HandedBack(holding(by)),
            Self::ReleasedBy(by) => Change::ReleasedBy(holding(by)),
            Self::Silent => Change::HolderSilent,
            Self::Looked { packed } => Change::Looked { packed },
            Self::Cancel => Change::RequestCancel,
        }
    }
}

fn name(device: u8) -> DeviceId {
    DeviceId::new(format!("P-{device}"))
}

fn holding(by: Holder) -> Holding {
    Holding {
        device: name(by.device),
        incarnation: Incarnation(u32::from(by.life)),
        fence: Fence(u32::from(by.fence)),
    }
}

/// What the search asks of a state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) leased: bool,
    pub(crate) in_doubt: bool,
    pub(crate) released: bool,
    pub(crate) cancelled: bool,
    pub(crate) to_be_cancelled: bool,
    pub(crate) grantable: bool,
    pub(crate) fence: u8,
    pub(crate) holder: Option<Holder>,
}

impl Facts {
    fn of(order: &Order) -> Self {
        let (leased, in_doubt) = match order.state {
            State::Leased(_) => (true, false),
            State::InDoubt(_) => (false, true),
            _ => (false, false),
        };
        let holder = match &order.state {
            State::Leased(by) | State::InDoubt(by) => Some(Holder {
                device: u8::from(by.device == name(1)),
                life: u8::try_from(by.incarnation.0).unwrap(),
                fence: u8::try_from(by.fence.0).unwrap(),
            }),
            _ => None,
        };
        Self {
            leased,
            in_doubt,
            released: order.state == State::Released,
            cancelled: order.state == State::Cancelled,
            to_be_cancelled: order.cancel_requested.is_some(),
            grantable: order.is_grantable() && order.fence.0 < u32::from(HIGHEST_FENCE),
            fence: u8::try_from(order.fence.0).unwrap(),
            holder,
        }
    }
}

/// Every state, and every answer of the rule.
pub(crate) struct Life {
    pub(crate) facts: Vec<Facts>,
    after: Vec<[u8; TURNS]>,
    /// The same state with the two workstations changed about.
    mirrored: Vec<u8>,
    /// The least state with the same future: fences of orders that are never granted again mean nothing.
    at_rest: Vec<u8>,
}

impl Life {
    /// The state every order begins in: cleared, never granted.
    pub(crate) const CLEARED: u8 = 0;

    pub(crate) fn by_the_rule() -> Self {
        let mut states = vec![cleared()];
        let mut after = Vec::new();
        // States found on the way are asked about in their turn.
        while let Some(order) = states.get(after.len()).cloned() {
            let mut row = [u8::try_from(after.len()).expect("few states"); TURNS];
            for turn in Turn::all() {
                let further = matches!(turn, Turn::Grant { .. }) && !Facts::of(&order).grantable;
                // A wish that is refused changes nothing. Where in the feed it stood means nothing here.
                let stepped = step(&order, turn.change(), FeedPos(1)).ok();
                let Some(stepped) = stepped.filter(|_| !further) else {
                    continue;
                };
                if let Turn::HandedBack(by) | Turn::ReleasedBy(by) = turn
                    && Facts::of(&order).holder != Some(by)
                {
                    // A word under a fence that is over moves nothing; it may hold the order back until
                    // a supervisor has looked. The search lets it be granted all the same.
                    let held_back = Order {
                        holds: order.holds.clone(),
                        ..stepped.order
                    };
                    assert_eq!(held_back, order, "{turn:?} under a fence that is over");
                    continue;
                }
                let known = states.iter().position(|known| known == &stepped.order);
                let at = known.unwrap_or_else(|| {
                    states.push(stepped.order);
                    states.len() - 1
                });
                row[turn.number()] = u8::try_from(at).expect("few states");
            }
            after.push(row);
        }
        let mirrored = states.iter().map(|order| {
            let other = mirror(order);
            let at = states.iter().position(|known| known == &other);
            u8::try_from(at.expect("the workstations are alike")).unwrap()
        });
        let life = Self {
            mirrored: mirrored.collect(),
            at_rest: states
                .iter()
                .map(|order| least_alike(&states, order))
                .collect(),
            facts: states.iter().map(Facts::of).collect(),
            after,
        };
        life.require_what_the_search_leaves_out();
        life
    }

    /// What is not told apart must be the same to the rule.
    fn require_what_the_search_leaves_out(&self) {
        for state in 0..u8::try_from(self.facts.len()).unwrap() {
            for turn in Turn::all() {
                let (next, rested) = (self.step(state, turn), self.step(self.at_rest(state), turn));
                assert_eq!(self.at_rest(next), self.at_rest(rested), "{state} {turn:?}");
            }
        }
    }

    pub(crate) fn at_rest(&self, state: u8) -> u8 {
        self.at_rest[usize::from(state)]
    }

    pub(crate) fn step(&self, state: u8, turn: Turn) -> u8 {
        self.after[usize::from(state)][turn.number()]
    }

    pub(crate) fn of(&self, state: u8) -> Facts {
        self.facts[usize::from(state)]
    }

    pub(crate) fn mirrored(&self, state: u8) -> u8 {
        self.mirrored[usize::from(state)]
    }
}

fn cleared() -> Order {
    let key = OrderKey {
        platform: "3105960A01".into(),
        order_no: "B1".into(),
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
}

/// The first of the states that differ from this one in a fence that nobody will be asked for again.
fn least_alike(states: &[Order], order: &Order) -> u8 {
    let ended = matches!(order.state, State::Released | State::Cancelled);
    let granted = |order: &Order| order.fence > Fence(0);
    let alike = |other: &Order| {
        let fences = other.fence == order.fence || ended && granted(other) == granted(order);
        fences && (&other.state, other.cancel_requested) == (&order.state, order.cancel_requested)
    };
    u8::try_from(states.iter().position(alike).unwrap()).unwrap()
}

fn mirror(order: &Order) -> Order {
    let mut other = order.clone();
    if let State::Leased(by) | State::InDoubt(by) = &mut other.state {
        by.device = name(u8::from(by.device == name(0)));
    }
    other
}
