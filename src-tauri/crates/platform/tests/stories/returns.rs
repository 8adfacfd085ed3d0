//! Goods come back: granted by customs and back in time, or not; and cancellations to their end.

use crate::support::customs::list_no;
use crate::support::gate::cancel;
use crate::support::station::Station;
use crate::support::{Reply, SHOP, World};
use bondhouse_domain::customs::{Document, MessageKind, Refund, TaxBillStatus};
use bondhouse_domain::time::Span;
use serde_json::{Value, json};

const DAY: i64 = 24 * 60;

/// `tins` tins of one order have left the zone; answers the list's own number.
async fn gone(world: &World, bench: &mut Station, order_no: &str, tins: u32) -> String {
    let list = world.cleared(order_no, tins).await;
    world.bill(&list, 1, "28.21", &[(1, "28.21")]).await;
    crate::support::gate::gone(world, bench, order_no).await;
    world.fetch().await;
    list
}

async fn ask_return(world: &World, number: &str, tins: u32) -> Reply {
    let wanted = json!({ "number": number, "lines": [{ "gnum": 1, "qty": tins.to_string() }], "reason": "七天无理由退货" });
    let path = format!("/v1/shop/orders/{SHOP}/B1/returns");
    world.post(&world.shop, &path, &wanted).await
}

/// The one application in what was fetched.
async fn applied(world: &World) -> Refund {
    match world.fetch().await.as_slice() {
        [Document::Refund(refund)] => refund.clone(),
        other => panic!("{other:?}"),
    }
}

async fn answer(world: &World, return_no: &str, status: &str) {
    world
        .receipt_of(MessageKind::Ceb626, return_no, status, world.clock.now())
        .await;
}

async fn arrived(world: &World, return_no: &str, condition: &str) -> Reply {
    let path = format!("/v1/admin/returns/{return_no}/arrived");
    world
        .admin("POST", &path, &json!({ "condition": condition }))
        .await
}

async fn stock(world: &World, bucket: &str) -> Value {
    let stock = world
        .admin("GET", "/v1/admin/stock", &Value::Null)
        .await
        .ok();
    let found = stock
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["bucket"] == bucket);
    found.map_or(json!("0"), |line| line["qty"].clone())
}

#[tokio::test]
async fn a_return_that_is_granted_and_back_in_time_gives_ledger_stock_tax_and_quota_back() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = gone(&world, &mut bench, "B1", 3).await;
    assert_eq!(world.booked("left").await, "3");

    // One of three tins first.
    let reply = ask_return(&world, "RT1", 1).await;
    assert_eq!(
        (reply.status, reply.body["state"].as_str()),
        (202, Some("applied"))
    );
    let refund = applied(&world).await;
    assert_eq!(
        (
            refund.head.invt_no.clone(),
            refund.lines[0].gnum,
            refund.lines[0].qty.to_string()
        ),
        (list_no(&list), 1, "1".into())
    );
    // The same again is the same return; more than is out is none.
    assert_eq!(
        ask_return(&world, "RT1", 1).await.ok()["return_no"],
        refund.head.cop_no
    );
    assert!(world.fetch().await.is_empty(), "applied for once");
    assert_eq!(
        ask_return(&world, "RT2", 3).await.code(),
        "platform.return_too_many"
    );
    for status in ["2", "300", "399", "399"] {
        answer(&world, &refund.head.cop_no, status).await;
    }
    assert_eq!(
        world.progress("B1").await["returns"][0]["state"],
        "accepted"
    );
    assert_eq!(
        world.booked("left").await,
        "3",
        "not before the goods are back"
    );
    let back = arrived(&world, &refund.head.cop_no, "sellable").await.ok();
    // A third of 28.21.
    assert_eq!(
        (&back["state"], &back["refund"]),
        (&json!("completed"), &json!("9.4"))
    );
    assert_eq!(
        (world.booked("left").await, world.booked("booked").await),
        ("2".into(), "8".into())
    );
    assert_eq!(stock(&world, "available").await, "8");
    assert_eq!(
        world.state("B1").await,
        "gated_out",
        "two tins are still with the buyer"
    );
    assert_eq!(
        arrived(&world, &refund.head.cop_no, "sellable")
            .await
            .code(),
        "platform.return_over"
    );

    // The rest comes back before customs has answered, and damaged.
    ask_return(&world, "RT2", 2).await.ok();
    let rest = applied(&world).await.head.cop_no;
    assert_eq!(
        arrived(&world, &rest, "damaged").await.ok()["state"],
        "arrived"
    );
    answer(&world, &rest, "399").await;
    let whole = world.progress("B1").await;
    assert_eq!(
        (&whole["state"], &whole["returns"][1]["refund"]),
        (&json!("returned"), &json!("18.81")),
        "together the whole tax"
    );
    assert_eq!(
        (world.booked("left").await, world.booked("booked").await),
        ("0".into(), "10".into())
    );
    assert_eq!(
        (
            stock(&world, "available").await,
            stock(&world, "blocked").await
        ),
        (json!("8"), json!("2"))
    );
    let told = world
        .get(&world.shop, "/v1/shop/changes?limit=500")
        .await
        .ok();
    assert_eq!(
        told.as_array().unwrap().last().unwrap()["returning"],
        json!(["RT2", "completed"])
    );
    let seen = world.get(&world.shop, "/v1/shop/returns/RT2").await.ok();
    assert_eq!(seen["state"], "completed");
}

