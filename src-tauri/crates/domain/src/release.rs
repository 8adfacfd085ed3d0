//! Release: one cleared order is verified piece by piece, packed and labelled at the bench.
//!
//! The last verified piece *is* the release: in the same transaction the stock moves from reserved
//! to staging, the journal gains `release.released`, and only then sound the beep and the printer.
//! It takes a [`Cleared`] by value, so releasing an uncleared order does not compile; the proof is
//! asked for anew at every scan, so a lease that ran out or was revoked meanwhile stops the bench.
//! Afterwards the clerk scans the label once it sticks: printing is only a request to a machine.
//!
//! Where a scale stands at the bench, the parcel is weighed between the last piece and the release,
//! and a weight that its papers do not explain stops it ([`weighing`]).

use crate::clearance::Cleared;
use crate::facts::{Fact, Picked, ReleaseParked, ReleaseStarted, Released, ScanEvidence, Undone};
use crate::ids::{Fence, GrantId, ItemId, OrderKey, OwnerId, Seq, WaybillKey};
use crate::leases::{OrderRight, VerifiedLease};
use crate::message::{Message, Refusal};
use crate::quantity::{Quantity, Weight};
use crate::stock::Goods;
use crate::task::bench::{Admission, Announced, Bench};
use crate::task::view::{Barrier, Choice, Glance, Job, Ref, Row, RowState};
use crate::task::which::{Candidate, Scanned, Told, Which};
use crate::task::{
    Command, Heard, ItemRead, Means, Moment, Outcome, Prompt, Reading, Tally, Then, Turn,
};
use crate::time::Instant;
use lots::told_lot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use weighing::WeightRule;

mod lots;
mod short;
pub mod weighing;

/// One order at the bench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    grant: GrantId,
    fence: Fence,
    work_until: Instant,
    right: OrderRight,
    owner_name: String,
    lines: Vec<Line>,
    /// Lots that lie beside the reserved ones, within a clerk's reach.
    #[serde(default)]
    beside: Vec<Candidate>,
    taken: Vec<Taken>,
    now: Option<u32>,
    /// Which lot the last scan meant, while that is asked.
    #[serde(default)]
    which: Which,
    stage: Stage,
    copies: u32,
    /// How far the weight may be from the declared; none where no scale stands at the bench.
    #[serde(default)]
    rule: Option<WeightRule>,
    /// What the scale showed last.
    #[serde(default)]
    weighed: Option<Weight>,
    /// The scale is to answer; once it did, whatever it said, it is asked anew by hand.
    #[serde(default)]
    asked: bool,
    bench: Bench,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    gnum: u32,
    item: ItemId,
    owner: OwnerId,
    name: String,
    barcode: Option<String>,
    wanted: Quantity,
    verified: Quantity,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Taken {
    seq: Seq,
    /// Index of the line: two lines share a `gnum` when goods came from two spots.
    at: usize,
    qty: Quantity,
}

/// What a clerk knows an item by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownItem {
    /// Its name.
    pub name: String,
    /// The barcode on a single piece.
    pub barcode: Option<String>,
    /// Of goods that track their lot, all that lie where its pieces are taken from: a code without a
    /// lot may be any of these.
    pub beside: Vec<Goods>,
}

/// How far the parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// Pieces are verified.
    Verifying,
    /// Packed; the parcel must lie still on the scale.
    Weighing,
    /// Released; the label must be stuck on and scanned back.
    Labelling,
}

impl Line {
    fn open(&self) -> Quantity {
        self.wanted.minus(self.verified).unwrap_or(Quantity::ZERO)
    }
}

