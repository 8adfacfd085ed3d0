//! Code 128 (ISO/IEC 15417) in the fewest symbols any encoder can reach.
//!
//! Own code, because no crate both switches code sets optimally and knows FNC1, and GS1-128 is
//! Code 128 with FNC1 in front. A shorter symbol is a wider module in the same box, which is what
//! decides whether a worn label still scans.
//!
//! Choosing greedily ("four digits or more: set C") is near the optimum but not at it; here the rest
//! of the text is planned from its end, once for each set, which is exact and takes no longer.
//! Only ASCII: bytes above 127 would need FNC4, which half the scanners in the field mistake.

use crate::symbol::{Run, Symbol};

/// The text is empty or holds a character outside ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Code 128 holds ASCII only, and at least one character")]
pub struct NotEncodable;

/// Plain Code 128.
///
/// # Errors
/// [`NotEncodable`] for empty text or a character outside ASCII.
pub fn code128(text: &str) -> Result<Symbol, NotEncodable> {
    let units: Vec<Unit> = text.bytes().map(Unit::Byte).collect();
    symbol(text, &units)
}

/// GS1-128: FNC1 in front, and FNC1 for every GS byte (0x1D) that ends a field of variable length.
///
/// # Errors
/// [`NotEncodable`] for empty text or a character outside ASCII.
pub fn gs1_128(elements: &str) -> Result<Symbol, NotEncodable> {
    let units: Vec<Unit> = std::iter::once(Unit::Fnc1)
        .chain(
            elements
                .bytes()
                .map(|b| if b == 0x1D { Unit::Fnc1 } else { Unit::Byte(b) }),
        )
        .collect();
    symbol(elements, &units)
}

fn symbol(text: &str, units: &[Unit]) -> Result<Symbol, NotEncodable> {
    if text.is_empty() || !text.is_ascii() {
        return Err(NotEncodable);
    }
    let values = values(units);
    let check = values
        .iter()
        .zip(std::iter::once(1).chain(1_u32..))
        .fold(0, |sum, (value, weight)| {
            (sum + u32::from(*value) * weight) % 103
        });
    let mut runs = Vec::new();
    let mut column = 0;
    let patterns = values
        .iter()
        .map(|value| u32::from(*value))
        .chain([check])
        .filter_map(|value| PATTERNS.get(value as usize))
        .chain([&STOP]);
    for pattern in patterns {
        let digits = pattern.bytes().map(|digit| u32::from(digit - b'0'));
        for (i, length) in digits.enumerate() {
            if i % 2 == 0 {
                runs.push(Run {
                    column,
                    row: 0,
                    length,
                });
            }
            column += length;
        }
    }
    Ok(Symbol {
        columns: column,
        rows: 1,
        quiet: 10,
        runs,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Byte(u8),
    Fnc1,
}

/// Code set A holds controls and capitals, B capitals and small letters, C pairs of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    A,
    B,
    C,
}

impl Set {
    const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    const fn start(self) -> u8 {
        match self {
            Self::A => 103,
            Self::B => 104,
            Self::C => 105,
        }
    }

    const fn switch(self) -> u8 {
        match self {
            Self::A => 101,
            Self::B => 100,
            Self::C => 99,
        }
    }

    /// The symbol value of one byte in this set, if it has one.
    const fn value(self, byte: u8) -> Option<u8> {
        match (self, byte) {
            (Self::A, 0..=31) => Some(byte + 64),
            (Self::A, 32..=95) | (Self::B, 32..=127) => Some(byte - 32),
            _ => None,
        }
    }

    /// The set a shift borrows one character from.
    const fn shifted(self) -> Option<Self> {
        match self {
            Self::A => Some(Self::B),
            Self::B => Some(Self::A),
            Self::C => None,
        }
    }
}

const FNC1: u8 = 102;
const SHIFT: u8 = 98;

/// What is written at one position: how many units it takes, in which values.
#[derive(Debug, Clone, Copy)]
enum Step {
    One(u8),
    Shifted(u8),
    Pair(u8),
    Switch(Set),
}

impl Step {
    const fn units(self) -> usize {
        match self {
            Self::One(_) | Self::Shifted(_) => 1,
            Self::Pair(_) => 2,
            Self::Switch(_) => 0,
        }
    }
}

/// The cheapest way to write the rest of the text from one position, for each current set.
#[derive(Debug, Clone, Copy)]
struct Plan {
    cost: usize,
    step: Option<Step>,
}

#[derive(Debug, Clone, Copy)]
struct Plans {
    a: Plan,
    b: Plan,
    c: Plan,
}

impl Plans {
    const fn of(self, set: Set) -> Plan {
        match set {
            Set::A => self.a,
            Set::B => self.b,
            Set::C => self.c,
        }
    }
}

const IMPOSSIBLE: Plan = Plan {
    cost: usize::MAX / 2,
    step: None,
};
const DONE: Plan = Plan {
    cost: 0,
    step: None,
};

/// The symbol values of start, switches and data, without check and stop.
fn values(units: &[Unit]) -> Vec<u8> {
    // plans[k]: the last k units still to be written.
    let mut plans = vec![Plans {
        a: DONE,
        b: DONE,
        c: DONE,
    }];
    for start in (0..units.len()).rev() {
        let rest = units.get(start..).unwrap_or_default();
        let stay = |set| cheapest_without_switch(set, rest, &plans);
        let stays = Plans {
            a: stay(Set::A),
            b: stay(Set::B),
            c: stay(Set::C),
        };
        let or_switch = |set: Set| {
            Set::ALL
                .into_iter()
                .filter(|other| *other != set)
                .map(|other| Plan {
                    cost: stays.of(other).cost + 1,
                    step: Some(Step::Switch(other)),
                })
                .chain([stays.of(set)])
                .min_by_key(|plan| plan.cost)
                .unwrap_or(IMPOSSIBLE)
        };
        let next = Plans {
            a: or_switch(Set::A),
            b: or_switch(Set::B),
            c: or_switch(Set::C),
        };
        plans.push(next);
    }

    let at = |left: usize, set: Set| plans.get(left).map_or(DONE, |all| all.of(set));
    let mut left = units.len();
    let mut set = Set::ALL
        .into_iter()
        .min_by_key(|set| at(left, *set).cost)
        .unwrap_or(Set::B);
    let mut values = vec![set.start()];
    while let Some(step) = at(left, set).step {
        match step {
            Step::One(value) | Step::Pair(value) => values.push(value),
            Step::Shifted(value) => values.extend([SHIFT, value]),
            Step::Switch(other) => {
                values.push(other.switch());
                set = other;
            }
        }
        left = left.saturating_sub(step.units());
    }
    values
}

fn cheapest_without_switch(set: Set, rest: &[Unit], plans: &[Plans]) -> Plan {
    let left = rest.len();
    let after = |units: usize| {
        left.checked_sub(units)
            .and_then(|k| plans.get(k))
            .map_or(IMPOSSIBLE.cost, |all| all.of(set).cost)
    };
    match (set, rest) {
        (_, [Unit::Fnc1, ..]) => Plan {
            cost: after(1) + 1,
            step: Some(Step::One(FNC1)),
        },
        (
            Set::C,
            [
                Unit::Byte(tens @ b'0'..=b'9'),
                Unit::Byte(ones @ b'0'..=b'9'),
                ..,
            ],
        ) => Plan {
            cost: after(2) + 1,
            step: Some(Step::Pair((tens - b'0') * 10 + (ones - b'0'))),
        },
        (_, [Unit::Byte(byte), ..]) => {
            let own = set.value(*byte).map(|value| Plan {
                cost: after(1) + 1,
                step: Some(Step::One(value)),
            });
            let borrowed = || {
                let value = set.shifted()?.value(*byte)?;
                Some(Plan {
                    cost: after(1) + 2,
                    step: Some(Step::Shifted(value)),
                })
            };
            own.or_else(borrowed).unwrap_or(IMPOSSIBLE)
        }
        (_, []) => DONE,
    }
}

/// Widths of bar, space, bar, space, bar, space for the values 0 to 105; each sums to 11 modules.
#[rustfmt::skip]
const PATTERNS: [&str; 106] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232",
];

