//! Intake: goods of an inbound notice are counted, piece by piece or case by case.
//!
//! What is counted must have been declared: a count beyond the notice is refused first and, when
//! the clerk says it is true, set apart as undeclared until customs decides. Damaged goods are
//! counted and set apart. Counting moves both books in one fact: goods come into RECEIVING, and the
//! ledger moves from Arrived to Booked. Differences are reported *before* put-away completes
//! (warehouse rules, section 3), each as a case with a name.

use crate::facts::{
    CaseRaised, Condition, Counted, Difference, Fact, NoticeClosed, ScanEvidence, Undone,
};
use crate::feed::{Item, Notice, NoticeLine};
use crate::ids::{CaseId, ItemId, NoticeNo, OwnerId, Seq};
use crate::ledger::{Account, LedgerItem, LedgerMove, Units};
use crate::orders::CaseCode;
use crate::quantity::Quantity;
use crate::stock::{Bucket, Goods, Place, QUARANTINE, RECEIVING, StockMove};
use crate::task::bench::{Admission, Announced, Bench};
use crate::task::view::{Barrier, Choice, Glance, Job, Ref, Row, RowState};
use crate::task::which::{Candidate, Scanned, Told, Which};
use crate::task::{
    Command, Heard, ItemRead, Means, Moment, Outcome, Prompt, Reading, Tally, Then, Turn,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

mod lot;

/// How many counts back undo reaches. A task's state is written with every scan: it may not grow
/// with the length of the shift, and who is wrong about an earlier count corrects it by name.
const UNDO_REACH: usize = 20;

/// The count of one notice, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intake {
    notice: Notice,
    owner_name: String,
    lines: Vec<Line>,
    /// The newest counts of this task, so that the last can be taken back.
    taken: VecDeque<Taken>,
    /// The clerk has said that there really is more than declared.
    over_next: bool,
    /// Differences were shown; the next OK closes.
    closing: bool,
    now: Option<u32>,
    /// Which lot the last scan meant, while that is asked.
    #[serde(default)]
    which: Which,
    /// The scan whose lot or expiry is asked for.
    #[serde(default)]
    awaiting: Option<Box<lot::Awaiting>>,
    bench: Bench,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    line: u32,
    goods: Goods,
    name: String,
    barcode: Option<String>,
    per_unit: Units,
    ledger: LedgerItem,
    expected: Quantity,
    good: Quantity,
    damaged: Quantity,
    over: Quantity,
    /// Whether lot and expiry must be known of what is counted.
    #[serde(default)]
    tracks_lot: bool,
    /// Goods whose lot was said at the door, newest first.
    #[serde(default)]
    said: Vec<Goods>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Taken {
    seq: Seq,
    line: u32,
    qty: Quantity,
    condition: Condition,
    lot: Option<String>,
    expiry: Option<NaiveDate>,
}

/// What was counted of a line before this task began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CountedSoFar {
    /// As declared.
    pub good: Quantity,
    /// Damaged.
    pub damaged: Quantity,
    /// Beyond the declared.
    pub over: Quantity,
}

impl Line {
    fn counted(&self) -> Quantity {
        Quantity::sum([self.good, self.damaged]).unwrap_or(Quantity::ZERO)
    }

    fn open(&self) -> Quantity {
        self.expected
            .minus(self.counted())
            .unwrap_or(Quantity::ZERO)
    }

    /// Whether a scan may mean its goods: the same item, and what both know of lot and expiry agrees.
    fn fits(&self, read: &ItemRead) -> bool {
        self.goods.item == read.item
            && agree(self.goods.lot.as_ref(), read.lot.as_ref())
            && agree(self.goods.expiry.as_ref(), read.expiry.as_ref())
    }

    /// Whether a scan carries the very lot, or without one the very date, that its goods have.
    fn is_named_by(&self, read: &ItemRead) -> bool {
        match (&read.lot, read.expiry) {
            (Some(lot), _) => self.goods.lot.as_ref() == Some(lot),
            (None, Some(expiry)) => self.goods.expiry == Some(expiry),
            (None, None) => false,
        }
    }

