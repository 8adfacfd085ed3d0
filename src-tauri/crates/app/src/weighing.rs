//! The scale at the packing bench: waits beside the floor until the parcel lies still.
//!
//! A weight takes seconds and the floor takes one input at a time, so nobody may wait for a scale
//! while holding it. One thread waits for as long as the open release wants a weight and hands it
//! over like a scan. An empty pan is no weight; a load that never rests is said to be so.

use crate::App;
use crate::floor::{Desk, weight};
use crate::rooms::{FloorRoom, Task};
use bondhouse_domain::scale::says;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// How long one load may take to come to rest.
const REST_WITHIN: Duration = Duration::from_secs(5);

/// Wakes the thread; none once the station closes.
#[derive(Default)]
pub(crate) struct Weighing {
    wake: Mutex<Option<SyncSender<()>>>,
}

impl Weighing {
    pub(crate) fn stop(&self) {
        self.wake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    fn is_stopped(&self) -> bool {
        self.wake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }
}

/// Starts the thread.
pub(crate) fn start(app: &Arc<App>) {
    let (wake, woken) = sync_channel(1);
    *app.weighing
        .wake
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(wake);
    let weak = Arc::downgrade(app);
    app.beside("weighing", move || wait_all(&weak, &woken));
}

/// Lets the thread look, when the task at this desk wants a weight.
pub(crate) fn wake(app: &App, desk: &Desk) {
    let wants = matches!(&desk.task, Some(Task::Release(task)) if task.awaits_weight());
    if wants
        && let Some(wake) = &*app
            .weighing
            .wake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    {
        // Full means that it was woken already.
        let _ = wake.try_send(());
    }
}

fn wait_all(app: &Weak<App>, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        while let Some(app) = app.upgrade() {
            if app.weighing.is_stopped() || !goes_on(&app) {
                break;
            }
        }
    }
}

/// One look at the scale; whether another is wanted.
fn goes_on(app: &App) -> bool {
    if !weight::awaited(app) {
        return false;
    }
    let Some((name, scale)) = app.peripherals.scale(FloorRoom::Release) else {
        weight::weighed(app, "", Err(says::none_bound()));
        return false;
    };
    match scale.weigh(REST_WITHIN) {
        Ok(weighing) if weighing.weight.is_positive() => {
            weight::weighed(app, &name, Ok(weighing.weight));
            false
        }
        // Nothing lies on it yet.
        Ok(weighing) if !weighing.weight.is_negative() => true,
        Ok(_) => {
            weight::weighed(app, &name, Err(says::out_of_range(&name)));
            false
        }
        Err(refusal) => {
            weight::weighed(app, &name, Err(refusal));
            false
        }
    }
}
