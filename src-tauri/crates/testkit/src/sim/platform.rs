//! The authority as it ships: the platform's own rooms and tables, in a database on a simulated disk.
//!
//! Every act is the platform's own, in its own transaction; this only carries what is said to it and
//! tells the history what its tables say afterwards. So a history holds what was committed, never what
//! an answer promised: after a power cut the next witness shows what is left.

use super::books::Copy;
use super::drive::Drive;
use super::goods;
use super::history::History;
use super::ruling::{Looked, Luck, Ruling};
use super::station::Stop;
use super::wire::{Call, Said, page_of};
use crate::dice::Dice;
use crate::simulated_disk::{Fault, Files, SimulatedDisk};
use bondhouse_disk::Durability;
use bondhouse_domain::clearance::Status;
use bondhouse_domain::facts::Moves;
use bondhouse_domain::feed::News;
use bondhouse_domain::ids::{DeviceId, FeedPos, Fence, Incarnation, OrderKey, PersonId, Seq};
use bondhouse_domain::invariants::seen::{Judged, Seen};
use bondhouse_domain::journal::{Event, Hash, Series};
use bondhouse_domain::leases::{AuthorityKeys, Lease, Right};
use bondhouse_domain::ledger::{Account, LedgerItem, LedgerMove, Units};
use bondhouse_domain::orders::{Holding, Order, State};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Balances, Bucket, Place, StockMove};
use bondhouse_domain::time::{Instant, Span};
use bondhouse_platform::simulated::{Done, Simulated, Undone};
use bondhouse_platform::{Clock, Policy, Settings};
use bondhouse_protocol::wire::{Grant, Outcome};
use bondhouse_store::{Snapshot, Told};
use ed25519_dalek::{SigningKey, VerifyingKey};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

thread_local! {
    /// The authority as it begins in every run: making it takes as long as some hundred steps.
    static FURNISHED: RefCell<BTreeMap<bool, Files>> = const { RefCell::new(BTreeMap::new()) };
}

/// How often time alone is looked at; the server does it every few seconds.
const ROUND: Span = Span::minutes(1);
/// Numbers in the carrier's pool: more orders than any run has.
const NUMBERS: u32 = 2_000;

pub(super) struct Platform {
    drive: Drive,
    seed: u64,
    opened: u64,
    clock: Clock,
    open: Option<Simulated>,
    keys: AuthorityKeys,
    round_at: Instant,
    known: Known,
}

/// What the history was told of the tables.
#[derive(Default)]
struct Known {
    feed: FeedPos,
    orders: BTreeMap<OrderKey, Order>,
    journals: BTreeMap<(DeviceId, Incarnation), Seq>,
    evidence: BTreeSet<Hash>,
    recovering: bool,
    /// Something is gone that it had told, until it has its journals back.
    forgot: bool,
}

/// The files of a disk by name.
struct Backup(Files);

impl Platform {
    /// A new authority on an empty disk.
    pub(super) fn new(
        disk: SimulatedDisk,
        seed: u64,
        durability: Durability,
        history: &mut History,
    ) -> Result<Self, Stop> {
        let drive = Drive::new(disk, durability)?;
        for name in ["authority.key", "data.key", "admin.key"] {
            let key = format!("{}\n", "07".repeat(32));
            std::fs::write(drive.folder().join(name), key).map_err(|error| error.to_string())?;
        }
        let mut platform = Self {
            drive,
            seed,
            opened: 0,
            clock: Clock::told(history.now),
            open: None,
            keys: AuthorityKeys::new(),
            round_at: history.now,
            known: Known::default(),
        };
        let known = durability == Durability::PowerCut;
        let furnished = FURNISHED.with_borrow(|furnished| furnished.get(&known).cloned());
        let files = match furnished {
            Some(files) => files,
            None => {
                let files = platform.furnish()?;
                FURNISHED.with_borrow_mut(|furnished| furnished.insert(known, files.clone()));
                files
            }
        };
        // What is there by now is there for good.
        platform.come_back(&files)?;
        platform.customs_seen(history)?;
        Ok(platform)
    }

