//! Writing to standard output, where a closed pipe (`| head`) is an end and not a fault.

use anyhow::Context;
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Writes one line.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        written => written.context("cannot write the answer"),
    }
}

/// Writes a value as JSON: indented for people, on one line for programs.
pub(crate) fn json(value: &impl Serialize, indented: bool) -> anyhow::Result<()> {
    line(&match indented {
        true => serde_json::to_string_pretty(value)?,
        false => serde_json::to_string(value)?,
    })
}

/// Says something beside the answer, on standard error.
pub(crate) fn aside(text: &str) {
    // Nobody is left to tell when even this fails.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
