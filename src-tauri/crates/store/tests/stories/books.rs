//! A workstation's day, told at the gate of its store.

use crate::world::*;
use bondhouse_domain::facts::{Condition, Fact, LabelPrinted, LeaseDropped, ReleaseParked, Undone};
use bondhouse_domain::feed::{Entry, Origin};
use bondhouse_domain::ids::{DeviceId, Fence, Incarnation, LocationId, NoticeNo, PersonId, Seq};
use bondhouse_domain::leases::says;
use bondhouse_domain::ledger::Account;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::orders::State;
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::Bucket;
use bondhouse_domain::task::Outcome;
use bondhouse_domain::time::Span;
use bondhouse_store::{
    Acked, HeardScan, JobState, LabelState, Page, Room, Stopped, Store, StoreError,
};

fn undo_of(store: &Store, seq: u64) -> Fact {
    let event = store.read(|view| view.event(Seq(seq))).unwrap().unwrap();
    let back = Fact::read(&event.kind, event.v, &event.body)
        .unwrap()
        .moves()
        .reversed();
    Fact::Undone(Undone {
        seq: Seq(seq),
        kind: event.kind,
        stock: back.stock,
        ledger: back.ledger,
        reason: "undo".into(),
    })
}

fn refusal(error: StoreError) -> Refusal {
    match error {
        StoreError::Refused(refusal) => refusal,
        other => panic!("not a refusal: {other:?}"),
    }
}

#[test]
fn a_count_moves_both_books_and_the_notice_in_one_commit() {
    let mut world = World::with_notice();
    let done = world.record(vec![counted(6, Condition::Good)]).unwrap();
    assert!(
        done.touched
            .is_superset(&[Room::Intake, Room::Stock, Room::Ledger].into())
    );
    assert_eq!(world.lies("RECEIVING", Bucket::Available), qty(6));
    assert_eq!(world.booked(Account::Booked), qty(6));
    let notice = world
        .store()
        .read(|view| view.notice(&NoticeNo::new("N-1")))
        .unwrap()
        .unwrap();
    assert_eq!(notice.counted[&1].good, qty(6));
    assert_eq!(notice.notice.lines[0].expected, qty(120));
    world.assert_sound();
}

#[test]
fn an_undone_count_leaves_two_events_and_no_goods() {
    let mut world = World::with_notice();
    let seq = world
        .record(vec![counted(6, Condition::Good)])
        .unwrap()
        .value;
    let undo = undo_of(world.store(), seq);
    world.record(vec![undo.clone()]).unwrap();
    assert_eq!(world.lies("RECEIVING", Bucket::Available), Quantity::ZERO);
    assert_eq!(world.booked(Account::Arrived), qty(120));
    assert!(matches!(
        world.record(vec![undo]),
        Err(StoreError::Unfitting { .. } | StoreError::Stock { .. })
    ));
    assert_eq!(world.store().read(|view| view.head()).unwrap().seq, Seq(2));
    world.assert_sound();
}

#[test]
fn an_undo_that_moves_only_one_book_is_refused() {
    let mut world = World::with_notice();
    let seq = world
        .record(vec![counted(6, Condition::Good)])
        .unwrap()
        .value;
    let Fact::Undone(mut undo) = undo_of(world.store(), seq) else {
        panic!()
    };
    undo.ledger.clear();
    assert!(matches!(
        world.record(vec![Fact::Undone(undo)]),
        Err(StoreError::Unfitting { .. })
    ));
    world.assert_sound();
}

#[test]
fn only_what_was_counted_here_can_be_put_away() {
    let mut world = World::with_notice();
    world.record(vec![counted(6, Condition::Good)]).unwrap();
    let waiting = world.store().read(|view| view.receiving_here()).unwrap();
    assert_eq!((waiting[0].qty, waiting[0].goods.clone()), (qty(6), milk()));
    assert!(matches!(
        world.record(vec![put_away(7)]),
        Err(StoreError::Stock { .. })
    ));
    world.record(vec![put_away(6)]).unwrap();
    assert_eq!(
        world.store().read(|view| view.receiving_here()).unwrap(),
        []
    );
    assert_eq!(world.lies("A-01-02", Bucket::Available), qty(6));
    world.assert_sound();
}

