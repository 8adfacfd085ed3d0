//! How one value is read from text and written back: lengths, codes, numbers, times, dates.

use crate::codes::CodeTable;
use crate::fault::Wrong;
use bondhouse_domain::customs::says;
use bondhouse_domain::message::Message as Said;
use bondhouse_domain::personal::{Personal, PersonalKind};
use bondhouse_domain::quantity::{Money, Quantity, Weight};
use bondhouse_domain::time::{Instant, Zone};
use chrono::{NaiveDate, NaiveDateTime};
use std::fmt::Write as _;

/// What a value must look like (the third column of a table).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Exactly this many characters.
    C(usize),
    /// A code of one of customs' tables, as long as all of them.
    Code(CodeTable),
    /// Up to this many characters.
    Up(usize),
    /// Text of any length: numbers in receipts are never measured.
    Any,
    /// A number, N19,5.
    Number,
    /// A whole number of up to nine digits.
    Whole,
    /// A person's name of up to this many characters.
    Name(usize),
    /// A telephone number.
    Phone(usize),
    /// An identity number.
    Id(usize),
    /// An address.
    Address(usize),
    /// Other text about a person.
    Private(usize),
    /// A time written as 14 digits.
    Time14,
    /// A time written as 17 digits.
    Time17,
    /// A time written as `yyyy-MM-dd HH:mm:ss`.
    TimeSpaced,
    /// A time written as `yyyy-MM-ddTHH:mm:ss`.
    TimeT,
    /// A date written as 8 digits.
    Date,
}

impl Rule {
    fn kind(self) -> PersonalKind {
        match self {
            Self::Name(_) => PersonalKind::Name,
            Self::Phone(_) => PersonalKind::Phone,
            Self::Id(_) => PersonalKind::IdNumber,
            Self::Address(_) => PersonalKind::Address,
            _ => PersonalKind::Other,
        }
    }

    /// The shortest and the longest text, in characters.
    pub(crate) const fn lengths(self) -> (usize, usize) {
        match self {
            Self::C(n) => (n, n),
            Self::Code(table) => (table.digits(), table.digits()),
            Self::Up(n)
            | Self::Name(n)
            | Self::Phone(n)
            | Self::Id(n)
            | Self::Address(n)
            | Self::Private(n) => (0, n),
            Self::Any
            | Self::Number
            | Self::Whole
            | Self::Time14
            | Self::Time17
            | Self::TimeSpaced
            | Self::TimeT
            | Self::Date => (0, usize::MAX),
        }
    }

    /// What is doubtful about the length of a text.
    pub(crate) fn doubt_length(self, text: &str, field: &str) -> Option<Said> {
        let (least, most) = self.lengths();
        match text.chars().count() {
            length if (least..=most).contains(&length) => None,
            _ if least == most => Some(says::doubt_length(field, most)),
            _ => Some(says::doubt_too_long(field, most)),
        }
    }

    /// What is doubtful about a code of the right length. Told on reading only: customs itself uses
    /// codes the tables lack, so it is no objection to writing one.
    pub(crate) fn doubt_code(self, text: &str, field: &str) -> Option<Said> {
        match self {
            Self::Code(table) if text.len() == table.digits() && !table.holds(text) => {
                Some(says::doubt_code(field))
            }
            _ => None,
        }
    }
}

/// What was doubtful about a value that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    AsExpected,
    DateWithTime,
    TimeWithoutHours,
}

/// A value of one element.
pub(crate) trait Leaf {
    /// Takes the value from trimmed text that is not empty.
    fn take(&mut self, text: &str, zone: Zone) -> Result<Shape, Wrong>;
    /// Writes the value; nothing when it was not given.
    fn put(&self, rule: Rule, zone: Zone, out: &mut String);
    /// Replaces personal text by what may be shown.
    fn mask(&mut self, _rule: Rule) {}
    /// Whether an absent element means 0 rather than nothing.
    const ZERO_WHEN_ABSENT: bool = false;
}

/// [`Leaf::ZERO_WHEN_ABSENT`] of the field a path leads to; for tables, where types have no name.
pub(crate) const fn zero_when_absent<T, L: Leaf>(_path: fn(&T) -> &L) -> bool {
    L::ZERO_WHEN_ABSENT
}

impl Leaf for String {
    fn take(&mut self, text: &str, _zone: Zone) -> Result<Shape, Wrong> {
        // A fresh allocation of the right size beats growing an empty one.
        *self = text.to_owned();
        Ok(Shape::AsExpected)
    }

