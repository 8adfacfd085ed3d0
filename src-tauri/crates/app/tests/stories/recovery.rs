//! How a workstation and its authority find together again: both real, talking over HTTP.

use crate::site::{Desk, Site};
use bondhouse_app::upkeep;
use bondhouse_domain::time::Span;
use serde_json::json;

#[test]
fn a_table_that_someone_edited_is_noticed_named_and_made_anew() {
    let site = Site::open();
    let desk = site.desk();
    site.clear(&["B1", "B2"]);
    desk.level();
    desk.closed(|data| {
        let db = rusqlite::Connection::open(data.join("station.db")).unwrap();
        let changed = db
            .execute(
                "UPDATE stock SET qty = qty + 100000 WHERE location_id = 'A-01-01'",
                [],
            )
            .unwrap();
        assert!(changed > 0);
    });
    let case = site.until("the case", || {
        site.cases()
            .into_iter()
            .find(|case| case["code"] == "DIGEST_MISMATCH")
    });
    assert_eq!(
        case["about"],
        format!("{} stock", desk.series().device),
        "the table is named"
    );
    // Also a case about no order and no event has evidence: at the least when it was opened.
    desk.sign_in();
    let file = desk.call("cases.file", json!({ "case": case["case"] }));
    assert_eq!(file["evidence"][0]["kind"], "cases.changed");
    desk.level();
    site.until("a sound store", || desk.is_sound().then_some(()));
}

#[test]
fn a_rehearsal_says_how_many_orders_could_leave_and_until_when() {
    let site = Site::open();
    let desk = site.desk();
    site.clear(&["B1", "B2"]);
    site.until("the leases", || {
        desk.ask_now();
        (desk.leases().len() == 2).then_some(())
    });
    let told = desk.call("sync.rehearse", json!({}));
    assert_eq!(told["now"]["can"], 2);
    // Leases last four hours: after two both could go, after eight none.
    let later: Vec<_> = told["later"]
        .as_array()
        .unwrap()
        .iter()
        .map(|later| (later["hours"].clone(), later["can"].clone()))
        .collect();
    assert_eq!(later[1], (json!(2), json!(2)));
    assert_eq!(later[3], (json!(8), json!(0)));
    assert!(told["last_until"].is_number());
    let stops = |act: &str| {
        let acts = told["acts"].as_array().unwrap();
        acts.iter()
            .any(|one| one["act"] == act && one["goes_on"] == false)
    };
    assert!(stops("gate") && stops("decide") && !stops("release"));
}

#[test]
fn a_restored_backup_takes_its_own_journal_back_and_goes_on() {
    let site = Site::open();
    let desk = site.desk();
    desk.level();
    let backup = desk.closed(|data| std::fs::read(data.join("station.db")).unwrap());
    for _ in 0..3 {
        desk.sign_in();
        desk.sign_out();
    }
    desk.level();
    let head = desk.head();
    desk.closed(|data| std::fs::write(data.join("station.db"), &backup).unwrap());
    site.until("the journal back", || (desk.head() == head).then_some(()));
    desk.sign_in();
    desk.level();
    assert_eq!(desk.head(), head + 1);
    assert!(desk.is_sound());
    assert!(site.cases().is_empty(), "nobody need look");
}

#[test]
fn a_new_workstation_stands_up_from_a_snapshot_once_the_feed_is_too_long_ago() {
    let site = Site::open();
    site.clear(&["B1"]);
    let before = site.feed_pos();
    site.pass(Span::minutes(31 * 24 * 60));
    let desk = site.desk();
    desk.level();
    assert!(desk.feed_pos() >= before);
    assert_eq!(desk.lying("A-01-01"), site.lying("A-01-01"));
    assert!(desk.is_sound());
    let kept: i64 = desk.query("SELECT count(*) FROM snapshots");
    assert_eq!(kept, 1);
    // And the feed goes on from there.
    site.buy("B9");
    desk.level();
    assert!(desk.is_sound());
}