#[test]
fn a_release_moves_stock_queues_its_label_and_uses_the_lease_up() {
    let mut world = World::with_leases(&["B1", "B2"]);
    let now = world.now();
    assert_eq!(
        world.store().read(|view| view.can_leave(now)).unwrap().can,
        2
    );
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    assert_eq!(world.lies("STAGING", Bucket::Staging), qty(1));
    assert_eq!(world.lies("A-01-02", Bucket::Reserved), qty(1));
    let pending = world.store().read(|view| view.labels_pending()).unwrap();
    assert_eq!(
        (pending[0].waybill.clone(), pending[0].state),
        (waybill("B1"), LabelState::Pending)
    );
    world
        .record(vec![Fact::LabelPrinted(LabelPrinted {
            order: order("B1"),
            waybill: waybill("B1"),
            copy: 0,
        })])
        .unwrap();
    assert_eq!(
        world.store().read(|view| view.labels_pending()).unwrap(),
        []
    );
    assert_eq!(
        refusal(world.record(vec![started("B1", 1)]).unwrap_err()),
        says::none_held(order("B1"))
    );
    assert_eq!(
        world.store().read(|view| view.held()).unwrap(),
        [(order("B2"), Fence(1))]
    );
    world.assert_sound();
}

#[test]
fn an_order_set_aside_keeps_what_was_verified_however_often() {
    let mut world = World::with_leases(&["B1"]);
    let job = |world: &World| {
        let job = world.store().read(|view| view.job(&order("B1")));
        let job = job.unwrap().unwrap();
        (job.state, job.picked[&1])
    };
    world.record(vec![started("B1", 1), picked("B1")]).unwrap();
    for _ in 0..2 {
        let parked = Fact::ReleaseParked(ReleaseParked { order: order("B1") });
        world.record(vec![parked]).unwrap();
        assert_eq!(job(&world), (JobState::Parked, qty(1)));
        world.record(vec![started("B1", 1)]).unwrap();
        assert_eq!(job(&world), (JobState::Started, qty(1)));
    }
    world.assert_sound();
}

#[test]
fn a_repeated_request_gets_the_earlier_answer_and_does_nothing() {
    let mut world = World::with_notice();
    let request = world.request("intake.scan");
    let first = record(
        world.store(),
        request.clone(),
        vec![counted(6, Condition::Good)],
    )
    .unwrap();
    world.restart();
    let again = record(
        world.store(),
        request.clone(),
        vec![counted(6, Condition::Good)],
    )
    .unwrap();
    assert_eq!((again.value, again.repeated), (first.value, true));
    assert_eq!(world.lies("RECEIVING", Bucket::Available), qty(6));
    let other = bondhouse_store::Request {
        op: "stock.scan".into(),
        ..request
    };
    assert!(matches!(
        record(world.store(), other, vec![]),
        Err(StoreError::RequestReused(..))
    ));
}

#[test]
fn a_refusal_halfway_leaves_nothing_but_the_refused_scan() {
    let mut world = World::with_notice();
    let refused = world
        .record(vec![counted(6, Condition::Good), started("B9", 1)])
        .unwrap_err();
    let refusal = refusal(refused);
    let (at, wall) = (world.now(), world.now());
    let actor = PersonId::new("zhou-min");
    for raw in ["B9", "B9 again"] {
        let scan = HeardScan {
            at,
            wall,
            actor: actor.clone(),
            room: "release".into(),
            scan: scan(raw),
            outcome: (raw != "B9").then_some(Outcome::Wrong),
            said: refusal.0.clone(),
        };
        world.store().log_scan(scan).unwrap();
    }
    assert_eq!(world.store().read(|view| view.head()).unwrap().seq, Seq(0));
    assert_eq!(world.lies("RECEIVING", Bucket::Available), Quantity::ZERO);
    let log = world.store().read(|view| view.scans_after(0, 10)).unwrap();
    assert_eq!((log.len(), log[1].n, log[1].prev_hash), (2, 2, log[0].hash));
    world.assert_sound();
}