    fn put(&self, _rule: Rule, _zone: Zone, out: &mut String) {
        out.push_str(self);
    }
}

impl Leaf for Personal {
    fn take(&mut self, text: &str, _zone: Zone) -> Result<Shape, Wrong> {
        *self = Self::new(text);
        Ok(Shape::AsExpected)
    }

    fn put(&self, _rule: Rule, _zone: Zone, out: &mut String) {
        out.push_str(self.reveal());
    }

    fn mask(&mut self, rule: Rule) {
        *self = Self::new(self.masked(rule.kind()));
    }
}

impl Leaf for u32 {
    const ZERO_WHEN_ABSENT: bool = true;

    fn take(&mut self, text: &str, _zone: Zone) -> Result<Shape, Wrong> {
        // Some senders write whole numbers as `1.00000`.
        let whole = match text.split_once('.') {
            Some((whole, rest)) if rest.bytes().all(|b| b == b'0') => whole,
            _ => text,
        };
        if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Wrong::BadNumber);
        }
        *self = whole.parse().map_err(|_| Wrong::NumberTooLarge)?;
        Ok(Shape::AsExpected)
    }

    fn put(&self, _rule: Rule, _zone: Zone, out: &mut String) {
        let _ = write!(out, "{self}");
    }
}

macro_rules! amounts {
    ($($amount:ty),+) => {$(
        impl Leaf for $amount {
            const ZERO_WHEN_ABSENT: bool = true;

            fn take(&mut self, text: &str, _zone: Zone) -> Result<Shape, Wrong> {
                *self = match units(text) {
                    Some(units) => Self::from_units(units),
                    None => text.parse()?,
                };
                Ok(Shape::AsExpected)
            }

            fn put(&self, _rule: Rule, _zone: Zone, out: &mut String) {
                put_units(self.units(), out);
            }
        }
    )+};
}

amounts!(Money, Quantity, Weight);

impl<L: Leaf + Default> Leaf for Option<L> {
    fn take(&mut self, text: &str, zone: Zone) -> Result<Shape, Wrong> {
        self.get_or_insert_default().take(text, zone)
    }

    fn put(&self, rule: Rule, zone: Zone, out: &mut String) {
        if let Some(value) = self {
            value.put(rule, zone, out);
        }
    }
}

impl Leaf for Instant {
    fn take(&mut self, text: &str, zone: Zone) -> Result<Shape, Wrong> {
        if let Some(at) = zone.read_customs(text) {
            *self = at;
            return Ok(Shape::AsExpected);
        }
        // A zone written out loses to nothing: every sender here writes the warehouse's own.
        let civil = text.strip_suffix("+08:00").unwrap_or(text);
        for form in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"] {
            if let Ok(civil) = NaiveDateTime::parse_from_str(civil, form) {
                *self = zone.instant(civil).ok_or(Wrong::BadTime)?;
                return Ok(Shape::AsExpected);
            }
        }
        let day = date(text)
            .ok_or(Wrong::BadTime)?
            .and_hms_opt(0, 0, 0)
            .ok_or(Wrong::BadTime)?;
        *self = zone.instant(day).ok_or(Wrong::BadTime)?;
        Ok(Shape::TimeWithoutHours)
    }

    fn put(&self, rule: Rule, zone: Zone, out: &mut String) {
        let civil = zone.civil(*self);
        let millis = self.as_millis().rem_euclid(1000);
        let _ = match rule {
            Rule::TimeSpaced if millis == 0 => write!(out, "{}", civil.format("%Y-%m-%d %H:%M:%S")),
            Rule::TimeSpaced => write!(out, "{}", civil.format("%Y-%m-%d %H:%M:%S%.3f")),
            Rule::TimeT if millis == 0 => write!(out, "{}", civil.format("%Y-%m-%dT%H:%M:%S")),
            Rule::TimeT => write!(out, "{}", civil.format("%Y-%m-%dT%H:%M:%S%.3f")),
            Rule::Time14 if millis == 0 => write!(out, "{}", zone.write_customs(*self)),
            _ => write!(out, "{}{millis:03}", zone.write_customs(*self)),
        };
    }
}

impl Leaf for NaiveDate {
    fn take(&mut self, text: &str, zone: Zone) -> Result<Shape, Wrong> {
        if let Some(day) = date(text) {
            *self = day;
            return Ok(Shape::AsExpected);
        }
        let mut at = Instant::default();
        at.take(text, zone).map_err(|_| Wrong::BadDate)?;
        *self = zone.date_at(at);
        Ok(Shape::DateWithTime)
    }

