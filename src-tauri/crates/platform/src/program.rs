//! What the program is started with: arguments, the environment, and one TOML file.
//!
//! Each setting is asked of the arguments first, then of the environment, then of the file's `[server]`,
//! then of the default. What stands beside `[server]` in the file is the warehouse, and is read at the
//! first start only ([`Settings`]).

use anyhow::Context;
use bondhouse_platform::{Certificates, Clock, Config, Folders, Patience, Settings, Storage, Tls};
use clap::{Args, Parser, Subcommand};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The logistics platform of a bonded warehouse.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// TOML file: `[server]` with any of these settings, and the warehouse's, which are read at the first start.
    #[arg(long, env = "BONDHOUSE_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

/// How it serves.
#[derive(Args, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Server {
    /// Folder of the keys, and of the database where it is a file [default: data].
    #[arg(long, env = "BONDHOUSE_DATA", global = true)]
    data: Option<PathBuf>,
    /// A PostgreSQL database shared by several nodes, `postgres://user@host/name`, instead of a file.
    #[arg(
        long,
        env = "BONDHOUSE_DATABASE",
        global = true,
        hide_env_values = true
    )]
    database: Option<String>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7700].
    #[arg(long, env = "BONDHOUSE_LISTEN")]
    listen: Option<SocketAddr>,
    /// Speak TLS with this PEM file: the platform's certificate first, whoever signed it last.
    #[arg(long, env = "BONDHOUSE_TLS_CHAIN")]
    tls_chain: Option<PathBuf>,
    /// PEM file with the key of that certificate, readable by its owner alone.
    #[arg(long, env = "BONDHOUSE_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Connections open at once; who comes later waits for one to close [default: 4096].
    #[arg(long, env = "BONDHOUSE_CONNECTIONS")]
    connections: Option<usize>,
    /// Reach customs through a single-window client: the folder with its OutBox, SentBox, FailBox, InBox.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_FOLDER")]
    customs_folder: Option<PathBuf>,
    /// Put each message into the exchange's envelope, to this address of customs.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_ENVELOPE")]
    customs_envelope: Option<String>,
    /// Have each message signed by the HTTP signer at this address first.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_SIGNER")]
    customs_signer: Option<String>,
    /// Believe customs only where one of the certificates in this PEM file signed what it sends.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_CERTIFICATES")]
    customs_certificates: Option<PathBuf>,
    /// Take receipts of the bonded family (INV, SAS) unsigned all the same.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_BONDED_UNSIGNED")]
    customs_bonded_unsigned: bool,
}

/// What to do instead of serving.
#[derive(Subcommand, Clone)]
pub(crate) enum Command {
    /// Check a platform, running or not: chains, sums, seals. Exit 0 all holds, 1 something does not.
    Doctor,
    /// End the authority here and copy it: whoever still calls is sent on to ADDRESS.
    MoveOut {
        /// Where it will answer, such as https://platform.example.
        address: String,
        /// A new folder for the copy.
        to: PathBuf,
    },
    /// Begin the next life of the authority that was copied into this folder by `move-out`.
    MoveIn,
    /// Wake a copy from a backup: it takes the workstations' journals back, then goes on.
    Restored,
    /// Seal personal data with a new data key. Stopped at any moment, the next run goes on.
    RotateKeys {
        /// Delete the key files that nothing in the database needs any longer. Older backups need them.
        #[arg(long)]
        drop_old: bool,
    },
}

impl Arguments {
    /// How the platform is started.
    ///
    /// # Errors
    /// When the file cannot be read, or one setting is there without the other it needs.
    pub(crate) fn config(self) -> anyhow::Result<Config> {
        let (of_file, settings) = match &self.config {
            Some(path) => read(path)?,
            None => (Server::default(), Settings::default()),
        };
        self.server.or(of_file).config(settings)
    }
}

/// The server's part of the file and the warehouse's.
fn read(path: &Path) -> anyhow::Result<(Server, Settings)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let parted = || {
        let mut all: toml::Table = toml::from_str(&text)?;
        match all.remove("server") {
            Some(server) => Ok((server.try_into()?, all.try_into()?)),
            // From the text itself, so that a mistake is told with its line.
            None => Ok((Server::default(), toml::from_str(&text)?)),
        }
    };
    parted().map_err(|error: toml::de::Error| {
        anyhow::Error::new(error).context(format!("{} is no settings file", path.display()))
    })
}

impl Server {
    /// These settings, and where one is missing the other's.
    fn or(self, other: Self) -> Self {
        Self {
            data: self.data.or(other.data),
            database: self.database.or(other.database),
            listen: self.listen.or(other.listen),
            tls_chain: self.tls_chain.or(other.tls_chain),
            tls_key: self.tls_key.or(other.tls_key),
            connections: self.connections.or(other.connections),
            customs_folder: self.customs_folder.or(other.customs_folder),
            customs_envelope: self.customs_envelope.or(other.customs_envelope),
            customs_signer: self.customs_signer.or(other.customs_signer),
            customs_certificates: self.customs_certificates.or(other.customs_certificates),
            customs_bonded_unsigned: self.customs_bonded_unsigned || other.customs_bonded_unsigned,
        }
    }

    fn config(self, settings: Settings) -> anyhow::Result<Config> {
        let lacking = [
            (
                "tls_chain",
                self.tls_chain.is_some(),
                "tls_key",
                self.tls_key.is_some(),
            ),
            (
                "tls_key",
                self.tls_key.is_some(),
                "tls_chain",
                self.tls_chain.is_some(),
            ),
            (
                "customs_envelope",
                self.customs_envelope.is_some(),
                "customs_folder",
                self.customs_folder.is_some(),
            ),
            (
                "customs_signer",
                self.customs_signer.is_some(),
                "customs_folder",
                self.customs_folder.is_some(),
            ),
            (
                "customs_bonded_unsigned",
                self.customs_bonded_unsigned,
                "customs_certificates",
                self.customs_certificates.is_some(),
            ),
        ];
        if let Some((given, _, missing, _)) = lacking.iter().find(|(_, is, _, needs)| *is && !needs)
        {
            anyhow::bail!("{given} means nothing without {missing}");
        }
        let mut config = Config::at(self.data.unwrap_or_else(|| PathBuf::from("data")));
        config.settings = settings;
        config.clock = Clock::system();
        config.storage = self.database.map_or(Storage::Embedded, Storage::Postgres);
        config.listen = self
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7700)));
        config.tls = self
            .tls_chain
            .zip(self.tls_key)
            .map(|(chain, key)| Tls { chain, key });
        if let Some(connections) = self.connections {
            config.patience = Patience {
                connections,
                ..Patience::default()
            };
        }
        config.folders = self.customs_folder.map(|root| Folders {
            root,
            envelope_to: self.customs_envelope,
            signer: self.customs_signer,
        });
        let bonded_unsigned = self.customs_bonded_unsigned;
        config.certificates = self.customs_certificates.map(|file| Certificates {
            file,
            bonded_unsigned,
        });
        Ok(config)
    }
}
