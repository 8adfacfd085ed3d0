//! `bondctl customs compare`: the papers of parcels side by side, before customs does it.

use crate::{Setting, out};
use anyhow::Context;
use bondhouse_customs::lines::Verdict;
use bondhouse_customs::papers::{Compared, PaperChest};
use bondhouse_domain::comparison::{Finding, Known, Side};
use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl customs compare`
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Orders (CEB311)
    #[arg(long, value_name = "FILE")]
    order: Vec<PathBuf>,
    /// Payments (CEB411)
    #[arg(long, value_name = "FILE")]
    payment: Vec<PathBuf>,
    /// Waybills (CEB511)
    #[arg(long, value_name = "FILE")]
    waybill: Vec<PathBuf>,
    /// Declaration lists (CEB621); before they are built only the others are compared
    #[arg(long, value_name = "FILE")]
    list: Vec<PathBuf>,
    /// JSON of what is known beside the papers: ledger lines, what was spent this year, guarantee
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// By the law of this day; otherwise of today
    #[arg(long, visible_alias = "on", value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
    /// JSON instead of a table: one line a parcel
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let mut chest = PaperChest::default();
        let files = [&self.order, &self.payment, &self.waybill, &self.list];
        for file in files.into_iter().flatten() {
            chest.add(super::message_of(setting, file)?);
        }
        let known = match &self.known {
            Some(file) => serde_json::from_slice(&super::bytes_of(file)?)
                .with_context(|| format!("{} does not say what is known", file.display()))?,
            None => Known::default(),
        };
        let law = super::law(setting, self.date)?;
        let mut parcels = Vec::new();
        let verdict = chest.compare(&known, &law, &mut |parcel| parcels.push(parcel));
        if verdict == Verdict::Unusable {
            out::aside(&setting.catalogue.text("comparison.table.nothing", &[]));
            return Ok(ExitCode::from(verdict.exit_code()));
        }
        for parcel in &parcels {
            match self.json {
                true => out::json(&in_json(setting, parcel), false)?,
                false => out::line(&table(setting, parcel))?,
            }
        }
        let all_pass = parcels.iter().all(|parcel| parcel.may_be_declared);
        Ok(ExitCode::from(u8::from(!all_pass)))
    }
}

/// A parcel and its findings, the rule of each in words beside its code.
fn in_json(setting: &Setting, parcel: &Compared) -> Value {
    let mut shown = json!(parcel);
    let findings = shown.get_mut("findings").and_then(Value::as_array_mut);
    for (shown, finding) in findings.into_iter().flatten().zip(&parcel.findings) {
        if let Value::Object(fields) = shown {
            let says = setting.catalogue.in_full(&finding.message);
            fields.insert("says".into(), json!(says));
        }
    }
    shown
}

/// A parcel and its findings as a person reads them.
fn table(setting: &Setting, parcel: &Compared) -> String {
    let key = match parcel.may_be_declared {
        true => "comparison.table.passes",
        false => "comparison.table.stops",
    };
    let count = parcel.findings.len().to_string();
    let params = [
        ("platform", parcel.platform.as_str()),
        ("order", &parcel.order_no),
        ("count", &count),
    ];
    let mut lines = vec![setting.catalogue.text(key, &params)];
    lines.extend(parcel.findings.iter().map(|finding| row(setting, finding)));
    lines.join("\n")
}

fn row(setting: &Setting, finding: &Finding) -> String {
    let side = |side: &Side| {
        let value = match side.value.as_str() {
            "" => "—",
            given => given,
        };
        let paper = named(setting, "paper", side.paper);
        format!("{paper} {} = {value}", side.field)
    };
    let mut parts = vec![side(&finding.left), side(&finding.right)];
    parts.extend(finding.tolerance.as_ref().map(|t| {
        setting
            .catalogue
            .text("comparison.table.within", &[("tolerance", t)])
    }));
    parts.push(setting.catalogue.text(
        "comparison.table.by",
        &[("who", &named(setting, "fixer", finding.fixer))],
    ));
    parts.extend(finding.customs_code.as_ref().map(|code| {
        setting
            .catalogue
            .text("comparison.table.earns", &[("code", code)])
    }));
    format!(
        "  [{}] {}\n      {}",
        named(setting, "severity", finding.severity),
        setting.catalogue.in_full(&finding.message),
        parts.join(" | ")
    )
}

/// What a paper, party or weight of a finding is called; its key is the name it has in JSON.
fn named(setting: &Setting, kind: &str, value: impl Serialize) -> String {
    let name = serde_json::to_value(value).unwrap_or_default();
    setting.catalogue.text(
        &format!("comparison.{kind}.{}", name.as_str().unwrap_or_default()),
        &[],
    )
}
