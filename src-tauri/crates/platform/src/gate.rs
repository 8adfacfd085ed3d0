//! The gate: one vehicle, its pass, and the second barrier.
//!
//! Loading and leaving are asked of the authority each time and answered from what it knows now:
//! the pass must be approved, the parcel free, and customs' link fresh (invariant I3). What a vehicle
//! takes out of the zone leaves both books in the commit that reads SAS223.

mod application;
mod listed;

pub(crate) use application::{again, apply};
pub(crate) use listed::{Listed, list};

use crate::authority::{Act, View};
use crate::clearance::{self, Claim, moves};
use crate::error::{Error, Result};
use crate::messages::{self, Kept};
use crate::notes;
use crate::orders::{self, Record};
use crate::rows::{Row, json, values};
use crate::{books, cases, intake, says, waybills};
use axum::http::StatusCode;
use bondhouse_domain::customs::{CommonResponse, Document, GatePassReceipt, PassWord, Weighbridge};
use bondhouse_domain::feed::{News, Pass, PassParcel};
use bondhouse_domain::ids::{GatePassNo, WaybillKey};
use bondhouse_domain::ledger::Account;
use bondhouse_domain::message::Message;
use bondhouse_domain::orders::{CaseCode, Change, State};
use bondhouse_domain::release::weighing::WeightRule;
use bondhouse_domain::stock::{Bucket, Place, STAGING, StockMove};
use bondhouse_domain::time::Instant;

/// A pass's row.
struct Issued {
    own_no: String,
    note: String,
    outbound: bool,
    vehicle: String,
    pass_no: Option<String>,
    state: String,
}

impl Issued {
    /// What it is called: customs' number once there is one.
    fn name(&self) -> GatePassNo {
        GatePassNo::new(self.pass_no.as_ref().unwrap_or(&self.own_no))
    }
}

fn issued(row: &Row<'_>) -> Result<Issued> {
    Ok(Issued {
        own_no: row.text(0)?,
        note: row.text(1)?,
        outbound: row.text(2)? == "E",
        vehicle: row.text(3)?,
        pass_no: row.maybe_text(4)?,
        state: row.text(5)?,
    })
}

fn find_by(view: &View<'_>, column: &str, value: &str) -> Result<Option<Issued>> {
    if value.trim().is_empty() {
        return Ok(None);
    }
    view.rows.one(
        &format!("SELECT own_no, note, direction, vehicle, pass_no, state FROM gate_passes WHERE warehouse = ?1 AND {column} = ?2 ORDER BY made_at DESC LIMIT 1"),
        values![view.warehouse.as_str(), value.trim()],
        issued,
    )
}

fn get(view: &View<'_>, pass: &GatePassNo) -> Result<Issued> {
    find_by(view, "pass_no", pass.as_str())?
        .ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, says::unknown_pass(pass)))
}

/// Keeps the port's number of a pass, or its refusal; `false` when it is none of ours.
pub(crate) fn receive_common(
    act: &Act<'_>,
    response: &CommonResponse,
    taken: bool,
) -> Result<bool> {
    let Some(pass) = find_by(act, "own_no", &response.own_no)? else {
        return Ok(false);
    };
    act.rows.change_one(
        "UPDATE gate_passes SET seq_no = coalesce(seq_no, ?3) WHERE warehouse = ?1 AND own_no = ?2",
        values![
            act.warehouse.as_str(),
            &pass.own_no,
            Some(&response.seq_no).filter(|no| !no.is_empty())
        ],
    )?;
    if !taken && pass.state == "sent" {
        refused(act, &pass, &response.check_info, None)?;
    }
    read_again(act)?;
    Ok(true)
}

/// Takes in what customs said about a pass: approved (SAS221), through the gate (SAS223).
pub(crate) fn receive(act: &Act<'_>, receipt: &GatePassReceipt, kept: Kept) -> Result<()> {
    match answered(act, receipt)? {
        Some(pass) => decided(act, pass, receipt),
        None => messages::unmatched(act, kept, receipt.message, receipt.pass_no()),
    }
}

/// The pass that a receipt is about, by whichever of its numbers is known here.
fn answered(view: &View<'_>, receipt: &GatePassReceipt) -> Result<Option<Issued>> {
    let keys = [
        ("pass_no", receipt.pass_no()),
        ("own_no", receipt.approval.own_no.as_str()),
        ("seq_no", receipt.approval.own_no.as_str()),
        ("own_no", receipt.approval.business_id.as_str()),
        (
            "seq_no",
            receipt.state.as_ref().map_or("", |s| s.seq_no.as_str()),
        ),
    ];
    for (column, value) in keys {
        if let Some(pass) = find_by(view, column, value)? {
            return Ok(Some(pass));
        }
    }
    Ok(None)
}

