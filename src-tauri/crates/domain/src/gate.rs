//! Gate: parcels go onto a vehicle under an approved pass, each with the authority's word.
//!
//! Loading and leaving are the second barrier: online, unique per order, checked against holds and
//! cancellations as freshly known (invariant I3). So a scan here is a *question*: the task says
//! [`Then::Ask`], the authority answers, and only its yes becomes a fact. Without network nothing
//! is loaded, and the page says so.

use crate::facts::{Fact, Loaded, ScanEvidence};
use crate::feed::Pass;
use crate::ids::{GatePassNo, OrderKey, WaybillKey};
use crate::message::{Message, Refusal};
use crate::quantity::Quantity;
use crate::task::bench::{Admission, Bench};
use crate::task::view::{Barrier, Glance, Job, Ref, Row, RowState};
use crate::task::{
    Command, Heard, Means, Moment, OnlineAsk, Outcome, Prompt, Reading, Tally, Then, Turn,
};
use serde::{Deserialize, Serialize};

/// One vehicle at the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pass: Pass,
    asked: Option<Asked>,
    last: Option<WaybillKey>,
    bench: Bench,
}

/// A question the authority has not answered yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Asked {
    Load {
        waybill: WaybillKey,
        order: OrderKey,
        scan: ScanEvidence,
    },
    Unload(WaybillKey),
    Depart,
}

impl Gate {
    /// Begins, or goes on with, loading under a pass.
    pub fn open(pass: Pass) -> Self {
        Self {
            pass,
            asked: None,
            last: None,
            bench: Bench::default(),
        }
    }

    /// The pass.
    pub fn pass(&self) -> &GatePassNo {
        &self.pass.pass
    }

    /// The pass as newly heard from the feed: a parcel may have been taken off it.
    pub fn refresh(&mut self, pass: Pass) {
        self.pass = pass;
    }

    /// Answers one input.
    pub fn take(&mut self, heard: &Heard, moment: &Moment) -> Turn {
        match self.bench.admit(heard, moment) {
            Admission::Answered(turn) => return turn,
            Admission::HeldAside(message) => return Turn::says(Outcome::Accepted, message),
            Admission::ForRoom => {}
        }
        match heard {
            Heard::Scan(reading) => self.scan(reading, moment),
            Heard::Command(command) => self.command(*command),
            Heard::Number(_) | Heard::Digit(_) => {
                Turn::says(Outcome::Accepted, says::scan_parcel())
            }
        }
    }

    fn scan(&mut self, reading: &Reading, moment: &Moment) -> Turn {
        let Means::Parcel { waybill, order } = &reading.means else {
            return self
                .bench
                .refuse(says::not_a_parcel(&reading.evidence.raw).0);
        };
        match self
            .pass
            .parcels
            .iter()
            .find(|parcel| &parcel.waybill == waybill)
        {
            None => self
                .bench
                .refuse(says::not_on_pass(&waybill.waybill_no, &self.pass.pass).0),
            Some(parcel) if parcel.loaded => {
                Turn::says(Outcome::Duplicate, says::loaded_before(&waybill.waybill_no))
            }
            Some(_) => {
                self.bench.accepted(&reading.evidence.raw, moment);
                self.asked = Some(Asked::Load {
                    waybill: waybill.clone(),
                    order: order.clone(),
                    scan: reading.evidence.clone(),
                });
                asks(
                    says::asking(&waybill.waybill_no),
                    OnlineAsk::Load(waybill.clone()),
                )
            }
        }
    }

