//! Checks of North American coupons, (8110) and (8112).
//!
//! No coupon belongs in a bonded warehouse; they are read so that the verdict on *any* GS1 data is
//! that of the reference engine. A coupon is a run of fields, most of them a digit that gives the
//! length of what follows.

use super::super::Fault;
use super::{digits, moments, whole};

/// Reads a coupon from the left.
struct Cursor<'a> {
    value: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.value.get(self.at..).unwrap_or_default()
    }

    /// The next digit, which must be one of `allowed`.
    fn digit(
        &mut self,
        allowed: &str,
        missing: &'static str,
        invalid: &'static str,
    ) -> Result<usize, Fault> {
        let digit = self
            .rest()
            .chars()
            .next()
            .ok_or_else(|| whole(missing, self.value))?;
        if !allowed.contains(digit) {
            return Err(Fault::new(invalid, self.at, 1));
        }
        self.at = self.at.saturating_add(1);
        Ok(digit.to_digit(10).unwrap_or_default() as usize)
    }

    /// The next `length` digits. What is missing entirely is a fault of the whole coupon.
    fn take(&mut self, length: usize, truncated: &'static str) -> Result<&'a str, Fault> {
        let rest = self.rest();
        let Some(taken) = rest.get(..length) else {
            return Err(match rest {
                "" => whole(truncated, self.value),
                _ => Fault::new(truncated, self.at, rest.len()),
            });
        };
        self.at = self.at.saturating_add(length);
        Ok(taken)
    }

    /// Whether the next optional field is this one; its number is taken.
    fn field(&mut self, number: char) -> bool {
        let here = self.rest().starts_with(number);
        if here {
            self.at = self.at.saturating_add(1);
        }
        here
    }

    fn date(&mut self, short: &'static str, invalid: &'static str) -> Result<&'a str, Fault> {
        let at = self.at;
        let date = self.take(6, short)?;
        moments::short_date(date).map_err(|_| Fault::new(invalid, at, 6))?;
        Ok(date)
    }

    fn finish(self) -> Result<(), Fault> {
        match self.rest() {
            "" => Ok(()),
            excess => Err(Fault::new("coupon_excess_data", self.at, excess.len())),
        }
    }
}

const ANY: &str = "0123456789";

/// One further purchase: requirement, code, family and, unless 9, the company.
struct Purchase {
    vli: &'static str,
    length: &'static str,
    requirement: &'static str,
    code_missing: &'static str,
    code_invalid: &'static str,
    family: &'static str,
    company_vli: &'static str,
    company_length: &'static str,
    company: &'static str,
}

const SECOND: Purchase = Purchase {
    vli: "coupon_missing_2nd_purchase_requirement_vli",
    length: "coupon_invalid_2nd_purchase_requirement_length",
    requirement: "coupon_truncated_2nd_purchase_requirement",
    code_missing: "coupon_missing_2nd_purchase_requirement_code",
    code_invalid: "coupon_invalid_2nd_purchase_requirement_code",
    family: "coupon_truncated_2nd_purchase_family_code",
    company_vli: "coupon_missing_2nd_purchase_gcp_vli",
    company_length: "coupon_invalid_2nd_purchase_gcp_length",
    company: "coupon_truncated_2nd_purchase_gcp",
};

const THIRD: Purchase = Purchase {
    vli: "coupon_missing_3rd_purchase_requirement_vli",
    length: "coupon_invalid_3rd_purchase_requirement_length",
    requirement: "coupon_truncated_3rd_purchase_requirement",
    code_missing: "coupon_missing_3rd_purchase_requirement_code",
    code_invalid: "coupon_invalid_3rd_purchase_requirement_code",
    family: "coupon_truncated_3rd_purchase_family_code",
    company_vli: "coupon_missing_3rd_purchase_gcp_vli",
    company_length: "coupon_invalid_3rd_purchase_gcp_length",
    company: "coupon_truncated_3rd_purchase_gcp",
};

impl Purchase {
    fn read(&self, coupon: &mut Cursor<'_>) -> Result<(), Fault> {
        let length = coupon.digit("12345", self.vli, self.length)?;
        coupon.take(length, self.requirement)?;
        coupon.digit("012349", self.code_missing, self.code_invalid)?;
        coupon.take(3, self.family)?;
        match coupon.digit("01234569", self.company_vli, self.company_length)? {
            9 => Ok(()),
            length => coupon
                .take(length.saturating_add(6), self.company)
                .map(drop),
        }
    }
}

