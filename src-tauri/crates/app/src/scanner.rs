//! From a serial port to the open task: what a scan names at this workstation.
//!
//! One thread per port reads; one ordered queue carries frames; one thread here hands them to the
//! floor, one at a time. `domain::scanner` says what a code *is*; this module looks up which item,
//! parcel, notice or location it *names*. What names nothing is said so, with the raw code.

use crate::error::AppError;
use crate::floor;
use crate::rooms::Task;
use crate::{App, AppEvent};
use bondhouse_devices::port::PortName;
use bondhouse_devices::scanner::{Scanner, ScannerConfig, ScannerEvent, ScannerState};
use bondhouse_domain::facts::ScanEvidence;
use bondhouse_domain::feed::Item;
use bondhouse_domain::framing::{Frame, FramingConfig};
use bondhouse_domain::gs1::{ElementString, Gtin};
use bondhouse_domain::ids::{GatePassNo, LocationId, NoticeNo};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::scanner::{Meaning, Scan, text_of};
use bondhouse_domain::task::{Heard, Input, ItemRead, Means, Reading};
use bondhouse_domain::time::Zone;
use bondhouse_store::{StoreError, View};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Scans that may wait while one is being answered; more wait in the port's own buffer.
const QUEUE: usize = 256;

/// The scanners of this workstation and how they are.
#[derive(Default)]
pub(crate) struct Readers {
    running: Mutex<Vec<Scanner>>,
    states: Mutex<BTreeMap<String, Option<Refusal>>>,
}

