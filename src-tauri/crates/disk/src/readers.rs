//! The reading connections: a small stack of `query_only` connections.
//!
//! WAL lets readers and the writer work at the same time. Last returned is first taken, so that one
//! warm cache does most of the work. Each read sees one moment: it runs in a transaction of its own.

use crate::DiskError;
use crate::connection::{self, Options, Role};
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub(crate) struct Readers {
    path: PathBuf,
    options: Options,
    pool: Mutex<Pool>,
    returned: Condvar,
}

struct Pool {
    idle: Vec<Connection>,
    unopened: usize,
}

impl Readers {
    pub(crate) fn new(path: &Path, options: Options) -> Self {
        let unopened = options.readers.max(1);
        Self {
            path: path.to_owned(),
            options,
            pool: Mutex::new(Pool {
                idle: Vec::new(),
                unopened,
            }),
            returned: Condvar::new(),
        }
    }

    /// Runs `work` on one connection within one read transaction.
    pub(crate) fn read<T, E: From<DiskError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with_connection(|conn| {
            let tx = conn
                .transaction_with_behavior(TransactionBehavior::Deferred)
                .map_err(DiskError::from)?;
            work(&tx) // dropping `tx` ends the read
        })
    }

    /// Runs `work` on one connection outside of any transaction.
    pub(crate) fn with_connection<T, E: From<DiskError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut lent = Lent {
            conn: Some(self.take()?),
            readers: self,
        };
        match lent.conn.as_mut() {
            Some(conn) => work(conn),
            None => Err(DiskError::Closed.into()),
        }
    }

    fn take(&self) -> Result<Connection, DiskError> {
        let mut pool = self.pool();
        loop {
            if let Some(conn) = pool.idle.pop() {
                return Ok(conn);
            }
            if let Some(left) = pool.unopened.checked_sub(1) {
                pool.unopened = left;
                drop(pool);
                return connection::open(&self.path, &self.options, Role::Reader).inspect_err(
                    |_| {
                        self.pool().unopened += 1;
                        self.returned.notify_one();
                    },
                );
            }
            pool = self
                .returned
                .wait(pool)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // The pool is consistent between any two of its statements, so a panic elsewhere is no harm.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the connection back even when the read panics.
struct Lent<'a> {
    conn: Option<Connection>,
    readers: &'a Readers,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.readers.pool().idle.extend(self.conn.take());
        self.readers.returned.notify_one();
    }
}
