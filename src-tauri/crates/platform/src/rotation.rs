//! Sealed values, all of them, and putting them under a new data key.
//!
//! A data key that may have been seen is replaced while the warehouse works. The database says which
//! key seals (`warehouses.data_key`); every act holds that row, so all nodes change keys between two
//! acts. What was sealed before is opened and sealed again page by page, keyed hashes with it, each
//! page an act of its own: stopped at any moment, the next run goes on where values are still under
//! the old key. Meanwhile either key opens and either hash is found. The old key file is deleted on
//! request alone: backups from before are read with it.
//!
//! It will not touch the signing key, which workstations know, nor the admin key, which is changed by
//! deleting its file.

use crate::authority::View;
use crate::config::{Config, Storage};
use crate::database::Database;
use crate::dockings::{door, secret_place};
use crate::error::{Error, Result};
use crate::keys::{Keys, Of};
use crate::rows::{Rows, Value, values};
use crate::{clearance, lists, messages, orders, payments, waybills, workstations};
use anyhow::{Context, ensure};
use bondhouse_domain::customs;
use bondhouse_domain::ids::{DeviceId, Incarnation, OrderKey, WarehouseId, WaybillKey};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::time::Instant;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Values that change keys in one act: small, because other acts wait for it.
const PAGE: usize = 200;

