//! A shop's own server: hears what became of its orders, and is sometimes out of order itself.
//!
//! It believes a call-back only with the platform's signature over it, and counts what it hears: every
//! change once, in order. Out of order it either hears nothing, or hears and cannot say so; the platform
//! repeats a page that got no answer, and what was heard is skipped.

use crate::dice::Dice;
use crate::line::Key;
use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};

/// What the platform tells about an order.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Change {
    n: u64,
    pub(crate) order_no: String,
    pub(crate) state: String,
}

/// What a shop has heard.
#[derive(Default)]
struct Heard {
    last: u64,
    /// The page that came last, by its first change, and how often it came.
    page: (u64, u64),
    fresh: Vec<Change>,
    /// Pages that left something out: a fault of the platform's.
    gaps: u64,
}

/// A shop's server, listening on a port of this machine until the town ends.
pub(crate) struct Receiver {
    heard: Arc<Mutex<Heard>>,
    /// Where it listens.
    pub(crate) url: String,
    // Dropped with the town; the server ends with its runtime.
    _runtime: tokio::runtime::Runtime,
}

#[derive(Clone)]
struct Desk {
    key: Key,
    seed: u64,
    /// In a thousand.
    out_of_order: u32,
    heard: Arc<Mutex<Heard>>,
}

const PATH: &str = "/changes";

impl Receiver {
    /// Opens a shop's server that is out of order so often in a thousand.
    ///
    /// # Errors
    /// When no port is free.
    pub(crate) fn open(key: Key, seed: u64, out_of_order: u32) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        let desk = Desk {
            key,
            seed,
            out_of_order,
            heard: Arc::clone(&heard),
        };
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .context("a shop cannot listen")?;
        let url = format!("http://{}{PATH}", listener.local_addr()?);
        let app = Router::new().route(PATH, post(hear)).with_state(desk);
        runtime.spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::warn!(%error, "a shop's server ended");
            }
        });
        Ok(Self {
            heard,
            url,
            _runtime: runtime,
        })
    }

    /// What was heard since the last look.
    pub(crate) fn news(&self) -> Vec<Change> {
        self.heard
            .lock()
            .map(|mut heard| std::mem::take(&mut heard.fresh))
            .unwrap_or_default()
    }

    /// How many changes were heard, and how often one was missing.
    pub(crate) fn count(&self) -> (u64, u64) {
        self.heard
            .lock()
            .map(|heard| (heard.last, heard.gaps))
            .unwrap_or_default()
    }
}

async fn hear(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if !is_signed(&desk.key, &headers, &body) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(page) = serde_json::from_slice::<Vec<Change>>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let Ok(mut heard) = desk.heard.lock() else {
        return StatusCode::INTERNAL_SERVER_ERROR;
    };
    let first = page.first().map_or(0, |change| change.n);
    heard.page = match heard.page {
        (known, times) if known == first => (first, times + 1),
        _ => (first, 1),
    };
    // Drawn from the page and how often it came, so that it gets through in the end.
    let mut dice = Dice::of(
        desk.seed,
        &format!("shop out of order {}", heard.page.1),
        first,
    );
    let (fails, deaf) = (dice.happens(desk.out_of_order), dice.happens(500));
    if fails && deaf {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    for change in page {
        if change.n <= heard.last {
            continue;
        }
        // The first page after a start may begin anywhere: earlier ones were heard before.
        if heard.last > 0 && change.n != heard.last + 1 {
            heard.gaps += 1;
        }
        heard.last = change.n;
        heard.fresh.push(change);
    }
    if fails {
        return StatusCode::GATEWAY_TIMEOUT;
    }
    StatusCode::OK
}

fn is_signed(key: &Key, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(time), Some(nonce), Some(signature)) = (
        header("bondhouse-time"),
        header("bondhouse-nonce"),
        header("bondhouse-signature"),
    ) else {
        return false;
    };
    let digest = HEXLOWER.encode(&Sha256::digest(body));
    let text = format!("bondhouse request 1\nPOST\n{PATH}\n{time}\n{nonce}\n{digest}");
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes()) else {
        return false;
    };
    mac.update(text.as_bytes());
    HEXLOWER
        .decode(signature.as_bytes())
        .is_ok_and(|sent| mac.verify_slice(&sent).is_ok())
}
