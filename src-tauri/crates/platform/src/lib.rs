//! The logistics platform: the authority of a bonded warehouse and the dockings around it.
//!
//! One binary over one database, a file or a server's ([`database`]). Whatever changes anything is one transaction in which the
//! tables and the warehouse's feed change together ([`authority`]); the rules are `domain`'s, this
//! crate stores what they allow and does what follows. One file per noun, dockings apart:
//!
//! * [`orders`], [`payments`], [`institutions`], [`waybills`], [`numbers`], [`lists`], [`comparison`], [`clearance`] — from order to release;
//! * [`intake`], [`notes`], [`gate`] — in through the gate and out again;
//! * [`offline`] — what workstations may do without contact, by which leases are signed;
//! * [`books`], [`goods`], [`leases`], [`workstations`], [`sync`], [`cases`] — stock, rights, facts;
//! * [`inspection`] — quarantine: applications out, holds on goods in;
//! * [`guarantees`], [`laws`] — how far tax is covered, and by which law; [`ledgers`], [`reconciliations`] — lines of the book, and customs' word on them;
//! * [`remittances`] — what institutions passed on, beside what our documents say is due;
//! * [`returns`] — back into the zone, and the tax with it;
//! * [`enquiry`], [`statistics`], [`changes`], [`taxes`] — what partners ask and are told;
//! * [`gateway`] — customs through a single-window client's folders, where it is not called by HTTP;
//! * [`dockings`] — who may call, and what they may see; [`messages`] — every message, kept;
//! * [`free_text`] — what may be kept of it;
//! * [`keys`] — signing and sealing; [`rotation`] — all that is sealed, under a new key; [`rows`] — the few words the rooms speak to the database.
//!
//! It will not: sign customs messages (the U-key lives elsewhere), compute tax that customs decides, or
//! trust a workstation further than its lease goes.

#![forbid(unsafe_code)]

mod authority;
mod books;
mod carriers;
mod cases;
mod changes;
mod clearance;
mod clock;
mod comparison;
mod config;
mod connections;
mod database;
mod dockings;
mod doctor;
mod enquiry;
mod error;
mod free_text;
mod gate;
mod gateway;
mod goods;
mod guarantees;
mod inspection;
mod institutions;
mod intake;
mod keys;
mod laws;
mod leases;
mod ledgers;
mod limits;
mod lists;
mod messages;
mod metrics;
mod moving;
mod notes;
mod numbers;
mod offline;
mod openapi;
mod orders;
mod parcels;
mod payments;
mod planner;
mod postgres;
mod progress;
mod reconciliations;
mod remittances;
mod returns;
mod rotation;
mod rows;
pub mod says;
mod serials;
mod server;
#[cfg(feature = "sim")]
pub mod simulated;
mod statistics;
mod sync;
mod taxes;
mod tls;
mod vehicles;
mod waybills;
mod workstations;

pub use authority::SCHEMA;
pub use clock::Clock;
pub use config::{Certificates, Config, Folders, Policy, Settings, Storage};
pub use connections::Patience;
pub use doctor::{Findings, examine};
pub use moving::{move_in, move_out, restored};
pub use rotation::{Rotation, drop_old_keys, rotate_keys};
pub use tls::Tls;

use anyhow::Context;
use authority::Authority;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A platform that is running in this process.
pub struct Platform {
    address: SocketAddr,
    fingerprint: Option<String>,
    authority: Arc<Authority>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    rounds: [JoinHandle<()>; 4],
}

impl Platform {
    /// Opens keys and database, and begins to listen.
    ///
    /// # Errors
    /// When the folder, its keys or its database cannot be opened, or the address is taken.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let (listen, patience) = (config.listen, config.patience);
        let shown = config.tls.as_ref().map(Tls::open).transpose()?;
        let (acceptor, fingerprint) = shown
            .map(|shown| (shown.acceptor, shown.fingerprint))
            .unzip();
        let settings = config.settings.clone();
        let authority = tokio::task::spawn_blocking(move || Authority::open(&config)).await??;
        let authority = Arc::new(authority);
        authority
            .set_up(settings)
            .await
            .map_err(|error| match error {
                error::Error::Broken(what) | error::Error::Away(what) => anyhow::anyhow!(what),
                other => anyhow::anyhow!("cannot set up the warehouse: {other:?}"),
            })?;
        let http = callback_client()?;
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = connections::serve(
            listener,
            acceptor,
            server::router(Arc::clone(&authority), patience),
            Arc::clone(&authority),
            patience,
            async {
                // A dropped sender stops it as well.
                let _ = stopped.await;
            },
        );
        Ok(Self {
            address,
            fingerprint,
            rounds: [
                tokio::spawn(server::rounds(Arc::clone(&authority))),
                tokio::spawn(server::tell(Arc::clone(&authority), http)),
                tokio::spawn(gateway::rounds(Arc::clone(&authority))),
                tokio::spawn(server::listen(Arc::clone(&authority))),
            ],
            server: tokio::spawn(server),
            authority,
            stop,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://…` or `https://…` without a slash at the end.
    pub fn url(&self) -> String {
        let scheme = if self.fingerprint.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// What workstations are to expect behind its address, when it speaks TLS itself: the SHA-256 of
    /// the certificate that signed its own.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// The admin key, as `DATA/admin.key` holds it.
    pub fn admin_key(&self) -> &str {
        self.authority.keys.admin()
    }

    /// Runs a round of what time alone changes now, call-backs included, instead of within seconds.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn round(&self) -> anyhow::Result<()> {
        let home = self.authority.home().clone();
        self.authority
            .act(&home, server::round)
            .await
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        gateway::round(&self.authority)
            .await
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        changes::tell(&self.authority, &callback_client()?)
            .await
            .map_err(|error| anyhow::anyhow!("{error:?}"))
    }

    /// Answers what was asked, then closes the database.
    ///
    /// # Errors
    /// When the server ended by itself.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.rounds.iter().for_each(JoinHandle::abort);
        let _ = self.stop.send(());
        // Whoever waits to be poked need not wait for the rest of its time.
        self.authority.bell.send_replace(u64::MAX);
        self.server.await?;
        self.authority
            .database()
            .settle()
            .map_err(|error| anyhow::anyhow!("cannot fold the log into the database: {error:?}"))
    }
}

/// The client for call-backs: follows no redirect, so that a shop cannot point it elsewhere.
fn callback_client() -> anyhow::Result<reqwest::Client> {
    // Another part of the process may have chosen the provider already; either serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?)
}
