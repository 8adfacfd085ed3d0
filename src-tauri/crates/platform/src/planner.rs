//! What SQLite's planner is told about our tables.
//!
//! Every key begins with the warehouse, and a file holds one warehouse: that column picks nothing out.
//! SQLite, knowing nothing, takes the first column of any index for a good one, and then rather reads a
//! whole table in the order that is wanted than looks up the few rows that are meant. So it is told.
//!
//! The figures are a rule and no measurement: a statement has the same plan in every warehouse and on
//! every day, and a test may look at it. A server measures for itself.

use crate::error::Result;
use rusqlite::Connection;

/// Rows that any table is taken to have.
const ROWS: u64 = 1_000_000;
/// What is left of so many rows once a column other than the warehouse is known.
const PICKS: u64 = 1_000;

/// Table, index, and how many rows share its first columns: one, two and so on.
type Figures = (String, String, String);

/// Tells the planner, unless it knows already. For the connection that writes, before anyone reads.
pub(crate) fn tell(connection: &Connection) -> Result<()> {
    // Makes its table where there is none.
    connection.execute_batch("ANALYZE sqlite_schema")?;
    let wanted = wanted(connection)?;
    let known = figures(
        connection,
        "SELECT tbl, coalesce(idx, ''), stat FROM sqlite_stat1 ORDER BY tbl, idx",
    )?;
    if known == wanted {
        return Ok(());
    }
    connection.execute("DELETE FROM sqlite_stat1", [])?;
    for (table, index, stat) in &wanted {
        connection.execute(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)",
            [table, index, stat],
        )?;
    }
    Ok(connection.execute_batch("ANALYZE sqlite_schema")?)
}

fn wanted(connection: &Connection) -> Result<Vec<Figures>> {
    let indexes = figures(
        connection,
        "SELECT t.name, i.name, CAST(i.\"unique\" AS TEXT) FROM sqlite_schema AS t JOIN pragma_index_list(t.name) AS i \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, i.name",
    )?;
    indexes
        .into_iter()
        .map(|(table, index, unique)| {
            let columns = connection
                .prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?
                .query_map([&index], |row| row.get::<_, String>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let (mut rows, mut stat) = (ROWS, ROWS.to_string());
            for (n, column) in columns.iter().enumerate() {
                let is_whole_key = unique == "1" && n + 1 == columns.len();
                rows = match column.as_str() {
                    _ if is_whole_key => 1,
                    "warehouse" => rows,
                    _ => (rows / PICKS).max(1),
                };
                stat.push_str(&format!(" {rows}"));
            }
            Ok((table, index, stat))
        })
        .collect()
}

fn figures(connection: &Connection, sql: &str) -> Result<Vec<Figures>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn plan(connection: &Connection) -> String {
        let sql = "EXPLAIN QUERY PLAN SELECT at FROM papers \
                   WHERE warehouse = 'W1' AND number = 'N1' ORDER BY at DESC";
        connection
            .query_row(sql, [], |row| row.get("detail"))
            .unwrap()
    }

    #[test]
    fn what_has_a_number_is_looked_up_by_it_and_not_read_in_the_order_wanted() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE papers (warehouse TEXT NOT NULL, id TEXT NOT NULL, number TEXT NOT NULL, \
                 at INTEGER NOT NULL, PRIMARY KEY (warehouse, id)) STRICT;
                 CREATE INDEX papers_by_number ON papers (warehouse, number);
                 CREATE INDEX papers_by_time ON papers (warehouse, at);",
            )
            .unwrap();
        assert!(plan(&connection).contains("papers_by_time"), "untold");
        tell(&connection).unwrap();
        assert!(plan(&connection).contains("papers_by_number"), "told");
    }

    #[test]
    fn it_is_told_again_only_when_an_index_came_or_went() {
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE papers (warehouse TEXT NOT NULL, number TEXT NOT NULL, PRIMARY KEY (warehouse, number)) STRICT";
        connection.execute_batch(table).unwrap();
        tell(&connection).unwrap();
        let before = connection.total_changes();
        tell(&connection).unwrap();
        assert_eq!(connection.total_changes(), before);
        connection
            .execute_batch("CREATE INDEX papers_by_number ON papers (number)")
            .unwrap();
        tell(&connection).unwrap();
        assert!(connection.total_changes() > before);
    }
}
