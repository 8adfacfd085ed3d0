//! What partners ask: enquiry, statistics, milestones; each within its own.

use crate::support::customs::list_no;
use crate::support::{OWNER, World};
use bondhouse_domain::quantity::Money;
use bondhouse_domain::time::Span;
use serde_json::{Value, json};

#[tokio::test]
async fn one_box_finds_an_order_by_any_of_its_numbers() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 2).await;
    let waybill = world.progress("B1").await["waybill_no"]
        .as_str()
        .unwrap()
        .to_owned();
    for number in ["B1", "TB1", &waybill, &list, &list_no(&list)] {
        let found = world
            .admin(
                "GET",
                &format!("/v1/admin/enquiry?number={number}"),
                &Value::Null,
            )
            .await
            .ok();
        assert_eq!(found["orders"][0]["order_no"], "B1", "by {number}");
    }
    let journey = [
        ("departed", 1_795_000_000_000_i64, "Auckland"),
        ("arrived_at_port", 1_795_200_000_000, "宁波北仑港"),
        ("cleared", 1_795_250_000_000, "宁波北仑港"),
        ("at_the_gate", 1_795_300_000_000, "1 号卡口"),
    ];
    let told = journey.map(|(what, at, place)| json!({ "what": what, "at": at, "place": place }));
    let path = "/v1/forwarder/notices/RK001/milestones";
    // Told out of order and each twice.
    for milestone in told.iter().rev().chain(&told) {
        assert_eq!(
            world.post(&world.forwarder, path, milestone).await.status,
            204
        );
    }
    let lost = json!({ "what": "lost_at_sea", "at": 1_795_100_000_000_i64 });
    let refused = world.post(&world.forwarder, path, &lost).await;
    assert_eq!((refused.status, refused.code()), (422, "platform.bad_json"));
    let travelled = json!(told);
    let notice = world
        .admin("GET", "/v1/admin/enquiry?number=RK001", &Value::Null)
        .await
        .ok();
    assert_eq!(
        notice["papers"][0],
        json!({ "kind": "notice", "number": "RK001", "customs_no": null, "state": "closed", "milestones": travelled })
    );
    let standing = world
        .get(&world.forwarder, "/v1/forwarder/notices/RK001")
        .await
        .ok();
    assert_eq!(
        standing,
        json!({ "notice": "RK001", "state": "closed", "milestones": travelled })
    );
    let applications = world
        .get(&world.inspection, "/v1/inspection/applications")
        .await
        .ok();
    let application = applications[0]["application"].as_str().unwrap();
    let path = format!("/v1/admin/enquiry?number={application}");
    let found = world.admin("GET", &path, &Value::Null).await.ok();
    assert_eq!(found["papers"][0]["kind"], "inspection");
    // In the same box a person's number, which stands in no address: what nothing else carries.
    let boxed = async |number: &str| {
        let asked = json!({ "number": number });
        let found = world.admin("POST", "/v1/admin/enquiry", &asked).await.ok();
        let orders = found["orders"].as_array().unwrap().len();
        (orders, found["papers"].as_array().unwrap().len())
    };
    for (number, found) in [
        ("B1", (1, 0)),
        (waybill.as_str(), (1, 0)),
        (list.as_str(), (1, 0)),
        ("RK001", (0, 1)),
        ("110101199001010010", (1, 0)),
        ("110101199001010029", (0, 0)),
    ] {
        assert_eq!(boxed(number).await, found, "{number}");
    }
}

#[tokio::test]
async fn a_merchant_sees_its_own_and_nothing_else() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 2).await;
    let own = world.partner("merchant", OWNER).await;
    let rival = world.partner("merchant", "3301160R01").await;
    let day = "from=2026-11-22&to=2026-11-22&by=chapter";
    let orders = world.get(&own, "/v1/merchant/orders").await.ok();
    assert_eq!(orders[0]["order_no"], "B1");
    let stock = world.get(&own, "/v1/merchant/stock").await.ok();
    assert_eq!(
        (&stock[0]["bucket"], &stock[0]["qty"]),
        (&json!("available"), &json!("10"))
    );
    let statistics = world
        .get(&own, &format!("/v1/merchant/statistics?{day}"))
        .await
        .ok();
    assert_eq!(
        (
            &statistics["lines"][0]["key"],
            &statistics["lines"][0]["goods_value"]
        ),
        (&json!("19"), &json!("400"))
    );
    for path in [
        "/v1/merchant/orders".into(),
        "/v1/merchant/stock".into(),
        "/v1/merchant/enquiry?number=B1".into(),
        format!("/v1/merchant/statistics?{day}"),
    ] {
        let seen = world.get(&rival, &path).await.ok();
        assert!(
            !seen.to_string().contains("B1") && !seen.to_string().contains(OWNER),
            "{path}: {seen}"
        );
        assert_eq!(world.get(&world.shop, &path).await.status, 403);
    }
}

