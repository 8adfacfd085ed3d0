//! Who this workstation is, whom it believes, and what it knows of the time.
//!
//! Set once when the workstation is enrolled. A store belongs to one incarnation: a new one gets a
//! new file, so that no right of the lost one can be exercised twice.

use crate::columns::{Json, Nat, Word};
use crate::error::StoreError;
use crate::sealed::Field;
use crate::view::View;
use crate::{Fixed, Store};
pub use bondhouse_domain::clock::Clock;
use bondhouse_domain::ids::{DeviceId, Incarnation, WarehouseId};
use bondhouse_domain::journal::Series;
use bondhouse_domain::leases::AuthorityKeys;
use bondhouse_domain::time::{Instant, Zone};
use ed25519_dalek::VerifyingKey;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

/// A language people can be spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

/// An enrolled workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Warehouse, device, incarnation.
    pub series: Series,
    /// The warehouse's name, for people.
    pub warehouse_name: String,
    /// Which authority it believes: grows when the authority is moved or restored.
    pub authority_epoch: u32,
    /// The authority's public keys by key id.
    pub authority_keys: AuthorityKeys,
    /// Where the platform answers.
    pub platform_url: String,
    /// The language of window and labels.
    pub language: Language,
    /// The zone in which the warehouse's days begin.
    pub zone: Zone,
    /// The name under which the system's keyring holds this workstation's signing key.
    pub signing_key_ref: String,
}

fn token_key_field<'a>(row: &'a [&'a [u8]]) -> Field<'a> {
    Field {
        table: "station",
        row,
        column: "token_key",
    }
}

pub(crate) fn enrol(
    conn: &Transaction<'_>,
    fixed: &Fixed,
    station: &Station,
    token_key: &[u8],
) -> Result<(), StoreError> {
    let view = View { conn, fixed };
    if view.one("SELECT EXISTS (SELECT 1 FROM station)", [], |row| {
        row.get(0)
    })? {
        return Err(StoreError::EnrolledAlready);
    }
    let token_key = fixed
        .keys
        .seal(token_key_field(&[view.w().as_bytes()]), token_key)?;
    view.run(
        "INSERT INTO station (warehouse_id, device_id, incarnation, warehouse_name, authority_epoch,
                              platform_url, language, zone, signing_key_ref, token_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            view.w(),
            station.series.device.as_str(),
            station.series.incarnation.0,
            station.warehouse_name,
            station.authority_epoch,
            station.platform_url,
            Word(station.language),
            Json(station.zone),
            station.signing_key_ref,
            token_key,
        ],
    )?;
    view.run(
        "INSERT INTO sync_state (warehouse_id) VALUES (?1)",
        [view.w()],
    )?;
    view.set_authority_keys(&station.authority_keys)
}

/// The series and zone of the enrolled workstation.
pub(crate) fn who(conn: &Connection) -> Result<(Series, Zone), StoreError> {
    conn.query_row(
        "SELECT warehouse_id, device_id, incarnation, zone FROM station",
        [],
        |row| {
            let series = Series {
                warehouse: WarehouseId::new(row.get::<_, String>(0)?),
                device: DeviceId::new(row.get::<_, String>(1)?),
                incarnation: Incarnation(row.get(2)?),
            };
            Ok((series, row.get::<_, Json<Zone>>(3)?.0))
        },
    )
    .optional()?
    .ok_or(StoreError::NotEnrolled)
}

