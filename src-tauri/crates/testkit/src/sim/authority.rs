//! The authority in memory: the platform's acts over the same rules, without its tables.
//!
//! What decides is `domain` and `protocol` (the order's life, the clearance, the journal's chain, what
//! a pushed tail comes to); what stands here is the order in which the platform does things, one
//! transaction after the other, so that it can be killed between any two. It follows
//! `platform/src/sync`, `leases`, `workstations` and `gate`; a change there belongs here too.

mod asked;
mod life;
mod push;
mod recovery;
mod rights;

use push::Taken;

use super::goods;
use super::history::History;
use super::mutant::Mutant;
use bondhouse_domain::clearance::LoggedReceipt;
use bondhouse_domain::facts::Moves;
use bondhouse_domain::feed::{Entry, Moved, News, OrderNews, Origin};
use bondhouse_domain::ids::{DeviceId, FeedPos, Fence, Incarnation, OrderKey};
use bondhouse_domain::invariants::seen::Seen;
use bondhouse_domain::journal::{Event, Hash, Head};
use bondhouse_domain::leases::{Lease, LeasedLine, SignedLease};
use bondhouse_domain::ledger::LedgerItem;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::orders::{Change, Effect, Holding, Order, step, step_unheard};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Balances, StockMove};
use bondhouse_domain::time::{Instant, Span};
use ed25519_dalek::SigningKey;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How long a workstation may release without contact.
pub(super) const WORK_SPAN: Span = Span::minutes(40);
/// How long after that it is given up on.
pub(super) const SILENT_MARGIN: Span = Span::minutes(5);
/// How many orders one workstation may hold.
pub(super) const MOST_LEASES: usize = 4;
/// The name of the key that signs leases.
pub(super) const KEY_ID: &str = "k1";

/// A workstation's life, as keys hold it.
pub(super) type Life = (DeviceId, Incarnation);

/// The single writer of truth.
#[derive(Clone)]
pub(super) struct Authority {
    pub(super) epoch: u32,
    mutant: Option<Mutant>,
    key: Rc<SigningKey>,
    orders: BTreeMap<OrderKey, Record>,
    leases: BTreeMap<(OrderKey, Fence), Leased>,
    stations: BTreeMap<Life, Known>,
    newest: BTreeMap<DeviceId, u32>,
    feed: Vec<Rc<Entry>>,
    stock: Balances,
    customs_seen: Instant,
    grants: u64,
    /// Only of a mutant: a position was taken and not used.
    hole: bool,
    /// No lease runs out before.
    look_again: Instant,
    /// While a restored authority takes journals back: who was heard to the end.
    recovery: Option<BTreeSet<Life>>,
}

