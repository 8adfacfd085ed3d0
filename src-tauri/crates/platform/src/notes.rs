//! Bonded notes (核注清单): inbound they announce a notice's goods, outbound they bundle released parcels.
//!
//! A note moves customs' book once, when INV201 says so: inbound from abroad to pre-in, outbound from
//! pre-out to debited. What happens at the gate afterwards is [`crate::gate`]'s.

use crate::authority::{Act, View};
use crate::clearance::{Claim, add_claim, moves};
use crate::error::{Error, Result};
use crate::intake::{self, Announced};
use crate::messages::{self, Kept};
use crate::rows::{Row, json, values};
use crate::{books, clearance, gate, goods, ledgers, orders, says};
use bondhouse_domain::customs::{
    BondedNote, BondedNoteLine, BondedNoteReceipt, CommonResponse, Document, MessageKind,
    ReleasedParcel,
};
use bondhouse_domain::ids::{BondedNoteNo, OrderKey};
use bondhouse_domain::ledger::Account;
use bondhouse_domain::orders::{CaseCode, Change, State};
use bondhouse_domain::quantity::{Money, Quantity};

/// A note's row.
pub(crate) struct Note {
    pub(crate) own_no: String,
    pub(crate) outbound: bool,
    pub(crate) notice: Option<String>,
    pub(crate) vehicle: String,
    pub(crate) claims: Vec<Claim>,
    pub(crate) note_no: Option<String>,
    pub(crate) state: String,
}

impl Note {
    /// What it is called in the feed: customs' number once there is one.
    pub(crate) fn name(&self) -> BondedNoteNo {
        BondedNoteNo::new(self.note_no.as_ref().unwrap_or(&self.own_no))
    }
}

fn note(row: &Row<'_>) -> Result<Note> {
    Ok(Note {
        own_no: row.text(0)?,
        outbound: row.text(1)? == "E",
        notice: row.maybe_text(2)?,
        vehicle: row.text(3)?,
        claims: row.json(4)?,
        note_no: row.maybe_text(5)?,
        state: row.text(6)?,
    })
}

fn find_by(view: &View<'_>, column: &str, value: &str) -> Result<Option<Note>> {
    if value.trim().is_empty() {
        return Ok(None);
    }
    view.rows.one(
        &format!("SELECT own_no, direction, notice, vehicle, claims, note_no, state FROM bonded_notes WHERE warehouse = ?1 AND {column} = ?2"),
        values![view.warehouse.as_str(), value.trim()],
        note,
    )
}

/// A note by our own number.
pub(crate) fn get(view: &View<'_>, own_no: &str) -> Result<Note> {
    find_by(view, "own_no", own_no)?
        .ok_or_else(|| Error::broken(format!("note {own_no} has no row")))
}

/// Our own number of the note that announces a notice.
pub(crate) fn of_notice(view: &View<'_>, notice: &str) -> Result<Option<String>> {
    view.rows.one(
        "SELECT own_no FROM bonded_notes WHERE warehouse = ?1 AND notice = ?2 ORDER BY made_at DESC LIMIT 1",
        values![view.warehouse.as_str(), notice],
        |row| row.text(0),
    )
}

/// The orders bundled in a note.
pub(crate) fn parcels(view: &View<'_>, own_no: &str) -> Result<Vec<OrderKey>> {
    view.rows.all(
        "SELECT platform, order_no FROM bundled WHERE warehouse = ?1 AND own_no = ?2 ORDER BY platform, order_no",
        values![view.warehouse.as_str(), own_no],
        |row| Ok(OrderKey { platform: row.text(0)?, order_no: row.text(1)? }),
    )
}

