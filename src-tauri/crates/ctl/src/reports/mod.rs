//! `bondctl report`: the papers a supervisor signs, as PDF for people and JSON for programs.

mod sheets;

pub(crate) use sheets::{Certificate, Issuer, Stock};

use crate::station::{At, Station};
use crate::{Setting, out};
use anyhow::{Context, anyhow};
use bondhouse_domain::message::Refusal;
use bondhouse_paper::{Fonts, PaperError, render_report};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `bondctl report`
#[derive(Debug, Args)]
pub(crate) struct Print {
    /// Which paper
    #[arg(value_enum)]
    paper: Paper,
    /// Where the PDF goes; its figures go beside it as JSON
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    at: At,
}

/// What can be printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Paper {
    /// What lies where, by merchant, item, lot and location
    Stock,
    /// Whether stock and customs' book agree, item by item; exit 1 when they do not
    Certificate,
}

impl Print {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let station = self.at.open(setting)?;
        let holds = match self.paper {
            Paper::Stock => stock(setting, &station, &self.out).map(|_| true),
            Paper::Certificate => {
                certificate(setting, &station, &self.out).map(|paper| paper.holds)
            }
        };
        station.close();
        out::line(&self.out.display().to_string())?;
        Ok(ExitCode::from(u8::from(!holds?)))
    }
}

/// Prints the stock report.
pub(crate) fn stock(
    setting: &Setting,
    station: &Station<'_>,
    file: &Path,
) -> anyhow::Result<Stock> {
    let (issuer, answer) = ask(station, "stock.report")?;
    let stock: Stock = serde_json::from_value(answer.clone())?;
    print(
        setting,
        &sheets::stock(&setting.catalogue, &issuer, &stock),
        &answer,
        file,
    )?;
    Ok(stock)
}

/// Prints the zero-drift certificate, whether it holds or not.
pub(crate) fn certificate(
    setting: &Setting,
    station: &Station<'_>,
    file: &Path,
) -> anyhow::Result<Certificate> {
    let (issuer, answer) = ask(station, "ledger.certificate")?;
    let certificate: Certificate = serde_json::from_value(answer.clone())?;
    print(
        setting,
        &sheets::certificate(&setting.catalogue, &issuer, &certificate),
        &answer,
        file,
    )?;
    Ok(certificate)
}

fn ask(station: &Station<'_>, command: &str) -> anyhow::Result<(Issuer, Value)> {
    Ok((
        station.call("station.status", json!({}))?,
        station.call(command, json!({}))?,
    ))
}

fn print(
    setting: &Setting,
    sheet: &bondhouse_domain::reports::Report,
    figures: &Value,
    file: &Path,
) -> anyhow::Result<()> {
    let fonts = Fonts::load(&setting.assets.join("fonts")).context("no fonts: run make setup")?;
    let pdf = render_report(&fonts, sheet).map_err(|error| match error {
        PaperError::Refused(Refusal(said)) => anyhow!(setting.catalogue.in_full(&said)),
        other => anyhow::Error::new(other),
    })?;
    let write = |file: &Path, bytes: &[u8]| {
        std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
    };
    write(file, &pdf)?;
    write(
        &file.with_extension("json"),
        &serde_json::to_vec_pretty(figures)?,
    )
}
