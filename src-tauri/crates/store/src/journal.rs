//! The journal as it lies on disk: appended to, paged for the outbox, checked.

use crate::Store;
use crate::columns::Nat;
use crate::error::StoreError;
use crate::fold::Fold;
use crate::view::View;
use bondhouse_domain::facts::{Fact, Unreadable};
use bondhouse_domain::ids::{PersonId, RequestId, Seq};
use bondhouse_domain::journal::{Event, Hash, Head};
use bondhouse_domain::time::Instant;
use rusqlite::{Row, ToSql, params};

/// The authority takes at most this many events in one call (sync protocol, 2.5).
const PAGE: usize = 500;
/// And at most this many bytes; an event's other columns count as 400.
const PAGE_BYTES: usize = 1 << 20;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT seq, kind, v, request_id, actor, occurred_at, wall, body, prev_hash, hash FROM journal
             WHERE warehouse_id = ?1 AND device_id = ?2 AND incarnation = ?3 ",
            $rest
        )
    };
}

impl View<'_> {
    /// How far the journal has come.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn head(&self) -> Result<Head, StoreError> {
        let series = &self.fixed.series;
        let last = self.find(
            "SELECT seq, hash, occurred_at FROM journal
             WHERE warehouse_id = ?1 AND device_id = ?2 AND incarnation = ?3 ORDER BY seq DESC LIMIT 1",
            params![self.w(), series.device.as_str(), series.incarnation.0],
            |row| {
                Ok(Head {
                    seq: Seq(row.get::<_, Nat>(0)?.0),
                    hash: Hash::from_bytes(row.get(1)?),
                    occurred_at: Instant::from_millis(row.get(2)?),
                })
            },
        )?;
        Ok(last.unwrap_or(Head::EMPTY))
    }

    /// One event of our own.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn event(&self, seq: Seq) -> Result<Option<Event>, StoreError> {
        Ok(self.events(select!("AND seq = ?4"), &Nat(seq.0))?.pop())
    }

    /// The next page the authority does not have: at most 500 events or 1 MiB, never empty while
    /// there are any.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn unsent(&self) -> Result<Vec<Event>, StoreError> {
        self.events_after(self.acked_seq()?)
    }

    /// A page of events after a position, for instance where the authority asks to start again.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn events_after(&self, seq: Seq) -> Result<Vec<Event>, StoreError> {
        let mut events =
            self.events(select!("AND seq > ?4 ORDER BY seq LIMIT 500"), &Nat(seq.0))?;
        let mut bytes = 0usize;
        let fits = events
            .iter()
            .take(PAGE)
            .take_while(|event| {
                bytes = bytes.saturating_add(event.body.len()).saturating_add(400);
                bytes <= PAGE_BYTES
            })
            .count();
        events.truncate(fits.max(1));
        Ok(events)
    }

    /// All events after a position up to another, for rebuilding and checking.
    pub(crate) fn events_between(&self, after: Seq, up_to: Seq) -> Result<Vec<Event>, StoreError> {
        let mut events = Vec::new();
        let mut at = after;
        while at < up_to {
            let page = self.events(select!("AND seq > ?4 ORDER BY seq LIMIT 500"), &Nat(at.0))?;
            let Some(last) = page.last() else { break };
            at = last.seq;
            events.extend(page.into_iter().filter(|event| event.seq <= up_to));
        }
        Ok(events)
    }

    /// Walks the whole chain and returns its head.
    ///
    /// # Errors
    /// [`StoreError::Journal`] at the first break.
    pub fn check_journal(&self) -> Result<Head, StoreError> {
        let mut head = Head::EMPTY;
        loop {
            let page = self.events(
                select!("AND seq > ?4 ORDER BY seq LIMIT 500"),
                &Nat(head.seq.0),
            )?;
            if page.is_empty() {
                return Ok(head);
            }
            for event in page {
                head = head.follow(&self.fixed.series, &event)?;
            }
        }
    }

    /// The latest events, newest first.
    pub(crate) fn latest_events(&self, most: u32) -> Result<Vec<Event>, StoreError> {
        self.events(select!("ORDER BY seq DESC LIMIT ?4"), &most)
    }

    pub(crate) fn append(&self, event: &Event) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO journal (warehouse_id, device_id, incarnation, seq, kind, v, request_id, actor,
                                  occurred_at, wall, body, prev_hash, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                self.w(),
                event.series.device.as_str(),
                event.series.incarnation.0,
                Nat(event.seq.0),
                event.kind,
                event.v,
                event.request.0.as_bytes().as_slice(),
                event.actor.as_str(),
                event.occurred_at.as_millis(),
                event.wall.as_millis(),
                event.body.as_bytes(),
                event.prev_hash.as_bytes().as_slice(),
                event.hash.as_bytes().as_slice(),
            ],
        )?;
        Ok(())
    }

    fn events(&self, sql: &str, last: &dyn ToSql) -> Result<Vec<Event>, StoreError> {
        let series = &self.fixed.series;
        self.list(
            sql,
            params![self.w(), series.device.as_str(), series.incarnation.0, last],
            |row| self.event_in(row),
        )
    }

    fn event_in(&self, row: &Row<'_>) -> rusqlite::Result<Event> {
        let body = String::from_utf8(row.get(7)?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                7,
                rusqlite::types::Type::Blob,
                Box::new(error),
            )
        })?;
        Ok(Event {
            series: self.fixed.series.clone(),
            seq: Seq(row.get::<_, Nat>(0)?.0),
            kind: row.get(1)?,
            v: row.get(2)?,
            request: RequestId(uuid::Uuid::from_bytes(row.get(3)?)),
            actor: PersonId::new(row.get::<_, String>(4)?),
            occurred_at: Instant::from_millis(row.get(5)?),
            wall: Instant::from_millis(row.get(6)?),
            body,
            prev_hash: Hash::from_bytes(row.get(8)?),
            hash: Hash::from_bytes(row.get(9)?),
        })
    }
}

impl Store {
    /// Takes back events of our own that the authority holds and this store, an older copy of itself,
    /// does not. Events we have already are compared and skipped.
    ///
    /// # Errors
    /// [`StoreError::Fork`] when an event here differs: this copy has written on its own, and its tail
    /// must be reported under a new incarnation. [`StoreError::Journal`] when the chain breaks.
    pub fn take_back(&self, events: Vec<Event>) -> Result<Head, StoreError> {
        self.put(move |view| {
            let mut fold = Fold::over(*view);
            let mut head = view.head()?;
            for event in &events {
                if event.seq <= head.seq {
                    if view
                        .event(event.seq)?
                        .is_none_or(|ours| ours.hash != event.hash)
                    {
                        return Err(StoreError::Fork(event.seq));
                    }
                    continue;
                }
                head = head.follow(&view.fixed.series, event)?;
                view.append(event)?;
                fold.fact(event, &fact_of(event)?)?;
            }
            fold.settle()?;
            Ok(head)
        })
    }
}

/// The fact an own event states. We wrote it, so not being able to read it means damage or an older
/// program over a newer journal.
pub(crate) fn fact_of(event: &Event) -> Result<Fact, StoreError> {
    Fact::read(&event.kind, event.v, &event.body).map_err(|why| {
        let why = match why {
            Unreadable::UnknownKind => "unknown kind",
            Unreadable::Malformed => "malformed body",
        };
        StoreError::Unreadable(format!(
            "event {} ({} v{}): {why}",
            event.seq.0, event.kind, event.v
        ))
    })
}
