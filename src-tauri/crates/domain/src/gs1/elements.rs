//! Element strings: identifiers and their values, one after another.
//!
//! In a symbol they follow each other with a separator (FNC1, which arrives as the byte GS) after
//! every value whose length the identifier does not fix; in writing each identifier stands in
//! brackets. Reading is exact: what would need a guess is a fault at a position.

use super::table::{self, Ai};
use super::{Fault, Gtin, checks, dates};
use chrono::NaiveDate;
use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};

/// The byte a later FNC1 arrives as.
pub const GS: char = '\u{1d}';

/// More elements than any symbol holds are damage.
const MOST: usize = 64;

/// What to do with an identifier GS1 has not allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// A fault: the product never invents an identifier.
    Refused,
    /// Kept when its length can be told, to show what a foreign label says.
    Kept,
}

/// One identifier with its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    /// The Application Identifier, two to four digits.
    pub ai: String,
    /// Its value as scanned.
    pub value: String,
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut pair = s.serialize_tuple(2)?;
        pair.serialize_element(&self.ai)?;
        pair.serialize_element(&self.value)?;
        pair.end()
    }
}

/// What a GS1 symbol says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct ElementString(Vec<Element>);

impl ElementString {
    /// Reads the data of a GS1 symbol: no prefix, GS between elements where needed.
    ///
    /// # Errors
    /// The first [`Fault`], at its byte offset in `data`. Rules between identifiers are
    /// [`pairs`](super::pairs)' affair.
    pub fn read(data: &str, unknown: Unknown) -> Result<Self, Fault> {
        Self::read_placed(data, unknown).map(|(string, _)| string)
    }

    /// As [`read`](Self::read), with the offset at which each element begins.
    pub(super) fn read_placed(data: &str, unknown: Unknown) -> Result<(Self, Vec<usize>), Fault> {
        let mut out = Vec::new();
        let mut places = Vec::new();
        let mut at = 0;
        loop {
            let rest = data.get(at..).unwrap_or_default();
            let (code, ai) =
                leading(rest, unknown).ok_or_else(|| not_an_identifier(rest).moved(at))?;
            let value_at = at.saturating_add(code.len());
            let field = data.get(value_at..).unwrap_or_default();
            let field = field.split(GS).next().unwrap_or_default();
            let used = match ai {
                Some(ai) => take(ai, field).map_err(|fault| fault.moved(value_at))?,
                None => field.len(),
            };
            places.push(at);
            out.push(Element {
                ai: code.to_owned(),
                value: field.get(..used).unwrap_or_default().to_owned(),
            });
            at = value_at.saturating_add(used);
            let separated = used == field.len();
            if !separated && !ai.is_some_and(|ai| ai.predefined) {
                return Err(Fault::new(
                    "value_too_long",
                    at,
                    field.len().saturating_sub(used),
                ));
            }
            if separated && at < data.len() {
                at = at.saturating_add(GS.len_utf8());
            }
            if out.len() > MOST {
                return Err(Fault::new("too_many_elements", at, 0));
            }
            if at >= data.len() {
                return Ok((Self(out), places));
            }
        }
    }

