//! GS1 reading as JSON lines: one question a line in, one answer a line out.
//!
//! `bondctl scan parse | mean | link | check` is this and nothing more, so that a reader's verdicts
//! can be compared with another's, line by line, without a window.

use super::elements::{ElementString, Unknown};
use super::link::{self, Forgive};
use super::pairs::Required;
use super::symbol::{self, Carried, Symbology};
use super::{Fault, Gtin, checks};
use crate::feed::Carrier;
use crate::scanner::{Meaning, Plain, Scan, waybill};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The name under which every fault is printed: upper case, as error codes are.
#[derive(Serialize)]
struct Shown {
    code: String,
    at: usize,
}

impl From<Fault> for Shown {
    fn from(fault: Fault) -> Self {
        Self {
            code: fault.code.to_uppercase(),
            at: fault.at,
        }
    }
}

fn shown(faults: Vec<Fault>) -> Vec<Shown> {
    faults.into_iter().map(Shown::from).collect()
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    id: Value,
    input: String,
}

#[derive(Serialize)]
struct Parsed {
    id: Value,
    ok: bool,
    symbology: Symbology,
    elements: ElementString,
    #[serde(skip_serializing_if = "Option::is_none")]
    gtin: Option<Gtin>,
    errors: Vec<Shown>,
}

/// `{"id","input"}` to `{"id","ok","symbology","elements","gtin"?,"errors":[{"code","at"}]}`.
///
/// `ok` is the verdict of the GS1 reference engine on what the scanner sent; with
/// [`Required::Later`] a lot or date may stand alone. Bare retail bars carry no elements but a
/// `gtin`.
///
/// # Errors
/// When the line is not JSON of this form.
pub fn parse(line: &str, required: Required) -> serde_json::Result<String> {
    let asked: Asked = serde_json::from_str(line)?;
    let (symbology, _) = symbol::split(&asked.input);
    let (ok, elements, gtin, errors) = match symbol::read(&asked.input, required) {
        Ok(Carried::Elements(elements)) => (true, elements, None, Vec::new()),
        Ok(Carried::Link(link)) => (true, link.elements, None, Vec::new()),
        Ok(Carried::Gtin(gtin, added)) => (true, added.unwrap_or_default(), Some(gtin), Vec::new()),
        Ok(Carried::Text(_)) => (true, ElementString::default(), None, Vec::new()),
        Err(faults) => (false, ElementString::default(), None, shown(faults)),
    };
    serde_json::to_string(&Parsed {
        id: asked.id,
        ok,
        symbology,
        elements,
        gtin,
        errors,
    })
}

/// The answer to a line that is no question: its id where it has one, and where reading it ended.
///
/// The lines around it are answered all the same, each in its place.
pub fn not_a_question(line: &str, at: usize) -> String {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        id: Value,
    }
    let id = serde_json::from_str::<Named>(line).map_or(Value::Null, |named| named.id);
    let fault = Shown {
        code: "NOT_A_QUESTION".to_owned(),
        at,
    };
    json!({ "id": id, "ok": false, "errors": [fault] }).to_string()
}

/// `{"id","input"}` to `{"id","is",…}`: what a task would take the scan for. `carriers` say how their
/// waybills look; what a plain text looks like stands in `waybills`.
///
/// A badge's bits are not printed: they let their bearer in.
///
/// # Errors
/// When the line is not JSON of this form.
pub fn mean(line: &str, carriers: &[Carrier]) -> serde_json::Result<String> {
    let asked: Asked = serde_json::from_str(line)?;
    let mut answer = match Scan::new(asked.input).mean() {
        Meaning::Item { gtin, elements } => {
            json!({ "is": "item", "gtin": gtin, "elements": elements })
        }
        Meaning::LicencePlate { plate, elements } => {
            json!({ "is": "licence_plate", "plate": plate, "elements": elements })
        }
        Meaning::Elements(elements) => json!({ "is": "elements", "elements": elements }),
        Meaning::Location(location) => json!({ "is": "location", "location": location }),
        Meaning::Badge(_) => json!({ "is": "badge" }),
        Meaning::Command(command) => json!({ "is": "command", "command": command }),
        Meaning::Digit(digit) => json!({ "is": "digit", "digit": digit }),
        Meaning::Room(noun) => json!({ "is": "room", "room": noun }),
        Meaning::Station(device) => json!({ "is": "station", "device": device }),
        Meaning::ReleaseToken(token) => {
            let claims = token.claims();
            json!({
                "is": "release_token", "verified": false, "warehouse": claims.warehouse, "order": claims.order,
                "device": claims.device, "incarnation": claims.incarnation, "seq": claims.seq,
            })
        }
        Meaning::Plain(Plain {
            text,
            gtin,
            elements,
        }) => {
            let waybills = waybill::looks_like(carriers, &text);
            let readings = [gtin.is_some(), elements.is_some()];
            let ambiguous = readings.contains(&true) || waybills.len() > 1;
            json!({
                "is": "plain", "text": text, "ambiguous": ambiguous, "gtin": gtin, "elements": elements,
                "waybills": waybills,
            })
        }
        Meaning::NoRead => json!({ "is": "no_read" }),
        Meaning::Refused(refusal) => {
            json!({ "is": "refused", "code": refusal.0.code, "params": refusal.0.params })
        }
    };
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("id".into(), asked.id);
    }
    serde_json::to_string(&answer)
}

