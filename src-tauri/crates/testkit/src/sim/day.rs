//! One run: who does what at each step.

use super::authority::{Authority, MOST_LEASES};
use super::books::{Books, Copy, failed};
use super::fault::{Fault, temper};
use super::goods;
use super::history::History;
use super::memory::Memory;
use super::mutant::Mutant;
use super::platform::Platform;
use super::real::Real;
use super::ruling::{Looked, Luck, Ruling};
use super::station::{Next, Standing, Station, Stop};
use super::wire::{Answer, Packet};
use super::{Counts, Outcome, Plan};
use crate::dice::Dice;
use crate::simulated_disk::SimulatedDisk;
use bondhouse_disk::Durability;
use bondhouse_domain::clearance::Status;
use bondhouse_domain::ids::{Incarnation, OrderKey, PersonId, Seq};
use bondhouse_domain::journal::Series;
use bondhouse_domain::orders::{Holding, State};
use bondhouse_domain::time::{Instant, Span};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

thread_local! {
    /// A registered disk stays registered for the life of the process, so runs share them.
    static DISKS: RefCell<Vec<SimulatedDisk>> = const { RefCell::new(Vec::new()) };
}

/// Pieces of each kind at the beginning: few enough that every other run goes short of one.
const FIRST_GOODS: i64 = 12;

/// A whole warehouse.
pub(super) struct Day {
    pub(super) plan: Plan,
    pub(super) dice: Dice,
    pub(super) history: History,
    pub(super) authority: Box<dyn Ruling>,
    pub(super) stations: Vec<Station>,
    /// With the step before which each will not arrive.
    pub(super) on_the_way: Vec<(u64, Packet)>,
    pub(super) nonces: u64,
    pub(super) orders: u64,
    /// Parcels that physically stand in the zone.
    pub(super) parcels: BTreeMap<OrderKey, Parcel>,
    /// Machines whose disk is lost.
    pub(super) lost: Vec<usize>,
    /// Copies people made of disks, with what was finished by then.
    pub(super) copies: BTreeMap<usize, (Copy, Seq)>,
    /// The authority's last backup, and when customs and shops must be asked from.
    pub(super) backup: Option<Copy>,
    /// What outsiders said since the backup, to be asked again.
    pub(super) outside: Vec<Outside>,
    pub(super) counts: Counts,
    /// Nothing breaks any more.
    pub(super) calm: bool,
    pub(super) errs_permille: u64,
    /// What this run is prone to.
    pub(super) temper: Vec<(Fault, u64)>,
    /// How many calls and answers of a hundred are held up on their way.
    pub(super) held_up_percent: u64,
    /// Until this step the gate is shut and nobody decides anything.
    pub(super) gate_shut_until: u64,
    /// Disks in use.
    disks: Cell<usize>,
}

/// A parcel that stands in the zone, as its label says.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    pub(super) machine: String,
    pub(super) by: Holding,
    /// The release that its label names.
    pub(super) seq: Seq,
}

/// What shops and customs remember, whatever the authority forgets.
#[derive(Debug, Clone)]
pub(super) enum Outside {
    Order(OrderKey, u64),
    Receipt(OrderKey, Status, Instant),
    Cancel(OrderKey),
    Hold(OrderKey, bool),
    Goods(u64, i64),
}

impl Day {
    pub(super) fn begin(plan: &Plan) -> Result<Self, Stop> {
        let mut dice = Dice::new(plan.seed);
        let mut history = History::new(Instant::from_millis(1_795_000_000_000), plan.keep);
        let authority: Box<dyn Ruling> = if plan.real {
            let durability = durability(plan.mutant);
            Box::new(Platform::new(
                disk(0)?,
                plan.seed,
                durability,
                &mut history,
            )?)
        } else {
            Box::new(Authority::new(plan.mutant, &mut history))
        };
        let machines = 2 + dice.below(4);
        let mut day = Self {
            plan: *plan,
            errs_permille: dice.below(4) * 20,
            temper: temper(&mut dice, plan.mutant),
            held_up_percent: 5 + 15 * dice.below(3),
            gate_shut_until: 0,
            dice,
            history,
            authority,
            stations: Vec::new(),
            on_the_way: Vec::new(),
            nonces: 0,
            orders: 0,
            parcels: BTreeMap::new(),
            lost: Vec::new(),
            // The first is the authority's.
            disks: Cell::new(1),
            copies: BTreeMap::new(),
            backup: None,
            outside: Vec::new(),
            counts: Counts::default(),
            calm: false,
        };
        for number in 0..usize::try_from(machines).unwrap_or(2) {
            let device = goods::device(number);
            let incarnation = day.authority.enrol(&mut day.history, &device)?;
            let books = day.new_books(&device, incarnation)?;
            let station = Station::new(device.to_string(), books, plan.mutant, &day.history);
            day.stations.push(station);
        }
        for kind in 0..goods::KINDS {
            day.goods_in(kind, FIRST_GOODS)?;
        }
        Ok(day)
    }

