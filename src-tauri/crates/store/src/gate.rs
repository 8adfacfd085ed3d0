//! Gate passes, the parcels they may carry, and what was scanned onto the vehicle here.

use crate::columns::Nat;
use crate::error::StoreError;
use crate::fold::Fold;
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::facts::Loaded;
use bondhouse_domain::feed::{Pass, PassParcel};
use bondhouse_domain::ids::{BondedNoteNo, GatePassNo, OrderKey, WaybillKey};
use bondhouse_domain::journal::Event;
use rusqlite::{Row, params};

impl Fold<'_> {
    pub(crate) fn list_pass(&mut self, pass: &Pass) -> Result<(), StoreError> {
        self.touch(Room::Gate);
        self.run(
            "INSERT INTO passes (warehouse_id, pass, bonded_note, vehicle, state) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (warehouse_id, pass) DO UPDATE SET
                 bonded_note = excluded.bonded_note, vehicle = excluded.vehicle, state = excluded.state",
            [self.w(), pass.pass.as_str(), pass.note.as_str(), &pass.vehicle, &pass.state],
        )?;
        self.run(
            "DELETE FROM pass_parcels WHERE warehouse_id = ?1 AND pass = ?2",
            [self.w(), pass.pass.as_str()],
        )?;
        for parcel in &pass.parcels {
            self.run(
                "INSERT INTO pass_parcels (warehouse_id, pass, platform, order_no, carrier, waybill_no, loaded)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    self.w(),
                    pass.pass.as_str(),
                    parcel.order.platform,
                    parcel.order.order_no,
                    parcel.waybill.carrier,
                    parcel.waybill.waybill_no,
                    parcel.loaded,
                ],
            )?;
        }
        Ok(())
    }

    pub(crate) fn load(&mut self, event: &Event, loaded: &Loaded) -> Result<(), StoreError> {
        self.touch(Room::Gate);
        self.run(
            "INSERT INTO loadings (warehouse_id, pass, platform, order_no, seq) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (warehouse_id, pass, platform, order_no) DO UPDATE SET seq = excluded.seq",
            params![
                self.w(),
                loaded.pass.as_str(),
                loaded.order.platform,
                loaded.order.order_no,
                Nat(event.seq.0),
            ],
        )?;
        Ok(())
    }
}

macro_rules! select_passes {
    ($rest:literal) => {
        concat!(
            "SELECT pass, bonded_note, vehicle, state FROM passes WHERE warehouse_id = ?1 ",
            $rest
        )
    };
}

impl View<'_> {
    /// Passes in a state (`approved`, `departed`, `passed` or `void`), with their parcels.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn passes_in(&self, state: &str) -> Result<Vec<Pass>, StoreError> {
        self.list(
            select_passes!("AND state = ?2 ORDER BY pass"),
            [self.w(), state],
            pass_in,
        )?
        .into_iter()
        .map(|pass| self.with_parcels(pass))
        .collect()
    }

    /// One pass with its parcels.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn pass(&self, pass: &GatePassNo) -> Result<Option<Pass>, StoreError> {
        self.find(
            select_passes!("AND pass = ?2"),
            [self.w(), pass.as_str()],
            pass_in,
        )?
        .map(|pass| self.with_parcels(pass))
        .transpose()
    }

    fn with_parcels(&self, pass: Pass) -> Result<Pass, StoreError> {
        // What we loaded counts until the authority has heard of it; from then on its word alone
        // does, so that a parcel taken off again is seen to be off.
        let acked = self.acked_seq()?;
        let parcels = self.list(
            "SELECT p.platform, p.order_no, p.carrier, p.waybill_no, p.loaded OR coalesce(l.seq, 0) > ?3
             FROM pass_parcels p LEFT JOIN loadings l USING (warehouse_id, pass, platform, order_no)
             WHERE p.warehouse_id = ?1 AND p.pass = ?2 ORDER BY p.carrier, p.waybill_no",
            params![self.w(), pass.pass.as_str(), Nat(acked.0)],
            |row| {
                Ok(PassParcel {
                    order: OrderKey { platform: row.get(0)?, order_no: row.get(1)? },
                    waybill: WaybillKey { carrier: row.get(2)?, waybill_no: row.get(3)? },
                    loaded: row.get(4)?,
                })
            },
        )?;
        Ok(Pass { parcels, ..pass })
    }
}

fn pass_in(row: &Row<'_>) -> rusqlite::Result<Pass> {
    Ok(Pass {
        pass: GatePassNo::new(row.get::<_, String>(0)?),
        note: BondedNoteNo::new(row.get::<_, String>(1)?),
        vehicle: row.get(2)?,
        state: row.get(3)?,
        parcels: Vec::new(),
    })
}
