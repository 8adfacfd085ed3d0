//! Everything that breaks: networks, programs, power, disks, clocks, and the authority's own machine.

use super::books::Copy;
use super::day::{Day, Outside};
use super::mutant::Mutant;
use super::station::{Standing, Station, Stop};
use super::wire::Packet;
use crate::dice::Dice;
use bondhouse_domain::ids::{DeviceId, OrderKey, Seq};
use bondhouse_domain::invariants::seen::Seen;
use bondhouse_domain::orders::Holding;
use bondhouse_domain::time::Span;

/// Machines at most, copies of disks included.
const MOST_MACHINES: usize = 8;
/// How long people keep the gate shut after a backup, at most, in steps.
const GATE_SHUT: u64 = 240;

/// Something that breaks beside messages and calls, which are disturbed where they travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A machine is cut off, or connected again.
    Partition,
    /// No program runs, the boot clock does.
    Suspend,
    /// A process dies.
    Kill,
    /// A machine's power fails.
    PowerCut,
    /// The authority's power fails.
    AuthorityPowerCut,
    /// A wall clock is set wrong by hours.
    ClockJump,
    /// A machine is started again: its boot clock begins anew.
    OtherBoot,
    /// A disk has no room, or has room again.
    DiskFull,
    /// A program that the authority does not understand, or the right one again.
    OtherVersion,
    /// A program whose events the authority cannot read, or the right one again.
    NewerEvents,
    /// Somebody keeps a copy of a disk.
    CopyDisk,
    /// A machine goes on from the copy.
    OlderCopy,
    /// A copy goes on in another machine.
    CloneDisk,
    /// A disk is gone.
    LoseDisk,
    /// A machine that may not go on is enrolled anew.
    EnrolAnew,
    /// The authority is backed up.
    BackUp,
    /// The authority is lost and comes back from its backup.
    Restore,
}

/// How often each happens, before a run's own temper.
const FAULTS: [(Fault, u64); 17] = [
    (Fault::Partition, 34),
    (Fault::Suspend, 14),
    (Fault::Kill, 12),
    (Fault::PowerCut, 10),
    (Fault::AuthorityPowerCut, 2),
    (Fault::ClockJump, 4),
    (Fault::OtherBoot, 4),
    (Fault::DiskFull, 3),
    (Fault::OtherVersion, 2),
    (Fault::NewerEvents, 2),
    (Fault::CopyDisk, 7),
    (Fault::OlderCopy, 3),
    (Fault::CloneDisk, 2),
    (Fault::LoseDisk, 4),
    (Fault::EnrolAnew, 5),
    (Fault::BackUp, 3),
    (Fault::Restore, 2),
];

/// What a run is prone to: where everything breaks equally often, much never comes together. A mutant
/// gets the weather in which it shows, as some run in six has it of each fault by itself.
pub(super) fn temper(dice: &mut Dice, mutant: Option<Mutant>) -> Vec<(Fault, u64)> {
    let shows_in = mutant.map_or(&[] as &[Fault], Mutant::shows_in);
    let prone = |(fault, often): (Fault, u64)| {
        let times = match dice.below(6) {
            0 => 0,
            5 => 5,
            _ => 1,
        };
        // Whatever may not go on must be able to begin again, and whoever is cut off to come back.
        let times = match fault {
            _ if shows_in.contains(&fault) => 5,
            Fault::EnrolAnew | Fault::Partition => times.max(1),
            _ => times,
        };
        (fault, often * times)
    };
    FAULTS.into_iter().map(prone).collect()
}

impl Day {
    fn which_fault(&mut self) -> Fault {
        let all = self.temper.iter().map(|(_, often)| often).sum();
        let mut thrown = self.dice.below(all);
        for (fault, often) in &self.temper {
            match thrown.checked_sub(*often) {
                None => return *fault,
                Some(left) => thrown = left,
            }
        }
        Fault::Partition
    }

