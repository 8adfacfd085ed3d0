//! The floor: scans and keys go to the open room's task, one at a time, in order.
//!
//! For each input: look up what it names, let the task answer *inside* one transaction, record its
//! facts and its new state there, and only when that is durable tell anyone. So a beep means
//! "kept", and after a crash the task stands exactly where its last beep left it. What an answer
//! asks for afterwards (a label, the authority's word) happens outside the transaction.

use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::rooms::{FloorRoom, Task};
use crate::{App, AppEvent, gate, intake, labels, refuse, release, rooms, scanner, stock};
use bondhouse_domain::ids::{PersonId, RequestId};
use bondhouse_domain::leases::Holder;
use bondhouse_domain::message::{Message, Refusal};
use bondhouse_domain::scanner::Meaning;
use bondhouse_domain::task::view::{LogLine, RoomView, Said};
use bondhouse_domain::task::{Answer, Command, Heard, Input, Moment, Outcome, Prompt, Then, Turn};
use bondhouse_domain::time::Span;
use bondhouse_store::{RefusedScan, StoreError, Tx};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Two equal scans within this are one: a trigger held too long, not a second piece.
const REPEAT_WINDOW: Span = Span::millis(350);
/// Lines of the log a room shows.
const LOG_LINES: usize = 40;

/// What happens on the floor of this workstation.
#[derive(Default)]
pub(crate) struct Floor {
    open: Option<FloorRoom>,
    desks: BTreeMap<FloorRoom, Desk>,
}

/// A room's desk: its task and what was said last.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) task: Option<Task>,
    /// An answer of an empty room that must be acknowledged.
    pub(crate) locked: Option<Message>,
    /// The room waits for typed text, such as a vehicle's number.
    pub(crate) typing: bool,
    last: Option<Said>,
    log: VecDeque<LogLine>,
}

/// `room.open`
#[derive(Debug, Clone, Copy, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenRoom {
    /// Which.
    pub room: FloorRoom,
}

/// `task.input`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskInput {
    /// The room whose task it is for.
    pub room: FloorRoom,
    /// The key, number or scan.
    pub input: Input,
}

/// What one input led to, as the store remembers it for a repetition.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answered {
    outcome: Outcome,
    message: Message,
    #[serde(skip)]
    task: Option<Task>,
    #[serde(skip)]
    then: Option<Then>,
}

pub(crate) fn open(app: &App, asker: &Asker, req: OpenRoom) -> Result<RoomView, AppError> {
    let person = person_of(asker)?;
    let mut floor = app.floor();
    floor.open = Some(req.room);
    let desk = floor.desks.entry(req.room).or_default();
    if desk.task.is_none() {
        // A task of an older version that cannot be read is begun anew; its facts are all kept.
        desk.task = app
            .store()?
            .read(|view| view.task(req.room.noun(), &person))
            .unwrap_or_default();
    }
    refresh(app, desk)?;
    view(app, req.room, desk)
}

pub(crate) fn input(app: &App, asker: &Asker, req: TaskInput) -> Result<RoomView, AppError> {
    let person = person_of(asker)?;
    let mut floor = app.floor();
    answer(
        app, &mut floor, req.room, &req.input, None, asker.id, &person,
    )
}

/// Leaves a room: from now on a scan counts nothing until one is opened.
pub(crate) fn leave(app: &App, _: &Asker, req: OpenRoom) -> Result<Nothing, AppError> {
    let mut floor = app.floor();
    // Another one may have been opened before this was heard.
    if floor.open == Some(req.room) {
        floor.open = None;
    }
    Ok(Nothing {})
}

/// A frame from a serial scanner: goes to the open room, and the window is told the answer.
///
/// Without an open room it is nobody's task, and counts nothing: a badge at sign-in, or a code to
/// look up at a desk. The window is told what was read.
pub(crate) fn scanned(app: &App, raw: String, from: String, meaning: Meaning, id: RequestId) {
    let session = app.session().clone();
    let mut floor = app.floor();
    let (Some(session), Some(room)) = (session, floor.open) else {
        drop(floor);
        return app.tell(AppEvent::Unclaimed(raw));
    };
    let input = Input::Scan { raw, from };
    match answer(
        app,
        &mut floor,
        room,
        &input,
        Some(meaning),
        id,
        &session.person,
    ) {
        Ok(view) => app.tell(AppEvent::Answered(Box::new(view))),
        Err(error) => {
            let said = match error {
                AppError::Refused(Refusal(said)) => said,
                AppError::Failed { said, detail } => {
                    tracing::error!(room = room.noun(), code = %said, detail, "a scan could not be kept");
                    said
                }
            };
            let desk = floor.desks.entry(room).or_default();
            note(app, desk, &input, Outcome::Wrong, said.clone());
            if let Ok(view) = view(app, room, desk) {
                app.tell(AppEvent::Answered(Box::new(view)));
            }
        }
    }
}