#[test]
fn a_restored_authority_takes_journals_back_grants_nothing_meanwhile_and_goes_on_under_the_next_epoch()
 {
    let mut site = Site::open();
    let desk = site.desk();
    desk.level();
    let backup = site.back_up();
    site.clear(&["B1"]);
    desk.call("sync.now", json!({}));
    site.until("the lease", || (desk.leases() == ["B1"]).then_some(()));
    desk.sign_in();
    desk.level();
    let head = desk.head();
    site.restore(&backup);
    site.until("the next epoch", || (site.epoch() == 2).then_some(()));
    desk.level();
    assert_eq!(
        site.journal_head(&desk.series()),
        head + 1,
        "all came back, and the lease was dropped"
    );
    assert!(desk.leases().is_empty(), "a right it forgot is void");
    assert!(desk.is_sound());
    site.verify();
}

#[test]
fn an_authority_that_moved_is_followed_and_the_old_one_never_believed_again() {
    let mut site = Site::open();
    let desk = site.desk();
    desk.level();
    let old = site.move_away();
    desk.sign_in();
    desk.level();
    assert_eq!(site.epoch(), 2);
    assert_eq!(desk.platform_url(), site.url());
    assert_eq!(site.journal_head(&desk.series()), desk.head());
    // Somebody starts the old machine again and takes its note away: it is refused all the same.
    site.revive(old, &desk);
    let said = desk.until_refused();
    assert_eq!(said, "platform.superseded");
}

#[test]
fn a_backup_that_was_woken_waits_for_every_workstation_until_the_operator_leaves_one_out_by_name() {
    let mut site = Site::open();
    let (desk, lost) = (site.desk(), site.desk());
    desk.level();
    lost.level();
    site.clear(&["B1"]);
    site.until("the lease", || {
        desk.ask_now();
        lost.ask_now();
        (desk.leases().len() + lost.leases().len() == 1).then_some(())
    });
    let backup = site.back_up();
    lost.shut();
    let refused = site.try_admin("POST", "/v1/admin/recovery", &json!({ "without": [] }));
    assert_eq!(refused.unwrap_err(), "platform.not_recovering");
    site.restore_and_wake(&backup);
    let recovery = || site.admin("GET", "/v1/admin/recovery", &serde_json::Value::Null);
    assert_eq!(recovery()["recovery"]["because"], "restored");
    // It takes journals back, and grants nothing meanwhile.
    desk.sign_in();
    desk.level();
    site.buy("B2");
    // Besides it, the station that counted the goods in is silent.
    let (ours, gone) = (json!(desk.series().device), json!(lost.series().device));
    let silent = site.until("the desk is heard", || {
        desk.ask_now();
        let silent = recovery()["silent"].as_array().unwrap().clone();
        (!silent.contains(&ours)).then_some(silent)
    });
    assert!(silent.len() == 2 && silent.contains(&gone), "{silent:?}");
    for named in [json!([]), json!([gone])] {
        let act = json!({ "without": named });
        let refused = site.try_admin("POST", "/v1/admin/recovery", &act);
        assert_eq!(refused.unwrap_err(), "platform.stations_silent");
    }
    // Those that will never call again are named: what they held is in doubt, the rest goes on.
    let act = json!({ "without": silent });
    site.try_admin("POST", "/v1/admin/recovery", &act).unwrap();
    assert!(recovery()["recovery"].is_null());
    assert_eq!(site.epoch(), 2);
    desk.level();
    assert_eq!(site.journal_head(&desk.series()), desk.head());
    let held = site.query("SELECT count(*) FROM leases WHERE state = 'open'");
    let doubted = site.query("SELECT count(*) FROM leases WHERE state = 'in_doubt'");
    assert_eq!(held + doubted, 1, "the order is with the desk, or in doubt");
    assert!(["leased", "in_doubt"].contains(&site.state("B1").as_str()));
    // Should it call after all, it is stopped: its journal is reported by a new life.
    lost.reopen();
    let said = lost.until_refused();
    assert_eq!(said, "platform.station_stopped");
    site.verify();
}