    pub(super) fn fault(&mut self) -> Result<(), Stop> {
        let number = self.any_station();
        let before = self
            .stations
            .get(number)
            .map_or(Seq(0), |station| station.finished);
        match self.which_fault() {
            Fault::Partition => {
                let back = self.dice.permille(250);
                self.with(number, |station| station.online = back || !station.online);
            }
            Fault::Suspend => {
                let wakes = self.dice.permille(700);
                if let Some(station) = self.stations.get_mut(number) {
                    let asleep = !wakes && station.up;
                    // The network is back later than the machine.
                    station.online &= station.up;
                    station.sleep(&self.history, asleep);
                }
            }
            Fault::Kill => self.restart(number)?,
            Fault::PowerCut => self.power_cut(number)?,
            Fault::AuthorityPowerCut => self.authority_power_cut()?,
            Fault::ClockJump => self.wrong_clock(number)?,
            Fault::OtherBoot => self.other_boot(number)?,
            Fault::DiskFull => self.fill_disk(number),
            Fault::OtherVersion => self.other_version(number),
            Fault::NewerEvents => {
                let newer = self.dice.permille(400);
                self.with(number, |station| station.books.write_newer(newer));
            }
            Fault::CopyDisk => self.copy_disk(number)?,
            Fault::OlderCopy => self.older_copy(number)?,
            Fault::CloneDisk => self.clone_disk(number)?,
            Fault::LoseDisk => self.lose_disk(number)?,
            Fault::EnrolAnew => self.enrol_anew(number)?,
            Fault::BackUp => self.back_up()?,
            Fault::Restore => self.restore()?,
        }
        self.note_parcels(number, before)
    }

    /// Whether people do nothing now that only the authority would know of.
    pub(super) fn gate_is_shut(&self) -> bool {
        self.history.step < self.gate_shut_until
    }

    fn with(&mut self, number: usize, act: impl FnOnce(&mut Station)) {
        if let Some(station) = self.stations.get_mut(number) {
            act(station);
        }
    }

    fn working(&mut self, number: usize) -> Option<&mut Station> {
        self.stations
            .get_mut(number)
            .filter(|station| station.standing == Standing::Working)
    }

    fn restart(&mut self, number: usize) -> Result<(), Stop> {
        if self.working(number).is_none() {
            return Ok(());
        }
        self.counts.died += 1;
        match self.stations.get_mut(number) {
            Some(station) => station.restart(&mut self.history),
            None => Ok(()),
        }
    }

    fn power_cut(&mut self, number: usize) -> Result<(), Stop> {
        if self.working(number).is_none() {
            return Ok(());
        }
        self.counts.died += 1;
        match self.stations.get_mut(number) {
            Some(station) => station.cut_power(&mut self.history, &mut self.dice),
            None => Ok(()),
        }
    }

    /// Somebody sets the clock of a running machine, by hours, in either direction.
    fn wrong_clock(&mut self, number: usize) -> Result<(), Stop> {
        let minutes = i64::try_from(self.dice.below(360)).unwrap_or(0) - 180;
        match self
            .stations
            .get_mut(number)
            .filter(|station| station.works() && !station.full)
        {
            Some(station) => station.set_wall(&self.history, Span::minutes(minutes)),
            None => Ok(()),
        }
    }

    /// The power of the authority's machine fails and comes back.
    fn authority_power_cut(&mut self) -> Result<(), Stop> {
        self.counts.died += 1;
        self.authority.cut_power(&mut self.history, &mut self.dice)
    }

    /// Something else fills a machine's disk, or is taken away again.
    fn fill_disk(&mut self, number: usize) {
        let full = self.dice.permille(500);
        if let Some(station) = self.working(number) {
            station.full = full;
            station.books.fill(full);
        }
    }

    /// Somebody puts another version of the program on a machine, or the right one again.
    fn other_version(&mut self, number: usize) {
        let understood = self.dice.permille(600);
        self.with(number, |station| station.install(understood));
    }

