//! Reports: the stock as it lies, and whether it agrees with customs' book.
//!
//! Composed from local tables, so they work offline; each says as of which position it is true.

use crate::App;
use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use bondhouse_domain::ids::{LocationId, OwnerId};
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::time::Instant;
use bondhouse_store::{AsOf, CertificateLine, StockReport};
use serde::{Deserialize, Serialize};

/// `stock.report`: nothing given means everything.
#[derive(Debug, Clone, Default, Deserialize, ts_rs::TS)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StockFilter {
    /// One merchant's.
    pub owner: Option<OwnerId>,
    /// At one location.
    pub location: Option<LocationId>,
}

/// The stock as it lies.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[serde(transparent)]
pub(crate) struct StockAnswer(pub StockReport);

/// The zero-drift certificate.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct CertificateAnswer {
    /// Whether every item agrees.
    pub holds: bool,
    /// The moment it is true of.
    pub as_of: AsOf,
    /// Item by item.
    pub lines: Vec<CertificateLine>,
    /// Differences that have a name and are still to be decided.
    pub open_cases: Vec<OpenCase>,
}

/// An open case in the certificate.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct OpenCase {
    /// Which of the closed list.
    pub code: CaseCode,
    /// What it is about.
    pub about: String,
    /// Since when.
    pub since: Instant,
}

pub(crate) fn stock(app: &App, _: &Asker, filter: StockFilter) -> Result<StockAnswer, AppError> {
    let report = app
        .store()?
        .read(|view| view.stock_report(filter.owner.as_ref(), filter.location.as_ref()))?;
    Ok(StockAnswer(report))
}

pub(crate) fn certificate(app: &App, _: &Asker, _: Nothing) -> Result<CertificateAnswer, AppError> {
    let certificate = app.store()?.read(|view| view.zero_drift())?;
    Ok(CertificateAnswer {
        holds: certificate.holds(),
        as_of: certificate.as_of,
        lines: certificate.lines,
        open_cases: certificate
            .open_cases
            .into_iter()
            .map(|(case, since)| OpenCase {
                code: case.code,
                about: case.about,
                since,
            })
            .collect(),
    })
}