    pub(super) fn new_books(
        &self,
        device: &bondhouse_domain::ids::DeviceId,
        incarnation: Incarnation,
    ) -> Result<Box<dyn Books>, Stop> {
        let series = Series {
            warehouse: goods::warehouse(),
            device: device.clone(),
            incarnation,
        };
        if !self.plan.real {
            let keys = Rc::new(self.authority.keys());
            return Ok(Box::new(Memory::new(series, keys, self.plan.mutant)));
        }
        let number = self.disks.get();
        self.disks.set(number + 1);
        let (disk, durability) = (disk(number)?, durability(self.plan.mutant));
        let keys = self.authority.keys();
        Ok(Box::new(Real::new(disk, &series, &keys, durability)?))
    }

    pub(super) fn run(mut self) -> Outcome {
        let mut stopped = None;
        for step in 1..=self.plan.steps {
            self.history.step = step;
            stopped = self.step().err();
            if stopped.is_some() || self.history.breach().is_some() {
                break;
            }
        }
        let mut ended = false;
        if stopped.is_none() && self.history.breach().is_none() {
            stopped = self.calm_down().err();
            ended = stopped.is_none();
        }
        let steps = self.history.step;
        let (history, breach) = self.history.close(ended);
        Outcome {
            breach: breach.or_else(|| stopped.map(|why| failed(steps, why))),
            counts: self.counts,
            history,
            steps,
        }
    }