impl Release {
    /// Begins an order, given the proof that it is cleared.
    ///
    /// `items` are what the clerk knows them by; `so_far` is what was verified, by line, before
    /// the order was parked.
    ///
    /// # Errors
    /// When the lease is not for an order.
    pub fn start(
        cleared: &Cleared,
        lease: &VerifiedLease,
        owner_name: String,
        items: &BTreeMap<ItemId, KnownItem>,
        so_far: &BTreeMap<u32, Quantity>,
        scan: ScanEvidence,
    ) -> Result<(Self, Fact), Refusal> {
        let right = lease
            .order()
            .ok_or_else(|| crate::leases::says::not_an_order(&lease.lease().grant))?;
        if cleared.order() != &right.order {
            return Err(crate::leases::says::none_held(&right.order));
        }
        let release = Self {
            grant: lease.lease().grant.clone(),
            fence: lease.lease().fence,
            work_until: lease.lease().work_until,
            lines: lines(right, items, so_far),
            beside: lots::beside(items, &owner_name),
            right: right.clone(),
            owner_name,
            taken: Vec::new(),
            now: None,
            which: Which::default(),
            stage: Stage::Verifying,
            copies: 0,
            rule: None,
            weighed: None,
            asked: false,
            bench: Bench::default(),
        };
        let started = Fact::ReleaseStarted(ReleaseStarted {
            order: right.order.clone(),
            grant: release.grant.clone(),
            fence: release.fence,
            scan,
        });
        Ok((release, started))
    }

    /// A scale stands at the bench: the parcel is weighed before it is released.
    ///
    /// An order that was set aside when only its weight was missing goes on there.
    pub fn weigh_by(&mut self, rule: WeightRule) {
        self.rule = Some(rule);
        if !self.is_open() {
            self.ask_scale();
        }
    }

    fn ask_scale(&mut self) {
        (self.stage, self.asked) = (Stage::Weighing, true);
    }

    fn is_open(&self) -> bool {
        self.lines.iter().any(|line| line.open().is_positive())
    }

    /// Whether a weight is awaited now.
    pub fn awaits_weight(&self) -> bool {
        self.stage == Stage::Weighing && self.asked && self.bench.locked.is_none()
    }

    /// Answers what the scale said once the parcel lay still, or why it could not weigh.
    pub fn weighed(
        &mut self,
        read: Result<Weight, Refusal>,
        prove: impl FnOnce() -> Result<Cleared, Refusal>,
    ) -> Turn {
        let Some(rule) = self.rule.clone().filter(|_| self.awaits_weight()) else {
            // The clerk went on meanwhile.
            return Turn::says(Outcome::Duplicate, crate::task::says::not_now("weight").0);
        };
        self.asked = false;
        let weight = match read {
            Ok(weight) => weight,
            Err(refusal) => return self.bench.refuse(refusal.0),
        };
        self.weighed = Some(weight);
        if let Err(refusal) = rule.judge(self.right.gross_weight, weight) {
            return self.bench.refuse(refusal.0);
        }
        match prove() {
            Ok(cleared) => self.release(cleared, Vec::new()),
            Err(refusal) => self.bench.stop(refusal.0),
        }
    }

    /// The order at the bench.
    pub fn order(&self) -> &OrderKey {
        &self.right.order
    }

    /// The merchant whose goods these are, if the order has lines.
    pub fn owner(&self) -> Option<&OwnerId> {
        self.lines.first().map(|line| &line.owner)
    }

    /// Answers one input. `prove` yields the clearance as it stands inside this transaction.
    pub fn take(
        &mut self,
        heard: &Heard,
        moment: &Moment,
        prove: impl FnOnce() -> Result<Cleared, Refusal>,
    ) -> Turn {
        if self.bench.locked.is_none() {
            match self.which.told(heard) {
                Told::Other => {}
                Told::Instead(announced) => self.bench.announce(announced),
                Told::Said(turn) => return turn,
                Told::These(goods, scan) => {
                    self.bench.announce(scan.announced);
                    return match prove() {
                        Ok(cleared) => self.verify_lot(&goods, &scan, moment, cleared),
                        Err(refusal) => self.bench.stop(refusal.0),
                    };
                }
            }
        }
        match self.bench.admit(heard, moment) {
            Admission::Answered(turn) => return turn,
            Admission::HeldAside(_) => {
                let message = says::in_hold_bin(&self.right.order);
                // A right that has ended leaves nothing to set aside: its job ended with it.
                return match prove() {
                    Ok(_) => self.park(message),
                    Err(_) => Turn {
                        then: Some(Then::Close),
                        ..Turn::says(Outcome::Accepted, message)
                    },
                };
            }
            Admission::ForRoom => {}
        }
        match heard {
            Heard::Scan(reading) => match self.stage {
                Stage::Verifying => match prove() {
                    Ok(cleared) => self.verify(reading, moment, cleared),
                    Err(refusal) => self.bench.stop(refusal.0),
                },
                Stage::Weighing => self
                    .bench
                    .refuse(says::weigh_first(&reading.evidence.raw).0),
                Stage::Labelling => self.confirm_label(reading),
            },
            Heard::Command(command) => self.command(*command),
            Heard::Number(_) | Heard::Digit(_) => Turn::says(Outcome::Accepted, says::scan_item()),
        }
    }

