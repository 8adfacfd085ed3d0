//! What can still be read of a damaged database: who it was, its people, and its own journal.
//!
//! The journal is read event by event and its chain followed, so that what comes out is what was
//! written. Whether all of it came out is said, because only a whole journal may go on as the same one.
//! Nothing is written; everything else is made anew from journal and authority.

use crate::Fixed;
use crate::error::StoreError;
use crate::people::Person;
use crate::sealed::FieldKeys;
use crate::station::{self, Station};
use crate::view::View;
use bondhouse_domain::ids::Seq;
use bondhouse_domain::journal::{Event, Head, Series};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// What was found.
#[derive(Debug)]
pub struct Salvaged {
    /// The workstation as it was enrolled.
    pub station: Station,
    /// The key of its release tokens.
    pub token_key: Vec<u8>,
    /// Who may sign in, as far as it can be read.
    pub people: Vec<Person>,
    /// Its journal from the first event on, unbroken.
    pub events: Vec<Event>,
    /// The journal was read to its end.
    pub whole: bool,
}

/// Whose database this is; needs no key.
///
/// # Errors
/// [`StoreError`] when it cannot be told.
pub fn whose(path: &Path) -> Result<Series, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(station::who(&conn)?.0)
}

/// Reads what can be read.
///
/// # Errors
/// [`StoreError`] when not even whose database it was can be told: then the workstation is enrolled anew.
pub fn salvage(path: &Path, keys: FieldKeys) -> Result<Salvaged, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (series, zone) = station::who(&conn)?;
    let fixed = Fixed { series, zone, keys };
    let view = View {
        conn: &conn,
        fixed: &fixed,
    };
    let (station, token_key) = (view.station()?, view.token_key()?);
    let mut events: Vec<Event> = Vec::new();
    let mut head = Head::EMPTY;
    let whole = loop {
        let next = Seq(head.seq.0.saturating_add(1));
        match view.event(next) {
            Ok(Some(event)) => match head.follow(&fixed.series, &event) {
                Ok(followed) => {
                    head = followed;
                    events.push(event);
                }
                Err(_) => break false,
            },
            // A damaged index may hide rows: the last one must be the last by any way.
            Ok(None) => break view.head().is_ok_and(|last| last == head),
            Err(_) => break false,
        }
    };
    Ok(Salvaged {
        people: view.people().unwrap_or_default(),
        station,
        token_key,
        events,
        whole,
    })
}