/// A pass has learnt one of its numbers: a receipt that names it by that number may have come before, and
/// answered nothing known then.
fn read_again(act: &Act<'_>) -> Result<()> {
    // The newest: what stays unmatched belongs to nobody, and must not grow into work.
    let mut waiting = act.rows.all(
        "SELECT raw FROM unmatched WHERE warehouse = ?1 AND kind IN ('SAS221', 'SAS223', 'SAS224', 'SAS251', 'SAS253') \
         ORDER BY raw DESC LIMIT 100",
        values![act.warehouse.as_str()],
        |row| row.count(0),
    )?;
    waiting.reverse();
    for raw in waiting {
        let message = messages::read(&messages::bytes(act, raw)?, &act.settings)?;
        for document in message.documents() {
            let Document::GatePassReceipt(receipt) = document else {
                continue;
            };
            let Some(pass) = answered(act, receipt)? else {
                continue;
            };
            let taken = act.rows.change(
                "DELETE FROM unmatched WHERE warehouse = ?1 AND raw = ?2",
                values![act.warehouse.as_str(), raw],
            )?;
            if taken == 1 {
                decided(act, pass, receipt)?;
            }
        }
    }
    Ok(())
}

/// Lets a pass follow what customs said about it.
fn decided(act: &Act<'_>, mut pass: Issued, receipt: &GatePassReceipt) -> Result<()> {
    let seen = receipt.state.as_ref().and_then(|state| state.weighbridge());
    if let Some(seen) = &seen {
        keep_weight(act, &pass, seen)?;
    }
    match (receipt.word(), pass.state.as_str()) {
        (PassWord::Refused, "sent" | "approved" | "departed" | "examined") => {
            refused(act, &pass, &receipt.check_note, seen.as_ref())
        }
        (PassWord::Approved, "sent" | "examined") => approved(act, &pass, receipt.pass_no()),
        (PassWord::Examined, "sent" | "approved" | "departed") => examined(act, &pass),
        (PassWord::Passed, "sent" | "approved" | "departed" | "examined") => {
            let at = receipt
                .state
                .as_ref()
                .and_then(|s| s.second_passed_at.or(s.passed_at))
                .or(receipt.approval.at);
            // Receipts overtake each other: what passed was approved.
            if pass.state == "sent" {
                approved(act, &pass, receipt.pass_no())?;
                pass = find_by(act, "own_no", &pass.own_no)?
                    .ok_or_else(|| Error::broken("a pass vanished"))?;
            }
            if let Some(seen) = &seen {
                passed_though(act, &pass, seen)?;
            }
            passed(act, &pass, at.unwrap_or(act.now))
        }
        _ => Ok(()),
    }
}

fn set_state(act: &Act<'_>, pass: &Issued, state: &str) -> Result<Issued> {
    act.rows.change_one(
        "UPDATE gate_passes SET state = ?3 WHERE warehouse = ?1 AND own_no = ?2",
        values![act.warehouse.as_str(), &pass.own_no, state],
    )?;
    find_by(act, "own_no", &pass.own_no)?.ok_or_else(|| Error::broken("a pass vanished"))
}

/// Nothing may pass under it: its vehicle stays, and another pass is applied for ([`again`]).
///
/// Where the weighbridge read something the rule of the day does not explain, that is the reason kept;
/// else it is what customs wrote.
fn refused(act: &Act<'_>, pass: &Issued, note: &str, seen: Option<&Weighbridge>) -> Result<()> {
    let told = pass.pass_no.is_some();
    let heavy = match seen {
        Some(seen) if is_too_different(act, seen) => Some(seen),
        _ => None,
    };
    let (why, code) = match heavy {
        Some(seen) => (differs(pass, seen), CaseCode::WeightDiffers),
        None => (
            says::pass_refused(pass.name(), &pass.vehicle, note.trim()).0,
            CaseCode::StockCountDiff,
        ),
    };
    act.rows.change_one(
        "UPDATE gate_passes SET why = ?3 WHERE warehouse = ?1 AND own_no = ?2",
        values![act.warehouse.as_str(), &pass.own_no, json(&why)?],
    )?;
    let pass = set_state(act, pass, "refused")?;
    cases::open(act, code, &format!("SAS121 {}", pass.own_no))?;
    // Workstations know only of a pass that was approved once.
    if told { publish(act, &pass) } else { Ok(()) }
}

fn differs(pass: &Issued, seen: &Weighbridge) -> Message {
    says::pass_weight_differs(
        pass.name(),
        &pass.vehicle,
        seen.declared,
        seen.weighed,
        seen.error,
    )
    .0
}

