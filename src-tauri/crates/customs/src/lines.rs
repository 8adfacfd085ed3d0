//! Messages as JSON lines: what `bondctl customs read|write|compare|tax` prints and takes.
//!
//! One document is one line: its own fields, then `record` and `warnings`; a refused one carries
//! `error`. A line that was read in clear can be written back as it is. Everything here is a plain
//! function over bytes; opening files and printing belong to the caller.

use crate::envelope::{Message, Record};
use crate::fault::{Doubt, Fault};
use crate::read::{Reading, read};
use crate::write::{objections, write};
use bondhouse_domain::comparison::{Known, Papers, compare, may_be_declared};
use bondhouse_domain::customs::{DeclarationList, Document, Order, Payment, Waybill, says};
use bondhouse_domain::ids::WaybillKey;
use bondhouse_domain::message::{Message as Said, Refusal};
use bondhouse_domain::tax::{self, RetailLaw, Taxable};
use bondhouse_domain::time::Zone;
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
pub fn read_lines(
    bytes: &[u8],
    reading: Reading,
    privacy: Privacy,
    emit: &mut impl FnMut(Value),
) -> ReadSummary {
    let message = match read(bytes, reading) {
        Ok(message) => message,
        Err(fault) => {
            emit(json!({ "error": error(&fault) }));
            return ReadSummary {
                verdict: Verdict::Unusable,
                ..ReadSummary::default()
            };
        }
    };
    let mut summary = ReadSummary::default();
    // What is doubtful around the documents is told with the first of them.
    let mut around = message.doubts;
    for (number, record) in (1_u32..).zip(message.records) {
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
                json!({ "message": message.kind, "error": error(&fault) })
            }
        };
        if let Value::Object(fields) = &mut line {
            fields.insert(
                "record".into(),
                json!({ "number": number, "line": place.line, "column": place.column }),
            );
            fields.insert("warnings".into(), doubts.iter().map(warning).collect());
        }
        emit(line);
    }
    summary
}

fn document_line(mut document: Document, privacy: Privacy) -> Value {
    if privacy == Privacy::Masked {
        crate::mask(&mut document);
    }
    let kind = document.kind();
    let mut line = serde_json::to_value(document).unwrap_or_default();
    if let Value::Object(fields) = &mut line {
        fields.insert("message".into(), json!(kind));
    }
    line
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
    /// What the standard would object to; customs would not accept it.
    pub objections: Vec<Said>,
}

/// Writes the documents of JSON lines into one message.
///
/// `frame` gives what stands around them (sender, head, envelope); its kind and records are not used.
///
/// # Errors
/// A [`Refusal`] naming the line that is no document, or why the documents cannot be written.
pub fn write_lines(lines: &str, frame: Message, zone: Zone) -> Result<Written, Refusal> {
    let mut documents = Vec::new();
    for (number, line) in (1_u32..).zip(lines.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let document: Document =
            serde_json::from_str(line).map_err(|e| says::bad_json(number, e.column()))?;
        documents.push(document);
    }
    let Message { kind, records, .. } = Message::of(documents);
    if records.is_empty() {
        return Err(says::nothing_inside(1, 1));
    }
    let message = Message {
        kind,
        records,
        ..frame
    };
    Ok(Written {
        objections: objections(&message, zone),
        bytes: write(&message, zone)?,
    })
}

/// The papers of many parcels, collected from messages in any order.
///
/// A later paper of the same number replaces an earlier one, as it does at customs.
#[derive(Debug, Default)]
pub struct PaperChest {
    orders: BTreeMap<String, Order>,
    payments: BTreeMap<String, Payment>,
    lists: BTreeMap<String, DeclarationList>,
    waybills: BTreeMap<WaybillKey, Waybill>,
    /// Newer waybills name their order; to the older the list leads.
    carried: BTreeMap<String, WaybillKey>,
}

impl PaperChest {
    /// Adds the papers of a message; other documents are passed over.
    pub fn add(&mut self, message: Message) {
        for document in message.into_documents() {
            match document {
                Document::Order(order) => {
                    self.orders.insert(order.order_no.clone(), order);
                }
                Document::Payment(payment) => {
                    self.payments.insert(payment.order_no.clone(), payment);
                }
                Document::DeclarationList(list) => {
                    self.lists.insert(list.order_no.clone(), list);
                }
                Document::Waybill(waybill) => {
                    let key = waybill.key();
                    if !waybill.order_no.is_empty() {
                        self.carried.insert(waybill.order_no.clone(), key.clone());
                    }
                    self.waybills.insert(key, waybill);
                }
                _ => {}
            }
        }
    }

    /// Compares parcel by parcel, by order number, and hands out one line each: what was found, and
    /// whether it may be declared.
    pub fn compare(&self, known: &Known, law: &RetailLaw, emit: &mut impl FnMut(Value)) -> Verdict {
        let numbers: BTreeSet<&str> = self
            .orders
            .keys()
            .chain(self.lists.keys())
            .map(String::as_str)
            .collect();
        if numbers.is_empty() {
            return Verdict::Unusable;
        }
        let mut verdict = Verdict::Clean;
        for order_no in numbers {
            let found = compare(self.papers(order_no), known, law);
            if !found.is_empty() {
                verdict = Verdict::Found;
            }
            emit(json!({
                "order_no": order_no,
                "may_be_declared": may_be_declared(&found),
                "findings": found,
            }));
        }
        verdict
    }

    fn papers(&self, order_no: &str) -> Papers<'_> {
        let list = self.lists.get(order_no);
        let waybill = match self.carried.get(order_no) {
            Some(key) => self.waybills.get(key),
            None => list.and_then(|list| self.waybills.get(&list.waybill_key())),
        };
        Papers {
            order: self.orders.get(order_no),
            payment: self.payments.get(order_no),
            waybill,
            list,
        }
    }
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
