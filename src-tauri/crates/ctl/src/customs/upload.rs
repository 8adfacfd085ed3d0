//! `bondctl customs upload`: a spreadsheet of orders or lists, tried before it is sent.

use crate::{Setting, out};
use anyhow::anyhow;
use bondhouse_customs::mask;
use bondhouse_customs::upload::{SheetLimits, Uploaded, read_workbook};
use bondhouse_domain::customs::Document;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl customs upload`
#[derive(Debug, Args)]
pub(crate) struct Upload {
    /// The workbook (xlsx), by the template of orders or of declaration lists
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only name the wrong cells; otherwise the documents without any are printed as JSON lines
    #[arg(long)]
    dry_run: bool,
    /// Show persons' data as filled in; only such lines can be written or sent on
    #[arg(long)]
    reveal: bool,
    /// Wrong cells as JSON lines instead of text
    #[arg(long)]
    json: bool,
}

impl Upload {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let upload = read_workbook(&super::bytes_of(&self.file)?, SheetLimits::default())
            .map_err(|refusal| anyhow!(setting.catalogue.in_full(&refusal.0)))?;
        for error in &upload.errors {
            let says = setting.catalogue.in_full(&error.said);
            let shown = match self.json {
                true => json!({
                    "sheet": error.sheet, "cell": error.cell, "heading": error.heading,
                    "code": error.said.code, "params": error.said.params, "says": says,
                })
                .to_string(),
                false => format!("{}!{} {}: {says}", error.sheet, error.cell, error.heading),
            };
            match self.dry_run {
                true => out::line(&shown)?,
                false => out::aside(&shown),
            }
        }
        let documents: Vec<Document> = match upload.documents {
            Uploaded::Orders(orders) => orders.into_iter().map(Document::Order).collect(),
            Uploaded::Lists(lists) => lists.into_iter().map(Document::DeclarationList).collect(),
        };
        let (good, wrong) = (documents.len().to_string(), upload.errors.len().to_string());
        out::aside(&setting.catalogue.text(
            "customs.sheet.came_to",
            &[("good", &good), ("wrong", &wrong)],
        ));
        if !self.dry_run {
            for mut document in documents {
                if !self.reveal {
                    mask(&mut document);
                }
                out::json(&document, false)?;
            }
        }
        Ok(ExitCode::from(u8::from(!upload.errors.is_empty())))
    }
}