impl Readers {
    /// Each scanner, and why it is not connected, if it is not.
    pub(crate) fn states(&self) -> BTreeMap<String, Option<Refusal>> {
        self.states
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn stop(&self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn note(&self, state: ScannerState) {
        let lost = state.connected.err();
        self.states
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(state.scanner, lost);
    }
}

/// Starts a reader per configured port, and the one thread that answers their scans.
pub(crate) fn start(app: &Arc<App>) {
    let (queue, scans) = sync_channel(QUEUE);
    for (at, path) in (1..).zip(&app.config.scanners) {
        let name = format!("S{at}");
        let config = ScannerConfig {
            name: name.clone(),
            role: "bench".into(),
            port: PortName::Path(path.display().to_string()),
            line: Default::default(),
            framing: FramingConfig::default(),
        };
        match Scanner::start(config, queue.clone(), crate::clock::boot_ms) {
            Ok(scanner) => app
                .scanners
                .running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(scanner),
            Err(error) => tracing::error!(%error, name, "no thread for a scanner"),
        }
    }
    let weak = Arc::downgrade(app);
    app.beside("scans", move || answer_all(&weak, &scans));
}

fn answer_all(app: &Weak<App>, scans: &Receiver<ScannerEvent>) {
    while let Ok(event) = scans.recv() {
        let Some(app) = app.upgrade() else { return };
        match event {
            ScannerEvent::State(state) => {
                app.scanners.note(state);
                app.tell(AppEvent::Changed(vec!["station".into()]));
            }
            ScannerEvent::Read(reading) => {
                let bytes = match &reading.frame {
                    Frame::Scan { bytes, .. } | Frame::Torn { bytes } => bytes.as_slice(),
                    Frame::NoRead | Frame::Overlong => &[],
                };
                let from = format!("serial:{}", reading.scanner);
                let meaning = Meaning::from(&reading.frame);
                floor::scanned(&app, text_of(bytes), from, meaning, app.fresh_id());
            }
        }
    }
}

/// What an input says to a task: keys as they are, scans with everything they may name here.
///
/// `meaning` is what a serial frame was found to be; typed and wedge text is read here.
pub(crate) fn hear(
    app: &App,
    input: &Input,
    meaning: Option<Meaning>,
    task: Option<&Task>,
) -> Result<Heard, AppError> {
    let (raw, from) = match input {
        Input::Command(command) => return Ok(Heard::Command(*command)),
        Input::Number { value } => return Ok(Heard::Number(*value)),
        Input::Scan { raw, from } => (raw, from),
    };
    let evidence = evidence(raw, from);
    let means = match meaning.unwrap_or_else(|| Scan::new(raw.as_str()).mean()) {
        Meaning::Command(command) => return Ok(Heard::Command(command)),
        Meaning::NoRead => Means::NoRead,
        Meaning::Item { gtin, elements } => app
            .store()?
            .read(|view| items(view, &gtin, Some(&elements), task))?,
        Meaning::Elements(elements) => match elements.content() {
            Some(gtin) => app
                .store()?
                .read(|view| items(view, &gtin, Some(&elements), task))?,
            None => Means::Nothing,
        },
        Meaning::Location(location) => app.store()?.read(|view| location_named(view, location))?,
        Meaning::ReleaseToken(token) => {
            let order = token.claims().order.clone();
            app.store()?.read(|view| {
                let found = view.order(&order)?;
                Ok(found
                    .and_then(|o| o.news.waybill)
                    .map_or(Means::Nothing, |waybill| Means::Parcel { waybill, order }))
            })?
        }
        Meaning::Plain(plain) => app.store()?.read(|view| {
            let named = by_number(view, &plain.text)?;
            match (named, &plain.gtin) {
                (Means::Nothing, Some(gtin)) => items(view, gtin, None, task),
                (Means::Nothing, None) => own_code(view, &plain.text, task),
                (named, _) => Ok(named),
            }
        })?,
        Meaning::Digit(digit) => return Ok(Heard::Digit(digit)),
        Meaning::Refused(refusal) => Means::Damaged(refusal),
        Meaning::LicencePlate { .. } | Meaning::Badge(_) | Meaning::Station(_) => Means::Nothing,
    };
    Ok(Heard::Scan(Reading { evidence, means }))
}

/// How a code reached us.
pub(crate) fn evidence(raw: &str, from: &str) -> ScanEvidence {
    ScanEvidence {
        raw: raw.to_owned(),
        symbology: raw.starts_with(']').then(|| raw.chars().take(3).collect()),
        from: from.to_owned(),
    }
}

/// Every merchant's item with this GTIN; the document at hand decides among them.
fn items(
    view: &View<'_>,
    gtin: &Gtin,
    elements: Option<&ElementString>,
    task: Option<&Task>,
) -> Result<Means, StoreError> {
    let found = view.items_by_barcode(gtin.as_str())?;
    Ok(named_items(found, gtin.as_str(), elements, task))
}

/// A merchant's own item code.
fn own_code(view: &View<'_>, text: &str, task: Option<&Task>) -> Result<Means, StoreError> {
    Ok(named_items(view.items_by_barcode(text)?, text, None, task))
}

fn named_items(
    found: Vec<Item>,
    code: &str,
    elements: Option<&ElementString>,
    task: Option<&Task>,
) -> Means {
    let wanted = task.and_then(Task::owner);
    let today = Zone::SHANGHAI.date_at(crate::clock::Machine::now().wall);
    let mut reads: Vec<ItemRead> = found
        .into_iter()
        .map(|item| {
            let barcode = item.barcodes.iter().find(|b| b.code == code);
            let holds = barcode.map_or_else(|| Quantity::from_units(100_000), |b| b.holds);
            let counted = elements
                .and_then(|e| e.content().and(e.count()))
                .and_then(|n| Quantity::whole(i64::from(n)));
            ItemRead {
                owner: item.owner,
                item: item.item,
                name: item.name,
                holds: counted.unwrap_or(holds),
                lot: elements.and_then(|e| e.lot().map(str::to_owned)),
                expiry: elements.and_then(|e| e.expiry(today)),
            }
        })
        .collect();
    // The document at hand names the merchant: of items that share a barcode, its own come first.
    reads.sort_by_key(|read| wanted.as_ref().is_some_and(|owner| &read.owner != owner));
    if reads.is_empty() {
        Means::Nothing
    } else {
        Means::Items(reads)
    }
}

fn location_named(view: &View<'_>, location: LocationId) -> Result<Means, StoreError> {
    Ok(view
        .location(&location)?
        .map_or(Means::Nothing, |found| Means::Location {
            location: found.location,
            kind: found.kind,
        }))
}

/// A bare text: a waybill, an order, a notice, a pass or a location, whichever is known here.
fn by_number(view: &View<'_>, text: &str) -> Result<Means, StoreError> {
    let by_waybill = view.orders_by_waybill(text)?;
    let orders = if by_waybill.is_empty() {
        view.orders_by_number(text)?
    } else {
        by_waybill
    };
    if let Some((order, waybill)) = orders
        .into_iter()
        .find_map(|o| o.news.waybill.clone().map(|w| (o.news.order, w)))
    {
        return Ok(Means::Parcel { waybill, order });
    }
    let notice = NoticeNo::new(text);
    if view.notice(&notice)?.is_some() {
        return Ok(Means::Notice(notice));
    }
    let pass = GatePassNo::new(text);
    if view.pass(&pass)?.is_some() {
        return Ok(Means::Pass(pass));
    }
    // A shelf's name as it is written on it: typed when its code is damaged.
    location_named(view, LocationId::new(text))
}
