//! Limits and tax of cross-border retail imports: what an order will cost, and whether it may pass at all.
//!
//! An estimate before customs' own bill (CEB816), which alone is binding: how customs rounds line by
//! line is nowhere published. Here each kind of tax is rounded once per order, half up to the fen.
//! Limits, shares and thresholds are law and change: they are passed in, dated, never written here.
//!
//! What customs billed in the end is [`bills`]; what lists draw on, [`account`]. Not here: which rate a
//! tariff code carries, and who withholds the tax.

pub mod account;
pub mod bills;

use crate::message::Refusal;
use crate::quantity::{Money, Quantity, Rate};
use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// What the law says from a date on. The catalogue of such entries is `assets/law/retail-import.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RetailLaw {
    /// First day in force.
    pub since: NaiveDate,
    /// Where it is written.
    pub basis: String,
    /// Limit of one transaction, in yuan of dutiable value.
    pub per_transaction: Money,
    /// Limit of one person in one calendar year.
    pub per_year: Money,
    /// Share of VAT and consumption tax that is levied within the limits; the tariff is then nothing.
    pub share_within_limits: Rate,
    /// When cosmetics count as high-grade.
    pub cosmetics: CosmeticsLaw,
    /// What the comparison of papers tolerates.
    pub comparison: crate::comparison::Tolerances,
}

/// From which price cosmetics bear consumption tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CosmeticsLaw {
    /// The rate they then bear.
    pub rate: Rate,
    /// From this price a gram or millilitre.
    pub per_gram_or_millilitre: Money,
    /// From this price a sheet of mask.
    pub per_sheet: Money,
}

impl RetailLaw {
    /// The entries that come with the product; an operator may pass others.
    pub fn shipped() -> Vec<Self> {
        // The file is part of the build and a test reads it.
        serde_json::from_str(include_str!("../../../../assets/law/retail-import.json"))
            .unwrap_or_default()
    }

    /// The law in force on a day: the latest entry that began by then.
    pub fn in_force(laws: &[Self], on: NaiveDate) -> Option<&Self> {
        laws.iter()
            .filter(|law| law.since <= on)
            .max_by_key(|law| law.since)
    }
}

/// How the content of a cosmetic is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// So many grams or millilitres in one.
    GramsOrMillilitres(Quantity),
    /// So many sheets in one.
    Sheets(Quantity),
}

/// The consumption tax rate of a cosmetic of this price and content: "reaches or exceeds" taxes it.
pub fn cosmetics_rate(price: Money, content: Content, law: &CosmeticsLaw) -> Rate {
    let (content, threshold) = match content {
        Content::GramsOrMillilitres(content) => (content, law.per_gram_or_millilitre),
        Content::Sheets(content) => (content, law.per_sheet),
    };
    let reaches = threshold
        .to_decimal()
        .checked_mul(content.to_decimal())
        .is_some_and(|least| content.is_positive() && price.to_decimal() >= least);
    if reaches { law.rate } else { Rate::ZERO }
}

/// Rates a tariff code carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// Tariff (关税).
    pub tariff: Rate,
    /// Consumption tax, ad valorem (消费税).
    pub consumption: Rate,
    /// Value added tax (增值税).
    pub vat: Rate,
}

/// One kind of goods in an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxedLine {
    /// Line number.
    pub gnum: u32,
    /// How many.
    pub qty: Quantity,
    /// Price of all, without freight and tax.
    pub total_price: Money,
    /// Rates of its tariff code.
    pub rates: Rates,
    /// What one piece contains, of a cosmetic: its price then decides the consumption tax, whatever
    /// `rates` says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosmetic: Option<Content>,
}

impl TaxedLine {
    /// The consumption tax it bears.
    fn consumption(&self, law: &CosmeticsLaw) -> Rate {
        let Some(content) = self.cosmetic else {
            return self.rates.consumption;
        };
        let (total, qty) = (self.total_price.to_decimal(), self.qty.to_decimal());
        let each = total
            .checked_div(qty)
            .and_then(|each| Money::from_decimal(each.round_dp(5)).ok());
        each.map_or(self.rates.consumption, |each| {
            cosmetics_rate(each, content, law)
        })
    }
}

