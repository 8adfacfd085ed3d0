//! Put-away: what was counted into RECEIVING goes to its shelf, two scans a time.
//!
//! First the goods, then the location; the movement is booked at the second scan. One location
//! never mixes owners or ledgers (warehouse rules, section 4). Only what this workstation sees in
//! RECEIVING can be put away, so no quantity is invented on the way.

use crate::facts::{Fact, PutAway, Undone};
use crate::ids::{LedgerNo, LocationId, OwnerId, Seq};
use crate::quantity::Quantity;
use crate::stock::{Bucket, Goods, Place, RECEIVING, Spot, StockMove};
use crate::task::bench::{Admission, Bench};
use crate::task::view::{Choice, Glance, Ref, Row, RowState, lot_and_expiry};
use crate::task::which::{Candidate, Scanned, Told, Which};
use crate::task::{
    Command, Heard, ItemRead, Means, Moment, Outcome, Prompt, Reading, Tally, Then, Turn,
};
use serde::{Deserialize, Serialize};

/// A shift of put-away, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PutAwayTask {
    waiting: Vec<Waiting>,
    /// Which of several goods the last scan meant, while that is asked.
    #[serde(default)]
    which: Which,
    in_hand: Option<InHand>,
    taken: Vec<Taken>,
    done: Quantity,
    bench: Bench,
}

/// Goods that lie in RECEIVING.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The goods.
    pub goods: Goods,
    /// What they are called.
    pub name: String,
    /// What their merchant is called.
    #[serde(default)]
    pub owner_name: String,
    /// The barcode on a single piece.
    pub barcode: Option<String>,
    /// How many.
    pub qty: Quantity,
}

