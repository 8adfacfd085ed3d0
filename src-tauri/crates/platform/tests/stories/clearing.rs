//! Customs says yes, no, later and twice; shops change their minds: whatever comes, nothing leaves uncleared.

use crate::support::gate::{PASS, at_the_gate, cancel, packed};
use crate::support::{SHOP, World};
use bondhouse_domain::customs::{Approval, CommonResponse, Document, GatePassReceipt, MessageKind};
use bondhouse_domain::time::Span;
use bondhouse_protocol::wire::Ask;
use serde_json::{Value, json};

#[tokio::test]
async fn late_and_doubled_receipts_change_nothing() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 1).await;
    let list = world.list_declared().await;
    for (status, after) in [("800", 5), ("120", 2), ("800", 5), ("2", 1), ("800", 5)] {
        world.receipt(&list, status, after).await;
    }
    assert_eq!(world.state("B1").await, "cleared");
    assert_eq!(world.booked("pre_out").await, "1", "claimed once");
}

#[tokio::test]
async fn a_refused_list_gives_its_claim_back_and_waits_for_a_correction() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 3).await;
    let list = world.list_declared().await;
    world.receipt(&list, "100", 1).await;
    let refused = world.progress("B1").await;
    assert_eq!(
        (&refused["state"], &refused["waits_for"][0]["code"]),
        (&json!("compared"), &json!("platform.customs_refused"))
    );
    assert_eq!(
        (world.booked("pre_out").await, world.booked("booked").await),
        ("0".into(), "10".into())
    );
    world.pass(Span::minutes(1)).await;
    assert!(
        world.fetch().await.is_empty(),
        "never declared again unchanged"
    );

    let mut corrected = world.order("B1", 3);
    corrected["consignee_address"] = "广东省深圳市南山区测试路2号".into();
    corrected["app_type"] = "2".into();
    let taken = world
        .post(&world.shop, "/v1/shop/orders", &corrected)
        .await
        .ok();
    assert_eq!(taken["results"][0]["taken"], "changed");
    let kinds: Vec<_> = world.fetch().await.iter().map(Document::kind).collect();
    assert_eq!(
        kinds,
        [
            MessageKind::Ceb511,
            MessageKind::Ceb311,
            MessageKind::Ceb621
        ]
    );
    assert_eq!(world.state("B1").await, "declared");
}

#[tokio::test]
async fn a_hold_after_the_release_reaches_the_parcel_wherever_it_is() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 1).await;
    let waybill = packed(&world, &mut bench, "B1").await;
    let pass = at_the_gate(&world, &mut bench).await;
    world.receipt(&list, "500", 10).await;
    let load = || Ask::Load {
        pass: pass.clone(),
        waybill: waybill.clone(),
    };
    assert_eq!(
        bench.ask(&world, load()).await.as_deref(),
        Some("orders.held")
    );
    world.receipt(&list, "800", 20).await;
    assert_eq!(bench.ask(&world, load()).await, None);
    assert_eq!(
        bench.ask(&world, load()).await.as_deref(),
        Some("orders.already_loaded")
    );
    world.receipt(&list, "600", 30).await;
    assert_eq!(
        bench
            .ask(&world, Ask::Depart { pass: pass.clone() })
            .await
            .as_deref(),
        Some("platform.take_off_first")
    );
    assert_eq!(
        bench
            .ask(
                &world,
                Ask::Unload {
                    pass: pass.clone(),
                    waybill: waybill.clone()
                }
            )
            .await,
        None
    );
    assert_eq!(
        bench.ask(&world, Ask::Depart { pass }).await.as_deref(),
        Some("platform.nothing_loaded")
    );
}

#[tokio::test]
async fn nothing_is_loaded_while_customs_is_silent() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    let waybill = packed(&world, &mut bench, "B1").await;
    let pass = at_the_gate(&world, &mut bench).await;
    world.pass(Span::minutes(16)).await;
    let load = Ask::Load { pass, waybill };
    assert_eq!(
        bench.ask(&world, load.clone()).await.as_deref(),
        Some("platform.customs_silent")
    );
    world.fetch().await;
    assert_eq!(bench.ask(&world, load).await, None);
}

#[tokio::test]
async fn before_customs_has_it_a_cancellation_is_immediate() {
    let world = World::open().await;
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 1))
        .await
        .ok();
    assert_eq!(cancel(&world, "B1").await["answer"], "cancelled");
    world.buy("B2", 1).await;
    assert_eq!(
        world.state("B2").await,
        "compared",
        "nothing in the ledger yet"
    );
    assert_eq!(cancel(&world, "B2").await["answer"], "cancelled");
}