/// (8110), the original coupon code.
pub(super) fn code(value: &str) -> Result<(), Fault> {
    digits::only(value)?;
    let mut coupon = Cursor { value, at: 0 };
    let length = coupon.digit(
        "0123456",
        "coupon_missing_gcp_vli",
        "coupon_invalid_gcp_length",
    )?;
    coupon.take(length.saturating_add(6), "coupon_truncated_gcp")?;
    coupon.take(6, "coupon_truncated_offer_code")?;
    let length = coupon.digit(
        "12345",
        "coupon_missing_save_value_vli",
        "coupon_invalid_save_value_length",
    )?;
    coupon.take(length, "coupon_truncated_save_value")?;
    let length = coupon.digit(
        "12345",
        "coupon_missing_1st_purchase_requirement_vli",
        "coupon_invalid_1st_purchase_requirement_length",
    )?;
    coupon.take(length, "coupon_truncated_1st_purchase_requirement")?;
    coupon.digit(
        "012349",
        "coupon_missing_1st_purchase_requirement_code",
        "coupon_invalid_1st_purchase_requirement_code",
    )?;
    coupon.take(3, "coupon_truncated_1st_purchase_family_code")?;
    if coupon.field('1') {
        coupon.digit(
            "0123",
            "coupon_missing_additional_purchase_rules_code",
            "coupon_invalid_additional_purchase_rules_code",
        )?;
        SECOND.read(&mut coupon)?;
    }
    if coupon.field('2') {
        THIRD.read(&mut coupon)?;
    }
    validity(&mut coupon)?;
    if coupon.field('5') {
        let length = coupon.digit(
            ANY,
            "coupon_missing_serial_number_vli",
            "coupon_missing_serial_number_vli",
        )?;
        coupon.take(length.saturating_add(6), "coupon_truncated_serial_number")?;
    }
    if coupon.field('6') {
        let length = coupon.digit(
            "1234567",
            "coupon_missing_retailer_gcp_or_gln_vli",
            "coupon_invalid_retailer_gcp_or_gln_length",
        )?;
        coupon.take(
            length.saturating_add(6),
            "coupon_truncated_retailer_gcp_or_gln",
        )?;
    }
    if coupon.field('9') {
        coupon.digit(
            "01256",
            "coupon_missing_save_value_code",
            "coupon_invalid_save_value_code",
        )?;
        coupon.digit(
            "012",
            "coupon_missing_save_value_applies_to_item",
            "coupon_invalid_save_value_applies_to_item",
        )?;
        coupon.digit(
            ANY,
            "coupon_missing_store_coupon_flag",
            "coupon_missing_store_coupon_flag",
        )?;
        coupon.digit(
            "01",
            "coupon_missing_dont_multiply_flag",
            "coupon_invalid_dont_multiply_flag",
        )?;
    }
    coupon.finish()
}

/// From when and until when a coupon is valid.
fn validity(coupon: &mut Cursor<'_>) -> Result<(), Fault> {
    let at = coupon.at;
    let mut expiry = None;
    if coupon.field('3') {
        expiry = Some(coupon.date(
            "coupon_too_short_for_expiration_date",
            "coupon_invalid_exipiration_date",
        )?);
    }
    if coupon.field('4') {
        let start = coupon.date(
            "coupon_too_short_for_start_date",
            "coupon_invalid_start_date",
        )?;
        if expiry.is_some_and(|expiry| expiry < start) {
            return Err(Fault::new(
                "coupon_expiration_before_start",
                at.saturating_add(1),
                6,
            ));
        }
    }
    Ok(())
}

/// (8112), the offer at a point of sale.
pub(super) fn offer(value: &str) -> Result<(), Fault> {
    digits::only(value)?;
    let mut coupon = Cursor { value, at: 0 };
    coupon.digit(
        "01",
        "coupon_missing_format_code",
        "coupon_invalid_format_code",
    )?;
    let length = coupon.digit(
        "0123456",
        "coupon_missing_funder_vli",
        "coupon_invalid_funder_length",
    )?;
    coupon.take(length.saturating_add(6), "coupon_truncated_funder")?;
    coupon.take(6, "coupon_truncated_offer_code")?;
    let length = coupon.digit(
        ANY,
        "coupon_missing_serial_number_vli",
        "coupon_missing_serial_number_vli",
    )?;
    coupon.take(length.saturating_add(6), "coupon_truncated_serial_number")?;
    coupon.finish()
}
