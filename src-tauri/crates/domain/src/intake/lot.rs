//! Lot and expiry of goods that track them, where neither their code nor the notice names one: asked.
//!
//! Bars on a retail pack carry no lot, and a notice may leave it out. What is not written down while
//! the carton is open cannot be recalled later, nor shipped first because it expires first. So the
//! scan waits until the lot is said: by its own barcode, by typing what the pack says, or by the
//! number of a lot said before. The last one is never assumed, because the next carton may be
//! another; what the notice announced is the document's word and never asked for.

use super::{Intake, Line, agree, says};
use crate::gs1::dates;
use crate::gs1::elements::{ElementString, Unknown};
use crate::message::Message;
use crate::scanner::{Meaning, Scan};
use crate::stock::Goods;
use crate::task::view::Choice;
use crate::task::which::{Candidate, Scanned, numbered};
use crate::task::{Command, Heard, ItemRead, Means, Moment, Outcome, Reading, Turn};
use crate::time::Zone;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How many lots of a line are offered by number: the digits of the bench card.
const OFFERED: usize = 9;

/// A scan that waits for its lot or expiry, and the line it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Awaiting {
    at: usize,
    scan: Scanned,
}

/// What is not known yet of goods that must be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Lot,
    Expiry,
}

/// What an answer says.
enum Said {
    Lot(String),
    Label(Option<String>, Option<NaiveDate>),
    Expiry(NaiveDate),
    Unfit(Message),
}

impl Line {
    /// Its goods with the lot and expiry that a code, or a clerk, named; else as announced.
    pub(super) fn goods_of(&self, lot: Option<String>, expiry: Option<NaiveDate>) -> Goods {
        Goods {
            lot: lot.or_else(|| self.goods.lot.clone()),
            expiry: expiry.or(self.goods.expiry),
            ..self.goods.clone()
        }
    }

    fn missing(&self, read: &ItemRead) -> Option<Missing> {
        let goods = self.goods_of(read.lot.clone(), read.expiry);
        match (self.tracks_lot, goods.lot, goods.expiry) {
            (false, _, _) | (true, Some(_), Some(_)) => None,
            (true, None, _) => Some(Missing::Lot),
            (true, Some(_), None) => Some(Missing::Expiry),
        }
    }

    /// Lots said before that agree with what a code carries, newest first.
    fn said_for(&self, read: &ItemRead) -> Vec<Goods> {
        let fits = |goods: &&Goods| {
            agree(goods.lot.as_ref(), read.lot.as_ref())
                && agree(goods.expiry.as_ref(), read.expiry.as_ref())
        };
        self.said.iter().filter(fits).cloned().collect()
    }

    fn remember(&mut self, goods: Goods) {
        self.said.retain(|known| known != &goods);
        self.said.insert(0, goods);
        self.said.truncate(OFFERED);
    }
}

impl Intake {
    /// Asks for what is missing of a scan; none where everything is known.
    pub(super) fn ask_lot(&mut self, at: usize, mut scan: Scanned) -> Option<Turn> {
        let missing = self.lines.get(at)?.missing(&scan.read)?;
        self.bench.announce(scan.announced);
        scan.announced = self.bench.take_announced();
        self.awaiting = Some(Box::new(Awaiting { at, scan }));
        Some(Turn::says(Outcome::Accepted, missing.prompt()))
    }

    fn missing(&self) -> Option<(Missing, &Line, &Awaiting)> {
        let awaiting = self.awaiting.as_deref()?;
        let line = self.lines.get(awaiting.at)?;
        Some((line.missing(&awaiting.scan.read)?, line, awaiting))
    }

    /// What is asked while a scan waits: the order, and how to answer it.
    pub(super) fn lot_asked(&self) -> Option<(Message, Option<Message>)> {
        let (missing, line, _) = self.missing()?;
        let how = match missing {
            Missing::Lot => says::scan_lot_how(&line.name),
            Missing::Expiry => says::scan_expiry_how(&line.name),
        };
        Some((missing.prompt(), Some(how)))
    }

    /// Whether OK would close the notice, or say that there is no date: while a lot is asked for, neither.
    pub(super) fn takes_ok(&self) -> bool {
        !matches!(self.missing(), Some((Missing::Lot, _, _)))
    }

    /// Lots said before, by number.
    pub(super) fn lot_choices(&self) -> Vec<Choice> {
        let Some((_, line, awaiting)) = self.missing() else {
            return Vec::new();
        };
        let said = line.said_for(&awaiting.scan.read).into_iter();
        let said: Vec<Candidate> = said
            .map(|goods| Candidate {
                goods,
                name: line.name.clone(),
                owner_name: self.owner_name.clone(),
                qty: line.open(),
            })
            .collect();
        numbered(&said)
    }

