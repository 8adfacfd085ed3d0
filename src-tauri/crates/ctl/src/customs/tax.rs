//! `bondctl customs tax`: an estimate before customs' own bill, which alone is binding.

use crate::{Setting, out};
use anyhow::{Context, anyhow};
use bondhouse_domain::tax::{Taxable, assess};
use chrono::NaiveDate;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl customs tax`
#[derive(Debug, Args)]
pub(crate) struct Tax {
    /// JSON: {"lines":[{"gnum","qty","total_price","rates":{"tariff","consumption","vat"}}],"freight"?,"insurance"?,"spent_this_year"?}; `-` is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
    /// By the law of this day; otherwise of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<NaiveDate>,
}

impl Tax {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let goods: Taxable = serde_json::from_slice(&super::bytes_of(&self.file)?)
            .context("these are no goods to be taxed")?;
        let law = super::law(setting, self.on)?;
        let assessment = assess(&goods, &law)
            .map_err(|refusal| anyhow!(setting.catalogue.in_full(&refusal.0)))?;
        out::json(&assessment, true)?;
        Ok(ExitCode::SUCCESS)
    }
}
