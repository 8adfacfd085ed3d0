//! Inbound notices: announced by a forwarder, declared to customs, receivable once through the gate.

use crate::authority::{Act, View};
use crate::clearance::moves;
use crate::dockings::Partner;
use crate::error::{Error, Result};
use crate::notes::{self, Note};
use crate::orders::Taken;
use crate::rows::{json, name_of, named, values};
use crate::vehicles::{self, Vehicle};
use crate::{books, goods, inspection, ledgers, says};
use axum::http::StatusCode;
use bondhouse_domain::feed::{News, Notice, NoticeEnd, NoticeLine};
use bondhouse_domain::ids::{NoticeNo, OwnerId};
use bondhouse_domain::ledger::lines::Booking;
use bondhouse_domain::ledger::{Account, LedgerItem};
use bondhouse_domain::quantity::{Quantity, Weight};
use bondhouse_domain::stock::{CustomsLot, Goods};
use bondhouse_domain::time::Instant;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A notice as the forwarder announces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Announced {
    /// The forwarder's number.
    pub(crate) notice: String,
    /// The merchant whose goods come.
    pub(crate) owner: OwnerId,
    /// The vehicle that brings them.
    pub(crate) vehicle: String,
    /// What it weighs without the goods, frame and container included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vehicle_weight: Option<Weight>,
    /// The goods.
    pub(crate) lines: Vec<AnnouncedLine>,
}

/// One announced line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnouncedLine {
    /// Its number, unique in the notice.
    pub(crate) line: u32,
    /// The merchant's item (料号).
    pub(crate) item: String,
    /// How many, declared unit.
    pub(crate) qty: Quantity,
    /// Commercial lot.
    #[serde(default)]
    pub(crate) lot: Option<String>,
    /// Expiry date.
    #[serde(default)]
    pub(crate) expiry: Option<NaiveDate>,
}

/// Takes in a notice, once per number, and announces it to customs.
///
/// # Errors
/// A refusal when it is incomplete, names something unknown, or differs from what was sent before.
pub(crate) fn receive(
    act: &Act<'_>,
    forwarder: &Partner,
    notice: &Announced,
    raw: u64,
) -> Result<Taken> {
    let numbers: std::collections::BTreeSet<u32> =
        notice.lines.iter().map(|line| line.line).collect();
    let needed = [
        ("notice", notice.notice.trim().is_empty()),
        ("vehicle", notice.vehicle.trim().is_empty()),
        (
            "lines",
            notice.lines.is_empty() || numbers.len() != notice.lines.len(),
        ),
        (
            "qty",
            notice.lines.iter().any(|line| !line.qty.is_positive()),
        ),
    ];
    if let Some((field, _)) = needed.iter().find(|(_, missing)| *missing) {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete(field),
        ));
    }
    if !goods::is_owner(act, &notice.owner)? {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::unknown_owner(&notice.owner),
        ));
    }
    let body = json(notice)?;
    let earlier = act.rows.one(
        "SELECT forwarder, body FROM notices WHERE warehouse = ?1 AND notice = ?2",
        values![act.warehouse.as_str(), &notice.notice],
        |row| Ok((row.text(0)?, row.text(1)?)),
    )?;
    match earlier {
        Some(same) if same == (forwarder.id.clone(), body.clone()) => return Ok(Taken::Known),
        Some(_) => return Err(says::differs(&notice.notice).into()),
        None => {}
    }
    act.rows.change_one(
        "INSERT INTO notices (warehouse, notice, forwarder, owner, vehicle, body, state, raw, received_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'announced', ?7, ?8)",
        values![
            act.warehouse.as_str(), &notice.notice, &forwarder.id, notice.owner.as_str(), &notice.vehicle, body, raw, act.now,
        ],
    )?;
    if let Some(weight) = notice.vehicle_weight {
        vehicles::list(act, &Vehicle::weighing(&notice.vehicle, weight))?;
    }
    notes::announce(act, notice)?;
    inspection::apply(act, notice)?;
    Ok(Taken::New)
}

/// A notice as announced, with its state and who announced it.
pub(crate) fn find(view: &View<'_>, notice: &str) -> Result<Option<(Announced, String, String)>> {
    view.rows.one(
        "SELECT body, state, forwarder FROM notices WHERE warehouse = ?1 AND notice = ?2",
        values![view.warehouse.as_str(), notice],
        |row| Ok((row.json(0)?, row.text(1)?, row.text(2)?)),
    )
}

/// Something that happened to the goods of a notice on their way.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MilestonePassed")]
pub(crate) struct Milestone {
    what: Passed,
    at: Instant,
    #[serde(default)]
    place: String,
}

/// The milestones of an inbound journey.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Passed {
    Departed,
    ArrivedAtPort,
    Cleared,
    AtTheGate,
}

