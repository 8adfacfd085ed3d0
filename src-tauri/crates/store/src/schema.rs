//! The steps of the schema, oldest first. Landed steps are frozen: a change is a new step.

use bondhouse_disk::{Migration, Schema};

macro_rules! steps {
    ($($name:literal),+ $(,)?) => {
        &[$(Migration { name: $name, sql: include_str!(concat!("migrations/", $name, ".sql")) }),+]
    };
}

/// What a workstation's database looks like; the header says `BHws`.
pub const SCHEMA: Schema = Schema {
    application_id: i32::from_be_bytes(*b"BHws"),
    migrations: steps![
        "202611220901-station",
        "202611220902-journal",
        "202611220903-feed",
        "202611220904-items",
        "202611220905-stock",
        "202611220906-ledger",
        "202611220907-intake",
        "202611220908-orders",
        "202611220909-leases",
        "202611220910-release",
        "202611220911-labels",
        "202611220912-gate",
        "202611220913-cases",
        "202611220914-people",
        "202611220915-scanner",
        "202611220916-sync",
        "202611220917-tasks",
        "202611222100-peripherals",
        "202611222101-repeats",
        "202611222110-snapshots",
        "202611222140-clock",
        "202611230010-offline",
        "202611230020-codes",
        "202611230340-lean",
    ],
};

/// Tables that can be made anew from journal and feed; children before parents. Everything else is
/// local: evidence, rights, personal data, people, what was printed, where each task stands.
pub(crate) const PROJECTIONS: &[&str] = &[
    "undone",
    "pending",
    "item_barcodes",
    "items",
    "merchants",
    "locations",
    "carriers",
    "serials",
    "receiving",
    "stock",
    "stock_movements",
    "stock_brought_forward",
    "stock_daily",
    "ledger",
    "ledger_movements",
    "ledger_brought_forward",
    "notice_counts",
    "notice_ends",
    "notice_lines",
    "notices",
    "orders",
    "release_picks",
    "release_jobs",
    "print_jobs",
    "loadings",
    "pass_parcels",
    "passes",
    "cases",
    "offline_policies",
];
