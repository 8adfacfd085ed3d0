//! What a day leaves behind: stock report and certificate as PDF and JSON, and every label.

use super::shift::Shift;
use crate::Setting;
use crate::reports::{self, Certificate, Issuer, Stock};
use anyhow::{Context, anyhow, ensure};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::reports::Report;
use bondhouse_paper::{Fonts, PaperError, render_report};
use serde_json::{Value, json};
use std::path::Path;

/// Writes both papers; how many items differ between book and stock, which must be none.
pub(super) fn write(shift: &Shift<'_>, setting: &Setting, out: &Path) -> anyhow::Result<usize> {
    let fonts = Fonts::load(&setting.assets.join("fonts")).context("no fonts: run make setup")?;
    let words = &setting.catalogue;
    let issuer: Issuer = shift.clerk.call("station.status", json!({}))?;
    let answer: Value = shift.clerk.call("stock.report", json!({}))?;
    let stock: Stock = serde_json::from_value(answer.clone())?;
    let paper = reports::stock(words, &issuer, &stock);
    put(setting, &fonts, out, "stock-report", &paper, &answer)?;
    let answer: Value = shift.clerk.call("ledger.certificate", json!({}))?;
    let certificate: Certificate = serde_json::from_value(answer.clone())?;
    let paper = reports::certificate(words, &issuer, &certificate);
    put(setting, &fonts, out, "certificate", &paper, &answer)?;
    ensure!(
        !certificate.lines.is_empty(),
        "the certificate knows no item"
    );
    let drift = certificate
        .lines
        .iter()
        .filter(|line| line.drift != Quantity::ZERO)
        .count();
    ensure!(
        certificate.holds && drift == 0,
        "{drift} items differ between book and stock"
    );
    ensure!(
        certificate.open_cases.is_empty(),
        "{} cases are open",
        certificate.open_cases.len()
    );
    Ok(drift)
}

fn put(
    setting: &Setting,
    fonts: &Fonts,
    out: &Path,
    name: &str,
    paper: &Report,
    answer: &Value,
) -> anyhow::Result<()> {
    let pdf = render_report(fonts, paper).map_err(|error| match error {
        PaperError::Refused(Refusal(said)) => anyhow!(setting.catalogue.in_full(&said)),
        other => anyhow::Error::new(other),
    })?;
    let write = |extension: &str, bytes: &[u8]| {
        let file = out.join(name).with_extension(extension);
        std::fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))
    };
    write("pdf", &pdf)?;
    write("json", &serde_json::to_vec_pretty(answer)?)
}

/// Copies the printed labels beside the reports; how many there are.
pub(super) fn collect_labels(from: &Path, to: &Path) -> anyhow::Result<usize> {
    // Only labels stand there: those of an earlier day must not be counted with these.
    for old in files(to).unwrap_or_default() {
        std::fs::remove_file(&old)?;
    }
    std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let mut count = 0;
    for label in files(from).with_context(|| format!("no labels in {}", from.display()))? {
        let name = label.file_name().context("a label without a name")?;
        std::fs::copy(&label, to.join(name))?;
        count += 1;
    }
    Ok(count)
}

/// The PDF files of a folder.
fn files(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pdf") {
            found.push(path);
        }
    }
    Ok(found)
}
