//! The floor: scans and keys go to the open room's task, one at a time, in order.
//!
//! For each input: look up what it names, let the task answer *inside* one transaction, record its
//! facts and its new state there, and only when that is durable tell anyone. So a beep means
//! "kept", and after a crash the task stands exactly where its last beep left it. What an answer
//! asks for afterwards (a label, the authority's word) happens outside the transaction.
//!
//! What means the same in every room is answered here once: badges and room codes
//! ([`entrance`]), the next job, the call for a supervisor.

pub(crate) mod card;
pub(crate) mod entrance;
pub(crate) mod weight;

use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::people::Session;
use crate::rooms::{FloorRoom, Task};
use crate::{
    App, AppEvent, gate, intake, labels, meaning, refuse, release, rooms, stock, weighing,
};
use bondhouse_domain::facts::{CaseRaised, Fact, ScanEvidence};
use bondhouse_domain::ids::{CaseId, PersonId, RequestId, Seq};
use bondhouse_domain::leases::Holder;
use bondhouse_domain::message::{Message, Refusal};
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::scanner::{Meaning, Scan};
use bondhouse_domain::task::view::{LogLine, RoomView, Said, parts};
use bondhouse_domain::task::{
    Answer, Command, Heard, Input, Means, Moment, Outcome, Prompt, Then, Turn,
};
use bondhouse_domain::time::Zone;
use bondhouse_store::{HeardScan, Request, StoreError, Tx};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Where a job came from that nobody scanned: the command that begins the first of the list.
const NEXT: &str = "next";
/// What every input is remembered as, whether a task or an empty room answered it: who repeats one
/// after a restart may find the room otherwise than it was.
const INPUT: &str = "task.input";
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

impl Answered {
    /// An answer that changes no running task and asks for nothing.
    fn plain(outcome: Outcome, message: Message) -> Self {
        Self {
            outcome,
            message,
            task: None,
            then: None,
        }
    }
}

pub(crate) fn open(app: &App, asker: &Asker, req: OpenRoom) -> Result<RoomView, AppError> {
    let person = person_of(asker)?;
    let mut floor = app.floor();
    let desk = enter(app, &mut floor, req.room, &person)?;
    view(app, req.room, desk)
}

/// Goes into a room: its desk as this person left it, and what the feed brought since.
fn enter<'f>(
    app: &App,
    floor: &'f mut Floor,
    room: FloorRoom,
    person: &PersonId,
) -> Result<&'f mut Desk, AppError> {
    floor.open = Some(room);
    let desk = floor.desks.entry(room).or_default();
    if desk.task.is_none() {
        // A task of an older version that cannot be read is begun anew; its facts are all kept.
        desk.task = app
            .store()?
            .read(|view| view.task(room.noun(), person))
            .unwrap_or_default();
    }
    refresh(app, desk)?;
    weighing::wake(app, desk);
    Ok(desk)
}

pub(crate) fn input(app: &App, asker: &Asker, req: TaskInput) -> Result<RoomView, AppError> {
    let Some(session) = &asker.session else {
        return refuse(bondhouse_domain::people::says::sign_in_first());
    };
    let meaning = match &req.input {
        Input::Scan { raw, .. } => Scan::new(raw.as_str()).mean(),
        // Never asked for: a key means itself.
        Input::Command { command, .. } => Meaning::Command(*command),
    };
    answer(app, req.room, &req.input, meaning, asker.id, session)
}

/// The room that scans go to, if one is open.
pub(crate) fn open_room(app: &App) -> Option<FloorRoom> {
    app.floor().open
}

