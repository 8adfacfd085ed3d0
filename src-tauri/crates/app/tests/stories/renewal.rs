//! Disks are lost, copied and damaged; parcels are packed all the same. Each row of the recovery table.

use crate::site::Site;
use bondhouse_app::upkeep;
use serde_json::{Value, json};
use std::io::{Seek, SeekFrom, Write};

#[test]
fn a_parcel_packed_before_its_disk_was_lost_is_handed_in_by_its_label() {
    let site = Site::open();
    let token = site.lose_a_bench_after_packing("B7");
    assert_eq!(site.state("B7"), "in_doubt");
    let desk = site.desk();
    desk.level();
    let said = desk.call("release.found", json!({ "raw": token, "from": "typed" }));
    assert_eq!(said["said"]["code"], "cases.parcel_found");
    desk.level();
    assert_eq!(site.state("B7"), "released");
    // Scanned twice, nothing more happens; a forged one changes nothing and is looked at.
    desk.call("release.found", json!({ "raw": token, "from": "typed" }));
    desk.level();
    assert_eq!(site.state("B7"), "released");
    let refused = desk.try_call(
        "release.found",
        json!({ "raw": "12345678", "from": "typed" }),
    );
    assert_eq!(refused.unwrap_err(), "cases.no_token");
    desk.level();
    assert!(desk.is_sound());
}

#[test]
fn an_order_in_doubt_is_decided_by_two_who_looked_and_by_nobody_alone() {
    let site = Site::open();
    site.lose_a_bench_after_packing("B7");
    let desk = site.desk();
    desk.level();
    desk.hire("林晓", "clerk");
    let cases = desk.call("cases.list", json!({}));
    let case = cases
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["code"] == "IN_DOUBT")
        .unwrap();
    assert_eq!(case["four_eyes"], true);
    let file = desk.call("cases.file", json!({ "case": case["case"] }));
    assert_eq!(file["evidence"][0]["kind"], "orders.changed");
    let decide = |resolution: &str, second: Value| {
        desk.try_call(
            "cases.decide",
            json!({ "case": case["case"], "resolution": resolution, "note": "已装箱贴单", "second": second }),
        )
    };
    let (other, own) = (
        json!({ "name": "林晓", "pin": "314159" }),
        json!({ "name": "周敏", "pin": "271828" }),
    );
    assert_eq!(
        decide("found_packed", Value::Null).unwrap_err(),
        "cases.second_needed"
    );
    assert_eq!(
        decide("found_packed", own).unwrap_err(),
        "cases.same_person"
    );
    assert_eq!(
        decide("hold_parcel", other.clone()).unwrap_err(),
        "cases.not_allowed"
    );
    assert_eq!(
        decide("accept", other.clone()).unwrap_err(),
        "cases.look_first"
    );
    let wrong = json!({ "name": "林晓", "pin": "000000" });
    assert_eq!(
        decide("found_packed", wrong).unwrap_err(),
        "people.wrong_pin"
    );
    assert_eq!(site.state("B7"), "in_doubt", "nothing was decided so far");
    decide("found_packed", other).unwrap();
    assert_eq!(site.state("B7"), "released");
    assert_eq!(site.decided("IN_DOUBT"), 1);
    desk.level();
    let left = desk.call("cases.list", json!({}));
    assert!(
        left.as_array()
            .unwrap()
            .iter()
            .all(|case| case["code"] != "IN_DOUBT")
    );
}