/// What is to be taxed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taxable {
    /// The goods.
    pub lines: Vec<TaxedLine>,
    /// Freight; part of the dutiable value.
    #[serde(default)]
    pub freight: Money,
    /// Insurance; part of the dutiable value.
    #[serde(default)]
    pub insurance: Money,
    /// What the buyer has bought this calendar year before this order.
    #[serde(default)]
    pub spent_this_year: Money,
}

/// By which rule tax is levied.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Within both limits: no tariff, a share of the other taxes.
    WithinLimits,
    /// One single item above the limit of a transaction: everything in full.
    SingleItemInFull,
}

/// The tax of an order as the law has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Assessment {
    /// By which rule.
    pub regime: Regime,
    /// Dutiable value (完税价格): goods, freight, insurance.
    pub dutiable_value: Money,
    /// Tariff, rounded to the fen.
    pub tariff: Money,
    /// Consumption tax, rounded to the fen.
    pub consumption: Money,
    /// VAT, rounded to the fen.
    pub vat: Money,
    /// All three.
    pub total: Money,
    /// What the buyer may still buy this year after this order.
    pub left_this_year: Money,
    /// Line by line, to five decimals.
    pub lines: Vec<LineTax>,
}

/// The tax of one line, rounded to five decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LineTax {
    /// Line number.
    pub gnum: u32,
    /// Its dutiable value, with its share of freight and insurance.
    pub dutiable_value: Money,
    /// Tariff.
    pub tariff: Money,
    /// Consumption tax.
    pub consumption: Money,
    /// VAT.
    pub vat: Money,
}

/// Assesses an order.
///
/// Within the limits, with `P` the dutiable value and `c`, `v` the rates:
/// consumption = share · c · P / (1 − c), VAT = share · v · P / (1 − c); the base of the VAT holds the
/// *full* consumption tax. A single item above the limit bears tariff `D` = t · P, then
/// c · (P + D) / (1 − c) and v · (P + D) / (1 − c).
///
/// # Errors
/// A [`Refusal`] when the order may not pass in this channel, or its figures make no sense.
pub fn assess(goods: &Taxable, law: &RetailLaw) -> Result<Assessment, Refusal> {
    let value_of_goods = sum(goods.lines.iter().map(|line| line.total_price))?;
    let charges = sum([goods.freight, goods.insurance])?;
    let value = sum([value_of_goods, charges])?;
    if goods.lines.is_empty()
        || !value_of_goods.is_positive()
        || goods.lines.iter().any(|l| l.total_price.is_negative())
    {
        return Err(says::nothing_to_tax());
    }
    let spent = sum([goods.spent_this_year, value])?;
    if spent > law.per_year {
        return Err(says::over_annual_limit(
            value,
            goods.spent_this_year,
            law.per_year,
        ));
    }
    let regime = if value <= law.per_transaction {
        Regime::WithinLimits
    } else if is_single_item(&goods.lines) {
        Regime::SingleItemInFull
    } else {
        return Err(says::over_transaction_limit(value, law.per_transaction));
    };
    let mut totals = [Decimal::ZERO; 3];
    let mut lines = Vec::with_capacity(goods.lines.len());
    for line in &goods.lines {
        let (dutiable, taxes) = tax_of(line, value_of_goods, charges, regime, law)
            .ok_or_else(says::beyond_reckoning)?;
        for (total, tax) in totals.iter_mut().zip(taxes) {
            *total = total.checked_add(tax).ok_or_else(says::beyond_reckoning)?;
        }
        let [tariff, consumption, vat] = taxes;
        lines.push(LineTax {
            gnum: line.gnum,
            dutiable_value: rounded(dutiable, 5)?,
            tariff: rounded(tariff, 5)?,
            consumption: rounded(consumption, 5)?,
            vat: rounded(vat, 5)?,
        });
    }
    let [tariff, consumption, vat] = totals;
    let (tariff, consumption, vat) = (
        rounded(tariff, 2)?,
        rounded(consumption, 2)?,
        rounded(vat, 2)?,
    );
    Ok(Assessment {
        regime,
        dutiable_value: value,
        tariff,
        consumption,
        vat,
        total: sum([tariff, consumption, vat])?,
        left_this_year: law
            .per_year
            .minus(spent)
            .ok_or_else(says::beyond_reckoning)?,
        lines,
    })
}

