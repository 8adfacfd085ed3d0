//! What a shop is told about its orders: one numbered list, fetched by it or pushed to it.
//!
//! A call-back is the same list sent in pages, first to last; a page counts as told only when the shop
//! answered 2xx. Until then it is sent again, later each time, and after a day of silence shop or operator
//! must resume it: nothing is skipped, nothing is told in another order. What was not told yet, and why,
//! is there to be looked at ([`callbacks`], [`untold`]); the operator may also have it told from an earlier
//! change on, to a shop that lost what it had heard. Where several nodes share the database, a page is
//! claimed by one of them before it is sent.

use crate::authority::{Act, Authority, View};
use crate::dockings::signature::sign;
use crate::dockings::{self, Partner};
use crate::error::{Error, Result};
use crate::keys;
use crate::orders::Record;
use crate::returns;
use crate::rows::{json, values};
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::orders::State;
use bondhouse_domain::time::{Instant, Span};
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;

/// Tries before the operator is needed: with doubling waits, about a day.
const MOST_TRIES: u32 = 15;
/// Longest wait between two tries.
const LONGEST_WAIT: Span = Span::minutes(120);
/// How long a page is one node's to send: longer than a shop may take to answer it.
const CLAIM: Span = Span::millis(20_000);
/// Changes in one call-back.
const PAGE: u32 = 100;

/// One change as a shop reads it.
#[derive(Serialize, schemars::JsonSchema)]
struct Change<'a> {
    n: u64,
    platform: &'a str,
    order_no: &'a str,
    state: &'static str,
    held: bool,
    cancel_requested: bool,
    carrier: Option<&'a str>,
    waybill_no: Option<&'a str>,
    declaration_no: Option<&'a str>,
    /// The newest return of the order, by the shop's own number, and how far it is.
    returning: Option<(String, String)>,
    at: Instant,
}

/// A change as it was written down: its own JSON, which is never written again.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct Kept(#[schemars(with = "Change<'static>")] Box<RawValue>);

/// Adds how an order is now to its shop's list.
pub(crate) fn record(act: &Act<'_>, order: &Record) -> Result<()> {
    let n = act.next(&format!("changes {}", order.shop))?;
    let change = Change {
        n,
        platform: &order.life.key.platform,
        order_no: &order.life.key.order_no,
        state: order.life.state.name(),
        held: !order.life.holds.is_empty(),
        cancel_requested: order.life.cancel_requested.is_some(),
        carrier: order.waybill.as_ref().map(|w| w.carrier.as_str()),
        waybill_no: order.waybill.as_ref().map(|w| w.waybill_no.as_str()),
        declaration_no: order.declaration_no.as_deref(),
        returning: returning(act, order)?,
        at: act.now,
    };
    act.rows.change_one(
        "INSERT INTO changes (warehouse, partner, n, body) VALUES (?1, ?2, ?3, ?4)",
        values![act.warehouse.as_str(), &order.shop, n, json(&change)?],
    )
}

/// The newest return of an order; before its parcel has left there is none to look for.
fn returning(act: &Act<'_>, order: &Record) -> Result<Option<(String, String)>> {
    let has_left = matches!(
        order.life.state,
        State::GatedOut | State::Delivered | State::Returning | State::Returned
    );
    if !has_left {
        return Ok(None);
    }
    let newest = returns::of_order(act, &order.life.key)?.pop();
    Ok(newest.map(|newest| (newest.number, newest.state)))
}

/// A page of a shop's list, oldest first.
pub(crate) fn after(view: &View<'_>, partner: &str, after: u64, most: u32) -> Result<Vec<Kept>> {
    view.rows.all(
        "SELECT body FROM changes WHERE warehouse = ?1 AND partner = ?2 AND n > ?3 ORDER BY n LIMIT ?4",
        values![view.warehouse.as_str(), partner, after, most],
        |row| Ok(Kept(RawValue::from_string(row.text(0)?)?)),
    )
}

/// Where a shop wants to be called back; an empty address ends it. Resumes what was given up.
pub(crate) fn set_callback(act: &Act<'_>, partner: &str, url: &str) -> Result<()> {
    if url.is_empty() {
        act.rows.put(
            "DELETE FROM callbacks WHERE partner = ?1 AND warehouse = ?2",
            values![partner, act.warehouse.as_str()],
        )?;
        return Ok(());
    }
    act.rows.put(
        "INSERT INTO callbacks (partner, warehouse, url, told, tries, next_try_at, stopped) VALUES (?1, ?2, ?3, 0, 0, ?4, 0) \
         ON CONFLICT (partner) DO UPDATE SET url = excluded.url, tries = 0, next_try_at = excluded.next_try_at, stopped = 0",
        values![partner, act.warehouse.as_str(), url, act.now],
    )?;
    Ok(())
}

