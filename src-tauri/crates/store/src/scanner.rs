//! Refused scans: evidence with a chain of its own, kept though everything else was rolled back.

use crate::Store;
use crate::columns::{Json, Maybe, Nat};
use crate::error::StoreError;
use crate::view::View;
use bondhouse_domain::facts::ScanEvidence;
use bondhouse_domain::ids::PersonId;
use bondhouse_domain::journal::Hash;
use bondhouse_domain::message::Message;
use bondhouse_domain::time::Instant;
use rusqlite::params;

/// A scan that counted for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedScan {
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
    /// What was said.
    pub refusal: Message,
}

/// A refused scan where it stands in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedScan {
    /// 1, 2, 3 …
    pub n: u64,
    /// The scan.
    pub refused: RefusedScan,
    /// The hash before it.
    pub prev_hash: Hash,
    /// The hash over it.
    pub hash: Hash,
}

impl LoggedScan {
    /// The hash its fields have now; equal to `hash` unless altered.
    pub fn computed_hash(&self) -> Hash {
        let refused = &self.refused;
        let params: Vec<String> = refused
            .refusal
            .params
            .iter()
            .map(|(name, value)| format!("{name}\u{1f}{value}"))
            .collect();
        Hash::of_fields(
            b"bondhouse refused scan 1",
            &[
                &self.n.to_be_bytes(),
                &refused.at.as_millis().to_be_bytes(),
                &refused.wall.as_millis().to_be_bytes(),
                refused.actor.as_str().as_bytes(),
                refused.room.as_bytes(),
                refused.scan.raw.as_bytes(),
                refused
                    .scan
                    .symbology
                    .as_deref()
                    .unwrap_or_default()
                    .as_bytes(),
                refused.scan.from.as_bytes(),
                refused.refusal.code.as_bytes(),
                params.join("\u{1e}").as_bytes(),
                self.prev_hash.as_bytes(),
            ],
        )
    }
}

impl Store {
    /// Keeps a refused scan. A write of its own, because the one it was refused in is rolled back.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn log_refused_scan(&self, refused: RefusedScan) -> Result<(), StoreError> {
        self.put(move |view| {
            let (last, prev_hash) = view.scan_log_head()?;
            let mut scan = LoggedScan {
                n: last.saturating_add(1),
                refused,
                prev_hash,
                hash: Hash::GENESIS,
            };
            scan.hash = scan.computed_hash();
            view.append_refused(&scan)
        })
    }
}

impl View<'_> {
    /// Refused scans after the n-th, in order, for the upload at low priority and for the record.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn refused_scans_after(&self, n: u64, most: u32) -> Result<Vec<LoggedScan>, StoreError> {
        let series = self.series();
        self.list(
            "SELECT n, at, wall, actor, room, raw, symbology, from_reader, refusal, prev_hash, hash FROM scan_log
             WHERE warehouse_id = ?1 AND device_id = ?2 AND incarnation = ?3 AND n > ?4 ORDER BY n LIMIT ?5",
            params![self.w(), series.device.as_str(), series.incarnation.0, Nat(n), most],
            |row| {
                Ok(LoggedScan {
                    n: row.get::<_, Nat>(0)?.0,
                    refused: RefusedScan {
                        at: Instant::from_millis(row.get(1)?),
                        wall: Instant::from_millis(row.get(2)?),
                        actor: PersonId::new(row.get::<_, String>(3)?),
                        room: row.get(4)?,
                        scan: ScanEvidence {
                            raw: row.get(5)?,
                            symbology: row.get::<_, Maybe<String>>(6)?.0,
                            from: row.get(7)?,
                        },
                        refusal: row.get::<_, Json<Message>>(8)?.0,
                    },
                    prev_hash: Hash::from_bytes(row.get(9)?),
                    hash: Hash::from_bytes(row.get(10)?),
                })
            },
        )
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

    fn append_refused(&self, scan: &LoggedScan) -> Result<(), StoreError> {
        let (series, refused) = (self.series(), &scan.refused);
        self.run(
            "INSERT INTO scan_log (warehouse_id, device_id, incarnation, n, at, wall, actor, room, raw, symbology,
                                   from_reader, refusal, prev_hash, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                self.w(),
                series.device.as_str(),
                series.incarnation.0,
                Nat(scan.n),
                refused.at.as_millis(),
                refused.wall.as_millis(),
                refused.actor.as_str(),
                refused.room,
                refused.scan.raw,
                Maybe(refused.scan.symbology.as_deref()),
                refused.scan.from,
                Json(&refused.refusal),
                scan.prev_hash.as_bytes().as_slice(),
                scan.hash.as_bytes().as_slice(),
            ],
        )?;
        Ok(())
    }
}
