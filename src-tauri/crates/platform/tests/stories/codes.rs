//! What the authority makes of codes and weights from the floor: pieces counted twice by benches that
//! cannot hear each other, parcels that weigh something else, and how carriers' waybills look.

use crate::support::World;
use crate::support::station::{Station, order_of};
use bondhouse_domain::facts::{Fact, Picked, Released, ScanEvidence, Undone};
use bondhouse_domain::feed::{News, SerialNews};
use bondhouse_domain::ids::OrderKey;
use bondhouse_domain::leases::Lease;
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::quantity::{Quantity, Weight};
use bondhouse_protocol::wire::Outcome;
use serde_json::json;

fn packed(lease: &Lease, weight: &str) -> Fact {
    let right = order_of(lease).clone();
    Fact::Released(Released {
        order: right.order,
        grant: lease.grant.clone(),
        fence: lease.fence,
        waybill: right.waybill,
        declaration_no: right.clearance.declaration_no,
        lines: right.lines,
        gross_weight: Some(weight.parse::<Weight>().unwrap()),
    })
}

fn lease_on(station: &Station, order_no: &str) -> Lease {
    let of_it = |lease: &&Lease| order_of(lease).order.order_no == order_no;
    station.leases.iter().find(of_it).unwrap().clone()
}

async fn cases(world: &World) -> Vec<String> {
    let open = world
        .admin("GET", "/v1/admin/cases", &serde_json::Value::Null)
        .await
        .ok();
    let codes = open.as_array().unwrap().iter();
    codes
        .map(|case| case["code"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_parcels_weight_is_kept_with_it_and_a_difference_its_papers_do_not_explain_is_a_case() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 20).await;
    world.cleared("B1", 1).await;
    world.cleared("B2", 1).await;
    world.cleared("B3", 1).await;
    bench.sync(&world, 5, vec![]).await;

    // A tin weighs 1.17 kg in its papers; a carton and its filling may come to 0.2 kg.
    bench.record(packed(&lease_on(&bench, "B1"), "1.36"));
    let fits = bench.sync(&world, 0, vec![]).await;
    assert_eq!(fits.verdicts.last().unwrap().outcome, Outcome::Applied);
    let parcel = world.progress("B1").await["parcel"].clone();
    assert_eq!(
        (&parcel["weighed"], &parcel["declared"]),
        (&json!("1.36"), &json!("1.17"))
    );
    assert_eq!(parcel["differs"], false);

    bench.record(packed(&lease_on(&bench, "B2"), "2.54"));
    let differs = bench.sync(&world, 0, vec![]).await;
    assert_eq!(
        differs.verdicts.last().unwrap().outcome,
        Outcome::AppliedWithException {
            code: CaseCode::WeightDiffers
        }
    );
    assert_eq!(cases(&world).await, ["WEIGHT_DIFFERS"]);
    let heavy = world.progress("B2").await;
    assert_eq!(
        (&heavy["state"], &heavy["parcel"]["differs"]),
        (&json!("released"), &json!(true))
    );

    // A bench without a scale: nothing is kept, and nothing is made up.
    let lease = lease_on(&bench, "B3");
    bench.release(&lease);
    bench.sync(&world, 0, vec![]).await;
    let unweighed = world.progress("B3").await;
    assert_eq!(
        (&unweighed["state"], &unweighed["parcel"]),
        (&json!("released"), &json!(null))
    );
}

fn picked(order: OrderKey, piece: &str) -> Fact {
    Fact::Picked(Picked {
        order,
        gnum: 1,
        qty: Quantity::whole(1).unwrap(),
        scan: ScanEvidence {
            raw: format!("]C1010942190296005521{piece}"),
            symbology: Some("]C1".into()),
            from: "serial:S1".into(),
        },
    })
}

fn last_word(station: &Station) -> SerialNews {
    let mut latest_first = station.news().into_iter().rev();
    let found = latest_first.find_map(|news| match news {
        News::Serial(seen) => Some(seen),
        _ => None,
    });
    found.unwrap()
}

#[tokio::test]
async fn a_piece_that_two_benches_packed_is_a_case_and_every_bench_hears_where_it_is() {
    let world = World::open().await;
    let mut one = world.station(7).await;
    world.stock_up(&mut one, 20).await;
    world.cleared("B1", 1).await;
    one.sync(&world, 5, vec![]).await;
    let mut other = world.station(8).await;
    world.cleared("B2", 1).await;
    other.sync(&world, 5, vec![]).await;
    let first = order_of(&lease_on(&one, "B1")).order.clone();
    let second = order_of(&lease_on(&other, "B2")).order.clone();

    one.record(picked(first.clone(), "S1"));
    let answer = one.sync(&world, 0, vec![]).await;
    assert_eq!(answer.verdicts.last().unwrap().outcome, Outcome::Applied);
    // It was offline meanwhile, and could not know.
    other.record(picked(second.clone(), "S1"));
    let answer = other.sync(&world, 0, vec![]).await;
    assert_eq!(
        answer.verdicts.last().unwrap().outcome,
        Outcome::AppliedWithException {
            code: CaseCode::DuplicateSerial
        }
    );
    assert_eq!(cases(&world).await, ["DUPLICATE_SERIAL"]);
    one.sync(&world, 0, vec![]).await;
    assert_eq!(last_word(&one).order, Some(second.clone()));

    // What is taken back is in no parcel any more, and may be packed again by anyone.
    let seq = other.journal.last().unwrap().seq;
    other.record(Fact::Undone(Undone {
        seq,
        kind: "release.picked".into(),
        stock: vec![],
        ledger: vec![],
        reason: "undo".into(),
    }));
    let answer = other.sync(&world, 0, vec![]).await;
    assert_eq!(answer.verdicts.last().unwrap().outcome, Outcome::Applied);
    assert_eq!(last_word(&other).order, None);
    one.record(picked(first.clone(), "S1"));
    one.sync(&world, 0, vec![]).await;
    assert_eq!(last_word(&one).order, Some(first));
}

#[tokio::test]
async fn a_carrier_says_how_its_waybills_look_and_only_what_is_new_is_told() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    let formats = json!({ "formats": ["YT#############", "{\"w\":\"<YT#############>\",*"] });
    for _ in 0..2 {
        world
            .post(&world.carrier, "/v1/carrier/number-pools", &formats)
            .await
            .ok();
    }
    bench.sync(&world, 0, vec![]).await;
    let carriers: Vec<_> = bench
        .news()
        .into_iter()
        .filter_map(|news| match news {
            News::Carrier(carrier) => Some(carrier),
            _ => None,
        })
        .collect();
    let [carrier] = carriers.as_slice() else {
        panic!("told {} times", carriers.len())
    };
    assert_eq!(
        (carrier.carrier.as_str(), carrier.name.as_str()),
        (crate::support::CARRIER, "示例carrier")
    );
    assert_eq!(carrier.formats.len(), 2);

    for none in ["*", "YT", "<YT####", ""] {
        let refused = world
            .post(
                &world.carrier,
                "/v1/carrier/number-pools",
                &json!({ "formats": [none] }),
            )
            .await;
        assert_eq!(
            (refused.status, refused.code()),
            (422, "platform.incomplete"),
            "{none}"
        );
    }
}
