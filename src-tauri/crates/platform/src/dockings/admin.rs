//! The operator's docking, by the admin key: partners, master data, enrolment and decisions.

mod restored;

pub(crate) use restored::{go_on, recovery};

use super::carrier::After;
use super::merchant::{Number, Period, Wanted};
use super::shop::json;
use super::signature::Admin;
use super::{Kind, door, secret_place};
use crate::authority::{Act, Authority, View};
use crate::enquiry::{Found, Lying, Scope};
use crate::error::{Error, Result};
use crate::goods::{self, Item};
use crate::remittances::{self, Statement};
use crate::returns::{self, Returned};
use crate::rows::{name_of, values};
use crate::statistics::Statistics;
use crate::{
    books, cases, changes, clearance, enquiry, gateway, inspection, keys, leases, messages, notes,
    orders, says, statistics, workstations,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use bondhouse_domain::feed::{Location, Merchant};
use bondhouse_domain::ids::{DeviceId, OrderKey, OwnerId};
use bondhouse_domain::ledger::{Account, LedgerItem, Units};
use bondhouse_domain::orders::{Change, HoldBy};
use bondhouse_domain::time::Instant;
use chrono::NaiveDate;
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
#[derive(Serialize)]
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
        .is_some_and(|hex| super::read_key(hex).is_none());
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
    let key = format!("{kind}-{}", act.next("partners")?);
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
    let stopped = authority
        .act(&home, move |act| {
            act.rows.change(
                "UPDATE partners SET active = 0 WHERE partner = ?1 AND warehouse = ?2 AND active = 1",
                values![key, act.warehouse.as_str()],
            )
        })
        .await?;
    Ok(if stopped == 1 {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    })
}

/// How many rows of master data were new or changed.
#[derive(Serialize)]
pub(crate) struct Listed {
    changed: usize,
}

/// Lists every row in one act: all of them, or none.
async fn list<T: Send + 'static>(
    authority: &Arc<Authority>,
    rows: Vec<T>,
    one: impl Fn(&Act<'_>, T) -> Result<bool> + Send + 'static,
) -> Result<Json<Listed>> {
    let home = authority.home().clone();
    let changed = authority
        .act(&home, move |act| {
            let mut changed = 0usize;
            for row in rows {
                changed = changed.saturating_add(usize::from(one(act, row)?));
            }
            orders::conditions_changed(act)?;
            Ok(changed)
        })
        .await?;
    Ok(Json(Listed { changed }))
}

/// `POST /v1/admin/merchants`
pub(crate) async fn list_merchants(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(&authority, json::<Vec<Merchant>>(&body)?, goods::list_owner).await
}

/// `POST /v1/admin/items`
pub(crate) async fn list_items(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(&authority, json::<Vec<Item>>(&body)?, |act, item| {
        goods::list_item(act, &item)
    })
    .await
}

/// `POST /v1/admin/locations`
pub(crate) async fn list_locations(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(
        &authority,
        json::<Vec<Location>>(&body)?,
        goods::list_location,
    )
    .await
}

/// Who the code is for.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCode {
    #[serde(default)]
    device: Option<DeviceId>,
}

/// A one-time enrolment code.
#[derive(Serialize)]
pub(crate) struct NewCodeAnswer {
    code: String,
    expires_at: Instant,
}

/// `POST /v1/admin/enrolments`
pub(crate) async fn new_code(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<(StatusCode, Json<NewCodeAnswer>)> {
    let wanted = if body.is_empty() {
        NewCode::default()
    } else {
        json(&body)?
    };
    let home = authority.home().clone();
    let code = authority
        .act(&home, move |act| {
            workstations::new_code(act, wanted.device.as_ref())
        })
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(NewCodeAnswer {
            code: code.text,
            expires_at: code.expires_at,
        }),
    ))
}

