//! The gate at this workstation: approved passes, applying for one, and the authority's word.

use crate::error::AppError;
use crate::floor::{Chosen, Desk, begin};
use crate::intake::raw_of;
use crate::rooms::{FloorRoom, Idle, Task};
use crate::{App, refuse, sync};
use bondhouse_domain::gate::{Gate, says};
use bondhouse_domain::ids::{GatePassNo, PersonId, RequestId};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::task::view::Choice;
use bondhouse_domain::task::{Command, Heard, Input, Means, OnlineAsk, Outcome, Prompt, Turn};
use bondhouse_protocol::wire::Ask;

pub(crate) fn idle(app: &App) -> Result<Idle, AppError> {
    let choices: Vec<Choice> = app.store()?.read(|view| {
        Ok(view
            .passes_in("approved")?
            .into_iter()
            .map(|pass| Choice {
                code: pass.pass.to_string(),
                title: pass.vehicle.clone(),
                detail: format!(
                    "{} / {}",
                    pass.parcels.iter().filter(|p| p.loaded).count(),
                    pass.parcels.len()
                ),
            })
            .collect())
    })?;
    let prompt = Prompt {
        say: says::choose_pass(),
        detail: choices.is_empty().then(says::no_pass),
        tally: None,
        accepts: vec![Command::Park],
        locked_by: None,
    };
    Ok(Idle { prompt, choices })
}

pub(crate) fn choose(
    app: &App,
    desk: &mut Desk,
    input: &Input,
    heard: &Heard,
    id: RequestId,
    person: &PersonId,
) -> Result<Chosen, AppError> {
    if desk.typing {
        if let Input::Scan { raw, .. } = input {
            desk.typing = false;
            return request_pass(app, raw.trim(), id, person);
        }
        desk.typing = false;
    }
    match heard {
        Heard::Scan(reading) => match &reading.means {
            Means::Pass(pass) => open(app, pass, id, person),
            _ => refuse(says::unknown_pass(raw_of(input))),
        },
        Heard::Command(Command::Park) => {
            desk.typing = true;
            Ok(Chosen {
                task: None,
                outcome: Outcome::Accepted,
                message: says::type_vehicle(),
            })
        }
        Heard::Command(command) => refuse(bondhouse_domain::task::says::not_now(command.name())),
        Heard::Number(_) | Heard::Digit(_) => {
            refuse(bondhouse_domain::task::says::not_now("quantity"))
        }
    }
}

fn request_pass(
    app: &App,
    vehicle: &str,
    id: RequestId,
    person: &PersonId,
) -> Result<Chosen, AppError> {
    let ask = Ask::RequestPass {
        vehicle: vehicle.to_owned(),
    };
    match sync::act(app, id, person, ask)? {
        Some(refusal) => refuse(refusal),
        None => Ok(Chosen {
            task: None,
            outcome: Outcome::Accepted,
            message: says::pass_requested(vehicle),
        }),
    }
}

fn open(
    app: &App,
    pass: &GatePassNo,
    id: RequestId,
    person: &PersonId,
) -> Result<Chosen, AppError> {
    let Some(found) = app.store()?.read(|view| view.pass(pass))? else {
        return refuse(says::unknown_pass(pass));
    };
    match found.state.as_str() {
        "approved" => {}
        "refused" => return refuse(says::pass_refused(pass, &found.vehicle)),
        "examined" => return refuse(says::pass_examined(pass, &found.vehicle)),
        _ => return refuse(says::unknown_pass(pass)),
    }
    let task = Gate::open(found);
    let turn = Turn::says(Outcome::Accepted, task.prompt().say);
    begin(app, FloorRoom::Gate, Task::Gate(task), turn, id, person)
}

/// Asks the authority; its refusal, or nothing when it was done.
pub(crate) fn ask(
    app: &App,
    desk: &Desk,
    ask: OnlineAsk,
    person: &PersonId,
) -> Result<Option<Refusal>, AppError> {
    let Some(Task::Gate(task)) = &desk.task else {
        return Ok(Some(says::nothing_asked()));
    };
    let pass = task.pass().clone();
    let ask = match ask {
        OnlineAsk::Load(waybill) => Ask::Load { pass, waybill },
        OnlineAsk::Unload(waybill) => Ask::Unload { pass, waybill },
        OnlineAsk::Depart => Ask::Depart { pass },
    };
    match sync::act(app, app.fresh_id(), person, ask) {
        Err(AppError::Refused(refusal)) => Ok(Some(refusal)),
        other => other,
    }
}

/// A parcel may have been taken off the pass, or loaded elsewhere.
pub(crate) fn refresh(app: &App, task: &mut Gate) -> Result<(), AppError> {
    if let Some(found) = app.store()?.read(|view| view.pass(task.pass()))? {
        task.refresh(found);
    }
    Ok(())
}
