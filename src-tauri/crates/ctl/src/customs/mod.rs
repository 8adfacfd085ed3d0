//! Customs messages from the command line: read, write, compare, assess tax, try a spreadsheet.
//!
//! Persons' data is masked unless `--reveal` is given: output ends up in tickets and terminals.

mod compare;
mod read;
mod tax;
mod upload;
mod write;

use crate::Setting;
use anyhow::{Context, anyhow, bail};
use bondhouse_customs::{Message, Reading};
use bondhouse_domain::comparison::unknown_rule;
use bondhouse_domain::message::Message as Said;
use bondhouse_domain::tax::RetailLaw;
use bondhouse_domain::time::{Instant, Zone};
use chrono::NaiveDate;
use clap::Subcommand;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// `bondctl customs`
#[derive(Debug, Subcommand)]
pub(crate) enum Customs {
    /// Read messages of either family and print them as JSON lines, one a document
    Read(read::Read),
    /// Write documents (JSON lines, as `read --reveal` prints them) as one XML message
    Write(write::Write),
    /// Lay order, payment, waybill and list side by side and name every difference
    Compare(compare::Compare),
    /// What tax an order bears, and whether it may pass at all
    Tax(tax::Tax),
    /// Read a spreadsheet of orders or lists and name every wrong cell
    Upload(upload::Upload),
}

impl Customs {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        match self {
            Self::Read(read) => read.run(setting),
            Self::Write(write) => write.run(setting),
            Self::Compare(compare) => compare.run(setting),
            Self::Tax(tax) => tax.run(setting),
            Self::Upload(upload) => upload.run(setting),
        }
    }
}

/// The bytes of a file, or of standard input when it is called `-`.
fn bytes_of(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str() != "-" {
        return std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .context("cannot read standard input")?;
    Ok(bytes)
}

/// Reads a message; a document in it that was refused stops the work with its reason.
fn message_of(setting: &Setting, file: &Path) -> anyhow::Result<Message> {
    let refused = |said: &Said| anyhow!("{}: {}", file.display(), setting.catalogue.in_full(said));
    let message = bondhouse_customs::read(&bytes_of(file)?, Reading::default())
        .map_err(|fault| refused(&fault.refusal.0))?;
    match message
        .records
        .iter()
        .find_map(|record| record.result.as_ref().err())
    {
        Some(fault) => Err(refused(&fault.refusal.0)),
        None => Ok(message),
    }
}

/// The law of a day, by default of today in the warehouse's zone.
fn law(setting: &Setting, on: Option<NaiveDate>) -> anyhow::Result<RetailLaw> {
    let file = setting.assets.join("law/retail-import.json");
    let laws: Vec<RetailLaw> = serde_json::from_slice(&bytes_of(&file)?)
        .with_context(|| format!("{} is no law", file.display()))?;
    let on = match on {
        Some(on) => on,
        None => today()?,
    };
    match RetailLaw::in_force(&laws, on) {
        Some(law) => match unknown_rule(&law.comparison) {
            Some(rule) => bail!("{} names a rule nobody knows: {rule}", file.display()),
            None => Ok(law.clone()),
        },
        None => bail!("{} knows no law of {on}", file.display()),
    }
}

fn today() -> anyhow::Result<NaiveDate> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let millis =
        i64::try_from(since.as_millis()).map_err(|_| anyhow!("the clock is beyond all dates"))?;
    Ok(Zone::SHANGHAI.date_at(Instant::from_millis(millis)))
}
