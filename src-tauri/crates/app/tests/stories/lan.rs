//! Stations without internet share an authority on a box in the warehouse: over TLS of its own making,
//! known by the fingerprint of who signed it.

use crate::site::{Site, certified::Authority};

#[test]
fn stations_share_a_box_in_the_warehouse_that_they_know_by_its_fingerprint() {
    let ours = Authority::new("示例仓 CA");
    let site = Site::open_behind(&ours);
    assert!(site.url().starts_with("https://"));
    let address = format!("{}#{}", site.url(), ours.fingerprint());
    let (one, other) = (site.desk_at(&address), site.desk_at(&address));
    site.clear(&["B1"]);
    for desk in [&one, &other] {
        desk.level();
        assert!(desk.is_sound());
        assert_eq!(desk.platform_url(), address, "the fingerprint is shown");
    }
    site.until("one of them holds the order", || {
        one.ask_now();
        other.ask_now();
        let held = [one.leases(), other.leases()].concat();
        (held == ["B1"]).then_some(())
    });
    // The certificate of the box is renewed by the same signer: nobody has to do anything.
    one.level();
}

#[test]
fn a_box_that_another_authority_signed_is_refused_before_anything_is_sent() {
    let (ours, theirs) = (Authority::new("示例仓 CA"), Authority::new("别家 CA"));
    let site = Site::open_behind(&theirs);
    let desk = site.bare_desk();
    let code = site.code(&serde_json::Value::Null);
    let enrol = |address: String| {
        let request = serde_json::json!({
            "code": code, "station_name": "打包台", "platform_url": address,
        });
        desk.try_call("station.enrol", request).map(drop)
    };
    let refused = |address: String| enrol(address).unwrap_err();
    let url = site.url();
    let expected = ours.fingerprint();
    assert_eq!(
        refused(format!("{url}#{expected}")),
        "station.wrong_certificate"
    );
    assert_eq!(refused(url.clone()), "station.unknown_certificate");
    assert_eq!(
        refused(format!("{url}#{}", expected.get(..40).unwrap())),
        "station.bad_fingerprint"
    );
    // The code was never shown to anybody: it still works once.
    enrol(format!("{url}#{}", theirs.fingerprint())).unwrap();
}

#[test]
fn a_desk_that_knows_its_box_does_not_follow_another_that_takes_its_place() {
    let (ours, theirs) = (Authority::new("示例仓 CA"), Authority::new("别家 CA"));
    let mut site = Site::open_behind(&ours);
    let desk = site.desk_at(&format!("{}#{}", site.url(), ours.fingerprint()));
    desk.level();
    // Even with the authority's own keys and data: the line leads to somebody else.
    site.take_over(&theirs);
    assert_eq!(desk.until_refused(), "station.wrong_certificate");
    let head = desk.head();
    desk.sign_out();
    desk.sign_in();
    assert!(desk.head() > head, "work goes on");
    // The box comes back with a new certificate of the same signer: so does contact.
    site.take_over(&ours);
    desk.level();
    assert_eq!(site.journal_head(&desk.series()), desk.head());
}
