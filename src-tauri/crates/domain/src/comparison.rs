//! The three-order X-ray (三单比对): what customs would object to, before customs does.
//!
//! Order, payment, waybill and declaration list are laid side by side and *all* differences come out
//! at once, each with both values, the rule, the tolerance, who must put it right and the code it would
//! earn at customs. The list is what is checked; the left side is whose word it is checked against.
//! It is a pre-check: the warehouse seldom sees a payment, and the authority is CEB622.
//!
//! | file | checks |
//! |---|---|
//! | `parties` | papers present, numbers, platform, merchant, buyer = payer, identity |
//! | `money` | sums, what was paid, currency, limits, tax, guarantee |
//! | `goods` | lines pair one to one; ledger items, units and balances |
//! | `parcel` | waybill, carrier, consignee, charges, weights, pieces |
//!
//! Consignee and buyer may be two people; only the buyer must be the payer. Persons' values are
//! masked in every finding.
//!
//! Tolerances and how far each rule holds are part of the dated law ([`Tolerances`]), so that the same
//! papers can be judged as of any day.

mod goods;
mod money;
mod parcel;
mod parties;
pub mod says;

use crate::customs::{DeclarationList, Order, Payment, Waybill};
use crate::message::{Message, Refusal};
use crate::personal::{Personal, PersonalKind};
use crate::quantity::{Money, Quantity, Rate, Weight};
use crate::tax::RetailLaw;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the comparison lets pass; part of the dated law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Tolerances {
    /// Amounts may differ by this much: real senders cut off where others round.
    pub amount_tolerance: Money,
    /// Weights may differ by this much,
    pub weight_tolerance: Weight,
    /// or by this share of the declared gross weight, whichever is more.
    pub weight_share: Rate,
    /// The only currency admitted, customs code.
    pub currency: String,
    /// Supervision modes in which ledger fields are mandatory.
    pub bonded_modes: Vec<String>,
    /// Pieces of one parcel.
    pub pieces: u32,
    /// Rules that hold otherwise from this day on or in this district, by the name of their finding
    /// (`consignee`); all others hold as they stand here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, Ruling>,
}

/// How far a rule of the comparison holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// A difference stops the parcel.
    Stops,
    /// A difference is shown and stops nothing.
    Doubtful,
    /// Nobody asks for it.
    Off,
}

/// A paper of the trade.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// Order (订单).
    Order,
    /// Payment (支付单).
    Payment,
    /// Waybill (运单).
    Waybill,
    /// Declaration list (清单).
    List,
    /// The customs ledger (账册).
    Ledger,
    /// The law, or what is known beside the papers.
    Law,
}

/// Who must put a difference right.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Fixer {
    /// The e-commerce platform (电商平台).
    Platform,
    /// The payment firm (支付企业).
    PaymentFirm,
    /// The carrier (物流企业).
    Carrier,
    /// Whoever builds the declaration list (申报企业).
    Declarant,
    /// The warehouse that keeps the ledger (区内企业).
    Warehouse,
    /// The buyer (订购人).
    Buyer,
    /// Whoever guarantees the tax (担保企业).
    Guarantor,
}

/// Whether a finding keeps a parcel from being declared.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ts_rs::TS,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Customs would refuse it: do not declare.
    Stops,
    /// Customs may pass it: look at it.
    Doubtful,
}

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
pub struct Side {
    /// On which paper.
    pub paper: Paper,
    /// In which element, by customs' name.
    pub field: String,
    /// What stands there; masked when it is a person's.
    pub value: String,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
pub struct Finding {
    /// The check; its catalogue entry says what, why and what next.
    pub message: Message,
    /// Whether it stops the parcel.
    pub severity: Severity,
    /// Line number, when it is about one.
    pub line: Option<u32>,
    /// Whose word counts.
    pub left: Side,
    /// What was checked against it.
    pub right: Side,
    /// What would still have passed.
    pub tolerance: Option<String>,
    /// Who must put it right.
    pub fixer: Fixer,
    /// The code customs would answer with, where it is known.
    pub customs_code: Option<String>,
}

/// The papers of one parcel, as far as they are there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Papers<'a> {
    /// CEB311.
    pub order: Option<&'a Order>,
    /// CEB411.
    pub payment: Option<&'a Payment>,
    /// CEB511.
    pub waybill: Option<&'a Waybill>,
    /// CEB621; before it is built only the others are compared.
    pub list: Option<&'a DeclarationList>,
}

