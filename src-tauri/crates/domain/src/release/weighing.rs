//! The weight of a packed parcel: how far it may be from the declared one.
//!
//! A parcel that weighs something else than its papers say holds something else, or its papers are
//! wrong; either way it must not leave before somebody looked. No customs house publishes how much is
//! tolerated, so the rule is dated configuration of the warehouse, never a literal. A vehicle on the
//! gate's weighbridge is judged in the same way by entries of its own.

use crate::message::Refusal;
use crate::quantity::{Rate, Weight};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What may differ from a date on. Entries for parcels come from `assets/law/parcel-weight.json`, those
/// for vehicles at the gate from `assets/law/gate-weight.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightRule {
    /// First day in force.
    pub since: NaiveDate,
    /// Where it is written.
    pub basis: String,
    /// So much may always differ: a carton and its filling.
    pub least: Weight,
    /// Or this share of the declared weight, if that is more.
    pub share: Rate,
}

impl WeightRule {
    /// The entries that come with the product.
    pub fn shipped() -> Vec<Self> {
        // The file is part of the build and a test reads it.
        serde_json::from_str(include_str!("../../../../../assets/law/parcel-weight.json"))
            .unwrap_or_default()
    }

    /// The entries for vehicles that come with the product.
    pub fn shipped_for_vehicles() -> Vec<Self> {
        serde_json::from_str(include_str!("../../../../../assets/law/gate-weight.json"))
            .unwrap_or_default()
    }

    /// The rule in force on a day: the latest that began by then.
    pub fn in_force(rules: &[Self], on: NaiveDate) -> Option<&Self> {
        rules
            .iter()
            .filter(|rule| rule.since <= on)
            .max_by_key(|rule| rule.since)
    }

    /// How much may differ from a declared weight, exactly.
    pub fn tolerance(&self, declared: Weight) -> Decimal {
        let share = self.share.to_decimal().checked_mul(declared.to_decimal());
        share.unwrap_or_default().max(self.least.to_decimal())
    }

    /// Whether a weighed parcel may pass for the declared one.
    ///
    /// # Errors
    /// A refusal that names both weights and what may differ.
    pub fn judge(&self, declared: Weight, weighed: Weight) -> Result<(), Refusal> {
        let tolerance = self.tolerance(declared);
        let differs = weighed
            .to_decimal()
            .checked_sub(declared.to_decimal())
            .is_none_or(|difference| difference.abs() > tolerance);
        if differs {
            return Err(super::says::weight_differs(
                weighed,
                declared,
                tolerance.round_dp(3).normalize(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kg(text: &str) -> Weight {
        text.parse().unwrap()
    }

    #[test]
    fn the_larger_of_a_carton_and_a_share_may_differ_and_not_a_gram_more() {
        let rules = WeightRule::shipped();
        let rule = WeightRule::in_force(&rules, "2026-11-22".parse().unwrap()).unwrap();
        assert!(rule.judge(kg("1.1"), kg("1.3")).is_ok());
        assert!(rule.judge(kg("1.1"), kg("0.9")).is_ok());
        assert!(rule.judge(kg("1.1"), kg("1.30001")).is_err());
        assert!(rule.judge(kg("10"), kg("10.5")).is_ok());
        let refused = rule.judge(kg("10"), kg("9.499")).unwrap_err().0;
        assert_eq!(
            ["weighed", "declared", "tolerance"].map(|name| refused.param(name).unwrap()),
            ["9.499", "10", "0.5"]
        );
    }

    #[test]
    fn a_vehicle_may_differ_by_the_weighbridges_step_or_a_share() {
        let rules = WeightRule::shipped_for_vehicles();
        let rule = WeightRule::in_force(&rules, "2026-11-22".parse().unwrap()).unwrap();
        assert!(rule.judge(kg("3240.013"), kg("3290")).is_ok());
        assert!(rule.judge(kg("3240.013"), kg("3553")).is_err());
    }

    #[test]
    fn before_its_first_day_no_rule_holds() {
        let rules = WeightRule::shipped();
        assert_eq!(
            WeightRule::in_force(&rules, "2018-12-31".parse().unwrap()),
            None
        );
    }
}
