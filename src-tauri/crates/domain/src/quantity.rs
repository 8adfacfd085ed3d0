//! Amounts of goods, weight and money as exact integers.
//!
//! Customs messages carry up to five decimals (N19,5), so one unit here is 1e-5: an `i64` holds
//! ± 92 million million units, which no warehouse exceeds. In JSON an amount is a decimal string,
//! in SQLite an INTEGER. There is no floating point anywhere, no silent rounding, and arithmetic
//! that would overflow answers `None` instead of wrapping.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// How many decimals customs' N19,5 carries.
pub const DECIMALS: u32 = 5;
const SCALE: i64 = 100_000;

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a decimal number at all.
    #[error("not a decimal number")]
    NotANumber,
    /// More than five decimals: refused, never rounded.
    #[error("more than five decimals")]
    TooFine,
    /// Does not fit into 64 bits of 1e-5 units.
    #[error("too large")]
    TooLarge,
}

macro_rules! amounts {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ts_rs::TS)]
        #[ts(type = "string")]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// From 1e-5 units, as stored in SQLite.
            pub const fn from_units(units: i64) -> Self {
                Self(units)
            }

            /// In 1e-5 units, as stored in SQLite.
            pub const fn units(self) -> i64 {
                self.0
            }

            /// A whole number of declared units, or `None` when it does not fit.
            pub fn whole(count: i64) -> Option<Self> {
                count.checked_mul(SCALE).map(Self)
            }

            /// The whole number this is, if it has no decimals.
            pub fn as_whole(self) -> Option<i64> {
                (self.0 % SCALE == 0).then_some(self.0 / SCALE)
            }

            /// Exact sum, or `None` when it does not fit.
            pub fn plus(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// Exact difference, or `None` when it does not fit.
            pub fn minus(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// The same amount in the other direction, or `None` when it does not fit.
            pub fn negated(self) -> Option<Self> {
                self.0.checked_neg().map(Self)
            }

            /// Whether this is below nothing.
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// Whether this is more than nothing.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }

            /// Exact sum of many, or `None` when it does not fit.
            pub fn sum(all: impl IntoIterator<Item = Self>) -> Option<Self> {
                all.into_iter().try_fold(Self::ZERO, Self::plus)
            }

            /// For the codecs and for formulas of law: the exact decimal.
            pub fn to_decimal(self) -> Decimal {
                Decimal::from_i128_with_scale(i128::from(self.0), DECIMALS)
            }

            /// From an exact decimal; more than five decimals are refused, never rounded.
            ///
            /// # Errors
            /// [`AmountError`] when it is too fine or too large.
            pub fn from_decimal(value: Decimal) -> Result<Self, AmountError> {
                let scaled = value
                    .normalize()
                    .checked_mul(Decimal::from(SCALE))
                    .ok_or(AmountError::TooLarge)?;
                if !scaled.fract().is_zero() {
                    return Err(AmountError::TooFine);
                }
                i64::try_from(scaled.trunc()).map(Self).map_err(|_| AmountError::TooLarge)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.to_decimal().normalize())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = AmountError;

            fn from_str(text: &str) -> Result<Self, AmountError> {
                let value = Decimal::from_str_exact(text.trim()).map_err(|_| AmountError::NotANumber)?;
                Self::from_decimal(value)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": "^-?[0-9]+(\\.[0-9]{1,5})?$",
                    "description": "decimal, at most five places",
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

amounts! {
    /// A quantity in the unit that its item or message names (declared or legal unit).
    Quantity,
    /// A weight in kilograms.
    Weight,
    /// An amount of money in the currency that its message names (yuan, unless said otherwise).
    Money,
    /// A share of one: 0.13 is 13 %. For rates of tax and tolerances.
    Rate,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(units in any::<i64>()) {
            let amount = Quantity::from_units(units);
            prop_assert_eq!(amount.to_string().parse::<Quantity>().unwrap(), amount);
        }
    }

    #[test]
    fn six_decimals_are_refused_not_rounded() {
        assert_eq!("0.000001".parse::<Money>(), Err(AmountError::TooFine));
        assert_eq!("0.9000000".parse::<Weight>().unwrap().units(), 90_000);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(
            "92233720368547.75808".parse::<Money>(),
            Err(AmountError::TooLarge)
        );
        assert_eq!(
            Quantity::from_units(i64::MAX).plus(Quantity::from_units(1)),
            None
        );
        assert_eq!("1e3".parse::<Money>(), Err(AmountError::NotANumber));
    }
}
