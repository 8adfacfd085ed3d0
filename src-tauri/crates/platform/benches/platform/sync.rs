//! Workstations and an authority in a file: pushed tails, the answer to one event, a hold on its way to
//! a bench, and workstations that only wait.

use super::{Goal, p99, row, warehouse};
use crate::support::engine::Node;
use crate::support::station::{Station, scan};
use crate::support::{SHELF, SHOP, World};
use bondhouse_domain::facts::{Fact, LabelPrinted, Picked, PutAway, ReleaseStarted};
use bondhouse_domain::feed::News;
use bondhouse_domain::ids::{Fence, GrantId, OrderKey, WaybillKey};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Bucket, Goods, Place, StockMove};
use bondhouse_protocol::envelope::{self, NONCE_HEADER, SIGNATURE_HEADER, SIGNER_HEADER};
use bondhouse_protocol::page;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What a workstation brings home after eight hours alone.
const UNSENT: usize = 5_000;
/// Events of four workstations that push at once.
const EVENTS: usize = 10_000;
const STATIONS: usize = 4;
/// Single events, each waited for.
const SINGLE: usize = 500;
/// Workstations that only wait.
const IDLE: usize = 500;

pub(super) async fn measure() -> Vec<Value> {
    let (world, mut bench) = warehouse(2_000, |_| {}).await;
    let goods = goods(&bench);
    let mut rows = Vec::new();

    shift(&mut bench, &goods, UNSENT);
    let begun = Instant::now();
    push_all(&world, &mut bench).await;
    let seconds = begun.elapsed().as_secs_f64();
    rows.push(row(
        "5,000 unsent events of a shift pushed after an outage",
        seconds,
        "s",
        Goal::AtMost(10.0),
    ));

    let mut stations = Vec::new();
    for seed in 0..STATIONS {
        let mut station = world.station(u8::try_from(20 + seed).unwrap()).await;
        station.sync(&world, 0, vec![]).await;
        shift(&mut station, &goods, EVENTS / STATIONS);
        stations.push(station);
    }
    let begun = Instant::now();
    let pushing = stations.iter_mut().map(|station| push_all(&world, station));
    all(pushing).await;
    let rate = EVENTS as f64 / begun.elapsed().as_secs_f64();
    rows.push(row(
        "events pushed in pages by 4 workstations, SQLite",
        rate,
        "1/s",
        Goal::AtLeast(10_000.0),
    ));

    let mut times = Vec::new();
    for _ in 0..SINGLE {
        shift(&mut bench, &goods, 1);
        let begun = Instant::now();
        push_all(&world, &mut bench).await;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    rows.push(row(
        "one event pushed and acknowledged, p99",
        p99(times),
        "ms",
        Goal::AtMost(100.0),
    ));

    let hold = held(&world, &mut bench).await;
    rows.push(row(
        "hold in the hands of a waiting workstation, longest of 10",
        hold,
        "ms",
        Goal::AtMost(1_000.0),
    ));
    rows.push(row(
        "one node with 500 waiting workstations (RSS)",
        idle(world).await,
        "MiB",
        Goal::AtMost(150.0),
    ));
    rows
}

/// Runs futures at once on this task, to the end of the last.
async fn all(futures: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        running.retain_mut(|future| future.as_mut().poll(context).is_pending());
        match running.is_empty() {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
}

fn goods(bench: &Station) -> Goods {
    let notice = bench.news().into_iter().find_map(|news| match news {
        News::Receivable(notice) => Some(notice),
        _ => None,
    });
    notice.unwrap().lines[0].goods.clone()
}

/// Events as a shift makes them; one in four moves goods, there and back again.
pub(super) fn shift(station: &mut Station, goods: &Goods, events: usize) {
    for n in station.journal.len()..station.journal.len() + events {
        let order = OrderKey {
            platform: SHOP.into(),
            order_no: format!("S{}", n / 4),
        };
        let qty = Quantity::whole(1).unwrap();
        let (shelf, other) = (SHELF, "A-01-02");
        let (from, to) = if n / 4 % 2 == 0 {
            (shelf, other)
        } else {
            (other, shelf)
        };
        station.record(match n % 4 {
            0 => Fact::ReleaseStarted(ReleaseStarted {
                order,
                grant: GrantId::new("G"),
                fence: Fence(1),
                scan: scan(),
            }),
            1 => Fact::Picked(Picked {
                order,
                gnum: 1,
                qty,
                scan: scan(),
            }),
            2 => Fact::LabelPrinted(LabelPrinted {
                order,
                waybill: WaybillKey {
                    carrier: "C".into(),
                    waybill_no: format!("W{n}"),
                },
                copy: 0,
            }),
            _ => Fact::PutAway(PutAway {
                stock: StockMove {
                    goods: goods.clone(),
                    from: Place::inside(from, Bucket::Available),
                    to: Place::inside(to, Bucket::Available),
                    qty,
                },
                scan: scan(),
            }),
        });
    }
}

/// Pushes what is unsent, in pages, until all of it is acknowledged.
pub(super) async fn push_all(world: &World, station: &mut Station) {
    while station.acked < station.journal.len() as u64 {
        let mut request = station.request(0, vec![]);
        request.push.events = page::first(request.push.events);
        request.nonce = uuid::Uuid::now_v7().to_string();
        let answer = station.send(world, &request).await.unwrap();
        station.apply(&answer);
    }
}

/// The longest of ten: from the operator's hold to the revocation in the hands of a waiting workstation.
async fn held(world: &World, bench: &mut Station) -> f64 {
    let mut longest: f64 = 0.0;
    for n in 0..10 {
        let order = format!("H{n}");
        world.cleared(&order, 1).await;
        bench.sync(world, 1, vec![]).await;
        let waiting = tokio::spawn(poke(world, &world.platform.url(), bench).send());
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begun = Instant::now();
        let hold = json!({ "is": "hold", "by": "merchant" });
        let path = format!("/v1/admin/orders/{SHOP}/{order}");
        world.admin("POST", &path, &hold).await.ok();
        waiting.await.unwrap().unwrap();
        let answer = bench.sync(world, 0, vec![]).await;
        longest = longest.max(begun.elapsed().as_secs_f64() * 1_000.0);
        assert!(
            answer
                .revokes
                .iter()
                .any(|revoke| revoke.order.order_no == order)
        );
    }
    longest
}

fn poke(world: &World, node: &str, station: &Station) -> reqwest::RequestBuilder {
    let target = format!("/v1/poke?after={}", station.cursor.pos.0);
    let nonce = uuid::Uuid::now_v7().to_string();
    let signature = envelope::sign_call(&target, &nonce, &station.key);
    let series = &station.series;
    world
        .http
        .get(format!("{node}{target}"))
        .header(
            SIGNER_HEADER,
            format!("{}/{}", series.device, series.incarnation.0),
        )
        .header(NONCE_HEADER, nonce)
        .header(SIGNATURE_HEADER, signature)
}

/// Memory of a platform of its own process, in MiB, while workstations that have heard everything wait.
async fn idle(mut world: World) -> f64 {
    let mut stations = Vec::new();
    for n in 0..IDLE {
        stations.push(world.station(u8::try_from(n % 250).unwrap()).await);
    }
    // All have heard everything once the last of them was taken in.
    let mut last = stations.pop().unwrap();
    last.sync(&world, 0, vec![]).await;
    let heard = last.cursor;
    stations.push(last);
    let config = world.config.clone();
    let other = tempfile::tempdir().unwrap();
    let stand_in =
        bondhouse_platform::Platform::start(bondhouse_platform::Config::at(other.path()))
            .await
            .unwrap();
    std::mem::replace(&mut world.platform, stand_in)
        .stop()
        .await
        .unwrap();
    let node = Node::start(&config);
    let mut waiting = tokio::task::JoinSet::new();
    for station in &mut stations {
        station.cursor = heard;
        let call = poke(&world, &node.url, station);
        waiting.spawn(async move { drop(call.send().await) });
    }
    let open = format!("{}/metrics", node.url);
    loop {
        let metrics = world
            .http
            .get(&open)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let open = metrics
            .lines()
            .find_map(|line| line.strip_prefix("bondhouse_connections_open "));
        if open.unwrap().parse::<usize>().unwrap() > IDLE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(waiting.len(), IDLE, "each still waits");
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.pid())).unwrap();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kib: f64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1_024.0
}
