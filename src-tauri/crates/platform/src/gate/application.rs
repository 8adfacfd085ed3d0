//! Applying for a gate pass (核放单, SAS121), and for another after one was refused.
//!
//! A pass says what the weighbridge will read: the vehicle's own weight, its frame and container, and
//! the goods as they were declared. Goods are never weighed here anew; what a vehicle weighs is listed
//! with it ([`crate::vehicles`]).

use super::find_by;
use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::notes::{self, Note};
use crate::rows::values;
use crate::{clearance, goods, intake, messages, orders, says, vehicles, waybills};
use axum::http::StatusCode;
use bondhouse_domain::customs::{Document, GatePass, GatePassBill};
use bondhouse_domain::ids::GatePassNo;
use bondhouse_domain::orders::{Change, State};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::quantity::Weight;

/// Applies for a pass for the vehicle of a debited note (SAS121).
pub(crate) fn apply(act: &Act<'_>, note: &Note) -> Result<()> {
    let own_no = act.own_number("P")?;
    let settings = &act.settings;
    let (gross, net) = weights(act, note)?;
    let vehicle = vehicles::find(act, &note.vehicle)?;
    let assumed = vehicle.is_none();
    let vehicle = vehicle.map_or_else(|| vehicles::assumed(settings, &note.vehicle), Ok)?;
    let bill = GatePassBill {
        kind: "1".to_owned(),
        no: note.name().to_string(),
        ..GatePassBill::default()
    };
    let document = GatePass {
        pass_type: if note.outbound { "3" } else { "2" }.to_owned(),
        customs_code: settings.customs_code.clone(),
        declaration_type: "1".to_owned(),
        direction: direction(note.outbound).to_owned(),
        binding: "2".to_owned(),
        related_type: "1".to_owned(),
        related_no: note.name().to_string(),
        area: settings.area.clone(),
        vehicle_no: note.vehicle.clone(),
        vehicle_card_no: vehicle.card_no,
        vehicle_weight: Some(vehicle.weight),
        frame_no: vehicle.frame_no,
        frame_weight: vehicle.frame_weight,
        container_no: vehicle.container_no,
        container_type: vehicle.container_type,
        container_weight: vehicle.container_weight,
        total_gross_weight: Some(gross),
        total_net_weight: Some(net),
        applicant: Personal::new(format!(
            "{} {}",
            settings.sender.name, settings.sender.phone
        )),
        declared_on: Some(settings.zone.date_at(act.now)),
        declarant: settings.declarant.clone(),
        inputter: settings.declarant.clone(),
        own_no: own_no.clone(),
        bills: vec![bill],
        operator_registration: settings.declarant.code.clone(),
        ..GatePass::default()
    };
    let whole = document.whole_weight();
    let whole = whole.ok_or_else(|| Error::broken("a vehicle too heavy to count"))?;
    let document = GatePass {
        total_weight: Some(whole),
        ..document
    };
    act.rows.change_one(
        "INSERT INTO gate_passes (warehouse, own_no, note, direction, vehicle, state, made_at, total_weight, assumed) \
         VALUES (?1, ?2, ?3, ?4, ?5, 'sent', ?6, ?7, ?8)",
        values![
            act.warehouse.as_str(), &own_no, &note.own_no, direction(note.outbound), &note.vehicle, act.now, whole.units(),
            i64::from(assumed),
        ],
    )?;
    messages::send(
        act,
        &Document::GatePass(document),
        &format!("{}_{own_no}", direction(note.outbound)),
    )?;
    Ok(())
}

const fn direction(outbound: bool) -> &'static str {
    if outbound { "E" } else { "I" }
}

/// Gross and net weight of what a note carries, as declared.
fn weights(view: &View<'_>, note: &Note) -> Result<(Weight, Weight)> {
    let mut sum = (Weight::ZERO, Weight::ZERO);
    let mut add = |gross: Option<Weight>, net: Option<Weight>| {
        let next = gross
            .and_then(|gross| sum.0.plus(gross))
            .zip(net.and_then(|net| sum.1.plus(net)));
        sum = next.ok_or_else(|| Error::broken("a vehicle too heavy to count"))?;
        Ok::<_, Error>(())
    };
    if let Some((announced, _, _)) = note
        .notice
        .as_deref()
        .map(|n| intake::find(view, n))
        .transpose()?
        .flatten()
    {
        for line in &announced.lines {
            let item = goods::required(view, &announced.owner, &line.item)?;
            add(item.gross(line.qty), item.net(line.qty))?;
        }
    }
    for key in notes::parcels(view, &note.own_no)? {
        let order = orders::get(view, &key)?;
        if let (Some(waybill), Some(cop_no)) = (&order.waybill, &order.cop_no) {
            let gross = waybills::document(view, waybill)?.weight;
            let net = clearance::document(view, cop_no)?.net_weight;
            add(Some(gross), Some(net))?;
        }
    }
    Ok(sum)
}

/// Applies for another pass for a note whose pass was refused, for the same vehicle or another.
///
/// # Errors
/// A refusal when nobody knows the pass, its note is not debited, or another pass of the note stands.
pub(crate) fn again(act: &Act<'_>, own_no: &str, vehicle: &str) -> Result<()> {
    let unknown = || {
        Error::refused(
            StatusCode::NOT_FOUND,
            says::unknown_pass(GatePassNo::new(own_no)),
        )
    };
    let pass = find_by(act, "own_no", own_no)?.ok_or_else(unknown)?;
    let standing = act.rows.number(
        "SELECT count(*) FROM gate_passes WHERE warehouse = ?1 AND note = ?2 AND state <> 'refused'",
        values![act.warehouse.as_str(), &pass.note],
    )?;
    let note = notes::get(act, &pass.note)?;
    if pass.state != "refused" || standing > 0 || note.state != "debited" {
        return Err(says::pass_stands(pass.name(), &pass.state).into());
    }
    // What was on the refused vehicle is not on the next.
    for key in notes::parcels(act, &pass.note)? {
        if matches!(orders::get(act, &key)?.life.state, State::Loaded { .. }) {
            orders::change(act, &key, Change::Unload)?;
        }
    }
    notes::set_vehicle(act, &pass.note, vehicle)?;
    apply(act, &notes::get(act, &pass.note)?)
}
