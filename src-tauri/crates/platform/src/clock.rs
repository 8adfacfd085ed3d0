//! What time it is: asked in one place, so that a test can say it.

use bondhouse_domain::time::{Instant, Span};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where `now` comes from.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Told(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is told to move.
    pub fn told(at: Instant) -> Self {
        Self(Source::Told(Arc::new(AtomicI64::new(at.as_millis()))))
    }

    /// Moves a told clock; the machine's clock is not ours to move.
    pub fn forward(&self, by: Span) {
        if let Source::Told(ms) = &self.0 {
            ms.fetch_add(by.as_millis(), Ordering::SeqCst);
        }
    }

    /// Now, in UTC.
    pub fn now(&self) -> Instant {
        Instant::from_millis(match &self.0 {
            // Before 1970 the machine has lost its clock; 0 then makes every lease end at once.
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|d| i64::try_from(d.as_millis()).ok())
                .unwrap_or(0),
            Source::Told(ms) => ms.load(Ordering::SeqCst),
        })
    }
}
