//! Badges and room codes: who stands at the bench, and where. The floor's own affair in every room.
//!
//! A badge says who, never more: its PIN is typed, as a PIN is never scanned. So another's badge
//! ends the session at once (the gun is in other hands) and the room waits for the PIN; then it
//! opens again as that person left it. A room's code changes rooms as its key does; what is open in
//! the old one stays open. A badge's bits are never logged, told or shown: they let their bearer in.

use super::{enter, log_scan, note, view};
use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::people::{self, Session};
use crate::rooms::FloorRoom;
use crate::{App, AppEvent, meaning, refuse};
use bondhouse_domain::ids::PersonId;
use bondhouse_domain::people::{Role, says};
use bondhouse_domain::scanner::{Meaning, Scan, says as scanner_says, shown};
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Input, Outcome, says as task_says};
use bondhouse_domain::time::Instant;
use bondhouse_store::HeardScan;
use serde::Serialize;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What stands in evidence for a badge.
const MASKED: &str = "BH1B…";

/// Whose badge was read, while their PIN is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub(crate) struct AtDoor {
    /// The name.
    pub name: String,
    /// When it was read: a badge read again is asked for its PIN anew.
    pub at: Instant,
    /// The room to open once the PIN was right.
    #[serde(skip)]
    #[ts(skip)]
    room: Option<FloorRoom>,
}

/// The door of this workstation. Apart from the floor, which may be busy asking the authority.
#[derive(Default)]
pub(crate) struct Door(Mutex<Option<AtDoor>>);

impl Door {
    /// Whose PIN is awaited.
    pub(crate) fn waiting(&self) -> Option<AtDoor> {
        self.held().clone()
    }

    fn held(&self) -> MutexGuard<'_, Option<AtDoor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A scan while nobody is signed in or no room is open.
pub(super) fn outside(
    app: &App,
    raw: String,
    from: &str,
    meaning: &Meaning,
    session: Option<&Session>,
) {
    if session.is_none()
        && matches!(meaning, Meaning::Badge(_))
        && let Ok(Some(person)) = people::by_badge(app, Scan::new(raw.as_str()).data())
    {
        *app.door.held() = Some(AtDoor {
            name: person.name,
            at: app.estimate().now,
            room: None,
        });
        return app.tell(AppEvent::Changed(vec!["station".into()]));
    }
    if let Err(error) = log_outside(app, &raw, from, meaning, session) {
        tracing::warn!(?error, "a scan outside any room could not be kept");
    }
    app.tell(AppEvent::Unclaimed(raw));
}

fn log_outside(
    app: &App,
    raw: &str,
    from: &str,
    meaning: &Meaning,
    session: Option<&Session>,
) -> Result<(), AppError> {
    let Ok(store) = app.store() else {
        return Ok(());
    };
    let raw = match meaning {
        Meaning::Badge(_) => MASKED,
        _ => raw,
    };
    Ok(store.log_scan(HeardScan {
        at: app.estimate().now,
        wall: crate::clock::read_machine().wall,
        actor: session.map_or_else(|| PersonId::new("station"), |s| s.person.clone()),
        room: String::new(),
        scan: meaning::evidence(raw, from),
        outcome: Some(Outcome::Wrong),
        said: task_says::no_room_open(shown(raw)).0,
    })?)
}

/// A badge in an open room.
pub(super) fn badge(
    app: &App,
    room: FloorRoom,
    input: &Input,
    session: &Session,
) -> Result<RoomView, AppError> {
    let Input::Scan { raw, from } = input else {
        return refuse(says::unknown_badge());
    };
    let (outcome, said) = match people::by_badge(app, Scan::new(raw.as_str()).data())? {
        Some(person) if person.id == session.person => {
            (Outcome::Duplicate, says::here_already(person.name))
        }
        Some(person) => {
            let leaving = Asker {
                id: app.fresh_id(),
                session: Some(session.clone()),
            };
            people::sign_out(app, &leaving, Nothing {})?;
            *app.door.held() = Some(AtDoor {
                name: person.name.clone(),
                at: app.estimate().now,
                room: Some(room),
            });
            app.tell(AppEvent::Changed(vec!["people".into(), "station".into()]));
            return refuse(says::enter_pin(person.name));
        }
        None => (Outcome::Wrong, says::unknown_badge().0),
    };
    let masked = Input::Scan {
        raw: MASKED.into(),
        from: from.clone(),
    };
    log_scan(app, room, &masked, outcome, &said, &session.person)?;
    let mut floor = app.floor();
    let desk = floor.desks.entry(room).or_default();
    note(app, desk, &masked, outcome, said);
    view(app, room, desk)
}

/// The key of changing the user: nobody is signed in from now on.
pub(super) fn lock(app: &App, session: &Session) -> Result<RoomView, AppError> {
    let leaving = Asker {
        id: app.fresh_id(),
        session: Some(session.clone()),
    };
    people::sign_out(app, &leaving, Nothing {})?;
    app.tell(AppEvent::Changed(vec!["people".into(), "station".into()]));
    refuse(says::sign_in_first())
}

/// A room's code: goes there, from wherever one is.
pub(super) fn change_room(
    app: &App,
    from: FloorRoom,
    input: &Input,
    noun: &str,
    session: &Session,
) -> Result<RoomView, AppError> {
    let Some(to) = FloorRoom::named(noun) else {
        let said = scanner_says::own_code_unknown().0;
        log_scan(app, from, input, Outcome::Wrong, &said, &session.person)?;
        let mut floor = app.floor();
        let desk = floor.desks.entry(from).or_default();
        note(app, desk, input, Outcome::Wrong, said);
        return view(app, from, desk);
    };
    if session.role < Role::Clerk {
        return refuse(says::not_allowed("room.open", Role::Clerk.name()));
    }
    let said = task_says::room_opened();
    log_scan(app, to, input, Outcome::Accepted, &said, &session.person)?;
    let opened = {
        let mut floor = app.floor();
        let desk = enter(app, &mut floor, to, &session.person)?;
        note(app, desk, input, Outcome::Accepted, said);
        view(app, to, desk)?
    };
    app.tell(AppEvent::Opened(to.noun().to_owned()));
    Ok(opened)
}

/// Someone signed in: who came by badge finds the room they came to.
pub(crate) fn entered(app: &App, session: &Session) {
    let Some(AtDoor {
        name,
        room: Some(room),
        ..
    }) = app.door.held().take()
    else {
        return;
    };
    if name != session.name || session.role < Role::Clerk {
        return;
    }
    let opened = enter(app, &mut app.floor(), room, &session.person).map(|_| ());
    match opened {
        Ok(()) => app.tell(AppEvent::Opened(room.noun().to_owned())),
        // The person is in all the same; the room is opened by hand and says then what is wrong.
        Err(error) => tracing::warn!(?error, room = room.noun(), "a room did not open"),
    }
}
