//! What lists draw on: a merchant's tax guarantee and a buyer's limit of the year.
//!
//! Both are folds over what happened to lists, never stored balances. A list draws when it is declared;
//! customs' bill changes what it draws; a refusal, cancellation or accepted return gives all of it back;
//! paying the summary bill frees the guarantee, while the year stays used. Told twice is told once.
//!
//! [`Draw`] is one list's share and the rules of it, so that an authority which keeps millions of lists
//! may keep a row for each and still ask the same rules. A buyer is a keyed hash of the identity number:
//! the number itself never comes here.

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
    /// Part of it came back and was taken in again.
    Returned {
        /// The list.
        list: String,
        /// Dutiable value of what came back.
        value: Money,
        /// Tax that is not levied on it.
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

/// How far a list's draw is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It draws on both.
    Open,
    /// Paid: the guarantee is free, the year is not.
    Paid,
    /// As if never declared; a bill that comes late changes nothing.
    Undone,
}

/// What one list draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Dutiable value, less what came back.
    pub value: Money,
    /// Tax: the estimate until customs bills, less what is not levied.
    pub tax: Money,
    /// How far it is.
    pub stage: Stage,
}

impl Draw {
    /// What a list draws from its declaration on.
    pub const fn declared(value: Money, tax: Money) -> Self {
        Self {
            value,
            tax,
            stage: Stage::Open,
        }
    }

    /// What it draws on its merchant's guarantee.
    pub const fn on_guarantee(self) -> Money {
        match self.stage {
            Stage::Open => self.tax,
            Stage::Paid | Stage::Undone => Money::ZERO,
        }
    }

    /// What it draws on its buyer's year.
    pub const fn on_year(self) -> Money {
        match self.stage {
            Stage::Open | Stage::Paid => self.value,
            Stage::Undone => Money::ZERO,
        }
    }

    /// What it draws after an entry about it; `None` when the numbers do not fit.
    fn after(self, entry: &Entry) -> Option<Self> {
        match entry {
            Entry::Declared { .. } => Some(self),
            Entry::Billed { tax, .. } => Some(self.billed(*tax)),
            Entry::Returned { value, tax, .. } => self.returned(*value, *tax),
            Entry::Undone { .. } => Some(self.undone()),
            Entry::Paid { .. } => Some(self.paid()),
        }
    }

    /// Customs says what is due.
    pub const fn billed(self, tax: Money) -> Self {
        Self { tax, ..self }
    }

    /// Some of it came back; `None` when the numbers do not fit. Never less than nothing is drawn.
    pub fn returned(self, value: Money, tax: Money) -> Option<Self> {
        Some(Self {
            value: self.value.minus(value)?.max(Money::ZERO),
            tax: self.tax.minus(tax)?.max(Money::ZERO),
            ..self
        })
    }

    /// As if never declared.
    pub const fn undone(self) -> Self {
        Self {
            stage: Stage::Undone,
            ..self
        }
    }

    /// Customs took the list up again after a refusal: it draws what it drew.
    pub const fn taken_up(self) -> Self {
        match self.stage {
            Stage::Undone => Self {
                stage: Stage::Open,
                ..self
            },
            Stage::Open | Stage::Paid => self,
        }
    }

    /// Its summary bill was paid.
    pub const fn paid(self) -> Self {
        match self.stage {
            Stage::Open => Self {
                stage: Stage::Paid,
                ..self
            },
            Stage::Paid | Stage::Undone => self,
        }
    }
}

/// A list, whose it is, and what it draws.
#[derive(Debug, Clone)]
struct Drawn<'a> {
    merchant: &'a str,
    buyer: &'a str,
    year: i32,
    draw: Draw,
}

/// All lists and what they draw.
#[derive(Debug, Clone, Default)]
pub struct Account<'a>(BTreeMap<&'a str, Drawn<'a>>);

impl<'a> Account<'a> {
    /// Folds what happened, in order. What is said of a list never declared has no effect, nor what
    /// does not fit.
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
                        draw: Draw::declared(*value, *tax),
                    });
                }
                Entry::Billed { list, .. }
                | Entry::Returned { list, .. }
                | Entry::Undone { list }
                | Entry::Paid { list } => {
                    if let Some(drawn) = lists.get_mut(list.as_str())
                        && let Some(draw) = drawn.draw.after(entry)
                    {
                        drawn.draw = draw;
                    }
                }
            }
        }
        Self(lists)
    }

    /// What is left of a merchant's guarantee; below zero when customs billed more than it covers.
    /// `None` when the sums do not fit.
    pub fn guarantee_left(&self, merchant: &str, guarantee: Money) -> Option<Money> {
        let theirs = self.0.values().filter(|d| d.merchant == merchant);
        guarantee.minus(Money::sum(theirs.map(|d| d.draw.on_guarantee()))?)
    }

    /// What a buyer bought in the calendar year of a day. `None` when the sum does not fit.
    pub fn spent(&self, buyer: &str, on: NaiveDate) -> Option<Money> {
        let theirs = self
            .0
            .values()
            .filter(|d| d.buyer == buyer && d.year == on.year());
        Money::sum(theirs.map(|d| d.draw.on_year()))
    }
}