/// Announces a notice's goods to customs.
pub(crate) fn announce(act: &Act<'_>, notice: &Announced) -> Result<()> {
    let own_no = act.own_number("I")?;
    let (mut claims, mut lines) = (Vec::new(), Vec::new());
    for line in &notice.lines {
        let item = goods::required(act, &notice.owner, &line.item)?;
        let units = item
            .units(line.qty)
            .ok_or_else(|| says::bad_item(&line.item))?;
        let opened = ledgers::open(act, &item, &own_no, line.line)?;
        let number = ledgers::number(act, &opened)?;
        lines.push(note_line(&item, number, line.line, line.qty));
        add_claim(
            &mut claims,
            Claim {
                item: opened,
                units,
            },
        )
        .ok_or_else(|| says::bad_item(&line.item))?;
    }
    let ledger = one_ledger(&claims)?;
    let document = BondedNote {
        note_type: "0".to_owned(),
        supervision_mode: act.settings.inbound_mode.clone(),
        entry_flag: "2".to_owned(),
        lines,
        ..head(act, &own_no, "I", ledger)
    };
    insert(
        act,
        &own_no,
        "I",
        Some(&notice.notice),
        &notice.vehicle,
        &claims,
    )?;
    messages::send(act, &Document::BondedNote(document), &format!("I_{own_no}"))?;
    Ok(())
}

/// Bundles every released parcel that may leave into one note, and answers its own number.
///
/// # Errors
/// A refusal when there is none.
pub(crate) fn bundle(act: &Act<'_>, vehicle: &str) -> Result<String> {
    // Customs takes long notes badly; a vehicle with more parcels carries two notes.
    const MOST: u32 = 1_000;
    let released = orders::in_state(act, "released", MOST)?;
    let own_no = act.own_number("E")?;
    let (mut claims, mut bundled, mut ledger) = (Vec::new(), Vec::new(), None);
    for key in released {
        let order = orders::get(act, &key)?;
        let (true, Some(cop_no), Some(declaration_no)) =
            (order.life.is_free(), &order.cop_no, order.declaration_no)
        else {
            continue;
        };
        let own = clearance::claims(act, cop_no)?;
        let of_list = own.first().map(|claim| claim.item.ledger.clone());
        // One note, one ledger: parcels of another wait for the next note.
        if own.is_empty() || ledger.get_or_insert_with(|| of_list.clone()) != &of_list {
            continue;
        }
        for claim in own {
            add_claim(&mut claims, claim).ok_or_else(|| Error::broken("a note too large"))?;
        }
        clearance::settle(act, cop_no)?;
        orders::change(act, &key, Change::Bundle(BondedNoteNo::new(&own_no)))?;
        act.rows.change_one(
            "INSERT INTO bundled (warehouse, own_no, platform, order_no) VALUES (?1, ?2, ?3, ?4)",
            values![
                act.warehouse.as_str(),
                &own_no,
                &key.platform,
                &key.order_no
            ],
        )?;
        bundled.push(ReleasedParcel {
            invt_no: declaration_no,
            ..ReleasedParcel::default()
        });
    }
    if bundled.is_empty() {
        return Err(says::nothing_to_bundle().into());
    }
    let lines = outbound_lines(act, &claims)?;
    let document = BondedNote {
        note_type: "8".to_owned(),
        supervision_mode: act.settings.trade_mode.clone(),
        entry_flag: "2".to_owned(),
        lines,
        parcels: bundled,
        ..head(act, &own_no, "E", one_ledger(&claims)?)
    };
    insert(act, &own_no, "E", None, vehicle, &claims)?;
    messages::send(act, &Document::BondedNote(document), &format!("E_{own_no}"))?;
    Ok(own_no)
}

fn insert(
    act: &Act<'_>,
    own_no: &str,
    direction: &str,
    notice: Option<&str>,
    vehicle: &str,
    claims: &[Claim],
) -> Result<()> {
    act.rows.change_one(
        "INSERT INTO bonded_notes (warehouse, own_no, direction, notice, vehicle, claims, state, made_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'sent', ?7)",
        values![act.warehouse.as_str(), own_no, direction, notice, vehicle, json(&claims)?, act.now],
    )
}

fn one_ledger(claims: &[Claim]) -> Result<String> {
    let ledger = claims.first().map(|claim| claim.item.ledger.clone());
    match ledger {
        Some(ledger) if claims.iter().all(|claim| claim.item.ledger == ledger) => {
            Ok(ledger.to_string())
        }
        _ => Err(says::two_ledgers("").into()),
    }
}

