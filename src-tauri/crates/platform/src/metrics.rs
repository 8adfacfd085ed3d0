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
        family(text, "connections_open", "gauge", "Connections open now.")?;
        writeln!(text, "bondhouse_connections_open {open}")?;
        family(
            text,
            "call_duration_seconds",
            "histogram",
            "How long calls took, by route and status.",
        )?;
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
        (
            "database_bytes",
            "gauge",
            "Size of the database.",
            stats.bytes,
        ),
        (
            "database_wal_bytes",
            "gauge",
            "Size of its write-ahead log.",
            stats.wal_bytes,
        ),
        (
            "database_writes_total",
            "counter",
            "Acts kept since this node started.",
            stats.writes,
        ),
        (
            "database_commits_total",
            "counter",
            "Commits since this node started; acts share them.",
            stats.commits,
        ),
    ];
    for (name, kind, help, value) in disk {
        // Writing to a string cannot fail.
        let _ = family(&mut text, name, kind, help);
        let _ = writeln!(text, "bondhouse_{name} {value}");
    }
    let _ = authority.metrics.write(&mut text);
    Ok(text)
}

/// What a family of figures is, as Prometheus wants it said before the first of them.
fn family(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP bondhouse_{name} {help}")?;
    writeln!(text, "# TYPE bondhouse_{name} {kind}")
}

fn gauges(view: &View<'_>) -> Result<String> {
    let mut text = String::new();
    let warehouse = view.warehouse.as_str();
    let mut put = |name: &str, help: &str, values: &[(String, i64)]| {
        let _ = family(&mut text, name, "gauge", help);
        for (label, value) in values {
            let _ = writeln!(
                text,
                "bondhouse_{name}{{warehouse=\"{warehouse}\"{label}}} {value}"
            );
        }
    };
    let alone = |value: i64| [(String::new(), value)];
    let version = view.secrets()?.version();
    put(
        "data_key",
        "Version of the key that seals personal data; nodes must agree.",
        &alone(version.into()),
    );
    let states = view.rows.all(
        "SELECT state, count(*) FROM orders WHERE warehouse = ?1 GROUP BY state ORDER BY state",
        values![warehouse],
        |row| Ok((format!(",state=\"{}\"", row.text(0)?), row.int(1)?)),
    )?;
    put("orders", "Orders by state.", &states);
    for (name, help, sql) in COUNTS {
        let count = view.rows.number(sql, values![warehouse])?;
        put(name, help, &alone(count));
    }
    let silence = view
        .customs_seen_at()?
        .map_or(-1, |at| view.now.since(at).as_millis() / 1000);
    put(
        "customs_silent_seconds",
        "Since customs was last in contact; -1 before the first time.",
        &alone(silence),
    );
    Ok(text)
}

/// What is counted in a warehouse: name, what it means, and the question.
const COUNTS: [(&str, &str, &str); 11] = [
    (
        "feed_position",
        "Head of the feed that workstations follow.",
        "SELECT feed_pos FROM warehouses WHERE warehouse = ?1",
    ),
    (
        "cases_open",
        "Cases that wait for a supervisor.",
        "SELECT count(*) FROM cases WHERE warehouse = ?1 AND open = 1",
    ),
    (
        "leases_open",
        "Orders that workstations hold.",
        "SELECT count(*) FROM leases WHERE warehouse = ?1 AND state = 'open'",
    ),
    (
        "leases_in_doubt",
        "Orders whose holder is silent or gone: somebody must look.",
        "SELECT count(*) FROM leases WHERE warehouse = ?1 AND state = 'in_doubt'",
    ),
    (
        "outbox_messages",
        "Messages ever written for customs.",
        "SELECT coalesce(max(n), 0) FROM outbox WHERE warehouse = ?1",
    ),
    (
        "receipts_unmatched",
        "Receipts that answer nothing known.",
        "SELECT count(*) FROM unmatched WHERE warehouse = ?1",
    ),
    (
        "receipts_untrusted",
        "Receipts whose signature is missing or wrong.",
        "SELECT count(*) FROM unmatched WHERE warehouse = ?1 AND kind = 'untrusted'",
    ),
    (
        "waybill_pools_low",
        "Carriers' number pools that run out soon.",
        include_str!("metrics_pools_low.sql"),
    ),
    (
        "handovers_failed",
        "Files that customs' client put into its FailBox.",
        "SELECT count(*) FROM handovers WHERE warehouse = ?1 AND state = 'failed'",
    ),
    (
        "callbacks_untold",
        "Changes that shops are still to be told.",
        "SELECT count(*) FROM callbacks AS c JOIN changes AS x ON x.warehouse = c.warehouse AND x.partner = c.partner \
         WHERE c.warehouse = ?1 AND x.n > c.told",
    ),
    (
        "callbacks_stopped",
        "Shops that were given up on.",
        "SELECT count(*) FROM callbacks WHERE warehouse = ?1 AND stopped = 1",
    ),
];
