//! A store begins from the authority's picture: new, too old, or after the authority forgot.

use crate::world::*;
use bondhouse_domain::facts::Condition;
use bondhouse_domain::feed::{Moved, News};
use bondhouse_domain::ids::{FeedPos, Seq};
use bondhouse_domain::journal::Hash;
use bondhouse_domain::ledger::{Account, LedgerMove};
use bondhouse_domain::stock::{Bucket, Place, StockMove};
use bondhouse_store::{Snapshot, StoreError, Told};
use std::collections::BTreeMap;

const ACCOUNTS: [Account; 4] = [
    Account::PreIn,
    Account::Arrived,
    Account::Booked,
    Account::PreOut,
];

fn told(world: &World, news: &News) -> Told {
    let (kind, v) = news.kind();
    Told {
        kind: kind.into(),
        v,
        at: world.now(),
        body: news.body().unwrap(),
    }
}

/// The authority's picture as it is now, by its own books and what it said last about everything.
fn picture(world: &World) -> Snapshot {
    let mut last: BTreeMap<(String, String), (u64, Told)> = BTreeMap::new();
    for entry in &world.fed {
        let news = News::read(&entry.kind, entry.v, &entry.body).unwrap();
        if let Some(subject) = news.subject() {
            last.insert(
                (entry.kind.clone(), subject),
                (entry.pos.0, told(world, &news)),
            );
        }
    }
    let mut words: Vec<(u64, Told)> = last.into_values().collect();
    words.sort_by_key(|(pos, _)| *pos);
    let stock = world
        .stock
        .iter()
        .map(|(goods, spot, bucket, qty)| StockMove {
            goods: goods.clone(),
            from: Place::Inbound,
            to: Place::Inside {
                spot: spot.clone(),
                bucket,
            },
            qty,
        });
    let ledger = world.book.items().into_iter().flat_map(|item| {
        ACCOUNTS.map(|to| LedgerMove {
            item: item.clone(),
            from: Account::Abroad,
            to,
            units: world.book.balance(item, to),
            document: "snapshot".into(),
        })
    });
    let balances = News::Moved(Moved {
        stock: stock.collect(),
        ledger: ledger
            .filter(|movement| movement.units.declared.is_positive())
            .collect(),
        cause: "snapshot".into(),
    });
    let (judged, cursor) = (Seq(world.taken), world.fed.last());
    let event = world.store().read(|view| view.event(judged)).unwrap();
    Snapshot {
        cursor: cursor.map_or((FeedPos(0), Hash::GENESIS), |last| (last.pos, last.hash)),
        judged: (judged, event.map_or(Hash::GENESIS, |event| event.hash)),
        taken_at: world.now(),
        told: words
            .into_iter()
            .map(|(_, told)| told)
            .chain([told(world, &balances)])
            .collect(),
    }
}

#[test]
fn the_picture_and_the_whole_feed_give_the_same_tables_and_the_feed_goes_on() {
    let mut world = World::with_leases(&["B1", "B2"]);
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    world.push(9);
    // One count is not judged yet: it lies over the picture.
    world.record(vec![counted(5, Condition::Good)]).unwrap();
    let before = (world.view(), world.booked(Account::Booked));
    world.store().take_snapshot(picture(&world)).unwrap();
    assert_eq!((world.view(), world.booked(Account::Booked)), before);
    world.assert_sound();
    // Judged now, by an entry after the picture; and news of the authority's own.
    world.push(9);
    world.hear(vec![moved(Bucket::Available, Bucket::Blocked, 2)]);
    assert_eq!(world.view(), world.stock);
    world.assert_sound();
    world.restart();
    world.record(vec![put_away(5)]).unwrap();
    world.push(9);
    assert_eq!(world.view(), world.stock);
    world.assert_sound();
}

#[test]
fn a_new_life_of_a_store_stands_up_from_the_picture_alone() {
    let mut world = World::with_leases(&["B1"]);
    let picture = picture(&world);
    let mut anew = World::new();
    (anew.stock, anew.book, anew.fed) =
        (world.stock.clone(), world.book.clone(), world.fed.clone());
    let none = Snapshot {
        judged: (Seq(0), Hash::GENESIS),
        ..picture.clone()
    };
    anew.store().take_snapshot(none).unwrap();
    assert_eq!(anew.view(), world.view());
    anew.assert_sound();
    anew.hear(vec![moved(Bucket::Available, Bucket::Blocked, 1)]);
    anew.assert_sound();
    assert!(
        anew.store()
            .read(|view| view.order(&order("B1")))
            .unwrap()
            .is_some()
    );
    // The same twice, and a page from before it: nothing changes.
    world.store().take_snapshot(picture.clone()).unwrap();
    world.store().take_snapshot(picture).unwrap();
    let page = world.page(world.fed.clone());
    assert_eq!(world.apply(page).unwrap().stopped, None);
    world.assert_sound();
}

#[test]
fn an_authority_that_forgot_a_day_gets_our_events_again_and_nothing_is_lost_here() {
    let mut world = World::with_notice();
    world.record(vec![counted(10, Condition::Good)]).unwrap();
    world.push(9);
    // The backup is taken here.
    let (stock, book, fed, taken) = (
        world.stock.clone(),
        world.book.clone(),
        world.fed.clone(),
        world.taken,
    );
    world
        .record(vec![put_away(10), counted(7, Condition::Good)])
        .unwrap();
    world.push(9);
    world.hear(vec![moved(Bucket::Available, Bucket::Blocked, 1)]);
    (world.stock, world.book, world.fed, world.taken) = (stock, book, fed, taken);
    world.store().take_snapshot(picture(&world)).unwrap();
    world.assert_sound();
    let unsent = world.store().read(|view| view.unsent()).unwrap();
    assert_eq!(unsent.len(), 2, "what it forgot is to be sent again");
    world.push(9);
    assert_eq!(world.view(), world.stock);
    assert!(world.store().read(|view| view.is_level()).unwrap());
    world.assert_sound();
}

#[test]
fn a_picture_of_another_journal_is_not_taken() {
    let mut world = World::with_notice();
    world.record(vec![counted(1, Condition::Good)]).unwrap();
    world.push(9);
    let picture = picture(&world);
    let ahead = Snapshot {
        judged: (Seq(9), Hash::GENESIS),
        ..picture.clone()
    };
    assert!(matches!(
        world.store().take_snapshot(ahead),
        Err(StoreError::Behind(Seq(9)))
    ));
    let other = Snapshot {
        judged: (picture.judged.0, Hash::GENESIS),
        ..picture
    };
    assert!(matches!(
        world.store().take_snapshot(other),
        Err(StoreError::Fork(_))
    ));
    world.assert_sound();
}