    /// Makes the database of an authority that lists goods and has numbers, and closes it.
    fn furnish(&mut self) -> Result<Files, Stop> {
        // The same ids in every run.
        let seed = std::mem::take(&mut self.seed);
        self.start()?;
        let ours = self.open()?;
        done(ours.furnish(goods::first_news(), goods::CARRIER.to_owned(), NUMBERS))?;
        (self.open, self.opened, self.seed) = (None, 0, seed);
        Ok(self.drive.files())
    }

    fn settings() -> Settings {
        let minutes = |span: Span| u32::try_from(span.as_millis() / 60_000).unwrap_or(0);
        Settings {
            policy: Policy {
                work_until_minutes: minutes(super::authority::WORK_SPAN),
                silent_margin_minutes: minutes(super::authority::SILENT_MARGIN),
                most_leases: u32::try_from(super::authority::MOST_LEASES).unwrap_or(4),
                ..Policy::default()
            },
            sender: goods::sender(),
            ..Settings::default()
        }
    }

    fn start(&mut self) -> Result<(), Stop> {
        self.opened = self.opened.saturating_add(1);
        // Each start throws something else, and the same in every run of the seed.
        let thrown = self.seed.wrapping_mul(1_000).wrapping_add(self.opened);
        let open = Simulated::open(
            self.drive.folder(),
            self.drive.options(),
            Self::settings(),
            self.clock.clone(),
            thrown,
        );
        self.open = Some(open.map_err(|error| format!("{error:#}"))?);
        Ok(())
    }

    fn open(&self) -> Result<&Simulated, Stop> {
        self.open
            .as_ref()
            .ok_or_else(|| "the authority is down".to_owned())
    }

    /// Its clock is never wrong here: what it says is what leases are measured by.
    fn set_clock(&self, history: &History) {
        self.clock.forward(history.now.since(self.clock.now()));
    }

    /// Does an act and tells what became of it; a refusal of the rules is no failure.
    fn act<T>(
        &mut self,
        history: &mut History,
        act: impl FnOnce(&Simulated) -> Done<T>,
    ) -> Result<Option<T>, Stop> {
        self.set_clock(history);
        let done = match act(self.open()?) {
            Ok(done) => Some(done),
            Err(Undone::Refused(_)) => None,
            Err(Undone::Failed(why)) => return Err(why),
        };
        self.wrote();
        self.witness(history)?;
        Ok(done)
    }

    /// Something was written. In a pause the log is moved into the file; where that fails it stays.
    fn wrote(&mut self) {
        if let (true, Some(open)) = (self.drive.wrote(), self.open.as_ref()) {
            let _put_off = open.pause();
        }
    }

    /// Tells the history what the tables say beyond what it was told.
    fn witness(&mut self, history: &mut History) -> Result<(), Stop> {
        let Some(open) = self.open.as_ref() else {
            return Ok(());
        };
        let known = &mut self.known;
        for entry in done(open.feed_after(known.feed))? {
            known.feed = entry.pos;
            let news = News::read(&entry.kind, entry.v, &entry.body);
            history.say(Seen::Fed {
                entry: Box::new(entry),
            });
            let Ok(News::Order(news)) = news else {
                continue;
            };
            let before = known.orders.get(&news.order);
            let holding = match &news.state {
                State::Leased(holding) | State::InDoubt(holding) => Some(holding.fence),
                _ => None,
            };
            let order = Order {
                fence: holding
                    .or(before.map(|order| order.fence))
                    .unwrap_or(Fence(0)),
                holds: news.holds.iter().map(|by| (*by, known.feed)).collect(),
                cancel_requested: news.cancel_requested.then_some(known.feed),
                state: news.state,
                key: news.order,
            };
            let is_cancelled = |order: &Order| matches!(order.state, State::Cancelled);
            let answered = is_cancelled(&order) && !before.is_some_and(is_cancelled);
            history.say(Seen::Order {
                order: order.clone(),
            });
            if answered {
                history.say(Seen::Answered {
                    order: order.key.clone(),
                });
            }
            known.orders.insert(order.key.clone(), order);
        }
        Ok(())
    }

