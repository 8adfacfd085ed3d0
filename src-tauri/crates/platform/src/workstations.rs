//! Workstations: enrolled with a one-time code, known by a key, one incarnation at a time.
//!
//! A workstation that starts anew is a new incarnation of the same device: what the lost one held is
//! in doubt until a human has looked, never granted again by itself.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::keys;
use crate::rows::values;
use crate::{leases, orders, says};
use axum::http::StatusCode;
use bondhouse_domain::ids::{DeviceId, Incarnation, Seq};
use bondhouse_domain::journal::{Head, Series};
use bondhouse_domain::orders::Change;
use bondhouse_domain::scanner::token::TokenKey;
use bondhouse_domain::stock::Bucket;
use bondhouse_domain::time::{Instant, Span};
use bondhouse_protocol::wire::{EnrolRequest, Enrolled};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ed25519_dalek::VerifyingKey;

/// How long an enrolment code may be used.
const CODE_LASTS: Span = Span::minutes(10);

/// A one-time code, to be typed or scanned at the new workstation.
pub(crate) struct Code {
    /// 80 random bits as 16 letters and digits.
    pub(crate) text: String,
    /// When it ends.
    pub(crate) expires_at: Instant,
}

/// Makes a code; `device` names a workstation that starts anew.
pub(crate) fn new_code(act: &Act<'_>, device: Option<&DeviceId>) -> Result<Code> {
    if let Some(device) = device {
        // One that a restored authority forgot keeps its name.
        if newest(act, device)?.is_none() && !may_be_forgotten(act, device)? {
            let unknown = says::unknown_station(device);
            return Err(Error::refused(StatusCode::NOT_FOUND, unknown));
        }
    }
    let text = BASE32_NOPAD.encode(&keys::random::<10>()?);
    let expires_at = act.now.plus(CODE_LASTS);
    act.rows.change_one(
        "INSERT INTO enrolments (code_hash, warehouse, device, expires_at) VALUES (?1, ?2, ?3, ?4)",
        values![
            act.keys.mac(CODE, &[plain(&text).as_bytes()]),
            act.warehouse.as_str(),
            device.map(DeviceId::as_str),
            expires_at
        ],
    )?;
    Ok(Code { text, expires_at })
}

const CODE: &str = "enrolment code";
/// The epoch of an authority that was neither restored nor moved.
const FIRST_EPOCH: u32 = 1;
/// Lives of one workstation under one epoch: those of the next are counted from here on, so that no life
/// bears the name of one that a restored authority forgot.
const LIVES_AN_EPOCH: u32 = 1_000;

/// The number in a name that an authority gave: `P-07`.
fn number_of(device: &DeviceId) -> Option<u64> {
    let digits = device.as_str().strip_prefix("P-")?;
    let whole = digits.len() >= 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| whole)
}

/// Whether an authority that does not know this workstation may have forgotten it.
pub(crate) fn may_be_forgotten(view: &View<'_>, device: &DeviceId) -> Result<bool> {
    let epoch = view.rows.number(
        "SELECT epoch FROM warehouses WHERE warehouse = ?1",
        values![view.warehouse.as_str()],
    )?;
    Ok(epoch > i64::from(FIRST_EPOCH) && number_of(device).is_some())
}

/// No workstation enrolled from now on is given this one's name.
fn pass_over(act: &Act<'_>, device: &DeviceId) -> Result<()> {
    let Some(number) = number_of(device) else {
        return Ok(());
    };
    act.rows
        .change(
            "INSERT INTO counters (warehouse, name, last) VALUES (?1, 'devices', ?2) \
             ON CONFLICT (warehouse, name) DO UPDATE SET last = excluded.last WHERE counters.last < excluded.last",
            values![act.warehouse.as_str(), number],
        )
        .map(drop)
}

/// A code as it is compared: without dashes and spaces, in capitals.
fn plain(code: &str) -> String {
    let plain = code.chars().filter(char::is_ascii_alphanumeric);
    plain.collect::<String>().to_uppercase()
}

pub(crate) fn newest(view: &View<'_>, device: &DeviceId) -> Result<Option<u32>> {
    view.rows.one(
        "SELECT incarnation FROM devices WHERE warehouse = ?1 AND device = ?2",
        values![view.warehouse.as_str(), device.as_str()],
        |row| row.count32(0),
    )
}

