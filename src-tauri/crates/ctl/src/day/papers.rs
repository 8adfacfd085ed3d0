//! What a day leaves behind: stock report and certificate, and every label.

use super::shift::Shift;
use crate::{Setting, reports};
use anyhow::{Context, ensure};
use bondhouse_domain::quantity::Quantity;
use std::path::{Path, PathBuf};

/// Prints both papers; how many items differ between book and stock, which must be none.
pub(super) fn print(shift: &Shift<'_>, setting: &Setting, out: &Path) -> anyhow::Result<usize> {
    let station = shift.clerk.station();
    reports::stock(setting, station, &out.join("stock-report.pdf"))?;
    let certificate = reports::certificate(setting, station, &out.join("certificate.pdf"))?;
    let (lines, cases) = (&certificate.lines, certificate.open_cases.len());
    ensure!(!lines.is_empty(), "the certificate knows no item");
    let drift = lines
        .iter()
        .filter(|line| line.drift != Quantity::ZERO)
        .count();
    ensure!(
        certificate.holds && drift == 0,
        "{drift} items differ between book and stock"
    );
    ensure!(cases == 0, "{cases} cases are open");
    Ok(drift)
}

/// Copies the printed labels beside the reports; how many there are.
pub(super) fn collect_labels(from: &Path, to: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let labels = labels_in(from).with_context(|| format!("no labels in {}", from.display()))?;
    for label in &labels {
        let name = label.file_name().context("a label without a name")?;
        std::fs::copy(label, to.join(name))?;
    }
    Ok(labels.len())
}

/// The labels that stand in a folder.
pub(super) fn labels_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pdf") {
            found.push(path);
        }
    }
    Ok(found)
}