    /// What a push left in the tables, before what was done about it: words are heard before they are
    /// acted on.
    fn witness_journal(&mut self, history: &mut History, series: &Series) -> Result<(), Stop> {
        let Some(open) = self.open.as_ref() else {
            return Ok(());
        };
        let life = (series.device.clone(), series.incarnation);
        let known = self.known.journals.entry(life.clone()).or_insert(Seq(0));
        let fresh = done(open.journal_from(series, Seq(known.0.saturating_add(1))))?;
        for (event, outcome) in fresh {
            *known = event.seq;
            let seq = event.seq;
            history.say(Seen::Taken {
                event: Box::new(event),
            });
            history.say(Seen::Judged {
                device: life.0.clone(),
                incarnation: life.1,
                seq,
                judged: match outcome {
                    Outcome::Applied => Judged::Applied,
                    Outcome::AppliedWithException { code } => Judged::AppliedWithException { code },
                    Outcome::Parked => Judged::Parked,
                },
            });
        }
        Ok(())
    }

    fn witness_evidence(&mut self, history: &mut History) -> Result<(), Stop> {
        for event in done(self.open()?.evidence())? {
            if self.known.evidence.insert(event.hash) {
                history.say(Seen::Aside {
                    event: Box::new(event),
                });
            }
        }
        Ok(())
    }

    /// Tells of every lease that was signed.
    fn granted(&self, history: &mut History, grants: &[Grant]) -> Result<(), Stop> {
        for grant in grants {
            let lease: Lease =
                serde_json::from_str(&grant.lease.bytes).map_err(|error| error.to_string())?;
            let Right::Order(right) = lease.right else {
                continue;
            };
            let lines = right.lines.iter();
            history.say(Seen::Granted {
                by: Holding {
                    device: lease.device,
                    incarnation: lease.incarnation,
                    fence: lease.fence,
                },
                work_until: lease.work_until,
                reserved: lines
                    .map(|line| LedgerItem {
                        ledger: line.goods.customs.ledger.clone(),
                        item_no: line.goods.customs.item_no.clone(),
                    })
                    .collect(),
                declared: done(self.open()?.declared(&right.order))?,
                order: right.order,
            });
        }
        Ok(())
    }

    /// The machine stops in the middle, and comes back with what its disk has.
    fn come_back(&mut self, found: &Files) -> Result<(), Stop> {
        let open = self.open.take();
        self.drive.killed(|| drop(open));
        self.drive.lay(found);
        self.start()
    }

    /// What the tables hold less than the history was told is told again when it comes again: then it
    /// does not follow what was told.
    fn forget_what_is_gone(&mut self) -> Result<(), Stop> {
        let open = self.open()?;
        let feed = done(open.feed_after(FeedPos(0)))?;
        let heads = done(open.heads())?;
        let head = feed.last().map_or(FeedPos(0), |entry| entry.pos);
        self.known.forgot |= head < self.known.feed;
        self.known.feed = self.known.feed.min(head);
        for (series, head) in heads {
            if let Some(known) = self
                .known
                .journals
                .get_mut(&(series.device, series.incarnation))
            {
                *known = head.min(*known);
            }
        }
        Ok(())
    }

    /// An answer said whether journals are taken back.
    fn note_recovery(&mut self, history: &mut History, recovering: bool) {
        let known = &mut self.known;
        match (known.recovering, recovering) {
            (false, true) => history.say(Seen::TakesBack {
                forgot: known.forgot,
            }),
            (true, false) => known.forgot = false,
            _ => {}
        }
        known.recovering = recovering;
    }

