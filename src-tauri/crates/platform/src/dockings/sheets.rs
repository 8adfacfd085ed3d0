//! Orders and lists from a spreadsheet: what a shop without a system of its own sends.
//!
//! A workbook is taken whole or not at all: while one cell is wrong, every wrong cell is named and nothing
//! is kept, so that nobody has to find out which half arrived. Then its documents go the way of all others
//! ([`shop`], [`lists`]), each an act of its own; the workbook itself is kept as evidence.
//!
//! Trying is the same act undone at its end, so that it promises nothing the real one would not keep.

use super::signature::Signed;
use super::{Answer, Answers, Kind, Partner, shop};
use crate::authority::{Act, Authority};
use crate::dockings::asked::Query;
use crate::error::{Error, Result};
use crate::messages::{self, Direction};
use crate::openapi::answers::{self, Answered, Told};
use crate::orders::{self, Taken};
use crate::{lists, says};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bondhouse_customs::upload::{CellError, SheetLimits, Upload, Uploaded, read_workbook};
use bondhouse_domain::comparison::Finding;
use bondhouse_domain::customs::{DeclarationList, MessageKind, Order};
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::message::Message;
use schemars::SchemaGenerator;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether to try only.
#[derive(Deserialize)]
pub(crate) struct Manner {
    #[serde(default)]
    dry_run: bool,
}

/// What reading a workbook came to.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Tried {
    sheet: String,
    /// Numbers of the orders whose documents could be read.
    orders: Vec<String>,
    errors: Vec<CellError>,
    /// Headings nothing is made of.
    passed_over: Vec<String>,
    /// What would become of each document, once no cell is wrong.
    would: Vec<Would>,
}

/// What would become of one document.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Would {
    #[serde(flatten)]
    answer: Answer,
    state: &'static str,
    /// What its order would wait for.
    waits_for: Vec<Message>,
    /// Every difference between its papers.
    differences: Vec<Finding>,
}

/// What became of a workbook.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub(crate) enum Sheet {
    /// It was only tried.
    Tried(Tried),
    /// A cell is wrong; nothing was taken in.
    Wrong(Tried),
    /// Its documents were taken in, or refused one by one.
    Taken(Answers),
}

impl IntoResponse for Sheet {
    fn into_response(self) -> Response {
        match self {
            Self::Tried(tried) => Json(tried).into_response(),
            Self::Wrong(tried) => (StatusCode::UNPROCESSABLE_ENTITY, Json(tried)).into_response(),
            Self::Taken(answers) => answers.into_response(),
        }
    }
}

impl Told for Sheet {
    fn told(schemas: &mut SchemaGenerator) -> Answered {
        let sheet = answers::json::<Self>(schemas);
        Answered {
            unprocessable: Some(sheet.1.clone()),
            content: vec![sheet],
        }
    }
}

/// What a workbook may hold.
trait Sheeted: Serialize + Clone + Send + Sync + 'static {
    fn key(&self) -> OrderKey;
    /// Takes it in, with its own JSON as what was sent.
    fn take(&self, act: &Act<'_>, shop: &Partner, sent: &Bytes) -> Result<Taken>;
}

impl Sheeted for Order {
    fn key(&self) -> OrderKey {
        self.key()
    }

    fn take(&self, act: &Act<'_>, shop: &Partner, sent: &Bytes) -> Result<Taken> {
        shop::take(act, shop, self, sent, false)
    }
}

impl Sheeted for DeclarationList {
    fn key(&self) -> OrderKey {
        self.order_key()
    }

    fn take(&self, act: &Act<'_>, shop: &Partner, sent: &Bytes) -> Result<Taken> {
        lists::take(act, shop, self, sent)
    }
}

/// `POST /v1/shop/orders.xlsx?dry_run=true`: 200 with what would come of it; without, 422 while a cell is wrong.
pub(crate) async fn orders(
    State(authority): State<Arc<Authority>>,
    Query(manner): Query<Manner>,
    call: Signed,
) -> Result<Sheet> {
    let (documents, tried) = read(&call)?;
    match documents {
        Uploaded::Orders(orders) => go(&authority, &call, &manner, tried, orders).await,
        Uploaded::Lists(_) => Err(messages::wrong_kind(MessageKind::Ceb621)),
    }
}

