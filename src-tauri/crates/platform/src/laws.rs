//! The dated law of retail imports: limits, shares, tolerances, as they hold from a day on.
//!
//! What comes with the product is the law as it was published; the operator enters what comes after,
//! ahead of its day. What held on a day that has come is never changed: an order is judged by the law
//! of the day it is declared, and must be judged the same whenever somebody looks again.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::rows::{json, values};
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::comparison;
use bondhouse_domain::tax::RetailLaw;
use chrono::NaiveDate;

/// Every entry, oldest first; what the operator entered stands for what was published of the same day.
pub(crate) fn all(view: &View<'_>) -> Result<Vec<RetailLaw>> {
    let entered: Vec<RetailLaw> = view.rows.all(
        "SELECT body FROM laws WHERE warehouse = ?1 ORDER BY since",
        values![view.warehouse.as_str()],
        |row| row.json(0),
    )?;
    let mut laws = RetailLaw::shipped();
    laws.retain(|law| entered.iter().all(|ours| ours.since != law.since));
    laws.extend(entered);
    laws.sort_by_key(|law| law.since);
    Ok(laws)
}

/// The law in force on a day.
///
/// # Errors
/// A refusal when the day is before every law.
pub(crate) fn in_force(view: &View<'_>, on: NaiveDate) -> Result<RetailLaw> {
    of_day(&all(view)?, on).cloned()
}

/// The law in force on a day, among these.
///
/// # Errors
/// A refusal when the day is before every one of them.
pub(crate) fn of_day(laws: &[RetailLaw], on: NaiveDate) -> Result<&RetailLaw> {
    RetailLaw::in_force(laws, on).ok_or_else(|| bondhouse_domain::tax::says::no_law(on).into())
}

/// Enters what is to hold from a day on; the same again changes nothing.
///
/// # Errors
/// A refusal when the day has come already, or the entry says nothing that can hold.
pub(crate) fn enter(act: &Act<'_>, law: &RetailLaw) -> Result<bool> {
    let today = act.settings.zone.date_at(act.now);
    let holds = law.per_transaction.is_positive()
        && law.per_year.is_positive()
        && !law.comparison.amount_tolerance.is_negative()
        && !law.comparison.weight_tolerance.is_negative();
    if !holds {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete("per_transaction"),
        ));
    }
    if let Some(rule) = comparison::unknown_rule(&law.comparison) {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete(rule),
        ));
    }
    let body = json(law)?;
    let known = act.rows.one(
        "SELECT body FROM laws WHERE warehouse = ?1 AND since = ?2",
        values![act.warehouse.as_str(), law.since.to_string()],
        |row| row.text(0),
    )?;
    if known.as_ref() == Some(&body) {
        return Ok(false);
    }
    if law.since <= today {
        return Err(says::law_of_the_past(law.since).into());
    }
    act.rows.change_one(
        "INSERT INTO laws (warehouse, since, body, entered_at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (warehouse, since) DO UPDATE SET body = excluded.body, entered_at = excluded.entered_at",
        values![act.warehouse.as_str(), law.since.to_string(), body, act.now],
    )?;
    Ok(true)
}
