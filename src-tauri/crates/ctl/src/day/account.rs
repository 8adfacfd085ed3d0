//! The day's account: a line for each step that held, with the time since the beginning.

use crate::out;
use anyhow::bail;
use std::time::{Duration, Instant};

/// How long the world may take for anything that is awaited of it.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// How often something awaited is looked for.
const LOOK: Duration = Duration::from_millis(150);

/// What is written down as the day goes.
pub(super) struct Account {
    began: Instant,
}

impl Account {
    pub(super) fn begin() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    /// A step held.
    pub(super) fn step(&self, text: &str) -> anyhow::Result<()> {
        out::line(&format!(
            "{:>7.1} s  {text}",
            self.began.elapsed().as_secs_f32()
        ))
    }
}

/// Looks for something until it is there; on giving up says what was awaited and what was seen last.
pub(super) fn await_that<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> anyhow::Result<Seen<T>>,
) -> anyhow::Result<T> {
    let end = Instant::now() + patience;
    loop {
        match look()? {
            Seen::There(found) => return Ok(found),
            Seen::NotYet(seen) if Instant::now() >= end => {
                bail!(
                    "waited {} s for {what}; last seen: {seen}",
                    patience.as_secs()
                )
            }
            Seen::NotYet(_) => std::thread::sleep(LOOK),
        }
    }
}

/// What a look came to.
pub(super) enum Seen<T> {
    /// It is there.
    There(T),
    /// Not yet; what there is instead.
    NotYet(String),
}
