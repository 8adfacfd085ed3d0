//! Who may sign in at this workstation.
//!
//! Holds what proves a person (an argon2 string, the hash of a badge's random bits) and how often
//! the proof failed. Which role may do what is `app`'s; checking the proof too.

use crate::error::StoreError;
use crate::tx::{Room, Tx};
use crate::view::View;
use bondhouse_domain::ids::PersonId;
use bondhouse_domain::time::Instant;
use rusqlite::{Row, params};

/// Someone who works here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name in every record.
    pub id: PersonId,
    /// The name people say.
    pub name: String,
    /// `clerk`, `supervisor` or `administrator`.
    pub role: String,
    /// Argon2 PHC string; empty when only a badge opens.
    pub password: String,
    /// SHA-256 of the badge's 128 random bits; empty without badge.
    pub badge_hash: Vec<u8>,
    /// Whether the person still works here.
    pub active: bool,
    /// Failures since the last success.
    pub failures: u32,
    /// No sign-in before this.
    pub locked_until: Instant,
}

macro_rules! select_people {
    ($rest:literal) => {
        concat!(
            "SELECT person_id, name, role, password, badge_hash, active, failures, locked_until
             FROM people WHERE warehouse_id = ?1 ",
            $rest
        )
    };
}

impl View<'_> {
    /// Everyone, by name.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.list(
            select_people!("ORDER BY name, person_id"),
            [self.w()],
            person_in,
        )
    }

    /// One person.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn person(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        self.find(
            select_people!("AND person_id = ?2"),
            [self.w(), id.as_str()],
            person_in,
        )
    }

    /// Whose badge this is, by its hash.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn person_by_badge(&self, badge_hash: &[u8]) -> Result<Option<Person>, StoreError> {
        if badge_hash.is_empty() {
            return Ok(None);
        }
        self.find(
            select_people!("AND badge_hash = ?2 AND length(badge_hash) > 0"),
            params![self.w(), badge_hash],
            person_in,
        )
    }
}

impl Tx<'_> {
    /// Enters or changes a person.
    ///
    /// # Errors
    /// [`StoreError::Disk`], also when the badge is another person's.
    pub fn put_person(&mut self, person: &Person) -> Result<(), StoreError> {
        self.fold.touch(Room::People);
        self.run(
            "INSERT INTO people (warehouse_id, person_id, name, role, password, badge_hash, active, failures,
                                 locked_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (warehouse_id, person_id) DO UPDATE SET
                 name = excluded.name, role = excluded.role, password = excluded.password,
                 badge_hash = excluded.badge_hash, active = excluded.active, failures = excluded.failures,
                 locked_until = excluded.locked_until",
            params![
                self.w(),
                person.id.as_str(),
                person.name,
                person.role,
                person.password,
                person.badge_hash,
                person.active,
                person.failures,
                person.locked_until.as_millis(),
            ],
        )?;
        Ok(())
    }
}

fn person_in(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: PersonId::new(row.get::<_, String>(0)?),
        name: row.get(1)?,
        role: row.get(2)?,
        password: row.get(3)?,
        badge_hash: row.get(4)?,
        active: row.get(5)?,
        failures: row.get(6)?,
        locked_until: Instant::from_millis(row.get(7)?),
    })
}
