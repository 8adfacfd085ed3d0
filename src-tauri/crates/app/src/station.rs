//! The workstation itself: enrolment, status line, language, and the time it goes by.

use crate::address::Address;
use crate::clock::{self, Estimate};
use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::keys::Keys;
use crate::{App, Config, refuse};
use bondhouse_domain::ids::{PersonId, RequestId};
use bondhouse_domain::journal::Series;
use bondhouse_domain::message::Message;
use bondhouse_domain::people::Role;
use bondhouse_domain::station::says;
use bondhouse_domain::time::{Instant, Zone};
use bondhouse_protocol::wire::{EnrolRequest, Enrolled};
use bondhouse_store::{Language, Request, Station, Store, StoreError};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The status line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub(crate) struct Status {
    /// Nothing works before enrolment.
    pub enrolled: bool,
    /// The first supervisor is still to be created.
    pub first_run: bool,
    /// The warehouse's name.
    pub warehouse: String,
    /// The workstation's name.
    pub station: String,
    /// Who is signed in.
    pub person: Option<StatusPerson>,
    /// Whose badge was read, while their PIN is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub at_door: Option<crate::floor::entrance::AtDoor>,
    /// Whether the platform answered lately, and since when that is so.
    pub network: Network,
    /// Events the authority has not acknowledged.
    #[ts(type = "number")]
    pub unsent: u64,
    /// Orders that can leave now without network.
    #[ts(type = "number")]
    pub leases: u64,
    /// Orders here that cannot.
    #[ts(type = "number")]
    pub cannot_leave: u64,
    /// When the first of the leases runs out.
    pub lease_work_until: Option<Instant>,
    /// The scanners.
    pub scanners: Vec<ScannerStatus>,
    /// Started for practice: the window has a scanner of its own.
    pub practice: bool,
    /// Whether labels can be made.
    pub printer_ready: bool,
    /// The time it goes by.
    pub now: Instant,
    /// The wall clock cannot be trusted; leases count as run out.
    pub clock_suspect: bool,
    /// The language of the window.
    pub language: String,
    /// Where the platform answers, or is proposed to.
    pub platform_url: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub(crate) struct StatusPerson {
    /// The name.
    pub name: String,
    /// What they may.
    pub role: Role,
}

/// The link to the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
pub(crate) struct Network {
    /// The last call was answered.
    pub online: bool,
    /// Since when.
    pub since: Option<Instant>,
}

/// A scanner on the status line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub(crate) struct ScannerStatus {
    /// Its name.
    pub name: String,
    /// Whether it can be read.
    pub connected: bool,
    /// Why not.
    pub detail: Option<Message>,
}

/// `station.enrol`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enrol {
    /// The supervisor's one-time code.
    pub code: String,
    /// The name on the workstation's sign.
    pub station_name: String,
    /// Where the platform answers.
    pub platform_url: String,
}

/// `station.set_language`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetLanguage {
    /// `zh` or `en`.
    pub language: String,
}

/// The database of the workstation in a data folder.
pub(crate) fn database(data: &Path) -> PathBuf {
    data.join("station.db")
}