    fn differs(&self) -> bool {
        self.open() != Quantity::ZERO || self.damaged.is_positive() || self.over.is_positive()
    }
}

impl Intake {
    /// Begins, or goes on with, the count of a notice.
    ///
    /// A line whose item is unknown here is left out only if the notice never named it; the feed
    /// sends items before notices, so a missing one means a damaged view and is shown as held.
    pub fn open(
        notice: Notice,
        owner_name: String,
        items: &BTreeMap<ItemId, Item>,
        so_far: &BTreeMap<u32, CountedSoFar>,
    ) -> Self {
        let lines = notice
            .lines
            .iter()
            .filter_map(|line| {
                let item = items.get(&line.goods.item)?;
                let counted = so_far.get(&line.line).copied().unwrap_or_default();
                Some(Line::of(line, item, counted))
            })
            .collect();
        Self {
            notice,
            owner_name,
            lines,
            taken: VecDeque::new(),
            over_next: false,
            closing: false,
            now: None,
            which: Which::default(),
            awaiting: None,
            bench: Bench::default(),
        }
    }

    /// The notice being counted.
    pub fn notice(&self) -> &NoticeNo {
        &self.notice.notice
    }

    /// The merchant whose goods these are: decides what a shared barcode means here.
    pub fn owner(&self) -> &OwnerId {
        &self.notice.owner
    }

    /// Answers one input.
    pub fn take(&mut self, heard: &Heard, moment: &Moment) -> Turn {
        if self.bench.locked.is_none() {
            match self.which.told(heard) {
                Told::Other => {}
                Told::Instead(announced) => self.bench.announce(announced),
                Told::Said(turn) => return turn,
                Told::These(goods, scan) => {
                    self.bench.announce(scan.announced);
                    return self.count_at(self.line_of(&goods), &scan.read, &scan.evidence, moment);
                }
            }
            if let Some(turn) = self.told_lot(heard, moment) {
                return turn;
            }
        }
        match self.bench.admit(heard, moment) {
            Admission::Answered(turn) => return turn,
            Admission::HeldAside(message) => {
                return Turn {
                    then: Some(Then::Close),
                    ..Turn::says(Outcome::Accepted, message)
                };
            }
            Admission::ForRoom => {}
        }
        match heard {
            Heard::Scan(reading) => self.scan(reading, moment),
            Heard::Command(command) => self.command(*command),
            Heard::Number(_) | Heard::Digit(_) => Turn::says(Outcome::Accepted, says::scan_goods()),
        }
    }

    fn scan(&mut self, reading: &Reading, moment: &Moment) -> Turn {
        let Means::Items(items) = &reading.means else {
            return self.bench.refuse(says::not_goods(&reading.evidence.raw).0);
        };
        let Some(read) = items.iter().find(|read| read.owner == self.notice.owner) else {
            return self
                .bench
                .refuse(says::not_in_notice(&reading.evidence.raw, &self.notice.notice).0);
        };
        let counted = read.piece.as_ref().and_then(|piece| piece.seen.counted());
        if let Some(turn) = self.bench.refuse_piece(read, counted) {
            return turn;
        }
        let among = self.lots_of(read);
        if among.len() > 1 {
            let scan = Scanned {
                read: read.clone(),
                evidence: reading.evidence.clone(),
                announced: self.bench.take_announced(),
            };
            return self.which.ask(among, scan);
        }
        self.count_at(self.line_for(read), read, &reading.evidence, moment)
    }

    /// Counts a scan at the line it belongs to, or asks for the lot that nothing names.
    fn count_at(
        &mut self,
        at: Option<usize>,
        read: &ItemRead,
        evidence: &ScanEvidence,
        moment: &Moment,
    ) -> Turn {
        let scan = Scanned {
            read: read.clone(),
            evidence: evidence.clone(),
            announced: Announced::default(),
        };
        match at.and_then(|at| self.ask_lot(at, scan)) {
            Some(turn) => turn,
            None => self.count_complete(at, read, evidence, moment),
        }
    }

