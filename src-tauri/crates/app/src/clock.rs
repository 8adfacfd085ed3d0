//! What time it is at the authority, as well as this machine can know.
//!
//! Safety never rests on the wall clock. After a contact the authority's time is carried on by the
//! boot-time clock, which keeps running through suspend (Rust's own `Instant` stops there). After a
//! reboot without network only the wall clock is left; it is believed as long as it has not fallen
//! behind the highest time ever seen. If it has, leases count as expired until contact, and events
//! are marked as doubtful. A wrong clock never stops receiving or reading.

use bondhouse_domain::time::{Instant, Span};
use bondhouse_store::Clock;

/// Crystal drift allowed for, so that a lease ends rather too early than too late.
const DRIFT_PPM: i64 = 200;

/// What the machine says about time right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Names this boot; another name means the boot-time clock began anew.
    pub boot_id: String,
    /// Milliseconds since boot, suspend included.
    pub boot_ms: u64,
    /// The wall clock.
    pub wall: Instant,
}

impl Machine {
    /// Asks the machine.
    pub fn now() -> Self {
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let wall = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let millis = |t: rustix::time::Timespec| {
            t.tv_sec
                .saturating_mul(1_000)
                .saturating_add(t.tv_nsec.checked_div(1_000_000).unwrap_or(0))
        };
        Self {
            boot_id: std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .map(|id| id.trim().to_owned())
                .unwrap_or_default(),
            boot_ms: u64::try_from(millis(boot)).unwrap_or(0),
            wall: Instant::from_millis(millis(wall)),
        }
    }
}

/// Milliseconds since boot, suspend included: the time stamp of readings.
pub fn boot_ms() -> u64 {
    Machine::now().boot_ms
}

/// An estimate, and whether it can be relied upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The authority's time, probably.
    pub now: Instant,
    /// The wall clock fell behind what was seen before: leases count as expired.
    pub suspect: bool,
}

/// Before the first contact nothing is known but the wall clock.
pub fn never_heard() -> Clock {
    let zero = Instant::from_millis(0);
    Clock {
        high_water: zero,
        server_time: zero,
        boot_ms: 0,
        boot_id: String::new(),
    }
}

/// The authority answered: half the round trip is added, the high-water mark only rises.
pub fn heard(before: &Clock, server_time: Instant, round_trip_ms: u64, machine: &Machine) -> Clock {
    let half = Span::millis(i64::try_from(round_trip_ms / 2).unwrap_or(0));
    Clock {
        server_time: server_time.plus(half),
        boot_id: machine.boot_id.clone(),
        boot_ms: machine.boot_ms,
        high_water: before.high_water.max(server_time),
    }
}

/// What time it is at the authority now.
pub fn estimate(clock: &Clock, machine: &Machine) -> Estimate {
    let same_boot = !clock.boot_id.is_empty()
        && clock.boot_id == machine.boot_id
        && machine.boot_ms >= clock.boot_ms;
    if same_boot {
        let elapsed =
            i64::try_from(machine.boot_ms.saturating_sub(clock.boot_ms)).unwrap_or(i64::MAX);
        let drift = elapsed.saturating_mul(DRIFT_PPM) / 1_000_000;
        let now = clock
            .server_time
            .plus(Span::millis(elapsed.saturating_add(drift)));
        return Estimate {
            now: now.max(clock.high_water),
            suspect: false,
        };
    }
    Estimate {
        now: machine.wall.max(clock.high_water),
        suspect: machine.wall < clock.high_water,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(boot: &str, boot_ms: u64, wall: i64) -> Machine {
        Machine {
            boot_id: boot.into(),
            boot_ms,
            wall: Instant::from_millis(wall),
        }
    }

    fn at_noon() -> Clock {
        heard(
            &never_heard(),
            Instant::from_millis(1_000_000),
            0,
            &machine("a", 50, 7),
        )
    }

    #[test]
    fn a_wall_clock_set_back_changes_nothing_while_the_machine_runs() {
        let estimate = super::estimate(&at_noon(), &machine("a", 10_050, -5));
        assert_eq!(
            estimate,
            Estimate {
                now: Instant::from_millis(1_010_002),
                suspect: false
            }
        );
    }

    #[test]
    fn after_a_reboot_a_wall_clock_behind_the_mark_is_not_believed() {
        assert!(estimate(&at_noon(), &machine("b", 1, 999_999)).suspect);
        assert_eq!(
            estimate(&at_noon(), &machine("b", 1, 1_200_000)),
            Estimate {
                now: Instant::from_millis(1_200_000),
                suspect: false
            }
        );
    }
}
