//! The invariants of the sync protocol (its section 2.12), checked on what was witnessed.
//!
//! One checker for three kinds of evidence: histories of the simulator, which also hold the truth of
//! the floor ([`seen`]); journals taken out of a database ([`journals`]); and, by `bondctl verify`,
//! live databases, whose own checks stand in `store` and `platform`. It lives here and not beside the
//! simulator, because what proves the protocol in a test must be able to disprove it in production.
//!
//! It derives every verdict from facts: an order may leave its holder because the holder's *event* is
//! in the evidence, or a human's *look*, never because the authority says that it had a reason.
//!
//! It will not repair, and it stops at the first breach: what follows a broken rule proves nothing.

pub mod journals;
pub mod seen;

mod floor;
mod life;

use crate::feed::{Moved, News};
use crate::ids::{DeviceId, FeedPos, Incarnation, OrderKey, Seq};
use crate::journal::{Hash, Head, Series};
use crate::stock::Balances;
use seen::{Line, Seen};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A rule that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Its number in the sync protocol, I1 to I13, L1 or L2.
    pub invariant: &'static str,
    /// The order it broke on, when it broke on one.
    pub order: Option<OrderKey>,
    /// The step of the history, or the line of the evidence.
    pub step: u64,
    /// What was seen, in English for the record.
    pub says: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is broken", self.invariant)?;
        if let Some(order) = &self.order {
            write!(f, " on order {order}")?;
        }
        write!(f, " at step {}: {}", self.step, self.says)
    }
}

impl std::error::Error for Breach {}

