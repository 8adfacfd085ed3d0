//! The authority: the single writer of truth for a warehouse.
//!
//! Everything that changes anything is an [`Act`]: one transaction that begins by taking the
//! warehouse's row, and in which tables and feed change together or not at all. Reads are a
//! [`View`] of one moment. Both carry `now`, so that no room asks a clock.

use crate::clock::Clock;
use crate::config::{Config, Settings};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::gateway::{Gateway, Trust};
use crate::keys::{Keys, Secrets};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::rows::{Rows, json, values};
use anyhow::Context;
use bondhouse_disk::{Migration, Schema};
use bondhouse_domain::feed::{Entry, News, Origin};
use bondhouse_domain::ids::{FeedPos, WarehouseId};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::time::Instant;
use chrono::{Datelike, NaiveDate, Timelike};
use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

/// Serials of our own document numbers within one date.
const OWN_NUMBERS_A_DAY: i64 = 1_000_000;

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(Migration { name: $name, sql: include_str!(concat!("migrations/", $name, ".sql")) }),+]
    };
}

/// What a platform's database looks like. The id reads `BHpl`.
pub const SCHEMA: Schema = Schema {
    application_id: 0x4248_706c,
    migrations: migrations![
        "202611220100-authority",
        "202611220101-dockings",
        "202611220102-goods",
        "202611220103-orders",
        "202611220104-clearance",
        "202611220105-intake",
        "202611220106-gate",
        "202611220107-workstations",
        "202611221900-enquiry",
        "202611221901-changes",
        "202611221902-taxes",
        "202611222050-told",
        "202611222051-recovery",
        "202611222110-gateway",
        "202611222120-returns",
        "202611222130-inspection",
        "202611222140-settlement",
        "202611222150-door",
        "202611230010-offline",
        "202611230012-keys",
        "202611230020-payments",
        "202611230021-carriers",
        "202611230022-callbacks",
        "202611230023-lists",
        "202611230030-guarantees",
        "202611230031-ledger-lines",
        "202611230032-laws",
        "202611230040-weights",
        "202611230330-vehicles",
        "202611230331-order-lines",
        "202611230350-forgotten",
        "202611231010-audit",
        "202611231011-looks",
    ],
};

/// The platform's database, secrets and clock: what every request needs.
pub(crate) struct Authority {
    db: Database,
    pub(crate) keys: Arc<Keys>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    /// The picture that workstations are fetching.
    pub(crate) pictures: crate::sync::Pictures,
    /// The keys of workstations that called.
    pub(crate) signers: crate::sync::Signers,
    /// Rings with the feed's head after every commit that told something.
    pub(crate) bell: tokio::sync::watch::Sender<u64>,
    /// Held while call-backs are sent, so that no page is sent twice at once.
    pub(crate) telling: tokio::sync::Mutex<()>,
    /// Customs' folders, when it is reached through them.
    pub(crate) gateway: Option<Gateway>,
    /// Whose signatures on customs' messages are believed, where they must be signed.
    pub(crate) trust: Option<Arc<Trust>>,
    clock: Clock,
    home: WarehouseId,
}

/// What is true at one moment.
pub(crate) struct View<'a> {
    pub(crate) rows: Rows<'a>,
    pub(crate) keys: Secrets<'a>,
    pub(crate) now: Instant,
    pub(crate) warehouse: WarehouseId,
    /// The head of the feed once it was looked at: of one moment it is one, and an act moves it itself.
    head: Cell<Option<(FeedPos, Hash)>>,
    /// Whether `keys` are known to be those in force: an act read that with the warehouse's row.
    in_force: bool,
}

/// A change under way; it reads like a [`View`].
pub(crate) struct Act<'a> {
    view: View<'a>,
    pub(crate) settings: Settings,
    pub(crate) epoch: u32,
    /// The rest of the warehouse's row, as the act found it.
    pub(crate) found: Found,
    /// Whether anything was told: then the feed's head is written at the end.
    told: Cell<bool>,
}

/// What a call about the warehouse as a whole would otherwise ask for one by one.
pub(crate) struct Found {
    /// When customs was last in contact.
    pub(crate) customs_seen_at: Option<Instant>,
    /// Whether journals are being taken back after a restore.
    pub(crate) recovering: bool,
    /// Where the authority answers now, once it was moved.
    pub(crate) moved_to: Option<String>,
}

