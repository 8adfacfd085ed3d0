//! The documents of a call: customs' XML, or the same as JSON, one or a list.
//!
//! Which of the two is said by the content type. In XML one bad record is refused by itself and its
//! neighbours are taken; JSON that cannot be read is refused whole, because nobody can say where the next
//! document begins.

use super::shop::json;
use super::signature::Signed;
use crate::authority::Authority;
use crate::error::Result;
use crate::messages;
use bondhouse_domain::customs::{Document, MessageKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(Box<T>),
    Many(Vec<T>),
}

/// Every document of a call, in order, each read or refused. `wanted` takes those this docking is for.
pub(crate) async fn read<T: DeserializeOwned>(
    authority: &Arc<Authority>,
    call: &Signed,
    wanted: fn(Document) -> std::result::Result<T, MessageKind>,
) -> Result<Vec<Result<T>>> {
    if !call.is_xml {
        return Ok(match json(&call.body)? {
            OneOrMany::One(one) => vec![Ok(*one)],
            OneOrMany::Many(many) => many.into_iter().map(Ok).collect(),
        });
    }
    let settings = authority
        .read(&call.partner.warehouse, |view| view.settings())
        .await?;
    let message = messages::read(&call.body, &settings)?;
    let records = message.records.into_iter();
    Ok(records
        .map(|record| match record.result {
            Ok(document) => wanted(document).map_err(messages::wrong_kind),
            Err(fault) => Err(fault.refusal.into()),
        })
        .collect())
}
