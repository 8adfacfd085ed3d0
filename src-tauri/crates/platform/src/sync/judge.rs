//! Judging a fact: what happened on the floor happened; the question is only what it means here.
//!
//! A fact that fits moves the books and the order. One that does not is kept all the same and becomes
//! a case; one that this version cannot read is parked. None is ever rejected (I9). What a workstation
//! may move with which fact is checked again here: its key says who it is, not that it is right.

use super::recovery::{self, Forgotten};
use super::{forgotten, journal, lost};
use crate::authority::Act;
use crate::error::Result;
use crate::rows::{json, values};
use crate::{books, cases, gate, intake, leases, orders, parcels, serials};
use bondhouse_domain::facts::{
    Counted, Fact, LeaseDropped, Loaded, NoticeClosed, Released, Reported, Undone, Unreadable,
};
use bondhouse_domain::feed::Origin;
use bondhouse_domain::ids::Seq;
use bondhouse_domain::intake::destination;
use bondhouse_domain::journal::{Event, Series};
use bondhouse_domain::orders::{CaseCode, Change, Effect, Holding, State};
use bondhouse_domain::stock::{Bucket, Place, StockMove};
use bondhouse_protocol::wire::Outcome;

/// What became of a fact.
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    /// Goods were booked: orders waiting for them may go on.
    pub(super) booked: bool,
}

/// Judges one event and does what follows from it.
pub(super) fn judge(act: &Act<'_>, event: &Event) -> Result<Judged> {
    let fact = match Fact::read(&event.kind, event.v, &event.body) {
        Ok(fact) => fact,
        Err(Unreadable::UnknownKind | Unreadable::Malformed) => {
            cases::open(act, CaseCode::ParkedUnknownKind, &name(event))?;
            return Ok(Judged {
                outcome: Outcome::Parked,
                booked: false,
            });
        }
    };
    let booked = matches!(fact, Fact::Counted(_) | Fact::Undone(_) | Fact::Reported(_));
    let doubled = serials::heard(act, event, &fact)?;
    let exception = match (exception(act, event, &fact)?, doubled) {
        (Some(code), Some(doubled)) => {
            cases::open(act, doubled, &name(event))?;
            Some(code)
        }
        (code, doubled) => code.or(doubled),
    };
    let outcome = match exception {
        Some(CaseCode::ParkedUnknownKind) => {
            cases::open(act, CaseCode::ParkedUnknownKind, &name(event))?;
            Outcome::Parked
        }
        Some(code) => {
            cases::open(act, code, &name(event))?;
            Outcome::AppliedWithException { code }
        }
        None => Outcome::Applied,
    };
    Ok(Judged { outcome, booked })
}

/// Does what follows from a fact; what a supervisor must look at, if anything.
fn exception(act: &Act<'_>, event: &Event, fact: &Fact) -> Result<Option<CaseCode>> {
    Ok(match fact {
        Fact::Counted(counted) => {
            let fits = count_fits(act, counted)?;
            moved_if(act, event, fits, fact, counted.notice.as_str())?
        }
        Fact::PutAway(put) => moved_if(act, event, put_away_fits(&put.stock), fact, "put away")?,
        Fact::NoticeClosed(closed) => notice_closed(act, event, closed)?,
        Fact::Released(released) => release(act, event, released)?,
        Fact::LeaseDropped(dropped) => dropped_lease(act, event, dropped)?,
        Fact::Undone(undone) => {
            let fits = undo_fits(act, event, undone)?;
            moved_if(act, event, fits, fact, "undone")?
        }
        Fact::Loaded(loaded) => loaded_fits(act, loaded)?,
        Fact::CaseRaised(raised) => {
            cases::open_as(act, raised.case.clone(), raised.code, &raised.about)?;
            None
        }
        Fact::ReleaseStarted(_)
        | Fact::Picked(_)
        | Fact::ReleaseParked(_)
        | Fact::LabelPrinted(_)
        | Fact::Signed(_) => None,
        Fact::ParcelFound(found) => lost::found(act, event, found)?,
        Fact::Reported(reported) => reported_fits(act, event, reported)?,
    })
}

/// An event of an earlier life of the same workstation: judged as it would have been then, and looked
/// at by a supervisor all the same when it is a physical act.
fn reported_fits(act: &Act<'_>, event: &Event, reported: &Reported) -> Result<Option<CaseCode>> {
    let told = &*reported.event;
    let earlier = told.series.device == event.series.device
        && told.series.warehouse == event.series.warehouse
        && told.series.incarnation < event.series.incarnation;
    if !earlier || told.computed_hash() != told.hash {
        return Ok(Some(CaseCode::JournalFork));
    }
    if journal::events(act, &told.series, told.seq, 1)?
        .first()
        .is_some_and(|known| known.hash == told.hash)
        || !lost::keep(act, told)?
    {
        return Ok(None);
    }
    let Ok(fact) = Fact::read(&told.kind, told.v, &told.body) else {
        return Ok(Some(CaseCode::ParkedUnknownKind));
    };
    let physical = matches!(
        fact,
        Fact::Counted(_)
            | Fact::PutAway(_)
            | Fact::NoticeClosed(_)
            | Fact::Released(_)
            | Fact::Undone(_)
    );
    if matches!(fact, Fact::Reported(_)) {
        return Ok(Some(CaseCode::JournalFork));
    }
    let code = exception(act, told, &fact)?;
    Ok(code.or(physical.then_some(CaseCode::JournalFork)))
}

