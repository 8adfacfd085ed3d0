//! What this machine says about time; what follows from it is `domain::clock`'s.

use bondhouse_domain::time::Instant;
use std::sync::LazyLock;

pub use bondhouse_domain::clock::{Estimate, Machine, begun, estimate, heard, never_heard};

/// A program never outlives its boot, so it is read once: every scan asks for the time.
static BOOT_ID: LazyLock<String> = LazyLock::new(|| {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
});

/// Asks the machine. Rust's own `Instant` stops during suspend; the boot-time clock does not.
pub fn read_machine() -> Machine {
    let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let wall = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    let millis = |t: rustix::time::Timespec| {
        t.tv_sec
            .saturating_mul(1_000)
            .saturating_add(t.tv_nsec.checked_div(1_000_000).unwrap_or(0))
    };
    Machine {
        boot_id: BOOT_ID.clone(),
        boot_ms: u64::try_from(millis(boot)).unwrap_or(0),
        wall: Instant::from_millis(millis(wall)),
    }
}

/// Milliseconds since boot, suspend included: the time stamp of readings.
pub fn boot_ms() -> u64 {
    read_machine().boot_ms
}