    /// Answers an open question, as far as the input does.
    pub(super) fn told_lot(&mut self, heard: &Heard, moment: &Moment) -> Option<Turn> {
        let (missing, line, awaiting) = self.missing()?;
        let (name, awaiting) = (line.name.clone(), awaiting.clone());
        match heard {
            Heard::Scan(reading) => match &reading.means {
                // Another piece, before this one was told: the question is about that one.
                Means::Items(_) => {
                    self.awaiting = None;
                    self.bench.announce(awaiting.scan.announced);
                    None
                }
                _ => match said(reading, missing, moment)? {
                    Said::Lot(lot) => Some(self.name_lot(awaiting, Some(lot), None, moment)),
                    Said::Label(lot, date) => Some(self.name_lot(awaiting, lot, date, moment)),
                    Said::Expiry(date) => Some(self.name_lot(awaiting, None, Some(date), moment)),
                    Said::Unfit(message) => Some(self.bench.refuse(message)),
                },
            },
            Heard::Digit(digit) if !self.bench.entering => {
                let at = usize::from(*digit).checked_sub(1);
                let chosen =
                    at.and_then(|at| line.said_for(&awaiting.scan.read).into_iter().nth(at));
                Some(match chosen {
                    Some(goods) => self.count_as(awaiting, goods.lot, goods.expiry, moment),
                    None => Turn::says(Outcome::Duplicate, missing.prompt()),
                })
            }
            Heard::Command(Command::Undo | Command::Back) => {
                self.awaiting = None;
                let message = crate::task::says::which_withdrawn(name);
                Some(Turn::says(Outcome::Accepted, message))
            }
            Heard::Command(Command::Ok) if !self.bench.entering => Some(match missing {
                Missing::Lot => Turn::says(Outcome::Duplicate, missing.prompt()),
                Missing::Expiry => self.count_as(awaiting, None, None, moment),
            }),
            Heard::Digit(_) | Heard::Number(_) | Heard::Command(_) => None,
        }
    }

    /// Takes what was said, and asks on or counts.
    fn name_lot(
        &mut self,
        awaiting: Awaiting,
        lot: Option<String>,
        expiry: Option<NaiveDate>,
        moment: &Moment,
    ) -> Turn {
        let Awaiting { at, scan } = awaiting;
        let read = ItemRead {
            lot: lot.or(scan.read.lot),
            expiry: expiry.or(scan.read.expiry),
            ..scan.read
        };
        self.awaiting = None;
        if !self.lines.get(at).is_some_and(|line| line.fits(&read)) {
            let message = says::not_in_notice(&read.name, &self.notice.notice).0;
            return self.bench.refuse(message);
        }
        let scan = Scanned { read, ..scan };
        match self.ask_lot(at, scan.clone()) {
            Some(turn) => turn,
            None => self.count_as(Awaiting { at, scan }, None, None, moment),
        }
    }

    /// Counts what waited, with what was said of it; what is still unknown then, it does not have.
    fn count_as(
        &mut self,
        awaiting: Awaiting,
        lot: Option<String>,
        expiry: Option<NaiveDate>,
        moment: &Moment,
    ) -> Turn {
        self.awaiting = None;
        let Awaiting { at, scan } = awaiting;
        self.bench.announce(scan.announced);
        let read = ItemRead {
            lot: lot.or(scan.read.lot),
            expiry: expiry.or(scan.read.expiry),
            ..scan.read
        };
        if let Some(line) = self.lines.get_mut(at) {
            line.remember(line.goods_of(read.lot.clone(), read.expiry));
        }
        self.count_complete(Some(at), &read, &scan.evidence, moment)
    }
}

impl Missing {
    fn prompt(self) -> Message {
        match self {
            Self::Lot => says::scan_lot(),
            Self::Expiry => says::scan_expiry(),
        }
    }
}

/// What a scan, or typed text, says of the lot or date that is asked for; none where it is about
/// something else, or cannot be read.
///
/// A label says itself what is what. Bare text is taken at the prompt's word when it was typed, or when
/// it names nothing else here and could be no item's number.
fn said(reading: &Reading, missing: Missing, moment: &Moment) -> Option<Said> {
    if let Means::Label { lot, expiry } = &reading.means {
        return Some(Said::Label(lot.clone(), *expiry));
    }
    let Meaning::Plain(plain) = Scan::new(reading.evidence.raw.as_str()).mean() else {
        return None;
    };
    let typed = reading.evidence.from == "typed";
    let bare = reading.means == Means::Nothing && plain.gtin.is_none() && plain.elements.is_none();
    if !typed && !bare {
        return None;
    }
    let text = plain.text.trim();
    Some(match missing {
        Missing::Lot if is_lot(text) => Said::Lot(text.to_owned()),
        Missing::Lot => Said::Unfit(says::not_a_lot(text).0),
        Missing::Expiry => match date(text, Zone::SHANGHAI.date_at(moment.now)) {
            Some(date) => Said::Expiry(date),
            None => Said::Unfit(says::not_a_date(text).0),
        },
    })
}

/// Whether text could stand in a GS1 lot field (AI 10): up to twenty characters of set 82.
fn is_lot(text: &str) -> bool {
    ElementString::read(&format!("10{text}"), Unknown::Refused)
        .is_ok_and(|elements| elements.lot() == Some(text))
}

/// A date as packs print it: year first, with or without its day; without, the month's last counts.
fn date(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text
        .chars()
        .any(|c| !c.is_ascii_digit() && !"-/. ".contains(c))
    {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
    let year = || i32::try_from(number(0, 4)?).ok();
    match (digits.len(), text.len()) {
        (8, _) => NaiveDate::from_ymd_opt(year()?, number(4, 6)?, number(6, 8)?),
        (6, 7) => dates::last_of_month(year()?, number(4, 6)?),
        (6, 6) => dates::read(&digits, today),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
