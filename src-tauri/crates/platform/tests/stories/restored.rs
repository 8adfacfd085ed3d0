//! A platform that was restored from a backup: what it answers, whom it hears, and when it goes on.
//!
//! Only a database in a file is put back here; one on a server is restored by the server's own tools.

use crate::support::gate::cancel;
use crate::support::station::{Station, order_of};
use crate::support::{SHOP, World};
use bondhouse_domain::facts::{Fact, LeaseDropped, Reported};
use bondhouse_domain::time::Span;
use bondhouse_platform::{Config, Storage};
use bondhouse_protocol::checkpoint::Checkpoint;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn file(config: &Config) -> std::path::PathBuf {
    config.data.join("platform.db")
}

async fn recovery(world: &World) -> Value {
    world
        .admin("GET", "/v1/admin/recovery", &Value::Null)
        .await
        .ok()
}

/// The warehouse, and a copy of the platform's database as it is now.
async fn backed_up(world: World) -> (World, Vec<u8>) {
    let mut backup = Vec::new();
    let world = world
        .restarted(|config| backup = std::fs::read(file(config)).unwrap())
        .await;
    (world, backup)
}

/// The platform is lost, and its operator puts the copy back and says so.
async fn put_back(world: World, backup: &[u8]) -> World {
    world
        .restarted(|config| {
            std::fs::write(file(config), backup).unwrap();
            bondhouse_platform::restored(config).unwrap();
        })
        .await
}

#[tokio::test]
async fn a_restored_platform_answers_nothing_cancelled_before_every_workstation_was_heard_under_its_next_epoch()
 {
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return;
    }
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    world.cleared("B2", 1).await;
    let (world, backup) = backed_up(world).await;

    // One call is still on its way when the bench is granted both orders and packs one of them.
    let under_way = bench.request(0, vec![]);
    bench.sync(&world, 5, vec![]).await;
    let of = |order_no: &str| {
        let mut leases = bench.leases.iter();
        leases
            .find(|lease| order_of(lease).order.order_no == order_no)
            .unwrap()
            .clone()
    };
    let (first, second) = (of("B1"), of("B2"));
    bench.release(&first);
    let world = put_back(world, &backup).await;

    // It has forgotten both grants: to its own knowledge the orders are anybody's.
    assert_eq!(world.state("B1").await, "cleared");
    for order_no in ["B1", "B2"] {
        assert_eq!(cancel(&world, order_no).await["answer"], "pending");
    }
    // The call from before arrives only now. It is whole, and says nothing of what the bench holds.
    bench.send(&world, &under_way).await.unwrap();
    let waiting = recovery(&world).await;
    assert_eq!(
        (waiting["recovery"].is_null(), &waiting["silent"]),
        (false, &json!([bench.series.device]))
    );
    assert_eq!(cancel(&world, "B1").await["answer"], "pending");

    // The bench calls: what it packed is known again, and to be pulled from staging.
    bench.sync(&world, 0, vec![]).await;
    assert_eq!(world.state("B1").await, "released");
    assert_eq!(
        world.state("B2").await,
        "cleared",
        "it still holds a right that was forgotten"
    );
    bench.leases.retain(|lease| lease.grant != second.grant);
    bench.sync(&world, 0, vec![]).await;
    assert!(recovery(&world).await["recovery"].is_null());
    assert_eq!(world.state("B2").await, "cancelled");
    let pulled = json!({ "is": "pulled_back" });
    let done = world
        .admin("POST", &format!("/v1/admin/orders/{SHOP}/B1"), &pulled)
        .await
        .ok();
    assert_eq!(done["state"], "cancelled");
}

#[tokio::test]
async fn what_customs_decides_meanwhile_is_answered_afterwards() {
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return;
    }
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 1).await;
    let list = world.list_declared().await;
    let world = world
        .restarted(|config| bondhouse_platform::restored(config).unwrap())
        .await;
    assert_eq!(cancel(&world, "B1").await["answer"], "pending");
    world.receipt(&list, "100", 1).await;
    assert_ne!(world.state("B1").await, "cancelled");
    // The first call learns of the new epoch, the second speaks under it.
    bench.sync(&world, 0, vec![]).await;
    bench.sync(&world, 0, vec![]).await;
    assert_eq!(world.state("B1").await, "cancelled");
    assert_eq!(world.booked("booked").await, "10");
}

