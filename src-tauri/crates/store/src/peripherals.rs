//! Which scanners and scales are bound to this workstation, and how each is set.

use crate::Store;
use crate::columns::Json;
use crate::error::StoreError;
use crate::view::View;
use bondhouse_domain::peripheral::Peripheral;
use rusqlite::params;

impl View<'_> {
    /// Every peripheral, by name.
    ///
    /// # Errors
    /// [`StoreError::Disk`], also when a setting was written by a newer version.
    pub fn peripherals(&self) -> Result<Vec<Peripheral>, StoreError> {
        self.list(
            "SELECT setting FROM peripherals WHERE warehouse_id = ?1 ORDER BY name",
            [self.w()],
            |row| Ok(row.get::<_, Json<Peripheral>>(0)?.0),
        )
    }
}

impl Store {
    /// Binds a peripheral, or sets one anew that is bound under the same name.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn bind(&self, peripheral: Peripheral) -> Result<(), StoreError> {
        self.put(move |view| {
            view.run(
                "INSERT INTO peripherals (warehouse_id, name, setting) VALUES (?1, ?2, ?3)
                 ON CONFLICT (warehouse_id, name) DO UPDATE SET setting = excluded.setting",
                params![view.w(), peripheral.name, Json(&peripheral)],
            )?;
            Ok(())
        })
    }

    /// Forgets a peripheral; `false` when none of this name was bound.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn unbind(&self, name: String) -> Result<bool, StoreError> {
        self.put(move |view| {
            let gone = view.run(
                "DELETE FROM peripherals WHERE warehouse_id = ?1 AND name = ?2",
                params![view.w(), name],
            )?;
            Ok(gone > 0)
        })
    }
}
