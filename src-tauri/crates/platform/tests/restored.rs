//! A platform that was restored from a backup: what it answers, whom it hears, and when it goes on.
//!
//! Only a database in a file is put back here; one on a server is restored by the server's own tools.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use bondhouse_platform::{Config, Storage};
use serde_json::{Value, json};
use support::gate::cancel;
use support::{SHOP, World};

fn file(config: &Config) -> std::path::PathBuf {
    config.data.join("platform.db")
}

async fn recovery(world: &World) -> Value {
    world
        .admin("GET", "/v1/admin/recovery", &Value::Null)
        .await
        .ok()
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
    let mut backup = Vec::new();
    let world = world
        .restarted(|config| backup = std::fs::read(file(config)).unwrap())
        .await;

    // One call is still on its way when the bench is granted both orders and packs one of them.
    let under_way = bench.request(0, vec![]);
    bench.sync(&world, 5, vec![]).await;
    let of = |order_no: &str| {
        let mut leases = bench.leases.iter();
        leases
            .find(|lease| support::station::order_of(lease).order.order_no == order_no)
            .unwrap()
            .clone()
    };
    let (first, second) = (of("B1"), of("B2"));
    bench.release(&first);
    let world = world
        .restarted(|config| {
            std::fs::write(file(config), &backup).unwrap();
            bondhouse_platform::restored(config).unwrap();
        })
        .await;

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
