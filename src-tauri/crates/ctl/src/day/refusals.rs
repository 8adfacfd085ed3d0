//! Wrong scans on the way: each is answered, must be acknowledged, and changes nothing.

use super::clerk::{Room, left, said, scanned};
use super::shift::Shift;
use crate::station::fresh_id;
use anyhow::{Context, ensure};
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Command, Outcome};

/// A code that nobody has ever printed.
const NOBODYS: &str = "NOBODY-PRINTED-THIS";

impl Shift<'_> {
    /// An answer that must be this refusal, and after OK leaves the lines as they were.
    fn refused(
        &self,
        room: Room,
        before: &RoomView,
        answer: RoomView,
        code: &str,
    ) -> anyhow::Result<()> {
        let answer = self.clerk.must(answer, code, &[Outcome::Wrong])?;
        ensure!(
            said(&answer) == code,
            "refused with {} instead of {code}",
            said(&answer)
        );
        ensure!(
            answer.prompt.locked_by.is_some(),
            "{code} need not be acknowledged"
        );
        let after = self.clerk.must_key(room, Command::Ok)?;
        ensure!(
            after.prompt.locked_by.is_none(),
            "{code} was acknowledged and still locks"
        );
        let amounts = |view: &RoomView| {
            view.rows
                .iter()
                .map(|row| (row.key.clone(), row.done, row.of))
                .collect::<Vec<_>>()
        };
        ensure!(
            amounts(before) == amounts(&after),
            "{code} has changed a line"
        );
        Ok(())
    }

    /// At intake: an unknown code, another merchant's item, more than declared; a request sent twice.
    pub(super) fn refuse_at_intake(&self, opened: &RoomView) -> anyhow::Result<()> {
        let room = Room::Intake;
        let answer = self.clerk.scan(room, NOBODYS)?;
        self.refused(room, opened, answer, "task.unknown_code")?;
        let owner = opened.job.as_ref().and_then(|job| job.owner.as_deref());
        let stranger = self
            .items
            .iter()
            .find(|item| Some(item.owner.as_str()) != owner);
        let stranger = stranger.context("there is only one merchant")?;
        let answer = self.clerk.scan(room, &stranger.piece()?)?;
        self.refused(room, opened, answer, "intake.not_in_notice")?;
        let (item, row) = self
            .open_row(opened)?
            .context("no line of the notice has two pieces")?;
        let (piece, open) = (item.piece()?, left(&row)?);
        let answer = self.clerk.count(room, open + 1, &piece)?;
        self.refused(room, opened, answer, "intake.more_than_declared")?;
        // A request that is repeated, because its answer was lost, counts once.
        let id = fresh_id();
        let once = self.clerk.input(room, &scanned(&piece), id)?;
        let once = self.clerk.must(once, &piece, &[Outcome::Accepted])?;
        let twice = self.clerk.input(room, &scanned(&piece), id)?;
        ensure!(
            once.rows == twice.rows,
            "a repeated request was counted twice"
        );
        self.clerk.must_key(room, Command::Undo)?;
        self.account.step("intake refuses: unknown code, another merchant's item, too many; a repeated request counts once")
    }

    /// At put-away: a shelf where another merchant's goods lie.
    pub(super) fn refuse_to_mix(&self, shelf: &str) -> anyhow::Result<()> {
        let room = Room::Stock;
        let before = self.clerk.open(room)?;
        let answer = self.clerk.scan(room, shelf)?;
        self.refused(room, &before, answer, "stock.would_mix")?;
        self.account
            .step("put-away refuses to mix merchants on a shelf")
    }

    /// At release: an unknown code, an item that is not in the order, one too many.
    pub(super) fn refuse_at_release(&self, chosen: &RoomView) -> anyhow::Result<()> {
        let room = Room::Release;
        let answer = self.clerk.scan(room, NOBODYS)?;
        self.refused(room, chosen, answer, "task.unknown_code")?;
        let stranger = self
            .items
            .iter()
            .find(|item| chosen.rows.iter().all(|row| row.name != item.name));
        let stranger = stranger.context("the order holds every item there is")?;
        let answer = self.clerk.scan(room, &stranger.piece()?)?;
        self.refused(room, chosen, answer, "release.not_in_order")?;
        let owner = chosen.job.as_ref().and_then(|job| job.owner.as_deref());
        let row = chosen.rows.first().context("the order has no goods")?;
        let item = super::clerk::item_of(&self.items, owner, &row.name)?;
        // All rows of the item together are what was ordered.
        let ordered: u32 = chosen
            .rows
            .iter()
            .filter(|r| r.name == row.name)
            .map(|r| left(r).unwrap_or(0))
            .sum();
        let answer = self.clerk.count(room, ordered + 1, &item.piece()?)?;
        self.refused(room, chosen, answer, "release.more_than_ordered")?;
        self.account
            .step("release refuses: unknown code, an item of another order, one too many")
    }

    /// In the empty release room: what has been released already, and what is no order at all.
    pub(super) fn refuse_a_second_release(&self, waybill: &str) -> anyhow::Result<()> {
        let room = Room::Release;
        for (code, why) in [(waybill, None), (NOBODYS, Some("release.unknown_order"))] {
            let answer = self.clerk.scan(room, code)?;
            let answer = self.clerk.must(answer, code, &[Outcome::Wrong])?;
            ensure!(
                why.is_none_or(|why| said(&answer) == why),
                "{code} is refused with {}",
                said(&answer)
            );
            ensure!(answer.job.is_none(), "{code} began a job");
            self.clerk.must_key(room, Command::Ok)?;
        }
        self.account
            .step("release refuses a parcel that is released, and a code that is no order")
    }

    /// Without the platform no pass is applied for: the gate is the second barrier.
    pub(super) fn refuse_to_load_offline(&self) -> anyhow::Result<()> {
        let room = Room::Gate;
        self.clerk.open(room)?;
        self.clerk.must_key(room, Command::Park)?;
        let answer = self.clerk.scan(room, super::gate::VEHICLE)?;
        let answer = self
            .clerk
            .must(answer, super::gate::VEHICLE, &[Outcome::Wrong])?;
        ensure!(
            said(&answer) == "gate.offline",
            "the gate refuses with {}",
            said(&answer)
        );
        self.clerk.must_key(room, Command::Ok)?;
        self.account
            .step("the gate refuses to work without the platform")
    }
}
