//! Letters: what an actor of the town wants delivered to the platform, when, and the post that does so.
//!
//! Actors never speak to the platform themselves; they hand letters in. So what goes wrong on the way
//! happens in one place, and every actor can be tried without a network. Each letter has a name of its
//! own, and its fate is drawn from that name: the same day has the same misfortunes.

use crate::config::{Faults, Pace};
use crate::dice::Dice;
use bondhouse_domain::customs::{Document, MessageKind};
use bondhouse_domain::time::Instant;
use std::collections::BTreeMap;

/// Most documents in one message, as real senders have it.
const MOST_TOGETHER: usize = 50;

/// One thing to deliver.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Not before.
    pub(crate) due: Instant,
    /// The firm that sends it.
    pub(crate) from: &'static str,
    /// Where to: path and query.
    pub(crate) to: String,
    /// What is in it.
    pub(crate) what: What,
    /// Its name, unlike any other's.
    pub(crate) name: String,
    /// What is settled once it is delivered.
    pub(crate) settles: Settles,
    /// How often it is tried again when it is refused: for what may only have come too early.
    pub(crate) tries: u32,
}

/// The content of a letter.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// A document of the trade, sent as customs' XML.
    Xml(Box<Document>),
    /// A document sent as JSON.
    Json(serde_json::Value),
}

/// What the town need not remember any more once a letter is delivered, or refused for good.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Settles {
    /// Nothing.
    Nothing,
    /// Order `n` is at the platform.
    Order(u64),
    /// Its payment is.
    Payment(u64),
    /// Notice `k` is.
    Notice(u64),
    /// One answer of customs to message `n` of the outbox.
    Answer(u64),
    /// A parcel was signed for.
    Delivery(String),
    /// A document of its own: a return, a remittance, an order of quarantine.
    Document,
}

/// Letters on their way.
#[derive(Debug)]
pub(crate) struct Post {
    seed: u64,
    faults: Faults,
    pace: Pace,
    waiting: BTreeMap<(Instant, u64), Letter>,
    handed_in: u64,
}

impl Post {
    pub(crate) fn new(seed: u64, faults: Faults, pace: Pace) -> Self {
        Self {
            seed,
            faults,
            pace,
            waiting: BTreeMap::new(),
            handed_in: 0,
        }
    }

    /// Takes a letter in, and decides what goes wrong with it.
    pub(crate) fn hand_in(&mut self, mut letter: Letter) {
        let mut dice = Dice::of(self.seed, &letter.name, 0);
        if dice.happens(self.faults.late) {
            letter.due = self.pace.later(letter.due, dice.between(30_000, 120_000));
        }
        if dice.happens(self.faults.lost) {
            // The first copy never arrives; its sender misses the answer and sends it again.
            letter.due = self.pace.later(letter.due, 30_000);
        }
        if dice.happens(self.faults.doubled) {
            let due = self.pace.later(letter.due, dice.between(500, 20_000));
            let again = Letter {
                due,
                settles: Settles::Nothing,
                ..letter.clone()
            };
            self.put(again);
        }
        self.put(letter);
    }

    fn put(&mut self, letter: Letter) {
        self.handed_in += 1;
        self.waiting.insert((letter.due, self.handed_in), letter);
    }

    /// Puts back what could not be delivered, for later.
    pub(crate) fn put_back(&mut self, bundle: Vec<Letter>, due: Instant) {
        for letter in bundle {
            self.put(Letter { due, ..letter });
        }
    }

    /// The next letters that are due and can go together: same sender, same address, same kind.
    pub(crate) fn next_bundle(&mut self, now: Instant) -> Option<Vec<Letter>> {
        let (at, first) = self
            .waiting
            .first_key_value()
            .map(|(key, letter)| (*key, letter.clone()))?;
        if at.0 > now {
            return None;
        }
        let Some(kind) = first.shared_kind() else {
            self.waiting.remove(&at);
            return Some(vec![first]);
        };
        let together: Vec<(Instant, u64)> = self
            .waiting
            .range(..=(now, u64::MAX))
            .filter(|(_, letter)| {
                letter.shared_kind() == Some(kind)
                    && letter.from == first.from
                    && letter.to == first.to
            })
            .map(|(key, _)| *key)
            .take(MOST_TOGETHER)
            .collect();
        Some(
            together
                .iter()
                .filter_map(|key| self.waiting.remove(key))
                .collect(),
        )
    }

    /// Whether nothing is on its way.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The lowest message of customs' outbox whose answers are not all delivered.
    pub(crate) fn first_unanswered(&self) -> Option<u64> {
        let open = self
            .waiting
            .values()
            .filter_map(|letter| match letter.settles {
                Settles::Answer(n) => Some(n),
                _ => None,
            });
        open.min()
    }
}

impl Letter {
    /// The kind under which it may share a message with others; the bonded family goes alone.
    fn shared_kind(&self) -> Option<MessageKind> {
        match &self.what {
            What::Xml(document) => {
                Some(document.kind()).filter(|kind| kind.as_str().starts_with("CEB"))
            }
            What::Json(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bondhouse_domain::customs::{CommonResponse, Receipt};

    fn letter(n: u64, due: i64, document: Document) -> Letter {
        Letter {
            due: Instant::from_millis(due),
            from: "customs",
            to: "/v1/customs/inbox".to_owned(),
            what: What::Xml(Box::new(document)),
            name: format!("letter {n}"),
            settles: Settles::Answer(n),
            tries: 0,
        }
    }

    fn post(faults: Faults) -> Post {
        let pace = crate::Config::calm("", "", 5).pace();
        Post::new(5, faults, pace)
    }

    #[test]
    fn receipts_travel_together_when_due_and_bonded_answers_alone() {
        let mut post = post(Faults::NONE);
        for n in 0..60 {
            post.hand_in(letter(n, 10, Document::Receipt(Receipt::default())));
        }
        post.hand_in(letter(
            60,
            5,
            Document::CommonResponse(CommonResponse::default()),
        ));
        post.hand_in(letter(61, 99, Document::Receipt(Receipt::default())));
        let mut sizes = Vec::new();
        while let Some(bundle) = post.next_bundle(Instant::from_millis(20)) {
            sizes.push(bundle.len());
        }
        assert_eq!(sizes, [1, 50, 10]);
        assert_eq!(post.first_unanswered(), Some(61));
    }

    #[test]
    fn misfortunes_are_the_same_each_time() {
        let fates = || {
            let mut post = post(Faults {
                late: 200,
                doubled: 200,
                lost: 100,
                contradictory: 0,
            });
            for n in 0..200 {
                post.hand_in(letter(n, 0, Document::Receipt(Receipt::default())));
            }
            post.waiting.into_keys().collect::<Vec<_>>()
        };
        assert!(fates().len() > 210, "none was doubled");
        assert_eq!(fates(), fates());
    }
}
