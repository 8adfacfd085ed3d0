//! Gate passes: approved when their note is booked, passed when the vehicle is really seen.
//!
//! No message tells customs that a vehicle has come; it stands at the barrier. In the town a driver
//! who has a pass drives in, and a carrier's vehicle drives out when the platform says it has left.
//! There is a weighbridge at the barrier. It reads what really stands on it, and a vehicle that weighs
//! something else than its pass declares is turned back.

use super::notes::{seq_no, technical};
use super::{Approved, Customs, Desk, News, Said};
use crate::world::World;
use bondhouse_domain::customs::{
    Approval, Document, GatePass, GatePassReceipt, GatePassState, MessageKind,
};
use bondhouse_domain::quantity::Weight;
use bondhouse_domain::time::Instant;

/// A pass customs issued.
#[derive(Debug)]
pub(super) struct Issued {
    pass: GatePass,
    seq_no: String,
    n: u64,
    vehicle: Vehicle,
}

/// Where the vehicle of a pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vehicle {
    /// Not at the barrier yet.
    Awaited,
    /// Through.
    Through,
    /// Turned back; its pass is void.
    TurnedBack,
}

/// What the weighbridge reads: whole tens of kilograms.
const STEP: i64 = 1_000_000;

/// What a weighbridge read under a vehicle with its goods, and how much less was declared.
fn weighed(pass: &GatePass, empty: Weight) -> Option<(Weight, Weight)> {
    let really = empty.plus(pass.total_gross_weight.unwrap_or_default())?;
    let steps = really.units().checked_add(STEP / 2)? / STEP;
    let read = Weight::from_units(steps.checked_mul(STEP)?);
    Some((read, pass.total_weight.unwrap_or_default().minus(read)?))
}

/// Up to twenty kilograms, or a fiftieth of what was read, nobody minds at this gate.
fn is_minded(read: Weight, error: Weight) -> bool {
    error.units().abs() > (read.units() / 50).max(2 * STEP)
}

impl Customs {
    pub(super) fn take_pass(&mut self, pass: &GatePass, desk: &mut Desk<'_>) {
        let day = desk.zone.civil(desk.at).format("%y%m%d").to_string();
        let pass_no = format!(
            "Z{}{}{day}{:012}",
            pass.customs_code,
            pass.direction,
            desk.serial()
        );
        let seq_no = seq_no(desk);
        technical(&pass.own_no, &seq_no, desk);
        let at = desk.after(1_800);
        let wrong = self.wrong_pass(pass);
        let issued = Issued {
            pass: pass.clone(),
            seq_no,
            n: desk.n,
            vehicle: Vehicle::Awaited,
        };
        let approval = Approval {
            own_no: issued.seq_no.clone(),
            business_id: pass_no.clone(),
            change_count: "0".to_owned(),
            type_code: "1".to_owned(),
            result: if wrong.is_none() { "1" } else { "3" }.to_owned(),
            at: Some(at),
            ..Approval::default()
        };
        let approved = wrong.is_none();
        let receipt = GatePassReceipt {
            message: MessageKind::Sas221,
            approval,
            check_note: wrong.unwrap_or_default(),
            state: Some(state(&issued, &pass_no, if approved { "1" } else { "0" })),
            ..GatePassReceipt::default()
        };
        desk.answer(at, "SAS221", Document::GatePassReceipt(receipt));
        if approved {
            desk.said.news.push(News::PassApproved(Approved {
                pass_no: pass_no.clone(),
                vehicle: pass.vehicle_no.clone(),
                inbound: pass.direction == "I",
                at,
            }));
            self.passes.insert(pass_no, issued);
        }
    }

    fn wrong_pass(&self, pass: &GatePass) -> Option<String> {
        // A pass for an empty vehicle or gate-registered goods carries no document.
        if matches!(pass.pass_type.as_str(), "5" | "6") {
            return None;
        }
        if !self.open_note(&pass.related_no) {
            return Some(format!("核注清单{}不可用", pass.related_no));
        }
        let total = pass.total_weight.unwrap_or_default();
        if total < pass.total_gross_weight.unwrap_or_default() {
            return Some("总重小于货物毛重".to_owned());
        }
        None
    }