    fn put(&self, _rule: Rule, _zone: Zone, out: &mut String) {
        let _ = write!(out, "{}", self.format("%Y%m%d"));
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    match text.len() {
        8 if text.bytes().all(|b| b.is_ascii_digit()) => {
            let days: u32 = text.parse().ok()?;
            NaiveDate::from_ymd_opt(
                i32::try_from(days / 10_000).ok()?,
                days / 100 % 100,
                days % 100,
            )
        }
        10 => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
        _ => None,
    }
}

/// Reads plain decimals without the general parser: all real amounts look like this.
fn units(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (negative, bytes) = match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, bytes),
    };
    let mut units: i64 = 0;
    let mut whole = 0_u32;
    let mut decimals: Option<u32> = None;
    for byte in bytes {
        match (byte, &mut decimals) {
            (b'0'..=b'9', None) => whole += 1,
            (b'0'..=b'9', Some(count)) => *count += 1,
            (b'.', None) => {
                decimals = Some(0);
                continue;
            }
            _ => return None,
        }
        if whole > 13 || decimals.is_some_and(|count| count > 5) {
            return None;
        }
        units = units.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
    }
    if whole == 0 || decimals == Some(0) {
        return None;
    }
    let units = units.checked_mul(10_i64.checked_pow(5 - decimals.unwrap_or(0))?)?;
    Some(if negative { -units } else { units })
}

fn put_units(units: i64, out: &mut String) {
    let whole = units.unsigned_abs() / 100_000;
    let rest = units.unsigned_abs() % 100_000;
    let sign = if units < 0 { "-" } else { "" };
    let _ = write!(out, "{sign}{whole}");
    if rest != 0 {
        let decimals = format!("{rest:05}");
        let _ = write!(out, ".{}", decimals.trim_end_matches('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fast_way_reads_what_the_exact_way_reads(text in "-?[0-9]{0,15}(\\.[0-9]{0,7})?") {
            if let Some(fast) = units(&text) {
                prop_assert_eq!(text.parse::<Money>().map(Money::units), Ok(fast));
            }
        }

        #[test]
        fn an_amount_is_written_as_the_domain_writes_it(units in any::<i64>()) {
            let mut out = String::new();
            put_units(units, &mut out);
            prop_assert_eq!(out, Money::from_units(units).to_string());
        }

        #[test]
        fn a_time_survives_every_form(ms in 0_i64..4_000_000_000_000) {
            for rule in [Rule::Time14, Rule::Time17, Rule::TimeSpaced, Rule::TimeT] {
                let mut text = String::new();
                Instant::from_millis(ms).put(rule, Zone::SHANGHAI, &mut text);
                let mut back = Instant::default();
                prop_assert_eq!(back.take(&text, Zone::SHANGHAI), Ok(Shape::AsExpected));
                prop_assert_eq!(back, Instant::from_millis(ms));
            }
        }
    }

    #[test]
    fn numbers_that_are_none_say_why() {
        let read = |text: &str| Money::default().take(text, Zone::SHANGHAI);
        assert_eq!(read("1,234.5"), Err(Wrong::BadNumber));
        assert_eq!(read("0.000001"), Err(Wrong::TooFine));
        assert_eq!(read("99999999999999999999"), Err(Wrong::NumberTooLarge));
        assert_eq!(read("20.12345"), Ok(Shape::AsExpected));
        assert_eq!(
            u32::default().take("1.00000", Zone::SHANGHAI),
            Ok(Shape::AsExpected)
        );
        assert_eq!(
            u32::default().take("1.5", Zone::SHANGHAI),
            Err(Wrong::BadNumber)
        );
    }

    #[test]
    fn a_date_with_hours_is_cut_and_a_time_without_is_told() {
        let mut day = NaiveDate::default();
        assert_eq!(
            day.take("20180809120000", Zone::SHANGHAI),
            Ok(Shape::DateWithTime)
        );
        assert_eq!(day.to_string(), "2018-08-09");
        assert_eq!(
            Instant::default().take("20180809", Zone::SHANGHAI),
            Ok(Shape::TimeWithoutHours)
        );
        assert_eq!(
            Instant::default().take("Mon Aug 06 10:26:43 CST 2018", Zone::SHANGHAI),
            Err(Wrong::BadTime)
        );
    }
}
