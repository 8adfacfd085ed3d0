//! One connection to the server: statements prepared once, values as the columns want them.
//!
//! What changes rows is not waited for where nobody asks how many (`Session::put`): it goes out with
//! the next question or the end of the act ([`super::line`]), and so does what begins a transaction.
//! An act that went wrong that way fails at that moment, before anything is kept of it.

use super::line::Line;
use crate::error::{Error, Result};
use crate::rows::Value;
use bytes::BytesMut;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Column, Config, Row, Statement};

/// Who will use a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
}

/// A connection, used by one thread at a time.
pub(crate) struct Session {
    line: RefCell<Line>,
    prepared: RefCell<BTreeMap<String, Statement>>,
    /// A statement failed since the transaction or savepoint began: the server does nothing more for it.
    failed: Cell<bool>,
}

impl Session {
    pub(super) fn open(config: &Config, role: Role) -> Result<Self> {
        let session = Self {
            line: RefCell::new(Line::open(config)?),
            prepared: RefCell::default(),
            failed: Cell::new(false),
        };
        // A returned commit survives a power cut whatever the server's default. A node that freezes
        // inside a transaction holds the warehouse's row: the server lets it go after ten seconds.
        session.run("SET synchronous_commit = on; SET client_min_messages = warning")?;
        if role == Role::Writer {
            session.run("SET idle_in_transaction_session_timeout = '10s'")?;
        }
        Ok(session)
    }

    /// Whether neither the server nor the line has ended it.
    pub(super) fn is_open(&self) -> bool {
        self.line.borrow_mut().is_open()
    }

    /// Whether a statement that was waited for failed since the last word that began or ended something.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Runs statements without values, after everything that was put before.
    pub(super) fn run(&self, words: &str) -> Result<()> {
        let (before, done) = self.words(words);
        before.and(done)
    }

    /// Begins a transaction or savepoint; the next statement goes out with it.
    pub(super) fn begin(&self, words: &'static str) {
        let mut line = self.line.borrow_mut();
        let client = line.client();
        line.later(async move { Ok(client.batch_execute(words).await?) });
        self.failed.set(false);
    }

    /// Ends an act so that it is kept. Answers what of it had failed without being waited for: then
    /// nothing is kept, and a savepoint is still to be taken back.
    pub(super) fn keep(&self, words: &str) -> Result<std::result::Result<(), Error>> {
        match self.words(words) {
            (Err(away @ Error::Away(_)), _) => Err(away),
            (Err(own), _) => Ok(Err(own)),
            (Ok(()), done) => done.map(Ok),
        }
    }

    /// Takes an act back, whatever had failed of it.
    pub(super) fn take_back(&self, words: &str) -> Result<()> {
        self.words(words).1
    }

    /// Takes a read's transaction back without waiting for the answer.
    pub(super) fn leave(&self) {
        self.begin("ROLLBACK");
        self.line.borrow_mut().send();
    }

    fn words(&self, words: &str) -> (Result<()>, Result<()>) {
        let mut line = self.line.borrow_mut();
        let client = line.client();
        self.failed.set(false);
        line.wait(async move { Ok(client.batch_execute(words).await?) })
    }

    /// Runs a statement that changes rows; answers how many.
    pub(crate) fn change(&self, sql: &str, values: &[Value]) -> Result<usize> {
        let statement = self.prepare(sql)?;
        let client = self.line.borrow().client();
        self.ask(async move {
            let changed = client.execute_raw(&statement, values).await?;
            Ok(usize::try_from(changed).unwrap_or(usize::MAX))
        })
    }

    /// Runs a statement that changes rows, without waiting; where it says what is wrong `otherwise`, it
    /// must change exactly one.
    pub(crate) fn put(&self, sql: &str, values: &[Value], otherwise: Option<Error>) -> Result<()> {
        let statement = self.prepare(sql)?;
        let values = values.to_vec();
        let mut line = self.line.borrow_mut();
        let client = line.client();
        line.later(async move {
            let changed = client.execute_raw(&statement, &values).await?;
            match otherwise {
                Some(error) if changed != 1 => Err(error),
                _ => Ok(()),
            }
        });
        Ok(())
    }