impl<'a> Deref for Act<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl Authority {
    /// Opens the database and the keys. Blocks: not for a thread that runs async code.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data)
            .with_context(|| format!("cannot make {}", config.data.display()))?;
        let db = Database::open(config)?;
        let authority = Self {
            keys: Arc::new(Keys::open(&config.data, db.whose_keys()?)?),
            db,
            limits: Limits::default(),
            metrics: Metrics::default(),
            telling: tokio::sync::Mutex::default(),
            pictures: crate::sync::Pictures::default(),
            signers: crate::sync::Signers::default(),
            bell: tokio::sync::watch::Sender::new(0),
            gateway: config.folders.clone().map(Gateway::open).transpose()?,
            trust: config
                .certificates
                .as_ref()
                .map(Trust::open)
                .transpose()?
                .map(Arc::new),
            clock: config.clock.clone(),
            home: config.settings.warehouse.clone(),
        };
        Ok(authority)
    }

    /// An authority over a database that is open already, with no folders of customs'.
    #[cfg(feature = "sim")]
    pub(crate) fn over(db: Database, keys: Keys, clock: Clock, home: WarehouseId) -> Self {
        Self {
            keys: Arc::new(keys),
            db,
            limits: Limits::default(),
            metrics: Metrics::default(),
            telling: tokio::sync::Mutex::default(),
            pictures: crate::sync::Pictures::default(),
            signers: crate::sync::Signers::default(),
            bell: tokio::sync::watch::Sender::new(0),
            gateway: None,
            trust: None,
            clock,
            home,
        }
    }

    /// Sets up the warehouse at the first start.
    ///
    /// # Errors
    /// When the database was made with other secrets than this node has, or the disk fails.
    pub(crate) async fn set_up(&self, settings: Settings) -> Result<()> {
        let keys = Arc::clone(&self.keys);
        self.db
            .write(&self.home, move |rows| {
                rows.put(
                    "INSERT INTO warehouses (warehouse, settings, epoch, feed_pos, feed_hash, data_key) \
                     VALUES (?1, ?2, 1, 0, ?3, (SELECT coalesce(max(data_key), ?4) FROM warehouses)) ON CONFLICT (warehouse) DO NOTHING",
                    values![settings.warehouse.as_str(), json(&settings)?, Hash::GENESIS, keys.newest().version()],
                )?;
                // Another node may be setting up as well: one at a time.
                let prints = rows.held(
                    "SELECT data_key, data_print, authority_print, settings FROM warehouses WHERE warehouse = ?1",
                    values![settings.warehouse.as_str()],
                    |row| Ok((row.count32(0)?, row.maybe_bytes(1)?, row.maybe_text(2)?, row.text(3)?)),
                )?;
                let (version, data, authority, in_force) =
                    prints.ok_or_else(|| Error::broken("no such warehouse"))?;
                if settings != Settings::default() && in_force != json(&settings)? {
                    tracing::warn!("the settings file is not what is in force: it is read at the first start only");
                }
                require_own(&keys.at(version)?, data.as_deref(), authority.as_deref())?;
                rows.change_one(
                    "UPDATE warehouses SET data_print = ?2, authority_print = ?3 WHERE warehouse = ?1",
                    values![settings.warehouse.as_str(), keys.at(version)?.print(), keys.key_id()],
                )?;
                crate::sync::keep_all(&rows, &settings.warehouse)
            })
            .await
    }

    /// The clock.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The warehouse that calls without one are about.
    pub(crate) fn home(&self) -> &WarehouseId {
        &self.home
    }

    /// Runs one act; its answer comes once the commit is durable.
    pub(crate) async fn act<T: Send + 'static>(
        &self,
        warehouse: &WarehouseId,
        work: impl FnOnce(&Act<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (keys, now, of) = (Arc::clone(&self.keys), self.now(), warehouse.clone());
        let (answer, told) = self
            .db
            .write(warehouse, move |rows| {
                let act = Act::begin(View::of(rows, keys.newest(), now, of))?;
                let answer = work(&act)?;
                Ok::<_, Error>((answer, act.end()?))
            })
            .await?;
        if let Some(pos) = told {
            self.bell.send_replace(pos.0);
        }
        Ok(answer)
    }

    /// Reads at one moment, off the request's thread.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        warehouse: &WarehouseId,
        work: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (this, warehouse) = (Arc::clone(self), warehouse.clone());
        tokio::task::spawn_blocking(move || {
            let now = this.now();
            this.db
                .read(|rows| work(&View::of(rows, this.keys.newest(), now, warehouse)))
        })
        .await
        .map_err(|_| Error::broken("a read panicked"))?
    }

    /// The database itself, for backup and checks.
    pub(crate) fn database(&self) -> &Database {
        &self.db
    }
}

