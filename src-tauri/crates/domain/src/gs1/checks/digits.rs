//! Checks of numbers: check digits, zeros, pieces, degrees.

use super::super::Fault;
use super::{each, require, whole};

pub(super) fn only(value: &str) -> Result<(), Fault> {
    each(value, "non_digit_character", |byte| byte.is_ascii_digit())
}

/// The check digit that follows these digits (modulo 10, weight 3 from the right), or `None` when
/// they are not all digits.
///
/// The same for GTIN-8 to GTIN-14, SSCC, GLN and every other GS1 number (GS1 General
/// Specifications, 7.9.1).
pub fn check_digit(body: &str) -> Option<char> {
    let mut sum = 0u32;
    for (place, byte) in body.bytes().rev().enumerate() {
        let digit = char::from(byte).to_digit(10)?;
        let weight = if place % 2 == 0 { 3 } else { 1 };
        sum = sum.wrapping_add(digit.wrapping_mul(weight)) % 10;
    }
    char::from_digit(10u32.wrapping_sub(sum) % 10, 10)
}

/// The digits with their last one replaced by the right check digit.
pub fn with_check_digit(digits: &str) -> Option<String> {
    let body = digits.get(..digits.len().checked_sub(1)?)?;
    Some(format!("{body}{}", check_digit(body)?))
}

pub(super) fn sum(value: &str) -> Result<(), Fault> {
    only(value)?;
    match with_check_digit(value) {
        None => Err(whole("too_short_for_check_digit", value)),
        Some(right) if right == value => Ok(()),
        Some(_) => Err(Fault::new(
            "incorrect_check_digit",
            value.len().saturating_sub(1),
            1,
        )),
    }
}

/// The shortest GS1 Company Prefix has four digits.
const SHORTEST_PREFIX: usize = 4;

pub(super) fn company_prefix(value: &str) -> Result<(), Fault> {
    let prefix = value
        .get(..SHORTEST_PREFIX)
        .ok_or_else(|| whole("too_short_for_gcp", value))?;
    each(prefix, "invalid_gcp_prefix", |byte| byte.is_ascii_digit())
}

/// As [`company_prefix`], after an indicator or extension digit.
pub(super) fn company_prefix_second(value: &str) -> Result<(), Fault> {
    let rest = value
        .get(1..)
        .ok_or_else(|| whole("too_short_for_gcp", value))?;
    company_prefix(rest).map_err(|fault| fault.moved(1))
}

pub(super) fn non_zero(value: &str) -> Result<(), Fault> {
    only(value)?;
    require(
        value.bytes().any(|byte| byte != b'0'),
        "illegal_zero_value",
        value,
    )
}

pub(super) fn no_zero_prefix(value: &str) -> Result<(), Fault> {
    only(value)?;
    if value.starts_with('0') {
        Err(Fault::new("illegal_zero_prefix", 0, 1))
    } else {
        Ok(())
    }
}

pub(super) fn zero(value: &str) -> Result<(), Fault> {
    require(
        !value.is_empty() && value.bytes().all(|byte| byte == b'0'),
        "not_zero",
        value,
    )
}

pub(super) fn piece_of_total(value: &str) -> Result<(), Fault> {
    only(value)?;
    let half = value.len() / 2;
    let Some((piece, total)) = value
        .split_at_checked(half)
        .filter(|_| matches!(value.len(), 2 | 4 | 6 | 8))
    else {
        return Err(whole("invalid_length_for_piece_of_total", value));
    };
    if piece.bytes().all(|byte| byte == b'0') {
        return Err(Fault::new("zero_piece_number", 0, half));
    }
    if total.bytes().all(|byte| byte == b'0') {
        return Err(Fault::new("zero_total_pieces", half, half));
    }
    // Equally long digits compare as numbers do.
    require(piece <= total, "piece_number_exceeds_total", value)
}

pub(super) fn position_of_count(value: &str) -> Result<(), Fault> {
    let malformed = || whole("position_in_sequence_malformed", value);
    let (position, end) = value.split_once('/').ok_or_else(malformed)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(position) || !digits(end) {
        return Err(malformed());
    }
    if position.starts_with('0') {
        return Err(whole("illegal_zero_prefix", position));
    }
    if end.starts_with('0') {
        return Err(whole("illegal_zero_prefix", end).moved(position.len().saturating_add(1)));
    }
    require(
        (position.len(), position) <= (end.len(), end),
        "position_exceeds_end",
        value,
    )
}

/// Degrees from the south pole in 1e-7: 0 to 180.
pub(super) fn latitude(value: &str) -> Result<(), Fault> {
    require(value.len() == 10, "latitude_invalid_length", value)?;
    only(value)?;
    require(value <= "1800000000", "invalid_latitude", value)
}

/// Degrees from the antimeridian in 1e-7: 0 to 360.
pub(super) fn longitude(value: &str) -> Result<(), Fault> {
    require(value.len() == 10, "longitude_invalid_length", value)?;
    only(value)?;
    require(value <= "3600000000", "invalid_longitude", value)
}
