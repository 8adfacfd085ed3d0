//! Workstations push, pull, fall silent, are cloned and start anew.

use crate::support::engine::tamper;
use crate::support::station::{Station, order_of, scan};
use crate::support::{SHELF, SHOP, World};
use bondhouse_domain::facts::{Fact, LeaseDropped, PutAway, Signed};
use bondhouse_domain::feed::News;
use bondhouse_domain::ids::{PersonId, RequestId, Seq};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Bucket, Place, StockMove};
use bondhouse_domain::time::Span;
use bondhouse_protocol::wire::{Act, Ask, Outcome};
use serde_json::{Value, json};

fn signed_in(station: &mut Station) {
    station.record(Fact::Signed(Signed { signed_in: true }));
}

#[tokio::test]
async fn an_enrolment_code_works_once_and_not_for_long() {
    let world = World::open().await;
    let code = world.code(&Value::Null).await;
    assert_eq!(code.len(), 16);
    world.enrol(&code, 1).await.ok();
    assert_eq!(world.enrol(&code, 2).await.status, 401);
    let late = world.code(&Value::Null).await;
    world.pass(Span::minutes(10)).await;
    assert_eq!(world.enrol(&late, 3).await.code(), "platform.bad_code");
    assert_eq!(world.enrol("AAAAAAAAAAAAAAAA", 3).await.status, 401);
}

#[tokio::test]
async fn a_tail_that_was_pushed_before_is_taken_once() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    signed_in(&mut bench);
    signed_in(&mut bench);
    let first = bench.request(0, vec![]);
    let answer = bench.send(&world, &first).await.unwrap();
    assert_eq!(answer.acked.position.seq, Seq(2));
    // The answer was lost: the same tail comes again with one event more.
    signed_in(&mut bench);
    let again = bench.request(0, vec![]);
    let answer = bench.send(&world, &again).await.unwrap();
    assert_eq!(
        (answer.acked.position.seq, answer.verdicts.len()),
        (Seq(3), 3)
    );
    // The very same call, captured on the wire, is refused.
    assert_eq!(
        bench.send(&world, &again).await.unwrap_err(),
        (409, "platform.replayed".into())
    );
}

#[tokio::test]
async fn a_right_that_cannot_be_given_keeps_no_fact_out() {
    let world = World::open().await;
    let (mut bench, mut other) = (world.station(7).await, world.station(8).await);
    world.stock_up(&mut bench, 10).await;
    world.cleared("A1", 1).await;
    // Without its waybill, which only a hand in the database can take away, the order cannot be granted.
    tamper(&world.config, &["DELETE FROM waybills"]).await;
    let put_away = |news: &News| matches!(news, News::Moved(moved) if moved.cause == "put away");
    let goods = bench.news().into_iter().find_map(|news| match news {
        News::Receivable(notice) => Some(notice.lines[0].goods.clone()),
        _ => None,
    });
    bench.record(Fact::PutAway(PutAway {
        stock: StockMove {
            goods: goods.unwrap(),
            from: Place::inside(SHELF, Bucket::Available),
            to: Place::inside("A-01-02", Bucket::Available),
            qty: Quantity::whole(1).unwrap(),
        },
        scan: scan(),
    }));
    let asked = bench.request(1, vec![]);
    assert_eq!(bench.send(&world, &asked).await.unwrap_err().0, 404);
    other.sync(&world, 0, vec![]).await;
    assert_eq!(other.news().iter().filter(|news| put_away(news)).count(), 2);
}

#[tokio::test]
async fn a_gap_is_asked_for_and_nothing_behind_it_is_taken() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    (0..3).for_each(|_| signed_in(&mut bench));
    let mut request = bench.request(0, vec![]);
    request.push.events.remove(0);
    request.push.from_seq = Seq(2);
    request.push.prev_hash = bench.journal[0].hash;
    let answer = bench.send(&world, &request).await.unwrap();
    assert_eq!(
        (answer.need_from, answer.acked.position.seq),
        (Some(Seq(1)), Seq(0))
    );
    assert_eq!(
        bench.sync(&world, 0, vec![]).await.acked.position.seq,
        Seq(3)
    );
}

#[tokio::test]
async fn what_one_copy_of_a_disk_gave_back_and_the_other_packed_is_nobody_elses() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 5, vec![]).await;
    let lease = bench.leases[0].clone();
    let mut clone = bench.clone();
    clone.release(&lease);
    bench.record(Fact::LeaseDropped(LeaseDropped {
        order: order_of(&lease).order.clone(),
        grant: lease.grant.clone(),
        fence: lease.fence,
        why: "not_needed".into(),
    }));
    bench.leases.clear();
    bench.sync(&world, 0, vec![]).await;
    assert_eq!(world.state("B1").await, "cleared");
    let mut request = clone.request(0, vec![]);
    request.nonce = "from-the-clone".into();
    assert_eq!(
        clone.send(&world, &request).await.unwrap_err(),
        (409, "platform.forked".into())
    );
    assert_eq!(world.progress("B1").await["held_by"], json!(["supervisor"]));
    let mut other = world.station(8).await;
    other.sync(&world, 5, vec![]).await;
    assert!(other.leases.is_empty(), "a supervisor looks first");
}