    fn command(&mut self, command: Command) -> Turn {
        match command {
            Command::Ok if self.pass.parcels.iter().any(|p| p.loaded) => {
                self.asked = Some(Asked::Depart);
                asks(
                    says::asking_to_depart(&self.pass.vehicle),
                    OnlineAsk::Depart,
                )
            }
            Command::Ok => Turn::says(
                Outcome::Duplicate,
                says::nothing_loaded(&self.pass.vehicle).0,
            ),
            Command::Undo | Command::Damaged => match self.last.take() {
                Some(waybill) => {
                    self.asked = Some(Asked::Unload(waybill.clone()));
                    asks(
                        says::asking(&waybill.waybill_no),
                        OnlineAsk::Unload(waybill),
                    )
                }
                None => Turn::says(Outcome::Duplicate, crate::task::says::nothing_to_undo().0),
            },
            Command::Supervisor => {
                Turn::says(Outcome::Accepted, crate::task::says::supervisor_called())
            }
            Command::Back => Turn {
                then: Some(Then::Close),
                ..Turn::says(Outcome::Accepted, says::left_open())
            },
            other => Turn::says(
                Outcome::Duplicate,
                crate::task::says::not_now(other.name()).0,
            ),
        }
    }

    /// The authority's word on what was asked.
    pub fn answered(&mut self, refusal: Option<Refusal>) -> Turn {
        let Some(asked) = self.asked.take() else {
            return Turn::says(Outcome::Duplicate, says::nothing_asked().0);
        };
        if let Some(Refusal(message)) = refusal {
            return match asked {
                // The parcel is the matter, not the clerk: customs, merchant or supervisor holds it.
                Asked::Load { .. } if stops(&message) => self.bench.stop(message),
                _ => self.bench.refuse(message),
            };
        }
        match asked {
            Asked::Load {
                waybill,
                order,
                scan,
            } => {
                self.mark(&waybill, true);
                self.last = Some(waybill.clone());
                let left = self.pass.parcels.iter().filter(|p| !p.loaded).count();
                Turn::records(
                    says::loaded(&waybill.waybill_no, left),
                    Fact::Loaded(Loaded {
                        pass: self.pass.pass.clone(),
                        note: self.pass.note.clone(),
                        order,
                        waybill,
                        scan,
                    }),
                )
            }
            Asked::Unload(waybill) => {
                self.mark(&waybill, false);
                Turn::says(Outcome::Accepted, says::unloaded(&waybill.waybill_no))
            }
            Asked::Depart => Turn {
                then: Some(Then::Close),
                ..Turn::says(Outcome::Complete, says::departed(&self.pass.vehicle))
            },
        }
    }

    fn mark(&mut self, waybill: &WaybillKey, loaded: bool) {
        if let Some(parcel) = self.pass.parcels.iter_mut().find(|p| &p.waybill == waybill) {
            parcel.loaded = loaded;
        }
    }

    /// Whether the pass lists this parcel.
    pub fn lists(&self, waybill: &WaybillKey) -> bool {
        self.pass.parcels.iter().any(|p| &p.waybill == waybill)
    }

    /// What the clerk is asked next.
    pub fn prompt(&self) -> Prompt {
        let loaded = count(self.pass.parcels.iter().filter(|p| p.loaded).count());
        let all = count(self.pass.parcels.len());
        let everything = loaded == all;
        Prompt {
            say: match () {
                () if self.asked.is_some() => says::wait(),
                () if everything => says::depart(),
                () => says::scan_parcel(),
            },
            detail: Some(says::for_vehicle(&self.pass.vehicle)),
            tally: Some(Tally {
                done: loaded,
                of: all,
            }),
            accepts: vec![
                Command::Undo,
                Command::Supervisor,
                Command::Ok,
                Command::Back,
            ],
            locked_by: self.bench.locked.as_ref().map(|lock| lock.message.clone()),
        }
    }

    /// The job as a window draws it.
    pub fn job(&self) -> Job {
        Job {
            owner: None,
            title: self.pass.vehicle.clone(),
            refs: vec![
                Ref::new("ui.ref.gate_pass", &self.pass.pass),
                Ref::new("ui.ref.bonded_note", &self.pass.note),
            ],
            clearance: Some(Barrier {
                open: true,
                message: says::pass_approved(),
                at: None,
                until: None,
            }),
        }
    }