/// An order with what the authority keeps beside its life.
#[derive(Clone)]
struct Record {
    life: Order,
    receipts: Vec<LoggedReceipt>,
    kind: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LeaseState {
    Open,
    InDoubt,
    Over,
}

#[derive(Clone)]
struct Leased {
    lease: Lease,
    signed: SignedLease,
    order: OrderKey,
    fence: Fence,
    lines: Vec<LeasedLine>,
    /// The ledger item the order's declaration names.
    declared: LedgerItem,
    state: LeaseState,
    called_back: bool,
    in_doubt_since: Instant,
}

impl Leased {
    fn holding(&self) -> Holding {
        Holding {
            device: self.lease.device.clone(),
            incarnation: self.lease.incarnation,
            fence: self.fence,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum StationState {
    Active,
    Replaced,
    Quarantined,
}

#[derive(Clone)]
struct Known {
    state: StationState,
    head: Head,
    journal: Vec<Rc<Event>>,
    nonces: BTreeSet<u64>,
    /// Some of its events cannot be read here.
    parked: bool,
}

impl Authority {
    pub(super) fn new(mutant: Option<Mutant>, history: &mut History) -> Self {
        let mut authority = Self {
            epoch: 1,
            mutant,
            key: Rc::new(SigningKey::from_bytes(&[7; 32])),
            orders: BTreeMap::new(),
            leases: BTreeMap::new(),
            stations: BTreeMap::new(),
            newest: BTreeMap::new(),
            feed: Vec::new(),
            stock: Balances::default(),
            customs_seen: history.now,
            grants: 0,
            hole: false,
            look_again: history.now,
            recovery: None,
        };
        authority.customs_answered(history);
        for news in goods::first_news() {
            authority.publish(history, &news, None);
        }
        authority
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Takes in a new workstation, or a known one that starts anew.
    fn take_in(&mut self, history: &mut History, device: &DeviceId) -> Incarnation {
        let incarnation = self.newest.entry(device.clone()).or_insert(0);
        *incarnation = incarnation.saturating_add(1);
        let now = Incarnation(*incarnation);
        let over: Vec<Life> = self
            .stations
            .iter()
            .filter(|((known, _), station)| {
                known == device && station.state == StationState::Active
            })
            .map(|(life, _)| life.clone())
            .collect();
        for life in over {
            self.stop(history, &life, StationState::Replaced);
        }
        let known = Known {
            state: StationState::Active,
            head: Head::EMPTY,
            journal: Vec::new(),
            nonces: BTreeSet::new(),
            parked: false,
        };
        self.stations.insert((device.clone(), now), known);
        now
    }

    /// Ends a life: what it holds is in doubt from now.
    fn stop(&mut self, history: &mut History, life: &Life, state: StationState) {
        if let Some(known) = self.stations.get_mut(life) {
            known.state = state;
        }
        for key in self.leases_of(life, |leased| leased.state == LeaseState::Open) {
            self.put_in_doubt(history, &key);
        }
    }

    /// How an order's life goes on: row, feed and effects together.
    fn change(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        change: Change,
    ) -> Result<Vec<Effect>, Refusal> {
        let at = FeedPos(self.head().0.0.saturating_add(1));
        let Some(record) = self.orders.get_mut(key) else {
            return Err(bondhouse_domain::orders::says::unknown(key));
        };
        let rule = match self.recovery {
            None => step,
            // Whoever was not heard yet may hold the order under a grant that was forgotten.
            Some(_) => step_unheard,
        };
        let stepped = match rule(&record.life, change, at) {
            Ok(stepped) => stepped,
            Err(refusal) => {
                self.hole = self.mutant == Some(Mutant::FeedGap);
                return Err(refusal);
            }
        };
        if stepped.order != record.life {
            record.life = stepped.order.clone();
            history.say(Seen::Order {
                order: stepped.order.clone(),
            });
            let news = News::Order(OrderNews {
                order: key.clone(),
                owner: goods::goods(record.kind).owner,
                holds: stepped.order.holds.keys().copied().collect(),
                cancel_requested: stepped.order.cancel_requested.is_some(),
                state: stepped.order.state,
                waybill: Some(goods::waybill(key)),
                declaration_no: Some(declaration_no(key)),
                pieces: Quantity::whole(1).unwrap_or(Quantity::ZERO),
            });
            self.publish(history, &news, None);
        }
        for effect in &stepped.effects {
            match effect {
                Effect::Revoke(holding) => {
                    if let Some(leased) = self.leases.get_mut(&(key.clone(), holding.fence)) {
                        leased.called_back = true;
                    }
                }
                Effect::Cancelled => history.say(Seen::Answered { order: key.clone() }),
                // What follows from these is done by people of the floor, who look at the order itself.
                Effect::PullFromStaging
                | Effect::StopVehicle(_)
                | Effect::OpenReturn
                | Effect::Case(_) => {}
            }
        }
        Ok(stepped.effects)
    }

    /// Moves goods in the books, or does not when the books cannot bear it.
    fn move_goods(
        &mut self,
        history: &mut History,
        stock: Vec<StockMove>,
        cause: &str,
        origin: Option<Origin>,
    ) -> bool {
        for (done, movement) in stock.iter().enumerate() {
            if self.stock.apply(movement).is_err() && !self.is(Mutant::BooksNotAsked) {
                let applied = Moves {
                    stock: stock.into_iter().take(done).collect(),
                    ledger: Vec::new(),
                };
                for back in applied.reversed().stock {
                    // It has just come from there.
                    let _ = self.stock.apply(&back);
                }
                return false;
            }
        }
        let moved = Moved {
            stock,
            ledger: Vec::new(),
            cause: cause.to_owned(),
        };
        self.publish(history, &News::Moved(moved), origin);
        true
    }

    fn publish(&mut self, history: &mut History, news: &News, origin: Option<Origin>) {
        let (pos, prev) = self.head();
        let pos = FeedPos(
            pos.0
                .saturating_add(1 + u64::from(std::mem::take(&mut self.hole))),
        );
        let sealed = Entry::seal(&goods::warehouse(), pos, history.now, origin, news, prev);
        let Ok(entry) = sealed else { return };
        history.say(Seen::Fed {
            entry: Box::new(entry.clone()),
        });
        self.feed.push(Rc::new(entry));
    }

    pub(super) fn head(&self) -> (FeedPos, Hash) {
        self.feed
            .last()
            .map_or((FeedPos(0), Hash::GENESIS), |entry| (entry.pos, entry.hash))
    }

    fn hash_at(&self, pos: FeedPos) -> Option<Hash> {
        match pos.0.checked_sub(1) {
            None => Some(Hash::GENESIS),
            Some(before) => Some(self.feed.get(usize::try_from(before).ok()?)?.hash),
        }
    }

    fn leases_of(&self, life: &Life, which: impl Fn(&Leased) -> bool) -> Vec<(OrderKey, Fence)> {
        let any_life = self.is(Mutant::IgnoreIncarnation);
        self.leases
            .iter()
            .filter(|(_, leased)| {
                leased.lease.device == life.0
                    && (any_life || leased.lease.incarnation == life.1)
                    && leased.state != LeaseState::Over
                    && which(leased)
            })
            .map(|(key, _)| key.clone())
            .collect()
    }
}

fn declaration_no(key: &OrderKey) -> String {
    format!("31052026I{}", key.order_no)
}

fn moves_between(
    lines: &[LeasedLine],
    from: bondhouse_domain::stock::Bucket,
    to: bondhouse_domain::stock::Place,
) -> Vec<StockMove> {
    lines
        .iter()
        .map(|line| StockMove {
            goods: line.goods.clone(),
            from: bondhouse_domain::stock::Place::Inside {
                spot: line.spot.clone(),
                bucket: from,
            },
            to: to.clone(),
            qty: line.qty,
        })
        .collect()
}