#[tokio::test]
async fn with_customs_the_list_is_withdrawn_first() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 2).await;
    let list = world.list_declared().await;
    let answer = cancel(&world, "B1").await;
    assert_eq!(
        (&answer["answer"], &answer["state"]),
        (&json!("pending"), &json!("declared"))
    );
    assert!(
        world.fetch().await.is_empty(),
        "customs has no number for it yet"
    );
    world.receipt(&list, "120", 1).await;
    let applied = world.fetch().await;
    assert!(matches!(&applied[..], [Document::Cancellation(a)] if a.cop_no == list));
    world
        .receipt_of(MessageKind::Ceb624, &list, "399", world.clock.now())
        .await;
    assert_eq!(world.state("B1").await, "cancelled");
    assert_eq!(world.booked("booked").await, "10", "the claim came back");
}

#[tokio::test]
async fn once_cleared_it_is_cancelled_at_once_and_the_list_after_it() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 2).await;
    assert_eq!(cancel(&world, "B1").await["answer"], "cancelled");
    assert!(matches!(
        &world.fetch().await[..],
        [Document::Cancellation(_)]
    ));
    assert_eq!(world.booked("pre_out").await, "2", "until customs agrees");
    world
        .receipt_of(MessageKind::Ceb624, &list, "399", world.clock.now())
        .await;
    assert_eq!(world.booked("booked").await, "10");
}

#[tokio::test]
async fn with_a_workstation_it_waits_for_the_workstations_word() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 2).await;
    bench.sync(&world, 1, vec![]).await;
    assert_eq!(cancel(&world, "B1").await["answer"], "pending");
    let told = bench.sync(&world, 1, vec![]).await;
    assert_eq!(
        (told.revokes[0].why.as_str(), told.grants.len()),
        ("cancelled", 0)
    );
    assert_eq!(world.state("B1").await, "leased", "it still holds it");
    bench.leases.clear();
    bench.sync(&world, 1, vec![]).await;
    assert_eq!(world.state("B1").await, "cancelled");
}

#[tokio::test]
async fn a_call_sent_before_the_grant_and_heard_after_it_frees_nothing() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 2).await;
    let under_way = bench.request(0, vec![]);
    bench.sync(&world, 1, vec![]).await;
    let lease = bench.leases[0].clone();
    assert_eq!(cancel(&world, "B1").await["answer"], "pending");
    bench.release(&lease);
    bench.send(&world, &under_way).await.unwrap();
    assert_eq!(
        world.state("B1").await,
        "leased",
        "its holder was not heard yet"
    );
    bench.sync(&world, 0, vec![]).await;
    assert_eq!(world.state("B1").await, "released");
}

#[tokio::test]
async fn a_packed_parcel_is_pulled_back_and_one_that_left_is_a_return() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 2).await;
    packed(&world, &mut bench, "B1").await;
    assert_eq!(cancel(&world, "B1").await["answer"], "pending");
    let pulled = json!({ "is": "pulled_back" });
    let done = world
        .admin("POST", &format!("/v1/admin/orders/{SHOP}/B1"), &pulled)
        .await
        .ok();
    assert_eq!(done["state"], "cancelled");
    let applied = world.fetch().await;
    assert!(
        matches!(&applied[..], [Document::Cancellation(_)]),
        "{applied:?}"
    );

    world.cleared("B2", 1).await;
    let waybill = packed(&world, &mut bench, "B2").await;
    let pass = at_the_gate(&world, &mut bench).await;
    assert_eq!(
        bench
            .ask(
                &world,
                Ask::Load {
                    pass: pass.clone(),
                    waybill
                }
            )
            .await,
        None
    );
    assert_eq!(bench.ask(&world, Ask::Depart { pass }).await, None);
    world.about_pass(MessageKind::Sas223, PASS, "", "2").await;
    let answer = cancel(&world, "B2").await;
    assert_eq!(
        (&answer["answer"], &answer["waits_for"][0]["code"]),
        (&json!("left"), &json!("platform.return_due"))
    );
}