fn head(act: &Act<'_>, own_no: &str, direction: &str, ledger_no: String) -> BondedNote {
    let settings = &act.settings;
    let today = settings.zone.date_at(act.now);
    BondedNote {
        ledger_no,
        own_no: own_no.to_owned(),
        operator: settings.area.clone(),
        receiver: settings.area.clone(),
        declarant: settings.declarant.clone(),
        inputter: settings.declarant.clone(),
        declaration_type: "1".to_owned(),
        direction: direction.to_owned(),
        goods_kind: "I".to_owned(),
        transport_mode: "9".to_owned(),
        port_code: settings.port_code.clone(),
        customs_code: settings.customs_code.clone(),
        country: "142".to_owned(),
        input_date: Some(today),
        declared_on: Some(today),
        operator_registration: settings.declarant.code.clone(),
        system_id: "Z7".to_owned(),
        ..BondedNote::default()
    }
}

/// So many of some goods on a note; a line that customs has still to number has none yet.
fn note_line(
    item: &goods::Item,
    number: Option<String>,
    line_no: u32,
    qty: Quantity,
) -> BondedNoteLine {
    let told = &item.told;
    let units = item.units(qty);
    let total = item.price.and_then(|price| {
        Money::from_decimal(
            price
                .to_decimal()
                .checked_mul(qty.to_decimal())?
                .round_dp(2),
        )
        .ok()
    });
    BondedNoteLine {
        ledger_item_no: number.unwrap_or_default(),
        line_no,
        item_no: told.item.to_string(),
        hs_code: told.hs_code.clone(),
        name: told.name.clone(),
        model: item.model.clone(),
        unit: told.unit.clone(),
        legal_unit: item.legal_unit1.clone(),
        second_legal_unit: item.legal_unit2.clone(),
        origin: told.origin.clone(),
        price: item.price,
        total,
        currency: "142".to_owned(),
        legal_qty: units.map(|u| u.legal1),
        second_legal_qty: units
            .map(|u| u.legal2)
            .filter(|_| !item.legal_unit2.is_empty()),
        qty,
        gross_weight: item.gross(qty),
        net_weight: item.net(qty),
        levy_mode: "3".to_owned(),
        destination: "142".to_owned(),
        change_mark: "3".to_owned(),
        ..BondedNoteLine::default()
    }
}

/// The claimed goods as note lines, one per ledger item.
fn outbound_lines(act: &Act<'_>, claims: &[Claim]) -> Result<Vec<BondedNoteLine>> {
    let mut lines = Vec::new();
    for (claim, line_no) in claims.iter().zip(1..) {
        let item = ledgers::goods_on(act, &claim.item)?;
        let number = ledgers::number(act, &claim.item)?;
        lines.push(note_line(&item, number, line_no, claim.units.declared));
    }
    Ok(lines)
}

/// Takes in customs' decision on a note (INV201).
pub(crate) fn receive(act: &Act<'_>, receipt: &BondedNoteReceipt, kept: Kept) -> Result<()> {
    let state = receipt.state.as_ref();
    let keys = [
        ("own_no", state.map_or("", |s| s.own_no.as_str())),
        ("own_no", receipt.approval.own_no.as_str()),
        ("note_no", state.map_or("", |s| s.note_no.as_str())),
        ("note_no", receipt.approval.business_id.as_str()),
        ("seq_no", state.map_or("", |s| s.seq_no.as_str())),
        ("seq_no", receipt.approval.own_no.as_str()),
    ];
    let Some(note) = first_found(act, &keys)? else {
        return messages::unmatched(act, kept, MessageKind::Inv201, &receipt.approval.own_no);
    };
    let number = state.map_or("", |s| s.note_no.as_str());
    let number = if number.is_empty() {
        &receipt.approval.business_id
    } else {
        number
    };
    if let Some(mark) = state.map(|s| s.debit_mark.trim()).filter(|m| !m.is_empty()) {
        keep_mark(act, &note, mark)?;
    }
    match (receipt.approval.result.trim(), note.outbound) {
        _ if note.state != "sent" => Ok(()),
        // A pre-debit is how inbound notes with an entry are booked; an outbound one is debited or not.
        ("1" | "5", _) | ("4", false) => debited(act, &note, number),
        ("3" | "Z", _) => refused(act, &note),
        _ => Ok(()),
    }
}

