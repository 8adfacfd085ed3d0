//! Pieces known by their serial number, over all benches of the warehouse.
//!
//! A bench refuses a piece that it knows; two benches that cannot hear each other cannot. What both
//! counted is kept, as every fact is, and the second becomes a case. The last word on each piece goes
//! to the feed, so that from then on every bench refuses it. That word is also what is looked up here:
//! it has no table of its own.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::orders;
use crate::rows::values;
use bondhouse_domain::facts::{Fact, Undone};
use bondhouse_domain::feed::{News, Origin, SerialNews};
use bondhouse_domain::ids::{DeviceId, Incarnation, Seq};
use bondhouse_domain::journal::{Event, Series};
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::scanner::serial::{Put, Serial};

/// Follows a fact that counted, packed or took back a piece; whether it is a second one of its kind.
pub(crate) fn heard(act: &Act<'_>, event: &Event, fact: &Fact) -> Result<Option<CaseCode>> {
    let (of, back) = match fact {
        Fact::Undone(undone) => match original(act, &event.series, undone)? {
            Some(of) => (of, true),
            None => return Ok(None),
        },
        other => (other.clone(), false),
    };
    let Some((serial, put)) = Serial::in_fact(&of) else {
        return Ok(None);
    };
    let (last, by) = known(act, &serial)?.unzip();
    if by.flatten().as_ref() == Some(&origin(event)) {
        // Judged once more: its word stands already.
        return Ok(None);
    }
    let last = last.unwrap_or(SerialNews {
        serial,
        notice: None,
        order: None,
    });
    let out = is_out(act, &last)?;
    let (next, doubled) = match put {
        Put::Counted(notice) => (
            SerialNews {
                notice: (!back).then_some(notice),
                ..last.clone()
            },
            last.notice.is_some() || out,
        ),
        Put::Packed(order) => (
            SerialNews {
                order: (!back).then(|| order.clone()),
                ..last.clone()
            },
            out && last.order != Some(order),
        ),
    };
    if next != last {
        act.publish(&News::Serial(next), Some(&origin(event)))?;
    }
    Ok((doubled && !back).then_some(CaseCode::DuplicateSerial))
}

fn origin(event: &Event) -> Origin {
    Origin {
        device: event.series.device.clone(),
        incarnation: event.series.incarnation,
        seq: event.seq,
    }
}

/// What an undo takes back.
fn original(view: &View<'_>, series: &Series, undone: &Undone) -> Result<Option<Fact>> {
    let found = view.rows.one(
        "SELECT kind, v, body FROM journal WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq = ?4",
        values![series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, undone.seq.0],
        |row| Ok((row.text(0)?, row.int(1)?, row.text(2)?)),
    )?;
    // What cannot be read is parked until it can, and its undo with it.
    Ok(found.and_then(|(kind, v, body)| {
        Fact::read(&kind, u16::try_from(v).unwrap_or(u16::MAX), &body).ok()
    }))
}

/// The last word on a piece, and the event it came from.
fn known(view: &View<'_>, serial: &Serial) -> Result<Option<(SerialNews, Option<Origin>)>> {
    let probe = News::Serial(SerialNews {
        serial: serial.clone(),
        notice: None,
        order: None,
    });
    let (kind, _) = probe.kind();
    let told = view.rows.one(
        "SELECT t.v, t.body, f.device, f.incarnation, f.seq FROM told AS t \
         LEFT JOIN feed AS f ON f.warehouse = t.warehouse AND f.pos = t.pos \
         WHERE t.warehouse = ?1 AND t.kind = ?2 AND t.subject = ?3",
        values![view.warehouse.as_str(), kind, serial.to_string()],
        |row| {
            let by = (row.maybe_text(2)?, row.maybe_int(3)?, row.maybe_int(4)?);
            Ok((row.int(0)?, row.text(1)?, by))
        },
    )?;
    let Some((v, body, by)) = told else {
        return Ok(None);
    };
    let by = match by {
        (Some(device), Some(incarnation), Some(seq)) => Some(Origin {
            device: DeviceId::new(device),
            incarnation: Incarnation(u32::try_from(incarnation).unwrap_or_default()),
            seq: Seq(u64::try_from(seq).unwrap_or_default()),
        }),
        _ => None,
    };
    match News::read(kind, u16::try_from(v).unwrap_or(u16::MAX), &body) {
        Ok(News::Serial(news)) => Ok(Some((news, by))),
        _ => Err(Error::broken(format!(
            "the last word on {serial} is unreadable"
        ))),
    }
}

/// Whether a piece is in the parcel of an order that has not come back.
fn is_out(view: &View<'_>, last: &SerialNews) -> Result<bool> {
    let Some(order) = &last.order else {
        return Ok(false);
    };
    let found = orders::find(view, order)?;
    Ok(found.is_some_and(|order| order.life.state.may_be_packed()))
}
