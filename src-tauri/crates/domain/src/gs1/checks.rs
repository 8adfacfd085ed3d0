//! What one component of a value must satisfy, by the names of the GS1 syntax tests.
//!
//! Each check is a function of the component alone and says what is wrong and where. Of a company
//! prefix only the shape is checked: GS1's registry is not at hand in a warehouse, and an unknown
//! prefix is no reason to refuse goods that arrived.

mod codes;
mod coupon;
mod digits;
mod moments;
mod text;

pub use digits::{check_digit, with_check_digit};

use super::Fault;
use super::table::Charset;

/// A check: the component in, the first fault out.
pub type Check = fn(&str) -> Result<(), Fault>;

/// The check of this name.
pub fn named(name: &str) -> Option<Check> {
    Some(match name {
        "couponcode" => coupon::code,
        "couponposoffer" => coupon::offer,
        "cset39" => text::set39,
        "cset64" => text::set64,
        "cset82" => text::set82,
        "csetnumeric" => digits::only,
        "csum" => digits::sum,
        "csumalpha" => text::check_pair,
        "gcppos1" => digits::company_prefix,
        "gcppos2" => digits::company_prefix_second,
        "hasnondigit" => text::has_non_digit,
        "hh" => moments::hour,
        "hhmi" => moments::hour_minute,
        "hyphen" => text::hyphen,
        "iban" => codes::iban,
        "importeridx" => text::importer_index,
        "iso3166" => codes::country,
        "iso3166999" => codes::country_or_999,
        "iso3166alpha2" => codes::country_letters,
        "iso4217" => codes::currency,
        "iso5218" => codes::sex,
        "latitude" => digits::latitude,
        "longitude" => digits::longitude,
        "mediatype" => codes::media_type,
        "mi" => moments::minute,
        "nonzero" => digits::non_zero,
        "nozeroprefix" => digits::no_zero_prefix,
        "packagetype" => codes::package_type,
        "pcenc" => text::percent_encoded,
        "pieceoftotal" => digits::piece_of_total,
        "posinseqslash" => digits::position_of_count,
        "ss" => moments::second,
        "winding" => codes::winding,
        "yesno" => codes::yes_no,
        "yymmd0" => moments::short_date_day_0,
        "yymmdd" => moments::short_date,
        "yyyymmd0" => moments::long_date_day_0,
        "yyyymmdd" => moments::long_date,
        "zero" => digits::zero,
        _ => return None,
    })
}

/// The check of a character set.
pub fn charset(charset: Charset) -> Check {
    match charset {
        Charset::Digits => digits::only,
        Charset::Set82 => text::set82,
        Charset::Set39 => text::set39,
        Charset::Set64 => text::set64,
    }
}

/// A fault that covers the whole component.
fn whole(code: &'static str, value: &str) -> Fault {
    Fault::new(code, 0, value.len())
}

/// Passes, or the whole component is at fault.
fn require(holds: bool, code: &'static str, value: &str) -> Result<(), Fault> {
    if holds {
        Ok(())
    } else {
        Err(whole(code, value))
    }
}

/// Every byte passes, or the first that does not is at fault.
fn each(value: &str, code: &'static str, allowed: impl Fn(u8) -> bool) -> Result<(), Fault> {
    match value.bytes().position(|byte| !allowed(byte)) {
        None => Ok(()),
        Some(at) => Err(Fault::new(code, at, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[test]
    fn every_component_check_agrees_with_the_reference_tests() {
        #[derive(Deserialize)]
        struct Vector {
            id: String,
            input: String,
            linter: String,
            ok: bool,
            error: Option<String>,
            error_at: Option<(usize, usize)>,
        }
        let Some(vectors) = crate::gs1::samples("linters.jsonl") else {
            return;
        };
        let (mut agreed, mut needs_registry) = (0, 0);
        for line in vectors.lines() {
            let vector: Vector = serde_json::from_str(line).unwrap();
            if matches!(
                vector.error.as_deref(),
                Some("invalid_gcp_prefix" | "gcp_datasource_offline")
            ) {
                needs_registry += 1;
                continue;
            }
            let answer = named(&vector.linter).unwrap()(&vector.input);
            assert_eq!(answer.is_ok(), vector.ok, "{line} {answer:?}");
            if let Err(fault) = answer {
                assert_eq!(Some(fault.code), vector.error.as_deref(), "{line}");
                assert_eq!(
                    Some((fault.at, fault.len)),
                    vector.error_at,
                    "{}",
                    vector.id
                );
            }
            agreed += 1;
        }
        assert_eq!((agreed, needs_registry), (2947, 10));
    }
}