#[tokio::test]
async fn statistics_count_what_came_was_released_and_refused() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 2).await;
    let list = world.list_declared().await;
    world.pass(Span::minutes(2)).await;
    world.receipt(&list, "800", 0).await;
    world.buy("B2", 1).await;
    let refused = world.list_declared().await;
    world.receipt(&refused, "100", 0).await;
    let asked = "/v1/admin/statistics?from=2026-11-22&to=2026-11-22&by=day";
    let statistics = world.admin("GET", asked, &Value::Null).await.ok();
    let line = &statistics["lines"][0];
    assert_eq!(
        (&line["key"], &line["orders"], &line["cleared"]),
        (&json!("2026-11-22"), &json!(2), &json!(1))
    );
    assert_eq!(
        (&line["pieces"], &line["goods_value"], &line["release_ms"]),
        (&json!("3"), &json!("600"), &json!(120_000))
    );
    assert_eq!(statistics["refusals"][0]["status"], "100");
    assert_eq!(line["refusals"], statistics["refusals"]);
    // What customs levied stands beside what the shops withheld; a refused order was levied nothing.
    world.bill(&list, 1, "37.31", &[]).await;
    let by = "/v1/admin/statistics?from=2026-11-22&to=2026-11-22&by=district";
    let statistics = world.admin("GET", by, &Value::Null).await.ok();
    assert_eq!(
        (
            &statistics["lines"][0]["key"],
            &statistics["lines"][0]["tax"],
            &statistics["lines"][0]["tax_levied"]
        ),
        (&json!("4403"), &json!("56.42"), &json!("37.31"))
    );
    let endless = world
        .admin(
            "GET",
            "/v1/admin/statistics?from=2020-01-01&to=2026-11-22&by=day",
            &Value::Null,
        )
        .await;
    assert_eq!(endless.status, 422);
}

