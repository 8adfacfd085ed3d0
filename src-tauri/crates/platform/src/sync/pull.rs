//! What a workstation is told: the feed's next page, what it must drop, whether its view agrees.

use crate::authority::View;
use crate::error::{Error, Result};
use crate::rows::{Row, values};
use crate::{books, leases};
use bondhouse_domain::feed::{Entry, Origin};
use bondhouse_domain::ids::{DeviceId, FeedPos, Incarnation, Seq};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::time::Instant;
use bondhouse_protocol::digest::digest;
use bondhouse_protocol::page;
use bondhouse_protocol::wire::{Revoke, SyncRequest};

/// Everything that is only read.
pub(super) struct Pulled {
    pub(super) epoch: u32,
    pub(super) feed: Vec<Entry>,
    pub(super) more: bool,
    pub(super) revokes: Vec<Revoke>,
    pub(super) digest_ok: Option<bool>,
    pub(super) resnapshot: bool,
    pub(super) customs_fresh_at: Option<Instant>,
}

/// As many entries as one page can hold.
const MOST: u32 = 500;

/// The next page after the call's cursor.
pub(super) fn page(view: &View<'_>, request: &SyncRequest) -> Result<Pulled> {
    let epoch = view
        .rows
        .one(
            "SELECT epoch FROM warehouses WHERE warehouse = ?1",
            values![view.warehouse.as_str()],
            |row| row.count32(0),
        )?
        .ok_or_else(|| Error::broken("no such warehouse"))?;
    let (head, _) = view.feed_head()?;
    let cursor = request.cursor;
    // A cursor from another history, or beyond ours: the workstation begins again from nothing.
    let resnapshot = hash_at(view, cursor.pos)? != Some(cursor.hash);
    let feed = if resnapshot {
        Vec::new()
    } else {
        page::first(after(view, cursor.pos, MOST)?)
    };
    let reached = feed.last().map_or(cursor.pos, |entry| entry.pos);
    Ok(Pulled {
        epoch,
        more: !resnapshot && reached < head,
        feed,
        revokes: leases::revokes(view, &request.series.device, request.series.incarnation)?,
        digest_ok: agrees(view, request, head)?,
        resnapshot,
        customs_fresh_at: view.customs_seen_at()?,
    })
}

/// Whether the workstation's view equals ours; said only about the position at which ours stands now.
fn agrees(view: &View<'_>, request: &SyncRequest, head: FeedPos) -> Result<Option<bool>> {
    match request.digest {
        Some(theirs) if theirs.pos == head => {
            let ours = digest(books::stock_balances(view)?, books::ledger_balances(view)?)?;
            Ok(Some(ours == theirs.digest))
        }
        _ => Ok(None),
    }
}

fn hash_at(view: &View<'_>, pos: FeedPos) -> Result<Option<Hash>> {
    if pos == FeedPos(0) {
        return Ok(Some(Hash::GENESIS));
    }
    view.rows.one(
        "SELECT hash FROM feed WHERE warehouse = ?1 AND pos = ?2",
        values![view.warehouse.as_str(), pos.0],
        |row| row.hash(0),
    )
}

/// The feed after a position.
pub(crate) fn after(view: &View<'_>, pos: FeedPos, most: u32) -> Result<Vec<Entry>> {
    view.rows.all(
        "SELECT pos, kind, v, at, device, incarnation, seq, body, prev_hash, hash FROM feed \
         WHERE warehouse = ?1 AND pos > ?2 ORDER BY pos LIMIT ?3",
        values![view.warehouse.as_str(), pos.0, most],
        |row| entry(view, row),
    )
}

fn entry(view: &View<'_>, row: &Row<'_>) -> Result<Entry> {
    let origin = match row.maybe_text(4)? {
        Some(device) => Some(Origin {
            device: DeviceId::new(device),
            incarnation: Incarnation(row.count32(5)?),
            seq: Seq(row.count(6)?),
        }),
        None => None,
    };
    Ok(Entry {
        warehouse: view.warehouse.clone(),
        pos: FeedPos(row.count(0)?),
        kind: row.text(1)?,
        v: u16::try_from(row.int(2)?).map_err(|_| Error::broken("a version beyond 16 bits"))?,
        at: row.instant(3)?,
        origin,
        body: row.text(7)?,
        prev_hash: row.hash(8)?,
        hash: row.hash(9)?,
    })
}