    fn verify(&mut self, reading: &Reading, moment: &Moment, cleared: Cleared) -> Turn {
        let raw = &reading.evidence.raw;
        let Means::Items(items) = &reading.means else {
            return self.bench.refuse(says::not_goods(raw).0);
        };
        if self.bench.take_damaged() {
            return self.bench.refuse(says::damaged_at_bench(raw).0);
        }
        let Some(read) = items.iter().find(|read| self.wants(read)) else {
            let name = items.first().map_or(raw.as_str(), |read| &read.name);
            return self.bench.refuse(says::not_in_order(name).0);
        };
        if !self.is_open() {
            // Set aside before its weight was taken, and the scale is gone since: nothing is left to
            // count, and a piece of the order in hand says that it is packed.
            return self.release(cleared, Vec::new());
        }
        let order = &self.right.order;
        let piece = read.piece.as_ref();
        let packed = piece.and_then(|piece| piece.seen.packed(order, &self.grant));
        if let Some(turn) = self.bench.refuse_piece(read, packed) {
            return turn;
        }
        let among = self.lots_of(read);
        let Some(meant) = among.first().map(|one| one.goods.clone()) else {
            return self.refuse_lot(read, told_lot(read));
        };
        let mut scan = Scanned {
            read: read.clone(),
            evidence: reading.evidence.clone(),
            announced: Announced::default(),
        };
        if among.len() > 1 {
            scan.announced = self.bench.take_announced();
            return self.which.ask(among, scan);
        }
        self.verify_lot(&meant, &scan, moment, cleared)
    }

    fn refuse_lot(&mut self, read: &ItemRead, lot: String) -> Turn {
        let reserved = self.reserved_of(read);
        self.bench
            .refuse(says::other_lot(&read.name, lot, reserved).0)
    }

    /// Verifies a piece of the lot it was found, or said, to be of.
    fn verify_lot(
        &mut self,
        goods: &Goods,
        scan: &Scanned,
        moment: &Moment,
        cleared: Cleared,
    ) -> Turn {
        match self.line_of(goods) {
            Some(at) => self.verify_at(at, &scan.read, &scan.evidence, moment, cleared),
            // It lay beside the reserved lot, and is not it.
            None => self.refuse_lot(&scan.read, lots::shown(goods)),
        }
    }

    /// Verifies a piece of the line it was found to belong to.
    fn verify_at(
        &mut self,
        at: usize,
        read: &ItemRead,
        evidence: &ScanEvidence,
        moment: &Moment,
        cleared: Cleared,
    ) -> Turn {
        let Some(qty) = self.bench.counts(read.holds) else {
            return self
                .bench
                .refuse(crate::task::says::bad_quantity(read.holds).0);
        };
        let Some(line) = self.lines.get_mut(at) else {
            return self.bench.refuse(says::not_in_order(&read.name).0);
        };
        if qty > line.open() {
            let message = says::more_than_ordered(&line.name, line.open(), qty).0;
            return self.bench.refuse(message);
        }
        let Some(verified) = line.verified.plus(qty) else {
            return self.bench.refuse(crate::task::says::bad_quantity(qty).0);
        };
        line.verified = verified;
        let (gnum, name) = (line.gnum, line.name.clone());
        self.now = Some(gnum);
        self.taken.push(Taken {
            seq: moment.next_seq,
            at,
            qty,
        });
        self.bench.accepted(&evidence.raw, moment);
        let picked = Fact::Picked(Picked {
            order: self.right.order.clone(),
            gnum,
            qty,
            scan: evidence.clone(),
        });
        if self.is_open() {
            return Turn::records(says::verified(qty, name), picked);
        }
        if self.rule.is_some() {
            self.ask_scale();
            return Turn::records(says::put_on_scale(), picked);
        }
        self.release(cleared, vec![picked])
    }