/// A line of the ledger as the warehouse books it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedItem {
    /// The ledger (`emsNo`).
    pub ledger_no: String,
    /// Item number (`itemRecordNo`).
    pub item_record_no: String,
    /// The merchant's item (料号, `itemNo`).
    pub item_no: String,
    /// Declared unit.
    pub unit: String,
    /// Free to be declared: actual in less actual out less pre-out.
    pub available: Quantity,
}

/// What is known beside the papers; what is not known is not checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// The ledger's lines.
    pub ledger: Option<Vec<BookedItem>>,
    /// What the buyer has bought this year before this order.
    pub spent_this_year: Option<Money>,
    /// What is left of the tax guarantee.
    pub guarantee_left: Option<Money>,
    /// The tax of this order by [`crate::tax`].
    pub tax: Option<Money>,
    /// Whether the buyer's identity was verified.
    pub identity_verified: Option<bool>,
}

/// Compares the papers of one parcel and reports every difference.
pub fn compare(papers: Papers<'_>, known: &Known, law: &RetailLaw) -> Vec<Finding> {
    let mut found = Vec::new();
    parties::check(papers, known, &mut found);
    money::check(papers, known, law, &mut found);
    goods::check(papers, known, &law.comparison, &mut found);
    parcel::check(papers, &law.comparison, &mut found);
    found
        .into_iter()
        .filter_map(|finding| finding.ruled(&law.comparison))
        .collect()
}

/// A rule the law names and the comparison does not have: a law that says so would be read wrongly.
pub fn unknown_rule(tolerances: &Tolerances) -> Option<&str> {
    let known = |name: &str| {
        let code = [PREFIX, name].concat();
        crate::message::all().any(|said| said.code == code)
    };
    let mut named = tolerances.rules.keys().map(String::as_str);
    named.find(|name| !known(name))
}

/// What the code of every finding begins with.
const PREFIX: &str = "comparison.";

/// Whether nothing found stops the parcel.
pub fn may_be_declared(found: &[Finding]) -> bool {
    found
        .iter()
        .all(|finding| finding.severity != Severity::Stops)
}

impl Side {
    fn of(paper: Paper, field: &str, value: impl ToString) -> Self {
        Self {
            paper,
            field: field.to_owned(),
            value: value.to_string(),
        }
    }

    fn person(paper: Paper, field: &str, value: &Personal, kind: PersonalKind) -> Self {
        Self::of(paper, field, value.masked(kind))
    }
}

impl Finding {
    fn new(left: Side, right: Side, fixer: Fixer, say: impl FnOnce(&str, &str) -> Refusal) -> Self {
        let Refusal(message) = say(&left.value, &right.value);
        Self {
            message,
            severity: Severity::Stops,
            line: None,
            left,
            right,
            tolerance: None,
            fixer,
            customs_code: None,
        }
    }

    /// As the law has it: weighed otherwise, or not asked for at all.
    fn ruled(self, tolerances: &Tolerances) -> Option<Self> {
        let name = self.message.code.strip_prefix(PREFIX)?;
        let severity = match tolerances.rules.get(name) {
            None => self.severity,
            Some(Ruling::Stops) => Severity::Stops,
            Some(Ruling::Doubtful) => Severity::Doubtful,
            Some(Ruling::Off) => return None,
        };
        Some(Self { severity, ..self })
    }

    fn on_line(self, line: u32) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }

    fn doubtful(self) -> Self {
        Self {
            severity: Severity::Doubtful,
            ..self
        }
    }

    fn within(self, tolerance: impl ToString) -> Self {
        Self {
            tolerance: Some(tolerance.to_string()),
            ..self
        }
    }

    fn earns(self, code: &str) -> Self {
        Self {
            customs_code: Some(code.to_owned()),
            ..self
        }
    }
}

/// Whether two texts say the same; white space is no difference.
fn same_text(left: &str, right: &str) -> bool {
    left.split_whitespace().eq(right.split_whitespace())
}

fn near(left: Money, right: Money, tolerance: Money) -> bool {
    left.minus(right).is_some_and(|difference| {
        difference.units().unsigned_abs() <= tolerance.units().unsigned_abs()
    })
}