#[tokio::test]
async fn what_came_back_counts_no_more_towards_the_buyers_year() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 200).await;
    // Five orders of 4,810 yuan each; a sixth would pass the 26,000 of a year.
    gone(&world, &mut bench, "B1", 24).await;
    for order_no in ["B2", "B3", "B4", "B5", "B6"] {
        world.buy(order_no, 24).await;
    }
    let states = [world.state("B5").await, world.state("B6").await];
    assert_eq!(states, ["declared", "received"]);
    world.fetch().await;
    ask_return(&world, "RT1", 20).await.ok();
    let return_no = applied(&world).await.head.cop_no;
    answer(&world, &return_no, "399").await;
    assert_eq!(world.state("B6").await, "received");
    arrived(&world, &return_no, "sellable").await.ok();
    assert_eq!(world.state("B6").await, "declared");
}

#[tokio::test]
async fn what_customs_refuses_or_what_comes_too_late_stays_outside_both_books() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    gone(&world, &mut bench, "B1", 3).await;
    ask_return(&world, "RT1", 1).await.ok();
    let refused = applied(&world).await.head.cop_no;
    answer(&world, &refused, "100").await;
    assert_eq!(
        arrived(&world, &refused, "sellable").await.code(),
        "platform.return_over"
    );

    // Refused, so all three may be asked for again; on the last day that is not too late.
    world.pass(Span::minutes(30 * DAY)).await;
    ask_return(&world, "RT2", 3).await.ok();
    let late = applied(&world).await.head.cop_no;
    answer(&world, &late, "399").await;
    assert_eq!(world.state("B1").await, "returning");
    world.pass(Span::minutes(16 * DAY)).await;
    let ended = world.get(&world.shop, "/v1/shop/returns/RT2").await.ok();
    assert_eq!(
        (&ended["state"], &ended["refund"]),
        (&json!("late"), &json!("0"))
    );
    assert_eq!(
        (world.booked("left").await, world.booked("booked").await),
        ("3".into(), "7".into())
    );
    assert_eq!(
        ask_return(&world, "RT3", 1).await.code(),
        "platform.return_too_late"
    );
}

#[tokio::test]
async fn what_has_not_left_is_no_return_and_another_shops_return_is_unknown() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    assert_eq!(
        ask_return(&world, "RT1", 1).await.code(),
        "platform.not_returnable"
    );
    let rival = world.partner("shop", "3301960R01").await;
    let wanted = json!({ "number": "X", "lines": [{ "gnum": 1, "qty": "1" }], "reason": "x" });
    let path = format!("/v1/shop/orders/{SHOP}/B1/returns");
    assert_eq!(world.post(&rival, &path, &wanted).await.status, 404);
    assert_eq!(
        world.get(&rival, "/v1/shop/returns/RT1").await.code(),
        "platform.unknown_return"
    );
}

#[tokio::test]
async fn an_order_to_be_cancelled_whose_list_is_refused_is_cancelled_and_not_left_hanging() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 2).await;
    let list = world.list_declared().await;
    assert_eq!(cancel(&world, "B1").await["answer"], "pending");
    world.receipt(&list, "100", 1).await;
    assert_eq!(world.state("B1").await, "cancelled");
    assert_eq!(world.booked("booked").await, "10");
}

