//! GS1's six digits `YYMMDD` to a civil date.
//!
//! A GS1 date has no time zone and no century: the century is the one that brings the year within
//! 49 years before and 50 years after the current one (GS1 General Specifications, 7.12), so the
//! caller passes today's date. Day `00` means the last day of the month.

use chrono::{Datelike, NaiveDate};

/// The date meant by `YYMMDD` when read on `today`; `None` when it is no date.
pub fn read(digits: &str, today: NaiveDate) -> Option<NaiveDate> {
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize| digits.get(from..from.checked_add(2)?)?.parse::<u32>().ok();
    let year = year(i32::try_from(number(0)?).ok()?, today.year());
    match number(4)? {
        0 => last_of_month(year, number(2)?),
        day => NaiveDate::from_ymd_opt(year, number(2)?, day),
    }
}

/// `YYMMDD` of a date, as it is printed in a symbol.
pub fn write(date: NaiveDate) -> String {
    date.format("%y%m%d").to_string()
}

fn year(two_digits: i32, this_year: i32) -> i32 {
    let this_century = this_year.wrapping_sub(this_year.rem_euclid(100));
    let year = this_century.wrapping_add(two_digits);
    match two_digits.wrapping_sub(this_year.rem_euclid(100)) {
        51..=99 => year.wrapping_sub(100),
        -99..=-50 => year.wrapping_add(100),
        _ => year,
    }
}

/// The last day of a month.
pub fn last_of_month(year: i32, month: u32) -> Option<NaiveDate> {
    let (next_year, next_month) = if month == 12 {
        (year.checked_add(1)?, 1)
    } else {
        (year, month.checked_add(1)?)
    };
    NaiveDate::from_ymd_opt(year, month, 1)?;
    NaiveDate::from_ymd_opt(next_year, next_month, 1)?.pred_opt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(year: i32, digits: &str) -> String {
        read(digits, NaiveDate::from_ymd_opt(year, 6, 1).unwrap())
            .map_or_else(|| "none".into(), |date| date.to_string())
    }

    #[test]
    fn a_month_without_a_day_ends_on_its_last() {
        assert_eq!(read_in(2026, "280200"), "2028-02-29");
        assert_eq!(read_in(2026, "271200"), "2027-12-31");
        assert_eq!(read_in(2026, "270230"), "none");
        assert_eq!(read_in(2026, "2713001"), "none");
    }

    #[test]
    fn the_century_is_the_one_nearest_to_today() {
        assert_eq!(read_in(2026, "760101"), "2076-01-01");
        assert_eq!(read_in(2026, "770101"), "1977-01-01");
        assert_eq!(read_in(1996, "460101"), "2046-01-01");
        assert_eq!(read_in(1996, "470101"), "1947-01-01");
        assert_eq!(read_in(2070, "200101"), "2120-01-01");
    }
}