fn answer(
    app: &App,
    floor: &mut Floor,
    room: FloorRoom,
    input: &Input,
    meaning: Option<Meaning>,
    id: RequestId,
    person: &PersonId,
) -> Result<RoomView, AppError> {
    let desk = floor.desks.entry(room).or_default();
    let heard = scanner::hear(app, input, meaning, desk.task.as_ref())?;
    let (outcome, message) = match desk.task.take() {
        Some(task) => {
            let kept = task.clone();
            match in_task(app, room, task, input, &heard, id, person) {
                Ok(answered) => {
                    desk.task = answered.task.or(Some(kept));
                    follow(
                        app,
                        room,
                        desk,
                        answered.then,
                        answered.outcome,
                        answered.message,
                        person,
                    )?
                }
                Err(error) => {
                    // Nothing was kept: the task stands where it stood.
                    desk.task = Some(kept);
                    return Err(error);
                }
            }
        }
        None => in_empty_room(app, room, desk, input, &heard, id, person)?,
    };
    note(app, desk, input, outcome, message);
    view(app, room, desk)
}

/// One input to a running task, in one transaction.
fn in_task(
    app: &App,
    room: FloorRoom,
    task: Task,
    input: &Input,
    heard: &Heard,
    id: RequestId,
    person: &PersonId,
) -> Result<Answered, AppError> {
    let holder = app.holder()?;
    let (heard, person_id) = (heard.clone(), person.clone());
    let now = app.estimate().now;
    let done = app
        .store()?
        .write(app.request("task.input", id, person), move |tx| {
            let mut task = task;
            let moment = Moment {
                now,
                next_seq: tx.next_seq(),
                repeat_window: REPEAT_WINDOW,
            };
            let turn = task.take(tx, &heard, &moment, &holder)?;
            keep(tx, room, &person_id, &task, &turn)?;
            Ok(Answered {
                outcome: turn.outcome,
                message: turn.message,
                task: Some(task),
                then: turn.then,
            })
        })?;
    app.touched(done.touched);
    let answered = done.value;
    if !matches!(answered.outcome, Outcome::Accepted | Outcome::Complete) {
        log_refused(app, room, input, &answered.message, person)?;
    }
    Ok(answered)
}

/// Records what a turn says happened, beside the task's new state.
fn keep(
    tx: &mut Tx<'_>,
    room: FloorRoom,
    person: &PersonId,
    task: &Task,
    turn: &Turn,
) -> Result<(), StoreError> {
    for fact in &turn.facts {
        tx.record(fact)?;
    }
    if turn.then == Some(Then::Close) {
        return tx.close_task(room.noun(), person);
    }
    tx.put_task(room.noun(), task)
}

/// A scan that counted for nothing is evidence too: raw code, reader and what was said.
fn log_refused(
    app: &App,
    room: FloorRoom,
    input: &Input,
    said: &Message,
    person: &PersonId,
) -> Result<(), AppError> {
    let Input::Scan { raw, from } = input else {
        return Ok(());
    };
    app.store()?.log_refused_scan(RefusedScan {
        at: app.estimate().now,
        wall: crate::clock::Machine::now().wall,
        actor: person.clone(),
        room: room.noun().to_owned(),
        scan: scanner::evidence(raw, from),
        refusal: said.clone(),
    })?;
    Ok(())
}

/// What an answer asks for once it is durable.
fn follow(
    app: &App,
    room: FloorRoom,
    desk: &mut Desk,
    then: Option<Then>,
    outcome: Outcome,
    message: Message,
    person: &PersonId,
) -> Result<(Outcome, Message), AppError> {
    match then {
        None => Ok((outcome, message)),
        Some(Then::Close) => {
            desk.task = None;
            Ok((outcome, message))
        }
        Some(Then::Print { order, copy }) => match labels::print(app, &order, copy) {
            Ok(()) => Ok((outcome, message)),
            // The parcel is released whatever the printer does; the label can be had again.
            Err(AppError::Refused(Refusal(said)) | AppError::Failed { said, .. }) => {
                Ok((Outcome::Wrong, said))
            }
        },
        Some(Then::Ask(ask)) => {
            let refusal = gate::ask(app, desk, ask, person)?;
            let Some(Task::Gate(mut task)) = desk.task.clone() else {
                return Ok((outcome, message));
            };
            let id = app.fresh_id();
            let person_id = person.clone();
            let done = app
                .store()?
                .write(app.request("gate.answered", id, person), move |tx| {
                    let turn = task.answered(refusal);
                    let task = Task::Gate(task);
                    keep(tx, room, &person_id, &task, &turn)?;
                    Ok(Answered {
                        outcome: turn.outcome,
                        message: turn.message,
                        task: Some(task),
                        then: turn.then,
                    })
                })?;
            app.touched(done.touched);
            let answered = done.value;
            desk.task = answered.task;
            if answered.then == Some(Then::Close) {
                desk.task = None;
            }
            Ok((answered.outcome, answered.message))
        }
    }
}

