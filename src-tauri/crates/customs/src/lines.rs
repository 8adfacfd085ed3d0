//! Messages as JSON lines: what `bondctl customs read|write|compare|tax` prints and takes.
//!
//! One document is one line: its own fields, then `record` and `warnings`; a refused one carries
//! `error`. The first line also carries `frame`, what stands around all of them. Lines that were read in
//! clear can be written back as they are; masked ones cannot, and say so. Everything here is a plain
//! function over bytes; opening files and printing belong to the caller.

use crate::envelope::{Frame, Record, Transfer};
use crate::fault::{Doubt, Fault};
use crate::read::{Reading, read, read_signed};
use crate::signature::Signers;
use crate::write::{objections, write};
use bondhouse_domain::clearance::reasons::{Reason, reason};
use bondhouse_domain::customs::{Document, says};
use bondhouse_domain::message::{Message as Said, Refusal};
use bondhouse_domain::tax::{self, RetailLaw, Taxable};
use bondhouse_domain::time::Zone;
use chrono::NaiveDate;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Whether persons' data is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Privacy {
    /// Names, numbers and addresses are masked; such lines cannot be written back.
    #[default]
    Masked,
    /// As sent, on purpose.
    Clear,
}

/// How a piece of work ended; the highest of several counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All well (exit code 0).
    #[default]
    Clean,
    /// Something was refused or found (exit code 1).
    Found,
    /// The input could not be used at all (exit code 2).
    Unusable,
}

impl Verdict {
    /// The exit code of a command that ended so.
    pub const fn exit_code(self) -> u8 {
        self as u8
    }
}

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ReadSummary {
    /// Documents read.
    pub documents: u64,
    /// Documents refused.
    pub refused: u64,
    /// Doubts told.
    pub doubts: u64,
    /// How it ended.
    pub verdict: Verdict,
}

/// Reads one message and hands out one line per document, or one line for a message refused whole.
/// With `signers`, only a message that one of them signed is believed.
pub fn read_lines(
    bytes: &[u8],
    reading: Reading,
    privacy: Privacy,
    signers: Option<&Signers>,
    emit: &mut impl FnMut(Value),
) -> ReadSummary {
    let message = match signers {
        None => read(bytes, reading),
        Some(signers) => read_signed(bytes, reading, signers),
    };
    let message = match message {
        Ok(message) => message,
        Err(fault) => {
            emit(json!({ "error": error(&fault), "warnings": [] }));
            return ReadSummary {
                refused: 1,
                verdict: Verdict::Found,
                ..ReadSummary::default()
            };
        }
    };
    let mut summary = ReadSummary::default();
    let (mut frame, kind, records, mut around) = Frame::off(message);
    if privacy == Privacy::Masked {
        // Whose data an unknown element holds cannot be known.
        frame.extra.clear();
    }
    let mut frame = Some(frame);
    // What is doubtful around the documents is told with the first of them.
    for (number, record) in (1_u32..).zip(records) {
        let Record {
            place,
            result,
            mut doubts,
        } = record;
        doubts.splice(..0, around.drain(..));
        summary.doubts += doubts.len() as u64;
        let mut line = match result {
            Ok(document) => {
                summary.documents += 1;
                document_line(document, privacy)
            }
            Err(fault) => {
                summary.refused += 1;
                summary.verdict = Verdict::Found;
                json!({ "message": kind, "error": error(&fault) })
            }
        };
        if let Value::Object(fields) = &mut line {
            fields.insert(
                "record".into(),
                json!({ "number": number, "line": place.line, "column": place.column }),
            );
            fields.insert("warnings".into(), doubts.iter().map(warning).collect());
            if let Some(frame) = frame.take() {
                fields.insert("frame".into(), json!(frame));
            }
        }
        emit(line);
    }
    summary
}

