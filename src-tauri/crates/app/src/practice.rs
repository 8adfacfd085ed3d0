//! The on-screen scanner of practice mode: the codes in front of the clerk, to be scanned by touch.
//!
//! It puts into the same queue as a port does, so that what one practises is what one will do. A
//! station has it only when it was started for practice; what it scanned is marked in the evidence.

use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::rooms::FloorRoom;
use crate::{App, clock, floor, refuse};
use bondhouse_devices::scanner::Reading;
use bondhouse_domain::framing::Frame;
use bondhouse_domain::gs1::Gtin;
use bondhouse_domain::scanner::own::OwnCode;
use bondhouse_domain::scanner::says;
use bondhouse_domain::task::Command;
use serde::{Deserialize, Serialize};

/// Its name in the queue and in the evidence.
pub(crate) const SCANNER: &str = "practice";

/// Shelves and bins the panel offers.
const LOCATIONS: usize = 8;

/// Command barcodes the panel offers, in the order of a bench card.
const COMMANDS: [Command; 7] = [
    Command::Ok,
    Command::Undo,
    Command::Damaged,
    Command::Park,
    Command::Supervisor,
    Command::Reprint,
    Command::Back,
];

/// `scanner.practise`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Practise {
    /// The code as a scanner sends it.
    pub raw: String,
}

/// `scanner.codes`
#[derive(Debug, Clone, Copy, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Codes {
    /// The room in front of the clerk.
    pub room: FloorRoom,
}

/// A code that lies on the bench.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub(crate) struct BenchCode {
    /// What it is stuck on.
    pub is: Stuck,
    /// Its name in words; of a command, its own.
    pub title: String,
    /// The code as a scanner sends it.
    pub raw: String,
}

/// What a code is stuck on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stuck {
    /// A job that may be chosen.
    Job,
    /// Goods of the job.
    Goods,
    /// A paper or label of the job.
    Paper,
    /// A shelf or bin.
    Location,
    /// A bench card.
    Command,
}

/// Scans a code with the on-screen scanner.
pub(crate) fn practise(app: &App, _: &Asker, req: Practise) -> Result<Nothing, AppError> {
    if !app.config.practice {
        return refuse(says::no_practice());
    }
    app.peripherals.put(Reading {
        scanner: SCANNER.into(),
        frame: Frame::Scan {
            bytes: req.raw.into_bytes(),
            unterminated: false,
        },
        at_boottime_ms: clock::boot_ms(),
    });
    Ok(Nothing {})
}

/// The codes in front of the clerk.
pub(crate) fn codes(app: &App, _: &Asker, req: Codes) -> Result<Vec<BenchCode>, AppError> {
    if !app.config.practice {
        return refuse(says::no_practice());
    }
    let room = floor::drawn(app, req.room)?;
    let code = |is, title: String, raw: String| BenchCode { is, title, raw };
    let jobs = room
        .choices
        .into_iter()
        .map(|choice| code(Stuck::Job, choice.title, choice.code));
    let goods = room.rows.into_iter().filter_map(|row| {
        let raw = on_goods(&row.code?);
        Some(code(Stuck::Goods, row.name, raw))
    });
    let papers = room
        .job
        .into_iter()
        .flat_map(|job| job.refs)
        .map(|paper| code(Stuck::Paper, paper.value.clone(), paper.value));
    let locations = app.store()?.read(|view| view.locations())?;
    let locations = locations.into_iter().take(LOCATIONS).filter_map(|found| {
        let raw = OwnCode::Location(found.location.clone()).text()?;
        Some(code(Stuck::Location, found.location.to_string(), raw))
    });
    let commands = COMMANDS.into_iter().filter_map(|command| {
        let raw = OwnCode::Command(command).text()?;
        Some(code(Stuck::Command, command.name().into(), raw))
    });
    let mut codes: Vec<BenchCode> = Vec::new();
    for one in jobs
        .chain(goods)
        .chain(papers)
        .chain(locations)
        .chain(commands)
    {
        if !codes.iter().any(|known| known.raw == one.raw) {
            codes.push(one);
        }
    }
    Ok(codes)
}

/// A barcode of goods as a well-set scanner sends it: EAN-13, or GS1-128 on a case.
fn on_goods(code: &str) -> String {
    match Gtin::new(code) {
        Some(gtin) => match gtin.as_str().strip_prefix('0') {
            Some(thirteen) => format!("]E0{thirteen}"),
            None => format!("]C101{}", gtin.as_str()),
        },
        None => code.to_owned(),
    }
}