impl<'a> View<'a> {
    /// What these rows say of a warehouse.
    pub(crate) fn of(
        rows: Rows<'a>,
        keys: Secrets<'a>,
        now: Instant,
        warehouse: WarehouseId,
    ) -> Self {
        Self {
            rows,
            keys,
            now,
            warehouse,
            head: Cell::new(None),
            in_force: false,
        }
    }

    /// The warehouse's settings.
    pub(crate) fn settings(&self) -> Result<Settings> {
        self.settings_of(&self.warehouse)
    }

    /// The settings of one of the warehouses.
    pub(crate) fn settings_of(&self, warehouse: &WarehouseId) -> Result<Settings> {
        self.rows
            .one(
                "SELECT settings FROM warehouses WHERE warehouse = ?1",
                values![warehouse.as_str()],
                |row| row.json(0),
            )?
            .ok_or_else(|| Error::broken("no such warehouse"))
    }

    /// The secrets with the data key in force, which another node may have changed a moment ago.
    pub(crate) fn secrets(&self) -> Result<Secrets<'_>> {
        if self.in_force {
            return Ok(self.keys);
        }
        let version = self.rows.one(
            "SELECT data_key FROM warehouses WHERE warehouse = ?1",
            values![self.warehouse.as_str()],
            |row| row.count32(0),
        )?;
        self.keys
            .with(version.ok_or_else(|| Error::broken("no such warehouse"))?)
    }

    /// The head of the feed.
    pub(crate) fn feed_head(&self) -> Result<(FeedPos, Hash)> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let head = self
            .rows
            .one(
                "SELECT feed_pos, feed_hash FROM warehouses WHERE warehouse = ?1",
                values![self.warehouse.as_str()],
                |row| Ok((FeedPos(row.count(0)?), row.hash(1)?)),
            )?
            .ok_or_else(|| Error::broken("no such warehouse"))?;
        self.head.set(Some(head));
        Ok(head)
    }

    /// When customs was last in contact.
    pub(crate) fn customs_seen_at(&self) -> Result<Option<Instant>> {
        Ok(self
            .rows
            .one(
                "SELECT customs_seen_at FROM warehouses WHERE warehouse = ?1",
                values![self.warehouse.as_str()],
                |row| row.maybe_instant(0),
            )?
            .flatten())
    }
}

impl<'a> Act<'a> {
    fn begin(mut view: View<'a>) -> Result<Self> {
        let (settings, epoch, data_key, head, found) = view
            .rows
            .held(
                "SELECT settings, epoch, data_key, feed_pos, feed_hash, customs_seen_at, recovery, moved_to \
                 FROM warehouses WHERE warehouse = ?1",
                values![view.warehouse.as_str()],
                |row| {
                    let found = Found {
                        customs_seen_at: row.maybe_instant(5)?,
                        recovering: row.maybe_text(6)?.is_some(),
                        moved_to: row.maybe_text(7)?,
                    };
                    let head = (FeedPos(row.count(3)?), row.hash(4)?);
                    Ok((row.json(0)?, row.count32(1)?, row.count32(2)?, head, found))
                },
            )?
            .ok_or_else(|| Error::broken("no such warehouse"))?;
        (view.keys, view.in_force) = (view.keys.with(data_key)?, true);
        view.head.set(Some(head));
        Ok(Self {
            view,
            settings,
            epoch,
            found,
            told: Cell::new(false),
        })
    }

    /// Writes where the feed stands now; answers it when anything was told.
    fn end(&self) -> Result<Option<FeedPos>> {
        if !self.told.get() {
            return Ok(None);
        }
        let (pos, hash) = self.feed_head()?;
        self.rows.change_one(
            "UPDATE warehouses SET feed_pos = ?2, feed_hash = ?3 WHERE warehouse = ?1",
            values![self.warehouse.as_str(), pos.0, hash],
        )?;
        Ok(Some(pos))
    }

