//! The scan log as a page: what each scan was, byte by byte, and what became of it.
//!
//! A counted scan stands in its fact in the journal, every other one in the scan log; here both are
//! laid side by side, newest first.

use crate::App;
use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use bondhouse_domain::facts::ScanEvidence;
use bondhouse_domain::ids::PersonId;
use bondhouse_domain::message::Message;
use bondhouse_domain::scanner::{bytes_of, shown};
use bondhouse_domain::task::Outcome;
use bondhouse_domain::time::Instant;
use serde::Serialize;
use std::collections::BTreeMap;

/// Lines of the page, and events of the journal looked through for it.
const LINES: u32 = 300;

/// One scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub(crate) struct ScanLine {
    /// Its place: `J12` in the journal, `L3` in the scan log.
    pub place: String,
    /// When.
    pub at: Instant,
    /// Who scanned.
    pub person: String,
    /// The room's noun; not kept of a scan in the journal, whose fact names it.
    pub room: Option<String>,
    /// `serial:<name>`, `wedge`, `typed` …
    pub from: String,
    /// The AIM identifier, if one was sent.
    pub symbology: Option<String>,
    /// What was read, controls as pictures.
    pub shown: String,
    /// Its bytes in hexadecimal.
    pub hex: String,
    /// How it was answered; not known of the oldest.
    pub outcome: Option<Outcome>,
    /// What was said; a counted scan has its fact instead.
    pub said: Option<Message>,
    /// The kind of fact it became.
    pub fact: Option<String>,
}

pub(crate) fn evidence(app: &App, _: &Asker, _: Nothing) -> Result<Vec<ScanLine>, AppError> {
    Ok(app.store()?.read(|view| {
        let names: BTreeMap<PersonId, String> =
            view.people()?.into_iter().map(|p| (p.id, p.name)).collect();
        let name = |id: &PersonId| names.get(id).cloned().unwrap_or_else(|| id.to_string());
        let counted = view
            .latest_counted_scans(LINES)?
            .into_iter()
            .map(|scan| ScanLine {
                place: format!("J{}", scan.seq.0),
                outcome: Some(Outcome::Accepted),
                fact: Some(scan.kind),
                ..line(scan.at, name(&scan.actor), scan.scan)
            });
        let logged = view.latest_scans(LINES)?.into_iter().map(|scan| ScanLine {
            place: format!("L{}", scan.n),
            room: Some(scan.heard.room),
            outcome: scan.heard.outcome,
            said: Some(scan.heard.said),
            ..line(scan.heard.at, name(&scan.heard.actor), scan.heard.scan)
        });
        let mut lines: Vec<ScanLine> = counted.chain(logged).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.at.as_millis()));
        lines.truncate(usize::try_from(LINES).unwrap_or(usize::MAX));
        Ok(lines)
    })?)
}

fn line(at: Instant, person: String, scan: ScanEvidence) -> ScanLine {
    let hex: Vec<String> = bytes_of(&scan.raw)
        .into_iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    ScanLine {
        place: String::new(),
        at,
        person,
        room: None,
        from: scan.from,
        symbology: scan.symbology,
        shown: shown(&scan.raw),
        hex: hex.join(" "),
        outcome: None,
        said: None,
        fact: None,
    }
}
