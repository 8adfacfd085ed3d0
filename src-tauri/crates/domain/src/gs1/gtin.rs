//! A GTIN in its one stored form: fourteen digits, check digit right.
//!
//! EAN-8, UPC-A, EAN-13 and ITF-14 name the same kind of thing with fewer digits; leading zeros
//! make them equal. Stock, orders and ledger compare this form and no other.

use super::checks;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A Global Trade Item Number (商品条码), as GTIN-14.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Gtin(String);

impl Gtin {
    /// From 8, 12, 13 or 14 digits with a right check digit; anything else is `None`.
    pub fn new(digits: &str) -> Option<Self> {
        let right = matches!(digits.len(), 8 | 12..=14)
            && checks::with_check_digit(digits).as_deref() == Some(digits);
        right.then(|| Self(format!("{digits:0>14}")))
    }

    /// Fourteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits people find under the bars: 8, 12, 13 or 14 of them.
    pub fn printed(&self) -> &str {
        let digits = self.0.as_str();
        let shorter = |zeros: &str| digits.strip_prefix(zeros);
        shorter("000000")
            .or_else(|| shorter("00"))
            .or_else(|| shorter("0"))
            .unwrap_or(digits)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Gtin {
    type Error = &'static str;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        Self::new(&digits).ok_or("not a GTIN")
    }
}

impl From<Gtin> for String {
    fn from(gtin: Gtin) -> Self {
        gtin.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_item_under_short_and_long_bars_is_one_item() {
        assert_eq!(Gtin::new("416000336108"), Gtin::new("0416000336108"));
        assert_eq!(Gtin::new("02345673").unwrap().as_str(), "00000002345673");
        assert_eq!(Gtin::new("416000336108").unwrap().printed(), "416000336108");
        assert_eq!(
            Gtin::new("6901234567892").unwrap().printed(),
            "6901234567892"
        );
        assert_eq!(Gtin::new("6901234567893"), None);
        assert_eq!(Gtin::new("690123456789"), None);
    }

    #[test]
    fn a_wrong_check_digit_is_told_with_the_right_one() {
        #[derive(serde::Deserialize)]
        struct Vector {
            input: String,
            ok: bool,
            expect: Option<Corrected>,
        }
        #[derive(serde::Deserialize)]
        struct Corrected {
            corrected: String,
        }
        let Some(vectors) = crate::gs1::samples("check_digit.jsonl") else {
            return;
        };
        for line in vectors.lines() {
            let vector: Vector = serde_json::from_str(line).unwrap();
            assert_eq!(Gtin::new(&vector.input).is_some(), vector.ok, "{line}");
            let right = vector
                .expect
                .map_or(vector.input.clone(), |expect| expect.corrected);
            assert_eq!(
                checks::with_check_digit(&vector.input),
                Some(right),
                "{line}"
            );
        }
    }
}