#[test]
fn a_workstation_enrolled_after_the_backup_is_told_so_and_reports_all_it_did_under_its_own_name() {
    let mut site = Site::open();
    let backup = site.back_up();
    let late = site.desk();
    late.sign_in();
    late.level();
    let (before, head) = (late.series(), late.head());
    assert!(head > 0);
    site.restore_and_wake(&backup);
    assert_eq!(late.until_refused(), "platform.forgotten_station");
    let recovery = |site: &Site| site.admin("GET", "/v1/admin/recovery", &serde_json::Value::Null);
    let named = json!(before.device);
    let waited_for = |site: &Site| {
        let recovery = recovery(site);
        recovery["silent"].as_array().unwrap().contains(&named)
    };
    assert!(waited_for(&site), "it is not gone on without");
    let code = site.code(&json!({ "device": before.device }));
    let renewed = late.closed(|data| upkeep::renew(data, &code, None).unwrap());
    let all = i64::try_from(renewed.reported).unwrap();
    assert!(all >= head, "{all} of {head}");
    late.level();
    let now = late.series();
    assert_eq!((&now.device, now.incarnation.0), (&before.device, 1_001));
    let reported = site.query(
        "SELECT count(*) FROM journal WHERE kind = 'journal.reported' AND incarnation = 1001",
    );
    assert_eq!(reported, all);
    site.until("heard to the end", || {
        late.ask_now();
        (!waited_for(&site)).then_some(())
    });
    assert!(late.is_sound());
    site.verify();
}

#[test]
fn a_move_takes_what_was_not_sent_yet_with_it() {
    let mut site = Site::open();
    let desk = site.desk();
    site.clear(&["B1"]);
    site.until("the lease", || {
        desk.ask_now();
        (desk.leases() == ["B1"]).then_some(())
    });
    desk.level();
    let url = site.url();
    desk.closed(|data| point_to(data, "http://127.0.0.1:1"));
    for _ in 0..20 {
        desk.sign_in();
        desk.sign_out();
    }
    desk.closed(|data| point_to(data, &url));
    let unsent = desk.head() - site.journal_head(&desk.series());
    assert!(unsent >= 20, "{unsent}");
    site.move_away();
    desk.level();
    assert_eq!(desk.platform_url(), site.url());
    assert_eq!(site.journal_head(&desk.series()), desk.head());
    assert_eq!(
        desk.leases(),
        ["B1"],
        "what it holds, it holds under the next epoch"
    );
    assert_eq!((site.epoch(), site.state("B1").as_str()), (2, "leased"));
    assert!(site.cases().is_empty());
    site.verify();
}

fn point_to(data: &std::path::Path, url: &str) {
    let db = rusqlite::Connection::open(data.join("station.db")).unwrap();
    db.execute("UPDATE station SET platform_url = ?1", [url])
        .unwrap();
}

const HOUR_MS: i64 = 3_600_000;

/// The machine is booted anew, and its wall clock shows so much more than when it was switched off.
fn boot_anew(desk: &Desk, ahead_ms: i64) {
    desk.closed(|data| {
        let db = rusqlite::Connection::open(data.join("station.db")).unwrap();
        let changed = db
            .execute(
                "UPDATE clock SET boot_id = 'the boot before', wall = wall - ?1",
                [ahead_ms],
            )
            .unwrap();
        assert_eq!(changed, 1);
    });
}

#[test]
fn a_wall_clock_set_back_while_a_station_was_off_is_a_case() {
    let site = Site::open();
    let desk = site.desk();
    desk.level();
    boot_anew(&desk, -HOUR_MS);
    let case = site.until("the case", || {
        site.cases()
            .into_iter()
            .find(|case| case["code"] == "CLOCK_SUSPECT")
    });
    assert_eq!(case["about"], desk.series().device.to_string());
    // It is told once, and the next start finds nothing to doubt.
    desk.closed(|_| ());
    desk.level();
    let doubts = |case: &&serde_json::Value| case["code"] == "CLOCK_SUSPECT";
    assert_eq!(site.cases().iter().filter(doubts).count(), 1);
}

#[test]
fn a_wall_clock_that_ran_ahead_while_a_station_was_off_costs_no_lease_after_contact() {
    let site = Site::open();
    let desk = site.desk();
    site.clear(&["B1"]);
    site.until("the lease", || {
        desk.ask_now();
        (desk.leases() == ["B1"]).then_some(())
    });
    boot_anew(&desk, 365 * 24 * HOUR_MS);
    site.until("an order that can leave", || {
        desk.ask_now();
        (desk.can_leave()["can"] == 1).then_some(())
    });
}
