//! Scales: the next weight at rest, when a task asks for it.
//!
//! Unlike scans, weights are not events: a scale on continuous output repeats itself ten times a
//! second, and only what lies on it *after* the clerk was asked to weigh matters. So the latest
//! weight is kept, not queued, and [`Scale::weigh`] waits for one at rest that is newer than the
//! question.

use crate::connection::{Came, Connection, Device};
use bondhouse_domain::framing::{Frame, Framer, FramingConfig};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::peripheral::{LineSettings, PortName};
use bondhouse_domain::scale::{
    SICS_ASK, ScaleFault, ScaleLanguage, ToledoFrames, Weighing, says, sics,
};
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a scale on demand is asked while a weight is wanted.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// One scale of a workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleConfig {
    /// What the clerks call it.
    pub name: String,
    /// Where it is.
    pub port: PortName,
    /// How its line is set.
    pub line: LineSettings,
    /// The language it is set to.
    pub language: ScaleLanguage,
}

/// A running scale. Dropping it closes the port and ends its thread.
#[derive(Debug)]
pub struct Scale {
    name: String,
    pan: Arc<Pan>,
    _connection: Connection,
}

/// What is known of the load, shared with the reader thread.
#[derive(Debug, Default)]
struct Pan {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Seen {
    /// How many frames came so far: tells a new one from an old.
    count: u64,
    latest: Option<Result<Weighing, ScaleFault>>,
    /// The path the port is open under, or why it is not; nothing before the first attempt.
    state: Option<Result<String, Refusal>>,
    /// How many are waiting for a weight.
    wanted: u32,
}

impl Pan {
    fn change(&self, change: impl FnOnce(&mut Seen)) {
        // A weight is written whole; after another thread's panic it is still a weight.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut seen);
        self.changed.notify_all();
    }

    fn put(&self, read: Result<Weighing, ScaleFault>) {
        self.change(|seen| {
            seen.count = seen.count.wrapping_add(1);
            seen.latest = Some(read);
        });
    }

    fn wanted(&self) -> bool {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .wanted
            > 0
    }
}

/// The two languages' ways from bytes to weights.
enum Reader {
    Continuous(ToledoFrames),
    OnDemand(Framer, Instant),
}

impl Reader {
    fn new(language: ScaleLanguage) -> Self {
        match language {
            ScaleLanguage::ToledoContinuous { checksum } => {
                Self::Continuous(ToledoFrames::new(checksum))
            }
            ScaleLanguage::SicsOnDemand => {
                let framing = FramingConfig {
                    silence_ends: false,
                    ..FramingConfig::default()
                };
                Self::OnDemand(Framer::new(framing), Instant::now())
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Vec<Result<Weighing, ScaleFault>> {
        match self {
            Self::Continuous(frames) => frames.push(bytes),
            Self::OnDemand(framer, started) => {
                let now = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let line = |frame| match frame {
                    Frame::Scan { bytes, .. } => sics(&String::from_utf8_lossy(&bytes)),
                    Frame::Torn { .. } | Frame::NoRead | Frame::Overlong => {
                        Err(ScaleFault::Malformed)
                    }
                };
                framer.push(now, bytes).into_iter().map(line).collect()
            }
        }
    }

    fn reset(&mut self) {
        match self {
            Self::Continuous(frames) => frames.reset(),
            Self::OnDemand(framer, _) => framer.reset(),
        }
    }
}

impl Scale {
    /// Starts reading a scale, now and whenever it is plugged in.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(config: ScaleConfig) -> std::io::Result<Self> {
        let ScaleConfig {
            name,
            port,
            line,
            language,
        } = config;
        let pan = Arc::new(Pan::default());
        let shown = Arc::clone(&pan);
        let mut reader = Reader::new(language);
        let connection = Connection::start(
            Device {
                name: name.clone(),
                port,
                line,
            },
            move |came, _| {
                match came {
                    Came::Opened(path) => shown.change(|seen| seen.state = Some(Ok(path))),
                    Came::Bytes(bytes) => reader
                        .take(bytes)
                        .into_iter()
                        .for_each(|read| shown.put(read)),
                    Came::Quiet(port)
                        if language == ScaleLanguage::SicsOnDemand && shown.wanted() =>
                    {
                        if let Err(error) = port.write_all(SICS_ASK) {
                            tracing::debug!(%error, "scale not asked");
                        }
                    }
                    Came::Quiet(_) => {}
                    Came::Lost(reason) => {
                        reader.reset();
                        shown.change(|seen| (seen.state, seen.latest) = (Some(Err(reason)), None));
                    }
                }
                ControlFlow::Continue(ASK_EVERY)
            },
        )?;
        Ok(Self {
            name,
            pan,
            _connection: connection,
        })
    }

    /// The path it is open under, or why it is not; nothing before the first attempt.
    pub fn state(&self) -> Option<Result<String, Refusal>> {
        let seen = self.pan.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.state.clone()
    }

    /// The next weight at rest, waiting for it at most `within`.
    ///
    /// A weight shown before the question does not count: it may be the parcel before.
    ///
    /// # Errors
    /// The port's refusal, or the scale's: moving, out of range, not metric, silent.
    pub fn weigh(&self, within: Duration) -> Result<Weighing, Refusal> {
        let until = Instant::now().checked_add(within);
        let mut seen = self.pan.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = seen.count;
        let mut answer = Err(says::silent(&self.name));
        seen.wanted = seen.wanted.saturating_add(1);
        loop {
            if let Some(Err(reason)) = &seen.state {
                answer = Err(reason.clone());
            } else if seen.count != known {
                known = seen.count;
                answer = match seen.latest {
                    Some(Ok(weighing)) if weighing.stable => Ok(weighing),
                    Some(Ok(_) | Err(ScaleFault::Busy)) => Err(says::moving(&self.name)),
                    Some(Err(ScaleFault::OutOfRange)) => Err(says::out_of_range(&self.name)),
                    Some(Err(ScaleFault::NotMetric)) => Err(says::not_metric(&self.name)),
                    Some(Err(ScaleFault::Malformed | ScaleFault::Checksum)) | None => answer,
                };
            }
            let left = until.map_or(Duration::ZERO, |until| {
                until.saturating_duration_since(Instant::now())
            });
            let lost = matches!(seen.state, Some(Err(_)));
            if answer.is_ok() || lost || left.is_zero() {
                seen.wanted = seen.wanted.saturating_sub(1);
                return answer;
            }
            (seen, _) = self
                .pan
                .changed
                .wait_timeout(seen, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
