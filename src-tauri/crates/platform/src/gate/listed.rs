//! How gate passes stand: what was declared, what the weighbridge read, what customs' own mark on the
//! note says, and what is to be done where one was refused.

use crate::authority::View;
use crate::error::Result;
use crate::rows::values;
use crate::says;
use bondhouse_domain::message::Message;
use bondhouse_domain::quantity::Weight;
use bondhouse_domain::time::Instant;
use serde::Serialize;

/// A gate pass as the operator sees it.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PassStanding")]
pub(crate) struct Listed {
    own_no: String,
    /// Customs' number, once there is one.
    pass_no: Option<String>,
    /// Our own number of the bonded note it carries.
    note: String,
    note_no: Option<String>,
    /// How far customs itself has taken the note off its ledger (`vrfdedMarkcd`).
    debit: Message,
    direction: String,
    vehicle: String,
    state: String,
    made_at: Instant,
    /// Vehicle, frame, container and goods, as declared.
    total_weight: Option<Weight>,
    /// What the weighbridge read; none where it was not weighed.
    weighed: Option<Weight>,
    /// Declared less weighed.
    weight_error: Option<Weight>,
    /// What is to be known or done about it.
    says: Vec<Message>,
}

/// Passes in a state, or all of them, newest first.
pub(crate) fn list(view: &View<'_>, state: Option<&str>) -> Result<Vec<Listed>> {
    view.rows.all(
        include_str!("listed.sql"),
        values![view.warehouse.as_str(), state.unwrap_or("")],
        |row| {
            let weight = |units: Option<i64>| units.map(Weight::from_units);
            let vehicle = row.text(6)?;
            let why: Option<Message> = row
                .maybe_text(12)?
                .map(|text| serde_json::from_str(&text))
                .transpose()?;
            let assumed = row.flag(13)?.then(|| says::vehicle_unlisted(&vehicle));
            Ok(Listed {
                own_no: row.text(0)?,
                pass_no: row.maybe_text(1)?,
                note: row.text(2)?,
                note_no: row.maybe_text(3)?,
                debit: debit(&row.text(4)?),
                direction: row.text(5)?,
                vehicle,
                state: row.text(7)?,
                made_at: row.instant(8)?,
                total_weight: weight(row.maybe_int(9)?),
                weighed: weight(row.maybe_int(10)?),
                weight_error: weight(row.maybe_int(11)?),
                says: why.into_iter().chain(assumed).collect(),
            })
        },
    )
}

/// Customs' own mark on a note, in words: the ledger is written off only once the entry is released and
/// all goods passed the gate, whatever we booked before.
fn debit(mark: &str) -> Message {
    match mark {
        "" => says::debit_unknown(),
        "0" => says::debit_none(),
        "1" => says::debit_pre(),
        "2" => says::debit_done(),
        "3" => says::debit_written_off(),
        other => says::debit_other(other),
    }
}