impl View<'_> {
    /// The workstation as it was enrolled.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn station(&self) -> Result<Station, StoreError> {
        let authority_keys = self.authority_keys()?;
        self.one(
            "SELECT warehouse_name, authority_epoch, platform_url, language, zone, signing_key_ref
             FROM station WHERE warehouse_id = ?1",
            [self.w()],
            |row| {
                Ok(Station {
                    series: self.fixed.series.clone(),
                    warehouse_name: row.get(0)?,
                    authority_epoch: row.get(1)?,
                    authority_keys,
                    platform_url: row.get(2)?,
                    language: row.get::<_, Word<Language>>(3)?.0,
                    zone: row.get::<_, Json<Zone>>(4)?.0,
                    signing_key_ref: row.get(5)?,
                })
            },
        )
    }

    /// The authority's public keys by key id.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a stored key is none.
    pub fn authority_keys(&self) -> Result<AuthorityKeys, StoreError> {
        self.list(
            "SELECT key_id, public_key FROM authority_keys WHERE warehouse_id = ?1",
            [self.w()],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 32]>(1)?)),
        )?
        .into_iter()
        .map(|(id, bytes)| match VerifyingKey::from_bytes(&bytes) {
            Ok(key) => Ok((id, key)),
            Err(_) => Err(StoreError::Unreadable(format!("authority key {id}"))),
        })
        .collect()
    }

    /// The key of this incarnation's release tokens.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when the field key is another.
    pub fn token_key(&self) -> Result<Vec<u8>, StoreError> {
        let sealed: Vec<u8> = self.one(
            "SELECT token_key FROM station WHERE warehouse_id = ?1",
            [self.w()],
            |row| row.get(0),
        )?;
        self.fixed
            .keys
            .open(token_key_field(&[self.w().as_bytes()]), &sealed)
    }

    /// The authority's clock as last heard; nothing before the first contact.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn clock(&self) -> Result<Option<Clock>, StoreError> {
        self.find(
            "SELECT high_water, server_time, boot_ms, boot_id, wall FROM clock WHERE warehouse_id = ?1",
            [self.w()],
            |row| {
                Ok(Clock {
                    high_water: Instant::from_millis(row.get(0)?),
                    server_time: Instant::from_millis(row.get(1)?),
                    boot_ms: row.get::<_, Nat>(2)?.0,
                    boot_id: row.get(3)?,
                    wall: Instant::from_millis(row.get(4)?),
                })
            },
        )
    }

    fn set_authority_keys(&self, keys: &AuthorityKeys) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM authority_keys WHERE warehouse_id = ?1",
            [self.w()],
        )?;
        for (id, key) in keys {
            self.run(
                "INSERT INTO authority_keys (warehouse_id, key_id, public_key) VALUES (?1, ?2, ?3)",
                params![self.w(), id, key.as_bytes().as_slice()],
            )?;
        }
        Ok(())
    }

    /// Moves the mark that no estimate of the time may fall behind; as [`Clock::raised`] does.
    pub(crate) fn raise_high_water(
        &self,
        now_est: Instant,
        wall: Instant,
    ) -> Result<(), StoreError> {
        self.run(
            "UPDATE clock SET high_water = ?2, wall = ?3
             WHERE warehouse_id = ?1 AND (high_water < ?2 OR high_water = ?2 AND wall <= ?3)",
            params![self.w(), now_est.as_millis(), wall.as_millis()],
        )?;
        Ok(())
    }
}

impl Store {
    /// Remembers the authority's clock, at a contact and when the program begins.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn set_clock(&self, clock: Clock) -> Result<(), StoreError> {
        self.put(move |view| {
            view.run(
                "INSERT INTO clock (warehouse_id, high_water, server_time, boot_ms, boot_id, wall)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (warehouse_id) DO UPDATE SET
                     high_water = excluded.high_water, server_time = excluded.server_time,
                     boot_ms = excluded.boot_ms, boot_id = excluded.boot_id, wall = excluded.wall",
                params![
                    view.w(),
                    clock.high_water.as_millis(),
                    clock.server_time.as_millis(),
                    Nat(clock.boot_ms),
                    clock.boot_id,
                    clock.wall.as_millis(),
                ],
            )?;
            Ok(())
        })
    }

    /// Notes what time it is by our estimate and what the wall clock shows with it; once a minute, so
    /// that a clock set wrong cannot stretch a lease over a reboot by more than that.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn mark_time(&self, now_est: Instant, wall: Instant) -> Result<(), StoreError> {
        self.put(move |view| view.raise_high_water(now_est, wall))
    }

    /// Changes the language of window and labels.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn set_language(&self, language: Language) -> Result<(), StoreError> {
        self.put(move |view| {
            view.run(
                "UPDATE station SET language = ?2 WHERE warehouse_id = ?1",
                params![view.w(), Word(language)],
            )?;
            Ok(())
        })
    }

    /// Calls the authority at another address from now on: it has moved.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn set_platform_url(&self, url: String) -> Result<(), StoreError> {
        self.put(move |view| {
            view.run(
                "UPDATE station SET platform_url = ?2 WHERE warehouse_id = ?1",
                params![view.w(), url],
            )?;
            Ok(())
        })
    }

    /// Believes these keys of the authority from now on, after a planned change of keys or epoch.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn set_authority(&self, epoch: u32, keys: AuthorityKeys) -> Result<(), StoreError> {
        self.put(move |view| {
            view.run(
                "UPDATE station SET authority_epoch = ?2 WHERE warehouse_id = ?1",
                params![view.w(), epoch],
            )?;
            view.set_authority_keys(&keys)
        })
    }
}
