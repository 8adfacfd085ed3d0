//! What every task does alike, before a room's own rules see the input.
//!
//! An unacknowledged error locks the bench until OK; a customs stop until the parcel lies in the
//! hold bin. A typed quantity and the "damaged" key apply to the next scan only. The same code
//! twice within a moment is answered as a repetition: counted once, never swallowed.

use super::{Command, Heard, ItemRead, Means, Moment, Outcome, Turn, says};
use crate::message::Message;
use crate::quantity::Quantity;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// Quantities above this are a slip of the finger, not a count.
const MOST_AT_ONCE: u32 = 9_999;

/// The state every task carries beside its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bench {
    /// An answer that must be acknowledged before anything else counts.
    pub locked: Option<Lock>,
    /// What the next scan counts, when it was set by hand.
    quantity: Option<u32>,
    /// Digits are being entered.
    pub entering: bool,
    /// The next scan is damaged goods.
    pub damaged: bool,
    /// The last accepted scan, to tell a repetition.
    last: Option<LastScan>,
}

/// What locks a bench, and what it takes to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// What was said.
    pub message: Message,
    /// Customs stop: only the hold bin ends it.
    pub needs_hold_bin: bool,
}

/// What was announced by hand for one scan. Where that scan raises a question, it waits with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Announced {
    quantity: Option<u32>,
    damaged: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LastScan {
    raw: String,
    at: Instant,
}

/// Whether the room's own rules should see the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// The bench has answered.
    Answered(Turn),
    /// A customs stop ended in the hold bin: the room sets the job aside.
    HeldAside(Message),
    /// It is for the room.
    ForRoom,
}

impl Bench {
    /// Takes what concerns every task alike.
    pub fn admit(&mut self, heard: &Heard, moment: &Moment) -> Admission {
        if let Some(lock) = self.locked.clone() {
            return self.unlock(&lock, heard);
        }
        match heard {
            Heard::Command(Command::Quantity) => {
                self.entering = true;
                Admission::Answered(Turn::says(Outcome::Accepted, says::enter_quantity()))
            }
            Heard::Number(count) => Admission::Answered(self.set_quantity(*count)),
            Heard::Digit(digit) => {
                let so_far = if self.entering {
                    self.quantity.unwrap_or(0)
                } else {
                    0
                };
                self.entering = true;
                let count = so_far.saturating_mul(10).saturating_add(u32::from(*digit));
                self.quantity = Some(count);
                Admission::Answered(Turn::says(Outcome::Accepted, says::quantity_set(count)))
            }
            Heard::Command(Command::Ok) if self.entering => {
                Admission::Answered(self.set_quantity(self.quantity.unwrap_or(0)))
            }
            Heard::Command(Command::Damaged) => {
                self.damaged = true;
                Admission::Answered(Turn::says(Outcome::Accepted, says::damaged_next()))
            }
            Heard::Scan(reading) => {
                if reading.means == Means::NoRead {
                    return Admission::Answered(self.refuse(says::no_read().0));
                }
                if let Means::Damaged(refusal) = &reading.means {
                    return Admission::Answered(self.refuse(refusal.0.clone()));
                }
                if reading.means == Means::Nothing {
                    return Admission::Answered(
                        self.refuse(says::unknown_code(&reading.evidence.raw).0),
                    );
                }
                if self.is_repetition(&reading.evidence.raw, moment) {
                    let said = says::scanned_twice(&reading.evidence.raw);
                    return Admission::Answered(Turn::says(Outcome::Duplicate, said));
                }
                Admission::ForRoom
            }
            Heard::Command(Command::Undo) => {
                // What was taken back may be scanned again at once.
                self.last = None;
                Admission::ForRoom
            }
            Heard::Command(_) => Admission::ForRoom,
        }
    }

    fn set_quantity(&mut self, count: u32) -> Turn {
        self.entering = false;
        if count == 0 || count > MOST_AT_ONCE {
            return self.refuse(says::bad_quantity(count).0);
        }
        self.quantity = Some(count);
        Turn::says(Outcome::Accepted, says::quantity_set(count))
    }

