//! The scanner clinic: one scanner is examined while its codes count nothing.
//!
//! Every byte it sends is kept as it came; what that proves is said by `domain::scanner::clinic`. The
//! test symbols are drawn by the same code that draws labels. An examination ends by itself wherever
//! it could do harm: as soon as a floor room is open, the scanner works again.

use crate::App;
use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::peripherals::maker_of;
use crate::refuse;
use bondhouse_devices::profiles::{MAKERS, Maker, SetupCode};
use bondhouse_devices::scanner::HeardBytes;
use bondhouse_domain::peripheral::{ScannerProfile, Speaks, says};
use bondhouse_domain::scanner::clinic::{self, Arrival, Chunk, TestSymbol, Verdict};
use bondhouse_domain::scanner::shown;
use bondhouse_paper::{Run, Symbol};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An examination is a handful of scans; a scanner that never stops must not fill the memory.
const MOST_CHUNKS: usize = 4_000;
/// Arrivals the page lists.
const SHOWN: usize = 12;

/// Who is examined, if anyone.
#[derive(Default)]
pub(crate) struct Clinic {
    patient: Mutex<Option<Patient>>,
}

struct Patient {
    name: String,
    chunks: Vec<Chunk>,
}

impl Clinic {
    fn patient(&self) -> MutexGuard<'_, Option<Patient>> {
        self.patient.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this scanner is the one.
    pub(crate) fn examines(&self, scanner: &str) -> bool {
        self.patient()
            .as_ref()
            .is_some_and(|patient| patient.name == scanner)
    }

    /// Takes what a scanner sent; `false` when it is not the one.
    pub(crate) fn hear(&self, heard: HeardBytes) -> bool {
        let mut patient = self.patient();
        let Some(patient) = patient.as_mut().filter(|one| one.name == heard.scanner) else {
            return false;
        };
        if patient.chunks.len() >= MOST_CHUNKS {
            patient.chunks.remove(0);
        }
        patient.chunks.push(Chunk {
            at_ms: heard.at_boottime_ms,
            bytes: heard.bytes,
        });
        true
    }
}

/// `scanner.examine`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Examine {
    /// The scanner's name.
    pub name: String,
}

/// The clinic's page.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct Examination {
    /// The scanner.
    pub name: String,
    /// How the station expects it to send.
    pub profile: ScannerProfile,
    /// Its maker, if its USB id tells.
    pub maker: Option<String>,
    /// The makers' own configuration codes.
    pub codes: Vec<MakerCode>,
    /// What to scan.
    pub symbols: Vec<DrawnSymbol>,
    /// What arrived, newest first.
    pub arrivals: Vec<ArrivedScan>,
    /// What that proves.
    pub verdicts: Vec<Verdict>,
}

/// A configuration code that puts a maker's scanner right.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct MakerCode {
    /// Whose.
    pub maker: String,
    /// What it does: `suffix`, `aim`, `reset` or `query`.
    pub mends: String,
    /// The code, controls by their names.
    pub code: String,
    /// The manual that documents it; without one it is not verified.
    pub source: Option<String>,
}

/// A test symbol as dark modules.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct DrawnSymbol {
    /// Which.
    pub symbol: TestSymbol,
    /// What stands in it, controls as pictures.
    pub content: String,
    /// The AIM identifier that belongs to it.
    pub aim: String,
    /// Modules from left to right, without quiet zones.
    pub columns: u32,
    /// Modules from top to bottom; 1 for bars.
    pub rows: u32,
    /// Modules that stay white around it.
    pub quiet: u32,
    /// Column, row and length of each dark run.
    pub runs: Vec<[u32; 3]>,
    /// It has arrived at least once.
    pub arrived: bool,
}

/// One trigger pull.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct ArrivedScan {
    /// When, in milliseconds since the machine was started: a key for the list.
    #[ts(type = "number")]
    pub at_ms: u64,
    /// From the first byte to the last, in milliseconds.
    #[ts(type = "number")]
    pub took_ms: u64,
    /// Which test symbol it is.
    pub symbol: Option<TestSymbol>,
    /// Its bytes.
    pub bytes: Vec<ShownByte>,
}