/// A room as it stands, without opening it.
pub(crate) fn drawn(app: &App, room: FloorRoom) -> Result<RoomView, AppError> {
    let mut floor = app.floor();
    view(app, room, floor.desks.entry(room).or_default())
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
/// look up at a desk. The window is told what was read. A room's own code opens the room.
pub(crate) fn scanned(app: &App, raw: String, from: String, meaning: Meaning, id: RequestId) {
    let session = app.session().clone();
    let open = app.floor().open;
    let room = match &meaning {
        Meaning::Room(noun) => open.or_else(|| FloorRoom::named(noun)),
        _ => open,
    };
    let (Some(session), Some(room)) = (&session, room) else {
        return entrance::outside(app, raw, &from, &meaning, session.as_ref());
    };
    let input = Input::Scan { raw, from };
    match answer(app, room, &input, meaning, id, session) {
        Ok(view) => app.tell(AppEvent::Answered(Box::new(view))),
        // Another's badge: the room is left, and whoever shows it was told.
        Err(_) if app.session().is_none() => {}
        Err(error) => {
            let said = match error {
                AppError::Refused(Refusal(said)) => said,
                AppError::Failed { said, detail } => {
                    tracing::error!(room = room.noun(), code = %said, detail, "a scan could not be kept");
                    said
                }
            };
            let mut floor = app.floor();
            let desk = floor.desks.entry(room).or_default();
            note(app, desk, &input, Outcome::Wrong, said.clone());
            if let Ok(view) = view(app, room, desk) {
                app.tell(AppEvent::Answered(Box::new(view)));
            }
        }
    }
}

/// A badge and a room's code mean the same in every room; all else is for the room's task.
fn answer(
    app: &App,
    room: FloorRoom,
    input: &Input,
    meaning: Meaning,
    id: RequestId,
    session: &Session,
) -> Result<RoomView, AppError> {
    match meaning {
        Meaning::Badge(_) => return entrance::badge(app, room, input, session),
        Meaning::Room(noun) => return entrance::change_room(app, room, input, &noun, session),
        Meaning::Command(Command::Lock) => return entrance::lock(app, session),
        _ => {}
    }
    let person = &session.person;
    let mut floor = app.floor();
    let desk = floor.desks.entry(room).or_default();
    let heard = meaning::hear(app, input, meaning, desk.task.as_ref())?;
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
                    // Where it stood, or where it was brought before something failed that follows.
                    desk.task = stored(app, room, person).unwrap_or_default().or(Some(kept));
                    return Err(error);
                }
            }
        }
        None => in_empty_room(app, room, desk, input, &heard, id, person)?,
    };
    note(app, desk, input, outcome, message);
    weighing::wake(app, desk);
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
    let (now, lease_time) = (app.estimate().now, app.lease_time());
    let heard = heard.clone();
    let scan = evidence_of(input);
    let request = app.request(INPUT, id, person);
    let answered = turn(app, room, request, move |tx| {
        let mut task = task;
        let moment = Moment {
            now,
            next_seq: tx.next_seq(),
            repeat_window: tx.repeat_window()?,
        };
        let holder = tx.holder(lease_time)?;
        let mut turn = task.take(tx, &heard, &moment, &holder)?;
        if calls_supervisor(&heard) && turn.outcome == Outcome::Accepted {
            turn.facts
                .push(call(room, Some(&task), &holder, moment.next_seq));
        }
        if let Some(scan) = scan.filter(|scan| is_step(&turn, scan)) {
            tx.log_scan(room.noun(), scan, turn.outcome, &turn.message)?;
        }
        Ok((task, turn))
    })?;
    log_refused(app, room, input, &answered, person)?;
    Ok(answered)
}