    /// The machine was rebooted: its boot clock begins anew under another name.
    fn other_boot(&mut self, number: usize) -> Result<(), Stop> {
        if self.working(number).is_none() {
            return Ok(());
        }
        let Some(station) = self.stations.get_mut(number) else {
            return Ok(());
        };
        station.reboot(&self.history)
    }

    fn copy_disk(&mut self, number: usize) -> Result<(), Stop> {
        if let Some(station) = self.working(number) {
            let copy = (station.books.copy()?, station.finished);
            self.copies.insert(number, copy);
        }
        Ok(())
    }

    /// Somebody restores a machine from its copy, and scans what stands there, as they are told to.
    fn older_copy(&mut self, number: usize) -> Result<(), Stop> {
        let Some((copy, finished)) = self.copies.get(&number).cloned() else {
            return Ok(());
        };
        if self.holds_what_was_forgotten(number)
            || self.gate_is_shut()
            || self.working(number).is_none()
        {
            return Ok(());
        }
        self.counts.disks += 1;
        self.unrestorable();
        let Some(station) = self.stations.get_mut(number) else {
            return Ok(());
        };
        let (device, name) = (station.device(), station.name.clone());
        station.put_in(&mut self.history, &copy, finished)?;
        self.scan_staging(&device, &name)
    }

    /// Whether what a restored authority forgot may stand on this machine's disk alone: the authority still takes
    /// journals back, or heard a copy of the disk in its place.
    fn holds_what_was_forgotten(&self, number: usize) -> bool {
        let restored = 1 + self.counts.restores;
        let unheard = self.stations.get(number).is_some_and(|machine| {
            let twin = |other: &Station| {
                other.name != machine.name && other.books.series() == machine.books.series()
            };
            u64::from(machine.books.epoch()) < restored && self.stations.iter().any(twin)
        });
        self.authority.recovering() || unheard
    }

    /// Somebody puts a copy of a disk into another computer, which nobody was told of.
    fn clone_disk(&mut self, number: usize) -> Result<(), Stop> {
        if self.stations.len() >= MOST_MACHINES
            || self.authority.recovering()
            || self.gate_is_shut()
        {
            return Ok(());
        }
        let Some(original) = self.working(number) else {
            return Ok(());
        };
        let (copy, finished): (Copy, Seq) = (original.books.copy()?, original.finished);
        let (name, series) = (format!("{}'", original.name), original.books.series());
        if self.stations.iter().any(|station| station.name == name) {
            return Ok(());
        }
        self.counts.disks += 1;
        self.unrestorable();
        let books = self.new_books(&series.device, series.incarnation)?;
        let mut clone = Station::new(name, books, self.plan.mutant, &self.history);
        clone.put_in(&mut self.history, &copy, finished)?;
        clone.online = false;
        self.stations.push(clone);
        Ok(())
    }

    fn lose_disk(&mut self, number: usize) -> Result<(), Stop> {
        if self.holds_what_was_forgotten(number)
            || self.gate_is_shut()
            || self.working(number).is_none()
        {
            return Ok(());
        }
        self.counts.disks += 1;
        self.unrestorable();
        self.copies.remove(&number);
        let Some(station) = self.stations.get_mut(number) else {
            return Ok(());
        };
        station.standing = Standing::Over;
        let (device, name) = (station.device(), station.name.clone());
        history_gone(self, &name);
        self.lost.push(number);
        self.scan_staging(&device, &name)
    }