/// Stop has a closing bar: 13 modules.
const STOP: &str = "2331112";

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(text: &str) -> u32 {
        code128(text).unwrap().columns
    }

    #[test]
    fn every_pattern_is_eleven_modules_of_its_own() {
        let distinct: std::collections::BTreeSet<_> = PATTERNS.iter().collect();
        assert_eq!(distinct.len(), 106);
        for pattern in PATTERNS {
            assert_eq!(
                pattern.bytes().map(|b| u32::from(b - b'0')).sum::<u32>(),
                11,
                "{pattern}"
            );
        }
    }

    #[test]
    fn digits_travel_in_pairs_and_an_odd_one_waits_where_it_is_cheapest() {
        assert_eq!(modules("00"), 11 * 3 + 13, "start C, one pair, check");
        // YT + 13 digits: start B, Y, T, one digit, switch, six pairs, check, stop.
        assert_eq!(modules("YT4752711325367"), 145);
        // Start C, six pairs, switch to B, the odd digit.
        assert_eq!(modules("1234567890123"), 11 * (1 + 6 + 1 + 1 + 1) + 13);
    }

    #[test]
    fn one_small_letter_among_controls_is_shifted_not_switched() {
        assert_eq!(
            values(&b"\x01\x02a\x03\x04".map(Unit::Byte)),
            [103, 65, 66, SHIFT, 65, 67, 68]
        );
    }

    #[test]
    fn gs1_begins_with_fnc1_and_keeps_set_c_across_it() {
        let units: Vec<Unit> = std::iter::once(Unit::Fnc1)
            .chain(b"00".map(Unit::Byte))
            .chain([Unit::Fnc1])
            .collect();
        assert_eq!(values(&units), [105, FNC1, 0, FNC1]);
        assert_eq!(gs1_128("00511160627331190075").unwrap().columns, 156);
    }

    #[test]
    fn what_is_not_ascii_is_refused() {
        assert_eq!(code128("圆通1"), Err(NotEncodable));
        assert_eq!(code128(""), Err(NotEncodable));
    }
}
