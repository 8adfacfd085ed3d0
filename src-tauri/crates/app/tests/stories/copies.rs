//! Copies of the database that a running workstation makes by itself, told with a clock in hand.

use crate::site::{Desk, Site};
use bondhouse_app::upkeep::{self, Copies, CopyLooked};
use serde_json::json;
use std::path::PathBuf;

const QUARTER: u64 = 15 * 60 * 1_000;

/// Looks a quarter of an hour later than before.
struct Hand {
    copies: Copies,
    boot_ms: u64,
}

impl Hand {
    fn new(desk: &Desk) -> Self {
        let mut hand = Self {
            copies: Copies::default(),
            boot_ms: 1_000,
        };
        let first = hand.copies.look(&desk.app(), hand.boot_ms);
        assert!(matches!(first, CopyLooked::NotDue));
        hand
    }

    fn a_quarter_later(&mut self, desk: &Desk) -> CopyLooked {
        self.boot_ms += QUARTER;
        self.copies.look(&desk.app(), self.boot_ms)
    }
}

fn made(looked: CopyLooked) -> PathBuf {
    match looked {
        CopyLooked::Made(path) => path,
        other => panic!("{other:?}"),
    }
}

fn files(desk: &Desk) -> usize {
    std::fs::read_dir(upkeep::backups(desk.data())).map_or(0, |files| files.count())
}

fn doctor(desk: &Desk) -> Vec<String> {
    let looked = upkeep::doctor(desk.data()).unwrap();
    let wrong = looked.into_iter().filter_map(|one| one.wrong);
    wrong.collect()
}

/// A desk that talks to nobody any more, so that nothing changes but what its people do.
fn quiet_desk(site: &mut Site) -> Desk {
    let desk = site.desk();
    desk.level();
    site.close();
    site.until("being offline", || {
        desk.ask_now();
        let status = desk.call("station.status", json!({}));
        (status["network"]["online"] == false).then_some(())
    });
    desk
}

#[test]
fn a_quarter_of_an_hour_in_which_something_happened_leaves_a_sound_copy_and_a_quiet_one_none() {
    let mut site = Site::open();
    let desk = quiet_desk(&mut site);
    let mut hand = Hand::new(&desk);
    let early = hand.copies.look(&desk.app(), hand.boot_ms + QUARTER - 1);
    assert!(matches!(early, CopyLooked::NotDue));
    assert_eq!(
        doctor(&desk).len(),
        1,
        "no copy yet, and nothing else wrong"
    );
    let first = made(hand.a_quarter_later(&desk));
    let findings = upkeep::verify(&first).unwrap();
    assert!(findings.iter().all(upkeep::Finding::holds), "{findings:?}");
    assert_eq!(doctor(&desk), Vec::<String>::new());
    assert!(matches!(hand.a_quarter_later(&desk), CopyLooked::Unchanged));
    // A restart forgets nothing: the copy itself says how far it reaches.
    desk.closed(|_| ());
    let mut hand = Hand::new(&desk);
    assert!(matches!(hand.a_quarter_later(&desk), CopyLooked::Unchanged));
    desk.sign_in();
    let second = made(hand.a_quarter_later(&desk));
    assert_ne!(first, second);
    assert_eq!(files(&desk), 2, "nothing unfinished lies beside them");
}

#[test]
fn an_unsound_copy_counts_for_none_and_old_ones_go_by_the_rule_while_strangers_stay() {
    let mut site = Site::open();
    let desk = quiet_desk(&mut site);
    let mut hand = Hand::new(&desk);
    let mut all = Vec::new();
    for _ in 0..10 {
        desk.sign_in();
        desk.sign_out();
        all.push(made(hand.a_quarter_later(&desk)));
        if all.len() == 2 {
            // A file of somebody else, and one that only bears the name.
            let folder = upkeep::backups(desk.data());
            std::fs::write(folder.join("notes.txt"), "not a copy").unwrap();
            std::fs::write(folder.join("station-1.db"), "not a copy either").unwrap();
        }
    }
    assert!(
        !all[0].exists() && !all[1].exists(),
        "the eight newest stay"
    );
    assert_eq!(files(&desk), 8 + 2);
    let wrong = doctor(&desk);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].ends_with("station-1.db"), "{wrong:?}");
    // The newest goes bad on the disk: the doctor names it, and the one before still counts.
    let newest = all.pop().unwrap();
    let half = std::fs::metadata(&newest).unwrap().len() / 2;
    let file = std::fs::File::options().write(true).open(&newest).unwrap();
    file.set_len(half).unwrap();
    let wrong = doctor(&desk);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains(newest.to_str().unwrap()), "{wrong:?}");
    // It does not stand for the newest either: the next look makes another.
    made(hand.a_quarter_later(&desk));
    // None may be restored from it.
    desk.sign_out();
    let refused = desk.closed(|data| upkeep::restore(data, &newest).unwrap_err());
    assert!(!format!("{refused:?}").is_empty());
    desk.sign_in();
    assert!(desk.is_sound());
}

#[test]
fn damage_found_while_people_work_is_shown_and_the_work_goes_on() {
    let mut site = Site::open();
    site.clear(&["B1"]);
    let desk = quiet_desk(&mut site);
    let shown = || desk.call("sync.view", json!({}))["damage"].clone();
    upkeep::examine(&desk.app());
    assert!(shown().is_null());
    // Somebody writes past every gate: a row that no index knows of.
    desk.closed(|data| {
        let db = rusqlite::Connection::open(data.join("station.db")).unwrap();
        db.execute_batch(
            "PRAGMA writable_schema = ON;
             CREATE INDEX planted ON orders (order_no);
             UPDATE sqlite_schema SET sql = 'CREATE INDEX planted ON orders (platform)' WHERE name = 'planted';",
        )
        .unwrap();
    });
    desk.sign_in();
    let orders: i64 = desk.query("SELECT count(*) FROM orders");
    assert!(
        orders > 0,
        "an empty index would be right by any definition"
    );
    upkeep::examine(&desk.app());
    assert_eq!(shown()["code"], "station.damaged");
    let head = desk.head();
    desk.sign_in();
    assert!(desk.head() > head, "work goes on");
    let wrong = doctor(&desk);
    assert!(
        wrong.iter().any(|line| line.contains("planted")),
        "{wrong:?}"
    );
}

#[test]
fn a_copy_that_cannot_be_made_stops_nobody_and_leaves_nothing_behind() {
    let mut site = Site::open();
    let desk = quiet_desk(&mut site);
    let mut hand = Hand::new(&desk);
    // A file where the folder should be.
    let folder = upkeep::backups(desk.data());
    std::fs::write(&folder, "in the way").unwrap();
    assert!(matches!(hand.a_quarter_later(&desk), CopyLooked::Failed(_)));
    desk.sign_in();
    std::fs::remove_file(&folder).unwrap();
    made(hand.a_quarter_later(&desk));
    assert_eq!(doctor(&desk), Vec::<String>::new());
}
