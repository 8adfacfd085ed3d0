//! Making every projection anew from journal and feed, in the order this store first saw them.
//!
//! Nothing is repaired silently: what the tables held before is compared with what they hold after,
//! and each table that differs is named. Journal, feed and the local tables are not touched.

use crate::Store;
use crate::error::StoreError;
use crate::fold::Fold;
use crate::journal::fact_of;
use crate::schema::PROJECTIONS;
use crate::view::View;
use bondhouse_domain::facts::Unreadable;
use bondhouse_domain::feed::{Entry, News};
use bondhouse_domain::ids::{FeedPos, Seq};
use bondhouse_domain::journal::Hash;
use rusqlite::types::ValueRef;
use std::collections::BTreeSet;

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The last own event folded.
    pub events: Seq,
    /// The last entry folded.
    pub entries: FeedPos,
    /// Tables that held something else before: each is a defect to be explained.
    pub differs: Vec<TableDiffers>,
}

/// A table whose contents changed by being rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDiffers {
    /// The table.
    pub table: String,
    /// Rows only there before, as text.
    pub missing: Vec<String>,
    /// Rows only there now, as text.
    pub extra: Vec<String>,
}

impl Store {
    /// Rebuilds all projections in one transaction.
    ///
    /// # Errors
    /// [`StoreError`] when an event or entry no longer fits; then nothing is changed.
    pub fn rebuild(&self) -> Result<Rebuilt, StoreError> {
        self.put(|view| {
            let before = view.projections()?;
            clear(view)?;
            let (events, entries) = refold(*view)?;
            view.bring_forward()?;
            let after = view.projections()?;
            let differs = before
                .into_iter()
                .zip(after)
                .filter(|(before, after)| before.rows != after.rows)
                .map(|(before, after)| TableDiffers {
                    table: before.name.to_owned(),
                    missing: before.rows.difference(&after.rows).cloned().collect(),
                    extra: after.rows.difference(&before.rows).cloned().collect(),
                })
                .collect();
            Ok(Rebuilt {
                events,
                entries,
                differs,
            })
        })
    }
}

/// Empties every projection.
pub(crate) fn clear(view: &View<'_>) -> Result<(), StoreError> {
    for table in PROJECTIONS {
        view.run(
            &format!("DELETE FROM {table} WHERE warehouse_id = ?1"),
            [view.w()],
        )?;
    }
    view.run(
        "UPDATE leases SET ended = 0 WHERE warehouse_id = ?1",
        [view.w()],
    )?;
    Ok(())
}

/// Folds journal and feed into empty projections, from the newest picture if there is one. An entry comes after the own events that were
/// there when it was applied, a withdrawal after the entry and event it was learned with.
pub(crate) fn refold(view: View<'_>) -> Result<(Seq, FeedPos), StoreError> {
    let mut fold = Fold::over(view);
    let (mut seq, mut pos) = (Seq(0), FeedPos(0));
    if let Some(base) = view.base()? {
        fold.lay_base(&base)?;
        (seq, pos) = (base.judged, base.pos);
        fold.events(&mut seq, base.after)?;
    }
    let mut withdrawn = view.withdrawn()?.into_iter().peekable();
    loop {
        let page = view.entries_after(pos)?;
        if page.is_empty() {
            break;
        }
        for (entry, after) in page {
            while let Some(due) = withdrawn.next_if(|due| due.after_pos < entry.pos) {
                fold.events(&mut seq, due.after_seq)?;
                fold.withdraw(due.seq)?;
            }
            fold.events(&mut seq, after)?;
            fold.news(&entry, &news_of(&entry)?)?;
            pos = entry.pos;
        }
    }
    for due in withdrawn {
        fold.events(&mut seq, due.after_seq)?;
        fold.withdraw(due.seq)?;
    }
    fold.events(&mut seq, view.head()?.seq)?;
    fold.settle()?;
    Ok((seq, pos))
}

fn news_of(entry: &Entry) -> Result<News, StoreError> {
    News::read(&entry.kind, entry.v, &entry.body).map_err(|why| {
        let why = match why {
            Unreadable::UnknownKind => "of unknown kind",
            Unreadable::Malformed => "malformed",
        };
        StoreError::Unreadable(format!("entry {} ({}): {why}", entry.pos.0, entry.kind))
    })
}

impl Fold<'_> {
    fn events(&mut self, seq: &mut Seq, up_to: Seq) -> Result<(), StoreError> {
        for event in self.events_between(*seq, up_to)? {
            self.fact(&event, &fact_of(&event)?)?;
            *seq = event.seq;
        }
        Ok(())
    }
}

struct Table {
    name: &'static str,
    rows: BTreeSet<String>,
}

impl View<'_> {
    fn projections(&self) -> Result<Vec<Table>, StoreError> {
        PROJECTIONS
            .iter()
            .map(|name| {
                Ok(Table {
                    name,
                    rows: self.rows_of(name)?,
                })
            })
            .collect()
    }

    /// All rows of a table as text; keys make them distinct.
    fn rows_of(&self, table: &str) -> Result<BTreeSet<String>, StoreError> {
        let rows = self.list(
            &format!("SELECT * FROM {table} WHERE warehouse_id = ?1"),
            [self.w()],
            |row| {
                let mut text = String::new();
                let mut column = 0;
                while let Ok(value) = row.get_ref(column) {
                    text.push_str(&as_text(value));
                    text.push('|');
                    column += 1;
                }
                Ok(text)
            },
        )?;
        Ok(rows.into_iter().collect())
    }

    /// One hash over all projections: equal hashes, equal tables.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn digest_of_projections(&self) -> Result<Hash, StoreError> {
        let tables = self.projections()?;
        let fields: Vec<&[u8]> = tables
            .iter()
            .flat_map(|table| {
                std::iter::once(table.name).chain(table.rows.iter().map(String::as_str))
            })
            .map(str::as_bytes)
            .collect();
        Ok(Hash::of_fields(b"bondhouse projections 1", &fields))
    }
}

fn as_text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => data_encoding::HEXLOWER.encode(bytes),
    }
}