/// Judges an event that is here already once more; what became of it now.
pub(crate) fn again(act: &Act<'_>, series: &Series, seq: Seq) -> Result<Option<Outcome>> {
    let Some(event) = journal::events(act, series, seq, 1)?
        .into_iter()
        .find(|event| event.seq == seq)
    else {
        return Ok(None);
    };
    let Judged { outcome, .. } = judge(act, &event)?;
    act.rows.change_one(
        "UPDATE journal SET outcome = ?5 WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq = ?4",
        values![
            series.warehouse.as_str(),
            series.device.as_str(),
            series.incarnation.0,
            seq.0,
            json(&outcome)?
        ],
    )?;
    Ok(Some(outcome))
}

/// An event as cases name it.
pub(super) fn name(event: &Event) -> String {
    format!(
        "{}/{}/{}",
        event.series.device, event.series.incarnation.0, event.seq.0
    )
}

pub(super) fn origin(event: &Event) -> Origin {
    Origin {
        device: event.series.device.clone(),
        incarnation: event.series.incarnation,
        seq: event.seq,
    }
}

/// Moves what a fact moves, when it fits; else the books stay and the difference has a name.
fn moved_if(
    act: &Act<'_>,
    event: &Event,
    fits: bool,
    fact: &Fact,
    cause: &str,
) -> Result<Option<CaseCode>> {
    if !fits {
        return Ok(Some(CaseCode::StockCountDiff));
    }
    match books::try_move(act, fact.moves(), cause, Some(&origin(event)))? {
        Ok(()) => Ok(None),
        Err(why) => {
            tracing::warn!(event = name(event), %why, "a fact that the books forbid");
            Ok(Some(CaseCode::StockCountDiff))
        }
    }
}

/// Counted goods are of the notice, go where their condition sends them, and move both books alike.
fn count_fits(act: &Act<'_>, counted: &Counted) -> Result<bool> {
    let Some((announced, state, _)) = intake::find(act, counted.notice.as_str())? else {
        return Ok(false);
    };
    let Some(line) = announced
        .lines
        .iter()
        .find(|line| line.line == counted.line)
    else {
        return Ok(false);
    };
    let (place, from, to) = destination(counted.condition);
    let (stock, ledger) = (&counted.stock, &counted.ledger);
    let item = crate::goods::required(act, &announced.owner, &line.item)?;
    let booked = intake::ledger_line(act, &item, counted.notice.as_str(), counted.line)?;
    Ok((state == "receivable" || state == "closed")
        && stock.goods.owner == announced.owner
        && stock.goods.item.as_str() == line.item
        && stock.goods.customs.ledger == booked.ledger
        && stock.goods.customs.item_no == booked.item_no
        && (&stock.from, &stock.to) == (&Place::Inbound, &place)
        && (ledger.from, ledger.to) == (from, to)
        && ledger.item == booked
        && stock.qty == counted.qty
        && item.units(counted.qty) == Some(ledger.units))
}

/// Goods are put away within the zone and keep their use.
fn put_away_fits(stock: &StockMove) -> bool {
    match (&stock.from, &stock.to) {
        (Place::Inside { bucket: from, .. }, Place::Inside { bucket: to, .. }) => {
            from == to && *from != Bucket::Staging
        }
        _ => false,
    }
}

/// What is taken back is a movement of the same journal, the other way, and not taken back before.
fn undo_fits(act: &Act<'_>, event: &Event, undone: &Undone) -> Result<bool> {
    let series = &event.series;
    let original = act.rows.one(
        "SELECT kind, v, body FROM journal WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq = ?4",
        values![series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, undone.seq.0],
        |row| Ok((row.text(0)?, row.int(1)?, row.text(2)?)),
    )?;
    let Some((kind, v, body)) = original else {
        return Ok(false);
    };
    let Ok(fact) = Fact::read(&kind, u16::try_from(v).unwrap_or(u16::MAX), &body) else {
        return Ok(false);
    };
    let reversed = fact.moves().reversed();
    let before = act.rows.all(
        "SELECT body FROM journal WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq > ?4 AND kind = 'task.undone'",
        values![series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, undone.seq.0],
        |row| row.json::<Undone>(0),
    )?;
    let can_be = matches!(fact, Fact::Counted(_) | Fact::PutAway(_) | Fact::Picked(_));
    Ok(can_be
        && (reversed.stock, reversed.ledger) == (undone.stock.clone(), undone.ledger.clone())
        && before.iter().all(|other| other.seq != undone.seq))
}