/// An input to a room without a job: it chooses one.
fn in_empty_room(
    app: &App,
    room: FloorRoom,
    desk: &mut Desk,
    input: &Input,
    heard: &Heard,
    id: RequestId,
    person: &PersonId,
) -> Result<(Outcome, Message), AppError> {
    if desk.locked.is_some() {
        if matches!(heard, Heard::Command(Command::Ok)) {
            desk.locked = None;
            return Ok((
                Outcome::Accepted,
                bondhouse_domain::task::says::acknowledged(),
            ));
        }
        return Ok((
            Outcome::Wrong,
            bondhouse_domain::task::says::acknowledge_first().0,
        ));
    }
    let chosen = match room {
        FloorRoom::Intake => intake::choose(app, input, heard, id, person),
        FloorRoom::Stock => stock::choose(app, heard, id, person),
        FloorRoom::Release => release::choose(app, input, heard, id, person),
        FloorRoom::Gate => gate::choose(app, desk, input, heard, id, person),
    };
    match chosen {
        Ok(Chosen {
            task,
            outcome,
            message,
        }) => {
            desk.task = task;
            Ok((outcome, message))
        }
        Err(AppError::Refused(Refusal(said))) => {
            log_refused(app, room, input, &said, person)?;
            if matches!(input, Input::Scan { .. }) {
                desk.locked = Some(said.clone());
            }
            Ok((Outcome::Wrong, said))
        }
        Err(failed) => Err(failed),
    }
}

/// A job chosen in an empty room.
pub(crate) struct Chosen {
    pub(crate) task: Option<Task>,
    pub(crate) outcome: Outcome,
    pub(crate) message: Message,
}

/// Begins a task durably: with its first fact, if it has one.
pub(crate) fn begin(
    app: &App,
    room: FloorRoom,
    task: Task,
    turn: Turn,
    id: RequestId,
    person: &PersonId,
) -> Result<Chosen, AppError> {
    let person_id = person.clone();
    let outcome = turn.outcome;
    let message = turn.message.clone();
    let kept = task.clone();
    let done = app
        .store()?
        .write(app.request("task.begin", id, person), move |tx| {
            keep(tx, room, &person_id, &kept, &turn)
        })?;
    app.touched(done.touched);
    Ok(Chosen {
        task: Some(task),
        outcome,
        message,
    })
}

/// Lets a task see what the feed brought since.
fn refresh(app: &App, desk: &mut Desk) -> Result<(), AppError> {
    match &mut desk.task {
        Some(Task::Stock(task)) => stock::refresh(app, task),
        Some(Task::Gate(task)) => gate::refresh(app, task),
        Some(Task::Intake(_) | Task::Release(_)) | None => Ok(()),
    }
}

fn note(app: &App, desk: &mut Desk, input: &Input, outcome: Outcome, message: Message) {
    let at = app.estimate().now;
    let (raw, from) = match input {
        Input::Scan { raw, from } => (Some(raw.clone()), from.clone()),
        Input::Command(_) | Input::Number { .. } => (None, "key".to_owned()),
    };
    desk.log.push_front(LogLine {
        at,
        outcome,
        message: message.clone(),
        raw: raw.clone(),
        input: from,
    });
    desk.log.truncate(LOG_LINES);
    let prompt = desk.task.as_ref().map(Task::prompt);
    // The prompt of an empty room is composed with the view.
    let prompt = prompt.unwrap_or(Prompt {
        say: message.clone(),
        detail: None,
        tally: None,
        accepts: vec![],
        locked_by: None,
    });
    desk.last = Some(Said {
        answer: Answer {
            outcome,
            message,
            raw,
            prompt,
        },
        at,
    });
}

fn view(app: &App, room: FloorRoom, desk: &Desk) -> Result<RoomView, AppError> {
    let (prompt, choices) = match &desk.task {
        Some(task) => (task.prompt(), Vec::new()),
        None => {
            let mut idle = rooms::idle(app, room)?;
            idle.prompt.locked_by.clone_from(&desk.locked);
            if desk.typing {
                idle.prompt.say = bondhouse_domain::gate::says::type_vehicle();
            }
            (idle.prompt, idle.choices)
        }
    };
    Ok(RoomView {
        room: room.noun().to_owned(),
        prompt,
        last: desk.last.clone(),
        log: desk.log.iter().cloned().collect(),
        job: desk.task.as_ref().and_then(Task::job),
        rows: desk.task.as_ref().map(Task::rows).unwrap_or_default(),
        facts: desk.task.as_ref().map(Task::glances).unwrap_or_default(),
        choices,
    })
}

fn person_of(asker: &Asker) -> Result<PersonId, AppError> {
    match &asker.session {
        Some(session) => Ok(session.person.clone()),
        None => refuse(bondhouse_domain::people::says::sign_in_first()),
    }
}

impl App {
    /// Who would use a lease now.
    pub(crate) fn holder(&self) -> Result<Holder, AppError> {
        let series = self.store()?.series();
        let estimate = self.estimate();
        Ok(Holder {
            device: series.device.clone(),
            incarnation: series.incarnation,
            // A clock that cannot be trusted proves no lease: as if it were the end of time.
            now_est: if estimate.suspect {
                bondhouse_domain::time::Instant::from_millis(i64::MAX)
            } else {
                estimate.now
            },
        })
    }
}