/// Keeps customs' own mark beside our booking: it may come later than the decision, for customs takes a
/// note off its ledger only once the entry is released and all goods passed the gate. It never goes back.
fn keep_mark(act: &Act<'_>, note: &Note, mark: &str) -> Result<()> {
    act.rows.put(
        "UPDATE bonded_notes SET debit_mark = ?3 WHERE warehouse = ?1 AND own_no = ?2 AND debit_mark < ?3",
        values![act.warehouse.as_str(), &note.own_no, mark],
    )?;
    Ok(())
}

fn first_found(view: &View<'_>, keys: &[(&str, &str)]) -> Result<Option<Note>> {
    for (column, value) in keys {
        if let Some(note) = find_by(view, column, value)? {
            return Ok(Some(note));
        }
    }
    Ok(None)
}

fn debited(act: &Act<'_>, note: &Note, number: &str) -> Result<()> {
    act.rows.change_one(
        "UPDATE bonded_notes SET state = 'debited', note_no = ?3 WHERE warehouse = ?1 AND own_no = ?2",
        values![act.warehouse.as_str(), &note.own_no, number],
    )?;
    let (from, to) = if note.outbound {
        (Account::PreOut, Account::Debited)
    } else {
        (Account::Abroad, Account::PreIn)
    };
    books::must_move(act, moves(&note.claims, from, to, number), number)?;
    if let Some(notice) = &note.notice {
        intake::set_state(act, notice, "pre_debited")?;
    }
    for key in parcels(act, &note.own_no)? {
        // The parcel learns customs' number of its note; where it was pulled back meanwhile it stays so.
        if matches!(orders::get(act, &key)?.life.state, State::Bundled { .. }) {
            orders::rename_note(act, &key, &BondedNoteNo::new(number))?;
        }
    }
    gate::apply(act, &get(act, &note.own_no)?)
}

/// Customs returned the note: nothing was moved, and what it bundled is free for another.
fn refused(act: &Act<'_>, note: &Note) -> Result<()> {
    act.rows.change_one(
        "UPDATE bonded_notes SET state = 'refused' WHERE warehouse = ?1 AND own_no = ?2",
        values![act.warehouse.as_str(), &note.own_no],
    )?;
    if let Some(notice) = &note.notice {
        intake::set_state(act, notice, "refused")?;
    }
    for key in parcels(act, &note.own_no)? {
        unbundle(act, &key)?;
    }
    crate::cases::open(
        act,
        CaseCode::StockCountDiff,
        &format!("INV101 {}", note.own_no),
    )
}

/// The vehicle that is to carry a note.
pub(crate) fn set_vehicle(act: &Act<'_>, own_no: &str, vehicle: &str) -> Result<()> {
    act.rows.change_one(
        "UPDATE bonded_notes SET vehicle = ?3 WHERE warehouse = ?1 AND own_no = ?2",
        values![act.warehouse.as_str(), own_no, vehicle],
    )
}

/// Takes a parcel out of its note; its list answers for the goods in the ledger again.
pub(crate) fn unbundle(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    let order = orders::get(act, key)?;
    if matches!(order.life.state, State::Bundled { .. }) {
        orders::change(act, key, Change::Unbundle)?;
    }
    match &order.cop_no {
        Some(cop_no) => clearance::reclaim(act, cop_no),
        None => Ok(()),
    }
}

/// Takes in the first, technical answer to a note or pass: keeps the port's number, or the refusal.
pub(crate) fn receive_common(act: &Act<'_>, response: &CommonResponse, kept: Kept) -> Result<()> {
    let taken = response.deal_flag.trim() == "0";
    if let Some(note) = find_by(act, "own_no", &response.own_no)? {
        act.rows.change_one(
            "UPDATE bonded_notes SET seq_no = coalesce(seq_no, ?3) WHERE warehouse = ?1 AND own_no = ?2",
            values![act.warehouse.as_str(), &note.own_no, Some(&response.seq_no).filter(|no| !no.is_empty())],
        )?;
        return if taken || note.state != "sent" {
            Ok(())
        } else {
            refused(act, &note)
        };
    }
    if gate::receive_common(act, response, taken)? {
        return Ok(());
    }
    messages::unmatched(act, kept, MessageKind::CommonResponse, &response.own_no)
}
