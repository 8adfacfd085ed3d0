//! Carriers: numbers that must be right and must not run out, and parcels found again.

use crate::support::{CARRIER, Key, Reply, World};
use bondhouse_customs::Message;
use bondhouse_domain::customs::{Document, WaybillStatus};
use bondhouse_domain::time::{Instant, Span, Zone};
use serde_json::{Value, json};

async fn fill(world: &World, carrier: &Key, pool: &Value) -> Reply {
    world.post(carrier, "/v1/carrier/number-pools", pool).await
}

/// What the first carrier says of parcels: number, status, when.
async fn say(world: &World, parcels: &[(&str, &str, Instant)]) -> Reply {
    let documents = parcels.iter().map(|(waybill, status, at)| {
        Document::WaybillStatus(WaybillStatus {
            logistics_code: CARRIER.into(),
            logistics_name: "示例快递".into(),
            logistics_no: (*waybill).into(),
            logistics_status: (*status).into(),
            logistics_time: Some(*at),
            ..WaybillStatus::default()
        })
    });
    let xml = bondhouse_customs::write(&Message::of(documents), Zone::SHANGHAI).unwrap();
    let path = "/v1/carrier/statuses";
    world.post_xml(&world.carrier, path, &xml).await
}

async fn waybill(world: &World, order_no: &str) -> String {
    let progress = world.progress(order_no).await;
    progress["waybill_no"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_carrier_says_how_its_numbers_are_checked_and_a_wrong_one_spoils_the_lot() {
    let world = World::open().await;
    let ems = world.partner("carrier", "3302980E01").await;
    let range =
        json!({ "prefix": "EA", "first": 47_312_482, "count": 3, "digits": 8, "suffix": "CN" });
    let taken = fill(
        &world,
        &ems,
        &json!({ "check_digit": "s10", "range": range }),
    )
    .await
    .ok();
    assert_eq!((&taken["added"], &taken["left"]), (&json!(3), &json!(3)));
    // The rule stays: a list with one digit mistyped is refused whole, and the number named.
    let wrong = json!({ "numbers": ["EA473124855CN", "EA473124850CN"] });
    let refused = fill(&world, &ems, &wrong).await;
    assert_eq!(
        (refused.status, refused.code()),
        (422, "platform.bad_check_digit")
    );
    assert_eq!(refused.body["params"]["number"], "EA473124855CN");
    let pool = world.get(&ems, "/v1/carrier/number-pools").await.ok();
    assert_eq!(
        (&pool["left"], &pool["check_digit"], &pool["low"]),
        (&json!(3), &json!("s10"), &json!(true))
    );
    // A serial the rule cannot close is no range.
    let long =
        json!({ "range": { "prefix": "EA", "first": 1, "count": 1, "digits": 9, "suffix": "CN" } });
    assert_eq!(fill(&world, &ems, &long).await.status, 422);
}

#[tokio::test]
async fn a_pool_that_runs_low_is_told_before_it_is_empty_and_an_empty_one_only_makes_orders_wait() {
    let world = World::open().await;
    fill(&world, &world.carrier, &json!({ "warn_at": 48 }))
        .await
        .ok();
    let operator = || async {
        let pools = world
            .admin("GET", "/v1/admin/number-pools", &Value::Null)
            .await;
        let metrics =
            crate::support::reply(world.http.get(world.platform.url() + "/metrics")).await;
        let low = "bondhouse_waybill_pools_low{warehouse=\"NB01\"} 1";
        let is_low = metrics.body.as_str().unwrap().contains(low);
        (pools.ok()[0].clone(), is_low)
    };
    let (before, low) = operator().await;
    assert_eq!(
        (&before["left"], &before["low"], low),
        (&json!(50), &json!(false), false)
    );
    for n in 1..=2 {
        world.buy(&format!("B{n}"), 1).await;
    }
    let (now, low) = operator().await;
    assert_eq!(
        (&now["left"], &now["low"], &now["used_in_a_day"], low),
        (&json!(48), &json!(true), &json!(2), true)
    );
    let own = world
        .get(&world.carrier, "/v1/carrier/number-pools")
        .await
        .ok();
    assert_eq!(own, now);
    for n in 3..=51 {
        world.buy(&format!("B{n}"), 1).await;
    }
    let waits = world.progress("B51").await;
    assert_eq!(waits["waits_for"][0]["code"], "platform.no_waybill_number");
    fill(
        &world,
        &world.carrier,
        &json!({ "numbers": ["YT2000000000000"] }),
    )
    .await
    .ok();
    assert_eq!(waybill(&world, "B51").await, "YT2000000000000");
}

#[tokio::test]
async fn a_parcel_is_found_again_with_its_route_and_all_that_was_said_of_it_in_its_order() {
    let world = World::open().await;
    world.buy("B1", 1).await;
    let number = waybill(&world, "B1").await;
    let now = world.clock.now();
    let at = |minutes: i64| now.plus(Span::minutes(minutes));
    // The last word came first; what was under way an hour before does not take it back.
    for said in [("S", 60), ("R", 0), ("R", 0)] {
        let reply = say(&world, &[(&number, said.0, at(said.1))]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    let path = format!("/v1/carrier/waybills/{number}");
    let parcel = world.get(&world.carrier, &path).await.ok();
    let told = json!([
        { "status": "R", "at": at(0).as_millis() },
        { "status": "S", "at": at(60).as_millis() },
    ]);
    assert_eq!(
        (
            &parcel["sort_code"],
            &parcel["place"],
            &parcel["status"],
            &parcel["told"]
        ),
        (&json!("755-F15-83"), &json!("waiting"), &json!("S"), &told)
    );
    assert_eq!(world.progress("B1").await["tracking"], told);
    // One stranger among them spoils nobody else's.
    world.buy("B2", 1).await;
    let second = waybill(&world, "B2").await;
    let mixed = say(&world, &[("YT0", "S", now), (&second, "R", now)]).await;
    assert_eq!(mixed.status, 207);
    assert_eq!(
        mixed.body["results"][0]["refusal"]["code"],
        "platform.unknown_waybill"
    );
    assert_eq!(world.progress("B2").await["tracking"][0]["status"], "R");
    // The same in JSON, one or a list.
    let word = |number: &str, status: &str| {
        json!({ "logistics_code": CARRIER, "logistics_no": number, "logistics_status": status,
            "logistics_time": at(90).as_millis() })
    };
    for (sent, status) in [
        (word(&second, "T"), 200),
        (json!([word("YT0", "S"), word(&second, "S")]), 207),
    ] {
        let reply = world
            .post(&world.carrier, "/v1/carrier/statuses", &sent)
            .await;
        assert_eq!(reply.status, status, "{}", reply.body);
    }
    let parcel = format!("/v1/carrier/waybills/{second}");
    let parcel = world.get(&world.carrier, &parcel).await.ok();
    assert_eq!(parcel["told"].as_array().unwrap().len(), 3, "{parcel}");
    // Another carrier finds nothing under the number.
    let other = world.partner("carrier", "3302980E01").await;
    assert_eq!(world.get(&other, &path).await.status, 404);
}
