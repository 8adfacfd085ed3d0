//! The end of a run: nothing breaks any more, everybody is heard, time passes, and what is promised
//! for quiet times is looked at.

use super::books::digest;
use super::day::Day;
use super::station::{Standing, Stop};
use bondhouse_domain::invariants::seen::Seen;
use bondhouse_domain::orders::State;
use bondhouse_domain::time::Span;

/// Rounds until everything must be quiet: longer than a lease with its margin.
const ROUNDS: u64 = 40;
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
            if station.standing == Standing::Working && !station.up {
                station.up = true;
            }
        }
        for _ in 0..ROUNDS {
            self.history.step = self.history.step.saturating_add(1);
            self.pass_time(ROUND);
            self.authority.customs_seen(&mut self.history);
            for number in 0..self.stations.len() {
                let over = self
                    .stations
                    .get(number)
                    .is_some_and(|station| station.standing == Standing::Over);
                if over {
                    self.enrol_anew(number)?;
                }
                // A page may be long, and its answer may ask for another.
                for _ in 0..4 {
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
                .orders_where(|order| matches!(order.state, State::InDoubt(_)));
            for key in doubts {
                self.look(&key, false);
            }
            if self.history.breach().is_some() {
                return Ok(());
            }
        }
        self.compare()
    }

    fn compare(&mut self) -> Result<(), Stop> {
        let there = digest(self.authority.stock());
        let pos = self.authority.head().0;
        for station in &self.stations {
            if station.standing != Standing::Working {
                continue;
            }
            station.books.verify()?;
            self.history.say(Seen::Level {
                machine: station.name.clone(),
                unsent: station.books.unsent()?,
            });
            self.history.say(Seen::Agrees {
                machine: station.name.clone(),
                pos,
                here: digest(&station.books.view()?),
                there,
            });
        }
        Ok(())
    }
}
