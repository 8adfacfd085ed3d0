//! The life of an order: one pure transition function, used by the platform, the simulator and
//! the model checker alike.
//!
//! ```text
//! Received -> Compared -> Declared -> Cleared --grant--> Leased --released--> Released -> Bundled -> Loaded -> GatedOut -> Delivered
//!                                        ^                 |  returned, or revoke acknowledged
//!                                        +-----------------+
//!                                        ^                 `-- holder silent past work_until --> InDoubt
//!                                        +-- a human looked: not packed --------------------------+--> Released
//! ```
//!
//! Two rules carry the promise. An order is granted **only from Cleared** (I12): neither time nor
//! silence frees it, only its holder's own words or a human who looked. And a hold or a requested
//! cancellation is a flag, not a state: it never hides where the parcel physically is.

use crate::clearance::Standing;
use crate::ids::{BondedNoteNo, DeviceId, FeedPos, Fence, GatePassNo, Incarnation, OrderKey};
use crate::message::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where an order is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// The order arrived; payment or waybill may be missing.
    Received,
    /// Order, payment and waybill agree.
    Compared,
    /// The declaration list is with customs.
    Declared,
    /// Customs released it; it may be granted.
    Cleared,
    /// A workstation may release it, alone.
    Leased(Holding),
    /// Its holder fell silent past the end of the lease: it may or may not be packed.
    InDoubt(Holding),
    /// Packed, labelled, waiting in staging.
    Released,
    /// Listed in an outbound bonded note.
    Bundled {
        /// The bonded note.
        note: BondedNoteNo,
    },
    /// Scanned onto a vehicle under an approved gate pass.
    Loaded {
        /// The bonded note.
        note: BondedNoteNo,
        /// The gate pass.
        pass: GatePassNo,
    },
    /// Customs saw it leave the zone.
    GatedOut,
    /// Signed for.
    Delivered,
    /// On its way back.
    Returning,
    /// Back in the zone.
    Returned,
    /// Will never be released.
    Cancelled,
}

/// Who holds the lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
pub struct Holding {
    /// The workstation.
    pub device: DeviceId,
    /// The life of its store.
    pub incarnation: Incarnation,
    /// The fence of this grant.
    pub fence: Fence,
}

/// Who may hold an order back; each lifts only its own hold.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HoldBy {
    /// Customs; lifted by a customs document alone.
    Customs,
    /// The merchant.
    Merchant,
    /// The warehouse's supervisor.
    Supervisor,
    /// Inspection and quarantine: the parcel contains goods under a hold of theirs, which alone lifts it.
    Quarantine,
}

/// An order as the authority knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
pub struct Order {
    /// Its key.
    pub key: OrderKey,
    /// Where it is.
    pub state: State,
    /// Grows at each grant and each supervisor resolution.
    pub fence: Fence,
    /// Open holds, with the feed position at which each was set.
    #[ts(type = "Partial<Record<HoldBy, number>>")]
    pub holds: BTreeMap<HoldBy, FeedPos>,
    /// A cancellation was asked for at this feed position.
    pub cancel_requested: Option<FeedPos>,
}

impl Order {
    /// A new order.
    pub fn received(key: OrderKey) -> Self {
        Self {
            key,
            state: State::Received,
            fence: Fence(0),
            holds: BTreeMap::new(),
            cancel_requested: None,
        }
    }

    /// Whether a workstation may be given this order.
    pub fn is_grantable(&self) -> bool {
        self.state == State::Cleared && self.is_free()
    }

    /// Neither held nor to be cancelled.
    pub fn is_free(&self) -> bool {
        self.holds.is_empty() && self.cancel_requested.is_none()
    }

    /// Whether another than this life of a workstation could still pack it, now or by a later grant.
    pub fn is_open_to_others(&self, device: &DeviceId, incarnation: Incarnation) -> bool {
        match &self.state {
            State::Received | State::Compared | State::Declared | State::Cleared => true,
            State::Leased(by) | State::InDoubt(by) => {
                (&by.device, by.incarnation) != (device, incarnation)
            }
            State::Released
            | State::Bundled { .. }
            | State::Loaded { .. }
            | State::GatedOut
            | State::Delivered
            | State::Returning
            | State::Returned
            | State::Cancelled => false,
        }
    }
}

