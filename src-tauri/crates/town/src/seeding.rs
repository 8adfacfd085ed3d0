//! The first hour of a town: everyone registers, the operator lists merchants, items and places.
//!
//! Listing is repeated at every start, because it changes nothing that is already so. A firm is
//! registered once: its secret is shown only then, and kept in the town's memory.

use crate::carriers;
use crate::config::Config;
use crate::line::{Answer, Key, Line};
use crate::memory::Memory;
use crate::world::{CARRIERS, Firm, World, firms};
use anyhow::{Context, bail};
use bondhouse_domain::time::Span;
use serde_json::json;
use std::time::Duration;

/// How long a town waits for a platform that is just starting.
const STARTING: Span = Span::millis(20_000);

/// Waits until the platform answers.
///
/// # Errors
/// When it does not in time.
pub(crate) fn wait_for(line: &Line, config: &Config) -> anyhow::Result<()> {
    let began = (config.clock)();
    // Counted as well as timed: a clock that is told does not move while we wait.
    for _ in 0..200 {
        if line.is_up() {
            return Ok(());
        }
        if (config.clock)().since(began) > STARTING {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("no platform answers at {}", config.platform)
}

/// Registers every firm that has no key yet.
pub(crate) fn register(line: &Line, config: &Config, memory: &mut Memory) -> anyhow::Result<()> {
    for firm in firms() {
        if !memory.keys.contains_key(firm.id) {
            let key = register_one(line, config, firm)?;
            memory.keys.insert(firm.id.to_owned(), key);
        }
    }
    Ok(())
}

fn register_one(line: &Line, config: &Config, firm: Firm) -> anyhow::Result<Key> {
    let wanted = json!({ "kind": firm.kind, "code": firm.code, "name": firm.name, "forwards": firm.forwards });
    let answer = line.admin(&config.admin_key, "/v1/admin/partners", &wanted)?;
    match answer.status {
        401 => bail!("the platform does not accept this admin key"),
        409 => bail!(
            "{} ({}) is registered already: start the town with the --data folder it was registered from",
            firm.name,
            firm.code
        ),
        _ => answer
            .read()
            .with_context(|| format!("cannot register {}", firm.name)),
    }
}

/// Whether the keys in memory still open a door: they do not at another platform.
pub(crate) fn keys_fit(line: &Line, memory: &Memory) -> anyhow::Result<bool> {
    let Some(key) = memory.keys.get(crate::world::CUSTOMS.id) else {
        return Ok(true);
    };
    let probe = line.post(key, "/v1/customs/inbox", crate::line::Body::xml(Vec::new()))?;
    Ok(probe.status != 401)
}

/// Lists merchants, items and places, and fills the carriers' pools.
pub(crate) fn furnish(
    line: &Line,
    config: &Config,
    world: &World,
    memory: &mut Memory,
) -> anyhow::Result<()> {
    let listed = |path: &str, answer: Answer| -> anyhow::Result<()> {
        let _: serde_json::Value = answer
            .read()
            .with_context(|| format!("cannot list at {path}"))?;
        Ok(())
    };
    let admin = &config.admin_key;
    listed(
        "merchants",
        line.admin(admin, "/v1/admin/merchants", &world.merchants())?,
    )?;
    listed(
        "items",
        line.admin(admin, "/v1/admin/items", &world.items())?,
    )?;
    listed(
        "locations",
        line.admin(admin, "/v1/admin/locations", &world.locations())?,
    )?;
    let (mut terms, mut rates) = (Vec::new(), Vec::new());
    for (owner, currency, rate) in world.currencies() {
        terms.push(json!({ "owner": owner, "currency": currency }));
        let day = world.founded();
        rates.push(json!({ "currency": currency, "day": day, "yuan_per_hundred": rate }));
    }
    for (path, rows) in [
        ("/v1/admin/settlement-terms", terms),
        ("/v1/admin/exchange-rates", rates),
    ] {
        listed(path, line.admin(admin, path, &rows)?)?;
    }
    fill_pools(line, world, memory)
}

/// Every carrier tops its pool up.
pub(crate) fn fill_pools(line: &Line, world: &World, memory: &mut Memory) -> anyhow::Result<()> {
    for carrier in CARRIERS {
        let Some(key) = memory.keys.get(carrier.id) else {
            continue;
        };
        let given = memory.numbers.get(carrier.id).copied().unwrap_or(0);
        let now = carriers::fill_pool(line, key, carrier, world.seed(), given)
            .with_context(|| format!("cannot fill the pool of {}", carrier.name))?;
        memory.numbers.insert(carrier.id.to_owned(), now);
    }
    Ok(())
}
