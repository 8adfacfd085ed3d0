//! The threads that write, and group commit.
//!
//! Each warehouse has a queue, served by one thread at a time: whatever queued up while the last
//! commit was under way shares the next one, each act in a savepoint of its own, as on SQLite's
//! writing thread. Warehouses do not wait for one another, except for a free thread. **No answer is
//! given before COMMIT returned.** A commit whose answer is lost is told as a failure: the caller
//! asks again, and request ids and natural keys make the repetition safe.

use super::session::{Role, Session};
use crate::error::{Error, Result};
use crate::rows::Rows;
use bondhouse_domain::ids::WarehouseId;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use tokio_postgres::Config;

/// Writing connections of one node.
const WRITERS: usize = 8;
/// Acts that share one commit at most, so that the first of them is not kept waiting.
const LARGEST_BATCH: usize = 64;

/// An act waiting for its turn.
type Job = Box<dyn FnOnce(Rows<'_>) -> Ran + Send>;

/// An act that ran and waits for its commit.
struct Ran {
    keep: bool,
    answer: Box<dyn FnOnce(Result<()>)>,
}

/// The writing threads. Dropping them finishes what is queued.
pub(super) struct Writers {
    queues: Arc<Queues>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Queues {
    waiting: Mutex<Waiting>,
    more: Condvar,
    /// Connections between two commits. The last used is the next used: few stay busy, and what they
    /// have prepared stays warm.
    idle: Mutex<Vec<Session>>,
    writes: AtomicU64,
    commits: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    /// A warehouse is here while it waits or is being served.
    jobs: BTreeMap<WarehouseId, VecDeque<Job>>,
    /// Warehouses that wait for a thread.
    ready: VecDeque<WarehouseId>,
    closed: bool,
}

impl Writers {
    pub(super) fn start(config: &Config) -> std::io::Result<Self> {
        let queues = Arc::new(Queues::default());
        let threads = (0..WRITERS).map(|n| {
            let (queues, config) = (Arc::clone(&queues), config.clone());
            std::thread::Builder::new()
                .name(format!("pg-writer-{n}"))
                .spawn(move || serve(&queues, &config))
        });
        Ok(Self {
            threads: threads.collect::<std::io::Result<_>>()?,
            queues,
        })
    }

    pub(super) fn submit<T: Send + 'static>(
        &self,
        warehouse: &WarehouseId,
        work: impl FnOnce(Rows<'_>) -> Result<T> + Send + 'static,
        reply: oneshot::Sender<Result<T>>,
    ) {
        let job: Job = Box::new(move |rows| {
            // Unwind safety: the savepoint takes back what a panicking act did to the database.
            let result = catch_unwind(AssertUnwindSafe(|| work(rows)))
                .unwrap_or_else(|_| Err(Error::broken("a write panicked")));
            Ran {
                keep: result.is_ok(),
                answer: Box::new(move |commit| drop(reply.send(commit.and(result)))),
            }
        });
        let mut waiting = self.queues.lock();
        if let Some(queue) = waiting.jobs.get_mut(warehouse) {
            queue.push_back(job);
            return;
        }
        waiting
            .jobs
            .insert(warehouse.clone(), VecDeque::from([job]));
        waiting.ready.push_back(warehouse.clone());
        drop(waiting);
        self.queues.more.notify_one();
    }

    /// Writes answered and commits that held.
    pub(super) fn counted(&self) -> (u64, u64) {
        (
            self.queues.writes.load(Ordering::Relaxed),
            self.queues.commits.load(Ordering::Relaxed),
        )
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.queues.lock().closed = true;
        self.queues.more.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Queues {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Every statement leaves the queues whole, so a panic elsewhere is no harm.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next warehouse and what waits for it; `None` when closed and empty.
    fn take(&self) -> Option<(WarehouseId, Vec<Job>)> {
        let mut waiting = self.lock();
        loop {
            if let Some(warehouse) = waiting.ready.pop_front() {
                let queue = waiting.jobs.get_mut(&warehouse)?;
                let batch = queue.drain(..queue.len().min(LARGEST_BATCH)).collect();
                return Some((warehouse, batch));
            }
            if waiting.closed {
                return None;
            }
            waiting = self
                .more
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A warehouse was served: it goes, or waits again for what came meanwhile.
    fn done(&self, warehouse: WarehouseId) {
        let mut waiting = self.lock();
        if waiting.jobs.get(&warehouse).is_some_and(VecDeque::is_empty) {
            waiting.jobs.remove(&warehouse);
        } else {
            waiting.ready.push_back(warehouse);
            drop(waiting);
            self.more.notify_one();
        }
    }
}

fn serve(queues: &Queues, config: &Config) {
    while let Some((warehouse, jobs)) = queues.take() {
        let mut session = queues.idle().pop();
        let mut ran = Vec::new();
        let commit = commit_batch(&mut session, config, jobs, &mut ran);
        match &commit {
            Ok(()) => {
                let writes = u64::try_from(ran.len()).unwrap_or(0);
                queues.writes.fetch_add(writes, Ordering::Relaxed);
                queues.commits.fetch_add(1, Ordering::Relaxed);
                queues.idle().extend(session);
            }
            // Whatever state the connection is in, it is not used again.
            Err(error) => tracing::error!(?error, writes = ran.len(), "commit failed"),
        }
        queues.done(warehouse);
        // Acts that never ran are dropped, which their callers are told as a server that is away.
        for one in ran {
            (one.answer)(commit.clone());
        }
    }
}

/// Runs acts in one transaction; those that ran end up in `ran`.
fn commit_batch(
    session: &mut Option<Session>,
    config: &Config,
    jobs: Vec<Job>,
    ran: &mut Vec<Ran>,
) -> Result<()> {
    if jobs.len() == 1 {
        let session = begin(session, config, "BEGIN")?;
        return run(session, jobs, ran, "COMMIT", "ROLLBACK");
    }
    let session = begin(session, config, "BEGIN; SAVEPOINT act")?;
    let keep = "RELEASE SAVEPOINT act; SAVEPOINT act";
    run(session, jobs, ran, keep, "ROLLBACK TO SAVEPOINT act")?;
    session.run("COMMIT")
}

/// Runs acts one after the other, and after each the words that keep it or take it back.
fn run(
    session: &Session,
    jobs: Vec<Job>,
    ran: &mut Vec<Ran>,
    keep: &str,
    take_back: &str,
) -> Result<()> {
    for job in jobs {
        let mut one = job(Rows::Postgres(session));
        let failed = match one.keep {
            false => None,
            // The server would answer its COMMIT by rolling back, without calling that an error.
            true if session.has_failed() => {
                Some(Error::broken("an act passed over a failed statement"))
            }
            true => match session.keep(keep) {
                Ok(kept) => kept.err(),
                Err(away) => {
                    ran.push(one);
                    return Err(away);
                }
            },
        };
        if let Some(error) = failed {
            let told = one.answer;
            one = Ran {
                keep: false,
                answer: Box::new(move |commit| told(commit.and(Err(error)))),
            };
        }
        let kept = one.keep;
        ran.push(one);
        if !kept {
            session.take_back(take_back)?;
        }
    }
    Ok(())
}

/// A transaction on a connection that works: one that idled while the server was restarted is replaced.
fn begin<'a>(
    slot: &'a mut Option<Session>,
    config: &Config,
    words: &'static str,
) -> Result<&'a Session> {
    if !slot.as_ref().is_some_and(Session::is_open) {
        *slot = Some(Session::open(config, Role::Writer)?);
    }
    let session = slot
        .as_ref()
        .ok_or_else(|| Error::Away("a writer without a connection".to_owned()))?;
    session.begin(words);
    Ok(session)
}