fn document_line(mut document: Document, privacy: Privacy) -> Value {
    if privacy == Privacy::Masked {
        crate::mask(&mut document);
    }
    let (kind, means) = (document.kind(), meaning(&document));
    let mut line = serde_json::to_value(document).unwrap_or_default();
    if let Value::Object(fields) = &mut line {
        if let Some(Reason {
            said,
            course,
            fixer,
        }) = means
        {
            let means = json!({ "code": said.code, "params": said.params, "course": course, "fixer": fixer });
            fields.insert("means".into(), means);
        }
        fields.insert("message".into(), json!(kind));
        if privacy == Privacy::Masked {
            fields.insert("masked".into(), json!(true));
        }
    }
    line
}

/// What the code in a receipt means, where it is known: the one inside the text, else the status.
fn meaning(document: &Document) -> Option<Reason> {
    match document {
        Document::Receipt(receipt) => receipt
            .info_code()
            .and_then(reason)
            .or_else(|| reason(&receipt.return_status)),
        Document::LocalReceipt(receipt) => {
            let codes = receipt
                .results
                .iter()
                .filter_map(|r| r.result_info.split_once(':'));
            codes.map(|(code, _)| code).find_map(reason)
        }
        _ => None,
    }
}

fn error(fault: &Fault) -> Value {
    json!({
        "code": fault.code(),
        "line": fault.place.line,
        "column": fault.place.column,
        "field": fault.field(),
        "params": fault.refusal.0.params,
    })
}

fn warning(doubt: &Doubt) -> Value {
    json!({
        "code": doubt.message.code,
        "line": doubt.place.line,
        "column": doubt.place.column,
        "field": doubt.message.param("field"),
        "params": doubt.message.params,
    })
}

/// A message written from lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The XML, UTF-8 and unsigned.
    pub bytes: Vec<u8>,
    /// What the standard would object to, after a word on a layout that no sample proved.
    pub objections: Vec<Said>,
}

/// What a line says about itself beside its document.
#[derive(Deserialize)]
struct Marks {
    #[serde(default)]
    masked: bool,
    error: Option<IgnoredAny>,
    frame: Option<Frame>,
}

/// Writes the documents of JSON lines into one message, in the frame of the first line that has one.
///
/// `sender` takes the place of the frame's own.
///
/// # Errors
/// A [`Refusal`] naming the line that is no document or not fit to be written (masked, refused), or why
/// the documents cannot be written into one message.
pub fn write_lines(lines: &str, sender: Option<Transfer>, zone: Zone) -> Result<Written, Refusal> {
    let (mut documents, mut frame) = (Vec::new(), None);
    for (number, line) in (1_u32..).zip(lines.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let bad = |e: serde_json::Error| says::bad_json(number, e.column());
        let marks: Marks = serde_json::from_str(line).map_err(bad)?;
        if marks.masked || marks.error.is_some() {
            return Err(says::unwritable_line(number));
        }
        let document: Document = serde_json::from_str(line).map_err(bad)?;
        documents.push(document);
        frame = frame.or(marks.frame);
    }
    if documents.is_empty() {
        return Err(says::nothing_inside(1, 1));
    }
    let mut message = frame.unwrap_or_default().around(documents);
    message.transfer = sender.or(message.transfer);
    let mut objections = objections(&message, zone);
    if !crate::is_verified(message.kind) {
        objections.insert(0, says::doubt_unverified(message.kind));
    }
    Ok(Written {
        bytes: write(&message, zone)?,
        objections,
    })
}

/// Assesses the tax of goods given as the JSON of a [`Taxable`], by the law in force on a day.
///
/// # Errors
/// A [`Refusal`] when the JSON is none, no law is known for the day, or the order may not pass.
pub fn tax_line(taxable: &str, on: NaiveDate, laws: &[RetailLaw]) -> Result<Value, Refusal> {
    let goods: Taxable =
        serde_json::from_str(taxable).map_err(|e| says::bad_json(e.line(), e.column()))?;
    let law = RetailLaw::in_force(laws, on).ok_or_else(|| tax::says::no_law(on))?;
    let assessment = tax::assess(&goods, law)?;
    Ok(json!({ "law": law.basis, "since": law.since, "assessment": assessment }))
}
