//! Days of a town against the real platform, over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod clerk;

use bondhouse_platform::Platform;
use bondhouse_protocol::wire::Ask;
use bondhouse_town::{Config, Faults, Tally, Temper, Town};
use clerk::Clerk;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Long enough for a busy machine; a story that hangs is a story that failed.
const PATIENCE: usize = 600;

async fn platform() -> (Platform, TempDir) {
    let data = TempDir::new().unwrap();
    (
        Platform::start(bondhouse_platform::Config::at(data.path()))
            .await
            .unwrap(),
        data,
    )
}

/// A calm town with so many orders and none after them.
fn calm(platform: &Platform, seed: u64, orders: u64, memory: &Path) -> Config {
    Config {
        orders,
        orders_a_day: 0,
        speed: 300,
        data: Some(memory.to_owned()),
        ..Config::calm(platform.url(), platform.admin_key(), seed)
    }
}

async fn start(config: Config) -> Town {
    tokio::task::spawn_blocking(move || Town::start(config))
        .await
        .unwrap()
        .unwrap()
}

async fn stop(town: Town) {
    tokio::task::spawn_blocking(move || town.stop())
        .await
        .unwrap()
        .unwrap();
}

/// Counts every notice of the beginning.
async fn receive_everything(clerk: &mut Clerk, town: &Town, notices: usize) {
    for _ in 0..PATIENCE {
        clerk.look().await;
        if clerk.receivable().len() == notices {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let receivable = clerk.receivable();
    assert_eq!(receivable.len(), notices, "not every truck came in");
    for notice in receivable {
        clerk.receive(town.world(), &notice).await;
    }
}

/// Waits until the town has done so much.
async fn until(town: &Town, done: impl Fn(&Tally) -> bool) {
    for _ in 0..PATIENCE {
        if done(&town.tally()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never came to it: {:?}", town.tally());
}

/// How many orders stand in each state.
async fn states(clerk: &Clerk, town: &Town, orders: u64) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for n in 0..orders {
        let order = town.world().order(n).order;
        *found
            .entry(clerk.state(&order.ebp_code, &order.order_no).await)
            .or_default() += 1;
    }
    found
}

/// Waits until every order is in one of these states.
async fn all_in(
    clerk: &Clerk,
    town: &Town,
    orders: u64,
    wanted: &[&str],
) -> BTreeMap<String, usize> {
    for _ in 0..PATIENCE {
        let found = states(clerk, town, orders).await;
        if found.keys().all(|state| wanted.contains(&state.as_str())) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!(
        "{:?} are not all in {wanted:?}",
        states(clerk, town, orders).await
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calm_day_goes_from_the_trucks_to_the_buyers_doors() {
    let (platform, _data) = platform().await;
    let memory = TempDir::new().unwrap();
    let town = start(calm(&platform, 7, 12, memory.path())).await;
    assert_eq!(
        (town.world().merchants().len(), town.world().items().len()),
        (3, 60)
    );
    let mut clerk = Clerk::enrol(&platform).await;

    // Nothing can be declared before the trucks are counted; then customs clears everything.
    receive_everything(&mut clerk, &town, 3).await;
    all_in(&clerk, &town, 12, &["cleared"]).await;

    // Packed, bundled, loaded; the carrier drives to the gate when the vehicle leaves the dock.
    assert_eq!(clerk.pack().await, 12);
    assert_eq!(
        clerk
            .ask(Ask::RequestPass {
                vehicle: "浙B88888".into()
            })
            .await,
        None
    );
    assert_eq!(drive(&mut clerk).await, 12);
    all_in(&clerk, &town, 12, &["delivered"]).await;
    // Received, compared, declared, cleared, leased, released, bundled, loaded, gone, delivered.
    until(&town, |tally| tally.heard >= 12 * 10).await;
    // Quarantine passed three trucks by their papers; three institutions remitted to three merchants.
    until(&town, |tally| tally.documents >= 3 + 3).await;

    assert_eq!(clerk.unmatched().await, serde_json::json!([]));
    let tally = town.tally();
    assert_eq!(
        (tally.released, tally.refused, tally.turned_away),
        (12, 0, 0)
    );
    // The shops' own servers heard of every step, each once; the institutions' records agree.
    assert_eq!(tally.missed, 0);
    // The warehouse's midnight may have passed since the town was founded.
    let from = town.world().founded();
    let to = from.succ_opt().unwrap();
    for merchant in town.world().merchants() {
        let path = format!(
            "/v1/admin/settlement?owner={}&from={from}&to={to}",
            merchant.owner
        );
        let statement = clerk.ask_operator(&path).await;
        let wrong = statement["differences"].as_array().unwrap().iter();
        let wrong: Vec<_> = wrong
            .filter(|one| one["code"] != "settlement.tax_differs")
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    stop(town).await;
    platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_van_that_weighs_something_else_than_its_pass_says_is_turned_back_until_its_weight_is_listed()
 {
    let (platform, _data) = platform().await;
    let memory = TempDir::new().unwrap();
    let town = start(calm(&platform, 7, 2, memory.path())).await;
    let mut clerk = Clerk::enrol(&platform).await;
    receive_everything(&mut clerk, &town, 3).await;
    all_in(&clerk, &town, 2, &["cleared"]).await;
    // The forwarder said what its trucks weigh, and the weighbridge found them so.
    let came_in = clerk.ask_operator("/v1/admin/passes?state=passed").await;
    let came_in = came_in.as_array().unwrap();
    assert_eq!(came_in.len(), 3);
    for pass in came_in {
        assert!(!pass["weighed"].is_null(), "{pass}");
        assert_eq!(pass["says"], serde_json::json!([]), "{pass}");
    }

    assert_eq!(clerk.pack().await, 2);
    let (plate, kg) = bondhouse_town::world::VANS[0];
    let vehicle = || plate.to_owned();
    let ask = Ask::RequestPass { vehicle: vehicle() };
    assert_eq!(clerk.ask(ask).await, None);
    assert_eq!(drive(&mut clerk).await, 2);
    until(&town, |tally| tally.turned_back == 1).await;
    let mut refused = serde_json::Value::Null;
    for _ in 0..PATIENCE {
        let mut passes = clerk.ask_operator("/v1/admin/passes?state=refused").await;
        if let Some(pass) = passes.get_mut(0) {
            refused = pass.take();
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        [&refused["says"][0]["code"], &refused["says"][1]["code"]],
        ["platform.pass_weight_differs", "platform.vehicle_unlisted"],
        "{refused}"
    );
    assert_eq!(refused["debit"]["code"], "platform.debit_done");
    let cases = clerk.ask_operator("/v1/admin/cases").await;
    assert_eq!(cases[0]["code"], "WEIGHT_DIFFERS", "{cases}");
    assert_eq!(town.tally().signed_for, 0);

    // The operator lists what it weighs and applies again; it is loaded once more and drives out.
    let listed = serde_json::json!([{ "vehicle": plate, "weight": kg.to_string() }]);
    clerk.tell_operator("/v1/admin/vehicles", &listed).await;
    let again = format!(
        "/v1/admin/passes/{}/again",
        refused["own_no"].as_str().unwrap()
    );
    let body = serde_json::json!({ "vehicle": plate });
    clerk.tell_operator(&again, &body).await;
    assert_eq!(drive(&mut clerk).await, 2);
    all_in(&clerk, &town, 2, &["delivered"]).await;
    assert_eq!(town.tally().turned_back, 1);
    stop(town).await;
    platform.stop().await.unwrap();
}

/// Loads everything on the approved pass and lets the vehicle go; answers how many parcels that are.
async fn drive(clerk: &mut Clerk) -> usize {
    for _ in 0..PATIENCE {
        clerk.look().await;
        if !clerk.passes("approved").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let pass = clerk.passes("approved").remove(0);
    let parcels = pass.parcels.len();
    for parcel in pass.parcels {
        let load = Ask::Load {
            pass: pass.pass.clone(),
            waybill: parcel.waybill,
        };
        assert_eq!(clerk.ask(load).await, None);
    }
    assert_eq!(clerk.ask(Ask::Depart { pass: pass.pass }).await, None);
    parcels
}

#[tokio::test(flavor = "multi_thread")]
async fn a_town_that_is_stopped_goes_on_where_it_stood() {
    let (platform, _data) = platform().await;
    let memory = TempDir::new().unwrap();
    let config = calm(&platform, 3, 6, memory.path());
    let town = start(config.clone()).await;
    let mut clerk = Clerk::enrol(&platform).await;
    receive_everything(&mut clerk, &town, 3).await;
    stop(town).await;

    // Started again it knows its keys, sends nothing twice and answers what it had not answered.
    let town = start(config).await;
    all_in(&clerk, &town, 6, &["cleared"]).await;
    assert_eq!(
        clerk.state("3302960M01", &town.world().order_no(6)).await,
        "unknown"
    );
    stop(town).await;

    // Somebody else's town cannot take its place.
    let other = Config::calm(platform.url(), platform.admin_key(), 3);
    let refused = tokio::task::spawn_blocking(move || Town::start(other).err())
        .await
        .unwrap();
    assert!(refused.unwrap().to_string().contains("registered already"));
    platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_bad_day_every_order_is_cleared_or_cancelled_in_the_end() {
    let (platform, _data) = platform().await;
    let memory = TempDir::new().unwrap();
    let config = Config {
        temper: Temper {
            reviews: 200,
            inspections: 200,
            refusals: 100,
            wrong_payments: 200,
            cancellations: 100,
            ..Temper::USUAL
        },
        faults: Faults {
            late: 200,
            doubled: 200,
            lost: 100,
            contradictory: 100,
        },
        ..calm(&platform, 5, 40, memory.path())
    };
    let town = start(config).await;
    let mut clerk = Clerk::enrol(&platform).await;
    receive_everything(&mut clerk, &town, 3).await;
    let found = all_in(&clerk, &town, 40, &["cleared", "cancelled"]).await;
    assert!(found["cleared"] > 20, "{found:?}");
    let tally = town.tally();
    assert!(tally.refused > 0, "customs refused nothing");
    // A late receipt may be overtaken by the tax bill that follows it; nothing else goes unmatched.
    let unmatched = clerk.unmatched().await;
    assert!(
        unmatched
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["kind"] == "CEB816"),
        "{unmatched}"
    );
    stop(town).await;
    platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn customs_refuses_what_the_platform_passed_until_its_shop_gives_up() {
    let (platform, _data) = platform().await;
    let memory = TempDir::new().unwrap();
    let config = Config {
        temper: Temper {
            refusals: 1_000,
            ..Temper::CALM
        },
        ..calm(&platform, 7, 2, memory.path())
    };
    let town = start(config).await;
    let mut clerk = Clerk::enrol(&platform).await;
    receive_everything(&mut clerk, &town, 3).await;
    all_in(&clerk, &town, 2, &["cancelled"]).await;
    // Declared, and corrected three times: the platform found nothing wrong with any of them.
    let tally = town.tally();
    assert_eq!((tally.refused, tally.released), (2 * 4, 0));
    stop(town).await;
    platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn customs_releases_what_the_platform_holds_and_only_a_supervisor_lets_it_go() {
    let (platform, _data) = platform().await;
    let memory = TempDir::new().unwrap();
    let config = Config {
        temper: Temper {
            second_thoughts: 1_000,
            ..Temper::CALM
        },
        ..calm(&platform, 7, 4, memory.path())
    };
    let town = start(config).await;
    let mut clerk = Clerk::enrol(&platform).await;
    receive_everything(&mut clerk, &town, 3).await;
    all_in(&clerk, &town, 4, &["cleared"]).await;
    until(&town, |tally| (tally.released, tally.doubted) == (4, 4)).await;
    let held = async |order: &bondhouse_domain::customs::Order| {
        let path = format!("/v1/admin/orders/{}/{}", order.ebp_code, order.order_no);
        for _ in 0..PATIENCE {
            let progress = clerk.ask_operator(&path).await;
            if progress["held_by"] == serde_json::json!(["supervisor"]) {
                return path;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} is not held");
    };
    let mut paths = Vec::new();
    for n in 0..4 {
        paths.push(held(&town.world().order(n).order).await);
    }
    assert_eq!(clerk.pack().await, 0);
    let lift = serde_json::json!({ "is": "lift", "by": "supervisor" });
    for path in paths {
        clerk.tell_operator(&path, &lift).await;
    }
    assert_eq!(clerk.pack().await, 4);
    stop(town).await;
    platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_quarantine_samples_is_blocked_and_free_again_in_the_end() {
    let (platform, _data) = platform().await;
    let memory = TempDir::new().unwrap();
    let config = Config {
        temper: Temper {
            samplings: 1_000,
            ..Temper::CALM
        },
        ..calm(&platform, 7, 4, memory.path())
    };
    let town = start(config).await;
    let mut clerk = Clerk::enrol(&platform).await;
    receive_everything(&mut clerk, &town, 3).await;
    // Three documents about each of three trucks, and the institutions' records.
    for _ in 0..PATIENCE {
        if town.tally().documents >= 9
            && clerk.ask_operator("/v1/admin/holds").await == serde_json::json!([])
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let stock = clerk.ask_operator("/v1/admin/stock").await;
    let buckets = stock
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["bucket"].clone());
    assert!(buckets.clone().count() > 0);
    assert!(
        buckets.into_iter().all(|bucket| bucket == "available"),
        "{stock}"
    );
    assert_eq!(town.tally().turned_away, 0);
    stop(town).await;
    platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_sends_the_same_orders_to_another_platform() {
    let mut waybills = Vec::new();
    for _ in 0..2 {
        let (platform, _data) = platform().await;
        let memory = TempDir::new().unwrap();
        let town = start(calm(&platform, 99, 5, memory.path())).await;
        let clerk = Clerk::enrol(&platform).await;
        all_in(&clerk, &town, 5, &["compared"]).await;
        waybills.push((0..5).map(|n| town.world().order_no(n)).collect::<Vec<_>>());
        stop(town).await;
        platform.stop().await.unwrap();
    }
    assert_eq!(waybills[0], waybills[1]);
}
