//! The weighbridge at the gate: what a pass declares, what customs reads, and what is done when they differ.

use crate::support::World;
use crate::support::gate::{NOTE, PASS, packed};
use crate::support::station::Station;
use bondhouse_domain::customs::{
    Approval, BondedNoteReceipt, BondedNoteState, Document, GatePass, GatePassReceipt,
    GatePassState, MessageKind,
};
use bondhouse_domain::ids::GatePassNo;
use bondhouse_protocol::wire::Ask;
use serde_json::{Value, json};

const VAN: &str = "浙B99999";
const SECOND: &str = "Z3105E261122000000000010";

/// One parcel of 1.17 kg packed, bundled for the van, its note debited.
async fn bundled(world: &World) -> (Station, Ask) {
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    let waybill = packed(world, &mut bench, "B1").await;
    let vehicle = VAN.to_owned();
    assert_eq!(bench.ask(world, Ask::RequestPass { vehicle }).await, None);
    world.approve_note("1", NOTE).await;
    let pass = GatePassNo::new(PASS);
    (bench, Ask::Load { pass, waybill })
}

/// The one pass in what was fetched.
async fn applied(world: &World) -> GatePass {
    match world.fetch().await.as_slice() {
        [Document::GatePass(pass)] => pass.clone(),
        other => panic!("{other:?}"),
    }
}

async fn list(world: &World, weight: &str) {
    let vehicles =
        json!([{ "vehicle": VAN, "weight": weight, "frame_no": "1", "frame_weight": "50" }]);
    world
        .admin("POST", "/v1/admin/vehicles", &vehicles)
        .await
        .ok();
}

async fn passes(world: &World, state: &str) -> Value {
    let path = format!("/v1/admin/passes?state={state}");
    world.admin("GET", &path, &Value::Null).await.ok()
}

async fn open_cases(world: &World) -> Vec<String> {
    let cases = world
        .admin("GET", "/v1/admin/cases", &Value::Null)
        .await
        .ok();
    let said = cases.as_array().unwrap().iter();
    said.map(|case| {
        format!(
            "{} {}",
            case["code"].as_str().unwrap(),
            case["about"].as_str().unwrap()
        )
    })
    .collect()
}

/// SAS223: what the weighbridge read, and whether customs let the vehicle through.
async fn weighed(world: &World, number: &str, declared: &str, read: &str, passes: bool) {
    let (result, state) = if passes { ("1", "2") } else { ("3", "6") };
    world
        .deliver(Document::GatePassReceipt(GatePassReceipt {
            message: MessageKind::Sas223,
            approval: Approval {
                business_id: number.into(),
                result: result.into(),
                at: Some(world.clock.now()),
                ..Approval::default()
            },
            state: Some(GatePassState {
                pass_no: number.into(),
                state: state.into(),
                total_weight: Some(declared.parse().unwrap()),
                weighed: Some(read.parse().unwrap()),
                ..GatePassState::default()
            }),
            ..GatePassReceipt::default()
        }))
        .await;
}

#[tokio::test]
async fn a_pass_declares_the_vehicle_with_its_goods_and_assumes_what_nobody_listed() {
    let world = World::open().await;
    let (_bench, _) = bundled(&world).await;
    let assumed = applied(&world).await;
    let text = |weight: Option<bondhouse_domain::quantity::Weight>| {
        weight.map(|weight| weight.to_string()).unwrap_or_default()
    };
    assert_eq!(
        [
            text(assumed.vehicle_weight),
            text(assumed.total_gross_weight),
            text(assumed.total_weight)
        ],
        ["3000", "1.17", "3001.17"]
    );
    assert!(!assumed.applicant.is_empty(), "customs asks who applies");
    let shown = passes(&world, "sent").await;
    assert_eq!(shown[0]["says"][0]["code"], "platform.vehicle_unlisted");

    // Returned before it was ever approved; with the weights listed the next one adds them up.
    world
        .about_pass(MessageKind::Sas221, "", &assumed.own_no, "6")
        .await;
    list(&world, "3240").await;
    let path = format!("/v1/admin/passes/{}/again", assumed.own_no);
    let van = json!({ "vehicle": VAN });
    world.admin("POST", &path, &van).await.ok();
    let listed = applied(&world).await;
    assert_eq!(
        [
            text(listed.vehicle_weight),
            text(listed.frame_weight),
            text(listed.total_weight)
        ],
        ["3240", "50", "3291.17"]
    );
    assert_eq!(passes(&world, "sent").await[0]["says"], json!([]));
    let known = world
        .admin("GET", "/v1/admin/vehicles", &Value::Null)
        .await
        .ok();
    assert!(
        known
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["vehicle"] == VAN && one["weight"] == "3240"),
        "{known}"
    );
    let weightless = json!([{ "vehicle": VAN, "weight": "0" }]);
    let refused = world.admin("POST", "/v1/admin/vehicles", &weightless).await;
    assert_eq!(
        (refused.status, refused.code()),
        (422, "platform.incomplete")
    );
}

#[tokio::test]
async fn a_truck_weighs_what_its_forwarder_says() {
    let world = World::open().await;
    let notice = json!({ "notice": "RK009", "owner": crate::support::OWNER, "vehicle": "浙B00009",
        "vehicle_weight": "8120.5", "lines": [{ "line": 1, "item": crate::support::MILK, "qty": "10" }] });
    world
        .post(&world.forwarder, "/v1/forwarder/notices", &notice)
        .await
        .ok();
    world.approve_note("4", "QD310526I000000009").await;
    let pass = applied(&world).await;
    assert_eq!(pass.total_weight.unwrap().to_string(), "8132.2");
    assert_eq!(passes(&world, "sent").await[0]["says"], json!([]));
}

