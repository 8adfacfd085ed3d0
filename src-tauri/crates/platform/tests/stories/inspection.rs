//! Inspection and quarantine orders, and customs' own inspection: a hold reaches the goods wherever they are.

use crate::support::station::{Station, order_of};
use crate::support::{MILK, OWNER, Reply, SHOP, World};
use bondhouse_domain::feed::News;
use bondhouse_domain::orders::{HoldBy, State};
use bondhouse_domain::stock::{Bucket, Place};
use bondhouse_protocol::wire::Ask;
use serde_json::{Value, json};

async fn order(world: &World, body: &Value) -> Reply {
    world
        .post(&world.inspection, "/v1/inspection/orders", body)
        .await
}

/// The one application there is.
async fn application(world: &World) -> String {
    let all = world
        .get(&world.inspection, "/v1/inspection/applications")
        .await
        .ok();
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(
        (&all[0]["notice"], &all[0]["lines"][0]["lot"]),
        (&json!("RK001"), &json!("L1"))
    );
    all[0]["application"].as_str().unwrap().to_owned()
}

fn about(number: &str, what: &str, application: &str) -> Value {
    json!({ "number": number, "what": what, "application": application })
}

async fn lying(world: &World) -> Vec<(String, String)> {
    let stock = world
        .admin("GET", "/v1/admin/stock", &Value::Null)
        .await
        .ok();
    let lines = stock.as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines
        .map(|line| (text(&line["bucket"]), text(&line["qty"])))
        .collect()
}

fn one(bucket: &str, qty: &str) -> (String, String) {
    (bucket.to_owned(), qty.to_owned())
}

/// What became blocked, as the feed tells a workstation.
fn blocked(bench: &Station) -> Vec<String> {
    let moved = bench.news().into_iter().filter_map(|news| match news {
        News::Moved(moved) => Some(moved.stock),
        _ => None,
    });
    let into = moved.flatten().filter(|movement| {
        matches!(
            &movement.to,
            Place::Inside {
                bucket: Bucket::Blocked,
                ..
            }
        )
    });
    into.map(|movement| movement.qty.to_string()).collect()
}

#[tokio::test]
async fn a_sampling_notice_blocks_the_shelf_at_every_workstation_until_the_release() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 2).await;
    let application = application(&world).await;

    let sampling = about("JY1", "sampling", &application);
    assert_eq!(
        order(&world, &sampling).await.ok()["results"][0]["taken"],
        "new"
    );
    assert_eq!(
        order(&world, &sampling).await.ok()["results"][0]["taken"],
        "known"
    );
    let other = about("JY1", "release", &application);
    assert_eq!(
        order(&world, &other).await.status,
        422,
        "another document under this number"
    );
    assert_eq!(lying(&world).await, [one("blocked", "10")]);
    let told = bench.sync(&world, 5, vec![]).await;
    assert_eq!(blocked(&bench), ["10"]);
    assert!(told.grants.is_empty(), "nothing to grant from");

    // Two tins are used up in the laboratory; the rest passes and is free again.
    let mut result = about("JY2", "result", &application);
    result["passed"] = true.into();
    result["lines"] = json!([{ "line": 1, "used_up": "2" }]);
    order(&world, &result).await.ok();
    assert_eq!(
        lying(&world).await,
        [one("blocked", "8")],
        "a result frees nothing yet"
    );
    assert_eq!(
        (
            world.booked("booked").await,
            world.booked("destroyed").await
        ),
        ("6".into(), "2".into())
    );
    order(&world, &about("JY3", "release", &application))
        .await
        .ok();
    assert_eq!(lying(&world).await, [one("available", "8")]);
    let standing = format!("/v1/inspection/applications/{application}");
    assert_eq!(
        world.get(&world.inspection, &standing).await.ok()["state"],
        "released"
    );
    assert_eq!(bench.sync(&world, 5, vec![]).await.grants.len(), 1);
}

