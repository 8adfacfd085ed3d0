//! Which identifiers may stand together, and which need another.
//!
//! GS1 judges the goods, not the symbol: a carton may carry its lot in a second barcode. So a scan
//! on the floor is judged without the required pairs ([`Required::Later`]) and the room checks them
//! over all that was scanned for one line; a label we print must hold them at once.

use super::elements::ElementString;
use super::table;

/// Whether an identifier that needs another must have it in the same element string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Required {
    /// All required identifiers must be here: our own labels, and a complete receipt line.
    #[default]
    Here,
    /// They may come with another barcode of the same goods.
    Later,
}

/// A rule broken between elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairFault {
    /// What is wrong: `repeated_ai_differs`, `excluded_ai`, `required_ai_missing`, `serial_missing`.
    pub code: &'static str,
    /// Index of the element whose rule is broken.
    pub element: usize,
}

/// Every rule broken, in the order of the elements.
pub fn faults(string: &ElementString, required: Required) -> Vec<PairFault> {
    let elements = string.elements();
    let has = |pattern: &str| {
        elements
            .iter()
            .any(|element| table::matches(pattern, &element.ai))
    };
    let mut out = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let mut broken = |code| {
            out.push(PairFault {
                code,
                element: index,
            })
        };
        if elements
            .iter()
            .any(|other| other.ai == element.ai && other.value != element.value)
        {
            broken("repeated_ai_differs");
        }
        let Some(ai) = table::get(&element.ai) else {
            continue;
        };
        let excluded = |pattern: &&str| {
            elements
                .iter()
                .any(|other| other.ai != element.ai && table::matches(pattern, &other.ai))
        };
        if ai.not.iter().any(excluded) {
            broken("excluded_ai");
        }
        let met = |groups: &Vec<Vec<&str>>| {
            groups
                .iter()
                .any(|group| group.iter().all(|pattern| has(pattern)))
        };
        if required == Required::Here && !ai.with.iter().all(met) {
            broken("required_ai_missing");
        }
        // A signature (8030) signs one document, coupon or asset, never a whole class of them.
        if has("8030") && serial_begins(&element.ai).is_some_and(|at| element.value.len() <= at) {
            broken("serial_missing");
        }
    }
    out
}

/// Where the serial number of a key with an optional one begins.
fn serial_begins(ai: &str) -> Option<usize> {
    match ai {
        "253" | "255" => Some(13),
        "8003" => Some(14),
        _ => None,
    }
}
