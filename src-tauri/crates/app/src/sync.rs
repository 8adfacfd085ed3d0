//! The sync loop: pushes the journal's tail, pulls the feed, takes rights, asks for online acts.
//!
//! Every round is self-contained and may be repeated. Between rounds a call that says nothing waits at
//! the platform until there is news. Without network the loop waits and tries again; the floor does not
//! notice, except where it must ask.

mod link;
mod pages;
mod round;

pub(crate) use link::{Identity, Link, fetch};
pub(crate) use pages::{Rehearsal, SyncAnswer, now, rehearse, view};

use crate::clock;
use crate::error::AppError;
use crate::{App, refuse};
use bondhouse_domain::ids::{PersonId, RequestId};
use bondhouse_domain::message::Refusal;
use bondhouse_protocol::wire::{Act, Ask};
use reqwest::StatusCode;
use reqwest::blocking::RequestBuilder;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

/// How long the loop rests when there is nothing to do: the poke wakes it sooner.
const REST: Duration = Duration::from_secs(15);
/// How long it rests while the platform does not answer, or cannot poke.
const RETRY: Duration = Duration::from_millis(900);
/// How long a poke may be waited for: longer than the platform lets it wait.
const POKE_PATIENCE: Duration = Duration::from_secs(40);
/// Commits that follow each other this closely travel together.
const COALESCE: Duration = Duration::from_millis(150);
/// What is past its time is let go this often.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// The time is noted this often (sync protocol, 2.8).
const MARK_EVERY: Duration = Duration::from_secs(60);

/// Starts the loop.
pub(crate) fn start(app: &Arc<App>) {
    if app.store.get().is_some()
        && let Err(error) = clock::begin(app)
    {
        tracing::error!(?error, "the clock could not be carried on");
    }
    listen(app);
    let weak = Arc::downgrade(app);
    app.beside("sync", move || {
        let mut pruned: Option<Stopwatch> = None;
        let mut copies = crate::copies::Copies::default();
        let mut marked = Stopwatch::now();
        loop {
            let Some(app) = weak.upgrade() else { return };
            if pruned.is_none_or(|at| at.elapsed() > PRUNE_EVERY) {
                // At the start it was read anyway; from then on once a day, page by page.
                if pruned.is_some() {
                    crate::upkeep::examine(&app);
                }
                prune(&app);
                pruned = Some(Stopwatch::now());
            }
            copies.look(&app, clock::boot_ms());
            if marked.elapsed() > MARK_EVERY {
                mark_time(&app);
                marked = Stopwatch::now();
            }
            if app.store.get().is_some()
                && let Err(error) = drain(&app)
            {
                tracing::debug!(?error, "sync round failed");
            }
            if !app.link.wait(app.link.rest()) {
                return;
            }
            std::thread::sleep(COALESCE);
        }
    });
}

/// Waits at the platform for news, again and again, and wakes the loop when there is some.
///
/// Not joined at the end: it writes nothing, and its call may wait for longer than anybody else would.
fn listen(app: &Arc<App>) {
    let weak = Arc::downgrade(app);
    let waiting = std::thread::Builder::new()
        .name("poke".into())
        .spawn(move || {
            let mut before = None;
            loop {
                let Some(app) = weak.upgrade() else { return };
                if app.link.state().stop {
                    return;
                }
                let ready = app.link.network().online && app.store.get().is_some();
                let call = if ready { poke(&app).ok() } else { None };
                app.link.state().poked = call.is_some();
                drop(app);
                let Some((call, cursor)) = call else {
                    std::thread::sleep(RETRY);
                    continue;
                };
                // Poked about what we cannot follow: as often as without being poked, not more.
                if before == Some(cursor) {
                    std::thread::sleep(RETRY);
                }
                let status = call.send().map(|response| response.status());
                let Some(app) = weak.upgrade() else { return };
                before = match status {
                    Ok(StatusCode::NO_CONTENT) => None,
                    Ok(_) | Err(_) => Some(cursor),
                };
                app.link.state().poked = status.is_ok_and(|status| status.is_success());
                if before.is_some() {
                    app.link.wake();
                    drop(app);
                    std::thread::sleep(COALESCE);
                }
            }
        });
    if let Err(error) = waiting {
        tracing::error!(%error, "no thread to be poked on");
    }
}

/// The call that waits, and the position it waits at.
fn poke(app: &App) -> Result<(RequestBuilder, u64), AppError> {
    let cursor = app.store()?.read(|view| view.cursor())?.0.0;
    let target = format!("/v1/poke?after={cursor}");
    let call = app
        .link
        .signed_get(&app.keys, &Identity::of(app)?, &target)?;
    Ok((call.timeout(POKE_PATIENCE), cursor))
}

/// Notes the time, so that a wall clock set back cannot stretch a lease over a reboot.
fn mark_time(app: &App) {
    if let Some(store) = app.store.get()
        && let Err(error) = store.mark_time(app.estimate().now, clock::read_machine().wall)
    {
        tracing::warn!(%error, "the time could not be noted");
    }
}

/// Lets go of what is past its time: consignees of parcels long gone, old answers and movements.
fn prune(app: &App) {
    if let Some(store) = app.store.get()
        && let Err(error) = store.prune(app.estimate().now)
    {
        tracing::warn!(%error, "what is past its time could not be let go");
    }
}

/// Rounds until nothing is left to push or pull.
pub(crate) fn drain(app: &App) -> Result<(), AppError> {
    while round::once(app, Vec::new())?.again {}
    Ok(())
}

/// Asks the authority for one online act: its refusal, or nothing when it was done.
pub(crate) fn act(
    app: &App,
    id: RequestId,
    actor: &PersonId,
    ask: Ask,
) -> Result<Option<Refusal>, AppError> {
    let act = Act {
        id,
        actor: actor.clone(),
        ask,
    };
    let done = match round::once(app, vec![act]) {
        Ok(done) => done,
        Err(_) if !app.link.network().online => {
            return refuse(bondhouse_domain::gate::says::offline());
        }
        Err(error) => return Err(error),
    };
    app.link.wake();
    match done
        .answers
        .into_iter()
        .find(|(answered, _)| *answered == id)
    {
        Some((_, refusal)) => Ok(refusal),
        None => refuse(bondhouse_domain::gate::says::offline()),
    }
}