/// Keeps what the weighbridge read beside what was declared.
fn keep_weight(act: &Act<'_>, pass: &Issued, seen: &Weighbridge) -> Result<()> {
    act.rows.change_one(
        "UPDATE gate_passes SET weighed = ?3, weight_error = ?4 WHERE warehouse = ?1 AND own_no = ?2",
        values![
            act.warehouse.as_str(),
            &pass.own_no,
            seen.weighed.units(),
            seen.error.units()
        ],
    )
}

/// Whether a weighbridge differs by more than the rule of today explains; without a rule nothing does.
fn is_too_different(act: &Act<'_>, seen: &Weighbridge) -> bool {
    let rules = WeightRule::shipped_for_vehicles();
    let rule = WeightRule::in_force(&rules, act.settings.zone.date_at(act.now));
    let error = seen.error.to_decimal().abs();
    rule.is_some_and(|rule| error > rule.tolerance(seen.declared))
}

/// Customs let it pass though the weighbridge differs by more than our rule explains: what left, left;
/// somebody looks at what the vehicle's weight is listed as.
fn passed_though(act: &Act<'_>, pass: &Issued, seen: &Weighbridge) -> Result<()> {
    if !is_too_different(act, seen) {
        return Ok(());
    }
    act.rows.change_one(
        "UPDATE gate_passes SET why = ?3 WHERE warehouse = ?1 AND own_no = ?2",
        values![
            act.warehouse.as_str(),
            &pass.own_no,
            json(&differs(pass, seen))?
        ],
    )?;
    cases::open(
        act,
        CaseCode::WeightDiffers,
        &format!("SAS223 {}", pass.own_no),
    )
}

/// SAS224: customs examines the vehicle. Nothing is loaded or leaves until it says more.
fn examined(act: &Act<'_>, pass: &Issued) -> Result<()> {
    let told = pass.pass_no.is_some();
    let pass = set_state(act, pass, "examined")?;
    if told { publish(act, &pass) } else { Ok(()) }
}

fn approved(act: &Act<'_>, pass: &Issued, number: &str) -> Result<()> {
    act.rows.change_one(
        "UPDATE gate_passes SET pass_no = ?3 WHERE warehouse = ?1 AND own_no = ?2",
        values![
            act.warehouse.as_str(),
            &pass.own_no,
            if number.is_empty() {
                &pass.own_no
            } else {
                number
            }
        ],
    )?;
    let pass = set_state(act, pass, "approved")?;
    publish(act, &pass)?;
    read_again(act)
}

/// Tells workstations about an outbound pass; single loads are told by the orders themselves.
fn publish(act: &Act<'_>, pass: &Issued) -> Result<()> {
    if !pass.outbound {
        return Ok(());
    }
    let mut parcels = Vec::new();
    for key in notes::parcels(act, &pass.note)? {
        let order = orders::get(act, &key)?;
        if let (Some(waybill), State::Bundled { .. } | State::Loaded { .. } | State::GatedOut) =
            (order.waybill, &order.life.state)
        {
            let loaded = !matches!(order.life.state, State::Bundled { .. });
            parcels.push(PassParcel {
                order: key,
                waybill,
                loaded,
            });
        }
    }
    let news = Pass {
        pass: pass.name(),
        note: notes::get(act, &pass.note)?.name(),
        vehicle: pass.vehicle.clone(),
        state: pass.state.clone(),
        parcels,
    };
    act.publish(&News::Pass(news), None)?;
    Ok(())
}

/// The parcel on a waybill, if it belongs to the note that a pass carries.
fn parcel(view: &View<'_>, pass: &Issued, waybill: &WaybillKey) -> Result<Record> {
    let order = orders::by_waybill(view, waybill)?;
    if !notes::parcels(view, &pass.note)?.contains(&order.life.key) {
        return Err(says::not_on_pass(&waybill.waybill_no, pass.name()).into());
    }
    Ok(order)
}

fn require_fresh_customs(act: &Act<'_>) -> Result<()> {
    let limit = act.settings.policy.customs_fresh();
    match act.customs_seen_at()? {
        Some(at) if act.now.since(at) <= limit => Ok(()),
        Some(at) => Err(says::customs_silent(at.to_rfc3339()).into()),
        None => Err(says::customs_silent("-").into()),
    }
}

/// Puts a parcel on the vehicle of an approved pass.
pub(crate) fn load(act: &Act<'_>, pass: &GatePassNo, waybill: &WaybillKey) -> Result<()> {
    let pass = get(act, pass)?;
    if pass.state != "approved" {
        return Err(says::pass_not_open(pass.name(), &pass.state).into());
    }
    require_fresh_customs(act)?;
    let order = parcel(act, &pass, waybill)?;
    orders::change(act, &order.life.key, Change::Load(pass.name()))?;
    Ok(())
}

