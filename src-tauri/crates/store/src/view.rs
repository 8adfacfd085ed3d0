//! Reading: one moment of the database, with one method per question in each room's file.
//!
//! A [`View`] stands over a reading connection or inside a write; the questions are the same, so a
//! rule checked before a write can be checked again within it.

use crate::Fixed;
use crate::error::StoreError;
use bondhouse_domain::journal::Series;
use rusqlite::{Connection, OptionalExtension, Params, Row};

/// One moment of the database.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) fixed: &'a Fixed,
}

impl View<'_> {
    /// Whose journal this is.
    pub fn series(&self) -> &Series {
        &self.fixed.series
    }

    /// First parameter of every statement: the warehouse stands in every key.
    pub(crate) fn w(&self) -> &str {
        self.fixed.series.warehouse.as_str()
    }

    pub(crate) fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        #[cfg(test)]
        plans::note(self.conn, sql);
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement
            .query_map(params, map)?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    pub(crate) fn find<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        #[cfg(test)]
        plans::note(self.conn, sql);
        Ok(self
            .conn
            .prepare_cached(sql)?
            .query_row(params, map)
            .optional()?)
    }

    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        #[cfg(test)]
        plans::note(self.conn, sql);
        Ok(self.conn.prepare_cached(sql)?.query_row(params, map)?)
    }

    /// Writes; only reached from within [`crate::Store::write`], [`crate::Store::put`] and a page.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        #[cfg(test)]
        plans::note(self.conn, sql);
        Ok(self.conn.prepare_cached(sql)?.execute(params)?)
    }
}

/// Which statements read a whole table: what is fast today is slow after a year.
#[cfg(test)]
pub(crate) mod plans {
    use rusqlite::Connection;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static SCANS: RefCell<BTreeSet<(String, String)>> = const { RefCell::new(BTreeSet::new()) };
    }

    /// Asks SQLite how it would run a statement.
    pub(crate) fn note(conn: &Connection, sql: &str) {
        let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = explain.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let detail: String = row.get("detail").unwrap();
            // With one warehouse in a file, its column alone narrows nothing.
            if detail.starts_with("SCAN") || detail.ends_with("(warehouse_id=?)") {
                SCANS.with_borrow_mut(|scans| scans.insert((detail, sql.to_owned())));
            }
        }
    }

    /// All that this thread has met: SQLite's plan and the statement.
    pub(crate) fn scans() -> BTreeSet<(String, String)> {
        SCANS.take()
    }
}
