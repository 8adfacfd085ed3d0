//! Exported journals: one event a line, as JSON, of one workstation or of many.
//!
//! A journal alone cannot show what customs or the authority said. It shows that nothing is missing,
//! altered or doubled (I6), that no order was released twice or after its lease was given back (I1,
//! I2), and that every movement takes from one place what it gives to another (I4). A second release
//! is reported whoever allowed it: that a supervisor had looked in between is not in a journal.

use super::{Breach, Life, Wrong, breach};
use crate::facts::{Fact, Unreadable};
use crate::ids::{GrantId, OrderKey};
use crate::journal::{Event, Head};
use std::collections::{BTreeMap, BTreeSet};

/// Reads journals event by event; events of several series may be mixed, each in its own order.
#[derive(Debug, Default)]
pub struct Journals {
    heads: BTreeMap<Life, Head>,
    released: BTreeMap<OrderKey, Life>,
    /// Grants that ended at a workstation.
    ended: BTreeSet<GrantId>,
    /// Events of a kind this version cannot read.
    unread: u64,
    line: u64,
}

impl Journals {
    /// Takes in the next event.
    ///
    /// # Errors
    /// The first [`Breach`], by line.
    pub fn see(&mut self, event: &Event) -> Result<(), Breach> {
        self.line = self.line.saturating_add(1);
        self.judge(event).map_err(|wrong| breach(wrong, self.line))
    }

    /// How many events of how many series were read, and how many of them are of a kind this version
    /// does not know: those were only checked for being in place.
    pub fn counted(&self) -> (u64, usize, u64) {
        (self.line, self.heads.len(), self.unread)
    }

    fn judge(&mut self, event: &Event) -> Result<(), Wrong> {
        let life = (event.series.device.clone(), event.series.incarnation);
        let head = self.heads.entry(life.clone()).or_insert(Head::EMPTY);
        *head = head
            .follow(&event.series, event)
            .map_err(|why| ("I6", None, format!("{}/{}: {why}", life.0, life.1.0)))?;
        let fact = match Fact::read(&event.kind, event.v, &event.body) {
            Ok(fact) => fact,
            Err(Unreadable::UnknownKind) => {
                self.unread = self.unread.saturating_add(1);
                return Ok(());
            }
            Err(Unreadable::Malformed) => {
                return Err((
                    "I6",
                    None,
                    format!("event {} is not what its kind promises", event.seq.0),
                ));
            }
        };
        let moves = fact.moves();
        if moves
            .stock
            .iter()
            .any(|movement| !movement.qty.is_positive())
        {
            return Err((
                "I4",
                None,
                format!("event {} moves nothing or less", event.seq.0),
            ));
        }
        let (grant, order, ended) = match fact {
            Fact::Released(released) => {
                if let Some(before) = self.released.insert(released.order.clone(), life) {
                    let says = format!(
                        "released at {}/{} and again at {}/{}",
                        before.0, before.1.0, event.series.device, event.series.incarnation.0
                    );
                    return Err(("I1", Some(released.order), says));
                }
                (released.grant, released.order, "released")
            }
            Fact::LeaseDropped(dropped) => (dropped.grant, dropped.order, "given back"),
            Fact::Counted(_)
            | Fact::NoticeClosed(_)
            | Fact::PutAway(_)
            | Fact::ReleaseStarted(_)
            | Fact::Picked(_)
            | Fact::ReleaseParked(_)
            | Fact::LabelPrinted(_)
            | Fact::Loaded(_)
            | Fact::Undone(_)
            | Fact::CaseRaised(_)
            | Fact::Signed(_)
            | Fact::ParcelFound(_)
            | Fact::Reported(_) => return Ok(()),
        };
        if !self.ended.insert(grant) {
            return Err((
                "I2",
                Some(order),
                format!("{ended} under a grant that had ended"),
            ));
        }
        Ok(())
    }
}
