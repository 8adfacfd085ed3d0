//! Gate: a pass is applied for, every parcel is scanned onto the vehicle, the vehicle leaves the zone.

use super::account::{PATIENCE, Seen, await_that};
use super::clerk::{Room, said};
use super::shift::Shift;
use anyhow::ensure;
use bondhouse_domain::orders::State;
use bondhouse_domain::task::{Command, Outcome};

/// The vehicle of the day; no such plate is given out.
pub(super) const VEHICLE: &str = "浙B00000";

impl Shift<'_> {
    /// Loads everything released and waits until customs has seen it pass.
    pub(super) fn hand_over(&mut self) -> anyhow::Result<()> {
        let all = self.released.len();
        let mut on_the_way = 0usize;
        while on_the_way < all {
            let room = Room::Gate;
            self.clerk.open(room)?;
            self.clerk.must_key(room, Command::Park)?;
            self.clerk.must_scan(room, VEHICLE)?;
            let pass = await_that("an approved gate pass", PATIENCE, || {
                self.world.check()?;
                self.sync()?;
                let choices = self.clerk.open(room)?.choices;
                Ok(match choices.into_iter().next() {
                    Some(choice) => Seen::There(choice.code),
                    None => Seen::NotYet("no pass is approved".to_owned()),
                })
            })?;
            let loaded = self.load(&pass)?;
            ensure!(loaded > 0, "pass {pass} lists no parcel");
            on_the_way += loaded;
            self.account
                .step(&format!("{loaded} parcels left under pass {pass}"))?;
        }
        let waybills = self.released.clone();
        let gone = await_that("every order to have left the zone", PATIENCE, || {
            self.world.check()?;
            self.sync()?;
            let mut inside = Vec::new();
            for waybill in &waybills {
                let found = self.find(waybill)?;
                if !matches!(found.state, State::GatedOut | State::Delivered) {
                    inside.push(format!("{} {}", found.order, found.state.name()));
                }
            }
            Ok(match inside.first() {
                None => Seen::There(waybills.len()),
                Some(first) => Seen::NotYet(format!("{} inside, {first}", inside.len())),
            })
        })?;
        self.left = gone;
        self.account
            .step(&format!("customs saw {gone} parcels leave the zone"))
    }

    /// Scans every parcel of a pass onto the vehicle and lets it go; how many there were.
    fn load(&self, pass: &str) -> anyhow::Result<usize> {
        let room = Room::Gate;
        let opened = self.clerk.must_scan(room, pass)?;
        let parcels: Vec<String> = opened
            .rows
            .iter()
            .filter_map(|row| row.code.clone())
            .collect();
        for (number, parcel) in parcels.iter().enumerate() {
            let loaded = self.clerk.must_scan(room, parcel)?;
            ensure!(
                said(&loaded) == "gate.loaded",
                "{parcel} is not on the vehicle: {}",
                said(&loaded)
            );
            if number == 0 {
                // The echo of a trigger held too long, or a parcel handed round: on the vehicle once.
                let again = self.clerk.scan(room, parcel)?;
                let again = self.clerk.must(again, parcel, &[Outcome::Duplicate])?;
                ensure!(
                    again.rows == loaded.rows,
                    "a second scan of {parcel} has changed something"
                );
            }
        }
        let departed = self.clerk.must_key(room, Command::Ok)?;
        self.clerk.must(departed, "depart", &[Outcome::Complete])?;
        Ok(parcels.len())
    }
}
