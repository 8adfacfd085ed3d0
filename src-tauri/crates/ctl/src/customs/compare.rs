//! `bondctl customs compare`: the papers of one parcel side by side, before customs does it.

use crate::{Setting, out};
use anyhow::{Context, anyhow, bail};
use bondhouse_customs::{Reading, read};
use bondhouse_domain::comparison::{Finding, Known, Papers, Severity, compare, may_be_declared};
use bondhouse_domain::customs::{DeclarationList, Document, MessageKind, Order, Payment, Waybill};
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `bondctl customs compare`
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The order (CEB311)
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,
    /// The payment (CEB411)
    #[arg(long, value_name = "FILE")]
    payment: Option<PathBuf>,
    /// The waybill (CEB511)
    #[arg(long, value_name = "FILE")]
    waybill: Option<PathBuf>,
    /// The declaration list (CEB621); before it is built only the others are compared
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// JSON of what is known beside the papers: ledger lines, what was spent this year, guarantee
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// By the law of this day; otherwise of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<NaiveDate>,
    /// JSON instead of lines
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let order: Option<Order> = paper(
            setting,
            self.order.as_deref(),
            MessageKind::Ceb311,
            |d| match d {
                Document::Order(order) => Some(order),
                _ => None,
            },
        )?;
        let payment: Option<Payment> = paper(
            setting,
            self.payment.as_deref(),
            MessageKind::Ceb411,
            |d| match d {
                Document::Payment(payment) => Some(payment),
                _ => None,
            },
        )?;
        let waybill: Option<Waybill> = paper(
            setting,
            self.waybill.as_deref(),
            MessageKind::Ceb511,
            |d| match d {
                Document::Waybill(waybill) => Some(waybill),
                _ => None,
            },
        )?;
        let list: Option<DeclarationList> = paper(
            setting,
            self.list.as_deref(),
            MessageKind::Ceb621,
            |d| match d {
                Document::DeclarationList(list) => Some(list),
                _ => None,
            },
        )?;
        let known = match &self.known {
            Some(file) => serde_json::from_slice(&super::bytes_of(file)?)
                .with_context(|| format!("{} does not say what is known", file.display()))?,
            None => Known::default(),
        };
        let papers = Papers {
            order: order.as_ref(),
            payment: payment.as_ref(),
            waybill: waybill.as_ref(),
            list: list.as_ref(),
        };
        let found = compare(papers, &known, &super::law(setting, self.on)?);
        let passes = may_be_declared(&found);
        if self.json {
            out::json(
                &json!({ "may_be_declared": passes, "findings": found }),
                true,
            )?;
        } else {
            for finding in &found {
                out::line(&in_words(setting, finding))?;
            }
            let verdict = if passes {
                "may be declared"
            } else {
                "do not declare"
            };
            out::line(&format!("{} differences: {verdict}", found.len()))?;
        }
        Ok(ExitCode::from(u8::from(!passes)))
    }
}

/// The one document of this kind in a file; several would leave open which is meant.
fn paper<T>(
    setting: &Setting,
    file: Option<&Path>,
    kind: MessageKind,
    of: impl Fn(Document) -> Option<T>,
) -> anyhow::Result<Option<T>> {
    let Some(file) = file else { return Ok(None) };
    let refused = |said| anyhow!("{}: {}", file.display(), setting.catalogue.in_full(&said));
    let message = read(&super::bytes_of(file)?, Reading::default())
        .map_err(|fault| refused(fault.refusal.0))?;
    let mut found = Vec::new();
    for record in message.records {
        found.extend(of(record
            .result
            .map_err(|fault| refused(fault.refusal.0))?));
    }
    match (found.pop(), found.is_empty()) {
        (Some(paper), true) => Ok(Some(paper)),
        (Some(_), false) => bail!(
            "{} holds several documents: compare one parcel at a time",
            file.display()
        ),
        (None, _) => bail!("{} holds no {kind}", file.display()),
    }
}

fn in_words(setting: &Setting, finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Stops => "stops   ",
        Severity::Doubtful => "doubtful",
    };
    let customs = finding
        .customs_code
        .as_ref()
        .map_or_else(String::new, |code| format!(" [customs {code}]"));
    let sides = format!(
        "{:?} {} = {}; {:?} {} = {}",
        finding.left.paper,
        finding.left.field,
        finding.left.value,
        finding.right.paper,
        finding.right.field,
        finding.right.value,
    );
    format!(
        "{mark} {}{customs}\n         {sides}\n         {:?}",
        setting.catalogue.in_full(&finding.message),
        finding.fixer
    )
}