#[tokio::test]
async fn what_the_weighbridge_does_not_explain_is_turned_back_and_applied_for_again() {
    let world = World::open().await;
    let (mut bench, load) = bundled(&world).await;
    list(&world, "3190").await;
    // The pass went out before the van was listed: it declares the assumption.
    let first = applied(&world).await;
    world
        .about_pass(MessageKind::Sas221, PASS, &first.own_no, "1")
        .await;
    let pass = GatePassNo::new(PASS);
    assert_eq!(bench.ask(&world, load.clone()).await, None);
    assert_eq!(bench.ask(&world, Ask::Depart { pass }).await, None);
    weighed(&world, PASS, "3001.17", "3240", false).await;

    let refused = passes(&world, "refused").await[0].take();
    assert_eq!(
        (
            &refused["total_weight"],
            &refused["weighed"],
            &refused["weight_error"]
        ),
        (&json!("3001.17"), &json!("3240"), &json!("-238.83"))
    );
    let why = &refused["says"][0];
    assert_eq!(why["code"], "platform.pass_weight_differs");
    assert_eq!(why["params"]["error"], "-238.83");
    assert_eq!(
        open_cases(&world).await,
        [format!("WEIGHT_DIFFERS SAS121 {}", first.own_no)]
    );
    assert_eq!(world.state("B1").await, "loaded", "it has not left");
    assert_eq!(world.booked("left").await, "0");

    let path = format!("/v1/admin/passes/{}/again", first.own_no);
    let van = json!({ "vehicle": VAN });
    world.admin("POST", &path, &van).await.ok();
    let second = applied(&world).await;
    assert_eq!(second.total_weight.unwrap().to_string(), "3241.17");
    world
        .about_pass(MessageKind::Sas221, SECOND, &second.own_no, "1")
        .await;
    let pass = GatePassNo::new(SECOND);
    let Ask::Load { waybill, .. } = load else {
        unreachable!()
    };
    let load = Ask::Load {
        pass: pass.clone(),
        waybill,
    };
    assert_eq!(bench.ask(&world, load).await, None);
    assert_eq!(bench.ask(&world, Ask::Depart { pass }).await, None);
    weighed(&world, SECOND, "3241.17", "3240", true).await;
    assert_eq!(world.state("B1").await, "gated_out");
    assert_eq!(
        open_cases(&world).await.len(),
        1,
        "one kilogram is the bridge's own step"
    );
}

#[tokio::test]
async fn customs_may_let_a_difference_pass_or_not_weigh_at_all_and_debits_in_its_own_time() {
    let world = World::open().await;
    let (mut bench, load) = bundled(&world).await;
    let first = applied(&world).await;
    world
        .about_pass(MessageKind::Sas221, PASS, &first.own_no, "1")
        .await;
    let pass = GatePassNo::new(PASS);
    assert_eq!(bench.ask(&world, load).await, None);
    assert_eq!(bench.ask(&world, Ask::Depart { pass }).await, None);
    assert_eq!(
        passes(&world, "departed").await[0]["debit"]["code"],
        "platform.debit_unknown"
    );
    // Nothing read is not a vehicle without weight: nobody weighed it.
    weighed(&world, PASS, "3001.17", "0", true).await;
    let gone = passes(&world, "passed").await[0].take();
    assert_eq!(
        (&gone["weighed"], &gone["says"][0]["code"]),
        (&json!(null), &json!("platform.vehicle_unlisted"))
    );
    assert!(open_cases(&world).await.is_empty());

    // What customs took off its ledger itself is told apart from what we booked, and never goes back.
    let mark = async |mark: &str| {
        world
            .deliver(Document::BondedNoteReceipt(BondedNoteReceipt {
                approval: Approval {
                    business_id: NOTE.into(),
                    result: "1".into(),
                    at: Some(world.clock.now()),
                    ..Approval::default()
                },
                state: Some(BondedNoteState {
                    note_no: NOTE.into(),
                    debit_mark: mark.into(),
                    ..BondedNoteState::default()
                }),
                ..BondedNoteReceipt::default()
            }))
            .await;
        passes(&world, "passed").await[0]["debit"]["code"].take()
    };
    assert_eq!(mark("1").await, "platform.debit_pre");
    assert_eq!(mark("2").await, "platform.debit_done");
    assert_eq!(mark("1").await, "platform.debit_done");
    assert_eq!(world.booked("left").await, "1", "our booking stands once");
}

#[tokio::test]
async fn a_vehicle_that_customs_let_through_far_too_heavy_is_somebodys_to_look_at() {
    let world = World::open().await;
    let (mut bench, load) = bundled(&world).await;
    let first = applied(&world).await;
    world
        .about_pass(MessageKind::Sas221, PASS, &first.own_no, "1")
        .await;
    let pass = GatePassNo::new(PASS);
    assert_eq!(bench.ask(&world, load).await, None);
    assert_eq!(bench.ask(&world, Ask::Depart { pass }).await, None);
    weighed(&world, PASS, "3001.17", "3314.157", true).await;
    assert_eq!(world.state("B1").await, "gated_out");
    let gone = passes(&world, "passed").await[0].take();
    assert_eq!(gone["weight_error"], "-312.987");
    assert_eq!(gone["says"][0]["code"], "platform.pass_weight_differs");
    assert_eq!(
        open_cases(&world).await,
        [format!("WEIGHT_DIFFERS SAS223 {}", first.own_no)]
    );
}
