//! A clerk's task: what is asked, how a scan was answered, what is asked next.
//!
//! Every floor room is a state machine in Rust. It takes one [`Input`] at a time and answers with
//! an [`Outcome`], a [`Message`] and the next [`Prompt`]; the window only draws it. So a flow runs
//! the same in the window, in `bondctl` and in tests, never depends on keyboard focus, and resumes
//! after a crash at the same prompt, because its state is a fold of journal events.
//!
//! This module holds the vocabulary; [`bench`] what every task does alike (locks, quantities,
//! repeated scans), [`view`] what a window draws. Each room's rules stand in its own module.

use crate::facts::{Fact, ScanEvidence};
use crate::ids::{GatePassNo, ItemId, LocationId, NoticeNo, OrderKey, OwnerId, Seq, WaybillKey};
use crate::message::{Message, Refusal};
use crate::quantity::Quantity;
use crate::scanner::serial::{Seen, Serial};
use crate::time::{Instant, Span};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub mod bench;
pub mod view;
pub mod which;

/// What reached the task. Everything a clerk can do is a scan or one of a dozen keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Input {
    /// A code read by a scanner, as it arrived: AIM prefix and GS bytes intact.
    Scan {
        /// The frame without its terminator.
        raw: String,
        /// Which reader sent it: `serial:<name>`, `wedge` or `typed`.
        from: String,
    },
    /// A key or its command barcode; both mean the same.
    Command {
        /// Which.
        command: Command,
        /// How many, with `quantity`: what was typed. Without it the digits follow as scans.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        n: Option<u32>,
    },
}

impl Input {
    /// A key.
    pub const fn key(command: Command) -> Self {
        Self::Command { command, n: None }
    }

    /// The next scan counts this many.
    pub const fn quantity(n: u32) -> Self {
        Self::Command {
            command: Command::Quantity,
            n: Some(n),
        }
    }
}

/// A key of the strip, or the command barcode that means the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Help for this prompt (F1).
    Help,
    /// Take back the last accepted scan by a negating event (F2).
    Undo,
    /// The next scan counts this many; digits follow (F3).
    Quantity,
    /// The next scan is damaged goods (F4).
    Damaged,
    /// The room's own: park, over or short, weigh again (F5).
    Park,
    /// Call a supervisor (F6).
    Supervisor,
    /// Print again, marked as a copy (F7).
    Reprint,
    /// Confirm, acknowledge or close (F9).
    Ok,
    /// Begin the first job that waits; only a barcode, for the list itself has numbers.
    Next,
    /// Leave an optional page (Esc).
    Back,
    /// Lock or change the user (F12).
    Lock,
}

impl Command {
    /// The name in command barcodes' documentation, logs and catalogue parameters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Undo => "undo",
            Self::Quantity => "quantity",
            Self::Damaged => "damaged",
            Self::Park => "park",
            Self::Supervisor => "supervisor",
            Self::Reprint => "reprint",
            Self::Ok => "ok",
            Self::Next => "next",
            Self::Back => "back",
            Self::Lock => "lock",
        }
    }
}

/// What reached the task, once the workstation has looked up what a scan names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A scan.
    Scan(Reading),
    /// A key, or the command barcode that means the same.
    Command(Command),
    /// A whole number.
    Number(u32),
    /// One digit of a number, from a bench card; OK ends the number.
    Digit(u8),
}

/// A scan with everything it may name here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The scan as it arrived.
    pub evidence: ScanEvidence,
    /// What it names; more than one meaning is a question, never a guess.
    pub means: Means,
}

/// What a scan names at this workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// Items that carry this barcode; several when merchants share it.
    Items(Vec<ItemRead>),
    /// A location of this warehouse.
    Location {
        /// The location.
        location: LocationId,
        /// `shelf`, `receiving`, `staging`, `quarantine` or `vehicle`.
        kind: String,
    },
    /// A parcel, by its waybill number.
    Parcel {
        /// The waybill.
        waybill: WaybillKey,
        /// The order it belongs to.
        order: OrderKey,
    },
    /// Lot and expiry without their item: a second barcode of the same label.
    Label {
        /// Lot (AI 10).
        lot: Option<String>,
        /// Expiry (AI 17).
        expiry: Option<NaiveDate>,
    },
    /// An inbound notice.
    Notice(NoticeNo),
    /// A gate pass.
    Pass(GatePassNo),
    /// The scanner could not read.
    NoRead,
    /// A code that says what it is and is damaged or false: never guessed at.
    Damaged(Refusal),
    /// Text that names nothing here.
    Nothing,
}

/// An item as a barcode names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRead {
    /// The merchant.
    pub owner: OwnerId,
    /// The merchant's item.
    pub item: ItemId,
    /// Its name.
    pub name: String,
    /// How many declared units one scan stands for: a case counts as its content.
    pub holds: Quantity,
    /// Lot, if the code carried one (AI 10).
    pub lot: Option<String>,
    /// Expiry, if the code carried one (AI 17).
    pub expiry: Option<NaiveDate>,
    /// The single piece, if the code carried a serial number (AI 21).
    pub piece: Option<PieceRead>,
}

/// A single piece, and where it was scanned before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PieceRead {
    /// Which.
    pub serial: Serial,
    /// Where the warehouse has seen it.
    pub seen: Seen,
}

