//! `bondctl customs write`: documents as one XML message, unsigned.

use crate::{Setting, out};
use anyhow::{Context, anyhow, bail};
use bondhouse_customs::{Message, Transfer, objections, write};
use bondhouse_domain::customs::Document;
use bondhouse_domain::time::Zone;
use clap::Args;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl customs write`
#[derive(Debug, Args)]
pub(crate) struct Write {
    /// JSON: a document, a list of documents, or what `read --reveal` printed; `-` is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
    /// Registration code of the sending firm (CEB messages)
    #[arg(long, value_name = "CODE", requires = "dxp_id")]
    sender: Option<String>,
    /// Name of the sending firm
    #[arg(long, value_name = "NAME", default_value = "")]
    sender_name: String,
    /// Its address at the exchange
    #[arg(long, value_name = "ID")]
    dxp_id: Option<String>,
    /// Write it although the standard objects
    #[arg(long)]
    anyway: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Read { records: Vec<Record> },
    Many(Vec<Document>),
    One(Box<Document>),
}

#[derive(Deserialize)]
struct Record {
    document: Option<Document>,
}

impl Write {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let given: Given = serde_json::from_slice(&super::bytes_of(&self.file)?)
            .context("neither a document, nor a list of them, nor what `read` prints")?;
        let documents = match given {
            Given::One(document) => vec![*document],
            Given::Many(documents) => documents,
            Given::Read { records } => records.into_iter().filter_map(|r| r.document).collect(),
        };
        if documents.is_empty() {
            bail!("there is no document to write");
        }
        let mut message = Message::of(documents);
        if let (Some(cop_code), Some(dxp_id)) = (self.sender, self.dxp_id) {
            message.transfer = Some(Transfer {
                cop_code,
                cop_name: self.sender_name,
                dxp_mode: "DXP".to_owned(),
                dxp_id,
                ..Transfer::default()
            });
        }
        let objected: Vec<String> = objections(&message, Zone::SHANGHAI)
            .iter()
            .map(|said| setting.catalogue.in_full(said))
            .collect();
        if !objected.is_empty() && !self.anyway {
            bail!("customs would not take it:\n{}", objected.join("\n"));
        }
        let xml = write(&message, Zone::SHANGHAI)
            .map_err(|refusal| anyhow!(setting.catalogue.in_full(&refusal.0)))?;
        out::line(&String::from_utf8(xml)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
