//! What is plugged into this workstation: bound by a supervisor, kept in the station's own tables,
//! running without a restart.
//!
//! Every change ends in [`reconcile`](Peripherals::reconcile): what should run is worked out anew and
//! compared with what runs. A scanner given on the command line runs with cautious settings until one
//! is bound at its port.

use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::rooms::FloorRoom;
use crate::{App, AppEvent, clock, refuse};
use bondhouse_devices::port::{self, SeenPort};
use bondhouse_devices::profiles::{MAKERS, Maker};
use bondhouse_devices::scale::{Scale, ScaleConfig};
use bondhouse_devices::scanner::{Reading, Scanner, ScannerConfig, ScannerEvent, ScannerState};
use bondhouse_domain::message::{Message, Refusal};
use bondhouse_domain::peripheral::{
    BAUDS, LineSettings, Peripheral, PortName, ScannerProfile, Speaks, says,
};
use bondhouse_store::StoreError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a port stands: the path it is open under, or why it is not.
type State = Result<String, Refusal>;

/// The scanners and scales of this workstation and how they are.
#[derive(Default)]
pub(crate) struct Peripherals {
    queue: Mutex<Option<SyncSender<ScannerEvent>>>,
    running: Mutex<BTreeMap<String, Running>>,
    states: Mutex<BTreeMap<String, State>>,
}

/// One that runs, with the setting it was started with.
struct Running {
    setting: Peripheral,
    reader: Reader,
}