/// Takes in a workstation that shows a code: the code is its proof, once.
pub(crate) fn enrol(act: &Act<'_>, request: &EnrolRequest) -> Result<Enrolled> {
    let bad_code = || Error::refused(StatusCode::UNAUTHORIZED, says::bad_code());
    let [hash, or_hash] = act.keys.macs(CODE, &[plain(&request.code).as_bytes()]);
    let device = act
        .rows
        .one(
            "SELECT device FROM enrolments WHERE code_hash IN (?1, ?4) AND warehouse = ?2 AND used_at IS NULL AND expires_at > ?3",
            values![hash, act.warehouse.as_str(), act.now, or_hash],
            |row| row.maybe_text(0),
        )?
        .ok_or_else(bad_code)?;
    let key = HEXLOWER
        .decode(request.public_key.as_bytes())
        .ok()
        .and_then(|bytes| VerifyingKey::try_from(bytes.as_slice()).ok())
        .filter(|key| !key.is_weak())
        .ok_or_else(|| {
            Error::refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                says::incomplete("public_key"),
            )
        })?;
    act.rows.change_one(
        "UPDATE enrolments SET used_at = ?2 WHERE code_hash IN (?1, ?3)",
        values![hash, act.now, or_hash],
    )?;
    let device = match device {
        Some(known) => {
            let device = DeviceId::new(known);
            pass_over(act, &device)?;
            device
        }
        None => DeviceId::new(format!("P-{:02}", act.next("devices")?)),
    };
    let before = act.epoch.saturating_sub(FIRST_EPOCH);
    let floor = before.saturating_mul(LIVES_AN_EPOCH);
    let last = newest(act, &device)?.unwrap_or(0).max(floor);
    let incarnation = Incarnation(last.saturating_add(1));
    abandon(act, &device)?;
    act.rows.change_one(
        "INSERT INTO devices (warehouse, device, station, incarnation) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (warehouse, device) DO UPDATE SET station = excluded.station, incarnation = excluded.incarnation",
        values![act.warehouse.as_str(), device.as_str(), &request.station, incarnation.0],
    )?;
    let token_key = keys::random::<32>()?;
    act.rows.change_one(
        include_str!("workstations_insert.sql"),
        values![
            act.warehouse.as_str(),
            device.as_str(),
            incarnation.0,
            key.as_bytes().as_slice(),
            act.keys
                .seal(&token_place(act, &device, incarnation), &token_key)?,
            Head::EMPTY.hash,
            Head::EMPTY.occurred_at,
            act.now,
        ],
    )?;
    let authority_keys = [(
        act.keys.key_id().to_owned(),
        HEXLOWER.encode(act.keys.signing().verifying_key().as_bytes()),
    )];
    Ok(Enrolled {
        warehouse: act.warehouse.clone(),
        warehouse_name: act.settings.name.clone(),
        device,
        incarnation,
        authority_epoch: act.epoch,
        authority_keys: authority_keys.into(),
        token_key: HEXLOWER.encode(&token_key),
        server_time: act.now,
    })
}

/// The key of an incarnation's release tokens.
pub(crate) fn token_key(
    view: &View<'_>,
    device: &DeviceId,
    incarnation: Incarnation,
) -> Result<TokenKey> {
    let sealed = view.rows.one(
        "SELECT token_key FROM incarnations WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3",
        values![view.warehouse.as_str(), device.as_str(), incarnation.0],
        |row| row.bytes(0),
    )?;
    let sealed = sealed.ok_or_else(|| Error::broken("no such incarnation"))?;
    let key = view
        .keys
        .unseal(&token_place(view, device, incarnation), &sealed)?;
    key.try_into()
        .map(TokenKey)
        .map_err(|_| Error::broken("a token key of another length"))
}

pub(crate) fn token_place(view: &View<'_>, device: &DeviceId, incarnation: Incarnation) -> String {
    format!(
        "{}|incarnations|token_key|{device}/{}",
        view.warehouse, incarnation.0
    )
}

/// The earlier incarnations of a device are over: what they held may or may not be packed.
fn abandon(act: &Act<'_>, device: &DeviceId) -> Result<()> {
    let over = act.rows.all(
        "SELECT incarnation FROM incarnations WHERE warehouse = ?1 AND device = ?2 AND state = 'active'",
        values![act.warehouse.as_str(), device.as_str()],
        |row| row.count32(0),
    )?;
    for incarnation in over {
        set_state(act, device, Incarnation(incarnation), "replaced")?;
        put_in_doubt(act, device, Incarnation(incarnation))?;
    }
    Ok(())
}

/// Everything a lost or quarantined incarnation holds is in doubt from now.
pub(crate) fn put_in_doubt(
    act: &Act<'_>,
    device: &DeviceId,
    incarnation: Incarnation,
) -> Result<()> {
    for leased in leases::of_device(act, device, incarnation)? {
        if leased.state != "open" {
            continue;
        }
        let moves = leases::between(leased.lines(), Bucket::Reserved, Bucket::InDoubt);
        crate::books::must_move(act, moves, &leased.order.to_string())?;
        leases::set_state(act, &leased, "in_doubt")?;
        orders::change(act, &leased.order, Change::HolderSilent)?;
    }
    Ok(())
}

/// Sets the state of an incarnation.
pub(crate) fn set_state(
    act: &Act<'_>,
    device: &DeviceId,
    incarnation: Incarnation,
    state: &str,
) -> Result<()> {
    act.rows.change_one(
        "UPDATE incarnations SET state = ?4 WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3",
        values![act.warehouse.as_str(), device.as_str(), incarnation.0, state],
    )
}

/// An incarnation as the authority knows it.
pub(crate) struct Known {
    /// The key its calls are signed with.
    pub(crate) key: VerifyingKey,
    /// `active`, or why it may not call.
    pub(crate) state: String,
    /// How far its journal is here.
    pub(crate) head: Head,
}

/// Looks an incarnation up.
pub(crate) fn find(
    view: &View<'_>,
    device: &DeviceId,
    incarnation: Incarnation,
) -> Result<Option<Known>> {
    view.rows.one(
        "SELECT public_key, state, head_seq, head_hash, head_at FROM incarnations WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3",
        values![view.warehouse.as_str(), device.as_str(), incarnation.0],
        |row| {
            let key = VerifyingKey::try_from(row.bytes(0)?.as_slice()).map_err(|_| Error::broken("a stored key is no key"))?;
            let head = Head { seq: Seq(row.count(2)?), hash: row.hash(3)?, occurred_at: row.instant(4)? };
            Ok(Known { key, state: row.text(1)?, head })
        },
    )
}

/// Remembers how far a journal is here, and that its workstation called.
pub(crate) fn set_head(act: &Act<'_>, series: &Series, head: &Head, app: &str) -> Result<()> {
    act.rows.change_one(
        "UPDATE incarnations SET head_seq = ?4, head_hash = ?5, head_at = ?6, app = ?7, last_contact = ?8 \
         WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3",
        values![
            act.warehouse.as_str(), series.device.as_str(), series.incarnation.0, head.seq.0, head.hash, head.occurred_at, app, act.now,
        ],
    )
}