    /// Counts a scan of which everything is known that will be.
    fn count_complete(
        &mut self,
        at: Option<usize>,
        read: &ItemRead,
        evidence: &ScanEvidence,
        moment: &Moment,
    ) -> Turn {
        let Some((at, line)) = at.and_then(|at| Some((at, self.lines.get(at)?))) else {
            return self
                .bench
                .refuse(says::not_in_notice(&read.name, &self.notice.notice).0);
        };
        let (name, open) = (line.name.clone(), line.open());
        let Some(qty) = self.bench.counts(read.holds) else {
            return self
                .bench
                .refuse(crate::task::says::bad_quantity(read.holds).0);
        };
        let damaged = self.bench.take_damaged();
        let over = std::mem::take(&mut self.over_next);
        self.closing = false;
        if !over && qty > open {
            let message = says::more_than_declared(name, open, qty).0;
            return self.bench.refuse(message);
        }
        let condition = match (over, damaged) {
            (true, _) => Condition::Over,
            (false, true) => Condition::Damaged,
            (false, false) => Condition::Good,
        };
        self.count(at, read, qty, condition, evidence, moment)
    }

    /// The lots and dates a scan may mean: those of the notice that agree with what it carries, and
    /// none besides the very one it names.
    fn lots_of(&self, read: &ItemRead) -> Vec<Candidate> {
        let fitting = || self.lines.iter().filter(|line| line.fits(read));
        let candidates = fitting()
            .filter(|line| line.is_named_by(read) || !fitting().any(|line| line.is_named_by(read)))
            .map(|line| Candidate {
                goods: line.goods.clone(),
                name: line.name.clone(),
                owner_name: self.owner_name.clone(),
                qty: line.open(),
            });
        Which::distinct(candidates)
    }

    /// The line a scanned item belongs to: same item, same lot and expiry where both are known, and
    /// of several the first that is still open.
    fn line_for(&self, read: &ItemRead) -> Option<usize> {
        let find = |wanted: &dyn Fn(&Line) -> bool| {
            self.lines
                .iter()
                .position(|line| line.fits(read) && wanted(line))
        };
        find(&|line| line.is_named_by(read) && line.open().is_positive())
            .or_else(|| find(&|line| line.is_named_by(read)))
            .or_else(|| find(&|line| line.open().is_positive()))
            .or_else(|| find(&|_| true))
    }

    /// The line of the lot and date that the clerk named; of several the first that is still open.
    fn line_of(&self, goods: &Goods) -> Option<usize> {
        let alike = |line: &Line| {
            (&line.goods.item, &line.goods.lot, line.goods.expiry)
                == (&goods.item, &goods.lot, goods.expiry)
        };
        let lines = || self.lines.iter();
        lines()
            .position(|line| alike(line) && line.open().is_positive())
            .or_else(|| lines().position(alike))
    }

    fn count(
        &mut self,
        at: usize,
        read: &ItemRead,
        qty: Quantity,
        condition: Condition,
        evidence: &ScanEvidence,
        moment: &Moment,
    ) -> Turn {
        let Some(line) = self.lines.get_mut(at) else {
            return self
                .bench
                .refuse(says::not_in_notice(&read.name, &self.notice.notice).0);
        };
        let goods = line.goods_of(read.lot.clone(), read.expiry);
        let Some(counted) = movements(line, &goods, qty, condition, &self.notice.notice) else {
            return self.bench.refuse(crate::task::says::bad_quantity(qty).0);
        };
        let total = match condition {
            Condition::Good => &mut line.good,
            Condition::Damaged => &mut line.damaged,
            Condition::Over => &mut line.over,
        };
        let Some(sum) = total.plus(qty) else {
            return self.bench.refuse(crate::task::says::bad_quantity(qty).0);
        };
        *total = sum;
        self.now = Some(line.line);
        let message = match condition {
            Condition::Good => says::counted(qty, &line.name),
            Condition::Damaged => says::counted_damaged(qty, &line.name),
            Condition::Over => says::counted_over(qty, &line.name),
        };
        self.taken.push_back(Taken {
            seq: moment.next_seq,
            line: line.line,
            qty,
            condition,
            lot: goods.lot,
            expiry: goods.expiry,
        });
        if self.taken.len() > UNDO_REACH {
            self.taken.pop_front();
        }
        self.bench.accepted(&evidence.raw, moment);
        let (stock, ledger) = counted;
        Turn::records(
            message,
            Fact::Counted(Counted {
                notice: self.notice.notice.clone(),
                line: self.lines.get(at).map_or(0, |l| l.line),
                qty,
                condition,
                stock,
                ledger,
                scan: evidence.clone(),
            }),
        )
    }