#[tokio::test]
async fn a_parcel_of_an_order_that_was_forgotten_too_is_nobody_elses_once_the_order_is_known_again()
{
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return;
    }
    let (mut bench, mut other) = (world.station(7).await, world.station(8).await);
    world.stock_up(&mut bench, 10).await;
    let (world, backup) = backed_up(world).await;
    let fetched = world.fetched.load(Ordering::SeqCst);
    let forgotten = world.cleared("B1", 1).await;
    bench.sync(&world, 5, vec![]).await;
    let lease = bench.leases[0].clone();
    bench.release(&lease);
    let world = put_back(world, &backup).await;
    world.fetched.store(fetched, Ordering::SeqCst);
    world.pass(Span::minutes(1)).await;
    // All journals come back, and nobody knows yet of what order the parcel is.
    for _ in 0..2 {
        bench.sync(&world, 0, vec![]).await;
        other.sync(&world, 0, vec![]).await;
    }
    assert!(recovery(&world).await["recovery"].is_null());
    // The shop sends it again, customs releases it again: it is the parcel that stands there.
    world.buy("B1", 1).await;
    let list = world.list_declared().await;
    assert_ne!(list, forgotten, "no own number is given twice");
    world.receipt(&list, "800", 0).await;
    assert_eq!(world.state("B1").await, "released");
    other.sync(&world, 5, vec![]).await;
    assert!(other.leases.is_empty());
    let open = world
        .admin("GET", "/v1/admin/cases", &Value::Null)
        .await
        .ok();
    assert_eq!(open, json!([]), "it was judged as soon as it could be");
}

#[tokio::test]
async fn a_fence_that_was_given_and_forgotten_is_not_given_again() {
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return;
    }
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    let (world, backup) = backed_up(world).await;
    bench.sync(&world, 5, vec![]).await;
    let first = bench.leases.remove(0);
    let world = put_back(world, &backup).await;
    // The platform asks for a right it does not know; the bench gives it back by an event.
    bench.record(Fact::LeaseDropped(LeaseDropped {
        order: order_of(&first).order.clone(),
        grant: first.grant.clone(),
        fence: first.fence,
        why: "revoked".into(),
    }));
    assert!(bench.sync(&world, 0, vec![]).await.resnapshot);
    bench.sync(&world, 0, vec![]).await;
    assert!(recovery(&world).await["recovery"].is_null());
    bench.sync(&world, 5, vec![]).await;
    let again = &bench.leases[0];
    assert!(again.grant != first.grant && again.fence > first.fence);
}

#[tokio::test]
async fn a_workstation_enrolled_after_the_backup_is_waited_for_and_enrolled_anew_under_its_own_name()
 {
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return;
    }
    let mut old = world.station(7).await;
    world.stock_up(&mut old, 10).await;
    world.cleared("B1", 1).await;
    let (world, backup) = backed_up(world).await;
    let mut late = world.station(8).await;
    late.sync(&world, 5, vec![]).await;
    let lease = late.leases[0].clone();
    late.release(&lease);
    let name = json!({ "device": late.series.device });
    let world = put_back(world, &backup).await;
    // It calls, is told what it is, and the platform goes on without nobody.
    let call = late.request(0, vec![]);
    let refused = late.send(&world, &call).await.unwrap_err();
    assert_eq!(refused, (403, "platform.forgotten_station".to_owned()));
    for _ in 0..2 {
        old.sync(&world, 5, vec![]).await;
    }
    assert!(old.leases.is_empty(), "B1 is nobody's yet");
    assert_eq!(
        recovery(&world).await["silent"],
        json!([late.series.device])
    );
    // Its new life bears a number that no life of it ever bore, and reports what the old one did.
    let code = world.code(&name).await;
    let enrolled = serde_json::from_value(world.enrol(&code, 9).await.ok()).unwrap();
    let mut anew = Station::of(enrolled, 9);
    assert_eq!(anew.series.device, late.series.device);
    assert!(anew.series.incarnation.0 > 1_000);
    for event in &late.journal {
        anew.record(Fact::Reported(Reported {
            event: Box::new(event.clone()),
        }));
    }
    for _ in 0..2 {
        anew.sync(&world, 0, vec![]).await;
    }
    assert!(recovery(&world).await["recovery"].is_null());
    assert_eq!(world.state("B1").await, "released");
    // The next machine is given another name.
    let stranger = world.station(10).await;
    assert_ne!(stranger.series.device, late.series.device);
}

