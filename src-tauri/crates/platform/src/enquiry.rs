//! One box for any number, and the same person's orders; each caller within its own scope.

use crate::authority::View;
use crate::error::Result;
use crate::intake::{self, Milestone};
use crate::orders;
use crate::progress::Progress;
use crate::rows::{Value, values};
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::quantity::Quantity;
use serde::Serialize;

/// How far a caller may see.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    /// The operator: everything of the warehouse.
    Everything,
    /// A merchant: what is its own.
    Owner(String),
}

impl Scope {
    /// The owner to look for, as statements compare it: empty is every one, and no pattern is anybody.
    pub(crate) fn owner(&self) -> &str {
        match self {
            Self::Everything => "",
            Self::Owner(owner) => owner,
        }
    }
}

/// What a number led to.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Found {
    orders: Vec<Progress>,
    papers: Vec<Paper>,
}

/// A notice, application for inspection, bonded note or gate pass.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PaperFound")]
pub(crate) struct Paper {
    /// `notice`, `inspection`, `bonded_note` or `gate_pass`.
    kind: String,
    /// Our own number of it.
    number: String,
    /// Customs' number, once there is one.
    customs_no: Option<String>,
    state: String,
    /// Of a notice: how far its goods have come.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    milestones: Vec<Milestone>,
}

/// At most so many of one kind: a number names few things.
const MOST: u32 = 100;

/// Whatever carries this number: order, waybill, list, payment, return, tax bill, notice, application,
/// note or pass.
pub(crate) fn by_number(view: &View<'_>, scope: &Scope, number: &str) -> Result<Found> {
    let number = number.trim();
    let keys = keys(
        view,
        include_str!("enquiry_orders.sql"),
        values![view.warehouse.as_str(), number, scope.owner(), MOST],
    )?;
    let mut papers = view.rows.all(
        include_str!("enquiry_papers.sql"),
        values![view.warehouse.as_str(), number, scope.owner(), MOST],
        |row| {
            Ok(Paper {
                kind: row.text(0)?,
                number: row.text(1)?,
                customs_no: row.maybe_text(2)?,
                state: row.text(3)?,
                milestones: Vec::new(),
            })
        },
    )?;
    for paper in papers.iter_mut().filter(|paper| paper.kind == "notice") {
        paper.milestones = intake::milestones(view, &paper.number)?;
    }
    Ok(Found {
        orders: progress(view, &keys)?,
        papers,
    })
}

/// Whatever carries this number; what nothing carries may be a person's.
pub(crate) fn by_anything(
    view: &View<'_>,
    scope: &Scope,
    number: &str,
    id_type: &str,
) -> Result<Found> {
    let mut found = by_number(view, scope, number)?;
    if found.orders.is_empty() && found.papers.is_empty() {
        found.orders = by_person(view, scope, id_type, number.trim())?;
    }
    Ok(found)
}

/// The orders of one person, newest first, found by keyed hash; the number itself is kept nowhere in
/// the clear.
fn by_person(
    view: &View<'_>,
    scope: &Scope,
    id_type: &str,
    id_number: &str,
) -> Result<Vec<Progress>> {
    let [hash, or_hash] = orders::person_hashes(view, id_type, id_number)?;
    let keys = keys(
        view,
        "SELECT platform, order_no FROM orders WHERE warehouse = ?1 AND buyer_hash IN (?2, ?5) AND (?3 = '' OR owner = ?3) \
         ORDER BY received_at DESC LIMIT ?4",
        values![view.warehouse.as_str(), hash, scope.owner(), MOST, or_hash],
    )?;
    let mut found = progress(view, &keys)?;
    found.reverse();
    Ok(found)
}

/// Orders in order of arrival, from a moment on.
pub(crate) fn list(
    view: &View<'_>,
    scope: &Scope,
    state: Option<&str>,
    since: i64,
    most: u32,
) -> Result<Vec<Progress>> {
    let orders = orders::list(view, scope.owner(), state.unwrap_or_default(), since, most)?;
    Progress::of_all(view, orders)
}

fn keys(view: &View<'_>, sql: &str, values: &[Value]) -> Result<Vec<OrderKey>> {
    view.rows.all(sql, values, orders::key)
}

fn progress(view: &View<'_>, keys: &[OrderKey]) -> Result<Vec<Progress>> {
    Progress::of_all(view, orders::several(view, keys)?)
}

/// What lies in the warehouse of one item, by use.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Lying {
    owner: String,
    item: String,
    ledger: String,
    item_no: String,
    bucket: String,
    qty: Quantity,
}

/// Stock by item and bucket.
pub(crate) fn stock(view: &View<'_>, scope: &Scope) -> Result<Vec<Lying>> {
    view.rows.all(
        "SELECT owner, item, ledger, item_no, bucket, sum(qty) FROM stock WHERE warehouse = ?1 AND (?2 = '' OR owner = ?2) \
         GROUP BY owner, item, ledger, item_no, bucket ORDER BY owner, item, ledger, item_no, bucket",
        values![view.warehouse.as_str(), scope.owner()],
        |row| {
            Ok(Lying {
                owner: row.text(0)?,
                item: row.text(1)?,
                ledger: row.text(2)?,
                item_no: row.text(3)?,
                bucket: row.text(4)?,
                qty: Quantity::from_units(row.int(5)?),
            })
        },
    )
}
