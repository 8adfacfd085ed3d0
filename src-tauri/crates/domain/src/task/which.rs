//! Which of several goods a scan meant: asked, because a code that carries no lot names them all.
//!
//! Bars on a retail pack name the item and nothing more. Where goods of one item stand at a place in
//! several lots or expiry dates, or several merchants share a number, taking the first would be a
//! guess. So the clerk says which: by the label's lot, by a number of the bench card, or by scanning
//! something else, which withdraws the question. What the document reserved is never asked for, and
//! what no eye can tell apart is no question either.

use super::bench::Announced;
use super::view::{Choice, lot_and_expiry};
use super::{Command, Heard, ItemRead, Means, Outcome, Turn, says};
use crate::facts::ScanEvidence;
use crate::message::Message;
use crate::quantity::Quantity;
use crate::scanner::own::OwnCode;
use crate::stock::Goods;
use serde::{Deserialize, Serialize};

/// A question that may be open.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Which(Option<Asked>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Asked {
    among: Vec<Candidate>,
    scan: Scanned,
}

/// Goods a scan may have meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The goods.
    pub goods: Goods,
    /// What they are called.
    pub name: String,
    /// What their merchant is called.
    pub owner_name: String,
    /// How many there are, or are wanted.
    pub qty: Quantity,
}

/// The scan that raised the question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scanned {
    /// What it names, as far as it says.
    pub read: ItemRead,
    /// How it reached us.
    pub evidence: ScanEvidence,
    /// What was announced for it.
    #[serde(default)]
    pub announced: Announced,
}

/// What an input is to an open question.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Nothing: the task answers as if none were open.
    Other,
    /// Another scan took its place; what was announced holds for that one.
    Instead(Announced),
    /// It is answered with these words, and open or withdrawn as they say.
    Said(Turn),
    /// These were meant by that scan.
    These(Goods, Box<Scanned>),
}

impl Candidate {
    /// Whether a clerk with both in hand could not tell one from the other.
    fn looks_like(&self, other: &Self) -> bool {
        let seen = |goods: &Goods| {
            (
                goods.owner.clone(),
                goods.item.clone(),
                goods.lot.clone(),
                goods.expiry,
            )
        };
        seen(&self.goods) == seen(&other.goods)
    }
}

impl Which {
    /// Those that an eye can tell apart; of the others the first stands for all.
    pub fn distinct(candidates: impl IntoIterator<Item = Candidate>) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        for candidate in candidates {
            if !found.iter().any(|other| other.looks_like(&candidate)) {
                found.push(candidate);
            }
        }
        found
    }

    /// Asks which of these a scan meant.
    pub fn ask(&mut self, among: Vec<Candidate>, scan: Scanned) -> Turn {
        self.0 = Some(Asked { among, scan });
        Turn::says(Outcome::Accepted, says::which())
    }

    /// Whether an answer is awaited.
    pub fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// What is asked while a question is open: the order, and what is left to say about it.
    pub fn asked(&self) -> Option<(Message, Option<Message>)> {
        let asked = self.0.as_ref()?;
        let how = says::which_how(&asked.scan.read.name, asked.among.len());
        Some((says::which(), Some(how)))
    }

    /// Answers an open question, as far as the input does.
    pub fn told(&mut self, heard: &Heard) -> Told {
        let Some(asked) = &mut self.0 else {
            return Told::Other;
        };
        let fitting: Vec<Candidate> = match heard {
            Heard::Digit(digit) => asked.numbered(u32::from(*digit)),
            Heard::Number(number) => asked.numbered(*number),
            Heard::Scan(reading) => match &reading.means {
                Means::Label { lot, expiry } => {
                    let says = |goods: &Goods| {
                        (lot.is_none() || *lot == goods.lot)
                            && (expiry.is_none() || *expiry == goods.expiry)
                    };
                    asked
                        .among
                        .iter()
                        .filter(|one| says(&one.goods))
                        .cloned()
                        .collect()
                }
                // What was not understood leaves the question open; anything else withdraws it.
                Means::NoRead | Means::Damaged(_) | Means::Nothing => return Told::Other,
                Means::Items(_)
                | Means::Location { .. }
                | Means::Parcel { .. }
                | Means::Notice(_)
                | Means::Pass(_) => {
                    let announced = asked.scan.announced;
                    self.0 = None;
                    return Told::Instead(announced);
                }
            },
            Heard::Command(Command::Undo | Command::Back) => {
                let message = says::which_withdrawn(&asked.scan.read.name);
                self.0 = None;
                return Told::Said(Turn::says(Outcome::Accepted, message));
            }
            Heard::Command(Command::Ok | Command::Quantity | Command::Park | Command::Next) => {
                Vec::new()
            }
            Heard::Command(
                Command::Help
                | Command::Damaged
                | Command::Supervisor
                | Command::Reprint
                | Command::Lock,
            ) => return Told::Other,
        };
        if let [one] = fitting.as_slice() {
            let answer = Told::These(one.goods.clone(), Box::new(asked.scan.clone()));
            self.0 = None;
            return answer;
        }
        if !fitting.is_empty() {
            // The date alone fits several lots: those are left.
            asked.among = fitting;
        }
        Told::Said(Turn::says(Outcome::Duplicate, says::which()))
    }

    /// Goods to choose from, by number.
    pub fn choices(&self) -> Vec<Choice> {
        self.0
            .as_ref()
            .map_or_else(Vec::new, |asked| numbered(&asked.among))
    }
}

/// Goods to choose from by the digits of the bench card: the first nine.
pub fn numbered(among: &[Candidate]) -> Vec<Choice> {
    (1..=9)
        .zip(among)
        .filter_map(|(number, one)| {
            let told = lot_and_expiry(&one.goods).into_iter().map(|r| r.value);
            let detail: Vec<String> = std::iter::once(one.name.clone())
                .chain(told)
                .chain([one.qty.to_string()])
                .collect();
            Some(Choice {
                code: OwnCode::Digit(number).text()?,
                title: one.owner_name.clone(),
                detail: detail.join(" · "),
            })
        })
        .collect()
}

impl Asked {
    fn numbered(&self, number: u32) -> Vec<Candidate> {
        let at = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
        at.and_then(|at| self.among.get(at))
            .cloned()
            .into_iter()
            .collect()
    }
}
