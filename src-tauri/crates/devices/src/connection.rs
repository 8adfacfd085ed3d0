//! Keeps one port open: opens, reads, notices that the cable is gone, tries again.
//!
//! All of it is one blocking thread. An unplugged device is an error of the next read, never a
//! timer's guess; the old handle is dropped before the next attempt, because Windows gives the
//! port to nobody while it lives.

use crate::port;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::peripheral::{LineSettings, PortName};
use bondhouse_domain::scanner::says;
use std::io::{ErrorKind, Write};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(2);

/// How long a full queue is left alone before it is tried again.
const FULL_QUEUE: Duration = Duration::from_millis(1);

/// A device's name and where to find it.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) port: PortName,
    pub(crate) line: LineSettings,
}

/// What happens on a port.
pub(crate) enum Came<'a> {
    /// It is open, under this path.
    Opened(String),
    /// Bytes arrived.
    Bytes(&'a [u8]),
    /// Nothing arrived for the time asked for; the port may be written to.
    Quiet(&'a mut dyn Write),
    /// It is gone, or could not be opened; said again only when the reason changes.
    Lost(Refusal),
}

/// Ends the thread when dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Connection {
    /// Starts the thread. `take` is told what happens and answers how long to wait for bytes.
    pub(crate) fn start(
        device: Device,
        mut take: impl FnMut(Came<'_>, &Stop) -> ControlFlow<(), Duration> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let stopped = Stop(stopped);
        let thread = std::thread::Builder::new()
            .name(device.name.clone())
            .spawn(move || {
                let _ = run(&device, &stopped, &mut take);
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// Told when the connection is dropped.
pub(crate) struct Stop(Receiver<()>);

impl Stop {
    /// Waits, or breaks when the connection was dropped.
    fn wait(&self, time: Duration) -> ControlFlow<()> {
        match self.0.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }

    /// Puts into a queue, waiting while it is full. Breaks when nobody listens any more.
    pub(crate) fn put<T>(&self, queue: &SyncSender<T>, item: T) -> ControlFlow<()> {
        let mut item = item;
        loop {
            match queue.try_send(item) {
                Ok(()) => return ControlFlow::Continue(()),
                Err(TrySendError::Disconnected(_)) => return ControlFlow::Break(()),
                Err(TrySendError::Full(back)) => item = back,
            }
            self.wait(FULL_QUEUE)?;
        }
    }
}

fn run(
    device: &Device,
    stop: &Stop,
    take: &mut impl FnMut(Came<'_>, &Stop) -> ControlFlow<(), Duration>,
) -> ControlFlow<()> {
    let mut retry = FIRST_RETRY;
    let mut said: Option<Refusal> = None;
    loop {
        let reason = match port::open(&device.name, &device.port, device.line) {
            Ok((path, port)) => {
                tracing::info!(device = %device.name, %path, "opened");
                (retry, said) = (FIRST_RETRY, None);
                let wait = take(Came::Opened(path.clone()), stop)?;
                read(port, wait, stop, take)?;
                says::port_missing(&device.name, path)
            }
            Err(reason) => reason,
        };
        if said.as_ref() != Some(&reason) {
            tracing::warn!(device = %device.name, code = %reason, "lost");
            take(Came::Lost(reason.clone()), stop)?;
            said = Some(reason);
        }
        stop.wait(retry)?;
        retry = retry.saturating_mul(2).min(LAST_RETRY);
    }
}

/// Reads until the port is gone; breaks when the connection was dropped.
fn read(
    mut port: Box<dyn serialport::SerialPort>,
    first_wait: Duration,
    stop: &Stop,
    take: &mut impl FnMut(Came<'_>, &Stop) -> ControlFlow<(), Duration>,
) -> ControlFlow<()> {
    let mut buffer = [0u8; 1024];
    let mut wait = first_wait;
    loop {
        stop.wait(Duration::ZERO)?;
        if port.set_timeout(wait).is_err() {
            return ControlFlow::Continue(());
        }
        wait = match port.read(&mut buffer) {
            // A hung-up terminal gives nothing, for ever.
            Ok(0) => return ControlFlow::Continue(()),
            Ok(count) => take(Came::Bytes(buffer.get(..count).unwrap_or_default()), stop)?,
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                take(Came::Quiet(&mut port), stop)?
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return ControlFlow::Continue(()),
        };
    }
}
