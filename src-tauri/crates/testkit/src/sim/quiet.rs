//! The end of a run: nothing breaks any more, everybody is heard, time passes, and what is promised
//! for quiet times is looked at.

use super::books::digest;
use super::day::Day;
use super::ruling::Luck;
use super::station::{Standing, Stop};
use super::wire::Said;
use bondhouse_domain::invariants::seen::Seen;
use bondhouse_domain::journal::Hash;
use bondhouse_domain::orders::State;
use bondhouse_domain::time::Span;
use bondhouse_protocol::wire::Digest;

/// Rounds until everything must be quiet: longer than a lease with its margin.
const LEAST_ROUNDS: u64 = 20;
/// Rounds at most, for runs in which something still follows from something else.
const MOST_ROUNDS: u64 = 40;
/// Rounds in a row in which nothing is told: then nothing more follows.
const QUIET: u64 = 3;
const ROUND: Span = Span::minutes(3);

impl Day {
    pub(super) fn calm_down(&mut self) -> Result<(), Stop> {
        self.calm = true;
        self.on_the_way.clear();
        for number in 0..self.stations.len() {
            let Some(station) = self.stations.get_mut(number) else {
                continue;
            };
            station.online = true;
            station.books.fill(false);
            station.install(true);
            station.sleep(&self.history, false);
        }
        let (mut head, mut quiet) = (self.authority.feed_head(), 0);
        for round in 1..=MOST_ROUNDS {
            self.history.step = self.history.step.saturating_add(1);
            self.pass_time(ROUND)?;
            self.authority.customs_seen(&mut self.history)?;
            for number in 0..self.stations.len() {
                let over = self
                    .stations
                    .get(number)
                    .is_some_and(|station| station.standing == Standing::Over);
                if over {
                    self.enrol_anew(number)?;
                }
                // A page may be long, and its answer may ask for another.
                for call in 0..4 {
                    if call > 0 && self.is_level(number)? {
                        break;
                    }
                    self.call(number, 0)?;
                    for (_, packet) in std::mem::take(&mut self.on_the_way) {
                        self.arrive(packet)?;
                    }
                    for (_, packet) in std::mem::take(&mut self.on_the_way) {
                        self.arrive(packet)?;
                    }
                }
            }
            let doubts = self
                .authority
                .orders_where(&|order| matches!(order.state, State::InDoubt(_)));
            for key in doubts {
                self.look(&key, false)?;
            }
            if self.history.breach().is_some() {
                return Ok(());
            }
            let now = self.authority.feed_head();
            quiet = if now == head { quiet + 1 } else { 0 };
            head = now;
            if round >= LEAST_ROUNDS && quiet >= QUIET {
                break;
            }
        }
        self.compare()?;
        self.history.say(Seen::Calm {
            recovering: self.authority.recovering(),
        });
        Ok(())
    }

    /// Whether another call would tell neither side anything.
    fn is_level(&self, number: usize) -> Result<bool, Stop> {
        let Some(station) = self.stations.get(number) else {
            return Ok(true);
        };
        let behind = station.books.cursor()?.0 < self.authority.feed_head();
        Ok(!station.works() || !behind && station.books.unsent()? == 0)
    }

    fn compare(&mut self) -> Result<(), Stop> {
        for number in 0..self.stations.len() {
            let Some(station) = self
                .stations
                .get(number)
                .filter(|station| station.standing == Standing::Working)
            else {
                continue;
            };
            station.books.verify()?;
            self.history.say(Seen::Level {
                machine: station.name.clone(),
                unsent: station.books.unsent()?,
            });
            let view = station.books.digest()?;
            let (here, there) = match view {
                // Table by table, as workstations ask it.
                Some(view) => self.compared(number, view)?,
                None => {
                    let there = digest(&self.authority.stock()?);
                    (self.stock_seen_by(number)?, there)
                }
            };
            self.history.say(Seen::Agrees {
                machine: self.name_of(number),
                pos: self.authority.feed_head(),
                here,
                there,
            });
        }
        Ok(())
    }

    fn name_of(&self, number: usize) -> String {
        let station = self.stations.get(number);
        station.map_or_else(String::new, |station| station.name.clone())
    }

    fn stock_seen_by(&self, number: usize) -> Result<Hash, Stop> {
        let station = self.stations.get(number).ok_or("no such machine")?;
        Ok(digest(&station.books.view()?))
    }

    /// Asks the authority whether a view agrees; two hashes that are equal when it says so.
    fn compared(&mut self, number: usize, view: Digest) -> Result<(Hash, Hash), Stop> {
        self.nonces = self.nonces.saturating_add(1);
        let station = self.stations.get_mut(number).ok_or("no such machine")?;
        let here = Hash::of_fields(b"bondhouse simulated view", &[]);
        let Some(mut call) = station.call(&self.history, number, self.nonces, 0)? else {
            return Err(format!("{} does not call", station.name));
        };
        call.digest = Some(view);
        let mut luck = Luck {
            dice: &mut self.dice,
            calm: true,
        };
        match self.authority.answer(&mut self.history, &call, &mut luck)? {
            Some(Said::Done {
                agrees: Some(true), ..
            }) => Ok((here, here)),
            Some(Said::Done {
                agrees: Some(false),
                ..
            }) => Ok((here, Hash::GENESIS)),
            _ => Err("views could not be compared: the feed went on".to_owned()),
        }
    }
}
