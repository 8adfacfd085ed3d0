//! What may be done without network is each warehouse's own decision: told ahead, signed into leases,
//! obeyed by the rooms, shown before it is needed.

use crate::site::{Desk, Site};
use bondhouse_testkit::chaos::{ChaosProxy, Mood};
use serde_json::{Value, json};

const TIN: &str = "]E09421902960055";

/// A desk behind a line that can be cut, with goods to count and an order to release.
struct Bench {
    site: Site,
    desk: Desk,
    line: ChaosProxy,
    waybill: String,
}

fn policy(minutes: u32, floor: bool) -> Value {
    json!({
        "release": { "minutes": minutes, "orders": 300 },
        "intake": floor, "put_away": floor, "reprint": floor,
    })
}

impl Bench {
    /// Counts one tin and starts the order while the network is there.
    fn at_work(policy: &Value) -> Self {
        let site = Site::open();
        site.decide(policy);
        let line = ChaosProxy::before(site.address(), "/v1/enrol").unwrap();
        let desk = site.desk_at(&format!("http://{}", line.address()));
        site.clear(&["B1"]);
        site.announce("RK002", 10);
        site.until("the lease, the policy and the notice", || {
            desk.ask_now();
            let notices: i64 = desk.query("SELECT count(*) FROM notices");
            (desk.leases() == ["B1"] && desk.offline()["version"] == 1 && notices == 2)
                .then_some(())
        });
        let waybill = desk.call("sync.view", json!({}))["leases"][0]["waybill_no"].clone();
        desk.scan("intake", "RK002");
        assert_eq!(desk.scan("intake", TIN), "intake.counted");
        let waybill = waybill.as_str().unwrap().to_owned();
        assert_eq!(desk.scan("release", &waybill), "release.started");
        Self {
            site,
            desk,
            line,
            waybill,
        }
    }

    /// The network is gone, and the desk has noticed.
    fn cut(&self) {
        self.line.next(std::iter::repeat_n(Mood::Reset, 100_000));
        self.site.until("being offline", || {
            self.desk.ask_now();
            let status = self.desk.call("station.status", json!({}));
            (status["network"]["online"] == false).then_some(())
        });
    }
}

#[test]
fn without_network_one_warehouse_works_on_and_another_stops_as_each_decided() {
    let stops = Bench::at_work(&policy(0, false));
    let works = Bench::at_work(&policy(120, true));
    for bench in [&stops, &works] {
        bench.cut();
    }
    let desk = &stops.desk;
    let counted: i64 = desk.query("SELECT count(*) FROM journal WHERE kind = 'intake.counted'");
    assert_eq!(counted, 1, "what was counted online is counted");
    assert_eq!(desk.count_more(TIN), "offline.intake");
    assert_eq!(desk.scan("release", TIN), "offline.release");
    let now: i64 = desk.query("SELECT count(*) FROM journal WHERE kind = 'intake.counted'");
    assert_eq!(now, counted);
    let status = desk.call("station.status", json!({}));
    assert_eq!(
        (&status["leases"], &status["cannot_leave"]),
        (&json!(0), &json!(1))
    );
    let view = desk.call("sync.view", json!({}));
    assert_eq!(view["can_leave"]["needs_contact"], 1);
    assert_eq!(desk.goes_on("sync.view", "intake"), Some(false));
    let rehearsal = desk.call("sync.rehearse", json!({}));
    assert_eq!(rehearsal["now"]["can"], 0);
    for act in ["release", "intake", "put_away", "reprint", "gate"] {
        assert_eq!(desk.goes_on("sync.rehearse", act), Some(false), "{act}");
    }
    // What was refused is evidence, and took nothing away: the log of scans names it.
    let logged: i64 = desk.query("SELECT count(*) FROM scan_log WHERE refusal LIKE '%offline.%'");
    assert_eq!(logged, 2);

    let desk = &works.desk;
    assert_eq!(desk.call("station.status", json!({}))["leases"], 1);
    assert_eq!(desk.goes_on("sync.rehearse", "release"), Some(true));
    assert_eq!(desk.goes_on("sync.rehearse", "gate"), Some(false));
    assert_eq!(desk.count_more(TIN), "intake.counted");
    assert_ne!(desk.scan("release", TIN), "offline.release");
    for bench in [&stops, &works] {
        assert!(!bench.waybill.is_empty() && bench.desk.is_sound());
    }
}

#[test]
fn a_policy_decided_ahead_is_shown_at_once_and_holds_from_its_day_for_leases_held_already() {
    let site = Site::open();
    let desk = site.desk();
    site.clear(&["B1"]);
    site.until("the lease", || {
        desk.ask_now();
        (desk.leases() == ["B1"]).then_some(())
    });
    assert_eq!(desk.offline()["version"], 0);
    let now = site.now();
    let tomorrow = now + 24 * 3_600_000;
    site.decide(&json!({
        "valid_from": tomorrow, "release": { "minutes": 240, "orders": 300, "online_only": ["1901"] },
        "intake": true, "put_away": true, "reprint": false,
    }));
    site.until("the news", || {
        desk.ask_now();
        (desk.offline()["next_from"] == tomorrow).then_some(())
    });
    assert_eq!(desk.offline()["version"], 0, "its day has not come");
    assert_eq!(desk.can_leave()["can"], 1);
    // The day comes, one call an hour: the lease is prolonged all the while.
    for _ in 0..24 {
        site.pass(bondhouse_domain::time::Span::minutes(60));
        desk.level();
    }
    site.until("the lease signed anew", || {
        desk.ask_now();
        (desk.can_leave()["needs_contact"] == 1).then_some(())
    });
    assert_eq!(desk.offline()["version"], 1);
    assert_eq!(desk.offline()["online_only"], json!(["1901"]));
    assert_eq!(desk.goes_on("sync.view", "reprint"), Some(false));
    assert_eq!(site.state("B1"), "leased");
    assert!(desk.is_sound());
}

#[test]
fn a_policy_that_means_nothing_or_the_past_is_refused() {
    let site = Site::open();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut wanted = policy(240, true);
        change(&mut wanted);
        site.refused_decision(&wanted)
    };
    let past = site.now() - 1;
    assert_eq!(
        refused(&|w| w["valid_from"] = json!(past)),
        "offline.in_the_past"
    );
    assert_eq!(
        refused(&|w| w["release"]["minutes"] = json!(1441)),
        "offline.bad_minutes"
    );
    assert_eq!(
        refused(&|w| w["release"]["online_only"] = json!(["19x1"])),
        "offline.bad_hs_code"
    );
    // Misspelt, it would allow what was meant to be forbidden.
    assert_eq!(
        refused(&|w| w["release"]["online_olny"] = json!(["1901"])),
        "platform.bad_json"
    );
    assert_eq!(refused(&|w| w["intake"] = Value::Null), "platform.bad_json");
    let answer = site.admin("GET", "/v1/admin/offline-policy", &Value::Null);
    assert_eq!(answer["in_force"]["version"], 0);
    assert_eq!(answer["decided"], json!([]));
}
