//! Online acts: done by the authority or not at all, and answered the same when asked again.

use crate::authority::{Act, Authority};
use crate::error::{Error, Result};
use crate::rows::{json, values};
use crate::{cases, gate, notes};
use bondhouse_domain::ids::WarehouseId;
use bondhouse_domain::message::Refusal;
use bondhouse_protocol::wire::{self, ActAnswer, Ask};

/// Does one act, or says why not. A refused act leaves nothing behind but its answer.
pub(super) async fn answer(
    authority: &Authority,
    warehouse: &WarehouseId,
    act: wire::Act,
) -> Result<ActAnswer> {
    let (id, asked) = (act.id, act.clone());
    let done = authority.act(warehouse, move |tx| once(tx, &asked)).await;
    let refusal = match done {
        Ok(earlier) => earlier,
        Err(Error::Refused { refusal, .. }) => {
            let kept = refusal.clone();
            authority
                .act(warehouse, move |tx| remember(tx, &act, Some(&kept)))
                .await?;
            Some(refusal)
        }
        Err(failure) => return Err(failure),
    };
    Ok(ActAnswer { id, refusal })
}

/// Answers an act that was answered before from memory, else does it.
fn once(tx: &Act<'_>, act: &wire::Act) -> Result<Option<Refusal>> {
    let earlier = tx.rows.one(
        "SELECT refusal FROM answers WHERE warehouse = ?1 AND request = ?2",
        values![tx.warehouse.as_str(), act.id.0.as_bytes().as_slice()],
        |row| row.maybe_text(0),
    )?;
    if let Some(refusal) = earlier {
        return Ok(refusal
            .map(|text| serde_json::from_str(&text))
            .transpose()?);
    }
    match &act.ask {
        Ask::RequestPass { vehicle } => drop(notes::bundle(tx, vehicle)?),
        Ask::Load { pass, waybill } => gate::load(tx, pass, waybill)?,
        Ask::Unload { pass, waybill } => gate::unload(tx, pass, waybill)?,
        Ask::Depart { pass } => gate::depart(tx, pass)?,
        Ask::DecideCase {
            case,
            resolution,
            note,
            second,
        } => cases::decide(tx, case, *resolution, note, (&act.actor, second.as_ref()))?,
    }
    remember(tx, act, None)?;
    Ok(None)
}

fn remember(tx: &Act<'_>, act: &wire::Act, refusal: Option<&Refusal>) -> Result<()> {
    tx.rows.put(
        "INSERT INTO answers (warehouse, request, refusal, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        values![tx.warehouse.as_str(), act.id.0.as_bytes().as_slice(), refusal.map(json).transpose()?, tx.now],
    )
}
