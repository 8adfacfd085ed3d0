//! Partners: taken in with a key of their own, stopped, and what they called.

use crate::authority::{Act, Authority};
use crate::changes;
use crate::dockings::asked::{Path, Query};
use crate::dockings::carrier::After;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::dockings::{Kind, door, read_key, secret_place};
use crate::error::{Error, Result};
use crate::rows::{name_of, values};
use crate::{keys, says};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A partner to take in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPartner {
    kind: Kind,
    code: String,
    name: String,
    /// Hand its CEB311 or CEB411 on to customs for it.
    #[serde(default = "yes")]
    forwards: bool,
    /// Ed25519, hexadecimal: it then signs with that key; the secret is for our calls to it.
    #[serde(default)]
    public_key: Option<String>,
    /// Fewer or more calls a second than policy allows everyone.
    #[serde(default)]
    calls_per_second: Option<u32>,
    /// Smaller bodies than everyone may send, in bytes.
    #[serde(default)]
    most_body: Option<u32>,
}

const fn yes() -> bool {
    true
}

/// What a partner needs to call: shown once.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct PartnerKey {
    key: String,
    secret: String,
}

/// `POST /v1/admin/partners`
pub(crate) async fn add_partner(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<(StatusCode, Json<PartnerKey>)> {
    let partner: NewPartner = json(&body)?;
    if partner.code.trim().is_empty() || partner.name.trim().is_empty() {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete("code"),
        ));
    }
    let unusable = partner
        .public_key
        .as_deref()
        .is_some_and(|hex| read_key(hex).is_none());
    if unusable {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete("public_key"),
        ));
    }
    let home = authority.home().clone();
    let key = authority
        .act(&home, move |act| insert_partner(act, &partner))
        .await?;
    Ok((StatusCode::CREATED, Json(key)))
}

fn insert_partner(act: &Act<'_>, partner: &NewPartner) -> Result<PartnerKey> {
    let kind = name_of(&partner.kind)?;
    let same = act.rows.number(
        "SELECT count(*) FROM partners WHERE warehouse = ?1 AND kind = ?2 AND code = ?3 AND active = 1",
        values![act.warehouse.as_str(), &kind, &partner.code],
    )?;
    if same > 0 {
        return Err(says::partner_known(&partner.code).into());
    }
    // A key names one partner in the whole database, where other warehouses number theirs as well.
    let key = loop {
        let key = format!("{kind}-{}", act.next("partners")?);
        let taken = "SELECT count(*) FROM partners WHERE partner = ?1";
        if act.rows.number(taken, values![&key])? == 0 {
            break key;
        }
    };
    let secret = keys::new_secret()?;
    act.rows.change_one(
        "INSERT INTO partners (partner, warehouse, kind, code, name, secret, forwards, active, created_at, public_key, calls_per_second, most_body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9, ?10, ?11)",
        values![
            &key, act.warehouse.as_str(), kind, &partner.code, &partner.name,
            act.keys.seal(&secret_place(&key), secret.as_bytes())?, partner.forwards, act.now, partner.public_key.as_deref(),
            partner.calls_per_second, partner.most_body,
        ],
    )?;
    Ok(PartnerKey { key, secret })
}

/// `DELETE /v1/admin/partners/{key}`: its key stops working at once.
pub(crate) async fn stop_partner(
    State(authority): State<Arc<Authority>>,
    Path(key): Path<String>,
    _: Admin,
) -> Result<StatusCode> {
    let home = authority.home().clone();
    authority
        .act(&home, move |act| {
            let stopped = act.rows.change(
                "UPDATE partners SET active = 0 WHERE partner = ?1 AND warehouse = ?2 AND active = 1",
                values![&key, act.warehouse.as_str()],
            )?;
            if stopped == 0 {
                return Err(Error::refused(StatusCode::NOT_FOUND, says::unknown_key(&key)));
            }
            Ok(())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whose calls to list, and from where.
#[derive(Deserialize)]
pub(crate) struct WantedCalls {
    #[serde(default)]
    who: Option<String>,
    // Not After flattened in: a query's numbers are texts there.
    #[serde(default)]
    after: u64,
    #[serde(default)]
    limit: Option<u32>,
}

/// `GET /v1/admin/audit?who=&after=N&limit=M`: who called for what, oldest first.
pub(crate) async fn audit(
    State(authority): State<Arc<Authority>>,
    Query(wanted): Query<WantedCalls>,
    _: Admin,
) -> Result<Json<Vec<door::Audited>>> {
    let page = After {
        after: wanted.after,
        limit: wanted.limit,
    };
    authority
        .read(authority.home(), move |view| {
            door::audited(view, wanted.who.as_deref(), page.after, page.most())
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/callbacks`: how far each shop was told, and where call-backs have stopped.
pub(crate) async fn callbacks(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<changes::Told>>> {
    authority
        .read(authority.home(), changes::callbacks)
        .await
        .map(Json)
}
