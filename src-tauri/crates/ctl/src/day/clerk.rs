//! A clerk without hands: scans, keys and answers through the command table, as the window's would.
//!
//! Every act goes through [`Station::call`]; nothing is looked up in the database and no rule is known
//! here. What a clerk reads off the goods (barcodes, shelf labels) comes from the master data.

use crate::station::{Station, fresh_id};
use anyhow::{Context, bail};
use bondhouse_domain::ids::{ItemId, LocationId, OwnerId, RequestId};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Command, Input, Outcome};
use serde::Deserialize;
use serde_json::json;

/// What a scanner that is held by nobody is called in the log.
const READER: &str = "typed";

/// A floor room.
#[derive(Debug, Clone, Copy)]
pub(super) enum Room {
    Intake,
    Stock,
    Release,
    Gate,
}

impl Room {
    const fn noun(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Stock => "stock",
            Self::Release => "release",
            Self::Gate => "gate",
        }
    }
}

/// An item with what stands on it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Item {
    pub(super) owner: OwnerId,
    pub(super) item: ItemId,
    pub(super) name: String,
    barcodes: Vec<Barcode>,
}

#[derive(Debug, Clone, Deserialize)]
struct Barcode {
    code: String,
    holds: Quantity,
}

impl Item {
    /// What a scanner sends for one piece.
    pub(super) fn piece(&self) -> anyhow::Result<String> {
        let piece = self
            .barcodes
            .first()
            .filter(|barcode| barcode.holds.as_whole() == Some(1));
        let piece = piece.with_context(|| format!("{} has no barcode of one piece", self.item))?;
        Ok(retail(&piece.code))
    }

    /// What a scanner sends for a case, and how many pieces it holds.
    pub(super) fn case(&self) -> Option<(String, u32)> {
        let case = self.barcodes.last()?;
        let holds = u32::try_from(case.holds.as_whole()?)
            .ok()
            .filter(|holds| *holds > 1)?;
        Some((format!("]I1{}", case.code), holds))
    }

    /// What a scanner sends for a GS1 DataMatrix that names lot and expiry (`yyyy-mm-dd`) too.
    pub(super) fn with_lot(&self, lot: &str, expiry: &str) -> Option<String> {
        let gtin = &self.barcodes.first()?.code;
        let date: String = expiry
            .get(2..)?
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        (gtin.len() == 14 && date.len() == 6).then(|| format!("]d201{gtin}17{date}10{lot}"))
    }
}

/// A GTIN in 14 digits as retail bars carry it: EAN-13 with its AIM identifier.
fn retail(code: &str) -> String {
    match code.strip_prefix('0').filter(|ean| ean.len() == 13) {
        Some(ean) => format!("]E0{ean}"),
        None => code.to_owned(),
    }
}

/// A shelf and the code on its label.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Location {
    pub(super) location: LocationId,
    pub(super) kind: String,
    pub(super) code: Option<String>,
}

/// The clerk at an open workstation.
pub(super) struct Clerk<'a> {
    station: Station<'a>,
}

impl<'a> Clerk<'a> {
    pub(super) fn new(station: Station<'a>) -> Self {
        Self { station }
    }

    /// The workstation, for what is no work on the floor.
    pub(super) fn station(&self) -> &Station<'a> {
        &self.station
    }

    /// Goes into a room.
    pub(super) fn open(&self, room: Room) -> anyhow::Result<RoomView> {
        self.station
            .call("room.open", json!({ "room": room.noun() }))
    }

    /// Gives the room's task an input under a request id.
    pub(super) fn input(
        &self,
        room: Room,
        input: &Input,
        id: RequestId,
    ) -> anyhow::Result<RoomView> {
        let request = json!({ "room": room.noun(), "input": input });
        self.station.call_as(id, "task.input", request)
    }

    /// Scans, whatever the answer.
    pub(super) fn scan(&self, room: Room, code: &str) -> anyhow::Result<RoomView> {
        self.input(room, &scanned(code), fresh_id())
    }

    /// Presses a key, whatever the answer.
    pub(super) fn key(&self, room: Room, key: Command) -> anyhow::Result<RoomView> {
        self.input(room, &Input::key(key), fresh_id())
    }

    /// Scans what must be accepted.
    pub(super) fn must_scan(&self, room: Room, code: &str) -> anyhow::Result<RoomView> {
        let view = self.scan(room, code)?;
        self.must(view, code, &[Outcome::Accepted, Outcome::Complete])
    }

    /// Presses a key that must be accepted.
    pub(super) fn must_key(&self, room: Room, key: Command) -> anyhow::Result<RoomView> {
        let view = self.key(room, key)?;
        self.must(view, key.name(), &[Outcome::Accepted, Outcome::Complete])
    }

    /// Sets how many the next scan counts, then scans; whatever the answer.
    pub(super) fn count(&self, room: Room, count: u32, code: &str) -> anyhow::Result<RoomView> {
        let view = self.input(room, &Input::quantity(count), fresh_id())?;
        self.must(view, "quantity", &[Outcome::Accepted])?;
        self.scan(room, code)
    }

    /// Counts what must be accepted.
    pub(super) fn must_count(
        &self,
        room: Room,
        count: u32,
        code: &str,
    ) -> anyhow::Result<RoomView> {
        let view = self.count(room, count, code)?;
        self.must(view, code, &[Outcome::Accepted, Outcome::Complete])
    }

    /// Holds an answer against what it must be.
    pub(super) fn must(
        &self,
        view: RoomView,
        on: &str,
        outcomes: &[Outcome],
    ) -> anyhow::Result<RoomView> {
        match &view.last {
            Some(last) if outcomes.contains(&last.answer.outcome) => Ok(view),
            Some(last) => bail!(
                "{} answers {on:?} with {:?}: {} [{}]",
                view.room,
                last.answer.outcome,
                self.station.words().in_full(&last.answer.message),
                last.answer.message.code
            ),
            None => bail!("{} does not answer {on:?}", view.room),
        }
    }

    /// Every item of the warehouse.
    pub(super) fn items(&self) -> anyhow::Result<Vec<Item>> {
        self.station.call("stock.items", json!({}))
    }

    /// Every location of the warehouse.
    pub(super) fn locations(&self) -> anyhow::Result<Vec<Location>> {
        self.station.call("stock.locations", json!({}))
    }

    /// Ends the shift: what is being written is finished.
    pub(super) fn leave(self) {
        self.station.close();
    }
}

/// A code as a scanner sends it.
pub(super) fn scanned(code: &str) -> Input {
    Input::Scan {
        raw: code.to_owned(),
        from: READER.to_owned(),
    }
}

/// The code of what a room said last.
pub(super) fn said(view: &RoomView) -> &str {
    view.last
        .as_ref()
        .map_or("", |last| last.answer.message.code.as_ref())
}

/// A row's item: the owner at hand and the name on the row.
pub(super) fn item_of<'i>(
    items: &'i [Item],
    owner: Option<&str>,
    name: &str,
) -> anyhow::Result<&'i Item> {
    items
        .iter()
        .find(|item| item.name == name && owner.is_none_or(|owner| item.owner.as_str() == owner))
        .with_context(|| format!("no item is called {name}"))
}

/// What is left of a row, in whole pieces.
pub(super) fn left(row: &bondhouse_domain::task::view::Row) -> anyhow::Result<u32> {
    let left = row.of.minus(row.done).and_then(Quantity::as_whole);
    left.and_then(|left| u32::try_from(left).ok())
        .with_context(|| {
            format!(
                "{}: {} of {} is no count of pieces",
                row.name, row.done, row.of
            )
        })
}
