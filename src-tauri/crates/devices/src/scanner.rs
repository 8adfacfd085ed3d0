//! Scanners: whole frames with their time and origin, in one ordered queue.
//!
//! Every scanner of a workstation puts into the same queue, so that the order in which a clerk
//! scanned with two of them is the order in which the tasks see it. Coming and going of a scanner
//! stands in that order too: what was scanned before the cable was pulled is before the loss. While
//! a scanner is listened to (the clinic), every byte it sends stands there as well, before the frames
//! the bytes become.

use crate::connection::{Came, Connection, Device};
use bondhouse_domain::framing::{Frame, Framer, FramingConfig};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::peripheral::{LineSettings, PortName};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

/// How often a silent port is asked whether it is still wanted.
const SILENCE: Duration = Duration::from_millis(200);

/// One scanner of a workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerConfig {
    /// What the clerks call it.
    pub name: String,
    /// Where it is.
    pub port: PortName,
    /// How its line is set.
    pub line: LineSettings,
    /// How it marks the end of a scan.
    pub framing: FramingConfig,
}

/// What the queue carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerEvent {
    /// A frame was read.
    Read(Reading),
    /// Bytes as they arrived, of a scanner that is listened to.
    Heard(HeardBytes),
    /// A scanner came or went.
    State(ScannerState),
}

/// Bytes of one read, nothing removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardBytes {
    /// The scanner's name.
    pub scanner: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// When they arrived, in milliseconds since the machine was started.
    pub at_boottime_ms: u64,
}

/// One frame with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The scanner's name.
    pub scanner: String,
    /// What it sent.
    pub frame: Frame,
    /// When its last byte arrived, in milliseconds since the machine was started.
    pub at_boottime_ms: u64,
}

/// A scanner came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerState {
    /// The scanner's name.
    pub scanner: String,
    /// The path it is open under, or why it is not.
    pub connected: Result<String, Refusal>,
}

/// A running scanner. Dropping it closes the port and ends its thread.
#[derive(Debug)]
pub struct Scanner {
    listened: Arc<AtomicBool>,
    _connection: Connection,
}

impl Scanner {
    /// Starts reading a scanner into `queue`, now and whenever it is plugged in.
    ///
    /// `boottime_ms` is the machine's clock of milliseconds since it was started, sleep included.
    /// Drop the scanner or the queue's receiver to end it; a frame in hand while the queue is full
    /// at that moment is the only thing ever given up.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        config: ScannerConfig,
        queue: SyncSender<ScannerEvent>,
        boottime_ms: fn() -> u64,
    ) -> std::io::Result<Self> {
        let ScannerConfig {
            name,
            port,
            line,
            framing,
        } = config;
        let device = Device {
            name: name.clone(),
            port,
            line,
        };
        let mut framer = Framer::new(framing);
        let listened = Arc::new(AtomicBool::new(false));
        let listening = Arc::clone(&listened);
        let connection = Connection::start(device, move |came, stop| {
            let now = boottime_ms();
            let state = |connected| {
                ScannerEvent::State(ScannerState {
                    scanner: name.clone(),
                    connected,
                })
            };
            if let Came::Bytes(bytes) = &came
                && listening.load(Ordering::Relaxed)
            {
                let heard = HeardBytes {
                    scanner: name.clone(),
                    bytes: bytes.to_vec(),
                    at_boottime_ms: now,
                };
                stop.put(&queue, ScannerEvent::Heard(heard))?;
            }
            let (frames, state) = match came {
                Came::Bytes(bytes) => (framer.push(now, bytes), None),
                Came::Quiet(_) => (framer.idle(now).into_iter().collect(), None),
                Came::Opened(path) => (Vec::new(), Some(state(Ok(path)))),
                Came::Lost(reason) => {
                    // What silence had ended was whole; the rest of a frame under way will never come.
                    let whole = framer.idle(now).into_iter().collect();
                    framer.reset();
                    (whole, Some(state(Err(reason))))
                }
            };
            let read = |frame| {
                ScannerEvent::Read(Reading {
                    scanner: name.clone(),
                    frame,
                    at_boottime_ms: now,
                })
            };
            for event in frames.into_iter().map(read).chain(state) {
                stop.put(&queue, event)?;
            }
            let until = framer.deadline().map_or(SILENCE, |at| {
                Duration::from_millis(at.saturating_sub(now).max(1))
            });
            ControlFlow::Continue(until.min(SILENCE))
        })?;
        Ok(Self {
            listened,
            _connection: connection,
        })
    }

    /// Whether every byte it sends shall be handed over too, from the next read on.
    pub fn listen(&self, wanted: bool) {
        self.listened.store(wanted, Ordering::Relaxed);
    }
}