    fn command(&mut self, command: Command) -> Turn {
        match command {
            Command::Undo => self.undo(),
            Command::Park => {
                self.over_next = true;
                Turn::says(Outcome::Accepted, says::over_next())
            }
            Command::Ok => self.close(),
            Command::Supervisor => {
                Turn::says(Outcome::Accepted, crate::task::says::supervisor_called())
            }
            Command::Back => Turn {
                then: Some(Then::Close),
                ..Turn::says(Outcome::Accepted, says::set_aside())
            },
            Command::Help
            | Command::Quantity
            | Command::Damaged
            | Command::Reprint
            | Command::Next
            | Command::Lock => Turn::says(
                Outcome::Duplicate,
                crate::task::says::not_now(command.name()).0,
            ),
        }
    }

    fn undo(&mut self) -> Turn {
        let Some(taken) = self.taken.pop_back() else {
            return Turn::says(Outcome::Duplicate, crate::task::says::nothing_to_undo().0);
        };
        let notice = self.notice.notice.clone();
        let Some(line) = self.lines.iter_mut().find(|line| line.line == taken.line) else {
            return Turn::says(Outcome::Duplicate, crate::task::says::nothing_to_undo().0);
        };
        let total = match taken.condition {
            Condition::Good => &mut line.good,
            Condition::Damaged => &mut line.damaged,
            Condition::Over => &mut line.over,
        };
        *total = total.minus(taken.qty).unwrap_or(Quantity::ZERO);
        let name = line.name.clone();
        let goods = Goods {
            lot: taken.lot,
            expiry: taken.expiry,
            ..line.goods.clone()
        };
        let Some((stock, ledger)) = movements(line, &goods, taken.qty, taken.condition, &notice)
        else {
            return Turn::says(Outcome::Duplicate, crate::task::says::nothing_to_undo().0);
        };
        let back = crate::facts::Moves {
            stock: vec![stock],
            ledger: vec![ledger],
        }
        .reversed();
        Turn::records(
            crate::task::says::undone(format!("{} {name}", taken.qty)),
            Fact::Undone(Undone {
                seq: taken.seq,
                kind: "intake.counted".into(),
                stock: back.stock,
                ledger: back.ledger,
                reason: "undo".into(),
            }),
        )
    }

    /// The first OK shows what differs, the second closes: nobody books a difference by accident.
    fn close(&mut self) -> Turn {
        let differing = self.lines.iter().filter(|line| line.differs()).count();
        if differing > 0 && !self.closing {
            self.closing = true;
            return Turn::says(Outcome::Duplicate, says::differs(differing));
        }
        let differences: Vec<Difference> = self
            .lines
            .iter()
            .filter(|l| l.differs())
            .map(difference)
            .collect();
        let cases = self
            .lines
            .iter()
            .flat_map(|line| cases(&self.notice.notice, line))
            .map(Fact::CaseRaised);
        let closed = Fact::NoticeClosed(NoticeClosed {
            notice: self.notice.notice.clone(),
            differences,
        });
        Turn {
            outcome: Outcome::Complete,
            message: says::closed(&self.notice.notice, differing),
            facts: std::iter::once(closed).chain(cases).collect(),
            then: Some(Then::Close),
        }
    }