fn is_single_item(lines: &[TaxedLine]) -> bool {
    matches!(lines, [only] if only.qty.as_whole() == Some(1))
}

/// Dutiable value of a line and its tariff, consumption tax and VAT, unrounded.
fn tax_of(
    line: &TaxedLine,
    value_of_goods: Money,
    charges: Money,
    regime: Regime,
    law: &RetailLaw,
) -> Option<(Decimal, [Decimal; 3])> {
    let price = line.total_price.to_decimal();
    let share_of_charges = charges
        .to_decimal()
        .checked_mul(price)?
        .checked_div(value_of_goods.to_decimal())?;
    let dutiable = price.checked_add(share_of_charges)?;
    let consumption = line.consumption(&law.cosmetics);
    let [tariff, consumption, vat] =
        [line.rates.tariff, consumption, line.rates.vat].map(Rate::to_decimal);
    let (tariff, share) = match regime {
        Regime::WithinLimits => (Decimal::ZERO, law.share_within_limits.to_decimal()),
        Regime::SingleItemInFull => (tariff.checked_mul(dutiable)?, Decimal::ONE),
    };
    let base = dutiable
        .checked_add(tariff)?
        .checked_div(Decimal::ONE.checked_sub(consumption)?)?;
    let levied = |rate: Decimal| base.checked_mul(rate)?.checked_mul(share);
    Some((dutiable, [tariff, levied(consumption)?, levied(vat)?]))
}

fn rounded(amount: Decimal, decimals: u32) -> Result<Money, Refusal> {
    let amount = amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    Money::from_decimal(amount).map_err(|_| says::beyond_reckoning())
}

fn sum(amounts: impl IntoIterator<Item = Money>) -> Result<Money, Refusal> {
    Money::sum(amounts).ok_or_else(says::beyond_reckoning)
}

