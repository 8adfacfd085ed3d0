//! A network that delays, drops, doubles, cuts and swallows: whatever it does, each event arrives once,
//! both sides end level, and both their doctors find nothing.

use crate::site::Site;
use bondhouse_testkit::chaos::{ChaosProxy, Mood};
use std::time::Duration;

/// Every way to misbehave, in an order that mixes those that arrive with those that do not.
const MOODS: [Mood; 24] = [
    Mood::LoseAnswer,
    Mood::Duplicate,
    Mood::Reset,
    Mood::Calm,
    Mood::Truncate(0),
    Mood::Truncate(17),
    Mood::Slow(Duration::from_millis(300)),
    Mood::LoseAnswer,
    Mood::LoseAnswer,
    Mood::Duplicate,
    Mood::Truncate(400),
    Mood::HalfOpen,
    Mood::Duplicate,
    Mood::Reset,
    Mood::Reset,
    Mood::Calm,
    Mood::LoseAnswer,
    Mood::Slow(Duration::from_millis(900)),
    Mood::BlackHole,
    Mood::Truncate(900),
    Mood::LoseAnswer,
    Mood::Duplicate,
    Mood::Duplicate,
    Mood::LoseAnswer,
];

#[test]
fn whatever_the_network_does_each_event_arrives_once_and_both_sides_end_level() {
    let mut site = Site::open();
    let proxy = ChaosProxy::before(site.address(), "/v1/enrol").unwrap();
    let desk = site.desk_at(&format!("http://{}", proxy.address()));
    desk.level();
    proxy.next(MOODS);
    let orders = ["B1", "B2", "B3", "B4"];
    for order in orders {
        site.clear(&[order]);
        desk.sign_out();
        desk.sign_in();
    }
    site.until("all moods met", || {
        // Every scan wakes the loop; so does asking.
        desk.ask_now();
        (proxy.left() == 0).then_some(())
    });
    desk.level();
    site.until("every lease", || {
        desk.ask_now();
        let mut held = desk.leases();
        held.sort();
        (held == orders).then_some(())
    });
    desk.level();
    assert_eq!(site.journal_head(&desk.series()), desk.head());
    assert_eq!(desk.lying("A-01-01"), site.lying("A-01-01"));
    assert!(desk.is_sound());
    assert!(site.cases().is_empty(), "{:?}", site.cases());
    site.verify();
}