    /// A vehicle stands at the barrier with a pass. It goes through once, or is turned back for good.
    pub(crate) fn vehicle_at_gate(&mut self, pass_no: &str, at: Instant, world: &World) -> Said {
        let mut said = Said::default();
        let pace = self.pace;
        let waiting = |issued: &&mut Issued| issued.vehicle == Vehicle::Awaited;
        let Some(issued) = self.passes.get_mut(pass_no).filter(waiting) else {
            return said;
        };
        let empty = world.empty_weight(&issued.pass.vehicle_no);
        let weighed = empty.and_then(|empty| weighed(&issued.pass, empty));
        let minded = weighed.filter(|(read, error)| is_minded(*read, *error));
        issued.vehicle = match minded {
            Some(_) => Vehicle::TurnedBack,
            None => Vehicle::Through,
        };
        let note_no = issued.pass.related_no.clone();
        let decided_at = pace.later(at, 2_000);
        let (result, stage) = if minded.is_some() {
            ("3", "6")
        } else {
            ("1", "2")
        };
        let state = GatePassState {
            passed_at: Some(decided_at).filter(|_| minded.is_none()),
            weighed: weighed.map(|(read, _)| read),
            weight_error: weighed.map(|(_, error)| error),
            ..state(issued, pass_no, stage)
        };
        let receipt = GatePassReceipt {
            message: MessageKind::Sas223,
            approval: Approval {
                own_no: issued.seq_no.clone(),
                business_id: pass_no.to_owned(),
                change_count: "0".to_owned(),
                type_code: "1".to_owned(),
                result: result.to_owned(),
                at: Some(decided_at),
                ..Approval::default()
            },
            check_note: minded.map_or_else(String::new, |(read, _)| {
                format!("地磅称重{read}千克与核放单总重不符")
            }),
            state: Some(state),
            ..GatePassReceipt::default()
        };
        let (n, own_no) = (issued.n, issued.pass.own_no.clone());
        let mut desk = self.desk((n, 50), at, &mut said);
        desk.about = own_no;
        desk.answer(decided_at, "SAS223", Document::GatePassReceipt(receipt));
        if minded.is_some() {
            desk.said.news.push(News::TurnedBack);
        } else {
            self.close_note(&note_no, &mut desk);
        }
        said
    }

    /// Whether the vehicle of a pass went through.
    pub(crate) fn is_through(&self, pass_no: &str) -> bool {
        self.passes
            .get(pass_no)
            .is_some_and(|issued| issued.vehicle == Vehicle::Through)
    }
}

/// A pass as customs shows it in its answers.
fn state(issued: &Issued, pass_no: &str, stage: &str) -> GatePassState {
    let pass = &issued.pass;
    GatePassState {
        pass_no: pass_no.to_owned(),
        change_count: "0".to_owned(),
        pass_type: pass.pass_type.clone(),
        seq_no: issued.seq_no.clone(),
        declaration_type: pass.declaration_type.clone(),
        direction: pass.direction.clone(),
        binding: pass.binding.clone(),
        customs_code: pass.customs_code.clone(),
        related_type: pass.related_type.clone(),
        related_no: pass.related_no.clone(),
        area: pass.area.clone(),
        vehicle_no: pass.vehicle_no.clone(),
        vehicle_weight: pass.vehicle_weight,
        frame_no: pass.frame_no.clone(),
        frame_weight: pass.frame_weight,
        container_no: pass.container_no.clone(),
        container_type: pass.container_type.clone(),
        container_weight: pass.container_weight,
        total_weight: pass.total_weight,
        total_gross_weight: pass.total_gross_weight,
        total_net_weight: pass.total_net_weight,
        state: stage.to_owned(),
        approval_mark: "1".to_owned(),
        owner_system: "1".to_owned(),
        ..GatePassState::default()
    }
}