    /// Refuses: says why and stays locked until acknowledged.
    pub fn refuse(&mut self, message: Message) -> Turn {
        self.locked = Some(Lock {
            message: message.clone(),
            needs_hold_bin: false,
        });
        self.forget_modifiers();
        Turn::says(Outcome::Wrong, message)
    }

    /// Stops for customs: stays until the parcel lies in the hold bin.
    pub fn stop(&mut self, message: Message) -> Turn {
        self.locked = Some(Lock {
            message: message.clone(),
            needs_hold_bin: true,
        });
        self.forget_modifiers();
        Turn::says(Outcome::CustomsStop, message)
    }

    /// Refuses a piece that was counted before, or for which several were announced: a serial number
    /// is one piece however long ago it was scanned. None where the piece may count; else the bench
    /// is locked.
    pub fn refuse_piece(&mut self, read: &ItemRead, counted: Option<String>) -> Option<Turn> {
        let number = &read.piece.as_ref()?.serial.number;
        if let Some(counted) = counted {
            return Some(self.refuse(says::duplicate_serial(number, &read.name, counted).0));
        }
        let count = self.quantity.filter(|count| *count > 1)?;
        Some(self.refuse(says::one_piece(number, count).0))
    }

    /// How much a scan counts that stands for `holds` units; uses up a quantity set by hand.
    pub fn counts(&mut self, holds: Quantity) -> Option<Quantity> {
        let times = self.quantity.take().unwrap_or(1);
        holds
            .units()
            .checked_mul(i64::from(times))
            .map(Quantity::from_units)
    }

    /// Whether the next scan was announced as damaged; uses the announcement up.
    pub fn take_damaged(&mut self) -> bool {
        std::mem::take(&mut self.damaged)
    }

    /// Sets aside what was announced, so that no refusal in between makes it forgotten.
    pub fn take_announced(&mut self) -> Announced {
        let announced = Announced {
            quantity: self.quantity,
            damaged: self.damaged,
        };
        self.forget_modifiers();
        announced
    }

    /// What was announced holds again; a quantity set since is the newer word.
    pub fn announce(&mut self, announced: Announced) {
        self.quantity = self.quantity.or(announced.quantity);
        self.damaged |= announced.damaged;
    }

    /// Remembers an accepted scan, so that its echo is recognised.
    pub fn accepted(&mut self, raw: &str, moment: &Moment) {
        self.last = Some(LastScan {
            raw: raw.to_owned(),
            at: moment.now,
        });
    }

    fn is_repetition(&self, raw: &str, moment: &Moment) -> bool {
        // A quantity or damage announced by hand means the same code is scanned on purpose.
        self.quantity.is_none()
            && !self.damaged
            && self.last.as_ref().is_some_and(|last| {
                last.raw == raw && moment.now.since(last.at) < moment.repeat_window
            })
    }

    fn forget_modifiers(&mut self) {
        self.quantity = None;
        self.entering = false;
        self.damaged = false;
    }

    fn unlock(&mut self, lock: &Lock, heard: &Heard) -> Admission {
        let in_hold_bin = matches!(
            heard,
            Heard::Scan(reading) if matches!(&reading.means, Means::Location { kind, .. } if kind == "quarantine")
        );
        // Help may be called at any time: it moves nothing, and the lock stays.
        if matches!(heard, Heard::Command(Command::Supervisor)) {
            return Admission::Answered(Turn::says(Outcome::Accepted, says::supervisor_called()));
        }
        let acknowledged = matches!(heard, Heard::Command(Command::Ok));
        if lock.needs_hold_bin && in_hold_bin {
            self.locked = None;
            return Admission::HeldAside(lock.message.clone());
        }
        if !lock.needs_hold_bin && acknowledged {
            self.locked = None;
            return Admission::Answered(Turn::says(Outcome::Accepted, says::acknowledged()));
        }
        // The first error stays on screen: it is what must be dealt with.
        let outcome = if lock.needs_hold_bin {
            Outcome::CustomsStop
        } else {
            Outcome::Wrong
        };
        Admission::Answered(Turn::says(outcome, says::acknowledge_first().0))
    }
}