    /// Runs a statement that answers rows.
    pub(crate) fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        let statement = self.prepare(sql)?;
        let client = self.line.borrow().client();
        self.ask(async move { Ok(client.query(&statement, &borrowed(values)).await?) })
    }

    fn prepare(&self, sql: &str) -> Result<Statement> {
        if let Some(known) = self.prepared.borrow().get(sql) {
            return Ok(known.clone());
        }
        let client = self.line.borrow().client();
        // The rooms write `?1`; no text of theirs holds a question mark.
        let words = sql.replace('?', "$");
        let statement = self.ask(async move { Ok(client.prepare(&words).await?) })?;
        self.prepared
            .borrow_mut()
            .insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn ask<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (before, done) = self.line.borrow_mut().wait(work);
        let answer = before.and(done);
        if answer.is_err() {
            self.failed.set(true);
        }
        answer
    }
}

fn borrowed(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|v| v as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            // What the server takes for a small number stays one: an argument of `substr`, say.
            Self::Integer(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql_checked(ty, out),
            Self::Integer(v) => v.to_sql_checked(ty, out),
            Self::Text(v) => v.to_sql_checked(ty, out),
            Self::Blob(v) => v.to_sql_checked(ty, out),
        }
    }

    /// Whether it fits is seen when it is written, value by value.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A number of a row. Comparisons answer booleans, literals small numbers and sums wide ones, where
/// SQLite has one kind.
pub(crate) fn integer(row: &Row, at: usize) -> Result<Option<i64>> {
    match row.columns().get(at).map(Column::type_) {
        Some(&Type::BOOL) => Ok(row.try_get::<_, Option<bool>>(at)?.map(i64::from)),
        Some(&Type::NUMERIC) => Ok(row.try_get::<_, Option<Sum>>(at)?.map(|sum| sum.0)),
        Some(&Type::INT4) => Ok(row.try_get::<_, Option<i32>>(at)?.map(i64::from)),
        _ => Ok(row.try_get(at)?),
    }
}

/// A whole number in the server's wide format: groups of four decimal digits, the highest first.
struct Sum(i64);

impl<'a> FromSql<'a> for Sum {
    fn from_sql(
        _: &Type,
        raw: &'a [u8],
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let mut words = raw.chunks_exact(2).map(|pair| match pair {
            [high, low] => i16::from_be_bytes([*high, *low]),
            _ => 0,
        });
        let mut word = || words.next().ok_or("a number that ends too early");
        let (groups, weight, sign, _scale) = (word()?, word()?, word()?, word()?);
        let mut sum = 0_i64;
        // Groups that are not sent are zero; any behind the point would be a fraction.
        for at in 0..=weight.max(groups.saturating_sub(1)) {
            let group = if at < groups { word()? } else { 0 };
            if at > weight {
                return Err("a number with a fraction".into());
            }
            sum = sum
                .checked_mul(10_000)
                .and_then(|sum| sum.checked_add(group.into()))
                .ok_or("a number beyond 64 bits")?;
        }
        Ok(Self(if sign == 0 { sum } else { -sum }))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    /// As the server sends a number: groups, weight, sign, scale, then the groups.
    fn read(words: &[i16]) -> Option<i64> {
        let raw: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        Sum::from_sql(&Type::NUMERIC, &raw).ok().map(|sum| sum.0)
    }

    #[test]
    fn a_sum_is_read_whole_or_not_at_all() {
        assert_eq!(read(&[0, 0, 0, 0]), Some(0));
        assert_eq!(read(&[1, 0, 0, 0, 42]), Some(42));
        assert_eq!(read(&[1, 1, 0, 0, 3]), Some(30_000)); // zeros at the end are not sent
        assert_eq!(read(&[2, 1, 0x4000, 0, 12, 3456]), Some(-123_456));
        assert_eq!(read(&[2, 0, 0, 1, 1, 5000]), None); // 1.5
        assert_eq!(
            read(&[5, 4, 0, 0, 922, 3372, 368, 5477, 5807]),
            Some(i64::MAX)
        );
        assert_eq!(read(&[5, 4, 0, 0, 922, 3372, 368, 5477, 5808]), None);
        assert_eq!(read(&[1]), None);
    }
}