#[tokio::test]
async fn goods_under_a_recall_are_blocked_when_they_reach_their_shelf_and_destroyed_from_both_books()
 {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_owned();
    let world = World::open_with(|config| config.data = folder).await;
    let mut bench = world.station(7).await;
    let recall = json!({ "number": "JY1", "what": "sampling", "goods": [{ "owner": OWNER, "item": MILK, "lot": "L1" }] });
    order(&world, &recall).await.ok();
    // Counting and putting away go on as if nothing were; what reaches the shelf is blocked there.
    world.stock_up(&mut bench, 10).await;
    assert_eq!(lying(&world).await, [one("blocked", "10")]);
    let holds = world
        .admin("GET", "/v1/admin/holds", &Value::Null)
        .await
        .ok();
    assert_eq!(
        (&holds[0]["number"], &holds[0]["blocked"]),
        (&json!("JY1"), &json!("10"))
    );

    let destroy = json!({ "number": "JY2", "what": "destroy", "goods": [{ "owner": OWNER, "item": MILK, "lot": "L1" }] });
    order(&world, &destroy).await.ok();
    assert_eq!(lying(&world).await, []);
    assert_eq!(
        (
            world.booked("booked").await,
            world.booked("destroyed").await
        ),
        ("0".into(), "10".into())
    );
    let unknown = json!({ "number": "JY3", "what": "sampling", "goods": [{ "owner": OWNER, "item": "NOTHING" }] });
    assert_eq!(order(&world, &unknown).await.status, 422);
    let config = world.config.clone();
    world.platform.stop().await.unwrap();
    assert_eq!(
        crate::support::engine::examine(&config).await.wrong,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn what_a_workstation_packed_meanwhile_is_held_as_a_parcel_and_released_with_its_goods() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 2).await;
    bench.sync(&world, 5, vec![]).await;
    let lease = bench.leases[0].clone();
    let application = application(&world).await;
    order(&world, &about("JY1", "sampling", &application))
        .await
        .ok();
    // Called back, but packed already: the parcel may not go.
    bench.release(&lease);
    bench.sync(&world, 0, vec![]).await;
    let held = world.progress("B1").await;
    assert_eq!(
        (&held["state"], &held["held_by"]),
        (&json!("released"), &json!(["quarantine"]))
    );
    let vehicle = "浙B99999".to_owned();
    assert_eq!(
        bench
            .ask(
                &world,
                Ask::RequestPass {
                    vehicle: vehicle.clone()
                }
            )
            .await
            .as_deref(),
        Some("platform.nothing_to_bundle")
    );
    let lift = json!({ "is": "lift", "by": "quarantine" });
    let refused = world
        .admin("POST", &format!("/v1/admin/orders/{SHOP}/B1"), &lift)
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (403, "platform.only_quarantine")
    );
    order(&world, &about("JY2", "release", &application))
        .await
        .ok();
    assert_eq!(world.progress("B1").await["held_by"], json!([]));
    assert_eq!(bench.ask(&world, Ask::RequestPass { vehicle }).await, None);
    assert_eq!(world.state("B1").await, "bundled");
}

#[tokio::test]
async fn a_lease_given_back_under_a_hold_is_granted_again_from_another_lot_only() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 2).await;
    bench.sync(&world, 5, vec![]).await;
    let application = application(&world).await;
    order(&world, &about("JY1", "sampling", &application))
        .await
        .ok();
    assert_eq!(
        lying(&world).await,
        [one("blocked", "8"), one("reserved", "2")]
    );
    let told = bench.sync(&world, 0, vec![]).await;
    assert_eq!(told.revokes.len(), 1);
    bench.leases.clear();
    let told = bench.sync(&world, 5, vec![]).await;
    assert_eq!(world.state("B1").await, "cleared");
    assert!(told.grants.is_empty());
    assert_eq!(lying(&world).await, [one("blocked", "10")]);
    order(&world, &about("JY2", "release", &application))
        .await
        .ok();
    assert_eq!(bench.sync(&world, 5, vec![]).await.grants.len(), 1);
}

#[tokio::test]
async fn customs_inspection_reaches_an_online_bench_with_its_next_word() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 2).await;
    bench.sync(&world, 5, vec![]).await;
    world.receipt(&list, "500", 1).await;
    let told = bench.sync(&world, 5, vec![]).await;
    assert_eq!(
        (told.revokes[0].why.as_str(), told.grants.len()),
        ("held_by_customs", 0)
    );
    let last = bench.news().into_iter().rev().find_map(|news| match news {
        News::Order(order) if order.order.order_no == "B1" => Some(order),
        _ => None,
    });
    let last = last.unwrap();
    assert_eq!(last.holds, [HoldBy::Customs]);
    assert!(matches!(last.state, State::Leased(_)));
    // Given back, it waits for customs' word and goes on with it.
    bench.leases.clear();
    assert!(bench.sync(&world, 5, vec![]).await.grants.is_empty());
    world.receipt(&list, "800", 2).await;
    assert_eq!(bench.sync(&world, 5, vec![]).await.grants.len(), 1);
    assert_eq!(order_of(&bench.leases[0]).order.order_no, "B1");
}
