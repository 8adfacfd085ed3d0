//! The picture at one feed position: what a workstation begins from when the feed is too long, too old
//! or no longer its own.
//!
//! It is the last word on every subject, kept beside the feed as it grows, and one movement for every
//! balance. It is read in one moment, cut into parts and kept in memory while they are fetched, so that
//! all parts speak of the same position. The feed is kept for thirty days; what is older is in here.

use super::pull;
use crate::authority::{Act, Authority, View};
use crate::error::{Error, Result};
use crate::rows::{Rows, values};
use crate::{books, says};
use axum::http::StatusCode;
use bondhouse_domain::facts::Moves;
use bondhouse_domain::feed::{Entry, Moved, News};
use bondhouse_domain::ids::{DeviceId, FeedPos, Incarnation, Seq, WarehouseId};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::ledger::{Account, LedgerMove};
use bondhouse_domain::stock::{Place, StockMove};
use bondhouse_domain::time::{Instant, Span};
use bondhouse_protocol::wire::{Cursor, Position, SnapshotPart, Told};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of news in one part: well within what a signed answer may be.
const PART_BYTES: usize = 2 * 1024 * 1024;
/// Movements in one piece of news.
const MOVES: usize = 200;
/// How long a picture is handed out before a new one is taken.
const FRESH: Span = Span::minutes(10);
/// How long the feed is kept.
const FEED_KEPT: Span = Span::minutes(30 * 24 * 60);
/// Entries let go in one round: a round must stay short.
const AT_ONCE: u32 = 500;

/// A picture of one moment, cut into parts.
pub(crate) struct Picture {
    epoch: u32,
    at: Cursor,
    taken_at: Instant,
    judged: BTreeMap<(DeviceId, Incarnation), Position>,
    parts: Vec<Vec<Told>>,
}

/// The newest picture that was handed out.
pub(crate) type Pictures = Mutex<Option<Arc<Picture>>>;

/// One part of the picture at `pos`; without one, the first part of a fresh picture.
pub(crate) async fn part(
    authority: &Arc<Authority>,
    signer: &(DeviceId, Incarnation),
    pos: Option<FeedPos>,
    part: u32,
) -> Result<SnapshotPart> {
    let picture = match pos {
        None => take(authority).await?,
        Some(pos) => kept(authority)
            .filter(|picture| picture.at.pos == pos)
            .ok_or_else(|| Error::refused(StatusCode::GONE, says::snapshot_gone(pos.0)))?,
    };
    let told = usize::try_from(part)
        .ok()
        .and_then(|part| picture.parts.get(part));
    let told = told.ok_or_else(|| {
        Error::refused(StatusCode::NOT_FOUND, says::snapshot_gone(picture.at.pos.0))
    })?;
    Ok(SnapshotPart {
        authority_epoch: picture.epoch,
        at: picture.at,
        judged: picture.judged.get(signer).copied().unwrap_or(Position {
            seq: Seq(0),
            hash: Hash::GENESIS,
        }),
        taken_at: picture.taken_at,
        parts: u32::try_from(picture.parts.len()).unwrap_or(u32::MAX),
        told: told.clone(),
    })
}

fn kept(authority: &Authority) -> Option<Arc<Picture>> {
    authority
        .pictures
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// The kept picture while it is fresh and knows this warehouse's newest journal heads, else a new one.
async fn take(authority: &Arc<Authority>) -> Result<Arc<Picture>> {
    let home = authority.home().clone();
    let head = authority
        .read(&home, |view| Ok(view.feed_head()?.0))
        .await?;
    if let Some(picture) = kept(authority)
        && (picture.at.pos == head || authority.now().since(picture.taken_at) < FRESH)
        && picture.at.pos <= head
    {
        return Ok(picture);
    }
    let picture = Arc::new(authority.read(&home, picture).await?);
    *authority
        .pictures
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&picture));
    Ok(picture)
}

fn picture(view: &View<'_>) -> Result<Picture> {
    let (pos, hash) = view.feed_head()?;
    let judged = view.rows.all(
        "SELECT device, incarnation, head_seq, head_hash FROM incarnations WHERE warehouse = ?1",
        values![view.warehouse.as_str()],
        |row| {
            let series = (DeviceId::new(row.text(0)?), Incarnation(row.count32(1)?));
            let head = Position {
                seq: Seq(row.count(2)?),
                hash: row.hash(3)?,
            };
            Ok((series, head))
        },
    )?;
    let mut told = words(view)?;
    told.extend(balances(view)?);
    let mut parts = vec![Vec::new()];
    let mut bytes = 0usize;
    for word in told {
        bytes = bytes.saturating_add(word.body.len()).saturating_add(100);
        if bytes > PART_BYTES {
            bytes = word.body.len();
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(word);
        }
    }
    Ok(Picture {
        epoch: pull::epoch(view)?,
        at: Cursor { pos, hash },
        taken_at: view.now,
        judged: judged.into_iter().collect(),
        parts,
    })
}

