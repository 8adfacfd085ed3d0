//! What a scanner sends: the AIM identifier says which symbol it saw, the rest is its data.
//!
//! A first FNC1, which alone makes data GS1, is told only by that identifier: `]C1` is GS1-128,
//! `]C0` the same bars with any text. Data without one is therefore plain; to guess that
//! `0109501234567890…` is GS1 would one day book a waybill as an item.

use super::elements::{ElementString, Unknown};
use super::link::{self, Link};
use super::pairs::{self, Required};
use super::{Fault, Gtin};

/// The kinds of symbol a warehouse meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Symbology {
    /// `]C1`.
    #[serde(rename = "GS1-128")]
    Gs1128,
    /// `]d2`.
    #[serde(rename = "GS1 DataMatrix")]
    Gs1DataMatrix,
    /// `]Q3`.
    #[serde(rename = "GS1 QR")]
    Gs1Qr,
    /// `]e0`: DataBar, and the 2D part of any composite symbol.
    #[serde(rename = "GS1 DataBar")]
    DataBar,
    /// `]J1`.
    #[serde(rename = "GS1 DotCode")]
    Gs1DotCode,
    /// `]E0`: EAN-13, UPC-A and UPC-E, always as thirteen digits.
    #[serde(rename = "EAN-13")]
    Ean13,
    /// `]E3`: EAN-13 followed by the two or five digits of its add-on.
    #[serde(rename = "EAN-13 add-on")]
    Ean13AddOn,
    /// `]E4`.
    #[serde(rename = "EAN-8")]
    Ean8,
    /// `]Q1`.
    #[serde(rename = "QR")]
    Qr,
    /// `]d1`.
    #[serde(rename = "DataMatrix")]
    DataMatrix,
    /// `]J0`.
    #[serde(rename = "DotCode")]
    DotCode,
    /// `]C0`, and `]C2` and `]C4` of other applications.
    #[serde(rename = "Code 128")]
    Code128,
    /// `]A…`.
    #[serde(rename = "Code 39")]
    Code39,
    /// `]I…`: Interleaved 2 of 5, on cartons as ITF-14.
    #[serde(rename = "ITF")]
    Itf,
    /// `]L…`.
    #[serde(rename = "PDF417")]
    Pdf417,
    /// Another AIM identifier.
    #[serde(rename = "other")]
    Other,
    /// No AIM identifier at all.
    #[serde(rename = "unknown")]
    Unknown,
}

/// What the symbol carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// Identifiers and values.
    Elements(ElementString),
    /// The bare number of an item, and what a composite symbol's second part adds.
    Gtin(Gtin, Option<ElementString>),
    /// A GS1 Digital Link.
    Link(Link),
    /// Text without GS1 meaning, from a symbol in which that is in order.
    Text(String),
}

/// Splits the AIM identifier from the data: `]`, a letter for the symbology, a modifier.
pub fn split(raw: &str) -> (Symbology, &str) {
    let is_aim = |id: &&str| {
        matches!(id.as_bytes(), [b']', kind, modifier]
            if kind.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric())
    };
    let (Some(id), Some(data)) = (raw.get(..3).filter(is_aim), raw.get(3..)) else {
        return (Symbology::Unknown, raw);
    };
    let symbology = match id {
        "]C1" => Symbology::Gs1128,
        "]d2" => Symbology::Gs1DataMatrix,
        "]Q3" => Symbology::Gs1Qr,
        "]e0" => Symbology::DataBar,
        "]J1" => Symbology::Gs1DotCode,
        "]E0" => Symbology::Ean13,
        "]E3" => Symbology::Ean13AddOn,
        "]E4" => Symbology::Ean8,
        "]Q1" => Symbology::Qr,
        "]d1" => Symbology::DataMatrix,
        "]J0" => Symbology::DotCode,
        _ if id.starts_with("]C") => Symbology::Code128,
        _ if id.starts_with("]A") => Symbology::Code39,
        _ if id.starts_with("]I") => Symbology::Itf,
        _ if id.starts_with("]L") => Symbology::Pdf417,
        _ => Symbology::Other,
    };
    (symbology, data)
}

