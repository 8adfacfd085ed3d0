//! Waybill numbers as carriers print them: formats by configuration, never in code.
//!
//! A carrier says how its numbers look and what else its bars may hold (a parcel's part number, the
//! JSON of a QR code). A format only *proposes*: whether a number is a waybill here, the warehouse's
//! orders say, and a number they know is taken whatever it looks like. Two proposals are an ambiguity
//! that the document at hand decides, or nobody ([`decide`]).
//!
//! A format is the printed text with wildcards: `#` a digit, `@` a capital letter, `?` either, `*`
//! anything or nothing; `<…>` stands around the number where more is printed; `\` takes the next
//! character as it is. `YT#############`, `<JD@@#########>-#-#-`, `{"w":"<YT#############>",*`.

use crate::feed::Carrier;
use crate::ids::WaybillKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longer formats, and longer texts, are no waybill's.
const LONGEST: usize = 200;
/// More would make one scan fit in countless ways.
const MOST_GAPS: usize = 2;
/// A shorter number would fit half of what lies in a warehouse.
const SHORTEST: usize = 4;

/// How a carrier's waybill looks when it is scanned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(try_from = "String", into = "String")]
#[ts(as = "String")]
pub struct WaybillFormat {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Is(char),
    Digit,
    Capital,
    Either,
    Gap,
    Begin,
    End,
}

/// A text that is no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a waybill format")]
pub struct NoFormat;

impl TryFrom<String> for WaybillFormat {
    type Error = NoFormat;

    fn try_from(text: String) -> Result<Self, NoFormat> {
        Self::new(&text).ok_or(NoFormat)
    }
}

impl From<WaybillFormat> for String {
    fn from(format: WaybillFormat) -> Self {
        format.text
    }
}

impl WaybillFormat {
    /// Reads a format; `None` when it could not tell where the number begins and ends, or is too
    /// short or too open to mean anything.
    pub fn new(text: &str) -> Option<Self> {
        let mut parts = parts_of(text)?;
        let marks: Vec<usize> = (0..)
            .zip(&parts)
            .filter(|(_, part)| matches!(part, Part::Begin | Part::End))
            .map(|(at, _)| at)
            .collect();
        match marks.as_slice() {
            [] => {
                parts.insert(0, Part::Begin);
                parts.push(Part::End);
            }
            [begin, end]
                if parts.get(*begin) == Some(&Part::Begin)
                    && parts.get(*end) == Some(&Part::End) => {}
            _ => return None,
        }
        let number: Vec<Part> = parts
            .iter()
            .copied()
            .skip_while(|part| *part != Part::Begin)
            .take_while(|part| *part != Part::End)
            .skip(1)
            .collect();
        let gaps = parts.iter().filter(|part| **part == Part::Gap).count();
        let told = number.len() >= SHORTEST && !number.contains(&Part::Gap) && gaps <= MOST_GAPS;
        told.then(|| Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Every number this text may carry; mostly none or one.
    pub fn numbers_in(&self, text: &str) -> BTreeSet<String> {
        let text: Vec<char> = text.chars().take(LONGEST + 1).collect();
        let mut found = BTreeSet::new();
        if text.len() <= LONGEST {
            walk(&self.parts, &text, None, &mut found);
        }
        found
    }
}

fn parts_of(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        parts.push(match character {
            '#' => Part::Digit,
            '@' => Part::Capital,
            '?' => Part::Either,
            '*' => Part::Gap,
            '<' => Part::Begin,
            '>' => Part::End,
            '\\' => Part::Is(characters.next()?),
            other if other.is_control() => return None,
            other => Part::Is(other),
        });
    }
    (parts.len() <= LONGEST).then_some(parts)
}

/// Follows the parts along the text and keeps what stood between the marks each time both end together.
fn walk(parts: &[Part], text: &[char], number: Option<&[char]>, found: &mut BTreeSet<String>) {
    let Some((part, parts)) = parts.split_first() else {
        if let (Some(number), true) = (number, text.is_empty()) {
            found.insert(number.iter().collect());
        }
        return;
    };
    let fits = |character: char| match part {
        Part::Is(due) => character == *due,
        Part::Digit => character.is_ascii_digit(),
        Part::Capital => character.is_ascii_uppercase(),
        Part::Either => character.is_ascii_digit() || character.is_ascii_uppercase(),
        Part::Gap | Part::Begin | Part::End => false,
    };
    match part {
        Part::Begin => walk(parts, text, Some(text), found),
        Part::End => {
            // What stood there when the number began, less what is left of it now.
            let number = number.and_then(|from| {
                from.split_at_checked(from.len().saturating_sub(text.len()))
                    .map(|(number, _)| number)
            });
            walk(parts, text, number, found);
        }
        Part::Gap => {
            for skipped in 0..=text.len() {
                let rest = text.get(skipped..).unwrap_or_default();
                walk(parts, rest, number, found);
            }
        }
        Part::Is(_) | Part::Digit | Part::Capital | Part::Either => {
            if let Some((first, rest)) = text.split_first()
                && fits(*first)
            {
                walk(parts, rest, number, found);
            }
        }
    }
}

/// Every waybill that a text looks like, by what its carriers say of theirs.
pub fn looks_like(carriers: &[Carrier], text: &str) -> BTreeSet<WaybillKey> {
    carriers
        .iter()
        .flat_map(|carrier| {
            let numbers = carrier
                .formats
                .iter()
                .flat_map(|format| format.numbers_in(text));
            numbers.map(|waybill_no| WaybillKey {
                carrier: carrier.carrier.clone(),
                waybill_no,
            })
        })
        .collect()
}

/// What a text is among waybills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// No waybill at all.
    Nothing,
    /// This one.
    One(WaybillKey),
    /// One of these, and nothing here says which.
    Several(Vec<WaybillKey>),
    /// It looks like these carriers' numbers, and is no order's here.
    Unknown(Vec<WaybillKey>),
}

