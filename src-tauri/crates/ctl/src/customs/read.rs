//! `bondctl customs read`: messages as JSON lines, one a document, with what was refused or doubtful.

use crate::{Setting, out};
use anyhow::anyhow;
use bondhouse_customs::lines::{Privacy, Verdict, read_lines};
use bondhouse_customs::{Reading, Signers};
use bondhouse_domain::message::Message;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl customs read`
#[derive(Debug, Args)]
pub(crate) struct Read {
    /// Message files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Show persons' data as sent; only such lines can be written back
    #[arg(long)]
    reveal: bool,
    /// Believe only messages signed by one of these certificates (PEM)
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

impl Read {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let signers = match &self.certificate {
            Some(file) => {
                let read = Signers::from_pem(&super::bytes_of(file)?);
                Some(read.map_err(|refusal| anyhow!(setting.catalogue.in_full(&refusal.0)))?)
            }
            None => None,
        };
        let privacy = match self.reveal {
            true => Privacy::Clear,
            false => Privacy::Masked,
        };
        let mut verdict = Verdict::Clean;
        for file in &self.files {
            let bytes = match super::bytes_of(file) {
                Ok(bytes) => bytes,
                Err(error) => {
                    out::aside(&format!("bondctl: {error:#}"));
                    verdict = Verdict::Unusable;
                    continue;
                }
            };
            let mut lines = Vec::new();
            let summary = read_lines(
                &bytes,
                Reading::default(),
                privacy,
                signers.as_ref(),
                &mut |line| {
                    lines.push(line);
                },
            );
            verdict = verdict.max(summary.verdict);
            for mut line in lines {
                if let Value::Object(fields) = &mut line {
                    fields.insert("file".into(), json!(file));
                    for said in fields
                        .get_mut("warnings")
                        .and_then(Value::as_array_mut)
                        .into_iter()
                        .flatten()
                    {
                        say(setting, said, false);
                    }
                    for key in ["error", "means"] {
                        fields
                            .get_mut(key)
                            .into_iter()
                            .for_each(|said| say(setting, said, true));
                    }
                }
                out::json(&line, false)?;
            }
        }
        Ok(ExitCode::from(verdict.exit_code()))
    }
}

/// Puts a message's sentence beside its code.
fn say(setting: &Setting, coded: &mut Value, in_full: bool) {
    let parts = json!({ "code": coded.get("code"), "params": coded.get("params") });
    let Ok(message) = serde_json::from_value::<Message>(parts) else {
        return;
    };
    let said = match in_full {
        true => setting.catalogue.in_full(&message),
        false => setting.catalogue.said(&message),
    };
    if let Value::Object(fields) = coded {
        fields.insert("says".into(), json!(said));
    }
}
