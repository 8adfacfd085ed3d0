//! Checks of dates and times of day. They know no time zone: GS1 dates have none.

use super::super::Fault;
use super::{digits, whole};

/// Exactly `length` digits, or what is wrong.
fn exactly(
    value: &str,
    length: usize,
    short: &'static str,
    long: &'static str,
) -> Result<(), Fault> {
    match value.len() {
        n if n < length => Err(whole(short, value)),
        n if n > length => Err(whole(long, value)),
        _ => digits::only(value),
    }
}

/// Two digits at a place must be at most `most` (and for a month or day at least `least`).
fn pair(
    value: &str,
    at: usize,
    range: std::ops::RangeInclusive<u32>,
    code: &'static str,
) -> Result<u32, Fault> {
    value
        .get(at..at.saturating_add(2))
        .and_then(|two| two.parse().ok())
        .filter(|number| range.contains(number))
        .ok_or(Fault::new(code, at, 2))
}

pub(super) fn hour(value: &str) -> Result<(), Fault> {
    exactly(value, 2, "hour_too_short", "hour_too_long")?;
    pair(value, 0, 0..=23, "illegal_hour").map(drop)
}

pub(super) fn minute(value: &str) -> Result<(), Fault> {
    exactly(value, 2, "minute_too_short", "minute_too_long")?;
    pair(value, 0, 0..=59, "illegal_minute").map(drop)
}

pub(super) fn second(value: &str) -> Result<(), Fault> {
    exactly(value, 2, "second_too_short", "second_too_long")?;
    pair(value, 0, 0..=59, "illegal_second").map(drop)
}

pub(super) fn hour_minute(value: &str) -> Result<(), Fault> {
    exactly(
        value,
        4,
        "hour_with_minute_too_short",
        "hour_with_minute_too_long",
    )?;
    pair(value, 0, 0..=23, "illegal_hour")?;
    pair(value, 2, 0..=59, "illegal_minute").map(drop)
}

pub(super) fn short_date(value: &str) -> Result<(), Fault> {
    date(value, 6, 1)
}

pub(super) fn short_date_day_0(value: &str) -> Result<(), Fault> {
    date(value, 6, 0)
}

pub(super) fn long_date(value: &str) -> Result<(), Fault> {
    date(value, 8, 1)
}

pub(super) fn long_date_day_0(value: &str) -> Result<(), Fault> {
    date(value, 8, 0)
}

fn date(value: &str, length: usize, first_day: u32) -> Result<(), Fault> {
    exactly(value, length, "date_too_short", "date_too_long")?;
    let year_digits = length.saturating_sub(4);
    let year: i32 = value
        .get(..year_digits)
        .and_then(|year| year.parse().ok())
        .unwrap_or_default();
    // Of the centuries a two-digit year can mean, 2000 is the only full one, and it was a leap year.
    let year = if length == 6 {
        year.saturating_add(2000)
    } else {
        year
    };
    let month = pair(value, year_digits, 1..=12, "illegal_month")?;
    let last = super::super::dates::last_of_month(year, month)
        .map_or(0, |day| chrono::Datelike::day(&day));
    pair(
        value,
        year_digits.saturating_add(2),
        first_day..=last,
        "illegal_day",
    )
    .map(drop)
}
