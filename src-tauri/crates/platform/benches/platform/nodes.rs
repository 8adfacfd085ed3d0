//! Workstations and an authority on a PostgreSQL server: pushes of one event each, over many warehouses
//! and within one. Each push is a signed call, its commit is on the disk before it is answered.

use super::{Goal, row};
use crate::support::engine::{self, Server};
use crate::support::station::Station;
use crate::support::{World, reply};
use bondhouse_domain::facts::{Fact, Signed};
use bondhouse_domain::ids::WarehouseId;
use bondhouse_platform::{Clock, Config, Platform, Storage};
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WAREHOUSES: usize = 16;
/// Workstations that push at once, in all.
const STATIONS: usize = 48;
const SECONDS: Duration = Duration::from_secs(6);

pub(super) async fn measure() -> Vec<Value> {
    let server = Server::durable();
    let url = engine::fresh(&server.address).await;
    let world = World::open_with(|config| {
        config.storage = Storage::Postgres(url.clone());
        config.clock = Clock::system();
    })
    .await;
    let mut platforms = Vec::new();
    for n in 1..=WAREHOUSES {
        let mut config: Config = world.config.clone();
        config.settings.warehouse = WarehouseId::new(format!("W{n:02}"));
        platforms.push(Platform::start(config).await.unwrap());
    }
    let world = Arc::new(world);
    let one = pushes(&world, &platforms[..1]).await;
    let many = pushes(&world, &platforms).await;
    for platform in platforms {
        platform.stop().await.unwrap();
    }
    vec![
        row(
            "pushes over 16 warehouses, PostgreSQL",
            many,
            "1/s",
            Goal::AtLeast(2_000.0),
        ),
        row(
            "pushes within one warehouse, PostgreSQL",
            one,
            "1/s",
            Goal::AtLeast(1_000.0),
        ),
    ]
}

async fn station(world: &World, platform: &Platform, seed: u8) -> Station {
    let url = platform.url();
    let code = world
        .http
        .post(format!("{url}/v1/admin/enrolments"))
        .bearer_auth(platform.admin_key());
    let code = reply(code).await.ok()["code"].clone();
    let key = SigningKey::from_bytes(&[seed; 32]);
    let public_key = HEXLOWER.encode(key.verifying_key().as_bytes());
    let body = json!({ "code": code, "station": "打包台1", "public_key": public_key });
    let enrolled = reply(
        world
            .http
            .post(format!("{url}/v1/enrol"))
            .body(body.to_string()),
    )
    .await;
    Station::of(serde_json::from_value(enrolled.ok()).unwrap(), seed)
}

/// Pushes a second by workstations spread over these platforms.
async fn pushes(world: &Arc<World>, platforms: &[Platform]) -> f64 {
    let mut load = tokio::task::JoinSet::new();
    let mut stations = Vec::new();
    for n in 0..STATIONS {
        let platform = &platforms[n % platforms.len()];
        let mut station = station(world, platform, u8::try_from(n + 1).unwrap()).await;
        let mut request = station.request(0, vec![]);
        // The nodes share their nonces, and workstations of two warehouses may have one name.
        request.nonce = uuid::Uuid::now_v7().to_string();
        let url = platform.url();
        let answer = station.send_to(world, &url, &request).await.unwrap();
        station.apply(&answer);
        stations.push((station, url));
    }
    let begun = Instant::now();
    for (mut station, url) in stations {
        let world = Arc::clone(world);
        load.spawn(async move {
            let mut pushed = 0_usize;
            while begun.elapsed() < SECONDS {
                station.record(Fact::Signed(Signed { signed_in: true }));
                let mut request = station.request(0, vec![]);
                request.nonce = uuid::Uuid::now_v7().to_string();
                let answer = station.send_to(&world, &url, &request).await.unwrap();
                station.acked = answer.acked.position.seq.0;
                pushed += 1;
            }
            pushed
        });
    }
    let pushed: usize = load.join_all().await.into_iter().sum();
    pushed as f64 / begun.elapsed().as_secs_f64()
}
