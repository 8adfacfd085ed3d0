//! An order's life as a few lines would tell it, without a database: what both engines are held against.

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use std::collections::BTreeMap;

/// How many orders there are to do things to.
pub(crate) const ORDERS: u8 = 5;

/// What someone does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// The shop sends the order.
    Order(u8),
    /// Its payment comes.
    Pay(u8),
    /// Customs releases its list.
    Clear(u8),
    /// The shop wants it cancelled.
    Cancel(u8),
    /// The supervisor holds it back.
    Hold(u8),
    /// The same one lets it go.
    Lift(u8),
    /// The bench asks for everything it may have.
    Grant,
    /// The bench packs an order it was granted, whatever was decided meanwhile.
    Pack(u8),
    /// The bench gives an order back.
    GiveBack(u8),
    /// Nobody hears of the bench for longer than its rights last.
    Silence,
    /// Someone looks whether a silent bench had packed it.
    Look(u8, bool),
    /// What is packed is put on a note.
    Bundle,
    /// A parcel to be cancelled is scanned back from staging.
    PullBack(u8),
    /// The last call of the bench comes once more, as it was.
    Replay,
    /// The bench, whose acknowledgement was lost, sends everything again.
    PushAgain,
    /// So many items listed at once, at every node.
    Burst(u8),
}

/// Where an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Life {
    #[default]
    Unknown,
    Received,
    Declared,
    Cleared,
    Leased,
    InDoubt,
    Released,
    Bundled,
    Cancelled,
}

/// What is known of an order.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    pub(crate) life: Life,
    paid: bool,
    held: bool,
    to_cancel: bool,
}

impl Known {
    fn free(self) -> bool {
        !self.held && !self.to_cancel
    }

    /// What was received is declared once it is paid and nobody holds it.
    fn advance(&mut self) {
        if self.life == Life::Received && self.paid && !self.held {
            self.life = Life::Declared;
        }
    }

    /// Back from a bench, or released by customs: whoever wanted it cancelled has waited for this.
    fn cleared(&mut self) {
        self.life = match self.to_cancel {
            true => Life::Cancelled,
            false => Life::Cleared,
        };
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    orders: BTreeMap<u8, Known>,
    called: bool,
}

impl Model {
    pub(crate) fn order(&self, order: u8) -> Known {
        self.orders.get(&order).copied().unwrap_or_default()
    }

    /// The state that an order must be in, `None` where there is none.
    pub(crate) fn state(&self, order: u8) -> Option<&'static str> {
        Some(match self.order(order).life {
            Life::Unknown => return None,
            Life::Received => "received",
            Life::Declared => "declared",
            Life::Cleared => "cleared",
            Life::Leased => "leased",
            Life::InDoubt => "in_doubt",
            Life::Released => "released",
            Life::Bundled => "bundled",
            Life::Cancelled => "cancelled",
        })
    }

    /// Whether a step means anything now. What the rules refuse is asked for too, where asking is cheap.
    fn allows(&self, step: &Step) -> bool {
        let life = |n: &u8| self.order(*n).life;
        match step {
            Step::Order(_) | Step::Pay(_) | Step::Grant | Step::Burst(_) | Step::Bundle => true,
            Step::Clear(n) => life(n) == Life::Declared,
            Step::Cancel(_) => true,
            Step::Hold(n) | Step::Lift(n) => life(n) != Life::Unknown,
            Step::Pack(n) | Step::GiveBack(n) => matches!(life(n), Life::Leased | Life::InDoubt),
            Step::Silence => self.orders.values().any(|known| known.life == Life::Leased),
            Step::Look(n, _) => life(n) == Life::InDoubt,
            Step::PullBack(n) => matches!(life(n), Life::Released | Life::Bundled),
            Step::Replay | Step::PushAgain => self.called,
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        let n = || 0..ORDERS;
        let any = prop_oneof![
            4 => n().prop_map(Step::Order),
            4 => n().prop_map(Step::Pay),
            2 => n().prop_map(Step::Cancel),
            2 => n().prop_map(Step::Hold),
            2 => n().prop_map(Step::Lift),
            3 => Just(Step::Grant),
            1 => Just(Step::Bundle),
            1 => (2..12_u8).prop_map(Step::Burst),
        ];
        // What fits the state is drawn more often than by chance, so that lives go on to their end.
        let mut fitting: Vec<Step> = (0..ORDERS)
            .flat_map(|n| {
                let looks = [Step::Look(n, true), Step::Look(n, false)];
                let one = [Step::Clear(n), Step::Pack(n), Step::GiveBack(n)];
                one.into_iter().chain(looks).chain([Step::PullBack(n)])
            })
            .chain([Step::Silence, Step::Replay, Step::PushAgain])
            .collect();
        fitting.retain(|step| state.allows(step));
        match fitting.is_empty() {
            true => any.boxed(),
            false => prop_oneof![any, proptest::sample::select(fitting)].boxed(),
        }
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        state.allows(step)
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        let all = |state: &mut Self, then: fn(&mut Known)| state.orders.values_mut().for_each(then);
        match step {
            Step::Order(n) => {
                let known = state.orders.entry(*n).or_default();
                if known.life == Life::Unknown {
                    known.life = Life::Received;
                    known.advance();
                }
            }
            Step::Pay(n) => {
                let known = state.orders.entry(*n).or_default();
                known.paid = true;
                known.advance();
            }
            Step::Clear(n) => state.orders.entry(*n).or_default().cleared(),
            Step::Cancel(n) => {
                let known = state.orders.entry(*n).or_default();
                known.to_cancel = known.life != Life::Unknown;
                if matches!(known.life, Life::Received | Life::Cleared) {
                    known.life = Life::Cancelled;
                }
            }
            Step::Hold(n) => state.orders.entry(*n).or_default().held = true,
            Step::Lift(n) => {
                let known = state.orders.entry(*n).or_default();
                known.held = false;
                known.advance();
            }
            Step::Grant => {
                state.called = true;
                all(&mut state, |known| {
                    if known.life == Life::Cleared && known.free() {
                        known.life = Life::Leased;
                    }
                });
            }
            Step::Pack(n) => state.orders.entry(*n).or_default().life = Life::Released,
            Step::GiveBack(n) => state.orders.entry(*n).or_default().cleared(),
            Step::Silence => all(&mut state, |known| {
                if known.life == Life::Leased {
                    known.life = Life::InDoubt;
                }
            }),
            Step::Look(n, true) => state.orders.entry(*n).or_default().life = Life::Released,
            Step::Look(n, false) => state.orders.entry(*n).or_default().cleared(),
            Step::Bundle => {
                state.called = true;
                all(&mut state, |known| {
                    if known.life == Life::Released && known.free() {
                        known.life = Life::Bundled;
                    }
                });
            }
            Step::PullBack(n) => {
                let known = state.orders.entry(*n).or_default();
                if known.to_cancel {
                    known.life = Life::Cancelled;
                }
            }
            Step::Replay | Step::PushAgain | Step::Burst(_) => {}
        }
        state
    }
}