    /// After a call: what it said, what was done about it, and whether its caller was heard to the end.
    fn after_call(
        &mut self,
        history: &mut History,
        call: &Call,
        grants: &[Grant],
    ) -> Result<(), Stop> {
        self.witness_journal(history, &call.series)?;
        let life = (call.series.device.clone(), call.series.incarnation);
        if self.known.journals.get(&life) == Some(&call.push.head.seq) {
            history.say(Seen::Spoke {
                device: life.0,
                incarnation: life.1,
                holds: call.held.clone(),
            });
        }
        self.granted(history, grants)?;
        self.witness(history)
    }
}

fn done<T>(done: Done<T>) -> Result<T, Stop> {
    done.map_err(|undone| match undone {
        Undone::Refused(code) => format!("refused: {code}"),
        Undone::Failed(why) => why,
    })
}

/// A key for a workstation: calls are not signed here, and the rooms want one that could be.
fn public_key() -> String {
    let key = SigningKey::from_bytes(&[5; 32]).verifying_key();
    key.as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn verifying_key(hex: &str) -> Option<VerifyingKey> {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    VerifyingKey::from_bytes(&bytes).ok()
}

impl Ruling for Platform {
    fn keys(&self) -> AuthorityKeys {
        self.keys.clone()
    }

    fn enrol(&mut self, history: &mut History, device: &DeviceId) -> Result<Incarnation, Stop> {
        let again = self.known.journals.keys().any(|(known, _)| known == device);
        let known = again.then(|| device.clone());
        let enrolled = self
            .act(history, move |open| open.enrol(known, public_key()))?
            .ok_or("the enrolment was refused")?;
        if &enrolled.device != device {
            return Err(format!("{device} was enrolled as {}", enrolled.device));
        }
        for (id, hex) in &enrolled.authority_keys {
            let key = verifying_key(hex).ok_or("no key")?;
            self.keys.insert(id.clone(), key);
        }
        let life = (enrolled.device, enrolled.incarnation);
        self.known.journals.insert(life, Seq(0));
        Ok(enrolled.incarnation)
    }

    fn answer(
        &mut self,
        history: &mut History,
        call: &Call,
        luck: &mut Luck<'_>,
    ) -> Result<Option<Said>, Stop> {
        let befalls = if luck.calm { 100 } else { luck.dice.below(100) };
        let at = usize::try_from(luck.dice.below(60)).unwrap_or(0);
        match befalls {
            // Whatever it is about to write next, or a few writes later.
            0..2 => self.drive.fail_at(at, Fault::Io),
            2 => self.drive.fail_at(at, Fault::Full),
            _ => {}
        }
        self.set_clock(history);
        let answered = self.open()?.sync(call.request());
        let struck = self.drive.mend();
        match answered {
            Ok(answer) => {
                self.wrote();
                self.after_call(history, call, &answer.grants)?;
                self.note_recovery(history, answer.recovering);
                // Committed, and the answer is lost.
                Ok((!(3..6).contains(&befalls)).then(|| page_of(answer)))
            }
            Err(Undone::Failed(why)) if !struck => Err(why),
            Err(Undone::Failed(_)) if befalls == 2 => {
                // A full disk refuses and goes on; what was committed before stays.
                self.after_call(history, call, &[])?;
                Ok(None)
            }
            Err(Undone::Failed(_)) => {
                self.cut_power(history, luck.dice)?;
                self.after_call(history, call, &[])?;
                Ok(None)
            }
            Err(Undone::Refused(code)) => {
                self.after_call(history, call, &[])?;
                self.witness_evidence(history)?;
                match code.as_str() {
                    "platform.replayed" => Ok(None),
                    "platform.no_common_protocol" => Ok(Some(Said::TooOld)),
                    "platform.station_stopped" | "platform.forked" | "platform.damaged" => {
                        Ok(Some(Said::Stopped))
                    }
                    other => Err(format!("a call was refused: {other}")),
                }
            }
        }
    }

    fn journal_after(&self, series: &Series, seq: Seq) -> Result<Vec<Event>, Stop> {
        let from = Seq(seq.0.saturating_add(1));
        let held = done(self.open()?.journal_from(series, from))?;
        Ok(held.into_iter().map(|(event, _)| event).collect())
    }

    fn picture(&self, series: &Series) -> Result<Option<Snapshot>, Stop> {
        let parts = done(self.open()?.picture(&series.device, series.incarnation))?;
        let Some(first) = parts.first() else {
            return Ok(None);
        };
        Ok(Some(Snapshot {
            cursor: (first.at.pos, first.at.hash),
            judged: (first.judged.seq, first.judged.hash),
            taken_at: first.taken_at,
            told: parts
                .iter()
                .flat_map(|part| part.told.clone())
                .map(|told| Told {
                    kind: told.kind,
                    v: told.v,
                    at: told.at,
                    body: told.body,
                })
                .collect(),
        }))
    }

    fn hand_in(&mut self, history: &mut History, events: Vec<Event>) -> Result<(), Stop> {
        self.act(history, move |open| open.hand_in(events))?;
        self.witness_evidence(history)
    }

    fn round(&mut self, history: &mut History) -> Result<(), Stop> {
        if history.now.since(self.round_at) < ROUND {
            return Ok(());
        }
        self.round_at = history.now;
        self.act(history, Simulated::round).map(drop)
    }

    fn receive(&mut self, history: &mut History, key: &OrderKey, kind: u64) -> Result<(), Stop> {
        let (order, payment) = goods::papers(key, kind)?;
        self.act(history, move |open| open.order(order, payment))
            .map(drop)
    }

    fn receipt(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        status: &Status,
        at: Instant,
    ) -> Result<(), Stop> {
        self.set_clock(history);
        let said = self.open()?.receipt(key, status, at);
        if let Err(Undone::Failed(why)) = said {
            return Err(why);
        }
        self.wrote();
        if let Some(standing) = done(self.open()?.standing(key))? {
            history.say(Seen::Customs {
                order: key.clone(),
                standing,
            });
        }
        self.witness(history)
    }

    fn cancel(&mut self, history: &mut History, key: &OrderKey) -> Result<(), Stop> {
        self.act(history, |open| open.cancel(key)).map(drop)
    }

    fn hold(&mut self, history: &mut History, key: &OrderKey, held: bool) -> Result<(), Stop> {
        self.act(history, |open| open.hold(key, held)).map(drop)
    }

    fn goods_in(&mut self, history: &mut History, kind: u64, count: i64) -> Result<(), Stop> {
        let qty = Quantity::whole(count).unwrap_or(Quantity::ZERO);
        let units = Units {
            declared: qty,
            legal1: Quantity::from_units(count.saturating_mul(90_000)),
            legal2: Quantity::ZERO,
        };
        let moves = Moves {
            stock: vec![StockMove {
                goods: goods::goods(kind),
                from: Place::Inbound,
                to: goods::shelf(Bucket::Available),
                qty,
            }],
            ledger: vec![LedgerMove {
                item: goods::ledger_item(kind),
                from: Account::Abroad,
                to: Account::Booked,
                units,
                document: "QD310526I000000001".into(),
            }],
        };
        self.act(history, move |open| open.goods_in(moves))
            .map(drop)
    }

    fn customs_seen(&mut self, history: &mut History) -> Result<(), Stop> {
        history.say(Seen::CustomsFresh);
        self.act(history, Simulated::customs_seen).map(drop)
    }

    fn looked(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        by: &PersonId,
        seen: Looked,
    ) -> Result<(), Stop> {
        history.say(Seen::Looked {
            order: key.clone(),
            by: by.clone(),
            packed: seen.packed,
            truly: seen.truly,
        });
        self.act(history, |open| open.looked(key, seen.packed))
            .map(drop)
    }

    fn scanned(
        &mut self,
        history: &mut History,
        key: &OrderKey,
        by: &Holding,
        seq: Seq,
    ) -> Result<(), Stop> {
        history.say(Seen::Scanned {
            order: key.clone(),
            by: by.clone(),
        });
        let of = (by.device.clone(), by.incarnation);
        self.act(history, |open| open.found(key, of, seq)).map(drop)
    }

    fn load(&mut self, history: &mut History, key: &OrderKey) -> Result<bool, Stop> {
        if matches!(self.state_of(key), Some(State::Released)) {
            self.act(history, Simulated::bundle)?;
        }
        let loaded = self.act(history, |open| open.load(key))?.is_some();
        if loaded {
            history.say(Seen::Loaded { order: key.clone() });
        }
        Ok(loaded)
    }

    fn depart(&mut self, history: &mut History, key: &OrderKey) -> Result<Vec<OrderKey>, Stop> {
        let free = self.known.orders.get(key).is_some_and(Order::is_free);
        if !free {
            self.act(history, |open| open.unload(key))?;
            return Ok(Vec::new());
        }
        let left = self.act(history, |open| open.depart(key))?;
        let left = left.unwrap_or_default();
        for order in &left {
            history.say(Seen::Left {
                order: order.clone(),
            });
        }
        if !left.is_empty() {
            self.act(history, |open| open.passed(key))?;
        }
        Ok(left)
    }

    fn pulled_back(&mut self, history: &mut History, key: &OrderKey) -> Result<bool, Stop> {
        Ok(self.act(history, |open| open.pulled_back(key))?.is_some())
    }

    fn orders_where(&self, which: &dyn Fn(&Order) -> bool) -> Vec<OrderKey> {
        let orders = self.known.orders.values().filter(|order| which(order));
        orders.map(|order| order.key.clone()).collect()
    }

    fn state_of(&self, key: &OrderKey) -> Option<&State> {
        Some(&self.known.orders.get(key)?.state)
    }

    fn ran_out(&self, key: &OrderKey, now: Instant) -> Result<bool, Stop> {
        let until = done(self.open()?.work_until(key))?;
        Ok(until.is_some_and(|until| until.plus(super::authority::SILENT_MARGIN) <= now))
    }

    fn stock(&self) -> Result<Balances, Stop> {
        let mut balances = Balances::default();
        for (goods, spot, bucket, qty) in done(self.open()?.stock())? {
            let lies = StockMove {
                goods,
                from: Place::Inbound,
                to: Place::Inside { spot, bucket },
                qty,
            };
            balances.apply(&lies).map_err(|error| error.to_string())?;
        }
        Ok(balances)
    }

    fn feed_head(&self) -> FeedPos {
        self.known.feed
    }

    fn back_up(&self) -> Result<Copy, Stop> {
        Ok(std::rc::Rc::new(Backup(self.drive.files())))
    }

    fn restore(&mut self, history: &mut History, backup: &Copy) -> Result<(), Stop> {
        let Backup(files) = backup.downcast_ref().ok_or("a backup of another kind")?;
        self.come_back(files)?;
        self.set_clock(history);
        done(self.open()?.woken())?;
        let open = self.open()?;
        let (heads, orders) = (done(open.heads())?, done(open.lives())?);
        let feed = done(open.feed_after(FeedPos(0)))?;
        let pos = feed.last().map_or(FeedPos(0), |entry| entry.pos);
        self.known = Known {
            feed: pos,
            orders: orders
                .iter()
                .map(|order| (order.key.clone(), order.clone()))
                .collect(),
            journals: heads
                .iter()
                .map(|(series, seq)| ((series.device.clone(), series.incarnation), *seq))
                .collect(),
            evidence: std::mem::take(&mut self.known.evidence),
            recovering: true,
            forgot: true,
        };
        history.say(Seen::Restored { pos, heads, orders });
        Ok(())
    }

    fn recovering(&self) -> bool {
        self.known.recovering
    }

    fn cut_power(&mut self, history: &mut History, dice: &mut Dice) -> Result<(), Stop> {
        let mut falls = dice.fork();
        let found = self.drive.found_after_power_cut(&mut falls);
        self.come_back(&found)?;
        self.set_clock(history);
        self.forget_what_is_gone()
    }
}
