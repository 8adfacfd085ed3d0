//! Domain values as SQLite columns, in one way everywhere.
//!
//! Amounts and instants are INTEGER, ids and enum names TEXT, lists and states JSON, hashes BLOB.
//! An absent text or date is `''`, never NULL: unique keys then mean what they say.

use chrono::NaiveDate;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::{DeserializeOwned, IntoDeserializer, value::Error as DeError};

/// An enum without fields, by the name serde gives it.
pub(crate) struct Word<T>(pub(crate) T);

/// Any value, as JSON text.
pub(crate) struct Json<T>(pub(crate) T);

/// A position or count; SQLite's integers are signed.
pub(crate) struct Nat(pub(crate) u64);

/// A text that may be absent.
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

impl<T: Serialize> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match serde_json::to_value(&self.0).map_err(unwritable)? {
            serde_json::Value::String(name) => Ok(name.into()),
            _ => Err(unwritable(FromSqlError::InvalidType)),
        }
    }
}

impl<T: DeserializeOwned> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name: serde::de::value::StrDeserializer<'_, DeError> =
            value.as_str()?.into_deserializer();
        T::deserialize(name).map(Self).map_err(FromSqlError::other)
    }
}

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(serde_json::to_string(&self.0).map_err(unwritable)?.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?)
            .map(Self)
            .map_err(FromSqlError::other)
    }
}

impl ToSql for Nat {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0).map_err(unwritable)?.into())
    }
}

impl FromSql for Nat {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number)
            .map(Self)
            .map_err(|_| FromSqlError::OutOfRange(number))
    }
}

impl ToSql for Maybe<&str> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.unwrap_or_default().into())
    }
}

impl FromSql for Maybe<String> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        Ok(Self((!text.is_empty()).then(|| text.to_owned())))
    }
}

impl ToSql for Maybe<NaiveDate> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self
            .0
            .map(|date| date.to_string())
            .unwrap_or_default()
            .into())
    }
}

impl FromSql for Maybe<NaiveDate> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "" => Ok(Self(None)),
            date => date
                .parse()
                .map(|date| Self(Some(date)))
                .map_err(FromSqlError::other),
        }
    }
}