/// Writes a milestone down. A corrected time is another word and stands beside the first.
pub(crate) fn pass(act: &Act<'_>, notice: &str, milestone: &Milestone) -> Result<()> {
    act.rows.put(
        "INSERT INTO milestones (warehouse, notice, what, at, place) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        values![act.warehouse.as_str(), notice, name_of(&milestone.what)?, milestone.at, &milestone.place],
    )?;
    Ok(())
}

/// How far the goods of a notice have come, in the order in which it happened.
pub(crate) fn milestones(view: &View<'_>, notice: &str) -> Result<Vec<Milestone>> {
    view.rows.all(
        "SELECT what, at, place FROM milestones WHERE warehouse = ?1 AND notice = ?2 ORDER BY at, what",
        values![view.warehouse.as_str(), notice],
        |row| Ok(Milestone { what: named(row.text(0)?)?, at: row.instant(1)?, place: row.text(2)? }),
    )
}

/// Sets where a notice stands.
pub(crate) fn set_state(act: &Act<'_>, notice: &str, state: &str) -> Result<()> {
    act.rows.change_one(
        "UPDATE notices SET state = ?3 WHERE warehouse = ?1 AND notice = ?2",
        values![act.warehouse.as_str(), notice, state],
    )
}

/// SAS223: the vehicle is inside. The book says arrived, and the goods may be counted.
pub(crate) fn arrive(act: &Act<'_>, note: &Note, passed_at: Instant) -> Result<()> {
    let Some((announced, _, _)) = note
        .notice
        .as_deref()
        .map(|notice| find(act, notice))
        .transpose()?
        .flatten()
    else {
        return Err(Error::broken(format!(
            "inbound note {} announces no notice",
            note.own_no
        )));
    };
    let document = note.name();
    books::must_move(
        act,
        moves(
            &note.claims,
            Account::PreIn,
            Account::Arrived,
            document.as_str(),
        ),
        &announced.notice,
    )?;
    set_state(act, &announced.notice, "receivable")?;
    ledgers::came_in(act, &note.own_no, act.settings.zone.date_at(passed_at))?;
    act.publish(
        &News::Receivable(receivable(act, &announced, note, passed_at)?),
        None,
    )?;
    Ok(())
}

fn receivable(
    act: &Act<'_>,
    announced: &Announced,
    note: &Note,
    passed_at: Instant,
) -> Result<Notice> {
    let bonded_note = note.name();
    let in_date = act.settings.zone.date_at(passed_at);
    let mut lines = Vec::new();
    for line in &announced.lines {
        let item = goods::required(act, &announced.owner, &line.item)?;
        let booked = ledgers::of_note_line(act, &item, &note.own_no, line.line)?;
        // Only where each arrival has its own line does the document tell lots apart.
        let own_line = ledgers::booking(act, &booked.ledger)? == Booking::NonCumulative;
        let item = item.told;
        lines.push(NoticeLine {
            line: line.line,
            goods: Goods {
                owner: announced.owner.clone(),
                item: item.item,
                customs: CustomsLot {
                    ledger: booked.ledger,
                    item_no: booked.item_no,
                    document_line: own_line.then(|| format!("{bonded_note}/{}", line.line)),
                    in_date: Some(in_date),
                    origin: item.origin,
                },
                lot: line.lot.clone(),
                expiry: line.expiry,
            },
            expected: line.qty,
        });
    }
    Ok(Notice {
        notice: NoticeNo::new(&announced.notice),
        owner: announced.owner.clone(),
        bonded_note,
        vehicle: announced.vehicle.clone(),
        gate_passed_at: passed_at,
        lines,
    })
}

/// The ledger line on which a line of a notice is booked.
pub(crate) fn ledger_line(
    view: &View<'_>,
    item: &goods::Item,
    notice: &str,
    line: u32,
) -> Result<LedgerItem> {
    match notes::of_notice(view, notice)? {
        Some(own_no) => ledgers::of_note_line(view, item, &own_no, line),
        None => Ok(item.told.ledger.clone()),
    }
}

/// The count of a notice has ended.
pub(crate) fn close(
    act: &Act<'_>,
    notice: &NoticeNo,
    origin: &bondhouse_domain::feed::Origin,
) -> Result<bool> {
    let closed = act.rows.change(
        "UPDATE notices SET state = 'closed' WHERE warehouse = ?1 AND notice = ?2 AND state = 'receivable'",
        values![act.warehouse.as_str(), notice.as_str()],
    )?;
    if closed == 1 {
        act.publish(
            &News::NoticeClosed(NoticeEnd {
                notice: notice.clone(),
            }),
            Some(origin),
        )?;
    }
    Ok(closed == 1)
}
