//! Intake: every receivable notice is counted as declared and closed without a difference.

use super::clerk::{Item, Room, item_of, left};
use super::shift::Shift;
use anyhow::ensure;
use bondhouse_domain::task::view::{RoomView, Row};
use bondhouse_domain::task::{Command, Outcome};

impl Shift<'_> {
    /// Counts a notice as declared and closes it.
    pub(super) fn receive_notice(&mut self, notice: &str) -> anyhow::Result<()> {
        let opened = self.clerk.must_scan(Room::Intake, notice)?;
        ensure!(!opened.rows.is_empty(), "notice {notice} has no lines");
        if self.notices == 0 {
            self.refuse_at_intake(&opened)?;
        }
        let owner = opened.job.as_ref().and_then(|job| job.owner.clone());
        let (mut cases, mut pieces) = (0u32, 0u32);
        for row in self.clerk.open(Room::Intake)?.rows {
            let item = item_of(&self.items, owner.as_deref(), &row.name)?;
            let counted = self.count_line(item, &row)?;
            cases += counted.0;
            pieces += counted.1;
        }
        let closed = self.clerk.must_key(Room::Intake, Command::Ok)?;
        let closed = self.clerk.must(closed, "close", &[Outcome::Complete])?;
        ensure!(closed.job.is_none(), "notice {notice} is still open");
        self.notices += 1;
        let lines = opened.rows.len();
        self.account.step(&format!(
            "notice {notice} received: {lines} lines, {cases} cases and {pieces} pieces scanned"
        ))
    }

    /// Counts one line: a piece by its DataMatrix, cases by theirs, the rest by the retail bars.
    fn count_line(&self, item: &Item, row: &Row) -> anyhow::Result<(u32, u32)> {
        let (room, mut open) = (Room::Intake, left(row)?);
        let mut pieces = 0u32;
        let labelled = |name: &str| {
            row.sub
                .iter()
                .find(|sub| sub.label == name)
                .map(|sub| sub.value.as_str())
        };
        let matrix = labelled("ui.ref.lot")
            .zip(labelled("ui.ref.expiry"))
            .and_then(|(lot, expiry)| item.with_lot(lot, expiry));
        if let Some(matrix) = matrix.filter(|_| open > 0) {
            self.clerk.must_count(room, 1, &matrix)?;
            (open, pieces) = (open - 1, 1);
        }
        let mut cases = 0u32;
        if let Some((code, holds)) = item.case() {
            cases = open / holds;
            if cases > 0 {
                self.clerk.must_count(room, cases, &code)?;
                open %= holds;
            }
        }
        if open > 0 {
            self.clerk.must_count(room, open, &item.piece()?)?;
            pieces += open;
        }
        Ok((cases, pieces))
    }

    /// The first row that still wants more than one piece, with its item.
    pub(super) fn open_row<'i>(
        &'i self,
        view: &RoomView,
    ) -> anyhow::Result<Option<(&'i Item, Row)>> {
        let owner = view.job.as_ref().and_then(|job| job.owner.as_deref());
        let row = view
            .rows
            .iter()
            .find(|row| left(row).is_ok_and(|left| left > 1));
        row.map(|row| Ok((item_of(&self.items, owner, &row.name)?, row.clone())))
            .transpose()
    }
}
