//! Customs, as the town plays it: reads the platform's outbox and answers with rules of its own.
//!
//! | file | what it decides |
//! |---|---|
//! | `papers` | orders, payments, waybills: taken in (312, 412, 512) |
//! | `lists` | declaration lists: 2, 3, 120, then 800, or a hold, or a refusal; cancellations and returns |
//! | `tax` | tax bills: what is due (816), and void again (818) |
//! | `rules` | what it objects to in a list: its own comparison, limits and price levels |
//! | `notes` | bonded notes: the technical answer, then INV201; INV211 where it gives item numbers |
//! | `gate` | gate passes: SAS221, and SAS223 when the vehicle is seen |
//! | `book` | its own ledger |
//!
//! It never calls the platform's comparison, tax or clearance rules: it is what those are tried
//! against, and it is wrong at a set rate in both directions: it refuses what nothing is wrong with, passes what
//! its rules object to, and releases what was paid otherwise in the end. Every answer is a function of the seed,
//! the message's number in the outbox and the time it was put there; so reading the outbox again
//! from the beginning gives the same answers, and that is how a restarted town remembers.

mod book;
mod gate;
mod lists;
mod notes;
mod papers;
mod rules;
mod tax;

use crate::config::{Config, Faults, Pace, Temper};
use crate::dice::Dice;
use crate::letters::{Letter, Settles, What};
use crate::world::CUSTOMS;
use bondhouse_customs::Reading;
use bondhouse_domain::customs::Document;
use bondhouse_domain::time::{Instant, Zone};
use book::Book;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A message as the platform's outbox gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) n: u64,
    pub(crate) at: Instant,
    pub(crate) xml: String,
}

/// What customs' acts mean to others in town, who see them without any message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// A list was refused; the shop hears it from its buyer.
    Refused(Refusal),
    /// A list's papers agree, for all that customs knows.
    Accepted(Accepted),
    /// A list was released.
    Released,
    /// A note was booked.
    Booked,
    /// The driver has a pass and may come to the gate.
    PassApproved(Approved),
    /// A vehicle was turned back at the gate for its weight.
    TurnedBack,
}

/// An accepted list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) order_no: String,
    /// How often the order was refused before.
    pub(crate) times: u32,
    pub(crate) at: Instant,
}

/// A refused list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The message of the outbox that was refused.
    pub(crate) n: u64,
    pub(crate) order_no: String,
    /// How often the order was refused until now.
    pub(crate) times: u32,
    pub(crate) at: Instant,
}

/// An approved gate pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approved {
    pub(crate) pass_no: String,
    pub(crate) vehicle: String,
    pub(crate) inbound: bool,
    pub(crate) at: Instant,
}

/// What came of one message.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) letters: Vec<Letter>,
    pub(crate) news: Vec<News>,
}

/// An order's natural key, as customs files papers: platform code and number.
type OrderKey = (String, String);

/// Customs and what it knows.
pub(crate) struct Customs {
    seed: u64,
    temper: Temper,
    faults: Faults,
    pace: Pace,
    zone: Zone,
    papers: papers::Papers,
    lists: lists::Lists,
    book: Book,
    notes: BTreeMap<String, notes::Filed>,
    passes: BTreeMap<String, gate::Issued>,
}

