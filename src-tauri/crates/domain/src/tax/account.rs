//! What lists draw on: a merchant's tax guarantee and a buyer's limit of the year.
//!
//! Both are folds over what happened to lists, never stored balances. A list draws when it is declared;
//! customs' bill changes what it draws; a refusal, cancellation or accepted return gives all of it back;
//! paying the summary bill frees the guarantee, while the year stays used. Told twice is told once.
//!
//! A buyer is a keyed hash of the identity number: the number itself never comes here.

use crate::quantity::Money;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened to a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Entry {
    /// Declared: draws on guarantee and year.
    Declared {
        /// The list, by its own number.
        list: String,
        /// The merchant whose guarantee stands for the tax.
        merchant: String,
        /// Keyed hash of the buyer's identity number.
        buyer: String,
        /// Day of the declaration; decides the year.
        on: NaiveDate,
        /// Dutiable value.
        value: Money,
        /// Tax by our estimate.
        tax: Money,
    },
    /// Customs billed another tax (CEB816).
    Billed {
        /// The list.
        list: String,
        /// What customs says.
        tax: Money,
    },
    /// Refused, cancelled, or all of it returned (CEB818 = 3): as if never declared.
    Undone {
        /// The list.
        list: String,
    },
    /// The summary bill it stands in was paid.
    Paid {
        /// The list.
        list: String,
    },
}

/// What a list draws.
#[derive(Debug, Clone)]
struct Drawn<'a> {
    merchant: &'a str,
    buyer: &'a str,
    year: i32,
    value: Money,
    tax: Money,
    /// Paid: the guarantee is free, the year is not.
    paid: bool,
}

/// All lists and what they draw.
#[derive(Debug, Clone, Default)]
pub struct Account<'a>(BTreeMap<&'a str, Drawn<'a>>);

impl<'a> Account<'a> {
    /// Folds what happened, in order. What is said of a list never declared has no effect.
    pub fn of(entries: &'a [Entry]) -> Self {
        let mut lists: BTreeMap<&str, Drawn<'_>> = BTreeMap::new();
        for entry in entries {
            match entry {
                Entry::Declared {
                    list,
                    merchant,
                    buyer,
                    on,
                    value,
                    tax,
                } => {
                    // A correction is declared under a number of its own; the same again is a repetition.
                    lists.entry(list).or_insert(Drawn {
                        merchant,
                        buyer,
                        year: on.year(),
                        value: *value,
                        tax: *tax,
                        paid: false,
                    });
                }
                Entry::Billed { list, tax } => {
                    if let Some(drawn) = lists.get_mut(list.as_str()) {
                        drawn.tax = *tax;
                    }
                }
                Entry::Undone { list } => {
                    if let Some(drawn) = lists.get_mut(list.as_str()) {
                        (drawn.value, drawn.tax) = (Money::ZERO, Money::ZERO);
                    }
                }
                Entry::Paid { list } => {
                    if let Some(drawn) = lists.get_mut(list.as_str()) {
                        drawn.paid = true;
                    }
                }
            }
        }
        Self(lists)
    }

    /// What is left of a merchant's guarantee; below zero when customs billed more than it covers.
    /// `None` when the sums do not fit.
    pub fn guarantee_left(&self, merchant: &str, guarantee: Money) -> Option<Money> {
        let open = self
            .0
            .values()
            .filter(|d| d.merchant == merchant && !d.paid);
        guarantee.minus(Money::sum(open.map(|d| d.tax))?)
    }

    /// What a buyer bought in the calendar year of a day. `None` when the sum does not fit.
    pub fn spent(&self, buyer: &str, on: NaiveDate) -> Option<Money> {
        let theirs = self
            .0
            .values()
            .filter(|d| d.buyer == buyer && d.year == on.year());
        Money::sum(theirs.map(|d| d.value))
    }
}
