//! What must never be found in the files, and what must be found when someone meddled with them.

use crate::world::*;
use bondhouse_domain::facts::Condition;
use bondhouse_store::{FieldKeys, Store, StoreError, verify};
use rusqlite::Connection;

/// Everything on disk beside and in the database, as one heap of bytes.
fn all_bytes(world: &World) -> Vec<u8> {
    let files = std::fs::read_dir(world.folder.path()).unwrap();
    files
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn holds(heap: &[u8], needle: &str) -> bool {
    heap.windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn a_buyers_name_phone_and_address_are_nowhere_in_the_files() {
    let mut world = World::with_leases(&["B1"]);
    let request = world.request("labels.show");
    let shown: String = world
        .store()
        .write(request, |tx| {
            let consignee = tx.consignee(&order("B1"))?.unwrap();
            Ok(format!(
                "{} {}",
                consignee.name.reveal(),
                consignee.address.reveal()
            ))
        })
        .unwrap()
        .value;
    assert_eq!(
        shown,
        format!("{NAME} {ADDRESS}"),
        "even an answer that names the buyer stays sealed"
    );
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    world
        .store()
        .backup_to(&world.folder.path().join("copy.db"))
        .unwrap();
    let heap = all_bytes(&world);
    assert!(
        holds(&heap, "release.released"),
        "this test must be able to find what is there"
    );
    for needle in [NAME, PHONE, ADDRESS, "欧阳", "1380000", "宁波市测试路"] {
        assert!(!holds(&heap, needle));
    }
}

#[test]
fn with_another_key_the_buyers_stay_sealed_and_everything_else_works() {
    let mut world = World::with_leases(&["B1"]);
    drop(world.store.take());
    let store = Store::open(&world.path(), FieldKeys::new(1, [4; 32])).unwrap();
    assert!(matches!(
        store.read(|view| view.consignee(&order("B1"))),
        Err(StoreError::Sealed(_))
    ));
    assert_eq!(store.read(|view| view.held()).unwrap().len(), 1);
}

/// What verifying says after someone wrote into the file past every gate.
fn findings_after(meddle: &str) -> Vec<String> {
    let mut world = World::with_leases(&["B1"]);
    world.record(vec![counted(5, Condition::Good)]).unwrap();
    drop(world.store.take());
    assert!(
        verify(&world.path())
            .unwrap()
            .iter()
            .all(|finding| finding.holds())
    );
    Connection::open(world.path())
        .unwrap()
        .execute_batch(meddle)
        .unwrap();
    let findings = verify(&world.path()).unwrap();
    findings
        .into_iter()
        .filter(|finding| !finding.holds())
        .map(|finding| finding.invariant.to_owned())
        .collect()
}

#[test]
fn meddling_is_found_and_named() {
    let no_triggers =
        "DROP TRIGGER journal_is_never_rewritten; DROP TRIGGER journal_is_never_shortened;";
    let cases = [
        (
            "UPDATE stock SET qty = qty + 100000 WHERE bucket = 'reserved'",
            vec!["I4", "movements", "zero drift"],
        ),
        (
            "UPDATE ledger SET declared = declared + 1 WHERE account = 'left' OR account = 'arrived'",
            vec!["I4 ledger", "movements"],
        ),
        (
            "DELETE FROM stock_movements WHERE source = 'feed'",
            vec!["movements"],
        ),
        (
            "UPDATE leases SET bytes = replace(bytes, 'B-12', 'B-13')",
            vec!["I2"],
        ),
    ];
    for (meddle, expected) in cases {
        assert_eq!(findings_after(meddle), expected, "{meddle}");
    }
    let altered = format!("{no_triggers} UPDATE journal SET actor = 'someone-else' WHERE seq = 2");
    assert_eq!(findings_after(&altered), ["I6"]);
    let shortened = format!("{no_triggers} DELETE FROM journal WHERE seq = 1");
    assert!(findings_after(&shortened).contains(&"I6".to_owned()));
}

#[test]
fn the_journal_and_the_feed_cannot_be_rewritten_by_a_statement() {
    let mut world = World::with_leases(&["B1"]);
    drop(world.store.take());
    let conn = Connection::open(world.path()).unwrap();
    for statement in [
        "UPDATE journal SET actor = 'x'",
        "DELETE FROM journal",
        "UPDATE feed SET at = 0",
        "DELETE FROM feed",
    ] {
        assert!(
            conn.execute(statement, [])
                .unwrap_err()
                .to_string()
                .contains("append-only"),
            "{statement}"
        );
    }
}

#[test]
fn a_store_is_made_once_and_opened_only_where_one_was_made() {
    let folder = tempfile::TempDir::new().unwrap();
    assert!(matches!(
        Store::open(&folder.path().join("none.db"), keys()),
        Err(StoreError::NotEnrolled)
    ));
    let mut world = World::new();
    let station = world.store().read(|view| view.station()).unwrap();
    assert_eq!(
        world.store().read(|view| view.token_key()).unwrap(),
        [9; 32]
    );
    drop(world.store.take());
    let again = Store::create(&world.path(), keys(), station, &[1; 32]);
    assert!(matches!(again, Err(StoreError::EnrolledAlready)));
}
