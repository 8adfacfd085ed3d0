//! What the feed had come to when a day ended, signed, for an auditor to keep.
//!
//! Nothing is stored for it: the feed cannot be rewritten, so the same day gives the same note whenever it
//! is asked for. That it was not rewritten is proved by whoever kept yesterday's.

use crate::authority::{Authority, View};
use crate::dockings::asked::Query;
use crate::dockings::signature::Admin;
use crate::error::{Error, Result};
use crate::rows::values;
use crate::says;
use crate::sync::feed_base;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bondhouse_domain::ids::FeedPos;
use bondhouse_protocol::checkpoint::{Checkpoint, verifier};
use chrono::{Days, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which day; today, as far as it has gone, when none is named.
#[derive(Deserialize)]
pub(crate) struct Day {
    day: Option<NaiveDate>,
}

/// What an auditor keeps.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Kept {
    /// The signed note, a tlog-checkpoint.
    note: String,
    /// The key that tools for signed notes check it with.
    key: String,
}

/// `GET /v1/admin/checkpoint?day=`
pub(crate) async fn checkpoint(
    State(authority): State<Arc<Authority>>,
    Query(asked): Query<Day>,
    _: Admin,
) -> Result<Json<Kept>> {
    let reached = authority
        .read(authority.home(), move |view| at_the_end_of(view, asked.day))
        .await?;
    let key = authority.keys.signing();
    Ok(Json(Kept {
        note: reached.sign(key),
        key: verifier(&reached.warehouse, &key.verifying_key()),
    }))
}

fn at_the_end_of(view: &View<'_>, day: Option<NaiveDate>) -> Result<Checkpoint> {
    let zone = view.settings()?.zone;
    let today = zone.date_at(view.now);
    let day = day.unwrap_or(today);
    let unknown = || Error::refused(StatusCode::UNPROCESSABLE_ENTITY, says::incomplete("day"));
    let end = day
        .checked_add_days(Days::new(1))
        .and_then(|next| zone.instant(next.and_time(NaiveTime::MIN)))
        .filter(|_| day <= today)
        .ok_or_else(unknown)?;
    let last = view.rows.one(
        "SELECT pos, hash FROM feed WHERE warehouse = ?1 AND at < ?2 ORDER BY pos DESC LIMIT 1",
        values![view.warehouse.as_str(), end],
        |row| Ok((FeedPos(row.count(0)?), row.hash(1)?)),
    )?;
    let (pos, hash) = match last {
        Some(last) => last,
        // Before the first entry there is nothing; of days whose entries are let go nobody knows any more.
        None => Some(feed_base(view)?)
            .filter(|(base, _)| base.0 == 0)
            .ok_or_else(unknown)?,
    };
    Ok(Checkpoint {
        warehouse: view.warehouse.clone(),
        pos,
        hash,
        day: day.to_string(),
    })
}