/// A decision about one order.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Decision {
    /// Hold it back.
    Hold { by: HoldBy },
    /// Let it go; customs' own hold is lifted by customs alone.
    Lift { by: HoldBy },
    /// Someone looked at the bench of a silent holder.
    Looked { packed: bool },
    /// A parcel to be cancelled was scanned back from staging.
    PulledBack,
    /// Ask customs again to cancel a list it would not cancel.
    WithdrawAgain,
    /// Declare again what customs refused, unchanged but for what was corrected elsewhere.
    DeclareAgain,
}

/// `POST /v1/admin/orders/{platform}/{order_no}`
pub(crate) async fn decide(
    State(authority): State<Arc<Authority>>,
    Path((platform, order_no)): Path<(String, String)>,
    _: Admin,
    body: Bytes,
) -> Result<Json<super::shop::Progress>> {
    let decision: Decision = json(&body)?;
    let key = OrderKey { platform, order_no };
    let home = authority.home().clone();
    authority
        .act(&home, move |act| {
            carry_out(act, &key, decision)?;
            super::shop::Progress::of(act, orders::get(act, &key)?)
        })
        .await
        .map(Json)
}

fn carry_out(act: &Act<'_>, key: &OrderKey, decision: Decision) -> Result<()> {
    match decision {
        Decision::Hold {
            by: HoldBy::Customs,
        }
        | Decision::Lift {
            by: HoldBy::Customs,
        } => Err(Error::refused(StatusCode::FORBIDDEN, says::only_customs())),
        Decision::Hold {
            by: HoldBy::Quarantine,
        }
        | Decision::Lift {
            by: HoldBy::Quarantine,
        } => Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::only_quarantine(),
        )),
        Decision::Hold { by } => orders::change(act, key, Change::Hold(by)).map(drop),
        Decision::Lift { by } => {
            orders::change(act, key, Change::Lift(by))?;
            orders::advance(act, key)
        }
        Decision::Looked { packed } => leases::looked(act, key, packed),
        Decision::PulledBack => orders::pull_back(act, key),
        Decision::WithdrawAgain => clearance::withdraw_again(act, key),
        Decision::DeclareAgain => orders::correct(act, key),
    }
}

/// The vehicle of a bundle.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBundle {
    vehicle: String,
}

/// A bundle's own number.
#[derive(Serialize)]
pub(crate) struct Bundled {
    own_no: String,
}

