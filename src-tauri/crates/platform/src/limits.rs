//! How often a caller may call: a bucket of calls for each key, filled at a steady rate.
//!
//! It keeps one partner's faulty loop from taking the others' turn; it is not a defence against floods,
//! which are the network's to stop.

use bondhouse_domain::time::Instant;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The buckets of every key that has called.
#[derive(Default)]
pub(crate) struct Limits(Mutex<BTreeMap<String, Bucket>>);

/// Thousandths of calls, so that slow rates are exact.
struct Bucket {
    left: i64,
    at: Instant,
}

impl Limits {
    /// Takes a call from a key's bucket; `false` when it is empty.
    pub(crate) fn take(&self, key: &str, per_second: u32, burst: u32, now: Instant) -> bool {
        const CALL: i64 = 1000;
        let full = i64::from(burst).saturating_mul(CALL);
        // Every statement leaves the map whole, so a panic elsewhere is no harm.
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket {
            left: full,
            at: now,
        });
        // Thousandths a millisecond are calls a second.
        let gained = now
            .since(bucket.at)
            .as_millis()
            .max(0)
            .saturating_mul(i64::from(per_second));
        bucket.left = bucket.left.saturating_add(gained).min(full);
        bucket.at = now;
        let allowed = bucket.left >= CALL;
        if allowed {
            bucket.left = bucket.left.saturating_sub(CALL);
        }
        allowed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_then_the_rate_and_nobody_elses_turn_is_taken() {
        let limits = Limits::default();
        let take = |key, ms| limits.take(key, 2, 3, Instant::from_millis(ms));
        assert_eq!(
            [take("a", 0), take("a", 0), take("a", 0), take("a", 0)],
            [true, true, true, false]
        );
        assert!(take("b", 0));
        assert_eq!(
            [take("a", 499), take("a", 500), take("a", 501)],
            [false, true, false]
        );
        assert_eq!(
            [
                take("a", 90_000),
                take("a", 90_000),
                take("a", 90_000),
                take("a", 90_000)
            ],
            [true, true, true, false]
        );
    }
}