impl Waiting {
    fn candidate(&self) -> Candidate {
        Candidate {
            goods: self.goods.clone(),
            name: self.name.clone(),
            owner_name: self.owner_name.clone(),
            qty: self.qty,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct InHand {
    goods: Goods,
    name: String,
    qty: Quantity,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Taken {
    seq: Seq,
    movement: StockMove,
    name: String,
}

/// What already lies at a location, as far as it decides what may join it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    /// The merchant.
    pub owner: OwnerId,
    /// The ledger.
    pub ledger: LedgerNo,
}

impl PutAwayTask {
    /// Begins with what lies in RECEIVING now.
    pub fn open(waiting: Vec<Waiting>) -> Self {
        Self {
            waiting,
            which: Which::default(),
            in_hand: None,
            taken: Vec::new(),
            done: Quantity::ZERO,
            bench: Bench::default(),
        }
    }

    /// What still waits, refreshed from the store so that new counts join a running task.
    pub fn refresh(&mut self, waiting: Vec<Waiting>) {
        self.waiting = waiting;
    }

    /// Answers one input. `residents` are those of the location scanned, if it was one.
    pub fn take(&mut self, heard: &Heard, moment: &Moment, residents: &[Resident]) -> Turn {
        if self.bench.locked.is_none() {
            match self.which.told(heard) {
                Told::Other => {}
                Told::Instead(announced) => self.bench.announce(announced),
                Told::Said(turn) => return turn,
                Told::These(goods, scan) => {
                    self.bench.announce(scan.announced);
                    return self.chosen(&goods);
                }
            }
        }
        match self.bench.admit(heard, moment) {
            Admission::Answered(turn) => return turn,
            Admission::HeldAside(message) => return Turn::says(Outcome::Accepted, message),
            Admission::ForRoom => {}
        }
        match heard {
            Heard::Scan(reading) => match (&reading.means, self.in_hand.take()) {
                (Means::Items(items), in_hand) => self.pick_up(items, reading, in_hand),
                (Means::Location { location, kind }, Some(in_hand)) if kind == "shelf" => {
                    self.put(in_hand, location, residents, reading, moment)
                }
                (Means::Location { location, .. }, in_hand) => {
                    let message = match &in_hand {
                        Some(_) => says::not_a_shelf(location),
                        None => says::goods_first(location),
                    };
                    self.in_hand = in_hand;
                    self.bench.refuse(message.0)
                }
                (_, in_hand) => {
                    self.in_hand = in_hand;
                    self.bench.refuse(says::neither(&reading.evidence.raw).0)
                }
            },
            Heard::Command(command) => self.command(*command),
            Heard::Number(_) | Heard::Digit(_) => Turn::says(Outcome::Accepted, says::scan_goods()),
        }
    }

    fn pick_up(&mut self, items: &[ItemRead], reading: &Reading, in_hand: Option<InHand>) -> Turn {
        let fitting = self.waiting.iter().filter(|waiting| fits(waiting, items));
        // What no eye can tell apart is no question: of that, what came first goes first.
        let found = Which::distinct(fitting.map(Waiting::candidate));
        let (Some(first), Some(read)) = (found.first().cloned(), items.first()) else {
            self.in_hand = in_hand;
            let name = items
                .first()
                .map_or(reading.evidence.raw.as_str(), |read| &read.name)
                .to_owned();
            return self.bench.refuse(says::not_in_receiving(name).0);
        };
        if found.len() > 1 {
            self.in_hand = in_hand;
            let scan = Scanned {
                read: read.clone(),
                evidence: reading.evidence.clone(),
                announced: self.bench.take_announced(),
            };
            return self.which.ask(found, scan);
        }
        self.in_hand = in_hand;
        self.chosen(&first.goods)
    }

    /// Takes what was meant into the hand, if it still lies there.
    fn chosen(&mut self, goods: &Goods) -> Turn {
        let in_hand = self.in_hand.take();
        match self.waiting.iter().find(|waiting| &waiting.goods == goods) {
            Some(waiting) => self.hold(waiting.clone(), in_hand),
            None => {
                self.in_hand = in_hand;
                self.bench.refuse(says::not_in_receiving(&goods.item).0)
            }
        }
    }

    fn hold(&mut self, waiting: Waiting, in_hand: Option<InHand>) -> Turn {
        // Without a typed quantity all of it goes: a pallet is put away as a pallet.
        let typed = self
            .bench
            .counts(Quantity::from_units(1))
            .map_or(1, Quantity::units);
        let qty = if typed > 1 {
            Quantity::whole(typed).unwrap_or(waiting.qty)
        } else {
            waiting.qty
        };
        if qty > waiting.qty {
            self.in_hand = in_hand;
            return self
                .bench
                .refuse(says::fewer_there(&waiting.name, waiting.qty).0);
        }
        let message = says::picked_up(qty, &waiting.name);
        self.in_hand = Some(InHand {
            goods: waiting.goods,
            name: waiting.name,
            qty,
        });
        Turn::says(Outcome::Accepted, message)
    }

    fn put(
        &mut self,
        in_hand: InHand,
        location: &LocationId,
        residents: &[Resident],
        reading: &Reading,
        moment: &Moment,
    ) -> Turn {
        let stranger = residents
            .iter()
            .find(|r| r.owner != in_hand.goods.owner || r.ledger != in_hand.goods.customs.ledger);
        if let Some(stranger) = stranger {
            let message = says::would_mix(location, &stranger.owner).0;
            self.in_hand = Some(in_hand);
            return self.bench.refuse(message);
        }
        let movement = StockMove {
            goods: in_hand.goods.clone(),
            from: Place::inside(RECEIVING, Bucket::Available),
            to: Place::Inside {
                spot: Spot {
                    location: location.clone(),
                    plate: None,
                },
                bucket: Bucket::Available,
            },
            qty: in_hand.qty,
        };
        if let Some(waiting) = self.waiting.iter_mut().find(|w| w.goods == in_hand.goods) {
            waiting.qty = waiting.qty.minus(in_hand.qty).unwrap_or(Quantity::ZERO);
        }
        self.done = self.done.plus(in_hand.qty).unwrap_or(self.done);
        self.taken.push(Taken {
            seq: moment.next_seq,
            movement: movement.clone(),
            name: in_hand.name.clone(),
        });
        self.bench.accepted(&reading.evidence.raw, moment);
        Turn::records(
            says::put(in_hand.qty, in_hand.name, location),
            Fact::PutAway(PutAway {
                stock: movement,
                scan: reading.evidence.clone(),
            }),
        )
    }

    fn command(&mut self, command: Command) -> Turn {
        match command {
            Command::Undo => self.undo(),
            Command::Ok | Command::Back => Turn {
                then: Some(Then::Close),
                ..Turn::says(Outcome::Complete, says::done(self.done))
            },
            Command::Supervisor => {
                Turn::says(Outcome::Accepted, crate::task::says::supervisor_called())
            }
            other => Turn::says(
                Outcome::Duplicate,
                crate::task::says::not_now(other.name()).0,
            ),
        }
    }

    /// First the goods in hand go back, then the last movement.
    fn undo(&mut self) -> Turn {
        if let Some(in_hand) = self.in_hand.take() {
            let what = format!("{} {}", in_hand.qty, in_hand.name);
            return Turn::says(Outcome::Accepted, crate::task::says::undone(what));
        }
        let Some(taken) = self.taken.pop() else {
            return Turn::says(Outcome::Duplicate, crate::task::says::nothing_to_undo().0);
        };
        if let Some(waiting) = self
            .waiting
            .iter_mut()
            .find(|w| w.goods == taken.movement.goods)
        {
            waiting.qty = waiting.qty.plus(taken.movement.qty).unwrap_or(waiting.qty);
        }
        self.done = self
            .done
            .minus(taken.movement.qty)
            .unwrap_or(Quantity::ZERO);
        let back = crate::facts::Moves {
            stock: vec![taken.movement.clone()],
            ledger: Vec::new(),
        }
        .reversed();
        Turn::records(
            crate::task::says::undone(format!("{} {}", taken.movement.qty, taken.name)),
            Fact::Undone(Undone {
                seq: taken.seq,
                kind: "stock.put_away".into(),
                stock: back.stock,
                ledger: Vec::new(),
                reason: "undo".into(),
            }),
        )
    }

    fn left(&self) -> Quantity {
        Quantity::sum(self.waiting.iter().map(|w| w.qty)).unwrap_or(Quantity::ZERO)
    }

    /// What the clerk is asked next.
    pub fn prompt(&self) -> Prompt {
        let (say, detail) = match &self.in_hand {
            Some(in_hand) => (
                says::scan_location(),
                Some(says::in_hand(in_hand.qty, &in_hand.name)),
            ),
            None if self.left().is_positive() => {
                (says::scan_goods(), Some(says::waiting(self.left())))
            }
            None => (says::all_put(), None),
        };
        let (say, detail) = self.which.asked().unwrap_or((say, detail));
        Prompt {
            say,
            detail,
            tally: Some(Tally {
                done: self.done,
                of: self.done.plus(self.left()).unwrap_or(self.done),
            }),
            accepts: vec![
                Command::Undo,
                Command::Quantity,
                Command::Supervisor,
                Command::Ok,
                Command::Back,
            ],
            locked_by: self.bench.locked.as_ref().map(|lock| lock.message.clone()),
        }
    }

    /// Goods to choose from, by number, while it is asked which was meant.
    pub fn choices(&self) -> Vec<Choice> {
        self.which.choices()
    }

    /// What lies in RECEIVING, line by line.
    pub fn rows(&self) -> Vec<Row> {
        self.waiting
            .iter()
            .enumerate()
            .map(|(at, waiting)| Row {
                key: at.to_string(),
                name: waiting.name.clone(),
                sub: lot_and_expiry(&waiting.goods),
                done: Quantity::ZERO,
                of: waiting.qty,
                state: match &self.in_hand {
                    Some(in_hand) if in_hand.goods == waiting.goods => RowState::Now,
                    _ if waiting.qty == Quantity::ZERO => RowState::Done,
                    _ => RowState::Open,
                },
                differs: None,
                code: waiting.barcode.clone(),
            })
            .collect()
    }

    /// What to know at a glance.
    pub fn glances(&self) -> Vec<Glance> {
        let last = self.taken.last();
        let value = last.map_or_else(String::new, |taken| match &taken.movement.to {
            Place::Inside { spot, .. } => spot.location.to_string(),
            Place::Inbound | Place::Outbound | Place::Destroyed | Place::Difference => {
                String::new()
            }
        });
        vec![Glance {
            label: "ui.glance.last_location".into(),
            value,
            note: None,
        }]
    }

    /// No single merchant: put-away serves whatever lies in RECEIVING.
    pub fn refs(&self) -> Vec<Ref> {
        Vec::new()
    }
}

/// Whether a scan may mean these goods.
fn fits(waiting: &Waiting, items: &[ItemRead]) -> bool {
    waiting.qty.is_positive()
        && items.iter().any(|read| {
            read.item == waiting.goods.item
                && read.owner == waiting.goods.owner
                && (read.lot.is_none() || read.lot == waiting.goods.lot)
                && (read.expiry.is_none() || read.expiry == waiting.goods.expiry)
        })
}

/// What put-away may say.
pub mod says {
    crate::messages! {
        yes {
            /// Scan what is to be put away.
            scan_goods() = "stock.scan_goods";
            /// Scan the shelf.
            scan_location() = "stock.scan_location";
            /// What is in hand.
            in_hand(qty, item) = "stock.in_hand";
            /// So many wait in RECEIVING.
            waiting(qty) = "stock.waiting";
            /// Nothing is left to put away.
            all_put() = "stock.all_put";
            /// Picked up.
            picked_up(qty, item) = "stock.picked_up";
            /// Put on its shelf.
            put(qty, item, location) = "stock.put";
            /// The shift is closed.
            done(qty) = "stock.done";
        }
        no {
            /// A location was scanned with nothing in hand.
            goods_first(location) = "stock.goods_first";
            /// The location is no shelf.
            not_a_shelf(location) = "stock.not_a_shelf";
            /// Neither goods nor location.
            neither(raw) = "stock.neither";
            /// Nothing of it lies in RECEIVING.
            not_in_receiving(item) = "stock.not_in_receiving";
            /// Fewer lie there.
            fewer_there(item, have) = "stock.fewer_there";
            /// Another merchant's or ledger's goods lie there.
            would_mix(location, owner) = "stock.would_mix";
        }
    }
}