#[test]
fn a_copy_that_wrote_on_its_own_gets_a_new_life_and_its_tail_is_reported() {
    let site = Site::open();
    let desk = site.desk();
    desk.level();
    let backup = desk.closed(|data| std::fs::read(data.join("station.db")).unwrap());
    desk.sign_in();
    desk.sign_out();
    desk.level();
    // The machine is rolled back and works on without network before anybody hears of it.
    let url = site.url();
    desk.closed(|data| {
        std::fs::write(data.join("station.db"), &backup).unwrap();
        point_to(data, "http://127.0.0.1:1");
    });
    desk.sign_in();
    let theirs = desk.head();
    desk.closed(|data| point_to(data, &url));
    // The first refusal says why, every later one that it is stopped.
    let said = desk.until_refused();
    assert!(
        ["platform.forked", "platform.station_stopped"].contains(&said.as_str()),
        "{said}"
    );
    let fork = site
        .cases()
        .into_iter()
        .find(|case| case["code"] == "JOURNAL_FORK")
        .unwrap();
    let old = desk.series();
    assert_eq!(
        fork["about"],
        format!("{}/{}", old.device, old.incarnation.0)
    );
    let code = site.code(&json!({ "device": old.device }));
    let renewed = desk.closed(|data| upkeep::renew(data, &code, None).unwrap());
    assert!(
        renewed.reported > 0 && renewed.set_aside.is_some(),
        "{renewed:?}"
    );
    assert!(
        renewed.set_aside.unwrap().exists(),
        "set aside, not deleted"
    );
    desk.level();
    let now = desk.series();
    assert_eq!((now.device, now.incarnation.0), (old.device, 2));
    assert!(theirs > 0 && desk.is_sound());
    let reported = site
        .query("SELECT count(*) FROM journal WHERE kind = 'journal.reported' AND incarnation = 2");
    assert_eq!(reported, i64::try_from(renewed.reported).unwrap());
}

#[test]
fn a_damaged_database_is_set_aside_and_made_anew_with_the_same_journal() {
    let site = Site::open();
    let desk = site.desk();
    site.clear(&["B1"]);
    desk.call("sync.now", json!({}));
    site.until("the lease", || (desk.leases() == ["B1"]).then_some(()));
    desk.sign_out();
    desk.level();
    desk.sign_out();
    let (series, head) = (desk.series(), desk.head());
    let mended = desk.closed(|data| {
        damage_an_index(&data.join("station.db"));
        upkeep::mend(data).unwrap()
    });
    assert!(mended.set_aside.unwrap().exists());
    assert_eq!(i64::try_from(mended.kept).unwrap(), head);
    assert_eq!((desk.series(), desk.head()), (series, head));
    desk.level();
    site.until("the lease again", || {
        (desk.leases() == ["B1"]).then_some(())
    });
    assert!(desk.is_sound());
    assert!(site.cases().is_empty());
}

#[test]
fn a_restored_copy_opens_and_an_unsound_or_foreign_one_is_not_used() {
    let site = Site::open();
    let (desk, other) = (site.desk(), site.desk());
    desk.level();
    let folder = tempfile::tempdir().unwrap();
    let (copy, foreign) = (
        folder.path().join("copy.db"),
        folder.path().join("foreign.db"),
    );
    other.closed(|data| upkeep::back_up(data, &foreign).unwrap());
    desk.closed(|data| upkeep::back_up(data, &copy).unwrap());
    desk.sign_in();
    desk.level();
    let head = desk.head();
    let aside = desk.closed(|data| {
        let refused = upkeep::restore(data, &foreign).unwrap_err();
        assert!(
            format!("{refused:?}").contains("other_station"),
            "{refused:?}"
        );
        upkeep::restore(data, &copy).unwrap()
    });
    assert!(aside.unwrap().exists());
    desk.level();
    site.until("the journal back", || (desk.head() >= head).then_some(()));
    assert!(desk.is_sound());
    let looked = upkeep::doctor(desk.data()).unwrap();
    let wrong: Vec<_> = looked.iter().filter(|one| one.wrong.is_some()).collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert_eq!(wrong[0].what, "there is a sound copy of the last day");
}

fn point_to(data: &std::path::Path, url: &str) {
    let db = rusqlite::Connection::open(data.join("station.db")).unwrap();
    db.execute("UPDATE station SET platform_url = ?1", [url])
        .unwrap();
}

/// Nonsense over the root page of a table that can be made anew.
fn damage_an_index(path: &std::path::Path) {
    let db = rusqlite::Connection::open(path).unwrap();
    let (root, size): (u64, u64) = db
        .query_row(
            "SELECT (SELECT rootpage FROM sqlite_schema WHERE name = 'orders'), (SELECT page_size FROM pragma_page_size)",
            [],
            |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned())),
        )
        .unwrap();
    db.pragma_update(None, "journal_mode", "DELETE").unwrap();
    drop(db);
    let mut file = std::fs::File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start((root - 1) * size)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(size).unwrap()])
        .unwrap();
}