#[tokio::test]
async fn a_cancellation_that_customs_refuses_is_shown_and_asked_again_only_by_a_human() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 2).await;
    cancel(&world, "B1").await;
    assert!(matches!(
        &world.fetch().await[..],
        [Document::Cancellation(_)]
    ));
    world
        .receipt_of(MessageKind::Ceb624, &list, "100", world.clock.now())
        .await;
    let shown = world.progress("B1").await;
    assert_eq!(
        (&shown["state"], &shown["waits_for"][0]["code"]),
        (&json!("cancelled"), &json!("platform.not_withdrawn"))
    );
    world.pass(Span::minutes(1)).await;
    assert!(world.fetch().await.is_empty(), "not asked again by itself");
    assert_eq!(world.booked("pre_out").await, "2");
    let again = json!({ "is": "withdraw_again" });
    world
        .admin("POST", &format!("/v1/admin/orders/{SHOP}/B1"), &again)
        .await
        .ok();
    assert!(matches!(
        &world.fetch().await[..],
        [Document::Cancellation(_)]
    ));
    world
        .receipt_of(
            MessageKind::Ceb624,
            &list,
            "399",
            world.clock.now().plus(Span::minutes(1)),
        )
        .await;
    assert_eq!(
        (world.booked("pre_out").await, world.booked("booked").await),
        ("0".into(), "10".into())
    );
}

#[tokio::test]
async fn once_with_customs_an_order_is_changed_no_more() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let mut order = world.order("B1", 2);
    world
        .post(&world.shop, "/v1/shop/orders", &order)
        .await
        .ok();
    order["app_type"] = "2".into();
    order["consignee_address"] = "广东省深圳市南山区测试路9号".into();
    let changed = world
        .post(&world.shop, "/v1/shop/orders", &order)
        .await
        .ok();
    assert_eq!(changed["results"][0]["taken"], "changed");
    world
        .post(&world.payer, "/v1/payer/payments", &world.payment("B1", 2))
        .await
        .ok();
    assert_eq!(world.state("B1").await, "declared");
    order["consignee_address"] = "广东省深圳市南山区测试路10号".into();
    let late = world.post(&world.shop, "/v1/shop/orders", &order).await;
    assert_eq!(
        late.body["results"][0]["refusal"]["code"],
        "platform.too_late_to_change"
    );
}

#[tokio::test]
async fn a_bill_that_customs_writes_anew_is_given_back_once_and_what_was_given_back_follows_it() {
    for by_line in [true, false] {
        let world = World::open().await;
        let mut bench = world.station(7).await;
        world.stock_up(&mut bench, 10).await;
        let list = gone(&world, &mut bench, "B1", 3).await;
        ask_return(&world, "RT1", 1).await.ok();
        let first = applied(&world).await.head.cop_no;
        answer(&world, &first, "399").await;
        let back = arrived(&world, &first, "sellable").await.ok();
        assert_eq!(back["refund"], "9.4", "a third of 28.21");

        // The first bill was wrong: customs writes another and voids it, in whatever order.
        world.pass(Span::minutes(5)).await;
        let lines: &[(u32, &str)] = if by_line { &[(1, "18")] } else { &[] };
        world.bill(&list, 2, "18", lines).await;
        world
            .deliver(Document::TaxBillStatus(TaxBillStatus {
                invt_no: list_no(&list),
                tax_no: format!("{}_1", list_no(&list)),
                status: "3".into(),
                return_time: Some(world.clock.now()),
                ..TaxBillStatus::default()
            }))
            .await;
        let returned = world.get(&world.shop, "/v1/shop/returns/RT1").await.ok();
        assert_eq!(returned["refund"], "6", "a third of 18");
        world.fetch().await;
        ask_return(&world, "RT2", 2).await.ok();
        let second = applied(&world).await.head.cop_no;
        answer(&world, &second, "399").await;
        let rest = arrived(&world, &second, "sellable").await.ok();
        assert_eq!(
            rest["refund"], "12",
            "together what stands, and not a fen of what was voided"
        );
    }
}
