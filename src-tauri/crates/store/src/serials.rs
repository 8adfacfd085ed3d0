//! Pieces known by their serial number: where each was counted in, and what it was packed for.
//!
//! Facts keep the scan as it was, and the number is read from it again; so nothing but scans that
//! counted can put a piece here, and taking one back takes it out.

use crate::error::StoreError;
use crate::fold::Fold;
use crate::view::View;
use bondhouse_domain::facts::{Counted, Picked};
use bondhouse_domain::feed::SerialNews;
use bondhouse_domain::ids::{GrantId, NoticeNo, OrderKey};
use bondhouse_domain::scanner::serial::{Seen, Serial};
use rusqlite::params;

/// What stands in the table for a thing that is absent.
const NONE: &str = "";

impl Fold<'_> {
    /// A piece was counted in, or with `counted` false its count was taken back.
    pub(crate) fn count_piece(&mut self, of: &Counted, counted: bool) -> Result<(), StoreError> {
        let Some(serial) = Serial::of(&of.scan) else {
            return Ok(());
        };
        let seen = self.seen(&serial)?;
        let notice = counted.then(|| of.notice.clone());
        self.put_piece(&serial, &Seen { notice, ..seen })
    }

    /// A piece was packed under a grant, or with `packed` false taken out again.
    pub(crate) fn pack_piece(
        &mut self,
        of: &Picked,
        grant: &GrantId,
        packed: bool,
    ) -> Result<(), StoreError> {
        let Some(serial) = Serial::of(&of.scan) else {
            return Ok(());
        };
        let seen = self.seen(&serial)?;
        let order = packed.then(|| of.order.clone());
        let grant = packed.then(|| grant.clone());
        self.put_piece(
            &serial,
            &Seen {
                order,
                grant,
                ..seen
            },
        )
    }

    /// What the authority heard, from whichever bench; that it was ours and under which grant, stays.
    pub(crate) fn list_serial(&mut self, news: &SerialNews) -> Result<(), StoreError> {
        let seen = self.seen(&news.serial)?;
        let grant = seen.grant.filter(|_| seen.order == news.order);
        let seen = Seen {
            notice: news.notice.clone(),
            order: news.order.clone(),
            grant,
        };
        self.put_piece(&news.serial, &seen)
    }

    fn put_piece(&mut self, serial: &Serial, seen: &Seen) -> Result<(), StoreError> {
        if seen == &Seen::default() {
            self.run(
                "DELETE FROM serials WHERE warehouse_id = ?1 AND gtin = ?2 AND serial = ?3",
                [self.w(), &serial.gtin, &serial.number],
            )?;
            return Ok(());
        }
        let order = seen.order.as_ref();
        self.run(
            "INSERT INTO serials (warehouse_id, gtin, serial, notice, platform, order_no, grant_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (warehouse_id, gtin, serial) DO UPDATE SET
                 notice = excluded.notice, platform = excluded.platform, order_no = excluded.order_no,
                 grant_id = excluded.grant_id",
            params![
                self.w(),
                serial.gtin,
                serial.number,
                seen.notice.as_ref().map_or(NONE, NoticeNo::as_str),
                order.map_or(NONE, |order| &order.platform),
                order.map_or(NONE, |order| &order.order_no),
                seen.grant.as_ref().map_or(NONE, GrantId::as_str),
            ],
        )?;
        Ok(())
    }
}

impl View<'_> {
    /// Where a piece was scanned before. One whose order never left, or came back, is in no parcel.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn piece(&self, serial: &Serial) -> Result<Seen, StoreError> {
        let seen = self.seen(serial)?;
        let Some(order) = &seen.order else {
            return Ok(seen);
        };
        let known = self.order(order)?;
        Ok(
            match known.is_none_or(|order| order.news.state.may_be_packed()) {
                true => seen,
                false => Seen {
                    order: None,
                    grant: None,
                    ..seen
                },
            },
        )
    }

    fn seen(&self, serial: &Serial) -> Result<Seen, StoreError> {
        let found = self.find(
            "SELECT notice, platform, order_no, grant_id FROM serials
             WHERE warehouse_id = ?1 AND gtin = ?2 AND serial = ?3",
            [self.w(), &serial.gtin, &serial.number],
            |row| {
                let text = |at| {
                    row.get::<_, String>(at)
                        .map(|text| Some(text).filter(|text| text != NONE))
                };
                let (platform, order_no) = (text(1)?, text(2)?);
                Ok(Seen {
                    notice: text(0)?.map(NoticeNo::new),
                    order: platform
                        .zip(order_no)
                        .map(|(platform, order_no)| OrderKey { platform, order_no }),
                    grant: text(3)?.map(GrantId::new),
                })
            },
        )?;
        Ok(found.unwrap_or_default())
    }
}
