//! Inspection and quarantine: applied for with each inbound notice, and what the authority orders then.
//!
//! An order names lines of an application, or goods directly (a recall). Sampling sets a hold, a
//! release lifts it, a destruction takes the goods out of both books; the result in between is kept.
//! [`holds`] carries a hold to where the goods are: shelves, workstations, packed parcels.
//!
//! It will not decide: only a document of the authority lifts what a document of it has set.

mod holds;

pub(crate) use holds::{Held, check_parcel, hold_back, list as holds};

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::goods;
use crate::intake::Announced;
use crate::messages::{self, Direction};
use crate::orders::Taken;
use crate::rows::{json, name_of, values};
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::ids::{ItemId, OwnerId};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::time::Instant;
use chrono::NaiveDate;
use holds::Hold;
use serde::{Deserialize, Serialize};

/// An application as the authority reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub(crate) struct Application {
    n: u64,
    application: String,
    notice: String,
    owner: OwnerId,
    vehicle: String,
    at: Instant,
    lines: Vec<AppliedLine>,
}

/// One line of goods to be inspected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
struct AppliedLine {
    line: u32,
    item: String,
    name: String,
    hs_code: String,
    origin: String,
    unit: String,
    qty: Quantity,
    lot: Option<String>,
    expiry: Option<NaiveDate>,
}

/// What the authority orders.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ordered {
    /// The authority's own number of this document; the same again changes nothing.
    pub(crate) number: String,
    what: What,
    /// The application it is about; empty when goods are named directly.
    #[serde(default)]
    application: String,
    /// Lines of the application; none means all of them.
    #[serde(default)]
    lines: Vec<OrderedLine>,
    /// Goods named directly.
    #[serde(default)]
    goods: Vec<Named>,
    /// Of a result: whether the goods passed.
    #[serde(default)]
    passed: Option<bool>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// Samples are drawn: nobody uses the goods until a release.
    Sampling,
    /// What the laboratory found.
    Result,
    /// The goods are free.
    Release,
    /// The goods are destroyed under supervision.
    Destroy,
}

/// A line of an application, and how many of it samples used up (of a result).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderedLine {
    line: u32,
    #[serde(default)]
    used_up: Quantity,
}

/// Goods by merchant, item and, if given, lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    owner: OwnerId,
    item: ItemId,
    #[serde(default)]
    lot: String,
}

/// Applies for the inspection of a notice's goods, where an authority is docked to read it.
pub(crate) fn apply(act: &Act<'_>, notice: &Announced) -> Result<()> {
    let docked = act.rows.number(
        "SELECT count(*) FROM partners WHERE warehouse = ?1 AND kind = 'inspection' AND active = 1",
        values![act.warehouse.as_str()],
    )?;
    if docked == 0 {
        return Ok(());
    }
    let mut lines = Vec::new();
    for line in &notice.lines {
        let told = goods::required(act, &notice.owner, &line.item)?.told;
        lines.push(AppliedLine {
            line: line.line,
            item: line.item.clone(),
            name: told.name,
            hs_code: told.hs_code,
            origin: told.origin,
            unit: told.unit,
            qty: line.qty,
            lot: line.lot.clone(),
            expiry: line.expiry,
        });
    }
    let application = Application {
        n: act.next("inspections")?,
        application: act.own_number("Q")?,
        notice: notice.notice.clone(),
        owner: notice.owner.clone(),
        vehicle: notice.vehicle.clone(),
        at: act.now,
        lines,
    };
    let body = json(&application)?;
    messages::keep(
        act,
        Direction::Out,
        "inspection",
        "inspection",
        body.as_bytes(),
    )?;
    act.rows.change_one(
        "INSERT INTO inspections (warehouse, application, n, notice, body, state) VALUES (?1, ?2, ?3, ?4, ?5, 'applied')",
        values![act.warehouse.as_str(), &application.application, application.n, &application.notice, body],
    )
}

/// Applications after a position, oldest first.
pub(crate) fn applications(view: &View<'_>, after: u64, most: u32) -> Result<Vec<Application>> {
    view.rows.all(
        "SELECT body FROM inspections WHERE warehouse = ?1 AND n > ?2 ORDER BY n LIMIT ?3",
        values![view.warehouse.as_str(), after, most],
        |row| row.json(0),
    )
}

/// An application and how far it is.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ApplicationStanding")]
pub(crate) struct Standing {
    application: String,
    notice: String,
    state: String,
}

/// Where an application stands.
pub(crate) fn standing(view: &View<'_>, application: &str) -> Result<Option<Standing>> {
    view.rows.one(
        "SELECT application, notice, state FROM inspections WHERE warehouse = ?1 AND application = ?2",
        values![view.warehouse.as_str(), application],
        |row| {
            Ok(Standing {
                application: row.text(0)?,
                notice: row.text(1)?,
                state: row.text(2)?,
            })
        },
    )
}