/// A copy from when one bench held the order; since, that gave it back, and another packed it.
async fn packed_by_another_than_the_copy_remembers() -> Option<(World, Station, Station)> {
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return None;
    }
    let (mut first, mut second) = (world.station(7).await, world.station(8).await);
    world.stock_up(&mut first, 10).await;
    world.cleared("B1", 1).await;
    first.sync(&world, 5, vec![]).await;
    let (world, backup) = backed_up(world).await;
    let given = first.leases.remove(0);
    first.record(Fact::LeaseDropped(LeaseDropped {
        order: order_of(&given).order.clone(),
        grant: given.grant.clone(),
        fence: given.fence,
        why: "handed_back".into(),
    }));
    first.sync(&world, 0, vec![]).await;
    second.sync(&world, 5, vec![]).await;
    let lease = second.leases[0].clone();
    assert!(lease.fence > given.fence);
    second.release(&lease);
    let world = put_back(world, &backup).await;
    assert_eq!(world.state("B1").await, "leased");
    Some((world, first, second))
}

#[tokio::test]
async fn a_release_under_a_later_fence_ends_what_the_copy_remembers() {
    let Some((world, mut first, mut second)) = packed_by_another_than_the_copy_remembers().await
    else {
        return;
    };
    // Whoever packed it is heard before whoever gave it back.
    second.sync(&world, 5, vec![]).await;
    assert_eq!(world.state("B1").await, "released");
    // A gap is asked for, the epoch is learned with a fresh view, and then each speaks under it.
    for _ in 0..3 {
        second.sync(&world, 5, vec![]).await;
        first.sync(&world, 5, vec![]).await;
    }
    assert!(recovery(&world).await["recovery"].is_null());
    assert_eq!(world.state("B1").await, "released");
    // It stays so, however often they call.
    for _ in 0..2 {
        second.sync(&world, 5, vec![]).await;
        first.sync(&world, 5, vec![]).await;
    }
    assert!(recovery(&world).await["recovery"].is_null());
    assert!(first.leases.is_empty() && second.leases.is_empty());
}

#[tokio::test]
async fn whoever_still_follows_the_feed_that_was_lost_is_not_heard_yet() {
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return;
    }
    let mut bench = world.station(7).await;
    let (world, backup) = backed_up(world).await;
    world.stock_up(&mut bench, 10).await;
    let lost = bench.cursor;
    let world = put_back(world, &backup).await;
    // Its journal is taken back and it has learned of the new epoch, but not of the feed: the picture
    // was cut off on its way, or its disk is full.
    for _ in 0..3 {
        bench.sync(&world, 0, vec![]).await;
        bench.cursor = lost;
    }
    let waiting = recovery(&world).await;
    assert_eq!(
        (&waiting["recovery"]["because"], &waiting["silent"]),
        (&json!("restored"), &json!([bench.series.device]))
    );
    assert_eq!(waiting["recovery"]["heard"], json!([]));
    // With a fresh view it is heard, and nothing is taken back a second time.
    for _ in 0..4 {
        bench.sync(&world, 0, vec![]).await;
    }
    assert!(recovery(&world).await["recovery"].is_null());
}