    /// What the clerk is asked next.
    pub fn prompt(&self) -> Prompt {
        let next = self.next_line();
        let asked = self.which.asked().or_else(|| self.lot_asked());
        let (say, detail) = asked.unwrap_or_else(|| {
            let say = match next {
                Some(_) => says::scan_goods(),
                None => says::close_notice(),
            };
            (
                say,
                next.map(|line| crate::task::says::left(line.open(), &line.name)),
            )
        });
        Prompt {
            say,
            detail,
            tally: Some(Tally {
                done: Quantity::sum(self.lines.iter().map(Line::counted)).unwrap_or(Quantity::ZERO),
                of: Quantity::sum(self.lines.iter().map(|l| l.expected)).unwrap_or(Quantity::ZERO),
            }),
            accepts: [
                Command::Undo,
                Command::Quantity,
                Command::Damaged,
                Command::Park,
                Command::Supervisor,
                Command::Ok,
                Command::Back,
            ]
            .into_iter()
            .filter(|command| *command != Command::Ok || self.takes_ok())
            .collect(),
            locked_by: self.bench.locked.as_ref().map(|lock| lock.message.clone()),
        }
    }

    fn next_line(&self) -> Option<&Line> {
        let now = self
            .lines
            .iter()
            .find(|l| Some(l.line) == self.now && l.open().is_positive());
        now.or_else(|| self.lines.iter().find(|l| l.open().is_positive()))
    }

    /// Lots to choose from, by number, while it is asked which was meant.
    pub fn choices(&self) -> Vec<Choice> {
        if self.which.is_open() {
            return self.which.choices();
        }
        self.lot_choices()
    }

    /// The job as a window draws it.
    pub fn job(&self) -> Job {
        Job {
            owner: Some(self.notice.owner.to_string()),
            title: self.owner_name.clone(),
            refs: vec![
                Ref::new("ui.ref.notice", &self.notice.notice),
                Ref::new("ui.ref.bonded_note", &self.notice.bonded_note),
                Ref::new("ui.ref.vehicle", &self.notice.vehicle),
            ],
            clearance: Some(Barrier {
                open: true,
                message: says::gate_passed(),
                at: Some(self.notice.gate_passed_at),
                until: None,
            }),
        }
    }

    /// Its lines.
    pub fn rows(&self) -> Vec<Row> {
        let next = self.next_line().map(|line| line.line);
        self.lines
            .iter()
            .map(|line| Row {
                key: line.line.to_string(),
                name: line.name.clone(),
                sub: crate::task::view::lot_and_expiry(&line.goods),
                done: line.counted(),
                of: line.expected,
                state: match () {
                    () if Some(line.line) == next => RowState::Next,
                    () if line.open() == Quantity::ZERO => RowState::Done,
                    () => RowState::Open,
                },
                differs: line_differs(line),
                code: line.barcode.clone(),
            })
            .collect()
    }

    /// What to know at a glance.
    pub fn glances(&self) -> Vec<Glance> {
        let differing = self
            .lines
            .iter()
            .filter(|l| l.damaged.is_positive() || l.over.is_positive())
            .count();
        vec![Glance {
            label: "ui.glance.differences".into(),
            value: differing.to_string(),
            note: (differing > 0).then(says::report_first),
        }]
    }
}

impl Line {
    fn of(line: &NoticeLine, item: &Item, counted: CountedSoFar) -> Self {
        Self {
            line: line.line,
            goods: line.goods.clone(),
            name: item.name.clone(),
            barcode: item.piece_barcode(),
            per_unit: item.per_unit,
            ledger: LedgerItem {
                ledger: line.goods.customs.ledger.clone(),
                item_no: line.goods.customs.item_no.clone(),
            },
            expected: line.expected,
            good: counted.good,
            damaged: counted.damaged,
            over: counted.over,
            tracks_lot: item.tracks_lot,
            said: Vec::new(),
        }
    }
}

/// Where counted goods go, and from which account of the ledger to which: the workstation moves them
/// so, and the authority judges by it.
pub fn destination(condition: Condition) -> (Place, Account, Account) {
    match condition {
        Condition::Good => (
            Place::inside(RECEIVING, Bucket::Available),
            Account::Arrived,
            Account::Booked,
        ),
        Condition::Damaged => (
            Place::inside(QUARANTINE, Bucket::Blocked),
            Account::Arrived,
            Account::Booked,
        ),
        Condition::Over => (
            Place::inside(QUARANTINE, Bucket::Blocked),
            Account::Abroad,
            Account::Undeclared,
        ),
    }
}