#[tokio::test]
async fn a_cloned_disk_is_quarantined_and_what_it_held_is_in_doubt() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 1, vec![]).await;
    let mut clone = bench.clone();
    signed_in(&mut bench);
    bench.sync(&world, 0, vec![]).await;
    clone.record(Fact::Signed(Signed { signed_in: false }));
    let mut request = clone.request(0, vec![]);
    request.nonce = "from-the-clone".into();
    assert_eq!(
        clone.send(&world, &request).await.unwrap_err(),
        (409, "platform.forked".into())
    );
    assert_eq!(world.state("B1").await, "in_doubt");
    let cases = world
        .admin("GET", "/v1/admin/cases", &Value::Null)
        .await
        .ok();
    assert!(
        cases
            .as_array()
            .unwrap()
            .iter()
            .any(|case| case["code"] == "JOURNAL_FORK")
    );
    let request = bench.request(0, vec![]);
    assert_eq!(
        bench.send(&world, &request).await.unwrap_err(),
        (403, "platform.station_stopped".into())
    );
    // Either copy may still pack it until the lease has run out: only then is unpacked an answer.
    let path = format!("/v1/admin/orders/{SHOP}/B1");
    let looked = json!({ "is": "looked", "packed": false });
    let refused = world.admin("POST", &path, &looked).await;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "platform.may_still_work")
    );
    world.pass(Span::minutes(250)).await;
    let looked = world.admin("POST", &path, &looked).await.ok();
    assert_eq!(looked["state"], "cleared");
}

#[tokio::test]
async fn an_altered_event_is_evidence_and_nothing_is_taken() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    signed_in(&mut bench);
    let mut request = bench.request(0, vec![]);
    request.push.events[0].body.push(' ');
    assert_eq!(
        bench.send(&world, &request).await.unwrap_err(),
        (422, "platform.damaged".into())
    );
    let mut request = bench.request(0, vec![]);
    request.series.device = bondhouse_domain::ids::DeviceId::new("P-99");
    assert_eq!(bench.send(&world, &request).await.unwrap_err().0, 403);
}

#[tokio::test]
async fn silence_puts_an_order_in_doubt_and_only_its_holder_or_a_human_frees_it() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    let mut other = world.station(8).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 1, vec![]).await;
    let lease = bench.leases[0].clone();
    assert!(
        other.sync(&world, 5, vec![]).await.grants.is_empty(),
        "granted once"
    );
    world.pass(Span::minutes(240)).await;
    assert_eq!(
        world.state("B1").await,
        "leased",
        "the margin for differing clocks"
    );
    world.pass(Span::minutes(10)).await;
    assert_eq!(world.state("B1").await, "in_doubt");
    assert!(
        other.sync(&world, 5, vec![]).await.grants.is_empty(),
        "silence frees nothing"
    );
    // The holder comes back, has not packed it, and says so.
    let told = bench.sync(&world, 0, vec![]).await;
    assert_eq!(told.revokes[0].why, "ran_out");
    bench.leases.clear();
    bench.record(Fact::LeaseDropped(LeaseDropped {
        order: order_of(&lease).order.clone(),
        grant: lease.grant.clone(),
        fence: lease.fence,
        why: "expired".into(),
    }));
    bench.sync(&world, 0, vec![]).await;
    assert_eq!(world.state("B1").await, "cleared");
    assert_eq!(other.sync(&world, 5, vec![]).await.grants.len(), 1);
}

#[tokio::test]
async fn a_lost_disk_leaves_doubt_until_someone_has_looked() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 1, vec![]).await;
    let code = world.code(&json!({ "device": bench.series.device })).await;
    let enrolled: bondhouse_protocol::wire::Enrolled =
        serde_json::from_value(world.enrol(&code, 9).await.ok()).unwrap();
    let mut anew = Station::of(enrolled, 9);
    assert_eq!(
        (anew.series.device.clone(), anew.series.incarnation.0),
        (bench.series.device.clone(), 2)
    );
    assert_eq!(world.state("B1").await, "in_doubt");
    let old = bench.request(0, vec![]);
    assert_eq!(bench.send(&world, &old).await.unwrap_err().0, 403);
    let looked = json!({ "is": "looked", "packed": false });
    assert_eq!(
        world
            .admin("POST", &format!("/v1/admin/orders/{SHOP}/B1"), &looked)
            .await
            .ok()["state"],
        "cleared"
    );
    anew.sync(&world, 1, vec![]).await;
    assert_eq!(
        anew.leases[0].fence.0, 3,
        "one for the grant, one for the look, one for the new grant"
    );
}

