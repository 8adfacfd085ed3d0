//! Scans that became no fact: evidence with a chain of its own, kept though everything else was
//! rolled back.
//!
//! A scan that counted travels inside its fact. What remains is here: every refused scan, and the
//! accepted ones that only chose a job, picked goods up or confirmed a label.

use crate::columns::{Json, Maybe, Nat, Word};
use crate::error::StoreError;
use crate::tx::Tx;
use crate::view::View;
use crate::{Store, journal};
use bondhouse_domain::facts::ScanEvidence;
use bondhouse_domain::ids::{PersonId, Seq};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::message::Message;
use bondhouse_domain::task::Outcome;
use bondhouse_domain::time::{Instant, Span};
use rusqlite::types::{FromSql, FromSqlResult, ValueRef};
use rusqlite::{Row, params};

/// A scan that became no fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardScan {
    /// When, by our estimate of the authority's clock.
    pub at: Instant,
    /// What the wall clock said.
    pub wall: Instant,
    /// Who scanned.
    pub actor: PersonId,
    /// In which room.
    pub room: String,
    /// What was read.
    pub scan: ScanEvidence,
    /// How it was answered; not known of scans kept by the first version.
    pub outcome: Option<Outcome>,
    /// What was said.
    pub said: Message,
}

/// A scan where it stands in the log's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedScan {
    /// 1, 2, 3 …
    pub n: u64,
    /// The scan.
    pub heard: HeardScan,
    /// The hash before it.
    pub prev_hash: Hash,
    /// The hash over it.
    pub hash: Hash,
}

/// A scan that became a fact of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedScan {
    /// Where in the journal.
    pub seq: Seq,
    /// The kind of fact it became.
    pub kind: String,
    /// When, by our estimate of the authority's clock.
    pub at: Instant,
    /// Who scanned.
    pub actor: PersonId,
    /// What was read.
    pub scan: ScanEvidence,
}

impl LoggedScan {
    /// The hash its fields have now; equal to `hash` unless altered.
    pub fn computed_hash(&self) -> Hash {
        let heard = &self.heard;
        let params: Vec<String> = heard
            .said
            .params
            .iter()
            .map(|(name, value)| format!("{name}\u{1f}{value}"))
            .collect();
        let (form, outcome): (&[u8], &str) = match heard.outcome {
            None => (b"bondhouse refused scan 1", ""),
            Some(outcome) => (b"bondhouse scan 2", outcome.name()),
        };
        let (n, at, wall) = (
            self.n.to_be_bytes(),
            heard.at.as_millis().to_be_bytes(),
            heard.wall.as_millis().to_be_bytes(),
        );
        let params = params.join("\u{1e}");
        let mut fields: Vec<&[u8]> = vec![
            &n,
            &at,
            &wall,
            heard.actor.as_str().as_bytes(),
            heard.room.as_bytes(),
            heard.scan.raw.as_bytes(),
            heard
                .scan
                .symbology
                .as_deref()
                .unwrap_or_default()
                .as_bytes(),
            heard.scan.from.as_bytes(),
            heard.said.code.as_bytes(),
            params.as_bytes(),
            self.prev_hash.as_bytes(),
        ];
        // The first version's rows keep the hash they were given.
        if heard.outcome.is_some() {
            fields.push(outcome.as_bytes());
        }
        Hash::of_fields(form, &fields)
    }
}

impl Store {
    /// Sets within how many milliseconds two equal scans are one; at most five seconds.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn set_repeat_window(&self, ms: u16) -> Result<(), StoreError> {
        self.put(move |view| {
            view.run(
                "UPDATE station SET repeat_window_ms = ?2 WHERE warehouse_id = ?1",
                params![view.w(), ms],
            )?;
            Ok(())
        })
    }

    /// Keeps a refused scan. A write of its own, because the one it was refused in is rolled back.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn log_scan(&self, heard: HeardScan) -> Result<(), StoreError> {
        self.put(move |view| view.append_scan(heard))
    }
}

impl Tx<'_> {
    /// Keeps an accepted scan beside the step it took.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn log_scan(
        &mut self,
        room: &str,
        scan: ScanEvidence,
        outcome: Outcome,
        said: &Message,
    ) -> Result<(), StoreError> {
        self.append_scan(HeardScan {
            at: self.now(),
            wall: self.wall(),
            actor: self.actor().clone(),
            room: room.to_owned(),
            scan,
            outcome: Some(outcome),
            said: said.clone(),
        })
    }
}

macro_rules! select_scans {
    ($rest:literal) => {
        concat!(
            "SELECT n, at, wall, actor, room, raw, symbology, from_reader, outcome, refusal, prev_hash, hash FROM scan_log
             WHERE warehouse_id = ?1 AND device_id = ?2 AND incarnation = ?3 ",
            $rest
        )
    };
}

