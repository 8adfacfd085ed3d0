//! Messages in and out: kept unmodified with their hash, written and read by the `customs` codecs.
//!
//! What goes to customs goes through one outbox with gapless numbers, written in the transaction of
//! the act that caused it; customs fetches by number, so that nothing is lost or sent twice.
//! Kept bytes are sealed, because a message may name people; the hash is over the plain bytes.

use crate::authority::{Act, View};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::rows::values;
use crate::{keys, says};
use axum::http::StatusCode;
use bondhouse_customs::{Message, Package, Reading, Transfer};
use bondhouse_domain::customs::{Document, MessageKind};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::time::Instant;

/// A kept message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// Its number.
    pub(crate) raw: u64,
    /// Over its plain bytes.
    pub(crate) hash: Hash,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// Keeps a message exactly as it was sent.
pub(crate) fn keep(
    act: &Act<'_>,
    direction: Direction,
    partner: &str,
    kind: &str,
    bytes: &[u8],
) -> Result<Kept> {
    let raw = act.next("raw")?;
    let hash = hash_of(bytes);
    act.rows.change_one(
        "INSERT INTO raw_messages (warehouse, raw, direction, partner, kind, at, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        values![act.warehouse.as_str(), raw, direction.name(), partner, kind, act.now, hash, act.keys.seal(&place(act, raw), bytes)?],
    )?;
    Ok(Kept { raw, hash })
}

/// The hash a message is kept under.
pub(crate) fn hash_of(bytes: &[u8]) -> Hash {
    Hash::of_fields(b"bondhouse raw message 1", &[bytes])
}

/// A kept message's bytes. May name people.
pub(crate) fn bytes(view: &View<'_>, raw: u64) -> Result<Vec<u8>> {
    let sealed = view
        .rows
        .one(
            "SELECT body FROM raw_messages WHERE warehouse = ?1 AND raw = ?2",
            values![view.warehouse.as_str(), raw],
            |row| row.bytes(0),
        )?
        .ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, says::unknown_message(raw)))?;
    view.keys.unseal(&place(view, raw), &sealed)
}

pub(crate) fn place(view: &View<'_>, raw: u64) -> String {
    format!("{}|raw|{raw}", view.warehouse)
}

/// Writes a document of ours as customs reads it and puts it in the outbox. Answers its kept number.
pub(crate) fn send(act: &Act<'_>, document: &Document, name: &str) -> Result<u64> {
    let kind = document.kind();
    let file_name = format!("{kind}_{name}.xml");
    let mut message = Message::of([document.clone()]);
    if is_unified(kind) {
        message.transfer = Some(transfer(&act.settings));
    } else {
        message.declare_flag = "1".to_owned();
        message.package = Some(Package {
            message_id: guid()?,
            file_name: file_name.clone(),
            sender_id: act.settings.dxp_id.clone(),
            send_time: Some(act.now),
            ..Package::default()
        });
    }
    let xml = bondhouse_customs::write(&message, act.settings.zone)?;
    put_out(act, kind, &file_name, &xml)
}

/// Hands on a partner's document: the bytes it sent when they were XML, else what the codec makes.
pub(crate) fn hand_on(
    act: &Act<'_>,
    document: &Document,
    sent: Option<&[u8]>,
    name: &str,
) -> Result<u64> {
    match sent {
        Some(xml) => put_out(
            act,
            document.kind(),
            &format!("{}_{name}.xml", document.kind()),
            xml,
        ),
        None => send(act, document, name),
    }
}

fn put_out(act: &Act<'_>, kind: MessageKind, file_name: &str, xml: &[u8]) -> Result<u64> {
    let kept = keep(act, Direction::Out, "customs", kind.as_str(), xml)?;
    act.rows.change_one(
        "INSERT INTO outbox (warehouse, n, kind, file_name, raw, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        values![act.warehouse.as_str(), act.next("outbox")?, kind.as_str(), file_name, kept.raw, act.now],
    )?;
    Ok(kept.raw)
}

/// One message that customs is to fetch.
pub(crate) struct Outgoing {
    pub(crate) n: u64,
    pub(crate) kind: String,
    pub(crate) file_name: String,
    pub(crate) at: Instant,
    pub(crate) xml: Vec<u8>,
}