/// `POST /v1/admin/bundles`: what is released goes into one note, and a pass is applied for.
pub(crate) async fn bundle(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<(StatusCode, Json<Bundled>)> {
    let wanted: NewBundle = json(&body)?;
    let home = authority.home().clone();
    let own_no = authority
        .act(&home, move |act| notes::bundle(act, &wanted.vehicle))
        .await?;
    Ok((StatusCode::CREATED, Json(Bundled { own_no })))
}

/// One balance of customs' book.
#[derive(Serialize)]
pub(crate) struct Balance {
    #[serde(flatten)]
    item: LedgerItem,
    account: Account,
    #[serde(flatten)]
    units: Units,
}

/// `GET /v1/admin/ledger`
pub(crate) async fn ledger(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<Balance>>> {
    let balances = authority
        .read(authority.home(), books::ledger_balances)
        .await?;
    Ok(Json(
        balances
            .into_iter()
            .map(|(item, account, units)| Balance {
                item,
                account,
                units,
            })
            .collect(),
    ))
}

/// `GET /v1/admin/orders/{platform}/{order_no}`
pub(crate) async fn order(
    State(authority): State<Arc<Authority>>,
    Path((platform, order_no)): Path<(String, String)>,
    _: Admin,
) -> Result<Json<super::shop::Progress>> {
    let key = OrderKey { platform, order_no };
    authority
        .read(authority.home(), move |view| {
            super::shop::Progress::of(view, orders::get(view, &key)?)
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/cases`: what is open.
pub(crate) async fn open_cases(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<cases::Opened>>> {
    authority
        .read(authority.home(), cases::opened)
        .await
        .map(Json)
}

/// What closes a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolution {
    resolution: String,
}

/// `POST /v1/admin/cases/{case}/close`
pub(crate) async fn close_case(
    State(authority): State<Arc<Authority>>,
    Path(case): Path<String>,
    _: Admin,
    body: Bytes,
) -> Result<StatusCode> {
    let closing: Resolution = json(&body)?;
    let home = authority.home().clone();
    authority
        .act(&home, move |act| {
            cases::close(act, &case, &closing.resolution)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A receipt that answers nothing we know.
#[derive(Serialize)]
pub(crate) struct Unmatched {
    raw: u64,
    kind: String,
    key: String,
    at: Instant,
}

/// `GET /v1/admin/unmatched`
pub(crate) async fn unmatched(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<Unmatched>>> {
    authority
        .read(authority.home(), list_unmatched)
        .await
        .map(Json)
}

fn list_unmatched(view: &View<'_>) -> Result<Vec<Unmatched>> {
    view.rows.all(
        "SELECT raw, kind, key, at FROM unmatched WHERE warehouse = ?1 ORDER BY raw DESC LIMIT 500",
        values![view.warehouse.as_str()],
        |row| {
            Ok(Unmatched {
                raw: row.count(0)?,
                kind: row.text(1)?,
                key: row.text(2)?,
                at: row.instant(3)?,
            })
        },
    )
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

/// `GET /v1/admin/audit?who=&after=N&limit=M`: calls that could change something, oldest first.
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

/// A period of one merchant.
#[derive(Deserialize)]
pub(crate) struct Settled {
    owner: OwnerId,
    from: NaiveDate,
    to: NaiveDate,
}

/// `GET /v1/admin/settlement?owner=&from=&to=`
pub(crate) async fn settlement(
    State(authority): State<Arc<Authority>>,
    Query(asked): Query<Settled>,
    _: Admin,
) -> Result<Json<Statement>> {
    let (from, to) = super::merchant::period(asked.from, asked.to)?;
    authority
        .read(authority.home(), move |view| {
            remittances::statement(view, &asked.owner, from, to)
        })
        .await
        .map(Json)
}

/// `POST /v1/admin/settlement-terms`: the currency each merchant is paid in.
pub(crate) async fn settlement_terms(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(
        &authority,
        json::<Vec<remittances::Terms>>(&body)?,
        |act, terms| remittances::set_terms(act, &terms),
    )
    .await
}

/// `POST /v1/admin/exchange-rates`
pub(crate) async fn exchange_rates(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(
        &authority,
        json::<Vec<remittances::ExchangeRate>>(&body)?,
        |act, rate| remittances::set_rate(act, &rate),
    )
    .await
}

/// `GET /v1/admin/holds`: what nobody may use until inspection and quarantine says so.
pub(crate) async fn list_holds(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<inspection::Held>>> {
    authority
        .read(authority.home(), inspection::holds)
        .await
        .map(Json)
}

/// Which returns to list.
#[derive(Deserialize)]
pub(crate) struct WantedReturns {
    #[serde(default)]
    state: Option<String>,
}

/// `GET /v1/admin/returns?state=`: oldest first.
pub(crate) async fn list_returns(
    State(authority): State<Arc<Authority>>,
    Query(wanted): Query<WantedReturns>,
    _: Admin,
) -> Result<Json<Vec<Returned>>> {
    authority
        .read(authority.home(), move |view| {
            returns::list(view, wanted.state.as_deref())
        })
        .await
        .map(Json)
}

/// What the checker found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arrival {
    condition: returns::Condition,
}

/// `POST /v1/admin/returns/{return_no}/arrived`
pub(crate) async fn return_arrived(
    State(authority): State<Arc<Authority>>,
    Path(return_no): Path<String>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Returned>> {
    let arrival: Arrival = json(&body)?;
    let home = authority.home().clone();
    authority
        .act(&home, move |act| {
            returns::arrive(act, &return_no, arrival.condition)
        })
        .await
        .map(Json)
}

/// Which files to list.
#[derive(Deserialize)]
pub(crate) struct WantedFiles {
    #[serde(default)]
    state: Option<String>,
}

/// `GET /v1/admin/handovers?state=offered|sent|failed`: newest first.
pub(crate) async fn handovers(
    State(authority): State<Arc<Authority>>,
    Query(wanted): Query<WantedFiles>,
    _: Admin,
) -> Result<Json<Vec<gateway::Handover>>> {
    authority
        .read(authority.home(), move |view| {
            gateway::handovers(view, wanted.state.as_deref())
        })
        .await
        .map(Json)
}

/// `POST /v1/admin/handovers/{n}/again`: whoever mended what it failed on says so.
pub(crate) async fn hand_over_again(
    State(authority): State<Arc<Authority>>,
    Path(n): Path<u64>,
    _: Admin,
) -> Result<StatusCode> {
    let home = authority.home().clone();
    authority
        .act(&home, move |act| gateway::again(act, n))
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /v1/admin/messages/{raw}`: a kept message, unmodified. It may name people; the reading is logged.
pub(crate) async fn message(
    State(authority): State<Arc<Authority>>,
    Path(raw): Path<u64>,
    _: Admin,
) -> Result<Vec<u8>> {
    tracing::info!(raw, "a kept message was read by the operator");
    authority
        .read(authority.home(), move |view| messages::bytes(view, raw))
        .await
}

/// `GET /v1/admin/enquiry?number=`: one box for any number.
pub(crate) async fn enquire(
    State(authority): State<Arc<Authority>>,
    Query(asked): Query<Number>,
    _: Admin,
) -> Result<Json<Found>> {
    authority
        .read(authority.home(), move |view| {
            enquiry::by_number(view, &Scope::Everything, &asked.number)
        })
        .await
        .map(Json)
}

/// Whose orders to find.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    #[serde(default = "resident")]
    id_type: String,
    id_number: String,
}

fn resident() -> String {
    "1".to_owned()
}

/// `POST /v1/admin/enquiry`: the orders of one person. A body, so that the number stands in no log.
pub(crate) async fn enquire_person(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Vec<super::shop::Progress>>> {
    let person: Person = json(&body)?;
    authority
        .read(authority.home(), move |view| {
            enquiry::by_person(view, &Scope::Everything, &person.id_type, &person.id_number)
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/orders?state=&since=&limit=`
pub(crate) async fn list_orders(
    State(authority): State<Arc<Authority>>,
    Query(wanted): Query<Wanted>,
    _: Admin,
) -> Result<Json<Vec<super::shop::Progress>>> {
    let most = wanted.limit.unwrap_or(100).clamp(1, 500);
    authority
        .read(authority.home(), move |view| {
            enquiry::list(
                view,
                &Scope::Everything,
                wanted.state.as_deref(),
                wanted.since,
                most,
            )
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/stock`
pub(crate) async fn stock(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<Lying>>> {
    authority
        .read(authority.home(), |view| {
            enquiry::stock(view, &Scope::Everything)
        })
        .await
        .map(Json)
}

/// `GET /v1/admin/statistics?from=&to=&by=day|merchant|chapter|district`
pub(crate) async fn statistics(
    State(authority): State<Arc<Authority>>,
    Query(period): Query<Period>,
    _: Admin,
) -> Result<Json<Statistics>> {
    let period = period.checked()?;
    authority
        .read(authority.home(), move |view| {
            statistics::of_period(view, &Scope::Everything, period.from, period.to, period.by)
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

/// Where the copy is, inside the data folder.
#[derive(Serialize)]
pub(crate) struct Copied {
    file: String,
}

/// `POST /v1/admin/backups`: a verified copy beside the database, made while it works. Keys are not in it.
pub(crate) async fn back_up(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<(StatusCode, Json<Copied>)> {
    let file = format!("backup-{}.db", authority.now().as_millis());
    let (copying, name) = (Arc::clone(&authority), file.clone());
    tokio::task::spawn_blocking(move || copying.database().back_up(&name))
        .await
        .map_err(|_| Error::broken("a backup panicked"))??;
    Ok((StatusCode::CREATED, Json(Copied { file })))
}
