//! The one thread that writes, and group commit.
//!
//! A durable commit costs a sync, which is what a disk does slowest: 100 to 1,000 a second on a
//! consumer drive. So all writes go through one queue, and everything that queued up while the last
//! sync was under way shares the next one. A lone write waits for nobody, and one that is refused rolls
//! back alone. **No answer is given before COMMIT returned**, refusals included: a refusal may rest on
//! what a neighbour in the batch changed.
//!
//! What was committed is moved from the write-ahead log into the database when the queue has been
//! empty for a moment: a checkpoint takes milliseconds, and nobody should wait for it.
//!
//! It does not retry: a write that lost its batch is told so and its request id makes a repeat safe.

use crate::DiskError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Writes that share one commit at most, so that the first of them is not kept waiting.
const LARGEST_BATCH: usize = 256;

/// A write waiting for its turn and then for its commit.
trait Job: Send {
    /// Runs within the open transaction; tells whether its changes are to be kept.
    fn run(&mut self, tx: &Transaction<'_>) -> bool;
    /// Gives the answer, once it is known whether the commit held.
    fn answer(self: Box<Self>, commit: Result<(), DiskError>);
}

struct Write<F, T, E, R> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    /// This write's own failure ended the shared transaction.
    ended_batch: bool,
    reply: R,
}

impl<F, T, E, R> Job for Write<F, T, E, R>
where
    F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DiskError> + Send,
    R: FnOnce(Result<T, E>) + Send,
{
    fn run(&mut self, tx: &Transaction<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        // Unwind safety: what a panicking write did to the database is rolled back.
        let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(DiskError::Panicked.into()));
        let keep = result.is_ok();
        self.ended_batch = !keep && tx.is_autocommit();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, commit: Result<(), DiskError>) {
        let result = match (commit, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(_), Some(result)) if self.ended_batch => result, // it knows the cause
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(DiskError::Closed.into()),
        };
        (self.reply)(result);
    }
}

/// How much has been written since the database was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Writes that were answered after a commit.
    pub(crate) writes: AtomicU64,
    /// Commits that held.
    pub(crate) commits: AtomicU64,
}

/// The queue to the writing thread. Dropping it finishes what is queued and closes the connection.
pub(crate) struct Writer {
    queue: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    pub(crate) counters: Arc<Counters>,
}

impl Writer {
    /// An empty queue for as long as `pause` is a pause in the work.
    pub(crate) fn start(conn: Connection, pause: Duration) -> Result<Self, DiskError> {
        let (queue, jobs) = channel();
        let counters = Arc::new(Counters::default());
        let thread = std::thread::Builder::new()
            .name("disk-writer".to_owned())
            .spawn({
                let counters = Arc::clone(&counters);
                move || serve(conn, pause, &jobs, &counters)
            })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            counters,
        })
    }

    /// Queues a write; `reply` is called on the writing thread and must not block.
    pub(crate) fn submit<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        reply: impl FnOnce(Result<T, E>) + Send + 'static,
    ) -> Result<(), DiskError>
    where
        T: Send + 'static,
        E: From<DiskError> + Send + 'static,
    {
        if self.is_current_thread() {
            return Err(DiskError::Nested);
        }
        let queue = self.queue.as_ref().ok_or(DiskError::Closed)?;
        let job = Write {
            work: Some(work),
            result: None,
            ended_batch: false,
            reply,
        };
        queue.send(Box::new(job)).map_err(|_| DiskError::Closed)
    }

    fn is_current_thread(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|writer| writer.thread().id() == std::thread::current().id())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let within = self.is_current_thread(); // a write held the last handle: it cannot wait for itself
        drop(self.queue.take());
        if let (Some(thread), false) = (self.thread.take(), within) {
            // Joined so that the connection is closed before the lock file is freed.
            let _ = thread.join();
        }
    }
}

fn serve(
    mut conn: Connection,
    pause: Duration,
    jobs: &Receiver<Box<dyn Job>>,
    counters: &Counters,
) {
    let mut batch = Vec::new();
    let mut in_log = false; // something committed waits in the write-ahead log
    while let Some(first) = next(&conn, pause, jobs, &mut in_log) {
        let commit = commit_batch(&mut conn, first, jobs, &mut batch);
        in_log = true;
        match &commit {
            Ok(()) => {
                counters
                    .writes
                    .fetch_add(batch.len() as u64, Ordering::Relaxed);
                counters.commits.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => tracing::error!(%error, writes = batch.len(), "commit failed"),
        }
        for job in batch.drain(..) {
            job.answer(commit.clone());
        }
    }
}

/// The next write; in a pause before it, the log is moved into the database.
fn next(
    conn: &Connection,
    pause: Duration,
    jobs: &Receiver<Box<dyn Job>>,
    in_log: &mut bool,
) -> Option<Box<dyn Job>> {
    if *in_log {
        match jobs.recv_timeout(pause) {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => *in_log = false,
        }
        // A reader in the way leaves a part for a later pause; a failing disk shows at the next commit.
        if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "checkpoint put off");
        }
    }
    jobs.recv().ok()
}

/// Runs `first` and what is queued behind it in one transaction; all of them end up in `batch`.
///
/// Until one is kept there is nothing to protect: a refused one rolls the transaction back. Behind a
/// kept one each runs in a savepoint, which costs a copy of every page it touches.
fn commit_batch(
    conn: &mut Connection,
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
    batch: &mut Vec<Box<dyn Job>>,
) -> Result<(), DiskError> {
    let mut next = Some(first);
    let mut tx = match conn.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(tx) => tx,
        Err(error) => {
            batch.extend(next);
            return Err(error.into());
        }
    };
    let mut kept = false;
    while let Some(mut job) = next {
        let ran = if kept {
            run_beside(&tx, job.as_mut())
        } else {
            kept = job.run(&tx);
            // A full or failing disk makes SQLite roll back everything, not only the statement.
            if tx.is_autocommit() {
                Err(DiskError::RolledBack)
            } else {
                Ok(())
            }
        };
        batch.push(job);
        ran?; // dropping `tx` rolls back whatever is left of the transaction
        if !kept {
            tx.rollback()?;
            tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        }
        next = if batch.len() < LARGEST_BATCH {
            jobs.try_recv().ok()
        } else {
            None
        };
    }
    Ok(tx.commit()?)
}

/// Runs a write behind others that are kept: what it did is taken back alone when it is refused.
fn run_beside(tx: &Transaction<'_>, job: &mut dyn Job) -> Result<(), DiskError> {
    let step = |sql: &str| tx.prepare_cached(sql)?.execute([]);
    step("SAVEPOINT job")?;
    let keep = job.run(tx);
    if tx.is_autocommit() {
        return Err(DiskError::RolledBack);
    }
    if !keep {
        step("ROLLBACK TO job")?;
    }
    step("RELEASE job")?;
    Ok(())
}