#[test]
fn a_write_that_was_never_committed_is_as_if_it_had_not_been() {
    let mut world = World::with_notice();
    world.record(vec![counted(1, Condition::Good)]).unwrap();
    let request = world.request("intake.scan");
    let crashed: Result<bondhouse_store::Done<u64>, StoreError> =
        world.store().write(request, |tx| {
            tx.record(&counted(5, Condition::Good))?;
            panic!("the power goes");
        });
    assert!(crashed.is_err());
    world.restart();
    assert_eq!(world.lies("RECEIVING", Bucket::Available), qty(1));
    assert_eq!(world.store().read(|view| view.head()).unwrap().seq, Seq(1));
    world.assert_sound();
}

#[test]
fn a_revoked_lease_is_dropped_by_our_own_word_before_the_authority_hears_of_it() {
    let mut world = World::with_leases(&["B1"]);
    world.record(vec![started("B1", 1), picked("B1")]).unwrap();
    let applied = world.revoke("B1", 1);
    assert_eq!(applied.dropped, [order("B1")]);
    world.restart();
    assert_eq!(
        refusal(world.record(vec![released("B1", 1)]).unwrap_err()),
        says::revoked(order("B1"))
    );
    let unsent = world.store().read(|view| view.unsent()).unwrap();
    assert_eq!(unsent.last().unwrap().kind, "release.dropped");
    assert_eq!(world.revoke("B1", 1).dropped, []);
    world.assert_sound();
}

#[test]
fn a_released_parcel_is_not_unreleased_by_a_late_revocation() {
    let mut world = World::with_leases(&["B1"]);
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    assert_eq!(world.revoke("B1", 1).dropped, []);
    let job = world
        .store()
        .read(|view| view.job(&order("B1")))
        .unwrap()
        .unwrap();
    assert_eq!(job.state, JobState::Released);
}

#[test]
fn a_lease_that_ran_out_releases_nothing_until_it_is_prolonged() {
    let mut world = World::with_leases(&[]);
    world.hear(vec![
        leased("B1", 1),
        moved(Bucket::Available, Bucket::Reserved, 1),
    ]);
    let soon = world.now().as_millis() + 500;
    world
        .apply(Page {
            grants: vec![grant("B1", 1, soon)],
            ..world.page(vec![])
        })
        .unwrap();
    let error = world.record(vec![started("B1", 1)]).unwrap_err();
    assert_eq!(&*refusal(error).0.code, "leases.ran_out");
    let now = world.now();
    assert_eq!(
        world
            .store()
            .read(|view| view.can_leave(now))
            .unwrap()
            .ran_out,
        1
    );
    world
        .apply(Page {
            grants: vec![grant("B1", 1, i64::MAX)],
            ..world.page(vec![])
        })
        .unwrap();
    world.record(vec![started("B1", 1)]).unwrap();
}

#[test]
fn a_lease_dropped_and_granted_anew_is_a_new_job_and_the_old_grant_stays_dead() {
    let mut world = World::with_leases(&["B1"]);
    let dropped = LeaseDropped {
        order: order("B1"),
        grant: grant_id("B1", 1),
        fence: Fence(1),
        why: "returned".into(),
    };
    world.record(vec![Fact::LeaseDropped(dropped)]).unwrap();
    let grants = vec![grant("B1", 1, i64::MAX), grant("B1", 2, i64::MAX)];
    world
        .apply(Page {
            grants,
            ..world.page(vec![])
        })
        .unwrap();
    assert!(world.record(vec![started("B1", 1)]).is_err());
    world
        .record(vec![started("B1", 2), picked("B1"), released("B1", 2)])
        .unwrap();
    world.assert_sound();
}

#[test]
fn a_lease_with_a_foreign_signature_is_not_taken_in() {
    let mut world = World::with_leases(&[]);
    let mut forged = grant("B1", 1, 5);
    forged.lease.bytes = forged
        .lease
        .bytes
        .replace("\"work_until\":5", "\"work_until\":9999999999999");
    let applied = world
        .apply(Page {
            grants: vec![forged],
            ..world.page(vec![])
        })
        .unwrap();
    assert_eq!(applied.refused, [says::bad_signature("k1")]);
    assert_eq!(world.store().read(|view| view.held()).unwrap(), []);
}

