//! Connections: how many may be open, and how long a caller may take to say what it wants.
//!
//! The loop that comes with axum waits for ever for the first byte of a request, and takes whoever
//! knocks. A few hundred callers that drip a byte a minute would keep every other one out, so here
//! a connection that has not brought a whole head in time is closed, and the number of open ones has
//! an end: who comes later waits in the system's queue until one closes. How long a body and its
//! answer may take is the router's business (`server`).
//!
//! It will not count by address: behind a balancer every caller has the same one, and a balancer can.

use crate::authority::Authority;
use axum::Router;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How patient the platform is with whoever connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A request's head must be there by then, and the next one's on a connection that stays open.
    pub head: Duration,
    /// A request must be read and answered by then: no act takes so long, a slow sender does.
    pub request: Duration,
    /// Connections open at once.
    pub connections: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            request: Duration::from_secs(30),
            connections: 4_096,
        }
    }
}

/// After an address or file table ran out, for instance: trying at once would only burn the processor.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// Serves until `stopped`, then answers what was asked and closes; whoever takes longer than a request
/// may is cut off.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    authority: Arc<Authority>,
    patience: Patience,
    stopped: impl Future<Output = ()>,
) {
    let (closing, closed) = watch::channel(false);
    let mut stopped = pin!(stopped);
    let mut open = JoinSet::new();
    loop {
        authority.metrics.connections(open.len());
        tokio::select! {
            () = &mut stopped => break,
            Some(_) = open.join_next() => {}
            accepted = listener.accept(), if open.len() < patience.connections => match accepted {
                Ok((stream, _)) => {
                    open.spawn(greet(stream, tls.clone(), router.clone(), patience, closed.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            },
        }
    }
    drop(listener);
    closing.send_replace(true);
    let ended = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(patience.request, ended).await.is_err() {
        tracing::warn!("callers that did not end in time are cut off");
    }
}

/// Shakes hands where that is the custom, within the time of a request's head.
async fn greet(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    patience: Patience,
    closing: watch::Receiver<bool>,
) {
    // Answers are small and wanted at once.
    let _ = stream.set_nodelay(true);
    match tls {
        None => attend(stream, router, patience, closing).await,
        Some(tls) => {
            // Who cannot be agreed with concerns the caller alone.
            if let Ok(Ok(stream)) = tokio::time::timeout(patience.head, tls.accept(stream)).await {
                attend(stream, router, patience, closing).await;
            }
        }
    }
}

/// One connection from its first byte to its last.
async fn attend(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    patience: Patience,
    mut closing: watch::Receiver<bool>,
) {
    let asked = Arc::new(AtomicBool::new(false));
    let inner = TowerToHyperService::new(router);
    let service = service_fn({
        let asked = Arc::clone(&asked);
        move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            inner.call(request)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(patience.head)
        .keep_alive_timeout(patience.head);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // Until the version of HTTP is known, nobody else looks at the time.
    let mut first = pin!(tokio::time::sleep(patience.head));
    let mut waiting = true;
    loop {
        tokio::select! {
            // Whatever ended it concerns the caller alone.
            _ = connection.as_mut() => return,
            () = &mut first, if waiting => {
                if !asked.load(Ordering::Relaxed) {
                    return;
                }
                waiting = false;
            }
            // A sender that is gone means the same as one that says so.
            _ = closing.wait_for(|closing| *closing) => break,
        }
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