/// Carries out a document of the authority, once.
///
/// # Errors
/// A refusal when it names something unknown, or says something else under a known number.
pub(crate) fn receive(act: &Act<'_>, ordered: &Ordered, raw: u64) -> Result<Taken> {
    if ordered.number.trim().is_empty() {
        return Err(incomplete("number"));
    }
    let content = messages::hash_of(json(ordered)?.as_bytes());
    let earlier = act.rows.one(
        "SELECT content FROM inspection_orders WHERE warehouse = ?1 AND number = ?2",
        values![act.warehouse.as_str(), &ordered.number],
        |row| row.hash(0),
    )?;
    match earlier {
        Some(same) if same == content => return Ok(Taken::Known),
        Some(_) => return Err(says::differs(&ordered.number).into()),
        None => {}
    }
    act.rows.change_one(
        "INSERT INTO inspection_orders (warehouse, number, content, raw, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        values![act.warehouse.as_str(), &ordered.number, content, raw, act.now],
    )?;
    let subjects = subjects(act, ordered)?;
    match ordered.what {
        What::Sampling => {
            for (subject, _) in &subjects {
                holds::set(act, &ordered.number, subject)?;
            }
            set_state(act, ordered, "sampling")?;
        }
        What::Result => {
            let passed = ordered.passed.ok_or_else(|| incomplete("passed"))?;
            for (subject, used_up) in subjects.iter().filter(|(_, used_up)| used_up.is_positive()) {
                holds::destroy(act, &ordered.number, subject, Some(*used_up))?;
            }
            set_state(act, ordered, if passed { "passed" } else { "failed" })?;
        }
        What::Release => {
            for (subject, _) in &subjects {
                holds::lift(act, &ordered.number, subject)?;
            }
            set_state(act, ordered, "released")?;
        }
        What::Destroy => {
            for (subject, _) in &subjects {
                // What is packed or still comes back is held as well, and destroyed by a later order.
                holds::set(act, &ordered.number, subject)?;
                holds::destroy(act, &ordered.number, subject, None)?;
            }
            set_state(act, ordered, "destroying")?;
        }
    }
    crate::orders::conditions_changed(act)?;
    tracing::info!(
        what = name_of(&ordered.what)?,
        number = ordered.number,
        "inspection ordered"
    );
    Ok(Taken::New)
}

fn incomplete(field: &str) -> Error {
    Error::refused(StatusCode::UNPROCESSABLE_ENTITY, says::incomplete(field))
}

fn set_state(act: &Act<'_>, ordered: &Ordered, state: &str) -> Result<()> {
    act.rows.put(
        "UPDATE inspections SET state = ?3 WHERE warehouse = ?1 AND application = ?2",
        values![act.warehouse.as_str(), &ordered.application, state],
    )?;
    Ok(())
}

/// The goods an order is about, and how many of each samples used up.
fn subjects(act: &Act<'_>, ordered: &Ordered) -> Result<Vec<(Hold, Quantity)>> {
    if ordered.application.is_empty() {
        if ordered.goods.is_empty() {
            return Err(incomplete("application"));
        }
        return ordered
            .goods
            .iter()
            .map(|named| {
                goods::required(act, &named.owner, named.item.as_str())?;
                let hold = Hold {
                    subject: String::new(),
                    owner: named.owner.clone(),
                    item: named.item.clone(),
                    lot: named.lot.clone(),
                };
                Ok((hold, Quantity::ZERO))
            })
            .collect();
    }
    let application: Application = act
        .rows
        .one(
            "SELECT body FROM inspections WHERE warehouse = ?1 AND application = ?2",
            values![act.warehouse.as_str(), &ordered.application],
            |row| row.json(0),
        )?
        .ok_or_else(|| unknown(&ordered.application))?;
    let known = |line: &OrderedLine| application.lines.iter().any(|of| of.line == line.line);
    if !ordered.lines.iter().all(known) {
        return Err(incomplete("lines"));
    }
    let wanted = application.lines.iter().filter_map(|line| {
        let named = ordered.lines.iter().find(|of| of.line == line.line);
        let used_up = named.map_or(Quantity::ZERO, |named| named.used_up);
        (named.is_some() || ordered.lines.is_empty()).then(|| {
            let hold = Hold {
                subject: ordered.application.clone(),
                owner: application.owner.clone(),
                item: ItemId::new(&line.item),
                lot: line.lot.clone().unwrap_or_default(),
            };
            (hold, used_up)
        })
    });
    Ok(wanted.collect())
}

/// Nobody knows this application.
pub(crate) fn unknown(application: &str) -> Error {
    Error::refused(
        StatusCode::NOT_FOUND,
        says::unknown_application(application),
    )
}
