//! What a supervisor reads: the stock as it lies, and whether it agrees with customs' book.
//!
//! Local and complete as of a shown position of the feed, so it works offline and nobody has to
//! guess how fresh it is. Movements of our own that the authority does not have yet are in it.

use crate::error::StoreError;
use crate::ledger::LedgerLine;
use crate::stock::Lying;
use crate::view::View;
use bondhouse_domain::feed::CaseNews;
use bondhouse_domain::ids::{FeedPos, ItemId, LocationId, OwnerId, Seq};
use bondhouse_domain::ledger::{Book, LedgerItem};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::Bucket;
use bondhouse_domain::time::Instant;
use serde::Serialize;
use std::collections::BTreeMap;

/// The moment a report is true of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct AsOf {
    /// The last entry of the feed in it.
    pub pos: FeedPos,
    /// When the authority committed that entry.
    pub at: Option<Instant>,
    /// The last own event in it.
    pub seq: Seq,
    /// How many own events in it the authority does not have yet.
    #[ts(type = "number")]
    pub unsent: u64,
}

/// One row of the stock report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct StockRow {
    /// The merchant's name.
    pub owner_name: String,
    /// The item's name.
    pub item_name: String,
    /// What lies where.
    pub lying: Lying,
}

/// What lies of one item in all, by what it may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct Totals {
    /// The merchant.
    pub owner: OwnerId,
    /// The item.
    pub item: ItemId,
    /// The item's name.
    pub item_name: String,
    /// By bucket; a bucket with nothing is missing.
    #[ts(type = "Partial<Record<Bucket, string>>")]
    pub by_bucket: BTreeMap<Bucket, Quantity>,
    /// The sum of the buckets.
    pub on_hand: Quantity,
}

/// The stock as it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct StockReport {
    /// The moment it is true of.
    pub as_of: AsOf,
    /// By owner, item, location, goods and bucket.
    pub rows: Vec<StockRow>,
    /// By owner and item.
    pub totals: Vec<Totals>,
}

/// One ledger item in the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct CertificateLine {
    /// The ledger item.
    pub item: LedgerItem,
    /// What its accounts hold.
    pub accounts: Vec<LedgerLine>,
    /// What must lie here by the book, declared unit.
    pub expected: Quantity,
    /// What lies here, declared unit.
    pub on_hand: Quantity,
    /// On hand less expected: nothing, or the drift.
    pub drift: Quantity,
}

/// Whether stock and customs' book agree, item by item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The moment it is true of.
    pub as_of: AsOf,
    /// Every ledger item that the book or the stock knows.
    pub lines: Vec<CertificateLine>,
    /// Differences that have a name and are still to be decided, the oldest first.
    pub open_cases: Vec<(CaseNews, Instant)>,
}

impl Certificate {
    /// Whether every item agrees.
    pub fn holds(&self) -> bool {
        self.lines.iter().all(|line| line.drift == Quantity::ZERO)
    }
}

impl View<'_> {
    /// The stock as it lies, of one merchant or all, at one location or all.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a sum does not fit.
    pub fn stock_report(
        &self,
        owner: Option<&OwnerId>,
        location: Option<&LocationId>,
    ) -> Result<StockReport, StoreError> {
        let owners = self.merchant_names()?;
        let items = self.item_names()?;
        let name_of = |lying: &Lying| {
            items
                .get(&(lying.goods.owner.clone(), lying.goods.item.clone()))
                .cloned()
                .unwrap_or_default()
        };
        let rows: Vec<StockRow> = self
            .all_stock()?
            .into_iter()
            .filter(|lying| owner.is_none_or(|owner| owner == &lying.goods.owner))
            .filter(|lying| location.is_none_or(|location| location == &lying.spot.location))
            .map(|lying| StockRow {
                owner_name: owners.get(&lying.goods.owner).cloned().unwrap_or_default(),
                item_name: name_of(&lying),
                lying,
            })
            .collect();
        Ok(StockReport {
            as_of: self.as_of()?,
            totals: totals(&rows)?,
            rows,
        })
    }

    /// Compares stock and customs' book, item by item.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a sum does not fit.
    pub fn zero_drift(&self) -> Result<Certificate, StoreError> {
        let mut accounts: BTreeMap<LedgerItem, Vec<LedgerLine>> = BTreeMap::new();
        let mut book = Book::default();
        for line in self.ledger()? {
            book.load(line.item.clone(), line.account, line.units);
            accounts.entry(line.item.clone()).or_default().push(line);
        }
        let mut on_hand: BTreeMap<LedgerItem, Quantity> = BTreeMap::new();
        for lying in self.all_stock()? {
            let customs = &lying.goods.customs;
            let item = LedgerItem {
                ledger: customs.ledger.clone(),
                item_no: customs.item_no.clone(),
            };
            accounts.entry(item.clone()).or_default();
            add(on_hand.entry(item).or_default(), lying.qty)?;
        }
        let lines = accounts
            .into_iter()
            .map(|(item, accounts)| {
                let expected = book.expected_on_hand(&item).ok_or_else(too_large)?;
                let on_hand = on_hand.get(&item).copied().unwrap_or_default();
                let drift = on_hand.minus(expected).ok_or_else(too_large)?;
                Ok(CertificateLine {
                    item,
                    accounts,
                    expected,
                    on_hand,
                    drift,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Certificate {
            as_of: self.as_of()?,
            lines,
            open_cases: self.open_cases()?,
        })
    }

    fn as_of(&self) -> Result<AsOf, StoreError> {
        let (seq, acked) = (self.head()?.seq, self.acked_seq()?);
        Ok(AsOf {
            pos: self.cursor()?.0,
            at: self.picture_as_of()?,
            seq,
            unsent: seq.0.saturating_sub(acked.0),
        })
    }

    fn item_names(&self) -> Result<BTreeMap<(OwnerId, ItemId), String>, StoreError> {
        let names = self.list(
            "SELECT owner_id, item_id, name FROM items WHERE warehouse_id = ?1",
            [self.w()],
            |row| {
                let key = (
                    OwnerId::new(row.get::<_, String>(0)?),
                    ItemId::new(row.get::<_, String>(1)?),
                );
                Ok((key, row.get(2)?))
            },
        )?;
        Ok(names.into_iter().collect())
    }
}

/// Rows come ordered by owner and item.
fn totals(rows: &[StockRow]) -> Result<Vec<Totals>, StoreError> {
    let mut totals: BTreeMap<(&OwnerId, &ItemId), Totals> = BTreeMap::new();
    for row in rows {
        let goods = &row.lying.goods;
        let total = totals
            .entry((&goods.owner, &goods.item))
            .or_insert_with(|| Totals {
                owner: goods.owner.clone(),
                item: goods.item.clone(),
                item_name: row.item_name.clone(),
                by_bucket: BTreeMap::new(),
                on_hand: Quantity::ZERO,
            });
        add(
            total.by_bucket.entry(row.lying.bucket).or_default(),
            row.lying.qty,
        )?;
        add(&mut total.on_hand, row.lying.qty)?;
    }
    Ok(totals.into_values().collect())
}

fn add(sum: &mut Quantity, qty: Quantity) -> Result<(), StoreError> {
    *sum = sum.plus(qty).ok_or_else(too_large)?;
    Ok(())
}

fn too_large() -> StoreError {
    StoreError::Unreadable("sum of quantities: too large".to_owned())
}
