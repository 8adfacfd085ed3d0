//! Release: an order is chosen by its waybill, verified piece by piece, labelled, put on its lane.

use super::clerk::{Room, item_of, left, said};
use super::shift::Shift;
use anyhow::ensure;
use bondhouse_domain::task::view::Choice;
use bondhouse_domain::task::{Command, Outcome};

impl Shift<'_> {
    /// Releases one order and scans its label back.
    pub(super) fn release(&mut self, waybill: &str) -> anyhow::Result<()> {
        let room = Room::Release;
        self.clerk.open(room)?;
        let chosen = self.clerk.must_scan(room, waybill)?;
        ensure!(!chosen.rows.is_empty(), "{waybill} has no goods");
        if self.released.is_empty() {
            self.refuse_at_release(&chosen)?;
        }
        let owner = chosen.job.as_ref().and_then(|job| job.owner.clone());
        let mut view = chosen;
        // A line at a time, as the room asks for it: two rows may want the same item.
        while let Some(row) = view
            .rows
            .iter()
            .find(|row| left(row).is_ok_and(|left| left > 0))
            .cloned()
        {
            let item = item_of(&self.items, owner.as_deref(), &row.name)?;
            view = self.clerk.must_count(room, left(&row)?, &item.piece()?)?;
            // Where another lot lies on the same shelf, the clerk reads on the pack which it is.
            let told = |choice: &&Choice| {
                row.sub
                    .iter()
                    .all(|sub| choice.detail.contains(&sub.value) || sub.label == "ui.ref.location")
            };
            if let Some(which) = view.choices.iter().find(told).cloned() {
                view = self.clerk.must_scan(room, &which.code)?;
            }
        }
        ensure!(
            said(&view) == "release.all_verified",
            "{waybill}: all pieces are there, but it says {}",
            said(&view)
        );
        if self.released.len() == 1 {
            self.refuse_another_label(waybill)?;
        }
        let done = self.clerk.must_scan(room, waybill)?;
        let done = self.clerk.must(done, waybill, &[Outcome::Complete])?;
        ensure!(done.job.is_none(), "{waybill} is still at the bench");
        if self.released.is_empty() {
            self.refuse_a_second_release(waybill)?;
        }
        self.released.push(waybill.to_owned());
        Ok(())
    }

    /// The label at hand belongs to another parcel.
    fn refuse_another_label(&self, waybill: &str) -> anyhow::Result<()> {
        let Some(other) = self.released.first().filter(|other| *other != waybill) else {
            return Ok(());
        };
        let view = self.clerk.scan(Room::Release, other)?;
        self.clerk.must(view, other, &[Outcome::Wrong])?;
        self.clerk.must_key(Room::Release, Command::Ok)?;
        Ok(())
    }
}