/// What a task needs to know about the moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The estimate of the authority's clock.
    pub now: Instant,
    /// The position the next event will get, so that it can be taken back by name.
    pub next_seq: Seq,
    /// Two equal scans within this span are one.
    pub repeat_window: Span,
}

/// How a task answered: what it says, and what must be durable before it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Severity.
    pub outcome: Outcome,
    /// What is said.
    pub message: Message,
    /// Facts to record in the same transaction as the task's new state.
    pub facts: Vec<Fact>,
    /// What the workstation must do once that is durable.
    pub then: Option<Then>,
}

/// What follows a durable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Print the label of the order just released; copy 0 is the first.
    Print {
        /// The order.
        order: OrderKey,
        /// Which copy.
        copy: u32,
    },
    /// The job is over: the room offers the next one.
    Close,
    /// Ask the authority for permission first; its word comes back to the task.
    Ask(OnlineAsk),
}

/// What a task may need the authority's permission for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnlineAsk {
    /// Put a parcel on the vehicle.
    Load(WaybillKey),
    /// Take it off.
    Unload(WaybillKey),
    /// Let the vehicle go.
    Depart,
}

impl Turn {
    /// An answer that changes nothing but what is said.
    pub fn says(outcome: Outcome, message: Message) -> Self {
        Self {
            outcome,
            message,
            facts: Vec::new(),
            then: None,
        }
    }

    /// An accepted scan with the fact it becomes.
    pub fn records(message: Message, fact: Fact) -> Self {
        Self {
            outcome: Outcome::Accepted,
            message,
            facts: vec![fact],
            then: None,
        }
    }
}

/// How a scan or key was answered; each differs in shape, coverage, sound, words and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Counted, and durable before anyone heard the beep.
    Accepted,
    /// Seen already; nothing changed and nothing is lost.
    Duplicate,
    /// Refused; stays until acknowledged with OK.
    Wrong,
    /// Customs or the lease forbids it; stays until the parcel is in the hold bin.
    CustomsStop,
    /// The job is finished: where the result goes is shown huge.
    Complete,
}

impl Outcome {
    /// The name in every record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Wrong => "wrong",
            Self::CustomsStop => "customs_stop",
            Self::Complete => "complete",
        }
    }
}

/// What the clerk is asked to do next: one verb, one object, the largest thing on screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Prompt {
    /// The order in at most seven characters or three words.
    pub say: Message,
    /// What is left, in one line.
    pub detail: Option<Message>,
    /// How far the job is.
    pub tally: Option<Tally>,
    /// The commands this prompt accepts; all others are shown switched off.
    pub accepts: Vec<Command>,
    /// A wrong scan or stop that must be acknowledged before anything else counts.
    pub locked_by: Option<Message>,
}

/// Progress of a job in whole declared units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Tally {
    /// Taken so far.
    pub done: Quantity,
    /// Wanted in all.
    pub of: Quantity,
}

/// How one input was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Answer {
    /// Severity, and with it sound, shape and colour.
    pub outcome: Outcome,
    /// What is said; for everything but accepted and complete the catalogue also says why and what next.
    pub message: Message,
    /// The raw code the answer is about, if it was a scan.
    pub raw: Option<String>,
    /// What is asked next.
    pub prompt: Prompt,
}

/// What any task may say.
pub mod says {
    crate::messages! {
        yes {
            /// The last scan was taken back.
            undone(what) = "task.undone";
            /// An error was acknowledged.
            acknowledged() = "task.acknowledged";
            /// The supervisor was called.
            supervisor_called() = "task.supervisor_called";
            /// The room was opened by its code.
            room_opened() = "task.room_opened";
            /// The next scan will count this many.
            quantity_set(count) = "task.quantity_set";
            /// Digits are awaited.
            enter_quantity() = "task.enter_quantity";
            /// The next scan will count as damaged.
            damaged_next() = "task.damaged_next";
            /// The same code twice within moments: counted once.
            scanned_twice(raw) = "task.scanned_twice";
            /// How many are left of what.
            left(count, item) = "task.left";
            /// Goods of several lots, dates or merchants carry this code: say which.
            which() = "task.which";
            /// How to say which.
            which_how(item, count) = "task.which_how";
            /// The question was taken back; nothing was counted.
            which_withdrawn(item) = "task.which_withdrawn";
        }
        no {
            /// This key means nothing at this prompt.
            not_now(command) = "task.not_now";
            /// The code read means nothing to this task.
            unknown_code(raw) = "task.unknown_code";
            /// The scanner reported that it could not read.
            no_read() = "task.no_read";
            /// An earlier error is not acknowledged yet.
            acknowledge_first() = "task.acknowledge_first";
            /// No job waits here.
            nothing_next() = "task.nothing_next";
            /// A code was read while no room was open.
            no_room_open(raw) = "task.no_room_open";
            /// There is nothing to take back.
            nothing_to_undo() = "task.nothing_to_undo";
            /// The quantity is zero or too large.
            bad_quantity(count) = "task.bad_quantity";
            /// The piece was counted before: one serial number is one piece.
            duplicate_serial(serial, item, counted) = "task.duplicate_serial";
            /// A serial number is one piece, and a quantity was set for it.
            one_piece(serial, count) = "task.one_piece";
        }
    }
}
