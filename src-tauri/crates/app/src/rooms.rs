//! The floor rooms and the tasks that run in them: one shape for the floor, no rule of its own.

use crate::error::AppError;
use crate::{gate, intake, release, stock};
use bondhouse_domain::gate::Gate;
use bondhouse_domain::ids::{OwnerId, WaybillKey};
use bondhouse_domain::intake::Intake;
use bondhouse_domain::release::Release;
use bondhouse_domain::stock::put_away::PutAwayTask;
use bondhouse_domain::task::view::{Choice, Glance, Job, Row};
use bondhouse_domain::task::{Heard, Moment, Outcome, Prompt, Turn};
use bondhouse_store::{Room, StoreError, Tx};
use serde::{Deserialize, Serialize};

/// A room with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FloorRoom {
    /// Goods are counted in.
    Intake,
    /// Goods go to their shelves.
    Stock,
    /// Orders are packed and released.
    Release,
    /// Parcels go onto vehicles.
    Gate,
}

/// The nouns of the rooms with a task, in the order goods go through the house.
pub const FLOOR_ROOMS: &[&str] = &["intake", "stock", "release", "gate"];

impl FloorRoom {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Intake, Self::Stock, Self::Release, Self::Gate];

    /// The room of this noun.
    pub(crate) fn named(noun: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|room| room.noun() == noun)
    }

    /// The room's noun.
    pub(crate) const fn noun(self) -> &'static str {
        noun(match self {
            Self::Intake => Room::Intake,
            Self::Stock => Room::Stock,
            Self::Release => Room::Release,
            Self::Gate => Room::Gate,
        })
    }
}

/// The noun a room carries in every layer.
pub(crate) const fn noun(room: Room) -> &'static str {
    match room {
        Room::Intake => "intake",
        Room::Stock => "stock",
        Room::Orders => "orders",
        Room::Release => "release",
        Room::Gate => "gate",
        Room::Ledger => "ledger",
        Room::Cases => "cases",
        Room::Labels => "labels",
        Room::People => "people",
        Room::Sync => "sync",
    }
}

/// The task of a room, as it is kept between scans and across restarts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "room", content = "task", rename_all = "snake_case")]
pub(crate) enum Task {
    Intake(Intake),
    Stock(PutAwayTask),
    Release(Box<Release>),
    Gate(Gate),
}

impl Task {
    /// Answers one input, inside the transaction that will record it.
    ///
    /// Without contact the warehouse's policy is asked about what would be recorded, not about keys:
    /// what it forbids leaves the task where it stood.
    pub(crate) fn take(
        &mut self,
        tx: &mut Tx<'_>,
        heard: &Heard,
        moment: &Moment,
        holder: &bondhouse_domain::leases::Holder,
    ) -> Result<Turn, StoreError> {
        let before = (!holder.in_contact).then(|| self.clone());
        let turn = match self {
            Self::Intake(task) => task.take(heard, moment),
            Self::Stock(task) => stock::take(task, tx, heard, moment)?,
            Self::Release(task) => release::take(task, tx, heard, moment, holder)?,
            Self::Gate(task) => task.take(heard, moment),
        };
        let Some(before) = before else {
            return Ok(turn);
        };
        Ok(match tx.offline_policy(moment.now)?.forbids(&turn) {
            None => turn,
            Some(act) => {
                *self = before;
                Turn::says(Outcome::Wrong, act.refusal().0)
            }
        })
    }

    /// The merchant that the document at hand names, if it names one.
    pub(crate) fn owner(&self) -> Option<OwnerId> {
        match self {
            Self::Intake(task) => Some(task.owner().clone()),
            Self::Release(task) => task.owner().cloned(),
            Self::Stock(_) | Self::Gate(_) => None,
        }
    }

    /// Whether the document at hand names a parcel: decides between carriers that number alike.
    pub(crate) fn names(&self, waybill: &WaybillKey) -> bool {
        match self {
            Self::Release(task) => task.waybill() == waybill,
            Self::Gate(task) => task.lists(waybill),
            Self::Intake(_) | Self::Stock(_) => false,
        }
    }

    pub(crate) fn prompt(&self) -> Prompt {
        match self {
            Self::Intake(task) => task.prompt(),
            Self::Stock(task) => task.prompt(),
            Self::Release(task) => task.prompt(),
            Self::Gate(task) => task.prompt(),
        }
    }

    pub(crate) fn job(&self) -> Option<Job> {
        match self {
            Self::Intake(task) => Some(task.job()),
            Self::Stock(_) => None,
            Self::Release(task) => Some(task.job()),
            Self::Gate(task) => Some(task.job()),
        }
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        match self {
            Self::Intake(task) => task.rows(),
            Self::Stock(task) => task.rows(),
            Self::Release(task) => task.rows(),
            Self::Gate(task) => task.rows(),
        }
    }

    /// What must be chosen before the task goes on.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        match self {
            Self::Intake(task) => task.choices(),
            Self::Stock(task) => task.choices(),
            Self::Release(task) => task.choices(),
            Self::Gate(_) => Vec::new(),
        }
    }

    pub(crate) fn glances(&self) -> Vec<Glance> {
        match self {
            Self::Intake(task) => task.glances(),
            Self::Stock(task) => task.glances(),
            Self::Release(task) => task.glances(),
            Self::Gate(task) => task.glances(),
        }
    }
}

/// What a room offers while no job is chosen.
pub(crate) struct Idle {
    pub(crate) prompt: Prompt,
    pub(crate) choices: Vec<Choice>,
}

/// What stands in an empty room.
pub(crate) fn idle(app: &crate::App, room: FloorRoom) -> Result<Idle, AppError> {
    match room {
        FloorRoom::Intake => intake::idle(app),
        FloorRoom::Stock => stock::idle(app),
        FloorRoom::Release => release::idle(app),
        FloorRoom::Gate => gate::idle(app),
    }
}