    /// A supervisor enrols a machine anew whose life is over; its old journal is handed in.
    pub(super) fn enrol_anew(&mut self, number: usize) -> Result<(), Stop> {
        if self.gate_is_shut() && !self.calm {
            return Ok(());
        }
        let over = |station: &Station| station.standing == Standing::Over;
        let number = match self.stations.get(number) {
            Some(station) if over(station) => number,
            // Whichever of them waits for it.
            _ => match self.stations.iter().position(over) {
                Some(waiting) => waiting,
                None => return Ok(()),
            },
        };
        self.unrestorable();
        let Some(station) = self.stations.get(number) else {
            return Ok(());
        };
        let was_lost = self.lost.contains(&number);
        self.lost.retain(|lost| *lost != number);
        self.copies.remove(&number);
        if !was_lost {
            let journal = station.books.journal()?;
            self.authority.hand_in(&mut self.history, journal)?;
        }
        let (device, name, is_copy) = (
            station.device(),
            station.name.clone(),
            station.name.ends_with('\''),
        );
        self.scan_staging(&device, &name)?;
        history_gone(self, &name);
        if is_copy {
            self.with(number, |station| station.standing = Standing::Removed);
            return Ok(());
        }
        // Nobody may work under the old life any more, wherever a copy of it is: people were told.
        let incarnation = self.authority.enrol(&mut self.history, &device)?;
        let books = self.new_books(&device, incarnation)?;
        let fresh = Station::new(name.clone(), books, self.plan.mutant, &self.history);
        if let Some(station) = self.stations.get_mut(number) {
            *station = fresh;
        }
        self.history.say(Seen::Cursor {
            machine: name,
            pos: bondhouse_domain::ids::FeedPos(0),
            anew: true,
        });
        Ok(())
    }

    /// Parcels that a machine packed stand there with their labels, whatever its disk remembers.
    fn scan_staging(&mut self, device: &DeviceId, machine: &str) -> Result<(), Stop> {
        let standing: Vec<(OrderKey, Holding, Seq)> = self
            .parcels
            .iter()
            .filter(|(_, parcel)| &parcel.by.device == device && parcel.machine == machine)
            .map(|(order, parcel)| (order.clone(), parcel.by.clone(), parcel.seq))
            .collect();
        for (order, by, seq) in standing {
            self.authority
                .scanned(&mut self.history, &order, &by, seq)?;
        }
        Ok(())
    }

    fn back_up(&mut self) -> Result<(), Stop> {
        if !self.authority.recovering() {
            self.tell_what_waited()?;
            self.backup = Some(self.authority.back_up()?);
            self.outside.clear();
            // What the gate does is known nowhere else: for some time it does nothing, now and then.
            self.gate_shut_until = self.history.step + self.dice.below(GATE_SHUT);
        }
        Ok(())
    }

    /// What only the authority knew has happened since its backup, so this run loses no authority now.
    pub(super) fn unrestorable(&mut self) {
        if self.backup.take().is_some() && !self.authority.recovering() {
            self.outside.clear();
        }
    }

    /// The authority's machine is lost and comes back from its backup.
    fn restore(&mut self) -> Result<(), Stop> {
        let Some(backup) = self.backup.take() else {
            return Ok(());
        };
        self.counts.restores += 1;
        self.gate_shut_until = 0;
        self.authority.restore(&mut self.history, &backup)?;
        // Answers died with the machine that gave them; calls on their way find the one that came back.
        self.on_the_way
            .retain(|(_, packet)| matches!(packet, Packet::Call(_)));
        for (from, _) in &mut self.on_the_way {
            *from += self.dice.below(60);
        }
        // What took the authority's machine took the line of a workstation with it.
        let cut_off = self.any_station();
        self.with(cut_off, |station| station.online = false);
        // Customs and shops are asked again at once; who wanted an order stopped says so now or later.
        for said in std::mem::take(&mut self.outside) {
            let later = match said {
                Outside::Order(..) | Outside::Receipt(..) | Outside::Goods(..) => false,
                Outside::Cancel(_) | Outside::Hold(..) => self.dice.permille(500),
            };
            if later {
                self.outside.push(said);
            } else {
                self.tell(&said)?;
            }
        }
        Ok(())
    }
}

fn history_gone(day: &mut Day, machine: &str) {
    day.history.say(Seen::Gone {
        machine: machine.to_owned(),
    });
}