#[test]
fn our_own_movement_coming_back_in_the_feed_is_not_booked_twice() {
    let mut world = World::with_notice();
    world.record(vec![counted(6, Condition::Good)]).unwrap();
    world.push(1);
    assert_eq!(world.lies("RECEIVING", Bucket::Available), qty(6));
    let Fact::Counted(fact) = counted(6, Condition::Good) else {
        panic!()
    };
    world.hear(vec![bondhouse_domain::feed::News::Moved(
        bondhouse_domain::feed::Moved {
            stock: vec![fact.stock],
            ledger: vec![fact.ledger],
            cause: "N-1".into(),
        },
    )]);
    assert_eq!(
        world.lies("RECEIVING", Bucket::Available),
        qty(12),
        "ours once, the neighbour's once"
    );
    let waiting = world.store().read(|view| view.receiving_here()).unwrap();
    assert_eq!(waiting[0].qty, qty(6), "only ours is ours to put away");
    assert!(world.record(vec![put_away(7)]).is_err());
    world.assert_sound();
}

#[test]
fn a_parcel_packed_offline_past_the_end_of_its_lease_is_judged_and_the_books_agree() {
    let mut world = World::with_leases(&["B1"]);
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    assert_eq!(world.lies("STAGING", Bucket::Staging), qty(1));
    // Meanwhile, at the authority: the holder is silent. In our order of arrival the goods are gone.
    world.hear(vec![moved(Bucket::Reserved, Bucket::InDoubt, 1)]);
    assert_eq!(
        world.lies("STAGING", Bucket::Staging),
        Quantity::ZERO,
        "held back, not forced"
    );
    world.assert_sound();
    world.hear(vec![moved(Bucket::InDoubt, Bucket::Reserved, 1)]);
    assert_eq!(
        world.lies("STAGING", Bucket::Staging),
        qty(1),
        "there is room again"
    );
    world.push(9);
    assert_eq!(world.view(), world.stock);
    world.assert_sound();
}

#[test]
fn what_the_authority_does_not_book_is_taken_back_here_too() {
    let mut world = World::with_leases(&[]);
    world
        .record(vec![
            counted(10, Condition::Good),
            counted(3, Condition::Good),
        ])
        .unwrap();
    world.push_disbelieving(9, 0b01);
    assert_eq!(world.lies("RECEIVING", Bucket::Available), qty(3));
    let waiting = world.store().read(|view| view.receiving_here()).unwrap();
    assert_eq!(waiting[0].qty, qty(3));
    assert_eq!(world.view(), world.stock);
    world.assert_sound();
}

#[test]
fn a_page_applied_twice_changes_nothing() {
    let mut world = World::with_notice();
    let page = world.page(world.fed.clone());
    let before = world
        .store()
        .read(|view| view.digest_of_projections())
        .unwrap();
    assert_eq!(world.apply(page).unwrap().stopped, None);
    assert_eq!(
        world
            .store()
            .read(|view| view.digest_of_projections())
            .unwrap(),
        before
    );
}

#[test]
fn news_of_an_unknown_kind_stops_the_feed_there_and_keeps_what_came_before() {
    let mut world = World::with_notice();
    let cursor = world.store().read(|view| view.cursor()).unwrap();
    let mut entries = world.seal(vec![
        (moved(Bucket::Available, Bucket::Available, 1), None);
        1
    ]);
    entries[0].kind = "robots.arrived".into();
    entries[0].hash = entries[0].computed_hash();
    let applied = world.apply(world.page(entries)).unwrap();
    assert!(
        matches!(&applied.stopped, Some(Stopped::UpdateNeeded { kind, .. }) if kind == "robots.arrived")
    );
    assert_eq!(applied.cursor, cursor);
    let sync = world.store().read(|view| view.sync()).unwrap();
    assert_eq!(sync.stopped, applied.stopped);
    world.record(vec![counted(1, Condition::Good)]).unwrap();
    world.assert_sound();
}

