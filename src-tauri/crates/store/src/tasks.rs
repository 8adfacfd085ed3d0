//! Where each person is in each room, so that a crash or a change of shift loses no step.
//!
//! The state is the room's own JSON, written in the same transaction as its facts. It must hold no
//! buyer's data: that stays sealed in its one table.

use crate::columns::Json;
use crate::error::StoreError;
use crate::tx::Tx;
use crate::view::View;
use bondhouse_domain::ids::PersonId;
use bondhouse_domain::time::Instant;
use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl View<'_> {
    /// The open task of a person in a room.
    ///
    /// # Errors
    /// [`StoreError::Disk`], also when the state was written by another version of the room.
    pub fn task<T: DeserializeOwned>(
        &self,
        room: &str,
        person: &PersonId,
    ) -> Result<Option<T>, StoreError> {
        self.find(
            "SELECT state FROM tasks WHERE warehouse_id = ?1 AND room = ?2 AND person_id = ?3",
            [self.w(), room, person.as_str()],
            |row| Ok(row.get::<_, Json<T>>(0)?.0),
        )
    }

    /// Everyone's open tasks, for taking over: room, person, since when.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn open_tasks(&self) -> Result<Vec<(String, PersonId, Instant)>, StoreError> {
        self.list(
            "SELECT room, person_id, changed_at FROM tasks WHERE warehouse_id = ?1 ORDER BY room, person_id",
            [self.w()],
            |row| Ok((row.get(0)?, PersonId::new(row.get::<_, String>(1)?), Instant::from_millis(row.get(2)?))),
        )
    }
}

impl Tx<'_> {
    /// Keeps where the acting person is in a room.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn put_task(&mut self, room: &str, state: &impl Serialize) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO tasks (warehouse_id, room, person_id, state, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (warehouse_id, room, person_id) DO UPDATE SET
                 state = excluded.state, changed_at = excluded.changed_at",
            params![self.w(), room, self.actor().as_str(), Json(state), self.now().as_millis()],
        )?;
        Ok(())
    }

    /// Ends a person's task in a room.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn close_task(&mut self, room: &str, person: &PersonId) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM tasks WHERE warehouse_id = ?1 AND room = ?2 AND person_id = ?3",
            [self.w(), room, person.as_str()],
        )?;
        Ok(())
    }
}
