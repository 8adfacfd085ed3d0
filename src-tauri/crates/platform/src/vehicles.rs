//! Vehicles and what they weigh without goods: what a gate pass adds to the goods it carries.
//!
//! Customs' weighbridge reads everything that stands on it, so a pass declares vehicle, frame, container
//! and goods together. A forwarder says with its notice what the truck weighs; the operator lists what
//! drives out. For a vehicle nobody listed the warehouse's own assumption is declared, and whoever looks
//! at the pass is told so. Nothing here learns a weight from a weighbridge: what customs read is
//! evidence, and listing it is somebody's decision.

use crate::authority::{Act, View};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::rows::{json, values};
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::quantity::Weight;
use serde::{Deserialize, Serialize};

/// A vehicle and its own weights, in kg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vehicle {
    /// Its plate (车牌).
    pub(crate) vehicle: String,
    /// Without anything on it (车自重).
    pub(crate) weight: Weight,
    /// Its card at the gate (IC 卡号).
    #[serde(default)]
    pub(crate) card_no: String,
    /// Plate of its frame, for a tractor (车架号).
    #[serde(default)]
    pub(crate) frame_no: String,
    /// What the frame weighs.
    #[serde(default)]
    pub(crate) frame_weight: Option<Weight>,
    /// Its container (集装箱号).
    #[serde(default)]
    pub(crate) container_no: String,
    /// Kind of container, customs' code.
    #[serde(default)]
    pub(crate) container_type: String,
    /// What the container weighs.
    #[serde(default)]
    pub(crate) container_weight: Option<Weight>,
}

impl Vehicle {
    /// A vehicle of which only its whole weight without goods is known.
    pub(crate) fn weighing(plate: &str, weight: Weight) -> Self {
        Self {
            vehicle: plate.trim().to_owned(),
            weight,
            card_no: String::new(),
            frame_no: String::new(),
            frame_weight: None,
            container_no: String::new(),
            container_type: String::new(),
            container_weight: None,
        }
    }
}

/// Lists a vehicle, or its new weights; whether anything is new.
///
/// # Errors
/// A refusal when it has no plate or no weight.
pub(crate) fn list(act: &Act<'_>, vehicle: &Vehicle) -> Result<bool> {
    let negative = |weight: Option<Weight>| weight.is_some_and(Weight::is_negative);
    let wrong = [
        ("vehicle", vehicle.vehicle.trim().is_empty()),
        ("weight", !vehicle.weight.is_positive()),
        ("frame_weight", negative(vehicle.frame_weight)),
        ("container_weight", negative(vehicle.container_weight)),
    ];
    if let Some((field, _)) = wrong.iter().find(|(_, wrong)| *wrong) {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete(field),
        ));
    }
    let changed = act.rows.change(
        "INSERT INTO vehicles (warehouse, vehicle, body, listed_at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (warehouse, vehicle) DO UPDATE SET body = excluded.body, listed_at = excluded.listed_at \
         WHERE vehicles.body <> excluded.body",
        values![
            act.warehouse.as_str(),
            vehicle.vehicle.trim(),
            json(vehicle)?,
            act.now
        ],
    )?;
    Ok(changed == 1)
}

/// A vehicle by its plate.
pub(crate) fn find(view: &View<'_>, plate: &str) -> Result<Option<Vehicle>> {
    view.rows.one(
        "SELECT body FROM vehicles WHERE warehouse = ?1 AND vehicle = ?2",
        values![view.warehouse.as_str(), plate.trim()],
        |row| row.json(0),
    )
}

/// Every listed vehicle, by plate.
pub(crate) fn all(view: &View<'_>) -> Result<Vec<Vehicle>> {
    view.rows.all(
        "SELECT body FROM vehicles WHERE warehouse = ?1 ORDER BY vehicle LIMIT 10000",
        values![view.warehouse.as_str()],
        |row| row.json(0),
    )
}

/// What is declared of a vehicle that nobody listed.
pub(crate) fn assumed(settings: &Settings, plate: &str) -> Result<Vehicle> {
    let weight = Weight::whole(settings.policy.vehicle_weight_kg.into())
        .ok_or_else(|| Error::broken("an assumed weight too large to count"))?;
    Ok(Vehicle::weighing(plate, weight))
}
