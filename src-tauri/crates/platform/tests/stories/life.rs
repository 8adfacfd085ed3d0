//! One order's whole life, over HTTP, with everyone who takes part in it.

use crate::support::World;
use crate::support::gate::{NOTE, PASS};
use crate::support::station::order_of;
use bondhouse_domain::customs::MessageKind;
use bondhouse_domain::feed::News;
use bondhouse_domain::ids::GatePassNo;
use bondhouse_protocol::wire::{Ask, Outcome};

#[tokio::test]
async fn an_order_goes_from_the_shop_to_the_buyers_door() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_owned();
    let world = World::open_with(|config| config.data = folder).await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 120).await;
    assert_eq!(world.booked("booked").await, "120");

    // Three parties send their documents; the list goes out and claims its goods in the ledger.
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 2))
        .await
        .ok();
    let waiting = world.progress("B1").await;
    assert_eq!(waiting["state"], "received");
    assert_eq!(waiting["waits_for"][0]["code"], "comparison.paper_missing");
    world
        .post(&world.payer, "/v1/payer/payments", &world.payment("B1", 2))
        .await
        .ok();
    assert_eq!(world.state("B1").await, "declared");
    assert_eq!(
        (world.booked("booked").await, world.booked("pre_out").await),
        ("118".into(), "2".into())
    );

    // Customs takes its time; only 800 opens the bench.
    let list = world.list_declared().await;
    for (status, after) in [("2", 1), ("120", 2)] {
        world.receipt(&list, status, after).await;
        assert_eq!(world.state("B1").await, "declared");
    }
    assert!(bench.sync(&world, 5, vec![]).await.grants.is_empty());
    world.receipt(&list, "800", 3).await;
    assert_eq!(world.state("B1").await, "cleared");

    // The bench is granted exactly this order, from the shelf, with a number and a sort code.
    bench.sync(&world, 5, vec![]).await;
    let lease = bench.leases[0].clone();
    let right = order_of(&lease);
    assert_eq!(right.sort_code, "755-F15-83");
    assert_eq!(right.waybill.waybill_no, "YT1433281291145");
    assert_eq!(right.lines[0].spot.location.as_str(), crate::support::SHELF);
    bench.release(&lease);
    let answer = bench.sync(&world, 0, vec![]).await;
    assert_eq!(answer.verdicts.last().unwrap().outcome, Outcome::Applied);
    assert_eq!(world.state("B1").await, "released");

    // Bundled, debited, under an approved pass, loaded, gone.
    let vehicle = "浙B99999".to_owned();
    assert_eq!(bench.ask(&world, Ask::RequestPass { vehicle }).await, None);
    assert_eq!(world.state("B1").await, "bundled");
    world.approve_note("1", NOTE).await;
    assert_eq!(world.booked("debited").await, "2");
    world.approve_pass(PASS).await;
    let pass = GatePassNo::new(PASS);
    let waybill = right.waybill.clone();
    assert_eq!(
        bench
            .ask(
                &world,
                Ask::Load {
                    pass: pass.clone(),
                    waybill: waybill.clone()
                }
            )
            .await,
        None
    );
    assert_eq!(
        bench.ask(&world, Ask::Depart { pass: pass.clone() }).await,
        None
    );
    let told = bench.news();
    assert!(told.iter().any(|news| matches!(news, News::Pass(p) if p.pass == pass && p.state == "approved" && p.parcels.len() == 1)));
    world.about_pass(MessageKind::Sas223, PASS, "", "2").await;
    assert_eq!(world.state("B1").await, "gated_out");
    assert_eq!(
        (world.booked("debited").await, world.booked("left").await),
        ("0".into(), "2".into())
    );

    // Signed for.
    let status = bondhouse_domain::customs::WaybillStatus {
        logistics_code: crate::support::CARRIER.into(),
        logistics_name: "示例快递".into(),
        logistics_no: waybill.waybill_no,
        logistics_status: "S".into(),
        logistics_time: Some(world.clock.now()),
        ..Default::default()
    };
    let message =
        bondhouse_customs::Message::of([bondhouse_domain::customs::Document::WaybillStatus(
            status,
        )]);
    let xml = bondhouse_customs::write(&message, bondhouse_domain::time::Zone::SHANGHAI).unwrap();
    world
        .post_xml(&world.carrier, "/v1/carrier/statuses", &xml)
        .await
        .ok();
    assert_eq!(world.state("B1").await, "delivered");
    let config = world.config.clone();
    world.platform.stop().await.unwrap();

    // Everything it left behind adds up; a balance set by hand does not.
    let findings = crate::support::engine::examine(&config).await;
    assert_eq!(findings.wrong, Vec::<String>::new());
    assert!(
        findings.checked.iter().all(|(_, count)| *count > 0),
        "{:?}",
        findings.checked
    );
    let by_hand = [
        "UPDATE ledger SET declared = declared + 100000 WHERE account = 'booked'",
        "UPDATE feed SET body = '{}' WHERE pos = 7",
    ];
    crate::support::engine::tamper(&config, &by_hand).await;
    let wrong = crate::support::engine::examine(&config).await.wrong;
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(
        wrong[0].contains("feed entry 7") && wrong[1].contains("ledger item 36 booked"),
        "{wrong:?}"
    );
}
