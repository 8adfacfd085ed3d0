//! What a window draws of a room: composed in Rust, so that no page decides anything.

use super::{Answer, Outcome, Prompt};
use crate::gs1::{Element, dates};
use crate::message::Message;
use crate::quantity::Quantity;
use crate::scanner::{Meaning, Scan};
use crate::time::Instant;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A room as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct RoomView {
    /// The room's noun.
    pub room: String,
    /// What is asked.
    pub prompt: Prompt,
    /// The last answer.
    pub last: Option<Said>,
    /// The latest scans, newest first.
    pub log: Vec<LogLine>,
    /// The job at hand, if one was chosen.
    pub job: Option<Job>,
    /// Its lines.
    pub rows: Vec<Row>,
    /// What else must be known at a glance.
    pub facts: Vec<Glance>,
    /// Jobs to choose from, while none was chosen.
    pub choices: Vec<Choice>,
}

/// An answer and when it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Said {
    /// The answer.
    pub answer: Answer,
    /// When.
    pub at: Instant,
    /// What a GS1 code said, identifier by identifier; nothing for any other code.
    pub parts: Vec<Part>,
}

/// A part of a GS1 code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Part {
    /// The Application Identifier.
    pub ai: String,
    /// Its value as scanned; a date as people write it.
    pub value: String,
}

/// The parts of a code, if it is GS1's; the century of its dates is told from today.
pub fn parts(raw: &str, today: NaiveDate) -> Vec<Part> {
    let elements = match Scan::new(raw).mean() {
        Meaning::Item { elements, .. }
        | Meaning::LicencePlate { elements, .. }
        | Meaning::Elements(elements) => elements,
        Meaning::Location(_)
        | Meaning::Badge(_)
        | Meaning::Command(_)
        | Meaning::Digit(_)
        | Meaning::Room(_)
        | Meaning::Station(_)
        | Meaning::ReleaseToken(_)
        | Meaning::Plain(_)
        | Meaning::NoRead
        | Meaning::Refused(_) => return Vec::new(),
    };
    let part = |element: &Element| {
        let is_date = ["11", "12", "13", "15", "16", "17"].contains(&element.ai.as_str());
        let date = is_date
            .then(|| dates::read(&element.value, today))
            .flatten();
        Part {
            ai: element.ai.clone(),
            value: date.map_or_else(|| element.value.clone(), |date| date.to_string()),
        }
    };
    elements.elements().iter().map(part).collect()
}

/// A line of the scan log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct LogLine {
    /// When.
    pub at: Instant,
    /// How it was answered.
    pub outcome: Outcome,
    /// What was said.
    pub message: Message,
    /// The code, if it was a scan.
    pub raw: Option<String>,
    /// `serial:<name>`, `wedge`, `typed` or `key`.
    pub input: String,
}

/// The job at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Job {
    /// The merchant.
    pub owner: Option<String>,
    /// The merchant's name.
    pub title: String,
    /// Numbers that name the job.
    pub refs: Vec<Ref>,
    /// How customs stands to it.
    pub clearance: Option<Barrier>,
}

/// A number with what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Ref {
    /// Catalogue key of its name.
    pub label: String,
    /// The number.
    pub value: String,
}

impl Ref {
    /// A number under the catalogue key of its name.
    pub fn new(label: &str, value: &impl ToString) -> Self {
        Self {
            label: label.into(),
            value: value.to_string(),
        }
    }
}

/// Lot and expiry of goods, as far as they have them.
pub fn lot_and_expiry(goods: &crate::stock::Goods) -> Vec<Ref> {
    let lot = goods.lot.iter().map(|lot| Ref::new("ui.ref.lot", lot));
    let expiry = goods.expiry.iter();
    lot.chain(expiry.map(|date| Ref::new("ui.ref.expiry", date)))
        .collect()
}

/// The customs barrier of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Barrier {
    /// Whether it is open.
    pub open: bool,
    /// What customs said.
    pub message: Message,
    /// When.
    pub at: Option<Instant>,
    /// Until when this workstation may act on it, where its right ends.
    pub until: Option<Instant>,
}

/// A line of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Row {
    /// Stable key.
    pub key: String,
    /// What it is.
    pub name: String,
    /// Lot, expiry, location …
    pub sub: Vec<Ref>,
    /// Taken so far.
    pub done: Quantity,
    /// Wanted.
    pub of: Quantity,
    /// How it stands.
    pub state: RowState,
    /// What differs.
    pub differs: Option<Message>,
    /// A code to scan or to compare.
    pub code: Option<String>,
}

/// How a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Complete.
    Done,
    /// Touched last.
    Now,
    /// Expected next.
    Next,
    /// Not begun.
    Open,
    /// Held back.
    Held,
}

/// A thing to know at a glance, at the foot of the rail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Glance {
    /// Catalogue key of its name.
    pub label: String,
    /// Its value.
    pub value: String,
    /// What to know about it.
    pub note: Option<Message>,
}

/// A job that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Choice {
    /// The code that chooses it when scanned.
    pub code: String,
    /// What it is.
    pub title: String,
    /// What to know about it.
    pub detail: String,
}
