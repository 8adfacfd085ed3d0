//! Carriers as workstations know them: their names, and how their waybills look when they are scanned.
//!
//! The shapes are the carrier's own word, or the operator's for one that has none. They only help to
//! read: whether a number is a waybill of this warehouse, its orders say.

use crate::authority::Act;
use crate::error::{Error, Result};
use crate::rows::values;
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::feed::{Carrier, News};
use bondhouse_domain::scanner::waybill::WaybillFormat;

/// More shapes than a carrier has products are a mistake, and every scan is compared with each.
const MOST_FORMATS: usize = 16;

/// Reads the shapes of a carrier's waybills.
///
/// # Errors
/// The refusal that names the field when one of them is no format, or there are too many.
fn formats(texts: &[String]) -> Result<Vec<WaybillFormat>> {
    let formats: Option<Vec<WaybillFormat>> =
        texts.iter().map(|text| WaybillFormat::new(text)).collect();
    formats
        .filter(|formats| formats.len() <= MOST_FORMATS)
        .ok_or_else(|| {
            Error::refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                says::incomplete("formats"),
            )
        })
}

/// Says how a carrier's waybills look from now on. Tells the feed only what is new.
pub(crate) fn set_formats(act: &Act<'_>, carrier: &str, texts: &[String]) -> Result<()> {
    let name = act.rows.one(
        "SELECT name FROM partners WHERE warehouse = ?1 AND kind = 'carrier' AND code = ?2 AND active = 1 ORDER BY created_at LIMIT 1",
        values![act.warehouse.as_str(), carrier],
        |row| row.text(0),
    )?;
    let news = News::Carrier(Carrier {
        carrier: carrier.to_owned(),
        name: name.unwrap_or_else(|| carrier.to_owned()),
        formats: formats(texts)?,
    });
    let ((kind, _), body) = (news.kind(), news.body()?);
    let same = act.rows.number(
        "SELECT count(*) FROM told WHERE warehouse = ?1 AND kind = ?2 AND subject = ?3 AND body = ?4",
        values![act.warehouse.as_str(), kind, carrier, body],
    )?;
    if same == 0 {
        act.publish(&news, None)?;
    }
    Ok(())
}
