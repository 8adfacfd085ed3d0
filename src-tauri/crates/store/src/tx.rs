//! The gate: one request, one transaction, and the answer that a repetition gets again.
//!
//! Inside, a room reads ([`Tx`] is a [`View`]) and says what happened ([`Tx::record`]). A refusal
//! rolls everything back. Nothing is answered before the commit is durable; that is `disk`'s promise.

use crate::error::StoreError;
use crate::fold::Fold;
use crate::sealed::Field;
use crate::view::View;
use crate::{Fixed, Store};
use bondhouse_domain::facts::Fact;
use bondhouse_domain::ids::{PersonId, RequestId, Seq};
use bondhouse_domain::journal::{Draft, Event, Head};
use bondhouse_domain::time::Instant;
use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

/// What someone asked for, once; a repetition carries the same id.
#[derive(Debug, Clone)]
pub struct Request {
    /// Made by the asker, UUIDv7.
    pub id: RequestId,
    /// The command's name; an id is never used for two commands.
    pub op: String,
    /// Who asks.
    pub actor: PersonId,
    /// When, by our estimate of the authority's clock.
    pub now_est: Instant,
    /// What the wall clock says, as evidence.
    pub wall: Instant,
}

/// What was answered, and whose pages must look again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done<T> {
    /// The answer.
    pub value: T,
    /// Rooms whose tables changed.
    pub touched: BTreeSet<Room>,
    /// The request had been answered before; nothing was done now.
    pub repeated: bool,
}

/// A room whose tables may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Room {
    /// Notices and counts.
    Intake,
    /// Balances, items, locations.
    Stock,
    /// Orders.
    Orders,
    /// Jobs at the bench and leases.
    Release,
    /// Passes and loadings.
    Gate,
    /// Customs' book.
    Ledger,
    /// The supervisor's inbox.
    Cases,
    /// Labels to print.
    Labels,
    /// Who may sign in.
    People,
    /// How far journal and feed have come.
    Sync,
}

/// The inside of one write.
pub struct Tx<'a> {
    pub(crate) fold: Fold<'a>,
    request: Request,
    head: Head,
}

impl<'a> Deref for Tx<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.fold.view
    }
}

impl View<'_> {
    /// The answer that a request got, if it was made before.
    ///
    /// # Errors
    /// [`StoreError::RequestReused`] when it was another operation; [`StoreError::Disk`].
    pub fn answered<T: DeserializeOwned>(
        &self,
        request: RequestId,
        op: &str,
    ) -> Result<Option<T>, StoreError> {
        let id = request.0.as_bytes().as_slice();
        let earlier = self.find(
            "SELECT op, answer FROM requests WHERE warehouse_id = ?1 AND request_id = ?2",
            params![self.w(), id],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)),
        )?;
        let Some((was, sealed)) = earlier else {
            return Ok(None);
        };
        if was != op {
            return Err(StoreError::RequestReused(request, was));
        }
        let row = [self.w().as_bytes(), id];
        let field = Field {
            table: "requests",
            row: &row,
            column: "answer",
        };
        let answer = self.fixed.keys.open(field, &sealed)?;
        let unreadable = |_| StoreError::Unreadable(format!("answer to {op}"));
        serde_json::from_slice(&answer)
            .map(Some)
            .map_err(unreadable)
    }
}

impl Store {
    /// Runs `work` in one transaction; its answer is durable when this returns.
    ///
    /// # Errors
    /// What `work` refuses, after which nothing is stored; [`StoreError::RequestReused`];
    /// [`StoreError::Disk`].
    pub fn write<T>(
        &self,
        request: Request,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Done<T>, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let fixed = Arc::clone(&self.fixed);
        self.db.write(move |conn: &rusqlite::Transaction<'_>| {
            let mut tx = Tx::begin(conn, &fixed, request)?;
            if let Some(value) = tx.earlier_answer()? {
                return Ok(Done {
                    value,
                    touched: BTreeSet::new(),
                    repeated: true,
                });
            }
            let value = work(&mut tx)?;
            tx.remember(&value)?;
            Ok(Done {
                value,
                touched: tx.fold.touched,
                repeated: false,
            })
        })
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn begin(
        conn: &'a Connection,
        fixed: &'a Fixed,
        request: Request,
    ) -> Result<Self, StoreError> {
        let view = View { conn, fixed };
        Ok(Self {
            fold: Fold::over(view),
            head: view.head()?,
            request,
        })
    }

    /// Appends a fact to the journal and does to the tables what it says.
    ///
    /// # Errors
    /// A refusal when a right is missing; [`StoreError::Stock`] or [`StoreError::Ledger`] when the
    /// books cannot bear it; [`StoreError::Unfitting`] when it does not fit what went before.
    pub fn record(&mut self, fact: &Fact) -> Result<Event, StoreError> {
        self.admit(fact)?;
        let (kind, v) = fact.kind();
        let draft = Draft {
            kind: kind.to_owned(),
            v,
            request: self.request.id,
            actor: self.request.actor.clone(),
            occurred_at: self.request.now_est,
            wall: self.request.wall,
            body: fact
                .body()
                .map_err(|_| StoreError::Unreadable(kind.to_owned()))?,
        };
        let event = self.head.append(&self.fold.view.fixed.series, draft);
        self.fold.view.append(&event)?;
        self.fold.fact(&event, fact)?;
        self.fold.require_room(&event, &fact.moves())?;
        self.head = event.head();
        Ok(event)
    }

    /// Where the next event will stand.
    pub fn next_seq(&self) -> Seq {
        Seq(self.head.seq.0.saturating_add(1))
    }

    /// When this is happening, by our estimate of the authority's clock.
    pub fn now(&self) -> Instant {
        self.request.now_est
    }

    /// What the wall clock says, as evidence.
    pub(crate) fn wall(&self) -> Instant {
        self.request.wall
    }

    /// Who is doing it.
    pub fn actor(&self) -> &PersonId {
        &self.request.actor
    }

    /// Rights that must be there whatever the room has checked already.
    fn admit(&self, fact: &Fact) -> Result<(), StoreError> {
        match fact {
            Fact::ReleaseStarted(f) => self.require_lease(&f.order, &f.grant, f.fence, self.now()),
            Fact::Released(f) => self.require_lease(&f.order, &f.grant, f.fence, self.now()),
            Fact::Counted(_)
            | Fact::NoticeClosed(_)
            | Fact::PutAway(_)
            | Fact::Picked(_)
            | Fact::ReleaseParked(_)
            | Fact::LeaseDropped(_)
            | Fact::LabelPrinted(_)
            | Fact::Loaded(_)
            | Fact::Undone(_)
            | Fact::CaseRaised(_)
            | Fact::Signed(_)
            | Fact::ParcelFound(_)
            | Fact::Reported(_) => Ok(()),
        }
    }

    fn earlier_answer<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        self.answered(self.request.id, &self.request.op)
    }

    fn remember<T: Serialize>(&self, value: &T) -> Result<(), StoreError> {
        let id = self.request.id.0.as_bytes().as_slice();
        let row = [self.w().as_bytes(), id];
        let field = Field {
            table: "requests",
            row: &row,
            column: "answer",
        };
        let answer = serde_json::to_vec(value)
            .map_err(|_| StoreError::Unreadable(format!("answer to {}", self.request.op)))?;
        self.run(
            "INSERT INTO requests (warehouse_id, request_id, op, answered_at, answer) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                self.w(),
                id,
                self.request.op,
                self.request.now_est.as_millis(),
                self.fixed.keys.seal(field, &answer)?,
            ],
        )?;
        self.raise_high_water(self.request.now_est, self.request.wall)
    }
}