/// A byte for people.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct ShownByte {
    /// Two hexadecimal digits.
    pub hex: String,
    /// Its character, or its name.
    pub name: String,
    /// No character that is printed.
    pub control: bool,
}

/// Begins to examine a scanner; an earlier examination ends.
pub(crate) fn examine(app: &App, asker: &Asker, req: Examine) -> Result<Examination, AppError> {
    end(app, asker, Nothing {})?;
    if !app.peripherals.listen(&req.name, true) {
        return refuse(says::not_bound(&req.name));
    }
    *app.clinic.patient() = Some(Patient {
        name: req.name.clone(),
        chunks: Vec::new(),
    });
    match examination(app, asker, Nothing {})? {
        Some(examination) => Ok(examination),
        None => refuse(says::not_bound(&req.name)),
    }
}

/// The examination as it stands; none when nobody is examined.
pub(crate) fn examination(
    app: &App,
    _: &Asker,
    _: Nothing,
) -> Result<Option<Examination>, AppError> {
    let Some((name, chunks)) = app
        .clinic
        .patient()
        .as_ref()
        .map(|patient| (patient.name.clone(), patient.chunks.clone()))
    else {
        return Ok(None);
    };
    let Some(peripheral) = app.peripherals.setting(&name) else {
        return refuse(says::not_bound(&name));
    };
    let Speaks::Scanner(profile) = peripheral.speaks else {
        return refuse(says::not_bound(&name));
    };
    // Set anew meanwhile, it was started anew: it must be told again.
    app.peripherals.listen(&name, true);
    let arrivals = clinic::arrivals(&chunks);
    let arrived = |symbol| arrivals.iter().any(|one| one.symbol == Some(symbol));
    Ok(Some(Examination {
        name,
        maker: maker_of(&peripheral.port),
        codes: MAKERS
            .iter()
            .flat_map(|maker| maker.codes.iter().map(|code| maker_code(maker, code)))
            .collect(),
        symbols: TestSymbol::ALL
            .into_iter()
            .filter_map(|symbol| Some(drawn(symbol, draw(symbol)?, arrived(symbol))))
            .collect(),
        verdicts: clinic::examine(&chunks, &profile),
        arrivals: arrivals
            .into_iter()
            .rev()
            .take(SHOWN)
            .map(arrived_scan)
            .collect(),
        profile,
    }))
}

/// Ends the examination: the scanner works again.
pub(crate) fn end(app: &App, _: &Asker, _: Nothing) -> Result<Nothing, AppError> {
    if let Some(patient) = app.clinic.patient().take() {
        app.peripherals.listen(&patient.name, false);
    }
    Ok(Nothing {})
}

fn draw(symbol: TestSymbol) -> Option<Symbol> {
    match symbol {
        TestSymbol::Gs1 => bondhouse_paper::gs1_128(symbol.content()).ok(),
        TestSymbol::Letters => bondhouse_paper::code128(symbol.content()).ok(),
        TestSymbol::Qr => bondhouse_paper::qr(symbol.content()),
    }
}

fn drawn(symbol: TestSymbol, modules: Symbol, arrived: bool) -> DrawnSymbol {
    let Symbol {
        columns,
        rows,
        quiet,
        runs,
    } = modules;
    DrawnSymbol {
        symbol,
        content: shown(symbol.content()),
        aim: symbol.aim().to_owned(),
        columns,
        rows,
        quiet,
        runs: runs
            .into_iter()
            .map(
                |Run {
                     column,
                     row,
                     length,
                 }| [column, row, length],
            )
            .collect(),
        arrived,
    }
}

fn maker_code(maker: &Maker, code: &SetupCode) -> MakerCode {
    MakerCode {
        maker: maker.name.to_owned(),
        mends: code.mends.name().to_owned(),
        code: code.code.to_owned(),
        source: code.source.map(str::to_owned),
    }
}

fn arrived_scan(arrival: Arrival) -> ArrivedScan {
    ArrivedScan {
        at_ms: arrival.at_ms,
        took_ms: arrival.took_ms,
        symbol: arrival.symbol,
        bytes: arrival
            .bytes
            .into_iter()
            .map(|byte| ShownByte {
                hex: format!("{byte:02X}"),
                name: clinic::byte_name(byte),
                control: !byte.is_ascii_graphic(),
            })
            .collect(),
    }
}