    /// The bench act, after what led to it in the same commit.
    fn release(&mut self, cleared: Cleared, mut facts: Vec<Fact>) -> Turn {
        facts.push(Fact::Released(self.released(cleared)));
        self.stage = Stage::Labelling;
        Turn {
            outcome: Outcome::Accepted,
            message: says::all_verified(&self.right.waybill.waybill_no),
            facts,
            then: Some(Then::Print {
                order: self.right.order.clone(),
                copy: 0,
            }),
        }
    }

    /// The bench act. Consumes the proof: it cannot be used for a second parcel.
    fn released(&self, cleared: Cleared) -> Released {
        Released {
            order: cleared.order().clone(),
            grant: self.grant.clone(),
            fence: self.fence,
            waybill: self.right.waybill.clone(),
            declaration_no: cleared.facts().declaration_no.clone(),
            lines: self.right.lines.clone(),
            gross_weight: self.weighed,
        }
    }

    fn confirm_label(&mut self, reading: &Reading) -> Turn {
        match &reading.means {
            Means::Parcel { waybill, .. } if waybill == &self.right.waybill => Turn {
                outcome: Outcome::Complete,
                message: says::put_on_lane(&self.right.lane),
                facts: Vec::new(),
                then: Some(Then::Close),
            },
            Means::Parcel { waybill, .. } => {
                self.bench.refuse(says::other_label(&waybill.waybill_no).0)
            }
            _ => self
                .bench
                .refuse(says::scan_the_label(&reading.evidence.raw).0),
        }
    }

    fn command(&mut self, command: Command) -> Turn {
        match (command, self.stage) {
            (Command::Undo, Stage::Verifying | Stage::Weighing) => self.undo(),
            (Command::Park, Stage::Weighing) => {
                self.ask_scale();
                Turn::says(Outcome::Accepted, says::put_on_scale())
            }
            (Command::Park, Stage::Verifying)
            | (Command::Back, Stage::Verifying | Stage::Weighing) => {
                let mut turn = self.park(says::parked(&self.right.order));
                turn.facts.extend(self.short());
                turn
            }
            (Command::Reprint, Stage::Labelling) => {
                self.copies = self.copies.saturating_add(1);
                Turn {
                    then: Some(Then::Print {
                        order: self.right.order.clone(),
                        copy: self.copies,
                    }),
                    ..Turn::says(
                        Outcome::Accepted,
                        says::printing_again(&self.right.waybill.waybill_no),
                    )
                }
            }
            (Command::Supervisor, _) => {
                Turn::says(Outcome::Accepted, crate::task::says::supervisor_called())
            }
            (other, _) => Turn::says(
                Outcome::Duplicate,
                crate::task::says::not_now(other.name()).0,
            ),
        }
    }

    fn park(&mut self, message: Message) -> Turn {
        Turn {
            outcome: Outcome::Accepted,
            message,
            facts: vec![Fact::ReleaseParked(ReleaseParked {
                order: self.right.order.clone(),
            })],
            then: Some(Then::Close),
        }
    }

    fn undo(&mut self) -> Turn {
        let Some(taken) = self.taken.pop() else {
            return Turn::says(Outcome::Duplicate, crate::task::says::nothing_to_undo().0);
        };
        let mut name = String::new();
        if let Some(line) = self.lines.get_mut(taken.at) {
            line.verified = line.verified.minus(taken.qty).unwrap_or(Quantity::ZERO);
            name.clone_from(&line.name);
        }
        // The parcel is open again: what it weighed before says nothing any more.
        (self.stage, self.weighed) = (Stage::Verifying, None);
        Turn::records(
            crate::task::says::undone(format!("{} {name}", taken.qty)),
            Fact::Undone(Undone {
                seq: taken.seq,
                kind: "release.picked".into(),
                stock: Vec::new(),
                ledger: Vec::new(),
                reason: "undo".into(),
            }),
        )
    }

