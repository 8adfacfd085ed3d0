//! The same schema on the other engine: made from the same files, so that there is one to read.
//!
//! Our SQLite dialect is small on purpose (`STRICT` tables of three types), and each word has one
//! counterpart. Text compares by its bytes, as SQLite compares it, whatever the database's locale:
//! the order of stock decides what is reserved, and must not depend on the engine. A test holds the
//! two schemas equal column by column.
//!
//! The steps taken are remembered like on SQLite, with the same refusals. Nodes that start together
//! take turns by holding one row.

use super::session::Session;
use crate::error::Result;
use crate::rows::{Rows, values};
use anyhow::{Context, bail};
use bondhouse_disk::{Migration, Schema};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The row that is held while a node migrates; its text says whose database this is.
const MARK: &str = "";

/// The statements of a step in the server's words. Names are small letters, so only types are met.
fn translated(sql: &str) -> String {
    sql.replace(") STRICT;", ");")
        .replace("INTEGER", "BIGINT")
        .replace("BLOB", "BYTEA")
        .replace("TEXT", "TEXT COLLATE \"C\"")
}

fn sha(step: &Migration) -> String {
    HEXLOWER.encode(&Sha256::digest(step.sql.replace("\r\n", "\n")))
}

/// Brings the database to the newest step it does not yet have, in one transaction.
pub(super) fn migrate(session: &Session, schema: &Schema) -> anyhow::Result<()> {
    let ours = format!("application {:#x}", schema.application_id);
    let failed = |error| anyhow::anyhow!("cannot prepare the database: {error:?}");
    claim(session, &ours).map_err(failed)?;
    session.run("BEGIN").map_err(failed)?;
    let rows = Rows::Postgres(session);
    let mark = rows
        .held(
            "SELECT sha FROM schema_migrations WHERE name = ?1",
            values![MARK],
            |row| row.text(0),
        )
        .map_err(failed)?;
    if mark.as_deref() != Some(&ours) {
        bail!("the database is one of another program");
    }
    let taken = rows
        .all(
            "SELECT name, sha FROM schema_migrations WHERE name <> ?1 ORDER BY name",
            values![MARK],
            |row| Ok((row.text(0)?, row.text(1)?)),
        )
        .map_err(failed)?;
    for (n, (name, text)) in taken.iter().enumerate() {
        match schema.migrations.get(n) {
            Some(step) if step.name == name && sha(step) == *text => {}
            Some(step) if schema.migrations.iter().any(|m| m.name == name) => {
                bail!("migration {} was changed after it landed", step.name)
            }
            _ => {
                return Err(
                    anyhow::anyhow!("the database is newer than the program: {name}")
                        .context(crate::says::newer_database(name)),
                );
            }
        }
    }
    for step in schema.migrations.get(taken.len()..).unwrap_or_default() {
        session
            .run(&translated(step.sql))
            .map_err(|error| anyhow::anyhow!("{error:?}"))
            .with_context(|| format!("migration {} failed", step.name))?;
        rows.change(
            "INSERT INTO schema_migrations (name, sha) VALUES (?1, ?2)",
            values![step.name, sha(step)],
        )
        .map_err(failed)?;
        tracing::info!(migration = step.name, "migrated");
    }
    session.run("COMMIT").map_err(failed)
}

/// Makes the list of steps and its mark. Two nodes may try at once: one of them is told so by the
/// server's own catalogue, and finds everything there at its second try.
fn claim(session: &Session, ours: &str) -> Result<()> {
    let make = || {
        session.run(
            "CREATE TABLE IF NOT EXISTS schema_migrations (
                 name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY,
                 sha  TEXT NOT NULL
             )",
        )?;
        session.change(
            "INSERT INTO schema_migrations (name, sha) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING",
            values![MARK, ours],
        )
    };
    make().or_else(|_| make())?;
    Ok(())
}