#[tokio::test]
async fn a_receipt_that_answers_nothing_is_kept_and_shown() {
    let world = World::open().await;
    world.receipt("NOBODY0001", "800", 0).await;
    let shown = world
        .admin("GET", "/v1/admin/unmatched", &Value::Null)
        .await
        .ok();
    assert_eq!(
        (&shown[0]["kind"], &shown[0]["key"]),
        (&json!("CEB622"), &json!("NOBODY0001"))
    );
    let raw = &shown[0]["raw"];
    let kept = world
        .admin("GET", &format!("/v1/admin/messages/{raw}"), &Value::Null)
        .await;
    assert!(
        kept.body
            .as_str()
            .unwrap()
            .contains("<returnStatus>800</returnStatus>"),
        "unmodified"
    );
}

#[tokio::test]
async fn only_customs_lifts_a_customs_hold() {
    let world = World::open().await;
    world.buy("B1", 1).await;
    let lift = json!({ "is": "lift", "by": "customs" });
    let refused = world
        .admin("POST", &format!("/v1/admin/orders/{SHOP}/B1"), &lift)
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (403, "platform.only_customs")
    );
}

#[tokio::test]
async fn an_order_paid_while_it_is_held_is_declared_when_the_last_hold_is_lifted() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let sent = world.order("B1", 2);
    world.post(&world.shop, "/v1/shop/orders", &sent).await.ok();
    let decide = async |what: &str, by: &str| {
        let decision = json!({ "is": what, "by": by });
        let path = format!("/v1/admin/orders/{SHOP}/B1");
        world.admin("POST", &path, &decision).await.ok()
    };
    decide("hold", "merchant").await;
    decide("hold", "supervisor").await;
    world.fetch().await;
    let paid = world.payment("B1", 2);
    world
        .post(&world.payer, "/v1/payer/payments", &paid)
        .await
        .ok();
    let waits_for = |order: &Value| -> Vec<String> {
        let said = order["waits_for"].as_array().unwrap().iter();
        said.map(|one| {
            let by = one["params"]["by"].as_str().unwrap_or("");
            format!("{} {by}", one["code"].as_str().unwrap())
        })
        .collect()
    };
    let held = world.progress("B1").await;
    assert_eq!(
        (&held["state"], waits_for(&held)),
        (
            &json!("received"),
            vec![
                "platform.held_back merchant".to_owned(),
                "platform.held_back supervisor".to_owned()
            ]
        ),
        "the payment it waited for has come; now only those who hold it are waited for"
    );
    // Neither time nor what else happens in the warehouse declares it.
    world.arrive(&mut bench, 2, crate::support::MILK, 1).await;
    world.pass(Span::minutes(1)).await;
    decide("lift", "merchant").await;
    assert_eq!(world.booked("pre_out").await, "0");
    let went_out = world.fetch().await;
    let went_out: Vec<_> = went_out.iter().map(Document::kind).collect();
    assert!(
        !went_out.contains(&MessageKind::Ceb621),
        "somebody still holds it: {went_out:?}"
    );

    let let_go = decide("lift", "supervisor").await;
    assert_eq!(
        (&let_go["state"], &let_go["waits_for"]),
        (&json!("declared"), &json!([]))
    );
    let list = world.list_declared().await;
    world.receipt(&list, "800", 1).await;
    assert_eq!(world.state("B1").await, "cleared");
    assert_eq!(world.booked("pre_out").await, "2", "claimed once");
}

#[tokio::test]
async fn a_list_refused_under_inspection_is_corrected_and_declared_again() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 3).await;
    let list = world.list_declared().await;
    world.receipt(&list, "500", 1).await;
    assert_eq!(world.progress("B1").await["held_by"], json!(["customs"]));
    world.receipt(&list, "100", 2).await;
    assert_eq!(
        world.progress("B1").await["held_by"],
        json!([]),
        "customs has nothing of it any more that it could hold"
    );
    let mut corrected = world.order("B1", 3);
    corrected["consignee_address"] = "广东省深圳市南山区测试路2号".into();
    corrected["app_type"] = "2".into();
    world
        .post(&world.shop, "/v1/shop/orders", &corrected)
        .await
        .ok();
    let again = world.list_declared().await;
    world.receipt(&again, "800", 3).await;
    assert_eq!(world.state("B1").await, "cleared");
}

#[tokio::test]
async fn personal_data_is_nowhere_in_the_clear_on_disk() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_owned();
    let world = World::open_with(|config| config.data = folder).await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 1, vec![]).await;
    world.platform.stop().await.unwrap();
    for file in std::fs::read_dir(data.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [
            "110101199001010010",
            "甲子",
            "乙丑",
            "13800000002",
            "测试路1号",
        ] {
            assert!(
                !bytes.windows(secret.len()).any(|w| w == secret.as_bytes()),
                "{secret} is in the clear"
            );
        }
    }
}

