//! The smallest double entry there is: what leaves the stock enters the journal, in one write.
//!
//! Whatever the disk does, the two must agree and the journal must have no gap.

use bondhouse_disk::{Database, DiskError, Migration, Schema};

const OPENING_STOCK: i64 = 1_000_000;

pub(crate) const SCHEMA: Schema = Schema {
    application_id: 0x626F_6F6B,
    // One step: the copy taken before a second one is made by the system, not by a simulated disk.
    migrations: &[Migration {
        name: "202601010900-books",
        sql: "CREATE TABLE journal (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
              CREATE TABLE stock (item TEXT NOT NULL PRIMARY KEY, quantity INTEGER NOT NULL) STRICT;
              INSERT INTO stock VALUES ('tea', 1000000);",
    }],
};

/// Posts the next row with a body of `size` bytes and returns its number.
pub(crate) fn post(db: &Database, size: usize) -> Result<i64, DiskError> {
    db.write(move |tx| {
        let seq = tx.query_row("SELECT coalesce(max(seq), 0) + 1 FROM journal", [], |row| {
            row.get(0)
        })?;
        let body: Vec<u8> = (0..size)
            .map(|n| (seq as usize * 31 + n * 7) as u8)
            .collect();
        tx.execute("INSERT INTO journal VALUES (?1, ?2)", (seq, body))?;
        tx.execute("UPDATE stock SET quantity = quantity - 1", [])?;
        Ok(seq)
    })
}

#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) rows: i64,
    last: i64,
    stock: i64,
}

impl Books {
    /// No gap in the journal, and the stock moved once for each row.
    pub(crate) fn balance(&self) -> bool {
        self.last == self.rows && self.stock == OPENING_STOCK - self.rows
    }
}

pub(crate) fn read_books(db: &Database) -> Result<Books, DiskError> {
    db.read(|conn| {
        Ok(conn.query_row(
            "SELECT (SELECT count(*) FROM journal), (SELECT coalesce(max(seq), 0) FROM journal),
                    (SELECT quantity FROM stock)",
            [],
            |row| {
                Ok(Books {
                    rows: row.get(0)?,
                    last: row.get(1)?,
                    stock: row.get(2)?,
                })
            },
        )?)
    })
}