/// `POST /v1/shop/lists.xlsx?dry_run=true`: lists for orders that are here and not declared yet.
pub(crate) async fn lists(
    State(authority): State<Arc<Authority>>,
    Query(manner): Query<Manner>,
    call: Signed,
) -> Result<Sheet> {
    let (documents, tried) = read(&call)?;
    match documents {
        Uploaded::Lists(lists) => go(&authority, &call, &manner, tried, lists).await,
        Uploaded::Orders(_) => Err(messages::wrong_kind(MessageKind::Ceb311)),
    }
}

fn read(call: &Signed) -> Result<(Uploaded, Tried)> {
    call.partner.require(Kind::Shop)?;
    let Upload {
        sheet,
        documents,
        errors,
        passed_over,
    } = read_workbook(&call.body, SheetLimits::default())
        .map_err(|refusal| Error::refused(StatusCode::UNPROCESSABLE_ENTITY, refusal))?;
    let tried = Tried {
        sheet,
        orders: Vec::new(),
        errors,
        passed_over,
        would: Vec::new(),
    };
    Ok((documents, tried))
}

/// Tries the documents of a workbook, or takes them in.
async fn go<T: Sheeted>(
    authority: &Arc<Authority>,
    call: &Signed,
    manner: &Manner,
    mut tried: Tried,
    documents: Vec<T>,
) -> Result<Sheet> {
    tried.orders = documents.iter().map(|one| one.key().order_no).collect();
    if !manner.dry_run && !tried.errors.is_empty() {
        return Ok(Sheet::Wrong(tried));
    }
    if manner.dry_run {
        for document in documents {
            tried.would.push(would(authority, call, document).await?);
        }
        return Ok(Sheet::Tried(tried));
    }
    let (partner, workbook) = (call.partner.id.clone(), call.body.clone());
    authority
        .act(&call.partner.warehouse, move |act| {
            messages::keep(act, Direction::In, &partner, "XLSX", &workbook).map(drop)
        })
        .await?;
    let mut results = Vec::new();
    for document in documents {
        let (number, partner) = (document.key().order_no, call.partner.clone());
        let sent = Bytes::from(serde_json::to_vec(&document)?);
        let taken = authority
            .act(&call.partner.warehouse, move |act| {
                document.take(act, &partner, &sent)
            })
            .await;
        results.push(Answer::of(&number, taken)?);
    }
    Ok(Sheet::Taken(Answers { results }))
}

/// Takes a document in, looks what has become of its order, and undoes all of it.
async fn would<T: Sheeted>(
    authority: &Arc<Authority>,
    call: &Signed,
    document: T,
) -> Result<Would> {
    let (key, partner) = (document.key(), call.partner.clone());
    let number = key.order_no.clone();
    let sent = Bytes::from(serde_json::to_vec(&document)?);
    let seen = Arc::new(Mutex::new(None));
    let see = Arc::clone(&seen);
    let undone = authority
        .act(&call.partner.warehouse, move |act| {
            let taken = document.take(act, &partner, &sent)?;
            let order = orders::get(act, &key)?;
            let mut seen = see.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = Some((taken, order));
            // What ends in an error is rolled back; the caller knows this one for what it is.
            Err::<(), _>(Error::refused(StatusCode::OK, says::failed()))
        })
        .await;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(match (seen, undone) {
        (Some((taken, order)), _) => Would {
            answer: Answer::of(&number, Ok(taken))?,
            state: order.life.state.name(),
            waits_for: order.findings,
            differences: order.differences,
        },
        (None, undone) => Would {
            answer: Answer::of(&number, undone.map(|()| Taken::Known))?,
            state: "",
            waits_for: Vec::new(),
            differences: Vec::new(),
        },
    })
}