/// Decides among the waybills that the orders here know (`known`) and those a text looks like (`fits`).
///
/// The document at hand speaks first, then the orders of the warehouse; a shape alone decides nothing.
pub fn decide(
    known: Vec<WaybillKey>,
    fits: Vec<WaybillKey>,
    at_hand: impl Fn(&WaybillKey) -> bool,
) -> Named {
    let known: BTreeSet<WaybillKey> = known.into_iter().collect();
    let fits: BTreeSet<WaybillKey> = fits.into_iter().collect();
    let mut named: Vec<WaybillKey> = known
        .union(&fits)
        .filter(|key| at_hand(key))
        .cloned()
        .collect();
    if named.is_empty() {
        named = known.into_iter().collect();
    }
    match named.as_slice() {
        [] if fits.is_empty() => Named::Nothing,
        [] => Named::Unknown(fits.into_iter().collect()),
        [only] => Named::One(only.clone()),
        _ => Named::Several(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(format: &str, text: &str) -> Vec<String> {
        let format = WaybillFormat::new(format).unwrap();
        format.numbers_in(text).into_iter().collect()
    }

    fn key(carrier: &str, number: &str) -> WaybillKey {
        WaybillKey {
            carrier: carrier.into(),
            waybill_no: number.into(),
        }
    }

    #[test]
    fn a_format_says_where_the_number_stands_in_what_is_printed() {
        assert_eq!(numbers("YT####", "YT0123"), ["YT0123"]);
        assert_eq!(numbers("<JD@@###>-#-#-", "JDVA123-1-2-"), ["JDVA123"]);
        let qr = r#"{"w":"YT1433281291145","o":"B2C2026","s":"755-F15-83"}"#;
        assert_eq!(
            numbers(r#"{"w":"<YT#############>",*"#, qr),
            ["YT1433281291145"]
        );
        assert_eq!(numbers(r"\#\*??##", "#*A912"), ["#*A912"]);
        for other in ["YT012", "YT01234", "yt0123", "YT012A", " YT0123", ""] {
            assert!(numbers("YT####", other).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_format_that_could_mean_anything_is_none() {
        for no in [
            "",
            "*",
            "###",
            "YT*",
            "<YT##",
            "YT##>",
            ">YT##<",
            "<####><####>",
            "*<####>*A*",
            "YT##\\",
            "YT\n##",
        ] {
            assert_eq!(WaybillFormat::new(no), None, "{no}");
        }
    }

    #[test]
    fn a_text_that_holds_the_number_at_two_places_holds_two_numbers() {
        assert_eq!(numbers("*<A###>*", "A123-A456"), ["A123", "A456"]);
    }

    #[test]
    fn the_document_decides_then_the_orders_and_a_shape_never() {
        let (a, b) = (key("A", "751"), key("B", "751"));
        let nothing = |_: &WaybillKey| false;
        let both = || vec![a.clone(), b.clone()];
        assert_eq!(decide(both(), both(), nothing), Named::Several(both()));
        assert_eq!(decide(both(), both(), |k| *k == b), Named::One(b.clone()));
        assert_eq!(
            decide(vec![a.clone()], both(), nothing),
            Named::One(a.clone())
        );
        assert_eq!(decide(vec![], both(), |k| *k == a), Named::One(a.clone()));
        assert_eq!(decide(vec![], both(), nothing), Named::Unknown(both()));
        assert_eq!(decide(vec![], vec![], nothing), Named::Nothing);
    }

    proptest! {
        #[test]
        fn a_number_made_after_a_format_is_found_in_it_and_nowhere_else(
            head in "[A-Z]{2}", digits in "[0-9]{4,15}", before in "[a-z]{0,6}", after in "[a-z]{0,6}"
        ) {
            let wild: String = digits.chars().map(|_| '#').collect();
            let format = format!("{before}<{head}{wild}>{after}");
            let number = format!("{head}{digits}");
            let printed = format!("{before}{number}{after}");
            prop_assert_eq!(numbers(&format, &printed), vec![number]);
            let longer = printed + "9";
            prop_assert!(numbers(&format, &longer).is_empty());
        }

        #[test]
        fn no_format_and_no_text_bring_the_reader_down(format in ".{0,40}", text in ".{0,300}") {
            if let Some(format) = WaybillFormat::new(&format) {
                for number in format.numbers_in(&text) {
                    prop_assert!(text.contains(&number));
                }
            }
        }
    }
}
