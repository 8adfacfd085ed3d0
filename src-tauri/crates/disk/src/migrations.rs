//! Schema changes: append-only, each in one transaction, frozen once landed.
//!
//! A database remembers each step it took and the hash of its text, so that an edited step is
//! refused instead of silently dividing old databases from new ones. Before an existing database
//! is changed, a compact copy is put beside it. There is no way down: the copy is the way down.

use crate::{DiskError, files};
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};
use std::path::Path;

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `YYYYMMDDHHMM-noun`, ascending; also the file's name.
    pub name: &'static str,
    /// The statements; they run with foreign keys unenforced and are checked before the commit.
    pub sql: &'static str,
}

impl Migration {
    /// Line ends are not part of the text: a checkout on Windows must not change history.
    fn sha(&self) -> String {
        Sha256::digest(self.sql.replace("\r\n", "\n"))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// What a database of one program looks like.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Stands in the file's header and tells a workstation's database from a platform's.
    pub application_id: i32,
    /// Every step since the first release, in order.
    pub migrations: &'static [Migration],
}

/// Brings the database to the newest step it does not yet have.
pub(crate) fn migrate(
    conn: &mut Connection,
    path: &Path,
    schema: &Schema,
) -> Result<(), DiskError> {
    let taken = prepare(conn, schema)?;
    let pending = pending(&taken, schema)?;
    let known = taken.len();
    if let (Some(next), false) = (pending.first(), taken.is_empty()) {
        copy_before(conn, path, next.name)?;
    }
    conn.pragma_update(None, "foreign_keys", false)?; // so that a step may rebuild a table
    for (step, number) in pending.iter().zip(known + 1..) {
        apply(conn, step, number).map_err(|error| match DiskError::from(error) {
            DiskError::Sql(source) => DiskError::Migration {
                name: step.name.to_owned(),
                source,
            },
            other => other,
        })?;
        tracing::info!(migration = step.name, "migrated");
    }
    conn.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// The steps that a database which took these does not have yet.
fn pending(taken: &[(String, String)], schema: &Schema) -> Result<&'static [Migration], DiskError> {
    let known = taken.len().min(schema.migrations.len());
    for ((name, sha), ours) in taken.iter().zip(schema.migrations) {
        if name != ours.name && !schema.migrations.iter().any(|m| m.name == name) {
            return Err(DiskError::Newer(name.clone()));
        }
        if name != ours.name || *sha != ours.sha() {
            return Err(DiskError::MigrationChanged(ours.name.to_owned()));
        }
    }
    if let Some((name, _)) = taken.get(known) {
        return Err(DiskError::Newer(name.clone()));
    }
    Ok(schema.migrations.get(known..).unwrap_or_default())
}

/// Refuses a database that is not exactly of this program's version; changes nothing.
pub(crate) fn require_current(conn: &Connection, schema: &Schema) -> Result<(), DiskError> {
    let id: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != schema.application_id {
        return Err(DiskError::Foreign);
    }
    match pending(&taken(conn)?, schema)?.first() {
        Some(step) => Err(DiskError::Older(step.name.to_owned())),
        None => Ok(()),
    }
}

fn taken(conn: &Connection) -> Result<Vec<(String, String)>, DiskError> {
    Ok(conn
        .prepare("SELECT name, sha FROM schema_migrations ORDER BY rowid")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?)
}

/// Refuses a foreign file, claims an empty one, and returns the steps already taken.
fn prepare(conn: &mut Connection, schema: &Schema) -> Result<Vec<(String, String)>, DiskError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let empty: bool = tx.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |r| {
        r.get(0)
    })?;
    if empty {
        tx.pragma_update(None, "application_id", schema.application_id)?;
        tx.execute_batch(
            "CREATE TABLE schema_migrations (
                 name TEXT NOT NULL PRIMARY KEY,
                 sha  TEXT NOT NULL,
                 at   INTEGER NOT NULL -- ms since 1970 UTC, for people
             ) STRICT",
        )?;
    } else {
        let id: i32 = tx.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if id != schema.application_id {
            return Err(DiskError::Foreign);
        }
    }
    let taken = taken(&tx)?;
    tx.commit()?;
    Ok(taken)
}

/// `VACUUM INTO` is compact and consistent but not synced, hence the detour.
fn copy_before(conn: &Connection, path: &Path, step: &str) -> Result<(), DiskError> {
    let part = files::beside(path, ".part");
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {} // ours, left by an attempt that was interrupted
    }
    conn.execute("VACUUM INTO ?1", [part.to_string_lossy()])?;
    files::put_in_place(&part, &files::beside(path, &format!(".before-{step}")))
}

fn apply(conn: &mut Connection, step: &Migration, number: usize) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(step.sql)?;
    let dangling = tx.prepare("PRAGMA foreign_key_check")?.exists([])?;
    if dangling {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY),
            Some(format!("{} leaves dangling references", step.name)),
        ));
    }
    tx.execute(
        "INSERT INTO schema_migrations (name, sha, at) VALUES (?1, ?2, CAST(unixepoch('subsec') * 1000 AS INTEGER))",
        (step.name, step.sha()),
    )?;
    tx.pragma_update(
        None,
        "user_version",
        i32::try_from(number).unwrap_or(i32::MAX),
    )?;
    tx.commit()
}

/// The schema as text, for tests that compare an upgraded database with a fresh one.
///
/// # Errors
/// Whatever SQLite says while reading.
pub fn schema_text(conn: &Connection) -> Result<String, DiskError> {
    let mut statement = conn
        .prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")?;
    let lines = statement
        .query_map([], |row| {
            Ok(format!(
                "{} {}: {}\n",
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?
            ))
        })?
        .collect::<Result<String, _>>()?;
    Ok(lines)
}