/// The outbox after a position, oldest first.
pub(crate) fn outgoing(view: &View<'_>, after: u64, most: u32) -> Result<Vec<Outgoing>> {
    let found = view.rows.all(
        "SELECT n, kind, file_name, at, raw FROM outbox WHERE warehouse = ?1 AND n > ?2 ORDER BY n LIMIT ?3",
        values![view.warehouse.as_str(), after, most],
        |row| Ok((row.count(0)?, row.text(1)?, row.text(2)?, row.instant(3)?, row.count(4)?)),
    )?;
    found
        .into_iter()
        .map(|(n, kind, file_name, at, raw)| {
            Ok(Outgoing {
                n,
                kind,
                file_name,
                at,
                xml: bytes(view, raw)?,
            })
        })
        .collect()
}

/// Reads a message, or refuses it with customs' own reason, line and column.
pub(crate) fn read(xml: &[u8], settings: &Settings) -> Result<Message> {
    bondhouse_customs::read(xml, reading(settings))
        .map_err(|fault| Error::refused(StatusCode::UNPROCESSABLE_ENTITY, fault.refusal))
}

/// How messages are read here.
pub(crate) fn reading(settings: &Settings) -> Reading {
    Reading {
        zone: settings.zone,
        ..Reading::default()
    }
}

/// A fresh number for a message of ours, 36 upper-case characters.
pub(crate) fn guid() -> Result<String> {
    Ok(uuid::Builder::from_random_bytes(keys::random()?)
        .into_uuid()
        .to_string()
        .to_uppercase())
}

fn is_unified(kind: MessageKind) -> bool {
    kind.as_str().starts_with("CEB")
}

/// Whether a message is of the bonded family (Golden Gate II).
pub(crate) fn is_bonded(kind: MessageKind) -> bool {
    kind == MessageKind::CommonResponse
        || ["INV", "SAS", "BWS", "EMS"]
            .iter()
            .any(|family| kind.as_str().starts_with(family))
}

fn transfer(settings: &Settings) -> Transfer {
    Transfer {
        cop_code: settings.declarant.code.clone(),
        cop_name: settings.declarant.name.clone(),
        dxp_mode: "DXP".to_owned(),
        dxp_id: settings.dxp_id.clone(),
        ..Transfer::default()
    }
}

/// Keeps note of a receipt that answers nothing we know.
pub(crate) fn unmatched(act: &Act<'_>, kept: Kept, kind: MessageKind, key: &str) -> Result<()> {
    tracing::warn!(%kind, raw = kept.raw, "a receipt answers nothing known");
    act.rows.put(
        "INSERT INTO unmatched (warehouse, raw, kind, key, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        values![act.warehouse.as_str(), kept.raw, kind.as_str(), key, act.now],
    )?;
    Ok(())
}

/// Keeps note of a file that is no message of customs.
pub(crate) fn unread(act: &Act<'_>, kept: Kept, file_name: &str) -> Result<()> {
    act.rows.put(
        "INSERT INTO unmatched (warehouse, raw, kind, key, at) VALUES (?1, ?2, 'unreadable', ?3, ?4) ON CONFLICT DO NOTHING",
        values![act.warehouse.as_str(), kept.raw, file_name, act.now],
    )?;
    Ok(())
}

/// Keeps note of a message whose signature is not to be believed, and why.
pub(crate) fn untrusted(act: &Act<'_>, kept: Kept, why: &Refusal) -> Result<()> {
    tracing::warn!(raw = kept.raw, code = %why, "a message of customs is not believed");
    act.rows.put(
        "INSERT INTO unmatched (warehouse, raw, kind, key, at) VALUES (?1, ?2, 'untrusted', ?3, ?4) ON CONFLICT DO NOTHING",
        values![act.warehouse.as_str(), kept.raw, &*why.0.code, act.now],
    )?;
    Ok(())
}

/// A document of another kind than the docking takes.
pub(crate) fn wrong_kind(kind: MessageKind) -> Error {
    Error::refused(StatusCode::UNPROCESSABLE_ENTITY, says::wrong_kind(kind))
}
