//! What can only be told from inside: limits of the file, and how SQLite would search.

use crate::world::{World, counted, milk, order, picked, qty, released, started};
use crate::{DiskError, JobState, Store, StoreError, View};
use bondhouse_domain::facts::Condition;
use bondhouse_domain::stock::Bucket;

#[test]
fn a_full_disk_refuses_cleanly_and_keeps_what_it_accepted() {
    let mut world = World::with_notice();
    let limit = |pages: i64| {
        let set = move |tx: &rusqlite::Transaction<'_>| -> Result<i64, StoreError> {
            let used: i64 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let most = if pages == 0 { used } else { pages };
            Ok(
                tx.query_row(&format!("PRAGMA max_page_count = {most}"), [], |row| {
                    row.get(0)
                })?,
            )
        };
        move |store: &Store| store.db.write(set).unwrap()
    };
    limit(0)(world.store());
    let mut accepted = 0;
    let refused = loop {
        match world.record(vec![counted(1, Condition::Good)]) {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(refused, StoreError::Disk(DiskError::Full)),
        "{refused:?}"
    );
    assert!(
        (1..100).contains(&accepted),
        "{accepted} fitted into pages that were there already"
    );
    assert_eq!(world.lies("RECEIVING", Bucket::Available), qty(accepted));
    limit(1 << 20)(world.store());
    world.record(vec![counted(1, Condition::Good)]).unwrap();
    world.restart();
    assert_eq!(
        world.lies("RECEIVING", Bucket::Available),
        qty(accepted + 1)
    );
    world.assert_sound();
}

#[test]
fn nothing_a_scan_or_a_contact_waits_for_reads_a_whole_table() {
    let mut world = World::with_leases(&["B1", "B2"]);
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    world.push(9);
    world.revoke("B2", 1);
    let now = world.now();
    let goods = milk();
    let read = |view: &View<'_>| {
        view.sync()?;
        view.can_leave(now)?;
        view.unsent()?;
        view.held()?;
        view.leases_held()?;
        view.lease_ever(&order("B1"))?;
        view.job(&order("B1"))?;
        view.jobs_in(JobState::Released, 9)?;
        view.labels_pending()?;
        view.labels_of(&order("B1"))?;
        view.consignee(&order("B1"))?;
        view.orders_by_number("B1")?;
        view.orders_by_waybill("YTB1")?;
        view.orders_in("leased", 9)?;
        view.orders_by_state()?;
        view.items_by_barcode("09421901881276")?;
        view.receiving_here()?;
        view.lying_at(&bondhouse_domain::ids::LocationId::new("A-01-02"))?;
        view.lying_of(&goods.owner, &goods.item)?;
        view.movements_of(&goods.owner, &goods.item, 9)?;
        view.passes_in("approved")?;
        view.open_cases()?;
        view.scans_after(0, 9)?;
        view.latest_scans(9)?;
        view.latest_counted_scans(9)?;
        view.peripherals()?;
        view.person_by_badge(&[1])?;
        view.exceptions()?;
        view.open_notices()?;
        view.ledger()?;
        view.stock_report(None, None).map(drop)
    };
    world.store().read(read).unwrap();
    // Bounded by the building, by what is open, or by LIMIT 1 from the right end.
    const MAY: &[&str] = &[
        "CONSTANT ROW",
        "authority_keys",
        "clock",
        "feed USING INDEX sqlite_autoindex_feed_1",
        "i USING INDEX sqlite_autoindex_items_1",
        "items",
        "l USING INDEX leases_held",
        "leases USING COVERING INDEX leases_held",
        "leases USING INDEX leases_held",
        "ledger USING PRIMARY KEY",
        "merchants",
        "n USING INDEX sqlite_autoindex_notices_1",
        "pending",
        "peripherals",
        "r USING PRIMARY KEY",
        "receipts",
        "s USING PRIMARY KEY",
        "station",
        "sync_state",
        "verdicts",
    ];
    let read_whole: Vec<String> = crate::view::plans::scans()
        .into_iter()
        .filter(|(plan, _)| !MAY.iter().any(|table| plan.contains(&format!(" {table}"))))
        .map(|(plan, sql)| format!("{plan}: {sql}"))
        .collect();
    assert_eq!(read_whole, Vec::<String>::new());
}
