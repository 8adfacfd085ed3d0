//! The logistics platform: the authority of a bonded warehouse and the dockings around it.
//!
//! One binary over one database, a file or a server's ([`database`]). Whatever changes anything is one transaction in which the
//! tables and the warehouse's feed change together ([`authority`]); the rules are `domain`'s, this
//! crate stores what they allow and does what follows. One file per noun, dockings apart:
//!
//! * [`orders`], [`payments`], [`waybills`], [`comparison`], [`clearance`] — from order to release;
//! * [`intake`], [`notes`], [`gate`] — in through the gate and out again;
//! * [`books`], [`goods`], [`leases`], [`workstations`], [`sync`], [`cases`] — stock, rights, facts;
//! * [`inspection`] — quarantine: applications out, holds on goods in;
//! * [`remittances`] — what institutions passed on, beside what our documents say is due;
//! * [`returns`] — back into the zone, and the tax with it;
//! * [`enquiry`], [`statistics`], [`changes`], [`taxes`] — what partners ask and are told;
//! * [`gateway`] — customs through a single-window client's folders, where it is not called by HTTP;
//! * [`dockings`] — who may call, and what they may see; [`messages`] — every message, kept;
//! * [`keys`] — signing and sealing; [`rows`] — the few words the rooms speak to the database.
//!
//! It will not: sign customs messages (the U-key lives elsewhere), compute tax that customs decides, or
//! trust a workstation further than its lease goes.

#![forbid(unsafe_code)]

mod authority;
mod books;
mod cases;
mod changes;
mod clearance;
mod clock;
mod comparison;
mod config;
mod database;
mod dockings;
mod doctor;
mod enquiry;
mod error;
mod gate;
mod gateway;
mod goods;
mod inspection;
mod intake;
mod keys;
mod leases;
mod limits;
mod messages;
mod metrics;
mod moving;
mod notes;
mod openapi;
mod orders;
mod payments;
mod postgres;
mod remittances;
mod returns;
mod rows;
pub mod says;
mod server;
mod statistics;
mod sync;
mod taxes;
mod waybills;
mod workstations;

pub use authority::SCHEMA;
pub use clock::Clock;
pub use config::{Config, Folders, Policy, Settings, Storage};
pub use doctor::{Findings, examine};
pub use moving::{move_in, move_out, restored};

use anyhow::Context;
use authority::Authority;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A platform that is running in this process.
pub struct Platform {
    address: SocketAddr,
    authority: Arc<Authority>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
    rounds: [JoinHandle<()>; 4],
}

impl Platform {
    /// Opens keys and database, and begins to listen.
    ///
    /// # Errors
    /// When the folder, its keys or its database cannot be opened, or the address is taken.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let (listen, settings) = (config.listen, config.settings.clone());
        let authority = tokio::task::spawn_blocking(move || Authority::open(&config)).await??;
        let authority = Arc::new(authority);
        authority
            .set_up(settings)
            .await
            .map_err(|error| anyhow::anyhow!("cannot set up the warehouse: {error:?}"))?;
        let http = callback_client()?;
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, server::router(Arc::clone(&authority)))
            .with_graceful_shutdown(async {
                // A dropped sender stops it as well.
                let _ = stopped.await;
            });
        Ok(Self {
            address,
            rounds: [
                tokio::spawn(server::rounds(Arc::clone(&authority))),
                tokio::spawn(server::tell(Arc::clone(&authority), http)),
                tokio::spawn(gateway::rounds(Arc::clone(&authority))),
                tokio::spawn(server::listen(Arc::clone(&authority))),
            ],
            server: tokio::spawn(server.into_future()),
            authority,
            stop,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://…` without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
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
            .act(&home, |act| {
                leases::expire(act)?;
                returns::expire(act)?;
                sync::forget(act)?;
                orders::advance_waiting(act)
            })
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
        self.server.await??;
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