/// Both movements of a count: where the goods go, and what the ledger says of them.
fn movements(
    line: &Line,
    goods: &Goods,
    qty: Quantity,
    condition: Condition,
    notice: &NoticeNo,
) -> Option<(StockMove, LedgerMove)> {
    let (to, from_account, to_account) = destination(condition);
    let stock = StockMove {
        goods: goods.clone(),
        from: Place::Inbound,
        to,
        qty,
    };
    let ledger = LedgerMove {
        item: line.ledger.clone(),
        from: from_account,
        to: to_account,
        units: line.per_unit.times(qty)?,
        document: notice.to_string(),
    };
    Some((stock, ledger))
}

fn agree<T: PartialEq>(announced: Option<&T>, read: Option<&T>) -> bool {
    match (announced, read) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

fn difference(line: &Line) -> Difference {
    Difference {
        line: line.line,
        expected: line.expected,
        counted: line.good,
        damaged: line.damaged,
        over: line.over,
    }
}

fn cases(notice: &NoticeNo, line: &Line) -> Vec<CaseRaised> {
    let case = |code: CaseCode, what: &str| CaseRaised {
        case: CaseId::new(format!("{notice}/{}/{what}", line.line)),
        code,
        room: "intake".into(),
        about: format!("{notice} {} {}", line.line, line.name),
    };
    [
        (line.open().is_positive(), CaseCode::ShortReceipt, "short"),
        (line.damaged.is_positive(), CaseCode::Damaged, "damaged"),
        (line.over.is_positive(), CaseCode::OverReceipt, "over"),
    ]
    .into_iter()
    .filter(|(raised, _, _)| *raised)
    .map(|(_, code, what)| case(code, what))
    .collect()
}

fn line_differs(line: &Line) -> Option<crate::message::Message> {
    if line.over.is_positive() {
        return Some(says::over(line.over));
    }
    line.damaged
        .is_positive()
        .then(|| says::damaged(line.damaged))
}

/// What intake may say.
pub mod says {
    crate::messages! {
        yes {
            /// Choose a notice.
            choose_notice() = "intake.choose_notice";
            /// Scan a case or a piece.
            scan_goods() = "intake.scan_goods";
            /// Neither code nor notice names the lot: scan or type it.
            scan_lot() = "intake.scan_lot";
            /// How to say the lot.
            scan_lot_how(item) = "intake.scan_lot_how";
            /// Neither code nor notice names the expiry: scan or type it.
            scan_expiry() = "intake.scan_expiry";
            /// How to say the expiry.
            scan_expiry_how(item) = "intake.scan_expiry_how";
            /// Everything is counted: close.
            close_notice() = "intake.close_notice";
            /// Counted as declared.
            counted(qty, item) = "intake.counted";
            /// Counted as damaged and set apart.
            counted_damaged(qty, item) = "intake.counted_damaged";
            /// Counted beyond the declared and set apart.
            counted_over(qty, item) = "intake.counted_over";
            /// The next scan may exceed the notice.
            over_next() = "intake.over_next";
            /// Some lines differ; press OK again to close and report them.
            differs(lines) = "intake.differs";
            /// The notice is closed.
            closed(notice, differences) = "intake.closed";
            /// The notice was left open for later.
            set_aside() = "intake.set_aside";
            /// The goods passed the inbound gate.
            gate_passed() = "intake.gate_passed";
            /// Differences go to customs before put-away completes.
            report_first() = "intake.report_first";
            /// So many too many.
            over(qty) = "intake.over";
            /// So many damaged.
            damaged(qty) = "intake.damaged";
            /// Nothing is waiting to be received.
            nothing_to_receive() = "intake.nothing_to_receive";
        }
        no {
            /// Not a barcode of goods.
            not_goods(raw) = "intake.not_goods";
            /// The notice does not name this item, lot or merchant.
            not_in_notice(item, notice) = "intake.not_in_notice";
            /// More than the notice declares.
            more_than_declared(item, open, qty) = "intake.more_than_declared";
            /// What was said is no lot.
            not_a_lot(raw) = "intake.not_a_lot";
            /// What was said is no date.
            not_a_date(raw) = "intake.not_a_date";
            /// No such notice is receivable.
            unknown_notice(notice) = "intake.unknown_notice";
        }
    }
}
