//! What Prometheus asks: calls by route and status, how long they took, and how the warehouse is.

use crate::authority::{Authority, View};
use crate::error::Result;
use crate::rows::values;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Upper bounds of the time buckets, in milliseconds.
const BOUNDS: [u128; 8] = [1, 5, 20, 50, 100, 250, 1_000, 5_000];

/// Counts since the start.
#[derive(Default)]
pub(crate) struct Metrics {
    calls: Mutex<BTreeMap<(String, u16), Calls>>,
    connections: AtomicUsize,
}

#[derive(Default)]
struct Calls {
    count: u64,
    micros: u128,
    within: [u64; BOUNDS.len()],
}

/// Counts every call under its route's pattern, never under the path that was sent.
pub(crate) async fn count(
    State(authority): State<Arc<Authority>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = path.map_or_else(
        || "none".to_owned(),
        |path| format!("{} {}", request.method(), path.as_str()),
    );
    let began = Instant::now();
    let response = next.run(request).await;
    authority.metrics.add(
        route,
        response.status().as_u16(),
        began.elapsed().as_micros(),
    );
    response
}

impl Metrics {
    /// How many connections are open now.
    pub(crate) fn connections(&self, open: usize) {
        self.connections.store(open, Ordering::Relaxed);
    }

    fn add(&self, route: String, status: u16, micros: u128) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = calls.entry((route, status)).or_default();
        calls.count = calls.count.saturating_add(1);
        calls.micros = calls.micros.saturating_add(micros);
        for (within, bound) in calls.within.iter_mut().zip(BOUNDS) {
            if micros <= bound.saturating_mul(1000) {
                *within = within.saturating_add(1);
            }
        }
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let open = self.connections.load(Ordering::Relaxed);
        writeln!(text, "bondhouse_connections_open {open}")?;
        writeln!(text, "# TYPE bondhouse_call_duration_seconds histogram")?;
        for ((route, status), calls) in calls.iter() {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            for (within, bound) in calls.within.iter().zip(BOUNDS) {
                let seconds = format!("{}.{:03}", bound / 1000, bound % 1000);
                writeln!(
                    text,
                    "bondhouse_call_duration_seconds_bucket{{{labels},le=\"{seconds}\"}} {within}"
                )?;
            }
            writeln!(
                text,
                "bondhouse_call_duration_seconds_bucket{{{labels},le=\"+Inf\"}} {}",
                calls.count
            )?;
            let sum = format!(
                "{}.{:06}",
                calls.micros / 1_000_000,
                calls.micros % 1_000_000
            );
            writeln!(
                text,
                "bondhouse_call_duration_seconds_sum{{{labels}}} {sum}"
            )?;
            writeln!(
                text,
                "bondhouse_call_duration_seconds_count{{{labels}}} {}",
                calls.count
            )?;
        }
        Ok(())
    }
}

/// `GET /metrics`: counts only, nobody's data.
pub(crate) async fn show(State(authority): State<Arc<Authority>>) -> Result<String> {
    let mut text = authority.read(authority.home(), gauges).await?;
    let asked = Arc::clone(&authority);
    let stats = tokio::task::spawn_blocking(move || asked.database().stats())
        .await
        .map_err(|_| crate::error::Error::broken("a read panicked"))??;
    let disk = [
        ("bytes", stats.bytes),
        ("wal_bytes", stats.wal_bytes),
        ("writes_total", stats.writes),
        ("commits_total", stats.commits),
    ];
    for (name, value) in disk {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "bondhouse_database_{name} {value}");
    }
    let _ = authority.metrics.write(&mut text);
    Ok(text)
}

fn gauges(view: &View<'_>) -> Result<String> {
    let mut text = String::new();
    let warehouse = view.warehouse.as_str();
    let mut put = |name: &str, label: &str, value: i64| {
        let _ = writeln!(
            text,
            "bondhouse_{name}{{warehouse=\"{warehouse}\"{label}}} {value}"
        );
    };
    put("data_key", "", view.secrets()?.version().into());
    let states = view.rows.all(
        "SELECT state, count(*) FROM orders WHERE warehouse = ?1 GROUP BY state ORDER BY state",
        values![warehouse],
        |row| Ok((row.text(0)?, row.int(1)?)),
    )?;
    for (state, count) in states {
        put("orders", &format!(",state=\"{state}\""), count);
    }
    let counts = [
        (
            "feed_position",
            "SELECT feed_pos FROM warehouses WHERE warehouse = ?1",
        ),
        (
            "cases_open",
            "SELECT count(*) FROM cases WHERE warehouse = ?1 AND open = 1",
        ),
        (
            "leases_open",
            "SELECT count(*) FROM leases WHERE warehouse = ?1 AND state = 'open'",
        ),
        (
            "leases_in_doubt",
            "SELECT count(*) FROM leases WHERE warehouse = ?1 AND state = 'in_doubt'",
        ),
        (
            "outbox_messages",
            "SELECT coalesce(max(n), 0) FROM outbox WHERE warehouse = ?1",
        ),
        (
            "receipts_unmatched",
            "SELECT count(*) FROM unmatched WHERE warehouse = ?1",
        ),
        (
            "receipts_untrusted",
            "SELECT count(*) FROM unmatched WHERE warehouse = ?1 AND kind = 'untrusted'",
        ),
        ("waybill_pools_low", include_str!("metrics_pools_low.sql")),
        (
            "handovers_failed",
            "SELECT count(*) FROM handovers WHERE warehouse = ?1 AND state = 'failed'",
        ),
        (
            "callbacks_untold",
            "SELECT count(*) FROM callbacks AS c JOIN changes AS x ON x.warehouse = c.warehouse AND x.partner = c.partner \
             WHERE c.warehouse = ?1 AND x.n > c.told",
        ),
        (
            "callbacks_stopped",
            "SELECT count(*) FROM callbacks WHERE warehouse = ?1 AND stopped = 1",
        ),
    ];
    for (name, sql) in counts {
        put(name, "", view.rows.number(sql, values![warehouse])?);
    }
    let silence = view
        .customs_seen_at()?
        .map_or(-1, |at| view.now.since(at).as_millis() / 1000);
    put("customs_silent_seconds", "", silence);
    Ok(text)
}