#[test]
fn a_movement_the_balances_cannot_bear_stops_the_feed_with_the_entry_named() {
    let mut world = World::with_leases(&[]);
    let entries = world.seal(vec![(moved(Bucket::Reserved, Bucket::Available, 5), None)]);
    let pos = entries[0].pos;
    let applied = world.apply(world.page(entries)).unwrap();
    assert!(matches!(applied.stopped, Some(Stopped::Drift { pos: at, .. }) if at == pos));
    world.assert_sound();
}

#[test]
fn an_altered_or_missing_entry_is_an_error_and_nothing_is_applied() {
    let mut world = World::with_notice();
    let good: Vec<Entry> = world.seal(vec![(leased("B1", 1), None), (leased("B2", 1), None)]);
    let mut altered = good.clone();
    altered[1].body = altered[1].body.replace("B2", "B3");
    assert!(matches!(
        world.apply(world.page(altered)),
        Err(StoreError::Feed(_))
    ));
    assert!(matches!(
        world.apply(world.page(vec![good[1].clone()])),
        Err(StoreError::Feed(_))
    ));
    assert_eq!(
        world.store().read(|view| view.order(&order("B1"))).unwrap(),
        None
    );
    world.apply(world.page(good)).unwrap();
    assert!(
        world
            .store()
            .read(|view| view.order(&order("B2")))
            .unwrap()
            .is_some()
    );
}

#[test]
fn an_authority_that_knows_more_of_our_journal_than_we_do_shows_that_this_is_an_old_copy() {
    let mut world = World::with_notice();
    let origin = Origin {
        device: DeviceId::new("P-07"),
        incarnation: Incarnation(1),
        seq: Seq(7),
    };
    let entries = world.seal(vec![(
        moved(Bucket::Available, Bucket::Reserved, 1),
        Some(origin),
    )]);
    let applied = world.apply(world.page(entries)).unwrap();
    assert!(matches!(
        applied.stopped,
        Some(Stopped::JournalBehind { seq: Seq(7), .. })
    ));
}

#[test]
fn acknowledged_events_leave_the_outbox_and_a_foreign_acknowledgement_is_a_fork() {
    let mut world = World::with_notice();
    world
        .record(vec![
            counted(1, Condition::Good),
            counted(2, Condition::Good),
        ])
        .unwrap();
    let unsent = world.store().read(|view| view.unsent()).unwrap();
    assert_eq!(unsent.len(), 2);
    let ack = |hash| Acked {
        seq: Seq(1),
        hash,
        pos: bondhouse_domain::ids::FeedPos(8),
        signature: "ab".into(),
    };
    let foreign = Page {
        acked: Some(ack(unsent[1].hash)),
        ..world.page(vec![])
    };
    assert!(matches!(
        world.apply(foreign),
        Err(StoreError::Fork(Seq(1)))
    ));
    let ours = Page {
        acked: Some(ack(unsent[0].hash)),
        ..world.page(vec![])
    };
    world.apply(ours).unwrap();
    let unsent = world.store().read(|view| view.unsent()).unwrap();
    assert_eq!(unsent[0].seq, Seq(2));
    assert_eq!(world.store().read(|view| view.sync()).unwrap().unsent(), 1);
}

#[test]
fn the_certificate_holds_after_a_days_work_and_names_what_does_not_agree() {
    let mut world = World::with_leases(&["B1"]);
    world
        .record(vec![
            counted(3, Condition::Damaged),
            counted(2, Condition::Over),
        ])
        .unwrap();
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    let certificate = world.store().read(|view| view.zero_drift()).unwrap();
    assert!(certificate.holds());
    assert_eq!(
        (certificate.lines[0].on_hand, certificate.lines[0].expected),
        (qty(105), qty(105))
    );
    world.hear(vec![
        book(Account::Booked, Account::PreOut, 1),
        book(Account::PreOut, Account::Debited, 1),
    ]);
    assert!(
        world
            .store()
            .read(|view| view.zero_drift())
            .unwrap()
            .holds()
    );
    world.hear(vec![book(Account::Debited, Account::Left, 1)]);
    let certificate = world.store().read(|view| view.zero_drift()).unwrap();
    assert_eq!(
        certificate.lines[0].drift,
        qty(1),
        "left by the book, still here"
    );
}

