//! `bondhouse-platform`: the platform as a program.

mod program;

use bondhouse_platform::{Config, Platform, Rotation};
use clap::Parser;
use program::{Arguments, Command};
use std::io::Write;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let command = arguments.command.clone();
    let config = arguments.config()?;
    if let Some(command) = command {
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