    fn step(&mut self) -> Result<(), Stop> {
        let passes = i64::try_from(self.dice.below(20_000)).unwrap_or(0);
        self.pass_time(Span::millis(passes))?;
        for _ in 0..self.dice.below(3) {
            self.deliver()?;
        }
        match self.dice.below(100) {
            0..30 => self.somebody_calls()?,
            30..44 => self.somebody_packs()?,
            44..62 => self.outsiders()?,
            62..74 => self.gate()?,
            74..77 => self.supervisor()?,
            77..80 => self.authority.customs_seen(&mut self.history)?,
            80..90 => self.fault()?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn pass_time(&mut self, span: Span) -> Result<(), Stop> {
        self.history.now = self.history.now.plus(span);
        self.authority.round(&mut self.history)?;
        self.tell_what_waited()
    }

    /// The authority has its journals back: now it hears what had to wait. Beside a backup nothing waits:
    /// there stands what it was told since.
    pub(super) fn tell_what_waited(&mut self) -> Result<(), Stop> {
        if self.backup.is_none() && !self.authority.recovering() {
            for said in std::mem::take(&mut self.outside) {
                self.tell(&said)?;
            }
        }
        Ok(())
    }

    pub(super) fn any_station(&mut self) -> usize {
        usize::try_from(
            self.dice
                .below(u64::try_from(self.stations.len()).unwrap_or(1)),
        )
        .unwrap_or(0)
    }

    fn somebody_calls(&mut self) -> Result<(), Stop> {
        let number = self.any_station();
        let want =
            usize::try_from(self.dice.below(u64::try_from(MOST_LEASES).unwrap_or(4))).unwrap_or(1);
        self.call(number, want)
    }

    pub(super) fn call(&mut self, number: usize, want: usize) -> Result<(), Stop> {
        self.nonces = self.nonces.saturating_add(1);
        let Some(station) = self.stations.get_mut(number) else {
            return Ok(());
        };
        if !station.works() || !station.online {
            return Ok(());
        }
        let sent = self.history.step;
        let call = station.call(&self.history, number, self.nonces, want)?;
        self.on_the_way
            .extend(call.map(|call| (sent, Packet::Call(Box::new(call)))));
        Ok(())
    }

    fn somebody_packs(&mut self) -> Result<(), Stop> {
        let number = self.any_station();
        let dies = self.dice.permille(30);
        self.pack(number, dies)
    }

    fn pack(&mut self, number: usize, dies: bool) -> Result<(), Stop> {
        let Some(station) = self
            .stations
            .get_mut(number)
            .filter(|station| station.works())
        else {
            return Ok(());
        };
        let before = station.finished;
        station.pack(&mut self.history, &mut self.dice, dies)?;
        if dies {
            self.counts.died += 1;
            station.restart(&mut self.history)?;
        }
        self.note_parcels(number, before)
    }

    /// Whatever a machine finished since is now a parcel that stands there.
    pub(super) fn note_parcels(&mut self, number: usize, before: Seq) -> Result<(), Stop> {
        let Some(station) = self.stations.get(number) else {
            return Ok(());
        };
        if station.finished > before {
            for packing in station.books.released_after(before)? {
                if packing.event.seq <= station.finished
                    && let Some(right) = packing.lease.order()
                {
                    let terms = packing.lease.lease();
                    let parcel = Parcel {
                        machine: station.name.clone(),
                        by: Holding {
                            device: terms.device.clone(),
                            incarnation: terms.incarnation,
                            fence: terms.fence,
                        },
                        seq: packing.event.seq,
                    };
                    self.parcels.insert(right.order.clone(), parcel);
                    self.counts.packed += 1;
                }
            }
        }
        Ok(())
    }

    /// Delivers something that is on its way, or disturbs it.
    pub(super) fn deliver(&mut self) -> Result<(), Stop> {
        let step = self.history.step;
        let due: Vec<usize> = (0..)
            .zip(&self.on_the_way)
            .filter(|(_, (from, _))| *from <= step)
            .map(|(at, _)| at)
            .collect();
        let Some(at) = self.dice.pick(&due) else {
            return Ok(());
        };
        let (_, packet) = self.on_the_way.swap_remove(*at);
        let disturbed = self.dice.below(100);
        self.counts.disturbed += u64::from(disturbed < 9 + self.held_up_percent);
        match disturbed {
            // Lost.
            0..5 => return Ok(()),
            // Doubled.
            5..9 => self
                .on_the_way
                .push((step + self.dice.below(30), packet.clone())),
            // Held up somewhere, long after its sender gave up on it.
            at if (9..9 + self.held_up_percent).contains(&at) => {
                let held_up = if self.dice.permille(300) { 200 } else { 40 };
                self.on_the_way
                    .push((step + self.dice.below(held_up), packet));
                return Ok(());
            }
            _ => {}
        }
        self.arrive(packet)
    }

    pub(super) fn arrive(&mut self, packet: Packet) -> Result<(), Stop> {
        match packet {
            Packet::Call(call) => {
                let online = self
                    .stations
                    .get(call.machine)
                    .is_some_and(|station| station.online);
                // Its machine was cut off since: it is lost, waits in some buffer, or had left already.
                if !online {
                    match self.dice.below(10) {
                        0..4 => {}
                        4..7 => {
                            let later = self.history.step + self.dice.below(60);
                            self.on_the_way.push((later, Packet::Call(call)));
                            return Ok(());
                        }
                        _ => return Ok(()),
                    }
                }
                let (machine, nonce) = (call.machine, call.nonce);
                let mut luck = Luck {
                    dice: &mut self.dice,
                    calm: self.calm,
                };
                let answered = self.authority.answer(&mut self.history, &call, &mut luck)?;
                let Some(said) = answered else {
                    return Ok(());
                };
                let answer = Box::new(Answer { nonce, said });
                let sent = self.history.step;
                self.on_the_way
                    .push((sent, Packet::Answer(machine, answer)));
                Ok(())
            }
            Packet::Answer(number, answer) => self.hear(number, *answer),
        }
    }

    fn hear(&mut self, number: usize, answer: Answer) -> Result<(), Stop> {
        let dies = !self.calm && self.dice.permille(20);
        let Some(station) = self.stations.get_mut(number) else {
            return Ok(());
        };
        if !station.works() || !station.online {
            return Ok(());
        }
        let before = station.finished;
        if dies && self.dice.permille(500) {
            self.counts.died += 1;
            station.restart(&mut self.history)?;
            return self.note_parcels(number, before);
        }
        self.counts.answered += 1;
        let next = station.hear(&mut self.history, answer, dies)?;
        if dies {
            self.counts.died += 1;
            station.restart(&mut self.history)?;
            return self.note_parcels(number, before);
        }
        self.follow(number, next)
    }

    /// What a machine must fetch before it can go on, until it can.
    fn follow(&mut self, number: usize, mut next: Next) -> Result<(), Stop> {
        while let (Some(station), true) = (self.stations.get_mut(number), next != Next::Nothing) {
            let series = station.books.series();
            next = match next {
                Next::Nothing => Next::Nothing,
                // Cut off on its way: the next answer asks for it again.
                Next::Picture if !self.calm && self.dice.permille(300) => Next::Nothing,
                Next::OwnJournal => {
                    let held = self.authority.journal_after(&series, station.head()?.seq)?;
                    station.take_back(held)?;
                    Next::Nothing
                }
                Next::Picture => {
                    let picture = self.authority.picture(&series)?;
                    station.begin_anew(&mut self.history, picture)?
                }
            };
        }
        Ok(())
    }

    /// Shops, customs, goods.
    fn outsiders(&mut self) -> Result<(), Stop> {
        match self.dice.below(100) {
            0..40 => {
                self.orders = self.orders.saturating_add(1);
                let (key, kind) = (goods::order_key(self.orders), self.dice.below(goods::KINDS));
                self.say(Outside::Order(key, kind))
            }
            40..72 => {
                let Some(key) = self.one_that(700, |state| matches!(state, State::Declared)) else {
                    return Ok(());
                };
                let declared = matches!(self.authority.state_of(&key), Some(State::Declared));
                let status = match self.dice.below(100) {
                    0..70 => Status::Released,
                    _ if declared => Status::Released,
                    70..82 => Status::Inspection,
                    82..96 => Status::Released,
                    96..98 => Status::Rejected,
                    _ => Status::ReturnAbroad,
                };
                // Customs' own clock; the message may have been long on its way.
                let late = i64::try_from(self.dice.below(240_000)).unwrap_or(0);
                let at = Instant::from_millis(self.history.now.as_millis().saturating_sub(late));
                self.say(Outside::Receipt(key, status, at))
            }
            72..80 => {
                let Some(key) = self.one_that(600, |state| matches!(state, State::Leased(_)))
                else {
                    return Ok(());
                };
                self.counts.cancels += 1;
                self.say(Outside::Cancel(key))
            }
            80..98 => {
                let held = self.dice.below(2) == 0;
                let Some(key) = self.one_that(if held { 600 } else { 0 }, |state| {
                    matches!(state, State::Leased(_))
                }) else {
                    return Ok(());
                };
                self.say(Outside::Hold(key, held))
            }
            _ => {
                let kind = self.dice.below(goods::KINDS);
                self.goods_in(kind, 20)
            }
        }
    }

    fn goods_in(&mut self, kind: u64, count: i64) -> Result<(), Stop> {
        self.say(Outside::Goods(kind, count))
    }

    /// One of the orders that are still of interest: mostly the newest.
    fn some_order(&mut self) -> Option<OrderKey> {
        let back = self.dice.below(self.orders.min(30));
        let number = self.orders.checked_sub(back).filter(|number| *number > 0)?;
        Some(goods::order_key(number))
    }

    /// Mostly an order in a state that makes the story interesting, else any recent one.
    fn one_that(&mut self, permille: u64, state: impl Fn(&State) -> bool) -> Option<OrderKey> {
        if self.dice.permille(permille) {
            let wanted = self.authority.orders_where(&|order| state(&order.state));
            if let Some(key) = self.dice.pick(&wanted) {
                return Some(key.clone());
            }
        }
        self.some_order()
    }

    /// An outsider says something: the authority hears it, and the outsider remembers.
    pub(super) fn say(&mut self, said: Outside) -> Result<(), Stop> {
        if self.authority.recovering() && self.dice.permille(500) {
            // Whoever hears that journals are taken back may wait for the end of it, or not.
            self.outside.push(said);
            return Ok(());
        }
        self.tell(&said)?;
        if self.backup.is_some() {
            self.outside.push(said);
        }
        Ok(())
    }

    pub(super) fn tell(&mut self, said: &Outside) -> Result<(), Stop> {
        let (authority, history) = (&mut self.authority, &mut self.history);
        match said {
            Outside::Order(key, kind) => authority.receive(history, key, *kind),
            Outside::Receipt(key, status, at) => authority.receipt(history, key, status, *at),
            Outside::Cancel(key) => authority.cancel(history, key),
            Outside::Hold(key, held) => authority.hold(history, key, *held),
            Outside::Goods(kind, count) => authority.goods_in(history, *kind, *count),
        }
    }

    /// Parcels are scanned onto a vehicle, taken back from staging, and leave.
    fn gate(&mut self) -> Result<(), Stop> {
        let waiting = self.authority.orders_where(&|order| {
            matches!(
                order.state,
                State::Released | State::Bundled { .. } | State::Loaded { .. }
            )
        });
        let Some(key) = self.dice.pick(&waiting).cloned() else {
            return Ok(());
        };
        // Nobody can scan what is not there.
        let shut = self.authority.recovering() || self.gate_is_shut();
        if !self.parcels.contains_key(&key) || shut {
            return Ok(());
        }
        self.unrestorable();
        let on_vehicle = matches!(self.authority.state_of(&key), Some(State::Loaded { .. }));
        let history = &mut self.history;
        if on_vehicle {
            for left in self.authority.depart(history, &key)? {
                self.parcels.remove(&left);
                self.counts.left += 1;
            }
        } else if !self.authority.load(history, &key)?
            && self.authority.pulled_back(history, &key)?
        {
            self.parcels.remove(&key);
        }
        Ok(())
    }

    fn supervisor(&mut self) -> Result<(), Stop> {
        let errs = self.dice.permille(self.errs_permille);
        let doubts = self
            .authority
            .orders_where(&|order| matches!(order.state, State::InDoubt(_)));
        match self.dice.pick(&doubts).cloned() {
            Some(key) if !self.gate_is_shut() => self.look(&key, errs),
            _ => Ok(()),
        }
    }

    /// A supervisor looks for a parcel, once its holder cannot pack it any more.
    pub(super) fn look(&mut self, key: &OrderKey, errs: bool) -> Result<(), Stop> {
        let truly = self.parcels.contains_key(key);
        let packed = truly != errs;
        let Some(State::InDoubt(by)) = self.authority.state_of(key) else {
            return Ok(());
        };
        let at_work = self.stations.iter().any(|station| {
            let series = station.books.series();
            station.standing == Standing::Working
                && series.device == by.device
                && series.incarnation == by.incarnation
        });
        if self.authority.recovering()
            // Nobody is told that there is something to look for.
            || self.plan.mutant == Some(Mutant::DoubtWithoutCase)
            || at_work && !self.authority.ran_out(key, self.history.now)?
        {
            return Ok(());
        }
        self.counts.looks += 1;
        self.unrestorable();
        let by = PersonId::new("chen-jie");
        self.authority
            .looked(&mut self.history, key, &by, Looked { packed, truly })
    }
}

/// A disk of its own for each machine of a run.
fn disk(number: usize) -> Result<SimulatedDisk, Stop> {
    let disk = DISKS.with_borrow_mut(|disks| {
        while disks.len() <= number {
            let disk = SimulatedDisk::new();
            disk.forget_the_past();
            disks.push(disk);
        }
        disks.get(number).cloned()
    });
    disk.ok_or_else(|| "no disk".to_owned())
}

/// How the machines of a run commit.
fn durability(mutant: Option<Mutant>) -> Durability {
    match mutant {
        Some(Mutant::SynchronousNormal) => Durability::ProcessCrash,
        _ => Durability::PowerCut,
    }
}