#[derive(Deserialize)]
struct AskedLink {
    #[serde(default)]
    id: Value,
    input: String,
    #[serde(default)]
    stem: Option<String>,
    #[serde(default)]
    opts: Old,
}

/// What to forgive old links.
#[derive(Deserialize, Default)]
struct Old {
    #[serde(default)]
    permit_short_gtin_in_dl: bool,
    #[serde(default)]
    permit_alpha_ai_names: bool,
}

/// A link to its elements, or bracketed text (or the data of a GS1 symbol) to its link.
///
/// `{"id","input","stem"?,"opts"?}` to `{"id","ok","elements","data","ignored","errors"}` or to
/// `{"id","ok","link","errors"}`. `data` has `^` for FNC1.
///
/// # Errors
/// When the line is not JSON of this form.
pub fn link(line: &str) -> serde_json::Result<String> {
    let asked: AskedLink = serde_json::from_str(line)?;
    let stem = asked.stem.as_deref().unwrap_or(link::STEM);
    let forgive = Forgive {
        short_gtins: asked.opts.permit_short_gtin_in_dl,
        words: asked.opts.permit_alpha_ai_names,
    };
    let written = match asked.input.strip_prefix('^') {
        Some(data) => Some(symbol::elements(
            &data.replace('^', "\u{1d}"),
            Required::Later,
        )),
        None if asked.input.starts_with('(') => Some(
            ElementString::read_bracketed(&asked.input, Unknown::Refused)
                .map_err(|fault| vec![fault]),
        ),
        None => None,
    };
    let answer = match written {
        Some(elements) => {
            match elements
                .and_then(|elements| link::write(&elements, stem).map_err(|fault| vec![fault]))
            {
                Ok(link) => json!({ "id": asked.id, "ok": true, "link": link, "errors": [] }),
                Err(faults) => json!({ "id": asked.id, "ok": false, "errors": shown(faults) }),
            }
        }
        None => match link::read(&asked.input, Required::Later, forgive) {
            Ok(link) => json!({
                "id": asked.id, "ok": true, "elements": link.elements,
                "data": caret(&link.elements), "ignored": link.ignored, "errors": [],
            }),
            Err(faults) => {
                json!({ "id": asked.id, "ok": false, "elements": [], "errors": shown(faults) })
            }
        },
    };
    serde_json::to_string(&answer)
}

/// An element string as label designers write it, `^` for FNC1.
pub(super) fn caret(elements: &ElementString) -> String {
    format!("^{}", elements.to_data().replace('\u{1d}', "^"))
}

#[derive(Deserialize)]
struct AskedCheck {
    #[serde(default)]
    id: Value,
    input: String,
    #[serde(default)]
    linter: Option<String>,
}

/// A check digit, or with `linter` one named component check.
///
/// `{"id","input","linter"?}` to `{"id","ok","corrected"?}` or to `{"id","ok","error"?,"error_at"?}`.
///
/// # Errors
/// When the line is not JSON of this form.
pub fn check(line: &str) -> serde_json::Result<String> {
    let asked: AskedCheck = serde_json::from_str(line)?;
    let answer = match asked.linter {
        None => {
            let right = checks::with_check_digit(&asked.input);
            let ok = right.as_ref() == Some(&asked.input);
            match right.filter(|_| !ok) {
                Some(corrected) => json!({ "id": asked.id, "ok": false, "corrected": corrected }),
                None => json!({ "id": asked.id, "ok": ok }),
            }
        }
        Some(name) => match checks::named(&name).map(|check| check(&asked.input)) {
            Some(Ok(())) => json!({ "id": asked.id, "ok": true }),
            Some(Err(fault)) => {
                json!({ "id": asked.id, "ok": false, "error": fault.code, "error_at": [fault.at, fault.len] })
            }
            None => json!({ "id": asked.id, "ok": false, "error": "unknown_linter" }),
        },
    };
    serde_json::to_string(&answer)
}
