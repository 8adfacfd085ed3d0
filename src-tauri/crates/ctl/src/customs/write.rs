//! `bondctl customs write`: JSON lines as one XML message, unsigned.

use crate::{Setting, out};
use anyhow::{Context, anyhow, bail};
use bondhouse_customs::Transfer;
use bondhouse_customs::lines::write_lines;
use bondhouse_domain::time::Zone;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl customs write`
#[derive(Debug, Args)]
pub(crate) struct Write {
    /// JSON lines, one document each, as `read --reveal` prints them; `-` is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
    /// Registration code of the sending firm (CEB messages); else as it was read
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

impl Write {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let lines =
            String::from_utf8(super::bytes_of(&self.file)?).context("the input is no text")?;
        let sender = self
            .sender
            .zip(self.dxp_id)
            .map(|(cop_code, dxp_id)| Transfer {
                cop_code,
                cop_name: self.sender_name,
                dxp_mode: "DXP".to_owned(),
                dxp_id,
                ..Transfer::default()
            });
        let written = write_lines(&lines, sender, Zone::SHANGHAI)
            .map_err(|refusal| anyhow!(setting.catalogue.in_full(&refusal.0)))?;
        // That a layout was never proven is worth knowing; it is no objection to this message.
        let (unproven, objected): (Vec<_>, Vec<_>) = written
            .objections
            .iter()
            .partition(|said| said.code == "customs.doubt.unverified");
        for said in unproven {
            out::aside(&setting.catalogue.in_full(said));
        }
        if !objected.is_empty() && !self.anyway {
            let objected: Vec<String> = objected
                .into_iter()
                .map(|said| setting.catalogue.in_full(said))
                .collect();
            bail!("customs would not take it:\n{}", objected.join("\n"));
        }
        out::line(std::str::from_utf8(&written.bytes)?.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