/// What happens to an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Change {
    /// The three orders agree.
    Compared,
    /// The list was handed to customs.
    Declared,
    /// The clearance derived from the receipt log is now this.
    Clearance(ClearanceChange),
    /// A workstation is given the order.
    Grant {
        /// The workstation.
        device: DeviceId,
        /// The life of its store.
        incarnation: Incarnation,
    },
    /// A grant that a restored authority forgot, made again from its holder's word. It was made before any
    /// hold or cancellation that stands now, so they do not stand in its way.
    GrantAgain {
        /// The workstation.
        device: DeviceId,
        /// The life of its store.
        incarnation: Incarnation,
    },
    /// A holder's journal names a fence that a restored authority forgot it gave: none is given twice.
    FenceHeardOf(Fence),
    /// The holder gave it back unreleased, its journal complete up to that word.
    HandedBack(Holding),
    /// The holder was silent past `work_until` and its margin.
    HolderSilent,
    /// The holder reports the physical act.
    ReleasedBy(Holding),
    /// A human looked at the bench and found the parcel packed, or not.
    Looked {
        /// Packed and labelled.
        packed: bool,
    },
    /// Listed in an outbound bonded note.
    Bundle(BondedNoteNo),
    /// The bonded note it was listed in was refused or withdrawn.
    Unbundle,
    /// Scanned onto a vehicle; the caller has checked that the pass is approved and customs fresh.
    Load(GatePassNo),
    /// Taken off the vehicle again.
    Unload,
    /// SAS223: the vehicle passed the gate.
    GateOut,
    /// CEB513: signed for.
    Deliver,
    /// Someone holds it back.
    Hold(HoldBy),
    /// The same one lets it go.
    Lift(HoldBy),
    /// The shop or the buyer wants it cancelled.
    RequestCancel,
    /// A parcel to be cancelled was scanned back from staging.
    PulledBack,
    /// It comes back after it had left.
    BeginReturn,
    /// It is back in the zone.
    FinishReturn,
}

/// The part of a clearance the order's life reacts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ClearanceChange {
    /// With customs, nothing decided.
    Pending,
    /// Refused; may be corrected.
    Rejected,
    /// Held by customs.
    Held,
    /// Released.
    Released,
    /// Stopped for good.
    Stopped,
}

impl From<&Standing> for ClearanceChange {
    fn from(standing: &Standing) -> Self {
        match standing {
            Standing::Waiting { .. } => Self::Pending,
            Standing::Rejected => Self::Rejected,
            Standing::Held { .. } => Self::Held,
            Standing::Released { .. } => Self::Released,
            Standing::Stopped { .. } => Self::Stopped,
        }
    }
}

/// What the authority must see to after a change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Tell the holder to drop its lease.
    Revoke(Holding),
    /// Someone must take the parcel out of staging.
    PullFromStaging,
    /// Stop the vehicle; the parcel is on it.
    StopVehicle(GatePassNo),
    /// It has left: a return is opened.
    OpenReturn,
    /// The cancellation may be answered "cancelled": no release can follow (I10).
    Cancelled,
    /// Something a supervisor must look at, by its code in the closed list.
    Case(CaseCode),
}

/// The closed list of exceptions (sync protocol, section 2.7).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CaseCode {
    /// Released although a revocation was on its way.
    ReleasedAfterRevokeSent,
    /// Released after the lease had run out.
    ReleasedAfterWorkUntil,
    /// The workstation's clock cannot be trusted.
    ClockSuspect,
    /// Less was picked than ordered.
    ShortPick,
    /// More was received than declared.
    OverReceipt,
    /// Less was received than declared.
    ShortReceipt,
    /// Damaged goods were received or found.
    Damaged,
    /// A barcode nobody knows.
    UnknownBarcode,
    /// A clerk called the supervisor.
    SupervisorCalled,
    /// Another lot than reserved.
    LotMismatch,
    /// A silent holder's order.
    InDoubt,
    /// Two tails of one journal: a cloned or restored disk.
    JournalFork,
    /// Two physical releases of one order.
    DoubleRelease,
    /// Workstation and authority disagree on a table.
    DigestMismatch,
    /// An event of a kind this version does not know.
    ParkedUnknownKind,
    /// Count and book disagree.
    StockCountDiff,
    /// One serial number was counted or packed twice.
    DuplicateSerial,
    /// A packed parcel weighs something else than its papers say.
    WeightDiffers,
}

