//! Instants, civil dates and customs' own way of writing them.
//!
//! An [`Instant`] is milliseconds since 1970 in UTC; a civil date is a date of the *warehouse*
//! (law and expiry know no hours). Customs writes 14 or 17 digits in the warehouse's zone; 14 are
//! read as `.000`. Nothing here knows what time it is: `now` is always passed in.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Instant(#[ts(type = "number")] i64);

/// A length of time in milliseconds.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ts_rs::TS,
)]
#[serde(transparent)]
pub struct Span(#[ts(type = "number")] i64);

impl Span {
    /// From milliseconds.
    pub const fn millis(ms: i64) -> Self {
        Self(ms)
    }

    /// From minutes.
    pub const fn minutes(minutes: i64) -> Self {
        Self(minutes.saturating_mul(60_000))
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

impl Instant {
    /// From milliseconds since 1970 UTC.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970 UTC.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant and a span; saturates at the ends of time.
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long after `earlier` this is (negative when before).
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// RFC 3339 in UTC, for people and logs.
    pub fn to_rfc3339(self) -> String {
        DateTime::<Utc>::from_timestamp_millis(self.0).map_or_else(
            || self.0.to_string(),
            |t| t.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        )
    }
}

/// The zone in which a warehouse's days begin and customs writes its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone {
    seconds_east: i32,
}

impl Zone {
    /// China Standard Time, the default: UTC+8 without daylight saving since 1991.
    pub const SHANGHAI: Self = Self {
        seconds_east: 8 * 3600,
    };

    fn offset(self) -> FixedOffset {
        // Out of range means a damaged setting: UTC is then the honest reading.
        FixedOffset::east_opt(self.seconds_east).unwrap_or_else(|| chrono::Offset::fix(&Utc))
    }

    /// The civil date at an instant.
    pub fn date_at(self, at: Instant) -> NaiveDate {
        self.civil(at).date()
    }

    /// Date and time of day at an instant.
    pub fn civil(self, at: Instant) -> NaiveDateTime {
        DateTime::<Utc>::from_timestamp_millis(at.0)
            .unwrap_or_default()
            .with_timezone(&self.offset())
            .naive_local()
    }

    /// The instant at which a civil time happens.
    pub fn instant(self, civil: NaiveDateTime) -> Option<Instant> {
        self.offset()
            .from_local_datetime(&civil)
            .single()
            .map(|t| Instant(t.timestamp_millis()))
    }

    /// Reads customs' `yyyyMMddHHmmss` (as `.000`) or `yyyyMMddHHmmssSSS`; anything else is `None`.
    pub fn read_customs(self, digits: &str) -> Option<Instant> {
        let digits = digits.trim();
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (seconds, millis) = match digits.len() {
            14 => (digits, "0"),
            17 => (digits.get(..14)?, digits.get(14..)?),
            _ => return None,
        };
        // Digits alone: chrono's general reader would take most of the time a receipt takes.
        let seconds: i64 = seconds.parse().ok()?;
        let part = |unit: i64, of: i64| u32::try_from(seconds / unit % of).ok();
        let year = i32::try_from(seconds / 10_000_000_000).ok()?;
        let civil = NaiveDate::from_ymd_opt(year, part(100_000_000, 100)?, part(1_000_000, 100)?)?
            .and_hms_opt(part(10_000, 100)?, part(100, 100)?, part(1, 100)?)?;
        let millis: i64 = millis.parse().ok()?;
        Some(self.instant(civil)?.plus(Span(millis)))
    }

    /// Writes customs' 14 digits (`yyyyMMddHHmmss`).
    pub fn write_customs(self, at: Instant) -> String {
        self.civil(at).format("%Y%m%d%H%M%S").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fourteen_and_seventeen_digits_are_the_same_second() {
        let short = Zone::SHANGHAI.read_customs("20261122091400").unwrap();
        let long = Zone::SHANGHAI.read_customs("20261122091400123").unwrap();
        assert_eq!(long.since(short), Span::millis(123));
        assert_eq!(short.to_rfc3339(), "2026-11-22T01:14:00.000Z");
        assert_eq!(Zone::SHANGHAI.write_customs(long), "20261122091400");
    }

    #[test]
    fn a_java_date_is_no_customs_time() {
        assert_eq!(
            Zone::SHANGHAI.read_customs("Mon Aug 06 10:26:43 CST 2018"),
            None
        );
    }

    #[test]
    fn the_day_begins_in_the_warehouse_not_in_greenwich() {
        let at = Zone::SHANGHAI.read_customs("20261122003000").unwrap();
        assert_eq!(Zone::SHANGHAI.date_at(at).to_string(), "2026-11-22");
    }
}