/// The store of an enrolled workstation, if there is one.
pub(crate) fn open_store(config: &Config, keys: &Keys) -> Result<Option<Store>, AppError> {
    if !database(&config.data).exists() {
        return Ok(None);
    }
    match Store::open(&database(&config.data), keys.fields()) {
        Ok(store) => Ok(Some(store)),
        Err(StoreError::NotEnrolled) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn enrol(app: &App, asker: &Asker, req: Enrol) -> Result<Status, AppError> {
    if app.store.get().is_some() {
        return status(app, asker, Nothing {});
    }
    let name = req.station_name.trim();
    if name.is_empty() || name.chars().count() > 24 {
        return refuse(says::bad_request("station_name"));
    }
    let address = Address::read(&req.platform_url)?;
    let request = EnrolRequest {
        code: req.code.trim().to_owned(),
        station: name.to_owned(),
        public_key: hex(app.keys.signing().verifying_key().as_bytes()),
    };
    let (enrolled, round_trip) = app.link.enrol(&address, &request)?;
    let token_key = unhex::<32>(&enrolled.token_key)?;
    let station = station_of(&enrolled, address.to_string())?;
    let store = Store::create(
        &database(&app.config.data),
        app.keys.fields(),
        station,
        &token_key,
    )?;
    let clock = clock::heard(
        &clock::never_heard(),
        enrolled.server_time,
        round_trip,
        &clock::read_machine(),
    );
    store.set_clock(clock.clone())?;
    if app.store.set(store).is_err() {
        return refuse(says::in_use());
    }
    app.link.set_clock(clock);
    app.link.wake();
    status(app, asker, Nothing {})
}

pub(crate) fn station_of(enrolled: &Enrolled, platform_url: String) -> Result<Station, AppError> {
    let mut authority_keys = std::collections::BTreeMap::new();
    for (id, key) in &enrolled.authority_keys {
        let key = VerifyingKey::from_bytes(&unhex::<32>(key)?).map_err(|error| {
            AppError::failed(bondhouse_domain::sync::says::bad_answer().0, error)
        })?;
        authority_keys.insert(id.clone(), key);
    }
    Ok(Station {
        series: Series {
            warehouse: enrolled.warehouse.clone(),
            device: enrolled.device.clone(),
            incarnation: enrolled.incarnation,
        },
        warehouse_name: enrolled.warehouse_name.clone(),
        authority_epoch: enrolled.authority_epoch,
        authority_keys,
        platform_url,
        language: Language::Zh,
        zone: Zone::SHANGHAI,
        signing_key_ref: "station.key".into(),
    })
}

pub(crate) fn status(app: &App, _: &Asker, _: Nothing) -> Result<Status, AppError> {
    let estimate = app.estimate();
    let session = app.session().clone();
    let mut status = Status {
        enrolled: false,
        first_run: true,
        warehouse: String::new(),
        station: String::new(),
        person: session.map(|s| StatusPerson {
            name: s.name,
            role: s.role,
        }),
        at_door: app.door.waiting(),
        network: app.link.network(),
        unsent: 0,
        leases: 0,
        cannot_leave: 0,
        lease_work_until: None,
        scanners: app
            .peripherals
            .states()
            .into_iter()
            .map(|(name, lost)| ScannerStatus {
                name,
                connected: lost.is_none(),
                detail: lost.map(|r| r.0),
            })
            .collect(),
        practice: app.config.practice,
        printer_ready: app.paper.is_ready(),
        now: estimate.now,
        clock_suspect: estimate.suspect,
        language: "zh".into(),
        platform_url: app.config.platform_url.clone(),
    };
    let Some(store) = app.store.get() else {
        return Ok(status);
    };
    store.read(|view| {
        let station = view.station()?;
        let can = view.can_leave(estimate.now)?;
        status.enrolled = true;
        status.first_run = view.people()?.is_empty();
        status.warehouse = station.warehouse_name;
        status.station = station.series.device.to_string();
        status.language = if station.language == Language::En {
            "en".into()
        } else {
            "zh".into()
        };
        status.platform_url = station.platform_url;
        let sync = view.sync()?;
        status.unsent = sync.unsent();
        status.leases = can.can;
        status.cannot_leave = can
            .ran_out
            .saturating_add(can.held)
            .saturating_add(can.needs_contact)
            .saturating_add(can.to_be_cancelled);
        status.lease_work_until = sync.first_lease_until;
        Ok(())
    })?;
    Ok(status)
}

pub(crate) fn set_language(app: &App, asker: &Asker, req: SetLanguage) -> Result<Status, AppError> {
    let language = match req.language.as_str() {
        "zh" => Language::Zh,
        "en" => Language::En,
        _ => return refuse(says::bad_request("language")),
    };
    app.store()?.set_language(language)?;
    status(app, asker, Nothing {})
}

impl App {
    /// What time it is at the authority, as well as can be known.
    pub(crate) fn estimate(&self) -> Estimate {
        clock::estimate(&self.link.clock(), &clock::read_machine())
    }

    /// A request of the gate to the disk.
    pub(crate) fn request(&self, op: &str, id: RequestId, actor: &PersonId) -> Request {
        Request {
            id,
            op: op.to_owned(),
            actor: actor.clone(),
            now_est: self.estimate().now,
            wall: clock::read_machine().wall,
        }
    }

    /// A fresh request id, for what no caller asked.
    pub(crate) fn fresh_id(&self) -> RequestId {
        RequestId(uuid::Uuid::now_v7())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex<const N: usize>(text: &str) -> Result<[u8; N], AppError> {
    let bad = || {
        AppError::failed(
            bondhouse_domain::sync::says::bad_answer().0,
            "not hexadecimal",
        )
    };
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()
        .ok_or_else(bad)?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Ok(high << 4 | low),
            _ => Err(bad()),
        })
        .collect::<Result<_, _>>()?;
    bytes.try_into().map_err(|_| bad())
}