    /// The parcels.
    pub fn rows(&self) -> Vec<Row> {
        self.pass
            .parcels
            .iter()
            .map(|parcel| Row {
                key: parcel.waybill.waybill_no.clone(),
                name: parcel.order.order_no.clone(),
                sub: Vec::new(),
                done: count(usize::from(parcel.loaded)),
                of: count(1),
                state: match () {
                    () if self.last.as_ref() == Some(&parcel.waybill) => RowState::Now,
                    () if parcel.loaded => RowState::Done,
                    () => RowState::Open,
                },
                differs: None,
                code: Some(parcel.waybill.waybill_no.clone()),
            })
            .collect()
    }

    /// What to know at a glance.
    pub fn glances(&self) -> Vec<Glance> {
        vec![Glance {
            label: "ui.glance.vehicle".into(),
            value: self.pass.vehicle.clone(),
            note: Some(says::pass_approved()),
        }]
    }
}

fn asks(message: Message, ask: OnlineAsk) -> Turn {
    Turn {
        then: Some(Then::Ask(ask)),
        ..Turn::says(Outcome::Accepted, message)
    }
}

/// Whether a refusal is about the parcel's freedom rather than about the scan.
fn stops(message: &Message) -> bool {
    message.code.starts_with("orders.held")
        || message.code.starts_with("orders.to_be_cancelled")
        || message.code.starts_with("clearance.")
}

fn count(number: usize) -> Quantity {
    i64::try_from(number)
        .ok()
        .and_then(Quantity::whole)
        .unwrap_or(Quantity::ZERO)
}

/// What the gate may say.
pub mod says {
    crate::messages! {
        yes {
            /// Choose an approved pass.
            choose_pass() = "gate.choose_pass";
            /// Scan the next parcel.
            scan_parcel() = "gate.scan_parcel";
            /// Everything is loaded: let the vehicle go.
            depart() = "gate.depart";
            /// The authority is being asked.
            wait() = "gate.wait";
            /// Which vehicle.
            for_vehicle(vehicle) = "gate.for_vehicle";
            /// The authority is asked for this parcel.
            asking(waybill) = "gate.asking";
            /// The authority is asked to let the vehicle go.
            asking_to_depart(vehicle) = "gate.asking_to_depart";
            /// On the vehicle.
            loaded(waybill, left) = "gate.loaded";
            /// It was on the vehicle already.
            loaded_before(waybill) = "gate.loaded_before";
            /// Off the vehicle.
            unloaded(waybill) = "gate.unloaded";
            /// The vehicle may go to the gate.
            departed(vehicle) = "gate.departed";
            /// The pass stays open.
            left_open() = "gate.left_open";
            /// The pass is approved.
            pass_approved() = "gate.pass_approved";
            /// A pass was applied for.
            pass_requested(vehicle) = "gate.pass_requested";
            /// Type the vehicle's number to apply for a pass.
            type_vehicle() = "gate.type_vehicle";
            /// No pass is approved right now.
            no_pass() = "gate.no_pass";
        }
        no {
            /// Not a waybill.
            not_a_parcel(raw) = "gate.not_a_parcel";
            /// The pass does not list the parcel.
            not_on_pass(waybill, pass) = "gate.not_on_pass";
            /// Nothing is on the vehicle.
            nothing_loaded(vehicle) = "gate.nothing_loaded";
            /// No question is open.
            nothing_asked() = "gate.nothing_asked";
            /// No network: nothing is loaded offline.
            offline() = "gate.offline";
            /// No such pass is approved.
            unknown_pass(raw) = "gate.unknown_pass";
            /// Customs lets nothing pass under it.
            pass_refused(pass, vehicle) = "gate.pass_refused";
            /// Customs examines the vehicle.
            pass_examined(pass, vehicle) = "gate.pass_examined";
            /// Customs' link is stale.
            customs_stale(minutes) = "gate.customs_stale";
            /// Nothing is released that a pass could list.
            nothing_to_bundle() = "gate.nothing_to_bundle";
        }
    }
}