/// An order after a change, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The order now.
    pub order: Order,
    /// What must be done about it.
    pub effects: Vec<Effect>,
}

/// Applies one change at one feed position, or says why it may not happen.
///
/// Physical facts ([`Change::ReleasedBy`], [`Change::Looked`]) are never refused: what happened on
/// the bench happened; what does not fit becomes a case.
///
/// # Errors
/// A refusal when the change is a wish that the rules forbid.
pub fn step(order: &Order, change: Change, at: FeedPos) -> Result<Step, Refusal> {
    let mut next = Step {
        order: order.clone(),
        effects: Vec::new(),
    };
    match change {
        Change::Compared => advance(&mut next, &[State::Received], State::Compared)?,
        Change::Declared => advance(
            &mut next,
            &[State::Received, State::Compared, State::Declared],
            State::Declared,
        )?,
        Change::Clearance(standing) => clearance(&mut next, standing, at),
        Change::Grant {
            device,
            incarnation,
        } => {
            require_free(order)?;
            grant(&mut next, device, incarnation)?;
        }
        Change::GrantAgain {
            device,
            incarnation,
        } => grant(&mut next, device, incarnation)?,
        Change::FenceHeardOf(fence) => next.order.fence = next.order.fence.max(fence),
        Change::HandedBack(by) => handed_back(&mut next, &by),
        Change::HolderSilent => {
            if let State::Leased(by) = &order.state {
                next.order.state = State::InDoubt(by.clone());
                next.effects.push(Effect::Case(CaseCode::InDoubt));
            }
        }
        Change::ReleasedBy(by) => released_by(&mut next, &by, at),
        Change::Looked { packed } => looked(&mut next, packed)?,
        Change::Bundle(note) => {
            require_free(order)?;
            advance(&mut next, &[State::Released], State::Bundled { note })?;
        }
        Change::Unbundle => match &order.state {
            State::Bundled { .. } => next.order.state = State::Released,
            other => return Err(not_from(order, other)),
        },
        Change::Load(pass) => {
            require_free(order)?;
            match &order.state {
                State::Bundled { note } => {
                    next.order.state = State::Loaded {
                        note: note.clone(),
                        pass,
                    }
                }
                State::Loaded { .. } => return Err(says::already_loaded(&order.key)),
                other => return Err(not_from(order, other)),
            }
        }
        Change::Unload => match &order.state {
            State::Loaded { note, .. } => next.order.state = State::Bundled { note: note.clone() },
            other => return Err(not_from(order, other)),
        },
        Change::GateOut => match &order.state {
            State::Loaded { .. } => {
                next.order.state = State::GatedOut;
                if !order.is_free() {
                    next.effects.push(Effect::OpenReturn);
                }
            }
            State::GatedOut | State::Delivered => return Err(says::already_left(&order.key)),
            other => return Err(not_from(order, other)),
        },
        Change::Deliver => advance(&mut next, &[State::GatedOut], State::Delivered)?,
        Change::Hold(by) => hold(&mut next, by, at),
        Change::Lift(by) => {
            next.order.holds.remove(&by);
        }
        Change::RequestCancel => request_cancel(&mut next, at),
        Change::PulledBack => match &order.state {
            State::Released | State::Bundled { .. } if order.cancel_requested.is_some() => {
                cancel(&mut next)
            }
            other => return Err(not_from(order, other)),
        },
        Change::BeginReturn => advance(
            &mut next,
            &[State::GatedOut, State::Delivered],
            State::Returning,
        )?,
        Change::FinishReturn => advance(&mut next, &[State::Returning], State::Returned)?,
    }
    Ok(next)
}

