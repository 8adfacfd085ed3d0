//! Customs wants to see a parcel while it is being packed.

use crate::site::Site;

/// The tins of the site's merchant.
const TIN: &str = "]E09421902960055";

#[test]
fn an_inspection_stops_the_parcel_in_the_packers_hands_though_nobody_asked() {
    let site = Site::open();
    site.clear(&["B1"]);
    let desk = site.desk();
    let open = || desk.query::<i64>("SELECT count(*) FROM leases WHERE ended = 0");
    site.until("the order", || (open() == 1).then_some(()));
    assert_eq!(desk.scan("release", &site.waybill("B1")), "release.started");

    // The list was released (800); customs picks it out all the same. The desk is poked and asks by itself.
    site.customs_says("B1", "500", 5);
    site.until("the inspection", || (open() == 0).then_some(()));
    assert_eq!(desk.scan("release", TIN), "leases.revoked");
    assert_eq!(site.state("B1"), "cleared", "nothing was packed");
    assert_eq!(
        site.progress("B1")["held_by"],
        serde_json::json!(["customs"])
    );
}
