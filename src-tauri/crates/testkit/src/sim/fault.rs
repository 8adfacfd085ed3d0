//! Everything that breaks: networks, programs, power, disks, clocks, and the authority's own machine.

use super::books::Copy;
use super::day::{Day, Outside};
use super::station::{Standing, Station, Stop};
use bondhouse_domain::ids::{DeviceId, OrderKey, Seq};
use bondhouse_domain::invariants::seen::Seen;
use bondhouse_domain::orders::Holding;
use bondhouse_domain::time::Span;

/// Machines at most, copies of disks included.
const MOST_MACHINES: usize = 8;

impl Day {
    pub(super) fn fault(&mut self) -> Result<(), Stop> {
        let number = self.any_station();
        let before = self
            .stations
            .get(number)
            .map_or(Seq(0), |station| station.finished);
        match self.dice.below(100) {
            0..34 => {
                let back = self.dice.permille(250);
                self.with(number, |station| station.online = back || !station.online);
            }
            // Asleep: no program runs, the boot clock does.
            34..42 => {
                let up = self.dice.permille(700);
                self.with(number, |station| station.up = up || !station.up);
            }
            42..54 => self.restart(number)?,
            54..64 => self.power_cut(number)?,
            64..72 => self.wrong_clock(number)?,
            72..76 => self.other_boot(number),
            76..83 => self.copy_disk(number)?,
            83..86 => self.older_copy(number)?,
            86..88 => self.clone_disk(number)?,
            88..92 => self.lose_disk(number)?,
            92..97 => self.enrol_anew(number)?,
            97..99 => self.back_up(),
            _ => self.restore(),
        }
        self.note_parcels(number, before)
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
            .filter(|station| station.works())
        {
            Some(station) => station.set_wall(&self.history, Span::minutes(minutes)),
            None => Ok(()),
        }
    }

    /// The machine was rebooted: its boot clock begins anew under another name.
    fn other_boot(&mut self, number: usize) {
        let Some(station) = self.stations.get_mut(number) else {
            return;
        };
        station.reboot(&self.history);
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
        if self.authority.recovering() || self.working(number).is_none() {
            return Ok(());
        }
        self.counts.disks += 1;
        self.unrestorable();
        let Some(station) = self.stations.get_mut(number) else {
            return Ok(());
        };
        let (device, name) = (station.device(), station.name.clone());
        station.put_in(&mut self.history, &copy, finished)?;
        self.scan_staging(&device, &name);
        Ok(())
    }

    /// Somebody puts a copy of a disk into another computer, which nobody was told of.
    fn clone_disk(&mut self, number: usize) -> Result<(), Stop> {
        if self.stations.len() >= MOST_MACHINES || self.authority.recovering() {
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
        if self.authority.recovering() || self.working(number).is_none() {
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
        self.scan_staging(&device, &name);
        Ok(())
    }

    /// A supervisor enrols a machine anew whose life is over; its old journal is handed in.
    pub(super) fn enrol_anew(&mut self, number: usize) -> Result<(), Stop> {
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
            self.authority.hand_in(&mut self.history, &journal);
        }
        let (device, name, is_copy) = (
            station.device(),
            station.name.clone(),
            station.name.ends_with('\''),
        );
        self.scan_staging(&device, &name);
        history_gone(self, &name);
        if is_copy {
            self.with(number, |station| station.standing = Standing::Removed);
            return Ok(());
        }
        // Nobody may work under the old life any more, wherever a copy of it is: people were told.
        let incarnation = self.authority.enrol(&mut self.history, &device);
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
    fn scan_staging(&mut self, device: &DeviceId, machine: &str) {
        let standing: Vec<(OrderKey, Holding)> = self
            .parcels
            .iter()
            .filter(|(_, parcel)| &parcel.by.device == device && parcel.machine == machine)
            .map(|(order, parcel)| (order.clone(), parcel.by.clone()))
            .collect();
        for (order, by) in standing {
            self.authority.scanned(&mut self.history, &order, by);
        }
    }

    fn back_up(&mut self) {
        if !self.authority.recovering() && !self.plan.real {
            self.backup = Some(Box::new(self.authority.clone()));
            self.outside.clear();
        }
    }

    /// What only the authority knew has happened since its backup, so this run loses no authority now.
    pub(super) fn unrestorable(&mut self) {
        if self.backup.take().is_some() && !self.authority.recovering() {
            self.outside.clear();
        }
    }

    /// The authority's machine is lost and comes back from its backup.
    fn restore(&mut self) {
        let Some(backup) = self.backup.take() else {
            return;
        };
        self.counts.restores += 1;
        self.authority = *backup;
        self.authority.restored(&mut self.history);
        // Customs and shops are asked again at once; what stops an order waits for the journals.
        for said in std::mem::take(&mut self.outside) {
            match said {
                Outside::Order(..) | Outside::Receipt(..) | Outside::Goods(..) => self.tell(&said),
                Outside::Cancel(_) | Outside::Hold(..) => self.outside.push(said),
            }
        }
    }
}

fn history_gone(day: &mut Day, machine: &str) {
    day.history.say(Seen::Gone {
        machine: machine.to_owned(),
    });
}