/// [`step`] at a restored authority that has not heard every workstation yet: what would be cancelled is
/// only to be cancelled, because a workstation may hold it under a grant that was forgotten (I10).
///
/// Once all were heard the wish is repeated, or the receipts judged again.
///
/// # Errors
/// As [`step`].
pub fn step_unheard(order: &Order, change: Change, at: FeedPos) -> Result<Step, Refusal> {
    let stepped = step(order, change, at)?;
    let waits_as = match &order.state {
        State::Received | State::Compared | State::Declared | State::Cleared => order.state.clone(),
        // That holder gave it back; a later grant may have been forgotten.
        State::Leased(_) | State::InDoubt(_) => State::Cleared,
        _ => return Ok(stepped),
    };
    if stepped.order.state != State::Cancelled {
        return Ok(stepped);
    }
    let mut waiting = Order {
        state: waits_as,
        ..stepped.order
    };
    waiting.cancel_requested.get_or_insert(at);
    Ok(Step {
        order: waiting,
        effects: Vec::new(),
    })
}

fn advance(next: &mut Step, from: &[State], to: State) -> Result<(), Refusal> {
    if !from.contains(&next.order.state) {
        return Err(not_from(&next.order, &next.order.state));
    }
    next.order.state = to;
    Ok(())
}

fn require_free(order: &Order) -> Result<(), Refusal> {
    if order.cancel_requested.is_some() {
        return Err(says::to_be_cancelled(&order.key));
    }
    match order.holds.keys().next() {
        Some(by) => Err(says::held(&order.key, by.name())),
        None => Ok(()),
    }
}

fn clearance(next: &mut Step, standing: ClearanceChange, at: FeedPos) {
    let before_release = matches!(
        next.order.state,
        State::Received | State::Compared | State::Declared | State::Cleared
    );
    match standing {
        ClearanceChange::Released => {
            next.order.holds.remove(&HoldBy::Customs);
            if next.order.state == State::Declared {
                next.order.state = State::Cleared;
                if next.order.cancel_requested.is_some() {
                    cancel(next);
                }
            }
        }
        // Nothing left yet that a clearance could take back.
        ClearanceChange::Pending => {}
        ClearanceChange::Rejected if before_release => {
            next.order.state = State::Compared;
            // A refused list is held no longer, and nobody but customs could lift its hold.
            next.order.holds.remove(&HoldBy::Customs);
            // Customs has nothing of it any more: what was to be withdrawn first is cancelled now.
            if next.order.cancel_requested.is_some() {
                cancel(next);
            }
        }
        ClearanceChange::Held | ClearanceChange::Rejected => hold(next, HoldBy::Customs, at),
        ClearanceChange::Stopped => {
            hold(next, HoldBy::Customs, at);
            if before_release {
                next.order.state = State::Declared;
                // Customs let the list go: what was waiting for that is cancelled now.
                if next.order.cancel_requested.is_some() {
                    cancel(next);
                }
            }
        }
    }
}

fn grant(next: &mut Step, device: DeviceId, incarnation: Incarnation) -> Result<(), Refusal> {
    if next.order.state != State::Cleared {
        return Err(not_from(&next.order, &next.order.state));
    }
    let fence = Fence(next.order.fence.0.saturating_add(1));
    next.order.fence = fence;
    next.order.state = State::Leased(Holding {
        device,
        incarnation,
        fence,
    });
    Ok(())
}

/// Only the holder of the current fence, in the same incarnation, can free an order by its word.
fn handed_back(next: &mut Step, by: &Holding) {
    let current = match &next.order.state {
        State::Leased(holding) | State::InDoubt(holding) => holding == by,
        _ => false,
    };
    if current {
        next.order.state = State::Cleared;
        if next.order.cancel_requested.is_some() {
            cancel(next);
        }
    }
}

fn released_by(next: &mut Step, by: &Holding, at: FeedPos) {
    let (current, late) = match &next.order.state {
        State::Leased(holding) => (holding == by, false),
        State::InDoubt(holding) => (holding == by, true),
        _ => (false, false),
    };
    if !current {
        // The physical act stands beside another state: a human must look, and nobody packs it meanwhile.
        let code = match next.order.state {
            State::Released
            | State::Bundled { .. }
            | State::Loaded { .. }
            | State::GatedOut
            | State::Delivered
            | State::Returning
            | State::Returned => CaseCode::DoubleRelease,
            _ => CaseCode::ReleasedAfterRevokeSent,
        };
        next.effects.push(Effect::Case(code));
        if next.order.is_open_to_others(&by.device, by.incarnation) {
            hold(next, HoldBy::Supervisor, at);
        }
        return;
    }
    next.order.state = State::Released;
    if late {
        next.effects
            .push(Effect::Case(CaseCode::ReleasedAfterWorkUntil));
    }
    if !next.order.is_free() {
        next.effects
            .push(Effect::Case(CaseCode::ReleasedAfterRevokeSent));
        next.effects.push(Effect::PullFromStaging);
    }
}