/// Takes a parcel off again.
pub(crate) fn unload(act: &Act<'_>, pass: &GatePassNo, waybill: &WaybillKey) -> Result<()> {
    let pass = get(act, pass)?;
    if pass.state != "approved" {
        return Err(says::pass_not_open(pass.name(), &pass.state).into());
    }
    let order = parcel(act, &pass, waybill)?;
    orders::change(act, &order.life.key, Change::Unload)?;
    Ok(())
}

/// Lets the vehicle go: everything on it is checked once more, and nothing free stays behind.
pub(crate) fn depart(act: &Act<'_>, pass: &GatePassNo) -> Result<()> {
    let pass = get(act, pass)?;
    if pass.state != "approved" {
        return Err(says::pass_not_open(pass.name(), &pass.state).into());
    }
    require_fresh_customs(act)?;
    let (mut loaded, mut left) = (0u32, 0u32);
    for key in notes::parcels(act, &pass.note)? {
        let order = orders::get(act, &key)?;
        match (&order.life.state, order.life.is_free()) {
            (State::Loaded { .. }, true) => loaded = loaded.saturating_add(1),
            (State::Loaded { .. }, false) => {
                let number = order.waybill.map_or_else(String::new, |w| w.waybill_no);
                return Err(says::take_off_first(number).into());
            }
            (State::Bundled { .. }, true) => left = left.saturating_add(1),
            _ => {}
        }
    }
    if left > 0 {
        return Err(says::not_all_loaded(left).into());
    }
    if loaded == 0 {
        return Err(says::nothing_loaded(pass.name()).into());
    }
    let pass = set_state(act, &pass, "departed")?;
    publish(act, &pass)
}

/// SAS223: customs saw the vehicle pass.
fn passed(act: &Act<'_>, pass: &Issued, at: Instant) -> Result<()> {
    let note = notes::get(act, &pass.note)?;
    let pass = set_state(act, pass, "passed")?;
    if !pass.outbound {
        return intake::arrive(act, &note, at);
    }
    let (mut out, mut back, mut stayed, mut stock) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for key in notes::parcels(act, &pass.note)? {
        let order = orders::get(act, &key)?;
        let claims = order
            .cop_no
            .as_deref()
            .map(|cop| clearance::all_claims(act, cop))
            .transpose()?
            .unwrap_or_default();
        if matches!(order.life.state, State::Loaded { .. }) {
            gather(&mut out, claims)?;
            stock.extend(leaving(&order));
            orders::change(act, &key, Change::GateOut)?;
            // A carrier may be quicker than customs' receipt.
            if order
                .waybill
                .as_ref()
                .map(|waybill| waybills::is_signed_for(act, waybill))
                .transpose()?
                == Some(true)
            {
                orders::change(act, &key, Change::Deliver)?;
            }
        } else {
            gather(&mut back, claims)?;
            stayed.push(key);
        }
    }
    let mut both = moves(&out, Account::Debited, Account::Left, pass.name().as_str());
    both.ledger.extend(
        moves(
            &back,
            Account::Debited,
            Account::PreOut,
            pass.name().as_str(),
        )
        .ledger,
    );
    both.stock = stock;
    books::must_move(act, both, pass.name().as_str())?;
    // Not on the vehicle though customs debited it: back in pre-out, and someone corrects the note.
    for key in stayed {
        notes::unbundle(act, &key)?;
        cases::open(
            act,
            CaseCode::StockCountDiff,
            &format!("{} {key}", note.name()),
        )?;
    }
    publish(act, &pass)
}

fn gather(into: &mut Vec<Claim>, claims: Vec<Claim>) -> Result<()> {
    for claim in claims {
        clearance::add_claim(into, claim).ok_or_else(|| Error::broken("a note too large"))?;
    }
    Ok(())
}

/// What a parcel takes out of the zone.
fn leaving(order: &Record) -> Vec<StockMove> {
    let lines = order.parcel.iter().flatten();
    let moves = lines.map(|line| StockMove {
        goods: line.goods.clone(),
        from: Place::inside(STAGING, Bucket::Staging),
        to: Place::Outbound,
        qty: line.qty,
    });
    moves.collect()
}

/// Whether policy asks for a bundle now.
pub(crate) fn bundle_if_due(act: &Act<'_>) -> Result<()> {
    let at = act.settings.policy.bundle_at;
    if at == 0 {
        return Ok(());
    }
    let released = act.rows.number(
        "SELECT count(*) FROM orders WHERE warehouse = ?1 AND state = 'released'",
        values![act.warehouse.as_str()],
    )?;
    if released < i64::from(at) {
        return Ok(());
    }
    match notes::bundle(act, &act.settings.policy.vehicle.clone()) {
        // All of them held: the next release asks again.
        Err(Error::Refused { .. }) => Ok(()),
        other => other.map(drop),
    }
}