#[tokio::test]
async fn a_gate_receipt_that_overtakes_its_approval_counts() {
    let world = World::open().await;
    let notice = json!({ "notice": "RK002", "owner": crate::support::OWNER, "vehicle": "浙B00001", "lines": [
        { "line": 1, "item": crate::support::MILK, "qty": "6" }] });
    world
        .post(&world.forwarder, "/v1/forwarder/notices", &notice)
        .await
        .ok();
    world.approve_note("4", "QD310526I000000002").await;
    let pass = world
        .fetch()
        .await
        .into_iter()
        .find_map(|document| match document {
            Document::GatePass(pass) => Some(pass.own_no),
            _ => None,
        });
    let pass = pass.unwrap();
    world
        .about_pass(MessageKind::Sas223, "Z3105I261122000000000002", &pass, "2")
        .await;
    world
        .about_pass(MessageKind::Sas221, "Z3105I261122000000000002", &pass, "1")
        .await;
    let standing = world
        .get(&world.forwarder, "/v1/forwarder/notices/RK002")
        .await
        .ok();
    assert_eq!(standing["state"], "receivable");
    assert_eq!(
        (world.booked("arrived").await, world.booked("pre_in").await),
        ("6".into(), "0".into())
    );
}

#[tokio::test]
async fn a_gate_receipt_that_overtakes_every_number_it_is_known_by_counts_once_the_first_is_learnt()
{
    let world = World::open().await;
    let notice = json!({ "notice": "RK002", "owner": crate::support::OWNER, "vehicle": "浙B00001", "lines": [
        { "line": 1, "item": crate::support::MILK, "qty": "6" }] });
    world
        .post(&world.forwarder, "/v1/forwarder/notices", &notice)
        .await
        .ok();
    world.approve_note("4", "QD310526I000000002").await;
    let applied = world.fetch().await;
    let [Document::GatePass(pass)] = applied.as_slice() else {
        panic!("{applied:?}")
    };
    // The port's number of it is still on its way, and so is customs'.
    let (port, number) = ("202600000000000077", "Z3105I261122000000000002");
    world
        .about_pass(MessageKind::Sas223, number, port, "2")
        .await;
    let unmatched = async || {
        let shown = world
            .admin("GET", "/v1/admin/unmatched", &Value::Null)
            .await;
        shown.ok().as_array().unwrap().len()
    };
    let state = async || {
        let path = "/v1/forwarder/notices/RK002";
        world.get(&world.forwarder, path).await.ok()["state"].take()
    };
    assert_eq!(
        (unmatched().await, state().await),
        (1, json!("pre_debited"))
    );
    world
        .deliver(Document::CommonResponse(CommonResponse {
            seq_no: port.into(),
            own_no: pass.own_no.clone(),
            deal_flag: "0".into(),
            ..CommonResponse::default()
        }))
        .await;
    assert_eq!((unmatched().await, state().await), (0, json!("receivable")));
    // What it overtook comes at last, and says nothing new.
    world
        .about_pass(MessageKind::Sas221, number, port, "1")
        .await;
    assert_eq!(
        (world.booked("arrived").await, world.booked("pre_in").await),
        ("6".into(), "0".into())
    );
}

#[tokio::test]
async fn an_answer_that_overtook_a_refusal_takes_the_list_up_again() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 3).await;
    let list = world.list_declared().await;
    world.receipt(&list, "100", 1).await;
    assert_eq!(
        (world.state("B1").await, world.booked("pre_out").await),
        ("compared".into(), "0".into())
    );
    // Customs itself went on with it: released, and claimed again, and no second list goes out.
    world.receipt(&list, "800", 2).await;
    assert_eq!(
        (world.state("B1").await, world.booked("pre_out").await),
        ("cleared".into(), "3".into())
    );
    world.pass(Span::minutes(1)).await;
    assert!(world.fetch().await.is_empty());
    // Refused for good it lets go once, and what a doubled answer says changes nothing.
    for _ in 0..2 {
        world.receipt(&list, "100", 3).await;
    }
    assert_eq!(world.booked("pre_out").await, "3", "stopped, not refused");
}