/// Keyed hashes by their columns.
type Hashes = Vec<(&'static str, Hash)>;

/// A column whose values are sealed.
struct Column {
    table: &'static str,
    column: &'static str,
    /// Which rows are a warehouse's, `?1`.
    of: &'static str,
    /// What names a row among them, in order; a name ending in `#` is a number.
    key: &'static [&'static str],
    /// The place its room seals it for.
    place: fn(&View<'_>, &Key) -> String,
    /// The keyed hashes of what is sealed that stand beside it.
    hashes: fn(&View<'_>, &[u8]) -> Result<Hashes>,
}

const OF_WAREHOUSE: &str = "warehouse = ?1";

/// Every one there is; the story of a rotation finds any that is missing here.
const COLUMNS: &[Column] = &[
    Column {
        table: "partners",
        column: "secret",
        of: OF_WAREHOUSE,
        key: &["partner"],
        place: |_, key| secret_place(key.text(0)),
        hashes: none,
    },
    Column {
        table: "raw_messages",
        column: "body",
        of: OF_WAREHOUSE,
        key: &["raw#"],
        place: |view, key| messages::place(view, key.number(0)),
        hashes: none,
    },
    Column {
        table: "orders",
        column: "document",
        of: OF_WAREHOUSE,
        key: &["platform", "order_no"],
        place: |view, key| {
            let (platform, order_no) = (key.text(0).to_owned(), key.text(1).to_owned());
            orders::place(view, &OrderKey { platform, order_no })
        },
        hashes: |view, plain| {
            let order: customs::Order = serde_json::from_slice(plain)?;
            Ok(vec![
                (
                    "content_hash",
                    view.keys.mac(orders::CONTENT, &[&orders::content(&order)?]),
                ),
                ("buyer_hash", orders::buyer_hash(view, &order)),
            ])
        },
    },
    Column {
        table: "payments",
        column: "document",
        of: OF_WAREHOUSE,
        key: &["pay_code", "transaction_id"],
        place: |view, key| payments::place(view, key.text(0), key.text(1)),
        hashes: |view, plain| {
            let payment: customs::Payment = serde_json::from_slice(plain)?;
            Ok(vec![(
                "content_hash",
                view.keys
                    .mac(payments::CONTENT, &[&payments::content(&payment)?]),
            )])
        },
    },
    Column {
        table: "waybills",
        column: "document",
        of: OF_WAREHOUSE,
        key: &["carrier", "waybill_no"],
        place: |view, key| {
            let (carrier, waybill_no) = (key.text(0).to_owned(), key.text(1).to_owned());
            waybills::place(
                view,
                &WaybillKey {
                    carrier,
                    waybill_no,
                },
            )
        },
        hashes: none,
    },
    Column {
        table: "declarations",
        column: "document",
        of: OF_WAREHOUSE,
        key: &["cop_no"],
        place: |view, key| clearance::place(view, key.text(0)),
        hashes: none,
    },
    Column {
        table: "prepared_lists",
        column: "document",
        of: OF_WAREHOUSE,
        key: &["platform", "order_no"],
        place: |view, key| {
            let (platform, order_no) = (key.text(0).to_owned(), key.text(1).to_owned());
            lists::place(view, &OrderKey { platform, order_no })
        },
        hashes: none,
    },
    Column {
        table: "incarnations",
        column: "token_key",
        of: OF_WAREHOUSE,
        key: &["device", "incarnation#"],
        place: |view, key| {
            let incarnation = u32::try_from(key.number(1)).unwrap_or(u32::MAX);
            workstations::token_place(view, &DeviceId::new(key.text(0)), Incarnation(incarnation))
        },
        hashes: none,
    },
    Column {
        table: "idempotent",
        column: "answer",
        of: "partner IN (SELECT partner FROM partners WHERE warehouse = ?1)",
        key: &["partner", "key"],
        place: |_, key| door::place(key.text(0), key.text(1)),
        hashes: none,
    },
];

fn none(_: &View<'_>, _: &[u8]) -> Result<Hashes> {
    Ok(Vec::new())
}

/// What names one row.
#[derive(Debug, Clone)]
struct Key(Vec<Value>);

impl Key {
    fn text(&self, at: usize) -> &str {
        match self.0.get(at) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    fn number(&self, at: usize) -> u64 {
        match self.0.get(at) {
            Some(Value::Integer(number)) => u64::try_from(*number).unwrap_or(0),
            _ => 0,
        }
    }
}

impl Column {
    fn names(&self) -> Vec<&'static str> {
        self.key
            .iter()
            .map(|name| name.trim_end_matches('#'))
            .collect()
    }

    /// Rows after one, in order.
    fn page(&self, view: &View<'_>, after: Option<&Key>) -> Result<Vec<(Key, Vec<u8>)>> {
        let names = self.names().join(", ");
        let mut values = values![view.warehouse.as_str()].to_vec();
        let mut later = String::new();
        if let Some(Key(last)) = after {
            let marks: Vec<String> = (2..).take(last.len()).map(|n| format!("?{n}")).collect();
            later = format!("AND ({names}) > ({})", marks.join(", "));
            values.extend(last.iter().cloned());
        }
        let (table, column, of) = (self.table, self.column, self.of);
        view.rows.all(
            &format!("SELECT {names}, {column} FROM {table} WHERE {of} {later} ORDER BY {names} LIMIT {PAGE}"),
            &values,
            |row| {
                let key = self.key.iter().enumerate().map(|(at, name)| {
                    Ok(match name.ends_with('#') {
                        true => Value::Integer(row.int(at)?),
                        false => Value::Text(row.text(at)?),
                    })
                });
                Ok((Key(key.collect::<Result<_>>()?), row.bytes(self.key.len())?))
            },
        )
    }

    /// Seals one value with the view's key.
    fn seal(&self, view: &View<'_>, key: &Key, sealed: &[u8]) -> Result<()> {
        let place = (self.place)(view, key);
        let plain = view.keys.unseal(&place, sealed)?;
        let mut sets = vec![(self.column, Value::Blob(view.keys.seal(&place, &plain)?))];
        for (column, hash) in (self.hashes)(view, &plain)? {
            sets.push((column, hash.into()));
        }
        let mut values = values![view.warehouse.as_str()].to_vec();
        let mut numbered = |name: &str, value: Value| {
            values.push(value);
            format!("{name} = ?{}", values.len())
        };
        let sets: Vec<String> = sets
            .into_iter()
            .map(|(name, v)| numbered(name, v))
            .collect();
        let names = self.names().into_iter().zip(&key.0);
        let which: Vec<String> = names.map(|(name, v)| numbered(name, v.clone())).collect();
        let statement = format!(
            "UPDATE {} SET {} WHERE {} AND {}",
            self.table,
            sets.join(", "),
            self.of,
            which.join(" AND ")
        );
        view.rows.change_one(&statement, &values)
    }

    /// Whether a value is sealed with another key than the view's.
    fn has_other(&self, view: &View<'_>) -> Result<bool> {
        let (table, column, of) = (self.table, self.column, self.of);
        let statement =
            format!("SELECT 1 FROM {table} WHERE {of} AND substr({column}, 1, 5) <> ?2 LIMIT 1");
        let found = view.rows.one(
            &statement,
            values![view.warehouse.as_str(), view.keys.mark()],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }
}

/// Opens every sealed value of a warehouse; answers how many opened and where the others are.
pub(crate) fn open_all(view: &View<'_>) -> Result<(usize, Vec<String>)> {
    let (mut opened, mut closed) = (0_usize, Vec::new());
    for column in COLUMNS {
        let mut after = None;
        loop {
            let page = column.page(view, after.as_ref())?;
            for (key, sealed) in &page {
                let place = (column.place)(view, key);
                match view.keys.unseal(&place, sealed) {
                    Ok(_) => opened = opened.saturating_add(1),
                    Err(_) => closed.push(place),
                }
            }
            match page.into_iter().last() {
                Some((last, _)) => after = Some(last),
                None => break,
            }
        }
    }
    Ok((opened, closed))
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The key was made. Other nodes need its file before the next run puts it to use.
    Made {
        /// To be copied.
        file: PathBuf,
    },
    /// Everything is sealed with this key.
    Sealed {
        /// Its version.
        version: u32,
        /// How many values changed keys in this run, by table.
        values: BTreeMap<&'static str, usize>,
        /// Files that nothing in the database needs any longer.
        unneeded: Vec<PathBuf>,
    },
}

/// Replaces the data key, or goes on replacing it. Beside a file the platform must be stopped; beside
/// a server its nodes may work. Blocks: not for a thread that runs async code.
///
/// # Errors
/// When the database cannot be opened, or a value in it does not open.
pub fn rotate_keys(config: &Config) -> anyhow::Result<Rotation> {
    let (keys, database) = open(config)?;
    let mut version = current(&database)?;
    if !has_others(&database, &keys, version)? {
        let newest = keys.newest().version();
        if newest == version {
            let (_, file) = keys.make_next()?;
            if matches!(config.storage, Storage::Postgres(_)) {
                return Ok(Rotation::Made { file });
            }
        }
        version = keys.newest().version();
        let print = keys.newest().print();
        write(&database, move |rows| {
            let switch = "UPDATE warehouses SET data_key = ?1, data_print = ?2";
            rows.change(switch, values![version, print]).map(drop)
        })?;
        tracing::info!(version, "a new data key seals from now on");
    }
    let mut changed = BTreeMap::new();
    for warehouse in warehouses(&database)? {
        for column in COLUMNS {
            let mut after = None;
            loop {
                let (keys, of) = (Arc::clone(&keys), warehouse.clone());
                let page = write(&database, move |rows| {
                    seal_page(rows, &keys, of, column, after.as_ref())
                })?;
                let Some((last, count)) = page else { break };
                let so_far: &mut usize = changed.entry(column.table).or_default();
                *so_far = so_far.saturating_add(count);
                after = Some(last);
            }
        }
    }
    let others = has_others(&database, &keys, version)?;
    ensure!(
        !others,
        "a value came under the old key meanwhile: a node of an older version is running"
    );
    Ok(Rotation::Sealed {
        version,
        values: changed,
        unneeded: keys.older_than(version),
    })
}

/// Deletes the files of data keys that nothing in the database needs; answers which. What was backed
/// up before the rotation cannot be read without them.
///
/// # Errors
/// When a value is still sealed with one of them.
pub fn drop_old_keys(config: &Config) -> anyhow::Result<Vec<PathBuf>> {
    let (keys, database) = open(config)?;
    let version = current(&database)?;
    ensure!(
        !has_others(&database, &keys, version)?,
        "values are still sealed with an old key: finish `rotate-keys` first"
    );
    let files = keys.older_than(version);
    for file in &files {
        std::fs::remove_file(file).with_context(|| format!("cannot delete {}", file.display()))?;
    }
    Ok(files)
}

fn open(config: &Config) -> anyhow::Result<(Arc<Keys>, Database)> {
    let there = config.storage != Storage::Embedded || config.data.join("platform.db").exists();
    ensure!(there, "there is no platform in {}", config.data.display());
    let database = Database::open(config)?;
    let keys = Keys::open(&config.data, Of::Database)?;
    Ok((Arc::new(keys), database))
}

/// Seals the next page with the key in force; answers its last row and how many changed keys.
fn seal_page(
    rows: Rows<'_>,
    keys: &Keys,
    warehouse: WarehouseId,
    column: &Column,
    after: Option<&Key>,
) -> Result<Option<(Key, usize)>> {
    let version = rows
        .held(
            "SELECT data_key FROM warehouses WHERE warehouse = ?1",
            values![warehouse.as_str()],
            |row| row.count32(0),
        )?
        .ok_or_else(|| Error::broken("no such warehouse"))?;
    let view = view_of(rows, keys, warehouse, version)?;
    let mark = view.keys.mark();
    let page = column.page(&view, after)?;
    let mut changed = 0_usize;
    for (key, sealed) in page.iter().filter(|(_, sealed)| !sealed.starts_with(&mark)) {
        column.seal(&view, key, sealed)?;
        changed = changed.saturating_add(1);
    }
    Ok(page.into_iter().last().map(|(last, _)| (last, changed)))
}

fn view_of<'a>(
    rows: Rows<'a>,
    keys: &'a Keys,
    warehouse: WarehouseId,
    version: u32,
) -> Result<View<'a>> {
    let then = Instant::from_millis(0);
    Ok(View::of(rows, keys.at(version)?, then, warehouse))
}

fn current(database: &Database) -> anyhow::Result<u32> {
    let version = read(database, |rows| {
        rows.number("SELECT max(data_key) FROM warehouses", &[])
    })?;
    ensure!(version > 0, "the database has no warehouse yet");
    Ok(u32::try_from(version)?)
}

fn warehouses(database: &Database) -> anyhow::Result<Vec<WarehouseId>> {
    read(database, |rows| {
        let sql = "SELECT warehouse FROM warehouses ORDER BY warehouse";
        rows.all(sql, &[], |row| Ok(WarehouseId::new(row.text(0)?)))
    })
}

fn has_others(database: &Database, keys: &Keys, version: u32) -> anyhow::Result<bool> {
    for warehouse in warehouses(database)? {
        let found = read(database, |rows| {
            let view = view_of(rows, keys, warehouse, version)?;
            for column in COLUMNS {
                if column.has_other(&view)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read<T>(database: &Database, work: impl FnOnce(Rows<'_>) -> Result<T>) -> anyhow::Result<T> {
    database
        .read(work)
        .map_err(|error| anyhow::anyhow!("{error:?}"))
}

fn write<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(Rows<'_>) -> Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    database
        .write_here(work)
        .map_err(|error| anyhow::anyhow!("{error:?}"))
}
