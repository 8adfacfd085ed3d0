//! Rows and statements: the few words in which the rooms speak to the database.
//!
//! The rooms write portable SQL (`?1`, no engine's own functions, names spelt out where an upsert
//! could mean either row) and never see the engine, so that a second engine is one more body behind
//! these functions and not a second set of rooms. The one thing engines differ in is who may write
//! meanwhile; the rooms say what they mean by it ([`Rows::held`], [`Rows::unclaimed`]).

use crate::error::{Error, Result};
use crate::postgres::Session;
use bondhouse_domain::journal::Hash;
use bondhouse_domain::time::Instant;
use rusqlite::types::{ToSql, ToSqlOutput, Value as SqlValue};
use rusqlite::{Connection, params_from_iter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// One value of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// Values of a statement, in the order of its `?1`, `?2` …
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::rows::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! value_from {
    ($($from:ty => |$v:ident| $make:expr),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from($v: $from) -> Self {
                $make
            }
        }
    )+};
}

value_from! {
    i64 => |v| Self::Integer(v),
    u32 => |v| Self::Integer(v.into()),
    u16 => |v| Self::Integer(v.into()),
    bool => |v| Self::Integer(v.into()),
    // Positions count acts of people and machines: they do not reach 2^63.
    u64 => |v| Self::Integer(i64::try_from(v).unwrap_or(i64::MAX)),
    usize => |v| Self::Integer(i64::try_from(v).unwrap_or(i64::MAX)),
    &str => |v| Self::Text(v.to_owned()),
    &String => |v| Self::Text(v.clone()),
    String => |v| Self::Text(v),
    Vec<u8> => |v| Self::Blob(v),
    &[u8] => |v| Self::Blob(v.to_vec()),
    Hash => |v| Self::Blob(v.as_bytes().to_vec()),
    Instant => |v| Self::Integer(v.as_millis()),
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(SqlValue::Null),
            Self::Integer(v) => ToSqlOutput::Owned(SqlValue::Integer(*v)),
            Self::Text(v) => v.as_str().into(),
            Self::Blob(v) => v.as_slice().into(),
        })
    }
}

/// A connection on which statements run; inside a write it is the transaction.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    Sqlite(&'a Connection),
    Postgres(&'a Session),
}

impl Rows<'_> {
    /// Runs a statement that changes rows; answers how many.
    pub(crate) fn change(&self, sql: &str, values: &[Value]) -> Result<usize> {
        match self {
            Self::Sqlite(connection) => Ok(connection
                .prepare_cached(sql)?
                .execute(params_from_iter(values))?),
            Self::Postgres(session) => session.change(sql, values),
        }
    }

    /// Runs a statement that must change exactly one row. A server may still be asked for its answer
    /// when this returns; what it then refuses fails the act all the same.
    pub(crate) fn change_one(&self, sql: &str, values: &[Value]) -> Result<()> {
        let otherwise = Error::broken(format!("not one row changed by: {sql}"));
        self.change_one_or(otherwise, sql, values)
    }

    /// [`Self::change_one`], and what it means when there is none to change.
    pub(crate) fn change_one_or(
        &self,
        otherwise: Error,
        sql: &str,
        values: &[Value],
    ) -> Result<()> {
        match self {
            Self::Sqlite(_) if self.change(sql, values)? != 1 => Err(otherwise),
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(session) => session.put(sql, values, Some(otherwise)),
        }
    }

    /// [`Self::change`] where it does not matter how many, on the terms of [`Self::change_one`].
    pub(crate) fn put(&self, sql: &str, values: &[Value]) -> Result<()> {
        match self {
            Self::Sqlite(_) => self.change(sql, values).map(drop),
            Self::Postgres(session) => session.put(sql, values, None),
        }
    }

    /// The first row, if there is one.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        values: &[Value],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(params_from_iter(values))?;
                rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
            }
            Self::Postgres(session) => {
                let rows = session.query(sql, values)?;
                rows.first()
                    .map(|row| read(&Row::Postgres(row)))
                    .transpose()
            }
        }
    }

    /// Every row.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        values: &[Value],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(params_from_iter(values))?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(read(&Row::Sqlite(row))?);
                }
                Ok(found)
            }
            Self::Postgres(session) => {
                let rows = session.query(sql, values)?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// [`Self::one`], held until the transaction ends: whoever else wants it waits. SQLite's writer is
    /// alone from the beginning.
    pub(crate) fn held<T>(
        &self,
        sql: &str,
        values: &[Value],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match self {
            Self::Sqlite(_) => self.one(sql, values, read),
            #[cfg(feature = "sim")]
            Self::Postgres(_) if planted("pos-without-lock") => self.one(sql, values, read),
            Self::Postgres(_) => self.one(&format!("{sql} FOR UPDATE"), values, read),
        }
    }

    /// [`Self::all`], held like [`Self::held`], but passing over what another transaction holds.
    pub(crate) fn unclaimed<T>(
        &self,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(_) => self.all(sql, values, read),
            Self::Postgres(_) => self.all(&format!("{sql} FOR UPDATE SKIP LOCKED"), values, read),
        }
    }

    /// Every row of several keys, in few statements: `{keys}` in the text stands for the keys, as in
    /// `(platform, order_no) IN ({keys})`, and ?1 is `first`. Rows are in order within a thousand keys.
    pub(crate) fn among<const N: usize, T>(
        &self,
        sql: &str,
        first: &str,
        keys: &[[&str; N]],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        for some in keys.chunks(1_024) {
            // Statements stay prepared, so there must not be one for every number of keys: the last key
            // is named again until a power of two is full.
            let Some(last) = some.last() else { continue };
            let room = some.len().next_power_of_two();
            let named = some.iter().chain(std::iter::repeat(last)).take(room);
            let (mut values, mut text) = (vec![Value::from(first)], String::new());
            for key in named {
                text.push_str(if text.is_empty() { "(" } else { "), (" });
                for (n, part) in key.iter().enumerate() {
                    values.push(Value::from(*part));
                    let comma = if n == 0 { "" } else { ", " };
                    text.push_str(&format!("{comma}?{}", values.len()));
                }
            }
            // A bare list of rows would make SQLite read the whole warehouse instead of its index.
            let sql = sql.replace("{keys}", &format!("SELECT * FROM (VALUES {text})) AS k"));
            found.extend(self.all(&sql, &values, &mut read)?);
        }
        Ok(found)
    }

    /// A single number.
    pub(crate) fn number(&self, sql: &str, values: &[Value]) -> Result<i64> {
        Ok(self
            .one(sql, values, |row| row.maybe_int(0))?
            .flatten()
            .unwrap_or(0))
    }
}