impl Customs {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            seed: config.seed,
            temper: config.temper,
            faults: config.faults,
            pace: config.pace(),
            zone: Zone::SHANGHAI,
            papers: papers::Papers::default(),
            lists: lists::Lists::default(),
            book: Book::default(),
            notes: BTreeMap::new(),
            passes: BTreeMap::new(),
        }
    }

    /// Reads one message of the outbox.
    pub(crate) fn read(&mut self, sent: &Sent) -> Said {
        let mut said = Said::default();
        let message = match bondhouse_customs::read(
            sent.xml.as_bytes(),
            Reading {
                zone: self.zone,
                ..Reading::default()
            },
        ) {
            Ok(message) => message,
            Err(fault) => {
                tracing::warn!(n = sent.n, fault = ?fault.refusal, "customs cannot read a message of the platform");
                return said;
            }
        };
        for (record, part) in message.records.into_iter().zip(0..) {
            match record.result {
                Ok(document) => {
                    let mut desk = self.desk((sent.n, part), sent.at, &mut said);
                    self.take(document, &mut desk);
                }
                Err(fault) => {
                    tracing::warn!(n = sent.n, fault = ?fault.refusal, "customs refuses a document");
                }
            }
        }
        said
    }

    /// A paper that a firm declares itself, without the platform. Whom its answers go to is not the
    /// platform, so nobody is told of them here.
    pub(crate) fn receive_directly(&mut self, document: Document, at: Instant) {
        let mut unsaid = Said::default();
        let mut desk = self.desk((0, 0), at, &mut unsaid);
        self.take(document, &mut desk);
    }

    fn desk<'a>(&self, (n, part): (u64, u64), at: Instant, said: &'a mut Said) -> Desk<'a> {
        Desk {
            n,
            part,
            at,
            pace: self.pace,
            zone: self.zone,
            about: String::new(),
            answers: 0,
            said,
        }
    }

    fn take(&mut self, document: Document, desk: &mut Desk<'_>) {
        desk.about = self.name_of(&document);
        match document {
            Document::Order(order) => self.take_order(order, desk),
            Document::Payment(payment) => self.take_payment(payment, desk),
            Document::Waybill(waybill) => self.take_waybill(waybill, desk),
            Document::DeclarationList(list) => self.take_list(list, desk),
            Document::Cancellation(application) => self.take_cancellation(&application, desk),
            Document::Refund(refund) => self.take_refund(&refund, desk),
            Document::BondedNote(note) => self.take_note(note, desk),
            Document::GatePass(pass) => self.take_pass(&pass, desk),
            other => {
                tracing::warn!(n = desk.n, kind = %other.kind(), "customs has no desk for this");
            }
        }
    }

    /// What a document is called whichever way it came: chance is drawn from this name, and the
    /// numbers of the platform depend on how busy it was.
    fn name_of(&self, document: &Document) -> String {
        match document {
            Document::Order(order) => format!("{} {}", order.order_no, order.filing.app_type),
            Document::Payment(payment) => {
                format!("{} {}", payment.order_no, payment.filing.app_type)
            }
            Document::Waybill(waybill) => {
                format!("{} {}", waybill.order_no, waybill.filing.app_type)
            }
            Document::DeclarationList(list) => self.name_of_list(list),
            Document::Cancellation(application) => application.order_no.clone(),
            Document::Refund(refund) => refund.head.order_no.clone(),
            Document::BondedNote(note) => note.own_no.clone(),
            Document::GatePass(pass) => pass.own_no.clone(),
            _ => String::new(),
        }
    }

    /// The die for one decision about one document.
    fn dice(&self, what: &str, desk: &Desk<'_>) -> Dice {
        Dice::of(self.seed, &format!("{what} {}", desk.about), 0)
    }
}

/// One document on customs' desk, and the answers written to it.
struct Desk<'a> {
    n: u64,
    part: u64,
    at: Instant,
    pace: Pace,
    zone: Zone,
    about: String,
    answers: u32,
    said: &'a mut Said,
}

impl Desk<'_> {
    /// The same moment, with another document in hand.
    fn with(&mut self, about: String) -> Desk<'_> {
        Desk {
            about,
            said: self.said,
            ..*self
        }
    }

    /// A number that no other document has.
    const fn serial(&self) -> u64 {
        self.n * 100 + self.part
    }

    /// The instant so many natural milliseconds after the document came.
    fn after(&self, millis: u64) -> Instant {
        self.pace.later(self.at, millis)
    }

    /// Sends a document at an instant.
    fn answer(&mut self, due: Instant, name: &str, document: Document) {
        self.answers += 1;
        self.said.letters.push(Letter {
            due,
            from: CUSTOMS.id,
            to: "/v1/customs/inbox".to_owned(),
            what: What::Xml(Box::new(document)),
            name: format!("{name} {} {}", self.about, self.answers),
            settles: Settles::Answer(self.n),
            tries: 0,
        });
    }
}
