//! What this machine says about time; what follows from it is `domain::clock`'s.

use crate::App;
use crate::error::AppError;
use bondhouse_domain::facts::{CaseRaised, Fact};
use bondhouse_domain::ids::{CaseId, PersonId};
use bondhouse_domain::orders::CaseCode;
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

/// The program begins: what was noted of time is carried on from, or doubted until contact. A doubt is told
/// to a supervisor, because what this station does meanwhile may bear a wrong time.
pub(crate) fn begin(app: &App) -> Result<(), AppError> {
    let store = app.store()?;
    let Some(noted) = store.read(|view| view.clock())? else {
        return Ok(());
    };
    let known = noted.is_in_doubt();
    let begun = begun(noted, &read_machine());
    app.link.set_clock(begun.clone());
    store.set_clock(begun.clone())?;
    if known || !begun.is_in_doubt() {
        return Ok(());
    }
    let station = PersonId::new("station");
    let request = app.request("clock.doubted", app.fresh_id(), &station);
    let done = store.write(request, move |tx| {
        let (series, seq) = (tx.series().clone(), tx.next_seq());
        tx.record(&Fact::CaseRaised(CaseRaised {
            case: CaseId::new(format!(
                "{}/{}/{}",
                series.device, series.incarnation.0, seq.0
            )),
            code: CaseCode::ClockSuspect,
            room: "station".to_owned(),
            about: series.device.to_string(),
        }))?;
        Ok(())
    })?;
    app.touched(done.touched);
    Ok(())
}
