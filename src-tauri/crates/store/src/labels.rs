//! Labels to print, put into the queue by the very commit that released the parcel.
//!
//! Printing is at least once: after a crash in between, a label is pending and says so.

use crate::columns::{Nat, Word};
use crate::error::StoreError;
use crate::fold::Fold;
use crate::tx::{Room, Tx};
use crate::view::View;
use bondhouse_domain::facts::{LabelPrinted, Released};
use bondhouse_domain::ids::{OrderKey, WaybillKey};
use bondhouse_domain::journal::Event;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

/// How far a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum LabelState {
    /// Released, not printed.
    Pending,
    /// Handed to the printer.
    Printed,
    /// Seen on paper: the printer said so, or it was scanned.
    Confirmed,
}

/// One label of one parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct Label {
    /// The order.
    pub order: OrderKey,
    /// Its waybill.
    pub waybill: WaybillKey,
    /// 0 for the original, n for the n-th copy.
    pub copy: u32,
    /// How far it is.
    pub state: LabelState,
}

impl Fold<'_> {
    pub(crate) fn queue_label(
        &mut self,
        event: &Event,
        released: &Released,
    ) -> Result<(), StoreError> {
        self.set_label(
            event,
            &released.order,
            &released.waybill,
            0,
            LabelState::Pending,
        )
    }

    pub(crate) fn label_printed(
        &mut self,
        event: &Event,
        printed: &LabelPrinted,
    ) -> Result<(), StoreError> {
        self.set_label(
            event,
            &printed.order,
            &printed.waybill,
            printed.copy,
            LabelState::Printed,
        )
    }

    fn set_label(
        &mut self,
        event: &Event,
        order: &OrderKey,
        waybill: &WaybillKey,
        copy: u32,
        state: LabelState,
    ) -> Result<(), StoreError> {
        self.touch(Room::Labels);
        self.run(
            "INSERT INTO print_jobs (warehouse_id, platform, order_no, copy, carrier, waybill_no, state, changed_seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (warehouse_id, platform, order_no, copy) DO UPDATE SET
                 carrier = excluded.carrier, waybill_no = excluded.waybill_no, state = excluded.state,
                 changed_seq = excluded.changed_seq",
            params![
                self.w(),
                order.platform,
                order.order_no,
                copy,
                waybill.carrier,
                waybill.waybill_no,
                Word(state),
                Nat(event.seq.0),
            ],
        )?;
        Ok(())
    }
}

impl Tx<'_> {
    /// Notes that a label was seen on paper.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn confirm_label(&mut self, order: &OrderKey, copy: u32) -> Result<(), StoreError> {
        self.fold.touch(Room::Labels);
        self.run(
            "INSERT INTO labels_confirmed (warehouse_id, platform, order_no, copy, confirmed_at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            params![
                self.w(),
                order.platform,
                order.order_no,
                copy,
                self.now().as_millis()
            ],
        )?;
        Ok(())
    }
}

macro_rules! select_labels {
    ($rest:literal) => {
        concat!(
            "SELECT p.platform, p.order_no, p.carrier, p.waybill_no, p.copy,
                    CASE WHEN c.copy IS NOT NULL THEN 'confirmed' ELSE p.state END
             FROM print_jobs p LEFT JOIN labels_confirmed c USING (warehouse_id, platform, order_no, copy)
             WHERE p.warehouse_id = ?1 ",
            $rest
        )
    };
}

impl View<'_> {
    /// Labels of released parcels that never reached a printer, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn labels_pending(&self) -> Result<Vec<Label>, StoreError> {
        self.list(
            select_labels!("AND p.state = 'pending' ORDER BY p.changed_seq"),
            [self.w()],
            label_in,
        )
    }

    /// All labels of an order, the original first.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn labels_of(&self, order: &OrderKey) -> Result<Vec<Label>, StoreError> {
        self.list(
            select_labels!("AND p.platform = ?2 AND p.order_no = ?3 ORDER BY p.copy"),
            [self.w(), &order.platform, &order.order_no],
            label_in,
        )
    }
}

fn label_in(row: &Row<'_>) -> rusqlite::Result<Label> {
    Ok(Label {
        order: OrderKey {
            platform: row.get(0)?,
            order_no: row.get(1)?,
        },
        waybill: WaybillKey {
            carrier: row.get(2)?,
            waybill_no: row.get(3)?,
        },
        copy: row.get(4)?,
        state: row.get::<_, Word<_>>(5)?.0,
    })
}
