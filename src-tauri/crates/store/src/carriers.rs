//! Carriers, with how their waybills look when they are scanned: as the feed lists them.

use crate::columns::Json;
use crate::error::StoreError;
use crate::fold::Fold;
use crate::view::View;
use bondhouse_domain::feed::Carrier;
use rusqlite::params;

impl Fold<'_> {
    pub(crate) fn list_carrier(&mut self, carrier: &Carrier) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO carriers (warehouse_id, carrier, name, formats) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (warehouse_id, carrier) DO UPDATE SET name = excluded.name, formats = excluded.formats",
            params![self.w(), carrier.carrier, carrier.name, Json(&carrier.formats)],
        )?;
        Ok(())
    }
}

impl View<'_> {
    /// Every carrier that said how its waybills look.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn carriers(&self) -> Result<Vec<Carrier>, StoreError> {
        self.list(
            "SELECT carrier, name, formats FROM carriers WHERE warehouse_id = ?1 ORDER BY carrier",
            [self.w()],
            |row| {
                Ok(Carrier {
                    carrier: row.get(0)?,
                    name: row.get(1)?,
                    formats: row.get::<_, Json<_>>(2)?.0,
                })
            },
        )
    }
}
