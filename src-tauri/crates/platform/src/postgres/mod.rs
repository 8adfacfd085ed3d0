//! PostgreSQL behind the rooms' few words: for when one machine is outgrown.
//!
//! Several nodes share one database; none holds anything the others lack but the key files, which are
//! copied. What makes them one authority is the warehouse's row: every act takes it first
//! (`Rows::held`), so acts of one warehouse follow one another whichever node does them, and feed
//! positions have no gaps. That is all the coordination there is: no advisory locks, no LISTEN, no
//! serial columns, so that distributed relatives of PostgreSQL stay possible.
//!
//! The client waits on threads of our own ([`writers`]): the rooms are plain functions and are called
//! here just as on SQLite's writing thread. It does not encrypt the line: use a socket on the same
//! machine or a private network.

mod line;
mod migrations;
mod session;
mod writers;

pub(crate) use session::{Session, integer};

use crate::error::{Error, Result};
use crate::rows::Rows;
use anyhow::Context;
use bondhouse_disk::Schema;
use bondhouse_domain::ids::WarehouseId;
use session::Role;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use writers::Writers;

/// Reading connections of one node at most.
const READERS: usize = 8;

/// A database on a server.
pub(crate) struct Server {
    config: tokio_postgres::Config,
    /// `None` only while it is being dropped.
    writers: Option<Writers>,
    readers: Mutex<Readers>,
    returned: Condvar,
}

struct Readers {
    idle: Vec<Session>,
    unopened: usize,
}

impl Server {
    /// Connects, migrates and starts the writers. Blocks: not for a thread that runs async code.
    pub(crate) fn open(url: &str, schema: &Schema) -> anyhow::Result<Self> {
        let mut config: tokio_postgres::Config =
            url.parse().context("the database's address is wrong")?;
        config
            .application_name("bondhouse-platform")
            .connect_timeout(std::time::Duration::from_secs(5));
        let first = Session::open(&config, Role::Writer)
            .map_err(|error| anyhow::anyhow!("cannot connect to the database server: {error:?}"))?;
        migrations::migrate(&first, schema)?;
        Ok(Self {
            writers: Some(Writers::start(&config)?),
            config,
            readers: Mutex::new(Readers {
                idle: Vec::new(),
                unopened: READERS,
            }),
            returned: Condvar::new(),
        })
    }

    /// Queues a write of one warehouse; the answer comes once its commit is durable.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        warehouse: &WarehouseId,
        work: impl FnOnce(Rows<'_>) -> Result<T> + Send + 'static,
    ) -> oneshot::Receiver<Result<T>> {
        let (reply, answer) = oneshot::channel();
        if let Some(writers) = &self.writers {
            writers.submit(warehouse, work, reply);
        }
        answer
    }

    /// Reads at one moment. Blocks while all readers are lent.
    pub(crate) fn read<T>(&self, work: impl FnOnce(Rows<'_>) -> Result<T>) -> Result<T> {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut lent = Lent {
            session: Some(self.take()?),
            server: self,
        };
        // A connection that idled while the server was restarted is replaced.
        if !lent.session.as_ref().is_some_and(Session::is_open) {
            lent.session = None;
            lent.session = Some(Session::open(&self.config, Role::Reader)?);
        }
        let Some(session) = &lent.session else {
            return Err(Error::Away("a reader without a connection".to_owned()));
        };
        session.begin(BEGIN);
        let result = work(Rows::Postgres(session));
        session.leave();
        result
    }

    /// Writes answered and commits made since the start.
    pub(crate) fn written(&self) -> (u64, u64) {
        self.writers.as_ref().map_or((0, 0), Writers::counted)
    }

    fn take(&self) -> Result<Session> {
        let mut readers = self.lock();
        loop {
            if let Some(session) = readers.idle.pop() {
                return Ok(session);
            }
            if let Some(left) = readers.unopened.checked_sub(1) {
                readers.unopened = left;
                drop(readers);
                return Session::open(&self.config, Role::Reader).inspect_err(|_| self.forget());
            }
            readers = self
                .returned
                .wait(readers)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A lent connection is no more: another may be opened in its place.
    fn forget(&self) {
        let mut readers = self.lock();
        readers.unopened = readers.unopened.saturating_add(1);
        drop(readers);
        self.returned.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Readers> {
        // Every statement leaves the pool whole, so a panic elsewhere is no harm.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    /// Finishes what is queued. The client ends its connections by blocking, which a thread that runs
    /// async code may not do, so another one does it.
    fn drop(&mut self) {
        let idle = std::mem::take(&mut self.lock().idle);
        let writers = self.writers.take();
        let closing = std::thread::spawn(move || drop((idle, writers)));
        let _ = closing.join();
    }
}

/// Gives the connection back even when the read panics.
struct Lent<'a> {
    session: Option<Session>,
    server: &'a Server,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        match self.session.take() {
            // After a panic the transaction is still open: such a connection is not lent again.
            Some(session) if !std::thread::panicking() => {
                self.server.lock().idle.push(session);
                self.server.returned.notify_one();
            }
            _ => self.server.forget(),
        }
    }
}
