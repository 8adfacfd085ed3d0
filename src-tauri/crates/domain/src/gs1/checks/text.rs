//! Checks of characters and of text.

use super::super::Fault;
use super::{each, require, whole};

/// Character set 82 in the order of its values (GS1 General Specifications, 7.11).
const SET_82: &[u8] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// The 32 characters of a check pair, in the order of their values.
const SET_32: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

pub(super) fn set82(value: &str) -> Result<(), Fault> {
    each(value, "invalid_cset82_character", |byte| {
        SET_82.contains(&byte)
    })
}

pub(super) fn set39(value: &str) -> Result<(), Fault> {
    each(value, "invalid_cset39_character", |byte| {
        byte.is_ascii_digit() || byte.is_ascii_uppercase() || matches!(byte, b'#' | b'-' | b'/')
    })
}

fn in_set_64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

pub(super) fn set64(value: &str) -> Result<(), Fault> {
    let body = value.trim_end_matches('=');
    each(body, "invalid_cset64_character", in_set_64)?;
    let padding = value.len().saturating_sub(body.len());
    // The syntax test counts in threes, where base64 itself would count in fours.
    if padding > 2 || (padding > 0 && !value.len().is_multiple_of(3)) {
        return Err(Fault::new("invalid_cset64_padding", body.len(), padding));
    }
    Ok(())
}

pub(super) fn importer_index(value: &str) -> Result<(), Fault> {
    let mut characters = value.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) if one.is_ascii() && in_set_64(one as u8) => Ok(()),
        (Some(_), None) => Err(Fault::new("invalid_import_idx_character", 0, 1)),
        _ => Err(whole("importer_idx_must_be_one_character", value)),
    }
}

pub(super) fn has_non_digit(value: &str) -> Result<(), Fault> {
    require(
        !value.bytes().all(|byte| byte.is_ascii_digit()),
        "requires_non_digit_character",
        value,
    )
}

pub(super) fn hyphen(value: &str) -> Result<(), Fault> {
    require(
        !value.is_empty() && value.bytes().all(|byte| byte == b'-'),
        "not_hyphen",
        value,
    )
}

pub(super) fn percent_encoded(value: &str) -> Result<(), Fault> {
    let bytes = value.as_bytes();
    for at in bytes
        .iter()
        .enumerate()
        .filter_map(|(at, byte)| (*byte == b'%').then_some(at))
    {
        let sequence = bytes
            .get(at..)
            .map_or(&[][..], |rest| rest.get(..3).unwrap_or(rest));
        if sequence.len() < 3 || !sequence.iter().skip(1).all(u8::is_ascii_hexdigit) {
            return Err(Fault::new("invalid_percent_sequence", at, sequence.len()));
        }
    }
    Ok(())
}

/// The pair of check characters of an alphanumeric key (GS1 General Specifications, 7.9.5).
pub(super) fn check_pair(value: &str) -> Result<(), Fault> {
    let bytes = value.as_bytes();
    let Some((body, pair)) = bytes
        .len()
        .checked_sub(2)
        .and_then(|end| bytes.split_at_checked(end))
    else {
        return Err(whole("too_short_for_check_pair", value));
    };
    if body.len() > LONGEST {
        return Err(whole("too_long_for_check_pair_implementation", value));
    }
    let mut sum = 0u32;
    let mut weights: Vec<u32> = primes().take(body.len()).collect();
    weights.reverse();
    for (at, (byte, prime)) in body.iter().zip(weights).enumerate() {
        let worth = SET_82
            .iter()
            .position(|one| one == byte)
            .and_then(|worth| u32::try_from(worth).ok());
        let worth = worth.ok_or(Fault::new("invalid_cset82_character", at, 1))?;
        sum = sum.wrapping_add(worth.wrapping_mul(prime)) % 1021;
    }
    if let Some(at) = pair.iter().position(|byte| !SET_32.contains(byte)) {
        return Err(Fault::new(
            "invalid_cset32_character",
            body.len().saturating_add(at),
            1,
        ));
    }
    let right = [
        SET_32.get((sum >> 5) as usize),
        SET_32.get((sum & 31) as usize),
    ];
    if pair.iter().map(Some).eq(right) {
        return Ok(());
    }
    Err(Fault::new("incorrect_check_pair", body.len(), 2))
}

/// No alphanumeric key is longer than 97 characters before its check pair.
const LONGEST: usize = 97;

fn primes() -> impl Iterator<Item = u32> {
    (2u32..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}
