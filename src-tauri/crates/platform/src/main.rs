//! `bondhouse-platform`: the platform as a program.

use anyhow::Context;
use bondhouse_platform::{
    Certificates, Clock, Config, Folders, Patience, Platform, Rotation, Settings, Storage, Tls,
};
use clap::{Parser, Subcommand};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// The logistics platform of a bonded warehouse.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder of the keys, and of the database where it is a file.
    #[arg(long, env = "BONDHOUSE_DATA", global = true, default_value = "data")]
    data: PathBuf,
    /// A PostgreSQL database shared by several nodes, `postgres://user@host/name`, instead of a file.
    #[arg(
        long,
        env = "BONDHOUSE_DATABASE",
        global = true,
        hide_env_values = true
    )]
    database: Option<String>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "BONDHOUSE_LISTEN", default_value = "127.0.0.1:7700")]
    listen: SocketAddr,
    /// TOML file with the warehouse's settings, read at the first start.
    #[arg(long, env = "BONDHOUSE_CONFIG")]
    config: Option<PathBuf>,
    /// Speak TLS with this PEM file: the platform's certificate first, whoever signed it last.
    #[arg(long, env = "BONDHOUSE_TLS_CHAIN", requires = "tls_key")]
    tls_chain: Option<PathBuf>,
    /// PEM file with the key of that certificate, readable by its owner alone.
    #[arg(long, env = "BONDHOUSE_TLS_KEY", requires = "tls_chain")]
    tls_key: Option<PathBuf>,
    /// Connections open at once; who comes later waits for one to close.
    #[arg(long, env = "BONDHOUSE_CONNECTIONS", default_value_t = Patience::default().connections)]
    connections: usize,
    /// Reach customs through a single-window client: the folder with its OutBox, SentBox, FailBox, InBox.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_FOLDER")]
    customs_folder: Option<PathBuf>,
    /// Put each message into the exchange's envelope, to this address of customs.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_ENVELOPE", requires = "customs_folder")]
    customs_envelope: Option<String>,
    /// Have each message signed by the HTTP signer at this address first.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_SIGNER", requires = "customs_folder")]
    customs_signer: Option<String>,
    /// Believe customs only where one of the certificates in this PEM file signed what it sends.
    #[arg(long, env = "BONDHOUSE_CUSTOMS_CERTIFICATES")]
    customs_certificates: Option<PathBuf>,
    /// Take receipts of the bonded family (INV, SAS) unsigned all the same.
    #[arg(
        long,
        env = "BONDHOUSE_CUSTOMS_BONDED_UNSIGNED",
        requires = "customs_certificates"
    )]
    customs_bonded_unsigned: bool,
}

/// What to do instead of serving.
#[derive(Subcommand)]
enum Command {
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

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let settings = match &arguments.config {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            toml::from_str(&text)
                .with_context(|| format!("{} is no settings file", path.display()))?
        }
        None => Settings::default(),
    };
    let folders = arguments.customs_folder.map(|root| Folders {
        root,
        envelope_to: arguments.customs_envelope,
        signer: arguments.customs_signer,
    });
    let tls = arguments
        .tls_chain
        .zip(arguments.tls_key)
        .map(|(chain, key)| Tls { chain, key });
    let bonded_unsigned = arguments.customs_bonded_unsigned;
    let certificates = arguments.customs_certificates.map(|file| Certificates {
        file,
        bonded_unsigned,
    });
    let config = Config {
        data: arguments.data,
        folders,
        certificates,
        storage: arguments
            .database
            .map_or(Storage::Embedded, Storage::Postgres),
        listen: arguments.listen,
        settings,
        clock: Clock::system(),
        tls,
        patience: Patience {
            connections: arguments.connections,
            ..Patience::default()
        },
    };
    if let Some(command) = arguments.command {
        match command {
            Command::Doctor => return doctor(&config),
            Command::MoveOut { address, to } => {
                bondhouse_platform::move_out(&config, &to, &address)?;
            }
            Command::MoveIn => bondhouse_platform::move_in(&config)?,
            Command::Restored => bondhouse_platform::restored(&config)?,
            Command::RotateKeys { drop_old } => rotate_keys(&config, drop_old)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run(config))?;
    Ok(ExitCode::SUCCESS)
}

fn doctor(config: &Config) -> anyhow::Result<ExitCode> {
    let findings = bondhouse_platform::examine(config)?;
    let mut out = std::io::stdout().lock();
    for (what, count) in &findings.checked {
        writeln!(out, "{count} {what}")?;
    }
    for wrong in &findings.wrong {
        writeln!(out, "WRONG {wrong}")?;
    }
    Ok(if findings.wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn rotate_keys(config: &Config, drop_old: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if drop_old {
        for file in bondhouse_platform::drop_old_keys(config)? {
            writeln!(out, "deleted {}", file.display())?;
        }
        return Ok(());
    }
    match bondhouse_platform::rotate_keys(config)? {
        Rotation::Made { file } => writeln!(
            out,
            "made {}: copy it to every node, then run this again",
            file.display()
        )?,
        Rotation::Sealed {
            version,
            values,
            unneeded,
        } => {
            for (table, count) in values {
                writeln!(out, "{count} {table}")?;
            }
            writeln!(out, "everything is sealed with data key {version}")?;
            for file in unneeded {
                writeln!(out, "only older backups need {}", file.display())?;
            }
        }
    }
    Ok(())
}

async fn run(config: Config) -> anyhow::Result<()> {
    let platform = Platform::start(config).await?;
    // Whoever hears that it listens may ask it to stop at once.
    let asked = asked_to_stop()?;
    // One line for whoever started us; nothing else is ever written there.
    let line = serde_json::json!({
        "listening": platform.address().to_string(),
        "fingerprint": platform.fingerprint(),
    });
    writeln!(std::io::stdout().lock(), "{line}")?;
    tracing::info!(address = %platform.address(), "listening");
    asked.await;
    tracing::info!("stopping");
    platform.stop().await
}

/// SIGTERM or SIGINT from now on (Ctrl-C where there are no signals), which would end it on the spot before.
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut term, mut int) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        Ok(async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Where it cannot be heard, it is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
