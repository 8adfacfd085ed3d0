//! GS1: what an item, its lot, its expiry date or a pallet's number looks like as scanned data.
//!
//! Written here because no crate reads GS1 well (docs/decisions): a table of all Application
//! Identifiers in [`application_identifiers.txt`](table), the checks each value must pass, and the
//! rules of what may stand together. Verdicts are those of the GS1 reference engine.
//!
//! | module | what it does |
//! |---|---|
//! | [`symbol`] | scanner's bytes: AIM prefix, plain EAN/UPC/ITF, element string, Digital Link |
//! | [`elements`] | element strings, GS bytes intact, both ways; bracketed text |
//! | [`pairs`] | which identifiers need or exclude each other |
//! | [`checks`] | what one component of a value must satisfy |
//! | [`link`] | GS1 Digital Link URIs, both ways |
//! | [`scanned`] | what a scanner would send for a symbol, to verify labels |
//! | [`dates`] | six digits to a civil date |
//! | [`lines`] | the same as JSON lines, for `bondctl scan` and the tests |
//!
//! It never guesses: an unknown identifier, a missing separator or a wrong check digit is a fault
//! at a position, and data without a GS1 prefix is not GS1 however much it looks like it.

pub mod checks;
pub mod dates;
pub mod elements;
pub mod gtin;
pub mod lines;
pub mod link;
pub mod pairs;
pub mod scanned;
pub mod symbol;
pub mod table;

pub use elements::{Element, ElementString};
pub use gtin::Gtin;

use serde::Serialize;

/// What is wrong with GS1 data, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What is wrong: the name the GS1 syntax tests use, where they name it.
    pub code: &'static str,
    /// Byte offset of the fault in what was given.
    pub at: usize,
    /// How many bytes are at fault.
    pub len: usize,
}

impl Fault {
    /// A fault at a place.
    pub const fn new(code: &'static str, at: usize, len: usize) -> Self {
        Self { code, at, len }
    }

    /// The same fault, seen from a text in which this one begins at `by`.
    #[must_use]
    pub const fn moved(self, by: usize) -> Self {
        Self {
            at: self.at.saturating_add(by),
            ..self
        }
    }
}

/// Where GS1's test vectors stand beside a development tree; absent elsewhere.
#[cfg(test)]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn samples(file: &str) -> Option<String> {
    let path = format!(
        "{}/../../../../shared/samples/gs1/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        eprintln!("skipped: no samples");
    }
    text
}

#[cfg(test)]
mod tests;
