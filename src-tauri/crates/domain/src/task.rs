//! A clerk's task: what is asked, how a scan was answered, what is asked next.
//!
//! Every floor room is a state machine in Rust. It takes one [`Input`] at a time and answers with
//! an [`Outcome`], a [`Message`] and the next [`Prompt`]; the window only draws it. So a flow runs
//! the same in the window, in `bondctl` and in tests, never depends on keyboard focus, and resumes
//! after a crash at the same prompt, because its state is a fold of journal events.
//!
//! This module holds the vocabulary only; each room's rules stand in its own module.

use crate::message::Message;
use crate::quantity::Quantity;
use serde::{Deserialize, Serialize};

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
    Command(Command),
    /// A quantity typed after `Command::Quantity` (digits, or `BH1CN0…N9`).
    Number {
        /// The whole number typed.
        value: u32,
    },
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
    /// Leave an optional page (Esc).
    Back,
    /// Lock or change the user (F12).
    Lock,
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
            /// The next scan will count this many.
            quantity_set(count) = "task.quantity_set";
            /// Digits are awaited.
            enter_quantity() = "task.enter_quantity";
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
            /// There is nothing to take back.
            nothing_to_undo() = "task.nothing_to_undo";
            /// The quantity is zero or too large.
            bad_quantity(count) = "task.bad_quantity";
        }
    }
}
