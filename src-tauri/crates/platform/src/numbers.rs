//! A carrier's waybill numbers: made of prefix, serial, check digit and suffix, and checked as such.
//!
//! Carriers close their numbers with a check digit, each by a rule of its own; which one is told with
//! the pool. A number that breaks its carrier's rule was typed or copied wrong, and would be found out
//! only when the carrier's sorter throws the parcel off; so it never enters the pool.

use serde::{Deserialize, Serialize};

/// By which rule the last digit follows from those before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckDigit {
    /// There is none.
    #[default]
    None,
    /// GS1, modulo 10 with weights 3 and 1 from the right.
    Gs1,
    /// ISO/IEC 7812 (Luhn), modulo 10 with every second digit doubled.
    Luhn,
    /// The remainder of the serial by 7, as air waybills have it.
    Mod7,
    /// UPU S10: eight digits weighted 8 6 4 2 3 5 9 7, modulo 11; as in EMS numbers.
    S10,
}

impl CheckDigit {
    /// The check digit of a serial; `None` when the rule does not apply to it.
    pub(crate) fn of(self, serial: &str) -> Option<u32> {
        let digits: Option<Vec<u32>> = serial.chars().map(|c| c.to_digit(10)).collect();
        let digits = digits.filter(|digits| !digits.is_empty())?;
        let weighted = |weights: &mut dyn Iterator<Item = u32>| -> u32 {
            digits.iter().rev().zip(weights).map(|(d, w)| d * w).sum()
        };
        match self {
            Self::None => None,
            Self::Gs1 => Some((10 - weighted(&mut [3, 1].into_iter().cycle()) % 10) % 10),
            Self::Luhn => {
                let doubled = digits.iter().rev().zip([2, 1].into_iter().cycle());
                let sum: u32 = doubled.map(|(d, w)| (d * w) / 10 + (d * w) % 10).sum();
                Some((10 - sum % 10) % 10)
            }
            Self::Mod7 => Some(digits.iter().fold(0, |rest, digit| (rest * 10 + digit) % 7)),
            Self::S10 if digits.len() == 8 => {
                let sum = weighted(&mut [7, 9, 5, 3, 2, 4, 6, 8].into_iter());
                Some(match 11 - sum % 11 {
                    10 => 0,
                    11 => 5,
                    digit => digit,
                })
            }
            Self::S10 => None,
        }
    }

    /// Whether a number (letters, digits, letters) is one by this rule.
    pub(crate) fn fits(self, number: &str) -> bool {
        if self == Self::None {
            return true;
        }
        let letter = |c: char| !c.is_ascii_digit();
        let digits = number.trim_matches(letter);
        let mut serial = digits.to_owned();
        let check = serial.pop().and_then(|c| c.to_digit(10));
        check.is_some() && self.of(&serial) == check
    }

    /// The number of a serial: the digits, padded, closed by this rule, between prefix and suffix.
    pub(crate) fn number(
        self,
        prefix: &str,
        serial: u64,
        digits: usize,
        suffix: &str,
    ) -> Option<String> {
        let serial = format!("{serial:0digits$}");
        let check = match self {
            Self::None => String::new(),
            Self::Gs1 | Self::Luhn | Self::Mod7 | Self::S10 => self.of(&serial)?.to_string(),
        };
        Some(format!("{prefix}{serial}{check}{suffix}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::CheckDigit::{self, Gs1, Luhn, Mod7, None, S10};

    #[test]
    fn published_numbers_are_right_and_one_wrong_digit_is_not() {
        // UPU S10's own example, a GTIN, ISO/IEC 7812's example, an air waybill.
        let published = [
            (S10, "RR473124829GB"),
            (Gs1, "4006381333931"),
            (Luhn, "79927398713"),
            (Mod7, "020-12345675"),
        ];
        for (rule, number) in published {
            let serial = number.rsplit('-').next().unwrap();
            assert!(rule.fits(serial), "{number}");
            for (at, c) in serial.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
                let other = char::from_digit((c.to_digit(10).unwrap() + 1) % 10, 10).unwrap();
                let mut wrong = serial.to_owned();
                wrong.replace_range(at..=at, &other.to_string());
                assert!(!rule.fits(&wrong), "{wrong} by {rule:?}");
            }
        }
    }

    #[test]
    fn a_number_made_by_a_rule_fits_it() {
        for rule in [Gs1, Luhn, Mod7, S10] {
            for serial in [0, 1, 9, 47_312_482, 99_999_999] {
                let number = rule.number("EA", serial, 8, "CN").unwrap();
                assert!(rule.fits(&number), "{number}");
            }
        }
        assert_eq!(None.number("YT", 7, 3, "").unwrap(), "YT007");
        assert_eq!(S10.number("EA", 1, 9, "CN"), Option::None);
        assert!(CheckDigit::None.fits("anything"));
    }
}
