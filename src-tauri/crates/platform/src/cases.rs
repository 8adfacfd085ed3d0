//! Cases: what a supervisor must look at, opened once and closed with a reason.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::rows::{name_of, named, values};
use crate::{keys, says};
use axum::http::StatusCode;
use bondhouse_domain::feed::{CaseNews, News};
use bondhouse_domain::ids::CaseId;
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::time::Instant;
use serde::Serialize;

/// Opens a case, unless one of the same code about the same thing is open.
pub(crate) fn open(act: &Act<'_>, code: CaseCode, about: &str) -> Result<()> {
    let open = act.rows.number(
        "SELECT count(*) FROM cases WHERE warehouse = ?1 AND code = ?2 AND about = ?3 AND open = 1",
        values![act.warehouse.as_str(), name_of(&code)?, about],
    )?;
    if open > 0 {
        return Ok(());
    }
    let case = CaseId::new(
        uuid::Builder::from_random_bytes(keys::random()?)
            .into_uuid()
            .to_string(),
    );
    open_as(act, case, code, about)
}

/// Opens a case under the name a workstation gave it; once.
pub(crate) fn open_as(act: &Act<'_>, case: CaseId, code: CaseCode, about: &str) -> Result<()> {
    let opened = act.rows.change(
        "INSERT INTO cases (warehouse, case_id, code, about, open, opened_at) VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT DO NOTHING",
        values![act.warehouse.as_str(), case.as_str(), name_of(&code)?, about, act.now],
    )?;
    if opened == 1 {
        act.publish(
            &News::Case(CaseNews {
                case,
                code,
                about: about.to_owned(),
                open: true,
            }),
            None,
        )?;
    }
    Ok(())
}

/// An open case as it is listed.
#[derive(Serialize)]
pub(crate) struct Opened {
    case: String,
    code: String,
    about: String,
    opened_at: Instant,
}

/// Every open case, oldest first.
pub(crate) fn opened(view: &View<'_>) -> Result<Vec<Opened>> {
    view.rows.all(
        "SELECT case_id, code, about, opened_at FROM cases WHERE warehouse = ?1 AND open = 1 ORDER BY opened_at, case_id LIMIT 1000",
        values![view.warehouse.as_str()],
        |row| Ok(Opened { case: row.text(0)?, code: row.text(1)?, about: row.text(2)?, opened_at: row.instant(3)? }),
    )
}

/// Closes a case with what was found.
pub(crate) fn close(act: &Act<'_>, case: &str, resolution: &str) -> Result<()> {
    let found = act.rows.one(
        "SELECT code, about FROM cases WHERE warehouse = ?1 AND case_id = ?2 AND open = 1",
        values![act.warehouse.as_str(), case],
        |row| Ok((named(row.text(0)?)?, row.text(1)?)),
    )?;
    let Some((code, about)) = found else {
        return Err(Error::refused(
            StatusCode::NOT_FOUND,
            says::no_open_case(case),
        ));
    };
    act.rows.change_one(
        "UPDATE cases SET open = 0, closed_at = ?3, resolution = ?4 WHERE warehouse = ?1 AND case_id = ?2",
        values![act.warehouse.as_str(), case, act.now, resolution],
    )?;
    act.publish(
        &News::Case(CaseNews {
            case: CaseId::new(case),
            code,
            about,
            open: false,
        }),
        None,
    )?;
    Ok(())
}
