//! Who signs calls: the key a workstation was enrolled with, and whether it may still call.
//!
//! The key of an incarnation never changes, so a node remembers those it has seen and a call need not
//! begin with a question to the database. Whether the workstation is still in use does change, on any
//! node: that is asked in the act that takes the call in, under the warehouse's row, where the answer
//! cannot be old. There the remembered key is compared as well, so that a database that was put back
//! under a running node is believed and not the node.

use super::recovery;
use crate::authority::{Act, Authority, View};
use crate::error::{Error, Result};
use crate::says;
use crate::workstations::{self, Known};
use axum::http::StatusCode;
use bondhouse_domain::ids::{DeviceId, Incarnation};
use ed25519_dalek::VerifyingKey;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keys by the workstations that called this node.
#[derive(Default)]
pub(crate) struct Signers(Mutex<BTreeMap<(DeviceId, Incarnation), VerifyingKey>>);

/// A workstation whose calls this key proves.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) device: DeviceId,
    pub(crate) incarnation: Incarnation,
    pub(crate) key: VerifyingKey,
}

impl Signers {
    /// The signer as this node remembers it.
    pub(crate) fn remembered(&self, device: &DeviceId, incarnation: Incarnation) -> Option<Signer> {
        let key = *self.lock().get(&(device.clone(), incarnation))?;
        Some(Signer {
            device: device.clone(),
            incarnation,
            key,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(DeviceId, Incarnation), VerifyingKey>> {
        // Every statement leaves the map whole, so a panic elsewhere is no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signer as the database knows it, remembered from now on.
pub(crate) async fn signer_of(
    authority: &Arc<Authority>,
    (device, incarnation): (DeviceId, Incarnation),
) -> Result<Signer> {
    let of = device.clone();
    let known = authority
        .read(authority.home(), move |view| {
            let known = workstations::find(view, &of, incarnation)?;
            required(view, known, &of).map(Ok).or_else(forgotten)
        })
        .await?;
    let known = match known {
        Ok(known) => known,
        Err(refused) => {
            let of = device.clone();
            let knocked = move |act: &Act<'_>| recovery::knocked(act, &of, incarnation);
            authority.act(authority.home(), knocked).await?;
            return Err(refused);
        }
    };
    authority
        .signers
        .lock()
        .insert((device.clone(), incarnation), known.key);
    Ok(Signer {
        device,
        incarnation,
        key: known.key,
    })
}

/// The workstation, if it is in use and this is its key.
pub(super) fn in_use(
    view: &View<'_>,
    device: &DeviceId,
    incarnation: Incarnation,
    key: &VerifyingKey,
) -> Result<Known> {
    let known = required(view, workstations::find(view, device, incarnation)?, device)?;
    if known.key == *key {
        return Ok(known);
    }
    Err(nobody())
}

fn required(view: &View<'_>, known: Option<Known>, device: &DeviceId) -> Result<Known> {
    match known {
        Some(known) if known.state == "active" => Ok(known),
        Some(known) => Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::station_stopped(device, known.state),
        )),
        // Enrolled after the backup that this authority was restored from, perhaps.
        None if workstations::may_be_forgotten(view, device)? => Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::forgotten_station(device),
        )),
        None => Err(nobody()),
    }
}

/// Sets a refusal of that kind apart: it is noted before it is answered.
fn forgotten(error: Error) -> Result<std::result::Result<Known, Error>> {
    match &error {
        Error::Refused { refusal, .. } if refusal.0.code == "platform.forgotten_station" => {
            Ok(Err(error))
        }
        _ => Err(error),
    }
}

fn nobody() -> Error {
    Error::refused(StatusCode::UNAUTHORIZED, says::bad_signature())
}