#[test]
fn a_stock_report_adds_up_and_says_what_it_is_true_of() {
    let mut world = World::with_leases(&["B1"]);
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    let report = world
        .store()
        .read(|view| view.stock_report(Some(&milk().owner), None))
        .unwrap();
    let total = &report.totals[0];
    assert_eq!(
        (total.on_hand, total.by_bucket[&Bucket::Staging]),
        (qty(100), qty(1))
    );
    assert_eq!(report.as_of.unsent, 3);
    assert!(
        report
            .rows
            .iter()
            .all(|row| row.item_name == "婴幼儿配方奶粉" && row.owner_name == "测试乳业")
    );
    let shelf = LocationId::new("A-01-02");
    let there = world
        .store()
        .read(|view| view.stock_report(None, Some(&shelf)))
        .unwrap();
    assert_eq!(there.totals[0].on_hand, qty(99));
}

#[test]
fn a_case_barcode_is_found_with_what_it_holds_and_an_order_by_any_of_its_numbers() {
    let world = World::with_leases(&["B1"]);
    let found = world
        .store()
        .read(|view| view.items_by_barcode("19421901881273"))
        .unwrap();
    assert_eq!(
        found[0]
            .barcodes
            .iter()
            .find(|b| b.code == "19421901881273")
            .unwrap()
            .holds,
        qty(6)
    );
    let by_number = world
        .store()
        .read(|view| view.orders_by_number("B1"))
        .unwrap();
    let by_waybill = world
        .store()
        .read(|view| view.orders_by_waybill("YTB1"))
        .unwrap();
    assert_eq!(by_number, by_waybill);
    assert_eq!(by_number[0].news.order, order("B1"));
}

#[test]
fn a_restored_copy_takes_its_own_journal_back_before_it_goes_on() {
    let mut world = World::with_leases(&["B1"]);
    let copy = world.folder.path().join("backup.db");
    world.store().backup_to(&copy).unwrap();
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    world.push(9);
    let journal = world
        .store()
        .read(|view| view.events_after(Seq(0)))
        .unwrap();
    let fed = world.fed.clone();

    drop(world.store.take());
    let old = Store::open(&copy, keys()).unwrap();
    let last = journal.last().unwrap();
    let acked = Acked {
        seq: last.seq,
        hash: last.hash,
        pos: fed.last().unwrap().pos,
        signature: "ab".into(),
    };
    let page = Page {
        acked: Some(acked),
        ..world.page(fed)
    };
    let request = world.request("sync");
    let told = old.apply_page(request.clone(), page.clone());
    assert!(matches!(told, Err(StoreError::Behind(seq)) if seq == last.seq));
    old.take_back(journal.clone()).unwrap();
    assert_eq!(old.apply_page(request, page).unwrap().stopped, None);
    let job = old.read(|view| view.job(&order("B1"))).unwrap().unwrap();
    assert_eq!(job.state, JobState::Released);
    assert!(old.verify().unwrap().iter().all(|finding| finding.holds()));
    assert_eq!(old.rebuild().unwrap().differs, []);

    let mut foreign = journal;
    foreign[0].hash = foreign[1].hash;
    assert!(matches!(
        old.take_back(foreign),
        Err(StoreError::Fork(Seq(1)))
    ));
}

#[test]
fn old_movements_are_brought_forward_and_a_buyer_who_got_the_parcel_is_forgotten() {
    let mut world = World::with_leases(&["B1", "B2"]);
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    world.push(9);
    world.hear(vec![order_news("B1", State::Delivered)]);
    let before = world.view();
    let year = 366 * 24 * 60;
    let later = world.now().plus(Span::minutes(2 * year));
    let pruned = world.store().prune(later).unwrap();
    assert_eq!(pruned.consignees, 1);
    assert!(pruned.movements > 4 && pruned.answers > 2, "{pruned:?}");
    let left = |no| {
        world
            .store()
            .read(|view| view.consignee(&order(no)))
            .unwrap()
    };
    assert!(left("B1").is_none() && left("B2").is_some());
    assert_eq!(world.view(), before);
    world.assert_sound();
    assert_eq!(world.store().prune(later).unwrap().movements, 0);
}