/// Reads a scan as the GS1 reference engine would, faults at their offsets in `raw`.
///
/// # Errors
/// All faults found. `not_gs1` is data that carries no GS1 meaning at all.
pub fn read(raw: &str, required: Required) -> Result<Carried, Vec<Fault>> {
    let (symbology, data) = split(raw);
    let at = raw.len().saturating_sub(data.len());
    let moved = |faults: Vec<Fault>| {
        faults
            .into_iter()
            .map(|fault| fault.moved(at))
            .collect::<Vec<_>>()
    };
    match symbology {
        Symbology::Gs1128
        | Symbology::Gs1DataMatrix
        | Symbology::Gs1Qr
        | Symbology::DataBar
        | Symbology::Gs1DotCode => elements(data, required)
            .map(Carried::Elements)
            .map_err(moved),
        Symbology::Ean13 => retail(data, 13, required).map_err(moved),
        Symbology::Ean8 => retail(data, 8, required).map_err(moved),
        // Plain, or an address: one that begins like a GS1 link must then be one.
        Symbology::Qr | Symbology::DataMatrix | Symbology::DotCode if link::is_link(data) => {
            let link = link::read(data, required, link::Forgive::default()).map_err(moved)?;
            Ok(Carried::Link(link))
        }
        Symbology::Qr | Symbology::DataMatrix | Symbology::DotCode => {
            Ok(Carried::Text(data.to_owned()))
        }
        Symbology::Code128
        | Symbology::Code39
        | Symbology::Itf
        | Symbology::Pdf417
        | Symbology::Ean13AddOn
        | Symbology::Other
        | Symbology::Unknown => Err(vec![Fault::new("not_gs1", 0, raw.len())]),
    }
}

/// An element string with all rules; offsets are those of `data`.
pub(crate) fn elements(data: &str, required: Required) -> Result<ElementString, Vec<Fault>> {
    let (string, places) =
        ElementString::read_placed(data, Unknown::Refused).map_err(|fault| vec![fault])?;
    judged(string, &places, required)
}

/// Applies the rules between identifiers to what was read, each element from its place.
pub(super) fn judged(
    string: ElementString,
    places: &[usize],
    required: Required,
) -> Result<ElementString, Vec<Fault>> {
    let broken = pairs::faults(&string, required);
    if broken.is_empty() {
        return Ok(string);
    }
    let shown = |fault: pairs::PairFault| {
        let length = string
            .elements()
            .get(fault.element)
            .map_or(0, |element| element.ai.len());
        Fault::new(
            fault.code,
            places.get(fault.element).copied().unwrap_or_default(),
            length,
        )
    };
    Err(broken.into_iter().map(shown).collect())
}

/// The thirteen or eight digits of retail bars, and a composite symbol's second part.
fn retail(data: &str, digits: usize, required: Required) -> Result<Carried, Vec<Fault>> {
    let (number, second) = match data.split_once("|]e0") {
        Some((number, second)) => (number, Some(second)),
        None => (data, None),
    };
    if number.len() != digits {
        return Err(vec![Fault::new("wrong_length", 0, number.len())]);
    }
    super::checks::named("csum")
        .map_or(Ok(()), |check| check(number))
        .map_err(|fault| vec![fault])?;
    let gtin = Gtin::new(number)
        .ok_or_else(|| vec![Fault::new("incorrect_check_digit", 0, number.len())])?;
    let added = second
        .map(|second| elements(second, required))
        .transpose()
        .map_err(|faults| {
            let by = number.len().saturating_add("|]e0".len());
            faults
                .into_iter()
                .map(|fault| fault.moved(by))
                .collect::<Vec<_>>()
        })?;
    Ok(Carried::Gtin(gtin, added))
}
