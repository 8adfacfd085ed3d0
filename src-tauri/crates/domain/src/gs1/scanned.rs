//! What a scanner would send for the data of a symbol: the inverse of [`symbol`](super::symbol).
//!
//! The virtual scanner scans labels with it, and a printed label is verified by comparing it with
//! what a real decoder read. Data is written as label designers do: `^` for FNC1 (first: the data
//! is GS1), `|` before the second part of a composite symbol.

use super::checks;
use super::elements::{ElementString, GS, Unknown};
use super::table;

/// The symbols that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// QR, plain or GS1.
    Qr,
    /// DataMatrix, plain or GS1.
    DataMatrix,
    /// DotCode, plain or GS1.
    DotCode,
    /// DataBar Expanded.
    DataBarExpanded,
    /// DataBar Limited: one GTIN with indicator 0 or 1.
    DataBarLimited,
    /// GS1-128.
    Gs1128,
    /// EAN-13.
    Ean13,
    /// UPC-A and UPC-E, sent alike.
    Upc,
    /// EAN-8.
    Ean8,
}

/// What a scanner sends, or `None` when such a symbol cannot carry this data.
pub fn scanned(printed: Printed, data: &str) -> Option<String> {
    let (plain, gs1) = match printed {
        Printed::Qr => ("]Q1", "]Q3"),
        Printed::DataMatrix => ("]d1", "]d2"),
        Printed::DotCode => ("]J0", "]J1"),
        Printed::Gs1128 if !data.contains('|') => return Some(format!("]C1{}", gs1_data(data)?)),
        Printed::Gs1128 | Printed::DataBarExpanded => return composite(data),
        Printed::DataBarLimited => {
            let (linear, second) = halves(data);
            let gtin = linear.strip_prefix("^01").unwrap_or(linear);
            let fits = gtin.len() == 14 && gtin.starts_with(['0', '1']) && is_checked(gtin);
            let second = second.map_or(String::new(), |second| format!("|{second}"));
            return fits
                .then(|| composite(&format!("^01{gtin}{second}")))
                .flatten();
        }
        Printed::Ean13 => return retail("]E0", data, 13, 13),
        Printed::Upc => return retail("]E0", data, 12, 13),
        Printed::Ean8 => return retail("]E4", data, 8, 8),
    };
    if data.starts_with('^') {
        Some(format!("{gs1}{}", gs1_data(data)?))
    } else {
        Some(format!("{plain}{data}"))
    }
}

fn halves(data: &str) -> (&str, Option<&str>) {
    data.split_once('|')
        .map_or((data, None), |(linear, second)| (linear, Some(second)))
}

fn is_checked(digits: &str) -> bool {
    checks::with_check_digit(digits).as_deref() == Some(digits)
}

/// The bytes after the AIM identifier, once they are known to be well formed.
fn gs1_data(data: &str) -> Option<String> {
    let sent = data.strip_prefix('^')?.replace('^', &GS.to_string());
    ElementString::read(&sent, Unknown::Refused).ok()?;
    Some(sent)
}

/// `]e0`: both parts of a composite symbol arrive as one element string.
fn composite(data: &str) -> Option<String> {
    let (linear, second) = halves(data);
    let linear = gs1_data(linear)?;
    let Some(second) = second else {
        return Some(format!("]e0{linear}"));
    };
    let second = gs1_data(second)?;
    let parsed = ElementString::read(&linear, Unknown::Refused).ok()?;
    let last = table::get(&parsed.elements().last()?.ai)?;
    let separator = if last.predefined {
        String::new()
    } else {
        GS.to_string()
    };
    Some(format!("]e0{linear}{separator}{second}"))
}

/// Retail digits, given bare or as `^01` with a GTIN-14; the second part has its own identifier.
fn retail(id: &str, data: &str, printed: usize, sent: usize) -> Option<String> {
    let (linear, second) = halves(data);
    let digits = match linear.strip_prefix("^01") {
        Some(gtin) => gtin
            .get(14usize.checked_sub(printed)?..)
            .filter(|digits| gtin == format!("{digits:0>14}"))?,
        None => linear,
    };
    if digits.len() != printed || !is_checked(digits) {
        return None;
    }
    let second = second.map(gs1_data).map_or(Some(String::new()), |data| {
        data.map(|data| format!("|]e0{data}"))
    })?;
    Some(format!("{id}{digits:0>sent$}{second}"))
}
