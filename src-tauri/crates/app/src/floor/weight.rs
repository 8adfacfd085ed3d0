//! A weight at the packing bench: answered by the release there as a scan is, and told to the window.
//!
//! When to look at the scale is `weighing`'s; what a weight means is the release's.

use super::{Answered, Desk, follow, log_refused, note, turn, view};
use crate::error::AppError;
use crate::rooms::{FloorRoom, Task};
use crate::{App, AppEvent, release};
use bondhouse_domain::ids::PersonId;
use bondhouse_domain::message::{Message, Refusal};
use bondhouse_domain::quantity::Weight;
use bondhouse_domain::task::{Input, Outcome};

/// Whether somebody stands at the packing bench with a parcel to be weighed.
pub(crate) fn awaited(app: &App) -> bool {
    let signed_in = app.session().is_some();
    let floor = app.floor();
    let task = floor
        .desks
        .get(&FloorRoom::Release)
        .and_then(|desk| desk.task.as_ref());
    signed_in
        && floor.open == Some(FloorRoom::Release)
        && matches!(task, Some(Task::Release(task)) if task.awaits_weight())
}

/// What the scale said: goes to the release at the bench like a scan, and the window is told.
pub(crate) fn weighed(app: &App, scale: &str, read: Result<Weight, Refusal>) {
    let Some(person) = app.session().as_ref().map(|session| session.person.clone()) else {
        return;
    };
    let room = FloorRoom::Release;
    let mut floor = app.floor();
    let desk = floor.desks.entry(room).or_default();
    // In the log a weight stands where a scan's code does.
    let input = Input::Scan {
        raw: read
            .as_ref()
            .map_or_else(|_| String::new(), |weight| format!("{weight} kg")),
        from: format!("scale:{scale}"),
    };
    let (outcome, message) = match take_weight(app, desk, &input, read, &person) {
        Ok(Some(said)) => said,
        Ok(None) => return,
        Err(AppError::Refused(Refusal(said)) | AppError::Failed { said, .. }) => {
            (Outcome::Wrong, said)
        }
    };
    note(app, desk, &input, outcome, message);
    if let Ok(view) = view(app, room, desk) {
        app.tell(AppEvent::Answered(Box::new(view)));
    }
}

/// The release's answer to a weight; none when the release is gone.
fn take_weight(
    app: &App,
    desk: &mut Desk,
    input: &Input,
    read: Result<Weight, Refusal>,
    person: &PersonId,
) -> Result<Option<(Outcome, Message)>, AppError> {
    let room = FloorRoom::Release;
    let Some(Task::Release(mut task)) = desk.task.clone() else {
        return Ok(None);
    };
    let lease_time = app.lease_time();
    let request = app.request("release.weighed", app.fresh_id(), person);
    let answered = turn(app, room, request, move |tx| {
        let holder = tx.holder(lease_time)?;
        let turn = release::weighed(&mut task, tx, read, &holder)?;
        Ok((Task::Release(task), turn))
    })?;
    log_refused(app, room, input, &answered, person)?;
    let Answered {
        outcome,
        message,
        task,
        then,
    } = answered;
    desk.task = task;
    follow(app, room, desk, then, outcome, message, person).map(Some)
}