/// Whether this process is to have a fault on purpose: `tests/stories/parity.rs` must find it.
#[cfg(feature = "sim")]
fn planted(mutant: &str) -> bool {
    std::env::var_os("BONDHOUSE_MUTANT").is_some_and(|named| named == mutant)
}

/// A row being read, column by column from 0.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    pub(crate) fn int(&self, at: usize) -> Result<i64> {
        self.maybe_int(at)?.ok_or_else(|| absent(at))
    }

    pub(crate) fn maybe_int(&self, at: usize) -> Result<Option<i64>> {
        match self {
            Self::Sqlite(row) => Ok(row.get(at)?),
            Self::Postgres(row) => crate::postgres::integer(row, at),
        }
    }

    pub(crate) fn flag(&self, at: usize) -> Result<bool> {
        Ok(self.int(at)? != 0)
    }

    pub(crate) fn count(&self, at: usize) -> Result<u64> {
        u64::try_from(self.int(at)?).map_err(|_| Error::broken("a count below nothing"))
    }

    pub(crate) fn count32(&self, at: usize) -> Result<u32> {
        u32::try_from(self.int(at)?).map_err(|_| Error::broken("a count beyond 32 bits"))
    }

    pub(crate) fn text(&self, at: usize) -> Result<String> {
        self.maybe_text(at)?.ok_or_else(|| absent(at))
    }

    pub(crate) fn maybe_text(&self, at: usize) -> Result<Option<String>> {
        match self {
            Self::Sqlite(row) => Ok(row.get(at)?),
            Self::Postgres(row) => Ok(row.try_get(at)?),
        }
    }

    pub(crate) fn bytes(&self, at: usize) -> Result<Vec<u8>> {
        match self {
            Self::Sqlite(row) => Ok(row.get(at)?),
            Self::Postgres(row) => Ok(row.try_get(at)?),
        }
    }

    pub(crate) fn maybe_bytes(&self, at: usize) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Sqlite(row) => Ok(row.get(at)?),
            Self::Postgres(row) => Ok(row.try_get(at)?),
        }
    }

    pub(crate) fn instant(&self, at: usize) -> Result<Instant> {
        self.int(at).map(Instant::from_millis)
    }

    pub(crate) fn maybe_instant(&self, at: usize) -> Result<Option<Instant>> {
        Ok(self.maybe_int(at)?.map(Instant::from_millis))
    }

    pub(crate) fn hash(&self, at: usize) -> Result<Hash> {
        let bytes: [u8; 32] = self
            .bytes(at)?
            .try_into()
            .map_err(|_| Error::broken(format!("column {at} is no hash")))?;
        Ok(Hash::from_bytes(bytes))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, at: usize) -> Result<T> {
        Ok(serde_json::from_str(&self.text(at)?)?)
    }
}

fn absent(at: usize) -> Error {
    Error::broken(format!("column {at} is empty"))
}

/// A value as the JSON text that a column holds.
pub(crate) fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}

/// What was found, by what it belongs to, each in the order found.
pub(crate) fn by<K: Ord, T>(found: Vec<(K, T)>) -> BTreeMap<K, Vec<T>> {
    let mut groups = BTreeMap::<K, Vec<T>>::new();
    for (key, one) in found {
        groups.entry(key).or_default().push(one);
    }
    groups
}

/// The name that a plain enumeration has in JSON, without quotes: what a column or key holds.
pub(crate) fn name_of(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(name) => Ok(name),
        other => Err(Error::broken(format!("{other} is no plain name"))),
    }
}

/// The enumeration that has this name in JSON.
pub(crate) fn named<T: DeserializeOwned>(name: String) -> Result<T> {
    Ok(serde_json::from_value(serde_json::Value::String(name))?)
}