/// The last word on every subject, in the order the words were said.
pub(super) fn words(view: &View<'_>) -> Result<Vec<Told>> {
    view.rows.all(
        "SELECT kind, v, at, body FROM told WHERE warehouse = ?1 ORDER BY pos",
        values![view.warehouse.as_str()],
        |row| {
            Ok(Told {
                kind: row.text(0)?,
                v: u16::try_from(row.int(1)?)
                    .map_err(|_| Error::broken("a version beyond 16 bits"))?,
                at: row.instant(2)?,
                body: row.text(3)?,
            })
        },
    )
}

/// Every balance as one movement from outside.
fn balances(view: &View<'_>) -> Result<Vec<Told>> {
    let stock: Vec<StockMove> = books::stock_balances(view)?
        .into_iter()
        .filter(|(_, _, _, qty)| qty.is_positive())
        .map(|(goods, spot, bucket, qty)| StockMove {
            goods,
            from: Place::Inbound,
            to: Place::Inside { spot, bucket },
            qty,
        })
        .collect();
    let ledger: Vec<LedgerMove> = books::ledger_balances(view)?
        .into_iter()
        .filter(|(_, account, units)| *account != Account::Abroad && units.declared.is_positive())
        .map(|(item, to, units)| LedgerMove {
            item,
            from: Account::Abroad,
            to,
            units,
            document: "snapshot".to_owned(),
        })
        .collect();
    let stock = stock.chunks(MOVES).map(|moves| Moves {
        stock: moves.to_vec(),
        ledger: Vec::new(),
    });
    let ledger = ledger.chunks(MOVES).map(|moves| Moves {
        stock: Vec::new(),
        ledger: moves.to_vec(),
    });
    stock
        .chain(ledger)
        .map(|moves| {
            let news = News::Moved(Moved {
                stock: moves.stock,
                ledger: moves.ledger,
                cause: "snapshot".to_owned(),
            });
            let (kind, v) = news.kind();
            Ok(Told {
                kind: kind.to_owned(),
                v,
                at: view.now,
                body: news.body()?,
            })
        })
        .collect()
}

/// Keeps the word as the last on its subject, if it has one.
pub(crate) fn keep(rows: &Rows<'_>, entry: &Entry, news: &News) -> Result<()> {
    let Some(subject) = news.subject() else {
        return Ok(());
    };
    rows.put(
        "INSERT INTO told (warehouse, kind, subject, pos, v, at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (warehouse, kind, subject) DO UPDATE \
         SET pos = excluded.pos, v = excluded.v, at = excluded.at, body = excluded.body",
        values![
            entry.warehouse.as_str(),
            &entry.kind,
            subject,
            entry.pos.0,
            entry.v,
            entry.at,
            &entry.body
        ],
    )?;
    Ok(())
}

/// Fills what is kept beside the feed from a feed that was written before it was kept.
pub(crate) fn keep_all(rows: &Rows<'_>, warehouse: &WarehouseId) -> Result<()> {
    let kept = rows.number(
        "SELECT count(*) FROM told WHERE warehouse = ?1",
        values![warehouse.as_str()],
    )?;
    if kept > 0 {
        return Ok(());
    }
    let mut pos = FeedPos(0);
    loop {
        let page = pull::entries(rows, warehouse, pos, AT_ONCE)?;
        let Some(last) = page.last() else { break };
        pos = last.pos;
        for entry in &page {
            let news = News::read(&entry.kind, entry.v, &entry.body)
                .map_err(|_| Error::broken(format!("feed entry {} is unreadable", entry.pos.0)))?;
            keep(rows, entry, &news)?;
        }
    }
    Ok(())
}

/// Lets go of the oldest entries that are past their time; where the feed then begins is kept.
pub(crate) fn forget(act: &Act<'_>) -> Result<usize> {
    let base = pull::base(act)?.0;
    let past = |at: Instant| act.now.since(at) > FEED_KEPT;
    // Mostly nothing is: then only one row is looked at.
    if !pull::after(act, base, 1)?
        .first()
        .is_some_and(|entry| past(entry.at))
    {
        return Ok(0);
    }
    let oldest = pull::after(act, base, AT_ONCE)?;
    let gone = oldest.iter().take_while(|entry| past(entry.at)).last();
    let Some(last) = gone else { return Ok(0) };
    act.rows.put(
        "INSERT INTO feed_bases (warehouse, pos, hash) VALUES (?1, ?2, ?3) \
         ON CONFLICT (warehouse) DO UPDATE SET pos = excluded.pos, hash = excluded.hash",
        values![act.warehouse.as_str(), last.pos.0, last.hash],
    )?;
    act.rows.change(
        "DELETE FROM feed WHERE warehouse = ?1 AND pos <= ?2",
        values![act.warehouse.as_str(), last.pos.0],
    )
}