/// A task's turn, in one transaction: what it says happened and its new state land together.
fn turn(
    app: &App,
    room: FloorRoom,
    request: Request,
    take: impl FnOnce(&mut Tx<'_>) -> Result<(Task, Turn), StoreError> + Send + 'static,
) -> Result<Answered, AppError> {
    let person = request.actor.clone();
    let actor = person.clone();
    let done = app.store()?.write(request, move |tx| {
        let (task, turn) = take(tx)?;
        keep(tx, room, &actor, &task, &turn)?;
        Ok(Answered {
            outcome: turn.outcome,
            message: turn.message,
            task: Some(task),
            then: turn.then,
        })
    })?;
    app.touched(done.touched);
    let mut answered = done.value;
    if done.repeated {
        // As it stands by now: what is in memory may be from before the first time.
        answered.task = stored(app, room, &person)?;
    }
    Ok(answered)
}

/// A person's task as its last answer left it.
fn stored(app: &App, room: FloorRoom, person: &PersonId) -> Result<Option<Task>, AppError> {
    Ok(app.store()?.read(|view| view.task(room.noun(), person))?)
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

/// Whether an accepted scan is kept in no fact: it only took a step, or answered what was asked about
/// an earlier scan, and it is that one the fact holds.
fn is_step(turn: &Turn, scan: &ScanEvidence) -> bool {
    matches!(turn.outcome, Outcome::Accepted | Outcome::Complete)
        && turn.facts.iter().all(|fact| fact.scan() != Some(scan))
}

/// What a scan leaves behind; a key leaves nothing.
fn evidence_of(input: &Input) -> Option<ScanEvidence> {
    match input {
        Input::Scan { raw, from } => Some(meaning::evidence(raw, from)),
        Input::Command { .. } => None,
    }
}

/// A scan that became no fact is evidence too: raw code, reader and what was said.
fn log_scan(
    app: &App,
    room: FloorRoom,
    input: &Input,
    outcome: Outcome,
    said: &Message,
    person: &PersonId,
) -> Result<(), AppError> {
    if let Some(scan) = evidence_of(input) {
        app.store()?.log_scan(HeardScan {
            at: app.estimate().now,
            wall: crate::clock::read_machine().wall,
            actor: person.clone(),
            room: room.noun().to_owned(),
            scan,
            outcome: Some(outcome),
            said: said.clone(),
        })?;
    }
    Ok(())
}

/// [`log_scan`] of an input that was not accepted: what was, stands in a fact or beside it.
fn log_refused(
    app: &App,
    room: FloorRoom,
    input: &Input,
    answered: &Answered,
    person: &PersonId,
) -> Result<(), AppError> {
    let Answered {
        outcome, message, ..
    } = answered;
    match outcome {
        Outcome::Accepted | Outcome::Complete => Ok(()),
        Outcome::Duplicate | Outcome::Wrong | Outcome::CustomsStop => {
            log_scan(app, room, input, *outcome, message, person)
        }
    }
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
            Err(AppError::Refused(Refusal(said))) => Ok((Outcome::Wrong, said)),
            Err(AppError::Failed { said, detail }) => {
                tracing::error!(room = room.noun(), code = %said, detail, "a label could not be made");
                Ok((Outcome::Wrong, said))
            }
        },
        Some(Then::Ask(ask)) => {
            let refusal = gate::ask(app, desk, ask, person)?;
            let Some(Task::Gate(mut task)) = desk.task.clone() else {
                return Ok((outcome, message));
            };
            let request = app.request("gate.answered", app.fresh_id(), person);
            let answered = turn(app, room, request, move |_| {
                let turn = task.answered(refusal);
                Ok((Task::Gate(task), turn))
            })?;
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
    // A call whose answer was lost with the program: the job it was about may have ended since.
    let earlier = app
        .store()?
        .read(|view| view.answered::<Answered>(id, INPUT))?;
    if let Some(earlier) = earlier {
        desk.task = stored(app, room, person)?;
        return Ok((earlier.outcome, earlier.message));
    }
    if desk.locked.is_some() && !calls_supervisor(heard) {
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
    match heard {
        Heard::Command(Command::Supervisor) => {
            let said = bondhouse_domain::task::says::supervisor_called();
            let lease_time = app.lease_time();
            let answered = Answered::plain(Outcome::Accepted, said.clone());
            let done = app
                .store()?
                .write(app.request(INPUT, id, person), move |tx| {
                    let called = call(room, None, &tx.holder(lease_time)?, tx.next_seq());
                    tx.record(&called)?;
                    Ok(answered)
                })?;
            app.touched(done.touched);
            log_scan(app, room, input, Outcome::Accepted, &said, person)?;
            return Ok((Outcome::Accepted, said));
        }
        Heard::Command(Command::Next) => {
            let Some(first) = rooms::idle(app, room)?.choices.into_iter().next() else {
                let said = bondhouse_domain::task::says::nothing_next().0;
                log_scan(app, room, input, Outcome::Duplicate, &said, person)?;
                return Ok((Outcome::Duplicate, said));
            };
            let meaning = Scan::new(first.code.as_str()).mean();
            let chosen = Input::Scan {
                raw: first.code,
                from: NEXT.into(),
            };
            let heard = meaning::hear(app, &chosen, meaning, None)?;
            let (outcome, said) = in_empty_room(app, room, desk, &chosen, &heard, id, person)?;
            log_scan(app, room, input, outcome, &said, person)?;
            return Ok((outcome, said));
        }
        _ => {}
    }
    let readable = match heard {
        Heard::Scan(reading) => readable(&reading.means),
        Heard::Command(_) | Heard::Number(_) | Heard::Digit(_) => Ok(()),
    };
    let chosen = readable
        .map_err(AppError::Refused)
        .and_then(|()| match room {
            FloorRoom::Intake => intake::choose(app, input, heard, id, person),
            FloorRoom::Stock => stock::choose(app, heard, id, person),
            FloorRoom::Release => release::choose(app, input, heard, id, person),
            FloorRoom::Gate => gate::choose(app, desk, input, heard, id, person),
        });
    match chosen {
        Ok(Chosen {
            task,
            outcome,
            message,
        }) => {
            // The fact that begins a release holds the scan that chose it.
            if !matches!(task, Some(Task::Release(_))) {
                log_scan(app, room, input, outcome, &message, person)?;
            }
            desk.task = task;
            Ok((outcome, message))
        }
        Err(AppError::Refused(Refusal(said))) => {
            log_scan(app, room, input, Outcome::Wrong, &said, person)?;
            if matches!(input, Input::Scan { .. }) {
                desk.locked = Some(said.clone());
            }
            Ok((Outcome::Wrong, said))
        }
        Err(failed) => Err(failed),
    }
}

/// What was not read, or damaged, says so itself in every room.
fn readable(means: &Means) -> Result<(), Refusal> {
    match means {
        Means::NoRead => Err(bondhouse_domain::task::says::no_read()),
        Means::Damaged(refusal) => Err(refusal.clone()),
        _ => Ok(()),
    }
}

fn calls_supervisor(heard: &Heard) -> bool {
    matches!(heard, Heard::Command(Command::Supervisor))
}

/// A call for the supervisor: a case in their inbox, named after the event that raises it.
fn call(room: FloorRoom, task: Option<&Task>, holder: &Holder, seq: Seq) -> Fact {
    let job = task.and_then(Task::job);
    let about = job.and_then(|job| job.refs.into_iter().next());
    Fact::CaseRaised(CaseRaised {
        case: CaseId::new(format!(
            "{}/{}/{}",
            holder.device, holder.incarnation.0, seq.0
        )),
        code: CaseCode::SupervisorCalled,
        room: room.noun().to_owned(),
        about: about.map_or_else(|| holder.device.to_string(), |named| named.value),
    })
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
    let kept = task.clone();
    let done = app
        .store()?
        .write(app.request(INPUT, id, person), move |tx| {
            keep(tx, room, &person_id, &kept, &turn)?;
            Ok(Answered::plain(turn.outcome, turn.message))
        })?;
    app.touched(done.touched);
    Ok(Chosen {
        task: Some(task),
        outcome: done.value.outcome,
        message: done.value.message,
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
        Input::Command { .. } => (None, "key".to_owned()),
    };
    desk.log.push_front(LogLine {
        at,
        outcome,
        message: message.clone(),
        raw: raw.clone(),
        input: from,
    });
    desk.log.truncate(LOG_LINES);
    let today = Zone::SHANGHAI.date_at(at);
    let parts = raw
        .as_deref()
        .map_or_else(Vec::new, |raw| parts(raw, today));
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
        parts,
    });
}

fn view(app: &App, room: FloorRoom, desk: &Desk) -> Result<RoomView, AppError> {
    let (prompt, choices) = match &desk.task {
        Some(task) => (task.prompt(), task.choices()),
        None => {
            let mut idle = rooms::idle(app, room)?;
            idle.prompt.locked_by.clone_from(&desk.locked);
            // Only what does something here; the room itself lists what is its own.
            if desk.locked.is_some() {
                idle.prompt.accepts = vec![Command::Supervisor, Command::Ok];
            } else {
                idle.prompt.accepts.push(Command::Supervisor);
                if !idle.choices.is_empty() {
                    idle.prompt.accepts.push(Command::Next);
                }
            }
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
        let now = self.lease_time();
        Ok(self.store()?.read(|view| view.holder(now))?)
    }

    /// The moment by which a lease is judged: a clock that cannot be trusted proves none, as if it
    /// were the end of time.
    pub(crate) fn lease_time(&self) -> bondhouse_domain::time::Instant {
        let estimate = self.estimate();
        if estimate.suspect {
            bondhouse_domain::time::Instant::from_millis(i64::MAX)
        } else {
            estimate.now
        }
    }
}
