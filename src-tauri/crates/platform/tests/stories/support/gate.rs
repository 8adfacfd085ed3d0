//! The way out: packed at a bench, bundled under a note, approved for a vehicle, gone; and a shop's wish to cancel.

use super::station::{Station, order_of};
use super::{SHOP, World};
use bondhouse_domain::customs::MessageKind;
use bondhouse_domain::ids::{GatePassNo, WaybillKey};
use bondhouse_protocol::wire::Ask;
use serde_json::Value;

/// Customs' number of the outbound note.
pub(crate) const NOTE: &str = "QD310526E000000009";
/// Customs' number of the gate pass.
pub(crate) const PASS: &str = "Z3105E261122000000000009";

/// The shop asks to cancel; what it is answered.
pub(crate) async fn cancel(world: &World, order_no: &str) -> Value {
    world
        .post(
            &world.shop,
            &format!("/v1/shop/orders/{SHOP}/{order_no}/cancel"),
            &Value::Null,
        )
        .await
        .ok()
}

/// Granted to the bench and packed.
pub(crate) async fn packed(world: &World, bench: &mut Station, order_no: &str) -> WaybillKey {
    bench.sync(world, 5, vec![]).await;
    let lease = bench
        .leases
        .iter()
        .find(|l| order_of(l).order.order_no == order_no)
        .unwrap()
        .clone();
    bench.release(&lease);
    bench.sync(world, 0, vec![]).await;
    assert_eq!(world.state(order_no).await, "released");
    order_of(&lease).waybill.clone()
}

/// Bundled, debited and approved; to be loaded.
pub(crate) async fn at_the_gate(world: &World, bench: &mut Station) -> GatePassNo {
    let vehicle = "浙B99999".to_owned();
    assert_eq!(bench.ask(world, Ask::RequestPass { vehicle }).await, None);
    world.approve_note("1", NOTE).await;
    world.approve_pass(PASS).await;
    GatePassNo::new(PASS)
}

/// Packed, loaded, departed, and seen at the gate by customs.
pub(crate) async fn gone(world: &World, bench: &mut Station, order_no: &str) {
    let waybill = packed(world, bench, order_no).await;
    let pass = at_the_gate(world, bench).await;
    let load = Ask::Load {
        pass: pass.clone(),
        waybill,
    };
    assert_eq!(bench.ask(world, load).await, None);
    assert_eq!(bench.ask(world, Ask::Depart { pass }).await, None);
    world.about_pass(MessageKind::Sas223, PASS, "", "2").await;
}