#[tokio::test]
async fn an_inspection_reaches_the_bench_at_its_next_call_and_ends_with_a_release() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let list = world.cleared("B1", 1).await;
    bench.sync(&world, 5, vec![]).await;
    assert_eq!(bench.leases.len(), 1);
    world.receipt(&list, "500", 10).await;
    let told = bench.sync(&world, 5, vec![]).await;
    assert_eq!(told.revokes[0].why, "held_by_customs");
    let held = bench.news().into_iter().rev().find_map(|news| match news {
        bondhouse_domain::feed::News::Order(order) => Some(order.holds),
        _ => None,
    });
    assert_eq!(held.unwrap(), [bondhouse_domain::orders::HoldBy::Customs]);
    bench.leases.clear();
    assert!(bench.sync(&world, 5, vec![]).await.grants.is_empty());
    assert_eq!(world.state("B1").await, "cleared");
    world.receipt(&list, "800", 20).await;
    assert_eq!(bench.sync(&world, 5, vec![]).await.grants.len(), 1);
}

#[tokio::test]
async fn every_answer_customs_may_give_a_pass_does_what_the_table_says() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    let waybill = packed(&world, &mut bench, "B1").await;
    let vehicle = "浙B99999".to_owned();
    assert_eq!(bench.ask(&world, Ask::RequestPass { vehicle }).await, None);
    world.approve_note("1", crate::support::gate::NOTE).await;
    let applied = async || match world.fetch().await.as_slice() {
        [Document::GatePass(pass)] => pass.clone(),
        other => panic!("{other:?}"),
    };
    let first = applied().await;
    // One tin of 900 g in a parcel of 1.17 kg.
    assert_eq!(
        (
            first.total_gross_weight.unwrap().to_string(),
            first.total_net_weight.unwrap().to_string()
        ),
        ("1.17".into(), "0.9".into())
    );
    let again = async |own_no: &str| {
        let path = format!("/v1/admin/passes/{own_no}/again");
        let body = json!({ "vehicle": "浙B88888" });
        world.admin("POST", &path, &body).await
    };
    assert_eq!(again(&first.own_no).await.code(), "platform.pass_stands");
    // Void (6): the parcel stays, and another vehicle is applied for.
    world
        .about_pass(MessageKind::Sas221, "Z1", &first.own_no, "6")
        .await;
    assert_eq!(again(&first.own_no).await.status, 202);
    let second = applied().await;
    assert_eq!(second.vehicle_no, "浙B88888");
    // Draft, declared, with a human, stored: none of these is an approval.
    for result in ["A", "B", "2", "Y"] {
        let approval = Approval {
            own_no: second.own_no.clone(),
            business_id: PASS.into(),
            result: result.into(),
            ..Approval::default()
        };
        world
            .deliver(Document::GatePassReceipt(GatePassReceipt {
                message: MessageKind::Sas221,
                approval,
                ..GatePassReceipt::default()
            }))
            .await;
        let stands = again(&second.own_no).await;
        assert_eq!(stands.code(), "platform.pass_stands", "{result}");
        let pass = bondhouse_domain::ids::GatePassNo::new(PASS);
        let waybill = waybill.clone();
        let loaded = bench.ask(&world, Ask::Load { pass, waybill }).await;
        assert_eq!(loaded.as_deref(), Some("platform.unknown_pass"), "{result}");
    }
    world
        .about_pass(MessageKind::Sas221, PASS, &second.own_no, "1")
        .await;
    let pass = bondhouse_domain::ids::GatePassNo::new(PASS);
    let load = || Ask::Load {
        pass: pass.clone(),
        waybill: waybill.clone(),
    };
    // Examined (SAS224): nothing is loaded, nothing leaves, until customs approves it again.
    world
        .about_pass(MessageKind::Sas224, PASS, &second.own_no, "1")
        .await;
    assert_eq!(
        bench.ask(&world, load()).await.as_deref(),
        Some("platform.pass_not_open")
    );
    world
        .about_pass(MessageKind::Sas221, PASS, &second.own_no, "1")
        .await;
    assert_eq!(bench.ask(&world, load()).await, None);
    assert_eq!(bench.ask(&world, Ask::Depart { pass }).await, None);
    // The first of two gates (3) is not yet the way out; the second (4) is, once.
    world.about_pass(MessageKind::Sas223, PASS, "", "3").await;
    assert_eq!(world.state("B1").await, "loaded");
    for stage in ["4", "2", "5"] {
        world.about_pass(MessageKind::Sas223, PASS, "", stage).await;
        assert_eq!(world.state("B1").await, "gated_out", "{stage}");
    }
    assert_eq!(world.booked("left").await, "1");
}
