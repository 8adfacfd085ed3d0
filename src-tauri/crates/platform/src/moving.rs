//! Moving the authority, and waking one that was restored: acts on a data folder that is not in use.
//!
//! A move is two steps with nothing in between that could serve twice. `move-out` writes the new
//! address into the old database, so that whoever still calls there is sent on and served by nobody,
//! and only then copies it. `move-in` opens the copy under the next epoch, which workstations believe
//! from then on and never go back from. A restored copy begins by taking journals back.
//!
//! A database on a server is moved by the server's own tools, and the nodes hold nothing: only waking
//! a restored one is done here.

use crate::authority::View;
use crate::config::{Config, Storage};
use crate::database::Database;
use crate::error::Error;
use crate::keys::{self, Keys, Of};
use crate::rows::{Rows, values};
use anyhow::{Context, ensure};
use std::path::Path;

/// Ends the authority in the data folder: it answers at `address` from now on. A copy of all it has goes to `to`.
///
/// # Errors
/// When it is running, has moved already, or `to` holds a platform.
pub fn move_out(config: &Config, to: &Path, address: &str) -> anyhow::Result<()> {
    let target = to.join("platform.db");
    ensure!(
        !target.exists(),
        "{} holds a platform already",
        to.display()
    );
    embedded(config)?;
    let database = open(config)?;
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
    for key in keys::files(&config.data)? {
        let copied = std::fs::copy(config.data.join(&key), to.join(&key));
        copied.with_context(|| format!("cannot copy {key}"))?;
    }
    database
        .copy_to(&target)
        .map_err(|error| anyhow::anyhow!("cannot copy the database: {error:?}"))
}

/// Begins the next life of an authority that moved into this folder.
///
/// # Errors
/// When it is running, or did not come here by [`move_out`].
pub fn move_in(config: &Config) -> anyhow::Result<()> {
    embedded(config)?;
    let database = open(config)?;
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
pub fn restored(config: &Config) -> anyhow::Result<()> {
    let database = open(config)?;
    let keys = Keys::open(&config.data, Of::Database)?;
    let now = config.clock.now();
    write(&database, move |rows| {
        let warehouses = rows.all("SELECT warehouse FROM warehouses", &[], |row| row.text(0))?;
        for warehouse in warehouses {
            let warehouse = bondhouse_domain::ids::WarehouseId::new(warehouse);
            let view = View::of(rows, keys.newest(), now, warehouse);
            crate::sync::recovery::wake(&view)?;
        }
        Ok(())
    })
}

fn embedded(config: &Config) -> anyhow::Result<()> {
    ensure!(
        config.storage == Storage::Embedded,
        "a database on a server is moved by the server's own tools"
    );
    Ok(())
}

fn open(config: &Config) -> anyhow::Result<Database> {
    let there = config.storage != Storage::Embedded || config.data.join("platform.db").exists();
    ensure!(there, "there is no platform in {}", config.data.display());
    Database::open(config)
}

fn moved_to(database: &Database) -> anyhow::Result<Option<String>> {
    database
        .read(|rows| {
            rows.one("SELECT moved_to FROM warehouses", &[], |row| {
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
        .write_here(work)
        .map_err(|error| anyhow::anyhow!("{error:?}"))
}