    /// The position the next news will take: what an order's flags remember.
    pub(crate) fn next_pos(&self) -> Result<FeedPos> {
        Ok(FeedPos(self.feed_head()?.0.0.saturating_add(1)))
    }

    /// Appends news to the feed: gapless and chained, because the warehouse's row is ours until the commit.
    pub(crate) fn publish(&self, news: &News, origin: Option<&Origin>) -> Result<FeedPos> {
        let (head, prev_hash) = self.feed_head()?;
        let pos = FeedPos(head.0.saturating_add(1));
        let entry = Entry::seal(
            &self.warehouse,
            pos,
            self.now,
            origin.cloned(),
            news,
            prev_hash,
        )?;
        self.rows.put(
            "INSERT INTO feed (warehouse, pos, kind, v, at, device, incarnation, seq, body, prev_hash, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            values![
                self.warehouse.as_str(),
                pos.0,
                &entry.kind,
                entry.v,
                entry.at,
                origin.map(|o| o.device.as_str()),
                origin.map(|o| o.incarnation.0),
                origin.map(|o| o.seq.0),
                &entry.body,
                prev_hash,
                entry.hash,
            ],
        )?;
        crate::sync::keep(&self.rows, &entry, news)?;
        self.head.set(Some((pos, entry.hash)));
        self.told.set(true);
        Ok(pos)
    }

    /// The next number of a series: 1, 2, 3 … without gaps.
    pub(crate) fn next(&self, series: &str) -> Result<u64> {
        self.rows
            .one(
                "INSERT INTO counters (warehouse, name, last) VALUES (?1, ?2, 1) \
                 ON CONFLICT (warehouse, name) DO UPDATE SET last = counters.last + 1 RETURNING last",
                values![self.warehouse.as_str(), series],
                |row| row.count(0),
            )?
            .ok_or_else(|| Error::broken("a counter did not count"))
    }

    /// A number of our own for a document: warehouse, letter, date, serial.
    ///
    /// The serial follows the clock: a day has a million, and none is given before its time of day. An
    /// authority that was restored from a backup has forgotten which ones it gave, and is later than they.
    pub(crate) fn own_number(&self, letter: &str) -> Result<String> {
        let civil = self.settings.zone.civil(self.now);
        let today = i64::from(civil.date().num_days_from_ce());
        let second = i64::from(civil.time().num_seconds_from_midnight());
        let floor = today * OWN_NUMBERS_A_DAY + second * OWN_NUMBERS_A_DAY / 86_400;
        let given = self
            .rows
            .one(
                "INSERT INTO counters (warehouse, name, last) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (warehouse, name) DO UPDATE SET last = \
                 CASE WHEN counters.last < excluded.last THEN excluded.last ELSE counters.last + 1 END RETURNING last",
                values![self.warehouse.as_str(), format!("own {letter}"), floor],
                |row| row.int(0),
            )?
            .ok_or_else(|| Error::broken("a counter did not count"))?;
        // In a rush shortly before midnight the serials run ahead into tomorrow.
        let date = i32::try_from(given / OWN_NUMBERS_A_DAY)
            .ok()
            .and_then(NaiveDate::from_num_days_from_ce_opt)
            .ok_or_else(|| Error::broken("a number beyond all days"))?
            .format("%y%m%d");
        let serial = given % OWN_NUMBERS_A_DAY;
        Ok(format!("{}{letter}{date}{serial:06}", self.warehouse))
    }

    /// Remembers that customs' link works.
    pub(crate) fn customs_seen(&self) -> Result<()> {
        self.rows.change_one(
            "UPDATE warehouses SET customs_seen_at = ?2 WHERE warehouse = ?1",
            values![self.warehouse.as_str(), self.now],
        )
    }
}

/// Refuses secrets that are not those the database was made with: what they seal and sign, no other
/// node could open, and no workstation would believe.
fn require_own(ours: &Secrets<'_>, data: Option<&[u8]>, authority: Option<&str>) -> Result<()> {
    if data.is_some_and(|print| print != ours.print().as_bytes()) {
        return Err(Error::broken(format!(
            "data key {} here is not the one this database is sealed with: put the copy of it back",
            ours.version()
        )));
    }
    if authority.is_some_and(|print| print != ours.key_id()) {
        return Err(Error::broken(
            "authority.key here is not the one this database signs with: put the copy of it back",
        ));
    }
    Ok(())
}