fn notice_closed(act: &Act<'_>, event: &Event, closed: &NoticeClosed) -> Result<Option<CaseCode>> {
    let ended = intake::close(act, &closed.notice, &origin(event))?;
    // Closed twice, by two workstations: the second one's differences must be looked at.
    Ok((!ended).then_some(CaseCode::StockCountDiff))
}

/// The bench act. The order follows it whatever the books say; goods move only once.
fn release(act: &Act<'_>, event: &Event, released: &Released) -> Result<Option<CaseCode>> {
    let Some(leased) = leases::find(act, &released.order, released.fence)? else {
        if recovery::state(act)?.is_none() {
            return Ok(Some(CaseCode::ReleasedAfterRevokeSent));
        }
        return Ok(match recovery::follow(act, &origin(event), released)? {
            Forgotten::Followed => None,
            Forgotten::NotYet => {
                forgotten::keep(act, event, released)?;
                Some(CaseCode::ParkedUnknownKind)
            }
            Forgotten::Case(code) => Some(code),
        });
    };
    let by = Holding {
        device: event.series.device.clone(),
        incarnation: event.series.incarnation,
        fence: released.fence,
    };
    let rightful = leased.holding() == by && leased.lease.grant == released.grant;
    if !rightful {
        return Ok(Some(CaseCode::DoubleRelease));
    }
    let effects = orders::change(act, &released.order, Change::ReleasedBy(by))?;
    let code = effects.iter().find_map(|effect| match effect {
        Effect::Case(code) => Some(*code),
        _ => None,
    });
    if leased.state != "open" && leased.state != "in_doubt" {
        return Ok(code.or(Some(CaseCode::DoubleRelease)));
    }
    leases::set_state(act, &leased, "released")?;
    let weight = parcels::weighed(act, &name(event), event.occurred_at, released, &leased)?;
    if released.lines != leased.lines() {
        // Packed from other goods than reserved: both stay where the books had them until someone looks.
        orders::set_parcel(act, &released.order, leased.lines())?;
        move_parcel(act, event, &leased)?;
        return Ok(Some(CaseCode::LotMismatch));
    }
    orders::set_parcel(act, &released.order, &released.lines)?;
    move_parcel(act, event, &leased)?;
    gate::bundle_if_due(act)?;
    let late = event.occurred_at >= leased.lease.work_until;
    let late = late.then_some(CaseCode::ReleasedAfterWorkUntil);
    Ok(code.or(late).or(weight))
}

/// From the reserved spots into staging; what was in doubt is so no longer.
fn move_parcel(act: &Act<'_>, event: &Event, leased: &leases::Leased) -> Result<()> {
    if leased.bucket() == Bucket::InDoubt {
        books::must_move(
            act,
            leases::between(leased.lines(), Bucket::InDoubt, Bucket::Reserved),
            &leased.order.to_string(),
        )?;
    }
    let moves = leases::to_staging(leased.lines(), Bucket::Reserved);
    books::try_move(act, moves, &leased.order.to_string(), Some(&origin(event)))?
        .map_err(|why| crate::error::Error::broken(format!("a reserved parcel cannot move: {why}")))
}

/// The holder's word that it gives the order back unreleased.
fn dropped_lease(act: &Act<'_>, event: &Event, dropped: &LeaseDropped) -> Result<Option<CaseCode>> {
    let leased = leases::find(act, &dropped.order, dropped.fence)?;
    let Some(leased) = leased.filter(|leased| {
        leased.lease.device == event.series.device
            && leased.lease.incarnation == event.series.incarnation
    }) else {
        // A restored authority asks for rights back that it forgot it gave.
        let forgotten = recovery::state(act)?.is_some();
        if forgotten && orders::find(act, &dropped.order)?.is_some() {
            orders::change(act, &dropped.order, Change::FenceHeardOf(dropped.fence))?;
        }
        return Ok((!forgotten).then_some(CaseCode::InDoubt));
    };
    if leased.state == "open" || leased.state == "in_doubt" {
        leases::hand_back(act, &leased)?;
    }
    Ok(None)
}

/// A loading that the authority allowed; anything else must be looked at.
fn loaded_fits(act: &Act<'_>, loaded: &Loaded) -> Result<Option<CaseCode>> {
    let order = orders::find(act, &loaded.order)?;
    let known = order.is_some_and(|order| {
        matches!(
            order.life.state,
            State::Loaded { .. }
                | State::GatedOut
                | State::Delivered
                | State::Returning
                | State::Returned
                | State::Bundled { .. }
        )
    });
    Ok((!known).then_some(CaseCode::StockCountDiff))
}
