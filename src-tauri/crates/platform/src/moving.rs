//! Moving the authority, and waking one that was restored: acts on a data folder that is not in use.
//!
//! A move is two steps with nothing in between that could serve twice. `move-out` writes the new
//! address into the old database, so that whoever still calls there is sent on and served by nobody,
//! and only then copies it. `move-in` opens the copy under the next epoch, which workstations believe
//! from then on and never go back from. A restored copy begins by taking journals back.

use crate::authority::{SCHEMA, View};
use crate::error::Error;
use crate::keys::Keys;
use crate::rows::{Rows, values};
use anyhow::{Context, ensure};
use bondhouse_disk::{Database, Options};
use std::path::Path;

/// The secrets that belong to a database.
const KEYS: [&str; 3] = ["authority.key", "data.key", "admin.key"];

/// Ends the authority in `data`: it answers at `address` from now on. A copy of all it has goes to `to`.
///
/// # Errors
/// When it is running, has moved already, or `to` holds a platform.
pub fn move_out(data: &Path, to: &Path, address: &str) -> anyhow::Result<()> {
    let target = to.join("platform.db");
    ensure!(
        !target.exists(),
        "{} holds a platform already",
        to.display()
    );
    let database = open(data)?;
    ensure!(
        moved_to(&database)?.is_none(),
        "this authority has moved already"
    );
    let address = address.to_owned();
    write(&database, move |rows| {
        rows.change("UPDATE warehouses SET moved_to = ?1", values![address])
            .map(drop)
    })?;
    std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for key in KEYS {
        let copied = std::fs::copy(data.join(key), to.join(key));
        copied.with_context(|| format!("cannot copy {key}"))?;
    }
    Ok(database.backup_to(&target)?)
}

/// Begins the next life of an authority that moved into this folder.
///
/// # Errors
/// When it is running, or did not come here by [`move_out`].
pub fn move_in(data: &Path) -> anyhow::Result<()> {
    let database = open(data)?;
    ensure!(
        moved_to(&database)?.is_some(),
        "this is no copy made by move-out: a backup is woken by `restored`"
    );
    write(&database, |rows| {
        rows.change(
            "UPDATE warehouses SET moved_to = NULL, epoch = epoch + 1",
            &[],
        )
        .map(drop)
    })
}

/// Wakes a copy from a backup: it takes journals back before it does anything else.
///
/// # Errors
/// When it is running.
pub fn restored(data: &Path) -> anyhow::Result<()> {
    let keys = Keys::open(data)?;
    let database = open(data)?;
    let now = crate::Clock::system().now();
    write(&database, move |rows| {
        let warehouses = rows.all("SELECT warehouse FROM warehouses", &[], |row| row.text(0))?;
        for warehouse in warehouses {
            let view = View {
                rows,
                keys: &keys,
                now,
                warehouse: bondhouse_domain::ids::WarehouseId::new(warehouse),
            };
            crate::sync::recovery::wake(&view)?;
        }
        Ok(())
    })
}

fn open(data: &Path) -> anyhow::Result<Database> {
    let path = data.join("platform.db");
    ensure!(path.exists(), "there is no platform in {}", data.display());
    Ok(Database::open(&path, &SCHEMA, Options::default())?)
}

fn moved_to(database: &Database) -> anyhow::Result<Option<String>> {
    database
        .read(|conn| {
            Rows(conn).one("SELECT moved_to FROM warehouses", &[], |row| {
                row.maybe_text(0)
            })
        })
        .map(Option::flatten)
        .map_err(|error| anyhow::anyhow!("{error:?}"))
}

fn write(
    database: &Database,
    work: impl FnOnce(Rows<'_>) -> Result<(), Error> + Send + 'static,
) -> anyhow::Result<()> {
    database
        .write(move |tx| work(Rows(tx)))
        .map_err(|error| anyhow::anyhow!("{error:?}"))
}