#[tokio::test]
async fn what_an_earlier_holder_gives_back_is_not_answered_cancelled_while_a_later_one_was_not_heard()
 {
    let Some((world, mut first, mut second)) = packed_by_another_than_the_copy_remembers().await
    else {
        return;
    };
    assert_eq!(cancel(&world, "B1").await["answer"], "pending");
    for _ in 0..3 {
        first.sync(&world, 5, vec![]).await;
    }
    assert_eq!(cancel(&world, "B1").await["answer"], "pending");
    for _ in 0..3 {
        second.sync(&world, 5, vec![]).await;
    }
    assert!(recovery(&world).await["recovery"].is_null());
    assert_eq!(world.state("B1").await, "released");
}

/// Nobody can tell of which order the parcel is: any of them may stand there packed.
#[tokio::test]
async fn a_release_that_cannot_be_read_leaves_every_cleared_order_to_a_supervisor_after_a_recovery()
{
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return;
    }
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    world.cleared("B2", 1).await;
    let (world, backup) = backed_up(world).await;
    bench.sync(&world, 1, vec![]).await;
    let lease = bench.leases[0].clone();
    let packed = order_of(&lease).order.clone();
    bench.release(&lease);
    bench.newer_than_the_platform();
    let world = put_back(world, &backup).await;
    for _ in 0..2 {
        bench.sync(&world, 5, vec![]).await;
    }
    assert!(recovery(&world).await["recovery"].is_null());
    // Both are cleared to the platform's knowledge, and neither is given to anybody.
    for order_no in ["B1", "B2"] {
        assert_eq!(world.state(order_no).await, "cleared");
    }
    let mut another = world.station(8).await;
    another.sync(&world, 5, vec![]).await;
    assert!(bench.leases.is_empty() && another.leases.is_empty());
    // A supervisor looks: the other order's goods lie on the shelf. Only that one goes on.
    let other = ["B1", "B2"].into_iter().find(|no| *no != packed.order_no);
    let other = other.unwrap();
    let lift = json!({ "is": "lift", "by": "supervisor" });
    world
        .admin("POST", &format!("/v1/admin/orders/{SHOP}/{other}"), &lift)
        .await
        .ok();
    another.sync(&world, 5, vec![]).await;
    let given: Vec<_> = another
        .leases
        .iter()
        .map(|lease| order_of(lease).order.order_no.clone())
        .collect();
    assert_eq!(given, [other]);
}

async fn checkpoint(world: &World, day: &str) -> Value {
    let path = format!("/v1/admin/checkpoint{day}");
    world.admin("GET", &path, &Value::Null).await.ok()["note"].clone()
}

#[tokio::test]
async fn a_days_checkpoint_is_the_same_for_ever_and_shows_that_a_restored_feed_is_another() {
    let world = World::open().await;
    if world.config.storage != Storage::Embedded {
        return;
    }
    let mut bench = world.station(7).await;
    let (world, backup) = backed_up(world).await;
    world.stock_up(&mut bench, 10).await;
    bench.sync(&world, 0, vec![]).await;
    let kept = checkpoint(&world, "").await;
    let key = bench.authority_key();
    let read = Checkpoint::open(kept.as_str().unwrap(), &key).unwrap();
    // Whoever follows the feed can check it by what lies here.
    assert_eq!((read.pos, read.hash), (bench.cursor.pos, bench.cursor.hash));

    world.pass(Span::minutes(24 * 60)).await;
    world.buy("B1", 1).await;
    let that_day = format!("?day={}", read.day);
    assert_eq!(checkpoint(&world, &that_day).await, kept);
    assert_ne!(checkpoint(&world, "").await, kept);
    for day in ["2099-01-01", "yesterday"] {
        let path = format!("/v1/admin/checkpoint?day={day}");
        let refused = world.admin("GET", &path, &Value::Null).await;
        assert!((400..=422).contains(&refused.status));
    }

    let world = put_back(world, &backup).await;
    let now = checkpoint(&world, &that_day).await;
    let now = Checkpoint::open(now.as_str().unwrap(), &key).unwrap();
    assert!(now.pos < read.pos, "it cannot hide what it has forgotten");
}