fn looked(next: &mut Step, packed: bool) -> Result<(), Refusal> {
    if !matches!(next.order.state, State::InDoubt(_)) {
        return Err(not_from(&next.order, &next.order.state));
    }
    next.order.fence = Fence(next.order.fence.0.saturating_add(1));
    if packed {
        next.order.state = State::Released;
        if !next.order.is_free() {
            next.effects.push(Effect::PullFromStaging);
        }
    } else {
        next.order.state = State::Cleared;
        if next.order.cancel_requested.is_some() {
            cancel(next);
        }
    }
    Ok(())
}

fn hold(next: &mut Step, by: HoldBy, at: FeedPos) {
    next.order.holds.entry(by).or_insert(at);
    call_back(next);
}

fn request_cancel(next: &mut Step, at: FeedPos) {
    next.order.cancel_requested.get_or_insert(at);
    match next.order.state {
        State::Received | State::Compared | State::Cleared => cancel(next),
        // With customs: the list is withdrawn first (CEB623); its approval ends in a stop.
        State::Declared => {}
        _ => call_back(next),
    }
}

/// Whatever stops an order must reach it where it physically is.
fn call_back(next: &mut Step) {
    match next.order.state.clone() {
        State::Leased(by) | State::InDoubt(by) => next.effects.push(Effect::Revoke(by)),
        State::Released | State::Bundled { .. } => next.effects.push(Effect::PullFromStaging),
        State::Loaded { pass, .. } => next.effects.push(Effect::StopVehicle(pass)),
        State::GatedOut | State::Delivered => next.effects.push(Effect::OpenReturn),
        State::Received
        | State::Compared
        | State::Declared
        | State::Cleared
        | State::Returning
        | State::Returned
        | State::Cancelled => {}
    }
}

fn cancel(next: &mut Step) {
    next.order.state = State::Cancelled;
    next.effects.push(Effect::Cancelled);
}

fn not_from(order: &Order, state: &State) -> Refusal {
    says::not_from_here(&order.key, state.name())
}

impl State {
    /// Whether goods may lie in a parcel of the order: from the bench on, until they came back.
    pub const fn may_be_packed(&self) -> bool {
        match self {
            Self::Leased(_)
            | Self::InDoubt(_)
            | Self::Released
            | Self::Bundled { .. }
            | Self::Loaded { .. }
            | Self::GatedOut
            | Self::Delivered => true,
            Self::Received
            | Self::Compared
            | Self::Declared
            | Self::Cleared
            | Self::Returning
            | Self::Returned
            | Self::Cancelled => false,
        }
    }

    /// The state's name in catalogue keys and reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Compared => "compared",
            Self::Declared => "declared",
            Self::Cleared => "cleared",
            Self::Leased(_) => "leased",
            Self::InDoubt(_) => "in_doubt",
            Self::Released => "released",
            Self::Bundled { .. } => "bundled",
            Self::Loaded { .. } => "loaded",
            Self::GatedOut => "gated_out",
            Self::Delivered => "delivered",
            Self::Returning => "returning",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
        }
    }
}

impl HoldBy {
    /// The name in catalogue keys and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customs => "customs",
            Self::Merchant => "merchant",
            Self::Supervisor => "supervisor",
            Self::Quarantine => "quarantine",
        }
    }
}

/// What an order's life may say.
pub mod says {
    crate::messages! {
        yes {
            /// Cancelled for good.
            cancelled(order) = "orders.cancelled";
        }
        no {
            /// The wish does not fit the state.
            not_from_here(order, state) = "orders.not_from_here";
            /// Someone holds it back.
            held(order, by) = "orders.held";
            /// A cancellation was asked for.
            to_be_cancelled(order) = "orders.to_be_cancelled";
            /// It is on a vehicle already.
            already_loaded(order) = "orders.already_loaded";
            /// It has left the zone already.
            already_left(order) = "orders.already_left";
            /// Nobody knows this order.
            unknown(order) = "orders.unknown";
        }
    }
}

#[cfg(test)]
mod tests;