    /// What the clerk is asked next.
    pub fn prompt(&self) -> Prompt {
        let tally = Tally {
            done: Quantity::sum(self.lines.iter().map(|l| l.verified)).unwrap_or(Quantity::ZERO),
            of: Quantity::sum(self.lines.iter().map(|l| l.wanted)).unwrap_or(Quantity::ZERO),
        };
        let asked = self.which.asked();
        let (say, detail, accepts) = match self.stage {
            Stage::Verifying => (
                says::scan_item(),
                self.next_line()
                    .map(|line| crate::task::says::left(line.open(), &line.name)),
                vec![
                    Command::Undo,
                    Command::Quantity,
                    Command::Damaged,
                    Command::Park,
                    Command::Supervisor,
                ],
            ),
            Stage::Weighing => (
                says::weigh(),
                Some(says::expected_weight(
                    self.right.gross_weight,
                    self.weight_tolerance(),
                )),
                vec![
                    Command::Undo,
                    Command::Park,
                    Command::Supervisor,
                    Command::Back,
                ],
            ),
            Stage::Labelling => (
                says::scan_label(),
                Some(says::stick_label(&self.right.waybill.waybill_no)),
                vec![Command::Reprint, Command::Supervisor],
            ),
        };
        let (say, detail) = asked.unwrap_or((say, detail));
        let mut accepts = accepts;
        if self
            .bench
            .locked
            .as_ref()
            .is_some_and(|lock| !lock.needs_hold_bin)
        {
            accepts.push(Command::Ok);
        }
        Prompt {
            say,
            detail,
            tally: Some(tally),
            accepts,
            locked_by: self.bench.locked.as_ref().map(|lock| lock.message.clone()),
        }
    }

    fn next_line(&self) -> Option<&Line> {
        let now = self
            .lines
            .iter()
            .find(|l| Some(l.gnum) == self.now && l.open().is_positive());
        now.or_else(|| self.lines.iter().find(|l| l.open().is_positive()))
    }

    /// Lots to choose from, by number, while it is asked which was meant.
    pub fn choices(&self) -> Vec<Choice> {
        self.which.choices()
    }

    /// The job as a window draws it.
    pub fn job(&self) -> Job {
        Job {
            owner: self.owner().map(ToString::to_string),
            title: self.owner_name.clone(),
            refs: vec![
                Ref::new("ui.ref.order", &self.right.order.order_no),
                Ref::new("ui.ref.waybill", &self.right.waybill.waybill_no),
                Ref::new("ui.ref.declaration", &self.right.clearance.declaration_no),
            ],
            clearance: Some(Barrier {
                open: true,
                message: crate::clearance::says::released("800"),
                at: Some(self.right.clearance.released_at),
                until: Some(self.work_until),
            }),
        }
    }

    /// Its lines.
    pub fn rows(&self) -> Vec<Row> {
        let next = self.next_line().map(|line| line.gnum);
        self.lines
            .iter()
            .zip(&self.right.lines)
            .map(|(line, leased)| Row {
                key: line.gnum.to_string(),
                name: line.name.clone(),
                sub: crate::task::view::lot_and_expiry(&leased.goods)
                    .into_iter()
                    .chain([Ref::new("ui.ref.location", &leased.spot.location)])
                    .collect(),
                done: line.verified,
                of: line.wanted,
                state: match () {
                    () if Some(line.gnum) == next => RowState::Next,
                    () if line.open() == Quantity::ZERO => RowState::Done,
                    () => RowState::Open,
                },
                differs: None,
                code: line.barcode.clone(),
            })
            .collect()
    }

    /// What to know at a glance.
    pub fn glances(&self) -> Vec<Glance> {
        let glance = |label: &str, value: String, note| Glance {
            label: label.into(),
            value,
            note,
        };
        let label_note = match self.stage {
            Stage::Verifying | Stage::Weighing => says::label_after_last(),
            Stage::Labelling => says::stick_label(&self.right.waybill.waybill_no),
        };
        vec![
            glance("ui.glance.lane", self.right.lane.clone(), None),
            glance(
                "ui.glance.label",
                self.right.waybill.waybill_no.clone(),
                Some(label_note),
            ),
            self.weight_glance(),
        ]
    }

    fn weight_tolerance(&self) -> String {
        let declared = self.right.gross_weight;
        let tolerance = self.rule.as_ref().map(|rule| rule.tolerance(declared));
        tolerance
            .unwrap_or_default()
            .round_dp(3)
            .normalize()
            .to_string()
    }

