//! Remittance: our own documents beside what the institutions say, line by line, in two currencies.

use crate::support::{OWNER, SHOP, World};
use serde_json::{Value, json};

const DAY: &str = "from=2026-11-22&to=2026-11-22";

fn remittance(number: &str, lines: &Value, total: &str, remitted: &str) -> Value {
    json!({
        "number": number, "owner": OWNER, "from": "2026-11-22", "to": "2026-11-22", "lines": lines, "fee": "1",
        "total": total, "currency": "609", "yuan_per_hundred": "422.5", "remitted": remitted,
    })
}

async fn remit(world: &World, body: &Value) -> Value {
    let reply = world
        .post(&world.payer, "/v1/payer/remittances", body)
        .await;
    reply.body["results"][0].clone()
}

async fn statement(world: &World) -> Value {
    let own = format!("/v1/admin/settlement?owner={OWNER}&{DAY}");
    world.admin("GET", &own, &Value::Null).await.ok()
}

fn codes(statement: &Value) -> Vec<&str> {
    let differences = statement["differences"].as_array().unwrap().iter();
    differences
        .map(|message| message["code"].as_str().unwrap())
        .collect()
}

/// B1 paid and billed, B2 paid and cancelled; the merchant is paid in New Zealand dollars.
async fn a_day() -> World {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 2).await;
    world.bill(&list, 1, "37.31", &[]).await;
    world.buy("B2", 1).await;
    world
        .post(
            &world.shop,
            &format!("/v1/shop/orders/{SHOP}/B2/cancel"),
            &Value::Null,
        )
        .await
        .ok();
    let list = world.list_declared().await;
    world.receipt(&list, "100", 1).await;
    assert_eq!(world.state("B2").await, "cancelled");
    let terms = json!([{ "owner": OWNER, "currency": "609" }]);
    world
        .admin("POST", "/v1/admin/settlement-terms", &terms)
        .await
        .ok();
    let rates = json!([
        { "currency": "609", "day": "2026-11-01", "yuan_per_hundred": "410" },
        { "currency": "609", "day": "2026-11-20", "yuan_per_hundred": "422.5" },
        { "currency": "609", "day": "2026-11-23", "yuan_per_hundred": "500" },
    ]);
    world
        .admin("POST", "/v1/admin/exchange-rates", &rates)
        .await
        .ok();
    world
}

#[tokio::test]
async fn a_statement_agrees_with_an_honest_record_but_for_the_tax_that_customs_reckoned_otherwise()
{
    let world = a_day().await;
    let before = statement(&world).await;
    assert_eq!(
        codes(&before),
        [
            "settlement.not_remitted",
            "settlement.not_remitted",
            "settlement.not_remitted",
            "settlement.tax_differs"
        ]
    );
    let lines = json!([
        { "transaction": "TB1", "kind": "payment", "amount": "438.21" },
        { "transaction": "TB2", "kind": "payment", "amount": "238.21" },
        { "transaction": "TB2", "kind": "refund", "amount": "238.21" },
    ]);
    let record = remittance("HK1", &lines, "437.21", "103.48");
    assert_eq!(remit(&world, &record).await["taken"], "new");
    assert_eq!(remit(&world, &record).await["taken"], "known");
    let other = remittance("HK1", &lines, "437.21", "103.49");
    assert_eq!(
        remit(&world, &other).await["refusal"]["code"],
        "platform.differs"
    );

    let after = statement(&world).await;
    assert_eq!(codes(&after), ["settlement.tax_differs"]);
    assert_eq!(
        after["differences"][0]["params"],
        json!({ "order": "B1", "withheld": "28.21", "levied": "37.31" })
    );
    let totals = &after["totals"];
    // 676.42 paid, 238.21 back, 37.31 to customs, 1 to the institution.
    assert_eq!(
        (
            &totals["payments"],
            &totals["refunds"],
            &totals["due"],
            &totals["due_foreign"]
        ),
        (
            &json!("676.42"),
            &json!("238.21"),
            &json!("399.9"),
            &json!("94.65")
        )
    );
    assert_eq!(
        (&after["currency"], &after["yuan_per_hundred"]),
        (&json!("609"), &json!("422.5"))
    );
    assert_eq!(after["lines"][0]["foreign"], "103.72");

    // The merchant reads the same; another merchant reads nothing of it.
    let own = world.partner("merchant", OWNER).await;
    let path = format!("/v1/merchant/settlement?{DAY}");
    assert_eq!(world.get(&own, &path).await.ok(), after);
    let rival = world.partner("merchant", "3301160R01").await;
    let theirs = world.get(&rival, &path).await.ok();
    assert_eq!(
        (&theirs["lines"], &theirs["remittances"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn whatever_an_institution_gets_wrong_is_listed_by_its_transaction() {
    let world = a_day().await;
    let lines = json!([
        { "transaction": "TB1", "kind": "payment", "amount": "438.12" },
        { "transaction": "TB2", "kind": "payment", "amount": "238.21" },
        { "transaction": "TB2", "kind": "payment", "amount": "238.21" },
        { "transaction": "TB9", "kind": "payment", "amount": "1" },
    ]);
    remit(&world, &remittance("HK1", &lines, "500", "90")).await;
    let after = statement(&world).await;
    assert_eq!(
        codes(&after),
        [
            "settlement.amount_differs",
            "settlement.twice",
            "settlement.not_remitted",
            "settlement.not_ours",
            "settlement.total_differs",
            "settlement.total_differs",
            "settlement.tax_differs"
        ]
    );
    // Another institution's numbers are its own: the same transaction there matches nothing here.
    let other = world.partner("payer", "330226T902").await;
    let same = json!([{ "transaction": "TB2", "kind": "refund", "amount": "238.21" }]);
    world
        .post(
            &other,
            "/v1/payer/remittances",
            &remittance("HK1", &same, "-239.21", "-56.62"),
        )
        .await
        .ok();
    assert!(codes(&statement(&world).await).contains(&"settlement.not_remitted"));
    let nobody = json!({ "transaction": "X", "kind": "payment", "amount": "1" });
    let mut unknown = remittance("HK2", &json!([nobody]), "0", "0");
    unknown["owner"] = "NOBODY".into();
    assert_eq!(
        remit(&world, &unknown).await["refusal"]["code"],
        "platform.unknown_owner"
    );
}