/// A call-back as the operator sees it.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "CallBackStanding")]
pub(crate) struct Told {
    partner: String,
    url: String,
    told: u64,
    waiting: u64,
    tries: u64,
    /// Given up on until shop or operator resumes it.
    stopped: bool,
    next_try_at: Instant,
    /// Since when it has accepted nothing, while it does not.
    failing_since: Option<Instant>,
    /// A status, `timeout` or `unreachable`; empty before the first try.
    last_answer: String,
}

/// Every call-back and how far it got.
pub(crate) fn callbacks(view: &View<'_>) -> Result<Vec<Told>> {
    view.rows.all(
        "SELECT c.partner, c.url, c.told, c.tries, c.stopped, c.next_try_at, c.failing_since, c.last_answer, \
         (SELECT count(*) FROM changes AS x WHERE x.warehouse = c.warehouse AND x.partner = c.partner AND x.n > c.told) \
         FROM callbacks AS c WHERE c.warehouse = ?1 ORDER BY c.partner",
        values![view.warehouse.as_str()],
        |row| {
            Ok(Told {
                partner: row.text(0)?,
                url: row.text(1)?,
                told: row.count(2)?,
                tries: row.count(3)?,
                stopped: row.flag(4)?,
                next_try_at: row.instant(5)?,
                failing_since: row.maybe_instant(6)?,
                last_answer: row.text(7)?,
                waiting: row.count(8)?,
            })
        },
    )
}

/// What a shop was not told yet, oldest first.
///
/// # Errors
/// A refusal when it has no call-back.
pub(crate) fn untold(view: &View<'_>, partner: &str, most: u32) -> Result<Vec<Kept>> {
    let told = view.rows.one(
        "SELECT told FROM callbacks WHERE warehouse = ?1 AND partner = ?2",
        values![view.warehouse.as_str(), partner],
        |row| row.count(0),
    )?;
    after(view, partner, told.ok_or_else(|| unknown(partner))?, most)
}

/// Has a shop told again at once: what it was not told, or everything from a change on.
///
/// # Errors
/// A refusal when it has no call-back.
pub(crate) fn again(act: &Act<'_>, partner: &str, from: Option<u64>) -> Result<()> {
    // Never forward: what was not answered is not told.
    let resumed = act.rows.change(
        "UPDATE callbacks SET tries = 0, next_try_at = ?3, stopped = 0, told = CASE WHEN ?4 < told THEN ?4 ELSE told END \
         WHERE warehouse = ?1 AND partner = ?2",
        values![
            act.warehouse.as_str(), partner, act.now, from.map_or(u64::MAX, |n| n.saturating_sub(1)),
        ],
    )?;
    match resumed {
        0 => Err(unknown(partner)),
        _ => Ok(()),
    }
}

fn unknown(partner: &str) -> Error {
    Error::refused(StatusCode::NOT_FOUND, says::no_callback(partner))
}

/// A page that is due.
struct Due {
    partner: Partner,
    secret: Vec<u8>,
    url: String,
    tries: u32,
    told: u64,
    last: u64,
    body: String,
}

/// Whether any page is due; asked first, because mostly none is and a claim is a write.
fn any_due(view: &View<'_>) -> Result<bool> {
    let waiting = view.rows.number(
        "SELECT count(*) FROM callbacks AS c WHERE c.warehouse = ?1 AND c.stopped = 0 AND c.next_try_at <= ?2 \
         AND EXISTS (SELECT 1 FROM changes AS x WHERE x.warehouse = c.warehouse AND x.partner = c.partner AND x.n > c.told)",
        values![view.warehouse.as_str(), view.now],
    )?;
    Ok(waiting > 0)
}

