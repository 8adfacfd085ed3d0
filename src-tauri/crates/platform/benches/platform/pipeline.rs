//! From the shop's order to customs' release: order and payment come in, the list goes out, customs
//! fetches it and lets the parcel go. Every step is a partner's signed call of its own.

use super::{Goal, row, warehouse};
use crate::support::World;
use crate::support::engine::{self, Server};
use bondhouse_domain::customs::Document;
use bondhouse_platform::{Platform, Storage};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

const ORDERS: u32 = 600;
/// Shops that send at once.
const SHOPS: u32 = 16;

pub(super) async fn measure() -> Vec<Value> {
    let server = Server::durable();
    let mut rows = vec![row(
        "orders from the shop to customs' release, SQLite",
        rate(None, 1).await,
        "1/s",
        Goal::Told,
    )];
    for nodes in [1, 2] {
        let name = format!("orders from the shop to customs' release, PostgreSQL, nodes: {nodes}");
        rows.push(row(
            &name,
            rate(Some(&server), nodes).await,
            "1/s",
            Goal::Told,
        ));
    }
    rows
}

/// An identity number of nobody (99 is no province) whose last digit is right.
pub(super) fn id_number(n: u32) -> String {
    let digits = format!(
        "9901011990{:02}{:02}{:03}",
        n / 28 % 12 + 1,
        n % 28 + 1,
        n / 336
    );
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let last = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize];
    digits + last
}

/// An order and its payment, of a buyer of their own: one buyer's year would soon be full.
pub(super) fn papers(world: &World, n: u32) -> (Value, Value) {
    let number = format!("P{n}");
    let (mut order, mut payment) = (world.order(&number, 1), world.payment(&number, 1));
    order["buyer_id_number"] = id_number(n).into();
    payment["payer_id_number"] = id_number(n).into();
    (order, payment)
}

async fn rate(server: Option<&Server>, nodes: usize) -> f64 {
    let url = match server {
        Some(server) => Some(engine::fresh(&server.address).await),
        None => None,
    };
    let (world, _) = warehouse(ORDERS + 100, |config| {
        if let Some(url) = url {
            config.storage = Storage::Postgres(url);
        }
    })
    .await;
    let mut others = Vec::new();
    for _ in 1..nodes {
        others.push(Platform::start(world.config.clone()).await.unwrap());
    }
    let urls: Vec<String> = std::iter::once(&world.platform)
        .chain(&others)
        .map(Platform::url)
        .collect();
    let (world, urls): (Arc<World>, Arc<[String]>) = (Arc::new(world), urls.into());
    world.fetch().await;

    let begun = Instant::now();
    let mut shops = tokio::task::JoinSet::new();
    for shop in 0..SHOPS {
        let (world, urls) = (Arc::clone(&world), Arc::clone(&urls));
        shops.spawn(async move {
            for n in (shop..ORDERS).step_by(SHOPS as usize) {
                let node = &urls[n as usize % urls.len()];
                let (order, payment) = papers(&world, n);
                let calls = [
                    (&world.shop, "/v1/shop/orders", order),
                    (&world.payer, "/v1/payer/payments", payment),
                ];
                for (key, path, body) in calls {
                    assert_eq!(
                        world.post_at(node, key, path, &body).await,
                        Some(200),
                        "{path}"
                    );
                }
            }
        });
    }
    // Customs works alongside, as fast as it is given something to do.
    let mut cleared = 0;
    let mut waiting: BTreeMap<String, ()> = BTreeMap::new();
    while cleared < ORDERS {
        for document in world.fetch().await {
            if let Document::DeclarationList(list) = document {
                waiting.insert(list.cop_no, ());
            }
        }
        let mut lists: Vec<String> = std::mem::take(&mut waiting).into_keys().collect();
        while !lists.is_empty() {
            let some = lists.split_off(lists.len().saturating_sub(8));
            let mut answers = tokio::task::JoinSet::new();
            for list in some {
                let world = Arc::clone(&world);
                answers.spawn(async move { world.receipt(&list, "800", 0).await });
            }
            cleared += u32::try_from(answers.join_all().await.len()).unwrap();
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    shops.join_all().await;
    assert_eq!(world.state("P1").await, "cleared");
    f64::from(ORDERS) / seconds
}
