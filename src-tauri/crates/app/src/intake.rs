//! Intake at this workstation: which notices wait, and beginning to count one.

use crate::error::AppError;
use crate::floor::{Chosen, begin};
use crate::rooms::{FloorRoom, Idle, Task};
use crate::{App, refuse};
use bondhouse_domain::ids::{ItemId, NoticeNo, PersonId, RequestId};
use bondhouse_domain::intake::{Intake, says};
use bondhouse_domain::task::view::Choice;
use bondhouse_domain::task::{Heard, Input, Means, Outcome, Prompt, Turn};
use std::collections::BTreeMap;

pub(crate) fn idle(app: &App) -> Result<Idle, AppError> {
    let open = app.store()?.read(|view| {
        let notices = view.open_notices()?;
        let names = view.merchant_names()?;
        Ok(notices
            .into_iter()
            .map(|n| Choice {
                code: n.notice.notice.to_string(),
                title: names
                    .get(&n.notice.owner)
                    .cloned()
                    .unwrap_or_else(|| n.notice.owner.to_string()),
                detail: format!("{} · {}", n.notice.bonded_note, n.notice.vehicle),
            })
            .collect::<Vec<_>>())
    })?;
    let prompt = Prompt {
        say: says::choose_notice(),
        detail: open.is_empty().then(says::nothing_to_receive),
        tally: None,
        accepts: Vec::new(),
        locked_by: None,
    };
    Ok(Idle {
        prompt,
        choices: open,
    })
}

pub(crate) fn choose(
    app: &App,
    input: &Input,
    heard: &Heard,
    id: RequestId,
    person: &PersonId,
) -> Result<Chosen, AppError> {
    match heard {
        Heard::Scan(reading) => match &reading.means {
            Means::Notice(notice) => open(app, notice, id, person),
            _ => refuse(says::unknown_notice(raw_of(input))),
        },
        Heard::Command(command) => refuse(bondhouse_domain::task::says::not_now(command.name())),
        Heard::Number(_) | Heard::Digit(_) => {
            refuse(bondhouse_domain::task::says::not_now("quantity"))
        }
    }
}

fn open(
    app: &App,
    notice: &NoticeNo,
    id: RequestId,
    person: &PersonId,
) -> Result<Chosen, AppError> {
    let found = app.store()?.read(|view| {
        let Some(found) = view.notice(notice)? else {
            return Ok(None);
        };
        let owner_name = view.merchant(&found.notice.owner)?.map(|m| m.name);
        let items: BTreeMap<ItemId, _> = view
            .items_of(&found.notice.owner)?
            .into_iter()
            .map(|item| (item.item.clone(), item))
            .collect();
        Ok(Some((found, owner_name, items)))
    })?;
    let Some((found, owner_name, items)) = found.filter(|(n, _, _)| n.closed_at.is_none()) else {
        return refuse(says::unknown_notice(notice));
    };
    let owner_name = owner_name.unwrap_or_else(|| found.notice.owner.to_string());
    let task = Intake::open(found.notice, owner_name, &items, &found.counted);
    let turn = Turn::says(Outcome::Accepted, task.prompt().say);
    begin(app, FloorRoom::Intake, Task::Intake(task), turn, id, person)
}

/// What was scanned, as it arrived.
pub(crate) fn raw_of(input: &Input) -> String {
    match input {
        Input::Scan { raw, .. } => raw.clone(),
        Input::Command { command, .. } => command.name().to_owned(),
    }
}