enum Reader {
    Scanner(Scanner),
    Scale(Arc<Scale>),
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever is in there was written whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Peripherals {
    pub(crate) fn start(&self, app: &App, queue: SyncSender<ScannerEvent>) {
        *locked(&self.queue) = Some(queue);
        self.reconcile(app);
    }

    pub(crate) fn stop(&self) {
        locked(&self.queue).take();
        locked(&self.running).clear();
    }

    /// Each peripheral by name, and why it is not connected, if it is not.
    pub(crate) fn states(&self) -> BTreeMap<String, Option<Refusal>> {
        let running = locked(&self.running);
        let states = locked(&self.states);
        running
            .iter()
            .filter_map(|(name, running)| Some((name.clone(), state(running, &states)?.err())))
            .collect()
    }

    /// How a peripheral is set, while it runs.
    pub(crate) fn setting(&self, name: &str) -> Option<Peripheral> {
        let running = locked(&self.running);
        running.get(name).map(|running| running.setting.clone())
    }

    /// The scale at a room's bench, or the one that serves any.
    pub(crate) fn scale(&self, room: FloorRoom) -> Option<(String, Arc<Scale>)> {
        let running = locked(&self.running);
        running.iter().find_map(|(name, running)| {
            let bench = running.setting.bench.as_deref();
            match &running.reader {
                Reader::Scale(scale) if bench.is_none_or(|bench| bench == room.noun()) => {
                    Some((name.clone(), Arc::clone(scale)))
                }
                Reader::Scale(_) | Reader::Scanner(_) => None,
            }
        })
    }

    /// Asks a scanner for every byte it sends, or no longer; `false` when there is no such scanner.
    pub(crate) fn listen(&self, name: &str, wanted: bool) -> bool {
        match locked(&self.running)
            .get(name)
            .map(|running| &running.reader)
        {
            Some(Reader::Scanner(scanner)) => {
                scanner.listen(wanted);
                true
            }
            Some(Reader::Scale(_)) | None => false,
        }
    }

    /// Puts a reading into the queue of all scanners, as if a port had brought it.
    pub(crate) fn put(&self, reading: Reading) {
        let queue = locked(&self.queue).clone();
        if let Some(queue) = queue {
            // A queue that nobody empties any more belongs to a station that is closing.
            let _ = queue.send(ScannerEvent::Read(reading));
        }
    }

    pub(crate) fn note(&self, state: ScannerState) {
        // News of one that was unbound meanwhile is no news.
        if locked(&self.running).contains_key(&state.scanner) {
            locked(&self.states).insert(state.scanner, state.connected);
        }
    }

    /// Stops what should not run, and starts what should.
    fn reconcile(&self, app: &App) {
        let Some(queue) = locked(&self.queue).clone() else {
            return;
        };
        let mut wanted = wanted(app);
        let mut running = locked(&self.running);
        running.retain(|name, running| wanted.get(name) == Some(&running.setting));
        locked(&self.states).retain(|name, _| running.contains_key(name));
        wanted.retain(|name, _| !running.contains_key(name));
        for (name, setting) in wanted {
            match run(&setting, &queue) {
                Ok(reader) => {
                    running.insert(name, Running { setting, reader });
                }
                Err(error) => tracing::error!(%error, name, "no thread for a peripheral"),
            }
        }
    }
}

/// A scale knows its own state; a scanner's came through the queue.
fn state(running: &Running, states: &BTreeMap<String, State>) -> Option<State> {
    match &running.reader {
        Reader::Scale(scale) => scale.state(),
        Reader::Scanner(_) => states.get(&running.setting.name).cloned(),
    }
}

fn run(setting: &Peripheral, queue: &SyncSender<ScannerEvent>) -> std::io::Result<Reader> {
    let (name, port, line) = (setting.name.clone(), setting.port.clone(), setting.line);
    Ok(match &setting.speaks {
        Speaks::Scanner(profile) => {
            let config = ScannerConfig {
                name,
                port,
                line,
                framing: profile.framing(),
            };
            Reader::Scanner(Scanner::start(config, queue.clone(), clock::boot_ms)?)
        }
        Speaks::Scale(language) => Reader::Scale(Arc::new(Scale::start(ScaleConfig {
            name,
            port,
            line,
            language: *language,
        })?)),
    })
}

/// What a supervisor bound; nothing before enrolment.
fn bound(app: &App) -> Result<BTreeMap<String, Peripheral>, StoreError> {
    let Some(store) = app.store.get() else {
        return Ok(BTreeMap::new());
    };
    let all = store.read(|view| view.peripherals())?;
    Ok(all.into_iter().map(|one| (one.name.clone(), one)).collect())
}

/// What should run: everything bound, and what was given at the start and is bound by nobody.
fn wanted(app: &App) -> BTreeMap<String, Peripheral> {
    let mut wanted = bound(app).unwrap_or_else(|error| {
        tracing::error!(%error, "the bound peripherals cannot be read");
        BTreeMap::new()
    });
    for path in &app.config.scanners {
        let port = PortName::Path(path.display().to_string());
        let free = (1..)
            .map(|n| format!("S{n}"))
            .find(|n| !wanted.contains_key(n));
        let (false, Some(name)) = (wanted.values().any(|one| one.port == port), free) else {
            continue;
        };
        let setting = Peripheral {
            name: name.clone(),
            bench: None,
            port,
            line: LineSettings::default(),
            speaks: Speaks::Scanner(ScannerProfile::default()),
        };
        wanted.insert(name, setting);
    }
    wanted
}

/// The scanner page.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct PeripheralsAnswer {
    /// What runs here.
    pub bound: Vec<BoundPeripheral>,
    /// Ports the system lists.
    pub seen: Vec<SeenLine>,
    /// How scanners leave the factory.
    pub makers: Vec<MakerLine>,
    /// Rooms with a bench.
    pub benches: Vec<FloorRoom>,
    /// Speeds a line may have.
    pub bauds: Vec<u32>,
}

/// A scanner or scale that runs here.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct BoundPeripheral {
    /// Its setting.
    pub peripheral: Peripheral,
    /// Its port in words.
    pub shown: String,
    /// Given on the command line and bound by nobody: its settings are only guessed.
    pub given: bool,
    /// The path it is open under now.
    pub path: Option<String>,
    /// Why it is not.
    pub lost: Option<Message>,
}

/// A port that could be bound.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct SeenLine {
    /// Where it is now.
    pub path: String,
    /// How it will be found again.
    pub port: PortName,
    /// The same in words.
    pub shown: String,
    /// What the device calls itself.
    pub product: Option<String>,
    /// The maker, if its USB id is known.
    pub maker: Option<String>,
    /// The peripheral that is bound to it.
    pub bound_as: Option<String>,
}