impl View<'_> {
    /// Within which time two equal scans are one.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn repeat_window(&self) -> Result<Span, StoreError> {
        let ms = self.find(
            "SELECT repeat_window_ms FROM station WHERE warehouse_id = ?1",
            [self.w()],
            |row| row.get(0),
        )?;
        Ok(Span::millis(ms.unwrap_or_default()))
    }

    /// Logged scans after the n-th, in order, for the upload at low priority and for the record.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn scans_after(&self, n: u64, most: u32) -> Result<Vec<LoggedScan>, StoreError> {
        let series = self.series();
        self.list(
            select_scans!("AND n > ?4 ORDER BY n LIMIT ?5"),
            params![
                self.w(),
                series.device.as_str(),
                series.incarnation.0,
                Nat(n),
                most
            ],
            logged_in,
        )
    }

    /// The latest logged scans, newest first.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn latest_scans(&self, most: u32) -> Result<Vec<LoggedScan>, StoreError> {
        let series = self.series();
        self.list(
            select_scans!("ORDER BY n DESC LIMIT ?4"),
            params![self.w(), series.device.as_str(), series.incarnation.0, most],
            logged_in,
        )
    }

    /// The scans among the latest events of the journal, newest first.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn latest_counted_scans(&self, events: u32) -> Result<Vec<CountedScan>, StoreError> {
        let mut counted = Vec::new();
        for event in self.latest_events(events)? {
            let fact = journal::fact_of(&event)?;
            if let Some(scan) = fact.scan() {
                counted.push(CountedScan {
                    seq: event.seq,
                    at: event.occurred_at,
                    scan: scan.clone(),
                    kind: event.kind,
                    actor: event.actor,
                });
            }
        }
        Ok(counted)
    }

    fn scan_log_head(&self) -> Result<(u64, Hash), StoreError> {
        let series = self.series();
        let last = self.find(
            "SELECT n, hash FROM scan_log WHERE warehouse_id = ?1 AND device_id = ?2 AND incarnation = ?3
             ORDER BY n DESC LIMIT 1",
            params![self.w(), series.device.as_str(), series.incarnation.0],
            |row| Ok((row.get::<_, Nat>(0)?.0, Hash::from_bytes(row.get(1)?))),
        )?;
        Ok(last.unwrap_or((0, Hash::GENESIS)))
    }

    fn append_scan(&self, heard: HeardScan) -> Result<(), StoreError> {
        let (last, prev_hash) = self.scan_log_head()?;
        let mut scan = LoggedScan {
            n: last.saturating_add(1),
            heard,
            prev_hash,
            hash: Hash::GENESIS,
        };
        scan.hash = scan.computed_hash();
        let (series, heard) = (self.series(), &scan.heard);
        self.run(
            "INSERT INTO scan_log (warehouse_id, device_id, incarnation, n, at, wall, actor, room, raw, symbology,
                                   from_reader, outcome, refusal, prev_hash, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                self.w(),
                series.device.as_str(),
                series.incarnation.0,
                Nat(scan.n),
                heard.at.as_millis(),
                heard.wall.as_millis(),
                heard.actor.as_str(),
                heard.room,
                heard.scan.raw,
                Maybe(heard.scan.symbology.as_deref()),
                heard.scan.from,
                Maybe(heard.outcome.map(Outcome::name)),
                Json(&heard.said),
                scan.prev_hash.as_bytes().as_slice(),
                scan.hash.as_bytes().as_slice(),
            ],
        )?;
        Ok(())
    }
}

/// An outcome, or nothing in rows of the first version.
struct Kept(Option<Outcome>);

impl FromSql for Kept {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        if value.as_str()?.is_empty() {
            return Ok(Self(None));
        }
        Word::column_result(value).map(|Word(outcome)| Self(Some(outcome)))
    }
}

fn logged_in(row: &Row<'_>) -> rusqlite::Result<LoggedScan> {
    Ok(LoggedScan {
        n: row.get::<_, Nat>(0)?.0,
        heard: HeardScan {
            at: Instant::from_millis(row.get(1)?),
            wall: Instant::from_millis(row.get(2)?),
            actor: PersonId::new(row.get::<_, String>(3)?),
            room: row.get(4)?,
            scan: ScanEvidence {
                raw: row.get(5)?,
                symbology: row.get::<_, Maybe<String>>(6)?.0,
                from: row.get(7)?,
            },
            outcome: row.get::<_, Kept>(8)?.0,
            said: row.get::<_, Json<Message>>(9)?.0,
        },
        prev_hash: Hash::from_bytes(row.get(10)?),
        hash: Hash::from_bytes(row.get(11)?),
    })
}
