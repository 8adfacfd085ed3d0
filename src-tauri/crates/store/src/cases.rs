//! The supervisor's inbox: what was raised here, and what the authority opened and closed.

use crate::columns::Word;
use crate::error::StoreError;
use crate::fold::Fold;
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::facts::CaseRaised;
use bondhouse_domain::feed::CaseNews;
use bondhouse_domain::ids::CaseId;
use bondhouse_domain::journal::Event;
use bondhouse_domain::time::Instant;
use rusqlite::params;

impl Fold<'_> {
    pub(crate) fn raise_case(
        &mut self,
        event: &Event,
        raised: &CaseRaised,
    ) -> Result<(), StoreError> {
        self.touch(Room::Cases);
        self.run(
            "INSERT INTO cases (warehouse_id, case_id, code, about, room, open, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6) ON CONFLICT DO NOTHING",
            params![
                self.w(),
                raised.case.as_str(),
                Word(raised.code),
                raised.about,
                raised.room,
                event.occurred_at.as_millis(),
            ],
        )?;
        Ok(())
    }

    pub(crate) fn list_case(&mut self, case: &CaseNews, at: Instant) -> Result<(), StoreError> {
        self.touch(Room::Cases);
        self.run(
            "INSERT INTO cases (warehouse_id, case_id, code, about, room, open, changed_at)
             VALUES (?1, ?2, ?3, ?4, '', ?5, ?6)
             ON CONFLICT (warehouse_id, case_id) DO UPDATE SET
                 code = excluded.code, about = excluded.about, open = excluded.open, changed_at = excluded.changed_at",
            params![self.w(), case.case.as_str(), Word(case.code), case.about, case.open, at.as_millis()],
        )?;
        Ok(())
    }
}

impl View<'_> {
    /// Cases still to be decided, the oldest first, each with when it last changed.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn open_cases(&self) -> Result<Vec<(CaseNews, Instant)>, StoreError> {
        self.cases(true, u32::MAX)
    }

    /// Cases that were decided, the latest last.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn closed_cases(&self, most: u32) -> Result<Vec<(CaseNews, Instant)>, StoreError> {
        self.cases(false, most)
    }

    fn cases(&self, open: bool, most: u32) -> Result<Vec<(CaseNews, Instant)>, StoreError> {
        self.list(
            "SELECT case_id, code, about, open, changed_at FROM cases WHERE warehouse_id = ?1 AND open = ?2
             ORDER BY changed_at, case_id LIMIT ?3",
            params![self.w(), open, most],
            |row| {
                let case = CaseNews {
                    case: CaseId::new(row.get::<_, String>(0)?),
                    code: row.get::<_, Word<_>>(1)?.0,
                    about: row.get(2)?,
                    open: row.get(3)?,
                };
                Ok((case, Instant::from_millis(row.get(4)?)))
            },
        )
    }
}
