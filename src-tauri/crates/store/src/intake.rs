//! Notices to be counted, and how far this workstation has counted them.
//!
//! The authority lists a notice once its goods have passed the inbound gate. Counts of other
//! workstations reach the balances through the feed, not these lines.

use crate::error::StoreError;
use crate::fold::Fold;
use crate::stock::{goods_columns, goods_in};
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::facts::{Condition, Counted};
use bondhouse_domain::feed::{Notice, NoticeLine};
use bondhouse_domain::ids::{BondedNoteNo, NoticeNo, OwnerId};
use bondhouse_domain::intake::CountedSoFar;
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::time::Instant;
use rusqlite::{Row, params};
use std::collections::BTreeMap;

/// A notice with what was counted of it here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeView {
    /// The notice as announced.
    pub notice: Notice,
    /// What was counted, by line; a line nobody touched is missing.
    pub counted: BTreeMap<u32, CountedSoFar>,
    /// When it was counted to its end, if it was.
    pub closed_at: Option<Instant>,
}

impl Fold<'_> {
    pub(crate) fn list_notice(&mut self, notice: &Notice) -> Result<(), StoreError> {
        self.touch(Room::Intake);
        self.run(
            "INSERT INTO notices (warehouse_id, notice, owner_id, bonded_note, vehicle, gate_passed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (warehouse_id, notice) DO UPDATE SET
                 owner_id = excluded.owner_id, bonded_note = excluded.bonded_note, vehicle = excluded.vehicle,
                 gate_passed_at = excluded.gate_passed_at",
            params![
                self.w(),
                notice.notice.as_str(),
                notice.owner.as_str(),
                notice.bonded_note.as_str(),
                notice.vehicle,
                notice.gate_passed_at.as_millis(),
            ],
        )?;
        self.run(
            "DELETE FROM notice_lines WHERE warehouse_id = ?1 AND notice = ?2",
            [self.w(), notice.notice.as_str()],
        )?;
        for line in &notice.lines {
            let goods = self.goods_id(&line.goods)?;
            self.run(
                "INSERT INTO notice_lines (warehouse_id, notice, line, goods_id, expected) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![self.w(), notice.notice.as_str(), line.line, goods, line.expected.units()],
            )?;
        }
        Ok(())
    }

    /// Adds a count to its line, or with `sign` -1 takes it back.
    pub(crate) fn count(&mut self, counted: &Counted, sign: i64) -> Result<(), StoreError> {
        self.touch(Room::Intake);
        let qty = counted.qty.units().saturating_mul(sign);
        let of = |condition| {
            if counted.condition == condition {
                qty
            } else {
                0
            }
        };
        let key = params![self.w(), counted.notice.as_str(), counted.line];
        self.run(
            "INSERT INTO notice_counts (warehouse_id, notice, line) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            key,
        )?;
        self.run(
            "UPDATE notice_counts SET good = good + ?4, damaged = damaged + ?5, over = over + ?6
             WHERE warehouse_id = ?1 AND notice = ?2 AND line = ?3",
            params![
                self.w(),
                counted.notice.as_str(),
                counted.line,
                of(Condition::Good),
                of(Condition::Damaged),
                of(Condition::Over),
            ],
        )?;
        Ok(())
    }

    pub(crate) fn end_notice(&mut self, notice: &NoticeNo, at: Instant) -> Result<(), StoreError> {
        self.touch(Room::Intake);
        self.run(
            "INSERT INTO notice_ends (warehouse_id, notice, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![self.w(), notice.as_str(), at.as_millis()],
        )?;
        Ok(())
    }
}

macro_rules! select_notices {
    ($rest:literal) => {
        concat!(
            "SELECT n.notice, n.owner_id, n.bonded_note, n.vehicle, n.gate_passed_at, e.at
             FROM notices n LEFT JOIN notice_ends e USING (warehouse_id, notice) WHERE n.warehouse_id = ?1 ",
            $rest
        )
    };
}

impl View<'_> {
    /// One notice with its lines and progress.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn notice(&self, notice: &NoticeNo) -> Result<Option<NoticeView>, StoreError> {
        self.find(
            select_notices!("AND n.notice = ?2"),
            [self.w(), notice.as_str()],
            notice_in,
        )?
        .map(|view| self.with_lines(view))
        .transpose()
    }

    /// Notices still to be counted, the longest waiting first.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn open_notices(&self) -> Result<Vec<NoticeView>, StoreError> {
        self.list(
            select_notices!("AND e.at IS NULL ORDER BY n.gate_passed_at, n.notice"),
            [self.w()],
            notice_in,
        )?
        .into_iter()
        .map(|view| self.with_lines(view))
        .collect()
    }

    fn with_lines(&self, mut view: NoticeView) -> Result<NoticeView, StoreError> {
        let key = [self.w(), view.notice.notice.as_str()];
        view.notice.lines = self.list(
            concat!(
                "SELECT ",
                goods_columns!(),
                ", l.line, l.expected
                 FROM notice_lines l JOIN goods g USING (warehouse_id, goods_id)
                 WHERE l.warehouse_id = ?1 AND l.notice = ?2 ORDER BY l.line"
            ),
            key,
            |row| {
                Ok(NoticeLine {
                    goods: goods_in(row)?,
                    line: row.get(9)?,
                    expected: Quantity::from_units(row.get(10)?),
                })
            },
        )?;
        view.counted = self
            .list(
                "SELECT line, good, damaged, over FROM notice_counts WHERE warehouse_id = ?1 AND notice = ?2",
                key,
                |row| {
                    let counted = CountedSoFar {
                        good: Quantity::from_units(row.get(1)?),
                        damaged: Quantity::from_units(row.get(2)?),
                        over: Quantity::from_units(row.get(3)?),
                    };
                    Ok((row.get(0)?, counted))
                },
            )?
            .into_iter()
            .collect();
        Ok(view)
    }
}

fn notice_in(row: &Row<'_>) -> rusqlite::Result<NoticeView> {
    Ok(NoticeView {
        notice: Notice {
            notice: NoticeNo::new(row.get::<_, String>(0)?),
            owner: OwnerId::new(row.get::<_, String>(1)?),
            bonded_note: BondedNoteNo::new(row.get::<_, String>(2)?),
            vehicle: row.get(3)?,
            gate_passed_at: Instant::from_millis(row.get(4)?),
            lines: Vec::new(),
        },
        counted: BTreeMap::new(),
        closed_at: row.get::<_, Option<i64>>(5)?.map(Instant::from_millis),
    })
}
