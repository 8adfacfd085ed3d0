//! Taking in a pushed tail: the rule is `protocol::push`, here it meets the disk.

use super::judge::{self, Judged};
use crate::authority::{Act, View};
use crate::error::Result;
use crate::rows::{json, values};
use crate::{cases, leases, orders, workstations};
use bondhouse_domain::ids::Seq;
use bondhouse_domain::journal::{Event, Hash, Head, Series};
use bondhouse_domain::orders::{CaseCode, Change, HoldBy};
use bondhouse_protocol::push::{Plan, plan};
use bondhouse_protocol::wire::{Acked, Position, SyncRequest, Verdict};
use std::collections::BTreeMap;

/// What a push came to.
pub(super) enum Taken {
    /// Taken in, as far as it went.
    In(TakenIn),
    /// Two tails from one head: quarantined, both kept.
    Forked,
    /// An event that does not match its hash: nothing was taken.
    Damaged,
}

/// How far the journal is here now.
pub(super) struct TakenIn {
    pub(super) acked: Acked,
    pub(super) need_from: Option<Seq>,
    pub(super) verdicts: Vec<Verdict>,
    /// The workstation has nothing beyond what is here.
    pub(super) complete: bool,
}

/// Takes in the tail of a call, whose journal is here up to `known`.
pub(super) fn take(act: &Act<'_>, request: &SyncRequest, known: Head) -> Result<Taken> {
    let series = &request.series;
    let from = request.push.from_seq;
    // Mostly a tail begins where ours ends: then nothing of it is known but the head.
    let hashes = if from <= known.seq {
        known_hashes(act, series, from)?
    } else {
        BTreeMap::from([(known.seq, known.hash)])
    };
    let known_hash = |seq: Seq| hashes.get(&seq).copied();
    let mut head = known;
    let mut need_from = None;
    let mut verdicts = verdicts(act, series, from, known.seq)?;
    match plan(series, &known, known_hash, &request.push) {
        Plan::Append(fresh) => {
            let mut counted = false;
            for event in fresh {
                let Judged { outcome, booked } = append(act, event)?;
                verdicts.push(Verdict {
                    seq: event.seq,
                    outcome,
                });
                counted |= booked;
                head = event.head();
            }
            if counted {
                orders::conditions_changed(act)?;
            }
        }
        Plan::NeedFrom(seq) => need_from = Some(seq),
        Plan::Fork(seq) => {
            fork(act, request, seq)?;
            return Ok(Taken::Forked);
        }
        Plan::Damaged(why) => {
            tracing::warn!(device = %series.device, %why, "a damaged journal was pushed");
            return Ok(Taken::Damaged);
        }
    }
    workstations::set_head(act, series, &head, &request.app)?;
    let complete = need_from.is_none()
        && request.push.head
            == Position {
                seq: head.seq,
                hash: head.hash,
            };
    Ok(Taken::In(TakenIn {
        acked: acked(act, series, &head)?,
        need_from,
        verdicts,
        complete,
    }))
}

/// Hashes that stand here from just before a position.
fn known_hashes(view: &View<'_>, series: &Series, from: Seq) -> Result<BTreeMap<Seq, Hash>> {
    let known = view.rows.all(
        "SELECT seq, hash FROM journal WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq >= ?4 ORDER BY seq LIMIT 600",
        values![series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, from.0.saturating_sub(1)],
        |row| Ok((Seq(row.count(0)?), row.hash(1)?)),
    )?;
    Ok(known.into_iter().collect())
}

/// Appends one event with its judgement.
fn append(act: &Act<'_>, event: &Event) -> Result<Judged> {
    let judged = judge::judge(act, event)?;
    act.rows.change_one(
        include_str!("append.sql"),
        values![
            event.series.warehouse.as_str(),
            event.series.device.as_str(),
            event.series.incarnation.0,
            event.seq.0,
            &event.kind,
            event.v,
            event.request.0.as_bytes().as_slice(),
            event.actor.as_str(),
            event.occurred_at,
            event.wall,
            &event.body,
            event.prev_hash,
            event.hash,
            json(&judged.outcome)?,
            act.now,
        ],
    )?;
    Ok(judged)
}

/// A cloned or restored disk: both tails are kept, the incarnation may not go on, a human decides.
fn fork(act: &Act<'_>, request: &SyncRequest, at: Seq) -> Result<()> {
    let series = &request.series;
    for event in request.push.events.iter().filter(|event| event.seq >= at) {
        act.rows.put(
            "INSERT INTO forks (warehouse, device, incarnation, seq, hash, event, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT DO NOTHING",
            values![
                series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, event.seq.0, event.hash, json(event)?, act.now,
            ],
        )?;
    }
    workstations::set_state(act, &series.device, series.incarnation, "quarantined")?;
    workstations::put_in_doubt(act, &series.device, series.incarnation)?;
    withhold(act, series)?;
    cases::open(
        act,
        CaseCode::JournalFork,
        &format!("{}/{}", series.device, series.incarnation.0),
    )
}

/// Of two copies of one disk either may have packed what the other gave back: nobody else gets it before
/// a supervisor has looked.
fn withhold(act: &Act<'_>, series: &Series) -> Result<()> {
    let (device, incarnation) = (&series.device, series.incarnation);
    for key in leases::open_orders(act, device, incarnation)? {
        let order = orders::get(act, &key)?;
        if order.life.is_open_to_others(device, incarnation) {
            orders::change(act, &key, Change::Hold(HoldBy::Supervisor))?;
        }
    }
    Ok(())
}

/// What became of events that were known already.
fn verdicts(view: &View<'_>, series: &Series, from: Seq, to: Seq) -> Result<Vec<Verdict>> {
    if from > to {
        return Ok(Vec::new());
    }
    view.rows.all(
        "SELECT seq, outcome FROM journal WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq >= ?4 AND seq <= ?5 ORDER BY seq",
        values![series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, from.0, to.0],
        |row| Ok(Verdict { seq: Seq(row.count(0)?), outcome: row.json(1)? }),
    )
}

/// Proof of delivery: the authority's signature over series and position.
fn acked(act: &Act<'_>, series: &Series, head: &Head) -> Result<Acked> {
    let text = format!(
        "{}\n{}\n{}\n{}\n{}",
        series.warehouse, series.device, series.incarnation.0, head.seq.0, head.hash
    );
    Ok(Acked {
        position: Position {
            seq: head.seq,
            hash: head.hash,
        },
        pos: act.feed_head()?.0,
        receipt: act.keys.sign(b"bondhouse receipt 1", text.as_bytes()),
    })
}