/// What an assessment may say.
pub mod says {
    crate::messages! {
        yes {}
        no {
            /// The order is above the limit of one transaction and holds more than one item.
            over_transaction_limit(value, limit) = "tax.over_transaction_limit";
            /// The order takes its buyer above the limit of the year.
            over_annual_limit(value, spent, limit) = "tax.over_annual_limit";
            /// There is no goods value to tax.
            nothing_to_tax() = "tax.nothing_to_tax";
            /// The figures do not fit.
            beyond_reckoning() = "tax.beyond_reckoning";
            /// No law is configured for the day.
            no_law(day) = "tax.no_law";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn law() -> RetailLaw {
        let laws = RetailLaw::shipped();
        RetailLaw::in_force(&laws, NaiveDate::from_ymd_opt(2026, 11, 22).unwrap())
            .unwrap()
            .clone()
    }

    fn yuan(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn rates(tariff: &str, consumption: &str, vat: &str) -> Rates {
        Rates {
            tariff: tariff.parse().unwrap(),
            consumption: consumption.parse().unwrap(),
            vat: vat.parse().unwrap(),
        }
    }

    fn one(price: &str, freight: &str, rates: Rates) -> Taxable {
        Taxable {
            lines: vec![TaxedLine {
                gnum: 1,
                qty: Quantity::whole(1).unwrap(),
                total_price: yuan(price),
                rates,
                cosmetic: None,
            }],
            freight: yuan(freight),
            insurance: Money::ZERO,
            spent_this_year: Money::ZERO,
        }
    }

    #[test]
    fn milk_powder_for_300_with_10_freight_bears_28_21() {
        let tax = assess(&one("300", "10", rates("0", "0", "0.13")), &law()).unwrap();
        assert_eq!(
            (tax.regime, tax.total),
            (Regime::WithinLimits, yuan("28.21"))
        );
        assert_eq!(tax.dutiable_value, yuan("310"));
    }

    #[test]
    fn a_skin_cream_for_425_bears_consumption_tax_and_98_in_all() {
        let law = law();
        let grams = Content::GramsOrMillilitres("20".parse().unwrap());
        let consumption = cosmetics_rate(yuan("425"), grams, &law.cosmetics);
        assert_eq!(consumption, "0.15".parse().unwrap());
        let goods = one(
            "425",
            "0",
            Rates {
                consumption,
                ..rates("0", "0", "0.13")
            },
        );
        let tax = assess(&goods, &law).unwrap();
        assert_eq!(
            (tax.consumption, tax.vat, tax.total),
            (yuan("52.50"), yuan("45.50"), yuan("98.00"))
        );
    }

    #[test]
    fn a_single_watch_for_8000_bears_everything_in_full_and_counts_for_the_year() {
        let tax = assess(&one("8000", "0", rates("0.1", "0", "0.13")), &law()).unwrap();
        assert_eq!(tax.regime, Regime::SingleItemInFull);
        assert_eq!(
            (tax.tariff, tax.vat, tax.total),
            (yuan("800"), yuan("1144"), yuan("1944"))
        );
        assert_eq!(tax.left_this_year, yuan("18000"));
    }

    #[test]
    fn a_genuine_order_of_2803_30_bears_255_10_and_its_sibling_230_08() {
        let tax = |price: &str| {
            assess(&one(price, "0", rates("0", "0", "0.13")), &law())
                .unwrap()
                .total
        };
        assert_eq!(tax("2803.30"), yuan("255.10"));
        // Its sender wrote 230.07, cut off: within the comparison's tolerance of 0.02.
        assert_eq!(tax("2528.30"), yuan("230.08"));
    }

    #[test]
    fn above_a_limit_the_channel_is_closed() {
        let law = law();
        let mut two = one("8000", "0", rates("0", "0", "0.13"));
        two.lines[0].qty = Quantity::whole(2).unwrap();
        assert_eq!(
            assess(&two, &law).unwrap_err().0.code,
            "tax.over_transaction_limit"
        );
        let mut late = one("300", "0", rates("0", "0", "0.13"));
        late.spent_this_year = yuan("25800");
        assert_eq!(
            assess(&late, &law).unwrap_err().0.code,
            "tax.over_annual_limit"
        );
        late.spent_this_year = yuan("25700");
        assert_eq!(assess(&late, &law).unwrap().left_this_year, Money::ZERO);
    }

    #[test]
    fn a_cream_just_below_the_threshold_bears_no_consumption_tax() {
        let law = law().cosmetics;
        let grams = Content::GramsOrMillilitres("50".parse().unwrap());
        assert_eq!(cosmetics_rate(yuan("499.99"), grams, &law), Rate::ZERO);
        assert_eq!(cosmetics_rate(yuan("500"), grams, &law), law.rate);
        let sheets = Content::Sheets("5".parse().unwrap());
        assert_eq!(cosmetics_rate(yuan("75"), sheets, &law), law.rate);
    }

    proptest! {
        #[test]
        fn the_lines_add_up_to_the_order(prices in prop::collection::vec(1_i64..50_000, 1..6), freight in 0_i64..10_000) {
            let lines: Vec<TaxedLine> = prices
                .iter()
                .zip(1..)
                .map(|(fen, gnum)| TaxedLine {
                    gnum,
                    qty: Quantity::whole(2).unwrap(),
                    total_price: Money::from_units(fen * 1_000),
                    rates: rates("0.1", "0.15", "0.13"),
                    cosmetic: None,
                })
                .collect();
            let goods = Taxable { lines, freight: Money::from_units(freight * 1_000), insurance: Money::ZERO, spent_this_year: Money::ZERO };
            let tax = assess(&goods, &law()).unwrap();
            let near = |lines: Option<Money>, whole: Money| (lines.unwrap().units() - whole.units()).abs() <= 1_000;
            prop_assert!(near(Money::sum(tax.lines.iter().map(|l| l.vat)), tax.vat));
            prop_assert!(near(Money::sum(tax.lines.iter().map(|l| l.consumption)), tax.consumption));
            prop_assert!((Money::sum(tax.lines.iter().map(|l| l.dutiable_value)).unwrap().units() - tax.dutiable_value.units()).abs() <= 10);
            prop_assert_eq!(tax.tariff, Money::ZERO);
        }
    }
}