#[tokio::test]
async fn a_lost_answer_with_a_grant_in_it_is_sent_again() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    let request = bench.request(1, vec![]);
    assert_eq!(bench.send(&world, &request).await.unwrap().grants.len(), 1);
    let answer = bench.sync(&world, 1, vec![]).await;
    assert!(answer.grants[0].consignee.is_some(), "it never had it");
    world.pass(Span::minutes(61)).await;
    let renewed = bench.sync(&world, 1, vec![]).await;
    assert!(renewed.grants[0].consignee.is_none());
    assert_eq!(bench.leases.len(), 1);
    assert_eq!(
        bench.leases[0].work_until,
        world.clock.now().plus(Span::minutes(240))
    );
}

#[tokio::test]
async fn an_act_asked_twice_is_answered_the_same() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 1, vec![]).await;
    let lease = bench.leases[0].clone();
    bench.release(&lease);
    bench.sync(&world, 0, vec![]).await;
    let act = |n: u128| Act {
        id: RequestId(uuid::Uuid::from_u128(n)),
        actor: PersonId::new("zhou-min"),
        ask: Ask::RequestPass {
            vehicle: "浙B99999".into(),
        },
    };
    for _ in 0..2 {
        assert_eq!(
            bench.sync(&world, 0, vec![act(1)]).await.answers[0].refusal,
            None
        );
    }
    for _ in 0..2 {
        let refusal = bench.sync(&world, 0, vec![act(2)]).await.answers[0]
            .refusal
            .clone()
            .unwrap();
        assert_eq!(refusal.0.code, "platform.nothing_to_bundle");
    }
}

#[tokio::test]
async fn a_fact_that_cannot_be_is_kept_and_becomes_a_case() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let goods = bench
        .news()
        .into_iter()
        .find_map(|news| match news {
            News::Moved(moved) => moved.stock.first().map(|m| m.goods.clone()),
            _ => None,
        })
        .unwrap();
    let impossible = StockMove {
        goods,
        from: Place::inside(SHELF, Bucket::Available),
        to: Place::inside("A-01-02", Bucket::Available),
        qty: Quantity::whole(999).unwrap(),
    };
    bench.record(Fact::PutAway(PutAway {
        stock: impossible,
        scan: scan(),
    }));
    let verdicts = bench.sync(&world, 0, vec![]).await.verdicts;
    assert!(matches!(
        verdicts.last().unwrap().outcome,
        Outcome::AppliedWithException { .. }
    ));
}

#[tokio::test]
async fn a_kind_of_a_newer_version_is_parked_not_lost() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    signed_in(&mut bench);
    let head = bench.journal.pop().unwrap();
    let draft = bondhouse_domain::journal::Draft {
        kind: "robots.danced".into(),
        v: 3,
        request: head.request,
        actor: head.actor,
        occurred_at: head.occurred_at,
        wall: head.wall,
        body: "{}".into(),
    };
    bench
        .journal
        .push(bondhouse_domain::journal::Head::EMPTY.append(&bench.series, draft));
    let answer = bench.sync(&world, 0, vec![]).await;
    assert_eq!(answer.verdicts[0].outcome, Outcome::Parked);
    assert_eq!(answer.acked.position.seq, Seq(1));
}

/// The bench's program is newer than the platform's: the parcel stands there, and its release cannot be read.
#[tokio::test]
async fn a_release_of_a_newer_version_frees_nothing_and_answers_nothing_cancelled() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    bench.sync(&world, 5, vec![]).await;
    let lease = bench.leases[0].clone();
    bench.release(&lease);
    bench.newer_than_the_platform();
    // What comes after it is judged as always.
    signed_in(&mut bench);
    let answer = bench.sync(&world, 0, vec![]).await;
    let outcomes: Vec<Outcome> = answer.verdicts.iter().map(|v| v.outcome).collect();
    assert_eq!(outcomes, [Outcome::Parked, Outcome::Applied]);
    // The shop wants it cancelled: the bench does not hold it, and has not said that it gave it back.
    let said = crate::support::gate::cancel(&world, "B1").await;
    assert_eq!(said["answer"], "pending");
    for _ in 0..2 {
        bench.sync(&world, 5, vec![]).await;
    }
    assert_eq!(world.state("B1").await, "leased");
    // Time frees it as little; somebody looks, and finds it packed.
    world.pass(Span::minutes(6 * 60)).await;
    assert_eq!(world.state("B1").await, "in_doubt");
    bench.sync(&world, 5, vec![]).await;
    assert_eq!(world.state("B1").await, "in_doubt");
}

#[tokio::test]
async fn what_was_taken_is_still_there_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_owned();
    let world = World::open_with(|config| config.data = folder).await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.cleared("B1", 1).await;
    let (pos, key) = (bench.cursor.pos, world.platform.admin_key().to_owned());
    world.platform.stop().await.unwrap();
    let config = bondhouse_platform::Config {
        clock: world.clock.clone(),
        storage: world.config.storage.clone(),
        ..bondhouse_platform::Config::at(data.path())
    };
    let again = bondhouse_platform::Platform::start(config).await.unwrap();
    assert_eq!(again.admin_key(), key);
    let health = crate::support::reply(world.http.get(again.url() + "/health"))
        .await
        .ok();
    assert!(health["feed_pos"].as_u64().unwrap() >= pos.0);
    again.stop().await.unwrap();
}
