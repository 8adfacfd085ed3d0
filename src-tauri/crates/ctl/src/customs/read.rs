//! `bondctl customs read`: messages as JSON, with what was refused or doubtful and where.

use crate::{Setting, out};
use bondhouse_customs::{Doubt, Fault, Message, Place, Reading, Record, mask, read};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `bondctl customs read`
#[derive(Debug, Args)]
pub(crate) struct Read {
    /// Message files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Show persons' data as sent
    #[arg(long)]
    reveal: bool,
}

impl Read {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let mut refused = false;
        for file in &self.files {
            let message = read(&super::bytes_of(file)?, Reading::default());
            let answer = match message {
                Ok(message) => self.shown(setting, file, message),
                Err(fault) => json!({ "file": file, "refused": refusal(setting, &fault) }),
            };
            refused |= answer.get("refused").is_some()
                || answer
                    .get("records")
                    .and_then(Value::as_array)
                    .is_some_and(|records| records.iter().any(|r| r.get("refused").is_some()));
            out::json(&answer, false)?;
        }
        Ok(ExitCode::from(u8::from(refused)))
    }

    fn shown(&self, setting: &Setting, file: &Path, message: Message) -> Value {
        let doubts = doubts(setting, &message.doubts);
        let records: Vec<Value> = message
            .records
            .into_iter()
            .map(|record| self.record(setting, record))
            .collect();
        json!({
            "file": file,
            "kind": message.kind,
            "guid": message.guid,
            "version": message.version,
            "signed": message.signed,
            "sender": message.transfer.map(|transfer| transfer.cop_code),
            "records": records,
            "doubts": doubts,
        })
    }

    fn record(&self, setting: &Setting, record: Record) -> Value {
        let doubts = doubts(setting, &record.doubts);
        let Place { line, column } = record.place;
        match record.result {
            Ok(mut document) => {
                if !self.reveal {
                    mask(&mut document);
                }
                json!({ "line": line, "column": column, "document": document, "doubts": doubts })
            }
            Err(fault) => {
                json!({ "line": line, "column": column, "refused": refusal(setting, &fault), "doubts": doubts })
            }
        }
    }
}

fn refusal(setting: &Setting, fault: &Fault) -> Value {
    json!({
        "code": fault.code(),
        "params": fault.refusal.0.params,
        "says": setting.catalogue.in_full(&fault.refusal.0),
    })
}

fn doubts(setting: &Setting, doubts: &[Doubt]) -> Vec<Value> {
    let shown = doubts.iter().map(|doubt| {
        json!({
            "code": doubt.message.code,
            "line": doubt.place.line,
            "column": doubt.place.column,
            "says": setting.catalogue.said(&doubt.message),
        })
    });
    shown.collect()
}