/// How a maker's scanners leave the factory.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct MakerLine {
    /// The maker.
    pub name: String,
    /// The line.
    pub line: LineSettings,
    /// What it sends.
    pub profile: ScannerProfile,
    /// The manual that says so.
    pub source: Option<String>,
}

/// `scanner.unbind`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unbind {
    /// Its name.
    pub name: String,
}

pub(crate) fn list(app: &App, _: &Asker, _: Nothing) -> Result<PeripheralsAnswer, AppError> {
    let bound = bound(app)?;
    let running = locked(&app.peripherals.running);
    let states = locked(&app.peripherals.states);
    let named_at = |port: &PortName| {
        let at = running.values().find(|one| &one.setting.port == port);
        at.map(|one| one.setting.name.clone())
    };
    Ok(PeripheralsAnswer {
        bound: running
            .values()
            .map(|one| {
                let state = state(one, &states);
                BoundPeripheral {
                    peripheral: one.setting.clone(),
                    shown: one.setting.port.shown(),
                    given: !bound.contains_key(&one.setting.name),
                    path: state.as_ref().and_then(|state| state.clone().ok()),
                    lost: state.and_then(|state| state.err()).map(|lost| lost.0),
                }
            })
            .collect(),
        seen: port::seen()
            .into_iter()
            .map(
                |SeenPort {
                     path,
                     port,
                     product,
                 }| SeenLine {
                    maker: maker_of(&port),
                    bound_as: named_at(&port).or_else(|| named_at(&PortName::Path(path.clone()))),
                    shown: port.shown(),
                    path,
                    port,
                    product,
                },
            )
            .collect(),
        makers: MAKERS
            .iter()
            .map(|maker| MakerLine {
                name: maker.name.into(),
                line: maker.line(),
                profile: maker.profile(),
                source: maker.source.map(Into::into),
            })
            .collect(),
        benches: FloorRoom::ALL.to_vec(),
        bauds: BAUDS.to_vec(),
    })
}

/// Who made what is at a port, as far as its USB id tells.
pub(crate) fn maker_of(port: &PortName) -> Option<String> {
    match port {
        PortName::Usb(usb) => Maker::of_vendor(usb.vendor).map(|maker| maker.name.to_owned()),
        PortName::Path(_) => None,
    }
}

/// Binds a new peripheral.
pub(crate) fn bind(
    app: &App,
    asker: &Asker,
    req: Peripheral,
) -> Result<PeripheralsAnswer, AppError> {
    if bound(app)?.contains_key(&req.name) {
        return refuse(says::name_taken(&req.name));
    }
    set(app, asker, req)
}

/// Changes one that is bound; its name stays.
pub(crate) fn change(
    app: &App,
    asker: &Asker,
    req: Peripheral,
) -> Result<PeripheralsAnswer, AppError> {
    if !bound(app)?.contains_key(&req.name) {
        return refuse(says::not_bound(&req.name));
    }
    set(app, asker, req)
}

fn set(app: &App, asker: &Asker, setting: Peripheral) -> Result<PeripheralsAnswer, AppError> {
    if let Some(field) = setting.fault() {
        return refuse(bondhouse_domain::station::says::bad_request(field));
    }
    let known = |bench: &String| FloorRoom::ALL.iter().any(|room| room.noun() == bench);
    if !setting.bench.as_ref().is_none_or(known) {
        return refuse(bondhouse_domain::station::says::bad_request("bench"));
    }
    let all = bound(app)?;
    if let Some(other) = all
        .values()
        .find(|one| one.port == setting.port && one.name != setting.name)
    {
        return refuse(says::port_taken(setting.port.shown(), &other.name));
    }
    app.store()?.bind(setting)?;
    changed(app, asker)
}

/// Forgets a peripheral; what it scanned stays.
pub(crate) fn unbind(app: &App, asker: &Asker, req: Unbind) -> Result<PeripheralsAnswer, AppError> {
    if !app.store()?.unbind(req.name.clone())? {
        return refuse(says::not_bound(&req.name));
    }
    changed(app, asker)
}

fn changed(app: &App, asker: &Asker) -> Result<PeripheralsAnswer, AppError> {
    app.peripherals.reconcile(app);
    app.tell(AppEvent::Changed(vec!["scanner".into(), "station".into()]));
    list(app, asker, Nothing {})
}