/// Takes the pages that are due for this node. Should it die before it notes how they went, they are
/// due again when the claim runs out.
fn claim(act: &Act<'_>) -> Result<Vec<Due>> {
    let waiting = act.rows.unclaimed(
        "SELECT partner, url, told, tries FROM callbacks WHERE warehouse = ?1 AND stopped = 0 AND next_try_at <= ?2",
        values![act.warehouse.as_str(), act.now],
        |row| Ok((row.text(0)?, row.text(1)?, row.count(2)?, row.count32(3)?)),
    )?;
    let mut due = Vec::new();
    for (id, url, told, tries) in waiting {
        let changes = after(act, &id, told, PAGE)?;
        let (Some((partner, secret)), false) = (dockings::find(act, &id)?, changes.is_empty())
        else {
            continue;
        };
        act.rows.change_one(
            "UPDATE callbacks SET next_try_at = ?2 WHERE partner = ?1",
            values![&id, act.now.plus(CLAIM)],
        )?;
        let last = told.saturating_add(u64::try_from(changes.len()).unwrap_or(0));
        due.push(Due {
            partner,
            secret,
            url,
            tries,
            told,
            last,
            body: json(&changes)?,
        });
    }
    Ok(due)
}

/// Sends every page that is due, once, and notes how it went.
pub(crate) async fn tell(authority: &Arc<Authority>, http: &reqwest::Client) -> Result<()> {
    let _alone = authority.telling.lock().await;
    if !authority.read(authority.home(), any_due).await? {
        return Ok(());
    }
    let pages = authority.act(authority.home(), claim).await?;
    let settings = authority.read(authority.home(), |view| view.settings());
    let patience = settings.await?.policy.callback_patience();
    for page in pages {
        let answered = send(authority, http, patience, &page).await?;
        let (warehouse, jitter) = (
            page.partner.warehouse.clone(),
            i64::from(keys::random::<1>()?[0]),
        );
        authority
            .act(&warehouse, move |act| note(act, &page, &answered, jitter))
            .await?;
    }
    Ok(())
}

/// How a shop's server took a page.
struct Answered {
    accepted: bool,
    /// A status, `timeout` or `unreachable`; never what it said, which may name people.
    how: String,
}

async fn send(
    authority: &Authority,
    http: &reqwest::Client,
    patience: Duration,
    page: &Due,
) -> Result<Answered> {
    let url: reqwest::Url = page
        .url
        .parse()
        .map_err(|_| Error::broken("a call-back without an address"))?;
    let target = url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    );
    let (time, nonce) = (authority.now().as_millis().to_string(), keys::new_secret()?);
    let signature = sign(
        &page.secret,
        "POST",
        &target,
        &time,
        &nonce,
        page.body.as_bytes(),
    );
    let sent = http
        .post(url)
        .timeout(patience)
        .header("content-type", "application/json")
        .header("bondhouse-key", &page.partner.id)
        .header("bondhouse-time", time)
        .header("bondhouse-nonce", nonce)
        .header("bondhouse-signature", signature)
        .body(page.body.clone())
        .send()
        .await;
    Ok(match sent {
        Ok(response) => Answered {
            accepted: response.status().is_success(),
            how: response.status().as_u16().to_string(),
        },
        Err(error) => Answered {
            accepted: false,
            how: if error.is_timeout() {
                "timeout"
            } else {
                "unreachable"
            }
            .to_owned(),
        },
    })
}

fn note(act: &Act<'_>, page: &Due, answered: &Answered, jitter: i64) -> Result<()> {
    if answered.accepted {
        act.rows.put(
            "UPDATE callbacks SET told = ?2, tries = 0, next_try_at = ?3, failing_since = NULL, last_answer = ?5 \
             WHERE partner = ?1 AND told = ?4",
            values![&page.partner.id, page.last, act.now, page.told, &answered.how],
        )?;
        return Ok(());
    }
    let tries = page.tries.saturating_add(1);
    let doubled = 1000_i64
        .checked_shl(tries)
        .unwrap_or(i64::MAX)
        .min(LONGEST_WAIT.as_millis());
    // Up to an eighth more, so that shops of one host are not all tried in the same second.
    let wait = Span::millis(doubled.saturating_add(doubled.saturating_mul(jitter) / 2048));
    act.rows.put(
        "UPDATE callbacks SET tries = ?2, next_try_at = ?3, stopped = ?4, failing_since = coalesce(failing_since, ?6), last_answer = ?7 \
         WHERE partner = ?1 AND told = ?5",
        values![
            &page.partner.id, tries, act.now.plus(wait), tries >= MOST_TRIES, page.told, act.now, &answered.how,
        ],
    )?;
    if tries >= MOST_TRIES {
        tracing::warn!(
            partner = page.partner.id,
            "a shop does not answer; its call-backs stop"
        );
    }
    Ok(())
}