/// What was found wrong, before it is known where.
pub(crate) type Wrong = (&'static str, Option<OrderKey>, String);

/// A workstation's life: a device and its incarnation.
pub(crate) type Life = (DeviceId, Incarnation);

/// Reads a history line by line.
#[derive(Debug, Default)]
pub struct Checker {
    rules: seen::Rules,
    life: life::Orders,
    floor: floor::Floor,
    /// Hashes of the events the authority took in, by series, from seq 1.
    taken: BTreeMap<Life, Taken>,
    /// Events of a second tail, kept as evidence.
    aside: BTreeSet<Hash>,
    feed: Feed,
    cursors: BTreeMap<String, FeedPos>,
    unjudged: BTreeSet<(DeviceId, Incarnation, Seq)>,
    last: u64,
}

#[derive(Debug)]
struct Taken {
    head: Head,
    /// Hash and time of every event.
    events: Vec<Head>,
}

#[derive(Debug, Default)]
struct Feed {
    pos: FeedPos,
    hash: Hash,
    hashes: Vec<Hash>,
    moves: Vec<(FeedPos, Moved)>,
    stock: Balances,
}

impl Checker {
    /// Takes in the next line.
    ///
    /// # Errors
    /// The first [`Breach`]; nothing that is shown afterwards means anything.
    pub fn see(&mut self, line: &Line) -> Result<(), Breach> {
        self.last = line.step;
        self.judge(line).map_err(|wrong| breach(wrong, line.step))
    }

    /// Judges what only the end shows: after faults ended, everybody was in contact and time passed.
    ///
    /// # Errors
    /// The first [`Breach`] of I7, I9 or L2.
    pub fn finish(&self) -> Result<(), Breach> {
        let end = |wrong| breach(wrong, self.last);
        for shown in self.floor.shown() {
            let life = (shown.device.clone(), shown.incarnation);
            let arrived = self.taken_hash(&life, shown.seq) == Some(shown.hash)
                || self.aside.contains(&shown.hash);
            if !arrived {
                return Err(end((
                    "I9",
                    None,
                    format!(
                        "event {}/{}/{} was shown green and has vanished",
                        shown.device, shown.incarnation.0, shown.seq.0
                    ),
                )));
            }
        }
        if let Some((device, incarnation, seq)) = self.unjudged.first() {
            let says = format!(
                "event {device}/{}/{} was taken and never judged",
                incarnation.0, seq.0
            );
            return Err(end(("I9", None, says)));
        }
        self.life.finish().map_err(end)
    }

    fn judge(&mut self, line: &Line) -> Result<(), Wrong> {
        self.life.see(line, &self.rules)?;
        self.floor.see(line)?;
        match &line.seen {
            Seen::Begun { rules } => self.rules = rules.clone(),
            Seen::Fed { entry } => {
                let feed = &mut self.feed;
                let follows = entry.pos.0 == feed.pos.0.saturating_add(1)
                    && entry.prev_hash == feed.hash
                    && entry.hash == entry.computed_hash();
                if !follows {
                    return Err((
                        "I11",
                        None,
                        format!("feed entry {} does not follow {}", entry.pos.0, feed.pos.0),
                    ));
                }
                (feed.pos, feed.hash) = (entry.pos, entry.hash);
                feed.hashes.push(entry.hash);
                if let Ok(News::Moved(moved)) = News::read(&entry.kind, entry.v, &entry.body) {
                    for movement in &moved.stock {
                        feed.stock.apply(movement).map_err(|why| {
                            ("I5", None, format!("feed entry {}: {why}", entry.pos.0))
                        })?;
                    }
                    feed.moves.push((entry.pos, moved));
                }
            }
            Seen::Taken { event } => {
                let life = (event.series.device.clone(), event.series.incarnation);
                let taken = self.taken.entry(life).or_insert(Taken {
                    head: Head::EMPTY,
                    events: Vec::new(),
                });
                taken.head = taken.head.follow(&event.series, event).map_err(|why| {
                    (
                        "I6",
                        None,
                        format!(
                            "{}/{}: {why}",
                            event.series.device, event.series.incarnation.0
                        ),
                    )
                })?;
                taken.events.push(taken.head);
                self.unjudged.insert((
                    event.series.device.clone(),
                    event.series.incarnation,
                    event.seq,
                ));
            }
            Seen::Judged {
                device,
                incarnation,
                seq,
                ..
            } => {
                self.unjudged.remove(&(device.clone(), *incarnation, *seq));
            }
            Seen::Aside { event } => {
                self.aside.insert(event.hash);
            }
            Seen::Safe {
                machine,
                device,
                incarnation,
                seq,
                hash,
            } => {
                if self.taken_hash(&(device.clone(), *incarnation), *seq) != Some(*hash) {
                    return Err((
                        "I7",
                        None,
                        format!(
                            "{machine} was told that event {} is safe, and it is not there",
                            seq.0
                        ),
                    ));
                }
            }
            Seen::Cursor { machine, pos, anew } => {
                let before = self.cursors.insert(machine.clone(), *pos);
                if !anew && before.is_some_and(|before| *pos < before) {
                    return Err((
                        "I11",
                        None,
                        format!("the cursor of {machine} went back to {}", pos.0),
                    ));
                }
            }
            Seen::Agrees {
                machine,
                pos,
                here,
                there,
            } => {
                if here != there {
                    return Err((
                        "I8",
                        None,
                        format!(
                            "{machine} and the authority differ at feed position {}",
                            pos.0
                        ),
                    ));
                }
            }
            Seen::Level { machine, unsent } => {
                if *unsent > 0 {
                    return Err((
                        "L1",
                        None,
                        format!("{machine} still has {unsent} unsent events"),
                    ));
                }
            }
            Seen::Restored { pos, heads, .. } => self.restore(*pos, heads),
            Seen::TakesBack { forgot: false } => {
                let says = "the authority takes journals back and has forgotten nothing";
                return Err(("L2", None, says.to_owned()));
            }
            Seen::Calm { recovering: true } => {
                let says = "everybody was heard, and the authority still takes journals back";
                return Err(("L2", None, says.to_owned()));
            }
            Seen::TakesBack { forgot: true } | Seen::Calm { recovering: false } => {}
            Seen::Customs { .. }
            | Seen::CustomsFresh
            | Seen::Granted { .. }
            | Seen::Order { .. }
            | Seen::Spoke { .. }
            | Seen::Answered { .. }
            | Seen::Loaded { .. }
            | Seen::Left { .. }
            | Seen::Packed { .. }
            | Seen::Looked { .. }
            | Seen::Scanned { .. }
            | Seen::Green { .. }
            | Seen::Started { .. }
            | Seen::Gone { .. } => {}
        }
        Ok(())
    }

    /// The authority came back from a backup: what it knew since then is not known any more.
    fn restore(&mut self, pos: FeedPos, heads: &[(Series, Seq)]) {
        let kept = |life: &Life| {
            heads
                .iter()
                .find(|(series, _)| (&series.device, series.incarnation) == (&life.0, life.1))
                .map_or(0, |(_, seq)| seq.0)
        };
        for (life, taken) in &mut self.taken {
            taken
                .events
                .truncate(usize::try_from(kept(life)).unwrap_or(usize::MAX));
            taken.head = taken.events.last().copied().unwrap_or(Head::EMPTY);
        }
        let feed = &mut self.feed;
        feed.hashes
            .truncate(usize::try_from(pos.0).unwrap_or(usize::MAX));
        feed.pos = pos;
        feed.hash = feed.hashes.last().copied().unwrap_or(Hash::GENESIS);
        feed.moves.retain(|(at, _)| *at <= pos);
        feed.stock = Balances::default();
        for movement in feed.moves.iter().flat_map(|(_, moved)| &moved.stock) {
            // It fitted the first time, in the same order.
            let _ = feed.stock.apply(movement);
        }
    }

    fn taken_hash(&self, life: &Life, seq: Seq) -> Option<Hash> {
        let at = usize::try_from(seq.0.checked_sub(1)?).ok()?;
        Some(self.taken.get(life)?.events.get(at)?.hash)
    }
}

fn breach((invariant, order, says): Wrong, step: u64) -> Breach {
    Breach {
        invariant,
        order,
        step,
        says,
    }
}

/// Checks a whole history: every line, then the end.
///
/// # Errors
/// The first [`Breach`].
pub fn check<'a>(history: impl IntoIterator<Item = &'a Line>) -> Result<(), Breach> {
    let mut checker = Checker::default();
    history.into_iter().try_for_each(|line| checker.see(line))?;
    checker.finish()
}

#[cfg(test)]
mod tests;