    /// Reads what is printed under the bars or typed: `(01)…(10)…`, `\(` for a bracket in a value.
    ///
    /// # Errors
    /// The first [`Fault`], at its byte offset in `text`.
    pub fn read_bracketed(text: &str, unknown: Unknown) -> Result<Self, Fault> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let rest = text.get(at..).unwrap_or_default();
            let inner = rest
                .strip_prefix('(')
                .and_then(|inner| inner.split_once(')'));
            let (code, after) = inner.ok_or_else(|| Fault::new("missing_bracket", at, 1))?;
            let known = leading(code, unknown).filter(|(found, _)| *found == code);
            let (_, ai) =
                known.ok_or_else(|| Fault::new("unknown_ai", at.saturating_add(1), code.len()))?;
            let value_at = at.saturating_add(code.len()).saturating_add(2);
            let (value, length) = unescaped(after);
            let used = match ai {
                Some(ai) => take(ai, &value).map_err(|fault| fault.moved(value_at))?,
                None => value.len(),
            };
            if used < value.len() || value.is_empty() {
                let code = if value.is_empty() {
                    "value_too_short"
                } else {
                    "value_too_long"
                };
                return Err(Fault::new(
                    code,
                    value_at.saturating_add(used),
                    value.len().saturating_sub(used),
                ));
            }
            out.push(Element {
                ai: code.to_owned(),
                value,
            });
            at = value_at.saturating_add(length);
            if out.len() > MOST {
                return Err(Fault::new("too_many_elements", at, 0));
            }
        }
        if out.is_empty() {
            Err(Fault::new("empty", 0, 0))
        } else {
            Ok(Self(out))
        }
    }

    /// Elements already known to be right, from a link or a composite symbol's two parts.
    pub(super) fn from_elements(elements: Vec<Element>) -> Self {
        Self(elements)
    }

    /// The elements in their order.
    pub fn elements(&self) -> &[Element] {
        &self.0
    }

    /// The value of an identifier, if it is there.
    pub fn get(&self, ai: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|element| element.ai == ai)
            .map(|element| element.value.as_str())
    }

    /// The item itself, (01).
    pub fn gtin(&self) -> Option<Gtin> {
        self.get("01").and_then(Gtin::new)
    }

    /// The item a logistic unit contains, (02); its count is [`count`](Self::count).
    pub fn content(&self) -> Option<Gtin> {
        self.get("02").and_then(Gtin::new)
    }

    /// The number of a pallet or carton, (00): an SSCC of 18 digits.
    pub fn sscc(&self) -> Option<&str> {
        self.get("00")
    }

    /// The commercial lot (批次), (10).
    pub fn lot(&self) -> Option<&str> {
        self.get("10")
    }

    /// The serial number, (21).
    pub fn serial(&self) -> Option<&str> {
        self.get("21")
    }

    /// How many items, (37) or (30).
    pub fn count(&self) -> Option<u32> {
        self.get("37").or_else(|| self.get("30"))?.parse().ok()
    }

    /// The expiry date (有效期), (17), else best before, (15); the century is told from today.
    pub fn expiry(&self, today: NaiveDate) -> Option<NaiveDate> {
        dates::read(self.get("17").or_else(|| self.get("15"))?, today)
    }

    /// The production date (生产日期), (11).
    pub fn produced(&self, today: NaiveDate) -> Option<NaiveDate> {
        dates::read(self.get("11")?, today)
    }

    /// The data of a symbol: GS after each value whose length is not fixed, except the last.
    pub fn to_data(&self) -> String {
        let mut out = String::new();
        let last = self.0.len().saturating_sub(1);
        for (index, element) in self.0.iter().enumerate() {
            out.push_str(&element.ai);
            out.push_str(&element.value);
            if index < last && !table::get(&element.ai).is_some_and(|ai| ai.predefined) {
                out.push(GS);
            }
        }
        out
    }

    /// As printed under the bars and typed: `(01)…(10)…`.
    pub fn to_bracketed(&self) -> String {
        self.0
            .iter()
            .map(|e| format!("({}){}", e.ai, e.value.replace('(', "\\(")))
            .collect()
    }

    /// The lines of human-readable interpretation: `(01) 09501234567890`.
    pub fn interpretation(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|element| format!("({}) {}", element.ai, element.value))
            .collect()
    }
}

/// The identifier at the head of `data`: its digits and, if allocated, its entry.
fn leading(data: &str, unknown: Unknown) -> Option<(&str, Option<&'static Ai>)> {
    if let Some(ai) = table::leading(data) {
        return data.get(..ai.code.len()).map(|code| (code, Some(ai)));
    }
    if unknown == Unknown::Refused {
        return None;
    }
    // Where GS1 has allocated nothing, only brackets tell how long the identifier is.
    let code = data.get(..table::code_length(data).unwrap_or(data.len()))?;
    let shaped = (2..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then_some((code, None))
}

fn not_an_identifier(rest: &str) -> Fault {
    match rest.chars().next() {
        None => Fault::new("empty", 0, 0),
        Some(GS) => Fault::new("empty_element", 0, 1),
        Some(_) => Fault::new(
            "unknown_ai",
            0,
            rest.chars().take(4).map(char::len_utf8).sum(),
        ),
    }
}

/// How much of `field` the value of `ai` takes, each part checked.
pub(super) fn take(ai: &Ai, field: &str) -> Result<usize, Fault> {
    let mut at = 0;
    for part in &ai.parts {
        let rest = field.get(at..).unwrap_or_default();
        if part.optional && rest.is_empty() {
            break;
        }
        let Some(piece) = rest.get(..part.max.min(rest.len())) else {
            // Cut inside a character: one outside ASCII, which no character set holds.
            let fault = checks::charset(part.charset)(rest).err();
            return Err(fault
                .unwrap_or(Fault::new("not_a_character", 0, rest.len()))
                .moved(at));
        };
        if piece.len() < part.min {
            return Err(Fault::new("value_too_short", at, piece.len()));
        }
        checks::charset(part.charset)(piece).map_err(|fault| fault.moved(at))?;
        for (_, check) in &part.checks {
            check(piece).map_err(|fault| fault.moved(at))?;
        }
        at = at.saturating_add(piece.len());
    }
    Ok(at)
}

/// A value up to the next bracket, and how many bytes of the text it took.
fn unescaped(text: &str) -> (String, usize) {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match (character, characters.peek()) {
            ('(', _) => return (value, at),
            ('\\', Some((_, '('))) => {
                value.push('(');
                characters.next();
            }
            _ => value.push(character),
        }
    }
    (value, text.len())
}
