//! `bondctl customs tax`: what an order bears, by our reckoning and, once it came, by customs' bill.

use crate::{Setting, out};
use anyhow::{Context, anyhow};
use bondhouse_customs::lines::Verdict;
use bondhouse_domain::customs::{Document, TaxBill, TaxBillStatus};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::quantity::Money;
use bondhouse_domain::tax::account::{Account, Entry};
use bondhouse_domain::tax::bills::{Difference, Due, Word, due};
use bondhouse_domain::tax::{Assessment, Regime, RetailLaw, Taxable, assess};
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// `bondctl customs tax`
#[derive(Debug, Args)]
pub(crate) struct Tax {
    /// JSON: {"lines":[{"gnum","qty","total_price","rates":{"tariff","consumption","vat"},"cosmetic"?}],"freight"?,"insurance"?,"spent_this_year"?}; `-` is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
    /// Customs' bills and their statuses (CEB816, CEB818) on this list; they take over from the estimate
    #[arg(long, value_name = "FILE")]
    bill: Vec<PathBuf>,
    /// What happened to lists, a JSON array of entries: what guarantee and year are drawn on by
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// Keyed hash of the buyer, to find what was spent this year
    #[arg(long, value_name = "HASH", requires = "account")]
    buyer: Option<String>,
    /// The merchant and its guarantee: what is left of it is shown
    #[arg(long, value_name = "CODE", requires_all = ["account", "guarantee"])]
    merchant: Option<String>,
    /// The merchant's guarantee, in yuan
    #[arg(long, value_name = "AMOUNT")]
    guarantee: Option<Money>,
    /// By the law of this day; otherwise of today
    #[arg(long, visible_alias = "on", value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
    /// JSON instead of lines
    #[arg(long)]
    json: bool,
}

impl Tax {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let mut goods: Taxable = serde_json::from_slice(&super::bytes_of(&self.file)?)
            .context("these are no goods to be taxed")?;
        let day = self.date.map_or_else(super::today, Ok)?;
        let law = super::law(setting, Some(day))?;
        let entries: Vec<Entry> = match &self.account {
            Some(file) => serde_json::from_slice(&super::bytes_of(file)?)
                .with_context(|| format!("{} is no list of entries", file.display()))?,
            None => Vec::new(),
        };
        let account = Account::of(&entries);
        let beyond = || anyhow!("the sums of the account do not fit");
        if let Some(buyer) = &self.buyer {
            goods.spent_this_year = account.spent(buyer, day).ok_or_else(beyond)?;
        }
        let guarantee = match (&self.merchant, self.guarantee) {
            (Some(merchant), Some(guarantee)) => Some(
                account
                    .guarantee_left(merchant, guarantee)
                    .ok_or_else(beyond)?,
            ),
            _ => None,
        };
        let refused = |refusal: Refusal| anyhow!(setting.catalogue.in_full(&refusal.0));
        let estimate = assess(&goods, &law).map_err(refused)?;
        let (bills, statuses) = self.bills(setting)?;
        let due = due(
            &estimate,
            &bills,
            &statuses,
            law.comparison.amount_tolerance,
        )
        .map_err(refused)?;
        if self.json {
            out::json(
                &json!({ "law": law.basis, "since": law.since, "estimate": estimate, "due": due, "guarantee_left": guarantee }),
                true,
            )?;
        } else {
            for line in in_words(setting, &law, &estimate, &due, guarantee) {
                out::line(&line)?;
            }
        }
        let verdict = if due.differences.is_empty() {
            Verdict::Clean
        } else {
            Verdict::Found
        };
        Ok(ExitCode::from(verdict.exit_code()))
    }

    fn bills(&self, setting: &Setting) -> anyhow::Result<(Vec<TaxBill>, Vec<TaxBillStatus>)> {
        let (mut bills, mut statuses) = (Vec::new(), Vec::new());
        for file in &self.bill {
            for document in super::message_of(setting, file)?.into_documents() {
                match document {
                    Document::TaxBill(bill) => bills.push(bill),
                    Document::TaxBillStatus(status) => statuses.push(status),
                    other => {
                        anyhow::bail!("{} holds {}, no tax bill", file.display(), other.kind())
                    }
                }
            }
        }
        Ok((bills, statuses))
    }
}

fn in_words(
    setting: &Setting,
    law: &RetailLaw,
    estimate: &Assessment,
    due: &Due,
    guarantee: Option<Money>,
) -> Vec<String> {
    let say = |key: &str, params: &[(&str, String)]| {
        let params: Vec<(&str, &str)> = params
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        setting.catalogue.text(key, &params)
    };
    let parts = |value: Money, tariff: Money, consumption: Money, vat: Money| {
        [
            ("value", value),
            ("tariff", tariff),
            ("consumption", consumption),
            ("vat", vat),
        ]
        .map(|(name, amount)| (name, amount.to_string()))
    };
    let mut lines = vec![
        say(
            "tax.table.estimate",
            &[
                ("total", estimate.total.to_string()),
                ("basis", law.basis.clone()),
            ],
        ),
        format!(
            "  {}",
            say(
                "tax.table.parts",
                &parts(
                    estimate.dutiable_value,
                    estimate.tariff,
                    estimate.consumption,
                    estimate.vat
                )
            )
        ),
    ];
    if estimate.regime == Regime::SingleItemInFull {
        lines.push(format!("  {}", say("tax.table.single", &[])));
    }
    for line in &estimate.lines {
        let mut params =
            parts(line.dutiable_value, line.tariff, line.consumption, line.vat).to_vec();
        params.push(("line", line.gnum.to_string()));
        lines.push(format!("  {}", say("tax.table.line", &params)));
    }
    if due.by == Word::Customs {
        lines.push(say(
            "tax.table.customs",
            &[
                ("total", due.total.to_string()),
                ("bills", due.bills.join(", ")),
            ],
        ));
    }
    for Difference {
        kind,
        line,
        estimated,
        billed,
    } in &due.differences
    {
        let name = serde_json::to_value(kind).unwrap_or_default();
        let kind = say(
            &format!("tax.kind.{}", name.as_str().unwrap_or_default()),
            &[],
        );
        let mut params = vec![
            ("kind", kind),
            ("estimated", estimated.to_string()),
            ("billed", billed.to_string()),
        ];
        let key = match line {
            Some(line) => {
                params.push(("line", line.to_string()));
                "tax.table.difference"
            }
            None => "tax.table.difference_whole",
        };
        lines.push(format!("  {}", say(key, &params)));
    }
    lines.push(say(
        "tax.table.year",
        &[("left", estimate.left_this_year.to_string())],
    ));
    lines.extend(guarantee.map(|left| say("tax.table.guarantee", &[("left", left.to_string())])));
    lines
}