    /// The weight on the scale beside the declared one; without a scale, the declared one alone.
    fn weight_glance(&self) -> Glance {
        let declared = self.right.gross_weight;
        let (shown, note) = match (&self.rule, self.weighed) {
            (None, _) => (format!("{declared} kg"), None),
            (Some(_), weighed) => (
                weighed.map_or_else(|| "—".to_owned(), |weight| format!("{weight} kg")),
                Some(says::expected_weight(declared, self.weight_tolerance())),
            ),
        };
        Glance {
            label: "ui.glance.weight".into(),
            value: shown,
            note,
        }
    }

    /// The waybill of the parcel.
    pub fn waybill(&self) -> &WaybillKey {
        &self.right.waybill
    }

    /// When the lease runs out.
    pub fn work_until(&self) -> Instant {
        self.work_until
    }
}

/// The reserved goods with what was verified before, poured into the lines of each `gnum` in order.
fn lines(
    right: &OrderRight,
    items: &BTreeMap<ItemId, KnownItem>,
    so_far: &BTreeMap<u32, Quantity>,
) -> Vec<Line> {
    let mut so_far = so_far.clone();
    right
        .lines
        .iter()
        .map(|leased| {
            let verified = so_far.get_mut(&leased.gnum).map_or(Quantity::ZERO, |left| {
                let part = (*left).min(leased.qty);
                *left = left.minus(part).unwrap_or(Quantity::ZERO);
                part
            });
            (leased, verified)
        })
        .map(|(leased, verified)| Line {
            gnum: leased.gnum,
            item: leased.goods.item.clone(),
            owner: leased.goods.owner.clone(),
            name: items
                .get(&leased.goods.item)
                .map_or_else(|| leased.goods.item.to_string(), |item| item.name.clone()),
            barcode: items
                .get(&leased.goods.item)
                .and_then(|item| item.barcode.clone()),
            wanted: leased.qty,
            verified,
        })
        .collect()
}

/// What release may say.
pub mod says {
    crate::messages! {
        yes {
            /// Choose an order by its waybill, order or tote.
            choose_order() = "release.choose_order";
            /// Scan the next piece.
            scan_item() = "release.scan_item";
            /// The packed parcel is to be weighed.
            weigh() = "release.weigh";
            /// Everything is verified; the parcel goes onto the scale.
            put_on_scale() = "release.put_on_scale";
            /// What the parcel should weigh, in kilograms.
            expected_weight(declared, tolerance) = "release.expected_weight";
            /// Scan the label that sticks on the parcel.
            scan_label() = "release.scan_label";
            /// Stick this label on.
            stick_label(waybill) = "release.stick_label";
            /// The label prints after the last piece.
            label_after_last() = "release.label_after_last";
            /// The order is begun.
            started(order) = "release.started";
            /// A piece belongs.
            verified(qty, item) = "release.verified";
            /// Everything is verified; the label is printing.
            all_verified(waybill) = "release.all_verified";
            /// Finished: where the parcel goes.
            put_on_lane(lane) = "release.put_on_lane";
            /// Another copy is printing.
            printing_again(waybill) = "release.printing_again";
            /// Set aside for later.
            parked(order) = "release.parked";
            /// In the hold bin, set aside.
            in_hold_bin(order) = "release.in_hold_bin";
            /// No order may be released right now.
            nothing_to_release() = "release.nothing_to_release";
        }
        no {
            /// Not a barcode of goods.
            not_goods(raw) = "release.not_goods";
            /// The item is not in this order.
            not_in_order(item) = "release.not_in_order";
            /// The piece is of another lot or date than the order reserved.
            other_lot(item, lot, reserved) = "release.other_lot";
            /// More than the order wants.
            more_than_ordered(item, open, qty) = "release.more_than_ordered";
            /// Damaged goods must be replaced, not packed.
            damaged_at_bench(raw) = "release.damaged_at_bench";
            /// The label belongs to another parcel.
            other_label(waybill) = "release.other_label";
            /// The parcel weighs something else than its papers say.
            weight_differs(weighed, declared, tolerance) = "release.weight_differs";
            /// Something was scanned before the parcel was weighed.
            weigh_first(raw) = "release.weigh_first";
            /// The label was expected, something else was scanned.
            scan_the_label(raw) = "release.scan_the_label";
            /// No such order is known here.
            unknown_order(raw) = "release.unknown_order";
            /// The order is not cleared, or cleared for nobody yet.
            not_cleared(order, state) = "release.not_cleared";
            /// It was released already.
            already_released(order) = "release.already_released";
        }
    }
}
