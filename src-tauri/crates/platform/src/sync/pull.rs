//! What a workstation is told: the feed's next page, what it must drop, whether its view agrees.

use crate::authority::View;
use crate::books;
use crate::error::{Error, Result};
use crate::leases::{self, Leased};
use crate::rows::{Row, Rows, values};
use bondhouse_domain::digest::Tables;
use bondhouse_domain::feed::{Entry, News, Origin};
use bondhouse_domain::ids::{DeviceId, FeedPos, Incarnation, Seq, WarehouseId};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::time::Instant;
use bondhouse_protocol::page;
use bondhouse_protocol::wire::{Revoke, SyncRequest};

/// Everything that is only read.
pub(super) struct Pulled {
    pub(super) epoch: u32,
    pub(super) feed: Vec<Entry>,
    pub(super) more: bool,
    pub(super) revokes: Vec<Revoke>,
    /// The tables in which a compared view differs; nothing when none was compared.
    pub(super) differing: Option<Vec<String>>,
    pub(super) resnapshot: bool,
    pub(super) customs_fresh_at: Option<Instant>,
    pub(super) recovering: bool,
}

/// As many entries as one page can hold.
const MOST: u32 = 500;

/// The authority's own standing, as an answer tells it.
pub(super) struct Standing {
    pub(super) epoch: u32,
    pub(super) customs_fresh_at: Option<Instant>,
    pub(super) recovering: bool,
}

impl Standing {
    pub(super) fn of(view: &View<'_>) -> Result<Self> {
        Ok(Self {
            epoch: epoch(view)?,
            customs_fresh_at: view.customs_seen_at()?,
            recovering: super::recovery::state(view)?.is_some(),
        })
    }
}

/// The next page after the call's cursor, for the holder of these leases.
pub(super) fn page(
    view: &View<'_>,
    request: &SyncRequest,
    leases: &[Leased],
    standing: Standing,
) -> Result<Pulled> {
    let (head, _) = view.feed_head()?;
    let cursor = request.cursor;
    let digest = agrees(view, request, head)?;
    // A cursor from another history, beyond ours or from before what is kept, or a view that differs:
    // the workstation begins again from a snapshot.
    let resnapshot = hash_at(view, cursor.pos)? != Some(cursor.hash)
        || digest
            .as_ref()
            .is_some_and(|differing| !differing.is_empty());
    let feed = if resnapshot || cursor.pos == head {
        Vec::new()
    } else {
        page::first(after(view, cursor.pos, MOST)?)
    };
    let reached = feed.last().map_or(cursor.pos, |entry| entry.pos);
    let Standing {
        epoch,
        customs_fresh_at,
        recovering,
    } = standing;
    Ok(Pulled {
        epoch,
        more: !resnapshot && reached < head,
        feed,
        revokes: leases::revokes(leases, &request.held),
        differing: digest,
        resnapshot,
        customs_fresh_at,
        recovering,
    })
}

/// Where the workstation's view differs from ours; said only about the position at which ours stands now.
fn agrees(view: &View<'_>, request: &SyncRequest, head: FeedPos) -> Result<Option<Vec<String>>> {
    match &request.digest {
        Some(theirs) if theirs.pos == head => Ok(Some(tables(view)?.differing(&theirs.tables))),
        _ => Ok(None),
    }
}

/// What we believe, added up: the books as they are, orders and cases as they were last told.
fn tables(view: &View<'_>) -> Result<Tables> {
    let mut tables = Tables::default();
    for (goods, spot, bucket, qty) in books::stock_balances(view)? {
        tables.stock(&goods, &spot, bucket, qty)?;
    }
    for (item, account, units) in books::ledger_balances(view)? {
        tables.ledger(&item, account, units)?;
    }
    for word in super::snapshot::words(view)? {
        match News::read(&word.kind, word.v, &word.body) {
            Ok(News::Order(order)) => tables.order(&order)?,
            Ok(News::Case(case)) => tables.case(&case)?,
            Ok(_) => {}
            Err(_) => return Err(Error::broken("a word of our own is unreadable")),
        }
    }
    Ok(tables)
}

/// Which authority this is: grows when it is moved or restored.
pub(super) fn epoch(view: &View<'_>) -> Result<u32> {
    view.rows
        .one(
            "SELECT epoch FROM warehouses WHERE warehouse = ?1",
            values![view.warehouse.as_str()],
            |row| row.count32(0),
        )?
        .ok_or_else(|| Error::broken("no such warehouse"))
}

/// The entry before the first that is kept.
pub(crate) fn base(view: &View<'_>) -> Result<(FeedPos, Hash)> {
    let base = view.rows.one(
        "SELECT pos, hash FROM feed_bases WHERE warehouse = ?1",
        values![view.warehouse.as_str()],
        |row| Ok((FeedPos(row.count(0)?), row.hash(1)?)),
    )?;
    Ok(base.unwrap_or((FeedPos(0), Hash::GENESIS)))
}

/// The hash that stands at a position; nothing when it is not kept or not reached.
pub(super) fn hash_at(view: &View<'_>, pos: FeedPos) -> Result<Option<Hash>> {
    let (head, hash) = view.feed_head()?;
    if pos >= head {
        return Ok((pos == head).then_some(hash));
    }
    let kept = view.rows.one(
        "SELECT hash FROM feed WHERE warehouse = ?1 AND pos = ?2",
        values![view.warehouse.as_str(), pos.0],
        |row| row.hash(0),
    )?;
    if kept.is_some() {
        return Ok(kept);
    }
    let (base, hash) = base(view)?;
    Ok((pos == base).then_some(hash))
}

/// The feed after a position.
pub(crate) fn after(view: &View<'_>, pos: FeedPos, most: u32) -> Result<Vec<Entry>> {
    entries(&view.rows, &view.warehouse, pos, most)
}

pub(super) fn entries(
    rows: &Rows<'_>,
    warehouse: &WarehouseId,
    pos: FeedPos,
    most: u32,
) -> Result<Vec<Entry>> {
    rows.all(
        "SELECT pos, kind, v, at, device, incarnation, seq, body, prev_hash, hash FROM feed \
         WHERE warehouse = ?1 AND pos > ?2 ORDER BY pos LIMIT ?3",
        values![warehouse.as_str(), pos.0, most],
        |row| entry(warehouse, row),
    )
}

fn entry(warehouse: &WarehouseId, row: &Row<'_>) -> Result<Entry> {
    let origin = match row.maybe_text(4)? {
        Some(device) => Some(Origin {
            device: DeviceId::new(device),
            incarnation: Incarnation(row.count32(5)?),
            seq: Seq(row.count(6)?),
        }),
        None => None,
    };
    Ok(Entry {
        warehouse: warehouse.clone(),
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
