//! From a serial port to the open task.
//!
//! One thread per port reads; one ordered queue carries frames; one thread here hands them to the
//! floor, one at a time. What a code names here is looked up in [`meaning`](crate::meaning). What is
//! plugged in and how it is set stands in [`peripherals`](crate::peripherals); a scanner that is being
//! examined speaks to the [`clinic`](crate::clinic) and to nobody else.

use crate::{App, AppEvent, floor, practice};
use bondhouse_devices::scanner::{Reading, ScannerEvent};
use bondhouse_domain::framing::Frame;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::peripheral::{Speaks, says};
use bondhouse_domain::scanner::{Meaning, text_of};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Weak};

/// Scans that may wait while one is being answered; more wait in the port's own buffer.
const QUEUE: usize = 256;

/// Starts whatever is bound or given, and the one thread that answers its scans.
pub(crate) fn start(app: &Arc<App>) {
    let (queue, scans) = sync_channel(QUEUE);
    app.peripherals.start(app, queue);
    let weak = Arc::downgrade(app);
    app.beside("scans", move || answer_all(&weak, &scans));
}

fn answer_all(app: &Weak<App>, scans: &Receiver<ScannerEvent>) {
    while let Ok(event) = scans.recv() {
        let Some(app) = app.upgrade() else { return };
        match event {
            ScannerEvent::State(state) => {
                app.peripherals.note(state);
                app.tell(AppEvent::Changed(vec!["station".into()]));
            }
            ScannerEvent::Heard(heard) => {
                if app.clinic.hear(heard) {
                    app.tell(AppEvent::Changed(vec!["scanner".into()]));
                }
            }
            ScannerEvent::Read(reading) => answer(&app, &reading),
        }
    }
}

fn answer(app: &App, reading: &Reading) {
    if app.clinic.examines(&reading.scanner) && floor::open_room(app).is_none() {
        return;
    }
    let bytes = match &reading.frame {
        Frame::Scan { bytes, .. } | Frame::Torn { bytes } => bytes.as_slice(),
        Frame::NoRead | Frame::Overlong => &[],
    };
    let raw = text_of(bytes);
    let meaning = match out_of_place(app, reading, &raw) {
        Some(refusal) => Meaning::Refused(refusal),
        None => Meaning::from(&reading.frame),
    };
    let from = match reading.scanner.as_str() {
        practice::SCANNER => practice::SCANNER.to_owned(),
        name => format!("serial:{name}"),
    };
    floor::scanned(app, raw, from, meaning, app.fresh_id());
}

/// Why a scan must not be read at all: it comes from another bench's scanner, or from one that lost
/// its setting, so that GS1 and plain codes could no longer be told apart.
fn out_of_place(app: &App, reading: &Reading, raw: &str) -> Option<Refusal> {
    let peripheral = app.peripherals.setting(&reading.scanner)?;
    let Speaks::Scanner(profile) = &peripheral.speaks else {
        return None;
    };
    let open = floor::open_room(app)?;
    if let Some(bench) = peripheral.bench.filter(|bench| bench != open.noun()) {
        return Some(says::other_bench(&reading.scanner, bench));
    }
    let is_scan = matches!(reading.frame, Frame::Scan { .. });
    (profile.aim && is_scan && !raw.starts_with(']')).then(|| says::no_aim(&reading.scanner))
}
