//! `bondctl` as a program: arguments in, words and an exit code out.

use bondhouse_ctl::{Arguments, run};
use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Answers go to standard output; the log never does.
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("BONDHOUSE_LOG")
                .unwrap_or_else(|_| "off".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    run(arguments).unwrap_or_else(|error| {
        // Nobody is left to tell when even this fails.
        let _ = writeln!(std::io::stderr().lock(), "bondctl: {error:#}");
        ExitCode::from(1)
    })
}
