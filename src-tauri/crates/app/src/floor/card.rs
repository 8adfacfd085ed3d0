//! The bench card and the repeat window: what a bench is given so that hands stay on the scanner.

use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::rooms::FLOOR_ROOMS;
use crate::{App, labels, refuse};
use bondhouse_domain::scanner::card::{self, CardCode};
use bondhouse_domain::station::says;
use bondhouse_paper::{PaperError, render_bench_card};
use bondhouse_store::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Two equal scans may be told apart after this many milliseconds at the latest.
const LONGEST_WINDOW: u16 = 5_000;

/// A printed bench card.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct PrintedCard {
    /// Where the PDF lies.
    pub file: String,
    /// What is on it.
    pub codes: Vec<PrintedCode>,
}

/// A code of the card.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct PrintedCode {
    /// What it does.
    pub words: String,
    /// What its bars hold.
    pub code: String,
}

impl From<CardCode> for PrintedCode {
    fn from(CardCode { words, code }: CardCode) -> Self {
        Self { words, code }
    }
}

/// When two scans are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepeatWindow {
    /// Milliseconds within which the same code again is the same scan: 350 unless it was changed.
    pub ms: u16,
}

/// Makes the card in the station's language, beside the labels.
pub(crate) fn bench_card(app: &App, _: &Asker, _: Nothing) -> Result<PrintedCard, AppError> {
    let language = app.store()?.read(|view| view.station())?.language;
    let file = match language {
        Language::Zh => "messages/zh.json",
        Language::En => "messages/en.json",
    };
    let failed = |why: String| AppError::failed(says::storage("catalogue").0, why);
    let text = std::fs::read_to_string(app.config.assets.join(file))
        .map_err(|error| failed(error.to_string()))?;
    let catalogue: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let card = card::bench_card(FLOOR_ROOMS, |key| catalogue.get(key).cloned()).map_err(failed)?;
    let pdf = render_bench_card(app.paper.fonts()?, &card).map_err(|error| match error {
        PaperError::Refused(refusal) => AppError::Refused(refusal),
        other => AppError::failed(says::storage("paper").0, other),
    })?;
    let file = labels::write_whole(&app.config.data.join("labels"), "bench-card.pdf", &pdf)
        .map_err(|error| AppError::failed(says::storage("spool").0, error))?;
    Ok(PrintedCard {
        file: file.display().to_string(),
        codes: card
            .groups
            .into_iter()
            .flatten()
            .map(PrintedCode::from)
            .collect(),
    })
}

/// When two scans are one at this station.
pub(crate) fn repeat_window(app: &App, _: &Asker, _: Nothing) -> Result<RepeatWindow, AppError> {
    let window = app.store()?.read(|view| view.repeat_window())?;
    Ok(RepeatWindow {
        ms: u16::try_from(window.as_millis()).unwrap_or(LONGEST_WINDOW),
    })
}

/// Changes it from the next scan on.
pub(crate) fn set_repeat_window(
    app: &App,
    asker: &Asker,
    window: RepeatWindow,
) -> Result<RepeatWindow, AppError> {
    if window.ms > LONGEST_WINDOW {
        return refuse(says::bad_request("ms"));
    }
    app.store()?.set_repeat_window(window.ms)?;
    repeat_window(app, asker, Nothing {})
}
