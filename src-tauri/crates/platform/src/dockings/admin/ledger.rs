//! Customs' book, balance by balance; how each ledger books; and the reconciliation of one.

use super::{Listed, list};
use crate::authority::Authority;
use crate::books;
use crate::dockings::asked::Query;
use crate::dockings::merchant::period;
use crate::dockings::shop::json;
use crate::dockings::signature::Admin;
use crate::error::Result;
use crate::ledgers::{self, Ledger};
use crate::openapi::answers::{self, Answered, Told};
use crate::reconciliations::{self, Report, Wanted};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bondhouse_domain::ids::LedgerNo;
use bondhouse_domain::ledger::{Account, LedgerItem, Units};
use chrono::NaiveDate;
use schemars::SchemaGenerator;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One balance of customs' book.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Balance {
    #[serde(flatten)]
    item: LedgerItem,
    /// Customs' number of the line (备案序号), once it has one.
    number: Option<String>,
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
        .read(authority.home(), |view| {
            let balances = books::ledger_balances(view)?;
            balances
                .into_iter()
                .map(|(item, account, units)| {
                    Ok(Balance {
                        number: ledgers::number(view, &item)?,
                        item,
                        account,
                        units,
                    })
                })
                .collect::<Result<_>>()
        })
        .await?;
    Ok(Json(balances))
}

/// `GET /v1/admin/ledgers`: what was said of each; a ledger that is not there books cumulatively.
pub(crate) async fn ledgers(
    State(authority): State<Arc<Authority>>,
    _: Admin,
) -> Result<Json<Vec<Ledger>>> {
    authority
        .read(authority.home(), ledgers::all)
        .await
        .map(Json)
}

/// `POST /v1/admin/ledgers`
pub(crate) async fn list_ledgers(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<Json<Listed>> {
    list(&authority, json::<Vec<Ledger>>(&body)?, |act, ledger| {
        ledgers::set(act, &ledger)
    })
    .await
}

/// What to reconcile, and as what kind of file.
#[derive(Deserialize)]
pub(crate) struct Asked {
    ledger: LedgerNo,
    from: NaiveDate,
    to: NaiveDate,
    #[serde(default, rename = "as")]
    kind: Kind,
}

/// A kind of file.
#[derive(Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Json,
    Csv,
    /// EMS121.
    Xml,
}

/// A reconciliation in the form that was asked for.
pub(crate) enum Reconciled {
    Json(Box<Report>),
    /// Content type, file name and content.
    File(&'static str, String, Vec<u8>),
}

const CSV: &str = "text/csv; charset=utf-8";
const XML: &str = "application/xml";

impl IntoResponse for Reconciled {
    fn into_response(self) -> Response {
        match self {
            Self::Json(report) => Json(report).into_response(),
            Self::File(kind, name, content) => {
                let named = format!("attachment; filename=\"{name}\"");
                let headers = [
                    (CONTENT_TYPE, kind.to_owned()),
                    (CONTENT_DISPOSITION, named),
                ];
                (headers, content).into_response()
            }
        }
    }
}

impl Told for Reconciled {
    fn told(schemas: &mut SchemaGenerator) -> Answered {
        Answered {
            content: vec![
                answers::json::<Report>(schemas),
                answers::file(CSV),
                answers::file(XML),
            ],
            unprocessable: None,
        }
    }
}

/// `GET /v1/admin/reconciliation?ledger=&from=&to=&as=json|csv|xml`: worked out, and not sent.
pub(crate) async fn reconciliation(
    State(authority): State<Arc<Authority>>,
    Query(asked): Query<Asked>,
    _: Admin,
) -> Result<Reconciled> {
    let (from, to) = period(asked.from, asked.to)?;
    let (wanted, kind) = (
        Wanted {
            ledger: asked.ledger,
            from,
            to,
        },
        asked.kind,
    );
    authority
        .read(authority.home(), move |view| {
            let report = reconciliations::reconcile(view, &wanted)?;
            // Only what a file name may hold everywhere.
            let ledger: String = wanted
                .ledger
                .as_str()
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect();
            let name = |extension: &str| format!("EMS121_{ledger}_{from}_{to}.{extension}");
            Ok(match kind {
                Kind::Json => Reconciled::Json(Box::new(report)),
                Kind::Csv => Reconciled::File(CSV, name("csv"), report.to_csv().into_bytes()),
                Kind::Xml => Reconciled::File(XML, name("xml"), report.to_xml(view)?),
            })
        })
        .await
}

/// A reconciliation that went to customs.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ReconciliationSent")]
pub(crate) struct Sent {
    own_no: String,
    #[serde(flatten)]
    report: Report,
}

/// `POST /v1/admin/reconciliation`: worked out and handed to customs.
pub(crate) async fn send_reconciliation(
    State(authority): State<Arc<Authority>>,
    _: Admin,
    body: Bytes,
) -> Result<(StatusCode, Json<Sent>)> {
    let wanted: Wanted = json(&body)?;
    period(wanted.from, wanted.to)?;
    let home = authority.home().clone();
    let (own_no, report) = authority
        .act(&home, move |act| reconciliations::send(act, &wanted))
        .await?;
    Ok((StatusCode::CREATED, Json(Sent { own_no, report })))
}
