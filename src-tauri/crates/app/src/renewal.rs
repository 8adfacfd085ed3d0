//! A workstation whose database is damaged, lost, or has written on its own while it was an old copy.
//!
//! Acts on a data folder that is not in use. A damaged database whose journal can be read to its end is
//! mended: set aside, and made anew with the same journal; the rest comes from the authority at the next
//! contact. Otherwise the workstation needs a new life, by a supervisor's code: what it held is in doubt
//! at the authority, and every event the authority lacks is reported by the new life, never dropped.
//! Nothing is deleted but our own unfinished copies.

use crate::address::Address;
use crate::error::AppError;
use crate::keys::Keys;
use crate::station::{self, hex, unhex};
use crate::sync::{Identity, Link};
use crate::{clock, refuse};
use bondhouse_domain::facts::{Fact, Reported};
use bondhouse_domain::ids::{PersonId, RequestId, Seq};
use bondhouse_domain::journal::Event;
use bondhouse_domain::station::says;
use bondhouse_protocol::wire::{EnrolRequest, JournalPage};
use bondhouse_store::{Person, Request, Salvaged, Store, salvage, set_aside};
use std::path::{Path, PathBuf};

/// Events written in one transaction.
const AT_ONCE: usize = 200;

/// What became of a workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// Where its old database stands now, if there was one.
    pub set_aside: Option<PathBuf>,
    /// Events of its own that went on into the new database.
    pub kept: usize,
    /// Events that the new life reports, because the authority does not have them.
    pub reported: usize,
}

/// Makes a damaged database anew with the same journal.
///
/// # Errors
/// A refusal when the journal cannot be read to its end: then [`renew`] is needed; [`AppError::Failed`]
/// when the program is running or the disk fails.
pub fn mend(data: &Path) -> Result<Renewed, AppError> {
    let keys = Keys::open(data)?;
    let database = station::database(data);
    let Ok(salvaged) = salvage(&database, keys.fields()) else {
        return refuse(says::renew_needed());
    };
    if !salvaged.whole {
        return refuse(says::renew_needed());
    }
    let copy = unfinished(&database)?;
    let store = Store::create(
        &copy,
        keys.fields(),
        salvaged.station.clone(),
        &salvaged.token_key,
    )?;
    for page in salvaged.events.chunks(AT_ONCE) {
        store.take_back(page.to_vec())?;
    }
    put_people(&store, &salvaged.people)?;
    Ok(Renewed {
        set_aside: Some(put_in_place(&store, &database)?),
        kept: salvaged.events.len(),
        reported: 0,
    })
}

/// Begins a new life of this workstation, by a supervisor's code for it.
///
/// # Errors
/// A refusal when the code is wrong or for another workstation, or the platform does not answer.
pub fn renew(data: &Path, code: &str, platform_url: Option<&str>) -> Result<Renewed, AppError> {
    let keys = Keys::open(data)?;
    let database = station::database(data);
    let old = if database.exists() {
        salvage(&database, keys.fields()).ok()
    } else {
        None
    };
    let address = match (platform_url, &old) {
        (Some(url), _) => Address::read(url)?,
        (None, Some(old)) => Address::read(&old.station.platform_url)?,
        (None, None) => return refuse(says::bad_request("platform_url")),
    };
    let link = Link::new();
    let request = EnrolRequest {
        code: code.trim().to_owned(),
        station: old.as_ref().map_or_else(
            || "renewed".to_owned(),
            |old| old.station.series.device.to_string(),
        ),
        public_key: hex(keys.signing().verifying_key().as_bytes()),
    };
    let (enrolled, round_trip) = link.enrol(&address, &request)?;
    let station = station::station_of(&enrolled, address.to_string())?;
    if let Some(old) = &old
        && old.station.series.device != enrolled.device
    {
        return refuse(says::other_station(&enrolled.device));
    }
    let identity = Identity {
        address,
        series: station.series.clone(),
        believes: station.authority_keys.clone(),
    };
    let tail = match &old {
        Some(old) => unknown_to_authority(&link, &keys, &identity, old)?,
        None => Vec::new(),
    };
    let copy = unfinished(&database)?;
    let token_key = unhex::<32>(&enrolled.token_key)?;
    let store = Store::create(&copy, keys.fields(), station, &token_key)?;
    let machine = clock::read_machine();
    let heard = clock::heard(
        &clock::never_heard(),
        enrolled.server_time,
        round_trip,
        &machine,
    );
    store.set_clock(heard)?;
    if let Some(old) = &old {
        put_people(&store, &old.people)?;
    }
    let reported = tail.len();
    for event in tail {
        report(&store, event)?;
    }
    let set_aside = put_in_place_if(&store, &database)?;
    Ok(Renewed {
        set_aside,
        kept: 0,
        reported,
    })
}

/// Events of the old life from where the authority's copy ends or differs.
fn unknown_to_authority(
    link: &Link,
    keys: &Keys,
    identity: &Identity,
    old: &Salvaged,
) -> Result<Vec<Event>, AppError> {
    let series = &old.station.series;
    let mut common = 0usize;
    loop {
        let from = u64::try_from(common).unwrap_or(u64::MAX).saturating_add(1);
        let target = format!(
            "/v1/journal/{}?incarnation={}&from={from}",
            series.device, series.incarnation.0
        );
        let page: JournalPage = link.fetch(keys, identity, &target)?;
        let ours = old.events.iter().skip(common);
        let same = ours
            .zip(&page.events)
            .take_while(|(ours, theirs)| ours.hash == theirs.hash)
            .count();
        common = common.saturating_add(same);
        if same < page.events.len() || page.events.is_empty() {
            return Ok(old.events.iter().skip(common).cloned().collect());
        }
    }
}

/// Records an event of the old life as a fact of the new one.
fn report(store: &Store, event: Event) -> Result<(), AppError> {
    let request = Request {
        id: RequestId(uuid::Uuid::now_v7()),
        op: "journal.report".to_owned(),
        actor: event.actor.clone(),
        now_est: event.occurred_at,
        wall: clock::read_machine().wall,
    };
    let fact = Fact::Reported(Reported {
        event: Box::new(event),
    });
    store.write(request, move |tx| {
        let recorded = tx.record(&fact)?;
        Ok::<Seq, _>(recorded.seq)
    })?;
    Ok(())
}

fn put_people(store: &Store, people: &[Person]) -> Result<(), AppError> {
    for person in people {
        let machine = clock::read_machine();
        let request = Request {
            id: RequestId(uuid::Uuid::now_v7()),
            op: "people.save".to_owned(),
            actor: PersonId::new("station"),
            now_est: machine.wall,
            wall: machine.wall,
        };
        let person = person.clone();
        store.write(request, move |tx| tx.put_person(&person))?;
    }
    Ok(())
}

/// A place beside the database for what is not finished; what an earlier try left there is removed.
fn unfinished(database: &Path) -> Result<PathBuf, AppError> {
    let copy = database.with_extension("unfinished");
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mut name = copy.clone().into_os_string();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(AppError::failed(says::storage("io").0, error)),
        }
    }
    Ok(copy)
}

/// Sets the old database aside, then gives a checked copy of the new one its name.
fn put_in_place(store: &Store, database: &Path) -> Result<PathBuf, AppError> {
    let aside = set_aside(database).map_err(|error| AppError::disk(&error))?;
    store.backup_to(database)?;
    Ok(aside)
}

fn put_in_place_if(store: &Store, database: &Path) -> Result<Option<PathBuf>, AppError> {
    if database.exists() {
        return put_in_place(store, database).map(Some);
    }
    store.backup_to(database)?;
    Ok(None)
}
