//! One line to the server, on which statements need not wait for one another's answers.
//!
//! A round trip costs more than most statements do. What nobody needs an answer from at once is only
//! written down ([`Line::later`]) and leaves together with the next thing that is waited for, in the
//! same packets; the server works it off in order, so the answers come in order too. A failure among
//! what was not waited for is told at the next wait, before anything that came after it.
//!
//! The line is driven by whoever uses it, on its own thread: no other thread has to be woken.

use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

/// An answer that is not waited for.
type Owed = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A line that is open until the server or the network ends it.
pub(super) struct Line {
    runtime: Runtime,
    client: Arc<Client>,
    connection: Connection<Socket, NoTlsStream>,
    ended: bool,
    owed: VecDeque<Owed>,
}

impl Line {
    pub(super) fn open(config: &Config) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Away(error.to_string()))?;
        let (client, connection) = runtime.block_on(config.connect(NoTls))?;
        Ok(Self {
            runtime,
            client: Arc::new(client),
            connection,
            ended: false,
            owed: VecDeque::new(),
        })
    }

    /// For the futures that are handed to this line.
    pub(super) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    /// Writes down what is to be done and answers at once. `work` must not need an answer for its own
    /// next step.
    pub(super) fn later(&mut self, work: impl Future<Output = Result<()>> + Send + 'static) {
        let mut work: Owed = Box::pin(work);
        // Its first step puts the request into the client's queue; nobody waits for it to be woken.
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => self.owed.push_back(work),
            Poll::Ready(done) => self.owed.push_back(Box::pin(std::future::ready(done))),
        }
    }

    /// Does `work` after everything that was written down: how that went, and how `work` went.
    pub(super) fn wait<T>(
        &mut self,
        work: impl Future<Output = Result<T>>,
    ) -> (Result<()>, Result<T>) {
        let Self {
            runtime,
            connection,
            ended,
            owed,
            ..
        } = self;
        let (mut work, mut answer, mut asked) = (pin!(work), None, false);
        let mut before = Ok(());
        runtime.block_on(poll_fn(|cx| {
            // Asked before anything is sent, so that it all goes out together.
            if !asked {
                asked = true;
                answer = ready(work.as_mut().poll(cx));
            }
            if let Err(error) = drive(connection, ended, cx) {
                owed.clear();
                before = Err(error);
                return Poll::Ready(());
            }
            while let Some(first) = owed.front_mut() {
                let Some(done) = ready(first.as_mut().poll(cx)) else {
                    return Poll::Pending;
                };
                owed.pop_front();
                before = before.clone().and(done);
            }
            if answer.is_none() {
                answer = ready(work.as_mut().poll(cx));
            }
            match answer {
                Some(_) => Poll::Ready(()),
                None => Poll::Pending,
            }
        }));
        let unanswered = || Err(Error::Away("the connection ended".to_owned()));
        (before, answer.unwrap_or_else(unanswered))
    }

    /// Sends what was written down, without waiting for any answer.
    pub(super) fn send(&mut self) {
        let (connection, ended) = (&mut self.connection, &mut self.ended);
        self.runtime.block_on(poll_fn(|cx| {
            // Whoever waits next is told that it ended.
            let _ = drive(connection, ended, cx);
            Poll::Ready(())
        }));
    }

    /// Whether it is open, as far as the server has said: one that idled may have been ended meanwhile.
    pub(super) fn is_open(&mut self) -> bool {
        // The runtime looks at its sockets between two turns, not before the first.
        self.runtime.block_on(tokio::task::yield_now());
        self.send();
        !self.ended
    }
}

/// Writes and reads what can be at this moment.
fn drive(
    connection: &mut Connection<Socket, NoTlsStream>,
    ended: &mut bool,
    cx: &mut Context<'_>,
) -> Result<()> {
    let closed = || Err(Error::Away("the connection is closed".to_owned()));
    if *ended {
        return closed();
    }
    loop {
        match connection.poll_message(cx) {
            Poll::Pending => return Ok(()),
            // Notices and the like: nothing here listens to them.
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(Some(Err(error))) => {
                *ended = true;
                return Err(error.into());
            }
            Poll::Ready(None) => {
                *ended = true;
                return closed();
            }
        }
    }
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
