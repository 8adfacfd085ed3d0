//! Workstations and an authority on a PostgreSQL server: pushes of one event each, over many warehouses
//! and within one. Each push is a signed call, its commit is on the disk before it is answered.

use super::{Goal, row};
use crate::support::engine::{self, Server};
use crate::support::station::Station;
use crate::support::{World, reply};
use bondhouse_domain::facts::{Fact, Signed};
use bondhouse_domain::ids::{Seq, WarehouseId};
use bondhouse_platform::{Clock, Config, Platform, Storage};
use bondhouse_protocol::envelope::{self, SIGNATURE_HEADER, SIGNER_HEADER, Sealed};
use bondhouse_protocol::wire::SyncResponse;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

const WAREHOUSES: usize = 16;
/// Workstations that push at once, in all.
const STATIONS: usize = 96;
/// Pushes of each, one after the other.
const PUSHES: usize = 150;

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

/// The calls of a workstation, signed ahead: what they cost their makers is not what is measured.
fn calls(station: &mut Station) -> Vec<Sealed> {
    let call = |_| {
        station.record(Fact::Signed(Signed { signed_in: true }));
        let mut request = station.request(0, vec![]);
        // The nodes share their nonces, and workstations of two warehouses may have one name.
        request.nonce = uuid::Uuid::now_v7().to_string();
        station.acked += 1;
        envelope::seal(&request, &station.key).unwrap()
    };
    (0..PUSHES).map(call).collect()
}

/// One call and what was answered: its signature and its bytes.
async fn call(world: &World, url: &str, signer: &str, call: Sealed) -> (String, Bytes) {
    let response = world
        .http
        .post(format!("{url}/v1/sync"))
        .header(SIGNER_HEADER, signer)
        .header(SIGNATURE_HEADER, call.signature)
        .body(call.body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let signature = response.headers()[SIGNATURE_HEADER].to_str().unwrap();
    (signature.to_owned(), response.bytes().await.unwrap())
}

/// Pushes a second by workstations spread over these platforms.
async fn pushes(world: &Arc<World>, platforms: &[Platform]) -> f64 {
    let mut stations = Vec::new();
    for n in 0..STATIONS {
        let platform = &platforms[n % platforms.len()];
        let mut station = station(world, platform, u8::try_from(n + 1).unwrap()).await;
        let mut request = station.request(0, vec![]);
        request.nonce = uuid::Uuid::now_v7().to_string();
        let url = platform.url();
        let answer = station.send_to(world, &url, &request).await.unwrap();
        station.apply(&answer);
        let calls = calls(&mut station);
        stations.push((station, url, calls));
    }
    let mut load = tokio::task::JoinSet::new();
    let begun = Instant::now();
    for (station, url, calls) in stations {
        let world = Arc::clone(world);
        load.spawn(async move {
            let series = &station.series;
            let signer = format!("{}/{}", series.device, series.incarnation.0);
            let mut answers = Vec::new();
            for one in calls {
                answers.push(call(&world, &url, &signer, one).await);
            }
            (station, answers)
        });
    }
    let answered = load.join_all().await;
    let seconds = begun.elapsed().as_secs_f64();
    // Every push was acknowledged, in order, under the authority's signature.
    for (station, answers) in answered {
        let key = station.authority_key();
        for (seq, (signature, body)) in (1..).zip(answers) {
            let answer: SyncResponse = envelope::open(&body, &signature, &key).unwrap();
            assert_eq!(answer.acked.position.seq, Seq(seq));
        }
    }
    (STATIONS * PUSHES) as f64 / seconds
}