#[tokio::test]
async fn an_order_of_two_chapters_counts_under_both_and_every_cut_adds_up_to_the_same() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    const CREAM: &str = "AD-CREAM-50";
    let mut mixed = world.order("M1", 1);
    (mixed["goods_value"], mixed["actual_paid"]) = ("300".into(), "338.21".into());
    let mut cream = mixed["lines"][0].clone();
    for (field, value) in [
        ("item_no", CREAM),
        ("item_name", "面霜50g"),
        ("qty", "2"),
        ("price", "50"),
        ("total_price", "100"),
    ] {
        cream[field] = value.into();
    }
    cream["gnum"] = 2.into();
    mixed["lines"].as_array_mut().unwrap().push(cream);
    // It is ordered before anybody listed it: its chapter is learnt when it is.
    world
        .post(&world.shop, "/v1/shop/orders", &mixed)
        .await
        .ok();
    let cut = async |by: &str| {
        let path = format!("/v1/admin/statistics?from=2026-11-22&to=2026-11-22&by={by}");
        world.admin("GET", &path, &Value::Null).await.ok()
    };
    let keys = |cut: &Value| -> Vec<String> {
        let lines = cut["lines"].as_array().unwrap().iter();
        lines
            .map(|line| line["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(keys(&cut("chapter").await), ["", "19"]);
    let item = json!([{
        "owner": OWNER, "item": CREAM, "name": "面霜", "barcodes": [], "hs_code": "3304990029",
        "ledger": { "ledger": crate::support::LEDGER, "item_no": "37" }, "origin": "609", "unit": "122",
        "per_unit": { "declared": "1", "legal1": "0.9", "legal2": "0" }, "gross_weight": "0.1",
        "tracks_lot": true, "model": "50克/瓶", "legal_unit1": "035", "net_weight": "0.05", "price": "30"
    }]);
    world.admin("POST", "/v1/admin/items", &item).await.ok();
    world.stock_up(&mut bench, 10).await;
    world.arrive(&mut bench, 2, CREAM, 10).await;
    let mut paid = world.payment("M1", 1);
    paid["amount_paid"] = "338.21".into();
    world
        .post(&world.payer, "/v1/payer/payments", &paid)
        .await
        .ok();
    let list = world.list_declared().await;
    world.receipt(&list, "500", 1).await;
    world.receipt(&list, "800", 2).await;
    // A bill by line, and one that says only how much in all.
    world
        .bill(&list, 1, "27.31", &[(1, "20"), (2, "7.31")])
        .await;
    world.bill(&list, 2, "0.03", &[]).await;
    world.buy("B1", 1).await;

    let by_chapter = cut("chapter").await;
    assert_eq!(keys(&by_chapter), ["19", "33"]);
    let told = |line: &Value| {
        let fields = ["orders", "pieces", "goods_value", "tax", "tax_levied"];
        fields.map(|field| line[field].to_string().replace('"', ""))
    };
    assert_eq!(
        by_chapter["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(told)
            .collect::<Vec<_>>(),
        [
            ["2", "2", "400", "47.01666", "20.02"],
            ["1", "2", "100", "9.40334", "7.32"]
        ]
    );
    for cut in [
        cut("day").await,
        cut("merchant").await,
        cut("district").await,
        by_chapter,
    ] {
        assert_eq!(told(&cut["all"]), ["2", "4", "500", "56.42", "27.34"]);
        assert_eq!(cut["refusals"][0]["times"], 1, "one inspection is one");
        for field in ["pieces", "goods_value", "tax", "tax_levied"] {
            let of = |line: &Value| -> Money { line[field].as_str().unwrap().parse().unwrap() };
            let lines = cut["lines"].as_array().unwrap().iter();
            assert_eq!(
                Money::sum(lines.map(of)),
                Some(of(&cut["all"])),
                "{field}: {cut}"
            );
        }
    }
}

#[tokio::test]
async fn customs_tax_bill_stands_beside_the_order() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 2).await;
    world.bill(&list, 1, "36.40", &[]).await;
    assert_eq!(
        world.progress("B1").await["taxes"][0]["value_added_tax"],
        "36.4"
    );
}

#[tokio::test]
async fn who_calls_too_often_waits_and_others_do_not() {
    let world = World::open_with(|config| {
        config.settings.policy.calls_per_second = 1;
        config.settings.policy.calls_at_once = 3;
    })
    .await;
    let mut refused = 0;
    for _ in 0..5 {
        let reply = world.get(&world.shop, "/v1/shop/changes").await;
        refused += u32::from(reply.status == 429);
    }
    assert_eq!(refused, 2);
    assert_eq!(
        world
            .get(&world.carrier, "/v1/carrier/waybills")
            .await
            .status,
        200
    );
    world.clock.forward(Span::millis(1_000));
    assert_eq!(world.get(&world.shop, "/v1/shop/changes").await.status, 200);
}

#[tokio::test]
async fn settings_are_changed_on_record_hold_at_once_and_outlive_the_file_of_the_first_start() {
    let world = World::open().await;
    let settings = "/v1/admin/settings";
    let before = world.admin("GET", settings, &Value::Null).await.ok();
    let changes = json!({ "declarant": { "name": "示例报关有限公司" }, "policy": { "calls_per_second": 1, "calls_at_once": 1 } });
    let after = world.admin("POST", settings, &changes).await.ok();
    assert_eq!(after["declarant"]["name"], "示例报关有限公司");
    for (part, field) in [("declarant", "code"), ("policy", "most_leases")] {
        assert_eq!(after[part][field], before[part][field], "{part} {field}");
    }
    assert_eq!(after["area"], before["area"]);
    let rates = [
        world.get(&world.shop, "/v1/shop/changes").await.status,
        world.get(&world.shop, "/v1/shop/changes").await.status,
    ];
    assert_eq!(rates, [200, 429]);
    // One wrong name, and nothing of it is changed; the warehouse's own is in every key.
    for (wrong, named) in [
        (json!({ "name": "B", "legder": "X" }), "legder"),
        (
            json!({ "name": "B", "policy": { "bundle_at": -1 } }),
            "policy",
        ),
        (
            json!({ "name": "B", "policy": { "bundel_at": 1 } }),
            "policy",
        ),
        (json!({ "name": "B", "area": { "nmae": "X" } }), "area"),
        (json!({ "warehouse": "NB02" }), "warehouse"),
    ] {
        let refused = world.admin("POST", settings, &wrong).await;
        assert_eq!(
            (refused.status, refused.code()),
            (422, "platform.incomplete")
        );
        assert_eq!(refused.body["params"]["field"], named);
    }
    let world = world.restarted(|_| {}).await;
    assert_eq!(world.admin("GET", settings, &Value::Null).await.ok(), after);
    world.clock.forward(Span::minutes(1));
    // What was sent is kept with what partners sent.
    let mut kept = Vec::new();
    for raw in 1..=20 {
        let path = format!("/v1/admin/messages/{raw}");
        let reply = world.admin("GET", &path, &Value::Null).await;
        kept.push(reply.body);
    }
    assert!(kept.contains(&changes), "{kept:?}");
}

#[tokio::test]
async fn metrics_count_calls_and_name_nobody() {
    let world = World::open().await;
    world.buy("B1", 1).await;
    let reply = crate::support::reply(world.http.get(world.platform.url() + "/metrics")).await;
    let text = reply.body.as_str().unwrap().to_owned();
    assert!(
        text.contains("bondhouse_orders{warehouse=\"NB01\",state=\"compared\"} 1"),
        "{text}"
    );
    assert!(
        text.contains("route=\"POST /v1/shop/orders\",status=\"200\""),
        "{text}"
    );
    assert!(!text.contains("B1\"") && !text.contains("1101011990"));
    // Each figure is told what it is before it is given.
    let mut described = Vec::new();
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("# HELP ") {
            described.push(said.split(' ').next().unwrap());
        } else if let Some(said) = line.strip_prefix("# TYPE ") {
            assert_eq!(said.split(' ').next(), described.last().copied(), "{line}");
        } else {
            let family = described.last().unwrap();
            assert!(line.starts_with(family), "{line} stands under {family}");
        }
    }
    assert!(described.len() > 15, "{described:?}");
}
